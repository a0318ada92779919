// Sends again what nobody has acknowledged, says what is over, and tells of healed nodes. What is sent is claimed in the fleet's record before.
import { logWarn } from '../../shared/aws/log.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { Settings } from '../../shared/fleet/settings.ts';
import type { FleetView } from '../../shared/guardrails/fleet-view.ts';
import type { FollowedPage } from '../../shared/guardrails/names.ts';
import { judgePauses } from '../../shared/guardrails/switches.ts';
import { createJournal, type Journal } from '../../shared/heal/journal.ts';
import {
  answersToFleet,
  answersToHeal,
  pageAgain,
  pageBack,
  pageResolved,
  type SentPage,
  tell,
} from '../../shared/heal/notify.ts';
import { healOf, type IncidentRecord, type Writer } from '../../shared/heal/records.ts';
import { keys, sameRecord, settle } from '../../shared/heal/store.ts';
import { suiteOfPrefix } from '../../shared/model/suite.ts';
import { readTrigger } from '../../shared/model/trigger.ts';
import { DISPATCHER, type DispatcherServices } from './context.ts';
import { readMuteRule } from './facts.ts';
import {
  type Cause,
  causesOfFollowed,
  causesOfIncidents,
  causesOfWatch,
  type DueMessage,
  MAX_OPEN,
  MESSAGES_A_SWEEP,
  oneVoice,
  reviewPages,
  sentMessage,
} from './open-pages.ts';

/** A cause that was over for longer is not followed any more. */
const LOOKED_BACK_MS = 24 * 60 * 60_000;
const NOTHING = { pages: {}, told: {} };

type CollectFailure = (work: () => Promise<unknown>) => Promise<void>;

/** @param incidents of this fleet, in any state */
export async function followPages(
  services: DispatcherServices,
  settings: Settings,
  fleet: Fleet,
  incidents: readonly IncidentRecord[],
  seen: FleetView | undefined,
  collectFailure: CollectFailure,
): Promise<void> {
  const { store, environment } = services;
  const nowMs = Date.now();
  const recent = incidents.filter(
    (incident) => incident.state !== 'healed' || nowMs - incident.endedAtMs < LOOKED_BACK_MS,
  );
  const refused = recent.some(({ pendingPages = [] }) => pendingPages.length > 0);
  const sent = refused ? await store.readSentPages(fleet.name) : undefined;
  const causes = oneVoice(
    causesOfIncidents(recent, sent, nowMs, seen),
    [
      ...causesOfWatch(fleet.name, seen?.pages ?? null),
      ...causesOfFollowed(fleet.name, await readFollowed(services, fleet, isFollowed(nowMs), collectFailure)),
    ],
    recent,
    seen?.gone ?? null,
    nowMs,
    (fleet.disk.prune?.minutes ?? 0) * 60_000,
  );
  // In a fleet where all is well nothing is read, written or sent.
  const healed = recent.some((incident) => incident.state === 'healed' && incident.proof !== undefined);
  if (causes.length === 0 && !healed) return;
  const paused = judgePauses(environment.PARAMETER_PREFIX, fleet.name, settings.values) !== null;
  const before = await store.readOpenPages(fleet.name);
  const unmuted = await readUnmuted(
    services,
    reviewPages(before, causes, recent, fleet, () => !paused, nowMs, MAX_OPEN).due,
  );
  const { due, left } = await settle(
    store,
    keys.openPages(fleet.name),
    () => store.readOpenPages(fleet.name),
    (read) => {
      const reviewed = reviewPages(read, causes, recent, fleet, (key) => unmuted.has(key), nowMs);
      const { version = 0, ...old } = read ?? {};
      const same = sameRecord({ ...NOTHING, ...old }, reviewed.next);
      return { result: reviewed, write: same ? undefined : { ...reviewed.next, version: version + 1 } };
    },
  );
  if (left > 0) logWarn({ fleet: fleet.name, left: `${left} more pages are neither repeated nor resolved` });
  for (const message of due) await collectFailure(() => send(services, fleet, message, nowMs));
}

