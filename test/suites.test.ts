// The suites themselves: each finds its files, and what `npm test` leaves out of one is run by the name that the suite says.
import { execFile } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '../infra/paths.ts';
import { TURNS, turnOf } from './turns.ts';

/** As `.ci/run` looks for them. */
const NAMED = /\b(?:sampled|isAsked|long|longSuite|tries|itHolds)\(\s*'([a-z-]+)'/g;

describe('a suite that leaves something out', () => {
  it('is found by the name that asks for the rest: `npm test -- NAME` looks for it in paths', () => {
    const suites = globSync('test/**/*.test.ts', { cwd: repositoryRoot });
    expect(suites.length).toBeGreaterThan(200);
    const lost = suites.flatMap((suite) =>
      [...readFileSync(join(repositoryRoot, suite), 'utf8').matchAll(NAMED)].flatMap(([, name = '']) =>
        suite.includes(name) ? [] : [`${suite} is asked for by ${name}`],
      ),
    );
    expect(lost).toEqual([]);
  });
});

describe('the long suites take turns', () => {
  const all = TURNS.flat();

  it('each in one turn, and each is there', () => {
    expect(new Set(all).size).toBe(all.length);
    expect(all.filter((suite) => !existsSync(join(repositoryRoot, 'test', `${suite}.test.ts`)))).toEqual([]);
  });

  it.each([0, 1, 2, 3, 4, 0xffffff])(
    'commit %i plays its own, and CI each of the others alone: together all',
    (commit) => {
      const own = commit % TURNS.length;
      const others = TURNS.flatMap((_, at) => (at === own ? [] : (turnOf(`alone-${at + 1}`, commit).only ?? [])));
      expect(others.sort()).toEqual([...turnOf('', commit).waiting].sort());
      expect(others.length).toBeLessThan(all.length);
    },
  );

  it('a turn may be chosen, and a wrong word is none', () => {
    expect(turnOf('2', 0).waiting).not.toEqual(turnOf('1', 0).waiting);
    expect(turnOf('all', 0).waiting).toEqual([]);
    expect(() => turnOf('19', 0)).toThrow('CHAINMEND_TURN is "19": expected 1 to 18, alone-1 to alone-18, or all');
    expect(() => turnOf('alone-0', 0)).toThrow('CHAINMEND_TURN is "alone-0"');
    expect(() => turnOf('x', 0)).toThrow('CHAINMEND_TURN is "x"');
  });
});

it('the host suite finds all of its files', async () => {
  const jest = ['node_modules/jest/bin/jest.js', '--config', 'test/lab/host/jest.config.js', '--listTests'];
  const { stdout } = await promisify(execFile)(process.execPath, jest, { cwd: repositoryRoot });
  const found = stdout
    .trim()
    .split('\n')
    .map((path) => relative(repositoryRoot, path));
  expect(found.sort()).toEqual(globSync('test/lab/host/**/*.test.ts', { cwd: repositoryRoot }).sort());
});
