// Applies a fleet's DNS records: planned, judged, asked about or carried out, as its mode says. A plan is carried out under a guard, journalled
// before and after, in atomic batches that Route 53 refuses if anything has changed.
import { setTimeout } from 'node:timers/promises';
import { ChangeResourceRecordSetsCommand, InvalidChangeBatch, PriorRequestNotComplete } from '@aws-sdk/client-route-53';
import { catchRefusal, isDenied } from '../../shared/aws/refusals.ts';
import { EventError } from '../../shared/events/errors.ts';
import type { DnsPolicy, Fleet } from '../../shared/fleet/model.ts';
import type { SeenInstance } from '../../shared/fleet/nodes.ts';
import { poolName } from '../../shared/fleet/resource-names.ts';
import {
  judgeMissing,
  type NamesRecord,
  type OutOfPool,
  type PoolSeen,
  type SubjectRefusal,
} from '../../shared/guardrails/names.ts';
import { readSwitches } from '../../shared/guardrails/switches.ts';
import type { JournalEntry } from '../../shared/heal/journal.ts';
import type { RecordChange } from '../../shared/model/journal-fields.ts';
import { type NodeRef, readRecord, settleRecord } from '../../shared/reconcile/context.ts';
import { judgeFile } from '../../shared/reconcile/guard.ts';
import { subjectRefusal } from '../../shared/reconcile/notification.ts';
import { pacer } from '../../shared/reconcile/pace.ts';
import {
  type Approval,
  approvedFields,
  approvedSentence,
  judgeWholePlan,
  proposeWholePlan,
  reconcile,
  type WholePlan,
} from '../../shared/reconcile/plan.ts';
import type { RegisterContext, RegisterRequest, RegisterSummary } from './context.ts';
import { type NodeFacts, readNodeFacts, readPaused, readRetired } from './facts.ts';
import { followPool, hasStrangers, type PoolFollows } from './pool-follows.ts';
import {
  desiredNames,
  hashOf,
  inBatches,
  type NameFacts,
  type NamePlan,
  planNames,
  type RecordSetChange,
} from './records.ts';
import { batchChanges, findZone, readZone, recordKey, type Zone } from './zone.ts';

const MAX_SHOWN = 10;

interface NamesDone {
  readonly records?: NonNullable<RegisterSummary['records']>;
  /** The pool's record after the run, and when it was asked for; only of a fleet whose group may be scaled. */
  readonly pool?: Omit<PoolSeen, 'sinceMs'>;
  readonly refusals: readonly SubjectRefusal[];
}

export interface NamesToReconcile extends Pick<RegisterRequest, 'fleets' | 'names' | 'confirmed' | 'approval'> {
  readonly nodeFacts: NodeFacts;
  readonly register: NamesRecord;
  /** Instances of the fleet that have ended. */
  readonly readGone: () => Promise<readonly SeenInstance[]>;
}

/** How a plan treats names of ours that no node has. */
interface MissingNames extends Pick<NameFacts, 'keepGone' | 'ended'> {
  readonly refusals?: readonly SubjectRefusal[];
}

