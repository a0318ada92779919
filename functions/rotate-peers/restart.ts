// The one restart that a fleet may have under way. It is judged by the facts of this moment, and claimed before its command is sent. It is over when
// the node is proved, in its own run or in a later one. No other node is restarted before that. A node that is not proved within its client's grace
// is paged.
import { familyOf } from '../../shared/chains/defaults.ts';
import type { Fleet, Role } from '../../shared/fleet/model.ts';
import { discoverNodes } from '../../shared/fleet/nodes.ts';
import type { FleetObservation, Health, ObservedNode } from '../../shared/fleet/observation.ts';
import type { BreakerReading } from '../../shared/guardrails/breaker.ts';
import { judgeConditions } from '../../shared/guardrails/conditions.ts';
import { viewFleet } from '../../shared/guardrails/fleet-view.ts';
import {
  afterRestart,
  claimRestart,
  type RotationRecord,
  type UnprovedRestart,
} from '../../shared/guardrails/rotation.ts';
import { unsettled } from '../../shared/heal/lease.ts';
import { keys, settle } from '../../shared/heal/store.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { clockSkewSeconds, startBySeconds } from '../../shared/node-commands/command.ts';
import { type PeerCommand, peerRunLimitSeconds } from '../../shared/node-commands/peer-command.ts';
import { changeRecord, readRecord } from '../../shared/reconcile/context.ts';
import { notify } from '../../shared/reconcile/notification.ts';
import { about, endFailures, isFailureOn, type RotateContext } from './context.ts';
import type { FleetFacts } from './facts.ts';
import { judgePeers, type NodePlan } from './plan.ts';
import { judgeObservation, SWEEP_MS } from './schedule.ts';

export interface RestartFacts {
  readonly fleet: Fleet;
  readonly instanceId: string;
  readonly node: string;
  readonly role: Role;
  readonly health: Health;
  readonly observed: readonly FleetObservation[];
  readonly breaker: BreakerReading;
  /** It has no block at all, and no node in its fleet has one: there is no chain that a restart could hurt. */
  readonly fresh: boolean;
  /** The last restart of another node, which is not proved yet. */
  readonly unproved: string | undefined;
  /** Another node that a heal holds, or has left in the middle. */
  readonly heldByHeal: string | undefined;
}

/** Whether a client may be restarted to take its new list. */
export function judgeRestart(facts: RestartFacts): Refusal | null {
  const { fleet, node, role, health, fresh, unproved, heldByHeal } = facts;
  const refuse = (
    code: 'restart-forbidden' | 'restart-unproved' | 'breaker-open' | 'busy',
    reason: string,
  ): Refusal => ({
    refuse: code,
    reason,
    page: true,
    retryAfterMs: SWEEP_MS,
  });
  const needs = `${node} takes its new list only when it is restarted`;
  if (!fleet.peers?.restart)
    return refuse('restart-forbidden', `${needs}; the fleet file does not say peers.restart: true`);
  if (role === 'unknown') return refuse('restart-forbidden', `${needs}, and its role is unknown`);
  if (role === 'validator' && !fleet.owner.restartValidators && !fresh)
    return refuse(
      'restart-forbidden',
      `${needs}, and it is a validator; the fleet file does not say owner.restartValidators: true`,
    );
  // Its client may take its grace to come back. A node that does not is paged separately (restart.ts).
  if (unproved !== undefined)
    return {
      ...refuse(
        'restart-unproved',
        `${needs}; ${unproved} was restarted before it, and has not come back as it should`,
      ),
      page: false,
    };
  if (fresh) return null;
  // It has its client's grace: a client that replays must not be stopped again.
  if (health === 'starting')
    return { ...refuse('restart-forbidden', `${needs}, and its client is just starting`), page: false };
  // A heal may have its client down: that a node lacks a peer may come of that very stop.
  if (heldByHeal !== undefined)
    return { ...refuse('busy', `${needs}; a heal is at work on ${heldByHeal}`), page: false };
  const down = role === 'validator' ? validatorDown(facts) : undefined;
  if (down !== undefined)
    return {
      ...refuse('restart-forbidden', `${needs}, and nobody reaches ${down}: two validators would be down at once`),
      page: false,
    };
  const { breaker } = facts;
  const held = fresh
    ? null
    : judgeConditions('peers', { instanceId: facts.instanceId, name: node }, breaker.conditions);
  if (held) return held;
  return breaker.open ? refuse('breaker-open', `${needs}; ${breaker.sentence}`) : null;
}

