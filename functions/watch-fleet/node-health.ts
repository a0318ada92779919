// The health of one node, compared with its fleet. A node that could not be asked is unknown. A node that answers anything is alive. A node that does
// not answer is unreachable, and never at lag 0. Only what others prove to be wrong is stuck or forked.
import { type BlockHash, type NodeStatus, type Reading, SHOWS } from '../../shared/chains/client.ts';
import { type Fleet, heightProbeOf, seesClientsOnly } from '../../shared/fleet/model.ts';
import type { FleetNode } from '../../shared/fleet/nodes.ts';
import type {
  ClientLook,
  ConsensusTrack,
  Evidence,
  Health,
  NodeCause,
  NodeMemory,
  ObservedNode,
  Track,
} from '../../shared/fleet/observation.ts';
import { followStart, standsSince, standstillOf, UNTRACKED } from '../../shared/fleet/progress.ts';
import type { ScheduledEvent, ScheduledMark } from '../../shared/fleet/scheduled-events.ts';
import { SYNCED_FOR_MS } from '../../shared/guardrails/move.ts';
import type { ConditionCode } from '../../shared/model/guardrail-codes.ts';
import { SCALING_GROUP_TAG } from '../../shared/model/tags.ts';
import type { StatusReading } from '../../shared/probe/protocol.ts';
import { names } from '../../shared/text/names.ts';
import { type Branches, type ChainState, claimOf } from './chain.ts';
import { followLook, judgeLook } from './client-look.ts';
import { endsBetween, followRun, runsSince } from './client-run.ts';
import { followConsensus, judgeConsensusClient, observeConsensusClient } from './consensus-client.ts';
import type { FleetFacts, NodeReading } from './context.ts';
import { unseenPaths } from './disks.ts';
import { eventsAhead, eventsNear, eventsTold, eventsToTell } from './instance-events.ts';
import { endsAgain, followCrashes, followLag, type LastingTrouble, lastingTroubles } from './lasting.ts';
import { blocks, duration, oneLine, short } from './phrases.ts';
import { areApart, areHalf, outweighs, type Source } from './sources.ts';
import { isVoteMissing, votesOf } from './votes.ts';

export interface JudgedNode {
  readonly node: ObservedNode;
  /** The code of a page; null while nothing is wrong with the node. */
  readonly code: ConditionCode | null;
  /** It is ahead of all others, on blocks of its own: it is called forked as soon as these are deep enough. */
  readonly mayFork?: true;
  /** What is told whatever its health is now. */
  readonly lasting: readonly LastingTrouble[];
  /** What EC2 has scheduled for its instance and people do not know yet. */
  readonly scheduled: readonly ScheduledEvent[];
  /** Those that people know, whose time is near, and that nobody has moved the node for. */
  readonly near: readonly ScheduledMark[];
}

/** After a page the same trouble pages again only after the node was well for this long: the same rule as for incidents. */
export const WELL_FOR_MS = 30 * 60_000;

/** A trouble that lasts is told again after this time. */
const TOLD_FOR_MS = 24 * 60 * 60_000;

