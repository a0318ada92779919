// Plays a storm: deploys, builds its world, lets its faults and people act, has it judged, and tells which faults had an effect.
import { repositoryRoot } from '../../../infra/paths.ts';
import { createRegion, type Region, START_MS } from '../../../local/region.ts';
import { Checker } from '../../../local/scenarios/checks/checker.ts';
import { stillRunning } from '../../../local/scenarios/checks/endings.ts';
import { isMutation } from '../../../local/scenarios/report/calls.ts';
import { readJournal } from '../../../local/scenarios/report/journal.ts';
import { prepare } from '../../../local/scenarios/run.ts';
import { NotThereError, type World } from '../../../local/scenarios/world/world.ts';
import type { TimelineObserver } from '../../../local/scenarios/world-file/build.ts';
import { worldIn } from '../../../local/scenarios/world-file/read.ts';
import type { Moment, Stage } from '../../../local/scenarios/world-file/timeline.ts';
import { AwsError } from '../../../local/simulator/service.ts';
import type { DrawnType, Generator } from './generator.ts';
import { type Broken, invariantsAsJudge, personActOf, promisesAsJudge, type StormJudge } from './judge.ts';
import { QuietStretches } from './quiet.ts';
import { type Entry, endMinutesOf, nameOf, type Storm, worldFileOf } from './storm.ts';

export interface Ending {
  readonly seed: number;
  /** In the order of time. */
  readonly broken: readonly Broken[];
  readonly mattered: readonly string[];
  readonly idle: readonly string[];
  /** Types of faults that were in its timeline, and those of them that had an effect. */
  readonly drawn: readonly string[];
  readonly fired: readonly string[];
  readonly virtualHours: number;
  readonly traceHash: string;
  /** What was done and said around the first break; empty where nothing was broken. */
  readonly around: readonly string[];
  /** Sweeps that would have found nothing new, and were not played. */
  readonly leftOut: number;
}

export interface PlayOptions {
  /** `all`: none is left out. */
  readonly sweeps?: 'all' | 'needed';
  /** Who looks on from the beginning of the story. */
  readonly witness?: (world: World) => void;
}

const LOOK_EVERY_MS = 10_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const MAX_EVENTS = 20_000_000;
/** A heal that is at work at the end may end: a ladder takes four hours at most, from the door to its proof. */
const REST_MS = 4 * HOUR_MS;
/** What the last execution has begun is written down and told. */
const AFTERMATH_MS = 10 * MINUTE_MS;

/** Before the scenarios' own invariants and the judge of the promises. */
export async function playStorm(
  storm: Storm,
  generator: Omit<Generator, 'draw'>,
  { sweeps = 'needed', witness }: PlayOptions = {},
): Promise<Ending> {
  const checker = new Checker();
  const judges: StormJudge[] = [invariantsAsJudge(checker, storm.hours)];
  const look = (): void => {
    for (const judge of judges) judge.look();
  };
  let quiet: QuietStretches | undefined;
  const region = await createRegion({
    seed: storm.seed,
    lane: 'sweep',
    onCall: (record) => {
      for (const judge of judges) judge.onCall(record);
      quiet?.onCall(record);
      if (record.actor.startsWith('chainmend-') && isMutation(record)) look();
    },
  });
  const watch = new Watch(region, storm, { judges, types: generator.types });
  const scenario = worldIn(
    `${nameOf(storm, generator)}.yaml`,
    worldFileOf(storm, generator, repositoryRoot),
    repositoryRoot,
    watch,
  );
  let thrown: readonly Broken[] = [];
  try {
    let troubles = (): string => '';
    // The promises hold for the first names and alarms of a world, too; the invariants of the scenarios are about a story.
    const built = (world: World): void => {
      const promises = promisesAsJudge(world);
      judges.push(promises.judge);
      troubles = promises.troubles;
    };
    const world = await prepare(region, scenario, { built });
    checker.begin(world);
    const entries = [...storm.faults.flatMap((fault) => fault.entries), { at: endMinutesOf(storm), do: 'end' }];
    if (sweeps === 'needed') quiet = new QuietStretches(world, { troubles, rests: true }, entries, START_MS);
    witness?.(world);
    scenario.people?.(world);
    await unfold(region, storm, judges, look);
  } catch (error) {
    // A defect of the region, or of a function that it cannot play on from: the storm fails, and others go on.
    thrown = [thrownAt(region, error)];
  }
  const atMs = region.clock.now();
  const judgements = thrown.length > 0 ? [] : judges.map((judge) => judge.end(atMs));
  const broken = [...thrown, ...judgements.flatMap((judgement) => judgement.broken)].sort((a, b) => a.atMs - b.atMs);
  return {
    seed: storm.seed,
    broken,
    mattered: judgements.flatMap(({ mattered }) => mattered),
    idle: judgements.flatMap(({ idle }) => idle),
    drawn: [...new Set(storm.faults.map(({ type }) => type))],
    fired: watch.fired(),
    virtualHours: (atMs - START_MS) / HOUR_MS,
    traceHash: region.gateway.trace.hash(),
    around: broken[0] ? watch.around(broken[0]) : [],
    leftOut: quiet?.leftOut ?? 0,
  };
}

