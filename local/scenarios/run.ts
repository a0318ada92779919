// One run: a region with the stack deployed in it, a scenario's world, people and faults, until nothing is in progress any more.
import { join } from 'node:path';
import { readFleets } from '../../infra/fleets.ts';
import { ensureSynthesized } from '../../infra/synth.ts';
import { widenedIn } from '../../shared/fleet/membership.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { fleetParameterName } from '../../shared/fleet/parameter.ts';
import { resolveFleet } from '../../shared/fleet/resolve.ts';
import type { FleetDocument } from '../../shared/fleet/schema.ts';
import {
  ACCOUNT_ID,
  createRegion,
  REGION_NAME,
  type Region,
  type RegionOptions,
  SECOND_ACCOUNT_ID,
  SECOND_REGION_NAME,
  START_MS,
} from '../region.ts';
import type { Assembly } from '../simulator/cloudformation/assembly.ts';
import { readAssembly } from '../simulator/cloudformation/deploy.ts';
import type { FaultName } from '../simulator/faults.ts';
import type { CallRecord } from '../simulator/trace.ts';
import { Checker } from './checks/checker.ts';
import { PAGES_MAX } from './checks/invariants.ts';
import { makeReport, type Report } from './report/report.ts';
import type { Scenario } from './scenario.ts';
import { deployedFrom, deployTags } from './world/deployed.ts';
import { deployInto, settled } from './world/deployment.ts';
import type { NodeStack } from './world/node-stack.ts';
import { regionOfNodes } from './world/region-of-nodes.ts';
import { World } from './world/world.ts';

export const FLEETS = join(import.meta.dirname, './fleets');
/** The nodes exist so long before the story begins: by then they are watched and have names and alarms. */
const LEAD_MS = 6 * 60_000;
/** After the end a run continues for a while: late or repeated events must not spoil anything. Faults delay events by ten minutes. */
const aftermathMs = (disturbed: boolean): number => (disturbed ? 10 : 4) * 60_000;
const LOOK_EVERY_MS = 10_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const MAX_EVENTS = 20_000_000;

export interface RunOptions
  extends Pick<
    RegionOptions,
    'seed' | 'lane' | 'requestFaults' | 'hooks' | 'guard' | 'accountConcurrency' | 'sandbox'
  > {
  readonly faults?: readonly FaultName[];
  /** Somebody who looks on and changes nothing. */
  readonly witness?: Witness;
  /** Something goes wrong that is not a named fault (a test kills a function): expectations of undisturbed runs are skipped. */
  readonly disturbed?: true;
  /** Blocks come as on the main network also where the story was written for quick ones. */
  readonly blocks?: 'real';
  /** Deploys another suite than that of the sources. @returns the name of its table */
  readonly deploySuite?: typeof deployInto;
}

export interface Witness {
  /** Once, when the story begins, before its people act. */
  begin(world: World): void;
  /** Each request of the story, right after its effect. */
  onCall(record: CallRecord): void;
}

export interface Run {
  readonly report: Report;
  readonly world: World;
  /** Sentences of the scenario's expectations that did not hold. */
  readonly unmet: readonly string[];
}

export async function run(scenario: Scenario, options: RunOptions): Promise<Run> {
  const checker = new Checker();
  const { witness } = options;
  let hasBegun = false;
  const region = await createRegion({
    ...options,
    regionName: regionNameOf(scenario),
    onCall: (record) => {
      checker.onCall(record);
      if (hasBegun) witness?.onCall(record);
    },
  });
  const world = await prepare(region, scenario, options);
  checker.begin(world);
  witness?.begin(world);
  hasBegun = true;
  const { seed, lane, faults = [] } = options;
  const disturbed = options.disturbed === true || faults.length > 0;
  scenario.people?.(world);
  const missed = scheduleMidwayChecks(world, scenario, disturbed);
  await untilDone(world, scenario, aftermathMs(disturbed));
  const { name, attemptsAtMost, pagesAtMost = PAGES_MAX } = scenario;
  const violations = checker.end({ attemptsAtMost, pagesAtMost: disturbed ? undefined : pagesAtMost });
  const report = makeReport(world, checker, { scenario: name, seed, lane, violations });
  const unmet = [
    ...scenario.expect
      .filter(({ undisturbed }) => !(undisturbed && disturbed))
      .filter(({ holds }) => !holds(report, world))
      .map(({ sentence }) => sentence),
    ...missed,
    ...(report.violations.length > 0 ? ['no invariant is broken'] : []),
  ];
  return { report, world, unmet };
}