export function judgeNode(facts: FleetFacts, chain: ChainState, node: FleetNode): JudgedNode {
  const { nowMs } = facts;
  const { tip, branches, watched } = chain;
  const { instanceId, name, role, availabilityZone, privateIp } = node;
  const before = facts.before.nodes.get(instanceId);
  const reading = facts.readings.get(instanceId);
  const heard = node.state === 'running' ? responseOf(reading) : 'nothing';
  const start = startOf(heard, before, watched, nowMs);
  const source = chain.byKey.get(instanceId);
  const doubted = hashDoubtOf(source, before, branches, nowMs);
  const grace = nowMs < graceEndsMs(facts.fleet, node, start);
  const beacon = reading?.kind === 'read' ? reading.reading.beacon : undefined;
  const consensus = followConsensus(before?.memory?.consensus, beacon, nowMs);
  const overtakenAtMs = overtakenSince(chain, source, before, nowMs);
  // What was looked at under another probe says nothing now.
  const look = seesClientsOnly(facts.fleet)
    ? followLook(before?.memory?.look, facts.looks?.get(instanceId), nowMs)
    : undefined;
  const status = node.state === 'running' && reading?.kind === 'read' ? reading.reading.status : undefined;
  const { run: ranBefore, crashes: crashesBefore = [], heard: heardBefore = null } = before?.memory ?? {};
  const run = followRun(ranBefore, facts.looks?.get(instanceId), nowMs);
  const ends = {
    ...{ counted: endsBetween(ranBefore, run), sinceMs: ranBefore?.toldAtMs ?? nowMs },
    untilMs: runsSince(run, nowMs) ?? nowMs,
  };
  const crashes = followCrashes(crashesBefore, heardBefore, status, ends, nowMs);
  const runningSinceMs = endsAgain(crashes) ? null : runsSince(run, nowMs);
  const track = source?.track ?? trackWithoutFacts(before, status, nowMs);
  const one: NodeFacts = {
    ...{ facts, chain, node, before, start, doubted, grace, consensus, overtakenAtMs, look },
    ...{ runningSinceMs, track },
  };
  const verdict = withCutOff(assessHealth(one, reading), one, reading);
  const told = status?.kind === 'ok' ? status.facts : undefined;
  const height = source === undefined ? null : source.status.height;
  const sinceMs = before?.health === verdict.health ? before.sinceMs : nowMs;
  const metrics = reading?.kind === 'read' && reading.reading.geth?.kind === 'ok' ? reading.reading.geth.facts : null;
  const lagBlocks = height === null || tip.height === null ? null : Math.max(0, tip.height - height);
  const lagOfTip = isTipOfSyncing(chain) ? null : lagBlocks;
  const lags = followLag(before?.memory?.lags ?? [], { health: verdict.health, lagBlocks: lagOfTip }, nowMs);
  const atTip = verdict.health === 'synced' ? 'reached' : tipSince(before, start);
  const syncing = isSyncing({ health: verdict.health, atTip, start, track }, facts);
  const lasting = lastingTroubles({
    ...{ health: verdict.health, lagBlocks: lagOfTip, lags, crashes, nowMs },
    ...{ isSyncing: syncing, isHalted: chain.haltedSinceMs !== null },
    worksAtMs: track.movedAtMs,
    rootUsedPercent: reading?.kind === 'read' ? reading.reading.rootUsedPercent : look?.told?.rootUsedPercent,
  });
  const toldEvents = eventsTold(before?.memory?.toldEvents ?? {}, nowMs);
  const ahead = eventsAhead(facts.scheduled, node, before, nowMs);
  const toldAtMs = before?.memory?.toldAtMs ?? {};
  const isWell = (verdict.health === 'synced' || verdict.runs === true) && nowMs - sinceMs >= WELL_FOR_MS;
  const paged = (before?.paged ?? []).filter(
    (code) =>
      (!isWell || lasting.some((trouble) => trouble.code === code)) && nowMs - (toldAtMs[code] ?? nowMs) < TOLD_FOR_MS,
  );
  const unseen = unseenPaths(facts.fleet, reading);
  return {
    // A client that ends again and again while it loads has one cause, which is told.
    code: verdict.code === 'node-busy' && endsAgain(crashes) ? null : verdict.code,
    ...(verdict.mayFork && { mayFork: true }),
    lasting,
    scheduled: eventsToTell(facts.scheduled, instanceId, toldEvents),
    near: eventsNear(ahead, toldEvents, nowMs),
    node: {
      ...{ instanceId, name, role, availabilityZone, privateIp },
      health: verdict.health,
      reason: oneLine(`${verdict.reason}${missingFrom(told)}`),
      sinceMs,
      height,
      ...(node.tags[SCALING_GROUP_TAG] !== undefined && { inGroup: true }),
      ...(ahead.length > 0 && { scheduled: ahead }),
      ...boostOf({ node, fleet: facts.fleet, before, health: verdict.health, sinceMs, nowMs }),
      ...ledgerFactsOf(told),
      heightSinceMs: standsSince(track),
      lagBlocks,
      blockAgeSeconds:
        told?.blockTimeMs === undefined ? null : Math.max(0, Math.floor((nowMs - told.blockTimeMs) / 1000)),
      peerCount: told?.peerCount ?? metrics?.peers ?? null,
      startedAtMs: start.startedAtMs,
      seenSinceMs: before?.seenSinceMs ?? nowMs,
      paged,
      ...(syncing && { syncing: true }),
      ...(unseen.length > 0 && { unseenPaths: unseen }),
      ...(beacon && {
        consensusClient: observeConsensusClient(beacon, consensus, facts.fleet.health.patienceSeconds * 1000, nowMs),
      }),
      ...(verdict.cause && { cause: verdict.cause }),
      ...(verdict.evidence && { evidence: verdict.evidence }),
      ...(verdict.runs && { runs: true }),
      ...(verdict.works && { works: true }),
      ...(endsAgain(crashes) && { endsAgain: true }),
      ...(verdict.cutOff && { cutOff: true }),
      ...downByOf(verdict, one, reading),
      ...votesOf(reading, told, before),
      memory: {
        track,
        ...(look && { look }),
        ...(run && { run }),
        ...(consensus && { consensus }),
        ...(lags.length > 0 && { lags }),
        ...(crashes.length > 0 && { crashes }),
        ...(paged.length > 0 && { toldAtMs: Object.fromEntries(paged.map((code) => [code, toldAtMs[code] ?? nowMs])) }),
        ...(Object.keys(toldEvents).length > 0 && { toldEvents }),
        ...(overtakenAtMs !== undefined && { overtakenAtMs }),
        ...stoodAloneAt(verdict, before, height),
        heard: heard ?? before?.memory?.heard ?? null,
        ...(atTip && { atTip }),
        starts: verdict.health === 'synced' ? 0 : start.starts,
        doubted,
      },
    },
  };
}

