// Finds the fleet of an instance: by its tags alone, and only if exactly one fleet matches, of all that the deployment knows. Pure.
import type { GuardrailCode } from '../model/guardrail-codes.ts';
import { claimOn } from '../model/suite.ts';
import { hasTags } from '../model/tags.ts';
import { claimants } from './membership.ts';
import type { Fleet } from './model.ts';

/** The one fleet whose selector an instance carries; an instance of none or several fleets is no node. */
export function fleetOf(
  tags: Readonly<Record<string, string>>,
  fleets: readonly Fleet[],
): Fleet | { readonly refuse: GuardrailCode; readonly reason: string } {
  const matching = fleets.filter(({ nodes }) => hasTags(tags, nodes.tags));
  const [only] = matching;
  if (!only) return { refuse: 'node-unknown', reason: 'the instance carries no fleet’s tags' };
  const names = new Set([...matching.map(({ name }) => name), ...claimants(only.neighbours, tags)]);
  if (names.size > 1)
    return { refuse: 'node-unknown', reason: `the instance carries the tags of ${[...names].sort().join(', ')}` };
  return claimOn(only.suite, tags) === 'own'
    ? only
    : {
        refuse: 'another-suite',
        reason: `the instance carries the tags of ${only.name} and not the claim of this suite`,
      };
}
