// Acts on instances: stop, start, standby in their group, launch with the client masked, and exchange in the discovery of the fleet.

import { DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import { changeInstanceType, startInstance, stopInstance } from '../../../shared/aws/instance-power.ts';
import { describeInstance } from '../../../shared/aws/instances.ts';
import {
  isFaultOfEveryZone,
  judgeLaunch,
  launchedWith,
  launchReplacement,
  shortOf,
} from '../../../shared/aws/launch.ts';
import { templateOf } from '../../../shared/aws/launch-needs.ts';
import { catchRefusal } from '../../../shared/aws/refusals.ts';
import { enterStandby } from '../../../shared/aws/standby.ts';
import { sentenceOfLeftOut, tagResources, untagResources } from '../../../shared/aws/tagging.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { discoverNodes } from '../../../shared/fleet/nodes.ts';
import { namesakeOf } from '../../../shared/guardrails/terminated.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import {
  JOINING_TAG,
  KEEP_UNTIL_TAG,
  PUT_BACK_TAG,
  RETIRED_TAG,
  TAG_VALUE_MAX,
  WHY_TAG,
} from '../../../shared/model/tags.ts';
import { launchRequest } from '../launch.ts';
import { leaseReplacement } from '../replacement-lease.ts';
import { withPlaced, withStarted, withUnplaced, withUnstarted } from '../shortage.ts';
import {
  dropReplacement as dropped,
  failRung,
  giveUpReplacement,
  giveUpRestored,
  instanceIdOf,
  makesAgain,
  type ReplaceContext,
  takenDown,
  type Which,
  withBeside,
  withReplacement,
} from '../state.ts';
import { type ActParts, defineAct, known, nothing } from './act.ts';
import { keeping, keepingMade, putBackOfBeside, putInstanceAway, takeBack, wordsOf } from './cleanup.ts';
import { accepted, mutate } from './mutation.ts';

/** The parts that these acts share. */
const ON_INSTANCES = {
  needsApproval: true,
  seenAfter: 'kept',
  silentAfter: 'kept',
  givesBackWhen: null,
} as const satisfies Partial<ActParts<never>>;

export const stopInstanceOf = defineAct<{
  readonly which: Which;
  readonly reason: string;
  /** It runs, and this heal has not stopped it yet: it is to be started again, unless somebody stops it first. */
  readonly ran?: true;
}>()('stop-instance', {
  ...ON_INSTANCES,
  intent: (state, { which }) => {
    const call = { name: 'StopInstances', target: instanceIdOf(state, which) };
    if (which === 'replacement') return { call, state };
    const original = state.original === 'stopRequested' ? state.original : 'stopIntended';
    return { call, state: { ...takenDown(state), original } };
  },
  recovers: ({ restoredVolumes, replacement }, { which }) =>
    restoredVolumes?.givenUp != null ||
    replacement?.givenUp != null ||
    // A client that did not confirm its mask may be down nevertheless.
    (which === 'original' && replacement?.originalMask === 'unconfirmed'),
  retryKey: ({ which }) => `stop ${which}`,
  seenAfter: 'forgotten',
  givesBackWhen: 'failed',
  execute: (context, { which, reason, ran }) => {
    const instanceId = instanceIdOf(known(context), which);
    return mutate(context, {
      act: `StopInstances ${instanceId}`,
      sentence: `stop ${instanceId}: ${reason}`,
      atMostOnce: true,
      isUrgent: which === 'original' && known(context).moves === true,
      call: async () => {
        const stopped = await stopInstance(context.clients.ec2Once, instanceId);
        if (ran && 'before' in stopped && (stopped.before === 'stopping' || stopped.before === 'stopped'))
          return { preempted: `it was ${stopped.before} already: somebody did that` };
        return accepted(stopped, 'stopping');
      },
    });
  },
  reduce: {
    // The call to EC2 was made. An intent alone does not prove that: a guard may have refused it.
    done: (state, { which }) => (which === 'original' ? { ...state, original: 'stopRequested' } : state),
    // Refused: nobody has stopped the instance.
    failed: (state, { which }, { reason }) =>
      which === 'original' && state.rung === 'stop-start'
        ? failRung({ ...state, original: 'untouched' }, reason)
        : state,
    unknown: (state, { which }) => (which === 'original' ? { ...state, original: 'stopRequested' } : state),
  },
});

