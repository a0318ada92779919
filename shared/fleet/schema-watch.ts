// The part of the fleet file about watching, names and peers; and the checks of its contradictions.
import * as v from 'valibot';
import { chainNames, defaultsOf, familyOf, type KnownChain, otherChain } from '../chains/defaults.ts';
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
  port,
  subnetId,
  text,
  usually,
  whole,
  yesOrNo,
} from './schema-fields.ts';

// [SSM PutParameter, "Parameter names": letters, digits and _.-, up to 15 levels.] [Secrets Manager CreateSecret: /_+=.@-]
const credentials = text(
  /^(ssm:(\/[A-Za-z0-9_.-]{1,64}){1,15}|secret:[A-Za-z0-9][A-Za-z0-9/_+=.@-]{0,255}|file:(\/(?!\.{1,2}(\/|$))[A-Za-z0-9_.+@-]{1,64}){1,16})$/,
  'ssm:/NAME of a SecureString, secret:NAME of Secrets Manager, or file:/PATH on the node',
  'ssm:/chainmend/rpc/bitcoin',
);

/** `info.result.height`: http-json.ts reports faults of a path. */
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

/** The type `HttpJsonPaths`, as a person writes it; `httpJsonClient` checks its content. */
const httpPaths = object('{ requests: { info: { get: /v1/info } }, height: info.height }', {
  requests: about(
    'Requests by your own names.',
    map('requests by name', '{ info: { get: /v1/info } }', 8, v.string(), httpRequest),
  ),
  height: about('The height.', answerPath),
  hash: optional('The hash at that height.', answerPath),
  hashAt: optional(
    "How to ask for any block's hash; `{height}` is its height.",
    object('{ request: { get: "/v1/block/{height}" }, at: hash }', {
      request: about('The request.', httpRequest),
      at: about('Keys to the hash in its answer; empty where the answer is the hash.', v.string('expected keys')),
    }),
  ),
  blockTime: optional(
    "The block's time.",
    object('{ at: info.time, as: seconds }', {
      at: about('Where that is.', answerPath),
      as: about(
        'What it counts.',
        choice(['seconds', 'milliseconds', 'microseconds', 'nanoseconds', 'age-seconds', 'iso'], 'a unit of time'),
      ),
    }),
  ),
  synced: optional(
    'What says that it is synced.',
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
  peerCount: optional('The number of peers.', answerPath),
  chainId: optional("The network's id.", answerPath),
  clientVersion: optional("The client's version.", answerPath),
});

export const rpc = object('{ port: 8332 }', {
  scheme: usually('With `https` any certificate is accepted.', choice(['http', 'https'], 'a scheme'), 'http'),
  port: derived('The RPC port.', 'from the chain', port(8332)),
  path: usually(
    "Prefix of each request's path.",
    text(/^(\/|(\/[A-Za-z0-9_.-]{1,64}){1,8})$/, 'a path of letters, digits and _.-', '/ext/bc/C/rpc'),
    '/',
  ),
  credentials: optional(
    '`ssm:/NAME` (SecureString) or `secret:NAME` for a probe in the VPC; `file:/PATH` on the node for `probe: ssm`.',
    credentials,
  ),
  metricsPort: usually(
    "Of CometBFT's or geth's metrics. CometBFT's consensus checks need it.",
    v.union([port(26_660), v.literal('none')], 'expected a port or none, for example 26660'),
    'none',
  ),
  beaconPort: optional("To see the beacon node's faults.", port(5052)),
  consensusPort: optional('The same for other chains: heimdall (26657), op-node (9545), base-consensus.', port(9545)),
  paths: optional('For `chain: other`.', httpPaths),
});

const vpcId = text(/^vpc-([0-9a-f]{8}|[0-9a-f]{17})$/, 'the id of a VPC', 'vpc-0123456789abcdef0');
// [PutMetricData: namespaces and names of 1 to 255 ASCII characters.] Fewer of them here, since they go into metric math.
const metricWord = text(/^[A-Za-z0-9_][A-Za-z0-9_./-]{0,254}$/, 'a name of letters, digits and _./-', 'Stacks');

export const probe = v.union(
  [
    choice(['ssm', 'unit', 'none'], 'a probe'),
    object('{ vpc: vpc-0123456789abcdef0, subnets: [subnet-0123456789abcdef0] }', {
      vpc: optional('A function in this VPC asks over the network.', vpcId),
      // "SubnetIds … Maximum number of 16 items" [Lambda VpcConfig].
      subnets: optional("The function's subnets, one for each zone.", list(subnetId, 16, 1)),
      metric: optional(
        "Your metric with each node's height.",
        object('{ namespace: Stacks, height: stacks_tip_height }', {
          namespace: about('Its namespace.', metricWord),
          height: about('Its name.', metricWord),
          dimension: usually('The dimension with the instance id.', metricWord, 'InstanceId'),
          dimensions: optional(
            'Its other dimensions.',
            map('dimensions', '{ Network: mainnet }', 9, metricWord, metricWord),
          ),
          periodSeconds: usually(
            'How often it is written.',
            choice([60, 120, 300, 600, 900, 1800, 3600], 'seconds'),
            300,
          ),
        }),
      ),
    }),
  ],
  'expected ssm, unit, none, { vpc: …, subnets: […] } or { metric: … }',
);

// No part that usually holds a secret: a user, a query or a fragment.
const httpsUrl = (example: string) =>
  text(
    /^(?=.{1,500}$)https:\/\/(?=[a-z0-9.-]{1,253}(:|\/|$))[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+(:[1-9]\d{0,4})?(\/[A-Za-z0-9_.-]*)*$/,
    'an https URL in lower case without user, query or fragment',
    example,
  );
const reference = httpsUrl('https://blocks.example/api');

/** The version and date of `upgradeBy`. */
const soonest = {
  version: about('This version or a newer one.', text(/^\d{1,10}(\.\d{1,10}){1,8}$/, 'a version in quotes', '"29.0"')),
} as const;

const feed = httpsUrl('https://github.com/bitcoin/bitcoin/releases.atom');

export const releases = object('{ feed: https://github.com/bitcoin/bitcoin/releases.atom }', {
  feed: optional("Atom (`https://github.com/OWNER/NAME/releases.atom`) or JSON of a registry's tags.", feed),
  consensusFeed: optional('The same for the consensus client.', feed),
  upgradeBy: optional(
    'The version that must run at a height or time.',
    v.union(
      [
        object('{ version: "29.0", height: 931000 }', {
          ...soonest,
          height: about('The height.', whole(1, 1e12, 'blocks', 931_000)),
        }),
        object('{ version: "29.0", date: 2027-01-31 }', {
          ...soonest,
          date: about(
            'The day, or minute: `2027-01-31T14:00Z`.',
            text(
              /^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(T([01]\d|2[0-3]):[0-5]\dZ)?$/,
              'a day or a minute in UTC',
              '2027-01-31T14:00Z',
            ),
          ),
        }),
      ],
      'expected { version: …, height: … } or { version: …, date: … }, for example { version: "29.0", date: 2027-01-31 }',
    ),
  ),
  auto: optional('Mode `act` installs patches that `client.versions` names.', choice(['patch'], 'which releases')),
});

// For a client that chainmend has no code for: the defaults are between those of the slow and of the fast chains.
export const health = object('{ references: [https://blocks.example/api] }', {
  references: usually('Independent https endpoints, never believed alone.', list(reference, 5), []),
  trust: usually(
    'Witnesses of a swap or replacement. `one-reference`: one, whose blocks continue those of a single node.',
    choice(['several', 'one-reference'], 'whose word'),
    'several',
  ),
  behindBlocks: usually('So far behind still counts as synced.', whole(0, 100_000, 'blocks', 3), 10),
  stuckSeconds: derived(
    'Without progress for this long, and three blocks behind (metric: `behindBlocks`), a node is stuck.',
    '90, with a metric `patienceSeconds`',
    whole(60, 86_400, 'seconds', 90),
  ),
  patienceSeconds: derived(
    'How long an unclear state may last before a page or a failed start.',
    '`stuckSeconds` where the file gives it, else from the chain',
    whole(60, 86_400, 'seconds', 600),
  ),
  haltSeconds: usually(
    'Without progress anywhere for this long, the chain is halted.',
    whole(60, 604_800, 'seconds', 10_800),
    3600,
  ),
  startGraceSeconds: usually(
    'How long after its start a client may be silent, behind or replaying.',
    whole(0, 86_400, 'seconds', 1800),
    1800,
  ),
  confirmations: usually('Hashes are compared this far below the tip.', whole(0, 10_000, 'blocks', 6), 10),
  chainId: derived(
    'Genesis hash (bitcoin, solana), quoted number (ethereum, stacks), or name (cometbft).',
    'what most nodes say',
    text(
      /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/,
      "a network's id (text: quote a number) of letters, digits and _.:-",
      "'1'",
    ),
  ),
});

const zone = text(
  /^(?=.{1,253}$)([a-z0-9_][a-z0-9_-]{0,62}\.)*[a-z][a-z0-9-]{1,62}$/,
  'a zone in lower case without a last dot',
  'bitcoin.internal',
);

export const dns = object('{ zone: bitcoin.internal }', {
  zone: about('The private Route 53 zone.', zone),
  pool: usually(
    'The record of all synced nodes.',
    text(
      /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
      'one label of lower-case letters, digits and -, at most 63 of them',
      'pool',
    ),
    'pool',
  ),
  ttlSeconds: usually("The records' TTL.", whole(1, 86_400, 'seconds', 5), 5),
});

// Brackets are for IPv6 addresses; client-checks.ts asks the chain's client whether the whole text is a peer.
const seed = text(
  /^(?=.{1,300}$)(enode:\/\/)?([0-9a-f]{1,130}@)?(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?)(:[0-9]{1,5})?$/,
  'a peer as the client writes it: HOST:PORT, with ID@ before it where the client needs one',
  '203.0.113.7:8333',
);

/** The long form of `peers`. */
export const peerList = object('{ minimum: 3 }', {
  rotate: derived('Keep lists; `false` is `peers: none`.', 'from the chain', yesOrNo()),
  seeds: usually("External peers in the client's format; none for validators behind sentries.", list(seed, 32), []),
  maximum: derived('Most entries of a list.', 'from the chain', whole(1, 64, 'peers', 8)),
  minimum: usually(
    'Fewer connections are trouble; in a small fleet, fewer than all others.',
    whole(1, 64, 'peers', 3),
    3,
  ),
  config: derived("The client's file with the list; it is only edited.", 'from the chain', path),
  restart: usually('Restart a client that takes a list no other way.', yesOrNo(), false),
});

export const peers = v.union([v.literal('none'), peerList], 'expected none, or for example { minimum: 3 }');

// At least three literal characters: `*` alone would match every alarm of the account.
const alarmPattern = text(
  /^(?=.*[A-Za-z0-9_.:/-]{3})[A-Za-z0-9_.:/*-]{1,255}$/,
  "an alarm's name of letters, digits and _.:/-, where * stands for anything (a blank, too)",
  'bitcoin-*-disk-filling',
);

export const metrics = choice(['classic', 'otlp'], 'a way');

/** What an owner's own alarm may say: what is looked at, never what is done. */
const OWN_MEANINGS = ['stuck', 'unreachable', 'disk-full'] as const;

const ownAlarm = object('{ name: bitcoin-*-height, means: stuck }', {
  name: about('The name of the alarm, or of several; `*` stands for anything.', alarmPattern),
  means: about(
    '`stuck`, `unreachable`: the health of the node that it names is looked at, or of all nodes where it names none. `disk-full`: the disk of the node that it names.',
    choice(OWN_MEANINGS, 'a meaning'),
  ),
});

const topicArn = text(
  /^arn:aws[a-z-]{0,10}:sns:[a-z0-9-]{5,30}:[0-9]{12}:[A-Za-z0-9_-]{1,256}$/,
  'the ARN of a standard topic in the region of the suite',
  'arn:aws:sns:eu-west-1:111122223333:node-alarms',
);

export const alarms = object('{ namePatterns: [bitcoin-*-disk-filling] }', {
  namePatterns: usually('Your existing alarms; `*` is anything.', list(alarmPattern, 20), []),
  own: usually('Your alarms, and what each reports.', list(ownAlarm, 20), []),
  topics: usually('Topics that your alarms send to.', list(topicArn, 5), []),
  per: usually('`auto`: `node` up to 50 nodes.', choice(['node', 'fleet', 'auto'], 'whose alarms'), 'auto'),
  diskPercent: derived('Use of bytes or inodes in the alarm.', '`disk.growAtPercent`', whole(10, 99, 'percent', 85)),
});

/** The fields as a person writes them. */
interface WrittenWatchFields {
  readonly chain: KnownChain | typeof otherChain;
  readonly rpc?: v.InferInput<typeof rpc>;
  readonly probe?: v.InferInput<typeof probe>;
  readonly health?: v.InferInput<typeof health>;
  readonly p2pPort?: number;
  readonly peers?: v.InferInput<typeof peers>;
  readonly dns?: v.InferInput<typeof dns>;
  readonly metrics?: v.InferInput<typeof metrics>;
  readonly releases?: v.InferInput<typeof releases>;
  readonly client?: object;
  readonly alarms?: v.InferInput<typeof alarms>;
}

/** The same fields with every default. */
interface CompleteWatchFields {
  readonly disk: { readonly growAtPercent: number };
  readonly alarms: { readonly diskPercent: number };
  readonly probe: NonNullable<WrittenWatchFields['probe']>;
  readonly peers?: v.InferInput<typeof peerList>;
}

/** Problems of a file that fits the schema. */
export function checkWatch(file: WrittenWatchFields, complete: CompleteWatchFields, complaints: Complaints): void {
  checkProbe(file, complaints);
  checkCredentials(file, complaints);
  checkPorts(file, complaints);
  if (file.chain === otherChain) checkOther(file, complaints);
  else if (file.rpc?.paths)
    complaints.conflict(['rpc', 'paths'], file.rpc.paths, `expected none: chainmend knows how ${file.chain} is asked`);
  checkPeers(file, complete, complaints);
  checkAlarms(complete, complaints);
  checkMetrics(file, complete, complaints);
  checkReleases(file, complaints);
}

function checkReleases({ releases, client }: WrittenWatchFields, { conflict }: Complaints): void {
  if (!releases) return;
  const { feed, consensusFeed, upgradeBy, auto } = releases;
  if (auto !== undefined && (feed === undefined || client === undefined))
    conflict(
      ['releases', 'auto'],
      auto,
      'expected releases.feed, which tells of the release, and client.versions, which names it',
    );
  if (feed === undefined && consensusFeed === undefined && upgradeBy === undefined)
    conflict(['releases'], releases, 'expected feed, consensusFeed or upgradeBy: without one nobody is told anything');
  if (!upgradeBy || 'height' in upgradeBy) return;
  const { date } = upgradeBy;
  // The 31st of February would be the 3rd of March.
  const day = date.slice(0, 10);
  if (new Date(`${day}T00:00Z`).toISOString().slice(0, 10) !== day)
    conflict(['releases', 'upgradeBy', 'date'], date, 'expected a day that exists');
}

/** Only a command on a node knows its disks; with any other probe the CloudWatch agent tells them, and its metrics are classic ones. */
function checkMetrics(
  { metrics, alarms }: WrittenWatchFields,
  { probe }: CompleteWatchFields,
  { conflict }: Complaints,
): void {
  if (metrics !== 'otlp') return;
  if (probe !== 'ssm')
    conflict(
      ['metrics'],
      metrics,
      'expected classic: without probe: ssm nobody but the CloudWatch agent knows the disks',
    );
  if (alarms?.per === 'node')
    conflict(
      ['alarms', 'per'],
      alarms.per,
      'expected none with metrics: otlp: an alarm has a contributor for each node',
    );
}

function checkProbe({ probe }: WrittenWatchFields, { conflict, missing }: Complaints): void {
  if (typeof probe !== 'object') return;
  const { vpc, subnets, metric } = probe;
  if ((vpc === undefined) === (metric === undefined))
    conflict(['probe'], probe, 'expected either { vpc: …, subnets: […] } or { metric: … }');
  else if (vpc !== undefined && subnets === undefined)
    missing(['probe', 'subnets'], 'expected the subnets of the VPC, for example [subnet-0123456789abcdef0]');
  else if (metric && subnets) conflict(['probe', 'subnets'], subnets, 'expected only with vpc');
}

/** A function in the VPC cannot read a node's file, and a command on a node must not carry a secret. */
function checkCredentials({ rpc, probe = 'ssm' }: WrittenWatchFields, { conflict }: Complaints): void {
  const written = rpc?.credentials;
  if (written === undefined) return;
  const file = written.startsWith('file:');
  if (file && typeof probe === 'object' && probe.vpc !== undefined) {
    const expected = 'a function in the VPC cannot read a file on the node';
    conflict(['rpc', 'credentials'], written, `expected ssm:/NAME or secret:NAME: ${expected}`);
  }
  if (!file && probe === 'ssm') {
    const expected = 'a command on the node carries no secrets; with probe: { vpc: … } this is read';
    conflict(
      ['rpc', 'credentials'],
      written,
      `expected file:/PATH on the node, such as bitcoind's .cookie: ${expected}`,
    );
  }
}

// avalanchego and reth write other names than geth.
const withoutMetrics: readonly string[] = ['avalanche', 'base'];
const metricsOf: readonly string[] = chainNames.filter(
  (chain) => ['cometbft', 'ethereum'].includes(familyOf(chain) ?? '') && !withoutMetrics.includes(chain),
);

function checkPorts({ chain, rpc = {} }: WrittenWatchFields, { conflict }: Complaints): void {
  const { metricsPort = 'none' } = rpc;
  if (metricsPort !== 'none' && !metricsOf.includes(chain))
    conflict(['rpc', 'metricsPort'], metricsPort, `expected only for ${metricsOf.join(', ')}`);
  for (const key of ['beaconPort', 'consensusPort'] as const) {
    const of = chainNames.filter((name) => defaultsOf(name)?.beside?.key === key);
    if (rpc[key] !== undefined && !of.some((name) => name === chain))
      conflict(['rpc', key], rpc[key], `expected only for ${of.join(', ')}`);
  }
}

function checkOther(file: WrittenWatchFields, { conflict, missing }: Complaints): void {
  const { rpc, probe, health, dns, p2pPort, peers } = file;
  const asked = probe === 'ssm' || (typeof probe === 'object' && probe.vpc !== undefined);
  if (rpc?.paths === undefined) {
    const example = '{ requests: { info: { get: /v1/info } }, height: info.height }';
    if (rpc || asked)
      missing(['rpc', 'paths'], `expected for chain other: what a node is asked, for example ${example}`);
    if (health?.references?.length)
      conflict(['health', 'references'], health.references, 'expected none for chain other without rpc.paths');
  }
  if (rpc?.paths && rpc.port === undefined) missing(['rpc', 'port'], 'expected for chain other, for example 8545');
  if (dns && p2pPort === undefined) missing(['p2pPort'], 'expected for chain other with dns, for example 8333');
  if (typeof peers === 'object')
    conflict(['peers'], peers, 'expected none: how a client of chain other is told its peers is not known');
  if (rpc?.paths) checkRequests(rpc.paths, { conflict, missing });
}

function checkRequests(paths: v.InferInput<typeof httpPaths>, { conflict }: Complaints): void {
  const all = { ...paths.requests, ...(paths.hashAt && { hashAt: paths.hashAt.request }) };
  for (const [name, request] of Object.entries(all)) {
    const field = name === 'hashAt' ? ['rpc', 'paths', 'hashAt', 'request'] : ['rpc', 'paths', 'requests', name];
    const { get, post, body } = request;
    if ((get === undefined) === (post === undefined)) {
      conflict(field, request, 'expected either get or post, for example { get: /v1/info }');
      return;
    }
    if ((post === undefined) !== (body === undefined)) {
      conflict(field, request, 'expected a body with post and none with get, for example { post: "", body: { … } }');
      return;
    }
  }
}

function checkPeers(
  { chain, peers }: WrittenWatchFields,
  complete: CompleteWatchFields,
  { conflict, missing }: Complaints,
): void {
  const defaults = defaultsOf(chain);
  if (!defaults || typeof peers !== 'object' || !complete.peers) return;
  const { rotate, minimum = 0, maximum = defaults.peers.maximum, config, restart } = complete.peers;
  if (rotate && !defaults.peers.rotate)
    conflict(['peers', 'rotate'], rotate, `expected false: a ${chain} client finds its peers itself, or has none`);
  if (minimum > maximum)
    conflict(['peers', 'minimum'], minimum, `expected at most ${maximum}, the maximum of a node's list`);
  if (restart && config === undefined)
    missing(
      ['peers', 'config'],
      `expected with restart: a ${chain} client that is restarted reads its list from there`,
    );
}

function checkAlarms(
  { disk: { growAtPercent }, alarms: { diskPercent } }: CompleteWatchFields,
  { conflict }: Complaints,
): void {
  const expected = `expected at least disk.growAtPercent, ${growAtPercent}, below which nothing is grown`;
  if (diskPercent < growAtPercent) conflict(['alarms', 'diskPercent'], diskPercent, expected);
}
