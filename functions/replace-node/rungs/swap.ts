// The rung that gives a node other data, blue/green on its own instance. All volumes are created, attached and checked while the node is unchanged;
// one command exchanges them; the found volumes stay attached until the node is proved. Pure.

import { foreignAccountOf, keyDenies } from '../../../shared/aws/keys.ts';
import { freeDevices } from '../../../shared/aws/volume-changes.ts';
import type { VolumeDescription } from '../../../shared/aws/volumes.ts';
import { type StartFiles, startFilesOn } from '../../../shared/chains/start-files.ts';
import { isStanding } from '../../../shared/heal/last-word.ts';
import type {
  Blame,
  FailedRung,
  FoundVolume,
  LadderState,
  NewVolume,
  RestoredVolumes,
  Shrink,
  Tried,
} from '../../../shared/heal/memory.ts';
import { NOTHING_KEPT, REQUEST_LASTS_MS } from '../../../shared/heal/put-back.ts';
import { isStopOwed } from '../../../shared/heal/ticket.ts';
import { type Door, FATE_OF } from '../../../shared/model/doors.ts';
import { isFinal, type Refusal } from '../../../shared/model/guardrail-codes.ts';
import type { RequestedAction } from '../../../shared/model/payload.ts';
import { cannotBeginFor, volumesUnknown } from '../../../shared/readiness/preconditions.ts';
import { type CatchUp, catchUpOf, type DataAge } from '../../../shared/snapshots/catch-up.ts';
import { chooseVolumes, giveUpVolumes } from '../acts/decisions.ts';
import { check, fill, swap, warm } from '../acts/node-commands.ts';
import type { Act } from '../acts/table.ts';
import { create, dropVolumes } from '../acts/volumes.ts';
import { blameOf } from '../blame.ts';
import { type Facts, followsAgain, isDead } from '../facts.ts';
import { ENDED } from '../gone.ts';
import { guardOf } from '../judge.ts';
import { clientUnknown, leftToPerson } from '../person.ts';
import { instanceIdOf, isPending, madeVolumes, mountedOf, type Which } from '../state.ts';
import { toldOf } from '../told.ts';
import {
  AWS_AGAIN_MS,
  AWS_ASKED_FOR_MS,
  awaitedOf,
  excludedOf,
  isBlameless,
  refusedSinceMs,
  triedUntil,
} from '../tried.ts';
import {
  askNode,
  attachTo,
  awaitReading,
  awaitSight,
  BOUND_MS,
  type Decision,
  detachFrom,
  doorOfSetback,
  type End,
  ended,
  isolate,
  isSpent,
  leftOut,
  onceSettled,
  proved,
  proving,
  type Rung,
  refuse,
  rungFailed,
  sentenceOfSetback,
  setAside,
  startMachine,
  stopMachine,
  stopToStart,
  stuck,
  waitedMs,
  waitFor,
  waitSeconds,
} from './rung.ts';

export const SWAP: Rung = {
  class: 'replace',
  asksOriginalFirst: true,
  cannotBegin: (facts, state) => cannotBeginFor(facts.want.do === 'shrink' ? 'shrink' : 'swap', toldOf(facts, state)),
  next: (facts, state) => {
    const { restoredVolumes: restored, found } = state;
    if (found.volumes.length === 0) return rungFailed(volumesUnknown(facts.fleet, facts.seen !== null));
    const calledOff = overtaken(facts, state);
    if (calledOff) return calledOff;
    if (!restored) return facts.original ? beforeVolumes(facts, state) : rungFailed('the instance is gone');
    const unreachable = outOfReach(facts, state, restored);
    if (unreachable) return unreachable;
    if (restored.givenUp) return takeAway(facts, state, restored, restored.givenUp);
    if (!isWanted(facts, restored)) return giveUpVolumes({ blame: OTHERWISE });
    const act = prepare(facts, state, restored, 'original') ?? exchange(facts, state, restored);
    // A check that nobody answered says nothing of the data: it is asked for again, and then told.
    return act.do !== 'check' && act.do !== 'fill' && isSpent(state, act)
      ? giveUpData(sentenceOfSetback(state), doorOfSetback(state))
      : act;
  },
};

/** This copy does not help, for a cause outside its data. */
export const giveUpData = (reason: string, door: Exclude<Door, 'data'>): Decision =>
  giveUpVolumes({ blame: { door, fault: 'other', reason } });

/** Nothing is wrong with it: nobody has approved it. */
export const withdrawData = (reason: string): Decision =>
  giveUpVolumes({ blame: { door: 'person', fault: 'unpermitted', reason } });

