// The context of a sweep: the function's clients, and the facts of one fleet before anything is judged.
import type { MetricsClients as Clients } from '../../shared/aws/clients.ts';
import { type NodeStatus, type Reading, type ReadingErrorCode, SHOWS } from '../../shared/chains/client.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { FleetNode, SeenInstance } from '../../shared/fleet/nodes.ts';
import type { FleetWatch, ObservedNode } from '../../shared/fleet/observation.ts';
import { judgePauseTag } from '../../shared/guardrails/switches.ts';
import type { Store } from '../../shared/heal/store.ts';
import type { NodeState } from '../../shared/node-commands/node-answer.ts';
import type { StatusReading } from '../../shared/probe/protocol.ts';
import type { Fates } from './fates.ts';
import type { ScheduledEvents } from './instance-events.ts';
import type { FailedChecks } from './status-checks.ts';

export const ENVIRONMENT = [
  'TABLE_NAME',
  'TOPIC_ARN',
  'PARAMETER_PREFIX',
  'PROBE_FUNCTION_PREFIX',
  'ASK_NODE_DOCUMENT',
  'SEE_CLIENTS_DOCUMENT',
  'REGISTER_FUNCTION_NAME',
] as const;

export interface WatchContext {
  readonly clients: Clients;
  readonly store: Store;
  readonly environment: Readonly<Record<(typeof ENVIRONMENT)[number], string>>;
}

/** Runs one piece of a sweep. Its error stops nothing else and is thrown with all other failures at the end. */
export type CollectFailure = (work: () => Promise<unknown>) => Promise<void>;

/** Asking itself failed, which says nothing about the node. */
export interface Unasked {
  readonly kind: 'unasked';
  readonly reason: string;
  /** Nothing came from its machine, although AWS was there to be asked: EC2's own checks tell whether anybody reaches it. */
  readonly silent?: true;
}

export type NodeReading = { readonly kind: 'read'; readonly reading: StatusReading } | Unasked;

/** What a node says of its clients. */
export type LookReading = { readonly kind: 'seen'; readonly state: NodeState } | Unasked;

export interface ReferenceReading {
  readonly host: string;
  readonly status: Reading<NodeStatus>;
}

/** A zone that another fleet's own nodes show to be dark. */
export interface DarkZone {
  readonly fleet: string;
  readonly name: string;
  readonly sentence: string;
}

export interface FleetFacts {
  readonly fleet: Fleet;
  readonly nodes: readonly FleetNode[];
  /** Instances that another fleet claims, too: they are not looked at, and they are not gone. Absent where there are none. */
  readonly contested?: readonly SeenInstance[];
  /** What EC2 says of the nodes that were there and are not found; absent where all are found. */
  readonly fates?: Fates;
  /** Nobody is found, and nothing shows that a node has ended: these were there. Nothing is known of them, and they are not gone. Absent otherwise. */
  readonly unexplained?: readonly Pick<ObservedNode, 'instanceId' | 'name'>[];
  /** By instance id; a missing node was not asked. */
  readonly readings: ReadonlyMap<string, NodeReading>;
  /** By instance id: the nodes that were asked in this sweep whether their clients run, and since when. Absent where none was. */
  readonly looks?: ReadonlyMap<string, LookReading>;
  readonly references: readonly ReferenceReading[];
  readonly before: {
    readonly nodes: ReadonlyMap<string, ObservedNode>;
    readonly watch: FleetWatch | undefined;
  };
  /** What EC2 has scheduled for instances of the account. */
  readonly scheduled: ScheduledEvents;
  /** EC2's failed status checks, where metrics go over OTLP or a machine is silent; absent where nobody needs them, or EC2 could not be asked. */
  readonly failedChecks?: FailedChecks;
  /** Instances whose node has said that a person stopped its client; absent where no node was down. */
  readonly stopped?: ReadonlySet<string>;
  /** Zones in which nodes of other fleets were silent together in the sweep before. Absent where there were none. */
  readonly darkZones?: readonly DarkZone[];
  /** Heights whose hashes were asked for: deep enough below the tip of the last sweep that well nodes agree there. */
  readonly askedHeights: readonly number[];
  /** Why the fleet's file, as it is stored, is none; absent where it is one. */
  readonly fileProblem?: string;
  /** The first block of an upgrade that is under way: the chain stops below it, and that is no trouble. Absent where none is. */
  readonly upgradeHeight?: number;
  /** The name of AWS's own error where nodes could not be asked for it; absent where AWS answered. */
  readonly awsFailure?: string;
  readonly nowMs: number;
}

/** Instances that a person has paused by their tag: somebody is at work there, and nobody is paged about them. */
export const pausedIn = ({ nodes }: Pick<FleetFacts, 'nodes'>): ReadonlySet<string> =>
  new Set(nodes.filter(({ tags }) => judgePauseTag(tags) !== null).map(({ instanceId }) => instanceId));

/** Not the node's fault: the credentials or the fleet file are wrong. */
export const isOurFault = (code: ReadingErrorCode): boolean => SHOWS[code] === 'us';

/** The facts in a node's answer; undefined where it gave none. */
export function statusOf(reading: NodeReading | undefined): NodeStatus | undefined {
  if (reading?.kind !== 'read' || reading.reading.status.kind !== 'ok') return undefined;
  return reading.reading.status.facts;
}
