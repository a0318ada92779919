// What rotate-peers has done, as lines of the story: what is wrong, what each node is told, what was written where, and what came of it.
import type { PeerAnswer } from '../../shared/node-commands/peer-command.ts';
import { START_MS } from '../region.ts';
import type { JournalLine } from '../scenarios/report/journal.ts';
import { paragraphs, parsed } from './evidence.ts';
import type { StoryFacts } from './facts.ts';
import { aboutOf, evidenceOf, runOf } from './story-entries.ts';
import type { StoryLine } from './story-line.ts';
import { questionLines, refusedLines } from './story-refusals.ts';
import { lasting, singular } from './words.ts';

const HEAL = 'rotate-peers';

type Told = Omit<StoryLine, 'atMs' | 'about'> & { readonly grounds?: readonly JournalLine[] };

export function peersLines(facts: StoryFacts, explain: boolean): StoryLine[] {
  const own = facts.journal.filter(({ heal }) => heal === HEAL);
  const endings = own.filter(({ kind }) => kind === 'outcome');
  // What a node's end says needs no second line for its page.
  const asked = own.filter(
    (entry) =>
      entry.kind !== 'page' ||
      !endings.some((ending) => ending.sentence === entry.sentence && runOf(ending) === runOf(entry)),
  );
  return [
    ...own.flatMap((entry): StoryLine[] =>
      toldBy(facts, own, entry).map(({ grounds = [entry], evidence = [], ...told }) => ({
        ...told,
        atMs: entry.atMs,
        about: aboutOf(entry),
        ...(explain && { evidence: [...evidence, ...evidenceOf(facts, grounds)] }),
      })),
    ),
    ...refusedLines(facts, own, explain),
    ...questionLines(facts, asked, explain),
  ];
}

function toldBy(facts: StoryFacts, own: readonly JournalLine[], entry: JournalLine): readonly Told[] {
  switch (entry.kind) {
    case 'decision':
      return entry.sentence.startsWith(TAKEN_BACK)
        ? [{ label: 'taken back', text: entry.sentence.slice(TAKEN_BACK.length), tone: 'bad' }]
        : [{ label: 'peers', text: singular(entry.sentence) }];
    case 'intent':
      return isUnanswered(own, entry)
        ? [{ label: 'peers', text: `${singular(entry.sentence)}: nothing is known of what came of it`, tone: 'bad' }]
        : [];
    case 'result':
      return [resultOf(own, entry)];
    case 'proof':
      return [{ label: 'proved', text: entry.sentence }];
    case 'outcome':
      return [ended(facts, own, entry)];
    default:
      return [];
  }
}

const TAKEN_BACK = 'taken back: ';

/** Nothing came after it in its run: it died. Who is refused at the last moment says so. */
const isUnanswered = (own: readonly JournalLine[], intent: JournalLine): boolean =>
  !own.some((entry) => runOf(entry) === runOf(intent) && entry.place > intent.place);

/** The client was told, or its file was written; the intent says of what. */
function resultOf(own: readonly JournalLine[], result: JournalLine): Told {
  const intent = own.find(
    ({ kind, act, writer }) => kind === 'intent' && act === result.act && writer === result.writer,
  );
  const grounds = intent ? [intent, result] : [result];
  const tried = singular(intent?.sentence ?? result.act ?? '');
  if (result.sentence !== 'done') return { label: 'peers', text: `${tried}: ${result.sentence}`, tone: 'bad', grounds };
  if (!result.act?.includes('write-config'))
    return { label: 'peers', text: `the running client is told: ${tried}`, grounds };
  const { file = 'its configuration' } = (intent && parsed<{ file: string }>(intent)) ?? {};
  return { label: 'peers', text: `${file}: ${writtenText(tried)}; ${clientText(result)}`, grounds };
}

const writtenText = (tried: string): string => {
  const count = /^write (\d+ peers?)\b/.exec(tried)?.[1];
  return count === undefined ? 'the old peers are back' : `${count} written`;
};

function clientText(result: JournalLine): string {
  const after = parsed<PeerAnswer<'write-config'>>(result)?.after;
  if (!after) return 'of its client nothing is told';
  if (after.stopSeconds === null) return 'client untouched';
  const cleanly = after.clean === false ? ', not cleanly' : '';
  return `client restarted, ${lasting(after.stopSeconds * 1_000)} to stop${cleanly}: ${after.client}`;
}

function ended(facts: StoryFacts, own: readonly JournalLine[], entry: JournalLine): Told {
  const page = own.find(
    ({ kind, sentence, ...line }) =>
      kind === 'page' && sentence === entry.sentence && runOf({ kind, sentence, ...line }) === runOf(entry),
  );
  const sentence = `${page ? `${page.code}: ` : ''}${entry.sentence}${page ? '; page sent' : ''}`;
  if (entry.act === 'restored') return { label: 'restored', text: sentence, tone: 'bad' };
  if (entry.act !== 'healed') return { label: 'gave up', text: sentence, tone: 'bad' };
  const heal = healOf(facts, entry);
  const began = own.find((line) => line.writer === entry.writer)?.atMs ?? entry.atMs;
  const afterMs = heal?.alarmToHealedSeconds == null ? entry.atMs - began : heal.alarmToHealedSeconds * 1_000;
  const peers = /^(\d+ peers?)\b/.exec(entry.sentence)?.[1];
  const { apiCalls, guardCalls, pollCalls, stateCalls } = heal ?? {};
  return {
    label: 'healed',
    text: `${lasting(afterMs)} after it was seen${peers === undefined ? '' : `, ${peers}`}`,
    tone: 'good',
    ...(heal && { evidence: paragraphs({ apiCalls, guardCalls, pollCalls, stateCalls }) }),
  };
}

/** The report's entry of the run in which a node was healed. */
const healOf = ({ report }: StoryFacts, { fleet, node, atMs }: JournalLine) =>
  report.heals.findLast(
    (heal) =>
      heal.kind === HEAL &&
      heal.fleet === fleet &&
      heal.node === node &&
      START_MS + heal.startedAtSeconds * 1_000 <= atMs,
  );
