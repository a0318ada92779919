// The world of one run: the region with the stack deployed in it, and the nodes, chains and people of a scenario.

import { toItem } from '../../../shared/aws/attributes.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { growthUsd } from '../../../shared/guardrails/ebs.ts';
import { growthKey, monthOf } from '../../../shared/guardrails/grow.ts';
import type { BudgetRecord } from '../../../shared/guardrails/records.ts';
import { PAUSE_TAG } from '../../../shared/guardrails/switches.ts';
import { newNode } from '../../../shared/heal/lease.ts';
import { type Key, keys } from '../../../shared/heal/store.ts';
import { DRILL_TAG, JOINING_TAG, RETIRED_TAG } from '../../../shared/model/tags.ts';
import { type ChainSpec, SimulatedChain } from '../../nodes/chain.ts';
import { SYNCED_LAG_BLOCKS } from '../../nodes/client.ts';
import type { Metric } from '../../nodes/cloudwatch-agent.ts';
import type { FeedWords } from '../../nodes/release-feed.ts';
import type { Misbehaviour } from '../../nodes/rpc/misbehaviour.ts';
import { rpcHost } from '../../nodes/rpc/node-rpc.ts';
import { type Region, START_MS } from '../../region.ts';
import type { Instance } from '../../services/ec2/model.ts';
import { VPC_ID } from '../../services/ec2/service.ts';
import { isPage } from '../../services/sns/sns.ts';
import { pageIn } from '../report/pages.ts';
import { type OwnUserData, placeLaunched } from './launches.ts';
import { dataOfNewNodes, type NodeStack } from './node-stack.ts';
import { keepQuiet, minutes, type PlacedNode, place, type WorldNode } from './nodes.ts';

export type { PlacedNode, WorldNode, WorldVolume } from './nodes.ts';

const SECOND_MS = 1_000;
const HOUR_MS = 60 * 60_000;
/** Starts of one client that are kept: a client that starts more often does not stay up. */
const STARTS_MAX = 1_000;
/** Of a client of no known chain, which writes nothing. */
const QUIET_CHAIN = {
  ...{ heightAtStart: 1, blockIntervalMs: 60_000, bytesPerBlock: 0, inodesPerBlock: 0 },
  consensus: 'elsewhere',
} as const;

/** After a node is placed, its script of a metric runs for the first time. */
const SCRIPT_BEGINS_MS = 20_000;
/** What a client tells of its height, although it misbehaves. */
const TELLS_HEIGHT: readonly (Misbehaviour | 'posted')[] = ['withholding', 'wrong-chain', 'slow'];

/** What somebody wants to act on is not in the world, or not any more. */
export class NotThereError extends Error {
  override readonly name = 'NotThereError';
}

interface OwnGrowth {
  readonly fleet: string;
  readonly instanceId: string;
  readonly volumeId: string;
  readonly fromGiB: number;
  readonly toGiB: number;
  readonly atMs: number;
}

type Group<T> = [T, ...T[]];

function groupBy<T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, Group<T>> {
  const groups = new Map<string, Group<T>>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group) group.push(one);
    else groups.set(keyOf(one), [one]);
  }
  return groups;
}

export const THROW_AWAYS = ['work', 'silent', 'end'] as const;

export class World {
  readonly region: Region;
  readonly tableName: string;
  readonly fleets: ReadonlyMap<string, Fleet>;
  /** All machines that were ever nodes; `current` are those that are nodes now. */
  readonly nodes: PlacedNode[] = [];
  /** What becomes of those that are launched from now on. */
  throwAways: (typeof THROW_AWAYS)[number] = 'work';
  /** Of fleets whose stored file somebody has broken: the text of before. */
  readonly rightFiles = new Map<string, string>();
  /** What feeds of releases say now, by their addresses. */
  readonly feeds = new Map<string, FeedWords>();
  /** The throw-away machines of drills, in the order of their launches. */
  readonly drills: PlacedNode[] = [];
  /** The world of the first region, where this one has copies alone: what is launched here is made like its nodes. */
  home?: World;
  /** Fleets of which a person has asked that another instance of a node runs beside it: while one is apart, its name is no identity. Its keys are. */
  readonly besides = new Set<string>();
  /** Nodes whose instances a person has terminated. */
  readonly terminated: PlacedNode[] = [];
  readonly #specs = new Map<string, WorldNode>();
  readonly #chains = new Map<string, SimulatedChain>();
  /** Instances and volumes that people have made since the story began. */
  readonly theirs = new Set<string>();
  /** Of each fleet whose launch template has user data that its clients need. */
  readonly ownUserData = new Map<string, OwnUserData>();
  #placed = 0;
  #zones: readonly string[] = [];
  readonly #beforehand: (() => Promise<unknown>)[] = [];
  /** Our own, of before the story. */
  readonly #growths: OwnGrowth[] = [];
  /** Starts of clients since the story began, by instance, oldest first. */
  readonly #starts = new Map<string, { readonly startedMs: number; syncedMs?: number }[]>();

