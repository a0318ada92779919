// The suites themselves: what `npm test` leaves out of one is run by the name that the suite says.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '../infra/paths.ts';

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
