// Generator a: draws a storm from a seed. Pure: the same seed gives the same storm.
import { randomStream } from '../../../local/simulator/random.ts';
import { AT_ACT_NAMES, AT_ACTS, type AtActName, isAtAct } from './at-acts.ts';
import { Draw } from './draw.ts';
import { FAULT_TYPE_NAMES, FAULT_TYPES, type FaultTypeName, hasOwnZone } from './faults.ts';
import { drawWorld } from './owners.ts';
import { APART_NAMES, isRollout, RELEASE_NAMES, ROLLOUT_NAMES, type RolloutName, withRollout } from './rollouts.ts';
import type { Storm, StormFault, StormWorld } from './storm.ts';

const FAULTS_MAX = 10;
const ROLLOUTS_MAX = 5;
/** The first fault comes when the world has stood for a while. */
const FIRST_AT_MINUTES = 2;
/** The part of a storm in which something goes wrong; in the rest it is healed. */
const STORMY_SHARE = 0.3;
/** Half of the storms have their faults at about one moment: what is composed finds more than what comes one by one. */
const BURST_MINUTES = 15;

export interface GenerateOptions {
  readonly hours: number;
  /** Draws these types of faults first, in a world where all of them can happen. */
  readonly first?: readonly (FaultTypeName | AtActName | RolloutName)[];
  /** No other fault. */
  readonly alone?: boolean;
}

/** @throws RangeError where `first` can happen in none of the worlds that are drawn for it */
export function generateStorm(seed: number, { hours, first = [], alone = false }: GenerateOptions): Storm {
  const draw = new Draw(randomStream(seed, 'storms/a'));
  // Drawn apart, so that the rest of a seed's storm stays what it was.
  const rollouts = new Draw(randomStream(seed, 'storms/a/rollouts'));
  const later = LATER_TYPES.map((type) => ({ type, by: new Draw(randomStream(seed, LATER[type])) }));
  const faultsEndMinutes = Math.floor(hours * 60 * STORMY_SHARE);
  for (let drawn = 0; drawn < WORLDS_MAX; drawn++) {
    const world = drawWorld(draw);
    const count = alone ? 0 : draw.mostlySmall(1, FAULTS_MAX);
    const isBurst = draw.chance(0.5);
    const centre = draw.integer(FIRST_AT_MINUTES, Math.max(FIRST_AT_MINUTES, faultsEndMinutes - BURST_MINUTES));
    const faultOf = (type: FaultTypeName | AtActName, by = draw): StormFault | undefined => {
      const at = isBurst
        ? Math.min(faultsEndMinutes - 1, centre + by.integer(0, BURST_MINUTES))
        : by.integer(FIRST_AT_MINUTES, faultsEndMinutes - 1);
      const { draw: drawn } = isAtAct(type) ? AT_ACTS[type] : FAULT_TYPES[type];
      const entries = drawn({ world, draw: by, at, endsBy: faultsEndMinutes });
      return entries && { type, entries };
    };
    const asked = first.filter((type) => isRollout(type));
    const wanted = first.filter((type) => !isRollout(type)).map((type) => faultOf(type));
    if (wanted.includes(undefined)) continue;
    const faults = Array.from({ length: count }, () => faultOf(draw.pick(FIRST_TYPES)));
    const behind = alone
      ? []
      : later.map(({ type, by }) => (by.chance(0.15) ? faultOf(by.pick([type]), by) : undefined));
    const acts = new Draw(randomStream(seed, 'storms/a/acts'));
    const atActs =
      alone || !acts.chance(AT_ACTS_SHARE)
        ? []
        : Array.from({ length: acts.integer(1, 2) }, () => faultOf(acts.pick(AT_ACT_NAMES), acts));
    const storm: Storm = {
      ...{ seed, hours, faultsEndMinutes },
      ...withProtection(
        { ...withObstacles(world, seed), ...pastOf(world, new Draw(randomStream(seed, 'storms/a/past'))) },
        new Draw(randomStream(seed, 'storms/a/protection')),
      ),
      faults: [...wanted, ...faults, ...behind, ...atActs].filter((fault) => fault !== undefined),
    };
    const begun = asked.reduce<Storm | undefined>(
      (before, type) => before && withRollout(before, type, rollouts, faultsEndMinutes),
      storm,
    );
    if (begun === undefined) continue;
    if (alone || (first.length > 0 && asked.length === 0)) return begun;
    const released = withRelease(withSome(begun, rollouts), new Draw(randomStream(seed, 'storms/a/releases')));
    return withApart(released, new Draw(randomStream(seed, 'storms/a/apart')));
  }
  throw new RangeError(`${first.join('+')} cannot happen in any of ${WORLDS_MAX} worlds`);
}

