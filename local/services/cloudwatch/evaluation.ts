// Evaluates an alarm's datapoints: M out of N, with missing data treated in one of four ways. Pure.

export type StateValue = 'OK' | 'ALARM' | 'INSUFFICIENT_DATA';
export type TreatMissingData = 'missing' | 'ignore' | 'breaching' | 'notBreaching';
export type ComparisonOperator =
  | 'GreaterThanThreshold'
  | 'GreaterThanOrEqualToThreshold'
  | 'LessThanThreshold'
  | 'LessThanOrEqualToThreshold';

export interface Threshold {
  readonly comparison: ComparisonOperator;
  readonly threshold: number;
  /** N. */
  readonly evaluationPeriods: number;
  /** M; undefined: not given. Then it is N, and AWS words its reasons differently. */
  readonly datapointsToAlarm: number | undefined;
  readonly treatMissingData: TreatMissingData;
}

export interface Point {
  readonly atMs: number;
  readonly value: number;
  readonly sampleCount?: number;
}

export interface EvaluationResult {
  readonly value: StateValue;
  /** The datapoints that decided, oldest first. */
  readonly points: readonly Point[];
}

/**
 * CloudWatch retrieves more datapoints than the evaluation periods, "the exact number depends on the length of the alarm period and
 * whether it is based on a metric with standard or high resolution"; the tables of "Configuring how CloudWatch alarms treat missing data"
 * (user guide) show two more.
 */
export const EXTRA_DATAPOINTS = 2;

const COMPARISONS: Readonly<
  Record<ComparisonOperator, readonly [(value: number, threshold: number) => boolean, string]>
> = {
  GreaterThanThreshold: [(value, threshold) => value > threshold, 'greater than'],
  GreaterThanOrEqualToThreshold: [(value, threshold) => value >= threshold, 'greater than or equal to'],
  LessThanThreshold: [(value, threshold) => value < threshold, 'less than'],
  LessThanOrEqualToThreshold: [(value, threshold) => value <= threshold, 'less than or equal to'],
};

export const isComparison = (name: string): name is ComparisonOperator => Object.hasOwn(COMPARISONS, name);

/**
 * `range`: the datapoints of the evaluation range, oldest first, undefined if one is missing (its length is N + EXTRA_DATAPOINTS). @returns undefined
 * if the state does not change
 */
export function evaluate(range: readonly (Point | undefined)[], rule: Threshold): EvaluationResult | undefined {
  const { evaluationPeriods: n, treatMissingData: treat } = rule;
  const m = rule.datapointsToAlarm ?? n;
  const points: Point[] = [];
  let breaching = 0;
  for (let i = range.length - 1; i >= 0 && points.length < n; i--) {
    const point = range[i];
    if (point === undefined) continue;
    points.unshift(point);
    if (isBreaching(point.value, rule)) breaching++;
  }
  const missing = n - points.length;

  if (points.length === 0) {
    if (treat === 'ignore') return undefined;
    return { value: treat === 'missing' ? 'INSUFFICIENT_DATA' : treat === 'breaching' ? 'ALARM' : 'OK', points };
  }
  if (breaching >= m) return { value: 'ALARM', points };
  if (missing === 0) return { value: 'OK', points };
  if (treat === 'breaching') return { value: breaching + missing >= m ? 'ALARM' : 'OK', points };
  if (treat === 'notBreaching' || breaching < points.length) return { value: 'OK', points };
  // All existing datapoints breach, but they are too few. "Avoiding premature transitions to alarm state": ALARM only if the oldest of them is at
  // least M datapoints back, for then no later datapoint can change it.
  const oldest = range.findIndex((point) => point !== undefined);
  return treat === 'missing' && range.length - oldest >= m ? { value: 'ALARM', points } : undefined;
}

/** AWS's sentence for the reason of a state. */
export function reasonOf(verdict: EvaluationResult, rule: Threshold): string {
  if (verdict.points.length === 0) return reasonOfNothing(verdict.value, rule);
  return reasonOfPoints(verdict.value, verdict.points, rule);
}

/** For one series among many AWS gives a short reason, without the datapoints (sample of a contributor's event, user guide). */
export function reasonOfContributor(value: StateValue, points: readonly Point[], rule: Threshold): string {
  const deciding = points.filter((point) => isBreaching(point.value, rule) === (value === 'ALARM'));
  const shown = deciding.length > 0 ? deciding : points;
  const newest = shown.slice(-1).map((point) => `${javaDouble(point.value)} (${shortTime(point.atMs)})`);
  const crossed = value === 'ALARM' ? 'crossed' : 'did not cross';
  return (
    `Threshold Crossed: ${shown.length} ${shown.length === 1 ? 'datapoint' : 'datapoints'} ${comparisonOf(value, shown.length, rule)}. ` +
    `The most recent datapoint which ${crossed} the threshold: [${newest.join()}].`
  );
}

function isBreaching(value: number, { comparison, threshold }: Threshold): boolean {
  return COMPARISONS[comparison][0](value, threshold);
}

function reasonOfNothing(value: StateValue, { evaluationPeriods: n }: Threshold): string {
  const datapoints = n === 1 ? 'datapoint was' : 'datapoints were';
  if (value === 'INSUFFICIENT_DATA') return `Insufficient Data: ${n} ${datapoints} unknown.`;
  return (
    `Threshold Crossed: no datapoints were received for ${n} ${n === 1 ? 'period' : 'periods'} and ` +
    `${n} missing ${datapoints} treated as [${value === 'ALARM' ? 'Breaching' : 'NonBreaching'}].`
  );
}

/** Alarms with DatapointsToAlarm have the form with "out of". */
function reasonOfPoints(value: StateValue, points: readonly Point[], rule: Threshold): string {
  const { evaluationPeriods: n, datapointsToAlarm } = rule;
  const deciding = points.filter((point) => isBreaching(point.value, rule) === (value === 'ALARM'));
  const shown = (deciding.length > 0 ? deciding : points).toReversed();
  const listed = `[${shown.map((point) => `${javaDouble(point.value)} (${shortTime(point.atMs)})`).join(', ')}]`;
  const comparison = comparisonOf(value, shown.length, rule);
  if (datapointsToAlarm === undefined) {
    const count = `${shown.length} ${shown.length === 1 ? 'datapoint' : 'datapoints'}`;
    return `Threshold Crossed: ${count} ${listed} ${comparison}.`;
  }
  const minimum = value === 'ALARM' ? datapointsToAlarm : n - datapointsToAlarm + 1;
  const transition = value === 'ALARM' ? 'OK -> ALARM' : 'ALARM -> OK';
  return (
    `Threshold Crossed: ${shown.length} out of the last ${n} datapoints ${listed} ${comparison} ` +
    `(minimum ${minimum} ${minimum === 1 ? 'datapoint' : 'datapoints'} for ${transition} transition).`
  );
}

function comparisonOf(value: StateValue, count: number, { comparison, threshold }: Threshold): string {
  const was = `${count === 1 ? 'was' : 'were'}${value === 'ALARM' ? '' : ' not'}`;
  return `${was} ${COMPARISONS[comparison][1]} the threshold (${javaDouble(threshold)})`;
}

/** As Java prints a double, which AWS uses in its reasons: "50.0". */
function javaDouble(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e7 ? `${value}.0` : String(value);
}

/** "02/10/19 16:59:00". */
function shortTime(atMs: number): string {
  const iso = new Date(atMs).toISOString();
  return `${iso.slice(8, 10)}/${iso.slice(5, 7)}/${iso.slice(2, 4)} ${iso.slice(11, 19)}`;
}
