// `explain`: one incident on one screen: what happened, what was done and why, what it is now, how to stop it and how to undo it, and its whole story.
import type { IncidentRecord } from '../../../shared/heal/records.ts';
import { GUARDRAILS } from '../../../shared/model/guardrail-codes.ts';
import { PAGE_WANTS } from '../../../shared/model/page-wants.ts';
import { readTrigger, type Trigger } from '../../../shared/model/trigger.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { wrapped } from '../columns.ts';
import { UsageError } from '../errors.ts';
import { notFoundError, tableOf } from '../fleets/context.ts';
import { PROGRAM } from '../program-name.ts';
import type { HealCommandContext, StoryLine, Suite } from './context.ts';
import type { PausedNodes } from './paused-nodes.ts';
import { isoText, lineText, timeText } from './show.ts';
import { stateText, wordText } from './status.ts';
import { fleetNames, knownFleet, nodeOf } from './target.ts';

const INCIDENT = /^[0-9a-f]{4,8}$/;
/** Each answer of the summary has so many lines at most; the story below has them all. */
const MAX_LINES = 6;
const MAX_STORY = 200;
const MAX_SENTENCE = 600;

/** @throws UsageError where no incident, or more than one, is meant */
export async function explain(
  context: HealCommandContext,
  written: string,
): Promise<{ readonly status: 0; readonly facts: object }> {
  const suite = context.suite();
  const incident = written.includes('/') ? await latestOf(suite, written) : await named(suite, written);
  const story = await suite.story(incident);
  const told = explanationOf(incident, story, suite.nowMs(), await suite.pausedNodes());
  const { fleet, node, trigger, incidentId } = incident;
  context.say(`${plainText(`${fleet}/${node}`, 300)} · ${plainText(trigger, 80)} · incident ${incidentId}\n`);
  context.say(
    tableOf(
      ['question', 'answer'],
      told.map(({ question, answers }) => [question, answers.flatMap(answerLines)]),
    ),
  );
  context.say('\nThe whole story, in UTC:');
  for (const line of story.slice(0, MAX_STORY)) context.say(lineText(line));
  if (story.length > MAX_STORY)
    context.say(`and ${story.length - MAX_STORY} more: ${PROGRAM} journal ${fleet} --incident ${incidentId}`);
  return {
    status: 0,
    facts: {
      ...{ fleet, node, instanceId: incident.instanceId, trigger, incident: incidentId, state: incident.state },
      ...{ attempt: incident.attempt, since: isoText(incident.onsetMs) },
      ...Object.fromEntries(told.map(({ question, answers }) => [question, answers])),
      story: story.map((line) => ({ ...line, at: isoText(line.atMs) })),
    },
  };
}

async function latestOf(suite: Suite, written: string): Promise<IncidentRecord> {
  const { fleet, node } = nodeOf(written);
  await knownFleet(suite, await suite.settings(), fleet);
  const { incidents } = await suite.fleet(fleet);
  const mine = incidents.filter((one) =>
    'instanceId' in node ? one.instanceId === node.instanceId : one.node === node.node,
  );
  const [latest] = mine.sort((a, b) => b.onsetMs - a.onsetMs);
  if (latest) return latest;
  const others = [...new Set(incidents.map((one) => plainText(one.node, 256)))].slice(0, MAX_LINES);
  const known =
    others.length === 0 ? `${fleet} has none at all` : `of ${fleet} there are those of ${others.join(', ')}`;
  throw new UsageError(`${written} has no incident; ${known}. How it is: ${PROGRAM} status ${written}`);
}

async function named(suite: Suite, written: string): Promise<IncidentRecord> {
  const all = (await Promise.all(fleetNames(await suite.settings()).map(suite.fleet))).flatMap(
    (read) => read.incidents,
  );
  if (!INCIDENT.test(written))
    throw new UsageError(
      `${JSON.stringify(plainText(written, 100))}: expected an incident, 8 hex digits or their first 4 or more, or FLEET/NODE`,
    );
  const [only, another] = all.filter(({ incidentId }) => incidentId.startsWith(written));
  if (!only) {
    const latest = all.sort((a, b) => b.onsetMs - a.onsetMs).slice(0, MAX_LINES);
    throw notFoundError(
      'incident',
      written,
      latest.map(({ incidentId }) => incidentId),
    );
  }
  if (another)
    throw new UsageError(
      `${written} is the beginning of ${only.incidentId} and of ${another.incidentId}: say more of it`,
    );
  return only;
}

