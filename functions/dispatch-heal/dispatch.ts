// Takes one candidate to its heal: finds its node, reads its records, decides, writes the decision, and starts the heal or refuses it.
import { DurableExecutionAlreadyStartedException, InvokeCommand } from '@aws-sdk/client-lambda';
import { logInfo, logWarn } from '../../shared/aws/log.ts';
import { EventError, NotNowError } from '../../shared/events/errors.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { isInGroup, nameApart } from '../../shared/fleet/node-names.ts';
import { missedOf } from '../../shared/fleet/observation.ts';
import { roleOf } from '../../shared/fleet/resolve.ts';
import { fleetOf } from '../../shared/fleet/selection.ts';
import type { FleetView } from '../../shared/guardrails/fleet-view.ts';
import { judgeQueued } from '../../shared/guardrails/grow.ts';
import type { Pace } from '../../shared/guardrails/pace.ts';
import { holdersOf } from '../../shared/guardrails/replace-budget.ts';
import type { RotationRecord } from '../../shared/guardrails/rotation.ts';
import { judgeFleetSwitches, judgePauseTag } from '../../shared/guardrails/switches.ts';
import { judgeTerminated } from '../../shared/guardrails/terminated.ts';
import { type HeightUnderWay, judgeBelowHeight } from '../../shared/guardrails/upgrade.ts';
import { readHolders } from '../../shared/heal/budgets.ts';
import { readExecution } from '../../shared/heal/claim.ts';
import { pendingPageOf, refuseOpen, spent } from '../../shared/heal/incident.ts';
import { createJournal } from '../../shared/heal/journal.ts';
import { newNode, passedOver } from '../../shared/heal/lease.ts';
import type { IncidentRecord, NodeRecord } from '../../shared/heal/records.ts';
import { healOf } from '../../shared/heal/records.ts';
import { keys, type Store, settle } from '../../shared/heal/store.ts';
import { COPIES, copiesId } from '../../shared/model/copies.ts';
import type { ExecutionStatus } from '../../shared/model/execution.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { HealKind, HealPayload } from '../../shared/model/payload.ts';
import { JOINING_TAG, RETIRED_TAG } from '../../shared/model/tags.ts';
import { type Trigger, triggerText } from '../../shared/model/trigger.ts';
import { diskTriggerOf } from './alarms.ts';
import { DISPATCHER, type DispatchContext, type DispatcherServices } from './context.ts';
import {
  type Candidate,
  type Dispatch,
  decideDispatch,
  diskFirst,
  executionName,
  isDown,
  isLastWord,
  judgeBeforeStart,
  type ListRestart,
  peersFirst,
  restartFirst,
} from './decide.ts';
import { readInstances, type TaggedInstance } from './facts.ts';
import { journalLastWord } from './last-word.ts';
import { judgeAtDoor, mayRestart, readPace } from './paced.ts';
import { awaitSweep, judgeTurn, type QueueFacts } from './queue.ts';

/** One candidate of an event or of a person. */
export async function considerCandidate(
  context: DispatchContext,
  candidate: Candidate,
): Promise<DispatchResult | undefined> {
  const instances = await readInstances(context.clients.ec2, [candidate.instanceId]);
  return considerKnownInstance(context, instances, candidate);
}

