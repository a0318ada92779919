// The pace of a fleet's restarts: how many may begin now, and of which nodes. A wave of trouble gets one canary; each proof lets more of them go, and
// never more than a share of the fleet or of a zone at once. Pure.
import type { Fleet } from '../fleet/model.ts';
import type { GuardrailCode, Refusal } from '../model/guardrail-codes.ts';
import type { Write } from '../model/write.ts';
import { type BreakerReading, isProvedSick, type NodeNow, passLine } from './breaker.ts';
import type { HolderFacts } from './replace-budget.ts';

const MINUTE_MS = 60_000;
/** Restarts that follow each other within this time belong to one wave. What still waits when the breaker closes keeps its pace for so long. */
const WAVE_GAP_MS = 30 * MINUTE_MS;
/** A restart of a wave that has not proved its node after this time has not helped. */
const PROVED_WITHIN_MS = 2 * 60 * MINUTE_MS;
/** A wave that was stopped stays stopped while a node is sick that was sick then; and at least for so long, since a health may change its name. */
const STOPPED_FOR_MS = 6 * 60 * MINUTE_MS;
const KEPT_MS = 7 * 24 * 60 * MINUTE_MS;
/** A restart takes some 300 bytes; an item holds 400 KB. */
const MAX_RESTARTS = 400;
/** A little less than the sweep's minute, so that every sweep looks. */
const AGAIN_MS = 50_000;
const STOPPED_AGAIN_MS = 5 * MINUTE_MS;

/** One restart, from before its command. Times are ms since the epoch. */
export interface Restart {
  /** The key of one restart, for all of its attempts: a second reservation with it changes nothing. */
  readonly key: string;
  readonly execution: string;
  readonly incidentId: string;
  readonly instanceId: string;
  readonly node: string;
  readonly zone: string;
  readonly atMs: number;
  /** It began in a wave. Absent otherwise. */
  readonly inWave?: true;
  /** undone: the node felt nothing of it. Absent while it is under way. */
  readonly ended?: { readonly as: 'proved' | 'failed' | 'undone'; readonly atMs: number; readonly reason: string };
}

/** FLEET#PACE. Oldest first. */
export interface PaceRecord {
  readonly restarts: readonly Restart[];
  readonly version: number;
}

/** A restart, and what has become of it. lost: its attempt has ended without a word, and has left nothing open. */
export interface SeenRestart extends Restart {
  readonly is: 'under-way' | 'proved' | 'failed' | 'undone' | 'lost';
}

/** @param holderOf what is known of the attempt that holds a restart which has not ended */
export const seenRestarts = (
  record: PaceRecord | undefined,
  holderOf: (restart: Restart) => HolderFacts,
): readonly SeenRestart[] =>
  (record?.restarts ?? []).map((restart) => ({ ...restart, is: restart.ended?.as ?? goesOn(holderOf(restart)) }));

/** What an attempt has left open on the node is settled by the next one: the restart goes on. */
const goesOn = ({ status, unsettled }: HolderFacts): 'under-way' | 'lost' =>
  status.state === 'ended' && !unsettled ? 'lost' : 'under-way';

/** A node that wants to be restarted. */
export interface Waiting {
  readonly instanceId: string;
  readonly onsetMs: number;
  /** It has waited for a restart before: it goes before what has only just come, which may be refused for something else. */
  readonly hasWaited: boolean;
}

export interface PaceFacts {
  readonly nowMs: number;
  readonly limits: Pick<Fleet['breaker'], 'restartPercent'>;
  readonly breaker: BreakerReading;
  readonly nodes: readonly NodeNow[];
  readonly restarts: readonly SeenRestart[];
  readonly waiting: readonly Waiting[];
}

export interface Pace {
  /** One cause for many nodes is likely, or was a moment ago: one canary first. */
  readonly isWave: boolean;
  /** More is sick than the breaker allows. What only waits after that for its turn is no news to people. */
  readonly isTrouble: boolean;
  /** People know of the trouble as that of their own chain: who waits for a turn is no news. */
  readonly isTold: boolean;
  /** How many restarts may begin now. */
  readonly free: number;
  /** More nodes are sick than may be restarted now: who goes first is decided where all are seen. */
  readonly isCrowded: boolean;
  /** Which of the waiting ones, in their order; never more than `free`, and no more of a zone than its share. */
  readonly next: readonly string[];
  /** Why none may begin before a person has looked; null where they only wait for their turn. */
  readonly stopped: 'unknown' | 'not-helped' | null;
  /** For a tired person. */
  readonly sentence: string;
  readonly zone: BreakerReading['zone'] | undefined;
}

/** So many nodes are the share of `count`: one at least. */
const shareOf = (count: number, percent: number): number => Math.max(1, Math.floor((count * percent) / 100));

