// Which version of its client a node has, by its own word: the instance of the template unit that the fleet file lets be upgraded. Pure.
import type { Fleet } from '../../shared/fleet/model.ts';
import type { VersionChange } from '../../shared/heal/memory.ts';
import type { NodeState } from '../../shared/node-commands/node-answer.ts';

/** Where the client stands among those of an answer that has all of them; -1 where the file lets none be upgraded. */
export const positionOf = ({ client, units }: Pick<Fleet, 'client' | 'units'>): number =>
  client === undefined ? -1 : units.findIndex(({ name }) => name === client.unit);

/** @returns null where the node does not tell */
export const instanceIn = (fleet: Pick<Fleet, 'client' | 'units'>, seen: NodeState | null): string | null =>
  seen?.clients[positionOf(fleet)]?.instance ?? null;

/** As the node tells it. Another one than the two is a person's doing, and nothing that is known. */
export const versionOf = (
  { from, to }: Pick<VersionChange, 'from' | 'to'>,
  instance: string | undefined,
): VersionChange['is'] => (instance === to ? 'to' : instance === from ? 'from' : 'unknown');
