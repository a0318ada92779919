// Acts after a proof, one piece an act: each may be repeated, and none that fails makes the node sick again. Also how resources are put away: first a
// record, which no tag changes, then the tags. prune-retired removes what is recorded and tagged, and unchanged, after its date.
import { actOf, executeStep, type HandOverStep, planHandOver, sentenceOf } from '../../../shared/aws/hand-over.ts';
import { describeInstance, type InstanceDescription } from '../../../shared/aws/instances.ts';
import { type AwsRefusal, catchRefusal } from '../../../shared/aws/refusals.ts';
import { exitStandby, setDesired, withOneMore } from '../../../shared/aws/standby.ts';
import { sentenceOfLeftOut, tagResources, tagsThatFit, untagResources } from '../../../shared/aws/tagging.ts';
import type { VolumeDescription } from '../../../shared/aws/volumes.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { turnAt } from '../../../shared/heal/context.ts';
import {
  endKept,
  type KeptClients,
  type KeptKind,
  type KeptOwner,
  putInQuarantine,
  release,
  type ToKeep,
  writeKept,
} from '../../../shared/heal/kept.ts';
import type { CleanupPiece, LadderState } from '../../../shared/heal/memory.ts';
import { pageIncident } from '../../../shared/heal/page-incident.ts';
import { fleetTag, suiteOfPrefix } from '../../../shared/model/suite.ts';
import {
  FLEET_TAG,
  INCIDENT_TAG,
  KEEP_UNTIL_TAG,
  LEDGER_TAGS,
  NODE_TAG,
  PUT_BACK_TAG,
  RETIRED_TAG,
  TAG_VALUE_MAX,
} from '../../../shared/model/tags.ts';
import { type MarkFailure, sentenceOfUnmarked, verify } from '../../../shared/snapshots/marks.ts';
import { makesAgain, type ReplaceContext, withCleared } from '../state.ts';
import { defineAct, known, type LadderActContext, nothing, type Result } from './act.ts';
import { accepted, invoke, type Made, mutate } from './mutation.ts';

type Kind = CleanupPiece['kind'];

interface CleanUp {
  readonly piece: CleanupPiece;
  /** Of a piece that puts volumes away: as EC2 has just shown them. */
  readonly volumes: readonly VolumeDescription[];
}

/**
 * The node is well. Under a pause only what this heal has taken is given back, and functions are asked that heed the pause themselves; the rest waits
 * until it is lifted.
 */
const GOES_ON: ReadonlySet<Kind> = new Set<Kind>([
  'leave-standby',
  'give-place',
  'release-holds',
  'register',
  'rotate',
]);

export const cleanUp = defineAct<CleanUp>()('clean-up', {
  intent: null,
  recovers: (_, { piece }) => GOES_ON.has(piece.kind),
  retryKey: ({ piece: { kind, target } }) => `clean up ${kind} ${target}`,
  needsApproval: false,
  seenAfter: 'kept',
  silentAfter: 'kept',
  givesBackWhen: null,
  execute: (context, { piece: { kind, target }, volumes }) => {
    const state = known(context);
    const { call, sentence, bookkeeping = false, change } = PIECES[kind];
    if (change === null)
      return kind === 'give-place' ? givePlace(context, target) : handOver(context, state.found, target);
    return mutate(context, {
      act: `${call} ${target}`.trim(),
      sentence: sentence(target),
      bookkeeping,
      call: (fleet) => change(context, state, { target, fleet, volumes }),
    });
  },
  reduce: {
    done: (state, { piece }) => withCleared(state, piece),
    // The node is well: a failed cleanup is journalled, and left. Two things are never left: an instance on standby serves nobody, and what is in use
    // must not be removed some day.
    failed: (state, { piece }) =>
      piece.kind === 'leave-standby' || piece.kind === 'unkeep'
        ? state
        : { ...withCleared(state, piece), setback: null },
    unknown: nothing,
  },
});

export const CLEANUP_ACTS = [cleanUp] as const;

/** An instance is in a handful of target groups. */
const MAX_STEPS = 40;

