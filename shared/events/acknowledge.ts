// A person has seen a page and looks after it: the event that invokes dispatch-heal, and its answer.
import * as v from 'valibot';
import { EventError } from './errors.ts';
import { checked, text } from './fields.ts';

export interface AcknowledgeEvent {
  readonly kind: 'acknowledge';
  /** A page's key, or a code: all pages of it. undefined: only list the pages. */
  readonly page: string | undefined;
  /** The person, as the event claims: Lambda does not tell a function who invokes it. */
  readonly by: string;
}

/** A page whose cause lasts, as a person sees it. */
export interface ListedPage {
  readonly fleet: string;
  readonly key: string;
  readonly code: string;
  /** When it was sent, but for repetitions, ms since the epoch. */
  readonly sentAtMs: number;
  readonly times: number;
  readonly acknowledgedBy?: string;
}

export interface AcknowledgeAnswer {
  /** Keys of the pages that were meant. */
  readonly acknowledged: readonly string[];
  /** All pages, with what is known of them now. */
  readonly open: readonly ListedPage[];
}

const schema = v.strictObject({
  kind: v.literal('acknowledge'),
  page: v.exactOptional(text(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,300}$/u, 'the key or the code of a page, on one line')),
  by: v.exactOptional(text(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]{1,256}$/u, 'who it is, 1 to 256 characters on one line')),
});

export function parseAcknowledge(event: unknown): AcknowledgeEvent {
  const { kind, page, by } = checked(schema, event);
  if (page !== undefined && by === undefined) throw new EventError('by', by, 'who has seen the page');
  return { kind, page, by: by ?? '' };
}
