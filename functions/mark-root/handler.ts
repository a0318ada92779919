// mark-root: tags the root volume of a stopped node, so that replace-node may put it back later. IAM can fence the attachment of a volume by its tags
// only, and root volumes seldom carry any. So replace-node may not write this tag, and this function may not attach.
import { DescribeInstancesCommand, type Instance } from '@aws-sdk/client-ec2';
import middy from '@middy/core';
import * as v from 'valibot';
import { awsClients, type Clients } from '../../shared/aws/clients.ts';
import { readEnvironment } from '../../shared/aws/environment.ts';
import { logged } from '../../shared/aws/log.ts';
import { tagResources } from '../../shared/aws/tagging.ts';
import { checked, text } from '../../shared/events/fields.ts';
import { judgeMembership } from '../../shared/fleet/membership.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { readSwitches } from '../../shared/guardrails/switches.ts';
import type { MarkAnswer, MarkQuestion } from '../../shared/model/questions.ts';
import { ROOT_TAG } from '../../shared/model/tags.ts';

export { awsClients };

const ENVIRONMENT = ['PARAMETER_PREFIX'] as const;

/** It reads no record: where the file is broken, nothing is marked. */
const NO_TABLE = { readFileVersion: async () => undefined };

const question = v.strictObject({
  kind: v.literal('mark-root'),
  fleet: text(/^[a-z][a-z0-9-]{0,31}$/, "a fleet's name of lower-case letters, digits and -"),
  instanceId: text(/^i-[0-9a-f]{8,17}$/, 'an instance id'),
  volumeId: text(/^vol-[0-9a-f]{8,17}$/, 'a volume id'),
});

export function createHandler({ clients }: { readonly clients: Clients }) {
  const mark = async (event: unknown): Promise<MarkAnswer> => {
    const { PARAMETER_PREFIX } = readEnvironment(ENVIRONMENT);
    return answer(clients, PARAMETER_PREFIX, checked(question, event));
  };
  return middy<unknown, MarkAnswer>().use(logged()).handler(mark);
}

async function answer(
  { ec2, ssm }: Clients,
  prefix: string,
  { fleet: name, instanceId, volumeId }: MarkQuestion,
): Promise<MarkAnswer> {
  const context = { clients: { ssm }, environment: { PARAMETER_PREFIX: prefix }, store: NO_TABLE };
  const switches = await readSwitches(context, name);
  if ('refuse' in switches) return { refused: switches.reason };
  const byId = { Filters: [{ Name: 'instance-id', Values: [instanceId] }] };
  const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand(byId));
  const refused = markFault(switches.fleet, Reservations[0]?.Instances?.[0] ?? null, { instanceId, volumeId });
  if (refused !== null) return { refused };
  await tagResources(ec2, [volumeId], { [ROOT_TAG]: switches.fleet.tag });
  return { marked: volumeId };
}

/**
 * Why the volume gets no tag; null where it gets one. replace-node has read the pauses in the step before: work on a node that is already stopped is
 * finished even under a pause.
 */
export function markFault(
  fleet: Pick<Fleet, 'suite' | 'name' | 'nodes' | 'neighbours'>,
  instance: Instance | null,
  { instanceId, volumeId }: Pick<MarkQuestion, 'instanceId' | 'volumeId'>,
): string | null {
  if (!instance) return `${instanceId} is not there`;
  const tags = new Map((instance.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
  const lacks = Object.entries(fleet.nodes.tags).find(([key, value]) => tags.get(key) !== value);
  if (lacks) return `${instanceId} is no node of ${fleet.name}: it has no tag ${lacks[0]}=${lacks[1]}`;
  const elsewhere = judgeMembership(
    fleet,
    instanceId,
    Object.fromEntries([...tags].map(([key = '', value = '']) => [key, value])),
  );
  if (elsewhere) return elsewhere.reason;
  const state = instance.State?.Name ?? 'unknown';
  if (state !== 'stopped') return `${instanceId} is ${state}, expected stopped`;
  const root = instance.BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === instance.RootDeviceName);
  const rootId = root?.Ebs?.VolumeId;
  return rootId === volumeId ? null : `${volumeId} is not the root volume of ${instanceId}: ${rootId ?? 'none'} is`;
}

export const handler = createHandler({ clients: awsClients() });
