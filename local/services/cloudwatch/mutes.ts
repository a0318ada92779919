// Alarm mute rules: in their windows alarms still change state, and only their actions wait (PutAlarmMuteRule, API reference).
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError, type Call, type Operation } from '../../simulator/service.ts';
import { nextCron, parseCron } from '../scheduler/cron.ts';

/** A window that is open now. */
export interface Mute {
  readonly arn: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Mutes {
  readonly operations: Readonly<Record<string, Operation>>;
  active(alarmName: string, atMs: number): Mute | undefined;
}

interface MuteRuleInput {
  readonly Name: string;
  readonly Description?: string;
  readonly Rule: {
    readonly Schedule: { readonly Expression: string; readonly Duration: string; readonly Timezone?: string };
  };
  readonly MuteTargets?: { readonly AlarmNames: readonly string[] };
  readonly StartDate?: Date;
  readonly ExpireDate?: Date;
}

interface MuteRule {
  readonly arn: string;
  readonly input: MuteRuleInput;
  readonly updatedAtMs: number;
  readonly once: boolean;
  readonly durationMs: number;
  /** The first window start after a moment. */
  readonly nextStart: (afterMs: number) => number | undefined;
}

// PutAlarmMuteRule: 100 alarms a rule; one minute to 15 days.
const TARGETS_MAX = 100;
const RULES_MAX = 1_000;
const MINUTE_MS = 60_000;
const DURATION_MAX_MS = 15 * 86_400_000;

export function createMutes(kernel: Kernel): Mutes {
  const rules = new Map<string, MuteRule>();

  const window = (rule: MuteRule, atMs: number): Mute | undefined => {
    const { StartDate: start, ExpireDate: expiry } = rule.input;
    if (atMs < (start?.getTime() ?? 0) || atMs >= (expiry?.getTime() ?? Number.POSITIVE_INFINITY)) return undefined;
    const fromMs = rule.nextStart(atMs - rule.durationMs);
    return fromMs !== undefined && fromMs <= atMs
      ? { arn: rule.arn, fromMs, toMs: fromMs + rule.durationMs }
      : undefined;
  };
  const status = (rule: MuteRule, atMs: number): string => {
    if (window(rule, atMs)) return 'ACTIVE';
    const nextMs = rule.nextStart(atMs);
    return nextMs === undefined || nextMs >= (rule.input.ExpireDate?.getTime() ?? Number.POSITIVE_INFINITY)
      ? 'EXPIRED'
      : 'SCHEDULED';
  };
  const find = (name: string): MuteRule => {
    const rule = rules.get(name);
    if (!rule)
      throw new AwsError('ResourceNotFoundException', `Alarm mute rule ${name} not found`, { statusCode: 404 });
    return rule;
  };
  const summary = (rule: MuteRule, atMs: number): object => ({
    AlarmMuteRuleArn: rule.arn,
    Status: status(rule, atMs),
    MuteType: rule.once ? 'ONE_TIME' : 'RECURRING',
    LastUpdatedTimestamp: new Date(rule.updatedAtMs),
    ...(rule.input.ExpireDate ? { ExpireDate: rule.input.ExpireDate } : {}),
  });

  const operations: Record<string, Operation> = {
    PutAlarmMuteRule: (input: MuteRuleInput, call: Call) => {
      if (!rules.has(input.Name) && rules.size >= RULES_MAX)
        throw new AwsError('LimitExceededException', 'Too many alarm mute rules');
      const arn = `arn:aws:cloudwatch:${kernel.regionName}:${kernel.accountId}:alarm-mute-rule:${input.Name}`;
      rules.set(input.Name, { arn, input: structuredClone(input), updatedAtMs: call.at, ...readRule(input) });
      return {};
    },
    GetAlarmMuteRule: (input: { AlarmMuteRuleName: string }, call: Call) => {
      const rule = find(input.AlarmMuteRuleName);
      return { ...structuredClone(rule.input), ...summary(rule, call.at) };
    },
    ListAlarmMuteRules: (input: { AlarmName?: string; Statuses?: readonly string[] }, call: Call) => {
      const found = [...rules.values()].filter(
        (rule) =>
          (input.AlarmName === undefined || rule.input.MuteTargets?.AlarmNames.includes(input.AlarmName)) &&
          (input.Statuses === undefined || input.Statuses.includes(status(rule, call.at))),
      );
      return { AlarmMuteRuleSummaries: found.map((rule) => summary(rule, call.at)) };
    },
  };

  const active = (alarmName: string, atMs: number): Mute | undefined => {
    for (const rule of rules.values()) {
      const open = rule.input.MuteTargets?.AlarmNames.includes(alarmName) ? window(rule, atMs) : undefined;
      if (open) return open;
    }
    return undefined;
  };
  return { operations, active };
}

function readRule(input: MuteRuleInput): Pick<MuteRule, 'once' | 'durationMs' | 'nextStart'> {
  const { Expression: expression, Duration: duration, Timezone: timeZone = 'UTC' } = input.Rule.Schedule;
  if (timeZone !== 'UTC') {
    throw new AwsError('NotImplemented', `The local region mutes in UTC only, not in ${timeZone}`);
  }
  if ((input.MuteTargets?.AlarmNames.length ?? 0) > TARGETS_MAX) {
    throw new AwsError('ValidationError', `MuteTargets names more than ${TARGETS_MAX} alarms`);
  }
  const durationMs = readDurationMs(duration);
  const at = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d)\)$/.exec(expression)?.[1];
  if (at !== undefined) {
    const fromMs = Date.parse(`${at}:00Z`);
    return { once: true, durationMs, nextStart: (afterMs) => (fromMs > afterMs ? fromMs : undefined) };
  }
  // Five fields, with Sunday as 0.
  const fields = /^cron\((\S+ \S+ \S+ \S+ \S+)\)$/.exec(expression)?.[1];
  const cron = fields === undefined ? undefined : parseCron(fields, 0);
  if (!cron) throw new AwsError('ValidationError', `Invalid schedule expression ${expression}`);
  return { once: false, durationMs, nextStart: (afterMs) => nextCron(cron, afterMs) };
}

function readDurationMs(text: string): number {
  const [found, days = 0, hours = 0, minutes = 0] =
    /^P(?=.)(?:(\d{1,2})D)?(?:T(?=.)(?:(\d{1,3})H)?(?:(\d{1,5})M)?)?$/.exec(text) ?? [];
  const durationMs = ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * MINUTE_MS;
  if (found === undefined || durationMs < MINUTE_MS || durationMs > DURATION_MAX_MS) {
    throw new AwsError('ValidationError', `Duration ${text} must be an ISO 8601 duration from PT1M to P15D`);
  }
  return durationMs;
}
