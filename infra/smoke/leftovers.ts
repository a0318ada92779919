// What a run has made and is there, whether it is ours, in which order it goes, and how a person removes it. Pure.
import { FLEET_TAG, NODE_TAG } from '../../shared/fleet/naming.ts';
import { isRunName, isSmokeFleet, pausedBy, SMOKE_TAG } from './names.ts';

type Tags = Readonly<Record<string, string>>;

export type Leftover =
  | { readonly kind: 'instance'; readonly id: string; readonly state: string; readonly tags: Tags }
  | { readonly kind: 'volume'; readonly id: string; readonly state: string; readonly tags: Tags }
  | { readonly kind: 'alarm'; readonly id: string; readonly tags: Tags }
  | { readonly kind: 'stack'; readonly id: string; readonly state: string; readonly tags: Tags }
  | { readonly kind: 'table'; readonly id: string; readonly state: string; readonly tags: Tags }
  | { readonly kind: 'document'; readonly id: string; readonly tags: Tags }
  /** The pause of everything, which a stack leaves. */
  | { readonly kind: 'parameter'; readonly id: string; readonly tags: Tags }
  /** A fleet's pause, known by what it says. */
  | { readonly kind: 'pause'; readonly id: string; readonly value: string };

/**
 * The instance first, since everything else is about it; its volume when it has let go of it; alarms when nobody makes them anew; the stack,
 * then what a stack leaves; the pause last.
 */
export const ORDER: readonly Leftover['kind'][] = [
  'instance',
  'volume',
  'alarm',
  'stack',
  'document',
  'parameter',
  'table',
  'pause',
];

/** The run that made it; undefined: it is none of ours, and nobody here deletes it. */
export function runOf(thing: Leftover): string | undefined {
  if (thing.kind === 'pause') return pausedBy(thing.value);
  // register-nodes makes the alarms, and writes its own tags: whose fleet and which node.
  if (thing.kind === 'alarm') {
    const node = thing.tags[NODE_TAG];
    return isSmokeFleet(thing.tags[FLEET_TAG]) && isRunName(node) ? node : undefined;
  }
  const run = thing.tags[SMOKE_TAG];
  return isRunName(run) ? run : undefined;
}

/** @param run all of ours where none is named */
export const isOurs = (thing: Leftover, run?: string): boolean => {
  const made = runOf(thing);
  return made !== undefined && (run === undefined || made === run);
};

/** An instance that has ended is told of for an hour ("Terminate Amazon EC2 instances"). */
export const isGone = (thing: Leftover): boolean => thing.kind === 'instance' && thing.state === 'terminated';

/** Somebody has asked for its removal already. */
export const isGoing = (thing: Leftover): boolean =>
  (thing.kind === 'instance' && thing.state === 'shutting-down') ||
  (thing.kind === 'table' && thing.state === 'DELETING') ||
  (thing.kind === 'volume' && thing.state === 'deleting');

/** It cannot be removed yet: "The volume must be in the available state" (DeleteVolume), which it is once its instance has let go of it. */
export const isHeld = (thing: Leftover): boolean => thing.kind === 'volume' && thing.state !== 'available';

/** Ours and there, in the order in which it goes. */
export const leftOf = (things: readonly Leftover[], run?: string): readonly Leftover[] =>
  things
    .filter((thing) => isOurs(thing, run) && !isGone(thing))
    .toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || (a.id < b.id ? -1 : 1));

export const wordsOf = (thing: Leftover): string =>
  `${thing.kind} ${thing.id}${'state' in thing ? ` (${thing.state})` : ''}`;

/** What a person types, one thing after the other. */
export function commandFor({ kind, id }: Leftover): string {
  switch (kind) {
    case 'instance':
      return `aws ec2 terminate-instances --instance-ids ${id}`;
    case 'volume':
      return `aws ec2 delete-volume --volume-id ${id}`;
    case 'alarm':
      return `aws cloudwatch delete-alarms --alarm-names ${id}`;
    case 'stack':
      return `aws cloudformation delete-stack --stack-name ${id}`;
    case 'document':
      return `aws ssm delete-document --name ${id}`;
    case 'table':
      return `aws dynamodb update-table --table-name ${id} --no-deletion-protection-enabled && aws dynamodb delete-table --table-name ${id}`;
    case 'parameter':
    case 'pause':
      return `aws ssm delete-parameter --name ${id}`;
  }
}

/** The end's list: what is left, how each is removed, and the one command that removes all. */
export const leftText = (things: readonly Leftover[], again: string): readonly string[] => [
  `Left, and not removed: ${things.length === 1 ? 'one thing' : `${things.length} things`}. ${again} tries again; by hand:`,
  ...things.map((thing) => `  ${wordsOf(thing)}: ${commandFor(thing)}`),
];
