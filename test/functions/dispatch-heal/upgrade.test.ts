// The order in which a fleet is upgraded.
import { describe, expect, it } from '@jest/globals';
import {
  endsUpgrade,
  holdsUpgrade,
  mayEndUpgrade,
  nextStep,
  type UpgradeFacts,
} from '../../../functions/dispatch-heal/upgrade.ts';
import type { ObservedNode } from '../../../shared/fleet/observation.ts';
import type { Rehearsal } from '../../../shared/heal/drill.ts';
import type { IncidentRecord } from '../../../shared/heal/records.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const fleet = bitcoinFleet({
  unit: 'node@*',
  client: { versions: ['28.0', '28.1'], canary: 'node2', watchMinutes: 45 },
});
const nodes = ['node1', 'node2', 'node3'].map((name) =>
  observedNode({ name, instanceId: `i-${name}`, role: 'follower' }),
);
const ASKED = NOON_MS - HOUR_MS;
const upgrade = { to: '28.1', askedAtMs: ASKED, state: 'under-way', version: 1 } as const;

const at = (name: string, trigger: string, more: object): IncidentRecord =>
  ({
    ...openIncidentRecord(),
    instanceId: `i-${name}`,
    trigger,
    onsetMs: ASKED + MINUTE_MS,
    ...more,
  }) as IncidentRecord;
const healed = { state: 'healed', endedAtMs: NOON_MS - MINUTE_MS, proof: 'it follows' };
const want = { do: 'upgrade', to: '28.1', cleanSinceMs: ASKED, watchMinutes: 0 };
const snapshot = (name: string, more: object = healed) => at(name, 'snapshot:clean', more);
const switched = (name: string, more: object = healed) => at(name, 'request:upgrade', { want, ...more });

const step = (incidents: readonly IncidentRecord[], more: Partial<UpgradeFacts> = {}) => {
  const next = nextStep({ nowMs: NOON_MS, fleet, upgrade, nodes, incidents, tip: null, ...more });
  if (next.do === 'upgrade') return `upgrade ${next.nodes.map(({ node }) => node.name).join(' ')}`;
  return next.do === 'snapshot' ? `snapshot ${next.node.name}` : `${next.do} ${'as' in next ? next.as : ''}`.trim();
};
const canary = [snapshot('node2'), switched('node2')];

