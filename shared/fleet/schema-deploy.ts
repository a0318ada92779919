// The part of the fleet file about nodes that chainmend deploys itself (docs/deploy.md), and the check of its contradictions. Heals do not read it: to them
// such a node is one as any other.
import type * as v from 'valibot';
import { VERSION } from '../model/version.ts';
import type { Complaints } from './problems.ts';
import {
  about,
  choice,
  derived,
  list,
  map,
  object,
  optional,
  path,
  subnetId,
  text,
  usually,
  whole,
} from './schema-fields.ts';

const zone = text(/^[a-z]{2}(-[a-z]+){1,3}-[0-9][a-z]$/, 'the name of an Availability Zone', 'eu-west-1a');
const securityGroupId = text(/^sg-([0-9a-f]{8}|[0-9a-f]{17})$/, 'the id of a security group', 'sg-0123456789abcdef0');

/** A name becomes part of names in the template. */
const nodeName = text(
  /^[a-z][a-z0-9-]{0,31}$/,
  'a name of at most 32 lower-case letters, digits and -, a letter first',
  'node1',
);

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

const install = object('{ lines: ["dnf -y install bitcoin"] }', {
  url: optional(
    'An https address of the client, fetched once: a tar archive where `unpack` is given, else a program that is run without arguments.',
    text(
      /^https:\/\/[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?\/[A-Za-z0-9._~!$&()*+,;=:@%/?-]{0,1000}$/,
      'an https URL without a fragment',
      'https://bitcoincore.org/bin/bitcoin-core-29.0/bitcoin-29.0-x86_64-linux-gnu.tar.gz',
    ),
  ),
  sha256: optional(
    'The SHA-256 of what is at `url`: it is compared before anything is opened or run.',
    text(/^[0-9a-f]{64}$/, '64 lower-case hexadecimal digits', 'a'.repeat(64)),
  ),
  unpack: optional('The folder that the archive is unpacked to.', path),
  lines: optional(
    'Your own lines of bash, run once as root at the first boot, behind the mounted volume (`set -eu`): chainmend does not read them. No secrets: they are in the template.',
    list(line, 64, 1),
  ),
});

const volume = object('{ sizeGiB: 500 }', {
  sizeGiB: about('Its size at the beginning; heals let it grow.', whole(1, 65_536, 'GiB', 500)),
  // gp3: 3,000 to 80,000 IOPS, 125 to 2,000 MiB/s [EC2 CreateVolume].
  iops: usually('Its IOPS.', whole(3000, 80_000, 'IOPS', 3000), 3000),
  throughputMiBps: usually('Its throughput.', whole(125, 2000, 'MiB/s', 125), 125),
  filesystem: usually('What is made on it while it is empty.', choice(['xfs', 'ext4'], 'a filesystem'), 'xfs'),
  kmsKeyId: derived(
    'ARN of the key that it is encrypted with; it is encrypted in any case.',
    "the account's key for EBS",
    text(
      /^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key\/[A-Za-z0-9-]{1,64}$/,
      'the ARN of a key',
      'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    ),
  ),
});

export const deploy = object('{ kind: single, nodes: { node1: eu-west-1a }, … }', {
  kind: about('`single`: instances of their own. There are no other kinds yet.', choice(['single'], 'a kind')),
  nodes: about(
    'The nodes by name, each with its Availability Zone: `{ node1: eu-west-1a }`. To change a zone makes another node.',
    map('nodes with their zones', '{ node1: eu-west-1a }', 50, nodeName, zone),
  ),
  vpc: derived(
    'Their VPC.',
    "from the app's own `vpc`",
    text(/^vpc-([0-9a-f]{8}|[0-9a-f]{17})$/, 'the id of a VPC', 'vpc-0123456789abcdef0'),
  ),
  subnets: derived(
    'The subnet of each zone: `{ eu-west-1a: subnet-… }`. Whether a node has a public address is as the subnet says.',
    "from the app's own `vpc`",
    map('zones with their subnets', '{ eu-west-1a: subnet-0123456789abcdef0 }', 16, zone, subnetId),
  ),
  instanceType: about(
    'The type of the instances.',
    text(/^[a-z][a-z0-9-]{1,15}\.[a-z0-9-]{2,20}$/, 'a type of instance', 'm6i.large'),
  ),
  image: usually(
    'Their image, with systemd and an SSM agent: its id, or `ssm:/NAME` of a public parameter, which is read at each deployment.',
    text(
      /^(ami-([0-9a-f]{8}|[0-9a-f]{17})|ssm:\/[A-Za-z0-9_./-]{1,500})$/,
      'the id of an image, or ssm:/NAME of a parameter with one',
      'ami-0123456789abcdef0',
    ),
    'ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64',
  ),
  rootGiB: usually('Size of the root volume.', whole(8, 1024, 'GiB', 16), 16),
  volume: about('The data volume of each node: gp3, encrypted, and kept whatever becomes of the stack.', volume),
  install: optional('How the client and its unit come to the node. Without it both are in the image.', install),
  version: optional(
    'The instance of the template unit that is started: "28.1" starts node@28.1.',
    text(VERSION, 'a version in quotes', '"28.1"'),
  ),
  p2p: derived(
    'What the whole world may open.',
    '`tcp/` with `p2pPort`, and `udp/` where geth or a relative of it runs',
    list(p2pPort, 16),
  ),
  rpcFrom: optional('The one security group that may open the RPC port. Nobody may without it.', securityGroupId),
  policies: optional(
    'ARNs of managed policies: what a node may do besides being managed by Systems Manager and telling its metrics and logs.',
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
  logs: optional('Log files that are forwarded to the log group of the fleet.', list(path, 16, 1)),
  logDays: usually(
    'For how long they are kept.',
    choice([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365], 'a number of days that CloudWatch Logs takes'),
    30,
  ),
});

interface WrittenDeployFields {
  readonly deploy?: v.InferInput<typeof deploy>;
  readonly nodes: {
    readonly expected?: number;
    readonly tag: Readonly<Record<string, string>>;
    readonly nameTag?: string;
  };
  readonly role?: string | object;
  readonly asg?: unknown;
  readonly client?: { readonly versions: readonly string[] };
  readonly replace?: { readonly userData?: 'run' | 'ignore'; readonly launchTemplate?: string };
}

interface CompleteDeployFields {
  readonly units: Readonly<Record<string, { readonly unit?: string }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
  readonly disk: { readonly maximumSizeGiB: number };
  readonly p2pPort?: number;
}

/** Problems of a file that fits the schema. */
export function checkDeploy(
  { deploy: written, nodes, role, asg, client, replace }: WrittenDeployFields,
  { units, volumes, disk, p2pPort }: CompleteDeployFields,
  { conflict, missing }: Complaints,
): void {
  if (!written) return;
  const at = (...field: string[]): string[] => ['deploy', ...field];
  for (const [name, its] of Object.entries(written.nodes))
    if (written.subnets && !Object.hasOwn(written.subnets, its))
      conflict(
        at('nodes', name),
        its,
        `expected one of the zones of deploy.subnets: ${Object.keys(written.subnets).join(', ')}`,
      );
  if (role === undefined || role === 'validator' || typeof role === 'object')
    conflict(
      ['role'],
      role ?? 'unknown',
      'expected follower, sentry or bootnode with deploy: it makes no validators, and all of its nodes are alike',
    );
  if (nodes.expected !== undefined && nodes.expected !== Object.keys(written.nodes).length)
    conflict(
      ['nodes', 'expected'],
      nodes.expected,
      `expected ${Object.keys(written.nodes).length}, as deploy.nodes has, or nothing`,
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
  if (asg !== undefined)
    conflict(['asg'], asg, 'expected none with deploy: single instances are in no Auto Scaling group');
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
  const { iops = 3000, throughputMiBps = 125, sizeGiB } = written.volume;
  if (iops > 3000 && iops > 500 * sizeGiB)
    conflict(at('volume', 'iops'), iops, `expected at most ${500 * sizeGiB}: gp3 has 500 for each GiB`);
  if (throughputMiBps > iops / 4)
    conflict(
      at('volume', 'throughputMiBps'),
      throughputMiBps,
      `expected at most ${iops / 4}: gp3 has 0.25 MiB/s for each of its IOPS`,
    );
  if (written.p2p === undefined && p2pPort === undefined)
    missing(at('p2p'), 'expected with a chain without a p2pPort, for example [tcp/9732]');
  checkInstall(written.install, { conflict, missing });
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
      'expected none with deploy: each of its nodes has a launch template of its own',
    );
}

function checkVersion(
  { version }: v.InferInput<typeof deploy>,
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

function checkInstall(install: v.InferInput<typeof deploy>['install'], { conflict, missing }: Complaints): void {
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
}
