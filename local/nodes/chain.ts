// A simulated chain: a height that grows with time. It halts if too few validators are there, or if they cannot agree. If peers matter, it also halts
// if they do not reach each other. It may split into branches.
import type { Clock, Kernel } from '../simulator/kernel.ts';
import { Branch } from './branch.ts';
import { PeerNetwork } from './peer-network.ts';
import { chainIdOf, familyOf, GENESIS_HASHES, type NetworkSpec, type Protocol, protocolOf } from './protocol.ts';
import type { Pace, Rhythm } from './rhythm.ts';
import { type ConsensusFacts, type SeenVotes, Validators } from './validators.ts';

export interface ChainSpec extends NetworkSpec {
  readonly heightAtStart: number;
  readonly blockIntervalMs: number;
  /** How blocks come; one in each interval by default. */
  readonly rhythm?: Rhythm;
  /** With a rhythm of chance: blocks up to this one are regular; those up to the start by default. */
  readonly regularUpTo?: number;
  /** Bytes that a block adds to the disk of a node that stores everything. */
  readonly bytesPerBlock: number;
  readonly inodesPerBlock: number;
  /** I/O operations of 16 KiB that a client needs to take in one block; none counts unless given, and the machine alone says how fast it follows. */
  readonly iosPerBlock?: number;
  /**
   * What a client reads of its data where they are still in S3: at each start, and as it follows. Nothing unless given: then a start is as quick as on any
   * volume.
   */
  readonly coldReads?: { readonly startMiB: number; readonly stateMiB: number };
  /** Connections matter: a node without peers gets no block, and validators that do not reach each other make none. */
  readonly needsPeers?: boolean;
}

export interface Halt {
  readonly fromMs: number;
  /** Absent while it lasts. */
  readonly toMs?: number;
  /** power: too few validators were there, or reached each other. disagreement: enough were, and made no block. */
  readonly cause: 'power' | 'disagreement';
}

/** Halts kept for reports; later ones are dropped. */
const HALTS_MAX = 1_000;

/** An archive of chain data: what is in it takes as much room as the archive. */
export interface Bundle {
  readonly sha256: string;
  readonly height: number;
  readonly bytes: number;
}

export class SimulatedChain {
  readonly spec: ChainSpec;
  readonly protocol: Protocol | undefined;
  readonly chainId: string;
  /** The branch that the chain's majority follows. */
  readonly main: Branch;
  readonly validators = new Validators();
  readonly network: PeerNetwork;
  /** Its halts, oldest first. */
  readonly halts: Halt[] = [];
  /** Its public endpoints: the branch that each answers from and its newest block of it, or undefined while it is silent. */
  readonly endpoints: (() => { readonly branch: Branch; readonly height: number } | undefined)[] = [];
  /** What somebody has packed of its data, by URL. */
  readonly bundles = new Map<string, Bundle>();
  readonly clock: Clock;
  private readonly branches: Branch[];
  private readonly kernel: Kernel;
  private disagreement = false;
  private readonly listeners: (() => void)[] = [];

  constructor(kernel: Kernel, spec: ChainSpec) {
    this.kernel = kernel;
    this.clock = kernel.clock;
    this.spec = spec;
    this.protocol = protocolOf(spec);
    const genesisHash = this.protocol && GENESIS_HASHES[this.protocol];
    this.main = new Branch({
      clock: kernel.clock,
      chainName: spec.name,
      name: 'main',
      blockIntervalMs: spec.blockIntervalMs,
      fromHeight: 0,
      parent: undefined,
      start: { height: spec.heightAtStart, atMs: kernel.clock.now() },
      ...(genesisHash !== undefined && spec.chainId === undefined && { genesisHash }),
      ...this.paceFrom(Math.floor(spec.regularUpTo ?? spec.heightAtStart), 'main'),
    });
    this.branches = [this.main];
    this.chainId = chainIdOf(spec, this.main.hash(0));
    this.network = new PeerNetwork(kernel.clock, spec.needsPeers === true ? () => this.decide() : undefined);
  }

  get halted(): boolean {
    return this.main.halted;
  }

  height(): number {
    return this.main.height();
  }

  /** When the chain reaches a height if nothing changes, in ms since the epoch; Infinity while it is halted. */
  reaches(height: number): number {
    return this.main.reaches(height);
  }

  /** With any consensus: no block is made until `resume`. Its validators are there, and their rounds continue. */
  halt(): void {
    this.disagreement = true;
    this.decide();
  }

  resume(): void {
    this.disagreement = false;
    this.decide();
  }

