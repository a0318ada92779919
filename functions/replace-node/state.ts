// The state of replace-node: its payload, what an execution keeps from turn to turn, the named changes of the state, and what follows from a state
// alone. Pure.

import type { ReplaceClients } from '../../shared/aws/clients.ts';
import type { VolumeDescription } from '../../shared/aws/volumes.ts';
import type { ActContext, HealContext } from '../../shared/heal/context.ts';
import type { Holder } from '../../shared/heal/lease.ts';
import type {
  Beside,
  Blame,
  CleanupPiece,
  FailedRung,
  FoundNode,
  FoundVolume,
  LadderState,
  NewVolume,
  Replacement,
  RestoredVolumes,
  Shrink,
} from '../../shared/heal/memory.ts';
import { isStopOwed, takenBy } from '../../shared/heal/ticket.ts';
import { CONSISTENCY_WINDOW_MS } from '../../shared/model/execution.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { ReplacePayload } from '../../shared/model/payload.ts';
import type { Rung } from '../../shared/model/rungs.ts';
import { namesItsData } from '../../shared/node-commands/client-end.ts';
import type { NodeState } from '../../shared/node-commands/node-answer.ts';
import type { NodeCommand } from '../../shared/node-commands/node-command.ts';
import { isShortIn } from './shortage.ts';

/** The environment variable that names the document of each command. */
export const DOCUMENTS = {
  'inspect-node': 'INSPECT_NODE_DOCUMENT',
  'restart-client': 'RESTART_CLIENT_DOCUMENT',
  'check-volume': 'CHECK_VOLUME_DOCUMENT',
  'fill-volume': 'FILL_VOLUME_DOCUMENT',
  'swap-volumes': 'SWAP_VOLUMES_DOCUMENT',
  'stop-client': 'STOP_CLIENT_DOCUMENT',
  'start-client': 'START_CLIENT_DOCUMENT',
} as const satisfies Record<NodeCommand['operation'], string>;

export const ENVIRONMENT = [
  ...Object.values(DOCUMENTS),
  'ASK_NODE_DOCUMENT',
  'MARK_ROOT_FUNCTION',
  'REGISTER_NODES_FUNCTION',
  'ROTATE_PEERS_FUNCTION',
  'KMS_KEYS',
] as const;

export type Variable = (typeof ENVIRONMENT)[number];
export type ReplaceContext = HealContext<ReplacePayload, Variable, ReplaceClients>;
export type ReplaceActContext = ActContext<ReplaceContext>;

/** One of the two instances: the original, which the incident is about, or its replacement. */
export type Which = 'original' | 'replacement';

/** What an execution keeps from turn to turn, in addition to the state that later attempts get. A replay computes the same. */
export interface Leases {
  readonly holder: Holder;
  /** Replacements that this execution has leased, including those given up: all are released. */
  readonly leased: readonly {
    readonly instanceId: string;
    readonly fence: number;
    /** It did not help, and is kept stopped: nobody owes its client a start. */
    readonly isAway?: true;
  }[];
  /** How many commands were sent under each fence. */
  readonly ordinals: Readonly<Record<Which, number>>;
  /** Whether every command was answered: an unanswered command may still run for a while. */
  readonly commandsOver: boolean;
  /** Until then a command of an earlier attempt may run on the original; null: none can, or the node has answered under our higher fence. */
  readonly openUntilMs: number | null;
  /** The highest fence that the node itself has reported. */
  readonly seenFence: number;
  /** Whether the client was seen running after the last command that starts it: then nobody owes it a start. */
  readonly clientUp: Readonly<Record<Which, boolean>>;
}

/** One command as it was sent, and what was learned from it. */
export interface CommandTrace {
  readonly which: Which;
  /** The step that sends it refused it: an earlier run of the step may have sent it. */
  readonly isRefused: boolean;
  /** As the node reported it; null where nobody answered. */
  readonly fence: number | null;
  /** Whether the client runs after it; null where the command says nothing about that. */
  readonly isUp: boolean | null;
}

/** What is known about the node itself. */
export interface NodeStatus {
  readonly seen: NodeState | null;
  /** null: its last question was answered. */
  readonly unanswered: Unanswered | null;
}

/** Questions that a node has left open, in a row: late, lost, refused or unanswered. How the node is, nobody knows. */
export interface Unanswered {
  readonly count: number;
  /** Of the last question. */
  readonly reason: string;
  /** The node obeys a higher fence than ours: only a later attempt, with a fence above that, is answered. */
  readonly isStale: boolean;
  /** Why it will not carry out the next one either, as it says itself: its clock is ahead. Absent otherwise. */
  readonly refusal?: Refusal;
}

/** A question that was not answered so often is told to a person. */
export const ASKED_AT_MOST = 3;

