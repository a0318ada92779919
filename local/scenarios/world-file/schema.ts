// The schema of a world file: a situation as data. One schema makes the type, the editor's help, the messages and the tables of docs/rehearse.md.
import * as v from 'valibot';
import {
  about,
  choice,
  fleetName,
  list,
  map,
  object,
  optional,
  partName,
  path,
  text,
  usually,
  whole,
  yesOrNo,
} from '../../../shared/fleet/schema-fields.ts';
import { fleetDocumentSchema } from '../../../shared/fleet/schema-whole.ts';
import { GUARDRAILS } from '../../../shared/model/guardrail-codes.ts';
import { VERSION } from '../../../shared/model/version.ts';
import { OBSTACLES, type Obstacle } from '../../../shared/node-commands/answer.ts';
import { VERSION_FAULTS } from '../../nodes/spec.ts';
import { expectation } from './expect.ts';
import {
  amount,
  day,
  hostName,
  instanceId,
  ipAddress,
  minutes,
  NODES_MAX,
  nodeName,
  nodeRef,
  recordName,
  resourceTags,
  sentence,
  snapshotId,
  webAddress,
  worldName,
  zoneLetter,
} from './fields.ts';
import { timeline } from './timeline.ts';

const fleets = list(
  v.union(
    [
      object('{ file: ../examples/fleets/bitcoin.yaml, but: { mode: act } }', {
        file: about(
          'A fleet file, by its path from this file.',
          text(
            /^(?![/~])[A-Za-z0-9_.\-/]{1,200}\.ya?ml$/,
            'a relative path of a *.yaml file',
            '../examples/fleets/bitcoin.yaml',
          ),
        ),
        but: optional(
          'Keys of the file that are replaced, as by `npm run chainmend -- push` when the story begins: `{ mode: act }`. `null` takes a key out.',
          v.record(v.string(), v.unknown(), 'expected keys of a fleet file, for example { mode: act }'),
        ),
      }),
      fleetDocumentSchema,
    ],
    'expected a fleet file, or the path of one, for example { file: ../examples/fleets/bitcoin.yaml }',
  ),
  20,
  1,
);

const chain = object('{ height: 931000, blockSeconds: 600 }', {
  height: optional('Its height when the story begins.', whole(0, 1_000_000_000, 'blocks', 931_000)),
  blockSeconds: optional(
    'Its block interval; the one of its main network by default.',
    amount(0.2, 3_600, 'seconds', 600),
  ),
  rhythm: usually(
    'How its blocks come: `real` as on its main network (by chance, in slots, in rounds), `regular` one in each interval, which no network does.',
    choice(['regular', 'real'], 'a rhythm'),
    'real',
  ),
  gibPerHour: usually('How fast it fills a node’s disk.', amount(0, 1_000, 'GiB an hour', 14), 1),
  needsPeers: usually('Whether a node without peers gets no block.', yesOrNo(), false),
});

const volume = object('{ role: data, sizeGiB: 500, usedPercent: 91 }', {
  role: about('Its role in the fleet file.', partName),
  sizeGiB: usually('Its size.', whole(1, 65_536, 'GiB', 500), 1_000),
  usedPercent: usually('How full its filesystem is when the story begins.', amount(0, 100, 'percent', 91), 46),
  type: usually('Its EBS type.', choice(['gp2', 'gp3', 'io1', 'io2', 'st1'], 'a type'), 'gp3'),
  iops: optional('Its IOPS.', whole(100, 256_000, 'IOPS', 3_000)),
  throughputMiBps: optional('Its throughput.', whole(125, 2_000, 'MiB/s', 125)),
  filesystem: usually('Its filesystem.', choice(['xfs', 'ext4', 'btrfs'], 'a filesystem'), 'xfs'),
  partitioned: usually('Whether the filesystem is in a partition.', yesOrNo(), false),
  lvm: usually(
    'Whether the filesystem is in a logical volume (LVM): the node cannot tell which EBS volume it is on.',
    yesOrNo(),
    false,
  ),
  formatted: optional(
    'A partition table that ends at 2 TiB, or ext4 that ends at 16 TiB.',
    choice(['mbr', 'ext4-32bit'], 'a limit'),
  ),
  obstacle: optional(
    'What keeps its filesystem from following a larger volume: the layout of its partitions (with `partitioned`), its state (`frozen`, as by fsfreeze, holds its client until a boot), or a tool that is missing.',
    choice(Object.keys(OBSTACLES) as Obstacle[], 'an obstacle'),
  ),
  mountedBy: optional(
    'What mounts it, where that is not /etc/fstab: `an automount`, or the path of a mount unit.',
    text(/^(an automount|\/[a-z/]{1,60}\/[\w\\.-]{1,120}\.mount)$/, 'an automount, or a mount unit', 'an automount'),
  ),
  reservedPercent: optional(
    'The part that only root can write; mkfs.ext4 sets 5 aside where nobody says another.',
    amount(0, 50, 'percent', 5),
  ),
  filesystemGiB: optional(
    'The size of the filesystem, where nobody grew it with its volume.',
    whole(1, 65_536, 'GiB', 500),
  ),
  deletedWithInstance: usually('Whether EC2 deletes it when its instance is terminated.', yesOrNo(), false),
  share: usually('The part of each block that is written to it.', amount(0, 1, 'parts', 0.5), 1),
  tags: optional('Its tags, instead of the fleet’s.', resourceTags),
});

