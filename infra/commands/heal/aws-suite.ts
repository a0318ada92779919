// The deployed suite, through the AWS SDK. It is in the account and region of the environment, or in the local region (AWS_ENDPOINT_URL).
import { DynamoDBClient, paginateQuery, QueryCommand } from '@aws-sdk/client-dynamodb';
import {
  CallbackTimeoutException,
  InvokeCommand,
  LambdaClient,
  SendDurableExecutionCallbackSuccessCommand,
} from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { fromItem } from '../../../shared/aws/attributes.ts';
import type { AcknowledgeAnswer } from '../../../shared/events/acknowledge.ts';
import type { DispatchAnswer } from '../../../shared/events/answer.ts';
import { readSettings } from '../../../shared/fleet/settings.ts';
import { storyKey } from '../../../shared/heal/journal.ts';
import { readKept } from '../../../shared/heal/kept.ts';
import { healOf, partitions, WRITERS, type Writer } from '../../../shared/heal/records.ts';
import { createStore, type Store } from '../../../shared/heal/store.ts';
import type { FleetRecord } from '../../../shared/reconcile/context.ts';
import { commandNames } from '../../names.ts';
import { RequestError, SuiteError, withPlace } from '../errors.ts';
import { readSubscribers } from '../subscribers.ts';
import {
  ASKING,
  type FleetAsk,
  type FleetLine,
  type IncidentKey,
  type ScaleAnswer,
  type StoryLine,
  type Suite,
} from './context.ts';
import { readPublicKeys } from './public-keys.ts';

/** A ladder writes some hundreds of lines; no story of one incident has more lines than this limit. */
const MAX_LINES = 5_000;

export interface SuiteClients {
  readonly lambda?: LambdaClient;
  readonly dynamodb?: DynamoDBClient;
  readonly ssm?: SSMClient;
  readonly sns?: SNSClient;
  readonly sts?: STSClient;
  readonly secretsmanager?: SecretsManagerClient;
}

export function awsSuite({
  lambda = new LambdaClient(),
  dynamodb = new DynamoDBClient(),
  ssm = new SSMClient(),
  sns = new SNSClient(),
  sts = new STSClient(),
  secretsmanager = new SecretsManagerClient(),
}: SuiteClients = {}): Suite {
  const { suite, tableName, parameterPrefix, functions } = commandNames();
  const store = createStore(dynamodb, tableName);
  const caller = async (): Promise<string | undefined> => {
    try {
      return (await sts.send(new GetCallerIdentityCommand({}))).Arn;
    } catch {
      // The caller's name is useful, but the answer matters more: without a name, the journal says that none was given.
      return undefined;
    }
  };
  return {
    // The SDK keeps the offset between AWS's clock and this machine's, where it is more than five minutes.
    nowMs: () => Date.now() + dynamodb.config.systemClockOffset,
    ask: (event, yes) =>
      withSuiteError(functions.dispatchHeal, () =>
        ask<DispatchAnswer>(lambda, yes === null ? { ...event, plan: true } : event),
      ),
    acknowledge: (page, by) =>
      withSuiteError(functions.dispatchHeal, () =>
        ask<AcknowledgeAnswer>(lambda, { kind: 'acknowledge', by, ...(page !== undefined && { page }) }),
      ),
    story: (incident) => withSuiteError('the journal', () => readStory(dynamodb, incident)),
    incident: ({ fleet, instanceId, trigger }) =>
      withSuiteError('the incident', () => store.readIncident(fleet, instanceId, trigger)),
    node: (instanceId) => withSuiteError('the node', () => store.readNode(instanceId)),
    fleet: (fleet) => withSuiteError('the fleet', () => readFleet(store, fleet)),
    observed: (fleet) => withSuiteError('the observations', () => store.readObservations(fleet)),
    publicKeys: (fleet, nodes) =>
      withSuiteError('the public keys', () => readPublicKeys(secretsmanager, `${suite}/networks/${fleet}`, nodes)),
    settings: () => withSuiteError('the fleet files', () => readSettings(ssm, parameterPrefix)),
    pausedNodes: async () => (await import('./paused-nodes.ts')).readPausedNodes(),
    journal: (fleet, linesEach, by) => withSuiteError('the journal', () => readJournal(dynamodb, fleet, linesEach, by)),
    asks: (fleet) => withSuiteError('the plans', () => readAsks(store, ssm, dynamodb, fleet)),
    caller,
    subscribers: async () => readSubscribers(sns, await caller()),
    answer: (callbackId, answer) => withSuiteError('the answer', () => send(lambda, callbackId, answer)),
    kept: (fleet) => withSuiteError('what heals have kept', () => readKept(store, fleet)),
    wishedSize: (fleet) => withSuiteError('the wished size', async () => (await store.readScale(fleet))?.wish ?? null),
    boosts: (fleet) => withSuiteError('the boosts', async () => (await store.readBoost(fleet))?.volumes ?? []),
    scale: ({ fleet, nodes }, begun) =>
      withSuiteError(functions.seedGroups, () =>
        scale(lambda, {
          ...{ fleet, nodes },
          ...(begun?.plan !== undefined && { plan: begun.plan }),
          ...(begun?.by !== undefined && { by: begun.by }),
        }),
      ),
    approvePlan: (ask, by) => withSuiteError(`${suite}-${ask.by}`, () => approvePlan(lambda, ask, by)),
  };
}