async function unfold(region: Region, storm: Storm, judges: readonly StormJudge[], look: () => void): Promise<void> {
  const { clock } = region;
  const lookAgain = (): void => {
    look();
    clock.after(LOOK_EVERY_MS, lookAgain);
  };
  lookAgain();
  clock.at(START_MS + endMinutesOf(storm) * MINUTE_MS, () => {
    for (const judge of judges) judge.faultsEnd(clock.now());
  });
  await clock.run({ untilMs: START_MS + storm.hours * HOUR_MS, maxEvents: MAX_EVENTS });
  let lookedAtMs = 0;
  const isAtRest = (): boolean => {
    if (clock.now() - lookedAtMs < LOOK_EVERY_MS) return false;
    lookedAtMs = clock.now();
    return stillRunning(region).length === 0;
  };
  await clock.run({ until: isAtRest, untilMs: clock.now() + REST_MS, maxEvents: MAX_EVENTS });
  await clock.run({ untilMs: clock.now() + AFTERMATH_MS, maxEvents: MAX_EVENTS });
  // A refused heal is retried for ever: the last retry may end.
  await clock.run({ until: isAtRest, untilMs: clock.now() + AFTERMATH_MS, maxEvents: MAX_EVENTS });
}

const thrownAt = ({ clock }: Region, error: unknown): Broken => ({
  promise: 'plays-to-its-end',
  atMs: clock.now(),
  subject: 'region',
  sentence: `The storm could not be played on: ${error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' ') : String(error)}`,
});

/** Words whose effect is a change of what a node or a chain is; of all others it is that AWS, or a node, has taken them. */
const CHANGES_A_NODE: ReadonlySet<string> = new Set([
  ...[
    'hang',
    'crash',
    'crash-loop',
    'corrupt-data',
    'lose-peers',
    'fork',
    'lose-agent',
    'halt-chain',
    'jail',
    'unmount',
  ],
  ...['stop-client', 'restart-client', 'remove-container', 'beacon-node', 'kill-instance', 'fail-checks', 'lose-zone'],
]);

/** How much of what followed a break is told. */
const AROUND_MS = 15 * MINUTE_MS;
const AROUND_LINES_MAX = 80;

interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Watches the timeline: tells judges what people do, and notes which faults have an effect. */
export class Watch implements TimelineObserver {
  readonly #region: Region;
  readonly #judges: readonly Pick<StormJudge, 'person'>[];
  readonly #known: Generator['types'];
  /** Of each entry of the timeline, in its order. */
  readonly #types: readonly string[];
  /** By type: its entries that were carried out, and words of those that have changed something. */
  readonly #done = new Map<string, readonly Entry[]>();
  readonly #changed = new Map<string, ReadonlySet<string>>();
  readonly #acts: { readonly atMs: number; readonly text: string }[] = [];
  /** While a stored fleet file was none. */
  readonly #brokenMs: Span[] = [];
  #before = '';
  #world: World | undefined;

  constructor(
    region: Region,
    { faults }: Storm,
    { judges, types }: { readonly judges: readonly Pick<StormJudge, 'person'>[]; readonly types: Generator['types'] },
  ) {
    this.#region = region;
    this.#judges = judges;
    this.#known = types;
    this.#types = faults.flatMap(({ type, entries }) => entries.map(() => type));
  }

