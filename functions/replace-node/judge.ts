// Judges a node: what the guardrails say of a rung, and whether the client follows its chain again. Pure.
import { familyOf } from '../../shared/chains/defaults.ts';
import { judgeVolumes } from '../../shared/fleet/membership.ts';
import type { Fleet, Role } from '../../shared/fleet/model.ts';
import type { Evidence } from '../../shared/fleet/observation.ts';
import { judgeConditions } from '../../shared/guardrails/conditions.ts';
import {
  actOf,
  guardedAs,
  isOwnCommand,
  isVoteMissed,
  judgeClass,
  judgeOwner,
  judgeZone,
} from '../../shared/guardrails/replace.ts';
import type { FoundNode, LadderState } from '../../shared/heal/memory.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { acknowledgesValidator, isBlueGreen } from '../../shared/model/payload.ts';
import type { Rung } from '../../shared/model/rungs.ts';
import { endOf, namesItsData } from '../../shared/node-commands/client-end.ts';
import { judgeReach } from '../../shared/readiness/preconditions.ts';
import { judgeShrink } from '../../shared/readiness/shrink.ts';
import { beginsAnew, type DataHeight, UNOPENED } from '../../shared/snapshots/anew.ts';
import { type Facts, isImpaired, type Machine, type Watched } from './facts.ts';
import { foundVolumes } from './found-volumes.ts';
import { judgeGone } from './gone.ts';

/** What the guardrails say of a rung now: read before the rung is taken, and again before its first act that affects the node. */
export function guardOf(facts: Facts, rung: Rung) {
  const {
    fleet,
    role,
    node,
    breaker,
    haltedSinceMs,
    want,
    original,
    instanceStore,
    stopProtected,
    standbyFault,
    seen,
  } = facts;
  if (!original) return null;
  const { instance } = original;
  if (rung === 'upgrade') return guardOfUpgrade(facts, original);
  if (isBlueGreen(want)) return guardOfBeside(facts, original);
  const unfit = want.do === 'shrink' ? (guardOfShrink(facts, original, want.toGiB) ?? facts.spared ?? null) : null;
  if (unfit) return unfit;
  const known = seen?.clients.some(({ state }) => state === 'failed') === true || isImpaired(facts);
  return (
    judgeGone(facts) ??
    judgeEvent(facts, rung) ??
    judgeClass({
      class: guardedAs(rung),
      fleet,
      role,
      node: { instanceId: instance.instanceId, name: node },
      breaker,
      haltedSinceMs,
      cause: known || isVoteMissed(fleet, facts.watched?.evidence) ? 'known' : 'unknown',
      manual: want.do !== 'heal',
      acknowledgesValidator: acknowledgesValidator(want),
    }) ??
    (want.do === 'heal'
      ? judgeConditions(actOf(rung), { instanceId: instance.instanceId, name: node }, breaker.conditions)
      : null) ??
    (isOwnCommand(rung) || rung === 'swap' || rung === 'replace' ? judgeLoop(facts) : null) ??
    (isOwnCommand(rung) && !known ? judgeEvidence(facts) : null) ??
    (rung === 'swap' || rung === 'replace'
      ? (judgeData(facts, instance.instanceId) ??
        judgeSigning(fleet, role, node) ??
        (known ? null : judgeEvidence(facts)))
      : null) ??
    (rung === 'stop-start' && want.do === 'heal'
      ? judgeZone(breaker, { instanceId: instance.instanceId, name: node })
      : null) ??
    (rung === 'replace' ? guardOfReach(facts) : null) ??
    judgeOwner({
      rung,
      fleet,
      tags: instance.tags,
      autoScalingGroup: instance.autoScalingGroup,
      instanceStore,
      stopProtected,
      standbyFault,
      publicIp: instance.publicIp,
    })
  );
}

/** A well node is upgraded, and nothing is wrong with it: the fleet has to be able to spare it, and its owner to let its way back be gone. */
function guardOfUpgrade(facts: Facts, { instance }: Machine): Refusal | null {
  const { spared, fleet, role, node, standbyFault, instanceStore, stopProtected, want } = facts;
  // Where its chain stops for it there is no way back that an owner would find changed, and no other data.
  if (want.do === 'upgrade' && want.atHeight !== undefined) return spared ?? null;
  const { tags, autoScalingGroup, publicIp } = instance;
  return (
    spared ??
    judgeData(facts, instance.instanceId) ??
    judgeSigning(fleet, role, node) ??
    judgeOwner({ rung: 'swap', fleet, tags, autoScalingGroup, instanceStore, stopProtected, standbyFault, publicIp })
  );
}

