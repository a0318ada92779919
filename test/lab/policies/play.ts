// Plays a storm with a policy in chainmend's place, or with chainmend, and scores it: the same world, faults and people, and the same judge.
import { repositoryRoot } from '../../../infra/paths.ts';
import { createRegion, type Region, START_MS } from '../../../local/region.ts';
import { prepare } from '../../../local/scenarios/run.ts';
import type { World } from '../../../local/scenarios/world/world.ts';
import { worldIn } from '../../../local/scenarios/world-file/read.ts';
import { AwsError } from '../../../local/simulator/service.ts';
import type { CallRecord } from '../../../local/simulator/trace.ts';
import { type Score, ScoreKeeper } from '../oracle/score/score.ts';
import type { Generator } from '../storms/generator.ts';
import { toldOf } from '../storms/judge.ts';
import { Watch } from '../storms/play.ts';
import { QuietStretches } from '../storms/quiet.ts';
import { endMinutesOf, nameOf, type Storm, worldFileOf } from '../storms/storm.ts';
import { OwnAlarms } from './alarms.ts';
import { POLICY_ACTOR, PolicyHands, prepareLaunched } from './hands.ts';
import { builtIn, isOurs, OURS_ACTING, type PolicyName, running, THEIRS } from './index.ts';
import type { Policy } from './policy.ts';
import { PolicyProgram } from './program.ts';
import { Sights } from './sight.ts';

export interface Contender {
  readonly name: PolicyName;
  /** Of `yours`. */
  readonly command?: readonly [string, ...string[]];
  /** Instead of the built-in one of that name: for tests. */
  readonly policy?: Policy;
}

export interface Scored {
  readonly policy: PolicyName;
  readonly score: Score;
  /** A sentence: the program ended or did not answer, and nobody acted from then on; or the storm could not be played to its end. */
  readonly fault?: string;
}

const MINUTE_MS = 60_000;
const LOOK_EVERY_MS = 10_000;
const MAX_EVENTS = 20_000_000;

/** Until the storm's hours are over: what is under way then is not waited for, whoever it is. */
export async function playPolicy(
  drawn: Storm,
  generator: Omit<Generator, 'draw'>,
  contender: Contender,
): Promise<Scored> {
  const { name } = contender;
  const storm = name === OURS_ACTING ? inModeAct(drawn) : drawn;
  const scene = new Stage();
  const region = await createRegion({
    seed: storm.seed,
    lane: 'sweep',
    onCall: (record) => scene.onCall(record),
    // A program is outside of this process: the clock waits for it.
    ...(name === THEIRS && { guard: false }),
  });
  const watch = new Watch(region, storm, { judges: [scene], types: generator.types });
  const file = `${nameOf(storm, generator)}.yaml`;
  const scenario = worldIn(file, worldFileOf(storm, generator, repositoryRoot), repositoryRoot, watch);
  const world = await prepare(region, scenario);
  if (!isOurs(name)) switchOff(region);
  const judged = isOurs(name) ? {} : { isOurs: (actor: string): boolean => actor === POLICY_ACTOR };
  const keeper = new ScoreKeeper(region, { ...toldOf(world), ...judged });
  scene.begin(world, keeper);
  if (isOurs(name)) {
    const entries = [...storm.faults.flatMap((fault) => fault.entries), { at: endMinutesOf(storm), do: 'end' }];
    // Hours are counted: what would come later for a rest counts against nobody.
    scene.quiet = new QuietStretches(world, { troubles: () => keeper.troubles, rests: false }, entries, START_MS);
  }
  scenario.people?.(world);
  region.clock.at(START_MS + endMinutesOf(storm) * MINUTE_MS, () => keeper.faultsEnd(region.clock.now()));
  every(region, LOOK_EVERY_MS, () => keeper.look());
  const endMs = START_MS + storm.hours * 60 * MINUTE_MS;
  const fault = await passTime(world, keeper, contender, endMs).catch((error: unknown) => said(error));
  return { policy: name, score: keeper.end(), ...(fault !== undefined && { fault }) };
}

/** Modes as the files in the folder have them, which is act. */
const inModeAct = (storm: Storm): Storm => ({
  ...storm,
  fleets: storm.fleets.map(({ but: { mode: _, ...but }, ...fleet }) => ({ ...fleet, but })),
});

async function passTime(
  world: World,
  keeper: ScoreKeeper,
  { name, command, policy }: Contender,
  endMs: number,
): Promise<string | undefined> {
  const { region } = world;
  if (isOurs(name)) {
    await region.clock.run({ untilMs: endMs, maxEvents: MAX_EVENTS });
    return undefined;
  }
  const eyes = new Eyes(world);
  const topicArn = region.sns.topicArns()[0];
  if (name === THEIRS)
    return command && (await outside(eyes, await PolicyProgram.start({ command, region, topicArn }), endMs));
  const { decide, tellsRefusals } = running(policy ?? builtIn(name));
  const hands = new PolicyHands(world, { topicArn, tellsRefusals, touches: (touch) => keeper.touches(touch) });
  let isAtWork = false;
  every(region, MINUTE_MS, () => {
    const view = eyes.look();
    // What AWS keeps waiting is one round of work: no second one begins beside it.
    if (isAtWork) return;
    isAtWork = true;
    hands
      .carryOut(decide(view))
      .catch((error: unknown) => region.clock.fail(error))
      .finally(() => {
        isAtWork = false;
      });
  });
  await region.clock.run({ untilMs: endMs, maxEvents: MAX_EVENTS });
  return undefined;
}

