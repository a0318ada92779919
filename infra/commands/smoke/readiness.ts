// What keeps a run from starting: resources of another run, a pause, or a stack that is not its own. Pure.

import { isSmokeFleetFile } from './fleet.ts';
import { type Leftover, leftoversOf, wordsOf } from './leftovers.ts';
import { standingFleet } from './names.ts';

export interface ReadinessFacts {
  readonly leftovers: readonly Leftover[];
  /** Why everything, or the test's fleet, is paused; empty: neither is. */
  readonly paused: string;
  /** The stored file of the standing fleet; undefined where there is none. */
  readonly standingFleet: string | undefined;
  /** Existing resources that a stack would make, by any creator. Read only before a deployment. */
  readonly inTheWay: readonly string[];
  readonly isBootstrapped: boolean;
  /** Whether replace-node may pass on the role of the node's profile, by IAM's answer; undefined: not read. */
  readonly mayPassOn?: { readonly role: string; readonly is: boolean };
}

/** Sentences for a person; an empty list means that the run can start. */
export function blockersOf(facts: ReadinessFacts, stackIsDeployed: boolean, isLadder = false): readonly string[] {
  const fleet = standingFleet(isLadder);
  const printed = `npm run --silent chainmend -- smoke ${isLadder ? '--ladder ' : ''}--print-fleet > infra/fleets/${fleet}.yaml`;
  const left = leftoversOf(facts.leftovers);
  const found: string[] = [];
  if (left.length > 0)
    found.push(
      `an earlier run left ${left.map(wordsOf).join(', ')}, or another one is at work: npm run chainmend -- smoke --remove removes it`,
    );
  if (facts.paused !== '') found.push(`paused: ${facts.paused}. Nothing would be healed; npm run chainmend -- resume`);
  if (stackIsDeployed) {
    const { standingFleet: stored, mayPassOn } = facts;
    if (stored === undefined)
      found.push(
        `the stack does not know the fleet "${fleet}", and its roles may touch no node of it: ${printed}, then npm run deploy`,
      );
    else if (!isSmokeFleetFile(stored, fleet))
      found.push(
        `the stored fleet "${fleet}" is another than this checkout's: ${printed}, then npm run chainmend -- push ${fleet}`,
      );
    if (mayPassOn && !mayPassOn.is)
      found.push(
        `replace-node may not pass on ${mayPassOn.role}, so that it could launch no node like this one: npm run deploy -- -c nodeRoles=${mayPassOn.role}, with the roles of your own nodes`,
      );
    return found;
  }
  if (facts.inTheWay.length > 0)
    found.push(
      `chainmend is, or was, in this account and region: ${listed(facts.inTheWay)}. A deployment with another fleet would take over or remove what is there; --stack-is-deployed uses it, another region has nothing of it`,
    );
  if (!facts.isBootstrapped) found.push('the region is not bootstrapped for CDK: npx cdk bootstrap');
  return found;
}

const SHOWN = 4;
const listed = (things: readonly string[]): string =>
  things.length <= SHOWN ? things.join(', ') : `${things.slice(0, SHOWN).join(', ')} and ${things.length - SHOWN} more`;
