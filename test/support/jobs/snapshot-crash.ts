// A person asks for a clean snapshot of node2, and something is cut off: one run for each place.
import {
  alarmsRight,
  allWell,
  namesRight,
  sameInstances,
} from '../../../local/scenarios/checks/ladder-expectations.ts';
import { incidentsOf, readRecords } from '../../../local/scenarios/report/records.ts';
import { type Run, type RunOptions, run } from '../../../local/scenarios/run.ts';
import type { Scenario } from '../../../local/scenarios/scenario.ts';
import { ask, executionsOf, impatient, smallFleet } from '../../../local/scenarios/world/ladder.ts';
import type { World, WorldNode } from '../../../local/scenarios/world/world.ts';
import { type FaultEffect, isMutating, programmed } from '../../../local/simulator/request-faults.ts';
import type { NodeRecord } from '../../../shared/heal/records.ts';
import { readLedger } from '../../../shared/snapshots/ledger.ts';
import { TWO_VOLUMES } from '../../simulation/cases/case.ts';

export interface SnapshotPlaces {
  readonly crash:
    | 'none'
    | 'crash-before'
    | 'crash-after'
    | 'answer lost'
    | 'caller killed after'
    /** The execution ends for good when it has written so many checkpoints. */
    | 'lost for good'
    /** The answer to CreateSnapshots is lost, and its caller dies with it (1), before it had an effect (2); or only the answer is (3). */
    | 'taking'
    /** Nothing is cut off, and the nodes keep old blocks on a volume of their own. */
    | 'two volumes'
    /** Nothing is cut off, and the client takes longer to end than its grace. */
    | 'killed by its grace'
    /** Nothing is cut off, and EBS does not get done with the first snapshot of node2. */
    | 'copy fails';
  /** Numbers of checkpoints, or of mutating calls, from 1. */
  readonly places: readonly number[];
}

export interface SnapshotCrashed {
  readonly place: number;
  /** CreateSnapshots calls that took effect. */
  readonly taken: number;
  /** What came of the attempts, oldest first. */
  readonly outcomes: readonly string[];
  /** Expectations and invariants that did not hold. */
  readonly unmet: readonly string[];
  /** Role, rank and set of each snapshot that there is in the end. */
  readonly snapshots: readonly string[];
  readonly pages: readonly string[];
  /** How often the client of the donor came up since the story began. */
  readonly starts: number;
  readonly checkpoints: number;
  readonly mutatingCalls: number;
}

/** The runs in the order of `places`. */
export async function job({ crash, places }: SnapshotPlaces): Promise<SnapshotCrashed[]> {
  const results: SnapshotCrashed[] = [];
  for (const place of places)
    results.push(
      told(place, await run(scenarioWith(crash, place), { seed: 1, lane: 'sweep', ...faultAt(crash, place) })),
    );
  return results;
}

const HEAL = 'chainmend-snapshot-node';
type Crash = SnapshotPlaces['crash'];

/** What fails is not tried again for hours: that is the end of the story. */
const FAILING: readonly Crash[] = ['killed by its grace', 'copy fails'];
const FLEETS: Partial<Record<Crash, object>> = {
  'two volumes': { volumes: TWO_VOLUMES },
  'killed by its grace': { stopGraceSeconds: 30 },
};
const BUILT: Partial<Record<Crash, Partial<WorldNode>>> = {
  'two volumes': {
    volumes: [
      { role: 'data', path: '/node-data', sizeGiB: 100, usedPercent: 46, share: 0.1 },
      { role: 'ancient', path: '/ancient', sizeGiB: 200, usedPercent: 46, share: 0.9 },
    ],
  },
  'killed by its grace': { machine: { stopSeconds: 45 } },
};

