// Every fleet, each minute: one that fails does not stop the others, and that all were looked at is counted.
import { PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import pMap from 'p-map';
import type { Clients } from '../../shared/aws/clients.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { METRIC_NAMESPACE } from '../../shared/fleet/naming.ts';
import { readSettings } from '../../shared/fleet/settings.ts';
import type { Store } from '../../shared/heal/store.ts';
import { watchFleet } from './watch.ts';
import { sentenceOf } from './words.ts';

export const ENVIRONMENT = [
  'TABLE_NAME',
  'TOPIC_ARN',
  'PARAMETER_PREFIX',
  'PROBE_FUNCTION_PREFIX',
  'ASK_NODE_DOCUMENT',
  'REGISTER_FUNCTION_NAME',
] as const;

export interface Door {
  readonly clients: Clients;
  readonly store: Store;
  readonly environment: Readonly<Record<(typeof ENVIRONMENT)[number], string>>;
}

/**
 * Fleets wait for answers, each for itself: none of an exchange's twenty-five waits for another whose nodes are silent. As many as
 * the SDK has sockets.
 */
const FLEETS_AT_ONCE = 50;

/** Nobody is waited for longer: what was seen has to be told and kept within the function's minute, too. */
export const ASK_FOR_MS = 48_000;

/**
 * All failures are thrown together at the end, so that they reach the on-failure queue and an alarm. Fleet files that do not parse
 * are told by the dispatcher's sweep, which reads the same.
 */
export async function sweep(door: Door): Promise<void> {
  const { clients, environment } = door;
  const untilMs = Date.now() + ASK_FOR_MS;
  const { fleets } = await readSettings(clients.ssm, environment.PARAMETER_PREFIX);
  const failures: unknown[] = [];
  const watch = async (fleet: Fleet): Promise<void> => {
    try {
      await watchFleet(door, fleet, failures, untilMs);
    } catch (cause) {
      failures.push(new Error(`fleet ${fleet.name}: ${sentenceOf(cause)}`, { cause }));
    }
  };
  await pMap(fleets, watch, { concurrency: FLEETS_AT_ONCE });
  try {
    // A whole sweep, whatever failed in it: what failed is told by the function's errors.
    await clients.cloudwatch.send(
      new PutMetricDataCommand({
        Namespace: METRIC_NAMESPACE,
        MetricData: [{ MetricName: 'Watches', Value: 1, Unit: 'Count' }],
      }),
    );
  } catch (error) {
    failures.push(error);
  }
  if (failures.length > 0)
    throw new AggregateError(failures, `the sweep went on, but: ${failures.map(sentenceOf).join('; ')}`);
}
