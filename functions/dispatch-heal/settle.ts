// What a sweep settles before it looks for trouble: nodes whose holder is gone, attempts that died, alarms that are over.
import { StopDurableExecutionCommand } from '@aws-sdk/client-lambda';
import { readExecution } from '../../shared/heal/claim.ts';
import {
  DEATHS_TO_PAGE,
  INVOKE_AGAIN_MS,
  judgeAttempt,
  recovered,
  reopenLeftOpen,
} from '../../shared/heal/incident.ts';
import { createJournal } from '../../shared/heal/journal.ts';
import { freeDead } from '../../shared/heal/lease.ts';
import { page } from '../../shared/heal/notify.ts';
import type { IncidentRecord, NodeRecord } from '../../shared/heal/records.ts';
import { healOf } from '../../shared/heal/records.ts';
import { keys, type Store } from '../../shared/heal/store.ts';
import { type Door, invoke } from './consider.ts';
import { DISPATCHER } from './kinds.ts';

/** A node whose holder has ended is freed; what that holder left open is a trouble of its own. */
export async function settleNode(
  { clients, store }: Door,
  node: NodeRecord,
  incidents: readonly IncidentRecord[],
): Promise<void> {
  if (node.owner === null && node.operation === null) return;
  const owner = node.owner === null ? ({ state: 'unknown' } as const) : await readExecution(clients.lambda, node.owner);
  const nowMs = Date.now();
  const freed = freeDead(node, owner, nowMs);
  if ('next' in freed) {
    await store.replace(keys.node(node.fleet, node.instanceId), freed.next);
    return;
  }
  const incident = incidents.find(({ incidentId }) => incidentId === node.operation?.incidentId);
  const reopened = incident && reopenLeftOpen(node, incident, owner, nowMs);
  if (reopened && 'next' in reopened) await replaceIncident(store, reopened.next);
}

/**
 * An attempt that died leaves its incident open again; one that outlived its deadline is stopped; one that never began is invoked
 * again; an incident whose trouble is over is closed.
 *
 * @param isOver whether what told of the incident's trouble says that it is over; unsure is not over
 */
export async function settleIncident(
  door: Door,
  incident: IncidentRecord,
  isOver: (incident: IncidentRecord) => boolean,
): Promise<void> {
  const { clients, store } = door;
  const nowMs = Date.now();
  if (incident.state === 'open' || incident.state === 'escalated') {
    const closed = isOver(incident) ? recovered(incident, nowMs) : { leave: true as const };
    if ('next' in closed) await replaceIncident(store, closed.next);
    return;
  }
  const execution = await executionOf(door, incident, nowMs);
  if (!execution) return;
  const judged = judgeAttempt(incident, await readExecution(clients.lambda, execution), nowMs);
  if ('stop' in judged) {
    const why = { ErrorType: 'DeadlinePassed', ErrorMessage: `attempt ${incident.attempt} outlived its deadline` };
    await clients.lambda.send(new StopDurableExecutionCommand({ DurableExecutionArn: execution, Error: why }));
  }
  if ('next' in judged) await replaceIncident(store, await pageForDeaths(door, judged.next));
}

/** Once an incident, when its attempts keep dying: nothing in them can page any more. */
async function pageForDeaths({ clients, store, environment }: Door, incident: IncidentRecord): Promise<IncidentRecord> {
  const { deaths = 0, pagedCodes, fleet, node, incidentId, attempt, trouble } = incident;
  const code = 'attempts-dying';
  if (deaths < DEATHS_TO_PAGE || pagedCodes.includes(code)) return incident;
  const sentence = `${deaths} attempts ended before they could say what came of them, the last one was attempt ${attempt}`;
  await page(clients.sns, environment.TOPIC_ARN, { fleet, node, code, sentence, incidentId, attempt, trouble });
  const journal = createJournal(store, { ...incident, by: DISPATCHER, heal: healOf(trouble), writer: DISPATCHER });
  await journal(`00-${code}`, { atMs: Date.now(), kind: 'page', sentence, code });
  return { ...incident, pagedCodes: [...pagedCodes, code] };
}

/** The ARN of an attempt that was allocated and not claimed is known only by invoking it again, which changes nothing if it exists. */
async function executionOf(door: Door, incident: IncidentRecord, nowMs: number): Promise<string | undefined> {
  if (incident.state === 'claimed') return incident.execution;
  if (incident.state !== 'allocated' || nowMs - incident.allocatedAtMs < INVOKE_AGAIN_MS) return undefined;
  return invoke(door, incident.payload);
}

const replaceIncident = (store: Store, next: IncidentRecord): Promise<boolean> =>
  store.replace(keys.incident(next.fleet, next.instanceId, next.trouble), next);