/** Another instance comes beside a well node, and takes its place: what that needs is judged as for a replacement. */
function guardOfBeside(facts: Facts, { instance }: Machine): Refusal | null {
  const { spared, fleet, standbyFault, instanceStore, stopProtected } = facts;
  if (spared) return spared;
  const { tags, autoScalingGroup, publicIp } = instance;
  return (
    judgeData(facts, instance.instanceId) ??
    guardOfReach(facts) ??
    judgeOwner({ rung: 'replace', fleet, tags, autoScalingGroup, instanceStore, stopProtected, standbyFault, publicIp })
  );
}

/** Its disk is made smaller only where all files fit, and nobody signs with it. */
const guardOfShrink = (facts: Facts, { instance }: Machine, toGiB: number): Refusal | null =>
  judgeShrink({
    ...{ toGiB, fleet: facts.fleet, role: facts.role, node: facts.node, seen: facts.seen },
    found: foundVolumes(facts),
    rootVolumeId: instance.rootVolumeId,
  });

/** A node that EC2 has stopped by then, or that does not start again, has to be spared by nobody any more. */
const judgeEvent = ({ move }: Pick<Facts, 'move'>, rung: Rung): Refusal | null =>
  move !== null && rung === 'stop-start' ? move.refusal : null;

const PERSON_MS = 60 * 60_000;

/** Other data take the place of what is on the node's volumes: these are the fleet's alone. */
const judgeData = ({ fleet, volumes }: Pick<Facts, 'fleet' | 'volumes'>, instanceId: string): Refusal | null =>
  judgeVolumes(
    fleet,
    volumes.filter(({ attachment }) => attachment?.instanceId === instanceId),
  );

/** The role of this function is limited at the deployment, by the fleet files and by tags. */
function guardOfReach({ fleet, reach }: Pick<Facts, 'fleet' | 'reach'>): Refusal | null {
  const forPerson = { page: true, retryAfterMs: PERSON_MS };
  if (!fleet.replace.rungs.includes('replace')) {
    const reason = `the fleet file does not allow another instance: with "replace" in replace.rungs, and npm run deploy, it may be launched`;
    return { refuse: 'restart-forbidden', reason, ...forPerson };
  }
  const reason = judgeReach(fleet, reach?.launch ?? []);
  return reason === null ? null : { refuse: 'out-of-reach', reason, ...forPerson };
}

/** What it would take to try more than a restart. */
const MORE_EVIDENCE: Readonly<Partial<Record<Evidence, string>>> = {
  'no-reference': 'name a reference in the fleet file (health.references)',
  'beside-stands': 'other data help only where the fault is its own',
  votes: 'other data help only where it lacks blocks',
};

/** A restart needs less evidence than other data or another instance: a single reference may be wrong, and a restart costs a minute. */
function judgeEvidence({ fleet, want, node, watched }: Facts): Refusal | null {
  if (want.do !== 'heal' || watched?.evidence === undefined) return null;
  const more = MORE_EVIDENCE[watched.evidence];
  if (more !== undefined) {
    const why = `${node}: ${watched.reason}. A restart is all that is tried for it: ${more}`;
    return { refuse: 'one-witness', reason: why, page: true, retryAfterMs: PERSON_MS };
  }
  if (fleet.health.trust === 'one-reference') return null;
  const reason = `${node}: ${watched.reason}. One reference is enough for a restart, and not for other data: name a second one in the fleet file (health.references), or trust this one (health.trust: one-reference)`;
  return { refuse: 'one-witness', reason, page: true, retryAfterMs: PERSON_MS };
}

/** What ends again and again, and does not name its data, would end on others, too: a kernel that is short of memory, a watchdog, a bug. People are told of the loop. */
function judgeLoop({ want, node, watched, seen, dataAtFault }: Facts): Refusal | null {
  if (want.do !== 'heal' || watched?.endsAgain !== true || dataAtFault === true) return null;
  const last = seen?.clients.map(endOf).join('; ') ?? 'nobody has asked the node how';
  if (seen?.clients.some(({ lastLine }) => namesItsData(lastLine))) return null;
  const reason = `crash-loop: the client of ${node} ends again and again, and does not name its data (${last}): it gets no others before it does`;
  return { refuse: 'condition-holds', reason, page: false, retryAfterMs: LOOP_AGAIN_MS };
}

const LOOP_AGAIN_MS = 15 * 60_000;

/** CometBFT's signing state, which must never go back (types/priv_validator.go). */
export const SIGNING_STATE = /priv_validator_state\.json$/;

/** The newer of two signing states is kept by its own path: if only a directory above it is listed, the state could go back. */
function judgeSigning({ chain, identityPaths }: Fleet, role: Role, node: string): Refusal | null {
  if (familyOf(chain) !== 'cometbft' || (role !== 'validator' && role !== 'unknown')) return null;
  if (identityPaths.some((path) => SIGNING_STATE.test(path))) return null;
  const reason = `the fleet file does not list the signing state of ${node} (…/data/priv_validator_state.json) under identity: it could go back`;
  return { refuse: 'validator', reason, page: true, retryAfterMs: 60 * 60_000 };
}

