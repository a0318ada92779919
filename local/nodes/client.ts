// The client process of a simulated node. It follows a branch of its chain at a bounded speed, fills the volumes, and stops when one is full. It may
// run without advancing: while it loads, when it hangs, without blocks from others, or after a full disk.
import type { Kernel, Timer } from '../simulator/kernel.ts';
import type { Branch } from './branch.ts';
import type { SimulatedChain } from './chain.ts';
import { familyOf } from './protocol.ts';
import type { SimulatedVolume } from './volume.ts';

export type ClientState = 'running' | 'stopped' | 'failed';
export type OutageCause = 'disk-full' | 'instance-down' | 'stopped' | 'volume-gone' | 'killed' | 'corrupt-data';
/**
 * Why a running client does not advance: it hangs; a volume of it is frozen; it has no peers; its beacon node sends nothing; a block cannot be passed;
 * its consensus has ended, and only a restart helps; or its chain's upgrade needs another version.
 */
export type ClientFault =
  | 'frozen'
  | 'no-writes'
  | 'no-peers'
  | 'no-beacon'
  | 'bad-block'
  | 'ended-inside'
  | 'old-version';

export interface Outage {
  readonly cause: OutageCause;
  readonly fromMs: number;
  /** When it served again: after its start it must load. Absent while the outage lasts. */
  readonly toMs?: number;
  /** The part of the outage in which the client was ending by itself or had time to. Absent if it was not stopped. */
  readonly stopSeconds?: number;
  /** The part of the outage in which the client was loading. */
  readonly startSeconds?: number;
}

/** A synced node is at most so many blocks behind. */
export const SYNCED_LAG_BLOCKS = 2;
/** Outages kept for reports; older ones are dropped. */
const OUTAGES_MAX = 1_000;