/** How many restarts may begin now, and of which nodes: oldest trouble first. A zone that has its share keeps no other zone waiting. */
export function paceOf(facts: PaceFacts): Pace {
  const { breaker, nodes, restarts, waiting, limits } = facts;
  const wave = lastWave(facts);
  const isTrouble = breaker.open || breaker.zone !== undefined;
  const isWave = isTrouble || wave.isRecent;
  const underWay = restarts.filter(({ is }) => is === 'under-way');
  const width = isWave ? widthAfter(wave.isRecent ? wave.proofs : 0) : Number.POSITIVE_INFINITY;
  const stopped =
    breaker.open && (breaker.isBlind || breaker.isMostlyUnknown)
      ? 'unknown'
      : isStopped(facts, wave)
        ? 'not-helped'
        : null;
  const limit = Math.min(width, shareOf(nodes.length, limits.restartPercent));
  const free = stopped === null ? Math.max(0, limit - underWay.length) : 0;
  const zoneOf = new Map(nodes.map(({ instanceId, zone }) => [instanceId, zone]));
  const room = new Map<string, number>();
  const roomIn = (zone: string): number => {
    const inZone = ({ zone: one }: { readonly zone: string }): boolean => one === zone;
    const left = shareOf(nodes.filter(inZone).length, limits.restartPercent) - underWay.filter(inZone).length;
    return room.get(zone) ?? left;
  };
  const next: string[] = [];
  for (const { instanceId } of waiting.toSorted(byTurn)) {
    const zone = zoneOf.get(instanceId) ?? '';
    if (next.length >= free) break;
    if (roomIn(zone) <= 0 || underWay.some((one) => one.instanceId === instanceId)) continue;
    room.set(zone, roomIn(zone) - 1);
    next.push(instanceId);
  }
  const zone = breaker.zone;
  const sentence = sentenceOf({ facts, isWave, stopped, underWay, wave, limit });
  const isCrowded = nodes.filter(isProvedSick).length > free;
  const isTold = breaker.conditions?.some(({ code }) => code === 'own-chain-halted') === true;
  return { isWave, isTrouble, isTold, free, isCrowded, next, stopped, sentence, zone };
}

const byTurn = (a: Waiting, b: Waiting): number =>
  Number(b.hasWaited) - Number(a.hasWaited) || a.onsetMs - b.onsetMs || (a.instanceId < b.instanceId ? -1 : 1);

/** 1, then 2, then 4: each group has to be proved before the next one is wider. */
const widthAfter = (proofs: number): number => 2 ** Math.floor(Math.log2(proofs + 1));

interface Wave {
  readonly proofs: number;
  readonly failed: readonly SeenRestart[];
  /** null: there was none. */
  readonly lastMs: number | null;
  /** Its last restart is under way, or ended lately: a proof still says something. */
  readonly isRecent: boolean;
}

/** The restarts of the last wave: each began while, or soon after, another one of them was under way. */
function lastWave({ restarts, nowMs }: PaceFacts): Wave {
  const spans = restarts
    .filter(({ inWave, is }) => inWave === true && is !== 'undone' && is !== 'lost')
    .map((restart) => ({ restart, fromMs: restart.atMs, untilMs: restart.ended?.atMs ?? nowMs }))
    .toSorted((a, b) => b.fromMs - a.fromMs);
  if (spans.length === 0) return { proofs: 0, failed: [], lastMs: null, isRecent: false };
  const lastMs = Math.max(...spans.map(({ untilMs }) => untilMs));
  let sinceMs = lastMs;
  const inWave = spans.filter(({ fromMs, untilMs }) => {
    if (untilMs + WAVE_GAP_MS < sinceMs) return false;
    sinceMs = Math.min(sinceMs, fromMs);
    return true;
  });
  const all = inWave.map(({ restart }) => restart);
  return {
    proofs: all.filter(({ is }) => is === 'proved').length,
    failed: all.filter(({ is, atMs }) => is === 'failed' || (is === 'under-way' && nowMs - atMs > PROVED_WITHIN_MS)),
    lastMs,
    isRecent: nowMs - lastMs <= WAVE_GAP_MS,
  };
}

/** More restarts of the wave have failed than have helped, and the trouble is the one of then. */
function isStopped({ breaker, nodes, nowMs }: PaceFacts, { proofs, failed, lastMs }: Wave): boolean {
  if (lastMs === null || failed.length <= proofs || !(breaker.open || breaker.zone)) return false;
  const sickSinceMs = Math.min(...nodes.filter(isProvedSick).map(({ sinceMs }) => sinceMs));
  return nowMs - lastMs <= STOPPED_FOR_MS || sickSinceMs <= lastMs;
}

interface Told {
  readonly facts: PaceFacts;
  readonly isWave: boolean;
  readonly stopped: Pace['stopped'];
  readonly underWay: readonly SeenRestart[];
  readonly wave: Wave;
  readonly limit: number;
}

