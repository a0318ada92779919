import { beforeAll, describe, expect, it } from '@jest/globals';
import type { WorkloadResult, WorkloadRun } from '../../fixtures/jobs/workload.ts';
import { runJob } from '../../fixtures/jobs.ts';

/** Each list of runs in its own process, because a guard watches all asynchronous work of the process. */
const runAll = (runs: readonly WorkloadRun[]) => runJob('workload', runs);

const FAULTS = [[], ['throttling'], ['lost-answers'], ['killed'], ['throttling', 'lost-answers', 'killed']] as const;
const SEEDS = [1, 2];
const plan = (lane: WorkloadRun['lane']): WorkloadRun[] =>
  FAULTS.flatMap((faults) => SEEDS.map((seed) => ({ seed, lane, faults, actors: 3, rounds: 2 })));

let fidelity: WorkloadResult[];
let again: WorkloadResult[];
let sweep: WorkloadResult[];

beforeAll(async () => {
  // Two at the same time: they disturb each other, and the result must not show it.
  [fidelity, sweep] = await Promise.all([runAll(plan('fidelity')), runAll(plan('sweep'))]);
  again = await runAll(plan('fidelity').slice(0, 4));
}, 120_000);

describe('functions in virtual time', () => {
  it('do the same to the byte with the same seed', () => {
    expect(again).toEqual(fidelity.slice(0, 4));
  });

  it('do otherwise with another seed', () => {
    expect(new Set(fidelity.map(({ traceHash }) => traceHash)).size).toBe(fidelity.length);
  });

  it('do and see the same in both lanes, under every fault', () => {
    expect(sweep).toEqual(fidelity);
  });

  it('are throttled, lose answers and die, as the faults say', () => {
    const outcomes = (i: number) =>
      fidelity.slice(i * SEEDS.length, (i + 1) * SEEDS.length).flatMap((result) => Object.keys(result.outcomes));
    expect(outcomes(0)).toEqual(expect.arrayContaining(['ok', 'ConditionalCheckFailedException', 'ParameterNotFound']));
    expect(outcomes(1)).toEqual(expect.arrayContaining(['RequestLimitExceeded', 'ThrottlingException']));
    expect(outcomes(2)).toContain('answer lost');
    expect(fidelity[3 * SEEDS.length]?.killed).toHaveLength(2);
  });

  it('time out by their own client where the answer is lost, and try again only where their client may', () => {
    const [seen] = Object.values(fidelity[2 * SEEDS.length]?.seen ?? {}) as string[][];
    const all = Object.values(fidelity[2 * SEEDS.length]?.seen ?? {}).flat();
    expect(seen).toBeDefined();
    expect(all).toContainEqual(expect.stringMatching(/^modify: TimeoutError .* 1 /));
    expect(all).toContainEqual(expect.stringMatching(/^create: "vol-\d+"/));
  });

  it('do nothing any more once killed', () => {
    for (const { killed, seen, log, callsOfTheDead } of fidelity) {
      expect(callsOfTheDead).toBe(0);
      for (const actor of killed) {
        expect(seen).not.toHaveProperty([actor]);
        expect(log.some((line) => line.startsWith(actor))).toBe(false);
      }
    }
  });
});

describe('a function killed at an exact call', () => {
  const run = (fate: 'caller killed before' | 'caller killed after'): WorkloadRun => {
    return { seed: 1, lane: 'sweep', faults: [], actors: 1, rounds: 2, at: { nth: 4, mutating: true, fate } };
  };

  it('dies before or after its effect', async () => {
    const [before, after] = await runAll([run('caller killed before'), run('caller killed after')]);
    expect(before).toMatchObject({ killed: ['guest/0'], seen: {}, outcomes: { 'caller killed before': 1 } });
    expect(after).toMatchObject({ killed: ['guest/0'], seen: {}, outcomes: { 'caller killed after': 1 } });
    expect(after?.calls).toBe(before?.calls);
  });
});
