// What a pruning never removes, for any kept resources with any tags.
import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import { decidePrune, MAX_DELETIONS } from '../../../functions/prune-retired/decide.ts';
import type { PruneFacts } from '../../../functions/prune-retired/retired-resources.ts';
import type { FleetNode } from '../../../shared/fleet/nodes.ts';
import type { KeptRecord } from '../../../shared/heal/kept.ts';
import type { SnapshotSet } from '../../../shared/snapshots/model.ts';
import { tries } from '../../fixtures/any.ts';
import { recordsOf } from '../../fixtures/builders/kept.ts';
import { fleetNode } from '../../fixtures/builders/node.ts';
import { snapshot, tagged } from '../../fixtures/builders/snapshot.ts';
import { DAY_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { fleetOf, setsFrom } from '../../fixtures/snapshot-facts.ts';

const NAMES = ['node1', 'node2', 'node3'];
const FLEETS = [2, 2, 2, 3, 4].map((keep) => fleetOf({ snapshots: { clean: { keep } } }));
const iso = (daysAgo: number): string => new Date(NOON_MS - daysAgo * DAY_MS).toISOString();
const often = <T>(usual: T, ...others: readonly T[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, fc.constantFrom(...others));

const kept = fc
  .record({
    fleet: often('bitcoin', 'litecoin'),
    node: fc.constantFrom(...NAMES, 'node9'),
    daysAgo: fc.integer({ min: -3, max: 9 }),
    date: often<'iso' | 'odd' | 'none'>('iso', 'odd', 'none'),
    pause: often('', 'mine'),
    made: fc.boolean(),
  })
  .map(({ fleet, node, daysAgo, date, pause, made }) => {
    const written = date === 'iso' ? iso(daysAgo) : 'soon';
    return {
      node,
      keepUntilMs: date === 'iso' ? NOON_MS - daysAgo * DAY_MS : null,
      tags: {
        ...tagged(fleet, node),
        ...(date !== 'none' && { 'chainmend:keep-until': written }),
        ...(pause !== '' && { 'chainmend:pause': pause }),
        ...(made && { 'chainmend:incident': 'a1b2c3d4' }),
      },
    };
  });

const volume = fc.record({
  kept,
  state: often('available', 'in-use', 'creating', 'deleting'),
  attachedTo: often<readonly string[]>([], ['i-node1'], ['i-old0']),
});
const instance = fc.record({
  kept,
  state: often('stopped', 'running', 'terminated', 'stopping'),
  takesData: often(false, true),
  volume: fc.nat(5),
});
const taken = fc.record({
  node: fc.constantFrom(...NAMES),
  days: fc.integer({ min: 0, max: 20 }),
  state: often<'completed' | 'pending' | 'error'>('completed', 'pending', 'error'),
  quarantined: often(null, 'bad'),
  until: fc.integer({ min: -3, max: 3 }),
  verified: often(false, true),
  held: often(null, 'a1b2c3d4'),
  byHand: often(false, true),
  locked: often(false, true),
});
const node = fc.record({ state: often<FleetNode['state']>('running', 'stopped'), busy: often(false, true) });

const world = fc
  .record({
    volumes: fc.array(volume, { maxLength: 30 }),
    instances: fc.array(instance, { maxLength: 6 }),
    taken: fc.uniqueArray(taken, { maxLength: 30, selector: ({ node: name, days }) => `${name} ${days}` }),
    nodes: fc.array(node, { maxLength: NAMES.length }),
    keep: fc.integer({ min: 2, max: 4 }),
    // Which records exist, and which of them are still true.
    recorded: fc.array(
      often<'as it was' | 'never' | 'ended' | 'otherwise'>('as it was', 'never', 'ended', 'otherwise'),
      {
        minLength: 5,
        maxLength: 5,
      },
    ),
  })
  .map((all): PruneFacts => {
    const snapshots = all.taken.map((one) => {
      const made = snapshot({
        ...{ node: one.node, hoursAgo: 24 * one.days },
        ledger: { quarantined: one.quarantined, heldBy: one.held, verifiedAtMs: one.verified ? NOON_MS : null },
        tags: one.quarantined === null ? {} : { 'chainmend:keep-until': iso(one.until) },
        more: { state: one.state, locked: one.locked },
      });
      const { 'chainmend:incident': _, ...byHand } = made.tags;
      return one.byHand ? { ...made, tags: byHand } : made;
    });
    const things: Omit<PruneFacts, 'kept'> = {
      nowMs: NOON_MS,
      missing: [],
      seeds: new Set(),
      fleet: FLEETS[all.keep] ?? fleetOf(),
      nodes: all.nodes.map(({ state }, index) => fleetNode({ name: `node${index + 1}`, state })),
      busy: new Map(all.nodes.flatMap(({ busy }, index) => (busy ? [[`node${index + 1}`, 'a heal'] as const] : []))),
      volumes: all.volumes.map(({ kept: of, ...more }, index) => ({
        ...of,
        ...more,
        volumeId: `vol-${index}`,
        ...{ sizeGiB: 1, type: 'gp3', createdAtMs: 0, snapshotId: '', availabilityZone: 'eu-west-1a' },
      })),
      instances: all.instances.map(({ kept: of, state, takesData, volume: of1 }, index) => ({
        ...{ ...of, state, instanceId: `i-old${index}`, rootDevice: '/dev/xvda', launchedAtMs: 0 },
        volumes: [
          { volumeId: 'vol-root', device: '/dev/xvda', deleteOnTermination: true },
          { volumeId: `vol-${of1}`, device: '/dev/sdf', deleteOnTermination: takesData },
        ],
      })),
      sets: setsFrom(snapshots),
    };
    return {
      ...things,
      kept: recordsOf(things).flatMap((record, at) => asIs(record, all.recorded[at % 5] ?? 'never')),
    };
  });

function asIs(record: KeptRecord, is: 'as it was' | 'never' | 'ended' | 'otherwise'): readonly KeptRecord[] {
  if (is === 'never') return [];
  if (is === 'ended') return [{ ...record, state: 'ended' }];
  return [is === 'otherwise' ? { ...record, incidentId: 'ffff0000' } : record];
}

const isGood = ({ parts, rank }: SnapshotSet): boolean =>
  rank !== 'crash-consistent' &&
  Object.values(parts).every(({ state, ledger }) => state === 'completed' && ledger.quarantined === null);
const goneOf = (facts: PruneFacts, kind: string) =>
  new Set(decidePrune(facts).removals.flatMap((one) => (one.kind === kind ? [one.id] : [])));
const check = (name: string, holds: (facts: PruneFacts) => boolean) =>
  it(name, () => fc.assert(fc.property(world, holds), tries('prune', 300)));
const isDue = (
  { tags, keepUntilMs, node: name }: PruneFacts['volumes'][number] | PruneFacts['instances'][number],
  facts: PruneFacts,
) =>
  tags['chainmend:fleet'] === 'bitcoin' &&
  tags['chainmend:pause'] === undefined &&
  keepUntilMs !== null &&
  keepUntilMs <= NOON_MS &&
  name !== null &&
  !facts.busy.has(name);

describe('a pruning', () => {
  check('never removes the last good set of a fleet, nor the last that has proved itself', (facts) => {
    const gone = goneOf(facts, 'set');
    const good = facts.sets.filter(isGood);
    const stay = good.filter(({ setId }) => !gone.has(setId));
    const proved = (sets: readonly SnapshotSet[]) => sets.some(({ rank }) => rank === 'verified');
    return (good.length === 0 || stay.length > 0) && proved(stay) === proved(good);
  });

  check('keeps as many good sets as the fleet file says, the newest', (facts) => {
    const gone = goneOf(facts, 'set');
    const keep = facts.fleet.cleanSnapshots?.keep ?? 0;
    const newest = facts.sets.filter(isGood).sort((a, b) => b.takenAtMs - a.takenAtMs);
    const ours = newest.filter(({ parts }) => Object.values(parts).every(({ tags }) => 'chainmend:incident' in tags));
    return ours.slice(0, keep).every(({ setId }) => !gone.has(setId));
  });

  check('removes no set that is held, locked, still being made, or was made by a person', (facts) => {
    const gone = goneOf(facts, 'set');
    return facts.sets
      .filter(({ setId }) => gone.has(setId))
      .flatMap(({ parts }) => Object.values(parts))
      .every(
        ({ ledger, locked, state, tags }) =>
          ledger.heldBy === null &&
          !locked &&
          (state !== 'pending' || ledger.quarantined !== null) &&
          'chainmend:incident' in tags,
      );
  });

  check(
    'removes no volume but those that are ours, past their date, free, and of a node where nothing is open',
    (facts) => {
      const gone = goneOf(facts, 'volume');
      return facts.volumes
        .filter(({ volumeId }) => gone.has(volumeId))
        .every((one) => one.state === 'available' && one.attachedTo.length === 0 && isDue(one, facts));
    },
  );

  check('terminates nothing but what is stopped, past its date, and has an heir and its data elsewhere', (facts) => {
    const gone = goneOf(facts, 'instance');
    return facts.instances
      .filter(({ instanceId }) => gone.has(instanceId))
      .every(
        (one) =>
          one.state === 'stopped' &&
          isDue(one, facts) &&
          facts.nodes.some(({ name, state }) => name === one.node && state === 'running') &&
          one.volumes.every(({ device, deleteOnTermination }) => device === '/dev/xvda' || !deleteOnTermination),
      );
  });

  check('removes nothing that is not recorded as kept, by the incident that its tags name', (facts) =>
    decidePrune(facts).removals.every(({ kind, id }) => {
      const record = facts.kept.find((one) => one.kind === kind && one.id === id);
      return record?.state === 'kept' && record.incidentId !== 'ffff0000';
    }),
  );

  check('makes at most so many deletions, and none where no node is found', (facts) => {
    const { removals } = decidePrune(facts);
    const deletions = removals.reduce((sum, one) => sum + (one.kind === 'set' ? one.snapshotIds.length : 1), 0);
    return deletions <= MAX_DELETIONS && (facts.nodes.length > 0 || deletions === 0);
  });

  check('ends: what it has removed is gone, and then nothing is left to remove', (facts) => {
    let now = facts;
    for (let run = 0; run < 10; run++) {
      const { removals } = decidePrune(now);
      if (removals.length === 0) return true;
      const ids = new Set(removals.map(({ id }) => id));
      now = {
        ...now,
        volumes: now.volumes
          .filter(({ volumeId }) => !ids.has(volumeId))
          .map((one) =>
            one.attachedTo.some((id) => ids.has(id)) ? { ...one, attachedTo: [], state: 'available' } : one,
          ),
        instances: now.instances.filter(({ instanceId }) => !ids.has(instanceId)),
        sets: now.sets.filter(({ setId }) => !ids.has(setId)),
      };
    }
    return false;
  });
});