  /** real: blocks come as on the main network also where the story was written for quick ones. */
  blocks: 'as written' | 'real' = 'as written';

  readonly #nodeStacks: ReadonlyMap<string, NodeStack>;

  /** @param nodeStacks of the fleets that say `deploy`, by their names */
  constructor(
    region: Region,
    tableName: string,
    fleets: ReadonlyMap<string, Fleet>,
    nodeStacks: ReadonlyMap<string, NodeStack> = new Map(),
  ) {
    this.region = region;
    this.#nodeStacks = nodeStacks;
    this.tableName = tableName;
    this.fleets = fleets;
    region.ec2.onRun((instance, launched) => {
      const made = placeLaunched(region, instance, launched, {
        ...{ fleets, nodes: [...this.nodes, ...(this.home?.nodes ?? [])], ownUserData: this.ownUserData },
        ended: this.terminated,
        ownChain: (fleet) => this.#chains.get(fleet.name) ?? this.chain({ ...QUIET_CHAIN, name: fleet.name }),
      });
      if (made) this.#welcome(made.placed);
      return made?.made;
    });
  }

  /** Nodes whose instance exists, has joined and has not left: what discovery calls a node. */
  get current(): readonly PlacedNode[] {
    const there = new Map(this.region.ec2.instances().map((instance) => [instance.instanceId, instance]));
    return this.nodes.filter(({ instanceId }) => isNode(there.get(instanceId)));
  }

