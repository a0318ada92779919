// A simulated node: a machine with disks, an SSM agent, a CloudWatch agent and a client that follows a chain. No event is needed per block: heights
// and sizes are calculated when they are read, and one timer waits for a full disk. Its RPC is in rpc/, its connections are in peers.ts, its
// configuration is in setup.ts.
import type { Observation } from '../../shared/node-commands/answer.ts';
import type { NodeState } from '../../shared/node-commands/node-answer.ts';
import type { Operation } from '../../shared/node-commands/parameters.ts';
import type { Kernel } from '../simulator/kernel.ts';
import type { HttpAnswer, HttpRequest } from '../simulator/network/network.ts';
import type { Random } from '../simulator/random.ts';
import { SimulatedBeacon } from './beacon.ts';
import type { SimulatedChain } from './chain.ts';
import { SimulatedClient, SYNCED_LAG_BLOCKS } from './client.ts';
import { exitStatusOf, lastLineOf } from './client-log.ts';
import type { DiskMetrics, Metric, Past } from './cloudwatch-agent.ts';
import { CloudWatchAgent, MINUTE_MS } from './cloudwatch-agent.ts';
import { askNode } from './commands/ask-node.ts';
import { NodeCommands } from './commands/client-commands.ts';
import type { PeersHost } from './commands/peer-commands.ts';
import { CommandRunner } from './commands/runner.ts';
import type { BrokenFilesystem, FilesystemType, VolumeContent } from './content.ts';
import type { DeviceReport, MountOptions } from './disks.ts';
import { NodeDisks } from './disks.ts';
import {
  type BootOutcome,
  type DeployedBoot,
  type Loading,
  loadingOf,
  OWN_VOLUME,
  playDeployedBoot,
} from './first-boot.ts';
import type { CommandOutcome, Machine, MachineCommand, NewDisk, VolumePerformance } from './machine.ts';
import { type NetworkSources, playIdentity, playJoin } from './network-boot.ts';
import { NodePeers } from './peers.ts';
import { NodeRpc } from './rpc/node-rpc.ts';
import { NodeSetup } from './setup.ts';
import type { InstalledVersion, NodeReport, NodeSpec } from './spec.ts';
import { instanceOf, isContainer, isUnit, operationOf, unitName } from './spec.ts';
import { SimulatedVolume } from './volume.ts';

const GIB = 2 ** 30;
/** ENV_VAR parameters need 3.3.2746.0 or later ("Data elements and parameters", Systems Manager user guide). */
const AGENT_VERSION = '3.3.3050.0';
/** From power on until the SSM agent answers. */
const BOOT_MS = [12_000, 30_000] as const;
/** From there until a client that ran before is running. */
const AUTOSTART_MS = [1_000, 4_000] as const;
/** With less free space on root a small file cannot be written safely, although the agent still runs. */
const ROOT_WRITABLE_BYTES = 64 * 1_024;
/** Of a version that its owner has not tried. */
const VERSION_DIES_MS = 120_000;
const CLIENT_STARTS_MAX = 1_000;

/** How the user data of a machine's owner run at its first boot. */
export interface FirstBootRun {
  readonly seconds: number;
  readonly ends: 'done' | 'error';
  /** They make a filesystem on each volume that they find. */
  readonly formats?: boolean;
  /** They mount the volume that the machine was launched with there, make a filesystem first where it has none, and start the client. */
  readonly mounts?: string;
  /** What they remove from it before that: a copied identity. */
  readonly removes?: readonly string[];
  /** They are the first boot of a node that `deploy` makes: the end is its own. */
  readonly deployed?: DeployedBoot;
  /** GET of an address outside of its network. */
  readonly outside?: (url: URL) => HttpAnswer;
  /** Of a node of a private network. */
  readonly network?: NetworkSources;
}

/** What a container was made of, unless somebody has made another one. */
const IMAGE_TAG = '0.21.0';

/** In ms; or what becomes of a command that never answers. */
type CommandDelay = number | 'lost' | 'cut';

