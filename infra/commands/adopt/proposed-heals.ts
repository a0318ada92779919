// What heals of a proposed fleet would need: its owner's word, snapshots, and what another instance is made from. Pure.
import { toolTagOf } from '../../../shared/guardrails/owner.ts';
import { hasTags } from '../../../shared/model/tags.ts';
import type { NodeSigns } from './evidence.ts';
import { type Facts, type Missing, namesOf, type Part, short, tagCommand } from './part.ts';

export function ownerKeys({ group: { nodes } }: Facts): Part {
  const stacks = new Set(nodes.map(({ instance: { tags } }) => tags['aws:cloudformation:stack-name'] ?? null));
  const tools = new Set(nodes.map(({ instance: { tags } }) => toolTagOf(tags)));
  const word = (by: string, from: string): Part => ({
    keys: [{ key: 'owner', value: { by }, from }],
    missing: [
      {
        for: ['restore', 'replace'],
        what: 'its owner’s word: other volumes and another instance are a drift for the tool; owner.acceptDrift: true allows them',
      },
    ],
  });
  const [stack] = stacks;
  if (!stacks.has(null))
    return word(
      'cloudformation',
      `AWS’s own tag says the stack ${short([...stacks].flatMap((one) => one ?? []))}; cdk, if an app made it`,
    );
  const [tool] = tools;
  if (stack === null && tools.size === 1 && tool != null)
    return word(/pulumi/i.test(tool) ? 'pulumi' : 'terraform', `the tag ${tool}; a guess, as a person wrote it`);
  return { notKnown: ['owner: who made the machines: owner.by is terraform, cloudformation, cdk, pulumi or nobody'] };
}

export function snapshotKeys({ volumes, readOut, group }: Facts): Part {
  if (readOut.unread.some(({ what }) => what === 'snapshots'))
    return { notKnown: ['snapshots: whether there are any, which could not be read'] };
  const ids = new Set(volumes.map(({ volume }) => volume.volumeId));
  const found = readOut.snapshots.filter(({ volumeId, completed }) => completed && ids.has(volumeId));
  const bare = found.filter(({ tags }) => !hasTags(tags, group.selector) && tags['chainmend:fleet'] === undefined);
  const policies = [...new Set(bare.flatMap(({ policyId }) => policyId ?? []))].sort();
  const useful = found.length - bare.length + bare.filter(({ policyId }) => policyId !== null).length;
  const clean = found.filter(({ tags }) => tags['chainmend:fleet'] !== undefined).length;
  return {
    notKnown:
      useful > 0 && clean === 0
        ? [`snapshots: whether the client opens what is in them; ${found.length} were taken of running clients`]
        : [],
    missing: [
      ...(useful === 0
        ? [
            {
              for: ['restore'] as const,
              what: `a snapshot of a data volume${found.length > 0 ? `: ${found.length} are there without the fleet’s tags, and are not used` : ''}; snapshots: { clean: {} } stops one node a day for one`,
            },
          ]
        : []),
      ...(policies.length > 0
        ? [
            {
              for: ['restore'] as const,
              what: `replace.lifecyclePolicies: [${policies.join(', ')}], whose snapshots carry no tags of the volumes`,
            },
          ]
        : []),
    ],
  };
}

export function replaceKeys({ group: { nodes, selector }, readOut }: Facts): Part {
  const missing: Missing[] = [];
  const members = nodes.filter(({ instance: { tags } }) => tags['aws:autoscaling:groupName'] !== undefined);
  const templates = new Map(readOut.launchTemplates.map((template) => [template.templateId, template]));
  const idOf = ({ instance: { tags } }: NodeSigns): string | undefined => tags['aws:ec2launchtemplate:id'];
  const without = nodes.filter((node) => idOf(node) === undefined);
  const own = [...new Set(nodes.flatMap((node) => idOf(node) ?? []))];
  if (without.length > 0)
    missing.push({
      for: ['replace'],
      what: `a launch template of ${namesOf(without)}: name one in replace.launchTemplate`,
    });
  const untagged = own.filter((id) => {
    const template = templates.get(id);
    return template !== undefined && !hasTags(template.tags, selector);
  });
  if (untagged.length > 0)
    missing.push({
      for: ['replace'],
      what: `the fleet’s tags on the launch template: ${tagCommand(untagged, selector)}`,
    });
  const withData = own.filter((id) => templates.get(id)?.hasUserData === true);
  if (withData.length > 0)
    missing.push({ for: ['replace'], what: `replace.userData: ${withData.join(', ')} has user data; run or ignore` });
  if (own.length > 0)
    missing.push({
      for: ['replace'],
      what: 'the roles of its instance profile at the deployment: npm run chainmend -- check --account prints -c nodeRoles=…',
    });
  if (members.length > 0)
    missing.push({
      for: ['restore', 'replace'],
      what: `replace.autoScaling: standby: ${namesOf(members)} ${members.length === 1 ? 'is' : 'are'} in an Auto Scaling group`,
    });
  const given = nodes.filter(({ instance }) => instance.publicIp !== null && !instance.elasticIp);
  if (given.length > 0)
    missing.push({
      for: ['replace'],
      what: `replace.publicAddress: may-change: ${namesOf(given)} ${given.length === 1 ? 'has a public address that is' : 'have public addresses that are'} not elastic, and a stop loses it`,
    });
  const stores = nodes.filter(({ instance }) => readOut.instanceStoreTypes.includes(instance.type));
  if (stores.length > 0)
    missing.push({
      for: ['replace'],
      what: `volumes that a stop keeps: ${namesOf(stores)} ${stores.length === 1 ? 'has' : 'have'} instance store`,
    });
  return { missing };
}
