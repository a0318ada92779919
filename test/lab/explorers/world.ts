// One node with a full disk: its records, its volume, its commands, the heals and the people around it.
//
// Time: every function gets the same moment, NOW. Every stamp that it writes is NOW or has a fixed span to it. A "time passes" step moves such a
// stamp to the past, but only where nothing that the span bounds is still running (see `time.ts`). So each stamp is either in the future or past, and
// the decisions read nothing else. No order of events that real clocks allow is lost.
import type { Act } from '../../../functions/resize-volume/state.ts';
import { newNode } from '../../../shared/heal/lease.ts';
import type { IncidentRecord, ModificationIntent, NodeRecord } from '../../../shared/heal/records.ts';
import { type ExecutionStatus, FUNCTION_TIMEOUT_MS, REQUEST_LIFETIME_MS } from '../../../shared/model/execution.ts';
import type { HealPayload } from '../../../shared/model/payload.ts';
import type { Answer, Observation } from '../../../shared/node-commands/answer.ts';
import { Interner } from './intern.ts';

export const NOW_MS = Date.parse('2026-01-01T12:00:00Z');
const HOUR_MS = 60 * 60_000;
/** Longer ago than any wait, except the budget of a day. */
export const LONG_AGO_MS = NOW_MS - 2 * HOUR_MS;
export const GIB = 1024 ** 3;

/** Attempts that the model has room for. An incident that needs one more ends the model. */
export const ATTEMPTS = 5;
export const ATTEMPT_NUMBERS: readonly number[] = Array.from({ length: ATTEMPTS }, (_, i) => i + 1);

export interface World {
  readonly incident: IncidentRecord | null;
  readonly node: NodeRecord;
  readonly volume: Volume;
  readonly host: Host;
  /** Commands that SSM may still run on the node, in the order of their operation ids. */
  readonly queue: readonly QueuedCommand[];
  /** The execution of attempt n has index n − 1. */
  readonly heals: readonly Heal[];
  /** A heal of another kind, which takes the same lease. */
  readonly other: Life;
  readonly around: Around;
}

/** EC2's knowledge of the volume, and what Describe may still return instead. */
export interface Volume extends VolumeView {
  readonly stale: VolumeView | null;
  /** Modifications that took effect within 24 h, by attempt; 0 means those before the story. */
  readonly effects: readonly number[];
}

export interface VolumeView {
  readonly sizeGiB: number;
  /** The start of the latest modification, like the next two: after every intent that was written before it. */
  readonly startedAtMs: number;
  readonly targetGiB: number;
  readonly phase: 'completed' | 'modifying' | 'optimizing' | 'failed';
}

/** The node itself: its filesystem, and the memory of the command script. */
export interface Host {
  readonly filesystemGiB: number;
  readonly usedGiB: number;
  readonly fence: number;
  readonly ordinal: number;
  /** The recorded answer of (fence, ordinal); null if it began and was cut off. */
  readonly answer: Answer | null;
}

export interface QueuedCommand {
  readonly attempt: number;
  readonly fence: number;
  readonly ordinal: number;
  readonly operation: 'observe-node' | 'grow-filesystem';
}

/** How long ago an execution ended: just now; longer than a request lives; longer than a sandbox and its last request live. */
export type Age = 'now' | 'request-over' | 'all-over';

export type Life =
  | { readonly life: 'unborn' }
  | { readonly life: 'running' }
  | { readonly life: 'ended'; readonly age: Age };

export interface Heal {
  readonly execution: Life;
  /** 1 after the name was forgotten and an Invoke started it a second time. */
  readonly incarnation: 0 | 1;
  /** Invoke requests on their way. */
  readonly invokes: number;
  readonly program: Act | null;
  /** The size that a person approved for exactly this execution. */
  readonly approvedGiB: number;
  /** SSM's answer about the current command. */
  readonly answer: Answer | 'over' | null;
}

/** People, chance, and requests whose sender is gone. */
export interface Around {
  readonly paused: boolean;
  /** Only where an approval is not bound to an execution (a naive rule): the size that is approved for any execution. */
  readonly looseApprovalGiB: number;
  /** The disk has filled again: the alarm reports a second onset. */
  readonly refilled: boolean;
  /** How often people and chance may still interfere. */
  readonly actsLeft: number;
  readonly faultsLeft: number;
  /** A ModifyVolume whose sandbox is gone and that may still be served. */
  readonly flight: { readonly attempt: number; readonly toGiB: number } | null;
}

// The names of the executions.

