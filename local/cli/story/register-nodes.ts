// Changes by register-nodes, as lines of the story: records and alarms, refusals, and questions to people.

import { ownerOfAlarm } from '../../../infra/report/alarm-owner.ts';
import type { AlarmChange, RecordChange } from '../../../shared/model/journal-fields.ts';
import { evidenceIn, type JournalLine } from '../../scenarios/report/journal.ts';
import { counted } from '../format.ts';
import { aboutOf, evidenceOf, runOf } from './evidence.ts';
import type { StoryFacts } from './facts.ts';
import type { StoryLine } from './lines.ts';
import { questionLines, refusedLines } from './refusals.ts';

const HEAL = 'register-nodes';

/** An intent and its result; without a result the outcome is unknown. */
export interface Batch {
  readonly intent: JournalLine;
  readonly result: JournalLine | undefined;
}

export function namesLines(facts: StoryFacts, explain: boolean): StoryLine[] {
  const all = [...facts.before, ...facts.journal].filter(({ heal }) => heal === HEAL);
  const own = facts.journal.filter(({ heal }) => heal === HEAL);
  const told = new Set(own);
  const batches = batchesOf(all).filter(({ intent, result }) => told.has(result ?? intent));
  const [records, alarms] = [true, false].map((named) => batches.filter((batch) => isOfRecords(batch) === named));
  return [
    ...setUpLines(facts, explain),
    ...(records ?? []).flatMap((batch) => recordLines(facts, all, batch, explain)),
    ...alarmsLines(facts, alarms ?? [], explain),
    ...refusedLines(facts, own, explain),
    ...questionLines(facts, own, explain),
  ];
}

const isOfRecords = ({ intent: { operation } }: Batch): boolean => operation === 'ChangeResourceRecordSets';

/** Each intent with the first result of its act that the same run wrote later. */
function batchesOf(entries: readonly JournalLine[]): Batch[] {
  const taken = new Set<JournalLine>();
  return entries
    .filter(({ kind }) => kind === 'intent')
    .map((intent) => {
      const result = entries.find(
        (entry) =>
          entry.kind === 'result' &&
          entry.act === intent.act &&
          entry.place > intent.place &&
          runOf(entry) === runOf(intent) &&
          !taken.has(entry),
      );
      if (result) taken.add(result);
      return { intent, result };
    });
}

/** More changes than these are only counted. */
const CHANGES_TOLD = 6;

function recordLines(
  facts: StoryFacts,
  all: readonly JournalLine[],
  { intent, result }: Batch,
  explain: boolean,
): StoryLine[] {
  const entry = result ?? intent;
  const base = { atMs: entry.atMs, label: 'names', about: aboutOf(intent) };
  const grounds = explain ? evidenceOf(facts, result ? [intent, result] : [intent]) : [];
  const evidence = explain ? { evidence: [intent.act ?? '', ...grounds] } : {};
  if (result?.fields.status !== 'done') {
    const came = result?.sentence ?? 'nothing is known of what came of it';
    return [{ ...base, text: `${intent.sentence}: ${came}`, tone: 'bad', ...evidence }];
  }
  const { changes = [] } = evidenceIn<{ changes: readonly string[] }>(intent) ?? {};
  const { records = [] } = intent.fields;
  if (records.length === 0 || records.length > CHANGES_TOLD || records.length !== changes.length)
    return [{ ...base, text: countedText(intent, records), ...evidence }];
  const why = poolReason(all, intent);
  return changes.map((change, at) => ({
    ...base,
    text: why !== undefined && records[at]?.ofPool ? `${change}: ${why}` : change,
    ...(at > 0 && { continues: true as const }),
    // The changes themselves have lines of their own.
    ...(explain &&
      at === changes.length - 1 && {
        evidence: [intent.act ?? '', ...evidenceOf(facts, [intent, result], [result])],
      }),
  }));
}

const RECORD_CHANGES = [
  ['made', 'made'],
  ['changed', 'changed'],
  ['deleted', 'gone'],
] as const;

/** "41 names of bitcoin: 38 made, 2 changed, 1 gone" */
function countedText(intent: JournalLine, records: readonly RecordChange[]): string {
  // There were too many records for the journal.
  if (records.length === 0) return `${intent.sentence}, and others`;
  const said = RECORD_CHANGES.flatMap(([change, word]) => {
    const count = records.filter((record) => record.change === change).length;
    return count > 0 ? [`${count} ${word}`] : [];
  });
  return `${counted(records.length, 'name')} of ${intent.fleet}: ${said.join(', ')}`;
}

/** Which nodes are in the pool, as the decision before it says: "3 of 4 nodes are synced". */
const poolReason = (all: readonly JournalLine[], intent: JournalLine): string | undefined =>
  all.findLast((line) => line.kind === 'decision' && line.place < intent.place && runOf(line) === runOf(intent))?.fields
    .pool;

