// The world of real stories: a local region with the stack deployed in it. Its clock is real time, and real machines run behind its instances.
import { randomInt } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { readFleets } from '../../../infra/fleets.ts';
import { ensureSynthesized } from '../../../infra/synth.ts';
import { isImage, type StoredContent } from '../../../local/nodes/content.ts';
import type { CommandOutcome } from '../../../local/nodes/machine.ts';
import { createRegion, type Region } from '../../../local/region.ts';
import { type JournalLine, readJournal } from '../../../local/scenarios/report/journal.ts';
import { deployInto, settled } from '../../../local/scenarios/world/deployment.ts';
import { VPC_ID } from '../../../local/services/ec2/service.ts';
import type { ClockFollower } from '../../../local/simulator/clock.ts';
import { readAssembly } from '../../../local/simulator/cloudformation/deploy.ts';
import { fromItem } from '../../../shared/aws/attributes.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import type { ObservedNode } from '../../../shared/fleet/observation.ts';
import { fleetParameterName } from '../../../shared/fleet/parameter.ts';
import { resolveFleet } from '../../../shared/fleet/resolve.ts';
import { keys } from '../../../shared/heal/store.ts';
import { DRILL_TAG, hasTags } from '../../../shared/model/tags.ts';
import { publish, type Release } from './deployed.ts';
import { Deployment } from './deployment.ts';
import { containers } from './machine/container.ts';
import { DebianMachine, type MachinePlace } from './machine/debian-machine.ts';
import { linkOf } from './machine/devices.ts';
import { type Resolver, serveNames } from './machine/dns.ts';
import { Images } from './machine/images.ts';
import { Lan, RESOLVER } from './machine/lan.ts';
import { realHost } from './machine/rpc.ts';
import { enable, type ImageFiles } from './machine/system.ts';
import { tool } from './machine/tool.ts';
import type { Task } from './run-events.ts';

/** The fleet files of the real machines. */
export const REAL_FLEETS = join(import.meta.dirname, 'fleets');
const MAX_EVENTS = 20_000_000;
const SEEDS = 2 ** 31;
/** In the region's time the deployment has ended by then. */
const DEPLOYED_BEFORE_MS = 10 * 60_000;
/** Between two additional sweeps. */
const OFTEN_MS = 15_000;
/** A region runs for a quarter of an hour: its trace keeps so many calls. */
const CALLS_KEPT = 200_000;

export interface RealVolume {
  readonly role: string;
  readonly path: string;
  readonly sizeGiB: number;
  /** Puts the node's initial files into a directory that is the volume's root. */
  readonly fill?: (directory: string) => void | Promise<void>;
}

/** The node that an image is made for: its files depend on it. */
export interface Identity {
  readonly name: string;
  readonly instanceId: string;
  readonly privateIp: string;
}

export interface RealNodeSpec {
  /** Undefined: a machine of the rest of the network, which is not a node of ours. */
  readonly fleet?: string;
  readonly name: string;
  readonly volumes: readonly RealVolume[];
  /** Files of its image besides Debian's. */
  readonly files: (identity: Identity) => ImageFiles;
  /** Units started at each boot: "node@0.21.service" of the unit "node@.service". */
  readonly enabled?: readonly { readonly unit: string; readonly of: string }[];
  /** A new instance's image where its launch template's user data do the rest; undefined: it has all of the above. */
  readonly bare?: Required<Pick<RealNodeSpec, 'files' | 'enabled'>>;
  /** A stack has made it: its first boot makes the place of its data itself. */
  readonly deployed?: true;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface RealNode {
  readonly spec: RealNodeSpec;
  readonly name: string;
  readonly instanceId: string;
  readonly privateIp: string;
  readonly machine: DebianMachine;
}

export class RealWorld {
  readonly region: Region;
  readonly tableName: string;
  readonly fleets: ReadonlyMap<string, Fleet>;
  readonly nodes: RealNode[] = [];
  /** Throw-away machines of drills, which are no nodes. */
  readonly drills: RealNode[] = [];
  readonly ground: Task;
  /** Scripts that were run, and how they ended. */
  readonly scripts: { readonly operation: string; readonly instanceId: string; readonly outcome: CommandOutcome }[] =
    [];
  readonly #place: MachinePlace;
  readonly #resolver: Resolver;
  readonly #following: ClockFollower;
  readonly #deployment: Deployment | undefined;
  #made = 0;
  #copies = 0;

