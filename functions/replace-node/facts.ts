// Reads all facts of one decision at one moment: EC2, the fleet's observation, the node's last answer, and what launch.ts reads.

import { DescribeInstanceInformationCommand } from '@aws-sdk/client-ssm';
import { judgeAgent } from '../../shared/aws/commands.ts';
import { hasInstanceStore } from '../../shared/aws/instance-types.ts';
import {
  describeChecks,
  describeInstance,
  type InstanceDescription,
  isStopProtected,
  type StatusChecks,
} from '../../shared/aws/instances.ts';
import { type KeyScope, keyScopeOf } from '../../shared/aws/keys.ts';
import { standbyFault } from '../../shared/aws/standby.ts';
import {
  describeVolumes,
  type ImpairedVolume,
  impairedOf,
  initializationOf,
  type VolumeDescription,
} from '../../shared/aws/volumes.ts';
import type { ReadFolder } from '../../shared/chains/start-files.ts';
import { type Fleet, type Role, seesClientsOnly } from '../../shared/fleet/model.ts';
import type { Evidence, FleetObservation, Health, NodeCause, ObservedNode } from '../../shared/fleet/observation.ts';
import { roleOf } from '../../shared/fleet/resolve.ts';
import type { BreakerReading } from '../../shared/guardrails/breaker.ts';
import { seenLately, viewFleet } from '../../shared/guardrails/fleet-view.ts';
import type { OwnRung } from '../../shared/guardrails/replace.ts';
import { readSwitches } from '../../shared/guardrails/switches.ts';
import { judgeUpgrade } from '../../shared/guardrails/upgrade.ts';
import { whoPutsBack } from '../../shared/heal/budgets.ts';
import type { RollBackTrial } from '../../shared/heal/drill.ts';
import { isBeingProved, leftStopped } from '../../shared/heal/lease.ts';
import type { LadderState } from '../../shared/heal/memory.ts';
import type { IncidentRecord } from '../../shared/heal/records.ts';
import type { Measured } from '../../shared/heal/reindex.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { acknowledgesValidator, isBlueGreen, type RequestedAction, togetherIn } from '../../shared/model/payload.ts';
import { NODE_TERMINATED, triggerText } from '../../shared/model/trigger.ts';
import type { NodeState } from '../../shared/node-commands/node-answer.ts';
import { metricValidMs } from '../../shared/probe/metric-age.ts';
import { judgeSpared } from '../../shared/readiness/shrink.ts';
import { ENDED, type Gone, readGone } from './gone.ts';
import { readLaterWord } from './last-word.ts';
import { type LaunchVerdict, type Reach, readLaunch, readReach } from './launch.ts';
import { isAboutMove, type Move, moveOf } from './move.ts';
import { fullPathOf, type OpenDisk, openDiskIn } from './open-disk.ts';
import { readSources } from './sources.ts';
import {
  ASKED_AT_MOST,
  hasHeardOfData,
  isReservedFor,
  isUnmounted,
  madeVolumes,
  makesAgain,
  type NodeStatus,
  type ReplaceContext,
  reservationKey,
  type Unanswered,
} from './state.ts';
import { NO_SOURCES, type Sources } from './supply.ts';

/** watch-fleet's last observation of the node's client; null where it has not been observed lately. */
export interface Watched {
  readonly instanceId: string;
  readonly health: Health;
  readonly reason: string;
  readonly sinceMs: number;
  readonly observedAtMs: number;
  readonly height: number | null;
  readonly lagBlocks: number | null;
  /** The last height that it told, also before it fell silent; absent where it was never at the tip, since some syncs tell another progress. */
  readonly lastHeight?: number;
  /** Since when it has no newer block: by that block's own time, and by when it was first seen; null where neither is known. */
  readonly stoodSinceMs: number | null;
  readonly cause?: NodeCause;
  /** Absent where it does not tell. */
  readonly peerCount?: number;
  readonly evidence?: Evidence;
  /** Its client runs, and nobody asks more. */
  readonly runs?: true;
  /** When something that it counts, beside its height, was last seen to grow: stages of a sync, healed state. Absent where nothing was. */
  readonly movedAtMs?: number;
  /** It says what it does: the phase of its start, or the stage of its sync, while its height stands. */
  readonly tellsPhase?: true;
  /** Its client ends again and again, and something starts it again each time. */
  readonly endsAgain?: true;
}

