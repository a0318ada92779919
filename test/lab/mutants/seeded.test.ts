// Changes that are seen: each is made, and `chainmend diff` has to tell a difference. In `npm test` one of each kind is; all are by this suite's name.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PLAYER } from '../../../infra/commands/diff/checkout.ts';
import type { DiffContext } from '../../../infra/commands/diff/diff.ts';
import type { Differences } from '../../../infra/commands/diff/differences.ts';
import type { DrawInput, DrawnLine, PlayedLine, PlayInput } from '../../../infra/commands/diff/form.ts';
import { addDiffVerb } from '../../../infra/commands/diff/verbs.ts';
import { playLocally } from '../../../infra/commands/local-process.ts';
import { type Ended, runProgram } from '../../../infra/commands/program.ts';
import { isAsked, partAsked } from '../../fixtures/asked.ts';
import { long } from '../../fixtures/long.ts';
import { copyCheckout } from './copies.ts';
import { MUTANTS, mutated } from './mutants.ts';
import { CODE_CHANGES, type CodeChange, FILE_CHANGES, type FileChange } from './seeded.ts';

const LONG_MS = 900_000;
const FILE: Readonly<Record<string, string>> = {
  fleet: 'bitcoin',
  chain: 'bitcoin',
  mode: 'act',
  nodes: '{ tag: { Component: nodes/bitcoin } }',
  role: 'follower',
  unit: 'node@*',
  volumes: '{ data: /node-data }',
};

let folder: string;
let copy: string | undefined;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chainmend-seeded-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  if (copy !== undefined) rmSync(copy, { recursive: true });
});

type ToPlay = PlayInput['stories'][number];

/** What this checkout does in a story is played once, whatever it is compared with; and the scenarios of all changes in one process, which bundles once. */
const known = new Map<string, Promise<PlayedLine>>();

function playHere(wanted: ToPlay): Promise<PlayedLine> {
  const key = JSON.stringify(wanted);
  const played = known.get(key);
  if (played !== undefined) return played;
  const together =
    'scenario' in wanted.world ? asked.map((scenario) => scenarioStory(scenario, wanted.seed)) : [wanted];
  const lines = playLocally<PlayedLine>(PLAYER, { stories: together }, () => {});
  for (const one of together)
    known.set(
      JSON.stringify(one),
      lines.then((all) => {
        const line = all.find(({ story }) => story === one.story);
        if (line === undefined) throw new Error(`${one.story} was not played`);
        return line;
      }),
    );
  return known.get(key) ?? Promise.reject(new Error(`${wanted.story} is none of the scenarios of the changes`));
}

const { part, parts } = partAsked();
const partOf = <T>(all: readonly T[]): readonly T[] => all.filter((_, at) => at % parts === part - 1);

const asked = [...new Set(['disk-full-paused', ...partOf(CODE_CHANGES).map(({ scenario }) => scenario)])];
const scenarioStory = (scenario: string, seed: number): ToPlay => ({
  ...{ story: `scenario ${scenario}`, seed, world: { scenario } },
});

const play = async ({ stories }: PlayInput, root: string | undefined): Promise<readonly PlayedLine[]> =>
  root === undefined
    ? Promise.all(stories.map(playHere))
    : playLocally<PlayedLine>(PLAYER, { stories }, () => {}, root);

/** Stories are drawn once for each file; of scenarios all at once. */
let scenarios: Promise<readonly DrawnLine[]> | undefined;

function drawOnce(input: DrawInput): Promise<readonly DrawnLine[]> {
  const draw = (asIs: DrawInput) => playLocally<DrawnLine>('test/lab/twin/stories.ts', asIs, () => {});
  if (input.scenarios.length === 0) return draw(input);
  scenarios ??= draw({ ...input, scenarios: asked });
  return scenarios;
}

/** @param wanted the name of the one story that is played */
async function diffOf(words: readonly string[], wanted: string, root = ''): Promise<Differences> {
  const ended: Ended = { status: 0, facts: undefined };
  const context: DiffContext = {
    ...{ say: () => {}, status: () => {} },
    draw: async (input) => (await drawOnce(input)).filter((line) => 'wrong' in line || line.story === wanted),
    play: (input, _heard, at) => play(input, at),
    past: async () => undefined,
    journal: async () => ({ lines: [], notes: [], fromMs: 0, toMs: 0 }),
    checkout: async () => ({ root, name: 'a change', end: () => {} }),
  };
  const output = { say: () => {}, complain: (line: string) => expect(line).toBe('') };
  await runProgram(['diff', ...words], output, (program) => addDiffVerb(program, async () => context, ended));
  return ended.facts as Differences;
}

function fleetFile(name: string, keys: Readonly<Record<string, string>>): string {
  mkdirSync(join(folder, name), { recursive: true });
  const path = join(folder, name, 'bitcoin.yaml');
  writeFileSync(
    path,
    Object.entries(keys)
      .map(([key, value]) => `${key}: ${value}\n`)
      .join(''),
  );
  return path;
}

async function seesFileChange({ keys, drill }: FileChange): Promise<Differences> {
  const [key = '', ...value] = keys.split(': ');
  const before = fleetFile('before', FILE);
  const after = fleetFile('after', { ...FILE, [key]: value.join(': ') });
  return diffOf([before, after, '--storms', '0'], `drill ${drill}`);
}

async function seesCodeChange({ rule, scenario }: CodeChange): Promise<Differences> {
  const mutant = MUTANTS.find(({ name }) => name === rule);
  if (mutant === undefined) throw new Error(`no rule is called "${rule}"`);
  copy ??= await copyCheckout();
  const path = join(copy, mutant.file);
  const original = readFileSync(path, 'utf8');
  const broken = mutated(mutant, original);
  if ('fault' in broken) throw new Error(broken.fault);
  writeFileSync(path, broken.text);
  try {
    return await diffOf(['--code', copy, '--scenarios', scenario], `scenario ${scenario}`, copy);
  } finally {
    writeFileSync(path, original);
  }
}

const some = <T>(all: readonly T[]): readonly T[] => (isAsked('seeded') ? partOf(all) : all.slice(0, 1));

describe('a change of a fleet file is seen', () => {
  it.each(some(FILE_CHANGES).map((change) => [change.says, change] as const))(
    '%s',
    async (_, change) => {
      expect((await seesFileChange(change)).different).toHaveLength(1);
    },
    LONG_MS,
  );
});

describe('a rule that does not hold any more is seen', () => {
  // Each bundles a whole checkout of its own: a minute.
  for (const change of partOf(CODE_CHANGES))
    long('seeded')(
      change.rule,
      async () => {
        expect((await seesCodeChange(change)).different).toHaveLength(1);
      },
      LONG_MS,
    );
});

describe('a version that is the same', () => {
  long('seeded')(
    'does the same, also in another folder',
    async () => {
      copy ??= await copyCheckout();
      const { stories, different } = await diffOf(
        ['--code', copy, '--scenarios', 'disk-full-paused'],
        'scenario disk-full-paused',
        copy,
      );
      expect([stories, different]).toEqual([1, []]);
    },
    LONG_MS,
  );
});