  get chains(): readonly SimulatedChain[] {
    return [...this.#chains.values()];
  }

  /** Makes what people made before the story: the zone of each fleet's names. */
  furnish(): void {
    this.#zones = [...new Set([...this.fleets.values()].flatMap(({ dns }) => dns?.zone ?? []))];
    for (const name of this.#zones) this.region.route53.addZone({ name, private: true, vpcId: VPC_ID });
  }

  /** The zones that exist. */
  get zones(): readonly string[] {
    return this.#zones;
  }

  /** `heightAtStart` is the chain's when the story begins. */
  chain(spec: ChainSpec): SimulatedChain {
    const heightAtStart = Math.max(0, spec.heightAtStart - this.#leadMs() / spec.blockIntervalMs);
    const regularUpTo = Math.floor(spec.heightAtStart);
    const chain = new SimulatedChain(this.region.kernel, { ...spec, heightAtStart, regularUpTo });
    this.#chains.set(spec.name, chain);
    return chain;
  }

  /** The chain goes on in every region. */
  shareChain(chain: SimulatedChain): void {
    this.#chains.set(chain.spec.name, chain);
  }

  /** The spec's disks and clients apply when the story begins; until then everything is healthy. */
  node(spec: WorldNode): PlacedNode {
    const { region } = this;
    const fleet = this.fleets.get(spec.fleet);
    const chain = this.#chains.get(spec.chain);
    if (!fleet || !chain)
      throw new Error(`node ${spec.name}: there is no ${fleet ? `chain ${spec.chain}` : `fleet ${spec.fleet}`}`);
    const placed = place(region, { spec, fleet, chain, index: this.#placed++ });
    const { machine } = placed;
    region.machines.add(machine);
    this.#record(machine.pastMetrics({ hours: 24, stepSeconds: 300, ...spec.past }));
    keepQuiet(placed, spec, this.#leadMs() / chain.spec.blockIntervalMs);
    this.#settleIn(placed);
    this.#specs.set(placed.instanceId, spec);
    return placed;
  }

  /** What is launched for a drill is no node: nobody asks it over the network, and its owner has no script on it. */
  #welcome(placed: PlacedNode): void {
    if (placed.tags[DRILL_TAG] === undefined) this.#settleIn(placed);
    else this.#setUpThrowAway(placed);
  }

  #setUpThrowAway(placed: PlacedNode): void {
    const { instanceId, machine } = placed;
    const { region, throwAways } = this;
    this.drills.push(placed);
    if (throwAways === 'silent') {
      machine.setAgentConnected(false);
      region.kernel.met('throw-away silent');
    }
    machine.client.onStart(() => {
      region.kernel.met('throw-away runs');
      if (throwAways !== 'end') return;
      region.kernel.met('throw-away ends');
      this.at(0, () => region.call('ec2', 'TerminateInstances', { InstanceIds: [instanceId] }));
    });
  }

  #settleIn(placed: PlacedNode): void {
    const { machine } = placed;
    machine.startMetrics((metrics) => this.#record(metrics));
    this.#startScript(placed);
    this.region.network.attach(machine.privateIp, { vpcId: VPC_ID }, rpcHost(machine));
    this.nodes.push(placed);
    machine.client.onStart(() => this.#followStart(placed));
  }

  /** The owner's own script on the node, where its fleet is watched by a metric: it asks the client on its loopback, and writes the height that it says. */
  #startScript({ fleet: { probe }, machine, instanceId }: PlacedNode): void {
    if (probe?.by !== 'metric') return;
    const { namespace, heightMetric, instanceDimension, periodSeconds } = probe;
    const dimensions = { ...probe.dimensions, [instanceDimension]: instanceId };
    const { clock, cloudwatch } = this.region;
    const write = (): void => {
      const { client } = machine;
      client.settle();
      // Where its RPC hangs, or answers something else, the script has no height to write.
      const { misbehaves = 'withholding' } = machine.rpc;
      const answers =
        machine.isPowered && client.state === 'running' && !client.starting && TELLS_HEIGHT.includes(misbehaves);
      if (answers) cloudwatch.record(namespace, heightMetric, dimensions, client.height(), clock.now(), 'Count');
      clock.after(periodSeconds * 1000, write);
    };
    clock.after(SCRIPT_BEGINS_MS, write);
  }

  /** A machine that Terraform makes during the story. */
  launch(spec: WorldNode): PlacedNode {
    const before = new Set(this.region.ec2.volumes().map(({ volumeId }) => volumeId));
    const placed = this.node({ ...spec, launched: true });
    const volumeIds = this.region.ec2.volumes().map(({ volumeId }) => volumeId);
    for (const id of [placed.instanceId, ...volumeIds.filter((volumeId) => !before.has(volumeId))]) this.theirs.add(id);
    return placed;
  }

  /** A person deploys the nodes of a fleet: `npm run deploy:nodes`. CloudFormation makes what the synthesized template says. */
  async deployNodes(fleet: string): Promise<void> {
    const stack = this.#nodeStacks.get(fleet);
    const known = this.fleets.get(fleet);
    if (!stack || !known) throw new NotThereError(`fleet ${fleet} has no deploy`);
    const parameters = await dataOfNewNodes(this.region, known, stack.document);
    const { resources } = await this.region.deploy({ assembly: stack.assembly, parameters });
    for (const { type, ref } of resources.values()) {
      if (type !== 'AWS::EC2::Instance') continue;
      this.theirs.add(ref);
      for (const { volumeId, attachment } of this.region.ec2.volumes())
        if (attachment?.instanceId === ref) this.theirs.add(volumeId);
    }
  }

  /** A person launches another machine with the name of a terminated node. */
  launchAgain(fleet: string, name: string): PlacedNode {
    const gone = this.terminated.findLast((node) => node.fleet.name === fleet && node.name === name);
    const spec = gone && this.#specs.get(gone.instanceId);
    if (!spec) throw new NotThereError(`nobody has terminated ${fleet}/${name}`);
    const { instanceId: _, ...alike } = spec;
    return this.launch(alike);
  }

  /** A person lets EC2 stop and end an instance. */
  async unprotect({ instanceId }: PlacedNode): Promise<void> {
    const { stop, termination } = this.region.ec2.instance(instanceId).settings.protection;
    const open = async (attribute: string) =>
      void (await this.region.call('ec2', 'ModifyInstanceAttribute', {
        InstanceId: instanceId,
        [attribute]: { Value: false },
      }));
    if (stop) await open('DisableApiStop');
    if (termination) await open('DisableApiTermination');
  }

  /** A person terminates an instance, whatever protects it; the world forgets it. */
  async terminate(placed: PlacedNode): Promise<void> {
    const { instanceId, machine } = placed;
    await this.unprotect(placed);
    await this.region.call('ec2', 'TerminateInstances', { InstanceIds: [instanceId] });
    this.nodes.splice(this.nodes.indexOf(placed), 1);
    this.terminated.push(placed);
    this.region.network.detach(machine.privateIp);
    machine.peers.leave();
  }

  /** A person edits address records by hand, in one batch. */
  async editZone(
    zone: string,
    changes: readonly { do: 'CREATE' | 'DELETE'; name: string; addresses: readonly string[] }[],
  ): Promise<void> {
    const { HostedZones } = (await this.region.call('route53', 'ListHostedZonesByName', { DNSName: zone })) as {
      HostedZones: readonly { readonly Id: string }[];
    };
    const ttlSeconds = [...this.fleets.values()].find(({ dns }) => dns?.zone === zone)?.dns?.ttlSeconds ?? 60;
    const Changes = changes.map(({ do: Action, name, addresses }) => ({
      Action,
      ResourceRecordSet: {
        Name: `${name}.${zone}`,
        Type: 'A',
        TTL: ttlSeconds,
        ResourceRecords: addresses.map((Value) => ({ Value })),
      },
    }));
    await this.region.call('route53', 'ChangeResourceRecordSets', {
      HostedZoneId: HostedZones[0]?.Id,
      ChangeBatch: { Changes },
    });
  }

  find(fleet: string, name: string): PlacedNode {
    const known = this.nodes.filter((node) => node.fleet.name === fleet && node.name === name);
    const current = known.length > 1 ? this.current : [];
    const found = known.find((node) => current.includes(node)) ?? known[0];
    if (!found) throw new NotThereError(`the world has no node ${fleet}/${name}`);
    return found;
  }

  /** From the client's last start between two moments until it was synced, in ms; 0 if it was not started, or never synced. */
  caughtUpMs({ instanceId }: PlacedNode, fromMs: number, toMs: number): number {
    const start = this.#starts.get(instanceId)?.findLast(({ startedMs }) => startedMs >= fromMs && startedMs <= toMs);
    return start?.syncedMs === undefined ? 0 : start.syncedMs - start.startedMs;
  }

  /** Watches a client that was started, once a second while it is behind. */
  #followStart({ instanceId, machine: { client } }: PlacedNode): void {
    const { clock } = this.region;
    const starts = this.#starts.get(instanceId) ?? [];
    if (starts.length >= STARTS_MAX) return;
    const start: { readonly startedMs: number; syncedMs?: number } = { startedMs: clock.now() };
    starts.push(start);
    this.#starts.set(instanceId, starts);
    const look = (): void => {
      if (client.state !== 'running' || starts.at(-1) !== start) return;
      if (client.heightLag() <= SYNCED_LAG_BLOCKS) start.syncedMs = clock.now();
      else clock.after(SECOND_MS, look);
    };
    look();
  }

  /** A person's act, so long after the start of the story, or now if that is later. */
  at(afterMinutes: number, act: () => unknown): void {
    const { clock } = this.region;
    clock.at(Math.max(clock.now(), START_MS) + minutes(afterMinutes), () => {
      Promise.resolve(act()).catch((error: unknown) => clock.fail(error));
    });
  }

  /** An act as soon as a condition holds; checked once a second. */
  when(isSo: () => boolean, act: () => unknown): void {
    this.region.clock.after(SECOND_MS, () => (isSo() ? this.at(0, act) : this.when(isSo, act)));
  }

  /** False if the region is served: then a real person answers pages. */
  answersPages = true;

  /** What a person does with each page of a kind, so many minutes after it came. */
  whenPaged(
    code: string,
    minutesLater: number,
    act: (page: Readonly<Record<string, string | undefined>>) => unknown,
  ): void {
    if (!this.answersPages) return;
    const { clock, sns } = this.region;
    let seen = 0;
    const look = (): void => {
      const published = sns.published();
      for (const one of published.slice(seen)) {
        const page = pageIn(one);
        if (isPage(one) && page['code'] === code) this.at(minutesLater, () => act(page));
      }
      seen = published.length;
      clock.after(SECOND_MS, look);
    };
    look();
  }

  /** A volume that was grown before, each time by so much: AWS remembers that, and our own records have our modifications and what they cost. */
  grownBefore(
    { fleet, instanceId, volumeIds }: PlacedNode,
    role: string,
    by: 'us' | 'a person',
    steps: readonly { readonly hoursAgo: number; readonly fromGiB: number; readonly toGiB: number }[],
  ): void {
    const volumeId = volumeIds.get(role) ?? '';
    for (const { hoursAgo, fromGiB, toGiB } of steps) {
      const atMs = START_MS - hoursAgo * HOUR_MS;
      this.region.ec2.addModification(volumeId, { startedAtMs: atMs, fromGiB, toGiB, completedAtMs: atMs + HOUR_MS });
      this.region.wasCalled({
        ...{ at: atMs, actor: by === 'us' ? 'chainmend-resize-volume' : 'person' },
        ...{ service: 'ec2', operation: 'ModifyVolume', input: { VolumeId: volumeId, Size: toGiB } },
      });
      if (by === 'us') this.#remember({ fleet: fleet.name, instanceId, volumeId, fromGiB, toGiB, atMs });
    }
  }

  #remember(growth: OwnGrowth): void {
    if (this.#growths.length === 0) this.beforehand(() => this.#writeGrowths());
    this.#growths.push(growth);
  }

  /** What the records have of our growths: the modifications of each node, and the money of each fleet and month. */
  async #writeGrowths(): Promise<void> {
    const put = ({ pk, sk }: Key, record: object): Promise<unknown> => {
      const Item = { pk: { S: pk }, sk: { S: sk }, ...toItem(record) };
      return this.region.call('dynamodb', 'PutItem', { TableName: this.tableName, Item }, 'resize-volume');
    };
    for (const [instanceId, grown] of groupBy(this.#growths, (growth) => growth.instanceId)) {
      const modifications = grown.map(({ volumeId, toGiB, atMs }) => ({ volumeId, toGiB, atMs }));
      const record = { ...newNode(grown[0].fleet, instanceId), fence: grown.length, modifications, version: 1 };
      await put(keys.node(instanceId), record);
    }
    for (const grown of groupBy(this.#growths, ({ fleet, atMs }) => `${fleet} ${monthOf(atMs)}`).values()) {
      const [{ fleet, atMs }] = grown;
      const paid = grown.map(({ volumeId, fromGiB, toGiB }): [string, number] => [
        growthKey(volumeId, fromGiB),
        growthUsd(this.region.ec2.volume(volumeId).performance.type, fromGiB, toGiB),
      ]);
      const month = monthOf(atMs);
      const record: BudgetRecord = { month, addedUsd: Object.fromEntries(paid), version: 1 };
      await put(keys.budget(fleet, month), record);
    }
  }

  /** Runs when the story begins, and is awaited. */
  beforehand(work: () => Promise<unknown>): void {
    this.#beforehand.push(work);
  }

  /** A person pauses everything, or a fleet; `off` ends it. */
  setPause(value: string, fleet?: string): Promise<unknown> {
    const Name = fleet ? `/chainmend/pauses/${fleet}` : '/chainmend/pause';
    return this.region.call('ssm', 'PutParameter', { Name, Value: value, Type: 'String', Overwrite: true });
  }

  /** Present pauses that concern an instance, as sentences. */
  pausesOf(instanceId: string): string[] {
    const fleet = this.nodes.find((node) => node.instanceId === instanceId)?.fleet.name;
    const tag = this.region.ec2.tags(instanceId)[PAUSE_TAG];
    return [...this.pausesOfFleet(fleet), ...pauseSentences(tag, instanceId)];
  }

  /** Present pauses of a fleet, or of everything. */
  pausesOfFleet(fleet: string | undefined): string[] {
    const { ssm } = this.region;
    return [
      ...pauseSentences(ssm.parameter('/chainmend/pause'), 'everything'),
      ...(fleet ? pauseSentences(ssm.parameter(`/chainmend/pauses/${fleet}`), fleet) : []),
    ];
  }

  /** The story begins: nodes get their specified state, and all preparations run. */
  async open(): Promise<void> {
    for (const { open } of this.nodes) open();
    await Promise.all(this.#beforehand.map((work) => work()));
  }

  #record(metrics: readonly Metric[]): void {
    for (const { namespace, metricName, dimensions, value, timestampMs, unit } of metrics)
      this.region.cloudwatch.record(namespace, metricName, dimensions, value, timestampMs, unit);
  }

  #leadMs(): number {
    return Math.max(0, START_MS - this.region.clock.now());
  }
}

const pauseSentences = (value: string | undefined, what: string): string[] =>
  value === undefined || value === 'off' ? [] : [`${what}: ${value}`];

/** Tags of instances that have not joined yet, or have left. */
const APART: readonly string[] = [JOINING_TAG, RETIRED_TAG];

const isNode = (instance: Instance | undefined): boolean =>
  instance !== undefined &&
  instance.state !== 'terminated' &&
  instance.state !== 'shutting-down' &&
  !instance.tags.some(({ Key = '' }) => APART.includes(Key));
