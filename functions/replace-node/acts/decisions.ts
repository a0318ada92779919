// Acts that change the state and the journal, and reserve or give back what guards count. Also the acts before the node is touched: the snapshots
// that later rungs may need are held, and the node leaves the fleet's DNS pool.

import { catchRefusal } from '../../../shared/aws/refusals.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { classOf } from '../../../shared/guardrails/replace.ts';
import {
  endPlace,
  leaveReplacement,
  reserveReplacement,
  reserveRestart,
  takeTurn,
  unreserveReplacement,
  writeReplacementProof,
} from '../../../shared/heal/budgets.ts';
import { readGuards } from '../../../shared/heal/guard.ts';
import { hold } from '../../../shared/heal/kept.ts';
import type {
  Beside,
  Blame,
  FailedRung,
  FoundNode,
  LadderState,
  Replacement,
  RestoredVolumes,
  Shortage,
  Sighting,
} from '../../../shared/heal/memory.ts';
import { noteProgress } from '../../../shared/heal/progress.ts';
import { keys, settle } from '../../../shared/heal/store.ts';
import { togetherIn } from '../../../shared/model/payload.ts';
import type { Rung } from '../../../shared/model/rungs.ts';
import { beginsAnew, type CatchUpsRecord, type ShownCatchUp, withShown } from '../../../shared/snapshots/catch-up.ts';
import { sentenceOfUnmarked } from '../../../shared/snapshots/marks.ts';
import type { SnapshotFact } from '../../../shared/snapshots/model.ts';
import { withUnplaced } from '../shortage.ts';
import {
  failRung,
  isReservedFor,
  isUnspent,
  giveUpReplacement as noteGivenUp,
  reservationKey,
  withReplacement,
  withRestored,
} from '../state.ts';
import { type ActParts, defineAct, known, type LadderActContext, nothing, type Result, WRITTEN } from './act.ts';
import { keptClientsOf, ownerOf } from './cleanup.ts';
import { decided, invoke, mutate } from './mutation.ts';

/** How many blocks of the restored volumes have arrived. */
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
  seenAfter: 'kept',
  silentAfter: 'kept',
  givesBackWhen: null,
} as const satisfies Partial<ActParts<never>>;

/** Nothing to do for this long except to look again. */
interface Wait {
  readonly seconds: number;
  readonly what: string;
  readonly progress?: Progress;
  /** What others saw of the client since it came up. */
  readonly sighting?: Sighting;
  /** It follows its chain with the new version, and is watched on. */
  readonly follows?: true;
}

/** A chain whose height nobody knows is followed by the client's own. */
const isNearer = (now: Sighting, before: Sighting): boolean =>
  now.lagBlocks !== null && before.lagBlocks !== null ? now.lagBlocks < before.lagBlocks : now.height > before.height;

export const wait = defineAct<Wait>()('wait', {
  ...DECISION,
  execute: async (context, { seconds, progress }) => {
    const { durable, leases, place, step } = context;
    const atMs = await step('waiting', async () => {
      const nowMs = Date.now();
      if (progress) await noteProgress(context, leases.holder, { ...progress, atMs: nowMs }, place);
      return nowMs;
    });
    await durable.wait(`${place}-wait`, { seconds });
    return { is: 'done', atMs };
  },
  reduce: {
    done: (_, { sighting, follows }, { atMs }, before) => {
      const waiting = {
        ...before,
        ...(before.waitingSinceMs === null && { waitingSinceMs: atMs }),
        ...(follows && before.followsSinceMs === undefined && { followsSinceMs: atMs }),
      };
      const { upSinceMs, cameUp } = before;
      if (sighting === undefined || upSinceMs === null) return waiting;
      if (cameUp?.upSinceMs !== upSinceMs)
        return { ...waiting, cameUp: { upSinceMs, height: sighting.height, first: sighting, nearest: sighting } };
      const { first = sighting, nearest } = cameUp;
      if (isNearer(sighting, nearest)) return { ...waiting, cameUp: { ...cameUp, first, nearest: sighting } };
      // It hung meanwhile, or was stopped and started: what it shows of a catch-up begins here.
      return { ...waiting, cameUp: { ...cameUp, first: beginsAnew(first, nearest, sighting) ? sighting : first } };
    },
    failed: (_, __, ___, before) => before,
    unknown: (_, __, ___, before) => before,
  },
});

