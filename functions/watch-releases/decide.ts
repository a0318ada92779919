// What people are told of releases and of the date by which a version has to run: each release once, each nearer date once. Pure.
import type { ReleasePageCode, ReleasesRecord } from '../../shared/heal/records.ts';
import type { Held } from '../../shared/reconcile/page-memory.ts';
import { compareNames, names } from '../../shared/text/names.ts';
import type { FeedReading, Release } from './feed.ts';
import { compareVersions, type Version, versionOf } from './version.ts';

/** The client that is watched, and the consensus client beside it. */
export type ClientKind = 'client' | 'consensus';

export interface RunningClient {
  readonly node: string;
  /** As the client names it itself; null: nobody knows it just now. */
  readonly told: string | null;
}

export interface ClientFacts {
  readonly running: readonly RunningClient[];
  /** null: the fleet file names no feed of it. `unreadable` where it could not be asked, too. */
  readonly feed: FeedReading | null;
}

export interface ReleaseFacts {
  readonly clients: Readonly<Record<ClientKind, ClientFacts>>;
  readonly upgradeBy: UpgradeBy | null;
  /** Versions of the client that it may be upgraded to without a person, as the fleet file names them; null: none. */
  readonly patches: readonly string[] | null;
  /** Of the chain, as the fleet sees it; null where nobody knows it. */
  readonly tip: number | null;
  /** Of the chain, as a rule; null where nobody knows it. */
  readonly blockSeconds: number | null;
  readonly nowMs: number;
}

/** The fleet file's word: this version has to run before then. */
export type UpgradeBy = { readonly version: string } & ({ readonly height: number } | { readonly atMs: number });

/** What people are told of, by the client that it is about. */
interface HeldOfClient extends Held {
  readonly code: ReleasePageCode;
  readonly subject: ClientKind;
}

export interface Reviewed {
  readonly next: Pick<
    ReleasesRecord,
    'newest' | 'told' | 'failing' | 'deadline' | 'tip' | 'behind' | 'hoursLeft' | 'patch'
  >;
  readonly held: readonly HeldOfClient[];
  /** For the journal: what changed and pages nobody. */
  readonly notes: readonly string[];
}

const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
const PACE_MS = 12 * HOUR_MS;
/** A feed that cannot be read for so long is told: until then it is the weather. */
const FAILING_TOLD_MS = 7 * DAY_MS;
/** So long before the date people are told, and told again. From a day on it wants something now. */
const STAGES_MS = [14 * DAY_MS, 7 * DAY_MS, 3 * DAY_MS, DAY_MS, 0] as const;
const NEAR_MS = DAY_MS;

/** @param before of the last look */
export function reviewReleases(before: ReleasesRecord, facts: ReleaseFacts): Reviewed {
  const looks = both((kind) => lookAt(kind, before, facts));
  const all = Object.values(looks);
  const deadline = lookAtDeadline(before, facts);
  const patch = patchOf(facts);
  const isNewPatch = patch !== null && patch !== before.patch?.to;
  return {
    next: {
      newest: both((kind) => looks[kind].newest),
      told: both((kind) => looks[kind].told),
      failing: both((kind) => looks[kind].failing),
      deadline: deadline.next,
      tip: tipOf(before.tip, facts),
      behind: sum(all.map(({ behind }) => behind)),
      hoursLeft: deadline.leftMs === null ? null : Math.floor(deadline.leftMs / HOUR_MS),
      patch: patch === null ? null : { to: patch, atMs: facts.nowMs },
    },
    held: [...all.flatMap(({ held }) => held), ...deadline.held],
    notes: [
      ...all.flatMap(({ notes }) => notes),
      ...deadline.notes,
      ...(isNewPatch
        ? [`${patch} may be upgraded to without a person: only its last number differs from what runs`]
        : []),
    ],
  };
}

/**
 * The newest version that the file names, that the feed has released, and that differs from what nodes run in its last number alone; null: there is none,
 * or of a node no version is known. 29.1 is one of 29.0, and 29.1.2 of 29.1.0; 29.1.0 is none of 29.0.0, since a middle number differs.
 */
function patchOf({ patches, clients: { client } }: ReleaseFacts): string | null {
  if (patches === null || client.feed === null || !('releases' in client.feed)) return null;
  const running = client.running.map(({ told }) => versionOf(told ?? ''));
  const known = running.filter((one) => one !== null);
  if (known.length < running.length) return null;
  const released = client.feed.releases.map(({ version }) => version).filter(({ isPreview }) => !isPreview);
  const fitting = patches.flatMap((name) => {
    const version = versionOf(name);
    const release = version && released.find((one) => compareVersions(one, version) === 0);
    // A candidate or a build of the owner's own has the numbers of a release, and nobody has released it.
    if (!version?.isPlain || !release) return [];
    const differences = known.map((one) => compareVersions(version, one));
    const isNewer =
      differences.some((difference) => difference > 0) && differences.every((difference) => difference >= 0);
    return isNewer && known.every((one) => hasSameLine(version, one) && hasSameLine(release, one))
      ? [{ name, version }]
      : [];
  });
  const [newest] = fitting.toSorted((a, b) => compareVersions(b.version, a.version));
  return newest?.name ?? null;
}

