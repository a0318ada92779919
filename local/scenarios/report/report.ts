// Builds a run's output: one object whose words and numbers have the meaning of the contract.

import { START_MS } from '../../region.ts';
import type { Lane } from '../../simulator/lambda-runtime/sandbox.ts';
import type { Checker } from '../checks/checker.ts';
import type { Violation } from '../checks/invariants.ts';
import type { World } from '../world/world.ts';
import { type HealReport, measureHeals } from './heals.ts';
import { type JournalLine, readJournal } from './journal.ts';
import { seconds } from './measures.ts';
import { type PageReport, pagesOf } from './pages.ts';
import { type SnapshotState, snapshotsIn } from './snapshots.ts';

export interface Report {
  readonly scenario: string;
  readonly seed: number;
  readonly lane: Lane;
  readonly virtualSeconds: number;
  readonly traceHash: string;
  readonly heals: readonly HealReport[];
  /** How long nodes that were healed served nothing: an outage counts once, however many attempts and incidents met it. */
  readonly nodeOutageSeconds: number;
  readonly plans: readonly { kind: string; fleet: string; node: string; would: string; reason: string }[];
  readonly refusals: readonly {
    kind: string;
    fleet: string;
    node: string;
    incident: string;
    guardrail: string;
    reason: string;
  }[];
  readonly pages: readonly PageReport[];
  readonly nodes: readonly NodeState[];
  readonly dns: readonly { name: string; type: string; values: readonly string[] }[];
  readonly snapshots: readonly SnapshotState[];
  readonly fencedCommands: number;
  readonly violations: readonly Violation[];
}

export interface NodeState {
  readonly fleet: string;
  readonly node: string;
  readonly role: string;
  readonly state: string;
  readonly height: number;
  readonly heightLag: number;
  readonly peers: number;
  readonly instanceId: string;
  readonly availabilityZone: string;
  readonly privateIp: string;
  /** How often commands and boots have started its client, on this instance. */
  readonly clientStarts: number;
  /** Each health in which it was seen since the story began, in the order in which it was first seen. */
  readonly seen: readonly string[];
  readonly volumes: readonly {
    readonly volumeId: string;
    readonly role: string;
    readonly sizeGiB: number;
    readonly usedPercent: number;
    readonly inodesPercent: number;
    readonly type: string;
    /** What it was made from; empty where it was made empty. */
    readonly snapshotId: string;
  }[];
}

export interface RunFacts {
  readonly scenario: string;
  readonly seed: number;
  readonly lane: Lane;
  /** Invariants that were broken. */
  readonly violations: readonly Violation[];
}

export function makeReport(world: World, checker: Checker, { scenario, seed, lane, violations }: RunFacts): Report {
  const { region, tableName } = world;
  const journal = readJournal(region, tableName);
  const nodes = world.current.map((placed) => nodeState(world, placed, journal));
  return {
    scenario,
    seed,
    lane,
    virtualSeconds: seconds(region.clock.now() - START_MS),
    traceHash: region.gateway.trace.hash(),
    ...measureHeals(world, checker, journal),
    plans: plansOf(journal),
    refusals: refusalsOf(journal),
    pages: pagesOf(region),
    nodes,
    dns: dnsOf(world),
    snapshots: snapshotsIn(world),
    fencedCommands: world.nodes.reduce((sum, { machine }) => sum + machine.report().fencedCommands, 0),
    violations,
  };
}

/** Entries about names and peers have no incident for each node. */
const subjectOf = ({ fleet, node, incidentId }: JournalLine): string => `${fleet} ${node} ${incidentId}`;

/** The last plan of each incident: a repeated plan replaces the one before. */
function plansOf(journal: readonly JournalLine[]): Report['plans'] {
  const plans = journal.filter(({ kind }) => kind === 'plan');
  const distinct = new Map(plans.map((plan) => [subjectOf(plan), plan]));
  return [...distinct.values()].map(({ heal, fleet, node, sentence, fields: { would = sentence, because = '' } }) => ({
    ...{ kind: heal, fleet, node, would, reason: because },
  }));
}

/** One per incident and guardrail, with its first reason. */
function refusalsOf(journal: readonly JournalLine[]): Report['refusals'] {
  const first = new Map<string, JournalLine>();
  for (const line of journal) {
    const key = `${subjectOf(line)} ${line.code}`;
    if (line.kind === 'refusal' && !first.has(key)) first.set(key, line);
  }
  return [...first.values()].map(({ heal, fleet, node, incidentId, code = '', sentence }) => ({
    kind: heal,
    fleet,
    node,
    incident: incidentId,
    guardrail: code,
    reason: sentence,
  }));
}

/** The zones of the fleets, without the records that Route 53 itself adds. */
function dnsOf({ region, zones }: World): Report['dns'] {
  return zones
    .flatMap((zone) => region.route53.records(zone))
    .filter(({ type }) => type !== 'NS' && type !== 'SOA')
    .map(({ name, type, values }) => ({ name: name.replace(/\.$/, ''), type, values }));
}

/** By the changes that watch-fleet has written. */
function seenSince(journal: readonly JournalLine[], fleet: string, node: string): readonly string[] {
  const changes = journal.filter(
    (line) => line.heal === 'watch-fleet' && line.atMs >= START_MS && line.fleet === fleet && line.node === node,
  );
  return [...new Set(changes.flatMap(({ fields: { to } }) => (typeof to === 'string' ? [to] : [])))];
}

function nodeState(
  { region }: World,
  { fleet, name, role, machine, instanceId }: World['nodes'][number],
  journal: readonly JournalLine[],
): NodeState {
  const report = machine.report();
  const instance = region.ec2.instance(instanceId);
  return {
    fleet: fleet.name,
    node: name,
    role,
    state: report.state,
    height: report.height,
    heightLag: report.heightLag,
    peers: report.peers,
    instanceId,
    availabilityZone: instance.availabilityZone,
    privateIp: machine.privateIp,
    clientStarts: report.clientStarts.length,
    seen: seenSince(journal, fleet.name, name),
    volumes: report.volumes.flatMap(({ volumeId, role: volumeRole, usedPercent, inodesPercent }) => {
      const known = region.ec2.volumes().find((volume) => volume.volumeId === volumeId);
      // Nothing was ever mounted there.
      if (!known) return [];
      const { snapshotId } = known;
      const { sizeGiB, type } = known.performance;
      return {
        volumeId,
        role: volumeRole,
        sizeGiB,
        usedPercent: round(usedPercent),
        inodesPercent: round(inodesPercent),
        type,
        snapshotId,
      };
    }),
  };
}

const round = (percent: number): number => Math.round(percent * 10) / 10;
