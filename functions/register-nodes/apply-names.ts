// Carries out a plan of records: guarded, journalled before and after, in atomic batches that Route 53 refuses if anything has changed.
import {
  type Change as Action,
  ChangeResourceRecordSetsCommand,
  InvalidChangeBatch,
  PriorRequestNotComplete,
  type RRType,
} from '@aws-sdk/client-route-53';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import { type Change, hashOf, inBatches, type NamePlan } from './changes.ts';
import type { RecordSet, Zone } from './records.ts';
import { guardAgain, pacer, type Work, waitMs } from './work.ts';
import { readZone } from './zone.ts';

/** "Five requests per second per AWS account" (Route 53 quotas); with room for people and other tools. */
const GAP_MS = 250;
/** Route 53 refuses a request while it works at another for the same zone (PriorRequestNotComplete). */
const AGAIN_AFTER_MS = 1_000;
const MAX_SENTENCES = 20;

export interface Applied {
  readonly changed: number;
  /** For the next run: time was up, or somebody else was changing them. */
  readonly left: number;
  readonly refusals: readonly SubjectRefusal[];
}

export interface NamesToApply {
  readonly zoneId: string;
  readonly plan: NamePlan;
  /** A person said yes to exactly this plan: nothing else is done for it, and mode ask allows it. */
  readonly approved: boolean;
  /** The plan for a zone that was read again. */
  readonly planAgain: (zone: Zone) => NamePlan;
}

export async function applyNames(work: Work, { zoneId, plan, approved, planAgain }: NamesToApply): Promise<Applied> {
  const pace = pacer(GAP_MS);
  let changed = 0;
  /** @returns why nothing more may be done; true when done; false when Route 53 refused the batch as a whole */
  const send = async (batch: readonly Change[]): Promise<SubjectRefusal | boolean> => {
    const refusal = await guard(work, approved);
    if (refusal) return refusal;
    await pace();
    const done = await sendBatch(work, zoneId, batch);
    if (done) changed += batch.length;
    return done;
  };
  const total = plan.changes.length;
  for (const batch of inBatches(plan.changes)) {
    if (Date.now() >= work.untilMs) break;
    const sent = await send(batch);
    if (typeof sent === 'object') return { changed, left: total - changed, refusals: [sent] };
    if (sent) continue;
    // Somebody changed one of them, or the answer of a request that took effect was lost: what is still to be done goes name by name.
    await waitMs(AGAIN_AFTER_MS);
    const again = planAgain(await readZone(work.clients.route53, zoneId)).changes;
    const still = again.filter((change) => batch.some((one) => concerns(one, change, approved)));
    const gone = batch.filter(({ name }) => !again.some((change) => change.name === name));
    changed += gone.length;
    for (const change of still) {
      if (Date.now() >= work.untilMs) break;
      const alone = await send([change]);
      if (typeof alone === 'object') return { changed, left: total - changed, refusals: [alone] };
    }
  }
  return { changed, left: total - changed, refusals: [] };
}

/** What a person approved is done to the letter or not at all. */
const concerns = (planned: Change, again: Change, approved: boolean): boolean =>
  planned.name === again.name && (!approved || hashOf([planned]) === hashOf([again]));

async function guard(work: Work, approved: boolean): Promise<SubjectRefusal | undefined> {
  const now = await guardAgain(work);
  if ('refuse' in now) return now;
  const { mode, dns } = now.fleet;
  const subject = work.fleet.name;
  const changed = (reason: string): SubjectRefusal => ({ refuse: 'mode-changed', subject, reason, page: false });
  if (mode !== 'act' && !(mode === 'ask' && approved)) return changed(`the fleet file says mode: ${mode} now`);
  if (JSON.stringify(dns) !== JSON.stringify(work.fleet.dns)) return changed('the fleet file says another dns now');
  return undefined;
}

/** @returns false when the batch was refused as a whole, for what stands in the zone or for another request that is under way */
async function sendBatch(work: Work, HostedZoneId: string, batch: readonly Change[]): Promise<boolean> {
  const act = `ChangeResourceRecordSets ${HostedZoneId} ${hashOf(batch)}`;
  const shown = batch.slice(0, MAX_SENTENCES).map(({ sentence }) => sentence);
  await work.write({
    kind: 'intent',
    act,
    sentence: `${batch.length} ${batch.length === 1 ? 'name' : 'names'} of ${work.fleet.name}: ${shown[0] ?? ''}`,
    evidence: { changes: shown, of: batch.length },
  });
  const Changes = batch.flatMap(({ remove, create }): Action[] => [
    ...remove.map((record) => ({ Action: 'DELETE' as const, ResourceRecordSet: wire(record) })),
    ...create.map((record) => ({ Action: 'CREATE' as const, ResourceRecordSet: wire(record) })),
  ]);
  try {
    const { ChangeInfo } = await work.clients.route53.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId,
        ChangeBatch: { Comment: `chainmend ${work.fleet.name}`, Changes },
      }),
    );
    await work.write({ kind: 'result', act, sentence: 'done', evidence: { change: ChangeInfo?.Id } });
    return true;
  } catch (error) {
    if (!(error instanceof InvalidChangeBatch || error instanceof PriorRequestNotComplete)) {
      await work.write({ kind: 'result', act, sentence: `not known to be done: ${String(error)}` });
      throw error;
    }
    const why = error instanceof InvalidChangeBatch ? (error.messages?.join(' ') ?? error.message) : error.message;
    await work.write({ kind: 'result', act, sentence: `refused as a whole, nothing was changed: ${why}` });
    return false;
  }
}

const wire = ({ name, type, ttlSeconds, values }: RecordSet) => ({
  Name: `${name}.`,
  Type: type as RRType,
  TTL: ttlSeconds,
  ResourceRecords: values.map((Value) => ({ Value })),
});
