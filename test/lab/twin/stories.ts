// Draws the stories of `chainmend diff`, and plays none: drills and storms of a fleet file's two versions, storms of generated fleets, and scenarios. It is
// started with a file, and says one line of JSON for each story.
import { readFileSync } from 'node:fs';
import { stringify } from 'yaml';
import type { DrawInput, DrawnLine, Story } from '../../../infra/commands/diff/form.ts';
import { nearest } from '../../../infra/nearest.ts';
import { repositoryRoot } from '../../../infra/paths.ts';
import { allScenarios } from '../../../local/scenarios/catalog/index.ts';
import type { WorldInput } from '../../../local/scenarios/world-file/schema.ts';
import { drilledNodes, drillsOf, fullPercentOf, worldOf } from '../../../local/twin/drills.ts';
import { madeTwin } from '../../../local/twin/made.ts';
import type { Twin } from '../../../local/twin/world.ts';
import { stormOf } from '../storms/draw-storm.ts';
import { FAULT_TYPE_NAMES, isFaultType } from '../storms/faults.ts';
import { GENERATORS } from '../storms/generators.ts';
import { documentOf, type Storm } from '../storms/storm.ts';
import { drawStorm } from './storms.ts';

process.env['TZ'] = 'UTC';

/** As long as a storm of a twin. */
const HOURS = 4;
/** In place of the names of scenarios. */
const ALL = 'all';

const input = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as DrawInput;
const wrong = wrongIn(input);
if (wrong !== undefined) say({ wrong });
else for (const story of storiesOf(input)) say(story);

function say(line: DrawnLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function wrongIn({ only = [], scenarios }: DrawInput): string | undefined {
  const names = allScenarios().map(({ name }) => name);
  const scenario = scenarios.find((name) => name !== ALL && !names.includes(name));
  if (scenario !== undefined) return unknown('scenario', scenario, names, 'npm start -- --list');
  const type = only.find((name) => !isFaultType(name));
  return type === undefined ? undefined : unknown('type of fault', type, FAULT_TYPE_NAMES, 'npm run storm -- --types');
}

function unknown(what: string, name: string, known: readonly string[], list: string): string {
  const near = nearest(name, known);
  return `no ${what} ${JSON.stringify(name)}${near === undefined ? '' : `; did you mean ${near}?`} ${list} names them`;
}

function storiesOf({ fleet, seed, storms, only, scenarios }: DrawInput): readonly Story[] {
  const seeds = Array.from({ length: storms }, (_, at) => seed + at);
  const played = scenarios.includes(ALL) ? allScenarios().map(({ name }) => name) : scenarios;
  return [
    ...played.map((scenario): Story => {
      const world = { scenario };
      return { story: `scenario ${scenario}`, seed, before: world, after: world };
    }),
    ...(fleet === undefined
      ? seeds.map((one) => generated(one, only))
      : ofFleet({ before: madeTwin(fleet.before, fleet.nodes), after: madeTwin(fleet.after, fleet.nodes) }, seed, {
          ...{ seeds, only },
        })),
  ];
}

/** Its fleet files are those of the version that plays it. */
function generated(seed: number, only: DrawInput['only']): Story {
  const generator = GENERATORS.a;
  const storm = stormOf(seed, { hours: HOURS, generator: 'a', ...(only && { only }) });
  const world = { file: textOf(documentOf(storm, generator, repositoryRoot)) };
  return { story: storyOf(storm), seed, before: world, after: world };
}

/** With a directed storm goes the type that it is of. */
function storyOf({ seed, faults }: Storm): string {
  return `storm ${seed}${faults.length === 1 ? ` (${faults[0]?.type ?? ''})` : ''}`;
}

type Twins = Readonly<Record<'before' | 'after', Twin>>;

function ofFleet(
  twins: Twins,
  seed: number,
  { seeds, only }: { readonly seeds: readonly number[]; readonly only: DrawInput['only'] },
): readonly Story[] {
  const drills = drilledNodes(twins.before).flatMap((node) =>
    drillsOf(node).map((which): Story => {
      const worldFor = (twin: Twin) => ({
        file: textOf(
          worldOf(twin, twin.nodes.find(({ name }) => name === node.name) ?? node, which, fullPercentOf(twins.before)),
        ),
      });
      return { story: `drill ${which}`, seed, before: worldFor(twins.before), after: worldFor(twins.after) };
    }),
  );
  const storms = seeds.map((one): Story => {
    // What the faults are is drawn once: both versions meet the same.
    const storm = drawStorm(twins.before, one, only);
    const drawer = { prefix: 'storm-diff', fleets: repositoryRoot };
    const worldFor = ({ fleet }: Twin) => ({
      file: textOf({ ...documentOf(storm, drawer, repositoryRoot), fleets: [fleet] }),
    });
    return { story: storyOf(storm), seed: one, before: worldFor(twins.before), after: worldFor(twins.after) };
  });
  return [...drills, ...storms];
}

function textOf(world: WorldInput): string {
  return stringify(world, { aliasDuplicateObjects: false, lineWidth: 0 });
}
