// Carries out a plan of records: guarded, journalled before and after, in atomic batches that Route 53 refuses if anything has changed.
import {
  type Change as Action,
  ChangeResourceRecordSetsCommand,
  InvalidChangeBatch,
  PriorRequestNotComplete,
  type RRType,
} from '@aws-sdk/client-route-53';
import { orRefused } from '../../shared/aws/refused.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import type { RecordChange } from '../../shared/model/journal-fields.ts';
import { type Change, hashOf, inBatches, type NamePlan } from './changes.ts';
import type { RecordSet } from './records.ts';
import { readPaused } from './seeing.ts';
import { guardAgain, pacer, type Work, waitMs } from './work.ts';

/** "Five requests per second per AWS account" (Route 53 quotas); with room for people and other tools. */
const GAP_MS = 250;
/** Route 53 refuses a request while it works at another for the same zone (PriorRequestNotComplete). */
const AGAIN_AFTER_MS = 1_000;
const MAX_SENTENCES = 20;
const MAX_NEVER_TAKEN = 5;

export interface Applied {
  readonly changed: number;
  /** For the next run: time was up, or somebody else was changing them. */
  readonly left: number;
  readonly refusals: readonly SubjectRefusal[];
}

/** A plan, and who was paused when it was made. */
export interface Planned {
  readonly plan: NamePlan;
  readonly poolReason: string;
  readonly paused: ReadonlySet<string>;
}

export interface NamesToApply {
  readonly zoneId: string;
  readonly planned: Planned;
  /** A person said yes to exactly this plan: nothing else is done for it, and mode ask allows it. */
  readonly approved: boolean;
  /** The plan for what is there now, nodes and zone, all of it read again; undefined where no node is found any more. */
  readonly planAgain: () => Promise<Planned | undefined>;
}

type Sent = { readonly done: true } | { readonly done: false; readonly why: string; readonly busy: boolean };

export async function applyNames(work: Work, { zoneId, planned, approved, planAgain }: NamesToApply): Promise<Applied> {
  const { changes } = planned.plan;
  const pace = pacer(GAP_MS);
  const refusals: SubjectRefusal[] = [];
  let { paused } = planned;
  let changed = 0;
  const applied = (...more: readonly SubjectRefusal[]): Applied => {
    return { changed, left: changes.length - changed, refusals: [...refusals, ...more] };
  };
  /** @returns why nothing more may be done, or what Route 53 said to the batch as a whole */
  const send = async (batch: readonly Change[]): Promise<SubjectRefusal | Sent> => {
    const refusal = await guard(work, approved, paused);
    if (refusal) return refusal;
    await pace();
    const sent = await sendBatch(work, zoneId, batch);
    if (sent.done) changed += batch.length;
    return sent;
  };
  for (const batch of inBatches(changes)) {
    if (Date.now() >= work.untilMs) break;
    const sent = await send(batch);
    if ('refuse' in sent) return applied(sent);
    if (sent.done) continue;
    // Somebody changed one of them, or the answer of a request that took effect was lost: what is still to be done goes name by name.
    await waitMs(AGAIN_AFTER_MS);
    const again = await planAgain();
    if (again === undefined) break;
    paused = again.paused;
    const still = again.plan.changes.filter((change) => batch.some((one) => concerns(one, change, approved)));
    changed += batch.filter(({ name }) => !again.plan.changes.some((change) => change.name === name)).length;
    for (const change of still) {
      // Refused for so many, it is refused for what they have in common: more pages would say nothing more.
      if (Date.now() >= work.untilMs || refusals.length >= MAX_NEVER_TAKEN) break;
      const alone = await send([change]);
      if ('refuse' in alone) return applied(alone);
      if (!alone.done && !alone.busy) refusals.push(neverTaken(change, alone.why));
    }
  }
  return applied();
}

/** Two runs in a row are refused the same: it is no matter of who came first. */
const LASTS_MS = 4 * 60_000;

/** Nobody else can be hindered by it, but somebody has to know: it would be tried in vain for ever. */
const neverTaken = ({ name, sentence }: Change, why: string): SubjectRefusal => ({
  refuse: 'aws-refused',
  subject: name,
  reason: `Route 53 does not take the change “${sentence}”, which is tried again in each run: ${why}`,
  page: true,
  pageAfterMs: LASTS_MS,
});

