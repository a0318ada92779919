// What the proposers of a fleet file's keys share: the facts, a part of a proposal, and how names and commands are written. Pure.
import type { NodeSigns } from './evidence.ts';
import type { Group, Selector } from './grouping.ts';
import type { ReadOut, ReadVolume } from './read-out.ts';

/** One key of the file. */
export interface ProposedKey {
  readonly key: string;
  readonly value: unknown;
  /** Where it comes from. */
  readonly from: string;
}

export type Capability = 'grow' | 'watch' | 'restart' | 'restore' | 'replace' | 'names';

export interface Missing {
  readonly for: readonly Capability[];
  readonly what: string;
}

export interface Facts {
  readonly group: Group;
  readonly readOut: ReadOut;
  readonly volumes: readonly DataVolume[];
}

export interface DataVolume {
  readonly node: NodeSigns;
  readonly volume: ReadVolume;
}

export interface Part {
  readonly keys?: readonly ProposedKey[];
  readonly notKnown?: readonly string[];
  readonly missing?: readonly Missing[];
}

const SHOWN = 5;
/** Names of a list as a sentence has them. */
export const short = (names: readonly string[], most = SHOWN): string =>
  names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
export const nodesText = (count: number): string => `${count} ${count === 1 ? 'node' : 'nodes'}`;
export const namesOf = (nodes: readonly NodeSigns[]): string => short(nodes.map(({ name }) => name));

/** A line for a shell: ids and tags of the schema have no character that means anything there. */
export const tagCommand = (ids: readonly string[], selector: Selector): string =>
  `aws ec2 create-tags --resources ${ids.slice(0, 20).join(' ')} --tags ${Object.entries(selector)
    .map(([key, value]) => `Key=${key},Value=${value}`)
    .join(' ')}`;
