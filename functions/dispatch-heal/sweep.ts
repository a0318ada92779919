// The sweep of every minute: reads again what is still wrong, finds attempts that died, and closes incidents that are over. So a lost event hides a
// node for one minute at most.

import { type MetricDatum, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { StopDurableExecutionCommand } from '@aws-sdk/client-lambda';
import { logError, logWarn } from '../../shared/aws/log.ts';
import { EventError } from '../../shared/events/errors.ts';
import { keptFleets } from '../../shared/fleet/kept-file.ts';
import { EC2_NAMESPACE } from '../../shared/fleet/resource-names.ts';
import { readSettings, type Settings } from '../../shared/fleet/settings.ts';
import type { FleetView } from '../../shared/guardrails/fleet-view.ts';
import type { Pace } from '../../shared/guardrails/pace.ts';
import { readExecution } from '../../shared/heal/claim.ts';
import {
  DEATHS_TO_PAGE,
  INVOKE_AGAIN_MS,
  judgeAttempt,
  recovered,
  reopenLeftOpen,
} from '../../shared/heal/incident.ts';
import { createJournal } from '../../shared/heal/journal.ts';
import { laterWord } from '../../shared/heal/last-word.ts';
import { freeDead } from '../../shared/heal/lease.ts';
import { pageIncident } from '../../shared/heal/page-incident.ts';
import type { IncidentRecord, NodeRecord } from '../../shared/heal/records.ts';
import { DISK_FIRST, healOf, PACED } from '../../shared/heal/records.ts';
import { keys } from '../../shared/heal/store.ts';
import { suiteOfPrefix } from '../../shared/model/suite.ts';
import { isOfMove, NODE_TERMINATED } from '../../shared/model/trigger.ts';
import { relevantSubject } from './alarms.ts';
import {
  alarmConcernsIncident,
  DISABLED,
  diskCandidate,
  fateOf,
  findSickNodes,
  type HealRecords,
  isHeldUp,
  isMissedNoMore,
  isOver,
  isUnanswered,
  isWantedNoMore,
  missedCandidates,
  moveCandidates,
  nodeOf,
  openCandidates,
  type SickNode,
  sickNodeCandidate,
} from './candidates.ts';
import { createContext, DISPATCHER, type DispatchContext, type DispatcherServices } from './context.ts';
import type { Candidate } from './decide.ts';
import { considerKnownInstance, invoke, replaceIncident } from './dispatch.ts';
import { followDrills } from './drills.ts';
import {
  type AlarmStatus,
  readActiveAlarms,
  readChecks,
  readInstances,
  readMuteRule,
  readRecoveredAlarms,
  type StatusCheckResult,
} from './facts.ts';
import { notifyRefusals } from './notify.ts';
import { countOpen } from './open-count.ts';
import { readPace, waitingIn } from './paced.ts';
import { beginPatch } from './patches.ts';
import { takeOverRenamed } from './renamed-fleets.ts';
import { followPages } from './repeat.ts';
import { isMovedNoMore } from './scheduled.ts';
import { type CollectFailure, expandAlarms, type SweepAlarms } from './sweep-alarms.ts';
import { processInTurn } from './time-budget.ts';
import { endsUpgrade, holdsUpgrade, mayEndUpgrade, mayHoldUpgrade } from './upgrade.ts';
import { followUpgrade } from './upgrades.ts';

/**
 * Of the function's 60 s: after the first time nothing more is cleaned up, after the second nothing more is considered. What is left waits for the
 * next minutes.
 */
const CLEAN_UP_FOR_MS = 20_000;
const CONSIDER_FOR_MS = 40_000;

/**
 * Cleans up dead attempts, then considers every disk alarm in ALARM and every sick node. One fleet's failure does not stop the others. All failures
 * are thrown together at the end, so that they reach Lambda's retries, the dead-letter queue and an alarm.
 */
export async function sweep(services: DispatcherServices): Promise<void> {
  const { clients, environment, store } = services;
  const nowMs = Date.now();
  const settings = await readSettings(
    clients.ssm,
    environment.PARAMETER_PREFIX,
    keptFleets(clients.ssm, environment.PARAMETER_PREFIX, store.readFileVersion),
  );
  // Broken settings are counted and have an alarm of their own: a sweep that failed for them each minute would hide every other failure.
  for (const sentence of settings.broken.values()) logError({ fleet: sentence });
  const failures: unknown[] = [];
  const collectFailure = async (work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      // An alarm that leads nowhere went to the dead-letter queue with its event. To repeat that every minute would hide the rest.
      if (error instanceof EventError) logWarn({ left: error.message });
      else failures.push(error);
    }
  };

  let inAlarm: readonly AlarmStatus[] | null = null;
  // Dead attempts are settled and sick nodes are helped, even if the alarms cannot be read.
  await collectFailure(async () => {
    inAlarm = await readActiveAlarms(clients.cloudwatch);
  });
  const read = await readRecords(services, settings, collectFailure);
  const records = { ...read, incidents: [...read.incidents] };
  const cleanUp = (incident: IncidentRecord): Promise<void> => cleanUpIncident(services, incident, STAYS);
  await collectFailure(async () => {
    records.incidents.push(...(await takeOverRenamed(services, settings, read.nodes, { collectFailure, cleanUp })));
  });
  const context = createContext(services, settings);
  const seen = await readFleets(context, collectFailure);
  const alarms = await expandAlarms(context, inAlarm, collectFailure);
  const facts: SweepFacts = { records, seen, alarms };
  await collectFailure(() => notifyRefusals(services, records.incidents, nowMs, collectFailure));
  await collectFailure(() => cleanUpAll(context, facts, { nowMs, untilMs: nowMs + CLEAN_UP_FOR_MS }, collectFailure));
  await collectFailure(() => considerAll(context, facts, { nowMs, untilMs: nowMs + CONSIDER_FOR_MS }, collectFailure));
  for (const fleet of settings.fleets)
    await collectFailure(() => {
      const own = records.incidents.filter((incident) => incident.fleet === fleet.name);
      return followPages(services, settings, fleet, own, seen.get(fleet.name), collectFailure);
    });
  for (const fleet of settings.fleets) await collectFailure(() => beginPatch(services, context, fleet));
  for (const fleet of settings.fleets)
    await collectFailure(() =>
      followUpgrade(
        services,
        context,
        fleet,
        records.incidents.filter((incident) => incident.fleet === fleet.name),
      ),
    );
  const recovery: MetricDatum[] = [];
  for (const fleet of settings.fleets)
    await collectFailure(async () => {
      recovery.push(...(await followDrills(services, context, fleet, records.incidents)));
    });
  await collectFailure(() =>
    clients.cloudwatch.send(
      new PutMetricDataCommand({
        Namespace: suiteOfPrefix(environment.PARAMETER_PREFIX),
        MetricData: [
          // A sweep that saw nothing is none: the dead-man's alarm must not be kept quiet by it.
          { MetricName: 'Sweeps', Value: inAlarm !== null && records.hasRead ? 1 : 0, Unit: 'Count' },
          { MetricName: 'BrokenFleetFiles', Value: settings.broken.size, Unit: 'Count' },
          ...countOpen(records.incidents, records.fleetsRead),
          ...recovery,
        ],
      }),
    ),
  );
  if (failures.length > 0)
    throw new AggregateError(failures, `the sweep went on, but: ${failures.map(sentenceOf).join('; ')}`);
}

