// One fleet's daily look: reads what its heals would need, compares it with the last look, and tells people what was lost.
import type { ReadinessClients } from '../../shared/aws/clients.ts';
import type { PageMemory } from '../../shared/guardrails/names.ts';
import { noReadiness, type ReadinessRecord } from '../../shared/heal/records.ts';
import { keys } from '../../shared/heal/store.ts';
import { type FleetReport, fleetReportOf } from '../../shared/readiness/fleet-report.ts';
import { readFleet, type Surroundings } from '../../shared/readiness/read-fleet.ts';
import { planOf } from '../../shared/readiness/wishes.ts';
import { type Controller, changeRecord, type FleetContext, settleRecord } from '../../shared/reconcile/context.ts';
import { afterLook, type Held, sendOwed } from '../../shared/reconcile/page-memory.ts';
import {
  type Compared,
  compareReadiness,
  compareTrials,
  firstSentence,
  isSilent,
  lostSentence,
  stillLost,
} from './decide.ts';

export const READINESS: Controller<ReadinessRecord> = {
  name: 'check-readiness',
  incidentId: 'readiness',
  record: { key: keys.readiness, read: (store, fleet) => store.readReadiness(fleet), empty: noReadiness },
};

export type ReadinessContext = FleetContext<ReadinessRecord, ReadinessClients>;

/** The result for one fleet, for the log and for a person who asked. */
export interface ReadinessSummary {
  readonly fleet: string;
  readonly nodes: number;
  /** null: nothing that worked would not work now. */
  readonly lost: string | null;
  readonly again: readonly string[];
  /** What drills have shown of the owner's commands; null where it could not be read. */
  readonly trials: FleetReport['trials'];
}

export async function checkFleet(context: ReadinessContext, around: Surroundings): Promise<ReadinessSummary> {
  const { fleet, write } = context;
  const facts = await readFleet(around, fleet);
  const plans = new Map(facts.nodes.map((node) => [node, planOf(facts, node)] as const));
  const report = fleetReportOf(facts, plans, new Map());
  const leased = facts.nodes.flatMap(({ node, record }) =>
    'value' in record && record.value !== undefined && record.value.owner !== null ? [node.name] : [],
  );
  const busy = new Set([...leased, ...report.nodes.filter(isSilent).map(({ node }) => node)]);
  const compared = await settleRecord<ReadinessRecord, Found>(context, (record) => {
    const before = record.version === 0 ? undefined : record;
    // What people were not told of yet is told with what is new.
    const untold = (record.owed ?? []).length > 0 ? (record.lost ?? []) : [];
    const result = compareReadiness(before, report, busy, untold);
    const isKnown = result.lost !== null && result.lost.causes.length > 0;
    const sentence = isKnown ? lostSentence(result.lost, report.nodes.length, untold.length > 0) : null;
    const lost = stillLost(record.lost ?? [], before?.heals, result.heals);
    const held = lost.length > 0 ? [{ code: LOST, subject: fleet.name, sentence, isDue: sentence !== null }] : [];
    const { known, changed } = compareTrials(record.trials, report.trials);
    const memory = afterLook(record, held, Date.now());
    const change = { heals: result.heals, lost, ...(known && { trials: known }), ...memory };
    return { change, result: { ...result, lost: sentence, changed, memory, held } };
  });
  const { lost, again, isFirst, changed, memory, held } = compared;
  if (isFirst) await write({ kind: 'decision', sentence: firstSentence(report), evidence: { causes: report.causes } });
  if (again.length > 0) await write({ kind: 'decision', sentence: `works again: ${again.join(', ')}` });
  if (changed.length > 0) await write({ kind: 'decision', sentence: changed.join('; ') });
  const remember: Parameters<typeof sendOwed>[0]['remember'] = (change) => changeRecord(context, change);
  await sendOwed({ ...context, write: (sent) => write({ kind: 'page', ...sent }), remember }, fleet.name, memory, held);
  return { fleet: fleet.name, nodes: report.nodes.length, lost, again, trials: report.trials };
}

interface Found extends Omit<Compared, 'lost'>, Pick<ReadinessSummary, 'lost'> {
  /** What is new of the owner's commands. */
  readonly changed: readonly string[];
  readonly memory: PageMemory;
  readonly held: readonly Held[];
}

const LOST = 'readiness-lost' as const;
