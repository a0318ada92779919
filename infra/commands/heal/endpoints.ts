// `endpoints`: where the nodes of a fleet can be asked, by address and by name, as they were last seen; of a private network also how its nodes are dialled.
import { createHash } from 'node:crypto';
import { familyOf } from '../../../shared/chains/defaults.ts';
import type { Fleet, Role } from '../../../shared/fleet/model.ts';
import type { ObservedNode } from '../../../shared/fleet/observation.ts';
import { fleetParameterName } from '../../../shared/fleet/parameter.ts';
import { FleetFileError } from '../../../shared/fleet/problems.ts';
import { hostOf, poolName } from '../../../shared/fleet/resource-names.ts';
import { ACCESS, endpointOf, openPortsOf } from '../../../shared/fleet/schema-ports.ts';
import type { Settings } from '../../../shared/fleet/settings.ts';
import { completeDocument, parseFleetDocument } from '../../../shared/fleet/whole.ts';
import { accessExport } from '../../../shared/model/suite.ts';
import { compareNames } from '../../../shared/text/names.ts';
import { plainText } from '../../../shared/text/plain-text.ts';
import { commandNames } from '../../names.ts';
import { UsageError } from '../errors.ts';
import { tableOf } from '../fleets/context.ts';
import { nodesStackOf } from '../nodes/new-nodes.ts';
import type { HealCommandContext } from './context.ts';
import { knownFleet } from './target.ts';

type Seen = Pick<ObservedNode, 'name' | 'role' | 'privateIp' | 'health'>;

export interface Endpoint {
  readonly node: string;
  readonly role: Role;
  readonly health: ObservedNode['health'];
  /** "10.0.64.10:26657"; undefined where its instance has no address. */
  readonly address: string | undefined;
  /** "sentry1.irita.internal:26657"; undefined where the fleet has no names. */
  readonly dns: string | undefined;
}

/** By their names. Pure. */
function endpointsOf(
  { dns }: Pick<Fleet, 'dns'>,
  port: number,
  nodes: readonly Seen[],
  role: Role | undefined,
): readonly Endpoint[] {
  return nodes
    .filter((node) => role === undefined || node.role === role)
    .toSorted((one, other) => compareNames(one.name, other.name))
    .map(({ name, role: its, privateIp, health }) => ({
      ...{ node: name, role: its, health },
      address: privateIp === '' ? undefined : `${privateIp}:${port}`,
      dns: dns && `${hostOf(dns, name)}:${port}`,
    }));
}

/** A port that the stack of the nodes has opened. */
interface ReachablePort {
  readonly name: string;
  /** "http://node1.bitcoin.internal:8332", or a host with its port. */
  readonly at: readonly string[];
  /** A security group, or the access group by the name of its export. */
  readonly openTo: string;
}

/** What the fleet file says that its stack opens; none where it deploys nothing. Pure. @throws FleetFileError */
function portsOf(
  { suite, name, rpc }: Pick<Fleet, 'suite' | 'name' | 'rpc'>,
  file: string,
  hosts: readonly string[],
): readonly ReachablePort[] {
  return openPortsOf(completeDocument(parseFleetDocument(file))).map((one) => ({
    name: one.name,
    at: hosts.map((host) => endpointOf(host, one, rpc)),
    openTo: one.from === ACCESS ? accessExport(suite, name) : one.from,
  }));
}

/** How the nodes of a private network are dialled: "enode://…@sealer1.clique.internal:30303", "ID@validator1.irita.internal:26656". Pure. */
function peersOf(
  { chain, dns }: Pick<Fleet, 'chain' | 'dns'>,
  nodes: readonly Endpoint[],
  publicKeys: ReadonlyMap<string, string>,
): readonly string[] {
  if (!dns) return [];
  return nodes.flatMap(({ node }) => {
    const key = publicKeys.get(node);
    return key === undefined
      ? []
      : [`${peerId(chain, Buffer.from(key, 'base64'))}@${hostOf(dns, node)}:${dns.p2pPort}`];
  });
}

/** As `make-network` has made them: a client of the Ethereum family is named by its key, one of CometBFT by the hash of it. */
const peerId = (chain: string, publicKey: Uint8Array): string =>
  familyOf(chain) === 'ethereum'
    ? `enode://${Buffer.from(publicKey).toString('hex')}`
    : createHash('sha256').update(publicKey).digest('hex').slice(0, 40);

