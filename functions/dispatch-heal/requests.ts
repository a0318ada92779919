// Turns a person's request into a candidate like any other, under the same guardrails. The person gets the names under which the heal can be
// followed, or the reason why nothing was begun.
import type { EC2Client } from '@aws-sdk/client-ec2';
import { familyOf } from '../../shared/chains/defaults.ts';
import type { DispatchAnswer } from '../../shared/events/answer.ts';
import type {
  ManualHeal,
  NodeRequest,
  NodeSelector,
  SnapshotRequest,
  UpgradeOfValidator,
} from '../../shared/events/dispatch.ts';
import { EventError, NotNowError } from '../../shared/events/errors.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { isInGroup, nameApart, partsOfName } from '../../shared/fleet/node-names.ts';
import { AGENT_NAMESPACE } from '../../shared/fleet/resource-names.ts';
import { readSettings, type Settings } from '../../shared/fleet/settings.ts';
import { healOf } from '../../shared/heal/records.ts';
import type { UpgradeWanted } from '../../shared/model/payload.ts';
import { hasTags, JOINING_TAG, RETIRED_TAG } from '../../shared/model/tags.ts';
import { NODE_HEALTH, triggerText } from '../../shared/model/trigger.ts';
import { names } from '../../shared/text/names.ts';
import { requestDonor } from './clean-snapshots.ts';
import { createContext, type DispatcherServices } from './context.ts';
import { type Candidate, executionName, PERSON } from './decide.ts';
import { considerCandidate, type DispatchResult } from './dispatch.ts';
import { readTagged, type TaggedInstance } from './facts.ts';
import { SNAPSHOT_VALID_MS } from './upgrade.ts';

/** @throws EventError where the event leads to no node */
export async function handleRequest(
  services: DispatcherServices,
  event: ManualHeal | NodeRequest | SnapshotRequest,
): Promise<DispatchAnswer | undefined> {
  const { clients, environment } = services;
  const settings = await readSettings(clients.ssm, environment.PARAMETER_PREFIX);
  const named =
    event.kind === 'snapshot' && event.node === undefined ? await resolveDonor(services, settings, event) : event;
  const candidate = await manualCandidate(clients.ec2, settings, named as NodeRequest, Date.now());
  const considered = await considerCandidate(createContext(services, settings), candidate);
  return considered && answerOf(considered);
}

async function resolveDonor(
  services: DispatcherServices,
  { fleets }: Settings,
  event: SnapshotRequest,
): Promise<NodeRequest | (SnapshotRequest & { readonly node: { readonly instanceId: string } })> {
  const fleet = findFleet(fleets, event.fleet);
  const chosen = await requestDonor(services, fleet.name, 'person');
  if (!('donor' in chosen))
    throw new NotNowError(
      `no node of ${fleet.name} can give a snapshot now: ${'notDue' in chosen ? chosen.notDue : chosen.reason}`,
    );
  return { ...event, node: { instanceId: chosen.donor.instanceId } };
}

/** @returns undefined where there is no incident */
export function answerOf({ dispatch, incident }: DispatchResult): DispatchAnswer | undefined {
  if (!incident) return undefined;
  const { fleet, node, instanceId, trigger, incidentId, onsetMs, attempt } = incident;
  const kind = healOf(trigger);
  const base = { fleet, node, instanceId, trigger, incidentId, onsetMs, attempt };
  const name = executionName({ kind, ...base });
  switch (dispatch.do) {
    case 'start':
    case 'invoke-again':
      return { ...base, executionName: name, did: 'started' };
    case 'refuse':
      return {
        ...base,
        executionName: name,
        did: 'refused',
        code: dispatch.refusal.refuse,
        reason: dispatch.refusal.reason,
      };
    case 'leave':
      return {
        ...base,
        executionName: name,
        did: dispatch.code === 'working' ? 'started' : 'left',
        reason: dispatch.reason,
      };
  }
}

/** The actions by name, as people's events spell them. */
const REQUESTS = {
  restore: 'restore',
  'replace-instance': 'replace',
  undo: 'undo',
  shrink: 'shrink',
  upgrade: 'upgrade',
} as const;

