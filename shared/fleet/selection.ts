// Finds the fleet of an instance: by its tags alone, and only if exactly one fleet matches, of all that the deployment knows. Pure.
import type { GuardrailCode } from '../model/guardrail-codes.ts';
import { claimOn } from '../model/suite.ts';
import { hasTags } from '../model/tags.ts';
import { claimants } from './membership.ts';
import type { Fleet } from './model.ts';

/** The one fleet whose member an instance is; an instance of none or several fleets is no node. */
export function fleetOf(
  tags: Readonly<Record<string, string>>,
  fleets: readonly Fleet[],
): Fleet | { readonly refuse: GuardrailCode; readonly reason: string } {
  const matching = fleets.filter(({ nodes }) => hasTags(tags, nodes.tags));
  const [only] = matching;
  if (!only) return { refuse: 'node-unknown', reason: 'the instance carries no fleet’s tags' };
  const others = matching.map(({ name, nodes, volumes }) => ({
    name,
    tags: nodes.tags,
    volumes: volumes.map((one) => one.tags),
  }));
  const claims = claimants([...only.neighbours, ...others], tags).filter((name) => name !== only.name);
  if (claims.length > 0) {
    const names = [...new Set([only.name, ...claims])].sort().join(', ');
    return { refuse: 'node-unknown', reason: `the instance carries the tags of ${names}` };
  }
  return claimOn(only.suite, tags) === 'own'
    ? only
    : {
        refuse: 'another-suite',
        reason: `the instance carries the tags of ${only.name} and not the claim of this suite`,
      };
}
