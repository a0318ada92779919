import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  aloneBeside,
  dropReplacement,
  dropRestart,
  type HolderFacts,
  leaveFleetTurn,
  proveReplacement,
  type Replacement,
  type ReplacementsRecord,
  type RestartsRecord,
  reserveReplacement,
  reserveRestart,
  type TurnRecord,
  takeFleetTurn,
} from '../../../shared/guardrails/replace-budget.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { ME, OTHER } from '../../fixtures/builders/incident.ts';
import { INSTANCE } from '../../fixtures/builders/node.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const limits = bitcoinFleet().replace;
const DAY_MS = 24 * HOUR_MS;

const entry = (more: Partial<Replacement> = {}): Replacement => ({
  ...{ key: `key-${more.node ?? 'node9'}-${more.atMs ?? 0}`, fleet: 'bitcoin', node: 'node9', instanceId: 'i-9' },
  ...{ onsetMs: (more.atMs ?? NOON_MS) - MINUTE_MS, atMs: NOON_MS },
  ...more,
});
const wanted = {
  key: '7f3a-swap',
  fleet: 'bitcoin',
  node: 'node2',
  instanceId: INSTANCE,
  onsetMs: NOON_MS - MINUTE_MS,
};
const record = (...entries: Replacement[]): ReplacementsRecord => ({ entries, version: 4 });
const ask = (read: ReplacementsRecord | undefined, more: Partial<typeof wanted> = {}, nowMs = NOON_MS) =>
  reserveReplacement(read, { ...wanted, ...more }, limits, nowMs);

