// What register-nodes has changed, as lines of the story: records and alarms, refusals, and what it asks people.
import type { JournalLine } from '../scenarios/report/journal.ts';
import { parsed } from './evidence.ts';
import type { StoryFacts } from './facts.ts';
import { alarmsLines } from './story-alarms.ts';
import { aboutOf, evidenceOf, runOf } from './story-entries.ts';
import type { StoryLine } from './story-line.ts';
import { questionLines, refusedLines } from './story-refusals.ts';

const HEAL = 'register-nodes';

/** What was about to be done, and what came of it; without a result nobody knows. */
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

const isOfRecords = ({ intent: { act = '' } }: Batch): boolean => act.startsWith('ChangeResourceRecordSets');

/** Each intent with the first result of its act that its own run wrote after it. */
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

/** More changes than these are counted. */
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
  if (result?.sentence !== 'done') {
    const came = result?.sentence ?? 'nothing is known of what came of it';
    return [{ ...base, text: `${intent.sentence}: ${came}`, tone: 'bad', ...evidence }];
  }
  const { changes = [], of = 0 } = parsed<{ changes: readonly string[]; of: number }>(intent) ?? {};
  if (of !== changes.length || of > CHANGES_TOLD || of === 0)
    return [{ ...base, text: countedText(intent, changes, of), ...evidence }];
  const why = poolReason(all, intent);
  return changes.map((change, at) => ({
    ...base,
    text: why !== undefined && isOfPool(change) ? `${change}: ${why}` : change,
    ...(at > 0 && { continues: true as const }),
    // The changes themselves are the lines.
    ...(explain &&
      at === changes.length - 1 && {
        evidence: [intent.act ?? '', ...grounds.filter((fact) => !/^(of \d|changes: )/.test(fact))],
      }),
  }));
}

/** "41 names of bitcoin: 38 made, 2 changed, 1 gone" */
function countedText(intent: JournalLine, changes: readonly string[], of: number): string {
  if (changes.length < of || of === 0) return `${intent.sentence}, and others`;
  const made = changes.filter((change) => change.endsWith(' is made')).length;
  const gone = changes.filter((change) => / goes\b/.test(change)).length;
  const parts = [
    [made, 'made'],
    [of - made - gone, 'changed'],
    [gone, 'gone'],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return `${of} names of ${intent.fleet}: ${said.join(', ')}`;
}

/** Who is in the pool, as the decision before it says: "3 of 4 nodes are synced". */
function poolReason(all: readonly JournalLine[], intent: JournalLine): string | undefined {
  const decision = all.findLast(
    ({ kind, place, ...line }) =>
      kind === 'decision' && place < intent.place && runOf({ kind, place, ...line }) === runOf(intent),
  );
  return decision?.sentence.split('; the pool: ', 2)[1];
}

/** Addresses come and go in sets only where several nodes share a name. */
const isOfPool = (change: string): boolean => / A (gains|loses) /.test(change);

/** What was there before the story began is nobody's news, and where the alarms come from is asked by those who look closer. */
function setUpLines({ before }: StoryFacts, explain: boolean): StoryLine[] {
  if (!explain) return [];
  const results = before.filter(({ heal, kind }) => heal === HEAL && kind === 'result');
  return [...new Set(results.map(({ fleet }) => fleet))].flatMap((fleet): StoryLine[] => {
    const own = before.filter((line) => line.heal === HEAL && line.fleet === fleet && line.kind === 'intent');
    const count = (act: string): number =>
      own
        .filter((line) => line.act?.startsWith(act))
        .reduce((sum, { sentence }) => sum + Number(/^\d+/.exec(sentence)?.[0] ?? 0), 0);
    const last = results.findLast((line) => line.fleet === fleet);
    const text = `${count('ChangeResourceRecordSets')} names and ${count('PutMetricAlarm')} alarms of ${fleet} were made before`;
    return last ? [{ atMs: last.atMs, label: 'names', text, about: fleet, tone: 'quiet' }] : [];
  });
}