export class SimulatedClient {
  private readonly kernel: Kernel;
  private readonly nodeId: string;
  private readonly chain: SimulatedChain;
  private readonly volumes: readonly SimulatedVolume[];
  /** As fast as its machine follows, where nothing slows it down. */
  readonly blocksPerSecond: number;
  private readonly pastOutages: Outage[] = [];
  private currentOutage: Outage | undefined;
  private currentState: ClientState;
  /** Its position at the last calculation; fractional while catching up. */
  private anchor: { height: number; atMs: number };
  private overflow: Timer | undefined;
  private readonly startListeners: (() => void)[] = [];
  private readonly startSeconds: number;
  private readonly coldStart: () => { readonly seconds: number; readonly end: () => void };
  private readonly takesConfiguration: () => boolean;
  private readonly takesData: () => boolean;
  private readonly outlivesFullDisk: boolean;
  /** Its part of the full speed: less than 1 while its volumes are slow. */
  private speed = 1;
  /** The highest block that it can reach with its data. */
  private barrier = Number.POSITIVE_INFINITY;
  /** The last block that its version makes, before an upgrade of its chain. */
  private lastOfVersion = Number.POSITIVE_INFINITY;
  private cleanly: boolean;
  private killed = false;
  private readonly holds = new Set<ClientFault>();
  private followed: Branch;
  private thawsOnRestart = false;
  /** Set while it loads after a start. */
  private loading: Timer | undefined;
  private upFromMs: number;
  /** How long it still builds its data again from its blocks, at its next start or since the present one; -28 until then. */
  private buildSeconds = 0;
  private startedAtMs = 0;
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
    /** Seconds from a start until it answers and follows. */
    startSeconds: number;
    /** What it waits for at a start besides, and what is called once it has. */
    coldStart: () => { readonly seconds: number; readonly end: () => void };
    /** Reads its configuration before each start; false: the configuration is broken, and it exits. */
    takesConfiguration: () => boolean;
    /** Opens its data before each start; false: the data are broken, and it exits. */
    takesData: () => boolean;
    /**
     * A full disk ends its consensus but not its process, as with CometBFT (cometbft 0.38.17 on a full XFS: "CONSENSUS FAILURE!!!", and the process
     * still answers).
     */
    outlivesFullDisk: boolean;
  }) {
    this.kernel = options.kernel;
    this.nodeId = options.nodeId;
    this.chain = options.chain;
    this.volumes = options.volumes;
    this.blocksPerSecond = options.catchUpBlocksPerSecond;
    this.startSeconds = options.startSeconds;
    this.coldStart = options.coldStart;
    this.takesConfiguration = options.takesConfiguration;
    this.takesData = options.takesData;
    this.outlivesFullDisk = options.outlivesFullDisk;
    this.cleanly = options.state === 'stopped';
    this.followed = options.chain.main;
    this.upFromMs = Number.NEGATIVE_INFINITY;
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

  /** The process runs, but does not answer for its chain yet. */
  get starting(): boolean {
    return this.loading !== undefined;
  }

  /** When it had loaded, in ms since the epoch; -Infinity: before the run began. Undefined while it does not run or still loads. */
  get upSinceMs(): number | undefined {
    return this.currentState === 'running' && !this.starting ? this.upFromMs : undefined;
  }

  /** Since when it runs, or ran last, in ms since the epoch; undefined: it ran before the run began. */
  get ranFromMs(): number | undefined {
    return this.startedAtMs === 0 ? undefined : this.startedAtMs;
  }

  /** Why it does not advance although it runs and has loaded. */
  get heldBy(): ReadonlySet<ClientFault> {
    if (this.awaitsVersion) return new Set([...this.holds, 'old-version' as const]);
    return this.position() < this.barrier ? this.holds : new Set([...this.holds, 'bad-block' as const]);
  }

  /** Whether it was asked to end and did; false while it runs, and after a failure or a kill. */
  get endedCleanly(): boolean {
    return this.cleanly;
  }

  /** Whether it was killed because its stop took longer than the time limit. */
  get killedWhileStopping(): boolean {
    return this.killed;
  }

  get branch(): Branch {
    return this.followed;
  }

  /** It hangs: it runs and answers, but does not advance. `thaw` ends that; with `untilRestart` its next start does, too. */
  freeze({ untilRestart = false } = {}): void {
    this.thawsOnRestart = untilRestart;
    this.hold('frozen', true);
  }

  thaw(): void {
    this.hold('frozen', false);
  }

  hold(reason: ClientFault, on: boolean): void {
    if (this.holds.has(reason) === on) return;
    this.settle();
    if (on) this.holds.add(reason);
    else this.holds.delete(reason);
    this.plan();
    // Without peers it votes, but no other validator gets its votes.
    if (reason === 'frozen' || reason === 'no-writes') this.vote();
  }

  /** Follows this branch from now on; blocks above the last common one are replaced. */
  follow(branch: Branch): void {
    if (branch === this.followed) return;
    this.settle();
    this.followed = branch;
    this.anchor = { height: Math.min(this.anchor.height, branch.height()), atMs: this.kernel.clock.now() };
    this.plan();
    this.vote();
  }

  /** It has other data now; `barrier` is a block that it cannot pass with them. Call this only while it does not run. */
  load({ height, branch, barrier }: { height: number; branch: Branch; barrier: number | undefined }): void {
    this.followed = branch;
    this.buildSeconds = 0;
    this.anchor = { height: Math.max(0, height), atMs: this.kernel.clock.now() };
    this.barrier = barrier ?? Number.POSITIVE_INFINITY;
  }

  /**
   * It executes no block from this one on: its chain's upgrade needs another version. It stores that block before, and tells its height, as CometBFT does
   * (finalizeCommit of consensus/state.go). Call this only while it does not run.
   */
  stopBelow(height: number | undefined): void {
    this.lastOfVersion = height ?? Number.POSITIVE_INFINITY;
  }

  /** It stands below the upgrade of its chain. */
  get awaitsVersion(): boolean {
    return this.position() >= this.lastOfVersion;
  }

  /**
   * From its next start on it builds its data again. Where it ends in between it goes on from there: of `-reindex` a flag in its block index says so, and
   * `-reindex-chainstate` has flushed how far it came (src/init.cpp, src/node/chainstate.cpp of Bitcoin Core). Call this only while it does not run.
   */
  buildAgain(seconds: number): void {
    this.buildSeconds = seconds;
  }

  /** It cannot pass this block with these data; undefined: it can again. */
  blockAt(barrier: number | undefined): void {
    this.settle();
    this.barrier = barrier ?? Number.POSITIVE_INFINITY;
    this.plan();
  }

  /** Follows at this part of its own speed from now on: its volumes have become slow or fast. */
  slowDown(speed: number): void {
    if (speed === this.speed) return;
    this.settle();
    this.speed = speed;
    this.plan();
  }

  /** It is as fast as its chain: one that is slower never catches up. */
  get keepsUp(): boolean {
    return this.blocksPerSecond * this.speed * this.followed.blockIntervalMs >= 1_000;
  }

  /** Calls the listener each time the process has come up. */
  onStart(listener: () => void): void {
    this.startListeners.push(listener);
  }

  height(): number {
    return Math.floor(this.position());
  }

  heightLag(): number {
    return Math.max(0, this.chain.height() - this.height());
  }

  /** Writes to the volumes what it followed since the last call. Call it before they are read or changed. */
  settle(): void {
    const from = Math.floor(this.anchor.height);
    const position = this.position();
    for (const volume of this.volumes) volume.store(from, Math.floor(position));
    this.anchor = { height: position, atMs: this.kernel.clock.now() };
  }

  /** Call it after a change of what decides when a volume is full: a size, a start, the chain. Call `settle` first. */
  plan(): void {
    this.overflow?.cancel();
    this.overflow = undefined;
    if (!this.advances) return;
    this.settle();
    const from = Math.floor(this.anchor.height);
    const height = Math.min(...this.volumes.map((volume) => volume.overflowsAt(from)));
    this.ceiling = height - 1;
    if (height > Math.min(this.barrier, this.lastOfVersion)) return;
    const followedMs = this.anchor.atMs + ((height - this.anchor.height) / (this.blocksPerSecond * this.speed)) * 1_000;
    const atMs = Math.max(this.followed.reaches(height), Math.ceil(followedMs));
    if (Number.isFinite(atMs)) this.overflow = this.kernel.clock.at(atMs, () => this.overflowAt(height));
  }

  /** Starts it; false: it died immediately. A volume has no room or is not mounted, or its configuration or data are broken. */
  start(): boolean {
    if (this.currentState === 'running') return true;
    const height = this.height();
    if (this.volumes.some(({ mounted }) => !mounted) || !this.takesConfiguration() || !this.takesData()) {
      this.currentState = 'failed';
      return false;
    }
    if (this.volumes.some((volume) => volume.fullAt(height))) {
      this.currentState = this.endForDisk;
      this.cleanly = this.currentState === 'stopped';
      return false;
    }
    this.currentState = 'running';
    this.cleanly = false;
    this.killed = false;
    this.ceiling = Number.POSITIVE_INFINITY;
    this.anchor = { height: this.anchor.height, atMs: this.kernel.clock.now() };
    this.holds.delete('ended-inside');
    if (this.thawsOnRestart) this.holds.delete('frozen');
    this.startedAtMs = this.kernel.clock.now();
    const cold = this.coldStart();
    const loadsSeconds = this.startSeconds + this.buildSeconds + cold.seconds;
    const loaded = (): void => {
      cold.end();
      this.loaded(loadsSeconds);
    };
    if (loadsSeconds > 0) this.loading = this.kernel.clock.after(loadsSeconds * 1_000, loaded);
    else loaded();
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

  /** It is asked to end, and does not serve from now on; `stopped` says how it ends. */
  beginStop(): void {
    this.stop('failed', 'stopped');
  }

  /** It ended, or was killed, after so many seconds. */
  stopped(how: 'clean' | 'killed', afterSeconds: number): void {
    if (this.currentState === 'running') return;
    this.currentState = how === 'clean' ? 'stopped' : 'failed';
    this.cleanly = how === 'clean';
    this.killed = how === 'killed';
    if (this.currentOutage) this.currentOutage = { ...this.currentOutage, stopSeconds: afterSeconds };
  }

  private loaded(startSeconds: number): void {
    this.loading = undefined;
    this.upFromMs = this.kernel.clock.now();
    this.closeOutage(startSeconds);
    this.buildSeconds = 0;
    this.anchor = { height: this.anchor.height, atMs: this.upFromMs };
    this.vote();
    this.plan();
  }

  private end(state: 'stopped' | 'failed', cause: OutageCause): void {
    this.overflow?.cancel();
    if (this.loading)
      this.buildSeconds = Math.max(0, this.buildSeconds - (this.kernel.clock.now() - this.startedAtMs) / 1_000);
    this.loading?.cancel();
    this.loading = undefined;
    this.currentState = state;
    this.cleanly = state === 'stopped';
    this.killed = false;
    // A client that ends while it loads has not served since the outage began.
    this.closeOutage(undefined);
    this.currentOutage = { cause, fromMs: this.kernel.clock.now() };
    this.vote();
  }

  /**
   * geth watches the free space of its disk and ends as if asked to (`--datadir.minfreedisk`; cmd/utils/cmd.go, monitorFreeDiskSpace). Here it ends
   * with the last block that has room; the real one a little earlier. Other clients die of a full disk.
   */
  private get endForDisk(): 'stopped' | 'failed' {
    const { protocol } = this.chain;
    return protocol !== undefined && familyOf(protocol) === 'ethereum' ? 'stopped' : 'failed';
  }

  private get advances(): boolean {
    return this.currentState === 'running' && !this.starting && this.holds.size === 0;
  }

  private closeOutage(startSeconds: number | undefined): void {
    if (!this.currentOutage) return;
    const toMs = this.kernel.clock.now();
    this.pastOutages.push({ ...this.currentOutage, toMs, ...(startSeconds && { startSeconds }) });
    this.pastOutages.splice(0, Math.max(0, this.pastOutages.length - OUTAGES_MAX));
    this.currentOutage = undefined;
  }

  /** Reports to the chain whether it takes part in consensus. */
  private vote(): void {
    const takesPart = !this.holds.has('frozen') && !this.holds.has('no-writes') && !this.holds.has('ended-inside');
    const votes = this.upSinceMs !== undefined && takesPart && this.followed === this.chain.main;
    this.chain.setVoting(this.nodeId, votes);
    this.chain.network.changed();
  }

  private overflowAt(height: number): void {
    const from = Math.floor(this.anchor.height);
    for (const volume of this.volumes) {
      const fits = volume.fits(from, height);
      volume.store(from, height - 1);
      if (!fits) volume.overflow(height - 1);
    }
    this.anchor = { height: height - 1, atMs: this.kernel.clock.now() };
    if (!this.outlivesFullDisk) {
      this.end(this.endForDisk, 'disk-full');
      return;
    }
    this.overflow?.cancel();
    this.holds.add('ended-inside');
    this.currentOutage ??= { cause: 'disk-full', fromMs: this.kernel.clock.now() };
    this.vote();
  }

  private position(): number {
    if (!this.advances) return this.anchor.height;
    const perSecond = this.blocksPerSecond * this.speed;
    const followed = this.anchor.height + ((this.kernel.clock.now() - this.anchor.atMs) / 1_000) * perSecond;
    return Math.max(
      this.anchor.height,
      Math.min(this.followed.height(), followed, this.ceiling, this.barrier, this.lastOfVersion),
    );
  }
}
