// An alarm rings, and the instance is replaced: what is quickly built of CloudWatch, EventBridge and a function. With a breaker of a fixed share it is what
// node repair of clusters does.
import { type Policy, type PolicyAct, refOf, type View } from './policy.ts';
import type { Sight } from './sight.ts';

interface Memory {
  /** Names of alarms that were acted on, or told, and still ring. An alarm's rule starts a function once, when the alarm goes off. */
  readonly answered: ReadonlySet<string>;
  /** Fleets whose breaker is open: told once while it is. */
  readonly open: ReadonlySet<string>;
}

const BEGIN: Memory = { answered: new Set(), open: new Set() };

export const naive: Policy<Memory> = {
  says: 'Each alarm of an instance has it replaced, with a data volume of the newest snapshot.',
  begin: BEGIN,
  tellsRefusals: true,
  decide: (view, memory) => decide(view, memory, () => false),
};

/** "20% of nodes in the NodePool" unhealthy, rounded up, and node repair stops: karpenter.sh/docs/concepts/disruption, "Node Auto Repair". */
const BREAKER_PERCENT = 20;

export const fixedBreaker: Policy<Memory> = {
  says: `The same, but not in a fleet of which more than ${BREAKER_PERCENT} % is sick.`,
  begin: BEGIN,
  tellsRefusals: true,
  decide: (view, memory) => decide(view, memory, isTooMany(view)),
};

function isTooMany({ sights, ringing }: View): (fleet: string) => boolean {
  const sick = new Set(ringing.map(({ instanceId }) => instanceId));
  const byFleet = Map.groupBy(sights, ({ fleet }) => fleet);
  return (fleet) => {
    const all = byFleet.get(fleet) ?? [];
    const most = Math.ceil((all.length * BREAKER_PERCENT) / 100);
    return all.filter(({ instanceId }) => sick.has(instanceId)).length > most;
  };
}

function decide({ sights, ringing }: View, { answered, open }: Memory, isOpen: (fleet: string) => boolean) {
  const acts: PolicyAct[] = [];
  const byId = new Map(sights.map((sight) => [sight.instanceId, sight]));
  const now = new Set(ringing.flatMap(({ name }) => (answered.has(name) ? [name] : [])));
  const opened = new Set<string>();
  const done = new Set<string>();
  for (const { name, instanceId } of ringing) {
    const sight = byId.get(instanceId);
    if (!sight || answered.has(name)) continue;
    const { fleet } = sight;
    if (isOpen(fleet)) {
      if (!open.has(fleet) && !opened.has(fleet))
        acts.push({ do: 'page', subject: fleet, sentence: `more than ${BREAKER_PERCENT} % of ${fleet} are sick` });
      opened.add(fleet);
      continue;
    }
    now.add(name);
    // Two alarms of one instance in one minute: the second function finds it gone.
    if (!done.has(instanceId)) acts.push(replacing(sight));
    done.add(instanceId);
  }
  const stillOpen = [...open].filter((fleet) => isOpen(fleet));
  return { acts, memory: { answered: now, open: new Set([...opened, ...stillOpen]) } };
}

function replacing(sight: Sight): PolicyAct {
  const { instanceId, snapshotId } = sight;
  if (snapshotId !== undefined) return { do: 'replace', instanceId, snapshotId };
  return { do: 'page', subject: refOf(sight), sentence: `${refOf(sight)} is sick, and there is no snapshot for it` };
}
