// Whatever moment a heal dies at, and whichever answer it never gets: what it makes is made once, and the incident ends healed.
// `npm test -- crash` takes every place; with all other suites some of them.
import { describe, expect, it } from '@jest/globals';
import { sampled } from '../support/asked.ts';
import { type Crashed, crashAt, type Places, upTo } from '../support/crash.ts';

const MINUTES = 60_000;

/** Of every so many places one, where nobody has asked for all. */
interface Story {
  readonly scenario: string;
  readonly heal: string;
  readonly every: number;
}

const told = ({ place, modifications, made, unmet }: Crashed) => ({ place, modifications, made, unmet });

function diesAnywhere(name: string, { scenario, heal, every }: Story): void {
  const tryAt = (crash: Places['crash'], places: readonly number[]) => crashAt({ scenario, heal, crash, places });
  const undisturbed = tryAt('none', [0]);

  const everyEnd = async (crash: Places['crash'], count: number): Promise<void> => {
    expect(count).toBeGreaterThan(20);
    const places = sampled('crash', upTo(count), every);
    // Two processes, as many as a small machine has cores.
    const halves = [places.filter((_, at) => at % 2 === 0), places.filter((_, at) => at % 2 === 1)];
    const ends = (await Promise.all(halves.map((half) => tryAt(crash, half)))).flat();
    const [{ modifications = 0, made = 0 } = {}] = await undisturbed;
    expect(ends.sort((a, b) => a.place - b.place).map(told)).toEqual(
      places.map((place) => ({ place, modifications, made, unmet: [] })),
    );
  };

  describe(name, () => {
    it(
      'is healed where nothing disturbs it',
      async () => {
        expect(await undisturbed).toMatchObject([{ healed: 1, unmet: [] }]);
      },
      MINUTES,
    );

    it.each(['crash-before', 'crash-after'] as const)(
      'is healed, and nothing is made twice, when the sandbox dies at any checkpoint (%s it is written)',
      async (crash) => everyEnd(crash, (await undisturbed)[0]?.checkpoints ?? 0),
      10 * MINUTES,
    );

    it(
      'is healed, and nothing is made twice, when any one of the mutating calls takes effect and its answer never comes',
      async () => everyEnd('answer lost', (await undisturbed)[0]?.mutatingCalls ?? 0),
      10 * MINUTES,
    );
  });
}

diesAnywhere('a full disk', { scenario: 'disk-full', heal: 'chainmend-resize-volume', every: 8 });
diesAnywhere('a stuck client that is restarted', { scenario: 'stuck-node', heal: 'chainmend-replace-node', every: 40 });
diesAnywhere('broken data that are swapped', { scenario: 'corrupt-data', heal: 'chainmend-replace-node', every: 60 });
diesAnywhere('a dead instance that is replaced', {
  scenario: 'instance-dead',
  heal: 'chainmend-replace-node',
  every: 80,
});
diesAnywhere('a daily snapshot', { scenario: 'daily-snapshot', heal: 'chainmend-snapshot-node', every: 40 });
