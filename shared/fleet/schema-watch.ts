// What a person may write about how a fleet is watched, named and peered: the second half of a fleet file's schema.
import * as v from 'valibot';
import {
  about,
  choice,
  list,
  map,
  object,
  optional,
  path,
  port,
  subnetId,
  text,
  whole,
  yesOrNo,
} from './schema-fields.ts';
import { cleanSnapshots } from './schema-heal.ts';

// [SSM PutParameter, "Parameter names": letters, digits and _.-, up to 15 levels.] [Secrets Manager CreateSecret: /_+=.@-]
const credentials = text(
  /^(ssm:(\/[A-Za-z0-9_.-]{1,64}){1,15}|secret:[A-Za-z0-9][A-Za-z0-9/_+=.@-]{0,255}|file:(\/(?!\.{1,2}(\/|$))[A-Za-z0-9_.+@-]{1,64}){1,16})$/,
  'ssm:/NAME of a SecureString, secret:NAME of Secrets Manager, or file:/PATH on the node',
  'ssm:/chainmend/rpc/bitcoin',
);

/** `info.result.height`: what is wrong with one, http-json.ts says. */
const answerPath = text(
  /^[^\s]{1,1000}$/,
  'the name of a request and then keys, with dots between',
  'info.result.height',
);

const httpRequest = object('{ get: /v1/info }', {
  get: optional('Path of a GET request.', v.string('expected a path, for example /v1/info')),
  post: optional('Path of a POST request.', v.string('expected a path, for example /v1/info')),
  body: optional('JSON of a POST request.', v.unknown()),
});

/** The type `HttpJsonPaths`, as a person writes it; `httpJsonClient` checks what stands in it. */
const paths = object('{ requests: { info: { get: /v1/info } }, height: info.height }', {
  requests: about(
    'What a node is asked, by names of your own.',
    map('requests by name', '{ info: { get: /v1/info } }', 8, v.string(), httpRequest),
  ),
  height: about('Where its height is.', answerPath),
  hash: optional('Where the hash of the block at that height is.', answerPath),
  hashAt: optional(
    'How the hash of any block is asked: {height} stands for its height.',
    object('{ request: { get: "/v1/block/{height}" }, at: hash }', {
      request: about('The request.', httpRequest),
      at: about('Keys to the hash in its answer; empty where the answer is the hash.', v.string('expected keys')),
    }),
  ),
  blockTime: optional(
    'When that block was made.',
    object('{ at: info.time, as: seconds }', {
      at: about('Where that is.', answerPath),
      as: about(
        'What it counts.',
        choice(['seconds', 'milliseconds', 'microseconds', 'nanoseconds', 'age-seconds', 'iso'], 'a unit of time'),
      ),
    }),
  ),
  synced: optional(
    'What tells that it is synced.',
    object('{ at: info.state, is: [full] }', {
      at: about('Where that is.', answerPath),
      is: about(
        'Values that mean synced.',
        list(
          v.union(
            [v.pipe(v.string(), v.maxLength(200)), v.number(), v.boolean()],
            'expected a text, a number, true or false',
          ),
          10,
          1,
        ),
      ),
    }),
  ),
  peerCount: optional('Where the number of its peers is.', answerPath),
  chainId: optional("Where the network's id is.", answerPath),
  clientVersion: optional("Where the client's version is.", answerPath),
});

export const rpc = object('{ port: 8332 }', {
  scheme: optional('http unless given.', choice(['http', 'https'], 'a scheme')),
  port: optional("The RPC port; the chain's usual one unless given.", port(8332)),
  path: optional(
    "In front of every request's own path; / for none.",
    text(/^(\/|(\/[A-Za-z0-9_.-]{1,64}){1,8})$/, 'a path of letters, digits and _.-', '/ext/bc/C/rpc'),
  ),
  credentials: optional(
    'Where {"user": …, "password": …} or {"token": …} is kept; a file on the node holds user:password.',
    credentials,
  ),
  metricsPort: optional(
    "CometBFT's or geth's own metrics; none: they are not read.",
    v.union([port(26_660), v.literal('none')], 'expected a port or none, for example 26660'),
  ),
  beaconPort: optional('Of the beacon node beside an ethereum execution client.', port(5052)),
  paths: optional('For chain other: what a node is asked, and where in its answers the facts are.', paths),
});

const vpcId = text(/^vpc-([0-9a-f]{8}|[0-9a-f]{17})$/, 'the id of a VPC', 'vpc-0123456789abcdef0');
// [PutMetricData: namespaces and names of 1 to 255 ASCII characters.] Fewer of them here, since they go into metric math.
const metricWord = text(/^[A-Za-z0-9_][A-Za-z0-9_./-]{0,254}$/, 'a name of letters, digits and _./-', 'Stacks');

export const probe = v.union(
  [
    choice(['ssm', 'none'], 'a probe'),
    object('{ vpc: vpc-0123456789abcdef0, subnets: [subnet-0123456789abcdef0] }', {
      vpc: optional("The nodes' VPC: a function in it asks them over the network.", vpcId),
      // "SubnetIds … Maximum number of 16 items" [Lambda VpcConfig].
      subnets: optional('Where that function stands; one for each AZ.', list(subnetId, 16, 1)),
      metric: optional(
        'A metric that exists already and tells the height of each node.',
        object('{ namespace: Stacks, height: stacks_tip_height }', {
          namespace: about("The metric's namespace.", metricWord),
          height: about("The metric's name.", metricWord),
          dimension: optional("The dimension that holds an instance's id; InstanceId unless given.", metricWord),
          dimensions: optional(
            'What other dimensions it has.',
            map('dimensions', '{ Network: mainnet }', 9, metricWord, metricWord),
          ),
          periodSeconds: optional(
            'How often it is written; 300 unless given.',
            choice([60, 120, 300, 600, 900, 1800, 3600], 'seconds'),
          ),
        }),
      ),
    }),
  ],
  'expected ssm, none, { vpc: …, subnets: […] } or { metric: … }',
);

