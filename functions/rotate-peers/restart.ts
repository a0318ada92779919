// The last restart of a fleet, when it had not proved itself by the end of its run: proved now, or told of, and nobody else is restarted
// before that.

import type { RotationRecord } from '../../shared/guardrails/rotation.ts';
import type { Seen } from './observe.ts';
import { about, record, tell, type Work } from './tools.ts';
import { judgePeers } from './verdict.ts';

/** @returns what came of it, in a sentence */
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
    await record(work, () => ({ restart: null }));
    return [`${node} was restarted, and is gone`];
  }
  const reading = readings.get(instanceId) ?? { kind: 'error', code: 'unreachable', reason: 'it was not asked' };
  const verdict = judgePeers(reading, { before: peersBefore, floor });
  if (verdict.is === 'proved' || verdict.is === 'short') {
    await record(work, () => ({ restart: null }));
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
