// Whether a drill may begin, and what a throw-away client shows of its data. Pure.
import { isSameChain } from '../../shared/chains/chain-id.ts';
import type { NodeStatus } from '../../shared/chains/client.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { follow, standstillOf } from '../../shared/fleet/progress.ts';
import { type CommonBlock, type Heard, tellsOneOf } from '../../shared/heal/apart-client.ts';
import type { DrilledSet, DrillVerdict } from '../../shared/heal/drill.ts';
import { judgeInstance } from '../../shared/heal/guard.ts';
import type { GuardrailCode, Refusal } from '../../shared/model/guardrail-codes.ts';
import type { DrillPayload } from '../../shared/model/payload.ts';
import { endOf, namesItsData } from '../../shared/node-commands/client-end.ts';
import type { NodeState } from '../../shared/node-commands/node-answer.ts';
import { judgeDrillBeside, judgeDrillBudget, judgeImitated } from '../../shared/readiness/drill.ts';
import { cannotBeginFor } from '../../shared/readiness/preconditions.ts';
import { beginsAnew } from '../../shared/snapshots/anew.ts';
import type { Climb, DrillFacts, Running } from './state.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Why no drill begins now, or null. Nobody is paged: people are told when the last proof is old. */
export function refusalOf(facts: DrillFacts, { requestedBy }: Pick<DrillPayload, 'requestedBy'>): Refusal | null {
  const { fleet, pattern, role, shapes, launchTemplate, breaker, haltedSinceMs, tip, heals, record, nowMs } = facts;
  const { drills } = fleet;
  if (drills === undefined) return refuse('not-due', 'the fleet file asks for no drills any more', HOUR_MS);
  const notRunning = facts.copies
    ? null
    : judgeInstance(pattern?.state ?? null, 'its machine is what a drill imitates');
  if (notRunning) return notRunning;
  if (facts.copies?.instanceType === null)
    return refuse(
      'drill-waits',
      `the launch template ${fleet.replace.launchTemplate ?? ''} cannot be read here, or names no instance type`,
      HOUR_MS,
    );
  const imitated = judgeImitated(role);
  if (imitated) return imitated;
  if (heals.length > 0)
    return refuse(
      'drill-waits',
      `a heal may need the quota of the account: ${heals.slice(0, 3).join(', ')}`,
      10 * MINUTE_MS,
    );
  if (tip === null) return refuse('observation-stale', 'nobody knows the height of the chain', MINUTE_MS);
  const beside = judgeDrillBeside(fleet, { breaker, haltedSinceMs });
  if (beside) return beside;
  const instance = { instanceId: pattern?.instanceId ?? '', tags: {}, launchTemplate };
  const lacks = cannotBeginFor('drill', { fleet, instance });
  if (lacks !== null) return refuse('drill-waits', lacks, HOUR_MS);
  if (shapes === null)
    return refuse(
      'volume-not-found',
      'the volumes of the node that is imitated cannot all be told by their tags',
      HOUR_MS,
    );
  const { usdPerHour } = facts;
  return judgeDrillBudget(drills, { record, usdPerHour, nowMs, byPerson: requestedBy === 'person' });
}

/** Until when a drill may run: its limit, or what is left of the month's dollars. ms since the epoch. */
export function endsAtMs(
  { drills }: Pick<Fleet, 'drills'>,
  {
    startedAtMs,
    usdPerHour,
    leftUsd,
  }: { readonly startedAtMs: number; readonly usdPerHour: number; readonly leftUsd: number },
): number {
  const limitMs = (drills?.hours ?? 1) * HOUR_MS;
  return startedAtMs + Math.min(limitMs, (leftUsd / usdPerHour) * HOUR_MS);
}

/** The fleet's view of the chain; null where it is older than three minutes. */
export interface ChainNow {
  readonly tip: number | null;
  readonly canonical: { readonly height: number; readonly hash: string } | null;
  readonly chainId: string | null;
  readonly haltedSinceMs: number | null;
}

/** A client that builds its data again from the blocks on its disk has so many seconds for it; null: it does nothing of the kind. */
export const buildsSeconds = ({ replace }: Pick<Fleet, 'replace'>, trial: Running['trial']): number | null =>
  trial?.of === 'reindex' ? (replace.reindex?.minutes ?? 0) * 60 : null;

interface LimitedBy {
  readonly drill: Pick<Running['drill'], 'startedAtMs' | 'reindexedAtMs'> & { readonly set: LookInput['set'] };
  readonly trial: Running['trial'];
}

