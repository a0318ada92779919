// Whether a fleet's lists have to be looked at now, and whose. Pure: five minutes are up far more often than anything is to be done.
import type { Mode, PeersPolicy } from '../../shared/fleet/model.ts';
import type { Health, ObservedNode } from '../../shared/fleet/observation.ts';
import { newRotation, type RotationRecord } from '../../shared/guardrails/rotation.ts';
import type { RotateEvent } from './event.ts';

export const ROUTINE_MS = 6 * 60 * 60_000;
/** A node takes some seconds, with a restart a minute or two: so many fit a run. The rest comes in the next. */
export const NODES_A_RUN = 20;

export interface Due {
  /** floor: nodes have too few peers. routine: it is time. asked: a person wants it, or says yes to a plan. restart: one has to prove itself. */
  readonly why: 'floor' | 'routine' | 'asked' | 'restart';
  /** Instances, in the order in which they are taken. */
  readonly nodes: readonly string[];
  /** Routine only: where this run ends; null where it comes to the fleet's end. */
  readonly cursor: string | null;
}

/** Others have to be cured of something else first. */
const CURABLE: readonly Health[] = ['synced', 'behind', 'starting', 'stuck', 'unknown'];

/** null: nothing to do. */
export function dueNodes(
  { minimum, mode }: Pick<PeersPolicy, 'minimum'> & { readonly mode: Mode },
  nodes: readonly ObservedNode[],
  read: RotationRecord | undefined,
  event: RotateEvent,
  nowMs: number,
): Due | null {
  const record = read ?? newRotation;
  const curable = nodes.filter(({ health }) => CURABLE.includes(health)).sort(byName);
  if (curable.length === 0) return record.restart ? { why: 'restart', nodes: [], cursor: record.cursor } : null;
  // The worst first: who is connected to nobody may be why others have too few.
  const below = curable
    .filter((node) => isBelow(node, minimum))
    .sort((a, b) => (a.peerCount ?? 0) - (b.peerCount ?? 0) || byName(a, b));
  if (event.kind === 'approve') {
    const asked = curable.filter(({ instanceId }) => Object.hasOwn(record.asked?.nodes ?? {}, instanceId));
    return { why: 'asked', nodes: asked.map(({ instanceId }) => instanceId), cursor: record.cursor };
  }
  if (event.kind !== 'sweep') {
    const others = curable.filter((node) => !below.includes(node));
    return { why: 'asked', nodes: idsOf([...below, ...others]), cursor: record.cursor };
  }
  const patient = below.filter(
    ({ instanceId }) =>
      (record.backoff[instanceId]?.notBeforeMs ?? 0) <= nowMs &&
      // What was planned or asked for is not looked at again every five minutes.
      (mode === 'act' || nowMs - (record.plans[instanceId]?.atMs ?? 0) >= ROUTINE_MS),
  );
  if (patient.length > 0) return { why: 'floor', nodes: idsOf(patient), cursor: record.cursor };
  if (nowMs - record.routineAtMs >= ROUTINE_MS) {
    const after = curable.filter((node) => record.cursor === null || placeOf(node) > record.cursor);
    const taken = after.slice(0, NODES_A_RUN);
    const last = taken.at(-1);
    return { why: 'routine', nodes: idsOf(taken), cursor: after.length > taken.length && last ? placeOf(last) : null };
  }
  return record.restart ? { why: 'restart', nodes: [], cursor: record.cursor } : null;
}

/** A client without a block tells nothing of its peers (cometbft waits for the others to begin): it is asked. */
const isBelow = ({ peerCount, health, height }: ObservedNode, minimum: number): boolean =>
  peerCount === null ? health === 'starting' && (height ?? 0) === 0 : peerCount < minimum;

const idsOf = (nodes: readonly ObservedNode[]): readonly string[] =>
  nodes.slice(0, NODES_A_RUN).map(({ instanceId }) => instanceId);

const placeOf = ({ name, instanceId }: ObservedNode): string => `${name} ${instanceId}`;

const byName = (a: ObservedNode, b: ObservedNode): number => {
  const [one, other] = [placeOf(a), placeOf(b)];
  return one < other ? -1 : one > other ? 1 : 0;
};