interface Answer {
  readonly question: 'what' | 'done' | 'why' | 'refused' | 'guards' | 'now' | 'stop' | 'undo' | 'more';
  readonly answers: readonly string[];
}

/** Pure: the incident and its lines, oldest first. */
function explanationOf(
  incident: IncidentRecord,
  story: readonly StoryLine[],
  nowMs: number,
  paused: PausedNodes,
): readonly Answer[] {
  const sentences = (kind: string): readonly string[] =>
    unique(story.filter((line) => line.kind === kind).map(({ sentence }) => sentence));
  const [found, reasons] = [
    sentences('decision').filter(isFinding),
    sentences('decision').filter((one) => !isFinding(one)),
  ];
  const refusals = unique(story.filter(({ kind }) => kind === 'refusal').map(refusalText));
  const trigger = readTrigger(incident.trigger);
  const done = actsOf(story);
  const word = wordText(incident, nowMs);
  const answers: readonly Answer[] = [
    { question: 'what', answers: [triggerText(trigger, incident.trigger), ...found.slice(0, 1)] },
    { question: 'done', answers: done.length === 0 ? ['nothing was changed'] : shortened(done) },
    {
      question: 'why',
      answers: shortened(
        unique([...reasons.filter((one) => !START.test(one)), ...sentences('plan'), ...reasonsOf(story)]),
      ),
    },
    { question: 'refused', answers: shortened(refusals) },
    {
      question: 'now',
      answers: [stateText(incident, nowMs), ...(word === null ? sentences('outcome').slice(-1) : [word])],
    },
    { question: 'stop', answers: stopText(incident, paused) },
    { question: 'undo', answers: undoText(incident, trigger, done.length > 0) },
    { question: 'more', answers: moreText(incident) },
  ];
  return answers.filter((one) => one.answers.length > 0);
}

/** The first look at the node, as heals write it. */
const isFinding = (sentence: string): boolean => sentence.startsWith('found: ');
/** The dispatcher's line, which the state says, too. */
const START = /^attempt \d+ of incident /;

/** What stands behind the colon of a change: "grow 500 → 900 GiB: data volume 91 % of 500 GiB". */
const reasonsOf = (story: readonly StoryLine[]): readonly string[] =>
  story.flatMap((line) => {
    const at = line.sentence.indexOf(': ');
    return line.kind !== 'intent' || isBookkeeping(line) || at < 0 ? [] : [line.sentence.slice(at + 2)];
  });

/** Calls that only look, or only write down what was done. */
const isBookkeeping = ({ act = '', sentence }: StoryLine): boolean =>
  /^(CreateTags|DeleteTags|Invoke)\b/.test(act) || /^(ask the node|look into )/.test(sentence);

/** Each change with its result: "12:11:41 restart its client → done; stopped in 7 s". */
function actsOf(story: readonly StoryLine[]): readonly string[] {
  return story.flatMap((line, at) => {
    if (line.kind !== 'intent' || isBookkeeping(line)) return [];
    const result = story.slice(at + 1).find(({ kind }) => kind === 'result' || kind === 'intent');
    const [intent = ''] = line.sentence.split(/: |; /, 1);
    return [
      plainText(
        `${timeText(line.atMs)} ${intent} → ${result?.kind === 'result' ? result.sentence : 'its result is not known'}`,
        MAX_SENTENCE,
      ),
    ];
  });
}

/** Each once, and none that another one contains. */
function unique(lines: readonly string[]): readonly string[] {
  const all = [...new Set(lines.map((line) => plainText(line, MAX_SENTENCE)))];
  return all.filter((line) => !all.some((other) => other !== line && other.includes(line)));
}

function shortened(lines: readonly string[]): readonly string[] {
  if (lines.length <= MAX_LINES) return lines;
  const [first = '', ...rest] = lines;
  return [first, `(${lines.length - MAX_LINES + 1} more: below)`, ...rest.slice(-(MAX_LINES - 2))];
}

