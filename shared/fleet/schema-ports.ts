// The ports of its client that a deployed fleet opens, each with whom it is open to. `openPortsOf` is who answers that: synthesis, `check` and `endpoints`
// ask it, and a file with `rpcFrom` is one with a single port.
import type * as v from 'valibot';
import type { Complaints } from './problems.ts';
import { about, list, object, port, shortName, text } from './schema-fields.ts';

const SECURITY_GROUP = 'sg-0123456789abcdef0';

export const securityGroupId = text(/^sg-([0-9a-f]{8}|[0-9a-f]{17})$/, 'the id of a security group', SECURITY_GROUP);

/** Members of the fleet's access group, which other stacks import. */
export const ACCESS = 'access';

/** With 16 ports of P2P that is at most 49 rules of a security group, and 16 listeners: AWS's quotas are 60 and 50. */
export const PORTS_MAX = 16;

const openPort = object(`{ name: rpc, port: 8545, from: ${SECURITY_GROUP} }`, {
  name: about('What it is called in outputs and by `endpoints`. A new name changes no rule.', shortName('rpc')),
  port: about('The TCP port of the client.', port(8545)),
  from: about(
    'Who may open it: one security group, or `access`, the members of the access group that the stack makes and exports. Never the world.',
    text(
      /^(access|sg-([0-9a-f]{8}|[0-9a-f]{17}))$/,
      `${ACCESS} or the id of a security group: no client's port is open to addresses`,
      SECURITY_GROUP,
    ),
  ),
});

export const ports = list(openPort, PORTS_MAX, 1);

export interface OpenPort extends v.InferOutput<typeof openPort> {
  /** The one that chainmend asks. */
  readonly isRpc: boolean;
}

interface Opening {
  readonly rpc?: { readonly port: number };
  readonly deploy?: { readonly ports?: v.InferOutput<typeof ports>; readonly rpcFrom?: string };
}

/** How many rules the nodes' own security group lets in by, which has the most of all. Pure. @param complete a whole fleet file, with its defaults */
export function rulesInto(
  complete: Opening & {
    readonly chain: string;
    readonly deploy?: { readonly kind: string; readonly p2p: readonly string[] };
  },
): number {
  const ports = openPortsOf(complete).length;
  const { kind, p2p = [] } = complete.deploy ?? {};
  // The load balancer passes on each port, and asks whether a member has caught up. The nodes of a network dial each other, a geth by UDP, too.
  const inside = kind === 'ha' ? ports + 1 : kind !== 'network' ? 0 : complete.chain === 'ethereum' ? 2 : 1;
  return p2p.length + ports + inside;
}

interface Requests {
  readonly scheme: string;
  readonly path: string;
}

/** "http://node1.bitcoin.internal:8332", or of a port that chainmend does not ask "node1.bitcoin.internal:28332". */
export const endpointOf = (host: string, { port: at, isRpc }: OpenPort, rpc: Requests | undefined): string =>
  isRpc && rpc ? `${rpc.scheme}://${host}:${at}${rpc.path === '/' ? '' : rpc.path}` : `${host}:${at}`;

/** Clients that find their peers by UDP: devp2p's, and those of the OP stack. */
const BY_UDP: ReadonlySet<string> = new Set(['ethereum', 'bsc', 'polygon', 'optimism', 'base']);

/** What the whole world may open, where the file does not say it. A private network dials itself alone. */
export function p2pOf(kind: string, chain: string, p2pPort: number | undefined): string[] {
  if (kind === 'network' || p2pPort === undefined) return [];
  return [`tcp/${p2pPort}`, ...(BY_UDP.has(chain) ? [`udp/${p2pPort}`] : [])];
}

/** In the order of the file. Pure. @param complete a whole fleet file, with its defaults */
export function openPortsOf({ rpc, deploy = {} }: Opening): readonly OpenPort[] {
  if (deploy.ports) return deploy.ports.map((one) => ({ ...one, isRpc: one.port === rpc?.port }));
  if (deploy.rpcFrom === undefined || rpc === undefined) return [];
  return [{ name: 'rpc', port: rpc.port, from: deploy.rpcFrom, isRpc: true }];
}

/** What else the deployment opens. */
interface Beside {
  readonly rpcPort: number | undefined;
  /** To the world, or to the nodes themselves. */
  readonly p2p: readonly string[];
  readonly healthPort: number | undefined;
}

/** Problems of ports that fit the schema. */
export function checkPorts(
  { ports: written, rpcFrom }: NonNullable<Opening['deploy']>,
  { rpcPort, p2p, healthPort }: Beside,
  { conflict }: Pick<Complaints, 'conflict'>,
): void {
  const at = (...field: string[]): string[] => ['deploy', 'ports', ...field];
  const isP2p = (one: number): boolean => p2p.includes(`tcp/${one}`);
  if (rpcPort !== undefined && isP2p(rpcPort))
    conflict(['deploy', 'p2p'], `tcp/${rpcPort}`, 'expected no RPC port: the whole world may open what is named here');
  if (!written) return;
  if (rpcFrom !== undefined)
    conflict(['deploy', 'rpcFrom'], rpcFrom, 'expected none beside deploy.ports: name the RPC port there, with from');
  const named = new Set<string>();
  const opened = new Set<number>();
  for (const [index, one] of written.entries()) {
    if (named.has(one.name)) conflict(at(String(index), 'name'), one.name, 'expected each name once');
    if (opened.has(one.port))
      conflict(at(String(index), 'port'), one.port, 'expected each port once: whom it is open to is one group');
    named.add(one.name);
    opened.add(one.port);
    if (one.port !== rpcPort && isP2p(one.port))
      conflict(at(String(index), 'port'), one.port, 'expected another port than those of P2P: they are open already');
    if (one.port === healthPort)
      conflict(
        at(String(index), 'port'),
        one.port,
        'expected another port than deploy.group.healthPort: the load balancer alone may open that',
      );
  }
}
