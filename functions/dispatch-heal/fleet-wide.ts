// Fleet-wide alarms in a sweep: each is taken apart into the nodes that it is about, so that no lost event hides one of them.
import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { Fleet } from '../../shared/fleet/model.ts';
import { heeded } from './alarms.ts';
import { type AlarmNow, CONTRIBUTORS_AT_MOST, readContributors } from './truth.ts';

/** "A default of 200 alarms using the Metrics Insights query per account per Region" ("Limits", CloudWatch user guide). */
const MAX_ALARMS = 200;

export interface Apart {
  /** Every alarm that is in ALARM; a contributor each instead of the fleet-wide ones that could be read in whole. */
  readonly alarming: readonly AlarmNow[];
  /** Fleet-wide alarms of which every contributor in ALARM is known: whoever is not among them is not in ALARM. */
  readonly whole: ReadonlySet<string>;
  /** The alarms could not be read: that none is here says nothing. */
  readonly isUnread: boolean;
}

/**
 * @param alarming null: they could not be read
 * @param attempt keeps what fails for later: one alarm that cannot be read hides no other
 */
export async function takeApart(
  cloudwatch: CloudWatchClient,
  alarming: readonly AlarmNow[] | null,
  fleets: readonly Fleet[],
  attempt: (work: () => Promise<unknown>) => Promise<void>,
): Promise<Apart> {
  if (alarming === null) return { alarming: [], whole: new Set(), isUnread: true };
  const contributors: AlarmNow[] = [];
  const whole = new Set<string>();
  const fleetWide = alarming.filter((alarm) => alarm.about === 'fleet' && heeded(alarm, fleets) !== null);
  for (const alarm of fleetWide.slice(0, MAX_ALARMS))
    await attempt(async () => {
      const read = await readContributors(cloudwatch, alarm);
      contributors.push(...read);
      if (read.length < CONTRIBUTORS_AT_MOST) whole.add(alarm.fact.alarmName);
    });
  const apart = [...alarming.filter(({ fact }) => !whole.has(fact.alarmName)), ...contributors];
  return { alarming: apart, whole, isUnread: false };
}
