// For any snapshots of a fleet: which never count as good, and that none is lost or counted twice.
import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import type { Role } from '../../../shared/fleet/model.ts';
import type { Rank, SnapshotSet } from '../../../shared/snapshots/model.ts';
import { type GoodInput, rankSets } from '../../../shared/snapshots/ranking.ts';
import { setsOf } from '../../../shared/snapshots/sets.ts';
import { tries } from '../../fixtures/any.ts';
import { snapshot, type Taken } from '../../fixtures/builders/snapshot.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';
import { contextOf, demand, fleetOf, twoVolumes } from '../../fixtures/snapshot-facts.ts';

const NAMES = ['node1', 'node2', 'node3', 'node4'];
const roles: readonly Role[] = ['follower', 'validator', 'sentry', 'bootnode', 'unknown'];

const taken = fc.record({
  node: fc.constantFrom(...NAMES, 'node9'),
  role: fc.constantFrom('data', 'ancient'),
  hoursAgo: fc.integer({ min: -5, max: 60 }).map((half) => half / 2),
  policy: fc.constantFrom(undefined, undefined, 'policy-1', 'policy-2'),
  state: fc.oneof({ weight: 5, arbitrary: fc.constant('completed' as const) }, fc.constantFrom('pending', 'error')),
  quarantined: fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, fc.constant('bad')),
  verified: fc.boolean(),
  cleanStop: fc.boolean(),
  chainId: fc.constantFrom('main', 'main', 'main', null, 'test'),
  mode: fc.constantFrom('pruned', 'pruned', null, 'archive'),
  version: fc.constantFrom('27.0.0', '26.0.0', '28.0.0', null),
});

const facts = fc.array(taken, { maxLength: 25 }).map((all) =>
  all.map((one, index) => {
    const ledger = {
      ...(one.policy === undefined && {
        ...{ chainId: one.chainId, mode: one.mode, clientVersion: one.version, cleanStop: one.cleanStop, parts: null },
      }),
      ...{ quarantined: one.quarantined, verifiedAtMs: one.verified ? NOON_MS : null },
    };
    const { node, role, hoursAgo, policy, state } = one;
    const spec: Taken = { id: `snap-${index}`, node, role, hoursAgo, ledger, more: { state } };
    return snapshot(policy === undefined ? spec : { ...spec, policy });
  }),
);

interface World {
  readonly input: GoodInput;
  readonly sets: readonly SnapshotSet[];
  readonly count: number;
}

const world = fc
  .record({
    facts,
    two: fc.boolean(),
    role: fc.constantFrom(...roles),
    siblings: fc.tuple(...NAMES.slice(1).map(() => fc.constantFrom(...roles))),
    fault: fc.oneof(fc.constant(null), fc.integer({ min: -40, max: 10 })),
    tried: fc.array(fc.tuple(fc.nat(24), fc.constantFrom<Rank>('verified', 'clean', 'crash-consistent')), {
      maxLength: 4,
    }),
  })
  .map(({ facts: all, two, role, siblings, fault, tried }): World => {
    const more = { role: { tag: 'Role' } };
    const fleet = two ? twoVolumes(more) : fleetOf(more);
    const sets = setsOf(all, contextOf(fleet, NAMES));
    const input = demand({
      ...{ fleet, role, sets },
      siblings: new Map(siblings.map((one, index) => [NAMES[index + 1] ?? '', one])),
      faultSinceMs: fault === null ? null : NOON_MS + fault * 3_600_000,
      tried: tried.map(([index, rank]) => ({ source: `snap-${index}`, rank })),
    });
    // With two volumes, a snapshot without a ledger whose volume is gone may be of either volume.
    const knowable = all.filter(({ policyId, ledger }) => !two || policyId === null || ledger.role !== null);
    const gone = all.filter(({ policyId, volumeId }) => two && policyId !== null && !volumeId.startsWith('vol-node9'));
    return { input, sets, count: knowable.length + gone.length };
  });

