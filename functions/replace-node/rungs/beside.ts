// An upgrade on another instance (blue/green), as the rung `replace` does it: the new instance runs the wanted version beside the node, which serves all
// the time. Only when it has proved itself it takes the node's place, and only when others have seen it there the old one is stopped. Two copies of one
// identity never run: the new one starts on data from which the identity was taken. Pure.
import { positionOf } from '../../../shared/guardrails/upgrade.ts';
import type { Beside, LadderState, Replacement } from '../../../shared/heal/memory.ts';
import type { Refusal } from '../../../shared/model/guardrail-codes.ts';
import { isBlueGreen } from '../../../shared/model/payload.ts';
import { enableVersion, lookBeside, proveBeside, startBeside } from '../acts/beside.ts';
import { watchedIn } from '../beside-look.ts';
import type { Facts } from '../facts.ts';
import { judgeProof } from '../judge.ts';
import { fullPathOf } from '../open-disk.ts';
import { instanceIn } from '../version.ts';
import {
  askNode,
  BOUND_MS,
  type Decision,
  isProof,
  keepFound,
  maskOld,
  outOfPool,
  proving,
  setAside,
  takePlace,
  waitedMs,
  waitFor,
  waitSeconds,
} from './rung.ts';
import { giveUpOutgrown, outgrown } from './swap.ts';
import { foundSince, watchedFor } from './upgrade.ts';

/** What is to run beside the node; null where the node does not tell what it runs itself. */
export function besideOf({ fleet, seen, want }: Pick<Facts, 'fleet' | 'seen' | 'want'>): Beside | null {
  const from = instanceIn(fleet, seen);
  const at = positionOf(fleet);
  if (want.do !== 'upgrade' || from === null || at < 0) return null;
  return {
    ...{ from, to: want.to, at, isEnabled: false, firstHeight: null },
    ...{ nearest: null, look: null, knownAtMs: null, proved: null, mayHaveServed: false },
  };
}

/**
 * Why no other instance may come beside the node, known before anything is made, and for a person to change: the upgrade ends with it, told once. null:
 * one may.
 */
export function unfitFor({ sources }: Pick<Facts, 'sources'>, guard: Refusal | null): string | null {
  if (guard?.page) return guard.reason;
  if (guard !== null || sources === null || sources.unread !== undefined || sources.good.length > 0) return null;
  const told = sources.refused.slice(0, 4).map(({ setId, why }) => `; ${setId}: ${why}`);
  return `no good snapshot is there that another instance could catch up from${told.join('')}`;
}

/** Once the new instance is up, its client masked. @param restored what its data still need; null: they are there */
export function readyBeside(
  facts: Facts,
  state: LadderState,
  replacement: Replacement,
  beside: Beside,
  { restored, giveUp }: { readonly restored: () => Decision | null; readonly giveUp: (reason: string) => Decision },
): Decision {
  if (replacement.membership === 'joined') return watchedInPlace(facts, state, beside, giveUp);
  const off = calledOff(facts, beside);
  if (off !== null) return giveUp(off);
  const next = restored();
  if (next) return next;
  if (state.upSinceMs === null) {
    const given = giveUpOutgrown(facts, state);
    if (given) return given;
  }
  // Its client has written to its copy: a person asks again, and the next copy is as large.
  const grown = outgrown(facts, state);
  if (grown !== null) return giveUp(`${grown}: ask again, and its next copy is as large`);
  if (!beside.isEnabled) return enableVersion({});
  if (state.upSinceMs === null) return startBeside({});
  if (beside.proved === null) return provingBeside(facts, state, beside, giveUp);
  // A pause, or the end of an attempt, may have come between: what was proved hours ago proves nothing now.
  const { look } = beside;
  if (look === null || facts.nowMs - look.atMs > FRESH_MS) return lookBeside({});
  if (look.health !== 'synced') return provingBeside(facts, state, beside, giveUp);
  if (!replacement.volumesKept) return keepFound();
  return takePlace();
}

const FRESH_MS = 5 * 60_000;

/** Why it does not take the place of the node, whatever it shows: nobody wants it any more, or the node is not what it was. */
function calledOff({ want, fleet, original }: Facts, { to }: Beside): string | null {
  if (!isBlueGreen(want) || want.do !== 'upgrade' || want.to !== to)
    return 'another upgrade had begun it, and nobody asks for it any more';
  if (!fleet.client?.versions.includes(to)) return `the fleet file does not name ${to} under client.versions any more`;
  // A reading that does not show it is no proof that it is gone.
  const power = original?.instance.state;
  return power === 'terminated' || power === 'shutting-down' ? 'the old instance was terminated meanwhile' : null;
}