describe('a fleet is upgraded', () => {
  it.each<[string, readonly IncidentRecord[], string]>([
    ['with a clean snapshot of the canary', [], 'snapshot node2'],
    ['with the canary, once its snapshot is there', [snapshot('node2')], 'upgrade node2'],
    ['with a snapshot of the next, once the canary is proved', canary, 'snapshot node1'],
    ['with the next itself', [...canary, snapshot('node1')], 'upgrade node1'],
    ['until all have it', ['node1', 'node2', 'node3'].flatMap((name) => [snapshot(name), switched(name)]), 'end done'],
  ])('%s', (_, incidents, expected) => {
    expect(step(incidents)).toBe(expected);
  });

  it('the canary is watched, and no other', () => {
    const minutes = (incidents: readonly IncidentRecord[]) =>
      nextStep({ nowMs: NOON_MS, fleet, upgrade, nodes, incidents, tip: null });
    expect(minutes([snapshot('node2')])).toMatchObject({
      nodes: [{ watchMinutes: 45, cleanSinceMs: ASKED + MINUTE_MS }],
    });
    expect(minutes([...canary, snapshot('node1')])).toMatchObject({ nodes: [{ watchMinutes: 0 }] });
  });

  it.each<[string, readonly IncidentRecord[], Partial<UpgradeFacts>, string]>([
    [
      'one is at it: one at a time',
      [...canary, snapshot('node1'), switched('node1', { state: 'claimed' })],
      {},
      'wait',
    ],
    ['a snapshot is under way', [snapshot('node2', { state: 'open' })], {}, 'wait'],
    ['nobody has seen the fleet', [], { nodes: [] }, 'wait'],
    [
      'the canary has failed: the others are left',
      [snapshot('node2'), switched('node2', { state: 'escalated' })],
      {},
      'end ended',
    ],
    ['a donor gives no snapshot', [snapshot('node2', { state: 'escalated' })], {}, 'end ended'],
    ['the file does not name the version any more', [], { fleet: bitcoinFleet({}) }, 'end ended'],
    ['a week has gone by', canary, { nowMs: ASKED + 8 * 24 * HOUR_MS }, 'end ended'],
  ])('no further where %s', (_, incidents, more, expected) => {
    expect(step(incidents, more)).toBe(expected);
  });

  it('no further while a client that was restarted for its list of peers has not been seen since', () => {
    const restart = { instanceId: 'i-node3', node: 'node3', overAtMs: NOON_MS - MINUTE_MS };
    for (const incidents of [[], [snapshot('node2')]]) {
      expect(step(incidents, { restart })).toBe('wait');
      expect(step(incidents, { restart: { ...restart, overAtMs: NOON_MS - 2 * MINUTE_MS } })).not.toBe('wait');
      expect(step(incidents, { restart: null })).not.toBe('wait');
    }
    expect(nextStep({ nowMs: NOON_MS, fleet, upgrade, nodes, incidents: [], tip: null, restart })).toMatchObject({
      why: expect.stringContaining('node3 was restarted'),
    });
    // It ends all the same, and nothing is taken from anyone beside a node, or where all stand below a height.
    expect(step([snapshot('node2', { state: 'escalated' })], { restart })).toBe('end ended');
    expect(step([], { restart, upgrade: { ...upgrade, strategy: 'blue-green' } })).toBe('upgrade node2');
    const stands = nodes.map((node) => ({ ...node, height: 99 }));
    const atHeight = { ...upgrade, atHeight: 100, reachedAtMs: NOON_MS };
    expect(step([], { restart, upgrade: atHeight, nodes: stands, tip: 99 })).toBe('upgrade node1 node2 node3');
  });

  it('by the canary first, and then by name, in whatever order they were seen', () => {
    const all = (more: Partial<UpgradeFacts>) =>
      [nodes, nodes.toReversed()].map((some) => step([], { nodes: some, ...more }));
    expect(all({})).toEqual(['snapshot node2', 'snapshot node2']);
    const { canary: _, ...client } = fleet.client ?? { versions: [] };
    expect(all({ fleet: { ...fleet, client } as typeof fleet })).toEqual(['snapshot node1', 'snapshot node1']);
  });

  it('and whoever reads of its end is told how far it came', () => {
    const ended = (incidents: readonly IncidentRecord[], more: Partial<UpgradeFacts> = {}) =>
      nextStep({ tip: null, nowMs: NOON_MS, fleet, upgrade, nodes, incidents, ...more });
    const all = ['node1', 'node2', 'node3'].flatMap((name) => [snapshot(name), switched(name)]);
    expect(ended(all)).toEqual({ do: 'end', as: 'done', reason: '3 of 3 nodes are upgraded to 28.1', isTold: true });
    // What has failed has been paged for by its heal.
    expect(ended([...canary, snapshot('node1'), switched('node1', { state: 'escalated' })])).toMatchObject({
      reason: 'it has failed on node1: 1 of 3 nodes are upgraded, the others are left as they are',
      isTold: true,
    });
    expect(ended([snapshot('node2', { state: 'escalated' })])).toMatchObject({
      reason: 'node2 gives no clean snapshot: 0 of 3 nodes are upgraded, the others are left as they are',
      isTold: true,
    });
    expect(ended(canary, { nowMs: ASKED + 8 * 24 * HOUR_MS })).toMatchObject({
      reason: 'for a week it did not come to its end: 1 of 3 nodes are upgraded, next was node1',
      isTold: false,
    });
  });

  it('to its end, though the snapshot of one that is upgraded has failed since', () => {
    expect(step([snapshot('node2', { state: 'escalated' }), switched('node2')])).toBe('snapshot node1');
  });

  it('for a week, to the millisecond', () => {
    const week = ASKED + 7 * 24 * HOUR_MS;
    expect([step(canary, { nowMs: week }), step(canary, { nowMs: week + 1 })]).toEqual(['snapshot node1', 'end ended']);
  });

  it('a snapshot that is hours old is not of right before: another one is taken', () => {
    const at = (endedAtMs: number) => step([snapshot('node2', { ...healed, endedAtMs })]);
    expect(at(NOON_MS - 2 * HOUR_MS)).toBe('upgrade node2');
    expect(at(NOON_MS - 2 * HOUR_MS - 1)).toBe('snapshot node2');
  });

  it('what was done before it was asked for does not count, nor another version', () => {
    expect(step([snapshot('node2', { ...healed, onsetMs: ASKED })])).toBe('upgrade node2');
    expect(step([snapshot('node2'), at('node2', 'request:upgrade', healed)])).toBe('upgrade node2');
    const earlier = { ...healed, onsetMs: ASKED - MINUTE_MS };
    expect(step([snapshot('node2', earlier), switched('node2', earlier)])).toBe('snapshot node2');
    expect(step([snapshot('node2'), switched('node2', { ...healed, want: { ...want, to: '28.0' } })])).toBe(
      'upgrade node2',
    );
  });

  it('a request that was closed without a proof is made again', () => {
    expect(step([snapshot('node2'), switched('node2', { state: 'healed', endedAtMs: NOON_MS })])).toBe('upgrade node2');
  });

  it('validators, and nodes of unknown role, are left to a person, and named', () => {
    const mixed = [
      ...nodes,
      observedNode({ name: 'node4', instanceId: 'i-node4', role: 'validator' }),
      observedNode({ name: 'node5', instanceId: 'i-node5', role: 'unknown' }),
    ];
    const all = ['node1', 'node2', 'node3'].flatMap((name) => [snapshot(name), switched(name)]);
    expect(nextStep({ nowMs: NOON_MS, fleet, upgrade, nodes: mixed, incidents: all, tip: null })).toMatchObject({
      as: 'done',
      reason: '3 of 5 nodes are upgraded to 28.1; left to a person, as validators or of unknown role: node4, node5',
    });
  });
});