export async function reconcileNames(context: RegisterContext, request: NamesToReconcile): Promise<NamesDone> {
  const { fleet, clients, environment } = context;
  const { nodeFacts, register, approval } = request;
  const { dns } = fleet;
  if (!dns) {
    if (approval) throw new EventError('fleet', fleet.name, 'a fleet with dns in its file');
    return { refusals: [] };
  }
  const vpcIds = nodeFacts.nodes.flatMap(({ vpcId }) => (vpcId === '' ? [] : [vpcId]));
  const found = await findZone(clients.route53, dns.zone, new Set(vpcIds));
  if ('refuse' in found) return { refusals: [found] };
  const { zoneId } = found;
  const planFor = (facts: NodeFacts, zone: Zone, gone: MissingNames): PlannedNames =>
    planOf({ ...fleet, dns }, environment.AWS_REGION, request.names, facts, zone, gone);
  const followed = approval === undefined ? await followHeals(context, { ...found, dns }, request) : NOBODY;
  const result = await reconcile(
    fleet,
    {
      facts: async () => {
        const zone = followed.zone ?? (await readZone(clients.route53, zoneId));
        return { zone, gone: await judgeMissingNames(context, request, (gone) => planFor(nodeFacts, zone, gone).plan) };
      },
      decide: ({ zone, gone }) => planFor(nodeFacts, zone, gone),
      isEmpty: ({ plan }) => plan.changes.length === 0,
      judgeApproval: async (planned, { plan }) =>
        judgeWholePlan(fleet, wholePlan(planned), plan, register, Date.now()) ?? planned,
      propose: (planned) => proposeWholePlan(context, wholePlan(planned), register),
      apply: async (planned, approved) => {
        await context.write(decisionOf(planned, approved));
        return applyNames(context, {
          zoneId,
          planned,
          approved: approved !== undefined,
          planAgain: async () => {
            // Everything is read again: somebody may just have corrected what was true of the nodes when the run began.
            const now = await readNodeFacts(context, request.fleets);
            return now.found === 0 ? undefined : planFor(now, await readZone(clients.route53, zoneId), planned.gone);
          },
        });
      },
    },
    approval,
  );
  const { plan } = result.plan;
  // A member that is let go is ended once this has its address no more.
  const atMs = Date.now();
  const pool = fleet.scales ? { pool: { addresses: poolIn(await readZone(clients.route53, zoneId), dns), atMs } } : {};
  const refusals = [...followed.refusals, ...(result.plan.gone.refusals ?? []), ...plan.refusals];
  switch (result.step) {
    case 'refused':
      return { refusals: [result.refusal], ...pool };
    case 'nothing':
      return { records: { changed: followed.changed, left: 0 }, refusals, ...pool };
    case 'proposed':
      return {
        records: { changed: followed.changed, left: plan.changes.length, plan: plan.hash },
        refusals: [...refusals, ...result.refusals],
        ...pool,
      };
    case 'applied': {
      const { changed, left, refusals: met } = result.done;
      return { records: { changed, left }, refusals: [...refusals, ...met], ...pool };
    }
  }
}

interface Followed extends Pick<ApplyResult, 'changed' | 'refusals'> {
  /** As it was read a moment ago; absent where it was not read, or has changed since. */
  readonly zone?: Zone;
}

const NOBODY: Followed = { changed: 0, refusals: [] };

/**
 * The pool's record follows heals, before anything else is put to people. Mode ask: both ways, since their yes covers both. Mode plan, and under a pause: the
 * way back alone. Mode act: it is only remembered who has left, since everything is carried out in any case.
 */
async function followHeals(
  context: RegisterContext,
  { zoneId, dns }: { readonly zoneId: string; readonly dns: DnsPolicy },
  { nodeFacts, fleets, register }: NamesToReconcile,
): Promise<Followed> {
  const { fleet, clients, environment } = context;
  const named = { ...fleet, dns };
  const readFollowed = async ({ untouched, ...facts }: NodeFacts) => {
    const zone = await readZone(clients.route53, zoneId);
    const retired = hasStrangers({ fleet: named, nodes: facts.nodes }, zone)
      ? await readRetired(clients.ec2, fleet)
      : [];
    return { ...facts, fleet: named, region: environment.AWS_REGION, paused: untouched, zone, retired };
  };
  const nowMs = Date.now();
  const follows = (
    known: Awaited<ReturnType<typeof readFollowed>>,
    { out = [] }: NamesRecord,
    isHeld: boolean,
  ): PoolFollows & { readonly poolReason: string } => {
    const desired = desiredNames(known);
    return { ...followPool({ ...known, out, nowMs, isHeld }, desired), poolReason: desired.poolReason };
  };
  const known = await readFollowed(nodeFacts);
  const { plan, out } = follows(known, register, fleet.mode === 'plan');
  if (plan.changes.length === 0 && isSameOut(out, register.out ?? [])) return { ...NOBODY, zone: known.zone };
  const now = await readSwitches(context, fleet.name);
  // The guard of what else there is to do tells of a file that cannot be read.
  if ('refuse' in now) return { ...NOBODY, zone: known.zone };
  const isHeld = fleet.mode === 'plan' || now.refusal !== null;
  // Who leaves is remembered first: otherwise nobody would know that it may come back.
  const planned = await settleRecord(context, (record) => {
    const result = follows(known, record, isHeld);
    return { change: isSameOut(result.out, record.out ?? []) ? undefined : { out: result.out }, result };
  });
  if (planned.plan.changes.length === 0 || (fleet.mode === 'act' && !isHeld)) return { ...NOBODY, zone: known.zone };
  const { poolReason } = planned;
  const sentence = `${planned.sentence}; the pool: ${poolReason}`;
  await context.write({ kind: 'decision', sentence, fields: { pool: poolReason } });
  return applyNames(context, {
    zoneId,
    planned: { ...planned, paused: nodeFacts.paused, gone: {} },
    approved: true,
    putsBack: isHeld,
    planAgain: async () => {
      const [again, record] = await Promise.all([readNodeFacts(context, fleets), readRecord(context)]);
      if (again.found === 0) return undefined;
      return { ...follows(await readFollowed(again), record, isHeld), paused: again.paused, gone: {} };
    },
  });
}

