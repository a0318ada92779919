// What all rungs of the ladder share: the types of a rung and a decision, and the bounds of waits and retries. Also the proof, and what the heal must
// put back before it may give up. Pure.
import { consensusUnitOf } from '../../../shared/fleet/consensus-client.ts';
import { heightProbeOf } from '../../../shared/fleet/model.ts';
import { peersLacking } from '../../../shared/guardrails/peers.ts';
import type {
  CleanupPiece,
  FailedRung,
  FoundVolume,
  LadderState,
  Setback,
  Sighting,
} from '../../../shared/heal/memory.ts';
import { isStopOwed, mayBeOnStandby } from '../../../shared/heal/ticket.ts';
import type { FailureCode, GuardrailCode, Refusal } from '../../../shared/model/guardrail-codes.ts';
import { endOf } from '../../../shared/node-commands/client-end.ts';
import { beginsAnew, type DataHeight, UNOPENED } from '../../../shared/snapshots/anew.ts';
import { shownBetween } from '../../../shared/snapshots/catch-up.ts';
import { cleanUp } from '../acts/cleanup.ts';
import { endRung, leavePool, type Progress, prove, wait } from '../acts/decisions.ts';
import { changeTypeOf, join, standBy, startInstanceOf, stopInstanceOf } from '../acts/instances.ts';
import { inspect, maskOriginal, restart, startAgain } from '../acts/node-commands.ts';
import { type Act, retryKeyOf } from '../acts/table.ts';
import { attach, detach, keepVolumes } from '../acts/volumes.ts';
import type { Facts } from '../facts.ts';
import { diskFullFirst } from '../full.ts';
import { guardOf, judgeProof, type Verdict } from '../judge.ts';
import { laterEachTime, leftToPerson } from '../person.ts';
import { isUnstarted, unstartedRefusal } from '../shortage.ts';
import { judgeStalled } from '../stalled.ts';
import { ASKED_AT_MOST, isPending, phaseOf, type Which } from '../state.ts';

/** One measure that may help a node. */
export interface Rung {
  /** The budget that counts it, and the guards that apply. */
  readonly class: 'restart' | 'replace';
  /** Nothing is decided before the original has answered under the fence of this attempt. */
  readonly asksOriginalFirst: boolean;
  /** Why the rung cannot be climbed, as known before anything of it is begun; null where there is no reason. `state` is null for a plan. */
  cannotBegin(facts: Facts, state: LadderState | null): string | null;
  /** The next act once the rung is taken: until the node is proved, or until the rung has ended and nothing of it is left. */
  next(facts: Facts, state: LadderState): Decision;
}

export type End =
  | { readonly as: 'healed'; readonly reason: string }
  /** `leavesNothing`: what is known of an earlier heal is over with it. */
  | { readonly as: 'refused'; readonly refusal: Refusal; readonly leavesNothing?: true }
  /** Something must be put back, and that fails: a person is paged, and the next attempt continues from here. */
  | { readonly as: 'failed'; readonly code: FailureCode; readonly reason: string; readonly retryAfterMs: number }
  | {
      readonly as: 'escalated';
      readonly code: FailureCode | GuardrailCode;
      readonly reason: string;
      /** Whether the node is as it was found. */
      readonly asFound: boolean;
      /** Its client did not open the data that it had, and syncs from the first block. */
      readonly unopened?: true;
    };

export interface Ended {
  readonly do: 'end';
  readonly end: End;
}

export type Decision = Act | Ended;

export const ended = (end: End): Ended => ({ do: 'end', end });

export const refuse = (
  code: Refusal['refuse'],
  reason: string,
  { page = false, retryAfterMs = 5 * 60_000 }: { readonly page?: boolean; readonly retryAfterMs?: number } = {},
): Ended => ended({ as: 'refused', refusal: { refuse: code, reason, page, retryAfterMs } });

/** The rung may not end yet, and it cannot continue either: the attempt fails, and a person is paged. */
export const stuck = (reason: string): Ended =>
  ended({ as: 'failed', code: 'step-failed', reason, retryAfterMs: 30 * 60_000 });

// Acts that more than one rung decides on, under names of the rungs. An act of a single rung is named there.