const partsOf = ({ parts }: SnapshotSet) => Object.values(parts);
const check = (name: string, holds: (world: World) => boolean) =>
  it(name, () => fc.assert(fc.property(world, holds), tries('snapshot', 200)));

describe('a set', () => {
  check('has no snapshot that another has, and none is lost', ({ sets, count }) => {
    const ids = sets.flatMap(partsOf).map(({ snapshotId }) => snapshotId);
    return ids.length === count && new Set(ids).size === ids.length;
  });

  check('has a name of its own', ({ sets }) => new Set(sets.map(({ setId }) => setId)).size === sets.length);

  check('is either good or refused with a reason, and never both', ({ input, sets }) => {
    const { good, refused } = rankSets(input);
    const told = [...good.map(({ setId }) => setId), ...refused.map(({ setId }) => setId)].sort();
    return (
      JSON.stringify(told) === JSON.stringify(sets.map(({ setId }) => setId).sort()) &&
      refused.every(({ why }) => why.length > 10)
    );
  });
});

describe('a good set', () => {
  const each = (name: string, holds: (set: SnapshotSet, input: GoodInput) => boolean) =>
    check(name, ({ input }) => rankSets(input).good.every((set) => holds(set, input)));

  each('is whole, completed and not quarantined', (set, { fleet }) =>
    fleet.volumes.every(
      ({ role }) => set.parts[role]?.state === 'completed' && set.parts[role]?.ledger.quarantined === null,
    ),
  );

  each('is from before the fault', (set, { faultSinceMs }) =>
    partsOf(set).every(({ startedAtMs }) => faultSinceMs === null || startedAtMs < faultSinceMs),
  );

  each('is of the right chain, mode and no newer client', (set) =>
    partsOf(set).every(
      ({ ledger }) =>
        ledger.chainId !== 'test' && ledger.mode !== 'archive' && !ledger.clientVersion?.startsWith('28.'),
    ),
  );

  each(
    'is of no validator, unless it is the node itself',
    (set, { node, siblings }) =>
      set.node === node || ['follower', 'sentry', 'bootnode'].includes(siblings.get(set.node) ?? ''),
  );

  each('is, for a validator, its own and not crash-consistent', (set, { node, role }) =>
    role === 'validator' || role === 'unknown' ? set.node === node && set.rank !== 'crash-consistent' : true,
  );

  each('was not tried', (set, { tried }) =>
    partsOf(set).every(({ snapshotId }) => !tried.some(({ source }) => source === snapshotId)),
  );
});

describe('the order', () => {
  const ORDER: readonly Rank[] = ['verified', 'clean', 'crash-consistent'];
  check('never puts a set before a clean one that is newer by an hour, and of no lower rank', ({ input }) => {
    const { good } = rankSets(input);
    const worse = (a: SnapshotSet, b: SnapshotSet): boolean =>
      b.rank !== 'crash-consistent' &&
      ORDER.indexOf(b.rank) <= ORDER.indexOf(a.rank) &&
      b.takenAtMs - a.takenAtMs > 3_600_000;
    return good.every((set, index) => good.slice(index + 1).every((later) => !worse(set, later)));
  });

  check('never puts a set before one that is newer by eight days', ({ input }) => {
    const { good } = rankSets(input);
    const isOld = (a: SnapshotSet, b: SnapshotSet): boolean =>
      b.rank !== 'crash-consistent' && b.takenAtMs - a.takenAtMs > 8 * 24 * 3_600_000 + 3_600_000;
    return good.every((set, index) => good.slice(index + 1).every((later) => !isOld(set, later)));
  });

  check('has at most two crash-consistent sets in an incident', ({ input }) => {
    const tried = input.tried.filter(({ rank }) => rank === 'crash-consistent').length;
    const offered = rankSets(input).good.filter(({ rank }) => rank === 'crash-consistent').length;
    return offered <= Math.max(0, 2 - tried);
  });

  check('is the same however the sets are told', ({ input }) => {
    const again = rankSets({ ...input, sets: input.sets.toReversed() });
    return JSON.stringify(again.good) === JSON.stringify(rankSets(input).good);
  });
});