/** Each call is in the journal before it is made. */
async function handOver(
  context: LadderActContext,
  { instanceId: original, machine }: LadderState['found'],
  replacement: string,
): Promise<Result> {
  const { clients, durable, place, step } = context;
  const plan = await step('plan-hand-over', () =>
    catchRefusal(async () => {
      const [from, to] = await Promise.all([
        machine?.instance ?? describeInstance(clients.ec2, original),
        describeInstance(clients.ec2, replacement),
      ]);
      const released = machine?.instance.publicIp?.allocationId ?? null;
      if (!from || !to) return { refused: `${from ? replacement : original} is gone` };
      return { steps: await planHandOver(clients, { from, to, autoScalingGroup: from.autoScalingGroup, released }) };
    }),
  );
  const atMs = await step('planned', async () => Date.now());
  if ('refused' in plan) return { is: 'failed', atMs, reason: plan.refused };
  let first: Result | null = null;
  const refused = new Set<string>();
  for (const [at, one] of plan.steps.slice(0, MAX_STEPS).entries()) {
    // Where the replacement was not registered, the original is not deregistered.
    if (refused.has(groupOf(one))) continue;
    const turn = { ...context, ...turnAt(durable, `${place}-${String(at).padStart(2, '0')}`) };
    const call = async () => accepted(await executeStep(clients, one), 'done');
    const result = await mutate(turn, { act: actOf(one), sentence: sentenceOf(one), call });
    if (result.is === 'done') continue;
    first ??= result;
    if (result.is !== 'failed') return first;
    // If AWS refuses one address or target group, the others still go on.
    refused.add(groupOf(one));
    await tellLeft(turn, sentenceOf(one), result.reason);
  }
  return first ?? { is: 'done', atMs };
}

/** The number is read once in an attempt: however often the call is made, it asks for the same. */
async function givePlace(context: LadderActContext, group: string): Promise<Result> {
  const { clients, step } = context;
  const plan = await step('plan-place', () =>
    catchRefusal(async () => ({ to: await withOneMore(clients.autoscaling, group), atMs: Date.now() })),
  );
  if ('refused' in plan)
    return { is: 'failed', atMs: await step('planned', async () => Date.now()), reason: plan.refused };
  const { to, atMs } = plan;
  if (to === null) return { is: 'failed', atMs, reason: `there is no group ${group} any more` };
  return mutate(context, {
    act: `SetDesiredCapacity ${group}`,
    sentence: PIECES['give-place'].sentence(group),
    call: async () => accepted(await setDesired(clients.autoscaling, group, to), `${group} wants ${to} members`),
  });
}

/** The node is well, but clients of the old address or the load balancer do not reach it: a person must know. */
function tellLeft(context: LadderActContext, left: string, reason: string): Promise<void> {
  const { payload, place } = context;
  const sentence = `it was to be done, and was refused: ${left}. Do it by hand. ${reason}`;
  return context.step('tell', async () => {
    await pageIncident(context, payload, { code: 'not-handed-over', sentence, place: `${place}-page` });
  });
}

const groupOf = (step: HandOverStep): string => ('targetGroupArn' in step ? step.targetGroupArn : step.allocationId);

interface Subject extends Pick<CleanUp, 'volumes'> {
  readonly target: string;
  readonly fleet: Fleet;
}

type Change = (context: ReplaceContext, state: LadderState, subject: Subject) => Promise<Made | AwsRefusal>;

/** If AWS refuses to mark a snapshot, that is journalled; the node is still well. */
const marked = (said: string, unmarked: readonly MarkFailure[]): Made => ({
  said: unmarked.length === 0 ? said : `${said}, but not ${sentenceOfUnmarked(unmarked)}`,
});

const idsOf = (target: string): readonly string[] => target.split(' ').filter((id) => id !== '');

/** One piece of the cleanup: its name, its sentence and its changes; null: left for another act. */
interface Piece {
  readonly call: string;
  readonly sentence: (target: string) => string;
  readonly bookkeeping?: true;
  readonly change: Change | null;
}