const isSameOut = (a: readonly OutOfPool[], b: readonly OutOfPool[]): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

const poolIn = (zone: Zone, dns: DnsPolicy): readonly string[] => zone.get(recordKey(poolName(dns), 'A'))?.values ?? [];

/** Pure. */
function planOf(
  fleet: NameFacts['fleet'] & { readonly dns: DnsPolicy },
  region: string,
  names: RegisterRequest['names'],
  { nodes, health, untouched, contested, taken, paused }: NodeFacts,
  zone: Zone,
  gone: MissingNames,
): PlannedNames {
  const desired = desiredNames({ fleet, region, nodes, health, paused: untouched, contested, taken, zone, ...gone });
  const plan = planNames({ suite: fleet.suite, fleet: fleet.name, region }, desired, zone, names);
  const unwell = leavesPool(poolName(fleet.dns), plan, nodes, health);
  return { plan, poolReason: desired.poolReason, paused, gone, ...(unwell && { unwell }) };
}

/** The one node that leaves the pool for its health, where nothing else is changed. */
function leavesPool(
  pool: string,
  { changes }: NamePlan,
  nodes: NodeFacts['nodes'],
  health: NodeFacts['health'],
): NodeRef | undefined {
  const [only, another] = changes;
  if (only?.name !== pool || another !== undefined) return undefined;
  const now = new Set(only.create.flatMap(({ values }) => values));
  const before = new Set(only.remove.flatMap(({ values }) => values));
  const [leaves, more] = [...before].filter((address) => !now.has(address));
  if (leaves === undefined || more !== undefined || [...now].some((address) => !before.has(address))) return undefined;
  const node = nodes.find(({ privateIp }) => privateIp === leaves);
  const seen = node && health.get(node.instanceId);
  return seen === 'unreachable' || seen === 'stuck' ? node : undefined;
}

/** Whether names of ours may be removed where nobody is asked: too many at once are a mistake until a person says otherwise. */
async function judgeMissingNames(
  { fleet }: RegisterContext,
  { readGone, confirmed, approval }: NamesToReconcile,
  planWith: (gone: MissingNames) => NamePlan,
): Promise<MissingNames> {
  if (fleet.mode !== 'act' || approval || planWith({}).gone === 0) return {};
  const ended = new Set((await readGone()).map(({ name }) => name));
  const { gone, owned } = planWith({ ended });
  const tooMany = judgeMissing(fleet.name, { gone, of: owned, what: 'records', confirmed });
  if (!tooMany) return { ended };
  // The existing nodes are still updated: a sick node leaves the pool, a new one gets its name.
  return { ended, keepGone: true, refusals: [subjectRefusal(tooMany, `${fleet.name} records`)] };
}

const wholePlan = ({ plan, poolReason, unwell }: PlannedNames): WholePlan => {
  const { changes, hash, gone, owned } = plan;
  const going = gone * 2 > owned ? ` (${gone} of ${owned} records go)` : '';
  return {
    hash,
    isEmpty: changes.length === 0,
    would: `change ${changes.length} ${changes.length === 1 ? 'name' : 'names'}${going}`,
    because: `${sentencesOf(plan)}; the pool: ${poolReason}`,
    changes: { changes: changes.map(({ sentence }) => sentence) },
    ...(unwell && { node: { name: unwell.name, instanceId: unwell.instanceId } }),
  };
};

function decisionOf({ plan, poolReason }: PlannedNames, approval: Approval | undefined): Omit<JournalEntry, 'atMs'> {
  if (approval) {
    const sentence = `${approvedSentence(approval)}: ${sentencesOf(plan)}`;
    return { kind: 'decision', sentence, fields: approvedFields(approval) };
  }
  const sentence = `${sentencesOf(plan)}; the pool: ${poolReason}`;
  return { kind: 'decision', sentence, fields: { pool: poolReason } };
}

function sentencesOf({ changes }: NamePlan): string {
  const shown = changes.slice(0, MAX_SHOWN).map(({ sentence }) => sentence);
  return [...shown, ...(changes.length > MAX_SHOWN ? [`and ${changes.length - MAX_SHOWN} more`] : [])].join('; ');
}

/** "Five requests per second per AWS account" (Route 53 quotas); with room for people and other tools. */
const GAP_MS = 250;
/** Route 53 refuses a request while it processes another for the same zone (PriorRequestNotComplete). */
const AGAIN_AFTER_MS = 1_000;
const MAX_SENTENCES = 20;
const MAX_NEVER_TAKEN = 5;

