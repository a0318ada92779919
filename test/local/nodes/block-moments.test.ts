// The moments of a chain's blocks that come by chance.
import { expect, it } from '@jest/globals';
import { BlockMoments } from '../../../local/nodes/rhythm.ts';
import { randomStream } from '../../../local/simulator/random.ts';

it('a block that is very far ahead is told by the average: a disk that hardly fills is planned, too', () => {
  const moments = new BlockMoments({ rhythm: 'rounds', regularUpTo: 100, random: randomStream(1, 'blocks') });
  const near = moments.of(1_000);
  expect(moments.of(10 ** 10)).toBeCloseTo(10 ** 10, -8);
  expect(moments.of(10 ** 10)).toBeGreaterThan(moments.of(10 ** 9));
  expect(moments.of(1_000)).toBe(near);
});