export class SimulatedNode implements Machine {
  readonly instanceId: string;
  readonly name: string;
  readonly agentVersion: string;
  readonly hostName: string;
  readonly privateIp: string;
  readonly platform = { name: 'Amazon Linux', version: '2023' };
  readonly client: SimulatedClient;
  readonly volumes: readonly SimulatedVolume[];
  readonly peers: NodePeers;
  readonly rpc: NodeRpc;
  readonly setup: NodeSetup;
  /** Its devices and mounts, and the content of copies. */
  readonly disks: NodeDisks;
  /** Only next to an execution client that has one. */
  readonly beacon: SimulatedBeacon | undefined;
  readonly kernel: Kernel;
  readonly chain: SimulatedChain;
  readonly spec: NodeSpec;
  private readonly random: Random;
  private readonly commands: CommandRunner;
  private readonly root: { readonly sizeBytes: number; usedBytes: number };
  private readonly clientStarts: string[] = [];
  private versionStarts = 0;
  private readonly agent: CloudWatchAgent;
  private fencedCommands = 0;
  private powered: boolean;
  /** Its client's unit, which another instance of the template may have replaced since. */
  private unit: string;
  /** Of the images that its client's container is made of, and was at first. */
  private imageTag: string;
  private readonly firstImageTag: string;
  /** Counts boots: work from before the last boot does not continue. */
  private boot = 0;
  private agentFromMs: number;
  private agentCut = false;
  /** Whether the client starts at a boot. */
  private enabled: boolean;
  private masked = false;
  private gone = false;
  /** The user data of its owner run at its next boot. */
  private setUp: FirstBootRun | undefined;
  /** The script of its first boot, once that has ended. */
  private again: FirstBootRun | undefined;
  /** Its client needs what its owner's user data set up, and they have not. */
  private bare = false;
  cloudInit: NodeState['cloudInit'];
  /** The exit status of a client that a person has stopped. */
  private restarts = 0;
  private stoppedWith: number | undefined;
  private readonly commandDelays = new Map<Operation, CommandDelay[]>();

