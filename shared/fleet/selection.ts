// Finds the fleet of an instance: by its tags alone, and only if exactly one fleet matches, of all that the deployment knows. Pure.
import type { GuardrailCode } from '../model/guardrail-codes.ts';
import { claimOn } from '../model/suite.ts';
import { hasTags } from '../model/tags.ts';
import { judgeMembership } from './membership.ts';
import type { Fleet } from './model.ts';

/** The one fleet whose selector an instance carries; an instance of none or several fleets is no node. */
export function fleetOf(
  tags: Readonly<Record<string, string>>,
  fleets: readonly Fleet[],
): Fleet | { readonly refuse: GuardrailCode; readonly reason: string } {
  const matching = fleets.filter(({ nodes }) => hasTags(tags, nodes.tags));
  const [only, another] = matching;
  const contested = only && judgeMembership(only, 'the instance', tags);
  if (contested) return contested;
  if (only && !another)
    return claimOn(only.suite, tags) === 'own'
      ? only
      : {
          refuse: 'another-suite',
          reason: `the instance carries the tags of ${only.name} and not the claim of this suite`,
        };
  const names = matching.map(({ name }) => name).join(', ');
  return {
    refuse: 'node-unknown',
    reason: only ? `the instance carries the tags of ${names}` : 'the instance carries no fleet’s tags',
  };
}
