// Whose alarm it is, by its name: an alarm that is deleted has nothing else.
import { FLEET_ALARM_KINDS, NODE_ALARM_KINDS } from '../../shared/fleet/resource-names.ts';
import { DEFAULT_SUITE } from '../../shared/model/suite.ts';

export interface AlarmOwner {
  readonly fleet: string;
  /** undefined: the alarm is about the fleet as a whole. */
  readonly node: string | undefined;
}

/** By the names that register-nodes gives; undefined for the suite's own alarms and for people's alarms. */
export function ownerOfAlarm(
  alarmName: string,
  fleets: readonly string[],
  suite = DEFAULT_SUITE,
): AlarmOwner | undefined {
  const prefixOf = (fleet: string): string => `${suite}-${fleet}-`;
  // `chainmend-bit-` is also the beginning of `chainmend-bit-coin-…`.
  const [fleet] = fleets
    .filter((name) => alarmName.startsWith(prefixOf(name)))
    .sort((one, other) => other.length - one.length);
  if (fleet === undefined) return undefined;
  const rest = alarmName.slice(prefixOf(fleet).length);
  if (FLEETS.has(rest) || OF_A_FLEET.test(rest)) return { fleet, node: undefined };
  const node = OF_A_NODE.exec(rest)?.[1];
  return node === undefined ? undefined : { fleet, node };
}

const FLEETS: ReadonlySet<string> = new Set(FLEET_ALARM_KINDS);
/** The kind, and the role of a volume other than the first volume. */
const KIND = `(?:${NODE_ALARM_KINDS.join('|')})(?:-[a-z0-9]+)?`;
/** In a large fleet one alarm of a kind covers all nodes. */
const OF_A_FLEET = new RegExp(`^${KIND}$`);
const OF_A_NODE = new RegExp(`^(.+)-${KIND}$`);
