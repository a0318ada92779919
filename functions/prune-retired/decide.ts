// What may go of the resources that heals have kept: volumes, retired instances and sets of clean snapshots past their date, and nothing else. Pure.
// A resource stays, with its reason, unless it is certainly ours, past its date, unused and dispensable. "Certainly ours" means: a heal's record, the
// tags and EC2 all agree.

import { createHash } from 'node:crypto';
import { claimants, claimantsOfVolume } from '../../shared/fleet/membership.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import { judgePauseTag } from '../../shared/guardrails/switches.ts';
import { keptOf } from '../../shared/heal/kept.ts';
import { FLEET_TAG, INCIDENT_TAG, KEEP_UNTIL_TAG, SCALING_GROUP_TAG } from '../../shared/model/tags.ts';
import { setsToRemove } from './clean-sets.ts';
import {
  dateText,
  instanceDiffers,
  type KeptVolume,
  type PruneFacts,
  type Removal,
  type RetiredInstance,
  volumeDiffers,
} from './retired-resources.ts';

export interface PrunePlan {
  /** In this order; never more deletions than the run may still make. */
  readonly removals: readonly Removal[];
  /** Resources that are also past their date, and wait for the next run. */
  readonly waiting: number;
  readonly refusals: readonly SubjectRefusal[];
  /** Identifies the removals, and nothing but them: an approval is bound to it. */
  readonly hash: string;
}

/** Limit of one fleet in one run: an unforeseen mistake must not remove everything before anybody sees it. */
export const MAX_DELETIONS = 20;
/** The schedule is six hours: a condition that is seen in two runs in a row has lasted. */
const LASTS_MS = 13 * 60 * 60_000;

/** @param most deletions */
export function decidePrune(facts: PruneFacts, most = MAX_DELETIONS): PrunePlan {
  const { fleet, nodes } = facts;
  const refusals: SubjectRefusal[] = [];
  const there = facts.volumes.length + facts.instances.length + facts.sets.length;
  if (nodes.length === 0) {
    const reason = `discovery finds no node of ${fleet.name}: nothing that was kept of its nodes is removed`;
    if (there > 0)
      refusals.push({ refuse: 'nothing-matched', subject: fleet.name, reason, page: false, lastsMs: LASTS_MS });
    return { removals: [], waiting: 0, refusals, hash: hashOf([]) };
  }
  const records = { volume: keptOf(facts.kept, 'volume'), instance: keptOf(facts.kept, 'instance') };
  const judged = [
    ...byDate(facts.instances).map((one) => {
      const record = records.instance.get(one.instanceId);
      const verdict =
        judgeRetention(one, facts) ??
        judgeRetired(one, facts) ??
        judgeRecord(instanceDiffers(one, record), record, facts);
      return [one.instanceId, verdict ?? instanceRemoval(one, facts)] as const;
    }),
    ...byDate(facts.volumes).map((one) => {
      const record = records.volume.get(one.volumeId);
      const verdict =
        judgeRetention(one, facts) ?? judgeVolume(one) ?? judgeRecord(volumeDiffers(one, record), record, facts);
      return [one.volumeId, verdict ?? volumeRemoval(one)] as const;
    }),
  ];
  const all: Removal[] = [];
  const strange: string[] = [];
  for (const [subject, one] of judged) {
    if ('kind' in one) all.push(one);
    else if ('differs' in one) strange.push(`${subject}: ${one.differs}`);
    else if (one.why !== null) refusals.push(keptLongerRefusal(subject, one.why, one.page));
  }
  const sets = setsToRemove(facts);
  all.push(...sets.removals);
  strange.push(...sets.strange);
  if (strange.length > 0) refusals.push(unrecordedRefusal(fleet.name, strange));
  const removals = withinLimit(all, most);
  return { removals, waiting: all.length - removals.length, refusals, hash: hashOf(removals) };
}

/** Kept volumes that are on a node of the fleet again, on which nobody works: a person has put them back. */
export const usedAgain = ({
  nodes,
  volumes,
  kept,
  busy,
}: Pick<PruneFacts, 'nodes' | 'volumes' | 'kept' | 'busy'>): readonly {
  readonly volumeId: string;
  readonly node: PruneFacts['nodes'][number];
}[] => {
  const records = keptOf(kept, 'volume');
  return volumes.flatMap(({ volumeId, attachedTo }) => {
    const node = nodes.find(({ instanceId }) => attachedTo.includes(instanceId));
    const isFree = node && !busy.has(node.instanceId) && !busy.has(node.name);
    return isFree && records.has(volumeId) ? [{ volumeId, node }] : [];
  });
};

