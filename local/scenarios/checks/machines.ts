// Finds the facts about the machines at a moment, for the invariants: identities, mounts, and how far validators have signed.
import { createHash } from 'node:crypto';
import type { NodeRecord } from '../../../shared/heal/records.ts';
import { INCIDENT_TAG, JOINING_TAG, RETIRED_TAG } from '../../../shared/model/tags.ts';
import { SIGNING_STATE } from '../../nodes/data.ts';
import { incidentsOf } from '../report/records.ts';
import type { PlacedNode, World } from '../world/world.ts';
import { checkIdentities, checkInFlight, checkMounts, checkSigning, checkSizes, type Violation } from './invariants.ts';

/** Keys are checked in worlds of up to so many nodes: larger ones test other things, and reading keys takes time. */
const KEYS_OF_NODES_MAX = 100;

export class MachineChecker {
  /** The highest height that each key has signed, and the largest volume of each node at each path. */
  readonly #signed = new Map<string, number>();
  readonly #sizes = new Map<
    string,
    { readonly sizeGiB: number; readonly instanceId: string; readonly volumeId: string }
  >();
  /** Volumes that were mounted there. */
  readonly #mounted = new Map<string, Set<string>>();

  /** Volumes that were seen on a node. */
  readonly #volumes = new Set<string>();

  /** @param records of all nodes */
  look(world: World, records: readonly NodeRecord[]): readonly Violation[] {
    const atMs = world.region.clock.now();
    const running = world.nodes.filter(({ machine }) => machine.client.state === 'running');
    const named = running.filter((node) => !(world.besides.has(node.fleet.name) && isApart(world, node)));
    const names = named.map(({ fleet, name, instanceId }) => ({ identity: `${fleet.name}/${name}`, instanceId }));
    // A throw-away machine has no name, and must have no key of a node.
    const apart = world.drills.filter(({ machine }) => machine.client.state === 'running');
    const few = world.nodes.length <= KEYS_OF_NODES_MAX ? [...running, ...apart] : [];
    const keys = few.flatMap((node) => keysOf(node).map((identity) => ({ identity, instanceId: node.instanceId })));
    return [
      ...checkIdentities(atMs, names),
      ...checkIdentities(atMs, keys),
      ...checkMounts(atMs, mountsOf(world)),
      ...checkSigning(atMs, this.#signedBy(few)),
      ...checkSizes(atMs, this.#sizesOf(world)),
      ...checkInFlight(atMs, replacementsOf(world, records)),
    ];
  }

  #signedBy(nodes: readonly PlacedNode[]) {
    return nodes.flatMap((node) => {
      const [key] = keysOf(node);
      const height = signedHeight(node);
      if (node.role !== 'validator' || key === undefined || height === undefined) return [];
      const before = this.#signed.get(key) ?? 0;
      this.#signed.set(key, Math.max(before, height));
      return [{ node: `${node.fleet.name}/${node.name}`, before, height }];
    });
  }

  #sizesOf(world: World) {
    const { region, nodes } = world;
    const { ec2 } = region;
    return nodes.flatMap(({ fleet, name, machine, instanceId }) =>
      machine.devices().flatMap(({ mountedAt, volumeId }) => {
        const volume = mountedAt === undefined ? undefined : ec2.volumes().find((known) => known.volumeId === volumeId);
        if (!volume || !fleet.volumes.some(({ path }) => path === mountedAt)) return [];
        // What a modification asks for is the volume's size once it is usable, and not before: EBS may fail it.
        const { sizeGiB } = volume.performance;
        const of = `${fleet.name}/${name} ${mountedAt}`;
        const last = this.#sizes.get(of);
        // Of an instance that a person has launched under the name, nobody says that its volumes are as large.
        const isPersons = last?.instanceId !== instanceId && !Object.hasOwn(ec2.tags(volumeId), INCIDENT_TAG);
        const isMoved = this.#volumes.has(volumeId);
        // What was begun is put back: it is as large as it was, and no larger.
        const mounted = this.#mounted.get(of) ?? new Set();
        const isPutBack = mounted.has(volumeId) && last?.volumeId !== volumeId;
        const before = (isPersons && !isMoved) || isPutBack ? 0 : (last?.sizeGiB ?? 0);
        this.#sizes.set(of, { sizeGiB: Math.max(before, sizeGiB), instanceId, volumeId });
        this.#mounted.set(of, mounted.add(volumeId));
        this.#volumes.add(volumeId);
        // A person has asked for this very size of this very node.
        if (sizeGiB < before && shrinksTo(world, { fleet: fleet.name, node: name, sizeGiB })) return [];
        return [{ of, fromGiB: before, toGiB: sizeGiB }];
      }),
    );
  }
}

const shrinksTo = (
  world: World,
  asked: { readonly fleet: string; readonly node: string; readonly sizeGiB: number },
): boolean =>
  incidentsOf(world).some(
    ({ fleet, node, want }) =>
      want?.do === 'shrink' && want.toGiB === asked.sizeGiB && fleet === asked.fleet && node === asked.node,
  );

/** It has not joined its fleet yet, or has left it. */
const isApart = ({ region }: World, { instanceId }: PlacedNode): boolean => {
  const tags = region.ec2.tags(instanceId);
  return tags[JOINING_TAG] !== undefined || tags[RETIRED_TAG] !== undefined;
};

/** Key files of a node's identity; the signing state is not part of any key. */
const keysOf = ({ fleet, machine }: PlacedNode): readonly string[] =>
  fleet.identityPaths
    .filter((path) => !path.endsWith(SIGNING_STATE))
    .flatMap((path) => {
      const text = machine.readFile(path);
      if (text === undefined) return [];
      return [`${path.split('/').at(-1)} ${createHash('sha256').update(text).digest('hex').slice(0, 8)}`];
    });

function signedHeight({ fleet, machine }: PlacedNode): number | undefined {
  const path = fleet.identityPaths.find((candidate) => candidate.endsWith(SIGNING_STATE));
  const height = path === undefined ? undefined : /"height" *: *"(\d{1,15})"/.exec(machine.readFile(path) ?? '')?.[1];
  return height === undefined ? undefined : Number(height);
}

/** Volumes that are mounted for writing. Of a logical volume no machine says which volumes are below it. */
const mountsOf = ({ nodes, drills }: World) =>
  [...nodes, ...drills].flatMap(({ machine, instanceId }) =>
    machine
      .devices()
      .filter(
        ({ volumeId, mountedAt, readOnly }) =>
          volumeId !== '' && mountedAt !== undefined && !readOnly && machine.isPowered,
      )
      .map(({ volumeId }) => ({ volumeId, instanceId })),
  );

/** Nodes with a replacement in progress, until it is proved. */
const replacementsOf = ({ nodes }: World, records: readonly NodeRecord[]) =>
  records.flatMap(({ fleet, instanceId, operation }) => {
    if (operation?.kind !== 'replace' || operation.phase === 'proved') return [];
    const { restoredVolumes, replacement } = operation.memory;
    if (restoredVolumes === null && replacement === null) return [];
    return [{ fleet, node: nodes.find((node) => node.instanceId === instanceId)?.name ?? instanceId }];
  });
