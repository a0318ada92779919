// Builds the ARNs of EC2's resources.
import type { RegionIdentity } from '../../simulator/kernel.ts';
import { ownValue } from '../../simulator/own-properties.ts';

const KINDS: Readonly<Record<string, string>> = {
  vol: 'volume',
  i: 'instance',
  snap: 'snapshot',
  ami: 'image',
  lt: 'launch-template',
  eipalloc: 'elastic-ip',
  eni: 'network-interface',
  subnet: 'subnet',
  sg: 'security-group',
};
const WITHOUT_ACCOUNT: ReadonlySet<string> = new Set(['snapshot', 'image']);

/** vol-0123… → arn:aws:ec2:eu-west-1:111122223333:volume/vol-0123…; snapshots and images have no account. */
export function ec2Arn(region: RegionIdentity, id: string): string {
  const kind = ownValue(KINDS, id.slice(0, id.indexOf('-')));
  if (kind === undefined) throw new Error(`what kind of EC2 resource ${id} is, is not known`);
  return kindArn(region, kind, id);
}

/** The same for a known kind; `*` as id means all of that kind. */
export const kindArn = ({ accountId, regionName }: RegionIdentity, kind: string, id: string): string =>
  `arn:aws:ec2:${regionName}:${WITHOUT_ACCOUNT.has(kind) ? '' : accountId}:${kind}/${id}`;