describe('a fleet is upgraded at a height', () => {
  const HEIGHT = 5_000;
  const cosmos = bitcoinFleet({ chain: 'cosmoshub', unit: 'node@*', client: { versions: ['28.0', '28.1'] } });
  const sentries = (...heights: (number | null)[]) =>
    heights.map((height, at) =>
      observedNode({
        ...{ name: `node${at + 1}`, instanceId: `i-node${at + 1}`, role: 'follower', height },
        health: height === null ? 'unreachable' : 'synced',
      }),
    );
  const asked = { ...upgrade, atHeight: HEIGHT };
  const reached = { ...asked, reachedAtMs: NOON_MS - 10 * MINUTE_MS };
  const below = sentries(HEIGHT - 1, HEIGHT - 1);
  const next = (incidents: readonly IncidentRecord[], more: Partial<UpgradeFacts> = {}) =>
    step(incidents, { fleet: cosmos, upgrade: reached, nodes: below, tip: HEIGHT - 1, ...more });
  const before = { upgrade: asked, nodes: sentries(4_000, 4_000), tip: 4_000 };
  const both = [switched('node1'), switched('node2')];

  it.each<[string, readonly IncidentRecord[], Partial<UpgradeFacts>, string]>([
    ['each gives a snapshot before', [], before, 'snapshot node1'],
    ['one after the other', [snapshot('node1')], before, 'snapshot node2'],
    ['and none while another gives one', [snapshot('node1', { state: 'claimed' })], before, 'wait'],
    [
      'a node that gave none keeps no other one from it',
      [snapshot('node1', { state: 'escalated' })],
      before,
      'snapshot node2',
    ],
    ['then it waits for the height', [snapshot('node1'), snapshot('node2')], before, 'wait'],
    ['no snapshot is begun that the height could overtake', [], { ...before, tip: HEIGHT - 100 }, 'wait'],
    ['nor where nobody knows the height', [], { ...before, tip: null }, 'wait'],
    ['the first that stands below it is noted', [], { ...before, tip: HEIGHT - 1 }, 'note-reached'],
    ['then all go over at once, without a snapshot, too', [], {}, 'upgrade node1 node2'],
    [
      'also one that does not answer: its client may have ended for it',
      [],
      { nodes: sentries(HEIGHT - 1, null) },
      'upgrade node1 node2',
    ],
    ['but none that is not there yet', [], { nodes: sentries(HEIGHT - 1, HEIGHT - 9) }, 'upgrade node1'],
    [
      'nor one that was switched by hand',
      [],
      { nodes: sentries(HEIGHT - 1, HEIGHT + 4), tip: HEIGHT + 4 },
      'upgrade node1',
    ],
    [
      'CometBFT tells the block of the height, which it has stored and not executed: nobody has gone over',
      [],
      { nodes: sentries(HEIGHT, HEIGHT), tip: HEIGHT },
      'upgrade node1 node2',
    ],
    ['while the chain waits for others, so does it', both, {}, 'wait'],
    ['also where it tells that block', both, { tip: HEIGHT, nodes: sentries(HEIGHT, HEIGHT) }, 'wait'],
    ['once a block is made it is done', both, { tip: HEIGHT + 1, nodes: sentries(HEIGHT + 1, HEIGHT + 1) }, 'end done'],
    ['one that fails keeps no other one from it', [switched('node1', { state: 'escalated' })], {}, 'upgrade node2'],
    ['and is told at the end', [switched('node1', { state: 'escalated' }), switched('node2')], {}, 'end ended'],
  ])('%s', (_, incidents, more, expected) => {
    expect(next(incidents, more)).toBe(expected);
  });

  const late = { upgrade: { ...reached, reachedAtMs: NOON_MS - 3 * HOUR_MS } };

  it('a chain on which nobody goes on is told after two hours, and nothing is taken back', () => {
    const end = nextStep({ nowMs: NOON_MS, fleet: cosmos, incidents: both, nodes: below, tip: HEIGHT - 1, ...late });
    expect(end).toMatchObject({ as: 'ended', isTold: false, reason: expect.stringContaining('Nothing is taken back') });
  });

  it('what was not switched in two hours is told, once nothing is under way', () => {
    expect(next([switched('node1')], late)).toBe('end ended');
    expect(next([switched('node1', { state: 'claimed' })], late)).not.toBe('end ended');
  });

  it('an upgrade that is done is told only where nodes are left to a person', () => {
    const facts = { nowMs: NOON_MS, fleet: cosmos, incidents: both, tip: HEIGHT + 1, upgrade: reached };
    const over = sentries(HEIGHT + 1, HEIGHT + 1);
    const validator = observedNode({ name: 'node9', instanceId: 'i-node9', role: 'validator', height: HEIGHT - 1 });
    expect(nextStep({ ...facts, nodes: over })).toMatchObject({ as: 'done', isTold: true });
    expect(nextStep({ ...facts, nodes: [...over, validator] })).toMatchObject({ as: 'done', isTold: false });
  });
});

