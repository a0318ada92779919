// The world and the expectations of the scenarios in which a node is restarted, restored or replaced.
import type { Rung } from '../../shared/heal/memory.ts';
import { KEEP_UNTIL_TAG, PUT_BACK_TAG } from '../../shared/snapshots/tags.ts';
import { START_MS } from '../region/region.ts';
import type { CallRecord } from '../region/trace.ts';
import { incidentsOf, type Report } from '../run/report.ts';
import type { Placed, World, WorldNode } from '../run/world.ts';
import { addressesOf, seenNow } from './expectations.ts';
import type { Expectation, Scenario } from './scenario.ts';
import { bitcoinChain, followers, references } from './worlds.ts';

const MINUTE_MS = 60_000;
/** A good one and a bad one, where a story has only one of each. */
export const GOOD = 'snap-0000000000000900d';
export const BAD = 'snap-0000000000000bad0';
/** Who is in trouble. */
export const SICK = 'node2';

/** Nobody waits for hours here: a client that stands still is stuck after five minutes, and has ten to come up. */
export const impatient = {
  health: {
    references: ['https://bitcoin-a.example/', 'https://bitcoin-b.example/'],
    stuckSeconds: 300,
    startGraceSeconds: 600,
  },
};

/** So many followers with small disks, whose clients take a while to come up. @returns the one that will be in trouble */
export function smallFleet(
  world: World,
  {
    count = 4,
    blockIntervalMs = 30_000,
    more = {},
  }: { readonly count?: number; readonly blockIntervalMs?: number; readonly more?: Partial<WorldNode> } = {},
): Placed {
  references(world, bitcoinChain(world, 1, { blockIntervalMs }));
  followers(world, count, () => ({
    volumes: [{ role: 'data', path: '/node-data', sizeGiB: 100, usedPercent: 46 }],
    ...more,
    machine: { startSeconds: 15, ...more.machine },
  }));
  return world.find('bitcoin', SICK);
}

/** Its data are broken from the next block on: whoever starts it again comes as far. */
export function corruptNow(world: World, name = SICK): void {
  const { machine } = world.find('bitcoin', name);
  machine.disks.data.corrupt({ stopsAtHeight: machine.client.height() });
}

/** A person sends an event to the one door, or whoever else is named. */
export const ask = (world: World, event: Readonly<Record<string, unknown>>, actor?: 'events'): Promise<unknown> =>
  world.region.call(
    'lambda',
    'Invoke',
    {
      FunctionName: 'chainmend-dispatch-heal',
      InvocationType: 'Event',
      Payload: new Uint8Array(Buffer.from(JSON.stringify(event))),
    },
    actor,
  );

/** Incidents of the ladder, or that a person asked for, by their state. */
export const ended = (world: World, state: 'healed' | 'escalated', count = 1): boolean =>
  incidentsOf(world).filter((incident) => incident.state === state && !incident.trouble.startsWith('disk:')).length >=
  count;

/** EC2's own alarm is people's as well: it tells them at once that an instance fails its checks. */
export const pagedOnlyByEc2: Expectation = {
  sentence: 'people were told that the instance fails its checks, and of nothing else',
  holds: ({ pages }) =>
    pages.length > 0 &&
    pages.every(({ code, sentence }) => code === 'suite-alarm' && sentence.includes('status-check')),
  undisturbed: true,
};

/** So many minutes after the story began. */
export const passed = ({ region }: World, minutes: number): boolean =>
  region.clock.now() > START_MS + minutes * MINUTE_MS;

/** The ladder's own heals: one that dies is followed by another. */
export const ladderHeals = ({ heals }: Report) => heals.filter(({ kind }) => kind === 'replace-node');

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

/** Nobody else was restarted, nor were anybody else's volumes exchanged. */
export const othersUntouched: Expectation = {
  sentence: 'nobody else was touched',
  holds: ({ heals }, world) =>
    heals.every(({ node, kind }) => node === SICK || kind === 'rotate-peers') &&
    world.current
      .filter(({ name }) => name !== SICK)
      .every(({ machine }) => machine.report().clientStarts.length === 0),
};

/** Records name whoever is a node now; the pool holds all that are synced. */
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

/** Volumes that were made for a node's data, the first one first: all carry the tags that its owner gave that one. */
export const dataVolumes = ({ region }: World, name = SICK) =>
  region.ec2
    .volumes()
    .filter(({ tags }) => tags.some(({ Key, Value }) => Key === 'Name' && Value === `${name}-data`))
    .toSorted((a, b) => a.createdAtMs - b.createdAtMs);

export const dataOf = (world: World, name = SICK): string => world.find('bitcoin', name).volumeIds.get('data') ?? '';

export const restoredFrom = (snapshotId: string, sentence: string): Expectation => ({
  sentence,
  holds: (_, world) => world.region.ec2.volume(dataOf(world)).snapshotId === snapshotId,
  undisturbed: true,
});

/** Of a swap, all that was there before is there still. */
export const oldKept: Expectation = {
  sentence: 'its old volume is kept, with until when and how to put it back on it',
  holds: (_, world) => {
    const [first] = dataVolumes(world);
    return first !== undefined && first.volumeId !== dataOf(world) && isKept(world, first.volumeId);
  },
  undisturbed: true,
};

/** Whether a volume or an instance says until when it is kept, and how it is put back. */
export function isKept({ region }: World, id: string): boolean {
  const tags = region.ec2.tags(id);
  const until = Date.parse(tags[KEEP_UNTIL_TAG] ?? '');
  return until > region.clock.now() && (tags[PUT_BACK_TAG] ?? '').length > 20;
}

/** The node has the volumes that it had, and no others. */
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

/** What each story of a swap that helps expects in the end. */
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

/** Whether a page with this code has reached people. */
export const pagedNow = ({ region }: World, code: string): boolean =>
  region.sns.published().some(({ message }) => (JSON.parse(message) as { readonly code?: string }).code === code);

/** Executions of the ladder, oldest first, by their ARNs. */
export const executionsOf = ({ region }: World, heal = 'replace-node') =>
  region.lambda.executions().filter(({ payload }) => payload.includes(`"kind":"${heal}"`));

/** The first request of a heal for this operation; of a command, for this document. */
export const requestOf = ({ region }: World, operation: string, document?: string): CallRecord | undefined =>
  region.front.trace.calls.find(
    ({ actor, operation: name, input }) =>
      actor.startsWith('chainmend-replace-node') &&
      name === operation &&
      (document === undefined ||
        (input as { readonly DocumentName?: string }).DocumentName?.startsWith(`chainmend-${document}-`)),
  );

/** Its operating system is gone for good: whoever stops and starts it finds it as dead as before. */
export function killInstance(world: World, name = SICK): void {
  const { machine, instanceId } = world.find('bitcoin', name);
  world.region.ec2.impair(instanceId, 'instance', 'nothing');
  const keepDown = (): void => {
    machine.powerOff('hard');
    world.when(() => machine.isPowered, keepDown);
  };
  keepDown();
}

/** Key of the node that its client has on its data volume. */
export const keyOf = (world: World, name = SICK): string | undefined =>
  world.find('bitcoin', name).machine.readFile('/node-data/onion_v3_private_key');
