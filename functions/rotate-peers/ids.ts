// Decides which node owns a peer id. Only the node itself can report its id: its first id is pinned to its instance, and a change waits. Pure.
import type { PinnedId, PinnedIds } from '../../shared/guardrails/rotation.ts';

/** The id that a node reports. */
export interface PeerIdClaim {
  readonly instanceId: string;
  readonly id: string;
}

export type PeerIdStatus =
  | { readonly is: 'own' }
  /** It reported another id before. The new one is accepted after `untilMs` if the node keeps it. */
  | { readonly is: 'changed'; readonly from: string; readonly untilMs: number }
  /** These instances reported the id before or report it as well. */
  | { readonly is: 'taken'; readonly by: readonly string[] };

export interface IdFacts {
  /** Instances of the fleet. The ids of an instance that is gone are forgotten. */
  readonly present: ReadonlySet<string>;
  /** The running ones: the id of a stopped instance may belong to another one by now. */
  readonly running: ReadonlySet<string>;
  readonly nowMs: number;
}

const HOUR_MS = 60 * 60_000;
/** A key that is changed on purpose stays; four routine looks see that. */
const STAYS_MS = 24 * HOUR_MS;
/** Each new id of a validator stays in its sentries' files: at this rate a hundred of them take two years. */
const CHANGES_AGAIN_MS = 7 * 24 * HOUR_MS;
/** A pin takes some 120 bytes, and all of them are one item of the table. */
const MAXIMUM_PINS = 1_000;

/** A verdict for each claim, by instance, and the record to remember; the same record where nothing is new. */
export function judgeIds(
  pinned: PinnedIds,
  claims: readonly PeerIdClaim[],
  facts: IdFacts,
): { readonly verdicts: ReadonlyMap<string, PeerIdStatus>; readonly next: PinnedIds } {
  const ownersOf = ownersById(pinned, claims, facts);
  const verdicts = new Map<string, PeerIdStatus>();
  const next = new Map(Object.entries(pinned).filter(([instanceId]) => facts.present.has(instanceId)));
  for (const { instanceId, id } of claims.toSorted((a, b) => (a.instanceId < b.instanceId ? -1 : 1))) {
    const pin = Object.hasOwn(pinned, instanceId) ? pinned[instanceId] : undefined;
    const by = ownersOf(id).filter((other) => other !== instanceId);
    if (by.length > 0) verdicts.set(instanceId, { is: 'taken', by });
    else {
      const { verdict, now } = judgeOne(pin, id, facts.nowMs);
      verdicts.set(instanceId, verdict);
      if (pin !== undefined || next.size < MAXIMUM_PINS) next.set(instanceId, now);
    }
  }
  return { verdicts, next: Object.fromEntries(next) };
}

/** The instance that reported an id before has it, and no other instance does. If none did, all that report it now share it. */
function ownersById(
  pinned: PinnedIds,
  claims: readonly PeerIdClaim[],
  { running }: IdFacts,
): (id: string) => readonly string[] {
  const pins = new Map<string, string[]>();
  for (const [instanceId, { id }] of Object.entries(pinned))
    if (running.has(instanceId)) pins.set(id, [...(pins.get(id) ?? []), instanceId]);
  const told = new Map<string, string[]>();
  for (const { instanceId, id } of claims) told.set(id, [...(told.get(id) ?? []), instanceId]);
  return (id) => (pins.get(id) ?? told.get(id) ?? []).toSorted();
}

function judgeOne(
  pin: PinnedId | undefined,
  id: string,
  nowMs: number,
): { readonly verdict: PeerIdStatus; readonly now: PinnedId } {
  if (pin === undefined) return { verdict: { is: 'own' }, now: { id } };
  const { other, ...plain } = pin;
  if (pin.id === id) return { verdict: { is: 'own' }, now: plain };
  const sinceMs = other?.id === id ? other.sinceMs : nowMs;
  const untilMs = Math.max(sinceMs + STAYS_MS, (pin.changedAtMs ?? Number.NEGATIVE_INFINITY) + CHANGES_AGAIN_MS);
  if (nowMs >= untilMs) return { verdict: { is: 'own' }, now: { id, changedAtMs: nowMs } };
  return { verdict: { is: 'changed', from: pin.id, untilMs }, now: { ...plain, other: { id, sinceMs } } };
}
