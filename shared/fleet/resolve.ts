// Fills a fleet file's gaps: first from its chain, then from what holds for every fleet.
import { defaultsOf } from '../chains/defaults.ts';
import type { Fleet, Role, Runtime } from './model.ts';
import { parseFleetDocument } from './parse.ts';
import { completeHeal, everyHeal, resolveHeal } from './resolve-heal.ts';
import {
  type ChainWatchLayer,
  chainWatchLayer,
  completeWatch,
  everyWatch,
  resolveWatch,
  writtenPeers,
} from './resolve-watch.ts';
import type { FleetDocument, UnitDocument } from './schema.ts';

/**
 * For functions: an SSM parameter's value, or the object that it holds, with every default.
 * @throws FleetFileError with every problem
 */
export function parseFleet(source: unknown): Fleet {
  return resolveFleet(parseFleetDocument(source));
}

/** @param document one that `parseFleetDocument` let through */
export function resolveFleet(document: FleetDocument): Fleet {
  const complete = completeDocument(document);
  const { fleet, chain, mode, nodes, role, volumes, units, identity, owner, disk, breaker, ask } = complete;
  return {
    ...{ name: fleet, chain, mode, owner, disk, breaker, ask },
    ...resolveWatch(complete),
    ...resolveHeal(complete),
    nodes: { tags: nodes.tag, nameTag: nodes.nameTag },
    role: typeof role === 'string' ? { fixed: role } : { fromTag: role.tag, values: role.values },
    volumes: Object.entries(volumes).map(([name, { path, tag }]) => ({ role: name, path, tags: tag })),
    units: Object.entries(units).map(([name, unit]) => {
      const { stopGraceSeconds, cleanLine } = unit;
      return {
        name,
        runtime: runtimeOf(unit),
        stopGraceSeconds,
        cleanLine: cleanLine === NO_LINE ? undefined : cleanLine,
      };
    }),
    identityPaths: identity,
  };
}

/** What a node does, by its instance's tags. A value that the fleet file does not explain is an unknown role. */
export function roleOf({ role }: Fleet, instanceTags: Readonly<Record<string, string>>): Role {
  if ('fixed' in role) return role.fixed;
  const value = instanceTags[role.fromTag];
  return (value !== undefined && Object.hasOwn(role.values, value) && role.values[value]) || 'unknown';
}

/** What holds for a fleet of any chain unless its file or its chain says otherwise. */
export const everyFleet = {
  nodes: { nameTag: 'Name' },
  role: 'unknown',
  roleValues: { follower: 'follower', validator: 'validator', sentry: 'sentry', bootnode: 'bootnode' },
  owner: { acceptDrift: false, restartValidators: false },
  disk: {
    growAtPercent: 85,
    // EBS's budget of modifications rolls over in 24 h; six more for the person who has to look when it is spent.
    horizonHours: 30,
    minimumStepPercent: 20,
    maximumSizeGiB: 2000,
    maximumMonthlyIncreaseUsd: 100,
    modificationsPerDay: 3,
  },
  breaker: { unhealthyPercent: 20, unhealthyMinimum: 1 },
  ask: { expiresAfterHours: 4 },
  ...everyWatch,
  replace: everyHeal.replace,
} as const;

/** What a person writes where a client's last line tells nothing. */
const NO_LINE = 'none';

/** A fleet file in which nothing is left out: a valid one itself, which means the same. */
export type CompleteDocument = ReturnType<typeof completeDocument>;

export function completeDocument(document: FleetDocument) {
  const { fleet, chain, mode, nodes } = document;
  const written = writtenLayer(document);
  const told = chainLayer(document);
  const disk = { ...everyFleet.disk, ...told.disk, ...document.disk };
  return {
    fleet,
    chain,
    mode,
    nodes: { ...everyFleet.nodes, ...nodes },
    role: roleLayer(document.role),
    volumes: mapValues({ ...told.volumes, ...written.volumes }, ({ path, tag = nodes.tag }) => ({ path, tag })),
    units: mapValues(written.units, (unit, name) => {
      const { stopGraceSeconds, cleanLine = NO_LINE, ...runtime } = { ...told.units[name], ...unit };
      const grace = given(stopGraceSeconds, `units.${name}.stopGraceSeconds`);
      return { ...runtime, stopGraceSeconds: grace, cleanLine };
    }),
    identity: document.identity ?? told.identity,
    owner: { ...everyFleet.owner, ...document.owner },
    disk,
    breaker: { ...everyFleet.breaker, ...document.breaker },
    ask: { ...everyFleet.ask, ...document.ask },
    ...completeWatch(document, dataPathOf(document), disk.growAtPercent),
    ...completeHeal(document),
  };
}

