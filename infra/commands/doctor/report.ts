// What `chainmend doctor` found, as one object: for machines as it is, for people by causes. Pure.
import { type Cause, type FleetReport, plainFinding } from '../../../shared/readiness/fleet-report.ts';
import { type Finding, HEALS } from '../../../shared/readiness/verdict.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { accountLines, judgeAccount } from './account.ts';
import type { DoctorFacts } from './facts.ts';

export interface DoctorReport {
  readonly at: string;
  readonly askedAs: string;
  readonly account: readonly string[];
  /** False: a heal that begins by itself would not work. */
  readonly works: boolean;
  readonly problems: readonly Finding[];
  readonly fleets: readonly FleetReport[];
}

export function reportOf(facts: DoctorFacts, nowMs: number, fleets: readonly FleetReport[]): DoctorReport {
  const problems = judgeAccount(facts).map(plainFinding);
  const isNo = ({ is }: Pick<Finding, 'is'>): boolean => is === 'no';
  return {
    at: new Date(nowMs).toISOString(),
    askedAs: plainText(facts.askedAs, NAME_CHARACTERS),
    account: accountLines(facts).map((line) => plainText(line)),
    works: !problems.some(isNo) && !fleets.some(({ causes }) => causes.some((cause) => isNo(cause) && isOfHeal(cause))),
    ...{ problems, fleets },
  };
}

/** What a person asks for is refused then, with its reason, and nothing is begun: nobody waits for it in the night. */
const isOfHeal = ({ heals }: Cause): boolean => HEALS.some((heal) => heals.includes(heal));

const NAME_CHARACTERS = 256;
