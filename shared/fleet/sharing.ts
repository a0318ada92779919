// Whether a fleet's snapshots may be shared with another account: a snapshot is of a whole volume, with every key that lies on it. Pure.
import type { Fleet } from './model.ts';

export interface Sharing {
  readonly volumes: readonly Pick<Fleet['volumes'][number], 'role' | 'path'>[];
  /** Absolute paths of keys, signing state and accounts. */
  readonly identityPaths: readonly string[];
  /** The fleet file says that no identity lies on the volumes, whatever the chain's client usually keeps there. */
  readonly identityFree: boolean;
}

/**
 * Why the snapshots must not be shared; null where they may. Nothing can be taken out of a snapshot: a volume whose identity lies
 * elsewhere is the only one that can be given away.
 */
export function sharingFault({ volumes, identityPaths, identityFree }: Sharing): string | null {
  if (identityFree) return null;
  const told = identityPaths.flatMap((path) => {
    const volume = volumes.find((one) => isBelow(path, one.path));
    return volume ? [`${path} on the volume ${volume.role}`] : [];
  });
  if (told.length === 0) return null;
  const some = told.length > 3 ? `${told.slice(0, 3).join(', ')} and ${told.length - 3} more` : told.join(', ');
  return (
    `other accounts would get the nodes’ identity with the snapshots: ${some}. Move it to another volume and name it in ` +
    '`identity`, or say `identityFree: true` where the volumes hold nothing but block data'
  );
}

const isBelow = (path: string, mount: string): boolean =>
  path === mount || path.startsWith(mount.endsWith('/') ? mount : `${mount}/`);
