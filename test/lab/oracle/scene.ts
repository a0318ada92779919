// What the judge knows of one region: fleets, nodes, who made what, who stopped what. It reads the region's own truth and changes nothing.

import { SimulatedNode } from '../../../local/nodes/node.ts';
import type { Region } from '../../../local/region.ts';
import type { Instance, Snapshot, Volume } from '../../../local/services/ec2/model.ts';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import type { Act, ClientChange, Hand, PersonAct } from './acts.ts';
import { type Ceilings, ceilingsOf } from './ceilings.ts';
import { Hands, isOurs, type SentCommand } from './hands.ts';
import { saidBy } from './said.ts';
import { fleetOfTags, isApart, isGone, newNode, roleIn, type SeenNode, tagsIn } from './seen-nodes.ts';
import { isSick, troubleOf } from './troubles.ts';

export interface Told {
  /** Whose acts are judged, by the names of callers; chainmend's functions by default. */
  readonly isOurs?: (actor: string) => boolean;
  readonly fleets: ReadonlyMap<string, FleetDocument>;
  readonly nodes: readonly {
    readonly fleet: string;
    readonly name: string;
    readonly instanceId: string;
    readonly role: string;
  }[];
}

/** What ours made: when, by which function, and for which node. */
export interface Made {
  readonly atMs: number;
  readonly actor: string;
  readonly node: SeenNode | undefined;
}

/** A client that does not run, and whose doing that is. */
export interface Down extends ClientChange {
  readonly sinceMs: number;
}

/** The executions of one incident follow each other within an hour or so (docs/decisions.md, "Waits"). */
const BETWEEN_ATTEMPTS_MS = 2 * 3_600_000;
/** A stop takes 20 minutes at most, a boot 15 (docs/decisions.md, "Waits"). */
const POWER_MS = 20 * 60_000;
/** Where a person stores the files (docs/architecture.md, "What is kept where"). */
const FLEETS = '/chainmend/fleets/';
/** From a person's word to its effect on a machine. */
const PERSON_MS = 5_000;
/** Things that are remembered after they have gone. */
const REMEMBERED_MAX = 100_000;

/** Who is told of each difference. */
export interface Listener {
  volume(before: Volume | undefined, after: Volume | undefined): void;
  instance(before: Instance | undefined, after: Instance | undefined): void;
  started(change: ClientChange): void;
  stopped(change: ClientChange): void;
}

