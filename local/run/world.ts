// The world of one run: the region with the stack deployed in it, and the nodes, chains and people of a scenario.

import { toItem } from '../../shared/aws/attributes.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { Health } from '../../shared/fleet/observation.ts';
import { roleOf } from '../../shared/fleet/resolve.ts';
import { newNode } from '../../shared/heal/lease.ts';
import { keys } from '../../shared/heal/store.ts';
import { type ChainSpec, SimulatedChain } from '../nodes/chain.ts';
import { type ClientState, SYNCED_LAG_BLOCKS } from '../nodes/client.ts';
import type { Metric, Past } from '../nodes/metrics.ts';
import { SimulatedNode } from '../nodes/node.ts';
import type { FilesystemType } from '../nodes/volume.ts';
import type { Region } from '../region/region.ts';

const GIB = 2 ** 30;
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Starts of one client that are kept: one that is started more often does not stay up. */
const STARTS_MAX = 1_000;
/** Nodes of one OBSERVATION item. */
const NODES_PER_ITEM = 100;

export interface WorldVolume {
  readonly role: string;
  readonly path: string;
  readonly sizeGiB: number;
  readonly usedPercent: number;
  readonly type?: 'gp2' | 'gp3' | 'io1' | 'io2' | 'st1';
  readonly iops?: number;
  readonly throughputMiBps?: number;
  readonly filesystem?: FilesystemType;
  readonly partitioned?: boolean;
  /** The filesystem's size where somebody forgot to grow it with its volume. */
  readonly filesystemGiB?: number;
  readonly inodesUsed?: number;
  /** The share of each block that lands on this volume; 1 unless given. */
  readonly share?: number;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface WorldNode {
  readonly instanceId?: string;
  readonly fleet: string;
  readonly name: string;
  readonly chain: string;
  readonly volumes: readonly WorldVolume[];
  readonly client?: ClientState;
  readonly validatorPower?: number;
  readonly runtime?: 'systemd' | 'docker' | 'compose';
  readonly unit?: string;
  readonly past?: Past;
  readonly agentVersion?: string;
  readonly powered?: boolean;
  readonly rootUsedPercent?: number;
  /** Use in per cent at which its disk alarm goes off. */
  readonly alarmAtPercent?: number;
}

/** A node as the world knows it: its machine, its instance, what it is called. */
export interface Placed {
  readonly fleet: Fleet;
  readonly name: string;
  readonly role: string;
  readonly machine: SimulatedNode;
  readonly instanceId: string;
  readonly volumeIds: ReadonlyMap<string, string>;
  readonly tags: Readonly<Record<string, string>>;
}

export class World {
  readonly region: Region;
  readonly tableName: string;
  readonly fleets: ReadonlyMap<string, Fleet>;
  readonly nodes: Placed[] = [];
  readonly #chains = new Map<string, SimulatedChain>();
  /** Fleets whose observation somebody stopped writing. */
  readonly unobserved = new Set<string>();
  readonly #preparations: Promise<unknown>[] = [];
  /** Starts of clients since the story began, by instance, oldest first. */
  readonly #starts = new Map<string, { readonly startedMs: number; syncedMs?: number }[]>();

  constructor(region: Region, tableName: string, fleets: ReadonlyMap<string, Fleet>) {
    this.region = region;
    this.tableName = tableName;
    this.fleets = fleets;
  }

