// The first month of an owner before the judge: every scenario once with its fleets in mode `ask`, and a person who answers after five minutes, after fifty,
// with a no, or never. What a story expects of itself does not hold then; what is promised does.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { allScenarios } from '../../../local/scenarios/catalog/index.ts';
import { isAsked, partAsked } from '../../fixtures/asked.ts';
import type { Tried } from '../jobs/judged.ts';
import { runLabJob } from '../jobs.ts';
import { OWNERS, type Owner } from '../owner.ts';

const PATIENCE_MS = 90 * 60_000;
const { part, parts } = partAsked();

/** Two; each scenario with each answer where the suite is run by name, in parts. */
const CHOSEN: readonly (readonly [string, Owner])[] = isAsked('first-month')
  ? allScenarios()
      .flatMap(({ name }) => OWNERS.map((owner) => [name, owner] as const))
      .filter((_, at) => at % parts === part - 1)
  : [
      ['stuck-node', 'yes-5'],
      ['disk-full', 'no'],
    ];
/** A question waits for hours: the sample does not wait for its end. */
const HOURS = isAsked('first-month') ? {} : { hoursAtMost: 1 };

let tried: readonly Tried[];
const of = (name: string, owner: Owner): Tried | undefined =>
  tried[CHOSEN.findIndex((one) => one[0] === name && one[1] === owner)];

beforeAll(async () => {
  const trials = CHOSEN.map(([scenario, owner]) => ({ scenario, owner, ...HOURS }));
  const half = Math.ceil(trials.length / 2);
  const played = [runLabJob('judged', trials.slice(0, half)), runLabJob('judged', trials.slice(half))];
  tried = (await Promise.all(played)).flat();
}, PATIENCE_MS);

describe('an owner whose fleets ask', () => {
  it.each(CHOSEN)('finds no broken promise in %s, with the answer %s', (name, owner) => {
    expect(of(name, owner)?.broken).toEqual([]);
    expect(of(name, owner)?.violations).toEqual([]);
  });

  it('was asked', () => {
    expect(tried.some(({ asked }) => asked > 0)).toBe(true);
  });
});
