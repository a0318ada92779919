// Which version of its client a node has, by its own word: the instance of the template unit that the fleet file lets be upgraded. Pure.
import type { Fleet } from '../../shared/fleet/model.ts';
import { positionOf } from '../../shared/guardrails/upgrade.ts';
import type { VersionChange } from '../../shared/heal/memory.ts';
import type { NodeState } from '../../shared/node-commands/node-answer.ts';

/** @returns null where the node does not tell */
export const instanceIn = (fleet: Pick<Fleet, 'client' | 'units'>, seen: NodeState | null): string | null =>
  seen?.clients[positionOf(fleet)]?.instance ?? null;

/** As the node tells it. Another one than the two is a person's doing, and nothing that is known. */
export const versionOf = (
  { from, to }: Pick<VersionChange, 'from' | 'to'>,
  instance: string | undefined,
): VersionChange['is'] => (instance === to ? 'to' : instance === from ? 'from' : 'unknown');
