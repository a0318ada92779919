// What a daily look makes of what the last one found: a loss is paged, what is known or unknown is not.
import { describe, expect, it } from '@jest/globals';
import {
  type Compared,
  compareReadiness,
  firstSentence,
  lostSentence,
  stillLost,
} from '../../../functions/check-readiness/decide.ts';
import type { FleetFacts, KeyFacts, NodeFacts } from '../../../shared/readiness/facts.ts';
import { fleetReportOf } from '../../../shared/readiness/fleet-report.ts';
import { HEALS } from '../../../shared/readiness/verdict.ts';
import { planOf } from '../../../shared/readiness/wishes.ts';
import { fleetFacts, KEY, key, nodeFacts } from '../../fixtures/readiness-facts.ts';

/** No dry run is asked: the function has no right to make the calls. */
const reportOf = (more: Partial<FleetFacts> = {}) => {
  const facts = fleetFacts(more);
  return fleetReportOf(facts, new Map(facts.nodes.map((node) => [node, planOf(facts, node)] as const)), new Map());
};

const NOBODY: ReadonlySet<string> = new Set();
const well = () => compareReadiness(undefined, reportOf(), NOBODY);
const look = (before: Pick<Compared, 'heals'>, more: Partial<FleetFacts> = {}, busy = NOBODY): Compared =>
  compareReadiness(before, reportOf(more), busy);

const withKey = (more: Partial<KeyFacts>): Partial<FleetFacts> => ({ keys: new Map([[KEY, key(more)]]) });
const DENIED = withKey({ policy: { value: { action: 'kms:CreateGrant', word: 'denies' } } });
const nodesWith = (name: string, more: Partial<NodeFacts>): Partial<FleetFacts> => ({
  nodes: ['node1', 'node2', 'node3', 'node4'].map((one) => nodeFacts(one, one === name ? more : {})),
});

describe('the first look', () => {
  it('remembers that every heal would work, though no dry run was asked, and pages nothing', () => {
    const { heals, lost, isFirst } = well();
    expect([lost, isFirst]).toEqual([null, true]);
    expect(heals['node1']).toEqual(Object.fromEntries(HEALS.map((column) => [column, 'y'])));
  });

  it('pages nothing of what never worked, and says it to the journal', () => {
    const report = reportOf({ sets: { value: [] } });
    expect(compareReadiness(undefined, report, NOBODY).lost).toBeNull();
    expect(firstSentence(report)).toMatch(
      /^the first look at 4 nodes: these heals would not work now, .*swap of node1, node2, node3, node4: there is no snapshot/,
    );
    expect(firstSentence(reportOf())).toBe('the first look at 4 nodes finds nothing that keeps a heal from working');
  });
});

describe('a later look', () => {
  it('finds what is lost: the key that denies grants, with its heals and nodes', () => {
    const { lost } = look(well(), DENIED);
    expect(lost?.nodes).toEqual(['node1', 'node2', 'node3', 'node4']);
    expect(lost && lostSentence(lost, 4)).toMatch(
      /^4 of 4 nodes have lost a heal since the last daily look: stop-start, swap, replace, move of node1, node2, node3, node4: KMS key \S+ denies kms:CreateGrant to the heals/,
    );
  });

  it('pages it once: the day after nothing is new', () => {
    const second = look(well(), DENIED);
    expect(second.lost).not.toBeNull();
    expect(look(second, DENIED).lost).toBeNull();
  });

  it('pages another loss while the first one lasts, and only that', () => {
    const second = look(well(), DENIED);
    const { lost } = look(second, { ...DENIED, outOfReach: new Map(), sets: { value: [] }, addedUsd: { value: 99 } });
    expect(lost?.causes.map(({ code, heals }) => [code, heals])).toEqual([['cost-ceiling', ['grow']]]);
  });

  it('tells with it what people were not told of before, where that still would not work', () => {
    const second = look(well(), DENIED);
    const untold = stillLost([], well().heals, second.heals);
    expect(compareReadiness(second, reportOf(DENIED), NOBODY, untold).lost).toEqual(second.lost);
    expect(compareReadiness(second, reportOf(), NOBODY, untold).lost).toBeNull();
    const busy = new Set(Object.keys(second.heals));
    expect(compareReadiness(second, reportOf(), busy, untold).lost?.causes).toEqual([]);
  });

  it('says what works again, and pages it when it is lost once more', () => {
    const back = look(look(well(), DENIED));
    expect(back.again).toContain('swap of node1');
    expect(look(back, DENIED).lost).not.toBeNull();
  });

  it.each<[string, Partial<FleetFacts>, ReadonlySet<string>]>([
    ['what could not be read', { sets: { unread: 'Throttling' }, addedUsd: { unread: 'no' } }, NOBODY],
    ['a pause', { paused: { value: { refuse: 'paused', reason: 'a', page: false, retryAfterMs: 0 } } }, NOBODY],
    ['an open breaker', { breaker: { value: { open: true, sentence: '3 of 4 nodes unhealthy' } } }, NOBODY],
    ['a node that a heal holds', { sets: { value: [] } }, new Set(['node1', 'node2', 'node3', 'node4'])],
  ])('takes %s for no loss, and remembers what was known', (_, more, busy) => {
    const after = look(well(), more, busy);
    expect(after.lost).toBeNull();
    expect(after.heals).toEqual(well().heals);
  });

  it('compares with what was known before it was not known', () => {
    const unread = look(well(), { sets: { unread: 'Throttling' } });
    expect(look(unread, { sets: { value: [] } }).lost?.causes.map(({ code }) => code)).toEqual(['no-good-snapshot']);
  });

  it('is told of a node that was not there before: it has lost nothing', () => {
    const three = look({ heals: {} }, {});
    const { node4: _, ...others } = three.heals;
    const silent = nodesWith('node4', {
      agent: { value: { refuse: 'node-silent', reason: 'its agent is gone', page: true, retryAfterMs: 0 } },
    });
    expect(look({ heals: others }, silent).lost).toBeNull();
    expect(look(three, silent).lost?.nodes).toEqual(['node4']);
  });
});

describe('what was lost lasts', () => {
  const off = { grow: '-', restart: '-', 'stop-start': '-', replace: '-', snapshot: '-', move: '-' } as const;
  const heals = (swap: 'y' | 'n' | '-' | '?') => ({ node2: { ...off, swap } });
  const LOST = ['swap of node2'];

  it('from the look on that finds it', () => {
    expect(stillLost([], heals('y'), heals('n'))).toEqual(LOST);
  });

  it('while it would not work, however many looks that takes', () => {
    expect(stillLost(LOST, heals('n'), heals('n'))).toEqual(LOST);
  });

  it.each<[string, readonly string[], Parameters<typeof stillLost>[1], Parameters<typeof stillLost>[2]]>([
    ['once it would work again', LOST, heals('n'), heals('y')],
    ['once the fleet does not want it any more', LOST, heals('n'), heals('-')],
    ['once the node is gone', LOST, heals('n'), {}],
    ['and what never worked was never lost', [], heals('n'), heals('n')],
    ['nor what nobody has known', [], heals('?'), heals('n')],
    ['nor at the first look', [], undefined, heals('n')],
  ])('no longer %s', (_, before, known, now) => {
    expect(stillLost(before, known, now)).toEqual([]);
  });
});
