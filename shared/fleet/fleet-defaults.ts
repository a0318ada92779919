// Fills a fleet file's gaps: the file's own values first, then those of its chain, then those for every fleet.
import * as v from 'valibot';
import { defaultsOf, otherChain } from '../chains/defaults.ts';
import { RUNGS } from '../model/rungs.ts';
import { type StoredDocument, storedDocumentSchema, type UnitDocument } from './schema.ts';
import { isByPolicy } from './schema-heal.ts';
import { NO_LINE } from './schema-nodes.ts';
import { peerList } from './schema-watch.ts';

/**
 * What functions read of a fleet file, with every value filled in: of `deploy` what is written (whole.ts fills in the rest). The schema holds the defaults for
 * every fleet.
 * @param document one that fits the schema
 */
export function completeStored(document: StoredDocument) {
  const {
    fleet,
    chain,
    mode,
    nodes,
    role,
    owner,
    breaker,
    ask,
    pages,
    replace,
    asg,
    dns,
    dataMode,
    metrics,
    releases,
    client,
    drills,
    deploy,
    ...filled
  } = v.parse(storedDocumentSchema, document);
  const written = writtenLayer(document);
  const told = chainLayer(document);
  const { prune: _, ...ofDisk } = document.disk ?? {};
  const disk = { ...filled.disk, ...told.disk, ...ofDisk };
  const port = document.rpc?.port ?? told.rpc?.port;
  const probe = filled.probe ?? (chain === otherChain && document.rpc?.paths === undefined ? 'none' : 'ssm');
  const p2pPort = document.p2pPort ?? told.p2pPort;
  return {
    ...{ fleet, chain, mode, nodes, role },
    volumes: mapValues({ ...told.volumes, ...written.volumes }, ({ path, tag = nodes.tag }) => ({ path, tag })),
    units: mapValues(written.units, (unit, name) => {
      const { stopGraceSeconds, cleanLine = NO_LINE, ...runtime } = { ...told.units[name], ...unit };
      return { ...runtime, ...(stopGraceSeconds !== undefined && { stopGraceSeconds }), cleanLine };
    }),
    identity: document.identity ?? told.identity,
    ...{ owner: deploy ? { ...OF_DEPLOYED[deploy.kind], ...owner } : owner, disk, breaker, ask, pages },
    ...(port !== undefined && { rpc: { ...filled.rpc, ...told.rpc, ...document.rpc, port } }),
    probe,
    health: { ...filled.health, ...told.health, ...document.health, ...standstillLimits(document, told, probe) },
    ...(p2pPort !== undefined && { p2pPort }),
    ...(told.peers && { peers: { ...v.parse(peerList, {}), ...told.peers, ...written.peers } }),
    ...(dns && { dns }),
    metrics,
    alarms: { ...filled.alarms, diskPercent: filled.alarms.diskPercent ?? disk.growAtPercent },
    ...(filled.snapshots && { snapshots: completeSnapshots(filled.snapshots, document.snapshots) }),
    replace: deploy
      ? { userData: 'run' as const, ...replace, ...(deploy.kind === 'ha' && ofGroup(document)) }
      : replace,
    ...(asg && { asg }),
    ...(dataMode !== undefined && { dataMode }),
    ...(releases && { releases }),
    ...(client && { client }),
    ...(drills && { drills }),
    ...(deploy && { deploy }),
  };
}

/** What chainmend has made itself it may change: nothing in the stack of its nodes undoes that (docs/deploy.md), and of a group's volumes it knows nothing. */
const OF_DEPLOYED = {
  single: { by: 'cdk', acceptDrift: true },
  ha: { by: 'nobody', acceptDrift: true },
  network: { by: 'cdk', acceptDrift: true },
} as const;

/** The group itself launches in the place of a member that is gone. */
const ofGroup = ({ replace }: StoredDocument) => ({
  rungs: replace?.rungs ?? RUNGS.filter((rung) => rung !== 'replace'),
});

export type CompleteStored = ReturnType<typeof completeStored>;

function completeSnapshots(
  { clean, copiesFrom, ...byPolicy }: NonNullable<v.InferOutput<typeof storedDocumentSchema>['snapshots']>,
  written: StoredDocument['snapshots'] = {},
) {
  return { ...(isByPolicy(written) && byPolicy), ...(clean && { clean }), ...(copiesFrom && { copiesFrom }) };
}

