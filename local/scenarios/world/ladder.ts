// The world of the scenarios in which a node is restarted, restored or replaced: its faults, and how scenarios look at it.

import { healOf } from '../../../shared/heal/records.ts';
import { KEEP_UNTIL_TAG, PUT_BACK_TAG } from '../../../shared/model/tags.ts';
import type { ChainSpec } from '../../nodes/chain.ts';
import type { BlockClock } from '../../nodes/rhythm.ts';
import { START_MS } from '../../region.ts';
import type { CallRecord } from '../../simulator/trace.ts';
import { pageIn } from '../report/pages.ts';
import { incidentsOf } from '../report/records.ts';
import type { Report } from '../report/report.ts';
import type { PlacedNode, World, WorldNode } from './world.ts';
import { bitcoinChain, followers, references } from './worlds.ts';

/** A good and a bad snapshot, for stories with only one of each. */
export const GOOD = 'snap-0000000000000900d';
export const BAD = 'snap-0000000000000bad0';
/** The node in trouble. */
export const SICK = 'node2';

/** Short limits: a client that does not advance is stuck after five minutes, and has ten minutes to start. */
export const impatient = {
  health: {
    references: ['https://bitcoin-a.example/', 'https://bitcoin-b.example/'],
    stuckSeconds: 300,
    startGraceSeconds: 600,
  },
};

/** So many followers with small disks and slow client starts. @returns the node that will be in trouble */
export function smallFleet(
  world: World,
  {
    count = 4,
    clock,
    coldReads,
    more = {},
    moreOf = () => ({}),
  }: {
    readonly count?: number;
    readonly clock?: BlockClock;
    readonly coldReads?: ChainSpec['coldReads'];
    readonly more?: Partial<WorldNode>;
    /** What a machine has besides; from 0. */
    readonly moreOf?: (at: number) => WorldNode['machine'];
  } = {},
): PlacedNode {
  references(world, bitcoinChain(world, 1, { ...(clock && { clock }), ...(coldReads && { coldReads }) }));
  followers(world, count, (at) => ({
    volumes: [{ role: 'data', path: '/node-data', sizeGiB: 100, usedPercent: 46 }],
    ...more,
    machine: { startSeconds: 15, ...more.machine, ...moreOf(at) },
  }));
  return world.find('bitcoin', SICK);
}

/** Breaks its data from the next block on: every restart stops at the same height. */
export function corruptNow(world: World, name = SICK): void {
  const { machine } = world.find('bitcoin', name);
  machine.disks.data.corrupt({ stopsAtHeight: machine.client.height() });
}

/** A person sends an event to the dispatcher, or to another function. */
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

/** Incidents of the ladder, or of a person's request, by their state. */
export const incidentsEnded = (world: World, state: 'healed' | 'escalated', count = 1): boolean =>
  incidentsOf(world).filter((incident) => incident.state === state && healOf(incident.trigger) !== 'resize-volume')
    .length >= count;

/** Whether so many minutes have passed since the story began. */
export const passed = (world: World, minutes: number): boolean =>
  world.region.clock.now() > START_MS + minutes * 60_000;

/** The ladder's own heals: if one dies, another follows it. */
export const ladderHeals = ({ heals }: Report) => heals.filter(({ kind }) => kind === 'replace-node');

/** Volumes made for a node's data, the first one first: all have the tags that its owner gave the first one. */
export const dataVolumes = ({ region }: World, name = SICK) =>
  region.ec2
    .volumes()
    .filter(({ tags }) => tags.some(({ Key, Value }) => Key === 'Name' && Value === `${name}-data`))
    .toSorted((a, b) => a.createdAtMs - b.createdAtMs);

export const dataOf = (world: World, name = SICK): string => world.find('bitcoin', name).volumeIds.get('data') ?? '';

/** Whether a volume or an instance has a retention date, and instructions to put it back. */
export function isRetained({ region }: World, id: string): boolean {
  const tags = region.ec2.tags(id);
  const until = Date.parse(tags[KEEP_UNTIL_TAG] ?? '');
  return until > region.clock.now() && (tags[PUT_BACK_TAG] ?? '').length > 20;
}

/** Whether a page with this code was sent. */
export const pagedNow = ({ region }: World, code: string): boolean =>
  region.sns.published().some((published) => pageIn(published)['code'] === code);

/** Executions of the ladder, oldest first, by their ARNs. */
export const executionsOf = ({ region }: World, heal = 'replace-node') =>
  region.lambda.executions().filter(({ payload }) => payload.includes(`"kind":"${heal}"`));

/** The first request of a heal for this operation; of a command, for this document. */
export const requestOf = ({ region }: World, operation: string, document?: string): CallRecord | undefined =>
  region.gateway.trace.calls.find(
    ({ actor, operation: name, input }) =>
      actor.startsWith('chainmend-replace-node') &&
      name === operation &&
      (document === undefined ||
        (input as { readonly DocumentName?: string }).DocumentName?.startsWith(`chainmend-${document}-`)),
  );

/** Its operating system fails permanently: a stop and start do not help. */
export function killInstance(world: World, name = SICK): void {
  killed(world, world.find('bitcoin', name));
}

/** The same for any node. */
export function killed(world: World, { machine, instanceId }: PlacedNode): void {
  world.region.ec2.impair(instanceId, 'instance', 'nothing');
  const keepDown = (): void => {
    machine.powerOff('hard');
    world.when(() => machine.isPowered, keepDown);
  };
  keepDown();
}

const placesIn = (world: World, zone: string): readonly PlacedNode[] =>
  world.nodes.filter(({ instanceId }) => world.region.ec2.instance(instanceId).availabilityZone === zone);

/** A zone without power and network: what is in it fails its checks, and nobody hears of it. */
export function darken(world: World, letter: string): void {
  const { ec2, kernel } = world.region;
  const zone = `${kernel.regionName}${letter}`;
  ec2.exhaust(zone);
  for (const { machine, instanceId } of placesIn(world, zone)) {
    ec2.impair(instanceId, 'system', 'nothing');
    machine.powerOff('hard');
  }
}

/** The zone is back: its instances boot. */
export function lighten(world: World, letter: string): void {
  const { ec2, kernel } = world.region;
  const zone = `${kernel.regionName}${letter}`;
  ec2.restock(zone);
  for (const { machine, instanceId } of placesIn(world, zone)) {
    ec2.recover(instanceId, 'system');
    // What a person has stopped meanwhile stays stopped.
    if (ec2.instance(instanceId).state === 'running') machine.powerOn();
  }
}

/** The node key on its data volume. */
export const keyOf = (world: World, name = SICK): string | undefined =>
  world.find('bitcoin', name).machine.readFile('/node-data/onion_v3_private_key');
