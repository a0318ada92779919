// A fleet's instances at the desk: found as the functions find them, and the pause of one, which is a tag on it.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateTagsCommand, DeleteTagsCommand, EC2Client } from '@aws-sdk/client-ec2';
import type { Target } from '../../../shared/fleet/membership.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { discoverByClaim } from '../../../shared/fleet/nodes.ts';
import { PAUSE_TAG } from '../../../shared/guardrails/switches.ts';
import { createStore } from '../../../shared/heal/store.ts';
import { commandNames } from '../../names.ts';
import type { Yes } from '../consent.ts';
import { withStoreError } from './parameter-store.ts';

/** Each method throws a `StoreError` with AWS's own words. */
export interface FleetInstances {
  /** What is the fleet's, and what carries its tags and is not (`shared/fleet/membership.ts`). */
  readonly of: (fleet: Fleet) => ReturnType<typeof discoverByClaim>;
  /** @param reason undefined: the pause ends */
  readonly pause: (node: Target, reason: string | undefined, yes: Yes) => Promise<void>;
}

/** Uses the account and region of the environment, as every AWS command does. */
export function ec2Instances(ec2 = new EC2Client(), dynamodb = new DynamoDBClient()): FleetInstances {
  return {
    of: (fleet) =>
      withStoreError('the nodes', () => discoverByClaim(ec2, fleet, createStore(dynamodb, commandNames().tableName))),
    pause: ({ instanceId }, reason) =>
      withStoreError('the tag', async () => {
        const Resources = [instanceId];
        if (reason === undefined) await ec2.send(new DeleteTagsCommand({ Resources, Tags: [{ Key: PAUSE_TAG }] }));
        else await ec2.send(new CreateTagsCommand({ Resources, Tags: [{ Key: PAUSE_TAG, Value: reason }] }));
      }),
  };
}