/**
 * A person has asked for other data since: the client is not stopped for what they do not want any more. What was made stays, and the heal of the later word
 * puts it away, or goes on with it. Where that one is over without it, it is put away here.
 */
function overtaken(facts: Facts, state: LadderState): Decision | null {
  const { laterWord } = facts;
  const { client, restoredVolumes } = state;
  if (laterWord === undefined || client !== 'untouched' || restoredVolumes?.givenUp) return null;
  const { trigger, incidentId } = laterWord;
  const refusal: Refusal = {
    refuse: 'busy',
    reason: `a person has asked for something else since (${trigger}, incident ${incidentId})`,
    page: false,
    retryAfterMs: 60_000,
  };
  if (isStanding(laterWord)) return ended({ as: 'refused', refusal });
  return restoredVolumes ? giveUpVolumes({ blame: OTHERWISE }) : onceSettled(facts, state, { as: 'refused', refusal });
}

/** An earlier heal may have left volumes half done: if they were proved, they would pass for what a person has asked for since. */
export function isWanted({ want }: Pick<Facts, 'want'>, { from, volumes, shrink, mounted }: RestoredVolumes): boolean {
  if (want.do === 'shrink') return shrink?.toGiB === want.toGiB;
  // Data are on it only once its client runs on it.
  if (shrink !== undefined) return want.do === 'heal' && mounted === 'restored';
  if (want.do === 'undo') return from === 'kept';
  if (want.do !== 'restore') return true;
  const named = want.snapshotId;
  return from === 'snapshot' && (named === null || volumes.some(({ snapshotId }) => snapshotId === named));
}

const OTHERWISE: Blame = {
  door: 'person',
  fault: 'unwanted',
  reason: 'another heal had begun with it, and a person has asked for other data',
};

/** Only the node can tell what is mounted; if it does not, nothing is detached from it. */
function outOfReach(facts: Facts, state: LadderState, restored: RestoredVolumes): Decision | null {
  const { original, seen, nowMs } = facts;
  const power = original?.instance.state ?? 'terminated';
  // It ends, and nobody starts it again: EC2 releases its volumes at the end of it.
  if (power === 'shutting-down' && waitedMs(state, nowMs) <= BOUND_MS.stop)
    return waitFor(state, nowMs, 'the instance is shutting down: it is being terminated');
  if (ENDED.includes(power)) return takeAway(facts, state, { ...restored, mounted: 'found' }, restored.givenUp ?? GONE);
  const runs = power === 'running';
  if (runs && (original?.agentOnline || seen !== null)) return null;
  // Before the first exchange EC2's answer is enough. A client that is up on the restored volumes is proved by what others see of it.
  if (state.client === 'untouched') return restored.givenUp ? null : giveUpVolumes({ blame: SILENT });
  if (runs && restored.givenUp === null && restored.mounted === 'restored' && state.upSinceMs !== null) return null;
  const next = outlived(facts, state, restored);
  if (next) return next;
  return runs
    ? refuse('node-silent', 'the node does not answer, and only it can tell which volumes are mounted', { page: true })
    : refuse('instance-stopped', `the instance is ${power}: somebody has stopped it in the middle of a swap`, {
        page: true,
        retryAfterMs: STOPPED_AGAIN_MS,
      });
}

/**
 * The machine has died while it was to exchange its volumes: what it was told is over with it. Stopped, it mounts nothing, so that what was made is put away,
 * and the rungs that revive a machine, or replace it, get the node. null where that is not so, and where an older signing state could come back by it.
 */
function outlived(facts: Facts, state: LadderState, restored: RestoredVolumes): Decision | null {
  const { original, role, nowMs } = facts;
  if (original === null || role === 'validator' || role === 'unknown' || state.client === 'untouched') return null;
  const { instanceId, state: power } = original.instance;
  if (!isStopOwed(state)) return isDead(facts) ? (setAside(facts, state) ?? stopToStart(DIED.reason)) : null;
  if (power === 'stopped')
    return restored.givenUp
      ? takeAway(facts, state, { ...restored, mounted: 'found' }, restored.givenUp)
      : giveUpVolumes({ blame: DIED });
  if (power === 'running' && !isPending(state, 'StopInstances', instanceId, nowMs))
    return isDead(facts) ? stopMachine('original', DIED.reason) : startMachine('it runs again: nothing is left to do');
  return waitedMs(state, nowMs) > BOUND_MS.stop
    ? stuck(`the instance is still ${power}, and its machine has died in the middle of a swap`)
    : waitFor(state, nowMs, `the instance is ${power}`);
}

const DIED: Blame = {
  door: 'nobody-knows',
  fault: 'other',
  reason: 'its machine has died in the middle of the exchange, as EC2 finds, and what it was told last is over with it',
};

