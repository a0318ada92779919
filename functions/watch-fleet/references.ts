// How the independent references fare: compared with the fleet and with each other, never believed alone.
import type { ObservedReference, ReferenceState } from '../../shared/fleet/observation.ts';
import type { HashVerdicts } from './hashes.ts';
import type { Sight } from './sight.ts';
import { referenceBefore, referenceKey, type Source, type Sources } from './sources.ts';
import type { Tip } from './tip.ts';
import { UNTRACKED } from './track.ts';
import { blocks, oneLine, short } from './words.ts';

export function judgeReferences(
  sight: Sight,
  sources: Sources,
  hashes: HashVerdicts,
  tip: Tip,
): readonly ObservedReference[] {
  return sight.references.map(({ host, status }, place) => {
    const key = referenceKey(place);
    const source = sources.all.find((known) => known.key === key);
    const before = referenceBefore(sight, place);
    const { state, reason } =
      status.kind !== 'ok'
        ? { state: 'silent' as const, reason: status.reason }
        : judge(sight, source, hashes.differing.get(key)?.height, tip, sources.chainId);
    const memory = source?.track ?? before?.memory ?? UNTRACKED;
    return {
      host,
      state,
      reason: oneLine(reason),
      sinceMs: before?.state === state ? before.sinceMs : sight.nowMs,
      height: status.kind === 'ok' ? status.facts.height : null,
      heightSinceMs: memory.sinceMs,
      memory,
    };
  });
}

/** @param source undefined where it answers for another network */
function judge(
  { fleet }: Sight,
  source: Source | undefined,
  differsAt: number | undefined,
  tip: Tip,
  chainId: string | null,
): { readonly state: ReferenceState; readonly reason: string } {
  if (source === undefined)
    return { state: 'lying', reason: `it answers for another network than ${short(chainId ?? 'the fleet’s')}` };
  if (differsAt !== undefined)
    return { state: 'lying', reason: `its block at height ${differsAt} is not the one that most have` };
  const { height } = source.status;
  const ahead = tip.height === null ? 0 : height - tip.height;
  if (ahead > fleet.health.behindBlocks)
    return { state: 'lying', reason: `it alone claims height ${height}, ${blocks(ahead)} above what anybody confirms` };
  if (-ahead > fleet.health.behindBlocks)
    return { state: 'lagging', reason: `it is at height ${height}, ${blocks(-ahead)} behind` };
  return { state: 'good', reason: `it is at height ${height}` };
}
