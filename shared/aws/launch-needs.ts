// What another instance is launched from: the template, and its parts without the fleet's tags, which no heal may use. It reads, and changes nothing.
import { DescribeLaunchTemplateVersionsCommand, DescribeTagsCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { claimantsOfResource, isResourceOf } from '../fleet/membership.ts';
import type { Fleet } from '../fleet/model.ts';
import type { InstanceDescription } from './instances.ts';
import type { Launch } from './launch.ts';
import { catchRefusal } from './refusals.ts';

type Tags = Readonly<Record<string, string>>;

/** A template that the fleet file names comes first, in its default version: the instance's version belongs to the instance's own template. */
export function templateOf(
  { replace }: Pick<Fleet, 'replace'>,
  own: InstanceDescription['launchTemplate'],
): Launch['launchTemplate'] | null {
  const { launchTemplate } = replace;
  if (launchTemplate === undefined) return own && { id: own.id };
  return launchTemplate.startsWith('lt-') ? { id: launchTemplate } : { name: launchTemplate };
}

/** Parts of the launch template that are not the fleet's alone: the template itself, and the security groups that its interfaces name. */
export async function launchNeeds(
  { ec2 }: { readonly ec2: EC2Client },
  fleet: Fleet,
  original: Pick<InstanceDescription, 'launchTemplate'>,
): Promise<readonly string[]> {
  const template = templateOf(fleet, original.launchTemplate);
  if (!template) return [];
  const named = 'id' in template ? { LaunchTemplateId: template.id } : { LaunchTemplateName: template.name };
  const read = await catchRefusal(() =>
    ec2.send(new DescribeLaunchTemplateVersionsCommand({ ...named, Versions: ['$Default'] })),
  );
  // The launch itself reports the error.
  if ('refused' in read) return [];
  const [version] = read.LaunchTemplateVersions ?? [];
  const id = version?.LaunchTemplateId;
  // A template that the fleet file names by its id is granted by that.
  const isGranted = id !== undefined && id === fleet.replace.launchTemplate;
  const groups = (version?.LaunchTemplateData?.NetworkInterfaces ?? []).flatMap(({ Groups = [] }) => Groups);
  return withoutFleetTags(ec2, fleet, [...(id === undefined || isGranted ? [] : [id]), ...new Set(groups)]);
}

/** Why heals may not use a resource, in few words; empty where they may. */
export function strangeResource(fleet: Fleet, name: string, tags: Tags): readonly string[] {
  if (isResourceOf(fleet, tags)) return [];
  const others = claimantsOfResource(fleet, tags);
  return [
    others.length > 0 ? `${name} (which ${others.join(' and ')} ${others.length > 1 ? 'claim' : 'claims'})` : name,
  ];
}

/** Those of the resources that lack the fleet's tags, or that another fleet claims, too. */
export async function withoutFleetTags(
  ec2: EC2Client,
  fleet: Fleet,
  ids: readonly string[],
): Promise<readonly string[]> {
  if (ids.length === 0) return [];
  const byId = { Filters: [{ Name: 'resource-id', Values: [...ids] }] };
  const { Tags = [] } = await ec2.send(new DescribeTagsCommand(byId));
  return ids.flatMap((id) => {
    const own = Tags.filter(({ ResourceId }) => ResourceId === id);
    return strangeResource(fleet, id, Object.fromEntries(own.map(({ Key = '', Value = '' }) => [Key, Value])));
  });
}
