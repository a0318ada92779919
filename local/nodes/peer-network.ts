// Connections among the simulated nodes of one chain. No message is sent: two nodes are connected if both are up and one of them has had the other's
// address for a moment. Nodes do not learn addresses from each other, as with a peer exchange.
import type { Clock } from '../simulator/kernel.ts';

/** Time from when two nodes can connect until they are connected. */
const DIAL_MS = 2_000;

/** A peer that a node must dial: from its configuration, or added at run time. */
export interface DesiredPeer {
  /** The key that the peer must have; undefined if the protocol has no keys, or any key is accepted. */
  readonly id: string | undefined;
  readonly sinceMs: number;
}

export interface Member {
  readonly nodeId: string;
  /** The address for other nodes: "10.0.0.11:26656". */
  readonly address: string;
  /** Its key as its peers know it; undefined if nodes have none (bitcoin). */
  readonly peerId: string | undefined;
  /** undefined while it is down; -Infinity: since before the run. */
  readonly upSinceMs: number | undefined;
  /** Connections to the rest of the world. */
  readonly outsideCount: number;
  /** Addresses that it dials whenever it is not connected to them, in order. */
  wants(): ReadonlyMap<string, DesiredPeer>;
  /** Addresses that it dials, or stays connected to. */
  addresses(): Iterable<string>;
  /** When it last closed a connection to an address itself; -Infinity: never. */
  cutAtMs(address: string): number;
  /** Since when it has kept a connection that it would not make again; undefined without one. */
  keptSinceMs(address: string): number | undefined;
  /** Reports whether blocks reach it. */
  supplied(isSupplied: boolean): void;
}

export interface Link {
  readonly address: string;
  readonly peerId: string | undefined;
  /** The other node has dialled. */
  readonly inbound: boolean;
  readonly sinceMs: number;
  /** undefined: a seed outside. */
  readonly member: Member | undefined;
}

export class PeerNetwork {
  private readonly clock: Clock;
  private readonly decide: (() => void) | undefined;
  private readonly members = new Map<string, Member>();
  private readonly wantedBy = new Map<string, Set<Member>>();
  private readonly seeds = new Map<string, string | undefined>();

  /** @param decide called when a connection may have changed, if the chain depends on connections */
  constructor(clock: Clock, decide: (() => void) | undefined) {
    this.clock = clock;
    this.decide = decide;
  }

  join(member: Member): void {
    if (this.members.has(member.address)) return;
    this.members.set(member.address, member);
    this.decide?.();
  }

  /** A machine that does not exist any more. */
  leave(member: Member): void {
    if (this.members.get(member.address) === member) this.members.delete(member.address);
    for (const wanting of this.wantedBy.values()) wanting.delete(member);
    this.changed();
  }

  /** A node outside the fleet that answers at an address and sends blocks: fleet files name it as a seed. */
  addSeed(address: string, peerId?: string): void {
    this.seeds.set(address, peerId);
    this.changed();
  }

  removeSeed(address: string): void {
    this.seeds.delete(address);
    this.changed();
  }

  at(address: string): Member | undefined {
    return this.members.get(address);
  }

  /** Call it after each change of a member's addresses. */
  wanted(member: Member, before: Iterable<string>): void {
    for (const address of before) this.wantedBy.get(address)?.delete(member);
    for (const address of member.addresses()) {
      const wanting = this.wantedBy.get(address) ?? new Set();
      this.wantedBy.set(address, wanting.add(member));
    }
    this.changed();
  }

  /** Connections have changed, now or after a dial. */
  changed(): void {
    if (!this.decide) return;
    this.decide();
    this.clock.after(DIAL_MS, this.decide);
  }

  /** Connections of a member to members and seeds, in the order of addresses. */
  links(member: Member): readonly Link[] {
    if (member.upSinceMs === undefined) return [];
    const addresses = new Set(member.addresses());
    for (const other of this.wantedBy.get(member.address) ?? []) addresses.add(other.address);
    const links = [...addresses].flatMap((address): readonly Link[] => {
      const link = this.seeds.has(address) ? this.seedLink(member, address) : this.memberLink(member, address);
      return link && link.sinceMs <= this.clock.now() ? [link] : [];
    });
    return links.sort((one, other) => (one.address < other.address ? -1 : 1));
  }

