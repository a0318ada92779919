// The world of the scenarios in which a fleet is upgraded: what is installed beside the version that runs, and how scenarios look at it.

import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import type { InstalledVersion } from '../../nodes/spec.ts';
import type { FleetChange } from '../scenario.ts';
import { launchTemplate, snapshotsOf } from './fixtures.ts';
import { ask, GOOD, impatient, smallFleet } from './ladder.ts';
import type { PlacedNode, World } from './world.ts';
import { CONSORTIUM_CLOCK, CONSORTIUM_START_HEIGHT, consortium, QUICK_BLOCKS } from './worlds.ts';

/** What runs when the story begins: the usual unit of a simulated node is node@0.21.0. */
export const BEFORE = '0.21.0';
export const AFTER = '0.22.0';
/** What mends a version that no node can go on with. */
export const MENDED = '0.22.1';
export const CANARY = 'node3';
export const WATCH_MINUTES = 20;
const ASKED_AT_MINUTES = 2;

export const upgradable: Partial<FleetDocument> = {
  ...impatient,
  client: { versions: [BEFORE, AFTER], canary: CANARY, watchMinutes: WATCH_MINUTES },
};

/** Half of the nodes of a zone go over at once. */
export const upgradableByZones: Partial<FleetDocument> = {
  ...upgradable,
  client: { versions: [BEFORE, AFTER], canary: CANARY, watchMinutes: WATCH_MINUTES, zonePercent: 50 },
};
/** Four in each of three zones. */
export const NODES_OF_ZONES = 12;

/** Followers, on each of which the owner has installed the new version. Data that it has opened the old one cannot open any more. */
export const installed = (world: World, fault?: InstalledVersion['fault']): PlacedNode =>
  smallFleet(world, { clock: QUICK_BLOCKS, more: { machine: { versions: versionsWith(fault) } } });

const versionsWith = (fault?: InstalledVersion['fault']): Readonly<Record<string, InstalledVersion>> => ({
  [BEFORE]: { clientVersion: '/Satoshi:28.0.0/' },
  [AFTER]: { clientVersion: '/Satoshi:29.0.0/', format: 1, ...(fault && { fault }) },
  [MENDED]: { clientVersion: '/Satoshi:29.0.1/', format: 1 },
});

/** @param faulty nodes on which the new version takes no block */
export const installedInZones = (world: World, faulty: readonly string[] = []): PlacedNode =>
  smallFleet(world, {
    clock: QUICK_BLOCKS,
    count: NODES_OF_ZONES,
    moreOf: (at) => ({ versions: versionsWith(faulty.includes(`node${at + 1}`) ? 'stands' : undefined) }),
  });

/** The same, whose owner asks for drills during the story, and has installed what mends the version, too. */
export const rehearsable = {
  ...upgradable,
  client: { versions: [BEFORE, AFTER, MENDED], canary: CANARY, watchMinutes: WATCH_MINUTES },
  drills: undefined,
} as unknown as Partial<FleetDocument>;

/** A person asks for it. */
export const asksForUpgrade = (world: World): void =>
  world.at(ASKED_AT_MINUTES, () => ask(world, { kind: 'upgrade', fleet: 'bitcoin', to: AFTER }));

/** Each node is one replacement of the account: with fewer an hour the fleet would wait. Where a zone has no room, another one has. */
export const upgradableBeside: Partial<FleetDocument> = {
  ...upgradable,
  replace: { replacementsPerHour: 4, replacementsPerDay: 8, subnets: ['subnet-0123456789abcdef1'] },
};

/** The same fleet, with what another instance is made of: a launch template, and a good set of snapshots. */
export function installedBeside(world: World, fault?: InstalledVersion['fault']): void {
  installed(world, fault);
  launchTemplate(world, 'bitcoin');
  snapshotsOf(world, world.find('bitcoin', 'node1'), { hoursAgo: 4, snapshotId: GOOD });
}

/** A person asks that each new version proves itself on another instance first. */
export const asksBeside = (world: World): void =>
  world.at(ASKED_AT_MINUTES, () => {
    world.besides.add('bitcoin');
    return ask(world, { kind: 'upgrade', fleet: 'bitcoin', to: AFTER, strategy: 'blue-green' });
  });

