// The devices of a simulated node and their mounts. Attaching makes a device and mounts nothing. A volume made from a copy has its original's UUID. A
// boot mounts what is in /etc/fstab. The client's data are in data.ts.
import type { Bundle } from './chain.ts';
import {
  type BrokenFilesystem,
  type ChainData,
  type FilesystemType,
  simulatedContent,
  type VolumeContent,
} from './content.ts';
import type { NodeContext } from './context.ts';
import { CopiedData } from './data.ts';
import { bootLines, fstabOf } from './fstab.ts';
import type { NewDisk, VolumePerformance } from './machine.ts';
import { SimulatedVolume, unfrozen } from './volume.ts';

const GIB = 2 ** 30;
export const FSTAB = '/etc/fstab';
/**
 * Blocks that are not loaded yet come with "increased I/O latency and decreased performance" (EBS guide, "Initialize Amazon EBS volumes"): AWS does
 * not say how much.
 */
const UNINITIALIZED_SPEED = 0.25;
/**
 * A client that starts waits for one read before it asks for the next: 20 ms for each 128 KiB that the kernel reads ahead make 6 MiB/s. Our own assumption,
 * as AWS publishes none (December 2026: "Initialize Amazon EBS volumes" names "increased I/O latency" without a figure).
 */
const COLD_START_MIBPS = 6;
const MIB = 2 ** 20;
/** What EBS counts as one operation of an SSD volume is at most this large: "16 KiB" is what its tables of types go by. */
const IO_KIB = 16;

export class NodeDisks {
  readonly data: CopiedData;
  private readonly node: NodeContext;
  /** One for each mount point of the node, in order: its current volume, or its last one. */
  private readonly places: SimulatedVolume[];
  private readonly devices: Device[];
  /** Whether a volume was attached, detached or moved since the beginning: before that a boot changes no mount. */
  private touched = false;

  private readonly performances = new Map<string, VolumePerformance>();
  private limit: VolumePerformance | undefined;

  constructor(node: NodeContext, places: SimulatedVolume[]) {
    this.node = node;
    this.places = places;
    this.devices = places.map((volume, at) => ({
      volumeId: volume.volumeId,
      name: `nvme${at + 1}n1`,
      sizeBytes: volume.deviceBytes,
      volume,
    }));
    this.data = new CopiedData(node, places);
    node.setup.files.provide(FSTAB, () => fstabOf(places));
  }

  report(): DeviceReport[] {
    return this.devices.map(({ volumeId, name, sizeBytes, volume }) => ({
      volumeId,
      below: volume?.below,
      name,
      byId: deviceById(volumeId),
      sizeBytes: volume?.deviceBytes ?? sizeBytes,
      filesystem: volume && volume.broken !== 'superblock' ? { type: volume.filesystem, uuid: volume.uuid } : undefined,
      mountedAt: volume?.mounted ? volume.path : undefined,
      readOnly: volume?.readOnly ?? false,
    }));
  }

  /** The device of a filesystem, as the kernel names it now. */
  deviceOf(volume: SimulatedVolume): string {
    const name = this.devices.find((device) => device.volume === volume)?.name ?? 'nvme1n1';
    return volume.partitioned ? `${name}p1` : name;
  }

  /** The kernel finds its disks in another order, as a boot may ("NVMe device names can change", EC2 guide): each has a name that no other had. */
  rename(): void {
    const taken = this.devices.length;
    for (const [at, device] of this.devices.entries())
      this.devices[at] = { ...device, name: device.name.replace(/\d+/, (index) => `${Number(index) + taken}`) };
  }

  /** The volume on a device; undefined: no such device, or an empty one. */
  volume(volumeId: string): SimulatedVolume | undefined {
    return this.find(volumeId)?.volume;
  }

  isMounted(volumeId: string): boolean {
    return this.find(volumeId)?.volume?.mounted ?? false;
  }

