// The one restart that a fleet may have under way: claimed before its command is sent, over when it has proved itself, in its own run
// or in a later one. Nobody else is restarted before that, and who does not prove himself in his client's grace is told of.

import {
  afterRestart,
  claimRestart,
  type RotationRecord,
  type UnprovedRestart,
} from '../../shared/guardrails/rotation.ts';
import { keys, settle } from '../../shared/heal/store.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { clockSkewSeconds, startBySeconds } from '../../shared/node-commands/command.ts';
import { type PeerCommand, peerRunLimitSeconds } from '../../shared/node-commands/peer-command.ts';
import type { Seen } from './observe.ts';
import type { NodePlan } from './plan.ts';
import { about, record, tell, type Work } from './tools.ts';
import { judgePeers } from './verdict.ts';

/** Which restart is meant, whatever has become of the record since. */
export type Claim = Pick<UnprovedRestart, 'instanceId' | 'atMs'>;

/** After this nothing of a command that is sent now can happen any more, whatever became of its answer. */
const overAtMs = (command: PeerCommand): number =>
  Date.now() + (startBySeconds + peerRunLimitSeconds(command) + clockSkewSeconds) * 1000;

/** @returns the claim, or why this node is not restarted now */
export async function beginRestart(
  work: Work,
  { instanceId, node, peersBefore, floor }: NodePlan,
  command: PeerCommand,
): Promise<Claim | Refusal> {
  const atMs = Date.now();
  const restart = { instanceId, node, atMs, peersBefore, floor, overAtMs: overAtMs(command) };
  const taken = await settle<RotationRecord, string | undefined>(
    work.store,
    keys.rotation(work.fleet.name),
    () => work.store.readRotation(work.fleet.name),
    (read) => {
      const claimed = claimRestart(read, work.writer, restart);
      return 'taken' in claimed ? { result: claimed.taken } : { result: undefined, write: claimed.next };
    },
  );
  if (taken === undefined) return { instanceId, atMs };
  return { refuse: 'restart-unproved', reason: `${node} is not restarted: ${taken}`, page: false, lookAgainMs: 0 };
}

/** It has proved itself, or it never began. */
export const endRestart = (work: Work, claim: Claim): Promise<void> =>
  record(work, (read) => afterRestart(read, claim, null));

/** A second command for the same restart, which puts the old file back. */
export const prolongRestart = (work: Work, claim: Claim, command: PeerCommand): Promise<void> =>
  record(work, (read) => afterRestart(read, claim, { overAtMs: overAtMs(command) }));

/** Its command has been answered: from now on what is seen of the node counts. */
export const restartAnswered = (work: Work, claim: Claim): Promise<void> =>
  record(work, (read) => afterRestart(read, claim, { overAtMs: Date.now() }));

/** @returns what came of the restart that had not proved itself by the end of its run, in a sentence */
export async function settleRestart(
  work: Work,
  { readings, nodes }: Seen,
  { restart }: RotationRecord,
): Promise<string[]> {
  if (!restart) return [];
  const { instanceId, node, atMs, peersBefore, floor } = restart;
  const subject = { name: node, instanceId };
  if (!nodes.has(instanceId)) {
    // Replaced, or gone: there is nothing of it that could be proved.
    await endRestart(work, restart);
    return [`${node} was restarted, and is gone`];
  }
  // What answers now may be the client before its stop.
  if (Date.now() < restart.overAtMs) return [`${node}: the command that restarts it may still be at work`];
  const reading = readings.get(instanceId) ?? { kind: 'error', code: 'unreachable', reason: 'it was not asked' };
  const verdict = judgePeers(reading, { before: peersBefore, floor });
  if (verdict.is === 'proved' || verdict.is === 'short') {
    await endRestart(work, restart);
    if (verdict.is === 'short') return [`${node} runs again: ${verdict.sentence}`];
    await work.write(
      { kind: 'proof', sentence: `${verdict.sentence}, restarted`, evidence: { peers: verdict.peers } },
      subject,
    );
    await work.write({ kind: 'outcome', act: 'healed', sentence: verdict.sentence }, subject);
    return [`${node}: healed: ${verdict.sentence}`];
  }
  const graceMs = work.fleet.health.startGraceSeconds * 1000;
  if (Date.now() - atMs < graceMs) return [`${node} is still coming up: ${verdict.sentence}`];
  const reason = `${node} was restarted ${Math.round((Date.now() - atMs) / 60_000)} min ago and has not proved itself: ${verdict.sentence}`;
  await tell(work, [about({ refuse: 'restart-unproved', reason, page: true, lookAgainMs: 0 }, subject)]);
  return [reason];
}
