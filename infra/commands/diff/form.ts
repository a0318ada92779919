// What `chainmend diff` gives to the local region, and what it gets back: a file, and lines of JSON between two processes.
import type { FleetDocument } from '../../../shared/fleet/schema.ts';

export interface DiffInput {
  readonly before: FleetDocument;
  readonly after: FleetDocument;
  /** Nodes of the fleet that is played. */
  readonly nodes: number;
  readonly seed: number;
  readonly storms: number;
}

/** What was done, planned, refused and told in one story, under one of the two files. */
export interface PlayedStory {
  readonly story: string;
  readonly by: 'before' | 'after';
  /** One for each: "node2: swap, healed", "node2: refused drift-refused", "node2: paged ladder-spent". */
  readonly acts: readonly string[];
}
