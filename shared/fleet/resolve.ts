// Turns a fleet file into the fleet that functions work with.
import { DEFAULT_SUITE } from '../model/suite.ts';
import { completeStored } from './fleet-defaults.ts';
import type { Neighbour } from './membership.ts';
import { type Fleet, fleetOf, type Role } from './model.ts';
import { parseStored } from './parse.ts';
import type { StoredDocument } from './schema.ts';

/**
 * For functions: parses an SSM parameter's value, or the object in it, with every default.
 * @throws FleetFileError with every problem
 */
export function parseFleet(source: unknown, suite = DEFAULT_SUITE): Fleet {
  return resolveFleet(parseStored(source), suite);
}

/**
 * @param document as `parseStored` or `parseFleetDocument` returned it
 * @param suite that looks after the fleet
 * @param neighbours the suite's other fleets; none where the file alone is looked at
 */
export function resolveFleet(
  document: StoredDocument,
  suite = DEFAULT_SUITE,
  neighbours: readonly Neighbour[] = [],
): Fleet {
  return fleetOf(completeStored(document), suite, neighbours);
}

/** Keys of the tags by which the fleet knows its nodes and volumes, and what is nobody's guess: their names and roles. */
export const selectorKeys = ({ nodes, volumes, role }: Fleet): readonly string[] => [
  ...new Set([
    ...Object.keys(nodes.tags),
    nodes.nameTag,
    ...('fromTag' in role ? [role.fromTag] : []),
    ...volumes.flatMap(({ tags }) => Object.keys(tags)),
  ]),
];

/** The role of a node, by its instance's tags. A value that the fleet file does not list is an unknown role. */
export function roleOf({ role }: Fleet, instanceTags: Readonly<Record<string, string>>): Role {
  if ('fixed' in role) return role.fixed;
  const value = instanceTags[role.fromTag];
  return (value !== undefined && Object.hasOwn(role.values, value) && role.values[value]) || 'unknown';
}
