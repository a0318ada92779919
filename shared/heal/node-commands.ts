// Commands to a node: sent under a fence and an ordinal that a replay repeats. A command is over only after an answer or after its latest possible
// end.
import { type CommandState, checkAgent, readCommand, sendCommand } from '../aws/commands.ts';
import { readInstance } from '../aws/instances.ts';
import { type AwsRefusal, catchRefusal, isAwsFailure, isDenied } from '../aws/refusals.ts';
import type { Fleet } from '../fleet/model.ts';
import type { Refusal } from '../model/guardrail-codes.ts';
import type { ActStatus } from '../model/journal-fields.ts';
import { clockSkewSeconds, runLimitsSeconds, startBySeconds } from '../node-commands/command.ts';
import { type ActContext, type HealContext, MEASURED_SECONDS, mostPolls, POLL_SECONDS, poll } from './context.ts';
import { judgeInstance, readGuards } from './guard.ts';
import { answered, type Holder, newNode, raiseQuiet } from './lease.ts';
import type { Guarded } from './outcome.ts';
import type { NodeRecord } from './records.ts';
import { keys, settle } from './store.ts';

/** From SendCommand to the moment after which the longest of all commands can no longer run: a stop grace of two hours, and a start. */
const LONGEST_MS = (startBySeconds + Math.max(...Object.values(runLimitsSeconds)) + clockSkewSeconds) * 1000;

type Parameters = Record<string, string[]>;

export interface NodeCommandInput {
  readonly holder: Holder;
  /** Position among the commands of this fence, from 1. */
  readonly ordinal: number;
  /** Name of the document, from the environment. */
  readonly document: string;
  /** Or a function of the fleet as the last guard has read it. */
  readonly parameters: Parameters | ((fleet: Fleet) => Parameters);
  /** The time after which the command can no longer run, counted from the same `sentAtMs` as its start-by. */
  readonly overAtMs: number;
  /** Set to `sentAtMs` where the command starts the client: a running client is then required until the proof. */
  readonly startsClientAtMs?: number | undefined;
  /** For people who look at Systems Manager; by default the incident and the operation's id. */
  readonly comment?: string;
  readonly intent: {
    readonly sentence: string;
    /** "SendCommand observe-node 4.1" */
    readonly act: string;
    readonly evidence?: unknown;
  };
  /** Another instance than the payload's; its own record has its fence and quiet time. */
  readonly instanceId?: string;
  /** The command only puts back what we took down, or starts what we stopped: see guard.ts. */
  readonly mayPutBack?: true;
  /** The command only finishes what is proved, or made: see guard.ts. */
  readonly finishes?: true;
}

/**
 * lost: the lease is somebody else's, so nothing may be done or written any more. unsent: of a refusal, that no earlier run of the step has sent it
 * either.
 */
export type Sent = SentCommand | (Guarded & { readonly unsent?: true }) | { readonly lost: true };

export interface SentCommand {
  readonly commandId: string;
  /** The moment by which it begins, or not at all; absent where it has none. */
  readonly startByMs?: number;
  /** The time after which the command can no longer run. */
  readonly overAtMs: number;
}

/**
 * Body of one step: first it blocks the lease until the command is over, then it reads the guards, then it calls SendCommand. A refusal says nothing
 * about an earlier run of the same step, which may have sent it, unless it is `unsent`.
 */
export async function sendToNode(context: HealContext, input: NodeCommandInput, place: string): Promise<Sent> {
  const { clients, journal, payload } = context;
  const { holder, ordinal, document, intent, mayPutBack, finishes, instanceId = payload.instanceId } = input;
  const options = { instanceId, ...(mayPutBack && { mayPutBack }), ...(finishes && { finishes }) };
  // The guards are also read before the quiet time is raised: a heal that is refused here need not wait for its end to release the node.
  const early = await readGuards(context, options);
  if ('refuse' in early) {
    // Whoever sends has raised the quiet time first, and the command before this one is over.
    const read = await context.store.readNode(instanceId);
    return read !== undefined && read.quietAfterMs <= Date.now() ? { ...early, unsent: true } : early;
  }
  if (!(await quietUntil(context, input, instanceId))) return { lost: true };
  await journal(`${place}-intent`, { atMs: Date.now(), kind: 'intent', ...intent });
  const guarded = await readGuards(context, options);
  if ('refuse' in guarded) return guarded;
  const { fleet, target } = guarded;
  if (!target) return { ...GONE, unsent: true };
  const { parameters, comment } = input;
  const given = typeof parameters === 'function' ? parameters(fleet) : parameters;
  const startBySeconds = Number(given['StartBy']?.[0]);
  const sent = await catchRefusal(async () => ({
    overAtMs: input.overAtMs,
    ...(startBySeconds > 0 && { startByMs: startBySeconds * 1000 }),
    commandId: await sendCommand(clients.ssm, {
      document,
      target,
      comment: comment ?? `chainmend ${payload.incidentId} ${holder.fence}.${ordinal}`,
      parameters: given,
    }),
  }));
  if (!('refused' in sent)) return sent;
  return (sent.code === NO_NODE && (await whySilent(context, instanceId))) || unsent(instanceId, sent);
}

