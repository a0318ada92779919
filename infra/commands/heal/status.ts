// `status`: one line for each fleet; of a fleet or a node first the pauses, then how the nodes are, then what is open, how far it is, and its last lines.
import { placeOf } from '../../../shared/fleet/model.ts';
import type { FleetObservation, ObservedNode } from '../../../shared/fleet/observation.ts';
import type { Settings } from '../../../shared/fleet/settings.ts';
import { judgePauses } from '../../../shared/guardrails/switches.ts';
import { type DrillRecord, recoverability } from '../../../shared/heal/drill.ts';
import type { IncidentRecord, LastWord, NodeRecord } from '../../../shared/heal/records.ts';
import { type TrialReport, trialReports } from '../../../shared/heal/trials.ts';
import type { BoostedVolume } from '../../../shared/snapshots/boost.ts';
import type { ScaleWish } from '../../../shared/snapshots/scale.ts';
import { compareNames } from '../../../shared/text/names.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { commandNames } from '../../names.ts';
import { wrapped } from '../columns.ts';
import { UsageError } from '../errors.ts';
import { notFoundError, tableOf } from '../fleets/context.ts';
import { unreadPages } from '../subscribers.ts';
import { trialTable } from '../trial-table.ts';
import { notAnswerableReason } from './approve.ts';
import type { FleetAsk, HealCommandContext } from './context.ts';
import { counted, FLEET_COLUMNS, type FleetFacts, pauseLines, rowOfFleet, seenText, WELL } from './fleet-facts.ts';
import type { PausedNodes } from './paused-nodes.ts';
import { clockText, durationText, isoText, lineText, progressText } from './show.ts';
import { fleetNames, knownFleet, type Target } from './target.ts';

/** How many incidents get their last lines; the list of all incidents is always printed. */
const MAX_STORIES = 10;
/** Healed incidents are shown for this long. */
const LATELY_MS = 60 * 60_000;
const DAY_MS = 24 * LATELY_MS;
/** More nodes than this are counted; those in trouble are listed first. */
const MAX_NODES = 30;
/** watch-fleet looks each minute: after so long it has missed several looks. */
const STALE_MS = 5 * 60_000;

interface Told {
  readonly status: 0;
  readonly facts: object;
}

interface FleetState {
  readonly fleet: string;
  /** undefined: the stored file cannot be read, or there is none any more. */
  readonly mode: string | undefined;
  readonly broken: string | undefined;
  readonly paused: string | undefined;
  readonly nodes: readonly (ObservedNode & { readonly seenAtMs: number; readonly pausedBy?: string | null })[];
  readonly incidents: readonly IncidentRecord[];
  readonly records: readonly NodeRecord[];
  readonly asks: readonly FleetAsk[];
  readonly drill: DrillRecord | undefined;
  /** Where its nodes are: a region, or "account 444455556666"; absent where they are here. */
  readonly copiesFrom?: string;
  /** Of the owner's commands; empty where the fleet file has none, or cannot be read. */
  readonly trials: readonly TrialReport[];
  /** Another number of nodes that is under way, or came to its end lately; null: none. */
  readonly scaling: ScaleWish | null;
  /** Volumes with the figures of their first sync, and those that were taken back lately. */
  readonly boosts: readonly BoostedVolume[];
}

/** What is the same for all fleets, read once. */
interface Switched {
  readonly settings: Settings;
  readonly paused: PausedNodes;
}

/** A person is told where pauses cannot be read: not known is not "none". */
async function readSwitched(context: HealCommandContext): Promise<Switched> {
  const suite = context.suite();
  const [settings, paused] = await Promise.all([suite.settings(), suite.pausedNodes()]);
  if ('unknown' in paused)
    context.complain(plainText(`whether a single node is paused by its tag is not known: ${paused.unknown}`, 500));
  return { settings, paused };
}

