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
import { healOf } from '../../shared/heal/partitions.ts';
import type { IncidentRecord } from '../../shared/heal/records.ts';
import { keys, type Store } from '../../shared/heal/store.ts';
import type { ExecutionStatus } from '../../shared/model/execution.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { HealKind, HealPayload } from '../../shared/model/payload.ts';
import { type Candidate, type Dispatch, decideDispatch } from './decide.ts';
import { diskFirst, judgeDoor, OF_THE_FLEET, peersFirst } from './guards.ts';
import { DISPATCHER, executionName, HEALTH } from './kinds.ts';
import type { FleetSeen, InstanceNow } from './truth.ts';

export const ENVIRONMENT = [
  'TABLE_NAME',
  'TOPIC_ARN',
  'PARAMETER_PREFIX',
  'RESIZE_VOLUME_ARN',
  'REPLACE_NODE_ARN',
  'SNAPSHOT_NODE_ARN',
  'PLAN_SNAPSHOTS_FUNCTION',
] as const;

export interface Door {
  readonly clients: Clients;
  readonly store: Store;
  readonly environment: Readonly<Record<(typeof ENVIRONMENT)[number], string>>;
}

/** A candidate whose fleet, instance and trouble are known. */
export interface Known {
  readonly candidate: Candidate;
  readonly fleet: Fleet;
  readonly instance: InstanceNow;
  readonly trouble: string;
}

/** What is known of the candidate's fleet beside it. */
export interface Around {
  readonly values: Settings['values'];
  /** As watch-fleet saw it; read when it is asked for. */
  readonly seen: (fleet: string) => Promise<FleetSeen>;
  /**
   * "fleet code" of what people were paged for on account of a whole fleet, to which is added what this run pages. Undefined where only
   * one node is looked at: the next sweep, which sees them all, pages.
   */
  readonly paged?: Set<string>;
}

/** What became of a candidate, and under which names it can be followed. */
export interface Considered {
  readonly dispatch: Dispatch;
  /** As it was written, or as it was read where nothing was; undefined where there is none. */
  readonly incident: IncidentRecord | undefined;
}

/** Somebody else may be writing at the same moment: then what they wrote is read and decided upon. */
const MAX_CONFLICTS = 3;

export async function consider(door: Door, around: Around, known: Known): Promise<Considered> {
  const { candidate, fleet, instance, trouble } = known;
  const { store, environment, clients } = door;
  const paused = judgePauses(environment.PARAMETER_PREFIX, fleet.name, around.values) ?? judgePauseTag(instance.tags);
  const node = instance.tags[fleet.nodes.nameTag]?.replace(/\p{Cc}/gu, ' ') || instance.instanceId;
  const isLadder = healOf(trouble) === 'replace-node';
  for (let conflict = 0; conflict < MAX_CONFLICTS; conflict++) {
    const statusOf = (execution: string | null | undefined): ExecutionStatus | Promise<ExecutionStatus> =>
      execution ? readExecution(clients.lambda, execution) : { state: 'unknown' };
    const [incident, nodeRecord, goesFirst, seen] = await Promise.all([
      store.readIncident(fleet.name, instance.instanceId, trouble),
      store.readNode(fleet.name, instance.instanceId),
      waitOf(door, known, statusOf),
      isLadder ? around.seen(fleet.name) : undefined,
    ]);
    const nowMs = Date.now();
    const dispatch = decideDispatch({
      ...{ nowMs, candidate, fleet, node, trouble, paused, incident, nodeRecord },
      waits:
        goesFirst(nowMs) ?? (seen && trouble === HEALTH ? peersFirst(fleet, seen, instance.instanceId, nowMs) : null),
      // What was begun is brought to an end: the heal itself judges how.
      guarded:
        seen && !candidate.settles ? judgeDoor({ fleet, trouble, candidate, node }, instance, seen, nowMs) : null,
      owner: await statusOf(nodeRecord?.owner),
    });
    const written = await carryOut(door, around, dispatch, incident);
    if (written !== false) return { dispatch, incident: written ?? incident };
  }
  throw new Error(`incident ${trouble} of ${instance.instanceId} changed ${MAX_CONFLICTS} times under our hands`);
}

/** Who goes before this one: another node whose disk is grown, or the disk of this one. */
async function waitOf(
  { store }: Door,
  { fleet, instance, trouble }: Known,
  statusOf: (execution: string | null | undefined) => ExecutionStatus | Promise<ExecutionStatus>,
): Promise<(nowMs: number) => Refusal | null> {
  if (healOf(trouble) === 'resize-volume') {
    const grow = await store.readGrow(fleet.name);
    const first = await statusOf(grow?.holder);
    return (nowMs) => mustWait(grow, first, nowMs);
  }
  if (trouble !== HEALTH) return () => null;
  const disks = await Promise.all(
    fleet.volumes.map(({ role }) => store.readIncident(fleet.name, instance.instanceId, `disk:${role}`)),
  );
  return (nowMs) => diskFirst(disks, nowMs);
}

