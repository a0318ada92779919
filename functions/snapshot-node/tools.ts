// What the acts of snapshot-node are handed.

import type { Fleet } from '../../shared/fleet/model.ts';
import type { HealTools } from '../../shared/heal/context.ts';
import type { Shelf, Whose } from '../../shared/heal/kept.ts';
import type { FoundVolume } from '../../shared/heal/memory.ts';
import type { SnapshotPayload } from '../../shared/model/payload.ts';
import type { ClientOnNode, NodeCommand, Place } from '../../shared/node-commands/node-command.ts';
import type { Act } from './model.ts';

export const ENVIRONMENT = [
  'INSPECT_NODE_DOCUMENT',
  'STOP_CLIENT_DOCUMENT',
  'START_CLIENT_DOCUMENT',
  'REGISTER_NODES_FUNCTION',
] as const;

export type Variable = (typeof ENVIRONMENT)[number];
export type Tools = HealTools<SnapshotPayload, Variable>;
export const shelfOf = ({ clients: { ec2 }, store }: Pick<Tools, 'clients' | 'store'>): Shelf => ({ ec2, store });

export const whoseOf = ({ payload: { fleet, node, incidentId } }: Pick<Tools, 'payload'>): Whose => ({
  fleet,
  node,
  incidentId,
});

export type ActOf<D extends Act['do']> = Extract<Act, { readonly do: D }>;

/** In the order of the fleet file: the last one is stopped first. */
const clientsOf = ({ units }: Fleet): readonly ClientOnNode[] =>
  units.map(({ runtime, stopGraceSeconds, cleanLine }) => ({
    runtime,
    stopGraceSeconds,
    cleanLine: cleanLine ?? null,
  }));

const placesOf = (volumes: readonly FoundVolume[]): readonly Place[] =>
  volumes.map(({ path, volumeId }) => ({ path, volumeId }));

export const inspection = (fleet: Fleet): NodeCommand => ({
  operation: 'inspect-node',
  clients: clientsOf(fleet),
  paths: fleet.volumes.map(({ path }) => path),
});

/** Not masked: should the node die now, its client comes back with it. */
export const stopping = (fleet: Fleet, volumes: readonly FoundVolume[]): NodeCommand => ({
  operation: 'stop-client',
  clients: clientsOf(fleet),
  places: placesOf(volumes),
  unmount: true,
  mask: false,
  requireClean: true,
});

export const starting = (fleet: Fleet, volumes: readonly FoundVolume[]): NodeCommand => ({
  operation: 'start-client',
  clients: clientsOf(fleet),
  places: placesOf(volumes),
  unmask: false,
  scrub: [],
});