describe('a replacement', () => {
  it('is written down before its first act', () => {
    expect(ask(undefined)).toEqual({ next: { entries: [{ ...wanted, atMs: NOON_MS }], version: 1 } });
  });

  it('is had already by the next attempt at it', () => {
    const read = record(entry({ key: wanted.key }), entry({ node: 'node3' }), entry({ node: 'node4' }));
    expect(ask(read)).toEqual({ reserved: true });
  });

  it.each([
    ['two within the hour', [59, 1], 'replacements-spent', false],
    ['two, one of them an hour ago', [60, 1], null, null],
    ['five in a day, one within the hour', [1439, 900, 600, 300, 59], 'replacements-spent', true],
    ['five, the first a day ago', [1440, 900, 600, 300, 59], null, null],
  ])('after %s in the account', (_, minutesAgo, code, page) => {
    const read = record(
      ...minutesAgo.map((ago, at) =>
        entry({ fleet: `fleet${at}`, node: `node${at}`, atMs: NOON_MS - ago * MINUTE_MS }),
      ),
    );
    const answer = ask(read);
    if (code === null) expect(answer).toHaveProperty('next');
    else expect(answer).toMatchObject({ refuse: code, page, retryAfterMs: 300_000 });
  });

  it('is refused with the nodes that were replaced, and the limit', () => {
    const read = record(entry({ fleet: 'irita', node: 'node1' }), entry({ node: 'node3' }));
    expect(ask(read)).toMatchObject({
      reason: 'the account had 2 replacements in the last hour (irita/node1, bitcoin/node3), limit 2',
    });
  });

  const past = (hoursAgo: number, provedHoursAgo?: number): Replacement =>
    entry({
      ...{ node: 'node2', instanceId: INSTANCE, atMs: NOON_MS - hoursAgo * HOUR_MS },
      ...(provedHoursAgo !== undefined && { provedAtMs: NOON_MS - provedHoursAgo * HOUR_MS }),
    });

  it.each<[string, Replacement[], boolean]>([
    ['three that were never proved', [past(90), past(60), past(30)], true],
    ['two that were never proved', [past(60), past(30)], false],
    ['three, the last of which held for two hours', [past(90), past(60), past(30, 3)], false],
    [
      'three, the last of which held for two hours to the millisecond',
      [past(90), past(60), { ...past(30), provedAtMs: NOON_MS - MINUTE_MS - 2 * HOUR_MS }],
      false,
    ],
    ['three, the first of which held for days', [past(90, 89), past(60), past(30)], false],
    ['three that held for an hour each', [past(4, 3.5), past(3, 2.2), past(2, 1)], true],
    [
      'three of its namesake in another fleet',
      [past(90), past(60), past(30)].map((one) => ({ ...one, fleet: 'b' })),
      false,
    ],
  ])('of a node after %s', (_, entries, refused) => {
    const answer = ask(record(...entries));
    expect('refuse' in answer ? answer.refuse : null).toBe(refused ? 'node-replacements-spent' : null);
    if (refused) expect(answer).toMatchObject({ page: true });
  });

  it('that a person asks for is counted apart: what heals have spent by themselves does not keep a person from helping', () => {
    const byItself = [entry({ node: 'node3' }), entry({ node: 'node4' })];
    const byPerson = byItself.map((one) => ({ ...one, key: `${one.key}-asked`, byPerson: true as const }));
    const asked = { ...wanted, byPerson: true as const };
    expect(ask(record(...byItself))).toMatchObject({ refuse: 'replacements-spent' });
    expect(reserveReplacement(record(...byItself), asked, limits, NOON_MS)).toHaveProperty('next');
    expect(reserveReplacement(record(...byItself, ...byPerson), asked, limits, NOON_MS)).toMatchObject({
      refuse: 'replacements-spent',
    });
    expect(ask(record(...byPerson))).toHaveProperty('next');
  });

  it('is the same node’s whatever instance it has by now', () => {
    const entries = [past(90), past(60), past(30)].map((one, at) => ({ ...one, instanceId: `i-${at}` }));
    expect(ask(record(...entries))).toMatchObject({ refuse: 'node-replacements-spent' });
  });

  it('that was proved is written once', () => {
    const read = record(entry({ key: wanted.key }), entry({ key: 'other' }));
    const proved = proveReplacement(read, wanted.key, NOON_MS + 5);
    expect(proved).toEqual({
      next: { entries: [{ ...read.entries[0], provedAtMs: NOON_MS + 5 }, read.entries[1]], version: 5 },
    });
    const next = 'next' in proved ? proved.next : undefined;
    expect(proveReplacement(next, wanted.key, NOON_MS + 9)).toEqual({ leave: true });
    expect(proveReplacement(undefined, wanted.key, NOON_MS)).toEqual({ leave: true });
    expect(proveReplacement(read, 'none', NOON_MS)).toEqual({ leave: true });
  });

  it('never brings more than two into any hour nor five into any day, however they are asked for', () => {
    const times = fc.array(fc.integer({ min: 0, max: 3 * 24 * 60 }), { maxLength: 60 });
    fc.assert(
      fc.property(times, fc.nat(3), (minutes, nodes) => {
        let read: ReplacementsRecord | undefined;
        for (const [at, minute] of minutes.toSorted((a, b) => a - b).entries()) {
          const nowMs = NOON_MS + minute * MINUTE_MS;
          const answer = ask(read, { key: `k${at}`, node: `node${at % (nodes + 1)}`, onsetMs: nowMs }, nowMs);
          if ('next' in answer) read = answer.next;
        }
        const entries = read?.entries ?? [];
        for (const { atMs } of entries) {
          const within = (ms: number) => entries.filter((one) => one.atMs <= atMs && atMs - one.atMs < ms).length;
          expect([within(HOUR_MS) <= 2, within(DAY_MS) <= 5]).toEqual([true, true]);
        }
      }),
    );
  });

  it('that was given up before anything was done does not count; one that was proved stays', () => {
    const [mine, others] = [entry({ key: wanted.key }), entry({ key: 'other' })];
    const proved = { ...mine, provedAtMs: NOON_MS };
    expect(dropReplacement(record(mine, others), wanted.key)).toEqual({ next: { entries: [others], version: 5 } });
    for (const read of [undefined, record(others), record(proved, others)])
      expect(dropReplacement(read, wanted.key)).toEqual({ leave: true });
  });

  it('is forgotten after thirty days', () => {
    const [old, young] = [entry({ atMs: NOON_MS - 30 * DAY_MS }), entry({ atMs: NOON_MS - 30 * DAY_MS + 1 })];
    expect(ask(record(old, young))).toEqual({
      next: { entries: [young, { ...wanted, atMs: NOON_MS }], version: 5 },
    });
  });

  it('is remembered in a list that ends', () => {
    const old = Array.from({ length: 500 }, (_, at) =>
      entry({ key: `k${at}`, node: `n${at}`, atMs: NOON_MS - 2 * DAY_MS }),
    );
    const answer = ask(record(...old, entry({ atMs: NOON_MS - 31 * DAY_MS })));
    expect('next' in answer && answer.next.entries.length).toBe(400);
  });
});