/** Where the suite of a story is. */
export const regionNameOf = ({ copiedFrom }: Pick<Scenario, 'copiedFrom'>): string =>
  copiedFrom === undefined ? REGION_NAME : SECOND_REGION_NAME;

/** @returns the sentences of midway checks that did not hold; the list grows during the run */
function scheduleMidwayChecks(world: World, { meanwhile = [] }: Scenario, disturbed: boolean): readonly string[] {
  const missed: string[] = [];
  for (const { atMinutes, sentence, holds, undisturbed } of meanwhile) {
    if (undisturbed && disturbed) continue;
    missed.push(sentence);
    world.at(atMinutes, () => {
      if (holds(world)) missed.splice(missed.indexOf(sentence), 1);
    });
  }
  return missed;
}

interface Sources {
  readonly assembly: Assembly;
  /** Of the fleets that are deployed, by their names. */
  readonly nodeStacks: ReadonlyMap<string, NodeStack>;
  readonly fleetFiles: ReturnType<typeof readFleets>;
}

/** By the folder of their fleet files and the deployment's context, read once a process: a sweep over seeds needs them hundreds of times. */
const sources = new Map<string, Promise<Sources>>();

function sourcesOf(fleets: string, context: Readonly<Record<string, string>>): Promise<Sources> {
  const key = fleets + JSON.stringify(context);
  const reading = sources.get(key) ?? readSources(fleets, context);
  sources.set(key, reading);
  return reading;
}

async function readSources(fleets: string, context: Readonly<Record<string, string>>): Promise<Sources> {
  const fleetFiles = readFleets(fleets);
  const directory = await ensureSynthesized({ fleets, context });
  const nodeStacks = new Map(
    fleetFiles.flatMap(({ document }) =>
      document.deploy
        ? [
            [
              document.fleet,
              { document, assembly: readAssembly(directory, `ChainmendNodes-${document.fleet}`) },
            ] as const,
          ]
        : [],
    ),
  );
  return { assembly: readAssembly(directory, 'Chainmend'), nodeStacks, fleetFiles };
}

/** Deploys the synthesized template into a region, in the minutes before the story begins, and builds the scenario's world. */
export async function prepare(
  region: Region,
  scenario: Pick<Scenario, 'build' | 'fleets' | 'zones' | 'deployedWith' | 'context' | 'copiedFrom' | 'sharedFrom'>,
  {
    blocks,
    seed = 1,
    built,
    deploySuite = deployInto,
  }: Partial<Pick<RunOptions, 'blocks' | 'seed' | 'deploySuite'>> & {
    /** Called before the functions see the world for the first time: they give names and alarms to it before its story begins. */
    readonly built?: (world: World) => void;
  } = {},
): Promise<World> {
  const { deployedWith = FLEETS, context = {}, copiedFrom, sharedFrom } = scenario;
  const home = copiedFrom ?? sharedFrom;
  const { assembly, nodeStacks, fleetFiles } = await sourcesOf(deployedWith, context);
  const { clock } = region;
  for (const topic of new Set(fleetFiles.flatMap(({ fleet }) => fleet.alarms.topics)))
    await settled(region, () => region.call('sns', 'CreateTopic', { Name: topic.split(':').at(-1) }));
  const tableName = await deploySuite(region, assembly);
  const { fleets, later } = await settled(region, () => pushFleets(region, fleetFiles, scenario.fleets ?? {}));
  await clock.run({ untilMs: START_MS - LEAD_MS, maxEvents: MAX_EVENTS });
  const world = new World(region, tableName, fleets, nodeStacks);
  world.blocks = blocks ?? 'as written';
  if (home !== undefined) {
    const there = await sourcesOf(home, {});
    const files = new Map(there.fleetFiles.map(({ document, fleet }) => [document.fleet, fleet]));
    const accountId = sharedFrom === undefined ? ACCOUNT_ID : SECOND_ACCOUNT_ID;
    world.home = await regionOfNodes(region, there.assembly, files, { seed, accountId });
  }
  if (scenario.zones !== 'none') world.furnish();
  for (const push of later) world.beforehand(push);
  scenario.build(world);
  await settled(region, () => removeUnusedFleets(world));
  built?.(world);
  await clock.run({ untilMs: START_MS, maxEvents: MAX_EVENTS });
  await settled(region, () => world.open());
  if (world.home) await world.home.open();
  return world;
}

