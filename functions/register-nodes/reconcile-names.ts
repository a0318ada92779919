// What becomes of a fleet's records in its turn: planned, judged, asked about or carried out, as its mode says.
import { EventError } from '../../shared/events/errors.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { FleetNode } from '../../shared/fleet/nodes.ts';
import { judgeGone, type RegisterRecord, type SubjectRefusal } from '../../shared/guardrails/names.ts';
import { claimOf } from '../../shared/heal/approval.ts';
import { planSentence } from '../../shared/model/journal-fields.ts';
import { type Applied, applyNames, type Planned } from './apply-names.ts';
import { type NamePlan, planNames } from './changes.ts';
import { desiredNames, type NameFacts } from './desired.ts';
import type { Summary, Turn } from './reconcile.ts';
import type { Zone } from './records.ts';
import { type Seen, see } from './seeing.ts';
import { remember, type Work } from './work.ts';
import { findZone, readZone } from './zone.ts';

const MAX_SENTENCES = 10;

interface NamesDone {
  readonly records?: NonNullable<Summary['records']>;
  readonly refusals: readonly SubjectRefusal[];
}

export interface NamesToReconcile {
  readonly seen: Seen;
  readonly register: RegisterRecord;
  /** Instances of the fleet that have ended. */
  readonly readGone: () => Promise<readonly FleetNode[]>;
}

export async function reconcileNames(
  work: Work,
  { fleet, fleets, confirmed, approved, approvedBy = null }: Turn,
  { seen, register, readGone }: NamesToReconcile,
): Promise<NamesDone> {
  const { dns } = fleet;
  if (!dns) {
    if (approved !== undefined) throw new EventError('fleet', fleet.name, 'a fleet with dns in its file');
    return { refusals: [] };
  }
  const vpcIds = seen.nodes.flatMap(({ vpcId }) => (vpcId === '' ? [] : [vpcId]));
  const found = await findZone(work.clients.route53, dns.zone, new Set(vpcIds));
  if ('refuse' in found) return { refusals: [found] };
  const { zoneId } = found;
  const region = work.environment.AWS_REGION;
  const zone = await readZone(work.clients.route53, zoneId);
  const planFor = (facts: Seen, now: Zone, more: Pick<NameFacts, 'keepGone' | 'ended'>): Planned => {
    const { nodes, health, untouched, taken } = facts;
    const desired = desiredNames({
      fleet: { ...fleet, dns },
      region,
      nodes,
      health,
      paused: untouched,
      taken,
      zone: now,
      ...more,
    });
    return {
      plan: planNames({ fleet: fleet.name, region }, desired, now),
      poolReason: desired.poolReason,
      paused: facts.paused,
    };
  };
  const refusals: SubjectRefusal[] = [];
  let planned = planFor(seen, zone, {});
  let how: Pick<NameFacts, 'keepGone' | 'ended'> = {};
  if (planned.plan.gone > 0 && fleet.mode === 'act' && approved === undefined) {
    how = { ended: new Set((await readGone()).map(({ name }) => name)) };
    planned = planFor(seen, zone, how);
    const { gone, owned } = planned.plan;
    const tooMany = judgeGone(fleet.name, { gone, of: owned, what: 'records', confirmed });
    if (tooMany) {
      const { refuse, reason, page } = tooMany;
      refusals.push({ refuse, subject: `${fleet.name} records`, reason, page });
      // Whoever is there is kept up all the same: a sick node leaves the pool, a new one gets its name.
      how = { ...how, keepGone: true };
      planned = planFor(seen, zone, how);
    }
  }
  const { plan, poolReason } = planned;
  refusals.push(...plan.refusals);
  const apply = (byPerson: boolean): Promise<Applied> =>
    applyNames(work, {
      zoneId,
      planned,
      approved: byPerson,
      planAgain: async () => {
        // All of it: what was true of the nodes when the run began may be what somebody has just put right.
        const now = await see(work, fleets);
        return now.found === 0 ? undefined : planFor(now, await readZone(work.clients.route53, zoneId), how);
      },
    });
  const after = ({ changed, left, refusals: refused }: Applied): NamesDone => ({
    records: { changed, left },
    refusals: [...refusals, ...refused],
  });

  if (approved !== undefined) {
    const no = whyNotApproved(fleet, plan, { approved, asked: register });
    if (no) return { refusals: [no] };
    const yes = `plan ${plan.hash} is approved${claimOf(approvedBy)}`;
    const fields = { plan: plan.hash, approved: true } as const;
    await work.write({ kind: 'decision', sentence: `${yes}: ${sentencesOf(plan)}`, fields });
    return after(await apply(true));
  }
  if (plan.changes.length === 0) return { records: { changed: 0, left: 0 }, refusals };
  if (fleet.mode !== 'act') return ask(work, plan, poolReason, register.plans);
  const sentence = `${sentencesOf(plan)}; the pool: ${poolReason}`;
  await work.write({ kind: 'decision', sentence, fields: { pool: poolReason } });
  return after(await apply(false));
}