/** What an attempt may do; null: everything. */
export type Permitted = {
  /** Rungs that it may climb or continue. */
  readonly rungs: readonly Rung[];
  /** The data that it may restore: `sourceOf` them; null: none. */
  readonly source: string | null;
  /** Why nothing more is permitted, where a person has said so: the attempt ends with it. */
  readonly refusal?: Refusal;
} | null;

/** Of a command to a node: its place in the order that the node keeps. */
export const commandIdOf = (fence: number, ordinal: number): string => `${fence}.${ordinal}`;

/** Of the next command to the original. */
export const nextCommandId = ({ holder, ordinals }: Pick<Leases, 'holder' | 'ordinals'>): string =>
  commandIdOf(holder.fence, ordinals.original + 1);

export const newLeases = (holder: Holder, openUntilMs: number | null = null): Leases => ({
  holder,
  leased: [],
  ordinals: { original: 0, replacement: 0 },
  commandsOver: true,
  openUntilMs,
  seenFence: 0,
  clientUp: { original: false, replacement: false },
});

export function afterCommand(leases: Leases, { which, isRefused, fence, isUp }: CommandTrace): Leases {
  const ordinals = { ...leases.ordinals, [which]: leases.ordinals[which] + 1 };
  const seenFence = which === 'original' ? Math.max(leases.seenFence, fence ?? 0) : leases.seenFence;
  const clientUp = { ...leases.clientUp, [which]: isUp ?? leases.clientUp[which] };
  const hasAnswered = which === 'original' && fence === leases.holder.fence;
  const openUntilMs = hasAnswered ? null : leases.openUntilMs;
  return { ...leases, ordinals, seenFence, clientUp, openUntilMs, commandsOver: leases.commandsOver && !isRefused };
}

/** A launched replacement is leased as well, and released with the node. */
export function withLeased(leases: Leases, state: LadderState | null): Leases {
  const { instanceId = '', fence = 0 } = state?.replacement ?? {};
  const leased = leases.leased.map((one) => (one.instanceId === instanceId ? one : { ...one, isAway: true as const }));
  if (instanceId === '' || leased.some((one) => one.instanceId === instanceId)) return { ...leases, leased };
  return { ...leases, leased: [...leased, { instanceId, fence }] };
}

/** The state of a heal that has done nothing yet. */
export const newState = (beganAtMs: number, incidentId: string, found: FoundNode): LadderState => ({
  beganAtMs,
  incidentId,
  found,
  rung: null,
  failed: [],
  tried: [],
  exhausted: [],
  generation: 0,
  restoredVolumes: null,
  replacement: null,
  client: 'untouched',
  ...(found.client === 'running' && { ran: true as const }),
  original: 'untouched',
  standby: 'none',
  pool: 'in',
  hold: 'none',
  hasMade: false,
  pending: null,
  setback: null,
  upSinceMs: null,
  waitingSinceMs: null,
  inspectedAtMs: null,
  proved: null,
  cleared: [],
});

/** One volume of a node as it was found. */
export const foundVolume = (volume: VolumeDescription, role: string, path: string, device: string): FoundVolume => ({
  role,
  volumeId: volume.volumeId,
  path,
  device,
  sizeGiB: volume.sizeGiB,
  type: volume.type,
  iops: volume.iops,
  throughputMiBps: volume.throughputMiBps,
  encrypted: volume.encrypted,
  kmsKeyId: volume.kmsKeyId,
  tags: Object.fromEntries(
    Object.entries(volume.tags).filter(([key]) => !key.startsWith('aws:') && !key.startsWith('chainmend:')),
  ),
});

/** A replacement that is planned, and not yet launched. */
export const newReplacement = (
  planned: Pick<Replacement, 'generation' | 'subnetId' | 'availabilityZone'>,
): Replacement => ({
  ...planned,
  instanceId: '',
  fence: 0,
  heard: 0,
  identity: 'original',
  masked: false,
  volumesKept: false,
  fencingBegun: false,
  originalMask: 'none',
  fencedBy: null,
  originalRoot: null,
  membership: 'apart',
  takeOver: 'none',
  givenUp: null,
});

/** Whether its clients run is not known any more: one of them may be stopped. */
export const perhapsDown = ({ ran: _, ...state }: LadderState): LadderState => state;

/** An act that may take the client of the original down is intended. */
export const takenDown = (state: LadderState): LadderState => ({ ...perhapsDown(state), client: 'mayBeDown' });

export const withRestored = (
  state: LadderState,
  change: (restored: RestoredVolumes) => Partial<RestoredVolumes>,
): LadderState =>
  state.restoredVolumes
    ? { ...state, restoredVolumes: { ...state.restoredVolumes, ...change(state.restoredVolumes) } }
    : state;