/** So many blocks more of others show that the chain goes on without a node. */
const STUCK_BLOCKS = 3;
/** A well node has each block within seconds of the others; a large block on a slow disk takes some twenty. After that it serves nobody from the pool. */
export const OVERDUE_MS = 20_000;
/** After a long gap several blocks may come at once: so long a node has the time to follow before it is called stuck. */
const FOLLOWS_WITHIN_MS = 45_000;

/** Its nodes say themselves how high they are, in each sweep. What a script posts is minutes old, for each node by another time. */
export const isAsked = (fleet: Fleet): boolean => {
  const probe = heightProbeOf(fleet);
  return probe !== undefined && probe.by !== 'metric';
};

/** How many blocks more of others it takes to call a node stuck. */
export const stuckBlocks = (fleet: Fleet): number => (isAsked(fleet) ? STUCK_BLOCKS : fleet.health.behindBlocks + 1);

/** Since when others are seen to have a block above the one at which the node stands. */
function overtakenSince(
  { tip }: ChainState,
  source: Source | undefined,
  before: ObservedNode | undefined,
  nowMs: number,
): number | undefined {
  const known = before?.memory?.overtakenAtMs;
  if (source === undefined) return known;
  const { status, track } = source;
  if (tip.height === null || status.height >= tip.height) return undefined;
  const stands = track.sinceMs !== nowMs;
  if (stands && known !== undefined) return known;
  return tip.confirmed ? nowMs : undefined;
}

/** Forgotten once it has moved. */
function stoodAloneAt(
  { evidence }: Pick<HealthAssessment, 'evidence'>,
  before: ObservedNode | undefined,
  height: number | null,
): Pick<NodeMemory, 'stoodAlone'> {
  const known = before?.memory?.stoodAlone;
  if (evidence === 'no-reference' && height !== null) return { stoodAlone: height };
  return known !== undefined && (height === null || height === known) ? { stoodAlone: known } : {};
}

/** A client that starts may count what it does; a node on another network makes progress there, of which nothing is known here. */
function trackWithoutFacts(
  before: ObservedNode | undefined,
  status: Reading<NodeStatus> | undefined,
  nowMs: number,
): Track {
  const known = before?.memory?.track ?? UNTRACKED;
  return status?.kind === 'starting' ? followStart(known, status.counters, nowMs) : known;
}

/** What is remembered of a node that is not at the tip now. */
function tipSince(before: ObservedNode | undefined, { startedAtMs }: Start): NodeMemory['atTip'] {
  const atTip = before?.memory?.atTip;
  return atTip !== undefined && startedAtMs !== before?.startedAtMs ? 'left' : atTip;
}

interface Progress {
  readonly health: Health;
  readonly atTip: NodeMemory['atTip'];
  readonly start: Start;
  readonly track: Track;
}

/**
 * A node that is new, or was given other data, is on its way for hours or days. A client that was at the tip before, and has just been started, has to
 * show that it gets there. One that was started too often does not.
 */
function isSyncing(
  { health, atTip, start: { startedAtMs, starts }, track }: Progress,
  { fleet, nowMs }: Pick<FleetFacts, 'fleet' | 'nowMs'>,
): boolean {
  if ((health !== 'starting' && health !== 'behind') || atTip === 'reached' || starts > MAXIMUM_STARTS) return false;
  if (health === 'starting' && atTip === undefined) return true;
  const advancedAtMs = Math.max(track.advancedAtMs ?? 0, track.movedAtMs ?? 0);
  if (advancedAtMs <= (startedAtMs ?? 0)) return false;
  return nowMs - advancedAtMs < fleet.health.patienceSeconds * 1000;
}

/** What a reading lacks, for people: the node is judged by the rest. */
const missingFrom = (told: NodeStatus | undefined): string =>
  told === undefined || told.missing.length === 0 ? '' : `; it does not tell its ${told.missing.join('; ')}`;

/** The facts of the data that the ledger of a snapshot would contain if it were taken now. */
function ledgerFactsOf(told: NodeStatus | undefined): Pick<ObservedNode, 'block' | 'clientVersion'> {
  const block = told?.hashes.reduce<BlockHash | undefined>(
    (newest, known) => (newest === undefined || known.height > newest.height ? known : newest),
    undefined,
  );
  const clientVersion = told?.clientVersion;
  return { ...(block && { block }), ...(clientVersion !== undefined && { clientVersion }) };
}

