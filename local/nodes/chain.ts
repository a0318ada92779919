// A simulated chain: a height that grows with time, and that stands still when too few of its validators are there.
import type { Kernel } from '../region/kernel.ts';

export interface ChainSpec {
  readonly name: string;
  readonly heightAtStart: number;
  readonly blockIntervalMs: number;
  /** What a block adds to the disk of a node that stores everything. */
  readonly bytesPerBlock: number;
  readonly inodesPerBlock: number;
  /** `here`: our own validators make the blocks (CometBFT). `elsewhere`: others do, whatever happens to our nodes. */
  readonly consensus: 'here' | 'elsewhere';
}

export interface Halt {
  readonly fromMs: number;
  /** Absent while it lasts. */
  readonly toMs?: number;
}

/** Halts kept for those who tell of a run; one that has more has said enough. */
const HALTS_MAX = 1_000;

export class SimulatedChain {
  readonly spec: ChainSpec;
  /** When it stood still because too few of its validators were there, oldest first. */
  readonly halts: Halt[] = [];
  private readonly kernel: Kernel;
  private readonly validators = new Map<string, { readonly power: number; voting: boolean }>();
  private readonly listeners: (() => void)[] = [];
  private anchor: { readonly height: number; readonly atMs: number };
  private isHalted = false;

  constructor(kernel: Kernel, spec: ChainSpec) {
    if (!(spec.blockIntervalMs > 0)) throw new RangeError(`chain ${spec.name}: blockIntervalMs must be above 0`);
    this.kernel = kernel;
    this.spec = spec;
    this.anchor = { height: spec.heightAtStart, atMs: kernel.clock.now() };
  }

  get halted(): boolean {
    return this.isHalted;
  }

  height(): number {
    if (this.isHalted) return Math.floor(this.anchor.height);
    return Math.floor(this.anchor.height + (this.kernel.clock.now() - this.anchor.atMs) / this.spec.blockIntervalMs);
  }

  /** When the chain reaches a height if all goes on like this, in ms since the epoch; Infinity while it is halted. */
  reaches(height: number): number {
    if (height <= this.height()) return this.kernel.clock.now();
    if (this.isHalted) return Number.POSITIVE_INFINITY;
    return Math.ceil(this.anchor.atMs + (height - this.anchor.height) * this.spec.blockIntervalMs);
  }

  addValidator(nodeId: string, power: number, voting: boolean): void {
    this.validators.set(nodeId, { power, voting });
    this.decide();
  }

  setVoting(nodeId: string, voting: boolean): void {
    const validator = this.validators.get(nodeId);
    if (!validator || validator.voting === voting) return;
    validator.voting = voting;
    this.decide();
  }

  /** Tells whenever the chain halts or goes on. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Blocks need more than 2/3 of the voting power (CometBFT, consensus specification). */
  private decide(): void {
    if (this.spec.consensus !== 'here' || this.validators.size === 0) return;
    const all = [...this.validators.values()];
    const total = all.reduce((sum, { power }) => sum + power, 0);
    const present = all.reduce((sum, { power, voting }) => sum + (voting ? power : 0), 0);
    const halted = 3 * present <= 2 * total;
    if (halted === this.isHalted) return;
    const nowMs = this.kernel.clock.now();
    this.anchor = { height: this.height(), atMs: nowMs };
    this.isHalted = halted;
    const last = this.halts.pop();
    if (last) this.halts.push(last.toMs === undefined ? { ...last, toMs: nowMs } : last);
    if (halted && this.halts.length < HALTS_MAX) this.halts.push({ fromMs: nowMs });
    for (const listener of this.listeners) listener();
  }
}