const wordOf = ({ machine, dataLost }: FoundNode): string =>
  machine === undefined ? 'found' : `terminated, its volumes ${dataLost ? 'gone with it' : 'are left'}`;

/** The heal begins: how the node was found. */
export const begin = defineAct<{ readonly state: LadderState }>()('begin', {
  ...DECISION,
  execute: (context, { state: { found } }) =>
    decided(
      context,
      `${wordOf(found)}: ${found.volumes.map(({ role, volumeId, sizeGiB }) => `${role} ${volumeId} of ${sizeGiB} GiB`).join(', ') || 'no volume that can be told'}; client ${found.client}${found.height === null ? '' : `; height ${found.height}, ${found.lagBlocks} behind`}`,
      found,
    ),
  reduce: { ...WRITTEN, done: (_, { state }) => state },
  firstState: ({ state }) => state,
});

/** The fleet's turn and the budgets come before the first act of a rung. A rung that already has them keeps them. */
export const takeRung = defineAct<{ readonly rung: Rung; readonly reason: string }>()('take-rung', {
  ...DECISION,
  recovers: false,
  needsApproval: ({ rung, reason }) => ({ rung, reason }),
  execute: (context, { rung, reason }) =>
    context.step('take-rung', async (): Promise<Result> => {
      const guarded = await readGuards(context);
      if ('refuse' in guarded) return { is: 'refused', refusal: guarded };
      const nowMs = Date.now();
      const reserved = await reserveFor(context, guarded.fleet, rung, nowMs);
      if ('refuse' in reserved) return { is: 'refused', refusal: reserved };
      // What was observed has become old in this very step: the next turn waits for the next observation.
      if ('blind' in reserved) return { is: 'failed', atMs: nowMs, reason: reserved.blind };
      await context.journal(`${context.place}-decision`, {
        atMs: nowMs,
        kind: 'decision',
        sentence: `${rung}: ${reason}`,
        evidence: { rung },
        fields: { rung, reason },
      });
      return { is: 'done', atMs: nowMs };
    }),
  reduce: {
    ...WRITTEN,
    done: (state, { rung }) => ({ ...state, rung, upSinceMs: null, inspectedAtMs: null }),
  },
});

async function reserveFor(
  context: LadderActContext,
  fleet: Fleet,
  rung: Rung,
  nowMs: number,
): ReturnType<typeof reserveRestart> {
  const { incidentId, want } = context.payload;
  // Where the chain stops for an upgrade all nodes stand: none has to be spared, and none waits for another. Validators still go one by one.
  if (want.do === 'upgrade' && want.atHeight !== undefined && !want.acknowledgesValidator) return { reserved: true };
  if (want.do === 'undo' || rung === 'upgrade' || known(context).upgrade !== undefined)
    return takeTurnOf(context, rung);
  const key = reservationKey(incidentId, known(context), rung);
  return classOf(rung) === 'restart'
    ? reserveStop(context, fleet, key, nowMs)
    : reserveReplacement(context, fleet, key, nowMs);
}

/** Where a mate of the same upgrade has begun to put back in this very moment, the next turn of this heal waits for it. */
async function takeTurnOf(context: LadderActContext, rung: Rung): ReturnType<typeof reserveRestart> {
  const taken = await takeTurn(context, rung === 'swap');
  const isShared = togetherIn(context.payload.want).length > 0 && known(context).upgrade !== undefined;
  return 'refuse' in taken && rung === 'swap' && isShared ? { blind: taken.reason } : taken;
}

/** A well node is stopped, and data are taken back or built again, only while no other node of the fleet is being replaced or stopped. */
async function reserveStop(
  context: LadderActContext,
  fleet: Fleet,
  key: string,
  nowMs: number,
): ReturnType<typeof reserveRestart> {
  if (!known(context).moves && !isOwnReserved(key)) return reserveRestart(context, fleet, key, nowMs);
  const turn = await takeTurn(context);
  if ('refuse' in turn) return turn;
  const reserved = await reserveRestart(context, fleet, key, nowMs);
  if (!('reserved' in reserved)) await leaveReplacement(context);
  return reserved;
}

