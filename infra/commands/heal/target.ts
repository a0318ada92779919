// The target of a command: "bitcoin/node2", "bitcoin/i-0b2c3d4e5f6071829", or a fleet alone.

import type { Settings } from '../../../shared/fleet/settings.ts';
import { quoted } from '../../../shared/text/command-words.ts';
import { commandNames } from '../../names.ts';
import { UsageError } from '../errors.ts';
import { notFoundError } from '../fleets/context.ts';
import type { Suite } from './context.ts';

export interface Target {
  readonly fleet: string;
  /** As the dispatcher's events name it. */
  readonly node: { readonly node: string } | { readonly instanceId: string } | undefined;
  /** As the person typed it. */
  readonly shown: string;
}

const FLEET = /^[a-z][a-z0-9-]{0,31}$/;
const NODE = /^[A-Za-z0-9_.:=+@-]{1,128}$/;
const INSTANCE = /^i-[0-9a-f]{8,17}$/;

/** @throws UsageError where it is neither */
export function targetOf(written: string): Target {
  const [fleet = '', name, ...more] = written.split('/', 3);
  const wrong = (what: string) =>
    new UsageError(`${quoted(written)}: ${what}; expected FLEET/NODE, for example bitcoin/node2`);
  if (more.length > 0) throw wrong('more than one slash');
  if (!FLEET.test(fleet)) throw wrong(`${quoted(fleet)} is no fleet's name`);
  if (name === undefined) return { fleet, node: undefined, shown: written };
  if (INSTANCE.test(name)) return { fleet, node: { instanceId: name }, shown: written };
  if (!NODE.test(name)) throw wrong(`${quoted(name)} is no node's name`);
  return { fleet, node: { node: name }, shown: written };
}

/** @throws UsageError where no node is named */
export function nodeOf(written: string): Target & { readonly node: NonNullable<Target['node']> } {
  const target = targetOf(written);
  if (target.node === undefined)
    throw new UsageError(`${written}: which node? Expected FLEET/NODE, for example ${written}/node2`);
  return { ...target, node: target.node };
}

/** Fleets whose files are stored, including files that cannot be read. */
export function fleetNames({ values }: Pick<Settings, 'values'>): readonly string[] {
  const prefix = `${commandNames().parameterPrefix}/fleets/`;
  return [...values.keys()]
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length))
    .sort();
}

/** A fleet whose file is stored, or whose file is gone and that has left records. @throws UsageError for any other word */
export async function knownFleet(suite: Suite, settings: Settings, fleet: string): Promise<string> {
  const names = fleetNames(settings);
  if (names.includes(fleet) || (await suite.fleet(fleet)).incidents.length > 0) return fleet;
  throw notFoundError('fleet', fleet, names);
}
