// Long stretches of a storm in which every sweep would find what the last one found: they need not be played.
import { incidentsOf } from '../scenarios/report/records.ts';
import type { World } from '../scenarios/world/world.ts';
import { PASSING_FAULT_NAMES } from '../simulator/faults.ts';
import type { Firing } from '../simulator/kernel.ts';
import { isMutating } from '../simulator/request-faults.ts';
import { type CallRecord, canonical, wasCarriedOut } from '../simulator/trace.ts';
import { type Entry, momentsOf } from './storm.ts';

/** So long after the last change everything is swept: what is told late, or closes by itself, has come by then. */
const SETTLED_MS = 15 * 60_000;
/**
 * So long before something comes the nodes are watched again, and then everything is swept: what is watched counts from there as if it had always been
 * (three minutes at most between two looks), and who reads what was seen finds it fresh.
 */
const WATCHED_MS = 7 * 60_000;
const WARM_MS = 5 * 60_000;
/** What comes once an hour has ended by then. */
const SELDOM_MS = 3 * 60_000;
/** More different acts than these, and the oldest may count as new once more. */
const KNOWN_MAX = 20_000;
/** The measurements of one sweep are sent within this. */
const ONE_SWEEP_MS = 40_000;
/** A look at all nodes has ended by then. */
const A_LOOK_MS = 30_000;
const MINUTE_MS = 60_000;
/** The function that looks at the nodes; all others read what it has seen. */
const WATCHES = /:function:chainmend-watch-fleet(:|$)/;

/** A PutMetricData. */
interface Measured {
  readonly atMs: number;
  readonly input: { readonly MetricData?: readonly object[] };
}

/**
 * Says which firings of frequent schedules may be left out: nobody is at work, nothing is open, no alarm is on, every node serves, no fault is on or
 * near, and what ours did in the last quarter of an hour it had done before, but for numbers. In place of a sweep that is left out its measurements are
 * written again, since alarms watch for silence.
 */
export class QuietStretches {
  readonly #world: World;
  readonly #isWell: () => boolean;
  /** In ms since the epoch, ascending: when something begins or ends. */
  readonly #momentsMs: readonly number[];
  /** What follows a page or a command comes so much later. */
  readonly #settledMs: number;
  readonly #known = new Set<string>();
  readonly #measured = new Map<string, Measured[]>();
  #changedMs: number;
  /** Since when the nodes are watched without a gap; undefined: they are not, just now. */
  #watchingSinceMs: number | undefined;
  /** How many sweeps were left out. */
  leftOut = 0;

  /** @param storyMs when the story began, in ms since the epoch */
  constructor(world: World, isWell: () => boolean, entries: readonly Entry[], storyMs: number) {
    this.#world = world;
    this.#isWell = isWell;
    this.#momentsMs = momentsOf(entries)
      .map((minutes) => storyMs + minutes * MINUTE_MS)
      .sort((a, b) => a - b);
    this.#settledMs = SETTLED_MS + Math.max(0, ...entries.map(minutesLater)) * MINUTE_MS;
    this.#changedMs = world.region.clock.now();
    const { kernel } = world.region;
    const { bus } = kernel;
    kernel.bus = (event) => {
      this.#changed();
      bus(event);
    };
    kernel.leavesOut = (firing) => this.#leavesOut(firing);
  }

