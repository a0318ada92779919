// The entries of heals as lines of the story: what was decided, done, proved and refused, and on what grounds.
import type { Answer, Observation } from '../../shared/node-commands/answer.ts';
import type { JournalLine } from '../scenarios/report/journal.ts';
import { askedEvidence, isState, paragraphs, parsed } from './evidence.ts';
import type { Requested, StoryFacts } from './facts.ts';
import { isOfFleets } from './function-facts.ts';
import { isOfLadder, ladderHealed, ladderTold } from './story-ladder.ts';
import type { StoryLine } from './story-line.ts';
import { requestLines } from './story-requests.ts';
import { gibOf, grouped, lasting, rate, within } from './words.ts';

/** What an entry says: one line, several, or none where another line says it already. */
type Told = readonly Omit<StoryLine, 'atMs' | 'about'>[];

export function journalLines(facts: StoryFacts, explain: boolean): StoryLine[] {
  const journal = facts.journal.filter((line) => !isOfFleets(line));
  const stale = explain ? new Set() : staleAttempts(journal);
  const lines = journal
    .filter((line) => !stale.has(attemptOf(line)) || isDispatchRefusal(line))
    .flatMap((line) => storyLines(facts, line, explain));
  return [...lines, ...facts.heals.flatMap((heal) => requestLines(heal, explain))];
}

function storyLines(facts: StoryFacts, line: JournalLine, explain: boolean): StoryLine[] {
  const { atMs, fleet, node } = line;
  return toldBy(facts, line, explain).map((told, i) => ({
    ...told,
    atMs,
    about: `${fleet}/${node}`,
    ...(explain &&
      i === 0 && {
        evidence: [
          ...(told.evidence ?? []),
          ...paragraphs(parsed<unknown>(line) ?? {}),
          ...askedEvidence(askedFor(facts, line)),
        ],
      }),
  }));
}

const attemptOf = ({ incidentId, attempt }: Pick<JournalLine, 'incidentId' | 'attempt'>): string =>
  `${incidentId} ${attempt}`;

/** They carry the number of the attempt before them. */
const isDispatchRefusal = ({ kind, writer }: JournalLine): boolean => kind === 'refusal' && writer === DISPATCHER;

const DISPATCHER = 'dispatch-heal';

/** Attempts that ended in a refusal which their incident has met before: nothing new for a tired person. */
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

/** What was asked between the line of the story before and this one. */
function askedFor(facts: StoryFacts, line: JournalLine): readonly Requested[] {
  const { journal, heals } = facts;
  if (line.kind === 'decision' && line.writer === DISPATCHER)
    return heals
      .filter((heal) => attemptOf(heal) === attemptOf(line))
      .flatMap(({ dispatch }) => dispatch.filter((request) => !isState(request)));
  const own = journal.filter(({ writer }) => writer === line.writer);
  const before = own.findLast((other) => other.place < line.place && toldBy(facts, other, true).length > 0)?.atMs ?? 0;
  const requests = heals.find(({ arn }) => arn === line.writer)?.requests ?? [];
  return requests.filter((request) => request.atMs > before && request.atMs <= line.atMs && !isState(request));
}

function toldBy(facts: StoryFacts, line: JournalLine, explain: boolean): Told {
  // Of the page's question, whichever heal has asked it.
  if (line.place.endsWith('-answer')) return [{ label: 'approved', text: line.sentence }];
  const told = isOfLadder(line) ? ladderTold(facts.journal, line, explain) : undefined;
  if (told) return told;
  switch (line.kind) {
    case 'decision': {
      const mode = / mode (\w+)$/.exec(line.sentence)?.[1];
      const text = `attempt ${line.attempt} → ${line.heal}${mode === undefined || mode === 'act' ? '' : `, mode ${mode}`}`;
      return [{ label: `incident ${shortId(facts.journal, line.incidentId)}`, text }];
    }
    case 'intent':
      return decided(facts.journal, line);
    case 'result':
      return line.act?.startsWith('ModifyVolume')
        ? [{ label: 'AWS', text: line.sentence }]
        : answered(facts.journal, line);
    case 'progress':
      return [{ label: 'progress', text: line.sentence }];
    case 'proof':
      return [{ label: 'proved', text: line.sentence }];
    case 'plan':
      return line.place.endsWith('-ask')
        ? [{ label: 'asks a person', text: `${line.sentence}; page sent` }]
        : [{ label: 'plan', text: `would ${line.sentence}. Nothing was touched.` }];
    case 'refusal':
      return [{ label: 'refused', text: refusedText(facts, line), tone: 'bad' }];
    case 'outcome':
      return ended(facts, line);
    case 'page':
      return [];
  }
}

/** As many digits as it takes to tell this run's incidents apart, and at least four. */
function shortId(journal: readonly JournalLine[], incidentId: string): string {
  const others = new Set(journal.map((line) => line.incidentId).filter((id) => id !== incidentId));
  let digits = 4;
  while (digits < incidentId.length && [...others].some((id) => id.startsWith(incidentId.slice(0, digits)))) digits++;
  return incidentId.slice(0, digits);
}