describe('an upgrade at a height, at its edges', () => {
  const HEIGHT = 1_000;
  const DAY_MS = 24 * HOUR_MS;
  const before = { ...upgrade, atHeight: HEIGHT };
  const reached = { ...before, reachedAtMs: NOON_MS - HOUR_MS };
  const stand = (height: number | null, more: Partial<ObservedNode> = {}) =>
    nodes.map((node) => ({ ...node, height, ...more }));
  const below = stand(HEIGHT - 1);
  const whole = (incidents: readonly IncidentRecord[], more: Partial<UpgradeFacts> = {}) =>
    nextStep({ nowMs: NOON_MS, fleet, upgrade: reached, nodes: below, incidents, tip: HEIGHT - 1, ...more });
  const announced = (incidents: readonly IncidentRecord[], more: Partial<UpgradeFacts> = {}) =>
    whole(incidents, { upgrade: before, nodes: stand(HEIGHT - 60), tip: HEIGHT - 60, ...more });

  it('is not done where its fleet has no node that anybody sees', () => {
    expect(whole([], { nodes: [], tip: HEIGHT + 1 }).do).toBe('wait');
  });

  it('is waited for sixty days, and where nobody knows how far the chain is', () => {
    const late = (ms: number) => announced([], { nowMs: ASKED + 60 * DAY_MS + ms });
    expect(late(0).do).toBe('snapshot');
    expect(late(1)).toMatchObject({ do: 'end', as: 'ended', reason: 'for 60 days nobody has come to height 1000' });
    expect(announced([], { tip: null })).toEqual({
      do: 'wait',
      why: 'the chain is at an unknown height, and stops below 1000',
    });
    // Three blocks of bitcoin take half an hour: a snapshot takes as long.
    expect(announced([], { tip: HEIGHT - 3 })).toEqual({
      do: 'wait',
      why: 'the chain is at 997, and stops below 1000',
    });
    expect(announced([], { tip: HEIGHT - 4 }).do).toBe('snapshot');
    // 72 blocks of bitcoin take twelve hours: earlier a snapshot would be too old at the height, and taken again every day.
    expect(announced([], { tip: HEIGHT - 72 }).do).toBe('snapshot');
    expect(announced([], { tip: HEIGHT - 73 })).toEqual({
      do: 'wait',
      why: 'the chain is at 927, and stops below 1000; snapshots are taken in the last 12 h before',
    });
    // A large fleet needs longer for them, and never as long as one is valid.
    const many = (count: number) =>
      Array.from({ length: count }, (_, at) => observedNode({ name: `n${at}`, instanceId: `i-n${at}`, height: 880 }));
    expect(announced([], { nodes: many(30), tip: HEIGHT - 90 }).do).toBe('snapshot');
    expect(announced([], { nodes: many(30), tip: HEIGHT - 91 }).do).toBe('wait');
    expect(announced([], { nodes: many(200), tip: HEIGHT - 120 }).do).toBe('snapshot');
    expect(announced([], { nodes: many(200), tip: HEIGHT - 121 }).do).toBe('wait');
    // Of a chain whose pace nobody knows no time is left for sure.
    expect(announced([], { tip: 1, fleet: { ...fleet, chain: 'other' } }).do).toBe('wait');
  });

  it('passes over a node that may give none now: it keeps no other one from it', () => {
    const refused = { state: 'open', refusedCodes: ['pool-floor'] };
    expect(announced([snapshot('node2', refused)])).toMatchObject({ do: 'snapshot', node: { name: 'node1' } });
    expect(announced([snapshot('node2', { state: 'open', refusedCodes: [] })])).toMatchObject({ do: 'wait' });
    expect(announced([snapshot('node2', { state: 'claimed', refusedCodes: ['pool-floor'] })]).do).toBe('wait');
  });

  it('asks each node for one snapshot, however long the chain takes to come there, and none that is left out', () => {
    const snapshots = (endedAtMs: number) => [snapshot('node2', { ...healed, endedAtMs })];
    for (const ago of [DAY_MS, 5 * DAY_MS])
      expect(
        announced(snapshots(NOON_MS - ago), { upgrade: { ...before, askedAtMs: NOON_MS - 6 * DAY_MS } }),
      ).toMatchObject({ do: 'snapshot', node: { name: 'node1' } });
    const [first, ...others] = stand(HEIGHT - 100);
    if (!first) throw new Error('no node');
    const mixed = [{ ...first, name: 'node0', instanceId: 'i-node0', role: 'validator' as const }];
    const done = others.map(({ name }) => snapshot(name));
    expect(announced(done, { nodes: [...mixed, ...others] }).do).toBe('wait');
  });

  it('switches all that stand below it, fifty in a sweep', () => {
    const many = Array.from({ length: 60 }, (_, index) => ({
      ...observedNode({ name: `n${index}`, instanceId: `i-n${index}`, role: 'follower' }),
      height: HEIGHT - 1,
    }));
    const next = whole([], { nodes: many });
    expect(next.do === 'upgrade' && next.nodes.length).toBe(50);
  });

  it('counts what somebody has switched by hand, once it has gone on from the height', () => {
    const by = (height: number | null) => [...stand(height).slice(0, 1), ...below.slice(1)];
    const names = (height: number | null) => {
      const next = whole([], { nodes: by(height) });
      return next.do === 'upgrade' ? next.nodes.map(({ node }) => node.name) : next.do;
    };
    expect(names(HEIGHT + 1)).toEqual(['node2', 'node3']);
    // The version before stores that block, too.
    for (const height of [HEIGHT, HEIGHT - 1]) expect(names(height)).toEqual(['node1', 'node2', 'node3']);
    // Where there is no height, none is over it.
    expect(step([], { nodes: stand(HEIGHT + 5) })).toBe('snapshot node2');
  });

  it('waits for the others where one is over and they stand lower, and tells who is left after two hours', () => {
    const apart = [...stand(HEIGHT + 1).slice(0, 1), ...stand(HEIGHT - 9).slice(1)];
    expect(whole([], { nodes: apart, tip: HEIGHT + 1 })).toEqual({
      do: 'wait',
      why: '1 of 3 nodes are upgraded, and no other stands below 1000 yet',
    });
    const at = (ms: number) =>
      whole([], { nodes: apart, upgrade: { ...reached, reachedAtMs: NOON_MS - 2 * HOUR_MS - ms } });
    expect(at(0).do).toBe('wait');
    expect(at(1)).toMatchObject({
      reason: 'two hours after the chain had come to 999: 1 of 3 nodes are upgraded to 28.1, not node2, node3',
    });
  });

  it('ends where one has failed, which its heal has told, and all others are over', () => {
    const incidents = [switched('node1', { state: 'escalated' }), switched('node2'), switched('node3')];
    expect(whole(incidents)).toEqual({
      ...{ do: 'end', as: 'ended', isTold: true },
      reason: 'it has failed on node1: 2 of 3 nodes are upgraded to 28.1',
    });
  });

  it('is not over while nobody is seen, nor while nobody knows the height of the chain', () => {
    for (const tip of [HEIGHT - 1, HEIGHT]) expect(whole([], { nodes: [], tip }).do).toBe('wait');
    const all = ['node1', 'node2', 'node3'].map((name) => switched(name));
    expect(whole(all, { tip: null }).do).toBe('wait');
    expect(whole(all, { tip: HEIGHT }).do).toBe('wait');
    expect(whole(all, { tip: HEIGHT + 1 })).toMatchObject({ do: 'end', as: 'done' });
  });
});

