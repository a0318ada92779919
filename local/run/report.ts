// What a run prints: one object whose words and numbers mean what the contract says.
import type { HealPayload, IncidentRecord } from '../../shared/heal/records.ts';
import type { FaultName } from '../region/faults.ts';
import type { Execution } from '../region/lambda/execution.ts';
import { START_MS } from '../region/region.ts';
import type { Lane } from '../region/sandbox.ts';
import { callsOfDispatch, callsOfExecution, countCalls, type HealCalls, isMutation } from './calls.ts';
import type { Violation } from './invariants.ts';
import { type JournalLine, readJournal } from './journal.ts';
import { awsWorkMs, outageMs, seconds } from './measures.ts';
import { peerHeals } from './report-peers.ts';
import { readRecords, type Watch } from './watch.ts';
import type { World } from './world.ts';

export type HealOutcome = 'healed' | 'restored' | 'escalated' | 'unfinished';

export interface HealReport extends HealCalls {
  readonly kind: string;
  readonly fleet: string;
  readonly node: string;
  readonly incident: string;
  readonly attempt: number;
  readonly outcome: HealOutcome;
  readonly reason: string;
  readonly startedAtSeconds: number;
  /** From the alarm's own time-stamp to the proof; null where nothing was proved. */
  readonly alarmToHealedSeconds: number | null;
  /** In which AWS, not we, was still producing a state. */
  readonly awsSeconds: number;
  readonly outageSeconds: number;
  readonly clientSeconds: number;
  readonly caughtUpSeconds: number;
}

export interface Report {
  readonly scenario: string;
  readonly seed: number;
  readonly lane: Lane;
  readonly virtualSeconds: number;
  readonly traceHash: string;
  readonly heals: readonly HealReport[];
  readonly plans: readonly { kind: string; fleet: string; node: string; would: string; reason: string }[];
  readonly refusals: readonly {
    kind: string;
    fleet: string;
    node: string;
    incident: string;
    guardrail: string;
    reason: string;
  }[];
  readonly pages: readonly { fleet: string; node: string; code: string; sentence: string }[];
  readonly nodes: readonly NodeState[];
  readonly dns: readonly { name: string; type: string; values: readonly string[] }[];
  readonly snapshots: readonly unknown[];
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
  readonly volumes: readonly {
    readonly volumeId: string;
    readonly role: string;
    readonly sizeGiB: number;
    readonly usedPercent: number;
    readonly inodesPercent: number;
    readonly type: string;
  }[];
}

export interface RunFacts {
  readonly scenario: string;
  readonly seed: number;
  readonly lane: Lane;
  readonly faults: readonly FaultName[];
}

export function makeReport(world: World, watch: Watch, { scenario, seed, lane }: RunFacts): Report {
  const { region, tableName } = world;
  const journal = readJournal(region, tableName);
  const nodes = world.nodes.map((placed) => nodeState(world, placed));
  return {
    scenario,
    seed,
    lane,
    virtualSeconds: seconds(region.clock.now() - START_MS),
    traceHash: region.front.trace.hash(),
    heals: [
      ...region.lambda.executions().flatMap((execution) => healOf(world, watch, execution, journal)),
      ...peerHeals(world, journal),
    ],
    plans: plansOf(journal),
    refusals: refusalsOf(journal),
    pages: pagesOf(world),
    nodes,
    dns: dnsOf(world),
    snapshots: [],
    fencedCommands: world.nodes.reduce((sum, { machine }) => sum + machine.report().fencedCommands, 0),
    violations: watch.end(),
  };
}

function healOf(world: World, watch: Watch, execution: Execution, journal: readonly JournalLine[]): HealReport[] {
  const { region } = world;
  const payload = JSON.parse(execution.payload) as HealPayload;
  const calls = callsOfExecution(region, execution.arn);
  if (!calls.some(isMutation)) return [];
  const own = journal.filter(({ writer }) => writer === execution.arn);
  const ending = own.findLast(({ kind }) => kind === 'outcome' || kind === 'refusal');
  const proof = own.findLast(({ kind }) => kind === 'proof');
  const outcome = outcomeOf(watch, execution, ending, own);
  const endMs = proof?.atMs ?? execution.endedAtMs ?? region.clock.now();
  const placed = world.nodes.find(({ instanceId }) => instanceId === payload.instanceId);
  const resources = new Set([payload.instanceId, ...(placed?.volumeIds.values() ?? [])]);
  return [
    {
      kind: payload.kind,
      fleet: payload.fleet,
      node: payload.node,
      incident: payload.incidentId,
      attempt: payload.attempt,
      outcome,
      reason: ending?.sentence ?? endedWithoutUs(execution),
      startedAtSeconds: seconds(execution.startedAtMs - START_MS),
      alarmToHealedSeconds: outcome === 'healed' ? seconds(endMs - payload.onsetMs) : null,
      awsSeconds: seconds(awsWorkMs(world, resources, payload.onsetMs, endMs)),
      outageSeconds: placed ? seconds(outageMs(placed, execution.startedAtMs, endMs)) : 0,
      // Growing stops no client, so none has to stop or start because of it.
      clientSeconds: 0,
      caughtUpSeconds: placed ? seconds(world.caughtUpMs(placed, execution.startedAtMs, endMs)) : 0,
      ...countCalls([...callsOfDispatch(region, payload.incidentId, payload.attempt), ...calls]),
    },
  ];
}