async function readState(
  context: HealCommandContext,
  { settings, paused }: Switched,
  fleet: string,
): Promise<FleetState> {
  const suite = context.suite();
  const [{ incidents, nodes: records, drill }, observed, asks] = await Promise.all([
    suite.fleet(fleet),
    suite.observed(fleet),
    suite.asks(fleet),
  ]);
  const nowMs = suite.nowMs();
  const file = settings.fleets.find((one) => one.name === fleet);
  const wish = file?.scales === undefined ? null : await suite.wishedSize(fleet);
  const boosted = file?.boost === undefined ? [] : await suite.boosts(fleet);
  return {
    fleet,
    boosts: boosted.filter(({ state, sinceMs }) => state !== 'taken-back' || nowMs - sinceMs < DAY_MS),
    scaling: wish?.state === 'under-way' || nowMs - (wish?.steppedAtMs ?? 0) < LATELY_MS ? wish : null,
    ...switchesOf(settings, fleet),
    trials: file ? trialReports(file, drill, nowMs) : [],
    ...(file?.copiesFrom && { copiesFrom: placeOf(file.copiesFrom) }),
    nodes: nodesOf(observed, paused),
    // A plan that was made or refused waits for nothing: it was told to who asked for it.
    incidents: incidents
      .filter(({ trigger, state }) => !(trigger.startsWith('plan:') && (state === 'open' || state === 'healed')))
      .filter((incident) => incident.state !== 'healed' || nowMs - incident.endedAtMs < LATELY_MS)
      .sort((a, b) => b.onsetMs - a.onsetMs),
    records,
    drill,
    asks: asks.filter(({ untilMs }) => nowMs < untilMs),
  };
}

function switchesOf(settings: Settings, name: string): Pick<FleetState, 'mode' | 'broken' | 'paused'> {
  const fleet = settings.fleets.find((one) => one.name === name);
  const broken = settings.broken.get(`${commandNames().parameterPrefix}/fleets/${name}`);
  return {
    mode: fleet?.mode,
    broken: broken ?? (fleet ? undefined : 'there is no fleet file in this account and region'),
    paused: judgePauses(commandNames().parameterPrefix, name, settings.values)?.reason,
  };
}

const nodesOf = (observed: readonly FleetObservation[], paused: PausedNodes): FleetState['nodes'] =>
  observed
    .flatMap(({ observedAtMs, nodes }) =>
      nodes.map((node) => ({
        ...{ ...node, seenAtMs: observedAtMs },
        ...('nodes' in paused && { pausedBy: paused.nodes.get(node.instanceId) ?? null }),
      })),
    )
    .sort((a, b) => compareNames(a.name, b.name));

/** One row for each fleet whose file is stored. */
export async function statusOfAll(context: HealCommandContext): Promise<Told> {
  const suite = context.suite();
  const switched = await readSwitched(context);
  await tellUnread(context);
  const states: FleetState[] = [];
  for (const fleet of fleetNames(switched.settings)) states.push(await readState(context, switched, fleet));
  const nowMs = suite.nowMs();
  const facts = states.map((state) => factsOf(state, nowMs));
  if (states.length === 0) context.say('No fleet file is stored in this account and region: nothing is looked after.');
  else
    context.say(
      tableOf(
        FLEET_COLUMNS,
        facts.map((fleet) => rowOfFleet(fleet, nowMs)),
      ),
    );
  for (const line of pauseLines(facts)) context.say(line);
  for (const { fleet, broken } of states)
    if (broken !== undefined) context.complain(plainText(`${fleet}: nothing is done for it: ${broken}`, 500));
  return { status: 0, facts: { at: isoText(nowMs), fleets: facts } };
}