/** undefined: the node was not asked, or its answer does not say whether it has just come up. */
function responseOf(reading: NodeReading | undefined): NonNullable<NodeMemory['heard']> | undefined {
  if (reading?.kind !== 'read') return undefined;
  const { status } = reading.reading;
  if (status.kind === 'ok') return 'facts';
  if (status.kind === 'starting') return 'starting';
  return SHOWS[status.code] === 'silence' ? 'nothing' : undefined;
}

function hashDoubtOf(
  source: Source | undefined,
  before: ObservedNode | undefined,
  { doubtful, agreeing }: Branches,
  nowMs: number,
): NodeMemory['doubted'] {
  const known = before?.memory?.doubted ?? null;
  if (source === undefined) return known;
  if (doubtful.has(source.key)) return known ?? { sinceMs: nowMs, height: source.status.height };
  return agreeing.has(source.key) ? null : known;
}

interface HealthAssessment {
  readonly health: Health;
  readonly reason: string;
  readonly code: ConditionCode | null;
  readonly cause?: NodeCause;
  readonly evidence?: Evidence;
  /** Its client runs, and nobody asks more. */
  readonly runs?: true;
  /** Nobody reaches its machine. */
  readonly cutOff?: true;
  /** It says that it works, while nothing of it moves. */
  readonly works?: true;
  /** It is ahead of all others, on blocks of its own: it is called forked as soon as these are deep enough. */
  readonly mayFork?: true;
}

/** One node, and all that its verdict depends on. */
/** A boost has no end before its node has stayed synced for a while; from then on it is idle, whatever becomes of the node. */
function boostOf({
  node: { instanceType: type },
  fleet,
  before,
  health,
  sinceMs,
  nowMs,
}: Pick<NodeFacts, 'node' | 'before'> &
  Pick<ObservedNode, 'health' | 'sinceMs'> & {
    readonly fleet: FleetFacts['fleet'];
    readonly nowMs: number;
  }): Pick<ObservedNode, 'boosted'> {
  if (type !== fleet.typeBoost?.from) return {};
  const isIdle = health === 'synced' && nowMs - sinceMs >= SYNCED_FOR_MS;
  const idleSinceMs =
    (before?.boosted?.type === type ? before.boosted.idleSinceMs : undefined) ?? (isIdle ? nowMs : undefined);
  return { boosted: { type, ...(idleSinceMs !== undefined && { idleSinceMs }) } };
}

interface NodeFacts {
  readonly facts: FleetFacts;
  readonly chain: ChainState;
  readonly node: FleetNode;
  readonly before: ObservedNode | undefined;
  readonly start: Start;
  readonly doubted: NodeMemory['doubted'];
  readonly consensus: ConsensusTrack | undefined;
  /** Its client or its instance has just come up. */
  readonly grace: boolean;
  readonly overtakenAtMs: number | undefined;
  readonly look: ClientLook | undefined;
  /** Since when its client runs, as its node has said; null where nobody knows, or where it ends again and again. */
  readonly runningSinceMs: number | null;
  /** What moves of it, with this reading. */
  readonly track: Track;
}

function assessHealth(one: NodeFacts, reading: NodeReading | undefined): HealthAssessment {
  const { facts, chain, node, grace } = one;
  if (facts.fleet.probe === undefined) return assessment('unknown', 'nobody asks it: its fleet file has no probe');
  // A stopped instance serves nobody, for any reason: that is known, and "unknown" would hide it.
  if (node.state === 'pending' && grace) return assessment('starting', 'its instance is starting');
  if (node.state !== 'running') return unreachable(`its instance is ${node.state}`);
  if (seesClientsOnly(facts.fleet)) return assessLook(one);
  if (reading === undefined) return assessment('unknown', 'it was not asked');
  if (reading.kind === 'unasked') return assessment('unknown', reading.reason);
  const { status } = reading.reading;
  if (status.kind !== 'ok') return judgeWithoutFacts(one, status);
  const source = chain.byKey.get(node.instanceId);
  if (source === undefined) {
    const [its, ours] = [status.facts.chainId ?? '', chain.sources.chainId ?? ''];
    const reason = `it is on network ${short(its)}, the fleet on ${short(ours)}`;
    return { health: 'forked', reason, code: 'wrong-chain' };
  }
  return judgeBranch(one, source) ?? judgeHeight(one, source, reading.reading);
}

/**
 * A silent agent, or a metric that nobody writes, says nothing of a node, and neither does a failed check of EC2 alone: both together say that nobody
 * reaches its machine. That says nothing of its client and its data, which stay unknown: no heal begins by it, and none is judged by it.
 */