/** So many copies that the node itself did not take end the rung. */
const NODE_TRIES = 2;
const STOPPED_AGAIN_MS = 15 * 60_000;
const GONE: Blame = { door: 'nobody-knows', fault: 'other', reason: 'the instance is gone' };
const SILENT: Blame = { door: 'node', fault: 'other', reason: 'the node does not answer commands any more' };

function beforeVolumes(facts: Facts, state: LadderState): Decision {
  const back = calledBack(facts, state);
  if (back) return back;
  if (!facts.original?.agentOnline)
    return rungFailed('the node does not answer commands, and its volumes are exchanged by one');
  if (state.standby === 'refused')
    return rungFailed(`its group does not set it aside: ${state.tried.at(-1)?.reason ?? 'it says no more'}`);
  // Each copy takes hours, and nothing is wrong with the node: what one has met, a person reads first.
  const met =
    facts.want.do === 'shrink'
      ? state.tried.find((one) => FATE_OF[one.door] !== 'waits' && !isBlameless(one))
      : undefined;
  if (met) return rungFailed(met.reason);
  if (state.tried.some(({ fault }) => fault === 'same-stop')) return onceSettled(facts, state, sameStop(state));
  // What one copy has met on the node, and another one, a third one meets, too.
  const atNode = state.tried.filter(({ door, rung }) => door === 'node' && rung === 'swap');
  if (atNode.length >= NODE_TRIES) return rungFailed(`the node takes no copy: ${atNode.at(-1)?.reason}`);
  const left = leftOut(facts, state, 'swap');
  if (left !== null) return rungFailed(left);
  const awaited = awaitedOf(state, facts.nowMs);
  if (awaited?.isEverywhere) return awaitAws(facts, state, awaited);
  const chosen = choose(facts, state, state.found.availabilityZone);
  if (!('failed' in chosen)) return chosen;
  return awaited ? awaitAws(facts, state, awaited) : noneLeft(facts, state, chosen);
}

/**
 * What another heal had begun was put back for an undo: that is what was asked for, and what a heal before that one has kept is not. null where nothing was.
 */
function calledBack(facts: Facts, state: LadderState): Decision | null {
  const { seen } = facts;
  if (!isCalledBack(facts, state)) return null;
  if (seen === null) return askNode('original');
  const runs = seen.clients.every(({ state: is }) => is === 'running');
  return runs
    ? proved(EARLIER)
    : rungFailed('the earlier volumes are mounted again, and the client does not run on them');
}

/** Whether an undo has put back what another heal had begun. */
export const isCalledBack = ({ want }: Pick<Facts, 'want'>, { tried }: Pick<LadderState, 'tried'>): boolean =>
  want.do === 'undo' && tried.some(({ fault }) => fault === 'unwanted');

/** AWS's refusal burns no source: people are told, and the same data are asked for again every hour, for a day. */
function awaitAws(facts: Facts, state: LadderState, tried: Tried): Decision {
  const { source, reason, atMs } = tried;
  const untilMs = refusedSinceMs(tried) + AWS_ASKED_FOR_MS;
  if (facts.nowMs >= untilMs) return rungFailed(`for a day AWS has refused a copy of ${source}: ${reason}`);
  return onceSettled(facts, state, {
    as: 'refused',
    refusal: {
      refuse: 'aws-refused',
      reason: `AWS refuses a copy of ${source}, with which nothing is wrong: ${reason}. ${triedUntil(untilMs)}`,
      page: true,
      retryAfterMs: Math.max(0, atMs + AWS_AGAIN_MS - facts.nowMs) + 1_000,
    },
  });
}

/** The data were not the cause: neither other data nor another instance will help. */
const sameStop = ({ tried }: LadderState): End => ({
  as: 'escalated',
  code: 'same-stop',
  reason: `with other data it stops at the same height: a bug of its client, or a fork, and not its data. The last try: ${tried.at(-1)?.reason ?? 'unknown'}`,
  asFound: true,
});

function noneLeft({ want }: Facts, { tried }: LadderState, { failed: reason, code }: NoChoice): Decision {
  const unfit = UNFIT[want.do];
  const last = tried.at(-1);
  if (unfit !== undefined && last === undefined)
    return refuse(unfit, reason, isFinal(unfit) ? { retryAfterMs: REQUEST_LASTS_MS } : {});
  return rungFailed(last === undefined ? reason : `${reason}. ${last.source} was given up: ${last.reason}`, code);
}

/** What a person asked for that needs data, and there are none. A plan says so as the act does. */
export const UNFIT: Readonly<Partial<Record<RequestedAction['do'], 'nothing-to-undo' | 'snapshot-unfit'>>> = {
  undo: 'nothing-to-undo',
  restore: 'snapshot-unfit',
  shrink: 'snapshot-unfit',
};

