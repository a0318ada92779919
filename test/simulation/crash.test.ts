// Whatever moment a heal dies at, and whichever answer it never gets: the volume is modified once, and the incident ends healed.
// `npm test -- crash` takes every place; with all other suites every sixth.
import { describe, expect, it } from '@jest/globals';
import { sampled } from '../support/asked.ts';
import { type Crashed, crashAt, type Places, upTo } from '../support/crash.ts';

const MINUTES = 60_000;

describe('a heal of a full disk', () => {
  const told = ({ place, modifications, unmet }: Crashed) => ({ place, modifications, unmet });
  const healedOnce = (place: number) => ({ place, modifications: 1, unmet: [] });

  const everyEnd = async (crash: Places['crash'], count: number): Promise<void> => {
    expect(count).toBeGreaterThan(20);
    const places = sampled('crash', upTo(count), 6);
    // Two processes, as many as a small machine has cores.
    const halves = [places.filter((_, at) => at % 2 === 0), places.filter((_, at) => at % 2 === 1)];
    const ends = (await Promise.all(halves.map((half) => crashAt({ crash, places: half })))).flat();
    expect(ends.sort((a, b) => a.place - b.place).map(told)).toEqual(places.map(healedOnce));
  };

  const undisturbed = crashAt({ crash: 'none', places: [0] });

  it('that nothing disturbs modifies the volume once', async () => {
    expect((await undisturbed).map(told)).toEqual([healedOnce(0)]);
  });

  it.each(['crash-before', 'crash-after'] as const)(
    'ends healed with one modification when its sandbox dies at any checkpoint (%s it is written)',
    async (crash) => {
      await everyEnd(crash, (await undisturbed)[0]?.checkpoints ?? 0);
    },
    4 * MINUTES,
  );

  it(
    'ends healed with one modification when any one of its mutating calls takes effect and its answer never comes',
    async () => {
      await everyEnd('answer lost', (await undisturbed)[0]?.mutatingCalls ?? 0);
    },
    4 * MINUTES,
  );
});
