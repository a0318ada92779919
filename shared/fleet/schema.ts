// What a person may write in a fleet file. Functions read the same schema at every invocation, and refuse on a file that
// does not fit it. Texts are limited to characters that mean nothing to a shell, to an ARN or to an EC2 filter's wildcard.
import * as v from 'valibot';
import { chainNames } from '../chains/defaults.ts';
import { about, choice, list, map, object, optional, path, port, text, whole, yesOrNo } from './schema-fields.ts';
import { cleanLine, dataMode, replace } from './schema-heal.ts';
import { dns, health, peers, probe, rpc, snapshots } from './schema-watch.ts';

export type FleetDocument = v.InferOutput<typeof fleetDocumentSchema>;
export type UnitDocument = v.InferOutput<typeof unitSchema>;

const shortName = 'a name of at most 32 lower-case letters, digits and -, a letter first';
const fleetName = text(/^[a-z][a-z0-9-]{0,31}$/, shortName, 'bitcoin');
const partName = text(/^[a-z][a-z0-9-]{0,31}$/, shortName, 'data');

// Tag values may hold blanks on AWS. We refuse those, and `*` and `?`, which are wildcards in a filter of DescribeInstances.
const tagKey = text(
  /^[A-Za-z_][A-Za-z0-9_.:/=+@-]{0,127}$/,
  'a tag key of at most 128 letters, digits and _.:/=+@-, a letter first',
  'Component',
);
const tagValue = text(
  /^[A-Za-z0-9_.:/=+@-]{1,256}$/,
  'a tag value (text: quote a number) of 1 to 256 letters, digits and _.:/=+@-',
  'nodes/bitcoin',
);

// `*` stands for whatever instance of the template runs: node@0.20.0 today, node@0.21.0 after an upgrade.
const unitName = text(
  /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}(@(\*|[A-Za-z0-9_.:-]{1,127}))?$/,
  'a systemd unit of letters, digits and _.:-, with @VERSION or @* where it is a template',
  'node@*',
);
const containerName = text(
  /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/,
  "a container's name of at most 128 letters, digits and _.-",
  'node',
);

