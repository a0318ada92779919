// AWS, as `npm run chainmend -- names` uses it: the fleet files as the functions read them, the nodes and the zone, and batches of changes.
import { setTimeout } from 'node:timers/promises';
import { ResourceNotFoundException as NoSuchTable } from '@aws-sdk/client-dynamodb';
import { ChangeResourceRecordSetsCommand, InvalidChangeBatch, PriorRequestNotComplete } from '@aws-sdk/client-route-53';
import { readNodeFacts } from '../../../functions/register-nodes/facts.ts';
import { inBatches, type NameFacts, type RecordSetChange } from '../../../functions/register-nodes/records.ts';
import { batchChanges, findZone, readZone } from '../../../functions/register-nodes/zone.ts';
import { namesClients } from '../../../shared/aws/clients.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { readSettings, type Settings } from '../../../shared/fleet/settings.ts';
import { createStore } from '../../../shared/heal/store.ts';
import { pacer } from '../../../shared/reconcile/pace.ts';
import { commandNames } from '../../names.ts';
import type { Yes } from '../consent.ts';
import { StoreError } from '../errors.ts';
import { withStoreError } from '../fleets/parameter-store.ts';
import type { AwsClientConfig } from '../preflight/account.ts';

export type NamedFleet = NameFacts['fleet'] & Fleet;

/** Each method throws a `StoreError` with AWS's own words. */
export interface NamesAccount {
  /** Every stored fleet file and pause, as the functions read them. */
  readonly settings: () => Promise<Settings>;
  /** What register-nodes would see of a fleet's nodes and zone in its next run. */
  readonly facts: (
    fleet: NamedFleet,
    fleets: readonly Fleet[],
  ) => Promise<{ readonly zoneId: string; readonly names: NameFacts }>;
  /** Sends the changes in atomic batches, and stops at the first that Route 53 refuses. @returns why it did; undefined: all were made */
  readonly change: (
    zoneId: string,
    comment: string,
    changes: readonly RecordSetChange[],
    yes: Yes,
  ) => Promise<string | undefined>;
}

/** "Five requests per second per AWS account" (Route 53 quotas). */
const ROUTE53_GAP_MS = 250;
/** While Route 53 processes another request for the same zone (PriorRequestNotComplete). */
const AGAIN_AFTER_MS = 1_000;
const TRIES = 5;

/** Uses the account and region of the environment, unless a test names them. */
export function awsNames(config: AwsClientConfig = {}): NamesAccount {
  const clients = namesClients(() => ({ ...config }));
  const { ec2, ssm, route53 } = clients;
  return {
    settings: () => withStoreError('the fleet files', () => readSettings(ssm, commandNames().parameterPrefix)),
    facts: (fleet, fleets) =>
      withStoreError('the nodes and records', async () => {
        const store = createStore(clients.dynamodb, commandNames().tableName);
        const { nodes, health, untouched, taken } = await readNodeFacts({ clients, fleet, store }, fleets).catch(named);
        const vpcIds = nodes.flatMap(({ vpcId }) => (vpcId === '' ? [] : [vpcId]));
        const found = await findZone(route53, fleet.dns.zone, new Set(vpcIds));
        if ('refuse' in found) throw new StoreError(`${found.refuse}: ${found.reason}`);
        const region = await ec2.config.region();
        const zone = await readZone(route53, found.zoneId);
        return { zoneId: found.zoneId, names: { fleet, region, nodes, health, paused: untouched, taken, zone } };
      }),
    change: (HostedZoneId, Comment, changes) =>
      withStoreError('ChangeResourceRecordSets', async () => {
        const pace = pacer(ROUTE53_GAP_MS);
        for (const batch of inBatches(changes)) {
          const ChangeBatch = { Comment, Changes: batchChanges(batch) };
          for (let tries = 1; ; tries++) {
            await pace();
            try {
              await route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch }));
              break;
            } catch (error) {
              if (error instanceof InvalidChangeBatch) return error.messages?.join(' ') || error.message;
              // A batch is refused unless all is still as it was read: the same one may be sent again.
              if (!(error instanceof PriorRequestNotComplete) || tries === TRIES) throw error;
              await setTimeout(AGAIN_AFTER_MS);
            }
          }
        }
        return undefined;
      }),
  };
}

function named(error: unknown): never {
  if (error instanceof NoSuchTable)
    throw new StoreError(
      `there is no table ${commandNames().tableName} in this account and region: chainmend is not deployed here`,
    );
  throw error;
}
