// Judges what a person asks for, or a heal goes on without: fewer nodes of a group, a drill, the owner's own commands. By the judges that are asked then. Pure.

import { drillUsdPerHour } from '../guardrails/drill-cost.ts';
import { watchNow } from '../guardrails/fleet-view.ts';
import { noDrill } from '../heal/drill.ts';
import { trialReports } from '../heal/trials.ts';
import type { Refusal } from '../model/guardrail-codes.ts';
import { SCALING_GROUP_TAG } from '../model/tags.ts';
import { judgeDrillBeside, judgeDrillBudget } from './drill.ts';
import type { FleetFacts, NodeFacts } from './facts.ts';
import { leftBy, unwellText, whyItStays } from './scale.ts';
import { type Finding, known, no } from './verdict.ts';

export const haltedIn = ({ watch, nowMs }: Pick<FleetFacts, 'watch' | 'nowMs'>): number | null =>
  'value' in watch ? (watchNow(watch.value, nowMs)?.haltedSinceMs ?? null) : null;

export const refused = (refusal: Refusal | null): readonly Finding[] =>
  refusal === null ? [] : [no(refusal.refuse, refusal.reason)];

/** Why nobody asks for it here; null where somebody may. */
export function verbOff(
  { fleet }: Pick<FleetFacts, 'fleet'>,
  { node }: Pick<NodeFacts, 'node'>,
  verb: 'scale-down' | 'drill' | 'roll-back' | 'prune',
): string | null {
  switch (verb) {
    case 'scale-down':
      if (fleet.scales === undefined) return 'the fleet has no group that may be scaled';
      return isMember(fleet.scales.group)({ node }) ? null : `it is no member of ${fleet.scales.group}`;
    case 'drill':
      if (fleet.drills === undefined) return 'the fleet file asks for no drills';
      return node.role === 'follower' ? null : 'a drill imitates a follower';
    case 'roll-back':
      return fleet.replace.rollBack === undefined ? 'the fleet file has no replace.rollBack' : null;
    case 'prune':
      return fleet.disk.prune === undefined ? 'the fleet file has no disk.prune' : null;
  }
}

const isMember =
  (group: string) =>
  ({ node }: Pick<NodeFacts, 'node'>): boolean =>
    node.tags[SCALING_GROUP_TAG] === group;

/** That it cannot leave by its tag is a precondition; what heals are at work on passes. */
export function scaleDownFindings(facts: FleetFacts, about: NodeFacts): readonly Finding[] {
  const { node, volumes } = about;
  const members = facts.nodes.filter(isMember(facts.fleet.scales?.group ?? ''));
  const seen = known(facts.observed, (observed) => {
    const health = new Map(observed.map((one) => [one.instanceId, one.health]));
    const named = members.map((one) => ({ name: one.node.name, health: health.get(one.node.instanceId) ?? null }));
    const why = unwellText(named);
    return why === null ? [] : [no('scale-waits', why)];
  });
  const leaving = known(volumes, (attached) => {
    const leaves = leftBy(node.instanceId, attached);
    const why = whyItStays({ role: node.role, neededBy: null, cannotLeave: null, leaves });
    return why === null ? [] : [no('cannot-be-spared', `${node.name} ${why}`)];
  });
  return [...seen, ...leaving];
}

/** Its set, its template and its volumes are asked beside this. */
export function drillFindings(facts: FleetFacts, { node, data }: NodeFacts): readonly Finding[] {
  const { fleet, nowMs } = facts;
  const { drills } = fleet;
  if (drills === undefined) return [];
  const volumes = data.map(({ volume }) => ({ type: volume.type, sizeGiB: volume.sizeGiB }));
  const usdPerHour = drillUsdPerHour({ instanceType: node.instanceType, volumes });
  return [
    ...known(facts.breaker, (breaker) => refused(judgeDrillBeside(fleet, { breaker, haltedSinceMs: haltedIn(facts) }))),
    ...known(facts.drill, (record = noDrill) =>
      refused(judgeDrillBudget(drills, { record, usdPerHour, nowMs, byPerson: true })),
    ),
  ];
}

export const trialFindings = ({ fleet, drill, nowMs }: FleetFacts, of: 'roll-back' | 'prune'): readonly Finding[] =>
  known(drill, (record) =>
    trialReports(fleet, record, nowMs).flatMap((trial) =>
      trial.of === of && !trial.isUsed ? [no('untried', trial.why ?? `${trial.command} is not used`)] : [],
    ),
  );
