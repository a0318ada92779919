// Takes one candidate through the door: reads its records, decides, writes the decision, and starts the heal.
import { DurableExecutionAlreadyStartedException, InvokeCommand } from '@aws-sdk/client-lambda';
import type { Clients } from '../../shared/aws/clients.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { Settings } from '../../shared/fleet/settings.ts';
import { mustWait } from '../../shared/guardrails/grow.ts';
import { judgePauses, judgePauseTag } from '../../shared/guardrails/switches.ts';
import { readExecution } from '../../shared/heal/execution-status.ts';
import { refuseOpen } from '../../shared/heal/incident.ts';
import { createJournal } from '../../shared/heal/journal.ts';
import { page } from '../../shared/heal/page.ts';
import type { ExecutionStatus, HealPayload, IncidentRecord } from '../../shared/heal/records.ts';
import { keys, type Store } from '../../shared/heal/store.ts';
import { type Candidate, type Dispatch, decideDispatch, executionName } from './decide.ts';
import type { InstanceNow } from './truth.ts';

export interface Door {
  readonly clients: Clients;
  readonly store: Store;
  readonly environment: Readonly<Record<'TABLE_NAME' | 'TOPIC_ARN' | 'PARAMETER_PREFIX' | 'RESIZE_VOLUME_ARN', string>>;
}

/** A candidate whose fleet, instance and trouble are known. */
export interface Known {
  readonly candidate: Candidate;
  readonly fleet: Fleet;
  readonly instance: InstanceNow;
  readonly trouble: string;
}

/** Somebody else may be writing at the same moment: then what they wrote is read and decided upon. */
const MAX_CONFLICTS = 3;

export async function consider(door: Door, settings: Pick<Settings, 'values'>, known: Known): Promise<Dispatch> {
  const { candidate, fleet, instance, trouble } = known;
  const { store, environment, clients } = door;
  const paused = judgePauses(environment.PARAMETER_PREFIX, fleet.name, settings.values) ?? judgePauseTag(instance.tags);
  for (let conflict = 0; conflict < MAX_CONFLICTS; conflict++) {
    const [incident, nodeRecord, grow] = await Promise.all([
      store.readIncident(fleet.name, instance.instanceId, trouble),
      store.readNode(fleet.name, instance.instanceId),
      store.readGrow(fleet.name),
    ]);
    const statusOf = (execution: string | null | undefined): ExecutionStatus | Promise<ExecutionStatus> =>
      execution ? readExecution(clients.lambda, execution) : { state: 'unknown' };
    const [owner, first] = await Promise.all([statusOf(nodeRecord?.owner), statusOf(grow?.holder)]);
    const node = instance.tags[fleet.nodes.nameTag]?.replace(/\p{Cc}/gu, ' ') || instance.instanceId;
    const nowMs = Date.now();
    const waits = mustWait(grow, first, nowMs);
    const facts = { nowMs, candidate, fleet, node, trouble, paused, waits, incident, nodeRecord, owner };
    const dispatch = decideDispatch(facts);
    if (await carryOut(door, dispatch, incident)) return dispatch;
  }
  throw new Error(`incident ${trouble} of ${instance.instanceId} changed ${MAX_CONFLICTS} times under our hands`);
}

/** @returns false when a record had changed since it was read */
async function carryOut(door: Door, dispatch: Dispatch, before: IncidentRecord | undefined): Promise<boolean> {
  switch (dispatch.do) {
    case 'leave':
      return dispatch.write ? replaceIncident(door.store, dispatch.write) : true;
    case 'invoke-again':
      await invoke(door, dispatch.payload);
      return true;
    case 'start': {
      const { payload, write } = dispatch;
      for (const record of write) {
        if (!(await replaceIncident(door.store, record))) return false;
      }
      await createJournal(door.store, { ...payload, heal: payload.kind, writer: 'dispatch-heal' })('00-dispatch', {
        atMs: Date.now(),
        kind: 'decision',
        sentence: `attempt ${payload.attempt} of incident ${payload.incidentId} → ${payload.kind}, mode ${payload.mode}`,
        evidence: payload.alarm,
      });
      await invoke(door, payload);
      return true;
    }
    case 'refuse':
      return refuse(door, dispatch, before);
  }
}

const replaceIncident = (store: Store, record: IncidentRecord): Promise<boolean> =>
  store.replace(keys.incident(record.fleet, record.instanceId, record.trouble), record);

/** Journalled, and paged if it must be, once an incident and code; the incident itself only remembers when to look again. */
async function refuse(
  { store, clients, environment }: Door,
  { incident, isNew, refusal }: Extract<Dispatch, { readonly do: 'refuse' }>,
  before: IncidentRecord | undefined,
): Promise<boolean> {
  const pages = refusal.page && !incident.pagedCodes.includes(refusal.refuse);
  const refused = refuseOpen(incident, {
    code: refusal.refuse,
    notBeforeMs: Date.now() + refusal.lookAgainMs,
    paged: pages,
  });
  if ('leave' in refused) return true;
  if (isNew && !(await replaceIncident(store, incident))) return false;
  const known = before?.incidentId === incident.incidentId && incident.refusedCodes.includes(refusal.refuse);
  if (!known) {
    const { fleet, node, incidentId, attempt, trouble } = incident;
    const journal = createJournal(store, { ...incident, heal: 'resize-volume', writer: 'dispatch-heal' });
    const atMs = Date.now();
    await journal(`00-${refusal.refuse}`, {
      atMs,
      kind: 'refusal',
      sentence: refusal.reason,
      code: refusal.refuse,
      evidence: { lookAgainSeconds: refusal.lookAgainMs / 1000, paged: pages },
    });
    if (pages) {
      await page(clients.sns, environment.TOPIC_ARN, {
        fleet,
        node,
        code: refusal.refuse,
        sentence: refusal.reason,
        incidentId,
        attempt,
        trouble,
      });
      await journal(`00-${refusal.refuse}-page`, {
        atMs,
        kind: 'page',
        sentence: refusal.reason,
        code: refusal.refuse,
      });
    }
  }
  return replaceIncident(store, refused.next);
}

/**
 * Starts the attempt's execution, or finds it: the same name with the same payload is the same execution, whatever became of it.
 * @returns its ARN
 */
export async function invoke({ clients, environment }: Door, payload: HealPayload): Promise<string | undefined> {
  try {
    const { DurableExecutionArn } = await clients.lambda.send(
      new InvokeCommand({
        FunctionName: environment.RESIZE_VOLUME_ARN,
        InvocationType: 'Event',
        DurableExecutionName: executionName(payload),
        Payload: JSON.stringify(payload),
      }),
    );
    return DurableExecutionArn;
  } catch (error) {
    // Another payload under this name would mean that the name is not the attempt's alone.
    if (!(error instanceof DurableExecutionAlreadyStartedException)) throw error;
    throw new Error(`execution ${executionName(payload)} was started with another payload`, { cause: error });
  }
}