export class Scene {
  readonly region: Region;
  readonly hands: Hands;
  readonly isOurs: (actor: string) => boolean;
  /** As they are now: people push others. Undefined as a value is never stored: a file that nobody can read stays as it was. */
  readonly fleets = new Map<string, FleetDocument>();
  readonly nodes: SeenNode[] = [];
  readonly made = new Map<string, Made>();
  /** What people made, moved or asked for since the judge looks. */
  readonly persons: PersonAct[] = [];
  readonly down = new Map<string, Down>();
  /** The world as it was when it was last looked at: what an act has removed is still here. */
  volumes: ReadonlyMap<string, Volume> = new Map();
  instances: ReadonlyMap<string, Instance> = new Map();
  snapshots: ReadonlyMap<string, Snapshot> = new Map();
  faultsEndedMs: number | undefined;
  readonly #byInstance = new Map<string, SeenNode>();
  readonly #ceilings = new WeakMap<FleetDocument, Ceilings>();
  readonly #texts = new Map<string, string>();
  readonly #modes = new Map<string, { readonly mode: string; readonly sinceMs: number }>();
  readonly #pauses = new Map<string, number>();
  readonly #unreadable = new Set<string>();
  readonly #listened = new Set<string>();
  readonly #powered = new Map<string, { readonly by: Hand; readonly atMs: number }>();
  /** Made anew when a volume has changed: asked for each node at each look. */
  #attached: { readonly of: unknown; readonly byInstance: ReadonlyMap<string, readonly Volume[]> } = {
    of: undefined,
    byInstance: new Map(),
  };
  #all: { volumes: unknown; instances: unknown; snapshots: unknown } = {
    volumes: undefined,
    instances: undefined,
    snapshots: undefined,
  };

  constructor(region: Region, told: Told) {
    this.region = region;
    this.hands = new Hands(region);
    this.isOurs = told.isOurs ?? isOurs;
    const { ec2 } = region;
    for (const [name, document] of told.fleets) this.#putFleet(name, document, region.clock.now() - 86_400_000);
    this.volumes = new Map(ec2.volumes().map((volume) => [volume.volumeId, volume]));
    this.instances = new Map(ec2.instances().map((instance) => [instance.instanceId, instance]));
    this.snapshots = new Map(ec2.snapshots().map((snapshot) => [snapshot.snapshotId, snapshot]));
    this.#all = { volumes: ec2.volumes(), instances: ec2.instances(), snapshots: ec2.snapshots() };
    for (const node of told.nodes) this.#addNode(newNode(node));
    this.readFiles();
    for (const [id, { tags }] of this.instances) {
      this.#meet(id, tagsIn(tags), false);
      if (tagsIn(tags)['chainmend:pause'] !== undefined) this.#pauses.set(id, this.nowMs - 86_400_000);
    }
  }

  get nowMs(): number {
    return this.region.clock.now();
  }

  ceilings(fleet: string): Ceilings | undefined {
    const document = this.fleets.get(fleet);
    if (!document) return undefined;
    const known = this.#ceilings.get(document) ?? ceilingsOf(document);
    this.#ceilings.set(document, known);
    return known;
  }

  nodeOf(instanceId: string | undefined): SeenNode | undefined {
    return instanceId === undefined ? undefined : this.#byInstance.get(instanceId);
  }

  nodeNamed(fleet: string | undefined, name: string | undefined): SeenNode | undefined {
    return this.nodes.find((node) => node.fleet === fleet && node.name === name);
  }

  /** The instance that is the node now: the newest that is neither gone nor apart; undefined: none is. */
  present(node: SeenNode): Instance | undefined {
    for (const id of node.instanceIds.toReversed()) {
      const instance = this.instances.get(id);
      if (instance && !isGone(instance) && !isApart(instance)) return instance;
    }
    return undefined;
  }

  machine(instanceId: string | undefined): SimulatedNode | undefined {
    const machine = instanceId === undefined ? undefined : this.region.machines.get(instanceId);
    return machine instanceof SimulatedNode ? machine : undefined;
  }

  volumesOf(instanceId: string): readonly Volume[] {
    if (this.#attached.of !== this.volumes) {
      const byInstance = Map.groupBy(this.volumes.values(), ({ attachment }) => attachment?.instanceId ?? '');
      this.#attached = { of: this.volumes, byInstance };
    }
    return this.#attached.byInstance.get(instanceId) ?? [];
  }

  /** The node that an act is about, by the instances, volumes and tags that it names; empty where it names none. */
  nodesOf({ input }: Pick<Act, 'input'>): SeenNode[] {
    const found = this.targets(input).flatMap((id) => this.nodeOfThing(id) ?? []);
    const tags = tagsAsked(input);
    const named = this.nodeNamed(tags['chainmend:fleet'], tags['chainmend:node']);
    return [...new Set(named ? [...found, named] : found)];
  }

  /** The node that an instance is, or that a volume is or was last attached to, or was made for. */
  nodeOfThing(id: string): SeenNode | undefined {
    const instance = this.nodeOf(id);
    if (instance) return instance;
    const volume = this.volumes.get(id);
    const attached = this.nodeOf(volume?.attachment?.instanceId);
    if (attached) return attached;
    const tags = tagsIn(volume?.tags ?? this.snapshots.get(id)?.tags ?? []);
    return this.made.get(id)?.node ?? this.nodeNamed(tags['chainmend:fleet'], tags['chainmend:node']);
  }

  /** Ids of instances, volumes, snapshots and other things in a request to EC2 or Run Command. */
  targets(input: unknown): string[] {
    const said = input as Readonly<Record<string, unknown>>;
    const one = ['InstanceId', 'VolumeId', 'SnapshotId', 'AllocationId', 'SourceVolumeId'].flatMap((key) => said[key]);
    const many = ['InstanceIds', 'Resources', 'VolumeIds'].flatMap((key) => said[key]);
    const specified = (said['InstanceSpecification'] as { readonly InstanceId?: string } | undefined)?.InstanceId;
    return [...one, ...many, specified].filter((id): id is string => typeof id === 'string');
  }

  /** Since when this node, its fleet or everything is paused, in ms since the epoch; undefined: nothing is. */
  pausedSince(fleet: string, node?: SeenNode): number | undefined {
    const own = node?.instanceIds.flatMap((id) => this.#pauses.get(id) ?? []) ?? [];
    const since = [this.#pauses.get('/'), this.#pauses.get(`/${fleet}`), ...own].filter((at) => at !== undefined);
    return since.length > 0 ? Math.min(...since) : undefined;
  }

  /** Whether the file that is stored for a fleet is one. */
  isReadable(fleet: string): boolean {
    return !this.#unreadable.has(fleet);
  }

  /** A fleet's mode, and since when. */
  mode(fleet: string): { readonly mode: string; readonly sinceMs: number } | undefined {
    return this.#modes.get(fleet);
  }

  /**
   * When ours took the node in hand: the first of its executions that follow each other; undefined: no execution names it.
   * @param atMs executions that began later do not count
   */
  inHandSince(node: SeenNode, atMs = this.nowMs): number | undefined {
    const own = this.region.lambda
      .executions()
      .filter(({ payload, startedAtMs }) => startedAtMs <= atMs && names(payload, node))
      .toSorted((a, b) => b.startedAtMs - a.startedAtMs);
    let since: number | undefined;
    let untilMs = atMs;
    for (const { startedAtMs, endedAtMs } of own) {
      if (untilMs - (endedAtMs ?? untilMs) > BETWEEN_ATTEMPTS_MS) break;
      since = startedAtMs;
      untilMs = startedAtMs;
    }
    return since;
  }

  /** What people have said, with what they are just saying: a call that waits for its answer is told to the judge when it ends. */
  said(): readonly PersonAct[] {
    const asking = [...this.region.gateway.trace.waiting].filter(({ actor }) => !this.isOurs(actor));
    return [...this.persons, ...asking.flatMap((call) => saidBy(call) ?? [])];
  }

  /** Whether a person asked for this node, or for its fleet, since a moment. */
  askedFor(node: SeenNode, sinceMs: number): boolean {
    return this.said().some(
      ({ kind, atMs, fleet, node: name }) =>
        kind === 'request' &&
        atMs >= sinceMs &&
        (fleet === undefined || fleet === node.fleet) &&
        (name === undefined || name === node.name || node.instanceIds.includes(name)),
    );
  }

  /** A request, of ours or of anybody, that AWS carried out. */
  heard(call: Act): void {
    if (this.isOurs(call.actor)) {
      if (call.operation === 'SendCommand') this.hands.sent(call);
      for (const node of this.nodesOf(call)) node.lastActMs = call.at;
      return;
    }
    if (call.operation !== 'PutParameter' && call.operation !== 'DeleteParameter') return;
    const { Name = '' } = call.input as { readonly Name?: string };
    this.readFiles(Name.startsWith(FLEETS) ? [Name.slice(FLEETS.length)] : []);
  }

  /** Fleet files and pauses, as they are stored now. */
  readFiles(pushed: readonly string[] = []): void {
    const { ssm } = this.region;
    for (const name of [...this.fleets.keys(), ...pushed]) {
      const text = ssm.parameter(`${FLEETS}${name}`);
      // A file that was stored and is gone: its fleet is looked after no more, or has another name.
      if (text === undefined && this.#texts.delete(name)) this.fleets.delete(name);
      if (text === undefined || this.#texts.get(name) === text) continue;
      this.#texts.set(name, text);
      const document = parsed(text);
      if (document) {
        this.#putFleet(name, document, this.nowMs);
        this.#unreadable.delete(name);
      } else this.#unreadable.add(name);
    }
    this.#readPause('/', ssm.parameter('/chainmend/pause'));
    for (const name of this.fleets.keys()) this.#readPause(`/${name}`, ssm.parameter(`/chainmend/pauses/${name}`));
    for (const node of this.nodes) if (!this.fleets.has(node.fleet)) this.#moveNode(node);
  }

  /** A node goes by the tags of its instance to the fleet that has a file. */
  #moveNode(node: SeenNode): void {
    const present = this.present(node);
    const { 'chainmend:fleet': _, ...tags } = tagsIn(present?.tags ?? []);
    const fleet = fleetOfTags(this.fleets, tags);
    if (fleet !== undefined) Object.assign(node, { fleet, subject: `${fleet}/${node.name}` });
  }

  /** Compares the world with what was seen last, and tells each difference. */
  compare(listener: Listener): void {
    const { ec2 } = this.region;
    const now = { volumes: ec2.volumes(), instances: ec2.instances(), snapshots: ec2.snapshots() };
    if (now.instances !== this.#all.instances) {
      const before = this.instances;
      this.instances = new Map(now.instances.map((instance) => [instance.instanceId, instance]));
      differences(before, this.instances, (old, present) => {
        if (present) this.#instanceChanged(old, present);
        listener.instance(old, present);
      });
    }
    if (now.volumes !== this.#all.volumes) {
      const before = this.volumes;
      this.volumes = new Map(now.volumes.map((volume) => [volume.volumeId, volume]));
      differences(before, this.volumes, listener.volume);
    }
    if (now.snapshots !== this.#all.snapshots)
      this.snapshots = new Map(now.snapshots.map((snapshot) => [snapshot.snapshotId, snapshot]));
    this.#all = now;
    this.#clients(listener);
  }

  /** What ours have just made: everything that is there now and was not when the world was last seen. */
  noteMade(act: Act): void {
    const { ec2 } = this.region;
    // For whom it says that it is made; a snapshot that it is made from may be another node's.
    const asked = tagsAsked(act.input);
    const node = this.nodeNamed(asked['chainmend:fleet'], asked['chainmend:node']) ?? this.nodesOf(act)[0];
    const note = (id: string) => this.made.set(id, { atMs: act.at, actor: act.actor, node });
    if (this.made.size > REMEMBERED_MAX) return;
    for (const { volumeId } of ec2.volumes()) if (!this.volumes.has(volumeId)) note(volumeId);
    for (const { instanceId } of ec2.instances()) {
      if (this.instances.has(instanceId)) continue;
      note(instanceId);
      this.power(instanceId, 'ours');
    }
    for (const { snapshotId } of ec2.snapshots()) if (!this.snapshots.has(snapshotId)) note(snapshotId);
  }

  /** An instance that ours launched for a drill, tagged so from its launch: it is no node, and goes with its volumes (docs/drills.md). */
  isThrowAway(id: string): boolean {
    const instance = this.instances.get(id);
    return instance !== undefined && this.made.has(id) && 'chainmend:drill' in tagsIn(instance.tags);
  }

  /** The state of each node, for what lasts. */
  assess(): void {
    const now = this.nowMs;
    for (const node of this.nodes) {
      const instance = this.present(node);
      const id = instance?.instanceId ?? node.instanceIds.at(-1) ?? '';
      const ceilings = this.ceilings(node.fleet);
      if (!ceilings) continue;
      const trouble = troubleOf(instance, this.machine(id), this.volumesOf(id), ceilings);
      if (trouble !== node.trouble && isSick(trouble) !== isSick(node.trouble)) node.troubleSinceMs = now;
      node.trouble = trouble;
      if (isSick(trouble)) node.lastSickMs = now;
      if (trouble === undefined || isSick(trouble)) node.hasServed = trouble === undefined;
    }
  }

  #putFleet(name: string, document: FleetDocument, sinceMs: number): void {
    this.fleets.set(name, document);
    if (this.#modes.get(name)?.mode !== document.mode) this.#modes.set(name, { mode: document.mode, sinceMs });
  }

  #readPause(key: string, value: string | undefined): void {
    if (value === undefined || value === 'off') this.#pauses.delete(key);
    else if (!this.#pauses.has(key)) this.#pauses.set(key, this.nowMs);
  }

  #addNode(node: SeenNode): void {
    this.nodes.push(node);
    for (const id of node.instanceIds) this.#byInstance.set(id, node);
  }

  #instanceChanged(before: Instance | undefined, { instanceId, tags: list }: Instance): void {
    const tags = tagsIn(list);
    if (!before || !this.nodeOf(instanceId)) this.#meet(instanceId, tags, true);
    if (tags['chainmend:pause'] === undefined) this.#pauses.delete(instanceId);
    else if (!this.#pauses.has(instanceId)) this.#pauses.set(instanceId, this.nowMs);
  }

  /** An instance that was not known: another one of a known node, or a new node. */
  #meet(instanceId: string, tags: Readonly<Record<string, string>>, isNew: boolean): void {
    if (this.nodeOf(instanceId)) return;
    const fleet = fleetOfTags(this.fleets, tags);
    const document = fleet === undefined ? undefined : this.fleets.get(fleet);
    if (fleet === undefined || !document) return;
    const own = tags['chainmend:node'] ?? tags[document.nodes.nameTag ?? 'Name'] ?? instanceId;
    const known = this.nodeNamed(fleet, own);
    const isFollower = known !== undefined && (this.made.has(instanceId) || !this.present(known));
    if (isFollower && isNew) {
      known.instanceIds.push(instanceId);
      this.#byInstance.set(instanceId, known);
      return;
    }
    const name = known ? `${own}-${instanceId.slice(-8)}` : own;
    this.#addNode(newNode({ fleet, name, role: roleIn(document, tags), instanceId }));
  }

  #clients(listener: Listener): void {
    for (const node of this.nodes)
      for (const instanceId of node.instanceIds) {
        const machine = this.machine(instanceId);
        if (!machine) continue;
        if (!this.#listened.has(instanceId)) this.#listenTo(node, instanceId, machine, listener);
        const { state } = machine.client;
        if (state === 'running' ? this.down.delete(instanceId) : this.down.has(instanceId)) continue;
        if (state !== 'running') this.#wentDown(node, instanceId, machine, listener);
      }
  }

  #listenTo(node: SeenNode, instanceId: string, machine: SimulatedNode, listener: Listener): void {
    this.#listened.add(instanceId);
    // A machine that was just made, or has no power, runs no client yet: nobody has stopped it.
    const isNew = machine.client.state !== 'running' && (!machine.isPowered || this.made.has(instanceId));
    if (isNew) this.down.set(instanceId, { node, instanceId, atMs: this.nowMs, sinceMs: this.nowMs, by: 'itself' });
    machine.client.onStart(() => {
      const atMs = this.nowMs;
      const command = this.hands.atWork(instanceId, atMs);
      const said = this.#saidOf(node, 'start-client', atMs);
      const by = said ? 'person' : command ? 'ours' : (this.#poweredBy(instanceId) ?? 'person');
      if (!this.down.has(instanceId)) this.#wentDown(node, instanceId, machine, listener, true);
      listener.started({ node, instanceId, atMs, by, ...commandOf(command) });
      this.down.delete(instanceId);
    });
  }

  #wentDown(node: SeenNode, instanceId: string, machine: SimulatedNode, listener: Listener, isOver = false): void {
    // A start that is seen before its stop: the outage is the last one that ended, or still the present one.
    const outage = machine.client.outages.at(-1);
    if (!outage || (isOver && outage.toMs !== undefined && outage.toMs < this.nowMs)) return;
    const { cause, fromMs } = outage;
    const isPersons = this.#saidOf(node, 'stop-client', fromMs);
    const command = cause === 'stopped' && !isPersons ? this.hands.atWork(instanceId, fromMs) : undefined;
    const by = this.#handIn(cause, instanceId, command !== undefined);
    const change = { node, instanceId, atMs: fromMs, by, ...commandOf(command) };
    this.down.set(instanceId, { ...change, sinceMs: fromMs });
    listener.stopped(change);
  }

  /** Whether a person has said right before that they would do this. */
  #saidOf({ fleet, name }: SeenNode, kind: string, atMs: number): boolean {
    return this.persons.some(
      (one) =>
        one.kind === kind &&
        one.fleet === fleet &&
        one.node === name &&
        atMs >= one.atMs &&
        atMs - one.atMs < PERSON_MS,
    );
  }

  #handIn(cause: string, instanceId: string, isOursAtWork: boolean): Hand {
    if (cause === 'stopped') return isOursAtWork ? 'ours' : 'person';
    return cause === 'instance-down' ? (this.#poweredBy(instanceId) ?? 'itself') : 'itself';
  }

  /** Who last asked EC2 to stop or start an instance. */
  power(instanceId: string, by: Hand): void {
    this.#powered.set(instanceId, { by, atMs: this.nowMs });
  }

  #poweredBy(instanceId: string): Hand | undefined {
    const last = this.#powered.get(instanceId);
    return last && last.atMs > this.nowMs - POWER_MS ? last.by : undefined;
  }
}

