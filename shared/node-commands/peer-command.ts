// The commands for a client's peers: the parameters of SendCommand, and the answers. Pure; like command.ts for heals.
import { gunzipSync } from 'node:zlib';
import * as v from 'valibot';
import type { ChainRequest, Answer as ClientAnswer, ReadingErrorCode } from '../chains/client.ts';
import type { Runtime } from '../fleet/model.ts';
import { NodeAnswerError } from '../model/node-answer-error.ts';
import type { ByteEdit } from '../peers/edits.ts';
import { parseJson } from '../text/json.ts';
import { parseAnswerLine, scriptText } from './answer-line.ts';
import { checkedParameter, runLimitsSeconds, startBySeconds, unitOf } from './command.ts';
import { maximumBase64Characters, operationParameters, type ParameterName, type PeerOperation } from './parameters.ts';

export type PeerCommand =
  | { readonly operation: 'read-config'; readonly file: string }
  | {
      readonly operation: 'write-config';
      readonly file: string;
      /** Of the file at the time of reading. */
      readonly sha256: string;
      readonly edits: readonly ByteEdit[];
      readonly runtime: Runtime | undefined;
      /** How long the client may take to stop; undefined where it is not restarted. */
      readonly restartGraceSeconds: number | undefined;
    }
  | {
      /** The same, except for the requests. */
      readonly operation: 'ask-peers' | 'change-peers';
      /** On the node's own loopback: "http://127.0.0.1:26657". */
      readonly endpoint: string;
      readonly credentialsFile: string | undefined;
      readonly requests: readonly ChainRequest[];
    };

export interface PeerCommandId {
  /** Start of the run; the ROTATION record makes it higher than that of every earlier run. */
  readonly epochSeconds: number;
  /** Position among the run's commands, from 1. */
  readonly ordinal: number;
}

export const peerOperationId = ({ epochSeconds, ordinal }: PeerCommandId): string => `${epochSeconds}.${ordinal}`;

/**
 * Time for writing, syncing, starting and two checks, in addition to the stop itself; and before it, the time that another command may hold the lock.
 */
const RESTART_SLACK_SECONDS = 120 + startBySeconds;
const WRITE_SECONDS = 60 + startBySeconds;

/** If a client does not come up, it may have to be stopped a second time, before it is started with its old file. */
export function peerRunLimitSeconds(command: PeerCommand): number {
  if (command.operation !== 'write-config') return runLimitsSeconds[command.operation];
  if (command.restartGraceSeconds === undefined) return WRITE_SECONDS;
  const needed = 2 * command.restartGraceSeconds + RESTART_SLACK_SECONDS;
  return Math.min(needed, runLimitsSeconds['write-config']);
}

/** The value of SendCommand's `Parameters`. Throws a `TypeError` naming parameter, value and what was expected. */
export function peerCommandParameters(
  id: PeerCommandId,
  command: PeerCommand,
  sentAtMs: number,
): Record<string, string[]> {
  const values: Partial<Record<ParameterName, string>> = {
    OperationId: peerOperationId(id),
    StartBy: String(Math.floor(sentAtMs / 1000) + startBySeconds),
    RunLimitSeconds: String(peerRunLimitSeconds(command)),
    ...specificValues(command),
  };
  return Object.fromEntries(
    operationParameters[command.operation].map((name) => [name, [checkedLength(name, values[name] ?? '')]]),
  );
}

function specificValues(command: PeerCommand): Partial<Record<ParameterName, string>> {
  switch (command.operation) {
    case 'read-config':
      return { File: command.file };
    case 'write-config':
      return {
        File: command.file,
        Sha256: command.sha256,
        Edits: packed(command.edits.map(({ start, length, text }) => `${start} ${length} ${base64(text) || '-'}`)),
        Runtime: command.runtime?.kind ?? 'none',
        Unit: unitOf(command.runtime),
        Restart: command.restartGraceSeconds === undefined ? 'no' : 'yes',
        StopGraceSeconds: String(command.restartGraceSeconds ?? 1),
      };
    case 'ask-peers':
    case 'change-peers':
      return {
        Endpoint: command.endpoint,
        CredentialsFile: command.credentialsFile ?? '',
        Requests: packed(
          command.requests.map(({ method, path, body }) => `${method} ${path || '-'} ${base64(body ?? '') || '-'}`),
        ),
      };
  }
}

const base64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const packed = (lines: readonly string[]): string => base64(lines.map((line) => `${line}\n`).join(''));

function checkedLength(name: ParameterName, value: string): string {
  if (value.length > maximumBase64Characters)
    throw new TypeError(`parameter ${name}: ${value.length} characters, expected at most ${maximumBase64Characters}`);
  return checkedParameter(name, value);
}

const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hexadecimal'));
const packedText = v.pipe(v.string(), v.base64(), v.maxLength(20_000));
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));

