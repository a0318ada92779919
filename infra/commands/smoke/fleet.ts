// The fleets of the smoke test: a client that serves nothing and writes its heartbeat on a volume that something else fills; for --ladder one that
// tells how far its chain is. Pure.
import { stringify } from 'yaml';
import { parseFleetDocument } from '../../../shared/fleet/parse.ts';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { LADDER_FLEET, SELECTOR_TAG, STANDING_FLEET } from './names.ts';

export const UNIT = 'chainmend-smoke';
export const DATA_PATH = '/smoke';
/** What a volume of 2 GiB may grow to: a heal that goes wrong costs cents. */
export const LARGEST_GIB = 4;
const FULL_PERCENT = 80;

/** Of the ladder's client, on the node's own loopback: infra/commands/smoke/client.py. */
export const CLIENT_PORT = 18_545;
/** A node that was silent for so long, and two sweeps: what was taken before counts as from before the fault. */
export const STUCK_SECONDS = 60;

const base = (name: string) => ({
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
});

/** @throws FleetFileError where the schema has changed, and this file has not */
export const smokeFleet = (name: string): FleetDocument =>
  parseFleetDocument({
    ...base(name),
    alarms: { per: 'node', diskPercent: FULL_PERCENT },
    probe: 'none',
    replace: { rungs: [] },
  });

const rpc = {
  port: CLIENT_PORT,
  paths: {
    requests: { tip: { get: '/tip' } },
    height: 'tip.height',
    hash: 'tip.hash',
    blockTime: { at: 'tip.time', as: 'seconds' },
    chainId: 'tip.network',
    clientVersion: 'tip.version',
  },
};

/**
 * Alarms of the fleet, whose contributors the dispatcher reads; a policy of Data Lifecycle Manager, whose role the run's own policy has, too;
 * the rungs that the run climbs. Clean snapshots are taken when the run asks.
 *
 * @throws FleetFileError where the schema has changed, and this file has not
 */
export const ladderFleet = (name: string): FleetDocument =>
  parseFleetDocument({
    ...base(name),
    rpc,
    probe: 'ssm',
    health: {
      ...{ behindBlocks: 6, stuckSeconds: STUCK_SECONDS, haltSeconds: 3600, startGraceSeconds: 60, confirmations: 2 },
    },
    alarms: { per: 'fleet', diskPercent: FULL_PERCENT },
    snapshots: { everyHours: 24, keep: 2, clean: { everyHours: 720, keep: 2, alone: true } },
    replace: { rungs: ['restart', 'swap'], keepDays: 1 },
  });

/**
 * Without a node, asked by a function in a VPC: so that there is such a function, with its network interfaces. Its file lets another instance be
 * launched, so that the roles have what that takes; there is no node in whose place one could be.
 *
 * @throws FleetFileError
 */
export const vpcFleet = (name: string, vpc: string, subnet: string): FleetDocument =>
  parseFleetDocument({
    ...base(name),
    rpc,
    probe: { vpc, subnets: [subnet] },
    mode: 'plan',
    replace: { rungs: ['replace'] },
  });

/** As it is kept in infra/fleets for a stack that stays. */
export const smokeFleetText = (name: string): string =>
  `# For \`npm run smoke -- --stack-is-deployed\`: the fleet of its throw-away node. It has no node between two runs.\n${stringify(smokeFleet(name))}`;

export const ladderFleetText = (name: string): string =>
  `# For \`npm run smoke -- --ladder --stack-is-deployed\`: the fleet of its throw-away node. It has no node between two runs.\n${stringify(ladderFleet(name))}`;

export const vpcFleetText = (name: string, vpc: string, subnet: string): string =>
  stringify(vpcFleet(name, vpc, subnet));

export const standingFleetText = (isLadder: boolean): string =>
  isLadder ? ladderFleetText(LADDER_FLEET) : smokeFleetText(STANDING_FLEET);

/** Whether what is stored is this fleet and says what the test needs; its order does not matter. */
export function isSmokeFleetFile(stored: string, name: string): boolean {
  const wanted = name === LADDER_FLEET ? ladderFleet(name) : smokeFleet(name);
  try {
    return canonical(JSON.parse(stored)) === canonical(wanted);
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