/** In some of them somebody's own record has a name that the fleet would like to have, as where Terraform made it before chainmend came. */
function pastOf(world: StormWorld, draw: Draw): Pick<Storm, 'past'> {
  const own = world.nodes.filter(({ fleet }) => hasOwnZone(world, fleet));
  if (own.length === 0 || !draw.chance(0.25)) return {};
  const { fleet, name } = draw.pick(own);
  return { past: { records: { [`${fleet}.internal`]: { [draw.pick([name, 'pool'])]: ['10.9.9.9'] } } } };
}

type StormVolume = NonNullable<StormWorld['nodes'][number]['volumes']>[number];
/** What keeps a filesystem from following a larger volume, on volumes that can have it. */
const LAYOUTS: readonly Partial<StormVolume>[] = [
  { obstacle: 'frozen', filesystem: 'xfs' },
  { obstacle: 'errors', filesystem: 'ext4' },
  { obstacle: 'several-devices', filesystem: 'btrfs' },
  { obstacle: 'read-only' },
  { obstacle: 'no-filesystem-tool' },
  { partitioned: true },
  { partitioned: true, obstacle: 'partition-behind' },
  { partitioned: true, obstacle: 'logical-partition' },
  { partitioned: true, obstacle: 'no-partition-tool' },
];

/** In a sixth of them a third of the nodes have a disk that cannot grow, or that is partitioned. Drawn apart, too. */
function withObstacles(world: StormWorld, seed: number): StormWorld {
  const draw = new Draw(randomStream(seed, 'storms/a/layouts'));
  if (!draw.chance(1 / 6)) return world;
  const nodes = world.nodes.map((node) => {
    const { volumes } = node;
    if (volumes === undefined || !draw.chance(1 / 3)) return node;
    return { ...node, volumes: volumes.map((volume) => ({ ...volume, ...draw.pick(LAYOUTS) })) };
  });
  return { ...world, nodes };
}

/** In a sixth of them owners have protected nodes against a stop or their end, or what a launch template makes. Drawn apart, as the past is. */
function withProtection(
  { past, ...world }: StormWorld & Pick<Storm, 'past'>,
  draw: Draw,
): StormWorld & Pick<Storm, 'past'> {
  if (!draw.chance(1 / 6)) return { ...world, ...(past && { past }) };
  const drawn = (): ('stop' | 'termination')[] =>
    draw.pick<('stop' | 'termination')[]>([['termination'], ['termination'], ['stop'], ['stop', 'termination']]);
  const nodes = world.nodes.map((node) => (draw.chance(0.5) ? { ...node, protected: drawn() } : node));
  const protectedTemplates = Object.fromEntries(
    world.templates.flatMap((fleet) => (draw.chance(0.5) ? [[fleet, drawn()]] : [])),
  );
  const isThere = Object.keys(protectedTemplates).length > 0;
  return { ...world, nodes, ...((past || isThere) && { past: { ...past, ...(isThere && { protectedTemplates }) } }) };
}

function withRelease(storm: Storm, draw: Draw): Storm {
  if (!draw.chance(0.15)) return storm;
  return withRollout(storm, draw.pick(RELEASE_NAMES), draw, storm.faultsEndMinutes) ?? storm;
}

function withApart(storm: Storm, draw: Draw): Storm {
  if (!draw.chance(0.15)) return storm;
  return withRollout(storm, draw.pick(APART_NAMES), draw, storm.faultsEndMinutes) ?? storm;
}

const WORLDS_MAX = 200;
/** In so many storms something goes wrong exactly at an act of ours. Drawn apart, too. */
const AT_ACTS_SHARE = 0.4;

/** Drawn behind the others, each from a stream of its own, for the same reason as rollouts. */
const LATER = {
  'asks-shrink': 'storms/a/later',
  'restores-validator': 'storms/a/validators',
  'renames-devices': 'storms/a/devices',
} as const satisfies Partial<Record<FaultTypeName, string>>;
export const LATER_TYPES = Object.keys(LATER) as readonly (keyof typeof LATER)[];
const FIRST_TYPES = FAULT_TYPE_NAMES.filter((type) => !Object.hasOwn(LATER, type));

/** In most of the storms whose world allows it. */
function withSome(storm: Storm, draw: Draw): Storm {
  if (!draw.chance(0.85)) return storm;
  const types = Array.from({ length: draw.mostlySmall(1, ROLLOUTS_MAX) }, () => draw.pick(ROLLOUT_NAMES));
  return types.reduce((drawn, type) => withRollout(drawn, type, draw, storm.faultsEndMinutes) ?? drawn, storm);
}
