// Prints the journal entries of heals: what was decided, done, proved and refused, with the reasons.
import { WHOLE_FLEET } from '../../../shared/heal/journal.ts';
import { isFinal } from '../../../shared/model/guardrail-codes.ts';
import type { Answer, Observation } from '../../../shared/node-commands/answer.ts';
import type { NodeAnswer, NodeState } from '../../../shared/node-commands/node-answer.ts';
import { isThrottled } from '../../scenarios/report/calls.ts';
import type { HealReport } from '../../scenarios/report/heals.ts';
import { evidenceIn, type JournalLine } from '../../scenarios/report/journal.ts';
import { isMutating } from '../../simulator/request-faults.ts';
import { gibOf, grouped, lasting, rate, within } from '../format.ts';
import { isOfBoost } from './boost.ts';
import { isState, paragraphs, questionEvidence, requestEvidence } from './evidence.ts';
import { type HealFact, isOfFleets, type Requested, type StoryFacts } from './facts.ts';
import type { StoryLine } from './lines.ts';

/** The lines of one entry: one, several, or none if another line already says it. */
type EntryLines = readonly Omit<StoryLine, 'atMs' | 'about'>[];

const DISPATCHER = 'dispatch-heal';

export function healLines(facts: StoryFacts, explain: boolean): StoryLine[] {
  const journal = facts.journal.filter((line) => !isOfFleets(line) && !isOfBoost(line));
  const stale = explain ? new Set() : staleAttempts(journal);
  const lines = journal
    .filter((line) => !stale.has(attemptOf(line)) || isDispatchRefusal(line))
    .flatMap((line) => storyLines(facts, line, explain));
  return [...lines, ...facts.heals.flatMap((heal) => requestLines(heal, explain))];
}

function storyLines(facts: StoryFacts, line: JournalLine, explain: boolean): StoryLine[] {
  const { atMs, fleet, node } = line;
  return linesOfEntry(facts, line, explain).map((told, i) => ({
    ...told,
    atMs,
    about: `${fleet}/${node}`,
    ...(explain &&
      i === 0 && {
        evidence: [
          ...(told.evidence ?? []),
          ...paragraphs(evidenceIn<unknown>(line) ?? {}),
          ...questionEvidence(requestsBefore(facts, line)),
        ],
      }),
  }));
}

const attemptOf = ({ incidentId, attempt }: Pick<JournalLine, 'incidentId' | 'attempt'>): string =>
  `${incidentId} ${attempt}`;

/** Dispatcher refusals have the number of the attempt before them. */
const isDispatchRefusal = ({ kind, writer }: JournalLine): boolean => kind === 'refusal' && writer === DISPATCHER;

/** Attempts that ended in a refusal that their incident has met before: they say nothing new. */
function staleAttempts(journal: readonly JournalLine[]): ReadonlySet<string> {
  const met = new Set<string>();
  const stale = new Set<string>();
  for (const line of journal.filter(({ kind }) => kind === 'refusal')) {
    const refusal = `${line.incidentId} ${line.code}`;
    if (met.has(refusal) && !isDispatchRefusal(line)) stale.add(attemptOf(line));
    met.add(refusal);
  }
  return stale;
}

/** The requests between the story's line before and this one. */
function requestsBefore(facts: StoryFacts, line: JournalLine): readonly Requested[] {
  const { journal, heals } = facts;
  if (line.kind === 'decision' && line.writer === DISPATCHER)
    return heals
      .filter((heal) => attemptOf(heal) === attemptOf(line))
      .flatMap(({ dispatch }) => dispatch.filter((request) => !isState(request)));
  const own = journal.filter(({ writer }) => writer === line.writer);
  const before =
    own.findLast((other) => other.place < line.place && linesOfEntry(facts, other, true).length > 0)?.atMs ?? 0;
  const requests = heals.find(({ arn }) => arn === line.writer)?.requests ?? [];
  return requests.filter((request) => request.atMs > before && request.atMs <= line.atMs && !isState(request));
}