function scenarioWith(crash: Crash, place: number): Scenario {
  const fails = FAILING.includes(crash);
  return {
    name: 'snapshot-cut-off',
    sentence: 'A person asks for a clean snapshot, and something is cut off.',
    fleets: { bitcoin: { ...impatient, ...FLEETS[crash], snapshots: { clean: {} } } },
    build: (world) => {
      const { volumeIds } = smallFleet(world, { more: BUILT[crash] ?? {} });
      if (crash === 'copy fails') world.region.ec2.failNextSnapshot(volumeIds.get('data') ?? '');
    },
    people: (world) => {
      world.at(1, () => void ask(world, { kind: 'snapshot', fleet: 'bitcoin', node: 'node2' }));
      if (crash !== 'lost for good') return;
      world.when(
        () => (executionsOf(world, 'snapshot-node')[0]?.checkpoints ?? 0) >= place,
        () => world.region.lambda.timeOut(executionsOf(world, 'snapshot-node')[0]?.arn ?? ''),
      );
    },
    // A person's wish that came to nothing is over after an hour; the next round of the schedule takes up what it left.
    done: (world) => {
      if (fails) return incidents(world).some(({ failures }) => failures > 0);
      return (
        incidents(world).every(({ state }) => state === 'healed') &&
        world.region.ec2.snapshots().some(({ state }) => state === 'completed')
      );
    },
    hours: 30,
    expect: [
      {
        sentence: 'the incident ended healed',
        holds: (_, world) => fails || incidents(world).every(({ state }) => state === 'healed'),
      },
      {
        sentence: 'the fleet has a clean set',
        holds: ({ snapshots }) => fails || snapshots.some(({ rank }) => rank === 'clean'),
      },
      {
        sentence: 'what is clean by its ledger opens',
        holds: ({ snapshots }, { region }) => {
          const clean = new Set(
            snapshots
              .filter(({ rank, quarantined }) => rank === 'clean' && !quarantined)
              .map(({ snapshotId }) => snapshotId),
          );
          return region.ec2
            .snapshots()
            .filter(({ snapshotId }) => clean.has(snapshotId))
            .every(({ content }) => content?.data?.condition === 'clean');
        },
      },
      {
        sentence: 'nobody holds a node, and nothing is left open',
        holds: (_, world) => nodesOf(world).every(({ owner, operation }) => owner === null && operation === null),
      },
      sameInstances,
      namesRight,
      alarmsRight,
      allWell,
    ],
  };
}

const nodesOf = ({ region, tableName }: World) => readRecords<NodeRecord>(region, tableName, 'NODE#');
const incidents = (world: World) => incidentsOf(world).filter(({ trigger }) => trigger === 'snapshot:clean');

const TAKING: readonly FaultEffect[] = ['caller killed after', 'caller killed before', 'answer lost'];

function faultAt(crash: Crash, place: number): Pick<RunOptions, 'hooks' | 'requestFaults'> {
  switch (crash) {
    case 'none':
    case 'two volumes':
    case 'killed by its grace':
    case 'copy fails':
    case 'lost for good':
      return {};
    case 'answer lost':
    case 'caller killed after': {
      const match = ({ actor, mutating }: { actor: string; mutating: boolean }) => actor.startsWith(HEAL) && mutating;
      return { requestFaults: programmed({ match, nth: place, fate: crash }) };
    }
    case 'taking': {
      const match = ({ operation, input }: { operation: string; input: unknown }) =>
        operation === 'CreateSnapshots' && (input as { DryRun?: boolean }).DryRun !== true;
      return { requestFaults: programmed({ match, nth: 1, fate: TAKING[place - 1] ?? 'answer lost' }) };
    }
    case 'crash-before':
    case 'crash-after':
      return {
        hooks: {
          checkpoint: (n, { functionName }) => (n === place && functionName === HEAL ? crash : undefined),
        },
      };
  }
}

function told(place: number, { report, world, unmet }: Run): SnapshotCrashed {
  const { calls } = world.region.gateway.trace;
  return {
    place,
    taken: calls.filter(
      ({ operation, outcome, input }) =>
        operation === 'CreateSnapshots' &&
        (input as { DryRun?: boolean }).DryRun !== true &&
        outcome !== 'caller killed before' &&
        !/^[A-Z]/.test(outcome ?? ''),
    ).length,
    outcomes: report.heals.filter(({ kind }) => kind === 'snapshot-node').map(({ outcome }) => outcome),
    snapshots: world.region.ec2.snapshots().map(({ tags, volumeId }) => {
      const { role, setId, parts, cleanStop, height, quarantined } = readLedger(
        Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value])),
      );
      const onNode = [...world.find('bitcoin', 'node2').volumeIds].find(([, id]) => id === volumeId)?.[0];
      return [
        role,
        onNode,
        parts,
        quarantined === null ? (cleanStop ? 'clean' : 'not clean') : 'quarantined',
        (height ?? 0) > 931_000 ? 'high' : height,
        setId?.replace(/^\w+/, ''),
      ].join(' ');
    }),
    pages: report.pages.map(({ code }) => code),
    starts: world.find('bitcoin', 'node2').machine.report().clientStarts.length,
    unmet: [...unmet, ...report.violations.map(({ invariant, detail }) => `${invariant}: ${detail}`)],
    checkpoints: executionsOf(world, 'snapshot-node')[0]?.checkpoints ?? 0,
    mutatingCalls: calls.filter(({ actor, operation }) => actor.startsWith(HEAL) && isMutating(operation)).length,
  };
}
