// A node, its instance, its volumes and a few snapshots, as small as they can be: what the ladder's own decisions are driven against, with a
// call that is lost, a heal that dies, or an answer that never comes at any place.
import type { Act, Facts, Result } from '../../functions/replace-node/model.ts';
import type { InstanceNow } from '../../shared/aws/instances.ts';
import type { VolumeNow } from '../../shared/aws/volumes.ts';
import type { NodeState } from '../../shared/documents/node-answer.ts';
import type { Fleet, Role } from '../../shared/fleet/model.ts';
import type { ReplaceMemory } from '../../shared/heal/memory.ts';
import type { Want } from '../../shared/heal/records.ts';
import type { SnapshotFact, SnapshotSet } from '../../shared/snapshots/model.ts';

/** What a client makes of data: it follows its chain; it ends; it stands still where the node had stopped, or below. */
export type Behaviour = 'follows' | 'ends' | 'same-stop' | 'lower-stop';

export interface LadderSetting {
  readonly fleet: Fleet;
  readonly want: Want;
  readonly role: Role;
  /** What its own data do: before a restart, and after one. */
  readonly before: Behaviour;
  readonly afterRestart: Behaviour;
  /** What the sets of snapshots do, best first. */
  readonly sets: readonly Behaviour[];
  /** Instance and agent are out of reach from the beginning, until the instance was stopped and started, or for good. */
  readonly dead?: 'until-started' | 'for-good';
  /** The node's own zone, then another one. */
  readonly capacity: readonly [boolean, boolean];
  readonly youngWorks: boolean;
}

type Power = 'none' | 'running' | 'stopped';

interface Box {
  power: Power;
  masked: boolean;
  client: 'running' | 'stopped' | 'failed';
  /** Volumes at the mount point: found, copy or nothing. */
  mounted: string | null;
  root: boolean;
  healthy: boolean;
}

export const OLD = 'i-0a1b2c3d4e5f60718';
export const YOUNG = 'i-0b1b2c3d4e5f60718';
export const FOUND = 'vol-0a1b2c3d4e5f60718';
const ROOT = 'vol-0r00000000000000'.replace('r', 'a');
const ZONES = ['eu-west-1a', 'eu-west-1b'] as const;
const SUBNETS = ['subnet-0a', 'subnet-0b'] as const;
const STOPPED_AT = 1000;
const START_MS = Date.UTC(2026, 0, 1, 12);

interface Disk {
  behaviour: Behaviour;
  attachedTo: string | null;
  readonly zone: string;
  readonly node: string;
}

export class LadderWorld {
  nowMs = START_MS;
  readonly setting: LadderSetting;
  readonly boxes: Record<'old' | 'young', Box>;
  readonly disks = new Map<string, Disk>();
  /** By CreateVolume's token. */
  readonly tokens = new Map<string, string>();
  launches = 0;
  joined = false;
  youngZone: string = ZONES[0];
  /** What must never be, in words. */
  readonly broken: string[] = [];
  readonly swaps: string[] = [];
  replacements = 0;

  constructor(setting: LadderSetting) {
    this.setting = setting;
    const dead = setting.dead !== undefined;
    this.boxes = {
      old: {
        power: 'running',
        masked: false,
        client: dead ? 'failed' : setting.before === 'ends' ? 'failed' : 'running',
        mounted: FOUND,
        root: true,
        healthy: !dead,
      },
      young: { power: 'none', masked: true, client: 'stopped', mounted: null, root: true, healthy: setting.youngWorks },
    };
    this.disks.set(FOUND, { behaviour: setting.before, attachedTo: OLD, zone: ZONES[0], node: 'node2' });
  }

  facts(memory: ReplaceMemory | null, seen: NodeState | null): Facts {
    const { fleet, want, role, sets } = this.setting;
    const runs = this.joined ? 'young' : 'old';
    return {
      nowMs: this.nowMs,
      fleet,
      want,
      role,
      node: 'node2',
      incidentId: '7f3a0c1d',
      onsetMs: START_MS - 60_000,
      old: this.machine('old'),
      young: memory?.machine?.instanceId ? this.machine('young') : null,
      volumes: [...this.disks].map(([volumeId, disk]) => this.volume(volumeId, disk)),
      seen,
      watched: this.watched(runs),
      breaker: { open: false, sentence: '1 of 5 nodes unhealthy or unknown, limit 1' },
      haltedSinceMs: null,
      sources: {
        good: sets
          .map((_, at) => setOf(at))
          .filter(({ setId }) => !memory?.tried.some(({ source }) => source === setId)),
        refused: [],
        sibling: null,
        kept: null,
      },
      initialization: null,
    };
  }

