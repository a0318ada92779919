// Wrong behaviour of RPC endpoints, as scenarios set it.
import { createHash } from 'node:crypto';
import type { HttpAnswer } from '../../simulator/network/network.ts';
import { REFUSED, type Response, text } from './http.ts';
import type { Blocks, RpcFacts } from './rpc-facts.ts';

/**
 * garbage: meaningless bytes. huge: ten megabytes. slow: a right answer after half a minute. wrong-chain: another network's answers. dead:
 * connections are refused although the client runs. unauthorized: all credentials are refused. hung: no answer until the client is restarted.
 * withholding: calls are refused that a reading can do without. limited, unavailable, elsewhere: HTTP 429, 503 and 301, as of a client that is busy,
 * or has a proxy before it.
 */
export type Misbehaviour =
  | 'garbage'
  | 'huge'
  | 'slow'
  | 'wrong-chain'
  | 'dead'
  | 'unauthorized'
  | 'hung'
  | 'withholding'
  | 'limited'
  | 'unavailable'
  | 'elsewhere';

const HUGE_BYTES = 10_000_000;
const SLOW_MS = 30_000;
/** A connection of 100 Mbit/s. */
const BYTES_PER_MS = 12_500;

export const UNAUTHORIZED: Response = {
  kind: 'response',
  statusCode: 401,
  headers: { 'www-authenticate': 'Basic realm="jsonrpc"' },
  body: '',
  afterMs: 0,
};

export function misbehaved(how: Misbehaviour, truth: () => HttpAnswer): HttpAnswer {
  switch (how) {
    case 'dead':
      return REFUSED;
    case 'hung':
      return { kind: 'silent' };
    case 'unauthorized':
      return UNAUTHORIZED;
    case 'garbage':
      return { ...text(''), body: noise() };
    case 'limited':
      return text('Too Many Requests\n', 429);
    case 'unavailable':
      return text('Service Unavailable\n', 503);
    case 'elsewhere':
      return { ...text('Moved Permanently\n', 301), headers: { location: 'https://rpc.example/' } };
    case 'huge':
      return { ...text(`{"result":"${'0'.repeat(HUGE_BYTES)}"}`), afterMs: Math.ceil(HUGE_BYTES / BYTES_PER_MS) };
    case 'slow': {
      const answer = truth();
      return answer.kind === 'response' ? { ...answer, afterMs: SLOW_MS } : answer;
    }
    case 'wrong-chain':
    case 'withholding':
      return truth();
  }
}

/** The same node on another network, with as many blocks. */
export function onAnotherChain(asked: RpcFacts): RpcFacts {
  const blocks: Blocks = {
    hash: (height) =>
      createHash('sha256')
        .update(`another/${asked.blocks.hash(height)}`)
        .digest('hex'),
    blockTimeMs: (height) => asked.blocks.blockTimeMs(height),
  };
  return { ...asked, blocks, chainId: anotherId(asked.chainId) };
}

/** 11155111 is sepolia; chains with a name get "-testnet". */
const anotherId = (chainId: string): string => (/^\d+$/.test(chainId) ? '11155111' : `${chainId}-testnet`);

/** The same bytes each time; they are not text in any encoding. */
const noise = (): Uint8Array =>
  Buffer.concat(Array.from({ length: 16 }, (_, index) => createHash('sha256').update(`noise/${index}`).digest()));
