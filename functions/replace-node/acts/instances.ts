// Acts on instances: stopped, started, set aside by their group, and put in each other's place as far as discovery goes.
import { describeInstance, startInstance, stopInstance } from '../../../shared/aws/instances.ts';
import { catchRefusal } from '../../../shared/aws/refusals.ts';
import { enterStandby } from '../../../shared/aws/standby.ts';
import { tagResources, untagResources } from '../../../shared/aws/volumes.ts';
import {
  JOINING_TAG,
  KEEP_UNTIL_TAG,
  PUT_BACK_TAG,
  RETIRED_TAG,
  TAG_VALUE_MAX,
  WHY_TAG,
} from '../../../shared/model/tags.ts';
import type { Which } from '../context.ts';
import {
  dropReplacement as dropped,
  failRung,
  giveUpReplacement,
  giveUpRestored,
  instanceIdOf,
  withReplacement,
} from '../state.ts';
import { type ActParts, defineAct, known, nothing } from './act.ts';
import { mutate, told } from './mutation.ts';
import { keeping, putInstanceAway, takeBack } from './retired.ts';

/** The parts that these acts share. */
const ON_INSTANCES = { needsApproval: true, sight: 'kept', silence: 'kept' } as const satisfies Partial<
  ActParts<never>
>;

export const stopInstanceOf = defineAct<{ readonly which: Which; readonly reason: string }>()('stop-instance', {
  ...ON_INSTANCES,
  intent: (state, { which }) => {
    const call = { name: 'StopInstances', target: instanceIdOf(state, which) };
    if (which === 'replacement') return { call, state };
    const original = state.original === 'stopRequested' ? state.original : 'stopIntended';
    return { call, state: { ...state, client: 'mayBeDown', original } };
  },
  recovers: ({ restoredVolumes, replacement, proved }, { which }) =>
    restoredVolumes?.givenUp != null ||
    replacement?.givenUp != null ||
    proved !== null ||
    // A client that did not say that it is masked may be down all the same.
    (which === 'original' && replacement?.originalMask === 'unconfirmed'),
  retryKey: ({ which }) => `stop ${which}`,
  sight: 'forgotten',
  givesBackWhen: 'failed',
  execute: (context, { which, reason }) => {
    const instanceId = instanceIdOf(known(context), which);
    return mutate(context, {
      act: `StopInstances ${instanceId}`,
      sentence: `stop ${instanceId}: ${reason}`,
      atMostOnce: true,
      call: async () => told(await stopInstance(context.heal.clients.ec2Once, instanceId), 'stopping'),
    });
  },
  reduce: {
    // EC2 has been asked, which an intent alone does not say: a guard may have refused that.
    done: (state, { which }) => (which === 'original' ? { ...state, original: 'stopRequested' } : state),
    // Refused: nobody has stopped it.
    failed: (state, { which }, { reason }) =>
      which === 'original' && state.rung === 'stop-start'
        ? failRung({ ...state, original: 'untouched' }, reason)
        : state,
    unknown: (state, { which }) => (which === 'original' ? { ...state, original: 'stopRequested' } : state),
  },
});

/** The original, which this heal has stopped: no pause keeps it down. */
export const startInstanceOf = defineAct<{ readonly reason: string }>()('start-instance', {
  ...ON_INSTANCES,
  intent: (state) => ({ call: { name: 'StartInstances', target: state.found.instanceId }, state }),
  recovers: true,
  retryKey: () => 'start-instance',
  silence: 'ended',
  givesBackWhen: null,
  execute: (context, { reason }) => {
    const { instanceId } = known(context).found;
    return mutate(context, {
      act: `StartInstances ${instanceId}`,
      sentence: `start ${instanceId}: ${reason}`,
      atMostOnce: true,
      call: async () => told(await startInstance(context.heal.clients.ec2Once, instanceId), 'starting'),
    });
  },
  reduce: {
    done: (state) => ({ ...state, original: 'started' }),
    // Its hardware has no room, or a key may not be used: another instance may be had elsewhere.
    failed: (state, _, { reason }) => (state.rung === 'stop-start' ? failRung(state, reason) : state),
    unknown: nothing,
  },
});