  private constructor(
    region: Region,
    made: {
      readonly tableName: string;
      readonly fleets: ReadonlyMap<string, Fleet>;
      readonly ground: Task;
      readonly resolver: Resolver;
      readonly following: ClockFollower;
      readonly images: Images;
      readonly lan: Lan;
      readonly deployment: Deployment | undefined;
      readonly onError: (error: unknown) => void;
    },
  ) {
    this.region = region;
    this.tableName = made.tableName;
    this.fleets = made.fleets;
    this.ground = made.ground;
    this.#resolver = made.resolver;
    this.#following = made.following;
    this.#deployment = made.deployment;
    const { images, lan, onError, ground } = made;
    this.#place = {
      clock: region.clock,
      baseDirectory: ground.baseDirectory,
      images,
      lan,
      containers: containers(ground.machines, ground.runDirectory),
      onError,
      onScript: (operation, instanceId, outcome) => this.scripts.push({ operation, instanceId, outcome }),
    };
    region.ec2.onRun((instance, { userData }) => {
      const tags = Object.fromEntries(instance.tags.map(({ Key = '', Value = '' }) => [Key, Value]));
      const name = tags['chainmend:node'] ?? tags['Name'] ?? instance.instanceId;
      const drilled = tags[DRILL_TAG];
      const like = this.nodes.find((node) =>
        drilled === undefined ? node.name === name : node.spec.fleet === drilled,
      );
      const spec = like?.spec ?? this.#deployedSpec(name, tags);
      const privateIp = instance.networkInterface?.privateIp;
      if (!spec || privateIp === undefined) return undefined;
      const { instanceId } = instance;
      const node = this.#settleIn({ ...spec, ...spec.bare }, { name, instanceId, privateIp }, userData);
      (drilled === undefined ? this.nodes : this.drills).push(node);
      // Nothing is to be masked on it from here: its own boot carries out its user data.
      return { machine: node.machine, clientMasked: false };
    });
  }

  /**
   * Deploys the stack, with only these fleets, in a region that then runs in real time.
   * @param releases of the fleets whose nodes are deployed, by their names
   */
  static async make(
    ground: Task,
    {
      fleets: fleetNames,
      releases,
    }: { readonly fleets: readonly string[]; readonly releases?: Readonly<Record<string, Release>> },
    { onError, onFatal }: { readonly onError: (error: unknown) => void; readonly onFatal: (error: unknown) => void },
  ): Promise<RealWorld> {
    const nowMs = Date.now();
    const region = await createRegion({
      // A first boot makes XFS with a UUID of the volume's id, and the kernel, which all runs share, mounts no second one.
      seed: releases ? randomInt(SEEDS) : 1,
      lane: 'fidelity',
      guard: false,
      retain: CALLS_KEPT,
      startMs: nowMs - DEPLOYED_BEFORE_MS,
    });
    const published = releases && publish(ground, REAL_FLEETS, releases);
    const folder = published?.fleets ?? REAL_FLEETS;
    const assembly = await ensureSynthesized({
      fleets: folder,
      ...(published && { assemblies: join(ground.runDirectory, 'assemblies') }),
    });
    const files = readFleets(folder).filter(({ document }) => fleetNames.includes(document.fleet));
    const tableName = await deployInto(region, readAssembly(assembly, 'Chainmend'));
    const fleets = new Map(files.map(({ document }): [string, Fleet] => [document.fleet, resolveFleet(document)]));
    await settled(region, () => leaveOthersOut(region, folder, fleets));
    for (const zone of new Set([...fleets.values()].flatMap(({ dns }) => dns?.zone ?? [])))
      region.route53.addZone({ name: zone, private: true, vpcId: VPC_ID });
    await region.clock.run({ untilMs: Date.now(), maxEvents: MAX_EVENTS });
    const lan = Lan.make();
    const deployment = published && (await Deployment.begin(region, ground, { assembly, published, onError }));
    return new RealWorld(region, {
      tableName,
      fleets,
      ground,
      deployment,
      resolver: await serveNames((name, type) =>
        deployment?.outside.hosts.has(name) ? (type === 'A' ? [RESOLVER] : []) : region.route53.resolve(name, type),
      ),
      following: region.clock.follow({ speed: 1, onError: onFatal }),
      images: Images.make(ground.runDirectory),
      lan,
      onError,
    });
  }