/** @throws UsageError where there is no such fleet or node */
export async function status(context: HealCommandContext, target: Target): Promise<Told> {
  const suite = context.suite();
  const switched = await readSwitched(context);
  const { settings } = switched;
  const whole = await readState(context, switched, await knownFleet(suite, settings, target.fleet));
  const state = narrowed(whole, target);
  const nowMs = suite.nowMs();
  await tellUnread(context);
  const { fleet, mode, broken, nodes, incidents, asks, records, drill, trials, scaling, boosts, copiesFrom } = state;
  if (broken !== undefined) context.complain(plainText(`${fleet}: nothing is done for it: ${broken}`, 500));
  const { well, sick, other } = counted(nodes);
  const seen = seenText(
    nodes.map(({ seenAtMs }) => seenAtMs),
    nowMs,
  );
  const head = [
    `mode ${mode ?? 'unknown'}`,
    `${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}: ${well} synced, ${sick} sick, ${other} neither`,
  ];
  context.say(`${target.shown} · ${head.join(' · ')} · seen ${seen}`);
  for (const line of pauseLines([factsOf(state, nowMs)])) context.say(line);
  if (scaling) for (const line of scalingLines(fleet, scaling, nowMs)) context.say(line);
  for (const boost of boosts) context.say(boostLine(boost, nowMs));
  for (const { name, boosted } of nodes)
    if (boosted !== undefined) context.say(typeLine(name, boosted.type, settings, fleet));
  if (drill) for (const line of drillLines(drill, nowMs)) context.say(line);
  if (trials.length > 0) context.say(`\n${trialTable(trials).join('\n')}`);
  const stale = nodes.length > 0 && nodes.every(({ seenAtMs }) => nowMs - seenAtMs > STALE_MS);
  if (nodes.length === 0)
    context.say(
      copiesFrom
        ? `Its nodes are in ${copiesFrom}: here are copies of their snapshots.`
        : 'Nobody has looked at its nodes yet.',
    );
  if (stale) context.complain(`Nobody has looked at it for ${seen.replace(' ago', '')}: docs/runbooks/suite-blind.md`);
  const listed =
    nodes.length <= MAX_NODES
      ? nodes
      : nodes.toSorted((a, b) => Number(WELL.has(a.health)) - Number(WELL.has(b.health))).slice(0, MAX_NODES);
  if (listed.length > 0) context.say(`\n${nodeTable(listed, nowMs)}`);
  if (listed.length < nodes.length)
    context.say(`and ${nodes.length - listed.length} more: --json has all, FLEET/NODE shows one`);
  const beside = nodes.flatMap((one) => consensusRow(one, nowMs));
  if (beside.length > 0) context.say(`\n${tableOf(['node', 'consensus client', 'how', 'seen'], beside)}`);
  context.say('');
  for (const { by, plan, untilMs } of asks)
    context.say(
      `Waits for approval until ${clockText(untilMs)}: a plan of ${by}. npm run chainmend -- approve ${plan}`,
    );
  if (incidents.length > 0 && asks.length > 0) context.say('');
  if (incidents.length === 0 && asks.length === 0)
    context.say(`Nothing is open in ${target.shown}, and nothing was healed in the last hour.`);
  if (incidents.length > 0) await tellIncidents(context, incidents, records, nowMs);
  return { status: 0, facts: { at: isoText(nowMs), fleets: [factsOf(state, nowMs)] } };
}

/** Recoverability as a number, and what the last drill found where it proved nothing. */
function drillLines(drill: DrillRecord, nowMs: number): readonly string[] {
  const { last, current } = drill;
  const found = last && last.is !== 'verified' ? [`the last one: ${last.is}, ${last.setId}: ${last.reason}`] : [];
  const now = current
    ? [`one is under way: ${current.set.setId} on ${current.instanceId || 'an instance that is being launched'}`]
    : [];
  return [recoverability(drill, nowMs), ...found, ...now].map((text) => `DRILLS    ${plainText(text, 400)}`);
}

function scalingLines(fleet: string, wish: ScaleWish, nowMs: number): readonly string[] {
  const follow =
    wish.state === 'under-way' ? `. Why it waits: npm run chainmend -- journal ${fleet} --by seed-groups` : '';
  return [`SCALING   ${plainText(`${scalingText(wish, nowMs)}${follow}`, 400)}`];
}

function boostLine({ volumeId, node, state, waits, sinceMs }: BoostedVolume, nowMs: number): string {
  const since = `${durationText((nowMs - sinceMs) / 1_000)} ago`;
  const how =
    state === 'boosted'
      ? `boosted, first seen ${since}; ${waits === null ? 'it is taken back at the next look, within the hour' : `it waits: ${waits}`}`
      : state === 'asked'
        ? `EBS was asked ${since} to take it back`
        : `taken back ${since}`;
  return `BOOST     ${plainText(`${volumeId} of ${node}: ${how}`, 400)}`;
}

const typeLine = (node: string, type: string, { fleets }: Settings, fleet: string): string => {
  const to = fleets.find(({ name }) => name === fleet)?.typeBoost?.to;
  const then = to === undefined ? '' : `; it becomes ${to} once it has been synced for 15 min and the others are well`;
  return `BOOST     ${plainText(`the instance of ${node}: ${type}, the type of its first sync${then}`, 400)}`;
};

function scalingText({ from, to, by, askedAtMs, leaving, state, reason }: ScaleWish, nowMs: number): string {
  const asked = `${from} → ${to} nodes, asked for ${durationText((nowMs - askedAtMs) / 1_000)} ago${by === null ? '' : ` by ${by}`}`;
  if (state !== 'under-way') return `${asked}: ${state}${reason === null ? '' : `, ${reason}`}`;
  return leaving === null
    ? `${asked}: under way`
    : `${asked}: ${leaving.name} (${leaving.instanceId}) is on its way out`;
}

async function tellUnread(context: HealCommandContext): Promise<void> {
  const unread = unreadPages(await context.suite().subscribers());
  if (unread !== undefined) context.complain(unread);
}

