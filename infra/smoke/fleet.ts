// The fleet of the smoke test: a client that serves nothing and writes its heartbeat on a volume that something else fills. Pure.
import { stringify } from 'yaml';
import { parseFleetDocument } from '../../shared/fleet/parse.ts';
import type { FleetDocument } from '../../shared/fleet/schema.ts';
import { SELECTOR_TAG } from './names.ts';

export const UNIT = 'chainmend-smoke';
export const DATA_PATH = '/smoke';
/** What a volume of 2 GiB may grow to: a heal that goes wrong costs cents. */
export const LARGEST_GIB = 4;
export const FULL_PERCENT = 80;

/** @throws FleetFileError where the schema has changed, and this file has not */
export const smokeFleet = (name: string): FleetDocument =>
  parseFleetDocument({
    fleet: name,
    chain: 'other',
    mode: 'act',
    nodes: { tag: { [SELECTOR_TAG]: name } },
    role: 'follower',
    unit: UNIT,
    stopGraceSeconds: 30,
    volumes: { data: DATA_PATH },
    disk: {
      growAtPercent: FULL_PERCENT,
      maximumSizeGiB: LARGEST_GIB,
      maximumMonthlyIncreaseUsd: 1,
      modificationsPerDay: 1,
    },
    alarms: { per: 'node', diskPercent: FULL_PERCENT },
    probe: 'none',
    replace: { rungs: [] },
  });

/** As it is kept in infra/fleets for a stack that stays. */
export const smokeFleetText = (name: string): string =>
  `# For \`npm run smoke -- --stack-is-deployed\`: the fleet of its throw-away node. It has no node between two runs.\n${stringify(smokeFleet(name))}`;

/** Whether what is stored is this fleet and says what the test needs; its order does not matter. */
export function isSmokeFleetFile(stored: string, name: string): boolean {
  try {
    return canonical(JSON.parse(stored)) === canonical(smokeFleet(name));
  } catch {
    return false;
  }
}

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
