// A running client is told whom to dial and whom to leave, in its own words, in one command to its node's loopback.
import type { PeersAtRunTime } from '../../shared/chains/client.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { peerOperationId } from '../../shared/node-commands/peer-command.ts';
import { parseEntry } from '../../shared/peers/entry.ts';
import type { Act } from './act.ts';
import { answersOf, clientCommand } from './asking.ts';
import { runOnNode } from './commands.ts';
import { guardAgain, type Subject, type Work } from './tools.ts';

export interface Told {
  /** The client has taken one of the changes, or it was so before. */
  readonly anyTaken: boolean;
  readonly failed: string | undefined;
}

export interface Telling {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** The client's own requests, in one command to its loopback. */
export async function tellClient(
  work: Work,
  { client, approved, plan }: Pick<Act, 'client' | 'approved' | 'plan'>,
  subject: Subject,
  telling: Telling,
): Promise<Told | Refusal> {
  const { peersAtRunTime } = client.operations;
  if (peersAtRunTime.by !== 'rpc') return { anyTaken: false, failed: peersAtRunTime.reason };
  const questions = questionsOf(peersAtRunTime, telling, plan.change.hiddenIds);
  const requests = questions.flatMap((question) => question.requests);
  const command = clientCommand(work, 'change-peers', requests);
  if ('refused' in command) return { anyTaken: false, failed: command.refused };
  const id = work.nextId();
  const sent = `SendCommand change-peers ${peerOperationId(id)}`;
  const sentence = [
    telling.add.length > 0 ? `dial ${telling.add.length} ${telling.add.length === 1 ? 'peer' : 'peers'}` : '',
    telling.remove.length > 0 ? `leave ${telling.remove.length}` : '',
  ].filter((part) => part !== '');
  await work.write({ kind: 'intent', act: sent, sentence: sentence.join(', '), evidence: telling }, subject);
  const refusal = await guardAgain(work, subject, approved);
  if (refusal) return refusal;
  const result = await runOnNode(work, id, subject.instanceId, command);
  const answers = result.state === 'answered' ? answersOf(result, requests) : result.reason;
  const told = typeof answers === 'string' ? { taken: 0, failed: answers } : readChanges(questions, answers);
  const words = told.failed === undefined ? 'done' : `${told.taken} of ${questions.length} done: ${told.failed}`;
  const fields = { status: told.failed === undefined ? 'done' : 'partly' } as const;
  await work.write({ kind: 'result', act: sent, sentence: words, fields }, subject);
  return { anyTaken: told.taken > 0, failed: told.failed };
}

type Changes = Extract<PeersAtRunTime, { readonly by: 'rpc' }>;
type Change = ReturnType<Changes['add']>;

/** @param hiddenIds of validators that this node may be connected to, and nobody may hear of */
export function questionsOf(
  { add, remove }: Changes,
  telling: Telling,
  hiddenIds: readonly string[],
): readonly Change[] {
  const peerOf = (text: string) => {
    const entry = parseEntry(text);
    // An owner's own line may leave the port to the client, and nobody tells it to dial that.
    if (!entry || entry.port === undefined) return [];
    const { id, host, port } = entry;
    if (id === undefined) return [{ host, port }];
    return [{ host, port, id, ...(hiddenIds.includes(id) && { hidden: true as const }) }];
  };
  return [
    ...telling.add.flatMap(peerOf).map((peer) => add(peer)),
    ...(remove ? telling.remove.flatMap(peerOf).map((peer) => remove(peer)) : []),
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