/** It stays; `why` is for people, and null where it is simply not due. */
interface Retention {
  readonly stays: true;
  readonly why: string | null;
  /** A person must know now. */
  readonly page?: boolean;
}

const NOT_NOW: Retention = { stays: true, why: null };

/** It differs from its record, or has no record: it belongs to somebody else, even if its tags say otherwise. */
interface RecordMismatch {
  readonly differs: string;
}

/** The later of both dates counts: a person may want it kept longer, and no tag makes it go earlier. */
function judgeRecord(
  differs: string | null,
  record: { readonly untilMs: number } | undefined,
  { nowMs }: PruneFacts,
): Retention | RecordMismatch | null {
  if (differs !== null) return { differs };
  return record && record.untilMs > nowMs ? NOT_NOW : null;
}

/** What keeps a volume or an instance of any kind. null: nothing here keeps it. */
function judgeRetention(thing: KeptVolume | RetiredInstance, { nowMs, fleet, busy }: PruneFacts): Retention | null {
  const { tags, node, keepUntilMs } = thing;
  if (tags[FLEET_TAG] !== fleet.tag) return NOT_NOW;
  const others = 'volumeId' in thing ? claimantsOfVolume(fleet, tags) : claimants(fleet.neighbours, tags);
  if (others.length > 0) return keep(`it carries the tags of ${others.join(' and ')}, too: nobody can say whose it is`);
  const written = tags[KEEP_UNTIL_TAG];
  if (written === undefined) return keep(`it carries no ${KEEP_UNTIL_TAG}: nobody has said that it may go`);
  if (keepUntilMs === null) return keep(`its tag ${KEEP_UNTIL_TAG} is "${written}", and an ISO date was expected`);
  if (nowMs < keepUntilMs) return NOT_NOW;
  if (node === null) return keep('it carries no chainmend:node: nobody can say whose it was');
  if (judgePauseTag(tags) !== null || busy.has(node) || busy.has(idOf(thing))) return NOT_NOW;
  return null;
}

/** What keeps a retired instance: its data must not go with it, and its identity must be on another instance. null: nothing here keeps it. */
function judgeRetired(instance: RetiredInstance, { nodes, volumes: kept }: PruneFacts): Retention | null {
  const { instanceId, node, state, tags, rootDevice, volumes } = instance;
  if (state === 'terminated' || state === 'shutting-down') return NOT_NOW;
  // The client on it may run, with the identity of a node that has another instance.
  if (state !== 'stopped')
    return keep(`it is retired and ${state}: two copies of the identity of ${node} may run`, true);
  if (nodes.some((other) => other.instanceId === instanceId))
    return keep('discovery finds it as a node of the fleet, and it is retired: one of the two is wrong', true);
  if (!successorOf(instance, nodes))
    return keep(`no running instance of the fleet is called ${node}: its identity may be nowhere else`);
  const group = tags[SCALING_GROUP_TAG];
  if (group !== undefined) return keep(`it belongs to the Auto Scaling group ${group}: detach it from there first`);
  // A volume that outlives the instance without a date would be kept, and paid for, for ever.
  const dated = new Set(kept.filter(({ keepUntilMs: untilMs }) => untilMs !== null).map(({ volumeId }) => volumeId));
  for (const { volumeId, device, deleteOnTermination } of volumes) {
    const isRoot = device === rootDevice;
    if (deleteOnTermination && !isRoot)
      return keep(`${volumeId} (${device}) is not its root and would be deleted with it: DeleteOnTermination is true`);
    if (deleteOnTermination || dated.has(volumeId)) continue;
    const outlives = `${volumeId} (${device}) would outlive it, and no tag says until when it is kept`;
    return isRoot ? keep(`${outlives}. ${sayItMayGo(instanceId, device)}`, true) : keep(outlives);
  }
  return null;
}

