// When people are told of what heals were refused: one page for one cause, with all of its nodes.
import { describe, expect, it } from '@jest/globals';
import { causesOfIncidents } from '../../../functions/dispatch-heal/open-pages.ts';
import { type DuePage, duePages } from '../../../functions/dispatch-heal/pages.ts';
import { type IncidentRecord, QUEUE_CODES, type SentPagesRecord } from '../../../shared/heal/records.ts';
import type { GuardrailCode } from '../../../shared/model/guardrail-codes.ts';
import { openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const refused = (
  node: string,
  minutesAgo: number,
  { code = 'size-ceiling', ...more }: { readonly code?: GuardrailCode } & Partial<IncidentRecord> = {},
): IncidentRecord =>
  ({
    ...openIncidentRecord({ node, instanceId: `i-${node}`, incidentId: `of-${node}`, refusedCodes: [code] }),
    lastWord: { kind: 'refused', code, sentence: `${node} is full`, atMs: NOON_MS, asked: false },
    ...(QUEUE_CODES.some((one) => one === code) && { waitsFor: code }),
    pendingPages: [{ code, sentence: `${node} is full`, atMs: NOON_MS - minutesAgo * MINUTE_MS }],
    ...more,
  }) as IncidentRecord;

const ASKED = {
  ...{ attempt: 1, plan: '66a42ea8dd03b350', callbackId: 'callback', sentence: 'restart', terms: [] },
  ...{ askedAtMs: NOON_MS - HOUR_MS, untilMs: NOON_MS + HOUR_MS },
};

const NOTHING: ReadonlyMap<string, SentPagesRecord> = new Map();
const nodesOf = (pages: readonly DuePage[]): readonly (readonly string[])[] =>
  pages.map((page) => page.refused.map(({ incident }) => incident.node));
/** The records after these pages. */
const whenSent = (pages: readonly DuePage[], before = NOTHING): ReadonlyMap<string, SentPagesRecord> => {
  const records = new Map(before);
  for (const { code, sent } of pages)
    for (const [fleet, of] of sent)
      records.set(fleet, { sent: { ...records.get(fleet)?.sent, [code]: of }, version: 1 });
  return records;
};

describe('what many nodes are refused for one cause', () => {
  it('is gathered for a minute, and told in one page, oldest first', () => {
    expect(duePages([refused('node1', 0.5)], NOTHING, NOON_MS)).toEqual([]);
    const all = [refused('node3', 0.1), refused('node2', 0.5), refused('node1', 1.5)];
    expect(nodesOf(duePages(all, NOTHING, NOON_MS))).toEqual([['node1', 'node2', 'node3']]);
  });

  it('is told once', () => {
    const all = [refused('node1', 2), refused('node2', 2)];
    const records = whenSent(duePages(all, NOTHING, NOON_MS));
    expect(duePages(all, records, NOON_MS + 100 * HOUR_MS)).toEqual([]);
  });

  it('is told again where more nodes have joined, later each time', () => {
    const first = [refused('node1', 2)];
    let records = whenSent(duePages(first, NOTHING, NOON_MS));
    const more = [...first, refused('node2', -1)];
    expect(duePages(more, records, NOON_MS + 14 * MINUTE_MS)).toEqual([]);
    const second = duePages(more, records, NOON_MS + 15 * MINUTE_MS);
    expect(nodesOf(second)).toEqual([['node2']]);
    records = whenSent(second, records);
    const still = [...more, refused('node3', -16)];
    expect(duePages(still, records, NOON_MS + 44 * MINUTE_MS)).toEqual([]);
    expect(nodesOf(duePages(still, records, NOON_MS + 45 * MINUTE_MS))).toEqual([['node3']]);
  });

  it('is told as the first time where it was over for all of them', () => {
    const records = whenSent(duePages([refused('node1', 2)], NOTHING, NOON_MS));
    const over = { ...refused('node1', 2), state: 'healed', endedAtMs: NOON_MS } as IncidentRecord;
    expect(nodesOf(duePages([over, refused('node2', -1)], records, NOON_MS + 2 * MINUTE_MS))).toEqual([['node2']]);
  });

  it('is not told of what is healed meanwhile, nor again of what comes back', () => {
    const over = { ...refused('node1', 2), state: 'healed', endedAtMs: NOON_MS } as IncidentRecord;
    expect(duePages([over], NOTHING, NOON_MS)).toEqual([]);
    const before = whenSent(duePages([refused('node1', 2)], NOTHING, NOON_MS));
    const records = whenSent(duePages([over, refused('node2', 2)], before, NOON_MS), before);
    expect(duePages([refused('node1', 2), refused('node2', 2)], records, NOON_MS + HOUR_MS)).toEqual([]);
  });
});

describe('a node whose client a person has stopped, or that does not answer', () => {
  const twice = (code: GuardrailCode) => [
    refused('node1', 10, { code }),
    refused('node1', 2, { code, incidentId: 'of-node1-too', trigger: 'request:upgrade' }),
  ];

  it.each(['client-stopped', 'node-silent'] as const)(
    'is told of once, whichever of its incidents meets it: %s',
    (code) => {
      const [first, second] = [twice(code).slice(0, 1), twice(code)];
      const records = whenSent(duePages(first, NOTHING, NOON_MS - 5 * MINUTE_MS));
      expect(duePages(second, records, NOON_MS + HOUR_MS)).toEqual([]);
      expect(nodesOf(duePages([...second, refused('node2', 2, { code })], records, NOON_MS + HOUR_MS))).toEqual([
        ['node2'],
      ]);
    },
  );

  it('is told of again where the incident that told of it is over, and of two disks each is told', () => {
    const records = whenSent(duePages(twice('client-stopped').slice(0, 1), NOTHING, NOON_MS - 5 * MINUTE_MS));
    const over = { ...twice('client-stopped')[0], state: 'healed', endedAtMs: NOON_MS } as IncidentRecord;
    expect(nodesOf(duePages([over, ...twice('client-stopped').slice(1)], records, NOON_MS))).toEqual([['node1']]);
    const ceilings = twice('size-ceiling');
    const told = whenSent(duePages(ceilings.slice(0, 1), NOTHING, NOON_MS - 5 * MINUTE_MS));
    expect(nodesOf(duePages(ceilings, told, NOON_MS + HOUR_MS))).toEqual([['node1']]);
  });
});

describe('what a node was refused for', () => {
  it.each<[string, Partial<IncidentRecord>]>([
    ['is refused for something else since', { refusedCodes: ['size-ceiling', 'paused'] }],
    ['has a heal at work', { state: 'claimed', execution: 'heal-1' } as Partial<IncidentRecord>],
    ['was given up, and told so', { state: 'escalated', endedAtMs: NOON_MS } as Partial<IncidentRecord>],
  ])('is not told of where it %s', (_, more) => {
    expect(duePages([refused('node1', 2, more)], NOTHING, NOON_MS)).toEqual([]);
  });

  it('is told of where it only waits since, as for AWS', () => {
    const waits = refused('node1', 2, { refusedCodes: ['size-ceiling', 'throttled'] });
    expect(nodesOf(duePages([waits], NOTHING, NOON_MS))).toEqual([['node1']]);
  });
});

describe('who waits for a turn', () => {
  const waits = (node: string, minutesAgo: number, more: Partial<IncidentRecord> = {}) =>
    refused(node, minutesAgo, { code: 'restarts-paced', ...more });

  it('is told of', () => {
    expect(nodesOf(duePages([waits('node1', 2)], NOTHING, NOON_MS))).toEqual([['node1']]);
  });

  it.each<[string, Partial<IncidentRecord>]>([
    ['whose turn has come', { state: 'claimed', execution: 'heal-1' } as Partial<IncidentRecord>],
    [
      'who is refused for something else since',
      { waitsFor: undefined, refusedCodes: ['restarts-paced', 'validator'] } as unknown as Partial<IncidentRecord>,
    ],
  ])('is not told of %s, beside others or alone', (_, more) => {
    expect(duePages([waits('node1', 7, more)], NOTHING, NOON_MS)).toEqual([]);
    expect(nodesOf(duePages([waits('node1', 7, more), waits('node2', 2)], NOTHING, NOON_MS))).toEqual([['node2']]);
  });

  it('is no first time again where others have had their turn', () => {
    const had = { state: 'claimed', execution: 'heal-1' } as Partial<IncidentRecord>;
    const records = whenSent(duePages([waits('node1', 2)], NOTHING, NOON_MS));
    const later = [waits('node1', 2, had), waits('node2', -1)];
    expect(duePages(later, records, NOON_MS + 14 * MINUTE_MS)).toEqual([]);
    expect(nodesOf(duePages(later, records, NOON_MS + 15 * MINUTE_MS))).toEqual([['node2']]);
  });
});

it('of each node it is known when the page was sent that told of it, and not when another one was told of', () => {
  const first = whenSent(duePages([refused('node1', 2)], NOTHING, NOON_MS));
  const over = { ...refused('node1', 2), state: 'healed' } as IncidentRecord;
  const later = NOON_MS + HOUR_MS;
  const second = whenSent(duePages([over, refused('node2', 2)], first, later), first);
  const causes = causesOfIncidents([over, refused('node2', 2)], second.get('bitcoin'), later);
  expect(causes.map(({ node, atMs, state }) => [node, atMs, state])).toEqual([
    ['node1', NOON_MS, 'ended'],
    ['node2', later, 'lasts'],
  ]);
});

describe('a node that waits for its turn', () => {
  it('is not told while people know what has befallen its fleet, and is told two hours later', () => {
    const records = whenSent(duePages([refused('node1', 2, { code: 'zone-down' })], NOTHING, NOON_MS));
    const waits = [refused('node2', -1, { code: 'restarts-paced' })];
    expect(duePages(waits, records, NOON_MS + 10 * MINUTE_MS)).toEqual([]);
    expect(nodesOf(duePages(waits, records, NOON_MS + 2 * HOUR_MS))).toEqual([['node2']]);
    expect(nodesOf(duePages(waits, NOTHING, NOON_MS + 10 * MINUTE_MS))).toEqual([['node2']]);
  });
});

describe('a node that does not answer', () => {
  const silent = (trigger: string) => refused('node1', 2, { code: 'node-silent', trigger });
  const health = (state: 'open' | 'healed' | 'escalated', node = 'node1', trigger = 'node:health') =>
    ({ ...openIncidentRecord({ node, instanceId: `i-${node}`, trigger }), state }) as IncidentRecord;
  const told = (...all: readonly IncidentRecord[]) => duePages(all, NOTHING, NOON_MS).length;

  it('is left to its own heal, which knows more of it than its disk’s', () => {
    expect(told(silent('disk:data'), health('open'))).toBe(0);
    expect(told(silent('disk:data'), health('escalated'))).toBe(0);
    expect(told(silent('disk:data'))).toBe(1);
    expect(told(silent('disk:data'), health('healed'))).toBe(1);
    expect(told(silent('disk:data'), health('open', 'node2'))).toBe(1);
    // A move that has not begun knows nothing.
    expect(told(silent('disk:data'), health('open', 'node1', 'node:event'))).toBe(1);
    expect(told(silent('node:health'))).toBe(1);
  });

  it('is told of once where its disk’s incident met it first', () => {
    const records = whenSent(duePages([silent('disk:data')], NOTHING, NOON_MS));
    const both = [silent('disk:data'), { ...silent('node:health'), incidentId: 'of-node1-too' }];
    expect(duePages(both, records, NOON_MS + HOUR_MS)).toEqual([]);
  });
});

describe('a node whose disk is full', () => {
  const waits = refused('node1', 2, { code: 'disk-full-first', trigger: 'node:health' });

  it('is told of where no alarm sees its disk, and not where the disk has an incident of its own', () => {
    expect(nodesOf(duePages([waits], NOTHING, NOON_MS))).toEqual([['node1']]);
    const disk = openIncidentRecord({ node: 'node1', instanceId: 'i-node1', trigger: 'disk:data' });
    expect(duePages([waits, disk], NOTHING, NOON_MS)).toEqual([]);
    const another = openIncidentRecord({ node: 'node2', instanceId: 'i-node2', trigger: 'disk:data' });
    expect(nodesOf(duePages([waits, another], NOTHING, NOON_MS))).toEqual([['node1']]);
    const answer = { said: 'approved', by: null, atMs: NOON_MS } as const;
    const approved = { ...waits, approval: { ...ASKED, answer } };
    expect(nodesOf(duePages([approved, disk], NOTHING, NOON_MS))).toEqual([['node1']]);
  });
});

describe('two causes', () => {
  it('are two pages: another code, and another fleet', () => {
    const all = [
      refused('node1', 2),
      refused('node2', 2, { code: 'cost-ceiling' }),
      refused('node3', 2, { fleet: 'litecoin' }),
    ];
    expect(nodesOf(duePages(all, NOTHING, NOON_MS))).toEqual([['node1'], ['node2'], ['node3']]);
  });

  it('are one where the account has it: all of its fleets are told of together', () => {
    const code = 'replacements-spent';
    const all = [refused('node1', 2, { code }), refused('node3', 1, { code, fleet: 'litecoin' })];
    const told = duePages(all, NOTHING, NOON_MS);
    expect(nodesOf(told)).toEqual([['node1', 'node3']]);
    expect(duePages(all, whenSent(told), NOON_MS + HOUR_MS)).toEqual([]);
  });
});

describe('a cause of a whole fleet', () => {
  it('is told once a day, whichever of its nodes join: one that nobody looks after hides no other for ever', () => {
    const code = 'breaker-open';
    const told = duePages([refused('node1', 2, { code })], NOTHING, NOON_MS);
    expect(told).toMatchObject([{ about: 'fleet' }]);
    const more = [refused('node1', 2, { code }), refused('node2', 2, { code })];
    expect(duePages(more, whenSent(told), NOON_MS + 23 * HOUR_MS)).toEqual([]);
    expect(nodesOf(duePages(more, whenSent(told), NOON_MS + 24 * HOUR_MS))).toEqual([['node2']]);
    const alone = [refused('node1', 2, { code })];
    expect(duePages(alone, whenSent(told), NOON_MS + 100 * HOUR_MS)).toEqual([]);
  });
});

it('a donor that cannot be stopped is told, and those that are asked in its place a day later', () => {
  const code = 'donor-unsuitable';
  const told = duePages([refused('node1', 2, { code })], NOTHING, NOON_MS);
  expect(told).toMatchObject([{ node: 'node1' }]);
  const more = ['node1', 'node2', 'node3'].map((node) => refused(node, 2, { code }));
  expect(duePages(more, whenSent(told), NOON_MS + 23 * HOUR_MS)).toEqual([]);
  expect(nodesOf(duePages(more, whenSent(told), NOON_MS + 24 * HOUR_MS))).toEqual([['node2', 'node3']]);
});
