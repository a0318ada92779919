// Which DNS records a fleet should have, from its nodes and their health, and the changes from the existing records to those. Each change is
// consistent by itself, and each refusal is reported. Pure: the same facts in any order give the same records.
import { createHash } from 'node:crypto';
import { type DnsPolicy, type Fleet, heightProbeOf } from '../../shared/fleet/model.ts';
import type { SeenInstance } from '../../shared/fleet/nodes.ts';
import type { Health } from '../../shared/fleet/observation.ts';
import { hostOf, markerName, poolName, recordNames } from '../../shared/fleet/resource-names.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import {
  canonicalSrv,
  compareText,
  fleetMarked,
  foreignRecordFault,
  isAdoptable,
  markedBy,
  markerOf,
  type Owner,
  type RecordSet,
  recordKey,
  sameAnswers,
  type Zone,
  type ZoneRecord,
} from './zone.ts';

export interface NameFacts {
  readonly fleet: Pick<Fleet, 'suite' | 'name' | 'chain' | 'probe'> & { readonly dns: DnsPolicy };
  /** The region of the suite, "eu-west-1": records of a fleet of the same name in another region belong to another suite. */
  readonly region: string;
  /** Every node of the fleet that exists, in any state. */
  readonly nodes: readonly SeenInstance[];
  /** By instance, of fresh observations only: a node that is missing was not observed lately. */
  readonly health: ReadonlyMap<string, Health>;
  /** Instances that carry the pause tag: their records stay as they are. */
  readonly paused: ReadonlySet<string>;
  /** Instances that another fleet claims, too: their own names stay, and what several nodes have in common goes on without them. */
  readonly contested?: ReadonlySet<string>;
  /** Instances that a heal has taken down, or is about to: the pool must not use them, even if they look well. */
  readonly taken?: ReadonlySet<string>;
  /** The zone as it is now. */
  readonly zone: Zone;
  /** Whether names of ours that no node has are left as they are: too many at once, so their nodes may not really be gone. */
  readonly keepGone?: boolean;
  /** Names of instances whose end EC2 itself reports: those are certainly gone. */
  readonly ended?: ReadonlySet<string>;
}

interface DesiredRecord extends RecordSet {
  /** The node that it belongs to, if it belongs to one. */
  readonly node?: Pick<SeenInstance, 'name' | 'instanceId'>;
}

export interface DesiredNames {
  readonly records: readonly DesiredRecord[];
  /** Names whose records are left as they are. */
  readonly untouched: ReadonlySet<string>;
  /** Names that are no node's. */
  readonly shared: ReadonlySet<string>;
  /** Names of nodes that have ended. */
  readonly ended: ReadonlySet<string>;
  readonly refusals: readonly SubjectRefusal[];
  /** Why the pool is what it is: "2 of 3 nodes are synced". */
  readonly poolReason: string;
}

/** "Number of records in a record set: 400" (Route 53 quotas). */
export const MAX_VALUES = 400;
/** A change deletes and creates, and a batch holds 32,000 characters of values (Route 53 quotas). */
const MAX_VALUE_CHARACTERS = 14_000;

/** A node with a unique name that can be a DNS label. */
interface HostNode {
  readonly node: SeenInstance;
  readonly host: string;
}

const srvName = (chain: string, { zone }: DnsPolicy): string => `_${chain}-p2p._tcp.${zone}`;

export function desiredNames(facts: NameFacts): DesiredNames {
  const { dns, chain } = facts.fleet;
  const { named, taken, refusals } = nameNodes(facts);
  const ended = new Set([...(facts.ended ?? [])].map((name) => hostOf(dns, name)));
  const missed = facts.keepGone ? orphanedNames(facts, ended) : [];
  const isContested = ({ instanceId }: SeenInstance): boolean => facts.contested?.has(instanceId) === true;
  const members = { ...facts, nodes: facts.nodes.filter((node) => !isContested(node)) };
  const pool = poolOf(members, missed);
  const service = serviceOf(
    members,
    named.filter(({ node }) => !isContested(node)),
    [...taken, ...missed],
  );
  const own = named.filter(({ node }) => node.privateIp !== '' && !facts.paused.has(node.instanceId));
  const untouched = new Set([
    ...taken,
    ...missed,
    ...named.filter(({ node }) => facts.paused.has(node.instanceId)).map(({ host }) => host),
    // There are nodes, but none may be added or removed: the pool is never emptied.
    ...(pool.values.length === 0 && facts.nodes.length > 0 ? [poolName(dns)] : []),
  ]);
  const records: DesiredRecord[] = [
    ...own.map(({ node, host }) => ({ ...recordOf(dns, host, 'A', [node.privateIp]), node })),
    ...(pool.values.length > 0 ? [recordOf(dns, poolName(dns), 'A', pool.values)] : []),
    ...(service.length > 0 ? [recordOf(dns, srvName(chain, dns), 'SRV', service)] : []),
  ];
  return {
    records: records.sort((a, b) => compareText(a.name, b.name)),
    untouched,
    shared: new Set([poolName(dns), srvName(chain, dns)]),
    ended,
    refusals,
    poolReason: pool.reason,
  };
}

