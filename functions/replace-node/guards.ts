// What the guardrails say of a rung now: before it is taken, and again before the first act of it that the node would feel. Pure.

import type { Fleet, Role } from '../../shared/fleet/model.ts';
import { judgeClass, judgeOwner } from '../../shared/guardrails/replace.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { Rung } from '../../shared/model/rungs.ts';
import { type Facts, isImpaired } from './facts.ts';

export function guardOf(facts: Facts, rung: Rung) {
  const { fleet, role, node, breaker, haltedSinceMs, want, original, seen } = facts;
  if (!original) return null;
  const { instance } = original;
  const known = seen?.clients.some(({ state }) => state === 'failed') === true || isImpaired(facts);
  return (
    judgeClass({
      class: rung === 'restart' || rung === 'stop-start' ? 'restart' : 'replace',
      fleet,
      role,
      node: { instanceId: instance.instanceId, name: node },
      breaker,
      haltedSinceMs,
      cause: known ? 'known' : 'unknown',
      manual: want.do !== 'heal',
      acknowledgesValidator: want.do === 'restore' && want.acknowledgesValidator,
    }) ??
    (rung === 'swap' || rung === 'replace' ? judgeSigning(fleet, role, node) : null) ??
    (rung === 'replace' ? judgeReach(facts) : null) ??
    judgeOwner({
      rung,
      fleet,
      tags: instance.tags,
      autoScalingGroup: instance.autoScalingGroup,
      instanceStore: instance.instanceStore,
      publicIp: instance.publicIp,
    })
  );
}

const PERSON_MS = 60 * 60_000;

/** What the role of this function may do is written at the deployment, by the fleet files and by tags. */
function judgeReach({ fleet, reach }: Pick<Facts, 'fleet' | 'reach'>): Refusal | null {
  const forPerson = { page: true, retryAfterMs: PERSON_MS };
  if (!fleet.replace.rungs.includes('replace')) {
    const reason = `the fleet file does not allow another instance: with "replace" in replace.rungs, and npm run deploy, it may be launched`;
    return { refuse: 'restart-forbidden', reason, ...forPerson };
  }
  if (reach === null || reach.launch.length === 0) return null;
  const tags = Object.entries(fleet.nodes.tags).map((tag) => tag.join('='));
  const reason = `no other instance may be launched: the tags of the fleet, ${tags.join(' and ')}, are missing on ${reach.launch.join(', ')}`;
  return { refuse: 'out-of-reach', reason, ...forPerson };
}

/** CometBFT's; what must never go back (types/priv_validator.go). */
export const SIGNING_STATE = /priv_validator_state\.json$/;

/** The newer of two signing states is kept by its own path: where only a directory above it is listed, it could go back. */
function judgeSigning({ chain, identityPaths }: Fleet, role: Role, node: string): Refusal | null {
  if (chain !== 'cometbft' || (role !== 'validator' && role !== 'unknown')) return null;
  if (identityPaths.some((path) => SIGNING_STATE.test(path))) return null;
  const reason = `the fleet file does not list the signing state of ${node} (…/data/priv_validator_state.json) under identity: it could go back`;
  return { refuse: 'validator', reason, page: true, retryAfterMs: 60 * 60_000 };
}
