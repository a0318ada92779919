// Chooses which peers each node of a fleet should name, and why one is removed. Pure: the same facts in any order give the same lists; a good list
// stays.
import { createHash } from 'node:crypto';
import type { Role } from '../../shared/fleet/model.ts';
import type { Health } from '../../shared/fleet/observation.ts';
import { plainName } from '../../shared/fleet/resource-names.ts';
import { type PeerEntry, parseEntry } from '../../shared/peers/entry.ts';
/** A node of the fleet that others may name. A node that did not answer with an id is not among these. */
export interface PeerCandidate {
  readonly instanceId: string;
  readonly name: string;
  readonly role: Role;
  readonly availabilityZone: string;
  readonly health: Health;
  /** Start of its client's present run as far as is known, ms since the epoch. */
  readonly upSinceMs: number;
  /** As the client writes it, with the node's own id and its private address. */
  readonly entry: string;
  /** The same with the DNS name of the node's own record, where it has one. No entry is newly written so, and an entry that is written so stays. */
  readonly named?: string;
}

/** What one node names now, and which peers it is connected to. */
export interface NodeList {
  readonly instanceId: string;
  /** The present entries, in their order. */
  readonly peers: readonly string[];
  /** Entries that belong to the owner alone (bitcoin's own addnode lines): they are never removed. */
  readonly owned: readonly string[];
  /** Ids, and hosts that were dialled: see `connectedOf`. */
  readonly connected: ReadonlySet<string>;
  /** Hosts at the other ends of its connections, by peer id; absent where they are not known. */
  readonly connectedAt?: ReadonlyMap<string, ReadonlySet<string>>;
}

export interface ChooseFacts {
  readonly nowMs: number;
  readonly members: readonly PeerCandidate[];
  /** Whether the fleet has sentries at all, answering or not: validators are then behind them. */
  readonly hasSentries: boolean;
  /** Nodes that are no members now (they did not answer): an entry for them does not count as a stranger's. */
  readonly absent: readonly AbsentNode[];
  /** External peers, as the client writes them. */
  readonly seeds: readonly string[];
  readonly maximum: number;
}

export interface AbsentNode {
  readonly instanceId: string;
  readonly role: Role;
  readonly host: string;
  /** The name of its own record, where it has one. */
  readonly dnsName?: string;
  readonly health: Health;
}

export interface PeerSelection {
  readonly instanceId: string;
  /** The whole list. */
  readonly peers: readonly string[];
  readonly dropped: readonly DroppedPeer[];
  /** How many peers exist that it could name, well or not. */
  readonly exist: number;
  /** How many of the list can be expected to answer: the floor is not higher than this. */
  readonly reachable: number;
  /** Ids of validators that this node, a sentry, must keep to itself. */
  readonly hiddenIds: readonly string[];
}

export interface DroppedPeer {
  readonly peer: string;
  readonly why: string;
  /** It must not be in this list at all: it is not kept even if no other peers exist. */
  readonly forbidden: boolean;
  /** How bad it is, from 0: where other peers are missing, the least bad stays. */
  readonly badness: number;
}

/** Which nodes may name each other: a validator behind sentries names only sentries, and is named only by sentries. */
function mayBePeers(facts: ChooseFacts, self: { readonly role: Role }, other: { readonly role: Role }): boolean {
  if (!facts.hasSentries) return true;
  if (self.role === 'validator') return other.role === 'sentry';
  return other.role !== 'validator' || self.role === 'sentry';
}

function isMandatory(facts: ChooseFacts, self: { readonly role: Role }, other: { readonly role: Role }): boolean {
  if (facts.hasSentries && self.role === 'validator') return true;
  return other.role === 'bootnode' || (facts.hasSentries && self.role === 'sentry' && other.role === 'validator');
}

interface RecognizedPeer {
  readonly text: string;
  readonly entry: PeerEntry | undefined;
  /** The fleet's node that the entry means: by its id, or by its address or DNS name where ids prove nothing. */
  readonly instanceId: string | undefined;
}

