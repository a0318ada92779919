// What the guardrails say of a rung now: before it is taken, and again before the first act of it that the node would feel. Pure.
import { judgeClass, judgeOwner } from '../../shared/guardrails/replace.ts';
import type { Rung } from '../../shared/heal/memory.ts';
import { isImpaired } from './begin.ts';
import type { Facts } from './model.ts';

export function guardOf(facts: Facts, rung: Rung) {
  const { fleet, role, node, breaker, haltedSinceMs, want, old, seen } = facts;
  if (!old) return null;
  const { instance } = old;
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