function exchange(facts: Facts, state: LadderState, restored: RestoredVolumes): Decision {
  const { from, source, rank, height } = restored;
  if (restored.mounted === 'found') {
    const off = state.client === 'mayBeDown' && !runsOnFound(facts, state) ? null : calledOff(facts, state);
    if (off) return off;
    const left = leftToPerson(facts, { stops: false }) ?? clientUnknown(facts);
    if (left) return onceSettled(facts, state, { as: 'refused', refusal: left });
    const early = cold(facts, state, restored) ?? isolate(facts, state);
    if (early) return early;
    const data = from === 'snapshot' ? `${source}, ${rank}` : source;
    const onto = restored.shrink === undefined ? '' : `, on ${restored.shrink.toGiB} GiB`;
    const reason = `data of ${data}${height === null ? '' : `, height ${height}`}${onto}`;
    const signs = facts.role === 'validator' || facts.role === 'unknown' ? { signs: true as const } : {};
    return swap({ to: 'restored', reason, ...signs });
  }
  if (facts.want.do === 'undo') return undone(facts, state);
  if (state.upSinceMs === null) return askNode('original');
  return proving(facts, state, state.upSinceMs, 'original', (reason, at) =>
    giveUpVolumes({ blame: blameOf(reason, at, facts, state) }),
  );
}

/** The client is brought up on the volumes that were found. */
export const putBack = (reason: string): Act => swap({ to: 'found', reason });

/** Blocks may have taken two days to arrive: the guards of the rung are read again before the node is affected. */
function calledOff(facts: Facts, state: LadderState): Decision | null {
  if (followsAgain(facts)) return giveUpData(FOLLOWS_AGAIN, 'nobody-knows');
  const grown = giveUpOutgrown(facts, state);
  if (grown) return grown;
  const refusal = guardOf(facts, 'swap');
  const blind = refusal?.refuse === 'breaker-open' ? awaitSight(facts, state) : null;
  if (blind) return blind;
  if (refusal === null) return awaitReading(facts, state);
  // What was copied grows old, and its volumes cost: a person asks again.
  if (facts.want.do === 'shrink')
    return refusal.refuse !== 'shrink-unfit' && waitedMs(state, facts.nowMs) < SPARED_WITHIN_MS
      ? waitFor(state, facts.nowMs, refusal.reason)
      : giveUpData(refusal.reason, 'person');
  return onceSettled(facts, state, { as: 'refused', refusal });
}

/** A fleet that cannot spare the node by then is left as it is. */
const SPARED_WITHIN_MS = 2 * 60 * 60_000;

/** Whether the client runs on the found volumes: a guard may have forbidden an intended exchange. The node says so, under this attempt's fence. */
const runsOnFound = ({ seen }: Facts, state: LadderState): boolean =>
  mountedOf(state, seen) === 'found' && seen?.clients.every(({ state: is }) => is === 'running') === true;

export const FOLLOWS_AGAIN = 'the node follows its chain again by itself';

const EARLIER = 'the earlier volumes are mounted again, and the client runs on them';

/** Data that a person wants back need not follow the chain better than the data before. */
function undone({ seen }: Facts, state: LadderState): Decision {
  if (!seen || state.upSinceMs === null) return askNode('original');
  if (seen.clients.every(({ state: is }) => is === 'running')) return proved(EARLIER);
  return giveUpData('the client does not run on them', 'nobody-knows');
}

export interface NoChoice {
  readonly failed: string;
  readonly code?: FailedRung['code'];
}

