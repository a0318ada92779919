// While a rung waits for its proof: what is noted, when the node itself is asked, and what is a client that stays up.
import { describe, expect, it } from '@jest/globals';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import { openDiskIn } from '../../../functions/replace-node/open-disk.ts';
import { type Decision, proving, rungFailed } from '../../../functions/replace-node/rungs/rung.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import type { IncidentRecord } from '../../../shared/heal/records.ts';
import { openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { DATA_VOLUME } from '../../fixtures/builders/node.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { client, copy, FLEET, facts, ladderState, machine, seen, watched } from '../../fixtures/replace-facts.ts';

const ago = (minutes: number): number => NOON_MS - minutes * MINUTE_MS;
const silent = machine({}, { agentOnline: false });

describe('the proof', () => {
  const UP = ago(10);
  const failed = (reason: string, at: string): Decision => rungFailed(`${at}: ${reason}`);
  const prove = (more: Partial<Facts>, has: Partial<LadderState> = {}, upSinceMs = UP) =>
    proving(facts(more), ladderState({ rung: 'restart', upSinceMs, ...has }), upSinceMs, 'original', failed);
  const high = watched('synced', { height: 1_003, lagBlocks: 0 });
  const sighting = (minutes: number, lagBlocks: number) => ({ atMs: ago(minutes), height: 1_000, lagBlocks });
  const cameUp = (of: number, first: number | null, nearest: number, firstMinutes = 9) => ({
    cameUp: {
      ...{ upSinceMs: of, height: 1_000, nearest: sighting(1, nearest) },
      ...(first !== null && { first: sighting(firstMinutes, first) }),
    },
  });

  it.each<[string, Partial<LadderState>, object | undefined]>([
    ['since its first sighting', cameUp(UP, 300, 60), { blocks: 240, seconds: 480 }],
    ['until now, where it was never nearer before', cameUp(UP, 300, 300), { blocks: 300, seconds: 540 }],
    ['not of a start before', cameUp(UP - 1, 300, 60), undefined],
    ['not where its first sighting is not known', cameUp(UP, null, 60), undefined],
    ['not where nothing is known', {}, undefined],
  ])('shows how fast it has caught up: %s', (_, has, shown) => {
    const act = prove({ watched: high }, has);
    expect(act.do).toBe('prove');
    expect(act.do === 'prove' ? act.shown : null).toEqual(shown);
  });

  it.each<[string, Partial<Facts>, object | undefined]>([
    [
      'height and distance',
      { watched: watched('behind', { height: 1_000, lagBlocks: 60 }) },
      { atMs: NOON_MS, height: 1_000, lagBlocks: 60 },
    ],
    ['not of before its start', { watched: watched('behind', { observedAtMs: UP }) }, undefined],
    ['not without a height', { watched: watched('unreachable', { height: null }), original: silent }, undefined],
  ])('notes what was seen while it waits: %s', (_, more, sighted) => {
    const act = prove(more, { inspectedAtMs: ago(1) });
    expect(act.do).toBe('wait');
    expect(act.do === 'wait' ? (act.sighting ?? undefined) : null).toEqual(sighted);
  });

  const quiet = { watched: watched('unreachable', { height: null, lagBlocks: null }) };
  const open = (count: number) => ({ unanswered: { count, reason: 'late', isStale: false } });
  const grace = FLEET.health.startGraceSeconds / 60;
  it.each<[string, Partial<Facts>, Partial<LadderState>, number, string]>([
    ['is asked', quiet, {}, 10, 'inspect'],
    ['is not asked where its agent is silent', { ...quiet, original: silent }, {}, 10, 'wait'],
    ['is asked as often as three times', { ...quiet, ...open(2) }, {}, 10, 'inspect'],
    ['is not asked a fourth time', { ...quiet, ...open(3) }, {}, 10, 'wait'],
    ['is asked once more before it is given up', quiet, { inspectedAtMs: ago(3) }, grace + 1, 'inspect'],
    ['is given up where it was just asked', quiet, { inspectedAtMs: ago(0.5) }, grace + 1, 'end-rung'],
    ['is given up where nobody can ask it', { ...quiet, original: silent }, {}, grace + 1, 'end-rung'],
  ])('of a client that is silent: it %s', (_, more, has, upMinutes, does) => {
    expect(prove(more, has, ago(upMinutes)).do).toBe(does);
  });

  it('of a client that syncs from the first block fails by the height of its copy, or else by where it had stopped', () => {
    const anew = { watched: watched('behind', { height: 5, lagBlocks: 2_000 }) };
    const up = ago(grace + 1);
    const seenAt = (height: number, minutes = 1) => ({
      cameUp: { upSinceMs: up, height, nearest: { atMs: ago(minutes), height, lagBlocks: 2_000 } },
    });
    const told = (has: Partial<LadderState>) => prove(anew, { ...seenAt(4), ...has }, up);
    expect(told({})).toMatchObject({
      reason: expect.stringMatching(/^unopened: it is at height 5 where its data were at 1000:/),
    });
    const restored = { restoredVolumes: copy({ height: 900 }) };
    expect(told(restored)).toMatchObject({ reason: expect.stringContaining('where its data were at 900:') });
    expect(told({ restoredVolumes: copy({ height: null }) })).toMatchObject({
      reason: expect.stringContaining('at 1000:'),
    });
    // What is seen late, since its disk was full meanwhile, is as far as it has come from the first block: of its own data, and of a copy whose height is
    // known, less than half is enough. Nobody knows how old any other copy is, nor how much a roll-back has taken.
    const late = (height: number, has: Partial<LadderState> = {}) =>
      prove({ watched: watched('behind', { height, lagBlocks: 2_000 }) }, { ...seenAt(height - 1), ...has }, up).do;
    expect([late(499), late(500)]).toEqual(['end-rung', 'wait']);
    expect([late(449, restored), late(450, restored)]).toEqual(['end-rung', 'wait']);
    expect(late(10, { restoredVolumes: copy({ height: null }) })).toBe('wait');
    expect(late(10, { rolledBack: true })).toBe('wait');
    // Two looks have to say so, and none before that it was higher.
    expect([seenAt(4, 0), seenAt(999)].map((has) => told(has).do)).toEqual(['wait', 'wait']);
    expect(prove(anew, {}, up).do).toBe('wait');
    expect(prove({ watched: null }, seenAt(4), up).do).toBe('wait');
  });

  it('of a client of which nobody tells anything for hours is a person’s', () => {
    expect(prove({ watched: null }, {}, ago(24 * 60))).toMatchObject({
      end: { refusal: { refuse: 'observation-stale', page: true, retryAfterMs: 5 * MINUTE_MS } },
    });
  });

  describe('of a client that stands for a reason which neither its data nor its version are', () => {
    const stands = (more: object = {}): Partial<Facts> => ({
      fleet: { ...FLEET, peers: { minimum: 4, rotate: true } } as unknown as Facts['fleet'],
      watched: watched('stuck', { height: 950, lagBlocks: 90, sinceMs: ago(5), peerCount: 8, ...more }),
    });
    const of = (facts: Partial<Facts>, has: Partial<LadderState> = { rung: 'swap' }): unknown => {
      const act = prove(facts, has, ago(60));
      return act.do === 'end' && act.end.as === 'refused' ? [act.end.refusal.refuse, act.end.refusal.page] : act.do;
    };
    const stalled = machine({}, { checks: { instance: 'ok', system: 'ok', attachedEbs: 'impaired' } });

    it.each<[string, Partial<Facts>, Partial<LadderState>, unknown]>([
      [
        'its consensus client is a person’s',
        stands({ cause: 'consensus-client' }),
        { rung: 'swap' },
        ['consensus-client-down', true],
      ],
      [
        'a version is not taken back for it',
        stands({ cause: 'consensus-client' }),
        { rung: 'upgrade' },
        ['consensus-client-down', true],
      ],
      ['a restart of that did not help', stands({ cause: 'consensus-client' }), { rung: 'restart' }, 'end-rung'],
      ['it is given peers', stands({ peerCount: 3 }), { rung: 'swap' }, ['peers-first', false]],
      [
        'it does not catch up',
        {
          ...stands(),
          watched: watched('behind', { peerCount: 0, cause: 'consensus-client', lagBlocks: 900 }),
          nowMs: NOON_MS + 30 * HOUR_MS,
        },
        { rung: 'swap' },
        'end-rung',
      ],
      [
        'its client ends',
        { ...stands({ cause: 'consensus-client' }), seen: seen([client('failed')]) },
        { rung: 'swap', inspectedAtMs: ago(0.5) },
        'end-rung',
      ],
      ['it has peers enough', stands({ peerCount: 4 }), { rung: 'swap' }, 'end-rung'],
      ['nobody tells how many it has', stands({ peerCount: undefined }), { rung: 'swap' }, 'end-rung'],
      ['for half an hour nobody gave it any', stands({ peerCount: 3, sinceMs: ago(30) }), { rung: 'swap' }, 'end-rung'],
      [
        'a volume completes no I/O',
        { ...stands(), original: stalled },
        { rung: 'swap' },
        ['ebs-impaired', expect.any(Boolean)],
      ],
      [
        'it is on another branch',
        { ...stands({ peerCount: 3 }), watched: watched('forked', { peerCount: 3 }) },
        { rung: 'swap' },
        'end-rung',
      ],
    ])('%s', (_, more, has, expected) => {
      expect(of(more, has)).toEqual(expected);
    });

    it('says how many peers it has', () => {
      expect(prove(stands({ peerCount: 3 }), { rung: 'swap' }, ago(60))).toMatchObject({
        end: { refusal: { reason: expect.stringMatching(/^it has 3 peers, 4 at least/) } },
      });
    });

    it('has its consensus client restarted, where that is ours: once, and the rung has not failed by it', () => {
      const unit = (name: string) => ({ ...FLEET.units[0], name });
      const units = [unit('execution'), unit('beacon')];
      const fleet = { ...FLEET, mode: 'act', units } as unknown as Facts['fleet'];
      const at = { ...stands({ cause: 'consensus-client' }), fleet };
      expect(prove(at, { rung: 'swap' }, ago(60))).toMatchObject({ do: 'restart', only: 'beacon' });
      const person = ['consensus-client-down', true];
      expect(of(at, { rung: 'swap', restartedOnly: 'beacon' })).toEqual(person);
      const setback = { act: 'restart', count: 3, reason: 'late', atMs: ago(1) };
      expect(of(at, { rung: 'swap', setback })).toEqual(person);
      expect(of({ ...at, original: silent }, { rung: 'swap' })).toEqual(person);
      const blind = { breaker: { open: true, sentence: 'no observation', isBlind: true } } as const;
      expect(of({ ...at, ...blind }, { rung: 'swap' })).toEqual(person);
      expect(of({ ...at, original: null }, { rung: 'swap' })).toEqual(person);
      expect(prove({ ...at, original: silent }, { rung: 'swap' }, ago(60))).toMatchObject({
        end: { refusal: { retryAfterMs: 5 * MINUTE_MS } },
      });
      const beside = (more: Partial<Facts>) =>
        proving(
          facts({ ...more, replacement: machine() }),
          ladderState({ rung: 'replace' }),
          ago(60),
          'replacement',
          failed,
        );
      expect(beside(at)).toMatchObject({ end: { refusal: { refuse: 'consensus-client-down' } } });
      // That volumes of the old instance stall is no matter there.
      expect(beside({ ...stands(), original: stalled })).toMatchObject({ do: 'end-rung' });
      // A yes to other data is none to a restart.
      expect(of({ ...at, fleet: { ...fleet, mode: 'ask' } }, { rung: 'swap' })).toEqual(person);
      const forbidden = { ...fleet, replace: { ...fleet.replace, rungs: ['swap'] } } as Facts['fleet'];
      expect(of({ ...at, fleet: forbidden }, { rung: 'swap' })).toEqual(person);
    });

    it('whose volumes stall is waited for also where it is silent', () => {
      const dumb = { watched: watched('unreachable', { height: null, lagBlocks: null }), original: stalled };
      expect(
        of({ ...dumb, nowMs: NOON_MS + 90 * MINUTE_MS }, { rung: 'swap', inspectedAtMs: NOON_MS + 89.5 * MINUTE_MS }),
      ).toEqual(['ebs-impaired', true]);
    });
  });

  it('has as long as its data take', () => {
    const slow = { watched: watched('behind', { height: 500, lagBlocks: 700 }) };
    const days = { restoredVolumes: copy({ catchUpMs: 48 * HOUR_MS }) };
    expect(prove(slow, {}, ago(50 * 60)).do).toBe('end-rung');
    expect(prove(slow, days, ago(50 * 60)).do).toBe('wait');
    const nearer = (upSinceMs: number) => cameUp(upSinceMs, 900, 700);
    expect(prove(slow, nearer(ago(50 * 60)), ago(50 * 60)).do).toBe('wait');
    expect(prove(slow, nearer(ago(51 * 60)), ago(50 * 60)).do).toBe('end-rung');
  });

  it('has the time of a client that builds its data only on that rung', () => {
    const stuck = { watched: watched('stuck', { height: 1_000, lagBlocks: 90, sinceMs: ago(1) }) };
    const reindexed = { reindexed: { patientUntilMs: NOON_MS + HOUR_MS, untilMs: NOON_MS + 2 * HOUR_MS } };
    expect(prove(stuck, { ...reindexed, rung: 'reindex' }).do).toBe('wait');
    expect(prove(stuck, reindexed).do).toBe('end-rung');
    expect(prove(stuck, { rung: 'reindex' }).do).toBe('end-rung');
  });

  const gone = seen([client('stopped')]);
  const asked = { inspectedAtMs: ago(0.5) };
  const full = (state: 'failed' | 'stopped') => ({ ...quiet, seen: seen([client(state)], DATA_VOLUME, 485) });
  it.each<[string, Partial<Facts>, Partial<LadderState>, string]>([
    ['it failed', full('failed'), asked, 'disk-full-first'],
    ['it ended itself with success', full('stopped'), asked, 'disk-full-first'],
    ['a boot was to start it', full('failed'), { ...asked, rung: 'stop-start' }, 'disk-full-first'],
    [
      'nobody observes the fleet',
      { ...full('failed'), fleet: { ...FLEET, probe: { by: 'unit' } } },
      asked,
      'disk-full-first',
    ],
    ['its node said so before its start', full('failed'), { inspectedAtMs: ago(10) }, 'inspect'],
    ['less is in use', { ...quiet, seen: seen([client('failed')], DATA_VOLUME, 484) }, asked, 'end-rung'],
    ['others see it well', { ...full('failed'), watched: high }, asked, 'prove'],
    [
      'others see it coming nearer',
      { ...full('failed'), watched: watched('behind', { lagBlocks: 60 }) },
      asked,
      'end-rung',
    ],
    ['it had caught up', full('failed'), { ...asked, ...cameUp(UP, 300, 60) }, 'disk-full-first'],
  ])('of a client whose disk has filled since: %s', (_, more, has, does) => {
    const act = prove(more, has);
    expect(act.do === 'end' && act.end.as === 'refused' ? act.end.refusal.refuse : act.do).toBe(does);
  });

  it('of a client whose disk has filled while it synced from the first block fails: it is not grown for that', () => {
    const at = (minutes: number, height: number) => ({ atMs: ago(minutes), height, lagBlocks: 1_000 - height });
    const rose = (height: number, firstMinutes = 8) => ({
      ...asked,
      cameUp: { upSinceMs: UP, height: 5, first: at(firstMinutes, 5), nearest: at(2, height) },
    });
    expect(prove(full('failed'), rose(499))).toMatchObject({
      do: 'end-rung',
      reason: expect.stringMatching(
        /^unopened: its disk has filled, and it was at height 499 where its data were at 1000:/,
      ),
    });
    const refused = { end: { refusal: { refuse: 'disk-full-first' } } };
    expect(prove(full('failed'), rose(500))).toMatchObject(refused);
    expect(prove(full('failed'), rose(499, 2))).toMatchObject(refused);
    expect(prove(full('failed'), { ...rose(499), rung: 'reindex' })).toMatchObject(refused);
    expect(prove(full('failed'), { ...rose(499), cameUp: { ...rose(499).cameUp, upSinceMs: UP - 1 } })).toMatchObject(
      refused,
    );
  });

  it('knows where the data of a node were that is silent by now, as it told before', () => {
    const found = (has: object) => ({ found: { ...ladderState().found, height: null, ...has } });
    const of = (has: object) =>
      prove(
        { watched: watched('behind', { height: 400, lagBlocks: 600 }) },
        { ...cameUp(ago(grace + 1), 700, 601), ...found(has) },
        ago(grace + 1),
      ).do;
    expect([of({ dataHeight: 900_000 }), of({ dataHeight: 1_000 }), of({})]).toEqual(['end-rung', 'wait', 'wait']);
  });

  const catchingUp = watched('behind', { height: 500, lagBlocks: 700 });
  const unit = { fleet: { ...FLEET, probe: { by: 'unit' } } } as const;
  it.each<[string, Partial<Facts>, Partial<LadderState>, string]>([
    ['while it catches up', { watched: catchingUp }, {}, 'busy'],
    ['while it is silent, and was asked a moment ago', quiet, { inspectedAtMs: ago(1) }, 'busy'],
    ['while it has to stay up, and nobody observes its fleet', unit, asked, 'busy'],
    ['not where it is to be asked', quiet, {}, 'inspect'],
    ['not once it is proved', { watched: high }, {}, 'prove'],
    ['not where the rung has failed', { ...quiet, seen: seen([client('failed')]) }, asked, 'end-rung'],
  ])('gives way to a disk that waits to be grown %s', (_, more, has, does) => {
    const act = prove({ ...more, disk: { incidentId: 'dda0f9cf', waits: true } }, has);
    expect(act.do === 'end' && act.end.as === 'refused' ? act.end.refusal.refuse : act.do).toBe(does);
    if (does === 'busy')
      expect(act).toMatchObject({
        end: { refusal: { page: false, retryAfterMs: 50_000, reason: expect.stringContaining('dda0f9cf') } },
      });
  });

  it('does not give way to a disk that waits for something else', () => {
    expect(prove({ watched: catchingUp, disk: { incidentId: 'dda0f9cf', waits: false } }).do).toBe('wait');
  });

  const waiting = (waits: boolean) => ({ incidentId: '7f3a0c1d', waits });
  it.each<[string, Partial<IncidentRecord>[], object | undefined]>([
    ['the one that nobody has judged', [{ refusedCodes: ['size-ceiling'], incidentId: '2' }, {}], waiting(true)],
    [
      'one that was refused waits for something else',
      [{ refusedCodes: ['size-ceiling'] }],
      { ...waiting(false), refused: true },
    ],
    ['one that found the node taken waits for it', [{ refusedCodes: ['busy'] }], waiting(true)],
    ['one whose growth has failed waits for its next attempt', [{ failures: 1 }], waiting(false)],
    ['one that is at work', [{ state: 'claimed' }], waiting(false)],
    ['none that was grown', [{ state: 'healed' }], undefined],
    ['none that is a person’s', [{ state: 'escalated' }], undefined],
    ['none of none', [], undefined],
  ])('knows of a disk: %s', (_, disks, disk) => {
    const all = disks.map((more) => ({ ...openIncidentRecord({ incidentId: '7f3a0c1d' }), ...more }) as IncidentRecord);
    expect(openDiskIn([undefined, ...all])).toEqual(disk);
  });

  it('of a client whose disk has filled since is a person’s a quarter of an hour after it was last nearer', () => {
    const downFor = (minutes: number) =>
      watched('unreachable', { height: null, lagBlocks: null, sinceMs: ago(minutes) });
    const paged = (more: Partial<Facts>, has: Partial<LadderState>, upMinutes: number) => {
      const act = prove({ ...full('failed'), watched: downFor(60), ...more }, { ...asked, ...has }, ago(upMinutes));
      return act.do === 'end' && act.end.as === 'refused' && act.end.refusal.page;
    };
    expect([paged({}, {}, 14), paged({}, {}, 15)]).toEqual([false, true]);
    expect(paged({}, cameUp(ago(20), 300, 60), 20)).toBe(false);
    // At the tip nothing comes nearer: it was well until a moment ago.
    expect(paged({ watched: downFor(2) }, {}, 40)).toBe(false);
    expect(paged({ disk: { incidentId: 'dda0f9cf', waits: false } }, {}, 40)).toBe(false);
  });

  it.each<[string, Partial<Facts>, Partial<LadderState>, string]>([
    ['somebody has stopped it since', { ...quiet, seen: gone }, asked, 'client-stopped'],
    [
      'somebody has stopped it since, whoever had asked for a restore',
      { ...quiet, seen: gone, want: { do: 'restore', snapshotId: null, acknowledgesValidator: false } },
      asked,
      'client-stopped',
    ],
    [
      'somebody has, though the full disk had left it stopped before',
      { ...quiet, seen: gone, leftStopped: true },
      asked,
      'client-stopped',
    ],
    ['its node said so before its start', { ...quiet, seen: gone }, { inspectedAtMs: ago(10) }, 'inspect'],
    ['its node was never asked', { ...quiet, seen: gone }, {}, 'inspect'],
    ['nobody sees it', { watched: null, seen: gone }, asked, 'client-stopped'],
    ['its instance is not shown', { ...quiet, original: null }, {}, 'wait'],
    ['others see it well', { watched: high, seen: gone }, asked, 'prove'],
    [
      'others saw it well before its node has answered',
      { watched: watched('behind', { observedAtMs: ago(1), height: 1_001, lagBlocks: 60 }), seen: gone },
      { inspectedAtMs: NOON_MS },
      'client-stopped',
    ],
    [
      'others see it coming nearer',
      { watched: watched('behind', { height: 1_001, lagBlocks: 60 }), seen: gone },
      asked,
      'end-rung',
    ],
    [
      'a boot starts only what is enabled',
      { ...quiet, seen: gone },
      { ...asked, rung: 'stop-start', client: 'mayBeDown' },
      'end-rung',
    ],
    [
      'the boot had started it',
      { ...quiet, seen: gone },
      { ...asked, rung: 'stop-start', client: 'mayBeDown', ran: true },
      'client-stopped',
    ],
  ])('of a client that is down: %s', (_, more, has, does) => {
    const act = prove(more, has);
    expect(act.do === 'end' && act.end.as === 'refused' ? act.end.refusal.refuse : act.do).toBe(does);
  });
});

describe('the proof of a fleet that nobody observes', () => {
  const failed = (reason: string, at: string): Decision => rungFailed(`${at}: ${reason}`);
  const fleet = { ...FLEET, probe: { by: 'unit' } } as Facts['fleet'];
  const prove = (upMinutes: number, askedMinutes: number | null, more: Partial<Facts> = {}) =>
    proving(
      facts({ fleet, watched: null, ...more }),
      ladderState({ rung: 'restart', inspectedAtMs: askedMinutes === null ? null : ago(askedMinutes) }),
      ago(upMinutes),
      'original',
      failed,
    );

  it('is a client that its node has seen running ten minutes after its start', () => {
    expect(prove(10, 0)).toEqual({
      do: 'prove',
      reason: 'its client has run for 10 min, which is all that anybody sees of a fleet with probe: unit',
    });
    expect(prove(11, 1)).toMatchObject({ do: 'prove' });
    expect(prove(10, 1)).toMatchObject({ do: 'wait', seconds: 60 });
    expect(prove(10, 0, { seen: null })).toMatchObject({ do: 'wait' });
    expect(prove(10, 0, { seen: seen([]) })).toMatchObject({ do: 'wait' });
    expect(prove(10, 0, { fleet: { ...FLEET, probe: undefined } })).toMatchObject({
      reason: expect.stringContaining('probe: none'),
    });
  });

  it('fails where the client ends, as its node has said since', () => {
    const ends = { seen: seen([client('running'), client('failed')]) };
    expect(prove(10, 1, ends)).toMatchObject({
      do: 'end-rung',
      reason: expect.stringMatching(/^open: its client ends again/),
    });
    expect(prove(10, 10, ends)).not.toMatchObject({ do: 'end-rung' });
    expect(prove(10, null, ends)).toMatchObject({ do: 'inspect' });
  });

  it('is asked for every five minutes, where somebody answers', () => {
    const late = (count: number) => ({ unanswered: { count, reason: 'late', isStale: false } });
    expect([prove(9, 5).do, prove(9, 4.9).do, prove(9, 5, { original: silent }).do]).toEqual([
      'inspect',
      'wait',
      'wait',
    ]);
    expect([prove(9, 5, late(2)).do, prove(9, 5, late(3)).do]).toEqual(['inspect', 'wait']);
  });

  it('after a stop and a start is only a client that runs: a boot starts what is enabled', () => {
    const booted = (...clients: readonly ReturnType<typeof client>[]) =>
      proving(
        facts({ fleet, watched: null, seen: seen(clients) }),
        ladderState({ rung: 'stop-start', client: 'mayBeDown', inspectedAtMs: NOON_MS }),
        ago(10),
        'original',
        failed,
      ).do;
    expect(booted(client('running'), client('stopped'))).toBe('end-rung');
    expect(booted(client('running'), client('unknown', { exitStatus: null }))).toBe('wait');
    expect(booted(client('running'), client('running'))).toBe('prove');
  });

  it('is not asked for where its instance is not shown', () => {
    expect(prove(9, 5, { original: null, seen: null })).toMatchObject({ do: 'wait' });
  });

  it('is given up after two hours of silence, and people are told', () => {
    const quiet = { seen: null, original: silent, onsetMs: ago(60) };
    expect(prove(129, null, quiet)).toMatchObject({ do: 'wait' });
    expect(prove(130, null, quiet)).toMatchObject({
      end: { refusal: { refuse: 'node-silent', page: true, retryAfterMs: 2 * HOUR_MS } },
    });
  });
});