/** @returns the incident as it is now; undefined where nothing was written, false when a record had changed since it was read */
async function carryOut(
  door: Door,
  around: Around,
  dispatch: Dispatch,
  before: IncidentRecord | undefined,
): Promise<IncidentRecord | undefined | false> {
  switch (dispatch.do) {
    case 'leave':
      return dispatch.write && ((await replaceIncident(door.store, dispatch.write)) ? dispatch.write : false);
    case 'invoke-again':
      await invoke(door, dispatch.payload);
      return undefined;
    case 'start': {
      const { payload, write } = dispatch;
      for (const record of write) {
        if (!(await replaceIncident(door.store, record))) return false;
      }
      await createJournal(door.store, { ...payload, by: DISPATCHER, heal: payload.kind, writer: DISPATCHER })(
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
      await invoke(door, payload);
      return write.at(-1);
    }
    case 'refuse':
      return refuse(door, around, dispatch, before);
  }
}

const replaceIncident = (store: Store, record: IncidentRecord): Promise<boolean> =>
  store.replace(keys.incident(record.fleet, record.instanceId, record.trouble), record);

/** Until the next sweep, which pages for what concerns a whole fleet. */
const NEXT_SWEEP_MS = 30_000;

/** Journalled, and paged if it must be, once an incident and code; the incident itself only remembers when to look again. */
async function refuse(
  { store, clients, environment }: Door,
  { paged }: Around,
  { incident, isNew, refusal }: Extract<Dispatch, { readonly do: 'refuse' }>,
  before: IncidentRecord | undefined,
): Promise<IncidentRecord | undefined | false> {
  const { fleet, node, incidentId, attempt, trouble } = incident;
  const { refuse: code, reason } = refusal;
  const due = refusal.page && !incident.pagedCodes.includes(code);
  const shared = due && OF_THE_FLEET.has(code);
  const left = shared && paged === undefined;
  // People know of it by another node's incident: that counts for this one, too.
  const known = shared && paged?.has(`${fleet} ${code}`) === true;
  const pages = due && !left && !known;
  if (pages && shared) paged?.add(`${fleet} ${code}`);
  const lookAgainMs = left ? Math.min(NEXT_SWEEP_MS, refusal.lookAgainMs) : refusal.lookAgainMs;
  const refused = refuseOpen(incident, { code, notBeforeMs: Date.now() + lookAgainMs, paged: pages || known });
  if ('leave' in refused) return undefined;
  if (isNew && !(await replaceIncident(store, incident))) return false;
  const journal = createJournal(store, { ...incident, by: DISPATCHER, heal: healOf(trouble), writer: DISPATCHER });
  const atMs = Date.now();
  const written = before?.incidentId === incidentId && incident.refusedCodes.includes(code);
  if (!written) {
    await journal(`00-${code}`, {
      ...{ atMs, kind: 'refusal', sentence: reason, code },
      evidence: { lookAgainSeconds: lookAgainMs / 1000, paged: pages },
    });
  }
  if (pages) {
    const about = shared ? 'fleet' : node;
    const sentence = shared ? `${reason}, and so is every other node of ${fleet}` : reason;
    await page(clients.sns, environment.TOPIC_ARN, {
      fleet,
      node: about,
      code,
      sentence,
      incidentId,
      attempt,
      trouble,
    });
    await journal(`00-${code}-page`, { atMs, kind: 'page', sentence: reason, code });
  }
  return (await replaceIncident(store, refused.next)) ? refused.next : false;
}

const HEAL_ARN = {
  'resize-volume': 'RESIZE_VOLUME_ARN',
  'replace-node': 'REPLACE_NODE_ARN',
  'snapshot-node': 'SNAPSHOT_NODE_ARN',
} as const satisfies Record<HealKind, keyof Door['environment']>;

/**
 * Starts the attempt's execution, or finds it: the same name with the same payload is the same execution, whatever became of it.
 * @returns its ARN
 */
export async function invoke({ clients, environment }: Door, payload: HealPayload): Promise<string | undefined> {
  try {
    const { DurableExecutionArn } = await clients.lambda.send(
      new InvokeCommand({
        FunctionName: environment[HEAL_ARN[payload.kind]],
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
