// A small model of a node, its instances, its volumes and a few snapshots. Time passes, states settle, watch-fleet looks once a minute, and EC2 shows
// its current view. ladder-acts.ts has the effects of acts; ladder-never.ts has the forbidden states.
import type { Facts, Watched } from '../../../functions/replace-node/facts.ts';
import { type Behaviour, type LadderSetting, ZONES } from './ladder-setting.ts';
import type { Shown, View } from './ladder-view.ts';

export const NODE = 'node2';
export const OLD = 'i-0a1b2c3d4e5f60718';
export const SIBLING_ID = 'i-0d1b2c3d4e5f60718';
const ROOT = 'vol-0a00000000000000a';
export const START_MS = Date.UTC(2026, 0, 1, 12);
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** "A stop of ours ends within 15 minutes while the node can be reached." */
const GIVEN_BACK_MS = 15 * MINUTE_MS;

/** The chain makes a block each 15 s; a client that catches up takes in one a second. */
const BLOCK_MS = 15_000;
export const CHAIN_AT_START = 1050;
export const STOPPED_AT = 1000;
const COPY_HEIGHT = STOPPED_AT - 100;
const LOADS_MS = 20_000;
const ROLLED_BACK_BLOCKS = 20;

/** The duration of states that AWS calls temporary. */
export const TAKES_MS = {
  boot: 20_000,
  agent: 30_000,
  checks: 60_000,
  stop: 60_000,
  create: 8_000,
  attach: 6_000,
  detach: 6_000,
};

export interface Box {
  readonly id: string;
  readonly zone: string;
  power: 'pending' | 'running' | 'stopping' | 'stopped' | 'terminated';
  powerAtMs: number;
  healthy: boolean;
  /** Until then Systems Manager still shows the agent as online. */
  lingersUntilMs: number;
  /** The defect is in the instance: the replacement's client ends on any data. */
  breaksClients: boolean;
  rootId: string;
  masked: boolean;
  /** The version of its client: the one before, or the one that is wanted. */
  version: 'from' | 'to';
  /** The time since when its client runs. */
  runsSinceMs: number | null;
  ended: boolean;
  /** A person has stopped its client, and nobody has started it since. */
  left: boolean;
  /** A command of the heal, or its stop of the instance, may have taken the client down, and the node has not said since that it runs. */
  ours: boolean;
  mounted: (string | null)[];
  fstab: (string | null)[];
  /** The highest fence that the node has seen. */
  fence: number;
  /** Of the last command that it has carried out, "<fence>.<ordinal>". */
  lastDone: string;
  joining: boolean;
  retired: boolean;
  standby: boolean;
  observed: Watched | null;
}

export interface Disk {
  readonly id: string;
  behaviour: Behaviour;
  height: number;
  /** The highest height in its signing state. */
  signed: number;
  identity: 'own' | 'donor' | 'none';
  at: { instanceId: string; device: string } | null;
  state: 'creating' | 'available' | 'attaching' | 'attached' | 'detaching';
  readonly zone: string;
  readonly origin: 'found' | 'root' | string;
  readonly part: number;
  readonly madeAtMs: number;
  /** Tagged with the end of its keeping time. */
  kept: boolean;
  /** Commands that still have to copy files onto it. */
  fillsLeft: number;
  /** The new version has opened it: the one before cannot. */
  migrated: boolean;
}

export type Later = { readonly atMs: number } & (
  | { readonly is: 'power'; readonly id: string }
  | { readonly is: 'person'; readonly id: string }
  | { readonly is: 'client'; readonly id: string }
  | { readonly is: 'disk'; readonly id: string }
  | { readonly is: 'act'; readonly number: number }
);