type Volumes = Readonly<Record<string, Exclude<NonNullable<FleetDocument['volumes']>[string], string>>>;
type Units = Readonly<Record<string, UnitDocument>>;

interface WrittenLayer {
  readonly volumes: Volumes;
  readonly units: Units;
  readonly peers: ReturnType<typeof writtenPeers>;
}

/** What the file itself says, with its short forms written out: one `unit` as one of `units`, a path as a volume. */
export function writtenLayer(document: FleetDocument): WrittenLayer {
  const { unit, docker, compose, commands, stopGraceSeconds, cleanLine, units, volumes = {} } = document;
  const only: UnitDocument = {
    ...(unit !== undefined && { unit }),
    ...(docker !== undefined && { docker }),
    ...(compose !== undefined && { compose }),
    ...(commands !== undefined && { commands }),
    ...(stopGraceSeconds !== undefined && { stopGraceSeconds }),
    ...(cleanLine !== undefined && { cleanLine }),
  };
  return {
    volumes: mapValues(volumes, (volume) => (typeof volume === 'string' ? { path: volume } : volume)),
    units: units ?? { node: only },
    peers: writtenPeers(document),
  };
}

/** What the unit of the chain's own client is called: where a node has one only, and where it has several. */
const chainUnits = ['node', 'execution'];

interface ChainLayer extends ChainWatchLayer {
  readonly volumes: Volumes;
  readonly units: Units;
  readonly identity: readonly string[];
  readonly disk: { readonly maximumSizeGiB?: number };
}

/** What the chain says of the fields that the file leaves out. */
export function chainLayer(document: FleetDocument): ChainLayer {
  const defaults = defaultsOf(document.chain);
  if (!defaults) return { volumes: {}, units: {}, identity: [], disk: {} };
  const { units } = writtenLayer(document);
  const dataPath = dataPathOf(document);
  return {
    ...chainWatchLayer(document, dataPath),
    volumes: document.volumes ? {} : { data: { path: defaults.dataPath } },
    units: mapValues(units, ({ unit, docker, compose, commands }, name) => ({
      ...(!(unit ?? docker ?? compose ?? commands) && { unit: defaults.unit }),
      stopGraceSeconds: defaults.stopGraceSeconds,
      // Beside the chain's own client, other units end with other words.
      ...(chainUnits.includes(name) && defaults.cleanLine !== undefined && { cleanLine: defaults.cleanLine }),
    })),
    identity: defaults.identity.map((relative) => `${dataPath}/${relative}`),
    disk: { maximumSizeGiB: defaults.maximumSizeGiB },
  };
}

/** Where the client keeps its data: on the volume that is called so, or on the first. */
function dataPathOf(document: FleetDocument): string {
  const { volumes } = writtenLayer(document);
  const path = (volumes['data'] ?? Object.values(volumes)[0])?.path ?? defaultsOf(document.chain)?.dataPath;
  return given(path, 'volumes');
}

function roleLayer(role: FleetDocument['role']) {
  if (typeof role !== 'object') return role ?? everyFleet.role;
  return { tag: role.tag, values: role.values ?? everyFleet.roleValues };
}

function runtimeOf({ unit, docker, compose, commands }: UnitDocument): Runtime {
  if (unit !== undefined) return { kind: 'systemd', unit };
  if (docker !== undefined) return { kind: 'docker', container: docker };
  if (compose !== undefined) return { kind: 'compose', ...compose };
  return { kind: 'commands', ...given(commands, 'unit, docker, compose or commands') };
}

/** `parseFleetDocument` lets nothing through that lacks it. */
function given<Value>(value: Value | undefined, field: string): Value {
  if (value === undefined)
    throw new TypeError(`fleet document without ${field}: it was not read by parseFleetDocument`);
  return value;
}

function mapValues<Value, Result>(
  values: Readonly<Record<string, Value>>,
  result: (value: Value, key: string) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, result(value, key)]));
}