/** Chooses the data to restore: the best good snapshots that were not tried, a sibling's volumes, or what an earlier heal has kept. */
export function choose(
  facts: Facts,
  state: LadderState,
  availabilityZone: string,
): ReturnType<typeof chooseVolumes> | NoChoice {
  const { sources, want, fleet } = facts;
  if (!sources) return { failed: 'what could be copied was not read' };
  if (sources.unread !== undefined) return { failed: `what could be copied cannot be read: ${sources.unread}` };
  const tried = new Set(excludedOf(state, facts.nowMs).map(({ source }) => source));
  const chosen = (
    part: Pick<RestoredVolumes, 'source' | 'from' | 'rank' | 'height' | 'ofNode' | 'volumes' | 'catchUpMs' | 'shrink'>,
    reason: string,
  ): ReturnType<typeof chooseVolumes> => {
    const rest = { generation: state.generation, availabilityZone, creating: [], checked: 0 } as const;
    return chooseVolumes({ volumes: { ...part, ...rest, mounted: 'found', givenUp: null }, reason });
  };
  if (want.do === 'undo') {
    const { kept } = sources;
    if (!kept || tried.has(kept.incidentId))
      return {
        failed: NOTHING_KEPT,
      };
    // An undo that waited for a heal does not undo that heal: nobody had asked for what it had found not to work.
    if ((kept.unaskedAtMs ?? 0) > facts.onsetMs)
      return {
        failed: `incident ${kept.incidentId} exchanged its volumes after the request for the undo, and kept those that did not work. If you want these back, ask again`,
      };
    if (kept.availabilityZone !== availabilityZone)
      return { failed: `the kept volumes are in ${kept.availabilityZone}, the node is in ${availabilityZone}` };
    const volumes = newVolumes(facts, state, (role) => ({ volumeId: kept.volumes[role] ?? '', ...NO_SNAPSHOT }));
    if (volumes.some(({ volumeId }) => volumeId === ''))
      return { failed: 'not all of the kept volumes are there any more' };
    return chosen(
      { source: kept.incidentId, from: 'kept', rank: 'clean', height: null, ofNode: facts.node, volumes },
      `the volumes that incident ${kept.incidentId} has kept`,
    );
  }
  const { sibling } = sources;
  if (want.do === 'heal' && fleet.replace.source === 'sibling' && sibling && !tried.has(sibling.instanceId)) {
    const { instanceId: source, height, node: ofNode } = sibling;
    const volumes = newVolumes(facts, state, () => ({ volumeId: '', ...NO_SNAPSHOT }));
    return chosen(
      { source, from: 'sibling', rank: 'crash-consistent', height, ofNode, volumes },
      `the volumes of ${ofNode}, which follows the chain`,
    );
  }
  const set = sources.good.find(({ setId }) => !tried.has(setId));
  if (!set)
    return {
      failed: [
        'no good snapshot is left',
        ...sources.refused.slice(0, 6).map(({ setId, why }) => `${setId}: ${why}`),
      ].join('; '),
      code: 'no-good-snapshot',
    };
  const { setId: source, rank, height, node: ofNode, takenAtMs, parts } = set;
  const partOf = (role: string): Omit<NewVolume, 'role' | 'device'> => ({
    volumeId: '',
    snapshotId: parts[role]?.snapshotId ?? '',
    snapshotGiB: parts[role]?.sizeGiB ?? 0,
    kmsKeyId: parts[role]?.kmsKeyId ?? null,
  });
  const volumes = newVolumes(facts, state, partOf);
  const shrink = want.do === 'shrink' ? shrinkTo(facts, state, want.toGiB, partOf) : null;
  if (shrink && 'failed' in shrink) return shrink;
  const told = height === null ? 'height unknown' : `height ${height}`;
  const catchUp = catchUpFrom(facts, state, { height, takenAtMs });
  // A better rank gave way only to minutes: people read which.
  const later = sources.good.find((one) => one !== set && one.rank !== 'crash-consistent' && !tried.has(one.setId));
  const gaveWay = rank === 'crash-consistent' && later ? catchUpFrom(facts, state, later) : null;
  const passed = sources.refused.slice(0, 4).map(({ setId, why }) => `${setId} not: ${why}`);
  return chosen(
    {
      ...{ source, from: 'snapshot', rank, height, ofNode, volumes },
      ...(catchUp !== null && catchUp.forMs !== null && { catchUpMs: catchUp.forMs }),
      ...(shrink && { shrink }),
    },
    [
      `${source} of ${ofNode}: ${rank}, ${told}, taken ${new Date(takenAtMs).toISOString()}`,
      ...(catchUp === null ? [] : [`time to catch up: ${catchUp.words}`]),
      ...(later && gaveWay ? [`${later.setId}, ${later.rank}, comes later: ${gaveWay.words}`] : []),
      ...passed,
    ].join('; '),
  );
}

/** How long a copy of data of this age catches up; null where nothing was read of the chain. */
export const catchUpFrom = (
  { sources, fleet }: Pick<Facts, 'sources' | 'fleet'>,
  { found }: Pick<LadderState, 'found'>,
  age: DataAge,
): CatchUp | null =>
  sources?.chain === undefined
    ? null
    : catchUpOf(age, sources.chain, initializationMinutes(found.volumes, fleet.replace.initializationMiBps));

/** The largest volume at the rate that was asked for; 0 where none was: then blocks come as they are read. */
export const initializationMinutes = (volumes: readonly FoundVolume[], rateMiBps: number | undefined): number =>
  rateMiBps === undefined ? 0 : (Math.max(0, ...volumes.map(({ sizeGiB }) => sizeGiB)) * MIB_PER_GIB) / rateMiBps / 60;

const NO_SNAPSHOT = { snapshotId: '', snapshotGiB: 0 } as const;

