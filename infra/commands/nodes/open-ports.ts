// What a deployment opens of its clients, and whether AWS's quotas have room for it: `check` says it, and `check --account` and `npm run deploy:nodes` ask
// the account. Pure but for the one question.
import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { ACCESS, openPortsOf, rulesInto } from '../../../shared/fleet/schema-ports.ts';
import { completeDocument } from '../../../shared/fleet/whole.ts';
import { accessExport } from '../../../shared/model/suite.ts';
import { attempt } from '../../../shared/readiness/attempt.ts';
import { LISTENERS, RULES } from '../../../shared/readiness/quotas.ts';
import { readQuota } from '../../../shared/readiness/read-quotas.ts';
import type { Read } from '../../../shared/readiness/verdict.ts';

export interface RoomForPorts {
  readonly line: string;
  /** A sentence with field, value and what was expected; undefined where there is room, or nobody knows. */
  readonly problem?: string;
}

/** "sg-0123456789abcdef0", or the access group by the name of its export. */
const whoMayReach = (suite: string, fleet: string, from: string): string =>
  from === ACCESS ? `who joins the group ${accessExport(suite, fleet)}` : from;

/** Null where nothing is deployed. */
export function openingText(suite: string, document: FleetDocument): string | null {
  const { fleet, deploy } = document;
  if (!deploy) return null;
  const ports = openPortsOf(completeDocument(document));
  if (ports.length === 0) return `Nobody may open a port of the clients of ${fleet} (deploy.ports, deploy.rpcFrom).`;
  const each = ports.map(({ name, port, from }) => `${name} (${port}) to ${whoMayReach(suite, fleet, from)}`);
  return `${fleet} opens ${each.join(', ')}${deploy.kind === 'ha' ? ', by a load balancer' : ''}.`;
}

/** How many rules a security group may have. */
export const rulesQuota = (quotas: ServiceQuotasClient): Promise<Read<number>> =>
  attempt(`the quota of ${RULES.name}`, () => readQuota({ quotas }, RULES));

/** Null where nothing is deployed. @param quota of rules of a security group */
export function roomForPorts(document: FleetDocument, quota: Read<number>): RoomForPorts | null {
  const { fleet, deploy } = document;
  if (!deploy) return null;
  const complete = completeDocument(document);
  const ports = openPortsOf(complete).length;
  const rules = rulesInto(complete);
  const listeners = deploy.kind === 'ha' ? `, ${ports} of ${LISTENERS} listeners of its load balancer` : '';
  if ('unread' in quota)
    return { line: `${fleet}: its nodes’ security group needs ${rules} rules${listeners}; ${quota.unread}` };
  const line = `${fleet}: ${rules} of ${quota.value} rules of its nodes’ security group${listeners}`;
  if (rules <= quota.value) return { line };
  return {
    line,
    problem: `${fleet}: deploy.ports opens ${ports}, and the security group of its nodes would have ${rules} rules; expected at most ${quota.value}, the account’s quota: aws service-quotas request-service-quota-increase --service-code ${RULES.service} --quota-code ${RULES.code} --desired-value ${rules}`,
  };
}