/** All numbers but the last one of the release are those of the other. */
const hasSameLine = ({ numbers }: Version, { numbers: other }: Version): boolean =>
  numbers.slice(0, -1).every((number, at) => number === (other[at] ?? 0));

const both = <T>(of: (kind: ClientKind) => T): Record<ClientKind, T> => ({
  client: of('client'),
  consensus: of('consensus'),
});

/** The chain's pace is measured over half a day at least: a look in between keeps the older height. */
function tipOf(before: ReleasesRecord['tip'], { tip, nowMs }: ReleaseFacts): ReleasesRecord['tip'] {
  if (tip === null || (before !== null && nowMs - before.atMs < PACE_MS)) return before;
  return { height: tip, atMs: nowMs };
}

interface Look {
  readonly newest: string | null;
  readonly told: string | null;
  readonly failing: ReleasesRecord['failing'][ClientKind];
  /** Nodes with an older one; null: nobody knows. */
  readonly behind: number | null;
  readonly held: readonly HeldOfClient[];
  readonly notes: readonly string[];
}

const WORDS: Readonly<Record<ClientKind, string>> = { client: '', consensus: ' of the consensus client' };

function lookAt(kind: ClientKind, before: ReleasesRecord, { clients, nowMs }: ReleaseFacts): Look {
  const { running, feed } = clients[kind];
  const was = { newest: before.newest[kind], told: before.told[kind], failing: before.failing[kind] };
  const release = (sentence: string | null, isDue: boolean): HeldOfClient => {
    return { code: 'release-available', subject: kind, sentence, isDue };
  };
  if (feed === null) return { ...was, newest: null, told: null, failing: null, behind: null, held: [], notes: [] };
  const newest = 'releases' in feed ? newestOf(feed.releases) : null;
  if (newest === null) {
    const { held, ...unread } = failed(was.failing, kind, whyNot(feed), nowMs);
    return { ...was, behind: null, ...unread, held: [...held, release(null, false)] };
  }
  const older = running.filter(({ told }) => isOlder(told, newest.version));
  const text = newest.version.text;
  const isNews = before.told[kind] === null || isNewer(text, before.told[kind]);
  const isTold = isNews && older.length > 0;
  // While a node's version is not known, it may be the one that is older: it is told once that is known.
  const isKept = isNews && older.length === 0 && running.length > 0 && !running.some(isUnknown);
  const sentence = `${text}${WORDS[kind]} is out: ${countText(older, running)}. ${newest.notesUrl ? `Its notes: ${newest.notesUrl}` : `The feed calls it ${newest.name}`}`;
  return {
    ...{ newest: text, failing: null, behind: older.length },
    told: isTold || isKept ? text : before.told[kind],
    // What is not known is not over.
    held: older.length > 0 ? [release(sentence, isTold)] : running.some(isUnknown) ? [release(null, false)] : [],
    notes: isKept ? [`${text}${WORDS[kind]} is the newest release, and every node runs it`] : [],
  };
}

const whyNot = (feed: FeedReading): string => ('unreadable' in feed ? feed.unreadable : 'it names no release');

function failed(
  before: ReleasesRecord['failing'][ClientKind],
  kind: ClientKind,
  why: string,
  nowMs: number,
): Pick<Look, 'failing' | 'held' | 'notes'> {
  const what = `releases${WORDS[kind]}`;
  const sinceMs = before?.sinceMs ?? nowMs;
  const isTold = before?.isTold === true;
  const isDue = !isTold && nowMs - sinceMs >= FAILING_TOLD_MS;
  const since = new Date(sinceMs).toISOString().slice(0, 10);
  return {
    failing: { sinceMs, isTold: isTold || isDue },
    held:
      isTold || isDue
        ? [
            {
              code: 'releases-unread',
              subject: kind,
              sentence: `the feed of ${what} cannot be read since ${since}: ${why}`,
              isDue,
            },
          ]
        : [],
    notes: before === null ? [`the feed of ${what} cannot be read: ${why}`] : [],
  };
}

/** Previews are nobody's news. */
function newestOf(releases: readonly Release[]): Release | null {
  const final = releases.filter(({ version }) => !version.isPreview);
  return final.reduce<Release | null>(
    (newest, one) => (newest === null || compareVersions(one.version, newest.version) > 0 ? one : newest),
    null,
  );
}

const isNewer = (text: string, than: string): boolean => {
  const [one, other] = [versionOf(text), versionOf(than)];
  return one !== null && (other === null || compareVersions(one, other) > 0);
};

/** Unknown is not older. */
function isOlder(told: string | null, than: Version): boolean {
  const version = told === null ? null : versionOf(told);
  return version !== null && compareVersions(version, than) < 0;
}

