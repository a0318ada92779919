// What one sweep has of a fleet before anything is judged: nodes, what they and the references answered, and what was seen before.
import type { NodeStatus, Reading, TroubleCode } from '../../shared/chains/client.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { FleetNode } from '../../shared/fleet/nodes.ts';
import type { FleetWatch, ObservedNode } from '../../shared/fleet/observation.ts';
import type { StatusReading } from '../../shared/probe/protocol.ts';

/** unasked: asking itself failed, which says nothing about the node. */
export type NodeReading =
  | { readonly kind: 'read'; readonly reading: StatusReading }
  | { readonly kind: 'unasked'; readonly reason: string };

export interface ReferenceReading {
  readonly host: string;
  readonly status: Reading<NodeStatus>;
}

export interface Sight {
  readonly fleet: Fleet;
  readonly nodes: readonly FleetNode[];
  /** By instance id; a node that is not here was not asked. */
  readonly readings: ReadonlyMap<string, NodeReading>;
  readonly references: readonly ReferenceReading[];
  readonly before: {
    readonly nodes: ReadonlyMap<string, ObservedNode>;
    readonly watch: FleetWatch | undefined;
  };
  /** Heights whose hashes were asked for; deep enough below the tip of the last sweep that well nodes agree there. */
  readonly askedHeights: readonly number[];
  readonly nowMs: number;
}

/** Not the node's doing: the credentials or the fleet file are wrong. */
export const isOurs = (code: TroubleCode): boolean => code === 'unauthorized' || code === 'misconfigured';
