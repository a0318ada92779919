// The heals of a report: the result of each durable execution, and of each run of rotate-peers. Sources: the journal, and the world before and after.
import type { HealPayload } from '../../../shared/model/payload.ts';
import type { Rung } from '../../../shared/model/rungs.ts';
import { INCIDENT_TAG } from '../../../shared/model/tags.ts';
import { START_MS } from '../../region.ts';
import type { Execution } from '../../services/lambda/execution.ts';
import type { Checker } from '../checks/checker.ts';
import type { PlacedNode, World } from '../world/world.ts';
import {
  callsOfDispatch,
  callsOfExecution,
  callsOfSpan,
  countCalls,
  type HealCalls,
  isMutation,
  type Mutation,
} from './calls.ts';
import type { JournalLine } from './journal.ts';
import {
  awsTime,
  downtimeByHeals,
  nodeOutageMs,
  nodeOutages,
  outageMs,
  type Span,
  seconds,
  timeOfAll,
} from './measures.ts';

export type HealOutcome = 'healed' | 'restored' | 'escalated' | 'unfinished';

export interface HealReport extends HealCalls {
  readonly kind: string;
  readonly fleet: string;
  readonly node: string;
  readonly incident: string;
  readonly attempt: number;
  /** Of the ladder: the rung that healed. */
  readonly rung?: Rung;
  readonly outcome: HealOutcome;
  readonly reason: string;
  readonly startedAtSeconds: number;
  /** From the alarm's own time-stamp to the proof; null without a proof. */
  readonly alarmToHealedSeconds: number | null;
  /** Time in which AWS, not chainmend, was making what the heal waited for. */
  readonly awsSeconds: number;
  /** Time in which AWS went on loading a volume's blocks while the node served already. */
  readonly backgroundSeconds: number;
  /** How long the node served nothing, for whatever reason; `outageSeconds` is the part that the heal caused. */
  readonly nodeOutageSeconds: number;
  readonly outageSeconds: number;
  readonly clientSeconds: number;
  readonly caughtUpSeconds: number;
}

const ROTATION = 'rotate-peers';

interface Measured {
  readonly report: HealReport;
  /** When each of its nodes served nothing: attempts and incidents of one node share an outage. */
  readonly down: readonly { readonly node: string; readonly spans: readonly Span[] }[];
}

/** All heals; and for how long their nodes served nothing, where an outage that several of them share counts once. */
export function measureHeals(
  world: World,
  checker: Checker,
  journal: readonly JournalLine[],
): { readonly heals: HealReport[]; readonly nodeOutageSeconds: number } {
  const all = [...durableHeals(world, checker, journal), ...peerHeals(world, journal)];
  const nodes = Map.groupBy(
    all.flatMap(({ down }) => down),
    ({ node }) => node,
  );
  const outages = [...nodes.values()].map((same) => timeOfAll(same.flatMap(({ spans }) => spans)));
  return {
    heals: all.map(({ report }) => report),
    nodeOutageSeconds: seconds(outages.reduce((sum, ms) => sum + ms, 0)),
  };
}

/** One for each execution that made a mutation. */
function durableHeals(world: World, checker: Checker, journal: readonly JournalLine[]): Measured[] {
  const executions = world.region.lambda.executions();
  const attempts = Map.groupBy(executions, (execution) => (JSON.parse(execution.payload) as HealPayload).incidentId);
  return executions.flatMap((execution) => healOf(world, checker, execution, { journal, attempts }));
}

interface Told {
  readonly journal: readonly JournalLine[];
  /** All attempts of each incident: what one ends may be what an earlier one has begun. */
  readonly attempts: ReadonlyMap<string, readonly Execution[]>;
}

function healOf(world: World, checker: Checker, execution: Execution, { journal, attempts }: Told): Measured[] {
  const { region } = world;
  const payload = JSON.parse(execution.payload) as HealPayload;
  const calls = callsOfExecution(region, execution.arn);
  if (!calls.some(isMutation)) return [];
  const own = journal.filter(({ writer }) => writer === execution.arn);
  const ending = own.findLast(({ kind }) => kind === 'outcome' || kind === 'refusal');
  const proof = own.findLast(({ kind }) => kind === 'proof');
  const outcome = outcomeOf(checker, payload, execution, ending, own);
  const endMs = proof?.atMs ?? execution.endedAtMs ?? region.clock.now();
  const machines = machinesOf(world, payload);
  const rung = outcome === 'healed' ? rungOf(own) : undefined;
  const caughtUpMs = machines.map((placed) => world.caughtUpMs(placed, execution.startedAtMs, endMs));
  const report: HealReport = {
    kind: payload.kind,
    fleet: payload.fleet,
    node: payload.node,
    incident: payload.incidentId,
    attempt: payload.attempt,
    ...(rung !== undefined && { rung }),
    outcome,
    reason: ending?.sentence ?? endReasonOf(execution),
    startedAtSeconds: seconds(execution.startedAtMs - START_MS),
    alarmToHealedSeconds: outcome === 'healed' ? seconds(endMs - payload.onsetMs) : null,
    ...awsOf(world, resourcesOf(world, payload, machines), machines, payload.onsetMs, endMs),
    nodeOutageSeconds: seconds(nodeOutageMs(machines, execution.startedAtMs, endMs)),
    ...downOf(payload, machines, spansOf(attempts.get(payload.incidentId) ?? [], execution, endMs)),
    caughtUpSeconds: seconds(Math.max(0, ...caughtUpMs)),
    ...countCalls([...callsOfDispatch(region, payload.incidentId, payload.attempt), ...calls]),
  };
  const node = `${payload.fleet}/${payload.node}`;
  return [{ report, down: [{ node, spans: nodeOutages(machines, execution.startedAtMs, endMs) }] }];
}

