// What belongs to a fleet, as its deployment knows it. A stored fleet file is written by whoever may write that one parameter: it may ask for less than the
// deployment knows, and never for more. What two deployed fleets claim is nobody's. Pure.
import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import type { Refusal } from '../model/guardrail-codes.ts';
import { claimOf, claimOn, DEFAULT_SUITE, fleetTag, nameOf } from '../model/suite.ts';
import { FLEET_TAG, hasTags, SUITE_TAG } from '../model/tags.ts';
import { jsonOrUndefined } from '../text/json.ts';
import { lastReadings } from '../text/last-reading.ts';
import { plainText } from '../text/plain-text.ts';
import { completeStored, mapValues } from './fleet-defaults.ts';
import { FleetFileError, type FleetProblem } from './problems.ts';
import type { StoredDocument } from './schema.ts';

type Tags = Readonly<Record<string, string>>;

/** What of a fleet decides whose something is. */
interface Member {
  readonly name: string;
  readonly suite: string;
  readonly nodes: { readonly tags: Tags };
  readonly neighbours: readonly Neighbour[];
}

/** What of a fleet decides whose a volume or a snapshot is. */
interface DataOwner extends Pick<Member, 'suite' | 'neighbours'> {
  /** Its name, as its things carry it. */
  readonly tag: string;
  readonly volumes: readonly { readonly tags: Tags }[];
}

/** What of a fleet decides whose a launch template, a security group, an address or a target group is. */
interface ResourceOwner extends Omit<Member, 'name'> {
  readonly tag: string;
}

/** What the deployment knows of one fleet. */
export interface Selector {
  readonly nodes: Tags;
  /** By the volume's role. */
  readonly volumes: Readonly<Record<string, Tags>>;
  /** What else of AWS the file names, each as a digest of its kind and its value: a zone, credentials, subnets, a launch template and more. */
  readonly names: readonly string[];
}
/** By the fleet's name. */
export type Deployed = ReadonlyMap<string, Selector>;

declare const own: unique symbol;
/** An instance that commands may be sent to. Nothing but this file makes one, of an instance whose tags it has judged. */
export interface Target {
  readonly instanceId: string;
  readonly [own]: true;
}

declare const ownData: unique symbol;
/** A snapshot that volumes may be made from. Nothing but this file makes one, of a snapshot whose tags it has judged. */
export interface OwnSnapshot {
  readonly snapshotId: string;
  readonly [ownData]: 'snapshot';
}
/** A volume that may be copied, in the same way. */
export interface OwnVolume {
  readonly volumeId: string;
  readonly [ownData]: 'volume';
}

/** Another fleet of the suite, by what the deployment knows of it. */
export interface Neighbour {
  readonly name: string;
  /** Of its nodes. */
  readonly tags: Tags;
  /** Of its volumes, of each role. */
  readonly volumes: readonly Tags[];
}

/** So many parameters of 8 KB: some two hundred fleets. */
const PARTS_MAX = 4;
/** Of an advanced parameter [SSM PutParameter]. */
const BYTES_MAX = 8_192;
const STANDARD_BYTES_MAX = 4_096;
/** 64 bits: a name with the digest of another fleet's cannot be found by trying. With 32 it takes minutes. */
const DIGEST_CHARACTERS = 16;

/** Written by the deployment alone; whoever may write a fleet's file need not be able to write them. Most suites need the first one only. */
export const deployedParameterNames = (prefix: string): readonly string[] =>
  Array.from({ length: PARTS_MAX }, (_, at) => `${prefix}/deployed/${at + 1}`);

function selectorOf(document: StoredDocument): Selector {
  const { nodes, volumes } = completeStored(document);
  return {
    nodes: nodes.tag,
    volumes: Object.fromEntries(Object.entries(volumes).map(([role, { tag }]) => [role, tag])),
    names: [...new Set(namesIn(document).map(digestOf))],
  };
}

/**
 * The values of the parameters, in their order.
 * @throws FleetFileError where they are more than there is room for
 */