const isOwnReserved = (key: string): boolean => isReservedFor(key, 'roll-back') || isReservedFor(key, 'reindex');

/** A rung did not help. What it made was given back before, or was never made. */
export const endRung = defineAct<{ readonly reason: string; readonly code?: FailedRung['code'] }>()('end-rung', {
  ...DECISION,
  needsApproval: false,
  onlyNotes: true,
  givesBackWhen: 'done',
  execute: (context, { reason }) => {
    const { rung } = known(context);
    return decided(context, `${rung} did not help: ${reason}`, { rung });
  },
  reduce: { ...WRITTEN, done: (state, { reason, code }) => failRung(state, reason, code && { code }) },
});

/** Known before anything of the rung is begun: it cannot be climbed. */
export const skipRung = defineAct<{ readonly rung: Rung; readonly reason: string }>()('skip-rung', {
  ...DECISION,
  onlyNotes: true,
  execute: (context, { rung, reason }) => decided(context, `${rung} is not begun: ${reason}`, { rung }),
  reduce: {
    ...WRITTEN,
    done: (state, { rung, reason }) => ({ ...state, failed: [...state.failed, { rung, reason, notBegun: true }] }),
  },
});

/** Which data are restored. */
export const chooseVolumes = defineAct<{ readonly volumes: RestoredVolumes; readonly reason: string }>()(
  'choose-volumes',
  {
    ...DECISION,
    needsApproval: ({ volumes }) => ({ volumes }),
    execute: (context, { volumes, reason }) => decided(context, `copy ${reason}`, volumes),
    reduce: {
      ...WRITTEN,
      done: (state, { volumes }) => ({ ...state, restoredVolumes: volumes, generation: state.generation + 1 }),
    },
  },
);

export const giveUpVolumes = defineAct<{ readonly blame: Blame }>()('give-up-volumes', {
  ...DECISION,
  execute: (context, { blame }) =>
    decided(context, `${known(context).restoredVolumes?.source} is given up: ${blame.reason}`, blame),
  reduce: {
    ...WRITTEN,
    done: (state, { blame }) => withRestored(state, () => ({ givenUp: blame })),
  },
});

/** The new version does not prove itself, or nobody asks for it any more. The first reason stays. */
export const giveUpVersion = defineAct<{ readonly reason: string }>()('give-up-version', {
  ...DECISION,
  needsApproval: false,
  execute: (context, { reason }) => {
    const { from = '', to = '' } = known(context).upgrade ?? {};
    return decided(context, `${to} is given up, ${from} comes back: ${reason}`, { from, to });
  },
  reduce: {
    ...WRITTEN,
    done: (state, { reason }) =>
      state.upgrade === undefined
        ? state
        : { ...state, upSinceMs: null, upgrade: { ...state.upgrade, givenUp: state.upgrade.givenUp ?? reason } },
  },
});

/** The new version does not prove itself, and the chain has left the one before: it stays, and the node is a person's, or the next heal's. */
export const keepVersion = defineAct<{ readonly reason: string }>()('keep-version', {
  ...DECISION,
  needsApproval: false,
  execute: (context, { reason }) => {
    const { from = '', to = '' } = known(context).upgrade ?? {};
    return decided(context, `${to} stays, although it does not prove itself: ${reason}`, { from, to });
  },
  reduce: {
    ...WRITTEN,
    done: ({ upgrade: _, ...state }, { reason }) => failRung({ ...state, upSinceMs: null }, reason),
  },
});

/** Its machine has died in the middle of the switch: what was owed to it is over, and the rung that revives the machine is free. */
export const loseVersion = defineAct<{ readonly reason: string }>()('lose-version', {
  ...DECISION,
  needsApproval: false,
  execute: (context, { reason }) => {
    const { to = '' } = known(context).upgrade ?? {};
    return decided(context, `what became of ${to} nobody knows: ${reason}`, { to });
  },
  reduce: {
    ...WRITTEN,
    done: ({ upgrade: _, ...state }, { reason }) => failRung({ ...state, upSinceMs: null }, reason),
  },
});