  /** Members that are up, in groups that reach each other through members. */
  groups(): readonly ReadonlySet<string>[] {
    const groups: Set<string>[] = [];
    const seen = new Set<Member>();
    for (const first of this.members.values()) {
      if (seen.has(first) || first.upSinceMs === undefined) continue;
      const group = new Set<string>();
      const left = [first];
      for (let member = left.pop(); member !== undefined; member = left.pop()) {
        if (seen.has(member)) continue;
        seen.add(member);
        group.add(member.nodeId);
        for (const link of this.links(member)) if (link.member) left.push(link.member);
      }
      groups.push(group);
    }
    return groups;
  }

  /**
   * Reports to each member whether blocks reach it. Blocks reach members for which `reaches` holds, or all that reach the outside, also through
   * others.
   */
  supply(reaches: ((nodeId: string) => boolean) | undefined): void {
    const isSupplied = reaches ?? this.outward();
    for (const member of this.members.values()) member.supplied(isSupplied(member.nodeId));
  }

  private outward(): (nodeId: string) => boolean {
    const sources = new Set(
      [...this.members.values()]
        .filter((member) => member.outsideCount > 0 || this.links(member).some((link) => link.member === undefined))
        .map(({ nodeId }) => nodeId),
    );
    const groups = this.groups().filter((group) => [...group].some((nodeId) => sources.has(nodeId)));
    return (nodeId) => groups.some((group) => group.has(nodeId));
  }

  private seedLink(member: Member, address: string): Link | undefined {
    const want = member.wants().get(address);
    const peerId = this.seeds.get(address);
    if (!want || !fits(want, peerId)) return undefined;
    const sinceMs = Math.max(want.sinceMs, member.upSinceMs ?? 0, member.cutAtMs(address)) + DIAL_MS;
    return { address, peerId, inbound: false, sinceMs, member: undefined };
  }

  private memberLink(member: Member, address: string): Link | undefined {
    const other = this.members.get(address);
    if (!other || other === member || other.upSinceMs === undefined || member.upSinceMs === undefined) return undefined;
    const outward = wantOf(member, other)?.sinceMs ?? Number.POSITIVE_INFINITY;
    const inward = wantOf(other, member)?.sinceMs ?? Number.POSITIVE_INFINITY;
    const upMs = Math.max(member.upSinceMs, other.upSinceMs);
    const cutMs = Math.max(member.cutAtMs(address), other.cutAtMs(member.address));
    const madeMs = Math.max(Math.min(outward, inward), upMs, cutMs) + DIAL_MS;
    const keptMs = kept(member, other, Math.max(upMs, cutMs));
    // If both dial at the same moment, the one with the lower address wins.
    const dialled = outward < inward || (outward === inward && member.address < address);
    return { address, peerId: other.peerId, inbound: !dialled, sinceMs: Math.min(madeMs, keptMs), member: other };
  }
}

/** Since when two nodes have kept a connection that neither would make again; Infinity if they are not connected. */
function kept(one: Member, other: Member, afterMs: number): number {
  const sinceMs = one.keptSinceMs(other.address) ?? other.keptSinceMs(one.address) ?? Number.NEGATIVE_INFINITY;
  return sinceMs >= afterMs && sinceMs > Number.NEGATIVE_INFINITY ? sinceMs : Number.POSITIVE_INFINITY;
}

function wantOf(from: Member, to: Member): DesiredPeer | undefined {
  const want = from.wants().get(to.address);
  return want && fits(want, to.peerId) ? want : undefined;
}

/** A peer that answers with another key than expected is not connected. */
const fits = (want: DesiredPeer, peerId: string | undefined): boolean =>
  want.id === undefined || peerId === undefined || want.id === peerId;
