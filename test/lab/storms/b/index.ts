// The second generator of storms. It was written from the documents alone, by somebody who had seen neither the first one nor the suite, and shares
// nothing with the first but the run. It does not draw independent faults: it tells stories, which meet at one node and at the moments of heals.
import type { Generator } from '../generator.ts';
import type { Storm, StormFault, StormNode } from '../storm.ts';
import { AT_ONE_ACT } from './acts.ts';
import { Chance } from './chance.ts';
import { CLOUD } from './cloud.ts';
import { watchedAsOne } from './houses.ts';
import { MACHINES } from './machines.ts';
import { NETWORK } from './network.ts';
import { PEOPLE } from './people.ts';
import { houseOf, type Story } from './story.ts';
import { drawWorld, type World } from './worlds.ts';

const by = (hand: string, stories: Readonly<Record<string, Omit<Story, 'hand'>>>): Readonly<Record<string, Story>> =>
  Object.fromEntries(Object.entries(stories).map(([name, story]) => [name, { ...story, hand }]));

const STORIES: Readonly<Record<string, Story>> = {
  ...by('people', PEOPLE),
  ...by('nodes', MACHINES),
  ...by('aws', CLOUD),
  ...by('chains', NETWORK),
};
const NAMES = Object.keys(STORIES);
const HANDS: Readonly<Record<keyof typeof AT_ONE_ACT, string>> = {
  ...{ 'file-unreadable-at-an-act': 'people', 'service-away-at-an-act': 'aws', 'only-plans-from-an-act-on': 'people' },
  ...{ 'other-mode-from-an-act-on': 'people', 'nobodys-from-an-act-on': 'people', 'machine-dies-at-an-act': 'nodes' },
  'lag-beside-a-dark-zone': 'aws',
};
/** Told behind all others, with a chance of their own: the stories of a seed stay what they were. */
const BEHIND: Readonly<Record<string, Story>> = Object.fromEntries(
  Object.entries(AT_ONE_ACT).map(([name, story]) => [name, { ...story, hand: HANDS[name as keyof typeof AT_ONE_ACT] }]),
);
const BEHIND_PERCENT = 40;
const ALL: Readonly<Record<string, Story>> = { ...STORIES, ...BEHIND };

/** The part of a storm in which something goes wrong: what is left is the time to heal (docs/storms.md). */
const FAULTS_SHARE = 0.3;
/** Timelines have 200 entries at most. */
const ENTRIES_MAX = 180;
/** Stories that few worlds allow are told where one does. */
const RARE_PERCENT = 50;
/** Worlds that are drawn until one has a node with which the only type can happen. */
const WORLDS_MAX = 200;

export const secondGenerator: Generator = {
  prefix: 'storm-b',
  fleets: `${import.meta.dirname}/fleets`,
  types: ALL,
  draw: (seed, { hours, only }) => {
    const chance = new Chance(seed, `storms b ${hours} ${only ?? ''}`);
    const { world, focus } = only === undefined ? anyWorld(chance) : worldFor(chance, only);
    const faultsEndMinutes = Math.round(hours * 60 * FAULTS_SHARE);
    const told = new Telling(chance, { world, focus, endMinutes: faultsEndMinutes });
    const names = only === undefined ? namesFor(chance, world) : [only];
    const faults = [
      ...told.all(names),
      ...(only === undefined ? behind(seed, { world, focus, endMinutes: faultsEndMinutes }) : []),
    ];
    // A chance of its own: the stories of a seed stay what they were.
    const fleets = watchedAsOne(new Chance(seed, 'storms b alarms'), world.fleets);
    return { seed, hours, faultsEndMinutes, ...world, fleets, faults } satisfies Storm;
  },
};

function behind(
  seed: number,
  where: { readonly world: World; readonly focus: StormNode; readonly endMinutes: number },
): readonly StormFault[] {
  const chance = new Chance(seed, 'storms b acts');
  if (!chance.percent(BEHIND_PERCENT)) return [];
  const possible = Object.keys(BEHIND).filter((name) => nodesFor(BEHIND[name] as Story, where.world).length > 0);
  return new Telling(chance, where).all(chance.some(possible, 1));
}

function anyWorld(chance: Chance): { readonly world: World; readonly focus: StormNode } {
  const world = drawWorld(chance);
  return { world, focus: chance.one(world.nodes) };
}

function worldFor(chance: Chance, name: string): { readonly world: World; readonly focus: StormNode } {
  const story = ALL[name];
  if (!story) throw new RangeError(`draw: there is no type of fault "${name}"`);
  for (let tried = 0; tried < WORLDS_MAX; tried++) {
    const world = drawWorld(chance, story.needs);
    const focus = nodesFor(story, world)[0];
    if (focus) return { world, focus };
  }
  throw new RangeError(`draw: "${name}" could happen in none of ${WORLDS_MAX} worlds`);
}

const nodesFor = (story: Story, world: World): readonly StormNode[] =>
  world.nodes.filter((node) => (story.needs?.(houseOf(node)) ?? true) && (story.fits?.(world, node) ?? true));

/** One to four stories that can happen here. */
function namesFor(chance: Chance, world: World): readonly string[] {
  const possible = NAMES.filter((name) => nodesFor(STORIES[name] as Story, world).length > 0);
  const rare = possible.filter((name) => STORIES[name]?.fits !== undefined);
  const first = rare.length > 0 && chance.percent(RARE_PERCENT) ? [chance.one(rare)] : [];
  const others = possible.filter((name) => !first.includes(name));
  return [...first, ...chance.some(others, chance.one([1, 1, 2, 2, 3, 4]) - first.length)];
}

/** Most stories of a storm are about one node, and begin at one moment or in each other's middle. */
class Telling {
  readonly #chance: Chance;
  readonly #where: { readonly world: World; readonly focus: StormNode; readonly endMinutes: number };
  /** When the first story begins: others begin then, too, or soon. */
  readonly #knotMinutes: number;

  constructor(
    chance: Chance,
    where: { readonly world: World; readonly focus: StormNode; readonly endMinutes: number },
  ) {
    this.#chance = chance;
    this.#where = where;
    this.#knotMinutes = chance.one([0, 0.1, 1, chance.tenth(1, Math.max(1, where.endMinutes / 3))]);
  }

  all(names: readonly string[]): readonly StormFault[] {
    const faults: StormFault[] = [];
    let entries = 0;
    for (const type of names) {
      const fault = { type, entries: this.#tell(ALL[type] as Story) };
      entries += fault.entries.length;
      if (entries > ENTRIES_MAX) break;
      faults.push(fault);
    }
    return faults;
  }

  #tell(story: Story): StormFault['entries'] {
    const { world, focus, endMinutes } = this.#where;
    const chance = this.#chance;
    const possible = nodesFor(story, world);
    const node = possible.includes(focus) && chance.percent(75) ? focus : chance.one(possible);
    const apart = chance.one([0, 0, 0.5, 3, chance.tenth(0, endMinutes / 2)]);
    const at = Math.round(Math.min(this.#knotMinutes + apart, endMinutes * 0.8) * 1_000) / 1_000;
    return story.tell({ chance, world, endMinutes, at, node });
  }
}