/** @returns the lines of one entry, without its time */
export function linesOfEntry(facts: StoryFacts, line: JournalLine, explain: boolean): EntryLines {
  const { journal } = facts;
  const ladder = isOfLadder(line);
  switch (line.kind) {
    case 'decision':
      if (line.fields.approved) return [{ label: 'approved', text: line.sentence }];
      if (line.writer === DISPATCHER) return dispatched(journal, line);
      return ladder ? rungLines(journal, line, explain) : [];
    case 'intent':
      return ladder ? intended(line, explain) : growthLines(journal, line);
    case 'result':
      if (ladder) return resultText(journal, line);
      return line.operation === 'ModifyVolume' ? [{ label: 'AWS', text: line.sentence }] : answerLines(journal, line);
    case 'progress':
      return [{ label: 'progress', text: line.sentence }];
    case 'proof':
      return [{ label: 'proved', text: line.sentence }];
    case 'plan':
      return line.fields.asks
        ? [{ label: 'asks a person', text: `${line.sentence}; page sent` }]
        : [{ label: 'plan', text: `would ${line.sentence}. Nothing was touched.` }];
    case 'refusal':
      return [{ label: 'refused', text: refusedText(facts, line), tone: 'bad' }];
    case 'outcome':
      return endedText(facts, line);
    case 'page':
      return [];
    case 'notice':
      if (line.code === 'not-confirmed') return [{ label: 'own alarm', text: line.sentence }];
      return isEndOfRequest(line) ? [{ label: 'over', text: line.sentence }] : [];
  }
}

/** What a person has asked for is over, and no heal has said so. */
const isEndOfRequest = ({ writer, code, node }: JournalLine): boolean =>
  writer === DISPATCHER && code === undefined && node !== WHOLE_FLEET;

function dispatched(
  journal: readonly JournalLine[],
  { attempt, heal, incidentId, fields: { mode } }: JournalLine,
): EntryLines {
  const how = mode === undefined || mode === 'act' ? '' : `, mode ${mode}`;
  return [{ label: `incident ${shortId(journal, incidentId)}`, text: `attempt ${attempt} → ${heal}${how}` }];
}

/** As many digits as are needed to tell this run's incidents apart, and at least four. */
function shortId(journal: readonly JournalLine[], incidentId: string): string {
  const others = new Set(journal.map((line) => line.incidentId).filter((id) => id !== incidentId));
  let digits = 4;
  while (digits < incidentId.length && [...others].some((id) => id.startsWith(incidentId.slice(0, digits)))) digits++;
  return incidentId.slice(0, digits);
}

// resize-volume

interface PlanEvidence {
  readonly volumeId: string;
  readonly fromGiB: number;
  readonly toGiB: number;
  readonly usedGiB: number;
  readonly gibPerHour: number | null;
  readonly ceilingGiB: number;
  readonly addedUsd: number;
  readonly guards: {
    readonly pause: string;
    readonly fence: number;
    readonly modification: number;
    readonly modificationsPerDay: number;
    readonly monthlyLimitUsd: number;
  };
}

/** The first intent of a heal that changes something prints the decision. */
function growthLines(journal: readonly JournalLine[], line: JournalLine): EntryLines {
  const changes = journal.find(
    ({ kind, writer, command }) => kind === 'intent' && writer === line.writer && command !== 'observe-node',
  );
  if (changes !== line) return [];
  const plan = line.operation === 'ModifyVolume' ? evidenceIn<PlanEvidence>(line) : undefined;
  if (!plan) return [{ label: 'decided', text: line.sentence }];
  const { guards } = plan;
  return [
    { label: 'decided', text: `grow ${grouped(plan.fromGiB)} → ${grouped(plan.toGiB)} GiB: ${sizeReason(plan)}` },
    {
      label: 'guardrails',
      continues: true,
      tone: 'quiet',
      text: [
        `pause ${guards.pause}`,
        'lease taken',
        `modification ${guards.modification} of ${guards.modificationsPerDay} today`,
        `+$${plan.addedUsd.toFixed(2)} a month, limit $${grouped(guards.monthlyLimitUsd)}`,
      ].join(' · '),
    },
  ];
}

const HOUR_MS = 60 * 60_000;
/** "modify a volume up to four times within a rolling 24-hour period" (EBS user guide). */
const BUDGET_HOURS = 24;

