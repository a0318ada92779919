// The ordinary node as the region simulates it, on a chain of its own: a machine, its volumes, its client; and how it is asked.
import { type ChainSpec, SimulatedChain } from '../../../local/nodes/chain.ts';
import { SimulatedNode } from '../../../local/nodes/node.ts';
import type { NodeSpec } from '../../../local/nodes/spec.ts';
import type { VolumeSpec } from '../../../local/nodes/volume.ts';
import type { Kernel } from '../../../local/simulator/kernel.ts';
import type { HttpHost } from '../../../local/simulator/network/network.ts';
import type { Answer, ChainRequest, Fetcher, ReadingErrorCode } from '../../../shared/chains/client.ts';
import { FETCH_LIMITS } from '../../../shared/chains/fetch.ts';
import { parseJson } from '../../../shared/chains/json.ts';
import { DATA_VOLUME, INSTANCE } from './node.ts';
import { GIB } from './volume.ts';

/** Fills a data volume with 14 GiB an hour. */
export function chainOf(kernel: Kernel, spec: Partial<ChainSpec> = {}): SimulatedChain {
  return new SimulatedChain(kernel, {
    name: 'bitcoin',
    heightAtStart: 930_000,
    blockIntervalMs: 10_000,
    bytesPerBlock: 40 * 2 ** 20,
    inodesPerBlock: 0.5,
    consensus: 'elsewhere',
    ...spec,
  });
}

/** 500 GiB of XFS, 91 % of them used. */
export const dataVolume = (spec: Partial<VolumeSpec> = {}): VolumeSpec => ({
  volumeId: DATA_VOLUME,
  role: 'data',
  path: '/data',
  filesystem: 'xfs',
  deviceBytes: 500 * GIB,
  usedBytes: 455 * GIB,
  ...spec,
});

/** Runs its client under systemd, on a data volume. */
export function nodeOf(kernel: Kernel, chain: SimulatedChain, spec: Partial<NodeSpec> = {}): SimulatedNode {
  return new SimulatedNode(kernel, chain, {
    instanceId: INSTANCE,
    name: 'node1',
    privateIp: '10.0.0.11',
    runtime: 'systemd',
    unit: 'node@0.20.0.service',
    volumes: [dataVolume()],
    ...spec,
  });
}

export interface Asking {
  /** The Authorization header. */
  readonly authorization?: string;
  /** In front of each request's own path. */
  readonly path?: string;
}

/** Asks a port of a host as httpFetcher does over a network: the same limits, and the same codes for what goes wrong. */
export function fetcherOf(
  kernel: Kernel,
  host: HttpHost,
  port: number,
  { authorization, path = '' }: Asking = {},
): Fetcher {
  return (request) => {
    const answer = host(port, {
      method: request.method,
      path: `${path}${request.path}` || '/',
      headers: authorization === undefined ? {} : { authorization },
      body: Buffer.from(request.body ?? ''),
    });
    if (answer.kind === 'silent') return Promise.resolve(failed('slow'));
    if (answer.kind !== 'response') return Promise.resolve(failed('unreachable'));
    if (answer.afterMs > FETCH_LIMITS.timeoutMs) return Promise.resolve(failed('slow'));
    const atMs = kernel.clock.now() + answer.afterMs;
    return Promise.resolve(read(request, answer.statusCode, Buffer.from(answer.body), atMs));
  };
}

function read({ expects, maximumBytes }: ChainRequest, status: number, bytes: Buffer, atMs: number): Answer {
  if (status === 401) return failed('unauthorized');
  if (bytes.length > (maximumBytes ?? FETCH_LIMITS.maximumBytes)) return failed('too-large');
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { kind: 'answered', status, body: expects === 'text' ? text : parseJson(text), atMs };
  } catch {
    return failed(status === 200 ? 'malformed' : 'refused');
  }
}

const failed = (code: ReadingErrorCode): Answer => ({ kind: 'failed', code, reason: `the host is ${code}` });
