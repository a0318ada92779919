// Makes a scenario of a world file: its fleets, chains and nodes, its timeline, and what must hold.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { hashOf, keepNow, shelf } from '../../../infra/kept.ts';
import { defaultsOf } from '../../../shared/chains/defaults.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { fleetParameterName } from '../../../shared/fleet/parameter.ts';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { protocolOf } from '../../nodes/protocol.ts';
import { rhythmOf } from '../../nodes/rhythm.ts';
import type { PostedAnswers } from '../../nodes/rpc/posted.ts';
import { type Reference, referenceHost } from '../../nodes/rpc/reference.ts';
import type { InstalledVersion } from '../../nodes/spec.ts';
import { VPC_ID } from '../../services/ec2/service.ts';
import { readJournal } from '../report/journal.ts';
import { incidentsOf } from '../report/records.ts';
import type { Scenario } from '../scenario.ts';
import {
  elasticIp,
  launchTemplate,
  lifecyclePolicy,
  type PastSnapshots,
  scalingGroup,
  snapshotsOf,
  targetGroup,
} from '../world/fixtures.ts';
import { pagedNow, passed } from '../world/ladder.ts';
import { addressOf } from '../world/nodes.ts';
import type { PlacedNode, World } from '../world/world.ts';
import { expectationOf } from './expect.ts';
import type { ClientDocument, NodeDocument, SnapshotDocument, WorldDocument } from './schema.ts';
import { carryOut, carryOutOrSay, type Moment, type Stage } from './timeline.ts';
import { Triggers } from './triggers.ts';

/** The fleets of a world: as deployed, and the keys that a person pushes when the story begins. */
export interface WorldFleets {
  readonly deployed: readonly FleetDocument[];
  /** The folder that has exactly these, where there is one: its template may have been synthesized already. */
  readonly folder: string | undefined;
  readonly pushed: Readonly<Record<string, Partial<FleetDocument>>>;
  /** Answers that the timeline plays, by the name of their file. */
  readonly posted?: ReadonlyMap<string, PostedAnswers>;
}

/** Hears of each entry of a timeline; `index` is its place in the file, from 0. */
export interface TimelineObserver {
  before(stage: Stage, moment: Moment, index: number): void;
  /** It is done, and what it asked AWS for was answered. */
  after(stage: Stage, moment: Moment, index: number): void;
  /** It could not be done: AWS refused it, or the node is gone. */
  failed(stage: Stage, moment: Moment, error: unknown): void;
}

/** @param observer without it an entry that cannot be done ends the run */
export function scenarioOf(
  document: WorldDocument,
  { deployed, folder, pushed, posted = new Map() }: WorldFleets,
  observer?: TimelineObserver,
): Scenario {
  const stages = new WeakMap<World, Omit<Stage, 'page'>>();
  const stageOf = (world: World): Omit<Stage, 'page'> => {
    const stage = stages.get(world);
    if (!stage) throw new Error('the world was not built');
    return stage;
  };
  const { world: name, says, happened, expect, hours, attemptsAtMost, pagesAtMost } = document;
  const local = deployed.map(inThisRegion);
  return {
    name,
    sentence: says,
    ...(happened !== undefined && { happened }),
    fleets: pushed,
    get deployedWith() {
      const isAsWritten = local.every((fleet, at) => fleet === deployed[at]);
      return folder !== undefined && isAsWritten ? folder : folderOf(local);
    },
    build: (world) => void stages.set(world, build(world, document, posted)),
    people: (world) => begin(stageOf(world), (document.timeline ?? []) as readonly Moment[], observer),
    done: (world) => isOver(world, document),
    hours,
    expect: expect.map(expectationOf),
    ...(pagesAtMost !== undefined && { pagesAtMost }),
    ...(attemptsAtMost !== undefined && { attemptsAtMost }),
  };
}

