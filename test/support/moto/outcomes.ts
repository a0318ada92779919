// Sends the calls of the differential run through the JavaScript SDK, and tells what became of each in a form that can be compared.
import type { Client, MetadataBearer } from '@smithy/types';
import { type MotoCall, nameOf, type Saved, savedOf, sdkOf } from './calls/call.ts';

export interface Refused {
  readonly status: number;
  /** As the SDK names the exception. */
  readonly code: string;
  readonly message: string;
}

/** Paths of all members of an answer with the types of their values: "Volumes[].Size number". Values differ from run to run. */
export type Shape = readonly string[];

export type Outcome = { readonly refused: Refused } | { readonly shape: Shape };

/** What an SDK client is made with. */
export type ClientOptions = Readonly<Record<string, unknown>>;

type AnyClient = Client<object, MetadataBearer, unknown>;

/**
 * Outcomes by the name of the call.
 * @param pass carries a request through: a region on virtual time has to be run meanwhile
 */
export async function outcomesOf(
  calls: readonly MotoCall[],
  options: ClientOptions,
  pass: <T>(request: Promise<T>) => Promise<T> = (request) => request,
): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  const clients = new Map<string, AnyClient>();
  let saved: Saved = {};
  for (const call of calls) {
    const sdk = (await sdkOf(call)) as unknown as Sdk;
    const client = clients.get(call.service) ?? clientOf(sdk, options);
    clients.set(call.service, client);
    const Command = sdk[`${call.operation}Command`];
    if (Command === undefined) throw new Error(`${nameOf(call)}: the SDK has no such operation`);
    const sent = client.send(new Command(call.input(saved)) as never);
    const outcome = await pass(sent.then(answered, refused));
    outcomes.set(nameOf(call), outcome.told);
    saved = { ...saved, ...savedOf(call, outcome.output) };
  }
  for (const client of clients.values()) client.destroy();
  return outcomes;
}

type Sdk = Readonly<Record<string, new (input: object) => object>>;

function clientOf(sdk: Sdk, options: ClientOptions): AnyClient {
  const [, Client] =
    Object.entries(sdk).find(([name, value]) => /^[A-Z]\w*Client$/.test(name) && 'send' in value.prototype) ?? [];
  if (Client === undefined) throw new Error('an SDK module without a client');
  // The hashes of SQS are the SDK's own business, and its queue URLs name a host of AWS.
  return new Client({
    maxAttempts: 1,
    md5: false,
    useQueueUrlAsEndpoint: false,
    disableRequestCompression: true,
    ...options,
  }) as AnyClient;
}

interface Told {
  readonly told: Outcome;
  readonly output: unknown;
}

function answered(output: unknown): Told {
  const { $metadata: _, ...members } = output as Record<string, unknown>;
  const shape = new Set<string>();
  describe(members, '', shape);
  return { told: { shape: [...shape].sort() }, output };
}

function refused(error: unknown): Told {
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
  const status = $metadata?.httpStatusCode ?? 0;
  // A page of HTML, in place of an answer in AWS's form, is the trace of an exception in the server.
  const code = status === 500 && /Unexpected token '<'|XML parse error/.test(message) ? 'Crashed' : name;
  return { told: { refused: { status, code, message } }, output: undefined };
}

/** Maps are told by their values alone: keys are data. */
const MAPS =
  /(Attributes|Tags|Item|Items\[\]|Key|LastEvaluatedKey|RequestItems|Responses|UnprocessedKeys|Parameters|VersionIdsToStages)$/;

function describe(value: unknown, path: string, into: Set<string>): void {
  if (value === undefined || value === null) return;
  if (Array.isArray(value)) {
    if (value.length === 0) into.add(`${path} empty list`);
    for (const item of value) describe(item, `${path}[]`, into);
  } else if (typeof value === 'object' && !(value instanceof Date) && !ArrayBuffer.isView(value)) {
    if (MAPS.test(path)) {
      into.add(`${path} map`);
      return;
    }
    for (const [name, item] of Object.entries(value)) describe(item, path === '' ? name : `${path}.${name}`, into);
  } else into.add(`${path} ${value instanceof Date ? 'time' : ArrayBuffer.isView(value) ? 'bytes' : typeof value}`);
}
