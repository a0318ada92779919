import { describe, expect, it } from '@jest/globals';
import { type ReplacedResources, templateChange } from '../../../shared/guardrails/drift.ts';

const stack = { 'aws:cloudformation:stack-name': 'nodes' };
const terraform = { ManagedBy: 'terraform' };
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
      /^CloudFormation stack nodes: vol-2 in place of vol-1\. .*Retain.*IMPORT/,
    );
  });

  it('which instance, where its volumes went with it', () => {
    expect(templateChange(stack, replaced)).toContain('nodes: i-2 in place of i-1. Set');
  });

  it('what to exchange in the state of Terraform, the attachment too', () => {
    expect(templateChange(terraform, swapped)).toBe(
      'Terraform: aws_ebs_volume: terraform state rm that of vol-1, import vol-2 (data); ' +
        'aws_volume_attachment: import /dev/sdg:vol-2:i-1, and write its device_name',
    );
    expect(templateChange(terraform, replaced)).toBe(
      'Terraform: aws_instance: terraform state rm that of i-1, import i-2',
    );
  });

  it('nothing where nobody owns the instance, or nothing has changed', () => {
    expect(templateChange({ Name: 'node2' }, swapped)).toBeNull();
    expect(templateChange(stack, { instance: same, volumes: [] })).toBeNull();
    expect(templateChange(terraform, { ...replaced, instance: same })).toBeNull();
  });
});
