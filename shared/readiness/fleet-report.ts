// What is judged of one fleet, as one object: each heal of each node, and the same by its causes. Pure.
import { recentModifications } from '../heal/lease.ts';
import { type TrialReport, trialReports } from '../heal/trials.ts';
import type { GuardrailCode } from '../model/guardrail-codes.ts';
import { chooseBeginning } from '../snapshots/new-node.ts';
import { compareNames } from '../text/names.ts';
import { plainText } from '../text/plain-text.ts';
import type { FleetFacts, NodeFacts } from './facts.ts';
import { judgeNode, type NodeVerdicts } from './judge.ts';
import type { Answers } from './judge-answer.ts';
import { type QuotaReport, quotaReports } from './judge-quotas.ts';
import { COLUMNS, type Column, type Finding } from './verdict.ts';
import type { NodePlan } from './wishes.ts';

export interface SourceReport {
  readonly set: string;
  /** The node that it was taken of. */
  readonly of: string;
  readonly rank: string;
  readonly takenAt: string;
  readonly ageSeconds: number;
  readonly height: number | null;
  /** Until restored data are in step with the chain; null where nobody knows. */
  readonly caughtUpMinutes: number | null;
  readonly caughtUp: string;
}

export interface NodeReport {
  readonly node: string;
  readonly instanceId: string;
  readonly role: string;
  readonly heals: NodeVerdicts;
  /** The data that would be restored; null where no set is good. */
  readonly source: SourceReport | null;
  /** How often its volumes may still be modified today, by the fleet file's limit; null where that is not known. */
  readonly modificationsLeft: number | null;
}

/** One cause, for all nodes and heals that have it. */
export interface Cause extends Finding {
  readonly heals: readonly Column[];
  readonly nodes: readonly string[];
}

export interface FleetReport {
  readonly fleet: string;
  readonly mode: string;
  readonly causes: readonly Cause[];
  /** US dollars a month that growth may still add in this calendar month; null where that is not known. */
  readonly budgetLeftUsd: number | null;
  readonly budgetUsd: number;
  /** Replacements that the account has left in this hour and this day; null where that is not known. */
  readonly replacementsLeft: { readonly hour: number; readonly day: number } | null;
  /** Of each of the owner's commands that the fleet file has; null where what drills have tried is not known. */
  readonly trials: readonly TrialReport[] | null;
  /** What is left of the account's quotas that this fleet can meet. */
  readonly quotas: readonly QuotaReport[];
  /** The data that a node would begin with that is deployed now; null where the snapshots are not known. */
  readonly newNode: string | null;
  readonly nodes: readonly NodeReport[];
}

const NAME_CHARACTERS = 256;

export function fleetReportOf(
  facts: FleetFacts,
  plans: ReadonlyMap<NodeFacts, NodePlan>,
  answers: Answers,
): FleetReport {
  const { fleet, nowMs, addedUsd, nodes } = facts;
  const reports = nodes
    .toSorted((a, b) => compareNames(a.node.name, b.node.name))
    .flatMap((node) => {
      const plan = plans.get(node);
      if (plan === undefined) return [];
      const heals = plainVerdicts(judgeNode(facts, node, plan, answers));
      return [{ facts: node, report: nodeReportOf({ facts, node, plan, heals }) }];
    });
  const limitUsd = fleet.disk.maximumMonthlyIncreaseUsd;
  return {
    fleet: fleet.name,
    mode: fleet.mode,
    causes: causesOf(reports),
    budgetLeftUsd: 'unread' in addedUsd ? null : Math.max(0, Math.round((limitUsd - addedUsd.value) * 100) / 100),
    budgetUsd: limitUsd,
    replacementsLeft: replacementsLeft(facts, nowMs),
    trials: 'unread' in facts.drill ? null : trialReports(fleet, facts.drill.value, nowMs),
    quotas: quotaReports(facts).map((quota) => ({ ...quota, words: plainText(quota.words) })),
    newNode: newNodeOf(facts),
    nodes: reports.map(({ report }) => report),
  };
}

/** As large as its snapshot, and by what is known here alone: a deployment may name another one. */
function newNodeOf({ fleet, nodes, observed, watch, sets, nowMs }: FleetFacts): string | null {
  if ('unread' in sets) return null;
  const begins = chooseBeginning(
    { kind: 'single', snapshot: 'newest-good', sizeGiB: 1 },
    {
      ...{ fleet, nowMs, nodes: nodes.map(({ node }) => node), unusableKeys: new Map() },
      observed: 'unread' in observed ? [] : observed.value,
      watch: 'unread' in watch ? undefined : watch.value,
    },
    sets.value,
  );
  if (begins.kind === 'snapshot') return plainText(begins.sentence);
  return plainText(`no snapshot: ${begins.kind === 'none' ? begins.sentence : begins.problem.expected}`);
}

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;

