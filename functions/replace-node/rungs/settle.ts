// What every rung shares towards its end: the proof that the node follows its chain again, and what the heal owes the node before it may give
// up: an instance that it has stopped runs again, a member that it has set aside is back in service. Pure.
import type { LadderState } from '../../../shared/heal/memory.ts';
import { cleanUp } from '../acts/cleanup.ts';
import { prove, wait } from '../acts/decisions.ts';
import { startInstanceOf } from '../acts/instances.ts';
import { inspect } from '../acts/node-commands.ts';
import type { Act } from '../acts/table.ts';
import type { Which } from '../context.ts';
import type { Facts } from '../facts.ts';
import { judgeProof, type Verdict } from '../proof.ts';
import { isPending, isStopOwed, mayBeOnStandby } from '../state.ts';
import { BOUND_MS, isSpent, waitedMs, waitFor } from './patience.ts';
import { type Decision, type End, ended, refuse, stuck } from './rung.ts';

type Failed = Extract<Verdict, { readonly is: 'failed' }>;

/** While a rung waits for its proof. */
export function proving(
  facts: Facts,
  state: LadderState,
  upSinceMs: number,
  which: Which,
  failed: (reason: string, at: Failed['at']) => Decision,
): Decision {
  const { nowMs, fleet, watched, seen } = facts;
  const { found, inspectedAtMs } = state;
  const verdict = judgeProof({ nowMs, fleet, watched, seen, found, upSinceMs, inspectedAtMs });
  switch (verdict.is) {
    case 'proved':
      return prove({ reason: verdict.reason });
    case 'waiting':
      return wait({ seconds: verdict.seconds, what: verdict.why });
    case 'silent':
      return facts[which]?.agentOnline
        ? inspect({ which })
        : wait({ seconds: 60, what: 'neither its client nor its agent answers' });
    case 'failed':
      return failed(verdict.reason, verdict.at);
    case 'unknown':
      // Nothing is climbed and nothing put back without a reading; the next attempt goes on from here.
      return refuse('observation-stale', verdict.reason, { page: true });
  }
}

/** An end, once nothing is owed; what cannot be given is told of. */
export function onceSettled(facts: Facts, state: LadderState, end: End): Decision {
  const next = owed(facts, state);
  if (next) return next;
  if (isSeenStopped(facts, state)) return waitFor(state, facts.nowMs, 'it was started, and EC2 says stopped still');
  if (facts.original?.instance.state !== 'stopped' || !owesStart(facts, state)) return ended(asItIs(facts, end));
  const why = `its instance is stopped, and cannot be started again: ${state.setback?.reason}`;
  if (end.as === 'escalated') return ended({ ...end, reason: `${end.reason}; ${why}`, asFound: false });
  return stuck(why);
}

/** The next thing that is owed; null where nothing is, or where it cannot be given. */
function owed({ original, nowMs }: Facts, state: LadderState): Decision | null {
  if (!original) return null;
  const { instanceId, state: power, autoScalingGroup } = original.instance;
  if (owesStart({ original }, state)) {
    // Of one that runs already EC2 takes the call as well, and then it is noted that it was started.
    const call = power === 'running' ? 'StopInstances' : 'StartInstances';
    const isStill = (power === 'stopped' || power === 'running') && !isPending(state, call, instanceId, nowMs);
    const start: Act = startInstanceOf({ reason: 'it was stopped by this heal' });
    if (isStill && !isSpent(state, start)) return start;
    // On standby it stays: back in service its group would replace what does not run.
    if (power === 'stopped' && isStill) return null;
    if (!isStill)
      return waitedMs(state, nowMs) > BOUND_MS.stop
        ? stuck(`the instance is still ${power}, and was stopped by this heal`)
        : waitFor(state, nowMs, `the instance is ${power}`);
  }
  if (mayBeOnStandby(state) && autoScalingGroup !== null)
    return cleanUp({ piece: { kind: 'leave-standby', target: autoScalingGroup } });
  return null;
}

const owesStart = ({ original }: Pick<Facts, 'original'>, state: LadderState): boolean =>
  isStopOwed(state) && original !== null && !['terminated', 'shutting-down'].includes(original.instance.state);

/** Describe may be older than the start: nobody is told of an instance that stands still while it boots. */
export const isSeenStopped = ({ original, nowMs }: Facts, state: LadderState): boolean =>
  original?.instance.state === 'stopped' && isPending(state, 'StartInstances', original.instance.instanceId, nowMs);

/** A node is found with its instance running, or nothing is begun: one that does not run now, for whatever reason, is not as it was found. */
function asItIs({ original }: Facts, end: End): End {
  const power = original?.instance.state ?? 'gone';
  if (end.as !== 'escalated' || !end.asFound || power === 'running' || power === 'pending') return end;
  return { ...end, reason: `${end.reason}; its instance is ${power}`, asFound: false };
}