  /** The mounted filesystem of a path; undefined: the root filesystem. */
  under(path: string): SimulatedVolume | undefined {
    return this.mounted()
      .filter((volume) => path.startsWith(`${volume.path}/`))
      .toSorted((a, b) => b.path.length - a.path.length)[0];
  }

  /** Undefined: it has no such volume, or an empty one. */
  contentOf(volumeId: string): VolumeContent | undefined {
    const volume = this.find(volumeId)?.volume;
    if (!volume) return undefined;
    this.node.client.settle();
    const { filesystem, uuid, partitioned, formatted, obstacle, reservedPercent, broken } = volume;
    const { sizeBytes, usedBytes, inodesUsed, share } = volume;
    const made = { filesystem, uuid, partitioned, formatted, obstacle: unfrozen(obstacle), reservedPercent, broken };
    const what = { ...made, sizeBytes, usedBytes, inodesUsed, share };
    return { ...what, ...(volume.mounted ? this.inUse(volume) : this.atRest(volume)) };
  }

  resize(volumeId: string, sizeGiB: number): void {
    const device = this.find(volumeId);
    if (!device) return;
    device.sizeBytes = sizeGiB * GIB;
    if (device.volume) device.volume.deviceBytes = sizeGiB * GIB;
  }

  /** A device appears. An existing device keeps its content; so does a volume of this node that comes without content. */
  attach(volumeId: string, sizeGiB: number, disk: NewDisk | undefined): void {
    this.touched = true;
    if (!this.find(volumeId)) this.devices.push(this.deviceFor(volumeId, sizeGiB, disk));
    this.resize(volumeId, sizeGiB);
  }

  /** A forced detach of a mounted volume kills its client. */
  detach(volumeId: string): void {
    const at = this.devices.findIndex((device) => device.volumeId === volumeId || device.volume?.below === volumeId);
    const volume = this.devices[at]?.volume;
    if (at === -1) return;
    this.touched = true;
    if (volume?.mounted) {
      if (this.places.includes(volume)) this.node.client.stop('failed', 'volume-gone');
      this.release(volume);
    }
    this.devices.splice(at, 1);
  }

  /** mkfs on an attached empty volume; undefined if it succeeded, else mkfs's message. */
  format(volumeId: string, filesystem: FilesystemType, uuid?: string): string | undefined {
    const device = this.find(volumeId);
    if (!device) return `mkfs: ${deviceById(volumeId)}: No such file or directory`;
    if (device.volume) return `mkfs: /dev/${device.name} appears to contain an existing filesystem`;
    const { sizeBytes } = device;
    const bare = { role: '', path: '', usedBytes: 0, inodesUsed: 0, mounted: false };
    const made = { volumeId, filesystem, deviceBytes: sizeBytes, ...(uuid !== undefined && { uuid }) };
    const volume = new SimulatedVolume({ ...bare, ...made }, this.data.growth);
    volume.kept = { data: undefined, owner: this.node.instanceId, files: new Map() };
    this.devices[this.devices.indexOf(device)] = { ...device, volume };
    this.touched = true;
    return undefined;
  }

  /**
   * Mounts a device (its by-id name, /dev/nvme2n1, UUID=… or a volume's id) at a path. Undefined if it is mounted; else mount(8)'s message. At one of
   * the node's own paths the client finds it at its next start.
   */
  mount(name: string, path: string, { readOnly = false, nouuid = false }: MountOptions = {}): string | undefined {
    const device = this.resolve(name);
    if (!device) return `mount: ${path}: special device ${name} does not exist.`;
    const { volume } = device;
    const node = `/dev/${device.name}`;
    if (!volume || volume.broken)
      return `mount: ${path}: ${WRONG_FILESYSTEM} on ${node}, missing codepage or helper program, or other error.`;
    if (volume.mounted) return `mount: ${path}: ${node} already mounted on ${volume.path}.`;
    // mount(8) would mount one filesystem over the other; a heal never wants that.
    if (this.mounted().some((other) => other.path === path))
      return `mount: ${path}: ${node} already mounted or mount point busy.`;
    const twin = this.mounted().find(({ uuid, filesystem }) => filesystem === 'xfs' && uuid === volume.uuid);
    if (twin && !nouuid) {
      return `mount: ${path}: ${WRONG_FILESYSTEM} on ${node}: XFS (${device.name}): Filesystem has duplicate UUID ${volume.uuid} - can't mount`;
    }
    this.touched = true;
    this.put(volume, path, readOnly);
    return undefined;
  }

