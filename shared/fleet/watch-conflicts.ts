// Fields of a fleet file that do not go together in how it is watched, named and peered: the second half of `conflicts.ts`.
import { defaultsOf, otherChain } from '../chains/defaults.ts';
import type { Complaints } from './conflicts.ts';
import { everyWatch, isByPolicy } from './resolve-watch.ts';
import type { FleetDocument } from './schema.ts';

export function watchConflictsIn(document: FleetDocument, complaints: Complaints): void {
  probes(document, complaints);
  credentials(document, complaints);
  ports(document, complaints);
  if (document.chain === otherChain) unknownClient(document, complaints);
  else if (document.rpc?.paths)
    complaints.conflict(
      ['rpc', 'paths'],
      document.rpc.paths,
      `expected none: chainmend knows how ${document.chain} is asked`,
    );
  peers(document, complaints);
  alarms(document, complaints);
  snapshotTags(document, complaints);
  copies(document, complaints);
}

function probes({ probe }: FleetDocument, { conflict, missing }: Complaints): void {
  if (typeof probe !== 'object') return;
  const { vpc, subnets, metric } = probe;
  if ((vpc === undefined) === (metric === undefined))
    conflict(['probe'], probe, 'expected either { vpc: …, subnets: […] } or { metric: … }');
  else if (vpc !== undefined && subnets === undefined)
    missing(['probe', 'subnets'], 'expected the subnets of the VPC, for example [subnet-0123456789abcdef0]');
  else if (metric && subnets) conflict(['probe', 'subnets'], subnets, 'expected only with vpc');
}

/** Who asks over the network cannot read a node's file, and a command on a node must not carry a secret. */
function credentials({ rpc, probe = 'ssm' }: FleetDocument, { conflict }: Complaints): void {
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

const metricsOf = ['cometbft', 'ethereum', 'bsc'];

function ports({ chain, rpc = {} }: FleetDocument, { conflict }: Complaints): void {
  const { metricsPort = 'none', beaconPort } = rpc;
  if (metricsPort !== 'none' && !metricsOf.includes(chain))
    conflict(['rpc', 'metricsPort'], metricsPort, `expected only for ${metricsOf.join(', ')}`);
  if (beaconPort !== undefined && chain !== 'ethereum')
    conflict(['rpc', 'beaconPort'], beaconPort, 'expected only for ethereum');
}

function unknownClient(document: FleetDocument, { conflict, missing }: Complaints): void {
  const { rpc, probe, health, dns, p2pPort, peers } = document;
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
  if (rpc?.paths) answers(rpc.paths, { conflict, missing });
}

function answers(paths: NonNullable<NonNullable<FleetDocument['rpc']>['paths']>, { conflict }: Complaints): void {
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

function peers(document: FleetDocument, { conflict, missing }: Complaints): void {
  const { chain, peers } = document;
  const defaults = defaultsOf(chain);
  if (chain === otherChain || !defaults || typeof peers !== 'object') return;
  const { rotate, minimum = everyWatch.peers.minimum, maximum = defaults.peers.maximum, config, restart } = peers;
  if (rotate && !defaults.peers.rotate)
    conflict(['peers', 'rotate'], rotate, `expected false: the nodes of a ${chain} network find each other by gossip`);
  if (minimum > maximum)
    conflict(['peers', 'minimum'], minimum, `expected at most ${maximum}, the maximum of a node's list`);
  if (restart && config === undefined && defaults.peers.config === undefined)
    missing(
      ['peers', 'config'],
      `expected with restart: a ${chain} client that is restarted reads its list from there`,
    );
}

function alarms({ disk = {}, alarms = {} }: FleetDocument, { conflict }: Complaints): void {
  const { growAtPercent = 85 } = disk;
  const { diskPercent = growAtPercent } = alarms;
  if (diskPercent < growAtPercent) {
    const expected = `expected at least disk.growAtPercent, ${growAtPercent}, below which nothing is grown`;
    conflict(['alarms', 'diskPercent'], diskPercent, expected);
  }
}

/** DLM takes a volume that carries any of a policy's tags, while a selector here means all of them. */
function snapshotTags({ snapshots, nodes, volumes = {} }: FleetDocument, { conflict }: Complaints): void {
  if (!snapshots || !isByPolicy(snapshots)) return;
  const expected = 'expected one tag for snapshots: Data Lifecycle Manager takes whatever carries any of several';
  const long = Object.entries(volumes).flatMap(([role, volume]) =>
    typeof volume === 'object' ? [{ role, volume }] : [],
  );
  for (const { role, volume } of long) {
    if (volume.tag && Object.keys(volume.tag).length > 1) conflict(['volumes', role, 'tag'], volume.tag, expected);
  }
  const inherit = long.filter(({ volume }) => volume.tag).length < Math.max(1, Object.keys(volumes).length);
  if (inherit && Object.keys(nodes.tag).length > 1)
    conflict(['nodes', 'tag'], nodes.tag, `${expected}; or give each volume a tag of its own`);
}

function copies({ snapshots }: FleetDocument, { conflict }: Complaints): void {
  const { copyTo } = snapshots ?? {};
  if (copyTo?.kmsKeyArn === undefined || copyTo.kmsKeyArn.split(':')[3] === copyTo.region) return;
  conflict(['snapshots', 'copyTo', 'kmsKeyArn'], copyTo.kmsKeyArn, `expected a key of ${copyTo.region}`);
}