/** @returns undefined where the instance is no fleet's node, and that is no mistake */
export async function considerKnownInstance(
  context: DispatchContext,
  instances: ReadonlyMap<string, TaggedInstance>,
  candidate: Candidate,
): Promise<DispatchResult | undefined> {
  const { fleets } = context.settings;
  const { alarmName, dimensions } = candidate.alarm;
  const instance = instances.get(candidate.instanceId);
  if (candidate.settles !== undefined) {
    // Even if the instance is gone: what a heal began for it is in its records.
    const fleet = fleets.find(({ name }) => name === candidate.fleet);
    const known = { candidate, instance: instance ?? { instanceId: candidate.instanceId, tags: {} } };
    return fleet && dispatchCandidate(context, { ...known, fleet, trigger: candidate.settles });
  }
  if (candidate.trigger?.subject === 'terminated') return considerTerminated(context, candidate);
  const copied = fleets.find(({ name }) => name === candidate.fleet && candidate.instanceId === copiesId(name));
  if (copied && candidate.trigger) {
    // No node is imitated: here are copies alone.
    const none = { instanceId: candidate.instanceId, tags: { [copied.nodes.nameTag]: COPIES } };
    return dispatchCandidate(context, { candidate, fleet: copied, instance: none, trigger: candidate.trigger });
  }
  const fleet = instance && fleetOf(instance.tags, fleets);
  // EC2's status checks are read for all instances of an account, and an observation may show an instance that is gone.
  const isSick = candidate.trigger?.kind === 'node' && !candidate.atOnce;
  if (isSick && (!fleet || 'refuse' in fleet || isJoiningOrRetired(instance))) return undefined;
  // Its own suite hears of it, too; register-nodes has told people. A person who asks is told why.
  if (fleet && 'refuse' in fleet && fleet.refuse === 'another-suite' && !candidate.atOnce) {
    logInfo({ left: `${candidate.instanceId}: ${fleet.reason}` });
    return undefined;
  }
  if (!instance) throw new EventError(alarmName, candidate.instanceId, 'an instance that exists');
  if (candidate.isAnswered && fleet && 'refuse' in fleet)
    throw new NotNowError(`${candidate.instanceId}: ${fleet.reason}. Nothing is begun on it`);
  if (!fleet || 'refuse' in fleet)
    throw new EventError(alarmName, candidate.instanceId, `an instance with the tags of one fleet; ${fleet?.reason}`);
  if (candidate.fleet !== undefined && candidate.fleet !== fleet.name)
    throw new EventError('fleet', candidate.fleet, `${fleet.name}, whose tags ${candidate.instanceId} carries`);
  if (isJoiningOrRetired(instance))
    throw new EventError(
      'instanceId',
      candidate.instanceId,
      `a node of ${fleet.name}; by its tags it is not in the fleet yet, or not any more`,
    );
  // `replace.rungs: []`: nothing but a page, which watch-fleet sends.
  if (isSick && fleet.replace.rungs.length === 0) return undefined;
  const trigger = candidate.trigger ?? diskTriggerOf(fleet, dimensions);
  if (!trigger) {
    const paths = fleet.volumes.map(({ path }) => path).join(' or ');
    throw new EventError(alarmName, dimensions['path'], `a path of fleet ${fleet.name}: ${paths}`);
  }
  return dispatchCandidate(context, { candidate, fleet, instance, trigger });
}

/** EC2 may show no tags of a terminated instance any more: those are taken that it had while it lived. */
async function considerTerminated(context: DispatchContext, candidate: Candidate): Promise<DispatchResult | undefined> {
  const { instanceId, trigger } = candidate;
  const fleet = context.settings.fleets.find(({ name }) => name === candidate.fleet);
  if (!fleet || !trigger) return undefined;
  const [machine, { lastSeen: present, gone }] = await Promise.all([
    context.store.readMachine(fleet.name, instanceId),
    context.seen(fleet),
  ]);
  const missed = gone?.find((one) => one.instanceId === instanceId);
  const name = missed?.name ?? instanceId;
  const role = machine ? roleOf(fleet, machine.instance.tags) : (missed?.role ?? 'unknown');
  const refusal = judgeTerminated({
    nowMs: Date.now(),
    fleet,
    node: { instanceId, name, role },
    present,
    gone: missedOf(gone ?? []),
    machine: machine?.instance ?? null,
  });
  const tags = machine?.instance.tags ?? { ...fleet.nodes.tags, [fleet.nodes.nameTag]: name };
  const judged = { ...candidate, ...(refusal && { refusal }) };
  return dispatchCandidate(context, { candidate: judged, fleet, instance: { instanceId, tags }, trigger });
}

/** Whether the instance is about to take a node's place, or has given it up. */
const isJoiningOrRetired = (instance: TaggedInstance | undefined): boolean =>
  instance !== undefined && (Object.hasOwn(instance.tags, JOINING_TAG) || Object.hasOwn(instance.tags, RETIRED_TAG));

/** A candidate whose fleet, instance and trigger are known. */
interface ResolvedCandidate {
  readonly candidate: Candidate;
  readonly fleet: Fleet;
  readonly instance: TaggedInstance;
  readonly trigger: Trigger;
}

/** The result of a candidate, and the names under which its heal can be followed. */
export interface DispatchResult {
  readonly dispatch: Dispatch;
  /** The incident as it was written, or as it was read where nothing was written; undefined where there is none. */
  readonly incident: IncidentRecord | undefined;
}

/** Another run may write the same records at the same moment: then those records are read again, and the decision is made again. */
const MAX_CONFLICTS = 3;
/** Numbers of attempts that one run skips, after the table was restored. The next sweep goes on. */
const MAX_SPENT = 10;

