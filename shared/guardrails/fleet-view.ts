// One view of a fleet: what watch-fleet saw of it, as of one moment. How old that may be is decided here and nowhere else; what is older is unknown. Pure
// but for its reader.
import type { Fleet } from '../fleet/model.ts';
import type { FleetObservation, FleetWatch, GoneNode, ObservedNode, WatchPage } from '../fleet/observation.ts';
import { type BreakerReading, NOBODY_LEFT, type NodeNow, readBreaker } from './breaker.ts';
import type { HealthReading } from './records.ts';

/** An older observation does not count: every node is then unknown. */
export const OBSERVATION_VALID_MS = 3 * 60_000;

const isValid = (atMs: number, nowMs: number): boolean => nowMs - atMs <= OBSERVATION_VALID_MS;

/** A value, or why nobody knows it. */
export type Known<T> =
  | { readonly kind: 'known'; readonly value: T }
  /** sinceMs: when it was last seen, ms since the epoch; null where it never was. */
  | { readonly kind: 'unknown'; readonly sinceMs: number | null; readonly why: string };

export interface FleetView {
  readonly nowMs: number;
  /** Nodes that were observed lately. */
  readonly nodes: readonly ObservedNode[];
  /** All nodes, whenever they were observed last: it says which they are, and never how they are. */
  readonly lastSeen: readonly ObservedNode[];
  /** All nodes as they are known now: unknown where nobody looked lately. */
  readonly health: readonly NodeNow[];
  /** Known where every part of the fleet was observed lately: when its oldest part was, ms since the epoch. */
  readonly observed: Known<number>;
  readonly breaker: BreakerReading;
  /** The fleet as a whole: its chain, its conditions, its pages. */
  readonly watch: Known<FleetWatch>;
  /** Since when nobody has advanced; null while somebody does, and where nobody knows. */
  readonly haltedSinceMs: number | null;
  /** The highest block that is believed; null where none is, and where nobody knows. */
  readonly tip: number | null;
  /** The nodes that are missed; null where nobody knows. */
  readonly gone: readonly GoneNode[] | null;
  /** The pages of watch-fleet; null where nobody knows. */
  readonly pages: readonly WatchPage[] | null;
  /** Names that members of Auto Scaling groups share or have shared. A name does not change with time. */
  readonly sharedNames: ReadonlySet<string>;
  /** The network that the fleet is on, and a block that most of it had. Neither changes with time. */
  readonly chainId: string | null;
  readonly canonical: FleetWatch['canonical'];
}

export interface FleetReading {
  readonly observations: readonly FleetObservation[];
  readonly watch: FleetWatch | undefined;
}

export function viewFleet(
  fleet: Pick<Fleet, 'name' | 'breaker'>,
  { observations, watch }: FleetReading,
  nowMs: number,
): FleetView {
  const health = nodesNow(observations, nowMs);
  const known = watchNow(watch, nowMs);
  const isNobodyLeft = health.length === 0 && (known?.gone ?? []).length > 0;
  return {
    nowMs,
    nodes: nodesLately(observations, nowMs),
    lastSeen: observations.flatMap(({ nodes }) => nodes),
    health,
    observed: observedNow(fleet, observations, nowMs),
    breaker: withConditions(isNobodyLeft ? NOBODY_LEFT : readBreaker(fleet, health), known),
    watch: known === null ? unwatched(watch, nowMs) : { kind: 'known', value: known },
    haltedSinceMs: known?.haltedSinceMs ?? null,
    tip: known?.tip ?? null,
    gone: known && (known.gone ?? []),
    pages: known && (known.pages ?? []),
    sharedNames: new Set(Object.keys(watch?.sharedNames ?? {})),
    chainId: watch?.chainId ?? null,
    canonical: watch?.canonical ?? null,
  };
}

export interface ViewReader {
  readonly readFleetReading: (fleet: string) => Promise<FleetReading>;
}