export const OTHER = 'other-heal';
const INSTANCE = { fleet: 'bitcoin', node: 'node2', instanceId: 'i-0a1b2c3d4e5f60718' };
export const VOLUME_ID = 'vol-0a1b2c3d4e5f60718';
export const ALARM = { alarmName: 'disk', namespace: 'CWAgent', dimensions: {} };
export const TROUBLE = { ...INSTANCE, trigger: 'disk:data' };

export const healOf = (world: World, attempt: number): Heal => world.heals[attempt - 1] as Heal;
export const nameOf = (attempt: number, { incarnation }: Pick<Heal, 'incarnation'>): string =>
  incarnation === 0 ? `heal-${attempt}` : `heal-${attempt}-again`;

export const payloadOf = (attempt: number, mode: HealPayload['mode'], incidentId: string): HealPayload => ({
  kind: 'resize-volume',
  ...TROUBLE,
  incidentId,
  attempt,
  mode,
  onsetMs: LONG_AGO_MS,
  deadlineMs: NOW_MS + HOUR_MS,
  alarm: ALARM,
});

/** The answer of GetDurableExecution. */
export function statusOf(world: World, name: string | null): ExecutionStatus {
  if (name === OTHER) return statusOfLife(world.other);
  const attempt = Number(name?.split('-')[1] ?? 0);
  const heal = attempt > 0 ? healOf(world, attempt) : undefined;
  if (!heal) return { state: 'unknown' };
  const superseded = nameOf(attempt, heal) !== name;
  return statusOfLife(superseded ? { life: 'ended', age: 'all-over' } : heal.execution);
}

const ENDED_AT_MS: Readonly<Record<Age, number>> = {
  now: NOW_MS,
  'request-over': NOW_MS - REQUEST_LIFETIME_MS - 1,
  'all-over': NOW_MS - FUNCTION_TIMEOUT_MS - REQUEST_LIFETIME_MS - 1,
};

const statusOfLife = (life: Life): ExecutionStatus => {
  if (life.life === 'unborn') return { state: 'unknown' };
  return life.life === 'running' ? { state: 'running' } : { state: 'ended', endedAtMs: ENDED_AT_MS[life.age] };
};

// What is true now.

/** The alarm's own measure: the filesystem is fuller than the fleet file allows. */
export const isSick = ({ host }: World): boolean => host.usedGiB / host.filesystemGiB >= 0.8;

export const observe = (host: Host, volume: Volume): Observation => ({
  volumeId: VOLUME_ID,
  device: 'nvme1n1',
  partitioned: false,
  filesystem: 'xfs',
  path: '/data',
  deviceBytes: volume.sizeGiB * GIB,
  sizeBytes: host.filesystemGiB * GIB,
  usedBytes: host.usedGiB * GIB,
  availableBytes: (host.filesystemGiB - host.usedGiB) * GIB,
  inodesTotal: 0,
  inodesUsed: 0,
  rootUsedPercent: 10,
  growthLimit: null,
  obstacle: 'none',
  client: 'running',
  clientStatus: null,
});

/** What Describe may return: the truth, or for a while the truth of before. */
export const viewsOf = (volume: Volume): readonly VolumeView[] =>
  volume.stale ? [viewOf(volume), volume.stale] : [viewOf(volume)];

export const viewOf = ({ sizeGiB, startedAtMs, targetGiB, phase }: Volume): VolumeView => ({
  sizeGiB,
  startedAtMs,
  targetGiB,
  phase,
});

export const modificationsToday = ({ effects }: Volume): number => effects.reduce((sum, n) => sum + n, 0);

/** The attempts whose execution believes that it holds the node, and works on it. */
export const workers = (world: World): readonly number[] =>
  ATTEMPT_NUMBERS.filter((attempt) => {
    const { execution, program } = healOf(world, attempt);
    return (
      execution.life === 'running' &&
      program !== null &&
      'held' in program &&
      program.do !== 'conclude' &&
      program.do !== 'release'
    );
  });

// Small changes.

export const withHeal = (world: World, attempt: number, change: Partial<Heal>): World => ({
  ...world,
  heals: world.heals.with(attempt - 1, { ...healOf(world, attempt), ...change }),
});
export const withAround = (world: World, change: Partial<Around>): World => ({
  ...world,
  around: { ...world.around, ...change },
});
export const spendAct = (world: World): World => withAround(world, { actsLeft: world.around.actsLeft - 1 });
export const spendFault = (world: World): World => withAround(world, { faultsLeft: world.around.faultsLeft - 1 });

/** Nothing is dispatched before its earliest time; later is always possible. So "not before" and "invoke again" count as past. */
export const withIncident = (world: World, incident: IncidentRecord): World => ({
  ...world,
  incident: {
    ...incident,
    notBeforeMs: 0,
    ...(incident.state === 'allocated' && { allocatedAtMs: LONG_AGO_MS }),
  },
});

