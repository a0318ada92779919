// One fleet's daily look: reads what its heals would need, compares it with the last look, and tells people what was lost. The record is written first, with
// the page that is owed: of two runs only one pages, and a page that could not be sent is sent by the next run.
import type { ReadinessClients } from '../../shared/aws/clients.ts';
import { page, THE_FLEET } from '../../shared/heal/notify.ts';
import { noReadiness, type ReadinessRecord } from '../../shared/heal/records.ts';
import { keys } from '../../shared/heal/store.ts';
import { type FleetReport, fleetReportOf } from '../../shared/readiness/fleet-report.ts';
import { readFleet, type Surroundings } from '../../shared/readiness/read-fleet.ts';
import { planOf } from '../../shared/readiness/wishes.ts';
import {
  type Controller,
  changeRecord,
  type FleetContext,
  readRecord,
  settleRecord,
} from '../../shared/reconcile/context.ts';
import { followPages, withSent } from '../../shared/reconcile/followed-pages.ts';
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
  await sendOwed(context);
  const facts = await readFleet(around, fleet);
  const plans = new Map(facts.nodes.map((node) => [node, planOf(facts, node)] as const));
  const report = fleetReportOf(facts, plans, new Map());
  const held = facts.nodes.flatMap(({ node, record }) =>
    'value' in record && record.value !== undefined && record.value.owner !== null ? [node.name] : [],
  );
  const busy = new Set([...held, ...report.nodes.filter(isSilent).map(({ node }) => node)]);
  const compared = await settleRecord<ReadinessRecord, Omit<Compared, 'lost'> & Pick<ReadinessSummary, 'lost'> & Tried>(
    context,
    (record) => {
      const result = compareReadiness(record.version === 0 ? undefined : record, report, busy);
      const sentence = result.lost && lostSentence(result.lost, report.nodes.length);
      const lost = stillLost(record.lost ?? [], record.version === 0 ? undefined : record.heals, result.heals);
      const nowMs = Date.now();
      const lasting = lost.length > 0 ? [{ code: LOST, subject: fleet.name, seenAtMs: nowMs }] : [];
      const pages = followPages(record.pages ?? [], lasting, true, nowMs);
      const { known, changed } = compareTrials(record.trials, report.trials);
      const change = {
        ...{ heals: result.heals, owed: sentence ?? record.owed, lost },
        ...(known && { trials: known }),
        ...(record.pages && { pages }),
      };
      return { change, result: { ...result, lost: sentence, changed } };
    },
  );
  const { lost, again, isFirst, changed } = compared;
  if (isFirst) await write({ kind: 'decision', sentence: firstSentence(report), evidence: { causes: report.causes } });
  if (again.length > 0) await write({ kind: 'decision', sentence: `works again: ${again.join(', ')}` });
  if (changed.length > 0) await write({ kind: 'decision', sentence: changed.join('; ') });
  await sendOwed(context);
  return { fleet: fleet.name, nodes: report.nodes.length, lost, again, trials: report.trials };
}

/** What is new of the owner's commands. */
interface Tried {
  readonly changed: readonly string[];
}

const LOST = 'readiness-lost' as const;

/** Twice is possible where an answer of SNS was lost; never is not. */
async function sendOwed(context: ReadinessContext): Promise<void> {
  const { clients, environment, fleet, write } = context;
  const { owed } = await readRecord(context);
  if (owed === null) return;
  const subject = fleet.name;
  const about = { fleet: fleet.name, node: THE_FLEET, code: LOST, sentence: owed, subject } as const;
  await page(clients.sns, environment.TOPIC_ARN, about);
  const sent = [{ refuse: LOST, subject, reason: owed }] as const;
  await changeRecord(context, (record) =>
    record.owed === owed ? { owed: null, pages: withSent(record.pages ?? [], fleet.name, sent, Date.now()) } : {},
  );
  await write({ kind: 'page', code: LOST, sentence: owed });
}
