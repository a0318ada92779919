// A fleet's instances at the desk: found as the functions find them, and the pause of one, which is a tag on it.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateTagsCommand, DeleteTagsCommand, EC2Client, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import { readAllPages } from '../../../shared/aws/pagination.ts';
import { type Target, targetToPutBack } from '../../../shared/fleet/membership.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { discoverByClaim } from '../../../shared/fleet/nodes.ts';
import { judgePauseTag, PAUSE_TAG } from '../../../shared/guardrails/switches.ts';
import { createStore } from '../../../shared/heal/store.ts';
import { FLEET_TAG, NODE_TAG, RETIRED_TAG } from '../../../shared/model/tags.ts';
import { commandNames } from '../../names.ts';
import type { Yes } from '../consent.ts';
import { withStoreError } from './parameter-store.ts';

/** Each method throws a `StoreError` with AWS's own words. */
export interface FleetInstances {
  /** What is the fleet's, and what carries its tags and is not (`shared/fleet/membership.ts`). */
  readonly of: (fleet: Fleet) => ReturnType<typeof discoverByClaim>;
  /** Paused instances from which another one took this node's place: a heal that has still to put them away waits for the end of that pause. */
  readonly pausedAside: (fleet: Fleet, node: string) => Promise<readonly PausedAside[]>;
  /** @param reason undefined: the pause ends */
  readonly pause: (node: Target, reason: string | undefined, yes: Yes) => Promise<void>;
}

/** A node is replaced a few times a week at most, and what was put away is kept for a week: one page is enough, but EC2 may answer with empty ones. */
const ASIDE_PAGES_MAX = 100;
const ASIDE_PAGE_SIZE = 100;

export interface PausedAside {
  readonly target: Target;
  readonly reason: string;
}

/** Uses the account and region of the environment, as every AWS command does. */
export function ec2Instances(ec2 = new EC2Client(), dynamodb = new DynamoDBClient()): FleetInstances {
  return {
    of: (fleet) =>
      withStoreError('the nodes', () => discoverByClaim(ec2, fleet, createStore(dynamodb, commandNames().tableName))),
    pausedAside: (fleet, node) =>
      withStoreError('the nodes', async () => {
        const Filters = [
          { Name: `tag:${FLEET_TAG}`, Values: [fleet.name] },
          { Name: `tag:${NODE_TAG}`, Values: [node] },
          { Name: 'tag-key', Values: [RETIRED_TAG] },
          { Name: 'tag-key', Values: [PAUSE_TAG] },
        ];
        const found = await readAllPages(
          paginateDescribeInstances({ client: ec2, pageSize: ASIDE_PAGE_SIZE }, { Filters }),
          ({ Reservations = [] }) => Reservations.flatMap(({ Instances = [] }) => Instances),
          ASIDE_PAGES_MAX,
          `instances that were put aside for ${fleet.name}/${node}`,
        );
        return found.flatMap(({ InstanceId = '', Tags = [] }) => {
          const tags = Object.fromEntries(Tags.map(({ Key = '', Value = '' }) => [Key, Value]));
          const paused = judgePauseTag(tags);
          const target = targetToPutBack(fleet, InstanceId, tags);
          return paused === null || 'refuse' in target ? [] : [{ target, reason: paused.reason }];
        });
      }),
    pause: ({ instanceId }, reason) =>
      withStoreError('the tag', async () => {
        const Resources = [instanceId];
        if (reason === undefined) await ec2.send(new DeleteTagsCommand({ Resources, Tags: [{ Key: PAUSE_TAG }] }));
        else await ec2.send(new CreateTagsCommand({ Resources, Tags: [{ Key: PAUSE_TAG, Value: reason }] }));
      }),
  };
}