/** Where the replacement is launched. */
export const planReplacement = defineAct<{
  readonly replacement: Replacement;
  /** Of an upgrade: the version that it runs beside the node first. */
  readonly beside?: Beside;
  readonly reason: string;
}>()('plan-replacement', {
  ...DECISION,
  execute: (context, { replacement, reason }) =>
    decided(context, `another instance, in ${replacement.subnetId}: ${reason}`, replacement),
  reduce: {
    ...WRITTEN,
    done: (state, { replacement, beside }) => ({
      ...{ ...state, replacement, generation: state.generation + 1 },
      ...(beside !== undefined && { beside }),
    }),
  },
});

/** The replacement is up, and said that its client is masked. */
export const noteMasked = defineAct<object>()('note-masked', {
  ...DECISION,
  execute: (context) => decided(context, 'the new instance is up, its client is masked'),
  reduce: { ...WRITTEN, done: (state) => withReplacement(state, { masked: true }) },
});

/** The original's client cannot run any more. */
export const noteFenced = defineAct<{ readonly by: NonNullable<Replacement['fencedBy']> }>()('note-fenced', {
  ...DECISION,
  execute: (context, { by }) => decided(context, FENCED[by]),
  reduce: {
    ...WRITTEN,
    done: (state, { by }) => withReplacement(state, { fencingBegun: true, fencedBy: by, identity: 'none' }),
  },
});

const FENCED: Readonly<Record<NonNullable<Replacement['fencedBy']>, string>> = {
  acknowledgement: 'the old client is masked',
  'root-detached': 'the old instance is stopped and has no root volume: its client cannot run',
  terminated: 'the old instance is terminated: its client cannot run',
};

/** `shortOf`: EC2 had no room for it after all. `isUnopened`: its client syncs from the first block. `isUnpermitted`: nobody has approved it. */
export const giveUpReplacement = defineAct<{
  readonly reason: string;
  readonly shortOf?: Shortage['of'];
  readonly isUnopened?: true;
  readonly isUnpermitted?: true;
}>()('give-up-replacement', {
  ...DECISION,
  execute: (context, { reason }) => decided(context, `the new instance is given up: ${reason}`),
  reduce: {
    ...WRITTEN,
    done: (state, { reason, shortOf, ...why }, { atMs }) => {
      const { subnetId = '' } = state.replacement ?? {};
      const noted = shortOf
        ? withUnplaced(state, { subnetId, reason, isEverywhere: shortOf === 'quota' }, shortOf, atMs)
        : state;
      return noteGivenUp(noted, reason, why);
    },
  },
});

/** Kept for the plans of later heals. */
async function noteCatchUp(
  { store, payload: { fleet, node } }: LadderActContext,
  shown: Omit<ShownCatchUp, 'node'>,
): Promise<void> {
  await settle<CatchUpsRecord, void>(
    store,
    keys.catchUps(fleet),
    () => store.readCatchUps(fleet),
    (read) => ({ result: undefined, write: withShown(read, { ...shown, node }).next }),
  );
}

/** The node follows its chain again. */
export const prove = defineAct<{
  readonly reason: string;
  readonly shown?: Pick<ShownCatchUp, 'blocks' | 'seconds'>;
}>()('prove', {
  ...DECISION,
  needsApproval: false,
  execute: (context, { reason, shown }) => {
    const state = known(context);
    return context.step('prove', async (): Promise<Result> => {
      const nowMs = Date.now();
      const { rung } = state;
      const key = rung === null ? '' : reservationKey(context.payload.incidentId, state, rung);
      // A node that came back before anything was done to it has cost no replacement.
      if (rung !== null && classOf(rung) === 'replace')
        await (isUnspent(state) && state.restoredVolumes === null
          ? unreserveReplacement(context, key)
          : writeReplacementProof(context, key, nowMs));
      if (rung !== null && classOf(rung) === 'restart')
        await endPlace(context, key, { as: isUnspent(state) ? 'undone' : 'proved', atMs: nowMs, reason });
      if (shown !== undefined && rung !== null) await noteCatchUp(context, { ...shown, key, atMs: nowMs });
      await context.journal(`${context.place}-decision`, {
        atMs: nowMs,
        kind: 'decision',
        sentence: `it follows its chain again: ${reason}`,
        evidence: { rung, ...(shown && { caughtUp: shown }) },
        fields: { rung, proved: true },
      });
      return { is: 'done', atMs: nowMs };
    });
  },
  reduce: { ...WRITTEN, done: (state, { reason }) => ({ ...state, proved: reason }) },
});

