// The rung of an upgrade: another version of the client, on the data that are there. It leaves the pool, is switched by one command, and is proved by
// others' eyes. Where it is not proved, the version of before comes back first, and then, by the swap, the data of before. Where the chain itself has
// stopped for the upgrade there is no way back: the version of before makes no block from there on. Pure.

import { mayWaitAt, positionOf } from '../../../shared/guardrails/upgrade.ts';
import type { LadderState, VersionChange } from '../../../shared/heal/memory.ts';
import type { Refusal } from '../../../shared/model/guardrail-codes.ts';
import { isBlueGreen } from '../../../shared/model/payload.ts';
import { endOf } from '../../../shared/node-commands/client-end.ts';
import { NO_INSTANCE } from '../../../shared/readiness/preconditions.ts';
import { giveUpVersion, keepVersion, loseVersion } from '../acts/decisions.ts';
import { switchVersion } from '../acts/node-commands.ts';
import type { Act } from '../acts/table.ts';
import { type Facts, isDead } from '../facts.ts';
import { guardOf } from '../judge.ts';
import { clientUnknown, leftToPerson } from '../person.ts';
import { instanceIn } from '../version.ts';
import {
  afterDisk,
  awaitSight,
  type Decision,
  isolate,
  isProof,
  onceSettled,
  proved,
  proving,
  type Rung,
  refuse,
  rungFailed,
  watchOn,
} from './rung.ts';

export const UPGRADE: Rung = {
  class: 'replace',
  asksOriginalFirst: true,
  // What it needs is judged before it is taken (climb): nothing is left out for it.
  cannotBegin: () => null,
  next: (facts, state) => {
    const { original, want } = facts;
    const { upgrade } = state;
    if (upgrade !== undefined && upgrade.givenUp !== null)
      return isOneWay(upgrade) ? keepVersion({ reason: upgrade.givenUp }) : wayBack(facts, upgrade, upgrade.givenUp);
    if (upgrade?.is === 'to' && state.upSinceMs !== null) return watching(facts, state, upgrade, state.upSinceMs);
    const ended = endedByItself(facts, state);
    if (ended) return giveUpVersion({ reason: ended });
    if (want.do !== 'upgrade' || isBlueGreen(want))
      return upgrade === undefined ? rungFailed(ANOTHERS) : giveUpVersion({ reason: ANOTHERS });
    if (!original?.agentOnline) return silent(facts, state);
    return begun(facts, state, want);
  },
};

const ANOTHERS = 'another heal had begun it, and nobody asks for it any more';

/** Once the new version may have run at the height of an upgrade, nothing of before goes on from there. */
const isOneWay = ({ atHeight, mayHaveRun }: VersionChange): boolean => atHeight !== undefined && mayHaveRun;

const SILENT: Refusal = {
  refuse: 'node-silent',
  reason: 'the node does not answer commands, and its client is switched by one',
  page: true,
  retryAfterMs: 15 * 60_000,
};
const silent = (facts: Facts, state: LadderState): Decision =>
  isDead(facts)
    ? state.upgrade === undefined
      ? rungFailed(DEAD)
      : loseVersion({ reason: DEAD })
    : onceSettled(facts, state, { as: 'refused', refusal: SILENT });

/** Whichever version is enabled starts with the machine. No client runs there that would have to go back, and no command comes. */
const DEAD = 'its machine has died in the middle of it, as EC2 finds, and what it was told last is over with it';

/** The new version is there, no command of this heal keeps it down any more, and it has ended: another attempt has started it in place of what it did not know. */
function endedByItself({ seen }: Facts, { client, upgrade }: LadderState): string | null {
  const it = upgrade?.is === 'to' && client === 'untouched' ? seen?.clients[upgrade.at] : undefined;
  return it?.state === 'failed' ? `its client ends again: ${endOf(it)}` : null;
}

/** Everything is judged again right before the node feels it. */
function begun(facts: Facts, state: LadderState, want: Extract<Facts['want'], { do: 'upgrade' }>): Decision {
  const { seen, fleet } = facts;
  if (state.client === 'untouched') {
    const refusal = guardOf(facts, 'upgrade') ?? clientUnknown(facts) ?? stoppedBefore(facts);
    const blind = refusal && facts.breaker.isBlind ? awaitSight(facts, state) : null;
    if (blind) return blind;
    if (refusal) return onceSettled(facts, state, { as: 'refused', refusal });
    const apart = isolate(facts, state);
    if (apart) return apart;
  }
  const from = state.upgrade?.from ?? instanceIn(fleet, seen);
  const at = positionOf(fleet);
  if (from === null || at < 0) return refuse('version-unknown', NO_INSTANCE, { page: true });
  return switchVersion({
    ...{ goes: 'to', from, to: want.to, at, cleanSinceMs: want.cleanSinceMs },
    ...(want.atHeight !== undefined && { atHeight: want.atHeight }),
    reason:
      state.upgrade === undefined
        ? `${from} → ${want.to}${want.rehearsed === undefined ? '' : ` (${want.rehearsed})`}`
        : `what became of it nobody knows: ${want.to} again`,
  });
}

