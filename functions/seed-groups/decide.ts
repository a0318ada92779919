// What the launch templates of a fleet's groups should name: the newest good snapshot, or what their owner wrote. Pure.
// A group launches a machine at any moment, and nobody looks at it first. So only a set that was stopped for or proved is used, only one that stays, and
// only while the members that were launched with it come up.
import { createHash } from 'node:crypto';
import { claimantsOfResource, contestedWords, isResourceOf } from '../../shared/fleet/membership.ts';
import type { Fleet, Role } from '../../shared/fleet/model.ts';
import type { Health } from '../../shared/fleet/observation.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import type { SnapshotFact, SnapshotSet } from '../../shared/snapshots/model.ts';
import { noneSentence } from '../../shared/snapshots/new-node.ts';
import type { RankedSets } from '../../shared/snapshots/ranking.ts';
import type { Follows, Template } from './templates.ts';

export interface SeedFacts {
  readonly nowMs: number;
  readonly fleet: Pick<Fleet, 'name' | 'nodes' | 'health' | 'suite' | 'tag' | 'neighbours'>;
  readonly groups: readonly GroupFact[];
  readonly sets: RankedSets;
  /** Of the members' volumes, for the record. */
  readonly keys: readonly string[];
  /** Snapshots from which a member did not come up. */
  readonly failed: readonly string[];
}

export interface GroupFact {
  readonly name: string;
  readonly launches: { readonly template: Template } | { readonly unfit: string };
  /** Snapshots that what it launches names, whether or not it can be seeded: without them it launches nothing. */
  readonly names: readonly string[];
  readonly members: readonly MemberFact[];
}

export interface MemberFact {
  readonly instanceId: string;
  readonly name: string;
  readonly role: Role;
  readonly launchedAtMs: number;
  /** The version that it was launched with, by AWS's own tags; null where they do not say. */
  readonly launchedWith: { readonly templateId: string; readonly version: number } | null;
  /** null: not observed, or too long ago. */
  readonly health: Health | null;
}

export interface SeedPlan {
  readonly steps: readonly SeedStep[];
  readonly refusals: readonly SubjectRefusal[];
  /** Snapshots from which a member did not come up, as far as the members of now show it. */
  readonly failed: readonly string[];
  /** Identifies the steps, and nothing else: an approval is bound to it. */
  readonly hash: string;
}

/** One launch template gets one version, and its groups launch that. */
export interface SeedStep {
  readonly templateId: string;
  readonly templateName: string;
  readonly follows: Follows;
  readonly groups: readonly string[];
  /** Launched now, and the newest of all: another one in between is somebody else's. */
  readonly launched: number;
  readonly latest: number;
  /** The owner's version that it is a copy of. */
  readonly base: number;
  /** The version that is as wanted already, and only has to become the default; null where it has to be made. */
  readonly made: number | null;
  /** null: as the owner's version is. */
  readonly seed: {
    readonly snapshotId: string;
    readonly device: string;
    readonly sizeGiB: number;
    readonly encrypted: boolean;
  } | null;
  /** For a person: "bitcoin-node: version 3 with …" */
  readonly sentence: string;
}

const HOUR_MS = 60 * 60_000;
/** Clean sets are a day apart as a rule: half of that is new enough, and two versions a day are few of EC2's 10,000 ("Amazon EC2 endpoints and quotas"). */
const NEWER_BY_MS = 12 * HOUR_MS;
/**
 * From a launch until its client must have answered once: the grace of a start, after a boot, the owner's user data and the first reads of a volume
 * whose blocks come as they are asked for.
 */
const COMES_UP_MS = HOUR_MS;
/** The schedule is an hour: a condition that is seen in two runs in a row is one. */
const LASTS_MS = 3 * HOUR_MS;
/** A fleet that has just asked for it has no clean set until the next night. */
const PAGE_AFTER_MS = 26 * HOUR_MS;

