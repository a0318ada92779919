// Reads quotas and what is used of them: Service Quotas says how much the account may have, EC2's Describe calls how much it has. Nothing is changed, and
// what is too large to be counted is not known. Sources: doc comments of the commands; GetServiceQuota: "If the applied quota value is not available for a
// quota, the quota is not retrieved": then its default holds.
import {
  DescribeInstanceTypesCommand,
  type _InstanceType as InstanceType,
  paginateDescribeInstances,
  paginateDescribeSnapshots,
  paginateDescribeVolumes,
  paginateDescribeVolumesModifications,
} from '@aws-sdk/client-ec2';
import {
  GetAWSDefaultServiceQuotaCommand,
  GetServiceQuotaCommand,
  NoSuchResourceException,
} from '@aws-sdk/client-service-quotas';
import { attempt } from './attempt.ts';
import type { ReadinessClients } from './clients.ts';
import {
  modificationQuotaOf,
  type QuotaFacts,
  type QuotaId,
  type Room,
  SNAPSHOTS,
  storageQuotaOf,
  vcpuQuotaOf,
} from './quotas.ts';
import type { Read } from './verdict.ts';

/** 500 volumes, 1,000 instances and 1,000 snapshots are a page: 20,000 of them are counted, and no more. */
const MAX_PAGES = { volumes: 40, instances: 20, snapshots: 20, modifications: 40 } as const;
/** "MaxResults … between 5 and 100" (DescribeInstanceTypes), which is also how many types one request may name. */
const TYPES_A_REQUEST = 100;
const GIB_PER_TIB = 1_024;

export type QuotaReader = (wanted: {
  readonly volumeTypes: ReadonlySet<string>;
  readonly instanceTypes: ReadonlySet<string>;
}) => Promise<QuotaFacts>;

/** The account is counted once, for however many fleets. */
export function quotaReader(clients: Pick<ReadinessClients, 'ec2' | 'quotas'>): QuotaReader {
  const once = <T>(read: () => Promise<T>): (() => Promise<T>) => {
    let asked: Promise<T> | undefined;
    return () => {
      asked ??= read();
      return asked;
    };
  };
  const volumes = once(() => attempt('the volumes of the region', () => gibByType(clients)));
  const modified = once(() => attempt('the modifications of the region', () => modifiedByType(clients)));
  const vcpus = once(() => attempt('the running instances of the region', () => runningByType(clients)));
  const snapshots = once(() => attempt('the number of snapshots', () => countSnapshots(clients)));
  const limits = new Map<string, Promise<Read<number>>>();
  const limitOf = (quota: QuotaId): Promise<Read<number>> => {
    const asked = limits.get(quota.code) ?? attempt(`the quota of ${quota.name}`, () => readQuota(clients, quota));
    limits.set(quota.code, asked);
    return asked;
  };
  const roomOf = async (
    quota: QuotaId | null,
    what: string,
    usedOf: () => Promise<Read<number>>,
    unit = 1,
  ): Promise<Read<Room>> => {
    if (quota === null) return { unread: `no quota of ${what} is known` };
    const limit = await limitOf(quota);
    if ('unread' in limit) return limit;
    const used = await usedOf();
    return 'unread' in used ? used : { value: { ...quota, quota: limit.value * unit, used: used.value } };
  };
  const usedOf = (all: Read<ReadonlyMap<string, number>>, type: string): Read<number> =>
    'unread' in all ? all : { value: all.value.get(type) ?? 0 };
  return async ({ volumeTypes, instanceTypes }) => {
    const storage = new Map<string, Read<Room>>();
    const modifications = new Map<string, Read<Room>>();
    for (const type of [...volumeTypes].sort()) {
      const used = async () => usedOf(await volumes(), type);
      storage.set(type, await roomOf(storageQuotaOf(type), `${type} storage`, used, GIB_PER_TIB));
      const underWay = async () => usedOf(await modified(), type);
      modifications.set(
        type,
        await roomOf(modificationQuotaOf(type), `${type} storage under modification`, underWay, GIB_PER_TIB),
      );
    }
    const running = new Map<string, QuotaFacts['vcpus'] extends ReadonlyMap<string, infer R> ? R : never>();
    for (const type of [...instanceTypes].sort()) {
      const quota = vcpuQuotaOf(type);
      const each = await attempt(
        `the vCPUs of ${type}`,
        async () => (await vcpusOfTypes(clients, [type])).get(type) ?? 0,
      );
      const room = await roomOf(quota, `vCPUs of ${type}`, async () => {
        const counted = await vcpus();
        return 'unread' in counted ? counted : { value: counted.value.get(quota?.code ?? '') ?? 0 };
      });
      running.set(
        type,
        'unread' in room ? room : 'unread' in each ? each : { value: { ...room.value, each: each.value } },
      );
    }
    return { storage, modifications, snapshots: await roomOf(SNAPSHOTS, 'snapshots', snapshots), vcpus: running };
  };
}

