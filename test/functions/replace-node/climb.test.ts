// From rung to rung: what is told with the next one, what is waited for between two of them, and how a ladder ends that did not help.
import { describe, expect, it } from '@jest/globals';
import { decide } from '../../../functions/replace-node/decide.ts';
import type { Facts } from '../../../functions/replace-node/facts.ts';
import type { Decision } from '../../../functions/replace-node/rungs/rung.ts';
import type { LadderState, VersionChange } from '../../../shared/heal/memory.ts';
import type { Rung } from '../../../shared/model/rungs.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { DATA_VOLUME, INSTANCE } from '../../fixtures/builders/node.ts';
import { snapshotSet } from '../../fixtures/builders/snapshot.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { DATA_PATH } from '../../fixtures/builders/volume.ts';
import {
  client,
  copy,
  copyVolume,
  FLEET,
  facts,
  impaired,
  ladderState,
  machine,
  seen,
  watched,
} from '../../fixtures/replace-facts.ts';

/** The act with what is told of it, or the end with its code. */
function told(act: Decision): string {
  if (act.do === 'wait') return `wait: ${act.what}`;
  if (act.do === 'take-rung' || act.do === 'skip-rung') return `${act.do.slice(0, 4)} ${act.rung}: ${act.reason}`;
  if (act.do !== 'end') return act.do;
  const { end } = act;
  if (end.as === 'refused') return `${end.refusal.refuse}: ${end.refusal.reason}`;
  return end.as === 'healed' ? `healed: ${end.reason}` : `${end.code}: ${end.reason}`;
}
const failed = (...rungs: readonly Rung[]): Pick<LadderState, 'failed'> => ({
  failed: rungs.map((rung) => ({ rung, reason: `${rung} was in vain` })),
});
const next = (more: Partial<Facts>, has: Partial<LadderState>): string => told(decide(facts(more), ladderState(has)));
const RESTORE = { do: 'restore', snapshotId: null, acknowledgesValidator: false } as const;
const none = { good: [], refused: [], sibling: null, kept: null };
const RETIREMENT = { id: 'e1', code: 'instance-retirement', notBeforeMs: NOON_MS, description: '' } as const;
const silent = machine({}, { agentOnline: false });
const stopped = machine({ state: 'stopped' }, { agentOnline: false });

const fleet = bitcoinFleet({
  ...{ probe: 'ssm', unit: 'node@*', volumes: { data: { path: DATA_PATH } } },
  client: { versions: ['28.0', '28.1'] },
});
const up = { do: 'upgrade', to: '28.1', cleanSinceMs: 0, watchMinutes: 0 } as const;
const runs = (instance: string) => seen([client('running', { instance })]);
const well = { fleet, want: up, spared: null, watched: watched('synced', { lagBlocks: 0 }), seen: runs('28.0') };
const change = (more: Partial<VersionChange> = {}): VersionChange => ({
  ...{ from: '28.0', to: '28.1', is: 'to', mayHaveRun: true, givenUp: null, at: 0, cleanSinceMs: 0 },
  ...more,
});

