// The machine behind an instance that RunInstances or a scaling group launches. It is a node of the fleet whose tags it has, made like its sibling of
// that name. The first node of a fleet with a client of no known chain is made from its fleet file. It boots from its image with nothing mounted;
// volumes must be attached and mounted.
import type { Fleet } from '../../../shared/fleet/model.ts';
import { nameApart } from '../../../shared/fleet/node-names.ts';
import { roleOf } from '../../../shared/fleet/resolve.ts';
import { DRILL_TAG, hasTags } from '../../../shared/model/tags.ts';
import type { SimulatedChain } from '../../nodes/chain.ts';
import { isMaskedBy, partsOf } from '../../nodes/cloud-init.ts';
import { FSTAB } from '../../nodes/disks.ts';
import { deployedBootOf } from '../../nodes/first-boot.ts';
import type { NetworkSources } from '../../nodes/network-boot.ts';
import { type FirstBootRun, SimulatedNode } from '../../nodes/node.ts';
import type { NodeSpec } from '../../nodes/spec.ts';
import type { Region } from '../../region.ts';
import type { Instance, Launched, LaunchedMachine } from '../../services/ec2/model.ts';
import { resolver } from '../../services/route53/resolver.ts';
import type { Clock } from '../../simulator/kernel.ts';
import type { HttpAnswer } from '../../simulator/network/network.ts';
import { configOf, type PlacedNode, placedOf, unitOf } from './nodes.ts';

const GIB = 2 ** 30;
/** The file that keeps a client from starting, in user data that mask it before its first boot. */
const MASK_FILE = '/etc/chainmend/client-masked';

/** Until the script looks for its volume: what the owner's lines take comes behind it, and is counted here. */
const DEPLOYED_SECONDS = 60;

interface LaunchWorld {
  readonly fleets: ReadonlyMap<string, Fleet>;
  readonly nodes: readonly PlacedNode[];
  /** Those that were terminated: models where nobody else of their fleet is left. */
  readonly ended: readonly PlacedNode[];
  /** The chain of a fleet whose client is of no known chain. */
  readonly ownChain: (fleet: Fleet) => SimulatedChain;
  /** Of each fleet whose clients need what the user data of its launch template set up. */
  readonly ownUserData: ReadonlyMap<string, OwnUserData>;
}

export interface OwnUserData extends FirstBootRun {
  /** The user data, as text. */
  readonly runs: string;
}

/** Undefined: its tags name no fleet that has a node here as a model. */
export function placeLaunched(
  region: Region,
  instance: Instance,
  launched: Launched,
  { fleets, nodes, ended, ownChain, ownUserData }: LaunchWorld,
): { readonly placed: PlacedNode; readonly made: LaunchedMachine } | undefined {
  const tags = Object.fromEntries(instance.tags.map(({ Key = '', Value = '' }) => [Key, Value]));
  const fleet = [...fleets.values()].find((candidate) => carries(tags, candidate));
  const parts = partsOf(launched.userData);
  const deployed = parts.map(({ text }) => deployedBootOf(text)).find((boot) => boot !== undefined);
  const written = (tags['chainmend:node'] ?? (fleet && tags[fleet.nodes.nameTag])) || instance.instanceId;
  // Members of a group share the name of their template.
  const name =
    deployed?.group && tags['chainmend:node'] === undefined ? nameApart(written, instance.instanceId) : written;
  const isOfFleet = (node: PlacedNode): boolean => node.fleet.name === fleet?.name;
  const siblings = nodes.some(isOfFleet) ? nodes.filter(isOfFleet) : ended.filter(isOfFleet);
  const like = siblings.find((node) => node.name === name) ?? (deployed?.network ? undefined : siblings[0]);
  if (!fleet) return undefined;
  const { instanceId } = instance;
  const identity = { instanceId, name, privateIp: instance.networkInterface?.privateIp ?? '' };
  // A fleet file does not say how a client of a known chain is set up, unless it deploys it.
  if (!like && fleet.chain !== 'other' && !deployed) return undefined;
  const machine = like
    ? bareMachine(region, like.machine.chain, { ...ofSibling(like.machine), ...identity })
    : bareMachine(region, ownChain(fleet), {
        ...ofFleet(fleet),
        ...(deployed && { unit: deployed.unit }),
        ...(deployed?.network?.role === 'validator' && { validatorPower: POWER }),
        ...identity,
      });
  const boot = firstBootOf(launched.userData);
  if (boot) playFirstBoot(region.clock, machine, boot);
  if (deployed) {
    // The image's own: it mounts nothing.
    machine.writeFile(FSTAB, '');
    const outside = (url: URL): HttpAnswer => {
      const asked = { method: 'GET', path: `${url.pathname}${url.search}`, headers: {}, body: new Uint8Array() };
      const answer = region.network.request('internet', url.hostname, Number(url.port) || 443, asked);
      // Of a real machine nobody here can wait for it.
      return answer instanceof Promise ? { kind: 'silent' } : answer;
    };
    const network = deployed.network && sourcesOf(region, instance);
    if (network) machine.setup.resolveWith(network.address);
    machine.setUpAtBoot({ seconds: DEPLOYED_SECONDS, ends: 'done', deployed, outside, ...(network && { network }) });
  }
  const own = ownUserData.get(fleet.name);
  if (own)
    machine.setUpAtBoot(
      parts.some(({ text }) => text === own.runs) ? { ...own, formats: own.runs.includes('mkfs') } : null,
    );
  const clientMasked = isMaskedBy(parts, MASK_FILE);
  return {
    placed: placedOf({
      ...{ fleet, name, role: roleOf(fleet, tags), machine, instanceId, tags },
      madeAtMs: region.clock.now(),
      open: () => {},
    }),
    made: { machine, clientMasked },
  };
}

