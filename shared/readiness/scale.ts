// Whether a member of a group may be ended, so that the group has one fewer. Pure.
import type { VolumeDescription } from '../aws/volumes.ts';
import type { Role } from '../fleet/model.ts';
import type { Health } from '../fleet/observation.ts';

interface Member {
  readonly name: string;
  /** null: not observed, or too long ago. */
  readonly health: Health | null;
}

/** Why none of them is let go; null where one may be. */
export function unwellText(members: readonly Member[]): string | null {
  const unwell = members.filter(({ health }) => health !== 'synced');
  const [first] = unwell;
  return first
    ? `${unwell.length} of ${members.length} nodes are not synced, ${first.name} among them (${first.health ?? 'not observed'}): none is let go`
    : null;
}

export interface Leaving {
  readonly role: Role;
  /** Why a person or a heal needs it; null: nobody does. */
  readonly neededBy: string | null;
  /** Why it could not be set aside by its tag; null: it could. */
  readonly cannotLeave: string | null;
  /** A volume that would outlive it; null: none. */
  readonly leaves: string | null;
}

/** Why a member is never ended; null where it may be. */
export function whyItStays({ role, neededBy, cannotLeave, leaves }: Leaving): string | null {
  if (role === 'validator') return 'is a validator';
  if (role === 'unknown') return 'is of unknown role, and could be a validator';
  if (neededBy !== null) return `is needed: ${neededBy}`;
  if (cannotLeave !== null) return `cannot leave: ${cannotLeave}`;
  return leaves === null ? null : `would leave ${leaves} behind, which nobody looks at`;
}

/** A volume that would outlive its instance; null: none. */
export function leftBy(instanceId: string, volumes: readonly VolumeDescription[]): string | null {
  const stays = volumes.find(
    ({ attachment }) => attachment?.instanceId === instanceId && !attachment.deleteOnTermination,
  );
  return stays ? `${stays.volumeId} (${stays.sizeGiB} GiB)` : null;
}
