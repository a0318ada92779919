// Fleets as one sweep after the other sees them, for tests of health: what is said is one line, and the rest is as it would be.

import { heightsToAsk } from '../../functions/watch-fleet/chain.ts';
import type { FleetFacts, NodeReading, ReferenceReading } from '../../functions/watch-fleet/context.ts';
import { judgeFleet } from '../../functions/watch-fleet/fleet-health.ts';
import { type NodeStatus, type Reading, UNSAID } from '../../shared/chains/client.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { FleetNode } from '../../shared/fleet/nodes.ts';
import type { FleetWatch, ObservedNode } from '../../shared/fleet/observation.ts';
import type { StatusReading } from '../../shared/probe/protocol.ts';
import { bitcoinFleet } from './builders/fleet.ts';
import { fleetNode } from './builders/node.ts';

export const T0 = Date.parse('2026-11-20T10:00:00Z');
export const MINUTE = 60_000;

export const fleetOf = (health: object = {}, more: object = {}): Fleet =>
  bitcoinFleet({
    mode: 'plan',
    dns: undefined,
    health: {
      behindBlocks: 2,
      stuckSeconds: 300,
      haltSeconds: 900,
      startGraceSeconds: 600,
      confirmations: 3,
      ...health,
    },
    ...more,
  });

export const instanceId = (name: string): string => `i-${name}`;

/** Every node of these fleets is called by its instance: the ordinary one, too. */
export const nodeNamed = (name: string, more: Partial<FleetNode> = {}): FleetNode =>
  fleetNode({ name, instanceId: instanceId(name), ...more });

/** The one true chain: the hash of each height, on each branch. */
export const hashOn = (branch: string, height: number): string => `${branch}${height.toString(16).padStart(8, '0')}`;

export interface Word {
  readonly height: number;
  readonly branch?: string;
  /** It has no hash of any block but those up to here; all unless given. */
  readonly tellsHashes?: boolean;
  readonly more?: Partial<NodeStatus>;
}

/** What a client at this height tells when it is asked for these heights, too. */
export function statusAt(
  { height, branch = 'c', tellsHashes = true, more = {} }: Word,
  heights: readonly number[],
): NodeStatus {
  const known = [...heights.filter((asked) => asked < height), height];
  return {
    ...UNSAID,
    height,
    hashes: tellsHashes ? known.map((at) => ({ height: at, hash: hashOn(branch, at) })) : [],
    chainId: 'main',
    ...more,
  };
}

/** A node's word: its height; or what came of asking it. */
export type Said = number | Word | Reading<NodeStatus> | { readonly unasked: string } | Partial<StatusReading>;

export const dead: Reading<NodeStatus> = {
  kind: 'error',
  code: 'unreachable',
  reason: '10.0.0.1:8332 refuses connections: nothing listens there',
};

export interface Sweep {
  readonly nodes: Readonly<Record<string, Said>>;
  readonly references?: readonly Said[];
  readonly as?: Readonly<Record<string, Partial<FleetNode>>>;
}

/** A fleet that is watched sweep after sweep, one a minute. */
export class Watched {
  readonly fleet: Fleet;
  nowMs = T0 - MINUTE;
  nodes: ReadonlyMap<string, ObservedNode> = new Map();
  codes: ReadonlyMap<string, string | null> = new Map();
  watch: FleetWatch | undefined;
  result: ReturnType<typeof judgeFleet> | undefined;

  constructor(fleet: Fleet = fleetOf()) {
    this.fleet = fleet;
  }

  sight({ nodes, references = [], as = {} }: Sweep): FleetFacts {
    const askedHeights = heightsToAsk(this.fleet, this.watch, [...this.nodes.values()]);
    return {
      fleet: this.fleet,
      nodes: Object.keys(nodes).map((name) => nodeNamed(name, as[name])),
      readings: new Map(
        Object.entries(nodes).map(([name, said]) => [instanceId(name), readingOf(name, said, askedHeights)]),
      ),
      references: references.map((said, place) => referenceOf(said, place, askedHeights)),
      before: { nodes: this.nodes, watch: this.watch },
      askedHeights,
      nowMs: this.nowMs,
    };
  }

  sweep(said: Sweep | Sweep['nodes'], afterMs = MINUTE): this {
    this.nowMs += afterMs;
    const sweep = 'nodes' in said ? (said as Sweep) : { nodes: said as Sweep['nodes'] };
    const result = judgeFleet(this.sight(sweep));
    this.result = result;
    this.nodes = new Map(result.nodes.map(({ node }) => [node.instanceId, node]));
    this.codes = new Map(result.nodes.map(({ node, code }) => [node.name, code]));
    this.watch = { ...result.watch, version: result.watch.version + 1 };
    return this;
  }

  /** `said` for each of so many sweeps, by the number of the sweep from 0. */
  sweeps(count: number, said: (sweep: number) => Sweep | Sweep['nodes']): this {
    for (let sweep = 0; sweep < count; sweep++) this.sweep(said(sweep));
    return this;
  }

  node(name: string): ObservedNode {
    const node = this.nodes.get(instanceId(name));
    if (node === undefined) throw new Error(`no node ${name}`);
    return node;
  }

  /** Health by name. */
  get health(): Record<string, string> {
    return Object.fromEntries([...this.nodes.values()].map(({ name, health }) => [name, health]));
  }

  get conditions(): string[] {
    return Object.keys(this.watch?.conditions ?? {}).sort();
  }
}

function readingOf(name: string, said: Said, heights: readonly number[]): NodeReading {
  if (typeof said === 'object' && 'unasked' in said) return { kind: 'unasked', reason: said.unasked };
  if (typeof said === 'object' && !('kind' in said) && !('height' in said)) {
    const status = said.status ?? { kind: 'error', code: 'malformed', reason: 'a test without a status' };
    return { kind: 'read', reading: { ...said, instanceId: instanceId(name), status } };
  }
  return { kind: 'read', reading: { instanceId: instanceId(name), status: statusReading(said, heights) } };
}

function referenceOf(said: Said, place: number, heights: readonly number[]): ReferenceReading {
  if (typeof said === 'object' && !('kind' in said) && !('height' in said))
    throw new Error('a reference has a status only');
  return { host: `reference${place + 1}.example`, status: statusReading(said, heights) };
}

function statusReading(said: number | Word | Reading<NodeStatus>, heights: readonly number[]): Reading<NodeStatus> {
  if (typeof said === 'object' && 'kind' in said) return said;
  return { kind: 'ok', facts: statusAt(typeof said === 'number' ? { height: said } : said, heights) };
}