/** The rung under way did not help, and nothing of it is left. */
export const rungFailed = (reason: string, code?: FailedRung['code']): Decision =>
  endRung({ reason, ...(code !== undefined && { code }) });

/** As above, for a client that did not prove itself. */
export const unproved = (reason: string, at: FailedAt): Decision =>
  rungFailed(reason, at === 'unopened' ? 'unopened' : undefined);

/** A rung that the owner has taken out of the fleet file since it was begun takes no further data; null: it is there, or a person wants it. */
export const leftOut = (
  { want, fleet }: Pick<Facts, 'want' | 'fleet'>,
  { upgrade }: Pick<LadderState, 'upgrade'>,
  rung: 'swap' | 'replace',
): string | null =>
  want.do !== 'heal' || upgrade !== undefined || fleet.replace.rungs.includes(rung)
    ? null
    : `the fleet file leaves the rung ${rung} out by now (replace.rungs)`;

/** Asks the node for its state, and raises its fence. */
export const askNode = (which: Which): Act => inspect({ which });

export const asksNode = (decision: Decision): boolean => decision.do === 'inspect';

/** A node whose agent is online, and that answers nothing, is asked again after this time. */
const UNHEARD_MS = 15 * 60_000;

/**
 * A question that is late, lost or refused is no verdict on the node: it is asked again, and then told. No rung is climbed for it. One attempt cannot
 * raise its own fence: the next attempt is above what the node obeys.
 */
export function orTold(
  decision: Decision,
  { unanswered, openUntilMs, nowMs, onsetMs }: Pick<Facts, 'unanswered' | 'openUntilMs' | 'nowMs' | 'onsetMs'>,
  state: LadderState | null,
): Decision {
  if (!asksNode(decision) || unanswered === null) return decision;
  const { count, reason, isStale, refusal } = unanswered;
  if (isStale)
    return refuse('node-silent', `the node obeys a later heal than this one: ${reason}`, { retryAfterMs: 60_000 });
  // To ask it again says the same.
  const retryAfterMs =
    state === null || phaseOf(state) === 'preparing' ? laterEachTime({ nowMs, onsetMs }) : UNHEARD_MS;
  if (refusal) return ended({ as: 'refused', refusal: { ...refusal, retryAfterMs } });
  // The node may still carry out what an earlier attempt has sent: a stop may take its whole grace.
  if (count < ASKED_AT_MOST || nowMs <= (openUntilMs ?? 0)) return decision;
  return refuse(
    'node-silent',
    `its agent is online, and ${count} questions to it were not answered (${reason}): how the node is, nobody knows, and nothing was done to it`,
    // Nobody is down because of us: each look comes as much later as the trouble is old.
    { page: true, retryAfterMs },
  );
}

/** Of a fleet with `probe: unit`. */
export const RUNS_AGAIN = 'its client runs again, as its node says, and nobody asks more (probe: unit)';

/** The node follows its chain again. `shown`: how fast it has caught up, where that was seen. */
export const proved = (reason: string, shown: ReturnType<typeof shownBetween> = null): Decision =>
  prove({ reason, ...(shown && { shown }) });

export const isProof = (decision: Decision): decision is ReturnType<typeof prove> => decision.do === 'prove';

export const waitSeconds = (seconds: number, what: string, progress?: Progress, sighting?: Sighting | null): Act =>
  wait({ seconds, what, ...(progress && { progress }), ...(sighting && { sighting }) });

/** It follows its chain with the new version, and is watched on. */
export const watchOn = (seconds: number, what: string): Act => wait({ seconds, what, follows: true });

/** `only`: the one of its clients that is restarted; all of them unless given. */
export const restartClient = (asked: Parameters<typeof restart>[0]): Act => restart(asked);

export const stopMachine = (which: Which, reason: string): Decision => stopInstanceOf({ which, reason });

export const stopsMachine = (act: Act, which: Which): boolean => act.do === 'stop-instance' && act.which === which;

/** It runs, and is to be started again once it has stopped. */
export const stopToStart = (reason: string): Decision => stopInstanceOf({ which: 'original', reason, ran: true });

