// A pause keeps no client down, played in the region. Without faults only: under `doubled-command` the swap takes place after all, and what is proved
// is cleared up under the pause, which the invariants do not allow.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { runJob } from '../../fixtures/jobs.ts';

it('a client whose swap was cut off runs again on its own data while its fleet is paused', async () => {
  const text = readFileSync(join(import.meta.dirname, 'pause-mid-swap.yaml'), 'utf8');
  const [run] = await runJob('worlds', { texts: [text], folder: 'test/functions/replace-node' });
  expect(run).toMatchObject({ name: 'pause-mid-swap', unmet: [] });
});
