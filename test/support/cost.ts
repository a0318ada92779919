// What watching a fleet costs a month, by the formulas of docs/cost.md: its test counts them again, the bench puts measured times in.

import { NODES_PER_OBSERVATION } from '../../shared/fleet/observation.ts';
import { FLEET_METRICS, NODE_METRICS, NODES_WITH_OWN_ALARMS } from '../../shared/fleet/resource-names.ts';

const MINUTES_A_MONTH = 43_800;
/** Of 512 MB, on arm64: $0.0000133334 a GB-second. */
const USD_A_FUNCTION_SECOND = 0.5 * 0.0000133334;

/** Dollars a month of a fleet with one volume a node; `functionSeconds` is what its functions run for in a minute. */
export function watchingUsd(nodes: number, functionSeconds: number) {
  const metrics = NODE_METRICS.length * nodes + FLEET_METRICS.length;
  const ofNodes = nodes <= NODES_WITH_OWN_ALARMS;
  return {
    'metrics of nodes and fleet': Math.min(metrics, 10_000) * 0.3 + Math.max(0, metrics - 10_000) * 0.1,
    alarms: ((ofNodes ? 8 : 4) * nodes + 1) * 0.1,
    dashboard: 3,
    'publishing the metrics': (Math.ceil(metrics / 1000) * MINUTES_A_MONTH * 0.01) / 1000,
    'keeping the observations': (Math.ceil(nodes / NODES_PER_OBSERVATION) * 35 * MINUTES_A_MONTH * 0.625) / 1e6,
    'functions (estimate)': functionSeconds * MINUTES_A_MONTH * USD_A_FUNCTION_SECOND,
  };
}

export const sumUsd = (parts: Readonly<Record<string, number>>): number =>
  Object.values(parts).reduce((sum, usd) => sum + usd, 0);
