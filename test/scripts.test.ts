// Every script of package.json is played once, with the smallest input that it takes, or is on a list with the reason why not: none of them ends with an
// error unseen.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '../infra/paths.ts';

const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')) as {
  readonly scripts: Readonly<Record<string, string>>;
};

interface Play {
  readonly words: readonly string[];
  /** 2: a wrong word, and nothing is done. */
  readonly status?: number;
  /** Part of what it prints. */
  readonly says: string;
}

const PLAYED: Readonly<Record<string, Play>> = {
  start: { words: ['--list'], says: 'disk-full' },
  test: { words: ['--listTests', 'test/scripts'], says: 'scripts.test.ts' },
  'test:host': { words: ['--listTests'], says: 'swap.test.ts' },
  'test:nodes': { words: ['--help'], says: '--one-of-each' },
  types: { words: ['--version'], says: 'Version' },
  lint: { words: ['package.json'], says: 'Checked 1 file' },
  layers: { words: ['--version'], says: '.' },
  unused: { words: ['--version'], says: '.' },
  synth: { words: ['--version'], says: 'build' },
  sbom: { words: [], says: 'CycloneDX' },
  deploy: { words: ['--help'], says: 'cdk deploy [STACKS..]' },
  'deploy:nodes': { words: ['--help'], says: 'cdk deploy [STACKS..]' },
  chainmend: { words: ['--version'], says: '.' },
  judge: { words: ['disk-full', '--faults', 'bad'], status: 2, says: 'found "bad"' },
  storm: { words: ['--help'], says: '--seeds' },
  mutants: { words: ['no-such-rule'], status: 2, says: 'no mutant has "no-such-rule" in its name' },
  'mutants:generated': { words: ['no-such-file'], status: 2, says: 'no file with "no-such-file" in its path' },
  'mutants:membership': { words: ['no-such-claim'], status: 2, says: 'no-such-claim' },
  'mutants:storms': { words: ['--help'], says: '--log' },
  release: { words: ['--help'], status: 2, says: 'usage: npm run release -- [-c NAME=VALUE …]' },
  decisions: { words: ['--listTests'], says: 'decisions.test.ts' },
  behaviour: { words: [], status: 1, says: 'usage: npm run behaviour -- FILE' },
  explore: { words: ['--help'], says: '--world NAME' },
};

/** With the reason. */
const NOT_PLAYED: Readonly<Record<string, string>> = {
  check: 'it is types, lint, layers, unused and test, one after the other: minutes',
  bench: 'its own suite plays each of its parts (lab/bench/bench.test.ts)',
  aws: 'it fetches Python packages and serves a region: six minutes (npm run lab -- aws)',
  lab: 'it plays what is due, for as long as it is given (lab/ledger.test.ts)',
  destroy: 'it asks the account first, and takes no word before that',
  'pack:library': 'it bundles all functions; infra/library/library.test.ts packs, too',
  schema: 'it writes files of the checkout; infra/fleet-files.test.ts compares them',
  reference: 'it writes files of the checkout; infra/fleet-files.test.ts compares them',
  properties: 'it runs every suite with properties: minutes',
  pages: 'it writes docs/pages.md; shared/model/page-wants.test.ts compares its table',
};

const LIMIT_MS = 120_000;

interface Ended {
  readonly status: number;
  readonly said: string;
}

/** As npm does, which takes half a second for itself: the script's own text with the words behind it, where the binaries of the packages are found. */
const npmRun = (name: string, words: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    // A list of suites is asked for, whatever this run of the tests was asked for.
    const { CHAINMEND_ASKED: _, PATH = '', ...others } = process.env;
    const env = { ...others, PATH: `${join(repositoryRoot, 'node_modules/.bin')}${delimiter}${PATH}` };
    execFile(
      'sh',
      ['-c', `${scripts[name]} "$@"`, name, ...words],
      { cwd: repositoryRoot, env, timeout: LIMIT_MS, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) =>
        resolve({ status: error === null ? 0 : Number(error.code), said: `${stdout}${stderr}` }),
    );
  });

describe('a script of package.json', () => {
  it.each(Object.entries(PLAYED))(
    'is played: npm run %s',
    async (name, { words, status = 0, says }) => {
      expect(await npmRun(name, words)).toEqual({ status, said: expect.stringContaining(says) });
    },
    LIMIT_MS,
  );

  it('is played here, or it is said why not', () => {
    expect([...Object.keys(PLAYED), ...Object.keys(NOT_PLAYED)].sort()).toEqual(Object.keys(scripts).sort());
  });
});