export class LadderWorld {
  nowMs = START_MS;
  setting: LadderSetting;
  readonly boxes = new Map<string, Box>();
  readonly disks = new Map<string, Disk>();
  /** The tokens of CreateVolume and RunInstances. */
  readonly tokens = new Map<string, string>();
  later: Later[] = [];
  /** An old view that Describe shows until then. */
  stale: { readonly untilMs: number; readonly view: View } | null = null;
  pausedUntilMs = 0;
  /** Until then the fleet file cannot be read, and heals go by its last readable version. */
  brokenFileUntilMs = 0;
  /** Until then nobody can ask any node: AWS fails, or the probe does. */
  blindUntilMs = 0;
  /** Until then EC2 answers nobody. */
  ec2AwayUntilMs = 0;
  /** A heal has died, or AWS has refused a call or not answered it. */
  hurt = false;
  /** A person has taken back what was asked for: it is said, or a heal has read it. null: nobody has. */
  word: 'said' | 'heard' | null = null;
  /** The highest that this node's key has ever signed. */
  signed = STOPPED_AT;
  /** The current rung has had an effect: on the node, or by a created resource. */
  felt = false;
  /** How often AWS has refused to make a volume, or to attach it. */
  copiesRefused = 0;
  /** How often its owner's roll-back was run. */
  rollBacks = 0;
  /** The same of its owner's reindex. */
  reindexes = 0;
  /** Zones in which EC2 has said that it does not permit a launch: an answer that was lost said nothing. */
  forbiddenIn = new Set<string>();
  /** A person has done more than to pause. */
  meddled = false;
  /** A client was started that a person had stopped. */
  overruled = false;
  /** Since when its client is down through a heal, though a command reaches the node and its volumes are there; null: it is not so. */
  downSinceMs: number | null = null;
  /** It was so for longer than a quarter of an hour. */
  keptDown = false;
  /** What was begun on a node beside itself: a join, the end of the old client. A pause does not stop what may be half done. */
  readonly begunBeside = new Set<string>();
  readonly broken = new Set<string>();
  /** Counts what may have changed an instance or a volume: between two changes nothing is described, or looked for, a second time. */
  version = 0;
  /** The version that was last looked at (ladder-never.ts). */
  lookedAt = -1;
  /** What EC2 shows of its version, once it was asked for (ladder-view.ts). */
  shown: Shown | null = null;

  constructor(setting: LadderSetting) {
    this.setting = setting;
    const dead = setting.dead !== null;
    this.boxes.set(OLD, {
      ...newBox(OLD, ZONES[0], ROOT, setting.fleet.volumes.length),
      power: 'running',
      powerAtMs: START_MS - 60 * MINUTE_MS,
      healthy: !dead,
      lingersUntilMs: setting.dead === 'lingers' ? START_MS + 4 * MINUTE_MS : 0,
      masked: false,
      runsSinceMs: setting.before === 'ends' ? null : START_MS - 60 * MINUTE_MS,
      ended: setting.before === 'ends',
      mounted: setting.fleet.volumes.map((_, part) => foundId(part)),
      fstab: setting.fleet.volumes.map((_, part) => foundId(part)),
    });
    this.disks.set(ROOT, { ...this.newDisk(ROOT, 'root', -1, 'follows', ZONES[0]), ...attachedTo(OLD, '/dev/xvda') });
    for (const part of setting.fleet.volumes.keys()) {
      const own = { ...this.newDisk(foundId(part), 'found', part, setting.before, ZONES[0]), height: STOPPED_AT };
      this.disks.set(own.id, { ...own, ...attachedTo(OLD, `/dev/sd${'fg'[part]}`) });
      if (setting.kept === null) continue;
      const id = `vol-0e0000000000000${part}e`;
      this.disks.set(id, { ...this.newDisk(id, 'kept', part, setting.kept, ZONES[0]), state: 'available', kept: true });
    }
    this.observe(START_MS);
  }

  newDisk(id: string, origin: string, part: number, behaviour: Behaviour, zone: string): Disk {
    const identity = origin === SIBLING_ID || (isMade(origin) && this.setting.donor === 'sibling') ? 'donor' : 'own';
    const heights = { height: COPY_HEIGHT, signed: origin === 'found' ? STOPPED_AT : COPY_HEIGHT };
    const rest = { at: null, state: 'creating', kept: false, fillsLeft: 0, migrated: false } as const;
    return { id, behaviour, ...heights, identity, ...rest, zone, origin, part, madeAtMs: this.nowMs };
  }

  /** The setting says how a new instance behaves. */
  newYoung(id: string, zone: string): Box {
    const { young, fleet } = this.setting;
    const rootId = id.replace(/^i-0c/, 'vol-0b');
    this.disks.set(rootId, { ...this.newDisk(rootId, 'root', -1, 'follows', zone), ...attachedTo(id, '/dev/xvda') });
    const box = newBox(id, zone, rootId, fleet.volumes.length);
    return {
      ...box,
      healthy: young !== 'unhealthy',
      masked: young !== 'unmasked',
      breaksClients: young === 'ends',
      joining: true,
    };
  }

