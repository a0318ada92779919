// Reads what is needed before anything is decided: the fleet's nodes as EC2 and watch-fleet know them, their ids and connections, and the lists of
// the nodes whose turn it is.
import type { ChainClient, NodePeers, Reading } from '../../shared/chains/client.ts';
import { peerAddress } from '../../shared/chains/peer-address.ts';
import { doubledNames, type FleetNode } from '../../shared/fleet/nodes.ts';
import type { FleetObservation, Health, ObservedNode } from '../../shared/fleet/observation.ts';
import { plainName, recordNames } from '../../shared/fleet/resource-names.ts';
import type { SubjectRefusal } from '../../shared/guardrails/names.ts';
import type { PinnedIds } from '../../shared/guardrails/rotation.ts';
import { unpackConfig } from '../../shared/node-commands/peer-command.ts';
import { decodeConfig, type PeersFile, peersIn, type RunningClient } from '../../shared/peers/config.ts';
import { errorText } from '../../shared/text/plain-text.ts';
import { askPeers, type PeersClient, readAgents, runOnNodes } from './commands.ts';
import { about, type RotateContext } from './context.ts';
import { judgeIds, type PeerIdClaim, type PeerIdStatus } from './ids.ts';
import { type AbsentNode, isConnected, type NodeList, type PeerCandidate } from './peer-selection.ts';

/**
 * Asking on the nodes costs a command for fifty and an answer for each. Of a larger fleet at most this many are asked, first those whose turn it is.
 */
const MAXIMUM_ASKED = 250;

export interface FleetFacts {
  readonly nodes: ReadonlyMap<string, FleetNode>;
  readonly observed: ReadonlyMap<string, ObservedNode>;
  readonly members: readonly PeerCandidate[];
  readonly absent: readonly AbsentNode[];
  readonly readings: ReadonlyMap<string, Reading<NodePeers>>;
  readonly refusals: readonly SubjectRefusal[];
  /** The readable name of an entry: the node's name. */
  readonly names: ReadonlyMap<string, string>;
  /** One host for the other: the private address of each node that has a DNS name, and that name. */
  readonly aliases: ReadonlyMap<string, string>;
  /** The owner of each id, to be remembered. */
  readonly ids: PinnedIds;
}

export async function observeFleet(
  context: RotateContext,
  client: PeersClient,
  nodes: readonly FleetNode[],
  parts: readonly FleetObservation[],
  first: readonly string[],
  pinned: PinnedIds,
): Promise<FleetFacts> {
  const observed = new Map(parts.flatMap((part) => part.nodes.map((node) => [node.instanceId, node] as const)));
  const running = nodes.filter(({ state, privateIp }) => state === 'running' && privateIp !== '');
  const asked = inOrder(running, first).slice(0, MAXIMUM_ASKED);
  const readings = await askPeers(
    context,
    client,
    asked.map((node) => ({ ...node, host: node.privateIp })),
  );
  const refusals: SubjectRefusal[] = [];
  const dnsNames = dnsNamesOf(context, nodes);
  const claims = asked.flatMap(({ instanceId }): PeerIdClaim[] => {
    const reading = readings.get(instanceId);
    const id = reading?.kind === 'ok' ? reading.facts.ownPeerId : undefined;
    return id === undefined ? [] : [{ instanceId, id }];
  });
  const present = new Set(nodes.map(({ instanceId }) => instanceId));
  const ids = judgeIds(pinned, claims, {
    present,
    running: new Set(running.map(({ instanceId }) => instanceId)),
    nowMs: Date.now(),
  });
  const members = identifyNodes(
    context,
    client,
    asked,
    { observed, readings, dnsNames, verdicts: ids.verdicts },
    refusals,
  );
  const known = new Set(members.map(({ instanceId }) => instanceId));
  const wasAsked = new Set(asked.map(({ instanceId }) => instanceId));
  const absent = running
    .filter(({ instanceId }) => !known.has(instanceId))
    .map(({ instanceId, role, privateIp }): AbsentNode => {
      // A node that was not asked is not known to be away.
      const health = wasAsked.has(instanceId) ? healthOf(observed, instanceId) : 'unknown';
      const dnsName = dnsNames.get(instanceId);
      return {
        instanceId,
        role,
        host: privateIp,
        ...(dnsName !== undefined && { dnsName }),
        health: health === 'synced' ? 'unknown' : health,
      };
    });
  const names = new Map(
    members.flatMap(({ entry, named = entry, name }) => [entry, named].map((text) => [text, name])),
  );
  const aliases = new Map(
    nodes.flatMap(({ instanceId, privateIp }): [string, string][] => {
      const dnsName = dnsNames.get(instanceId);
      return dnsName === undefined || privateIp === '' ? [] : [[privateIp, dnsName], [dnsName, privateIp]]; // biome-ignore format: one pair, both ways
    }),
  );
  return {
    nodes: new Map(nodes.map((node) => [node.instanceId, node])),
    observed,
    members,
    absent,
    readings,
    refusals,
    names,
    aliases,
    ids: ids.next,
  };
}

