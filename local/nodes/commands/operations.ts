// What the commands on a simulated node's clients and volumes share: looking, stopping, starting, mounting, and what a boot mounts. The commands
// themselves are in node-commands.ts and swap.ts.
import type { ReadFolder } from '../../../shared/chains/start-files.ts';
import type { ClientStop, Filled, NodeState, Warmed } from '../../../shared/node-commands/node-answer.ts';
import type { ParameterName } from '../../../shared/node-commands/parameters.ts';
import type { SimulatedBeacon } from '../beacon.ts';
import type { ClientState } from '../client.ts';
import type { VolumeContent } from '../content.ts';
import type { NodeContext } from '../context.ts';
import { type DeviceReport, deviceById, FSTAB, type MountOptions, type NodeDisks } from '../disks.ts';
import { bootLines, bootsWith, pinnedAt } from '../fstab.ts';
import { isContainer, isUnit } from '../spec.ts';

export type Parameters = Readonly<Partial<Record<ParameterName, string>>>;

export interface NodeEnding {
  readonly result: 'done' | 'failed';
  readonly before: NodeState | null;
  readonly after: NodeState | null;
  readonly reason: string | undefined;
  readonly stop: ClientStop | null;
  readonly startSeconds: number | null;
  readonly putBack: boolean;
  readonly fault: 'none' | 'data' | 'node' | 'person';
  readonly filled?: Filled;
  readonly warmed?: Warmed;
  readonly read?: readonly ReadFolder[];
  readonly ran?: number | null | 'unknown';
}

/** A command's acts, one after the other; each value is the time before the next act in ms. */
export type Acts<Result> = Generator<number, Result, void>;

export interface VolumeMount {
  readonly path: string;
  readonly volumeId: string;
}

export interface Client {
  readonly runtime: string;
  readonly unit: string;
  readonly graceSeconds: number;
  /** It did when it was last looked at. */
  readonly ran: boolean;
}

const LAST_LINE_MAX = 300;

/** Another version of it may run in its place: an instance of its template unit, or a container of another tag. */
export const isVersioned = ({ runtime, unit }: Client): boolean =>
  isContainer(runtime) || (runtime === 'systemd' && unit.includes('@*'));
/** As in start.sh: the client was seen running twice, a second apart. */
const SEEN_MS = 2_000;
export const MASKED = 'the clients are masked (/etc/chainmend/client-masked): start-client unmasks them';

export interface ActsHost {
  readonly nowMs: () => number;
  /** Draws how long an act takes, in ms, between the bounds. */
  readonly takesMs: (lowMs: number, highMs: number) => number;
  readonly rootUsedPercent: () => number;
}

/** A node, as its commands see it. */
export interface CommandedNode extends NodeContext {
  readonly disks: NodeDisks;
  readonly beacon: SimulatedBeacon | undefined;
  readonly isClientMasked: boolean;
  readonly isStoppedByPerson: boolean;
  /** Its container was removed, or its unit is not loaded any more. */
  readonly isClientGone: boolean;
  /** How often its service manager has started its client again by itself. */
  readonly clientRestarts: number;
  /** How far cloud-init is; undefined: the machine has none. */
  readonly cloudInit: NodeState['cloudInit'];
  devices(): DeviceReport[];
  contentOf(volumeId: string): VolumeContent | undefined;
  mount(device: string, path: string, options?: MountOptions): string | undefined;
  unmount(path: string): string | undefined;
  readFile(path: string): string | undefined;
  writeFile(path: string, text: string): void;
  startClient(): boolean;
  stopClient(): void;
  maskClient(): void;
  unmaskClient(): void;
  clientExitStatus(): number | undefined;
  /** Whether it ended because somebody told its runtime so; null where nobody knows. */
  clientAsked(): boolean | null;
  clientLastLine(): string;
  clientInstance(): string | undefined;
  /** Why what runs could not be started again; null where it could. */
  clientLacks(): string | null;
  useInstance(name: string): void;
  /** Whether its owner has installed it. */
  hasInstance(name: string): boolean;
}

export class NodeActs {
  readonly node: CommandedNode;
  readonly takesMs: ActsHost['takesMs'];
  private readonly rootUsedPercent: () => number;
  private readonly secondsSince: (ms: number) => number;

