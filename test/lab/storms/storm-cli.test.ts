// `npm run storm` as a process: what it takes, what it refuses, and what it goes on from.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '../../../infra/paths.ts';
import { sampled } from '../../fixtures/asked.ts';

const PATIENCE_MS = 120_000;
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chainmend-storm-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const storm = (...words: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [
      ...['--disable-warning=ExperimentalWarning', '--import', './infra/engine.js', 'test/lab/storms/storm-cli.ts'],
      ...words,
    ],
    { cwd: repositoryRoot, encoding: 'utf8', timeout: PATIENCE_MS },
  );
  return { status, stdout, stderr };
};

const ended = (seed: number, broken: readonly object[] = []): string =>
  JSON.stringify({
    ...{ hours: 1, generator: 'a', sweeps: 'needed', seed, cpuSeconds: 2 },
    ending: {
      ...{ seed, broken, mattered: ['ask-waits'], idle: [], drawn: ['hangs'], fired: ['hangs'], virtualHours: 1 },
      ...{ traceHash: '', around: [], leftOut: 0 },
    },
  });

describe('many storms', () => {
  it(
    'go on from their log: what has ended is counted and not played again',
    () => {
      const log = join(folder, 'storms.jsonl');
      const promise = { promise: 'ask-waits', atMs: 0, subject: 'bitcoin/node1', sentence: 'It did not wait.' };
      writeFileSync(log, `${ended(1)}\n${ended(2, [promise])}\n`);
      const { status, stdout } = storm('--seeds', '1..2', '--hours', '1', '--log', log);
      expect(stdout).toContain('storm 2  00:00:00  ask-waits  bitcoin/node1: It did not wait.');
      expect(stdout).toContain('2 storms, 2 hours of them: 1 broke a promise');
      expect(status).toBe(1);
      expect(readFileSync(log, 'utf8').trimEnd().split('\n')).toHaveLength(2);
    },
    PATIENCE_MS,
  );

  it(
    'are played where the log has them otherwise, or half',
    () => {
      const log = join(folder, 'other.jsonl');
      // Storm 12 is the smallest of the first twenty.
      writeFileSync(log, `${ended(12).replace('"hours":1', '"hours":2')}\n${ended(12).slice(0, 40)}`);
      const { stdout } = storm('--seeds', '12', '--hours', '1', '--log', log, '--until-broken');
      expect(stdout).toMatch(/^1 storms, 1 hours of them: 0 broke a promise$/m);
      expect(storm('--seeds', '12', '--hours', '1', '--log', log).stdout).toMatch(/^0 s with/m);
    },
    PATIENCE_MS,
  );

  it(
    'may be the small ones alone',
    () => {
      // Of 14, 5 and 2 nodes: none has one node.
      expect(storm('--seeds', '1..3', '--hours', '1', '--nodes', '1').stdout).toContain('0 storms, 0 hours');
    },
    PATIENCE_MS,
  );

  const WRONG = [
    ['--seeds', '5..1', '--seeds: expected two numbers such as 1..200, found "5..1"'],
    ['--hours', '0', '--hours: expected a whole number from 1 to 168, found "0"'],
    ['--nodes', 'x', '--nodes: expected a whole number from 1 to 1000, found "x"'],
    ['--generator', 'c', '--generator: expected a or b, found "c"'],
  ] as const;
  it.each(sampled('storm-cli', WRONG, 4))('refuse %s %s', (flag, word, said) => {
    const { status, stderr } = storm(flag, word);
    expect(stderr.trim()).toBe(said);
    expect(status).toBe(2);
  });
});