describe('a fleet is upgraded beside its nodes (blue/green)', () => {
  const strategy = { upgrade: { ...upgrade, strategy: 'blue-green' } } as const;
  const beside = { ...want, strategy: 'blue-green' };
  /** Its incident is about the instance of before; the name stays. */
  const replaced = (name: string, more: object = healed): IncidentRecord =>
    ({
      ...at(name, 'request:upgrade', { want: beside, ...more }),
      instanceId: `i-old-${name}`,
      node: name,
    }) as IncidentRecord;

  it.each<[string, readonly IncidentRecord[], string]>([
    ['with the canary at once: nothing is stopped for a snapshot', [], 'upgrade node2'],
    ['with the next, once another instance has the canary’s name', [replaced('node2')], 'upgrade node1'],
    ['one at a time', [replaced('node2'), replaced('node1', { state: 'claimed' })], 'wait'],
    ['and no other once it has failed', [replaced('node2', { state: 'escalated' })], 'end ended'],
    ['until all have it', ['node1', 'node2', 'node3'].map((name) => replaced(name)), 'end done'],
  ])('%s', (_, incidents, expected) => {
    expect(step(incidents, strategy)).toBe(expected);
  });

  it('a snapshot that failed says nothing of it', () => {
    expect(step([snapshot('node2', { state: 'escalated' })], strategy)).toBe('upgrade node2');
  });

  it('sentries and bootnodes, which others know by their identity, are left to a person, and named', () => {
    const roles = ['sentry', 'bootnode', 'validator'] as const;
    const others = nodes.map((node, place): ObservedNode => ({ ...node, role: roles[place] ?? 'follower' }));
    const end = nextStep({ nowMs: NOON_MS, fleet, nodes: others, incidents: [], tip: null, ...strategy });
    expect(end).toMatchObject({
      ...{ do: 'end', isTold: false },
      reason: expect.stringContaining('left to a person, as others than followers: node1, node2, node3'),
    });
    // Where they are they are upgraded like any other.
    const rolling = nextStep({ nowMs: NOON_MS, fleet, upgrade, nodes: others, incidents: [], tip: null });
    expect(rolling).toMatchObject({ do: 'snapshot', node: { name: 'node2' } });
  });
});