/** Another validator that is down, by the last observation. */
const validatorDown = ({ observed, node }: RestartFacts): string | undefined =>
  observed
    .flatMap(({ nodes }) => nodes)
    .find((one) => one.name !== node && one.role === 'validator' && one.health === 'unreachable')?.name;

/** The parts of a node's observation that show whether its fleet has a chain; undefined where it was not observed. */
export type StartObservation = Pick<ObservedNode, 'height' | 'health' | 'memory'> | undefined;

/**
 * Every node of the fleet says now that it has no block, and none was ever seen to have one: no chain can be harmed. A node that is silent, or was
 * not asked, proves nothing; an established fleet whose RPC is dead looks just like that.
 */
export const isChainUnstarted = (chain: string, nodes: readonly StartObservation[]): boolean =>
  nodes.length > 0 && nodes.every((node) => reportsNoBlock(chain, node));

/** A fast chain makes one block a second: a node with more than twice that many cannot have begun since. */
const BLOCKS_A_SECOND = 2;

/**
 * The same fleet a few restarts later, read again. Its chain may have begun meanwhile, as it does once enough nodes know each other. No node may have
 * more blocks than can have been made since.
 */
export const isChainStillYoung = (nodes: readonly StartObservation[], saidSoMs: number, nowMs: number): boolean => {
  const limit = Math.ceil(((nowMs - saidSoMs) / 1000) * BLOCKS_A_SECOND);
  return nodes.every(
    (node) =>
      node !== undefined &&
      node.health !== 'forked' &&
      Math.max(node.height ?? 0, node.memory?.track.progress ?? 0) <= limit,
  );
};

function reportsNoBlock(chain: string, node: StartObservation): boolean {
  if (node === undefined || !hasNoBlock(node)) return false;
  if (node.height === 0) return true;
  // Unknown: it was not asked, and its last answer is old.
  return familyOf(chain) === SILENT_WITHOUT_A_BLOCK && node.health !== 'unknown' && node.memory?.heard === 'starting';
}

const hasNoBlock = ({ height, health, memory }: NonNullable<StartObservation>): boolean =>
  BEFORE_ITS_FIRST.includes(health) && (height ?? 0) === 0 && (memory?.track.progress ?? 0) === 0;

/** Where "starting" means that there is no block. On others it means that the client loads its data (bitcoind's error -28). */
const SILENT_WITHOUT_A_BLOCK = 'cometbft';

const BEFORE_ITS_FIRST: readonly Health[] = ['starting', 'busy', 'unknown', 'unreachable'];

/** @param parts the observations at the start of the run: whether its fleet was fresh then */
export async function mayRestart(
  context: RotateContext,
  facts: FleetFacts,
  parts: readonly FleetObservation[],
  { instanceId, node }: NodePlan,
): Promise<Refusal | null> {
  const { fleet, store, clients } = context;
  const [{ restart }, { observations: observed, watch }, nodes, { nodes: held }] = await Promise.all([
    readRecord(context),
    store.readFleetReading(fleet.name),
    discoverNodes(clients.ec2, fleet, store),
    store.readFleet(fleet.name),
  ]);
  const stale = judgeObservation(observed, Date.now());
  if (stale) return stale;
  const own = observationOf(observed, instanceId);
  const both = new Set([...facts.nodes.keys(), ...nodes.map((one) => one.instanceId)]);
  const beginnings = (read: readonly FleetObservation[]): StartObservation[] =>
    [...both].map((id) => observationOf(read, id));
  return judgeRestart({
    fleet,
    instanceId,
    node,
    role: nodes.find((one) => one.instanceId === instanceId)?.role ?? 'unknown',
    health: own?.health ?? 'unknown',
    observed,
    breaker: viewFleet(fleet, { observations: observed, watch }, Date.now()).breaker,
    fresh:
      isChainUnstarted(fleet.chain, beginnings(parts)) &&
      isChainStillYoung(beginnings(observed), Math.min(...parts.map(({ observedAtMs }) => observedAtMs)), Date.now()),
    unproved: restart && restart.instanceId !== instanceId ? restart.node : undefined,
    // What a heal has left open on an instance that is gone keeps nobody waiting.
    heldByHeal: nodes.find(
      (one) =>
        one.instanceId !== instanceId &&
        held.some((node) => node.instanceId === one.instanceId && (node.owner !== null || unsettled(node))),
    )?.name,
  });
}

