// Which heal a trouble is one for, what its attempts are started with, and under which name. Pure.
import { createHash } from 'node:crypto';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { IncidentRecord, Operation } from '../../shared/heal/records.ts';
import { healOf } from '../../shared/heal/records.ts';
import type { HealKind, HealPayload } from '../../shared/model/payload.ts';

/** This function, in what it writes. */
export const DISPATCHER = 'dispatch-heal';

const HOUR_MS = 60 * 60_000;

/** A node does not follow its chain. */
export const HEALTH = 'node:health';
/** What an alarm's fact says in place of a namespace where nobody but the round of clean snapshots asked. */
export const SCHEDULE = 'schedule';

/** What a heal may take beyond its wait for an approval: slow modifications, volumes that are initialized, a client that replays. */
const HEAL_HOURS: Readonly<Record<HealKind, number>> = { 'resize-volume': 8, 'replace-node': 48, 'snapshot-node': 12 };

/** What such a heal leaves open on a node, if it dies. */
export const operationOf = (trouble: string): Operation['kind'] =>
  (({ 'resize-volume': 'grow', 'replace-node': 'replace', 'snapshot-node': 'snapshot' }) as const)[healOf(trouble)];

/** A person only wants to know what would be done: a plan never becomes an act. */
export const isPlan = (trouble: string): boolean => trouble.startsWith('plan:');
/** Each time that it is asked for is an incident of its own: what was asked before is not asked again with it. */
export const isAsked = (trouble: string): boolean => /^(plan|request|snapshot):/.test(trouble);

export function payloadOf(
  { mode, ask }: Pick<Fleet, 'mode' | 'ask'>,
  nowMs: number,
  incident: IncidentRecord,
  attempt: number,
): HealPayload {
  const { fleet, node, instanceId, trouble, incidentId, onsetMs, alarm } = incident;
  const kind = healOf(trouble);
  const hours = HEAL_HOURS[kind] + (mode === 'ask' ? ask.expiresAfterHours : 0);
  const base = {
    ...{ fleet, node, instanceId, trouble, incidentId, attempt, onsetMs, alarm },
    mode: isPlan(trouble) ? ('plan' as const) : mode,
    deadlineMs: nowMs + hours * HOUR_MS,
  };
  switch (kind) {
    case 'resize-volume':
      return { kind, ...base };
    case 'replace-node':
      return { kind, ...base, want: incident.want ?? { do: 'heal' } };
    case 'snapshot-node':
      return { kind, ...base, asked: alarm.namespace === SCHEDULE ? 'schedule' : 'person' };
  }
}

/** At most 64 of [A-Za-z0-9_-]: DurableExecutionName of InvocationRequest, @aws-sdk/client-lambda. */
export const executionName = ({
  kind,
  instanceId,
  trouble,
  incidentId,
  attempt,
}: Pick<HealPayload, 'kind' | 'instanceId' | 'trouble' | 'incidentId' | 'attempt'>): string =>
  `${kind}-${hash([kind, instanceId, trouble, incidentId, attempt], 40)}`;

export const hash = (parts: readonly (string | number)[], digits: number): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, digits);