  get isEc2Away(): boolean {
    return this.nowMs < this.ec2AwayUntilMs;
  }

  /** Until when nothing may be begun. */
  get heldUntilMs(): number {
    return Math.max(this.pausedUntilMs, this.brokenFileUntilMs);
  }

  get isHeld(): boolean {
    return this.nowMs < this.heldUntilMs;
  }

  /** The height of the chain. */
  get chain(): number {
    return CHAIN_AT_START + Math.floor((this.nowMs - START_MS) / BLOCK_MS);
  }

  box(id: string): Box {
    const box = this.boxes.get(id);
    if (!box) throw new Error(`there is no instance ${id}`);
    return box;
  }

  /** The launched instances, if there are any. */
  youngs(): readonly Box[] {
    return [...this.boxes.values()].filter(({ id }) => id !== OLD);
  }

  /** Time passes: pending changes settle, and watch-fleet looks at each full minute. */
  pass(forMs: number, due: (number: number) => void): void {
    const untilMs = this.nowMs + forMs;
    this.noteDown();
    for (;;) {
      const next = this.later.toSorted((a, b) => a.atMs - b.atMs)[0];
      const lookMs = (Math.floor(this.nowMs / MINUTE_MS) + 1) * MINUTE_MS;
      // No reader looks further back than the last of many minutes.
      const nextLookMs =
        next === undefined && untilMs - lookMs > MINUTE_MS ? Math.floor(untilMs / MINUTE_MS) * MINUTE_MS : lookMs;
      if (Math.min(next?.atMs ?? Number.POSITIVE_INFINITY, nextLookMs) > untilMs) break;
      if (next && next.atMs <= nextLookMs) {
        this.later = this.later.filter((one) => one !== next);
        this.nowMs = Math.max(this.nowMs, next.atMs);
        this.touch();
        if (next.is === 'act') due(next.number);
        else if (next.is === 'person') this.comesBack(this.box(next.id));
        else if (next.is === 'client') this.startedByPerson(this.box(next.id));
        else if (next.is === 'power') this.settlePower(this.box(next.id));
        else this.settleDisk(next.id);
      } else {
        this.nowMs = nextLookMs;
        this.observe(nextLookMs);
      }
    }
    this.nowMs = untilMs;
    this.noteDown();
  }

  private noteDown(): void {
    if (!this.isDownByHeal()) {
      this.downSinceMs = null;
      return;
    }
    this.downSinceMs ??= this.nowMs;
    if (this.keptDown || this.nowMs - this.downSinceMs <= GIVEN_BACK_MS) return;
    this.keptDown = true;
    this.touch();
  }

  private isDownByHeal(): boolean {
    const old = this.box(OLD);
    // What EC2 was asked for before, only EC2 can tell (docs/model.md, "What is not covered").
    if (this.hurt && this.isEc2Away) return false;
    if (this.meddled || !old.ours || old.left || old.ended || old.runsSinceMs !== null || !this.answers(old))
      return false;
    if (this.youngs().some(({ runsSinceMs }) => runsSinceMs !== null)) return false;
    return old.fstab.every((id) => id !== null && this.isAttached(id, OLD));
  }

  power(box: Box, to: 'start' | 'stop'): void {
    box.power = to === 'start' ? 'pending' : 'stopping';
    box.powerAtMs = this.nowMs;
    if (to === 'stop') box.lingersUntilMs = 0;
    this.later.push({ atMs: this.nowMs + TAKES_MS[to === 'start' ? 'boot' : 'stop'], is: 'power', id: box.id });
  }

  private comesBack(box: Box): void {
    if (box.power === 'stopped' && this.isAttached(box.rootId, box.id)) this.power(box, 'start');
  }

  private startedByPerson(box: Box): void {
    box.left = false;
    if (box.power === 'running') this.startClient(box);
  }