/** Set-up before the story began is printed only with `explain`: it shows where the alarms come from. */
function setUpLines({ before }: StoryFacts, explain: boolean): StoryLine[] {
  if (!explain) return [];
  const results = before.filter(({ heal, kind }) => heal === HEAL && kind === 'result');
  return [...new Set(results.map(({ fleet }) => fleet))].flatMap((fleet): StoryLine[] => {
    const own = before.filter((line) => line.heal === HEAL && line.fleet === fleet && line.kind === 'intent');
    const names = own.flatMap(({ fields }) => fields.records ?? []).length;
    const alarms = own.flatMap(({ fields }) => fields.alarms ?? []).filter(({ change }) => change !== 'deleted').length;
    const last = results.findLast((line) => line.fleet === fleet);
    const text = `${names} names and ${alarms} alarms of ${fleet} were made before`;
    return last ? [{ atMs: last.atMs, label: 'names', text, about: fleet, tone: 'quiet' }] : [];
  });
}

/** Batches of one fleet within this time are printed as one. */
const TOGETHER_MS = 60_000;
/** More alarms than these are only counted. */
const ALARMS_TOLD = 2;
const NODES_TOLD = 4;

interface Group {
  readonly act: string;
  readonly batches: Batch[];
}

/** Alarms that were made, updated and deleted: counted, since one node has seven. */
function alarmsLines(facts: StoryFacts, batches: readonly Batch[], explain: boolean): StoryLine[] {
  const groups: Group[] = [];
  for (const batch of [...batches].sort((one, other) => endOf(one).atMs - endOf(other).atMs)) {
    const { act = '' } = batch.intent;
    const before = groups.findLast((group) => group.act === act)?.batches;
    const last = before?.at(-1);
    if (before && last && endOf(batch).atMs - endOf(last).atMs <= TOGETHER_MS) before.push(batch);
    else groups.push({ act, batches: [batch] });
  }
  return groups.flatMap((group) => groupLines(facts, group, explain));
}

const endOf = ({ intent, result }: Batch): JournalLine => result ?? intent;

function groupLines(facts: StoryFacts, { batches }: Group, explain: boolean): StoryLine[] {
  const [first] = batches;
  const last = batches.at(-1);
  if (!first || !last) return [];
  const done = batches.filter(({ result }) => result?.fields.status === 'done');
  const unsure = batches.filter((batch) => !done.includes(batch));
  const changes = alarmsOf(done);
  // A change that one run did not finish may have been done by the next run.
  const left = [...alarmsOf(unsure).keys()].filter((key) => !changes.has(key)).length;
  const base = { atMs: endOf(last).atMs, label: 'alarms', about: aboutOf(first.intent) };
  const entries = batches.flatMap(({ intent, result }) => (result ? [intent, result] : [intent]));
  const evidence = explain ? { evidence: evidenceOf(facts, entries) } : {};
  const lines: StoryLine[] = textsOf(first.intent.fleet, [...changes.values()]).map((text) => ({ ...base, text }));
  if (left > 0) lines.push({ ...base, text: `${counted(left, 'alarm')} not yet: ${resultText(unsure)}`, tone: 'bad' });
  return lines.map((line, at) => ({ ...line, ...(at === 0 ? evidence : { continues: true as const }) }));
}

/** Each change of an alarm once. */
const alarmsOf = (batches: readonly Batch[]): ReadonlyMap<string, AlarmChange> =>
  new Map(
    batches.flatMap(({ intent }) =>
      (intent.fields.alarms ?? []).map((alarm) => [`${alarm.alarmName} ${whatOf(alarm)}`, alarm] as const),
    ),
  );

const resultText = (unsure: readonly Batch[]): string =>
  [...new Set(unsure.map(({ result }) => result?.sentence ?? 'nothing is known of what came of it'))].join('; ');

/** The words for one alarm, and for several. */
function whatOf({ change, why = '' }: AlarmChange, several = false): string {
  switch (change) {
    case 'made':
      return several ? 'are made' : 'is made';
    case 'updated':
      return `${several ? 'are' : 'is'} updated: ${why}`;
    case 'deleted':
      return several ? 'are deleted' : 'is deleted';
  }
}

/** "14 alarms are made: 7 of node5, 7 of node6"; a few alarms are listed one by one. */
function textsOf(fleet: string, changes: readonly AlarmChange[]): string[] {
  if (changes.length <= ALARMS_TOLD) return changes.map((change) => `${change.alarmName} ${whatOf(change)}`);
  const byWhat = Map.groupBy(changes, (change) => whatOf(change, true));
  return [...byWhat].map(([what, same]) => {
    const owners = same.map(({ alarmName }) => ownerOfAlarm(alarmName, [fleet])?.node ?? fleet);
    const all = [...new Set(owners)].sort();
    const countOf = (owner: string): number => owners.filter((one) => one === owner).length;
    const alarms = counted(same.length, 'alarm');
    if (all.length === 1) return `${alarms} of ${all[0]} ${what}`;
    if (all.length <= NODES_TOLD)
      return `${alarms} ${what}: ${all.map((one) => `${countOf(one)} of ${one}`).join(', ')}`;
    const nodes = all.filter((one) => one !== fleet).length;
    return `${alarms} ${what}: of ${counted(nodes, 'node')}${all.includes(fleet) ? ` and of ${fleet} as a whole` : ''}`;
  });
}
