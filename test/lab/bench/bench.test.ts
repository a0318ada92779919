// The bench is played with the smallest input of each part, so that none of it ends with an error unseen. Figures that the machine's speed does not change
// are judged, too.
import { execFile } from 'node:child_process';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '../../../infra/paths.ts';
import { isWithin, type Measurement } from './measurement.ts';

const PLAYED_MS = 600_000;
const NAMES = [
  'startup',
  'bundles',
  'heals',
  'swaps',
  'warm',
  'day-two',
  'detection',
  'fleet-sweep',
  'fleet-hours',
  'storms',
  'otlp',
  'large-fleet',
  'memory',
];

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const bench = (...words: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const args = ['--disable-warning=ExperimentalWarning', 'test/lab/bench/bench.ts', ...words];
    execFile(process.execPath, args, { cwd: repositoryRoot, timeout: PLAYED_MS }, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });

describe('npm run bench', () => {
  let ended: Ended;
  let found: {
    readonly measurements: readonly (Measurement & { readonly part: string })[];
    readonly failed: readonly { readonly part: string; readonly error: string }[];
  };

  beforeAll(async () => {
    ended = await bench('--least', '--json');
    found = JSON.parse(ended.stdout);
  }, PLAYED_MS);

  it('plays all of its parts to the end', () => {
    expect(found.failed).toEqual([]);
  });

  it.each(NAMES)('has figures of %s, and those that no machine changes are within their budgets', (part) => {
    const figures = found.measurements.filter((one) => one.part === part);
    expect(figures.length).toBeGreaterThan(0);
    expect(figures.filter(({ value }) => !Number.isFinite(value))).toEqual([]);
    expect(figures.filter((one) => one.byCpu !== true && !isWithin(one))).toEqual([]);
  });

  it('has no part without a test here', () => {
    expect([...new Set(found.measurements.map(({ part }) => part))]).toEqual(NAMES);
  });

  it('ends well', () => {
    expect(ended).toMatchObject({ status: 0, stderr: '' });
  });
});

it('a word that is no part is told, and nothing is measured', async () => {
  expect(await bench('bundels')).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining('"bundels" is no part, expected startup, bundles,'),
  });
});
