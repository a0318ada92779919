// dispatch-heal: the one door. An alarm's change, a contributor's, the sweep of every minute and a person's call all become incidents here.
import middy from '@middy/core';
import { awsClients, type Clients } from '../../shared/aws/clients.ts';
import { readEnvironment } from '../../shared/aws/environment.ts';
import { logged } from '../../shared/aws/log.ts';
import type { AlarmStateChange, ContributorStateChange } from '../../shared/events/alarm.ts';
import { parseDispatchEvent } from '../../shared/events/dispatch.ts';
import { EventError } from '../../shared/events/errors.ts';
import { readSettings } from '../../shared/fleet/settings.ts';
import { createStore } from '../../shared/heal/store.ts';
import type { Door } from './consider.ts';
import { leftAlone } from './decide.ts';
import { manualCandidate } from './manual.ts';
import { considerNow, sweep } from './sweep.ts';
import { type AlarmNow, readAlarming, readContributors } from './truth.ts';

export { awsClients };

const ENVIRONMENT = ['TABLE_NAME', 'TOPIC_ARN', 'PARAMETER_PREFIX', 'RESIZE_VOLUME_ARN'] as const;

export function createHandler({ clients }: { readonly clients: Clients }) {
  const dispatch = async (event: unknown): Promise<void> => {
    const environment = readEnvironment(ENVIRONMENT);
    const door: Door = { clients, environment, store: createStore(clients.dynamodb, environment.TABLE_NAME) };
    const parsed = parseDispatchEvent(event);
    switch (parsed.kind) {
      case 'ignored':
        console.info(JSON.stringify({ level: 'info', ignored: parsed.reason }));
        return;
      case 'sweep':
        return sweep(door);
      case 'alarm':
      case 'contributor':
        return considerAlarm(door, parsed);
      case 'manual': {
        const settings = await readSettings(clients.ssm, environment.PARAMETER_PREFIX);
        return considerNow(door, settings, await manualCandidate(clients.ec2, settings, parsed, Date.now()));
      }
    }
  };
  return middy<unknown, void>().use(logged()).handler(dispatch);
}

/** An event is a hint: the alarm is read again, and only what it says now counts. */
async function considerAlarm(door: Door, event: AlarmStateChange | ContributorStateChange): Promise<void> {
  const { clients, environment } = door;
  const { kind, alarmName, atMs, state, suppressedBy, muted } = event;
  if (state !== 'ALARM') return;
  const leave = (left: string): void => console.info(JSON.stringify({ level: 'info', left }));
  const alone = leftAlone(event);
  if (alone !== null) return leave(alone);
  const [settings, alarming] = await Promise.all([
    readSettings(clients.ssm, environment.PARAMETER_PREFIX),
    readAlarming(clients.cloudwatch, [alarmName]),
  ]);
  const read = alarming.find(({ fact }) => fact.alarmName === alarmName);
  const now = read && kind === 'contributor' ? await contributorOf(clients, read, event) : read;
  if (!now) return leave(`${alarmName} is not in ALARM any more${kind === 'contributor' ? ' for this node' : ''}`);
  const changed = leftAlone({ kind, alarmName, metric: metricOf(now) });
  if (changed !== null) return leave(changed);
  const instanceId = now.fact.dimensions['InstanceId'];
  if (!instanceId)
    throw new EventError(
      'detail.configuration.metrics',
      alarmName,
      'an alarm on a metric with the dimension InstanceId',
    );
  const silenced =
    suppressedBy ??
    (muted ? 'a mute rule' : null) ??
    (now.actionsEnabled === false ? 'its actions being disabled' : null);
  await considerNow(door, settings, { alarm: now.fact, instanceId, onsetMs: atMs, suppressedBy: silenced });
}

/** Undefined: the alarm is none of a fleet any more, or this node is well again. */
async function contributorOf(
  { cloudwatch }: Clients,
  alarm: AlarmNow,
  { contributorId }: ContributorStateChange,
): Promise<AlarmNow | undefined> {
  if (alarm.about !== 'fleet') return undefined;
  const contributors = await readContributors(cloudwatch, alarm);
  return contributors.find((one) => one.contributorId === contributorId);
}

const metricOf = ({ about, metricName, fact: { namespace } }: AlarmNow) =>
  about === 'fleet' || metricName === undefined ? undefined : { namespace, name: metricName };

export const handler = createHandler({ clients: awsClients() });