/** Set aside by its group, with one less to be wanted, so that the group launches none in its place. */
export const standBy = defineAct<{ readonly group: string }>()('standby', {
  ...ON_INSTANCES,
  intent: (state) => ({ state: { ...state, standby: state.standby === 'entered' ? 'entered' : 'entering' } }),
  recovers: false,
  retryKey: () => 'standby',
  givesBackWhen: 'failed',
  execute: (context, { group }) => {
    const { instanceId } = known(context).found;
    return mutate(context, {
      act: `EnterStandby ${instanceId}`,
      sentence: `${group} sets ${instanceId} aside`,
      call: async () => told(await enterStandby(context.heal.clients.autoscaling, { group, instanceId }), 'on standby'),
    });
  },
  reduce: {
    done: (state) => ({ ...state, standby: 'entered' }),
    // A member that its group does not spare is not stopped: what was made for that is taken away again.
    failed: (before, _, { reason }) => {
      const state = { ...before, standby: 'refused' as const };
      if (state.replacement) return giveUpReplacement(state, reason);
      return state.restoredVolumes ? giveUpRestored(state, { fault: 'other', reason }) : failRung(state, reason);
    },
    unknown: nothing,
  },
});

/** From here on discovery sees the replacement, and the original no more. The original leaves first: two of a name are none. */
export const join = defineAct<object>()('join', {
  ...ON_INSTANCES,
  intent: (state) => ({ state: withReplacement({ ...state, client: 'mayBeDown' }, { membership: 'joining' }) }),
  recovers: true,
  retryKey: () => 'join',
  givesBackWhen: null,
  execute: (context) => {
    const state = known(context);
    const original = state.found.instanceId;
    const replacement = instanceIdOf(state, 'replacement');
    return mutate(context, {
      act: `CreateTags ${original}`,
      sentence: `${replacement} takes the place of ${original} in the fleet`,
      call: async (fleet) => {
        const { ec2 } = context.heal.clients;
        const putBack = `stop ${replacement}, attach its volumes and its root to ${original} again, remove this tag, start it`;
        const old = await describeInstance(ec2, original);
        await putInstanceAway(context.heal, old, keeping(fleet), { [PUT_BACK_TAG]: putBack.slice(0, TAG_VALUE_MAX) });
        await untagResources(ec2, [replacement], [JOINING_TAG]);
        return { said: `${original} is retired, ${replacement} has joined` };
      },
    });
  },
  reduce: {
    done: (state) => withReplacement(state, { membership: 'joined' }),
    failed: (state, _, { reason }) => giveUpReplacement(state, reason),
    unknown: nothing,
  },
});

/** On the way back: discovery sees the original again. */
export const leave = defineAct<object>()('leave', {
  ...ON_INSTANCES,
  intent: null,
  recovers: true,
  retryKey: () => 'leave',
  givesBackWhen: null,
  execute: (context) => {
    const state = known(context);
    const original = state.found.instanceId;
    const replacement = instanceIdOf(state, 'replacement');
    return mutate(context, {
      act: `CreateTags ${replacement}`,
      sentence: `${original} takes its own place in the fleet again`,
      call: async () => {
        const { clients, payload } = context.heal;
        await tagResources(clients.ec2, [replacement], { [JOINING_TAG]: payload.incidentId });
        await takeBack(context.heal, 'instance', [original]);
        await untagResources(clients.ec2, [original], [RETIRED_TAG, KEEP_UNTIL_TAG, PUT_BACK_TAG]);
        return { said: `${original} is in the fleet again` };
      },
    });
  },
  reduce: { done: (state) => withReplacement(state, { membership: 'apart' }), failed: nothing, unknown: nothing },
});

/** A replacement that was of no use is kept for a while, stopped, for a person to look at. */
export const dropReplacement = defineAct<object>()('drop-replacement', {
  ...ON_INSTANCES,
  intent: null,
  recovers: true,
  retryKey: () => 'drop-replacement',
  sight: 'forgotten',
  givesBackWhen: null,
  execute: (context) => {
    const { replacement } = known(context);
    const { heal } = context;
    const instanceId = replacement?.instanceId ?? '';
    const why = replacement?.givenUp ?? '';
    return mutate(context, {
      act: `CreateTags ${instanceId}`,
      sentence: `the new instance did not help: ${why}`,
      call: async (fleet) => {
        const there = instanceId === '' ? null : await describeInstance(heal.clients.ec2, instanceId);
        if (!there) return { said: 'nothing was launched' };
        const tags = { [WHY_TAG]: why.slice(0, TAG_VALUE_MAX) };
        const kept = await catchRefusal(async () => void (await putInstanceAway(heal, there, keeping(fleet), tags)));
        return kept
          ? { said: `${instanceId} cannot be tagged, and stays until a person terminates it: ${kept.refused}` }
          : { said: `${instanceId} is kept for ${fleet.replace.keepDays} days` };
      },
    });
  },
  reduce: { done: dropped, failed: nothing, unknown: nothing },
});

export const INSTANCE_ACTS = [stopInstanceOf, startInstanceOf, standBy, join, leave, dropReplacement] as const;