/** By instance: the name of its record, where register-nodes keeps one for it. Clients dial no name of a zone with a _ in its name. */
function dnsNamesOf({ fleet: { dns } }: RotateContext, nodes: readonly FleetNode[]): ReadonlyMap<string, string> {
  const records = dns ? recordNames(dns, nodes).filter(({ is, host }) => is === 'own' && peerAddress(host, 1)) : [];
  return new Map(records.map(({ node, host }) => [node.instanceId, host]));
}

const inOrder = (nodes: readonly FleetNode[], first: readonly string[]): readonly FleetNode[] => {
  // Nodes with a special role are few and important; the order of the others does not matter.
  const rank = ({ instanceId, role }: FleetNode): number =>
    first.includes(instanceId) ? 0 : role === 'follower' || role === 'unknown' ? 2 : 1;
  return [...nodes].sort((a, b) => rank(a) - rank(b));
};

const healthOf = (observed: ReadonlyMap<string, ObservedNode>, instanceId: string): Health =>
  observed.get(instanceId)?.health ?? 'unknown';

/** What is known of nodes, by instance. */
interface NodeKnowledge extends Pick<FleetFacts, 'observed' | 'readings'> {
  readonly verdicts: ReadonlyMap<string, PeerIdStatus>;
  readonly dnsNames: ReadonlyMap<string, string>;
}

/** Nodes that answered, each as others may name it. If an id is missing, malformed, changed or another node's, it is refused with the node's name. */
function identifyNodes(
  { fleet }: RotateContext,
  client: ChainClient,
  nodes: readonly FleetNode[],
  { observed, readings, dnsNames, verdicts }: NodeKnowledge,
  refusals: SubjectRefusal[],
): readonly PeerCandidate[] {
  const wrong = ({ name, instanceId }: FleetNode, reason: string): void => {
    const refusal = {
      refuse: 'peer-id-wrong',
      reason: `${name} ${reason}: no node is told to dial it`,
      page: true,
      retryAfterMs: 0,
    } as const;
    refusals.push(about(refusal, { name, instanceId }));
  };
  const nameOf = (id: string): string => nodes.find(({ instanceId }) => instanceId === id)?.name ?? id;
  const members: PeerCandidate[] = [];
  for (const node of nodes) {
    const reading = readings.get(node.instanceId);
    if (reading?.kind !== 'ok') continue;
    const { ownPeerId } = reading.facts;
    const verdict = verdicts.get(node.instanceId);
    if (verdict?.is === 'taken') {
      wrong(node, `has the peer id ${ownPeerId}, and so has ${verdict.by.map(nameOf).join(', ')}`);
      continue;
    }
    if (verdict?.is === 'changed') {
      const until = new Date(verdict.untilMs).toISOString().slice(0, 16).replace('T', ' ');
      wrong(
        node,
        `has changed its peer id from ${shortId(verdict.from)} to ${shortId(ownPeerId ?? '')}, and counts with it from ${until} UTC if it stays`,
      );
      continue;
    }
    try {
      const peer = {
        host: node.privateIp,
        port: fleet.peers.p2pPort,
        ...(ownPeerId !== undefined && { id: ownPeerId }),
      };
      const { instanceId, name, role, availabilityZone } = node;
      const seen = observed.get(instanceId);
      const health = healthOf(observed, instanceId);
      const dnsName = dnsNames.get(instanceId);
      const { formatPeer } = client.operations;
      members.push({
        instanceId,
        name,
        role,
        availabilityZone,
        // It has answered just now.
        health: health === 'unreachable' ? 'unknown' : health,
        upSinceMs: seen?.startedAtMs ?? seen?.seenSinceMs ?? node.launchedAtMs,
        entry: formatPeer(peer),
        ...(dnsName !== undefined && { named: formatPeer({ ...peer, host: dnsName }) }),
      });
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      wrong(node, `cannot be named: ${error.message}`);
    }
  }
  return members;
}

