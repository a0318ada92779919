// The peers of one simulated node: its configured and added peers, which of them a restart forgets, and its connections.
import { createHash } from 'node:crypto';
import type { Kernel } from '../simulator/kernel.ts';
import type { SimulatedChain } from './chain.ts';
import type { SimulatedClient } from './client.ts';
import { type ConfiguredPeer, withPort } from './config/peers.ts';
import type { DesiredPeer, Member } from './peer-network.ts';
import { type Family, familyOf, portsOf } from './protocol.ts';
import type { NodeSpec } from './spec.ts';

/** One connection as the node's RPC reports it. */
export interface SeenPeer {
  readonly host: string;
  /** The peer's listening port. */
  readonly port: number;
  /** The source port of an inbound connection. */
  readonly ephemeralPort: number;
  /** undefined if nodes have no ids (bitcoin). */
  readonly id: string | undefined;
  readonly inbound: boolean;
  /** Added by its configuration or at run time. */
  readonly manual: boolean;
  readonly connectedSinceMs: number;
}

/** Connections to strangers, unless a scenario sets another number. */
const OUTSIDE_PEERS = 8;
/** Addresses added at run time that a running client keeps; a person adds a few. */
const TOLD_MAX = 1_000;
/** bitcoind dials so many of its addnode peers at the same time (MAX_ADDNODE_CONNECTIONS, src/net.h). */
const ADDNODE_MAX = 8;
const ID_DIGITS: Readonly<Record<Family, number>> = { bitcoin: 0, ethereum: 128, cometbft: 40, stacks: 66 };
/** Documentation ranges (RFC 5737), for the rest of the world. */
const OUTSIDE_RANGES = ['192.0.2', '198.51.100', '203.0.113'];
/** At the start of a run its connections are already this old. */
const BEFORE_MS = 3_600_000;

export class NodePeers implements Member {
  readonly nodeId: string;
  readonly port: number;
  readonly address: string;
  private readonly kernel: Kernel;
  private readonly chain: SimulatedChain;
  private readonly client: SimulatedClient;
  private readonly family: Family | undefined;
  private readonly createdMs: number;
  private readonly knows: readonly string[];
  /** Strangers are numbered: `count` of them, from `first` on, are connected. */
  private outside: { first: number; count: number };
  private key: string | undefined;
  private configured = new Map<string, DesiredPeer>();
  private readonly told = new Map<string, DesiredPeer>();
  /** Configured and added peers, as far as the client dials them. */
  private wanted: ReadonlyMap<string, DesiredPeer> = new Map();
  private registered: ReadonlySet<string> = new Set();
  private readonly cuts = new Map<string, number>();
  private readonly keeps = new Map<string, number>();

  /** How many addresses faults have taken from it. */
  losses = 0;

  constructor(
    client: SimulatedClient,
    { kernel, chain, spec }: { kernel: Kernel; chain: SimulatedChain; spec: NodeSpec },
  ) {
    this.kernel = kernel;
    this.chain = chain;
    this.client = client;
    this.nodeId = spec.instanceId;
    this.port = spec.ports?.p2p ?? (chain.protocol ? portsOf(chain.protocol).p2p : 0);
    this.address = `${spec.privateIp}:${this.port}`;
    this.family = chain.protocol && familyOf(chain.protocol);
    this.createdMs = kernel.clock.now();
    const alone = chain.spec.needsPeers === true && chain.spec.consensus === 'here';
    this.outside = { first: 0, count: spec.peers ?? (alone ? 0 : OUTSIDE_PEERS) };
    const sinceMs = Number.NEGATIVE_INFINITY;
    this.knows = (spec.knows ?? []).map((peer) => withPort(peer, this.port));
    for (const address of this.knows) this.configured.set(address, { id: undefined, sinceMs });
    chain.network.join(this);
    if (this.configured.size > 0) this.want();
  }

  /** As other nodes know it: 20 bytes (cometbft), a public key (ethereum, stacks); undefined if nodes have none. */
  get peerId(): string | undefined {
    const digits = this.family === undefined ? 0 : ID_DIGITS[this.family];
    if (digits === 0) return undefined;
    this.key ??= this.family === 'stacks' ? `02${this.draw(digits - 2)}` : this.draw(digits);
    return this.key;
  }

  /** The key on its volume, as its client has read it. */
  takeKey(id: string | undefined): void {
    this.key = id ?? this.key;
  }

  get upSinceMs(): number | undefined {
    return this.client.upSinceMs;
  }

  get outsideCount(): number {
    return this.outside.count;
  }

  /** Present connections; 0 while the client does not run. */
  count(): number {
    return this.upSinceMs === undefined ? 0 : this.outside.count + this.chain.network.links(this).length;
  }

  /** Nodes of ours first. */
  connected(): readonly SeenPeer[] {
    const { upSinceMs } = this;
    if (upSinceMs === undefined) return [];
    const ours = this.chain.network.links(this).map(({ address, peerId, inbound, sinceMs }): SeenPeer => {
      const { host, port } = addressParts(address);
      const manual = this.wanted.has(address) || this.keeps.has(address);
      const ephemeralPort = 32_768 + (digest(`${this.address}<${address}`).readUInt16BE(0) % 28_000);
      return { host, port, ephemeralPort, id: peerId, inbound, manual, connectedSinceMs: this.moment(sinceMs) };
    });
    const { first, count } = this.outside;
    return [...ours, ...Array.from({ length: count }, (_, index) => this.stranger(first + index, upSinceMs))];
  }

