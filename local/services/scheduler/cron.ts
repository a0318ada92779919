// Parses cron expressions and finds their next time, in UTC ("Schedule types in EventBridge Scheduler", user guide).

export interface Cron {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly years: (year: number) => boolean;
  readonly day: (day: Date) => boolean;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
// The rarest schedule that can still fire, on the 29th of February, fires within eight years.
const SEARCH_DAYS_MAX = 366 * 8 + 3;
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/**
 * Parses "minutes hours day-of-month month day-of-week [year]". `sunday` is the number of Sunday: 1 in schedules (SUN-SAT is 1-7), 0 in alarm mute
 * rules. Undefined: not a cron expression.
 */
export function parseCron(fields: string, sunday: 0 | 1 = 1): Cron | undefined {
  const [minutes, hours, dayOfMonth, month, dayOfWeek, year, ...more] = fields.trim().split(/\s+/);
  if (minutes === undefined || hours === undefined || dayOfMonth === undefined || month === undefined) return undefined;
  if (dayOfWeek === undefined || more.length > 0) return undefined;
  const read = {
    minutes: numbers(minutes, 0, 59),
    hours: numbers(hours, 0, 23),
    months: numbers(month, 1, 12, MONTHS, 1),
    years: yearTest(year ?? '*'),
    day: dayTest(dayOfMonth, dayOfWeek, sunday),
  };
  return read.minutes && read.hours && read.months && read.years && read.day ? (read as Cron) : undefined;
}

/** The first time after `afterMs` (ms since the epoch); undefined if there is none within eight years. */
export function nextCron(cron: Cron, afterMs: number): number | undefined {
  const first = Math.floor(afterMs / DAY_MS) * DAY_MS;
  for (let days = 0; days < SEARCH_DAYS_MAX; days++) {
    const day = new Date(first + days * DAY_MS);
    if (!cron.years(day.getUTCFullYear()) || !cron.months.has(day.getUTCMonth() + 1) || !cron.day(day)) continue;
    for (const hour of cron.hours) {
      for (const minute of cron.minutes) {
        const atMs = day.getTime() + (hour * 60 + minute) * MINUTE_MS;
        if (atMs > afterMs) return atMs;
      }
    }
  }
  return undefined;
}

/** The numbers of a field in ascending order: "*", "5", "1-5", "0/15", "1-30/5", names, and lists of these. */
function numbers(
  field: string,
  low: number,
  high: number,
  names: readonly string[] = [],
  firstName = 0,
): ReadonlySet<number> | undefined {
  const value = (text: string): number => {
    const named = names.indexOf(text.toUpperCase());
    if (named >= 0) return named + firstName;
    return /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  };
  const found: number[] = [];
  for (const part of field.split(',')) {
    const [range = '', step] = part.split('/');
    const [from, to] = range === '*' || range === '?' ? [low, high] : range.split('-').map(value);
    const last = to ?? (step === undefined ? from : high);
    const by = step === undefined ? 1 : Number(step);
    if (from === undefined || last === undefined || !(from >= low && last <= high && from <= last && by >= 1))
      return undefined;
    for (let number = from; number <= last; number += by) found.push(number);
  }
  return new Set(found.sort((a, b) => a - b));
}

function yearTest(field: string): ((year: number) => boolean) | undefined {
  if (field === '*') return () => true;
  const years = numbers(field, 1970, 2199);
  return years && ((year) => years.has(year));
}

function dayTest(dayOfMonth: string, dayOfWeek: string, sunday: number): ((day: Date) => boolean) | undefined {
  const free = (field: string): boolean => field === '*' || field === '?';
  const byMonth = free(dayOfMonth) ? () => true : dayOfMonthTest(dayOfMonth);
  const byWeek = free(dayOfWeek) ? () => true : dayOfWeekTest(dayOfWeek, sunday);
  return byMonth && byWeek && ((day) => byMonth(day) && byWeek(day));
}

function dayOfMonthTest(field: string): ((day: Date) => boolean) | undefined {
  if (field === 'L') return (day) => day.getUTCDate() === daysInMonth(day);
  const nearest = /^(\d{1,2})W$/.exec(field)?.[1];
  if (nearest !== undefined) return (day) => day.getUTCDate() === nearestWeekday(day, Number(nearest));
  const days = numbers(field, 1, 31);
  return days && ((day) => days.has(day.getUTCDate()));
}

function dayOfWeekTest(field: string, sunday: number): ((day: Date) => boolean) | undefined {
  const number = (day: Date): number => day.getUTCDay() + sunday;
  const [, weekday, rank] = /^(\w{1,3})#([1-5])$/.exec(field) ?? [];
  const [, last] = /^(\w{1,3}?)L$/.exec(field) ?? [];
  const base = weekday ?? last ?? field;
  const days = base === '' ? new Set([6 + sunday]) : numbers(base, sunday, 6 + sunday, WEEKDAYS, sunday);
  if (!days) return undefined;
  return (day) => {
    if (!days.has(number(day))) return false;
    if (rank !== undefined) return Math.ceil(day.getUTCDate() / 7) === Number(rank);
    return last === undefined || day.getUTCDate() + 7 > daysInMonth(day);
  };
}

const daysInMonth = (day: Date): number =>
  new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + 1, 0)).getUTCDate();

/** "15W": the weekday nearest to the 15th, within the same month. */
function nearestWeekday(month: Date, wanted: number): number {
  const date = Math.min(wanted, daysInMonth(month));
  const weekday = new Date(Date.UTC(month.getUTCFullYear(), month.getUTCMonth(), date)).getUTCDay();
  if (weekday === 6) return date > 1 ? date - 1 : date + 2;
  if (weekday === 0) return date < daysInMonth(month) ? date + 1 : date - 2;
  return date;
}
