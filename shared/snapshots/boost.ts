// BOOST: which volumes of a fleet have the figures of the first sync, and what was done about it. Written by seed-groups alone.
import { newRegister, type RegisterRecord } from '../guardrails/names.ts';
import { INTENT_COUNTS_MS } from '../model/execution.ts';

export interface BoostRecord extends RegisterRecord {
  readonly volumes: readonly BoostedVolume[];
}

export interface BoostedVolume {
  readonly volumeId: string;
  readonly node: string;
  readonly instanceId: string;
  /** boosted: it has the figures of the first sync. asked: ModifyVolume was begun, and its effect is not seen yet. */
  readonly state: 'boosted' | 'asked' | 'taken-back';
  /** It was taken back before, and somebody has set the figures once more. Absent otherwise. */
  readonly again?: true;
  /** What it waits for; null where it waits for nothing. */
  readonly waits: string | null;
  /** When it was first seen so, ms since the epoch. */
  readonly sinceMs: number;
  /** When ModifyVolume was begun, of the last day: EBS counts it with those that let the volume grow. */
  readonly modifiedAtMs: readonly number[];
}

export const noBoost: BoostRecord = { ...newRegister, volumes: [] };

/** How often a volume was taken back within the time that EBS counts. */
export const takenBackLately = (record: BoostRecord | undefined, volumeId: string, nowMs: number): readonly number[] =>
  (record?.volumes.find((one) => one.volumeId === volumeId)?.modifiedAtMs ?? []).filter(
    (atMs) => nowMs - atMs < INTENT_COUNTS_MS,
  );