  private settlePower(box: Box): void {
    if (box.power === 'stopping') {
      this.stopClient(box);
      Object.assign(box, { power: 'stopped', mounted: box.mounted.map(() => null), ended: false });
    }
    if (box.power !== 'pending') return;
    Object.assign(box, { power: 'running', powerAtMs: this.nowMs });
    if (this.setting.dead === 'until-started') box.healthy = true;
    for (const [part, id] of box.fstab.entries())
      box.mounted[part] = id !== null && this.isAttached(id, box.id) ? id : null;
    // A boot starts what is enabled.
    box.left = false;
    this.startClient(box);
  }

  moves(disk: Disk, state: 'creating' | 'attaching' | 'detaching'): void {
    disk.state = state;
    const takes = state === 'creating' ? 'create' : state === 'attaching' ? 'attach' : 'detach';
    this.later.push({ atMs: this.nowMs + TAKES_MS[takes], is: 'disk', id: disk.id });
  }

  private settleDisk(id: string): void {
    const disk = this.disks.get(id);
    if (disk?.state === 'attaching') disk.state = 'attached';
    else if (disk?.state === 'creating') disk.state = 'available';
    else if (disk?.state === 'detaching') Object.assign(disk, { state: 'available', at: null });
  }

  isAttached(id: string, instanceId: string): boolean {
    const disk = this.disks.get(id);
    return disk?.state === 'attached' && disk.at?.instanceId === instanceId;
  }

  /** Starts the client, unless it is masked or a volume is missing; on some data it ends immediately. */
  startClient(box: Box): void {
    if (box.runsSinceMs !== null || box.masked) return;
    this.overruled ||= box.left;
    const disks = box.mounted.map((id) => this.disks.get(id ?? ''));
    const ends =
      disks.some((disk) => !disk || this.behaviourAfterStart(disk) === 'ends') || box.breaksClients || this.opens(box);
    box.ended = ends;
    if (!ends) box.runsSinceMs = this.nowMs;
  }

  /** What the new version opens, it migrates. @returns whether the version ends on it */
  private opens({ version, mounted }: Box): boolean {
    const disks = mounted.flatMap((id) => this.disks.get(id ?? '') ?? []);
    if (version === 'from') return disks.some(({ migrated }) => migrated);
    for (const disk of disks) disk.migrated = true;
    return this.setting.newVersion === 'ends';
  }

  private behaviourAfterStart(disk: Disk): Behaviour {
    const { rolledBack, reindexed, afterRestart } = this.setting;
    const after = this.reindexes > 0 && reindexed ? reindexed : this.rollBacks > 0 && rolledBack ? rolledBack : null;
    if (disk.origin === 'found') disk.behaviour = after ?? afterRestart;
    return disk.behaviour;
  }

  /** The owner's own command, while the client does not run. */
  rollBack({ mounted }: Box): void {
    this.rollBacks++;
    for (const id of mounted) {
      const disk = this.disks.get(id ?? '');
      if (disk) disk.height -= ROLLED_BACK_BLOCKS;
    }
  }

  stopClient(box: Box): void {
    const height = this.heightOf(box);
    for (const id of box.mounted) {
      const disk = this.disks.get(id ?? '');
      if (disk && height !== null) disk.height = height;
    }
    box.runsSinceMs = null;
  }

  /** null where there is no client, or it answers nobody. */
  heightOf(box: Box): number | null {
    const disk = this.disks.get(box.mounted[0] ?? '');
    if (!disk || box.runsSinceMs === null || disk.behaviour === 'hangs') return null;
    const loaded = Math.max(0, this.nowMs - box.runsSinceMs - LOADS_MS);
    const ceiling = this.standsIn(box) ? disk.height : this.ceilingOf(disk);
    return Math.min(Math.max(disk.height, ceiling), disk.height + Math.floor(loaded / SECOND_MS));
  }

  private standsIn({ version }: Box): boolean {
    return version === 'to' && this.setting.newVersion === 'stands';
  }

  private ceilingOf({ behaviour }: Disk): number {
    const chain = CHAIN_AT_START + Math.floor((this.nowMs - START_MS) / BLOCK_MS);
    return behaviour === 'same-stop' ? STOPPED_AT : behaviour === 'lower-stop' ? STOPPED_AT - 50 : chain;
  }

