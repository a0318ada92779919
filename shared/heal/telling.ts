// What register-nodes and rotate-peers tell of refusals: journal lines, pages, and the question of mode ask. What is due is decided
// by `claimTelling` (guardrails/names.ts).
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SubjectRefusal, Telling } from '../guardrails/names.ts';
import { answersToFleet, type FleetQuestion } from './answering.ts';
import type { JournalEntry } from './journal.ts';
import { page } from './page.ts';

/** In place of a node's name where all of the fleet is meant. */
export const WHOLE_FLEET = '-';

export interface Teller {
  readonly sns: SNSClient;
  readonly topicArn: string;
  readonly fleet: string;
  readonly write: (entry: Omit<JournalEntry, 'atMs'>, about?: SubjectRefusal['node']) => Promise<void>;
  /** Whom a person says yes to: the function that has asked. */
  readonly asks: Pick<FleetQuestion, 'functionName' | 'takesLong'>;
}

/** A question is no refusal: it is paged, and the plan itself stands in the journal. */
export async function tellRefusals({ sns, topicArn, fleet, write, asks }: Teller, telling: Telling): Promise<void> {
  for (const { refuse, reason, node, subject } of telling.write)
    if (refuse !== 'approval-wanted')
      await write({ kind: 'refusal', code: refuse, sentence: reason, evidence: { subject } }, node);
  for (const { refuse, reason, node, subject } of telling.page) {
    const about = { fleet, node: node?.name ?? WHOLE_FLEET, code: refuse, sentence: reason };
    if (refuse === 'approval-wanted') {
      const { text, approve } = answersToFleet({ ...asks, fleet, plan: subject }, process.env['AWS_REGION']);
      await page(sns, topicArn, { ...about, plan: subject, approve }, text);
    } else await page(sns, topicArn, { ...about, subject });
    const fields = refuse === 'approval-wanted' ? { fields: { plan: subject } } : {};
    await write({ kind: 'page', code: refuse, sentence: reason, ...fields }, node);
  }
}
