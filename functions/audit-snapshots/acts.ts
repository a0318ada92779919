// The acts of a drill: one entry for each, with its execution, what its result means for the attempt, and what follows when it keeps failing. decide.ts
// chooses the next act.
import { askPerson } from '../../shared/heal/ask.ts';
import { claimAttempt } from '../../shared/heal/claim.ts';
import type { ActTable, Heal } from '../../shared/heal/engine.ts';
import { busy, notBegun, refused, writeOutcome } from '../../shared/heal/outcome.ts';
import type { DrillPayload } from '../../shared/model/payload.ts';
import { enable, learn, measure, meet, start, tryCommand } from './commands.ts';
import { decideNext, endingOf, leftBehind } from './decide.ts';
import { readFacts } from './facts.ts';
import { awaitBoot, launch, remove } from './machine.ts';
import {
  again,
  begunTrial,
  givenUp,
  heard,
  inherited,
  LOST,
  measured,
  over,
  removed,
  running,
  unmarked,
  unproved,
  verified,
  withId,
} from './progress.ts';
import { prove } from './proof.ts';
import { begin, change, mark, own } from './record.ts';
import { type Acts, type DrillActContext, type DrillContext, NO_CLIMB, type Progress, type Running } from './state.ts';

const ACTS: ActTable<DrillActContext, DrillPayload, Progress, Acts> = {
  claim: {
    execute: (context) => context.step('claim', () => claimAttempt(context)),
    reduce: (_progress, _act, claimed) => ('end' in claimed ? LOST : { at: 'planning', facts: null, approved: null }),
    abandon: () => null,
  },

  look: {
    execute: (context) => context.step('look', () => readFacts(context)),
    reduce: (_progress, { from }, facts) => ('refuse' in facts ? removed(refused(facts)) : { ...from, facts }),
    abandon: (_progress, _act, { message, throttled }) => removed(notBegun(message, throttled)),
  },

  ask: {
    execute: (context, _progress, question) => askPerson(context, question),
    // Hours may have gone by: everything is read again.
    reduce: (_progress, { from, terms }, answer) =>
      'refuse' in answer ? removed(refused(answer)) : { ...from, approved: terms, facts: null },
    abandon: (_progress, _act, { message, throttled }) => removed(notBegun(message, throttled)),
  },

  adopt: {
    execute: (context, _progress, { drill }) =>
      context.step('adopt', () => own(context, (record) => record.current ?? drill)),
    reduce: (_progress, _act, result, { incidentId }) =>
      'busy' in result ? removed(busy(result.busy)) : inherited(result.drill, incidentId),
    abandon: (_progress, _act, { message, throttled }) => removed(notBegun(message, throttled)),
  },

  begin: {
    execute: (context, _progress, act) => begin(context, act),
    reduce: (_progress, _act, result) => {
      if ('refuse' in result) return removed(refused(result));
      return 'busy' in result ? removed(busy(result.busy)) : running(result.drill);
    },
    // The record may have been written: the next attempt finds it.
    abandon: (_progress, _act, { message, throttled }) => removed(notBegun(message, throttled)),
  },

  launch: {
    execute: (context, _progress, act) => launch(context, act),
    reduce: (_progress, { from }, result) =>
      'failed' in result ? unproved(from, result.failed, result.isTold) : withId(from, result.instanceId),
    abandon: (_progress, act, failure) => givenUp(act, failure),
  },

  boot: {
    execute: (context, _progress, { from }) => awaitBoot(context, from.drill),
    reduce: (_progress, { from }, result) =>
      'failed' in result ? unproved(from, result.failed, result.isTold) : { ...from, isUp: true },
    abandon: (_progress, act, failure) => givenUp(act, failure),
  },

  meet: {
    execute: (context, _progress, act) => meet(context, act),
    reduce: (_progress, { from }, result) => {
      if ('again' in result) return again(from, result);
      const met: Running = {
        ...heard(from),
        held: result.holder,
        asked: from.asked + 1,
        isSilent: false,
      };
      const { seen } = result;
      if (seen === null) return met;
      if ('verdict' in seen) return over(met, seen.verdict);
      return { ...met, seen: seen.state };
    },
    abandon: (_progress, act, failure) => givenUp(act, failure),
  },

  enable: {
    execute: (context, _progress, act) => enable(context, act),
    reduce: (_progress, { from }, result) => {
      if ('again' in result) return again(from, result);
      const sent = heard(from);
      return 'verdict' in result ? over(sent, result.verdict) : { ...sent, isEnabled: true };
    },
    abandon: (_progress, act, failure) => givenUp(act, failure),
  },

  start: {
    execute: (context, _progress, act) => start(context, act),
    reduce: (_progress, { from }, result) => {
      if ('again' in result) return again(from, result);
      const sent = heard(from);
      if ('verdict' in result) return over(sent, result.verdict);
      const { upSinceMs, usedBytes } = result;
      return { ...sent, upSinceMs, usedBytes };
    },
    abandon: (_progress, act, failure) => givenUp(act, failure),
  },

  'try-command': {
    execute: (context, _progress, act) => tryCommand(context, act),
    reduce: (_progress, { from, of }, result) => {
      // It is not sent twice: what nobody answered may have been done already. What came too late was not.
      if ('again' in result) return result.isLate ? again(from, result) : unproved(from, result.failed, false);
      const sent = begunTrial(from, of, result.begunAtMs);
      if ('verdict' in result) return over(sent, result.verdict);
      const { usedBytes, upSinceMs } = result;
      return {
        ...sent,
        ...(of === 'prune' && { drill: { ...sent.drill, prunedBytes: usedBytes } }),
        ...(of === 'reindex' && { usedBytes: usedBytes?.before ?? null }),
        ...{ trial: sent.trial && { ...sent.trial, isDone: true }, upSinceMs, climb: NO_CLIMB, isSilent: false },
      };
    },
    abandon: (_progress, act, failure) => givenUp(act, failure),
  },

  prove: {
    execute: (context, _progress, act) => prove(context, act),
    reduce: (_progress, { from }, result) => {
      if ('silent' in result) return { ...from, isSilent: true, climb: result.climb };
      const { verdict } = result;
      if (verdict.is !== 'verified') return over(from, verdict);
      const isMeasured = from.drill.rehearses !== undefined || from.trial?.of === 'reindex';
      if (isMeasured) return { ...from, proved: verdict };
      // Before a command of the owner's: that reads other files.
      return from.drill.learns && from.trial === null ? { ...from, unread: verdict } : verified(from, verdict);
    },
    abandon: (_progress, act, failure) => givenUp(act, failure),
  },

  learn: {
    execute: (context, _progress, act) => learn(context, act),
    reduce: (_progress, { from, verdict }, { read }) =>
      verified({ ...heard(from), unread: null, drill: read === null ? from.drill : { ...from.drill, read } }, verdict),
    abandon: (_progress, { from, verdict }) => verified({ ...from, unread: null }, verdict),
  },

  measure: {
    execute: (context, _progress, act) => measure(context, act),
    reduce: (_progress, { from }, { usedBytes }) => measured(from, usedBytes),
    // It has proved itself: by how much its data grew is not known.
    abandon: (_progress, { from }) => measured(from, null),
  },

  mark: {
    execute: (context, _progress, act) => mark(context, act),
    reduce: (_progress, { from }, { verdict }) => ({ ...from, isMarked: true, drill: { ...from.drill, verdict } }),
    // What was found is told, and stands on the record; nothing on the snapshots says so.
    abandon: (_progress, { from }, { message }) => ({
      ...from,
      isMarked: true,
      drill: { ...from.drill, verdict: unmarked(from.drill.verdict, message) },
    }),
  },

  remove: {
    execute: (context, _progress, act) => remove(context, act),
    reduce: (_progress, { from }, result) => {
      if ('lost' in result) return LOST;
      return removed(
        'left' in result ? leftBehind(result.left) : endingOf({ ...from, drill: result.gone }, result.atMs),
      );
    },
    abandon: (_progress, { from }) =>
      removed(leftBehind({ ids: [from.drill.instanceId || 'what was launched last'], refused: null })),
  },

  defer: {
    execute: (context, _progress, { againMs, note: copies }) =>
      context.step('defer', async () => {
        // When the next set is looked for has nothing to do with a version.
        if (context.payload.rehearses !== undefined) return { done: true } as const;
        await change(context, (record) =>
          record.current === null ? { ...record, ...copies, dueAtMs: Date.now() + againMs } : null,
        );
        return { done: true } as const;
      }),
    reduce: (_progress, { ending }) => removed(ending),
    abandon: (_progress, { ending }) => removed(ending),
  },

  conclude: {
    execute: (context, _progress, { ending }) =>
      // A drill asks no node of the fleet.
      context.step('conclude', () => writeOutcome(context, ending, context.place, false)),
    reduce: (_progress, { ending }) => ({ at: 'removed', ending, isTold: true }),
    abandon: () => null,
  },
};

export const DRILL: Heal<DrillContext, DrillPayload, Progress, Acts> = {
  start: { at: 'unclaimed' },
  // A first boot that is asked each half minute, and a client that is silent and asked every five minutes for a day.
  turnLimit: 500,
  acts: ACTS,
  decide: (progress, { payload, execution }) => decideNext(progress, payload, execution),
};