interface PlanEvidence {
  readonly volumeId: string;
  readonly fromGiB: number;
  readonly toGiB: number;
  readonly usedGiB: number;
  readonly gibPerHour: number;
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

/** The first intent of a heal that changes something tells what was decided. */
function decided(journal: readonly JournalLine[], line: JournalLine): Told {
  const changes = journal.find(
    ({ kind, writer, act = '' }) => kind === 'intent' && writer === line.writer && !act.includes('observe-node'),
  );
  if (changes !== line) return [];
  if (!line.act?.startsWith('ModifyVolume')) return [{ label: 'decided', text: line.sentence }];
  const plan = parsed<PlanEvidence>(line);
  if (!plan) return [{ label: 'decided', text: line.sentence }];
  const { guards } = plan;
  return [
    { label: 'decided', text: `grow ${grouped(plan.fromGiB)} → ${grouped(plan.toGiB)} GiB: ${whySize(plan)}` },
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

function whySize({ toGiB, usedGiB, gibPerHour, ceilingGiB }: PlanEvidence): string {
  const ceiling = `ceiling ${grouped(ceilingGiB)}`;
  if (gibPerHour <= 0)
    return `leaves ${Math.round(100 - (usedGiB / toGiB) * 100)} % free, and it hardly fills; ${ceiling}`;
  const lastsHours = (toGiB - usedGiB) / gibPerHour;
  const past = lastsHours > BUDGET_HOURS ? `, past EBS’s ${BUDGET_HOURS} h budget` : '';
  return `lasts ${lasting(lastsHours * HOUR_MS)} at today’s ${rate(gibPerHour)} GiB/h${past}; ${ceiling}`;
}

/** A command's answer: the first one acknowledges the fence, later ones only prove what the proof says. */
function answered(journal: readonly JournalLine[], line: JournalLine): Told {
  const own = journal.filter(({ writer }) => writer === line.writer);
  const operationId = line.act?.split(' ').at(-1) ?? '';
  const intent = own.find(({ kind, act = '' }) => kind === 'intent' && act.endsWith(` ${operationId}`));
  const growing = intent?.act?.includes('grow-filesystem') ?? false;
  const answer = parsed<Answer>(line);
  const { after, before } = answer ?? { after: null, before: null };
  if (answer?.result !== 'done' || !after)
    return [{ label: growing ? 'grow-filesystem' : 'node', text: line.sentence, tone: 'bad' }];
  if (growing) return [{ label: 'grow-filesystem', text: grownText(before, after) }];
  const first = own.find(({ kind, act = '' }) => kind === 'result' && act.startsWith('SendCommand'));
  if (first !== line) return [];
  return [{ label: 'node fenced', text: `fence ${answer.fence} acknowledged; seen: ${seenText(after)}` }];
}

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
    before && before.client !== after.client ? `client ${before.client} → ${after.client}` : 'client untouched';
  return `${FILESYSTEMS[after.filesystem]}, ${from}${gibOf(after.sizeBytes)} GiB, ${client}`;
}

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
  const { lookAgainSeconds, paged } = parsed<{ lookAgainSeconds: number; paged: boolean }>(line) ?? {};
  if (lookAgainSeconds === undefined) return '';
  return `Looks again ${within(lookAgainSeconds * 1_000)}${paged ? '; page sent' : ''}.`;
}

function ended(facts: StoryFacts, line: JournalLine): Told {
  const heal = healOf(facts, line);
  switch (line.act) {
    case 'healed': {
      if (heal?.alarmToHealedSeconds == null)
        return [{ label: 'healed', text: `nothing had to be done: ${line.sentence}` }];
      if (isOfLadder(line)) return ladderHealed(heal);
      const { alarmToHealedSeconds, awsSeconds, caughtUpSeconds } = heal;
      const after = `${lasting(alarmToHealedSeconds * 1_000)} after the alarm, ${lasting(awsSeconds * 1_000)} of them AWS’s own`;
      const synced = caughtUpSeconds > 0 ? `; synced ${lasting(caughtUpSeconds * 1_000)} after its start` : '';
      const { apiCalls, guardCalls, pollCalls, stateCalls } = heal;
      const evidence = paragraphs({ apiCalls, guardCalls, pollCalls, stateCalls });
      return [{ label: 'healed', text: after + synced, tone: 'good', evidence }];
    }
    case 'restored':
    case 'escalated':
      return [{ label: 'gave up', text: `${line.code}: ${line.sentence}; page sent`, tone: 'bad' }];
    default:
      return [{ label: 'failed', text: `${line.code}: ${line.sentence}. ${nextLook(line)}`.trim(), tone: 'bad' }];
  }
}

const healOf = ({ report }: StoryFacts, { incidentId, attempt }: JournalLine) =>
  report.heals.find((heal) => heal.incident === incidentId && heal.attempt === attempt);
