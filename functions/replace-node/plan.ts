// What the ladder would do to a node, for people: in mode plan, in mode ask, and before a restore by hand. Also what an approval covers. Pure.

import { isVolumeType, MONTHLY_USD_PER_GIB } from '../../shared/guardrails/ebs.ts';
import { classOf, isOwnCommand, lostAddressOf, type OwnRung } from '../../shared/guardrails/replace.ts';
import type { Terms } from '../../shared/heal/approval.ts';
import type { FoundVolume, LadderState } from '../../shared/heal/memory.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { type PlanWords, planSentence } from '../../shared/model/journal-fields.ts';
import { askedText, isBlueGreen, type RequestedAction } from '../../shared/model/payload.ts';
import type { Rung } from '../../shared/model/rungs.ts';
import { copyMinutes, shrinkText } from '../../shared/readiness/shrink.ts';
import { notedBy } from './acts/table.ts';
import { begin, decide, NO_RUNG, stateBegun } from './decide.ts';
import { type Facts, followsAgain, type Needs, type Situation } from './facts.ts';
import { guardOf } from './judge.ts';
import { needsOf, RUNGS, rungsLeft } from './ladder.ts';
import { reasonOfMove } from './move.ts';
import { sourceOf } from './permission.ts';
import { measuredText } from './rungs/reindex.ts';
import { rehearsedText } from './rungs/roll-back.ts';
import { asksNode, type Decision, type End, isProof } from './rungs/rung.ts';
import { catchUpFrom, choose, initializationMinutes, UNFIT, warmingMinutes } from './rungs/swap.ts';
import { makesAgain } from './state.ts';
import { notMadeAgain } from './terminated.ts';
import { isBlameless } from './tried.ts';

export interface LadderPlan {
  readonly rungs: readonly Rung[];
  /** The data that may be restored, by name; null where there are none. */
  readonly source: string | null;
  /** What an approval covers. */
  readonly terms: Terms;
  /** Volumes or an instance were made for it before: without a yes they are put away. */
  readonly holds?: true;
  readonly sentence: string;
  readonly words: PlanWords;
  readonly evidence: {
    readonly rungs: readonly Rung[];
    /** The guards' verdict on each rung. */
    readonly guardrails: readonly { readonly rule: Rung; readonly verdict: string }[];
    readonly source: string | null;
    /** What the restored volumes cost a month while the earlier volumes are kept as well; null: none are. */
    readonly costUsdPerMonth: number | null;
    /** At most, without the catching up. */
    readonly minutes: number;
    /** Until restored data are in step with the chain, with the time until their blocks are there; null where that is not known. */
    readonly caughtUpMinutes: number | null;
    /** How that is reckoned, or why it is not known; null where nothing is restored. */
    readonly caughtUp: string | null;
  };
}

const MINUTES: Readonly<Record<Exclude<Rung, OwnRung>, number>> = {
  ...{ restart: 5, 'stop-start': 10, upgrade: 10, swap: 15, replace: 20 },
};

/** An owner's command takes as long as its owner says that it may, and a stop and a start. */
const minutesOf = (rung: Rung, { replace }: Facts['fleet']): number =>
  isOwnCommand(rung) ? (ownOf(rung, replace)?.minutes ?? 0) + MINUTES.restart : MINUTES[rung];

const ownOf = (rung: OwnRung, { rollBack, reindex }: Facts['fleet']['replace']) =>
  rung === 'roll-back' ? rollBack : reindex;

/** What an attempt would do next, or how it would end without anything that has to be asked for. */
export type Planned =
  | LadderPlan
  | { readonly refusal: Refusal }
  /** Nothing is wrong. */
  | { readonly well: string }
  /** Nothing is left to try, by what the attempts before have tried. */
  | { readonly end: End }
  /** Only what is open from before has to be proved or put away: nobody is asked for that. */
  | { readonly settles: true };

/** A plan names the data, whatever of it was read before. */
export const needsOfPlan = (situation: Situation, state: LadderState | null): Needs => {
  const needs = needsOf(situation, state);
  return { ...needs, supply: needs.supply || (state !== null && state.restoredVolumes === null && !state.moves) };
};

/** The state that a heal would begin with, if it would begin; it decides what is read about sources. */
export const stateOf = (facts: Facts): LadderState | null => stateBegun(beginUnasked(facts));

/** For a plan nothing is sent to the node: EC2's description of its volumes must be enough. */
const beginUnasked = (facts: Facts): Decision =>
  begin({ ...facts, original: facts.original && { ...facts.original, agentOnline: false } });

/**
 * @param spent the refusal of the budget of replacements, where it is used up
 * @returns a refusal where nothing would be done; `well` where nothing is wrong
 */
