// What happens around the heals: alarms, clients that stop, chains that halt, faults, and broken invariants.
import type { OutageCause } from '../../nodes/client.ts';
import { suiteAlarmSentence } from '../../scenarios/report/pages.ts';
import { isMutating } from '../../simulator/request-faults.ts';
import { gibOf, lasting, rate } from '../format.ts';
import type { AlarmTransition, DiskFact } from './alarm-history.ts';
import { isState } from './evidence.ts';
import type { HaltFact, OutageFact, Requested, StoryFacts } from './facts.ts';
import type { StoryLine } from './lines.ts';

const GIB = 2 ** 30;
const HOUR_MS = 60 * 60_000;
/** A disk that fills more slowly than this is hardly filling: the time until it is full is left out. */
const GROWING_BYTES_PER_HOUR = 0.05 * GIB;

/** Transitions into ALARM and out of it. Transitions before the first data are left out. */
export function alarmLines({ alarms, report }: StoryFacts): StoryLine[] {
  const told = new Set<string>();
  return alarms
    .filter(({ alarmName, to }) => {
      if (to !== 'ALARM') return told.delete(alarmName);
      told.add(alarmName);
      return true;
    })
    .flatMap((change): StoryLine[] => {
      const { atMs, alarmName, from, to, about, reason } = change;
      const of = about === undefined ? {} : { about };
      const bad = to === 'ALARM' && about === undefined;
      const paged =
        bad &&
        report.pages.some(
          ({ code, sentence }) => code === 'suite-alarm' && sentence === suiteAlarmSentence(alarmName, reason),
        );
      return [
        ...(to === 'ALARM' ? diskLines(change) : []),
        {
          atMs,
          label: about === undefined ? 'suite alarm' : 'alarm',
          text: `${alarmName}   ${from} → ${to}${paged ? '; page sent' : ''}`,
          ...of,
          ...(bad && { tone: 'bad' as const }),
          evidence: [reason],
        },
      ];
    });
}

const diskLines = ({ atMs, about, disk }: AlarmTransition): StoryLine[] =>
  about === undefined || disk === undefined ? [] : [{ atMs, label: about, about, tone: 'node', text: diskText(disk) }];

/** "data volume 91 % of 500 GiB, filling at 14 GiB/h: full in 3.2 h" */
export function diskText({ role, usedPercent, sizeBytes, usedBytes, bytesPerHour }: DiskFact): string {
  const use = `${role} volume ${Math.floor(usedPercent)} % of ${gibOf(sizeBytes)} GiB`;
  if (usedBytes >= sizeBytes) return `${use}: full`;
  if (bytesPerHour === null || bytesPerHour < GROWING_BYTES_PER_HOUR) return use;
  const fullInMs = ((sizeBytes - usedBytes) / bytesPerHour) * HOUR_MS;
  return `${use}, filling at ${rate(bytesPerHour / GIB)} GiB/h: full in ${lasting(fullInMs)}`;
}

const STOPS: Readonly<Record<OutageCause, string>> = {
  'disk-full': 'stops: the disk is full',
  'instance-down': 'stops with its instance',
  stopped: 'is stopped',
  'volume-gone': 'stops: its volume is gone',
  'corrupt-data': 'stops: its data are broken',
  killed: 'is killed',
};

export function outageLines({ outages }: StoryFacts): StoryLine[] {
  return outages.flatMap((outage): StoryLine[] => {
    const { about, cause, fromMs, toMs, isNew } = outage;
    const line = { label: 'client', about };
    if (isNew) return toMs === undefined ? [] : [{ ...line, atMs: toMs, text: firstStartText(outage, toMs) }];
    const lastsMs = toMs === undefined ? Number.POSITIVE_INFINITY : toMs - fromMs;
    if (cause === 'stopped' && lastsMs < RESTART_MS) return [{ ...line, atMs: fromMs, text: 'is restarted' }];
    return [
      { ...line, atMs: fromMs, text: STOPS[cause], tone: 'bad' },
      ...(toMs === undefined ? [] : [{ ...line, atMs: toMs, text: `runs again, ${lasting(lastsMs)} later` }]),
    ];
  });
}

/** A client that is back within a second was only restarted. */
const RESTART_MS = 1_000;

const firstStartText = ({ fromMs }: OutageFact, toMs: number): string =>
  `runs for the first time, ${lasting(toMs - fromMs)} after its instance was launched`;

export function haltLines({ halts }: StoryFacts): StoryLine[] {
  return halts.flatMap((halt): StoryLine[] => {
    const { chain, fromMs, toMs, isNew } = halt;
    const label = `chain ${chain}`;
    const text = `${isNew ? 'has no block yet' : 'halts'}: ${whyHalted(halt)}`;
    const goesOn = isNew ? 'makes its first blocks' : 'goes on';
    return [
      { atMs: fromMs, label, text, tone: 'bad' },
      ...(toMs === undefined ? [] : [{ atMs: toMs, label, text: `${goesOn}, ${lasting(toMs - fromMs)} later` }]),
    ];
  });
}

function whyHalted({ cause, madeHere, needsPeers }: HaltFact): string {
  if (!madeHere) return 'nobody anywhere makes a block';
  if (cause === 'disagreement') return 'its validators are there and do not agree';
  return `too few of its validators ${needsPeers ? 'reach each other' : 'are there'}`;
}

/** Sandboxes that died and responses that were lost. */
export function faultLines({ heals, dispatcher, runs }: StoryFacts): StoryLine[] {
  // A call that only reads is simply repeated.
  const changes = runs
    .filter(({ name }) => name !== 'watch-fleet')
    // Printed under the fleet: the alarm of a fleet does not belong to one node.
    .flatMap(({ requests }) => requests.map(({ about: _, ...request }): Requested => request))
    .filter((request) => !isState(request) && isMutating(request.operation));
  return [...heals.flatMap(({ requests }) => requests), ...dispatcher, ...changes].flatMap((request): StoryLine[] => {
    const text = faultText(request);
    const { atMs, about } = request;
    return text === undefined ? [] : [{ atMs, label: 'fault', text, ...(about !== undefined && { about }) }];
  });
}

function faultText({ actor, operation, outcome }: Requested): string | undefined {
  const who = actor.replace(/^chainmend-/, '').replace(/\/\d+$/, '');
  switch (outcome) {
    case 'answer lost':
      return `the answer to ${operation} is lost; it took effect`;
    case 'caller killed before':
      return `${who} dies right before ${operation}`;
    case 'caller killed after':
      return `${who} dies right after ${operation}`;
    default:
      return undefined;
  }
}

/** Executions that ended without our code: a successor settles what they left. */
export function unfinishedLines({ heals }: StoryFacts): StoryLine[] {
  return heals.flatMap(({ status, endedAtMs, about, incidentId, attempt }): StoryLine[] =>
    status === 'SUCCEEDED' || status === 'RUNNING' || endedAtMs === undefined
      ? []
      : [
          {
            atMs: endedAtMs,
            label: 'unfinished',
            text: `attempt ${attempt} of incident ${incidentId.slice(0, 4)} ended ${status} without a word of ours`,
            about,
            tone: 'bad',
          },
        ],
  );
}

export function violationLines({ report }: StoryFacts): StoryLine[] {
  return report.violations.map(({ at, invariant, detail }) => ({
    atMs: Date.parse(at),
    label: 'broken',
    text: `${invariant}: ${detail}`,
    tone: 'bad',
  }));
}