/** A node's own id proves nothing about another host: an entry with another host means the node only if no other node is found there. */
function recognizePeers(facts: ChooseFacts, peers: readonly string[], now: NodeList): readonly RecognizedPeer[] {
  const byId = new Map<string, string>();
  const byHost = new Map<string, string>();
  const hostsOf = new Map<string, Set<string>>();
  for (const { entry, named, instanceId } of facts.members) {
    for (const parsed of [parseEntry(entry), named === undefined ? undefined : parseEntry(named)]) {
      if (parsed?.id !== undefined) byId.set(parsed.id, instanceId);
      if (!parsed) continue;
      const host = plainName(parsed.host);
      byHost.set(host, instanceId);
      hostsOf.set(instanceId, (hostsOf.get(instanceId) ?? new Set()).add(host));
    }
  }
  const anySynced = facts.members.some(({ health }) => health === 'synced');
  const isElse = (entry: PeerEntry, instanceId: string): boolean => {
    const own = hostsOf.get(instanceId) ?? new Set();
    return !own.has(plainName(entry.host)) && isHostOccupied(entry, own, now, anySynced);
  };
  for (const { host, dnsName = host, instanceId } of facts.absent)
    for (const one of [host, dnsName]) if (!byHost.has(one)) byHost.set(one, instanceId);
  return [...new Set(peers)].map((text) => {
    const entry = parseEntry(text);
    if (entry === undefined) return { text, entry, instanceId: undefined };
    const known = entry.id === undefined ? undefined : byId.get(entry.id);
    const instanceId = known !== undefined && !isElse(entry, known) ? known : byHost.get(plainName(entry.host));
    return { text, entry, instanceId };
  });
}

/**
 * Whether somebody else may be at the host of an entry whose id a member claims. `own` are that member's hosts. Judged by the connections of the node
 * that names it, and not by what the member says.
 */
function isHostOccupied(
  { id = '', host }: PeerEntry,
  own: ReadonlySet<string>,
  { connected, connectedAt }: NodeList,
  anySynced: boolean,
): boolean {
  if (connected.has(plainName(host))) return true;
  // The owner of the id is at the member's own address, at another one, or at an unknown one.
  if (connected.has(id)) return ![...(connectedAt?.get(id) ?? [''])].every((at) => own.has(at));
  // A node without connections cannot tell which peers are dead; where no node is synced, earlier addresses are replaced.
  return connected.size === 0 && anySynced;
}

/** Whether an entry leads to the member as it is now: by its address, or by its own DNS name. */
function pointsTo({ entry: byAddress, named }: PeerCandidate, { text, entry }: RecognizedPeer): boolean {
  const own = named === undefined ? undefined : parseEntry(named);
  if (text === byAddress || !own || !entry) return text === byAddress;
  // Without ids an owner may leave the port to the client.
  const isPort = entry.port === own.port || (entry.port === undefined && own.id === undefined);
  return isNamed(entry, own) && entry.id === own.id && isPort;
}

const isNamed = (entry: PeerEntry | undefined, own: PeerEntry | undefined): boolean =>
  entry !== undefined && own !== undefined && plainName(entry.host) === plainName(own.host);

/** The one text of each member in a list. Fixed entries go before others. A DNS name, which follows a replaced node, goes before an address. */
function textsOf(
  { members }: ChooseFacts,
  list: readonly RecognizedPeer[],
  isFixed: (text: string) => boolean,
): ReadonlyMap<string, string> {
  return new Map(
    members.map((member) => {
      const { instanceId, entry, named = entry } = member;
      const own = list.filter((one) => one.instanceId === instanceId);
      const rankOf = (text: string): number => (isFixed(text) ? 0 : 2) + (text === entry ? 1 : 0);
      const [best] = own
        .filter((one) => pointsTo(member, one))
        .map(({ text }) => text)
        .sort((a, b) => rankOf(a) - rankOf(b) || (a < b ? -1 : 1));
      const wasNamed = own.some((one) => isNamed(one.entry, parseEntry(named)));
      return [instanceId, best ?? (wasNamed ? named : entry)];
    }),
  );
}

type DropReason = Omit<DroppedPeer, 'peer'>;

