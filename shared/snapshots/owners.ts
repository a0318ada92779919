// Whose node's volume is which, by EC2's attachments and the fleet file's tags: what tells whose a snapshot is that says nothing itself.
import { DescribeVolumesCommand, type EC2Client, type Volume } from '@aws-sdk/client-ec2';
import type { Fleet } from '../fleet/model.ts';
import type { FleetNode } from '../fleet/nodes.ts';
import type { VolumeOwner } from './sets.ts';

/** "The maximum number of filter values specified on a single call is 200" (FilterLimitExceeded). */
const FILTER_VALUES = 200;
/** "MaxResults: between 5 and 500" (DescribeVolumesRequest). */
const A_PAGE = 500;
const MAX_PAGES = 10;
/** "Reserved for root volumes: /dev/sda1 or /dev/xvda" ("Device names for volumes on Amazon EC2 instances"). */
const ROOT_DEVICES = new Set(['/dev/sda1', '/dev/xvda']);

/** @throws Error when there are more pages than `MAX_PAGES` for 200 nodes */
export async function readOwners(
  ec2: EC2Client,
  fleet: Pick<Fleet, 'name' | 'volumes'>,
  nodes: readonly Pick<FleetNode, 'instanceId' | 'name'>[],
): Promise<ReadonlyMap<string, VolumeOwner>> {
  const names = new Map(nodes.map(({ instanceId, name }) => [instanceId, name]));
  const ids = [...names.keys()];
  const volumes: Volume[] = [];
  for (let from = 0; from < ids.length; from += FILTER_VALUES) {
    const Filters = [{ Name: 'attachment.instance-id', Values: ids.slice(from, from + FILTER_VALUES) }];
    let NextToken: string | undefined;
    for (let page = 0; page === 0 || NextToken; page++) {
      if (page === MAX_PAGES)
        throw new Error(`fleet ${fleet.name} has more than ${MAX_PAGES * A_PAGE} volumes: half-read ones are refused`);
      const read = await ec2.send(
        new DescribeVolumesCommand({ Filters, MaxResults: A_PAGE, ...(NextToken && { NextToken }) }),
      );
      volumes.push(...(read.Volumes ?? []));
      NextToken = read.NextToken;
    }
  }
  return ownersOf(fleet, names, volumes);
}

/**
 * Pure part of `readOwners`. A volume has a role where its tags are one role's and no other volume of its instance has the same; all
 * others have none, since it is better to know nothing of a volume than to take an old root for data.
 *
 * @param names of the nodes, by instance id
 */
export function ownersOf(
  { volumes: roles }: Pick<Fleet, 'volumes'>,
  names: ReadonlyMap<string, string>,
  volumes: readonly Volume[],
): ReadonlyMap<string, VolumeOwner> {
  const owners = new Map<string, VolumeOwner>();
  const seen = new Map<string, string[]>();
  for (const { VolumeId = '', Attachments = [], Tags = [] } of volumes) {
    const attachment = Attachments.find(({ InstanceId = '' }) => names.has(InstanceId));
    const node = names.get(attachment?.InstanceId ?? '');
    if (node === undefined) continue;
    const isRoot = ROOT_DEVICES.has(attachment?.Device ?? '');
    const matching = roles.filter(({ tags }) =>
      Object.entries(tags).every(([key, value]) => Tags.some((tag) => tag.Key === key && tag.Value === value)),
    );
    const role = !isRoot && matching.length === 1 ? (matching[0]?.role ?? null) : null;
    owners.set(VolumeId, { node, role });
    if (role === null) continue;
    const place = JSON.stringify([attachment?.InstanceId, role]);
    const same = [...(seen.get(place) ?? []), VolumeId];
    seen.set(place, same);
    if (same.length > 1) for (const volumeId of same) owners.set(volumeId, { node, role: null });
  }
  return owners;
}
