// Reads an account for `chainmend adopt`: Describe, List and Get calls alone. Instances are read, or nothing is; what else cannot be read is told.
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { DLMClient } from '@aws-sdk/client-dlm';
import { EC2Client, type EC2ClientConfig, type Instance, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { Route53Client } from '@aws-sdk/client-route-53';
import { SSMClient } from '@aws-sdk/client-ssm';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { isOutside } from '../../../shared/fleet/nodes.ts';
import { errorText } from '../../../shared/text/plain-text.ts';
import { StoreError, withPlace } from '../errors.ts';
import { agentsOf, alarmsOf, disksOf, seriesOf, targetGroupsOf, zonesOf } from './account-around.ts';
import {
  elasticAddresses,
  imagesOf,
  policiesOf,
  scalingGroupsOf,
  securityGroupsOf,
  snapshotsOf,
  tagsOf,
  templatesOf,
  volumesOf,
  withInstanceStore,
} from './account-ec2.ts';
import { INSTANCES_MAX, ITEMS_MAX, type ReadInstance, type ReadOut, VERSION } from './read-out.ts';

export type AccountConfig = Pick<EC2ClientConfig, 'region' | 'credentials' | 'endpoint'>;

export interface ReadOptions {
  /** Only instances with this tag. */
  readonly tag?: { readonly key: string; readonly value: string };
  /** Hears what is read next. */
  readonly status: (text: string) => void;
}

interface Clients {
  readonly ec2: EC2Client;
  readonly autoScaling: AutoScalingClient;
  readonly cloudWatch: CloudWatchClient;
  readonly dlm: DLMClient;
  readonly elb: ElasticLoadBalancingV2Client;
  readonly route53: Route53Client;
  readonly ssm: SSMClient;
  readonly sts: STSClient;
}

/**
 * The account and region of the environment, unless a test names them.
 * @throws StoreError where the instances cannot be read, or are more than can be proposed for
 */
export async function readAccount(options: ReadOptions, config: AccountConfig = {}): Promise<ReadOut> {
  const clients: Clients = {
    ec2: new EC2Client(config),
    autoScaling: new AutoScalingClient(config),
    cloudWatch: new CloudWatchClient(config),
    dlm: new DLMClient(config),
    elb: new ElasticLoadBalancingV2Client(config),
    route53: new Route53Client(config),
    ssm: new SSMClient(config),
    sts: new STSClient(config),
  };
  const { ec2 } = clients;
  const { status, tag } = options;
  let account: string;
  let found: readonly Instance[];
  try {
    status('instances');
    account = (await clients.sts.send(new GetCallerIdentityCommand({}))).Account ?? '';
    found = await instancesOf(ec2, tag);
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    const words = wordsOf(cause);
    throw new StoreError(`the account cannot be read: ${withPlace(words)}`, { cause });
  }
  // The SDK keeps the offset between AWS's clock and this machine's, where it is more than five minutes.
  const nowMs = Date.now() + ec2.config.systemClockOffset;
  return readAround(clients, { account, found, nowMs, region: await ec2.config.region() }, options);
}

const wordsOf = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${errorText(error, 160)}`.trim() : String(error);

/** Without instances that are ending or have ended, and without those that a heal has put aside. */
async function instancesOf(ec2: EC2Client, tag: ReadOptions['tag']): Promise<readonly Instance[]> {
  const Filters = [
    ...(tag ? [{ Name: `tag:${tag.key}`, Values: [tag.value] }] : []),
    { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
  ];
  const found: Instance[] = [];
  for await (const { Reservations = [] } of paginateDescribeInstances({ client: ec2, pageSize: 1_000 }, { Filters })) {
    found.push(
      ...Reservations.flatMap(({ Instances = [] }) => Instances).filter((one) => !isOutside(tagsOf(one.Tags))),
    );
    if (found.length > INSTANCES_MAX)
      throw new StoreError(`there are more than ${INSTANCES_MAX} instances: narrow the reading with --tag KEY=VALUE`);
  }
  return found;
}

interface Found {
  readonly account: string;
  readonly region: string;
  readonly found: readonly Instance[];
  readonly nowMs: number;
}

async function readAround(
  { ec2, autoScaling, cloudWatch, dlm, elb, route53, ssm }: Clients,
  { account, region, found, nowMs }: Found,
  { tag, status }: ReadOptions,
): Promise<ReadOut> {
  const unread: { what: string; why: string }[] = [];
  /** What AWS does not let us read, or does not know, is told, and the rest is read. */
  const attempt = async <T extends readonly unknown[]>(what: string, work: () => Promise<T>): Promise<T> => {
    status(what);
    try {
      const read = await work();
      if (read.length <= ITEMS_MAX) return read;
      unread.push({ what, why: `there are ${read.length}, and ${ITEMS_MAX} are kept: narrow the reading with --tag` });
      return read.slice(0, ITEMS_MAX) as unknown as T;
    } catch (error) {
      unread.push({ what, why: wordsOf(error) });
      return [] as unknown as T;
    }
  };
  const ids = new Set(found.flatMap(({ InstanceId }) => InstanceId ?? []));
  const byIp = new Map(
    found.flatMap(({ InstanceId = '', PrivateIpAddress }) =>
      PrivateIpAddress ? [[PrivateIpAddress, InstanceId]] : [],
    ),
  );
  const volumeIds = found.flatMap(({ BlockDeviceMappings = [] }) =>
    BlockDeviceMappings.flatMap(({ Ebs }) => Ebs?.VolumeId ?? []),
  );
  const addresses = new Set(await attempt('elastic addresses', () => elasticAddresses(ec2)));
  const instances = found.map((one) => instanceOf(one, addresses));
  const series = await attempt('metrics', () => seriesOf(cloudWatch, ids));
  const policies = await attempt('lifecycle policies', () => policiesOf(dlm));
  const groups = await attempt('Auto Scaling groups', () => scalingGroupsOf(autoScaling, ids));
  const templateIds = [
    ...new Set([
      ...instances.flatMap(({ tags }) => tags['aws:ec2launchtemplate:id'] ?? []),
      ...groups.flatMap(({ templateId }) => templateId ?? []),
    ]),
  ];
  return {
    readOut: 'chainmend',
    version: VERSION,
    readAt: new Date(nowMs).toISOString(),
    ...{ region, account, masked: false, narrowedTo: tag ?? null, instances },
    volumes: await attempt('volumes', () => volumesOf(ec2, volumeIds)),
    images: await attempt('images', () => imagesOf(ec2, [...new Set(instances.map(({ imageId }) => imageId))])),
    securityGroups: await attempt('security groups', () =>
      securityGroupsOf(ec2, [...new Set(instances.flatMap(({ securityGroups }) => securityGroups))]),
    ),
    launchTemplates: await attempt('launch templates', () => templatesOf(ec2, templateIds)),
    scalingGroups: groups,
    snapshots: await attempt('snapshots', () => snapshotsOf(ec2, volumeIds)),
    lifecyclePolicies: policies,
    alarms: await attempt('alarms', () => alarmsOf(cloudWatch, ids)),
    metrics: series,
    disks: await attempt('use of disks', () => disksOf(cloudWatch, series, nowMs)),
    zones: await attempt('private DNS zones', () => zonesOf(route53, byIp)),
    targetGroups: await attempt('target groups', () => targetGroupsOf(elb, ids, byIp)),
    agents: await attempt('SSM agents', () => agentsOf(ssm, ids)),
    instanceStoreTypes: await attempt('instance types', () =>
      withInstanceStore(ec2, [...new Set(instances.map(({ type }) => type))]),
    ),
    unread,
  };
}

function instanceOf(one: Instance, elastic: ReadonlySet<string>): ReadInstance {
  const { State, PublicIpAddress = null } = one;
  const name = State?.Name;
  return {
    instanceId: one.InstanceId ?? '',
    state: name === 'pending' || name === 'stopping' || name === 'stopped' ? name : 'running',
    type: one.InstanceType ?? '',
    zone: one.Placement?.AvailabilityZone ?? '',
    subnetId: one.SubnetId ?? '',
    vpcId: one.VpcId ?? '',
    imageId: one.ImageId ?? '',
    privateIp: one.PrivateIpAddress ?? '',
    publicIp: PublicIpAddress,
    elasticIp: PublicIpAddress !== null && elastic.has(PublicIpAddress),
    launchedAt: (one.LaunchTime ?? new Date(0)).toISOString(),
    tags: tagsOf(one.Tags),
    securityGroups: (one.SecurityGroups ?? []).flatMap(({ GroupId }) => GroupId ?? []),
    rootDevice: one.RootDeviceName ?? '',
    volumes: (one.BlockDeviceMappings ?? []).flatMap(({ DeviceName = '', Ebs }) =>
      Ebs?.VolumeId === undefined
        ? []
        : [{ volumeId: Ebs.VolumeId, device: DeviceName, deletedWithInstance: Ebs.DeleteOnTermination ?? false }],
    ),
    hasProfile: one.IamInstanceProfile !== undefined,
  };
}
