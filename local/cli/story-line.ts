// What a story is made of.
import type { About, NodeName } from './subject.ts';

/** good and bad carry colour; quiet is what only those want who look closer. */
export type Tone = 'node' | 'good' | 'bad' | 'quiet';

export interface StoryLine {
  readonly atMs: number;
  readonly label: string;
  readonly text: string;
  /** A node, or a fleet as a whole. */
  readonly about?: About;
  readonly tone?: Tone;
  /** Belongs to the line above: its moment is not said again. */
  readonly continues?: true;
  /** For `--explain`: what was read, asked and answered, a line each. */
  readonly evidence?: readonly string[];
}

export interface Section {
  /** The node that it is about, where its first line does not name it. */
  readonly heading?: NodeName;
  readonly lines: readonly StoryLine[];
}