const client = object('{ startSeconds: 15 }', {
  state: usually('What it does when the story begins.', choice(['running', 'stopped', 'failed'], 'a state'), 'running'),
  startSeconds: usually('From its start until it answers.', whole(0, 86_400, 'seconds', 15), 0),
  stopSeconds: optional('How long a clean stop takes; some seconds by default.', whole(0, 86_400, 'seconds', 90)),
  catchUpBlocksPerSecond: optional(
    'How fast it follows when it is behind.',
    amount(0.001, 100_000, 'blocks a second', 20),
  ),
  blocksBehind: optional('How far behind its chain it is from the beginning.', whole(1, 100_000_000, 'blocks', 9_000)),
  staged: usually(
    'Whether it syncs by stages, as reth and erigon do: its height stands until it has come through.',
    yesOrNo(),
    false,
  ),
  copiesOpen: usually(
    'How a copy opens that was taken while it ran.',
    choice(['opens', 'refuses', 'starts-over', 'by chance'], 'a way'),
    'by chance',
  ),
});

const versionName = text(VERSION, 'a version in quotes, as its unit is called', '"0.22.0"');

const version = object('{ format: 1 }', {
  format: usually(
    'The newest format of data that it knows: it migrates older ones, and a version that knows only older ones cannot open them any more.',
    whole(0, 100, 'as a format', 1),
    0,
  ),
  tells: optional(
    'As it names itself; as its chain’s client does by default.',
    text(/^[\x20-\x7e]{1,100}$/, 'up to 100 plain characters', '/Satoshi:0.21.1/'),
  ),
  fault: optional(
    'What is wrong with it: it `ends` at its start, it `stands` and takes no block, or it `dies` two minutes after each start.',
    choice(VERSION_FAULTS, 'a fault'),
  ),
});

const protections = list(choice(['stop', 'termination'], 'what EC2 refuses'), 2, 1);

const node = object('{ fleet: bitcoin, name: node2 }', {
  fleet: about('Its fleet.', fleetName),
  name: optional('Its name; or `names`.', nodeName),
  names: optional('The names of several nodes that are alike.', list(nodeName, NODES_MAX, 1)),
  zone: optional('Its Availability Zone; the three zones in turn by default.', zoneLetter),
  instanceId: optional('The id of its instance; made up by default.', instanceId),
  tags: optional('Tags of its instance beside the fleet’s.', resourceTags),
  volumes: optional(
    'Its data volumes; one of 1,000 GiB, 46 % used, for each role of the fleet file by default.',
    list(volume, 8),
  ),
  rootUsedPercent: usually('How full its root volume is.', amount(0, 100, 'percent', 31), 31),
  client: optional('Its client.', client),
  unit: optional(
    'What runs there for the template of the fleet file: `node@0.21.0.service`.',
    text(/^[A-Za-z0-9][A-Za-z0-9_.@-]{0,127}$/, 'the name of a unit or a container', 'node@0.21.0.service'),
  ),
  versions: optional(
    'What its owner has installed, with `unit: node@*`: instances of the template by their names. What runs and is not among them does not start again once it is left. With `docker`: tags of its image, of which the first runs.',
    map('versions', '{ "0.22.0": { format: 1 } }', 16, versionName, version),
  ),
  votingPower: optional('Its part in the consensus of a CometBFT chain.', whole(1, 1_000_000, 'votes', 10)),
  beaconNode: usually('Whether a consensus client runs beside it.', yesOrNo(), false),
  powered: usually('Whether its instance runs when the story begins.', yesOrNo(), true),
  clockSkewSeconds: usually(
    'How far its clock is ahead; behind with a minus.',
    whole(-86_400, 86_400, 'seconds', 90),
    0,
  ),
  elasticAddress: usually('Whether an elastic address is its.', yesOrNo(), false),
  publicIp: optional('Its public address, where that is not elastic: a stop loses it.', ipAddress),
  protected: optional(
    'What EC2 refuses to everybody who asks for it over its API, until a person takes that back: a stop, the end of its instance, or both.',
    protections,
  ),
  diskDevices: usually(
    'Whether its CloudWatch agent tells the device of each disk as well, as it does where nobody sets `drop_device`: another name is another series.',
    yesOrNo(),
    false,
  ),
  agentVersion: optional('The version of its SSM agent.', text(/^\d{1,3}(\.\d{1,6}){1,4}$/, 'a version', '3.3.3050.0')),
});

