// For each key of a fleet file: which changes of it let chainmend do no more than before. A test holds it against the file's schema, so that no key is
// forgotten. What is not known to narrow asks.

/**
 * Which change narrows. told: none lets anything loose; it only changes what people are told. less, more: of a number. false, true: that it becomes so.
 * fewer, further: items of a list. asks: none is known to. An array: a step towards its first word.
 */
export type Direction = 'told' | 'less' | 'more' | 'false' | 'true' | 'fewer' | 'further' | 'asks' | readonly string[];

const of = <Way extends Direction>(way: Way, keys: readonly string[]): Readonly<Record<string, Way>> =>
  Object.fromEntries(keys.map((key) => [key, way]));

/** By the key as the file has it, `*` for a name of the owner's. */
export const DIRECTIONS: Readonly<Record<string, Direction>> = {
  mode: ['plan', 'ask', 'act'],
  'health.trust': ['several', 'one-reference'],
  'replace.autoScaling': ['refuse', 'standby'],
  'replace.publicAddress': ['keep', 'may-change'],
  ...of('told', [
    'pages.healed',
    'pages.againAfterMinutes',
    'pages.againEveryMinutes',
    'pages.againPerDay',
    'pages.readiness',
  ]),
  ...of('told', ['releases.upgradeBy.version', 'releases.upgradeBy.height', 'releases.upgradeBy.date']),
  ...of('told', ['drills.maxAgeHours', 'snapshots.copiesFrom.maxAgeHours']),
  ...of('less', ['disk.horizonHours', 'disk.maximumSizeGiB', 'disk.maximumMonthlyIncreaseUsd']),
  ...of('less', ['disk.modificationsPerDay', 'ask.expiresAfterHours', 'client.zonePercent', 'health.haltSeconds']),
  ...of('less', ['breaker.unhealthyPercent', 'breaker.unhealthyMinimum', 'breaker.restartPercent']),
  ...of('less', ['replace.restartsPerDay', 'replace.replacementsPerHour', 'replace.replacementsPerDay']),
  ...of('less', ['replace.replacementsPerNode', 'replace.moveBeforeHours', 'drills.dollarsPerMonth', 'drills.hours']),
  ...of('more', ['disk.growAtPercent', 'disk.prune.poolFloor', 'client.watchMinutes', 'drills.everyHours']),
  ...of('more', ['health.behindBlocks', 'health.stuckSeconds', 'health.patienceSeconds', 'health.startGraceSeconds']),
  ...of('more', ['health.confirmations', 'snapshots.clean.everyHours', 'snapshots.clean.poolFloor']),
  ...of('more', ['snapshots.clean.keep', 'replace.keepDays']),
  ...of('false', ['owner.acceptDrift', 'owner.restartValidators', 'peers.restart', 'peers.rotate', 'replace.warm']),
  ...of('false', [
    'replace.terminated',
    'snapshots.clean.alone',
    'snapshots.shareWith.identityFree',
    'asg.identityFree',
  ]),
  ...of('true', ['client.rehearse', 'disk.prune.rehearse', 'replace.rollBack.rehearse']),
  ...of('fewer', ['replace.rungs', 'replace.subnets', 'client.versions']),
  ...of('further', ['identity', 'replace.upgradeHeights']),
  ...of('asks', [
    'fleet',
    'chain',
    'nodes.tag.*',
    'nodes.nameTag',
    'nodes.expected',
    'role',
    'role.tag',
    'role.values.*',
  ]),
  ...of('asks', ['unit', 'docker', 'compose.file', 'compose.service', 'commands.start', 'commands.stop']),
  ...of('asks', ['commands.status', 'stopGraceSeconds', 'cleanLine', 'dataMode', 'units.*.unit', 'units.*.docker']),
  ...of('asks', ['units.*.compose.file', 'units.*.compose.service', 'units.*.commands.start', 'units.*.commands.stop']),
  ...of('asks', ['units.*.commands.status', 'units.*.stopGraceSeconds', 'units.*.cleanLine', 'client.unit']),
  ...of('asks', ['client.canary', 'volumes.*', 'volumes.*.path', 'volumes.*.tag.*', 'disk.minimumStepPercent']),
  ...of('asks', ['disk.prune.command', 'disk.prune.minutes', 'owner.by', 'rpc.scheme', 'rpc.port', 'rpc.path']),
  ...of('asks', [
    'rpc.credentials',
    'rpc.metricsPort',
    'rpc.beaconPort',
    'rpc.consensusPort',
    'rpc.paths.requests.*.get',
  ]),
  ...of('asks', ['rpc.paths.requests.*.post', 'rpc.paths.requests.*.body', 'rpc.paths.height', 'rpc.paths.hash']),
  ...of('asks', ['rpc.paths.hashAt.request.get', 'rpc.paths.hashAt.request.post', 'rpc.paths.hashAt.request.body']),
  ...of('asks', ['rpc.paths.hashAt.at', 'rpc.paths.blockTime.at', 'rpc.paths.blockTime.as', 'rpc.paths.synced.at']),
  ...of('asks', ['rpc.paths.synced.is', 'rpc.paths.peerCount', 'rpc.paths.chainId', 'rpc.paths.clientVersion']),
  ...of('asks', ['probe', 'probe.vpc', 'probe.subnets', 'probe.metric.namespace', 'probe.metric.height']),
  ...of('asks', ['probe.metric.dimension', 'probe.metric.dimensions.*', 'probe.metric.periodSeconds']),
  ...of('asks', ['health.references', 'health.chainId', 'p2pPort', 'peers', 'peers.seeds', 'peers.maximum']),
  ...of('asks', ['peers.minimum', 'peers.config', 'dns.zone', 'dns.pool', 'dns.ttlSeconds', 'metrics']),
  ...of('asks', ['releases.feed', 'releases.consensusFeed', 'releases.auto', 'alarms.namePatterns', 'alarms.per']),
  ...of('asks', ['alarms.own', 'alarms.topics']),
  ...of('asks', ['alarms.diskPercent', 'snapshots.clean.at', 'snapshots.clean.withinHours', 'snapshots.everyHours']),
  ...of('asks', ['snapshots.keep', 'snapshots.shareWith.accounts', 'snapshots.shareWith.kmsKeyArn']),
  ...of('asks', ['snapshots.copyTo.region', 'snapshots.copyTo.keepDays', 'snapshots.copyTo.kmsKeyArn']),
  ...of('asks', [
    'snapshots.copiesFrom.region',
    'snapshots.copiesFrom.account.id',
    'snapshots.copiesFrom.account.policy',
  ]),
  ...of('asks', ['replace.rollBack.command', 'replace.rollBack.minutes', 'replace.reindex.command']),
  ...of('asks', ['replace.reindex.minutes', 'replace.source', 'replace.initializationMiBps', 'replace.launchTemplate']),
  ...of('asks', ['replace.lifecyclePolicies', 'replace.userData', 'drills.securityGroup', 'drills.subnet', 'asg.seed']),
  ...of('asks', ['deploy.kind', 'deploy.nodes.*', 'deploy.group.size', 'deploy.group.minimum', 'deploy.group.maximum']),
  ...of('asks', ['deploy.group.healthPort', 'deploy.network.chainId', 'deploy.network.validators']),
  ...of('asks', ['deploy.network.sentries', 'deploy.network.sealers', 'deploy.network.bootnodes']),
  ...of('asks', ['deploy.network.clique.periodSeconds', 'deploy.network.clique.epochBlocks']),
  ...of('asks', ['deploy.network.clique.alloc.*', 'deploy.vpc', 'deploy.subnets.*', 'deploy.instanceType']),
  ...of('asks', ['deploy.boost.instanceType', 'deploy.image', 'deploy.rootGiB', 'deploy.volume.sizeGiB']),
  ...of('asks', ['deploy.volume.iops', 'deploy.volume.throughputMiBps', 'deploy.volume.boost.iops']),
  ...of('asks', ['deploy.volume.boost.throughputMiBps', 'deploy.volume.filesystem', 'deploy.volume.kmsKeyId']),
  ...of('asks', ['deploy.data', 'deploy.data.snapshot', 'deploy.data.bundle.url', 'deploy.data.bundle.sha256']),
  ...of('asks', ['deploy.data.bundle.into', 'deploy.stateSync.servers']),
  ...of('asks', [
    'deploy.stateSync.trustHours',
    'deploy.install.url',
    'deploy.install.sha256',
    'deploy.install.unpack',
  ]),
  ...of('asks', ['deploy.install.lines', 'deploy.version', 'deploy.p2p', 'deploy.rpcFrom', 'deploy.policies']),
  ...of('asks', ['deploy.ports', 'deploy.logs', 'deploy.logDays']),
};

