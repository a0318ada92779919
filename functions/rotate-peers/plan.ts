// What is to be done for one node, from its list, its connections and what its client can do; its name, and its sentence. Pure.
import { createHash } from 'node:crypto';
import type { NodePeers, PeersAtRunTime } from '../../shared/chains/client.ts';
import { plainName } from '../../shared/fleet/naming.ts';
import { type PlanWords, planSentence } from '../../shared/model/journal-fields.ts';
import { parseEntry } from '../../shared/peers/entry.ts';
import { isHeard } from './entries.ts';
import type { ListChange } from './guards.ts';

export interface NodePlan {
  readonly instanceId: string;
  readonly node: string;
  readonly change: ListChange;
  /** The new file; undefined where the list is kept at run time only. The text that was read where nothing in it changes. */
  readonly text: { readonly before: string; readonly after: string; readonly sha256: string } | undefined;
  /** To be told to the running client. */
  readonly dial: readonly string[];
  /** To be left by the running client. */
  readonly leave: readonly string[];
  readonly peersBefore: number | null;
  /** Who it was connected to is known of every connection: then those that were dialled can be told to leave again. */
  readonly knownBefore: boolean;
  /** Connections that it should have at least: as many as the fleet file says, or as its list has. */
  readonly floor: number;
  readonly belowFloor: boolean;
}

export interface PlanFacts {
  readonly change: ListChange;
  readonly text: NodePlan['text'];
  readonly atRunTime: PeersAtRunTime;
  readonly connected: ReadonlySet<string>;
  /** See `Seen`. */
  readonly aliases: ReadonlyMap<string, string>;
  readonly peersBefore: number | null;
  readonly minimum: number;
}

/** undefined: the list is as it should be, and so are the connections as far as a list can help. */
export function planNode(facts: PlanFacts): NodePlan | undefined {
  const { change, text, atRunTime, connected, peersBefore } = facts;
  const floor = floorOf(facts.minimum, change);
  const belowFloor = (peersBefore ?? 0) < floor;
  const canDial = atRunTime.by === 'rpc';
  const missing = missingOf(change, connected);
  const dial = canDial ? (belowFloor ? missing : change.added) : [];
  const leave = canDial && atRunTime.remove !== undefined ? leftOf(facts) : [];
  const writes = text !== undefined && text.after !== text.before;
  if (!writes && dial.length === 0 && leave.length === 0 && !belowFloor) return undefined;
  const { instanceId, node } = change;
  return { instanceId, node, change, text, dial, leave, peersBefore, knownBefore: false, floor, belowFloor };
}

/** The same plan for the connections that the node has by now. */
export function planAgain(plan: NodePlan, { peers }: NodePeers, connected: ReadonlySet<string>): NodePlan {
  const belowFloor = peers.length < plan.floor;
  const missing = missingOf(plan.change, connected);
  // A client that has no call to dial had nothing to be dialled before.
  const dial = belowFloor && plan.dial.length > 0 ? missing : plan.dial.filter((peer) => missing.includes(peer));
  // Of an inbound connection bitcoind tells neither id nor where it listens: it may be one of those that are dialled.
  const knownBefore = peers.every(({ id, address }) => id !== undefined || address !== undefined);
  return { ...plan, peersBefore: peers.length, belowFloor, dial, knownBefore };
}

/** Nobody is asked for more connections than there are peers that answer. */
export const floorOf = (minimum: number, { reachable }: { readonly reachable: number }): number =>
  Math.min(minimum, reachable);

export function isConnected(peer: string, connected: ReadonlySet<string>): boolean {
  const entry = parseEntry(peer);
  return entry !== undefined && isHeard(entry, { connected });
}

/** Whom it lacks. An owner's line that leaves the port to the client is dialled by the client alone. */
const missingOf = ({ after }: ListChange, connected: ReadonlySet<string>): readonly string[] =>
  after.filter((peer) => !isConnected(peer, connected) && parseEntry(peer)?.port !== undefined);

/** Who is named by his other name still is not left: that would cut a connection which is to stay. */
function leftOf({ change: { removed, after }, aliases }: PlanFacts): readonly string[] {
  const hostOf = (peer: string): string => plainName(parseEntry(peer)?.host ?? '');
  const stay = new Set(after.map((peer) => aliases.get(hostOf(peer))));
  return removed.filter((peer) => !stay.has(hostOf(peer)));
}

/** Names what would be done for a node, whatever its connections are at the moment. */
export const hashOfNode = ({ instanceId, change, text }: NodePlan): string =>
  digest([instanceId, change.after, change.hiddenIds, text?.sha256 ?? null]);

/** Names what would be done for all of them. */
export const hashOf = (plans: readonly NodePlan[]): string => digest(plans.map(hashOfNode).sort());

const digest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);

const MAX_SHOWN = 4;

/** "name 3 peers, 3 of them new: it has 0 connections, expected 3". What is done, a colon, and why. */
export const sentenceOf = (plan: NodePlan, names: ReadonlyMap<string, string>): string =>
  planSentence(wordsOf(plan, names));

export function wordsOf(
  { change, peersBefore, floor, belowFloor, dial }: NodePlan,
  names: ReadonlyMap<string, string>,
): PlanWords {
  const { before, after, added, removed, reasons, waiting } = change;
  const callOf = (peer: string): string => names.get(peer) ?? peer;
  const short = (peers: readonly string[]): string =>
    [
      ...peers.slice(0, MAX_SHOWN).map(callOf),
      ...(peers.length > MAX_SHOWN ? [`${peers.length - MAX_SHOWN} more`] : []),
    ].join(', ');
  const done = [
    added.length > 0 ? `name ${short(added)}` : '',
    removed.length > 0 ? `name ${short(removed)} no more` : '',
    added.length === 0 && removed.length === 0 ? (dial.length > 0 ? `dial ${short(dial)}` : 'set the list again') : '',
  ].filter((part) => part !== '');
  const why = [
    belowFloor
      ? `it has ${peersBefore ?? 'an unknown number of'} ${peersBefore === 1 ? 'connection' : 'connections'}, expected ${floor} at least`
      : '',
    ...[...new Set(reasons)].slice(0, MAX_SHOWN),
    waiting > 0 ? `${waiting} more wait for the next hour` : '',
  ].filter((part) => part !== '');
  return {
    would: `${done.join(', ')} (${after.length} in all)`,
    because: why.join('; ') || (before.length === 0 ? 'its list names nobody' : 'better spread and longer lived'),
  };
}