function refusalText({ code, sentence }: StoryLine): string {
  const rule =
    code !== undefined && Object.hasOwn(GUARDRAILS, code) ? ` (${GUARDRAILS[code as keyof typeof GUARDRAILS]})` : '';
  return `${code ?? 'refused'}: ${sentence}${rule}`;
}

function triggerText(trigger: Trigger | null, written: string): string {
  if (trigger === null) return plainText(written, 100);
  switch (trigger.kind) {
    case 'disk':
      return `the ${trigger.subject} volume is nearly full`;
    case 'node':
      return NODE_TRIGGERS[trigger.subject];
    case 'snapshot':
      return trigger.subject === 'drill'
        ? 'it was to be proved that a node comes back from a set of snapshots; nothing is wrong with the node'
        : 'a clean snapshot was due, or a person asked for one';
    case 'request':
      return `a person asked: ${trigger.subject}`;
    case 'plan':
      return `a person asked for the plan of ${trigger.subject}; a plan never becomes an act`;
  }
}

const NODE_TRIGGERS = {
  health: 'the node does not follow its chain',
  terminated: 'the node’s instance was terminated',
  event: 'EC2 has scheduled something for the node’s instance',
  type: 'the node has caught up, and its instance had the type of its first sync',
} as const;

const OVER: ReadonlySet<IncidentRecord['state']> = new Set(['healed', 'escalated']);

function stopText({ fleet, instanceId, state }: IncidentRecord, paused: PausedNodes): readonly string[] {
  const node = `${fleet}/${plainText(instanceId, 40)}`;
  const why = 'nodes' in paused ? paused.nodes.get(instanceId) : undefined;
  if (why !== undefined) return [`${plainText(why, MAX_SENTENCE)}. To go on:`, `${PROGRAM} resume ${node}`];
  const unknown =
    'unknown' in paused ? [`whether it is paused by its tag is not known: ${plainText(paused.unknown, 200)}`] : [];
  const head = OVER.has(state)
    ? 'it is over; to keep anything further from being done:'
    : 'nothing more is begun after:';
  return [...unknown, head, `${PROGRAM} pause ${node}`, `${PROGRAM} pause ${fleet}`];
}

function undoText({ fleet, node }: IncidentRecord, trigger: Trigger | null, isDone: boolean): readonly string[] {
  if (!isDone) return ['there is nothing to undo'];
  if (trigger?.kind === 'disk')
    return ['no volume can be made smaller: nothing can be undone, and no data were touched'];
  if (trigger?.subject === 'drill')
    return [
      'all that it made is removed; a set that it has quarantined is used again once its tag chainmend:quarantined is gone',
    ];
  if (trigger?.kind === 'snapshot') return ['the client runs again; the snapshot can be deleted like any other'];
  const name = plainText(`${fleet}/${node}`, 300);
  return [
    'what a heal has put away is kept for days; a restart alone leaves nothing to undo:',
    `${PROGRAM} plan ${name} --of undo`,
    `${PROGRAM} undo ${name}`,
  ];
}

function moreText({ fleet, node, trigger, pagedCodes }: IncidentRecord): readonly string[] {
  const pages = pagedCodes.map((code) => `paged: ${plainText(code, 60)}`);
  return [...pages, `${PROGRAM} status ${plainText(`${fleet}/${node}`, 300)}`, ...runbooksOf(pagedCodes, trigger)];
}

/** Of the codes that people were paged for; where none has one that of full disks, or the index. */
function runbooksOf(codes: readonly string[], trigger: string): readonly string[] {
  const named = codes.flatMap((code) =>
    Object.hasOwn(PAGE_WANTS, code) ? (PAGE_WANTS[code as keyof typeof PAGE_WANTS].runbook ?? []) : [],
  );
  return [...new Set(named.length > 0 ? named : [trigger.startsWith('disk:') ? 'disk' : 'README'])].map(
    (name) => `docs/runbooks/${name}.md`,
  );
}

/** The room that is left of 80 columns by the questions. */
const ANSWER_COLUMNS = 68;

/** A command is pasted as it is. */
const answerLines = (text: string): readonly string[] =>
  text.startsWith(PROGRAM) ? [text] : wrapped(text, ANSWER_COLUMNS);