  constructor(kernel: Kernel, chain: SimulatedChain, spec: NodeSpec) {
    const atMs = kernel.clock.now();
    const { blockIntervalMs, bytesPerBlock, inodesPerBlock } = chain.spec;
    const catchUpBlocksPerSecond = spec.catchUpBlocksPerSecond ?? Math.max(10, 20_000 / blockIntervalMs);
    if (catchUpBlocksPerSecond * blockIntervalMs <= 1_000) {
      throw new RangeError(
        `node ${spec.name}: catchUpBlocksPerSecond ${catchUpBlocksPerSecond} is not faster than its chain`,
      );
    }
    this.kernel = kernel;
    this.chain = chain;
    this.spec = spec;
    this.instanceId = spec.instanceId;
    this.name = spec.name;
    this.privateIp = spec.privateIp;
    this.hostName = `ip-${spec.privateIp.replaceAll('.', '-')}.${kernel.regionName}.compute.internal`;
    this.agentVersion = spec.agentVersion ?? AGENT_VERSION;
    this.random = kernel.random(`node/${spec.instanceId}`);
    this.root = { sizeBytes: 16 * GIB, usedBytes: 5 * GIB, ...spec.root };
    this.powered = spec.powered ?? true;
    this.unit = spec.unit;
    [this.firstImageTag = IMAGE_TAG] = Object.keys(spec.versions ?? {});
    this.imageTag = this.firstImageTag;
    this.agentFromMs = this.powered ? atMs : Number.POSITIVE_INFINITY;
    const growth = { bytesPerBlock, inodesPerBlock, phase: this.random.next() };
    const volumes = spec.volumes.map((volume) => new SimulatedVolume(volume, growth));
    this.volumes = volumes;
    const state = this.powered ? (spec.client ?? 'running') : 'stopped';
    this.enabled = state !== 'stopped' || !this.powered;
    this.client = new SimulatedClient({
      kernel,
      nodeId: spec.instanceId,
      chain,
      volumes: this.volumes,
      state,
      lagBlocks: spec.lagBlocks ?? 0,
      catchUpBlocksPerSecond,
      power: spec.validatorPower,
      startSeconds: spec.startSeconds ?? 0,
      coldStart: () => this.disks.coldStart(),
      takesConfiguration: () => this.setup.load(),
      takesData: () => this.disks.data.open(),
      outlivesFullDisk: chain.protocol === 'cometbft',
    });
    this.client.stopBelow(this.version.stopsBelow);
    this.agent = new CloudWatchAgent(
      this,
      this.root,
      spec.diskDevices ? (volume) => (volume ? this.disks.deviceOf(volume) : 'nvme0n1p1') : undefined,
    );
    this.peers = new NodePeers(this.client, { kernel, chain, spec });
    this.rpc = new NodeRpc(this);
    this.setup = new NodeSetup(this);
    this.disks = new NodeDisks(this, volumes);
    this.disks.holdWrites();
    this.beacon = spec.beacon ? new SimulatedBeacon(this.client) : undefined;
    this.commands = new CommandRunner({
      clockSeconds: () => Math.floor(kernel.clock.now() / 1_000) + (spec.clockSkewSeconds ?? 0),
      takesMs: (lowMs, highMs) => this.random.integer(lowMs, highMs),
      later: (delayMs, work) => this.later(delayMs, work),
      observe: (path, runtime, unit) => this.observe(path, runtime, unit),
      extend: (path) => this.extend(path),
      startClient: () => this.startClient(),
      stopEndedInside: () => this.stopEndedInside(),
      rootWritable: () => this.root.sizeBytes - this.root.usedBytes >= ROOT_WRITABLE_BYTES,
      refused: () => {
        this.fencedCommands++;
      },
      peers: this.peersHost(),
      node: new NodeCommands(this, {
        nowMs: () => this.kernel.clock.now(),
        takesMs: (lowMs, highMs) => this.random.integer(lowMs, highMs),
        later: (delayMs, work) => this.later(delayMs, work),
        rootUsedPercent: () => this.rootUsedPercent(),
        upSeconds: () => Math.floor(kernel.clock.now() / 1_000),
        underLock: (work) => this.commands.underLock(work),
        lastCommand: () => this.commands.lastCommand(),
      }),
    });
  }

  get isPowered(): boolean {
    return this.powered;
  }

  reachable(): boolean {
    return this.powered && !this.agentCut && this.kernel.clock.now() >= this.agentFromMs;
  }

  /** Its agent can carry out no command. */
  get isRootFull(): boolean {
    return this.root.usedBytes >= this.root.sizeBytes;
  }

  run(command: MachineCommand, finished: (outcome: CommandOutcome) => void): void {
    // The agent writes the document's steps to /var/lib/amazon/ssm before it runs them; with a full root disk this fails.
    if (this.isRootFull) {
      const stderr = 'Plugin with name aws:runShellScript not found. Step name: run';
      this.later(200, () => finished({ exitCode: 1, stdout: '', stderr, refusedByAgent: true }));
      return;
    }
    const operation = operationOf(command.documentName);
    if (!operation && this.hangs(command.script)) {
      this.later(200, () => finished({ exitCode: 0, stdout: '', stderr: '' }));
      return;
    }
    if (!operation) {
      const stderr = `this simulated node runs chainmend's documents only, not ${command.documentName}`;
      this.later(200, () => finished({ exitCode: 127, stdout: '', stderr }));
      return;
    }
    // It only reads: it does not wait for the lock, and is not recorded.
    if (operation === 'ask-node') {
      this.answerQuestions(command, finished);
      return;
    }
    if (operation === 'read-config' || operation === 'ask-peers' || operation === 'see-clients') {
      this.commands.look(operation, command, finished);
      return;
    }
    if (this.kernel.fault('node-amnesia')) {
      this.commands.forgetEverything();
      this.kernel.met('node-amnesia');
    }
    const delays = this.commandDelays.get(operation) ?? [];
    const delayMs = delays.shift() ?? 0;
    if (delayMs === 0) {
      this.commands.run(operation, command, finished);
      return;
    }
    this.kernel.met(
      typeof delayMs === 'number' ? 'delay-command' : delayMs === 'lost' ? 'lose-command' : 'cut-command',
    );
    if (typeof delayMs === 'number') this.later(delayMs, () => this.commands.run(operation, command, finished));
    else if (delayMs === 'cut') this.commands.cutOff(operation, command);
  }

