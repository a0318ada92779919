// What a fleet's metrics cost over OTLP: bytes by the function's own encoder, and dollars at both ends of what an alarm's evaluation may scan.
import { otlpBytes, sumUsd, watchingOverOtlpUsd } from '../../fixtures/cost.ts';
import type { Measurement } from './measurement.ts';

/** Nodes, and the estimated seconds of function time in a minute (docs/cost.md). */
const SIZES = [
  [50, 6],
  [500, 12],
] as const;

const BUDGET_USD = 0.2;

const otlpMeasurements = (): Measurement[] =>
  SIZES.flatMap(([nodes, seconds]) =>
    (['least', 'most'] as const).flatMap((end): Measurement[] => {
      const subject = `metrics over OTLP, ${nodes} nodes, ${end}`;
      const usd = sumUsd(watchingOverOtlpUsd(nodes, seconds, end)) / nodes;
      return [
        { subject, measure: 'a node and minute', value: Math.round(otlpBytes(nodes) / nodes), unit: 'bytes' },
        { subject, measure: 'a node and month', value: usd, unit: 'USD', atMost: BUDGET_USD },
      ];
    }),
  );

export async function* measureOtlp(): AsyncGenerator<Measurement> {
  yield* otlpMeasurements();
}