// Nothing that could be a secret's usual place: a user, a query or a fragment.
const reference = text(
  /^(?=.{1,500}$)https:\/\/(?=[a-z0-9.-]{1,253}(:|\/|$))[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+(:[1-9]\d{0,4})?(\/[A-Za-z0-9_.-]*)*$/,
  'an https URL in lower case without user, query or fragment',
  'https://blocks.example/api',
);

export const health = object('{ references: [https://blocks.example/api] }', {
  references: optional(
    'Independent endpoints of the same chain: compared, never believed alone. At most 5.',
    list(reference, 5),
  ),
  behindBlocks: optional('So many blocks behind the tip a node is still synced.', whole(0, 100_000, 'blocks', 3)),
  stuckSeconds: optional(
    'A node that is behind and has not advanced for so long is stuck.',
    whole(60, 86_400, 'seconds', 600),
  ),
  haltSeconds: optional(
    'When nobody has advanced for so long, the chain stands still.',
    whole(60, 604_800, 'seconds', 10_800),
  ),
  startGraceSeconds: optional(
    'For so long after its start a client may be silent, behind or replaying.',
    whole(0, 86_400, 'seconds', 1800),
  ),
  confirmations: optional('Hashes are compared so many blocks below the tip.', whole(0, 10_000, 'blocks', 6)),
  chainId: optional(
    'What every node must say its network is; what most of them say unless given.',
    text(
      /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/,
      "a network's id (text: quote a number) of letters, digits and _.:-",
      "'1'",
    ),
  ),
});

const zone = text(
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62}\.)+[a-z][a-z0-9-]{1,62}$/,
  'a zone in lower case without a last dot',
  'bitcoin.internal',
);

export const dns = object('{ zone: bitcoin.internal }', {
  zone: about("The Route 53 zone of the nodes' names.", zone),
  pool: optional(
    'Label of the record that holds all synced nodes; pool unless given.',
    text(
      /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
      'one label of lower-case letters, digits and -, at most 63 of them',
      'pool',
    ),
  ),
  ttlSeconds: optional('How long a resolver may keep an answer.', whole(1, 86_400, 'seconds', 60)),
});

// Brackets are an IPv6 address's; client-conflicts.ts asks the chain's client whether the whole is a peer.
const seed = text(
  /^(?=.{1,300}$)(enode:\/\/)?([0-9a-f]{1,130}@)?(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?)(:[0-9]{1,5})?$/,
  'a peer as the client writes it: HOST:PORT, with ID@ before it where the client needs one',
  '203.0.113.7:8333',
);

export const peers = v.union(
  [
    v.literal('none'),
    object('{ minimum: 3 }', {
      rotate: optional('false: the lists of this fleet are left alone, as with peers: none.', yesOrNo()),
      seeds: optional('External peers that belong into every list, as the client writes them.', list(seed, 32)),
      maximum: optional("Entries of one node's list.", whole(1, 64, 'peers', 8)),
      minimum: optional('Fewer connections than this are trouble.', whole(1, 64, 'peers', 3)),
      config: optional("The client's configuration file on the node.", path),
      restart: optional(
        'A client may be restarted, one node at a time, where a new list takes effect no other way.',
        yesOrNo(),
      ),
    }),
  ],
  'expected none, or for example { minimum: 3 }',
);

// A key of the account's own: an alias could be aws/ebs, whose snapshots nobody else can read.
const keyArn = text(
  /^arn:aws(-[a-z]+)*:kms:[a-z0-9-]{5,24}:\d{12}:key\/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/,
  'the ARN of a customer key, since snapshots under the default AWS key cannot be shared',
  'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
);

export const snapshots = object('{ everyHours: 24, keep: 7 }', {
  clean: optional(
    'Clean sets of all volumes of a node, whose client is stopped for it: one node at a time, in turn. {} is enough.',
    cleanSnapshots,
  ),
  // [DLM CreateRule.Interval: "The supported values are 1, 2, 3, 4, 6, 8, 12, and 24."]
  everyHours: optional(
    'How often a snapshot of each volume is made; 24 unless given.',
    choice([1, 2, 3, 4, 6, 8, 12, 24], 'hours'),
  ),
  // [DLM RetainRule.Count: 1 to 1000.]
  keep: optional('How many of each volume are kept; 7 unless given.', whole(1, 1000, 'snapshots', 7)),
  shareWith: optional(
    'Accounts that may use the snapshots.',
    object('{ accounts: ["111122223333"], kmsKeyArn: arn:aws:kms:… }', {
      accounts: about(
        'Their ids.',
        list(text(/^\d{12}$/, "an account's 12 digits (text: quote them)", "'111122223333'"), 50, 1),
      ),
      kmsKeyArn: about('The customer key that the volumes are encrypted with.', keyArn),
      identityFree: optional('true: no key, account or signing state lies on the volumes.', yesOrNo()),
    }),
  ),
  copyTo: optional(
    'Another region that each snapshot is copied to.',
    object('{ region: eu-central-1, keepDays: 7 }', {
      region: about('The region.', text(/^[a-z]{2}(-[a-z]+)+-\d{1,2}$/, "a region's name", 'eu-central-1')),
      keepDays: optional('How long a copy is kept; 7 unless given.', whole(1, 1000, 'days', 7)),
      kmsKeyArn: optional('A customer key of that region; its default key for EBS unless given.', keyArn),
    }),
  ),
});
