// What the stories of deployed networks share: a fleet file becomes nodes, by the stack that is synthesized from it, and each of them sets itself up.
import { createHash } from 'node:crypto';
import { runOnNode, type StoryLog } from '../story.ts';
import type { RealNode, RealWorld } from '../world.ts';

/** It is there at the very end of the first boot. */
export const RESULT = '/run/cloud-init/result.json';
const LOG = '/var/log/chainmend-first-boot.log';
/** Six systems boot, install and start their clients on the two cores that other stories use as well. */
const DEPLOYED_WITHIN_SECONDS = 480;

/** @returns its nodes, each of which has set itself up and started its client */
export async function deployed(
  { say, becomes, holds }: StoryLog,
  world: RealWorld,
  fleet: string,
): Promise<readonly RealNode[]> {
  say(fleet, 'its owner deploys its nodes: npm run deploy:nodes');
  const nodes = await world.deployNodes(fleet);
  say(
    fleet,
    `CloudFormation has made ${nodes.length} instances, their volumes, keys and genesis; their first boots go on`,
  );
  await becomes(
    'every first boot has come to its end',
    DEPLOYED_WITHIN_SECONDS,
    async () => (await Promise.all(nodes.map(isOver))).every(Boolean),
    () => Promise.all(nodes.map(lastWords)),
  );
  for (const node of nodes) {
    const { errors } = JSON.parse(await runOnNode(node, 'cat "$1"', RESULT)).v1 as { readonly errors: unknown[] };
    holds(`that of ${node.name} has refused nothing`, errors.length === 0, await lastWords(node));
  }
  await holdsVerbatim(holds, world, nodes);
  const secrets = secretsMade(world);
  holds('one secret was made for each node, and one for all', secrets === nodes.length + 1, secrets);
  return nodes;
}

/** Whether its first boot has come to its end. */
export const isOver = async ({ machine }: RealNode): Promise<boolean> =>
  (await machine.shell('test -e "$1"', RESULT)).exitCode === 0;

const lastWords = async ({ name, machine }: RealNode): Promise<readonly string[]> => [
  name,
  (await machine.shell('tail -n 6 "$1"; tail -n 3 /var/log/cloud-init-output.log', LOG)).stdout,
];

/** What each machine has run is what the launch template of its node says, to the byte. */
async function holdsVerbatim(holds: StoryLog['holds'], { region }: RealWorld, nodes: readonly RealNode[]) {
  for (const node of nodes) {
    const { settings } = region.ec2.instance(node.instanceId);
    const ran = await runOnNode(node, 'sha256sum </var/lib/cloud/instance/scripts/part-001 ');
    holds(
      `${node.name} has run the user data of its launch template, to the byte`,
      ran.split(' ')[0] === sha256(Buffer.from(settings.userData ?? '', 'base64')),
      ran,
    );
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const secretsMade = ({ region }: RealWorld): number =>
  region.gateway.trace.calls.filter(
    ({ service, operation, outcome }) =>
      service === 'secretsmanager' && operation === 'CreateSecret' && outcome === 'ok',
  ).length;