  /** The next commands of this operation start so much later, one after the other; or never start, or are cut off as they begin, and never answer. */
  delayCommands(operation: Operation, ...delays: readonly CommandDelay[]): void {
    this.commandDelays.set(operation, [...(this.commandDelays.get(operation) ?? []), ...delays]);
  }

  /** The one command that a person types on a node here: SIGSTOP for its client. The process then runs, but does nothing and does not answer. */
  private hangs(script: string): boolean {
    const unit = /^systemctl kill --signal=STOP (\S+)$/.exec(script)?.[1];
    if (unit === undefined || !isUnit(this.spec, 'systemd', unit)) return false;
    this.client.freeze({ untilRestart: true });
    this.rpc.misbehave('hung');
    return true;
  }

  private peersHost(): PeersHost {
    return {
      readFile: (path) => this.readFile(path),
      writeFile: (path, text) => this.writeFile(path, text),
      localRpc: (port, request) => this.localRpc(port, request),
      cookie: (path) => this.readFile(path),
      clientState: (runtime, unit) => (isUnit(this.spec, runtime, unit) ? this.client.state : 'unknown'),
      stopClient: () => this.client.stop('stopped', 'stopped'),
      startClient: () => this.startClient(),
      takesMs: (lowMs, highMs) => this.random.integer(lowMs, highMs),
      later: (delayMs, work) => this.later(delayMs, work),
    };
  }

  private answerQuestions({ parameters }: MachineCommand, finished: (outcome: CommandOutcome) => void): void {
    this.client.settle();
    const credentials = this.spec.rpc?.credentials;
    const cookie = credentials && 'user' in credentials ? `${credentials.user}:${credentials.password}` : undefined;
    const { stdout, afterMs } = askNode(
      { rpc: this.rpc, cookie, volumes: this.volumes, rootUsedPercent: this.rootUsedPercent() },
      parameters,
    );
    this.later(this.random.integer(80, 250) + afterMs, () => finished({ exitCode: 0, stdout, stderr: '' }));
  }

  powerOff(how: 'clean' | 'hard' = 'clean'): void {
    if (!this.powered) return;
    this.client.stop(how === 'hard' ? 'failed' : 'stopped', 'instance-down');
    this.powered = false;
    this.boot++;
    this.agentFromMs = Number.POSITIVE_INFINITY;
    this.commands.powerLost();
  }

  powerOn(): void {
    if (this.powered) return;
    this.powered = true;
    this.boot++;
    this.disks.boot();
    const bootMs = this.random.integer(...BOOT_MS);
    this.agentFromMs = this.kernel.clock.now() + bootMs;
    const { setUp } = this;
    if (setUp) {
      this.cloudInit = 'running';
      this.later(bootMs + setUp.seconds * 1_000, () => {
        if (setUp.deployed) return this.bootDeployed(setUp.deployed);
        this.setUp = undefined;
        this.cloudInit = setUp.ends;
        this.bare = setUp.ends !== 'done';
        if (!this.bare && setUp.mounts !== undefined) this.takeDisk(setUp.mounts, setUp.removes);
      });
    }
    if (this.enabled) this.later(bootMs + this.random.integer(...AUTOSTART_MS), () => void this.startClient());
  }

  volumeResized(volumeId: string, sizeGiB: number): void {
    this.disks.resize(volumeId, sizeGiB);
  }

  /** A new device appears; it is not mounted automatically. */
  volumeAttached(volumeId: string, _device: string, sizeGiB: number, disk?: NewDisk): void {
    this.disks.attach(volumeId, sizeGiB, disk);
    if (this.cloudInit === 'running' && this.setUp?.formats) this.disks.format(volumeId, 'ext4');
  }

  volumePerforms(volumeId: string, performance: VolumePerformance): void {
    this.disks.performs(volumeId, performance);
  }

