// What a scenario may break for now, because of a defect that is known and has its own mend. Each run that uses an entry says so. An entry goes with its
// defect: nothing is added for a new scenario.
import type { InvariantName, Violation } from './invariants.ts';

export interface Allowance {
  readonly scenario: string;
  readonly invariant: InvariantName;
  /** The defect. */
  readonly reason: string;
}

export const ALLOWANCES: readonly Allowance[] = [];

/** @returns violations that have no allowance, and a sentence for each allowance that was used */
export function judge(
  scenario: string,
  violations: readonly Violation[],
  allowances: readonly Allowance[] = ALLOWANCES,
): { readonly violations: readonly Violation[]; readonly allowed: readonly string[] } {
  const allowanceOf = ({ invariant }: Violation) =>
    allowances.find((allowance) => allowance.scenario === scenario && allowance.invariant === invariant);
  return {
    violations: violations.filter((violation) => !allowanceOf(violation)),
    allowed: violations.flatMap((violation) => {
      const allowance = allowanceOf(violation);
      return allowance ? [`${violation.invariant}: ${violation.detail} (${allowance.reason})`] : [];
    }),
  };
}
