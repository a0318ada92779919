// What a sweep knows of the alarms: those that are in ALARM, with fleet-wide and owners' own alarms in the place of whom they name.
import { logWarn } from '../../shared/aws/log.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { relevantSubject } from './alarms.ts';
import type { DispatchContext } from './context.ts';
import { type AlarmStatus, CONTRIBUTORS_AT_MOST, readContributors, readMuteRule } from './facts.ts';
import { takersOf, whySilent } from './own-alarms.ts';
import { noteContradiction, readOwnReports, tellUnplaced } from './own-reports.ts';

export type CollectFailure = (work: () => Promise<unknown>) => Promise<void>;

/** "A default of 200 alarms using the Metrics Insights query per account per Region" ("Limits", CloudWatch user guide). */
const MAX_ALARMS = 200;
/** Of owners' own alarms, in one sweep: each is some reads. */
const MAX_OWN_ALARMS = 50;

export interface SweepAlarms {
  /** Every alarm that is in ALARM. A fleet-wide alarm, or an owner's own, that could be read completely is replaced by those whom it names. */
  readonly alarming: readonly AlarmStatus[];
  /** Of these alarms every node in ALARM is known: a node that is not among them is not in ALARM. */
  readonly whole: ReadonlySet<string>;
  /** The alarms could not be read: an empty list here says nothing. */
  readonly isUnread: boolean;
}

/**
 * @param alarming null: the alarms could not be read
 * @param collectFailure keeps failures for later: one alarm that cannot be read hides no other
 */
export async function expandAlarms(
  context: DispatchContext,
  alarming: readonly AlarmStatus[] | null,
  collectFailure: CollectFailure,
): Promise<SweepAlarms> {
  if (alarming === null) return { alarming: [], whole: new Set(), isUnread: true };
  const { fleets } = context.settings;
  const others = alarming.filter((alarm) => !isOwnAlone(alarm, fleets));
  const apart = await expandFleetAlarms(context, others, collectFailure);
  const own = await expandOwnAlarms(context, alarming, collectFailure);
  return {
    alarming: [...apart.alarming, ...own.reports],
    whole: new Set([...apart.whole, ...own.whole]),
    isUnread: false,
  };
}

/** An owner's own alarm, about which chainmend knows nothing by itself. */
const isOwnAlone = (alarm: AlarmStatus, fleets: readonly Fleet[]): boolean =>
  relevantSubject(alarm, fleets) === null && takersOf(fleets, alarm.fact.alarmName).length > 0;

async function expandOwnAlarms(
  context: DispatchContext,
  alarming: readonly AlarmStatus[],
  collectFailure: CollectFailure,
): Promise<{ readonly reports: readonly AlarmStatus[]; readonly whole: ReadonlySet<string> }> {
  const { clients, settings } = context;
  const reports: AlarmStatus[] = [];
  const whole = new Set<string>();
  const own = alarming.filter(({ fact }) => takersOf(settings.fleets, fact.alarmName).length > 0);
  if (own.length > MAX_OWN_ALARMS)
    logWarn({ left: `${own.length - MAX_OWN_ALARMS} own alarms of owners, in one sweep too many` });
  for (const alarm of own.slice(0, MAX_OWN_ALARMS))
    await collectFailure(async () => {
      const { alarmName } = alarm.fact;
      if (whySilent(alarm, await readMuteRule(clients.cloudwatch, alarmName)) !== null) return;
      const read = await readOwnReports(context, alarm, takersOf(settings.fleets, alarmName));
      if (read === null) return;
      for (const one of read.unplaced) await tellUnplaced(context, alarm, one);
      for (const report of read.reports) await noteContradiction(context, report);
      reports.push(...read.reports);
      whole.add(alarmName);
    });
  return { reports, whole };
}

async function expandFleetAlarms(
  { clients: { cloudwatch }, settings: { fleets } }: DispatchContext,
  alarming: readonly AlarmStatus[],
  collectFailure: CollectFailure,
): Promise<Pick<SweepAlarms, 'alarming' | 'whole'>> {
  const contributors: AlarmStatus[] = [];
  const whole = new Set<string>();
  const fleetWide = alarming.filter((alarm) => alarm.about === 'fleet' && relevantSubject(alarm, fleets) !== null);
  for (const alarm of fleetWide.slice(0, MAX_ALARMS))
    await collectFailure(async () => {
      const read = await readContributors(cloudwatch, alarm);
      contributors.push(...read);
      if (read.length < CONTRIBUTORS_AT_MOST) whole.add(alarm.fact.alarmName);
    });
  return {
    alarming: [...alarming.filter(({ fact }) => !whole.has(fact.alarmName)), ...contributors],
    whole,
  };
}