/** A client that does not run was stopped by somebody, has trouble that an upgrade is not for, or has ended for the very upgrade. */
export function stoppedBefore(
  facts: Pick<Facts, 'want' | 'seen' | 'nowMs' | 'onsetMs' | 'leftStopped'>,
): Refusal | null {
  const left = leftToPerson(facts, { stops: true });
  if (left) return left;
  // The guard has read its last words.
  if (facts.want.do === 'upgrade' && facts.want.atHeight !== undefined) return null;
  const down = facts.seen?.clients.find(({ state }) => state !== 'running');
  if (down === undefined) return null;
  const reason = `its client is ${down.state} before anything was done: what it has comes first`;
  return { refuse: 'cannot-be-spared', reason, page: false, retryAfterMs: 5 * 60_000 };
}

/** Proved like any other rung; the first node of a fleet has to stay well for as long as its file says. */
function watching(facts: Facts, state: LadderState, upgrade: VersionChange, upSinceMs: number): Decision {
  const { from, to, atHeight } = upgrade;
  const since = { ...state, found: foundSince(facts, state, upSinceMs, atHeight) };
  const stands = atHeight === undefined ? null : standsWithAll(facts, upSinceMs, atHeight);
  if (stands) return proved(`${from} → ${to}: ${stands}`);
  const judged = proving(facts, since, upSinceMs, 'original', (reason) => giveUpVersion({ reason }));
  if (!isProof(judged)) return judged;
  const watched = watchedFor(facts, state, judged);
  return isProof(watched) ? proved(`${from} → ${to}: ${watched.reason}`) : (afterDisk(facts) ?? watched);
}

/** The proof, once the first node of a fleet has been watched for so long since it was seen first: a version may migrate its data for hours before. */
export function watchedFor<P extends Decision & { readonly reason: string }>(
  { want, nowMs }: Pick<Facts, 'want' | 'nowMs'>,
  { followsSinceMs = nowMs }: Pick<LadderState, 'followsSinceMs'>,
  judged: P,
): P | ReturnType<typeof watchOn> {
  const watchedMs = want.do === 'upgrade' ? want.watchMinutes * 60_000 : 0;
  const leftMs = followsSinceMs + watchedMs - nowMs;
  if (leftMs <= 0) return judged;
  const minutes = Math.ceil(leftMs / 60_000);
  const seconds = Math.min(WATCH_SECONDS, Math.ceil(leftMs / 1_000));
  return watchOn(seconds, `it is watched for ${minutes} min more: ${judged.reason}`);
}

/** A chain waits until two thirds of its power have the new version. A client that has stayed up so long has done its part. */
const STANDS_MS = 5 * 60_000;

/** The proof of a node whose whole chain still stands below the height of the upgrade; null where it does not, or not for long enough. */
function standsWithAll({ watched, haltedSinceMs, nowMs }: Facts, upSinceMs: number, atHeight: number): string | null {
  if (haltedSinceMs === null || watched === null || watched.observedAtMs - upSinceMs < STANDS_MS) return null;
  if (watched.health !== 'synced' || !mayWaitAt(watched.height, atHeight)) return null;
  const minutes = Math.floor((nowMs - upSinceMs) / 60_000);
  return `it has run for ${minutes} min, and stands at ${watched.height} with the whole chain, which waits for others`;
}

/**
 * A well node goes on until its client is stopped: only blocks above the first height that others saw of the new version are its own doing. Nothing but
 * `synced` proves it.
 */
export function foundSince(
  { watched }: Facts,
  { found, cameUp }: LadderState,
  upSinceMs: number,
  atHeight: number | undefined,
): LadderState['found'] {
  if (atHeight !== undefined) return { ...found, height: atHeight - 1, lagBlocks: 0 };
  const now = watched && watched.observedAtMs > upSinceMs ? watched.height : null;
  const height = cameUp?.upSinceMs === upSinceMs ? cameUp.height : (now ?? found.height);
  return { ...found, height, lagBlocks: 0 };
}

/** A day of these is a third of the turns that an attempt has. */
const WATCH_SECONDS = 300;

/** The version comes back first: what comes after it starts the client that its data are of. */
function wayBack({ original, seen }: Facts, upgrade: VersionChange, reason: string): Decision {
  const owesStart = !upgrade.mayHaveRun && seen?.clients.some(({ state }) => state !== 'running') === true;
  if (upgrade.is === 'from' && !owesStart) return rungFailed(reason);
  if (isDead({ original })) return loseVersion({ reason: `${reason}; ${DEAD}` });
  if (!original?.agentOnline)
    return refuse(
      'node-silent',
      `the node does not answer commands, and ${upgrade.from} has to come back (${reason})`,
      {
        page: true,
        retryAfterMs: SILENT.retryAfterMs,
      },
    );
  return back(upgrade, reason);
}

/** The version of before again. */
export const back = ({ from, to, at, cleanSinceMs }: VersionChange, reason: string): Act =>
  switchVersion({ ...{ goes: 'from', from, to, at, cleanSinceMs }, reason });