/** Removes fleets without nodes in this world: looking after an empty fleet for a day takes as long as looking after a real one. */
async function removeUnusedFleets({ region, nodes, fleets }: World): Promise<void> {
  const here = new Set(nodes.map(({ fleet }) => fleet.name));
  if (here.size === 0) return;
  for (const name of fleets.keys()) {
    const Name = fleetParameterName('/chainmend', name);
    if (!here.has(name)) await region.call('ssm', 'DeleteParameter', { Name });
  }
}

/**
 * The changes of the scenario's people to the fleet files before the story. A mode changes when the story begins: until then the fleet is set up,
 * including its names.
 */
async function pushFleets(
  region: Region,
  fleetFiles: Sources['fleetFiles'],
  changes: NonNullable<Scenario['fleets']>,
): Promise<{ readonly fleets: ReadonlyMap<string, Fleet>; readonly later: readonly (() => Promise<unknown>)[] }> {
  const fleets = new Map<string, Fleet>();
  const later: (() => Promise<unknown>)[] = [];
  const deployed = deployedFrom(fleetFiles.map(({ document }) => document));
  const documents: FleetDocument[] = [];
  for (const { document } of fleetFiles) {
    const change = changes[document.fleet];
    const pushed = JSON.parse(JSON.stringify({ ...document, ...change })) as FleetDocument;
    documents.push(widenedIn(pushed, deployed).length > 0 ? pushed : document);
    fleets.set(document.fleet, resolveFleet(pushed));
    if (!change) continue;
    const Name = fleetParameterName('/chainmend', document.fleet);
    const put = (stored: FleetDocument) =>
      region.call('ssm', 'PutParameter', { Name, Value: JSON.stringify(stored), Type: 'String', Overwrite: true });
    await put({ ...pushed, mode: document.mode });
    if (change.mode !== undefined) later.push(() => put(pushed));
  }
  // What a scenario's people changed before its story they have deployed, where a push would not do.
  await deployTags(region, documents);
  return { fleets, later };
}

/** Lets a prepared world's people act and plays it: so many minutes, or until its story is over. */
export async function playFor(world: World, scenario: Scenario, minutes: number | 'end'): Promise<void> {
  scenario.people?.(world);
  if (minutes === 'end') await untilDone(world, scenario, aftermathMs(false));
  else await world.region.clock.run({ untilMs: START_MS + minutes * MINUTE_MS, maxEvents: MAX_EVENTS });
}

async function untilDone(world: World, scenario: Scenario, aftermath: number): Promise<void> {
  const { clock, lambda } = world.region;
  const restful = (): boolean => lambda.executions().every(({ status }) => status !== 'RUNNING');
  let lookedAtMs = 0;
  const until = (): boolean => {
    // Called whenever nothing is runnable, and a scenario may have to read the whole table for the answer.
    if (clock.now() - lookedAtMs < LOOK_EVERY_MS) return false;
    lookedAtMs = clock.now();
    return scenario.done(world) && restful();
  };
  await clock.run({ until, untilMs: START_MS + scenario.hours * HOUR_MS, maxEvents: MAX_EVENTS });
  await clock.run({ untilMs: clock.now() + aftermath, maxEvents: MAX_EVENTS });
  // A refused heal is retried for ever: the last retry is allowed to end.
  await clock.run({ until: restful, untilMs: clock.now() + aftermath, maxEvents: MAX_EVENTS });
}
