// Acts on instances: stopped, started, launched, and put in each other's place as far as discovery goes.
import { DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import { describeInstance, startInstance, stopInstance } from '../../../shared/aws/instances.ts';
import { type Launch, launchReplacement } from '../../../shared/aws/launch.ts';
import { orRefused } from '../../../shared/aws/refused.ts';
import { enterStandby } from '../../../shared/aws/standby.ts';
import { tagResources, untagResources } from '../../../shared/aws/volumes.ts';
import { maskedUserData } from '../../../shared/documents/masked-user-data.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { takeLease } from '../../../shared/heal/claim.ts';
import type { ReplaceMemory } from '../../../shared/heal/memory.ts';
import {
  INCIDENT_TAG,
  JOINING_TAG,
  KEEP_UNTIL_TAG,
  PUT_BACK_TAG,
  RETIRED_TAG,
} from '../../../shared/snapshots/tags.ts';
import type { Result } from '../model.ts';
import { mutate, type Scene } from './act.ts';
import { clientsOf } from './commands.ts';
import { keptTags, ownTags, told } from './volumes.ts';

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

export function launchOne(
  scene: Scene,
  { machine, found, beganAtMs, incidentId }: ReplaceMemory,
  reason: string,
): Promise<Result> {
  const { tools } = scene;
  if (!machine) throw new Error('there is no instance to be launched');
  return mutate(scene, {
    act: `RunInstances ${machine.subnetId}`,
    sentence: `launch an instance in the place of ${found.instanceId}, ${reason}`,
    evidence: { subnetId: machine.subnetId, generation: machine.generation },
    call: async (fleet) => {
      const { ec2 } = tools.clients;
      const old = await describeInstance(ec2, found.instanceId);
      if (!old) return { refused: 'the instance whose place it would take is gone', code: 'Gone' };
      const availabilityZone = await zoneOf(scene, machine.subnetId);
      const launchTemplate = templateOf(fleet, old.launchTemplate);
      if (!launchTemplate) return { refused: 'no launch template is named', code: 'MissingLaunchTemplate' };
      const launched = await launchReplacement(ec2, {
        launchTemplate,
        subnetId: machine.subnetId,
        availabilityZone,
        instanceType: old.instanceType,
        userData: maskedUserData(clientsOf(fleet)),
        tags: {
          ...usersTags(old.tags),
          ...ownTags(tools),
          [INCIDENT_TAG]: incidentId,
          [JOINING_TAG]: incidentId,
        },
        token: `${incidentId}-${beganAtMs.toString(36)}-${machine.generation}`,
      });
      if ('refused' in launched) return launched;
      const lease = await leaseOf(tools, launched.instanceId);
      // It is there, and the attempt that launched it ended a moment ago: refused, nobody would know of it any more.
      if ('busy' in lease) throw new Error(`${launched.instanceId} is launched, and ${lease.busy} holds it still`);
      return {
        instanceId: launched.instanceId,
        fence: lease.holder.fence,
        note: availabilityZone,
        said: `${launched.instanceId} in ${availabilityZone}`,
      };
    },
  });
}

/** Whatever keeps its record from being written is no refusal of the launch: it is there. */
async function leaseOf(tools: Scene['tools'], instanceId: string): ReturnType<typeof takeLease> {
  try {
    return await takeLease(tools, 'replace', instanceId);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${instanceId} is launched, and its record cannot be written: ${why}`, { cause });
  }
}

/** Whoever says a version in the fleet file has said a template of its own: the instance's version belongs to the instance's template. */
function templateOf(
  { replace }: Fleet,
  own: { readonly id: string; readonly version: string } | null,
): Launch['launchTemplate'] | null {
  const { launchTemplate } = replace;
  if (launchTemplate === undefined) return own && { id: own.id };
  return launchTemplate.startsWith('lt-') ? { id: launchTemplate } : { name: launchTemplate };
}

async function zoneOf({ tools }: Scene, subnetId: string): Promise<string> {
  const { Subnets = [] } = await tools.clients.ec2.send(new DescribeSubnetsCommand({ SubnetIds: [subnetId] }));
  const zone = Subnets[0]?.AvailabilityZone;
  if (!zone) throw new Error(`DescribeSubnets tells no zone of ${subnetId}`);
  return zone;
}

const usersTags = (tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith('aws:') && !key.startsWith('chainmend:')));

/** From here on discovery sees the new one, and the old one no more. The old one goes first: two of a name are none. */
export function join(scene: Scene, { found, machine }: ReplaceMemory): Promise<Result> {
  const young = machine?.instanceId ?? '';
  return mutate(scene, {
    act: `CreateTags ${found.instanceId}`,
    sentence: `${young} takes the place of ${found.instanceId} in the fleet`,
    call: async (fleet) => {
      const { ec2 } = scene.tools.clients;
      const putBack = `stop ${young}, attach its volumes and its root to ${found.instanceId} again, remove this tag, start it`;
      await tagResources(ec2, [found.instanceId], keptTags(scene.tools, fleet.replace.keepDays, putBack));
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
      const { [PUT_BACK_TAG]: _, ...tags } = keptTags(tools, fleet.replace.keepDays, '');
      const why = (machine?.givenUp ?? '').slice(0, 256);
      const kept = await orRefused(() => tagResources(tools.clients.ec2, ids, { ...tags, 'chainmend:why': why }));
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