/** The original, which this heal has stopped, or which EC2 itself has started. */
export const startMachine = (reason: string): Decision => startInstanceOf({ reason });

/** The type of the original, while it is stopped. */
export const changeType = (to: string, reason: string): Decision => changeTypeOf({ to, reason });

/** The type that the act gives the original; null where it gives none. */
export const typeGivenBy = (act: Act): string | null => (act.do === 'change-type' ? act.to : null);

/** The original, with the type that it has: a guard has forbidden another one. */
export const startAsItIs = (code: string): Act =>
  startInstanceOf({ reason: `${code}: it starts with the type that it has`, held: true });

/** The client, which this heal has stopped, or may have. */
export const startClient = (reason: string): Act => startAgain({ reason });

/** The volumes of the original are known to outlive it. */
export const keepFound = (): Decision => keepVolumes({});

/** The new instance takes the place of the original in its fleet. */
export const takePlace = (): Decision => join({});
export const takesPlace = ({ do: what }: Act): boolean => what === 'join';

/** The client of the original ends with its grace, and is kept from starting. */
export const maskOld = (reason: string): Decision => maskOriginal({ reason });

/** Names lead nobody to the node any more, and resolvers have forgotten it. */
export const outOfPool = (): Decision => leavePool({});

/** An attachment of a volume, by EC2's device name. */
type Attachment = Pick<FoundVolume, 'volumeId' | 'device'>;

export const attachTo = (which: Which, { volumeId, device }: Attachment, reason: string): Decision =>
  attach({ volumeId, which, device, reason });

export const detachFrom = (which: Which, { volumeId, device }: Attachment, reason: string): Decision =>
  detach({ volumeId, which, device, reason });

/** The Auto Scaling group must not replace a member that does not run: null once that is so. */
export function setAside({ original }: Facts, { standby }: LadderState): Decision | null {
  const group = original?.instance.autoScalingGroup ?? null;
  return group === null || standby === 'entered' ? null : standBy({ group });
}

/** Nobody is led to the node, and its group sets it to standby; null once that is so. An unwell node is already out of the pool by its health. */
export function isolate(facts: Facts, state: LadderState): Decision | null {
  const { watched, fleet } = facts;
  const serves = fleet.dns !== undefined && watched?.health === 'synced' && state.pool === 'in';
  return serves ? outOfPool() : setAside(facts, state);
}

/** @param volumes those that the piece puts away */
export const clearUp = (piece: CleanupPiece, volumes: Facts['volumes'] = []): Decision => cleanUp({ piece, volumes });

/** Our own bounds, as AWS publishes none (December 2026: none at "DetachVolume" or "StopInstances"): what takes longer than this is taken as failed. */
export const BOUND_MS = {
  /** A volume from `creating` to `available`: seconds. */
  create: 10 * 60_000,
  attach: 10 * 60_000,
  detach: 15 * 60_000,
  /** "If the OS does not cleanly shut down within a few minutes, a hard shutdown is performed" (StopInstances). */
  stop: 20 * 60_000,
  /** From `pending` until the checks pass and the agent answers. */
  boot: 15 * 60_000,
  /** The owner's own user data: packages, images and configuration are fetched. */
  firstBoot: 60 * 60_000,
  /** At least; a volume that takes longer at the rate that was asked for has half as much again. */
  initialize: 48 * 60 * 60_000,
  /** Until Describe shows an instance that is there. */
  shown: 5 * 60_000,
} as const;

/** Short-lived states are checked quickly; long ones are checked once a minute. */
export function waitFor(state: LadderState, nowMs: number, what: string): Act {
  const forMs = waitedMs(state, nowMs);
  const seconds = forMs < 5_000 ? 2 : forMs < 30_000 ? 5 : forMs < 120_000 ? 10 : forMs < 15 * 60_000 ? 20 : 60;
  return waitSeconds(seconds, what);
}

/** An outage of AWS, or of the watch, is waited out: nothing is known of the fleet meanwhile, and that is no verdict. */
const BLIND_MS = 2 * 60 * 60_000;