export function decideSeeds(facts: SeedFacts): SeedPlan {
  const refusals: SubjectRefusal[] = [];
  const steps: SeedStep[] = [];
  const failed = new Set<string>();
  const followed = new Map<string, { readonly template: Template; readonly groups: GroupFact[] }>();
  for (const group of facts.groups) {
    const { launches } = group;
    if ('unfit' in launches) {
      refusals.push(refusalOf(group.name, launches.unfit));
      continue;
    }
    const { template } = launches;
    const why = groupFault(group, template, facts);
    if (why !== null) {
      refusals.push(refusalOf(group.name, why));
      continue;
    }
    const key = `${template.id} ${template.follows}`;
    const alike = followed.get(key) ?? { template, groups: [] };
    followed.set(key, { template, groups: [...alike.groups, group] });
  }
  for (const { template, groups } of followed.values()) {
    const judged = judge(template, groups, facts);
    if (judged.failed !== null) failed.add(judged.failed);
    if ('step' in judged) steps.push(judged.step);
    if ('why' in judged && judged.why !== null)
      refusals.push(refusalOf(namesOf(groups), judged.why, judged.pageAfterMs));
  }
  return { steps, refusals, failed: [...failed], hash: hashOf(steps) };
}

/** Why nothing is written into the template of a group; null where it may be. */
function groupFault({ name, members }: GroupFact, template: Template, { fleet }: SeedFacts): string | null {
  const guarded = members.find(({ role }) => role === 'validator' || role === 'unknown');
  if (guarded)
    return `${guarded.name} of ${name} is ${guarded.role === 'unknown' ? 'of unknown role' : 'a validator'}: a copy of another node’s data is never for its group`;
  const lacking = Object.entries(fleet.nodes.tags).filter(([key, value]) => template.tags[key] !== value);
  if (lacking.length > 0)
    return `launch template ${template.name} does not carry the fleet’s tags: aws ec2 create-tags --resources ${template.id} --tags ${lacking.map(([key, value]) => `Key=${key},Value=${value}`).join(' ')}`;
  if (!isResourceOf(fleet, template.tags)) {
    const others = claimantsOfResource(fleet, template.tags);
    const what = `launch template ${template.name}`;
    const why = others.length > 0 ? contestedWords(fleet.name, what, others) : `${what} is another suite’s`;
    return `${why}: nothing is written into it`;
  }
  const { volume, number } = template.base;
  return 'unfit' in volume
    ? `version ${number} of launch template ${template.name} cannot be seeded: ${volume.unfit}`
    : null;
}

type Judged = { readonly failed: string | null } & (
  | { readonly step: SeedStep }
  | { readonly why: string | null; readonly pageAfterMs?: number }
);

function judge(template: Template, groups: readonly GroupFact[], facts: SeedFacts): Judged {
  const named = template.launched.mark?.snapshotId ?? null;
  const members = groups.flatMap((group) => group.members);
  const lost = named === null ? null : lostMember(members, template, facts.nowMs);
  const tried = lost === null || named === null ? facts.failed : [named, ...facts.failed];
  const { usable, refused } = usableSets(facts.sets, tried);
  const [best] = usable;
  const failed = lost === null ? null : named;
  const isBuiltOnBase = template.launched.mark?.base === template.base.number;
  if (best === undefined) {
    if (named !== null) return { failed, step: stepBack(template, groups, lost ?? goneBecause(named, refused)) };
    return { failed, why: noneSentence(refused), pageAfterMs: PAGE_AFTER_MS };
  }
  const current = usable.find((set) => partOf(set).snapshotId === named);
  if (current && isBuiltOnBase && best.takenAtMs - current.takenAtMs < NEWER_BY_MS) return { failed, why: null };
  return { failed, step: stepTo(template, groups, best) };
}

/**
 * Why the snapshot that is launched now is at fault: members that were launched with it should have come up by now, none did, and what they say is no
 * sign of catching up. null where one did, where it is too early, or where nobody knows.
 */
function lostMember(members: readonly MemberFact[], { id, launched }: Template, nowMs: number): string | null {
  const made = members.filter(
    ({ launchedWith }) => launchedWith?.templateId === id && launchedWith.version === launched.number,
  );
  if (made.some(({ health }) => health === 'synced' || health === 'behind')) return null;
  const lost = made.find(
    ({ health, launchedAtMs }) => health !== null && LOST.has(health) && nowMs - launchedAtMs >= COMES_UP_MS,
  );
  return lost
    ? `${lost.name} was launched with it ${Math.floor((nowMs - lost.launchedAtMs) / 60_000)} min ago and is ${lost.health}`
    : null;
}

const LOST: ReadonlySet<Health> = new Set(['unreachable', 'stuck', 'forked']);

