// A restart is the first rung and the most frequent heal. It loads index.js alone: lazy.js holds what only the later rungs need.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { ensureBundled } from '../../../infra/synth.ts';
import { runJob } from '../../fixtures/jobs.ts';

async function healWithBrokenLazyFile(scenario: string) {
  const [played] = await runJob('simulation', [{ scenario, lazyFileBrokenOf: 'chainmend-replace-node' }]);
  return {
    heals: played?.report.heals.map(({ rung = 'no rung', outcome }) => `${outcome} by ${rung}`),
    reasons: played?.report.heals.map(({ reason }) => reason),
    unmet: played?.unmet,
  };
}

it('a node whose client is restarted is healed by the first file alone', async () => {
  expect(await healWithBrokenLazyFile('rpc-dead')).toMatchObject({ heals: ['healed by restart'], unmet: [] });
});

it('a node that needs another copy of its data is put back as it was, and the heal says which file is broken', async () => {
  const { heals, reasons } = await healWithBrokenLazyFile('corrupt-data');
  expect(heals).toEqual(['restored by no rung']);
  expect(reasons).toEqual([
    expect.stringContaining("lazy.js of the function's asset cannot be loaded: broken by a test"),
  ]);
});

const RARE = [
  'AttachVolume',
  'CopyVolumes',
  'CreateVolume',
  'DetachVolume',
  'RunInstances',
  'StartInstances',
  'StopInstances',
];

it('the shapes of calls that only later rungs make are in the second file', async () => {
  const bundles = await ensureBundled();
  // As the SDK's schemas name an operation.
  const inFile = (file: string): string[] => {
    const text = readFileSync(join(bundles, 'replace-node', file), 'utf8');
    return RARE.filter((name) => text.includes(`"${name}",0,`));
  };
  expect([inFile('index.js'), inFile('lazy.js')]).toEqual([[], RARE]);
});
