// A fleet that has copies where the suite is, and its nodes in another region or account.
import { homeOf } from '../checks/copies.ts';
import { launchTemplate } from './fixtures.ts';
import type { World } from './world.ts';
import { bitcoinChain, followers, QUICK_BLOCKS, references } from './worlds.ts';

/**
 * Three followers there; here a launch template of theirs, and nothing else.
 *
 * @param kmsKeyId of their volumes; the default key of EBS unless given
 */
export function nodesElsewhere(world: World, kmsKeyId?: string): void {
  const chain = bitcoinChain(world, 1, { clock: QUICK_BLOCKS });
  references(world, chain);
  const there = homeOf(world);
  there.shareChain(chain);
  followers(there, 3, () => ({
    volumes: [{ role: 'data', path: '/node-data', sizeGiB: 100, usedPercent: 46, ...(kmsKeyId && { kmsKeyId }) }],
    machine: { startSeconds: 15 },
  }));
  world.beforehand(() => tagRoots(there));
  launchTemplate(world, 'bitcoin');
}

/** As a launch template does that tags all volumes: policies take the roots, too. */
async function tagRoots({ region }: World): Promise<void> {
  const roots = region.ec2.volumes().filter(({ attachment }) => attachment?.device === '/dev/xvda');
  const Tags = [{ Key: 'Component', Value: 'nodes/bitcoin' }];
  await region.call('ec2', 'CreateTags', { Resources: roots.map(({ volumeId }) => volumeId), Tags });
}

/** The ids of the lifecycle policies of where the nodes are. */
export async function policiesElsewhere(world: World): Promise<readonly string[]> {
  const { Policies } = (await homeOf(world).region.call('dlm', 'GetLifecyclePolicies', {})) as {
    readonly Policies: readonly { readonly PolicyId: string }[];
  };
  return Policies.map(({ PolicyId }) => PolicyId);
}

/** A person deletes them: no snapshot is taken any more. */
export async function deletePolicies(world: World): Promise<void> {
  for (const PolicyId of await policiesElsewhere(world))
    await homeOf(world).region.call('dlm', 'DeleteLifecyclePolicy', { PolicyId });
}
