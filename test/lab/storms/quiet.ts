// Long stretches of a storm in which every sweep would find what the last one found: they need not be played.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { incidentsOf } from '../../../local/scenarios/report/records.ts';
import type { World } from '../../../local/scenarios/world/world.ts';
import type { Execution } from '../../../local/services/lambda/execution.ts';
import { PASSING_FAULT_NAMES } from '../../../local/simulator/faults.ts';
import type { Firing } from '../../../local/simulator/kernel.ts';
import { isMutating } from '../../../local/simulator/request-faults.ts';
import { type CallRecord, canonical, wasCarriedOut } from '../../../local/simulator/trace.ts';
import { type Entry, momentsOf } from './storm.ts';

/** So long after the last change everything is swept: what is told late, or closes by itself, has come by then. */
const SETTLED_MS = 10 * 60_000;
/** The same after the trouble of a node has changed: its lag has to grow for an hour, and a crash loop is counted in one, before they are told. */
const TROUBLE_SETTLED_MS = 75 * 60_000;
/**
 * So long before something comes the nodes are watched again, and then everything is swept: what is watched counts from there as if it had always been
 * (three minutes at most between two looks), and who reads what was seen finds it fresh.
 */
const WATCHED_MS = 7 * 60_000;
const WARM_MS = 5 * 60_000;
/** What comes once an hour has ended by then. */
const SELDOM_MS = 3 * 60_000;
/** What comes more often than that is left out when it has found nothing new since the last change. */
const HOURLY_MS = 60 * 60_000;
/** Where trouble lasts, the nodes are watched on, and all else is swept after so long, at first; where it finds nothing new the next rest is twice as long. */
const REST_MS = { least: 10 * 60_000, most: 40 * 60_000 } as const;
/** In a rest the nodes are watched every second minute: what is counted of them goes on over three. */
const RESTING_LOOKS_MS = 110_000;
/** A round: who sweeps every five minutes comes once. */
const ROUND_MS = 6 * 60_000;
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

export interface QuietOptions {
  /** The trouble of each node, in words; empty: none has any. */
  readonly troubles: () => string;
  /** Whether sweeps are left out where trouble lasts, too: what follows the clock there comes up to 20 minutes later. */
  readonly rests: boolean;
}

/** Busy: something is at work, or goes wrong just now. Troubled: nobody is at work, and a node does not serve, an alarm is on, an incident is open, or people were told of what lasts. */
type Course = 'busy' | 'troubled' | 'well';

/**
 * Says which firings of schedules may be left out: nobody is at work, no fault is on or near, the nodes fare as they did, and what ours did in the last
 * ten minutes it had done before, but for numbers. Where all is well they are left out until something comes; where trouble lasts, a round of all
 * sweeps is played now and then, since what people are told again, and what is tried again, follows the clock. In place of a sweep that is left out its
 * measurements are written again, since alarms watch for silence.
 */
export class QuietStretches {
  readonly #world: World;
  readonly #troubles: () => string;
  readonly #mayRest: boolean;
  /** In ms since the epoch, ascending: when something begins or ends. */
  readonly #momentsMs: readonly number[];
  /** What follows a page or a command comes so much later. */
  readonly #settledMs: number;
  readonly #troubleSettledMs: number;
  readonly #known = new Set<string>();
  readonly #measured = new Map<string, Measured[]>();
  /** When each slow schedule was played last. */
  readonly #playedMs = new Map<string, number>();
  #changedMs: number;
  #troublesChangedMs: number;
  #troublesBefore = '';
  /** The rest between two rounds of a trouble that lasts: its length, and when it ends. */
  #rest: { readonly forMs: number; readonly untilMs: number } | undefined;
  /** Since when the nodes are watched without a gap; undefined: they are not, just now. */
  #watchingSinceMs: number | undefined;
  /** How many sweeps were left out. */
  leftOut = 0;

