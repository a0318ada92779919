// What a person's yes to a heal covers in the pool, in mode ask: the node leaves it before its client is stopped, and comes back afterwards, without a
// second question. Every other change of it waits for a yes of its own. Pure.
import type { FleetNode } from '../../shared/fleet/nodes.ts';
import { poolName } from '../../shared/fleet/resource-names.ts';
import type { OutOfPool } from '../../shared/guardrails/names.ts';
import { type DesiredNames, difference, hashOf, MAX_VALUES, type NameFacts, type NamePlan } from './records.ts';
import { foreignRecordFault, recordKey } from './zone.ts';

/** A node that has not come back for so long may come back with a yes: nobody remembers what the first one was about. */
const OUT_VALID_MS = 7 * 24 * 60 * 60_000;
const MAX_OUT = 500;

type Facts = Pick<NameFacts, 'fleet' | 'region' | 'nodes' | 'paused' | 'taken' | 'zone'> & {
  /** The nodes that have left the pool by a yes, as they are remembered. */
  readonly out: readonly OutOfPool[];
  readonly nowMs: number;
};

export interface PoolFollows {
  /** At most one change, of the pool's record. */
  readonly plan: NamePlan;
  /** For the journal: who leaves and who comes back. Empty where nothing changes. */
  readonly sentence: string;
  /** What is to be remembered from now on. */
  readonly out: readonly OutOfPool[];
}

/** Whether there may be anything to do: otherwise the zone need not be read for it. */
export const mayFollow = ({ nodes, taken, out }: Pick<Facts, 'nodes' | 'taken' | 'out'>): boolean =>
  out.length > 0 || nodes.some(({ instanceId }) => taken?.has(instanceId));

/** @param desired by the same facts: the pool is never emptied, and only who should be in it comes back */
export function followPool(facts: Facts, desired: DesiredNames): PoolFollows {
  const { fleet, region, nodes, paused, taken, zone, nowMs } = facts;
  const name = poolName(fleet.dns);
  const now = zone.get(recordKey(name, 'A'));
  const out = facts.out.filter(({ atMs }) => nowMs - atMs < OUT_VALID_MS);
  const pool = desired.records.find((record) => record.name === name && record.type === 'A');
  const isOurs = foreignRecordFault({ suite: fleet.suite, fleet: fleet.name, region }, { name, type: 'A' }, zone);
  if (!now || !pool || desired.untouched.has(name) || isOurs !== undefined) return { ...NOTHING, out };
  const isTaken = ({ instanceId }: FleetNode): boolean => taken?.has(instanceId) ?? false;
  const isIn = ({ privateIp }: FleetNode): boolean => now.values.includes(privateIp);
  const isWanted = ({ privateIp }: FleetNode): boolean => pool.values.includes(privateIp);
  const changeable = nodes.filter(({ instanceId, privateIp }) => privateIp !== '' && !paused.has(instanceId));
  const leaving = changeable.filter((node) => isTaken(node) && isIn(node) && !isWanted(node));
  const left = new Set(out.map(({ node }) => node));
  const back = changeable.filter((node) => left.has(node.name) && !isTaken(node) && !isIn(node) && isWanted(node));
  const inAgain = new Set(nodes.filter((node) => isIn(node) && !isTaken(node)).map((node) => node.name));
  const kept = out.filter(({ node }) => !inAgain.has(node) && !leaving.some((one) => one.name === node));
  const remembered = [...leaving.map((node) => ({ node: node.name, atMs: nowMs })), ...kept].slice(0, MAX_OUT);
  const gone = new Set(leaving.map(({ privateIp }) => privateIp));
  const values = [...now.values.filter((value) => !gone.has(value)), ...back.map(({ privateIp }) => privateIp)];
  if (leaving.length + back.length === 0 || values.length === 0 || values.length > MAX_VALUES)
    return { ...NOTHING, out: remembered };
  const { type, ttlSeconds } = now;
  const remove = [{ name, type, ttlSeconds, values: now.values }];
  const after = { name, type, ttlSeconds, values: values.sort() };
  const who = [
    ...leaving.map((node) => `${node.name} leaves the pool, as said with the yes to what is done to it`),
    ...back.map((node) => `${node.name} is back in the pool: what was said yes to is done`),
  ];
  const changes = [{ name, remove, create: [after], sentence: `${name} ${type} ${difference(now, after)}` }];
  return {
    plan: { changes, refusals: [], owned: 0, gone: 0, hash: hashOf(changes) },
    sentence: who.join('; '),
    out: remembered,
  };
}

const NOTHING = {
  plan: { changes: [], refusals: [], owned: 0, gone: 0, hash: hashOf([]) },
  sentence: '',
} satisfies Omit<PoolFollows, 'out'>;
