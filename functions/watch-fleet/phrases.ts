// Writes numbers, times and lists for a sentence that a tired person reads.
import { plainText } from '../../shared/text/plain-text.ts';

export const blocks = (count: number): string => (count === 1 ? '1 block' : `${count} blocks`);

/** Enough of a hash for a person to compare. */
export const short = (hash: string): string => (hash.length > 16 ? `${hash.slice(0, 12)}…` : hash);

/** "40 s", "12 min", "3.5 h", "4 d" */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 2 * 3600) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Number((seconds / 3600).toFixed(1))} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** A hundred nodes with sentences of this length fit into an item of the table, with any letters. */
const MAX_CHARACTERS = 600;

/** A sentence that quotes strangers, or AWS: made one line of bounded length, without control characters. */
export const oneLine = (sentence: string): string => plainText(sentence, MAX_CHARACTERS);

export const sentenceOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