const snapshot = object('{ of: bitcoin/node2, hoursAgo: 8 }', {
  of: about('The node whose data volumes are in it.', nodeRef),
  hoursAgo: about('Its age when the story begins.', amount(0.1, 20_000, 'hours', 8)),
  id: optional('Its id, for a node with one data volume.', snapshotId),
  by: usually(
    'Who made it: `clean` (chainmend, of a stopped client), `policy` (a lifecycle policy of a running one), `person` (with the volumes’ tags), `console` (without any tag).',
    choice(['clean', 'policy', 'person', 'console'], 'somebody'),
    'clean',
  ),
  opening: usually('What a client does with the data.', choice(['opens', 'refuses', 'starts-over'], 'a way'), 'opens'),
  stopsAtHeight: optional('A block that no client can pass with the data.', whole(1, 1_000_000_000, 'blocks', 931_008)),
  blocksBehind: optional(
    'How much less it has than its age says: its node was behind.',
    whole(1, 100_000_000, 'blocks', 9_000),
  ),
  verified: usually('Whether a node was proved with it.', yesOrNo(), false),
  quarantined: optional('Why it must not be used.', sentence),
});

const scalingGroupDetails = object('{ members: [bitcoin/node1, bitcoin/node2], minSize: 2 }', {
  members: about('Its members.', list(nodeRef, NODES_MAX, 1)),
  minSize: usually('How many it must have at least.', whole(0, NODES_MAX, 'members', 2), 0),
  launches: optional(
    'The version of its fleet’s launch template that it launches others from; without one it launches nothing.',
    choice(['$Latest', '$Default', '1'], 'a version'),
  ),
});

const before = object('{ templates: [bitcoin] }', {
  templates: optional('Fleets whose instances have a launch template.', list(fleetName, 20)),
  protectedTemplates: optional(
    'What EC2 refuses for the instances that launch templates make, by fleet: `stop`, `termination`, or both.',
    map('fleets', '{ bitcoin: [termination] }', 20, fleetName, protections),
  ),
  publicSubnets: optional('Zones whose subnet gives each launched instance a public address.', list(zoneLetter, 3)),
  userData: optional(
    'User data of the launch templates, by fleet: a client that they have not set up does not start.',
    map(
      'fleets',
      '{ bitcoin: { runs: "#!/bin/sh" } }',
      20,
      fleetName,
      object('{ runs: "#!/bin/sh", seconds: 90 }', {
        runs: about(
          'The user data.',
          v.pipe(
            v.string('expected text'),
            v.minLength(1, 'expected text'),
            v.maxLength(16_384, 'expected 16 KB at most'),
          ),
        ),
        seconds: usually('From the boot until they have ended.', amount(0, 86_400, 'seconds', 60), 60),
        ends: usually('How.', choice(['done', 'error'], 'an end'), 'done'),
        mounts: optional(
          'Where they mount the volume that comes with the instance: they make a filesystem only where it has none, and start the client.',
          path,
        ),
        removes: optional(
          'What they remove from it before the client starts: an identity that was copied.',
          list(path, 32),
        ),
      }),
    ),
  ),
  templateVolumes: optional(
    'The data volumes that launch templates make with each instance, by fleet: empty ones.',
    map(
      'fleets',
      '{ bitcoin: { sizeGiB: 100 } }',
      20,
      fleetName,
      object('{ sizeGiB: 100 }', { sizeGiB: about('Their size.', whole(1, 16_384, 'GiB', 100)) }),
    ),
  ),
  scalingGroups: optional(
    'Auto Scaling groups and the nodes that they own, in a list, or with what else the group is: `{ members, minSize, launches }`.',
    map(
      'groups',
      '{ bitcoin-nodes: [bitcoin/node1] }',
      10,
      worldName,
      v.union(
        [list(nodeRef, NODES_MAX, 1), scalingGroupDetails],
        'expected a list of nodes, or { members: [bitcoin/node1] }',
      ),
    ),
  ),
  targetGroups: optional(
    'Target groups and the nodes that are in them.',
    map('groups', '{ bitcoin-rpc: [bitcoin/node1] }', 10, worldName, list(nodeRef, NODES_MAX, 1)),
  ),
  records: optional(
    'Address records that people made, by zone.',
    map(
      'zones',
      '{ bitcoin.internal: { grafana: [10.0.200.7] } }',
      10,
      hostName,
      map('records', '{ grafana: [10.0.200.7] }', 50, recordName, list(ipAddress, 20, 1)),
    ),
  ),
  grown: optional(
    'Earlier growths of volumes: by chainmend, which counts them and what they cost in their month, or by a person.',
    list(
      object('{ node: bitcoin/node2, role: data, hoursAgo: 8, fromGiB: 400, toGiB: 500 }', {
        node: about('The node.', nodeRef),
        role: about('The volume’s role.', partName),
        by: usually('Who.', choice(['chainmend', 'person'], 'somebody'), 'chainmend'),
        hoursAgo: about('When.', amount(0.1, 20_000, 'hours', 8)),
        fromGiB: about('From this size.', whole(1, 65_536, 'GiB', 400)),
        toGiB: about('To this size.', whole(1, 65_536, 'GiB', 500)),
      }),
      20,
    ),
  ),
});

