import { describe, expect, it } from '@jest/globals';
import { createCloudWatch } from '../../../../local/services/cloudwatch/cloudwatch.ts';
import { parseMath } from '../../../../local/services/cloudwatch/math.ts';
import { testKernel } from '../../../fixtures/kernel.ts';

type Values = readonly (number | undefined)[];
const _ = undefined;

/** The values of an expression over five periods, in the notation of the user guide. */
const valuesOf = (expression: string, metrics: Readonly<Record<string, Values>>): Values => {
  const periods = [0, 1, 2, 3, 4];
  const series = (id: string) =>
    new Map((metrics[id] ?? []).flatMap((value, at): [number, number][] => (value === undefined ? [] : [[at, value]])));
  const scope = { value: series, metrics: () => Object.keys(metrics).map(series), periods };
  const value = parseMath(expression).evaluate(scope);
  return periods.map((at) => (typeof value === 'number' ? value : value.get(at)));
};

describe('a math expression', () => {
  const one: Values = [30, 20, 0, 0];
  const two: Values = [20, _, 20, _];

  it.each([
    ['m1 < m2', [0, 0, 1, 0, _]],
    ['m1 >= 30', [1, 0, 0, 0, _]],
    ['m1 > 15 AND m2 > 15', [1, 0, 0, 0, _]],
    ['m1 > 15 && m2 > 15 || m1 == 0', [1, 0, 1, 1, _]],
    ['(m1 != 30) + 1', [1, 2, 2, 2, _]],
    ['m1 > 15 OR m2 > 15', [1, 1, 1, 0, _]],
    ['FILL(m2, 0) <= 0', [0, 1, 0, 1, 1]],
    ['FILL(m2, 0)', [20, 0, 20, 0, 0]],
    ['FILL(m2, REPEAT)', [20, 20, 20, 20, 20]],
  ])('compares as the guide does: %s', (expression, expected) => {
    expect(valuesOf(expression, { m1: one, m2: two })).toEqual(expected);
  });

  const metrics = { m1: [1, 1, 0, 0, _], m2: [30, _, 0, 0, 30], m3: [0, 0, 20, _, 20] };

  it.each([
    ['IF(m1, m2, m3)', [30, 0, 20, _, _]],
    ['IF(m1, 5, m3)', [5, 5, 20, _, _]],
    ['IF(m1, m2, 5)', [30, 0, 5, 5, _]],
    ['IF(m1, m2)', [30, 0, _, _, _]],
    ['IF(m1 == 1, 1, 0)', [1, 1, 0, 0, _]],
    ['IF(1, m2, m3)', [30, _, 0, 0, 30]],
    ['IF(0, m2, m3)', [0, 0, 20, _, 20]],
    ['IF(0, m2)', [_, _, _, _, _]],
  ])('chooses as the tables of the guide say: %s', (expression, expected) => {
    expect(valuesOf(expression, metrics)).toEqual(expected);
  });

  it.each([
    ['m1 = 3', '"=" is not expected'],
    ['IF(m1)', 'IF takes a condition and one or two values'],
    ['IF(m1, 1, 2, 3)', 'IF takes a condition and one or two values'],
    ['RATE(m1)', 'does not emulate the function RATE'],
    ['m1 >', 'it ends too early'],
  ])('is refused where it is wrong: %s', (expression, message) => {
    expect(() => parseMath(expression)).toThrow(message);
  });
});

describe('an alarm on IF(health == 3, 1, 0)', () => {
  const MINUTE = 60_000;
  const dimensions = { Fleet: 'bitcoin', Node: 'node2' };
  const alarmOn = (Expression: string, more: object = {}) => {
    const kernel = testKernel();
    const cloudwatch = createCloudWatch(kernel);
    const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
    const Metric = { Namespace: 'chainmend', MetricName: 'Health', Dimensions };
    const input = {
      AlarmName: 'stuck',
      Metrics: [
        { Id: 'health', MetricStat: { Metric, Period: 60, Stat: 'Maximum' }, ReturnData: false },
        { Id: 'stuck', Expression, ReturnData: true },
      ],
      EvaluationPeriods: 2,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      ...more,
    };
    cloudwatch.operations['PutMetricAlarm']?.(input, kernel.call());
    return (...healths: (number | undefined)[]) => {
      for (const health of healths) {
        if (health !== undefined) cloudwatch.record('chainmend', 'Health', dimensions, health, kernel.clock.now());
        kernel.advance(MINUTE);
      }
      return cloudwatch.alarmState('stuck');
    };
  };

  it('follows one value of the metric, and no other', () => {
    const stateAfter = alarmOn('IF(health == 3, 1, 0)');
    expect(stateAfter(0, 0, 5, 5)).toBe('OK');
    expect(stateAfter(3, 3, 3)).toBe('ALARM');
    expect(stateAfter(6, 6, 6)).toBe('OK');
  });

  it.each([
    ['missing', 'INSUFFICIENT_DATA'],
    ['notBreaching', 'OK'],
    ['breaching', 'ALARM'],
    ['ignore', 'ALARM'],
  ])('treats missing data as %s', (TreatMissingData, expected) => {
    const stateAfter = alarmOn('IF(health == 3, 1, 0)', { TreatMissingData });
    expect(stateAfter(3, 3, 3)).toBe('ALARM');
    expect(stateAfter(_, _, _, _, _, _)).toBe(expected);
  });

  it('is OK without data where FILL says so', () => {
    const stateAfter = alarmOn('IF(FILL(health, 0) == 3, 1, 0)');
    expect(stateAfter(3, 3, 3)).toBe('ALARM');
    expect(stateAfter(_, _, _, _, _, _)).toBe('OK');
  });
});

describe('an alarm on errors in five minutes, of a function that is idle after one', () => {
  const MINUTE = 60_000;
  /** How often it goes off in an hour: an error, a success, and nothing more. */
  const timesOff = (Expression: string): number => {
    const kernel = testKernel();
    const cloudwatch = createCloudWatch(kernel);
    const metric = (MetricName: string) => ({
      MetricStat: { Metric: { Namespace: 'AWS/Lambda', MetricName, Dimensions: [] }, Period: 300, Stat: 'Sum' },
      ReturnData: false,
    });
    const input = {
      AlarmName: 'errors',
      Metrics: [
        { Id: 'errors', ...metric('Errors') },
        { Id: 'lost', ...metric('Lost') },
        { Id: 'sum', Expression, ReturnData: true },
      ],
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      TreatMissingData: 'notBreaching',
    };
    cloudwatch.operations['PutMetricAlarm']?.(input, kernel.call());
    const states = Array.from({ length: 60 }, (_, minute) => {
      if (minute === 9 || minute === 13)
        cloudwatch.record('AWS/Lambda', 'Errors', {}, minute === 9 ? 1 : 0, kernel.clock.now());
      kernel.advance(MINUTE);
      return cloudwatch.alarmState('errors');
    });
    return states.filter((state, at) => state === 'ALARM' && states[at - 1] !== 'ALARM').length;
  };

  it('goes off again by the older datapoints, where nothing is filled', () => {
    expect(timesOff('SUM(METRICS())')).toBeGreaterThan(1);
  });

  it('goes off once where what has no data is 0', () => {
    expect(timesOff('SUM(FILL(METRICS(), 0))')).toBe(1);
  });
});