describe('an upgrade that is tried on a copy first', () => {
  const asked = { upgrade: { ...upgrade, rehearse: true } } as const;
  const tried: Rehearsal = {
    ...{ to: '28.1', setId: 'set-1', is: 'verified', atMs: NOON_MS - MINUTE_MS, reason: 'it has caught up' },
    ...{ minutes: 11, isToBeRepeated: false, measured: { openSeconds: 45, addedGiB: 3 }, usd: 0.2 },
  };
  const drill = (more: object): IncidentRecord => at('node2', 'snapshot:drill', { rehearses: '28.1', ...more });

  it.each<[string, readonly IncidentRecord[], Rehearsal | undefined, string]>([
    ['gives a snapshot of the canary first: that is the copy', [], undefined, 'snapshot node2'],
    ['tries the version on it', [snapshot('node2')], undefined, 'rehearse'],
    ['waits while it is tried', [snapshot('node2'), drill({ state: 'claimed' })], undefined, 'wait'],
    ['waits for a drill that is under way', [snapshot('node2'), drill({ rehearses: undefined })], undefined, 'wait'],
    ['goes on to the canary once it has proved itself there', [snapshot('node2')], tried, 'upgrade node2'],
    ['tries another version again', [snapshot('node2')], { ...tried, to: '28.0' }, 'rehearse'],
    ['tries it again for another upgrade: the data are others', [snapshot('node2')], { ...tried, atMs: 0 }, 'rehearse'],
    ['and once for this one', [snapshot('node2')], { ...tried, atMs: ASKED }, 'upgrade node2'],
    ['tries it again where it gave way', [snapshot('node2')], { ...tried, isToBeRepeated: true }, 'rehearse'],
    ['ends where it does not go on there', [snapshot('node2')], { ...tried, is: 'unfit' }, 'end ended'],
    ['ends where nobody could tell', [snapshot('node2')], { ...tried, is: 'unproved' }, 'end ended'],
    ['tries nothing for the nodes after the canary', [...canary, snapshot('node1')], undefined, 'upgrade node1'],
  ])('%s', (_, incidents, rehearsed, expected) => {
    expect(step(incidents, { ...asked, ...(rehearsed && { rehearsed }) })).toBe(expected);
  });

  it.each<[string, IncidentRecord | null, Rehearsal | undefined, string]>([
    ['waits for it: the snapshot would stop it', drill({ state: 'claimed' }), undefined, 'wait'],
    ['waits for its next attempt', drill({ state: 'open' }), undefined, 'wait'],
    ['takes another snapshot once it is proved', null, tried, 'snapshot node2'],
    ['stops no node for a version that does not go on', null, { ...tried, is: 'unfit' }, 'end ended'],
    [
      'does not wait for a drill of a set',
      drill({ rehearses: undefined, state: 'claimed' }),
      undefined,
      'snapshot node2',
    ],
  ])('that takes longer than a snapshot is young, %s', (_, one, rehearsed, expected) => {
    const old = snapshot('node2', { ...healed, endedAtMs: NOON_MS - 3 * HOUR_MS });
    const facts = { upgrade: { ...upgrade, rehearse: true, askedAtMs: NOON_MS - 4 * HOUR_MS } } as const;
    const incidents = [{ ...old, onsetMs: NOON_MS - 3 * HOUR_MS }, ...(one ? [one] : [])];
    expect(step(incidents, { ...facts, ...(rehearsed && { rehearsed }) })).toBe(expected);
  });

  it('ends where the try itself gives up without a word of the version: it is not begun again and again', () => {
    const gaveUp = [snapshot('node2'), drill({ state: 'escalated', lastPage: {} })];
    expect(nextStep({ nowMs: NOON_MS, fleet, nodes, incidents: gaveUp, tip: null, ...asked })).toMatchObject({
      ...{ do: 'end', as: 'ended', isTold: true },
      reason: expect.stringContaining('was not tried on a copy to its end'),
    });
    const beginning = (onsetMs: number, rehearses = '28.1') =>
      step([snapshot('node2'), drill({ state: 'escalated', lastPage: {}, onsetMs, rehearses })], asked);
    expect(beginning(ASKED)).toBe('end ended');
    expect(beginning(ASKED - 1)).toBe('rehearse');
    expect(beginning(ASKED, '28.0')).toBe('rehearse');
  });

  it('tells whoever reads the plan of the canary what came of it', () => {
    const next = nextStep({
      ...{ nowMs: NOON_MS, fleet, nodes, incidents: [snapshot('node2')], tip: null, rehearsed: tried },
      ...asked,
    });
    expect(next).toMatchObject({ nodes: [{ rehearsed: expect.stringContaining('added 3 GiB') }] });
  });

  it('is told by the try itself where it ends, so that one cause is one page', () => {
    const next = nextStep({
      ...{ nowMs: NOON_MS, fleet, nodes, incidents: [snapshot('node2')], tip: null },
      ...{ rehearsed: { ...tried, is: 'unfit' as const, measured: null, reason: 'bad blocks' } },
      ...asked,
    });
    expect(next).toMatchObject({ isTold: true, reason: '28.1 on a copy of set-1: bad blocks; no node got it' });
  });
});

