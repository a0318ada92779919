// What people are told of releases, and of the date by which a version has to run: each once.
import { describe, expect, it } from '@jest/globals';
import {
  type ReleaseFacts,
  type Reviewed,
  type RunningClient,
  reviewReleases,
  type UpgradeBy,
} from '../../../functions/watch-releases/decide.ts';
import type { FeedReading } from '../../../functions/watch-releases/feed.ts';
import { versionOf } from '../../../functions/watch-releases/version.ts';
import { noReleases, type ReleasesRecord } from '../../../shared/heal/records.ts';
import { DAY_MS, HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';

const running = (...told: readonly (string | null)[]): readonly RunningClient[] =>
  told.map((one, at) => ({ node: `node${at + 1}`, told: one }));

const feed = (...tags: readonly string[]): FeedReading => ({
  releases: tags.flatMap((name) => {
    const version = versionOf(name);
    return version === null
      ? []
      : [{ version, name, notesUrl: `https://github.com/bitcoin/bitcoin/releases/tag/${name}` }];
  }),
});

interface Told {
  readonly feed?: FeedReading | null;
  readonly running?: readonly RunningClient[];
  readonly upgradeBy?: UpgradeBy;
  readonly patches?: readonly string[];
  readonly tip?: number | null;
  readonly blockSeconds?: number | null;
  readonly nowMs?: number;
}

const facts = (told: Told = {}): ReleaseFacts => ({
  clients: {
    client: {
      feed: told.feed === undefined ? feed('v29.1', 'v29.0') : told.feed,
      running: told.running ?? running('/Satoshi:28.0.0/', '/Satoshi:29.1.0/', '/Satoshi:27.1.0/', '/Satoshi:28.0.0/'),
    },
    consensus: { feed: null, running: [] },
  },
  upgradeBy: told.upgradeBy ?? null,
  patches: told.patches ?? null,
  tip: told.tip === undefined ? 930_000 : told.tip,
  blockSeconds: told.blockSeconds === undefined ? 600 : told.blockSeconds,
  nowMs: told.nowMs ?? NOON_MS,
});

const dueOf = (held: Reviewed['held']) => held.filter(({ isDue }) => isDue);

/** The looks of so many days: what each of them told people. */
function days(...looks: readonly Told[]): readonly (readonly string[])[] {
  let record: ReleasesRecord = noReleases;
  return looks.map((told, day) => {
    const { next, held } = reviewReleases(record, facts({ nowMs: NOON_MS + day * DAY_MS, ...told }));
    record = { ...record, ...next };
    return dueOf(held).map(({ code, sentence }) => `${code}: ${sentence}`);
  });
}

const codes = (looks: readonly (readonly string[])[]): readonly string[] =>
  looks.map((told) => told.map((one) => one.split(':')[0]).join(', '));

describe('a release', () => {
  it('is told with who runs what, and where its notes are', () => {
    expect(days({})).toEqual([
      [
        'release-available: 29.1 is out: 3 of 4 nodes run an older one (28.0.0: node1, node4; 27.1.0: node3). Its notes: https://github.com/bitcoin/bitcoin/releases/tag/v29.1',
      ],
    ]);
  });

  it('is told once, and the next one again', () => {
    expect(codes(days({}, {}, { feed: feed('v29.1', 'v30.0', 'v29.2') }, {}))).toEqual([
      'release-available',
      '',
      'release-available',
      '',
    ]);
  });

  it('that is a preview is nobody’s news', () => {
    expect(days({ feed: feed('v29.1') }, { feed: feed('v29.1', 'v30.0rc1', 'v30.0-beta.2') })[1]).toEqual([]);
  });

  it('that every node runs is told to nobody, and not later either when one falls back', () => {
    const looks = days({ running: running('29.1.0', '29.1.0') }, { running: running('29.1.0', '29.0.0') });
    expect(looks).toEqual([[], []]);
  });

  it('is not held for run where a node’s version is not known: it is told once that is', () => {
    const looks = days({ running: running('29.1.0', null) }, { running: running('29.1.0', '28.0.0') });
    expect(codes(looks)).toEqual(['', 'release-available']);
  });

  it('is told with the nodes of which nothing is known', () => {
    expect(days({ running: running('28.0.0', null) })[0]?.[0]).toContain(
      '1 of 2 nodes runs an older one (28.0.0: node1); of node2 no version is known',
    );
  });

  it('is told with the nodes in the order of their names, and of a tag that stands twice by the first', () => {
    const some = ['node10', 'node2'].map((node) => ({ node, told: '28.0.0' }));
    expect(days({ running: some, feed: feed('v29.1', '29.1') })[0]?.[0]).toMatch(
      /2 of 2 nodes run an older one \(28\.0\.0: node2, node10\)\. Its notes: .*\/tag\/v29\.1$/,
    );
  });

  it('takes what names no version for unknown', () => {
    expect(days({ running: running('28.0.0', 'nightly') })[0]?.[0]).toContain('; of node2 no version is known');
  });

  it('is written down, with how many nodes are behind, in both clients', () => {
    const beacon = { feed: feed('v7.0.1'), running: running('7.0.0', '7.0.1', null) };
    const both = (): ReleaseFacts => ({ ...facts(), clients: { ...facts().clients, consensus: beacon } });
    const { next, held, notes } = reviewReleases(noReleases, both());
    expect(next).toMatchObject({
      ...{ newest: { client: '29.1', consensus: '7.0.1' }, told: { client: '29.1', consensus: '7.0.1' } },
      behind: 4,
    });
    expect(dueOf(held).map(({ sentence }) => sentence)[1]).toMatch(
      /^7\.0\.1 of the consensus client is out: 1 of 3 nodes runs /,
    );
    expect(notes).toEqual([]);
    expect(reviewReleases(noReleases, facts()).next.behind).toBe(3);
  });

  it('that every node runs is noted once', () => {
    const all = facts({ running: running('29.1.0', '29.1.0') });
    const { next, notes } = reviewReleases(noReleases, all);
    expect(notes).toEqual(['29.1 is the newest release, and every node runs it']);
    expect(reviewReleases({ ...noReleases, ...next }, all).notes).toEqual([]);
  });

  it('is not held for run by a fleet of which nobody is seen', () => {
    expect(codes(days({ running: [] }, { running: running('28.0.0') }))).toEqual(['', 'release-available']);
  });

  it('is news where what was told before names no version', () => {
    const before = { ...noReleases, told: { client: 'nightly', consensus: null } };
    expect(dueOf(reviewReleases(before, facts()).held)).toHaveLength(1);
  });

  it('that disappears again from the feed changes nothing', () => {
    expect(codes(days({}, { feed: feed('v29.0') }, {}))).toEqual(['release-available', '', '']);
  });
});

describe('a feed that cannot be read', () => {
  const unreadable: Told = { feed: { unreadable: 'github.com answers HTTP 502' } };

  it('is told after a week, once, and again when it has been read meanwhile', () => {
    const week = Array.from({ length: 7 }, () => unreadable);
    expect(codes(days(...week, unreadable, unreadable, {}, ...week, unreadable))).toEqual([
      ...Array.from({ length: 7 }, () => ''),
      ...['releases-unread', '', 'release-available'],
      ...Array.from({ length: 7 }, () => ''),
      'releases-unread',
    ]);
    expect(days(...week, unreadable)[7]?.[0]).toMatch(
      /^releases-unread: the feed of releases cannot be read since 20\d\d-\d\d-\d\d: github\.com answers HTTP 502$/,
    );
  });

  it('that names no release counts as unread', () => {
    const { next, notes } = reviewReleases(noReleases, facts({ feed: feed() }));
    expect(notes).toEqual(['the feed of releases cannot be read: it names no release']);
    expect(next.behind).toBeNull();
    expect(reviewReleases({ ...noReleases, ...next }, facts({ feed: feed() })).notes).toEqual([]);
  });
});

describe('the date by which a version has to run', () => {
  const at = (daysLeft: number): Told => ({
    feed: null,
    running: running('28.0.0', '29.0.0', null),
    upgradeBy: { version: '29.0', atMs: NOON_MS + 30 * DAY_MS },
    nowMs: NOON_MS + (30 - daysLeft) * DAY_MS,
  });

  it('is told as it nears: two weeks, one week, three days, one day before, and when it is over', () => {
    const left = [30, 15, 14, 13, 7, 6, 3, 2, 1, 0.5, 0, -1, -2];
    expect(codes(days(...left.map(at)))).toEqual([
      ...['', '', 'upgrade-due', '', 'upgrade-due', '', 'upgrade-due', ''],
      ...['upgrade-near', '', 'upgrade-near', '', ''],
    ]);
    expect(days(at(3))[0]).toEqual([
      expect.stringMatching(
        /^upgrade-due: 29\.0 has to run by 20\d\d-\d\d-\d\d 12:00 UTC, in 3 days: node1 runs 28\.0\.0; node3 runs no known version$/,
      ),
    ]);
    expect(days(at(1))[0]?.[0]).toContain(', in 24 h: ');
    for (const left of [0, -1]) expect(days(at(left))[0]?.[0]).toContain('which is over');
    const many = { ...at(3), running: running('28.0.0', '28.0.0') };
    expect(days(many)[0]?.[0]).toMatch(/: node1, node2 run 28\.0\.0$/);
  });

  it('is not met by a fleet of which nobody is seen', () => {
    const { held, notes, next } = reviewReleases(noReleases, facts({ ...at(3), running: [] }));
    expect(dueOf(held)).toMatchObject([{ sentence: expect.stringMatching(/: no node is known$/) }]);
    expect({ notes, isMet: next.deadline?.isMet, hoursLeft: next.hoursLeft }).toEqual({
      ...{ notes: [], isMet: false },
      hoursLeft: 72,
    });
  });

  it('is met when every node runs that version, or a newer one', () => {
    const met = { ...at(3), running: running('29.0.1', '30.0.0') };
    const { held, notes, next } = reviewReleases(noReleases, facts(met));
    expect({ held, notes, left: next.hoursLeft }).toEqual({
      ...{ held: [], left: null },
      notes: [expect.stringMatching(/^every node runs 29\.0 or a newer one: .* is met$/)],
    });
    expect(reviewReleases({ ...noReleases, ...next }, facts(met)).notes).toEqual([]);
  });

  it('that is another one is told from its beginning', () => {
    const moved: Told = { ...at(3), upgradeBy: { version: '29.0', atMs: NOON_MS + 31 * DAY_MS } };
    expect(codes(days(at(3), moved))).toEqual(['upgrade-due', 'upgrade-due']);
  });

  describe('as a height', () => {
    const height: Told = { feed: null, running: running('28.0.0'), upgradeBy: { version: '29.0', height: 931_000 } };

    it('is reckoned by the chain’s rule at first', () => {
      expect(days({ ...height, tip: 931_000 - 144 * 2 })[0]?.[0]).toContain('by height 931000, in 2 days');
    });

    it('is reckoned by the chain’s own pace once that was seen for half a day', () => {
      const first = reviewReleases(noReleases, facts({ ...height, tip: 930_000 }));
      const slow = { ...height, tip: 930_072, nowMs: NOON_MS + DAY_MS };
      expect(reviewReleases({ ...noReleases, ...first.next }, facts(slow)).next.hoursLeft).toBe(
        Math.floor((928 * 24) / 72),
      );
    });

    it('keeps the older height where somebody looks in between', () => {
      const first = reviewReleases(noReleases, facts({ ...height, tip: 930_000 }));
      const between = reviewReleases(
        { ...noReleases, ...first.next },
        facts({ ...height, tip: 930_006, nowMs: NOON_MS + HOUR_MS }),
      );
      expect(between.next.tip).toEqual({ height: 930_000, atMs: NOON_MS });
    });

    it.each<[string, number, number, number, number]>([
      ['by its rule before half a day', 11, 930_012, 930_000, Math.floor((988 * 600) / 3600)],
      ['by its pace from half a day on', 12, 930_012, 930_012, 988],
      ['by its rule where it has not gone on', 24, 930_000, 930_000, Math.floor((1000 * 600) / 3600)],
    ])('is reckoned %s', (_, hours, tip, kept, hoursLeft) => {
      const first = reviewReleases(noReleases, facts({ ...height, tip: 930_000 }));
      const later = facts({ ...height, tip, nowMs: NOON_MS + hours * HOUR_MS });
      const { next } = reviewReleases({ ...noReleases, ...first.next }, later);
      expect({ hoursLeft: next.hoursLeft, kept: next.tip?.height }).toEqual({ hoursLeft, kept });
    });

    it('that is reached is over', () => {
      expect(codes(days({ ...height, tip: 931_000 }))).toEqual(['upgrade-near']);
      expect(reviewReleases(noReleases, facts({ ...height, tip: 931_010 })).next.hoursLeft).toBe(0);
    });

    it('of which nobody knows how far it is tells nobody', () => {
      expect(days({ ...height, tip: null }, { ...height, blockSeconds: null })).toEqual([[], []]);
      expect(reviewReleases(noReleases, facts({ ...height, tip: null }))).toMatchObject({
        ...{ next: { hoursLeft: null, deadline: { isMet: false } }, held: [], notes: [] },
      });
    });
  });
});

describe('what people were told of lasts', () => {
  const DUE: Told = {
    ...{ feed: null, running: running('28.0.0'), upgradeBy: { version: '29.0', atMs: NOON_MS + 3 * DAY_MS } },
  };
  const unread = { feed: { unreadable: 'github.com answers HTTP 502' } };
  /** After a first look. */
  const second = (first: Told, told: Told, record: Partial<ReleasesRecord> = {}) => {
    const { next } = reviewReleases({ ...noReleases, ...record }, facts(first));
    const later = facts({ nowMs: NOON_MS + HOUR_MS, ...told });
    return reviewReleases({ ...noReleases, ...next }, later).held.map(
      ({ code, subject, sentence, isDue }) =>
        `${code} ${subject}${sentence === null ? ', unknown' : ''}${isDue ? ', due' : ''}`,
    );
  };

  it.each<[string, Told, Told, readonly string[]]>([
    ['a release while a node runs an older one', {}, {}, ['release-available client']],
    [
      'a release of which nobody knows who runs it',
      {},
      { running: running(null) },
      ['release-available client, unknown'],
    ],
    ['a release whose feed cannot be read', {}, unread, ['release-available client, unknown']],
    ['no release that every node runs', {}, { running: running('29.1.0') }, []],
    [
      'a date, under both of its codes, the one of now with its words',
      DUE,
      DUE,
      ['upgrade-due client', 'upgrade-near client, unknown'],
    ],
    ['no date that is met', DUE, { ...DUE, running: running('29.0') }, []],
    ['no date that is far', { ...DUE, nowMs: NOON_MS - 30 * DAY_MS }, { ...DUE, nowMs: NOON_MS - 29 * DAY_MS }, []],
  ])('%s', (_, first, told, expected) => {
    expect(second(first, told)).toEqual(expected);
  });

  it('a date by a height that nobody knows now', () => {
    const height: Told = { feed: null, running: running('28.0.0'), upgradeBy: { version: '29.0', height: 930_100 } };
    expect(second(height, { ...height, tip: null })).toEqual([
      'upgrade-due client, unknown',
      'upgrade-near client, unknown',
    ]);
  });

  it('a feed from the page on, and not before', () => {
    const since = (isTold: boolean) => ({ failing: { client: { sinceMs: NOON_MS, isTold }, consensus: null } });
    expect(second(unread, unread, since(true))).toEqual([
      'releases-unread client',
      'release-available client, unknown',
    ]);
    expect(second(unread, unread, since(false))).toEqual(['release-available client, unknown']);
  });
});

describe('what a fleet may be upgraded to without a person', () => {
  const patch = (told: Told) => reviewReleases(noReleases, facts(told)).next.patch;
  const here = (...versions: readonly string[]) => ({ running: running(...versions.map((one) => `/Satoshi:${one}/`)) });
  const out = feed('v30.0', 'v29.2', 'v29.1', 'v29.3rc1');

  it('is the newest release of its line that its file names', () => {
    const told = { feed: out, patches: ['29.0', '29.1', '29.2', '30.0'], ...here('29.0.0', '29.0.0') };
    expect(patch(told)).toEqual({ to: '29.2', atMs: NOON_MS });
    expect(patch({ ...told, patches: ['29.0', '29.1', '30.0'] })).toEqual({ to: '29.1', atMs: NOON_MS });
    expect(patch({ ...told, ...here('29.2.0', '29.1.0') })).toEqual({ to: '29.2', atMs: NOON_MS });
    expect(patch({ ...told, patches: ['29.0', '29.2rc1', '29.2-debug', '29.2'] })).toEqual({
      to: '29.2',
      atMs: NOON_MS,
    });
    // As the owner has named the unit.
    expect(patch({ ...told, patches: ['v29.2'] })).toMatchObject({ to: 'v29.2' });
  });

  it.each<[string, Told]>([
    ['where its file lets nothing', { feed: out, ...here('29.0.0') }],
    ['of another line', { feed: out, patches: ['30.0'], ...here('29.0.0') }],
    ['that its file does not name', { feed: out, patches: ['29.0'], ...here('29.0.0') }],
    ['that is not released', { feed: out, patches: ['29.4'], ...here('29.0.0') }],
    ['that is a candidate', { feed: out, patches: ['29.3'], ...here('29.0.0') }],
    ['that all run', { feed: out, patches: ['29.2'], ...here('29.2.0', '29.2.0') }],
    ['that is older than what one runs', { feed: out, patches: ['29.1'], ...here('29.0.0', '29.2.0') }],
    ['where one runs another line', { feed: out, patches: ['29.2'], ...here('29.0.0', '28.0.0') }],
    ['where of one nothing is known', { feed: out, patches: ['29.2'], running: running('/Satoshi:29.0.0/', null) }],
    ['where one names no version', { feed: out, patches: ['29.2'], running: running('/Satoshi:29.0.0/', 'knots') }],
    ['where no node is known', { feed: out, patches: ['29.2'], running: [] }],
    ['where its feed is silent', { feed: { unreadable: 'HTTP 503' }, patches: ['29.2'], ...here('29.0.0') }],
    ['without a feed', { feed: null, patches: ['29.2'], ...here('29.0.0') }],
    ['whose middle number differs', { feed: feed('v1.15.0'), patches: ['1.15.0'], ...here('1.14.9') }],
    ['whose release has a middle number that differs', { feed: feed('v29.1.0'), patches: ['29.1'], ...here('29.0.0') }],
    ['of which the file names a candidate', { feed: out, patches: ['29.2rc1'], ...here('29.0.0') }],
    ['of which the file names a build of its own', { feed: out, patches: ['29.2-debug'], ...here('29.0.0') }],
    ['whose name is no version', { feed: out, patches: ['latest'], ...here('29.0.0') }],
  ])('is none %s', (_, told) => {
    expect(patch(told)).toBeNull();
  });

  it('is in the journal once', () => {
    const told = { feed: out, patches: ['29.2'], ...here('29.0.0') };
    const { next, notes } = reviewReleases(noReleases, facts(told));
    const sentence = '29.2 may be upgraded to without a person: only its last number differs from what runs';
    expect(notes).toEqual([sentence]);
    expect(reviewReleases({ ...noReleases, ...next }, facts(told)).notes).toEqual([]);
  });
});