const configSchema = v.strictObject({ sha256, bytes: whole, gzip: packedText });
const writtenSchema = v.strictObject({
  sha256,
  client: v.picklist(['running', 'stopped', 'failed', 'unknown']),
  /** How long the stop took; null where the client was not stopped. */
  stopSeconds: v.nullable(whole),
  /** Whether the client ended without being killed, with success. */
  clean: v.nullable(v.boolean()),
  /** The old file is restored. */
  putBack: v.boolean(),
});
const clientAnswersSchema = v.strictObject({ answers: packedText });

export type WrittenConfig = v.InferOutput<typeof writtenSchema>;

const envelope = <State extends v.GenericSchema>(state: State) =>
  v.strictObject({
    operationId: v.pipe(v.string(), v.regex(/^\d{1,12}\.\d{1,6}$/)),
    fence: whole,
    result: v.picklist(['done', 'failed', 'stale', 'late']),
    before: v.nullable(state),
    after: v.nullable(state),
    reason: v.optional(scriptText(1000)),
  });

const answerSchemas = {
  'read-config': envelope(configSchema),
  'write-config': envelope(writtenSchema),
  'ask-peers': envelope(clientAnswersSchema),
  'change-peers': envelope(clientAnswersSchema),
} as const satisfies Readonly<Record<PeerOperation, v.GenericSchema>>;

export type PeerAnswer<Operation extends PeerOperation> = v.InferOutput<(typeof answerSchemas)[Operation]>;

/** Parses a script's standard output. Throws a `NodeAnswerError`. */
export function parsePeerAnswer<Operation extends PeerOperation>(
  operation: Operation,
  stdout: string,
): PeerAnswer<Operation> {
  return parseAnswerLine(answerSchemas[operation], stdout) as PeerAnswer<Operation>;
}

/** Far more than any client's file, and far less than gzip could make of 20,000 characters. */
const UNPACKED_BYTES_MAX = 4 * 1024 * 1024;

/** The bytes of a file in a node's answer. Throws a `NodeAnswerError` where they are no gzip, too large, or of another length than stated. */
export function unpackConfig({ gzip, bytes }: v.InferOutput<typeof configSchema>): Uint8Array {
  const content = unpacked(gzip);
  if (content.length !== bytes)
    throw new NodeAnswerError(`the file has ${bytes} bytes, and ${content.length} were told`);
  return content;
}

function unpacked(gzip: string): Buffer {
  try {
    return gunzipSync(Buffer.from(gzip, 'base64'), { maxOutputLength: UNPACKED_BYTES_MAX });
  } catch (cause) {
    throw new NodeAnswerError(`what the node has packed is no gzip, or more than ${UNPACKED_BYTES_MAX} bytes`, {
      cause,
    });
  }
}

/** The client's answers to the requests of a command, in their order. Throws a `NodeAnswerError` where they are incomplete. */
export function unpackAnswers(
  { answers }: v.InferOutput<typeof clientAnswersSchema>,
  requests: readonly ChainRequest[],
  atMs: number,
): readonly ClientAnswer[] {
  const content = unpacked(answers);
  let position = 0;
  return requests.map((request) => {
    const end = content.indexOf('\n', position);
    const [, status = '', exit = '', length = ''] =
      /^(\d{3}) (\d{1,3}) (\d{1,8})$/.exec(content.subarray(position, Math.max(end, position)).toString('latin1')) ??
      [];
    if (end < 0 || length === '') throw new NodeAnswerError('the answers of the client do not come in their form');
    const body = content.subarray(end + 1, end + 1 + Number(length));
    if (body.length !== Number(length)) throw new NodeAnswerError('the answers of the client are cut off');
    position = end + 1 + body.length;
    return answerOf(request, Number(status), Number(exit), body, atMs);
  });
}

/** Exit codes of curl(1). */
const FAILURES: Readonly<Record<number, readonly [ReadingErrorCode, string]>> = {
  7: ['unreachable', 'nothing listens at the RPC port of the node'],
  28: ['slow', 'the client did not answer within 5 s'],
  63: ['too-large', 'the client answers with more than was asked for'],
};

function answerOf(
  { expects }: ChainRequest,
  status: number,
  exit: number,
  body: Uint8Array,
  atMs: number,
): ClientAnswer {
  const failed = (code: ReadingErrorCode, reason: string): ClientAnswer => ({ kind: 'failed', code, reason });
  if (exit !== 0) return failed(...(FAILURES[exit] ?? (['unreachable', `curl ended with ${exit}`] as const)));
  if (status === 401 || status === 403)
    return failed('unauthorized', `the client does not accept the credentials (HTTP ${status})`);
  if (status >= 300 && status < 400) return failed('redirected', `the client points elsewhere (HTTP ${status})`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return failed('malformed', 'the client answers with bytes that are not UTF-8');
  }
  if (expects === 'text') return { kind: 'answered', status, body: text, atMs };
  try {
    return { kind: 'answered', status, body: parseJson(text), atMs };
  } catch {
    return status === 200
      ? failed('malformed', 'the client does not answer JSON')
      : { ...failed(status === 503 ? 'busy' : 'refused', `the client answers HTTP ${status} and no JSON`), status };
  }
}
