// The model of a fleet and its nodes, with every default filled in: a complete fleet file in the words of the functions. The types are inferred from
// it; the schema says what each member means.
import type * as v from 'valibot';
import type { HttpJsonPaths, HttpJsonRequest } from '../chains/http-json.ts';
import { fleetTag, groupName } from '../model/suite.ts';
import type { CompleteStored } from './fleet-defaults.ts';
import type { Neighbour } from './membership.ts';
import type { FleetDocument, UnitDocument } from './schema.ts';
import { upgradedUnitOf } from './schema-client.ts';
import { NO_LINE, type roleName } from './schema-nodes.ts';

type DeepReadonly<T> = T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T;

export type Fleet = DeepReadonly<ReturnType<typeof fleetOf>>;
export type Role = v.InferOutput<typeof roleName>;
export type Unit = Fleet['units'][number];
export type Runtime = Unit['runtime'];
export type VolumeRole = Fleet['volumes'][number];
export type DiskPolicy = Fleet['disk'];
export type RpcPolicy = NonNullable<Fleet['rpc']>;
export type CredentialsSource = NonNullable<RpcPolicy['credentials']>;
export type OwnAlarm = Fleet['alarms']['own'][number];
export type Probe = NonNullable<Fleet['probe']>;
export type HeightProbe = Exclude<Probe, { readonly by: 'unit' }>;
export type HealthPolicy = Fleet['health'];
export type DnsPolicy = NonNullable<Fleet['dns']>;
export type PeersPolicy = NonNullable<Fleet['peers']>;
export type SnapshotPolicy = NonNullable<Fleet['snapshots']>;
export type ReplacePolicy = Fleet['replace'];
export type DrillPolicy = NonNullable<Fleet['drills']>;
export type CleanSnapshotPolicy = NonNullable<Fleet['cleanSnapshots']>;

/** @param complete of a document that `parseStored` returned */
export function fleetOf(complete: CompleteStored, suite: string, neighbours: readonly Neighbour[]) {
  const { fleet, chain, mode, nodes, role, volumes, units, identity, owner, disk, breaker, ask, pages } = complete;
  const {
    rpc,
    probe,
    health,
    p2pPort,
    peers,
    dns,
    alarms,
    metrics,
    snapshots,
    replace,
    asg,
    dataMode,
    releases,
    client,
    drills,
  } = complete;
  const { subnets, ...replacing } = replace;
  return {
    /** The suite that looks after it (shared/model/suite.ts), and the value of `chainmend:fleet` on what is this fleet's. */
    ...{ suite, tag: fleetTag(suite, fleet) },
    /** The suite's other fleets: what one of them claims, too, is nobody's (membership.ts). */
    neighbours,
    ...{ name: fleet, chain, mode, disk, breaker, ask, pages, alarms, metrics },
    /** undefined: the file does not say it, which is neither a yes nor a no. */
    owner: { ...owner, by: owner.by, acceptDrift: owner.acceptDrift },
    /** A node is an instance that carries all of these tags. */
    nodes: {
      tags: nodes.tag,
      nameTag: nodes.nameTag,
      // As many as the deployment makes, where it names them: the members of a group are the group's.
      ...expectedOf(complete),
    },
    /** `values` maps each value of the tag to a role; a value that is missing is an unknown role. */
    role: typeof role === 'string' ? { fixed: role } : { fromTag: role.tag, values: role.values },
    volumes: Object.entries(volumes).map(([name, { path, tag }]) => ({ role: name, path, tags: tag })),
    units: Object.entries(units).map(([name, unit]) => unitOf(name, unit)),
    /** Paths of a node's identity: keys, signing state, accounts. */
    identityPaths: identity,
    rpc: rpc && rpcOf(rpc),
    /** undefined: no probe asks, and every node is of unknown health. `heightProbeOf` where a height is needed. */
    probe: probeOf(probe),
    health: { ...health, chainId: health.chainId },
    peers: peers && p2pPort !== undefined ? peersOf(peers, p2pPort) : undefined,
    // The checks accept no `dns` without a port.
    dns: dns && p2pPort !== undefined ? { ...dns, p2pPort } : undefined,
    /** The lifecycle policy that the stack creates; undefined where it creates none. */
    snapshots: snapshots && policyOf(snapshots),
    /** undefined: no client is stopped for a snapshot. */
    cleanSnapshots: snapshots?.clean,
    /** Its nodes are in another region or account, and here are copies of their snapshots alone. Absent where its nodes are here. */
    ...(snapshots?.copiesFrom && { copiesFrom: snapshots.copiesFrom }),
    replace: {
      ...replacing,
      subnetIds: subnets,
      initializationMiBps: replace.initializationMiBps,
      launchTemplate: replace.launchTemplate,
      userData: replace.userData,
      /** undefined: no data are taken back. */
      rollBack: replace.rollBack,
      /** undefined: no data are built again. */
      reindex: replace.reindex,
    },
    /** Whether the launch templates of its groups name the newest good snapshot. */
    seedsGroups: asg !== undefined,
    /** The group that `scale` may give another number of nodes; undefined: none. */
    scales: scalesOf(complete, suite),
    /** What the volumes of deployed nodes are made with, and what they are taken back to once their nodes have caught up; undefined: they are as they stay. */
    boost: boostOf(complete),
    /** The type of instance that deployed nodes are made with, and the one that they go back to once they have caught up; undefined: they stay as they are. */
    typeBoost: typeBoostOf(complete),
    /** undefined: all of its nodes and snapshots are alike. */
    dataMode,
    /** undefined: nobody is told of releases. */
    releases: releases && releasesOf(releases),
    /** undefined: no node is upgraded. */
    client: client && clientOf(client, units),
    /** undefined: nobody proves that a node comes back from a snapshot. */
    drills: drills && { ...drills, subnet: drills.subnet },
  };
}

