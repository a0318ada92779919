// What a simulated client does whose version has a fault that its owner has not meant.
import { expect, it } from '@jest/globals';
import { chainOf, dataVolume, nodeOf } from '../../fixtures/builders/simulated-node.ts';
import { testKernel } from '../../fixtures/kernel.ts';

const MINUTE_MS = 60_000;

/** A kernel that tells how often the version was seen to die. */
function counting() {
  let seen = 0;
  const kernel = testKernel();
  const met = (fault: string): void => {
    if (fault === 'version dies') seen++;
  };
  return { kernel: Object.assign(kernel, { met }), seen: () => seen };
}

it.each([0, 15, 90])(
  'dies two minutes after each start, where it needs %i s to come up, and counts as seen then',
  (startSeconds) => {
    const { kernel, seen } = counting();
    const unit = 'node@0.22.0.service';
    const versions = { '0.22.0': { fault: 'dies' } } as const;
    const node = nodeOf(kernel, chainOf(kernel), { volumes: [dataVolume()], unit, versions, startSeconds });
    for (const time of [1, 2]) {
      node.restartClient();
      kernel.advance(MINUTE_MS);
      expect([node.client.state, seen()]).toEqual(['running', time - 1]);
      kernel.advance(2 * MINUTE_MS);
      expect([node.client.state, seen()]).toEqual(['failed', time]);
    }
  },
);

it('goes on where another version was started in between', () => {
  const { kernel, seen } = counting();
  const versions = { '0.22.0': { fault: 'dies' }, '0.22.1': {} } as const;
  const node = nodeOf(kernel, chainOf(kernel), { unit: 'node@0.22.0.service', versions, startSeconds: 15 });
  node.restartClient();
  kernel.advance(MINUTE_MS);
  node.useInstance('0.22.1');
  node.restartClient();
  kernel.advance(5 * MINUTE_MS);
  expect([node.client.state, seen()]).toEqual(['running', 0]);
});