/** These change with a run of their functions, five minutes at the least: one sweep in five reads them. */
const FOLLOWED_EVERY_MINUTES = 5;
const isFollowed = (nowMs: number): boolean => Math.floor(nowMs / 60_000) % FOLLOWED_EVERY_MINUTES === 0;

/**
 * The pages of the functions that look after a fleet, as each of them has written them down.
 *
 * @param all otherwise only what may ask the same as a heal: whether an unwell node may leave the pool, in mode ask
 */
async function readFollowed(
  { store, environment }: DispatcherServices,
  {
    name: fleet,
    scales,
    boost,
    mode,
    client,
    drills,
    cleanSnapshots,
    pages: { readiness },
  }: Pick<Fleet, 'name' | 'scales' | 'boost' | 'mode' | 'client' | 'drills' | 'cleanSnapshots' | 'pages'>,
  all: boolean,
  collectFailure: CollectFailure,
) {
  const register = ['register-nodes', () => store.readRegister(fleet)] as const;
  if (!all && mode !== 'ask') return [];
  const readers: readonly (readonly [
    Writer,
    () => Promise<{ readonly pages?: readonly FollowedPage[] } | undefined>,
  ])[] = !all
    ? [register]
    : [
        register,
        ['rotate-peers', () => store.readRotation(fleet)],
        ['prune-retired', () => store.readPrune(fleet)],
        ['seed-groups', () => store.readSeeds(fleet)],
        ...(scales ? [['seed-groups', () => store.readScale(fleet)] as const] : []),
        ...(boost ? [['seed-groups', () => store.readBoost(fleet)] as const] : []),
        ['watch-releases', () => store.readReleases(fleet)],
        ...(readiness ? [['check-readiness', () => store.readReadiness(fleet)] as const] : []),
        ...(client ? [[DISPATCHER, () => store.readUpgrade(fleet)] as const] : []),
        ...(drills ? [[DISPATCHER, () => store.readDrillWatch(fleet)] as const] : []),
        ...(cleanSnapshots ? [[DISPATCHER, () => store.readSnapshotPages(fleet)] as const] : []),
      ];
  return Promise.all(
    readers.map(async ([writer, read]) => {
      let pages: readonly FollowedPage[] | null = null;
      await collectFailure(async () => {
        pages = (await read())?.pages ?? [];
      });
      return { functionName: `${suiteOfPrefix(environment.PARAMETER_PREFIX)}-${writer}`, pages };
    }),
  );
}

/** Alarms that one sweep asks about: those that people have muted do not keep the others back. */
const MUTES_ASKED = 30;

/** Keys of repetitions whose alarm no person has muted, as many as are sent. Where AWS does not say it, people are told. */
async function readUnmuted({ clients }: DispatcherServices, due: readonly DueMessage[]): Promise<ReadonlySet<string>> {
  const unmuted = new Set<string>();
  const again = due.flatMap((message) =>
    message.severity === 'again' || message.severity === 'back' ? [message.cause] : [],
  );
  for (const { key, alarm } of again.slice(0, MUTES_ASKED)) {
    if (unmuted.size >= MESSAGES_A_SWEEP) break;
    const rule = alarm === '' ? null : await readMuteRule(clients.cloudwatch, alarm).catch(unread);
    if (rule === null) unmuted.add(key);
  }
  return unmuted;
}

const unread = (error: unknown): null => {
  logWarn({ problem: 'whether an alarm is muted could not be read', error: String(error) });
  return null;
};

