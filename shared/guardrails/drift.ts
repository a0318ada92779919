// What a person must change in a template or a state file after an accepted heal of an owned node. Otherwise the next deployment undoes the heal.
// Pure.
import { isTerraform } from './replace.ts';

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

/** @param tags of the instance: they name its owner. @returns null where no owner is named, or nothing has changed */
export function templateChange(
  tags: Readonly<Record<string, string>>,
  { instance, volumes }: ReplacedResources,
): string | null {
  const stack = tags['aws:cloudformation:stack-name'];
  const moved = volumes.filter(({ from, to }) => from !== to);
  const isNew = instance.from !== instance.to;
  if (moved.length === 0 && !isNew) return null;
  if (stack !== undefined) {
    const ids = [...(isNew ? [instance] : []), ...moved].map(({ from, to }) => `${to} in place of ${from}`);
    return (
      `CloudFormation stack ${stack}: ${ids.join(', ')}. Set DeletionPolicy: Retain on what was replaced and update the stack, take it out of the ` +
      'template, then import what is new under the same logical ids (create-change-set --change-set-type IMPORT)'
    );
  }
  if (!isTerraform(tags)) return null;
  const steps = [
    ...(isNew ? [exchange('aws_instance', instance.from, instance.to)] : []),
    ...moved.flatMap(({ role, from, to, device }) => [
      `${exchange('aws_ebs_volume', from, to)} (${role})`,
      `aws_volume_attachment: import ${device}:${to}:${instance.to}, and write its device_name`,
    ]),
  ];
  return `Terraform: ${steps.join('; ')}`;
}

const exchange = (type: string, from: string, to: string): string =>
  `${type}: terraform state rm that of ${from}, import ${to}`;