function sizeReason({ toGiB, usedGiB, gibPerHour, ceilingGiB }: PlanEvidence): string {
  const ceiling = `ceiling ${grouped(ceilingGiB)}`;
  const leaves = `leaves ${Math.round(100 - (usedGiB / toGiB) * 100)} % free`;
  if (gibPerHour === null) return `${leaves}; how fast it fills is not known; ${ceiling}`;
  if (gibPerHour <= 0) return `${leaves}, and it hardly fills; ${ceiling}`;
  const lastsHours = (toGiB - usedGiB) / gibPerHour;
  const past = lastsHours > BUDGET_HOURS ? `, past EBS’s ${BUDGET_HOURS} h budget` : '';
  return `lasts ${lasting(lastsHours * HOUR_MS)} at today’s ${rate(gibPerHour)} GiB/h${past}; ${ceiling}`;
}

/** The command that a result answers. */
const commandOf = (journal: readonly JournalLine[], { writer, operationId }: JournalLine): JournalLine | undefined =>
  journal.find((line) => line.kind === 'intent' && line.writer === writer && line.operationId === operationId);

const isFirstAnswer = (journal: readonly JournalLine[], line: JournalLine): boolean =>
  journal.find(
    ({ kind, writer, operation }) => kind === 'result' && writer === line.writer && operation === 'SendCommand',
  ) === line;

/** A command's answer. The first answer acknowledges the fence; later ones prove what the proof entry says. */
function answerLines(journal: readonly JournalLine[], line: JournalLine): EntryLines {
  const growing = commandOf(journal, line)?.command === 'grow-filesystem';
  const answer = evidenceIn<Answer>(line);
  const { after, before } = answer ?? { after: null, before: null };
  if (answer?.result !== 'done' || !after)
    return [{ label: growing ? 'grow-filesystem' : 'node', text: line.sentence, tone: 'bad' }];
  if (growing) return [{ label: 'grow-filesystem', text: grownText(before, after) }];
  return isFirstAnswer(journal, line) ? [fencedLine(answer.fence, seenText(after))] : [];
}

const fencedLine = (fence: number | undefined, seen: string): EntryLines[number] => ({
  label: 'node fenced',
  text: `fence ${fence} acknowledged${seen === '' ? '' : `; seen: ${seen}`}`,
});

const FILESYSTEMS: Readonly<Record<Observation['filesystem'], string>> = {
  xfs: 'XFS',
  ext4: 'ext4',
  btrfs: 'btrfs',
  other: 'another filesystem',
};

const seenText = ({ filesystem, partitioned, usedBytes, sizeBytes, client }: Observation): string =>
  `${FILESYSTEMS[filesystem]} on a ${partitioned ? 'partition' : 'bare volume'}, ${gibOf(usedBytes)} of ${gibOf(sizeBytes)} GiB, client ${client}`;

function grownText(before: Observation | null, after: Observation): string {
  const from = before && before.sizeBytes !== after.sizeBytes ? `${gibOf(before.sizeBytes)} → ` : '';
  const client =
    before && before.client !== after.client
      ? `client ${before.client} → ${after.client}`
      : after.client === 'running'
        ? 'client untouched'
        : `client ${after.client} as before`;
  return `${FILESYSTEMS[after.filesystem]}, ${from}${gibOf(after.sizeBytes)} GiB, ${client}`;
}

// replace-node and snapshot-node, the heals that may take a client down, and audit-snapshots, which has one of its own

const LADDER: ReadonlySet<string> = new Set(['replace-node', 'snapshot-node', 'audit-snapshots']);

const isOfLadder = ({ heal }: Pick<JournalLine, 'heal'>): boolean => LADDER.has(heal);

/** The decision for a rung repeats why the rung before ended. That part is printed only with `explain`. */
function rungLines(
  journal: readonly JournalLine[],
  { sentence, fields, writer, atMs, place }: JournalLine,
  explain: boolean,
): EntryLines {
  const next = journal.find(
    (other) => other.writer === writer && other.kind === 'decision' && other.atMs >= atMs && other.place > place,
  );
  if (!explain && next?.fields.reason === sentence) return [];
  return [{ label: fields.proved ? 'proved' : 'decided', text: sentence }];
}