/** A wait for the next observation of the fleet, where none is valid; null where there is one, or none comes. */
export const awaitSight = ({ breaker, nowMs }: Facts, state: LadderState): Act | null =>
  breaker.isBlind && waitedMs(state, nowMs) < BLIND_MS ? waitFor(state, nowMs, breaker.sentence) : null;

/**
 * A wait before the node feels anything, where nobody knows how it is by now; then people are told. null where it is known, where nobody observes the
 * fleet, and where a person wants it.
 */
export function awaitReading(facts: Facts, state: LadderState): Decision | null {
  const { fleet, want, watched, nowMs } = facts;
  if (want.do !== 'heal' || heightProbeOf(fleet) === undefined || (watched !== null && watched.health !== 'unknown'))
    return null;
  const reason = `nobody knows how it is by now: ${watched?.reason ?? 'it was not observed for 3 min'}`;
  if (waitedMs(state, nowMs) < BLIND_MS) return waitFor(state, nowMs, reason);
  const refusal = { refuse: 'observation-stale', reason, page: true, retryAfterMs: BLIND_MS } as const;
  return onceSettled(facts, state, { as: 'refused', refusal });
}

export const waitedMs = ({ waitingSinceMs }: LadderState, nowMs: number): number => nowMs - (waitingSinceMs ?? nowMs);

/** Failures in a row before a person is paged. */
const MAX_IN_A_ROW = 3;
const AGAIN_AFTER_MS = 60_000;
const NEXT_ATTEMPT_MS = 30 * 60_000;

const keyOf = (decision: Decision): string | null => (decision.do === 'end' ? null : retryKeyOf(decision));

/** Whether an act has failed so often that an alternative is tried, where there is one. */
export const isSpent = ({ setback }: LadderState, decision: Decision): boolean =>
  setback !== null && setback.act === keyOf(decision) && setback.count >= MAX_IN_A_ROW;

/** Whether it is also too soon to try it once more: what a node needs is tried again by the next attempt. */
const isSpentFor = (state: LadderState, decision: Decision, nowMs: number): boolean =>
  isSpent(state, decision) && nowMs - (state.setback?.atMs ?? nowMs) < NEXT_ATTEMPT_MS;

/** Why an act is given up, for the act that is made in its place. */
export const sentenceOfSetback = ({ setback }: LadderState): string =>
  `${setback?.act} failed several times: ${setback?.reason}`;

/** A call of EC2 that keeps failing is AWS's; of a command that nobody answers, nobody knows. */
export const doorOfSetback = ({ setback }: LadderState): 'aws' | 'nobody-knows' =>
  /^(attach|detach) /.test(setback?.act ?? '') ? 'aws' : 'nobody-knows';

/** The act itself, a wait until it is repeated, or the end of the attempt. */
export function paced(decision: Decision, state: LadderState, nowMs: number): Decision {
  const { setback } = state;
  if (setback === null || setback.act !== keyOf(decision)) return decision;
  const sinceMs = nowMs - setback.atMs;
  if (setback.count >= MAX_IN_A_ROW && sinceMs < NEXT_ATTEMPT_MS) return told(setback);
  return sinceMs < AGAIN_AFTER_MS ? waitFor(state, nowMs, `${setback.act} again: ${setback.reason}`) : decision;
}

const told = ({ act, count, reason }: Setback): Decision =>
  ended({
    as: 'failed',
    code: 'step-failed',
    reason: `the step "${act}" failed ${count} times in a row (${reason}), and without it the node is not given back`,
    retryAfterMs: NEXT_ATTEMPT_MS,
  });

const sightingSince = (upSinceMs: number, watched: Facts['watched']): Sighting | null =>
  watched && watched.observedAtMs > upSinceMs && watched.height !== null
    ? { atMs: watched.observedAtMs, height: watched.height, lagBlocks: watched.lagBlocks }
    : null;

/** To where it was still behind, if that was seen for long enough: at the tip nothing is left to catch up. */
function shownSince(upSinceMs: number, { cameUp }: LadderState, watched: Facts['watched']) {
  if (cameUp?.upSinceMs !== upSinceMs || cameUp.first === undefined) return null;
  const now = sightingSince(upSinceMs, watched);
  return shownBetween(cameUp.first, cameUp.nearest) ?? (now && shownBetween(cameUp.first, now));
}

