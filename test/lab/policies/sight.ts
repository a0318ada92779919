// What an owner without chainmend sees of a fleet each minute: a script on each node, the status checks, the disks. Every policy but ours is told this,
// and nothing else.
import type { World } from '../../../local/scenarios/world/world.ts';

export interface SeenVolume {
  readonly volumeId: string;
  readonly sizeGiB: number;
  readonly usedPercent: number;
}

/** One instance of a fleet, as somebody sees it who asks its client on the loopback. */
export interface Sight {
  readonly instanceId: string;
  readonly fleet: string;
  readonly name: string;
  readonly role: string;
  readonly launchedMs: number;
  readonly isRunning: boolean;
  /** EC2's own checks. */
  readonly statusFailed: boolean;
  readonly clientRuns: boolean;
  /** A person stopped the client: on a platform that restarts what ends, they would have said so to it. */
  readonly askedToEnd: boolean;
  /** Undefined: its RPC gives no answer that a script understands. */
  readonly height: number | undefined;
  /** The highest block that the fleet's nodes and its references tell; undefined: nobody tells any. */
  readonly best: number | undefined;
  /** Its height has not risen for the fleet's `health.stuckSeconds`, and the best one has. */
  readonly standsStill: boolean;
  readonly volumes: readonly SeenVolume[];
  /** The newest completed snapshot of its data volume, or of its fleet's where it has none; a validator's is its own or none. */
  readonly snapshotId: string | undefined;
  /** Of the owner's alarm. */
  readonly diskPercent: number;
  readonly largestGiB: number;
  /** So many blocks behind, and the owner calls it behind. */
  readonly behindBlocks: number;
}

interface Risen {
  readonly height: number;
  readonly best: number;
  readonly atMs: number;
}

/** The RPC that answers a plain question for the height; all other misbehaviour gives a script nothing. */
const ANSWERS: ReadonlySet<string | undefined> = new Set([undefined, 'withholding']);

export class Sights {
  readonly #world: World;
  readonly #risen = new Map<string, Risen>();
  /** The data volumes that each node has had: their snapshots are its own. */
  readonly #volumesOf = new Map<string, Set<string>>();

  constructor(world: World) {
    this.#world = world;
  }

  /** All instances of the fleets now, in the order of their making. Call it once a minute. */
  now(): readonly Sight[] {
    const { region, current } = this.#world;
    const nowMs = region.clock.now();
    const instances = new Map(region.ec2.instances().map((instance) => [instance.instanceId, instance]));
    const volumes = new Map(region.ec2.volumes().map((volume) => [volume.volumeId, volume]));
    const best = this.#bestHeights();
    return current.map((node): Sight => {
      const { instanceId, fleet, name, role, machine, volumeIds } = node;
      const instance = instances.get(instanceId);
      const own = this.#volumesOf.get(`${fleet.name}/${name}`) ?? new Set();
      for (const id of volumeIds.values()) own.add(id);
      this.#volumesOf.set(`${fleet.name}/${name}`, own);
      const height = heightOf(node);
      const highest = best.get(fleet.name);
      return {
        ...{ instanceId, fleet: fleet.name, name, role, height, best: highest },
        launchedMs: instance?.launchedAtMs ?? nowMs,
        isRunning: instance?.state === 'running',
        statusFailed: Object.values(instance?.checks ?? {}).includes('impaired'),
        clientRuns: machine.isPowered && machine.client.state === 'running',
        askedToEnd: machine.clientAsked() === true || machine.isClientGone,
        standsStill: this.#standsStill(instanceId, height, highest, fleet.health.stuckSeconds),
        volumes: machine.volumes.flatMap(({ volumeId, usedPercent, mounted }) => {
          const volume = volumes.get(volumeId);
          return volume && mounted ? [{ volumeId, usedPercent, sizeGiB: volume.performance.sizeGiB }] : [];
        }),
        snapshotId: this.#snapshotFor(fleet.name, own, role),
        diskPercent: fleet.alarms.diskPercent,
        largestGiB: fleet.disk.maximumSizeGiB,
        behindBlocks: fleet.health.behindBlocks,
      };
    });
  }

  #bestHeights(): ReadonlyMap<string, number> {
    const best = new Map<string, number>();
    const tell = (fleet: string, height: number): void => void best.set(fleet, Math.max(best.get(fleet) ?? 0, height));
    for (const node of this.#world.current) {
      const height = heightOf(node);
      if (height !== undefined) tell(node.fleet.name, height);
      if ((node.fleet.health.references.length ?? 0) === 0) continue;
      for (const endpoint of node.machine.chain.endpoints) {
        const told = endpoint();
        if (told) tell(node.fleet.name, told.branch.height());
      }
    }
    return best;
  }

  #standsStill(
    instanceId: string,
    height: number | undefined,
    best: number | undefined,
    stuckSeconds: number,
  ): boolean {
    const nowMs = this.#world.region.clock.now();
    const last = this.#risen.get(instanceId);
    if (height === undefined || best === undefined) return false;
    if (!last || height > last.height || best < last.best) {
      this.#risen.set(instanceId, { height, best, atMs: nowMs });
      return false;
    }
    return nowMs - last.atMs >= stuckSeconds * 1_000 && best > last.best;
  }

  #snapshotFor(fleet: string, own: ReadonlySet<string>, role: string): string | undefined {
    const { region } = this.#world;
    const completed = region.ec2.snapshots().filter(({ state }) => state === 'completed');
    const newest = (ids: (volumeId: string) => boolean): string | undefined =>
      completed
        .filter(({ volumeId }) => ids(volumeId))
        .toSorted((a, b) => a.startedAtMs - b.startedAtMs || (a.snapshotId < b.snapshotId ? -1 : 1))
        .at(-1)?.snapshotId;
    const siblings = [...this.#volumesOf].flatMap(([ref, ids]) => (ref.startsWith(`${fleet}/`) ? [...ids] : []));
    const mine = newest((id) => own.has(id));
    return mine ?? (role === 'validator' ? undefined : newest((id) => siblings.includes(id)));
  }
}

const heightOf = ({ machine }: World['nodes'][number]): number | undefined => {
  const { client, rpc, isPowered } = machine;
  const answers = isPowered && client.state === 'running' && !client.starting && ANSWERS.has(rpc.misbehaves);
  return answers ? client.height() : undefined;
};
