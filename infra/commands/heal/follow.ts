// Follows an incident to its outcome: prints new journal lines, the progress of a volume's fill, and the last line.
import type { DispatchAnswer } from '../../../shared/events/answer.ts';
import type { ApprovalRecord, IncidentRecord, NodeRecord } from '../../../shared/heal/records.ts';
import type { Yes } from '../consent.ts';
import { notAnswerableReason } from './approve.ts';
import type { HealCommandContext, StoryLine } from './context.ts';
import { lineText, progressText } from './show.ts';

const POLL_MS = 2_000;
/** Refusals that wait for a turn. The sweep retries within minutes, for an hour. */
const WAITS: ReadonlySet<string> = new Set(['busy', 'throttled', 'replace-in-flight', 'disk-full-first']);

export interface FollowResult {
  /** waiting: the time limit or Ctrl-C came first. */
  readonly end: 'healed' | 'planned' | 'refused' | 'failed' | 'escalated' | 'waiting';
  readonly lines: readonly StoryLine[];
  readonly last: StoryLine | undefined;
}

export interface FollowOptions {
  /** Stops following after this time; the heal continues. */
  readonly forMs: number;
  /** Whether each line is printed when it arrives. */
  readonly tell: boolean;
  /** Answers when the heal asks for a yes; undefined where no person can answer, or none says yes. */
  readonly answer?: (question: ApprovalRecord) => Promise<Yes | undefined>;
}

export async function follow(
  context: HealCommandContext,
  answer: DispatchAnswer,
  options: FollowOptions,
): Promise<FollowResult> {
  const suite = context.suite();
  let untilMs: number | undefined;
  const shown = new Set<string>();
  let asked = '';
  for (;;) {
    // The story last: a heal writes its outcome into the journal first, and then into its incident. One that ends in between is told next time.
    const [incident, node, story] = [
      await suite.incident(answer),
      await suite.node(answer.instanceId),
      await suite.story(answer),
    ];
    // AWS's clock is known from its first answer on.
    untilMs ??= suite.nowMs() + options.forMs;
    const lines = story.filter(({ attempt }) => attempt >= answer.attempt);
    for (const line of lines) {
      const key = `${line.attempt} ${line.place}`;
      if (shown.has(key)) continue;
      shown.add(key);
      if (options.tell) context.say(lineText(line));
    }
    // The question comes from the incident's own record. Only its heal and the dispatcher write that record.
    const question = incident && notAnswerableReason(incident, suite.nowMs()) === null ? incident.approval : undefined;
    if (question && question.plan !== asked) {
      asked = question.plan;
      const yes = await options.answer?.(question);
      if (yes) await approve(context, question, yes);
    }
    const end = endOf(incident, lines, answer);
    if (end) return { end, lines, last: lastOutcome(lines) };
    context.status(progressOf(node, answer) ?? waitingText(incident, suite.nowMs()));
    if (suite.nowMs() >= untilMs) return { end: 'waiting', lines, last: lastOutcome(lines) };
    await context.sleep(POLL_MS);
  }
}

const lastOutcome = (lines: readonly StoryLine[]): StoryLine | undefined =>
  lines.findLast(({ place, kind }) => place.endsWith('-outcome') || kind === 'refusal');

async function approve(context: HealCommandContext, { callbackId, plan }: ApprovalRecord, yes: Yes): Promise<void> {
  const suite = context.suite();
  const by = await suite.caller();
  const sent = await suite.answer(callbackId, { approve: true, plan, ...(by !== undefined && { by }) }, yes);
  if (sent === 'closed') context.complain('The question was answered by somebody else, or has expired.');
}

/** null: the incident continues. Only the incident's own record says that an attempt is over. */
function endOf(
  incident: IncidentRecord | undefined,
  lines: readonly StoryLine[],
  { incidentId, attempt }: DispatchAnswer,
): FollowResult['end'] | null {
  // Another request has taken its place: this one is over, as its last line says.
  if (!incident || incident.incidentId !== incidentId) return endByLines(lines) ?? 'failed';
  switch (incident.state) {
    case 'allocated':
    case 'claimed':
      return null;
    case 'escalated':
      return 'escalated';
    case 'healed':
      // The next sweep closes a plan that was printed. It also closes a request that could not be granted for an hour.
      return endByLines(lines) ?? 'failed';
    case 'open': {
      if (incident.attempt < attempt) return null;
      if ((incident.plannedUntilMs ?? 0) > 0) return 'planned';
      const word = endByLines(lines);
      const last = lastOutcome(lines);
      if (word === 'refused' && !WAITS.has(last?.code ?? '')) return 'refused';
      // Another attempt follows one that failed or died.
      return null;
    }
  }
}

function endByLines(lines: readonly StoryLine[]): FollowResult['end'] | undefined {
  const last = lastOutcome(lines);
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
