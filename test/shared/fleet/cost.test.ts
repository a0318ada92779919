import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { CONSENSUS_METRICS, FLEET_METRICS, NODE_METRICS } from '../../../shared/fleet/resource-names.ts';
import {
  otlpBytes,
  type ReadRequest,
  readingUsd,
  sumUsd,
  watchingOverOtlpUsd,
  watchingUsd,
} from '../../fixtures/cost.ts';

const page = readFileSync(new URL('../../../docs/cost.md', import.meta.url), 'utf8');
const sizes = [50, 500, 5000];
/** Estimated seconds of function time in a minute: watch-fleet, and probe-nodes for each 250 nodes. */
const secondsOf = (nodes: number): number =>
  (({ 50: 3, 500: 6, 5000: 25 })[nodes] ?? Number.NaN) + 3 * Math.ceil(nodes / 250);
const costOf = (nodes: number) => watchingUsd(nodes, secondsOf(nodes));
const overOtlp = (nodes: number, end: 'least' | 'most') => watchingOverOtlpUsd(nodes, secondsOf(nodes), end);

/** "$4,500.70" → 4500.7, in a row of the first table. */
function rowOf(name: string): number[] {
  const row = page.split('\n').find((line) => line.startsWith(`| ${name} |`)) ?? '';
  return [...row.matchAll(/\$([\d,.]+)/g)].map(([, digits = '']) => Number(digits.replaceAll(',', '')));
}

describe('the page about costs', () => {
  it.each(Object.keys(costOf(50)))('tells what %s cost, by its own formula and by the names that exist', (name) => {
    const expected = sizes.map((nodes) => costOf(nodes)[name as keyof ReturnType<typeof costOf>]);
    for (const [index, dollars] of rowOf(name).entries()) expect(dollars).toBeCloseTo(expected[index] ?? Number.NaN, 1);
    expect(rowOf(name)).toHaveLength(sizes.length);
  });

  it('adds up', () => {
    const sums = sizes.map((_, index) =>
      Object.keys(costOf(50)).reduce((sum, name) => sum + (rowOf(name)[index] ?? Number.NaN), 0),
    );
    for (const [index, dollars] of rowOf('**together**').entries()) {
      expect(dollars).toBeCloseTo(sums[index] ?? Number.NaN, 1);
      expect(rowOf('a node')[index]).toBeCloseTo(dollars / (sizes[index] ?? 1), 2);
    }
    expect(rowOf('**together**')).toHaveLength(sizes.length);
  });

  it('counts what is published', () => {
    expect(page).toContain(`(${NODE_METRICS.length} × nodes + ${FLEET_METRICS.length}) × $0.30`);
    expect(page).toContain(`adds ${CONSENSUS_METRICS.length} metrics and ${CONSENSUS_METRICS.length} alarms: $2.40`);
  });
});

describe('metrics over OTLP', () => {
  const ends = ['least', 'most'] as const;

  it.each([50, 500])('cost at most $0.15 a month for each of %d nodes, whatever an alarm scans', (nodes) => {
    for (const end of ends) expect(sumUsd(overOtlp(nodes, end)) / nodes).toBeLessThanOrEqual(0.15);
  });

  it('cost what the page says, part by part, from the least to the most', () => {
    const [, section = ''] = page.split('### With `metrics: otlp`');
    const cells = (name: string): readonly string[] =>
      (section.split('\n').find((line) => line.startsWith(`| ${name} |`)) ?? '').match(/\$[\d.]+(?: to \$[\d.]+)?/g) ??
      [];
    const both = (usd: (nodes: number, end: 'least' | 'most') => number) =>
      [50, 500].map((nodes) => [...new Set(ends.map((end) => `$${usd(nodes, end).toFixed(2)}`))].join(' to '));
    for (const part of ['metrics over OTLP', 'alarms on PromQL'] as const)
      expect([part, ...cells(part)]).toEqual([part, ...both((nodes, end) => overOtlp(nodes, end)[part])]);
    expect(cells('**a node**')).toEqual(both((nodes, end) => sumUsd(overOtlp(nodes, end)) / nodes));
  });

  it('cost the same for all else', () => {
    for (const end of ends) {
      const { 'metrics over OTLP': _, 'alarms on PromQL': __, ...others } = overOtlp(500, end);
      expect(costOf(500)).toMatchObject(others);
    }
  });

  it('are bytes that the function’s own encoder makes, each point with the name of its metric', () => {
    expect(page).toContain(`${Math.round(otlpBytes(50) / 50)} bytes a node and minute`);
  });
});

