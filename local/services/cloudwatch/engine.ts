// Evaluates alarms on their minute, changes their states, publishes events, and runs actions unless they are suppressed or muted.
import type { Kernel } from '../../simulator/kernel.ts';
import { createActions } from './actions.ts';
import type { HistoryItem, Note } from './alarms.ts';
import {
  type Alarm,
  type AlarmState,
  type CompositeAlarm,
  type MetricAlarm,
  type Suppression,
  suppressorOf,
} from './alarms.ts';
import { type ContributorChange, type Evaluation, evaluateContributors } from './contributors.ts';
import { EXTRA_DATAPOINTS, evaluate, reasonOf } from './evaluation.ts';
import type { Mutes } from './mutes.ts';
import {
  type Change,
  compositeReasonData,
  contributorEvent,
  longTime,
  metricReasonData,
  stateChangeEvent,
} from './payloads.ts';
import { evaluatePromql } from './promql-alarms.ts';
import type { MetricSource } from './queries.ts';
import type { SeriesStore } from './series.ts';
import type { AlarmQuery } from './watch.ts';

export interface Engine {
  readonly alarms: ReadonlyMap<string, Alarm>;
  readonly history: readonly HistoryItem[];
  /** Adds an alarm, or applies its new configuration; evaluation begins with its next turn. */
  install(alarm: Alarm): void;
  remove(alarm: Alarm): void;
  /** Changes a state without regard to the data, as SetAlarmState does. */
  setState(alarm: Alarm, state: AlarmState): void;
  readonly note: Note;
}

interface EvaluationRound {
  readonly alarms: Set<MetricAlarm>;
}

const MINUTE_MS = 60_000;
/** "Alarm evaluation": metrics of high resolution are evaluated every 10 s, all others every minute. */
const HIGH_RESOLUTION_MS = 10_000;
// DescribeAlarmHistory keeps 30 days; here the last items of a run are kept.
const HISTORY_MAX = 10_000;

