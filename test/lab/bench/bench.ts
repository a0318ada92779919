// `npm run bench [-- PART… --json]`: what the suite costs, next to its budgets. Exit status 0 within them; 1 not, or a part has failed; 2 wrong use.
import { Command, CommanderError } from 'commander';
import colors from 'picocolors';
import beginJobs from '../../fixtures/job-pool.ts';
import endJobs from '../../fixtures/job-pool-end.ts';
import { isWithin, type Measurement } from './measurement.ts';
import type { Input, Part } from './part.ts';
import { PARTS } from './parts.ts';

interface Options {
  readonly json?: boolean;
  readonly least?: boolean;
}

interface Failed {
  readonly part: string;
  readonly error: string;
}

const SUBJECT_WIDTH = 50;
const MEASURE_WIDTH = 42;
const FOUND_WIDTH = 24;

const program = new Command('npm run bench --')
  .description('Measures what the suite costs. Times are CPU times. All parts take half an hour or so.')
  .argument('[parts...]', PARTS.map(({ name }) => name).join(', '))
  .option('--json', 'one JSON object at the end instead of lines')
  .option('--least', 'with the smallest input: it shows that the bench works; CPU times are not judged')
  .exitOverride();

try {
  program.parse();
  process.exitCode = await carryOut(chosenBy(program.args), program.opts<Options>());
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}

/** @throws CommanderError where a word is no part */
function chosenBy(names: readonly string[]): readonly Part[] {
  const unknown = names.find((name) => !PARTS.some((part) => part.name === name));
  if (unknown !== undefined)
    program.error(`"${unknown}" is no part, expected ${PARTS.map(({ name }) => name).join(', ')}`);
  return names.length === 0 ? PARTS : PARTS.filter(({ name }) => names.includes(name));
}

async function carryOut(parts: readonly Part[], { json = false, least = false }: Options): Promise<0 | 1> {
  const input: Input = least ? 'least' : 'full';
  const say = (line: string): void => (json ? undefined : console.log(line));
  const measurements: (Measurement & { readonly part: string })[] = [];
  const failed: Failed[] = [];
  await beginJobs();
  try {
    for (const { name, measure } of parts) {
      say(colors.bold(`\n${name}`));
      try {
        for await (const found of measure(input)) {
          say(typeof found === 'string' ? found : lineOf(found));
          if (typeof found !== 'string') measurements.push({ part: name, ...found });
        }
      } catch (error) {
        // The other parts are worth their time.
        failed.push({ part: name, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
        say(colors.red('failed'));
      }
    }
  } finally {
    await endJobs();
  }
  const missed = measurements.filter((one) => !isWithin(one) && !(least && one.byCpu));
  if (json) console.log(JSON.stringify({ measurements, missed, failed }, null, 2));
  for (const measurement of missed) console.error(colors.red(sentence(measurement)));
  for (const { part, error } of failed) console.error(colors.red(`failed: ${part}: ${error}`));
  return missed.length + failed.length > 0 ? 1 : 0;
}

function lineOf(measurement: Measurement): string {
  const { subject, measure, value } = measurement;
  const found = amount(measurement, value);
  return [
    subject.padEnd(SUBJECT_WIDTH),
    measure.padEnd(MEASURE_WIDTH),
    (isWithin(measurement) ? found : `${found}, missed`).padEnd(FOUND_WIDTH),
    budget(measurement),
  ]
    .join('  ')
    .trimEnd();
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
  // A verb costs a millionth of a dollar.
  const written =
    value > 0 && value < 0.1 ? Number(value.toPrecision(2)).toFixed(9).replace(/0+$/, '') : value.toFixed(digits);
  return `${written} ${unit}`.trimEnd();
}