/** @throws UsageError where nobody has heard of the node */
function narrowed(state: FleetState, { node, fleet }: Target): FleetState {
  if (node === undefined) return state;
  const isMeant = ({
    name,
    instanceId,
  }: {
    readonly name?: string | undefined;
    readonly instanceId: string;
  }): boolean => ('instanceId' in node ? instanceId === node.instanceId : name === node.node);
  const nodes = state.nodes.filter(isMeant);
  const incidents = state.incidents.filter((one) => isMeant({ name: one.node, instanceId: one.instanceId }));
  const known = [
    ...new Set(
      [...state.nodes, ...state.incidents.map((one) => ({ name: one.node, ...one }))].map(({ name }) =>
        plainText(name, 256),
      ),
    ),
  ];
  if (nodes.length === 0 && incidents.length === 0) {
    if (known.length === 0)
      throw new UsageError(
        `nobody has looked at ${fleet} yet, so that its nodes are not known: npm run chainmend -- status ${fleet}`,
      );
    throw notFoundError(
      `node of ${fleet}`,
      'instanceId' in node ? node.instanceId : node.node,
      known.slice(0, MAX_NODES),
    );
  }
  const boosts = state.boosts.filter((one) => isMeant({ name: one.node, instanceId: one.instanceId }));
  return { ...state, nodes, incidents, boosts, asks: [] };
}

function nodeTable(nodes: FleetState['nodes'], nowMs: number): string {
  const rows = nodes.map(({ name, health, height, lagBlocks, sinceMs, reason }, at) => [
    plainText(name, 256),
    health,
    height === null ? '?' : height.toLocaleString('en'),
    lagBlocks === null ? '?' : String(lagBlocks),
    durationText((nowMs - sinceMs) / 1000),
    WELL.has(health)
      ? ''
      : reason === nodes[at - 1]?.reason
        ? 'as above'
        : wrapped(plainText(reason, 400), WHY_COLUMNS),
  ]);
  return tableOf(['node', 'health', 'height', 'behind', 'for', 'why'], rows);
}

/** The room that is left of 80 columns by the others. */
const WHY_COLUMNS = 34;

/** One row where the node's consensus client is asked. */
function consensusRow({ name, consensusClient, seenAtMs }: FleetState['nodes'][number], nowMs: number): string[][] {
  if (consensusClient === undefined) return [];
  const { health, reason, version = 'version unknown' } = consensusClient;
  const seen = `${durationText((nowMs - seenAtMs) / 1000)} ago`;
  return [[plainText(name, 256), plainText(version, 40), `${health}: ${plainText(reason, 160)}`, seen]];
}

async function tellIncidents(
  context: HealCommandContext,
  incidents: readonly IncidentRecord[],
  records: readonly NodeRecord[],
  nowMs: number,
): Promise<void> {
  const head = ['node', 'trigger', 'incident', 'attempt', 'since', 'state'];
  context.say(
    tableOf(
      head,
      incidents.map((incident) => rowOf(incident, nowMs)),
    ),
  );
  for (const incident of incidents.slice(0, MAX_STORIES)) {
    const last = (await context.suite().story(incident)).at(-1);
    const record = records.find(({ instanceId }) => instanceId === incident.instanceId);
    context.say(`\n${plainText(incident.node, 256)}, incident ${plainText(incident.incidentId, 20)}`);
    if (last) context.say(lineText(last));
    const word = wordText(incident, nowMs);
    // The line above says it already.
    if (word !== null && last?.sentence !== incident.lastWord?.sentence) context.say(`          last word ${word}`);
    for (const line of recordLines(record, incident)) context.say(line);
    if (isWaiting(incident, nowMs))
      context.say(`          approve   npm run chainmend -- approve ${incident.incidentId}`);
  }
  context.say(`\nWhat was done and why: npm run chainmend -- explain ${incidents[0]?.incidentId ?? 'INCIDENT'}`);
}

const isWaiting = (incident: IncidentRecord, nowMs: number): boolean => notAnswerableReason(incident, nowMs) === null;

const rowOf = (incident: IncidentRecord, nowMs: number): string[] => {
  const { node, trigger, incidentId, attempt, onsetMs } = incident;
  return [
    plainText(node, 256),
    trigger,
    incidentId,
    String(attempt),
    `${durationText((nowMs - onsetMs) / 1000)} ago`,
    stateText(incident, nowMs),
  ];
};