type TimeBudget = Parameters<typeof processInTurn>[1];

/** The facts that a sweep reads before it decides anything. */
interface SweepFacts {
  readonly records: HealRecords;
  /** By fleet. */
  readonly seen: ReadonlyMap<string, FleetView>;
  readonly alarms: SweepAlarms;
}

async function readRecords(
  { store }: DispatcherServices,
  { fleets }: Settings,
  collectFailure: CollectFailure,
): Promise<HealRecords & { readonly hasRead: boolean; readonly fleetsRead: readonly string[] }> {
  const incidents: IncidentRecord[] = [];
  const nodes: NodeRecord[] = [];
  const fleetsRead: string[] = [];
  const foreign: string[] = [];
  let knowsNodes = false;
  await collectFailure(async () => {
    nodes.push(...(await store.readNodes(foreign)));
    knowsNodes = true;
  });
  // Without the nodes nobody knows what is open on them, so no incident is judged.
  for (const fleet of knowsNodes ? fleets : [])
    await collectFailure(async () => {
      incidents.push(
        ...(await store.readIncidents(fleet.name, foreign)),
        ...(await store.readDrills(fleet.name, foreign)),
      );
      fleetsRead.push(fleet.name);
    });
  for (const place of foreign)
    await collectFailure(async () => {
      throw new Error(`${place} holds a record of something else: somebody has forged it, and it is left out`);
    });
  return { incidents, nodes, hasRead: fleets.length === 0 || fleetsRead.length > 0, fleetsRead };
}

