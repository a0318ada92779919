// A clean snapshot is cut off at any moment, or any answer is lost. Still one stop gives at most one set, and data that the ledger calls clean opens.
// At the end the client runs and nobody holds its node. `npm test -- snapshot-node` takes many places.
import { describe, expect, it } from '@jest/globals';
import { sampled } from '../../fixtures/asked.ts';
import type { SnapshotCrashed, SnapshotPlaces } from '../../fixtures/jobs/snapshot-crash.ts';
import { runJob } from '../../fixtures/jobs.ts';
import { long } from '../../fixtures/long.ts';

const MINUTES = 60_000;

const told = ({ place, taken, unmet }: SnapshotCrashed) => ({ place, taken, unmet });
const once = (place: number) => ({ place, taken: 1, unmet: [] });
const undisturbed = runJob('snapshot-crash', { crash: 'none', places: [0] });

/** @param every n-th place; each takes some seconds */
async function ends(crash: SnapshotPlaces['crash'], count: number, every: number): Promise<readonly SnapshotCrashed[]> {
  expect(count).toBeGreaterThan(20);
  const all = Array.from({ length: count }, (_, at) => at + 1);
  const some = all.filter((place) => place % every === Math.ceil(every / 2));
  return runJob('snapshot-crash', { crash, places: sampled('snapshot-node', some, 18) });
}

describe('a clean snapshot in the region', () => {
  it(
    'that nothing disturbs is taken once, of a client that had ended',
    async () => {
      expect((await undisturbed).map((one) => [told(one), one.outcomes])).toEqual([[once(0), ['healed']]]);
    },
    4 * MINUTES,
  );

  it(
    'is one set of all volumes of a node at one moment, each with its role',
    async () => {
      const [two] = await runJob('snapshot-crash', { crash: 'two volumes', places: [1] });
      expect(two?.unmet).toEqual([]);
      expect([two?.taken, two?.snapshots]).toEqual([
        1,
        ['data data 2 clean high -1', 'ancient ancient 2 clean high -1'],
      ]);
    },
    4 * MINUTES,
  );

  long('snapshot-node')(
    'is not taken of a client that its grace has killed: it runs again, and a person is told',
    async () => {
      const [killed] = await runJob('snapshot-crash', { crash: 'killed by its grace', places: [1] });
      expect(killed).toMatchObject({ taken: 0, snapshots: [], starts: 1, pages: ['stopped-unclean'], unmet: [] });
      expect(killed?.outcomes).toEqual(['restored']);
    },
    4 * MINUTES,
  );

  long('snapshot-node')(
    'whose copying fails is not to be used, and its node is well all the while',
    async () => {
      const [failed] = await runJob('snapshot-crash', { crash: 'copy fails', places: [1] });
      expect(failed).toMatchObject({ taken: 1, snapshots: ['data data 1 quarantined high -1'], starts: 1, unmet: [] });
    },
    4 * MINUTES,
  );

  it.each(sampled('snapshot-node', ['crash-before', 'crash-after'] as const, 2))(
    'is taken once when its sandbox dies at any checkpoint (%s it is written)',
    async (crash) => {
      const crashed = await ends(crash, (await undisturbed)[0]?.checkpoints ?? 0, 16);
      expect(crashed.map(told)).toEqual(crashed.map(({ place }) => once(place)));
    },
    20 * MINUTES,
  );

  it.each(sampled('snapshot-node', ['answer lost', 'caller killed after'] as const, 2))(
    'is taken once when a mutating call takes effect and this happens to it: %s',
    async (crash) => {
      const crashed = await ends(crash, (await undisturbed)[0]?.mutatingCalls ?? 0, 6);
      expect(crashed.map(told)).toEqual(crashed.map(({ place }) => once(place)));
    },
    20 * MINUTES,
  );

  long('snapshot-node')(
    'whose CreateSnapshots is cut off is never asked for again: it is found, or another stop gives another',
    async () => {
      const [after, before, lost] = await runJob('snapshot-crash', { crash: 'taking', places: [1, 2, 3] });
      expect([after, before, lost].map((one) => one && told(one))).toEqual([once(1), once(2), once(3)]);
      expect([after?.outcomes, lost?.outcomes]).toEqual([['healed'], ['healed']]);
      // Its effect was unknown: the first attempt says that it did not happen, and the client ran meanwhile.
      expect(before?.outcomes).toHaveLength(2);
    },
    8 * MINUTES,
  );

  long('snapshot-node')(
    'whose execution ends for good is put back by the next attempt, which stops nothing',
    async () => {
      const cutOff = await ends('lost for good', (await undisturbed)[0]?.checkpoints ?? 0, 16);
      for (const { taken, unmet } of cutOff) {
        expect(unmet).toEqual([]);
        expect(taken).toBeLessThanOrEqual(2);
      }
    },
    20 * MINUTES,
  );
});