const forbidden = (why: string): DropReason => ({ why, forbidden: true, badness: 0 });
const NO_PEER = forbidden('it is no peer');
const unhealthyReason = (who: string, health: Health): DropReason => ({
  why: `${who} is ${health}`,
  forbidden: false,
  badness: BADNESS[health],
});
const BADNESS: Readonly<Record<Health, number>> = {
  synced: 1,
  starting: 2,
  unknown: 3,
  busy: 3,
  behind: 4,
  stuck: 5,
  unreachable: 6,
  forked: 7,
};

/** Neither healthy nor sick: named or not, such a node stays as it is. */
const isInDoubt = ({ health }: { readonly health: Health }): boolean =>
  health === 'unknown' || health === 'busy' || health === 'starting';

/** Why an entry that is no good member's is removed; undefined where it stays. */
function dropReasonOf(
  facts: ChooseFacts,
  self: { readonly role: Role },
  now: NodeList,
  {
    entry,
    instanceId,
    hidden,
    anySynced,
  }: Pick<RecognizedPeer, 'entry' | 'instanceId'> & { readonly hidden: boolean; readonly anySynced: boolean },
): DropReason | undefined {
  if (!entry) return NO_PEER;
  if (facts.seeds.includes(entry.text) && !hidden) return undefined;
  if (now.owned.includes(entry.text)) return undefined;
  if (instanceId === now.instanceId) return forbidden('it is the node itself');
  const node = [...facts.members, ...facts.absent].find((candidate) => candidate.instanceId === instanceId);
  if (node && !mayBePeers(facts, self, node)) return forbidden(`a ${node.role} is not for a ${self.role} to name`);
  if (hidden && !node) return forbidden('it is no sentry');
  if (node && 'entry' in node) return unhealthyReason(node.name, node.health);
  if (node) return isAbsentForNow(facts, self, node) ? undefined : unhealthyReason('it', node.health);
  if (hasConnection(entry, now)) return undefined;
  // A node without connections cannot tell a dead peer from a network that is down.
  if (now.connected.size === 0 && anySynced) return undefined;
  return { why: 'nobody is there', forbidden: false, badness: BADNESS.unreachable };
}

const hasConnection = ({ id, host }: PeerEntry, { connected }: Pick<NodeList, 'connected'>): boolean =>
  (id !== undefined && connected.has(id)) || connected.has(plainName(host));

/** A node of unknown health is not sick; and a validator and its sentries have only each other. */
const isAbsentForNow = (facts: ChooseFacts, self: { readonly role: Role }, node: AbsentNode): boolean =>
  isInDoubt(node) || isMandatory(facts, self, node);

export function isConnected(peer: string, connected: ReadonlySet<string>): boolean {
  const entry = parseEntry(peer);
  return entry !== undefined && hasConnection(entry, { connected });
}

/** Below this a list is filled with nodes that are alive, though not well. */
const LEAST_ENTRIES = 3;
/** From this age on a node counts as long-lived; which of those is named is a matter of spread. */
const LONG_LIVED_MS = 24 * 60 * 60_000;
/** Alive, and possibly at fault: added only where there are too few better ones, kept where they are named. */
const ALIVE: readonly Health[] = ['starting', 'unknown', 'busy', 'behind'];

