// A line of a story, and how it is printed: three columns, wrapped to the terminal's width, with colour only on a terminal.

import { plainText } from '../../../shared/text/plain-text.ts';
import type { PlacedNode } from '../../scenarios/world/world.ts';
import { clockTime, day } from '../format.ts';
import { colors } from '../terminal.ts';

/** `good` and `bad` have a colour; `quiet` lines are printed only with `explain`. */
export type Tone = 'node' | 'good' | 'bad' | 'quiet';

export interface StoryLine {
  readonly atMs: number;
  readonly label: string;
  readonly text: string;
  /** A node, or a fleet as a whole. */
  readonly about?: StorySubject;
  readonly tone?: Tone;
  /** Continues the line above: its time is not printed again. */
  readonly continues?: true;
  /** For `--explain`: what was read, asked and answered, one item a line. */
  readonly evidence?: readonly string[];
}

export interface Section {
  /** The node of the section, if its first line does not name it. */
  readonly heading?: NodeName;
  readonly lines: readonly StoryLine[];
}

/** A node's name for people: "bitcoin/node2". */
export type NodeName = string;

/** A node, or a fleet as a whole by the fleet's name alone: "bitcoin". */
export type StorySubject = NodeName;

export const nameOf = ({ fleet, name }: PlacedNode): NodeName => `${fleet.name}/${name}`;

/** A fleet's name never has a slash. */
export const isNode = (about: StorySubject): boolean => about.includes('/');

/** A printed line, and its moment in the run. */
export interface Printed {
  readonly atMs: number | undefined;
  readonly text: string;
}

const TIME_WIDTH = 'hh:mm:ss'.length;
const GAP = '  ';
/** A longer label moves only its own text to the right. */
const LABEL_WIDTH_MAX = 24;
const TEXT_WIDTH_MIN = 24;
/** A request to AWS may be long; the reader of the evidence wants to see it. */
const EVIDENCE_CHARACTERS = 50_000;

/** @param width of the terminal; undefined: lines are not wrapped */
export function renderSections(sections: readonly Section[], width: number | undefined): Printed[] {
  const all = sections.flatMap(({ lines }) => lines);
  const labelWidth = Math.min(LABEL_WIDTH_MAX, Math.max(0, ...all.map(({ label }) => label.length)));
  return sections.flatMap(({ heading, lines }, place): Printed[] => {
    const startMs = lines[0]?.atMs;
    const printed: Printed[] = place === 0 ? [] : [{ atMs: startMs, text: '' }];
    if (heading !== undefined)
      printed.push({ atMs: startMs, text: ' '.repeat(TIME_WIDTH) + GAP + colors.bold(plainText(heading)) });
    let today = day(all[0]?.atMs ?? 0);
    for (const line of lines) {
      if (day(line.atMs) !== today) {
        today = day(line.atMs);
        printed.push({ atMs: line.atMs, text: colors.dim(today) });
      }
      printed.push(...renderLine(line, labelWidth, width).map((text) => ({ atMs: line.atMs, text })));
    }
    return printed;
  });
}

/** For a caller that prints lines as they come. The caller decides the label's width. */
export function renderLine(line: StoryLine, labelWidth: number, width?: number): string[] {
  const { atMs, tone, continues, evidence = [] } = line;
  // The text may quote nodes and AWS: control characters are removed, so one line stays one line.
  const [label, text] = [plainText(line.label), plainText(line.text)];
  const time = continues ? ' '.repeat(TIME_WIDTH) : colors.dim(clockTime(atMs));
  const indent = TIME_WIDTH + 2 * GAP.length + labelWidth;
  const room = width === undefined ? Number.POSITIVE_INFINITY : Math.max(TEXT_WIDTH_MIN, width - indent);
  const [first = '', ...more] = wrap(text, room);
  const hanging = ' '.repeat(indent);
  return [
    `${time}${GAP}${painted(tone, label.padEnd(labelWidth), 'label')}${GAP}${painted(tone, first, 'text')}`.trimEnd(),
    ...more.map((rest) => hanging + painted(tone, rest, 'text')),
    ...evidence
      .flatMap((fact) => wrap(plainText(fact, EVIDENCE_CHARACTERS), room))
      .map((fact) => hanging + colors.dim(fact)),
  ];
}

function painted(tone: Tone | undefined, text: string, part: 'label' | 'text'): string {
  switch (tone) {
    case 'node':
      return part === 'label' ? colors.bold(text) : text;
    case 'good':
      return colors.green(text);
    case 'bad':
      return part === 'label' ? colors.yellow(text) : text;
    case 'quiet':
      return colors.dim(text);
    case undefined:
      return part === 'label' ? colors.cyan(text) : text;
  }
}

/** Breaks at spaces; between a number and its unit only if there is no other place. A word longer than a line is cut, as on a terminal. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const end = breakAt(rest, width);
    lines.push(rest.slice(0, end).trimEnd());
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}

function breakAt(text: string, width: number): number {
  const last = text.lastIndexOf(' ', width);
  if (last <= 0) return width;
  let at = last;
  while (at > width / 2 && /\d/.test(text[at - 1] ?? '')) at = text.lastIndexOf(' ', at - 1);
  return at > width / 2 ? at : last;
}