function withCutOff(
  verdict: HealthAssessment,
  { facts, node, look, grace }: NodeFacts,
  reading: NodeReading | undefined,
): HealthAssessment {
  if (verdict.health !== 'unknown' || node.state !== 'running') return verdict;
  if (facts.failedChecks?.instances.has(node.instanceId) !== true) return verdict;
  const ofProbe = reading?.kind === 'unasked' && reading.silent ? reading.reason : undefined;
  const ofLook = look?.silent?.machine ? look.silent.reason : undefined;
  const silence = ofProbe ?? ofLook;
  if (silence === undefined) return verdict;
  const reason = `${silence}, and EC2’s status check of its instance has failed: nobody reaches it`;
  return { health: 'unknown', reason, code: grace ? null : 'node-unreachable', cutOff: true };
}

/** What others than its silence prove of a node that answers nobody. */
function downByOf(
  { health }: HealthAssessment,
  { facts, node }: NodeFacts,
  reading: NodeReading | undefined,
): Pick<ObservedNode, 'downBy'> {
  // In the grace after a boot, a machine that is dead still counts as starting.
  const isSilent = health === 'starting' && reading?.kind === 'read' && reading.reading.status.kind === 'error';
  if (health !== 'unreachable' && !isSilent) return {};
  const isDead = facts.failedChecks?.instances.has(node.instanceId) === true || node.state !== 'running';
  if (isDead) return { downBy: 'dead' };
  return health === 'unreachable' && facts.stopped?.has(node.instanceId) ? { downBy: 'stopped' } : {};
}

/** Those who are furthest say that they sync themselves. */
function isTipOfSyncing({ onBranch, tip }: ChainState): boolean {
  const furthest = onBranch.filter(({ status }) => status.height === tip.height);
  return furthest.length > 0 && furthest.every(({ status }) => status.syncing === true);
}

/** Where nothing is asked but whether its client runs. */
function assessLook({ look, grace, facts }: NodeFacts): HealthAssessment {
  const seen = judgeLook(look, facts.nowMs);
  switch (seen.is) {
    case 'unknown':
      return assessment('unknown', seen.reason);
    case 'running':
      return { ...assessment('unknown', seen.reason), runs: true };
    case 'ended':
      return grace ? assessment('starting', seen.reason) : unreachable(seen.reason);
  }
}

function judgeWithoutFacts(
  one: NodeFacts,
  status: Reading<unknown> & { kind: 'starting' | 'error' },
): HealthAssessment {
  const { facts, start, grace } = one;
  const shows = status.kind === 'error' ? SHOWS[status.code] : 'life';
  if (shows === 'us') return assessment('unknown', status.reason);
  if (grace) return assessment('starting', status.reason);
  if (status.kind === 'starting') {
    const age = start.startedAtMs === null ? '' : ` ${duration(facts.nowMs - start.startedAtMs)} after its start`;
    return judgeBusy(one, `it is still starting${age}: ${status.reason}`);
  }
  if (shows === 'life') return judgeBusy(one, `it is alive, but does not tell its height: ${status.reason}`);
  return silentInItsStart(one, status) ?? unreachable(status.reason);
}

/** Many clients replay their blocks before they listen (nethermind#13203: 387 s): the grace of a start rests on no answer, but on the start. */
function silentInItsStart(
  { facts, runningSinceMs }: NodeFacts,
  { code, reason }: Reading<unknown> & { kind: 'error' },
): HealthAssessment | null {
  if (code !== 'unreachable' || runningSinceMs === null) return null;
  const forMs = facts.nowMs - runningSinceMs;
  if (forMs >= facts.fleet.health.startGraceSeconds * 1000) return null;
  return assessment('starting', `${reason}; its client was started ${duration(forMs)} ago, as its node says`);
}

/**
 * No heal is for a client that answers: one that says for hours that it verifies its blocks does just that (bitcoin#14642). Where it does not say where
 * it stands, and nothing of what it counts moves, for as long as a node may stand still, a person is told.
 */
function judgeBusy({ facts, before, track }: NodeFacts, reason: string): HealthAssessment {
  const movedMs = Math.max(before?.sinceMs ?? 0, track.movedAtMs ?? 0);
  const forMs = before?.health === 'busy' ? facts.nowMs - movedMs : 0;
  const code = forMs >= facts.fleet.health.patienceSeconds * 1000 ? 'node-busy' : null;
  return { health: 'busy', reason, code };
}