/** Of the chains of which one can be deployed. */
const isOfNetworks = ({ chain, dns }: Pick<Fleet, 'chain' | 'dns'>): boolean =>
  dns !== undefined && (chain === 'cometbft' || chain === 'ethereum');

const isThere = (text: string | undefined): text is string => text !== undefined;

/** @throws UsageError where there is no such fleet, or its clients have no RPC that is known */
export async function endpoints(
  context: HealCommandContext,
  written: string,
  { role }: { readonly role?: Role },
): Promise<{ readonly status: 0 | 1; readonly facts: object }> {
  const suite = context.suite();
  const settings = await suite.settings();
  const name = await knownFleet(suite, settings, written);
  const fleet = settings.fleets.find((one) => one.name === name);
  if (!fleet?.rpc) throw new UsageError(`${name}: no port of an RPC is known, or its fleet file cannot be read`);
  const { port } = fleet.rpc;
  const nodes = (await suite.observed(name)).flatMap((observation) => observation.nodes);
  const found = endpointsOf(fleet, port, nodes, role);
  if (found.length === 0) context.complain(nothingText(name, nodes.length, role));
  else context.say(tableOf([fleet.dns ? 'dns' : 'node', 'address', 'role', 'health'], found.map(rowOf)));
  if (fleet.dns && found.length > 0)
    context.say(`\nThose that are synced, by one name: ${poolName(fleet.dns)}:${port}`);
  const { ports, balanced } = openedBy(context, fleet, settings, found);
  if (ports.length > 0) {
    context.say('\nOpen, and to whom (a name with colons is that of the exported access group):');
    context.say(
      tableOf(
        ['port', 'at', 'open to'],
        ports.flatMap(({ name: its, at, openTo }) => at.map((one) => [its, one, openTo])),
      ),
    );
  }
  if (balanced)
    context.say(
      `\nTheir load balancer is the output Address of ${nodesStackOf(fleet.suite, fleet.name)}, with a listener for each of these.`,
    );
  const keys = isOfNetworks(fleet)
    ? await suite.publicKeys(
        name,
        found.map(({ node }) => node),
      )
    : new Map();
  const peers = peersOf(fleet, found, keys);
  if (peers.length > 0) context.say(`\nTheir peers dial them as:\n${peers.join('\n')}`);
  const facts = { address: found.map(({ address }) => address), dns: found.map(({ dns }) => dns) };
  return {
    status: found.length === 0 ? 1 : 0,
    facts: {
      ...{ address: facts.address.filter(isThere), dns: facts.dns.filter(isThere) },
      ...(peers.length > 0 && { peer: peers }),
      ...(ports.length > 0 && { ports }),
    },
  };
}

/** @returns `balanced`: a load balancer stands before them */
function openedBy(
  { complain }: Pick<HealCommandContext, 'complain'>,
  fleet: Fleet,
  { values }: Pick<Settings, 'values'>,
  found: readonly Endpoint[],
): { readonly ports: readonly ReachablePort[]; readonly balanced: boolean } {
  const file = values.get(fleetParameterName(commandNames().parameterPrefix, fleet.name));
  if (file === undefined || found.length === 0) return { ports: [], balanced: false };
  const hosts = found.flatMap(({ dns, address }) => (dns ?? address)?.replace(/:\d+$/, '') ?? []);
  try {
    const ports = portsOf(fleet, file, hosts);
    return { ports, balanced: ports.length > 0 && parseFleetDocument(file).deploy?.kind === 'ha' };
  } catch (error) {
    if (!(error instanceof FleetFileError)) throw error;
    complain(`what the stack of its nodes opens is not known: ${error.message}`);
    return { ports: [], balanced: false };
  }
}

const nothingText = (fleet: string, seen: number, role: Role | undefined): string =>
  seen === 0 ? `${fleet}: nobody has looked at its nodes yet.` : `${fleet}: none of its ${seen} nodes is a ${role}.`;

const rowOf = ({ node, role, address, dns, health }: Endpoint): string[] => [
  plainText(dns ?? node, 256),
  address ?? 'none',
  role,
  health,
];