const WITH_NAMES = Object.entries(DIRECTIONS).flatMap(([key, way]) =>
  key.includes('*') ? [{ parts: key.split('*'), way }] : [],
);

/** Whether a field is of a key with names in it, each of which has a character at least. */
function isOf(field: string, parts: readonly string[]): boolean {
  const [head = '', ...others] = parts;
  if (!field.startsWith(head)) return false;
  let at = head.length;
  for (const [index, part] of others.entries()) {
    const isLast = index === others.length - 1;
    const next = isLast ? field.length - part.length : field.indexOf(part, at + 1);
    if (next <= at || !field.startsWith(part, next)) return false;
    at = next + part.length;
  }
  return at === field.length;
}

/** Of a field of a completed file: "volumes.data.path". */
export const directionOf = (field: string): Direction =>
  DIRECTIONS[field] ?? WITH_NAMES.find(({ parts }) => isOf(field, parts))?.way ?? 'asks';

/** Whether such a change of a field lets nothing loose and takes nothing away. Both have a value. */
export function narrows(way: Direction, before: string, after: string): boolean {
  switch (way) {
    case 'told':
      return true;
    case 'asks':
      return false;
    case 'less':
      return Number(after) < Number(before);
    case 'more':
      return Number(after) > Number(before);
    case 'false':
    case 'true':
      return after === way;
    case 'fewer':
      return isPartOf(after, before);
    case 'further':
      return isPartOf(before, after);
    default:
      return way.includes(after) && way.indexOf(after) < way.indexOf(before);
  }
}

/** Of lists as `leavesOf` writes them. */
const isPartOf = (some: string, all: string): boolean => {
  const lines = new Set(all.split('\n'));
  return some === 'none' || some.split('\n').every((line) => lines.has(line));
};
