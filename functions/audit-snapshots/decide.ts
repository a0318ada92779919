// Decides the next act: one pure decision over the progress of the attempt. Every path that has written the record leads to the removal of what it names.
import { placeOf } from '../../shared/fleet/model.ts';
import { changedTerms, type Terms } from '../../shared/heal/approval.ts';
import {
  addedOn,
  type Drill,
  type DrillVerdict,
  freedOn,
  nextSet,
  pruneTrialText,
  recoverability,
  reindexTrialText,
  trialText,
  usdOf,
} from '../../shared/heal/drill.ts';
import type { End } from '../../shared/heal/engine.ts';
import { type Ending, failed, refused } from '../../shared/heal/outcome.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { DrillPayload } from '../../shared/model/payload.ts';
import type { SnapshotSet } from '../../shared/snapshots/model.ts';
import { againMs, copiedText, copiesLate, copiesNote, provedLately } from './copies.ts';
import { refusalOf } from './judge.ts';
import type { Act, CopiesNote, DrillFacts, Left, Planning, Progress, Removing, Running } from './state.ts';

type About = Pick<DrillPayload, 'fleet' | 'node' | 'incidentId' | 'attempt' | 'mode' | 'requestedBy' | 'rehearses'>;

const HOUR_MS = 60 * 60_000;
/** Then the newest copy is looked at: that people were told proves nothing. */
const AFTER_TOLD_MS = 10 * 60_000;
const DAY_MS = 24 * HOUR_MS;
/** So often an instance whose user data run is asked again, every half minute. */
export const FIRST_BOOT_ASKS = 60;

export function decideNext(progress: Progress, about: About, execution: string): Act | End {
  switch (progress.at) {
    case 'unclaimed':
      return { do: 'claim' };
    case 'lost':
      return { do: 'end', ending: null };
    case 'planning':
      return plan(progress, about, execution);
    case 'running':
      return run(progress);
    case 'removing':
      return remove(progress);
    case 'removed':
      return progress.isTold ? { do: 'end', ending: progress.ending } : { do: 'conclude', ending: progress.ending };
  }
}

function plan(from: Planning, about: About, execution: string): Act {
  const { facts, approved } = from;
  if (facts === null) return { do: 'look', from };
  // No matter what the fleet file says now: what is there costs money.
  if (facts.record.current !== null) return { do: 'adopt', drill: facts.record.current };
  // Whatever else goes on. A person who asks wants the newest opened, however old it is.
  const late = about.requestedBy === 'person' ? null : copiesLate(facts);
  if (late) return { do: 'defer', ...late, againMs: AFTER_TOLD_MS };
  const note = copiesNote(facts);
  const refusal = refusalOf(facts, about);
  if (refusal) return defers(refusal, note);
  const { fleet, record, nowMs } = facts;
  const { maxAgeHours = 48, everyHours = 24 } = fleet.drills ?? {};
  // A version is tried on the newest set, whatever is known of that.
  const isAsked = about.requestedBy === 'person' || about.rehearses !== undefined;
  const chosen = nextSet(facts.good, record, { maxAgeHours, nowMs, isAsked });
  const nothing = (why: string): Act => ({
    do: 'defer',
    ending: { outcome: 'healed', reason: `${why}: ${recoverability(record, nowMs)}` },
    againMs: againMs(facts, everyHours * HOUR_MS),
  });
  if ('none' in chosen)
    return chosen.none === 'nothing new'
      ? nothing('no set is newer than the last that was proved')
      : defers(noSet(facts), note);
  const lately = isAsked ? null : provedLately(facts, everyHours);
  if (lately !== null) return nothing(lately);
  const drill = drillOf(facts, chosen, about, execution);
  const terms = termsOf(facts, drill);
  const since = approved && changedTerms(approved, terms);
  if (since) return defers(exceeded(since), note);
  const reason = sentenceOf(facts, drill);
  if (about.mode === 'act' || approved) return { do: 'begin', facts, drill, reason };
  const words = { would: reason, because: '' };
  if (about.mode === 'ask') return { do: 'ask', from, sentence: reason, words, terms };
  return { do: 'defer', ending: { outcome: 'planned', reason, plan: words }, againMs: DAY_MS };
}

