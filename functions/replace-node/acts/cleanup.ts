// The cleanup after a proof, one piece an act: each may be repeated, and none that fails makes the node sick again.
import { actOf, executeStep, type HandOverStep, planHandOver, sentenceOf } from '../../../shared/aws/hand-over.ts';
import { describeInstance } from '../../../shared/aws/instances.ts';
import { type AwsRefusal, catchRefusal } from '../../../shared/aws/refusals.ts';
import { exitStandby } from '../../../shared/aws/standby.ts';
import { describeVolumes, tagResources, untagResources } from '../../../shared/aws/volumes.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { stepper } from '../../../shared/heal/context.ts';
import { putInQuarantine, release } from '../../../shared/heal/kept.ts';
import type { CleanupPiece, LadderState } from '../../../shared/heal/memory.ts';
import { page } from '../../../shared/heal/notify.ts';
import { KEEP_UNTIL_TAG, PUT_BACK_TAG, RETIRED_TAG, TAG_VALUE_MAX } from '../../../shared/model/tags.ts';
import { type MarkFailure, sentenceOfUnmarked, verify } from '../../../shared/snapshots/marks.ts';
import type { HealContext } from '../context.ts';
import { withCleared } from '../state.ts';
import { type ActContext, defineAct, known, nothing, type Result } from './act.ts';
import { invoke, type Made, mutate, told } from './mutation.ts';
import { keeping, putInstanceAway, putVolumesAway, rolesOf, shelfOf, takeBack, whoseOf } from './retired.ts';

type Kind = CleanupPiece['kind'];

export const cleanUp = defineAct<{ readonly piece: CleanupPiece }>()('clean-up', {
  intent: null,
  recovers: true,
  retryKey: ({ piece: { kind, target } }) => `clean up ${kind} ${target}`,
  needsApproval: false,
  sight: 'kept',
  silence: 'kept',
  givesBackWhen: null,
  execute: (context, { piece: { kind, target } }) => {
    const state = known(context);
    if (kind === 'hand-over') return handOver(context, state.found.instanceId, target);
    return mutate(context, {
      act: `${CALLS[kind]} ${target}`.trim(),
      sentence: SENTENCES[kind](target),
      bookkeeping: kind === 'untarget' || kind === 'release-holds',
      call: (fleet) => pieces[kind](context.heal, state, target, fleet),
    });
  },
  reduce: {
    done: (state, { piece }) => withCleared(state, piece),
    // The node is well: what cannot be cleaned up is told of in the journal, and left. On standby it serves nobody, and what is in use is not
    // to be removed some day: neither is left.
    failed: (state, { piece }) =>
      piece.kind === 'leave-standby' || piece.kind === 'unkeep'
        ? state
        : { ...withCleared(state, piece), setback: null },
    unknown: nothing,
  },
});

export const CLEANUP_ACTS = [cleanUp] as const;

const CALLS: Readonly<Record<Kind, string>> = {
  verify: 'CreateTags',
  quarantine: 'CreateTags',
  keep: 'CreateTags',
  unkeep: 'DeleteTags',
  untarget: 'DeleteTags',
  'hand-over': 'RegisterTargets',
  retire: 'CreateTags',
  register: 'Invoke register-nodes',
  rotate: 'Invoke rotate-peers',
  'release-holds': 'DeleteTags',
  'leave-standby': 'ExitStandby',
};

const SENTENCES: Readonly<Record<Kind, (target: string) => string>> = {
  verify: (target) => `${target} proved good: its ledger says so from now on`,
  quarantine: (target) => `${target} did not open, and another one did: it is not used any more`,
  keep: (target) => `${target} is kept, with how to put it back`,
  unkeep: (target) => `${target} is in use again, and nobody is to take it away`,
  untarget: (target) => `lifecycle policies leave ${target} alone`,
  'hand-over': (target) => `addresses and target groups point at ${target}`,
  retire: (target) => `${target} is kept, stopped`,
  register: () => 'its names and alarms are put right at once',
  rotate: () => 'the peers that named the old address are told of the new one',
  'release-holds': () => 'the snapshots that were held are released',
  'leave-standby': (target) => `${target} takes it back into service`,
};