/** An instance, and what is known of its agent and its client. */
export interface Machine {
  readonly instance: InstanceDescription;
  readonly checks: StatusChecks | null;
  readonly agentOnline: boolean;
}

export interface Facts {
  readonly nowMs: number;
  readonly fleet: Fleet;
  readonly want: RequestedAction;
  readonly role: Role;
  readonly node: string;
  readonly incidentId: string;
  readonly onsetMs: number;
  /** The instance of the incident; null where EC2 does not know it any more. */
  readonly original: Machine | null;
  /** Whether a stop would lose disks of the original's own; null where it was not read, since the next decision stops nothing. */
  readonly instanceStore: boolean | null;
  /** Whether somebody has protected the original against a stop; null where it was not read, or AWS did not say. */
  readonly stopProtected: boolean | null;
  /** Why the original's group could not set it aside; null where it could, or where it was not read, since the next decision needs no standby. */
  readonly standbyFault: string | null;
  /** The instance that takes its place, if there is one. */
  readonly replacement: Machine | null;
  /** The id of the incident's instance. */
  readonly instanceId: string;
  /** Set where the incident says that somebody has terminated the instance: `original` is then as it was while it lived. */
  readonly gone: Gone | null;
  /** Set where the incident is about a well node that is stopped and started. */
  readonly move: Move | null;
  /** Why the node cannot be upgraded, or get a smaller disk, now; null where it can be spared, absent where neither is asked for. */
  readonly spared?: Refusal | null;
  /** The volumes of both instances, and the restored volumes. */
  readonly volumes: readonly VolumeDescription[];
  /** Those of the original that EC2 finds impaired; empty where nobody has asked: a rung is under way, or the instance reaches all of its volumes. */
  readonly impairedVolumes: readonly ImpairedVolume[];
  /** The last answer, under this heal's fence, of the node that must run the client. */
  readonly seen: NodeState | null;
  /** The questions that it left open since; null: none. */
  readonly unanswered: Unanswered | null;
  /** Until then a command of an earlier attempt may keep the node busy, so that it answers nothing else; null: none can, or it has answered since. */
  readonly openUntilMs: number | null;
  readonly watched: Watched | null;
  /** Its client is stopped, and another heal or the full disk has left it so. Absent where it runs, or somebody may have stopped it. */
  readonly leftStopped?: true;
  /** The node cannot be asked now; before that this incident has found that a person had stopped its client, and it has made no progress since. Absent otherwise. */
  readonly saidStopped?: true;
  /** A restart of this heal has heard its client name its data as it ended, or its node says that a volume is not mounted. Absent where neither is so. */
  readonly dataAtFault?: true;
  /** What a person has asked for since, of the same data. Absent where that is nothing, or where this heal has stopped the client. */
  readonly laterWord?: Pick<IncidentRecord, 'trigger' | 'incidentId' | 'state'>;
  /** The open incident of one of its volumes. Absent where there is none, or nobody has asked: no rung is proved now, and no disk was seen full. */
  readonly disk?: OpenDisk;
  /** Mode ask: a person has said yes to what is decided now, and reads why it is not done. Absent in the other modes. */
  readonly approved?: true;
  readonly breaker: BreakerReading;
  readonly haltedSinceMs: number | null;
  /** Resources that a replacement would need and that lack the fleet's tags; null where they were not read in this turn. */
  readonly reach: Reach | null;
  /** The sources of data, best first; null where they were not read in this turn. */
  readonly sources: Sources | null;
  /** The accounts and keys that decide which KMS keys may be used. */
  readonly keyScope: KeyScope;
  /** What is known of the owner's roll-back; null where the fleet file has none, or the next decision does not depend on it. */
  readonly rollBack: RollBackFacts | null;
  /** The same of the owner's reindex, and of what a swap takes. */
  readonly reindex: ReindexFacts | null;
  /** What a drill has seen a client read at its start; absent where none could tell, or the next decision does not depend on it. */
  readonly read?: readonly ReadFolder[];
  /** The node that gets its data of before now, of those that are upgraded together with this one; null: none does, or this one goes alone. */
  readonly mateBack: string | null;
  /** EC2's verdict on a launch before it is made; null where the next decision does not depend on it. */
  readonly launch: LaunchVerdict | null;
  /** How many blocks of the restored volumes have arrived; null where nobody waits for them. */
  readonly initialization: {
    readonly percent: number;
    readonly etaSeconds: number | null;
    readonly done: boolean;
  } | null;
}

