// Plans the changes for the nodes of a fleet, from their lists, their connections and what their client can do: how much now, its hash, its sentence,
// and its result. Pure.
import { createHash } from 'node:crypto';
import type { ChainClient, NodePeers, PeersAtRunTime, Reading } from '../../shared/chains/client.ts';
import { chainClients } from '../../shared/chains/clients.ts';
import { type KnownChain, otherChain } from '../../shared/chains/defaults.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import { plainName } from '../../shared/fleet/resource-names.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import { changedLately, type RotationRecord } from '../../shared/guardrails/rotation.ts';
import { type PlanWords, planSentence } from '../../shared/model/journal-fields.ts';
import { type PeersFile, withPeers } from '../../shared/peers/config.ts';
import { editsBetween } from '../../shared/peers/edits.ts';
import { parseEntry } from '../../shared/peers/entry.ts';
import { errorText } from '../../shared/text/plain-text.ts';
import type { PeersClient } from './commands.ts';
import { about, type PeeredFleet } from './context.ts';
import { connectedOf, type FleetFacts, type ReadList, runningClient } from './facts.ts';
import { choosePeers, isConnected, type NodeList, type PeerSelection } from './peer-selection.ts';

/** The client whose peers can be changed, or why there is none. */
export function clientOf(fleet: Fleet): { readonly client: PeersClient } | { readonly none: string } {
  if (!fleet.peers?.rotate) return { none: 'its file leaves its peers alone' };
  if (fleet.chain === otherChain || !Object.hasOwn(chainClients, fleet.chain))
    return { none: 'its client is not known' };
  const client = chainClients[fleet.chain as KnownChain];
  if (!canListPeers(client)) return { none: 'its client does not tell its peers' };
  if (client.operations.peersAtRunTime.by === 'nothing' && fileOf(fleet, client) === undefined)
    return { none: 'its client takes peers neither at run time nor from a file' };
  return { client };
}

const canListPeers = (client: ChainClient): client is PeersClient => client.peers !== undefined;

/** The file that holds the list; undefined where it is kept at run time only. */
export const fileOf = ({ peers }: Fleet, { operations }: PeersClient): PeersFile | undefined =>
  operations.peersThatPersist.in === 'flag' || peers?.configPath === undefined
    ? undefined
    : operations.peersThatPersist;

/** No list gets shorter than this, nor than half of its length, where so many peers exist. */
const LEAST_ENTRIES = 3;
const CHURN_PERCENT = 30;
export const CHURN_WINDOW_MS = 60 * 60_000;

export interface ListProposal {
  readonly node: string;
  readonly now: NodeList;
  readonly choice: PeerSelection;
  /** It has fewer connections than its floor: a change is a cure, and not churn. */
  readonly belowFloor: boolean;
}

/** The change of one node's list. */
export interface ListChange {
  readonly instanceId: string;
  readonly node: string;
  readonly before: readonly string[];
  readonly after: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly hiddenIds: readonly string[];
  /** See `PeerSelection`. */
  readonly reachable: number;
  /** The reasons of the removals, in the order of `removed`. */
  readonly reasons: readonly string[];
  /** Changed entries, counted against the fleet's hourly limit. */
  readonly entries: number;
  /** Entries that would also change, and wait for a later hour. */
  readonly waiting: number;
}

export interface Churn {
  /** Entries of all lists of the fleet, as far as they are known. */
  readonly entries: number;
  /** How many of them were changed within the last hour. */
  readonly changed: number;
}

/** As many of the wanted changes as may be made now, node by node in the order of their names. */
export function limitChanges(wanted: readonly ListProposal[], churn: Churn): readonly ListChange[] {
  let allowance = Math.max(1, Math.floor((churn.entries * CHURN_PERCENT) / 100)) - churn.changed;
  return [...wanted].sort(byNode).map((one) => {
    const whole = changeOf(one, withMinimumEntries(one));
    if (one.belowFloor || whole.entries === 0) return { ...whole, entries: 0 };
    const part = withinAllowance(one, whole, Math.max(0, allowance));
    allowance -= part.entries;
    return part;
  });
}

