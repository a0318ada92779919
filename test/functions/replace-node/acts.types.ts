// Code that must not compile: an act of the ladder without one of its parts, and a decision that names no act. `npm run types` reads this file:
// each line below `@ts-expect-error` must be an error, or the type check fails.
import { type ActParts, defineAct, nothing } from '../../../functions/replace-node/acts/act.ts';
import type { Act } from '../../../functions/replace-node/acts/table.ts';

interface Params {
  readonly reason: string;
}

const PARTS: ActParts<Params> = {
  intent: null,
  recovers: false,
  retryKey: ({ reason }) => reason,
  needsApproval: true,
  seenAfter: 'kept',
  silentAfter: 'kept',
  givesBackWhen: null,
  execute: async () => ({ is: 'done', atMs: 0 }),
  reduce: { done: nothing, failed: nothing, unknown: nothing },
};
const { intent, recovers, retryKey, needsApproval, seenAfter, silentAfter, givesBackWhen, execute, reduce } = PARTS;

export const whole = defineAct<Params>()('whole', PARTS);

const made = whole({ reason: 'all parts are there' });
export const kind: 'whole' = made.do;

// @ts-expect-error without what is written before it
defineAct<Params>()('a', { recovers, retryKey, needsApproval, seenAfter, silentAfter, givesBackWhen, execute, reduce });
// @ts-expect-error without whether a pause keeps it from being made
defineAct<Params>()('b', { intent, retryKey, needsApproval, seenAfter, silentAfter, givesBackWhen, execute, reduce });
// @ts-expect-error without how it is repeated
defineAct<Params>()('c', { intent, recovers, needsApproval, seenAfter, silentAfter, givesBackWhen, execute, reduce });
// @ts-expect-error without whether it needs an approval
defineAct<Params>()('d', { intent, recovers, retryKey, seenAfter, silentAfter, givesBackWhen, execute, reduce });
// @ts-expect-error without what it leaves of what was seen
defineAct<Params>()('e', { intent, recovers, retryKey, needsApproval, silentAfter, givesBackWhen, execute, reduce });
// @ts-expect-error without whether the node counts as silent afterwards
defineAct<Params>()('f', { intent, recovers, retryKey, needsApproval, seenAfter, givesBackWhen, execute, reduce });
// @ts-expect-error without whether it may end a rung that did nothing
defineAct<Params>()('g', { intent, recovers, retryKey, needsApproval, seenAfter, silentAfter, execute, reduce });
// @ts-expect-error without its execution
defineAct<Params>()('h', { intent, recovers, retryKey, needsApproval, seenAfter, silentAfter, givesBackWhen, reduce });
// @ts-expect-error without what is remembered of it
defineAct<Params>()('i', { intent, recovers, retryKey, needsApproval, seenAfter, silentAfter, givesBackWhen, execute });
// @ts-expect-error without what is remembered of it where its answer is lost
defineAct<Params>()('j', { ...PARTS, reduce: { done: nothing, failed: nothing } });

// @ts-expect-error an act that is in no group of the table is no act of the ladder
export const unknown: Act = made;
// @ts-expect-error an act without one of its parameters
export const partial: Act = { do: 'attach', volumeId: 'vol-1', which: 'original', reason: '' };
