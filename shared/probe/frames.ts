// The text format between functions and the command on a node (shared/node-commands/ask-node.sh): lines of questions in, one line of frames out. Both
// directions are here, because simulated nodes need the other one.
import { gunzipSync, gzipSync } from 'node:zlib';
import { shortened } from '../chains/answers.ts';
import { NodeAnswerError } from '../model/node-answer-error.ts';

/** Which part of an answer the script keeps: ListCommandInvocations shows only 2,500 characters. */
export type AnswerFilter = 'facts' | 'peers' | 'spec' | 'consensus' | 'geth';

/** One line of the document's parameter `Questions`. */
export interface NodeRequest {
  readonly keep: AnswerFilter;
  readonly maximumBytes: number;
  readonly method: 'GET' | 'POST';
  readonly scheme: 'http' | 'https';
  readonly port: number;
  /** Includes the path of the RPC at its start; at least "/". */
  readonly path: string;
  readonly body: string | undefined;
}

/** The result of one request on the node: curl's exit status, and the answer if that is 0. */
export interface NodeAnswer {
  readonly exitStatus: number;
  readonly httpStatus: number;
  readonly body: string;
}

export interface NodeAnswers {
  /** In the order of the requests; the last ones are missing if they do not fit. */
  readonly answers: readonly NodeAnswer[];
  readonly diskUsedPercent: Readonly<Record<string, number>>;
  readonly inodesUsedPercent: Readonly<Record<string, number>>;
}

/** Maximum number of requests that the script takes. */
const MAXIMUM_REQUESTS_ON_NODE = 16;

/** A line for each volume and each request, and the empty line after each. */
const MAXIMUM_HEADS = 100;

/** Twice the volumes that a fleet file may name. */
const MAXIMUM_VOLUMES_ON_NODE = 16;

/** The value of the document's parameter `Questions`. Throws a `RangeError` for more than the script takes. */
export function encodeQuestions(requests: readonly NodeRequest[]): string {
  if (requests.length > MAXIMUM_REQUESTS_ON_NODE)
    throw new RangeError(`${requests.length} requests for one node, at most ${MAXIMUM_REQUESTS_ON_NODE}`);
  const lines = requests.map(({ keep, maximumBytes, method, scheme, port, path, body }) => {
    const sent = body === undefined ? '-' : Buffer.from(body).toString('base64');
    return `${[keep, maximumBytes, method, scheme, port, path, sent].join(' ')}\n`;
  });
  return Buffer.from(lines.join('')).toString('base64');
}

/** For a simulated node. Throws a `TypeError` for a line that the script would not take. */
export function decodeQuestions(value: string): readonly NodeRequest[] {
  const text = Buffer.from(value, 'base64').toString();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, keep, maximumBytes, method, scheme, port, path, body] = LINE.exec(line) ?? [];
      if (path === undefined) throw new TypeError(`Questions: ${JSON.stringify(line.slice(0, 100))} is no request`);
      return {
        keep: keep as AnswerFilter,
        maximumBytes: Number(maximumBytes),
        method: method as 'GET' | 'POST',
        scheme: scheme as 'http' | 'https',
        port: Number(port),
        path,
        body: body === undefined || body === '-' ? undefined : Buffer.from(body, 'base64').toString(),
      };
    });
}

const LINE =
  /^(facts|peers|spec|consensus|geth) ([1-9]\d{0,7}) (GET|POST) (https?) ([1-9]\d{0,4}) (\/[A-Za-z0-9_.~:/?=&%+,@-]*) (-|[A-Za-z0-9+/]+={0,2})$/;

/** For a simulated node: the line that the script would print. What does not fit is left out from the end. */
export function encodeAnswers({ answers, diskUsedPercent, inodesUsedPercent }: NodeAnswers): string {
  const used = (letter: 'd' | 'i', percents: Readonly<Record<string, number>>): string[] =>
    Object.entries(percents).map(([role, percent]) => `${letter} ${role} ${Math.floor(percent * 10)}\n`);
  const disks = [...used('d', diskUsedPercent), ...used('i', inodesUsedPercent)];
  const frames = answers.map(
    ({ exitStatus, httpStatus, body }) =>
      `a ${exitStatus} ${String(httpStatus).padStart(3, '0')} ${Buffer.byteLength(body)}\n${body}\n`,
  );
  for (let kept = frames.length; ; kept--) {
    const text = [HEAD, ...disks, ...frames.slice(0, kept)].join('');
    const line = gzipSync(text, { level: 9 }).toString('base64');
    if (line.length <= ROOM || kept === 0) return line;
  }
}

const HEAD = 'chainmend-node 1\n';
const ROOM = 2_400;
/** Far more than what fits when packed, except in an attack. */
const MAXIMUM_UNPACKED_BYTES = 4 * 1024 * 1024;

/** Parses the script's output. Throws a `NodeAnswerError` that names the fault. */
export function decodeAnswers(output: string): NodeAnswers {
  const bytes = unpacked(output.split('\n', 1)[0] ?? '');
  let at = 0;
  const line = (): string => {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw new NodeAnswerError('the answer of the node ends in the middle');
    const text = bytes.subarray(at, end).toString('latin1');
    at = end + 1;
    return text;
  };
  if (`${line()}\n` !== HEAD) throw new NodeAnswerError('the answer of the node is not of the expected form');
  const used: Readonly<Record<string, Record<string, number>>> = { d: {}, i: {} };
  const answers: NodeAnswer[] = [];
  for (let heads = 0; at < bytes.length; heads++) {
    const head = line();
    if (heads === MAXIMUM_HEADS) throw new NodeAnswerError('the answer of the node has too many lines');
    if (head === '') continue;
    const [, letter = '', role, tenths] = /^([di]) ([a-z][a-z0-9-]{0,31}) (\d{1,4})$/.exec(head) ?? [];
    const percents = used[letter];
    if (percents && role !== undefined && Object.keys(percents).length < MAXIMUM_VOLUMES_ON_NODE) {
      percents[role] = Number(tenths) / 10;
      continue;
    }
    const [, exitStatus, httpStatus, length] = /^a (\d{1,3}) (\d{3}) (\d{1,9})$/.exec(head) ?? [];
    if (length === undefined || answers.length === MAXIMUM_REQUESTS_ON_NODE)
      throw new NodeAnswerError(`the answer of the node has a line ${JSON.stringify(shortened(head))}`);
    const end = at + Number(length);
    if (end > bytes.length) throw new NodeAnswerError('the answer of the node ends in the middle');
    answers.push({
      exitStatus: Number(exitStatus),
      httpStatus: Number(httpStatus),
      body: bytes.subarray(at, end).toString('utf8'),
    });
    at = end;
  }
  return { answers, diskUsedPercent: used['d'] ?? {}, inodesUsedPercent: used['i'] ?? {} };
}

function unpacked(line: string): Buffer {
  try {
    return gunzipSync(Buffer.from(line, 'base64'), { maxOutputLength: MAXIMUM_UNPACKED_BYTES });
  } catch (cause) {
    const shown = JSON.stringify(shortened(line.slice(0, 100)));
    throw new NodeAnswerError(`the command did not print an answer, but ${shown}`, { cause });
  }
}