const PIECES: Readonly<Record<Kind, Piece>> = {
  verify: {
    call: 'CreateTags',
    sentence: (target) => `${target} proved good: note that in its ledger`,
    change: async ({ clients }, _, { target }) => {
      return marked('verified', await verify(clients.ec2, idsOf(target), Date.now()));
    },
  },
  quarantine: {
    call: 'CreateTags',
    sentence: (target) => `${target} did not open, and another one did: it is not used any more`,
    change: async (context, { tried }, { target }) => {
      const why = tried.find(({ snapshotIds }) => snapshotIds.join(' ') === target)?.reason ?? 'its restore failed';
      const unmarked = await putInQuarantine(keptClientsOf(context), ownerOf(context), idsOf(target), why, Date.now());
      return marked('quarantined', unmarked);
    },
  },
  keep: {
    call: 'CreateTags',
    sentence: (target) => `keep ${target}, and note how to put it back`,
    change: async (context, state, { fleet, volumes }) => {
      const { found } = state;
      const putBack =
        putBackOfVolume(state) ?? `npm run chainmend -- undo ${context.payload.fleet}/${context.payload.node}`;
      const untagged = await putVolumesAway(context, volumes, rolesOf(found.volumes), keeping(fleet), {
        [PUT_BACK_TAG]: putBack,
      });
      for (const { volumeId, attachment } of volumes)
        if (attachment)
          return {
            said: `${volumeId} is still ${attachment.state} to ${attachment.instanceId}: nothing is detached by force`,
          };
      return { said: [`kept for ${fleet.replace.keepDays} days`, ...untagged].join('; ') };
    },
  },
  'drop-copy': {
    call: 'CreateTags',
    sentence: (target) => `${target}, whose files were copied, is not needed any more`,
    change: async (context, { restoredVolumes }, { target, fleet, volumes }) => {
      const atMs = Date.now();
      const copy = restoredVolumes?.shrink?.copy;
      const untagged = await putVolumesAway(context, volumes, rolesOf(copy ? [copy] : []), { atMs, untilMs: atMs }, {});
      const keys = [...new Set(fleet.volumes.flatMap(({ tags }) => Object.keys(tags)))];
      await untagResources(context.clients.ec2, idsOf(target), keys);
      return { said: [wordsOf({ atMs, untilMs: atMs }), ...untagged].join('; ') };
    },
  },
  // While the volume was put away, it had lost the tags by which its fleet and lifecycle policies know it.
  unkeep: {
    call: 'DeleteTags',
    sentence: (target) => `${target} is in use again, and nobody is to take it away`,
    change: async (context, { restoredVolumes }, { target, fleet }) => {
      const { clients } = context;
      await takeBack(context, 'volume', idsOf(target));
      await untagResources(clients.ec2, idsOf(target), [RETIRED_TAG, KEEP_UNTIL_TAG, PUT_BACK_TAG]);
      for (const volumeId of idsOf(target)) {
        const role = restoredVolumes?.volumes.find((volume) => volume.volumeId === volumeId)?.role;
        await tagResources(clients.ec2, [volumeId], fleet.volumes.find((volume) => volume.role === role)?.tags ?? {});
      }
      return { said: 'kept no longer, and the fleet’s again' };
    },
  },
  // A policy of DLM targets the tags of the fleet's volumes; the new volumes carry them.
  untarget: {
    call: 'DeleteTags',
    sentence: (target) => `remove the tags by which lifecycle policies choose ${target}`,
    bookkeeping: true,
    change: async ({ clients }, _, { target, fleet }) => {
      const keys = [...new Set(fleet.volumes.flatMap(({ tags }) => Object.keys(tags)))];
      await untagResources(clients.ec2, idsOf(target), keys);
      return { said: `removed the tags ${keys.join(', ')}` };
    },
  },
  'hand-over': {
    call: 'RegisterTargets',
    sentence: (target) => `addresses and target groups point at ${target}`,
    change: null,
  },
  retire: {
    call: 'CreateTags',
    sentence: (target) => `${target} is kept, stopped`,
    change: async (context, { replacement, beside }, { target, fleet }) => {
      const root = replacement?.originalRoot?.volumeId;
      const mask = replacement?.fencedBy === 'acknowledgement' ? ', then rm /etc/chainmend/client-masked on it' : '';
      const its = root === undefined ? 'its volumes' : `its volumes and its root ${root}`;
      const successor = replacement?.instanceId ?? 'its successor';
      const putBack = beside
        ? `${putBackOfBeside(successor)}${mask}`
        : `stop ${successor}, give it ${its} back, remove chainmend:retired, start it${mask}`;
      const old = await describeInstance(context.clients.ec2, target);
      await putInstanceAway(context, old, keeping(fleet), { [PUT_BACK_TAG]: putBack.slice(0, TAG_VALUE_MAX) });
      // A root without the fleet's tags gets none: the heal must not tag a volume into the scope of its own rights.
      const yours = root === undefined ? '' : `; its root ${root} is kept detached until a person deletes it`;
      return { said: `kept for ${fleet.replace.keepDays} days${yours}` };
    },
  },
  register: {
    call: 'Invoke register-nodes',
    sentence: () => 'register-nodes corrects its names and alarms at once',
    change: async ({ clients, environment }, _, { target: fleet }) => {
      await invoke({ clients }, environment.REGISTER_NODES_FUNCTION, { kind: 'reconcile', fleet });
      return { said: 'asked for' };
    },
  },
  rotate: {
    call: 'Invoke rotate-peers',
    sentence: () => 'the peers that named the old address get the new one',
    change: async ({ clients, environment }, _, { target: fleet }) => {
      await invoke({ clients }, environment.ROTATE_PEERS_FUNCTION, { kind: 'rotate', fleet });
      return { said: 'asked for' };
    },
  },
  'release-holds': {
    call: 'DeleteTags',
    sentence: () => 'the snapshots that were held are released',
    bookkeeping: true,
    change: async (context) => {
      const { released, unmarked } = await release(keptClientsOf(context), ownerOf(context), Date.now());
      return marked(released.length === 0 ? 'none was held' : `${released.join(' ')} released`, unmarked);
    },
  },
  // The number was lowered when it was set aside.
  'give-place': {
    call: 'SetDesiredCapacity',
    sentence: (target) => `${target} wants as many members again as before: the one on standby was terminated`,
    change: null,
  },
  // The replacement is no member of the group: the original was set to standby.
  'leave-standby': {
    call: 'ExitStandby',
    sentence: (target) => `${target} takes it back into service`,
    change: async ({ clients, payload }, _, { target: group }) =>
      accepted(
        await exitStandby(clients.autoscaling, { group, instanceId: payload.instanceId }),
        'going back into service',
      ),
  },
};

