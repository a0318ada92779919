// Whether a partition and its filesystem can follow a larger volume, by what their node tells before the volume grows. Pure.
import { OBSTACLES, type Observation } from '../node-commands/answer.ts';

/** Why they cannot; null where they can, as far as the node knows. */
export const whyNoGrowth = ({ filesystem, obstacle }: Pick<Observation, 'filesystem' | 'obstacle'>): string | null =>
  filesystem === 'other' ? 'it is neither XFS, ext4 nor btrfs' : OBSTACLES[obstacle];
