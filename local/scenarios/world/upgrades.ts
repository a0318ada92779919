// The world of the scenarios in which a fleet is upgraded: what is installed beside the version that runs, and how scenarios look at it.

import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import type { InstalledVersion } from '../../nodes/spec.ts';
import { ask, impatient, smallFleet } from './ladder.ts';
import type { PlacedNode, World } from './world.ts';
import { QUICK_BLOCKS } from './worlds.ts';

/** What runs when the story begins: the usual unit of a simulated node is node@0.21.0. */
export const BEFORE = '0.21.0';
export const AFTER = '0.22.0';
export const CANARY = 'node3';
export const WATCH_MINUTES = 20;
const ASKED_AT_MINUTES = 2;

export const upgradable: Partial<FleetDocument> = {
  ...impatient,
  client: { versions: [BEFORE, AFTER], canary: CANARY, watchMinutes: WATCH_MINUTES },
};

/** Four followers, on each of which the owner has installed the new version. Data that it has opened the old one cannot open any more. */
export const installed = (world: World, fault?: InstalledVersion['fault']): PlacedNode =>
  smallFleet(world, {
    clock: QUICK_BLOCKS,
    more: {
      machine: {
        versions: {
          [BEFORE]: { clientVersion: '/Satoshi:28.0.0/' },
          [AFTER]: { clientVersion: '/Satoshi:29.0.0/', format: 1, ...(fault && { fault }) },
        },
      },
    },
  });

/** A person asks for it. */
export const asksForUpgrade = (world: World): void =>
  world.at(ASKED_AT_MINUTES, () => ask(world, { kind: 'upgrade', fleet: 'bitcoin', to: AFTER }));

/** The version of each node's client, by the node's name. */
export const versionsOf = (world: World): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(world.current.map(({ name, machine }) => [name, machine.clientInstance()]));
