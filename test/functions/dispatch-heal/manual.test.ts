import { DescribeInstanceStatusCommand, type DescribeTagsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { describe, expect, it } from '@jest/globals';
import { manualCandidate } from '../../../functions/dispatch-heal/requests.ts';
import { bitcoinFleet, NODE_TAGS } from '../../fixtures/builders/fleet.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';

/** An EC2 with these instances; all of them have the name node2. */
function ec2With(states: Readonly<Record<string, string>>, tags: Readonly<Record<string, string>> = {}): EC2Client {
  const client = new EC2Client({ region: 'eu-west-1' });
  const all = Object.entries({ ...NODE_TAGS, Name: 'node2', ...tags });
  client.send = (async (command: DescribeTagsCommand | DescribeInstanceStatusCommand) => {
    if (command instanceof DescribeInstanceStatusCommand) {
      const found = Object.entries(states).filter(([id]) => command.input.InstanceIds?.includes(id));
      return { InstanceStatuses: found.map(([InstanceId, Name]) => ({ InstanceId, InstanceState: { Name } })) };
    }
    const wanted = (name: string) => command.input.Filters?.find(({ Name }) => Name === name)?.Values;
    const rows = Object.keys(states).flatMap((ResourceId) => all.map(([Key, Value]) => ({ ResourceId, Key, Value })));
    return {
      Tags: rows.filter(
        ({ ResourceId, Key, Value }) =>
          (wanted('key')?.includes(Key) ?? true) &&
          (wanted('value')?.includes(Value) ?? true) &&
          (wanted('resource-id')?.includes(ResourceId) ?? true),
      ),
    };
  }) as typeof client.send;
  return client;
}

const asked = (ec2: EC2Client, name = 'node2') =>
  manualCandidate(
    ec2,
    { fleets: [bitcoinFleet()], values: new Map(), broken: new Map(), versions: new Map() },
    { kind: 'manual', fleet: 'bitcoin', node: { name }, trigger: undefined },
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

  it('and neither one of that name in another fleet, nor one that was set aside', async () => {
    await expect(asked(ec2With({ [INSTANCE]: 'running' }, { Component: 'nodes/other' }))).rejects.toThrow(
      'none has it',
    );
    for (const tag of ['chainmend:retired', 'chainmend:joining'])
      await expect(asked(ec2With({ [INSTANCE]: 'running' }, { [tag]: '2026' }))).rejects.toThrow('none has it');
  });

  it('and is told when several have that name, or none', async () => {
    await expect(asked(ec2With({ [INSTANCE]: 'running', 'i-0b': 'running' }))).rejects.toThrow('several have it');
    await expect(asked(ec2With({ [INSTANCE]: 'terminated' }))).rejects.toThrow('none has it');
  });

  it('and a member of a group by its name and the end of its id, which the answer tells where only the name is given', async () => {
    const members = ec2With(
      { [INSTANCE]: 'running', 'i-0fedcba9876543210': 'running' },
      { 'aws:autoscaling:groupName': 'bitcoin-nodes' },
    );
    expect(await asked(members, 'node2-9abcdef0')).toMatchObject({ instanceId: INSTANCE });
    await expect(asked(members)).rejects.toThrow('several have it: node2-9abcdef0, node2-76543210');
    await expect(asked(members, 'node2-00000000')).rejects.toThrow('none has it');
    await expect(asked(ec2With({ [INSTANCE]: 'running' }), 'node2-9abcdef0')).rejects.toThrow('none has it');
  });
});