/** The region has one VPC: a function that asks the nodes stands in it, whatever the owner's own is called. */
function inThisRegion(document: FleetDocument): FleetDocument {
  const { probe } = document;
  if (typeof probe !== 'object' || probe.vpc === undefined || probe.vpc === VPC_ID) return document;
  return { ...document, probe: { ...probe, vpc: VPC_ID, subnets: [SUBNET] } };
}

const SUBNET = 'subnet-0123456789abcdef0';
const WORLDS = shelf('worlds', 400);

/** A folder with these fleet files, named by their content: the same fleets are synthesized once. */
function folderOf(documents: readonly FleetDocument[]): string {
  const files = documents.map((document) => [`${document.fleet}.yaml`, stringify(document)] as const);
  return keepNow(WORLDS, hashOf([], JSON.stringify(files)), (folder) => {
    mkdirSync(folder);
    for (const [file, text] of files) writeFileSync(join(folder, file), text);
  });
}

function build(world: World, document: WorldDocument, posted: ReadonlyMap<string, PostedAnswers>): Omit<Stage, 'page'> {
  const named = new Set(document.nodes.map(({ fleet }) => fleet));
  const fleets = [...world.fleets.values()].filter(({ name }) => named.has(name));
  const chains = new Map(fleets.map((fleet) => [fleet.name, chainFor(world, fleet, document)]));
  const references = new Map<string, Reference>();
  for (const fleet of fleets) {
    const chain = chains.get(fleet.name);
    for (const url of chain?.protocol === undefined ? [] : fleet.health.references) {
      const { hostname, pathname } = new URL(url);
      if (references.has(hostname) || !chain) continue;
      const reference = referenceHost(chain, {
        path: pathname.replace(/\/$/, ''),
        onWrong: () => world.region.kernel.met(`reference ${hostname}`),
      });
      world.region.network.attach(hostname, 'internet', reference.host);
      references.set(hostname, reference);
    }
  }
  makeCredentials(world, fleets);
  placeNodes(world, document.nodes);
  placeSnapshots(world, document.snapshots ?? []);
  before(world, document.before ?? {});
  return {
    world,
    node: (ref) => nodeOf(world, ref),
    chain: (name) => given(chains.get(name), `the world has no chain ${name}`),
    reference: (host) => given(references.get(host), `no fleet of the world has the reference ${host}`),
    posted: (file) => given(posted.get(file), `no file ${file} was read with the world`),
    pushFleet: (fleet, change) => pushFleet(world, fleet, change),
  };
}

const OTHER_BLOCK_SECONDS = 30;
const HEIGHT = 931_000;
const GIB = 2 ** 30;

/** The block interval of a fleet's chain in this world. */
export const blockSecondsOf = (
  { chains = {} }: Pick<WorldDocument, 'chains'>,
  fleet: string,
  chain: Fleet['chain'],
): number => chains[fleet]?.blockSeconds ?? defaultsOf(chain)?.blockSeconds ?? OTHER_BLOCK_SECONDS;

function chainFor(world: World, { name, chain, health }: Fleet, document: WorldDocument) {
  const { chains = {}, nodes } = document;
  const blockSeconds = blockSecondsOf(document, name, chain);
  const { height = HEIGHT, rhythm = 'real', gibPerHour = 1, needsPeers = false } = chains[name] ?? {};
  const validates = nodes.some(({ fleet, votingPower }) => fleet === name && votingPower !== undefined);
  const protocol = protocolOf({ name: chain, consensus: 'elsewhere' });
  return world.chain({
    ...{ name, heightAtStart: height, blockIntervalMs: blockSeconds * 1_000, needsPeers },
    ...(rhythm === 'real' && { rhythm: rhythmOf(chain) }),
    bytesPerBlock: Math.round((gibPerHour * GIB * blockSeconds) / 3_600),
    inodesPerBlock: 0.02,
    consensus: validates ? 'here' : 'elsewhere',
    ...(protocol !== undefined && { protocol }),
    ...(health.chainId !== undefined && { chainId: health.chainId }),
  });
}

const USER = { user: 'chainmend', password: 'rehearsal' };

