// What an alarm is here, what is read to decide which ones there should be, and what those of nodes and of fleets share. Pure.
import type { Fleet, VolumeRole } from '../../shared/fleet/model.ts';
import {
  type AlarmKind,
  type ConsensusMetric,
  type FleetMetric,
  METRIC_NAMESPACE,
  type NodeMetric,
} from '../../shared/fleet/naming.ts';
import type { FleetNode } from '../../shared/fleet/nodes.ts';

export interface MetricRef {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions: Readonly<Record<string, string>>;
}

/** What an alarm looks at, each minute. */
export type Look =
  | { readonly by: 'metric'; readonly metric: MetricRef; readonly statistic: 'Maximum' | 'Minimum' }
  /** An expression over metrics by their ids. */
  | { readonly by: 'math'; readonly metrics: Readonly<Record<string, MetricRef>>; readonly expression: string }
  /** A Metrics Insights query: one series, a contributor, for each node. */
  | { readonly by: 'query'; readonly query: string };

export interface Alarm {
  readonly name: string;
  /** Its tag `chainmend:node`; undefined for an alarm of the whole fleet. */
  readonly node: string | undefined;
  readonly kind: AlarmKind;
  /** One sentence: what it means, and for whom. */
  readonly meaning: string;
  readonly runbook: string;
  readonly look: Look;
  readonly when: '>=' | '>' | '<=';
  readonly threshold: number;
  /** Minutes in a row. */
  readonly minutes: number;
  /** Whether the alarm pages by itself. Whoever computed what it is about explains and pages it otherwise (see docs/adr/0008). */
  readonly pages: boolean;
}

/** The agent's series of one filesystem, by exactly these dimensions (fstype and whatever else its configuration adds). */
export interface DiskSeries {
  readonly dimensions: Readonly<Record<string, string>>;
  /** Whether inodes are published under the same dimensions. */
  readonly inodes: boolean;
}

export const AGENT_NAMESPACE = 'CWAgent';
export const filesystemKey = (instanceId: string, path: string): string => `${instanceId} ${path}`;

export interface AlarmFacts {
  readonly fleet: Fleet;
  readonly nodes: readonly FleetNode[];
  /** By `filesystemKey`. */
  readonly series: ReadonlyMap<string, DiskSeries>;
  /** Filesystems that an alarm of people's own looks after, by kind. */
  readonly covered: Readonly<Record<'disk' | 'inodes', ReadonlySet<string>>>;
  /** Whether the fleet has alarms of the fleet-wide kind now. */
  readonly fleetWideNow: boolean;
  /** In front of every runbook's path: "https://github.com/example/chainmend/blob/main/". */
  readonly runbooks: string;
}

export const CHECKS = [
  ['status-check', 'StatusCheckFailed', 'EC2 finds the instance or its hardware impaired'],
  [
    'attached-ebs',
    'StatusCheckFailed_AttachedEBS',
    'the instance cannot reach an EBS volume, which stopping it does not cure',
  ],
] as const;

export const ownMetric = (
  name: NodeMetric | FleetMetric | ConsensusMetric,
  dimensions: Readonly<Record<string, string>>,
): MetricRef => ({ namespace: METRIC_NAMESPACE, name, dimensions });

/** Of a volume other than the first, at the end of an alarm's name. */
export const suffixOf = ({ volumes }: Fleet, { role }: VolumeRole): string | undefined =>
  role === volumes[0]?.role ? undefined : role;