export function deployedValues(
  documents: readonly StoredDocument[],
): readonly { readonly value: string; readonly tier: 'Standard' | 'Advanced' }[] {
  const parts: Record<string, unknown>[] = [{}];
  for (const document of documents) {
    const { nodes, volumes, names } = selectorOf(document);
    const written = mapValues(volumes, (tags) => (isDeepStrictEqual(tags, nodes) ? AS_NODES : tags));
    const selector = names.length > 0 ? [nodes, written, names] : [nodes, written];
    const part = parts.at(-1) ?? {};
    if (bytesOf({ of: PARTS_MAX, fleets: { ...part, [document.fleet]: selector } }) <= BYTES_MAX)
      part[document.fleet] = selector;
    else parts.push({ [document.fleet]: selector });
  }
  if (parts.length > PARTS_MAX) {
    const expected = `expected fewer fleets in one suite, or shorter tags: the tags of all fit into ${PARTS_MAX} SSM parameters of ${BYTES_MAX} bytes`;
    throw new FleetFileError(
      [{ kind: 'conflict', path: ['nodes', 'tag'], value: documents.length, expected }],
      'the fleet files',
    );
  }
  return parts.map((fleets) => {
    const value = JSON.stringify({ of: parts.length, fleets });
    return { value, tier: Buffer.byteLength(value) > STANDARD_BYTES_MAX ? 'Advanced' : 'Standard' };
  });
}

/** Most volumes carry the tags of their nodes: written so, a hundred fleets need half as many parameters. */
const AS_NODES = 0;

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

const tagsSchema = v.record(v.string(), v.string());
const volumesSchema = v.record(v.string(), v.union([v.literal(AS_NODES), tagsSchema]));
const partSchema = v.strictObject({
  of: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(PARTS_MAX)),
  fleets: v.record(
    v.string(),
    v.union([
      v.strictTuple([tagsSchema, volumesSchema]),
      v.strictTuple([tagsSchema, volumesSchema, v.array(v.string())]),
    ]),
  ),
});

/** Of so many suites: a function reads its own, and that of the suite without a name. */
const SUITES_MAX = 4;
const lastDeployed = lastReadings<Deployed>(SUITES_MAX);

/**
 * The same object while the parameters stay the same.
 *
 * @param values of parameters, by their names; others are left aside
 * @throws FleetFileError where nobody can tell what is deployed: a parameter is missing, or was not written by one deployment
 */
export function deployedIn(prefix: string, values: ReadonlyMap<string, string>): Deployed {
  const texts = deployedParameterNames(prefix).map((name) => values.get(name) ?? null);
  return lastDeployed(prefix, JSON.stringify(texts), () => readDeployed(prefix, values));
}

function readDeployed(prefix: string, values: ReadonlyMap<string, string>): Deployed {
  const refuse = (path: string, value: unknown): never => {
    const expected = 'expected what npm run deploy writes of all fleets';
    throw new FleetFileError([{ kind: 'wrong-value', path: [path], value, expected }], 'the deployment');
  };
  const known = new Map<string, Selector>();
  let of = 1;
  for (const [at, name] of deployedParameterNames(prefix).entries()) {
    if (at === of) break;
    const text = values.get(name) ?? '';
    const read = v.safeParse(partSchema, Buffer.byteLength(text) > BYTES_MAX ? undefined : jsonOrUndefined(text));
    if (!read.success || (at > 0 && read.output.of !== of)) return refuse(name, text);
    ({ of } = read.output);
    for (const [fleet, [nodes, volumes, names = []]] of Object.entries(read.output.fleets))
      known.set(fleet, { nodes, volumes: mapValues(volumes, (tags) => (tags === AS_NODES ? nodes : tags)), names });
  }
  return known;
}

const DEPLOY = 'npm run deploy is who may change this; a stored file may only ask for less';

/** Where a stored file asks for more than the deployment knows; none where it does not. */
export function widenedIn(document: StoredDocument, deployed: Deployed): readonly FleetProblem[] {
  const known = deployed.get(document.fleet);
  if (!known) {
    const expected = `expected a fleet that the deployment knows: ${DEPLOY}`;
    return [{ kind: 'wrong-value', path: ['fleet'], value: document.fleet, expected }];
  }
  const problems: FleetProblem[] = [];
  const stored = selectorOf(document);
  const compare = (path: readonly string[], tags: Tags, most: Tags | undefined): void => {
    if (most !== undefined && hasTags(tags, most)) return;
    const expected =
      most === undefined
        ? `expected a role that the deployment knows: ${DEPLOY}`
        : `expected ${JSON.stringify(most)} at least: ${DEPLOY}`;
    problems.push({ kind: 'conflict', path, value: tags, expected });
  };
  compare(['nodes', 'tag'], stored.nodes, known.nodes);
  for (const [role, tags] of Object.entries(stored.volumes))
    compare(['volumes', role, 'tag'], tags, known.volumes[role]);
  for (const named of namesIn(document)) {
    const digest = digestOf(named);
    if (known.names.includes(digest)) continue;
    const others = [...deployed].flatMap(([name, { names }]) => (names.includes(digest) ? [name] : [])).sort();
    const whose = others.length > 0 ? `, and ${document.fleet} may not have what is ${others.join(' and ')}’s` : '';
    const { path, value } = named;
    problems.push({ kind: 'conflict', path, value, expected: `expected what the deployment knows${whose}: ${DEPLOY}` });
  }
  return problems;
}

