// Acts that are decisions: they change the state and the journal, and reserve or give back what guards count. Nothing of AWS changes.
import { classOf } from '../../../shared/guardrails/replace.ts';
import { reserveReplacement, reserveRestart, takeTurn, writeReplacementProof } from '../../../shared/heal/budgets.ts';
import { stepper } from '../../../shared/heal/context.ts';
import { guardAgain } from '../../../shared/heal/guard.ts';
import type { Blame, FailedRung, LadderState, Replacement, RestoredVolumes } from '../../../shared/heal/memory.ts';
import { noteProgress } from '../../../shared/heal/progress.ts';
import type { Rung } from '../../../shared/model/rungs.ts';
import { failRung, reservationKey, withReplacement, withRestored } from '../state.ts';
import { type ActParts, defineAct, known, nothing, type Result } from './act.ts';
import { decided } from './mutation.ts';

/** How far the blocks of restored volumes have come. */
export interface Progress {
  readonly percent: number;
  readonly etaSeconds: number | null;
  readonly what: string;
}

/** The parts that all decisions share. */
const DECISION = {
  intent: null,
  recovers: true,
  retryKey: null,
  needsApproval: true,
  sight: 'kept',
  silence: 'kept',
  givesBackWhen: null,
} as const satisfies Partial<ActParts<never>>;

/** Nothing to do for so long but to look again. */
export const wait = defineAct<{ readonly seconds: number; readonly what: string; readonly progress?: Progress }>()(
  'wait',
  {
    ...DECISION,
    execute: async ({ ctx, heal, course, place }, { seconds, progress }) => {
      const atMs = await stepper(ctx, place)('waiting', async () => {
        const nowMs = Date.now();
        if (progress) await noteProgress(heal, course.holder, { ...progress, atMs: nowMs }, place);
        return nowMs;
      });
      await ctx.wait(`${place}-wait`, { seconds });
      return { is: 'done', atMs };
    },
    reduce: {
      done: (_, __, { atMs }, before) =>
        before.waitingSinceMs === null ? { ...before, waitingSinceMs: atMs } : before,
      failed: (_, __, ___, before) => before,
      unknown: (_, __, ___, before) => before,
    },
  },
);

/** The heal begins: how the node was found. */
export const begin = defineAct<{ readonly state: LadderState }>()('begin', {
  ...DECISION,
  execute: (context, { state: { found } }) =>
    decided(
      context,
      `found: ${found.volumes.map(({ role, volumeId, sizeGiB }) => `${role} ${volumeId} of ${sizeGiB} GiB`).join(', ') || 'no volume that can be told'}; client ${found.client}${found.height === null ? '' : `; height ${found.height}, ${found.lagBlocks} behind`}`,
      found,
    ),
  reduce: { done: (_, { state }) => state, failed: nothing, unknown: nothing },
  firstState: ({ state }) => state,
});

/** The fleet's turn and the budgets come before the first act of a rung; a rung that has them already has them still. */
export const takeRung = defineAct<{ readonly rung: Rung; readonly reason: string }>()('take-rung', {
  ...DECISION,
  recovers: false,
  execute: (context, { rung, reason }) =>
    stepper(context.ctx, context.place)('take-rung', async (): Promise<Result> => {
      const { heal, place } = context;
      const guarded = await guardAgain(heal);
      if ('refuse' in guarded) return { is: 'refused', refusal: guarded };
      const { incidentId, want } = heal.payload;
      const nowMs = Date.now();
      const key = reservationKey(incidentId, known(context), rung);
      const reserved =
        want.do === 'undo'
          ? await takeTurn(heal)
          : classOf(rung) === 'restart'
            ? await reserveRestart(heal, guarded.fleet, key, nowMs)
            : await reserveReplacement(heal, guarded.fleet, key, nowMs);
      if ('refuse' in reserved) return { is: 'refused', refusal: reserved };
      await heal.journal(`${place}-decision`, {
        atMs: nowMs,
        kind: 'decision',
        sentence: `${rung}: ${reason}`,
        evidence: { rung },
        fields: { rung, reason },
      });
      return { is: 'done', atMs: nowMs };
    }),
  reduce: {
    done: (state, { rung }) => ({ ...state, rung, upSinceMs: null, inspectedAtMs: null }),
    failed: nothing,
    unknown: nothing,
  },
});

/** A rung did not help. What it made is given back by then, or was never made. */
export const endRung = defineAct<{ readonly reason: string; readonly code?: FailedRung['code'] }>()('end-rung', {
  ...DECISION,
  needsApproval: false,
  givesBackWhen: 'done',
  execute: (context, { reason }) => {
    const { rung } = known(context);
    return decided(context, `${rung} did not help: ${reason}`, { rung });
  },
  reduce: { done: (state, { reason, code }) => failRung(state, reason, code), failed: nothing, unknown: nothing },
});