interface ApplyResult {
  readonly changed: number;
  /** Left for the next run: time was up, or somebody else was changing the records. */
  readonly left: number;
  readonly refusals: readonly SubjectRefusal[];
}

/** A plan, and which nodes were paused when it was made. */
interface PlannedNames {
  readonly plan: NamePlan;
  readonly poolReason: string;
  readonly paused: ReadonlySet<string>;
  readonly gone: MissingNames;
  /** Nothing is changed but that this node leaves the pool, for its health. Absent otherwise. */
  readonly unwell?: NodeRef;
}

interface NamesToApply {
  readonly zoneId: string;
  readonly planned: PlannedNames;
  /** A person approved exactly this plan: nothing else is done, and mode ask allows it. */
  readonly approved: boolean;
  /** It only puts back what a heal has taken out: neither a pause nor a mode keeps that from happening. */
  readonly putsBack?: boolean;
  /** Plans again from nodes and zone, all of it read again; undefined where no node is found any more. */
  readonly planAgain: () => Promise<PlannedNames | undefined>;
}

type BatchResult = { readonly done: true } | RejectedBatch;

interface RejectedBatch {
  readonly done: false;
  readonly why: string;
  /** `busy`: another request for the zone was under way. `denied`: chainmend lacks the right. `content`: what is in the zone is the reason. */
  readonly cause: 'busy' | 'denied' | 'content';
}

async function applyNames(
  context: RegisterContext,
  { zoneId, planned, approved, putsBack = false, planAgain }: NamesToApply,
): Promise<ApplyResult> {
  const { changes } = planned.plan;
  const pace = pacer(GAP_MS);
  const refusals: SubjectRefusal[] = [];
  const denied: { readonly change: RecordSetChange; readonly why: string }[] = [];
  let { paused } = planned;
  let changed = 0;
  const applied = (...more: readonly SubjectRefusal[]): ApplyResult => {
    const [first] = denied;
    const lacking = first ? [deniedChanges(context.fleet.name, denied.length, first.change, first.why)] : [];
    return { changed, left: changes.length - changed, refusals: [...refusals, ...lacking, ...more] };
  };
  /** @returns why nothing more may be done, or Route 53's result for the batch as a whole */
  const send = async (batch: readonly RecordSetChange[]): Promise<SubjectRefusal | BatchResult> => {
    const refusal = await guard(context, { approved, putsBack }, paused);
    if (refusal) return refusal;
    await pace();
    const sent = await sendBatch(context, zoneId, batch);
    if (sent.done) changed += batch.length;
    return sent;
  };
  for (const batch of inBatches(changes)) {
    if (Date.now() >= context.untilMs) break;
    const sent = await send(batch);
    if ('refuse' in sent) return applied(sent);
    if (sent.done) continue;
    // Somebody changed one of them, or the answer of a successful request was lost: the remaining changes are sent name by name.
    await setTimeout(AGAIN_AFTER_MS);
    const again = await planAgain();
    if (again === undefined) break;
    paused = again.paused;
    const still = again.plan.changes.filter((change) => batch.some((one) => isSameChange(one, change, approved)));
    changed += batch.filter(({ name }) => !again.plan.changes.some((change) => change.name === name)).length;
    for (const change of still) {
      // If so many are refused, they have a common cause: more pages would add nothing.
      if (Date.now() >= context.untilMs || refusals.length + denied.length >= MAX_NEVER_TAKEN) break;
      const alone = await send([change]);
      if ('refuse' in alone) return applied(alone);
      if (alone.done) continue;
      if (alone.cause === 'denied') denied.push({ change, why: alone.why });
      if (alone.cause === 'content') refusals.push(rejectedChange(change, alone.why));
    }
  }
  return applied();
}

/** A refusal that repeats in two runs in a row is not a race with another writer. */
const LASTS_MS = 4 * 60_000;

/** It hinders no other change, but somebody has to know: otherwise it would fail in every run for ever. */
const rejectedChange = ({ name, sentence }: RecordSetChange, why: string): SubjectRefusal => ({
  refuse: 'aws-refused',
  subject: name,
  reason: `Route 53 does not take the change “${sentence}”, which is tried again in each run: ${why}`,
  page: true,
  pageAfterMs: LASTS_MS,
});

