import type { Machines } from '../../nodes/machine.ts';
import type { Kernel } from '../../simulator/kernel.ts';
import { AwsError } from '../../simulator/service.ts';
import { Capacity } from './capacity.ts';
import type { Address, Instance, LaunchTemplate, OnRun, RunTokens, Snapshot, Taggable, Volume } from './model.ts';
import { Placements } from './placements.ts';
import { Quotas } from './quotas.ts';
import { EbsState } from './snapshots-state.ts';
import { Subnets } from './subnets.ts';
import { KEPT_MS, LAG_MS_MAX, VersionedMap } from './versioned-map.ts';

const ID_DIGITS = 17;

export class Ec2State {
  readonly kernel: Kernel;
  readonly machines: Machines;
  readonly instances = new VersionedMap<Instance>(KEPT_MS);
  readonly volumes = new VersionedMap<Volume>(KEPT_MS);
  readonly addresses = new VersionedMap<Address>(KEPT_MS);
  /** Ids of former associations: ending one again is not an error. */
  readonly pastAssociations = new Set<string>();
  readonly launchTemplates = new Map<string, LaunchTemplate>();
  /** Makers of the machines behind new instances: the first that returns one is used. */
  readonly onRun: OnRun[] = [];
  readonly runTokens: RunTokens = new Map();
  httpTokensEnforced = false;
  /** Call it after an instance was added. */
  instanceAdded: () => void = () => {};
  readonly subnets: Subnets;
  readonly capacity: Capacity;
  readonly quotas = new Quotas();
  readonly placements = new Placements();
  readonly taggables = new Map<string, Taggable>();
  readonly ebs = new EbsState();
  /** Volumes whose next modification will fail. */
  readonly doomed = new Set<string>();
  #attached: { readonly revision: number; readonly volumes: ReadonlyMap<string, readonly Volume[]> } | undefined;

  constructor(kernel: Kernel, machines: Machines) {
    this.kernel = kernel;
    this.machines = machines;
    this.capacity = new Capacity(kernel);
    this.subnets = new Subnets(kernel.regionName);
  }

  newId(prefix: string): string {
    return `${prefix}-${this.kernel.random(`ec2/ids/${prefix}`).hex(ID_DIGITS)}`;
  }

  /** The moment whose state a Describe call shows: now, or up to 90 s ago under the fault `stale-reads`. */
  readMoment(): number {
    const nowMs = this.kernel.clock.now();
    const asOfMs = this.kernel.showsAsOf();
    if (asOfMs !== undefined) return Math.min(asOfMs, nowMs);
    if (!this.kernel.fault('stale-reads')) return nowMs;
    this.kernel.met('stale-reads');
    return nowMs - this.kernel.random('ec2/stale-reads').integer(0, LAG_MS_MAX);
  }

  /** Instances at a moment, in the order of their creation. */
  instancesAt(atMs: number): readonly Instance[] {
    return atMs < this.kernel.clock.now() ? this.instances.asOf(atMs) : this.instances.all();
  }

  volumesAt(atMs: number): readonly Volume[] {
    return atMs < this.kernel.clock.now() ? this.volumes.asOf(atMs) : this.volumes.all();
  }

  addressesAt(atMs: number): readonly Address[] {
    return atMs < this.kernel.clock.now() ? this.addresses.asOf(atMs) : this.addresses.all();
  }

  snapshotsAt(atMs: number): readonly Snapshot[] {
    return atMs < this.kernel.clock.now() ? this.ebs.snapshots.asOf(atMs) : this.ebs.snapshots.all();
  }

  /** Volumes at a moment, by the instance that they are attached to: read for each page, calculated for each change. */
  attachedAt(atMs: number): ReadonlyMap<string, readonly Volume[]> {
    if (atMs < this.kernel.clock.now()) return byInstance(this.volumes.asOf(atMs));
    const { revision } = this.volumes;
    if (this.#attached?.revision !== revision) {
      this.#attached = { revision, volumes: byInstance(this.volumes.all()) };
    }
    return this.#attached.volumes;
  }

  /** The instance's true state. Throws EC2's error for a malformed or unknown id. */
  instance(instanceId: string): Instance {
    checkId('i', instanceId);
    const found = this.instances.get(instanceId);
    if (!found) throw new AwsError('InvalidInstanceID.NotFound', `The instance ID '${instanceId}' does not exist`);
    return found;
  }

  volume(volumeId: string): Volume {
    checkId('vol', volumeId);
    const found = this.volumes.get(volumeId);
    if (!found) throw new AwsError('InvalidVolume.NotFound', `The volume '${volumeId}' does not exist.`);
    return found;
  }

  address(allocationId: string): Address {
    const found = this.addresses.get(allocationId);
    if (found) return found;
    throw new AwsError('InvalidAllocationID.NotFound', `The allocation ID '${allocationId}' does not exist`);
  }

  changeInstance(instanceId: string, change: Partial<Instance>): Instance {
    const changed = { ...this.instance(instanceId), ...change };
    this.instances.set(instanceId, changed, this.kernel.clock.now());
    return changed;
  }

  changeVolume(volumeId: string, change: Partial<Volume>): Volume {
    const changed = { ...this.volume(volumeId), ...change };
    this.volumes.set(volumeId, changed, this.kernel.clock.now());
    return changed;
  }

  changeAddress(allocationId: string, change: Partial<Address>): void {
    this.addresses.set(allocationId, { ...this.address(allocationId), ...change }, this.kernel.clock.now());
  }

  arn(kind: 'instance' | 'volume' | 'subnet', id: string): string {
    return `arn:aws:ec2:${this.kernel.regionName}:${this.kernel.accountId}:${kind}/${id}`;
  }
}

const byInstance = (volumes: readonly Volume[]): ReadonlyMap<string, readonly Volume[]> =>
  Map.groupBy(
    volumes.filter(({ attachment }) => attachment !== undefined),
    ({ attachment }) => attachment?.instanceId ?? '',
  );

/** The members of `all` with these ids, in the order of `all`; refuses the whole call if one is malformed or missing. */
export function withIds<T>(
  all: readonly T[],
  ids: readonly string[] | undefined,
  idOf: (item: T) => string,
  prefix: 'i' | 'vol',
): readonly T[] {
  if (!ids?.length) return all;
  for (const id of ids) checkId(prefix, id);
  const wanted = new Set(ids);
  const chosen = all.filter((item) => wanted.has(idOf(item)));
  const known = new Set(chosen.map(idOf));
  const missing = ids.filter((id) => !known.has(id));
  if (missing.length > 0 && prefix === 'i') {
    const [noun, verb] = missing.length === 1 ? ['ID', 'does'] : ['IDs', 'do'];
    throw new AwsError('InvalidInstanceID.NotFound', `The instance ${noun} '${missing.join(', ')}' ${verb} not exist`);
  }
  if (missing.length > 0) throw new AwsError('InvalidVolume.NotFound', `The volume '${missing[0]}' does not exist.`);
  return chosen;
}

/** "Ensure that you provide the full ID in the form i-xxxxxxxx or i-xxxxxxxxxxxxxxxxx" ("Error codes for the Amazon EC2 API"). */
export function checkId(prefix: 'i' | 'vol', id: string): void {
  if (new RegExp(`^${prefix}-[0-9a-f]{8}(?:[0-9a-f]{9})?$`).test(id)) return;
  const code = prefix === 'i' ? 'InvalidInstanceID.Malformed' : 'InvalidVolumeID.Malformed';
  throw new AwsError(code, `Invalid id: "${id}" (expecting "${prefix}-...")`);
}
