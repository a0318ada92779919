// The partitions of the one table. Each belongs to the functions that may write it, and IAM holds them to that (dynamodb:LeadingKeys,
// infra/constructs/state.ts): what a record says is worth as much as the functions that may write where it stands.
import type { HealKind } from '../model/payload.ts';
import { readTrigger } from '../model/trigger.ts';
import { plainText } from '../text/plain-text.ts';

export const HEAL_KINDS = ['resize-volume', 'replace-node', 'snapshot-node'] as const satisfies readonly HealKind[];

/** Every function that writes state, by the folder of its sources. */
export const WRITERS = [
  'watch-fleet',
  'register-nodes',
  'rotate-peers',
  'dispatch-heal',
  ...HEAL_KINDS,
  'prune-retired',
] as const;
export type Writer = (typeof WRITERS)[number];

/**
 * Partition keys. A fleet's name holds no "#" (shared/fleet/schema.ts), so no fleet reaches into another's partition; `*` in its place
 * makes the pattern of all fleets.
 */
export const partitions = {
  /** What a function remembers of a fleet for itself and for its readers; nobody else writes it. */
  own: (fleet: string, writer: Writer): string => `FLEET#${fleet}#${writer}`,
  /** Incidents that one kind of heal works on: dispatch-heal opens them, that heal claims and concludes them. */
  incidents: (fleet: string, heal: HealKind): string => `INCIDENT#${fleet}#${heal}`,
  /** Leases and open operations: dispatch-heal and all heals. */
  nodes: (fleet: string): string => `NODE#${fleet}`,
  /** Whose turn it is to be replaced or stopped: replace-node and snapshot-node. */
  turn: (fleet: string): string => `TURN#${fleet}`,
  /** What heals have put away: replace-node, snapshot-node, and prune-retired, which removes it. */
  kept: (fleet: string): string => `KEPT#${fleet}`,
  /** Budgets that all fleets share: replace-node. */
  account: (): string => 'ACCOUNT',
  /** Lines of one function. No function may read the journal. */
  journal: (fleet: string, writer: Writer): string => `JOURNAL#${fleet}#${writer}`,
} as const;

/** Which heal works on incidents of this trigger. @throws TypeError where the text is no trigger's */
export function healOf(trouble: string): HealKind {
  const trigger = readTrigger(trouble);
  if (trigger === null) throw new TypeError(`no heal works on ${plainText(JSON.stringify(trouble), 100)}`);
  if (trigger.kind === 'disk') return 'resize-volume';
  return trigger.subject === 'clean' ? 'snapshot-node' : 'replace-node';
}
