// Whether what people were told of an incident holds still.
import { describe, expect, it } from '@jest/globals';
import { judgeAttempt } from '../../../shared/heal/incident.ts';
import { foundAtMs, isStillSaid } from '../../../shared/heal/page-truth.ts';
import type { IncidentRecord, LastWord } from '../../../shared/heal/records.ts';
import { CONDITIONS, FAILURES, GUARDRAILS } from '../../../shared/model/guardrail-codes.ts';
import { endingOf } from '../../../shared/model/page-endings.ts';
import { claimedIncident, endedIncident, openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const said = (...codes: readonly string[]): IncidentRecord =>
  openIncidentRecord({ refusedCodes: codes, lastWord: word('refused') });
const word = (kind: LastWord['kind']): LastWord => ({ kind, sentence: 'so it was', atMs: NOON_MS, asked: true });

describe('a page about an incident', () => {
  it('holds while its code is the last word, and not once another guard refuses it', () => {
    expect(isStillSaid(said('breaker-open'), 'breaker-open')).toBe(true);
    expect(isStillSaid(said('breaker-open', 'no-good-snapshot'), 'breaker-open')).toBe(false);
    expect(isStillSaid(said('no-good-snapshot', 'breaker-open'), 'breaker-open')).toBe(true);
  });

  it('is not ended by a wait for a turn, which says nothing of it', () => {
    expect(isStillSaid(said('no-good-snapshot', 'busy', 'throttled'), 'no-good-snapshot')).toBe(true);
    expect(isStillSaid(said('restarts-paced', 'validator'), 'restarts-paced')).toBe(false);
  });

  it('is ended by a plan, by a heal that is at work, and by nothing having been said since it was opened again', () => {
    const refused = said('breaker-open');
    expect(isStillSaid({ ...refused, lastWord: word('planned') }, 'breaker-open')).toBe(false);
    expect(isStillSaid(claimedIncident({ refusedCodes: ['breaker-open'] }), 'breaker-open')).toBe(false);
    expect(isStillSaid(openIncidentRecord({ refusedCodes: ['breaker-open'] }), 'breaker-open')).toBe(false);
    expect(isStillSaid(endedIncident('healed', NOON_MS), 'breaker-open')).toBe(false);
  });

  it('of attempts that die holds until one of them says something', () => {
    const died = judgeAttempt(claimedIncident(), { state: 'ended', endedAtMs: NOON_MS - HOUR_MS }, NOON_MS);
    if (!('next' in died)) throw new Error('it is not dead');
    expect(died.next.lastWord).toMatchObject({ kind: 'died', asked: false });
    expect(isStillSaid(died.next, 'attempts-dying')).toBe(true);
    expect(isStillSaid(said('paused'), 'attempts-dying')).toBe(false);
  });

  it('of what has happened for good holds until the incident is over', () => {
    expect(isStillSaid(said('lease-lost', 'paused'), 'lease-lost')).toBe(true);
    expect(foundAtMs(said('lease-lost'), 'lease-lost')).toBeUndefined();
    expect(foundAtMs(said('breaker-open'), 'breaker-open')).toBe(NOON_MS);
    const until = openIncidentRecord({ lastWord: { ...word('refused'), untilMs: NOON_MS + HOUR_MS } });
    expect(foundAtMs(until, 'budget-spent')).toBe(NOON_MS + HOUR_MS);
  });
});

it('each code of a page says what ends it', () => {
  const all = (codes: object) => new Set(Object.keys(codes).map((code) => endingOf(code as 'paused')));
  expect(all(GUARDRAILS)).toEqual(new Set(['word']));
  expect(all(CONDITIONS)).toEqual(new Set(['condition']));
  expect(all(FAILURES)).toEqual(new Set(['incident', 'word', 'condition']));
  expect(endingOf('approval-wanted')).toBe('question');
});
