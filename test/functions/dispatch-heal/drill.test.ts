// When a drill begins, and when people are told that the last proof is old.
import { describe, expect, it } from '@jest/globals';
import { type DrillFacts, drillStep, oldProof } from '../../../functions/dispatch-heal/drill.ts';
import { type DrillRecord, noDrill } from '../../../shared/heal/drill.ts';
import type { IncidentRecord } from '../../../shared/heal/records.ts';
import { withSent } from '../../../shared/reconcile/followed-pages.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const fleet = bitcoinFleet({ role: 'follower', drills: { securityGroup: 'sg-0d0000000000000d1' } });
const follower = (name: string, more: object = {}) =>
  observedNode({ name, instanceId: `i-${name}`, role: 'follower', ...more });
const facts = (more: Partial<DrillFacts> = {}): DrillFacts => ({
  ...{ nowMs: NOON_MS, fleet, record: undefined, nodes: [follower('node2'), follower('node1')] },
  watch: { sinceMs: NOON_MS - HOUR_MS, version: 1 },
  ...{ breaker: { open: false, sentence: '' }, haltedSinceMs: null, incidents: [] },
  ...more,
});
const incident = (trigger: string, state: string, more: object = {}): IncidentRecord =>
  ({ ...openIncidentRecord(), fleet: fleet.name, trigger, state, ...more }) as IncidentRecord;
const step = (more: Partial<DrillFacts> = {}) => {
  const next = drillStep(facts(more));
  return next.do === 'drill' ? `drill like ${next.node.name}` : `wait: ${next.why}`;
};
const left = { ...noDrill, current: { instanceId: 'i-left' } } as unknown as DrillRecord;

describe('a drill begins', () => {
  it('where none was made yet, like the first follower that is synced', () => {
    expect(step()).toBe('drill like node1');
    expect(step({ nodes: [follower('node1', { health: 'behind' }), follower('node2')] })).toBe('drill like node2');
  });

  it('once it is due, and not before', () => {
    expect(step({ record: { ...noDrill, dueAtMs: NOON_MS + 1 } })).toBe('wait: none is due');
    expect(step({ record: { ...noDrill, dueAtMs: NOON_MS } })).toBe('drill like node1');
  });

  it('at once, where a lifecycle policy has reported an error since the last one', () => {
    const watch = { sinceMs: 0, wantedSinceMs: NOON_MS - 1, version: 1 };
    const record = { ...noDrill, dueAtMs: NOON_MS + HOUR_MS };
    expect(step({ record, watch })).toBe('drill like node1');
    const last = { setId: 'set', is: 'verified', atMs: NOON_MS, reason: '', usd: 0 } as const;
    expect(step({ record: { ...record, last }, watch })).toBe('wait: none is due');
  });

  it('for a person also where an attempt was refused and is made again later, in its place', () => {
    const refused = incident('snapshot:drill', 'open', { instanceId: 'i-node2' });
    expect(step({ incidents: [refused] })).toMatch(/^wait: a drill is under way/);
    expect(step({ incidents: [refused], isAsked: true })).toBe('drill like node2');
    const nodes = [follower('node1'), follower('node2', { health: 'behind' })];
    expect(step({ incidents: [refused], isAsked: true, nodes })).toBe('drill like node1');
    const atWork = { ...refused, state: 'claimed' } as IncidentRecord;
    expect(step({ incidents: [atWork], isAsked: true })).toMatch(/^wait: a drill is under way/);
  });

  it('never like a validator, or a node of unknown role', () => {
    const nodes = [follower('node1', { role: 'validator' }), follower('node2', { role: 'unknown' })];
    expect(step({ nodes })).toMatch(/^wait: nobody has seen a follower/);
  });
});

describe('where a fleet has copies of another region alone', () => {
  const second = { name: fleet.name, drills: fleet.drills, copiesFrom: { region: 'eu-west-1', maxAgeHours: 48 } };

  it('a drill is like no node, and names the fleet in the place of an instance', () => {
    expect(step({ fleet: second, nodes: [] })).toBe('drill like copies');
    expect(drillStep(facts({ fleet: second, nodes: [] }))).toMatchObject({ node: { instanceId: 'copies-of-bitcoin' } });
  });

  it('it waits as anywhere else', () => {
    expect(step({ fleet: second, nodes: [], record: { ...noDrill, dueAtMs: NOON_MS + 1 } })).toBe('wait: none is due');
    expect(step({ fleet: second, nodes: [], haltedSinceMs: NOON_MS })).toMatch(/^wait: nobody has advanced since /);
  });

  it('people who know that no copies come are not told that the proof is old, too', () => {
    const proved = { setId: 'set', takenAtMs: 0, height: 1, atMs: NOON_MS - 60 * HOUR_MS, minutes: 11, usd: 0.21 };
    const record = { ...noDrill, proved };
    const told = (hours: number) => ({ ...record, copiesToldAtMs: NOON_MS - hours * HOUR_MS });
    const isDue = (known: DrillRecord) => oldProof(facts({ fleet: second, record: known })).map((one) => one.isDue);
    expect([isDue(record), isDue(told(1)), isDue(told(25))]).toEqual([[true], [false], [true]]);
  });
});

