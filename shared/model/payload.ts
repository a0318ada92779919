// What a heal is asked for: the payload that each attempt is started with.
import type { Mode } from './mode.ts';

/** What an attempt is started with. The same attempt is always invoked with the very same payload. */
export type HealPayload = ResizePayload | ReplacePayload | SnapshotPayload;
export type HealKind = HealPayload['kind'];

export interface ResizePayload extends PayloadBase {
  readonly kind: 'resize-volume';
}

export interface ReplacePayload extends PayloadBase {
  readonly kind: 'replace-node';
  readonly want: RequestedAction;
}

export interface SnapshotPayload extends PayloadBase {
  readonly kind: 'snapshot-node';
  readonly requestedBy: 'schedule' | 'person';
}

/** What a heal of replace-node is to do. All but the first are a person's. */
export type RequestedAction =
  /** Climb the ladder: restart, stop-start, swap, replace. */
  | { readonly do: 'heal' }
  /** Swap the volumes for ones of this snapshot (any one of its set), or of the best; a validator only where a person acknowledges it. */
  | { readonly do: 'restore'; readonly snapshotId: string | null; readonly acknowledgesValidator: boolean }
  | { readonly do: 'replace-instance' }
  /** Put back the volumes or the instance that a heal of before has kept. */
  | { readonly do: 'undo' };

interface PayloadBase {
  readonly fleet: string;
  readonly node: string;
  readonly instanceId: string;
  /** What set it off and what it is about: "disk:data", "node:health", "request:restore", "snapshot:clean". */
  readonly trigger: string;
  readonly incidentId: string;
  readonly attempt: number;
  readonly mode: Mode;
  /** When that was first seen, ms since the epoch. */
  readonly onsetMs: number;
  /** After this the execution is stopped by the sweep, ms since the epoch. */
  readonly deadlineMs: number;
  readonly alarm: AlarmFact;
}

export interface AlarmFact {
  readonly alarmName: string;
  readonly namespace: string;
  readonly dimensions: Readonly<Record<string, string>>;
}