function awsOf(
  world: World,
  resources: ReadonlySet<string>,
  machines: readonly PlacedNode[],
  fromMs: number,
  toMs: number,
) {
  const { awsMs, backgroundMs } = awsTime(world, resources, {
    fromMs,
    toMs,
    down: nodeOutages(machines, fromMs, toMs),
  });
  return { awsSeconds: seconds(awsMs), backgroundSeconds: seconds(backgroundMs) };
}

/** When this attempt and those before it were at work, the own one last. */
const spansOf = (attempts: readonly Execution[], { startedAtMs }: Execution, endMs: number): readonly Span[] => [
  ...attempts
    .filter((other) => other.startedAtMs < startedAtMs)
    .map((other): Span => [other.startedAtMs, other.endedAtMs ?? startedAtMs]),
  [startedAtMs, endMs],
];

function downOf({ kind }: HealPayload, machines: readonly PlacedNode[], spans: readonly Span[]) {
  const [fromMs = 0, endMs = 0] = spans.at(-1) ?? [];
  // Growing stops no client, so no client stops or starts because of it.
  if (kind === 'resize-volume') {
    const down = machines.reduce((sum, placed) => sum + outageMs(placed, fromMs, endMs), 0);
    return { outageSeconds: seconds(down), clientSeconds: 0 };
  }
  const { outageMs: down, clientMs } = downtimeByHeals(machines, spans);
  return { outageSeconds: seconds(down), clientSeconds: seconds(clientMs) };
}

/** All machines that had the node's name: the original one, and its replacements. */
const machinesOf = (
  { nodes, terminated }: World,
  { kind, fleet, node, instanceId }: HealPayload,
): readonly PlacedNode[] =>
  [...terminated, ...nodes].filter(
    (placed) =>
      placed.instanceId === instanceId ||
      (kind === 'replace-node' && placed.fleet.name === fleet && placed.name === node),
  );

/** The resources that AWS worked on: the node's own, and those made for this incident. */
function resourcesOf(
  { region }: World,
  { incidentId }: HealPayload,
  machines: readonly PlacedNode[],
): ReadonlySet<string> {
  const { ec2 } = region;
  const all = [
    ...ec2.volumes().map(({ volumeId }) => volumeId),
    ...ec2.instances().map(({ instanceId }) => instanceId),
    ...ec2.snapshots().map(({ snapshotId }) => snapshotId),
  ];
  return new Set([
    ...machines.flatMap(({ instanceId, volumeIds }) => [instanceId, ...volumeIds.values()]),
    ...all.filter((id) => ec2.tags(id)[INCIDENT_TAG] === incidentId),
  ]);
}

/** The rung in the heal's proof. */
const rungOf = (own: readonly JournalLine[]): Rung | undefined =>
  own.findLast(({ kind, fields }) => kind === 'proof' && fields.rung != null)?.fields.rung ?? undefined;

function endReasonOf({ status, error }: Execution): string {
  if (error?.ErrorMessage) return error.ErrorMessage;
  if (status === 'RUNNING') return 'the execution still runs';
  return status === 'SUCCEEDED' ? 'another heal holds the node' : `the execution ended ${status}`;
}

function outcomeOf(
  checker: Checker,
  { kind, incidentId }: HealPayload,
  { arn }: Execution,
  ending: JournalLine | undefined,
  own: readonly JournalLine[],
): HealOutcome {
  if (!ending) return 'unfinished';
  const mutations = checker.mutations.filter(({ by }) => by === arn);
  const proof = own.findLast((line) => line.kind === 'proof');
  const after = mutations.filter(({ record }) => proof && record.at > proof.atMs);
  if (ending.act === 'healed' && proof && after.every((mutation) => kind !== 'resize-volume' && isClearingUp(mutation)))
    return 'healed';
  if (kind !== 'resize-volume') return checker.isAsFound(incidentId, arn) ? 'restored' : 'escalated';
  // A lost response does not undo a request; a command changes a node only if the node says so.
  const changed =
    mutations.some(({ record }) => record.operation === 'ModifyVolume') || own.some((line) => grew(own, line));
  const paged = own.some((line) => line.kind === 'page');
  return changed || paged ? 'escalated' : 'restored';
}

