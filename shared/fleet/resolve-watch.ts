// How a fleet is watched, named and peered when its file leaves gaps: the second half of `resolve.ts`.
import { type ChainHealth, defaultsOf, otherChain } from '../chains/defaults.ts';
import type { HttpJsonPaths, HttpJsonRequest } from '../chains/http-json.ts';
import type {
  AlarmsPolicy,
  CredentialsSource,
  DnsPolicy,
  HealthPolicy,
  PeersPolicy,
  Probe,
  RpcPolicy,
  SnapshotPolicy,
} from './model.ts';
import { completeClean } from './resolve-heal.ts';
import type { FleetDocument } from './schema.ts';

/** What holds for a fleet of any chain unless its file or its chain says otherwise. */
export const everyWatch = {
  rpc: { scheme: 'http', path: '/', metricsPort: 'none' },
  // Between the slow and the fast chains: of a client that chainmend has no code for, nothing is known.
  health: {
    references: [],
    behindBlocks: 10,
    stuckSeconds: 900,
    haltSeconds: 3600,
    startGraceSeconds: 1800,
    confirmations: 10,
  },
  peers: { seeds: [], minimum: 3, restart: false },
  dns: { pool: 'pool', ttlSeconds: 60 },
  alarms: { namePatterns: [], per: 'auto' },
  snapshots: { everyHours: 24, keep: 7, shareWith: { identityFree: false }, copyTo: { keepDays: 7 } },
} as const;

const metricProbe = { dimension: 'InstanceId', periodSeconds: 300 } as const;

export interface ChainWatchLayer {
  readonly rpc?: { readonly port: number; readonly metricsPort?: number };
  readonly health?: ChainHealth;
  readonly p2pPort?: number;
  readonly peers?: { readonly rotate: boolean; readonly maximum: number; readonly config?: string };
}

/** What the chain says of the fields that the file leaves out. */
export function chainWatchLayer({ chain }: FleetDocument, dataPath: string): ChainWatchLayer {
  const defaults = defaultsOf(chain);
  if (!defaults) return {};
  const { ports, health, peers } = defaults;
  return {
    rpc: { port: ports.rpc, ...(ports.metrics !== undefined && { metricsPort: ports.metrics }) },
    health,
    p2pPort: ports.p2p,
    peers: {
      rotate: peers.rotate,
      maximum: peers.maximum,
      ...(peers.config !== undefined && { config: `${dataPath}/${peers.config}` }),
    },
  };
}

/** `disk.growAtPercent` is where the alarms go off unless the file says otherwise: earlier would be for nothing, later too late. */
export function completeWatch(document: FleetDocument, dataPath: string, growAtPercent: number) {
  const told = chainWatchLayer(document, dataPath);
  const { dns, snapshots } = document;
  const port = document.rpc?.port ?? told.rpc?.port;
  const p2pPort = document.p2pPort ?? told.p2pPort;
  return {
    ...(port !== undefined && { rpc: { ...everyWatch.rpc, ...told.rpc, ...document.rpc, port } }),
    probe: completeProbe(document),
    health: { ...everyWatch.health, ...told.health, ...document.health },
    ...(p2pPort !== undefined && { p2pPort }),
    ...(told.peers && { peers: { ...everyWatch.peers, ...told.peers, ...writtenPeers(document) } }),
    ...(dns && { dns: { ...everyWatch.dns, ...dns } }),
    alarms: { ...everyWatch.alarms, diskPercent: growAtPercent, ...document.alarms },
    ...(snapshots && { snapshots: completeSnapshots(snapshots) }),
  };
}

type WrittenSnapshots = NonNullable<FleetDocument['snapshots']>;

/** Who writes of clean snapshots alone wants no policy of Data Lifecycle Manager beside them. */
export function isByPolicy({ clean, ...byPolicy }: WrittenSnapshots): boolean {
  return clean === undefined || Object.keys(byPolicy).length > 0;
}

function completeSnapshots(snapshots: WrittenSnapshots) {
  const clean = completeClean(snapshots);
  return {
    ...(isByPolicy(snapshots) && {
      everyHours: snapshots.everyHours ?? everyWatch.snapshots.everyHours,
      keep: snapshots.keep ?? everyWatch.snapshots.keep,
      ...(snapshots.shareWith && { shareWith: { ...everyWatch.snapshots.shareWith, ...snapshots.shareWith } }),
      ...(snapshots.copyTo && { copyTo: { ...everyWatch.snapshots.copyTo, ...snapshots.copyTo } }),
    }),
    ...(clean && { clean }),
  };
}