const isUnknown = ({ told }: RunningClient): boolean => told === null || versionOf(told) === null;

/** "3 of 4 nodes run an older one (28.0: node1, node2; 27.1: node3); of node4 no version is known" */
function countText(older: readonly RunningClient[], running: readonly RunningClient[]): string {
  const byVersion = Map.groupBy(older, ({ told }) => versionOf(told ?? '')?.text ?? '');
  const lists = [...byVersion].map(([version, nodes]) => `${version}: ${namesOf(nodes)}`);
  const unknown = running.filter(isUnknown);
  const verb = older.length === 1 ? 'runs' : 'run';
  return (
    `${older.length} of ${running.length} nodes ${verb} an older one (${lists.join('; ')})` +
    (unknown.length === 0 ? '' : `; of ${namesOf(unknown)} no version is known`)
  );
}

const namesOf = (nodes: readonly RunningClient[]): string => names(nodes.map(({ node }) => node).sort(compareNames));

interface DeadlineLook {
  readonly next: ReleasesRecord['deadline'];
  /** null: there is none, it is met, or nobody knows how long a height takes. */
  readonly leftMs: number | null;
  readonly held: readonly HeldOfClient[];
  readonly notes: readonly string[];
}

function lookAtDeadline(before: ReleasesRecord, facts: ReleaseFacts): DeadlineLook {
  const { upgradeBy } = facts;
  if (upgradeBy === null) return { next: null, leftMs: null, held: [], notes: [] };
  const when =
    'height' in upgradeBy
      ? `height ${upgradeBy.height}`
      : `${new Date(upgradeBy.atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const key = `${upgradeBy.version} by ${when}`;
  const was = before.deadline?.key === key ? before.deadline : { key, stage: -1, isMet: false };
  const wanted = versionOf(upgradeBy.version);
  const { running } = facts.clients.client;
  const late = wanted === null ? [] : running.filter((one) => isUnknown(one) || isOlder(one.told, wanted));
  if (running.length > 0 && late.length === 0)
    return {
      ...{ next: { ...was, isMet: true }, leftMs: null, held: [] },
      notes: was.isMet ? [] : [`every node runs ${upgradeBy.version} or a newer one: ${key} is met`],
    };
  const leftMs = leftUntil(upgradeBy, before, facts);
  // From its first page on it lasts until it is met.
  const held = (stage: number, now: ReleasePageCode | null, sentence: string): readonly HeldOfClient[] =>
    (stage < 0 ? [] : (['upgrade-due', 'upgrade-near'] as const)).map((code) => {
      const isNow = code === now;
      return { code, subject: 'client', sentence: isNow ? sentence : null, isDue: isNow && stage > was.stage };
    });
  if (leftMs === null) return { next: { ...was, isMet: false }, leftMs, held: held(was.stage, null, ''), notes: [] };
  const stage = Math.max(
    STAGES_MS.findLastIndex((stageMs) => leftMs <= stageMs),
    was.stage,
  );
  const sentence = `${upgradeBy.version} has to run by ${when}, ${leftText(leftMs)}: ${lateText(late)}`;
  return {
    ...{ next: { key, stage, isMet: false }, leftMs, notes: [] },
    held: held(stage, leftMs <= NEAR_MS ? 'upgrade-near' : 'upgrade-due', sentence),
  };
}

/** By the chain's pace since the last look, of half a day at least; before, by its rule. */
function leftUntil(upgradeBy: UpgradeBy, { tip: seen }: ReleasesRecord, facts: ReleaseFacts): number | null {
  const { tip, blockSeconds, nowMs } = facts;
  if ('atMs' in upgradeBy) return upgradeBy.atMs - nowMs;
  if (tip === null) return null;
  const blocks = upgradeBy.height - tip;
  if (blocks <= 0) return 0;
  const isLong = seen !== null && nowMs - seen.atMs >= PACE_MS && tip > seen.height;
  if (isLong) return (blocks * (nowMs - seen.atMs)) / (tip - seen.height);
  return blockSeconds === null ? null : blocks * blockSeconds * 1_000;
}

function leftText(leftMs: number): string {
  if (leftMs <= 0) return 'which is over';
  const hours = Math.floor(leftMs / HOUR_MS);
  return hours < 48 ? `in ${hours} h` : `in ${Math.floor(hours / 24)} days`;
}

function lateText(late: readonly RunningClient[]): string {
  const byVersion = Map.groupBy(late, ({ told }) => versionOf(told ?? '')?.text ?? 'no known version');
  if (byVersion.size === 0) return 'no node is known';
  return [...byVersion]
    .map(([version, nodes]) => `${namesOf(nodes)} ${nodes.length === 1 ? 'runs' : 'run'} ${version}`)
    .join('; ');
}

const sum = (counts: readonly (number | null)[]): number | null => {
  const known = counts.flatMap((count) => count ?? []);
  return known.length === 0 ? null : known.reduce((one, other) => one + other, 0);
};
