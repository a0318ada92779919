// The trigger of an incident: its kind and its subject. Records, payloads and pages keep it as text ("disk:data"); everything else reads the typed
// value.

/** What a person may request for a node. */
const REQUESTS = ['restore', 'replace', 'undo', 'shrink', 'upgrade'] as const;
type Request = (typeof REQUESTS)[number];

export type Trigger =
  /** The volume of this role is nearly full. */
  | { readonly kind: 'disk'; readonly subject: string }
  /** The node does not follow its chain. */
  | { readonly kind: 'node'; readonly subject: 'health' }
  /** Somebody has terminated the node's instance, and its fleet file says that it is made again. */
  | { readonly kind: 'node'; readonly subject: 'terminated' }
  /** EC2 has scheduled something for the node's instance: it is moved to other hardware before. */
  | { readonly kind: 'node'; readonly subject: 'event' }
  /** The node has caught up, and its instance has the type of its first sync still. */
  | { readonly kind: 'node'; readonly subject: 'type' }
  /** A person asks for it. */
  | { readonly kind: 'request'; readonly subject: Request }
  /** A clean snapshot is due, or a person asks for one. */
  | { readonly kind: 'snapshot'; readonly subject: 'clean' }
  /** It is to be proved that a node comes back from a set of snapshots. The node is the one that is imitated: nothing is done to it. */
  | { readonly kind: 'snapshot'; readonly subject: 'drill' }
  /** A person asks for a plan, which never becomes an act. */
  | { readonly kind: 'plan'; readonly subject: Request | 'clean' | 'drill' };

/** All triggers except those of disks, whose roles come from the fleet file. */
const FIXED: readonly Trigger[] = [
  { kind: 'node', subject: 'health' },
  { kind: 'node', subject: 'terminated' },
  { kind: 'node', subject: 'event' },
  { kind: 'node', subject: 'type' },
  { kind: 'snapshot', subject: 'clean' },
  { kind: 'snapshot', subject: 'drill' },
  { kind: 'plan', subject: 'clean' },
  { kind: 'plan', subject: 'drill' },
  ...REQUESTS.flatMap((subject): Trigger[] => [
    { kind: 'request', subject },
    { kind: 'plan', subject },
  ]),
];

/** The text that records, payloads and pages keep. Keys of the table contain it. */
export const triggerText = ({ kind, subject }: Trigger): string => `${kind}:${subject}`;

/** @returns null where the text is no trigger */
export function readTrigger(text: string): Trigger | null {
  const [, role] = /^disk:([a-z0-9-]{1,62})$/.exec(text) ?? [];
  if (role !== undefined) return { kind: 'disk', subject: role };
  return FIXED.find((trigger) => triggerText(trigger) === text) ?? null;
}

/** The text of the only trigger of watch-fleet and of EC2's status checks. */
export const NODE_HEALTH = 'node:health';
/** The text of the trigger of a node whose instance was terminated. */
export const NODE_TERMINATED = 'node:terminated';
/** The text of the trigger of a node whose instance EC2 will stop, reboot or retire. */
export const NODE_EVENT = 'node:event';
/** The text of the trigger of a node whose instance goes back from the type of its first sync. */
export const NODE_TYPE = 'node:type';
/** A well node is stopped and started for it: nothing is wrong with the node. */
export const isOfMove = (trigger: string): boolean => trigger === NODE_EVENT || trigger === NODE_TYPE;
/** The text of the trigger of a clean snapshot. */
export const CLEAN_SNAPSHOT = 'snapshot:clean';
/** The text of the trigger of a drill. */
export const DRILL = 'snapshot:drill';
