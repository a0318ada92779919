// Quotas of the account that a heal can meet: storage and modifications by volume type, snapshots, vCPUs. Sources: "Quotas for Amazon EBS" (EBS user guide); "Amazon EC2 endpoints and quotas" (AWS
// General Reference); the codes as `aws service-quotas list-service-quotas` prints them.
import type { Read } from './verdict.ts';

/** A quota as Service Quotas names it. */
export interface QuotaId {
  readonly service: 'ebs' | 'ec2' | 'vpc';
  readonly code: string;
  /** For people: "gp3 storage". */
  readonly name: string;
}

/** What the account has, and what of it is used. */
export interface Room extends QuotaId {
  /** GiB, snapshots or vCPUs, as `used` is. */
  readonly quota: number;
  readonly used: number;
}

export interface QuotaFacts {
  /** GiB, by volume type. */
  readonly storage: ReadonlyMap<string, Read<Room>>;
  /** GiB that may be under modification at once, by volume type; the new size of a volume counts as a whole. */
  readonly modifications: ReadonlyMap<string, Read<Room>>;
  readonly snapshots: Read<Room>;
  /** By instance type; `each`: the vCPUs of one. */
  readonly vcpus: ReadonlyMap<string, Read<Room & { readonly each: number }>>;
}

const STORAGE: Readonly<Record<string, string>> = {
  gp2: 'L-D18FCD1D',
  gp3: 'L-7A658B76',
  io1: 'L-FD252861',
  io2: 'L-09BD8365',
};

const MODIFICATIONS: Readonly<Record<string, string>> = {
  gp2: 'L-F06E64A8',
  gp3: 'L-59C8FC87',
  io1: 'L-5F80CA91',
  io2: 'L-9A0E0F82',
};

/** "Running On-Demand … instances", counted in vCPUs, by the letters with which the names of a family's types begin. */
const FAMILIES: readonly { readonly of: RegExp; readonly code: string; readonly name: string }[] = [
  { of: /^hpc/, code: 'L-F7808C92', name: 'On-Demand HPC vCPUs' },
  { of: /^inf/, code: 'L-1945791B', name: 'On-Demand Inf vCPUs' },
  { of: /^trn/, code: 'L-2C3B7624', name: 'On-Demand Trn vCPUs' },
  { of: /^(g|vt)\d/, code: 'L-DB2E81BA', name: 'On-Demand G and VT vCPUs' },
  { of: /^p\d/, code: 'L-417A185B', name: 'On-Demand P vCPUs' },
  { of: /^x\d/, code: 'L-7295265B', name: 'On-Demand X vCPUs' },
  { of: /^u-|^u\d/, code: 'L-43DA4232', name: 'On-Demand High Memory vCPUs' },
  { of: /^(a|c|d|h|i|m|r|t|z|im|is)\d/, code: 'L-1216C47A', name: 'On-Demand Standard vCPUs' },
];

export const SNAPSHOTS: QuotaId = { service: 'ebs', code: 'L-309BACF6', name: 'snapshots' };

/** "Inbound or outbound rules per security group", each counted by itself: 60 unless the account has another number ("Amazon VPC quotas"). */
export const RULES: QuotaId = { service: 'vpc', code: 'L-0EA8095F', name: 'rules of a security group' };
/** "Listeners per Network Load Balancer": not adjustable ("Quotas for your Network Load Balancers"). */
export const LISTENERS = 50;

/** null: a type of which no quota is known here. */
export const storageQuotaOf = (type: string): QuotaId | null => ebsQuota(STORAGE[type], `${type} storage`);
export const modificationQuotaOf = (type: string): QuotaId | null =>
  ebsQuota(MODIFICATIONS[type], `${type} storage under modification`);

const ebsQuota = (code: string | undefined, name: string): QuotaId | null =>
  code === undefined ? null : { service: 'ebs', code, name };

export function vcpuQuotaOf(instanceType: string): QuotaId | null {
  const found = FAMILIES.find(({ of }) => of.test(instanceType));
  return found === undefined ? null : { service: 'ec2', code: found.code, name: found.name };
}

/** Of storage: counted in GiB here, in TiB by AWS. */
export const isStorage = ({ code }: QuotaId): boolean =>
  Object.values(STORAGE).includes(code) || Object.values(MODIFICATIONS).includes(code);