const anyCode = text(
  /^[a-z][a-z0-9-]{1,40}$/,
  'a code of `npm start -- --list-codes`',
  Object.keys(GUARDRAILS)[0] ?? 'paused',
);

const until = object('{ healed: 1 }', {
  healed: optional('So many incidents have ended healed.', whole(1, 1_000, 'incidents', 1)),
  escalated: optional('So many incidents have ended escalated.', whole(1, 1_000, 'incidents', 1)),
  planned: optional('So many plans have been written.', whole(1, 1_000, 'plans', 1)),
  paged: optional('A page with this code was sent.', anyCode),
  refused: optional('A refusal with this code was written.', anyCode),
  minutes: optional('So many minutes have passed.', minutes),
});

export const worldDocumentSchema = object('{ world: my-rehearsal, says: …, fleets: …, nodes: … }', {
  world: about('Its name; the file is called NAME.yaml.', worldName),
  says: about('What happens, in a sentence.', sentence),
  happened: optional(
    'The public incident that it plays.',
    object('{ on: 2025-10-20, source: https://aws.amazon.com/message/101925/ }', {
      on: about('The day on which it began.', day),
      source: about('Its post-mortem, or where it was reported.', webAddress),
    }),
  ),
  fleets: about('Your fleet files, by path, or written here.', fleets),
  chains: optional(
    'The chains that the fleets follow, by the name of the fleet.',
    map('chains', '{ bitcoin: { blockSeconds: 600 } }', 20, fleetName, chain),
  ),
  nodes: about('Your nodes.', list(node, NODES_MAX, 1)),
  snapshots: optional('Snapshots that exist.', list(snapshot, 100)),
  before: optional('What else exists when the story begins.', before),
  timeline: optional('What happens, and when.', timeline),
  until: usually('The run ends when all of this holds and nothing is in progress any more.', until, { minutes: 30 }),
  hours: usually('The run ends at the latest after so many hours.', amount(0.1, 336, 'hours', 6), 6),
  expect: about(
    'What must hold at the end, in the words of `--json`; the invariants hold in any case.',
    list(expectation, 50),
  ),
  pagesAtMost: optional('How many pages may be sent, questions left out; two by default.', whole(0, 1_000, 'pages', 4)),
  attemptsAtMost: optional(
    'How many attempts one incident may have; five and one an hour by default.',
    whole(1, 1_000, 'attempts', 8),
  ),
});

export type WorldDocument = v.InferOutput<typeof worldDocumentSchema>;
export type NodeDocument = WorldDocument['nodes'][number];
export type SnapshotDocument = NonNullable<WorldDocument['snapshots']>[number];
export type ClientDocument = NonNullable<NodeDocument['client']>;

/** A world as its file has it, before defaults. */
export type WorldInput = v.InferInput<typeof worldDocumentSchema>;