  /** A machine that existed before, with its volumes; it boots. Resolves when its system answers. */
  async node(spec: RealNodeSpec): Promise<RealNode> {
    const { region } = this;
    const index = this.#made++;
    const zone = 'abc'[index % 3] ?? 'a';
    const fleet = spec.fleet === undefined ? undefined : this.fleets.get(spec.fleet);
    const tags = { ...fleet?.nodes.tags, [fleet?.nodes.nameTag ?? 'Name']: spec.name, ...spec.tags };
    const privateIp = `10.0.${(index % 3) * 64}.${10 + Math.floor(index / 3)}`;
    const availabilityZone = `${region.kernel.regionName}${zone}`;
    const instanceId = region.ec2.addInstance({ availabilityZone, privateIp, tags, state: 'running' });
    region.ec2.addVolume({
      sizeGiB: 16,
      type: 'gp3',
      availabilityZone,
      attachedTo: { instanceId, device: '/dev/xvda', deleteOnTermination: true },
      tags: { Name: `${spec.name}-root` },
    });
    const lines: string[] = [];
    const attached: [string, number][] = [];
    for (const [at, { role, path, sizeGiB, fill }] of spec.volumes.entries()) {
      const volumeId = region.ec2.addVolume({
        sizeGiB,
        type: 'gp3',
        availabilityZone,
        attachedTo: { instanceId, device: `/dev/sd${'fghij'[at] ?? 'f'}` },
        tags: {
          ...(fleet?.volumes.find((volume) => volume.role === role)?.tags ?? fleet?.nodes.tags),
          Name: `${spec.name}-${role}`,
        },
      });
      await this.#format(volumeId, sizeGiB, fill);
      attached.push([volumeId, sizeGiB]);
      lines.push(`${linkOf(volumeId)} ${path} xfs defaults,nofail 0 2\n`);
    }
    const node = this.#settleIn(spec, { name: spec.name, instanceId, privateIp }, '', lines.join(''));
    this.nodes.push(node);
    region.machines.add(node.machine);
    for (const [volumeId, sizeGiB] of attached) node.machine.volumeAttached(volumeId, '', sizeGiB);
    node.machine.powerOn();
    await node.machine.booted();
    return node;
  }

