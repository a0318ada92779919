// Regular expressions that come from callers: parameters and documents have patterns of their own, which AWS evaluates for them.
import vm from 'node:vm';
import { AwsError } from './service.ts';

/**
 * No honest pattern takes a thousandth of it for a text of a few KB, however busy the machine is; one with nested repetitions would take
 * for ever.
 */
const MATCH_MS_MAX = 2_000;
/** A watched match costs some 50 µs, so a text that is shorter than any that can be slow is matched without. */
const UNWATCHED_LENGTH_MAX = 12;

const place: { expression: RegExp; text: string } = { expression: /./, text: '' };
let match: vm.Script | undefined;

/** Whether a text matches. Throws `AwsError` with this code for what is no pattern, or takes too long. */
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
