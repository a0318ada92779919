// How long AWS, a client or an outage took, as the report counts it.
import type { Outage as ClientOutage } from '../../nodes/client.ts';
import type { PlacedNode, World } from '../world/world.ts';

/** With the client's own part of it: to end, and to load. */
type Outage = ClientOutage & { readonly stopSeconds?: number; readonly startSeconds?: number };

/** The total time in which AWS was working on these resources: overlapping times count once. */
export function awsWorkMs({ region }: World, resources: ReadonlySet<string>, fromMs: number, toMs: number): number {
  const stretches = region.kernel.works
    .filter((work) => work.resources.some((id) => resources.has(id)))
    .map(({ from, to }) => [Math.max(from, fromMs), Math.min(to, toMs)] as const)
    .filter(([from, to]) => to > from)
    .sort(([a], [b]) => a - b);
  let total = 0;
  let coveredToMs = fromMs;
  for (const [from, to] of stretches) {
    total += Math.max(0, to - Math.max(from, coveredToMs));
    coveredToMs = Math.max(coveredToMs, to);
  }
  return total;
}

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
 */
export function downtimeByHeals(machines: readonly PlacedNode[], fromMs: number, toMs: number): Downtime {
  const downs = machines.flatMap(({ machine, madeAtMs }, at) =>
    // Before its first start a new machine served no one.
    ourOutages(machine.client.outages, BY_HEALS, Math.max(fromMs, (madeAtMs ?? fromMs - 1) + 1), toMs).map(
      (outage): Downtime => {
        const another = outage.toMs === undefined ? takenOver(machines.toSpliced(at, 1), outage.fromMs) : undefined;
        const endMs = another?.atMs ?? outage.toMs;
        return {
          outageMs: lasted({ ...outage, ...(endMs !== undefined && { toMs: endMs }) }, toMs),
          clientMs: ownMs(outage) + (another?.startMs ?? 0),
        };
      },
    ),
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
