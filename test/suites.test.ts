// The suites themselves: each finds its files, and what `npm test` leaves out of one is run by the name that the suite says.
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '../infra/paths.ts';
import { ASKED_BY } from './fixtures/asked.ts';

describe('a suite that leaves something out', () => {
  it('is found by the name that asks for the rest: `npm test -- NAME` looks for it in paths', () => {
    const suites = globSync('test/**/*.test.ts', { cwd: repositoryRoot });
    expect(suites.length).toBeGreaterThan(200);
    const lost = suites.flatMap((suite) =>
      [...readFileSync(join(repositoryRoot, suite), 'utf8').matchAll(ASKED_BY)].flatMap(([, name = '']) =>
        suite.includes(name) ? [] : [`${suite} is asked for by ${name}`],
      ),
    );
    expect(lost).toEqual([]);
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