  private machine(which: 'old' | 'young') {
    const box = this.boxes[which];
    if (box.power === 'none') return null;
    const running = box.power === 'running';
    const instance: InstanceNow = {
      instanceId: which === 'old' ? OLD : YOUNG,
      state: box.power === 'running' ? 'running' : 'stopped',
      availabilityZone: which === 'old' ? ZONES[0] : this.youngZone,
      subnetId: which === 'old' ? SUBNETS[0] : this.youngZone === ZONES[0] ? SUBNETS[0] : SUBNETS[1],
      vpcId: 'vpc-0123456789abcdef0',
      instanceType: 'c5.large',
      privateIp: '10.0.0.10',
      rootDevice: '/dev/xvda',
      rootVolumeId: box.root ? ROOT : null,
      devices: [],
      tags: {},
      launchTemplate: { id: 'lt-0123456789abcdef0', version: '1' },
      autoScalingGroup: null,
      cloudFormationStack: null,
      instanceStore: false,
      publicIp: null,
    };
    const check = box.healthy ? 'ok' : 'impaired';
    return {
      instance,
      checks: running
        ? ({ system: 'ok', instance: check, attachedEbs: 'ok' } as const)
        : ({ system: 'not-applicable', instance: 'not-applicable', attachedEbs: 'not-applicable' } as const),
      agentOnline: running && box.healthy,
    };
  }

  private volume(volumeId: string, { attachedTo, zone }: Disk): VolumeNow {
    const attachment = attachedTo && {
      instanceId: attachedTo,
      device: '/dev/sdf',
      state: 'attached' as const,
      deleteOnTermination: false,
    };
    return {
      volumeId,
      state: attachedTo ? 'in-use' : 'available',
      sizeGiB: 500,
      type: 'gp3',
      iops: 3000,
      throughputMiBps: 125,
      availabilityZone: zone,
      encrypted: true,
      kmsKeyId: null,
      snapshotId: '',
      attachment: attachment || null,
      tags: this.setting.fleet.volumes[0]?.tags ?? {},
    };
  }

  private watched(which: 'old' | 'young') {
    const box = this.boxes[which];
    const base = {
      instanceId: which === 'old' ? OLD : YOUNG,
      reason: 'as the world is',
      sinceMs: this.nowMs - 30_000,
      observedAtMs: this.nowMs,
    };
    const disk = box.mounted === null ? undefined : this.disks.get(box.mounted);
    if (box.power !== 'running' || !box.healthy || box.client !== 'running' || !disk)
      return { ...base, health: 'unreachable', height: null, lagBlocks: null } as const;
    switch (disk.behaviour) {
      case 'follows':
        return { ...base, health: 'synced', height: STOPPED_AT + 50, lagBlocks: 0 } as const;
      case 'lower-stop':
        return { ...base, health: 'stuck', height: STOPPED_AT - 200, lagBlocks: 250 } as const;
      default:
        return { ...base, health: 'stuck', height: STOPPED_AT, lagBlocks: 50 } as const;
    }
  }

  state(which: 'old' | 'young'): NodeState {
    const box = this.boxes[which];
    const path = this.setting.fleet.volumes[0]?.path ?? '';
    const mounted =
      box.mounted === null
        ? []
        : [
            {
              path,
              volumeId: box.mounted,
              filesystem: 'xfs',
              sizeBytes: 500 * 2 ** 30,
              usedBytes: 200 * 2 ** 30,
              readOnly: false,
            },
          ];
    return {
      clients: [
        {
          state: box.client,
          exitStatus: box.client === 'failed' ? 1 : box.client === 'stopped' ? 0 : null,
          lastLine: '',
          masked: box.masked,
        },
      ],
      volumes: mounted,
      devices: [...this.disks].flatMap(([id, { attachedTo }]) =>
        attachedTo === (which === 'old' ? OLD : YOUNG) ? [id] : [],
      ),
      rootUsedPercent: 20,
    };
  }

  /** Carries an act out, wholly. */
  apply(act: Act, memory: ReplaceMemory | null): Result {
    const atMs = (this.nowMs += act.do === 'wait' ? act.seconds * 1000 : 5_000);
    const done: Result = { is: 'done', atMs };
    const result = this.carryOut(act, memory, done);
    this.look();
    return result;
  }

