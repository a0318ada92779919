// What a node's own command says of its data volumes: over OTLP nobody else tells of them.
import type { Fleet } from '../../shared/fleet/model.ts';
import type { NodeReading } from './context.ts';

interface Disk {
  readonly path: string;
  /** Of its bytes and of its inodes; undefined where the command does not see the volume. */
  readonly disk: number | undefined;
  readonly inodes: number | undefined;
}

/** Each of the fleet's volumes; none where the node did not answer. */
export function disksOf({ volumes }: Pick<Fleet, 'volumes'>, reading: NodeReading | undefined): readonly Disk[] {
  if (reading?.kind !== 'read') return [];
  const { diskUsedPercent = {}, inodesUsedPercent = {} } = reading.reading;
  return volumes.map(({ role, path }) => ({
    path,
    disk: ownValue(diskUsedPercent, role),
    inodes: ownValue(inodesUsedPercent, role),
  }));
}

/** Paths that nobody sees fill. */
export const unseenPaths = (
  fleet: Pick<Fleet, 'volumes' | 'metrics'>,
  reading: NodeReading | undefined,
): readonly string[] =>
  fleet.metrics === 'otlp'
    ? disksOf(fleet, reading).flatMap(({ path, disk }) => (disk === undefined ? [path] : []))
    : [];

const ownValue = (values: Readonly<Record<string, number>>, key: string): number | undefined =>
  Object.hasOwn(values, key) ? values[key] : undefined;
