// How a group comes to another number of nodes: one step at a time, each of which has to have proved itself before the next. Pure.
// A group launches and ends machines by itself, and nobody takes one back. So up goes only what begins with a good snapshot, and down only a node that
// nobody needs, out of the pool first.
import { createHash } from 'node:crypto';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { Health } from '../../shared/fleet/observation.ts';
import type { PoolSeen, SubjectRefusal } from '../../shared/guardrails/names.ts';
import { type Leaving, unwellText, whyItStays } from '../../shared/readiness/scale.ts';
import type { ScaleWish } from '../../shared/snapshots/scale.ts';
import { names } from '../../shared/text/names.ts';

export interface ScaleFacts {
  readonly nowMs: number;
  readonly fleet: Pick<Fleet, 'name' | 'scales' | 'cleanSnapshots' | 'dns'>;
  /** null: AWS knows no such group. */
  readonly group: ScaledGroup | null;
  /** Of the group, and of the fleet: without the one that is on its way out. */
  readonly members: readonly ScaleMember[];
  /** Members of the group that have left the fleet by their tag. */
  readonly outside: readonly MemberAside[];
  /** The pool's record as register-nodes last saw it; null: it has not. */
  readonly pool: PoolSeen | null;
  /** Whether what the group launches begins with the newest good snapshot; null where nobody had to look. */
  readonly seed: LaunchedSeed | { readonly lacking: string } | null;
  /** Heals of the fleet that are under way or were left open. */
  readonly atWork: readonly { readonly instanceId: string; readonly what: string }[];
}

/** What the group launches now. */
interface LaunchedSeed {
  readonly snapshotId: string;
  readonly sizeGiB: number;
  /** null: its launch template does not say. */
  readonly instanceType: string | null;
}

export interface ScaledGroup {
  readonly name: string;
  readonly minSize: number;
  readonly maxSize: number;
  readonly desired: number;
  /** As Auto Scaling calls it: "InService", "Pending", "Standby", "Terminating:Wait", … */
  readonly lifecycles: Readonly<Record<string, string>>;
}

export interface ScaleMember extends Leaving {
  readonly instanceId: string;
  readonly name: string;
  readonly zone: string;
  readonly instanceType: string;
  readonly launchedAtMs: number;
  /** null: not observed, or too long ago. */
  readonly health: Health | null;
}

export interface MemberAside extends Pick<ScaleMember, 'instanceId' | 'name' | 'neededBy' | 'leaves'> {
  readonly privateIp: string;
  /** Why a person has paused it; null: nobody has. */
  readonly paused: string | null;
}

export type ScaleStep =
  /** The group is to have one more. */
  | { readonly do: 'raise'; readonly to: number; readonly sentence: string }
  /** A member leaves fleet and pool by its tag, and runs on. */
  | { readonly do: 'set-aside'; readonly member: Pick<ScaleMember, 'instanceId' | 'name'>; readonly sentence: string }
  /** The one that was set aside is ended, and the group is to have one fewer. */
  | { readonly do: 'end-member'; readonly sentence: string }
  /** The one that was set aside is a node of the fleet again. */
  | { readonly do: 'take-back'; readonly member: Pick<ScaleMember, 'instanceId' | 'name'>; readonly sentence: string }
  /** The one that was set aside is gone. */
  | { readonly do: 'note-gone'; readonly sentence: string }
  | { readonly do: 'wait'; readonly refusal: SubjectRefusal }
  | { readonly do: 'conclude'; readonly as: 'done' | 'ended'; readonly sentence: string };