/** The list of one node. `self` need not be a member: it may lack an id and still get a list to dial. */
export function choosePeers(facts: ChooseFacts, self: { readonly role: Role }, now: NodeList): PeerSelection {
  const hidden = self.role === 'validator' && facts.hasSentries;
  const members = facts.members.filter(
    (member) => member.instanceId !== now.instanceId && mayBePeers(facts, self, member),
  );
  const others = new Map(members.map((member) => [member.instanceId, member]));
  const anySynced = facts.members.some(({ health }) => health === 'synced');
  // A fleet in which no node is synced (a fresh one, or one with a halted chain) has no better peers than those that answer.
  const isGood = (member: PeerCandidate): boolean =>
    anySynced && !isMandatory(facts, self, member) ? member.health === 'synced' : member.health !== 'forked';

  const rank = ranking(facts, self, now.instanceId);
  const good = members.filter(isGood);
  const goodIds = new Set(good.map(({ instanceId }) => instanceId));
  const reserved = Math.min(LEAST_ENTRIES, good.length);
  const seeds = hidden ? [] : facts.seeds.slice(0, Math.max(0, facts.maximum - reserved));
  const all = recognizePeers(facts, [...now.peers, ...seeds], now);
  const named = all.filter(({ text }) => now.peers.includes(text));
  const texts = textsOf(facts, all, (text) => seeds.includes(text) || now.owned.includes(text));
  const textOf = ({ instanceId, entry }: PeerCandidate): string => texts.get(instanceId) ?? entry;
  const kept = new Set<PeerCandidate>();
  const external: PeerEntry[] = [];
  /** Owner's lines that name a member that is already named, or that lead to another host than the member's. */
  const besides = new Set<string>();
  const dropped: DroppedPeer[] = [];
  const inDoubt: PeerCandidate[] = [];
  for (const one of named) {
    const { entry, text, instanceId } = one;
    const member = instanceId === undefined ? undefined : others.get(instanceId);
    const isOther = member !== undefined && textOf(member) !== text;
    if (isOther && entry && now.owned.includes(text)) {
      external.push(entry);
      besides.add(text);
    } else if (isOther && pointsTo(member, one)) {
      const why = `${member.name} is named ${textOf(member)} already`;
      dropped.push({ peer: text, why, forbidden: true, badness: 0 });
    } else if (member && goodIds.has(member.instanceId)) {
      kept.add(member);
      if (isOther)
        dropped.push({ peer: text, why: `${member.name} is ${textOf(member)} now`, forbidden: true, badness: 0 });
    } else if (member && isInDoubt(member)) {
      // Unknown is not sick: a named node stays named.
      inDoubt.push(member);
    } else {
      const why = dropReasonOf(facts, self, now, { entry, instanceId, hidden, anySynced });
      if (why === undefined && entry) external.push(entry);
      else dropped.push({ peer: text, ...(why ?? NO_PEER) });
    }
  }

  const owned = external.filter(({ text }) => now.owned.includes(text) && !seeds.includes(text));
  const strangers = external.filter(({ text }) => !now.owned.includes(text) && !seeds.includes(text));
  const must = good.filter((member) => isMandatory(facts, self, member)).sort(rank);
  const fixed = seeds.length + owned.length;
  const room = Math.max(0, facts.maximum - fixed);
  const chosen = new Set(must.slice(0, room));
  for (const member of [...kept].sort(rank)) if (chosen.size < room) chosen.add(member);
  for (const member of unique(inDoubt).sort(rank)) if (chosen.size < room) chosen.add(member);
  const [proven, unproven] = partition(
    strangers.sort((a, b) => compare(a.text, b.text)),
    (one) => hasConnection(one, now),
  );
  const met = proven.slice(0, Math.max(0, room - chosen.size));
  // Of a node without connections a list may be full of the dead: so many siblings that are well go before strangers whom it has not met.
  const siblings = Math.min(LEAST_ENTRIES, good.filter(({ health }) => health === 'synced').length);
  const guests = [...met, ...unproven.slice(0, Math.max(0, room - met.length - Math.max(chosen.size, siblings)))];
  fillFromZones(chosen, good.sort(rank), room - guests.length);
  spreadAcrossZones(chosen, good, rank, (member) => isMandatory(facts, self, member));
  // Too few are well: a node that is alive is better than none.
  const alive = members.filter((member) => !goodIds.has(member.instanceId) && ALIVE.includes(member.health)).sort(rank);
  fillFromZones(chosen, alive, Math.min(room, LEAST_ENTRIES - fixed - guests.length));

  const own = [...chosen].sort(byName).map(textOf);
  const peers = unique([...own, ...seeds, ...owned.map(({ text }) => text), ...guests.map(({ text }) => text)]);
  const stays = new Set(peers);
  const left = named.filter(({ text }) => !stays.has(text) && !dropped.some(({ peer }) => peer === text));
  return {
    instanceId: now.instanceId,
    peers,
    dropped: [
      ...dropped.filter(({ peer }) => !stays.has(peer)),
      ...left.map(({ text }) => ({
        peer: text,
        why: `the list has ${peers.length} that are better`,
        forbidden: false,
        badness: 0,
      })),
    ],
    reachable:
      chosen.size +
      seeds.length +
      [...owned, ...guests].filter((entry) => hasConnection(entry, now) && !besides.has(entry.text)).length,
    exist:
      members.length +
      seeds.length +
      facts.absent.filter((node) => node.instanceId !== now.instanceId && mayBePeers(facts, self, node)).length,
    hiddenIds: self.role === 'sentry' ? hiddenIds(facts) : [],
  };
}