  before({ world }: Stage, moment: Moment): void {
    this.#world = world;
    const act = personActOf(moment, this.#region.clock.now());
    if (act) for (const judge of this.#judges) judge.person(act);
    this.#before = this.#state(world);
  }

  after({ world }: Stage, moment: Moment, index: number): void {
    this.#note(moment, '');
    const changed = !CHANGES_A_NODE.has(moment.do) || this.#state(world) !== this.#before;
    const nowMs = this.#region.clock.now();
    const { minutes = 0 } = moment as unknown as { readonly minutes?: number };
    if (moment.do === 'break-fleet') this.#brokenMs.push({ fromMs: nowMs, untilMs: nowMs + minutes * MINUTE_MS });
    const type = this.#types[index];
    if (type === undefined) return;
    this.#done.set(type, [...(this.#done.get(type) ?? []), moment as unknown as Entry]);
    if (changed) this.#changed.set(type, new Set([...(this.#changed.get(type) ?? []), moment.do]));
  }

  failed(_: Stage, moment: Moment, error: unknown): void {
    // A storm knows only its own plan: a heal, or another person, may have been faster.
    const isFair =
      error instanceof AwsError ||
      error instanceof NotThereError ||
      error instanceof RangeError ||
      (error instanceof Error && /^(ENOSPC|EROFS):/.test(error.message));
    if (!isFair) {
      this.#region.clock.fail(error);
      return;
    }
    this.#note(moment, ` (not done: ${error.message})`);
  }

  fired(): readonly string[] {
    return [...this.#done.keys()].filter((type) => {
      const known = this.#known[type];
      const changed = this.#changed.get(type);
      return known && (known.words ?? []).every((word) => changed?.has(word)) && this.#hasFired(type, known);
    });
  }

  #hasFired(type: string, { met }: DrawnType): boolean {
    const entries = this.#done.get(type) ?? [];
    const { kernel, outages } = this.#region;
    if (met === undefined) return this.#changed.has(type);
    if (met === 'broken file') return this.#brokenMs.some((span) => this.#isRead(span));
    if (met === 'approve') return entries.some((entry) => entry.do === 'approve');
    if (met === 'reference')
      return entries.some(({ reference }) => kernel.timesMet(`reference ${String(reference)}`) > 0);
    if (met === 'misbehaves') return entries.some(({ fault }) => kernel.timesMet(String(fault)) > 0);
    if (met === 'outage') return entries.some(({ service }) => outages.failed(String(service)) > 0);
    if (met === 'throw-away refuses')
      return this.#world?.drills.some(({ machine }) => machine.disks.data.refusal !== undefined) ?? false;
    const [what, service = ''] = met.split(' ');
    return (what === 'outage' ? outages.failed(service) : kernel.timesMet(met)) > 0;
  }

  /** Whether one of ours asked for the stored files while one of them was broken. */
  #isRead({ fromMs, untilMs }: Span): boolean {
    return this.#region.gateway.trace.calls.some(
      ({ at, actor, operation }) =>
        at > fromMs && at < untilMs && actor.startsWith('chainmend-') && operation.startsWith('GetParameter'),
    );
  }

  /** What was done and said around a break, oldest first. */
  around({ atMs }: Broken): readonly string[] {
    const world = this.#world;
    const said = world ? readJournal(this.#region, world.tableName) : [];
    const lines = [
      ...this.#acts.map((act) => ({ ...act, order: 0 })),
      ...said.map((line) => ({
        atMs: line.atMs,
        order: 1,
        text: `${line.by}  ${line.fleet}/${line.node} ${line.kind}: ${line.sentence}`,
      })),
    ]
      .filter((line) => line.atMs >= START_MS && line.atMs <= atMs + AROUND_MS)
      .sort((a, b) => a.atMs - b.atMs || a.order - b.order);
    // What is found at the end was done long before: the last lines are told, however old they are.
    const from = Math.max(0, lines.findLastIndex((line) => line.atMs <= atMs) - (AROUND_LINES_MAX * 3) / 4);
    return lines
      .slice(from, from + AROUND_LINES_MAX)
      .map((line) => `${new Date(line.atMs).toISOString().slice(11, 19)}  ${line.text}`);
  }

  #note(moment: Moment, more: string): void {
    const { at: _, do: what, every: __, times: ___, ...given } = moment as Moment & Readonly<Record<string, unknown>>;
    this.#acts.push({ atMs: this.#region.clock.now(), text: `storm  ${what} ${JSON.stringify(given)}${more}` });
  }

  #state({ nodes, chains }: World): string {
    const { ec2 } = this.#region;
    return JSON.stringify([
      chains.map((chain) => [chain.halted, chain.consensus()]),
      nodes.map(({ instanceId, machine }) => {
        const { client, peers, beacon, volumes } = machine;
        const { checks, state } = ec2.instance(instanceId);
        return [
          ...[client.state, [...client.heldBy], client.branch.name, machine.isPowered, machine.reachable()],
          ...[machine.report().clientStarts.length, machine.isClientGone, peers.wants().size, peers.count()],
          ...[beacon?.state, volumes.map(({ mounted }) => mounted), checks, state],
        ];
      }),
    ]);
  }
}