/** What was done to the data of this node before, by an owner's command. */
export interface OwnHistory {
  /** When it was last begun on this node by another heal, ms since the epoch; null: not within a day. */
  readonly lastAtMs: number | null;
}

export interface RollBackFacts extends OwnHistory {
  /** What came of it on a copy; null where no drill has tried it. */
  readonly trial: RollBackTrial | null;
}

export type ReindexFacts = OwnHistory & Measured;

/** What has to be read for the next decision, in addition to the instances and their volumes. */
export interface Needs {
  readonly sources: boolean;
  /** The same, where no decision depends on it yet: a failed read is reported, and nothing waits for it. */
  readonly supply: boolean;
  readonly initialization: boolean;
  /** The rung under way, or the next one, stops the instance. */
  readonly stop: boolean;
  /** The rung under way, or the next one, wants the instance on standby, and it is not there yet. */
  readonly standby: boolean;
  /** The next decision is about a launch for which nothing was done yet. */
  readonly launch: boolean;
  /** Another instance is among the remaining rungs: a plan names what it would lack. */
  readonly replace: boolean;
}

/** The facts that the order of the rungs depends on. */
export type Situation = Pick<Facts, 'want' | 'fleet' | 'original' | 'replacement' | 'gone' | 'move'>;

/** EC2's own status checks of the instance and its hardware; those of its volumes are not included. */
export const isImpaired = ({ original }: Pick<Facts, 'original'>): boolean =>
  original?.checks?.instance === 'impaired' || original?.checks?.system === 'impaired';

/** EC2 itself confirms that the machine is dead, and its agent is silent: what a command has left undone there is over with it. */
export const isDead = ({ original }: Pick<Facts, 'original'>): boolean =>
  original !== null && !original.agentOnline && original.instance.state === 'running' && isImpaired({ original });

/** Whether the node is well, so that nothing more is done to it. What a person asks for, and a move, is done to a well node. */
export const followsAgain = ({
  want,
  original,
  watched,
  move,
}: Pick<Facts, 'want' | 'original' | 'watched' | 'move'>): boolean =>
  want.do === 'heal' &&
  (move?.cause ?? null) === null &&
  original?.instance.state === 'running' &&
  (watched?.health === 'synced' || watched?.runs === true) &&
  !isImpaired({ original });

/** Nothing is wrong with it any more: its client runs, as it says itself, and nobody asks more of it (`probe: unit`). To stop it would only harm. */
export const runsAgain = ({ want, fleet, move, original, seen }: Facts): boolean =>
  want.do === 'heal' &&
  seesClientsOnly(fleet) &&
  move === null &&
  !isImpaired({ original }) &&
  seen !== null &&
  seen.clients.length > 0 &&
  seen.clients.every(({ state }) => state === 'running');

/** A new instance that answers no question is of no use. Of the original, only Systems Manager says whether its agent is there. */
export const heardOf = (replacement: Machine | null, unanswered: Unanswered | null): Machine | null =>
  replacement && (unanswered?.count ?? 0) >= ASKED_AT_MOST ? { ...replacement, agentOnline: false } : replacement;

