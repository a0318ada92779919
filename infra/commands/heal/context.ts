// What the commands of `npm run heal` work with: the suite in an account (or in the local region), and the person who typed them.
import type { DispatchAnswer } from '../../../shared/events/answer.ts';
import type { IncidentRecord, NodeRecord, Writer } from '../../../shared/heal/records.ts';

/** One line of the journal. Who wrote it is told by its partition; the rest is what the writer says. */
export interface StoryLine {
  readonly by: Writer;
  readonly atMs: number;
  /** Orders the lines of one moment, and is unique within an attempt. */
  readonly place: string;
  readonly attempt: number;
  readonly kind: string;
  readonly sentence: string;
  readonly code: string | undefined;
  readonly act: string | undefined;
  /** JSON, cut after 4,000 characters. */
  readonly evidence: string | undefined;
}

/** A line of a fleet's journal, whatever it is about. */
export interface FleetLine extends StoryLine {
  readonly node: string;
  readonly instanceId: string;
  readonly incidentId: string;
}

/** A plan of names, peers or pruning that waits for a person, by the record of the function that asks. */
export interface FleetAsk {
  readonly fleet: string;
  readonly by: 'register-nodes' | 'rotate-peers' | 'prune-retired';
  readonly plan: string;
  /** As that function told it in its own lines of the journal; undefined where it is not among the latest. */
  readonly sentence: string | undefined;
  readonly sinceMs: number;
  readonly untilMs: number;
}

export type IncidentKey = Pick<DispatchAnswer, 'fleet' | 'instanceId' | 'trigger' | 'incidentId' | 'onsetMs'>;

/** The deployed suite, as far as these commands ask it. Each that asks throws a `SuiteError` with AWS's own words. */
export interface Suite {
  /** By AWS's clock, as its last answer has told it: this machine's may be wrong, and a served region has one of its own. */
  readonly nowMs: () => number;
  /** @throws RequestError where the dispatcher says that the request itself is wrong */
  readonly ask: (event: object) => Promise<DispatchAnswer>;
  readonly story: (incident: IncidentKey) => Promise<readonly StoryLine[]>;
  readonly incident: (incident: IncidentKey) => Promise<IncidentRecord | undefined>;
  readonly node: (fleet: string, instanceId: string) => Promise<NodeRecord | undefined>;
  readonly fleet: (
    fleet: string,
  ) => Promise<{ readonly incidents: readonly IncidentRecord[]; readonly nodes: readonly NodeRecord[] }>;
  /** Names of the fleets whose files are stored, those that cannot be read among them. */
  readonly fleets: () => Promise<readonly string[]>;
  /** The latest lines of every function, oldest first. */
  readonly journal: (fleet: string, linesEach: number) => Promise<readonly FleetLine[]>;
  readonly asks: (fleet: string) => Promise<readonly FleetAsk[]>;
  /** The ARN that STS knows the caller by; undefined where STS does not tell. */
  readonly caller: () => Promise<string | undefined>;
  /** A person's answer to a plan of mode ask. closed: it was answered before, or has expired. */
  readonly answer: (callbackId: string, answer: object) => Promise<'sent' | 'closed'>;
  /** A yes to a whole fleet's plan. `refusals` are what the function says of it, where it is waited for. */
  readonly approvePlan: (ask: FleetAsk, by: string | undefined) => Promise<{ readonly refusals: readonly string[] }>;
}

export interface HealCommandContext {
  /** Opened by commands that talk to AWS; `--help` needs no credentials. */
  readonly suite: () => Suite;
  readonly say: (text: string) => void;
  readonly complain: (text: string) => void;
  /** One line that is written over by the next; where there is no terminal it is left out. */
  readonly status: (text: string) => void;
  /** A question with the answer no unless somebody says yes; undefined where nobody can be asked. */
  readonly confirm: ((question: string) => Promise<boolean>) | undefined;
  readonly sleep: (ms: number) => Promise<void>;
}

/** AWS refused, or could not be asked. */
export class SuiteError extends Error {
  override readonly name = 'SuiteError';
}

/** The dispatcher understood, and says that there is no such fleet, node or snapshot. Exit status 2. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}