/** Names of ours that no node has. */
function orphanedNames(
  { fleet: { suite, name, dns }, region, nodes, zone }: NameFacts,
  ended: ReadonlySet<string>,
): readonly string[] {
  const had = new Set([...nodes.map((node) => hostOf(dns, node.name)), poolName(dns), ...ended]);
  return [...zone.values()].flatMap((record) => {
    const marked = markedBy({ suite, fleet: name, region }, record);
    return marked?.type === 'A' && !had.has(marked.name) ? [marked.name] : [];
  });
}

const recordOf = ({ ttlSeconds }: DnsPolicy, name: string, type: string, values: readonly string[]): RecordSet => ({
  name,
  type,
  ttlSeconds,
  values,
});

function nameNodes({ fleet, nodes }: NameFacts): {
  readonly named: readonly HostNode[];
  /** Names that more than one node claims. */
  readonly taken: ReadonlySet<string>;
  readonly refusals: readonly SubjectRefusal[];
} {
  const named: HostNode[] = [];
  const taken = new Set<string>();
  const refusals: SubjectRefusal[] = [];
  for (const { node, host, is, others } of recordNames(fleet.dns, [...nodes].sort(byName))) {
    const refuse = (code: 'name-invalid' | 'name-taken', reason: string) =>
      refusals.push({ refuse: code, subject: node.instanceId, node, reason, page: true });
    if (is === 'invalid') {
      refuse(
        'name-invalid',
        `${node.instanceId} is called ${JSON.stringify(node.name)}, expected letters, digits and - (63 at most): it has no records`,
      );
    } else if (is === 'pool') {
      refuse(
        'name-taken',
        `${node.instanceId} is called ${node.name}, which is the pool’s name in ${fleet.name}: it has no records of its own`,
      );
    } else if (is === 'taken') {
      taken.add(host);
      const ids = others.map(({ instanceId }) => instanceId).sort();
      refuse(
        'name-taken',
        `${node.instanceId} is called ${node.name}, and so is ${ids.join(', ')}: what is at ${host} is left as it is`,
      );
    } else {
      named.push({ node, host });
    }
  }
  return { named, taken, refusals };
}

/**
 * Higher is worse. A node that does not run answers nothing, which is better than the answers of a forked one. Both are better than an empty pool,
 * because they may come back before the record does.
 */
const RANK: Readonly<Record<PoolState, number>> = {
  synced: 0,
  behind: 1,
  starting: 2,
  unknown: 3,
  busy: 4,
  unreachable: 5,
  stuck: 6,
  'not running': 7,
  forked: 8,
};

type PoolState = Health | 'not running';

/** Neither healthy nor sick: such a node stays in the pool or out of it, as it is. To take out a busy one would leave its load to the others. */
const IN_DOUBT: ReadonlySet<PoolState> = new Set<PoolState>(['unknown', 'busy']);

/**
 * The pool of a fleet: its synced nodes. Unknown is neither healthy nor sick: a node that was not observed lately, of which nothing is known,
 * or that is too busy to say where it stands, stays in or out as it is. Where no probe ever asks, all nodes are in. If that leaves no node, the least bad are in. A pool serves RPC: validators
 * and bootnodes are left out of it unless the fleet has nothing else.
 */
