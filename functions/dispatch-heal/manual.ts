// A person's wish becomes a candidate like any other: the guardrails are the same, only the alarm is missing.
import type { EC2Client } from '@aws-sdk/client-ec2';
import type { ManualHeal, NamedNode, NodeRequest, SnapshotRequest } from '../../shared/events/dispatch.ts';
import { EventError } from '../../shared/events/errors.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { Settings } from '../../shared/fleet/settings.ts';
import { JOINING_TAG, RETIRED_TAG } from '../../shared/model/tags.ts';
import type { Candidate } from './decide.ts';
import { HEALTH } from './kinds.ts';
import { readTagged } from './truth.ts';

const AGENT_NAMESPACE = 'CWAgent';

/** By name, in the events of people. */
const REQUESTS = { restore: 'restore', 'replace-instance': 'replace', undo: 'undo' } as const;

/** @throws EventError naming the field that leads to no fleet, no node, or more than one */
export async function manualCandidate(
  ec2: EC2Client,
  { fleets }: Settings,
  event: ManualHeal | NodeRequest | (SnapshotRequest & { readonly node: NamedNode }),
  nowMs: number,
): Promise<Candidate> {
  const fleet = fleetNamed(fleets, event.fleet);
  const { alarm, ...asked } = askedOf(fleet, event);
  const instanceId = 'instanceId' in event.node ? event.node.instanceId : await findNode(ec2, fleet, event.node.name);
  const dimensions = { InstanceId: instanceId, ...alarm.dimensions };
  return {
    alarm: { alarmName: '', namespace: alarm.namespace, dimensions },
    instanceId,
    onsetMs: nowMs,
    ...asked,
    atOnce: true,
    suppressedBy: null,
    fleet: fleet.name,
  };
}

type Asked = Pick<Candidate, 'trouble' | 'want'> & { readonly alarm: Omit<Candidate['alarm'], 'alarmName'> };
const PERSON = { namespace: 'person', dimensions: {} };

function askedOf(fleet: Fleet, event: ManualHeal | NodeRequest | SnapshotRequest): Asked {
  if (event.kind === 'snapshot') return { trouble: `${event.plan ? 'plan' : 'snapshot'}:clean`, alarm: PERSON };
  if (event.kind === 'request') {
    const { want, plan } = event;
    return { trouble: `${plan ? 'plan' : 'request'}:${REQUESTS[want.do]}`, want, alarm: PERSON };
  }
  const { trouble } = event;
  if (trouble === HEALTH) return { trouble, alarm: PERSON };
  const role = trouble?.split(':')[1] ?? fleet.volumes[0]?.role;
  const volume = fleet.volumes.find((candidate) => candidate.role === role);
  if (volume) return { alarm: { namespace: AGENT_NAMESPACE, dimensions: { path: volume.path } } };
  const known = fleet.volumes.map((candidate) => `disk:${candidate.role}`).join(', ');
  throw new EventError('trouble', trouble, `one of ${known}, ${HEALTH}`);
}

export function fleetNamed(fleets: readonly Fleet[], name: string): Fleet {
  const fleet = fleets.find((one) => one.name === name);
  if (!fleet) throw new EventError('fleet', name, `one of ${fleets.map((one) => one.name).join(', ')}`);
  return fleet;
}

async function findNode(ec2: EC2Client, fleet: Fleet, node: string): Promise<string> {
  const named = await readTagged(ec2, fleet.nodes.nameTag, node);
  const ours = named.filter(
    ({ tags }) =>
      Object.entries(fleet.nodes.tags).every(([key, value]) => tags[key] === value) &&
      tags[JOINING_TAG] === undefined &&
      tags[RETIRED_TAG] === undefined,
  );
  const [only, another] = ours;
  if (!only || another)
    throw new EventError('node', node, `the name of exactly one node; ${another ? 'several have it' : 'none has it'}`);
  return only.instanceId;
}