/**
 * Ids, and hosts that can be dialled, of the peers of a node. Clients report a connection by its address, or by the name that they were given: for a
 * node that has both, either stands for both.
 */
export function connectedOf(
  reading: Reading<NodePeers> | undefined,
  aliases: ReadonlyMap<string, string>,
): ReadonlySet<string> {
  if (reading?.kind !== 'ok') return new Set();
  return new Set(
    reading.facts.peers.flatMap(({ id, address }) => [
      ...(id ? [id.toLowerCase()] : []),
      ...(address ? hostAndAlias(plainName(address.host), aliases) : []),
    ]),
  );
}

/** The id of whom the fleet's nodes are connected to, by its host. */
export const peersAt = ({ readings }: FleetFacts): ReadonlyMap<string, string> =>
  new Map(
    [...readings.values()].flatMap((reading) =>
      reading.kind !== 'ok'
        ? []
        : reading.facts.peers.flatMap(({ id, address, host = address?.host }): [string, string][] =>
            id === undefined || host === undefined ? [] : [[host, id.toLowerCase()]],
          ),
    ),
  );

/** Enough of an id for a person to compare. */
const shortId = (id: string): string => (id.length > 16 ? `${id.slice(0, 12)}…` : id);

/** Hosts at the other ends of a node's connections, by peer id. */
function connectedAt(
  reading: Reading<NodePeers> | undefined,
  aliases: ReadonlyMap<string, string>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  if (reading?.kind !== 'ok') return found;
  for (const { id, address, host = address?.host } of reading.facts.peers) {
    if (id === undefined) continue;
    const hosts = found.get(id.toLowerCase()) ?? new Set();
    // A connection whose other end is not known may lead to any host.
    for (const one of host === undefined ? [''] : hostAndAlias(plainName(host), aliases)) hosts.add(one);
    found.set(id.toLowerCase(), hosts);
  }
  return found;
}

const hostAndAlias = (host: string, aliases: ReadonlyMap<string, string>): readonly string[] => [
  host,
  aliases.get(host) ?? host,
];

export interface ReadList {
  readonly now: NodeList;
  /** The file that holds the list; undefined where the list is kept at run time only. */
  readonly file: { readonly text: string; readonly sha256: string } | undefined;
}

/** What a running client says of itself. */
export const runningClient = (reading: Reading<NodePeers> | undefined): RunningClient => ({
  network: reading?.kind === 'ok' ? reading.facts.network : undefined,
});

const SILENT_PAGE_AFTER_MS = 60 * 60_000;