/** What the fleet files say of credentials is there, with made-up ones: in SSM, in Secrets Manager, or in a file of each node. */
function makeCredentials({ region }: World, fleets: readonly Fleet[]): void {
  for (const { rpc } of fleets) {
    const source = rpc?.credentials;
    const Value = JSON.stringify(USER);
    const made =
      source?.kind === 'parameter'
        ? region.call('ssm', 'PutParameter', { Name: source.name, Value, Type: 'SecureString', Overwrite: true })
        : source?.kind === 'secret'
          ? region.call('secretsmanager', 'CreateSecret', { Name: source.name, SecretString: Value })
          : undefined;
    made?.catch((error: unknown) => region.clock.fail(error));
  }
}

/** The usual shape of each volume of a fleet. */
const USUAL_VOLUME = { sizeGiB: 1_000, usedPercent: 46 };

function placeNodes(world: World, groups: readonly NodeDocument[]): void {
  const all = groups.flatMap((group) => namesOf(group).map((name) => ({ ...group, name })));
  const addresses = all.map(({ zone }, at) => addressOf(at, zone));
  for (const [at, node] of all.entries()) {
    const client: Partial<ClientDocument> = node.client ?? {};
    const fleet = given(world.fleets.get(node.fleet), `there is no fleet ${node.fleet}`);
    const source = fleet.rpc?.credentials;
    const volumes = node.volumes ?? fleet.volumes.map(({ role }) => ({ role, ...USUAL_VOLUME }));
    const placed = world.node({
      ...{ fleet: fleet.name, name: node.name, chain: fleet.name },
      ...(node.zone !== undefined && { zone: node.zone }),
      ...(node.instanceId !== undefined && { instanceId: node.instanceId }),
      ...(node.tags !== undefined && { tags: node.tags }),
      ...(node.unit !== undefined && { unit: node.unit }),
      ...(node.votingPower !== undefined && { validatorPower: node.votingPower }),
      ...(node.agentVersion !== undefined && { agentVersion: node.agentVersion }),
      ...(node.publicIp !== undefined && { publicIp: node.publicIp }),
      ...(node.protected && { protection: protectionOf(node.protected) }),
      ...(node.powered === false && { powered: false }),
      ...(node.rootUsedPercent !== undefined && { rootUsedPercent: node.rootUsedPercent }),
      ...(client.state !== undefined && { client: client.state }),
      volumes: volumes.map((volume) => ({
        ...USUAL_VOLUME,
        ...volume,
        path: given(
          fleet.volumes.find(({ role }) => role === volume.role)?.path,
          `${fleet.name} has no volume ${volume.role}`,
        ),
      })),
      machine: {
        knows: addresses.filter((_, other) => other !== at && all[other]?.fleet === node.fleet),
        ...(node.beaconNode === true && { beacon: true }),
        ...(node.diskDevices === true && { diskDevices: true }),
        ...(node.versions !== undefined && { versions: versionsOf(node.versions) }),
        ...(node.clockSkewSeconds !== undefined && { clockSkewSeconds: node.clockSkewSeconds }),
        ...(client.startSeconds !== undefined && { startSeconds: client.startSeconds }),
        ...(client.stopSeconds !== undefined && { stopSeconds: client.stopSeconds }),
        ...(client.blocksBehind !== undefined && { lagBlocks: client.blocksBehind }),
        ...(client.staged === true && { staged: true }),
        ...(client.catchUpBlocksPerSecond !== undefined && { catchUpBlocksPerSecond: client.catchUpBlocksPerSecond }),
        ...portsOf(fleet),
        ...(source && { rpc: { credentials: USER, ...(source.kind === 'file' && { credentialsFile: source.path }) } }),
      },
    });
    if (client.copiesOpen !== undefined) placed.machine.disks.data.copiesOpen = client.copiesOpen;
    if (node.elasticAddress === true) world.beforehand(async () => void elasticIp(world, placed));
  }
}

