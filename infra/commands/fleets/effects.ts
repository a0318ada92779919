// What a change of a fleet file lets chainmend do that it may not do today, and what it takes away: a person says yes to that. Whatever is not known to
// narrow is asked for. Pure.
import { completeStored } from '../../../shared/fleet/fleet-defaults.ts';
import { parseStored } from '../../../shared/fleet/parse.ts';
import type { StoredDocument } from '../../../shared/fleet/schema.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { directionOf, narrows } from './directions.ts';
import { changesBetween, type Leaves, leavesOf } from './field-list.ts';

/** One line for each change that a person is asked about: "disk.maximumMonthlyIncreaseUsd 100 → 100000". @param stored as JSON, whatever it is */
export function effectsOf(stored: string, document: StoredDocument): readonly string[] {
  const before = completeLeaves(stored);
  const after = leavesOf(completeStored(document));
  if (before === undefined) return ['the stored file cannot be read, so that all of this one counts as new'];
  return changesBetween(before, after)
    .filter(([field]) => !lets(field, before.get(field), after.get(field)))
    .map(([field, change]) => `${field} ${change}`);
}

function completeLeaves(stored: string): Leaves | undefined {
  try {
    return leavesOf(completeStored(parseStored(stored)));
  } catch {
    return undefined;
  }
}

/** Whether nobody has to be asked. What appears or vanishes is asked about, unless it only tells people something. */
function lets(field: string, before: string | undefined, after: string | undefined): boolean {
  const way = directionOf(field);
  if (before === undefined || after === undefined) return way === 'told';
  return narrows(way, before, after);
}

/** The fleet's own instances by one version of its file; or why nobody knows them. */
export type Matched = { readonly nodes: readonly MatchedNode[] } | { readonly unknown: string };

export interface MatchedNode {
  readonly instanceId: string;
  readonly name: string;
  readonly role: string;
}

const SHOWN = 10;

/** "matches 4 nodes now, and 4 with it: the same". */
export function matchText(before: Matched, after: Matched): string {
  if ('unknown' in after) return `which nodes it would match is not known: ${plainText(after.unknown)}`;
  if ('unknown' in before)
    return `${countText(after.nodes)} with it; which match now is not known: ${plainText(before.unknown)}`;
  const { came, left, turned } = differenceOf(before.nodes, after.nodes);
  const changes = [
    ...(left.length > 0 ? [`no more: ${namesOf(left)}`] : []),
    ...(came.length > 0 ? [`new: ${namesOf(came)}`] : []),
    ...(turned.length > 0 ? [`of another role: ${namesOf(turned)}`] : []),
  ];
  const same = changes.length === 0 ? 'the same' : changes.join('; ');
  return `matches ${countText(before.nodes)} now, and ${after.nodes.length} with it: ${same}`;
}

/** Whether a person is asked about what it matches: other nodes, none, or nobody knows. */
export function matchesOtherwise(before: Matched, after: Matched): boolean {
  if ('unknown' in after || 'unknown' in before || after.nodes.length === 0) return true;
  const { came, left, turned } = differenceOf(before.nodes, after.nodes);
  return came.length + left.length + turned.length > 0;
}

function differenceOf(before: readonly MatchedNode[], after: readonly MatchedNode[]) {
  const then = new Map(before.map((node) => [node.instanceId, node]));
  const now = new Set(after.map(({ instanceId }) => instanceId));
  return {
    came: after.filter(({ instanceId }) => !then.has(instanceId)),
    left: before.filter(({ instanceId }) => !now.has(instanceId)),
    turned: after.filter(({ instanceId, role }) => (then.get(instanceId)?.role ?? role) !== role),
  };
}

const countText = (nodes: readonly MatchedNode[]): string =>
  nodes.length === 0 ? 'no node' : nodes.length === 1 ? '1 node' : `${nodes.length} nodes`;

const namesOf = (nodes: readonly MatchedNode[]): string => {
  const more = nodes.length > SHOWN ? ` and ${nodes.length - SHOWN} more` : '';
  const shown = nodes.slice(0, SHOWN).map(({ name, instanceId }) => `${plainText(name, 60)} (${instanceId})`);
  return `${shown.join(', ')}${more}`;
};