/** An instance is in a handful of target groups. */
const MAX_STEPS = 40;

/** Each call is in the journal before it is made. */
async function handOver(context: ActContext, original: string, replacement: string): Promise<Result> {
  const { ctx, heal, place } = context;
  const { clients } = heal;
  const plan = await stepper(ctx, place)('plan-hand-over', () =>
    catchRefusal(async () => {
      const [from, to] = await Promise.all([
        describeInstance(clients.ec2, original),
        describeInstance(clients.ec2, replacement),
      ]);
      if (!from || !to) return { refused: `${from ? replacement : original} is gone` };
      return { steps: await planHandOver(clients, { from, to, autoScalingGroup: from.autoScalingGroup }) };
    }),
  );
  const atMs = await stepper(ctx, place)('planned', async () => Date.now());
  if ('refused' in plan) return { is: 'failed', atMs, reason: plan.refused };
  let first: Result | null = null;
  const refused = new Set<string>();
  for (const [at, step] of plan.steps.slice(0, MAX_STEPS).entries()) {
    // Where the new one was not let in, the old one does not leave.
    if (refused.has(groupOf(step))) continue;
    const one = { ...context, place: `${place}-${String(at).padStart(2, '0')}` };
    const call = async () => told(await executeStep(clients, step), 'done');
    const result = await mutate(one, { act: actOf(step), sentence: sentenceOf(step), call });
    if (result.is === 'done') continue;
    first ??= result;
    if (result.is !== 'failed') return first;
    // One address or target group that AWS refuses keeps back no other.
    refused.add(groupOf(step));
    await tellLeft(one, sentenceOf(step), result.reason);
  }
  return first ?? { is: 'done', atMs };
}

/** The node is well, and who asks by the old address or the load balancer does not reach it: that is a person's to know. */
function tellLeft({ ctx, heal, place }: ActContext, step: string, reason: string): Promise<void> {
  const sentence = `it was to be done, and was refused: ${step}. Do it by hand. ${reason}`;
  return stepper(ctx, place)('tell', async () => {
    const { fleet, node, incidentId, attempt, trigger } = heal.payload;
    const about = { fleet, node, code: 'not-handed-over', sentence, incidentId, attempt, trigger } as const;
    await page(heal.clients.sns, heal.environment.TOPIC_ARN, about);
    await heal.journal(`${place}-page`, { atMs: Date.now(), kind: 'page', code: 'not-handed-over', sentence });
  });
}

const groupOf = (step: HandOverStep): string => ('targetGroupArn' in step ? step.targetGroupArn : step.allocationId);

type Call = (heal: HealContext, state: LadderState, target: string, fleet: Fleet) => Promise<Made | AwsRefusal>;

/** What AWS refused of one snapshot is told, and the node is well all the same. */
const marked = (said: string, unmarked: readonly MarkFailure[]): Made => ({
  said: unmarked.length === 0 ? said : `${said}, but not ${sentenceOfUnmarked(unmarked)}`,
});

const idsOf = (target: string): readonly string[] => target.split(' ').filter((id) => id !== '');