function poolOf(
  { fleet, nodes, health, paused, taken, zone }: NameFacts,
  missed: readonly string[],
): {
  readonly values: readonly string[];
  readonly reason: string;
} {
  const now = new Set(zone.get(recordKey(poolName(fleet.dns), 'A'))?.values);
  const addressed = nodes.filter(({ privateIp }) => privateIp !== '');
  const serving = addressed.filter(({ role }) => role !== 'validator' && role !== 'bootnode');
  const eligible = serving.length > 0 ? serving : addressed;
  const stateOf = ({ instanceId, state }: SeenInstance): PoolState => {
    const seen = state === 'running' ? (health.get(instanceId) ?? 'unknown') : 'not running';
    return taken?.has(instanceId) && RANK[seen] < RANK['not running'] ? 'not running' : seen;
  };
  const isIn = (node: SeenInstance): boolean => now.has(node.privateIp);
  const stays = (node: SeenInstance): boolean =>
    isIn(node) && (paused.has(node.instanceId) || (heightProbeOf(fleet) !== undefined && IN_DOUBT.has(stateOf(node))));
  const changeable = eligible.filter(({ instanceId }) => !paused.has(instanceId));
  const well = heightProbeOf(fleet) ? 'synced' : 'unknown';
  const synced = changeable.filter((node) => stateOf(node) === well);
  const kept = eligible.filter(stays);
  // Only the address is known of a node that cannot be found: if it is in the pool, it stays in.
  const missing = missed.flatMap((host) => zone.get(recordKey(host, 'A'))?.values.filter((ip) => now.has(ip)) ?? []);
  const pool = (some: readonly SeenInstance[]) =>
    [...new Set([...spreadAcrossZones(some), ...missing])].slice(0, MAX_VALUES).sort();
  // A paused node that is known to be bad does not serve for the fleet.
  const mayServe = kept.filter((node) => stateOf(node) === 'synced' || IN_DOUBT.has(stateOf(node)));
  if (synced.length + mayServe.length > 0) {
    const staying = kept.length + missing.length;
    const also = staying > 0 ? `, ${staying} stay in: paused, or nothing new is known of them` : '';
    const are = heightProbeOf(fleet) ? 'are synced' : 'run, and nobody asks them more';
    const out = eligible.filter(({ instanceId }) => taken?.has(instanceId)).length;
    const without = out > 0 ? `, ${out} left out: a heal is at work on ${out === 1 ? 'it' : 'them'}` : '';
    const reason = `${synced.length} of ${eligible.length} nodes ${are}${also}${without}`;
    return { values: pool([...synced, ...kept]), reason };
  }
  if (changeable.length === 0) return { values: pool(kept), reason: 'no node may be put into it or taken out of it' };
  const [least = 'unknown'] = changeable.map(stateOf).sort((a, b) => RANK[a] - RANK[b]);
  // Wrong answers are worse than none: a forked node is in only where the pool would be empty without it.
  if (least === 'forked' && kept.length + missing.length > 0)
    return { values: pool(kept), reason: 'no node is synced, and forked ones stay out while another address is in' };
  const leastBad = changeable.filter((node) => stateOf(node) === least);
  const reason = `no node is synced: the ${leastBad.length} least bad are in, ${least}`;
  return { values: pool([...leastBad, ...kept]), reason };
}

/** Addresses, at most as many as a record holds, taken in turn from each availability zone. */
function spreadAcrossZones(nodes: readonly SeenInstance[]): readonly string[] {
  const byZone = new Map<string, string[]>();
  for (const { availabilityZone, privateIp } of [...nodes].sort((a, b) => compareText(a.privateIp, b.privateIp)))
    byZone.set(availabilityZone, [...(byZone.get(availabilityZone) ?? []), privateIp]);
  const zones = [...byZone].sort(([a], [b]) => compareText(a, b)).map(([, addresses]) => [...new Set(addresses)]);
  const rows = Math.max(0, ...zones.map(({ length }) => length));
  const inTurn = Array.from({ length: rows }, (_, row) => zones.flatMap((addresses) => addresses[row] ?? [])).flat();
  return [...new Set(inTurn)].slice(0, MAX_VALUES).sort();
}

/** Where to find peers: every node that runs, except validators behind sentries. */
function serviceOf(
  { fleet, region, nodes, paused, zone }: NameFacts,
  named: readonly HostNode[],
  untouched: readonly string[],
): readonly string[] {
  const { dns, chain } = fleet;
  const behindSentries = nodes.some(({ role }) => role === 'sentry');
  const targetOf = (host: string): string => `0 0 ${dns.p2pPort} ${host}`;
  const now = zone.get(recordKey(srvName(chain, dns), 'SRV'))?.values.map(canonicalSrv) ?? [];
  const running = named.filter(
    ({ node }) =>
      node.state === 'running' &&
      !paused.has(node.instanceId) &&
      !(behindSentries && node.role === 'validator') &&
      node.privateIp !== '',
  );
  // If somebody else holds the name, it leads to somebody else's host.
  const led = running.filter(
    ({ host }) =>
      foreignRecordFault({ suite: fleet.suite, fleet: fleet.name, region }, { name: host, type: 'A' }, zone) ===
      undefined,
  );
  const left = [...untouched, ...named.filter(({ node }) => paused.has(node.instanceId)).map(({ host }) => host)];
  const kept = now.filter((value) => left.some((host) => value.endsWith(` ${host}`)));
  return withinRecordLimits([...new Set([...led.map(({ host }) => targetOf(host)), ...kept])].sort());
}