function judgeBranch({ facts, chain, before, doubted }: NodeFacts, source: Source): HealthAssessment | null {
  const { branches } = chain;
  const differs = branches.differing.get(source.key);
  const forked = (reason: string): HealthAssessment => ({ health: 'forked', reason, code: 'node-forked' });
  if (differs !== undefined)
    return forked(`its block at height ${differs.height} is ${short(differs.hash)}, most have another`);
  // Judged after as many blocks as the comparison depth: until then both branches may be right.
  const { confirmations } = facts.fleet.health;
  const isDeep = doubted !== null && source.status.height >= doubted.height + Math.max(1, confirmations);
  if (isDeep && branches.doubtful.has(source.key))
    return forked(
      `its newest blocks have not been those of most others for ${duration(facts.nowMs - doubted.sinceMs)}`,
    );
  // It was seen on another branch, and nothing could be compared since.
  if (before?.health === 'forked' && before.height !== null && !branches.agreeing.has(source.key))
    return forked(before.reason);
  return null;
}

function judgeHeight(one: NodeFacts, source: Source, reading: StatusReading): HealthAssessment {
  const { facts, chain, node, start, grace, overtakenAtMs } = one;
  const { tip, haltedSinceMs } = chain;
  const { behindBlocks } = facts.fleet.health;
  const { height } = source.status;
  const tipHeight = tip.height ?? height;
  if (chain.stoodAloneSinceMs !== null && !grace) return standsAlone(one, source, reading, chain.stoodAloneSinceMs);
  if (height - tipHeight > behindBlocks) {
    const claim = `it alone claims height ${height}, ${blocks(height - tipHeight)} above what anybody confirms`;
    if (!isOnOwnBranch(one, source)) return assessment('unknown', claim);
    return {
      ...assessment('unknown', `${claim}; most have another block below: a fork may be beginning`),
      mayFork: true,
    };
  }
  const claim = claimOf(source.status);
  const isOutranked = claim > tipHeight && outranksClaim(one, source);
  const lag = (isOutranked ? tipHeight : Math.max(tipHeight, claim)) - height;
  const overtakenMs = overtakenAtMs === undefined ? 0 : facts.nowMs - overtakenAtMs;
  const isOverdue = isAsked(facts.fleet) && overtakenMs >= OVERDUE_MS && haltedSinceMs === null;
  if (lag <= behindBlocks && !isOverdue) {
    if (haltedSinceMs !== null)
      return (
        judgeVote(one, source, haltedSinceMs) ??
        assessment(
          'synced',
          `at the tip, ${height}; the chain stands still for ${duration(facts.nowMs - haltedSinceMs)}`,
        )
      );
    const place = lag <= 0 ? `at the tip, ${height}` : `${blocks(lag)} behind the tip, ${tipHeight}`;
    return assessment(
      'synced',
      isOutranked ? `${place}, as most others are; it says itself that it lacks ${blocks(claim - height)}` : place,
    );
  }
  const { stuckSeconds } = facts.fleet.health;
  const neighbour =
    reading.beacon && judgeConsensusClient(reading.beacon, one.consensus, stuckSeconds * 1000, facts.nowMs);
  const because = neighbour === undefined || neighbour.is === 'well' ? '' : `; ${neighbour.reason}`;
  const cause = neighbour?.is === 'at-fault' ? { cause: 'consensus-client' as const } : {};
  const few = lag <= behindBlocks ? `; others have had the next block for ${duration(overtakenMs)}` : '';
  const place = `${blocks(lag)} behind, at ${height}${few}`;
  if (grace) {
    const { launchedAtMs } = node;
    const launched = launchedAtMs > (start.startedAtMs ?? 0);
    const ago = duration(facts.nowMs - Math.max(launchedAtMs, start.startedAtMs ?? 0));
    const since = launched ? `its instance was launched ${ago} ago` : `it has answered for ${ago}`;
    return { ...assessment('starting', `${place}; ${since}${because}`), ...cause };
  }
  if (isEndOfItsSide(one, source))
    return assessment(
      'unknown',
      `${place}, and goes on. Nodes above it have other blocks, it is unknown which are right, and no node on its side is further`,
    );
  const stands = standstillOf(source.track, source.status, { afterMs: stuckSeconds * 1000, nowMs: facts.nowMs });
  if (stands === null || lag < stuckBlocks(facts.fleet) || overtakenMs < FOLLOWS_WITHIN_MS)
    return { ...assessment('behind', `${place}${because}`), ...cause };
  const { forMs: stoodMs, works } = stands;
  if (works !== undefined) return judgeWork(one, `${place}; it says that it works (${works})`, stoodMs);
  // Whether a node catches up during a halt shows only when the chain continues.
  if (haltedSinceMs !== null) {
    const since = duration(facts.nowMs - haltedSinceMs);
    return { ...assessment('behind', `${place}; the chain stands still for ${since}${because}`), ...cause };
  }
  const ahead = advancingPeers(one, source);
  const evidence = `${insertedBlocks(reading)}${because}`;
  const standing = `${blocks(lag)} behind, at ${height} for ${duration(stoodMs)}`;
  const outweigh = outweighs(ahead, chain.sources.all);
  const hasWitness = areHalf(ahead, chain.sources.all) && ahead.some(({ key }) => chain.linked.has(key));
  if (!outweigh && !hasWitness) {
    const others =
      ahead.length === 0
        ? isDisputed(one, source)
          ? 'others have another block at its height: a fork may be beginning'
          : 'nobody else was seen to advance'
        : `only ${names(ahead.map(({ name }) => name))} advanced, too few to blame it`;
    return { health: 'behind', reason: `${standing}; ${others}${few}${evidence}`, code: null, ...cause };
  }
  const ownWord = claimOf(source.status) > height ? `, and knows itself of a block ${claimOf(source.status)}` : '';
  const link = outweigh ? '' : `, whose blocks follow on its own newest one${ownWord}`;
  const reason = `${standing} while ${names(ahead.map(({ name }) => name))} went on${link}${few}${evidence}`;
  // It gets no blocks until its consensus client has come further: nothing is wrong with it.
  if (neighbour?.is === 'syncing') return assessment('behind', reason);
  const single =
    !outweigh && ownWord === ''
      ? { evidence: 'one-reference' as const }
      : neighbour?.is === 'unclear'
        ? { evidence: 'beside-stands' as const }
        : {};
  return { health: 'stuck', reason, code: 'node-stuck', ...cause, ...single };
}

