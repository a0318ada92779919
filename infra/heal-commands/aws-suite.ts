// The deployed suite, through the AWS SDK: in the account and region that the environment names, or in the local one (AWS_ENDPOINT_URL).
import { DynamoDBClient, paginateQuery } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient, SendDurableExecutionCallbackSuccessCommand } from '@aws-sdk/client-lambda';
import { fromItem } from '../../shared/aws/attributes.ts';
import type { DispatchAnswer } from '../../shared/events/answer.ts';
import { createStore } from '../../shared/heal/store.ts';
import { functionNames } from '../names.ts';
import { type Named, RequestError, type StoryLine, type Suite, SuiteError } from './desk.ts';

/** Its literal name: infra/constructs/state.ts. */
const tableName = 'chainmend';

/** A ladder writes some hundreds of lines; more than so many are no story of one incident. */
const MAX_LINES = 5_000;

export function awsSuite(lambda = new LambdaClient(), dynamodb = new DynamoDBClient()): Suite {
  const store = createStore(dynamodb, tableName);
  return {
    ask: (event) => said('chainmend-dispatch-heal', () => ask(lambda, event)),
    story: (incident) => said('the journal', () => readStory(dynamodb, incident)),
    incident: ({ fleet, instanceId, trouble }) =>
      said('the incident', () => store.readIncident(fleet, instanceId, trouble)),
    node: (fleet, instanceId) => said('the node', () => store.readNode(fleet, instanceId)),
    fleet: (fleet) => said('the fleet', () => store.readFleet(fleet)),
    approve: (CallbackId, plan) =>
      said('the approval', async () => {
        const Result = Buffer.from(JSON.stringify({ approve: true, plan }));
        await lambda.send(new SendDurableExecutionCallbackSuccessCommand({ CallbackId, Result }));
      }),
  };
}

async function ask(lambda: LambdaClient, event: object): Promise<DispatchAnswer> {
  const FunctionName = functionNames.dispatchHeal;
  const { Payload, FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(event)) }),
  );
  const text = Payload?.transformToString() ?? '';
  if (FunctionError === undefined) {
    const answer = JSON.parse(text) as DispatchAnswer | null;
    if (answer) return answer;
    throw new SuiteError(`${FunctionName} answered nothing: the stack there may be older than this checkout`);
  }
  const { errorType, errorMessage = text } = JSON.parse(text) as { errorType?: string; errorMessage?: string };
  if (errorType === 'EventError') throw new RequestError(errorMessage);
  throw new SuiteError(`${FunctionName} failed: ${errorMessage}`);
}

async function readStory(dynamodb: DynamoDBClient, incident: Named): Promise<readonly StoryLine[]> {
  const { fleet, instanceId, incidentId, onsetMs } = incident;
  const input = {
    TableName: tableName,
    KeyConditionExpression: 'pk = :pk AND begins_with(sk, :story)',
    ExpressionAttributeValues: {
      ':pk': { S: `JOURNAL#${fleet}` },
      ':story': { S: `${new Date(onsetMs).toISOString()}#${instanceId}#${incidentId}#` },
    },
    ConsistentRead: true,
  };
  const lines: StoryLine[] = [];
  for await (const { Items = [] } of paginateQuery({ client: dynamodb }, input)) {
    lines.push(...Items.map((item) => lineOf(fromItem(item))));
    if (lines.length > MAX_LINES) throw new SuiteError(`incident ${incidentId} has more than ${MAX_LINES} lines`);
  }
  return lines.sort((a, b) => a.atMs - b.atMs || a.attempt - b.attempt || (a.place < b.place ? -1 : 1));
}

function lineOf(record: Readonly<Record<string, unknown>>): StoryLine {
  const text = (name: string): string | undefined =>
    typeof record[name] === 'string' ? (record[name] as string) : undefined;
  return {
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

/** The SDK says what it lacks, not where it looked. */
const WHOSE =
  '; your environment says which account and region: AWS_PROFILE, or AWS_REGION and credentials; AWS_ENDPOINT_URL for a local region';

async function said<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof SuiteError || cause instanceof RequestError) throw cause;
    const words = cause instanceof Error ? `${cause.name}: ${cause.message}`.trim() : String(cause);
    const unnamed = /Region is missing|CredentialsProvider|Could not load credentials|ECONNREFUSED/.test(words);
    throw new SuiteError(`${what}: ${words}${unnamed ? WHOSE : ''}`, { cause });
  }
}
