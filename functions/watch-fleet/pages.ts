// What people are told of, as a pure decision: each trouble once an onset, after it was seen in two sweeps in a row, and what a
// sweep has of one kind in one page.
import type { Fleet } from '../../shared/fleet/model.ts';
import { type AlarmKind, alarmName, NODES_WITH_OWN_ALARMS } from '../../shared/fleet/naming.ts';
import type { ObservedNode } from '../../shared/fleet/observation.ts';
import type { PageCode } from '../../shared/model/guardrail-codes.ts';
import type { FleetHealth, JudgedNode } from './health.ts';
import type { Sight } from './sight.ts';
import { names } from './words.ts';

export interface DuePage {
  readonly code: PageCode;
  /** None where it is about the fleet as a whole. */
  readonly nodes: readonly ObservedNode[];
  readonly reason: string;
  /** What has been measured of it, for a maintenance window or the runbook; null where there is no such alarm. */
  readonly kind: AlarmKind | null;
}

/** The alarm on what each code is about. */
const KINDS: Readonly<Partial<Record<PageCode, AlarmKind>>> = {
  'node-unreachable': 'unreachable',
  'node-stuck': 'stuck',
  'node-forked': 'forked',
  'wrong-chain': 'forked',
  'chain-halted': 'halted',
  'consensus-halted': 'consensus-halted',
  'node-out-of-sync': 'node-out-of-sync',
  'validator-jailed': 'validator-jailed',
  'voting-power-low': 'voting-power-low',
  'byzantine-validators': 'byzantine-validators',
};

export function duePages({ before, nowMs }: Sight, { nodes, watch }: FleetHealth): readonly DuePage[] {
  const byCode = new Map<PageCode, ObservedNode[]>();
  for (const { node, code } of nodes) {
    if (code === null || node.paged.includes(code)) continue;
    if (before.nodes.get(node.instanceId)?.health !== node.health) continue;
    byCode.set(code, [...(byCode.get(code) ?? []), node]);
  }
  const ofNodes = [...byCode].map(([code, sick]) => ({
    code,
    nodes: sick,
    reason: sentenceAbout(sick),
    kind: KINDS[code] ?? null,
  }));
  const ofFleet = Object.entries(watch.troubles)
    .filter(([code, { sinceMs }]) => sinceMs < nowMs && !Object.hasOwn(watch.paged, code))
    .map(([name, { reason }]) => {
      const code = name as PageCode;
      return { code, nodes: [], reason, kind: KINDS[code] ?? null };
    });
  return [...ofNodes, ...ofFleet];
}

/** "node3: 510 blocks behind, …"; "node1, node2 and 37 more: …" */
export function sentenceAbout(nodes: readonly ObservedNode[]): string {
  const [first] = nodes;
  return `${names(nodes.map(({ name }) => name))}: ${first?.reason ?? ''}${nodes.length > 1 ? ' (the first of them)' : ''}`;
}

/**
 * The alarms that a page is about, by name, and the nodes that each stands for: a person who has muted one of them is at work there.
 * Whether nodes have alarms of their own is the fleet file's word.
 */
export function alarmsOf(
  fleet: Fleet,
  fleetSize: number,
  { nodes, kind }: DuePage,
): ReadonlyMap<string, readonly ObservedNode[]> {
  if (kind === null) return new Map();
  const { per } = fleet.alarms;
  const each = per === 'node' || (per === 'auto' && fleetSize <= NODES_WITH_OWN_ALARMS);
  if (nodes.length === 0) return new Map([[alarmName(fleet.name, undefined, kind), []]]);
  if (!each) return new Map([[alarmName(fleet.name, undefined, 'unwell'), nodes]]);
  return new Map(nodes.map((node) => [alarmName(fleet.name, node.name, kind), [node]]));
}

/** The page without those whose alarm is muted or disabled; null where nobody is left. */
export function withoutQuiet(
  fleet: Fleet,
  fleetSize: number,
  due: DuePage,
  quiet: ReadonlySet<string>,
): DuePage | null {
  const alarms = alarmsOf(fleet, fleetSize, due);
  const left = [...alarms].filter(([name]) => quiet.has(name));
  if (left.length === 0) return due;
  if (due.nodes.length === 0) return null;
  const silent = new Set(left.flatMap(([, nodes]) => nodes));
  const nodes = due.nodes.filter((node) => !silent.has(node));
  return nodes.length === 0 ? null : { ...due, nodes, reason: sentenceAbout(nodes) };
}

/** What is remembered when these were sent. */
export function afterPaging(health: FleetHealth, sent: readonly DuePage[], nowMs: number): FleetHealth {
  const codes = new Map<string, PageCode[]>();
  for (const { code, nodes } of sent)
    for (const { instanceId } of nodes) codes.set(instanceId, [...(codes.get(instanceId) ?? []), code]);
  const ofFleet = sent.filter(({ nodes }) => nodes.length === 0).map(({ code }): [string, number] => [code, nowMs]);
  const remembered = ({ node, code }: JudgedNode): JudgedNode => {
    const more = codes.get(node.instanceId);
    return more === undefined ? { node, code } : { code, node: { ...node, paged: [...node.paged, ...more] } };
  };
  return {
    ...health,
    nodes: health.nodes.map(remembered),
    watch: { ...health.watch, paged: { ...health.watch.paged, ...Object.fromEntries(ofFleet) } },
  };
}
