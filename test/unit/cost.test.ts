import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { CONSENSUS_METRICS, FLEET_METRICS, NODE_METRICS, NODES_WITH_OWN_ALARMS } from '../../shared/fleet/naming.ts';
import { NODES_PER_OBSERVATION } from '../../shared/fleet/observation.ts';

const page = readFileSync(new URL('../../docs/cost.md', import.meta.url), 'utf8');
const sizes = [50, 500, 5000];
const minutes = 43_800;

/** Dollars a month of a fleet with one volume a node: the page's own formulas. */
function costOf(nodes: number) {
  const count = NODE_METRICS.length * nodes + FLEET_METRICS.length;
  const ofNodes = nodes <= NODES_WITH_OWN_ALARMS;
  const watchSeconds = { 50: 3, 500: 6, 5000: 25 }[nodes] ?? Number.NaN;
  return {
    'metrics of nodes and fleet': Math.min(count, 10_000) * 0.3 + Math.max(0, count - 10_000) * 0.1,
    alarms: ((ofNodes ? 8 : 4) * nodes + 1) * 0.1,
    dashboard: 3,
    'publishing the metrics': (Math.ceil(count / 1000) * minutes * 0.01) / 1000,
    'keeping the observations': (Math.ceil(nodes / NODES_PER_OBSERVATION) * 35 * minutes * 0.625) / 1e6,
    'functions (estimate)': (watchSeconds + 3 * Math.ceil(nodes / 250)) * 0.5 * minutes * 0.0000133334,
  };
}

/** "$4,500.70" → 4500.7, of a row of the first table. */
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
    expect(page).toContain(`adds ${CONSENSUS_METRICS.length} metrics and ${CONSENSUS_METRICS.length}\nalarms: $2.40`);
  });
});