describe('a restart', () => {
  const restart = (read: RestartsRecord | undefined, key: string, nowMs = NOON_MS) =>
    reserveRestart(read, { key, node: 'node2' }, limits, nowMs);
  const six = {
    restarts: Array.from({ length: 6 }, (_, at) => ({ key: `r${at}`, atMs: NOON_MS - (6 - at) * HOUR_MS })),
    version: 6,
  };

  it('has a budget of its own, six a day of one node', () => {
    expect(restart(undefined, 'r')).toEqual({ next: { restarts: [{ key: 'r', atMs: NOON_MS }], version: 1 } });
    expect(restart(six, 'r')).toMatchObject({ refuse: 'restarts-spent', page: true });
    expect(restart(six, 'r5')).toEqual({ reserved: true });
  });

  it('that is refused says how often the node was restarted', () => {
    const once = { restarts: six.restarts.slice(-1), version: 1 };
    const reasonOf = (read: RestartsRecord, restartsPerDay: number) =>
      reserveRestart(read, { key: 'r', node: 'node2' }, { restartsPerDay }, NOON_MS);
    expect(reasonOf(six, 6)).toMatchObject({ reason: 'node2 was restarted 6 times in the last 24 h, limit 6' });
    expect(reasonOf(once, 1)).toMatchObject({ reason: 'node2 was restarted once in the last 24 h, limit 1' });
  });

  it('that was not made does not count', () => {
    const others = six.restarts.filter(({ key }) => key !== 'r2');
    expect(dropRestart(six, 'r2')).toEqual({ next: { restarts: others, version: 7 } });
    expect(dropRestart(six, 'none')).toEqual({ leave: true });
    expect(dropRestart(undefined, 'r2')).toEqual({ leave: true });
  });

  it('is had back after a day, and what is older is forgotten', () => {
    const answer = restart(six, 'r', NOON_MS + 18 * HOUR_MS);
    expect('next' in answer && answer.next.restarts.map(({ key }) => key)).toEqual(['r1', 'r2', 'r3', 'r4', 'r5', 'r']);
  });
});

