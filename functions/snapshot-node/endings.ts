// How an attempt gives up: the first reason is the one that is told, unless the client is down, which is always told. Pure.

import { type Ending, refused } from '../../shared/heal/outcome.ts';
import type { FailureCode } from '../../shared/model/guardrail-codes.ts';
import type { Act, Progress } from './model.ts';

const MINUTE_MS = 60_000;
/** Each attempt costs the node its client for minutes: what failed is not tried again at once. */
const AGAIN_MS = 6 * 60 * MINUTE_MS;
/** Nobody may wait so long whose client is down. */
const SOON_MS = 5 * MINUTE_MS;

export const giveUp = (progress: Progress, ending: Ending): Progress => ({
  ...progress,
  ending: progress.ending ?? ending,
});

export const failing = (code: FailureCode, reason: string, page: boolean) =>
  ({ outcome: 'failed', code, reason, page, lookAgainMs: AGAIN_MS }) as const satisfies Ending;

export const silentNode = (reason: string): Ending =>
  refused({ refuse: 'node-silent', reason, page: true, lookAgainMs: SOON_MS });

/** It was taken, and is of no use. */
export const spoil = (progress: Progress, why: string): Progress => ({
  ...giveUp(progress, failing('snapshot-failed', why, false)),
  spoiled: why,
});

/** What is told when the node is given back; null while nothing went wrong. */
export function endingAtRelease(progress: Progress, keepsOperation: boolean): Ending | null {
  const { ending, operation, running, silent, errors, seen } = progress;
  if (operation?.phase !== 'down' || (running && !keepsOperation)) return ending;
  // Nothing was tried yet, for a reason that says nothing of the node and is soon over.
  if (keepsOperation && ending?.outcome === 'refused' && seen === null) return ending;
  const what = running
    ? `${errors} steps after its start have failed`
    : silent
      ? 'its client is stopped, and the node does not answer'
      : 'its client does not start again';
  const next = keepsOperation
    ? 'another attempt goes on'
    : 'whatever else can be done is replace-node’s, or a person’s';
  const before = ending === null ? '' : `; before that: ${ending.reason}`;
  const code = running ? 'step-failed' : silent ? 'command-unanswered' : 'not-proved';
  return { ...failing(code, `${what}: ${next}${before}`, true), lookAgainMs: SOON_MS };
}

/** A step that kept failing. Before anything was begun it is a refusal; after that the client's way back goes on. */
export function abandon(progress: Progress, act: Act, error: string, throttled: boolean): Progress {
  const reason = `${act.do}: ${error}`;
  switch (act.do) {
    case 'claim':
    case 'conclude':
    case 'end':
      return { ...progress, lost: true };
    case 'release':
      // Left to the sweep: it outwaits whatever may still run, and a successor settles what is open.
      return {
        ...progress,
        released: true,
        ending: endingAtRelease(progress, true) ?? failing('step-failed', reason, true),
      };
    case 'register':
      // The schedule does it within minutes.
      return { ...progress, registered: true };
    case 'quarantine':
      return { ...progress, quarantined: true, ending: unmarked(progress.ending, error) };
    case 'take':
      // Whether it was called nobody knows; a set that was is found by its incident.
      return giveUp({ ...progress, interrupted: error }, failing('step-failed', reason, true));
    case 'stop': {
      const down = { ...progress, operation: act.operation, commandsOver: false };
      return giveUp(down, failing('step-failed', reason, true));
    }
    case 'start':
    case 'reconcile':
    case 'prove':
    case 'settle':
      return { ...progress, errors: progress.errors + 1, commandsOver: false };
    case 'await':
      return giveUp({ ...progress, completed: true }, failing('step-failed', reason, true));
    case 'inspect':
      return giveUp({ ...progress, commandsOver: false }, beginning(reason, throttled));
    case 'leave-pool':
      return giveUp({ ...progress, leftPool: true }, beginning(reason, throttled));
    case 'look':
    case 'ask':
    case 'lease':
      return giveUp(progress, beginning(reason, throttled));
  }
}

/** Whoever looks for a snapshot would take it for a clean one. */
const unmarked = (ending: Ending | null, error: string): Ending | null =>
  ending?.outcome === 'failed'
    ? { ...ending, page: true, reason: `${ending.reason}; nothing on the snapshot says so, a person has to: ${error}` }
    : ending;

/** AWS that answers with errors for half an hour must not use up the attempts. */
const beginning = (reason: string, throttled: boolean): Ending =>
  refused({
    refuse: throttled ? 'throttled' : 'unreadable',
    reason,
    page: !throttled,
    lookAgainMs: throttled ? MINUTE_MS : SOON_MS,
  });
