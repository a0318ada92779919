// The payload that each attempt of a heal is started with.
import type { Mode } from './mode.ts';

/** The same attempt is always invoked with exactly the same payload. */
export type HealPayload = ResizePayload | ReplacePayload | SnapshotPayload | DrillPayload;
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
  /** The person has said that the node is a validator, and that it may be stopped. */
  readonly acknowledgesValidator?: true;
}

/** A drill: its node is the one that is imitated, and is not touched. */
export interface DrillPayload extends PayloadBase {
  readonly kind: 'audit-snapshots';
  /** A person: it is tried now, whatever was tried before. */
  readonly requestedBy: 'schedule' | 'person';
  /** The version that is tried on a copy before a node gets it; absent where the copy itself is to be proved. */
  readonly rehearses?: string;
}

/** The task of replace-node. All except the first come from a person. */
export type RequestedAction =
  /** Climb the ladder: restart, stop-start, swap, replace. */
  | { readonly do: 'heal' }
  /** Swap the volumes for ones of this snapshot (any one of its set), or of the best; a validator only if a person acknowledges that. */
  | { readonly do: 'restore'; readonly snapshotId: string | null; readonly acknowledgesValidator: boolean }
  | { readonly do: 'replace-instance' }
  /** Put back the volumes or the instance that an earlier heal has kept. */
  | { readonly do: 'undo' }
  | ShrinkWanted
  | UpgradeWanted;

/** A smaller data volume: the files of a clean snapshot are copied onto it beside the node, and the two are exchanged. Never of a validator. */
export interface ShrinkWanted {
  readonly do: 'shrink';
  readonly toGiB: number;
}

/** Another version of the client, and back to the version and the data of before where it does not prove itself. */
export interface UpgradeWanted {
  readonly do: 'upgrade';
  /** A version that the fleet file names. */
  readonly to: string;
  /** The data to go back to: the newest clean snapshot of this very node, taken since then, ms since the epoch. */
  readonly cleanSinceMs: number;
  /** How long others have to see it well after its proof, minutes: long for the canary, 0 for those after it. */
  readonly watchMinutes: number;
  /** The first block that only the wanted version makes. Every node stands below it: there is no way back, and none is spared. */
  readonly atHeight?: number;
  /** A person has named this validator, and knows that it is stopped. */
  readonly acknowledgesValidator?: true;
  /** Another instance beside this one runs it, and takes its place once it has proved itself; absent where the version is switched on the node. */
  readonly strategy?: 'blue-green';
  /** The instances that go over at once, this one among them, in order: each has the fleet's turn beside the others. Absent where it goes alone. */
  readonly together?: readonly string[];
  /** What came of the version on a copy of the data, for whoever reads the plan; absent where it was not tried there. */
  readonly rehearsed?: string;
}

/** No type of volume is larger (VOLUME_LIMITS): what is to shrink is smaller. */
export const SHRINK_MOST_GIB = 65_536;

/** The instances that are upgraded at once with this one; empty where it goes alone. */
export const togetherIn = (want: RequestedAction | undefined): readonly string[] =>
  (want?.do === 'upgrade' && want.together) || [];

/** As many as one upgrade has at once. */
export const TOGETHER_MOST = 20;

/** Whether the wanted version comes on another instance. */
export const isBlueGreen = (want: RequestedAction): boolean => want.do === 'upgrade' && want.strategy === 'blue-green';

/** Whether a client that somebody has stopped is left: whoever asks for a restore has looked at the node; an upgrade is of a whole fleet. */
export const leavesStops = ({ do: what }: RequestedAction): boolean => what === 'heal' || what === 'upgrade';

/**
 * Whether a person asked for it. That is counted apart: budgets that heals by themselves have spent do not keep a person from helping.
 * @param want undefined where nothing but a heal by itself is meant
 */
export const isAskedByPerson = (want: RequestedAction | undefined): boolean => want !== undefined && want.do !== 'heal';

/** Why a heal is done that no trouble asks for. The fleet file itself may have an upgrade begun (`releases.auto`). */
export const askedText = (want: RequestedAction): string =>
  want.do === 'upgrade' ? 'it was asked for' : 'a person asked for it';

/** Whether the person who wants it has named a validator, and said that it is one. */
export const acknowledgesValidator = (want: RequestedAction | undefined): boolean =>
  (want?.do === 'restore' || want?.do === 'upgrade') && want.acknowledgesValidator === true;

interface PayloadBase {
  readonly fleet: string;
  readonly node: string;
  readonly instanceId: string;
  /** The trigger and its subject: "disk:data", "node:health", "request:restore", "snapshot:clean". */
  readonly trigger: string;
  readonly incidentId: string;
  readonly attempt: number;
  readonly mode: Mode;
  /** When the trouble was first seen, ms since the epoch. */
  readonly onsetMs: number;
  /** After this time the sweep stops the execution, ms since the epoch. */
  readonly deadlineMs: number;
  readonly alarm: AlarmFact;
}

export interface AlarmFact {
  readonly alarmName: string;
  readonly namespace: string;
  readonly dimensions: Readonly<Record<string, string>>;
}
