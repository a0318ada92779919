// What a report is made of, whatever its source: an account, a run of the local region, or a storm. All of it is JSON, and all of it has a limit.
import { type DrillRecord, spentIn } from '../../shared/heal/drill.ts';
import type { JournalKind } from '../../shared/heal/journal.ts';
import type { ReleasesRecord, Writer } from '../../shared/heal/records.ts';
import type { JournalFields } from '../../shared/model/journal-fields.ts';
import type { Rank } from '../../shared/snapshots/model.ts';
import { grouped } from './words.ts';

/** Points of a metric, oldest first. A minute without a point is not known. */
export type Samples = readonly (readonly [atMs: number, value: number])[];

export interface NodeFact {
  readonly fleet: string;
  readonly node: string;
  /** `HEALTH_VALUE` as watch-fleet has published it. */
  readonly health: Samples;
  /** Blocks behind the fleet's tip. */
  readonly lag: Samples;
  /** How full its fullest volume is, in per cent. */
  readonly disk: Samples;
}

/** The newest snapshot set that has all its parts and no mark against it. Whether it fits a certain node, a heal decides. */
export type Recovery =
  | { readonly is: 'known'; readonly newest: UsableSet | null; readonly usable: number; readonly unusable: number }
  | { readonly is: 'unknown'; readonly why: string };

export interface UsableSet {
  readonly setId: string;
  readonly node: string;
  readonly takenAtMs: number;
  /** null: its ledger does not say. */
  readonly height: number | null;
  readonly rank: Rank;
}

export interface FleetFact {
  readonly fleet: string;
  /** The height of the chain as the fleet and its references confirmed it. */
  readonly tip: Samples;
  readonly recovery: Recovery;
  /** What watch-releases found at its last look; absent where it has never looked at this fleet. */
  readonly releases?: ReleaseFact;
  /** What drills have proved; absent where none has begun. */
  readonly drill?: DrillFact;
}

export interface DrillFact {
  /** The newest set that a node came back from. */
  readonly proved: DrillRecord['proved'];
  /** How the last drill ended: "unfit: the client's own words". */
  readonly last: string | null;
  /** US dollars in the month of the report's end. */
  readonly spentUsd: number;
}

export const drillFactOf = (record: DrillRecord, nowMs: number): DrillFact => ({
  proved: record.proved,
  last: record.last && `${record.last.is}: ${record.last.reason}`,
  spentUsd: spentIn(record, nowMs),
});

export interface ReleaseFact {
  /** The newest release of the client, and of the consensus client beside it; null: not known. */
  readonly newest: ReleasesRecord['newest'];
  /** Nodes that run an older one; null: not known. */
  readonly behind: number | null;
  /** The version that has to run and when: "29.0 by height 931000"; null where the file names none. */
  readonly upgradeBy: string | null;
  /** Until then at the last look; null: it is met, or not known. */
  readonly hoursLeft: number | null;
}

export const releaseFactOf = ({ newest, behind, deadline, hoursLeft }: ReleasesRecord): ReleaseFact => ({
  ...{ newest, behind, hoursLeft },
  upgradeBy: deadline?.key ?? null,
});

/** A line of the journal. The partition names the writer. */
export interface ReportLine {
  readonly atMs: number;
  readonly place: string;
  readonly kind: JournalKind;
  readonly sentence: string;
  readonly code: string | undefined;
  readonly act: string | undefined;
  /** JSON, cut after 4,000 characters. */
  readonly evidence: string | undefined;
  readonly fields: JournalFields;
  readonly fleet: string;
  readonly node: string;
  readonly incidentId: string;
  readonly attempt: number;
  readonly by: Writer;
  /** The heal that a line of the dispatcher is about; else the writer. */
  readonly heal: string;
}

export interface AlarmChange {
  readonly atMs: number;
  readonly alarmName: string;
  /** undefined: an alarm on the suite itself. */
  readonly fleet: string | undefined;
  /** undefined: the alarm is about the whole fleet. */
  readonly node: string | undefined;
  readonly from: string;
  readonly to: string;
  readonly reason: string;
}

/** How long a node served nothing during an attempt. Only a simulator sees this; an account's report counts minutes of health. */
export interface MeasuredOutage {
  readonly fleet: string;
  readonly incidentId: string;
  readonly seconds: number;
}

/** A promise or invariant that a run has broken. */
export interface Broken {
  readonly atMs: number;
  readonly what: string;
  readonly sentence: string;
}

export interface ReportFacts {
  readonly format: 1;
  readonly source: 'account' | 'run' | 'storm';
  readonly title: string;
  readonly sentence: string;
  /** The words that make this report again. */
  readonly command: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** How far apart the points of a metric are. */
  readonly stepMs: number;
  readonly fleets: readonly FleetFact[];
  readonly nodes: readonly NodeFact[];
  /** In the order of writing. */
  readonly journal: readonly ReportLine[];
  readonly alarms: readonly AlarmChange[];
  readonly outages: readonly MeasuredOutage[];
  readonly broken: readonly Broken[];
  /** What could not be read, and what was left out. */
  readonly notes: readonly string[];
}

/** Nobody reads more, and a browser still opens it at once. */
export const FACT_LIMITS = {
  fleets: 25,
  nodes: 1_000,
  journal: 20_000,
  alarms: 5_000,
  broken: 200,
  notes: 50,
} as const;

/** Within its limits: of lists in the order of time the newest stay. What is cut is said in the notes. Pure. */
export function boundFacts(facts: ReportFacts): ReportFacts {
  const cuts: string[] = [];
  const newest = <T>(all: readonly T[], most: number, what: string): readonly T[] => {
    if (all.length <= most) return all;
    cuts.push(`${grouped(all.length - most)} older ${what} are left out; the newest ${grouped(most)} are here.`);
    return all.slice(-most);
  };
  const first = <T>(all: readonly T[], most: number, what: string): readonly T[] => {
    if (all.length <= most) return all;
    cuts.push(`${grouped(all.length - most)} ${what} are left out.`);
    return all.slice(0, most);
  };
  const timed = facts.journal.filter(({ atMs }) => Number.isFinite(atMs));
  const untimed = facts.journal.length - timed.length;
  if (untimed > 0)
    cuts.push(
      `${untimed} ${untimed === 1 ? 'line of the journal has' : 'lines of the journal have'} no time that is one, and ${untimed === 1 ? 'is' : 'are'} left out.`,
    );
  const bounded = {
    ...facts,
    fleets: first(facts.fleets, FACT_LIMITS.fleets, 'fleets'),
    nodes: first(facts.nodes, FACT_LIMITS.nodes, 'nodes'),
    journal: newest(timed, FACT_LIMITS.journal, 'lines of the journal'),
    alarms: newest(facts.alarms, FACT_LIMITS.alarms, 'changes of alarms'),
    broken: first(facts.broken, FACT_LIMITS.broken, 'broken promises'),
  };
  return { ...bounded, notes: first([...cuts, ...facts.notes], FACT_LIMITS.notes, 'notes') };
}
