// Resources of a run, or of chainmend for its node: whether they are the run's, in which order they are removed, and how a person removes them. Pure.
import { FLEET_TAG, NODE_TAG } from '../../../shared/model/tags.ts';
import { isRunName, isSmokeFleet, LADDER_FLEET, pausedBy, SMOKE_TAG } from './names.ts';

type Tags = Readonly<Record<string, string>>;

export type Leftover =
  | { readonly kind: 'instance'; readonly id: string; readonly state: string; readonly tags: Tags }
  | { readonly kind: 'volume'; readonly id: string; readonly state: string; readonly tags: Tags }
  | { readonly kind: 'snapshot'; readonly id: string; readonly state: string; readonly tags: Tags }
  | { readonly kind: 'template'; readonly id: string; readonly tags: Tags }
  /** A policy of Data Lifecycle Manager. */
  | { readonly kind: 'policy'; readonly id: string; readonly tags: Tags }
  | { readonly kind: 'alarm'; readonly id: string; readonly tags: Tags }
  | { readonly kind: 'stack'; readonly id: string; readonly state: string; readonly tags: Tags }
  | { readonly kind: 'table'; readonly id: string; readonly state: string; readonly tags: Tags }
  | { readonly kind: 'document'; readonly id: string; readonly tags: Tags }
  /** The parameter of the global pause, which a stack leaves. */
  | { readonly kind: 'parameter'; readonly id: string; readonly tags: Tags }
  /** A fleet's pause; its text names the run. */
  | { readonly kind: 'pause'; readonly id: string; readonly value: string };

/**
 * The order of removal. The instance is first, because the other resources refer to it. Then what makes snapshots, then the snapshots. The volumes
 * follow after the instance has detached them. The alarms follow when nothing makes them again. Then the stack, what a stack leaves, and the pause
 * last.
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

/** The run that made it; undefined: no run made it, and this program does not delete it. */
export function runOf(thing: Leftover): string | undefined {
  if (thing.kind === 'pause') return pausedBy(thing.value);
  const run = thing.kind === 'alarm' ? undefined : thing.tags[SMOKE_TAG];
  if (isRunName(run)) return run;
  if (!MADE_FOR_IT.has(thing.kind)) return undefined;
  const [fleet, node] = [thing.tags[FLEET_TAG], thing.tags[NODE_TAG]];
  if (isSmokeFleet(fleet) && isRunName(node)) return node;
  return thing.kind === 'alarm' && node === undefined && isRunName(fleet) ? fleet : undefined;
}

/** Chainmend makes these and writes its own tags: the fleet and the node. */
const MADE_FOR_IT: ReadonlySet<Leftover['kind']> = new Set(['alarm', 'volume', 'snapshot']);

/** A resource of the ladder's standing fleet as a whole: it has a node only during a run. */
const isOfAnyRun = (thing: Leftover): boolean =>
  thing.kind === 'alarm' && thing.tags[FLEET_TAG] === LADDER_FLEET && thing.tags[NODE_TAG] === undefined;

/** @param run the run; undefined: all runs */
export const isOurs = (thing: Leftover, run?: string): boolean => {
  if (isOfAnyRun(thing)) return true;
  const made = runOf(thing);
  return made !== undefined && (run === undefined || made === run);
};

/** EC2 shows a terminated instance for an hour ("Terminate Amazon EC2 instances"). */
export const isGone = (thing: Leftover): boolean => thing.kind === 'instance' && thing.state === 'terminated';

/** Its removal was already requested. */
export const isGoing = (thing: Leftover): boolean =>
  (thing.kind === 'instance' && thing.state === 'shutting-down') ||
  (thing.kind === 'table' && thing.state === 'DELETING') ||
  (thing.kind === 'volume' && thing.state === 'deleting');

/**
 * It cannot be removed yet. "The volume must be in the available state" (DeleteVolume): it is after its instance has detached it. A snapshot must be
 * copied first.
 */
export const isHeld = (thing: Leftover): boolean =>
  (thing.kind === 'volume' && thing.state !== 'available') || (thing.kind === 'snapshot' && thing.state === 'pending');

/** The run's existing resources, in the order of their removal. */
export const leftoversOf = (things: readonly Leftover[], run?: string): readonly Leftover[] =>
  things
    .filter((thing) => isOurs(thing, run) && !isGone(thing))
    .toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || (a.id < b.id ? -1 : 1));

export const wordsOf = (thing: Leftover): string =>
  `${thing.kind} ${thing.id}${'state' in thing ? ` (${thing.state})` : ''}`;

/** The command that a person types for each resource. */
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

/** The list at the end: what is left, how to remove each, and the one command that removes all. */
export const leftoversText = (things: readonly Leftover[], again: string): readonly string[] => [
  `Left, and not removed: ${things.length === 1 ? 'one thing' : `${things.length} things`}. ${again} tries again; by hand:`,
  ...things.map((thing) => `  ${wordsOf(thing)}: ${commandFor(thing)}`),
];
