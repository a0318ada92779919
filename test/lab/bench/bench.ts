// `npm run bench [-- --json]`: what the suite costs, next to its budgets. Exit status 0 within them, 1 not, 2 wrong use.
import { Command, CommanderError } from 'commander';
import colors from 'picocolors';
import { tableOf } from '../../../infra/commands/fleets/context.ts';
import { bundleMeasurements, measureBundles } from './bundles.ts';
import { measureDayTwo } from './day-two.ts';
import { measureDetection } from './detection.ts';
import { measureFleetHours } from './fleet-hours.ts';
import { fleetSweepMeasurements, measureFleetSweeps } from './fleet-sweep.ts';
import { measureHeals } from './heals.ts';
import { largeFleetMeasurements, measureLargeFleets } from './large-fleet.ts';
import { isWithin, type Measurement } from './measurement.ts';
import { otlpMeasurements } from './otlp.ts';
import { measureStorms } from './storms.ts';
import { measureSwaps, type SwapMeasured, swapMeasurements, swapRows } from './swaps.ts';
import { measureWarming } from './warm.ts';

const program = new Command('npm run bench --')
  .description(
    'Measures bundles, a plain heal, swaps, upgrades, drills, sweeps and heals of large fleets and the simulator. Times are CPU time and medians; a quarter of an hour or so.',
  )
  .option('--json', 'one JSON object instead of the table')
  .exitOverride();

try {
  const { json = false } = program.parse().opts<{ json?: boolean }>();
  const swaps = await measureSwaps();
  const measurements = [
    ...bundleMeasurements(await measureBundles()),
    ...(await measureHeals()),
    ...swapMeasurements(swaps),
    ...(await measureWarming()),
    ...(await measureDayTwo()),
    ...(await measureDetection()),
    ...fleetSweepMeasurements(await measureFleetSweeps()),
    ...(await measureFleetHours()),
    ...(await measureStorms()),
    ...otlpMeasurements(),
    ...largeFleetMeasurements(await measureLargeFleets()),
  ];
  const missed = measurements.filter((measurement) => !isWithin(measurement));
  const { head, rows } = swapRows(swaps);
  console.log(
    json
      ? JSON.stringify({ measurements, missed, swaps }, null, 2)
      : [table(measurements), tableOf(head, rows), ...whys(swaps)].join('\n\n'),
  );
  for (const measurement of missed) console.error(colors.red(sentence(measurement)));
  process.exitCode = missed.length > 0 ? 1 : 0;
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}

function table(measurements: readonly Measurement[]): string {
  return tableOf(
    ['of', 'measure', 'found', 'budget'],
    measurements.map((measurement) => {
      const { subject, measure } = measurement;
      const found = amount(measurement, measurement.value);
      return [subject, measure, isWithin(measurement) ? found : `${found}, missed`, budget(measurement)];
    }),
  );
}

/** The sources of the "at least" figures, once for all sizes. */
function whys(swaps: readonly SwapMeasured[]): string[] {
  const parts = swaps[0]?.parts ?? [];
  return [parts.flatMap(({ part, atLeast }) => (atLeast ? `${part}: ${atLeast.because}` : [])).join('\n')];
}

function budget(measurement: Measurement): string {
  const { atMost, goal } = measurement;
  if (atMost !== undefined) return `at most ${amount(measurement, atMost)}`;
  return goal === undefined ? '' : `goal ${amount(measurement, goal)}`;
}

function sentence(measurement: Measurement): string {
  const { subject, measure, value } = measurement;
  return `over budget: ${subject}, ${measure}: ${amount(measurement, value)}, ${budget(measurement)}`;
}

function amount({ unit }: Measurement, value: number): string {
  const digits = Number.isInteger(value) ? 0 : value < 10 ? 2 : value < 100 ? 1 : 0;
  return `${value.toFixed(digits)} ${unit}`.trimEnd();
}