/** @returns a refusal where the fleet file cannot be read */
export async function readFacts(
  context: ReplaceContext,
  state: LadderState | null,
  { seen, unanswered, openUntilMs }: NodeStatus & Pick<Facts, 'openUntilMs'>,
  needsOf: (situation: Situation, state: LadderState | null) => Needs,
): Promise<Facts | Refusal> {
  const { clients, payload, environment, store } = context;
  const { instanceId } = payload;
  const nowMs = Date.now();
  const switches = await readSwitches({ clients, environment, store }, payload.fleet);
  if ('refuse' in switches) return switches;
  const { fleet } = switches;
  const replacementId = state?.replacement?.instanceId ?? '';
  const [readOriginal, readReplacement, { observations, watch }] = await Promise.all([
    readMachine(context, instanceId),
    replacementId === '' ? null : readMachine(context, replacementId),
    store.readFleetReading(payload.fleet),
  ]);
  const gone = isAboutGone(context, state)
    ? await readGone(context, { fleet, state, watch, power: readOriginal?.instance.state ?? null, replacementId })
    : null;
  const original = gone ? asItWas(readOriginal, gone.machine) : readOriginal;
  const machines = { original, replacement: heardOf(readReplacement, unanswered) };
  const role = roleIn(fleet, observations, instanceId, original);
  const view = viewFleet(fleet, { observations, watch }, nowMs);
  const { breaker, haltedSinceMs } = view;
  const move =
    original && isAboutMove(payload, state)
      ? moveOf({
          ...{
            nowMs,
            fleet,
            role,
            breaker,
            trigger: payload.trigger,
            instance: original.instance,
            checks: original.checks,
          },
          node: { instanceId, name: payload.node },
          nodes: view.nodes,
          haltedSinceMs,
        })
      : null;
  const spared =
    payload.want.do === 'upgrade'
      ? judgeUpgrade({
          ...{ nowMs, fleet, role, breaker, to: payload.want.to },
          ...(payload.want.atHeight !== undefined && { atHeight: payload.want.atHeight }),
          acknowledgesValidator: acknowledgesValidator(payload.want),
          ...(isBlueGreen(payload.want) && { isBlueGreen: true as const }),
          together: togetherIn(payload.want),
          lastLines:
            seen?.clients.flatMap(({ needs, state: is, lastLine }) =>
              [needs ?? [], is === 'failed' ? lastLine : []].flat(),
            ) ?? [],
          node: { instanceId, name: payload.node },
          nodes: view.nodes,
          haltedSinceMs,
        })
      : payload.want.do === 'shrink'
        ? judgeSpared({
            ...{ fleet, breaker, haltedSinceMs },
            node: { instanceId, name: payload.node },
            nodes: view.nodes,
          })
        : undefined;
  const made = state?.restoredVolumes ? madeVolumes(state.restoredVolumes) : [];
  const restored = made.flatMap(({ volumeId }) => (volumeId === '' ? [] : [volumeId]));
  const needs = needsOf({ want: payload.want, fleet, gone, move, ...machines }, state);
  const isPlan = payload.mode !== 'act';
  const runs = state?.replacement?.membership === 'joined' ? replacementId : instanceId;
  const [
    volumes,
    impairedVolumes,
    instanceStore,
    stopProtected,
    setAside,
    initialization,
    launch,
    reach,
    sources,
    rollBack,
    reindex,
    drill,
    disk,
    laterWord,
  ] = await Promise.all([
    readVolumes(context, machines, [
      ...[...(state?.found.volumes ?? []), ...(gone?.volumes ?? [])].map(({ volumeId }) => volumeId),
      ...restored,
    ]),
    original &&
    !gone &&
    payload.want.do === 'heal' &&
    (state?.rung ?? null) === null &&
    (state?.proved ?? null) === null &&
    // This check of the instance is of all its volumes, and of the same: whether they complete I/O ("Attached EBS status checks", EC2 user guide).
    original.checks?.attachedEbs !== 'ok'
      ? impairedOf(clients.ec2, original.instance.devices.map(({ volumeId }) => volumeId).toSorted())
      : [],
    // What a terminated instance had on disks of its own is lost already.
    original && gone
      ? false
      : original && (needs.stop || isPlan)
        ? hasInstanceStore(clients.ec2, original.instance.instanceType)
        : null,
    // Nobody protects any more what is gone.
    original && gone ? false : original && (needs.stop || isPlan) ? isStopProtected(clients.ec2, instanceId) : null,
    original && (needs.standby || isPlan) ? readStandbyFault(context, fleet, original.instance) : null,
    needs.initialization && fleet.replace.initializationMiBps !== undefined
      ? readInitialization(context, restored)
      : null,
    original && needs.launch ? readLaunch(context, fleet, original.instance) : null,
    original && (needs.launch || (isPlan && needs.replace)) ? readReach(clients, fleet, original.instance) : null,
    (needs.sources || needs.supply) && state
      ? readSupply(() => readSources(context, { fleet, state, nodes: view.lastSeen, watch, nowMs }), needs)
      : null,
    payload.want.do === 'heal' && fleet.replace.rollBack !== undefined && (state?.rung ?? null) === null
      ? readRollBack(context, fleet.replace.rollBack.rehearse, state)
      : null,
    payload.want.do === 'heal' && fleet.replace.reindex !== undefined && mayStillReindex(state)
      ? readReindex(context, state)
      : null,
    fleet.drills && mayStillWarm(state) ? store.readDrill(payload.fleet) : undefined,
    (state !== null && isBeingProved(state)) || fullPathOf(seen) !== undefined
      ? readDisk(context, fleet, runs)
      : undefined,
    readLaterWord(context, state),
  ]);
  const isLeft = await readLeft(context, { observations, seen, nowMs });
  const isSaid = await wasSaidStopped(context, { observations, seen, original });
  return {
    nowMs,
    fleet,
    want: payload.want,
    role,
    node: payload.node,
    incidentId: payload.incidentId,
    onsetMs: payload.onsetMs,
    ...machines,
    ...{ instanceId, gone, move },
    ...(spared !== undefined && { spared }),
    ...{ instanceStore, stopProtected },
    standbyFault: setAside,
    volumes,
    impairedVolumes,
    seen,
    unanswered,
    openUntilMs,
    watched: watchedIn(fleet, observations, runs, nowMs),
    ...(isLeft && { leftStopped: true as const }),
    ...(isSaid && { saidStopped: true as const }),
    ...(state && (hasHeardOfData(state) || (seen && isUnmounted(seen, state))) && { dataAtFault: true as const }),
    ...(disk !== undefined && { disk }),
    ...(payload.mode === 'ask' && { approved: true as const }),
    ...(laterWord !== undefined && { laterWord }),
    breaker,
    haltedSinceMs,
    sources,
    rollBack,
    reindex,
    ...(drill?.startFiles && { read: drill.startFiles.folders }),
    mateBack: togetherIn(payload.want).length > 0 && (state?.rung ?? null) === null ? await whoPutsBack(context) : null,
    keyScope: keyScopeOf(environment),
    launch,
    reach,
    initialization,
  };
}