function expectedOf({ nodes, deploy }: CompleteStored): { readonly expected?: number } {
  const expected = nodes.expected ?? (deploy?.nodes && Object.keys(deploy.nodes).length);
  return expected === undefined ? {} : { expected };
}

function scalesOf({ fleet, deploy }: CompleteStored, suite: string) {
  if (!deploy?.group) return undefined;
  const { size, minimum = size, maximum = size } = deploy.group;
  return minimum === maximum ? undefined : { group: groupName(suite, fleet), minimum, maximum };
}

function boostOf({ deploy }: CompleteStored) {
  if (!deploy?.volume?.boost) return undefined;
  const { boost, iops = 3000, throughputMiBps = 125 } = deploy.volume;
  return { from: boost, to: { iops, throughputMiBps } };
}

function typeBoostOf({ deploy }: CompleteStored) {
  if (!deploy?.boost || deploy.instanceType === undefined) return undefined;
  return { from: deploy.boost.instanceType, to: deploy.instanceType };
}

/** Where the nodes are of a fleet that has copies here: "eu-west-1", or "account 444455556666". */
export const placeOf = ({ region, account }: NonNullable<Fleet['copiesFrom']>): string =>
  account ? `account ${account.id}` : region;

/** The probe that tells where nodes stand; undefined where nobody asks them, or only whether their clients run. */
export const heightProbeOf = ({ probe }: Pick<Fleet, 'probe'>): HeightProbe | undefined =>
  probe === undefined || probe.by === 'unit' ? undefined : probe;

/** Of its nodes nothing is asked but whether their clients run. */
export const seesClientsOnly = ({ probe }: Pick<Fleet, 'probe'>): boolean => probe?.by === 'unit';

function clientOf(
  { versions, unit, canary, watchMinutes, zonePercent, rehearse }: NonNullable<CompleteStored['client']>,
  units: CompleteStored['units'],
) {
  /** `zonePercent`: undefined: one node after the other. */
  return {
    versions,
    unit: given(upgradedUnitOf(unit, units), 'client.unit'),
    canary,
    watchMinutes,
    zonePercent,
    rehearse,
  };
}

function releasesOf({ feed, consensusFeed, upgradeBy, auto }: NonNullable<CompleteStored['releases']>) {
  return {
    feed,
    consensusFeed,
    /** What is upgraded to without a person; undefined: nothing. */
    auto,
    upgradeBy:
      upgradeBy &&
      ('height' in upgradeBy
        ? upgradeBy
        : { version: upgradeBy.version, atMs: Date.parse(upgradeBy.date.replace('Z', ':00Z')) }),
  };
}