/** The fields of a snapshot that holding it needs. */
export type Held = Pick<SnapshotFact, 'snapshotId' | 'policyId' | 'locked' | 'tags' | 'ledger'>;

/** The parts that both acts share. */
const PRECAUTION = {
  intent: null,
  recovers: false,
  needsApproval: true,
  seenAfter: 'kept',
  silentAfter: 'kept',
  givesBackWhen: null,
} as const satisfies Partial<ActParts<never>>;

interface Supply {
  readonly snapshots: readonly Held[];
  /** Why others are not held, for the journal. */
  readonly notUsed: readonly string[];
  /** The snapshots to hold could not be read. */
  readonly isUnread: boolean;
}

/** A snapshot that cannot be held stops neither the hold of the others nor the rung. */
export const holdSnapshots = defineAct<Supply>()('hold-snapshots', {
  ...PRECAUTION,
  retryKey: 'kind',
  execute: (context, { snapshots, notUsed }) => {
    const held =
      snapshots.length === 0
        ? 'no snapshot is protected from deletion'
        : 'no retention deletes these snapshots while the incident lasts';
    return mutate(context, {
      act: `CreateTags ${snapshots.map(({ snapshotId }) => snapshotId).join(' ')}`.trim(),
      sentence: [held, ...notUsed].join('; '),
      bookkeeping: true,
      bestEffort: true,
      call: async () => {
        const unmarked = await hold(keptClientsOf(context), ownerOf(context), snapshots, Date.now());
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

/** Seconds after the record's TTL: by then resolvers have forgotten the address. */
const AFTER_TTL_SECONDS = 5;

export const leavePool = defineAct<object>()('leave-pool', {
  ...PRECAUTION,
  retryKey: 'kind',
  execute: async (context) => {
    const { durable, environment, journal, payload, place, step } = context;
    const left = await step('leave-pool', async () => {
      const guarded = await readGuards(context);
      if ('refuse' in guarded) return guarded;
      await journal(`${place}-intent`, {
        atMs: Date.now(),
        kind: 'intent',
        sentence: 'it leaves the pool first',
        act: 'Invoke register-nodes',
      });
      const asked = await catchRefusal(async () => {
        await invoke(context, environment.REGISTER_NODES_FUNCTION, { kind: 'reconcile', fleet: payload.fleet });
        return { accepted: true } as const;
      });
      return { ttlSeconds: guarded.fleet.dns?.ttlSeconds ?? 0, ...asked };
    });
    if ('refuse' in left) return { is: 'refused', refusal: left };
    await durable.wait(`${place}-wait`, { seconds: left.ttlSeconds + AFTER_TTL_SECONDS });
    const atMs = await step('now', async () => Date.now());
    // The heal goes on even if this could not be asked for: a record that outlives the stop by minutes is reported.
    const failed =
      'refused' in left ? `${left.refused}; its names follow with the next run of register-nodes` : undefined;
    const sentence = failed === undefined ? 'asked for, and resolvers have forgotten it' : `failed: ${failed}`;
    const fields =
      failed === undefined ? ({ status: 'done' } as const) : ({ status: 'failed', reason: failed } as const);
    await step('result', () =>
      journal(`${place}-result`, { atMs, kind: 'result', sentence, act: 'Invoke register-nodes', fields }),
    );
    return 'refused' in left ? { is: 'failed', atMs, reason: left.refused } : { is: 'done', atMs };
  },
  reduce: {
    done: (state) => ({ ...state, pool: 'left' }),
    // register-nodes also runs on its schedule, and sees that the node is not synced.
    failed: (state) => ({ ...state, pool: 'left', setback: null }),
    unknown: nothing,
  },
});

export const DECISIONS = [
  wait,
  begin,
  takeRung,
  endRung,
  skipRung,
  chooseVolumes,
  giveUpVolumes,
  giveUpVersion,
  keepVersion,
  loseVersion,
  planReplacement,
  noteMasked,
  noteFenced,
  giveUpReplacement,
  prove,
  holdSnapshots,
  leavePool,
] as const;
