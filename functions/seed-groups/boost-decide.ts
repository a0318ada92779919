// Which volumes of deployed nodes are taken back from the figures of their first sync, and what the others wait for. Pure. The volume's own figures say
// whether it still has them: what a deployment has set once more is taken back once more.
import { createHash } from 'node:crypto';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { Health } from '../../shared/fleet/observation.ts';
import { SYNCED_FOR_MS } from '../../shared/guardrails/move.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import { INTENT_COUNTS_MS } from '../../shared/model/execution.ts';
import type { BoostedVolume } from '../../shared/snapshots/boost.ts';

export interface BoostFacts {
  readonly nowMs: number;
  readonly fleet: Pick<Fleet, 'name' | 'boost' | 'disk'>;
  /** The data volumes that are attached to the fleet's nodes. */
  readonly volumes: readonly BoostVolume[];
  /** What was remembered before. */
  readonly before: readonly BoostedVolume[];
}

export interface BoostVolume {
  readonly volumeId: string;
  readonly node: string;
  readonly instanceId: string;
  readonly type: string;
  /** null where EC2 tells none. */
  readonly iops: number | null;
  readonly throughputMiBps: number | null;
  /** null: not observed, or too long ago. */
  readonly health: Health | null;
  /** Since when it is so, ms since the epoch. */
  readonly healthSinceMs: number;
  /** Why a person or a heal needs the node as it is; null where none does. */
  readonly neededBy: string | null;
  /** What EBS is at; null where it changes nothing. */
  readonly modification: 'modifying' | 'optimizing' | null;
  /** Modifications by heals, ms since the epoch. */
  readonly grownAtMs: readonly number[];
}

export interface BoostPlan {
  readonly steps: readonly BoostStep[];
  readonly refusals: readonly SubjectRefusal[];
  /** To be remembered. */
  readonly volumes: readonly BoostedVolume[];
  /** Those that are seen to have their lasting figures for the first time. */
  readonly proved: readonly BoostStep[];
  /** Identifies the steps, and nothing else: an approval is bound to it. */
  readonly hash: string;
}