const HOUR_MS = 60 * 60_000;

function whyNotApproved(
  { name, mode, ask: { expiresAfterHours } }: Fleet,
  plan: NamePlan,
  { approved, asked }: { readonly approved: string; readonly asked: RegisterRecord },
): SubjectRefusal | undefined {
  const no = (refuse: 'mode-changed' | 'approval-exceeded' | 'approval-expired', why: string): SubjectRefusal => {
    return { refuse, subject: `${name} ${approved}`, reason: `plan ${approved} is not carried out${why}`, page: false };
  };
  if (mode === 'plan') return no('mode-changed', `: ${name} is in mode plan`);
  if (plan.changes.length === 0) return no('approval-exceeded', ': everything is as it should be by now');
  if (plan.hash !== approved)
    return no(
      'approval-exceeded',
      `, since something has changed: it would be plan ${plan.hash} now: ${sentencesOf(plan)}`,
    );
  if (mode === 'act') return undefined;
  const question = asked.told.find(({ code, subject }) => code === 'approval-wanted' && subject === approved);
  if (!question) return no('approval-exceeded', ': nobody was asked about it lately');
  if (Date.now() - question.sinceMs < expiresAfterHours * HOUR_MS) return undefined;
  return no('approval-expired', `: people were asked more than ${expiresAfterHours} h ago, and are asked again`);
}

/** Modes plan and ask: the plan is written to the journal once, and in mode ask people are asked once. */
async function ask(work: Work, plan: NamePlan, poolReason: string, told: readonly string[]): Promise<NamesDone> {
  const { fleet } = work;
  const going = plan.gone * 2 > plan.owned ? ` (${plan.gone} of ${plan.owned} records go)` : '';
  const words = {
    would: `change ${plan.changes.length} ${plan.changes.length === 1 ? 'name' : 'names'}${going}`,
    because: `${sentencesOf(plan)}; the pool: ${poolReason}`,
  };
  if (!told.includes(plan.hash)) {
    await work.write({
      kind: 'plan',
      act: `plan ${plan.hash}`,
      sentence: planSentence(words),
      fields: { ...words, plan: plan.hash },
      evidence: { plan: plan.hash, changes: plan.changes.map(({ sentence }) => sentence) },
    });
    await remember(work, plan.hash);
  }
  const records = { changed: 0, left: plan.changes.length, plan: plan.hash };
  if (fleet.mode === 'plan') return { records, refusals: plan.refusals };
  const reason =
    `plan ${plan.hash} of ${fleet.name} would ${planSentence(words)}. ` +
    'Exactly this is done when a person approves it, and nothing otherwise';
  return {
    records,
    refusals: [...plan.refusals, { refuse: 'approval-wanted', subject: plan.hash, reason, page: true }],
  };
}

function sentencesOf({ changes }: NamePlan): string {
  const shown = changes.slice(0, MAX_SENTENCES).map(({ sentence }) => sentence);
  return [...shown, ...(changes.length > MAX_SENTENCES ? [`and ${changes.length - MAX_SENTENCES} more`] : [])].join(
    '; ',
  );
}
