// An account with a low limit on concurrent executions: sweeps and probes collide. Nothing is lost, and a retried call pages nobody.
import { describe, expect, it } from '@jest/globals';
import { peersLost } from '../../../local/scenarios/catalog/peers-lost.ts';
import { type Run, run } from '../../../local/scenarios/run.ts';
import { settled } from '../../../local/scenarios/world/deployment.ts';

const DAY_MS = 24 * 60 * 60_000;
const PROBE = 'chainmend-probe-nodes-vpc-0123456789abcdef0';

async function throttlesOf({ world: { region } }: Run, functionName: string): Promise<number> {
  const { Datapoints } = (await settled(region, () =>
    region.call('monitoring', 'GetMetricStatistics', {
      ...{ Namespace: 'AWS/Lambda', MetricName: 'Throttles', Period: 3_600, Statistics: ['Sum'] },
      Dimensions: [{ Name: 'FunctionName', Value: functionName }],
      StartTime: new Date(region.clock.now() - DAY_MS),
      EndTime: new Date(region.clock.now()),
    }),
  )) as { readonly Datapoints: readonly { readonly Sum: number }[] };
  return Datapoints.reduce((sum, { Sum }) => sum + Sum, 0);
}

describe('an account that lets two functions run at once', () => {
  // The seeds in which Lambda throttles the probe when the sweep calls it.
  it.each([1, 3])(
    'has its probes asked again, and no sweep fails (seed %s)',
    async (seed) => {
      const options = { seed, lane: 'sweep', accountConcurrency: 2, disturbed: true, guard: false } as const;
      const carriedOut = await run(peersLost, options);
      expect(await throttlesOf(carriedOut, PROBE)).toBeGreaterThan(0);
      expect(carriedOut.unmet).toEqual([]);
      // A separate alarm reports the throttling.
      const pages = carriedOut.report.pages.filter(({ sentence }) => !sentence.includes('/throttles'));
      expect(pages).toEqual([]);
    },
    120_000,
  );
});