// Three literal characters at least: `*` alone would take every alarm of the account for the fleet's own.
const alarmPattern = text(
  /^(?=.*[A-Za-z0-9_.:/-]{3})[A-Za-z0-9_.:/*-]{1,255}$/,
  "an alarm's name of letters, digits and _.:/-, where * stands for anything (a blank, too)",
  'bitcoin-*-disk-filling',
);
// What is sent of the three of them fits into one parameter of a command.
const executable = text(
  /^(?=.{1,80}$)(\/(?!\.{1,2}(\/|$))[A-Za-z0-9_.+@-]{1,64}){1,16}$/,
  'the absolute path of an executable, of at most 80 letters, digits and _.+@-, without arguments',
  '/opt/node/start',
);
const stopGraceSeconds = optional('How long the client may take to stop cleanly.', whole(1, 3600, 'seconds', 600));

const runtimeEntries = {
  unit: optional('The systemd unit that runs the client; node@* for a template unit.', unitName),
  docker: optional('The name of the container that runs the client where no systemd unit does.', containerName),
  compose: optional(
    'The docker compose service that runs the client.',
    object('{ file: /opt/node/compose.yaml, service: geth }', {
      file: about('The compose file on the node.', path),
      service: about("The client's service in it.", containerName),
    }),
  ),
  commands: optional(
    'Where nothing of that runs the client: executables on the node that start, stop and tell of it.',
    object('{ start: /opt/node/start, stop: /opt/node/stop, status: /opt/node/status }', {
      start: about('Starts the client, and ends.', executable),
      stop: about('Stops the client cleanly, and ends when it has ended, with 0 if that was clean.', executable),
      status: about('Exits with 0 while the client runs, with 3 when it has stopped, else with anything.', executable),
    }),
  ),
};

const unitSchema = object('{ unit: geth }', { ...runtimeEntries, stopGraceSeconds, cleanLine });

const tags = map('tags', '{ Component: nodes/bitcoin }', 10, tagKey, tagValue);

const nodes = object('{ tag: { Component: nodes/bitcoin } }', {
  tag: about('A node is an instance that carries all of these tags.', tags),
  nameTag: optional("The tag that holds a node's name; Name unless given.", tagKey),
});

const roleName = choice(['follower', 'validator', 'sentry', 'bootnode', 'unknown'], 'a role');
const role = v.union(
  [
    roleName,
    object('{ tag: Role }', {
      tag: about("The tag of each node that tells the node's role.", tagKey),
      values: optional(
        'What each value of the tag means; a value that is not here is an unknown role.',
        map('values of the tag with the roles they mean', '{ sealer: validator }', 20, tagValue, roleName),
      ),
    }),
  ],
  'expected a role, or the tag that tells it, for example follower or { tag: Role }',
);

const volume = v.union(
  [
    path,
    object('{ path: /node-data }', {
      path: about('Where the volume is mounted on each node.', path),
      tag: optional('Tags that the EBS volume itself carries; those of the nodes unless given.', tags),
    }),
  ],
  'expected where it is mounted, for example /node-data or { path: /node-data }',
);

const disk = object('{ maximumSizeGiB: 2000 }', {
  growAtPercent: optional('Below this use (of bytes or of inodes) nothing is grown.', whole(10, 99, 'percent', 85)),
  // A volume can be modified four times in a rolling 24 h [EC2 ModifyVolume], so that one step has to outlast a day.
  horizonHours: optional('How long a new size has to last at the observed rate.', whole(25, 8760, 'hours', 30)),
  minimumStepPercent: optional('The least that a volume is grown by.', whole(1, 400, 'percent', 20)),
  // The largest gp3 and io2 volumes [EC2 CreateVolume].
  maximumSizeGiB: optional('A volume is never grown beyond this.', whole(1, 65_536, 'GiB', 2000)),
  maximumMonthlyIncreaseUsd: optional(
    "What growing may add to the fleet's monthly bill within a calendar month.",
    whole(0, 100_000, 'US dollars', 100),
  ),
  modificationsPerDay: optional(
    'Modifications of one volume in 24 h. EBS allows four; the last is kept for a person.',
    whole(1, 3, 'modifications', 3),
  ),
});

const owner = object('{ acceptDrift: true }', {
  acceptDrift: optional('Terraform or CloudFormation may find what a heal has changed.', yesOrNo()),
  restartValidators: optional('A validator may be restarted where it is.', yesOrNo()),
});

const breaker = object('{ unhealthyPercent: 20 }', {
  unhealthyPercent: optional('So many of the nodes may be unhealthy or unknown.', whole(1, 50, 'percent', 20)),
  unhealthyMinimum: optional('And so many in any case, however small the fleet.', whole(1, 50, 'nodes', 1)),
});

const ask = object('{ expiresAfterHours: 4 }', {
  expiresAfterHours: optional('An approval that comes later is refused.', whole(1, 48, 'hours', 4)),
});

const alarms = object('{ namePatterns: [bitcoin-*-disk-filling] }', {
  namePatterns: optional('Names of alarms that the fleet has already; * stands for anything.', list(alarmPattern, 20)),
  per: optional(
    'node: an alarm for each node and kind. fleet: one for each kind. auto: node up to 50 nodes.',
    choice(['node', 'fleet', 'auto'], 'whose alarms'),
  ),
  diskPercent: optional(
    'Use (of bytes or of inodes) at which the alarms go off; disk.growAtPercent unless given.',
    whole(10, 99, 'percent', 85),
  ),
});

export const fleetDocumentSchema = object('{ fleet: bitcoin, chain: bitcoin, mode: plan, nodes: … }', {
  fleet: about("The fleet's name; its file is called NAME.yaml.", fleetName),
  chain: about(
    'What the nodes run; it gives the defaults. other: a client that chainmend does not know, whose disks it grows.',
    choice(chainNames, 'a chain'),
  ),
  mode: about(
    "plan: writes plans and touches nothing. ask: waits for a person's approval. act: heals.",
    choice(['plan', 'ask', 'act'], 'a mode'),
  ),
  nodes: about('Which instances are nodes of this fleet.', nodes),
  role: optional('What the nodes do. Validators and nodes of unknown role (the default) are never replaced.', role),
  ...runtimeEntries,
  stopGraceSeconds,
  cleanLine,
  dataMode: optional('How the clients keep their data: pruned, archive, index… Told of each snapshot.', dataMode),
  units: optional(
    'Where each node runs several clients: execution, beacon…',
    map('units by name', '{ execution: { unit: geth }, beacon: { docker: lighthouse } }', 8, partName, unitSchema),
  ),
  volumes: optional(
    'The volumes of each node by their role: data, ancient…',
    map('volumes by role', '{ data: /node-data }', 8, partName, volume),
  ),
  identity: optional('Paths that make a node itself: keys, signing state, accounts.', list(path, 32)),
  disk: optional('When and how far volumes are grown.', disk),
  owner: optional('What the owner of the nodes agrees to.', owner),
  breaker: optional('With more nodes in trouble than this, heals are refused and a person is paged.', breaker),
  ask: optional('How mode ask asks.', ask),
  rpc: optional("How a node's client is asked.", rpc),
  probe: optional(
    'Who asks the nodes: a command on each (ssm), a function in their VPC, a metric, or nobody (none).',
    probe,
  ),
  health: optional('When a node is synced, behind, stuck or forked, and when the chain stands still.', health),
  p2pPort: optional("The client's P2P port; the chain's usual one unless given.", port(8333)),
  peers: optional('How the lists of peers are kept; none: they are left alone.', peers),
  dns: optional("Where the nodes' names are kept.", dns),
  alarms: optional("The fleet's alarms, and those that it has already.", alarms),
  snapshots: optional('Snapshots of the volumes: those that Data Lifecycle Manager makes, and clean ones.', snapshots),
  replace: optional('How far a node is helped that does not advance any more.', replace),
});