  hasEbsLimit(limit: VolumePerformance | undefined): void {
    this.disks.limitedTo(limit);
  }

  volumeDetached(volumeId: string): void {
    this.disks.detach(volumeId);
  }

  isMounted(volumeId: string): boolean {
    return this.powered && this.disks.isMounted(volumeId);
  }

  contentOf(volumeId: string): VolumeContent | undefined {
    return this.disks.contentOf(volumeId);
  }

  // What scripts do with its volumes; each returns the tool's message, or undefined after success.

  devices(): DeviceReport[] {
    return this.disks.report();
  }

  format(volumeId: string, filesystem: FilesystemType, uuid?: string): string | undefined {
    return this.disks.format(volumeId, filesystem, uuid);
  }

  mount(device: string, path: string, options?: MountOptions): string | undefined {
    return this.disks.mount(device, path, options);
  }

  breakFilesystem(path: string, how: BrokenFilesystem): void {
    this.disks.break(path, how);
  }

  unmount(path: string): string | undefined {
    return this.disks.unmount(path);
  }

  // What a scenario or a person does to it.

  /** The SSM agent loses its connection, or gets it again. */
  setAgentConnected(connected: boolean): void {
    this.agentCut = !connected;
  }

  stopClient(): void {
    this.enabled = false;
    this.client.stop('stopped', 'stopped');
  }

  /** It does not start at a boot either; what a command stops is started by that boot. */
  get isStoppedByPerson(): boolean {
    return !this.enabled;
  }

  get version(): InstalledVersion {
    return this.spec.versions?.[this.clientInstance() ?? ''] ?? {};
  }

  /** The name of the template's instance that its client is, or the tag of its container's image; undefined where it is neither. */
  clientInstance(): string | undefined {
    return isContainer(this.spec.runtime) ? this.imageTag : instanceOf({ ...this.spec, unit: this.unit });
  }

  hasInstance(name: string): boolean {
    return name === this.clientInstance() || this.spec.versions?.[name] !== undefined;
  }

  /** Why systemd could not start again what runs, once it forgets it: its owner has put other versions there, and taken this one away. */
  clientLacks(): string | null {
    const { versions, runtime } = this.spec;
    const running = this.clientInstance();
    if (isContainer(runtime) || versions === undefined || running === undefined || versions[running] !== undefined)
      return null;
    return `/etc/systemd/system/${this.unit}, the file of ${this.unit}, is gone`;
  }

  /** Another instance of its template, or a container of another tag, is the client from the next start on. */
  useInstance(name: string): void {
    if (isContainer(this.spec.runtime)) this.imageTag = name;
    this.unit = this.unit.replace(`@${this.clientInstance()}`, `@${name}`);
  }

  /** SIGKILL: the client ends with status 137 and leaves its data as they are. */
  killClient(): void {
    this.client.stop('failed', 'killed');
  }

  /** Of the client's last run; undefined while it runs. */
  clientExitStatus(): number | undefined {
    if (this.client.state === 'failed' && this.stoppedWith !== undefined) return this.stoppedWith;
    return exitStatusOf(this);
  }

  clientAsked(): boolean | null {
    if (this.client.state === 'running') return null;
    return this.client.state === 'stopped' || this.stoppedWith !== undefined;
  }

  /** A person stops the client, which ends with this status: as `docker stop` shows one that SIGTERM ended (143). It does not start at a boot. */
  stopAsPerson(exitStatus: number): void {
    this.enabled = false;
    this.client.stop('failed', 'stopped');
    this.stoppedWith = exitStatus;
  }

  /** A person removes the container, or makes it again. */
  removeContainer(): void {
    this.gone = true;
  }

  makeContainer(): boolean {
    this.gone = false;
    return this.startClient();
  }

  get isClientGone(): boolean {
    return this.gone;
  }

  clientLastLine(): string {
    return lastLineOf(this);
  }

  /** As `systemctl mask` does on disk: neither a boot nor a command starts the client until it is unmasked. */
  maskClient(): void {
    this.masked = true;
  }

  unmaskClient(): void {
    this.masked = false;
  }

