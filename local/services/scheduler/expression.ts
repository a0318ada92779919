// Parses schedule expressions: rate(), cron() and at() ("Schedule types in EventBridge Scheduler", user guide).

import { ownValue } from '../../simulator/own-properties.ts';
import { AwsError } from '../../simulator/service.ts';
import { nextCron, parseCron } from './cron.ts';

export interface Timing {
  /** The first time after `afterMs`, in ms since the epoch; undefined: never again. */
  next(afterMs: number): number | undefined;
  /** at(): fires once. */
  readonly once: boolean;
}

const UNITS_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** `startMs`: when a rate begins to count. Throws `ValidationException`, and `NotImplemented` for time zones other than UTC. */
export function parseTiming(expression: string, startMs: number, timeZone = 'UTC'): Timing {
  if (!['UTC', 'Etc/UTC', 'GMT'].includes(timeZone)) {
    throw new AwsError('NotImplemented', `The local region schedules in UTC only, not in ${timeZone}`);
  }
  const [, kind, body = ''] = /^(rate|cron|at)\((.+)\)$/.exec(expression) ?? [];
  const timing =
    kind === 'rate' ? rate(body, startMs) : kind === 'cron' ? cron(body) : kind === 'at' ? at(body) : undefined;
  if (!timing) throw new AwsError('ValidationException', `Invalid Schedule Expression ${expression}.`);
  return timing;
}

/** The first firing is at the start: "it starts invoking your target immediately". */
function rate(body: string, startMs: number): Timing | undefined {
  const [, count, unit = '', plural] = /^([1-9]\d{0,5}) (minute|hour|day)(s?)$/.exec(body) ?? [];
  const unitMs = ownValue(UNITS_MS, unit);
  if (count === undefined || unitMs === undefined || (count === '1') === (plural === 's')) return undefined;
  const everyMs = Number(count) * unitMs;
  return {
    once: false,
    next: (afterMs) =>
      afterMs < startMs ? startMs : startMs + (Math.floor((afterMs - startMs) / everyMs) + 1) * everyMs,
  };
}

function cron(body: string): Timing | undefined {
  const fields = body.trim().split(/\s+/);
  const parsed = fields.length === 6 ? parseCron(body) : undefined;
  // One of the two day fields must be "?": both cannot have values.
  const days = [fields[2], fields[4]].filter((field) => field === '?').length;
  return parsed && days > 0 ? { once: false, next: (afterMs) => nextCron(parsed, afterMs) } : undefined;
}

function at(body: string): Timing | undefined {
  const atMs = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(body) ? Date.parse(`${body}Z`) : Number.NaN;
  return Number.isNaN(atMs) ? undefined : { once: true, next: (afterMs) => (atMs > afterMs ? atMs : undefined) };
}
