// The account's quotas of EC2 and EBS in a Region: storage and storage under modification by volume type, vCPUs of running instances. By default none
// limits anything: AWS gives a new account 50 TiB of most types and five vCPUs, but accounts with fleets have higher quotas. Sources: "Error codes
// for the Amazon EC2 API"; "Quotas for Amazon EBS" (EBS user guide); "Amazon EC2 service quotas" (EC2 user guide).
import type { VolumeType } from '@aws-sdk/client-ec2';
import { AwsError } from '../../simulator/service.ts';
import { vcpusOf } from './instance-types.ts';
import type { Ec2Inventory } from './model.ts';

const GIB_PER_TIB = 1_024;

export interface QuotaSeed {
  /** "Storage for General Purpose SSD (gp3) volumes, in TiB" */
  readonly storageTiB?: Readonly<Partial<Record<VolumeType, number>>>;
  /** "Storage modifications for General Purpose SSD (gp3) volumes, in TiB": "requested in volume modifications" that are in progress. */
  readonly modificationsTiB?: Readonly<Partial<Record<VolumeType, number>>>;
  /** "Running On-Demand Standard … instances", counted in vCPUs. */
  readonly vcpus?: number;
}

/** One of the quotas that the region holds. */
export type QuotaName =
  | { readonly of: 'storage'; readonly type: VolumeType }
  | { readonly of: 'modifications'; readonly type: VolumeType }
  | { readonly of: 'vcpus' }
  | { readonly of: 'snapshots' };

/** What a quota without a limit is told as: more than any world has. */
const PLENTY = 1_000_000;

export class Quotas {
  #storageGiB = new Map<VolumeType, number>();
  #modificationsGiB = new Map<VolumeType, number>();
  #vcpus = Number.POSITIVE_INFINITY;

  /** Sets the named quotas; the others stay as they are. */
  set({ storageTiB = {}, modificationsTiB = {}, vcpus }: QuotaSeed): void {
    const all = (tib: QuotaSeed['storageTiB'] = {}) => Object.entries(tib) as [VolumeType, number][];
    for (const [type, tib] of all(storageTiB)) this.#storageGiB.set(type, checked(tib) * GIB_PER_TIB);
    for (const [type, tib] of all(modificationsTiB)) this.#modificationsGiB.set(type, checked(tib) * GIB_PER_TIB);
    if (vcpus !== undefined) this.#vcpus = checked(vcpus);
  }

  /** What Service Quotas says of it: TiB, vCPUs or snapshots. */
  valueOf(name: QuotaName): number {
    if (name.of === 'vcpus') return Math.min(this.#vcpus, PLENTY);
    if (name.of === 'snapshots') return PLENTY;
    const quotaGiB = (name.of === 'storage' ? this.#storageGiB : this.#modificationsGiB).get(name.type);
    return quotaGiB === undefined ? PLENTY : quotaGiB / GIB_PER_TIB;
  }

  /** @param moreGiB that a request adds to the existing storage of the type */
  askForStorage(state: Ec2Inventory, type: VolumeType, moreGiB: number): void {
    const quotaGiB = this.#storageGiB.get(type);
    if (quotaGiB === undefined) return;
    const usedGiB = state.volumes
      .all()
      .filter(({ performance }) => performance.type === type)
      .reduce((sum, { performance }) => sum + performance.sizeGiB, 0);
    if (usedGiB + moreGiB <= quotaGiB) return;
    // "You've reached the limit on your Amazon EBS volume storage."
    throw new AwsError(
      'VolumeLimitExceeded',
      `You have exceeded your maximum ${type} storage limit of ${quotaGiB / GIB_PER_TIB} TiB in this region. Please contact AWS Support to request an Elastic Block Store service limit increase.`,
    );
  }

  /** @param sizeGiB the volume's new size: all of it counts while it is being modified */
  askForModification(state: Ec2Inventory, type: VolumeType, sizeGiB: number): void {
    const quotaGiB = this.#modificationsGiB.get(type);
    if (quotaGiB === undefined) return;
    const underWayGiB = state.volumes
      .all()
      .flatMap(({ modification }) => modification ?? [])
      .filter(({ state: now, target }) => (now === 'modifying' || now === 'optimizing') && target.type === type)
      .reduce((sum, { target }) => sum + target.sizeGiB, 0);
    if (underWayGiB + sizeGiB <= quotaGiB) return;
    // "You've reached the limit on your Amazon EBS volume modification storage in this Region."
    throw new AwsError(
      'VolumeModificationSizeLimitExceeded',
      `You have exceeded your maximum ${type} volume modification storage limit of ${quotaGiB / GIB_PER_TIB} TiB in this region.`,
    );
  }

  askForInstance(state: Ec2Inventory, instanceType: string): void {
    if (this.#vcpus === Number.POSITIVE_INFINITY) return;
    const used = state.instances
      .all()
      .filter(({ state: now }) => now === 'pending' || now === 'running')
      .reduce((sum, instance) => sum + vcpusOf(instance.instanceType), 0);
    if (used + vcpusOf(instanceType) <= this.#vcpus) return;
    throw new AwsError(
      'VcpuLimitExceeded',
      `You have requested more vCPU capacity than your current vCPU limit of ${this.#vcpus} allows for the instance bucket that the specified instance type belongs to. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.`,
    );
  }
}

function checked(quota: number): number {
  if (quota >= 0) return quota;
  throw new RangeError(`setQuotas: expected a number of at least 0, found ${quota}`);
}