const observationOf = (parts: readonly FleetObservation[], instanceId: string): ObservedNode | undefined =>
  parts.flatMap(({ nodes }) => nodes).find((node) => node.instanceId === instanceId);

/** Identifies one restart, even if the record has changed since. */
export type RestartClaim = Pick<UnprovedRestart, 'instanceId' | 'atMs'>;

/** After this time a command that is sent now can have no more effect, even if its answer was lost. */
const overAtMs = (command: PeerCommand): number =>
  Date.now() + (startBySeconds + peerRunLimitSeconds(command) + clockSkewSeconds) * 1000;

/** @returns the claim, or why this node is not restarted now */
export async function beginRestart(
  context: RotateContext,
  { instanceId, node, peersBefore, floor }: NodePlan,
  command: PeerCommand,
): Promise<RestartClaim | Refusal> {
  const atMs = Date.now();
  const restart = { instanceId, node, atMs, peersBefore, floor, overAtMs: overAtMs(command) };
  const taken = await settle<RotationRecord, string | undefined>(
    context.store,
    keys.rotation(context.fleet.name),
    () => context.store.readRotation(context.fleet.name),
    (read) => {
      const claimed = claimRestart(read, context.writer, restart);
      return 'taken' in claimed ? { result: claimed.taken } : { result: undefined, write: claimed.next };
    },
  );
  if (taken === undefined) return { instanceId, atMs };
  return { refuse: 'restart-unproved', reason: `${node} is not restarted: ${taken}`, page: false, retryAfterMs: 0 };
}

/** The restart is proved, or never began. */
export const endRestart = (context: RotateContext, claim: RestartClaim): Promise<void> =>
  changeRecord(context, (read) => afterRestart(read, claim, null));

/** A second command for the same restart, which restores the old file. */
export const extendRestartClaim = (context: RotateContext, claim: RestartClaim, command: PeerCommand): Promise<void> =>
  changeRecord(context, (read) => afterRestart(read, claim, { overAtMs: overAtMs(command) }));

/** Its command has been answered: from now on observations of the node count. */
export const restartAnswered = (context: RotateContext, claim: RestartClaim): Promise<void> =>
  changeRecord(context, (read) => afterRestart(read, claim, { overAtMs: Date.now() }));

/** @returns the result of the restart that was not proved by the end of its run, in a sentence */
export async function settleRestart(
  context: RotateContext,
  { readings, nodes }: FleetFacts,
  rotation: RotationRecord,
): Promise<string[]> {
  const { restart } = rotation;
  if (!restart) return [];
  const { instanceId, node, atMs, peersBefore, floor } = restart;
  const subject = { name: node, instanceId };
  if (!nodes.has(instanceId)) {
    // Replaced, or gone: nothing is left to prove.
    await endRestart(context, restart);
    return [`${node} was restarted, and is gone`];
  }
  // The client that answers now may still be the one before the stop.
  if (Date.now() < restart.overAtMs) return [`${node}: the command that restarts it may still be at work`];
  const reading = readings.get(instanceId) ?? { kind: 'error', code: 'unreachable', reason: 'it was not asked' };
  const verdict = judgePeers(reading, { before: peersBefore, floor });
  if (verdict.is === 'proved' || verdict.is === 'short') {
    await endRestart(context, restart);
    if (verdict.is === 'short') return [`${node} runs again: ${verdict.sentence}`];
    await context.write(
      { kind: 'proof', sentence: `${verdict.sentence}, restarted`, evidence: { peers: verdict.peers } },
      subject,
    );
    await context.write({ kind: 'outcome', act: 'healed', sentence: verdict.sentence }, subject);
    await endFailures(context, rotation, isFailureOn(new Set([node])));
    return [`${node}: healed: ${verdict.sentence}`];
  }
  const graceMs = context.fleet.health.startGraceSeconds * 1000;
  if (Date.now() - atMs < graceMs) return [`${node} is still coming up: ${verdict.sentence}`];
  const reason = `${node} was restarted ${Math.round((Date.now() - atMs) / 60_000)} min ago and has not proved itself: ${verdict.sentence}`;
  await notify(context, [about({ refuse: 'restart-unproved', reason, page: true, retryAfterMs: 0 }, subject)]);
  return [reason];
}