describe('the turn of a fleet', () => {
  const me = { execution: ME, instanceId: INSTANCE, node: 'node2' };
  const other = { execution: OTHER, instanceId: 'i-0fedcba9876543210', node: 'node3' };
  const dead = { execution: OTHER, instanceId: INSTANCE, node: 'node2' };
  const held = (holder: TurnRecord['holder']): TurnRecord => ({ holder, version: 2 });
  const running: HolderFacts = { status: { state: 'running' }, unsettled: true };
  const unknown: HolderFacts = { status: { state: 'unknown' }, unsettled: false };
  const ended = (unsettled: boolean): HolderFacts => ({ status: { state: 'ended', endedAtMs: NOON_MS }, unsettled });
  const mine = { next: { holder: me, version: 3 } };

  it.each<[string, TurnRecord | undefined, HolderFacts, object]>([
    ['nobody ever had', undefined, unknown, { next: { holder: me, version: 1 } }],
    ['nobody has', held(null), unknown, mine],
    ['I have', held(me), unknown, { taken: true }],
    ['another node’s heal has that runs', held(other), running, { refuse: 'replace-in-flight' }],
    ['another node’s heal has of which nothing can be read', held(other), unknown, { refuse: 'replace-in-flight' }],
    ['another node’s heal had that died half-way', held(other), ended(true), { refuse: 'replace-in-flight' }],
    ['another node’s heal had that died with nothing begun', held(other), ended(false), mine],
    ['my own node’s last attempt had, which died half-way', held(dead), ended(true), mine],
    ['my own node’s last attempt has, which still runs', held(dead), running, { refuse: 'replace-in-flight' }],
  ])('that %s', (_, read, holder, expected) => {
    expect(takeFleetTurn(read, me, () => holder)).toMatchObject(expected);
  });

  it('is waited for in silence', () => {
    expect(takeFleetTurn(held(other), me, () => running)).toMatchObject({
      page: false,
      reason: 'one replacement at a time in a fleet: node3 has the turn, its replacement is under way',
    });
    expect(takeFleetTurn(held(other), me, () => ended(true))).toMatchObject({
      reason: 'one replacement at a time in a fleet: node3 has the turn, what its last attempt left is not settled',
    });
  });

  it('is given back by who has it, and by nobody else', () => {
    expect(leaveFleetTurn(held(me), ME)).toEqual({ next: { holder: null, version: 3 } });
    expect(leaveFleetTurn(held(me), OTHER)).toEqual({ leave: true });
    expect(leaveFleetTurn(undefined, ME)).toEqual({ leave: true });
    expect(leaveFleetTurn(held(null), ME)).toEqual({ leave: true });
  });

  describe('is shared by the nodes that one step of an upgrade takes together', () => {
    const together = [INSTANCE, other.instanceId];
    const [mate, self] = [
      { ...other, together },
      { ...me, together },
    ];
    const third = { execution: 'arn:third', instanceId: 'i-0aaaaaaaaaaaaaaaa', node: 'node4' };
    const shared: TurnRecord = { holder: mate, beside: [self], version: 2 };

    it('and by no other node, whatever it wants', () => {
      expect(takeFleetTurn(held(mate), self, () => running)).toEqual({
        next: { holder: mate, beside: [self], version: 3 },
      });
      expect(takeFleetTurn(shared, self, () => running)).toEqual({ taken: true });
      expect(takeFleetTurn(shared, third, () => running)).toMatchObject({ refuse: 'replace-in-flight' });
      expect(takeFleetTurn(shared, { ...third, together }, () => running)).toMatchObject({
        refuse: 'replace-in-flight',
      });
    });

    it('but not with one that is at something else, or of another step', () => {
      expect(takeFleetTurn(held(other), self, () => running)).toMatchObject({ refuse: 'replace-in-flight' });
      const earlier = { ...other, together: [other.instanceId, third.instanceId] };
      expect(takeFleetTurn(held(earlier), self, () => running)).toMatchObject({ refuse: 'replace-in-flight' });
      expect(takeFleetTurn(held(mate), me, () => running)).toMatchObject({ refuse: 'replace-in-flight' });
    });

    it('and what one of them has left half-way keeps others out, and not its mate', () => {
      const facts = ({ execution }: { readonly execution: string }) =>
        execution === mate.execution ? ended(true) : running;
      expect(takeFleetTurn(held(mate), third, facts)).toMatchObject({ refuse: 'replace-in-flight' });
      expect(takeFleetTurn(held(mate), self, facts)).toMatchObject({ next: { holder: mate, beside: [self] } });
      const gone = () => ended(false);
      expect(takeFleetTurn(held(mate), third, gone)).toEqual({ next: { holder: third, version: 3 } });
    });

    it('its own next attempt goes on beside the others', () => {
      const before = { ...self, execution: 'arn:before' };
      const facts = ({ execution }: { readonly execution: string }) =>
        execution === before.execution ? ended(true) : running;
      expect(takeFleetTurn({ holder: before, beside: [mate], version: 2 }, self, facts)).toEqual({
        next: { holder: mate, beside: [self], version: 3 },
      });
    });

    it('and never by two attempts at one node', () => {
      const before = { ...self, execution: 'arn:before' };
      expect(takeFleetTurn(held(before), self, () => running)).toMatchObject({ refuse: 'replace-in-flight' });
    });

    it('and one at a time gets the data of before, while the others go on', () => {
      const back = { ...self, alone: true } as const;
      const mateBack = { ...mate, alone: true } as const;
      expect(takeFleetTurn(shared, back, () => running)).toEqual({
        next: { holder: mate, beside: [back], version: 3 },
      });
      expect(takeFleetTurn({ ...shared, beside: [back] }, back, () => running)).toEqual({ taken: true });
      const taken: TurnRecord = { holder: mateBack, beside: [self], version: 2 };
      expect(takeFleetTurn(taken, back, () => running)).toMatchObject({ refuse: 'replace-in-flight' });
      expect(takeFleetTurn(taken, self, () => running)).toEqual({ taken: true });
      expect(aloneBeside(taken, self, () => running)).toBe('node3');
      expect(aloneBeside(taken, self, () => ended(true))).toBe('node3');
      expect(aloneBeside(taken, self, () => ended(false))).toBeNull();
      expect(aloneBeside(taken, mateBack, () => running)).toBeNull();
      expect(aloneBeside(shared, self, () => running)).toBeNull();
    });

    it('and each gives back its own', () => {
      expect(leaveFleetTurn(shared, mate.execution)).toEqual({ next: { holder: self, version: 3 } });
      expect(leaveFleetTurn(shared, self.execution)).toEqual({ next: { holder: mate, version: 3 } });
      expect(leaveFleetTurn(shared, third.execution)).toEqual({ leave: true });
    });
  });
});