export function planOf(
  facts: Facts,
  spent: Refusal | null = null,
): Exclude<Planned, { readonly end: End } | { readonly settles: true }> {
  const began = facts.seen ? begin(facts) : beginUnasked(facts);
  if (began.do === 'end')
    return began.end.as === 'refused' ? { refusal: began.end.refusal } : { well: began.end.reason };
  return plannedFrom(facts, stateBegun(began), spent);
}

/** The same where an attempt of the incident has tried something before: by the memory that the next attempt goes on with. */
export function planOn(facts: Facts, memory: LadderState, spent: Refusal | null = null): Planned {
  const { state, next } = lookAhead(facts, memory);
  const holds = state.restoredVolumes !== null || state.replacement !== null;
  if (isProof(next) || (holds && followsAgain(facts))) return { settles: true };
  if (next.do !== 'end') return plannedFrom(facts, state, spent);
  return next.end.as === 'refused' ? { refusal: next.end.refusal } : { end: next.end };
}

/** Rungs whose end is known without asking the node, one after the other. */
const ENDS_AT_MOST = 2 * Object.keys(RUNGS).length;

/**
 * The next decision, where no command is sent: what only notes that a rung is of no use any more is taken as noted. Snapshots are held when something is done,
 * and for no plan.
 */
function lookAhead(facts: Facts, memory: LadderState): { readonly state: LadderState; readonly next: Decision } {
  let state: LadderState = { ...memory, hold: 'held' };
  for (let count = 0; count < ENDS_AT_MOST; count++) {
    const next = state.rung === null ? decide(facts, state) : decideUnasked(facts, state, state.rung);
    const noted = next.do === 'end' ? null : notedBy(state, next, facts.nowMs);
    if (noted === null) return { state, next };
    state = noted;
  }
  throw new Error(`a plan of ${facts.node} ends no rung for good: ${ENDS_AT_MOST} ends in a row`);
}

/** A node that has to be asked first is not: by what is known of it without its own word. */
function decideUnasked(facts: Facts, state: LadderState, rung: Rung): Decision {
  const next = decide(facts, state);
  return asksNode(next) ? RUNGS[rung].next(facts, state) : next;
}

