// Resources that the suite has made for a fleet and that no stack removes: alarms, DNS records, and what heals have kept. They are found and removed
// by their tags and markers.

import { setTimeout } from 'node:timers/promises';
import { CloudWatchClient, DeleteAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { DynamoDBClient, ResourceNotFoundException as NoSuchTable } from '@aws-sdk/client-dynamodb';
import {
  EC2Client,
  type Filter,
  paginateDescribeInstances,
  paginateDescribeSnapshots,
  paginateDescribeVolumes,
} from '@aws-sdk/client-ec2';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  ResourceNotFoundException as NoSuchFunction,
} from '@aws-sdk/client-lambda';
import {
  ChangeResourceRecordSetsCommand,
  InvalidChangeBatch,
  ListHostedZonesByNameCommand,
  PriorRequestNotComplete,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { isOurs } from '../../../functions/register-nodes/alarm-changes.ts';
import { readAlarms, readTags } from '../../../functions/register-nodes/alarm-facts.ts';
import { planNames, type RecordSetChange } from '../../../functions/register-nodes/records.ts';
import { batchChanges, markedBy, type Owner, readZone } from '../../../functions/register-nodes/zone.ts';
import { plainName } from '../../../shared/fleet/resource-names.ts';
import type { IncidentRecord, NodeRecord } from '../../../shared/heal/records.ts';
import { createStore } from '../../../shared/heal/store.ts';
import { fleetTag } from '../../../shared/model/suite.ts';
import { FLEET_TAG, KEEP_UNTIL_TAG } from '../../../shared/model/tags.ts';
import { pacer } from '../../../shared/reconcile/pace.ts';
import { commandNames } from '../../names.ts';
import type { Yes } from '../consent.ts';
import { StoreError } from '../errors.ts';
import { withStoreError } from '../fleets/parameter-store.ts';
import type { AwsClientConfig } from '../preflight/account.ts';

export interface Alarm {
  readonly name: string;
  readonly arn: string;
}

export interface ZoneNames {
  readonly zoneId: string;
  readonly zone: string;
  readonly changes: readonly RecordSetChange[];
}

/** Resources that heals have put aside. Nothing prunes them after the suite is removed. */
export interface KeptResources {
  readonly volumes: readonly { readonly id: string; readonly sizeGiB: number }[];
  readonly instances: readonly string[];
  readonly snapshots: readonly string[];
}

export interface Identity {
  readonly account: string;
  readonly region: string;
}

/** AWS, as these commands use it. Each method throws a `StoreError` with AWS's own words. */
export interface Belongings {
  readonly identity: () => Promise<Identity>;
  /** Whether the suite's functions exist. */
  readonly isDeployed: () => Promise<boolean>;
  /** The stored records of a fleet's incidents and nodes; empty where the table does not exist. */
  readonly records: (
    fleet: string,
  ) => Promise<{ readonly incidents: readonly IncidentRecord[]; readonly nodes: readonly NodeRecord[] }>;
  /** Alarms by their current tags: "chainmend:fleet", "chainmend:kind". */
  readonly alarms: (fleet: string) => Promise<readonly Alarm[]>;
  /** Deletes those alarms that still carry the fleet's tags right before the deletion. @returns how many it deleted */
  readonly deleteAlarms: (fleet: string, alarms: readonly Alarm[], yes: Yes) => Promise<number>;
  /** Names with a marker of this fleet and region next to them, in every private zone. */
  readonly names: (fleet: string) => Promise<readonly ZoneNames[]>;
  /** Deletes those names that still have a marker right before the deletion, with their current values. @returns how many it deleted */
  readonly deleteNames: (fleet: string, names: ZoneNames, yes: Yes) => Promise<number>;
  readonly kept: (fleet: string) => Promise<KeptResources>;
}

/** "DeleteAlarms: 3 a second", "ListTagsForResource: 10" (CloudWatch quotas); up to 100 names a call. */
const DELETE_GAP_MS = 350;
const TAGS_GAP_MS = 120;
const ALARMS_A_CALL = 100;
/** 500 zones an account unless AWS raises it, "five requests per second per AWS account" (Route 53 quotas). */
const ZONES_A_PAGE = 100;
const MAX_ZONE_PAGES = 10;
const ROUTE53_GAP_MS = 250;
/** A batch takes 1,000 records and 32,000 characters of values (Route 53 quotas); a pool of 400 nodes has 6,000. */
const NAMES_A_BATCH = 20;
const AGAIN_AFTER_MS = 1_000;
const TRIES = 5;

/** Uses the account and region of the environment, as every AWS command does, unless a test names them. */
export function awsBelongings(config: AwsClientConfig = {}): Belongings {
  const [cloudwatch, route53, ec2] = [new CloudWatchClient(config), new Route53Client(config), new EC2Client(config)];
  const [lambda, dynamodb, sts] = [new LambdaClient(config), new DynamoDBClient(config), new STSClient(config)];
  const ownerOf = async (fleet: string): Promise<Owner> => ({
    suite: commandNames().suite,
    fleet,
    region: await ec2.config.region(),
  });
  return {
    identity: () =>
      withStoreError('who am I', async () => {
        const { Account: account = '' } = await sts.send(new GetCallerIdentityCommand({}));
        return { account, region: await ec2.config.region() };
      }),
    isDeployed: () => withStoreError(commandNames().functions.dispatchHeal, () => isDeployed(lambda)),
    records: (fleet) => withStoreError('the incidents', () => records(dynamodb, fleet)),
    alarms: (fleet) => withStoreError('the alarms', () => readOwnAlarms(cloudwatch, fleet)),
    deleteAlarms: (fleet, alarms) => withStoreError('DeleteAlarms', () => deleteAlarms(cloudwatch, fleet, alarms)),
    names: (fleet) => withStoreError('the records', async () => readNames(route53, await ownerOf(fleet))),
    deleteNames: (fleet, names) =>
      withStoreError('ChangeResourceRecordSets', async () => deleteNames(route53, await ownerOf(fleet), names)),
    kept: (fleet) => withStoreError('what heals have kept', () => readRetained(ec2, fleet)),
  };
}

async function isDeployed(lambda: LambdaClient): Promise<boolean> {
  try {
    await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: commandNames().functions.dispatchHeal }));
    return true;
  } catch (error) {
    if (error instanceof NoSuchFunction) return false;
    throw error;
  }
}