  constructor(node: CommandedNode, { takesMs, rootUsedPercent, nowMs }: ActsHost) {
    this.node = node;
    this.secondsSince = (ms) => Math.floor((nowMs() - ms) / 1_000);
    this.takesMs = takesMs;
    this.rootUsedPercent = rootUsedPercent;
  }

  state(clients: readonly Client[], paths: readonly string[]): NodeState {
    const { node } = this;
    node.client.settle();
    const report = node.devices();
    return {
      clients: clients.map((client) => {
        const known = isUnit(node.spec, client.runtime, client.unit) && !node.isClientGone;
        const masked = node.isClientMasked;
        if (!known) return { ...this.companionState(client), asked: null, lastLine: '', masked };
        const lastLine = node.clientLastLine().slice(0, LAST_LINE_MAX);
        const exitStatus = node.clientExitStatus() ?? null;
        const instance = isVersioned(client) ? node.clientInstance() : undefined;
        const told = { state: node.client.state, exitStatus, asked: node.clientAsked(), lastLine, masked };
        return instance === undefined ? told : { ...told, instance };
      }),
      volumes: paths.flatMap((path) => {
        const device = report.find(({ mountedAt }) => mountedAt === path);
        const volume = device && node.disks.volume(device.volumeId);
        if (!device || !volume) return [];
        const { volumeId, filesystem, sizeBytes, usedBytes, readOnly } = volume;
        return { path, volumeId, filesystem, sizeBytes, usedBytes, readOnly };
      }),
      devices: report.flatMap(({ volumeId, below = volumeId }) => (below === '' ? [] : below)),
      rootUsedPercent: this.rootUsedPercent(),
      ...(node.cloudInit !== undefined && { cloudInit: node.cloudInit }),
    };
  }

  /** Since when each client runs; of a beacon node nobody tells. */
  runs(clients: readonly Client[]): NonNullable<NodeState['runs']> {
    const { client, spec, clientRestarts: restarts, isClientGone } = this.node;
    const { ranFromMs } = client;
    const lacks = this.node.clientLacks();
    const ran = { startedSecondsAgo: ranFromMs === undefined ? null : this.secondsSince(ranFromMs), restarts, lacks };
    return clients.map(({ runtime, unit }) =>
      isUnit(spec, runtime, unit) && !isClientGone && runtime !== 'commands'
        ? ran
        : { startedSecondsAgo: null, restarts: null, lacks: null },
    );
  }

  /** The paths at which something else than /etc/fstab mounts what is there. */
  heldBy(paths: readonly string[]): NonNullable<NodeState['heldBy']> {
    return this.node.devices().flatMap(({ mountedAt, volumeId }) => {
      const by = this.node.disks.volume(volumeId)?.mountedBy;
      return mountedAt !== undefined && by !== undefined && paths.includes(mountedAt) ? [{ path: mountedAt, by }] : [];
    });
  }

  /** The refusal where one of these clients cannot be followed, or somebody has stopped it since it ran; undefined where all are as they were. */
  unready(clients: readonly Client[], before: NodeState): NodeEnding | undefined {
    const { unit = undefined } =
      clients.find(({ ran }, at) => ran && (before.clients[at]?.state === 'stopped' || before.clients[at]?.asked)) ??
      {};
    if (unit !== undefined) {
      const reason = `somebody has stopped ${unit}, which ran: nothing was changed`;
      return ending('failed', { before, after: before, reason, fault: 'person' });
    }
    const one = clients.find(
      (client) =>
        !(isUnit(this.node.spec, client.runtime, client.unit) && !this.node.isClientGone) && !this.isCompanion(client),
    );
    return one && refused(`the client is unknown (${one.runtime} knows no ${one.unit}): nothing was changed`, before);
  }

  /** A beacon node next to an execution client: any other unit or container, whatever runs the client itself. */
  private isCompanion({ runtime, unit }: Client): boolean {
    const { beacon, spec } = this.node;
    return beacon !== undefined && !isUnit(spec, runtime, unit);
  }

  private companionState(client: Client): { state: ClientState | 'unknown'; exitStatus: number | null } {
    const { beacon } = this.node;
    if (!beacon || !this.isCompanion(client)) return { state: 'unknown', exitStatus: null };
    const { state } = beacon;
    if (state === 'failed') return { state, exitStatus: 1 };
    return state === 'stopped' ? { state, exitStatus: 0 } : { state: 'running', exitStatus: null };
  }