function endedWithoutUs({ status, error }: Execution): string {
  if (error?.ErrorMessage) return error.ErrorMessage;
  if (status === 'RUNNING') return 'the execution still runs';
  return status === 'SUCCEEDED' ? 'another heal holds the node' : `the execution ended ${status}`;
}

function outcomeOf(
  watch: Watch,
  { arn }: Execution,
  ending: JournalLine | undefined,
  own: readonly JournalLine[],
): HealOutcome {
  if (!ending) return 'unfinished';
  const mutations = watch.mutations.filter(({ by }) => by === arn);
  const proof = own.findLast(({ kind }) => kind === 'proof');
  if (ending.act === 'healed' && proof && mutations.every(({ record }) => record.at <= proof.atMs)) return 'healed';
  // A lost answer changes nothing about what was done; a command changes a node only where the node says so.
  const changed =
    mutations.some(({ record }) => record.operation === 'ModifyVolume') ||
    own.some(
      ({ kind, act = '', sentence }) => kind === 'result' && act.startsWith('SendCommand') && grew(own, act, sentence),
    );
  const paged = own.some(({ kind }) => kind === 'page');
  return changed || paged ? 'escalated' : 'restored';
}

/** Whether the result is that of a command to grow the filesystem, which the node carried out. */
const grew = (own: readonly JournalLine[], act: string, sentence: string): boolean => {
  const operationId = act.split(' ').at(-1);
  return sentence === 'done' && own.some((line) => line.act === `SendCommand grow-filesystem ${operationId}`);
};

/** What names and peers are about has no incident of its own for each node. */
const subjectOf = ({ fleet, node, incidentId }: JournalLine): string => `${fleet} ${node} ${incidentId}`;

/** The last one of each incident: a plan that is said again replaces what was said before. */
function plansOf(journal: readonly JournalLine[]): Report['plans'] {
  const plans = journal.filter(({ kind }) => kind === 'plan');
  const distinct = new Map(plans.map((plan) => [subjectOf(plan), plan]));
  return [...distinct.values()].map(({ heal, fleet, node, sentence }) => {
    const [would = '', ...reason] = sentence.split(': ');
    return { kind: heal, fleet, node, would, reason: reason.join(': ') };
  });
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

/** The zones of the fleets, without what Route 53 itself puts into each. */
function dnsOf({ region, zones }: World): Report['dns'] {
  return zones
    .flatMap((zone) => region.route53.records(zone))
    .filter(({ type }) => type !== 'NS' && type !== 'SOA')
    .map(({ name, type, values }) => ({ name: name.replace(/\.$/, ''), type, values }));
}

/** What reached the topic since the scenario began: our own pages, and CloudWatch's about the suite itself. */
function pagesOf({ region }: World): Report['pages'] {
  return region.sns
    .published()
    .filter(({ atMs }) => atMs >= START_MS)
    .map(({ message }) => {
      const {
        fleet = '',
        node = '',
        code,
        sentence,
        AlarmName,
        NewStateReason,
      } = JSON.parse(message) as Record<string, string | undefined>;
      return code
        ? { fleet, node, code, sentence: sentence ?? '' }
        : { fleet: '', node: '', code: 'suite-alarm', sentence: `${AlarmName}: ${NewStateReason}` };
    });
}

function nodeState({ region }: World, { fleet, name, role, machine, instanceId }: World['nodes'][number]): NodeState {
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
    volumes: report.volumes.map(({ volumeId, role: volumeRole, usedPercent, inodesPercent }) => {
      const { sizeGiB, type } = region.ec2.volume(volumeId).performance;
      return {
        volumeId,
        role: volumeRole,
        sizeGiB,
        usedPercent: round(usedPercent),
        inodesPercent: round(inodesPercent),
        type,
      };
    }),
  };
}

export const incidentsOf = (world: World): IncidentRecord[] =>
  readRecords<IncidentRecord>(world.region, world.tableName, 'INCIDENT#');

const round = (percent: number): number => Math.round(percent * 10) / 10;