export type Verdict =
  | { readonly is: 'proved'; readonly reason: string }
  | { readonly is: 'waiting'; readonly seconds: number; readonly why: string }
  /** It has been silent for a while: the node itself should be asked about its client. */
  | { readonly is: 'silent' }
  | {
      readonly is: 'failed';
      readonly reason: string;
      readonly at: 'same-stop' | 'lower-stop' | 'forked' | 'open' | 'unopened' | 'other';
      /** The node itself has not been asked just now: somebody may have stopped its client meanwhile. */
      readonly isUnasked?: true;
    }
  /** Not known: unknown is neither healthy nor sick, and climbs no rung. */
  | { readonly is: 'unknown'; readonly reason: string };

const HOUR_MS = 60 * 60_000;
/** "three blocks beyond the height where it stopped" */
const PROOF_BLOCKS = 3;
/** A client that is down is checked on its node this long after its start, and then again after each such time. */
const SILENT_AFTER_MS = 2 * 60_000;
const INSPECT_EVERY_MS = 5 * 60_000;
/** So new is the node's own answer when a rung is given up because its client is silent or has ended: of the same turn, since a turn of waiting takes a minute. */
const JUST_ASKED_MS = 30_000;
/** With a grace of a day, shorter intervals would take more operations than an execution has. */
const INSPECT_LATER_EVERY_MS = 15 * 60_000;
const LATER_MS = 60 * 60_000;
/** A sweep observes each minute. An outage of AWS is waited out; without an observation for this long people are told. */
const UNOBSERVED_MS = 2 * 60 * 60_000;
/**
 * Catching up from an old copy takes hours. After this time a client that comes no nearer to its chain has failed; where the fleet has shown that these
 * data take longer, after half as much again as they take, and after four days at the latest: five are what an execution has (MAX_TURNS, heal.ts).
 */
const CATCH_UP_MS = 24 * 60 * 60_000;
const CATCH_UP_MOST_MS = 4 * CATCH_UP_MS;
const CATCH_UP_RESERVE = 1.5;
/** A client that was nearer than ever before within this time catches up, however long it takes: taken back, the next copy would begin at zero. */
const NEARER_WITHIN_MS = 6 * 60 * 60_000;

type ProofInput = Pick<Facts, 'nowMs' | 'fleet' | 'watched' | 'seen'> & {
  readonly found: FoundNode;
  readonly upSinceMs: number;
  readonly inspectedAtMs: number | null;
  /** When it was last seen nearer to its chain than ever before since it came up; null where it was not seen. */
  readonly nearestAtMs: number | null;
  /** How long its data take to catch up, by the rate that the fleet has shown; null where that is not known. */
  readonly catchUpMs: number | null;
  /** Where the data were on which its client runs; null where nobody knows. */
  readonly from: DataHeight | null;
  /** The highest height at which it was seen before; null where it was not. */
  readonly best: number | null;
  /** It builds its data again: until when it is legitimately silent, or stands, and until when it has to be at the tip. Absent otherwise. */
  readonly builds?: LadderState['reindexed'];
};

