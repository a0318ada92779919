// How the attempts and pages of a run ended: facts for the invariants `ends` and `told-once`.
import type { HealPayload } from '../../../shared/model/payload.ts';
import type { Region } from '../../region.ts';
import type { Execution } from '../../services/lambda/execution.ts';
import type { PageReport } from '../report/pages.ts';
import type { EndingFacts } from './invariants.ts';

const HOUR_MS = 60 * 60_000;

/** Executions by their incident. */
export function attemptsOf({ lambda }: Region): EndingFacts['attempts'] {
  const starts = new Map<string, number[]>();
  for (const { payload, startedAtMs } of lambda.executions()) {
    const { fleet, node, incidentId } = JSON.parse(payload) as Partial<HealPayload>;
    // A person who invokes a heal by hand may send anything.
    if (typeof incidentId !== 'string') continue;
    const incident = `${fleet}/${node} ${incidentId}`;
    starts.set(incident, [...(starts.get(incident) ?? []), startedAtMs]);
  }
  return [...starts].map(([incident, atMs]) => ({
    incident,
    count: atMs.length,
    hours: (Math.max(...atMs) - Math.min(...atMs)) / HOUR_MS,
  }));
}

/** Executions that run, but for those that wait for a person's answer. */
export const stillRunning = ({ lambda }: Region): readonly string[] =>
  lambda
    .executions()
    .filter((execution) => execution.status === 'RUNNING' && !asks(execution))
    .map(({ name, target }) => `${target.fn.functionName} ${name}`);

const asks = ({ operations }: Execution): boolean =>
  [...operations.values()].some(({ Type, Status }) => Type === 'CALLBACK' && Status === 'STARTED');

/** What a page is about: one cause, one page. Questions are not pages about trouble, and have none. */
export const causeOf = ({ fleet, node, code, sentence }: PageReport): readonly string[] => {
  if (code === 'approval-wanted') return [];
  if (code === 'suite-alarm') return [`suite-alarm ${sentence.split(':')[0]}`];
  // Each bad set is a cause of its own.
  if (code === 'set-unfit') return [`${fleet} ${code} ${sentence.split(' ')[0]}`];
  return [`${fleet}/${node} ${code}`];
};
