// What is asked of a region with a network, and what it tells.
import type { Lane } from '../../local/simulator/lambda-runtime/sandbox.ts';
import type { GuestEvent, Seen } from './network-guest.ts';
import { runInProcess } from './run-in-process.ts';

export interface NetworkRun {
  readonly lane: Lane;
  readonly seed?: number;
  /** The function that a person invokes: on the internet, or in the VPC. */
  readonly by: 'outside' | 'inside';
  readonly steps: GuestEvent['steps'];
  /** Services to which the VPC has an endpoint. */
  readonly endpoints?: readonly string[];
  /** Addresses by their names in the VPC's private zone, and in a public one. */
  readonly names?: Readonly<Record<'private' | 'public', Readonly<Record<string, string>>>>;
  readonly reserved?: Readonly<Record<string, number>>;
  /** Kills the function's sandbox, so long after the invocation. */
  readonly killAfterMs?: number;
}

export interface NetworkRan {
  readonly tookMs: number;
  readonly functionError: string | undefined;
  readonly payload: Seen[] | { readonly errorType: string; readonly errorMessage: string };
  readonly traceHash: string;
  readonly calls: readonly string[];
  readonly log: readonly string[];
}

export const runNetworks = (runs: readonly NetworkRun[]): Promise<NetworkRan[]> =>
  runInProcess<NetworkRan[]>(new URL('./network-runner.ts', import.meta.url).pathname, runs);