describe('what an upgrade has failed by', () => {
  const failed = { state: 'escalated' } as const;

  it('is an upgrade or a clean snapshot that ended with a person', () => {
    expect(mayEndUpgrade(switched('node2', failed))).toBe(true);
    expect(mayEndUpgrade(snapshot('node2', failed))).toBe(true);
    expect(mayEndUpgrade(switched('node2'))).toBe(false);
    expect(mayEndUpgrade(at('node2', 'disk:data', failed))).toBe(false);
  });

  it('is known as long as the upgrade is under way, where it began since that was asked for', () => {
    const begun = (onsetMs: number) => switched('node2', { ...failed, onsetMs });
    expect(endsUpgrade(begun(ASKED + 1), upgrade)).toBe(true);
    expect(endsUpgrade(begun(ASKED), upgrade)).toBe(true);
    expect(endsUpgrade(begun(ASKED - 1), upgrade)).toBe(false);
    expect(endsUpgrade(begun(ASKED + 1), { ...upgrade, state: 'done' })).toBe(false);
    expect(endsUpgrade(begun(ASKED + 1), undefined)).toBe(false);
    expect(endsUpgrade(switched('node2'), upgrade)).toBe(false);
  });
});

describe('a snapshot that an upgrade waits for', () => {
  const waiting = (more: Partial<IncidentRecord> = {}) =>
    snapshot('node2', { state: 'open', onsetMs: ASKED, ...more } as Partial<IncidentRecord>);

  it('is one incident a day, and not another one each hour', () => {
    expect(holdsUpgrade(waiting(), upgrade, ASKED + 3 * HOUR_MS)).toBe(true);
    expect(holdsUpgrade(waiting(), upgrade, ASKED + 24 * HOUR_MS)).toBe(true);
    expect(holdsUpgrade(waiting(), upgrade, ASKED + 24 * HOUR_MS + 1)).toBe(false);
  });

  it('so is a node that may not be switched', () => {
    const refused = switched('node2', { state: 'open', onsetMs: ASKED });
    expect(holdsUpgrade(refused, upgrade, ASKED + 24 * HOUR_MS)).toBe(true);
    expect(holdsUpgrade(refused, upgrade, ASKED + 24 * HOUR_MS + 1)).toBe(false);
    expect(holdsUpgrade({ ...refused, trigger: 'request:restore' }, upgrade, ASKED + HOUR_MS)).toBe(false);
  });

  it('is closed by time where no upgrade under way has asked for it, or it is at work', () => {
    for (const [incident, asked] of [
      [waiting(), { ...upgrade, state: 'done' }],
      [waiting(), undefined],
      [waiting({ onsetMs: ASKED - 1 }), upgrade],
      [waiting({ state: 'claimed' } as Partial<IncidentRecord>), upgrade],
    ] as const)
      expect(holdsUpgrade(incident, asked, ASKED + HOUR_MS)).toBe(false);
  });
});
