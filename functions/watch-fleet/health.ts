// The health of a fleet, as a pure function of what one sweep has seen and of what was seen before. Each judgement comes with the
// sentence that explains it.
import type { BlockHash, NodeStatus } from '../../shared/chains/client.ts';
import type { FleetNode } from '../../shared/fleet/nodes.ts';
import { doubledNames } from '../../shared/fleet/nodes.ts';
import type { FleetWatch, NodeMemory, ObservedNode } from '../../shared/fleet/observation.ts';
import type { TroubleKind } from '../../shared/model/guardrail-codes.ts';
import { type Consensus, judgeConsensus } from './consensus.ts';
import { haltedSince } from './halt.ts';
import { compareHashes } from './hashes.ts';
import { type Context, judgeNode } from './node-health.ts';
import { judgeReferences } from './references.ts';
import { isOurs, type NodeReading, type Sight } from './sight.ts';
import { type Source, sourcesOf } from './sources.ts';
import { startOf } from './start.ts';
import { tipOf } from './tip.ts';
import { follow, UNTRACKED, WATCHED_MS } from './track.ts';
import { type Found, fleetTroubles, since, stillPaged, WELL_FOR_MS } from './troubles.ts';
import { oneLine } from './words.ts';

export interface JudgedNode {
  readonly node: ObservedNode;
  /** What a person would be paged for; null while nothing is wrong with it. */
  readonly code: TroubleKind | null;
}

export interface FleetHealth {
  /** In the order of the nodes. */
  readonly nodes: readonly JudgedNode[];
  /** `version` is still that of the watch before. */
  readonly watch: FleetWatch;
  /** Whether the tip is confirmed by who was heard now: otherwise nothing is published of it. */
  readonly tipConfirmed: boolean;
  readonly consensus: Consensus['metrics'];
}

export function judgeFleet(sight: Sight): FleetHealth {
  const { fleet, nowMs, before } = sight;
  const sources = sourcesOf(sight);
  const hashes = compareHashes(sight, sources.all);
  const onBranch = sources.all.filter(({ key }) => !hashes.differing.has(key));
  const tip = tipOf(onBranch, before.watch, nowMs);
  const haltedSinceMs = haltedSince(fleet, tip, onBranch, before.watch, nowMs);
  const references = judgeReferences(sight, sources, hashes, tip);
  const context: Context = {
    sight,
    sources,
    onBranch,
    hashes,
    tip,
    haltedSinceMs,
    byKey: new Map(sources.all.map((source) => [source.key, source])),
    watched: before.watch !== undefined && nowMs - before.watch.observedAtMs <= WATCHED_MS,
  };
  const nodes = sight.nodes.map((node) => observe(node, context));
  const consensus = judgeConsensus(
    sight,
    nodes.map(({ node }) => node),
  );
  const found: Found = {
    ...{ references, haltedSinceMs, divided: hashes.divided, networks: sources.networks },
    doubled: doubledNames(sight.nodes),
  };
  const troubles = new Map([...fleetTroubles(sight, nodes, found), ...consensus.troubles]);
  return {
    nodes,
    tipConfirmed: tip.confirmed,
    consensus: consensus.metrics,
    watch: {
      observedAtMs: nowMs,
      tip: tip.height,
      tipSinceMs: tip.sinceMs,
      tipSeenAtMs: tip.seenAtMs,
      haltedSinceMs,
      canonical: hashes.canonical ?? before.watch?.canonical ?? null,
      chainId: sources.chainId,
      references,
      troubles: since(troubles, before.watch, nowMs),
      paged: stillPaged(troubles, before.watch, nowMs),
      version: before.watch?.version ?? 0,
    },
  };
}

function observe(node: FleetNode, context: Context): JudgedNode {
  const { sight, hashes, tip } = context;
  const { nowMs } = sight;
  const { instanceId, name, role, availabilityZone, privateIp } = node;
  const before = sight.before.nodes.get(instanceId);
  const reading = sight.readings.get(instanceId);
  const heard = node.state === 'running' ? heardOf(reading) : 'nothing';
  const start = startOf(heard, before, context.watched, nowMs);
  const source = context.byKey.get(instanceId);
  const doubted = doubtOf(source, before, hashes, nowMs);
  const verdict = judgeNode(node, reading, before, start, doubted, context);
  const status = node.state === 'running' && reading?.kind === 'read' ? reading.reading.status : undefined;
  const facts = status?.kind === 'ok' ? status.facts : undefined;
  // One that is on another network makes progress there, of which nothing is known here.
  const track = source?.track ?? follow(before?.memory?.track ?? UNTRACKED, undefined, nowMs);
  const height = source === undefined ? null : source.status.height;
  const sinceMs = before?.health === verdict.health ? before.sinceMs : nowMs;
  const metrics = reading?.kind === 'read' && reading.reading.geth?.kind === 'ok' ? reading.reading.geth.facts : null;
  return {
    code: verdict.code,
    node: {
      ...{ instanceId, name, role, availabilityZone, privateIp },
      health: verdict.health,
      reason: oneLine(verdict.reason),
      sinceMs,
      height,
      ...ledgerFactsOf(facts),
      heightSinceMs: track.sinceMs,
      lagBlocks: height === null || tip.height === null ? null : Math.max(0, tip.height - height),
      blockAgeSeconds:
        facts?.blockTimeMs === undefined ? null : Math.max(0, Math.floor((nowMs - facts.blockTimeMs) / 1000)),
      peerCount: facts?.peerCount ?? metrics?.peers ?? null,
      startedAtMs: start.startedAtMs,
      seenSinceMs: before?.seenSinceMs ?? nowMs,
      paged: verdict.health === 'synced' && nowMs - sinceMs >= WELL_FOR_MS ? [] : (before?.paged ?? []),
      ...(verdict.cause && { cause: verdict.cause }),
      memory: {
        track,
        heard: heard ?? before?.memory?.heard ?? null,
        starts: verdict.health === 'synced' ? 0 : start.starts,
        doubted,
      },
    },
  };
}

/** What the ledger of a snapshot that is taken in a moment will say of its data. */
function ledgerFactsOf(facts: NodeStatus | undefined): Pick<ObservedNode, 'block' | 'clientVersion'> {
  const block = facts?.hashes.reduce<BlockHash | undefined>(
    (newest, known) => (newest === undefined || known.height > newest.height ? known : newest),
    undefined,
  );
  const clientVersion = facts?.clientVersion;
  return { ...(block && { block }), ...(clientVersion !== undefined && { clientVersion }) };
}

/** undefined: it was not asked, or we are not let in, and nothing is known of it. */
function heardOf(reading: NodeReading | undefined): NonNullable<NodeMemory['heard']> | undefined {
  if (reading?.kind !== 'read') return undefined;
  const { status } = reading.reading;
  if (status.kind === 'ok') return 'facts';
  if (status.kind === 'starting') return 'starting';
  return isOurs(status.code) ? undefined : 'nothing';
}

function doubtOf(
  source: Source | undefined,
  before: ObservedNode | undefined,
  { doubtful, agreeing }: { readonly doubtful: ReadonlySet<string>; readonly agreeing: ReadonlySet<string> },
  nowMs: number,
): NodeMemory['doubted'] {
  const known = before?.memory?.doubted ?? null;
  if (source === undefined) return known;
  if (doubtful.has(source.key)) return known ?? { sinceMs: nowMs, height: source.status.height };
  return agreeing.has(source.key) ? null : known;
}
