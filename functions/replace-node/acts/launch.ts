// Another instance from the launch template of the original, with its client masked.
import { DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import { describeInstance } from '../../../shared/aws/instances.ts';
import { isFaultOfEveryZone, judgeLaunch, launchReplacement } from '../../../shared/aws/launch.ts';
import { takeLease } from '../../../shared/heal/claim.ts';
import type { HealContext } from '../context.ts';
import { launchRequest, templateOf } from '../launch.ts';
import { giveUpReplacement, withReplacement } from '../state.ts';
import { defineAct, known, nothing } from './act.ts';
import { mutate } from './mutation.ts';

export const launch = defineAct<{ readonly reason: string }>()('launch', {
  // It has a token: asked for again, EC2 tells which instance it is.
  intent: null,
  recovers: false,
  retryKey: null,
  needsApproval: true,
  sight: 'forgotten',
  silence: 'ended',
  givesBackWhen: null,
  execute: (context, { reason }) => {
    const { replacement, found, beganAtMs, incidentId } = known(context);
    const { heal } = context;
    if (!replacement) throw new Error('there is no instance to be launched');
    const { subnetId, generation } = replacement;
    return mutate(context, {
      act: `RunInstances ${subnetId}`,
      sentence: `launch an instance in the place of ${found.instanceId}, ${reason}`,
      evidence: { subnetId, generation },
      call: async (fleet) => {
        const { ec2 } = heal.clients;
        const original = await describeInstance(ec2, found.instanceId);
        if (!original) return { refused: 'the instance whose place it would take is gone', code: 'Gone' };
        const availabilityZone = await zoneOf(heal, subnetId);
        const launchTemplate = templateOf(fleet, original.launchTemplate);
        if (!launchTemplate) return { refused: 'no launch template is named', code: 'MissingLaunchTemplate' };
        const launched = await launchReplacement(ec2, {
          ...launchRequest(heal, fleet, original, { launchTemplate, subnetId, availabilityZone, incidentId }),
          token: `${incidentId}-${beganAtMs.toString(36)}-${generation}`,
        });
        if ('refused' in launched) return launched;
        const lease = await leaseOf(heal, launched.instanceId);
        // It is there, and the attempt that launched it ended a moment ago: refused, nobody would know of it any more.
        if ('busy' in lease) throw new Error(`${launched.instanceId} is launched, and ${lease.busy} holds it still`);
        return {
          instanceId: launched.instanceId,
          fence: lease.holder.fence,
          availabilityZone,
          said: `${launched.instanceId} in ${availabilityZone}`,
        };
      },
    });
  },
  reduce: {
    done: (state, _, { instanceId = '', fence = 0, availabilityZone }) =>
      withReplacement(
        { ...state, hasMade: true },
        { instanceId, fence, ...(availabilityZone !== undefined && { availabilityZone }) },
      ),
    // What only its subnet refuses leaves the next one to be tried.
    failed: (state, _, { reason, code = '' }) => {
      const { replacement, unplaced = [] } = state;
      const fault = judgeLaunch({ refused: reason, code });
      const one = {
        subnetId: replacement?.subnetId ?? '',
        reason: fault.reason,
        isEverywhere: isFaultOfEveryZone(fault),
      };
      return giveUpReplacement({ ...state, unplaced: [...unplaced, one] }, fault.reason);
    },
    unknown: nothing,
  },
});

export const LAUNCH_ACTS = [launch] as const;

/** Whatever keeps its record from being written is no refusal of the launch: it is there. */
async function leaseOf(heal: HealContext, instanceId: string): ReturnType<typeof takeLease> {
  try {
    return await takeLease(heal, 'replace', instanceId);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${instanceId} is launched, and its record cannot be written: ${why}`, { cause });
  }
}

async function zoneOf(heal: HealContext, subnetId: string): Promise<string> {
  const { Subnets = [] } = await heal.clients.ec2.send(new DescribeSubnetsCommand({ SubnetIds: [subnetId] }));
  const zone = Subnets[0]?.AvailabilityZone;
  if (!zone) throw new Error(`DescribeSubnets tells no zone of ${subnetId}`);
  return zone;
}