const pieces: Readonly<Record<Kind, Call>> = {
  verify: async ({ clients }, _, target) => {
    return marked('verified', await verify(clients.ec2, idsOf(target), Date.now()));
  },
  quarantine: async (heal, { tried }, target) => {
    const why = tried.find(({ snapshotIds }) => snapshotIds.join(' ') === target)?.reason ?? 'its restore failed';
    const unmarked = await putInQuarantine(shelfOf(heal), whoseOf(heal), idsOf(target), why, Date.now());
    return marked('quarantined', unmarked);
  },
  keep: async (heal, { found }, target, fleet) => {
    const there = await describeVolumes(heal.clients.ec2, { ids: [...idsOf(target)] });
    const putBack = `npm run heal -- undo ${heal.payload.fleet}/${heal.payload.node}`;
    const untagged = await putVolumesAway(heal, there, rolesOf(found.volumes), keeping(fleet), {
      [PUT_BACK_TAG]: putBack,
    });
    for (const { volumeId, attachment } of there)
      if (attachment)
        return {
          said: `${volumeId} is still ${attachment.state} to ${attachment.instanceId}: nothing is detached by force`,
        };
    const left = untagged.map((one) => `; it cannot be tagged, and stays until a person deletes it: ${one}`);
    return { said: `kept for ${fleet.replace.keepDays} days${left.join('')}` };
  },
  // Put away, it had lost the tags by which its fleet and lifecycle policies know it.
  unkeep: async (heal, { restoredVolumes }, target, fleet) => {
    const { clients } = heal;
    await takeBack(heal, 'volume', idsOf(target));
    await untagResources(clients.ec2, idsOf(target), [RETIRED_TAG, KEEP_UNTIL_TAG, PUT_BACK_TAG]);
    for (const volumeId of idsOf(target)) {
      const role = restoredVolumes?.volumes.find((volume) => volume.volumeId === volumeId)?.role;
      await tagResources(clients.ec2, [volumeId], fleet.volumes.find((volume) => volume.role === role)?.tags ?? {});
    }
    return { said: 'kept no longer, and the fleet’s again' };
  },
  // What a policy of DLM targets are the tags of the fleet's volumes; the new ones carry them.
  untarget: async ({ clients }, _, target, fleet) => {
    const keys = [...new Set(fleet.volumes.flatMap(({ tags }) => Object.keys(tags)))];
    await untagResources(clients.ec2, idsOf(target), keys);
    return { said: `without ${keys.join(', ')}` };
  },
  'hand-over': async () => ({ said: 'done' }),
  retire: async (heal, { replacement }, target, fleet) => {
    const root = replacement?.originalRoot?.volumeId;
    const mask = replacement?.fencedBy === 'acknowledgement' ? ', then rm /etc/chainmend/client-masked on it' : '';
    const its = root === undefined ? 'its volumes' : `its volumes and its root ${root}`;
    const putBack = `stop ${replacement?.instanceId ?? 'its successor'}, give it ${its} back, remove chainmend:retired, start it${mask}`;
    const old = await describeInstance(heal.clients.ec2, target);
    await putInstanceAway(heal, old, keeping(fleet), { [PUT_BACK_TAG]: putBack.slice(0, TAG_VALUE_MAX) });
    // A root that carries no tags of a fleet gets none: nobody tags himself into the scope of his own rights.
    const yours = root === undefined ? '' : `; its root ${root} is kept detached until a person deletes it`;
    return { said: `kept for ${fleet.replace.keepDays} days${yours}` };
  },
  register: async ({ clients, environment }, _, fleet) => {
    await invoke({ clients }, environment.REGISTER_NODES_FUNCTION, { kind: 'reconcile', fleet });
    return { said: 'asked for' };
  },
  rotate: async ({ clients, environment }, _, fleet) => {
    await invoke({ clients }, environment.ROTATE_PEERS_FUNCTION, { kind: 'rotate', fleet });
    return { said: 'asked for' };
  },
  'release-holds': async (heal) => {
    const { released, unmarked } = await release(shelfOf(heal), whoseOf(heal), Date.now());
    return marked(released.length === 0 ? 'none was held' : `${released.join(' ')} released`, unmarked);
  },
  // A new instance is no member of the group: it is the old one that was set aside.
  'leave-standby': async ({ clients, payload }, _, group) =>
    told(await exitStandby(clients.autoscaling, { group, instanceId: payload.instanceId }), 'going back into service'),
};