/** As the genesis says it. */
const POWER = 10;

/** What its role may read, and the names of its VPC. */
function sourcesOf(region: Region, { settings, networkInterface }: Instance): NetworkSources {
  const profile = settings.instanceProfileArn ?? '';
  // The stack of deployed nodes gives both one name.
  const roleArn = profile.replace(':instance-profile/', ':role/');
  const resolve = resolver(region.route53);
  return {
    secret: (name) => {
      const { arn = name } = region.secretsmanager.secret(name) ?? {};
      const refused = region.kernel.permits({ roleArn }, 'secretsmanager:GetSecretValue', arn);
      const text = region.secretsmanager.text(name);
      if (refused || text === undefined) return { refused: refused?.message ?? 'it is not there' };
      return { text };
    },
    address: (host) => resolve(host, { vpcId: networkInterface?.vpcId ?? '' }),
  };
}

const carries = (tags: Readonly<Record<string, string>>, { name, nodes }: Fleet): boolean =>
  tags['chainmend:fleet'] === name || tags[DRILL_TAG] === name || hasTags(tags, nodes.tags);

/** Voting power stays with the original node, and peers are in the configuration that comes with the data. */
function ofSibling({ spec }: SimulatedNode): Omit<NodeSpec, 'instanceId' | 'name' | 'privateIp'> {
  const { validatorPower: _, client: __, lagBlocks: ___, knows: ____, ...rest } = spec;
  return rest;
}

function ofFleet(fleet: Fleet): Omit<NodeSpec, 'instanceId' | 'name' | 'privateIp'> {
  return {
    runtime: fleet.units[0]?.runtime.kind ?? 'none',
    unit: unitOf(fleet),
    ...(fleet.rpc && { ports: { rpc: fleet.rpc.port } }),
    ...configOf(fleet),
    volumes: fleet.volumes.map(({ role, path }) => ({
      ...{ volumeId: '', role, path, filesystem: 'xfs' as const },
      ...{ deviceBytes: GIB, usedBytes: 0 },
    })),
  };
}

function bareMachine(region: Region, chain: SimulatedChain, spec: NodeSpec): SimulatedNode {
  const places = spec.volumes.map((volume, at) => ({
    ...volume,
    // Added as a device that is then removed: the client looks at its configured paths, and nothing is there.
    volumeId: `vol-${spec.instanceId.slice(2)}${at}`,
    usedBytes: 0,
    inodesUsed: 0,
    mounted: false,
  }));
  const machine = new SimulatedNode(region.kernel, chain, { ...spec, powered: false, knows: [], volumes: places });
  for (const { volumeId } of places) machine.volumeDetached(volumeId);
  return machine;
}

export interface FirstBoot {
  readonly volumeId: string;
  readonly path: string;
  readonly fillMiB: number;
  readonly fillAfterSeconds: number;
}

const MIB = 2 ** 20;
const LOOK_MS = 5_000;
/** As long as the script waits for its volume: a quarter of an hour. */
const LOOKS_MAX = 180;

/** Undefined: these user data have no such script. */
export function firstBootOf(userData: string): FirstBoot | undefined {
  const said = (name: string): string => new RegExp(`^${name}=(\\S+)$`, 'm').exec(userData)?.[1] ?? '';
  const volumeId = said('SMOKE_VOLUME');
  if (volumeId === '') return undefined;
  const [fillMiB, fillAfterSeconds] = [Number(said('SMOKE_FILL_MIB')), Number(said('SMOKE_FILL_AFTER_SECONDS'))];
  return { volumeId, path: said('SMOKE_PATH'), fillMiB, fillAfterSeconds };
}

/** Runs once, when the machine has booted and the volume is there. */
function playFirstBoot(clock: Clock, machine: SimulatedNode, boot: FirstBoot, looks = 0): void {
  clock.after(LOOK_MS, () => {
    const isThere = machine.devices().some(({ volumeId }) => volumeId === boot.volumeId);
    if (machine.reachable() && isThere) play(clock, machine, boot);
    else if (looks < LOOKS_MAX) playFirstBoot(clock, machine, boot, looks + 1);
  });
}

/** `set -e`: the script ends at the first failure. */
function play(clock: Clock, machine: SimulatedNode, { volumeId, path, fillMiB, fillAfterSeconds }: FirstBoot): void {
  if (machine.format(volumeId, 'xfs') !== undefined || machine.mount(volumeId, path) !== undefined) return;
  machine.startClient();
  clock.after(fillAfterSeconds * 1_000, () => {
    if (machine.isMounted(volumeId)) machine.write(path, fillMiB * MIB);
  });
}