/** The switches that nodes were told, in order. */
export const switchesOf = ({ region }: World): readonly { readonly instanceId: string; readonly version: string }[] =>
  region.gateway.trace.calls.flatMap(({ operation, input }) => {
    const { InstanceIds: [instanceId = ''] = [], Parameters = {} } = input as {
      readonly InstanceIds?: readonly string[];
      readonly Parameters?: Readonly<Record<string, readonly string[]>>;
    };
    if (operation !== 'SendCommand' || Parameters['Only']?.[0] !== 'switch') return [];
    return [{ instanceId, version: Parameters['Version']?.[0] ?? '' }];
  });

/** The version of each node's client, by the node's name. */
export const versionsOf = (world: World): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(world.current.map(({ name, machine }) => [name, machine.clientInstance()]));

/** The last block of the version before comes after an hour and a half: until then each node has given a snapshot. */
export const AT_HEIGHT = CONSORTIUM_START_HEIGHT + 1_000;
/** The consortium's sentries, whose client is a unit of systemd and is asked over its agent. */
export const stoppedByChain: FleetChange = {
  role: 'follower',
  docker: undefined,
  unit: 'node@*',
  client: { versions: [BEFORE, AFTER, MENDED] },
  health: { stuckSeconds: 300, startGraceSeconds: 600 },
};

/** Four of them, of a chain that stops at AT_HEIGHT and waits for others until `goesOn`. */
export function sentries(
  world: World,
  { goesOn, fault }: { readonly goesOn: (world: World) => boolean; readonly fault?: InstalledVersion['fault'] },
): void {
  const chain = world.chain({
    ...{ name: 'irita', heightAtStart: CONSORTIUM_START_HEIGHT, ...CONSORTIUM_CLOCK },
    ...{ protocol: 'cometbft', bytesPerBlock: 1_000, inodesPerBlock: 0.02, consensus: 'elsewhere' },
  });
  const names = ['sentry1', 'sentry2', 'sentry3', 'sentry4'];
  for (const name of names)
    world.node({
      ...{ fleet: 'irita', name, chain: 'irita' },
      volumes: [{ role: 'data', path: '/data', sizeGiB: 100, usedPercent: 40 }],
      machine: {
        startSeconds: 15,
        configPath: '/data/node/irita/config/config.toml',
        versions: {
          [BEFORE]: { stopsBelow: AT_HEIGHT },
          [AFTER]: { format: 1, ...(fault && { fault }) },
          [MENDED]: { format: 1 },
        },
      },
    });
  world.when(
    () => chain.height() >= AT_HEIGHT,
    () => {
      chain.halt();
      world.when(
        () => goesOn(world),
        () => chain.resume(),
      );
    },
  );
}

/** A person asks for it long before. */
export const asksAtHeight = (world: World): void => world.at(ASKED_AT_MINUTES, () => askAtHeight(world, AFTER));

export const askAtHeight = (world: World, to: string): Promise<unknown> =>
  ask(world, { kind: 'upgrade', fleet: 'irita', to, atHeight: AT_HEIGHT });

/** The consortium's validators, each with the new version installed. */
export const validatorsWithUnits: FleetChange = {
  docker: undefined,
  unit: 'node@*',
  client: { versions: [BEFORE, AFTER] },
  health: { stuckSeconds: 300, startGraceSeconds: 600 },
};

const VALIDATORS = ['validator1', 'validator2', 'validator3', 'validator4'] as const;

export const upgradableValidators = (world: World, fault?: InstalledVersion['fault']): void =>
  void consortium(
    world,
    {},
    {
      machine: {
        startSeconds: 15,
        versions: { [BEFORE]: {}, [AFTER]: { format: 1, ...(fault && { fault }) } },
      },
    },
  );

/** A person upgrades them one by one: a snapshot of each first, as the refusal of the fleet's upgrade says. */
export function asksForValidators(world: World, names: readonly string[] = VALIDATORS): void {
  world.at(ASKED_AT_MINUTES, () => ask(world, { kind: 'upgrade', fleet: 'irita', to: AFTER }));
  names.forEach((node, at) => {
    const who = { fleet: 'irita', node, acknowledgesValidator: true };
    // An hour each: its copies may take half of that.
    world.at(10 + 60 * at, () => ask(world, { kind: 'snapshot', ...who }));
    world.at(50 + 60 * at, () => ask(world, { kind: 'upgrade', to: AFTER, ...who }));
  });
}
