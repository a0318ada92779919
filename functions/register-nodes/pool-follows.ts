// What follows a heal in the pool: the node leaves it before its client is stopped, and comes back afterwards, itself or the instance that has taken its
// place. In mode ask a person's yes to the heal covers both. The way back is done in every mode, and under a pause: what a heal has begun is only put back.
// Every other change waits for a yes of its own, or for the pause's end. Pure.
import type { SeenInstance } from '../../shared/fleet/nodes.ts';
import { poolName } from '../../shared/fleet/resource-names.ts';
import type { OutOfPool } from '../../shared/guardrails/names.ts';
import { type DesiredNames, difference, hashOf, MAX_VALUES, type NameFacts, type NamePlan } from './records.ts';
import { foreignRecordFault, recordKey, type Zone } from './zone.ts';

/** A node that has not come back for so long comes back as any other change is made: nobody remembers what took it out. */
const OUT_VALID_MS = 7 * 24 * 60 * 60_000;
const MAX_OUT = 500;

/** An instance that is no node of the fleet any more, by its tag: a heal or a scaling that a person said yes to has set it aside, or a person has. */
export type RetiredInstance = Pick<SeenInstance, 'instanceId' | 'name' | 'privateIp'>;

type Facts = Pick<NameFacts, 'fleet' | 'region' | 'nodes' | 'paused' | 'taken' | 'zone'> & {
  /** Whose addresses the pool may have still. */
  readonly retired: readonly RetiredInstance[];
  /** The nodes that have left the pool for a heal, as they are remembered. */
  readonly out: readonly OutOfPool[];
  readonly nowMs: number;
  /** Whether nothing may be taken out of the pool now: a pause, or mode plan. */
  readonly isHeld?: boolean;
};

export interface PoolFollows {
  /** At most one change, of the pool's record. */
  readonly plan: NamePlan;
  /** For the journal: who leaves and who comes back. Empty where nothing changes. */
  readonly sentence: string;
  /** What is to be remembered from now on. */
  readonly out: readonly OutOfPool[];
}

/** Whether the pool has an address that no node of the fleet has: it may be a retired instance's. */
export const hasStrangers = ({ fleet, nodes }: Pick<Facts, 'fleet' | 'nodes'>, zone: Zone): boolean => {
  const own = new Set(nodes.map(({ privateIp }) => privateIp));
  return zone.get(recordKey(poolName(fleet.dns), 'A'))?.values.some((value) => !own.has(value)) ?? false;
};

/** @param desired by the same facts: who leaves is not in it, and only who is comes back */
export function followPool(facts: Facts, desired: DesiredNames): PoolFollows {
  const { fleet, region, nodes, paused, taken, zone, nowMs } = facts;
  const name = poolName(fleet.dns);
  const now = zone.get(recordKey(name, 'A'));
  const out = facts.out.filter(({ atMs }) => nowMs - atMs < OUT_VALID_MS);
  const pool = desired.records.find((record) => record.name === name && record.type === 'A');
  const isOurs = foreignRecordFault({ suite: fleet.suite, fleet: fleet.name, region }, { name, type: 'A' }, zone);
  if (!now || !pool || desired.untouched.has(name) || isOurs !== undefined) return { ...NOTHING, out };
  const isTaken = ({ instanceId }: SeenInstance): boolean => taken?.has(instanceId) ?? false;
  const isIn = ({ privateIp }: RetiredInstance): boolean => now.values.includes(privateIp);
  const isWanted = ({ privateIp }: RetiredInstance): boolean => pool.values.includes(privateIp);
  const isChangeable = ({ instanceId, privateIp }: RetiredInstance): boolean =>
    privateIp !== '' && !paused.has(instanceId);
  const gone = facts.retired.filter(
    (one) => one.privateIp !== '' && !nodes.some(({ instanceId }) => instanceId === one.instanceId),
  );
  const leaving = facts.isHeld
    ? []
    : [...nodes.filter(isChangeable).filter(isTaken), ...gone].filter((one) => isIn(one) && !isWanted(one));
  const ids = new Set(leaving.map(({ instanceId }) => instanceId));
  const left = [
    ...leaving.map(({ instanceId, name: node }) => ({ node, instanceId, atMs: nowMs })),
    ...out.filter(({ instanceId }) => !ids.has(instanceId)),
  ];
  const back = left
    .flatMap((one) => heirOf(one, nodes) ?? [])
    .filter((node) => isChangeable(node) && !isTaken(node) && !isIn(node) && isWanted(node));
  const isInAgain = (one: OutOfPool): boolean => {
    const heir = heirOf(one, nodes);
    return heir !== undefined && isIn(heir) && !isTaken(heir);
  };
  const remembered = left.filter((one) => !isInAgain(one)).slice(0, MAX_OUT);
  const addresses = new Set(leaving.map(({ privateIp }) => privateIp));
  const values = [
    ...new Set([...now.values.filter((value) => !addresses.has(value)), ...back.map(({ privateIp }) => privateIp)]),
  ];
  const isServed = values.some((value) => pool.values.includes(value));
  if (leaving.length + back.length === 0 || !isServed || values.length > MAX_VALUES)
    return { ...NOTHING, out: remembered };
  const { type, ttlSeconds } = now;
  const after = { name, type, ttlSeconds, values: values.sort() };
  const who = [
    ...leaving.map((node) => `${node.name} leaves the pool for what is done to it`),
    ...back.map((node) => `${node.name} is back in the pool, which it had left for a heal`),
  ];
  const remove = [{ name, type, ttlSeconds, values: now.values }];
  const changes = [{ name, remove, create: [after], sentence: `${name} ${type} ${difference(now, after)}` }];
  return {
    plan: { changes, refusals: [], owned: 0, gone: 0, hash: hashOf(changes) },
    sentence: who.join('; '),
    out: remembered,
  };
}

/** The node itself, or the only one of its name: another instance has taken its place. */
function heirOf({ instanceId, node }: OutOfPool, nodes: readonly SeenInstance[]): SeenInstance | undefined {
  const same = nodes.find((one) => one.instanceId === instanceId);
  if (same) return same;
  const [first, ...others] = nodes.filter(({ name }) => name === node);
  return others.length === 0 ? first : undefined;
}

const NOTHING = {
  plan: { changes: [], refusals: [], owned: 0, gone: 0, hash: hashOf([]) },
  sentence: '',
} satisfies Omit<PoolFollows, 'out'>;