/** What a deployment with these files would know. */
export const deployedOf = (documents: readonly StoredDocument[]): Deployed =>
  new Map(documents.map((document) => [document.fleet, selectorOf(document)]));

/** The other fleets that the deployment knows. */
export const neighboursOf = (fleet: string, deployed: Deployed): readonly Neighbour[] =>
  [...deployed].flatMap(([name, { nodes, volumes }]) =>
    name === fleet ? [] : [{ name, tags: nodes, volumes: Object.values(volumes) }],
  );

/** The names of all fleets that have a file, and of those that the deployment knows without one: what is called by such a name is theirs. */
export const fleetNames = (
  fleets: readonly { readonly name: string; readonly neighbours: readonly { readonly name: string }[] }[],
): readonly string[] => [
  ...new Set(fleets.flatMap(({ name, neighbours }) => [name, ...neighbours.map((one) => one.name)])),
];

/** What else a file names of AWS: by another's name one team must reach nothing of another one. */
interface Named {
  readonly path: readonly string[];
  /** What it is: two fields may name things of one kind. */
  readonly kind: string;
  readonly value: unknown;
}

function namesIn(document: StoredDocument): readonly Named[] {
  const { rpc, snapshots, replace, drills } = document;
  const { dns } = completeStored(document);
  const all = (path: string[], kind: string, values: readonly unknown[] = []): readonly Named[] =>
    values.flatMap((value) => (value === undefined || value === null ? [] : [{ path, kind, value }]));
  const copies = snapshots?.copiesFrom;
  return [
    ...all(['dns', 'zone'], 'zone', [dns?.zone]),
    // What asks by it is led to its nodes: a neighbour's pool of one zone may be empty for a while.
    ...all(['dns', 'pool'], 'pool', [dns && `${dns.pool}.${dns.zone}`]),
    // A file is on the fleet's own nodes.
    ...all(['rpc', 'credentials'], 'credentials', [
      rpc?.credentials?.startsWith('file:') ? undefined : rpc?.credentials,
    ]),
    ...all(['snapshots', 'copiesFrom'], 'copies', [copies && [copies.region, copies.account]]),
    ...all(['replace', 'lifecyclePolicies'], 'policy', replace?.lifecyclePolicies),
    ...all(['replace', 'launchTemplate'], 'launch template', [replace?.launchTemplate]),
    ...all(['replace', 'subnets'], 'subnet', replace?.subnets),
    ...all(['drills', 'subnet'], 'subnet', [drills?.subnet]),
    ...all(['drills', 'securityGroup'], 'security group', [drills?.securityGroup]),
  ];
}

const digestOf = ({ kind, value }: Named): string =>
  createHash('sha256')
    .update(JSON.stringify([kind, value]))
    .digest('hex')
    .slice(0, DIGEST_CHARACTERS);

/** Fleets that claim an instance by its tags besides this one. */
export const claimants = (neighbours: readonly Neighbour[], tags: Tags): readonly string[] =>
  neighbours.flatMap((one) => (hasTags(tags, one.tags) ? [one.name] : [])).sort();

/** Whether an instance with these tags is the fleet's: it carries the fleet's own, no other fleet of the suite claims it, and neither does another suite. */
export const isMember = ({ suite, nodes, neighbours }: Omit<Member, 'name'>, tags: Tags): boolean =>
  hasTags(tags, nodes.tags) && claimOn(suite, tags) === 'own' && claimants(neighbours, tags).length === 0;

/** Whether one of the suite's other fleets is named on something. */
const isNamed = (suite: string, { name }: Neighbour, tags: Tags): boolean => tags[FLEET_TAG] === fleetTag(suite, name);

