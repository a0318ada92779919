// One fleet's turn: its nodes and how they fare are read, its records and alarms are made what they should be, and its people are told.
import { EventError } from '../../shared/events/errors.ts';
import type { DnsPolicy, Fleet } from '../../shared/fleet/model.ts';
import { discoverNodes, type FleetNode } from '../../shared/fleet/nodes.ts';
import type { Health } from '../../shared/fleet/observation.ts';
import { OBSERVATION_VALID_MS } from '../../shared/guardrails/grow.ts';
import { judgeGone, judgeSelection, type SubjectRefusal } from '../../shared/guardrails/names.ts';
import { judgePauses, judgePauseTag } from '../../shared/guardrails/switches.ts';
import type { DiskSeries } from './alarm-model.ts';
import { reconcileAlarms } from './apply-alarms.ts';
import { type Applied, applyNames } from './apply-names.ts';
import { type NamePlan, planNames } from './changes.ts';
import { desiredNames } from './desired.ts';
import type { Zone } from './records.ts';
import { readRegister, remember, type Tools, tell, type Work, workOf } from './work.ts';
import { findZone, readZone } from './zone.ts';

export interface Turn {
  readonly tools: Tools;
  readonly fleet: Fleet;
  readonly otherFleets: readonly string[];
  /** Every parameter below the prefix, for the pauses. */
  readonly values: ReadonlyMap<string, string>;
  readonly seriesAt: (path: string) => Promise<ReadonlyMap<string, DiskSeries>>;
  /** A person says that whatever is gone is to go. */
  readonly confirmed: boolean;
  /** The plan that a person says yes to; nothing but its records is looked at then. */
  readonly approved?: string;
}

/** What came of a turn, for the log and for a person who asked. */
export interface Summary {
  readonly fleet: string;
  readonly nodes: number;
  readonly records?: { readonly changed: number; readonly left: number; readonly plan?: string };
  readonly alarms?: {
    readonly created: number;
    readonly updated: number;
    readonly deleted: number;
    readonly left: number;
  };
  readonly refusals: readonly string[];
  readonly notes: readonly string[];
}

const MAX_NOTES = 20;
const MAX_SENTENCES = 10;

/** @throws AggregateError when something failed, after everything else was done */
export async function reconcileFleet(turn: Turn): Promise<Summary> {
  const { tools, fleet, values, confirmed } = turn;
  const work = workOf(tools, fleet);
  const { clients, environment } = tools;
  const refusals: SubjectRefusal[] = [];
  const failures: unknown[] = [];
  const paused = judgePauses(environment.PARAMETER_PREFIX, fleet.name, values);
  if (paused) {
    refusals.push({ refuse: paused.refuse, subject: fleet.name, reason: paused.reason, page: paused.page });
    await tell(work, refusals);
    return summary(fleet, 0, refusals, []);
  }
  const [nodes, register] = await Promise.all([discoverNodes(clients.ec2, fleet), readRegister(work)]);
  const nobody = judgeSelection(fleet.name, { found: nodes.length, before: register.nodes, confirmed });
  if (nobody) {
    refusals.push({ refuse: nobody.refuse, subject: fleet.name, reason: nobody.reason, page: nobody.page });
    await tell(work, refusals);
    return summary(fleet, 0, refusals, []);
  }
  if (nodes.length === 0 && register.nodes === 0 && !confirmed) return summary(fleet, 0, [], ['it has no nodes yet']);

  let records: Summary['records'];
  let alarms: Summary['alarms'];
  let notes: readonly string[] = [];
  try {
    const done = await reconcileNames(work, turn, nodes, register.plans);
    refusals.push(...done.refusals);
    records = done.records;
  } catch (error) {
    failures.push(error);
  }
  if (turn.approved === undefined) {
    try {
      const {
        refusals: refused,
        failures: failed,
        notes: told,
        ...counts
      } = await reconcileAlarms(work, { ...turn, nodes });
      refusals.push(...refused);
      failures.push(...failed);
      notes = told;
      alarms = counts;
    } catch (error) {
      failures.push(error);
    }
  }
  // What was refused is told even where something else failed.
  await tell(work, refusals, failures.length > 0 ? undefined : nodes.length).catch((error: unknown) =>
    failures.push(error),
  );
  if (failures.length > 0) throw new AggregateError(failures, `${fleet.name}: ${failures.map(sentenceOf).join('; ')}`);
  return { ...summary(fleet, nodes.length, refusals, notes), ...(records && { records }), ...(alarms && { alarms }) };
}

const summary = (
  { name }: Fleet,
  nodes: number,
  refusals: readonly SubjectRefusal[],
  notes: readonly string[],
): Summary => ({
  fleet: name,
  nodes,
  refusals: refusals.map(({ refuse, reason }) => `${refuse}: ${reason}`),
  notes: notes.length > MAX_NOTES ? [...notes.slice(0, MAX_NOTES), `and ${notes.length - MAX_NOTES} more`] : notes,
});

const sentenceOf = (error: unknown): string =>
  error instanceof Error
    ? error.cause instanceof Error
      ? `${error.message}: ${error.cause.message}`
      : error.message
    : String(error);