  /** null: no client ran. */
  *stopAll(clients: readonly Client[]): Acts<ClientStop | null> {
    const { client, spec } = this.node;
    const beacon = this.companionIn(clients);
    if (beacon?.state === 'running' || beacon?.state === 'frozen') {
      yield this.takesMs(500, 2_000);
      beacon.stop();
    }
    const own = clients.find(({ runtime, unit }) => isUnit(spec, runtime, unit));
    if (!own || client.state !== 'running') return null;
    const needsMs = spec.stopSeconds === undefined ? this.takesMs(2_000, 8_000) : spec.stopSeconds * 1_000;
    const killed = needsMs > own.graceSeconds * 1_000;
    const takesMs = killed ? own.graceSeconds * 1_000 : needsMs;
    client.beginStop();
    yield takesMs;
    client.stopped(killed ? 'killed' : 'clean', takesMs / 1_000);
    return this.evidence(Math.floor(takesMs / 1_000));
  }

  private companionIn(clients: readonly Client[]): SimulatedBeacon | undefined {
    return clients.some((client) => this.isCompanion(client)) ? this.node.beacon : undefined;
  }

  lastStop(clients: readonly Client[]): ClientStop | null {
    return clients.some(({ runtime, unit }) => isUnit(this.node.spec, runtime, unit)) ? this.evidence(0) : null;
  }

  private evidence(seconds: number): ClientStop {
    const lastLine = this.node.clientLastLine().slice(0, LAST_LINE_MAX);
    return {
      seconds,
      clean: this.node.client.endedCleanly,
      exitStatus: this.node.clientExitStatus() ?? null,
      lastLine,
    };
  }

  /** `seconds`: null if none was started. `why`: the client does not stay up. */
  *startAll(clients: readonly Client[]): Acts<{ readonly seconds: number | null; readonly why: string | undefined }> {
    const { client, spec } = this.node;
    const own = clients.find(({ runtime, unit }) => isUnit(spec, runtime, unit));
    const beacon = this.companionIn(clients);
    if (beacon?.state === 'stopped' || beacon?.state === 'failed') {
      yield this.takesMs(300, 1_500);
      beacon.start();
    }
    if (!own || client.state === 'running') return { seconds: null, why: undefined };
    const launchMs = this.takesMs(300, 1_500);
    yield launchMs;
    this.node.startClient();
    yield SEEN_MS;
    const seconds = Math.floor((launchMs + SEEN_MS) / 1_000);
    const { state } = this.state(clients, []).clients[clients.indexOf(own)] ?? { state: 'unknown' };
    if (state === 'running') return { seconds, why: undefined };
    const said = this.node.clientLastLine().slice(0, LAST_LINE_MAX);
    return { seconds, why: `the client was started and is ${state}, and its last line is "${said}"` };
  }

  /** Why these cannot be the volumes of these places: another volume is mounted there. */
  misplaced(places: readonly VolumeMount[]): string | undefined {
    const [held] = this.heldBy(places.map(({ path }) => path));
    if (held) return `${held.path} is mounted by ${held.by}: nothing was changed`;
    const report = this.node.devices();
    for (const { path, volumeId } of places) {
      const there = report.find(({ mountedAt }) => mountedAt === path);
      if (there && there.volumeId !== volumeId)
        return `${path} is on ${there.volumeId || there.name}, not on ${volumeId}: nothing was changed`;
      const elsewhere = report.find((device) => device.volumeId === volumeId);
      if (!elsewhere) return `${volumeId} is not attached to this node: nothing was changed`;
      if (elsewhere.mountedAt !== undefined && elsewhere.mountedAt !== path)
        return `${volumeId} is mounted at ${elsewhere.mountedAt}, not at ${path}: nothing was changed`;
    }
    return undefined;
  }

