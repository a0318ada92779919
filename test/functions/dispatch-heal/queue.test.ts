// Who is let in at the door, of all that wait for the fleet's turn or for the account's replacements.
import { describe, expect, it } from '@jest/globals';
import { awaitSweep, judgeTurn, type QueueFacts } from '../../../functions/dispatch-heal/queue.ts';
import type { HolderFacts, Replacement } from '../../../shared/guardrails/replace-budget.ts';
import { claim, conclude, refuseOpen } from '../../../shared/heal/incident.ts';
import type { IncidentRecord } from '../../../shared/heal/records.ts';
import type { GuardrailCode } from '../../../shared/model/guardrail-codes.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { ME, OTHER, openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const one = (node: string, minutesAgo: number, more: Partial<IncidentRecord> = {}): IncidentRecord =>
  ({
    ...openIncidentRecord(),
    ...{ node, instanceId: `i-${node}`, trigger: 'node:health', onsetMs: NOON_MS - minutesAgo * MINUTE_MS },
    waitsFor: 'replace-in-flight',
    ...more,
  }) as IncidentRecord;

const FREE = { status: { state: 'unknown' }, unsettled: false } as const;
const facts = (incident: IncidentRecord, more: Partial<QueueFacts> = {}): QueueFacts => ({
  nowMs: NOON_MS,
  fleet: bitcoinFleet({ replace: { replacementsPerHour: 2, replacementsPerDay: 5 } }),
  incident,
  waiting: [incident],
  turn: undefined,
  holders: new Map(),
  replacements: undefined,
  ...more,
});
const had = (fleet: string, hoursAgo: number, node = 'node9'): Replacement => ({
  ...{ key: `${fleet} ${hoursAgo}`, fleet, node, instanceId: `i-${node}` },
  onsetMs: NOON_MS - (hoursAgo + 1) * HOUR_MS,
  atMs: NOON_MS - hoursAgo * HOUR_MS,
});
const account = (...entries: readonly Replacement[]) => ({ replacements: { entries, version: 1 } });