const protectionOf = (refused: NonNullable<NodeDocument['protected']>) => ({
  stop: refused.includes('stop'),
  termination: refused.includes('termination'),
});

const versionsOf = (versions: NonNullable<NodeDocument['versions']>): Readonly<Record<string, InstalledVersion>> =>
  Object.fromEntries(
    Object.entries(versions).map(([name, { format = 0, tells, fault }]) => [
      name,
      {
        ...(format > 0 && { format }),
        ...(tells !== undefined && { clientVersion: tells }),
        ...(fault !== undefined && { fault }),
      },
    ]),
  );

function portsOf({ rpc, p2pPort }: Fleet & { readonly p2pPort?: number }) {
  const ports = { ...(rpc?.port !== undefined && { rpc: rpc.port }), ...(p2pPort !== undefined && { p2p: p2pPort }) };
  const metrics = rpc?.metricsPort;
  const beacon = rpc?.beaconPort;
  return {
    ports: { ...ports, ...(metrics !== undefined && { metrics }), ...(beacon !== undefined && { beacon }) },
  };
}

export const namesOf = ({ name, names = [] }: Pick<NodeDocument, 'name' | 'names'>): readonly string[] => [
  ...(name === undefined ? [] : [name]),
  ...names,
];

const BY = { clean: 'ledger', person: 'person', console: 'console' } as const;

function placeSnapshots(world: World, snapshots: readonly SnapshotDocument[]): void {
  const byPolicy = new Map<string, (Omit<PastSnapshots, 'by'> & { readonly node: string })[]>();
  for (const { of, id, by = 'clean', opening = 'opens', verified = false, ...past } of snapshots) {
    const [fleet = '', node = ''] = of.split('/');
    const one = { ...past, opening, verified, ...(id !== undefined && { snapshotId: id }) };
    if (by === 'policy') byPolicy.set(fleet, [...(byPolicy.get(fleet) ?? []), { ...one, node }]);
    else snapshotsOf(world, world.find(fleet, node), { ...one, by: BY[by] });
  }
  for (const [fleet, taken] of byPolicy) lifecyclePolicy(world, fleet, taken);
}

function before(
  world: World,
  {
    templates = [],
    protectedTemplates = {},
    publicSubnets = [],
    userData = {},
    templateVolumes = {},
    scalingGroups = {},
    targetGroups = {},
    records = {},
    grown = [],
  }: NonNullable<WorldDocument['before']>,
): void {
  for (const fleet of templates) {
    const own = userData[fleet];
    if (own) world.ownUserData.set(fleet, own);
    const volume = templateVolumes[fleet];
    const { stop, termination } = protectionOf(protectedTemplates[fleet] ?? []);
    launchTemplate(
      world,
      fleet,
      {
        ...(stop && { DisableApiStop: true }),
        ...(termination && { DisableApiTermination: true }),
        ...(own && { UserData: Buffer.from(own.runs).toString('base64') }),
        ...(volume && {
          BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: volume.sizeGiB, VolumeType: 'gp3' } }],
        }),
      },
      launchersOf(scalingGroups, fleet),
    );
  }
  for (const zone of publicSubnets) world.region.ec2.assignPublicAddresses(`${world.region.kernel.regionName}${zone}`);
  for (const [name, group] of Object.entries(scalingGroups)) {
    const { members, minSize = 0 } = 'members' in group ? group : { members: group };
    const nodes = members.map((ref) => nodeOf(world, ref));
    scalingGroup(world, name, nodes, { minSize });
  }
  for (const [name, refs] of Object.entries(targetGroups)) {
    const members = refs.map((ref) => nodeOf(world, ref));
    targetGroup(world, name, members, members[0]?.fleet.rpc?.port ?? 80);
  }
  for (const [zone, names] of Object.entries(records)) {
    const changes = Object.entries(names).map(([name, addresses]) => ({ do: 'CREATE' as const, name, addresses }));
    world.editZone(zone, changes).catch((error: unknown) => world.region.clock.fail(error));
  }
  for (const { node, role, by = 'chainmend', ...step } of grown)
    world.grownBefore(nodeOf(world, node), role, by === 'person' ? 'a person' : 'us', [step]);
}

