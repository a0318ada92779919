// The client process of a simulated node: it follows its chain at a bounded speed, fills the volumes, and stops when one is full.
import type { Kernel, Timer } from '../region/kernel.ts';
import type { SimulatedChain } from './chain.ts';
import type { SimulatedVolume } from './volume.ts';

export type ClientState = 'running' | 'stopped' | 'failed';
export type OutageCause = 'disk-full' | 'instance-down' | 'stopped' | 'volume-gone';

export interface Outage {
  readonly cause: OutageCause;
  readonly fromMs: number;
  /** Absent while it lasts. */
  readonly toMs?: number;
}

/** A synced node is at most so many blocks behind. */
export const SYNCED_LAG_BLOCKS = 2;
/** Outages kept for reports; a run that has more has said enough. */
const OUTAGES_MAX = 1_000;

export class SimulatedClient {
  private readonly kernel: Kernel;
  private readonly nodeId: string;
  private readonly chain: SimulatedChain;
  private readonly volumes: readonly SimulatedVolume[];
  private readonly blocksPerSecond: number;
  private readonly pastOutages: Outage[] = [];
  private currentOutage: Outage | undefined;
  private currentState: ClientState;
  /** Position when it was last looked at; fractional while catching up. */
  private anchor: { height: number; atMs: number };
  private overflow: Timer | undefined;
  private readonly startListeners: (() => void)[] = [];
  /** The last height for which all volumes have room, as planned. */
  private ceiling = Number.POSITIVE_INFINITY;

  constructor(options: {
    kernel: Kernel;
    nodeId: string;
    chain: SimulatedChain;
    volumes: readonly SimulatedVolume[];
    state: ClientState;
    lagBlocks: number;
    catchUpBlocksPerSecond: number;
    /** The voting power of a validator; absent for all others. */
    power: number | undefined;
  }) {
    this.kernel = options.kernel;
    this.nodeId = options.nodeId;
    this.chain = options.chain;
    this.volumes = options.volumes;
    this.blocksPerSecond = options.catchUpBlocksPerSecond;
    this.currentState = options.state;
    const atMs = this.kernel.clock.now();
    this.anchor = { height: Math.max(0, options.chain.height() - options.lagBlocks), atMs };
    if (options.state !== 'running')
      this.currentOutage = { cause: options.state === 'failed' ? 'disk-full' : 'stopped', fromMs: atMs };
    if (options.power !== undefined) this.chain.addValidator(this.nodeId, options.power, options.state === 'running');
    this.chain.onChange(() => this.plan());
    this.plan();
  }

  get state(): ClientState {
    return this.currentState;
  }

  get outages(): readonly Outage[] {
    return this.currentOutage ? [...this.pastOutages, this.currentOutage] : this.pastOutages;
  }

  /** Tells each time that the process has come up. */
  onStart(listener: () => void): void {
    this.startListeners.push(listener);
  }

  height(): number {
    return Math.floor(this.position());
  }

  heightLag(): number {
    return Math.max(0, this.chain.height() - this.height());
  }

  /** Writes to the volumes what was followed since the last look. To be called before they are read or changed. */
  settle(): void {
    const from = Math.floor(this.anchor.height);
    const position = this.position();
    for (const volume of this.volumes) volume.store(from, Math.floor(position));
    this.anchor = { height: position, atMs: this.kernel.clock.now() };
  }

  /** After anything that decides when a volume is full: a size, a start, the chain. Call `settle` first. */
  plan(): void {
    this.overflow?.cancel();
    this.overflow = undefined;
    if (this.currentState !== 'running') return;
    this.settle();
    const from = Math.floor(this.anchor.height);
    const height = Math.min(...this.volumes.map((volume) => volume.overflowsAt(from)));
    this.ceiling = height - 1;
    const followedMs = this.anchor.atMs + ((height - this.anchor.height) / this.blocksPerSecond) * 1_000;
    const atMs = Math.max(this.chain.reaches(height), Math.ceil(followedMs));
    if (Number.isFinite(atMs)) this.overflow = this.kernel.clock.at(atMs, () => this.overflowAt(height));
  }

  /** Starts; true when it runs then, false when it died at once because a volume has no room or is not mounted. */
  start(): boolean {
    if (this.currentState === 'running') return true;
    const height = this.height();
    if (this.volumes.some((volume) => !volume.mounted || volume.fullAt(height))) {
      this.currentState = 'failed';
      return false;
    }
    this.currentState = 'running';
    this.ceiling = Number.POSITIVE_INFINITY;
    this.anchor = { height: this.anchor.height, atMs: this.kernel.clock.now() };
    if (this.currentOutage) this.pastOutages.push({ ...this.currentOutage, toMs: this.kernel.clock.now() });
    this.pastOutages.splice(0, Math.max(0, this.pastOutages.length - OUTAGES_MAX));
    this.currentOutage = undefined;
    this.chain.setVoting(this.nodeId, true);
    this.plan();
    for (const listener of this.startListeners) listener();
    return true;
  }

  stop(state: 'stopped' | 'failed', cause: OutageCause): void {
    if (this.currentState !== 'running') {
      if (state === 'stopped') this.currentState = state;
      return;
    }
    this.settle();
    this.end(state, cause);
  }

  private end(state: 'stopped' | 'failed', cause: OutageCause): void {
    this.overflow?.cancel();
    this.currentState = state;
    this.currentOutage = { cause, fromMs: this.kernel.clock.now() };
    this.chain.setVoting(this.nodeId, false);
  }

  private overflowAt(height: number): void {
    const from = Math.floor(this.anchor.height);
    for (const volume of this.volumes) {
      const fits = volume.fits(from, height);
      volume.store(from, height - 1);
      if (!fits) volume.overflow(height - 1);
    }
    this.anchor = { height: height - 1, atMs: this.kernel.clock.now() };
    this.end('failed', 'disk-full');
  }

  private position(): number {
    if (this.currentState !== 'running') return this.anchor.height;
    const followed = this.anchor.height + ((this.kernel.clock.now() - this.anchor.atMs) / 1_000) * this.blocksPerSecond;
    return Math.max(this.anchor.height, Math.min(this.chain.height(), followed, this.ceiling));
  }
}