/** Known before anything of it is begun: it cannot be climbed. */
export const skipRung = defineAct<{ readonly rung: Rung; readonly reason: string }>()('skip-rung', {
  ...DECISION,
  execute: (context, { rung, reason }) => decided(context, `${rung} is not begun: ${reason}`, { rung }),
  reduce: {
    done: (state, { rung, reason }) => ({ ...state, failed: [...state.failed, { rung, reason }] }),
    failed: nothing,
    unknown: nothing,
  },
});

/** Which data are restored. */
export const chooseVolumes = defineAct<{ readonly volumes: RestoredVolumes; readonly reason: string }>()(
  'choose-volumes',
  {
    ...DECISION,
    execute: (context, { volumes, reason }) => decided(context, `copy ${reason}`, volumes),
    reduce: {
      done: (state, { volumes }) => ({ ...state, restoredVolumes: volumes, generation: state.generation + 1 }),
      failed: nothing,
      unknown: nothing,
    },
  },
);

export const giveUpVolumes = defineAct<{ readonly blame: Blame }>()('give-up-volumes', {
  ...DECISION,
  execute: (context, { blame }) =>
    decided(context, `${known(context).restoredVolumes?.source} is given up: ${blame.reason}`, blame),
  reduce: {
    done: (state, { blame }) => withRestored(state, () => ({ givenUp: blame })),
    failed: nothing,
    unknown: nothing,
  },
});

/** Where the replacement is launched. */
export const planReplacement = defineAct<{ readonly replacement: Replacement; readonly reason: string }>()(
  'plan-replacement',
  {
    ...DECISION,
    execute: (context, { replacement, reason }) =>
      decided(context, `another instance, in ${replacement.subnetId}: ${reason}`, replacement),
    reduce: {
      done: (state, { replacement }) => ({ ...state, replacement, generation: state.generation + 1 }),
      failed: nothing,
      unknown: nothing,
    },
  },
);

/** The replacement is up, and said that its client is masked. */
export const noteMasked = defineAct<object>()('note-masked', {
  ...DECISION,
  execute: (context) => decided(context, 'the new instance is up, its client is masked'),
  reduce: { done: (state) => withReplacement(state, { masked: true }), failed: nothing, unknown: nothing },
});

/** The original's client cannot run any more. */
export const noteFenced = defineAct<{ readonly by: NonNullable<Replacement['fencedBy']> }>()('note-fenced', {
  ...DECISION,
  execute: (context, { by }) => decided(context, FENCED[by]),
  reduce: {
    done: (state, { by }) => withReplacement(state, { fencingBegun: true, fencedBy: by, identity: 'none' }),
    failed: nothing,
    unknown: nothing,
  },
});

const FENCED: Readonly<Record<NonNullable<Replacement['fencedBy']>, string>> = {
  acknowledgement: 'the old client is masked',
  'root-detached': 'the old instance is stopped and has no root volume: its client cannot run',
};

export const giveUpReplacement = defineAct<{ readonly reason: string }>()('give-up-replacement', {
  ...DECISION,
  execute: (context, { reason }) => decided(context, `the new instance is given up: ${reason}`),
  reduce: {
    done: (state, { reason }) => withReplacement({ ...state, upSinceMs: null }, { givenUp: reason }),
    failed: nothing,
    unknown: nothing,
  },
});

/** The node follows its chain again. */
export const prove = defineAct<{ readonly reason: string }>()('prove', {
  ...DECISION,
  needsApproval: false,
  execute: (context, { reason }) => {
    const { ctx, heal, place } = context;
    const state = known(context);
    return stepper(ctx, place)('prove', async (): Promise<Result> => {
      const nowMs = Date.now();
      const { rung } = state;
      if (rung !== null && classOf(rung) === 'replace')
        await writeReplacementProof(heal, reservationKey(heal.payload.incidentId, state, rung), nowMs);
      await heal.journal(`${place}-decision`, {
        atMs: nowMs,
        kind: 'decision',
        sentence: `it follows its chain again: ${reason}`,
        evidence: { rung },
        fields: { rung, proved: true },
      });
      return { is: 'done', atMs: nowMs };
    });
  },
  reduce: { done: (state, { reason }) => ({ ...state, proved: reason }), failed: nothing, unknown: nothing },
});

export const DECISIONS = [
  wait,
  begin,
  takeRung,
  endRung,
  skipRung,
  chooseVolumes,
  giveUpVolumes,
  planReplacement,
  noteMasked,
  noteFenced,
  giveUpReplacement,
  prove,
] as const;