/** Puts back what would be dropped, the least bad first, until the list is long enough; never a forbidden entry. */
function withMinimumEntries({ now, choice }: ListProposal): readonly string[] {
  const before = [...new Set(now.peers)];
  const least = Math.min(choice.exist, Math.max(LEAST_ENTRIES, Math.ceil(before.length / 2)));
  const missing = Math.max(0, least - choice.peers.length);
  if (missing === 0) return choice.peers;
  const forbidden = new Set(choice.dropped.filter((one) => one.forbidden).map(({ peer }) => peer));
  const badnessOf = (peer: string): number => choice.dropped.find((one) => one.peer === peer)?.badness ?? 0;
  const back = before
    .filter((peer) => !choice.peers.includes(peer) && !forbidden.has(peer))
    .sort((a, b) => badnessOf(a) - badnessOf(b))
    .slice(0, missing);
  return [...choice.peers, ...back];
}

function withinAllowance(one: ListProposal, whole: ListChange, allowance: number): ListChange {
  if (whole.entries <= allowance) return whole;
  const forbidden = one.choice.dropped.filter((dropped) => dropped.forbidden).map(({ peer }) => peer);
  // Forbidden entries are removed first.
  const order = [...whole.removed].sort((a, b) => Number(forbidden.includes(b)) - Number(forbidden.includes(a)));
  const removed = new Set(order.slice(0, allowance));
  const added = new Set(whole.added.slice(0, allowance));
  const before = [...new Set(one.now.peers)];
  const after = [
    ...whole.after.filter((peer) => added.has(peer) || before.includes(peer)),
    ...whole.removed.filter((peer) => !removed.has(peer)),
  ];
  // Without a change nothing is written, not even another order.
  const part = changeOf(one, allowance === 0 ? before : after);
  return { ...part, waiting: whole.entries - part.entries };
}

function changeOf({ node, now, choice }: ListProposal, after: readonly string[]): ListChange {
  const before = [...new Set(now.peers)];
  const added = after.filter((peer) => !before.includes(peer));
  const removed = before.filter((peer) => !after.includes(peer));
  const whyOf = (peer: string): string => choice.dropped.find((one) => one.peer === peer)?.why ?? 'others are better';
  return {
    instanceId: now.instanceId,
    node,
    before: now.peers,
    after,
    added,
    removed,
    hiddenIds: choice.hiddenIds,
    reachable: choice.reachable,
    reasons: removed.map(whyOf),
    entries: Math.max(added.length, removed.length),
    waiting: 0,
  };
}

const byNode = (a: ListProposal, b: ListProposal): number => {
  const [one, other] = [`${a.node} ${a.now.instanceId}`, `${b.node} ${b.now.instanceId}`];
  return one < other ? -1 : one > other ? 1 : 0;
};

export interface NodePlan {
  readonly instanceId: string;
  readonly node: string;
  readonly change: ListChange;
  /** The new file; undefined where the list is kept at run time only. The text that was read where nothing in it changes. */
  readonly text: { readonly before: string; readonly after: string; readonly sha256: string } | undefined;
  /** The running client must dial these. */
  readonly dial: readonly string[];
  /** The running client must drop these. */
  readonly leave: readonly string[];
  /** It takes these of its list for those that it drops: a client that dials eight peers of a longer list does not go on to the next ones by itself. */
  readonly instead: readonly string[];
  readonly peersBefore: number | null;
  /** The peer of every connection was known before: then newly dialled peers can be dropped again. */
  readonly knownBefore: boolean;
  /** The least number of connections: the fleet file's number, or the length of the list. */
  readonly floor: number;
  readonly belowFloor: boolean;
}

export interface PlanFacts {
  readonly change: ListChange;
  readonly text: NodePlan['text'];
  readonly atRunTime: PeersAtRunTime;
  readonly connected: ReadonlySet<string>;
  /** See `FleetFacts`. */
  readonly aliases: ReadonlyMap<string, string>;
  readonly peersBefore: number | null;
  readonly minimum: number;
}

