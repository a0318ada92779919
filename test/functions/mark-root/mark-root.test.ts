import type { Instance } from '@aws-sdk/client-ec2';
import { describe, expect, it } from '@jest/globals';
import { markFault } from '../../../functions/mark-root/handler.ts';

const fleet = {
  suite: 'chainmend',
  name: 'bitcoin',
  neighbours: [],
  nodes: { tags: { Component: 'nodes/bitcoin', Stage: 'production' }, nameTag: 'Name' },
};
const asked = { instanceId: 'i-0123456789abcdef0', volumeId: 'vol-0d00000000000000f' };
const node = (more: Partial<Instance> = {}): Instance => ({
  InstanceId: asked.instanceId,
  State: { Name: 'stopped' },
  RootDeviceName: '/dev/xvda',
  Tags: [
    { Key: 'Component', Value: 'nodes/bitcoin' },
    { Key: 'Stage', Value: 'production' },
  ],
  BlockDeviceMappings: [
    { DeviceName: '/dev/xvda', Ebs: { VolumeId: asked.volumeId } },
    { DeviceName: '/dev/sdf', Ebs: { VolumeId: 'vol-0000000000000da7a' } },
  ],
  ...more,
});

describe('mark-root', () => {
  it('marks the root volume of a stopped node', () => {
    expect(markFault(fleet, node(), asked)).toBeNull();
  });

  it('marks none of a node that another suite has claimed, or that nobody has claimed for this one', () => {
    const claimed = node({ Tags: [...(node().Tags ?? []), { Key: 'chainmend:suite', Value: 'payments' }] });
    expect(markFault(fleet, claimed, asked)).toContain('the suite "payments"’s');
    const named = { ...fleet, suite: 'payments-chainmend' };
    expect(markFault(named, claimed, asked)).toBeNull();
    expect(markFault(named, node(), asked)).toContain('no suite has claimed it');
  });

  it.each([
    ['an instance that is not there', null, asked, /i-0123456789abcdef0 is not there/],
    [
      'a stranger’s instance',
      node({ Tags: [{ Key: 'Component', Value: 'payroll' }] }),
      asked,
      /is no node of bitcoin: it has no tag Component=nodes\/bitcoin/,
    ],
    [
      'an instance with one of two tags',
      node({ Tags: [{ Key: 'Component', Value: 'nodes/bitcoin' }] }),
      asked,
      /no tag Stage=production/,
    ],
    ['a node that runs', node({ State: { Name: 'running' } }), asked, /is running, expected stopped/],
    ['a node of no known state', node({ State: {} }), asked, /is unknown, expected stopped/],
    [
      'a data volume of the node',
      node(),
      { ...asked, volumeId: 'vol-0000000000000da7a' },
      /is not the root volume of i-0123456789abcdef0: vol-0d00000000000000f is/,
    ],
    ['a stranger’s volume', node(), { ...asked, volumeId: 'vol-0000000000000bad0' }, /is not the root volume/],
    ['a node without a root volume', node({ BlockDeviceMappings: [] }), asked, /none is/],
  ])('does not mark the volume of %s', (_, instance, question, said) => {
    expect(markFault(fleet, instance, question)).toMatch(said);
  });
});
