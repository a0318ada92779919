// The facts from which it is judged whether a heal would work now: of a fleet, of each node and each key. Reading them sends nothing to a node.

import type { KeyUsability } from '../aws/key-usability.ts';
import type { VolumeDescription } from '../aws/volumes.ts';
import type { Fleet } from '../fleet/model.ts';
import type { FleetNode } from '../fleet/nodes.ts';
import type { FleetWatch, ObservedNode } from '../fleet/observation.ts';
import type { ModificationFact } from '../growth/decide.ts';
import type { BreakerReading } from '../guardrails/breaker.ts';
import type { Known } from '../guardrails/fleet-view.ts';
import type { ReplacementsRecord, RestartsRecord } from '../guardrails/replace-budget.ts';
import type { DrillRecord } from '../heal/drill.ts';
import type { NodeRecord } from '../heal/records.ts';
import type { Refusal } from '../model/guardrail-codes.ts';
import type { NodeState } from '../node-commands/node-answer.ts';
import type { CatchUpRate } from '../snapshots/catch-up.ts';
import type { SnapshotSet } from '../snapshots/model.ts';
import type { PolicyFact } from '../snapshots/policies.ts';
import type { PolicyWord } from './key-policy.ts';
import type { LaunchFacts, NodeFact } from './launch-facts.ts';
import type { QuotaFacts } from './quotas.ts';
import type { Read } from './verdict.ts';

/** AWS's word on a call that was not made (DryRun). */
export type Answered =
  | { readonly is: 'accepted' }
  | { readonly is: 'refused'; readonly code: string; readonly words: string }
  /** No answer, throttling, or more than one fleet gets. */
  | { readonly is: 'open'; readonly code: 'unread' | 'not-asked'; readonly words: string };

export interface KeyFacts {
  /** As volumes and snapshots name it. */
  readonly keyId: string;
  /** AWS's own key for EBS: its policy lets everybody of the account use it through EC2. */
  readonly isAwsManaged: boolean;
  readonly usability: Read<KeyUsability>;
  /** What its policy says of the heals' role, for the worst of the actions; null where no role is deployed. */
  readonly policy: Read<{ readonly action: string; readonly word: PolicyWord }> | null;
  /** What the role's own policies say, by IAM's simulation: the action that they do not allow, or null; null too where no role is deployed. */
  readonly role: Read<{ readonly denied: string | null }> | null;
  /** CreateGrant as a dry run, in the caller's name. */
  readonly grant: Answered;
}

export interface DataVolume {
  /** Of the fleet file: data, ancient, … */
  readonly role: string;
  readonly volume: VolumeDescription;
}

export interface NodeFacts {
  readonly node: FleetNode;
  /** What a guardrail asks of its owner. */
  readonly owner: NodeFact;
  /** Why its group could not set it aside; null where it could, or has none. */
  readonly standbyFault: Read<string | null>;
  /** Why its agent takes no commands; null where it does. */
  readonly agent: Read<Refusal | null>;
  /** The answer to a command that only looks; undefined where none was sent. */
  readonly command?: Read<string | null>;
  /** The answer itself; absent where none came. */
  readonly seen?: NodeState;
  /** All attached volumes, with the root. */
  readonly volumes: Read<readonly VolumeDescription[]>;
  /** Those of the fleet file's roles, by their tags. */
  readonly data: readonly DataVolume[];
  readonly modification: Read<ReadonlyMap<string, ModificationFact>>;
  /** Lease and counted modifications; undefined where nothing was ever done to it. */
  readonly record: Read<NodeRecord | undefined>;
  readonly restarts: Read<RestartsRecord | undefined>;
}

export interface FleetFacts {
  readonly nowMs: number;
  readonly fleet: Fleet;
  readonly accountId: string;
  /** Every pause but the nodes' own; null: none. */
  readonly paused: Read<Refusal | null>;
  readonly launch: LaunchFacts;
  /** Parts of each launch template without the fleet's tags, by the template's id or name. */
  readonly outOfReach: ReadonlyMap<string, Read<readonly string[]>>;
  readonly nodes: readonly NodeFacts[];
  readonly observed: Read<readonly ObservedNode[]>;
  /** When, ms since the epoch. */
  readonly lookedAt: Read<Known<number>>;
  readonly breaker: Read<BreakerReading>;
  readonly watch: Read<FleetWatch | undefined>;
  /** US dollars a month that growth has added since the month began. */
  readonly addedUsd: Read<number>;
  readonly replacements: Read<ReplacementsRecord | undefined>;
  /** What drills have tried; undefined before the first. */
  readonly drill: Read<DrillRecord | undefined>;
  readonly sets: Read<readonly SnapshotSet[]>;
  readonly policies: Read<readonly PolicyFact[]>;
  readonly rate: CatchUpRate | null;
  readonly keys: ReadonlyMap<string, KeyFacts>;
  readonly quotas: QuotaFacts;
}
