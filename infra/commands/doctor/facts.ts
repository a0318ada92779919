// The facts of the account from which `chainmend doctor` judges, beside those of each fleet.
import type { Refusal } from '../../../shared/model/guardrail-codes.ts';
import type { Read } from '../../../shared/readiness/verdict.ts';
import type { AccountFacts } from '../preflight/facts.ts';

/** An alarm on the suite itself that is in ALARM. */
export interface SuiteAlarm {
  readonly name: string;
  readonly reason: string;
}

export interface DoctorFacts {
  /** STS's word: in whose name AWS was asked. */
  readonly askedAs: string;
  readonly account: Omit<AccountFacts, 'fleets'>;
  readonly pausedEverywhere: Read<Refusal | null>;
  readonly suiteAlarms: Read<readonly SuiteAlarm[]>;
  /** Fleets of files that are not deployed, where chainmend is: no function looks after them. */
  readonly undeployed: readonly string[];
  /** Stored fleet files that do not parse: the sentence, by the parameter's name. */
  readonly broken: ReadonlyMap<string, string>;
}