async function dispatchCandidate(context: DispatchContext, known: ResolvedCandidate): Promise<DispatchResult> {
  const { candidate, fleet, instance, trigger } = known;
  const { store, environment, clients, settings } = context;
  const text = triggerText(trigger);
  const paused = judgeFleetSwitches(environment.PARAMETER_PREFIX, fleet.name, settings) ?? judgePauseTag(instance.tags);
  const node = await nameOf(context, fleet, instance);
  const isLadder = healOf(text) === 'replace-node';
  for (let conflict = 0, skipped = 0; conflict < MAX_CONFLICTS && skipped < MAX_SPENT; ) {
    const statusOf = (execution: string | null | undefined): ExecutionStatus | Promise<ExecutionStatus> =>
      execution ? readExecution(clients.lambda, execution) : { state: 'unknown' };
    const [incident, nodeRecord, goesFirst, seen, queue, height, rotation] = await Promise.all([
      store.readIncident(fleet.name, instance.instanceId, text),
      store.readNode(instance.instanceId),
      precedenceOf(context, known, statusOf),
      isLadder ? context.seen(fleet) : undefined,
      takesTurn(trigger) && context.waiting?.length ? readQueue(context, fleet, statusOf) : null,
      trigger.kind === 'node' ? context.heightOf(fleet) : null,
      fleet.peers && (trigger.kind === 'node' || takesDown(known)) ? store.readRotation(fleet.name) : undefined,
    ]);
    const isSick = trigger.kind === 'node' && trigger.subject === 'health';
    const isRestart = isSick && !candidate.atOnce && !candidate.settles && seen !== undefined;
    const isPaced = isRestart && mayRestart(fleet, nodeRecord, incident?.incidentId, isDown(candidate, seen));
    const pace =
      isPaced && incident?.state !== 'claimed' && incident?.state !== 'allocated'
        ? await paceNow(context, known, seen)
        : null;
    const nowMs = Date.now();
    const dispatch = decideDispatch({
      ...{ nowMs, candidate, fleet, node, trigger, paused, incident, nodeRecord },
      observed: seen?.lastSeen.find((one) => one.instanceId === instance.instanceId),
      waits:
        (height && seen && belowHeight(height, seen, instance.instanceId)) ??
        goesFirst(nowMs, incident) ??
        (incident && queue && judgeTurn({ ...queue, nowMs, fleet, incident })) ??
        (incident && !context.waiting && !candidate.atOnce ? awaitSweep(incident) : null) ??
        (seen && trigger.kind === 'node' ? peersFirst(fleet, seen, rotation, instance.instanceId, nowMs) : null) ??
        restartFirst(
          takesDown(known) ? restartIn(fleet, rotation) : null,
          { instanceId: instance.instanceId, isDown: seen !== undefined && isDown(candidate, seen) },
          nowMs,
        ) ??
        (pace &&
          judgeAtDoor(
            pace,
            { instanceId: instance.instanceId, name: node, fleet: fleet.name },
            context.pace !== undefined,
          )),
      // What was begun must be finished: the heal itself judges how.
      guarded:
        seen && !candidate.settles
          ? judgeBeforeStart({ fleet, trigger, candidate, node, nodeRecord, incident }, instance, seen, nowMs)
          : null,
      owner: await statusOf(nodeRecord?.owner),
    });
    if (dispatch.do === 'refuse' && isLastWord(candidate, dispatch)) {
      await journalLastWord(store, dispatch, nowMs);
      return { dispatch, incident: dispatch.incident };
    }
    const written = await execute(context, dispatch, incident);
    if (written === 'conflict') conflict++;
    else if (written === 'spent') skipped++;
    else return { dispatch, incident: written ?? incident };
  }
  throw new Error(
    `incident ${text} of ${instance.instanceId} changed ${MAX_CONFLICTS} times under our hands, or ${MAX_SPENT} of its attempts have run before`,
  );
}

/** The client that rotate-peers has stopped last for its list of peers, while that is not proved. */
export const listRestartOf = async (
  store: Pick<DispatchContext['store'], 'readRotation'>,
  { name, peers }: Pick<Fleet, 'name' | 'peers'>,
): Promise<ListRestart | null> => (peers?.restart ? restartIn({ peers }, await store.readRotation(name)) : null);

const restartIn = (
  { peers }: Pick<Fleet, 'peers'>,
  rotation: Pick<RotationRecord, 'restart'> | undefined,
): ListRestart | null => (peers?.restart ? (rotation?.restart ?? null) : null);