export interface BoostStep {
  readonly volumeId: string;
  readonly node: string;
  readonly instanceId: string;
  readonly iops: number;
  readonly throughputMiBps: number;
  readonly sentence: string;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
/** A call whose answer was lost has taken effect by then, or never does. */
const SETTLES_MS = 10 * MINUTE_MS;
/** A first sync may take days. */
const SYNC_MS = 7 * DAY_MS;
/** The look is hourly. */
const LASTS_MS = 3 * HOUR_MS;

type Boost = NonNullable<Fleet['boost']>;
type Figures = Pick<BoostVolume, 'iops' | 'throughputMiBps'>;

const has = ({ iops, throughputMiBps }: Figures, figures: Boost['from']): boolean =>
  iops === figures.iops && throughputMiBps === figures.throughputMiBps;

const figuresText = ({ iops, throughputMiBps }: Boost['from']): string =>
  `${iops.toLocaleString('en')} IOPS and ${throughputMiBps.toLocaleString('en')} MiB/s`;

export function decideBoosts({ fleet, nowMs, volumes, before }: BoostFacts): BoostPlan {
  const { boost } = fleet;
  const found = boost
    ? volumes.map((volume) =>
        verdictOf(
          volume,
          before.find(({ volumeId }) => volumeId === volume.volumeId),
          { fleet, boost, nowMs },
        ),
      )
    : [];
  const steps = found.flatMap(({ step }) => step ?? []);
  return {
    steps,
    refusals: found.flatMap(({ refusal }) => refusal ?? []),
    volumes: found.flatMap(({ remembered }) => remembered ?? []),
    proved: found.flatMap(({ proved }) => proved ?? []),
    hash: hashOf(fleet.name, steps),
  };
}

interface Verdict {
  readonly step?: BoostStep;
  readonly proved?: BoostStep;
  readonly refusal?: SubjectRefusal;
  /** Absent of a volume that never had a boost. */
  readonly remembered?: BoostedVolume;
}

interface Rules {
  readonly fleet: Pick<Fleet, 'disk'>;
  readonly boost: Boost;
  readonly nowMs: number;
}

function verdictOf(volume: BoostVolume, known: BoostedVolume | undefined, { fleet, boost, nowMs }: Rules): Verdict {
  const { volumeId, node, instanceId } = volume;
  const modifiedAtMs = (known?.modifiedAtMs ?? []).filter((atMs) => nowMs - atMs < INTENT_COUNTS_MS);
  const isAgain = known?.state === 'taken-back' || known?.again === true;
  const remembered = (state: BoostedVolume['state'], waits: string | null): BoostedVolume => ({
    ...{ volumeId, node, instanceId, state, waits, modifiedAtMs },
    ...(isAgain && state !== 'taken-back' && { again: true as const }),
    sinceMs: known?.state === state ? known.sinceMs : nowMs,
  });
  const step: BoostStep = {
    ...{ volumeId, node, instanceId, ...boost.to },
    sentence: `${volumeId} of ${node} from ${figuresText(boost.from)}${isAgain ? AGAIN : ''} to ${figuresText(boost.to)}`,
  };
  if (!has(volume, boost.from)) {
    // Figures of somebody else's choice are theirs.
    if (known === undefined) return {};
    const isProved = known.state !== 'taken-back' && has(volume, boost.to);
    return { ...(isProved && { proved: step }), remembered: remembered('taken-back', null) };
  }
  const waits = whyNot(volume, { disk: fleet.disk, nowMs, modifiedAtMs });
  if (waits === null) return { step, remembered: remembered('boosted', null) };
  const isUnderWay = known?.state === 'asked' && waits.isSettling === true;
  const now = remembered(isUnderWay ? 'asked' : 'boosted', waits.reason);
  if (waits.isUsual && nowMs - now.sinceMs < waits.pageAfterMs) return { remembered: now };
  return { refusal: refusalOf(volume, waits.isUsual ? { ...waits, pageAfterMs: 0 } : waits), remembered: now };
}

const AGAIN = ', which a deployment or a person has given it once more,';

interface Waits {
  readonly reason: string;
  readonly pageAfterMs: number;
  /** Only the effect of a call is waited for. */
  readonly isSettling?: true;
  /** That is what the boost is for: no refusal, until it has lasted for so long. */
  readonly isUsual?: true;
}

/** What keeps a volume from being taken back now; null where nothing does. */
function whyNot(
  { type, health, healthSinceMs, neededBy, modification, grownAtMs }: BoostVolume,
  {
    disk,
    nowMs,
    modifiedAtMs,
  }: Pick<Fleet, 'disk'> & {
    readonly nowMs: number;
    readonly modifiedAtMs: readonly number[];
  },
): Waits | null {
  if (type !== 'gp3') return { reason: `it is ${type}, whose throughput cannot be set`, pageAfterMs: HOUR_MS };
  if (modifiedAtMs.some((atMs) => nowMs - atMs < SETTLES_MS))
    return { reason: 'ModifyVolume was called a moment ago', pageAfterMs: DAY_MS, isSettling: true };
  if (health === null) return { reason: 'nobody has observed its node lately', pageAfterMs: DAY_MS };
  if (health !== 'synced') return { reason: `its node is ${health}`, pageAfterMs: SYNC_MS, isUsual: true };
  if (nowMs - healthSinceMs < SYNCED_FOR_MS)
    return {
      reason: `its node is synced since ${new Date(healthSinceMs).toISOString()}, and is to stay so for 15 min`,
      pageAfterMs: SYNC_MS,
      isUsual: true,
    };
  if (neededBy !== null) return { reason: neededBy, pageAfterMs: DAY_MS };
  if (modification !== null) return { reason: `EBS is ${modification} it`, pageAfterMs: 2 * DAY_MS };
  const recent = [...grownAtMs.filter((atMs) => nowMs - atMs < INTENT_COUNTS_MS), ...modifiedAtMs];
  const limit = disk.modificationsPerDay;
  if (recent.length < limit) return null;
  return { reason: `it was modified ${recent.length} times in 24 h, limit ${limit}`, pageAfterMs: 2 * DAY_MS };
}

const refusalOf = ({ volumeId, node, instanceId }: BoostVolume, { reason, pageAfterMs }: Waits): SubjectRefusal => ({
  ...{
    refuse: 'boost-stays',
    subject: node,
    node: { name: node, instanceId },
    page: true,
    pageAfterMs,
    lastsMs: LASTS_MS,
  },
  reason: `${volumeId} of ${node} keeps the figures of its first sync: ${reason}`,
});

const hashOf = (fleet: string, steps: readonly BoostStep[]): string =>
  createHash('sha256')
    .update(
      JSON.stringify([fleet, steps.map(({ volumeId, iops, throughputMiBps }) => [volumeId, iops, throughputMiBps])]),
    )
    .digest('hex')
    .slice(0, 12);

/** Whether a step is as it was planned, by what is read right before it is taken. */
export const isStillPlanned = (step: BoostStep, { steps }: BoostPlan): boolean =>
  steps.some(
    ({ volumeId, iops, throughputMiBps }) =>
      volumeId === step.volumeId && iops === step.iops && throughputMiBps === step.throughputMiBps,
  );