/** Starts the original, which this heal has stopped: no pause keeps it down. */
export const startInstanceOf = defineAct<{
  readonly reason: string;
  /** A guard has forbidden to give it another type: it starts as it is. */
  readonly held?: true;
}>()('start-instance', {
  ...ON_INSTANCES,
  intent: (state, { held }) => ({
    call: { name: 'StartInstances', target: state.found.instanceId },
    state: held && state.retypes ? { ...state, retypes: { ...state.retypes, held } } : state,
  }),
  recovers: true,
  retryKey: 'kind',
  silentAfter: 'forgotten',
  execute: (context, { reason }) => {
    const { instanceId } = known(context).found;
    return mutate(context, {
      act: `StartInstances ${instanceId}`,
      sentence: `start ${instanceId}: ${reason}`,
      atMostOnce: true,
      call: async () => accepted(await startInstance(context.clients.ec2Once, instanceId), 'starting'),
    });
  },
  reduce: {
    done: withStarted,
    // The hardware has no capacity, or a key may not be used: another instance may be available elsewhere.
    failed: (before, _, { reason, code = '', atMs }) => {
      // With the type that it had, it has run.
      const { retypes } = before;
      if (retypes && retypes.stays === undefined)
        return { ...before, setback: null, retypes: { ...retypes, stays: reason } };
      const state = withUnstarted(before, shortOf(judgeLaunch({ refused: reason, code })), { reason, atMs });
      return state.rung === 'stop-start' ? failRung(state, reason, { code: 'not-started' }) : state;
    },
    unknown: nothing,
  },
});

/** Of the original, which this heal has stopped. It is set, so that it may be asked for again. */
export const changeTypeOf = defineAct<{ readonly to: string; readonly reason: string }>()('change-type', {
  ...ON_INSTANCES,
  intent: null,
  // Back to the type that it had: an instance that does not start must not stay down for a pause.
  recovers: ({ retypes }, { to }) => retypes !== undefined && to === retypes.from,
  retryKey: ({ to }) => `change-type ${to}`,
  execute: (context, { to, reason }) => {
    const { instanceId } = known(context).found;
    return mutate(context, {
      act: `ModifyInstanceAttribute ${instanceId}`,
      sentence: `the type of ${instanceId} becomes ${to}: ${reason}`,
      call: async () =>
        accepted(
          await changeInstanceType(context.clients.ec2Once, instanceId, to),
          `its type is ${to} from its next start`,
        ),
    });
  },
  reduce: {
    // Back to the one before: it is started again.
    done: ({ retypes, ...state }, { to, reason }) => {
      if (retypes === undefined || to !== retypes.from) return { ...state, ...(retypes && { retypes }) };
      return { ...state, original: 'stopRequested', retypes: { stays: reason, ...retypes } };
    },
    failed: ({ retypes, ...state }, _, { reason }) => ({
      ...state,
      ...(retypes && { retypes: { ...retypes, stays: reason } }),
    }),
    unknown: nothing,
  },
});

/** Sets the instance to standby in its group and lowers the desired capacity by one, so that the group launches none in its place. */
export const standBy = defineAct<{ readonly group: string }>()('standby', {
  ...ON_INSTANCES,
  intent: (state, { group }) => ({
    state: { ...state, standby: state.standby === 'entered' ? 'entered' : 'entering', standbyIn: group },
  }),
  recovers: false,
  retryKey: 'kind',
  givesBackWhen: 'failed',
  execute: (context, { group }) => {
    const { instanceId } = known(context).found;
    return mutate(context, {
      act: `EnterStandby ${instanceId}`,
      sentence: `${group} sets ${instanceId} aside`,
      call: async () => accepted(await enterStandby(context.clients.autoscaling, { group, instanceId }), 'on standby'),
    });
  },
  reduce: {
    done: (state) => ({ ...state, standby: 'entered' }),
    // If the group does not release a member, it is not stopped: what was made for the stop is removed again.
    failed: (before, _, { reason }) => {
      const state = { ...before, standby: 'refused' as const };
      if (state.replacement) return giveUpReplacement(state, reason);
      return state.restoredVolumes
        ? giveUpRestored(state, { door: 'aws', fault: 'other', reason })
        : failRung(state, reason);
    },
    unknown: nothing,
  },
});

