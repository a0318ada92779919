// Evaluates regular expressions of callers: parameters and documents have patterns of their own, which AWS evaluates.
import vm from 'node:vm';
import { AwsError } from './service.ts';

/**
 * An honest pattern takes less than a thousandth of this for a text of a few KB, even on a busy machine; one with nested repetitions would never end.
 */
const MATCH_MS_MAX = 2_000;
/** A match with a time limit costs some 50 µs, so texts that are too short for a slow match have none. */
const UNWATCHED_LENGTH_MAX = 12;

const place: { expression: RegExp; text: string } = { expression: /./, text: '' };
let match: vm.Script | undefined;

/** Whether a text matches. Throws `AwsError` with this code for an invalid pattern, or one that takes too long. */
export function matchesPattern(pattern: string, text: string, code: string): boolean {
  try {
    place.expression = new RegExp(pattern);
  } catch (error) {
    throw new AwsError(code, `The pattern ${pattern.slice(0, 200)} cannot be read: ${(error as Error).message}`);
  }
  if (text.length <= UNWATCHED_LENGTH_MAX) return place.expression.test(text);
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
