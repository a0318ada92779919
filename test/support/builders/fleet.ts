// The ordinary fleet: an exchange's bitcoin nodes, as the README has them, in mode act.
import type { Fleet } from '../../../shared/fleet/model.ts';
import { parseFleet } from '../../../shared/fleet/resolve.ts';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { bitcoin } from '../fleet-documents.ts';

/** The tags of its nodes and their volumes. */
export const NODE_TAGS = { Component: 'nodes/bitcoin' };
export const ACCOUNT = '111122223333';

type Differing = { readonly [Field in keyof FleetDocument]?: FleetDocument[Field] | undefined };

/**
 * Its fleet file.
 * @param more fields that differ; the file does not have what is undefined
 */
export const bitcoinFile = (more: Differing = {}): object =>
  Object.fromEntries(Object.entries({ ...bitcoin, mode: 'act', ...more }).filter(([, value]) => value !== undefined));

/** The fleet of such a file. */
export const bitcoinFleet = (more: Differing = {}): Fleet => parseFleet(bitcoinFile(more));