describe('the next rung is told with', () => {
  const left = { rung: 'roll-back', reason: 'no drill has tried it', notBegun: true } as const;
  const restarted = { rung: 'restart', reason: 'it stands' } as const;
  it.each<[string, Partial<Facts>, Partial<LadderState>, string]>([
    ['what is wrong with the node', {}, {}, 'take restart: it is stuck'],
    ['that nobody has seen it', { watched: null }, {}, 'take restart: it does not follow its chain'],
    [
      'that EC2 finds it impaired',
      { original: impaired('system') },
      {},
      'take stop-start: EC2 finds the instance impaired',
    ],
    [
      'what the node is moved for',
      {
        watched: watched('synced'),
        move: { cause: { by: 'event', event: RETIREMENT }, refusal: null },
      },
      { moves: true },
      'take stop-start: EC2 retires its instance at 2026-01-01T12:00Z or later (instance-retirement): it is moved to other hardware before',
    ],
    ['that a person asked for it', { want: RESTORE }, {}, 'take swap: a person asked for it'],
    ['what did not help', {}, failed('restart'), 'take swap: restart did not help: restart was in vain'],
    [
      'what did not help, and what was left out since',
      {},
      { failed: [restarted, left] },
      'take swap: restart did not help: it stands; roll-back was not begun: no drill has tried it',
    ],
    [
      'what was left out, where nothing was tried yet',
      { fleet: { ...FLEET, replace: { ...FLEET.replace, rungs: ['swap'] } } },
      { failed: [left] },
      'take swap: it is stuck; roll-back was not begun: no drill has tried it',
    ],
    [
      'the last of two that did not help',
      {},
      failed('restart', 'swap'),
      'take replace: swap did not help: swap was in vain',
    ],
    [
      'that EC2 did not say whether it launches another one',
      { launch: { is: 'unknown', reason: 'RequestLimitExceeded' } },
      failed('restart', 'swap'),
      'take replace: swap did not help: swap was in vain; whether EC2 launches it is not known: RequestLimitExceeded',
    ],
    [
      'no word of a launch, where none comes next',
      { launch: { is: 'unknown', reason: 'RequestLimitExceeded' } },
      failed('restart'),
      'take swap: restart did not help: restart was in vain',
    ],
  ])('%s', (_, more, has, words) => {
    expect(next(more, has)).toBe(words);
  });
});