const defers = (refusal: Refusal, note: CopiesNote): Act => ({
  ...{ do: 'defer', note },
  ending: refused(refusal),
  againMs: Math.max(refusal.retryAfterMs, 10 * 60_000),
});

function noSet({ refused: why, good, fleet }: DrillFacts): Refusal {
  const shown = why.slice(0, 3).map((one) => `${one.setId}: ${one.why}`);
  const reason =
    good.length > 0
      ? 'every good set was tried'
      : [
          fleet.copiesFrom ? `there is no good copy of ${placeOf(fleet.copiesFrom)}` : 'there is no good set',
          ...shown,
        ].join('; ');
  return { refuse: 'no-good-snapshot', reason, page: false, retryAfterMs: HOUR_MS };
}

const exceeded = (since: string): Refusal => ({
  refuse: 'approval-exceeded',
  reason: `the plan has changed since it was approved: ${since}`,
  page: false,
  retryAfterMs: 60_000,
});

function drillOf(
  { shapes, pattern, copies, subnetIds, nowMs, usdPerHour, fleet }: DrillFacts,
  set: SnapshotSet,
  about: About,
  execution: string,
): Drill {
  const parts = (shapes ?? []).map((shape) => {
    const part = set.parts[shape.role];
    return { ...shape, snapshotId: part?.snapshotId ?? '', sizeGiB: Math.max(shape.sizeGiB, part?.sizeGiB ?? 0) };
  });
  const [first] = Object.values(set.parts);
  const { rollBack, reindex, warm, initializationMiBps } = fleet.replace;
  const { prune } = fleet.disk;
  // Where copies of another region or account are opened there are no nodes whose data are restored, and nothing is built again.
  const isNodesOwn = about.rehearses === undefined && copies === undefined;
  return {
    ...{ incidentId: about.incidentId, execution },
    set: {
      ...{ setId: set.setId, node: set.node, takenAtMs: set.takenAtMs, rank: set.rank, height: set.height },
      ...{ blockHash: first?.ledger.blockHash ?? null, parts },
    },
    ...(about.rehearses !== undefined && { rehearses: about.rehearses }),
    ...(about.rehearses === undefined && rollBack?.rehearse === true && { rollsBack: rollBack.command }),
    ...(about.rehearses === undefined && prune?.rehearse === true && { prunes: prune.command }),
    ...(isNodesOwn && reindex && { reindexes: reindex.command }),
    ...(isNodesOwn && warm && initializationMiBps === undefined && { learns: true as const }),
    // A new one for each attempt: the one of an attempt before has launched what is gone by now.
    token: `${about.incidentId}-${about.attempt}-drill`.slice(0, 60),
    subnetIds,
    instanceType: pattern?.instanceType ?? copies?.instanceType ?? '',
    ...{ startedAtMs: nowMs, instanceId: '', usdPerHour, verdict: null },
  };
}

/** What an approval covers. */
function termsOf({ fleet }: DrillFacts, drill: Drill): Terms {
  const { set, instanceType, subnetIds, rehearses } = drill;
  const own = triedText(drill);
  const what = `start ${rehearses === undefined ? 'its client' : rehearses}${own === null ? '' : `, run ${own} on its data once they are proved`}`;
  return [
    ['act', `launch a throw-away instance with volumes of this set, ${what}, and remove all of it again`],
    ['set', `${set.setId} (${set.parts.map(({ snapshotId }) => snapshotId).join(', ')})`],
    ['instance', `${instanceType} in ${subnetIds.join(' or ')}, with ${fleet.drills?.securityGroup} alone`],
    ['limit', `${fleet.drills?.hours} h, and $${fleet.drills?.dollarsPerMonth} a month`],
  ];
}