function rpcOf({ consensusPort, ...rpc }: NonNullable<CompleteStored['rpc']>) {
  return {
    ...rpc,
    /** Prefix of every request's path. Empty for most. */
    path: rpc.path === '/' ? '' : rpc.path,
    credentials: rpc.credentials === undefined ? undefined : credentialsOf(rpc.credentials),
    /** undefined where metrics are not read. */
    metricsPort: rpc.metricsPort === 'none' ? undefined : rpc.metricsPort,
    /** Of the consensus client beside the execution client, whatever the chain calls it. */
    beaconPort: rpc.beaconPort ?? consensusPort ?? undefined,
    paths: rpc.paths && httpJsonPathsOf(rpc.paths),
  };
}

function unitOf(name: string, { stopGraceSeconds, cleanLine, ...runtime }: CompleteStored['units'][string]) {
  return {
    /** execution, beacon, …; `node` where a node has only one. */
    name,
    runtime: runtimeOf(runtime),
    stopGraceSeconds: given(stopGraceSeconds, `units.${name}.stopGraceSeconds`),
    /** The pattern of the client's last line after a clean end (an ERE); undefined: its exit status alone is the evidence. */
    cleanLine: cleanLine === NO_LINE ? undefined : cleanLine,
  };
}

/** The runtime that starts and stops a client on its node. */
function runtimeOf({ unit, docker, compose, commands }: UnitDocument) {
  if (unit !== undefined) return { kind: 'systemd', unit } as const;
  if (docker !== undefined) return { kind: 'docker', container: docker } as const;
  if (compose !== undefined) return { kind: 'compose', ...compose } as const;
  return { kind: 'commands', ...given(commands, 'unit, docker, compose or commands') } as const;
}

function policyOf({ everyHours, keep, shareWith, copyTo }: NonNullable<CompleteStored['snapshots']>) {
  if (everyHours === undefined || keep === undefined) return undefined;
  return { everyHours, keep, shareWith, copyTo: copyTo && { ...copyTo, kmsKeyArn: copyTo.kmsKeyArn } };
}

function peersOf({ config, ...same }: NonNullable<CompleteStored['peers']>, p2pPort: number) {
  return { ...same, configPath: config, p2pPort };
}

/** Which probe asks: a function in the nodes' VPC, a command on the node, or none, where a metric has the height. unit: only whether the client runs. */
function probeOf(probe: CompleteStored['probe']) {
  if (probe === 'none') return undefined;
  if (probe === 'ssm') return { by: 'ssm' } as const;
  if (probe === 'unit') return { by: 'unit' } as const;
  const { vpc, subnets = [], metric } = probe;
  if (vpc !== undefined) return { by: 'vpc', vpcId: vpc, subnetIds: subnets } as const;
  const { namespace, height, dimension, dimensions = {}, periodSeconds } = given(metric, 'vpc or metric');
  return {
    by: 'metric',
    ...{ namespace, heightMetric: height, instanceDimension: dimension, dimensions, periodSeconds },
  } as const;
}

/**
 * parameter: an SSM SecureString; secret: one of Secrets Manager; both hold {"user","password"} or {"token"} as JSON, and are read by the function
 * that asks over the network. file: "user:password" on the node itself (bitcoind's .cookie), read there and never sent anywhere.
 */
function credentialsOf(written: string) {
  const colon = written.indexOf(':');
  const name = written.slice(colon + 1);
  switch (written.slice(0, colon)) {
    case 'ssm':
      return { kind: 'parameter', name } as const;
    case 'secret':
      return { kind: 'secret', name } as const;
    default:
      return { kind: 'file', path: name } as const;
  }
}

type WrittenPaths = NonNullable<NonNullable<FleetDocument['rpc']>['paths']>;

/** @throws TypeError for a request that is neither GET nor POST; the checks accept no other */
export function httpJsonPathsOf({ requests, hashAt, ...same }: WrittenPaths): HttpJsonPaths {
  return {
    ...same,
    requests: Object.fromEntries(Object.entries(requests).map(([name, request]) => [name, requestOf(request)])),
    ...(hashAt && { hashAt: { ...hashAt, request: requestOf(hashAt.request) } }),
  };
}

function requestOf({ get, post, body }: WrittenPaths['requests'][string]): HttpJsonRequest {
  return get !== undefined ? { get } : { post: given(post, 'get or post'), body };
}

/** The schema accepts nothing that lacks it. */
function given<Value>(value: Value | undefined, field: string): Value {
  if (value === undefined) throw new TypeError(`fleet document without ${field}: it was not read by the schema`);
  return value;
}