function withinRecordLimits(values: readonly string[]): readonly string[] {
  let characters = 0;
  return values.slice(0, MAX_VALUES).filter((value) => {
    characters += value.length;
    return characters <= MAX_VALUE_CHARACTERS;
  });
}

const byName = (a: SeenInstance, b: SeenInstance): number =>
  compareText(a.name, b.name) || compareText(a.instanceId, b.instanceId);

/**
 * The change of one name: these record sets are deleted, exactly as they were read, and those are created, in one atomic batch. Route 53 refuses the
 * whole batch if anybody changed one of them in between. It never overwrites.
 */
export interface RecordSetChange {
  readonly name: string;
  readonly remove: readonly RecordSet[];
  readonly create: readonly RecordSet[];
  /** For a person: "node1.bitcoin.internal A 10.0.0.10 → 10.0.0.11". */
  readonly sentence: string;
}

export interface NamePlan {
  /** Sorted by name. */
  readonly changes: readonly RecordSetChange[];
  readonly refusals: readonly SubjectRefusal[];
  /** Number of nodes' names that carry our marker now, without nodes that have ended. */
  readonly owned: number;
  /** How many of them would be removed. */
  readonly gone: number;
  /** Identifies the changes, and nothing but the changes: an approval is bound to it. */
  readonly hash: string;
}

/** @param fleets names of all fleets that have a file: what carries the marker of another one has lost its owner. null: that is not known */
export function planNames(
  owner: Owner,
  desired: DesiredNames,
  zone: Zone,
  fleets: ReadonlySet<string> | null = null,
): NamePlan {
  const changes: RecordSetChange[] = [];
  const refusals: SubjectRefusal[] = [...desired.refusals];
  for (const record of desired.records) {
    if (desired.untouched.has(record.name)) continue;
    const result = takeOver(owner, record, zone, fleets) ?? reconcileRecord(owner, record, zone);
    if (result && 'refuse' in result) refusals.push(result);
    else if (result) changes.push(result);
  }
  const wanted = new Set([...desired.records.map(({ name }) => name), ...desired.untouched]);
  let owned = 0;
  let gone = 0;
  for (const marker of zone.values()) {
    const marked = markedBy(owner, marker);
    if (!marked) continue;
    const record = zone.get(recordKey(marked.name, marked.type));
    const goes = !wanted.has(marked.name);
    if (goes) changes.push(removalOf(marker, record));
    if (!record?.plain || marked.type !== 'A' || desired.shared.has(marked.name) || desired.ended.has(marked.name))
      continue;
    owned++;
    if (goes) gone++;
  }
  changes.sort((a, b) => compareText(a.name, b.name));
  return { changes, refusals, owned, gone, hash: hashOf(changes) };
}

/** Twelve digits: short enough to type, and nobody approves a plan that somebody else has forged. */
export const hashOf = (changes: readonly RecordSetChange[]): string =>
  createHash('sha256')
    .update(
      JSON.stringify(
        changes.map(({ name, remove, create }) => [name, remove.map(recordFields), create.map(recordFields)]),
      ),
    )
    .digest('hex')
    .slice(0, 12);

const recordFields = ({ name, type, ttlSeconds, values }: RecordSet) => [name, type, ttlSeconds, ...values];

/**
 * A person gave the fleet another name: a zone of this account with the marker of this suite and region and of no fleet that has a file. The suite itself
 * made that record.
 */
function takeOver(
  { suite, fleet, region }: Owner,
  record: DesiredRecord,
  zone: Zone,
  fleets: ReadonlySet<string> | null,
): RecordSetChange | undefined {
  const { name, type } = record;
  const marker = zone.get(recordKey(markerName(name), 'TXT'));
  const before = marker && fleetMarked({ suite, region }, marker);
  if (!marker || before === undefined || fleets === null || fleets.has(before)) return undefined;
  if (foreignRecordFault({ suite, fleet: before, region }, record, zone) !== undefined) return undefined;
  const now = zone.get(recordKey(name, type));
  const remove = [...(now ? [recordSetOf(now)] : []), recordSetOf(marker)];
  const create = [recordSetOf(record), markerOf({ suite, fleet, region }, record)];
  return {
    name,
    remove,
    create,
    sentence: `${name} ${type} goes from ${before}, which has no file any more, to ${fleet}`,
  };
}