describe('a drill waits', () => {
  it.each<[string, Partial<DrillFacts>, RegExp]>([
    ['for a heal of its fleet', { incidents: [incident('disk:data', 'claimed')] }, /a heal may need the quota/],
    ['for a heal that waits itself', { incidents: [incident('node:health', 'open')] }, /a heal may need the quota/],
    [
      'for a replacement in another fleet: the quota is the account’s',
      { incidents: [incident('node:health', 'allocated', { fleet: 'litecoin' })] },
      /litecoin/,
    ],
    [
      'while the chain stands',
      { haltedSinceMs: NOON_MS - HOUR_MS },
      /it is the chain, and bitcoin is imitated by no drill/,
    ],
    ['while the breaker is open', { breaker: { open: true, sentence: '3 of 4 nodes unhealthy' } }, /3 of 4/],
    ['for the one that is under way', { incidents: [incident('snapshot:drill', 'claimed')] }, /under way/],
    ['while nobody sees the fleet', { nodes: [] }, /nobody has seen/],
    [
      'for ever, where the file asks for none',
      { fleet: { name: fleet.name, drills: undefined } },
      /asks for no drills/,
    ],
  ])('%s', (_, more, why) => {
    expect(step(more)).toMatch(/^wait: /);
    expect(step(more)).toMatch(why);
  });

  it('neither for a heal that is over, nor for a disk of another fleet', () => {
    expect(step({ incidents: [incident('node:health', 'healed')] })).toBe('drill like node1');
    expect(step({ incidents: [incident('disk:data', 'claimed', { fleet: 'litecoin' })] })).toBe('drill like node1');
  });
});

describe('what a drill has left is removed', () => {
  it.each<[string, Partial<DrillFacts>]>([
    ['before it is due', { record: { ...left, dueAtMs: NOON_MS + HOUR_MS } }],
    ['while a heal is at work', { record: left, incidents: [incident('node:health', 'claimed')] }],
    ['while the breaker is open', { record: left, breaker: { open: true, sentence: '' } }],
    ['where the file asks for drills no more', { record: left, fleet: { name: fleet.name, drills: undefined } }],
    ['by way of a node that is not well', { record: left, nodes: [follower('node1', { health: 'stuck' })] }],
  ])('%s', (_, more) => {
    expect(step(more)).toBe('drill like node1');
  });
});

describe('people are told that the proof is old', () => {
  const OLD = { refuse: 'recoverability-old', subject: fleet.name, reason: 'proved 50 h ago' } as const;
  const watch = (hours: number, toldHours: number | null = null) => ({
    ...{ sinceMs: NOON_MS - hours * HOUR_MS, version: 1 },
    ...(toldHours !== null && {
      pages: withSent([], fleet.name, [OLD], NOON_MS - toldHours * HOUR_MS),
    }),
  });
  const record = (hours: number): DrillRecord => ({
    ...noDrill,
    proved: { setId: 'set', takenAtMs: 0, height: 931_064, atMs: NOON_MS - hours * HOUR_MS, minutes: 11, usd: 0.21 },
  });
  const told = (more: Partial<DrillFacts>) => oldProof(facts(more)).find(({ isDue }) => isDue)?.sentence ?? null;

  it('when it is older than the file allows, with how the last drill ended', () => {
    expect(told({ record: record(47) })).toBeNull();
    const last = { setId: 'set-2', is: 'unfit', atMs: 0, reason: 'corrupt', usd: 0 } as const;
    expect(told({ record: { ...record(49), last } })).toBe(
      '11 min to height 931,064, proved 49 h ago, $0.21 a drill, and the fleet file allows 48 h: the last drill (set-2) ended as unfit: corrupt',
    );
  });

  it('when nobody has proved anything for so long', () => {
    expect(told({ watch: watch(47) })).toBeNull();
    expect(told({ watch: watch(49) })).toContain('no drill has come to its end');
  });

  it('once a day', () => {
    expect(told({ record: record(60), watch: watch(90, 23) })).toBeNull();
    expect(told({ record: record(60), watch: watch(90, 25) })).not.toBeNull();
    expect(oldProof(facts({ record: record(60), watch: watch(90, 23) }))).toMatchObject([{ isDue: false }]);
    expect(oldProof(facts({ record: record(47), watch: watch(90, 23) }))).toEqual([]);
  });

  it('not where no drills are asked for', () => {
    expect(told({ fleet: { name: fleet.name, drills: undefined }, watch: watch(90) })).toBeNull();
  });
});
