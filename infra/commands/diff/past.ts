// What another version of a fleet file would have led to in the last days, by what AWS has kept of them. Pure.
import type { Fleet } from '../../../shared/fleet/model.ts';
import { roleOf } from '../../../shared/fleet/resolve.ts';
import { backtestOf, type FleetBacktest, type Row } from '../backtest/backtest.ts';
import type { History } from '../backtest/history.ts';
import { wordOf } from '../backtest/verdict.ts';

export interface PastDifference {
  readonly atMs: number;
  readonly node: string;
  readonly trouble: string;
  /** "grow to 650 GiB", "refused size-ceiling", "not knowable"; "no incident" where a file has an alarm later, or none. */
  readonly before: string;
  readonly after: string;
}

export interface PastDifferences {
  readonly fromMs: number;
  readonly toMs: number;
  /** That either version has. */
  readonly incidents: number;
  /** Of these, those that are not knowable under one of the two. */
  readonly unknown: number;
  readonly different: readonly PastDifference[];
  readonly notes: readonly string[];
}

/** @param history as it was read for the version of before; both are asked about the same nodes */
export function pastDifferencesOf(history: History, after: Fleet): PastDifferences {
  const first = backtestOf(history);
  const second = backtestOf(underFile(history, after));
  const keys = [...new Set([...first.rows, ...second.rows].map(keyOf))].sort();
  const rows = keys.map((key): PastDifference => {
    const [a, b] = [rowIn(first, key), rowIn(second, key)];
    const { onsetMs = 0, node = '', trouble = '' } = (a ?? b)?.incident ?? {};
    return { atMs: onsetMs, node, trouble, before: wordsOf(a), after: wordsOf(b) };
  });
  return {
    ...{ fromMs: history.fromMs, toMs: history.toMs, incidents: rows.length, notes: history.notes },
    unknown: rows.filter(({ before, after: then }) => before === UNKNOWN || then === UNKNOWN).length,
    different: rows.filter((row) => row.before !== row.after).toSorted((a, b) => a.atMs - b.atMs),
  };
}

const UNKNOWN = 'not knowable';

const wordsOf = (row: Row | undefined): string => (row === undefined ? 'no incident' : wordOf(row.verdict));

/** The same trouble begins in the same hour, whatever the threshold of an alarm is. */
const HOUR_MS = 60 * 60_000;
const keyOf = ({ incident }: Row): string =>
  `${String(Math.floor(incident.fromMs / HOUR_MS)).padStart(9, '0')} ${incident.instanceId} ${incident.trouble}`;

const rowIn = ({ rows }: FleetBacktest, key: string): Row | undefined => rows.find((row) => keyOf(row) === key);

/** A file may also give its nodes another role. */
const underFile = (history: History, fleet: Fleet): History => ({
  ...history,
  fleet,
  nodes: history.nodes.map((one) => ({ ...one, node: { ...one.node, role: roleOf(fleet, one.node.tags) } })),
});