/** Minute by minute: time passes, then the program has its minute, in which time passes by its requests alone. */
async function outside(eyes: Eyes, program: PolicyProgram, endMs: number): Promise<string | undefined> {
  const { clock } = eyes.region;
  let fault: string | undefined;
  try {
    while (clock.now() < endMs) {
      const { ringing: alarms } = eyes.look();
      await program.minute({ now: new Date(clock.now()).toISOString(), alarms }, endMs);
      fault ??= program.failure;
      const nextMs = (Math.floor(clock.now() / MINUTE_MS) + 1) * MINUTE_MS;
      await clock.run({ untilMs: Math.min(endMs, nextMs), maxEvents: MAX_EVENTS });
    }
  } finally {
    await program.end();
  }
  return fault && `${fault}. Nobody acted from then on.`;
}

/** What the owner sees, once a minute, with the alarms that ring on it. */
class Eyes {
  readonly region: Region;
  readonly #sights: Sights;
  readonly #alarms: OwnAlarms;
  #isFirst = true;

  constructor(world: World) {
    this.region = world.region;
    this.#sights = new Sights(world);
    this.#alarms = new OwnAlarms(world.region);
  }

  look() {
    const sights = this.#sights.now();
    this.#alarms.follow(sights, { isFirst: this.#isFirst });
    this.#isFirst = false;
    return { nowMs: this.region.clock.now(), sights, ringing: this.#alarms.ringing() };
  }
}

/** Hears of everything, also before the story begins, when nobody is scored yet. */
class Stage {
  quiet: QuietStretches | undefined;
  #keeper: ScoreKeeper | undefined;
  #world: World | undefined;

  begin(world: World, keeper: ScoreKeeper): void {
    this.#world = world;
    this.#keeper = keeper;
  }

  onCall(record: CallRecord): void {
    const { actor, operation } = record;
    if (this.#world && actor === POLICY_ACTOR && operation === 'RunInstances') prepareLaunched(this.#world);
    this.#keeper?.onCall(record);
    this.quiet?.onCall(record);
  }

  person(...act: Parameters<ScoreKeeper['person']>): void {
    this.#keeper?.person(...act);
  }
}

/** Chainmend is there and does nothing: no schedule, no rule, no function, and none of its alarms. People who ask it for something get no answer. */
function switchOff(region: Region): void {
  const { scheduler, events, lambda, cloudwatch, clock } = region;
  const call = { at: clock.now(), actor: 'person' };
  const all = (service: { operations: typeof lambda.operations }, operation: string, input: object = {}): object =>
    (service.operations[operation]?.(input, call) as object | undefined) ?? {};
  const { Schedules = [] } = all(scheduler, 'ListSchedules') as { Schedules?: readonly { readonly Name: string }[] };
  for (const { Name } of Schedules) all(scheduler, 'DeleteSchedule', { Name });
  const { Rules = [] } = all(events, 'ListRules') as { Rules?: readonly { readonly Name: string }[] };
  for (const { Name } of Rules) {
    const { Targets = [] } = all(events, 'ListTargetsByRule', { Rule: Name }) as {
      Targets?: readonly { readonly Id: string }[];
    };
    all(events, 'RemoveTargets', { Rule: Name, Ids: Targets.map(({ Id }) => Id) });
    all(events, 'DeleteRule', { Name });
  }
  for (const FunctionName of lambda.functionArns())
    all(lambda, 'PutFunctionConcurrency', { FunctionName, ReservedConcurrentExecutions: 0 });
  const named = (AlarmTypes: readonly string[]): readonly string[] => {
    const { MetricAlarms = [], CompositeAlarms = [] } = all(cloudwatch, 'DescribeAlarms', {
      ...{ AlarmTypes, MaxRecords: 100 },
    }) as { readonly MetricAlarms?: readonly Named[]; readonly CompositeAlarms?: readonly Named[] };
    return [...MetricAlarms, ...CompositeAlarms].map(({ AlarmName }) => AlarmName);
  };
  // An alarm that a composite one is about is deleted after it.
  for (let composite = named(['CompositeAlarm']); composite.length > 0; composite = named(['CompositeAlarm']))
    for (const name of composite)
      try {
        all(cloudwatch, 'DeleteAlarms', { AlarmNames: [name] });
      } catch (error) {
        if (!(error instanceof AwsError && error.name === 'ValidationError')) throw error;
      }
  for (let metric = named(['MetricAlarm']); metric.length > 0; metric = named(['MetricAlarm']))
    all(cloudwatch, 'DeleteAlarms', { AlarmNames: metric });
}

interface Named {
  readonly AlarmName: string;
}

function every(region: Region, ms: number, work: () => void): void {
  const again = (): void => {
    work();
    region.clock.after(ms, again);
  };
  again();
}

const said = (error: unknown): string =>
  `The storm could not be played on: ${error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 3).join(' ') : String(error)}`;