  /** Undefined if nothing is mounted at the path any more; else umount(8)'s message. */
  unmount(path: string): string | undefined {
    const volume = this.mounted().find((candidate) => candidate.path === path);
    if (!volume) return `umount: ${path}: not mounted.`;
    if (this.places.includes(volume) && this.node.client.state === 'running') return `umount: ${path}: target is busy.`;
    this.touched = true;
    this.release(volume);
    return undefined;
  }

  /** Data that somebody has packed come onto a mounted filesystem that has none; undefined, or tar's message. */
  load(path: string, { height, bytes }: Pick<Bundle, 'height' | 'bytes'>): string | undefined {
    const volume = this.mounted().find((candidate) => candidate.path === path);
    if (!volume) return `tar: ${path}: nothing is mounted there`;
    // The archive is there until it is unpacked.
    if (volume.usedBytes + 2 * bytes > volume.sizeBytes) return `tar: ${path}: No space left on device`;
    const { chain, instanceId } = this.node;
    const data: ChainData = {
      ...{ chain: chain.spec.name, chainId: chain.chainId, branch: chain.main, height },
      ...{ blockHash: chain.main.hash(height), condition: 'clean', opening: 'opens' },
    };
    volume.usedBytes += bytes;
    volume.kept = { data, owner: instanceId, files: new Map() };
    return undefined;
  }

  /** The filesystem of a path shuts down, and does not mount any more. */
  break(path: string, how: BrokenFilesystem): void {
    const volume = this.mounted().find((candidate) => candidate.path === path);
    if (!volume) throw new RangeError(`${path}: nothing is mounted there`);
    if (this.places.includes(volume)) this.node.client.stop('failed', 'volume-gone');
    this.touched = true;
    this.release(volume);
    volume.broken = how;
  }

  /** Mounts only what /etc/fstab lists; a line without its device is skipped (nofail). */
  boot(): void {
    for (const { volume } of this.devices) volume?.thaw();
    this.data.boot();
    this.holdWrites();
    if (!this.touched && !this.node.setup.files.changed(FSTAB)) return;
    for (const volume of this.mounted()) this.release(volume);
    for (const { spec, path } of bootLines(this.node.setup.files.get(FSTAB) ?? '')) {
      const volume = this.resolve(spec)?.volume;
      if (volume && !volume.broken && !volume.mounted && !this.mounted().some((other) => other.path === path))
        this.put(volume, path, false);
    }
  }

  /** A client waits for its writes while somebody has frozen a filesystem of its. */
  holdWrites(): void {
    this.node.client.hold(
      'no-writes',
      this.mounted().some(({ obstacle }) => obstacle === 'frozen'),
    );
  }

  private mounted(): SimulatedVolume[] {
    return this.devices.flatMap(({ volume }) => (volume?.mounted ? volume : []));
  }

  private find(volumeId: string): Device | undefined {
    return this.devices.find((device) => device.volumeId === volumeId);
  }

  /** Of two devices with one UUID, the first. */
  private resolve(spec: string): Device | undefined {
    return this.devices.find(
      ({ volumeId, name, volume }) =>
        spec === volumeId ||
        spec === `${deviceById(volumeId)}${volume?.partitioned ? '-part1' : ''}` ||
        spec === `/dev/${name}` ||
        (volume !== undefined && spec === `UUID=${volume.uuid}`),
    );
  }