function sentenceOf({ facts: { breaker, limits }, isWave, stopped, underWay, wave, limit }: Told): string {
  const seen = breaker.zone?.sentence ?? breaker.sentence;
  if (stopped === 'unknown')
    return `${breaker.sentence}; most of them are unknown, perhaps because chainmend does not see them`;
  if (stopped === 'not-helped') {
    const [first] = wave.failed;
    return `${seen}; ${first?.node} was restarted first, and that did not help (${first?.ended?.reason ?? 'it is not proved after 2 h'})`;
  }
  const nodes = underWay.map(({ node }) => node).join(', ');
  const before = nodes === '' ? '' : `; now ${nodes}`;
  const count = limit === 1 ? 'one restart' : `${limit} restarts`;
  if (!isWave) return `${count} at a time, ${limits.restartPercent} % of the fleet and of a zone${before}`;
  const proved = wave.isRecent ? wave.proofs : 0;
  return `${seen}; ${count} at a time, more after each proof (${proved} so far)${before}`;
}

export interface PacedNode {
  readonly instanceId: string;
  readonly name: string;
  /** The fleet's name. */
  readonly fleet: string;
}

/** Why this node is not restarted now; null where it is its turn. */
export function judgePace(pace: Pace, { instanceId, name, fleet }: PacedNode): Refusal | null {
  const { next, stopped, isTrouble, isTold, sentence, zone } = pace;
  if (next.includes(instanceId)) return null;
  const inZone = zone?.instanceIds.includes(instanceId) === true;
  if (stopped !== null)
    return refuse(
      inZone ? 'zone-down' : 'breaker-open',
      `${sentence}: chainmend leaves ${name} alone until a person has looked${inZone ? '' : `. ${passLine(fleet, name)}`}`,
      {
        page: true,
        retryAfterMs: STOPPED_AGAIN_MS,
      },
    );
  // A zone is told as the zone, when something is refused to it that its restarts do not need.
  const page = isTrouble && zone === undefined && !isTold;
  return refuse('restarts-paced', `${sentence}: ${name} waits for its turn`, { page, retryAfterMs: AGAIN_MS });
}

const refuse = (
  code: GuardrailCode,
  reason: string,
  { page, retryAfterMs }: Pick<Refusal, 'page' | 'retryAfterMs'>,
): Refusal => ({
  refuse: code,
  reason,
  page,
  retryAfterMs,
});

/** Reserves one restart. `facts` are those of the record that was read. @param fleet its name */
export function reserveInPace(
  read: PaceRecord | undefined,
  facts: Omit<PaceFacts, 'waiting'>,
  wanted: Omit<Restart, 'zone' | 'atMs' | 'inWave' | 'ended'> & { readonly onsetMs: number },
  fleet: string,
): Write<PaceRecord> | { readonly reserved: true } | Refusal {
  const { nowMs, nodes } = facts;
  const { onsetMs, ...restart } = wanted;
  const { instanceId, node: name, key } = restart;
  const restarts = read?.restarts ?? [];
  if (restarts.some((one) => one.key === key && one.ended?.as !== 'undone' && one.execution === restart.execution))
    return { reserved: true };
  // One heal at a time works on a node: what an attempt before has reserved for it, and died, is this one's.
  const isOurs = (one: Restart): boolean =>
    one.key === key || (one.instanceId === instanceId && one.ended === undefined);
  const others = facts.restarts.filter((one) => !isOurs(one));
  const pace = paceOf({ ...facts, restarts: others, waiting: [{ instanceId, onsetMs, hasWaited: true }] });
  const refusal = judgePace(pace, { instanceId, name, fleet });
  if (refusal) return refusal;
  const zone = nodes.find((one) => one.instanceId === instanceId)?.zone ?? '';
  const kept = restarts.filter((one) => !isOurs(one) && nowMs - one.atMs < KEPT_MS).slice(1 - MAX_RESTARTS);
  const next = { ...restart, zone, atMs: nowMs, ...(pace.isWave && { inWave: true as const }) };
  return { next: { restarts: [...kept, next], version: (read?.version ?? 0) + 1 } };
}

const MAX_REASON = 200;

/** What came of a restart: the first word stays. */
export function endRestart(
  read: PaceRecord | undefined,
  key: string,
  ended: NonNullable<Restart['ended']>,
): Write<PaceRecord> | { readonly leave: true } {
  const entry = read?.restarts.find((one) => one.key === key);
  if (!read || !entry || entry.ended !== undefined) return { leave: true };
  const told = { ...ended, reason: ended.reason.slice(0, MAX_REASON) };
  const restarts = read.restarts.map((one) => (one === entry ? { ...one, ended: told } : one));
  return { next: { restarts, version: read.version + 1 } };
}
