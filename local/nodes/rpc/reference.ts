// A public endpoint of a simulated chain: fleet files name it as a reference. It is honest unless a scenario changes it.
import type { HttpAnswer, HttpHost } from '../../simulator/network/network.ts';
import type { Branch } from '../branch.ts';
import type { SimulatedChain } from '../chain.ts';
import { versionOf } from '../protocol.ts';
import { answerOf } from './answer.ts';
import type { RpcFacts } from './rpc-facts.ts';

export interface ReferenceOptions {
  /** Before all paths, as "/v1/0123abcd"; other paths are not found. */
  readonly path?: string;
  /** 80 ms by default. */
  readonly latencyMs?: number;
  /** Called with each request that it does not answer truthfully. */
  readonly onWrong?: () => void;
}

export interface Reference {
  /** On any port. */
  readonly host: HttpHost;
  /** So many blocks behind from now on; 0 ends it. */
  lag(blocks: number): void;
  /** Claims blocks that do not exist yet, or another branch's; undefined ends it. */
  lie(how: { readonly ahead: number } | { readonly branch: Branch } | undefined): void;
  /**
   * Follows the fork of this name from now on; `lie(undefined)` ends it.
   * @throws RangeError where the chain has no such fork
   */
  stray(fork: string): void;
  /** Does not answer until `speak`. */
  silence(): void;
  speak(): void;
  /** Stays at its height until `resume`. */
  halt(): void;
  resume(): void;
}

/** @throws RangeError for a chain whose protocol has no simulated RPC */
export function referenceHost(
  chain: SimulatedChain,
  { path = '', latencyMs = 80, onWrong }: ReferenceOptions = {},
): Reference {
  const { protocol } = chain;
  if (protocol === undefined) throw new RangeError(`chain ${chain.spec.name}: its protocol has no simulated RPC`);
  let shift = 0;
  let branch = chain.main;
  let stoodAt: number | undefined;
  let silent = false;
  const heightNow = (): number => stoodAt ?? Math.max(0, branch.height() + shift);
  chain.endpoints.push(() => (silent ? undefined : { branch, height: heightNow() }));
  const asked = (): RpcFacts => {
    const nowMs = chain.clock.now();
    const height = heightNow();
    const blocks = {
      hash: (at: number) => branch.hash(at),
      // No block time is in the future.
      blockTimeMs: (at: number) => Math.min(nowMs, branch.blockTimeMs(at)),
    };
    return {
      protocol,
      name: 'reference',
      chainId: chain.chainId,
      blocks,
      blockIntervalMs: branch.blockIntervalMs,
      height,
      claimedTip: height,
      nowMs,
      loading: false,
      clientVersion: versionOf(protocol),
      peerCount: 0,
      peers: () => [],
      peerId: PEER_IDS[protocol],
      host: '192.0.2.1',
      p2pPort: 0,
      votingPower: 0,
      control: undefined,
    };
  };
  return {
    host: (_port, request): HttpAnswer => {
      if (silent || stoodAt !== undefined || shift !== 0 || branch !== chain.main) onWrong?.();
      if (silent) return { kind: 'silent' };
      const answer = answerOf(asked(), request, path);
      return answer.kind === 'response' ? { ...answer, afterMs: latencyMs } : answer;
    },
    lag: (blocks) => {
      shift = -blocks;
    },
    lie: (how) => {
      shift = how && 'ahead' in how ? how.ahead : 0;
      branch = how && 'branch' in how ? how.branch : chain.main;
    },
    stray: (fork) => {
      const named = chain.forkNamed(fork);
      if (named === undefined) throw new RangeError(`chain ${chain.spec.name}: it has no fork ${fork} yet`);
      shift = 0;
      branch = named;
    },
    silence: () => {
      silent = true;
    },
    speak: () => {
      silent = false;
    },
    halt: () => {
      stoodAt = heightNow();
    },
    resume: () => {
      stoodAt = undefined;
    },
  };
}

/** Public endpoints are gateways: the answering node's key has no meaning. */
const PEER_IDS: Readonly<Partial<Record<string, string>>> = {
  cometbft: '0'.repeat(40),
  stacks: `02${'0'.repeat(64)}`,
};
