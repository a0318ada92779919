// Whether the clients of nodes run, where nothing else is asked of them (`probe: unit`): which nodes are looked at in this sweep, what is remembered of
// their answers, and what follows from it. Pure. A node that does not answer is unknown, and never in trouble.
import type { FleetNode } from '../../shared/fleet/nodes.ts';
import type { ClientLook, ObservedNode } from '../../shared/fleet/observation.ts';
import type { NodeState } from '../../shared/node-commands/node-answer.ts';
import type { LookReading } from './context.ts';
import { duration } from './phrases.ts';

/** Each node is looked at once in three minutes. A sweep comes each minute, some seconds early or late. */
const LOOK_EVERY_MS = 170_000;
/** The fleet is spread over so many sweeps. */
const SWEEPS_A_ROUND = 3;
/** Nodes of one command ("You can specify up to 50 managed node IDs", SendCommandRequest): fewer are not spread. */
const LEAST_A_SWEEP = 50;
/** Three looks: what a node said before is no knowledge any more. */
const VALID_MS = 10 * 60_000;
/** A client that was stopped and started between, as for an upgrade, was not dead. */
const ENDED_TIMES = 2;

/**
 * The nodes that are asked in this sweep: never more than a third of a large fleet, the longest unasked first, so that the next sweep goes on where
 * this one has ended. A node whose client was seen to have ended once goes before all others.
 */
export function looksDue(
  nodes: readonly FleetNode[],
  before: ReadonlyMap<string, ObservedNode>,
  nowMs: number,
): readonly FleetNode[] {
  const lookOf = ({ instanceId }: FleetNode): ClientLook | undefined => before.get(instanceId)?.memory?.look;
  const inDoubt = (node: FleetNode): boolean => {
    const told = lookOf(node)?.told;
    return told?.is === 'ended' && told.times < ENDED_TIMES;
  };
  const askedAtMs = (node: FleetNode): number => lookOf(node)?.askedAtMs ?? 0;
  return nodes
    .filter((node) => node.state === 'running' && (inDoubt(node) || nowMs - askedAtMs(node) >= LOOK_EVERY_MS))
    .toSorted((a, b) => Number(inDoubt(b)) - Number(inDoubt(a)) || askedAtMs(a) - askedAtMs(b))
    .slice(0, Math.max(LEAST_A_SWEEP, Math.ceil(nodes.length / SWEEPS_A_ROUND)));
}

/** @param reading undefined where the node was not asked in this sweep: then nothing is learnt, and nothing forgotten */
export function followLook(
  before: ClientLook | undefined,
  reading: LookReading | undefined,
  nowMs: number,
): ClientLook | undefined {
  if (reading === undefined) return before;
  const known = before?.told;
  const silent = (reason: string, machine?: true): ClientLook => ({
    askedAtMs: nowMs,
    ...(known && { told: known }),
    silent: { sinceMs: before?.silent?.sinceMs ?? nowMs, reason, ...(machine && { machine }) },
  });
  if (reading.kind === 'unasked') return silent(reading.reason, reading.silent);
  const { clients, rootUsedPercent } = reading.state;
  if (clients.length === 0 || clients.some(({ state }) => state === 'unknown'))
    return silent('its node cannot tell whether its client runs: a unit or container is not there, or about to change');
  const down = clients.filter(({ state }) => state !== 'running');
  const is = down.length === 0 ? 'running' : 'ended';
  const isAgain = known?.is === is && nowMs - known.atMs <= VALID_MS;
  return {
    askedAtMs: nowMs,
    told: {
      ...{ atMs: nowMs, is, rootUsedPercent },
      // More of them say nothing more.
      times: isAgain ? Math.min(ENDED_TIMES, known.times + 1) : 1,
      reason: down.map(endOf).join('; '),
    },
  };
}

interface Seen {
  readonly is: 'unknown' | 'running' | 'ended';
  readonly reason: string;
}

export function judgeLook(look: ClientLook | undefined, nowMs: number): Seen {
  if (look?.told === undefined || nowMs - look.told.atMs > VALID_MS) {
    const why = look?.silent?.reason ?? 'it was not asked yet';
    return { is: 'unknown', reason: `nobody knows whether its client runs: ${why}` };
  }
  const { is, times, reason, atMs } = look.told;
  if (is === 'running') {
    const ago = nowMs - atMs < 60_000 ? '' : ` ${duration(nowMs - atMs)} ago`;
    return { is, reason: `its client ran${ago}, as its node says; nobody asks more (probe: unit)` };
  }
  if (times < ENDED_TIMES)
    return { is: 'unknown', reason: `its client does not run (${reason}): it is looked at once more` };
  return { is, reason: `its client does not run, in two looks: ${reason}` };
}

/** For so long no answer has said whether its client runs that people have to know. */
export const isUnseen = (look: ClientLook | undefined, nowMs: number): boolean =>
  look?.silent !== undefined && nowMs - (look.told?.atMs ?? look.silent.sinceMs) > VALID_MS;

const LINE_CHARACTERS = 100;

function endOf({ state, exitStatus, lastLine }: NodeState['clients'][number]): string {
  const status = exitStatus === null ? '' : `, exit status ${exitStatus}`;
  return `${state}${status}${lastLine === '' ? '' : `, "${lastLine.slice(0, LINE_CHARACTERS)}"`}`;
}
