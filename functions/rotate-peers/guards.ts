// How much of a fleet's lists may change at once, and what may never: guardrail 10 of the peers, as pure decisions.
import type { Fleet, Role } from '../../shared/fleet/model.ts';
import type { FleetObservation, Health, ObservedNode } from '../../shared/fleet/observation.ts';
import { OBSERVATION_VALID_MS, readBreaker } from '../../shared/guardrails/breaker.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { Choice, NodeList } from './choose.ts';

/** No list gets shorter than this, nor than half of what it was, where so many peers exist. */
const LEAST_ENTRIES = 3;
const CHURN_PERCENT = 30;
export const CHURN_WINDOW_MS = 60 * 60_000;

export interface Wanted {
  readonly node: string;
  readonly now: NodeList;
  readonly choice: Choice;
  /** Its connections are fewer than its floor: what is done for it is a cure, and not churn. */
  readonly belowFloor: boolean;
}

/** What happens to one node's list. */
export interface ListChange {
  readonly instanceId: string;
  readonly node: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly hiddenIds: readonly string[];
  /** See `Choice`. */
  readonly reachable: number;
  /** Why those that are removed are, in the order of `removed`. */
  readonly reasons: readonly string[];
  /** Counted against the fleet's hour. */
  readonly entries: number;
  /** Entries that would change, too, and wait for a later hour. */
  readonly waiting: number;
}

export interface Churn {
  /** Entries of all lists of the fleet, as far as they are known. */
  readonly entries: number;
  /** Of them, how many were changed within the last hour. */
  readonly changed: number;
}

/** As much of what is wanted as may be done now, node by node in the order of their names. */
export function limitChanges(wanted: readonly Wanted[], churn: Churn): readonly ListChange[] {
  let allowance = Math.max(1, Math.floor((churn.entries * CHURN_PERCENT) / 100)) - churn.changed;
  return [...wanted].sort(byName).map((one) => {
    const whole = changeOf(one, neverFewer(one));
    if (one.belowFloor || whole.entries === 0) return { ...whole, entries: 0 };
    const part = partOf(one, whole, Math.max(0, allowance));
    allowance -= part.entries;
    return part;
  });
}

/** Puts back what would be dropped, the least bad first, until the list is long enough; never what has no business there. */
function neverFewer({ now, choice }: Wanted): readonly string[] {
  const before = [...new Set(now.peers)];
  const least = Math.min(choice.exist, Math.max(LEAST_ENTRIES, Math.ceil(before.length / 2)));
  const missing = Math.max(0, least - choice.peers.length);
  if (missing === 0) return choice.peers;
  const forbidden = new Set(choice.dropped.filter((one) => one.forbidden).map(({ peer }) => peer));
  const badnessOf = (peer: string): number => choice.dropped.find((one) => one.peer === peer)?.badness ?? 0;
  const back = before
    .filter((peer) => !choice.peers.includes(peer) && !forbidden.has(peer))
    .sort((a, b) => badnessOf(a) - badnessOf(b))
    .slice(0, missing);
  return [...choice.peers, ...back];
}

function partOf(one: Wanted, whole: ListChange, allowance: number): ListChange {
  if (whole.entries <= allowance) return whole;
  const forbidden = one.choice.dropped.filter((dropped) => dropped.forbidden).map(({ peer }) => peer);
  // What has no business there goes first.
  const order = [...whole.removed].sort((a, b) => Number(forbidden.includes(b)) - Number(forbidden.includes(a)));
  const removed = new Set(order.slice(0, allowance));
  const added = new Set(whole.added.slice(0, allowance));
  const before = [...new Set(one.now.peers)];
  const after = [
    ...whole.after.filter((peer) => added.has(peer) || before.includes(peer)),
    ...whole.removed.filter((peer) => !removed.has(peer)),
  ];
  // Nothing to be done is nothing to be written: not even another order.
  const part = changeOf(one, allowance === 0 ? before : after);
  return { ...part, waiting: whole.entries - part.entries };
}

function changeOf({ node, now, choice }: Wanted, after: readonly string[]): ListChange {
  const before = [...new Set(now.peers)];
  const added = after.filter((peer) => !before.includes(peer));
  const removed = before.filter((peer) => !after.includes(peer));
  const whyOf = (peer: string): string => choice.dropped.find((one) => one.peer === peer)?.why ?? 'others are better';
  return {
    instanceId: now.instanceId,
    node,
    before: now.peers,
    after,
    added,
    removed,
    hiddenIds: choice.hiddenIds,
    reachable: choice.reachable,
    reasons: removed.map(whyOf),
    entries: Math.max(added.length, removed.length),
    waiting: 0,
  };
}

const LOOK_AGAIN_MS = 5 * 60_000;

