// Gives a volume a past that a scenario starts from: modifications that were made, or one that still runs.
import { completeAt } from './modify.ts';
import { type Ec2State, LAG_MS_MAX } from './state.ts';

export interface ModificationSeed {
  readonly startedAtMs: number;
  readonly fromGiB: number;
  readonly toGiB: number;
  /** When it was or will be completed; later than now: it is `optimizing` until then. */
  readonly completedAtMs: number;
}

const DAY_MS = 24 * 3_600_000;

export function seedModification(state: Ec2State, volumeId: string, seed: ModificationSeed): void {
  const { startedAtMs, completedAtMs, fromGiB, toGiB } = seed;
  const nowMs = state.kernel.clock.now();
  const { performance, modificationStartsMs } = state.volume(volumeId);
  if (!(startedAtMs < completedAtMs && startedAtMs <= nowMs)) {
    throw new RangeError(`addModification ${volumeId}: startedAtMs must be before completedAtMs and not in the future`);
  }
  const running = completedAtMs > nowMs;
  const seeded = {
    performance: { ...performance, sizeGiB: toGiB },
    modification: {
      state: running ? ('optimizing' as const) : ('completed' as const),
      original: { ...performance, sizeGiB: fromGiB },
      target: { ...performance, sizeGiB: toGiB },
      startedAtMs,
      dueAtMs: completedAtMs,
      endedAtMs: running ? undefined : completedAtMs,
      statusMessage: undefined,
    },
    modificationStartsMs: [...modificationStartsMs, startedAtMs]
      .filter((atMs) => atMs > nowMs - DAY_MS)
      .sort((a, b) => a - b),
  };
  // It has always been so: a lagging replica shows it too.
  state.volumes.get(volumeId)?.set({ ...state.volume(volumeId), ...seeded }, startedAtMs, LAG_MS_MAX);
  if (running) completeAt(state, volumeId, completedAtMs);
}
