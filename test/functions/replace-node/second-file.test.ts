// A restart is the first rung and the most frequent heal. It loads index.js alone: lazy.js holds what only the later rungs need.
import { expect, it } from '@jest/globals';
import { runJob } from '../../fixtures/jobs.ts';

async function healWithBrokenLazyFile(scenario: string) {
  const [played] = await runJob('simulation', [{ scenario, lazyFileBrokenOf: 'chainmend-replace-node' }]);
  return { rungs: played?.report.heals.map(({ rung, outcome }) => `${rung} ${outcome}`), unmet: played?.unmet };
}

it('a node whose client is restarted is healed by the first file alone', async () => {
  expect(await healWithBrokenLazyFile('rpc-dead')).toEqual({ rungs: ['restart healed'], unmet: [] });
});

it('a node that gets another copy of its data is not', async () => {
  expect((await healWithBrokenLazyFile('corrupt-data')).unmet).not.toEqual([]);
});
