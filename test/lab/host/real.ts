// `npm run test:nodes [-- --group NAME | --one-of-each]`: the real stories on real machines, and the host suite at the same time; or the stories of one
// group, or one story for each kind of client, without the host suite. Tests that this host cannot run are skipped loudly, by name. The last line has the numbers of passed, failed and skipped tests; the exit status is 1 when one failed.
import { Command, Option } from 'commander';
import { ensureSynthesized } from '../../../infra/synth.ts';
import { operationParameters } from '../../../shared/node-commands/parameters.ts';
import { type HostReadiness, prepareHost, type ReadyHost } from '../machines/host/readiness.ts';
import type { RunEvent } from '../machines/run-events.ts';
import { STORIES } from '../machines/stories/index.ts';
import { GROUPS, type Group, ONE_OF_EACH, planStories, softwareFor } from '../machines/stories/plan.ts';
import { EMPTY, type Reasoned, type Tally } from '../machines/tally.ts';
import { REAL_FLEETS } from '../machines/world.ts';
import { type Counts, hostSuite } from './host-suite.ts';
import { playGroups } from './real-groups.ts';

/** The limit of the stories, on a host with the base system: the build happens once. */
const LIMIT_SECONDS = 52 * 60;
/** The host suite gets only the CPU time that the stories leave. */
const HOST_SUITE_LIMIT_SECONDS = 60 * 60;
const SCRIPTS = {
  story: 'shipped-scripts',
  sentence: 'Every script that is shipped was executed on a machine.',
} as const;

/** No story asks for it yet. */
const WITHOUT_STORY = {
  name: 'fill-volume',
  why: 'but fill-volume: the host suite fills real filesystems with it (fill.test).',
} as const;

const { group, oneOfEach } = new Command('npm run test:nodes --')
  .addOption(new Option('--group <name>', 'only the stories of this group').choices(GROUPS).conflicts('oneOfEach'))
  .option('--one-of-each', 'only one story for each kind of client')
  .parse()
  .opts<{ readonly group?: Group; readonly oneOfEach?: true }>();
const isWhole = group === undefined && oneOfEach === undefined;
const stories = STORIES.filter((story) =>
  oneOfEach ? ONE_OF_EACH.includes(story.name) : group === undefined || story.group === group,
);

const NONE: Counts = { passed: 0, failed: 0, skipped: 0 };

const secondsGone = (): number => performance.now() / 1_000;
const say = (line: string): void => void process.stderr.write(`${secondsGone().toFixed(1).padStart(7)} s  ${line}\n`);

const readiness = await prepareHost(say, softwareFor(stories));
// Once, before the groups want it all at the same moment.
if (readiness.ready) await ensureSynthesized({ fleets: REAL_FLEETS });
const readyAfterSeconds = secondsGone();
const secondsLeft = (): number => LIMIT_SECONDS - (secondsGone() - readyAfterSeconds);
const [tally, suite] = await Promise.all([
  readiness.ready ? playOn(readiness) : { ...EMPTY, skipped: allSkipped(readiness.why) },
  // Stories wait most of the time: the host suite gets the CPU time that they leave.
  isWhole ? hostSuite(HOST_SUITE_LIMIT_SECONDS) : NONE,
]);
const scripts = !isWhole
  ? EMPTY
  : readiness.ready
    ? scriptsOf(tally)
    : { ...EMPTY, skipped: [{ ...SCRIPTS, why: readiness.why }] };

const skipped = [...tally.skipped, ...scripts.skipped];
const broken = [...tally.broken, ...scripts.broken];
const passed = tally.held.length + scripts.held.length + suite.passed;
const failed = broken.length + suite.failed;
for (const { story, sentence, why } of skipped) console.log(`SKIPPED: ${story}: ${sentence} ${why}`);
for (const { story, sentence, why } of broken) console.log(`FAILED: ${story}: ${sentence}\n        ${why}`);
if (suite.why !== undefined) console.log(`FAILED: the host suite: ${suite.why}`);
if (suite.failed > 0) console.log(`FAILED: ${suite.failed} of the host suite, see above`);
console.log(`${passed} passed, ${failed} failed, ${skipped.length + suite.skipped} skipped${inWhat(readiness)}`);
process.exitCode = failed > 0 ? 1 : 0;

async function playOn(ready: ReadyHost): Promise<Tally> {
  const plan = planStories(stories, ready);
  const machines = ready.machines === 'containers' ? 'containers with systemd' : 'plain namespaces';
  say(`${plan.played.length} stories on machines that are ${machines}`);
  return await playGroups(ready, plan, {
    limitSeconds: secondsLeft(),
    isOnlyOne: oneOfEach ?? false,
    onEvent: (group, told) => {
      const line = lineOf(told);
      if (line !== undefined) say(`${group}  ${line}`);
    },
    onRemarks: (group, remarks) => process.stderr.write(`\nwhat ${group} said besides:\n${remarks}\n`),
  });
}

function lineOf(told: RunEvent): string | undefined {
  switch (told.event) {
    case 'story':
      return `${told.name} begins: ${told.sentence}`;
    case 'told':
      return `${told.subject}: ${told.text}`;
    case 'held':
      return `${told.story} holds: ${told.sentence}`;
    case 'broken':
      return `${told.story} BROKEN: ${told.sentence} ${told.why}`;
    case 'skipped':
      return `${told.story} SKIPPED: ${told.sentence} ${told.why}`;
    case 'ended':
      return `${told.story} ended after ${told.seconds.toFixed(1)} s`;
    case 'script':
      return undefined;
  }
}

/** Without a host, missing Go does not matter: the stories that need it are skipped with the others. */
function allSkipped(why: string): Reasoned[] {
  process.stderr.write(`\nSKIPPED: all stories on real machines: ${why}\n\n`);
  return stories.map(({ name, sentence }) => ({ story: name, sentence, why }));
}

/** Judged over all groups: no single group calls all scripts. */
function scriptsOf(of: Tally): Tally {
  const left = Object.keys(operationParameters).filter((name) => !of.scripts.includes(name));
  if (stories.length === 0) return { ...EMPTY, skipped: [{ ...SCRIPTS, why: 'there are no stories' }] };
  const missing = left.filter((name) => name !== WITHOUT_STORY.name);
  const skipped = left.length > missing.length ? [{ ...SCRIPTS, ...WITHOUT_STORY }] : [];
  if (missing.length === 0) return { ...EMPTY, held: [SCRIPTS], skipped };
  return { ...EMPTY, broken: [{ ...SCRIPTS, why: `never executed: ${missing.join(', ')}` }] };
}

function inWhat(of: HostReadiness): string {
  return of.ready && of.whyPlain !== undefined ? ` (in plain namespaces: ${of.whyPlain})` : '';
}