/** undefined: the list is right, and so are the connections as far as a list can help. */
export function planNode(facts: PlanFacts): NodePlan | undefined {
  const { change, text, atRunTime, connected, peersBefore } = facts;
  const floor = floorOf(facts.minimum, change);
  const belowFloor = (peersBefore ?? 0) < floor;
  const canDial = atRunTime.by === 'rpc';
  const missing = peersToDial(change, connected);
  const dial = canDial ? (belowFloor ? missing : change.added) : [];
  const leave = canDial && atRunTime.remove !== undefined ? peersToDisconnect(facts) : [];
  const writes = text !== undefined && text.after !== text.before;
  if (!writes && dial.length === 0 && leave.length === 0 && !belowFloor) return undefined;
  const { instanceId, node } = change;
  const instead = canDial ? inPlaceOf(leave, change, atRunTime.maximum) : [];
  return { instanceId, node, change, text, dial, leave, instead, peersBefore, knownBefore: false, floor, belowFloor };
}

/** Nobody knows which of a long list the client dials: of those that it has already, it says so. */
function inPlaceOf(
  leave: readonly string[],
  { before, after, added }: ListChange,
  maximum?: number,
): readonly string[] {
  if (maximum === undefined || before.length <= maximum || leave.length <= added.length) return [];
  return after.filter((peer) => !added.includes(peer)).slice(0, Math.max(0, maximum - added.length));
}

/** The same plan with the present connections of the node. */
export function refreshPlan(plan: NodePlan, { peers }: NodePeers, connected: ReadonlySet<string>): NodePlan {
  const belowFloor = peers.length < plan.floor;
  const missing = peersToDial(plan.change, connected);
  // A client that has no call to dial had no peers to dial before.
  const dial = belowFloor && plan.dial.length > 0 ? missing : plan.dial.filter((peer) => missing.includes(peer));
  // bitcoind reports neither id nor listening port of an inbound connection: it may be one of the dialled peers.
  const knownBefore = peers.every(({ id, address }) => id !== undefined || address !== undefined);
  return { ...plan, peersBefore: peers.length, belowFloor, dial, knownBefore };
}

/** The floor is never higher than the number of peers that answer. */
const floorOf = (minimum: number, { reachable }: { readonly reachable: number }): number =>
  Math.min(minimum, reachable);

/** The peers that it lacks. An owner's line that leaves the port to the client is dialled by the client alone. */
const peersToDial = ({ after }: ListChange, connected: ReadonlySet<string>): readonly string[] =>
  after.filter((peer) => !isConnected(peer, connected) && parseEntry(peer)?.port !== undefined);

/** A peer that is still named by its other host name is not dropped: that would cut a connection that must stay. */
function peersToDisconnect({ change: { removed, after }, aliases }: PlanFacts): readonly string[] {
  const hostOf = (peer: string): string => plainName(parseEntry(peer)?.host ?? '');
  const stay = new Set(after.map((peer) => aliases.get(hostOf(peer))));
  return removed.filter((peer) => !stay.has(hostOf(peer)));
}

/** Identifies what would be done for a node, independent of its connections at the moment. */
export const hashOfNode = ({ instanceId, change, text }: NodePlan): string =>
  digest([instanceId, change.after, change.hiddenIds, text?.sha256 ?? null]);

/** Identifies what would be done for all of them. */
export const hashOf = (plans: readonly NodePlan[]): string => digest(plans.map(hashOfNode).sort());

const digest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);

const MAX_SHOWN = 4;

/** "name 3 peers, 3 of them new: it has 0 connections, expected 3". The action, a colon, and the reason. */
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

export type PeersProof =
  /** It has as many connections as it should. */
  | { readonly is: 'proved'; readonly peers: number; readonly sentence: string }
  /** Fewer than before, and fewer than it should have: the change is undone. */
  | { readonly is: 'fallen'; readonly sentence: string }
  /** No worse than before, which proves a restart, but below the floor. */
  | { readonly is: 'short'; readonly peers: number; readonly sentence: string }
  /** It does not answer: its client may just be coming up. */
  | { readonly is: 'unknown'; readonly sentence: string };

export interface PeersBaseline {
  readonly before: number | null;
  readonly floor: number;
}

export function judgePeers(reading: Reading<NodePeers>, { before, floor }: PeersBaseline): PeersProof {
  if (reading.kind !== 'ok') return { is: 'unknown', sentence: `it does not tell its peers: ${reading.reason}` };
  const peers = reading.facts.peers.length;
  const counts = `${peers} ${peers === 1 ? 'peer' : 'peers'}, ${before ?? 'an unknown number'} before, expected ${floor} at least`;
  if (peers >= floor) return { is: 'proved', peers, sentence: counts };
  if (before !== null && peers < before) return { is: 'fallen', sentence: counts };
  return { is: 'short', peers, sentence: counts };
}

