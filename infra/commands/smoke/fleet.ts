// The fleets of the smoke test. One has a client that serves nothing and writes its heartbeat to a volume that another process fills. For --ladder,
// one has a client that reports its chain height. Pure.
import { stringify } from 'yaml';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { parseFleetDocument } from '../../../shared/fleet/whole.ts';
import { jsonOrUndefined } from '../../../shared/text/json.ts';
import { LADDER_FLEET, SELECTOR_TAG, STANDING_FLEET } from './names.ts';

export const UNIT = 'chainmend-smoke';
export const DATA_PATH = '/smoke';
/** The largest size for a volume of 2 GiB: a wrong heal then costs only cents. */
export const LARGEST_GIB = 4;
const FULL_PERCENT = 80;

/** The port of the ladder's client, on the node's own loopback: infra/commands/smoke/client.py. */
export const CLIENT_PORT = 18_545;
/** The node must be silent for this long, and two sweeps must see it. A snapshot from before that time counts as older than the fault. */
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
 * The fleet for --ladder. It has alarms, whose contributors the dispatcher reads. It has a policy of Data Lifecycle Manager, whose role the run's own
 * policy also uses. It has the rungs that the run climbs. Clean snapshots are taken when the run asks.
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
 * A fleet without a node, with a probe function in a VPC. It makes such a function exist, with its network interfaces. Its file allows replacement,
 * so that the roles get the grants for it; there is no node to replace.
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

/** The text of the file in infra/fleets for a stack that stays. */
export const smokeFleetText = (name: string): string =>
  `# For \`npm run chainmend -- smoke --stack-is-deployed\`: the fleet of its throw-away node. It has no node between two runs.\n${stringify(smokeFleet(name))}`;

export const ladderFleetText = (name: string): string =>
  `# For \`npm run chainmend -- smoke --ladder --stack-is-deployed\`: the fleet of its throw-away node. It has no node between two runs.\n${stringify(ladderFleet(name))}`;

export const vpcFleetText = (name: string, vpc: string, subnet: string): string =>
  stringify(vpcFleet(name, vpc, subnet));

export const standingFleetText = (isLadder: boolean): string =>
  isLadder ? ladderFleetText(LADDER_FLEET) : smokeFleetText(STANDING_FLEET);

/** Whether the stored file is this fleet and has the values that the test needs. The order of its keys does not matter. */
export function isSmokeFleetFile(stored: string, name: string): boolean {
  const wanted = name === LADDER_FLEET ? ladderFleet(name) : smokeFleet(name);
  return canonical(jsonOrUndefined(stored)) === canonical(wanted);
}

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
