// The sources of the chain's height: nodes and references that reported a height, on the network of the fleet, and how each advances.
import type { NodeStatus } from '../../shared/chains/client.ts';
import type { ObservedReference, Track } from '../../shared/fleet/observation.ts';
import { follow, UNTRACKED } from '../../shared/fleet/progress.ts';
import { type FleetFacts, statusOf } from './context.ts';

export interface Source {
  readonly kind: 'node' | 'reference';
  /** Instance id, or the place of a reference in the fleet file. */
  readonly key: string;
  /** The name for people. */
  readonly name: string;
  readonly status: NodeStatus;
  readonly track: Track;
}

export interface Sources {
  /** All sources that count as voices: those on another network do not. */
  readonly all: readonly Source[];
  /** The id of the fleet's network; null while no source reports one, or no majority agrees. */
  readonly chainId: string | null;
  /** The sources of each network, where the fleet's network is not known. */
  readonly networks: ReadonlyMap<string, readonly string[]>;
}

export function sourcesOf(facts: FleetFacts): Sources {
  const told = [...nodeSources(facts), ...referenceSources(facts)];
  const idsOf = (some: readonly Source[]): readonly (string | undefined)[] => some.map(({ status }) => idOf(status));
  const { fleet, before } = facts;
  // References on another network may be as many as the nodes.
  const chainId =
    fleet.health.chainId?.toLowerCase() ??
    majorityOf(idsOf(told)) ??
    before.watch?.chainId ??
    majorityOf(idsOf(told.filter(({ kind }) => kind === 'node')));
  const isElsewhere = ({ status }: Source): boolean => {
    const id = idOf(status);
    return chainId !== null && id !== undefined && id !== chainId;
  };
  return {
    all: told.filter((source) => !isElsewhere(source)),
    chainId,
    networks: chainId === null ? byId(told) : new Map(),
  };
}

function byId(told: readonly Source[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { status, name } of told) {
    const id = idOf(status);
    if (id !== undefined) found.set(id, [...(found.get(id) ?? []), name]);
  }
  return found;
}

/** Whether two sources differ in their network, or in their block at one of these heights. It is not known which one is right. */
export function areApart(one: NodeStatus, other: NodeStatus, heights: readonly number[]): boolean {
  const [id, otherId] = [idOf(one), idOf(other)];
  if (id !== undefined && otherId !== undefined && id !== otherId) return true;
  return heights.some((height) => {
    const [hash, otherHash] = [one, other].map(({ hashes }) => hashes.find((known) => known.height === height)?.hash);
    return hash !== undefined && otherHash !== undefined && hash !== otherHash;
  });
}

export const referenceKey = (place: number): string => `reference ${place}`;

/** What was known of a reference: by its place and its host, so that a changed fleet file starts from nothing. */
export function referenceBefore({ before, references }: FleetFacts, place: number): ObservedReference | undefined {
  const known = before.watch?.references[place];
  return known?.host === references[place]?.host ? known : undefined;
}

/**
 * Whether these voices are enough to say, against others, that the chain continues: at least half of all that answered, so that fewer than half of
 * them lying can never reach it; and never a single reference.
 */
export function outweighs(voices: readonly Source[], of: readonly Source[]): boolean {
  return areHalf(voices, of) && notAReferenceAlone(voices);
}

export const areHalf = (voices: readonly Source[], of: readonly Source[]): boolean =>
  voices.length >= Math.max(1, Math.ceil(of.length / 2));

export const notAReferenceAlone = (voices: readonly Source[]): boolean =>
  voices.some(({ kind }) => kind === 'node') || voices.length >= 2;

function nodeSources({ nodes, readings, before, nowMs }: FleetFacts): readonly Source[] {
  return nodes.flatMap(({ instanceId, name, state }) => {
    const status = statusOf(readings.get(instanceId));
    if (status === undefined || state !== 'running') return [];
    const track = follow(before.nodes.get(instanceId)?.memory?.track ?? UNTRACKED, status, nowMs);
    return [{ kind: 'node', key: instanceId, name, status, track } as const];
  });
}

function referenceSources(facts: FleetFacts): readonly Source[] {
  return facts.references.flatMap(({ host, status }, place) => {
    if (status.kind !== 'ok') return [];
    const track = follow(referenceBefore(facts, place)?.memory ?? UNTRACKED, status.facts, facts.nowMs);
    return [{ kind: 'reference', key: referenceKey(place), name: host, status: status.facts, track } as const];
  });
}

const idOf = ({ chainId }: NodeStatus): string | undefined => chainId?.toLowerCase();

/** What more than half of all say, including those that say nothing. */
export function majorityOf(said: readonly (string | undefined)[]): string | null {
  const counts = new Map<string, number>();
  for (const word of said) if (word !== undefined) counts.set(word, (counts.get(word) ?? 0) + 1);
  for (const [word, count] of counts) if (count * 2 > said.length) return word;
  return null;
}