  // What a scenario does.

  /** So many strangers disappear permanently; all by default. */
  lose(count = this.outside.count): void {
    const lost = Math.min(count, this.outside.count);
    this.outside = { first: this.outside.first + lost, count: this.outside.count - lost };
    this.chain.network.changed();
  }

  /** A fault takes an address from it, from memory and configuration. */
  forget(address: string): void {
    if (this.remove(address, { keep: false })) this.losses += 1;
  }

  /** So many new strangers connect. */
  find(count: number): void {
    this.outside = { ...this.outside, count: this.outside.count + count };
    this.chain.network.changed();
  }

  /** The machine is gone permanently. */
  leave(): void {
    this.chain.network.leave(this);
  }

  // What a client learns while it runs, and what it reads when it starts.

  /** False: it already has that address. It is dialled until it is connected, and again after each loss, until a restart. */
  add(address: string, id: string | undefined): boolean {
    if (this.told.has(address) || this.configured.has(address)) return false;
    if (this.told.size >= TOLD_MAX) throw new RangeError(`node ${this.nodeId} got ${TOLD_MAX} peers`);
    this.told.set(address, { id, sinceMs: this.kernel.clock.now() });
    this.cuts.delete(address);
    this.want();
    return true;
  }

  /** False: it did not have that address. `keep`: a connection stays until it is lost. */
  remove(address: string, { keep }: { readonly keep: boolean }): boolean {
    const linked = keep ? this.link(address) : undefined;
    const known = [this.told.delete(address), this.configured.delete(address)].includes(true);
    if (known && linked) this.keeps.set(address, Math.max(linked.sinceMs, this.createdMs - BEFORE_MS));
    if (known) this.want();
    return known;
  }

  /** False: not connected to it. A node that still has the address dials again. */
  disconnect(address: string): boolean {
    if (!this.link(address)) return false;
    this.keeps.delete(address);
    this.cuts.set(address, this.kernel.clock.now());
    this.chain.network.changed();
    return true;
  }

  /** A client starts with its configuration, and forgets all peers that were added while it ran. */
  restart(configured: readonly ConfiguredPeer[] | undefined): void {
    const sinceMs = this.kernel.clock.now();
    this.told.clear();
    this.cuts.clear();
    this.keeps.clear();
    if (configured) this.configured = new Map(configured.map(({ address, id }) => [address, { id, sinceMs }]));
    this.want();
  }

  /** The peers in its configuration when the node was set up, with the keys of those that exist. */
  setUpWith(): readonly ConfiguredPeer[] {
    return this.knows.map((address) => ({ address, id: this.chain.network.at(address)?.peerId }));
  }

  // What the network asks.

  wants(): ReadonlyMap<string, DesiredPeer> {
    return this.wanted;
  }

  addresses(): ReadonlySet<string> {
    return this.registered;
  }

  cutAtMs(address: string): number {
    return this.cuts.get(address) ?? Number.NEGATIVE_INFINITY;
  }

  keptSinceMs(address: string): number | undefined {
    return this.keeps.get(address);
  }

  supplied(isSupplied: boolean): void {
    this.client.hold('no-peers', !isSupplied);
  }

  private link(address: string) {
    return this.chain.network.links(this).find((link) => link.address === address);
  }

  private want(): void {
    const before = this.registered;
    const all = [...this.configured, ...this.told];
    const maximum = this.family === 'bitcoin' ? ADDNODE_MAX : Number.POSITIVE_INFINITY;
    this.wanted = new Map(all.slice(0, maximum));
    this.registered = new Set([...this.wanted.keys(), ...this.keeps.keys()]);
    this.chain.network.wanted(this, before);
  }

  private stranger(number: number, upSinceMs: number): SeenPeer {
    const bytes = digest(`${this.nodeId}/stranger/${number}`);
    const digits = this.family === undefined ? 0 : ID_DIGITS[this.family];
    const id = digits === 0 ? undefined : `${bytes.toString('hex')}${digest(bytes).toString('hex')}`.slice(0, digits);
    return {
      host: `${OUTSIDE_RANGES[number % OUTSIDE_RANGES.length]}.${1 + (bytes.readUInt16BE(0) % 254)}`,
      port: this.port,
      ephemeralPort: 32_768 + (bytes.readUInt16BE(2) % 28_000),
      id: this.family === 'stacks' && id !== undefined ? `03${id.slice(2)}` : id,
      // One in four connections is inbound.
      inbound: number % 4 === 3,
      manual: false,
      connectedSinceMs: this.moment(upSinceMs) + 1_000 * (bytes.readUInt8(4) % 60),
    };
  }

  private moment(sinceMs: number): number {
    return Math.max(sinceMs, this.createdMs - BEFORE_MS);
  }

  private draw(digits: number): string {
    return this.kernel.random(`peer-key/${this.nodeId}`).hex(digits);
  }
}

function addressParts(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}

const digest = (text: string | Uint8Array): Buffer => createHash('sha256').update(text).digest();