/** A command is printed when its answer is there: only then is its result known. */
function intended({ operation, target, sentence, fields }: JournalLine, explain: boolean): EntryLines {
  switch (operation) {
    case 'SendCommand':
      return [];
    case 'Invoke':
      return [{ label: target, text: sentence, tone: 'quiet' }];
    case 'CreateTags':
    case 'DeleteTags':
      return explain || !fields.bookkeeping ? [{ label: 'noted', text: sentence, tone: 'quiet' }] : [];
    default:
      return [{ label: operation, text: sentence }];
  }
}

function resultText(journal: readonly JournalLine[], line: JournalLine): EntryLines {
  const { operation, sentence, fields } = line;
  const failed = fields.status !== undefined && fields.status !== 'done';
  if (operation !== 'SendCommand') {
    const text = fields.status === 'failed' ? (fields.reason ?? sentence) : sentence;
    return failed ? [{ label: 'AWS', text, tone: 'bad' }] : [];
  }
  const intent = commandOf(journal, line);
  const command = intent?.command ?? 'node';
  const answer = evidenceIn<NodeAnswer>(line);
  const words = answer ? answerWords(answer) : undefined;
  // The first inspection raises the fence; later ones prove what the proof entry says.
  if (command === 'inspect-node' && !failed)
    return isFirstAnswer(journal, line) ? [fencedLine(fields.fence, words ?? sentence)] : [];
  const text = words === '' && intent ? `${intent.sentence}: done` : (words ?? sentence);
  return [{ label: command, text, ...(failed && { tone: 'bad' as const }) }];
}

/** "stopped in 7 s, cleanly; started in 3 s; client running"; empty if the answer only says that it is done. */
function answerWords({ result, reason, stop, startSeconds, putBack, after }: NodeAnswer): string {
  const clients = after?.clients.map((client) => (client.state === 'running' ? 'running' : endOf(client))).join('; ');
  const lastLine = stop && stop.lastLine !== '' ? ` ("${stop.lastLine.slice(0, LAST_LINE_CHARACTERS)}")` : '';
  return [
    result !== 'done' && result,
    reason,
    stop && `stopped in ${stop.seconds} s, ${stop.clean ? 'cleanly' : 'not cleanly'}${lastLine}`,
    startSeconds !== null && `started in ${startSeconds} s`,
    putBack && 'what was there before is there again',
    clients && `client ${clients}`,
  ]
    .filter(Boolean)
    .join('; ');
}

const LAST_LINE_CHARACTERS = 100;

function endOf({ state, exitStatus, lastLine }: NodeState['clients'][number]): string {
  const status = exitStatus === null ? '' : `, exit status ${exitStatus}`;
  return `${state}${status}${lastLine === '' ? '' : `, "${lastLine.slice(0, LAST_LINE_CHARACTERS)}"`}`;
}

// How heals end

const healOf = ({ report }: StoryFacts, { incidentId, attempt }: JournalLine): HealReport | undefined =>
  report.heals.find((heal) => heal.incident === incidentId && heal.attempt === attempt);

function refusedText(facts: StoryFacts, line: JournalLine): string {
  const heal = line.writer === DISPATCHER ? undefined : healOf(facts, line);
  return [
    `${line.code}: ${line.sentence}.`,
    heal === undefined ? 'Nothing was touched.' : 'What was begun is finished later.',
    nextLook(line),
  ]
    .filter(Boolean)
    .join(' ');
}

function nextLook(line: JournalLine): string {
  const { retryAfterSeconds, paged } = evidenceIn<{ retryAfterSeconds: number; paged: boolean }>(line) ?? {};
  if (retryAfterSeconds === undefined || isFinal(line.code ?? '')) return '';
  return `Looks again ${within(retryAfterSeconds * 1_000)}${paged ? '; page sent' : ''}.`;
}