function plannedFrom(
  facts: Facts,
  state: LadderState | null,
  spent: Refusal | null,
): LadderPlan | { readonly refusal: Refusal } {
  const holds = state !== null && (state.restoredVolumes !== null || state.replacement !== null);
  const ladder = rungsLeft(facts, state ?? NOTHING_TRIED);
  // What is left out of the ladder for a reason of its own forbids nothing else.
  const rungs = ladder.filter((rung) => !isOwnCommand(rung) || RUNGS[rung].cannotBegin(facts, null) === null);
  const verdicts = rungs.map(
    (rung) =>
      [
        rung,
        guardOf(facts, rung) ??
          (holds && rung === state?.rung
            ? null
            : (neverRefusal(facts, rung) ?? (classOf(rung) === 'replace' ? spent : null))),
      ] as const,
  );
  const [first] = verdicts;
  if (!first) {
    const refusal = {
      refuse: 'restart-forbidden',
      reason: NO_RUNG,
      page: true,
      retryAfterMs: 60 * 60_000,
    } as const;
    return { refusal };
  }
  if (first[1]) return { refusal: first[1] };
  const guardrails = verdicts.map(([rule, refusal]) => ({ rule, verdict: refusal?.reason ?? 'may be done' }));
  const allowed = verdicts.flatMap(([rung, refusal]) => (refusal ? [] : [rung]));
  // Refusals that no person decides about, and that nobody would see before the milder rungs have failed.
  const never = ladder.flatMap((rung) => {
    const why = RUNGS[rung].cannotBegin(facts, null);
    return why === null ? [] : [`; no ${rung}: ${why}`];
  });
  // A terminated node whose own volumes are left needs no other data.
  const copies = !makesAgain(state) || state?.found.dataLost === true;
  const chosen =
    state && facts.sources && copies ? choose(facts, restoring(state, allowed), state.found.availabilityZone) : null;
  const isBeside = isBlueGreen(facts.want);
  const isFirst = facts.want.do === 'upgrade' && !isBeside;
  const unfit = isBeside ? 'snapshot-unfit' : UNFIT[facts.want.do];
  if (chosen !== null && 'failed' in chosen && unfit !== undefined)
    return { refusal: { refuse: unfit, reason: chosen.failed, page: false, retryAfterMs: 60 * 60_000 } };
  if (chosen !== null && 'failed' in chosen && makesAgain(state))
    return { refusal: notMadeAgain(facts, `its volumes are gone, and ${chosen.failed}`) };
  const source = chosen === null ? null : 'failed' in chosen ? (isFirst ? TAKEN_FIRST : chosen.failed) : chosen.reason;
  const found = state?.found.volumes ?? [];
  const lacksData = chosen !== null && 'failed' in chosen && !isFirst;
  // A swap without data ends before it does anything.
  const acting = allowed.filter((rung) => !(rung === 'swap' && lacksData));
  const keepsOld = acting.some((rung) => KEEPS_OLD.includes(rung));
  const toGiB = facts.want.do === 'shrink' ? facts.want.toGiB : null;
  // Nothing is kept beside the volumes of a node that is made again.
  const addedUsdAMonth = (makesAgain(state) || !keepsOld ? [] : found).reduce(
    (sum, { type, sizeGiB }) => sum + (isVolumeType(type) ? MONTHLY_USD_PER_GIB[type] * (toGiB ?? sizeGiB) : 0),
    0,
  );
  const initializing = initializationMinutes(found, facts.fleet.replace.initializationMiBps);
  const warming = chosen === null || 'failed' in chosen ? 0 : warmingMinutes(facts, found, chosen.volumes);
  const chosenId = chosen === null || 'failed' in chosen ? null : chosen.volumes.source;
  const set = facts.sources?.good.find(({ setId }) => setId === chosenId);
  const catchUp = state && set ? catchUpFrom(facts, state, set) : null;
  const expectedMinutes = Math.ceil(
    acting.reduce((sum, rung) => sum + minutesOf(rung, facts.fleet), 0) +
      (acting.includes('swap') ? initializing + warming : 0) +
      (toGiB === null ? 0 : copyMinutes(toGiB, facts.fleet, found)),
  );
  const smaller = toGiB === null ? '' : `; ${shrinkText(toGiB, facts.fleet, found)}`;
  const why = facts.gone
    ? `its instance was terminated${copies ? `; data: ${source}` : '; its own volumes are left'}`
    : facts.want.do === 'heal'
      ? facts.move
        ? reasonOfMove(facts.move)
        : (facts.watched?.reason ?? 'it does not follow its chain')
      : askedText(facts.want);
  const beside = isBeside
    ? `; another ${facts.original?.instance.instanceType ?? 'instance'} runs beside it until it has caught up and taken its place, from ${source}`
    : '';
  const stops = allowed.filter((rung) => rung === 'stop-start' || rung === 'replace');
  const lost = stops.length > 0 && facts.original !== null ? lostAddressOf(facts.original.instance) : null;
  const own = allowed.flatMap((rung) => {
    const { command } = (isOwnCommand(rung) && ownOf(rung, facts.fleet.replace)) || {};
    return command === undefined ? [] : ([[rung, command]] as const);
  });
  const copied = state?.restoredVolumes
    ? sourceOf(state.restoredVolumes)
    : chosen === null || 'failed' in chosen
      ? null
      : sourceOf(chosen.volumes);
  const data =
    source === null || !allowed.includes('swap')
      ? ''
      : lacksData
        ? `; a swap has no data, and does nothing: ${source}`
        : `; data: ${source}`;
  const cost = keepsOld ? costText(addedUsdAMonth) : null;
  const words = {
    would: allowed.join(', then '),
    because: `${why}${state ? triedText(state) + heldText(state) : ''}${lost === null ? '' : `; its public address ${lost} becomes another one where ${stops.join(' or ')} is done`}${pointersIn(facts, allowed)}${beside}${smaller}${ownIn(facts, allowed)}${data}; ${expectedMinutes} min at most${cost === null ? '' : `, ${cost}`}${never.join('')}`,
  };
  return {
    rungs: allowed,
    source: copied,
    ...(holds && { holds: true as const }),
    terms: termsOf({ want: facts.want, rungs: allowed, found, source: copied, cost, lostAddress: lost, own }),
    sentence: planSentence(words),
    words,
    evidence: {
      rungs: allowed,
      guardrails,
      source,
      costUsdPerMonth: keepsOld ? Math.round(addedUsdAMonth * 100) / 100 : null,
      minutes: expectedMinutes,
      caughtUpMinutes: catchUp?.minutes ?? null,
      caughtUp: catchUp?.words ?? null,
    },
  };
}

/** What a person has said yes to before, and what came of it. */
function triedText({ failed, tried }: LadderState): string {
  const rungs = failed.map(({ rung, reason }) => `${rung}: ${reason}`);
  const data = tried.flatMap((one) => (isBlameless(one) ? [] : [`${one.source}: ${one.reason}`]));
  const all = [...rungs, ...data];
  return all.length === 0 ? '' : `; tried before: ${all.join('; ')}`;
}