/** Meanwhile it may answer nobody, or stand at its first block; and what it builds begins lower than its set, as what was taken back or pruned may. */
export function limitsOf(
  fleet: Pick<Fleet, 'health' | 'replace'>,
  { drill, trial }: LimitedBy,
  endsAtMs: number,
): Pick<LookInput, 'health' | 'set' | 'endsAtMs'> {
  const seconds = buildsSeconds(fleet, trial);
  const set = trial === null ? drill.set : { height: null, blockHash: null };
  if (seconds === null) return { health: fleet.health, set, endsAtMs };
  return {
    health: { ...fleet.health, patienceSeconds: Math.max(fleet.health.patienceSeconds, seconds) },
    set,
    endsAtMs: Math.min(endsAtMs, (drill.reindexedAtMs ?? drill.startedAtMs) + seconds * 1_000),
  };
}

export interface LookInput {
  readonly nowMs: number;
  readonly health: Pick<Fleet['health'], 'behindBlocks' | 'startGraceSeconds' | 'patienceSeconds'>;
  readonly set: Pick<DrilledSet, 'height' | 'blockHash'>;
  readonly upSinceMs: number;
  readonly endsAtMs: number;
  readonly chain: ChainNow | null;
  /** The block that it was asked for. */
  readonly asked: CommonBlock | null;
  readonly heard: Heard;
  readonly climb: Climb;
  /** When its node was asked last how the client is. */
  readonly askedAtMs: number;
  /** Heals of the fleet that have begun since. */
  readonly heals: readonly string[];
  /** Whose blocks the chain's are: where it has no nodes here, those that its references agree on. */
  readonly whose?: 'its references';
}

export type Look =
  | { readonly verdict: DrillVerdict }
  /** It is silent: its node is asked. */
  | { readonly silent: true; readonly climb: Climb }
  | { readonly climb: Climb };

/** What was read at a clean stop may be a minute older than the stop. */
const STALE_BLOCKS = 3;
const SILENT_AFTER_MS = 2 * MINUTE_MS;
const ASK_EVERY_MS = 5 * MINUTE_MS;
/** A client that has blocks to fetch and fetches none for so long stands. */
const STANDS_MS = 30 * MINUTE_MS;

/** One look at the client: its blocks are the fleet's, and it comes to their end; or why not. */
export function judgeLook(input: LookInput): Look {
  const { nowMs, heard, chain, set, climb: before, upSinceMs } = input;
  const unfit = (reason: string): Look => ({ verdict: { is: 'unfit', atMs: nowMs, reason } });
  const unproved = (reason: string, isTold = true): Look => ({
    verdict: { is: 'unproved', atMs: nowMs, reason, isTold },
  });
  const way = givesWay(input.heals);
  if (way !== null) return unproved(way, false);
  const climb = climbed(before, heard, nowMs);
  if (heard.is === 'facts') {
    const { status } = heard;
    const wrong = wrongBlocks(status, set, chain);
    if (wrong !== null) return unfit(wrong);
    const stale = staleBlocks(climb, set.height) ?? (input.whose && withoutData(climb, set.height, chain));
    if (stale != null) return unfit(stale);
    if (isCaughtUp(status, chain, input)) {
      const reason = `it has caught up to ${status.height}, on the blocks of ${input.whose ?? 'the fleet'}`;
      const openSeconds = Math.max(0, Math.round((climb.firstAtMs - upSinceMs) / 1000));
      return { verdict: { is: 'verified', atMs: nowMs, height: status.height, reason, openSeconds } };
    }
    const stands = standsStill(status, climb, input);
    if (stands !== null) return stands.isOfData ? unfit(stands.why) : unproved(stands.why);
  }
  if (nowMs > input.endsAtMs)
    return unproved(`it has not caught up when its time or its dollars were over: ${wordsOf(climb, chain, heard)}`);
  const silentMs = nowMs - Math.max(upSinceMs, climb.heardAtMs);
  if (heard.is !== 'silent' || silentMs <= SILENT_AFTER_MS) return { climb };
  return nowMs - input.askedAtMs > ASK_EVERY_MS ? { silent: true, climb } : { climb };
}

/** Heals of the fleet come first. null: none has begun. */
export const givesWay = (heals: readonly string[]): string | null =>
  heals.length > 0 ? `it gives way: a heal may need the quota (${heals.slice(0, 3).join(', ')})` : null;

function climbed(climb: Climb, heard: Heard, nowMs: number): Climb {
  if (heard.is === 'starting') return { ...climb, heardAtMs: nowMs };
  if (heard.is !== 'facts') return climb;
  const { height } = heard.status;
  return {
    first: climb.first ?? height,
    firstAtMs: climb.first === null ? nowMs : climb.firstAtMs,
    best: Math.max(height, climb.best ?? 0),
    // It is asked seldom: nobody has watched it less for that.
    track: follow(climb.track, heard.status, nowMs, Number.POSITIVE_INFINITY),
    heardAtMs: nowMs,
    times: climb.times + 1,
  };
}

