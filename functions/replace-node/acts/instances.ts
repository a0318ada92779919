// Acts on instances: stopped, started, and put in each other's place as far as discovery goes.
import { describeInstance, startInstance, stopInstance } from '../../../shared/aws/instances.ts';
import { orRefused } from '../../../shared/aws/refused.ts';
import { enterStandby } from '../../../shared/aws/standby.ts';
import { tagResources, untagResources } from '../../../shared/aws/volumes.ts';
import type { ReplaceMemory } from '../../../shared/heal/memory.ts';
import {
  JOINING_TAG,
  KEEP_UNTIL_TAG,
  PUT_BACK_TAG,
  RETIRED_TAG,
  TAG_VALUE_MAX,
  WHY_TAG,
} from '../../../shared/model/tags.ts';
import type { Result } from '../model.ts';
import { mutate, type Scene } from './act.ts';
import { keeping, putInstanceAway, takeBack } from './put-away.ts';
import { told } from './volumes.ts';

export function stopOne(scene: Scene, instanceId: string, reason: string): Promise<Result> {
  return mutate(scene, {
    act: `StopInstances ${instanceId}`,
    sentence: `stop ${instanceId}: ${reason}`,
    atMostOnce: true,
    call: async () => told(await stopInstance(scene.tools.clients.ec2Once, instanceId), 'stopping'),
  });
}

/** It was this heal that stopped it: no pause keeps it down. */
export function startOne(scene: Scene, instanceId: string, reason: string): Promise<Result> {
  return mutate(scene, {
    act: `StartInstances ${instanceId}`,
    sentence: `start ${instanceId}: ${reason}`,
    atMostOnce: true,
    call: async () => told(await startInstance(scene.tools.clients.ec2Once, instanceId), 'starting'),
  });
}

/** From here on discovery sees the new one, and the old one no more. The old one goes first: two of a name are none. */
export function join(scene: Scene, { found, machine }: ReplaceMemory): Promise<Result> {
  const young = machine?.instanceId ?? '';
  return mutate(scene, {
    act: `CreateTags ${found.instanceId}`,
    sentence: `${young} takes the place of ${found.instanceId} in the fleet`,
    call: async (fleet) => {
      const { ec2 } = scene.tools.clients;
      const putBack = `stop ${young}, attach its volumes and its root to ${found.instanceId} again, remove this tag, start it`;
      const old = await describeInstance(ec2, found.instanceId);
      await putInstanceAway(scene.tools, old, keeping(fleet), { [PUT_BACK_TAG]: putBack.slice(0, TAG_VALUE_MAX) });
      await untagResources(ec2, [young], [JOINING_TAG]);
      return { said: `${found.instanceId} is retired, ${young} has joined` };
    },
  });
}

export function leave(scene: Scene, { found, machine }: ReplaceMemory): Promise<Result> {
  const young = machine?.instanceId ?? '';
  return mutate(scene, {
    act: `CreateTags ${young}`,
    sentence: `${found.instanceId} takes its own place in the fleet again`,
    call: async () => {
      const { ec2 } = scene.tools.clients;
      await tagResources(ec2, [young], { [JOINING_TAG]: scene.tools.payload.incidentId });
      await takeBack(scene.tools, 'instance', [found.instanceId]);
      await untagResources(ec2, [found.instanceId], [RETIRED_TAG, KEEP_UNTIL_TAG, PUT_BACK_TAG]);
      return { said: `${found.instanceId} is in the fleet again` };
    },
  });
}

/** An instance that was of no use: kept for a while, stopped, for whoever wants to look. */
export function dropMachine(scene: Scene, { machine }: ReplaceMemory): Promise<Result> {
  const { tools } = scene;
  const ids = machine && machine.instanceId !== '' ? [machine.instanceId] : [];
  return mutate(scene, {
    act: `CreateTags ${ids.join(' ')}`,
    sentence: `the new instance did not help: ${machine?.givenUp ?? ''}`,
    call: async (fleet) => {
      const there = ids[0] === undefined ? null : await describeInstance(tools.clients.ec2, ids[0]);
      if (!there) return { said: 'nothing was launched' };
      const why = { [WHY_TAG]: (machine?.givenUp ?? '').slice(0, TAG_VALUE_MAX) };
      const kept = await orRefused(async () => void (await putInstanceAway(tools, there, keeping(fleet), why)));
      return kept
        ? { said: `${ids.join(' ')} cannot be tagged, and stays until a person terminates it: ${kept.refused}` }
        : { said: `${ids.join(' ')} is kept for ${fleet.replace.keepDays} days` };
    },
  });
}

/** Set aside by its group, with one less to be wanted, so that the group launches none in its place. */
export function standBy(scene: Scene, group: string, instanceId: string): Promise<Result> {
  return mutate(scene, {
    act: `EnterStandby ${instanceId}`,
    sentence: `${group} sets ${instanceId} aside`,
    call: async () => told(await enterStandby(scene.tools.clients.autoscaling, { group, instanceId }), 'on standby'),
  });
}
