// What the schema cannot say of a fleet file: fields, each right by itself, that exclude or need each other.
import { otherChain } from '../chains/defaults.ts';
import { healConflictsIn } from './heal-conflicts.ts';
import type { FleetProblem } from './parse.ts';
import type { FleetDocument } from './schema.ts';
import { watchConflictsIn } from './watch-conflicts.ts';

/** Adds a problem: two fields that do not go together, or one that is needed and not there. */
export interface Complaints {
  readonly conflict: (path: readonly string[], value: unknown, expected: string) => void;
  readonly missing: (path: readonly string[], expected: string) => void;
}

export const conflictsIn = (document: FleetDocument): FleetProblem[] =>
  complaintsOf((complaints) => {
    runtimes(document, complaints);
    mounts(document, complaints);
    if (document.chain === otherChain) unknownClient(document, complaints);
    watchConflictsIn(document, complaints);
    healConflictsIn(document, complaints);
  });

/** What `look` complains about. */
export function complaintsOf(look: (complaints: Complaints) => void): FleetProblem[] {
  const problems: FleetProblem[] = [];
  look({
    conflict: (path, value, expected) => void problems.push({ kind: 'conflict', path, value, expected }),
    missing: (path, expected) => void problems.push({ kind: 'missing', path, value: undefined, expected }),
  });
  return problems;
}

const kinds = ['unit', 'docker', 'compose', 'commands'] as const;

const waysIn = (document: FleetDocument) => ([...kinds, 'units'] as const).filter((key) => document[key] !== undefined);

function runtimes(document: FleetDocument, { conflict }: Complaints): void {
  const ways = waysIn(document);
  for (const way of ways.slice(1)) {
    conflict(
      [way],
      document[way],
      `expected one of unit, docker, compose, commands or units; ${ways[0]} is there already`,
    );
  }
  if (document.units && document.stopGraceSeconds !== undefined) {
    conflict(['stopGraceSeconds'], document.stopGraceSeconds, 'expected it in each of units instead');
  }
  if (document.units && document.cleanLine !== undefined) {
    conflict(['cleanLine'], document.cleanLine, 'expected it in each of units instead');
  }
  for (const [name, unit] of Object.entries(document.units ?? {})) {
    if (kinds.filter((key) => unit[key] !== undefined).length !== 1)
      conflict(['units', name], unit, 'expected one of unit, docker, compose or commands, for example { unit: geth }');
  }
}

function mounts({ volumes = {} }: FleetDocument, { conflict }: Complaints): void {
  const taken = new Map<string, string>();
  for (const [role, volume] of Object.entries(volumes)) {
    const path = typeof volume === 'string' ? volume : volume.path;
    const other = taken.get(path);
    if (other) conflict(['volumes', role], path, `expected a path of its own; volume ${other} is mounted there`);
    taken.set(path, role);
  }
}

function unknownClient(document: FleetDocument, { missing }: Complaints): void {
  if (!document.volumes) missing(['volumes'], 'expected for chain other, for example { data: /node-data }');
  if (waysIn(document).length === 0)
    missing(['unit'], 'expected unit, docker, compose, commands or units for chain other, for example node@*');
  const graces = document.units
    ? Object.entries(document.units).map(
        ([name, unit]) => [['units', name, 'stopGraceSeconds'], unit.stopGraceSeconds] as const,
      )
    : [[['stopGraceSeconds'], document.stopGraceSeconds] as const];
  for (const [path, grace] of graces) {
    if (grace === undefined)
      missing(path, 'expected for chain other: seconds that a clean stop may take, for example 600');
  }
}