// The beginning, and the encoding.

export interface Supply {
  readonly faults: number;
  readonly acts: number;
}

/** @param modifiedBefore how many modifications of today we have already made on the volume */
export function firstWorld(supply: Supply, modifiedBefore: number): World {
  const unborn: Heal = {
    execution: { life: 'unborn' },
    incarnation: 0,
    invokes: 0,
    program: null,
    approvedGiB: 0,
    answer: null,
  };
  const intents = Array.from(
    { length: modifiedBefore },
    (_, i): ModificationIntent => ({ volumeId: VOLUME_ID, toGiB: 100, atMs: intentAtMs(0) + i }),
  );
  return {
    incident: null,
    node: { ...newNode(INSTANCE.fleet, INSTANCE.instanceId), modifications: intents },
    volume: {
      sizeGiB: 100,
      startedAtMs: 0,
      targetGiB: 100,
      phase: 'completed',
      stale: null,
      effects: [modifiedBefore, ...ATTEMPT_NUMBERS.map(() => 0)],
    },
    host: { filesystemGiB: 100, usedGiB: 95, fence: 0, ordinal: 0, answer: null },
    queue: [],
    heals: ATTEMPT_NUMBERS.map(() => unborn),
    other: { life: 'unborn' },
    around: {
      paused: false,
      looseApprovalGiB: 0,
      refilled: false,
      actsLeft: supply.acts,
      faultsLeft: supply.faults,
      flight: null,
    },
  };
}

/** Attempts follow each other in time, so their intents never have the same stamp. */
export const intentAtMs = (attempt: number): number => NOW_MS + attempt * 1000;

const UNBORN: Life = { life: 'unborn' };

/** Rows of numbers for worlds, and worlds for rows. */
export class WorldCodec {
  readonly width = 7 + ATTEMPTS;
  readonly #incidents = new Interner<IncidentRecord | null>();
  readonly #nodes = new Interner<NodeRecord>();
  readonly #volumes = new Interner<Volume>();
  readonly #hosts = new Interner<Host>();
  readonly #queues = new Interner<readonly QueuedCommand[]>();
  readonly #others = new Interner<Life>();
  readonly #arounds = new Interner<Around>();
  readonly #heals = new Interner<Heal>();

  encode(world: World, row: Uint32Array): void {
    row[0] = this.#incidents.idOf(world.incident);
    row[1] = this.#nodes.idOf(world.node);
    row[2] = this.#volumes.idOf(world.volume);
    row[3] = this.#hosts.idOf(world.host);
    row[4] = this.#queues.idOf(world.queue);
    row[5] = this.#others.idOf(world.other.life === 'ended' && world.node.owner !== OTHER ? UNBORN : world.other);
    row[6] = this.#arounds.idOf(world.around);
    for (const [i, heal] of world.heals.entries()) row[7 + i] = this.#heals.idOf(remembered(world, i + 1, heal));
  }

  decode(row: Uint32Array): World {
    const at = (index: number): number => row[index] as number;
    return {
      incident: this.#incidents.valueOf(at(0)),
      node: this.#nodes.valueOf(at(1)),
      volume: this.#volumes.valueOf(at(2)),
      host: this.#hosts.valueOf(at(3)),
      queue: this.#queues.valueOf(at(4)),
      other: this.#others.valueOf(at(5)),
      around: this.#arounds.valueOf(at(6)),
      heals: ATTEMPT_NUMBERS.map((attempt) => this.#heals.valueOf(at(6 + attempt))),
    };
  }
}

/** The memory of an ended execution matters to nobody. The time of its end matters only to its lease and its attempt. Without both, states merge. */
function remembered(world: World, attempt: number, heal: Heal): Heal {
  const { execution, incarnation, invokes } = heal;
  if (execution.life !== 'ended') return heal;
  const { incident, node, around } = world;
  const ageMatters =
    node.owner === nameOf(attempt, heal) ||
    around.flight?.attempt === attempt ||
    (incident?.attempt === attempt && (incident.state === 'allocated' || incident.state === 'claimed'));
  const kept = ageMatters ? execution : ALL_OVER;
  const forgotten = heal.program === null && heal.answer === null && heal.approvedGiB === 0;
  if (forgotten && kept.age === execution.age) return heal;
  return { execution: kept, incarnation, invokes, program: null, approvedGiB: 0, answer: null };
}

const ALL_OVER = { life: 'ended', age: 'all-over' } as const;
