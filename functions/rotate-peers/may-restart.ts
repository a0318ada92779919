// Whether a client may be restarted, by what is so at this very moment: nothing of what the run began with is taken for granted.
import { discoverNodes } from '../../shared/fleet/nodes.ts';
import type { FleetObservation, ObservedNode } from '../../shared/fleet/observation.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import { type Beginning, isFresh, isStillFresh, judgeObservation, judgeRestart } from './guards.ts';
import type { Seen } from './observe.ts';
import type { NodePlan } from './plan.ts';
import { readRotation, type Work } from './tools.ts';

/** @param parts what the run began with: whether its fleet was fresh then */
export async function mayRestart(
  work: Work,
  seen: Seen,
  parts: readonly FleetObservation[],
  { instanceId, node }: NodePlan,
): Promise<Refusal | null> {
  const { fleet, store, clients } = work;
  const [{ restart }, observed, nodes] = await Promise.all([
    readRotation(work),
    store.readObservations(fleet.name),
    discoverNodes(clients.ec2, fleet),
  ]);
  const stale = judgeObservation(observed, Date.now());
  if (stale) return stale;
  const own = observationOf(observed, instanceId);
  const both = new Set([...seen.nodes.keys(), ...nodes.map((one) => one.instanceId)]);
  const beginnings = (read: readonly FleetObservation[]): Beginning[] => [...both].map((id) => observationOf(read, id));
  return judgeRestart({
    fleet,
    node,
    role: nodes.find((one) => one.instanceId === instanceId)?.role ?? 'unknown',
    health: own?.health ?? 'unknown',
    observed,
    nowMs: Date.now(),
    fresh:
      isFresh(fleet.chain, beginnings(parts)) &&
      isStillFresh(beginnings(observed), Math.min(...parts.map(({ observedAtMs }) => observedAtMs)), Date.now()),
    unproved: restart && restart.instanceId !== instanceId ? restart.node : undefined,
  });
}

const observationOf = (parts: readonly FleetObservation[], instanceId: string): ObservedNode | undefined =>
  parts.flatMap(({ nodes }) => nodes).find((node) => node.instanceId === instanceId);
