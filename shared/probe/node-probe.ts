// Asks the same questions by a command on the node (shared/node-commands/ask-node.sh), over its own loopback. A second round of questions is not
// possible there.
import { shortened } from '../chains/answers.ts';
import type { Answer, ChainRequest, Question, Reading } from '../chains/client.ts';
import { FETCH_LIMITS } from '../chains/fetch.ts';
import { parseJson } from '../text/json.ts';
import { type AnswerFilter, decodeAnswers, encodeQuestions, type NodeAnswer, type NodeRequest } from './frames.ts';
import type { ProbeQuestion, StatusReading } from './protocol.ts';
import { type NodeQuestions, type PortQuestion, pathAt, statusQuestions } from './questions.ts';

/** The value of `Questions`. Throws a `TypeError` or `RangeError` as `statusQuestions` does. */
export const questionsParameter = (question: ProbeQuestion, heights: readonly number[]): string =>
  encodeQuestions(requestsOf(question, heights).map(({ request }) => request));

/** The fleet's volumes in the form of the document, and the root volume: "data:/node-data#ancient:/ancient#root:/". */
export const volumesParameter = (volumes: readonly { readonly role: string; readonly path: string }[]): string => {
  const told = volumes.map(({ role, path }) => `${role}:${path}`);
  const hasRoot = told.length > 0 && volumes.every(({ role }) => role !== ROOT);
  return [...told, ...(hasRoot ? [`${ROOT}:/`] : [])].join('#');
};

/** In place of a role: the volume that the node boots from. */
const ROOT = 'root';

/** A node's reading from the script's output, which arrived at `atMs`. Throws a `TypeError` where the output is no answer at all. */
export function readOnNode(
  question: ProbeQuestion,
  heights: readonly number[],
  instanceId: string,
  output: string,
  atMs: number,
): StatusReading {
  const { answers, diskUsedPercent: disks, inodesUsedPercent: inodes } = decodeAnswers(output);
  const { [ROOT]: rootUsedPercent, ...diskUsedPercent } = disks;
  const { [ROOT]: _, ...inodesUsedPercent } = inodes;
  const asked = requestsOf(question, heights);
  const byPart = new Map<QuestionPart, Answer[]>();
  for (const [place, { part, at, chainRequest }] of asked.entries()) {
    const part_ = byPart.get(part) ?? [];
    part_[at] = answerOf(answers[place], chainRequest, atMs);
    byPart.set(part, part_);
  }
  const questions = statusQuestions(question, heights);
  const read = <Facts>(part: QuestionPart, at: PortQuestion<Facts>): Reading<Facts> =>
    readInOneRound(at.question, byPart.get(part) ?? []);
  return {
    instanceId,
    status: read('status', questions.status),
    ...(questions.consensus && { consensus: read('consensus', questions.consensus) }),
    ...(questions.geth && { geth: read('geth', questions.geth) }),
    ...(questions.beacon && { beacon: read('beacon', questions.beacon) }),
    diskUsedPercent,
    inodesUsedPercent,
    ...(rootUsedPercent !== undefined && { rootUsedPercent }),
  };
}

/** A question of a second round is answered with a refusal: a client that does not depend on it still has the rest. */
function readInOneRound<Facts>(question: Question<Facts>, answers: readonly Answer[]): Reading<Facts> {
  let next = question.read(answers);
  for (let round = 0; next.kind === 'next' && round < MAXIMUM_ROUNDS; round++) {
    next = next.question.read(next.question.requests.map(() => ONE_ROUND));
  }
  return next.kind === 'next' ? { ...ONE_ROUND, kind: 'error' } : next;
}

const MAXIMUM_ROUNDS = 3;
const ONE_ROUND = { kind: 'failed', code: 'refused', reason: 'one round of questions only through SSM' } as const;

type QuestionPart = keyof NodeQuestions;

interface IndexedRequest {
  readonly part: QuestionPart;
  /** Place among the requests of its part. */
  readonly at: number;
  readonly chainRequest: ChainRequest;
  readonly request: NodeRequest;
}