  get chains(): readonly SimulatedChain[] {
    return [...this.#chains.values()];
  }

  chain(spec: ChainSpec): void {
    this.#chains.set(spec.name, new SimulatedChain(this.region.kernel, spec));
  }

  node(spec: WorldNode): Placed {
    const { region } = this;
    const fleet = this.fleets.get(spec.fleet);
    const chain = this.#chains.get(spec.chain);
    if (!fleet || !chain)
      throw new Error(`node ${spec.name}: there is no ${fleet ? `chain ${spec.chain}` : `fleet ${spec.fleet}`}`);
    const index = this.nodes.length;
    const zone = `${region.kernel.regionName}${'abc'[index % 3] ?? 'a'}`;
    const tags = { ...fleet.nodes.tags, [fleet.nodes.nameTag]: spec.name };
    const privateIp = `10.0.${index % 3}.${10 + Math.floor(index / 3)}`;
    const instanceId = region.ec2.addInstance({
      ...(spec.instanceId && { instanceId: spec.instanceId }),
      availabilityZone: zone,
      privateIp,
      tags,
      state: spec.powered === false ? 'stopped' : 'running',
    });
    region.ec2.addVolume({
      sizeGiB: 16,
      type: 'gp3',
      availabilityZone: zone,
      attachedTo: { instanceId, device: '/dev/xvda', deleteOnTermination: true },
      tags: { Name: `${spec.name}-root` },
    });
    const volumeIds = new Map<string, string>();
    for (const [place, volume] of spec.volumes.entries()) {
      const volumeId = region.ec2.addVolume({
        sizeGiB: volume.sizeGiB,
        type: volume.type ?? 'gp3',
        ...(volume.iops !== undefined && { iops: volume.iops }),
        ...(volume.throughputMiBps !== undefined && { throughputMiBps: volume.throughputMiBps }),
        availabilityZone: zone,
        attachedTo: { instanceId, device: `/dev/sd${'fghij'[place] ?? 'f'}` },
        tags: {
          ...(volume.tags ?? fleet.volumes.find(({ role }) => role === volume.role)?.tags ?? fleet.nodes.tags),
          Name: `${spec.name}-${volume.role}`,
        },
      });
      volumeIds.set(volume.role, volumeId);
    }
    const [unit] = fleet.units;
    const machine = new SimulatedNode(region.kernel, chain, {
      instanceId,
      name: spec.name,
      privateIp,
      runtime: spec.runtime ?? unit?.runtime.kind ?? 'none',
      unit: spec.unit ?? unitOf(fleet),
      ...(spec.client && { client: spec.client }),
      ...(spec.validatorPower !== undefined && { validatorPower: spec.validatorPower }),
      ...(spec.agentVersion && { agentVersion: spec.agentVersion }),
      ...(spec.powered === false && { powered: false }),
      ...(spec.rootUsedPercent !== undefined && {
        root: { sizeBytes: 16 * GIB, usedBytes: (16 * GIB * spec.rootUsedPercent) / 100 },
      }),
      volumes: spec.volumes.map((volume) => {
        const filesystemGiB = volume.filesystemGiB ?? volume.sizeGiB;
        return {
          volumeId: volumeIds.get(volume.role) ?? '',
          role: volume.role,
          path: volume.path,
          filesystem: volume.filesystem ?? 'xfs',
          deviceBytes: volume.sizeGiB * GIB,
          usedBytes: Math.floor((filesystemGiB * GIB * volume.usedPercent) / 100),
          ...(volume.partitioned && { partitioned: true }),
          ...(volume.filesystemGiB !== undefined && { filesystemBytes: volume.filesystemGiB * GIB }),
          ...(volume.inodesUsed !== undefined && { inodesUsed: volume.inodesUsed }),
          ...(volume.share !== undefined && { share: volume.share }),
        };
      }),
    });
    region.machines.add(machine);
    machine.startMetrics((metrics) => this.#record(metrics));
    this.#record(machine.pastMetrics({ hours: 24, stepSeconds: 300, ...spec.past }));
    const placed: Placed = { fleet, name: spec.name, role: roleOf(fleet, tags), machine, instanceId, volumeIds, tags };
    this.nodes.push(placed);
    machine.client.onStart(() => this.#followStart(placed));
    for (const volume of spec.volumes) this.#alarm(placed, volume, spec.alarmAtPercent ?? 90);
    return placed;
  }

  find(fleet: string, name: string): Placed {
    const found = this.nodes.find((node) => node.fleet.name === fleet && node.name === name);
    if (!found) throw new Error(`the world has no node ${fleet}/${name}`);
    return found;
  }

  /** From the client's last start between two moments until it was synced, in ms; 0 where it was not started. */
  caughtUpMs({ instanceId }: Placed, fromMs: number, toMs: number): number {
    const start = this.#starts.get(instanceId)?.findLast(({ startedMs }) => startedMs >= fromMs && startedMs <= toMs);
    return start ? (start.syncedMs ?? this.region.clock.now()) - start.startedMs : 0;
  }

  /** Follows a client that came back, once a second while it is behind. */
  #followStart({ instanceId, machine: { client } }: Placed): void {
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

  /** Something that a person does, so long after the start. */
  at(minutes: number, act: () => unknown): void {
    this.region.clock.after(minutes * MINUTE_MS, () => {
      Promise.resolve(act()).catch((error: unknown) => this.region.clock.fail(error));
    });
  }

  /** The same as soon as something is so; looked at once a second. */
  when(isSo: () => boolean, act: () => unknown): void {
    this.region.clock.after(SECOND_MS, () => (isSo() ? this.at(0, act) : this.when(isSo, act)));
  }

  /** What a person does with each page of a kind, so many minutes after it came. */
  whenPaged(code: string, minutesLater: number, act: (page: Readonly<Record<string, string>>) => unknown): void {
    const { clock, sns } = this.region;
    let seen = 0;
    const look = (): void => {
      const published = sns.published();
      for (const { message } of published.slice(seen)) {
        const page = JSON.parse(message) as Readonly<Record<string, string>>;
        if (page['code'] === code) this.at(minutesLater, () => act(page));
      }
      seen = published.length;
      clock.after(SECOND_MS, look);
    };
    look();
  }

  /** A volume that was grown before, each time by so much: AWS remembers that, and of what we did our own record tells. */
  grownBefore(
    { fleet, instanceId, volumeIds }: Placed,
    role: string,
    by: 'us' | 'a person',
    steps: readonly { readonly hoursAgo: number; readonly fromGiB: number; readonly toGiB: number }[],
  ): void {
    const volumeId = volumeIds.get(role) ?? '';
    const nowMs = this.region.clock.now();
    const modifications = steps.map(({ hoursAgo, toGiB }) => ({ volumeId, toGiB, atMs: nowMs - hoursAgo * HOUR_MS }));
    for (const [index, { fromGiB, toGiB }] of steps.entries()) {
      const startedAtMs = modifications[index]?.atMs ?? nowMs;
      this.region.ec2.addModification(volumeId, { startedAtMs, fromGiB, toGiB, completedAtMs: startedAtMs + HOUR_MS });
    }
    if (by === 'a person') return;
    const { pk, sk } = keys.node(fleet.name, instanceId);
    const record = { ...newNode(fleet.name, instanceId), fence: steps.length, modifications, version: 1 };
    const Item = { pk: { S: pk }, sk: { S: sk }, ...toItem(record) };
    this.beforehand(this.region.call('dynamodb', 'PutItem', { TableName: this.tableName, Item }, 'resize-volume'));
  }

  /** To be waited for before the story begins. */
  beforehand(work: Promise<unknown>): void {
    this.#preparations.push(work);
  }

  /** A person pauses everything, or a fleet; `off` ends it. */
  setPause(value: string, fleet?: string): Promise<unknown> {
    const Name = fleet ? `/chainmend/pauses/${fleet}` : '/chainmend/pause';
    return this.region.call('ssm', 'PutParameter', { Name, Value: value, Type: 'String', Overwrite: true });
  }

  /** Resolves when everything that `build` began is in place. */
  async prepared(): Promise<void> {
    await Promise.all(this.#preparations);
  }

  /** What watch-fleet will write each minute: how each node is, as one sees it from outside. */
  observeEachMinute(): void {
    const tick = (): void => {
      for (const fleet of this.fleets.values()) {
        if (!this.unobserved.has(fleet.name))
          this.#observe(fleet).catch((error: unknown) => this.region.clock.fail(error));
      }
      this.region.clock.after(MINUTE_MS, tick);
    };
    tick();
  }

  async #observe(fleet: Fleet): Promise<void> {
    const nodes = this.nodes.filter((node) => node.fleet === fleet);
    for (let from = 0; from < nodes.length; from += NODES_PER_ITEM) {
      const observation = {
        observedAtMs: this.region.clock.now(),
        nodes: nodes.slice(from, from + NODES_PER_ITEM).map(({ instanceId, machine }) => {
          const { state, height } = machine.report();
          return { instanceId, health: state satisfies Health, height };
        }),
      };
      const key = {
        pk: { S: `FLEET#${fleet.name}` },
        sk: { S: `OBSERVATION#${String(from / NODES_PER_ITEM).padStart(3, '0')}` },
      };
      await this.region.call(
        'dynamodb',
        'PutItem',
        { TableName: this.tableName, Item: { ...key, ...toItem(observation) } },
        'watch-fleet',
      );
    }
  }

  #record(metrics: readonly Metric[]): void {
    for (const { namespace, metricName, dimensions, value, timestampMs, unit } of metrics)
      this.region.cloudwatch.record(namespace, metricName, dimensions, value, timestampMs, unit);
  }

  /** The alarm that register-nodes will make: on the instance and the path, never on a volume id that a swap changes. */
  #alarm({ fleet, name, instanceId }: Placed, volume: WorldVolume, atPercent: number): void {
    const suffix = volume.role === fleet.volumes[0]?.role ? 'disk' : `disk-${volume.role}`;
    const AlarmName = `chainmend-${fleet.name}-${name}-${suffix}`;
    this.#preparations.push(
      this.region.call(
        'monitoring',
        'PutMetricAlarm',
        {
          AlarmName,
          AlarmDescription: `The ${volume.role} volume of ${fleet.name}/${name} is filling up.`,
          Namespace: 'CWAgent',
          MetricName: 'disk_used_percent',
          Dimensions: Object.entries({
            InstanceId: instanceId,
            path: volume.path,
            fstype: volume.filesystem ?? 'xfs',
          }).map(([Name, Value]) => ({ Name, Value })),
          Statistic: 'Maximum',
          Period: 60,
          EvaluationPeriods: 1,
          Threshold: atPercent,
          ComparisonOperator: 'GreaterThanOrEqualToThreshold',
          TreatMissingData: 'missing',
          Tags: [
            { Key: 'chainmend:fleet', Value: fleet.name },
            { Key: 'chainmend:node', Value: name },
            { Key: 'chainmend:kind', Value: 'disk' },
          ],
        },
        'register-nodes',
      ),
    );
  }
}

/** The real unit behind a fleet file's template: `node@*` runs as node@0.21.0. */
const unitOf = ({ units }: Fleet): string => {
  const runtime = units[0]?.runtime;
  switch (runtime?.kind) {
    case 'systemd':
      return `${runtime.unit.replace(/\.service$/, '').replace('*', '0.21.0')}.service`;
    case 'docker':
      return runtime.container;
    case 'compose':
      return `${runtime.file}#${runtime.service}`;
    case undefined:
      return '';
  }
};
