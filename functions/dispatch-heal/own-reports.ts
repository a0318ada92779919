// Reads whom an owner's own alarm names, and tells people once of what it names and is nobody's, or is well. What becomes of the rest, the dispatcher decides
// as of any other alarm.
import { createHash } from 'node:crypto';
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { fleetOf } from '../../shared/fleet/selection.ts';
import { createJournal, WHOLE_FLEET } from '../../shared/heal/journal.ts';
import { page, THE_FLEET } from '../../shared/heal/notify.ts';
import { keys } from '../../shared/heal/store.ts';
import { DISPATCHER, type DispatchContext } from './context.ts';
import { type AlarmStatus, readChildren, readContributors, readInstances } from './facts.ts';
import {
  contradictionOf,
  type Named,
  namedBy,
  type OwnReports,
  reportsOf,
  type Takers,
  type Unplaced,
} from './own-alarms.ts';
import { tellOnce } from './tell-once.ts';

/**
 * @param contributorId of the one series that the event tells of; undefined: all that are in ALARM
 * @returns null where that series is not in ALARM any more
 */
export async function readOwnReports(
  { clients, settings }: Pick<DispatchContext, 'clients' | 'settings'>,
  alarm: AlarmStatus,
  takers: Takers,
  contributorId?: string,
): Promise<OwnReports | null> {
  const named = await readNamed(clients.cloudwatch, alarm, contributorId);
  if (named === null) return null;
  const instances = await readInstances(clients.ec2, [...new Set(named.map(({ instanceId }) => instanceId))]);
  return reportsOf(alarm, takers, named, (instanceId) => {
    const instance = instances.get(instanceId);
    return instance ? fleetOf(instance.tags, settings.fleets) : { reason: 'no such instance exists here' };
  });
}

/** An alarm below a composite one that is composite itself, or that names nobody, adds no name. */
async function readNamed(
  cloudwatch: CloudWatchClient,
  alarm: AlarmStatus,
  contributorId: string | undefined,
): Promise<readonly Named[] | null> {
  if (alarm.isComposite) {
    const named: Named[] = [];
    for (const child of await readChildren(cloudwatch, alarm.fact.alarmName))
      if (!child.isComposite) named.push(...((await readNamed(cloudwatch, child, undefined)) ?? []));
    return named;
  }
  if (alarm.about !== 'fleet') return namedBy(alarm);
  const contributors = await readContributors(cloudwatch, alarm);
  const meant = contributors.filter((one) => contributorId === undefined || one.contributorId === contributorId);
  return meant.length === 0 && contributorId !== undefined ? null : meant.flatMap(namedBy);
}

/** A page for each alarm and instance that nothing is begun for: once, however often the alarm goes off. */
export async function tellUnplaced(
  { clients, environment, store }: DispatchContext,
  { fact: { alarmName } }: AlarmStatus,
  { fleet, instanceId = WHOLE_FLEET, sentence }: Unplaced,
): Promise<void> {
  const key = keys.told(fleet, `own-alarm#${digestOf(alarmName)}#${instanceId}`);
  const code = 'node-unknown';
  const node = instanceId === WHOLE_FLEET ? THE_FLEET : instanceId;
  await tellOnce(store, key, async (atMs) => {
    await page(clients.sns, environment.TOPIC_ARN, { fleet, node, code, sentence });
    await journalOf(store, { fleet, instanceId, node: instanceId, onsetMs: atMs })(`00-${digestOf(alarmName)}-page`, {
      ...{ atMs, kind: 'page', sentence, code },
    });
  });
}

/** One line in the journal for each time that an alarm goes off and our own look says otherwise. */
export async function noteContradiction(
  { store, seen, settings }: DispatchContext,
  report: AlarmStatus,
): Promise<void> {
  const fleet = settings.fleets.find(({ name }) => name === report.own?.fleet);
  const said = fleet && contradictionOf(report, (await seen(fleet)).nodes);
  if (!said) return;
  const { instanceId = WHOLE_FLEET, name: node = instanceId } = said.node ?? {
    instanceId: report.fact.dimensions['InstanceId'],
  };
  await journalOf(store, { fleet: fleet.name, instanceId, node, onsetMs: report.sinceMs })(
    `00-${digestOf(report.fact.alarmName)}`,
    { atMs: Date.now(), kind: 'notice', code: 'not-confirmed', sentence: said.sentence, evidence: report.fact },
  );
}

const journalOf = (
  store: DispatchContext['store'],
  about: { readonly fleet: string; readonly instanceId: string; readonly node: string; readonly onsetMs: number },
) =>
  createJournal(store, {
    ...{ ...about, incidentId: 'own-alarm', attempt: 0 },
    ...{ by: DISPATCHER, heal: 'replace-node', writer: DISPATCHER },
  });

/** A key of the table: an alarm's name may have any character. */
const digestOf = (alarmName: string): string => createHash('sha256').update(alarmName).digest('hex').slice(0, 12);
