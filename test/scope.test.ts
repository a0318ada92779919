// docs/scope.md names every function, rung, verb and package, and nothing else: a part comes in with a line that says who needs it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { addVerbs, type Desk } from '../infra/commands/chainmend-cli.ts';
import { leavesOf } from '../infra/commands/program.ts';
import { repositoryRoot } from '../infra/paths.ts';
import { LADDER } from '../shared/model/rungs.ts';

const read = (file: string): string => readFileSync(join(repositoryRoot, file), 'utf8');

/** What stands in code quotes in the first column of the tables below a heading. */
function namedUnder(heading: string): readonly string[] {
  const [, rest = ''] = read('docs/scope.md').split(`\n## ${heading}\n`);
  const [section = ''] = rest.split('\n## ');
  return [...section.matchAll(/^\| (`[^|]*)\|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  );
}

const functions = (): readonly string[] =>
  readdirSync(join(repositoryRoot, 'functions'), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );

function verbs(): readonly string[] {
  const program = new Command('chainmend').helpCommand(false);
  addVerbs(program, { heal: {}, fleets: {}, names: {}, smoke: {}, report: {} } as unknown as Desk, {
    status: 0,
    facts: undefined,
  });
  return leavesOf(program).map((verb) => `${verb.parent?.parent ? `${verb.parent.name()} ` : ''}${verb.name()}`);
}

function packages(): readonly string[] {
  const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string> | undefined>;
  return ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap((kind) =>
    Object.keys(manifest[kind] ?? {}),
  );
}

describe('docs/scope.md', () => {
  it.each([
    ['Functions', functions],
    ['Rungs', (): readonly string[] => LADDER],
    ['Verbs', verbs],
    ['Packages', packages],
  ] as const)('names all of the tree’s %s once, and no other', (heading, inTree) => {
    expect([...namedUnder(heading)].sort()).toEqual([...inTree()].sort());
  });
});