/** Whether something carries the name of another suite's fleet. Of those nothing is known here, and their tags may be the same. */
function isElsewhere(suite: string, { [FLEET_TAG]: named }: Tags): boolean {
  if (named === undefined) return false;
  return named.slice(0, Math.max(0, named.indexOf('/'))) !== (nameOf(suite) ?? '');
}

/** Fleets that claim a volume or a snapshot besides this one: by their name on it, or by the tags of their volumes. What carries the fleet's own name and tags is its own. */
export function claimantsOfData({ suite, tag, volumes, neighbours }: DataOwner, tags: Tags): readonly string[] {
  const isOwn = tags[FLEET_TAG] === tag && volumes.some((role) => hasTags(tags, role.tags));
  return neighbours
    .filter((one) => isNamed(suite, one, tags) || (!isOwn && one.volumes.some((role) => hasTags(tags, role))))
    .map(({ name }) => name)
    .sort();
}

/**
 * Fleets that claim a volume on a node of this one. A neighbour's tags that each of the fleet's own volumes carries as well tell nothing: the instance
 * decides then.
 */
export const claimantsOfVolume = (fleet: DataOwner, tags: Tags): readonly string[] => {
  const tells = (theirs: Tags): boolean => !fleet.volumes.some((role) => hasTags(role.tags, theirs));
  const neighbours = fleet.neighbours.map((one) => ({ ...one, volumes: one.volumes.filter(tells) }));
  return claimantsOfData({ ...fleet, neighbours }, tags);
};

/** Fleets that claim a launch template, a security group, an address or a target group besides this one: by their name on it, or by the tags of their nodes. */
export function claimantsOfResource({ suite, tag, nodes, neighbours }: ResourceOwner, tags: Tags): readonly string[] {
  const isOwn = tags[FLEET_TAG] === tag && hasTags(tags, nodes.tags);
  return neighbours
    .filter((one) => isNamed(suite, one, tags) || (!isOwn && hasTags(tags, one.tags)))
    .map(({ name }) => name)
    .sort();
}

/** Whether heals may use such a resource: it carries the tags of the fleet's nodes, or its name, and no other fleet claims it. The same fence as `taggedGrants` of the stack. */
export const isResourceOf = (fleet: ResourceOwner, tags: Tags): boolean =>
  (tags[FLEET_TAG] === fleet.tag || hasTags(tags, fleet.nodes.tags)) &&
  !isElsewhere(fleet.suite, tags) &&
  claimantsOfResource(fleet, tags).length === 0;

/** Why nothing new is begun with the data of a node: another fleet claims one of its volumes, too. null where none does. */
export function judgeVolumes(
  fleet: DataOwner & Pick<Member, 'name'>,
  seen: readonly { readonly volumeId: string; readonly tags: Tags }[],
): Refusal | null {
  for (const { volumeId, tags } of seen) {
    const others = claimantsOfVolume(fleet, tags);
    if (others.length === 0) continue;
    const reason = `${contestedWords(fleet.name, volumeId, others)}: nothing is done with it until it carries those of one alone`;
    return { refuse: 'node-unknown', reason, page: true, retryAfterMs: RETRY_AFTER_MS };
  }
  return null;
}

/** The volumes of a node that no other fleet claims. */
export const ownVolumes = <Seen extends { readonly volumeId: string; readonly tags: Tags }>(
  fleet: DataOwner,
  seen: readonly Seen[],
): readonly (Seen & OwnVolume)[] =>
  seen.filter((one): one is Seen & OwnVolume => claimantsOfVolume(fleet, one.tags).length === 0);

/**
 * The snapshots that neither another suite nor another fleet of this one claims: without a fleet's name on one, the tags of its volume decide.
 *
 * @param origins the tags of the volumes that they were taken of, as far as these are still there: a snapshot carries what its fleet's owner may have
 * written on it, and its volume says whose data they are
 */
export const ownSnapshots = <
  Seen extends { readonly snapshotId: string; readonly volumeId: string; readonly tags: Tags },
>(
  fleet: DataOwner,
  seen: readonly Seen[],
  origins: ReadonlyMap<string, Tags> = new Map(),
): readonly (Seen & OwnSnapshot)[] =>
  seen.filter(
    (one): one is Seen & OwnSnapshot =>
      !isElsewhere(fleet.suite, one.tags) &&
      claimantsOfData(fleet, one.tags).length === 0 &&
      isOriginOwn(fleet, origins.get(one.volumeId)),
  );