export interface ScalePlan {
  /** What a person is shown, one sentence each. */
  readonly steps: readonly string[];
  /** The members that may go, and no others. */
  readonly leaving: readonly string[];
  /** Why it is not begun now. */
  readonly refusal: SubjectRefusal | null;
  /** Identifies all of it: a yes is bound to it. */
  readonly hash: string;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** The schedule of register-nodes, and a minute for its run: then no record has the address of the member that was set aside. */
const RECORDS_MS = 6 * MINUTE_MS;
/** The look is every five minutes: a condition that is seen in two runs in a row is one. */
const LASTS_MS = 15 * MINUTE_MS;
/** People are told of what keeps a scaling waiting. */
const PAGE_AFTER_MS = 2 * HOUR_MS;
/** A member that begins with a snapshot of yesterday catches up within hours. */
const CATCHES_UP_MS = 24 * HOUR_MS;
/** An answer that was lost: the call can take effect no more, and Auto Scaling shows what it did. */
const SETTLES_MS = 10 * MINUTE_MS;
/** Nobody waits for ever for a fleet that is not well. */
const VALID_MS = 7 * 24 * HOUR_MS;

/** What would be done, for a person. @param to how many nodes are wanted */
export function planScale(facts: ScaleFacts, to: number): ScalePlan {
  const { fleet, group, members } = facts;
  const from = group === null ? 0 : sizeOfGroup(group);
  const leaving = to < from ? inOrderOfLeaving(members, from - to) : [];
  const steps =
    to > from
      ? [
          `${fleet.name}: ${from} → ${to} nodes, one after the other, each ${launchedText(facts)}; the next is launched once the one before is synced`,
        ]
      : leaving.map(
          ({ name, instanceId, zone, launchedAtMs }) =>
            `${name} (${instanceId}, ${zone}, launched ${new Date(launchedAtMs).toISOString()}) leaves the pool, and is ended ${waitText(fleet)} later with its volume`,
        );
  const hash = createHash('sha256')
    .update(
      JSON.stringify([
        fleet.name,
        from,
        to,
        leaving.map(({ instanceId }) => instanceId),
        ...(to > from ? [launchedText(facts)] : []),
      ]),
    )
    .digest('hex')
    .slice(0, 12);
  return { steps, leaving: leaving.map(({ instanceId }) => instanceId), refusal: judgeWish(facts, to, leaving), hash };
}

/** What each of the new nodes will be: the machine is the launch template's of now, which its owner may have changed since the others were launched. */
function launchedText({ seed }: Pick<ScaleFacts, 'seed'>): string {
  if (seed === null || 'lacking' in seed) return 'as the launch template says';
  return `${seed.instanceType ?? 'as the launch template says,'} with ${seed.sizeGiB} GiB from ${seed.snapshotId}`;
}

/** Why a number is not taken; null where it is. What only waits is no reason. */
function judgeWish(facts: ScaleFacts, to: number, leaving: readonly ScaleMember[]): SubjectRefusal | null {
  const { fleet, group, members, seed } = facts;
  const limit = limitFault(facts, to);
  if (limit !== null) return refuse(fleet.name, 'size-limits', limit);
  if (group === null) return null;
  const from = sizeOfGroup(group);
  if (to > from && seed && 'lacking' in seed) return refuse(fleet.name, 'no-good-snapshot', seed.lacking);
  if (leaving.length < from - to) {
    const kept = members.filter((member) => whyItStays(member) !== null);
    const why = kept.map((member) => `${member.name} ${whyItStays(member)}`);
    return refuse(
      fleet.name,
      'cannot-be-spared',
      `only ${leaving.length} of the ${from - to} nodes that would have to go may go: ${names(why)}`,
    );
  }
  return null;
}

/** The limits of the file, of the group, and of the pool; null where the number is within them. */
export function limitFault({ fleet, group }: Pick<ScaleFacts, 'fleet' | 'group'>, to: number): string | null {
  const { scales } = fleet;
  if (scales === undefined)
    return `${fleet.name} has no group that may be scaled. Nodes of their own are added under deploy.nodes of its file, then npm run deploy and npm run deploy:nodes; a group gets deploy.group.minimum and maximum`;
  if (group === null)
    return `there is no Auto Scaling group ${scales.group}: deploy the nodes first (npm run deploy:nodes)`;
  const floor = fleet.cleanSnapshots?.poolFloor ?? 0;
  // While a heal has a member aside, one fewer is wanted.
  const lowest = Math.max(scales.minimum, floor, group.minSize + 1);
  const highest = Math.min(scales.maximum, group.maxSize);
  if (to >= lowest && to <= highest) return null;
  const group_ = `the group ${group.minSize + 1} to ${group.maxSize}`;
  return `${to} nodes are asked for, and ${lowest} to ${highest} are allowed: the file says ${scales.minimum} to ${scales.maximum}, ${group_}, and ${floor} stay in the pool. Other numbers: deploy.group of the file, then npm run deploy and npm run deploy:nodes`;
}

/** What comes next. The same facts give the same step. */
export function nextStep(facts: ScaleFacts, wish: ScaleWish): ScaleStep {
  const { fleet, group, nowMs } = facts;
  const limit = limitFault(facts, wish.to);
  if (wish.leaving !== null) return nextOfLeaving(facts, wish, wish.leaving, limit);
  if (limit !== null || group === null)
    return { do: 'conclude', as: 'ended', sentence: limit ?? 'the group is not there' };
  const [stray] = facts.outside;
  if (stray) {
    // Its tag came late, when the person had changed their mind. A tag that no scaling has set is somebody's word.
    const isOurs = stray.paused === null && wish.left?.includes(stray.instanceId) === true;
    return isOurs
      ? {
          do: 'take-back',
          member: stray,
          sentence: `${stray.name} is a node of ${fleet.name} again: nobody has it on its way out`,
        }
      : wait(
          fleet.name,
          `${stray.instanceId} carries chainmend:retired, and no scaling has set it aside: whether it is to be a node again only a person knows`,
          STRAY_PAGE_AFTER_MS,
        );
  }
  const unsettled = unsettledText(group, facts.members);
  const unproved = facts.members.find(
    ({ launchedAtMs, health }) => launchedAtMs >= wish.askedAtMs && health !== 'synced',
  );
  if (group.desired === wish.to && unsettled === null && unproved === undefined)
    return { do: 'conclude', as: 'done', sentence: `${group.name} has ${wish.to} nodes, each of them proved` };
  if (nowMs - wish.askedAtMs > VALID_MS)
    return {
      ...{ do: 'conclude', as: 'ended' },
      sentence: `for a week ${group.name} did not come to ${wish.to} nodes: it wants ${group.desired}${unsettled === null ? '' : `, and ${unsettled}`}`,
    };
  if (unsettled !== null) return wait(fleet.name, unsettled);
  if (unproved)
    return wait(
      fleet.name,
      `${unproved.name} was launched ${minutesText(nowMs - unproved.launchedAtMs)} ago and is ${unproved.health ?? 'not observed'}`,
      CATCHES_UP_MS,
    );
  return group.desired < wish.to ? nextUp(facts, group, wish) : nextDown(facts, group, wish);
}

function nextUp({ fleet, seed }: ScaleFacts, group: ScaledGroup, { to }: ScaleWish): ScaleStep {
  if (seed === null || 'lacking' in seed)
    return wait(fleet.name, `one more would sync from nothing: ${seed?.lacking ?? 'nobody has looked'}`);
  const next = group.desired + 1;
  return {
    do: 'raise',
    to: next,
    sentence: `${group.name} wants ${next} nodes, on the way to ${to}; the next begins with ${seed.snapshotId}`,
  };
}

function nextDown(facts: ScaleFacts, { desired, name }: ScaledGroup, { to, mayLeave }: ScaleWish): ScaleStep {
  const { fleet, members, atWork } = facts;
  const [work] = atWork;
  if (work) return wait(fleet.name, work.what);
  const unwell = unwellText(members);
  if (unwell !== null) return wait(fleet.name, unwell);
  const free = inOrderOfLeaving(members, members.length).filter(({ instanceId }) => mayLeave.includes(instanceId));
  const [member] = free;
  if (member === undefined)
    return wait(fleet.name, `none of those that may go is there and free; ask again for ${to} nodes`);
  return {
    do: 'set-aside',
    member,
    sentence: `${member.name} leaves ${fleet.name} and its pool, on the way from ${desired} to ${to} nodes; it is ended ${waitText(fleet)} later, and ${name} wants ${desired - 1} then`,
  };
}

/** The member that was set aside runs, and serves nobody: it goes, or it comes back. */
function nextOfLeaving(
  { nowMs, fleet, group, members: all, outside, pool, atWork }: ScaleFacts,
  { to, askedAtMs }: ScaleWish,
  leaving: NonNullable<ScaleWish['leaving']>,
  limit: string | null,
): ScaleStep {
  const lifecycle = group?.lifecycles[leaving.instanceId];
  const members = all.filter(({ instanceId }) => instanceId !== leaving.instanceId);
  const back = (why: string): ScaleStep => ({
    do: 'take-back',
    member: leaving,
    sentence: `${leaving.name} is a node of ${fleet.name} again: ${why}`,
  });
  // Nobody has looked at a group that the file does not name any more.
  if (fleet.scales === undefined) return back('the fleet has no group that may be scaled any more');
  if (group === null || lifecycle === undefined)
    return { do: 'note-gone', sentence: `${leaving.name} (${leaving.instanceId}) is no member any more` };
  if (/^Terminat/.test(lifecycle)) return wait(fleet.name, `${leaving.name} is being ended`);
  // Its call may be on its way.
  if (leaving.sentAtMs !== null && nowMs - leaving.sentAtMs < SETTLES_MS)
    return wait(fleet.name, `${leaving.name} is being ended`);
  // It left its fleet, and is a person's as any node is: what it is by now counts.
  const aside = outside.find(({ instanceId }) => instanceId === leaving.instanceId);
  if (aside && aside.paused !== null) return wait(fleet.name, `${aside.name} is left as it is: ${aside.paused}`);
  if (aside && aside.leaves !== null) return back(`it would leave ${aside.leaves} behind, which nobody looks at`);
  if (aside && aside.neededBy !== null) return back(`it is needed: ${aside.neededBy}`);
  const inFleet = all.find(({ instanceId }) => instanceId === leaving.instanceId);
  const stays = inFleet ? whyItStays(inFleet) : null;
  if (stays !== null) return back(`it ${stays}`);
  if (limit !== null) return back(limit);
  if (to >= sizeOfGroup(group)) return back(`${to} nodes are wanted`);
  if (nowMs - askedAtMs > VALID_MS) return back('for a week it could not be let go');
  const sick = members.find(({ health }) => health !== null && SICK.has(health));
  if (sick) return back(`${sick.name} is ${sick.health}, and the fleet may need it`);
  // It began right before its tag, and refuses to go on at what is no node of its fleet.
  const own = atWork.find(({ instanceId }) => instanceId === leaving.instanceId);
  if (own) return back(own.what);
  const moving = movingText(group);
  if (moving !== null) return wait(fleet.name, moving);
  const [work] = atWork;
  if (work) return wait(fleet.name, work.what);
  const unwell = unwellText(members);
  if (unwell !== null) return wait(fleet.name, unwell);
  if (members.length < to) return back(`only ${members.length} nodes would stay`);
  // Its tag was not set, or is not seen yet.
  if (members.length < all.length)
    return { do: 'set-aside', member: leaving, sentence: `${leaving.name} leaves ${fleet.name} and its pool` };
  if (nowMs - leaving.sinceMs < outMs(fleet))
    return wait(fleet.name, `${leaving.name} has left the pool, and names are kept for a while`);
  const serving = servingText(fleet, leaving, aside, pool, nowMs);
  if (serving !== null) return wait(fleet.name, serving);
  return {
    do: 'end-member',
    sentence: `${leaving.name} (${leaving.instanceId}) is ended with its volume, and ${group.name} wants ${group.desired - 1} nodes`,
  };
}

/** Why a client may still be led to the one that was set aside; null: nobody is. Where its own address is not known, it is not ended. */
function servingText(
  { name, dns }: ScaleFacts['fleet'],
  { name: leaves, sinceMs }: NonNullable<ScaleWish['leaving']>,
  aside: MemberAside | undefined,
  pool: PoolSeen | null,
  nowMs: number,
): string | null {
  if (dns === undefined) return null;
  if (aside === undefined) return `EC2 does not show the tag of ${leaves} yet`;
  if (pool === null || pool.atMs < sinceMs) return `nobody has looked at the pool of ${name} since ${leaves} left it`;
  if (pool.addresses.includes(aside.privateIp))
    return `${leaves} is in the pool of ${name} still: its names wait for the end of a pause, or for a person's yes`;
  return nowMs - pool.sinceMs < keptMs(dns) ? `resolvers may know the pool of ${name} as it was before` : null;
}

/** Its own trouble comes first; a node that is only behind or unknown is waited for. */
const SICK: ReadonlySet<Health> = new Set(['unreachable', 'stuck', 'forked']);

/** A heal that has a member aside has lowered what the group wants for as long. */
export const sizeOfGroup = ({ desired, lifecycles }: Pick<ScaledGroup, 'desired' | 'lifecycles'>): number =>
  desired + Object.values(lifecycles).filter((lifecycle) => /Standby$/.test(lifecycle)).length;

/** Why a group is in the middle of something; null: it has what it wants, all of it in service. */
function unsettledText({ desired, lifecycles, name }: ScaledGroup, members: readonly ScaleMember[]): string | null {
  const moving = movingText({ lifecycles, name });
  if (moving !== null) return moving;
  const has = Object.keys(lifecycles).length;
  if (has !== desired) return `${name} wants ${desired} nodes and has ${has}`;
  return members.length === desired
    ? null
    : `${name} has ${desired} nodes, and ${members.length} of them are known as nodes of the fleet`;
}

function movingText({ lifecycles, name }: Pick<ScaledGroup, 'lifecycles' | 'name'>): string | null {
  const [moving] = Object.entries(lifecycles).filter(([, lifecycle]) => lifecycle !== 'InService');
  return moving ? `${moving[0]} of ${name} is ${moving[1]}` : null;
}

/** The youngest of the fullest zone first, one after the other: what stays is spread over the zones. */
function inOrderOfLeaving(members: readonly ScaleMember[], count: number): readonly ScaleMember[] {
  const going: ScaleMember[] = [];
  let left = members;
  while (going.length < count) {
    const crowd = Map.groupBy(left, ({ zone }) => zone);
    const sizeOf = ({ zone }: ScaleMember): number => crowd.get(zone)?.length ?? 0;
    const [next] = left
      .filter((member) => whyItStays(member) === null)
      .toSorted(
        (a, b) => sizeOf(b) - sizeOf(a) || b.launchedAtMs - a.launchedAtMs || (a.instanceId < b.instanceId ? -1 : 1),
      );
    if (next === undefined) break;
    going.push(next);
    left = left.filter((member) => member !== next);
  }
  return going;
}

/** Route 53 shows a change to its servers within a minute, and resolvers keep the record of before for its TTL. */
const keptMs = ({ ttlSeconds }: NonNullable<Fleet['dns']>): number => MINUTE_MS + ttlSeconds * 1_000;

/** Until no resolver has its address any more. */
const outMs = ({ dns }: Pick<Fleet, 'dns'>): number => RECORDS_MS + (dns?.ttlSeconds ?? 0) * 1_000;
const waitText = (fleet: Pick<Fleet, 'dns'>): string => minutesText(outMs(fleet));
const minutesText = (ms: number): string => `${Math.ceil(ms / MINUTE_MS)} min`;

const wait = (fleet: string, reason: string, pageAfterMs = PAGE_AFTER_MS): ScaleStep => ({
  do: 'wait',
  refusal: { ...refuse(fleet, 'scale-waits', reason), page: true, pageAfterMs },
});

/** A look that finds it again is half an hour old by then: a tag that was on its way is no news. */
const STRAY_PAGE_AFTER_MS = 30 * MINUTE_MS;

/** Members that run on outside of their fleet while nobody has them on their way out: a person's tag, or one that came late. What is right, only a person knows. */
export const strayRefusals = (
  { name }: Pick<Fleet, 'name'>,
  strays: readonly Pick<ScaleMember, 'instanceId'>[],
): readonly SubjectRefusal[] =>
  strays.map(({ instanceId }) => ({
    ...refuse(
      instanceId,
      'not-recorded',
      `${instanceId} is in service in its group, and no node of ${name}: it carries chainmend:retired, and nobody has it on its way out. To have it back: aws ec2 delete-tags --resources ${instanceId} --tags Key=chainmend:retired. To let it go: aws autoscaling terminate-instance-in-auto-scaling-group --instance-id ${instanceId} --should-decrement-desired-capacity`,
    ),
    ...{ page: true, pageAfterMs: STRAY_PAGE_AFTER_MS },
  }));

const refuse = (fleet: string, code: SubjectRefusal['refuse'], reason: string): SubjectRefusal => ({
  ...{ refuse: code, subject: fleet, reason, page: false, lastsMs: LASTS_MS },
});
