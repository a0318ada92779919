// Reads the facts of a boost's end: the data volumes of a fleet's nodes as EC2 shows them, how the nodes are, and what heals have under way. All of it is
// read, or nothing.
import { DescribeVolumesModificationsCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { describeVolumes, type VolumeDescription } from '../../shared/aws/volumes.ts';
import { ownVolumes } from '../../shared/fleet/membership.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { discoverNodes, type FleetNode } from '../../shared/fleet/nodes.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import { nodesLately } from '../../shared/guardrails/fleet-view.ts';
import { judgePauseTag } from '../../shared/guardrails/switches.ts';
import { isAsked } from '../../shared/heal/incident.ts';
import { recentModifications } from '../../shared/heal/lease.ts';
import type { FleetRecords } from '../../shared/heal/store.ts';
import { hasTags } from '../../shared/model/tags.ts';
import { CLEAN_SNAPSHOT } from '../../shared/model/trigger.ts';
import type { BoostRecord } from '../../shared/snapshots/boost.ts';
import type { BoostFacts, BoostVolume } from './boost-decide.ts';
import type { BoostContext } from './context.ts';
import { openOn } from './scale-facts.ts';

/** Of a filter ("FilterLimitExceeded", Error codes for the Amazon EC2 API); the schema allows 50 nodes. */
const FILTER_VALUES = 200;

export async function readBoostFacts(
  { clients: { ec2 }, store }: Pick<BoostContext, 'clients' | 'store'>,
  fleet: Fleet,
  { volumes: before }: Pick<BoostRecord, 'volumes'>,
  nowMs: number,
): Promise<BoostFacts> {
  const [nodes, observations, records] = await Promise.all([
    discoverNodes(ec2, fleet, store),
    store.readObservations(fleet.name),
    store.readFleet(fleet.name).then(withoutQuestions),
  ]);
  const observed = nodesLately(observations, nowMs);
  const instanceIds = nodes.map(({ instanceId }) => instanceId);
  const attached = instanceIds.length === 0 ? [] : await describeVolumes(ec2, { instanceIds });
  const data = ownVolumes(fleet, attached).filter(({ tags }) => fleet.volumes.some((role) => hasTags(tags, role.tags)));
  const modifications = await readModifications(ec2, data);
  const volumes = data.flatMap((volume) => {
    const node = nodes.find(({ instanceId }) => instanceId === volume.attachment?.instanceId);
    return node ? [boostVolume(volume, node, { observed, records, modifications, nowMs })] : [];
  });
  return { nowMs, fleet, volumes, before };
}

/** What EBS is at, by volume; a volume that it does not change is missing. */
async function readModifications(
  ec2: EC2Client,
  volumes: readonly VolumeDescription[],
): Promise<ReadonlyMap<string, 'modifying' | 'optimizing'>> {
  if (volumes.length === 0) return new Map();
  if (volumes.length > FILTER_VALUES)
    throw new Error(`${volumes.length} data volumes, limit ${FILTER_VALUES}: half-read selections are refused`);
  const Filters = [
    { Name: 'volume-id', Values: volumes.map(({ volumeId }) => volumeId) },
    { Name: 'modification-state', Values: ['modifying', 'optimizing'] },
  ];
  const { VolumesModifications = [] } = await ec2.send(new DescribeVolumesModificationsCommand({ Filters }));
  return new Map(
    VolumesModifications.map(({ VolumeId = '', ModificationState }) => [
      VolumeId,
      ModificationState === 'modifying' ? 'modifying' : 'optimizing',
    ]),
  );
}

/** A snapshot that a person has not said yes to keeps no figures: nothing is begun, and a volume whose figures change may be snapshotted. */
const withoutQuestions = (records: FleetRecords): FleetRecords => ({
  ...records,
  incidents: records.incidents.filter((incident) => !(incident.trigger === CLEAN_SNAPSHOT && isAsked(incident))),
});

interface Read {
  readonly observed: readonly ObservedNode[];
  readonly records: FleetRecords;
  readonly modifications: ReadonlyMap<string, 'modifying' | 'optimizing'>;
  readonly nowMs: number;
}

function boostVolume(
  { volumeId, type, iops, throughputMiBps }: VolumeDescription,
  { instanceId, name, tags }: FleetNode,
  { observed, records, modifications, nowMs }: Read,
): BoostVolume {
  const seen = observed.find((node) => node.instanceId === instanceId);
  const record = records.nodes.find((node) => node.instanceId === instanceId);
  return {
    ...{ volumeId, node: name, instanceId, type, iops, throughputMiBps },
    health: seen?.health ?? null,
    healthSinceMs: seen?.sinceMs ?? nowMs,
    neededBy: judgePauseTag(tags)?.reason ?? openOn(instanceId, records),
    modification: modifications.get(volumeId) ?? null,
    grownAtMs: record ? recentModifications(record, volumeId, nowMs).map(({ atMs }) => atMs) : [],
  };
}