/** Groups that launch from a fleet's template, by the version that they launch. */
function launchersOf(
  groups: NonNullable<NonNullable<WorldDocument['before']>['scalingGroups']>,
  fleet: string,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(groups).flatMap(([name, group]) =>
      'launches' in group && group.members[0]?.startsWith(`${fleet}/`) ? [[name, group.launches]] : [],
    ),
  );
}

async function carryOutWatched(
  stage: Stage,
  { moment, index }: { readonly moment: Moment; readonly index: number },
  observer: TimelineObserver,
): Promise<void> {
  try {
    observer.before(stage, moment, index);
    await carryOut(stage, moment);
    observer.after(stage, moment, index);
  } catch (error) {
    observer.failed(stage, moment, error);
  }
}

function begin(stage: Omit<Stage, 'page'>, moments: readonly Moment[], observer: TimelineObserver | undefined): void {
  const { world } = stage;
  const triggers = new Triggers(world);
  for (const [index, moment] of moments.entries()) {
    const happens = (on: Stage): unknown =>
      observer === undefined ? carryOutOrSay(on, moment, index) : carryOutWatched(on, { moment, index }, observer);
    const { at, every, times = every === undefined ? 1 : TIMES } = moment;
    /** Its first time now, and the others after it. */
    const begins = (page: Stage['page']): unknown => {
      for (let time = 1; time < times; time++) world.at(time * (every ?? 0), () => happens({ ...stage, page }));
      return happens({ ...stage, page });
    };
    if (typeof at === 'number') world.at(at, () => begins({}));
    else if ('paged' in at) world.whenPaged(at.paged, at.minutes ?? 0, begins);
    else triggers.wait(at, () => begins({}));
  }
}

/** How often something happens that is repeated and says no number. */
const TIMES = 12;

function isOver(world: World, { until = { minutes: 30 } }: WorldDocument): boolean {
  const { healed = 0, escalated = 0, planned = 0, paged, refused, minutes = 0 } = until;
  if (!passed(world, minutes)) return false;
  const incidents = incidentsOf(world);
  const ended = (state: string): number => incidents.filter((incident) => incident.state === state).length;
  if (ended('healed') < healed || ended('escalated') < escalated) return false;
  if (paged !== undefined && !pagedNow(world, paged)) return false;
  if (planned === 0 && refused === undefined) return true;
  const journal = readJournal(world.region, world.tableName);
  return (
    journal.filter(({ kind }) => kind === 'plan').length >= planned &&
    (refused === undefined || journal.some(({ kind, code }) => kind === 'refusal' && code === refused))
  );
}

function nodeOf(world: World, ref: string): PlacedNode {
  const [fleet = '', name = ''] = ref.split('/');
  return world.find(fleet, name);
}

/** In a change of a fleet file, null takes a key out: as in a JSON merge patch (RFC 7396). */
export const withoutNulls = (change: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(change).map(([key, value]) => [key, value ?? undefined]));

/** The stored file with these keys replaced, as `npm run chainmend -- push` stores it. */
async function pushFleet(
  { region, rightFiles }: World,
  fleet: string,
  change: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const Name = fleetParameterName('/chainmend', fleet);
  const text = region.ssm.parameter(Name) ?? '{}';
  // Of a text that is no fleet file a person takes the one of before.
  const stored = JSON.parse(text.startsWith('{') ? text : (rightFiles.get(fleet) ?? '{}')) as object;
  const Value = JSON.stringify({ ...stored, ...withoutNulls(change) });
  return region.call('ssm', 'PutParameter', { Name, Value, Type: 'String', Overwrite: true });
}

function given<T>(value: T | undefined, otherwise: string): T {
  if (value === undefined) throw new RangeError(otherwise);
  return value;
}