  get isClientMasked(): boolean {
    return this.masked;
  }

  /** Before its first boot: its client needs what its owner's user data set up. @param run null: they do not run on this machine */
  setUpAtBoot(run: FirstBootRun | null): void {
    this.bare = true;
    this.setUp = run ?? undefined;
    if (run === null) this.cloudInit = 'done';
  }

  /** What was refused, as its console says it; undefined: nothing, so far. */
  bootRefusal: string | undefined;

  private bootDeployed(boot: DeployedBoot, waitedSeconds = 0): void {
    const outcome = this.joined(boot, playDeployedBoot(boot, this), waitedSeconds >= boot.waitSeconds);
    if (outcome === 'wait' && waitedSeconds < boot.waitSeconds) {
      this.later(1_000, () => this.bootDeployed(boot, waitedSeconds + 1));
      return;
    }
    const loading = outcome === 'mounted' ? this.loadingOf(boot) : undefined;
    if (loading) {
      // Whatever starts it then, it does not start beside data that are still to come; another boot begins this anew. What a bundle is loaded to is
      // mounted aside.
      this.bare = true;
      if (boot.bundle) this.disks.unmount(boot.mountPath);
      this.later(loading.seconds * 1_000, () => this.endBoot(boot, outcome, this.loaded(boot, loading)));
    } else this.endBoot(boot, outcome);
  }

  /** What a node of a network does behind its mounted volume. */
  private joined(
    { mountPath, volumeId = '', network }: DeployedBoot,
    outcome: BootOutcome,
    isLate: boolean,
  ): BootOutcome {
    const sources = this.setUp?.network;
    if (outcome !== 'mounted' || !network || !sources) return outcome;
    const volume = this.volumes.find(({ path, mounted }) => path === mountPath && mounted);
    const content = volume && this.disks.contentOf(volume.volumeId);
    const holdsMore = content === undefined || content.data !== undefined;
    const given = playIdentity({ mountPath, volumeId, holdsMore }, network, this, sources);
    if (given === 'wait' && isLate) return { refused: `the secret ${network.secret} could not be read` };
    if (given !== 'mounted') return given;
    return playJoin({ mountPath, volumeId }, network, this, sources) === 'wait' && !isLate ? 'wait' : 'mounted';
  }

  /** A person runs the script of its first boot once more. */
  runFirstBootAgain(): void {
    const { deployed } = this.again ?? {};
    if (!deployed || !this.powered) return;
    this.setUp = this.again;
    this.bare = false;
    this.bootDeployed(deployed);
  }

  private loadingOf(boot: DeployedBoot): Loading | undefined {
    const volume = this.volumes.find(({ path, mounted }) => path === boot.mountPath && mounted);
    if (volume === undefined || this.disks.contentOf(volume.volumeId)?.data !== undefined) return undefined;
    const ask = (url: URL): HttpAnswer => this.setUp?.outside?.(url) ?? { kind: 'silent' };
    return loadingOf(boot, this, { volumeId: volume.volumeId, bundles: this.chain.bundles, ask });
  }

  /** @returns why nothing was loaded; undefined where it was */
  private loaded({ mountPath, volumeId, bundle }: DeployedBoot, loading: Loading): string | undefined {
    if ('refused' in loading) return loading.refused;
    const own = volumeId ?? this.readFile(OWN_VOLUME)?.trim() ?? '';
    const fault = (bundle ? this.disks.mount(own, mountPath) : undefined) ?? this.disks.load(mountPath, loading.loads);
    if (fault === undefined) this.writeFile(loading.mark.path, loading.mark.text);
    return fault;
  }

  private endBoot(boot: DeployedBoot, outcome: BootOutcome, refused?: string): void {
    this.again = this.setUp;
    // What a bundle was refused for is looked at again at the next boot.
    if (refused === undefined || !boot.bundle) this.setUp = undefined;
    this.bootRefusal = refused;
    if (outcome === 'wait')
      this.bootRefusal = `${boot.volumeId ?? 'no volume'} is not attached after ${boot.waitSeconds} s`;
    else if (typeof outcome === 'object') this.bootRefusal = outcome.refused;
    else if (boot.unit !== this.unit) this.bootRefusal = `${boot.unit} could not be enabled: is it installed?`;
    this.bare = this.bootRefusal !== undefined;
    this.cloudInit = this.bare ? 'error' : 'done';
    if (!this.bare && boot.group) this.rpc.tellSynced(boot.group);
    if (outcome === 'mounted') this.startClient();
  }