/** Those that heals made by themselves: what people ask for is counted apart. */
function replacementsLeft({ replacements, fleet }: FleetFacts, nowMs: number): FleetReport['replacementsLeft'] {
  if ('unread' in replacements) return null;
  const times = (replacements.value?.entries ?? []).flatMap(({ byPerson, atMs }) => (byPerson ? [] : [atMs]));
  const left = (limit: number, ms: number) => Math.max(0, limit - times.filter((atMs) => nowMs - atMs < ms).length);
  return {
    hour: left(fleet.replace.replacementsPerHour, HOUR_MS),
    day: left(fleet.replace.replacementsPerDay, DAY_MS),
  };
}

interface NodeCase {
  readonly facts: FleetFacts;
  readonly node: NodeFacts;
  readonly plan: NodePlan;
  readonly heals: NodeVerdicts;
}

function nodeReportOf({ facts, node: { node, record, data }, plan: { source }, heals }: NodeCase): NodeReport {
  const { nowMs, fleet } = facts;
  const left = ({ volume }: NodeFacts['data'][number]): number =>
    fleet.disk.modificationsPerDay -
    ('unread' in record || record.value === undefined
      ? 0
      : recentModifications(record.value, volume.volumeId, nowMs).length);
  return {
    node: plainText(node.name, NAME_CHARACTERS),
    instanceId: node.instanceId,
    role: node.role,
    heals,
    source: source && {
      set: plainText(source.set.setId, NAME_CHARACTERS),
      of: plainText(source.set.node, NAME_CHARACTERS),
      rank: source.set.rank,
      takenAt: new Date(source.set.takenAtMs).toISOString(),
      ageSeconds: Math.round((nowMs - source.set.takenAtMs) / 1_000),
      height: source.set.height,
      caughtUpMinutes: source.catchUp.minutes,
      caughtUp: plainText(source.catchUp.words),
    },
    modificationsLeft: 'unread' in record || data.length === 0 ? null : Math.max(0, Math.min(...data.map(left))),
  };
}

export const plainFinding = (finding: Finding): Finding => ({
  ...finding,
  why: plainText(finding.why),
  ...(finding.remedy !== undefined && { remedy: plainText(finding.remedy) }),
  ...(finding.paste !== undefined && { paste: plainText(finding.paste) }),
});

const plainVerdicts = (verdicts: NodeVerdicts): NodeVerdicts =>
  Object.fromEntries(
    Object.entries(verdicts).map(([column, verdict]) => [
      column,
      'findings' in verdict ? { ...verdict, findings: verdict.findings.map(plainFinding) } : verdict,
    ]),
  ) as unknown as NodeVerdicts;

/** What a node cannot do without: other data, or another instance. */
const RESTORES: readonly Column[] = ['swap', 'replace'];

/** One cause, however a rule words what follows from it. */
const WHOLE: ReadonlySet<string> = new Set(['breaker-open', 'chain-standing'] satisfies GuardrailCode[]);

/** The same cause of many nodes is one. The worst comes first: a no, then what keeps most nodes from being restored, then the most heals. */
function causesOf(all: readonly { readonly facts: NodeFacts; readonly report: NodeReport }[]): readonly Cause[] {
  const found = new Map<string, { finding: Finding; general: string; heals: Set<Column>; nodes: Set<string> }>();
  for (const { facts, report } of all)
    for (const column of COLUMNS) {
      const verdict = report.heals[column];
      for (const finding of 'findings' in verdict ? verdict.findings : []) {
        const general = generalized(finding.why, facts);
        const key = JSON.stringify([finding.is, finding.code, WHOLE.has(finding.code) ? '' : general]);
        const cause = found.get(key) ?? { finding, general, heals: new Set(), nodes: new Set() };
        found.set(key, cause);
        cause.heals.add(column);
        cause.nodes.add(report.node);
      }
    }
  const causes = [...found.values()].map(({ finding, general, heals, nodes }) => ({
    ...finding,
    ...(nodes.size > 1 && { why: general }),
    heals: COLUMNS.filter((column) => heals.has(column)),
    nodes: [...nodes],
  }));
  const weight = ({ heals, nodes }: Cause): number =>
    nodes.length * heals.reduce((sum, column) => sum + (RESTORES.includes(column) ? 100 : 1), 0);
  return causes.toSorted(
    (a, b) =>
      Number(a.is === 'unknown') - Number(b.is === 'unknown') || weight(b) - weight(a) || (a.code < b.code ? -1 : 1),
  );
}

/** The cause without the node's own names: nodes that differ in nothing else have the same one. */
function generalized(why: string, { node, volumes }: NodeFacts): string {
  const ids = 'unread' in volumes ? [] : volumes.value.map(({ volumeId }) => volumeId);
  const withoutIds = [...ids, ...node.volumeIds].reduce((text, id) => text.replaceAll(id, 'its volume'), why);
  const withoutInstance = withoutIds.replaceAll(node.instanceId, 'its instance');
  return withoutInstance
    .split(/([\p{L}\p{N}_.-]+)/u)
    .map((word) => (word === node.name ? 'it' : word))
    .join('');
}
