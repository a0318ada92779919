// Reads all facts of one decision at one moment: EC2, the fleet's observation, what is open on the node, and what was taken.
import { DescribeSnapshotsCommand, type EC2Client, type Filter, type Snapshot } from '@aws-sdk/client-ec2';
import { readInstance } from '../../shared/aws/instances.ts';
import { describeVolumes } from '../../shared/aws/volumes.ts';
import { judgeVolumes } from '../../shared/fleet/membership.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import { roleOf } from '../../shared/fleet/resolve.ts';
import { type FleetView, seenLately, viewFleet } from '../../shared/guardrails/fleet-view.ts';
import { judgePauseTag, readSwitches } from '../../shared/guardrails/switches.ts';
import { leftStopped } from '../../shared/heal/lease.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { fleetTag, suiteOfPrefix } from '../../shared/model/suite.ts';
import { FLEET_TAG, INCIDENT_TAG, LEDGER_TAGS } from '../../shared/model/tags.ts';
import { CLEAN_SNAPSHOT } from '../../shared/model/trigger.ts';
import { readLedger } from '../../shared/snapshots/ledger.ts';
import type { SnapshotContext, SnapshotFacts, TakenSnapshot } from './state.ts';

/** @returns a refusal where the fleet file cannot be read, or nothing may be begun; what a heal has left open is put back even then */
export async function readFacts({
  clients,
  payload,
  environment,
  store,
}: SnapshotContext): Promise<SnapshotFacts | Refusal> {
  const { instanceId, incidentId } = payload;
  const nowMs = Date.now();
  const [switches, instance, volumes, { observations, watch }, node, incident, taken] = await Promise.all([
    readSwitches({ clients, environment, store }, payload.fleet),
    readInstance(clients.ec2, instanceId),
    describeVolumes(clients.ec2, { instanceIds: [instanceId] }),
    store.readFleetReading(payload.fleet),
    store.readNode(instanceId),
    store.readIncident(payload.fleet, instanceId, CLEAN_SNAPSHOT),
    readTaken(clients.ec2, [
      { Name: `tag:${FLEET_TAG}`, Values: [fleetTag(suiteOfPrefix(environment.PARAMETER_PREFIX), payload.fleet)] },
      { Name: `tag:${INCIDENT_TAG}`, Values: [incidentId] },
    ]),
  ]);
  if ('refuse' in switches) return switches;
  const { fleet } = switches;
  const open = node?.operation?.kind === 'snapshot' && node.operation.phase === 'down' ? node.operation : null;
  const tags = Object.fromEntries((instance?.Tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));
  const paused = switches.refusal ?? judgePauseTag(tags);
  const refused = paused ?? judgeVolumes(fleet, volumes);
  if (refused && open === null) return refused;
  const view = viewFleet(fleet, { observations, watch }, nowMs);
  const root = instance?.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === instance.RootDeviceName);
  return {
    nowMs,
    fleet,
    role: instance ? roleOf(fleet, tags) : 'unknown',
    instance: instance
      ? {
          state: instance.State?.Name ?? 'unknown',
          availabilityZone: instance.Placement?.AvailabilityZone ?? '',
          rootVolumeId: root?.Ebs?.VolumeId ?? null,
        }
      : null,
    volumes,
    nodes: view.nodes,
    observedAtMs: seenLately(observations, instanceId, nowMs)?.observedAtMs ?? null,
    breaker: view.breaker,
    haltedSinceMs: view.haltedSinceMs,
    chainId: view.chainId ?? fleet.health.chainId ?? null,
    open,
    failures: incident?.failures ?? 0,
    ...(leftStopped(node, nodeIn(view, instanceId)?.heightSinceMs ?? null, nowMs) && {
      leftStopped: true as const,
    }),
    taken,
  };
}

const nodeIn = ({ lastSeen }: FleetView, instanceId: string): ObservedNode | undefined =>
  lastSeen.find((node) => node.instanceId === instanceId);

/** A node has a few volumes, and an incident a few attempts; more is a mistake that must not be half read. */
const MAX_TAKEN = 500;

/** By tags or ids, as they are now. @throws Error where there are more than any heal could have taken */
export async function readTaken(ec2: EC2Client, Filters: Filter[]): Promise<readonly TakenSnapshot[]> {
  const { Snapshots = [], NextToken } = await ec2.send(
    new DescribeSnapshotsCommand({ OwnerIds: ['self'], Filters, MaxResults: MAX_TAKEN }),
  );
  if (NextToken) throw new Error(`more than ${MAX_TAKEN} snapshots of one incident: half-read selections are refused`);
  return Snapshots.flatMap(takenSnapshotsOf);
}

export const ofSet = (setId: string): Filter[] => [{ Name: `tag:${LEDGER_TAGS.setId}`, Values: [setId] }];

function takenSnapshotsOf({ SnapshotId, VolumeId, State, StartTime, Tags = [] }: Snapshot): readonly TakenSnapshot[] {
  if (!SnapshotId || !VolumeId || !State || !StartTime) return [];
  const ledger = readLedger(Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value])));
  return [
    {
      snapshotId: SnapshotId,
      volumeId: VolumeId,
      setId: ledger.setId ?? SnapshotId,
      parts: ledger.parts ?? 1,
      state: State,
      startedAtMs: StartTime.getTime(),
      quarantined: ledger.quarantined,
    },
  ];
}
