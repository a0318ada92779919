// What keeps a run from beginning: something of another run's, a pause, a stack that is not its own. Pure.

import { isSmokeFleetFile } from './fleet.ts';
import { type Leftover, leftOf, wordsOf } from './leftovers.ts';
import { STANDING_FLEET } from './names.ts';

export interface Ground {
  readonly leftovers: readonly Leftover[];
  /** Why everything, or the fleet of the test, is paused; empty: neither is. */
  readonly paused: string;
  /** The stored file of the standing fleet; undefined where there is none. */
  readonly standingFleet: string | undefined;
  /** Of what a stack would make: what is there already, whoever made it. Asked only where one is to be deployed. */
  readonly inTheWay: readonly string[];
  readonly isBootstrapped: boolean;
}

const FLEET_FILE = `infra/fleets/${STANDING_FLEET}.yaml`;

/** Sentences for a person; none: it can begin. */
export function hindrances(ground: Ground, stackIsDeployed: boolean): readonly string[] {
  const left = leftOf(ground.leftovers);
  const found: string[] = [];
  if (left.length > 0)
    found.push(
      `an earlier run left ${left.map(wordsOf).join(', ')}, or another one is at work: npm run smoke -- --remove removes it`,
    );
  if (ground.paused !== '') found.push(`paused: ${ground.paused}. Nothing would be healed; npm run fleets -- resume`);
  if (stackIsDeployed) {
    const { standingFleet } = ground;
    if (standingFleet === undefined)
      found.push(
        `the stack does not know the fleet "${STANDING_FLEET}", and its roles may touch no node of it: npm run --silent smoke -- --print-fleet > ${FLEET_FILE}, then npm run deploy`,
      );
    else if (!isSmokeFleetFile(standingFleet, STANDING_FLEET))
      found.push(
        `the stored fleet "${STANDING_FLEET}" is another than this checkout's: npm run --silent smoke -- --print-fleet > ${FLEET_FILE}, then npm run fleets -- push ${STANDING_FLEET}`,
      );
    return found;
  }
  if (ground.inTheWay.length > 0)
    found.push(
      `chainmend is, or was, in this account and region: ${listed(ground.inTheWay)}. A deployment with another fleet would take over or remove what is there; --stack-is-deployed uses it, another region has nothing of it`,
    );
  if (!ground.isBootstrapped) found.push('the region is not bootstrapped for CDK: npx cdk bootstrap');
  return found;
}

const SHOWN = 4;
const listed = (things: readonly string[]): string =>
  things.length <= SHOWN ? things.join(', ') : `${things.slice(0, SHOWN).join(', ')} and ${things.length - SHOWN} more`;
