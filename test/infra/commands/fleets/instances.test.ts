// The instances of a fleet at the desk, as EC2 pages them.
import { EC2Client } from '@aws-sdk/client-ec2';
import { expect, it } from '@jest/globals';
import { ec2Instances } from '../../../../infra/commands/fleets/instances.ts';
import { PAUSE_TAG } from '../../../../shared/guardrails/switches.ts';
import { bitcoinFleet } from '../../../fixtures/builders/fleet.ts';

it('a paused instance that was put aside is found behind a page that is empty', async () => {
  const paused = { InstanceId: 'i-0123456789abcdef0', Tags: [{ Key: PAUSE_TAG, Value: 'me' }] };
  const ec2 = Object.assign(new EC2Client({ region: 'eu-west-1' }), {
    send: async ({ input }: { readonly input: { readonly NextToken?: string } }) =>
      input.NextToken === undefined
        ? { Reservations: [], NextToken: 'more' }
        : { Reservations: [{ Instances: [paused] }] },
  }) as EC2Client;
  expect(await ec2Instances(ec2).pausedAside(bitcoinFleet(), 'node1')).toEqual([
    { target: { instanceId: paused.InstanceId }, reason: expect.stringContaining('me') },
  ]);
});