interface NamesDone {
  readonly records?: NonNullable<Summary['records']>;
  readonly refusals: readonly SubjectRefusal[];
}

async function reconcileNames(
  work: Work,
  { fleet, confirmed, approved }: Turn,
  nodes: readonly FleetNode[],
  plansTold: readonly string[],
): Promise<NamesDone> {
  const { dns } = fleet;
  if (!dns) {
    if (approved !== undefined) throw new EventError('fleet', fleet.name, 'a fleet with dns in its file');
    return { refusals: [] };
  }
  const found = await findZone(work.clients.route53, dns.zone, new Set(nodes.map(({ vpcId }) => vpcId)));
  if ('refuse' in found) return { refusals: [found] };
  const health = await readHealth(work);
  const planFor = (zone: Zone): { readonly plan: NamePlan; readonly poolReason: string } => {
    const desired = desiredNames({ fleet: { ...fleet, dns }, nodes, health, paused: pausedOf(nodes), zone });
    return { plan: planNames(fleet.name, desired, zone), poolReason: desired.poolReason };
  };
  const { plan, poolReason } = planFor(await readZone(work.clients.route53, found.zoneId));
  const apply = (byPerson: boolean): Promise<Applied> =>
    applyNames(work, { zoneId: found.zoneId, plan, approved: byPerson, planAgain: (zone) => planFor(zone).plan });
  const after = ({ changed, left, refusals }: Applied): NamesDone => ({
    records: { changed, left },
    refusals: [...plan.refusals, ...refusals],
  });

  if (approved !== undefined) {
    const no = whyNotApproved(fleet, dns, plan, approved);
    if (no) return { refusals: [no] };
    await work.write({ kind: 'decision', sentence: `a person approved plan ${plan.hash}: ${sentencesOf(plan)}` });
    return after(await apply(true));
  }
  if (plan.changes.length === 0) return { records: { changed: 0, left: 0 }, refusals: plan.refusals };
  if (fleet.mode !== 'act') return ask(work, plan, poolReason, plansTold);
  const tooMany = judgeGone(fleet.name, { gone: plan.gone, of: plan.owned, what: 'records', confirmed });
  if (tooMany) {
    const { refuse, reason, page } = tooMany;
    const refusal = { refuse, subject: `${fleet.name} records`, reason, page };
    return { records: { changed: 0, left: plan.changes.length }, refusals: [...plan.refusals, refusal] };
  }
  await work.write({ kind: 'decision', sentence: `${sentencesOf(plan)}; the pool: ${poolReason}` });
  return after(await apply(false));
}

function whyNotApproved(
  { name, mode }: Fleet,
  { zone }: DnsPolicy,
  plan: NamePlan,
  approved: string,
): SubjectRefusal | undefined {
  const no = (refuse: 'mode-changed' | 'approval-exceeded', reason: string): SubjectRefusal => {
    return { refuse, subject: `${name} ${approved}`, reason, page: false };
  };
  if (mode === 'plan') return no('mode-changed', `${name} is in mode plan: plan ${approved} is not carried out`);
  if (plan.changes.length === 0)
    return no('approval-exceeded', `plan ${approved} is not carried out: ${zone} is as it should be by now`);
  if (plan.hash === approved) return undefined;
  return no(
    'approval-exceeded',
    `plan ${approved} is not carried out, since something has changed: it would be plan ${plan.hash} now: ${sentencesOf(plan)}`,
  );
}

/** Modes plan and ask: the plan is written to the journal once, and in mode ask people are asked once. */
async function ask(work: Work, plan: NamePlan, poolReason: string, told: readonly string[]): Promise<NamesDone> {
  const { fleet } = work;
  const going = plan.gone * 2 > plan.owned ? ` (${plan.gone} of ${plan.owned} records go)` : '';
  if (!told.includes(plan.hash)) {
    await work.write({
      kind: 'plan',
      act: `plan ${plan.hash}`,
      sentence: `change ${plan.changes.length} names${going}: ${sentencesOf(plan)}; the pool: ${poolReason}`,
      evidence: { plan: plan.hash, changes: plan.changes.map(({ sentence }) => sentence) },
    });
    await remember(work, plan.hash);
  }
  const records = { changed: 0, left: plan.changes.length, plan: plan.hash };
  if (fleet.mode === 'plan') return { records, refusals: plan.refusals };
  const reason =
    `plan ${plan.hash} of ${fleet.name} would change ${plan.changes.length} names${going}: ${sentencesOf(plan)}; the pool: ${poolReason}. ` +
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

/** Of observations that are fresh: an older one is none. */
async function readHealth({ store, fleet }: Work): Promise<ReadonlyMap<string, Health>> {
  const nowMs = Date.now();
  const parts = await store.readObservations(fleet.name);
  const fresh = parts.filter(({ observedAtMs }) => nowMs - observedAtMs <= OBSERVATION_VALID_MS);
  return new Map(fresh.flatMap((part) => part.nodes.map(({ instanceId, health }) => [instanceId, health] as const)));
}

const pausedOf = (nodes: readonly FleetNode[]): ReadonlySet<string> =>
  new Set(nodes.filter(({ tags }) => judgePauseTag(tags) !== null).map(({ instanceId }) => instanceId));
