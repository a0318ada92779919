// What `chainmend diff` gives to the local region, and what it gets back: a file, and lines of JSON between processes. Two versions of chainmend speak it
// with each other: a key that is added is optional.
import type { FleetDocument } from '../../../shared/fleet/schema.ts';

/** The world of a story: the text of a world file, or a scenario of the version's own. */
export type StoryWorld = { readonly file: string } | { readonly scenario: string };

/** What both versions are to meet: the same faults at the same minutes, with the same seed. */
export interface Story {
  readonly story: string;
  readonly seed: number;
  readonly before: StoryWorld;
  readonly after: StoryWorld;
}

/** What stories are made of. */
export interface DrawInput {
  /** Drills and storms of a fleet as its file says. Absent: storms of generated fleets. */
  readonly fleet?: {
    readonly before: FleetDocument;
    readonly after: FleetDocument;
    /** Nodes of the fleet that is played. */
    readonly nodes: number;
  };
  readonly seed: number;
  readonly storms: number;
  /** The types of faults that storms are drawn from; all of them unless given. */
  readonly only?: readonly string[];
  /** Scenarios, by their names. */
  readonly scenarios: readonly string[];
}

/** A line of who draws: a story, or why there is none. */
export type DrawnLine = Story | { readonly wrong: string };

export interface PlayInput {
  readonly stories: readonly { readonly story: string; readonly seed: number; readonly world: StoryWorld }[];
}

/** What was done, planned, refused and told in one story, and how it ended. */
export interface PlayedLine {
  readonly story: string;
  /** One for each: "node2: swap, healed", "node2: refused drift-refused", "node2: paged ladder-spent", "node2: ends synced". */
  readonly acts: readonly string[];
}

/** A story under one of the two versions. */
export interface PlayedStory extends PlayedLine {
  readonly by: 'before' | 'after';
}