/** By their ledger, or where the node had stopped. That is its own data's, and no copy's, nor that of data which their owner's command has taken back. */
function dataHeightOf({ found, restoredVolumes, rolledBack }: LadderState): DataHeight | null {
  if (restoredVolumes && restoredVolumes.height !== null) return { height: restoredVolumes.height, of: 'these' };
  const height = found.dataHeight ?? found.height;
  return height === null ? null : { height, of: restoredVolumes || rolledBack ? 'others' : 'these' };
}

export type FailedAt = Extract<Verdict, { readonly is: 'failed' }>['at'];

/** A disk that filled while its client synced from the first block is not grown for that: other data come next. null where it was not seen to. */
function filledAnew(
  { cameUp, rung }: LadderState,
  upSinceMs: number,
  from: DataHeight | null,
  failed: (reason: string, at: FailedAt) => Decision,
): Decision | null {
  if (rung === 'reindex' || cameUp?.upSinceMs !== upSinceMs || cameUp.first === undefined) return null;
  const { first, nearest } = cameUp;
  // Two looks, and blocks between them: one that still opens its data may say 0 once.
  if (nearest.atMs <= first.atMs || !beginsAnew(nearest.height, from)) return null;
  const where = `it was at height ${nearest.height} where its data were at ${from?.height}`;
  return failed(`its disk has filled, and ${where}: ${UNOPENED}`, 'unopened');
}

/** While a rung waits for its proof. */
export function proving(
  facts: Facts,
  state: LadderState,
  upSinceMs: number,
  which: Which,
  failed: (reason: string, at: FailedAt) => Decision,
): Decision {
  const { nowMs, fleet, watched, seen } = facts;
  const { found, inspectedAtMs, cameUp, restoredVolumes } = state;
  const nearest = cameUp?.upSinceMs === upSinceMs ? cameUp.nearest : null;
  const nearestAtMs = nearest?.atMs ?? null;
  const isLater = (inspectedAtMs ?? 0) > upSinceMs;
  const follows = watched?.health === 'synced' || watched?.health === 'behind';
  const full =
    isLater && !follows ? diskFullFirst(facts, Math.max(nearestAtMs ?? upSinceMs, watched?.sinceMs ?? 0)) : null;
  const from = dataHeightOf(state);
  if (full) return filledAnew(state, upSinceMs, from, failed) ?? ended({ as: 'refused', refusal: full });
  // It ran since: whatever had stopped it before, and whoever has asked for this, it is somebody's now.
  const { leftStopped: _, ...known } = facts;
  const since = { ...known, want: { do: 'heal' } } as const;
  // Its client was seen running after the start of all rungs but one: a boot starts only what is enabled.
  const left = isLater && (state.rung !== 'stop-start' || state.ran) ? leftToPerson(since, { stops: true }) : null;
  if (left && !follows) return ended({ as: 'refused', refusal: left });
  if (heightProbeOf(fleet) === undefined) return provingUnobserved(facts, state, upSinceMs, which, failed);
  const catchUpMs = restoredVolumes?.catchUpMs ?? null;
  // Of an earlier look than this one.
  const best = nearest && nearest.atMs < (watched?.observedAtMs ?? 0) ? nearest.height : null;
  const verdict = judgeProof({
    ...{ nowMs, fleet, watched, seen, found, upSinceMs, inspectedAtMs, nearestAtMs, catchUpMs, from, best },
    ...(state.rung === 'reindex' && state.reindexed && { builds: state.reindexed }),
  });
  const canAsk = facts[which]?.agentOnline === true && (facts.unanswered?.count ?? 0) < ASKED_AT_MOST;
  switch (verdict.is) {
    case 'proved':
      return proved(verdict.reason, shownSince(upSinceMs, state, watched));
    case 'waiting':
      return (
        afterDisk(facts) ?? waitSeconds(verdict.seconds, verdict.why, undefined, sightingSince(upSinceMs, watched))
      );
    case 'silent':
      return canAsk ? askNode(which) : waitSeconds(60, 'neither its client nor its agent answers');
    case 'failed':
      if (verdict.isUnasked && canAsk) return askNode(which);
      // It followed until somebody stopped it: others have seen it before its node has answered.
      if (left && (inspectedAtMs ?? 0) > (watched?.observedAtMs ?? 0)) return ended({ as: 'refused', refusal: left });
      return elsewhere(facts, state, which, verdict.at) ?? failed(verdict.reason, verdict.at);
    case 'unknown':
      // Without a reading no rung is climbed and nothing is put back; the next attempt continues from here.
      return refuse('observation-stale', verdict.reason, { page: true });
  }
}