  private takeDisk(path: string, removes: readonly string[] = []): void {
    const disk = this.disks.report().find(({ mountedAt }) => mountedAt === undefined);
    if (!disk) return;
    if (disk.filesystem === undefined) this.disks.format(disk.volumeId, 'xfs');
    if (this.disks.mount(disk.volumeId, path) !== undefined) return;
    for (const file of removes) this.setup.files.delete(file);
    this.startClient();
  }

  /** It has ended by itself, and its service manager starts it again; true if it runs. */
  startClientAgain(): boolean {
    const restarts = this.restarts + 1;
    const runs = this.startClient();
    this.restarts = restarts;
    return runs;
  }

  /** How often its service manager has started it again by itself since somebody did. */
  get clientRestarts(): number {
    return this.restarts;
  }

  /** Starts the client, as systemd or docker would; true if it runs. */
  startClient(): boolean {
    if (this.masked || this.gone || this.bare) return false;
    this.restarts = 0;
    this.stoppedWith = undefined;
    this.client.stopBelow(this.version.stopsBelow);
    const running = this.client.state === 'running';
    const started = this.client.start();
    this.enabled = true;
    if (!running) this.startedAs(this.version, started);
    if (!running) this.clientStarts.push(unitName({ ...this.spec, unit: this.unit }));
    this.clientStarts.splice(0, Math.max(0, this.clientStarts.length - CLIENT_STARTS_MAX));
    return started;
  }

  /** What a version does that its owner has not meant. */
  private startedAs({ fault }: InstalledVersion, started: boolean): void {
    if (started && (this.unit !== this.spec.unit || this.imageTag !== this.firstImageTag))
      this.kernel.met('another version');
    this.versionStarts++;
    if (fault === undefined || started === (fault === 'ends')) return;
    if (fault !== 'dies') this.kernel.met(`version ${fault}`);
    if (fault === 'stands') this.client.freeze({ untilRestart: true });
    if (fault !== 'dies') return;
    const start = this.versionStarts;
    this.kernel.clock.after(VERSION_DIES_MS, () => {
      if (this.versionStarts !== start || this.client.state !== 'running') return;
      this.killClient();
      this.kernel.met(`version ${fault}`);
    });
  }

  private stopEndedInside(): boolean {
    if (this.masked || !this.client.heldBy.has('ended-inside')) return false;
    this.stopClient();
    return true;
  }

  /** Stops the client cleanly and starts it again; true if it runs. */
  restartClient(): boolean {
    this.stopClient();
    return this.startClient();
  }

  /** Undefined: no such file. */
  readFile(path: string): string | undefined {
    return this.setup.files.get(path);
  }

  /** Throws an `Error` that begins with ENOSPC if its filesystem is full. */
  writeFile(path: string, text: string): void {
    const volume = this.disks.under(path);
    if (volume?.readOnly) throw new Error(`EROFS: read-only file system, write '${path}'`);
    const { sizeBytes, usedBytes } = volume ?? this.root;
    if (sizeBytes - usedBytes < ROOT_WRITABLE_BYTES)
      throw new Error(`ENOSPC: no space left on device, write '${path}'`);
    this.setup.files.set(path, text);
  }

  /** A file, or everything in a folder. */
  removeFile(path: string): void {
    const { files } = this.setup;
    for (const file of files.below(path).keys()) files.delete(`${path}/${file}`);
    files.delete(path);
  }

  /** The answer to a request to a port of 127.0.0.1. */
  localRpc(port: number, request: HttpRequest): HttpAnswer {
    return this.rpc.answer(port, request, { local: true });
  }