  private carryOut(act: Act, memory: ReplaceMemory | null, done: Extract<Result, { is: 'done' }>): Result {
    const { old, young } = this.boxes;
    switch (act.do) {
      case 'inspect':
        return this.reachable(act.which)
          ? { ...done, seen: this.state(act.which) }
          : { is: 'unknown', atMs: done.atMs, reason: 'silent' };
      case 'restart': {
        const disk = this.disks.get(old.mounted ?? '');
        if (disk && old.mounted === FOUND) disk.behaviour = this.setting.afterRestart;
        this.start('old');
        return { ...done, seen: this.state('old') };
      }
      case 'stop-instance':
        this.stop(act.which);
        return done;
      case 'start-instance':
        if (!old.root) return { is: 'failed', atMs: done.atMs, reason: 'IncorrectState: no root volume' };
        old.power = 'running';
        if (this.setting.dead === 'until-started') old.healthy = true;
        if (old.healthy && !old.masked) this.start('old');
        return done;
      case 'create':
        return this.create(act.at, memory, done);
      case 'attach':
        return this.attach(act.volumeId, act.which, done);
      case 'detach':
        return this.detach(act.volumeId, act.which, done);
      case 'check':
        return { ...done, seen: this.state('old') };
      case 'swap':
        return this.swap(act.to, memory, done);
      case 'launch':
        return this.launch(memory, done);
      case 'mask-old':
        old.client = 'stopped';
        old.masked = true;
        old.mounted = null;
        return { ...done, seen: this.state('old') };
      case 'mask-young':
        young.client = 'stopped';
        young.masked = true;
        young.mounted = null;
        return { ...done, seen: this.state('young') };
      case 'join':
        this.joined = true;
        return done;
      case 'leave':
        this.joined = false;
        return done;
      case 'take-over':
        young.masked = false;
        young.mounted = memory?.copy?.volumes[0]?.volumeId ?? FOUND;
        this.start('young');
        return { ...done, seen: this.state('young') };
      case 'start-old':
        old.masked = false;
        old.mounted = FOUND;
        this.start('old');
        return { ...done, seen: this.state('old') };
      case 'drop-machine':
        if (young.power !== 'none') this.launches += 0;
        return done;
      default:
        return done;
    }
  }

  private reachable = (which: 'old' | 'young'): boolean =>
    this.boxes[which].power === 'running' && this.boxes[which].healthy;

  private start(which: 'old' | 'young'): void {
    const box = this.boxes[which];
    const disk = box.mounted === null ? undefined : this.disks.get(box.mounted);
    if (!disk || box.masked) {
      box.client = 'failed';
      return;
    }
    if (disk.attachedTo !== (which === 'old' ? OLD : YOUNG))
      this.broken.push(`${which} mounts ${box.mounted}, which is not attached to it`);
    box.client = disk.behaviour === 'ends' ? 'failed' : 'running';
  }

  private stop(which: 'old' | 'young'): void {
    const box = this.boxes[which];
    box.power = 'stopped';
    box.client = 'stopped';
  }

  private create(at: number, memory: ReplaceMemory | null, done: Extract<Result, { is: 'done' }>): Result {
    const { copy } = memory ?? {};
    if (!memory || !copy) return done;
    const token = `${memory.beganAtMs}-${copy.generation}-${at}`;
    const known = this.tokens.get(token);
    if (known) return { ...done, volumeId: known };
    const volumeId = `vol-0${String(this.tokens.size).padStart(16, '1')}`;
    this.tokens.set(token, volumeId);
    const index = Number(copy.source.split('-')[1]);
    this.disks.set(volumeId, {
      behaviour: this.setting.sets[index] ?? 'follows',
      attachedTo: null,
      zone: copy.availabilityZone,
      node: copy.ofNode,
    });
    return { ...done, volumeId };
  }

  private attach(volumeId: string, which: 'old' | 'young', done: Extract<Result, { is: 'done' }>): Result {
    const id = which === 'old' ? OLD : YOUNG;
    if (volumeId === ROOT) {
      this.boxes.old.root = true;
      return done;
    }
    const disk = this.disks.get(volumeId);
    if (!disk) return { is: 'failed', atMs: done.atMs, reason: 'InvalidVolume.NotFound' };
    if (disk.attachedTo !== null && disk.attachedTo !== id)
      return { is: 'failed', atMs: done.atMs, reason: 'VolumeInUse' };
    const zone = which === 'old' ? ZONES[0] : this.youngZone;
    if (disk.zone !== zone) return { is: 'failed', atMs: done.atMs, reason: 'InvalidVolume.ZoneMismatch' };
    disk.attachedTo = id;
    return done;
  }

  private detach(volumeId: string, which: 'old' | 'young', done: Extract<Result, { is: 'done' }>): Result {
    if (volumeId === ROOT) {
      this.boxes.old.root = false;
      return { ...done, note: '/dev/xvda' };
    }
    const disk = this.disks.get(volumeId);
    const box = this.boxes[which];
    if (box.power === 'running' && box.mounted === volumeId)
      this.broken.push(`${volumeId} is detached while it is mounted`);
    if (disk) disk.attachedTo = null;
    if (box.mounted === volumeId) box.mounted = null;
    return { ...done, note: '/dev/sdf' };
  }