type Tags = Readonly<Record<string, string>>;

/** Tags that name the owner of a created resource, so that anybody who finds it knows. */
export const ownTags = ({ payload, environment }: Pick<ReplaceContext, 'payload' | 'environment'>): Tags => ({
  [FLEET_TAG]: fleetTag(suiteOfPrefix(environment.PARAMETER_PREFIX), payload.fleet),
  [NODE_TAG]: payload.node,
  [INCIDENT_TAG]: payload.incidentId,
});

const DAY_MS = 24 * 60 * 60_000;

/** From this moment, for as long as the fleet file says. */
export interface Keeping {
  readonly atMs: number;
  readonly untilMs: number;
}

export const keeping = ({ replace }: Fleet): Keeping => {
  const atMs = Date.now();
  return { atMs, untilMs: atMs + replace.keepDays * DAY_MS };
};

/** Of what this heal has made and given up. What never stood in the place of a node has nobody's data: it goes with the next pruning. */
export function keepingMade(
  fleet: Fleet,
  { beside, restoredVolumes, client }: Pick<LadderState, 'beside' | 'restoredVolumes' | 'client'>,
): Keeping {
  const kept = keeping(fleet);
  const isUnused = restoredVolumes?.shrink !== undefined && client === 'untouched';
  return isUnused || (beside !== undefined && !beside.mayHaveServed) ? { ...kept, untilMs: kept.atMs } : kept;
}

export const wordsOf = ({ atMs, untilMs }: Keeping): string =>
  untilMs === atMs
    ? 'removed by the next run of prune-retired'
    : `kept for ${Math.round((untilMs - atMs) / DAY_MS)} days`;

/** How a person gives a kept volume back after another instance has taken the node's place, which no undo does; null where one does. */
function putBackOfVolume(state: LadderState): string | null {
  const { found, beside, rung, replacement } = state;
  if (beside) return `it stays on ${found.instanceId}, whose own tag says how to go back`;
  if (rung !== 'replace' || replacement === null) return null;
  return makesAgain(state)
    ? `it was of ${found.instanceId}, which is gone: stop ${replacement.instanceId} and give it this one`
    : `it was of ${found.instanceId}, whose own tag says how to go back`;
}

/** How a person goes back from an upgrade on another instance. */
export const putBackOfBeside = (successor: string): string =>
  `stop ${successor} and tag it chainmend:retired, remove chainmend:retired here, start this one`;

/**
 * @param roles of the volumes, by id
 * @param more tags in addition to owner, start and end of the keeping
 * @returns a sentence for each volume that AWS refused to tag: without its tags none of them is ever removed
 */