/** Whether its heal may stop a client that runs, and can as well do that a minute later: a person who asks is not kept waiting, nor what was begun. */
const takesDown = ({ candidate, trigger }: ResolvedCandidate): boolean =>
  !candidate.atOnce &&
  !candidate.settles &&
  ((trigger.kind === 'node' && trigger.subject !== 'terminated') || isCleanSnapshot(trigger));

const isCleanSnapshot = (trigger: Trigger): boolean => trigger.kind === 'snapshot' && trigger.subject === 'clean';

/** Whether its heal asks for the fleet's turn, and so may wait for it. */
const takesTurn = (trigger: Trigger): boolean =>
  healOf(triggerText(trigger)) === 'replace-node' || isCleanSnapshot(trigger);

function belowHeight(height: HeightUnderWay, { lastSeen, tip }: FleetView, instanceId: string): Refusal | null {
  const self = lastSeen.find((node) => node.instanceId === instanceId);
  return self ? judgeBelowHeight(self, height, tip) : null;
}

/** As watch-fleet calls it, where its name tag alone may name several. */
async function nameOf(context: DispatchContext, fleet: Fleet, { instanceId, tags }: TaggedInstance): Promise<string> {
  const written = tags[fleet.nodes.nameTag]?.replace(/\p{Cc}/gu, ' ') || instanceId;
  if (!isInGroup({ tags })) return written;
  const { lastSeen, sharedNames } = await context.seen(fleet);
  const seen = lastSeen.find((node) => node.instanceId === instanceId);
  return seen?.name ?? (sharedNames.has(written) ? nameApart(written, instanceId) : written);
}

/** The pace with all that want a restart; where only this node is looked at, with this node alone. */
const paceNow = (
  context: DispatchContext,
  { fleet, instance, candidate }: ResolvedCandidate,
  seen: FleetView,
): Promise<Pace> =>
  context.pace?.(fleet) ??
  readPace(
    context,
    fleet,
    seen,
    [{ instanceId: instance.instanceId, onsetMs: candidate.onsetMs, hasWaited: true }],
    [],
  );

/** Who has the fleet's turn, and the account's replacements, for what waits at the door. */
async function readQueue(
  { store, waiting = [] }: DispatchContext,
  { name }: Fleet,
  statusOf: (execution: string) => ExecutionStatus | Promise<ExecutionStatus>,
): Promise<Omit<QueueFacts, 'nowMs' | 'fleet' | 'incident'>> {
  const [turn, replacements] = await Promise.all([store.readReplaceTurn(name), store.readReplacements()]);
  return { waiting, turn, replacements, holders: await readHolders(holdersOf(turn), store, statusOf) };
}

/** What goes before this candidate: another node whose disk is grown, or the disk of this node. */
async function precedenceOf(
  { store }: DispatchContext,
  { fleet, instance, trigger }: ResolvedCandidate,
  statusOf: (execution: string | null | undefined) => ExecutionStatus | Promise<ExecutionStatus>,
): Promise<(nowMs: number, own: IncidentRecord | undefined) => Refusal | null> {
  if (trigger.kind === 'disk') {
    const grow = await store.readGrow(fleet.name);
    const first = await statusOf(grow?.holder);
    return (nowMs) => judgeQueued(grow, first, nowMs);
  }
  if (trigger.kind !== 'node' && trigger.kind !== 'request') return () => null;
  const disks = await Promise.all(
    fleet.volumes.map(({ role }) =>
      store.readIncident(fleet.name, instance.instanceId, triggerText({ kind: 'disk', subject: role })),
    ),
  );
  // What a person has asked for is begun at once. Once it was refused it may have left that for a disk.
  const isAgain = (own: IncidentRecord | undefined): boolean => (own?.refusedCodes.length ?? 0) > 0;
  return (nowMs, own) => (trigger.kind === 'node' || isAgain(own) ? diskFirst(disks, own, nowMs) : null);
}

/**
 * Why a candidate is decided again. conflict: a record had changed since it was read. spent: the attempt's number was used before the table was restored.
 */
type Again = 'conflict' | 'spent';