/**
 * Whether a validator of a chain that stands gives its vote: its client may answer while its part in the consensus hangs or has ended. Its owner's chain
 * alone is asked for votes. Nobody is paged for it: the chain's page names it. null where nothing is wrong with it.
 */
function judgeVote(
  { facts, chain: { votes }, node, before, grace }: NodeFacts,
  { status }: Source,
  haltedSinceMs: number,
): HealthAssessment | null {
  const place = `at the tip, ${status.height}; the chain stands still for ${duration(facts.nowMs - haltedSinceMs)}`;
  if (votes === null)
    return before?.evidence === 'votes'
      ? { ...assessment('unknown', `${place}, and no node says whether it votes again`), evidence: 'votes' }
      : null;
  if (!isVoteMissing(votes, node, status)) return null;
  const reason = `${place}, and its vote for block ${votes.height} is missing, as ${names(votes.waiting)} tell`;
  return { ...assessment(grace ? 'starting' : 'stuck', reason), evidence: 'votes' };
}

/**
 * A stage of a sync may take hours of which no counter tells: no heal is for a client that works. A person is told once that is longer than it may stand still,
 * and than its start may take.
 */
function judgeWork({ facts }: NodeFacts, reason: string, stoodMs: number): HealthAssessment {
  const { patienceSeconds, startGraceSeconds } = facts.fleet.health;
  if (stoodMs < Math.max(patienceSeconds, startGraceSeconds) * 1000)
    return { ...assessment('behind', reason), works: true };
  return {
    health: 'busy',
    works: true,
    reason: `${reason}, and nothing of it has moved for ${duration(stoodMs)}`,
    code: 'node-busy',
  };
}

/** So many others outrank what a node says of itself. */
const OUTRANKING = 2;

/**
 * Whether most others that lack nothing, by their own word, are where the node is. Clients invent the end of their chain: solana's `getHealth` (solana#27737),
 * `highestBlock` (go-ethereum#3170). Where all of a fleet say that they are behind, they are believed, unless references know better.
 */
function outranksClaim({ facts, chain, node }: NodeFacts, { status: { height } }: Source): boolean {
  const { behindBlocks } = facts.fleet.health;
  const content = chain.onBranch.filter(
    ({ key, status }) => key !== node.instanceId && claimOf(status) <= status.height + behindBlocks,
  );
  const beside = content.filter(({ status }) => status.height <= height + behindBlocks);
  return beside.length >= OUTRANKING && 2 * beside.length > content.length;
}

/** Without another voice only the time speaks, and the node's own signs: it may be its chain. A restart costs a minute, and is made once. */
function standsAlone({ facts }: NodeFacts, source: Source, reading: StatusReading, sinceMs: number): HealthAssessment {
  const { height } = source.status;
  const stood = duration(facts.nowMs - sinceMs);
  const claim = claimOf(source.status);
  const ownWord = claim > height ? `, and it knows of a block ${claim} itself` : '';
  const reason =
    `it has stood at ${height} for ${stood}, longer than its chain is expected to pause${ownWord}${insertedBlocks(reading)}; ` +
    'no sibling and no reference can say whether the chain goes on';
  return { health: 'stuck', reason, code: 'node-stuck', evidence: 'no-reference' };
}

/** Where it is compared: the heights that all were asked for, and its own, which the others were asked for where it was behind (`heightsBeside`). */
const heightsOf = ({ askedHeights }: FleetFacts, { status }: Source): readonly number[] => [
  ...askedHeights,
  status.height,
];

