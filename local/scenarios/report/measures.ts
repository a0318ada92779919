// How long AWS, a client or an outage took, as the report counts it.
import type { Outage as ClientOutage } from '../../nodes/client.ts';
import type { PlacedNode, World } from '../world/world.ts';

/** With the client's own part of it: to end, and to load. */
type Outage = ClientOutage & { readonly stopSeconds?: number; readonly startSeconds?: number };

export interface AwsTime {
  /** AWS was making what the heal waited for. */
  readonly awsMs: number;
  /** AWS went on loading the blocks of a volume, and the node served already. */
  readonly backgroundMs: number;
}

/** How long AWS was working on these resources: overlapping times count once. */
export function awsTime(
  { region }: World,
  resources: ReadonlySet<string>,
  { fromMs, toMs, down }: { readonly fromMs: number; readonly toMs: number; readonly down: readonly Span[] },
): AwsTime {
  const works = region.kernel.works.filter((work) => work.resources.some((id) => resources.has(id)));
  const spansOf = (isLoading: boolean): readonly Span[] =>
    works
      .filter(({ what }) => (what === 'volume initialization') === isLoading)
      .flatMap(({ from, to }) => clipped([from, to], fromMs, toMs));
  const awaited = union([...spansOf(false), ...intersection(spansOf(true), down)]);
  const all = union([...awaited, ...spansOf(true)]);
  return { awsMs: total(awaited), backgroundMs: total(all) - total(awaited) };
}

/** From, to, in ms since the epoch. */
export type Span = readonly [number, number];

/** Spans that overlap are one; in the order of time. */
function union(spans: readonly Span[]): readonly Span[] {
  const merged: [number, number][] = [];
  for (const [from, to] of spans.toSorted(([a], [b]) => a - b)) {
    const last = merged.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else if (to > from) merged.push([from, to]);
  }
  return merged;
}

const intersection = (ones: readonly Span[], others: readonly Span[]): readonly Span[] =>
  union(ones.flatMap((one) => others.flatMap((other) => clipped(one, ...other))));

const clipped = ([from, to]: Span, fromMs: number, toMs: number): readonly Span[] =>
  Math.min(to, toMs) > Math.max(from, fromMs) ? [[Math.max(from, fromMs), Math.min(to, toMs)]] : [];

const total = (spans: readonly Span[]): number => spans.reduce((sum, [from, to]) => sum + to - from, 0);

/** How long any of these lasted: what overlaps counts once. */
export const timeOfAll = (spans: readonly Span[]): number => total(union(spans));

/**
 * When a node served nothing, for whatever reason: no machine that had its name had a client that had started. An outage that a heal found counts from
 * its beginning.
 */
export function nodeOutages(machines: readonly PlacedNode[], fromMs: number, toMs: number): readonly Span[] {
  const downs = machines.map(({ machine, madeAtMs }): readonly Span[] =>
    union([
      ...(machine.client.outages as readonly Outage[]).map((outage): Span => [outage.fromMs, outage.toMs ?? toMs]),
      // Before it was made it served no one.
      ...(madeAtMs === undefined ? [] : [[0, madeAtMs] as const]),
    ]),
  );
  const [first = [], ...others] = downs;
  // A node that did not exist yet was missed by nobody.
  const existsFromMs = Math.min(...machines.map(({ madeAtMs = 0 }) => madeAtMs));
  return others
    .reduce(intersection, first)
    .filter(([from, to]) => from <= toMs && to >= fromMs)
    .map(([from, to]): Span => [Math.max(from, existsFromMs), Math.min(to, toMs)]);
}

export const nodeOutageMs = (machines: readonly PlacedNode[], fromMs: number, toMs: number): number =>
  total(nodeOutages(machines, fromMs, toMs));

/** Only stops by a heal count: a client that the full disk had stopped is not counted. */
export const outageMs = ({ machine }: PlacedNode, fromMs: number, toMs: number): number =>
  ourOutages(machine.client.outages, STOPPED, fromMs, toMs).reduce((sum, outage) => sum + lasted(outage, toMs), 0);

export interface Downtime {
  /** Time without service because of a heal. */
  readonly outageMs: number;
  /** Of that, what the client itself took to stop and to start. */
  readonly clientMs: number;
}

/**
 * Of a heal that may stop clients and instances, over all machines that had the node's name. If the client of one stops and that of another replaces
 * it, the outage lasts until the new one serves.
 *
 * @param attempts when each attempt up to this one was at work, this one last: what lasts into it may have been begun by an earlier one
 */
export function downtimeByHeals(machines: readonly PlacedNode[], attempts: readonly Span[]): Downtime {
  const [startedMs = 0, toMs = 0] = attempts.at(-1) ?? [];
  const downs = machines.flatMap(({ machine, madeAtMs = Number.NEGATIVE_INFINITY }, at) =>
    attempts
      .flatMap(([fromMs, untilMs]) => ourOutages(machine.client.outages, BY_HEALS, fromMs, untilMs))
      // Before its first start a new machine served no one.
      .filter((outage) => outage.fromMs > madeAtMs && (outage.toMs ?? toMs) >= startedMs)
      .map((outage): Downtime => {
        const another = outage.toMs === undefined ? takenOver(machines.toSpliced(at, 1), outage.fromMs) : undefined;
        const endMs = another?.atMs ?? outage.toMs;
        return {
          outageMs: lasted({ ...outage, ...(endMs !== undefined && { toMs: endMs }) }, toMs),
          clientMs: ownMs(outage) + (another?.startMs ?? 0),
        };
      }),
  );
  const sum = (of: keyof Downtime): number => downs.reduce((total, down) => total + down[of], 0);
  return { outageMs: sum('outageMs'), clientMs: Math.min(sum('clientMs'), sum('outageMs')) };
}

const STOPPED: ReadonlySet<Outage['cause']> = new Set(['stopped']);
/** A client that ignores a stop is ended with SIGKILL; a stop of the instance also stops its client. */
const BY_HEALS: ReadonlySet<Outage['cause']> = new Set(['stopped', 'killed', 'instance-down', 'volume-gone']);

const ourOutages = (
  outages: readonly Outage[],
  causes: ReadonlySet<Outage['cause']>,
  fromMs: number,
  toMs: number,
): readonly Outage[] =>
  outages.filter(({ cause, fromMs: began }) => causes.has(cause) && began >= fromMs && began <= toMs);

/** The first client that serves on another machine after this moment. */
function takenOver(others: readonly PlacedNode[], afterMs: number): { atMs: number; startMs: number } | undefined {
  const starts = others.flatMap(({ machine: { client } }) =>
    (client.outages as readonly Outage[]).flatMap(({ toMs, startSeconds = 0 }) =>
      toMs !== undefined && toMs >= afterMs ? [{ atMs: toMs, startMs: startSeconds * 1_000 }] : [],
    ),
  );
  return starts.toSorted((a, b) => a.atMs - b.atMs)[0];
}

const ownMs = ({ stopSeconds = 0, startSeconds = 0 }: Outage): number => (stopSeconds + startSeconds) * 1_000;

const lasted = ({ fromMs, toMs }: Outage, nowMs: number): number => (toMs ?? nowMs) - fromMs;

export const seconds = (ms: number): number => Math.round(ms / 10) / 100;
