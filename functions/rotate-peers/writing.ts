// A client's file gets its new peers, if it still is the one that was read; where it has to be, the client is restarted in the same
// command, and gets its old file again when it does not come up.

import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { type PeerCommand, peerOperationId, type WrittenConfig } from '../../shared/node-commands/peer-command.ts';
import { editsBetween } from '../../shared/peers/edits.ts';
import { runOnNode } from './commands.ts';
import type { NodePlan } from './plan.ts';
import { beginRestart, type Claim, endRestart, restartAnswered } from './restart.ts';
import { guardAgain, record, type Subject, type Work } from './tools.ts';

export type Written =
  | { readonly state: WrittenConfig; readonly restart: Claim | undefined }
  /** The old file is back, and the client runs with it. */
  | { readonly restored: string }
  | { readonly failed: string; readonly code: 'command-failed' | 'command-unanswered' }
  /** Nothing was done. */
  | Refusal;

/** The file, if it still is the one that was read; with a restart, the client is stopped and started in the same command. */
export async function writeConfig(
  work: Work,
  { plan, approved }: { readonly plan: NodePlan; readonly approved: boolean },
  subject: Subject,
  restart: boolean,
): Promise<Written> {
  const { configPath } = work.fleet.peers;
  const [unit] = work.fleet.units;
  if (!plan.text || configPath === undefined || !unit) throw new Error(`${subject.name} has no file to be written`);
  const command: PeerCommand = {
    operation: 'write-config',
    file: configPath,
    sha256: plan.text.sha256,
    edits: editsBetween(plan.text.before, plan.text.after),
    runtime: unit.runtime,
    restartGraceSeconds: restart ? unit.stopGraceSeconds : undefined,
  };
  const claim = restart ? await beginRestart(work, plan, command) : undefined;
  if (claim && 'refuse' in claim) return claim;
  // Before it is sent: whoever dies before the answer leaves a file behind that its client has not taken.
  let before: number | undefined;
  await record(work, ({ pending }) => {
    before = pending[plan.instanceId];
    return { pending: { ...pending, [plan.instanceId]: Date.now() } };
  });
  const notWritten = (): Promise<void> =>
    record(work, ({ pending }) => ({
      pending: { ...without(pending, plan.instanceId), ...(before !== undefined && { [plan.instanceId]: before }) },
    }));
  const written = await sendWrite(
    work,
    approved,
    subject,
    command,
    restart ? `write ${peersOf(plan)} and restart the client` : `write ${peersOf(plan)}`,
    plan.change.after.length,
  );
  if ('refuse' in written) {
    await notWritten();
    if (claim) await endRestart(work, claim);
    return written;
  }
  if ('unknown' in written) return { failed: `${subject.name}: ${written.unknown}`, code: 'command-unanswered' };
  const { state, reason } = written;
  if (claim) await restartAnswered(work, claim);
  if (reason === undefined) {
    if (restart) await record(work, ({ pending }) => ({ pending: without(pending, plan.instanceId) }));
    return { state, restart: claim };
  }
  const neverBegan = state.stopSeconds === null && !state.putBack;
  if (claim && (state.client === 'running' || neverBegan)) await endRestart(work, claim);
  const sentence = `${subject.name}: ${reason}`;
  if (neverBegan) {
    await notWritten();
    // The node has not begun: somebody has changed the file since, which is no trouble, or a person has to see to something.
    const page = state.sha256 === command.sha256;
    return { refuse: 'config-unfit', reason: sentence, page, lookAgainMs: 0 };
  }
  if (!state.putBack) return { failed: sentence, code: 'command-failed' };
  const { sha256 } = state;
  await record(work, ({ rejected, pending }) => ({
    rejected: { ...rejected, [plan.instanceId]: { sha256, atMs: Date.now() } },
    pending: without(pending, plan.instanceId),
  }));
  return state.client === 'running' ? { restored: sentence } : { failed: sentence, code: 'command-failed' };
}

const peersOf = ({ change: { after } }: NodePlan): string => `${after.length} ${after.length === 1 ? 'peer' : 'peers'}`;

function without<T>(records: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  const { [key]: _, ...others } = records;
  return others;
}

type Sent =
  | { readonly state: WrittenConfig; readonly reason: string | undefined }
  | { readonly unknown: string }
  | Refusal;

export async function sendWrite(
  work: Work,
  approved: boolean,
  subject: Subject,
  command: Extract<PeerCommand, { readonly operation: 'write-config' }>,
  sentence: string,
  peers: number | undefined,
): Promise<Sent> {
  const id = work.nextId();
  const sent = `SendCommand write-config ${peerOperationId(id)}`;
  const { file, sha256, edits, restartGraceSeconds } = command;
  await work.write(
    {
      ...{ kind: 'intent', act: sent, sentence, evidence: { file, sha256, edits, restartGraceSeconds } },
      ...(peers !== undefined && { fields: { peers } }),
    },
    subject,
  );
  const refusal = await guardAgain(work, subject, approved);
  if (refusal) return refusal;
  const result = await runOnNode(work, id, subject.instanceId, command);
  if (result.state !== 'answered') {
    const sentence = `not known to be done: ${result.reason}`;
    await work.write({ kind: 'result', act: sent, sentence, fields: { status: 'unknown' } }, subject);
    return { unknown: result.reason };
  }
  const { answer } = result;
  const words = [answer.result, answer.reason].filter((part) => part !== undefined).join(': ');
  const fields = { status: answer.result };
  await work.write({ kind: 'result', act: sent, sentence: words, evidence: answer, fields }, subject);
  // The node itself says that it has not begun: nothing was written, and nothing is being restarted.
  if (answer.result === 'late' || answer.result === 'stale')
    return { refuse: 'node-silent', reason: `${subject.name} did nothing: ${words}`, page: false, lookAgainMs: 0 };
  if (answer.after === null) return { unknown: words };
  return { state: answer.after, reason: answer.result === 'done' ? undefined : (answer.reason ?? answer.result) };
}