export function stateText(incident: IncidentRecord, nowMs: number): string {
  switch (incident.state) {
    case 'allocated':
      return 'about to begin';
    case 'claimed':
      if (isWaiting(incident, nowMs)) return `waits for approval until ${clockText(incident.approval?.untilMs ?? 0)}`;
      return incident.payload.mode === 'act' ? 'at work' : `at work, mode ${incident.payload.mode}`;
    case 'healed':
      return `over for ${durationText((nowMs - incident.endedAtMs) / 1000)}`;
    case 'escalated':
      return 'given up: people were paged';
    case 'open': {
      const { lastWord: word } = incident;
      const seconds = (incident.notBeforeMs - nowMs) / 1000;
      const when = seconds > 0 ? `, again in ${durationText(seconds)}` : '';
      if (word === undefined) return `waits${when}`;
      return `${WORDS[word.kind]}${ageText(word.atMs, nowMs)}${word.code === undefined ? '' : ` (${plainText(word.code, 60)})`}${when}`;
    }
  }
}

const WORDS: Readonly<Record<LastWord['kind'], string>> = {
  refused: 'refused',
  failed: 'failed',
  planned: 'planned',
  died: 'its attempt died',
};

/** The door looks once a minute: what it has not said again for longer was so then. */
const FRESH_MS = 2 * 60_000;
const ageText = (atMs: number, nowMs: number): string =>
  nowMs - atMs < FRESH_MS ? '' : ` ${durationText((nowMs - atMs) / 1000)} ago`;

/** "refused 7.0 h ago: paused until 12:04 UTC; nobody has asked the node"; null where nothing was said of it, and once it is over. */
export function wordText({ lastWord, state }: IncidentRecord, nowMs: number): string | null {
  if (lastWord === undefined || state === 'allocated' || state === 'claimed') return null;
  const { kind, sentence, atMs, asked } = lastWord;
  const unasked = asked || kind === 'died' ? '' : '; nobody has asked the node';
  return plainText(`${WORDS[kind]} ${durationText((nowMs - atMs) / 1000)} ago: ${sentence}${unasked}`, 700);
}

function recordLines(record: NodeRecord | undefined, { incidentId }: IncidentRecord): readonly string[] {
  if (!record) return [];
  const { operation, progress } = record;
  const lines: string[] = [];
  if (operation?.incidentId === incidentId && operation.kind === 'replace')
    lines.push(`          rung      ${operation.memory.rung ?? 'none yet'}; ${PHASES[operation.phase]}`);
  else if (operation?.incidentId === incidentId) lines.push(`          phase     ${PHASES[operation.phase]}`);
  if (progress?.incidentId === incidentId) lines.push(`          progress  ${progressText(progress)}`);
  return lines;
}

const PHASES = {
  preparing: 'nothing was done to the client yet',
  down: 'the client may be down because of it',
  proved: 'it worked, and what it made is cleared up',
} as const;

const factsOf = (
  { fleet, mode, broken, paused, nodes, incidents, asks, drill, trials, scaling, boosts }: FleetState,
  nowMs: number,
): FleetFacts => ({
  fleet,
  mode: mode ?? null,
  broken: broken ?? null,
  paused: paused ?? null,
  ...(drill && { recoverability: { says: recoverability(drill, nowMs), ...drill.proved } }),
  ...(trials.length > 0 && { trials }),
  ...(boosts.length > 0 && { boosts }),
  ...(scaling && { scaling: { says: scalingText(scaling, nowMs), ...scaling } }),
  nodes: nodes.map(
    ({ name, instanceId, role, health, reason, height, lagBlocks, sinceMs, seenAtMs, consensusClient, pausedBy }) => ({
      ...{ node: name, instanceId, role, health, reason, height, lagBlocks },
      ...{ since: isoText(sinceMs), seen: isoText(seenAtMs) },
      ...(pausedBy !== undefined && { paused: pausedBy }),
      ...(consensusClient && { consensusClient }),
    }),
  ),
  incidents: incidents.map((incident) => ({
    ...{ incident: incident.incidentId, node: incident.node, instanceId: incident.instanceId },
    ...{
      trigger: incident.trigger,
      attempt: incident.attempt,
      since: isoText(incident.onsetMs),
      state: incident.state,
    },
    ...{ says: stateText(incident, nowMs), asks: isWaiting(incident, nowMs) },
    ...(incident.lastWord && { lastWord: wordFacts(incident.lastWord) }),
    ...{ refused: incident.refusedCodes, paged: incident.pagedCodes },
  })),
  asks: asks.map(({ by, plan, sinceMs, untilMs }) => ({ by, plan, since: isoText(sinceMs), until: isoText(untilMs) })),
});

const wordFacts = ({ atMs, ...word }: LastWord) => ({ ...word, at: isoText(atMs) });