/** An observation that is older than three minutes is none; nor is one in part. */
export function judgeObservation(parts: readonly FleetObservation[], nowMs: number): Refusal | null {
  const refuse = (reason: string): Refusal => ({
    refuse: 'observation-stale',
    reason: `${reason}: who is a good peer is not known`,
    page: false,
    lookAgainMs: LOOK_AGAIN_MS,
  });
  if (parts.length === 0) return refuse('the fleet has never been observed');
  const ageMs = nowMs - Math.min(...parts.map(({ observedAtMs }) => observedAtMs));
  return ageMs <= OBSERVATION_VALID_MS ? null : refuse(`the fleet was observed ${Math.round(ageMs / 1000)} s ago`);
}

export interface RestartFacts {
  readonly fleet: Fleet;
  readonly node: string;
  readonly role: Role;
  readonly health: Health;
  readonly observed: readonly FleetObservation[];
  readonly nowMs: number;
  /** It has no block at all, and nobody in its fleet has one: there is no chain that a restart could hurt. */
  readonly fresh: boolean;
  /** Of another node: its last restart, which has not proved itself. */
  readonly unproved: string | undefined;
}

/** Whether a client may be restarted to take its new list. */
export function judgeRestart(facts: RestartFacts): Refusal | null {
  const { fleet, node, role, health, fresh, unproved } = facts;
  const refuse = (code: 'restart-forbidden' | 'restart-unproved' | 'breaker-open', reason: string): Refusal => ({
    refuse: code,
    reason,
    page: true,
    lookAgainMs: LOOK_AGAIN_MS,
  });
  const needs = `${node} takes its new list only when it is restarted`;
  if (!fleet.peers?.restart)
    return refuse('restart-forbidden', `${needs}; the fleet file does not say peers.restart: true`);
  if (role === 'unknown') return refuse('restart-forbidden', `${needs}, and its role is unknown`);
  if (role === 'validator' && !fleet.owner.restartValidators && !fresh)
    return refuse(
      'restart-forbidden',
      `${needs}, and it is a validator; the fleet file does not say owner.restartValidators: true`,
    );
  // Its client may take its grace to come back: who does not is told of by himself (restart.ts).
  if (unproved !== undefined)
    return {
      ...refuse(
        'restart-unproved',
        `${needs}; ${unproved} was restarted before it, and has not come back as it should`,
      ),
      page: false,
    };
  if (fresh) return null;
  // It has its client's grace: who is replaying must not be stopped again.
  if (health === 'starting')
    return { ...refuse('restart-forbidden', `${needs}, and its client is just starting`), page: false };
  const breaker = readBreaker(fleet, facts.observed, facts.nowMs);
  return breaker.open ? refuse('breaker-open', `${needs}; ${breaker.sentence}`) : null;
}

/** What is needed of a node's observation to tell whether its fleet has a chain; undefined where it was not observed. */
export type Beginning = Pick<ObservedNode, 'height' | 'health' | 'memory'> | undefined;

/**
 * A fleet whose every node says, now, that it has no block, and of which none was ever seen to have one: no chain can be harmed. Of a
 * node that is silent, or that nobody asked, nothing is known, and an established fleet whose RPC is dead looks just like that.
 */
export const isFresh = (chain: string, nodes: readonly Beginning[]): boolean =>
  nodes.length > 0 && nodes.every((node) => saysNoBlock(chain, node));

/** A fast chain makes one block a second: who has more than twice that many cannot have begun since. */
const BLOCKS_A_SECOND = 2;

/**
 * The same fleet a few restarts later, by what was read again: its chain may have begun meanwhile, as it does once enough of them know
 * each other, and nobody has more blocks than it can have made since.
 */
export const isStillFresh = (nodes: readonly Beginning[], saidSoMs: number, nowMs: number): boolean => {
  const limit = Math.ceil(((nowMs - saidSoMs) / 1000) * BLOCKS_A_SECOND);
  return nodes.every(
    (node) =>
      node !== undefined &&
      node.health !== 'forked' &&
      Math.max(node.height ?? 0, node.memory?.track.progress ?? 0) <= limit,
  );
};

function saysNoBlock(chain: string, node: Beginning): boolean {
  if (node === undefined || !hasNoBlock(node)) return false;
  if (node.height === 0) return true;
  // Unknown: it was not asked, and what was heard of it is old.
  return SILENT_WITHOUT_A_BLOCK.has(chain) && node.health !== 'unknown' && node.memory?.heard === 'starting';
}

const hasNoBlock = ({ height, health, memory }: NonNullable<Beginning>): boolean =>
  BEFORE_ITS_FIRST.includes(health) && (height ?? 0) === 0 && (memory?.track.progress ?? 0) === 0;

/** Where "starting" means that there is no block. Of others it means that they load what they have (bitcoind's error -28). */
const SILENT_WITHOUT_A_BLOCK: ReadonlySet<string> = new Set(['cometbft']);

const BEFORE_ITS_FIRST: readonly Health[] = ['starting', 'unknown', 'unreachable'];

const byName = (a: Wanted, b: Wanted): number => {
  const [one, other] = [`${a.node} ${a.now.instanceId}`, `${b.node} ${b.now.instanceId}`];
  return one < other ? -1 : one > other ? 1 : 0;
};
