import { describe, expect, it } from '@jest/globals';
import { growthChange, type ReplacedResources, templateChange } from '../../../shared/guardrails/drift.ts';
import { ownerOf } from '../../../shared/guardrails/owner.ts';

const stack = ownerOf(undefined, { 'aws:cloudformation:stack-name': 'nodes' });
const terraform = ownerOf(undefined, { ManagedBy: 'terraform' });
const same = { from: 'i-1', to: 'i-1' };
const swapped: ReplacedResources = {
  instance: same,
  volumes: [{ role: 'data', from: 'vol-1', to: 'vol-2', device: '/dev/sdg' }],
};
const replaced: ReplacedResources = {
  instance: { from: 'i-1', to: 'i-2' },
  volumes: [{ role: 'data', from: 'vol-1', to: 'vol-1', device: '/dev/sdf' }],
};

describe('after a heal that changed what a template owns, a person is told', () => {
  it('which volume to import into the stack, and how the old one is kept', () => {
    expect(templateChange(stack, swapped)).toMatch(
      /^CloudFormation stack nodes: vol-2 in place of vol-1\. .*DeletionPolicy: Retain.*IMPORT/,
    );
    expect(templateChange(ownerOf('cdk', {}), swapped)).toMatch(/^CDK: vol-2 in place of vol-1\. .*RETAIN.*cdk import/);
  });

  it('which instance, where its volumes went with it', () => {
    expect(templateChange(stack, replaced)).toContain('nodes: i-2 in place of i-1. Set');
  });

  it('what to exchange in a state, the attachment too', () => {
    expect(templateChange(terraform, swapped)).toBe(
      'Terraform: aws_ebs_volume: terraform state rm that of vol-1, import vol-2 (data); ' +
        'aws_volume_attachment: import /dev/sdg:vol-2:i-1, and write its device_name',
    );
    expect(templateChange(terraform, replaced)).toBe(
      'Terraform: aws_instance: terraform state rm that of i-1, import i-2',
    );
    expect(templateChange(ownerOf('pulumi', {}), swapped)).toBe(
      'Pulumi: aws:ebs/volume:Volume: pulumi state delete that of vol-1, import vol-2 (data); ' +
        'aws:ec2/volumeAttachment:VolumeAttachment: import /dev/sdg:vol-2:i-1, and write its deviceName',
    );
    expect(templateChange(ownerOf('pulumi', {}), replaced)).toBe(
      'Pulumi: aws:ec2/instance:Instance: pulumi state delete that of i-1, import i-2',
    );
  });

  it('the size of a volume that has grown, and what must stay as it is', () => {
    const grown = { volumeId: 'vol-1', role: 'data', toGiB: 900 };
    expect(growthChange(terraform, grown)).toBe(
      'Terraform: aws_ebs_volume size = 900 for vol-1 (data), before its next deployment. If ebs_block_device of an ' +
        'aws_instance made it, leave that as it is: a change there replaces the instance',
    );
    expect(growthChange(stack, grown)).toMatch(/^CloudFormation stack nodes: AWS::EC2::Volume Size: 900 for vol-1 /);
    expect(growthChange(ownerOf('cdk', {}), grown)).toContain('Size.gibibytes(900)');
    expect(growthChange(ownerOf('pulumi', {}), grown)).toContain('aws.ebs.Volume size: 900');
    expect(growthChange(null, grown)).toBeNull();
  });

  it('nothing where nobody owns the instance, or nothing has changed', () => {
    expect(templateChange(ownerOf(undefined, { Name: 'node2' }), swapped)).toBeNull();
    expect(templateChange(stack, { instance: same, volumes: [] })).toBeNull();
    expect(templateChange(terraform, { ...replaced, instance: same })).toBeNull();
  });
});