/** @param otlp the series that came over OTLP, which PromQL alone sees */
export function createEngine(kernel: Kernel, store: SeriesStore, otlp: SeriesStore, mutes: Mutes): Engine {
  const alarms = new Map<string, Alarm>();
  const history: HistoryItem[] = [];
  // AWS spreads evaluations over the minute; alarms of one second share a timer.
  const turns = new Map<string, EvaluationRound>();
  const turnOf = new Map<string, string>();
  /** Alarms without data in their range, and the revision of their series at that check. */
  const settled = new Map<string, number>();

  const note: Note = (alarm, type, summary, data, contributor) => {
    history.push({
      AlarmName: alarm.name,
      AlarmType: alarm.type === 'metric' ? 'MetricAlarm' : 'CompositeAlarm',
      Timestamp: new Date(kernel.clock.now()),
      HistoryItemType: type,
      HistorySummary: summary,
      HistoryData: JSON.stringify(data),
      ...(contributor
        ? { AlarmContributorId: contributor.id, AlarmContributorAttributes: contributor.attributes }
        : {}),
    });
    if (history.length > HISTORY_MAX) history.shift();
  };

  const actUnlessMuted = createActions(kernel, mutes, alarms, note);

  const takeTurns = (alarm: MetricAlarm): void => {
    const everyMs = turnMs(alarm.watch);
    // A random stream for each name: one more alarm in the stack does not change another alarm's second, or a story.
    const offsetMs = kernel.random(`cloudwatch/evaluation/${alarm.name}`).integer(0, everyMs / 1000 - 1) * 1000;
    const name = `${everyMs}/${offsetMs}`;
    const round = turns.get(name);
    turnOf.set(alarm.name, name);
    if (round) {
      round.alarms.add(alarm);
      return;
    }
    const fresh: EvaluationRound = { alarms: new Set([alarm]) };
    turns.set(name, fresh);
    const now = kernel.clock.now();
    const first = Math.ceil((now + 1 - offsetMs) / everyMs) * everyMs + offsetMs;
    const run = (): void => {
      if (fresh.alarms.size === 0) {
        turns.delete(name);
        return;
      }
      for (const one of fresh.alarms) evaluateMetric(one);
      kernel.clock.after(everyMs, run);
    };
    kernel.clock.at(first, run);
  };

  const evaluateMetric = (alarm: MetricAlarm): void => {
    const { watch } = alarm;
    const now = kernel.clock.now();
    if (watch.of === 'promql') {
      applyContributors(alarm, evaluatePromql(alarm.contributors, watch.read(otlp, now), watch, now), false);
      return;
    }
    const stepMs = Math.min(watch.periodSeconds * 1000, MINUTE_MS);
    const endMs = Math.floor(now / stepMs) * stepMs;
    const count = watch.threshold.evaluationPeriods + EXTRA_DATAPOINTS;
    if (alarm.warmUpUntilMs !== undefined) {
      if (now < alarm.warmUpUntilMs && !isWarm(alarm, endMs)) return;
      alarm.warmUpUntilMs = undefined;
    }
    if (watch.of === 'groups') {
      const { series, partial } = watch.read(store, endMs, count);
      applyContributors(alarm, evaluateContributors(alarm.contributors, series, watch.threshold, now), partial);
      return;
    }
    const { revision, newestMs } = freshness(watch.sources);
    if (settled.get(alarm.name) === revision) return;
    const range = watch.read(store, endMs, count);
    // Without a datapoint in the range, and without one that time alone brings into it, the state changes only with new data.
    const known = watch.sources.length > 0;
    if (known && newestMs < endMs && range.every((point) => point === undefined)) settled.set(alarm.name, revision);
    else settled.delete(alarm.name);
    const verdict = evaluate(range, watch.threshold);
    if (!verdict || verdict.value === alarm.state.value) return;
    const reasonData = metricReasonData(watch, verdict.points, now);
    transition(alarm, { value: verdict.value, reason: reasonOf(verdict, watch.threshold), reasonData, atMs: now });
  };

  /** "Evaluation begins as soon as enough data fills its evaluation window", unless a warm-up is configured ("Alarm warm-up periods", user guide). */
  const isWarm = ({ input, watch }: MetricAlarm, endMs: number): boolean => {
    if (input.WarmUpConfiguration?.OnlyStartEvaluatingAfterWarmUpPeriodEnds || watch.of !== 'series') return false;
    const window = watch.read(store, endMs, watch.threshold.evaluationPeriods);
    return window.every((point) => point !== undefined);
  };

  const applyContributors = (
    alarm: MetricAlarm,
    { contributors, changes, whole }: Evaluation,
    partial: boolean,
  ): void => {
    Object.assign(alarm, { contributors, partial });
    for (const change of changes) round(alarm, change);
    if (whole && whole.value !== alarm.state.value) transition(alarm, { ...whole, atMs: kernel.clock.now() });
  };

  const round = (alarm: MetricAlarm, { contributor, previous }: ContributorChange): void => {
    const mute = mutes.active(alarm.name, contributor.state.atMs);
    const change = { alarm, contributor, previous, mute };
    const { value, reason } = contributor.state;
    const summary = `Alarm contributor updated from ${previous} to ${value}`;
    const data = {
      version: '1.0',
      oldState: { stateValue: previous },
      newState: { stateValue: value, stateReason: reason },
    };
    note(alarm, 'AlarmContributorStateUpdate', summary, data, contributor);
    kernel.emit(contributorEvent(change));
    actUnlessMuted(change);
  };

  const freshness = (sources: readonly MetricSource[]): { revision: number; newestMs: number } => {
    let revision = 0;
    let newestMs = -1;
    for (const { key } of sources) {
      const series = store.get(key);
      revision += series?.revision ?? 0;
      newestMs = Math.max(newestMs, series?.buckets.at(-1)?.atMs ?? -1);
    }
    return { revision, newestMs };
  };

  const evaluateComposite = (alarm: CompositeAlarm, cause: Alarm | undefined): void => {
    if (alarms.get(alarm.name) !== alarm) return;
    const value = alarm.rule.holds((name) => alarms.get(name)?.state.value) ? 'ALARM' : 'OK';
    if (value === alarm.state.value) return;
    const children = alarm.rule.children.flatMap((name) => alarms.get(name) ?? []);
    const reason = cause
      ? `${cause.arn} transitioned to ${cause.state.value} at ${longTime(cause.state.atMs)}`
      : `${alarm.arn} was created and its alarm rule evaluates to ${value}`;
    const reasonData = compositeReasonData(cause ? [cause] : children);
    transition(alarm, { value, reason, reasonData, atMs: kernel.clock.now() });
  };

  const transition = (alarm: Alarm, state: AlarmState): void => {
    const previous = alarm.state;
    alarm.state = state;
    const mute = mutes.active(alarm.name, state.atMs);
    const change: Change = { alarm, previous, mute };
    if (alarm.type === 'composite') alarm.suppression = suppressionNow(alarm, change);
    note(alarm, 'StateUpdate', `Alarm updated from ${previous.value} to ${state.value}`, {
      version: '1.0',
      oldState: { stateValue: previous.value, stateReason: previous.reason },
      newState: { stateValue: state.value, stateReason: state.reason },
    });
    kernel.emit(stateChangeEvent(change));
    // "Multiple time series alarm support: SNS notifications: contributor level" ("Alarm actions", user guide).
    const ofMany = alarm.type === 'metric' && alarm.watch.of !== 'series';
    if (!ofMany && !(alarm.type === 'composite' && alarm.suppression)) actUnlessMuted(change);
    for (const parent of alarms.values()) {
      if (parent.type !== 'composite') continue;
      if (parent.rule.children.includes(alarm.name)) kernel.clock.after(0, () => evaluateComposite(parent, alarm));
      if (suppressorOf(parent) === alarm.name) suppressorChanged(parent, alarm);
    }
  };

  // "Alarm suppression" (user guide): actions wait for the suppressor's state, are silent while it is in ALARM, and for a while after.
  const pending = new Map<string, Change>();
  const suppressionNow = (alarm: CompositeAlarm, change: Change): Suppression | undefined => {
    pending.delete(alarm.name);
    const suppressor = suppressorOf(alarm);
    if (suppressor === undefined) return undefined;
    const waitMs = (alarm.input.ActionsSuppressorWaitPeriod ?? 0) * 1000;
    if (alarms.get(suppressor)?.state.value === 'ALARM') {
      pending.set(alarm.name, change);
      return byAlarm(suppressor);
    }
    return waitMs > 0 ? suppressFor(alarm, change, 'WaitPeriod', waitMs) : undefined;
  };

  const suppressFor = (
    alarm: CompositeAlarm,
    change: Change,
    by: 'WaitPeriod' | 'ExtensionPeriod',
    forMs: number,
  ): Suppression => {
    const suppression: Suppression = { by, reason: `Actions suppressed by ${by}` };
    pending.set(alarm.name, change);
    kernel.clock.after(forMs, () => {
      if (alarm.suppression === suppression) release(alarm);
    });
    return suppression;
  };

  const release = (alarm: CompositeAlarm): void => {
    const change = pending.get(alarm.name);
    pending.delete(alarm.name);
    alarm.suppression = undefined;
    if (change && alarms.get(alarm.name) === alarm) actUnlessMuted(change);
  };

  const suppressorChanged = (alarm: CompositeAlarm, suppressor: Alarm): void => {
    const change = pending.get(alarm.name);
    if (!change || !alarm.suppression) return;
    if (suppressor.state.value === 'ALARM') {
      alarm.suppression = byAlarm(suppressor.name);
      return;
    }
    if (alarm.suppression.by !== 'Alarm') return;
    const extensionMs = (alarm.input.ActionsSuppressorExtensionPeriod ?? 0) * 1000;
    if (extensionMs > 0) alarm.suppression = suppressFor(alarm, change, 'ExtensionPeriod', extensionMs);
    else release(alarm);
  };

  const leaveTurn = (alarm: Alarm): void => {
    settled.delete(alarm.name);
    const name = turnOf.get(alarm.name);
    turnOf.delete(alarm.name);
    const round = name === undefined ? undefined : turns.get(name);
    if (round && alarm.type === 'metric') round.alarms.delete(alarm);
  };

  return {
    alarms,
    history,
    install(alarm) {
      leaveTurn(alarm);
      alarms.set(alarm.name, alarm);
      if (alarm.type === 'metric') takeTurns(alarm);
      else kernel.clock.after(0, () => evaluateComposite(alarm, undefined));
    },
    remove(alarm) {
      leaveTurn(alarm);
      pending.delete(alarm.name);
      alarms.delete(alarm.name);
    },
    setState(alarm, state) {
      settled.delete(alarm.name);
      if (state.value === alarm.state.value) alarm.state = state;
      else transition(alarm, state);
    },
    note,
  };
}

/** How often an alarm is evaluated. */
const turnMs = ({ of, periodSeconds }: AlarmQuery): number =>
  of === 'promql' ? periodSeconds * 1000 : periodSeconds < 60 ? HIGH_RESOLUTION_MS : MINUTE_MS;

const byAlarm = (name: string): Suppression => ({ by: 'Alarm', reason: `Actions suppressed by ${name}` });
