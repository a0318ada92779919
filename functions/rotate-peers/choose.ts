// Which peers each node of a fleet should name. Pure: the same facts in whatever order, the same lists; and what is chosen is
// chosen again, so that a list that is good is left alone.
import { createHash } from 'node:crypto';
import type { Role } from '../../shared/fleet/model.ts';
import type { Health } from '../../shared/fleet/observation.ts';
import { type PeerEntry, parseEntry } from '../../shared/peers/entry.ts';
import {
  type Choice,
  type ChooseFacts,
  type Dropped,
  isHeard,
  isMandatory,
  leadsTo,
  type Member,
  mayName,
  NO_PEER,
  type NodeList,
  recognized,
  textsOf,
  whyNot,
} from './entries.ts';

export type { Absent, Choice, ChooseFacts, Member, NodeList } from './entries.ts';

/** Below this a list is filled with whoever is alive, though not well. */
const LEAST_ENTRIES = 3;
/** From here on a node counts as long-lived, and which of those is named is a matter of spread. */
const LONG_LIVED_MS = 24 * 60 * 60_000;
/** Alive, and may be at fault: named only where better ones are too few, kept where they are. */
const ALIVE: readonly Health[] = ['starting', 'unknown', 'behind'];

/** The list of one node. `self` need not be a member: it may be without an id and still be told whom to dial. */
export function choosePeers(facts: ChooseFacts, self: { readonly role: Role }, now: NodeList): Choice {
  const hidden = self.role === 'validator' && facts.hasSentries;
  const members = facts.members.filter(
    (member) => member.instanceId !== now.instanceId && mayName(facts, self, member),
  );
  const others = new Map(members.map((member) => [member.instanceId, member]));
  const anySynced = facts.members.some(({ health }) => health === 'synced');
  // A fleet in which nobody is synced (a fresh one, or one whose chain stands still) has no better peers than those that answer.
  const isGood = (member: Member): boolean =>
    anySynced && !isMandatory(facts, self, member) ? member.health === 'synced' : member.health !== 'forked';

  const rank = ranking(facts, self, now.instanceId);
  const good = members.filter(isGood);
  const goodIds = new Set(good.map(({ instanceId }) => instanceId));
  const reserved = Math.min(LEAST_ENTRIES, good.length);
  const seeds = hidden ? [] : facts.seeds.slice(0, Math.max(0, facts.maximum - reserved));
  const all = recognized(facts, [...now.peers, ...seeds], now);
  const named = all.filter(({ text }) => now.peers.includes(text));
  const texts = textsOf(facts, all, (text) => seeds.includes(text) || now.owned.includes(text));
  const textOf = ({ instanceId, entry }: Member): string => texts.get(instanceId) ?? entry;
  const kept = new Set<Member>();
  const external: PeerEntry[] = [];
  /** Of the owner's lines, those that name again who is named already, or lead past him. */
  const besides = new Set<string>();
  const dropped: Dropped[] = [];
  const inDoubt: Member[] = [];
  for (const one of named) {
    const { entry, text, instanceId } = one;
    const member = instanceId === undefined ? undefined : others.get(instanceId);
    const isOther = member !== undefined && textOf(member) !== text;
    if (isOther && entry && now.owned.includes(text)) {
      external.push(entry);
      besides.add(text);
    } else if (isOther && leadsTo(member, one)) {
      const why = `${member.name} is named ${textOf(member)} already`;
      dropped.push({ peer: text, why, forbidden: true, badness: 0 });
    } else if (member && goodIds.has(member.instanceId)) {
      kept.add(member);
      if (isOther)
        dropped.push({ peer: text, why: `${member.name} is ${textOf(member)} now`, forbidden: true, badness: 0 });
    } else if (member && (member.health === 'starting' || member.health === 'unknown')) {
      // Unknown is not sick: who is named stays named.
      inDoubt.push(member);
    } else {
      const why = whyNot(facts, self, now, { entry, instanceId, hidden, anySynced });
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
  const guests = strangers.sort((a, b) => compare(a.text, b.text)).slice(0, Math.max(0, room - chosen.size));
  fill(chosen, good.sort(rank), room - guests.length);
  spread(chosen, good, rank, (member) => isMandatory(facts, self, member));
  // Too few are well: whoever is alive is better than nobody.
  const alive = members.filter((member) => !goodIds.has(member.instanceId) && ALIVE.includes(member.health)).sort(rank);
  fill(chosen, alive, Math.min(room, LEAST_ENTRIES - fixed - guests.length));

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
      [...owned, ...guests].filter((entry) => isHeard(entry, now) && !besides.has(entry.text)).length,
    exist:
      members.length +
      seeds.length +
      facts.absent.filter((node) => node.instanceId !== now.instanceId && mayName(facts, self, node)).length,
    hiddenIds: self.role === 'sentry' ? hiddenIds(facts) : [],
  };
}

const hiddenIds = ({ members }: ChooseFacts): readonly string[] =>
  members
    .filter(({ role }) => role === 'validator')
    .sort(byName)
    .flatMap(({ entry }) => parseEntry(entry)?.id ?? []);

type Rank = (a: Member, b: Member) => number;

/** Best first. Among long-lived ones each node draws its own order, so that not everybody leans on the same few. */
function ranking({ nowMs }: ChooseFacts, self: { readonly role: Role }, selfId: string): Rank {
  const draws = new Map<string, string>();
  const draw = ({ instanceId }: Member): string => {
    const known = draws.get(instanceId);
    if (known !== undefined) return known;
    const drawn = createHash('sha256').update(`${selfId} ${instanceId}`).digest('hex');
    draws.set(instanceId, drawn);
    return drawn;
  };
  const classOf = ({ role, health, upSinceMs }: Member): number =>
    (health === 'synced' ? 0 : 100 + 10 * ALIVE.indexOf(health)) +
    (self.role === 'sentry' && role === 'validator' ? 0 : role === 'bootnode' ? 1 : 2) * 2 +
    (nowMs - upSinceMs >= LONG_LIVED_MS ? 0 : 1);
  return (a, b) => {
    const young = nowMs - a.upSinceMs < LONG_LIVED_MS;
    return classOf(a) - classOf(b) || (young ? a.upSinceMs - b.upSinceMs : 0) || compare(draw(a), draw(b));
  };
}

/** Takes more in, each time from the zone that has the fewest, up to `size`. */
function fill(chosen: Set<Member>, candidates: readonly Member[], size: number): void {
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
function spread(chosen: Set<Member>, good: readonly Member[], rank: Rank, isFixed: (member: Member) => boolean): void {
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

function countByZone(members: Iterable<Member>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { availabilityZone } of members) counts.set(availabilityZone, (counts.get(availabilityZone) ?? 0) + 1);
  return counts;
}

const unique = <T>(items: readonly T[]): T[] => [...new Set(items)];
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const byName = (a: Member, b: Member): number => compare(a.name, b.name) || compare(a.instanceId, b.instanceId);