/** For people drills are incidents like any other. */
async function readFleet(store: Store, fleet: string): ReturnType<Suite['fleet']> {
  const [{ incidents, nodes }, drills, drill] = await Promise.all([
    store.readFleet(fleet),
    store.readDrills(fleet),
    store.readDrill(fleet),
  ]);
  return { incidents: [...incidents, ...drills], nodes, drill };
}

async function send(lambda: LambdaClient, CallbackId: string, answer: object): Promise<'sent' | 'closed'> {
  const Result = Buffer.from(JSON.stringify(answer));
  try {
    await lambda.send(new SendDurableExecutionCallbackSuccessCommand({ CallbackId, Result }));
    return 'sent';
  } catch (error) {
    if (error instanceof CallbackTimeoutException) return 'closed';
    throw error;
  }
}

/** rotate-peers takes minutes and reports in its journal. The other functions answer with their refusals. */
async function approvePlan(
  lambda: LambdaClient,
  { by: name, fleet, plan }: FleetAsk,
  by: string | undefined,
): Promise<{ readonly refusals: readonly string[] }> {
  const event = { kind: 'approve', fleet, plan, ...(by !== undefined && { by }) };
  const FunctionName = `${commandNames().suite}-${name}`;
  const input = { FunctionName, Payload: Buffer.from(JSON.stringify(event)) };
  const InvocationType = name === 'rotate-peers' ? 'Event' : 'RequestResponse';
  const { Payload, FunctionError } = await lambda.send(new InvokeCommand({ ...input, InvocationType }));
  const text = Payload?.transformToString() ?? '';
  if (FunctionError !== undefined) {
    const { errorMessage = text } = JSON.parse(text) as { errorMessage?: string };
    throw new SuiteError(`${FunctionName} failed: ${errorMessage}`);
  }
  const summaries = text === '' ? [] : (JSON.parse(text) as readonly { readonly refusals?: readonly string[] }[]);
  return { refusals: summaries.flatMap(({ refusals = [] }) => refusals) };
}

async function scale(lambda: LambdaClient, asked: object): Promise<ScaleAnswer> {
  const FunctionName = commandNames().functions.seedGroups;
  const Payload = Buffer.from(JSON.stringify({ kind: 'scale', ...asked }));
  const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload }));
  const text = answer.Payload?.transformToString() ?? '';
  if (answer.FunctionError !== undefined) {
    throw failureOf(FunctionName, text);
  }
  const [summary] = JSON.parse(text) as readonly ScaleAnswer[];
  if (!summary)
    throw new SuiteError(`${FunctionName} answered nothing: the stack there may be older than this checkout`);
  return summary;
}

/** How many lines of a function are searched for the text of its question. */
const LINES_OF_A_QUESTION = 200;

type AskingRecord = Pick<FleetRecord, 'notifications'>;

async function readAsks(
  store: ReturnType<typeof createStore>,
  ssm: SSMClient,
  dynamodb: DynamoDBClient,
  fleet: string,
): Promise<readonly FleetAsk[]> {
  /** A function may keep several records of a fleet. */
  const recordsOf: Readonly<Record<FleetAsk['by'], readonly ((of: string) => Promise<AskingRecord | undefined>)[]>> = {
    'register-nodes': [store.readRegister],
    'rotate-peers': [store.readRotation],
    'prune-retired': [store.readPrune],
    'seed-groups': [store.readSeeds, store.readBoost],
  };
  const [records, { fleets }] = await Promise.all([
    Promise.all(
      ASKING.map(async (by) => ({ by, read: await Promise.all(recordsOf[by].map((record) => record(fleet))) })),
    ),
    readSettings(ssm, commandNames().parameterPrefix),
  ]);
  const hours = fleets.find(({ name }) => name === fleet)?.ask.expiresAfterHours ?? 0;
  const asks: FleetAsk[] = [];
  for (const { by, read } of records) {
    const told = read.flatMap((record) => record?.notifications ?? []);
    const questions = told.filter(({ code }) => code === 'approval-wanted');
    const lines = questions.length === 0 ? [] : await readLines(dynamodb, fleet, by, LINES_OF_A_QUESTION);
    for (const { subject, sinceMs } of questions)
      asks.push({
        ...{ fleet, by, plan: subject, sinceMs, untilMs: sinceMs + hours * HOUR_MS },
        sentence: lines.findLast(({ kind, sentence }) => kind === 'page' && sentence.includes(subject))?.sentence,
      });
  }
  return asks;
}