/** The present lists of these nodes. A file that cannot be read, or is no configuration, is a refusal that names the node. */
export async function readLists(
  context: RotateContext,
  client: PeersClient,
  { members, readings, nodes, aliases }: FleetFacts,
  file: PeersFile | undefined,
  instanceIds: readonly string[],
): Promise<{ readonly lists: ReadonlyMap<string, ReadList>; readonly refusals: readonly SubjectRefusal[] }> {
  const lists = new Map<string, ReadList>();
  const refusals: SubjectRefusal[] = [];
  const { configPath } = context.fleet.peers;
  const nameOf = (instanceId: string): string => nodes.get(instanceId)?.name ?? instanceId;
  const notRead = (instanceId: string): void => {
    // A running client can still be told.
    if (client.operations.peersAtRunTime.by === 'rpc') lists.set(instanceId, keptAtRunTime(instanceId));
  };
  const silent = (instanceId: string, why: string): void => {
    const name = nameOf(instanceId);
    const reason = `${name}: ${configPath} was not read: ${why}`;
    const refusal = { refuse: 'node-silent', reason, page: true, retryAfterMs: 0 } as const;
    // An occasional late command is nothing that a person can act on.
    refusals.push({ ...about(refusal, { name, instanceId }), pageAfterMs: SILENT_PAGE_AFTER_MS });
    notRead(instanceId);
  };
  const unfit = (instanceId: string, why: string): void => {
    const reason = `${nameOf(instanceId)}: ${why}`;
    const refusal = { refuse: 'config-unfit', reason, page: true, retryAfterMs: 0 } as const;
    refusals.push(about(refusal, { name: nameOf(instanceId), instanceId }));
    notRead(instanceId);
  };
  const keptAtRunTime = (instanceId: string): ReadList => {
    const connected = connectedOf(readings.get(instanceId), aliases);
    // Only the fleet's own peers are ours to keep: the client may keep or drop peers that it has found itself.
    const peers = members
      .filter((member) => member.instanceId !== instanceId && isConnected(member.entry, connected))
      .map(({ entry }) => entry);
    const at = connectedAt(readings.get(instanceId), aliases);
    return { now: { instanceId, peers, owned: [], connected, connectedAt: at }, file: undefined };
  };
  if (file === undefined || configPath === undefined) {
    for (const instanceId of instanceIds) lists.set(instanceId, keptAtRunTime(instanceId));
    return { lists, refusals };
  }
  // Only a client that answers tells which file is its own; that others do not answer is told by those who watch them.
  const answering =
    file.in === 'lines' && file.sections
      ? instanceIds.filter((instanceId) => readings.get(instanceId)?.kind === 'ok')
      : instanceIds;
  const agents = await readAgents(context, answering);
  for (const [instanceId, agent] of agents)
    if (agent) refusals.push(about(agent, { name: nameOf(instanceId), instanceId }));
  const able = answering.filter((instanceId) => agents.get(instanceId) === null);
  const targets = able.flatMap((instanceId) => nodes.get(instanceId) ?? []);
  const results = await runOnNodes(context, context.nextId, targets, { operation: 'read-config', file: configPath });
  for (const [instanceId, result] of results) {
    if (result.state !== 'answered') silent(instanceId, result.reason);
    else if (result.answer.after === null) {
      const { result: ended, reason = ended } = result.answer;
      (ended === 'failed' ? unfit : silent)(instanceId, reason);
    } else {
      try {
        const text = decodeConfig(unpackConfig(result.answer.after));
        const connected = connectedOf(readings.get(instanceId), aliases);
        const at = connectedAt(readings.get(instanceId), aliases);
        const now = {
          instanceId,
          ...peersIn(text, file, runningClient(readings.get(instanceId))),
          connected,
          connectedAt: at,
        };
        lists.set(instanceId, { now, file: { text, sha256: result.answer.after.sha256 } });
      } catch (error) {
        unfit(instanceId, `${configPath}: ${errorText(error, 300)}`);
      }
    }
  }
  return { lists, refusals };
}

/** Nodes with the same name: changes for one cannot be told from changes for the other. */
export function duplicateNames(nodes: readonly FleetNode[]): readonly SubjectRefusal[] {
  const doubled = doubledNames(nodes);
  return nodes
    .filter(({ name }) => doubled.has(name))
    .map(({ name, instanceId }) =>
      about(
        {
          refuse: 'name-taken',
          reason: `more than one node is called ${name}: the peers of ${instanceId} are left as they are`,
          page: true,
          retryAfterMs: 0,
        },
        { name, instanceId },
      ),
    );
}