/** Sets that stay, and that are known to open: best first. */
function usableSets(
  { good, refused }: RankedSets,
  failed: readonly string[],
): { readonly usable: readonly SnapshotSet[]; readonly refused: RankedSets['refused'] } {
  const usable: SnapshotSet[] = [];
  const more: { setId: string; why: string }[] = [];
  for (const set of good) {
    const why = seedFault(set, failed);
    if (why === null) usable.push(set);
    else more.push({ setId: set.setId, why });
  }
  return { usable, refused: [...more, ...refused] };
}

function seedFault(set: SnapshotSet, failed: readonly string[]): string | null {
  const { snapshotId, policyId } = partOf(set);
  if (set.rank === 'crash-consistent')
    return `${snapshotId} was taken while its client ran, and nobody has opened it: a group would launch it unseen`;
  if (policyId !== null)
    return `${snapshotId} is removed by its lifecycle policy in time, and a group that names it could launch nothing then: have clean snapshots taken (snapshots.clean)`;
  return failed.includes(snapshotId) ? `a member that was launched with ${snapshotId} did not come up` : null;
}

/** The only one: the fleet file of a fleet that seeds its groups has one volume. */
const partOf = ({ parts }: SnapshotSet): Pick<SnapshotFact, 'snapshotId' | 'sizeGiB' | 'encrypted' | 'policyId'> =>
  Object.values(parts)[0] ?? { snapshotId: '', sizeGiB: 0, encrypted: false, policyId: null };

function stepTo(template: Template, groups: readonly GroupFact[], set: SnapshotSet): SeedStep {
  const { snapshotId, sizeGiB, encrypted } = partOf(set);
  const { volume } = template.base;
  const device = 'unfit' in volume ? '' : volume.device;
  const own = 'unfit' in volume ? null : volume.sizeGiB;
  return {
    ...stepFrom(template, groups, snapshotId),
    // "The volume size must be at least the snapshot's" (EbsBlockDevice.VolumeSize).
    seed: { snapshotId, device, sizeGiB: Math.max(own ?? 0, sizeGiB), encrypted },
    sentence:
      `${template.name}: version ${template.base.number} with ${snapshotId} as ${device}, ` +
      `${set.rank}, taken ${new Date(set.takenAtMs).toISOString()} of ${set.node}${set.height === null ? '' : ` at height ${set.height}`}; ${launch(groups)}`,
  };
}

function stepBack(template: Template, groups: readonly GroupFact[], why: string): SeedStep {
  return {
    ...stepFrom(template, groups, null),
    seed: null,
    sentence: `${template.name}: version ${template.base.number} as it was, since ${why}; ${launch(groups)}`,
  };
}

const stepFrom = (
  { id, name, follows, launched, latest, base, made }: Template,
  groups: readonly GroupFact[],
  snapshotId: string | null,
): Omit<SeedStep, 'seed' | 'sentence'> => ({
  ...{ templateId: id, templateName: name, follows, latest },
  groups: groups.map((group) => group.name),
  launched: launched.number,
  base: base.number,
  made:
    (follows === '$Default' &&
      made.find(({ mark }) => mark.base === base.number && mark.snapshotId === snapshotId)?.number) ||
    null,
});

const launch = (groups: readonly GroupFact[]): string =>
  `${namesOf(groups)} ${groups.length === 1 ? 'launches' : 'launch'} it from then on`;

const namesOf = (groups: readonly GroupFact[]): string => groups.map(({ name }) => name).join(', ');

const goneBecause = (snapshotId: string, refused: RankedSets['refused']): string =>
  refused.find(({ setId, why }) => setId === snapshotId || why.includes(snapshotId))?.why ??
  `${snapshotId} is not there any more`;

const refusalOf = (group: string, why: string, pageAfterMs = LASTS_MS / 2): SubjectRefusal => ({
  refuse: 'group-not-seeded',
  subject: group,
  reason: `${group} launches as before: ${why}`,
  page: true,
  pageAfterMs,
  lastsMs: LASTS_MS,
});

const hashOf = (steps: readonly SeedStep[]): string =>
  createHash('sha256')
    .update(JSON.stringify(steps.map(({ sentence: _, ...step }) => step)))
    .digest('hex')
    .slice(0, 12);

/** Whether a newly made plan still has exactly this step. */
export const stillPlanned = (step: SeedStep, { steps }: SeedPlan): boolean =>
  steps.some((other) => JSON.stringify(other) === JSON.stringify(step));
