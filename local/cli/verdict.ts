// What a run comes to for whoever started it: its exit status, and each expectation that did not hold.
import { remarkColors as colors } from './colors.ts';

/** @returns 0 when the scenario's own expectations held, 1 when they did not */
export function verdict(unmet: readonly string[], complain: (line: string) => void): 0 | 1 {
  for (const sentence of unmet) complain(colors.red(`expected, and it did not hold: ${sentence}`));
  return unmet.length > 0 ? 1 : 0;
}
