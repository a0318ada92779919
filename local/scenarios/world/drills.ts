// The world of drills: a fleet whose file asks for them, and how scenarios look at what was opened and what is left of it.
import { join } from 'node:path';
import type { RequestLaunchTemplateData } from '@aws-sdk/client-ec2';
import { fromItem, toItem } from '../../../shared/aws/attributes.ts';
import { fleetParameterName } from '../../../shared/fleet/parameter.ts';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { type DrillRecord, monthOf, noDrill } from '../../../shared/heal/drill.ts';
import { keys } from '../../../shared/heal/store.ts';
import { DRILL_TAG, LEDGER_TAGS } from '../../../shared/model/tags.ts';
import type { ChainSpec } from '../../nodes/chain.ts';
import { START_MS } from '../../region.ts';
import type { Expectation } from '../scenario.ts';
import { launchTemplate } from './fixtures.ts';
import { impatient, smallFleet } from './ladder.ts';
import type { PlacedNode, World } from './world.ts';
import { QUICK_BLOCKS } from './worlds.ts';

/** The stack has the function only where a fleet file asks for drills. */
export const DRILLS_DEPLOYED = join(import.meta.dirname, '../fleets-drills');
/** The one group of throw-away instances. */
export const OWN_GROUP = 'sg-0d0000000000000d1';

/** Until its owner asks for them, the fleet has none. */
export const notYetDrilled = { ...impatient, drills: undefined } as unknown as Partial<FleetDocument>;

/** A person writes into the fleet file that there are drills, or what they may cost. */
export async function asksForDrills(
  { region }: World,
  more: Partial<NonNullable<FleetDocument['drills']>> = {},
): Promise<unknown> {
  const Name = fleetParameterName('/chainmend', 'bitcoin');
  const stored = JSON.parse(region.ssm.parameter(Name) ?? '{}') as object;
  const Value = JSON.stringify({ ...stored, drills: { securityGroup: OWN_GROUP, ...more } });
  return region.call('ssm', 'PutParameter', { Name, Value, Type: 'String', Overwrite: true });
}

/** Four followers, and the launch template that they were made from. */
export function drillFleet(
  world: World,
  { coldReads }: Pick<ChainSpec, 'coldReads'> = {},
  template: RequestLaunchTemplateData = {},
): PlacedNode {
  const placed = smallFleet(world, { clock: QUICK_BLOCKS, ...(coldReads && { coldReads }) });
  launchTemplate(world, 'bitcoin', template);
  return placed;
}

/** Somebody, or an automation of the account, protects each throw-away instance against its end, or takes that back. */
export async function protectThrowAways({ region, drills }: World, Value: boolean): Promise<void> {
  for (const { instanceId: InstanceId } of drills)
    await region.call('ec2', 'ModifyInstanceAttribute', { InstanceId, DisableApiTermination: { Value } });
}

const KEY = keys.drill('bitcoin');

export function drillRecord({ region, tableName }: World): DrillRecord | undefined {
  const items = region.dynamodb.items(tableName) as Parameters<typeof fromItem>[0][];
  const item = items.find(({ pk, sk }) => pk?.S === KEY.pk && sk?.S === KEY.sk);
  return item && (fromItem(item) as unknown as DrillRecord);
}

/** What drills had cost in this month before the story. */
export const spentBefore = (world: World, usd: number): void =>
  recordBefore(world, { spent: { month: monthOf(START_MS), usd } });

/** The last drill was right before the story, and none is due in it. */
export const drilledBefore = (world: World): void => recordBefore(world, { dueAtMs: START_MS + 24 * 60 * 60_000 });

function recordBefore(world: World, more: Partial<DrillRecord>): void {
  const Item = { pk: { S: KEY.pk }, sk: { S: KEY.sk }, ...toItem({ ...noDrill, ...more, version: 1 }) };
  world.beforehand(() =>
    world.region.call('dynamodb', 'PutItem', { TableName: world.tableName, Item }, 'audit-snapshots'),
  );
}

/** Instances and volumes of drills that still exist. */
export const leftOfDrills = ({ region: { ec2 } }: World): readonly string[] => [
  ...ec2
    .instances()
    .filter(({ state, tags }) => state !== 'terminated' && tags.some(({ Key }) => Key === DRILL_TAG))
    .map(({ instanceId }) => instanceId),
  ...ec2
    .volumes()
    .filter(({ tags }) => tags.some(({ Key }) => Key === DRILL_TAG))
    .map(({ volumeId }) => volumeId),
];

export const markOf = (world: World, snapshotId: string): 'verified' | 'quarantined' | 'none' => {
  const tags = world.region.ec2.tags(snapshotId);
  if (tags[LEDGER_TAGS.quarantined] !== undefined) return 'quarantined';
  return tags[LEDGER_TAGS.verified] === undefined ? 'none' : 'verified';
};

export const nothingLeft: Expectation = {
  sentence: 'nothing of a drill is left: no instance, no volume, and its record names none',
  holds: (_, world) => leftOfDrills(world).length === 0 && (drillRecord(world)?.current ?? null) === null,
};

export const nobodyTouched: Expectation = {
  sentence:
    'no node was touched: no client was stopped or started, and no address of a throw-away instance is in a name or a list',
  holds: (_, world) => {
    const strangers = new Set(world.drills.map(({ machine }) => machine.privateIp));
    const records = world.region.gateway.trace.calls
      .filter(({ operation }) => operation === 'ChangeResourceRecordSets')
      .map(({ input }) => JSON.stringify(input));
    return (
      world.current.every(({ machine }) => machine.report().clientStarts.length === 0 && machine.isPowered) &&
      [...strangers].every((ip) => records.every((text) => !text.includes(`"${ip}"`)))
    );
  },
};

const keyIn = ({ machine }: Pick<PlacedNode, 'machine'>): string | undefined =>
  machine.readFile('/node-data/onion_v3_private_key');

export const alone: Expectation = {
  sentence: 'each throw-away instance had its own security group alone, no tag of a node, and no key of one',
  holds: (_, world) =>
    world.drills.every(({ instanceId, fleet, machine }) => {
      const instance = world.region.ec2.instances().find((one) => one.instanceId === instanceId);
      const tags = world.region.ec2.tags(instanceId);
      const groups = instance?.networkInterface?.securityGroupIds;
      return (
        (groups === undefined || groups.join() === OWN_GROUP) &&
        Object.entries(fleet.nodes.tags).every(([key, value]) => tags[key] !== value) &&
        !world.nodes.some((node) => keyIn(node) !== undefined && keyIn(node) === keyIn({ machine }))
      );
    }),
};
