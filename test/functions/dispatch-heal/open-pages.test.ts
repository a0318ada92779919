// Which messages are due about pages that were sent: again, resolved, and of healed nodes.
import { describe, expect, it } from '@jest/globals';
import {
  acknowledge,
  type Cause,
  causesOfFollowed,
  causesOfIncidents,
  causesOfWatch,
  type DueMessage,
  MAX_OPEN,
  oneVoice,
  reviewPages,
  SENDING_MS,
  sentMessage,
} from '../../../functions/dispatch-heal/open-pages.ts';
import type { GoneNode, ObservedNode, WatchPage } from '../../../shared/fleet/observation.ts';
import type { FollowedPage } from '../../../shared/guardrails/names.ts';
import type { IncidentRecord, OpenPagesRecord, SentPagesRecord } from '../../../shared/heal/records.ts';
import { openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

type Record = Omit<OpenPagesRecord, 'version'>;

const FLEET = {
  pages: { healed: true, againAfterMinutes: 30, againEveryMinutes: 60, againPerDay: 8, readiness: false },
};
const always = (): boolean => true;
const never = (): boolean => false;
const KEY = 'bitcoin/node2/node:health';

const cause = (more: Partial<Cause> = {}): Cause => ({
  ...{ key: KEY, fleet: 'bitcoin', node: 'node2', code: 'ladder-spent', sentence: 'nothing helped', atMs: NOON_MS },
  ...{ alarm: '', state: 'lasts', ending: '', healed: [] },
  ...more,
});
const over = (more: Partial<Cause> = {}): Cause => cause({ state: 'ended', ending: 'node2 is well', ...more });

interface Step {
  readonly minutes: number;
  readonly causes?: readonly Cause[];
  readonly incidents?: readonly IncidentRecord[];
  readonly mayRepeat?: (key: string) => boolean;
}

const review = (record: Record | undefined, { minutes, causes = [], incidents = [], mayRepeat = always }: Step) =>
  reviewPages(record, causes, incidents, FLEET, mayRepeat, NOON_MS + minutes * MINUTE_MS);

/** Sweep after sweep, each of which sends what is due. */
function play(steps: readonly Step[], record?: Record): { readonly said: readonly string[]; readonly record: Record } {
  const said: string[] = [];
  let now = record;
  for (const step of steps) {
    const { next, due } = review(now, step);
    now = next;
    for (const message of due) {
      said.push(`${step.minutes} ${message.severity}${message.severity === 'again' ? ` ${message.times}` : ''}`);
      now = sentMessage(now, message, NOON_MS + step.minutes * MINUTE_MS);
    }
  }
  return { said, record: now ?? { pages: {}, told: {} } };
}

/** A sweep each minute, all of which see the same. */
const minutes = (from: number, to: number, more: Omit<Step, 'minutes'>): readonly Step[] =>
  Array.from({ length: to - from }, (_, at) => ({ minutes: from + at, ...more }));

const paged = (): Record => play([{ minutes: 0, causes: [cause()] }]).record;

describe('a page that wants somebody now', () => {
  it('is repeated after half an hour, and then each hour', () => {
    const { said } = play(minutes(0, 200, { causes: [cause()] }));
    expect(said).toEqual(['30 again 2', '90 again 3', '150 again 4']);
  });

  it('is not repeated within half an hour of another page of its key, such as a question that was answered at once', () => {
    const answered = cause({ newestMs: NOON_MS + 14 * MINUTE_MS });
    const { said } = play([...minutes(0, 14, { causes: [cause()] }), ...minutes(14, 120, { causes: [answered] })]);
    expect(said).toEqual(['44 again 2', '104 again 3']);
  });

  it('is repeated at most eight times in any 24 h', () => {
    const { said } = play(minutes(0, 24 * 60, { causes: [cause()] }));
    expect(said).toHaveLength(8);
  });

  it('is not repeated where its fleet file says never', () => {
    const never = { pages: { ...FLEET.pages, againPerDay: 0 } };
    expect(reviewPages(paged(), [cause()], [], never, always, NOON_MS + HOUR_MS).due).toEqual([]);
  });

  it('is not repeated once somebody has acknowledged it, by its key or by its code', () => {
    for (const what of [KEY, 'ladder-spent']) {
      const { next, keys } = acknowledge(paged(), what, 'ada', NOON_MS);
      expect(keys).toEqual([KEY]);
      expect(play(minutes(1, 200, { causes: [cause()] }), next).said).toEqual([]);
    }
    expect(acknowledge(paged(), 'disk', 'ada', NOON_MS).keys).toEqual([]);
  });

  it('keeps the name of the first who has acknowledged it', () => {
    const first = acknowledge(paged(), KEY, 'ada', NOON_MS).next;
    expect(acknowledge(first, KEY, 'bob', NOON_MS + 1).next.pages[KEY]?.acknowledged).toEqual({
      by: 'ada',
      atMs: NOON_MS,
    });
  });

  it('is a new page where it was sent anew: nobody has acknowledged that one', () => {
    const seen = acknowledge(paged(), KEY, 'ada', NOON_MS).next;
    const anew = cause({ atMs: NOON_MS + HOUR_MS });
    expect(play(minutes(60, 100, { causes: [anew] }), seen).said).toEqual(['90 again 3']);
  });

  it('is not repeated while it may not be, and is when that ends', () => {
    const quiet = (key: string): boolean => key !== KEY;
    const steps = [
      ...minutes(0, 50, { causes: [cause()], mayRepeat: quiet }),
      ...minutes(50, 60, { causes: [cause()] }),
    ];
    expect(play(steps).said).toEqual(['50 again 2']);
  });

  it('waits for the next sweep where more are due than one sends, and none is lost', () => {
    const causes = Array.from({ length: 25 }, (_, at) => cause({ key: `${KEY}${at}`, node: `node${at}` }));
    const said = play([{ minutes: 0, causes }, ...minutes(40, 44, { causes })]).said;
    expect(said).toHaveLength(25);
    expect(said.filter((word) => word === '40 again 2')).toHaveLength(10);
    expect(said.at(-1)).toBe('42 again 2');
  });

  it('is not repeated while its cause is not seen, or a heal is at work', () => {
    expect(play(minutes(1, 200, { causes: [cause({ state: 'eased' })] }), paged()).said).toEqual([]);
  });

  it('is remembered as acknowledged where its cause cannot be read for an hour', () => {
    const seen = acknowledge(paged(), KEY, 'ada', NOON_MS).next;
    const steps = [...minutes(1, 60, {}), ...minutes(60, 120, { causes: [cause()] })];
    expect(play(steps, seen).said).toEqual([]);
  });
});

it('what can wait for a day is not repeated', () => {
  expect(play(minutes(0, 200, { causes: [cause({ code: 'donor-unsuitable' })] })).said).toEqual([]);
});

describe('a cause that is over', () => {
  it('is told once, under the key of its page', () => {
    const { said, record } = play(minutes(1, 100, { causes: [over()] }), paged());
    expect(said).toEqual(['1 resolved']);
    expect(record.pages).toMatchObject({ [KEY]: { isOver: true } });
    expect(acknowledge(record, KEY, 'ada', NOON_MS).keys).toEqual([]);
    const [message] = review(paged(), { minutes: 1, causes: [over()] }).due;
    expect(message).toMatchObject({ severity: 'resolved', cause: { key: KEY, ending: 'node2 is well' } });
  });

  it('is told once, however long it comes and goes', () => {
    const hours = Array.from({ length: 30 }, (_, at) => [
      ...minutes(60 * at + 1, 60 * at + 30, { causes: [over()] }),
      ...minutes(60 * at + 30, 60 * at + 60, { causes: [cause({ state: 'eased' })] }),
    ]);
    expect(play(hours.flat(), paged()).said).toEqual(['1 resolved']);
  });

  it('is forgotten after a day in which nothing is known of it', () => {
    const { record } = play([{ minutes: 1, causes: [over()] }, ...minutes(2, 26 * 60, {})], paged());
    expect(record.pages).toEqual({});
  });

  it('and comes back for a moment, or while a heal is at work, is not told a second time', () => {
    const steps = [
      ...minutes(1, 20, { causes: [over()] }),
      ...minutes(20, 22, { causes: [cause()] }),
      ...minutes(22, 26, { causes: [cause({ state: 'eased' })] }),
      ...minutes(26, 200, { causes: [over()] }),
    ];
    expect(play(steps, paged()).said).toEqual(['1 resolved']);
  });

  it('and comes back to stay is a page again, which is repeated, and ends', () => {
    const steps = [
      ...minutes(1, 20, { causes: [over()] }),
      ...minutes(20, 120, { causes: [cause()] }),
      ...minutes(120, 200, { causes: [over()] }),
    ];
    expect(play(steps, paged()).said).toEqual(['1 resolved', '50 back', '110 again 3', '120 resolved']);
  });

  it('and comes back, is one that nobody has acknowledged', () => {
    const seen = acknowledge(paged(), KEY, 'ada', NOON_MS).next;
    const steps = [{ minutes: 1, causes: [over()] }, ...minutes(20, 60, { causes: [cause()] })];
    expect(play(steps, seen).said).toEqual(['1 resolved', '50 back']);
  });

  it('and comes back under a pause, is told when that ends', () => {
    const steps = [
      { minutes: 1, causes: [over()] },
      ...minutes(20, 100, { causes: [cause()], mayRepeat: never }),
      ...minutes(100, 110, { causes: [cause()] }),
    ];
    expect(play(steps, paged()).said).toEqual(['1 resolved', '100 back']);
  });

  it('leaves the limit to what lasts, and is kept for as many', () => {
    const many = Array.from({ length: MAX_OPEN + 50 }, (_, at) => cause({ key: `${KEY}${at}` }));
    const all = many.map((one) => ({ ...one, state: 'ended' as const }));
    const started = play([{ minutes: 0, causes: many }, ...minutes(1, 40, { causes: all })]).record;
    const { next, left } = review(started, { minutes: 40, causes: [...all, cause({ atMs: NOON_MS + HOUR_MS })] });
    expect([left, next.pages[KEY]?.isOver, Object.keys(next.pages).length]).toEqual([0, undefined, MAX_OPEN + 1]);
  });

  it('is told under a pause, and where somebody has acknowledged the page', () => {
    const seen = acknowledge(paged(), KEY, 'ada', NOON_MS).next;
    expect(play([{ minutes: 1, causes: [over()], mayRepeat: never }], seen).said).toEqual(['1 resolved']);
  });

  it('is not told where nobody was paged for it', () => {
    expect(play(minutes(0, 10, { causes: [over()] })).said).toEqual([]);
  });

  it('is not told where nothing says that it is over', () => {
    expect(play(minutes(1, 60, {}), paged()).said).toEqual([]);
  });

  it('is told by one of two sweeps at the same time, and by a later one where that has died', () => {
    const { next } = review(paged(), { minutes: 1, causes: [over()] });
    expect(review(next, { minutes: 1, causes: [over()] }).due).toEqual([]);
    const later = 1 + SENDING_MS / MINUTE_MS;
    expect(review(next, { minutes: later, causes: [over()] }).due).toHaveLength(1);
  });
});

const wordOf = (code: string, atMs = NOON_MS, more: object = {}): object => ({
  refusedCodes: [code],
  lastWord: { kind: 'refused', code, sentence: 'so it was', atMs, asked: true, ...more },
});

const healed = (more: Partial<IncidentRecord> = {}): IncidentRecord =>
  ({
    ...openIncidentRecord({ trigger: 'disk:data', attempt: 1 }),
    ...{ state: 'healed', endedAtMs: NOON_MS, proof: 'filesystem 900 GiB' },
    ...more,
  }) as IncidentRecord;

describe('a healed node', () => {
  it('is told once', () => {
    expect(play(minutes(0, 100, { incidents: [healed()] })).said).toEqual(['0 told']);
  });

  it('is told again after its next heal', () => {
    const steps = [
      ...minutes(0, 20, { incidents: [healed()] }),
      ...minutes(20, 30, { incidents: [healed({ attempt: 2 })] }),
    ];
    expect(play(steps).said).toEqual(['0 told', '20 told']);
  });

  it('is not told where it came round by itself, nor where a person has asked for the heal', () => {
    const { proof: _, ...alone } = healed() as Extract<IncidentRecord, { state: 'healed' }>;
    const asked = healed({ trigger: 'request:restore' });
    expect(play([{ minutes: 0, incidents: [alone, asked] }]).said).toEqual([]);
  });

  it('is not told hours later, as after a restored table', () => {
    expect(play(minutes(61, 70, { incidents: [healed()] })).said).toEqual([]);
  });

  it('is not told where its fleet file does not want it', () => {
    const none = { pages: { ...FLEET.pages, healed: false } };
    expect(reviewPages(undefined, [], [healed()], none, always, NOON_MS).due).toEqual([]);
  });

  it.each([
    ['disk:data', { proof: 'filesystem 900 GiB' }, 'is healed: filesystem 900 GiB'],
    ['node:health', { proof: undefined }, 'is well without a heal'],
    ['snapshot:clean', { proof: undefined }, 'is wanted no more'],
  ])('of %s has its page end with a sentence of its own', (trigger, more, ending) => {
    const lastPage = { code: 'not-proved', sentence: 'it does not run', atMs: NOON_MS - HOUR_MS };
    const incident = healed({ trigger, lastPage, ...more } as Partial<IncidentRecord>);
    const [cause] = causesOfIncidents([incident], undefined, NOON_MS);
    expect(cause?.ending).toContain(ending);
  });

  it('for which people were paged is resolved, and not told besides', () => {
    const incident = healed({
      lastPage: { code: 'not-proved', sentence: 'it does not run', atMs: NOON_MS - HOUR_MS },
      ...wordOf('not-proved'),
    });
    const before = { ...incident, state: 'open' } as IncidentRecord;
    const first = causesOfIncidents([before], undefined, NOON_MS);
    const steps = [
      { minutes: 0, causes: first, incidents: [before] },
      ...minutes(1, 50, { causes: causesOfIncidents([incident], undefined, NOON_MS), incidents: [incident] }),
    ];
    // The page is an hour old when it is followed first.
    const { said, record } = play(steps);
    expect(said).toEqual(['0 again 2', '1 resolved']);
    // Its next heal, of which nobody was paged, is told.
    const next = { ...incident, attempt: 2 };
    const later = { minutes: 55, causes: causesOfIncidents([next], undefined, NOON_MS), incidents: [next] };
    expect(play([later], record).said).toEqual(['55 told']);
  });
});

describe('the causes of what was paged about incidents', () => {
  const refused = (node: string, state: IncidentRecord['state'], key: string): [IncidentRecord, SentPagesRecord] => {
    const incident = {
      ...openIncidentRecord({ node, instanceId: `i-${node}`, incidentId: `of-${node}`, trigger: 'node:health' }),
      ...wordOf('no-capacity'),
      pendingPages: [{ code: 'no-capacity', sentence: 'there is no room', atMs: NOON_MS }],
      ...{ state, endedAtMs: NOON_MS },
    } as IncidentRecord;
    const sent = { atMs: NOON_MS, count: 1, incidents: [`of-${node}`], keys: { [`of-${node}`]: key } };
    return [incident, { sent: { 'no-capacity': sent }, version: 1 }];
  };

  it('are none for a refusal that was not paged yet', () => {
    const [incident] = refused('node1', 'open', 'k');
    expect(causesOfIncidents([incident], undefined, NOON_MS)).toEqual([]);
  });

  it('are one for all nodes of one page, over when all of them are well', () => {
    const key = 'bitcoin/nodes/no-capacity';
    const [one, { sent }] = refused('node1', 'open', key);
    const [two] = refused('node2', 'healed', key);
    const keys = { 'of-node1': key, 'of-node2': key };
    const record = { sent: { 'no-capacity': { ...sent['no-capacity'], keys } }, version: 1 } as SentPagesRecord;
    const states = (incidents: readonly IncidentRecord[]) =>
      causesOfIncidents(incidents, record, NOON_MS).map(({ key: of, state }) => [of, state]);
    expect(states([one, two])).toEqual([[key, 'lasts']]);
    expect(states([{ ...one, state: 'healed', endedAtMs: NOON_MS } as IncidentRecord, two])).toEqual([[key, 'ended']]);
    expect(states([{ ...one, state: 'claimed' } as IncidentRecord, two])).toEqual([[key, 'eased']]);
  });

  it('last for a question until somebody answers it, or its time is up', () => {
    const approval = {
      ...{ attempt: 1, plan: '0123456789ab', callbackId: 'abc', sentence: 'grow 500 → 900 GiB', terms: [] },
      ...{ askedAtMs: NOON_MS, untilMs: NOON_MS + 4 * HOUR_MS },
    };
    const asks = { ...openIncidentRecord({}), state: 'claimed', approval } as unknown as IncidentRecord;
    const state = (incident: IncidentRecord, nowMs = NOON_MS) =>
      causesOfIncidents([incident], undefined, nowMs)[0]?.state;
    expect(state(asks)).toBe('lasts');
    expect(state(asks, NOON_MS + 5 * HOUR_MS)).toBe('eased');
    expect(state({ ...asks, state: 'open' } as unknown as IncidentRecord)).toBe('eased');
    const answer = { said: 'approved', by: null, atMs: NOON_MS };
    expect(state({ ...asks, approval: { ...approval, answer } } as unknown as IncidentRecord)).toBe('eased');
    const lastPage = { code: 'ladder-spent', sentence: 'nothing helped', atMs: approval.askedAtMs - 1 };
    const told = {
      ...openIncidentRecord({ lastPage } as object),
      approval: { ...approval, answer },
    } as unknown as IncidentRecord;
    expect(causesOfIncidents([told], undefined, NOON_MS + 60 * 60_000)[0]).toMatchObject({
      ...{ atMs: lastPage.atMs, newestMs: approval.askedAtMs },
    });
  });
});

it('nothing is known of what watch-fleet has paged while it does not look', () => {
  expect(causesOfWatch('bitcoin', null)).toEqual([]);
});

it('so many causes are followed, and the others are counted', () => {
  const causes = Array.from({ length: MAX_OPEN + 5 }, (_, at) => cause({ key: `bitcoin/node${at}/node:health` }));
  const { next, left } = review(undefined, { minutes: 0, causes });
  expect([Object.keys(next.pages).length, left]).toEqual([MAX_OPEN, 5]);
});

it('a message that could not be sent is due again, with the same number', () => {
  const at = (step: number): readonly DueMessage[] => review({ ...paged() }, { minutes: step, causes: [cause()] }).due;
  const { next } = review(paged(), { minutes: 30, causes: [cause()] });
  expect(at(30)).toMatchObject([{ severity: 'again', times: 2 }]);
  expect(review(next, { minutes: 32, causes: [cause()] }).due).toMatchObject([{ severity: 'again', times: 2 }]);
});

describe('the pages of functions that look after a fleet', () => {
  const page: FollowedPage = {
    ...{ key: 'bitcoin/fleet/too-many-gone', code: 'too-many-gone', subject: 'bitcoin', node: 'fleet' },
    ...{ sentence: 'more than half are gone', atMs: NOON_MS, state: 'lasts' },
  };
  const of = (...pages: FollowedPage[]) =>
    causesOfFollowed('bitcoin', [{ functionName: 'chainmend-register-nodes', pages }]);

  it('are repeated like any other, and end', () => {
    const ended = { ...page, state: 'ended' } as const;
    const { said } = play([...minutes(0, 100, { causes: of(page) }), { minutes: 100, causes: of(ended) }]);
    expect(said).toEqual(['30 again 2', '90 again 3', '100 resolved']);
  });

  it('are neither repeated nor over where nobody could read them, or a run could not look', () => {
    const record = play([{ minutes: 0, causes: of(page) }]).record;
    const unread = causesOfFollowed('bitcoin', [{ functionName: 'chainmend-register-nodes', pages: null }]);
    expect(play([{ minutes: 60, causes: unread }], record).said).toEqual([]);
    expect(play([{ minutes: 60, causes: of({ ...page, state: 'eased' }) }], record).said).toEqual([]);
  });

  it('of one key are one: what lasts speaks, and not what is over', () => {
    const over = { ...page, subject: 'b', sentence: 'the second', atMs: NOON_MS + 1, state: 'ended' } as const;
    expect(of(page, over)).toMatchObject([{ state: 'lasts', sentence: 'more than half are gone', ending: '' }]);
    expect(of({ ...page, state: 'ended' }, over)).toMatchObject([{ state: 'ended' }]);
  });

  it('come with the answer where they are a question, if its plan is one', () => {
    const asked = { ...page, code: 'approval-wanted', subject: '0123456789ab', takesLong: true } as const;
    expect(of(asked)[0]?.fleetQuestion).toEqual({
      ...{ functionName: 'chainmend-register-nodes', fleet: 'bitcoin', plan: '0123456789ab', takesLong: true },
    });
    expect(of({ ...asked, subject: "'; reboot #" })[0]?.fleetQuestion).toBeUndefined();
    expect(of({ ...asked, state: 'ended' })[0]?.fleetQuestion).toBeUndefined();
  });
});

const sick = (more: object): IncidentRecord => openIncidentRecord({ trigger: 'node:health', ...more } as object);
const note = (code: string, more: object = {}) => ({
  lastPage: { code, sentence: 'so it was', atMs: NOON_MS, ...more },
});
const watchPage = (more: object = {}): WatchPage => ({
  ...{ key: KEY, code: 'node-unreachable', node: 'node2', sentence: 'node2: nobody reaches it', atMs: NOON_MS },
  ...{ alarm: '', nodes: [{ instanceId: INSTANCE, name: 'node2' }], state: 'lasts' },
  ...more,
});

describe('a page is true when it is repeated', () => {
  const seen = (health: ObservedNode['health'] | null) => ({
    nodes: health === null ? [] : [observedNode({ instanceId: INSTANCE, name: 'node2', health })],
    gone: [],
  });
  const stateAt = (incident: IncidentRecord, health: ObservedNode['health'] | null = 'unreachable') =>
    causesOfIncidents([incident], undefined, NOON_MS, seen(health))[0]?.state;

  it('what a guard has refused is not, once its incident says something else', () => {
    expect(stateAt(sick({ ...note('no-capacity'), ...wordOf('no-capacity') }))).toBe('lasts');
    expect(stateAt(sick({ ...note('no-capacity'), ...wordOf('paused') }))).toBe('eased');
  });

  it('it is asked again before: what nobody has found since the last message is not sent', () => {
    const at = (minutes: number): readonly Cause[] =>
      causesOfIncidents(
        [sick({ ...note('no-capacity'), ...wordOf('no-capacity', NOON_MS + minutes * MINUTE_MS) })],
        undefined,
        NOON_MS,
      );
    expect(play([...minutes(0, 59, { causes: at(0) }), ...minutes(59, 70, { causes: at(58) })]).said).toEqual([
      '59 again 2',
    ]);
  });

  it('a disk that may grow again in two hours is told again in half an hour, each hour, and after that only once it was looked at', () => {
    const untilMs = NOON_MS + 120 * MINUTE_MS;
    const spent = sick({
      trigger: 'disk:data',
      ...note('budget-spent'),
      ...wordOf('budget-spent', NOON_MS, { untilMs }),
    });
    const causes = causesOfIncidents([spent], undefined, NOON_MS);
    expect(play(minutes(0, 300, { causes })).said).toEqual(['30 again 2', '90 again 3', '150 again 4']);
  });

  it('“its client is stopped” ends once its client was seen to answer, for good', () => {
    const down = sick({ ...note('command-unanswered', { isDown: true }), ...wordOf('command-unanswered') });
    expect([stateAt(down), stateAt(down, null), stateAt(down, 'unknown')]).toEqual(['lasts', 'lasts', 'lasts']);
    expect([stateAt(down, 'synced'), stateAt(down, 'starting')]).toEqual(['ended', 'ended']);
    const of = (health: ObservedNode['health']) => causesOfIncidents([down], undefined, NOON_MS, seen(health));
    const { said } = play([
      ...minutes(0, 40, { causes: of('unreachable') }),
      ...minutes(40, 50, { causes: of('synced') }),
      ...minutes(50, 300, { causes: of('unreachable') }),
    ]);
    expect(said).toEqual(['30 again 2', '40 resolved']);
  });

  it('of a node that is not there any more nobody says that it is well', () => {
    const ending = (more: object) =>
      causesOfIncidents(
        [healed({ proof: undefined, ...note('no-capacity'), ...more } as object)],
        undefined,
        NOON_MS,
      )[0]?.ending;
    for (const trigger of ['node:health', 'disk:data'])
      expect(ending({ trigger, isGone: true })).toBe(
        'node2 is not there any more: it was terminated, or has lost the tags of its fleet',
      );
    expect(ending({ trigger: 'node:terminated' })).toContain('node2 is missed no more');
    expect(ending({ trigger: 'node:event' })).toBe('what was wanted of node2 is wanted no more');
  });
});

describe('one cause has one voice, whoever has seen it', () => {
  const voice = (incidents: readonly IncidentRecord[], pages: readonly WatchPage[], gone: readonly GoneNode[] = []) =>
    oneVoice(
      causesOfIncidents(incidents, undefined, NOON_MS, { nodes: [], gone }),
      causesOfWatch('bitcoin', pages),
      incidents,
      gone,
      NOON_MS,
    ).map(({ key, code, state }) => `${key} ${code} ${state}`);
  const refusedFor = (code: string): IncidentRecord => sick({ ...note(code), ...wordOf(code) });

  it('the heal of a node that nobody reaches speaks for it, under the same key', () => {
    expect(voice([refusedFor('no-good-snapshot')], [watchPage({ atMs: NOON_MS + 1 })])).toEqual([
      `${KEY} no-good-snapshot lasts`,
    ]);
  });

  it('a client that a person has stopped is told once, and nobody repeats that nobody reaches it', () => {
    const incidents = [refusedFor('client-stopped')];
    const causes = oneVoice(
      causesOfIncidents(incidents, undefined, NOON_MS),
      causesOfWatch('irita', [watchPage()]),
      incidents,
      [],
      NOON_MS + HOUR_MS,
    );
    const before = play([{ minutes: 0, causes: causesOfWatch('irita', [watchPage()]) }]).record;
    expect(play(minutes(1, 300, { causes }), before).said).toEqual([]);
  });

  it('a page about several nodes is repeated while one of them has nobody to speak for it', () => {
    const nodes = [INSTANCE, 'i-other'].map((instanceId) => ({ instanceId, name: instanceId }));
    const page = watchPage({ key: 'bitcoin/nodes/node-unreachable', node: '2 nodes', nodes });
    const one = refusedFor('no-good-snapshot');
    const other = { ...one, instanceId: 'i-other', node: 'other' };
    expect(voice([one], [page])).toContain('bitcoin/nodes/node-unreachable node-unreachable lasts');
    expect(voice([one, other], [page])).toContain('bitcoin/nodes/node-unreachable node-unreachable eased');
  });

  it('while a heal is at work nobody is wanted, and what it has healed is over at once', () => {
    const atWork = { ...sick({ onsetMs: NOON_MS }), state: 'claimed', payload: { mode: 'act' } } as IncidentRecord;
    expect(voice([atWork], [watchPage()])).toEqual([`${KEY} node-unreachable eased`]);
    const over = healed({ trigger: 'node:health', ...note('no-good-snapshot'), endedAtMs: NOON_MS + 1 } as object);
    expect(voice([over], [watchPage({ state: 'eased' })])).toEqual([`${KEY} no-good-snapshot ended`]);
    // It is down again since.
    expect(voice([over], [watchPage()])).toEqual([`${KEY} node-unreachable lasts`]);
  });

  it('that a node is missed is said once: by its own heal, or by watch-fleet', () => {
    const missing = watchPage({ key: 'bitcoin/fleet/node-missing', code: 'node-missing', node: 'fleet', nodes: [] });
    const gone: readonly GoneNode[] = [{ instanceId: INSTANCE, name: 'node2', sinceMs: NOON_MS }];
    const escalated = { ...refusedFor('instance-gone'), state: 'escalated', endedAtMs: NOON_MS } as IncidentRecord;
    expect(voice([escalated], [missing], gone)).toEqual([
      `${KEY} instance-gone eased`,
      'bitcoin/fleet/node-missing node-missing lasts',
    ]);
    const again = { ...refusedFor('not-made-again'), trigger: 'node:terminated' };
    expect(voice([again], [missing], gone)).toEqual([
      'bitcoin/node2/node:terminated not-made-again lasts',
      'bitcoin/fleet/node-missing node-missing eased',
    ]);
  });
});