function endedText(facts: StoryFacts, line: JournalLine): EntryLines {
  const heal = healOf(facts, line);
  switch (line.act) {
    case 'healed': {
      if (line.heal === 'audit-snapshots') return [{ label: 'drilled', text: line.sentence }];
      if (heal?.alarmToHealedSeconds == null)
        return [{ label: 'healed', text: `nothing had to be done: ${line.sentence}` }];
      const text = isOfLadder(line) ? climbedText(heal) : grewText(heal);
      return [{ label: 'healed', text, tone: 'good', evidence: callsEvidence(heal) }];
    }
    case 'restored':
    case 'escalated':
      return [{ label: 'gave up', text: `${line.code}: ${line.sentence}; page sent`, tone: 'bad' }];
    default:
      return [{ label: 'failed', text: `${line.code}: ${line.sentence}. ${nextLook(line)}`.trim(), tone: 'bad' }];
  }
}

/** The call counts of the contract. */
export const callsEvidence = ({ apiCalls, guardCalls, pollCalls, stateCalls }: HealReport): string[] =>
  paragraphs({ apiCalls, guardCalls, pollCalls, stateCalls });

const seconds = (count: number): string => lasting(count * 1_000);

function grewText({ alarmToHealedSeconds, awsSeconds, caughtUpSeconds }: HealReport): string {
  const after = `${seconds(alarmToHealedSeconds ?? 0)} after the alarm, ${seconds(awsSeconds)} of them AWS’s own`;
  return caughtUpSeconds > 0 ? `${after}; synced ${seconds(caughtUpSeconds)} after its start` : after;
}

/** "by swap, 22 min after it was reported, 9 min of them AWS’s own; outage 42 s, 35 s of them its client’s own; synced 4 min after its start" */
export function climbedText(heal: HealReport): string {
  const { rung, alarmToHealedSeconds, awsSeconds, backgroundSeconds, caughtUpSeconds } = heal;
  const parts = [
    `${rung === undefined ? '' : `by ${rung}, `}${seconds(alarmToHealedSeconds ?? 0)} after it was reported, ${seconds(awsSeconds)} of them AWS’s own`,
    outageText(heal),
    caughtUpSeconds > 0 && `synced ${seconds(caughtUpSeconds)} after its start`,
    backgroundSeconds > 0 && `AWS loaded its volume for ${seconds(backgroundSeconds)} meanwhile`,
  ];
  return parts.filter(Boolean).join('; ');
}

/** The node's whole outage first: what the heal caused is a part of it. "outage 12 min, 40 s of them by the heal" */
function outageText({ nodeOutageSeconds, outageSeconds, clientSeconds }: HealReport): string {
  if (nodeOutageSeconds === 0) return '';
  const client = `${seconds(clientSeconds)} of them its client’s own`;
  const whole = `outage ${seconds(nodeOutageSeconds)}`;
  if (outageSeconds === 0) return `${whole}, none of it by the heal`;
  return nodeOutageSeconds - outageSeconds < 1
    ? `${whole}, ${client}`
    : `${whole}, ${seconds(outageSeconds)} of them by the heal`;
}

// Requests

/**
 * Requests that change something on AWS. Commands are left out: their answers are printed. The journal explains the requests of the ladder; of these,
 * only requests that AWS refused or never answered are printed, or all of them with `explain`.
 */
function requestLines({ requests, about, kind }: HealFact, explain: boolean): StoryLine[] {
  return requests
    .filter(({ service, operation }) => service === 'ec2' && isMutating(operation))
    .filter(({ outcome }) => explain || !(isAccepted(outcome) && isOfLadder({ heal: kind })))
    .filter(({ outcome }) => explain || !(isThrottled(outcome) || outcome === DRY_RUN))
    .map((request) => ({
      atMs: request.atMs,
      label: request.operation,
      text: requestText(request),
      about,
      evidence: [requestEvidence(request)],
    }));
}

/** The error code of EC2 for a dry run that would have succeeded. */
const DRY_RUN = 'DryRunOperation';

const isAccepted = (outcome: string): boolean => outcome === 'ok' || outcome === DRY_RUN;

const UNREFUSED: ReadonlySet<string> = new Set(['ok', 'answer lost', 'caller killed before', 'caller killed after']);

function requestText({ input, outcome }: Requested): string {
  const resource = String(input['VolumeId'] ?? input['InstanceId'] ?? '');
  if (outcome === DRY_RUN) return `${resource}   AWS would do it`;
  return UNREFUSED.has(outcome) ? resource : `${resource}   AWS refuses: ${outcome}`;
}