const GONE: Refusal = {
  refuse: 'instance-gone',
  reason: 'the instance was terminated',
  page: false,
  retryAfterMs: 60 * 60_000,
};

const UNREAD = 'unread' as const;

/** Why a node takes or answers no command, as EC2 and Systems Manager say; null where they see nothing wrong with it. */
async function whySilent({ clients }: HealContext, instanceId: string): Promise<Guarded | null> {
  const agent = await checkAgent(clients.ssm, instanceId);
  if (agent === null) return null;
  // Where EC2 does not answer, nothing is known of the instance: the agent's own word is told.
  const read = await readInstance(clients.ec2, instanceId).catch((error: unknown) => {
    if (isAwsFailure(error)) return UNREAD;
    throw error;
  });
  // The agent of an instance that does not run is silent for a plain reason: nobody is paged for that.
  return (read === UNREAD ? null : judgeInstance(read?.State?.Name ?? null)) ?? agent;
}

/** "The specified managed node isn't valid", for one that is not registered or does not run (InvalidInstanceId, @aws-sdk/client-ssm). */
const NO_NODE = 'InvalidInstanceId';

/** Definite: nothing was sent. A refusal of SSM is no answer of the node, unless SSM says that there is no such node. */
function unsent(instanceId: string, { refused, code }: AwsRefusal): Guarded {
  if (code === NO_NODE) {
    const reason = `Systems Manager does not take commands for ${instanceId}: ${refused}`;
    return { refuse: 'node-silent', reason, page: true, retryAfterMs: 5 * 60_000 };
  }
  const why = isDenied({ code })
    ? ` without the fleet's tags (docs/fleet-files.md, "What has to carry the fleet's tags"); look which it has lost`
    : '';
  const reason = `AWS refuses to send a command to ${instanceId}${why}: ${refused}`;
  return { refuse: 'aws-refused', reason, page: true, retryAfterMs: 60 * 60_000 };
}

/** Commands of the holder that runs this, whose last one is `operationId`: they are over from now on. */
async function endQuiet({ store, execution }: HealContext, operationId: string, instanceId: string): Promise<void> {
  const holder = { execution, fence: Number(operationId.split('.')[0]) };
  await settle<NodeRecord, null>(
    store,
    keys.node(instanceId),
    () => store.readNode(instanceId),
    (read) => {
      const over = read && answered(read, holder, Date.now());
      return { result: null, write: over && 'next' in over ? over.next : undefined };
    },
  );
}

async function quietUntil(
  { store, payload }: HealContext,
  { holder, overAtMs, startsClientAtMs }: NodeCommandInput,
  instanceId: string,
): Promise<boolean> {
  const { fleet } = payload;
  return settle<NodeRecord, boolean>(
    store,
    keys.node(instanceId),
    () => store.readNode(instanceId),
    (read) => {
      const raised = raiseQuiet(read ?? newNode(fleet, instanceId), holder, overAtMs, startsClientAtMs);
      if ('lost' in raised) return { result: false };
      return { result: true, write: 'next' in raised ? raised.next : undefined };
    },
  );
}

/** The members of every command's answer. */
interface CommandAnswer {
  readonly result: ActStatus;
  readonly fence: number;
}

export interface AwaitInput<A extends CommandAnswer> extends SentCommand {
  /** "<fence>.<ordinal>" */
  readonly operationId: string;
  readonly instanceId?: string;
  /** @throws where the output is no answer: then the command has ended without one */
  readonly parse: (stdout: string) => A;
  /** The answer in a few words, for the journal. */
  readonly sentenceOf: (answer: A) => string;
  /** How long it takes is told: it is polled so often that this is known to a tenth. */
  readonly isMeasured?: boolean;
}

/**
 * over: it ended without an answer, or the time has passed after which it can no longer run. `silence`: why the node is known to take no commands; its
 * first command may then still run.
 */
export type Awaited<A> = { readonly answer: A } | Unanswered;
export type Unanswered = { readonly over: string; readonly silence?: Guarded };

/** So many polls, some twelve seconds, pass before Systems Manager is asked whether the agent is there: most first commands have answered by then. */
const POLLS_BEFORE_AGENT = 5;

