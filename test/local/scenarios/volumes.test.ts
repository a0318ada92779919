// Every kind of full volume, and every obstacle to growing it.
import { describe, expect, it } from '@jest/globals';
import { isAsked } from '../../fixtures/asked.ts';
import { runJob } from '../../fixtures/jobs.ts';
import { itHolds } from './cases/matrix.ts';
import * as obstacles from './cases/obstacles.ts';
import * as volumes from './cases/volumes.ts';

const OBSTACLES = new URL('./cases/obstacles.ts', import.meta.url);

describe('a full volume', () => itHolds('volumes', volumes.SCENARIOS, new URL('./cases/volumes.ts', import.meta.url)));

describe('not grown at once, because', () => itHolds('volumes', obstacles.SCENARIOS, OBSTACLES));

// A day under a fault takes a minute: it is among the places that `npm test` leaves out of this suite.
const leftOut = isAsked('volumes') ? describe : describe.skip;
leftOut('late commands', () => {
  it('leave no root volume of a replacement that nobody knows, where its client may have been started', async () => {
    const [run] = await runJob('simulation', [{ scenario: 'deploy-single', seed: 3, faults: ['late-command'] }]);
    expect(run?.journal.filter(({ sentence }) => sentence.includes('which did not help: put away'))).toHaveLength(1);
    expect(run?.report.violations).toEqual([]);
  }, 1_800_000);
});

describe('stale reads', () => {
  it('do not show an attempt the failed modification of the one before as its own', async () => {
    const scenario = 'AWS fails the modification: a person is told, and the next attempt heals';
    const [run] = await runJob('simulation', [
      { scenario, from: OBSTACLES.pathname, seed: 5, faults: ['stale-reads'] },
    ]);
    expect(run?.unmet).toEqual([]);
  }, 1_800_000);
});
