// What replace-node is handed, and what an execution of it keeps from turn to turn beside the state that its successors get.
import type { ReplaceClients } from '../../shared/aws/clients.ts';
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
export type HealContext = HealTools<ReplacePayload, Variable, ReplaceClients>;

/** Which of the two instances: the one that the incident is about, and the one that takes its place. */
export type Which = 'original' | 'replacement';

/** What an execution keeps from turn to turn, beside the state that its successors get. A replay makes the same. */
export interface Course {
  readonly holder: Holder;
  /** Replacements that this execution has leased, those given up included: all are released. */
  readonly leased: readonly { readonly instanceId: string; readonly fence: number }[];
  /** How many commands were sent under each fence. */
  readonly ordinals: Readonly<Record<Which, number>>;
  /** Whether every command was answered: one that was not may still run for a while. */
  readonly commandsOver: boolean;
  /** The highest fence that the node itself has told. */
  readonly seenFence: number;
}

/** One command as it was sent: what the course learns of it. */
export interface CommandTrace {
  readonly which: Which;
  /** It was refused in the step that sends it: an earlier run of the step may have sent it. */
  readonly isRefused: boolean;
  /** As the node told it; null where nobody answered. */
  readonly fence: number | null;
}

export const firstCourse = (holder: Holder): Course => ({
  holder,
  leased: [],
  ordinals: { original: 0, replacement: 0 },
  commandsOver: true,
  seenFence: 0,
});

export function afterCommand(course: Course, { which, isRefused, fence }: CommandTrace): Course {
  const ordinals = { ...course.ordinals, [which]: course.ordinals[which] + 1 };
  const seenFence = which === 'original' ? Math.max(course.seenFence, fence ?? 0) : course.seenFence;
  return { ...course, ordinals, seenFence, commandsOver: course.commandsOver && !isRefused };
}
