// Expectations of a node that was restarted, restored or replaced, and of its siblings.
import type { Rung } from '../../../shared/model/rungs.ts';
import type { Expectation, Scenario } from '../scenario.ts';
import { dataOf, dataVolumes, isRetained, ladderHeals, SICK } from '../world/ladder.ts';
import { addressesOf, seenNow } from './expectations.ts';

export const healedBy = (rung: Rung, sentence: string): Expectation => ({
  sentence,
  holds: (report) => {
    const own = ladderHeals(report);
    return (
      own.length === 1 && own.every((heal) => heal.outcome === 'healed' && heal.rung === rung && heal.node === SICK)
    );
  },
  undisturbed: true,
});

export const shortOutage: Expectation = {
  sentence: 'of the time in which it served nothing, all but ten seconds were its client’s own',
  holds: ({ heals }) => heals.every(({ outageSeconds, clientSeconds }) => outageSeconds - clientSeconds <= 10),
  undisturbed: true,
};

export const fewCalls: Expectation = {
  sentence: 'a heal took at most 40 calls',
  holds: ({ heals }) => heals.every(({ apiCalls }) => apiCalls <= 40),
  undisturbed: true,
};

/** No other node was restarted, and no other node's volumes were exchanged. */
export const othersUntouched: Expectation = {
  sentence: 'nobody else was touched',
  holds: ({ heals }, world) =>
    heals.every(({ node, kind }) => node === SICK || kind === 'rotate-peers') &&
    world.current
      .filter(({ name }) => name !== SICK)
      .every(({ machine }) => machine.report().clientStarts.length === 0),
};

/** Records name the current nodes; the pool has all that are synced. */
export const namesRight: Expectation = {
  sentence: 'names and pool are right: each node by its own address, all of them in the pool',
  holds: (_, world) => {
    const zone = 'bitcoin.internal';
    const all = world.current.map(({ machine }) => machine.privateIp).toSorted();
    return (
      addressesOf(world, zone, 'pool')?.join() === all.join() &&
      world.current.every(({ name, machine }) => addressesOf(world, zone, name)?.join() === machine.privateIp)
    );
  },
  undisturbed: true,
};

const OF_A_NODE = ['disk', 'stuck', 'unreachable', 'forked', 'status-check'] as const;

/** Each node has its alarms, and none of them is in ALARM. */
export const alarmsRight: Expectation = {
  sentence: 'each node has its alarms, and none of them rings',
  holds: (_, { region, current }) =>
    current.every(({ fleet, name }) =>
      OF_A_NODE.every((kind) => {
        const state = region.cloudwatch.alarmState(`chainmend-${fleet.name}-${name}-${kind}`);
        return state !== undefined && state !== 'ALARM';
      }),
    ),
  undisturbed: true,
};

export const allWell: Expectation = {
  sentence: 'every node follows the chain, with peers, and is seen to',
  holds: ({ nodes }, world) =>
    nodes.every(
      ({ state, peers, instanceId }) => state === 'synced' && peers >= 3 && seenNow(world, instanceId) === 'synced',
    ),
  undisturbed: true,
};

export const restoredFrom = (snapshotId: string, sentence: string): Expectation => ({
  sentence,
  holds: (_, world) => world.region.ec2.volume(dataOf(world)).snapshotId === snapshotId,
  undisturbed: true,
});

/** After a swap, all previous volumes still exist. */
export const oldKept: Expectation = {
  sentence: 'its old volume is kept, with until when and how to put it back on it',
  holds: (_, world) => {
    const [first] = dataVolumes(world);
    return first !== undefined && first.volumeId !== dataOf(world) && isRetained(world, first.volumeId);
  },
  undisturbed: true,
};

/** The node has its previous volumes, and no others. */
export const asFound: Expectation = {
  sentence: 'the node has the volume that it had, and nothing else hangs on it',
  holds: (_, world) => {
    const [first] = dataVolumes(world);
    const { instanceId } = world.find('bitcoin', SICK);
    const attached = world.region.ec2.volumes().filter(({ attachment }) => attachment?.instanceId === instanceId);
    return first?.volumeId === dataOf(world) && attached.length === 2;
  },
};

export const sameInstances: Expectation = {
  sentence: 'no instance was launched or stopped',
  holds: (_, { region, nodes }) =>
    region.ec2.instances().length === nodes.length && region.ec2.instances().every(({ state }) => state === 'running'),
};

/** @param made how many volumes were made in all */
export const nothingReplacedBut = (made: number): Expectation => ({
  sentence: made === 0 ? 'no volume is new' : `${made} volumes are new`,
  holds: (_, world) => world.nodes.reduce((sum, { name }) => sum + dataVolumes(world, name).length - 1, 0) === made,
});

export const nothingReplaced: Expectation = {
  sentence: 'nothing was replaced: no volume and no instance is new',
  holds: (report, world) =>
    ladderHeals(report).length === 0 &&
    world.nodes.every(({ name }) => dataVolumes(world, name).length === 1) &&
    world.region.ec2.instances().length === world.nodes.length,
};

/** What every story with a successful swap expects in the end. */
export const goodSwap = (snapshotId: string, sentence: string): Scenario['expect'] => [
  healedBy('swap', 'one heal, and the other volume healed'),
  restoredFrom(snapshotId, sentence),
  oldKept,
  shortOutage,
  fewCalls,
  sameInstances,
  othersUntouched,
  namesRight,
  alarmsRight,
  allWell,
];
