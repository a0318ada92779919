// Acts before the node is touched: the snapshots that later rungs may need are held, and the node leaves the fleet's DNS pool.
import { catchRefusal } from '../../../shared/aws/refusals.ts';
import { stepper } from '../../../shared/heal/context.ts';
import { guardAgain } from '../../../shared/heal/guard.ts';
import { hold } from '../../../shared/heal/kept.ts';
import { sentenceOfUnmarked } from '../../../shared/snapshots/marks.ts';
import type { SnapshotFact } from '../../../shared/snapshots/model.ts';
import { type ActParts, defineAct, nothing } from './act.ts';
import { invoke, mutate } from './mutation.ts';
import { shelfOf, whoseOf } from './retired.ts';

/** As much of a snapshot as holding it needs. */
export type Held = Pick<SnapshotFact, 'snapshotId' | 'policyId' | 'locked' | 'tags' | 'ledger'>;

/** The parts that both share. */
const PRECAUTION = {
  intent: null,
  recovers: false,
  needsApproval: true,
  sight: 'kept',
  silence: 'kept',
  givesBackWhen: null,
} as const satisfies Partial<ActParts<never>>;

interface Supply {
  readonly snapshots: readonly Held[];
  /** Why others are not held, for the journal. */
  readonly notUsed: readonly string[];
  /** What there is to hold could not be read. */
  readonly isUnread: boolean;
}

/** What one snapshot cannot be given keeps neither the others from being held, nor the rung from being climbed. */
export const holdSnapshots = defineAct<Supply>()('hold-snapshots', {
  ...PRECAUTION,
  retryKey: () => 'hold-snapshots',
  execute: (context, { snapshots, notUsed }) => {
    const { heal } = context;
    const held =
      snapshots.length === 0
        ? 'no snapshot is held'
        : 'no retention takes these snapshots away while the incident lasts';
    return mutate(context, {
      act: `CreateTags ${snapshots.map(({ snapshotId }) => snapshotId).join(' ')}`.trim(),
      sentence: [held, ...notUsed].join('; '),
      bookkeeping: true,
      bestEffort: true,
      call: async () => {
        const unmarked = await hold(shelfOf(heal), whoseOf(heal), snapshots, Date.now());
        const count = snapshots.length - unmarked.length;
        return { said: unmarked.length === 0 ? `${count} held` : `${count} held; ${sentenceOfUnmarked(unmarked)}` };
      },
    });
  },
  reduce: {
    done: (state, { isUnread }) => ({ ...state, hold: isUnread && state.hold !== 'held' ? 'unknown' : 'held' }),
    failed: (state) => ({ ...state, hold: 'held', setback: null }),
    unknown: (state) => ({ ...state, hold: state.hold === 'held' ? 'held' : 'unknown' }),
  },
});

/** Resolvers forget an address when its record's time is over. */
const AFTER_TTL_SECONDS = 5;

export const leavePool = defineAct<object>()('leave-pool', {
  ...PRECAUTION,
  retryKey: () => 'leave-pool',
  execute: async ({ ctx, heal, place }) => {
    const left = await stepper(ctx, place)('leave-pool', async () => {
      const guarded = await guardAgain(heal);
      if ('refuse' in guarded) return guarded;
      await heal.journal(`${place}-intent`, {
        atMs: Date.now(),
        kind: 'intent',
        sentence: 'it leaves the pool first',
        act: 'Invoke register-nodes',
      });
      const asked = await catchRefusal(async () => {
        await invoke(heal, heal.environment.REGISTER_NODES_FUNCTION, { kind: 'reconcile', fleet: heal.payload.fleet });
        return { accepted: true } as const;
      });
      return { ttlSeconds: guarded.fleet.dns?.ttlSeconds ?? 0, ...asked };
    });
    if ('refuse' in left) return { is: 'refused', refusal: left };
    await ctx.wait(`${place}-wait`, { seconds: left.ttlSeconds + AFTER_TTL_SECONDS });
    const atMs = await stepper(ctx, place)('now', async () => Date.now());
    // That it could not be asked for takes nothing from what the heal is for: a record that outlives the stop by its minutes is told of.
    const failed =
      'refused' in left ? `${left.refused}; its names follow with the next run of register-nodes` : undefined;
    const sentence = failed === undefined ? 'asked for, and resolvers have forgotten it' : `failed: ${failed}`;
    const fields =
      failed === undefined ? ({ status: 'done' } as const) : ({ status: 'failed', reason: failed } as const);
    await stepper(ctx, place)('result', () =>
      heal.journal(`${place}-result`, { atMs, kind: 'result', sentence, act: 'Invoke register-nodes', fields }),
    );
    return 'refused' in left ? { is: 'failed', atMs, reason: left.refused } : { is: 'done', atMs };
  },
  reduce: {
    done: (state) => ({ ...state, pool: 'left' }),
    // register-nodes looks by itself, and sees that it is not synced.
    failed: (state) => ({ ...state, pool: 'left', setback: null }),
    unknown: nothing,
  },
});

export const PRECAUTIONS = [holdSnapshots, leavePool] as const;
