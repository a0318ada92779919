// Which data are copied: the best good snapshots that were not tried, a sibling's volumes, or what a heal of before has kept. Pure.

import { freeDevice } from '../../shared/aws/volumes.ts';
import type { Copy, NewVolume, ReplaceMemory } from '../../shared/heal/memory.ts';
import type { Act, Facts } from './model.ts';

/** How a refusal begins that has nothing to choose from. */
export const NOTHING_LEFT = 'no good snapshot is left';

export function chooseCopy(
  facts: Facts,
  memory: ReplaceMemory,
  availabilityZone: string,
): Extract<Act, { do: 'choose' }> | { readonly failed: string } {
  const { sources, want, fleet } = facts;
  if (!sources) return { failed: 'what could be copied was not read' };
  if (sources.unread !== undefined) return { failed: `what could be copied cannot be read: ${sources.unread}` };
  const tried = new Set(memory.tried.map(({ source }) => source));
  const make = (
    part: Pick<Copy, 'source' | 'from' | 'rank' | 'height' | 'ofNode'>,
    volumes: readonly NewVolume[],
  ): Copy => ({
    ...part,
    generation: memory.generation,
    availabilityZone,
    volumes,
    checked: 0,
    mounted: 'found',
    givenUp: null,
  });
  if (want.do === 'undo') {
    const { kept } = sources;
    if (!kept || tried.has(kept.incidentId))
      return {
        failed:
          'no heal has kept volumes of this node; an instance that was replaced is put back by hand: its tag chainmend:put-back says how',
      };
    if (kept.availabilityZone !== availabilityZone)
      return { failed: `the kept volumes are in ${kept.availabilityZone}, the node is in ${availabilityZone}` };
    const volumes = newVolumes(facts, memory, (role) => ({ volumeId: kept.volumes[role] ?? '', snapshotId: '' }));
    if (volumes.some(({ volumeId }) => volumeId === ''))
      return { failed: 'not all of the kept volumes are there any more' };
    const copy = make(
      { source: kept.incidentId, from: 'kept', rank: 'clean', height: null, ofNode: facts.node },
      volumes,
    );
    return { do: 'choose', copy, reason: `the volumes that incident ${kept.incidentId} has kept` };
  }
  const { sibling } = sources;
  if (want.do === 'heal' && fleet.replace.source === 'sibling' && sibling && !tried.has(sibling.instanceId)) {
    const volumes = newVolumes(facts, memory, () => ({ volumeId: '', snapshotId: '' }));
    const copy = make(
      {
        source: sibling.instanceId,
        from: 'sibling',
        rank: 'crash-consistent',
        height: sibling.height,
        ofNode: sibling.node,
      },
      volumes,
    );
    return { do: 'choose', copy, reason: `the volumes of ${sibling.node}, which follows the chain` };
  }
  const set = sources.good.find(({ setId }) => !tried.has(setId));
  if (!set)
    return {
      failed: [NOTHING_LEFT, ...sources.refused.slice(0, 6).map(({ setId, why }) => `${setId}: ${why}`)].join('; '),
    };
  const volumes = newVolumes(facts, memory, (role) => ({
    volumeId: '',
    snapshotId: set.parts[role]?.snapshotId ?? '',
    kmsKeyId: set.parts[role]?.kmsKeyId ?? null,
  }));
  const copy = make(
    { source: set.setId, from: 'snapshot', rank: set.rank, height: set.height, ofNode: set.node },
    volumes,
  );
  const height = set.height === null ? 'height unknown' : `height ${set.height}`;
  const passed = sources.refused.slice(0, 4).map(({ setId, why }) => `${setId} not: ${why}`);
  return {
    do: 'choose',
    copy,
    reason: [
      `${set.setId} of ${set.node}: ${set.rank}, ${height}, taken ${new Date(set.takenAtMs).toISOString()}`,
      ...passed,
    ].join('; '),
  };
}

/** Each beside the one that it stands for, under a device name that is free on the instance. */
function newVolumes(
  { old, young }: Facts,
  { found }: ReplaceMemory,
  partOf: (role: string) => Omit<NewVolume, 'role' | 'device'>,
): readonly NewVolume[] {
  const target = young ?? old;
  const taken = (target?.instance.devices ?? []).map(({ device }) => device);
  return found.volumes.map(({ role }) => {
    const device = freeDevice(taken);
    taken.push(device);
    return { role, device, ...partOf(role) };
  });
}