async function readFleets(
  { seen, settings }: DispatchContext,
  collectFailure: CollectFailure,
): Promise<ReadonlyMap<string, FleetView>> {
  const read = new Map<string, FleetView>();
  await Promise.all(
    settings.fleets.map((fleet) => collectFailure(async () => void read.set(fleet.name, await seen(fleet)))),
  );
  return read;
}

/** Cleans up: nodes whose lease owner is gone, attempts that died, incidents that are over. */
async function cleanUpAll(
  context: DispatchContext,
  { records, seen, alarms }: SweepFacts,
  time: TimeBudget,
  collectFailure: CollectFailure,
): Promise<void> {
  const { incidents, nodes } = records;
  const { alarming, whole, isUnread } = alarms;
  const counted = await readCounted(context, incidents, time.nowMs, collectFailure);
  const resting = incidents.filter(({ state }) => state === 'open' || state === 'escalated');
  const quiet = isUnread
    ? []
    : resting.filter((incident) => !alarming.some((alarm) => alarmConcernsIncident(alarm, incident)));
  const asked = quiet.map(({ alarm }) => alarm.alarmName).filter((name) => name !== '' && !whole.has(name));
  // A fleet-wide alarm is in ALARM for some nodes: for a node that is not among them, it is over.
  const over = new Set([...(await readRecoveredAlarms(context.clients.cloudwatch, [...new Set(asked)])), ...whole]);
  // If the alarms could not be read, nothing counts as over.
  const isQuiet = (incident: IncidentRecord): boolean =>
    !isUnread && quiet.includes(incident) && over.has(incident.alarm.alarmName);
  const isUnknown = ({ fleet, instanceId }: IncidentRecord): boolean =>
    (seen.get(fleet)?.lastSeen ?? []).some((node) => node.instanceId === instanceId && node.health === 'unknown');
  // A stopped instance fails no check either: what nobody else sees is over when EC2 says that its checks have passed.
  const unseen = quiet.filter(
    (incident) => incident.alarm.namespace === EC2_NAMESPACE && isQuiet(incident) && isUnknown(incident),
  );
  let checks: ReadonlyMap<string, StatusCheckResult> = new Map();
  await collectFailure(async () => {
    checks = await readChecks(context.clients.ec2, [...new Set(unseen.map(({ instanceId }) => instanceId))]);
  });
  const hasPassed = ({ instanceId }: IncidentRecord): boolean => checks.get(instanceId) === 'passed';
  const isHealthy = (incident: IncidentRecord): boolean => {
    const { lastSeen: all = [], gone, observed } = seen.get(incident.fleet) ?? {};
    if (incident.trigger === NODE_TERMINATED) return isMissedNoMore(incident, gone);
    const fresh = all.length === 0 || observed?.kind === 'known';
    const unwanted = isWantedNoMore(incident, context.settings.fleets, records, fresh ? all : [], time.nowMs);
    if (unwanted !== null) return unwanted;
    if (isOfMove(incident.trigger)) return fresh && all.length > 0 && isMovedNoMore(incident, all);
    const checksPass =
      !isUnread &&
      !alarming.some(
        ({ fact }) => fact.namespace === EC2_NAMESPACE && fact.dimensions['InstanceId'] === incident.instanceId,
      );
    if (!fresh || !checksPass) return false;
    return fateOf(incident, all, time.nowMs) !== 'unknown' || (unseen.includes(incident) && hasPassed(incident));
  };
  const isGone = (incident: IncidentRecord): boolean => {
    const { lastSeen = [], observed } = seen.get(incident.fleet) ?? {};
    const isThere = lastSeen.some(({ instanceId }) => instanceId === incident.instanceId);
    // The alarms of a node go with it: that they are quiet is no word of its health.
    return observed?.kind === 'known' && lastSeen.length > 0 && !isThere;
  };
  const ended = (incident: IncidentRecord): boolean =>
    !counted.has(incident) &&
    !isHeldUp(incident, records, time.nowMs) &&
    isOver(incident, nodeOf(records, incident), isQuiet, isHealthy, time.nowMs);
  const works = [
    ...nodes.map((node) => () => cleanUpNode(context, node, incidents)),
    ...incidents.map((incident) => () => {
      const end = { isOver: ended, isGone, later: laterWord(incident, records) };
      return cleanUpIncident(context, incident, end);
    }),
  ];
  await processInTurn(works, time, collectFailure);
}