/** Judged by what others saw of the client after it came up: what it says of itself proves nothing. */
export function judgeProof(input: ProofInput): Verdict {
  const { nowMs, fleet, found, upSinceMs } = input;
  const upForMs = nowMs - upSinceMs;
  const graceMs = fleet.health.startGraceSeconds * 1000;
  const boundMs = catchUpBoundMs(input.catchUpMs);
  const watched = input.watched && input.watched.observedAtMs > upSinceMs ? input.watched : null;
  if (!watched || watched.health === 'unknown' || watched.health === 'busy') {
    const why = watched?.reason ?? 'nobody has looked at it since its client came up';
    // A client that says what it does is waited for like one that catches up.
    const patienceMs = watched?.tellsPhase ? boundMs : graceMs + UNOBSERVED_MS;
    return upForMs < patienceMs ? waiting(upForMs, why) : { is: 'unknown', reason: why };
  }
  if (isProved(watched, found)) return { is: 'proved', reason: wordsOf(watched, found) };
  const ended = input.seen?.clients.find(({ state }) => state === 'failed' || state === 'stopped');
  // What a node said a turn ago does not tell how its client is now: a person may have stopped it in between, or started it again.
  const isUnasked = nowMs - (input.inspectedAtMs ?? 0) > JUST_ASKED_MS;
  if (ended && (input.inspectedAtMs ?? 0) > upSinceMs)
    return {
      is: 'failed',
      at: 'open',
      reason: `its client ends again: ${endOf(ended)}`,
      ...(isUnasked && { isUnasked }),
    };
  const { builds } = input;
  if (builds && nowMs > builds.untilMs && watched.health !== 'forked')
    return { is: 'failed', at: 'other', reason: `it has not built its data again in its time: ${watched.reason}` };
  const isPatient = builds !== undefined && nowMs <= builds.patientUntilMs;
  switch (watched.health) {
    case 'forked':
      return { is: 'failed', at: 'forked', reason: watched.reason };
    case 'stuck':
      if (isPatient) return waiting(upForMs, watched.reason);
      return watched.sinceMs > upSinceMs || upForMs > fleet.health.patienceSeconds * 1000
        ? stopped(watched, found)
        : waiting(upForMs, watched.reason);
    case 'unreachable':
      if (upForMs > graceMs && !isPatient)
        return {
          is: 'failed',
          at: 'other',
          reason: `no answer ${Math.round(upForMs / 60_000)} min after its start: ${watched.reason}`,
          ...(isUnasked && { isUnasked }),
        };
      if (
        upForMs > SILENT_AFTER_MS &&
        nowMs - (input.inspectedAtMs ?? 0) > (upForMs < LATER_MS ? INSPECT_EVERY_MS : INSPECT_LATER_EVERY_MS)
      )
        return { is: 'silent' };
      return waiting(upForMs, watched.reason);
    default:
      // For as long as it comes nearer it would be waited for, which takes days or weeks. One that still opens its data may say 0 once.
      if (upForMs > graceMs && !builds && isAnew(watched, input)) {
        const reason = `it is at height ${watched.height} where its data were at ${input.from?.height}: ${UNOPENED}`;
        return { is: 'failed', at: 'unopened', reason };
      }
      if (upForMs > boundMs && nowMs - lastProgressMs(watched, input, upForMs) > NEARER_WITHIN_MS) {
        const hours = `${Math.round(boundMs / HOUR_MS)} h, and came no nearer in the last ${NEARER_WITHIN_MS / HOUR_MS}`;
        return { is: 'failed', at: 'other', reason: `it has not caught up within ${hours}: ${watched.reason}` };
      }
      return waiting(upForMs, watched.reason);
  }
}

const isAnew = ({ height }: Watched, { from, best }: Pick<ProofInput, 'from' | 'best'>): boolean =>
  height !== null && best !== null && beginsAnew(Math.max(height, best), from);

/** By stages its height stands for hours, and by healing its state for days: that it moves counts for as long as any data may take. */
const lastProgressMs = (
  { movedAtMs = 0 }: Watched,
  { nearestAtMs, upSinceMs }: Pick<ProofInput, 'nearestAtMs' | 'upSinceMs'>,
  upForMs: number,
): number => Math.max(nearestAtMs ?? upSinceMs, upForMs <= CATCH_UP_MOST_MS ? movedAtMs : 0);

/** Another set would lack as many blocks: a client that is given time for its own needs no other one. */
const catchUpBoundMs = (catchUpMs: number | null): number =>
  Math.min(CATCH_UP_MOST_MS, Math.max(CATCH_UP_MS, CATCH_UP_RESERVE * (catchUpMs ?? 0)));

function isProved({ health, height, lagBlocks }: Watched, found: FoundNode): boolean {
  if (height === null || lagBlocks === null) return false;
  if (health !== 'synced' && health !== 'behind' && health !== 'starting') return false;
  // The height of the stop is not known: then only `synced` proves that it follows.
  if (found.height === null) return health === 'synced';
  return (
    height >= found.height + PROOF_BLOCKS &&
    (health === 'synced' || lagBlocks < (found.lagBlocks ?? Number.POSITIVE_INFINITY))
  );
}

const wordsOf = ({ height, lagBlocks }: Watched, found: FoundNode): string =>
  `height ${height}, ${found.height === null ? 'synced' : `${(height ?? 0) - found.height} beyond where it had stopped`}, ${lagBlocks} behind`;

function stopped({ height, reason }: Watched, found: FoundNode): Verdict {
  if (height === null || found.height === null) return { is: 'failed', at: 'other', reason };
  const same = Math.abs(height - found.height) < PROOF_BLOCKS;
  return {
    is: 'failed',
    at: same ? 'same-stop' : height < found.height ? 'lower-stop' : 'other',
    reason: `it stands still at height ${height}${same ? ', where it had stopped before' : `; it had stopped at ${found.height}`}: ${reason}`,
  };
}

/** Short waits in the first minutes, when a restart proves itself; long ones when hours of blocks have to be caught up. */
const waiting = (upForMs: number, why: string): Verdict => ({
  is: 'waiting',
  seconds: upForMs < 10 * 60_000 ? 20 : upForMs < HOUR_MS ? 60 : upForMs < CATCH_UP_MS ? 300 : 1_800,
  why,
});
