// The difference of two texts of a file, as byte edits. A node gets these, and never the whole file, because it has hidden its secrets in the text
// that it sent.
import { linesOf } from '../text/lines.ts';
import { ConfigError } from './config-error.ts';

/** Bytes of the old file, in UTF-8: `length` of them from `start` are replaced by `text`. In order, never overlapping. */
export interface ByteEdit {
  readonly start: number;
  readonly length: number;
  readonly text: string;
}

/** Above this many pairs of lines, everything from the first to the last change is one edit. */
const MAXIMUM_PAIRS = 1_000_000;
/** The character with which a node replaces a secret. */
const HIDDEN = '*';

/** Throws a `ConfigError` where an edit would touch a line with a hidden secret: the secret would be lost. */
export function editsBetween(before: string, after: string): readonly ByteEdit[] {
  const [old, now] = [linesOf(before), linesOf(after)];
  let head = 0;
  while (head < Math.min(old.length, now.length) && old[head] === now[head]) head += 1;
  let tail = 0;
  while (tail < Math.min(old.length, now.length) - head && old.at(-1 - tail) === now.at(-1 - tail)) tail += 1;
  const hunks = hunksOf(old.slice(head, old.length - tail), now.slice(head, now.length - tail));
  // Where each line of the old file begins, in bytes.
  const starts = [0];
  for (const line of old) starts.push((starts.at(-1) ?? 0) + bytes(line));
  return hunks.map(({ from, gone, come }) => {
    const text = come.join('');
    const removed = old.slice(head + from, head + from + gone).join('');
    if (removed.includes(HIDDEN) || text.includes(HIDDEN))
      throw new ConfigError(`a line with ${HIDDEN} in it would change, and a node hides its secrets so`);
    return { start: starts[head + from] ?? 0, length: bytes(removed), text };
  });
}

/** Applies edits to a text as a node does, for a check and for a simulated node. Throws a `ConfigError`. */
export function applyEdits(before: string, edits: readonly ByteEdit[]): string {
  const content = Buffer.from(before, 'utf8');
  const parts: Buffer[] = [];
  let position = 0;
  for (const { start, length, text } of edits) {
    if (start < position || start + length > content.length)
      throw new ConfigError(`an edit of ${length} bytes from ${start} does not fit a file of ${content.length}`);
    parts.push(content.subarray(position, start), Buffer.from(text, 'utf8'));
    position = start + length;
  }
  return Buffer.concat([...parts, content.subarray(position)]).toString('utf8');
}

interface Hunk {
  readonly from: number;
  readonly gone: number;
  readonly come: readonly string[];
}

/** By the longest common subsequence of lines. */
function hunksOf(old: readonly string[], now: readonly string[]): readonly Hunk[] {
  if (old.length === 0 && now.length === 0) return [];
  if (old.length * now.length > MAXIMUM_PAIRS) return [{ from: 0, gone: old.length, come: now }];
  const width = now.length + 1;
  const longest = new Uint32Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--) {
      const [down = 0, right = 0] = [longest[(i + 1) * width + j], longest[i * width + j + 1]];
      longest[i * width + j] = old[i] === now[j] ? 1 + (longest[(i + 1) * width + j + 1] ?? 0) : Math.max(down, right);
    }
  }
  const hunks: Hunk[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      [i, j] = [i + 1, j + 1];
      continue;
    }
    const [from, first] = [i, j];
    while ((i < old.length || j < now.length) && !(i < old.length && j < now.length && old[i] === now[j])) {
      const [down = 0, right = 0] = [longest[(i + 1) * width + j], longest[i * width + j + 1]];
      if (j >= now.length || (i < old.length && down >= right)) i += 1;
      else j += 1;
    }
    hunks.push({ from, gone: i - from, come: now.slice(first, j) });
  }
  return hunks;
}

const bytes = (text: string): number => Buffer.byteLength(text, 'utf8');