/** Considers every disk alarm in ALARM, every sick node, and every open incident that no alarm or observation leads to now. */
async function considerAll(
  context: DispatchContext,
  { records, seen, alarms }: SweepFacts,
  time: TimeBudget,
  collectFailure: CollectFailure,
): Promise<void> {
  const { clients, settings } = context;
  const { alarming } = alarms;
  const { fleets } = settings;
  const heard = (subject: 'disk' | 'checks'): readonly AlarmStatus[] =>
    alarming.filter((alarm) => alarm.about !== 'fleet' && relevantSubject(alarm, fleets) === subject);
  const disks = heard('disk');
  const ids = (alarms: readonly AlarmStatus[]): string[] =>
    alarms.map(({ fact }) => fact.dimensions['InstanceId'] ?? '');
  const impaired = ids(heard('checks'));
  const first = await readInstances(clients.ec2, [...new Set([...ids(disks), ...impaired])]);
  const checks = new Map<string, StatusCheckResult>();
  // Full disks do not wait for EC2's status checks.
  await collectFailure(async () => {
    const known = [...new Set(impaired)].filter((id) => first.has(id));
    for (const [id, check] of await readChecks(clients.ec2, known)) checks.set(id, check);
  });
  const sick = findSickNodes(fleets, seen, alarming, checks, time.nowMs);
  const others = [
    ...openCandidates(records, alarms.isUnread ? null : alarming, disks, time.nowMs),
    ...missedCandidates(fleets, seen, time.nowMs),
    ...moveCandidates(fleets, seen, time.nowMs),
  ];
  const more = [...sick, ...others].map(({ instanceId }) => instanceId).filter((id) => !first.has(id));
  const instances = new Map([...first, ...(await readInstances(clients.ec2, [...new Set(more)]))]);
  // An alarm of many nodes is looked up once.
  const mutes = new Map<string, Promise<string | null>>();
  const muteOf = ({ fact: { alarmName }, actionsEnabled }: AlarmStatus): Promise<string | null> => {
    const mute = mutes.get(alarmName) ?? readMuteRule(clients.cloudwatch, alarmName);
    mutes.set(alarmName, mute);
    return mute.then((rule) => rule ?? (actionsEnabled ? null : DISABLED));
  };
  const works: (() => Promise<Candidate>)[] = [
    ...disks.map((disk) => async () => diskCandidate(disk, await muteOf(disk))),
    ...sick.map((one) => async () => sickNodeCandidate(one, await firstMute(one, muteOf))),
    ...others.map((candidate) => async () => candidate),
  ];
  // A node that is well, or that nobody can look at now, keeps no other one waiting.
  const wanting = new Set([...sick, ...others].map(({ instanceId }) => instanceId));
  const waiting = records.incidents.filter(
    ({ state, waitsFor, instanceId }) =>
      waitsFor !== undefined &&
      waitsFor !== DISK_FIRST &&
      waitsFor !== PACED &&
      (state === 'claimed' || state === 'allocated' || (state === 'open' && wanting.has(instanceId))),
  );
  const pace = pacesOf(context, sick, records);
  await processInTurn(works, time, (work) =>
    collectFailure(
      async () => void (await considerKnownInstance({ ...context, waiting, pace }, instances, await work())),
    ),
  );
}