describe('the queue at the door', () => {
  it('is for what has learnt that it must wait, and for nothing else', () => {
    const { waitsFor: _, ...fresh } = one('node2', 5);
    const turn = { holder: { execution: OTHER, instanceId: 'i-node1', node: 'node1' }, version: 1 };
    expect(
      judgeTurn(
        facts(fresh as IncidentRecord, {
          turn,
          holders: new Map([[OTHER, { ...FREE, status: { state: 'running' } }]]),
        }),
      ),
    ).toBeNull();
    expect(awaitSweep(fresh as IncidentRecord)).toBeNull();
    expect(awaitSweep(one('node2', 5))).toMatchObject({ refuse: 'replace-in-flight', page: false });
  });

  it('stays closed while a node of the fleet is being replaced', () => {
    const turn = { holder: { execution: OTHER, instanceId: 'i-node1', node: 'node1' }, version: 1 };
    const waits = one('node2', 5);
    const at = (holder: HolderFacts) => judgeTurn(facts(waits, { turn, holders: new Map([[OTHER, holder]]) }));
    expect(at({ status: { state: 'running' }, unsettled: true })).toMatchObject({ refuse: 'replace-in-flight' });
    expect(at({ status: { state: 'unknown' }, unsettled: false })).toMatchObject({ refuse: 'replace-in-flight' });
    expect(at({ status: { state: 'ended', endedAtMs: 0 }, unsettled: false })).toBeNull();
  });

  it.each(['node:event', 'node:type', 'snapshot:clean'])(
    'a well node that is moved, or gives a snapshot (%s), waits for the turn alone, and keeps nobody waiting',
    (trigger) => {
      const moved = one('node2', 5, { trigger });
      const turn = { holder: { execution: OTHER, instanceId: 'i-node1', node: 'node1' }, version: 1 };
      const at = (holder: HolderFacts) => judgeTurn(facts(moved, { turn, holders: new Map([[OTHER, holder]]) }));
      expect(at({ status: { state: 'running' }, unsettled: true })).toMatchObject({ refuse: 'replace-in-flight' });
      expect(at({ status: { state: 'ended', endedAtMs: 0 }, unsettled: false })).toBeNull();
      expect(judgeTurn(facts(moved, account(had('bitcoin', 0.2), had('bitcoin', 0.5))))).toBeNull();
      expect(judgeTurn(facts(one('node3', 1), { waiting: [moved, one('node3', 1)] }))).toBeNull();
    },
  );

  it('lets in the oldest trouble of a fleet, and the next one when that has ended', () => {
    const [old, young] = [one('node3', 60), one('node2', 5)];
    const waiting = [young, old];
    expect(judgeTurn(facts(old, { waiting }))).toBeNull();
    expect(judgeTurn(facts(young, { waiting }))).toMatchObject({ reason: expect.stringContaining('node3') });
    // It was let in, and has not yet taken the turn.
    const going = [young, { ...old, state: 'claimed' } as IncidentRecord];
    expect(judgeTurn(facts(young, { waiting: going }))).toMatchObject({ refuse: 'replace-in-flight' });
    expect(judgeTurn(facts(young, { waiting: [young] }))).toBeNull();
  });

  it('waits for the account’s replacements without an execution', () => {
    const spent = account(had('bitcoin', 0.2), had('bitcoin', 0.5));
    expect(judgeTurn(facts(one('node2', 5), spent))).toMatchObject({ refuse: 'replacements-spent', page: false });
    expect(judgeTurn(facts(one('node2', 5), account(had('bitcoin', 0.2), had('bitcoin', 1.5))))).toBeNull();
  });

  it('counts what people ask for apart: what heals have spent keeps no person waiting, and the other way round', () => {
    const want = { do: 'restore' } as NonNullable<IncidentRecord['want']>;
    const asked = one('node2', 5, { want, waitsFor: 'replacements-spent' });
    const own = one('node2', 5, { waitsFor: 'replacements-spent' });
    const spent = [had('bitcoin', 0.2, 'node7'), had('litecoin', 0.1, 'node8')];
    const byPeople = spent.map((entry) => ({ ...entry, byPerson: true as const }));
    expect(judgeTurn(facts(asked, account(...spent)))).toBeNull();
    expect(judgeTurn(facts(own, account(...spent)))).toMatchObject({ refuse: 'replacements-spent' });
    expect(judgeTurn(facts(own, account(...byPeople)))).toBeNull();
    expect(judgeTurn(facts(asked, account(...byPeople)))).toMatchObject({ refuse: 'replacements-spent' });
  });

  it('lets an undo in whatever was spent, as soon as it is its fleet’s turn', () => {
    const undo = one('node2', 5, { want: { do: 'undo' } as NonNullable<IncidentRecord['want']> });
    const spent = [had('bitcoin', 0.2, 'node7'), had('litecoin', 0.1, 'node8')];
    const byPeople = spent.map((entry) => ({ ...entry, byPerson: true as const }));
    expect(judgeTurn(facts(undo, account(...spent, ...byPeople)))).toBeNull();
    expect(judgeTurn(facts(undo, { waiting: [one('node3', 60), undo] }))).toMatchObject({
      refuse: 'replace-in-flight',
    });
  });

  it('is fair between fleets: the one that had fewer goes first, then the one that has waited for longer', () => {
    const mine = one('node2', 60);
    const theirs = one('node7', 5, { fleet: 'litecoin' });
    const waiting = [mine, theirs];
    const short = (...more: readonly Replacement[]) => ({ waiting, ...account(had('other', 0.5), ...more) });
    expect(judgeTurn(facts(mine, short()))).toBeNull();
    expect(judgeTurn(facts(mine, short(had('bitcoin', 3))))).toMatchObject({
      refuse: 'replacements-spent',
      reason: expect.stringContaining('litecoin'),
    });
    // There are places for both.
    expect(judgeTurn(facts(mine, { waiting, ...account(had('bitcoin', 3)) }))).toBeNull();
  });

  it('lets in no more fleets than there are places, though all their trouble began in the same second', () => {
    const waiting = ['bitcoin', 'dogecoin', 'litecoin'].map((fleet) => one('node2', 5, { fleet }));
    const letIn = waiting.filter((incident) => {
      const fleet = bitcoinFleet({ fleet: incident.fleet, replace: { replacementsPerHour: 2, replacementsPerDay: 5 } });
      return judgeTurn(facts(incident, { fleet, waiting, ...account(had('other', 0.5)) })) === null;
    });
    expect(letIn.map(({ fleet }) => fleet)).toEqual(['bitcoin']);
  });

  it('keeps the place of what was let in and has not yet taken it, whoever has waited for longer', () => {
    const mine = one('node2', 60);
    const theirs = one('node7', 5, { fleet: 'litecoin', state: 'claimed' } as Partial<IncidentRecord>);
    expect(judgeTurn(facts(mine, { waiting: [mine, theirs], ...account(had('other', 0.5)) }))).toMatchObject({
      refuse: 'replacements-spent',
    });
  });
});

describe('an incident', () => {
  const claimed = (): IncidentRecord =>
    ({
      ...openIncidentRecord(),
      state: 'claimed',
      attempt: 1,
      execution: ME,
      payload: {},
    }) as unknown as IncidentRecord;
  const refusedFor = (code: GuardrailCode) => {
    const outcome = { outcome: 'refused', code, sentence: 'not now', notBeforeMs: NOON_MS } as const;
    const concluded = conclude(claimed(), 1, ME, outcome, NOON_MS, true);
    return 'next' in concluded ? concluded.next : undefined;
  };

  it('waits at the door after a refusal that only a turn can lift, and not after another one', () => {
    expect(refusedFor('replace-in-flight')).toMatchObject({ state: 'open', waitsFor: 'replace-in-flight' });
    expect(refusedFor('replacements-spent')).toMatchObject({ waitsFor: 'replacements-spent' });
    expect(refusedFor('breaker-open')).not.toHaveProperty('waitsFor');
  });

  it('leaves the queue where it is refused for something else, so that it keeps nobody waiting', () => {
    const waits = one('node2', 5);
    const refusal = { sentence: 'not now', notBeforeMs: NOON_MS };
    expect(refuseOpen(waits, { ...refusal, code: 'replacements-spent' }, NOON_MS)).toMatchObject({
      next: { waitsFor: 'replacements-spent' },
    });
    const paused = refuseOpen(waits, { ...refusal, code: 'paused' }, NOON_MS);
    expect('next' in paused && paused.next).not.toHaveProperty('waitsFor');
  });

  it('keeps its place until the attempt that was let in has ended', () => {
    const allocated = { ...one('node2', 5), state: 'allocated', attempt: 2, allocatedAtMs: NOON_MS, payload: {} };
    expect(claim(allocated as unknown as IncidentRecord, 2, ME)).toMatchObject({
      next: { waitsFor: 'replace-in-flight' },
    });
  });
});