/** From here on discovery sees the replacement, and the original no more. The original leaves first: two instances of one name count as none. */
export const join = defineAct<object>()('join', {
  ...ON_INSTANCES,
  intent: (state) => ({
    state: withBeside(withReplacement(takenDown(state), { membership: 'joining' }), {
      mayHaveServed: true,
    }),
  }),
  // Beside a node that serves nothing is owed until it was begun.
  recovers: ({ beside, replacement }) => beside === undefined || replacement?.membership !== 'apart',
  retryKey: 'kind',
  execute: (context) => {
    const state = known(context);
    const original = state.found.instanceId;
    const replacement = instanceIdOf(state, 'replacement');
    return mutate(context, {
      act: `CreateTags ${original}`,
      sentence: `${replacement} takes the place of ${original} in the fleet`,
      call: async (fleet) => {
        const { ec2 } = context.clients;
        if (makesAgain(state)) {
          await untagResources(ec2, [replacement], [JOINING_TAG]);
          return { said: `${replacement} has joined` };
        }
        const putBack = state.beside
          ? putBackOfBeside(replacement)
          : `stop ${replacement}, attach its volumes and its root to ${original} again, remove this tag, start it`;
        const old = await describeInstance(ec2, original);
        await putInstanceAway(context, old, keeping(fleet), { [PUT_BACK_TAG]: putBack.slice(0, TAG_VALUE_MAX) });
        await untagResources(ec2, [replacement], [JOINING_TAG]);
        return { said: `${original} is retired, ${replacement} has joined` };
      },
    });
  },
  reduce: {
    // What others see from here on proves what runs beside the node.
    done: (state, _, { atMs }) => ({
      ...withReplacement(state, { membership: 'joined' }),
      ...(state.beside && { upSinceMs: atMs }),
    }),
    failed: (state, _, { reason }) => giveUpReplacement(state, reason),
    unknown: nothing,
  },
});

/** On the way back: discovery sees the original again. */
export const leave = defineAct<object>()('leave', {
  ...ON_INSTANCES,
  intent: null,
  recovers: true,
  retryKey: 'kind',
  execute: (context) => {
    const state = known(context);
    const original = state.found.instanceId;
    const replacement = instanceIdOf(state, 'replacement');
    return mutate(context, {
      act: `CreateTags ${replacement}`,
      sentence: `${original} takes its own place in the fleet again`,
      call: async () => {
        const { clients, payload } = context;
        await tagResources(clients.ec2, [replacement], { [JOINING_TAG]: payload.incidentId });
        await takeBack(context, 'instance', [original]);
        await untagResources(clients.ec2, [original], [RETIRED_TAG, KEEP_UNTIL_TAG, PUT_BACK_TAG]);
        return { said: `${original} is in the fleet again` };
      },
    });
  },
  reduce: { done: (state) => withOwnPlace(state), failed: nothing, unknown: nothing },
});

/** Beside a node, and not given up: it was never in its place, and waits beside it as before. */
function withOwnPlace(state: LadderState): LadderState {
  const left = withReplacement(state, { membership: 'apart' });
  if (state.beside === undefined || state.replacement?.givenUp !== null) return left;
  const waits = withReplacement({ ...left, client: 'untouched' }, { volumesKept: false });
  return withBeside(waits, { mayHaveServed: false });
}

/** A replacement that did not help is kept for a while, stopped, for a person to look at. */
export const dropReplacement = defineAct<object>()('drop-replacement', {
  ...ON_INSTANCES,
  intent: null,
  recovers: true,
  retryKey: 'kind',
  seenAfter: 'forgotten',
  execute: (context) => {
    const { replacement } = known(context);
    const instanceId = replacement?.instanceId ?? '';
    const why = replacement?.givenUp ?? '';
    return mutate(context, {
      act: `CreateTags ${instanceId}`,
      sentence: `the new instance ${replacement?.isUnpermitted ? 'is put away' : 'did not help'}: ${why}`,
      call: async (fleet) => {
        const there = instanceId === '' ? null : await describeInstance(context.clients.ec2, instanceId);
        if (!there) return { said: 'nothing was launched' };
        const tags = { [WHY_TAG]: why.slice(0, TAG_VALUE_MAX) };
        const kept = keepingMade(fleet, known(context));
        const refused = await catchRefusal(async () => void (await putInstanceAway(context, there, kept, tags)));
        return refused
          ? { said: `${instanceId} cannot be tagged, and stays until a person terminates it: ${refused.refused}` }
          : { said: `${instanceId} is ${wordsOf(kept)}` };
      },
    });
  },
  reduce: { done: dropped, failed: nothing, unknown: nothing },
});

