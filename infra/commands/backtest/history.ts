// What AWS still has of a fleet's past, as the backtest reads it. What is not kept is absent, and never a value.

import type { InstanceDescription } from '../../../shared/aws/instances.ts';
import type { KeyScope } from '../../../shared/aws/keys.ts';
import type { VolumeDescription } from '../../../shared/aws/volumes.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import type { SeenInstance } from '../../../shared/fleet/nodes.ts';
import type { Observation } from '../../../shared/node-commands/answer.ts';
import type { NodeState } from '../../../shared/node-commands/node-answer.ts';
import type { SnapshotFact } from '../../../shared/snapshots/model.ts';
import type { VolumeOwner } from '../../../shared/snapshots/sets.ts';
import type { AlarmChange, Samples } from '../../report/facts.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/**
 * How long AWS keeps what: metrics of a minute for 15 days, of five minutes for 63, of an hour for 455 ("Metrics retention", CloudWatch user guide); an
 * alarm's history for 30 ("Viewing alarm history", the same); calls for 90 ("You can look up events that occurred in a Region within the last 90 days",
 * LookupEvents, CloudTrail API reference); answers to commands for 30 ("Run Command", Systems Manager user guide).
 */
export const KEPT_DAYS = { minutes: 15, fiveMinutes: 63, hours: 455, alarms: 30, calls: 90, answers: 30 } as const;

/** The finest step in which metrics of this age are kept, in ms. */
export function stepMsAt(ageMs: number): number {
  if (ageMs <= KEPT_DAYS.minutes * DAY_MS) return MINUTE_MS;
  return ageMs <= KEPT_DAYS.fiveMinutes * DAY_MS ? 5 * MINUTE_MS : 60 * MINUTE_MS;
}

/** One filesystem that the CloudWatch agent tells of. */
export interface DiskHistory {
  /** Of the fleet file. */
  readonly role: string;
  readonly path: string;
  /** "xfs"; empty where the agent does not tell it. */
  readonly filesystem: string;
  /** Per cent; the largest of each step. */
  readonly percent: Samples;
  /** Bytes; empty where the agent does not publish them. */
  readonly used: Samples;
}

/** What a node told chainmend when a heal, or a plan of one, asked it. */
export type Told =
  | { readonly about: 'disk'; readonly atMs: number; readonly seen: Observation }
  | { readonly about: 'node'; readonly atMs: number; readonly seen: NodeState }
  /** It refused the question, since it came too late by its own clock. */
  | { readonly about: 'disk refused' | 'node refused'; readonly atMs: number; readonly reason: string };

/** A node that exists today. Of one that is gone AWS keeps neither tags nor volumes. */
export interface NodeHistory {
  readonly node: SeenInstance;
  /** As it is today. */
  readonly instance: InstanceDescription;
  /** null: not read. */
  readonly instanceStore: boolean | null;
  /** Attached today, the root among them. */
  readonly volumes: readonly VolumeDescription[];
  readonly disks: readonly DiskHistory[];
  /** Of another filesystem of it, mostly the root's: whether its CloudWatch agent told anything at all. */
  readonly agent: Samples;
  /** EC2's status checks: 1 where one failed. */
  readonly checks: Samples;
  readonly attachedEbs: Samples;
  /** As watch-fleet has published it (`HEALTH_VALUE`); empty where it did not watch. */
  readonly health: Samples;
  /** How many peers its client had, where `watch-fleet` published it. */
  readonly peers: Samples;
  /** Of its volumes, each the latest; null: not read. */
  readonly modifications: readonly ModificationHistory[] | null;
  /** Oldest first; empty where nothing asked it, or nobody kept the answer. */
  readonly told: readonly Told[];
  /** When another instance has taken its place; null: none has. */
  readonly retiredAtMs: number | null;
}

/** A call that changed something, as CloudTrail has it. */
export interface Act {
  readonly atMs: number;
  /** "ModifyVolume" */
  readonly what: string;
  /** The user's name, or the session's. */
  readonly who: string;
  /** Of a function of this suite, of an AWS service, or of anybody else: a person or a program of theirs. */
  readonly by: 'chainmend' | 'aws' | 'people';
  /** Instances, volumes and snapshots that the call names. */
  readonly ids: readonly string[];
  /** Of ModifyVolume: the size that was asked for, and the size before; null where it is not told. */
  readonly toGiB: number | null;
  readonly fromGiB: number | null;
  /** Of DeleteParameter: its name. */
  readonly parameter: string | null;
  /** Of SendCommand: the name of the document. What is sent with it is hidden. */
  readonly document: string | null;
  /** Of CreateTags and DeleteTags: the keys, with the values of then; a deletion that names no value has ''. */
  readonly tags: Readonly<Record<string, string>> | null;
  /** AWS refused it. */
  readonly hasFailed: boolean;
}

/** What EBS still tells of the latest modification of a volume. */
export interface ModificationHistory {
  readonly volumeId: string;
  readonly startedAtMs: number;
  /** null: it was still at it when this was read. */
  readonly endedAtMs: number | null;
}

/** What of a fleet's data is stored today, and whose volumes those were. */
export interface SnapshotHistory {
  readonly snapshots: readonly SnapshotFact[];
  readonly owners: ReadonlyMap<string, VolumeOwner>;
}

/** A value that a parameter has had. */
export interface SwitchVersion {
  readonly name: string;
  readonly version: number;
  readonly value: string;
  readonly atMs: number;
}

export interface History {
  readonly fleet: Fleet;
  readonly fromMs: number;
  readonly toMs: number;
  readonly nodes: readonly NodeHistory[];
  /** The account, and the keys of others that the stack is deployed with. */
  readonly keyScope: KeyScope;
  /** As watch-fleet has published it: 1 while the chain stood. */
  readonly halted: Samples;
  /** Oldest first. Calls of the last 90 days; `null` where they could not be read. */
  readonly acts: readonly Act[] | null;
  /** What the pauses have said, oldest first: "Parameter Store retains the 100 most recently created versions" (PutParameter). null: not read. */
  readonly switches: readonly SwitchVersion[] | null;
  /** Of chainmend's own alarms, oldest first. */
  readonly alarms: readonly AlarmChange[];
  /** null: not read. */
  readonly stored: SnapshotHistory | null;
  /** What could not be read. */
  readonly notes: readonly string[];
}

/** The last sample at a moment or before it, unless it is older than this; undefined where none is kept. */
export function sampleAt(samples: Samples, atMs: number, validMs: number): number | undefined {
  const last = samples.findLast(([sampleMs]) => sampleMs <= atMs);
  return last !== undefined && atMs - last[0] <= validMs ? last[1] : undefined;
}
