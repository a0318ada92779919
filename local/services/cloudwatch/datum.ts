// Reads and checks one datum of PutMetricData.
import { AwsError } from '../../simulator/service.ts';
import { type Dimension, nonAsciiPart } from './queries.ts';
import { type Sample, single } from './series.ts';

export interface MetricDatum {
  readonly MetricName: string;
  readonly Dimensions?: readonly Dimension[];
  readonly Timestamp?: Date;
  readonly Value?: number;
  readonly Values?: readonly number[];
  readonly Counts?: readonly number[];
  readonly StatisticValues?: {
    readonly SampleCount: number;
    readonly Sum: number;
    readonly Minimum: number;
    readonly Maximum: number;
  };
  readonly Unit?: string;
  readonly StorageResolution?: number;
}

// PutMetricData (API reference): 30 dimensions, 150 unique values; two weeks back and two hours ahead; ±2^360.
const DIMENSIONS_MAX = 30;
const VALUES_MAX = 150;
const PAST_MS_MAX = 14 * 86_400_000;
const FUTURE_MS_MAX = 2 * 3_600_000;
const VALUE_MAX = 2 ** 360;

export function readDatum(datum: MetricDatum, place: string, nowMs: number): Sample {
  const dimensions = datum.Dimensions ?? [];
  if (dimensions.length > DIMENSIONS_MAX) {
    throw invalid(`The collection ${place}.Dimensions must not have a size greater than ${DIMENSIONS_MAX}.`);
  }
  for (const [i, { Name, Value }] of dimensions.entries()) {
    if (!Name || !Value)
      throw invalid(`The parameter ${place}.Dimensions.member.${i + 1} must have a Name and a Value.`);
  }
  if (new Set(dimensions.map(({ Name }) => Name)).size < dimensions.length) {
    throw invalid('No metric may specify the same dimension name twice.');
  }
  const strange = nonAsciiPart(dimensions);
  if (strange !== undefined) {
    throw invalid(`The value for parameter ${place}.Dimensions.${strange} contains non-ASCII characters.`);
  }
  const atMs = datum.Timestamp?.getTime() ?? nowMs;
  if (!(atMs >= nowMs - PAST_MS_MAX && atMs <= nowMs + FUTURE_MS_MAX)) {
    throw invalid(
      `The parameter ${place}.Timestamp must specify a time within the past two weeks and the next two hours.`,
    );
  }
  if (![1, 60].includes(datum.StorageResolution ?? 60))
    throw invalid(`The parameter ${place}.StorageResolution must be 1 or 60.`);
  const given = (['Value', 'Values', 'StatisticValues'] as const).filter((member) => datum[member] !== undefined);
  const named = (members: readonly string[]): string => members.map((member) => `${place}.${member}`).join(' and ');
  if (given.length > 1) {
    const message = `The parameters ${named(given)} are mutually exclusive and you have specified both.`;
    throw new AwsError('InvalidParameterCombinationException', message);
  }
  if (given.length === 0) {
    const message = `At least one of the parameters ${named(['Value', 'StatisticValues'])} must be specified.`;
    throw new AwsError('InvalidParameterCombinationException', message);
  }
  const { StatisticValues: set, Value: value, Values: values = [], Counts: counts } = datum;
  for (const number of [value ?? 0, ...values, ...Object.values(set ?? {})]) {
    if (!(Math.abs(number) <= VALUE_MAX)) throw invalid(`The value ${number} for parameter ${place}.Value is invalid.`);
  }
  if (value !== undefined) return single(value);
  if (set) {
    return {
      sum: set.Sum,
      count: set.SampleCount,
      minimum: set.Minimum,
      maximum: set.Maximum,
      values: set.Minimum === set.Maximum ? undefined : 'unknown',
    };
  }
  if (values.length === 0 || values.length > VALUES_MAX || (counts && counts.length !== values.length)) {
    throw invalid(`The collection ${place}.Values must have 1 to ${VALUES_MAX} elements, and Counts as many.`);
  }
  return distribution(values, counts);
}

function distribution(values: readonly number[], counts: readonly number[] | undefined): Sample {
  const weighted = values.map((value, i) => [value, counts?.[i] ?? 1] as const);
  return {
    sum: weighted.reduce((sum, [value, count]) => sum + value * count, 0),
    count: weighted.reduce((sum, [, count]) => sum + count, 0),
    minimum: Math.min(...values),
    maximum: Math.max(...values),
    values: values.length === 1 ? undefined : new Map(weighted),
  };
}

const invalid = (message: string): AwsError => new AwsError('InvalidParameterValueException', message);
