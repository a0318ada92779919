import { type DescribeInstancesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { describe, expect, it } from '@jest/globals';
import { manualCandidate } from '../../functions/dispatch-heal/manual.ts';
import { fleetWith, INSTANCE, NODE_TAGS, NOON_MS } from '../support/heal-facts.ts';

/** An EC2 with these instances, which knows the filters of states and of nothing else. */
function ec2With(states: Readonly<Record<string, string>>): EC2Client {
  const client = new EC2Client({ region: 'eu-west-1' });
  client.send = (async ({ input }: DescribeInstancesCommand) => {
    const wanted = input.Filters?.find(({ Name }) => Name === 'instance-state-name')?.Values;
    const found = Object.entries(states).filter(([, state]) => wanted?.includes(state) ?? true);
    return { Reservations: [{ Instances: found.map(([InstanceId]) => ({ InstanceId, Tags: [NODE_TAGS] })) }] };
  }) as typeof client.send;
  return client;
}

const asked = (ec2: EC2Client) =>
  manualCandidate(
    ec2,
    { fleets: [fleetWith()], values: new Map(), broken: new Map() },
    { kind: 'manual', fleet: 'bitcoin', node: { name: 'node2' }, trouble: undefined },
    NOON_MS,
  );

describe('a person names a node', () => {
  it('and means the one that is there, not the one of that name that was replaced', async () => {
    const ec2 = ec2With({ 'i-00000000000000dead': 'terminated', [INSTANCE]: 'running' });
    expect(await asked(ec2)).toMatchObject({ instanceId: INSTANCE, fleet: 'bitcoin' });
  });

  it('and a stopped one is there, too', async () => {
    expect(await asked(ec2With({ [INSTANCE]: 'stopped' }))).toMatchObject({ instanceId: INSTANCE });
  });

  it('and is told when several have that name, or none', async () => {
    await expect(asked(ec2With({ [INSTANCE]: 'running', 'i-0b': 'running' }))).rejects.toThrow('several have it');
    await expect(asked(ec2With({ [INSTANCE]: 'terminated' }))).rejects.toThrow('none has it');
  });
});