/** What a person approved is done to the letter or not at all. */
const concerns = (planned: Change, again: Change, approved: boolean): boolean =>
  planned.name === again.name && (!approved || hashOf([planned]) === hashOf([again]));

async function guard(work: Work, approved: boolean, paused: ReadonlySet<string>): Promise<SubjectRefusal | undefined> {
  const [now, tagged] = await Promise.all([guardAgain(work), readPaused(work.clients.ec2, work.fleet)]);
  if ('refuse' in now) return now;
  const { mode, dns } = now.fleet;
  const subject = work.fleet.name;
  const changed = (reason: string): SubjectRefusal => ({ refuse: 'mode-changed', subject, reason, page: false });
  if (mode !== 'act' && !(mode === 'ask' && approved)) return changed(`the fleet file says mode: ${mode} now`);
  if (JSON.stringify(dns) !== JSON.stringify(work.fleet.dns)) return changed('the fleet file says another dns now');
  const since = [...tagged].filter((id) => !paused.has(id));
  if (since.length === 0) return undefined;
  const reason = `${since.join(', ')} got the pause tag since the plan was made: the next run makes another`;
  return { refuse: 'paused', subject, reason, page: false };
}

/** `busy`: another request for the zone was under way; otherwise it is for what stands in the zone. */
async function sendBatch(work: Work, HostedZoneId: string, batch: readonly Change[]): Promise<Sent> {
  const act = `ChangeResourceRecordSets ${HostedZoneId} ${hashOf(batch)}`;
  const shown = batch.slice(0, MAX_SENTENCES).map(({ sentence }) => sentence);
  await work.write({
    kind: 'intent',
    act,
    sentence: `${batch.length} ${batch.length === 1 ? 'name' : 'names'} of ${work.fleet.name}: ${shown[0] ?? ''}`,
    evidence: { changes: shown, of: batch.length },
    fields: { records: batch.map(changeOf) },
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
    await work.write({
      kind: 'result',
      act,
      sentence: 'done',
      evidence: { change: ChangeInfo?.Id },
      fields: { status: 'done' },
    });
    return { done: true };
  } catch (error) {
    const why = await whyRefused(error);
    if (why === undefined) {
      const sentence = `not known to be done: ${String(error)}`;
      await work.write({ kind: 'result', act, sentence, fields: { status: 'unknown' } });
      throw error;
    }
    const sentence = `refused as a whole, nothing was changed: ${why}`;
    await work.write({ kind: 'result', act, sentence, fields: { status: 'failed', reason: why } });
    return { done: false, why, busy: error instanceof PriorRequestNotComplete };
  }
}

function changeOf({ remove, create }: Change): RecordChange {
  const [before, after] = [remove, create].map((records) => records.find(({ type }) => type === 'A')?.values ?? []);
  if (remove.length === 0) return { change: 'made' };
  if (create.length === 0) return { change: 'deleted' };
  const isSet = (before?.length ?? 0) > 1 || (after?.length ?? 0) > 1;
  return isSet && isDifferent(before, after) ? { change: 'changed', ofPool: true } : { change: 'changed' };
}

const isDifferent = (before: readonly string[] = [], after: readonly string[] = []): boolean =>
  before.some((value) => !after.includes(value)) || after.some((value) => !before.includes(value));

/** A batch is taken whole or not at all. Undefined where nobody knows whether it was. */
async function whyRefused(error: unknown): Promise<string | undefined> {
  if (error instanceof InvalidChangeBatch) return error.messages?.join(' ') || error.message;
  if (error instanceof PriorRequestNotComplete) return error.message;
  // A right that a role lacks for one of its names, a limit of the zone: the other names are tried by themselves.
  return orRefused(() => Promise.reject(error)).then(
    ({ refused }) => refused,
    () => undefined,
  );
}

const wire = ({ name, type, ttlSeconds, values }: RecordSet) => ({
  Name: `${name}.`,
  Type: type as RRType,
  TTL: ttlSeconds,
  ResourceRecords: values.map((Value) => ({ Value })),
});