  private deviceFor(volumeId: string, sizeGiB: number, disk: NewDisk | undefined): Device {
    const names = new Set(this.devices.map(({ name }) => name));
    let index = 1;
    while (names.has(`nvme${index}n1`)) index++;
    const device = { volumeId, name: `nvme${index}n1`, sizeBytes: sizeGiB * GIB };
    if (!disk) return { ...device, volume: this.places.find((volume) => volume.volumeId === volumeId) };
    const content = simulatedContent(disk.content);
    return { ...device, volume: content && this.volumeFrom(volumeId, device.sizeBytes, disk, content) };
  }

  private volumeFrom(volumeId: string, deviceBytes: number, disk: NewDisk, content: VolumeContent): SimulatedVolume {
    const { filesystem, uuid, partitioned, formatted, obstacle, reservedPercent, data, owner, files } = content;
    const { usedBytes, inodesUsed, share } = content;
    const made = { filesystem, uuid, partitioned, obstacle, reservedPercent };
    const spec = { volumeId, role: '', path: '', ...made, usedBytes, inodesUsed, share };
    const sizes = { deviceBytes, filesystemBytes: content.sizeBytes, mounted: false, ...(formatted && { formatted }) };
    const volume = new SimulatedVolume({ ...spec, ...sizes }, this.data.growth);
    volume.kept = { data, owner, files };
    volume.broken = content.broken;
    volume.initializedAtMs = disk.initializedAtMs ?? Number.NEGATIVE_INFINITY;
    return volume;
  }

  private put(volume: SimulatedVolume, path: string, readOnly: boolean): void {
    const { files } = this.node.setup;
    const place = this.places.findIndex((other) => other.path === path);
    // The volume that leaves a place stays as a device; the new one takes its role.
    const role = this.places[place]?.role ?? '';
    const elsewhere = this.places.indexOf(volume);
    if (elsewhere !== -1 && elsewhere !== place) throw new RangeError(`${volume.volumeId} belongs at ${volume.path}`);
    if (place !== -1) this.places[place] = volume;
    Object.assign(volume, { path, role, readOnly, mounted: true });
    const { owner, files: kept } = volume.kept ?? { owner: '', files: new Map() };
    for (const [name, { make, written }] of kept) {
      if (owner === this.node.instanceId && !written) files.provide(`${path}/${name}`, make);
      else files.set(`${path}/${name}`, make());
    }
    this.pace();
    this.holdWrites();
  }

  /** Its content when it was mounted is its content now, and its files are removed with it. */
  private release(volume: SimulatedVolume): void {
    this.node.client.settle();
    const { data, owner, files } = this.inUse(volume);
    volume.kept = { data, owner, files };
    volume.mounted = false;
    volume.readOnly = false;
    for (const name of files.keys()) this.node.setup.files.delete(`${volume.path}/${name}`);
  }

  private inUse(volume: SimulatedVolume): Pick<VolumeContent, 'data' | 'owner' | 'files'> {
    const others = this.mounted().flatMap(({ path }) => (path === volume.path ? [] : path));
    const files = this.node.setup.files.below(volume.path, others);
    return { data: this.data.on(volume), owner: this.node.instanceId, files };
  }

  private atRest({ kept }: SimulatedVolume): Pick<VolumeContent, 'data' | 'owner' | 'files'> {
    return kept ?? { data: undefined, owner: this.node.instanceId, files: new Map() };
  }

  /** EBS gives a volume these figures from now on. */
  performs(volumeId: string, performance: VolumePerformance): void {
    this.performances.set(volumeId, performance);
    if (this.node.chain.spec.iosPerBlock !== undefined) this.pace();
  }

  /** All volumes together have no more than this from now on. */
  limitedTo(limit: VolumePerformance | undefined): void {
    this.limit = limit;
    if (this.node.chain.spec.iosPerBlock !== undefined) this.pace();
  }

