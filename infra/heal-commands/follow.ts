// Follows an incident until it has come to something: the journal's new lines, how far a volume is filled, and the last word.
import type { DispatchAnswer } from '../../shared/events/answer.ts';
import type { ApprovalRecord, IncidentRecord, NodeRecord } from '../../shared/heal/records.ts';
import { whyNot } from './approve.ts';
import type { HealDesk, StoryLine } from './desk.ts';
import { lineText, progressText } from './show.ts';

const POLL_MS = 2_000;
/** Refusals that wait for a turn: the sweep looks again within minutes, for an hour. */
const WAITS: ReadonlySet<string> = new Set(['busy', 'throttled', 'replace-in-flight', 'disk-full-first']);

export interface Followed {
  /** waiting: time was up first, or Ctrl-C. */
  readonly end: 'healed' | 'planned' | 'refused' | 'failed' | 'escalated' | 'waiting';
  readonly lines: readonly StoryLine[];
  readonly last: StoryLine | undefined;
}

export interface FollowOptions {
  /** Gives up looking after so long; the heal goes on. */
  readonly forMs: number;
  /** Whether each line is shown as it comes. */
  readonly tell: boolean;
  /** What is said when the heal asks for a yes; undefined where nobody is there to say it. */
  readonly answer?: (question: ApprovalRecord) => Promise<boolean>;
}

export async function follow(desk: HealDesk, answer: DispatchAnswer, options: FollowOptions): Promise<Followed> {
  const suite = desk.suite();
  let untilMs: number | undefined;
  const shown = new Set<string>();
  let asked = '';
  for (;;) {
    // The story last: a heal writes its outcome into the journal first, and then into its incident. One that ends in between is told next time.
    const [incident, node, story] = [
      await suite.incident(answer),
      await suite.node(answer.fleet, answer.instanceId),
      await suite.story(answer),
    ];
    // AWS's own clock is known from its first answer on.
    untilMs ??= suite.nowMs() + options.forMs;
    const lines = story.filter(({ attempt }) => attempt >= answer.attempt);
    for (const line of lines) {
      const key = `${line.attempt} ${line.place}`;
      if (shown.has(key)) continue;
      shown.add(key);
      if (options.tell) desk.say(lineText(line));
    }
    // From the incident's own record, which nobody but its heal and the dispatcher writes.
    const question = incident && whyNot(incident, suite.nowMs()) === null ? incident.approval : undefined;
    if (question && question.plan !== asked) {
      asked = question.plan;
      if (options.answer && (await options.answer(question))) await approve(desk, question);
    }
    const end = endOf(incident, lines, answer);
    if (end) return { end, lines, last: lastWord(lines) };
    desk.status(progressOf(node, answer) ?? waitingText(incident, suite.nowMs()));
    if (suite.nowMs() >= untilMs) return { end: 'waiting', lines, last: lastWord(lines) };
    await desk.sleep(POLL_MS);
  }
}

const lastWord = (lines: readonly StoryLine[]): StoryLine | undefined =>
  lines.findLast(({ place, kind }) => place.endsWith('-outcome') || kind === 'refusal');

async function approve(desk: HealDesk, { callbackId, plan }: ApprovalRecord): Promise<void> {
  const suite = desk.suite();
  const by = await suite.caller();
  const sent = await suite.answer(callbackId, { approve: true, plan, ...(by !== undefined && { by }) });
  if (sent === 'closed') desk.complain('The question was answered by somebody else, or has expired.');
}

/** null: it goes on, or will. Only the incident's own record says that an attempt is over. */
function endOf(
  incident: IncidentRecord | undefined,
  lines: readonly StoryLine[],
  { incidentId, attempt }: DispatchAnswer,
): Followed['end'] | null {
  // Another wish has taken its place: this one is over as its last line says.
  if (!incident || incident.incidentId !== incidentId) return wordOf(lines) ?? 'failed';
  switch (incident.state) {
    case 'allocated':
    case 'claimed':
      return null;
    case 'escalated':
      return 'escalated';
    case 'healed':
      // A plan that was said is closed by the next sweep, as a wish is that could not be granted for an hour.
      return wordOf(lines) ?? 'failed';
    case 'open': {
      if (incident.attempt < attempt) return null;
      if ((incident.plannedUntilMs ?? 0) > 0) return 'planned';
      const word = wordOf(lines);
      const last = lastWord(lines);
      if (word === 'refused' && !WAITS.has(last?.code ?? '')) return 'refused';
      // Attempts that failed, or died, are followed by others.
      return null;
    }
  }
}

function wordOf(lines: readonly StoryLine[]): Followed['end'] | undefined {
  const last = lastWord(lines);
  switch (last?.act) {
    case 'healed':
    case 'planned':
    case 'refused':
    case 'failed':
    case 'escalated':
      return last.act;
    default:
      return last?.kind === 'refusal' ? 'refused' : undefined;
  }
}

const progressOf = (node: NodeRecord | undefined, { incidentId }: DispatchAnswer): string | undefined =>
  node?.progress?.incidentId === incidentId ? progressText(node.progress) : undefined;

function waitingText(incident: IncidentRecord | undefined, nowMs: number): string {
  if (incident?.state !== 'open') return 'at work …';
  const seconds = Math.ceil((incident.notBeforeMs - nowMs) / 1000);
  return seconds > 0 ? `looked at again in ${seconds} s …` : 'looked at again within a minute …';
}