/** Sent first, then written down: what dies in between is sent again after a while, under the same key. */
async function send(services: DispatcherServices, fleet: Fleet, message: DueMessage, nowMs: number): Promise<void> {
  const { clients, environment, store } = services;
  const topic = environment.TOPIC_ARN;
  switch (message.severity) {
    case 'again': {
      const { cause, times } = message;
      await pageAgain(clients.sns, topic, sentPage(cause, cause.sentence), times, answersOf(cause));
      break;
    }
    case 'back':
      await pageBack(clients.sns, topic, sentPage(message.cause, message.cause.sentence), answersOf(message.cause));
      break;
    case 'resolved':
      await pageResolved(clients.sns, topic, sentPage(message.cause, message.cause.ending));
      break;
    case 'told': {
      const { node, incidentId, attempt, trigger, proof, onsetMs, endedAtMs } = message.incident;
      await tell(clients.sns, topic, {
        ...{ fleet: fleet.name, node, incidentId, attempt, trigger, sentence: proof },
        ...{ trouble: troubleOf(trigger), seconds: Math.max(0, endedAtMs - onsetMs) / 1000 },
      });
    }
  }
  await settle(
    store,
    keys.openPages(fleet.name),
    () => store.readOpenPages(fleet.name),
    (read) => {
      const { version, ...before } = read ?? { ...NOTHING, version: 0 };
      return { result: undefined, write: { ...sentMessage(before, message, nowMs), version: version + 1 } };
    },
  );
  await write(services, message, nowMs);
}

const sentPage = (
  { key, fleet, node, code, incident, question, fleetQuestion }: Cause,
  sentence: string,
): SentPage => ({
  ...{ key, fleet, node, code, sentence },
  ...incident,
  ...(fleetQuestion && { plan: fleetQuestion.plan }),
  ...(question && { plan: question.plan }),
});

/** Questions are repeated with what answers them. */
function answersOf({ question, fleetQuestion, incident }: Cause): string {
  const region = process.env['AWS_REGION'];
  const ofHeal =
    question && incident ? [answersToHeal({ ...question, incidentId: incident.incidentId }, region).text] : [];
  return [...ofHeal, ...(fleetQuestion ? [answersToFleet(fleetQuestion, region).text] : [])].join('\n\n');
}

function troubleOf(trigger: string): string {
  const read = readTrigger(trigger);
  if (read?.kind === 'disk') return `its ${read.subject} volume was filling up`;
  if (trigger === 'node:terminated') return 'its instance was terminated';
  if (trigger === 'node:event') return 'EC2 had scheduled an event for its instance';
  return 'it did not follow its chain';
}

async function write(services: DispatcherServices, message: DueMessage, atMs: number): Promise<void> {
  const { severity } = message;
  if (severity === 'told') {
    const { proof, trigger } = message.incident;
    const journal = createJournal(services.store, {
      ...message.incident,
      by: DISPATCHER,
      heal: healOf(trigger),
      writer: DISPATCHER,
    });
    return journal('99-told', { atMs, kind: 'notice', sentence: `people got a notice: ${proof}`, code: 'told' });
  }
  const { cause } = message;
  await journalOf(
    services,
    cause,
    atMs,
  )(`99-${severity}-${cause.code}-${atMs}`, {
    ...{ atMs, kind: 'notice', sentence: sentenceOf(message), code: severity },
    evidence: { key: cause.key, code: cause.code },
  });
}

function sentenceOf(message: Exclude<DueMessage, { readonly severity: 'told' }>): string {
  const { ending, sentence } = message.cause;
  switch (message.severity) {
    case 'again':
      return `sent again, ${message.times} times by now: ${sentence}`;
    case 'back':
      return `it is back after its end was told, and no heal is at work, so people are paged again: ${sentence}`;
    case 'resolved':
      return `resolved: ${ending}`;
  }
}

/** Of no attempt: a page's own story. */
export const journalOf = (
  { store }: Pick<DispatcherServices, 'store'>,
  { fleet, node, incident }: Pick<Cause, 'fleet' | 'node' | 'incident'>,
  onsetMs: number,
): Journal =>
  createJournal(store, {
    ...{ fleet, node, instanceId: 'page', incidentId: incident?.incidentId ?? 'page', attempt: 0, onsetMs },
    ...{ by: DISPATCHER, heal: DISPATCHER, writer: DISPATCHER },
  });