const HOUR_MS = 60 * 60_000;

async function readJournal(
  dynamodb: DynamoDBClient,
  fleet: string,
  linesEach: number,
  by: Writer | undefined,
): Promise<readonly FleetLine[]> {
  const writers = by === undefined ? WRITERS : [by];
  const all = await Promise.all(writers.map((writer) => readLines(dynamodb, fleet, writer, linesEach)));
  return all.flat().sort(inOrder);
}

/** The latest lines of one function, by onset. */
async function readLines(
  dynamodb: DynamoDBClient,
  fleet: string,
  by: Writer,
  Limit: number,
): Promise<readonly FleetLine[]> {
  const input = {
    TableName: commandNames().tableName,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: partitions.journal(fleet, by) } },
    ScanIndexForward: false,
    Limit,
  };
  const { Items = [] } = await dynamodb.send(new QueryCommand(input));
  return Items.map((item) => {
    const record = fromItem(item);
    const text = (name: string): string => (typeof record[name] === 'string' ? (record[name] as string) : '');
    const about = { node: text('node'), instanceId: text('instanceId'), incidentId: text('incidentId') };
    return { ...lineOf(record, by), ...about };
  }).sort(inOrder);
}

async function ask<Answer>(lambda: LambdaClient, event: object): Promise<Answer> {
  const FunctionName = commandNames().functions.dispatchHeal;
  const { Payload, FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(event)) }),
  );
  const text = Payload?.transformToString() ?? '';
  if (FunctionError === undefined) {
    const answer = JSON.parse(text) as Answer | null;
    if (answer) return answer;
    throw new SuiteError(`${FunctionName} answered nothing: the stack there may be older than this checkout`);
  }
  throw failureOf(FunctionName, text);
}

/** By the class that the function has thrown: a wrong word, a request that has to wait, or a failure. */
function failureOf(FunctionName: string, text: string): SuiteError | RequestError {
  const { errorType, errorMessage = text } = JSON.parse(text) as { errorType?: string; errorMessage?: string };
  // A person has typed words, and sent no event.
  if (errorType === 'EventError') return new RequestError(errorMessage.replace(/^event, field /, ''));
  if (errorType === 'NotNowError') return new SuiteError(`Refused: ${errorMessage}`);
  return new SuiteError(`${FunctionName} failed: ${errorMessage}`);
}

/** Lines of the dispatcher and of the heal. Lines of other functions about an incident are not part of its story. */
async function readStory(dynamodb: DynamoDBClient, incident: IncidentKey): Promise<readonly StoryLine[]> {
  const { fleet, trigger, incidentId } = incident;
  const lines: StoryLine[] = [];
  for (const by of ['dispatch-heal', healOf(trigger)] as const) {
    const input = {
      TableName: commandNames().tableName,
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :story)',
      ExpressionAttributeValues: {
        ':pk': { S: partitions.journal(fleet, by) },
        ':story': { S: storyKey(incident) },
      },
      ConsistentRead: true,
    };
    for await (const { Items = [] } of paginateQuery({ client: dynamodb }, input)) {
      lines.push(...Items.map((item) => lineOf(fromItem(item), by)));
      if (lines.length > MAX_LINES) throw new SuiteError(`incident ${incidentId} has more than ${MAX_LINES} lines`);
    }
  }
  return lines.sort(inOrder);
}

const inOrder = (a: StoryLine, b: StoryLine): number =>
  a.atMs - b.atMs || a.attempt - b.attempt || (a.place < b.place ? -1 : 1);

function lineOf(record: Readonly<Record<string, unknown>>, by: Writer): StoryLine {
  const text = (name: string): string | undefined =>
    typeof record[name] === 'string' ? (record[name] as string) : undefined;
  return {
    by,
    atMs: Date.parse(text('at') ?? ''),
    place: (text('sk') ?? '').split('#').at(-1) ?? '',
    attempt: Number(record['attempt']),
    kind: text('kind') ?? '',
    sentence: text('sentence') ?? '',
    code: text('code'),
    act: text('act'),
    evidence: text('evidence'),
  };
}

async function withSuiteError<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof SuiteError || cause instanceof RequestError) throw cause;
    const words = cause instanceof Error ? `${cause.name}: ${cause.message}`.trim() : String(cause);
    throw new SuiteError(`${what}: ${withPlace(words)}`, { cause });
  }
}