  /** @param storyMs when the story began, in ms since the epoch */
  constructor(world: World, { troubles, rests }: QuietOptions, entries: readonly Entry[], storyMs: number) {
    this.#world = world;
    this.#troubles = troubles;
    this.#mayRest = rests;
    this.#momentsMs = momentsOf(entries)
      .map((minutes) => storyMs + minutes * MINUTE_MS)
      .sort((a, b) => a - b);
    this.#settledMs = SETTLED_MS + Math.max(0, ...entries.map(minutesLater)) * MINUTE_MS;
    this.#changedMs = world.region.clock.now();
    this.#troublesChangedMs = this.#changedMs;
    this.#troubleSettledMs = Math.max(
      TROUBLE_SETTLED_MS,
      ...[...world.fleets.values()].map(({ health }) => health.stuckSeconds * 1_000 + SETTLED_MS),
    );
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
    this.#rest = undefined;
  }

  #leavesOut(firing: Firing): boolean {
    const { schedule, targetArn, everyMs } = firing;
    const nowMs = this.#world.region.clock.now();
    const watches = WATCHES.test(targetArn);
    const need = this.#needOf(firing, nowMs, watches ? WATCHED_MS : WARM_MS);
    if (watches) this.#watchingSinceMs = need === 'no' ? undefined : (this.#watchingSinceMs ?? nowMs);
    const isNeeded = need === 'yes';
    // Who reads what was seen waits for the first look after a quiet stretch.
    const isWarm = watches || nowMs - (this.#watchingSinceMs ?? nowMs) >= A_LOOK_MS;
    if (everyMs >= HOURLY_MS ? isNeeded : isNeeded && isWarm) {
      this.#playedMs.set(schedule, nowMs);
      return false;
    }
    this.#measureAgain(targetArn, nowMs);
    for (const arn of [targetArn, ...this.#calledBy(targetArn)]) this.#world.region.lambda.keepWarm(arn);
    this.leftOut++;
    return true;
  }

  /** `between`: so shortly after the last look of a rest that nothing is lost without it. */
  #needOf(firing: Firing, nowMs: number, beforeMs: number): 'yes' | 'between' | 'no' {
    const course = this.#courseAt(nowMs);
    if (course === 'busy' || (course === 'troubled' && !this.#mayRest)) this.#changed();
    if (nowMs - this.#changedMs < this.#settledMs) return 'yes';
    if (course === 'troubled' && nowMs - this.#troublesChangedMs < this.#troubleSettledMs) return 'yes';
    if (this.#isDue(firing)) return 'yes';
    const isNear = (atMs: number): boolean => atMs > nowMs - SELDOM_MS && atMs < nowMs + beforeMs;
    const slow = firing.slow.filter((one) => one.playedMs > nowMs - SELDOM_MS || this.#isDue(one));
    if (slow.some(({ playedMs, nextMs }) => isNear(playedMs) || isNear(nextMs)) || this.#momentsMs.some(isNear))
      return 'yes';
    if (course === 'well') return 'no';
    if (!this.#rests(nowMs)) return 'yes';
    if (!WATCHES.test(firing.targetArn)) return 'no';
    return nowMs - (this.#playedMs.get(firing.schedule) ?? 0) < RESTING_LOOKS_MS ? 'between' : 'yes';
  }

  /** What comes once a day is always played; what comes once an hour, once after each change. */
  #isDue({ schedule, everyMs }: Pick<Firing, 'schedule' | 'everyMs'>): boolean {
    return everyMs > HOURLY_MS ? true : everyMs === HOURLY_MS && (this.#playedMs.get(schedule) ?? 0) < this.#changedMs;
  }

  /** Between two rounds. */
  #rests(nowMs: number): boolean {
    if (this.#rest === undefined || nowMs >= this.#rest.untilMs + ROUND_MS) {
      const forMs = this.#rest === undefined ? REST_MS.least : Math.min(2 * this.#rest.forMs, REST_MS.most);
      this.#rest = { forMs, untilMs: nowMs + forMs };
    }
    return nowMs < this.#rest.untilMs;
  }

  #courseAt(nowMs: number): Course {
    const { region } = this.#world;
    const troubles = this.#troubles();
    if (troubles !== this.#troublesBefore) {
      this.#troublesBefore = troubles;
      this.#troublesChangedMs = nowMs;
      this.#changed();
    }
    if (
      region.outages.lasting(nowMs) ||
      PASSING_FAULT_NAMES.some((name) => region.kernel.fault(name)) ||
      region.lambda.executions().some((execution) => isAtWork(execution, nowMs))
    )
      return 'busy';
    const isTroubled =
      troubles !== '' ||
      region.cloudwatch.anyInAlarm() ||
      incidentsOf(this.#world).some(({ state }) => state !== 'healed' && state !== 'escalated') ||
      isSomethingToldStill(this.#world);
    return isTroubled ? 'troubled' : 'well';
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

/** What a scheduled function refuses, and has told: unseen for an hour, it would count as new when it comes back. */
const isSomethingToldStill = ({ region, tableName }: World): boolean =>
  region.dynamodb.items(tableName).some((item) => (item['notifications'] as AttributeValue | undefined)?.L?.length);

/** An execution that waits for a person, or for an hour, is not at work. */
function isAtWork({ status, invocation, startedAtMs, lastCheckpoint, operations }: Execution, nowMs: number): boolean {
  if (status !== 'RUNNING') return false;
  if (invocation !== undefined || nowMs - (lastCheckpoint?.atMs ?? startedAtMs) < SETTLED_MS) return true;
  return [...operations.values()].some(({ WaitDetails, StepDetails }) => {
    const wakesMs = (WaitDetails?.ScheduledEndTimestamp ?? StepDetails?.NextAttemptTimestamp)?.getTime();
    return wakesMs !== undefined && wakesMs > nowMs && wakesMs - nowMs < WATCHED_MS;
  });
}

const minutesLater = ({ at }: Entry): number =>
  typeof at === 'number' || typeof at['minutes'] !== 'number' ? 0 : at['minutes'];

/** What it is about: questions to nodes and functions have heights in them, coded. */
function worded(operation: string, input: unknown): unknown {
  if (operation !== 'Invoke' && operation !== 'SendCommand') return input;
  const { FunctionName, DocumentName, InstanceIds } = input as Readonly<Record<string, unknown>>;
  return { FunctionName, DocumentName, InstanceIds };
}

/** Heights, times, hashes and ids are other ones each time, and what is told again is a longer list of times. */
const withoutNumbers = (text: string): string =>
  text
    .replace(/[A-Za-z0-9+/=]{100,}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{8,}|\d+/g, '#')
    .replace(/(\{"N":"#"\})(,\{"N":"#"\})+/g, '$1');
