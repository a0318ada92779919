// The process behind the crash tests of clean snapshots: a person asks for one of node2, and something is cut off.
import { text } from 'node:stream/consumers';
import { alarmsRight, allWell, namesRight, sameInstances } from '../../local/scenarios/checks/ladder-expectations.ts';
import { incidentsOf, readRecords } from '../../local/scenarios/report/records.ts';
import { type Run, type RunOptions, run } from '../../local/scenarios/run.ts';
import type { Scenario } from '../../local/scenarios/scenario.ts';
import { ask, executionsOf, impatient, smallFleet } from '../../local/scenarios/world/ladder.ts';
import type { World, WorldNode } from '../../local/scenarios/world/world.ts';
import { type FaultEffect, isMutating, programmed } from '../../local/simulator/request-faults.ts';
import type { NodeRecord } from '../../shared/heal/records.ts';
import { readLedger } from '../../shared/snapshots/ledger.ts';
import { TWO_VOLUMES } from '../simulation/cases/case.ts';
import type { SnapshotCrashed, SnapshotPlaces } from './snapshot-crash.ts';

const HEAL = 'chainmend-snapshot-node';
const { crash, places } = JSON.parse(await text(process.stdin)) as SnapshotPlaces;

/** What fails is not tried again for hours: that is the end of the story. */
const FAILS = crash === 'killed by its grace' || crash === 'copy fails';
const FLEETS: Partial<Record<SnapshotPlaces['crash'], object>> = {
  'two volumes': { volumes: TWO_VOLUMES },
  'killed by its grace': { stopGraceSeconds: 30 },
};
const BUILT: Partial<Record<SnapshotPlaces['crash'], Partial<WorldNode>>> = {
  'two volumes': {
    volumes: [
      { role: 'data', path: '/node-data', sizeGiB: 100, usedPercent: 46, share: 0.1 },
      { role: 'ancient', path: '/ancient', sizeGiB: 200, usedPercent: 46, share: 0.9 },
    ],
  },
  'killed by its grace': { machine: { stopSeconds: 45 } },
};

function scenarioWith(place: number): Scenario {
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
      if (FAILS) return incidents(world).some(({ failures }) => failures > 0);
      return (
        incidents(world).every(({ state }) => state === 'healed') &&
        world.region.ec2.snapshots().some(({ state }) => state === 'completed')
      );
    },
    hours: 30,
    expect: [
      {
        sentence: 'the incident ended healed',
        holds: (_, world) => FAILS || incidents(world).every(({ state }) => state === 'healed'),
      },
      {
        sentence: 'the fleet has a clean set',
        holds: ({ snapshots }) => FAILS || snapshots.some(({ rank }) => rank === 'clean'),
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

function faultAt(place: number): Pick<RunOptions, 'hooks' | 'requestFaults'> {
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

const results: SnapshotCrashed[] = [];
for (const place of places)
  results.push(told(place, await run(scenarioWith(place), { seed: 1, lane: 'sweep', ...faultAt(place) })));
process.stdout.write(JSON.stringify(results));