/** What the account may have. */
export async function readQuota(
  { quotas }: Pick<ReadinessClients, 'quotas'>,
  { service: ServiceCode, code: QuotaCode }: QuotaId,
): Promise<number> {
  const numberOf = ({ Quota }: { Quota?: { Value?: number | undefined } | undefined }): number => {
    if (Quota?.Value === undefined) throw new Error(`Service Quotas names no value of ${QuotaCode}`);
    return Quota.Value;
  };
  try {
    return numberOf(await quotas.send(new GetServiceQuotaCommand({ ServiceCode, QuotaCode })));
  } catch (error) {
    if (!(error instanceof NoSuchResourceException)) throw error;
    return numberOf(await quotas.send(new GetAWSDefaultServiceQuotaCommand({ ServiceCode, QuotaCode })));
  }
}

type Reader = Pick<ReadinessClients, 'ec2'>;

async function gibByType({ ec2 }: Reader): Promise<ReadonlyMap<string, number>> {
  const sum = new Map<string, number>();
  const pages = paginateDescribeVolumes({ client: ec2, pageSize: 500 }, {});
  for await (const { Volumes = [] } of limited('volumes', pages))
    for (const { VolumeType = '', Size = 0 } of Volumes) add(sum, VolumeType, Size);
  return sum;
}

async function modifiedByType({ ec2 }: Reader): Promise<ReadonlyMap<string, number>> {
  const sum = new Map<string, number>();
  const Filters = [{ Name: 'modification-state', Values: ['modifying', 'optimizing'] }];
  const pages = paginateDescribeVolumesModifications({ client: ec2, pageSize: 500 }, { Filters });
  for await (const { VolumesModifications = [] } of limited('modifications', pages))
    for (const { TargetVolumeType = '', TargetSize = 0 } of VolumesModifications)
      add(sum, TargetVolumeType, TargetSize);
  return sum;
}

/** By the quota's code. Spot instances, and those of dedicated hosts, count for other quotas. */
async function runningByType(clients: Reader): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const Filters = [{ Name: 'instance-state-name', Values: ['pending', 'running'] }];
  const pages = paginateDescribeInstances({ client: clients.ec2, pageSize: 1_000 }, { Filters });
  for await (const { Reservations = [] } of limited('instances', pages))
    for (const { InstanceType: type = '', InstanceLifecycle, Placement } of Reservations.flatMap(
      ({ Instances = [] }) => Instances,
    ))
      if (InstanceLifecycle === undefined && Placement?.Tenancy !== 'host') add(counts, type, 1);
  const each = await vcpusOfTypes(clients, [...counts.keys()]);
  const sum = new Map<string, number>();
  for (const [type, count] of counts) add(sum, vcpuQuotaOf(type)?.code ?? '', count * (each.get(type) ?? 0));
  return sum;
}

async function vcpusOfTypes({ ec2 }: Reader, types: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (let at = 0; at < types.length; at += TYPES_A_REQUEST) {
    const { InstanceTypes = [] } = await ec2.send(
      new DescribeInstanceTypesCommand({ InstanceTypes: types.slice(at, at + TYPES_A_REQUEST) as InstanceType[] }),
    );
    for (const { InstanceType: type, VCpuInfo } of InstanceTypes)
      if (type !== undefined && VCpuInfo?.DefaultVCpus !== undefined) found.set(type, VCpuInfo.DefaultVCpus);
  }
  const unknown = types.filter((type) => !found.has(type));
  if (unknown.length > 0) throw new Error(`EC2 does not say how many vCPUs ${unknown.join(', ')} has`);
  return found;
}

async function countSnapshots({ ec2 }: Reader): Promise<number> {
  let count = 0;
  const pages = paginateDescribeSnapshots({ client: ec2, pageSize: 1_000 }, { OwnerIds: ['self'] });
  for await (const { Snapshots = [] } of limited('snapshots', pages)) count += Snapshots.length;
  return count;
}

/** @throws Error where there are more pages than are read: a part of a sum is no sum */
async function* limited<P extends { readonly NextToken?: string | undefined }>(
  what: keyof typeof MAX_PAGES,
  pages: AsyncIterable<P>,
): AsyncIterable<P> {
  let read = 0;
  for await (const page of pages) {
    yield page;
    if (++read === MAX_PAGES[what] && page.NextToken) throw new Error(`there are more than ${read} pages of ${what}`);
  }
}

const add = (sum: Map<string, number>, key: string, amount: number): void =>
  void sum.set(key, (sum.get(key) ?? 0) + amount);