/** @returns the incident as it is now; undefined where nothing was written */
async function execute(
  context: DispatchContext,
  dispatch: Dispatch,
  before: IncidentRecord | undefined,
): Promise<IncidentRecord | undefined | Again> {
  switch (dispatch.do) {
    case 'leave':
      return dispatch.write && ((await replaceIncident(context.store, dispatch.write)) ? dispatch.write : 'conflict');
    case 'invoke-again':
      return (await invoke(context, dispatch.payload)) === 'spent' ? 'spent' : undefined;
    case 'start': {
      const { payload, write } = dispatch;
      for (const record of write) {
        if (!(await replaceIncident(context.store, record))) return 'conflict';
      }
      await createJournal(context.store, { ...payload, by: DISPATCHER, heal: payload.kind, writer: DISPATCHER })(
        '00-dispatch',
        {
          atMs: Date.now(),
          kind: 'decision',
          sentence: `attempt ${payload.attempt} of incident ${payload.incidentId} → ${payload.kind}, mode ${payload.mode}`,
          fields: { mode: payload.mode },
          evidence:
            'want' in payload && payload.want.do !== 'heal' ? { ...payload.alarm, want: payload.want } : payload.alarm,
        },
      );
      return (await invoke(context, payload)) === 'spent' ? 'spent' : write.at(-1);
    }
    case 'refuse':
      return refuse(context, dispatch, before);
  }
}

export const replaceIncident = (store: Store, record: IncidentRecord): Promise<boolean> =>
  store.replace(keys.incident(record.fleet, record.instanceId, record.trigger), record);

/** Journals the refusal, and has the sweep page for it where it pages, once for each incident and code. */
async function refuse(
  { store }: DispatchContext,
  { incident, isNew, refusal }: Extract<Dispatch, { readonly do: 'refuse' }>,
  before: IncidentRecord | undefined,
): Promise<IncidentRecord | undefined | 'conflict'> {
  const { refuse: code, reason, retryAfterMs, untilMs } = refusal;
  const atMs = Date.now();
  const pendingPage = pendingPageOf(incident, { ...refusal, code }, atMs);
  const refused = refuseOpen(
    incident,
    {
      ...{ code, sentence: reason, notBeforeMs: atMs + retryAfterMs },
      ...(untilMs !== undefined && { untilMs }),
      ...(pendingPage && { pendingPage }),
    },
    atMs,
  );
  if ('leave' in refused) return undefined;
  if (isNew && !(await replaceIncident(store, incident))) return 'conflict';
  const written = before?.incidentId === incident.incidentId && incident.refusedCodes.includes(code);
  if (!written) {
    const heal = healOf(incident.trigger);
    await createJournal(store, { ...incident, by: DISPATCHER, heal, writer: DISPATCHER })(`00-${code}`, {
      ...{ atMs, kind: 'refusal', sentence: reason, code },
      evidence: { retryAfterSeconds: retryAfterMs / 1000, paged: pendingPage !== undefined },
    });
  }
  return (await replaceIncident(store, refused.next)) ? refused.next : 'conflict';
}

const HEAL_ARN = {
  'resize-volume': 'RESIZE_VOLUME_ARN',
  'replace-node': 'REPLACE_NODE_ARN',
  'snapshot-node': 'SNAPSHOT_NODE_ARN',
  'audit-snapshots': 'AUDIT_SNAPSHOTS_ARN',
} as const satisfies Record<HealKind, keyof DispatcherServices['environment']>;

/**
 * Starts the attempt's execution, or finds it: the same name with the same payload is the same execution, even if that has ended.
 * @returns its ARN; `spent` where that name was used with another payload, and the number of the attempt is given up
 */
export async function invoke(
  { clients, environment, store }: DispatcherServices,
  payload: HealPayload,
): Promise<{ readonly arn: string | undefined } | 'spent'> {
  try {
    const { DurableExecutionArn } = await clients.lambda.send(
      new InvokeCommand({
        FunctionName: environment[HEAL_ARN[payload.kind]],
        InvocationType: 'Event',
        DurableExecutionName: executionName(payload),
        Payload: JSON.stringify(payload),
      }),
    );
    return { arn: DurableExecutionArn };
  } catch (error) {
    if (!(error instanceof DurableExecutionAlreadyStartedException)) throw error;
    const { fleet, instanceId, trigger, attempt } = payload;
    logWarn({ spent: `${executionName(payload)} has run with another payload: the table has forgotten it` });
    // The forgotten attempt had a fence of its own: the node would take the next attempt's first command for that one's, and repeat its old answer.
    await settle<NodeRecord, null>(
      store,
      keys.node(instanceId),
      () => store.readNode(instanceId),
      (read) => ({ result: null, write: passedOver(read ?? newNode(fleet, instanceId)) }),
    );
    await settle<IncidentRecord, null>(
      store,
      keys.incident(fleet, instanceId, trigger),
      () => store.readIncident(fleet, instanceId, trigger),
      (read) => {
        const next = read && spent(read, attempt);
        return { result: null, write: next && 'next' in next ? next.next : undefined };
      },
    );
    return 'spent';
  }
}