  observe(atMs: number = this.nowMs): void {
    for (const box of this.boxes.values()) {
      const before = box.observed;
      box.observed = box.joining || box.retired || box.power === 'terminated' ? null : this.observed(box, atMs);
      // It is so since the first look that found it so.
      if (before?.health === 'unreachable' && box.observed?.health === 'unreachable')
        box.observed = { ...box.observed, sinceMs: before.sinceMs };
      const height = this.heightOf(box);
      const disk = this.disks.get(box.mounted[0] ?? '');
      if (disk && height !== null && box.power === 'running') {
        disk.signed = Math.max(disk.signed, height);
        if (disk.signed <= this.signed) continue;
        this.signed = disk.signed;
        this.touch();
      }
    }
  }

  private observed(box: Box, atMs: number): Watched {
    const height = this.heightOf(box);
    const disk = this.disks.get(box.mounted[0] ?? '');
    const base = {
      instanceId: box.id,
      observedAtMs: atMs,
      sinceMs: atMs - SECOND_MS,
      height,
      stoodSinceMs: null,
      lagBlocks: null,
    } as const;
    if (atMs < this.blindUntilMs) return { ...base, health: 'unknown', reason: 'it could not be asked', height: null };
    if (box.power !== 'running' || !box.healthy || height === null || !disk || box.runsSinceMs === null)
      return { ...base, health: 'unreachable', reason: 'its client does not answer', height: null };
    const chain = CHAIN_AT_START + Math.floor((atMs - START_MS) / BLOCK_MS);
    const told = { ...base, lagBlocks: chain - height, reason: `height ${height}` };
    if (disk.behaviour === 'forked') return { ...told, health: 'forked' };
    const toGo = this.standsIn(box) ? 0 : this.ceilingOf(disk) - disk.height;
    const stoodSinceMs = box.runsSinceMs + LOADS_MS + Math.max(0, toGo) * SECOND_MS;
    const stuckMs = stoodSinceMs + this.setting.fleet.health.patienceSeconds * SECOND_MS;
    const stands = disk.behaviour === 'same-stop' || disk.behaviour === 'lower-stop' || this.standsIn(box);
    if (stands && atMs > stuckMs) return { ...told, health: 'stuck', sinceMs: stuckMs };
    return { ...told, health: chain - height <= 3 ? 'synced' : 'behind' };
  }

  /** Whether the instance carries out a command. */
  answers(box: Box): boolean {
    return box.power === 'running' && box.healthy && this.nowMs - box.powerAtMs >= TAKES_MS.agent;
  }

  watched(instanceId: string): Facts['watched'] {
    const { observed } = this.box(instanceId);
    return observed && this.nowMs - observed.observedAtMs <= 3 * MINUTE_MS ? observed : null;
  }

  touch(): void {
    this.version++;
  }

  /** What is only ever replaced as a whole is shared. */
  clone(): LadderWorld {
    return Object.assign(Object.create(LadderWorld.prototype), this, {
      boxes: new Map(
        [...this.boxes].map(([id, box]) => [id, { ...box, mounted: [...box.mounted], fstab: [...box.fstab] }]),
      ),
      disks: new Map([...this.disks].map(([id, disk]) => [id, { ...disk }])),
      tokens: new Map(this.tokens),
      later: [...this.later],
      forbiddenIn: new Set(this.forbiddenIn),
      begunBeside: new Set(this.begunBeside),
      broken: new Set(this.broken),
    });
  }
}

/** A volume that the ladder has made from a snapshot set or from a sibling. */
export const isMade = (origin: string): boolean => origin.startsWith('set-') || origin === SIBLING_ID;

const foundId = (part: number): string => `vol-0f00000000000f0${part}0`;

const attachedTo = (instanceId: string, device: string) => ({ at: { instanceId, device }, state: 'attached' as const });

const newBox = (id: string, zone: string, rootId: string, parts: number): Box => ({
  id,
  zone,
  power: 'pending',
  powerAtMs: START_MS,
  healthy: true,
  lingersUntilMs: 0,
  breaksClients: false,
  rootId,
  masked: true,
  version: 'from',
  runsSinceMs: null,
  ended: false,
  left: false,
  ours: false,
  mounted: Array.from({ length: parts }, () => null),
  fstab: Array.from({ length: parts }, () => null),
  fence: 0,
  lastDone: '0.0',
  joining: false,
  retired: false,
  standby: false,
  observed: null,
});
