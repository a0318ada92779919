// What a run has made, or chainmend for its node, and is there, whether it is ours, in which order it goes, and how a person removes it. Pure.
import { FLEET_TAG, NODE_TAG } from '../../../shared/model/tags.ts';
import { isRunName, isSmokeFleet, LADDER_FLEET, pausedBy, SMOKE_TAG } from './names.ts';

type Tags = Readonly<Record<string, string>>;

export type Leftover =
  | { readonly kind: 'instance'; readonly id: string; readonly state: string; readonly tags: Tags }
  | { readonly kind: 'volume'; readonly id: string; readonly state: string; readonly tags: Tags }
  | { readonly kind: 'snapshot'; readonly id: string; readonly state: string; readonly tags: Tags }
  | { readonly kind: 'template'; readonly id: string; readonly tags: Tags }
  /** Of Data Lifecycle Manager. */
  | { readonly kind: 'policy'; readonly id: string; readonly tags: Tags }
  | { readonly kind: 'alarm'; readonly id: string; readonly tags: Tags }
  | { readonly kind: 'stack'; readonly id: string; readonly state: string; readonly tags: Tags }
  | { readonly kind: 'table'; readonly id: string; readonly state: string; readonly tags: Tags }
  | { readonly kind: 'document'; readonly id: string; readonly tags: Tags }
  /** The pause of everything, which a stack leaves. */
  | { readonly kind: 'parameter'; readonly id: string; readonly tags: Tags }
  /** A fleet's pause, known by what it says. */
  | { readonly kind: 'pause'; readonly id: string; readonly value: string };

/**
 * The instance first, since everything else is about it; what makes snapshots before them; its volumes when it has let go of them; alarms when
 * nobody makes them anew; the stack, then what a stack leaves; the pause last.
 */
export const ORDER: readonly Leftover['kind'][] = [
  'instance',
  'policy',
  'template',
  'volume',
  'snapshot',
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
  const run = thing.kind === 'alarm' ? undefined : thing.tags[SMOKE_TAG];
  if (isRunName(run)) return run;
  if (!MADE_FOR_IT.has(thing.kind)) return undefined;
  const [fleet, node] = [thing.tags[FLEET_TAG], thing.tags[NODE_TAG]];
  if (isSmokeFleet(fleet) && isRunName(node)) return node;
  return thing.kind === 'alarm' && node === undefined && isRunName(fleet) ? fleet : undefined;
}

/** Chainmend makes these, and writes its own tags: whose fleet and which node. */
const MADE_FOR_IT: ReadonlySet<Leftover['kind']> = new Set(['alarm', 'volume', 'snapshot']);

/** Of the ladder's standing fleet as a whole: it has a node only while a run is at work. */
const isOfAnyRun = (thing: Leftover): boolean =>
  thing.kind === 'alarm' && thing.tags[FLEET_TAG] === LADDER_FLEET && thing.tags[NODE_TAG] === undefined;

/** @param run all of ours where none is named */
export const isOurs = (thing: Leftover, run?: string): boolean => {
  if (isOfAnyRun(thing)) return true;
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

/** It cannot be removed yet: "The volume must be in the available state" (DeleteVolume), which it is once its instance has let go of it; a snapshot is copied first. */
export const isHeld = (thing: Leftover): boolean =>
  (thing.kind === 'volume' && thing.state !== 'available') || (thing.kind === 'snapshot' && thing.state === 'pending');

/** Ours and there, in the order in which it goes. */
export const leftoversOf = (things: readonly Leftover[], run?: string): readonly Leftover[] =>
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
    case 'snapshot':
      return `aws ec2 unlock-snapshot --snapshot-id ${id}; aws ec2 delete-snapshot --snapshot-id ${id}`;
    case 'template':
      return `aws ec2 delete-launch-template --launch-template-id ${id}`;
    case 'policy':
      return `aws dlm delete-lifecycle-policy --policy-id ${id}`;
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
export const leftoversText = (things: readonly Leftover[], again: string): readonly string[] => [
  `Left, and not removed: ${things.length === 1 ? 'one thing' : `${things.length} things`}. ${again} tries again; by hand:`,
  ...things.map((thing) => `  ${wordsOf(thing)}: ${commandFor(thing)}`),
];