  /**
   * A minority that makes other blocks from this height on, at its own interval (the chain's by default): `client.follow` puts a node on it.
   * `fromHeight` is at most the next height.
   */
  fork(fromHeight: number, { blockIntervalMs = this.spec.blockIntervalMs, name = '' } = {}): Branch {
    if (!(Number.isSafeInteger(fromHeight) && fromHeight >= 1 && fromHeight <= this.height() + 1)) {
      throw new RangeError(`chain ${this.spec.name}: fork at ${fromHeight}, expected 1 to ${this.height() + 1}`);
    }
    const branchName = name === '' ? `fork${this.branches.length}@${fromHeight}` : name;
    const branch = new Branch({
      clock: this.clock,
      chainName: this.spec.name,
      name: branchName,
      blockIntervalMs,
      fromHeight,
      parent: this.main,
      start: { height: fromHeight - 1, atMs: this.main.blockTimeMs(fromHeight - 1) },
      ...this.paceFrom(fromHeight - 1, branchName),
    });
    branch.onChange(() => this.tell());
    this.branches.push(branch);
    return branch;
  }

  /** The fork of this name, or undefined where nobody has made it yet. */
  forkNamed(name: string): Branch | undefined {
    return this.branches.find((branch) => branch !== this.main && branch.name === name);
  }

  addValidator(nodeId: string, power: number, voting: boolean): void {
    this.validators.add(nodeId, power, voting);
    this.decide();
  }

  setVoting(nodeId: string, voting: boolean): void {
    if (this.validators.setVoting(nodeId, voting)) this.decide();
  }

  /** Removes a validator from the set, as a chain does with an absent or dishonest one; its process does not notice. */
  jail(nodeId: string): void {
    if (this.validators.setJailed(nodeId, true)) this.decide();
  }

  unjail(nodeId: string): void {
    if (this.validators.setJailed(nodeId, false)) this.decide();
  }

  /** The consensus facts of a node's metrics. */
  consensus(): ConsensusFacts {
    return this.validators.facts(this.disagreement ? this.main.haltedAtMs : undefined, this.clock.now());
  }

  /** The votes that a node has while no block is made; undefined while blocks are. */
  votesAt(nodeId: string): SeenVotes | undefined {
    if (!this.main.halted || this.validators.size === 0) return undefined;
    const groups = this.spec.needsPeers === true ? this.network.groups() : undefined;
    const group = groups && (groups.find((one) => one.has(nodeId)) ?? new Set([nodeId]));
    return { round: this.consensus().rounds, validators: this.validators.votes(group) };
  }

  /** Calls the listener each time the chain, or a branch of it, halts or continues. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  private paceFrom(regularUpTo: number, branch: string): { readonly pace?: Pace } {
    const { rhythm = 'regular', name } = this.spec;
    if (rhythm === 'regular') return {};
    return { pace: { rhythm, regularUpTo, random: this.kernel.random(`blocks/${name}/${branch}`) } };
  }

  /**
   * Blocks need more than 2/3 of the voting power (CometBFT, consensus specification), or more than half of the sealers (EIP-225: each may sign one of
   * floor(N / 2) + 1 consecutive blocks).
   */
  private decide(): void {
    const here = this.spec.consensus === 'here' && this.validators.size > 0;
    const reachable = this.spec.needsPeers === true ? this.network.groups() : undefined;
    const isClique = this.protocol !== undefined && familyOf(this.protocol) === 'ethereum';
    const share = isClique ? { parts: 1, of: 2 } : { parts: 2, of: 3 };
    const majority = here ? this.validators.majority(share, reachable) : undefined;
    const powerless = here && majority === undefined;
    const halted = this.disagreement || powerless;
    if (here && !halted) this.validators.commit(reachable && majority);
    if (reachable) this.network.supply(here ? (member) => majority?.has(member) ?? false : undefined);
    if (halted === this.main.halted) return;
    this.note(halted, powerless ? 'power' : 'disagreement');
    if (halted) this.main.halt();
    else this.main.resume();
    this.tell();
  }

  private note(halted: boolean, cause: Halt['cause']): void {
    const nowMs = this.clock.now();
    const last = this.halts.pop();
    const ended = last?.toMs === undefined && last ? { ...last, toMs: nowMs } : last;
    // Validators that are added one after the other at one moment do not count as a halt.
    if (ended && ended.fromMs !== ended.toMs) this.halts.push(ended);
    if (halted && this.halts.length < HALTS_MAX) this.halts.push({ fromMs: nowMs, cause });
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}
