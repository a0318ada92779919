// What nodes have answered to chainmend's own questions, as Systems Manager keeps it: of the documents of this version, around the incidents that were
// found. Nothing is sent to a node.
import {
  type CommandInvocation,
  GetCommandInvocationCommand,
  ListCommandInvocationsCommand,
  type SSMClient,
} from '@aws-sdk/client-ssm';
import pMap from 'p-map';
import { parseAnswer } from '../../../shared/node-commands/answer.ts';
import { commandDocuments } from '../../../shared/node-commands/index.ts';
import { parseNodeAnswer } from '../../../shared/node-commands/node-answer.ts';
import { KEPT_DAYS, type Told } from './history.ts';

const DAY_MS = 24 * 60 * 60_000;
/** "MaxResults: between 1 and 50" (ListCommandInvocationsRequest). */
const PAGE = 50;
/** Of one document: 10,000 answers, which are a year of a busy fleet's heals. */
const PAGES_MOST = 200;
/** So many are read one by one, the oldest first: a heal's first question is what counts. */
const READ_MOST = 500;
const AT_ONCE = 4;

/** An instance, and from when to when an answer of it is of use. */
export interface Sought {
  readonly instanceId: string;
  readonly fromMs: number;
  readonly toMs: number;
}

type Read = (atMs: number, stdout: string) => Told | undefined;

/** By the name of the document that was sent. */
const readsOf = ({
  observeNode,
  inspectNode,
}: ReturnType<typeof commandDocuments>): Readonly<Record<string, Read>> => ({
  [observeNode.name]: (atMs, stdout) => {
    const { result, before, after, reason = result } = parseAnswer(stdout);
    const seen = after ?? before;
    if (result === 'late') return { about: 'disk refused', atMs, reason };
    return result !== 'done' || seen === null ? undefined : { about: 'disk', atMs, seen };
  },
  [inspectNode.name]: (atMs, stdout) => {
    const { result, before, after, reason = result } = parseNodeAnswer(stdout);
    const seen = after ?? before;
    if (result === 'late') return { about: 'node refused', atMs, reason };
    return result !== 'done' || seen === null ? undefined : { about: 'node', atMs, seen };
  },
});

/**
 * @param notes gets a line where there are more answers than are read
 * @returns by instance, oldest first
 */
export async function readAnswers(
  ssm: SSMClient,
  sought: readonly Sought[],
  nowMs: number,
  notes: string[],
): Promise<ReadonlyMap<string, readonly Told[]>> {
  const told = new Map<string, Told[]>();
  const sinceMs = Math.max(Math.min(...sought.map(({ fromMs }) => fromMs)), nowMs - KEPT_DAYS.answers * DAY_MS);
  if (sought.length === 0 || sinceMs >= nowMs) return told;
  const reads = readsOf(commandDocuments());
  const listed = await pMap(Object.keys(reads), (name) => invocationsOf(ssm, name, sinceMs, notes));
  const wanted = listed
    .flatMap(({ found, wholeFromMs }) => {
      // Where the first answers are not there any more, a later one would be taken for them.
      const whole = sought.filter(({ fromMs }) => fromMs >= wholeFromMs);
      return found.filter((invocation) => isWanted(invocation, whole));
    })
    .sort((a, b) => requestedMs(a) - requestedMs(b));
  if (wanted.length > READ_MOST)
    notes.push(`Of ${wanted.length} answers of nodes ${READ_MOST} were read, the oldest ones.`);
  const read = await pMap(wanted.slice(0, READ_MOST), (invocation) => answerOf(ssm, invocation, reads), {
    concurrency: AT_ONCE,
  });
  for (const [at, answer] of read.entries()) {
    const { InstanceId = '' } = wanted[at] ?? {};
    if (answer !== undefined) told.set(InstanceId, [...(told.get(InstanceId) ?? []), answer]);
  }
  return told;
}

interface Listed {
  /** Newest first. */
  readonly found: readonly CommandInvocation[];
  /** From when on none is missing, in ms since the epoch. */
  readonly wholeFromMs: number;
}

async function invocationsOf(ssm: SSMClient, document: string, sinceMs: number, notes: string[]): Promise<Listed> {
  const found: CommandInvocation[] = [];
  let NextToken: string | undefined;
  for (let page = 0; page === 0 || NextToken !== undefined; page++) {
    if (page === PAGES_MOST) {
      notes.push(`Of the answers to ${document} only the newest ${found.length} were looked through.`);
      return { found, wholeFromMs: requestedMs(found.at(-1)) + 1 };
    }
    const { CommandInvocations = [], NextToken: next } = await ssm.send(
      new ListCommandInvocationsCommand({
        Filters: [
          { key: 'DocumentName', value: document },
          { key: 'InvokedAfter', value: new Date(sinceMs).toISOString() },
        ],
        MaxResults: PAGE,
        ...(NextToken !== undefined && { NextToken }),
      }),
    );
    found.push(...CommandInvocations);
    NextToken = next;
  }
  return { found, wholeFromMs: sinceMs };
}

const requestedMs = (invocation: CommandInvocation | undefined): number =>
  invocation?.RequestedDateTime?.getTime() ?? 0;

const isWanted = (invocation: CommandInvocation, sought: readonly Sought[]): boolean => {
  const atMs = requestedMs(invocation);
  return sought.some(
    ({ instanceId, fromMs, toMs }) => instanceId === invocation.InstanceId && atMs >= fromMs && atMs <= toMs,
  );
};

/** What is no answer of this version has told nothing. */
async function answerOf(
  ssm: SSMClient,
  invocation: CommandInvocation,
  reads: Readonly<Record<string, Read>>,
): Promise<Told | undefined> {
  const { CommandId, InstanceId, DocumentName = '' } = invocation;
  const { StandardOutputContent = '' } = await ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId }));
  try {
    return reads[DocumentName]?.(requestedMs(invocation), StandardOutputContent);
  } catch {
    return undefined;
  }
}
