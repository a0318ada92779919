// Work of rotate-peers, as lines of the story: what is wrong, which peers each node gets, what was written where, and the result.
import type { PeerAnswer } from '../../../shared/node-commands/peer-command.ts';
import { START_MS } from '../../region.ts';
import { evidenceIn, type JournalLine } from '../../scenarios/report/journal.ts';
import { counted, lasting } from '../format.ts';
import { aboutOf, evidenceOf, runOf } from './evidence.ts';
import type { StoryFacts } from './facts.ts';
import { callsEvidence } from './heals.ts';
import type { StoryLine } from './lines.ts';
import { questionLines, refusedLines } from './refusals.ts';

const HEAL = 'rotate-peers';

type PeerLine = Omit<StoryLine, 'atMs' | 'about'> & { readonly grounds?: readonly JournalLine[] };

export function peersLines(facts: StoryFacts, explain: boolean): StoryLine[] {
  const own = facts.journal.filter(({ heal }) => heal === HEAL);
  const endings = own.filter(({ kind }) => kind === 'outcome');
  // If the node's last line says it, its page needs no second line.
  const asked = own.filter(
    (entry) =>
      entry.kind !== 'page' ||
      !endings.some((ending) => ending.sentence === entry.sentence && runOf(ending) === runOf(entry)),
  );
  return [
    ...own.flatMap((entry): StoryLine[] =>
      linesOfEntry(facts, own, entry).map(({ grounds = [entry], evidence = [], ...told }) => ({
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

function linesOfEntry(facts: StoryFacts, own: readonly JournalLine[], entry: JournalLine): readonly PeerLine[] {
  switch (entry.kind) {
    case 'decision':
      return entry.fields.undoes
        ? [{ label: 'taken back', text: entry.fields.reason ?? entry.sentence, tone: 'bad' }]
        : [{ label: 'peers', text: entry.sentence }];
    case 'intent':
      return isUnanswered(own, entry)
        ? [{ label: 'peers', text: `${entry.sentence}: nothing is known of what came of it`, tone: 'bad' }]
        : [];
    case 'result':
      return [resultOf(own, entry)];
    case 'proof':
      return [{ label: 'proved', text: entry.sentence }];
    case 'outcome':
      return [endedText(facts, own, entry)];
    default:
      return [];
  }
}

/** No entry of its run follows the intent: the run died. A run that is refused at the last moment writes a refusal. */
const isUnanswered = (own: readonly JournalLine[], intent: JournalLine): boolean =>
  !own.some((entry) => runOf(entry) === runOf(intent) && entry.place > intent.place);

/** The client was told, or its file was written; the intent names the peers. */
function resultOf(own: readonly JournalLine[], result: JournalLine): PeerLine {
  const intent = own.find(
    ({ kind, act, writer }) => kind === 'intent' && act === result.act && writer === result.writer,
  );
  const grounds = intent ? [intent, result] : [result];
  const tried = intent?.sentence ?? result.act ?? '';
  if (result.fields.status !== 'done')
    return { label: 'peers', text: `${tried}: ${result.sentence}`, tone: 'bad', grounds };
  if (result.command !== 'write-config')
    return { label: 'peers', text: `the running client is told: ${tried}`, grounds };
  const { file = 'its configuration' } = (intent && evidenceIn<{ file: string }>(intent)) ?? {};
  return { label: 'peers', text: `${file}: ${writtenText(intent)}; ${clientText(result)}`, grounds };
}

const writtenText = (intent: JournalLine | undefined): string =>
  intent?.fields.peers === undefined ? 'the old peers are back' : `${counted(intent.fields.peers, 'peer')} written`;

function clientText(result: JournalLine): string {
  const after = evidenceIn<PeerAnswer<'write-config'>>(result)?.after;
  if (!after) return 'of its client nothing is told';
  if (after.stopSeconds === null) return 'client untouched';
  const cleanly = after.clean === false ? ', not cleanly' : '';
  return `client restarted, ${lasting(after.stopSeconds * 1_000)} to stop${cleanly}: ${after.client}`;
}

function endedText(facts: StoryFacts, own: readonly JournalLine[], entry: JournalLine): PeerLine {
  const page = own.find(
    ({ kind, sentence, ...line }) =>
      kind === 'page' && sentence === entry.sentence && runOf({ kind, sentence, ...line }) === runOf(entry),
  );
  const sentence = `${page ? `${page.code}: ` : ''}${entry.sentence}${page ? '; page sent' : ''}`;
  if (entry.act === 'restored') return { label: 'rolled back', text: sentence, tone: 'bad' };
  if (entry.act !== 'healed') return { label: 'gave up', text: sentence, tone: 'bad' };
  const heal = healOf(facts, entry);
  const began = own.find((line) => line.writer === entry.writer)?.atMs ?? entry.atMs;
  const afterMs = heal?.alarmToHealedSeconds == null ? entry.atMs - began : heal.alarmToHealedSeconds * 1_000;
  const proof = own.findLast((line) => line.kind === 'proof' && isOfSameNode(line, entry));
  const { peers } = (proof && evidenceIn<{ peers: number }>(proof)) ?? {};
  return {
    label: 'healed',
    text: `${lasting(afterMs)} after it was seen${peers === undefined ? '' : `, ${counted(peers, 'peer')}`}`,
    tone: 'good',
    ...(heal && { evidence: callsEvidence(heal) }),
  };
}

const isOfSameNode = (one: JournalLine, other: JournalLine): boolean =>
  one.instanceId === other.instanceId && runOf(one) === runOf(other);

/** The report's entry of the run that healed a node. */
const healOf = ({ report }: StoryFacts, { fleet, node, atMs }: JournalLine) =>
  report.heals.findLast(
    (heal) =>
      heal.kind === HEAL &&
      heal.fleet === fleet &&
      heal.node === node &&
      START_MS + heal.startedAtSeconds * 1_000 <= atMs,
  );