  /** Why a volume cannot replace one with this filesystem, or one of which no filesystem is mounted. */
  unfit(
    volumeId: string,
    filesystem: string | undefined,
  ): { readonly reason: string; readonly fault: 'data' | 'node' } | undefined {
    const device = this.node.devices().find((one) => one.volumeId === volumeId);
    if (!device) return { reason: `${volumeId} is not attached to this node: nothing was changed`, fault: 'node' };
    if (device.mountedAt !== undefined)
      return { reason: `${volumeId} is mounted at ${device.mountedAt}: nothing was changed`, fault: 'node' };
    const type = device.filesystem?.type;
    if (type === undefined) return { reason: `${volumeId} has no filesystem: nothing was changed`, fault: 'data' };
    if (filesystem !== undefined && type !== filesystem)
      return { reason: `${volumeId} has ${type}, expected ${filesystem}: nothing was changed`, fault: 'data' };
    if (type === 'btrfs')
      return { reason: `${volumeId} has btrfs, of which no two copies may be on one machine`, fault: 'node' };
    return undefined;
  }

  *unmountAll(places: readonly VolumeMount[]): Acts<string | undefined> {
    for (const { path } of places.toSorted(byDepth).toReversed()) {
      if (!this.isMountPoint(path)) continue;
      yield this.takesMs(50, 300);
      const why = this.node.unmount(path);
      if (why !== undefined) return `${path} could not be unmounted: ${why}`;
    }
    return undefined;
  }

  /** Undefined if this volume is mounted there. */
  *mountAt(
    volumeId: string,
    path: string,
  ): Acts<{ readonly reason: string; readonly fault: 'data' | 'node' } | undefined> {
    if (this.node.devices().some((device) => device.volumeId === volumeId && device.mountedAt === path))
      return undefined;
    yield this.takesMs(100, 600);
    const why = this.node.mount(this.specOf(volumeId), path, { nouuid: true });
    return why === undefined
      ? undefined
      : { reason: `${volumeId} could not be mounted at ${path}: ${why}`, fault: 'data' };
  }

  isMountPoint(path: string): boolean {
    return this.node.devices().some(({ mountedAt }) => mountedAt === path);
  }

  specOf(volumeId: string): string {
    return `${deviceById(volumeId)}${this.node.disks.volume(volumeId)?.partitioned ? '-part1' : ''}`;
  }

  pinned(path: string): string | undefined {
    return pinnedAt(this.fstab(), path);
  }

  /** Throws an `Error` if /etc/fstab cannot be written, or has two lines for the path. */
  writeFstab({ path, volumeId }: VolumeMount, how: { readonly pin?: boolean } = {}): void {
    const xfs = this.node.disks.volume(volumeId)?.filesystem === 'xfs';
    const text = bootsWith(this.fstab(), path, { volumeId, spec: this.specOf(volumeId), xfs }, how);
    if (text !== this.fstab()) this.node.writeFile(FSTAB, text);
  }

  /** A line that already mounts this volume is not changed. */
  bootInto({ path, volumeId }: VolumeMount): void {
    const line = bootLines(this.fstab()).find((one) => one.path === path);
    const uuid = this.node.disks.volume(volumeId)?.uuid;
    if (line && (line.spec === this.specOf(volumeId) || line.spec === `UUID=${uuid}`)) return;
    this.writeFstab({ path, volumeId });
  }

  private fstab(): string {
    return this.node.readFile(FSTAB) ?? '';
  }

  /** A file, or all files below a directory. */
  remove(path: string): void {
    const { files } = this.node.setup;
    files.delete(path);
    for (const name of files.below(path).keys()) files.delete(`${path}/${name}`);
  }
}

export const clientsOf = (packed: string): readonly Client[] =>
  linesOf(packed).map((line) => {
    const [runtime = '', unit = '', grace = '', , ran] = line.split(' ');
    return { runtime, unit, graceSeconds: Number(grace), ran: ran === 'ran' };
  });

export const placesOf = (packed: string): readonly VolumeMount[] =>
  linesOf(packed).map((line) => {
    const [path = '', volumeId = ''] = line.split(' ');
    return { path, volumeId };
  });

export const linesOf = (packed: string): readonly string[] =>
  Buffer.from(packed, 'base64')
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');

/** A mount inside of another mount comes after it. */
export const byDepth = (a: VolumeMount, b: VolumeMount): number => a.path.length - b.path.length;

export const ending = (result: NodeEnding['result'], more: Partial<NodeEnding>): NodeEnding => ({
  result,
  before: null,
  after: null,
  reason: undefined,
  stop: null,
  startSeconds: null,
  putBack: false,
  fault: 'none',
  ...more,
});

/** Nothing was changed. */
export const refused = (reason: string, before: NodeState): NodeEnding =>
  ending('failed', { before, after: before, reason, fault: 'node' });
