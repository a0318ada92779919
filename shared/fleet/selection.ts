// Whose node an instance is: by its tags alone, and by one fleet's only. Pure.
import type { GuardrailCode } from '../model/guardrail-codes.ts';
import type { Fleet } from './model.ts';

/** The one fleet whose selector an instance carries; none or several is nobody's node. */
export function fleetOf(
  tags: Readonly<Record<string, string>>,
  fleets: readonly Fleet[],
): Fleet | { readonly refuse: GuardrailCode; readonly reason: string } {
  const matching = fleets.filter(({ nodes }) =>
    Object.entries(nodes.tags).every(([key, value]) => tags[key] === value),
  );
  const [only, another] = matching;
  if (only && !another) return only;
  const names = matching.map(({ name }) => name).join(', ');
  return {
    refuse: 'node-unknown',
    reason: only ? `the instance carries the tags of ${names}` : 'the instance carries no fleet’s tags',
  };
}