/** Its alarm is that of the instance which runs: the incident of this heal is of the one before. */
async function readDisk(
  { store, payload }: ReplaceContext,
  fleet: Fleet,
  instanceId: string,
): Promise<OpenDisk | undefined> {
  const ofVolume = ({ role }: Fleet['volumes'][number]) =>
    store.readIncident(payload.fleet, instanceId, triggerText({ kind: 'disk', subject: role }));
  return openDiskIn(await Promise.all(fleet.volumes.map(ofVolume)));
}

/** The incident's record is read where the node is silent, and only then. */
async function wasSaidStopped(
  { store, payload }: ReplaceContext,
  {
    observations,
    seen,
    original,
  }: {
    readonly observations: readonly FleetObservation[];
    readonly seen: NodeState | null;
    readonly original: Machine | null;
  },
): Promise<boolean> {
  if (seen !== null || payload.want.do !== 'heal' || original === null || original.agentOnline) return false;
  const incident = await store.readIncident(payload.fleet, payload.instanceId, payload.trigger);
  if (incident?.incidentId !== payload.incidentId || !incident.refusedCodes.includes('client-stopped')) return false;
  const own = observations.flatMap(({ nodes }) => nodes).find((node) => node.instanceId === payload.instanceId);
  return (own?.heightSinceMs ?? incident.onsetMs) <= incident.onsetMs;
}