/** What was made for it, and waits for a yes. */
function heldText(state: LadderState): string {
  const made = madeFor(state);
  return made.length === 0 ? '' : `; made for it before, and put away without a yes: ${made.join(', ')}`;
}

/** Behind the reason for which a heal does not go on now. */
export function waitingText(state: LadderState): string {
  const made = madeFor(state);
  return made.length === 0 ? '' : `. Made for it, and kept until it goes on: ${made.join(', ')}`;
}

/** The instance and the volumes that earlier attempts have made for the node, by id. Volumes of before were not made for it. */
function madeFor({ replacement, restoredVolumes }: LadderState): readonly string[] {
  const volumes = restoredVolumes === null || restoredVolumes.from === 'kept' ? [] : restoredVolumes.volumes;
  return [replacement?.instanceId ?? '', ...volumes.map(({ volumeId }) => volumeId)].filter((id) => id !== '');
}

/** Data that one rung has passed over may serve the next one. */
const restoring = (state: LadderState, rungs: readonly Rung[]): LadderState => ({
  ...state,
  rung: state.rung ?? rungs.find((rung) => rung === 'swap' || rung === 'replace') ?? null,
});

function pointersIn({ reach, fleet }: Facts, rungs: readonly Rung[]): string {
  if (!rungs.includes('replace') || !reach || reach.pointers.length === 0) return '';
  return `; without the tags of ${fleet.name}, these would go on pointing at the old instance: ${reach.pointers.join(', ')}`;
}

function ownIn(facts: Facts, rungs: readonly Rung[]): string {
  const back = rungs.includes('roll-back') ? `; roll-back: ${rehearsedText(facts)}` : '';
  return rungs.includes('reindex') ? `${back}; ${measuredText(facts)}` : back;
}

/** What is not available is reported before anything is done for it. */
function neverRefusal(facts: Facts, rung: Rung): Refusal | null {
  const reason = RUNGS[rung].cannotBegin(facts, null);
  if (reason === null) return null;
  if (facts.gone) return notMadeAgain(facts, reason);
  const refuse = facts.launch?.is === 'refused' ? 'aws-refused' : 'restart-forbidden';
  return { refuse, reason, page: true, retryAfterMs: 60 * 60_000 };
}

const NOTHING_TRIED = { rung: null, failed: [] };
/** The plan of an upgrade is made before its snapshot. */
const TAKEN_FIRST = 'of a clean snapshot, which is taken first';

export interface Covered {
  readonly want: RequestedAction;
  readonly rungs: readonly Rung[];
  readonly found: readonly FoundVolume[];
  /** `sourceOf` the volumes that would be restored; null where there are none. */
  readonly source: string | null;
  /** null: nothing is made, and no old volume is kept. */
  readonly cost: string | null;
  /** The public address that changes; null: none does. */
  readonly lostAddress: string | null;
  /** The owner's commands that are run on its data, by their rungs. */
  readonly own: readonly (readonly [Rung, string])[];
}

/** After these the volumes of before may be kept beside new ones. */
const KEEPS_OLD: readonly Rung[] = ['swap', 'replace', 'upgrade'];

const costText = (addedUsdAMonth: number): string =>
  `+$${addedUsdAMonth.toFixed(2)} a month while the old volumes are kept`;

/** Without the estimate of time and the reason: both change with each reading. */
const termsOf = ({ want, rungs, found, source, cost, lostAddress, own }: Covered): Terms => [
  ['act', wantText(want)],
  ['rungs', rungs.join(', then ')],
  [
    'volumes',
    found.map(({ volumeId, role, sizeGiB }) => `${volumeId} (${role}, ${sizeGiB} GiB)`).join(', ') || 'unknown',
  ],
  ['source', source ?? 'none'],
  ['cost', cost ?? 'nothing'],
  ...own,
  ...(lostAddress === null ? [] : [['public address', `${lostAddress} is lost`] as const]),
];

function wantText(want: RequestedAction): string {
  switch (want.do) {
    case 'heal':
      return 'heal the node';
    case 'restore': {
      const validator = want.acknowledgesValidator ? ', a validator as a person has acknowledged' : '';
      return `restore from ${want.snapshotId ?? 'the best snapshot'}${validator}`;
    }
    case 'replace-instance':
      return 'put the node on another instance';
    case 'undo':
      return 'put back what was kept';
    case 'shrink':
      return `exchange its data volume for one of ${want.toGiB} GiB, onto which the files of a clean snapshot are copied`;
    case 'upgrade':
      if (isBlueGreen(want)) return `run ${want.to} on another instance beside it, which then takes its place`;
      return `run ${want.to}, and watch it for ${want.watchMinutes} min after its proof${want.rehearsed === undefined ? '' : ` (${want.rehearsed})`}`;
  }
}
