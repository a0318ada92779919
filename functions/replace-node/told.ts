// What this heal has read, for the table of preconditions (shared/readiness/preconditions.ts). Pure.
import type { FoundVolume, LadderState } from '../../shared/heal/memory.ts';
import type { Told } from '../../shared/readiness/preconditions.ts';
import type { Facts } from './facts.ts';
import { foundVolumes } from './found-volumes.ts';

/** @param state null: no heal has begun, and what cannot be told of its volumes yet the node may tell */
export function toldOf(facts: Facts, state: LadderState | null): Told {
  const { fleet, original, volumes, keyScope: scope, launch, seen } = facts;
  const found = state === null ? foundVolumes(facts) : state.found.volumes;
  const denied = state?.tried.flatMap(({ deniedKey }) => deniedKey ?? []) ?? [];
  return {
    fleet,
    ...(original && { instance: original.instance }),
    keys: { volumes, scope, denied },
    ...(launch && { launch }),
    ...((state !== null || found.length > 0) && { found }),
    hasAnswered: seen !== null,
    ...(seen && { clients: seen, mounts: seen }),
    // Only the first answer tells it: later ones are those of other commands.
    ...((seen || found.length > 0) && { held: seen?.heldBy ?? heldIn(found) }),
  };
}

const heldIn = (found: readonly FoundVolume[]): NonNullable<Told['held']> =>
  found.flatMap(({ path, heldBy: by }) => (by === undefined ? [] : [{ path, by }]));

/** Its own volumes, which go to another instance as they are. */
export const movedOf = (facts: Facts, state: LadderState | null): Pick<Told, 'moved'> => ({
  moved: (state === null ? foundVolumes(facts) : state.found.volumes).map(({ volumeId, path, role, tags }) => ({
    ...{ volumeId, path, role },
    tags: facts.volumes.find((volume) => volume.volumeId === volumeId)?.tags ?? tags,
  })),
});
