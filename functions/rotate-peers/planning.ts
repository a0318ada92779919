// From what was read to what is to be done: lists are chosen, held within their limits, and written into each client's own form.
import { chainClients } from '../../shared/chains/clients.ts';
import { type KnownChain, otherChain } from '../../shared/chains/defaults.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import { changedLately, type RotationRecord } from '../../shared/guardrails/rotation.ts';
import { type PeersFile, withPeers } from '../../shared/peers/config.ts';
import { editsBetween } from '../../shared/peers/edits.ts';
import { errorText } from '../../shared/text/plain-text.ts';
import type { PeersClient } from './asking.ts';
import { choosePeers } from './choose.ts';
import { type ListChange, limitChanges, type Wanted } from './guards.ts';
import { connectedOf, type ReadList, type Seen } from './observe.ts';
import { floorOf, type NodePlan, planNode } from './plan.ts';
import { about, type Work } from './tools.ts';

/** The client whose peers can be changed, or why there is none. */
export function clientOf(fleet: Fleet): PeersClient | string {
  if (!fleet.peers?.rotate) return 'its file leaves its peers alone';
  if (fleet.chain === otherChain || !Object.hasOwn(chainClients, fleet.chain)) return 'its client is not known';
  const client = chainClients[fleet.chain as KnownChain];
  if (client.peers === undefined) return 'its client does not tell its peers';
  if (client.operations.peersAtRunTime.by === 'nothing' && fileOf(fleet, client as PeersClient) === undefined)
    return 'its client takes peers neither at run time nor from a file';
  return client as PeersClient;
}

/** Where the list stands; undefined where it is kept at run time only. */
export const fileOf = ({ peers }: Fleet, { operations }: PeersClient): PeersFile | undefined =>
  operations.peersThatPersist.in === 'flag' || peers?.configPath === undefined
    ? undefined
    : operations.peersThatPersist;

/** One plan for each node of which there is something to be done; what cannot be is added to `refusals`. */
export function plansOf(
  { fleet }: Work,
  client: PeersClient,
  seen: Seen,
  lists: ReadonlyMap<string, ReadList>,
  rotation: RotationRecord,
  refusals: SubjectRefusal[],
): readonly NodePlan[] {
  const nowMs = Date.now();
  const choose = {
    nowMs,
    members: seen.members,
    absent: seen.absent,
    hasSentries: [...seen.nodes.values()].some(({ role }) => role === 'sentry'),
    seeds: fleet.peers.seeds,
    maximum: fleet.peers.maximum,
  };
  const wanted = [...lists].flatMap(([instanceId, { now }]): Wanted[] => {
    const node = seen.nodes.get(instanceId);
    if (!node) return [];
    try {
      const choice = choosePeers(choose, node, now);
      const peers = peersOf(seen, instanceId);
      return [{ node: node.name, now, choice, belowFloor: (peers ?? 0) < floorOf(fleet.peers.minimum, choice) }];
    } catch (error) {
      // Whatever its list is: the others have theirs.
      refusals.push(unfit({ node: node.name, instanceId }, `${node.name}: ${errorText(error, 300)}`, true));
      return [];
    }
  });
  const known = wanted.reduce((sum, { now }) => sum + now.peers.length, 0);
  // Of lists that were not read, as many entries as the others have.
  const entries = wanted.length === 0 ? 0 : Math.round((known / wanted.length) * seen.nodes.size);
  const file = fileOf(fleet, client);
  return limitChanges(wanted, { entries, changed: changedLately(rotation, nowMs) }).flatMap((change): NodePlan[] => {
    const list = lists.get(change.instanceId);
    if (list?.file && rotation.rejected[change.instanceId]?.sha256 === list.file.sha256) {
      const reason = `${change.node}: its client did not start with what was written into ${fleet.peers.configPath} before, and the file is still the same`;
      refusals.push(unfit(change, reason, false));
      return [];
    }
    try {
      const text = list?.file &&
        file && {
          before: list.file.text,
          after: withPeers(list.file.text, file, { peers: change.after, hiddenIds: change.hiddenIds }),
          sha256: list.file.sha256,
        };
      // What cannot be told to the node is found out before anything is begun.
      if (text) editsBetween(text.before, text.after);
      const plan = planNode({
        change,
        text,
        atRunTime: client.operations.peersAtRunTime,
        connected: connectedOf(seen.readings.get(change.instanceId), seen.aliases),
        aliases: seen.aliases,
        peersBefore: peersOf(seen, change.instanceId),
        minimum: fleet.peers.minimum,
      });
      return plan ? [plan] : [];
    } catch (error) {
      // Also what is no `ConfigError`, a mistake of ours: it is told, and the others have their turn.
      const reason = `${change.node}: ${fleet.peers.configPath}: ${errorText(error, 300)}`;
      refusals.push(unfit(change, reason, true));
      return [];
    }
  });
}

const unfit = (
  { node, instanceId }: Pick<ListChange, 'node' | 'instanceId'>,
  reason: string,
  page: boolean,
): SubjectRefusal => about({ refuse: 'config-unfit', reason, page, lookAgainMs: 0 }, { name: node, instanceId });

export function peersOf({ readings }: Seen, instanceId: string): number | null {
  const reading = readings.get(instanceId);
  return reading?.kind === 'ok' ? reading.facts.peers.length : null;
}