/** The record is read where a client is down, and only then. */
async function readLeft(
  { store, payload: { instanceId } }: ReplaceContext,
  {
    observations,
    seen,
    nowMs,
  }: { readonly observations: readonly FleetObservation[]; readonly seen: NodeState | null; readonly nowMs: number },
): Promise<boolean> {
  if (seen === null || seen.clients.every(({ state }) => state === 'running')) return false;
  const own = observations.flatMap(({ nodes }) => nodes).find((node) => node.instanceId === instanceId);
  return leftStopped(await store.readNode(instanceId), own?.heightSinceMs ?? null, nowMs);
}

/** What was measured is read again right before the node feels it. */
const mayStillReindex = (state: LadderState | null): boolean =>
  state === null || state.rung === null || (state.rung === 'reindex' && state.reindexed === undefined);

/** A plan says how long it takes. */
const mayStillWarm = (state: LadderState | null): boolean =>
  state === null || state.rung === null || (state.rung === 'swap' && state.client === 'untouched');

async function readReindex(context: ReplaceContext, state: LadderState | null): Promise<ReindexFacts> {
  const [drills, lastAtMs] = await Promise.all([
    context.store.readDrill(context.payload.fleet),
    lastOwnAt(context, 'reindex', state),
  ]);
  return { trial: drills?.reindexed ?? null, proved: drills?.proved ?? null, lastAtMs };
}

async function readRollBack(
  context: ReplaceContext,
  isRehearsed: boolean,
  state: LadderState | null,
): Promise<RollBackFacts> {
  const [drills, lastAtMs] = await Promise.all([
    isRehearsed ? context.store.readDrill(context.payload.fleet) : undefined,
    lastOwnAt(context, 'roll-back', state),
  ]);
  return { trial: drills?.rolledBack ?? null, lastAtMs };
}

/** When another heal of this node has begun with it last. */
async function lastOwnAt(
  { store, payload: { fleet, instanceId, incidentId } }: ReplaceContext,
  rung: OwnRung,
  state: LadderState | null,
): Promise<number | null> {
  const restarts = await store.readRestarts(fleet, instanceId);
  const own = state && reservationKey(incidentId, state, rung);
  const others = restarts?.restarts.filter(({ key }) => isReservedFor(key, rung) && key !== own) ?? [];
  return others.at(-1)?.atMs ?? null;
}

/** Only a fleet file that lets heals set members aside has them asked for. */
async function readStandbyFault(
  { clients }: ReplaceContext,
  fleet: Fleet,
  { autoScalingGroup: group, instanceId }: InstanceDescription,
): Promise<string | null> {
  if (group === null || fleet.replace.autoScaling === 'refuse') return null;
  return standbyFault(clients.autoscaling, { group, instanceId });
}

/** @throws what reading throws, where data must be copied now */
async function readSupply(read: () => Promise<Sources>, { sources }: Needs): Promise<Sources> {
  try {
    return await read();
  } catch (error) {
    if (sources) throw error;
    const unread = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { unread, ...NO_SOURCES };
  }
}

const isAboutGone = ({ payload }: ReplaceContext, state: LadderState | null): boolean =>
  payload.trigger === NODE_TERMINATED || makesAgain(state);

/** EC2 shows a terminated instance without its network and volumes, and soon not at all: what it was like comes from the record. */
function asItWas(shown: Machine | null, machine: Gone['machine']): Machine | null {
  if (machine === null || (shown !== null && !ENDED.includes(shown.instance.state))) return shown;
  const state = shown?.instance.state ?? 'terminated';
  const without = { devices: [], rootVolumeId: null, publicIp: null };
  return { instance: { ...machine.instance, ...without, state }, checks: null, agentOnline: false };
}