const hiddenIds = ({ members }: ChooseFacts): readonly string[] =>
  members
    .filter(({ role }) => role === 'validator')
    .sort(byName)
    .flatMap(({ entry }) => parseEntry(entry)?.id ?? []);

type Rank = (a: PeerCandidate, b: PeerCandidate) => number;

/** Best first. Among long-lived nodes each node draws its own order, so that not all of them use the same few. */
function ranking({ nowMs }: ChooseFacts, self: { readonly role: Role }, selfId: string): Rank {
  const draws = new Map<string, string>();
  const draw = ({ instanceId }: PeerCandidate): string => {
    const known = draws.get(instanceId);
    if (known !== undefined) return known;
    const drawn = createHash('sha256').update(`${selfId} ${instanceId}`).digest('hex');
    draws.set(instanceId, drawn);
    return drawn;
  };
  const classOf = ({ role, health, upSinceMs }: PeerCandidate): number =>
    (health === 'synced' ? 0 : 100 + 10 * ALIVE.indexOf(health)) +
    (self.role === 'sentry' && role === 'validator' ? 0 : role === 'bootnode' ? 1 : 2) * 2 +
    (nowMs - upSinceMs >= LONG_LIVED_MS ? 0 : 1);
  return (a, b) => {
    const young = nowMs - a.upSinceMs < LONG_LIVED_MS;
    return classOf(a) - classOf(b) || (young ? a.upSinceMs - b.upSinceMs : 0) || compare(draw(a), draw(b));
  };
}

/** Adds more, each time from the zone that has the fewest, up to `size`. */
function fillFromZones(chosen: Set<PeerCandidate>, candidates: readonly PeerCandidate[], size: number): void {
  const counts = countByZone(chosen);
  const left = candidates.filter((member) => !chosen.has(member));
  while (chosen.size < size && left.length > 0) {
    const fewest = Math.min(...left.map(({ availabilityZone }) => counts.get(availabilityZone) ?? 0));
    const at = left.findIndex(({ availabilityZone }) => (counts.get(availabilityZone) ?? 0) === fewest);
    const [next] = left.splice(at, 1);
    if (!next) return;
    chosen.add(next);
    counts.set(next.availabilityZone, fewest + 1);
  }
}

/** A zone without a peer gets one, in the place of the worst of a zone that has two or more. */
function spreadAcrossZones(
  chosen: Set<PeerCandidate>,
  good: readonly PeerCandidate[],
  rank: Rank,
  isFixed: (member: PeerCandidate) => boolean,
): void {
  const missing = unique(good.map(({ availabilityZone }) => availabilityZone)).sort();
  for (const zone of missing) {
    const counts = countByZone(chosen);
    if (counts.has(zone)) continue;
    const most = Math.max(0, ...counts.values());
    const next = good.filter((member) => member.availabilityZone === zone).sort(rank)[0];
    const worst = [...chosen]
      .filter((member) => counts.get(member.availabilityZone) === most && !isFixed(member))
      .sort(rank)
      .at(-1);
    if (most < 2 || !next || !worst) continue;
    chosen.delete(worst);
    chosen.add(next);
  }
}

function countByZone(members: Iterable<PeerCandidate>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { availabilityZone } of members) counts.set(availabilityZone, (counts.get(availabilityZone) ?? 0) + 1);
  return counts;
}

const partition = <T>(items: readonly T[], holds: (item: T) => boolean): readonly [readonly T[], readonly T[]] => [
  items.filter(holds),
  items.filter((item) => !holds(item)),
];
const unique = <T>(items: readonly T[]): T[] => [...new Set(items)];
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const byName = (a: PeerCandidate, b: PeerCandidate): number =>
  compare(a.name, b.name) || compare(a.instanceId, b.instanceId);