export interface PlanningFacts {
  readonly facts: FleetFacts;
  /** By instance. */
  readonly lists: ReadonlyMap<string, ReadList>;
  readonly rotation: RotationRecord;
  readonly nowMs: number;
}

export interface FleetPlan {
  /** One for each node that needs a change. */
  readonly plans: readonly NodePlan[];
  /** What cannot be done, by node. */
  readonly refusals: readonly SubjectRefusal[];
}

/** Pure. */
export function planFleet(
  fleet: PeeredFleet,
  client: PeersClient,
  { facts, lists, rotation, nowMs }: PlanningFacts,
): FleetPlan {
  const refusals: SubjectRefusal[] = [];
  const choose = {
    nowMs,
    members: facts.members,
    absent: facts.absent,
    hasSentries: [...facts.nodes.values()].some(({ role }) => role === 'sentry'),
    seeds: fleet.peers.seeds,
    maximum: fleet.peers.maximum,
  };
  const wanted = [...lists].flatMap(([instanceId, { now }]): ListProposal[] => {
    const node = facts.nodes.get(instanceId);
    if (!node) return [];
    try {
      const choice = choosePeers(choose, node, now);
      const peers = peersOf(facts, instanceId);
      return [{ node: node.name, now, choice, belowFloor: (peers ?? 0) < floorOf(fleet.peers.minimum, choice) }];
    } catch (error) {
      // One bad list does not stop the others.
      refusals.push(configRefusal({ node: node.name, instanceId }, `${node.name}: ${errorText(error, 300)}`, true));
      return [];
    }
  });
  const known = wanted.reduce((sum, { now }) => sum + now.peers.length, 0);
  // A list that was not read is assumed to have as many entries as the others.
  const entries = wanted.length === 0 ? 0 : Math.round((known / wanted.length) * facts.nodes.size);
  const file = fileOf(fleet, client);
  const plans = limitChanges(wanted, { entries, changed: changedLately(rotation, nowMs) }).flatMap(
    (change): NodePlan[] => {
      const list = lists.get(change.instanceId);
      if (list?.file && rotation.rejected[change.instanceId]?.sha256 === list.file.sha256) {
        const reason = `${change.node}: its client did not start with what was written into ${fleet.peers.configPath} before, and the file is still the same`;
        refusals.push(configRefusal(change, reason, false));
        return [];
      }
      try {
        const text = list?.file &&
          file && {
            before: list.file.text,
            after: withPeers(list.file.text, file, {
              ...{ peers: change.after, hiddenIds: change.hiddenIds },
              ...runningClient(facts.readings.get(change.instanceId)),
            }),
            sha256: list.file.sha256,
          };
        // A change that cannot be sent to the node is found before anything is begun.
        if (text) editsBetween(text.before, text.after);
        const plan = planNode({
          change,
          text,
          atRunTime: client.operations.peersAtRunTime,
          connected: connectedOf(facts.readings.get(change.instanceId), facts.aliases),
          aliases: facts.aliases,
          peersBefore: peersOf(facts, change.instanceId),
          minimum: fleet.peers.minimum,
        });
        return plan ? [plan] : [];
      } catch (error) {
        // Includes errors other than `ConfigError`, which are our own bugs: they are reported, and the others have their turn.
        const reason = `${change.node}: ${fleet.peers.configPath}: ${errorText(error, 300)}`;
        refusals.push(configRefusal(change, reason, true));
        return [];
      }
    },
  );
  return { plans, refusals };
}

const configRefusal = (
  { node, instanceId }: Pick<ListChange, 'node' | 'instanceId'>,
  reason: string,
  page: boolean,
): SubjectRefusal => about({ refuse: 'config-unfit', reason, page, retryAfterMs: 0 }, { name: node, instanceId });

export function peersOf({ readings }: FleetFacts, instanceId: string): number | null {
  const reading = readings.get(instanceId);
  return reading?.kind === 'ok' ? reading.facts.peers.length : null;
}
