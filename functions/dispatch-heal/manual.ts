// A person's call becomes a candidate like any other: the guardrails are the same, only the alarm is missing.
import { DescribeInstancesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import type { ManualHeal } from '../../shared/events/dispatch.ts';
import { EventError } from '../../shared/events/errors.ts';
import type { Settings } from '../../shared/fleet/settings.ts';
import type { Candidate } from './decide.ts';

const METRIC_NAMESPACE = 'CWAgent';

/** @throws EventError naming the field that leads to no fleet, no node, or more than one */
export async function manualCandidate(
  ec2: EC2Client,
  { fleets }: Settings,
  event: ManualHeal,
  nowMs: number,
): Promise<Candidate> {
  const fleet = fleets.find(({ name }) => name === event.fleet);
  if (!fleet) throw new EventError('fleet', event.fleet, `one of ${fleets.map(({ name }) => name).join(', ')}`);
  const role = event.trouble?.split(':')[1] ?? fleet.volumes[0]?.role;
  const volume = fleet.volumes.find((candidate) => candidate.role === role);
  if (!volume) {
    const known = fleet.volumes.map((candidate) => `disk:${candidate.role}`).join(', ');
    throw new EventError('trouble', event.trouble, `one of ${known}`);
  }
  const instanceId =
    'instanceId' in event.node ? event.node.instanceId : await findNode(ec2, fleet.nodes, event.node.name);
  return {
    alarm: { alarmName: '', namespace: METRIC_NAMESPACE, dimensions: { InstanceId: instanceId, path: volume.path } },
    instanceId,
    onsetMs: nowMs,
    atOnce: true,
    suppressedBy: null,
    fleet: fleet.name,
  };
}

async function findNode(
  ec2: EC2Client,
  { tags, nameTag }: { readonly tags: Readonly<Record<string, string>>; readonly nameTag: string },
  node: string,
): Promise<string> {
  const Filters = [
    ...Object.entries({ ...tags, [nameTag]: node }).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] })),
    // An instance that was replaced is shown, with its name, for an hour after its end.
    { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
  ];
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
  const [only, another] = Reservations.flatMap(({ Instances = [] }) => Instances);
  if (!only?.InstanceId || another)
    throw new EventError('node', node, `the name of exactly one node; ${another ? 'several have it' : 'none has it'}`);
  return only.InstanceId;
}
