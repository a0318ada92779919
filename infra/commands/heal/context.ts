// What the commands of `npm run chainmend` work with: the suite in an account (or in the local region), and the person at the terminal.
import type { AcknowledgeAnswer } from '../../../shared/events/acknowledge.ts';
import type { DispatchAnswer } from '../../../shared/events/answer.ts';
import type { FleetObservation } from '../../../shared/fleet/observation.ts';
import type { Settings } from '../../../shared/fleet/settings.ts';
import type { DrillRecord } from '../../../shared/heal/drill.ts';
import type { KeptRecord } from '../../../shared/heal/kept.ts';
import type { IncidentRecord, NodeRecord, Writer } from '../../../shared/heal/records.ts';
import type { BoostedVolume } from '../../../shared/snapshots/boost.ts';
import type { ScaleWish } from '../../../shared/snapshots/scale.ts';
import type { Asker, Yes } from '../consent.ts';
import type { Subscribers } from '../subscribers.ts';
import type { PausedNodes } from './paused-nodes.ts';

/** One line of the journal. The partition names the writer; the writer claims the rest. */
export interface StoryLine {
  readonly by: Writer;
  readonly atMs: number;
  /** Orders the lines of one moment; it is unique within an attempt. */
  readonly place: string;
  readonly attempt: number;
  readonly kind: string;
  readonly sentence: string;
  readonly code: string | undefined;
  readonly act: string | undefined;
  /** JSON, cut after 4,000 characters. */
  readonly evidence: string | undefined;
}

/** A line of a fleet's journal, about any subject. */
export interface FleetLine extends StoryLine {
  readonly node: string;
  readonly instanceId: string;
  readonly incidentId: string;
}

/** The functions that ask about a plan of a whole fleet, and take a person's yes to it: an event `approve`. */
export const ASKING = ['register-nodes', 'rotate-peers', 'prune-retired', 'seed-groups'] as const;

/** A plan of a whole fleet that waits for a person, from the record of the function that asks. */
export interface FleetAsk {
  readonly fleet: string;
  readonly by: (typeof ASKING)[number];
  readonly plan: string;
  /** The plan's text from that function's own journal lines; undefined where it is not in the latest lines. */
  readonly sentence: string | undefined;
  readonly sinceMs: number;
  readonly untilMs: number;
}

/** What seed-groups says of another number of nodes. */
export interface ScaleAnswer {
  readonly done: readonly string[];
  /** What would be done. */
  readonly left: readonly string[];
  /** Identifies what was shown: a yes is to that. */
  readonly plan?: string;
  /** What was asked for before, and how far it is. */
  readonly underWay?: string;
  readonly refusals: readonly string[];
}

export type IncidentKey = Pick<DispatchAnswer, 'fleet' | 'instanceId' | 'trigger' | 'incidentId' | 'onsetMs'>;

/** The deployed suite, as these commands use it. Each method throws a `SuiteError` with AWS's own words. */
export interface Suite {
  /** The time by AWS's clock, from its last answer. This machine's clock may be wrong, and a served region has its own. */
  readonly nowMs: () => number;
  /**
   * @param yes null: only its plan is made, whatever the event says
   * @throws RequestError where the dispatcher says that the request itself is wrong
   */
  readonly ask: (event: object, yes: Yes | null) => Promise<DispatchAnswer>;
  /** @param page its key or code; undefined only lists the pages whose cause lasts */
  readonly acknowledge: (page: string | undefined, by: string, yes: Yes) => Promise<AcknowledgeAnswer>;
  readonly story: (incident: IncidentKey) => Promise<readonly StoryLine[]>;
  readonly incident: (incident: IncidentKey) => Promise<IncidentRecord | undefined>;
  readonly node: (instanceId: string) => Promise<NodeRecord | undefined>;
  /** `drill`: what drills have proved; absent where there was none. */
  readonly fleet: (fleet: string) => Promise<{
    readonly incidents: readonly IncidentRecord[];
    readonly nodes: readonly NodeRecord[];
    readonly drill?: DrillRecord | undefined;
  }>;
  /** The fleet's nodes as they were last seen; none before the first sweep. */
  readonly observed: (fleet: string) => Promise<readonly FleetObservation[]>;
  /** Of the nodes of a private network that was deployed, in base64; of others none. No secret is read for it. */
  readonly publicKeys: (fleet: string, nodes: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  /** The stored fleet files, including those that cannot be read, and the pauses. */
  readonly settings: () => Promise<Settings>;
  /** Instances that are paused by a tag, of all fleets. */
  readonly pausedNodes: () => Promise<PausedNodes>;
  /** The latest lines of every function, oldest first. */
  readonly journal: (fleet: string, linesEach: number, by?: Writer) => Promise<readonly FleetLine[]>;
  readonly asks: (fleet: string) => Promise<readonly FleetAsk[]>;
  /** Who gets the pages; unknown where AWS does not say. */
  readonly subscribers: () => Promise<Subscribers>;
  /** The caller's ARN from STS; undefined where STS gives none. */
  readonly caller: () => Promise<string | undefined>;
  /** Sends a person's answer to a plan of mode ask. closed: the plan was answered before, or has expired. */
  readonly answer: (callbackId: string, answer: object, yes: Yes) => Promise<'sent' | 'closed'>;
  /** What heals have put away. */
  readonly kept: (fleet: string) => Promise<readonly KeptRecord[]>;
  /** How many nodes a person wants of its group; null where nobody has asked. */
  readonly wishedSize: (fleet: string) => Promise<ScaleWish | null>;
  /** Volumes that have the figures of their first sync, or had them. */
  readonly boosts: (fleet: string) => Promise<readonly BoostedVolume[]>;
  /** Says what would be done; `begun` with a yes to the plan that was shown. */
  readonly scale: (
    asked: { readonly fleet: string; readonly nodes: number },
    begun?: { readonly plan: string | undefined; readonly by: string | undefined; readonly yes: Yes },
  ) => Promise<ScaleAnswer>;
  /** Sends a yes to a whole fleet's plan. `refusals` are the function's refusals, where the command waits for them. */
  readonly approvePlan: (
    ask: FleetAsk,
    by: string | undefined,
    yes: Yes,
  ) => Promise<{ readonly refusals: readonly string[] }>;
}

export interface HealCommandContext extends Asker {
  /** Only commands that talk to AWS open it; `--help` needs no credentials. */
  readonly suite: () => Suite;
  readonly say: (text: string) => void;
  readonly complain: (text: string) => void;
  /** One line that the next one overwrites; left out where there is no terminal. */
  readonly status: (text: string) => void;
  readonly sleep: (ms: number) => Promise<void>;
}
