import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { CONSENSUS_METRICS, FLEET_METRICS, NODE_METRICS } from '../../../shared/fleet/resource-names.ts';
import { otlpBytes, sumUsd, watchingOverOtlpUsd, watchingUsd } from '../../fixtures/cost.ts';

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