  /** What its client waits for at a start: blocks that are still in S3, and come with it. */
  coldStart(): { readonly seconds: number; readonly end: () => void } {
    const startBytes = (this.node.chain.spec.coldReads?.startMiB ?? 0) * MIB;
    const cold = this.loading().filter(({ warmBytes }) => warmBytes < startBytes);
    const bytes = Math.max(0, ...cold.map(({ warmBytes }) => startBytes - warmBytes));
    const end = (): void => {
      for (const volume of cold) volume.warmBytes = startBytes;
    };
    return { seconds: Math.ceil(bytes / MIB / COLD_START_MIBPS), end };
  }

  private loading(): SimulatedVolume[] {
    const nowMs = this.node.kernel.clock.now();
    return this.places.filter((volume) => volume.mounted && volume.initializedAtMs > nowMs);
  }

  /** The client is slow while one of its volumes is. */
  private pace(): void {
    const loading = this.loading();
    this.node.client.slowDown(Math.min(1, ...loading.map((volume) => this.speedOn(volume))) * this.ioSpeed());
    if (loading.length === 0) return;
    this.node.kernel.clock.at(Math.max(...loading.map(({ initializedAtMs }) => initializedAtMs)), () => this.pace());
  }

  /** Of each block's reads, those that were warmed are as quick as on any volume. */
  private speedOn({ warmBytes }: SimulatedVolume): number {
    const { coldReads } = this.node.chain.spec;
    if (coldReads === undefined) return UNINITIALIZED_SPEED;
    const { startMiB, stateMiB } = coldReads;
    const share = Math.min(1, Math.max(0, warmBytes / MIB - startMiB) / stateMiB);
    return 1 / (share + (1 - share) / UNINITIALIZED_SPEED);
  }

  /**
   * The part of the client's own speed that its slowest volume allows. A first sync reads and writes a state database at random: it is bound by operations
   * per second, or by throughput where they are many, until the machine itself is the limit (3 days at 300 IOPS became 7 hours at 2,000 and a larger
   * instance, says the owner of an Ethereum node).
   */
  private ioSpeed(): number {
    const { iosPerBlock } = this.node.chain.spec;
    if (iosPerBlock === undefined) return 1;
    const figures = this.places.flatMap(({ volumeId, mounted }) =>
      mounted ? (this.performances.get(volumeId) ?? []) : [],
    );
    const blocksPerSecond = [...figures, ...(this.limit ? [this.limit] : [])].map(
      ({ iops, throughputMiBps }) => Math.min(iops, (throughputMiBps * 1_024) / IO_KIB) / iosPerBlock,
    );
    return Math.min(1, ...blocksPerSecond.map((speed) => speed / this.node.client.blocksPerSecond));
  }
}

const WRONG_FILESYSTEM = 'wrong fs type, bad option, bad superblock';

export interface MountOptions {
  readonly readOnly?: boolean;
  /** XFS: mounts it even if its UUID is already mounted. */
  readonly nouuid?: boolean;
}

/** A block device as lsblk shows it. */
export interface DeviceReport {
  readonly volumeId: string;
  /** The EBS volume below a logical volume. */
  readonly below: string | undefined;
  /** The kernel's name: on Nitro the API's device name is not visible. */
  readonly name: string;
  readonly byId: string;
  readonly sizeBytes: number;
  /** Undefined: it has no filesystem. */
  readonly filesystem: { readonly type: string; readonly uuid: string } | undefined;
  readonly mountedAt: string | undefined;
  readonly readOnly: boolean;
}

export interface Device {
  readonly volumeId: string;
  readonly name: string;
  sizeBytes: number;
  /** Undefined: an empty volume. */
  readonly volume: SimulatedVolume | undefined;
}

/** /dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123…: the id without its dash. */
export const deviceById = (volumeId: string): string =>
  `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volumeId.replace('-', '')}`;
