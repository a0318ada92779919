// Since when the client of a node runs, and how often it was started again by itself, as its unit or container tells. What is asked over its port knows neither
// before it answers: which nodes are asked for it, what is remembered, and what follows from it. Pure. Unknown is a value: without it all is judged as before.
import { SHOWS } from '../../shared/chains/client.ts';
import type { FleetNode } from '../../shared/fleet/nodes.ts';
import type { ClientRun, ObservedNode } from '../../shared/fleet/observation.ts';
import type { LookReading, NodeReading } from './context.ts';

/** A client that loads is asked this often, a well one as often as a quarter of an hour: each sweep comes some seconds early or late. */
const LOADING_EVERY_MS = 170_000;
const WELL_EVERY_MS = 15 * 60_000 - 10_000;
/** Nodes of one command ("You can specify up to 50 managed node IDs", SendCommandRequest): more wait for the next sweep. */
const ASKED_AT_MOST = 50;
/** What a node said before is no knowledge any more. */
const VALID_MS = 3 * 60_000;

/** Silent nodes are asked in each sweep, since a heal may begin; those that load, and well ones, in their turn. The longest unasked first. */
export function runsDue(
  nodes: readonly FleetNode[],
  readings: ReadonlyMap<string, NodeReading>,
  before: ReadonlyMap<string, ObservedNode>,
  nowMs: number,
): readonly FleetNode[] {
  const askedAtMs = ({ instanceId }: FleetNode): number => before.get(instanceId)?.memory?.run?.askedAtMs ?? 0;
  const everyMs = ({ instanceId }: FleetNode): number => {
    const reading = readings.get(instanceId);
    if (reading?.kind !== 'read' || before.get(instanceId)?.downBy === 'dead') return Number.POSITIVE_INFINITY;
    const { status } = reading.reading;
    if (status.kind === 'ok') return WELL_EVERY_MS;
    return status.kind === 'error' && SHOWS[status.code] === 'silence' ? 0 : LOADING_EVERY_MS;
  };
  return nodes
    .filter((node) => node.state === 'running' && nowMs - askedAtMs(node) >= everyMs(node))
    .toSorted((a, b) => everyMs(a) - everyMs(b) || askedAtMs(a) - askedAtMs(b))
    .slice(0, ASKED_AT_MOST);
}

/** @param reading undefined where the node was not asked in this sweep; an answer that tells nothing forgets nothing */
export function followRun(
  before: ClientRun | undefined,
  reading: LookReading | undefined,
  nowMs: number,
): ClientRun | undefined {
  if (reading === undefined) return before;
  const unknown = { toldAtMs: 0, isRunning: false, startedAtMs: null, restarts: null };
  if (reading.kind === 'unasked') return { ...unknown, ...before, askedAtMs: nowMs };
  const { clients, runs = [] } = reading.state;
  const [first] = runs;
  const restarts = runs.flatMap(({ restarts }) => restarts ?? []);
  return {
    askedAtMs: nowMs,
    toldAtMs: nowMs,
    // The first one is the client whose port is asked.
    isRunning: clients[0]?.state === 'running',
    startedAtMs: first?.startedSecondsAgo == null ? null : nowMs - first.startedSecondsAgo * 1000,
    restarts: restarts.length === 0 ? null : restarts.reduce((sum, each) => sum + each, 0),
  };
}

/** An answer takes seconds to come: two of one start differ by less than this. */
const SAME_START_MS = 15_000;

/**
 * How often the client has ended by itself between two answers. Where somebody has started it, its runtime counts from 0 again; where the runtime counts none,
 * another start is one end.
 */
export function endsBetween(before: ClientRun | undefined, after: ClientRun | undefined): number {
  if (before === undefined || after === undefined || after.toldAtMs === before.toldAtMs || before.toldAtMs === 0)
    return 0;
  if (before.restarts !== null && after.restarts !== null)
    return after.restarts >= before.restarts ? after.restarts - before.restarts : after.restarts;
  if (before.startedAtMs === null || after.startedAtMs === null) return 0;
  return after.startedAtMs - before.startedAtMs > SAME_START_MS ? 1 : 0;
}

/** Since when the client runs; null where nobody has told lately that it does. */
export const runsSince = (run: ClientRun | undefined, nowMs: number): number | null =>
  run?.isRunning && nowMs - run.toldAtMs <= VALID_MS ? run.startedAtMs : null;