/**
 * Each next to the volume that it replaces, under a device name that is free on the instance. Every further copy begins with other names: those of the
 * one before may still be in use, though Describe shows them as free.
 */
function newVolumes(
  facts: Facts,
  state: LadderState,
  partOf: (role: string) => Omit<NewVolume, 'role' | 'device'>,
): readonly NewVolume[] {
  const { volumes } = state.found;
  const deviceOf = freeNames(facts, state);
  return volumes.map((found, at) => {
    const grownGiB = grownSince(facts, found);
    return {
      role: found.role,
      device: deviceOf(at),
      ...partOf(found.role),
      ...(grownGiB !== null && { grownGiB }),
    };
  });
}

/** The size of a volume, GiB, where somebody has grown it since it was found; null where nobody has, and where it is not to be seen. */
function grownSince({ volumes }: Pick<Facts, 'volumes'>, { volumeId, sizeGiB }: FoundVolume): number | null {
  const now = volumes.find((volume) => volume.volumeId === volumeId)?.sizeGiB ?? 0;
  return now > sizeGiB ? now : null;
}

/** A copy does not take the place of a volume that somebody has grown since the copy was made. */
export function giveUpOutgrown(facts: Facts, state: LadderState): Act | null {
  const grown = outgrown(facts, state);
  const reason = `${grown}: another is made`;
  return grown === null ? null : giveUpVolumes({ blame: { door: 'person', fault: 'unwanted', reason } });
}

/** Which copy is smaller than the volume that somebody has grown since; null where none is. */
export function outgrown(facts: Facts, { found, restoredVolumes }: LadderState): string | null {
  if (!restoredVolumes || restoredVolumes.from === 'kept' || restoredVolumes.shrink !== undefined) return null;
  for (const [at, { volumeId }] of restoredVolumes.volumes.entries()) {
    const own = found.volumes[at];
    const grownGiB = own === undefined ? null : grownSince(facts, own);
    const copyGiB = facts.volumes.find((volume) => volume.volumeId === volumeId)?.sizeGiB;
    if (own && grownGiB !== null && copyGiB !== undefined && copyGiB < grownGiB)
      return `somebody has grown ${own.volumeId} to ${grownGiB} GiB meanwhile, and its copy has ${copyGiB}`;
  }
  return null;
}

function freeNames({ original, replacement, want }: Facts, { found, generation }: LadderState): (at: number) => string {
  const taken = ((replacement ?? original)?.instance.devices ?? []).map(({ device }) => device);
  const count = found.volumes.length + (want.do === 'shrink' ? 1 : 0);
  const free = freeDevices(taken, count);
  return (at) => free[(generation * count + at) % free.length] ?? '';
}

/** The copy whose files the smaller volume gets stands beside it. */
function shrinkTo(
  facts: Facts,
  state: LadderState,
  toGiB: number,
  partOf: (role: string) => Omit<NewVolume, 'role' | 'device'>,
): Shrink | NoChoice {
  const [volume, another] = state.found.volumes;
  if (!volume || another) return { failed: 'only the volume of a node that has one is made smaller' };
  const { role } = volume;
  const copy = { role, device: freeNames(facts, state)(1), ...partOf(role) };
  return { toGiB, copy, sinceMs: null, left: null, isFilled: false };
}

const SHOWN_AFTER_MS = 90_000;

/**
 * Prepares the volumes: created, available, attached, with all of their blocks where that is asked for, and checked; null when all of that is done.
 */
export function prepare(facts: Facts, state: LadderState, restored: RestoredVolumes, which: Which): Decision | null {
  const { nowMs, volumes, keyScope } = facts;
  const { shrink } = restored;
  const needed = shrink?.isFilled ? restored.volumes : madeVolumes(restored);
  const unmade = needed.findIndex(({ volumeId }) => volumeId === '');
  if (unmade >= 0)
    return create({
      at: unmade,
      reason: shrink && unmade === 0 ? `empty, of ${shrink.toGiB} GiB` : `from ${restored.source}`,
    });
  for (const [at, { volumeId, device, kmsKeyId }] of needed.entries()) {
    const volume = volumes.find((candidate) => candidate.volumeId === volumeId);
    if (!volume) {
      // Describe may not show it yet; a volume with a key that may not be used vanishes.
      if (waitedMs(state, nowMs) < SHOWN_AFTER_MS) return waitFor(state, nowMs, `${volumeId} is not shown yet`);
      const key = kmsKeyId ?? state.found.volumes[at]?.kmsKeyId ?? '';
      if (key !== '' && foreignAccountOf(key, keyScope) !== null) {
        const reason = `${volumeId} vanished: ${keyDenies(key, keyScope)}`;
        return giveUpVolumes({ blame: { door: 'aws', fault: 'other', reason, deniedKey: key } });
      }
      return giveUpData(`${volumeId} vanished while it was made: most likely its KMS key may not be used`, 'aws');
    }
    const next = attached(facts, state, volume, device, which);
    if (next) return next;
  }
  return initialized(facts, state, restored) ?? filled(facts, state, restored) ?? unchecked(restored, which);
}