/** Each replacement leaves the root so: what is on it alone only a person knows, and of blue/green that may be a wallet or a keystore. */
const sayItMayGo = (instanceId: string, device: string): string => {
  const first = 'Look whether it, or another volume of the instance, has what is nowhere else: a wallet, a keystore';
  return DEVICE.test(device)
    ? `${first}. If not, the instance goes with this root: aws ec2 modify-instance-attribute --instance-id ${instanceId} --block-device-mappings 'DeviceName=${device},Ebs={DeleteOnTermination=true}'`
    : first;
};
/** As EC2 writes them: what a person pastes has nothing else in it. */
const DEVICE = /^[a-z0-9/]{1,40}$/i;

const successorOf = ({ node }: RetiredInstance, nodes: PruneFacts['nodes']): PruneFacts['nodes'][number] | undefined =>
  nodes.find(({ name, state }) => name === node && state === 'running');

function instanceRemoval(instance: RetiredInstance, { nodes }: PruneFacts): Removal {
  const { instanceId, node, keepUntilMs } = instance;
  const heir = successorOf(instance, nodes);
  const sentence = `instance ${instanceId}, retired as ${node} and kept until ${dateText(keepUntilMs)}; ${heir?.instanceId} is ${node} now`;
  return { kind: 'instance', id: instanceId, node: node ?? '', sentence };
}

function judgeVolume({ state, attachedTo }: KeptVolume): Retention | null {
  // An attached volume is in use: a person put it back, or it belongs to an instance that is retired with it.
  if (attachedTo.length > 0) return NOT_NOW;
  if (state === 'available') return null;
  return state === 'deleting' || state === 'deleted' ? NOT_NOW : keep(`it is ${state}`);
}

function volumeRemoval({ volumeId, node, sizeGiB, keepUntilMs, tags }: KeptVolume): Removal {
  const incident = tags[INCIDENT_TAG];
  const sentence =
    `volume ${volumeId} (${sizeGiB} GiB), kept of ${node} until ${dateText(keepUntilMs)}` +
    (incident === undefined ? '' : `, incident ${incident}`);
  return { kind: 'volume', id: volumeId, node: node ?? '', sentence };
}

const keep = (why: string, page = false): Retention => ({ stays: true, why, page });
const idOf = (thing: KeptVolume | RetiredInstance): string => ('volumeId' in thing ? thing.volumeId : thing.instanceId);

const byDate = <T extends KeptVolume | RetiredInstance>(things: readonly T[]): readonly T[] =>
  things.toSorted((a, b) => (a.keepUntilMs ?? 0) - (b.keepUntilMs ?? 0) || (idOf(a) < idOf(b) ? -1 : 1));

const MAX_STRANGE = 10;

/** One page for all of them: otherwise a person who may tag could cause a page for each. */
function unrecordedRefusal(fleet: string, strange: readonly string[]): SubjectRefusal {
  const more = strange.length - MAX_STRANGE;
  const shown = [...strange.slice(0, MAX_STRANGE), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
  return {
    refuse: 'not-recorded',
    subject: fleet,
    reason:
      `${strange.length} past the date in their tags are left: ${shown}. ` +
      'Anybody who may tag can write such tags: look who did, and delete what is yours by hand',
    page: true,
    lastsMs: LASTS_MS,
  };
}

const keptLongerRefusal = (subject: string, why: string, page = false): SubjectRefusal => ({
  refuse: 'kept-longer',
  subject,
  reason: `${subject} stays: ${why}`,
  page,
  lastsMs: LASTS_MS,
});

/** A set goes completely or not at all. Nothing overtakes the removals before it, or a large set would wait for ever. */
function withinLimit(all: readonly Removal[], most: number): readonly Removal[] {
  const removals: Removal[] = [];
  let left = most;
  for (const removal of all) {
    left -= deletionsOf(removal);
    if (left < 0) break;
    removals.push(removal);
  }
  return removals;
}

export const deletionsOf = (removal: Removal): number => (removal.kind === 'set' ? removal.snapshotIds.length : 1);

const hashOf = (removals: readonly Removal[]): string =>
  createHash('sha256')
    .update(JSON.stringify(removals.map(({ kind, id }) => [kind, id])))
    .digest('hex')
    .slice(0, 12);

/** Whether a newly made plan still has exactly this removal. */
export const stillPlanned = (removal: Removal, { removals }: PrunePlan): boolean =>
  removals.some((other) => JSON.stringify(other) === JSON.stringify(removal));