/**
 * What keeps the client from its chain, and is neither its data's fault nor its version's: another copy or another version would stand for the same. The
 * attempt ends, so that whoever can help has the node, and the next one goes on from here; null where nothing of the kind is known.
 */
function elsewhere(facts: Facts, state: LadderState, which: Which, at: FailedAt): Decision | null {
  const { watched, fleet, nowMs } = facts;
  const stalled = which === 'original' ? judgeStalled(facts) : null;
  if (stalled) return ended({ as: 'refused', refusal: stalled });
  // A client that ends has trouble of its own, and a restart changes nothing that would have to be spared.
  if (watched?.health !== 'stuck' || at === 'open' || state.rung === 'restart') return null;
  if (watched.cause !== undefined) return consensusFirst(facts, state, which, watched.reason);
  const { peerCount, sinceMs } = watched;
  const lacking = peerCount === undefined ? null : peersLacking(fleet, { name: 'it', peerCount, sinceMs }, nowMs);
  return lacking && ended({ as: 'refused', refusal: lacking });
}

/** The consensus client is restarted once, where it is ours and nobody has to be asked; else it is a person's. */
function consensusFirst(facts: Facts, state: LadderState, which: Which, why: string): Decision {
  const { fleet, original } = facts;
  const unit = fleet.replace.rungs.includes('restart') ? consensusUnitOf(fleet) : undefined;
  const mayRestart = which === 'original' && original?.agentOnline && state.restartedOnly !== unit?.name;
  if (unit && mayRestart && fleet.mode === 'act' && guardOf(facts, 'restart') === null) {
    const act = restartClient({ only: unit.name, reason: why });
    if (!isSpent(state, act)) return act;
  }
  const reason = `${why}: neither other data nor another version would help, and what was begun goes on when it follows again`;
  return refuse('consensus-client-down', reason, { page: true, retryAfterMs: 5 * 60_000 });
}

/** Catching up takes days, and a disk that fills meanwhile is not left until it is full: its growth needs the node for a minute or two. */
export const afterDisk = ({ disk }: Pick<Facts, 'disk'>): Decision | null =>
  disk?.waits === true
    ? refuse('busy', `incident ${disk.incidentId} is open: its disk is grown first`, { retryAfterMs: 50_000 })
    : null;

/** A client of a fleet that nobody observes has to stay up for so long, and is asked after so often. */
const STAYS_UP_MS = 10 * 60_000;
const STAYS_UP_ASKED_MS = 5 * 60_000;

/** `probe: none` or `unit`: nobody ever sees its height. What is left as a proof is that its client runs and stays up, as its node says. */
function provingUnobserved(
  facts: Facts,
  state: LadderState,
  upSinceMs: number,
  which: Which,
  failed: (reason: string, at: FailedAt) => Decision,
): Decision {
  const { nowMs, seen, unanswered, fleet } = facts;
  const askedMs = state.inspectedAtMs ?? 0;
  const ended = seen?.clients.find(({ state: is }) => is === 'failed' || is === 'stopped');
  if (ended && askedMs > upSinceMs) return failed(`its client ends again: ${endOf(ended)}`, 'open');
  const isUp = seen !== null && seen.clients.length > 0 && seen.clients.every(({ state: is }) => is === 'running');
  if (isUp && askedMs - upSinceMs >= STAYS_UP_MS) {
    const minutes = STAYS_UP_MS / 60_000;
    return proved(
      `its client has run for ${minutes} min, which is all that anybody sees of a fleet with probe: ${fleet.probe?.by ?? 'none'}`,
    );
  }
  const isDue = nowMs - askedMs >= STAYS_UP_ASKED_MS;
  if (isDue && facts[which]?.agentOnline && (unanswered?.count ?? 0) < ASKED_AT_MOST) return askNode(which);
  if (nowMs - upSinceMs < STAYS_UP_MS + BLIND_MS)
    return afterDisk(facts) ?? waitSeconds(60, 'its client has to stay up');
  return refuse('node-silent', 'nobody observes this fleet, and its node does not say whether its client runs', {
    page: true,
    retryAfterMs: laterEachTime(facts),
  });
}