describe('a client that says itself that its data are not the cause of its end', () => {
  const lastLine = 'Error: failed to initialize database: resource temporarily unavailable';
  const held = { seen: seen([client('failed', { lastLine })]) };
  it.each<[string, Partial<Facts>, Partial<LadderState>, RegExp]>([
    ['is restarted: what holds them may end with it', held, {}, /^take restart: /],
    [
      'gets no other data',
      held,
      failed('restart'),
      /^skip swap: it would not help: its client says that another process has its data \("Error: failed to initialize/,
    ],
    [
      'gets none where its chain needs another version, which its trace hides',
      { seen: seen([client('failed', { lastLine: 'replay.go:59', needs: 'UPGRADE "v2" NEEDED at height: 100' })]) },
      failed('restart'),
      /^skip swap: it would not help: its client says that its chain needs another version \("UPGRADE "v2" NEEDED/,
    ],
    ['and no other instance', held, failed('restart', 'swap'), /^skip replace: it would not help: /],
    ['gets what a person asks for', { ...held, want: RESTORE }, {}, /^take swap: /],
    ['is a person’s then, with its words', held, failed('restart', 'swap', 'replace'), /^ladder-spent: nothing helped/],
    [
      'gets other data where it names its data',
      { seen: seen([client('failed', { lastLine: 'Error: database is corrupt' })]) },
      failed('restart'),
      /^take swap: /,
    ],
    [
      'gets other data where it runs by now',
      { seen: seen([client('running', { lastLine })]) },
      failed('restart'),
      /^take swap: /,
    ],
  ])('%s', (_, more, has, words) => {
    expect(next(more, has)).toMatch(words);
  });
});

describe('between two rungs', () => {
  const full = seen([client('failed')], DATA_VOLUME, 485);
  const gone = seen([client('stopped')]);
  const unknown = seen([client('unknown', { exitStatus: null })]);
  const blind = { breaker: { open: true, sentence: 'no valid observation', isBlind: true } } as const;
  const unreached = impaired('attachedEbs');
  it.each<[string, Partial<Facts>, Partial<LadderState>, RegExp]>([
    ['a client that was stopped before the first one is a person’s', { seen: gone }, {}, /^client-stopped: /],
    ['a disk that has filled is grown first', { seen: full }, failed('restart'), /^disk-full-first: /],
    ['a person who asks for other data gets them', { seen: full, want: RESTORE }, {}, /^take swap: /],
    ['one that was stopped since then may be the heal’s', { seen: gone }, failed('restart'), /^take swap: /],
    ['so may one that an act may have taken down', { seen: gone }, { client: 'mayBeDown' }, /^take restart: /],
    [
      'a client that nobody can follow is a person’s at any time',
      { seen: unknown },
      failed('restart'),
      /^client-unknown: /,
    ],
    ['a volume that completes no I/O is waited for', { original: unreached }, failed('restart'), /^ebs-impaired: /],
    ['a person who asks for other data has looked at that', { original: unreached, want: RESTORE }, {}, /^take swap: /],
    [
      'an instance that is stopped has no I/O to be waited for',
      { original: { ...unreached, instance: stopped.instance } },
      failed('stop-start'),
      /^(?!ebs-impaired)/,
    ],
    ['a fleet that nobody sees is waited for', blind, {}, /^wait: no valid observation$/],
    ['for two hours', blind, { waitingSinceMs: NOON_MS - 2 * HOUR_MS }, /^breaker-open: /],
    ['and not where another guard refuses', { ...blind, haltedSinceMs: NOON_MS }, {}, /^chain-standing: /],
    [
      'a guard says alone why it refuses the first one',
      { haltedSinceMs: NOON_MS },
      {},
      /^chain-standing: (?!.*tried before)/,
    ],
    [
      'and of a later one, what was tried before',
      { haltedSinceMs: NOON_MS },
      failed('restart'),
      /^chain-standing: .* \(restart had not helped: restart was in vain\)$/,
    ],
    [
      'no replacement is reserved for data that cannot be read',
      { sources: { ...none, unread: 'HTTP 503' } },
      failed('restart'),
      /^unreadable: what could be copied cannot be read: HTTP 503$/,
    ],
    ['data that cannot be read keep no milder rung', { sources: { ...none, unread: 'HTTP 503' } }, {}, /^take restart/],
    [
      'nor one that moves the data',
      { sources: { ...none, unread: 'HTTP 503' } },
      failed('restart', 'swap'),
      /^take replace/,
    ],
    [
      'what cannot begin is left out',
      { seen: { ...seen(), volumes: seen().volumes.map((one) => ({ ...one, filesystem: 'btrfs' })) } },
      failed('restart'),
      /^skip swap: .* has btrfs/,
    ],
    [
      'a mate that gets its data of before is waited for',
      { mateBack: 'node9' },
      failed('restart'),
      /^wait: node9 gets its data of before first$/,
    ],
    ['and not by a restart', { mateBack: 'node9' }, {}, /^take restart/],
  ])('%s', (_, more, has, words) => {
    expect(next(more, has)).toMatch(words);
  });

  it('what cannot be read is told, and read again after five minutes', () => {
    const unread = decide(facts({ sources: { ...none, unread: 'HTTP 503' } }), ladderState(failed('restart')));
    expect(unread).toMatchObject({ end: { refusal: { page: true, retryAfterMs: 5 * MINUTE_MS } } });
  });
});

describe('an instance that AWS had no room for', () => {
  const short = (minutes: number): NonNullable<LadderState['unstarted']> => ({
    ...{ of: 'capacity', reason: 'no capacity' },
    ...{ sinceMs: NOON_MS - 2 * HOUR_MS, atMs: NOON_MS - minutes * MINUTE_MS },
  });
  const owes = { ...failed('stop-start'), original: 'stopIntended', client: 'mayBeDown' } as const;
  const setback = { act: 'start-instance', count: 3, reason: 'so it is', atMs: NOON_MS } as const;
  it.each<[string, Partial<Facts>, Partial<LadderState>, RegExp]>([
    [
      'is started an hour later, before the next rung',
      { original: stopped, seen: null },
      { ...owes, unstarted: short(60) },
      /^start-instance$/,
    ],
    [
      'is not asked for within the hour',
      { original: stopped, seen: null },
      { ...owes, unstarted: short(59) },
      /^take replace/,
    ],
    ['is not started where it was not refused', { original: stopped, seen: null }, owes, /^take replace/],
    [
      'is not started where no heal has stopped it',
      { original: stopped, seen: null },
      { ...owes, original: 'untouched', unstarted: short(60) },
      /^take replace/,
    ],
    [
      'is not started a fourth time',
      { original: stopped, seen: null },
      { ...owes, unstarted: short(60), setback },
      /^take replace/,
    ],
    ['is not started where it runs', {}, { ...owes, unstarted: short(60) }, /^take swap/],
    [
      'is not started where one reading does not show it',
      { original: null, seen: null, want: { do: 'replace-instance' } },
      { ...owes, unstarted: short(60) },
      /^take replace/,
    ],
  ])('%s', (_, more, has, words) => {
    expect(next(more, has)).toMatch(words);
  });
});

describe('no version is changed without a way back', () => {
  const begun = (more: Partial<Facts>, has: Partial<LadderState> = {}) =>
    decide(facts({ ...well, ...more }), ladderState({ hold: 'none', ...has }));
  const refused = Array.from({ length: 6 }, (_, at) => ({ setId: `old-${at}`, why: 'stale' }));
  const layered = { ...runs('28.0'), volumes: seen().volumes.map((one) => ({ ...one, filesystem: 'btrfs' })) };
  const unknown = { found: { ...ladderState().found, volumes: [] } };

  it.each<[string, Partial<Facts>, Partial<LadderState>, RegExp]>([
    ['its volumes cannot be told', {}, unknown, /^it is not upgraded: which volumes are the node’s cannot be told/],
    ['its volumes cannot be exchanged', { seen: layered }, {}, /^it is not upgraded: .* has btrfs/],
    [
      'no data are there, with four reasons',
      { sources: { ...none, refused } },
      {},
      /^it is not upgraded: no data to go back to; old-0: stale; old-1: stale; old-2: stale; old-3: stale$/,
    ],
  ])('where %s it is refused', (_, more, has, reason) => {
    expect(begun(more, has)).toMatchObject({
      end: {
        as: 'refused',
        refusal: {
          refuse: 'snapshot-unfit',
          reason: expect.stringMatching(reason),
          page: true,
          retryAfterMs: 15 * MINUTE_MS,
        },
      },
    });
  });

  it('where a chain stops for it there is none, and none is asked for', () => {
    const atHeight = { ...up, atHeight: 1_001 };
    expect(begun({ want: atHeight, sources: { ...none, refused } })).toMatchObject({
      do: 'take-rung',
      rung: 'upgrade',
    });
    expect(begun({ want: atHeight, sources: null }, unknown)).toMatchObject({ do: 'take-rung' });
  });
});

describe('an instance that ends in the middle', () => {
  const ending = { original: machine({ state: 'shutting-down' }) };
  const proving = { rung: 'restart', upSinceMs: NOON_MS - MINUTE_MS, client: 'mayBeDown' } as const;

  it('is told with what was under way, and is not as it was found', () => {
    expect(decide(facts(ending), ladderState(proving))).toMatchObject({
      end: {
        ...{ as: 'escalated', code: 'instance-gone', asFound: false },
        reason: 'its instance was terminated in the middle of its restart: nothing more is done, and nothing can be',
      },
    });
    expect(next(ending, failed('restart'))).toContain('was terminated while it was healed: ');
  });

  it('has the place given back that was taken from its group, and is told then', () => {
    const aside = { rung: 'swap', standby: 'entered', standbyIn: 'nodes' } as const;
    expect(decide(facts(ending), ladderState(aside))).toMatchObject({
      do: 'clean-up',
      piece: { kind: 'give-place', target: 'nodes' },
    });
    expect(next(ending, { ...aside, standby: 'none' })).toContain('was terminated in the middle of its swap');
    expect(next(ending, { ...aside, standby: 'refused' })).toContain('was terminated in the middle of its swap');
  });

  it('is waited for until EC2 has not shown it for five minutes', () => {
    const since = (ms: number) =>
      next({ original: null }, { ...proving, waitingSinceMs: NOON_MS - 5 * MINUTE_MS + ms });
    expect(since(1)).toBe('wait: it is not shown');
    expect(since(0)).toMatch(/^instance-gone: /);
  });

  it('ends no heal of which a person wants another instance', () => {
    expect(next({ ...ending, want: { do: 'replace-instance' } }, {})).toMatch(/^take replace: /);
  });
});

describe('a node that follows its chain again by itself', () => {
  const synced = { watched: watched('synced', { lagBlocks: 0, height: 1_001 }) };
  it('is not told so of what a heal has still to bring to its end', () => {
    expect(next(synced, failed('restart'))).toBe('prove');
    const asked = { ...synced, fleet, seen: runs('28.1') };
    expect(next(asked, { ...failed('upgrade'), upgrade: change({ is: 'from' }) })).toMatch(/^take swap: /);
    const moved = {
      moves: true,
      original: 'stopIntended',
      rung: 'stop-start',
      waitingSinceMs: NOON_MS - MINUTE_MS,
    } as const;
    expect(next({ ...synced, move: { cause: null, refusal: null } }, moved)).not.toBe('prove');
  });
});

describe('a node that follows its chain on an instance that was stopped and started', () => {
  const synced = watched('synced', { lagBlocks: 0, height: 1_001 });
  const started = (instance: 'ok' | 'initializing' | 'impaired' | null, minutes = 2) =>
    next(
      {
        watched: synced,
        original: machine({}, { checks: instance && { instance, system: 'ok', attachedEbs: 'ok' } }),
      },
      { rung: 'stop-start', original: 'started', waitingSinceMs: NOON_MS - minutes * MINUTE_MS },
    );

  it('is proved when EC2’s checks are through: before that nobody knows whether it has helped', () => {
    expect(started('initializing')).toMatch(/^wait: the instance is running, its checks are not through/);
    expect(started('ok')).toBe('prove');
    expect(started('impaired')).toBe('end-rung');
  });

  it('is proved by its blocks where EC2 says nothing, or for longer than a boot takes', () => {
    expect(started(null)).toBe('prove');
    expect(started('initializing', 16)).toBe('prove');
  });
});

describe('a ladder that did not help ends', () => {
  const end = (more: Partial<Facts>, has: Partial<LadderState>) => {
    const act = decide(facts(more), ladderState(has));
    return act.do === 'end' && act.end.as === 'escalated' ? act.end : act;
  };
  const all = failed('restart', 'swap', 'replace');
  const half = seen([client('running'), client('failed')]);
  const shrink = { want: { do: 'shrink', toGiB: 450 }, spared: null, watched: watched('synced') } as const;
  const atHeight = { ...well, want: { ...up, atHeight: 1_001 } };
  const beside = { ...well, want: { ...up, strategy: 'blue-green' } } as const;
  const noGood = {
    failed: [{ rung: 'swap', reason: 'none', code: 'no-good-snapshot' }, ...failed('restart', 'replace').failed],
  } as const;
  const moving = {
    watched: watched('synced'),
    move: { cause: { by: 'type', from: 'a', to: 'b' }, refusal: null },
  } as Partial<Facts>;
  const moved = { moves: true, ...failed('stop-start') } as const;

  it.each<[string, Partial<Facts>, Partial<LadderState>, object]>([
    [
      'with all that was tried',
      {},
      all,
      {
        code: 'ladder-spent',
        reason: 'nothing helped. restart: restart was in vain; swap: swap was in vain; replace: replace was in vain',
        asFound: true,
      },
    ],
    ['for want of a good snapshot', {}, noGood, { code: 'no-good-snapshot', asFound: true }],
    [
      'by data that were tried',
      {},
      { ...noGood, tried: [{ source: 'set-0', door: 'data', fault: 'open' }] as unknown as LadderState['tried'] },
      { code: 'ladder-spent' },
    ],
    [
      'of another instance beside it',
      beside,
      failed('replace'),
      {
        code: 'upgrade-failed',
        reason: 'it is not upgraded, and its own instance runs as before. replace: replace was in vain',
        asFound: true,
      },
    ],
    [
      'of a client that has not opened its own data',
      {},
      {
        failed: [
          { rung: 'replace', reason: 'it is at height 5', code: 'unopened' },
          ...failed('restart', 'swap').failed,
        ],
      },
      { code: 'ladder-spent', unopened: true },
    ],
    [
      'of a client that has not opened a copy',
      {},
      {
        ...failed('restart', 'swap', 'replace'),
        tried: [{ door: 'nobody-knows', fault: 'unopened' }] as unknown as LadderState['tried'],
      },
      { code: 'ladder-spent', unopened: true },
    ],
    ['of a smaller disk', shrink, failed('swap'), { code: 'shrink-failed', asFound: true }],
    [
      'of a smaller disk, of which the node says nothing',
      { ...shrink, seen: null, original: silent },
      failed('swap'),
      { code: 'shrink-failed', asFound: true },
    ],
    [
      'of a smaller disk, with a client that is down',
      { ...shrink, seen: half },
      failed('swap'),
      { code: 'shrink-failed', asFound: false },
    ],
    [
      'of an upgrade that was not begun',
      well,
      failed('upgrade'),
      {
        code: 'upgrade-failed',
        reason: 'it is not upgraded, and runs as before. upgrade: upgrade was in vain',
        asFound: true,
      },
    ],
    [
      'of an upgrade that was not begun, with a client that is down',
      { ...well, seen: half },
      { ...failed('upgrade'), client: 'mayBeDown' },
      { code: 'upgrade-failed', asFound: false },
    ],
    [
      'of an upgrade of which the node says nothing',
      { ...well, seen: null, original: silent },
      failed('upgrade'),
      { code: 'upgrade-failed', asFound: false },
    ],
    [
      'of an upgrade whose data did not come back',
      well,
      { ...failed('upgrade', 'swap'), upgrade: change({ is: 'from' }) },
      {
        code: 'upgrade-failed',
        reason: expect.stringMatching(/^it is not upgraded, and its data of before could not be put back\. /),
        asFound: false,
      },
    ],
    [
      'of an upgrade at a height',
      atHeight,
      failed('upgrade'),
      {
        code: 'upgrade-failed',
        reason: expect.stringMatching(/^it does not follow its chain above the height/),
        asFound: false,
      },
    ],
    [
      'of a move to other hardware',
      moving,
      moved,
      {
        code: 'ladder-spent',
        reason: 'its move to other hardware did not end well. stop-start: stop-start was in vain',
        asFound: true,
      },
    ],
    [
      'of another type',
      moving,
      { ...moved, retypes: { from: 'a', to: 'b' } },
      { code: 'ladder-spent', reason: expect.stringMatching(/^its instance did not become b\. /), asFound: true },
    ],
    [
      'of a move whose client is down',
      { ...moving, seen: half },
      { ...moved, setback: { act: 'start-again', count: 3, reason: 'no', atMs: NOON_MS - HOUR_MS } },
      { code: 'ladder-spent', asFound: false },
    ],
    [
      'of a move of which the node says nothing',
      { ...moving, seen: null, original: silent },
      moved,
      { code: 'ladder-spent', asFound: false },
    ],
  ])('%s', (_, more, has, expected) => {
    expect(end(more, has)).toMatchObject({ as: 'escalated', ...expected });
  });

  it('with a page where the file allows no rung', () => {
    const only = { fleet: { ...FLEET, replace: { ...FLEET.replace, rungs: ['swap'] as const } }, original: silent };
    expect(decide(facts(only), ladderState())).toMatchObject({
      end: { refusal: { refuse: 'restart-forbidden', page: true } },
    });
  });
});

describe('the supply', () => {
  const good = [snapshotSet(0), snapshotSet(1), snapshotSet(2)];
  const refused = Array.from({ length: 6 }, (_, at) => ({ setId: `old-${at}`, why: 'stale' }));
  const held = (more: Partial<Facts>, has: Partial<LadderState> = {}) =>
    decide(facts({ sources: { ...none, good, refused }, ...more }), ladderState({ hold: 'none', ...has }));
  const noSwap = { ...FLEET, replace: { ...FLEET.replace, rungs: ['restart', 'replace'] as const } };
  const unread = { sources: { ...none, unread: 'HTTP 503' } };
  const owns = (replace: object) =>
    bitcoinFleet({
      ...{ probe: 'ssm', volumes: { data: { path: DATA_PATH } } },
      ...{ drills: { securityGroup: 'sg-0123456789abcdef0' }, replace },
    });

  it('is held with the best two sets, and the reasons of four others', () => {
    expect(held({})).toMatchObject({
      do: 'hold-snapshots',
      snapshots: [{ snapshotId: 'snap-00' }, { snapshotId: 'snap-01' }],
      notUsed: [0, 1, 2, 3].map((at) => `old-${at} not: stale`),
      isUnread: false,
    });
    expect(held(unread)).toMatchObject({ snapshots: [], notUsed: ['they cannot be read: HTTP 503'], isUnread: true });
  });

  it.each<[string, Partial<Facts>, Partial<LadderState>, string]>([
    ['where a person asks for other data', { want: RESTORE }, {}, 'take-rung'],
    ['where it is held already', {}, { hold: 'held' }, 'take-rung'],
    ['where it was not read', { sources: null }, {}, 'take-rung'],
    ['where the file allows no swap', { fleet: noSwap }, {}, 'take-rung'],
    ['again, for a restart, where nobody knows whether it is', {}, { hold: 'unknown' }, 'take-rung'],
    [
      'again, for a roll-back, where nobody knows whether it is',
      { fleet: owns({ rollBack: { command: '/opt/node/roll-back', rehearse: false } }) },
      { hold: 'unknown', ...failed('restart') },
      'take-rung',
    ],
    [
      'again, for a reindex, where nobody knows whether it is',
      { fleet: owns({ reindex: { command: '/opt/node/reindex' } }) },
      { hold: 'unknown', ...failed('restart') },
      'skip-rung',
    ],
    ['where it could not be read again', unread, { hold: 'unknown', ...failed('restart', 'swap') }, 'take-rung'],
  ])('is not held %s', (_, more, has, does) => {
    expect(held(more, has).do).toBe(does);
  });

  it('is held again before a swap, where nobody knows whether it is', () => {
    expect(held({}, { hold: 'unknown', ...failed('restart') }).do).toBe('hold-snapshots');
  });

  it('keeps no node from being moved', () => {
    const move = { cause: { by: 'type', from: 'a', to: 'b' }, refusal: null } as Facts['move'];
    expect(held({ move, watched: watched('synced') }, { moves: true }).do).toBe('take-rung');
  });
});

describe('a node whose volumes may have been exchanged', () => {
  const cut = { rung: 'swap', client: 'mayBeDown', restoredVolumes: copy({ mounted: 'restored' }) } as const;
  const there = { volumes: [copyVolume()], seen: null };
  it.each<[string, Partial<Facts>, RegExp]>([
    ['is asked first', there, /^inspect$/],
    [
      'is not asked while it stops, though its agent answers still',
      { ...there, original: machine({ state: 'stopping' }) },
      /^instance-stopped: the instance is stopping/,
    ],
    ['is not asked where EC2 does not show it: the copy comes off', { ...there, original: null }, /^detach$/],
  ])('%s', (_, more, words) => {
    expect(next(more, cut)).toMatch(words);
  });
});

describe('the node of a pending stop', () => {
  it('is not told as healed while the stop may be on its way', () => {
    const pending = { call: 'StopInstances', target: INSTANCE, atMs: NOON_MS - 1_000 } as const;
    const has = {
      rung: 'stop-start',
      client: 'mayBeDown',
      original: 'stopIntended',
      waitingSinceMs: NOON_MS - MINUTE_MS,
    } as const;
    const synced = { watched: watched('synced', { lagBlocks: 0 }) };
    expect(next(synced, { ...has, pending })).not.toBe('prove');
    expect(next(synced, has)).toBe('prove');
    expect(next({ watched: watched('synced', { observedAtMs: NOON_MS - MINUTE_MS }) }, has)).not.toBe('prove');
  });
});
