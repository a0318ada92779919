// The page of an incident: sent under the incident's key, and written down in its journal. A page may come twice, but must come: it is sent first.
import type { SNSClient } from '@aws-sdk/client-sns';
import type { PageCode } from '../model/guardrail-codes.ts';
import type { Journal } from './journal.ts';
import { page } from './notify.ts';
import type { IncidentRecord, PageNote } from './records.ts';

/** Who sends it, and the journal of the incident. */
interface Sender {
  readonly clients: { readonly sns: SNSClient };
  readonly environment: { readonly TOPIC_ARN: string };
  readonly journal: Journal;
}

type About = Pick<IncidentRecord, 'fleet' | 'node' | 'incidentId' | 'attempt' | 'trigger'>;

interface IncidentPage {
  readonly code: PageCode;
  readonly sentence: string;
  /** Of its line in the journal. */
  readonly place: string;
  /** All that it is about, where that is more than one node. */
  readonly instances?: readonly string[];
}

/** @returns what was sent, and when */
export async function pageIncident(
  { clients, environment, journal }: Sender,
  { fleet, node, incidentId, attempt, trigger }: About,
  { code, sentence, place, ...more }: IncidentPage,
): Promise<PageNote> {
  const about = { fleet, node, code, sentence, incidentId, attempt, trigger, ...more };
  await page(clients.sns, environment.TOPIC_ARN, about);
  const atMs = Date.now();
  await journal(place, { atMs, kind: 'page', sentence, code });
  return { code, sentence, atMs };
}