describe('what a verb reads', () => {
  const WEEK_MS = 7 * 24 * 3_600_000;
  const EndTime = new Date(Date.UTC(2026, 11, 1));
  const StartTime = new Date(EndTime.getTime() - WEEK_MS);
  const metrics = (count: number, Period: number, more: object = {}): ReadRequest => ({
    ...{ service: 'monitoring', operation: 'GetMetricData' },
    input: { MetricDataQueries: Array(count).fill({ MetricStat: { Period } }), StartTime, EndTime, ...more },
  });
  const other = (service: string, operation: string, more: object = {}): ReadRequest => ({
    ...{ service, operation, input: {}, ...more },
  });
  const same = (usd: number) => ({ least: usd, most: usd });

  it.each<[string, ReadRequest, { least: number; most: number }]>([
    ['a metric, by its number', metrics(500, 3_600), same(0.005)],
    ['at most again for each page of 100,800 points', metrics(500, 1_800), { least: 0.005, most: 0.01 }],
    ['no page a second time', metrics(500, 1_800, { NextToken: 'next' }), same(0)],
    ['another request of CloudWatch', other('monitoring', 'DescribeAlarmHistory'), same(0.00001)],
    ['a request of SNS', other('sns', 'GetTopicAttributes'), same(0.5e-6)],
    ['nothing of EC2', other('ec2', 'DescribeInstances'), same(0)],
    ['half a unit for what is not there', other('dynamodb', 'GetItem', { bytes: 0 }), same(0.0625e-6)],
    ['each 4 KB of items', other('dynamodb', 'Query', { bytes: 4_097 }), same(0.125e-6)],
    [
      'a consistent read twice',
      other('dynamodb', 'Query', { bytes: 4_096, input: { ConsistentRead: true } }),
      same(0.125e-6),
    ],
  ])('costs %s', (_, request, usd) => {
    const found = readingUsd([request, request], 50);
    expect(found.least).toBeCloseTo(2 * usd.least, 12);
    expect(found.most).toBeCloseTo(2 * usd.most, 12);
  });

  it('costs each sample that PromQL scans: in a report of a week as many of a node as the page says', () => {
    const query = (label: string): ReadRequest => ({
      ...{ service: 'monitoring', operation: 'QueryMetrics' },
      input: {
        Query: `max by (${label}) (max_over_time(x{Fleet="bitcoin"}[1800s]))`,
        ...{ Start: new Date(StartTime.getTime() + 1_800_000), End: EndTime, StepSeconds: 1_800 },
      },
    });
    const [, perNode = ''] = /a `report` of a week scans ([\d,]+) a node/.exec(page) ?? [];
    const ofNode = readingUsd([query('Node'), query('Node'), query('InstanceId')], 50).least / 50;
    expect(ofNode * 1e8).toBeCloseTo(Number(perNode.replaceAll(',', '')), 6);
    expect(readingUsd([query('Fleet')], 50)).toEqual(readingUsd([query('Node')], 1));
  });

  it.each([other('lambda', 'Invoke'), other('dynamodb', 'Scan', { bytes: 1 }), other('dynamodb', 'Query')])(
    'has no price where none is known: %j',
    (request) => {
      expect(() => readingUsd([request], 50)).toThrow('no price is known');
    },
  );
});