/** All volumes that were made, or are to be: in a shrink the copy comes last. */
export const madeVolumes = ({ volumes, shrink }: Pick<RestoredVolumes, 'volumes' | 'shrink'>): readonly NewVolume[] =>
  shrink === undefined ? volumes : [...volumes, shrink.copy];

export const withShrink = (state: LadderState, change: Partial<Shrink>): LadderState =>
  withRestored(state, ({ shrink }) => (shrink === undefined ? {} : { shrink: { ...shrink, ...change } }));

export const withReplacement = (state: LadderState, change: Partial<Replacement>): LadderState =>
  state.replacement ? { ...state, replacement: { ...state.replacement, ...change } } : state;

export const withBeside = (state: LadderState, change: Partial<Beside>): LadderState =>
  state.beside ? { ...state, beside: { ...state.beside, ...change } } : state;

/** What the rung stopped or set to standby must still be put back. */
export const failRung = (
  state: LadderState,
  reason: string,
  more: Pick<FailedRung, 'code' | 'badData'> = {},
): LadderState => ({
  ...state,
  rung: null,
  client: 'untouched',
  original: state.original === 'started' ? 'untouched' : state.original,
  standby: state.standby === 'refused' ? 'none' : state.standby,
  pool: 'in',
  hasMade: false,
  upSinceMs: null,
  pending: null,
  setback: null,
  failed: state.rung === null ? state.failed : [...state.failed, { rung: state.rung, reason, ...more }],
});

/** Whether its data are not where its client looks for them: a heal that has stopped it has unmounted them, too. */
export const isUnmounted = (seen: Pick<NodeState, 'volumes'>, { found }: Pick<LadderState, 'found'>): boolean =>
  found.volumes.some(
    ({ path, volumeId }) => !seen.volumes.some((there) => there.path === path && there.volumeId === volumeId),
  );

/** A client that its unit starts again and again may be running whenever it is asked: its restart has heard with which words it ends. */
export const hasHeardOfData = ({ failed }: Pick<LadderState, 'failed'>): boolean =>
  failed.some(
    ({ rung, reason }) =>
      rung === 'restart' && /its last line is|its client ends again/.test(reason) && namesItsData(reason),
  );

/** The first reason stays. */
export const giveUpRestored = (state: LadderState, blame: Blame): LadderState =>
  withRestored(state, ({ givenUp }) => ({ givenUp: givenUp ?? blame }));

/** The first reason stays. */
export function giveUpReplacement(
  state: LadderState,
  reason: string,
  { isUnopened, isUnpermitted }: Pick<Replacement, 'isUnopened' | 'isUnpermitted'> = {},
): LadderState {
  if (state.replacement?.givenUp != null) return { ...state, upSinceMs: null };
  const isOfData =
    state.replacement?.takeOver === 'intended' && !state.beside && (namesItsData(reason) || isUnopened === true);
  const badData = state.restoredVolumes === null ? 'own' : 'copy';
  return withReplacement(
    { ...state, upSinceMs: null },
    {
      givenUp: reason,
      ...(isOfData && { badData }),
      ...(isUnopened && { isUnopened }),
      ...(isUnpermitted && { isUnpermitted }),
    },
  );
}

const MAX_TRIED = 12;

export function dropRestored(state: LadderState, atMs: number): LadderState {
  const { restoredVolumes } = state;
  if (!restoredVolumes) return state;
  const { source, rank, volumes, givenUp } = restoredVolumes;
  const blame: Blame = givenUp ?? { door: 'nobody-knows', fault: 'other', reason: 'given up' };
  // A source that waits for AWS may come again and again: it is kept once.
  const before = state.tried.filter((one) => one.source !== source || one.door === 'data');
  const earlier = state.tried.findLast((one) => one.source === source && one.door === blame.door && one.door === 'aws');
  const sinceMs = earlier && (earlier.sinceMs ?? earlier.atMs);
  const snapshotIds = volumes.map(({ snapshotId }) => snapshotId).filter((id) => id !== '');
  return {
    ...state,
    restoredVolumes: null,
    upSinceMs: null,
    // The state as it was found again; a replacement is handled separately.
    ...(state.replacement === null && { client: 'untouched', pool: 'in' }),
    setback: null,
    tried: [
      ...before,
      { source, rank, snapshotIds, rung: state.rung, atMs, ...(sinceMs !== undefined && { sinceMs }), ...blame },
    ].slice(-MAX_TRIED),
  };
}