const isOriginOwn = (fleet: DataOwner, tags: Tags = {}): boolean =>
  !isElsewhere(fleet.suite, tags) && claimantsOfVolume(fleet, tags).length === 0;

/** Snapshots that another account shares, which the fleet's deployment knows: of their tags nothing is seen here. */
export const sharedSnapshots = <Seen extends { readonly snapshotId: string; readonly ownerId: string }>(
  account: { readonly id: string },
  seen: readonly Seen[],
): readonly (Seen & OwnSnapshot)[] => seen.filter((one): one is Seen & OwnSnapshot => one.ownerId === account.id);

/** Why nothing is done with something that other fleets claim, too. */
export const contestedWords = (fleet: string, id: string, others: readonly string[]): string =>
  `${id} carries the tags of ${[fleet, ...others].sort().join(' and ')}, so it is nobody’s`;

/** As often as register-nodes looks. */
const RETRY_AFTER_MS = 5 * 60_000;

/** Why this suite may not act on an instance with these tags; null where it is its own. @param others whose it would be by its other tags, as a reason */
export function judgeClaim(
  suite: string,
  instanceId: string,
  tags: Readonly<Record<string, string>>,
  others = '',
): Refusal | null {
  const claim = claimOn(suite, tags);
  if (claim === 'own') return null;
  const written = plainText(tags[SUITE_TAG] ?? '', 100);
  const whose =
    claim === 'foreign'
      ? `it is ${written === DEFAULT_SUITE ? 'the suite without a name’s' : `the suite ${JSON.stringify(written)}’s`} by its tag ${SUITE_TAG}`
      : `no suite has claimed it${others}`;
  const give = `aws ec2 create-tags --resources ${instanceId} --tags Key=${SUITE_TAG},Value=${claimOf(suite)}`;
  const reason = `${instanceId}: ${whose}, and this is ${ownName(suite)}. It is left alone. If it is to be this one’s: ${give}`;
  return { refuse: 'another-suite', reason, page: true, retryAfterMs: RETRY_AFTER_MS };
}

const ownName = (suite: string): string => {
  const name = nameOf(suite);
  return name === undefined ? 'the suite without a name' : `the suite ${JSON.stringify(name)}`;
};

/**
 * Why nothing new is begun on an instance with these tags: it is another suite's, or another fleet of this suite claims it, too. null where neither is so.
 * What was begun on it is put back all the same: or else a neighbour could keep a node down by a tag.
 */
export function judgeMembership(
  { name, suite, neighbours }: Pick<Member, 'name' | 'suite' | 'neighbours'>,
  instanceId: string,
  tags: Tags,
): Refusal | null {
  const elsewhere = judgeClaim(suite, instanceId, tags);
  if (elsewhere) return elsewhere;
  const others = claimants(neighbours, tags);
  if (others.length === 0) return null;
  const reason = `${contestedWords(name, instanceId, others)}: nothing is begun on it until it carries those of one alone`;
  return { refuse: 'node-unknown', reason, page: true, retryAfterMs: RETRY_AFTER_MS };
}

/** The instances that are the fleet's. */
export const membersOf = <Seen extends { readonly instanceId: string; readonly tags: Tags }>(
  fleet: Omit<Member, 'name'>,
  seen: readonly Seen[],
): readonly (Seen & Target)[] => seen.filter((one): one is Seen & Target => isMember(fleet, one.tags));

/** An instance for something new; or why nothing is begun on it. */
export const targetFor = (fleet: Member, instanceId: string, tags: Tags): Target | Refusal =>
  judgeMembership(fleet, instanceId, tags) ?? target(instanceId);

/** An instance on which something was begun, to put it back or to end it: whoever else claims it meanwhile, and not where another suite does. */
export const targetToPutBack = ({ suite }: Pick<Member, 'suite'>, instanceId: string, tags: Tags): Target | Refusal =>
  judgeClaim(suite, instanceId, tags) ?? target(instanceId);

/** An instance that the suite has launched itself, beside a node or for a drill, and that its record names: its tags say that it is no node. */
export const launchedTarget = ({ instanceId }: { readonly instanceId: string }): Target => target(instanceId);

/**
 * An instance on which something was begun, where EC2 does not say its tags now: it was ours as it was begun, and its record holds it. Only to give back
 * what was taken.
 */
export const heldTarget = (instanceId: string): Target => target(instanceId);

const target = (instanceId: string): Target => ({ instanceId }) as Target;
