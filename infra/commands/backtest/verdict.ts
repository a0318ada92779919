// A verdict on an incident of the past, and the words for it. Pure.
import type { GuardrailCode, Refusal } from '../../../shared/model/guardrail-codes.ts';
import type { Rung } from '../../../shared/model/rungs.ts';
import type { Incident } from './incidents.ts';

export type Verdict =
  | {
      readonly is: 'healed';
      readonly by: 'grow' | Rung;
      readonly toGiB?: number;
      /** By when its turn came. */
      readonly upToGiB?: number;
      readonly because: string;
      readonly orElse?: readonly string[];
    }
  | { readonly is: 'refused'; readonly code: GuardrailCode; readonly isPaged: boolean; readonly because: string }
  /** Nothing was wrong enough to act on. */
  | { readonly is: 'left'; readonly because: string }
  | { readonly is: 'not knowable'; readonly because: string };

export interface Judged {
  readonly incident: Incident;
  readonly verdict: Verdict;
  /** What the verdict takes for granted, since AWS keeps nothing of it. */
  readonly provided: readonly string[];
}

export const unknowable = (incident: Incident, because: string): Judged => ({
  ...{ incident, provided: [] },
  verdict: { is: 'not knowable', because },
});

export const refusedBy = ({ refuse, page, reason }: Refusal): Verdict => ({
  ...{ is: 'refused', code: refuse, isPaged: page, because: reason },
});

/** All verdicts that the facts allow: one, or on what it depends. */
export function oneOf(
  incident: Incident,
  provided: readonly string[],
  cases: readonly { readonly when: string; readonly verdict: Verdict }[],
): Judged {
  const [first, ...others] = cases;
  if (first === undefined) throw new RangeError('oneOf: expected a case');
  const other = others.find(({ verdict }) => wordOf(verdict) !== wordOf(first.verdict));
  if (other === undefined) return { incident, verdict: first.verdict, provided };
  const because = `${wordOf(first.verdict)} if ${first.when}, ${wordOf(other.verdict)} if ${other.when}: AWS does not keep which`;
  return unknowable(incident, because);
}

const sizeOf = (toGiB: number, upToGiB: number | undefined): string =>
  upToGiB === undefined ? `${toGiB}` : `${toGiB}–${upToGiB}`;

/** "grow to 140 GiB", "refused size-ceiling" */
export function wordOf(verdict: Verdict): string {
  switch (verdict.is) {
    case 'healed':
      return verdict.toGiB === undefined
        ? verdict.by
        : `${verdict.by} to ${sizeOf(verdict.toGiB, verdict.upToGiB)} GiB`;
    case 'refused':
      return `refused ${verdict.code}`;
    case 'left':
      return 'left alone';
    case 'not knowable':
      return 'not knowable';
  }
}
