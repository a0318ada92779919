// Reads the policies of Data Lifecycle Manager for a fleet: which ones take its snapshots, how often, how long they keep them, and whether they work
// at all. This is evidence for people, and the reason for a hold: what a policy keeps for a day is gone a day after a fault.
import {
  type DLMClient,
  GetLifecyclePoliciesCommand,
  GetLifecyclePolicyCommand,
  type LifecyclePolicy,
  ResourceNotFoundException,
  type RetainRule,
} from '@aws-sdk/client-dlm';
import type { Fleet } from '../fleet/model.ts';
import { plainText } from '../text/plain-text.ts';

export interface PolicyFact {
  readonly policyId: string;
  readonly state: 'ENABLED' | 'DISABLED' | 'ERROR';
  readonly statusMessage: string;
  /** Whether all volumes of an instance are taken at one moment; otherwise each volume at its own time. */
  readonly wholeInstances: boolean;
  readonly schedules: readonly ScheduleFact[];
}

export interface ScheduleFact {
  readonly name: string;
  /** null where a cron expression sets the times. */
  readonly everyHours: number | null;
  readonly keepCount: number | null;
  readonly keepDays: number | null;
  readonly copiesTags: boolean;
}

/** A fleet has one or two policies; a hundred are all that an account may have in a Region (Amazon DLM quotas). */
const MAX_POLICIES = 10;
/** GetLifecyclePolicies: a tag filter has at most 256 characters, though a tag of EC2 may have 128 and 256. */
const MAX_TAG_FILTER_CHARACTERS = 256;
/** DLM's own maxima are consistent with this: 1,200 months are 36,500 days (RetainRule). */
const DAYS_OF: Readonly<Record<string, number>> = { DAYS: 1, WEEKS: 7, MONTHS: 36_500 / 1_200, YEARS: 365 };

/**
 * The policies that take the fleet's volumes or instances, and those that made the given snapshots.
 *
 * @throws Error when there are more than `MAX_POLICIES`
 */
export async function readPolicies(
  dlm: DLMClient,
  fleet: Pick<Fleet, 'name' | 'nodes' | 'volumes'>,
  seen: readonly string[],
): Promise<readonly PolicyFact[]> {
  const tagSets = [fleet.nodes.tags, ...fleet.volumes.map(({ tags }) => tags)];
  const pairs = tagSets.flatMap((tags) => Object.entries(tags).map(([key, value]) => `${key}=${value}`));
  // A policy that takes what has a longer pair is known by the snapshots that it made.
  const TargetTags = [...new Set(pairs)].filter((pair) => pair.length <= MAX_TAG_FILTER_CHARACTERS);
  const { Policies = [] } =
    TargetTags.length === 0 ? {} : await dlm.send(new GetLifecyclePoliciesCommand({ TargetTags }));
  const ids = [...new Set([...Policies.map(({ PolicyId = '' }) => PolicyId), ...seen])].sort();
  if (ids.length > MAX_POLICIES)
    throw new Error(
      `fleet ${fleet.name}: ${ids.length} lifecycle policies take its snapshots, expected ${MAX_POLICIES}`,
    );
  const policies: PolicyFact[] = [];
  for (const PolicyId of ids) {
    try {
      const { Policy } = await dlm.send(new GetLifecyclePolicyCommand({ PolicyId }));
      if (Policy) policies.push(policyFact(PolicyId, Policy));
    } catch (error) {
      // Snapshots outlive their policy: then nothing deletes them.
      if (!(error instanceof ResourceNotFoundException)) throw error;
    }
  }
  return policies;
}

function policyFact(policyId: string, { State, StatusMessage = '', PolicyDetails }: LifecyclePolicy): PolicyFact {
  return {
    policyId,
    state: State ?? 'ERROR',
    statusMessage: plainText(StatusMessage, 500),
    wholeInstances: PolicyDetails?.ResourceTypes?.includes('INSTANCE') ?? false,
    schedules: (PolicyDetails?.Schedules ?? []).map(({ Name = '', CreateRule, RetainRule, CopyTags }) => ({
      name: plainText(Name, 200),
      everyHours: CreateRule?.IntervalUnit === 'HOURS' ? (CreateRule.Interval ?? null) : null,
      keepCount: RetainRule?.Count ?? null,
      keepDays: daysOf(RetainRule),
      copiesTags: CopyTags ?? false,
    })),
  };
}

function daysOf(rule: RetainRule | undefined): number | null {
  const days = DAYS_OF[rule?.IntervalUnit ?? ''];
  return rule?.Interval === undefined || days === undefined ? null : rule.Interval * days;
}

/** How old the oldest snapshot of a schedule can be, in hours; null where its rules do not say. Pure. */
function oldestHours({ everyHours, keepCount, keepDays }: ScheduleFact): number | null {
  if (keepDays !== null) return keepDays * 24;
  return keepCount === null || everyHours === null ? null : keepCount * everyHours;
}

/** For a journal or a page: what the policies can be expected to do, one sentence each. Pure. */
export function supplyOf(policies: readonly PolicyFact[]): readonly string[] {
  return policies.flatMap(({ policyId, state, statusMessage, schedules }) => {
    if (state === 'ERROR') return [`${policyId} is in ERROR and takes no snapshots: ${statusMessage}`];
    if (state === 'DISABLED') return [`${policyId} is disabled and takes no snapshots`];
    return schedules.map((schedule) => {
      const hours = oldestHours(schedule);
      const every = schedule.everyHours === null ? 'by a cron expression' : `every ${schedule.everyHours} h`;
      const kept = hours === null ? 'for an unknown time' : `for ${hours} h: what is older is gone`;
      return `${policyId} (${schedule.name}) takes snapshots ${every} and keeps them ${kept}`;
    });
  });
}
