// How an attempt of a heal ends, whichever heal it is, and what of it pages. Pure.
import type { FailureCode, GuardrailCode, PageCode, Refusal } from '../model/guardrail-codes.ts';
import type { PlanWords } from '../model/journal-fields.ts';

/** A guard that refused inside the very step that would have mutated. */
export type Guarded = Refusal;

/** With everything that the records, the journal and a page need. */
export type Ending =
  | { readonly outcome: 'healed'; readonly reason: string }
  | { readonly outcome: 'planned'; readonly reason: string; readonly plan: PlanWords }
  | {
      readonly outcome: 'refused';
      readonly code: GuardrailCode;
      readonly reason: string;
      readonly page: boolean;
      readonly lookAgainMs: number;
    }
  | {
      readonly outcome: 'failed';
      readonly code: FailureCode;
      readonly reason: string;
      readonly page: boolean;
      readonly lookAgainMs: number;
    }
  /** Nothing is left to try: the incident is escalated at once, whatever attempts it has left, and a person is always paged. */
  | {
      readonly outcome: 'escalated';
      readonly code: PageCode;
      readonly reason: string;
      /** Whether the node is as the heal found it. */
      readonly asFound: boolean;
    };

export const refused = ({ refuse: code, reason, page, lookAgainMs }: Guarded): Ending => ({
  outcome: 'refused',
  code,
  reason,
  page,
  lookAgainMs,
});

/** The code under which an ending pages, if it does. */
export function pageOf(ending: Ending): PageCode | null {
  switch (ending.outcome) {
    case 'healed':
    case 'planned':
      return null;
    case 'refused':
    case 'failed':
      return ending.page ? ending.code : null;
    case 'escalated':
      return ending.code;
  }
}
