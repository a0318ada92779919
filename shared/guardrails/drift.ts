// What a person must change in a template or a state file after a heal of an owned node. Otherwise the next deployment undoes the heal, or fails. Pure.
import { nameOf, type Owner } from './owner.ts';

export interface ReplacedId {
  readonly from: string;
  readonly to: string;
}

export interface ReplacedResources {
  /** The node's instance as it is now; `from` equals `to` where only volumes were swapped. */
  readonly instance: ReplacedId;
  readonly volumes: readonly (ReplacedId & {
    readonly role: string;
    /** EC2's device name of the new volume's attachment. */
    readonly device: string;
  })[];
}

/**
 * What to change after other volumes, or another instance.
 *
 * @param owner of the node's instance; null where nobody is known
 * @returns null where there is no owner, or nothing has changed
 */
export function templateChange(owner: Owner | null, { instance, volumes }: ReplacedResources): string | null {
  const moved = volumes.filter(({ from, to }) => from !== to);
  const isNew = instance.from !== instance.to;
  if (owner === null || (moved.length === 0 && !isNew)) return null;
  const name = nameOf(owner);
  switch (owner.tool) {
    case 'cloudformation':
    case 'cdk': {
      const ids = [...(isNew ? [instance] : []), ...moved].map(({ from, to }) => `${to} in place of ${from}`);
      const put =
        owner.tool === 'cdk'
          ? 'Set RemovalPolicy.RETAIN on what was replaced and deploy, take it out of the app and deploy, then import what is new under the same logical ids (cdk import)'
          : 'Set DeletionPolicy: Retain on what was replaced and update the stack, take it out of the template, then import what is new under the same logical ids (create-change-set --change-set-type IMPORT)';
      return `${name}: ${ids.join(', ')}. ${put}`;
    }
    case 'terraform':
    case 'pulumi': {
      const { exchange, attach } = STATES[owner.tool];
      const steps = [
        ...(isNew ? [exchange('instance', instance)] : []),
        ...moved.flatMap(({ role, from, to, device }) => [
          `${exchange('volume', { from, to })} (${role})`,
          attach(device, to, instance.to),
        ]),
      ];
      return `${name}: ${steps.join('; ')}`;
    }
  }
}

interface StateWords {
  readonly exchange: (what: 'instance' | 'volume', ids: ReplacedId) => string;
  readonly attach: (device: string, volumeId: string, instanceId: string) => string;
}

/** Types and ids as their registries have them: "Import" of aws_volume_attachment, and of aws.ec2.VolumeAttachment. */
const STATES: Readonly<Record<'terraform' | 'pulumi', StateWords>> = {
  terraform: {
    exchange: (what, { from, to }) =>
      `${what === 'instance' ? 'aws_instance' : 'aws_ebs_volume'}: terraform state rm that of ${from}, import ${to}`,
    attach: (device, volumeId, instanceId) =>
      `aws_volume_attachment: import ${device}:${volumeId}:${instanceId}, and write its device_name`,
  },
  pulumi: {
    exchange: (what, { from, to }) =>
      `${what === 'instance' ? 'aws:ec2/instance:Instance' : 'aws:ebs/volume:Volume'}: pulumi state delete that of ${from}, import ${to}`,
    attach: (device, volumeId, instanceId) =>
      `aws:ec2/volumeAttachment:VolumeAttachment: import ${device}:${volumeId}:${instanceId}, and write its deviceName`,
  },
};

export interface GrownVolume {
  readonly volumeId: string;
  readonly role: string;
  readonly toGiB: number;
}

/**
 * What to change after a volume has grown. A later deployment of the old size asks EC2 for less, which it refuses: it fails and harms nothing.
 * The same number in an instance's own list of devices is another matter: "Modifying any other parameter results in instance replacement"
 * (AWS::EC2::Instance Ebs, CloudFormation); `volume_size` of `ebs_block_device` forces a new resource, too (aws_instance, Terraform's AWS provider).
 *
 * @param owner of the volume or its instance; null where nobody is known
 */
export function growthChange(owner: Owner | null, { volumeId, role, toGiB }: GrownVolume): string | null {
  if (owner === null) return null;
  const { volume, devices } = SIZES[owner.tool];
  return `${nameOf(owner)}: ${volume(toGiB)} for ${volumeId} (${role}), before its next deployment. If ${devices} made it, leave that as it is: a change there replaces the instance`;
}

/** Where a volume's size is written, and what in an instance must not be changed instead. */
const SIZES: Readonly<Record<Owner['tool'], { readonly volume: (gib: number) => string; readonly devices: string }>> = {
  terraform: { volume: (gib) => `aws_ebs_volume size = ${gib}`, devices: 'ebs_block_device of an aws_instance' },
  cloudformation: { volume: (gib) => `AWS::EC2::Volume Size: ${gib}`, devices: 'BlockDeviceMappings of an instance' },
  cdk: { volume: (gib) => `ec2.Volume size: Size.gibibytes(${gib})`, devices: 'blockDevices of an instance' },
  pulumi: { volume: (gib) => `aws.ebs.Volume size: ${gib}`, devices: 'ebsBlockDevices of an aws.ec2.Instance' },
};