export async function putVolumesAway(
  context: ReplaceContext,
  volumes: readonly VolumeDescription[],
  roles: ReadonlyMap<string, string>,
  kept: Keeping,
  more: Tags,
): Promise<string[]> {
  const records = volumes.map(
    ({ volumeId, sizeGiB, type, createdAtMs, snapshotId, availabilityZone }): ToKeep => ({
      ...about(context, kept),
      kind: 'volume',
      id: volumeId,
      was: { role: roles.get(volumeId) ?? '', sizeGiB, type, createdAtMs, snapshotId, availabilityZone },
    }),
  );
  await writeKept(context.store, records);
  const untagged: string[] = [];
  for (const { volumeId, tags: present } of volumes) {
    const role = roles.get(volumeId);
    const wanted = { ...keptTags(context, kept), ...(role !== undefined && { [LEDGER_TAGS.role]: role }), ...more };
    const { tags, leftOut } = tagsOfKept(present, wanted);
    const refused = await catchRefusal(() => tagResources(context.clients.ec2, [volumeId], tags));
    const isDated = refused === undefined && (leftOut.length === 0 || Object.hasOwn(tags, KEEP_UNTIL_TAG));
    const why = refused ? [refused.refused] : sentenceOfLeftOut(leftOut);
    untagged.push(...why.map((words) => (isDated ? `${volumeId} is ${words}` : `${STAYS}: ${volumeId}: ${words}`)));
  }
  return untagged;
}

/** What prune-retired asks of a volume before it deletes it: with one of them alone it would be taken for a stranger's. */
const REMOVED_BY = [FLEET_TAG, KEEP_UNTIL_TAG, NODE_TAG, INCIDENT_TAG] as const;

/** What fits on a volume that is put away. Where not all fits by which it is removed, it is left to a person, and only its fleet is said. */
function tagsOfKept(present: Tags, wanted: Tags): { readonly tags: Tags; readonly leftOut: readonly string[] } {
  const fit = tagsThatFit(present, wanted);
  if (!REMOVED_BY.some((key) => fit.leftOut.includes(key))) return fit;
  const { [FLEET_TAG]: fleet = '' } = wanted;
  const leftOut = Object.keys(wanted).filter((key) => key !== FLEET_TAG && !Object.hasOwn(present, key));
  return { tags: tagsThatFit(present, { [FLEET_TAG]: fleet }).tags, leftOut };
}

const STAYS = 'it cannot be tagged, and stays until a person deletes it';

/** @param instance as it is now; null where EC2 shows none, and then there is nothing to keep */
export async function putInstanceAway(
  context: ReplaceContext,
  instance: InstanceDescription | null,
  kept: Keeping,
  more: Tags,
): Promise<void> {
  if (!instance) return;
  const { instanceId, launchedAtMs, rootVolumeId, devices, tags: present } = instance;
  const volumeIds = devices.map(({ volumeId }) => volumeId).sort();
  const was = { launchedAtMs, rootVolumeId, volumeIds };
  await writeKept(context.store, [{ ...about(context, kept), kind: 'instance', id: instanceId, was }]);
  // It leaves its fleet by the first one: without room for that nothing was begun (judgeRetirable).
  const { tags } = tagsThatFit(present, {
    [RETIRED_TAG]: '',
    ...keptTags(context, kept),
    ...more,
  });
  await tagResources(context.clients.ec2, [instanceId], tags);
}

/** By volume id; a volume that was never created has none. */
export const rolesOf = (
  volumes: readonly { readonly volumeId: string; readonly role: string }[] = [],
): ReadonlyMap<string, string> => new Map(volumes.map(({ volumeId, role }) => [volumeId, role]));

/** The resources are in use again: from now on nobody removes them, even if their tags say so. */
export const takeBack = (context: ReplaceContext, kind: KeptKind, ids: readonly string[]): Promise<void> =>
  endKept(context.store, context.payload.fleet, kind, ids, Date.now());

/** The clients that record what is put away. */
export const keptClientsOf = ({ clients: { ec2 }, store }: Pick<ReplaceContext, 'clients' | 'store'>): KeptClients => ({
  ec2,
  store,
});

export const ownerOf = ({ payload: { fleet, node, incidentId } }: Pick<ReplaceContext, 'payload'>): KeptOwner => ({
  fleet,
  node,
  incidentId,
});

const about = (context: ReplaceContext, kept: Keeping) => ({ ...ownerOf(context), ...kept, state: 'kept' }) as const;

const keptTags = (context: ReplaceContext, { atMs, untilMs }: Keeping): Tags => ({
  ...ownTags(context),
  [RETIRED_TAG]: new Date(atMs).toISOString(),
  [KEEP_UNTIL_TAG]: new Date(untilMs).toISOString(),
});