/** The pace of each fleet, as it is before this sweep lets anybody in: read at the first request, and only once. */
function pacesOf(
  context: DispatchContext,
  sick: readonly SickNode[],
  records: HealRecords,
): NonNullable<DispatchContext['pace']> {
  const read = new Map<string, Promise<Pace>>();
  return (fleet) => {
    const known =
      read.get(fleet.name) ??
      context
        .seen(fleet)
        .then((seen) => readPace(context, fleet, seen, waitingIn(fleet, seen, sick, records), records.incidents));
    read.set(fleet.name, known);
    return known;
  };
}

/** What upgrades that are under way have failed by. Where it cannot be read whether one is, it may be. */
async function readCounted(
  { store }: DispatchContext,
  incidents: readonly IncidentRecord[],
  nowMs: number,
  collectFailure: CollectFailure,
): Promise<ReadonlySet<IncidentRecord>> {
  const counted = new Set(incidents.filter((incident) => mayEndUpgrade(incident) || mayHoldUpgrade(incident)));
  for (const fleet of new Set([...counted].map((incident) => incident.fleet)))
    await collectFailure(async () => {
      const upgrade = await store.readUpgrade(fleet);
      for (const incident of counted)
        if (incident.fleet === fleet && !endsUpgrade(incident, upgrade) && !holdsUpgrade(incident, upgrade, nowMs))
          counted.delete(incident);
    });
  return counted;
}

/** A person who has muted any alarm of a node is at work there. */
async function firstMute(
  { alarms }: SickNode,
  muteOf: (alarm: AlarmStatus) => Promise<string | null>,
): Promise<string | null> {
  for (const alarm of alarms) {
    const mute = await muteOf(alarm);
    if (mute !== null) return mute;
  }
  return null;
}

/** Frees a node whose lease owner has ended. What that owner left open becomes an incident of its own. */
async function cleanUpNode(
  { clients, store }: DispatchContext,
  node: NodeRecord,
  incidents: readonly IncidentRecord[],
): Promise<void> {
  if (node.owner === null && node.operation === null) return;
  const owner = node.owner === null ? ({ state: 'unknown' } as const) : await readExecution(clients.lambda, node.owner);
  const nowMs = Date.now();
  const freed = freeDead(node, owner, nowMs);
  if ('next' in freed) {
    await store.replace(keys.node(node.instanceId), freed.next);
    return;
  }
  const incident = incidents.find(({ incidentId }) => incidentId === node.operation?.incidentId);
  const reopened = incident && reopenLeftOpen(node, incident, owner, nowMs);
  if (reopened && 'next' in reopened) await replaceIncident(store, reopened.next);
}

/** How an incident may end without a heal. */
interface End {
  /** The source of the incident's trigger says that it is over; uncertain is not over. */
  readonly isOver: (incident: IncidentRecord) => boolean;
  /** Its node is not there any more. */
  readonly isGone: (incident: IncidentRecord) => boolean;
  /** What a person has asked for since. */
  readonly later: IncidentRecord | undefined;
}

const STAYS: End = { isOver: () => false, isGone: () => false, later: undefined };

