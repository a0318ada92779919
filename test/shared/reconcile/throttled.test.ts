// A round through fleets of which AWS throttles some: they are tried again while there is time, and fail only where they get nowhere for all of it.
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { reconcileFleets, type ScheduledRun } from '../../../shared/reconcile/invocation.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';

beforeAll(() => {
  jest.spyOn(console, 'info').mockImplementation(() => {});
  jest.spyOn(console, 'warn').mockImplementation(() => {});
});
afterAll(() => {
  jest.restoreAllMocks();
});

const throttled = (): Error => Object.assign(new Error('Rate exceeded'), { name: 'Throttling' });
const fleets = ['first', 'second', 'third'].map((name) => ({ ...bitcoinFleet(), name }));

/** Each turn of a fleet, on the clock of the test; the waits between are real, and short. */
const TAKES_MS = 10;

/** The fleets in the order in which they were taken, and what the round has thrown. */
async function round(
  fails: (fleet: string, tries: number) => Error | undefined,
  more: Partial<ScheduledRun<object>> = { againAfterMs: 1 },
  forMs = 60_000,
) {
  const taken: string[] = [];
  jest.spyOn(Date, 'now').mockImplementation(() => taken.length * TAKES_MS);
  const reconcile = async ({ name }: { readonly name: string }) => {
    taken.push(name);
    const error = fails(name, taken.filter((one) => one === name).length);
    if (error !== undefined) throw error;
    return {};
  };
  const run = reconcileFleets({ startedAtMs: 0, untilMs: forMs } as never, fleets, {
    ...{ everyMs: 60_000, reconcile },
    ...more,
  });
  const thrown = await run.then(() => null, String);
  return { taken, thrown };
}

it('a fleet for which AWS throttles comes again after the others, and nothing has failed', async () => {
  const { taken, thrown } = await round((name, tries) => (name === 'first' && tries < 3 ? throttled() : undefined));
  expect([taken, thrown]).toEqual([['first', 'second', 'third', 'first', 'first'], null]);
});

it('one that gets nowhere for all of the time has failed, and says why', async () => {
  const { taken, thrown } = await round(
    (name) => (name === 'second' ? throttled() : undefined),
    { againAfterMs: 1 },
    60,
  );
  expect(taken).toEqual(['first', 'second', 'third', 'second', 'second', 'second']);
  expect(thrown).toMatch(/the other fleets were reconciled, but: Rate exceeded$/);
});

it('one for which no time is left to try it again has failed, too', async () => {
  let rounds = 0;
  const workThrough: ScheduledRun<object>['workThrough'] = async (items, _, one) => {
    if (++rounds > 1) return items;
    for (const item of items) await one(item);
    return [];
  };
  const { taken, thrown } = await round(
    (name) => (name === 'third' ? throttled() : undefined),
    { againAfterMs: 20, workThrough },
    70,
  );
  expect([taken, rounds]).toEqual([['first', 'second', 'third'], 2]);
  expect(thrown).toMatch(/Rate exceeded$/);
});

it('several failures of one fleet are a wait only where all of them are throttling', async () => {
  const both = new AggregateError([throttled(), new Error('not ours')], 'two');
  expect((await round((name) => (name === 'first' ? both : undefined))).taken).toEqual(['first', 'second', 'third']);
  const all = new AggregateError([throttled(), throttled()], 'two');
  const again = await round((name, tries) => (name === 'first' && tries === 1 ? all : undefined));
  expect([again.taken.length, again.thrown]).toEqual([4, null]);
});

it('what a person waits for fails at once', async () => {
  const { taken, thrown } = await round((name) => (name === 'first' ? throttled() : undefined), {});
  expect([taken, thrown]).toEqual([['first', 'second', 'third'], expect.stringMatching(/Rate exceeded$/)]);
});