/** The end, once everything is put back; what cannot be put back is reported. */
export function onceSettled(facts: Facts, state: LadderState, end: End): Decision {
  const next = owed(facts, state);
  if (next) return next;
  if (isSeenStopped(facts, state)) return waitFor(state, facts.nowMs, 'it was started, and EC2 says stopped still');
  if (facts.original?.instance.state !== 'stopped' || !owesStart(facts, state)) return ended(asItIs(facts, state, end));
  // Nothing is more urgent to know, and it passes by itself.
  const short = unstartedRefusal(state, facts.nowMs, end.as === 'refused' ? end.refusal : null);
  if (short) return ended({ as: 'refused', refusal: short });
  const why = `its instance is stopped, and cannot be started again: ${(state.unstarted ?? state.setback)?.reason}`;
  if (end.as !== 'escalated') return stuck(why);
  // Nothing else is left to be tried, but what a heal has stopped it starts when it can. A day without room at AWS is a person's by now.
  const reason = `${end.reason}; ${why}`;
  return state.unstarted === undefined ? stuck(reason) : ended({ ...end, reason, asFound: false });
}

/** The next thing to put back; null where there is nothing, or where it is impossible. */
function owed({ original, nowMs }: Facts, state: LadderState): Decision | null {
  if (!original) return null;
  const { instanceId, state: power, autoScalingGroup } = original.instance;
  if (owesStart({ original }, state)) {
    // EC2 also accepts the call for a running instance; then the state notes that it was started.
    const call = power === 'running' ? 'StopInstances' : 'StartInstances';
    const isStill = (power === 'stopped' || power === 'running') && !isPending(state, call, instanceId, nowMs);
    const start = startMachine('it was stopped by this heal');
    if (isStill && !isUnstarted(state, nowMs) && !isSpentFor(state, start, nowMs)) return start;
    // The instance stays on standby: in service its group would replace it, because it does not run.
    if (power === 'stopped' && isStill) return null;
    if (!isStill)
      return waitedMs(state, nowMs) > BOUND_MS.stop
        ? stuck(`the instance is still ${power}, and was stopped by this heal`)
        : waitFor(state, nowMs, `the instance is ${power}`);
  }
  if (mayBeOnStandby(state) && autoScalingGroup !== null)
    return clearUp({ kind: 'leave-standby', target: autoScalingGroup });
  return null;
}

export const owesStart = ({ original }: Pick<Facts, 'original'>, state: LadderState): boolean =>
  isStopOwed(state) && original !== null && !['terminated', 'shutting-down'].includes(original.instance.state);

/** Describe may be older than the start: nobody is paged for a stopped instance while it boots. */
export const isSeenStopped = ({ original, nowMs }: Facts, state: LadderState): boolean =>
  original?.instance.state === 'stopped' && isPending(state, 'StartInstances', original.instance.instanceId, nowMs);

/** A heal begins only on a running instance: an instance that does not run now, for any reason, is not as it was found. Nor are data that went back, or were built again. */
function asItIs({ original }: Facts, { rolledBack, reindexed, rung }: LadderState, end: End): End {
  if (rolledBack && rung === null && end.as === 'escalated' && end.asFound)
    return { ...end, reason: `${end.reason}; its data may have been taken back by some blocks`, asFound: false };
  if (reindexed && rung === null && end.as === 'escalated' && end.asFound)
    return { ...end, reason: `${end.reason}; its data may have been built again in part`, asFound: false };
  const power = original?.instance.state ?? 'gone';
  if (end.as !== 'escalated' || !end.asFound || power === 'running' || power === 'pending') return end;
  return { ...end, reason: `${end.reason}; its instance is ${power}`, asFound: false };
}