async function records(dynamodb: DynamoDBClient, fleet: string): ReturnType<Belongings['records']> {
  try {
    return await createStore(dynamodb, commandNames().tableName).readFleet(fleet);
  } catch (error) {
    if (error instanceof NoSuchTable) return { incidents: [], nodes: [] };
    throw error;
  }
}

async function readOwnAlarms(cloudwatch: CloudWatchClient, fleet: string): Promise<readonly Alarm[]> {
  const pace = pacer(TAGS_GAP_MS);
  const own: Alarm[] = [];
  for (const { AlarmName: name = '', AlarmArn: arn = '' } of await readAlarms(
    cloudwatch,
    `${commandNames().suite}-${fleet}-`,
  )) {
    await pace();
    if (isOurs(await tagsOf(cloudwatch, arn), { tag: fleetTag(commandNames().suite, fleet) })) own.push({ name, arn });
  }
  return own;
}

/** No tags where the alarm is gone. */
async function tagsOf(cloudwatch: CloudWatchClient, arn: string): Promise<Readonly<Record<string, string>>> {
  try {
    return await readTags(cloudwatch, arn);
  } catch (error) {
    if (error instanceof Error && /^ResourceNotFound/.test(error.name)) return {};
    throw error;
  }
}

async function deleteAlarms(cloudwatch: CloudWatchClient, fleet: string, alarms: readonly Alarm[]): Promise<number> {
  const [pace, paceTags] = [pacer(DELETE_GAP_MS), pacer(TAGS_GAP_MS)];
  let deleted = 0;
  for (let from = 0; from < alarms.length; from += ALARMS_A_CALL) {
    const AlarmNames: string[] = [];
    for (const { name, arn } of alarms.slice(from, from + ALARMS_A_CALL)) {
      await paceTags();
      if (isOurs(await tagsOf(cloudwatch, arn), { tag: fleetTag(commandNames().suite, fleet) })) AlarmNames.push(name);
    }
    if (AlarmNames.length === 0) continue;
    await pace();
    try {
      await cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames }));
      deleted += AlarmNames.length;
    } catch (error) {
      // Somebody else has deleted one of the alarms; the final report lists what is still there.
      if (!(error instanceof Error && /^ResourceNotFound/.test(error.name))) throw error;
    }
  }
  return deleted;
}

async function readNames(route53: Route53Client, owner: Owner): Promise<readonly ZoneNames[]> {
  const found: ZoneNames[] = [];
  for (const { zoneId, zone } of await privateZones(route53)) {
    const changes = await namesIn(route53, owner, zoneId);
    if (changes.length > 0) found.push({ zoneId, zone, changes });
  }
  return found;
}

