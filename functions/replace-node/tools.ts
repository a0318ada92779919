// What the acts of replace-node are handed.
import type { ReplaceClients } from '../../shared/aws/replace-clients.ts';
import type { HealTools } from '../../shared/heal/context.ts';
import type { Holder } from '../../shared/heal/lease.ts';
import type { ReplacePayload } from '../../shared/model/payload.ts';

export const ENVIRONMENT = [
  'INSPECT_NODE_DOCUMENT',
  'RESTART_CLIENT_DOCUMENT',
  'CHECK_VOLUME_DOCUMENT',
  'SWAP_VOLUMES_DOCUMENT',
  'STOP_CLIENT_DOCUMENT',
  'START_CLIENT_DOCUMENT',
  'MARK_ROOT_FUNCTION',
  'REGISTER_NODES_FUNCTION',
  'ROTATE_PEERS_FUNCTION',
  'KMS_KEYS',
] as const;

export type Variable = (typeof ENVIRONMENT)[number];
export type Tools = HealTools<ReplacePayload, Variable, ReplaceClients>;

/** Which of the two instances: the one that the incident is about, and the one that takes its place. */
export type Which = 'old' | 'young';

/** What a run keeps from act to act, beside the memory that its successors get. A replay makes the same. */
export interface Course {
  readonly holder: Holder;
  /** New instances that this execution has taken, the given up among them: all are given back. */
  readonly youngs: readonly { readonly instanceId: string; readonly fence: number }[];
  /** How many commands were sent under each fence. */
  readonly ordinals: Readonly<Record<Which, number>>;
  /** Whether a command has gone unanswered: then it may still run for a while. */
  readonly commandsOver: boolean;
  /** The highest fence that the node itself has told. */
  readonly seenFence: number;
}