export const launch = defineAct<{ readonly reason: string }>()('launch', {
  // The call has a token: asked again, EC2 tells which instance it is.
  intent: null,
  recovers: false,
  retryKey: null,
  needsApproval: true,
  seenAfter: 'forgotten',
  silentAfter: 'forgotten',
  givesBackWhen: null,
  execute: (context, { reason }) => {
    const { replacement, found, beganAtMs, incidentId } = known(context);
    if (!replacement) throw new Error('there is no instance to be launched');
    const { subnetId, generation } = replacement;
    return mutate(context, {
      act: `RunInstances ${subnetId}`,
      sentence: `launch an instance in the place of ${found.instanceId}, ${reason}`,
      evidence: { subnetId, generation },
      call: async (fleet) => {
        const { ec2 } = context.clients;
        const token = `${incidentId}-${beganAtMs.toString(36)}-${generation}`;
        const met = found.machine ? await whoHasItsName(context, fleet, found.instanceId, token) : null;
        if (met) return { refused: met, code: 'NameTaken' };
        const original = found.machine?.instance ?? (await describeInstance(ec2, found.instanceId));
        if (!original) return { refused: 'the instance whose place it would take is gone', code: 'Gone' };
        const availabilityZone = await zoneOf(context, subnetId);
        const launchTemplate = templateOf(fleet, original.launchTemplate);
        if (!launchTemplate) return { refused: 'no launch template is named', code: 'MissingLaunchTemplate' };
        const launched = await launchReplacement(ec2, {
          ...launchRequest(context, fleet, original, { launchTemplate, subnetId, availabilityZone, incidentId }),
          token,
        });
        if ('refused' in launched) return launched;
        const lease = await leaseOf(context, launched.instanceId);
        // The instance exists, and the attempt that launched it has just ended: with a refusal nobody would know the instance.
        if ('busy' in lease) throw new Error(`${launched.instanceId} is launched, and ${lease.busy} holds it still`);
        return {
          instanceId: launched.instanceId,
          fence: lease.holder.fence,
          availabilityZone,
          said: [`${launched.instanceId} in ${availabilityZone}`, ...sentenceOfLeftOut(launched.leftOut)].join(', '),
        };
      },
    });
  },
  reduce: {
    done: (state, _, { instanceId = '', fence = 0, availabilityZone }) =>
      withReplacement(
        { ...withPlaced(state, state.replacement?.subnetId ?? ''), hasMade: true },
        { instanceId, fence, ...(availabilityZone !== undefined && { availabilityZone }) },
      ),
    // If only the subnet refuses, the next subnet can be tried.
    failed: (state, _, { reason, code = '', atMs }) => {
      const { subnetId = '' } = state.replacement ?? {};
      const fault = judgeLaunch({ refused: reason, code });
      const one = { subnetId, reason: fault.reason, isEverywhere: isFaultOfEveryZone(fault) };
      return giveUpReplacement(withUnplaced(state, one, shortOf(fault), atMs), fault.reason);
    },
    unknown: nothing,
  },
});

/** Read again right before a terminated node is launched again; null where nobody has its name, or it was launched under this token before. */
async function whoHasItsName(
  { clients: { ec2 }, payload: { node: name }, store }: ReplaceContext,
  fleet: Fleet,
  instanceId: string,
  token: string,
): Promise<string | null> {
  const namesake = namesakeOf({ node: { instanceId: '', name }, present: await discoverNodes(ec2, fleet, store) });
  if (namesake === null || (await launchedWith(ec2, token)) !== null) return null;
  return namesake === instanceId ? `${instanceId} is there again` : `${namesake} has its name now`;
}

/** An error that keeps the record from being written is no refusal of the launch: the instance exists. */
async function leaseOf(context: ReplaceContext, instanceId: string): ReturnType<typeof leaseReplacement> {
  try {
    return await leaseReplacement(context, instanceId);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${instanceId} is launched, and its record cannot be written: ${why}`, { cause });
  }
}

async function zoneOf(context: ReplaceContext, subnetId: string): Promise<string> {
  const { Subnets = [] } = await context.clients.ec2.send(new DescribeSubnetsCommand({ SubnetIds: [subnetId] }));
  const zone = Subnets[0]?.AvailabilityZone;
  if (!zone) throw new Error(`DescribeSubnets tells no zone of ${subnetId}`);
  return zone;
}

export const INSTANCE_ACTS = [
  stopInstanceOf,
  startInstanceOf,
  changeTypeOf,
  standBy,
  launch,
  join,
  leave,
  dropReplacement,
] as const;
