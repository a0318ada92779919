// Alarms that were made, written anew and deleted, as lines of the story: counted, since a node alone has seven.
import type { JournalLine } from '../scenarios/report/journal.ts';
import { ownerOfAlarm } from './alarm-names.ts';
import { parsed } from './evidence.ts';
import type { StoryFacts } from './facts.ts';
import { aboutOf, evidenceOf } from './story-entries.ts';
import type { StoryLine } from './story-line.ts';
import type { Batch } from './story-names.ts';
import { counted } from './words.ts';

/** Batches of one fleet that follow each other within this are one thing to a person. */
const TOGETHER_MS = 60_000;
/** More alarms than these are counted. */
const ALARMS_TOLD = 2;
const NODES_TOLD = 4;

interface Group {
  readonly act: string;
  readonly batches: Batch[];
}

export function alarmsLines(facts: StoryFacts, batches: readonly Batch[], explain: boolean): StoryLine[] {
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
  const done = batches.filter(({ result }) => result?.sentence === 'done');
  const unsure = batches.filter((batch) => !done.includes(batch));
  const sentences = sentencesOf(done);
  // What one run left the next one may have done.
  const left = [...sentencesOf(unsure)].filter((sentence) => !sentences.has(sentence)).length;
  const base = { atMs: endOf(last).atMs, label: 'alarms', about: aboutOf(first.intent) };
  const entries = batches.flatMap(({ intent, result }) => (result ? [intent, result] : [intent]));
  const evidence = explain ? { evidence: evidenceOf(facts, entries) } : {};
  const lines: StoryLine[] = textsOf(first.intent.fleet, [...sentences]).map((text) => ({ ...base, text }));
  if (left > 0) lines.push({ ...base, text: `${counted(left, 'alarm')} not yet: ${cameOf(unsure)}`, tone: 'bad' });
  return lines.map((line, at) => ({ ...line, ...(at === 0 ? evidence : { continues: true as const }) }));
}

/** Each alarm's sentence once; where the list was too long for the journal, its first one and how many more. */
function sentencesOf(batches: readonly Batch[]): Set<string> {
  return new Set(
    batches.flatMap(({ intent }) => {
      const { alarms } = parsed<{ readonly alarms: readonly string[] }>(intent) ?? {};
      if (alarms) return alarms;
      const [, count = '1', sentence = intent.sentence] = /^(\d+) alarms? of [^:]+: (.*)$/.exec(intent.sentence) ?? [];
      return Array.from({ length: Number(count) }, (_, at) => (at === 0 ? sentence : `${sentence}, and ${at} more`));
    }),
  );
}

const cameOf = (unsure: readonly Batch[]): string =>
  [...new Set(unsure.map(({ result }) => result?.sentence ?? 'nothing is known of what came of it'))].join('; ');

const SENTENCE = /^(\S+) (is made|is written anew: .*|goes)(?:, and \d+ more)?$/;
const MANY = { 'is made': 'are made', goes: 'go' } as const;

/** "14 alarms are made: 7 of node5, 7 of node6"; few are told one by one. */
function textsOf(fleet: string, sentences: readonly string[]): string[] {
  if (sentences.length <= ALARMS_TOLD) return [...sentences];
  const byWhat = new Map<string, string[]>();
  for (const sentence of sentences) {
    const [, name = sentence, verb = ''] = SENTENCE.exec(sentence) ?? [];
    const what = MANY[verb as keyof typeof MANY] ?? verb.replace(/^is /, 'are ');
    byWhat.set(what, [...(byWhat.get(what) ?? []), name]);
  }
  return [...byWhat].map(([what, names]) => {
    const owners = names.map((name) => ownerOfAlarm(name, [fleet])?.node ?? fleet);
    const all = [...new Set(owners)].sort();
    const countOf = (owner: string): number => owners.filter((one) => one === owner).length;
    const alarms = counted(names.length, 'alarm');
    if (all.length === 1) return `${alarms} of ${all[0]} ${what}`;
    if (all.length <= NODES_TOLD)
      return `${alarms} ${what}: ${all.map((one) => `${countOf(one)} of ${one}`).join(', ')}`;
    const nodes = all.filter((one) => one !== fleet).length;
    return `${alarms} ${what}: of ${counted(nodes, 'node')}${all.includes(fleet) ? ` and of ${fleet} as a whole` : ''}`;
  });
}