/** @param nowMs absent: when it was read */
export async function readView(
  store: ViewReader,
  fleet: Pick<Fleet, 'name' | 'breaker'>,
  nowMs?: number,
): Promise<FleetView> {
  const reading = await store.readFleetReading(fleet.name);
  return viewFleet(fleet, reading, nowMs ?? Date.now());
}

/** What was told of the fleet as a whole holds until watch-fleet says that it is over: a zone is not well because a node elsewhere is not. */
function withConditions(seen: BreakerReading, watch: FleetWatch | null): BreakerReading {
  const conditions = Object.entries(watch?.conditions ?? {}).map(([code, one]) => ({ ...one, code }));
  const down = conditions.find(({ code }) => code === 'zone-down');
  const zone = down && {
    ...{ name: down.zone ?? '', instanceIds: down.instanceIds ?? [], sentence: down.reason },
    ...(down.status === 'ending' && { isEnding: true as const }),
  };
  return { ...seen, ...(zone && { zone }), ...(conditions.length > 0 && { conditions }) };
}

/** The nodes that were observed lately: of an old part none is known. */
export const nodesLately = (observations: readonly FleetObservation[], nowMs: number): readonly ObservedNode[] =>
  observations.flatMap(({ observedAtMs, nodes }) => (isValid(observedAtMs, nowMs) ? nodes : []));

/** A node as it was observed lately, with the time of that; null where nobody has seen it lately. */
export function seenLately(
  observations: readonly FleetObservation[],
  instanceId: string,
  nowMs: number,
): { readonly node: ObservedNode; readonly observedAtMs: number } | null {
  for (const { observedAtMs, nodes } of observations) {
    const node = isValid(observedAtMs, nowMs) ? nodes.find((one) => one.instanceId === instanceId) : undefined;
    if (node) return { node, observedAtMs };
  }
  return null;
}

/** The nodes of some parts of an observation as they are known now; of an old part all are unknown. */
export const nodesNow = (observations: readonly HealthReading[], nowMs: number): readonly NodeNow[] =>
  observations.flatMap(({ observedAtMs, nodes }) => {
    const isKnown = isValid(observedAtMs, nowMs);
    return nodes.map(
      ({
        instanceId = '',
        availabilityZone = '',
        health,
        syncing,
        runs,
        downBy,
        cutOff,
        sinceMs = observedAtMs,
      }): NodeNow => ({
        instanceId,
        zone: availabilityZone,
        health: isKnown ? health : 'unknown',
        isSyncing: isKnown && syncing === true,
        runs: isKnown && runs === true,
        isKnown,
        downBy: isKnown ? (cutOff ? 'dead' : (downBy ?? null)) : null,
        sinceMs,
      }),
    );
  });

export function observedNow(
  { name }: Pick<Fleet, 'name'>,
  observations: readonly Pick<FleetObservation, 'observedAtMs'>[],
  nowMs: number,
): Known<number> {
  if (observations.length === 0) return { kind: 'unknown', sinceMs: null, why: `${name} was never observed` };
  const sinceMs = Math.min(...observations.map(({ observedAtMs }) => observedAtMs));
  return isValid(sinceMs, nowMs)
    ? { kind: 'known', value: sinceMs }
    : { kind: 'unknown', sinceMs, why: `${name} was last observed ${ageOf(sinceMs, nowMs)} ago` };
}

/** An old watch is none: neither its chain nor its conditions are known. */
export const watchNow = (watch: FleetWatch | undefined, nowMs: number): FleetWatch | null =>
  watch !== undefined && isValid(watch.observedAtMs, nowMs) ? watch : null;

const unwatched = (watch: FleetWatch | undefined, nowMs: number): Known<FleetWatch> =>
  watch === undefined
    ? { kind: 'unknown', sinceMs: null, why: 'nobody has watched it yet' }
    : {
        kind: 'unknown',
        sinceMs: watch.observedAtMs,
        why: `it was last watched ${ageOf(watch.observedAtMs, nowMs)} ago`,
      };

const ageOf = (atMs: number, nowMs: number): string => `${Math.round((nowMs - atMs) / 60_000)} min`;