/** A fleet's file may have named other zones before, so all zones are searched. */
async function privateZones(route53: Route53Client): Promise<readonly { zoneId: string; zone: string }[]> {
  const zones: { zoneId: string; zone: string }[] = [];
  const pace = pacer(ROUTE53_GAP_MS);
  let from: { readonly DNSName?: string; readonly HostedZoneId?: string } = {};
  for (let page = 0; page < MAX_ZONE_PAGES; page++) {
    await pace();
    const read = await route53.send(new ListHostedZonesByNameCommand({ ...from, MaxItems: ZONES_A_PAGE }));
    for (const { Id = '', Name = '', Config } of read.HostedZones ?? [])
      if (Config?.PrivateZone) zones.push({ zoneId: Id.replace(/^.*\//, ''), zone: plainName(Name) });
    if (!read.IsTruncated || read.NextDNSName === undefined) return zones;
    const { NextDNSName: DNSName, NextHostedZoneId: HostedZoneId } = read;
    from = { DNSName, ...(HostedZoneId !== undefined && { HostedZoneId }) };
  }
  throw new StoreError(
    `there are more than ${MAX_ZONE_PAGES * ZONES_A_PAGE} hosted zones: half-read lists are refused`,
  );
}

/** The change that register-nodes would make for a fleet that has no node and wants no record. */
async function namesIn(route53: Route53Client, owner: Owner, zoneId: string): Promise<readonly RecordSetChange[]> {
  const zone = await readZone(route53, zoneId);
  // Most zones have no marker of the suite, and need no plan.
  if (![...zone.values()].some((record) => markedBy(owner, record))) return [];
  const none = { records: [], untouched: new Set<string>(), shared: new Set<string>(), ended: new Set<string>() };
  return planNames(owner, { ...none, refusals: [], poolReason: '' }, zone).changes;
}

async function deleteNames(route53: Route53Client, owner: Owner, shown: ZoneNames): Promise<number> {
  const { zoneId: HostedZoneId } = shown;
  const pace = pacer(ROUTE53_GAP_MS);
  const wanted = new Set(shown.changes.map(({ name }) => name));
  let deleted = 0;
  let busy = 0;
  // Each round reads the zone again. It deletes the current records, and only next to a marker of the suite.
  for (;;) {
    const batch = (await namesIn(route53, owner, HostedZoneId))
      .filter(({ name }) => wanted.has(name))
      .slice(0, NAMES_A_BATCH);
    if (batch.length === 0) return deleted;
    await pace();
    try {
      await route53.send(
        new ChangeResourceRecordSetsCommand({
          HostedZoneId,
          ChangeBatch: {
            Comment: `chainmend retires ${owner.fleet}`,
            Changes: batchChanges(batch),
          },
        }),
      );
      deleted += batch.length;
      for (const { name } of batch) wanted.delete(name);
    } catch (error) {
      // Somebody else changed the zone, so Route 53 refused the whole batch: read it again.
      if (!(error instanceof PriorRequestNotComplete || error instanceof InvalidChangeBatch)) throw error;
      if (++busy === TRIES) throw error;
      await setTimeout(AGAIN_AFTER_MS);
    }
  }
}

async function readRetained(ec2: EC2Client, fleet: string): Promise<KeptResources> {
  const Filters: Filter[] = [
    { Name: `tag:${FLEET_TAG}`, Values: [fleetTag(commandNames().suite, fleet)] },
    { Name: 'tag-key', Values: [KEEP_UNTIL_TAG] },
  ];
  const volumes: KeptResources['volumes'][number][] = [];
  for await (const { Volumes = [] } of paginateDescribeVolumes({ client: ec2 }, { Filters }))
    volumes.push(...Volumes.map(({ VolumeId: id = '', Size: sizeGiB = 0 }) => ({ id, sizeGiB })));
  const instances: string[] = [];
  const alive = { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] };
  for await (const { Reservations = [] } of paginateDescribeInstances(
    { client: ec2 },
    { Filters: [...Filters, alive] },
  ))
    instances.push(...Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId = '' }) => InstanceId)));
  const snapshots: string[] = [];
  for await (const { Snapshots = [] } of paginateDescribeSnapshots({ client: ec2 }, { Filters, OwnerIds: ['self'] }))
    snapshots.push(...Snapshots.map(({ SnapshotId = '' }) => SnapshotId));
  return { volumes, instances, snapshots };
}
