// What the commands of `npm run heal` work with: the suite in an account (or in the local region), and the person who typed them.
import type { DispatchAnswer } from '../../shared/events/answer.ts';
import type { IncidentRecord, NodeRecord } from '../../shared/heal/records.ts';

/** One line of the journal. */
export interface StoryLine {
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

export type Named = Pick<DispatchAnswer, 'fleet' | 'instanceId' | 'trouble' | 'incidentId' | 'onsetMs'>;

/** The deployed suite, as far as these commands ask it. Each throws a `SuiteError` with AWS's own words. */
export interface Suite {
  /** @throws RequestError where the dispatcher says that the request itself is wrong */
  readonly ask: (event: object) => Promise<DispatchAnswer>;
  readonly story: (incident: Named) => Promise<readonly StoryLine[]>;
  readonly incident: (incident: Named) => Promise<IncidentRecord | undefined>;
  readonly node: (fleet: string, instanceId: string) => Promise<NodeRecord | undefined>;
  readonly fleet: (
    fleet: string,
  ) => Promise<{ readonly incidents: readonly IncidentRecord[]; readonly nodes: readonly NodeRecord[] }>;
  /** A person's yes to the plan of mode ask. */
  readonly approve: (callbackId: string, hash: string) => Promise<void>;
}

export interface HealDesk {
  /** Opened by commands that talk to AWS; `--help` needs no credentials. */
  readonly suite: () => Suite;
  readonly say: (text: string) => void;
  readonly complain: (text: string) => void;
  /** One line that is written over by the next; where there is no terminal it is left out. */
  readonly status: (text: string) => void;
  /** A question with the answer no unless somebody says yes; undefined where nobody can be asked. */
  readonly confirm: ((question: string) => Promise<boolean>) | undefined;
  readonly nowMs: () => number;
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