/** 10 TiB at 125 MiB/s take a day. */
const FILL_MOST_MS = 48 * 60 * 60_000;

/** The files come beside the node, one long command after the other; then the copy goes. null once that is so. */
function filled({ nowMs, volumes }: Facts, state: LadderState, { shrink }: RestoredVolumes): Decision | null {
  if (shrink === undefined) return null;
  const { copy, sinceMs, left, isFilled } = shrink;
  if (!isFilled) {
    if (sinceMs === null || nowMs - sinceMs <= FILL_MOST_MS) return fill({});
    const gib = Math.ceil((left?.bytes ?? 0) / 2 ** 30);
    return giveUpData(`after ${FILL_MOST_MS / HOUR_MS} h ${gib} GiB of its files are not copied yet`, 'nobody-knows');
  }
  const attachment = volumes.find(({ volumeId }) => volumeId === copy.volumeId)?.attachment;
  if (!attachment || attachment.state === 'detached') return null;
  if (attachment.state === 'attached' && !isPending(state, 'DetachVolume', copy.volumeId, nowMs))
    return detachFrom('original', { volumeId: copy.volumeId, device: attachment.device }, 'its files are copied');
  // One that is left there is no reason to keep the disk large, and is reported as it is put away.
  return waitedMs(state, nowMs) <= BOUND_MS.detach
    ? waitFor(state, nowMs, `${copy.volumeId} is ${attachment.state}`)
    : null;
}

/** On a replacement nothing is mounted that a check could be compared with. */
const unchecked = ({ checked, volumes }: RestoredVolumes, which: Which): Decision | null =>
  checked < volumes.length && which === 'original' ? check({ at: checked }) : null;

/**
 * Blocks of a new volume come from S3 as they are first read: those that its client reads at its start come now. A client that is down waits for nothing.
 */
function cold(facts: Facts, state: LadderState, restored: RestoredVolumes): Decision | null {
  const isUp = facts.seen?.clients.every(({ state: is }) => is === 'running') === true;
  if (state.client !== 'untouched' || !isUp) return null;
  const one = coldOnes(facts, state.found.volumes, restored).find(({ at }) => at >= (restored.warmed ?? 0));
  return one === undefined ? null : warm(one);
}

/**
 * The volumes, by their positions, of which something is read before the exchange. A copy of a volume that is there, a kept volume, one that was just written and
 * one that was initialized have their blocks.
 */
function coldOnes(
  { fleet, read }: Pick<Facts, 'fleet' | 'read'>,
  found: readonly FoundVolume[],
  { from, shrink }: Pick<RestoredVolumes, 'from' | 'shrink'>,
): readonly { readonly at: number; readonly files: readonly StartFiles[] }[] {
  const { initializationMiBps, warm: isWanted } = fleet.replace;
  if (!isWanted || initializationMiBps !== undefined || from !== 'snapshot' || shrink) return [];
  return found.flatMap(({ path }, at) => {
    const files = startFilesOn(fleet, path, read);
    return files.length > 0 ? [{ at, files }] : [];
  });
}

/** How long that may take. */
export const warmingMinutes = (...of: Parameters<typeof coldOnes>): number => WARMING_MINUTES * coldOnes(...of).length;

/** Three quarters of the command's limit (runLimitsSeconds). */
const WARMING_MINUTES = 11;

const HOUR_MS = 60 * 60_000;
const MIB_PER_GIB = 1_024;

/** AWS promises the rate; 20 TB at 100 MiB/s, the slowest one, take 54 hours. */
const initializationBoundMs = (volumes: readonly FoundVolume[], rateMiBps: number): number => {
  const largestGiB = Math.max(0, ...volumes.map(({ sizeGiB }) => sizeGiB));
  return Math.max(BOUND_MS.initialize, (1.5 * largestGiB * MIB_PER_GIB * 1_000) / rateMiBps);
};

