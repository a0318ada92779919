// The check of a fleet file for a region or account that has copies of a fleet's snapshots, and none of its nodes.
import type { Complaints } from './problems.ts';

interface WrittenCopyFields {
  readonly snapshots?: { readonly copiesFrom?: object } & object;
  readonly role?: string | object;
  readonly drills?: { readonly subnet?: string | undefined };
  readonly replace?: { readonly launchTemplate?: string | undefined };
  readonly asg?: object;
  readonly client?: object;
  readonly deploy?: object;
  readonly dns?: object;
}

interface CompleteCopyFields {
  readonly volumes: Readonly<Record<string, object>>;
  readonly health: { readonly references: readonly string[] };
}

/** What needs nodes. */
const OF_NODES = ['asg', 'client', 'deploy', 'dns'] as const;
/** One alone is not believed, and here is no node to compare it with. */
const REFERENCES_LEAST = 2;

/** Problems of a file that fits the schema. */
export function checkCopiesFrom(
  file: WrittenCopyFields,
  { volumes, health: { references } }: CompleteCopyFields,
  { conflict }: Complaints,
): void {
  const { snapshots, drills, replace, role = 'unknown' } = file;
  const { copiesFrom, ...others } = snapshots ?? {};
  if (copiesFrom === undefined) return;
  const field = ['snapshots', 'copiesFrom'];
  const refuse = (expected: string): void => conflict(field, copiesFrom, expected);
  const [other] = Object.keys(others);
  if (other !== undefined)
    refuse(
      `expected it alone: here are no nodes whose snapshots could be taken, and snapshots.${other} is about those`,
    );
  if (role !== 'follower') refuse('expected role: follower: what a drill opens here runs as one');
  if (drills === undefined) refuse('expected drills, too: nothing else looks at the copies');
  else if (drills.subnet === undefined)
    refuse('expected drills.subnet: here is no node whose subnet a drill could use');
  if (replace?.launchTemplate === undefined)
    refuse('expected replace.launchTemplate, a template of this region: here is no node that names one');
  if (references.length < REFERENCES_LEAST)
    refuse(
      `expected ${REFERENCES_LEAST} health.references, not ${references.length}: here is no node that knows the chain, and no reference is believed alone`,
    );
  const roles = Object.keys(volumes);
  if (roles.length !== 1)
    refuse(
      `expected one volume, not ${roles.join(', ')}: each copy has a time of its own, and nothing says which of them belong together`,
    );
  for (const key of OF_NODES)
    if (file[key] !== undefined)
      conflict([key], file[key], 'expected none beside snapshots.copiesFrom: here are no nodes');
}