  private swap(to: 'copy' | 'found', memory: ReplaceMemory | null, done: Extract<Result, { is: 'done' }>): Result {
    const { old } = this.boxes;
    const copyId = memory?.copy?.volumes[0]?.volumeId ?? '';
    const target = to === 'copy' ? copyId : FOUND;
    if (!this.reachable('old')) return { is: 'unknown', atMs: done.atMs, reason: 'silent' };
    if (this.disks.get(target)?.attachedTo !== OLD)
      return {
        is: 'failed',
        atMs: done.atMs,
        reason: `${target} is not attached`,
        fault: 'node',
        seen: this.state('old'),
        putBack: old.mounted === FOUND,
      };
    if (
      this.setting.role === 'validator' &&
      to === 'copy' &&
      !(this.setting.want.do === 'restore' && this.setting.want.acknowledgesValidator)
    )
      this.broken.push('the volumes of a validator were exchanged');
    if (old.mounted !== target) this.swaps.push(to);
    old.mounted = target;
    this.start('old');
    if (to === 'copy' && old.client === 'failed') {
      old.mounted = FOUND;
      this.start('old');
      return {
        is: 'failed',
        atMs: done.atMs,
        reason: 'its client does not stay up on it',
        fault: old.client === 'failed' ? 'none' : 'data',
        seen: {
          ...this.state('old'),
          clients: [{ state: 'failed', exitStatus: 1, lastLine: 'corrupt', masked: false }],
        },
        putBack: true,
      };
    }
    return { ...done, seen: this.state('old') };
  }

  private launch(memory: ReplaceMemory | null, done: Extract<Result, { is: 'done' }>): Result {
    const { machine } = memory ?? {};
    if (!machine) return done;
    const at = machine.subnetId === SUBNETS[0] ? 0 : 1;
    if (!this.setting.capacity[at]) return { is: 'failed', atMs: done.atMs, reason: 'InsufficientInstanceCapacity' };
    if (this.boxes.young.power === 'none') {
      this.launches++;
      this.replacements++;
      this.boxes.young = { ...this.boxes.young, power: 'running', masked: true, client: 'stopped', mounted: null };
      this.youngZone = ZONES[at] ?? ZONES[0];
      if (this.setting.role === 'validator') this.broken.push('an instance was launched in the place of a validator');
    }
    return { ...done, instanceId: YOUNG, fence: 1, note: this.youngZone };
  }

  /** What must hold after every act. */
  private look(): void {
    const { old, young } = this.boxes;
    const oldRuns = old.power === 'running' && old.client === 'running';
    const youngRuns = young.power === 'running' && young.client === 'running';
    if (oldRuns && youngRuns) this.broken.push('two copies of one identity run');
    if (youngRuns && !old.masked && old.power !== 'stopped')
      this.broken.push('the new client runs, and the old one could');
    if (youngRuns && !old.masked && old.root)
      this.broken.push('the new client runs, and anybody could start the old instance');
  }

  /** Whether the node is as it was found: its own volume, its own instance, in the fleet. */
  asFound(): string | null {
    const { old, young } = this.boxes;
    if (this.joined) return 'the new instance is in the fleet';
    if (young.power === 'running' && young.client === 'running') return 'the new client runs';
    if (old.mounted !== FOUND && this.setting.dead === undefined) return `${old.mounted} is mounted`;
    if (!old.root) return 'the old instance has no root volume';
    if (this.disks.get(FOUND)?.attachedTo !== OLD) return 'its volume is not attached to it';
    if (old.masked) return 'its client is masked';
    if (old.power !== 'running') return 'it is stopped';
    const strays = [...this.disks].filter(([id, { attachedTo }]) => id !== FOUND && attachedTo !== null);
    return strays.length > 0 ? `${strays.map(([id]) => id).join(', ')} still attached` : null;
  }
}

const setOf = (at: number): SnapshotSet =>
  ({
    setId: `set-${at}`,
    node: 'node2',
    takenAtMs: START_MS - (at + 1) * 3_600_000,
    untilMs: START_MS - (at + 1) * 3_600_000,
    parts: {
      data: {
        snapshotId: `snap-0${String(at).padStart(16, '1')}`,
        tags: {},
        ledger: { heldBy: null },
        policyId: null,
        locked: false,
      } as unknown as SnapshotFact,
    },
    rank: 'clean',
    height: STOPPED_AT - 100,
  }) as SnapshotSet;
