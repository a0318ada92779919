// The scripts about peers on a simulated node. The client is asked and changed over its own loopback, and its configuration is read and edited. A
// client that does not start with the new file gets its old file again. The scripts are held to the same answers by test/lab/host/peers.test.ts.
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { ParameterName } from '../../../shared/node-commands/parameters.ts';
import { applyEdits, type ByteEdit } from '../../../shared/peers/edits.ts';
import type { HttpAnswer, HttpRequest } from '../../simulator/network/network.ts';
import type { ClientState } from '../client.ts';

/** The part of a node that these commands use. */
export interface PeersHost {
  readFile(path: string): string | undefined;
  /** Throws an `Error` if its filesystem is full. */
  writeFile(path: string, text: string): void;
  localRpc(port: number, request: HttpRequest): HttpAnswer;
  /** The content of a credentials file. */
  cookie(path: string): string | undefined;
  /** unknown: the command names another client. */
  clientState(runtime: string, unit: string): ClientState | 'unknown';
  stopClient(): void;
  startClient(): boolean;
  takesMs(lowMs: number, highMs: number): number;
  later(delayMs: number, work: () => void): void;
}

type Parameters = Readonly<Partial<Record<ParameterName, string>>>;

export interface PeersEnding {
  readonly result: 'done' | 'failed';
  readonly before: object | null;
  readonly after: object | null;
  readonly reason: string | undefined;
}

/** The script's --max-time of curl. */
const PATIENCE_MS = 5_000;
/** Stop times of a client of which only the start time is known. */
const STOP_MS = [500, 4_000] as const;
const START_MS = [300, 1_500] as const;
/** The script watches for some seconds whether the client keeps running. */
const LOOK_MS = 7_000;

const failed = (reason: string, before: object | null = null): PeersEnding => ({
  result: 'failed',
  before,
  after: before,
  reason,
});
const sumOf = (text: string): string => createHash('sha256').update(text).digest('hex');

export function readConfig(host: PeersHost, { File = '' }: Parameters): PeersEnding {
  const text = host.readFile(File);
  if (text === undefined) return failed(`${File} is not a file`);
  const content = Buffer.from(text, 'utf8');
  const gzip = gzipSync(content, { level: 9 }).toString('base64');
  return {
    result: 'done',
    before: null,
    after: { sha256: sumOf(text), bytes: content.length, gzip },
    reason: undefined,
  };
}

/** ask-peers and change-peers. @returns the ending, and how long the client took */
export function changeRunningClient(
  host: PeersHost,
  { Endpoint = '', CredentialsFile = '', Requests = '' }: Parameters,
): { readonly ending: PeersEnding; readonly afterMs: number } {
  const [, port = '', base = ''] = /^https?:\/\/127\.0\.0\.1:(\d+)(\/.*)?$/.exec(Endpoint) ?? [];
  const cookie = CredentialsFile === '' ? undefined : host.cookie(CredentialsFile);
  if (CredentialsFile !== '' && cookie === undefined)
    return { ending: failed('the file of the credentials cannot be read'), afterMs: 0 };
  const parts: Buffer[] = [];
  let afterMs = 0;
  const lines = Buffer.from(Requests, 'base64')
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  for (const line of lines) {
    const [method = '', path = '', body = ''] = line.split(' ');
    const content = body === '-' ? Buffer.alloc(0) : Buffer.from(body, 'base64');
    const got = host.localRpc(Number(port), {
      method,
      path: `${base}${path === '-' ? '' : path}` || '/',
      headers: {
        host: `127.0.0.1:${port}`,
        ...(cookie !== undefined && { authorization: `Basic ${Buffer.from(cookie).toString('base64')}` }),
        ...(content.length > 0 && { 'content-type': 'application/json' }),
      },
      body: content,
    });
    if (got.kind === 'response' && got.afterMs <= PATIENCE_MS) {
      const answer = Buffer.from(got.body);
      parts.push(Buffer.from(`${String(got.statusCode).padStart(3, '0')} 0 ${answer.length}\n`), answer);
      afterMs += got.afterMs;
    } else {
      const slow = got.kind === 'silent' || got.kind === 'response';
      parts.push(Buffer.from(`000 ${slow ? 28 : 7} 0\n`));
      afterMs += slow ? PATIENCE_MS : 1;
    }
  }
  const answers = gzipSync(Buffer.concat(parts), { level: 9 }).toString('base64');
  return { ending: { result: 'done', before: null, after: { answers }, reason: undefined }, afterMs };
}

export function writeConfig(host: PeersHost, parameters: Parameters, done: (ending: PeersEnding) => void): void {
  const { File = '' } = parameters;
  const old = host.readFile(File);
  const state = stateOf(host, parameters);
  const written = old === undefined ? failed(`${File} is not a file`) : writeOnly(host, parameters, old, state);
  if (old === undefined || written.result === 'failed' || parameters.Restart !== 'yes') {
    done(written);
    return;
  }
  const { before } = written;
  const stopMs = host.takesMs(...STOP_MS);
  host.stopClient();
  host.later(stopMs + host.takesMs(...START_MS), () => {
    const stopped = { stopSeconds: Math.floor(stopMs / 1_000), clean: true };
    if (host.startClient()) {
      host.later(LOOK_MS, () => done({ result: 'done', before, after: state(stopped), reason: undefined }));
      return;
    }
    host.later(host.takesMs(...START_MS), () => {
      host.writeFile(File, old);
      host.startClient();
      const after = state({ ...stopped, putBack: true });
      const reason = `the client was started and is failed; the old file was put back, and the client is ${after.client}`;
      done({ result: 'failed', before, after, reason });
    });
  });
}

const stateOf =
  (host: PeersHost, { File = '', Runtime = '', Unit = '' }: Parameters) =>
  (more: object = {}) => ({
    sha256: sumOf(host.readFile(File) ?? ''),
    client: host.clientState(Runtime, Unit),
    stopSeconds: null,
    clean: null,
    putBack: false,
    ...more,
  });

function writeOnly(
  host: PeersHost,
  { File = '', Sha256 = '', Edits = '', Restart = '' }: Parameters,
  old: string,
  state: ReturnType<typeof stateOf>,
): PeersEnding {
  const before = state();
  if (sumOf(old) !== Sha256)
    return failed(
      `${File} is not the one that was read any more: somebody has changed it, and it is left as it is`,
      before,
    );
  if (Restart === 'yes' && before.client !== 'running')
    return failed(`the client is ${before.client}: nothing was changed`, before);
  try {
    host.writeFile(File, applyEdits(old, editsOf(Edits)));
    host.writeFile(`${File}.chainmend-before`, old);
  } catch {
    return failed(`${File} could not be written: the edits do not fit it, or there is no room`, before);
  }
  return { result: 'done', before, after: state(), reason: undefined };
}

const editsOf = (packed: string): readonly ByteEdit[] =>
  Buffer.from(packed, 'base64')
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [start, length, text = '-'] = line.split(' ');
      return {
        start: Number(start),
        length: Number(length),
        text: text === '-' ? '' : Buffer.from(text, 'base64').toString('utf8'),
      };
    });