async function readMachine({ clients }: ReplaceContext, instanceId: string): Promise<Machine | null> {
  const [instance, checks, { InstanceInformationList = [] }] = await Promise.all([
    describeInstance(clients.ec2, instanceId),
    describeChecks(clients.ec2, instanceId),
    clients.ssm.send(
      new DescribeInstanceInformationCommand({ Filters: [{ Key: 'InstanceIds', Values: [instanceId] }] }),
    ),
  ]);
  return instance && { instance, checks, agentOnline: judgeAgent(InstanceInformationList[0]) === null };
}

/** One call for all of them: EC2 names the attached ones with each instance. In one order, so that the same question looks the same. */
async function readVolumes(
  { clients }: ReplaceContext,
  { original, replacement }: Pick<Facts, 'original' | 'replacement'>,
  known: readonly string[],
): Promise<readonly VolumeDescription[]> {
  const attached = [original, replacement].flatMap((machine) => machine?.instance.devices ?? []);
  const ids = [...new Set([...known, ...attached.map(({ volumeId }) => volumeId)])].sort();
  return ids.length === 0 ? [] : describeVolumes(clients.ec2, { ids });
}

/** The slowest of the restored volumes. Not done before EC2 reports all of them. */
async function readInitialization(
  { clients }: ReplaceContext,
  volumeIds: readonly string[],
): Promise<Facts['initialization']> {
  if (volumeIds.length === 0) return null;
  const known = await initializationOf(clients.ec2, volumeIds);
  if (known.length < volumeIds.length) return { percent: 0, etaSeconds: null, done: false };
  const etas = known.flatMap(({ etaSeconds }) => etaSeconds ?? []);
  return {
    percent: Math.min(...known.map(({ percent }) => percent)),
    etaSeconds: etas.length > 0 ? Math.max(...etas) : null,
    done: known.every(({ done }) => done),
  };
}

/** A height that a metric had from before a client's start proves nothing of it: what it says counts as old as it may be. */
const staleMs = ({ probe }: Pick<Fleet, 'probe'>): number => (probe?.by === 'metric' ? metricValidMs(probe) : 0);

export function watchedIn(
  fleet: Fleet,
  observations: readonly FleetObservation[],
  instanceId: string,
  nowMs: number,
): Watched | null {
  const seen = seenLately(observations, instanceId, nowMs);
  if (seen === null) return null;
  const { node, observedAtMs } = seen;
  const { health, reason, sinceMs, height, lagBlocks, peerCount, cause, evidence, runs, works, endsAgain, memory } =
    node;
  return {
    instanceId,
    health,
    reason,
    sinceMs,
    observedAtMs: observedAtMs - staleMs(fleet),
    height,
    lagBlocks,
    stoodSinceMs: stoodSince(node, observedAtMs),
    ...(memory?.atTip !== undefined && memory.track.progress !== null && { lastHeight: memory.track.progress }),
    ...(peerCount !== null && { peerCount }),
    ...(cause && { cause }),
    ...(evidence && { evidence }),
    ...(runs && { runs }),
    ...(endsAgain && { endsAgain }),
    ...(memory?.track.movedAtMs !== undefined && { movedAtMs: memory.track.movedAtMs }),
    ...(health === 'busy' && (works || memory?.heard === 'starting') && { tellsPhase: true }),
  };
}

/** Sweeps that were late, or did not see it, make its block look newer; a client that catches up has old ones. */
function stoodSince(
  { heightSinceMs, blockAgeSeconds }: Pick<ObservedNode, 'heightSinceMs' | 'blockAgeSeconds'>,
  observedAtMs: number,
): number | null {
  const times = [heightSinceMs, blockAgeSeconds === null ? null : observedAtMs - blockAgeSeconds * 1_000];
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function roleIn(
  fleet: Fleet,
  observations: readonly FleetObservation[],
  instanceId: string,
  original: Machine | null,
): Facts['role'] {
  if (original) return roleOf(fleet, original.instance.tags);
  return observations.flatMap(({ nodes }) => nodes).find((node) => node.instanceId === instanceId)?.role ?? 'unknown';
}