/** Deleting or marking what a proved node no longer uses, and changing its users. */
const isClearingUp = ({ record: { operation } }: Mutation): boolean => CLEARING_UP.has(operation);

const CLEARING_UP: ReadonlySet<string> = new Set([
  'DetachVolume',
  'ModifyInstanceAttribute',
  'StopInstances',
  'AssociateAddress',
  'DisassociateAddress',
  'RegisterTargets',
  'DeregisterTargets',
  'ExitStandby',
  // Of what was launched for a drill.
  'TerminateInstances',
  'DeleteVolume',
]);

/** Whether the result belongs to a command to grow the filesystem, which the node executed. */
const grew = (own: readonly JournalLine[], { kind, operationId, fields }: JournalLine): boolean =>
  kind === 'result' &&
  fields.status === 'done' &&
  own.some((line) => line.command === 'grow-filesystem' && line.operationId === operationId);

/** One for each run that made a mutation; a run may have changed several nodes, one after the other. */
function peerHeals(world: World, journal: readonly JournalLine[]): Measured[] {
  const lines = journal.filter(({ heal, atMs }) => heal === ROTATION && atMs >= START_MS);
  const writers = new Set(lines.filter(({ kind }) => kind === 'intent').map(({ writer }) => writer));
  return [...writers].map((writer) => {
    const own = lines.filter((line) => line.writer === writer);
    return peerHealOf(
      world,
      // A node that was only read is left out.
      own.filter(({ instanceId }) => own.some((line) => line.kind === 'intent' && line.instanceId === instanceId)),
    );
  });
}

function peerHealOf(world: World, own: readonly JournalLine[]): Measured {
  const { region } = world;
  const startedMs = Math.min(...own.map(({ atMs }) => atMs));
  const ids = new Set(own.map(({ instanceId }) => instanceId));
  const ends = [...ids].map((id) => own.findLast((line) => line.instanceId === id && isEnd(line)));
  const outcome = worst(ends);
  const proofMs = Math.max(
    ...own.filter(({ kind }) => kind === 'proof').map(({ atMs }) => atMs),
    Number.NEGATIVE_INFINITY,
  );
  const endMs = outcome === 'healed' ? proofMs : Math.max(...own.map(({ atMs }) => atMs));
  const placed = world.nodes.filter(({ instanceId }) => ids.has(instanceId));
  // One command stops and starts the client: the whole outage is the client's own.
  const outage = seconds(placed.reduce((sum, node) => sum + outageMs(node, startedMs, endMs), 0));
  const span = region.spans.find(
    ({ functionName, startedAtMs, endedAtMs }) =>
      functionName.endsWith(ROTATION) &&
      startedAtMs <= startedMs &&
      startedMs <= (endedAtMs ?? Number.POSITIVE_INFINITY),
  );
  const down = placed.map((node) => ({
    node: `${node.fleet.name}/${node.name}`,
    spans: nodeOutages([node], startedMs, endMs),
  }));
  const report: HealReport = {
    kind: ROTATION,
    fleet: own[0]?.fleet ?? '',
    node: [...new Set(own.map(({ node }) => node))].join(', '),
    incident: own[0]?.incidentId ?? '',
    attempt: own[0]?.attempt ?? 1,
    outcome,
    reason: ends.map((end) => (end ? `${end.node}: ${end.sentence}` : 'it broke off')).join('; '),
    startedAtSeconds: seconds(startedMs - START_MS),
    // It has no alarm: counted from the time at which the run saw the trouble.
    alarmToHealedSeconds: outcome === 'healed' ? seconds(endMs - startedMs) : null,
    ...awsOf(world, ids, [], startedMs, endMs),
    nodeOutageSeconds: seconds(placed.reduce((sum, node) => sum + nodeOutageMs([node], startedMs, endMs), 0)),
    outageSeconds: outage,
    clientSeconds: outage,
    caughtUpSeconds: seconds(Math.max(0, ...placed.map((node) => world.caughtUpMs(node, startedMs, endMs)))),
    ...countCalls(span ? callsOfSpan(region, span) : []),
  };
  return { report, down };
}

const isEnd = ({ kind }: JournalLine): boolean => kind === 'outcome' || kind === 'refusal';

const WORST_FIRST = ['unfinished', 'escalated', 'restored', 'healed'] as const satisfies readonly HealOutcome[];

/** Of all its nodes: a run counts as its worst node. */
function worst(ends: readonly (JournalLine | undefined)[]): HealOutcome {
  const outcomes = ends.map((end): HealOutcome => {
    if (!end) return 'unfinished';
    if (end.kind === 'refusal') return 'restored';
    return WORST_FIRST.find((outcome) => outcome === end.act) ?? 'escalated';
  });
  return WORST_FIRST.find((outcome) => outcomes.includes(outcome)) ?? 'unfinished';
}
