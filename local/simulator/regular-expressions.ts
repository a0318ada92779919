// Evaluates regular expressions of callers: parameters and documents have patterns of their own, which AWS evaluates.
import vm from 'node:vm';
import { AwsError } from './service.ts';

/**
 * An honest pattern takes less than a thousandth of this for a text of a few KB, even on a busy machine; one with nested repetitions would never end.
 */
const MATCH_MS_MAX = 2_000;
/** A match with a time limit costs a thread: texts that are too short for a slow match, and patterns that have none, go without. */
const UNWATCHED_LENGTH_MAX = 12;
/** Optional parts count as repetitions: thirty of them, one behind the other, would take for ever. */
const REPETITIONS_MAX = 3;
/** `{n,m}` up to this is no long repetition. */
const SHORT_REPETITION_MAX = 9;

const place: { expression: RegExp; text: string } = { expression: /./, text: '' };
let match: vm.Script | undefined;

/** What was found before, oldest first: the same few parameters come again and again. */
const found = new Map<string, boolean>();
const FOUND_MAX = 5_000;

/** Whether a text matches. Throws `AwsError` with this code for an invalid pattern, or one that takes too long. */
export function matchesPattern(pattern: string, text: string, code: string): boolean {
  const key = `${pattern}\n${text}`;
  const known = found.get(key);
  if (known !== undefined) return known;
  const matches = matched(pattern, text, code);
  if (found.size >= FOUND_MAX) found.delete(found.keys().next().value ?? '');
  found.set(key, matches);
  return matches;
}

function matched(pattern: string, text: string, code: string): boolean {
  try {
    place.expression = new RegExp(pattern);
  } catch (error) {
    throw new AwsError(code, `The pattern ${pattern.slice(0, 200)} cannot be read: ${(error as Error).message}`);
  }
  if (text.length <= UNWATCHED_LENGTH_MAX || looksOnce(pattern)) return place.expression.test(text);
  place.text = text;
  match ??= new vm.Script('expression.test(text)');
  try {
    if (!vm.isContext(place)) vm.createContext(place);
    return match.runInContext(place, { timeout: MATCH_MS_MAX }) === true;
  } catch {
    const what = `The pattern ${pattern.slice(0, 200)} takes too long for a text of ${text.length} characters`;
    throw new AwsError(code, what);
  }
}

/** No repeated group, no reference to a group, no look-around, few repetitions and at most one long one: no text is looked at over and over. */
function looksOnce(pattern: string): boolean {
  if (/\\[1-9k]|\(\?/.test(pattern)) return false;
  const bare = pattern.replace(/\\./g, 'x').replace(/\[[^\]]*\]/g, 'x');
  if (/\)[*+{]/.test(bare)) return false;
  const repetitions = [...bare.matchAll(/[*+?]|\{(\d+)(,?)(\d*)\}/g)];
  const long = repetitions.filter(([sign, least, comma, most]) => {
    if (least === undefined) return sign !== '?';
    return (comma && !most) || Number(most || least) > SHORT_REPETITION_MAX;
  });
  return repetitions.length <= REPETITIONS_MAX && long.length <= 1;
}
