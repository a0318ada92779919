// What AWS is at work on, and how long that is waited for. Pure.

import type { ReplaceMemory } from '../../shared/heal/memory.ts';
import { CONSISTENCY_WINDOW_MS } from '../../shared/model/execution.ts';
import type { Act } from './model.ts';

/** Ours, since AWS publishes none: what takes longer than this does not come. */
export const BOUND_MS = {
  /** A volume from `creating` to `available`: seconds. */
  create: 10 * 60_000,
  attach: 10 * 60_000,
  detach: 15 * 60_000,
  /** "If the OS does not cleanly shut down within a few minutes, a hard shutdown is performed" (StopInstances). */
  stop: 20 * 60_000,
  /** From `pending` to checks that pass and an agent that answers. */
  boot: 15 * 60_000,
  /** Blocks at 100 MiB/s, the slowest rate that can be asked for, of the largest volumes: two days. */
  initialize: 48 * 60 * 60_000,
} as const;

/** Quick states are seen at once; what lasts is asked for once a minute. */
export function waitFor(memory: ReplaceMemory, nowMs: number, what: string): Act {
  const forMs = nowMs - (memory.waitingSinceMs ?? nowMs);
  const seconds = forMs < 5_000 ? 2 : forMs < 30_000 ? 5 : forMs < 120_000 ? 10 : forMs < 15 * 60_000 ? 20 : 60;
  return { do: 'wait', seconds, what };
}

export const waitedMs = (memory: ReplaceMemory, nowMs: number): number => nowMs - (memory.waitingSinceMs ?? nowMs);

/** A call without a token that was intended lately may still take effect, or may not be visible yet: it is not made again. */
export const isPending = ({ intent }: ReplaceMemory, call: string, target: string, nowMs: number): boolean =>
  intent?.call === call && intent.target === target && nowMs - intent.atMs < CONSISTENCY_WINDOW_MS;