/** Its blocks against its ledger's and against the majority of the fleet and its references. A hash commits to all blocks below it. */
function wrongBlocks(
  { chainId, hashes }: NodeStatus,
  { height, blockHash }: LookInput['set'],
  chain: ChainNow | null,
): string | null {
  if (chainId !== undefined && chain?.chainId != null && !isSameChain(chainId, chain.chainId))
    return `wrong chain: it is on ${chainId}, the fleet on ${chain.chainId}`;
  const own = hashes.find((one) => one.height === height);
  if (own !== undefined && blockHash !== null && own.hash !== blockHash)
    return `wrong chain: its block at ${height} is ${own.hash}, its ledger says ${blockHash}`;
  const theirs = chain?.canonical ?? null;
  const common = hashes.find((one) => one.height === theirs?.height);
  if (common !== undefined && theirs !== null && common.hash !== theirs.hash)
    return `wrong chain: its block at ${common.height} is ${common.hash}, the fleet and its references have ${theirs.hash}`;
  return null;
}

/** A client that is still opening its data may say 0 once. */
function staleBlocks({ first, best, times }: Climb, height: number | null): string | null {
  if (height === null || first === null || best === null || first >= height - STALE_BLOCKS) return null;
  if (first === 0 && times < 2) return null;
  return `stale: it opened at height ${first}, its ledger says ${height}`;
}

/** No ledger says at which height the data were: a policy writes none. */
function withoutData({ first, times }: Climb, height: number | null, chain: ChainNow | null): string | null {
  const tip = chain?.tip ?? null;
  if (height !== null || first === null || tip === null || times < 2) return null;
  if (!beginsAnew(first, { height: tip, of: 'others' })) return null;
  return `it opened at height ${first} where the chain is at ${tip}, as if there were no data`;
}

/** Within what a synced node may be behind, and with the fleet's own block at a height that both have. */
function isCaughtUp(status: NodeStatus, chain: ChainNow | null, { health, asked }: LookInput): boolean {
  if (chain === null || chain.tip === null || chain.canonical === null) return false;
  return status.height >= chain.tip - health.behindBlocks && tellsOneOf(status, [chain.canonical, asked]);
}

/** Only where it gained blocks first are the data to blame: what keeps a client from its first block may lie outside. */
function standsStill(
  status: NodeStatus,
  { first, best, track }: Climb,
  { nowMs, health, chain }: LookInput,
): { readonly why: string; readonly isOfData: boolean } | null {
  const { peerCount, height } = status;
  const stands = standstillOf(track, status, { afterMs: Math.max(health.patienceSeconds * 1000, STANDS_MS), nowMs });
  // A drill has an end of its own: a client that works is waited for until then.
  if (stands === null || stands.works !== undefined) return null;
  // Where the chain itself stands, nobody can tell.
  if (chain === null || chain.haltedSinceMs !== null || chain.tip === null || chain.tip - height <= health.behindBlocks)
    return null;
  const minutes = Math.round(stands.forMs / MINUTE_MS);
  if (peerCount === 0)
    return {
      why: `it has no peers: does drills.securityGroup let it reach any? It stands at ${height}`,
      isOfData: false,
    };
  const gained = (best ?? 0) - (first ?? 0);
  return {
    why: `it gained ${gained} blocks and has stood at ${height} for ${minutes} min, ${chain.tip - height} blocks behind`,
    isOfData: gained > 0,
  };
}

const wordsOf = ({ best }: Climb, chain: ChainNow | null, heard: Heard): string =>
  best === null
    ? heard.is === 'facts'
      ? 'it told no height'
      : heard.reason
    : `at height ${best}${chain?.tip == null ? '' : `, ${Math.max(0, chain.tip - best)} behind`}`;

/** What its node says of a client that is silent; null: it runs, and may still come up. */
export function judgeSilent(
  { clients }: NodeState,
  {
    nowMs,
    upSinceMs,
    graceSeconds,
  }: { readonly nowMs: number; readonly upSinceMs: number; readonly graceSeconds: number },
): DrillVerdict | null {
  const ended = clients.find(({ state }) => state === 'failed' || state === 'stopped');
  if (ended) return endedVerdict(`its client ends: ${endOf(ended)}`, nowMs);
  if (nowMs - upSinceMs <= graceSeconds * 1000) return null;
  const minutes = Math.round((nowMs - upSinceMs) / MINUTE_MS);
  return {
    is: 'unproved',
    atMs: nowMs,
    isTold: true,
    reason: `its client runs and answers nobody ${minutes} min after its start`,
  };
}

/** Data are to blame where the client names them: it may have met something else. */
export const endedVerdict = (reason: string, atMs: number): DrillVerdict =>
  namesItsData(reason) ? { is: 'unfit', atMs, reason } : { is: 'unproved', atMs, reason, isTold: true };

const refuse = (code: GuardrailCode, reason: string, retryAfterMs: number): Refusal => ({
  refuse: code,
  reason,
  page: false,
  retryAfterMs,
});
