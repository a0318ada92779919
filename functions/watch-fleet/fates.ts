// What EC2 says, by their ids, of nodes that discovery does not show any more: that a node is not found is no proof that it has ended.
import { type EC2Client, type Instance, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import { readAllPages } from '../../shared/aws/pagination.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { isOutside } from '../../shared/fleet/nodes.ts';
import { hasTags } from '../../shared/model/tags.ts';

/**
 * untagged: EC2 shows it alive, and without the fleet's tags. tagged: alive, and with them: the list by tags is not consistent yet. outside: a heal has
 * taken it out of the fleet. unshown: EC2 does not show it, as it does with an instance that ended more than an hour ago, or that is very new.
 */
export type Fate = 'terminated' | 'untagged' | 'tagged' | 'outside' | 'unshown';

/** By instance id; who is not in it was not asked for. */
export type Fates = ReadonlyMap<string, Fate>;

/** "Values: up to 200" (Filter, @aws-sdk/client-ec2). */
const IDS_A_CALL = 200;
/** Who loses more has one cause, and the first of them show it. */
const IDS_AT_MOST = 400;

export async function readFates(ec2: EC2Client, fleet: Fleet, instanceIds: readonly string[]): Promise<Fates> {
  const asked = instanceIds.slice(0, IDS_AT_MOST);
  const shown = new Map<string, Instance>();
  for (let from = 0; from < asked.length; from += IDS_A_CALL) {
    const Filters = [{ Name: 'instance-id', Values: asked.slice(from, from + IDS_A_CALL) }];
    const instances = await readAllPages(
      paginateDescribeInstances({ client: ec2 }, { Filters }),
      ({ Reservations = [] }) => Reservations.flatMap(({ Instances = [] }) => Instances),
      IDS_A_CALL,
      'nodes that discovery does not show',
    );
    for (const instance of instances) shown.set(instance.InstanceId ?? '', instance);
  }
  return new Map(asked.map((id) => [id, fateOf(fleet, shown.get(id))]));
}

/** EC2 may show no tags of a terminated instance any more: its state is looked at first. */
export function fateOf({ nodes }: Pick<Fleet, 'nodes'>, instance: Pick<Instance, 'State' | 'Tags'> | undefined): Fate {
  if (instance === undefined) return 'unshown';
  const { State, Tags = [] } = instance;
  if (State?.Name === 'terminated' || State?.Name === 'shutting-down') return 'terminated';
  const tags = Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
  if (isOutside(tags)) return 'outside';
  return hasTags(tags, nodes.tags) ? 'tagged' : 'untagged';
}