  /** A person deploys the nodes of a fleet: `npm run deploy:nodes`. Resolves when their systems answer; their first boots go on. */
  async deployNodes(fleet: string): Promise<readonly RealNode[]> {
    if (!this.#deployment) throw new Error(`no release of ${fleet} is published`);
    const assembly = readAssembly(this.#deployment.assembly, `ChainmendNodes-${fleet}`);
    await this.region.deploy({ assembly, atOnce: true });
    const made = this.nodes.filter(({ spec }) => spec.fleet === fleet);
    await Promise.all(made.map(({ machine }) => machine.booted()));
    return made;
  }

  /** Of the fleet whose tags an instance has; undefined: the nodes of no such fleet are deployed. */
  #deployedSpec(name: string, tags: Readonly<Record<string, string>>): RealNodeSpec | undefined {
    const deployment = this.#deployment;
    const fleet = [...this.fleets.values()].find(({ nodes }) => hasTags(tags, nodes.tags));
    if (!deployment || !fleet) return undefined;
    return {
      ...{ fleet: fleet.name, name, deployed: true },
      files: () => deployment.image,
      volumes: fleet.volumes.map(({ role, path }) => ({ role, path, sizeGiB: 0 })),
    };
  }

  #settleIn(spec: RealNodeSpec, identity: Identity, userData: string, fstab = ''): RealNode {
    const { region } = this;
    const files = { ...spec.files(identity), '/etc/fstab': fstab };
    const machine = new DebianMachine(this.#place, {
      ...identity,
      regionName: region.kernel.regionName,
      files: {
        ...files,
        ...(spec.deployed ? {} : Object.fromEntries(spec.volumes.map(({ path }) => [`${path}/.keep`, '']))),
      },
      userData,
      paths: spec.volumes.map(({ path }) => path),
    });
    for (const { unit, of } of spec.enabled ?? []) enable(machine.root, unit, of);
    region.network.attach(identity.privateIp, { vpcId: VPC_ID }, realHost(identity.privateIp));
    machine.startMetrics((metrics) => {
      for (const { namespace, metricName, dimensions, value, timestampMs, unit } of metrics)
        region.cloudwatch.record(namespace, metricName, dimensions, value, timestampMs, unit);
    });
    return { spec, machine, ...identity };
  }

  async #format(volumeId: string, sizeGiB: number, fill: RealVolume['fill']): Promise<void> {
    const { images } = this.#place;
    images.create(volumeId, sizeGiB);
    const loop = images.attach(volumeId);
    await tool('mkfs.xfs', ['-q', loop]);
    if (!fill) return;
    const directory = join(this.ground.runDirectory, `filling-${volumeId}`);
    mkdirSync(directory);
    await tool('mount', [loop, directory]);
    try {
      await fill(directory);
    } finally {
      await tool('umount', [directory]);
    }
  }

  /** The current node of that name: the last one that took it. */
  find(name: string): RealNode {
    const there = new Set(
      this.region.ec2
        .instances()
        .filter(({ state, tags }) => state === 'running' && !tags.some(({ Key }) => Key === 'chainmend:retired'))
        .map(({ instanceId }) => instanceId),
    );
    const known = this.nodes.filter((node) => node.name === name);
    const found = known.findLast(({ instanceId }) => there.has(instanceId)) ?? known.at(-1);
    if (!found) throw new Error(`the world has no node ${name}`);
    return found;
  }

  journal(): readonly JournalLine[] {
    return readJournal(this.region, this.tableName);
  }

  /** The suite's latest observations of a fleet's nodes. */
  observed(fleet: string): readonly ObservedNode[] {
    return this.region.dynamodb.items(this.tableName).flatMap((stored) => {
      const record = fromItem(stored as Parameters<typeof fromItem>[0]);
      return record['pk'] === keys.observation(fleet, 0).pk && String(record['sk']).startsWith('OBSERVATION')
        ? (record['nodes'] as unknown as readonly ObservedNode[])
        : [];
    });
  }

  /** A person sends an event to a function of the suite. */
  async send(event: Readonly<Record<string, unknown>>, functionName = 'chainmend-dispatch-heal'): Promise<void> {
    await this.region.call('lambda', 'Invoke', {
      FunctionName: functionName,
      InvocationType: 'Event',
      Payload: new Uint8Array(Buffer.from(JSON.stringify(event))),
    });
  }

  /** A person asks the dispatcher, and waits for its answer, as a verb does. */
  async ask(event: Readonly<Record<string, unknown>>): Promise<string> {
    const { Payload } = (await this.region.call('lambda', 'Invoke', {
      FunctionName: 'chainmend-dispatch-heal',
      InvocationType: 'RequestResponse',
      Payload: new Uint8Array(Buffer.from(JSON.stringify(event))),
    })) as { readonly Payload?: Uint8Array };
    return Buffer.from(Payload ?? []).toString('utf8');
  }

  /**
   * The fleet is looked at, and its upgrade and drill taken further, more often than once a minute, which is most of what a story of many steps would
   * wait for. @returns a function that ends it
   */
  sweepOften(): () => void {
    const timer = setInterval(() => {
      for (const name of ['chainmend-watch-fleet', 'chainmend-dispatch-heal'])
        this.send({ kind: 'sweep' }, name).catch(this.#place.onError);
    }, OFTEN_MS);
    timer.unref();
    return () => clearInterval(timer);
  }

  /**
   * Attaches a volume with an image's content to a machine, besides its own volumes: not mounted, and not known to any fleet. @returns its device's
   * name by id
   */
  attachCopy({ machine }: RealNode, content: StoredContent | undefined): string {
    if (!content || !isImage(content)) throw new Error('attachCopy: there is no image');
    const volumeId = `vol-${(++this.#copies).toString(16).padStart(17, '0')}`;
    machine.volumeAttached(volumeId, '', 1, { content, initializedAtMs: undefined });
    return linkOf(volumeId);
  }

  /** Attaches an empty volume that no fleet knows. @returns its id */
  attachEmpty({ machine }: RealNode, sizeGiB: number): string {
    const volumeId = `vol-${(++this.#copies).toString(16).padStart(17, '0')}`;
    machine.volumeAttached(volumeId, '', sizeGiB);
    return volumeId;
  }

  /** A machine with the image of deployed nodes that nobody has deployed: nothing has run on it. */
  async spare(name: string): Promise<RealNode> {
    const { image = {} } = this.#deployment ?? {};
    return await this.node({ name, volumes: [], deployed: true, files: () => image });
  }

  async end(): Promise<void> {
    await this.#following.stop();
    this.#resolver.close();
    this.#deployment?.end();
    await Promise.all([...this.nodes, ...this.drills].map(({ machine }) => machine.powerOff('hard')));
  }
}

/** Only the fleets of this world are watched. */
async function leaveOthersOut(region: Region, folder: string, fleets: ReadonlyMap<string, Fleet>): Promise<void> {
  for (const { document } of readFleets(folder)) {
    const Name = fleetParameterName('/chainmend', document.fleet);
    if (!fleets.has(document.fleet)) await region.call('ssm', 'DeleteParameter', { Name });
  }
}