function initialized(
  { nowMs, fleet, initialization }: Facts,
  state: LadderState,
  { volumes, source }: RestoredVolumes,
): Decision | null {
  if (fleet.replace.initializationMiBps === undefined || !initialization || initialization.done) return null;
  const forMs = waitedMs(state, nowMs);
  // Other data would take as long: no other set is made for this.
  if (forMs > initializationBoundMs(state.found.volumes, fleet.replace.initializationMiBps))
    return giveUpVolumes({
      blame: {
        ...{ door: 'aws', fault: 'other', isEverywhere: true },
        reason: `its blocks have not come within ${Math.round(forMs / HOUR_MS)} h`,
      },
    });
  const { percent, etaSeconds } = initialization;
  const what = `fill ${volumes.map(({ volumeId }) => volumeId).join(' ')} from ${source}`;
  // A check each minute for days would be more turns than an attempt has.
  const seconds = forMs < HOUR_MS ? 60 : forMs < 12 * HOUR_MS ? 300 : 1_800;
  return waitSeconds(seconds, `${Math.floor(percent)} % of its blocks are there`, { percent, etaSeconds, what });
}

function attached(
  { nowMs }: Facts,
  state: LadderState,
  { volumeId, state: is, attachment }: VolumeDescription,
  device: string,
  which: Which,
): Decision | null {
  switch (is) {
    case 'creating':
      return waitedMs(state, nowMs) > BOUND_MS.create
        ? giveUpData(`${volumeId} is still being created`, 'aws')
        : waitFor(state, nowMs, `${volumeId} is being created`);
    case 'available':
      if (isPending(state, 'AttachVolume', volumeId, nowMs))
        return waitFor(state, nowMs, `${volumeId} is to be attached`);
      return attachTo(which, { volumeId, device }, 'beside the old one');
    case 'in-use':
      if (attachment && attachment.instanceId !== instanceIdOf(state, which))
        return giveUpData(`${volumeId} is attached to ${attachment.instanceId}`, 'person');
      if (attachment?.state === 'attached') return null;
      return waitedMs(state, nowMs) > BOUND_MS.attach
        ? giveUpData(`${volumeId} is still ${attachment?.state}`, 'aws')
        : waitFor(state, nowMs, `${volumeId} is ${attachment?.state}`);
    default:
      return giveUpData(`${volumeId} is ${is}`, 'aws');
  }
}

/** Somebody has taken an earlier volume off the node since: it is theirs to attach again, and the client stays on what it has until then. */
function takenOff({ volumes }: Facts, { found, replacement }: LadderState): Decision | null {
  const ours = [found.instanceId, replacement?.instanceId];
  for (const { volumeId, role, device } of found.volumes) {
    const seen = volumes.find((one) => one.volumeId === volumeId);
    const on = seen?.attachment?.instanceId;
    if (seen === undefined || (on !== undefined && ours.includes(on))) continue;
    const where = on === undefined ? `is ${seen.state}, on no instance` : `is attached to ${on}`;
    const reason = `${volumeId}, with the earlier ${role}, ${where}: somebody has detached it. Attach it to ${found.instanceId} as ${device} again: the client goes back to it then, and stays on the copy until then`;
    return refuse('volume-not-found', reason, { page: true, retryAfterMs: 5 * 60_000 });
  }
  return null;
}

/** The way back: the found volumes are mounted again, and the restored ones put away, so that the next rung finds the node as it was. */
export function takeAway(
  facts: Facts,
  state: LadderState,
  restored: RestoredVolumes,
  { fault, reason }: Blame,
): Decision {
  const { nowMs, volumes } = facts;
  if (restored.mounted === 'restored') return takenOff(facts, state) ?? putBack(reason);
  const made = madeVolumes(restored);
  const lost = made.findIndex(({ volumeId }, at) => volumeId === '' && restored.creating.includes(at));
  if (lost >= 0) return create({ at: lost, reason: 'it may have been made: the same token tells which it is' });
  for (const { volumeId } of made) {
    const attachment = volumes.find((candidate) => candidate.volumeId === volumeId)?.attachment;
    if (!attachment || attachment.state === 'detached') {
      // Describe may be older than the attachment: what is dropped now would stay on the instance.
      if (isPending(state, 'AttachVolume', volumeId, nowMs))
        return waitFor(state, nowMs, `${volumeId} may be on its way to the instance`);
      continue;
    }
    if (attachment.state !== 'attached' || isPending(state, 'DetachVolume', volumeId, nowMs)) {
      if (waitedMs(state, nowMs) <= BOUND_MS.detach) return waitFor(state, nowMs, `${volumeId} is ${attachment.state}`);
      // A volume that cannot be detached is left where it is, and reported: nothing is detached by force.
      continue;
    }
    const which = attachment.instanceId === state.replacement?.instanceId ? 'replacement' : 'original';
    const why = isBlameless({ fault }) ? reason : `it did not help: ${reason}`;
    return detachFrom(which, { volumeId, device: attachment.device }, why);
  }
  return dropVolumes({});
}
