// One branch of a simulated chain: its height, and the time and hash of each block. Nothing is stored per block: times and heights are calculated
// from the moments at which the branch halted or continued.
import { createHash } from 'node:crypto';
import type { Clock } from '../simulator/kernel.ts';
import { BlockMoments, type Pace } from './rhythm.ts';

/** From `atMs` on, starting at `moment` (in intervals, as `BlockMoments` counts them): growing at its interval, or halted. */
interface Stretch {
  readonly moment: number;
  readonly atMs: number;
  readonly moving: boolean;
}

/** Stretches kept; times of older blocks are calculated as if the branch had never halted before. */
const STRETCHES_MAX = 2_000;

export interface BranchOptions {
  readonly clock: Clock;
  readonly chainName: string;
  /** Part of the hash: blocks of two branches of one chain differ by it. */
  readonly name: string;
  readonly blockIntervalMs: number;
  /** The first block of its own: all lower blocks are the parent's. */
  readonly fromHeight: number;
  readonly parent: Branch | undefined;
  /** A block that it has, and the time of that block. */
  readonly start: { readonly height: number; readonly atMs: number };
  /** Of block 0, if the chain has a known one. */
  readonly genesisHash?: string;
  /** How its blocks come; one in each interval by default. */
  readonly pace?: Pace;
}

export class Branch {
  readonly name: string;
  readonly fromHeight: number;
  readonly blockIntervalMs: number;
  private readonly clock: Clock;
  private readonly chainName: string;
  private readonly parent: Branch | undefined;
  private readonly genesisHash: string | undefined;
  private readonly moments: BlockMoments;
  private readonly stretches: Stretch[];
  private readonly listeners: (() => void)[] = [];

  constructor(options: BranchOptions) {
    const { clock, chainName, name, blockIntervalMs, fromHeight, parent, start, genesisHash, pace } = options;
    if (!(blockIntervalMs > 0)) throw new RangeError(`chain ${chainName}: blockIntervalMs must be above 0`);
    this.clock = clock;
    this.chainName = chainName;
    this.name = name;
    this.blockIntervalMs = blockIntervalMs;
    this.fromHeight = fromHeight;
    this.parent = parent;
    this.genesisHash = genesisHash;
    this.moments = new BlockMoments(pace);
    this.stretches = [{ moment: this.moments.of(start.height), atMs: start.atMs, moving: true }];
  }

  get halted(): boolean {
    return !this.last.moving;
  }

  /** When it last halted, in ms since the epoch; undefined while it grows. */
  get haltedAtMs(): number | undefined {
    return this.last.moving ? undefined : this.last.atMs;
  }

  height(): number {
    const { moment, atMs, moving } = this.last;
    return this.moments.heightAt(moving ? moment + (this.clock.now() - atMs) / this.blockIntervalMs : moment);
  }

  /** When it reaches a height if nothing changes, in ms since the epoch; Infinity while it is halted. */
  reaches(height: number): number {
    if (height <= this.height()) return this.clock.now();
    if (this.halted) return Number.POSITIVE_INFINITY;
    return Math.ceil(this.last.atMs + (this.moments.of(height) - this.last.moment) * this.blockIntervalMs);
  }

  /** The time of a block, in ms since the epoch; of a future block, the expected time. */
  blockTimeMs(height: number): number {
    if (this.parent && height < this.fromHeight) return this.parent.blockTimeMs(height);
    const moment = this.moments.of(height);
    const made = this.stretches.findLast((stretch) => stretch.moving && stretch.moment < moment) ?? this.stretches[0];
    if (!made) throw new Error(`branch ${this.name} of chain ${this.chainName} has no beginning`);
    return Math.max(0, Math.ceil(made.atMs + (moment - made.moment) * this.blockIntervalMs));
  }

  /** 64 hexadecimal digits, the same in every run. */
  hash(height: number): string {
    if (this.parent && height < this.fromHeight) return this.parent.hash(height);
    if (height === 0 && this.genesisHash !== undefined) return this.genesisHash;
    return createHash('sha256').update(`${this.chainName}/${this.name}/${height}`).digest('hex');
  }

  /** Makes no blocks until it is resumed. */
  halt(): void {
    this.turn(false);
  }

  resume(): void {
    this.turn(true);
  }

  /** Calls the listener each time it halts or continues. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  private get last(): Stretch {
    const last = this.stretches.at(-1);
    if (!last) throw new Error(`branch ${this.name} of chain ${this.chainName} has no beginning`);
    return last;
  }

  private turn(moving: boolean): void {
    if (moving === this.last.moving) return;
    this.stretches.push({ moment: this.moments.of(this.height()), atMs: this.clock.now(), moving });
    if (this.stretches.length > STRETCHES_MAX) this.stretches.shift();
    for (const listener of this.listeners) listener();
  }
}