/** "/opt/node/roll-back, then /opt/node/prune"; null where none is tried. */
function triedText({ rollsBack, prunes, reindexes }: Drill): string | null {
  const commands = [rollsBack, prunes, reindexes].filter((command) => command !== undefined);
  return commands.length === 0 ? null : commands.join(', then ');
}

function sentenceOf(facts: DrillFacts, drill: Drill): string {
  const { set, instanceType, usdPerHour, rehearses } = drill;
  const own = triedText(drill);
  const from = set.height === null ? 'a height that nobody wrote down' : `height ${set.height}`;
  return (
    `${rehearses === undefined ? '' : `try ${rehearses} before a node gets it: `}open ${set.setId} of ${set.node} (${set.rank}, ${from}, the chain is at ${facts.tip}${copiedText(facts, set)}) on a throw-away ${instanceType}, at about ` +
    `$${usdPerHour.toFixed(2)} an hour, ${own === null ? '' : `try ${own} there once it is proved, `}and remove it again`
  );
}

function run(from: Running): Act {
  const { drill, isUp, held, seen, upSinceMs, isSilent, proved, unread } = from;
  if (proved !== null) return { do: 'measure', from };
  if (unread !== null) return { do: 'learn', from, verdict: unread };
  if (drill.instanceId === '') return { do: 'launch', from };
  if (!isUp) return { do: 'boot', from };
  if (held === null || seen === null || isSilent) return { do: 'meet', from };
  if (!from.isEnabled && drill.rehearses !== undefined) return { do: 'enable', from, version: drill.rehearses };
  if (upSinceMs === null) return { do: 'start', from };
  if (from.trial?.isDone === false) {
    const { of } = from.trial;
    const { rollsBack = '', prunes = '', reindexes = '' } = drill;
    return { do: 'try-command', from, of, command: { 'roll-back': rollsBack, prune: prunes, reindex: reindexes }[of] };
  }
  return { do: 'prove', from, upSinceMs };
}

function remove(from: Removing): Act {
  const { verdict } = from.drill;
  if (!from.isMarked && verdict !== null) return { do: 'mark', from, verdict };
  return { do: 'remove', from };
}

/** What could not be removed is tried again each half hour, whoever has let it go by then. */
export const leftBehind = ({ ids, refused: why }: Left): Ending =>
  failed(
    'drill-left',
    `${ids.join(' ')} of a drill cannot be removed, and cost money${why === null ? '' : `: AWS refuses: ${why}`}: aws ec2 terminate-instances, aws ec2 delete-volume`,
    { page: true, retryAfterMs: 30 * 60_000 },
  );

/** Everything is gone. */
export function endingOf({ drill, isInherited }: Removing, nowMs: number): Ending {
  const verdict: DrillVerdict | null = drill.verdict;
  const { setId } = drill.set;
  const cost = `$${usdOf(drill, nowMs).toFixed(2)}; everything that the drill made is removed`;
  if (verdict === null || isInherited)
    return waits(
      `an attempt before this one has left ${drill.instanceId || 'what it was launching'}${verdict ? `, and found ${setId} ${verdict.is}: ${verdict.reason}` : ''}: removed, ${cost}`,
    );
  const minutes = Math.max(1, Math.round((verdict.atMs - drill.startedAtMs) / 60_000));
  if (drill.rehearses !== undefined) return endOfRehearsal(drill, drill.rehearses, verdict, { minutes, cost });
  switch (verdict.is) {
    case 'verified':
      return endOfVerified(drill, `${setId} is verified: ${verdict.reason}, ${minutes} min after the launch, ${cost}`);
    case 'unfit':
      return {
        ...{ outcome: 'escalated', code: 'set-unfit', asFound: true },
        reason: `${setId} of ${drill.set.node} is quarantined: ${verdict.reason} (${cost})`,
      };
    case 'unproved':
      return verdict.isTold
        ? {
            ...{ outcome: 'escalated', code: 'drill-unproved', asFound: true },
            reason: `the drill of ${setId} proved nothing: ${verdict.reason} (${cost})`,
          }
        : waits(`the drill of ${setId} proved nothing: ${verdict.reason} (${cost})`);
  }
}