const STUCK_SECONDS = 90;
/** For a client that chainmend has no code for: between those of the slow and of the fast chains. */
const PATIENCE_SECONDS = 900;

/** A script posts a height every few minutes: such a height may stand for longer than its node. */
function standstillLimits(
  { health = {} }: StoredDocument,
  { health: ofChain }: ChainLayer,
  probe: NonNullable<StoredDocument['probe']>,
) {
  const patienceSeconds = health.patienceSeconds ?? health.stuckSeconds ?? ofChain?.patienceSeconds ?? PATIENCE_SECONDS;
  const isPosted = typeof probe === 'object' && 'metric' in probe;
  return { stuckSeconds: health.stuckSeconds ?? (isPosted ? patienceSeconds : STUCK_SECONDS), patienceSeconds };
}

type Volumes = Readonly<Record<string, Exclude<NonNullable<StoredDocument['volumes']>[string], string>>>;
type Units = Readonly<Record<string, UnitDocument>>;

/** The values of the file itself, with its short forms written out: one `unit` as one of `units`, a path as a volume. */
export function writtenLayer(document: StoredDocument) {
  const { unit, docker, compose, commands, stopGraceSeconds, cleanLine, units, volumes = {}, peers } = document;
  const only: UnitDocument = {
    ...(unit !== undefined && { unit }),
    ...(docker !== undefined && { docker }),
    ...(compose !== undefined && { compose }),
    ...(commands !== undefined && { commands }),
    ...(stopGraceSeconds !== undefined && { stopGraceSeconds }),
    ...(cleanLine !== undefined && { cleanLine }),
  };
  const long: Volumes = mapValues(volumes, (volume) => (typeof volume === 'string' ? { path: volume } : volume));
  const several: Units = units ?? { node: only };
  return { volumes: long, units: several, peers: peers === 'none' ? { rotate: false } : peers };
}

/** Names of the unit of the chain's own client: where a node has only one unit, and where it has several. */
const chainUnits = ['node', 'execution'];

interface ChainLayer {
  readonly volumes: Volumes;
  readonly units: Units;
  readonly identity: string[];
  readonly disk?: { readonly maximumSizeGiB: number };
  readonly rpc?: { readonly port: number; readonly path?: string; readonly metricsPort?: number };
  readonly health?: Omit<NonNullable<StoredDocument['health']>, 'references'>;
  readonly p2pPort?: number;
  readonly peers?: { readonly rotate: boolean; readonly maximum: number; readonly config?: string };
}

/** The chain's values of the fields that the file leaves out. */
export function chainLayer(document: StoredDocument): ChainLayer {
  const defaults = defaultsOf(document.chain);
  if (!defaults) return { volumes: {}, units: {}, identity: [] };
  const { ports, rpcPath, health, peers } = defaults;
  const { units, volumes } = writtenLayer(document);
  // The client keeps its data on the volume with the name `data`, or on the first one.
  const dataPath = (volumes['data'] ?? Object.values(volumes)[0])?.path ?? defaults.dataPath;
  return {
    volumes: document.volumes ? {} : { data: { path: defaults.dataPath } },
    units: mapValues(units, ({ unit, docker, compose, commands }, name) => ({
      ...(!(unit ?? docker ?? compose ?? commands) && { unit: defaults.unit }),
      stopGraceSeconds: defaults.stopGraceSeconds,
      // Units other than the chain's own client end with other log lines.
      ...(chainUnits.includes(name) && defaults.cleanLine !== undefined && { cleanLine: defaults.cleanLine }),
    })),
    identity: defaults.identity.map((relative) => `${dataPath}/${relative}`),
    disk: { maximumSizeGiB: defaults.maximumSizeGiB },
    rpc: {
      port: ports.rpc,
      ...(rpcPath !== undefined && { path: rpcPath }),
      ...(ports.metrics !== undefined && { metricsPort: ports.metrics }),
    },
    health,
    p2pPort: ports.p2p,
    peers: {
      rotate: peers.rotate,
      maximum: peers.maximum,
      ...(peers.config !== undefined && { config: `${dataPath}/${peers.config}` }),
    },
  };
}

export function mapValues<Value, Result>(
  values: Readonly<Record<string, Value>>,
  result: (value: Value, key: string) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, result(value, key)]));
}