/** Whether others that are above it have another block where it has its own. */
const isDisputed = ({ facts, chain }: NodeFacts, source: Source): boolean =>
  chain.onBranch.some(
    ({ status }) => status.height > source.status.height && areApart(source.status, status, heightsOf(facts, source)),
  );

/** Whether most others have another block than it has at the tip of the last sweep, which all were asked for where a node was above it (`heightsBeside`). */
function isOnOwnBranch({ facts, chain, node }: NodeFacts, source: Source): boolean {
  const tip = facts.before.watch?.tip;
  if (tip == null) return false;
  const others = chain.onBranch.filter(({ key }) => key !== node.instanceId);
  return 2 * others.filter(({ status }) => areApart(source.status, status, [tip])).length > others.length;
}

/**
 * Whether blocks are divided with no majority for either side, and it goes on at the end of its own. The other side may be faster, and be wrong: how far it is
 * ahead says nothing of this node.
 */
function isEndOfItsSide({ facts, chain }: NodeFacts, { status, track: { advancedAtMs } }: Source): boolean {
  const { divided } = chain.branches;
  const { behindBlocks, patienceSeconds } = facts.fleet.health;
  const goesOn = advancedAtMs !== null && facts.nowMs - advancedAtMs < patienceSeconds * 1000;
  if (divided === null || !goesOn || claimOf(status) > status.height + behindBlocks) return false;
  const above = chain.onBranch.filter((other) => other.status.height > status.height + behindBlocks);
  return above.length > 0 && above.every((other) => areApart(status, other.status, [divided.height]));
}

/** Nodes that are above it on the same chain, as far as is known, and advanced while it did not. */
function advancingPeers({ facts, chain, node }: NodeFacts, source: Source): Source[] {
  const { status, track } = source;
  const { sinceMs } = track;
  const more = stuckBlocks(facts.fleet);
  const heights = heightsOf(facts, source);
  return chain.onBranch.filter(
    ({ key, status: other, track: { advancedAtMs } }) =>
      key !== node.instanceId &&
      other.height >= status.height + more &&
      advancedAtMs !== null &&
      sinceMs !== null &&
      advancedAtMs > sinceMs &&
      !areApart(status, other, heights),
  );
}

const assessment = (health: Health, reason: string): HealthAssessment => ({ health, reason, code: null });
const unreachable = (reason: string): HealthAssessment => ({ health: 'unreachable', reason, code: 'node-unreachable' });

/** Number of starts that have a grace before the node is well once. A client that starts more often does not come up. */
const MAXIMUM_STARTS = 3;

/** The last start of a client: within its grace it may be silent, replay or be behind, and must not be stopped again. */
interface Start {
  readonly startedAtMs: number | null;
  readonly starts: number;
}

/**
 * @param heard the result of asking it just now; undefined where it could not be asked
 * @param watched whether its fleet was watched before: at the first watch of a fleet no node counts as just started
 */
function startOf(
  heard: NonNullable<NodeMemory['heard']> | undefined,
  before: ObservedNode | undefined,
  watched: boolean,
  nowMs: number,
): Start {
  const known = { startedAtMs: before?.startedAtMs ?? null, starts: before?.memory?.starts ?? 0 };
  if (heard === undefined || heard === 'nothing') return known;
  const heardBefore =
    before === undefined ? firstHeard(heard, watched) : (before.memory?.heard ?? firstHeard(heard, false));
  if (heardBefore === heard) return known;
  // It answers at last: this is the same start, and catching up takes its time.
  const isAnother = !(heardBefore === 'starting' && heard === 'facts');
  const starts = known.starts + (isAnother ? 1 : 0);
  // One above the limit is enough; the number does not grow for ever.
  if (starts > MAXIMUM_STARTS) return { ...known, starts: MAXIMUM_STARTS + 1 };
  return { startedAtMs: nowMs, starts };
}

/** What counts as heard before the first answer: a client that says that it starts is believed. */
const firstHeard = (heard: NodeMemory['heard'], watched: boolean): NodeMemory['heard'] =>
  watched || heard === 'starting' ? 'nothing' : heard;

/** When the grace ends, ms since the epoch: counted from the later of its client's and its instance's start. */
function graceEndsMs({ health }: Fleet, { launchedAtMs }: FleetNode, { startedAtMs }: Start): number {
  return Math.max(launchedAtMs, startedAtMs ?? 0) + health.startGraceSeconds * 1000;
}

/** geth counts the blocks that it has inserted since it was last asked. */
function insertedBlocks({ geth }: StatusReading): string {
  if (geth?.kind !== 'ok') return '';
  const { inserts = 0 } = geth.facts;
  return inserts > 0
    ? `; it has inserted ${inserts} blocks since it was last asked, and its head does not move`
    : '; it has inserted no block since it was last asked';
}
