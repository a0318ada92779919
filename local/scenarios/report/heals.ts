// Durable executions as heals of the report: what each came to, by its journal and by what the world looked like before and after.

import type { HealPayload } from '../../../shared/model/payload.ts';
import { RUNGS, type Rung } from '../../../shared/model/rungs.ts';
import { INCIDENT_TAG } from '../../../shared/model/tags.ts';
import { START_MS } from '../../region.ts';
import type { Execution } from '../../services/lambda/execution.ts';
import type { Mutation, Watch } from '../checks/watch.ts';
import type { Placed, World } from '../world/world.ts';
import { callsOfDispatch, callsOfExecution, countCalls, isMutation } from './calls.ts';
import type { JournalLine } from './journal.ts';
import { awsWorkMs, downBecauseOfUs, outageMs, seconds } from './measures.ts';
import type { HealOutcome, HealReport } from './report.ts';

/** One for each execution that made a mutation. */
export function durableHeals(world: World, watch: Watch, journal: readonly JournalLine[]): HealReport[] {
  return world.region.lambda.executions().flatMap((execution) => healOf(world, watch, execution, journal));
}

function healOf(world: World, watch: Watch, execution: Execution, journal: readonly JournalLine[]): HealReport[] {
  const { region } = world;
  const payload = JSON.parse(execution.payload) as HealPayload;
  const calls = callsOfExecution(region, execution.arn);
  if (!calls.some(isMutation)) return [];
  const own = journal.filter(({ writer }) => writer === execution.arn);
  const ending = own.findLast(({ kind }) => kind === 'outcome' || kind === 'refusal');
  const proof = own.findLast(({ kind }) => kind === 'proof');
  const outcome = outcomeOf(watch, payload, execution, ending, own);
  const endMs = proof?.atMs ?? execution.endedAtMs ?? region.clock.now();
  const machines = machinesOf(world, payload);
  const rung = outcome === 'healed' ? rungOf(own) : undefined;
  const caughtUpMs = machines.map((placed) => world.caughtUpMs(placed, execution.startedAtMs, endMs));
  return [
    {
      kind: payload.kind,
      fleet: payload.fleet,
      node: payload.node,
      incident: payload.incidentId,
      attempt: payload.attempt,
      ...(rung !== undefined && { rung }),
      outcome,
      reason: ending?.sentence ?? endedWithoutUs(execution),
      startedAtSeconds: seconds(execution.startedAtMs - START_MS),
      alarmToHealedSeconds: outcome === 'healed' ? seconds(endMs - payload.onsetMs) : null,
      awsSeconds: seconds(awsWorkMs(world, resourcesOf(world, payload, machines), payload.onsetMs, endMs)),
      ...downOf(payload, machines, execution.startedAtMs, endMs),
      caughtUpSeconds: seconds(Math.max(0, ...caughtUpMs)),
      ...countCalls([...callsOfDispatch(region, payload.incidentId, payload.attempt), ...calls]),
    },
  ];
}

function downOf({ kind }: HealPayload, machines: readonly Placed[], fromMs: number, endMs: number) {
  // Growing stops no client, so none has to stop or start because of it.
  if (kind === 'resize-volume') {
    const down = machines.reduce((sum, placed) => sum + outageMs(placed, fromMs, endMs), 0);
    return { outageSeconds: seconds(down), clientSeconds: 0 };
  }
  const { outageMs: down, clientMs } = downBecauseOfUs(machines, fromMs, endMs);
  return { outageSeconds: seconds(down), clientSeconds: seconds(clientMs) };
}

/** All that had the node's name: the one that it was told of, and those that took its place. */
const machinesOf = ({ nodes }: World, { kind, fleet, node, instanceId }: HealPayload): readonly Placed[] =>
  nodes.filter(
    (placed) =>
      placed.instanceId === instanceId ||
      (kind === 'replace-node' && placed.fleet.name === fleet && placed.name === node),
  );

/** What AWS had to work on: the node's own, and what was made for this incident. */
function resourcesOf({ region }: World, { incidentId }: HealPayload, machines: readonly Placed[]): ReadonlySet<string> {
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

/** What the heal itself says has helped, in its proof or at its end. */
function rungOf(own: readonly JournalLine[]): Rung | undefined {
  const said = own
    .filter(({ kind }) => kind === 'proof' || kind === 'outcome')
    .map(({ evidence }) => /"rung":"([a-z-]+)"/.exec(evidence ?? '')?.[1]);
  return RUNGS.find((rung) => rung === said.findLast((word) => word !== undefined));
}

function endedWithoutUs({ status, error }: Execution): string {
  if (error?.ErrorMessage) return error.ErrorMessage;
  if (status === 'RUNNING') return 'the execution still runs';
  return status === 'SUCCEEDED' ? 'another heal holds the node' : `the execution ended ${status}`;
}

function outcomeOf(
  watch: Watch,
  { kind, incidentId }: HealPayload,
  { arn }: Execution,
  ending: JournalLine | undefined,
  own: readonly JournalLine[],
): HealOutcome {
  if (!ending) return 'unfinished';
  const mutations = watch.mutations.filter(({ by }) => by === arn);
  const proof = own.findLast((line) => line.kind === 'proof');
  const after = mutations.filter(({ record }) => proof && record.at > proof.atMs);
  if (ending.act === 'healed' && proof && after.every((mutation) => kind !== 'resize-volume' && isClearingUp(mutation)))
    return 'healed';
  if (kind !== 'resize-volume') return watch.isAsFound(incidentId, arn) ? 'restored' : 'escalated';
  // A lost answer changes nothing about what was done; a command changes a node only where the node says so.
  const changed =
    mutations.some(({ record }) => record.operation === 'ModifyVolume') ||
    own.some(
      (line) => line.kind === 'result' && line.act?.startsWith('SendCommand') && grew(own, line.act, line.sentence),
    );
  const paged = own.some((line) => line.kind === 'page');
  return changed || paged ? 'escalated' : 'restored';
}

/** What is done about the things that a proved node no longer uses, and about who uses it. */
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
]);

/** Whether the result is that of a command to grow the filesystem, which the node carried out. */
const grew = (own: readonly JournalLine[], act: string, sentence: string): boolean => {
  const operationId = act.split(' ').at(-1);
  return sentence === 'done' && own.some((line) => line.act === `SendCommand grow-filesystem ${operationId}`);
};