/** The most important first: what does not fit into the answer is left out from the end. */
function requestsOf(question: ProbeQuestion, heights: readonly number[]): readonly IndexedRequest[] {
  const { status, consensus, geth, beacon } = statusQuestions(question, heights);
  const of = (part: QuestionPart, { port, question: asked }: PortQuestion<unknown>): IndexedRequest[] =>
    asked.requests.map((chainRequest, at) => ({
      part,
      at,
      chainRequest,
      request: nodeRequestOf(question, part, port, chainRequest),
    }));
  const [first, ...more] = of('status', status);
  return [
    ...(first ? [first] : []),
    ...(consensus ? of('consensus', consensus) : []),
    ...(geth ? of('geth', geth) : []),
    ...more,
    ...(beacon ? of('beacon', beacon) : []),
  ];
}

function nodeRequestOf({ rpc }: ProbeQuestion, part: QuestionPart, port: number, request: ChainRequest): NodeRequest {
  const { method, body, maximumBytes = FETCH_LIMITS.maximumBytes } = request;
  const isRpc = part === 'status';
  const path = `${(isRpc ? pathAt(rpc, port) : '').replace(/\/$/, '')}${request.path}` || '/';
  return { keep: filterOf(part, request), maximumBytes, method, scheme: isRpc ? rpc.scheme : 'http', port, path, body };
}

function filterOf(part: QuestionPart, { path }: ChainRequest): AnswerFilter {
  if (part === 'consensus' || part === 'geth') return part;
  if (part === 'beacon' && path === '/eth/v1/config/spec') return 'spec';
  return path === '/net_info' ? 'peers' : 'facts';
}

const LEFT_OUT: Answer = {
  kind: 'failed',
  code: 'too-large',
  reason: 'its answer does not fit into what SSM shows of a command',
};

function answerOf(answer: NodeAnswer | undefined, { expects }: ChainRequest, atMs: number): Answer {
  if (answer === undefined) return LEFT_OUT;
  const { exitStatus, httpStatus: status, body } = answer;
  const failed = (code: (Answer & { kind: 'failed' })['code'], reason: string): Answer => ({
    kind: 'failed',
    code,
    reason,
  });
  if (exitStatus === NO_CREDENTIALS) return failed('misconfigured', `its RPC was not asked: ${shortened(body)}`);
  if (exitStatus !== 0) {
    const [code, reason] = CURL[exitStatus] ?? ['unreachable', `cannot be asked (curl’s exit status ${exitStatus})`];
    return failed(code, `its RPC ${reason}`);
  }
  if (status >= 300 && status < 400) return failed('redirected', `its RPC points elsewhere (HTTP ${status})`);
  if (status === 401 || status === 403)
    return failed('unauthorized', `its RPC does not accept the credentials (HTTP ${status})`);
  if (status === 429) return failed('busy', 'its RPC wants fewer requests (HTTP 429)');
  // The lines that the script kept, from a page that was complete.
  if (expects === 'text')
    return { kind: 'answered', status, body: body === '' || body.endsWith('\n') ? body : `${body}\n`, atMs };
  try {
    return { kind: 'answered', status, body: parseJson(body), atMs };
  } catch {
    if (status === 503) return failed('busy', 'its RPC is not available (HTTP 503)');
    if (status !== 200) return failed('refused', `its RPC answers HTTP ${status} and no JSON`);
    return failed('malformed', `its RPC does not answer JSON: ${shortened(JSON.stringify(body.slice(0, 60)))}`);
  }
}

/** Used instead of curl's exit status where root may not read the file of the credentials; the body says why. */
const NO_CREDENTIALS = 99;

/** "EXIT CODES", curl's manual. */
const CURL: Readonly<Record<number, readonly [(Answer & { kind: 'failed' })['code'], string]>> = {
  7: ['unreachable', 'refuses connections: nothing listens there'],
  28: ['slow', 'did not answer in time'],
  52: ['unreachable', 'broke the connection off'],
  56: ['unreachable', 'broke the connection off'],
  // An https that is http, a handshake that fails: the fleet file's scheme.
  35: ['misconfigured', 'and we agree on no TLS: the fleet file’s scheme may be wrong'],
  63: ['too-large', 'answers with more than is allowed'],
  1: ['malformed', 'does not speak HTTP'],
  127: ['misconfigured', 'cannot be asked: curl is not installed'],
};
