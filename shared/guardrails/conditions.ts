// Whether a condition of a fleet that people were told of holds an act. Pure.
import type { FleetCondition } from '../fleet/observation.ts';
import { BINDINGS, forbids, type HeldAct, isBinding } from '../model/conditions.ts';
import type { Refusal } from '../model/guardrail-codes.ts';

/** A condition of the fleet as it was watched lately. */
export type HeldCondition = FleetCondition & { readonly code: string };

/**
 * What has guards of its own, which know what they may let through all the same: a client that has ended or names its data, a zone that is told by its
 * heal, and a halt, which is a fact also where nobody is told of it.
 */
const JUDGED_ELSEWHERE: ReadonlySet<string> = new Set(['zone-down', 'chain-halted', 'own-chain-halted', 'crash-loop']);

const AGAIN_MS = 5 * 60_000;

const NOT_DONE: Readonly<Record<HeldAct, string>> = {
  restart: 'is not restarted',
  stop: 'is not stopped',
  swap: 'gets no other data',
  replace: 'gets no other instance',
  move: 'is not stopped',
  upgrade: 'is not upgraded',
  snapshot: 'is not stopped for a snapshot',
  drill: 'is imitated by no drill',
  peers: 'is not restarted for its list of peers',
};

/**
 * Why the act is not begun while nobody advances; null where it may be. Nothing could be proved, and no single node is to blame: but for a client that has
 * ended, which is down for its own reason, and whose start harms no chain. A person who names one node has looked at the chain.
 *
 * @param haltedSinceMs by the fleet's view: null while somebody advances, and where nobody knows
 */
export function judgeHalt(
  act: HeldAct,
  name: string,
  haltedSinceMs: number | null,
  { cause = 'unknown', manual = false }: { readonly cause?: 'known' | 'unknown'; readonly manual?: boolean } = {},
): Refusal | null {
  if (haltedSinceMs === null || manual || !forbids('chain-halted', act)) return null;
  if (act === 'restart' && cause === 'known') return null;
  const since = new Date(haltedSinceMs).toISOString().slice(0, 16);
  // watch-fleet pages once for the chain: a page for each node would add nothing.
  const reason = `nobody has advanced since ${since}Z: it is the chain, and ${name} ${NOT_DONE[act]}`;
  return { refuse: 'chain-standing', reason, page: false, retryAfterMs: AGAIN_MS };
}

/** Why the act is not begun now; null where no condition holds it. People know of the condition: nobody is paged. */
export function judgeConditions(
  act: HeldAct,
  { instanceId, name }: { readonly instanceId: string; readonly name: string },
  conditions: readonly HeldCondition[] = [],
): Refusal | null {
  const held = conditions.find(
    ({ code, instanceIds }) =>
      isBinding(code) &&
      !JUDGED_ELSEWHERE.has(code) &&
      forbids(code, act) &&
      (BINDINGS[code].whom === 'fleet' || (instanceIds ?? []).includes(instanceId)),
  );
  if (held === undefined) return null;
  const since = new Date(held.sinceMs).toISOString().slice(0, 16);
  const reason = `${held.code} since ${since}Z (${held.reason}): ${name} ${NOT_DONE[act]} before that is over`;
  return { refuse: 'condition-holds', reason: reason.slice(0, MAX_REASON), page: false, retryAfterMs: AGAIN_MS };
}

const MAX_REASON = 600;