/** What came of the owner's commands is told with it: one that did not come through is done to no node. */
function endOfVerified(drill: Drill, reason: string): Ending {
  const told = trialsOf(drill);
  if (told.every(({ isFine }) => isFine))
    return { outcome: 'healed', reason: [reason, ...told.map(({ text }) => text)].join('; ') };
  const failed = told.filter(({ isFine }) => !isFine).map(({ text }) => text);
  const fine = told.filter(({ isFine }) => isFine).map(({ text }) => text);
  return {
    ...{ outcome: 'escalated', code: 'drill-unproved', asFound: true },
    reason: `${failed.join('; ')}. No node gets it. ${[reason, ...fine].join('; ')}`,
  };
}

function trialsOf(drill: Drill): readonly { readonly text: string; readonly isFine: boolean }[] {
  const { rollsBack, rolledBack, rolledBackAtMs = 0, prunes, pruned, prunedAtMs = 0, prunedBytes = null, set } = drill;
  const { reindexes, reindexed, reindexedAtMs = 0 } = drill;
  // One that gave way to a heal says nothing, and is tried again.
  const isFine = (verdict: DrillVerdict): boolean =>
    verdict.is === 'verified' || (verdict.is === 'unproved' && !verdict.isTold);
  const of = (command: string, verdict: DrillVerdict, sinceMs: number) => ({
    ...{ command, setId: set.setId, ...verdict, minutes: (verdict.atMs - sinceMs) / 60_000 },
  });
  return [
    ...(rollsBack === undefined || rolledBack === undefined
      ? []
      : [{ text: trialText(of(rollsBack, rolledBack, rolledBackAtMs)), isFine: isFine(rolledBack) }]),
    ...(prunes === undefined || pruned === undefined
      ? []
      : [
          {
            text: pruneTrialText({ ...of(prunes, pruned, prunedAtMs), freedGiB: freedOn(prunedBytes) }),
            isFine: isFine(pruned),
          },
        ]),
    ...(reindexes === undefined || reindexed === undefined
      ? []
      : [
          {
            text: reindexTrialText({ ...of(reindexes, reindexed, reindexedAtMs), addedGiB: addedOn(reindexed) }),
            isFine: isFine(reindexed),
          },
        ]),
  ];
}

/** Version or set, either may be at fault: no snapshot is marked, and a person is told. The node that gave the set was stopped for it. */
function endOfRehearsal(
  { set: { setId } }: Drill,
  to: string,
  verdict: DrillVerdict,
  { minutes, cost }: { readonly minutes: number; readonly cost: string },
): Ending {
  switch (verdict.is) {
    case 'verified':
      return {
        outcome: 'healed',
        reason: `${to} goes on from a copy of ${setId}: ${verdict.reason}, ${minutes} min after the launch, ${cost}`,
      };
    case 'unfit':
      return {
        ...{ outcome: 'escalated', code: 'upgrade-failed', asFound: true },
        reason: `${to} on a copy of ${setId}: ${verdict.reason}. No node got it (${cost})`,
      };
    case 'unproved':
      return verdict.isTold
        ? {
            ...{ outcome: 'escalated', code: 'upgrade-failed', asFound: true },
            reason: `${to} did not prove itself on a copy of ${setId}: ${verdict.reason}. No node got it (${cost})`,
          }
        : waits(`${to} did not prove itself on a copy of ${setId}: ${verdict.reason} (${cost})`);
  }
}

const waits = (reason: string): Ending =>
  refused({ refuse: 'drill-waits', reason, page: false, retryAfterMs: HOUR_MS });