  readonly onCall = (record: CallRecord): void => {
    const { actor, operation, service, input, at } = record;
    if (!isMutating(operation) || !wasCarriedOut(record)) return;
    const [by = ''] = actor.split('/');
    if (operation === 'PutMetricData') {
      const own = (this.#measured.get(by) ?? []).filter(({ atMs }) => at - atMs < ONE_SWEEP_MS);
      this.#measured.set(by, [...own, { atMs: at, input: input as Measured['input'] }]);
      return;
    }
    const act = `${by} ${service}.${operation} ${withoutNumbers(canonical(worded(operation, input)))}`;
    if (this.#known.has(act)) return;
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.add(act);
    this.#changed();
  };

  #changed(): void {
    this.#changedMs = this.#world.region.clock.now();
  }

  #leavesOut(firing: Firing): boolean {
    const { targetArn } = firing;
    const nowMs = this.#world.region.clock.now();
    const watches = WATCHES.test(targetArn);
    const isNeeded = this.#isNeeded(firing, nowMs, watches ? WATCHED_MS : WARM_MS);
    if (watches) this.#watchingSinceMs = isNeeded ? (this.#watchingSinceMs ?? nowMs) : undefined;
    // Who reads what was seen waits for the first look after a quiet stretch.
    if (isNeeded && (watches || nowMs - (this.#watchingSinceMs ?? nowMs) >= A_LOOK_MS)) return false;
    this.#measureAgain(targetArn, nowMs);
    for (const arn of [targetArn, ...this.#calledBy(targetArn)]) this.#world.region.lambda.keepWarm(arn);
    this.leftOut++;
    return true;
  }

  #isNeeded({ seldom }: Firing, nowMs: number, beforeMs: number): boolean {
    if (!this.#isQuiet(nowMs)) this.#changed();
    if (nowMs - this.#changedMs < this.#settledMs) return true;
    const isNear = (atMs: number): boolean => atMs > nowMs - SELDOM_MS && atMs < nowMs + beforeMs;
    return isNear(seldom.lastMs) || isNear(seldom.nextMs) || this.#momentsMs.some(isNear);
  }

  #isQuiet(nowMs: number): boolean {
    const { region } = this.#world;
    return (
      this.#isWell() &&
      !region.outages.lasting(nowMs) &&
      !PASSING_FAULT_NAMES.some((name) => region.kernel.fault(name)) &&
      region.lambda.executions().every(({ status }) => status !== 'RUNNING') &&
      !region.cloudwatch.anyInAlarm() &&
      incidentsOf(this.#world).every(({ state }) => state === 'healed' || state === 'escalated')
    );
  }

  /** A sweep of the nodes asks the probes. */
  #calledBy(targetArn: string): readonly string[] {
    if (!WATCHES.test(targetArn)) return [];
    return this.#world.region.lambda.functionArns().filter((arn) => arn.endsWith(':chainmend-probe-nodes'));
  }

  /** As if the sweep had run: its own measurements of last time, and those of its function. */
  #measureAgain(targetArn: string, nowMs: number): void {
    const { record, operations } = this.#world.region.cloudwatch;
    const [name = '', alias] = targetArn.split(':function:')[1]?.split(':') ?? [];
    for (const { input } of this.#measured.get(name) ?? []) {
      const MetricData = input.MetricData?.map((datum) => ({ ...datum, Timestamp: new Date(nowMs) }));
      operations['PutMetricData']?.({ ...input, MetricData }, { at: nowMs, actor: name });
    }
    const resources = [{}, ...(alias === undefined ? [] : [{ Resource: `${name}:${alias}` }])];
    for (const resource of resources) {
      record('AWS/Lambda', 'Invocations', { FunctionName: name, ...resource }, 1, nowMs);
      record('AWS/Lambda', 'Errors', { FunctionName: name, ...resource }, 0, nowMs);
    }
  }
}

const minutesLater = ({ at }: Entry): number =>
  typeof at === 'number' || typeof at['minutes'] !== 'number' ? 0 : at['minutes'];

/** What it is about: questions to nodes and functions have heights in them, coded. */
function worded(operation: string, input: unknown): unknown {
  if (operation !== 'Invoke' && operation !== 'SendCommand') return input;
  const { FunctionName, DocumentName, InstanceIds } = input as Readonly<Record<string, unknown>>;
  return { FunctionName, DocumentName, InstanceIds };
}

/** Heights, times, hashes and ids of requests are other ones each minute. */
const withoutNumbers = (text: string): string =>
  text.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{12,}|\d+/g, '#');