/** A missing right is one cause, however many names it concerns: one refusal, of the fleet. */
function deniedChanges(fleet: string, count: number, { sentence }: RecordSetChange, why: string): SubjectRefusal {
  const what = count === 1 ? `the change “${sentence}”` : `changes like “${sentence}” (${count} were tried)`;
  return {
    refuse: 'aws-refused',
    subject: `${fleet} records`,
    reason: `chainmend has no right to make ${what}: ${why}. Where the fleet file got another dns.zone since the last deployment: npm run deploy. Each run tries again`,
    page: true,
    pageAfterMs: LASTS_MS,
  };
}

/** An approved change is made exactly as approved, or not at all. */
const isSameChange = (planned: RecordSetChange, again: RecordSetChange, approved: boolean): boolean =>
  planned.name === again.name && (!approved || hashOf([planned]) === hashOf([again]));

async function guard(
  context: RegisterContext,
  { approved, putsBack }: { readonly approved: boolean; readonly putsBack: boolean },
  paused: ReadonlySet<string>,
): Promise<SubjectRefusal | undefined> {
  const { clients, fleet } = context;
  const [now, tagged] = await Promise.all([readSwitches(context, fleet.name), readPaused(clients.ec2, fleet)]);
  const depends = { fleet, approved, putsBack, by: ({ dns }: Fleet) => dns, parts: 'another dns' };
  const refusal = 'refuse' in now ? now : ((putsBack ? null : now.refusal) ?? judgeFile(now.fleet, depends));
  if (refusal) return subjectRefusal(refusal, fleet.name);
  const since = [...tagged].filter((id) => !paused.has(id));
  if (since.length === 0) return undefined;
  const reason = `${since.join(', ')} got the pause tag since the plan was made: the next run makes another`;
  return { refuse: 'paused', subject: fleet.name, reason, page: false };
}

async function sendBatch(
  context: RegisterContext,
  HostedZoneId: string,
  batch: readonly RecordSetChange[],
): Promise<BatchResult> {
  const act = `ChangeResourceRecordSets ${HostedZoneId} ${hashOf(batch)}`;
  const shown = batch.slice(0, MAX_SENTENCES).map(({ sentence }) => sentence);
  await context.write({
    kind: 'intent',
    act,
    sentence: `${batch.length} ${batch.length === 1 ? 'name' : 'names'} of ${context.fleet.name}: ${shown[0] ?? ''}`,
    evidence: { changes: shown, of: batch.length },
    fields: { records: batch.map(changeOf) },
  });
  try {
    const { ChangeInfo } = await context.clients.route53.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId,
        ChangeBatch: { Comment: `chainmend ${context.fleet.name}`, Changes: batchChanges(batch) },
      }),
    );
    await context.write({
      kind: 'result',
      act,
      sentence: 'done',
      evidence: { change: ChangeInfo?.Id },
      fields: { status: 'done' },
    });
    return { done: true };
  } catch (error) {
    const rejected = await rejectionOf(error);
    if (rejected === undefined) {
      const sentence = `not known to be done: ${String(error)}`;
      await context.write({ kind: 'result', act, sentence, fields: { status: 'unknown' } });
      throw error;
    }
    const { why } = rejected;
    const sentence = `refused as a whole, nothing was changed: ${why}`;
    await context.write({ kind: 'result', act, sentence, fields: { status: 'failed', reason: why } });
    return { done: false, ...rejected };
  }
}

function changeOf({ remove, create }: RecordSetChange): RecordChange {
  const [before, after] = [remove, create].map((records) => records.find(({ type }) => type === 'A')?.values ?? []);
  if (remove.length === 0) return { change: 'made' };
  if (create.length === 0) return { change: 'deleted' };
  const isSet = (before?.length ?? 0) > 1 || (after?.length ?? 0) > 1;
  return isSet && isDifferent(before, after) ? { change: 'changed', ofPool: true } : { change: 'changed' };
}

const isDifferent = (before: readonly string[] = [], after: readonly string[] = []): boolean =>
  before.some((value) => !after.includes(value)) || after.some((value) => !before.includes(value));

/** Route 53 takes a batch completely or not at all. undefined where the effect is unknown. */
async function rejectionOf(error: unknown): Promise<Omit<RejectedBatch, 'done'> | undefined> {
  if (error instanceof InvalidChangeBatch) return { why: error.messages?.join(' ') || error.message, cause: 'content' };
  if (error instanceof PriorRequestNotComplete) return { why: error.message, cause: 'busy' };
  // A missing right for one of the names, or a limit of the zone: the other names are sent one by one.
  return catchRefusal(() => Promise.reject(error)).then(
    (refusal) => ({ why: refusal.refused, cause: isDenied(refusal) ? 'denied' : 'content' }),
    () => undefined,
  );
}