const commandOf = (
  command: Pick<SentCommand, 'operation' | 'actor' | 'isSwitch'> | undefined,
): Pick<ClientChange, 'operation' | 'actor' | 'isSwitch'> =>
  command ? { operation: command.operation, actor: command.actor, ...(command.isSwitch && { isSwitch: true }) } : {};

/** Tags that a request asks for. */
function tagsAsked(input: unknown): Readonly<Record<string, string>> {
  const { TagSpecifications = [] } = input as {
    readonly TagSpecifications?: readonly { readonly Tags?: readonly { Key?: string; Value?: string }[] }[];
  };
  return tagsIn(TagSpecifications.flatMap(({ Tags = [] }) => Tags));
}

/** Whether the payload of an execution is about a node: by an instance of it, or by its name. */
export const names = (payload: string, { fleet, name, instanceIds }: SeenNode): boolean =>
  instanceIds.some((id) => payload.includes(id)) || (payload.includes(`"${name}"`) && payload.includes(`"${fleet}"`));

function parsed(text: string): FleetDocument | undefined {
  try {
    const value = JSON.parse(text) as Partial<FleetDocument> | null;
    return value?.nodes?.tag && value.mode ? (value as FleetDocument) : undefined;
  } catch {
    return undefined;
  }
}

function differences<T>(
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  tell: (old: T | undefined, present: T | undefined) => void,
): void {
  for (const [id, present] of after) {
    const old = before.get(id);
    if (old !== present) tell(old, present);
  }
  for (const [id, old] of before) if (!after.has(id)) tell(old, undefined);
}