function reconcileRecord(
  owner: Owner,
  record: DesiredRecord,
  zone: Zone,
): RecordSetChange | SubjectRefusal | undefined {
  const { name, type, node } = record;
  const stands = foreignRecordFault(owner, record, zone);
  if (stands !== undefined) {
    const handed = isAdoptable(record, zone)
      ? `, or hand it over: npm run chainmend -- names adopt ${owner.fleet}`
      : '';
    const reason = `${name} ${type} should be ${shortList(record.values)}, but ${stands}: chainmend leaves it as it is. Delete it, and chainmend makes its own${handed}`;
    return { refuse: 'record-foreign', subject: `${name} ${type}`, ...(node && { node }), reason, page: true };
  }
  const now = zone.get(recordKey(name, type));
  if (now && sameAnswers(now, record)) return undefined;
  const marked = zone.has(recordKey(markerName(name), 'TXT'));
  const create = marked ? [recordSetOf(record)] : [recordSetOf(record), markerOf(owner, record)];
  const sentence = now
    ? `${name} ${type} ${difference(now, record)}`
    : `${name} ${type} ${shortList(record.values)} is made`;
  return { name, remove: now ? [recordSetOf(now)] : [], create, sentence };
}

/** A marker without its record is removed alone. A record that became an alias or got a routing policy belongs to a person now. */
function removalOf(marker: ZoneRecord, record: ZoneRecord | undefined): RecordSetChange {
  const remove = [...(record?.plain ? [recordSetOf(record)] : []), recordSetOf(marker)];
  const name = marker.name.slice(marker.name.indexOf('.') + 1);
  const sentence = record?.plain
    ? `${name} ${record.type} ${shortList(record.values)} goes: no node has it any more`
    : `the marker of ${name} goes: there is nothing beside it`;
  return { name, remove, create: [], sentence };
}

export const recordSetOf = ({ name, type, ttlSeconds, values }: RecordSet): RecordSet => ({
  name,
  type,
  ttlSeconds,
  values,
});

const MAX_SHOWN = 4;

export function difference(before: RecordSet, after: RecordSet): string {
  if (before.values.length === 1 && after.values.length === 1 && before.values[0] !== after.values[0])
    return `${before.values[0]} → ${after.values[0]}`;
  const gained = after.values.filter((value) => !before.values.includes(value));
  const lost = before.values.filter((value) => !after.values.includes(value));
  const parts = [
    gained.length > 0 ? `gains ${shortList(gained)}` : '',
    lost.length > 0 ? `loses ${shortList(lost)}` : '',
    before.ttlSeconds === after.ttlSeconds ? '' : `TTL ${before.ttlSeconds} → ${after.ttlSeconds} s`,
  ].filter((part) => part !== '');
  return `${parts.join(', ') || 'is rewritten'} (${after.values.length} in all)`;
}

export function shortList(values: readonly string[]): string {
  const shown = values.slice(0, MAX_SHOWN).join(', ');
  return values.length > MAX_SHOWN ? `${shown} and ${values.length - MAX_SHOWN} more` : shown;
}

/** "1,000 ResourceRecord elements, 32,000 characters of values" a request (Route 53 quotas); with room to spare. */
const BATCH_CHANGES = 100;
const BATCH_VALUES = 900;
const BATCH_CHARACTERS = 30_000;

/** Changes in batches that Route 53 takes; the changes of one name are never split. */
export function inBatches(changes: readonly RecordSetChange[]): readonly (readonly RecordSetChange[])[] {
  const batches: RecordSetChange[][] = [];
  let batch: RecordSetChange[] = [];
  let values = 0;
  let characters = 0;
  for (const change of changes) {
    const all = [...change.remove, ...change.create].flatMap((record) => record.values);
    const length = all.reduce((sum, value) => sum + value.length, 0);
    const full =
      batch.length >= BATCH_CHANGES || values + all.length > BATCH_VALUES || characters + length > BATCH_CHARACTERS;
    if (batch.length > 0 && full) {
      batches.push(batch);
      [batch, values, characters] = [[], 0, 0];
    }
    batch.push(change);
    values += all.length;
    characters += length;
  }
  return batch.length > 0 ? [...batches, batch] : batches;
}
