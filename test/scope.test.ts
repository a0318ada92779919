// docs/scope.md names every function, rung, verb and package, and nothing else: a part comes in with a line that says who needs it. docs/comparison.md has the
// code's own lists of what chainmend has, so that it cannot deny what there is.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { addVerbs, type Desk } from '../infra/commands/chainmend-cli.ts';
import { leavesOf } from '../infra/commands/program.ts';
import { repositoryRoot } from '../infra/paths.ts';
import { chainNames } from '../shared/chains/defaults.ts';
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

const PAGE = 'docs/comparison.md';
const HAS = /(<!-- has: [^\n]* -->\n)[\s\S]*(\n<!-- \/has -->)/;

/** A cell is read as a sentence. */
const A_ROW = 20;

function listed(): readonly string[] {
  const lists: Readonly<Record<string, readonly string[]>> = {
    'chains it asks': chainNames,
    'rungs of a heal': LADDER,
    'verbs of a person': verbs(),
  };
  const rows = Object.entries(lists).flatMap(([what, names]) =>
    Array.from({ length: Math.ceil(names.length / A_ROW) }, (_, at) => {
      const some = names.slice(at * A_ROW, (at + 1) * A_ROW).map((name) => `\`${name}\``);
      return `| ${at === 0 ? what : ''} | ${some.join(' ')} |`;
    }),
  );
  return ["| | by the code's own lists |", '|---|---|', ...rows];
}

it('docs/comparison.md says what chainmend has by the lists of the code (UPDATE=1 npm test -- test/scope)', () => {
  const page = read(PAGE);
  const now = page.replace(HAS, (_, before: string, after: string) => `${before}${listed().join('\n')}${after}`);
  if (process.env['UPDATE'] === '1') writeFileSync(join(repositoryRoot, PAGE), now);
  expect(page).toMatch(HAS);
  expect(process.env['UPDATE'] === '1' ? now : page).toBe(now);
});