/** What the file itself says, with its short form written out. */
export function writtenPeers({ peers }: FleetDocument) {
  return peers === 'none' ? { rotate: false } : peers;
}

/** Nobody can ask a client that chainmend has no code for and whose file does not tell how. */
function completeProbe({ chain, rpc, probe }: FleetDocument): NonNullable<FleetDocument['probe']> {
  if (probe === undefined) return chain === otherChain && rpc?.paths === undefined ? 'none' : 'ssm';
  if (typeof probe === 'string' || probe.metric === undefined) return probe;
  return { metric: { ...metricProbe, ...probe.metric } };
}

type Complete = ReturnType<typeof completeWatch>;

export interface WatchPolicies {
  readonly rpc: RpcPolicy | undefined;
  readonly probe: Probe | undefined;
  readonly health: HealthPolicy;
  readonly peers: PeersPolicy | undefined;
  readonly dns: DnsPolicy | undefined;
  readonly alarms: AlarmsPolicy;
  readonly snapshots: SnapshotPolicy | undefined;
}

export function resolveWatch({ rpc, probe, health, p2pPort, peers, dns, alarms, snapshots }: Complete): WatchPolicies {
  return {
    rpc: rpc && {
      scheme: rpc.scheme,
      port: rpc.port,
      path: rpc.path === '/' ? '' : rpc.path,
      credentials: rpc.credentials === undefined ? undefined : credentialsOf(rpc.credentials),
      metricsPort: rpc.metricsPort === 'none' ? undefined : rpc.metricsPort,
      beaconPort: rpc.beaconPort,
      paths: rpc.paths && httpJsonPathsOf(rpc.paths),
    },
    probe: probeOf(probe),
    health: { ...health, chainId: health.chainId },
    peers: peers && p2pPort !== undefined ? peersOf(peers, p2pPort) : undefined,
    // conflicts.ts lets no `dns` through without a port.
    dns: dns && p2pPort !== undefined ? { ...dns, p2pPort } : undefined,
    alarms,
    snapshots: snapshots && policyOf(snapshots),
  };
}

function policyOf({ everyHours, keep, shareWith, copyTo }: NonNullable<Complete['snapshots']>) {
  if (everyHours === undefined || keep === undefined) return undefined;
  return { everyHours, keep, shareWith, copyTo: copyTo && { ...copyTo, kmsKeyArn: copyTo.kmsKeyArn } };
}

function peersOf(peers: NonNullable<Complete['peers']>, p2pPort: number): PeersPolicy {
  const { config, ...same } = peers;
  return { ...same, configPath: config, p2pPort };
}

function probeOf(probe: Complete['probe']): Probe | undefined {
  if (probe === 'none') return undefined;
  if (probe === 'ssm') return { by: 'ssm' };
  const { vpc, subnets = [], metric } = probe;
  if (vpc !== undefined) return { by: 'vpc', vpcId: vpc, subnetIds: subnets };
  if (metric === undefined)
    throw new TypeError('fleet document without vpc or metric: it was not read by parseFleetDocument');
  const { namespace, height, dimension, dimensions = {}, periodSeconds } = { ...metricProbe, ...metric };
  return { by: 'metric', namespace, heightMetric: height, instanceDimension: dimension, dimensions, periodSeconds };
}

function credentialsOf(written: string): CredentialsSource {
  const colon = written.indexOf(':');
  const name = written.slice(colon + 1);
  switch (written.slice(0, colon)) {
    case 'ssm':
      return { kind: 'parameter', name };
    case 'secret':
      return { kind: 'secret', name };
    default:
      return { kind: 'file', path: name };
  }
}

type WrittenPaths = NonNullable<NonNullable<FleetDocument['rpc']>['paths']>;

/** @throws TypeError for a request that is neither GET nor POST; conflicts.ts lets none through */
export function httpJsonPathsOf({ requests, hashAt, ...same }: WrittenPaths): HttpJsonPaths {
  return {
    ...same,
    requests: Object.fromEntries(Object.entries(requests).map(([name, request]) => [name, requestOf(request)])),
    ...(hashAt && { hashAt: { ...hashAt, request: requestOf(hashAt.request) } }),
  };
}

function requestOf({ get, post, body }: WrittenPaths['requests'][string]): HttpJsonRequest {
  if (get !== undefined) return { get };
  if (post !== undefined) return { post, body };
  throw new TypeError('a request without get or post: it was not read by parseFleetDocument');
}
