import { describe, expect, it } from '@jest/globals';
import { evaluate, type Point, type TreatMissingData } from '../../../../local/services/cloudwatch/evaluation.ts';
import { parseMath } from '../../../../local/services/cloudwatch/math.ts';

/** "0" within the threshold, "X" beyond it, "-" missing, as in the tables of the CloudWatch user guide. */
const range = (drawing: string): (Point | undefined)[] =>
  drawing.split(' ').map((mark, i) => (mark === '-' ? undefined : { atMs: i * 60_000, value: mark === 'X' ? 1 : 0 }));

const states = (drawing: string, evaluationPeriods: number, datapointsToAlarm: number) =>
  (['missing', 'ignore', 'breaching', 'notBreaching'] as TreatMissingData[]).map(
    (treatMissingData) =>
      evaluate(range(drawing), {
        comparison: 'GreaterThanThreshold',
        threshold: 0.5,
        evaluationPeriods,
        datapointsToAlarm,
        treatMissingData,
      })?.value ?? 'retained',
  );

// "Configuring how CloudWatch alarms treat missing data" (user guide), both tables, row by row.
describe('missing data: what CloudWatch’s own tables say', () => {
  it.each([
    ['0 - X - X', ['OK', 'OK', 'OK', 'OK']],
    ['- - - - 0', ['OK', 'OK', 'OK', 'OK']],
    ['- - - - -', ['INSUFFICIENT_DATA', 'retained', 'ALARM', 'OK']],
    ['0 X X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['- - X - -', ['ALARM', 'retained', 'ALARM', 'OK']],
  ])('3 out of 3, %s', (drawing, expected) => {
    expect(states(drawing, 3, 3)).toEqual(expected);
  });

  it.each([
    ['0 - X - X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['0 0 X 0 X', ['ALARM', 'ALARM', 'ALARM', 'ALARM']],
    ['0 - X - -', ['OK', 'OK', 'ALARM', 'OK']],
    ['- - - - 0', ['OK', 'OK', 'ALARM', 'OK']],
    ['- - - X -', ['ALARM', 'retained', 'ALARM', 'OK']],
  ])('2 out of 3, %s', (drawing, expected) => {
    expect(states(drawing, 3, 2)).toEqual(expected);
  });

  it('one breaching datapoint alone makes no premature alarm of three', () => {
    expect(states('- - - - X', 3, 3)[0]).toBe('retained');
    expect(states('- - - X -', 3, 3)[0]).toBe('retained');
  });
});

describe('metric math', () => {
  const m1 = new Map([
    [0, 10],
    [60, 20],
  ]);
  const m2 = new Map([
    [60, 4],
    [120, 5],
  ]);
  const value = (text: string) => {
    const result = parseMath(text).evaluate({
      value: (id) => (id === 'm1' ? m1 : m2),
      metrics: () => [m1, m2],
      periods: [0, 60, 120],
    });
    return typeof result === 'number' ? result : Object.fromEntries(result);
  };
  it.each<[string, unknown]>([
    ['1 + 2 * 3 - -4 / 2', 9],
    ['(1 + 2) * 2 ^ 3', 24],
    ['m1 / m2', { 60: 5 }],
    ['100 * m1', { 0: 1000, 60: 2000 }],
    ['m1 / (m1 - 10)', { 60: 2 }],
    ['SUM(METRICS())', { 0: 10, 60: 24, 120: 5 }],
    ['SUM(FILL(METRICS(), 1))', { 0: 11, 60: 24, 120: 6 }],
    ['MAX([m1, m2])', { 0: 10, 60: 20, 120: 5 }],
    ['AVG(m1)', 15],
    ['FILL(m1, 0) + FILL(m2, 0)', { 0: 10, 60: 24, 120: 5 }],
    ['FILL(m1, REPEAT)', { 0: 10, 60: 20, 120: 20 }],
  ])('%s', (text, expected) => {
    expect(value(text)).toEqual(expected);
  });

  it.each([
    ['1 +', 'it ends too early'],
    ['m1 m2', '"m2" is not expected'],
    ['RATE(m1)', 'does not emulate the function RATE'],
    ['m1 = 3', '"=" is not expected'],
    ['METRICS()', 'no arrays of them'],
  ])('%s is refused', (text, message) => {
    expect(() => value(text)).toThrow(message);
  });
});
