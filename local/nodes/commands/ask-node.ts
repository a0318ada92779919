// The script ask-node on a simulated node: sends each question to the client over the node's own loopback. It prints as many characters of the answer
// as SSM shows. test/shared/probe/probe-on-node.test.ts holds the script to the same frames.
import {
  type AnswerFilter,
  decodeQuestions,
  encodeAnswers,
  type NodeAnswer,
  type NodeRequest,
} from '../../../shared/probe/frames.ts';
import type { HttpAnswer, HttpRequest } from '../../simulator/network/network.ts';

/** The script's --max-time of curl. */
const PATIENCE_MS = 4_000;

export interface AskNodeHost {
  readonly rpc: { answer(port: number, request: HttpRequest, asking: { readonly local: boolean }): HttpAnswer };
  /** The content of a credentials file on this node; undefined if it does not exist. */
  readonly cookie: string | undefined;
  readonly rootUsedPercent: number;
  readonly volumes: readonly {
    readonly path: string;
    readonly usedBytes: number;
    readonly sizeBytes: number;
    readonly inodesUsed: number;
    readonly inodesTotal: number;
  }[];
}

/** The output, and how long it takes. Throws a `TypeError` for questions that the script would refuse. */
export function askNode(
  node: AskNodeHost,
  parameters: Readonly<Record<string, string>>,
): { readonly stdout: string; readonly afterMs: number } {
  let afterMs = 0;
  const answers = decodeQuestions(parameters['Questions'] ?? '').map((request) => {
    const { answer, tookMs } = ask(node, request, parameters['CredentialsFile'] !== '');
    afterMs += tookMs;
    return answer;
  });
  const volumes = (parameters['Volumes'] ?? '').split('#').map((entry) => entry.split(':'));
  const used = volumes.flatMap(([role = '', path]) => {
    if (path === '/') return [[role, node.rootUsedPercent] as const];
    const volume = node.volumes.find((candidate) => candidate.path === path);
    return volume ? [[role, Math.floor((1_000 * volume.usedBytes) / volume.sizeBytes) / 10] as const] : [];
  });
  const inodes = volumes.flatMap(([role = '', path]) => {
    const volume = node.volumes.find((candidate) => candidate.path === path);
    if (!volume || volume.inodesTotal === 0) return [];
    return [[role, Math.floor((1_000 * volume.inodesUsed) / volume.inodesTotal) / 10] as const];
  });
  const told = { answers, diskUsedPercent: Object.fromEntries(used), inodesUsedPercent: Object.fromEntries(inodes) };
  return { stdout: `${encodeAnswers(told)}\n`, afterMs };
}

function ask(
  node: AskNodeHost,
  request: NodeRequest,
  withCredentials: boolean,
): { answer: NodeAnswer; tookMs: number } {
  const { method, port, path, body, maximumBytes, keep } = request;
  const authorization = withCredentials && node.cookie !== undefined ? basic(node.cookie) : undefined;
  const headers: Record<string, string> = {
    host: `127.0.0.1:${port}`,
    ...(authorization !== undefined && { authorization }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  const got = node.rpc.answer(port, { method, path, headers, body: Buffer.from(body ?? '') }, { local: true });
  const failed = (exitStatus: number, tookMs: number) => ({ answer: { exitStatus, httpStatus: 0, body: '' }, tookMs });
  if (got.kind === 'silent') return failed(28, PATIENCE_MS);
  if (got.kind !== 'response') return failed(7, 1);
  if (got.afterMs > PATIENCE_MS) return failed(28, PATIENCE_MS);
  const text = Buffer.from(got.body).toString();
  if (text.length > maximumBytes) return failed(63, got.afterMs);
  return { answer: { exitStatus: 0, httpStatus: got.statusCode, body: filteredBody(keep, text) }, tookMs: got.afterMs };
}

const basic = (cookie: string): string => `Basic ${Buffer.from(cookie).toString('base64')}`;

/** The function `keep` of the script. */
function filteredBody(what: AnswerFilter, text: string): string {
  switch (what) {
    case 'consensus':
      return lines(
        text,
        /^(cometbft|tendermint)_consensus_(rounds|latest_block_height|(validators|missing_validators|byzantine_validators)(_power)?)[ {]/,
      );
    case 'geth':
      return lines(text, /^(chain_head_block|p2p_peers|chain_inserts_count)[ {]/);
    case 'peers':
      return oneLine(text).replace(/"peers" *: *\[.*\]/, '"peers":[]');
    case 'spec': {
      const [seconds] = /"SECONDS_PER_SLOT" *: *"[0-9]{1,20}"/.exec(text) ?? [];
      const [chainId] = /"DEPOSIT_CHAIN_ID" *: *"[0-9]{1,20}"/.exec(text) ?? [];
      return seconds && chainId ? `{"data":{${seconds},${chainId}}}` : '';
    }
    case 'facts':
      return oneLine(text)
        .replace(
          /"(logsBloom|extraData|parentHash|mixHash|nonce|miner|stateRoot|transactionsRoot|receiptsRoot|sha3Uncles|withdrawalsRoot|parentBeaconBlockRoot|requestsHash|gossip|signature|state_root|body_root|parent_root)" *: *"[^"]*"/g,
          '"$1":""',
        )
        .replace(/"(transactions|withdrawals|uncles)" *: *\[[^\]]*\]/g, '"$1":[]');
  }
}

/** Only printable ASCII leaves the node. */
const oneLine = (text: string): string => text.replace(/[^ -~]/g, ' ');
const lines = (text: string, wanted: RegExp): string =>
  text
    .split('\n')
    .filter((line) => wanted.test(line))
    .map((line) => `${line}\n`)
    .join('');
