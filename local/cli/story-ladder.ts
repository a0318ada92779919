// The heals that may take a client down, as lines of the story: which rung and why, what was done to AWS and to the node, what came of it.
import type { HealReport } from '../scenarios/report/report.ts';
import { paragraphs } from './evidence.ts';
import type { StoryFacts } from './facts.ts';
import type { StoryLine } from './story-line.ts';
import { lasting } from './words.ts';

type Line = StoryFacts['journal'][number];
type Told = readonly Omit<StoryLine, 'atMs' | 'about'>[];

const HEALS: ReadonlySet<string> = new Set(['replace-node', 'snapshot-node']);

export const isOfLadder = ({ heal }: Pick<Line, 'heal'>): boolean => HEALS.has(heal);

/** Decisions, intents and results; undefined: this entry is told like any heal's. */
export function ladderTold(journal: readonly Line[], line: Line, explain: boolean): Told | undefined {
  switch (line.kind) {
    case 'decision':
      return line.place.startsWith('00-') ? undefined : decided(journal, line, explain);
    case 'intent':
      return intended(line, explain);
    case 'result':
      return answered(journal, line);
    default:
      return undefined;
  }
}

/** "swap: restart did not help: …" names its rung first, and says again why the one before it is over. */
function decided(journal: readonly Line[], { sentence, writer, atMs, place }: Line, explain: boolean): Told {
  const next = journal.find(
    (other) => other.writer === writer && other.kind === 'decision' && other.atMs >= atMs && other.place > place,
  );
  if (!explain && next?.sentence.endsWith(`: ${sentence}`)) return [];
  const [, rung, why] = RUNG.exec(sentence) ?? [];
  if (rung !== undefined && why !== undefined) return [{ label: 'decided', text: `${rung}: ${why}` }];
  return [{ label: PROVED.test(sentence) ? 'proved' : 'decided', text: sentence }];
}

const RUNG = /^(restart|stop-start|swap|replace): (.+)$/;
const PROVED = /^it follows its chain again: /;

/** A command is told when it is answered: then it is known what came of it. */
function intended({ act = '', sentence }: Line, explain: boolean): Told {
  const [operation = '', target = ''] = act.split(' ');
  if (operation === 'SendCommand') return [];
  if (operation === 'Invoke') return [{ label: target, text: sentence, tone: 'quiet' }];
  if (!/^(Create|Delete)Tags$/.test(operation)) return [{ label: operation, text: sentence }];
  return explain || !HOUSEKEEPING.test(sentence) ? [{ label: 'noted', text: sentence, tone: 'quiet' }] : [];
}

/** What is noted on snapshots and volumes so that nothing happens to them meanwhile: told to those who want to know. */
const HOUSEKEEPING = /\b(held|lifecycle policies|no retention)\b/;

function answered(journal: readonly Line[], line: Line): Told {
  const { act = '', sentence, writer } = line;
  const failed = FAILED.test(sentence);
  if (!act.startsWith('SendCommand'))
    return failed ? [{ label: 'AWS', text: sentence.replace(/^failed: /, ''), tone: 'bad' }] : [];
  const own = journal.filter((other) => other.writer === writer);
  const operationId = act.split(' ').at(-1) ?? '';
  const intent = own.find((other) => other.kind === 'intent' && other.act?.endsWith(` ${operationId}`));
  const command = intent?.act?.split(' ')[1] ?? 'node';
  if (command === 'inspect-node' && !failed) return inspected(own, line);
  const text = sentence.replace(/^done; /, '').replace(`${command} `, '');
  const said = text === 'done' && intent ? `${intent.sentence}: done` : text;
  return [{ label: command, text: said, ...(failed && { tone: 'bad' as const }) }];
}

const FAILED = /^(failed|unknown|not done|stale|late)\b/;

/** The first look raises the fence; later ones only prove what the proof says. */
function inspected(own: readonly Line[], line: Line): Told {
  const first = own.find(({ kind, act }) => kind === 'result' && act?.startsWith('SendCommand'));
  const fence = line.act?.split(' ').at(-1)?.split('.')[0];
  if (first !== line) return [];
  const seen = line.sentence.replace(/^(inspect-node )?done(; )?/, '');
  return [{ label: 'node fenced', text: `fence ${fence} acknowledged${seen === '' ? '' : `; seen: ${seen}`}` }];
}

/** "by swap, 22 min after the alarm, 9 min of them AWS’s own; outage 42 s, 35 s of them its client’s own; synced 4 min after its start" */
export function ladderHealed(heal: HealReport): Told {
  const { rung, alarmToHealedSeconds, awsSeconds, outageSeconds, clientSeconds, caughtUpSeconds } = heal;
  const parts = [
    `${rung === undefined ? '' : `by ${rung}, `}${seconds(alarmToHealedSeconds ?? 0)} after it was told of, ${seconds(awsSeconds)} of them AWS’s own`,
    outageSeconds > 0 && `outage ${seconds(outageSeconds)}, ${seconds(clientSeconds)} of them its client’s own`,
    caughtUpSeconds > 0 && `synced ${seconds(caughtUpSeconds)} after its start`,
  ];
  const { apiCalls, guardCalls, pollCalls, stateCalls } = heal;
  const evidence = paragraphs({ apiCalls, guardCalls, pollCalls, stateCalls });
  return [{ label: 'healed', text: parts.filter(Boolean).join('; '), tone: 'good', evidence }];
}

const seconds = (count: number): string => lasting(count * 1_000);