/** @throws EventError naming the field that leads to no fleet, no node, or more than one */
export async function manualCandidate(
  ec2: EC2Client,
  { fleets }: Settings,
  event: ManualHeal | NodeRequest | (SnapshotRequest & { readonly node: NodeSelector }),
  nowMs: number,
): Promise<Candidate> {
  const fleet = findFleet(fleets, event.fleet);
  const { alarm, ...asked } = requestedHealOf(fleet, event, nowMs);
  const instanceId = 'instanceId' in event.node ? event.node.instanceId : await findNode(ec2, fleet, event.node.name);
  const dimensions = { InstanceId: instanceId, ...alarm.dimensions };
  return {
    alarm: { alarmName: '', namespace: alarm.namespace, dimensions },
    instanceId,
    onsetMs: nowMs,
    ...asked,
    atOnce: true,
    ...(event.kind !== 'manual' && { isAnswered: true as const }),
    suppressedBy: null,
    fleet: fleet.name,
  };
}

type RequestedHeal = Pick<Candidate, 'trigger' | 'want' | 'acknowledgesValidator'> & {
  readonly alarm: Omit<Candidate['alarm'], 'alarmName'>;
};
const BY_PERSON = { namespace: PERSON, dimensions: {} };

function requestedHealOf(
  fleet: Fleet,
  event: ManualHeal | NodeRequest | SnapshotRequest,
  nowMs: number,
): RequestedHeal {
  if (event.kind === 'snapshot')
    return {
      trigger: { kind: event.plan ? 'plan' : 'snapshot', subject: 'clean' },
      alarm: BY_PERSON,
      ...(event.acknowledgesValidator && { acknowledgesValidator: true }),
    };
  if (event.kind === 'request') {
    const { want: asked, plan } = event;
    const want = asked.do === 'upgrade' ? upgradeOf(fleet, asked, nowMs) : asked;
    return { trigger: { kind: plan ? 'plan' : 'request', subject: REQUESTS[want.do] }, want, alarm: BY_PERSON };
  }
  const { trigger } = event;
  if (trigger?.kind === 'node' && trigger.subject === 'health') return { trigger, alarm: BY_PERSON };
  const disks = fleet.volumes.map(({ role, path }) => ({ path, text: triggerText({ kind: 'disk', subject: role }) }));
  const wanted = trigger && triggerText(trigger);
  const disk = disks.find(({ text }) => wanted === undefined || text === wanted);
  if (disk) return { alarm: { namespace: AGENT_NAMESPACE, dimensions: { path: disk.path } } };
  throw new EventError('trigger', wanted, `one of ${disks.map(({ text }) => text).join(', ')}, ${NODE_HEALTH}`);
}

/** The snapshot to go back to is as young as before an upgrade of a fleet. @throws EventError where the chain stops at no height */
function upgradeOf(fleet: Fleet, { to, atHeight }: UpgradeOfValidator, nowMs: number): UpgradeWanted {
  if (atHeight !== undefined) judgeStops(fleet, atHeight);
  return {
    ...{ do: 'upgrade', to, cleanSinceMs: nowMs - SNAPSHOT_VALID_MS, watchMinutes: 0, acknowledgesValidator: true },
    ...(atHeight !== undefined && { atHeight }),
  };
}

/** @throws EventError where clients of the fleet's chain do not stop at a height by themselves */
export function judgeStops({ chain }: Fleet, atHeight: number): void {
  if (familyOf(chain) !== 'cometbft')
    throw new EventError(
      'atHeight',
      atHeight,
      `no height: a client of ${chain} does not stop at one. Upgrade it before`,
    );
}

/** @throws EventError where no fleet has the name */
export function findFleet(fleets: readonly Fleet[], name: string): Fleet {
  const fleet = fleets.find((one) => one.name === name);
  if (!fleet) throw new EventError('fleet', name, `one of ${fleets.map((one) => one.name).join(', ')}`);
  return fleet;
}

async function findNode(ec2: EC2Client, fleet: Fleet, node: string): Promise<string> {
  const ours = await nodesNamed(ec2, fleet, node);
  const parts = partsOfName(node);
  const apart =
    ours.length === 0 && parts !== null
      ? (await nodesNamed(ec2, fleet, parts.written)).filter(
          (one) => isInGroup(one) && one.instanceId.endsWith(parts.idEnds),
        )
      : ours;
  const [only, another] = apart;
  if (only && !another) return only.instanceId;
  const several = names(apart.map((one) => (isInGroup(one) ? nameApart(node, one.instanceId) : one.instanceId)));
  const found = another ? `several have it: ${several}` : 'none has it';
  throw new EventError('node', node, `the name of exactly one node; ${found}`);
}

async function nodesNamed(ec2: EC2Client, fleet: Fleet, written: string): Promise<readonly TaggedInstance[]> {
  const named = await readTagged(ec2, fleet.nodes.nameTag, written);
  return named.filter(
    ({ tags }) => hasTags(tags, fleet.nodes.tags) && tags[JOINING_TAG] === undefined && tags[RETIRED_TAG] === undefined,
  );
}
