// What an undo could put back of a node, by the records of what heals have put away. A person's desk asks it before an incident exists, and the heal once more,
// with what EC2 says. Pure.
import type { Refusal } from '../model/guardrail-codes.ts';
import { type KeptRecord, keptOf } from './kept.ts';
import { unsettled } from './lease.ts';
import type { NodeRecord } from './records.ts';

type PutAway = Extract<KeptRecord, { readonly kind: 'volume' }>;

/** The volumes of the node that heals have put away. */
export const putAwayOf = (records: readonly KeptRecord[], node: string): readonly PutAway[] =>
  [...keptOf(records, 'volume').values()].filter((record) => record.node === node);

export const NOTHING_KEPT =
  'no heal has kept volumes of this node; an instance that was replaced is put back by hand: its tag chainmend:put-back says how';

/** By then a person's request is over: after an hour, counted from the end of what they had asked for before (docs/restoring.md). */
export const REQUEST_LASTS_MS = 2 * 60 * 60_000;

/** Why nothing can be put back, whatever EC2 says; null where something may be: what is under way on a node can be, too. */
export const judgePutAway = (putAway: readonly PutAway[], node: NodeRecord | undefined): Refusal | null =>
  putAway.length > 0 || (node !== undefined && (node.owner !== null || unsettled(node)))
    ? null
    : { refuse: 'nothing-to-undo', reason: NOTHING_KEPT, page: false, retryAfterMs: REQUEST_LASTS_MS };
