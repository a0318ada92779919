// A fleet that nobody has: so many nodes as its file describes them, each with a clean snapshot of a sibling. Pure.
import { resolveFleet } from '../../shared/fleet/resolve.ts';
import type { FleetDocument } from '../../shared/fleet/schema.ts';
import { quickChain, type Twin, type TwinNode } from './world.ts';

const SIZE_GIB = 100;
const SNAPSHOT_HOURS = 6;

/** The file's own mode stays: a change of it is a change like any other. */
export function madeTwin(document: FleetDocument, count: number): Twin {
  const fleet = resolveFleet(document);
  const role = 'fixed' in fleet.role ? fleet.role.fixed : undefined;
  const nodes: readonly TwinNode[] = Array.from({ length: count }, (_, at) => ({
    fleet: fleet.name,
    name: `node${at + 1}`,
    volumes: fleet.volumes.map(({ role: volume }) => ({ role: volume, sizeGiB: SIZE_GIB })),
    client: { startSeconds: 15 },
  }));
  return {
    fleet: document,
    nodes,
    roles: new Map(nodes.map(({ name }) => [name, role ?? 'unknown'])),
    chain: quickChain(fleet),
    snapshots: nodes.length > 1 ? [{ of: `${fleet.name}/node2`, hoursAgo: SNAPSHOT_HOURS }] : [],
    before: { templates: [fleet.name] },
    silent: [],
    remarks: [],
  };
}