/** A launch without capacity leaves the next subnet to be tried; an instance that did not help ends the rung. */
export function dropReplacement(state: LadderState): LadderState {
  const { replacement, original, beside: _, ...rest } = state;
  if (!replacement) return state;
  const isShort = isShortIn(state, replacement.subnetId);
  // Nothing was wrong with the instance itself.
  const isReusable = isShort || replacement.badData !== undefined || replacement.isUnpermitted === true;
  const without: LadderState = {
    ...{ ...rest, original },
    replacement: null,
    upSinceMs: null,
    exhausted: isReusable ? state.exhausted : [...state.exhausted, replacement.subnetId],
  };
  // What EC2 has accepted, and found no room for after all, never ran: nothing is left of it.
  if (isShort) return { ...without, hasMade: false };
  if (replacement.instanceId === '') return without;
  const left = { ...without, original: original === 'stopRequested' ? ('stopIntended' as const) : original };
  // Not permitted is not failed: once somebody approves it, it is climbed.
  if (replacement.isUnpermitted) return { ...failRung(left, ''), failed: state.failed };
  return failRung(left, replacement.givenUp ?? 'given up', {
    ...(replacement.isUnopened && { code: 'unopened' }),
    ...(replacement.badData && { badData: replacement.badData }),
  });
}

/** Its own volumes are gone, or its client ends on them wherever they are: the data come from elsewhere, or not at all. */
export const needsOtherData = ({ found, failed }: Pick<LadderState, 'found' | 'failed'>): boolean =>
  found.dataLost === true || failed.some(({ badData }) => badData === 'own');

export const withCleared = (state: LadderState, piece: CleanupPiece): LadderState => {
  const isBack = piece.kind === 'leave-standby' || piece.kind === 'give-place';
  const without = isBack ? { ...state, standby: 'none' as const } : state;
  return isCleared(without, piece) ? without : { ...without, cleared: [...without.cleared, piece] };
};

export const isCleared = ({ cleared }: LadderState, piece: CleanupPiece): boolean =>
  cleared.some(({ kind, target }) => kind === piece.kind && target === piece.target);

export const instanceIdOf = ({ found, replacement }: LadderState, which: Which): string =>
  which === 'original' ? found.instanceId : (replacement?.instanceId ?? '');

export const isFound = ({ found }: LadderState, id: string): boolean =>
  found.volumes.some(({ volumeId }) => volumeId === id);

/** For the replacement something of the original was changed, or of what the fleet knows of it: it must be put back. */
export const isOriginalTouched = (state: LadderState): boolean =>
  isStopOwed(state) ||
  state.replacement?.fencingBegun === true ||
  (state.replacement?.membership ?? 'apart') !== 'apart';

export type Phase = 'preparing' | 'down' | 'proved';

/** down: something must be put back on the node, from the intent until the proof, or until the node is as it was found. */
export function phaseOf(state: LadderState): Phase {
  if (takenBy(state).length > 0) return 'down';
  return state.proved === null ? 'preparing' : 'proved';
}

/** Whether the rung under way has done nothing: nothing was made for it, and the node was not affected, whatever a rung before it has stopped. */
export const isUnspent = (state: LadderState): boolean =>
  !state.hasMade &&
  state.original !== 'started' &&
  (state.restoredVolumes?.creating.length ?? 0) === 0 &&
  (phaseOf(state) === 'preparing' || hasNoInstance(state));

/** The original is affected only once its replacement is there. */
const hasNoInstance = ({ rung, replacement, restoredVolumes }: LadderState): boolean =>
  rung === 'replace' && replacement === null && restoredVolumes === null;

/** The key of what is reserved for a rung: a flap keeps its incident, and a second swap, or a second instance, counts once more. */
export function reservationKey(incidentId: string, { beganAtMs, failed }: LadderState, rung: Rung): string {
  const before = failed.filter((one) => one.rung === rung).length;
  return `${incidentId}-${beganAtMs.toString(36)}${before === 0 ? '' : `-${before}`}-${rung}`;
}

/** Whether a reservation is one of this rung, in whatever heal. */
export const isReservedFor = (key: string, rung: Rung): boolean => key.endsWith(`-${rung}`);

/** A call without a token that was intended lately may still take effect, or may not be visible yet: it is not repeated. */
export const isPending = ({ pending }: LadderState, call: string, target: string, nowMs: number): boolean =>
  pending?.call === call && pending.target === target && nowMs - pending.atMs < CONSISTENCY_WINDOW_MS;

/** Which of the two sets of volumes the node says is mounted; null where it says neither. */
export function mountedOf(
  { restoredVolumes, found }: LadderState,
  seen: NodeState | null | undefined,
): RestoredVolumes['mounted'] | null {
  const are = (volumes: readonly { readonly volumeId: string }[] = []): boolean =>
    volumes.length > 0 && volumes.every(({ volumeId }) => seen?.volumes.some((one) => one.volumeId === volumeId));
  return are(restoredVolumes?.volumes) ? 'restored' : are(found.volumes) ? 'found' : null;
}

/** Whether this heal makes a terminated node again. */
export const makesAgain = (state: LadderState | null): boolean => state?.found.machine !== undefined;