  /** Something other than the chain writes to a disk: whole bytes, as its filesystem counts them. */
  write(path: string, amount: number): void {
    const bytes = Math.round(amount);
    if (path === '/') {
      this.root.usedBytes = Math.min(this.root.sizeBytes, Math.max(0, this.root.usedBytes + bytes));
      return;
    }
    const volume = this.volumeAt(path);
    if (!volume) throw new RangeError(`node ${this.name} has no volume mounted at ${path}`);
    this.client.settle();
    volume.usedBytes = Math.min(volume.sizeBytes, Math.max(0, volume.usedBytes + bytes));
    this.client.plan();
  }

  forgetCommands(): void {
    this.commands.forgetEverything();
  }

  forgetLastAnswer(): void {
    this.commands.forgetLastAnswer();
  }

  report(): NodeReport {
    this.client.settle();
    const heightLag = this.client.heightLag();
    return {
      instanceId: this.instanceId,
      name: this.name,
      state: this.state(heightLag),
      client: this.client.state,
      height: this.client.height(),
      heightLag,
      peers: this.peers.count(),
      volumes: this.volumes.map(({ volumeId, role, path, usedPercent, inodesPercent, sizeBytes }) => ({
        volumeId,
        role,
        path,
        usedPercent,
        inodesPercent,
        sizeBytes,
      })),
      fencedCommands: this.fencedCommands,
      outages: this.client.outages,
      clientStarts: [...this.clientStarts],
    };
  }

  private state(heightLag: number): NodeReport['state'] {
    if (this.client.state !== 'running') return 'unreachable';
    if (this.client.starting) return 'starting';
    if (this.client.branch !== this.chain.main) return 'forked';
    if (heightLag <= SYNCED_LAG_BLOCKS) return 'synced';
    return this.client.heldBy.size > 0 ? 'stuck' : 'behind';
  }

  // What the CloudWatch agent publishes.

  /** Publishes the disks' metrics each minute, at this node's own second, while the machine has power. */
  startMetrics(publish: (metrics: readonly Metric[]) => void): void {
    this.agent.start(publish, this.random.integer(0, MINUTE_MS - 1));
  }

  metrics(): Metric[] {
    return this.agent.metrics();
  }

  /** What its CloudWatch agent says of the disks from now on. */
  showDisks(what: DiskMetrics): void {
    this.agent.show(what);
  }

  /** What it published in the hours before now, oldest first within each volume. */
  pastMetrics(past: Past): Metric[] {
    return this.agent.past(past);
  }

  private later(delayMs: number, work: () => void): void {
    const { boot } = this;
    this.kernel.clock.after(delayMs, () => {
      if (this.boot === boot && this.powered) work();
    });
  }

  private rootUsedPercent(): number {
    return Math.floor((1_000 * this.root.usedBytes) / this.root.sizeBytes) / 10;
  }

  private volumeAt(path: string): SimulatedVolume | undefined {
    return this.volumes.find((volume) => volume.path === path && volume.mounted);
  }

  private extend(path: string): void {
    this.client.settle();
    this.volumeAt(path)?.extend();
    this.client.plan();
  }

  private observe(path: string, runtime: string, unit: string): Observation | string {
    const volume = this.volumeAt(path);
    if (!volume) return `${path} is not a mount point`;
    this.client.settle();
    return {
      volumeId: volume.volumeId,
      device: this.disks.deviceOf(volume),
      partitioned: volume.partitioned,
      filesystem: volume.filesystem,
      path: volume.path,
      deviceBytes: volume.deviceBytes,
      sizeBytes: volume.sizeBytes,
      usedBytes: volume.usedBytes,
      availableBytes: volume.availableBytes,
      inodesTotal: volume.inodesTotal,
      inodesUsed: volume.inodesTotal === 0 ? 0 : volume.inodesUsed,
      rootUsedPercent: this.rootUsedPercent(),
      growthLimit: volume.growthLimit,
      obstacle: volume.obstacle,
      client: isUnit(this.spec, runtime, unit) && !this.gone ? this.client.state : 'unknown',
      clientStatus: (isUnit(this.spec, runtime, unit) ? this.clientExitStatus() : undefined) ?? null,
    };
  }
}
