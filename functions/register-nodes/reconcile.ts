// One fleet's turn: its nodes and how they fare are read, its records and alarms are made what they should be, and its people are told.
import type { Fleet } from '../../shared/fleet/model.ts';
import type { FleetNode } from '../../shared/fleet/nodes.ts';
import { judgeSelection, type SubjectRefusal } from '../../shared/guardrails/names.ts';
import type { DiskSeries } from './alarm-model.ts';
import { reconcileAlarms } from './apply-alarms.ts';
import { reconcileNames } from './reconcile-names.ts';
import { readEnded, see } from './seeing.ts';
import { readRegister, type Tools, tell, workOf } from './work.ts';

export interface Turn {
  readonly tools: Tools;
  readonly fleet: Fleet;
  /** All that there are, this one among them. */
  readonly fleets: readonly Fleet[];
  readonly seriesAt: (path: string) => Promise<ReadonlyMap<string, DiskSeries>>;
  /** A person says that whatever is gone is to go. */
  readonly confirmed: boolean;
  /** The plan that a person says yes to; nothing but its records is looked at then. */
  readonly approved?: string;
  /** Who says yes, as the event claims. */
  readonly approvedBy?: string | null;
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

/** @throws AggregateError when something failed, after everything else was done */
export async function reconcileFleet(turn: Turn): Promise<Summary> {
  const { tools, fleet, confirmed } = turn;
  const work = workOf(tools, fleet);
  const { clients } = tools;
  const refusals: SubjectRefusal[] = [];
  const failures: unknown[] = [];
  const [seen, register] = await Promise.all([see(work, turn.fleets), readRegister(work)]);
  const { nodes, found } = seen;
  const nobody = judgeSelection(fleet.name, { found, before: register.nodes, confirmed });
  if (nobody) {
    refusals.push({ refuse: nobody.refuse, subject: fleet.name, reason: nobody.reason, page: nobody.page });
    await tell(work, refusals);
    return summary(fleet, 0, refusals, []);
  }
  if (found === 0 && register.nodes === 0 && !confirmed) return summary(fleet, 0, [], ['it has no nodes yet']);

  refusals.push(...seen.refusals);
  // Asked for where something would go, and then once.
  let asked: Promise<readonly FleetNode[]> | undefined;
  const readGone = (): Promise<readonly FleetNode[]> => {
    asked ??= readEnded(clients.ec2, fleet);
    return asked;
  };
  let records: Summary['records'];
  let alarms: Summary['alarms'];
  let notes: readonly string[] = [];
  try {
    const done = await reconcileNames(work, turn, { seen, register, readGone });
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
      } = await reconcileAlarms(work, { ...turn, nodes, readGone });
      refusals.push(...refused);
      failures.push(...failed);
      notes = told;
      alarms = counts;
    } catch (error) {
      failures.push(error);
    }
  }
  // What was refused is told even where something else failed.
  await tell(work, refusals, failures.length > 0 ? undefined : found).catch((error: unknown) => failures.push(error));
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
