// The part of the fleet file about nodes that chainmend deploys itself (docs/deploy.md), and the check of its contradictions. Synthesis
// reads it, and who says what a new node begins with; what functions read of it is in schema-deploy-read.ts, since to heals such a node is one as any other.
import * as v from 'valibot';
import { familyOf, otherChain } from '../chains/defaults.ts';
import { INSTANCE } from '../model/version.ts';
import type { Complaints } from './problems.ts';
import { groupSizes, kind, volumeFigures } from './schema-deploy-read.ts';
import {
  about,
  choice,
  derived,
  list,
  map,
  object,
  optional,
  path,
  port,
  subnetId,
  text,
  usually,
  whole,
} from './schema-fields.ts';
import { checkNetwork, isBelow, network, nodeName } from './schema-network.ts';
import { checkPorts, p2pOf, ports, securityGroupId } from './schema-ports.ts';

const zone = text(/^[a-z]{2}(-[a-z]+){1,3}-[0-9][a-z]$/, 'the name of an Availability Zone', 'eu-west-1a');

const typeOfInstance = text(/^[a-z][a-z0-9-]{1,15}\.[a-z0-9-]{2,20}$/, 'a type of instance', 'm6i.large');

const p2pPort = text(
  /^(tcp|udp)\/([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$/,
  'a protocol and a port from 1 to 65535',
  'tcp/8333',
);

// It is run on the node, as it is written: nothing in it is hidden from whoever reviews the file.
const line = text(
  /^[ -~]{0,1000}$/,
  'a line of shell of at most 1000 printable ASCII characters',
  'dnf -y install bitcoin',
);

const httpsUrl = (example: string) =>
  text(
    /^https:\/\/[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?\/[A-Za-z0-9._~!$&()*+,;=:@%/?-]{0,1000}$/,
    'an https URL without a fragment',
    example,
  );
const sha256 = text(/^[0-9a-f]{64}$/, '64 lower-case hexadecimal digits', 'a'.repeat(64));

const install = object('{ lines: ["dnf -y install bitcoin"] }', {
  url: optional(
    'A tar archive with `unpack`, else a program run without arguments.',
    httpsUrl('https://bitcoincore.org/bin/bitcoin-core-29.0/bitcoin-29.0-x86_64-linux-gnu.tar.gz'),
  ),
  sha256: optional('Its SHA-256, compared first.', sha256),
  unpack: optional('Folder for the archive.', path),
  lines: optional('Your bash lines, run once as root after the mount. No secrets.', list(line, 64, 1)),
});

const bundle = object('{ url: https://…/blocks.tar.zst, sha256: … }', {
  url: about(
    'An https address of a tar archive, compressed or not. It is fetched to the volume itself, and goes on where it broke off.',
    httpsUrl('https://bundles.example.org/bitcoin-930000.tar.zst'),
  ),
  sha256: about('Its SHA-256: it is compared before anything is opened.', sha256),
  into: derived('Where its contents go.', 'the mount path', path),
});

const NEWEST = 'newest-good';

const snapshotOfData = text(
  /^(newest-good|snap-([0-9a-f]{8}|[0-9a-f]{17}))$/,
  `${NEWEST} or the id of a snapshot`,
  'snap-0123456789abcdef0',
);

const data = v.union(
  [
    v.picklist([NEWEST, 'sync']),
    object('{ snapshot: snap-0123456789abcdef0 }', {
      snapshot: optional(
        '`newest-good`, or a snapshot id of the fleet. `identity` is removed from the copy.',
        snapshotOfData,
      ),
      bundle: optional('Packed chain data. The volume must hold archive and content.', bundle),
    }),
  ],
  `expected ${NEWEST}, sync, or for example { snapshot: snap-0123456789abcdef0 } or { bundle: { url: https://…, sha256: … } }`,
);

const rpcServer = text(
  /^https:\/\/[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?(\/[A-Za-z0-9._~-]{1,200}){0,8}$/,
  'an https address without a / at its end',
  'https://rpc.example.org',
);

const stateSync = object('{ servers: [https://a…, https://b…] }', {
  servers: about('Two RPC addresses or more, which must agree.', list(rpcServer, 8, 2)),
  trustHours: usually(
    'How long a block is trusted: at most two thirds of the unbonding period.',
    whole(1, 8_760, 'hours', 168),
    168,
  ),
});

const volume = object('{ sizeGiB: 500 }', {
  sizeGiB: about('Its first size; heals grow it.', whole(1, 65_536, 'GiB', 500)),
  ...volumeFigures,
  filesystem: usually('Made while the volume is empty.', choice(['xfs', 'ext4'], 'a filesystem'), 'xfs'),
  kmsKeyId: derived(
    'ARN of its key.',
    "the account's key for EBS",
    text(
      /^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key\/[A-Za-z0-9-]{1,64}$/,
      'the ARN of a key',
      'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    ),
  ),
});

const HEALTH_PORT = 8099;

const group = object('{ size: 3 }', {
  ...groupSizes,
  healthPort: usually('Says to the load balancer whether the node has caught up.', port(HEALTH_PORT), HEALTH_PORT),
});

export const deploy = object('{ kind: single, nodes: { node1: eu-west-1a }, … }', {
  kind,
  nodes: optional(
    'Not with `ha`: `{ node1: eu-west-1a }`. Another zone makes another node.',
    map('nodes with their zones', '{ node1: eu-west-1a }', 50, nodeName, zone),
  ),
  group: optional('`ha`: the Auto Scaling group.', group),
  network: optional('`cometbft` has validators and sentries, `ethereum` sealers and bootnodes (clique).', network),
  vpc: derived(
    'Their VPC.',
    "from the app's own `vpc`",
    text(/^vpc-([0-9a-f]{8}|[0-9a-f]{17})$/, 'the id of a VPC', 'vpc-0123456789abcdef0'),
  ),
  subnets: derived(
    'For each zone: `{ eu-west-1a: subnet-… }`. It decides on public addresses.',
    "from the app's own `vpc`",
    map('zones with their subnets', '{ eu-west-1a: subnet-0123456789abcdef0 }', 16, zone, subnetId),
  ),
  instanceType: about('The instance type.', typeOfInstance),
  boost: optional(
    '`single`: a larger instance until the first sync ends.',
    object('{ instanceType: m6i.8xlarge }', { instanceType: about('The type until then.', typeOfInstance) }),
  ),
  image: usually(
    'An AMI with systemd and SSM agent, or `ssm:/NAME`, read at each deployment.',
    text(
      /^(ami-([0-9a-f]{8}|[0-9a-f]{17})|ssm:\/[A-Za-z0-9_./-]{1,500})$/,
      'the id of an image, or ssm:/NAME of a parameter with one',
      'ami-0123456789abcdef0',
    ),
    'ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
  ),
  rootGiB: usually("The root volume's size.", whole(8, 1024, 'GiB', 16), 16),
  volume: about('gp3, encrypted. `single` keeps it without the stack; `ha` deletes it with its instance.', volume),
  data: derived('What a new node starts with.', '`newest-good`; with `kind: network` `sync`', data),
  stateSync: optional("CometBFT: take a block's state from peers.", stateSync),
  install: optional('How client and unit get onto the node, unless they are in the image.', install),
  version: optional(
    'Instance of the template unit: "28.1" starts node@28.1.',
    text(INSTANCE, 'a version in quotes', '"28.1"'),
  ),
  p2p: derived('Ports open to everybody.', '`tcp/` with `p2pPort`, for geth also `udp/`', list(p2pPort, 16)),
  ports: optional(
    'Other open ports: `[{ name: rpc, port: 8545, from: sg-… }]`; `from: access` is an exported group.',
    ports,
  ),
  rpcFrom: optional("Group for the RPC port (with `ha` the load balancer's).", securityGroupId),
  policies: optional(
    'ARNs of more managed policies for the nodes.',
    list(
      text(
        /^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy\/[A-Za-z0-9+=,.@_/-]{1,512}$/,
        'the ARN of a managed policy',
        'arn:aws:iam::111122223333:policy/node-secrets',
      ),
      9,
      1,
    ),
  ),
  logs: optional("Log files that go to the fleet's log group.", list(path, 16, 1)),
  logDays: usually(
    'How long they are kept.',
    choice([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365], 'a number of days that CloudWatch Logs takes'),
    30,
  ),
});

export type WrittenDeploy = v.InferInput<typeof deploy>;

/** What a new node begins with, in the order in which it is looked for; what is null is not asked for. */
export interface BeginsWith {
  /** `newest-good`, or a snapshot's id. */
  readonly snapshot: string | null;
  readonly bundle: v.InferOutput<typeof bundle> | null;
}

export function beginsWith({
  kind,
  data = kind === 'network' ? 'sync' : NEWEST,
}: Pick<WrittenDeploy, 'kind' | 'data'>): BeginsWith {
  if (typeof data === 'string') return { snapshot: data === 'sync' ? null : data, bundle: null };
  return { snapshot: data.snapshot ?? null, bundle: data.bundle ?? null };
}

interface WrittenDeployFields {
  readonly chain: string;
  readonly deploy?: WrittenDeploy;
  readonly nodes: {
    readonly expected?: number;
    readonly tag: Readonly<Record<string, string>>;
    readonly nameTag?: string;
  };
  readonly role?: string | { readonly tag: string; readonly values?: Readonly<Record<string, string>> };
  readonly dns?: unknown;
  readonly asg?: unknown;
  readonly rpc?: { readonly credentials?: string };
  readonly snapshots?: { readonly clean?: unknown };
  readonly client?: { readonly versions: readonly string[] };
  readonly replace?: {
    readonly rungs?: readonly string[];
    readonly userData?: 'run' | 'ignore';
    readonly launchTemplate?: string;
  };
}

interface CompleteDeployFields {
  readonly units: Readonly<Record<string, { readonly unit?: string }>>;
  readonly volumes: Readonly<Record<string, { readonly path: string }>>;
  readonly disk: { readonly maximumSizeGiB: number };
  readonly p2pPort?: number;
  readonly peers?: { readonly config?: string };
  readonly probe?: unknown;
  readonly rpc?: { readonly port: number };
  readonly identity: readonly string[];
}

/** Problems of a file that fits the schema. */
export function checkDeploy(
  fields: WrittenDeployFields,
  complete: CompleteDeployFields,
  { conflict, missing }: Complaints,
): void {
  const { units, volumes, disk, p2pPort, peers, probe, rpc } = complete;
  const { deploy: written, chain, nodes, role, client, replace } = fields;
  if (!written) return;
  const at = (...field: string[]): string[] => ['deploy', ...field];
  if (written.kind === 'ha') checkGroup(fields, written, { conflict, missing });
  else checkSingle(fields, written, { conflict, missing });
  if (written.kind === 'network') checkNetwork(fields, written, complete, { conflict, missing });
  else if (written.network !== undefined) conflict(at('network'), written.network, 'expected only with kind: network');
  if (written.kind !== 'network' && (role === undefined || role === 'validator' || typeof role === 'object'))
    conflict(
      ['role'],
      role ?? 'unknown',
      'expected follower, sentry or bootnode with deploy, unless it is kind: network: it makes no validators, and all of its nodes are alike',
    );
  if (Object.hasOwn(nodes.tag, nodes.nameTag ?? 'Name'))
    conflict(
      ['nodes', 'nameTag'],
      nodes.nameTag ?? 'Name',
      'expected another tag than those of nodes.tag: it holds the name of each node',
    );
  const reserved = Object.keys(nodes.tag).find((key) => /^aws:/i.test(key));
  if (reserved !== undefined)
    conflict(['nodes', 'tag'], nodes.tag, `expected no ${reserved} with deploy: AWS alone writes such tags`);
  const [unit, ...others] = Object.values(units);
  if (unit?.unit === undefined || others.length > 0)
    conflict(
      ['deploy'],
      written,
      'expected one unit of systemd: deploy starts no container, no commands, and no second client',
    );
  else checkVersion(written, unit.unit, client?.versions, { conflict, missing });
  if (Object.keys(volumes).length !== 1) conflict(['volumes'], volumes, 'expected one volume with deploy');
  if (written.volume.sizeGiB > disk.maximumSizeGiB)
    conflict(
      at('volume', 'sizeGiB'),
      written.volume.sizeGiB,
      `expected at most disk.maximumSizeGiB, ${disk.maximumSizeGiB}`,
    );
  const { boost: boosted, ...lasting } = written.volume;
  checkPerformance(lasting, written.volume.sizeGiB, at('volume'), { conflict });
  if (boosted) {
    checkPerformance(boosted, written.volume.sizeGiB, at('volume', 'boost'), { conflict });
    checkBoost(boosted, written, probe, { conflict });
  }
  if (written.boost) checkTypeBoost(written.boost, written, { probe, rungs: replace?.rungs }, { conflict });
  const [volume] = Object.values(volumes);
  if (written.stateSync && familyOf(chain) !== 'cometbft')
    conflict(at('stateSync'), written.stateSync, 'expected only with a chain of CometBFT');
  if (written.stateSync && peers?.config === undefined)
    missing(['peers', 'config'], 'expected with deploy.stateSync, for example /data/config/config.toml');
  checkData(written, volume?.path, { conflict });
  if (written.p2p === undefined && p2pPort === undefined && written.kind !== 'network')
    missing(at('p2p'), 'expected with a chain without a p2pPort, for example [tcp/9732]');
  const dialled = written.kind === 'network' && p2pPort !== undefined ? [`tcp/${p2pPort}`] : undefined;
  checkPorts(
    written,
    {
      rpcPort: rpc?.port,
      p2p: dialled ?? written.p2p ?? p2pOf(written.kind, chain, p2pPort),
      healthPort: written.kind === 'ha' ? (written.group?.healthPort ?? HEALTH_PORT) : undefined,
    },
    { conflict },
  );
  checkInstall(written.install, volume?.path, { conflict, missing });
  if (replace?.userData === 'ignore')
    conflict(
      ['replace', 'userData'],
      'ignore',
      'expected run, or nothing, with deploy: its first boot installs the client on another instance, too',
    );
  if (replace?.launchTemplate !== undefined)
    conflict(
      ['replace', 'launchTemplate'],
      replace.launchTemplate,
      'expected none with deploy: its nodes have launch templates of their own',
    );
}

function checkData(
  written: WrittenDeploy,
  dataPath: string | undefined,
  { conflict }: Pick<Complaints, 'conflict'>,
): void {
  const at = (...field: string[]): string[] => ['deploy', 'data', ...field];
  const { kind, data, stateSync } = written;
  const { snapshot, bundle } = beginsWith(written);
  if (typeof data === 'object' && snapshot === null && bundle === null)
    conflict(at(), data, 'expected snapshot or bundle in it, or sync in its place');
  if (stateSync && bundle)
    conflict(at('bundle'), bundle, 'expected no stateSync beside it: one of them is where the data come from');
  if (bundle?.into !== undefined && dataPath !== undefined && !isBelow(bundle.into, dataPath))
    conflict(at('bundle', 'into'), bundle.into, `expected ${dataPath}, or a folder below it`);
  if (kind === 'network' && (snapshot !== null || bundle !== null))
    conflict(at(), data, 'expected sync with kind: network: the keys of its nodes are for volumes that are empty');
  if (kind === 'ha' && data === 'sync')
    conflict(at(), data, `expected ${NEWEST} with kind: ha: its members begin with the snapshot of asg.seed`);
}

interface Performance {
  readonly iops?: number;
  readonly throughputMiBps?: number;
}

function checkPerformance(
  { iops = 3000, throughputMiBps = 125 }: Performance,
  sizeGiB: number,
  at: readonly string[],
  { conflict }: Pick<Complaints, 'conflict'>,
): void {
  if (iops > 3000 && iops > 500 * sizeGiB)
    conflict([...at, 'iops'], iops, `expected at most ${500 * sizeGiB}: gp3 has 500 for each GiB`);
  if (throughputMiBps > iops / 4)
    conflict(
      [...at, 'throughputMiBps'],
      throughputMiBps,
      `expected at most ${iops / 4}: gp3 has 0.25 MiB/s for each of its IOPS`,
    );
}

/** It ends when its node is seen to be synced: somebody has to look. */
function checkBoost(
  boost: Required<Performance>,
  { kind, volume: { iops = 3000, throughputMiBps = 125 } }: WrittenDeploy,
  probe: unknown,
  { conflict }: Pick<Complaints, 'conflict'>,
): void {
  const at = ['deploy', 'volume', 'boost'];
  if (kind !== 'single')
    conflict(at, boost, 'expected only with kind: single: what a group launches begins with a snapshot');
  if (probe === 'none' || probe === 'unit')
    conflict(at, boost, `expected another probe than ${probe}: the boost ends when the node is seen to have caught up`);
  if (
    boost.iops < iops ||
    boost.throughputMiBps < throughputMiBps ||
    (boost.iops === iops && boost.throughputMiBps === throughputMiBps)
  )
    conflict(
      at,
      boost,
      `expected more than the ${iops} IOPS and ${throughputMiBps} MiB/s that the volume keeps, and none of the two lower`,
    );
}

/** Its end stops the instance and starts it. */
function checkTypeBoost(
  boost: NonNullable<WrittenDeploy['boost']>,
  { kind, instanceType }: WrittenDeploy,
  { probe, rungs }: { readonly probe: unknown; readonly rungs: readonly string[] | undefined },
  { conflict }: Pick<Complaints, 'conflict'>,
): void {
  const at = ['deploy', 'boost'];
  if (kind !== 'single')
    conflict(at, boost, 'expected only with kind: single: what a group launches begins with a snapshot');
  if (probe === 'none' || probe === 'unit')
    conflict(at, boost, `expected another probe than ${probe}: the boost ends when the node is seen to have caught up`);
  if (boost.instanceType === instanceType)
    conflict([...at, 'instanceType'], boost.instanceType, 'expected another type than deploy.instanceType');
  if (rungs !== undefined && !rungs.includes('stop-start'))
    conflict(
      ['replace', 'rungs'],
      rungs,
      'expected stop-start among them with deploy.boost: its end stops the instance',
    );
}

function checkSingle(
  { nodes: { expected }, asg }: WrittenDeployFields,
  { kind, nodes, group: grouped, subnets }: WrittenDeploy,
  { conflict, missing }: Complaints,
): void {
  if (nodes === undefined)
    missing(['deploy', 'nodes'], `expected with kind: ${kind}, for example { node1: eu-west-1a }`);
  if (grouped !== undefined) conflict(['deploy', 'group'], grouped, 'expected only with kind: ha');
  const zones = Object.entries(nodes ?? {});
  for (const [name, its] of zones)
    if (subnets && !Object.hasOwn(subnets, its))
      conflict(
        ['deploy', 'nodes', name],
        its,
        `expected one of the zones of deploy.subnets: ${Object.keys(subnets).join(', ')}`,
      );
  if (expected !== undefined && nodes !== undefined && expected !== zones.length)
    conflict(['nodes', 'expected'], expected, `expected ${zones.length}, as deploy.nodes has, or nothing`);
  if (asg !== undefined)
    conflict(['asg'], asg, `expected none with kind: ${kind}: its instances are in no Auto Scaling group`);
}

/** A member that the group ends takes its volume with it: what it knows has to stand in snapshots, from which the next one begins. */
function checkGroup(
  { chain, nodes: { expected }, asg, snapshots, rpc, replace }: WrittenDeployFields,
  { nodes, group: grouped, rpcFrom, ports: opened }: WrittenDeploy,
  { conflict, missing }: Complaints,
): void {
  if (nodes !== undefined)
    conflict(['deploy', 'nodes'], nodes, 'expected only with kind: single: members of a group are named by it');
  if (grouped === undefined) missing(['deploy', 'group'], 'expected with kind: ha, for example { size: 3 }');
  else checkSize(grouped, expected, { conflict });
  if (rpcFrom === undefined && opened === undefined)
    missing(['deploy', 'rpcFrom'], 'expected with kind: ha, or ports: the load balancer lets nobody in without them');
  if (chain === otherChain)
    conflict(['chain'], chain, 'expected one whose client says itself whether it has caught up, with kind: ha');
  if (rpc?.credentials !== undefined && !rpc.credentials.startsWith('file:'))
    conflict(
      ['rpc', 'credentials'],
      rpc.credentials,
      'expected file:/PATH with kind: ha: each node asks its own client, and may read no secret of the account',
    );
  if (asg === undefined)
    missing(
      ['asg'],
      'expected { seed: newest-good, identityFree: true } with kind: ha: a member that the group ends takes its volume with it, and the next one begins from a snapshot. The first boot removes the identity from the copy',
    );
  if (snapshots?.clean === undefined)
    missing(
      ['snapshots', 'clean'],
      'expected {} with kind: ha: without a clean set each new member syncs from nothing',
    );
  if (replace?.rungs?.includes('replace'))
    conflict(
      ['replace', 'rungs'],
      replace.rungs,
      'expected no replace with kind: ha: the group launches another member itself',
    );
}

function checkSize(
  { size, minimum = size, maximum = size }: NonNullable<WrittenDeploy['group']>,
  expected: number | undefined,
  { conflict }: Pick<Complaints, 'conflict'>,
): void {
  if (minimum > size) conflict(['deploy', 'group', 'minimum'], minimum, `expected at most the size, ${size}`);
  if (maximum < size) conflict(['deploy', 'group', 'maximum'], maximum, `expected at least the size, ${size}`);
  if (expected === undefined) return;
  if (minimum !== size || maximum !== size)
    conflict(['nodes', 'expected'], expected, 'expected nothing with deploy.group.minimum or maximum: it changes');
  else if (expected !== size)
    conflict(['nodes', 'expected'], expected, `expected ${size}, as deploy.group.size, or nothing`);
}

function checkVersion(
  { version }: WrittenDeploy,
  unit: string,
  versions: readonly string[] | undefined,
  { conflict, missing }: Complaints,
): void {
  if (!unit.endsWith('@*')) {
    if (version !== undefined) conflict(['deploy', 'version'], version, `expected none: ${unit} is no template`);
  } else if (version === undefined)
    missing(['deploy', 'version'], `expected with the template ${unit}, for example "28.1"`);
  else if (versions && !versions.includes(version))
    conflict(['deploy', 'version'], version, `expected one of client.versions: ${versions.join(', ')}`);
}

function checkInstall(
  install: WrittenDeploy['install'],
  dataPath: string | undefined,
  { conflict, missing }: Complaints,
): void {
  if (!install) return;
  const { url, sha256, unpack, lines } = install;
  const reference = lines?.find((one) => one.includes('{{'));
  if (reference !== undefined)
    conflict(
      ['deploy', 'install', 'lines'],
      reference,
      'expected no {{: CloudFormation and Systems Manager put a value in the place of what follows',
    );
  if (url === undefined && lines === undefined)
    missing(['deploy', 'install', 'lines'], 'expected lines, or url with sha256');
  if (url !== undefined && sha256 === undefined)
    missing(['deploy', 'install', 'sha256'], 'expected with url: what has another digest is not opened');
  for (const [key, value] of Object.entries({ sha256, unpack }))
    if (url === undefined && value !== undefined) conflict(['deploy', 'install', key], value, 'expected only with url');
  if (unpack !== undefined && dataPath !== undefined && isBelow(unpack, dataPath))
    conflict(
      ['deploy', 'install', 'unpack'],
      unpack,
      `expected a folder outside of ${dataPath}: a data volume brings no program, and may have links`,
    );
}