/** Polls until the command has answered or can no longer run. Where the first of a fence is not answered, the agent is asked for. */
export async function awaitNode<A extends CommandAnswer>(
  context: ActContext<HealContext>,
  input: AwaitInput<A>,
): Promise<Awaited<A>> {
  const { clients, journal, payload, place, step } = context;
  const { commandId, operationId, instanceId = payload.instanceId, parse, sentenceOf, overAtMs } = input;
  const seconds = input.isMeasured ? MEASURED_SECONDS : POLL_SECONDS;
  const isFirst = operationId.endsWith('.1');
  const polls = mostPolls(LONGEST_MS, seconds);
  const tell = (sentence: string, answer?: A): Promise<void> =>
    journal(`${place}-result`, {
      atMs: Date.now(),
      kind: 'result',
      sentence,
      act: `SendCommand ${operationId}`,
      evidence: answer,
      fields: answer ? { status: answer.result, fence: answer.fence } : { status: 'unknown' },
    });
  const look = async (): Promise<Ended<A> | { readonly state: 'ahead'; readonly refusal: Guarded } | null> => {
    const read = await readCommand(clients.ssm, commandId, instanceId, parse);
    if ((read.state === 'pending' || read.state === 'lost') && Date.now() <= overAtMs) return null;
    const sentence = read.state === 'answered' ? sentenceOf(read.answer) : sentenceOfEnd(read, operationId);
    await tell(sentence, read.state === 'answered' ? read.answer : undefined);
    const ahead = read.state === 'answered' ? clockAhead(read.answer, input.startByMs, Date.now()) : null;
    if (ahead) return { state: 'ahead', refusal: ahead };
    // `late` and `stale` tell of one copy of the command: another one may still be on its way.
    if (read.state === 'answered' && (read.answer.result === 'done' || read.answer.result === 'failed'))
      await endQuiet(context, operationId, instanceId);
    return read.state === 'answered' || read.state === 'ended' ? read : { state: 'over', reason: sentence };
  };
  const silence = (): Promise<Guarded | null> =>
    isFirst ? step('agent', () => whySilent(context, instanceId)) : Promise.resolve(null);
  const pollOn = (most: number, from?: number) =>
    poll(context, most, look, { from, seconds }).catch((error: unknown) => unheard(context, operationId, error));
  let seen = await pollOn(POLLS_BEFORE_AGENT);
  if (seen?.state === 'ahead') return { over: seen.refusal.reason, silence: seen.refusal };
  const known = seen?.state === 'answered' ? null : await silence();
  if (seen === null && known) {
    await step('silent', () => tell(`command ${operationId} is not answered: ${known.reason}`));
    return { over: known.reason, silence: known };
  }
  seen ??= await pollOn(polls, POLLS_BEFORE_AGENT);
  if (seen === null) throw new Error(`command ${operationId} was polled ${polls} times, which its limits rule out`);
  if (seen.state === 'ahead') return { over: seen.refusal.reason, silence: seen.refusal };
  if (seen.state === 'answered') return { answer: seen.answer };
  const why =
    known ?? (isFirst || seen.state !== 'over' ? null : await step('agent', () => whySilent(context, instanceId)));
  return { over: seen.reason, ...(why && { silence: why }) };
}

/** A command that comes late by the node's clock, and whose start-by has not come yet by ours: the clock is ahead, whatever the agent is like. Pure. */
export function clockAhead(
  { result, reason = '' }: CommandAnswer & { readonly reason?: string | undefined },
  startByMs: number | undefined,
  nowMs: number,
): Guarded | null {
  if (result !== 'late' || startByMs === undefined || nowMs >= startByMs) return null;
  const told = `the node’s clock is ahead: the node answered at once, but calls the command late (${reason})`;
  return { refuse: 'clock-ahead', reason: told, page: true, retryAfterMs: 5 * 60_000 };
}

/** That nobody knows is a result as well. @throws the error itself */
async function unheard(
  { journal, place, step }: ActContext<HealContext>,
  operationId: string,
  error: unknown,
): Promise<never> {
  const why = error instanceof Error ? error.message : String(error);
  await step('unheard', () =>
    journal(`${place}-result`, {
      atMs: Date.now(),
      kind: 'result',
      sentence: `nobody knows what became of command ${operationId}: Systems Manager could not be asked (${why})`,
      act: `SendCommand ${operationId}`,
      fields: { status: 'unknown' },
    }),
  );
  throw error;
}

type Ended<A> =
  | Extract<CommandState<A>, { readonly state: 'answered' | 'ended' }>
  /** The time has passed after which it can no longer run. */
  | { readonly state: 'over'; readonly reason: string };

function sentenceOfEnd(
  read: Exclude<CommandState<unknown>, { readonly state: 'answered' }>,
  operationId: string,
): string {
  switch (read.state) {
    case 'ended':
      return read.reason;
    case 'lost':
      return `command ${operationId} was not answered (${read.reason}), and can no longer run`;
    case 'pending':
      return `command ${operationId} was not answered, and can no longer run`;
  }
}
