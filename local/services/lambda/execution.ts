// Lambda's record of one durable execution.
import type { DurableConfig, ErrorObject, Event, ExecutionStatus, Operation } from '@aws-sdk/client-lambda';
import type { Timer } from '../../simulator/kernel.ts';
import type { Target } from './functions.ts';

export interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly target: Target;
  readonly config: DurableConfig & { readonly ExecutionTimeout: number };
  readonly payload: string;
  /** 1 for the first execution of the region. */
  readonly ordinal: number;
  readonly startedAtMs: number;
  readonly rootId: string;
  status: ExecutionStatus;
  endedAtMs?: number;
  result?: string;
  error?: ErrorObject;
  operations: Map<string, Operation>;
  /** Operations that changed since the function last received them. */
  readonly changed: Set<string>;
  /** The fence: only the invocation that holds it may write. Absent while no invocation runs. */
  token: string | undefined;
  lastCheckpoint?: {
    readonly clientToken: string;
    readonly response: object;
    readonly token: string;
    readonly atMs: number;
  };
  invocation: { readonly requestId: string; readonly startedAtMs: number } | undefined;
  nextInvocation: Timer | undefined;
  /** Failed invocations since the last progress. */
  failures: number;
  checkpoints: number;
  meteredOperations: number;
  writtenBytes: number;
  readonly timers: Map<string, Timer>;
  /** Seconds between heartbeats, by the operation id of the callback. */
  readonly heartbeats: Map<string, number>;
  /** Fault `execution-timeout`: this execution dies after so many checkpoints, and so long after the last of them. */
  fate?: { readonly checkpoints: number; readonly delayMs: number };
  readonly history: Event[];
  readonly whenEnded: ((execution: Execution) => void)[];
}
