// The changes on a node. Its running client is told which peers to dial and to drop, in its own calls, in one command to its loopback. Its file gets
// the new peers, if it is still the file that was read. Where needed, the same command restarts the client, and restores its old file when it does
// not come up.
import type { PeersAtRunTime } from '../../shared/chains/client.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { type PeerCommand, peerOperationId, type WrittenConfig } from '../../shared/node-commands/peer-command.ts';
import { editsBetween } from '../../shared/peers/edits.ts';
import { parseEntry } from '../../shared/peers/entry.ts';
import { changeRecord, type NodeRef } from '../../shared/reconcile/context.ts';
import { answersOf, clientCommand, type PeersClient, runOnNode } from './commands.ts';
import { type RotateContext, readGuards } from './context.ts';
import type { NodePlan } from './plan.ts';
import { beginRestart, endRestart, type RestartClaim, restartAnswered } from './restart.ts';

interface PeerChangeResult {
  /** The client has taken one of the changes, or had it before. */
  readonly anyTaken: boolean;
  readonly failed: string | undefined;
}

export interface PeerChanges {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** The client's own requests, in one command to its loopback. */
export async function changeRunningClient(
  context: RotateContext,
  { client, approved, plan }: { readonly client: PeersClient; readonly approved: boolean; readonly plan: NodePlan },
  subject: NodeRef,
  changes: PeerChanges,
): Promise<PeerChangeResult | Refusal> {
  const { peersAtRunTime } = client.operations;
  if (peersAtRunTime.by !== 'rpc') return { anyTaken: false, failed: peersAtRunTime.reason };
  const questions = questionsOf(peersAtRunTime, changes, plan.change.hiddenIds);
  const requests = questions.flatMap((question) => question.requests);
  const command = clientCommand(context, 'change-peers', requests);
  if ('refused' in command) return { anyTaken: false, failed: command.refused };
  const id = context.nextId();
  const sent = `SendCommand change-peers ${peerOperationId(id)}`;
  const sentence = [
    changes.add.length > 0 ? `dial ${countOf(changes.add)}` : '',
    changes.remove.length > 0 ? `leave ${changes.remove.length}` : '',
  ].filter((part) => part !== '');
  await context.write({ kind: 'intent', act: sent, sentence: sentence.join(', '), evidence: changes }, subject);
  const target = await readGuards(context, subject, approved);
  if ('refuse' in target) return target;
  const result = await runOnNode(context, id, target, command);
  const answers = result.state === 'answered' ? answersOf(result, requests) : result.reason;
  const told = typeof answers === 'string' ? { taken: 0, failed: answers } : readChanges(questions, answers);
  const words = told.failed === undefined ? 'done' : `${told.taken} of ${questions.length} done: ${told.failed}`;
  const fields = { status: told.failed === undefined ? 'done' : 'partly' } as const;
  await context.write({ kind: 'result', act: sent, sentence: words, fields }, subject);
  return { anyTaken: told.taken > 0, failed: told.failed };
}

const countOf = ({ length }: readonly string[]): string => `${length} ${length === 1 ? 'peer' : 'peers'}`;

type Changes = Extract<PeersAtRunTime, { readonly by: 'rpc' }>;
type Change = ReturnType<Changes['add']>;

/** @param hiddenIds of validators that this node may be connected to, and that no other node may learn */
export function questionsOf(
  { add, remove }: Changes,
  changes: PeerChanges,
  hiddenIds: readonly string[],
): readonly Change[] {
  const peerOf = (text: string) => {
    const entry = parseEntry(text);
    // An owner's own line may leave the port to the client; without a port we cannot ask it to dial.
    if (!entry || entry.port === undefined) return [];
    const { id, host, port } = entry;
    if (id === undefined) return [{ host, port }];
    return [{ host, port, id, ...(hiddenIds.includes(id) && { hidden: true as const }) }];
  };
  return [
    ...changes.add.flatMap(peerOf).map((peer) => add(peer)),
    ...(remove ? changes.remove.flatMap(peerOf).map((peer) => remove(peer)) : []),
  ];
}

function readChanges(
  questions: readonly Change[],
  answers: Parameters<Change['read']>[0],
): { readonly taken: number; readonly failed: string | undefined } {
  let at = 0;
  let taken = 0;
  let failed: string | undefined;
  for (const question of questions) {
    const read = question.read(answers.slice(at, at + question.requests.length));
    at += question.requests.length;
    if (read.kind === 'ok') taken += 1;
    else failed ??= read.kind === 'next' ? 'the client asks for more' : read.reason;
  }
  return { taken, failed };
}

type ConfigWriteResult =
  | { readonly state: WrittenConfig; readonly restart: RestartClaim | undefined }
  /** The old file is back, and the client runs with it. */
  | { readonly restored: string }
  | { readonly failed: string; readonly code: 'command-failed' | 'command-unanswered' }
  /** Nothing was done. */
  | Refusal;

/** Writes the file, if it is still the file that was read; with a restart, the client is stopped and started in the same command. */
export async function writeConfig(
  context: RotateContext,
  { plan, approved }: { readonly plan: NodePlan; readonly approved: boolean },
  subject: NodeRef,
  restart: boolean,
): Promise<ConfigWriteResult> {
  const { configPath } = context.fleet.peers;
  const [unit] = context.fleet.units;
  if (!plan.text || configPath === undefined || !unit) throw new Error(`${subject.name} has no file to be written`);
  const command: PeerCommand = {
    operation: 'write-config',
    file: configPath,
    sha256: plan.text.sha256,
    edits: editsBetween(plan.text.before, plan.text.after),
    runtime: unit.runtime,
    restartGraceSeconds: restart ? unit.stopGraceSeconds : undefined,
  };
  const claim = restart ? await beginRestart(context, plan, command) : undefined;
  if (claim && 'refuse' in claim) return claim;
  // Recorded before the command is sent: a run that dies before the answer leaves a file that its client has not loaded.
  let before: number | undefined;
  await changeRecord(context, ({ pending }) => {
    before = pending[plan.instanceId];
    return { pending: { ...pending, [plan.instanceId]: Date.now() } };
  });
  const notWritten = (): Promise<void> =>
    changeRecord(context, ({ pending }) => ({
      pending: { ...without(pending, plan.instanceId), ...(before !== undefined && { [plan.instanceId]: before }) },
    }));
  const written = await sendWrite(
    context,
    approved,
    subject,
    command,
    restart ? `write ${countOf(plan.change.after)} and restart the client` : `write ${countOf(plan.change.after)}`,
    plan.change.after.length,
  );
  if ('refuse' in written) {
    await notWritten();
    if (claim) await endRestart(context, claim);
    return written;
  }
  if ('unknown' in written) return { failed: `${subject.name}: ${written.unknown}`, code: 'command-unanswered' };
  const { state, reason } = written;
  if (claim) await restartAnswered(context, claim);
  if (reason === undefined) {
    if (restart) await changeRecord(context, ({ pending }) => ({ pending: without(pending, plan.instanceId) }));
    return { state, restart: claim };
  }
  const neverBegan = state.stopSeconds === null && !state.putBack;
  if (claim && (state.client === 'running' || neverBegan)) await endRestart(context, claim);
  const sentence = `${subject.name}: ${reason}`;
  if (neverBegan) {
    await notWritten();
    // The node has not begun: somebody has changed the file since, which is harmless, or a person has to act.
    const page = state.sha256 === command.sha256;
    return { refuse: 'config-unfit', reason: sentence, page, retryAfterMs: 0 };
  }
  if (!state.putBack) return { failed: sentence, code: 'command-failed' };
  const { sha256 } = state;
  await changeRecord(context, ({ rejected, pending }) => ({
    rejected: { ...rejected, [plan.instanceId]: { sha256, atMs: Date.now() } },
    pending: without(pending, plan.instanceId),
  }));
  return state.client === 'running' ? { restored: sentence } : { failed: sentence, code: 'command-failed' };
}

function without<T>(records: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  const { [key]: _, ...others } = records;
  return others;
}

type WriteCommandResult =
  | { readonly state: WrittenConfig; readonly reason: string | undefined }
  | { readonly unknown: string }
  | Refusal;

/** @param peers how many the file names afterwards; undefined where the old list is restored */
export async function sendWrite(
  context: RotateContext,
  approved: boolean,
  subject: NodeRef,
  command: Extract<PeerCommand, { readonly operation: 'write-config' }>,
  sentence: string,
  peers: number | undefined,
): Promise<WriteCommandResult> {
  const id = context.nextId();
  const sent = `SendCommand write-config ${peerOperationId(id)}`;
  const { file, sha256, edits, restartGraceSeconds } = command;
  await context.write(
    {
      kind: 'intent',
      act: sent,
      sentence,
      evidence: { file, sha256, edits, restartGraceSeconds },
      ...(peers !== undefined && { fields: { peers } }),
    },
    subject,
  );
  const target = await readGuards(context, subject, approved);
  if ('refuse' in target) return target;
  const result = await runOnNode(context, id, target, command);
  if (result.state !== 'answered') {
    const sentence = `not known to be done: ${result.reason}`;
    await context.write({ kind: 'result', act: sent, sentence, fields: { status: 'unknown' } }, subject);
    return { unknown: result.reason };
  }
  const { answer } = result;
  const words = [answer.result, answer.reason].filter((part) => part !== undefined).join(': ');
  const fields = { status: answer.result };
  await context.write({ kind: 'result', act: sent, sentence: words, evidence: answer, fields }, subject);
  // The node itself says that it has not begun: nothing was written, and nothing is being restarted.
  if (answer.result === 'late' || answer.result === 'stale')
    return { refuse: 'node-silent', reason: `${subject.name} did nothing: ${words}`, page: false, retryAfterMs: 0 };
  if (answer.after === null) return { unknown: words };
  return { state: answer.after, reason: answer.result === 'done' ? undefined : (answer.reason ?? answer.result) };
}