/**
 * Cleans up one incident. An attempt that died leaves its incident open again. An attempt that outlived its deadline is stopped. An attempt that
 * never began is invoked again. An incident whose trigger is over is closed.
 */
async function cleanUpIncident(
  services: DispatcherServices,
  incident: IncidentRecord,
  { isOver, isGone, later }: End,
): Promise<void> {
  const { clients, store } = services;
  const nowMs = Date.now();
  if (incident.state === 'open' || incident.state === 'escalated') {
    const closed = isOver(incident) ? recovered(incident, nowMs, isGone(incident)) : { leave: true as const };
    if (!('next' in closed)) return;
    if (later !== undefined && incident.state === 'open')
      await noteEnd(services, incident, 'later-word', laterSentence(later));
    else if (isUnanswered(incident)) await noteEnd(services, incident, 'hour-over', unansweredSentence(incident));
    await replaceIncident(store, closed.next);
    return;
  }
  const execution = await executionOf(services, incident, nowMs);
  if (!execution) return;
  const judged = judgeAttempt(incident, await readExecution(clients.lambda, execution), nowMs);
  if ('stop' in judged) {
    const why = { ErrorType: 'DeadlinePassed', ErrorMessage: `attempt ${incident.attempt} outlived its deadline` };
    await clients.lambda.send(new StopDurableExecutionCommand({ DurableExecutionArn: execution, Error: why }));
  }
  if ('next' in judged) await replaceIncident(store, await pageForDeaths(services, judged.next));
}

/** Whoever has asked, and waits, reads why nothing more comes. */
async function noteEnd(
  { store }: DispatcherServices,
  incident: IncidentRecord,
  place: string,
  sentence: string,
): Promise<void> {
  const journal = createJournal(store, {
    ...{ ...incident, by: DISPATCHER, writer: DISPATCHER },
    heal: healOf(incident.trigger),
  });
  await journal(`00-${place}`, { atMs: Date.now(), kind: 'notice', sentence });
}

const laterSentence = ({ trigger, incidentId }: IncidentRecord): string =>
  `nothing more is done for it: a person has asked for something else since (${trigger}, incident ${incidentId})`;

function unansweredSentence({ refusedCodes, instanceId }: IncidentRecord): string {
  const why =
    refusedCodes.length > 0 ? `refused until then: ${refusedCodes.join(', ')}` : `it could not begin on ${instanceId}`;
  return `nothing more is done for it: its hour is over (${why}). Ask again where it is still wanted`;
}

/** Pages once for an incident whose attempts keep dying: the attempts themselves can page no more. */
async function pageForDeaths(
  { clients, store, environment }: DispatcherServices,
  incident: IncidentRecord,
): Promise<IncidentRecord> {
  const { deaths = 0, pagedCodes, attempt, trigger } = incident;
  const code = 'attempts-dying';
  if (deaths < DEATHS_TO_PAGE || pagedCodes.includes(code)) return incident;
  const sentence = `${deaths} attempts ended before they could say what came of them, the last one was attempt ${attempt}`;
  const journal = createJournal(store, { ...incident, by: DISPATCHER, heal: healOf(trigger), writer: DISPATCHER });
  const lastPage = await pageIncident({ clients, environment, journal }, incident, {
    code,
    sentence,
    place: `00-${code}`,
  });
  return { ...incident, pagedCodes: [...pagedCodes, code], lastPage };
}

/** The ARN of an attempt that was allocated but not claimed. It is known only by invoking the attempt again, which changes nothing if it exists. */
async function executionOf(
  services: DispatcherServices,
  incident: IncidentRecord,
  nowMs: number,
): Promise<string | undefined> {
  if (incident.state === 'claimed') return incident.execution;
  if (incident.state !== 'allocated' || nowMs - incident.allocatedAtMs < INVOKE_AGAIN_MS) return undefined;
  const invoked = await invoke(services, incident.payload);
  return invoked === 'spent' ? undefined : invoked.arn;
}

const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