/** Often while a good copy proves itself, seldom while hours of blocks come: each look takes ten of the 3,000 operations of an execution. */
const lookSeconds = (upForMs: number): number =>
  upForMs < 10 * 60_000 ? 30 : upForMs < 2 * 60 * 60_000 ? 120 : upForMs < 12 * 60 * 60_000 ? 600 : 1_800;

/** One answer that is lost says nothing. */
const UNKNOWN_MS = 2 * 60 * 60_000;

/** Its own answers, judged by the fleet's blocks: synced, with blocks above the first height that was seen of the new version. */
function provingBeside(
  { nowMs, fleet, seen, replacement, unanswered }: Facts,
  state: LadderState,
  { look, firstHeight, nearest, knownAtMs }: Beside,
  giveUp: (reason: string) => Decision,
): Decision {
  const upSinceMs = state.upSinceMs ?? nowMs;
  const seconds = lookSeconds(nowMs - upSinceMs);
  if (look === null || nowMs - look.atMs >= seconds * 1_000) return lookBeside({});
  const { inspectedAtMs, found, restoredVolumes } = state;
  const verdict = judgeProof({
    ...{ nowMs, fleet, seen, upSinceMs, inspectedAtMs },
    watched: watchedIn(look, replacement?.instance.instanceId ?? ''),
    // Only `synced` proves it, and only blocks of its own doing.
    found: { ...found, height: firstHeight ?? Number.MAX_SAFE_INTEGER, lagBlocks: 0 },
    nearestAtMs: nearest?.atMs ?? null,
    catchUpMs: restoredVolumes?.catchUpMs ?? null,
    from: restoredVolumes?.height == null ? null : { height: restoredVolumes.height, of: 'these' },
    best: firstHeight,
  });
  const waits = (what: string): Decision =>
    waitSeconds(Math.max(1, seconds - Math.floor((nowMs - look.atMs) / 1_000)), what);
  const canAsk = replacement?.agentOnline === true && unanswered === null;
  // What was seen before its start may be of the old instance, and no full disk makes other blocks.
  const full = (inspectedAtMs ?? 0) > upSinceMs && look.health !== 'forked' ? wordsOfFull(seen) : null;
  switch (verdict.is) {
    case 'proved':
      return proveBeside({ reason: look.reason });
    case 'waiting':
      return waits(verdict.why);
    case 'silent':
      return canAsk ? askNode('replacement') : waits('neither its client nor its agent answers');
    case 'failed':
      // A client that ends for want of room says nothing against its version.
      if (verdict.isUnasked && canAsk) return askNode('replacement');
      return giveUp(full ?? (look.health === 'stuck' ? `it stands: ${look.reason}` : verdict.reason));
    case 'unknown':
      return nowMs - (knownAtMs ?? upSinceMs) > UNKNOWN_MS
        ? giveUp(`for two hours nobody could tell where it stands: ${verdict.reason}`)
        : waits(verdict.reason);
  }
}

/** Nothing grows the disk of an instance that is no node yet: a person grows the node's own, and the next copy is as large. */
function wordsOfFull(seen: Facts['seen']): string | null {
  const path = fullPathOf(seen);
  return path === undefined
    ? null
    : `${path} of the new instance is full: it says nothing of the version; grow the node’s own disk, take a snapshot, and ask again`;
}

/** It is the node now: others see it, and the first node of a fleet has to stay well for as long as its file says. The old one runs still. */
function watchedInPlace(
  facts: Facts,
  state: LadderState,
  beside: Beside,
  giveUp: (reason: string) => Decision,
): Decision {
  const upSinceMs = state.upSinceMs ?? facts.nowMs;
  const since = { ...state, found: foundSince(facts, state, upSinceMs, undefined) };
  const judged = proving(facts, since, upSinceMs, 'replacement', giveUp);
  if (!isProof(judged)) return judged;
  const watched = watchedFor(facts, state, judged);
  if (!isProof(watched)) return watched;
  // Its group would replace an old instance that is stopped.
  return setAside(facts, state) ?? { ...watched, reason: `${beside.from} → ${beside.to}: ${watched.reason}` };
}

/**
 * The old one is stopped, once names and addresses are the new one's: nobody is led to it any more, its client ends with its grace, and is kept from
 * starting. null: the instance itself comes next.
 */
export function quietOld({ original, fleet, nowMs }: Facts, state: LadderState): Decision | null {
  const { replacement, pool } = state;
  if (state.beside === undefined || replacement === null || original?.instance.state !== 'running') return null;
  if (fleet.dns !== undefined && pool === 'in') return outOfPool();
  if (replacement.fencedBy !== null || replacement.originalMask === 'unconfirmed') return null;
  if (original.agentOnline) return maskOld('another instance has taken its place');
  return waitedMs(state, nowMs) <= BOUND_MS.boot
    ? waitFor(state, nowMs, 'the agent of the old instance is silent')
    : null;
}
