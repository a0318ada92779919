// Decides whether a fleet's lists have to be looked at now, and which ones. Pure: most of the five-minute runs have nothing to do.
import type { PeersPolicy } from '../../shared/fleet/model.ts';
import type { FleetObservation, Health, ObservedNode } from '../../shared/fleet/observation.ts';
import { observedNow } from '../../shared/guardrails/fleet-view.ts';
import { isLeftAlone, newRotation, type RotationRecord } from '../../shared/guardrails/rotation.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { Mode } from '../../shared/model/mode.ts';
import type { RotateEvent } from './event.ts';

export const ROUTINE_MS = 6 * 60 * 60_000;
/** A node takes some seconds, with a restart a minute or two: this many fit in a run. The rest waits for the next. */
export const NODES_A_RUN = 20;

export interface RotationRun {
  /** floor: nodes have too few peers. routine: it is time. asked: a person wants it, or approves a plan. restart: a restart has to be proved. */
  readonly why: 'floor' | 'routine' | 'asked' | 'restart';
  /** Instances, in the order in which they are taken. */
  readonly nodes: readonly string[];
  /** Routine only: where this run ends; null where it reaches the end of the fleet. */
  readonly cursor: string | null;
}

/** Health states that peers can cure; nodes in other states need another cure first. */
export const CURABLE: Readonly<Record<Health, boolean>> = {
  synced: true,
  behind: true,
  starting: true,
  busy: true,
  stuck: true,
  unknown: true,
  forked: false,
  unreachable: false,
};

/** null: nothing to do. */
export function planRotationRun(
  { minimum, mode }: Pick<PeersPolicy, 'minimum'> & { readonly mode: Mode },
  nodes: readonly ObservedNode[],
  read: RotationRecord | undefined,
  event: RotateEvent,
  nowMs: number,
): RotationRun | null {
  const record = read ?? newRotation;
  const { cursor } = record;
  const curable = nodes.filter((node) => CURABLE[node.health] || isStillStarting(node)).sort(byName);
  if (event.kind === 'approve') {
    const question = record.asked.find(({ hash }) => hash === event.plan);
    const asked = curable.filter(({ instanceId }) => Object.hasOwn(question?.nodes ?? {}, instanceId));
    return { why: 'asked', nodes: idsOf(asked, NODES_A_RUN), cursor };
  }
  if (curable.length === 0) return record.restart ? { why: 'restart', nodes: [], cursor } : null;
  // The worst first: a node without connections may be the reason why others have too few.
  const below = curable
    .filter((node) => isBelow(node, minimum))
    .sort((a, b) => (a.peerCount ?? 0) - (b.peerCount ?? 0) || byName(a, b));
  if (event.kind !== 'sweep') {
    const others = curable.filter((node) => !below.includes(node));
    return { why: 'asked', nodes: idsOf([...below, ...others], NODES_A_RUN), cursor };
  }
  const patient = below.filter(
    ({ instanceId }) =>
      !isLeftAlone(record, instanceId, nowMs) &&
      // What was planned or asked is not looked at again every five minutes.
      (mode === 'act' || nowMs - (record.plans[instanceId]?.atMs ?? 0) >= ROUTINE_MS),
  );
  if (nowMs - record.routineAtMs >= ROUTINE_MS) {
    // A node that cannot be helped stays below the floor for ever: the others do not wait for it.
    const first = rotatingSelection(patient, NODES_A_RUN / 2, nowMs);
    const rest = curable.filter((node) => !first.includes(node) && (cursor === null || cursorOf(node) > cursor));
    const taken = rest.slice(0, NODES_A_RUN - first.length);
    const last = taken.at(-1);
    const ends = rest.length > taken.length && last ? cursorOf(last) : null;
    return { why: 'routine', nodes: idsOf([...first, ...taken], NODES_A_RUN), cursor: ends };
  }
  if (patient.length > 0)
    return { why: 'floor', nodes: idsOf(rotatingSelection(patient, NODES_A_RUN, nowMs), NODES_A_RUN), cursor };
  return record.restart ? { why: 'restart', nodes: [], cursor } : null;
}

/** Of the schedule. */
export const SWEEP_MS = 5 * 60_000;

/** Where not all fit: the worst for one half, and the others in turn, sweep by sweep. */
function rotatingSelection<T>(worstFirst: readonly T[], size: number, nowMs: number): readonly T[] {
  if (worstFirst.length <= size) return worstFirst;
  const half = size / 2;
  const others = worstFirst.slice(half);
  const from = (Math.floor(nowMs / SWEEP_MS) * half) % others.length;
  return [...worstFirst.slice(0, half), ...[...others.slice(from), ...others.slice(0, from)].slice(0, half)];
}

/** A client without a block reports nothing about its peers (cometbft waits for the others to begin): it is asked. */
const isBelow = (node: ObservedNode, minimum: number): boolean => {
  if (node.peerCount !== null) return node.peerCount < minimum;
  const blocks = node.height ?? node.memory?.track.progress ?? 0;
  return blocks === 0 && (node.health === 'starting' || isStillStarting(node));
};

/** Names of nodes that have enough peers by what was seen of them. */
export const namesWithPeers = (nodes: readonly ObservedNode[], minimum: number): ReadonlySet<string> =>
  new Set(nodes.filter(({ peerCount }) => peerCount !== null && peerCount >= minimum).map(({ name }) => name));

/** Its grace is over, and it still says that it starts: it may only lack peers. */
const isStillStarting = ({ health, memory }: ObservedNode): boolean =>
  health === 'busy' && memory?.heard === 'starting';

const idsOf = (nodes: readonly ObservedNode[], most: number): readonly string[] =>
  nodes.slice(0, most).map(({ instanceId }) => instanceId);

const cursorOf = ({ name, instanceId }: ObservedNode): string => `${name} ${instanceId}`;

const byName = (a: ObservedNode, b: ObservedNode): number => {
  const [one, other] = [cursorOf(a), cursorOf(b)];
  return one < other ? -1 : one > other ? 1 : 0;
};

/** An observation that is older than three minutes does not count; neither does an incomplete one. */
export function judgeObservation(parts: readonly FleetObservation[], nowMs: number): Refusal | null {
  const observed = observedNow({ name: 'the fleet' }, parts, nowMs);
  if (observed.kind === 'known') return null;
  const reason = `${observed.why}: who is a good peer is not known`;
  return { refuse: 'observation-stale', reason, page: false, retryAfterMs: SWEEP_MS };
}
