// What a rung does while it waits for its proof: the same for all of them. Pure.
import type { ReplaceMemory } from '../../shared/heal/memory.ts';
import { refuse } from './begin.ts';
import type { Act, Facts } from './model.ts';
import { judgeProof, type Verdict } from './proof.ts';

type Failed = Extract<Verdict, { readonly is: 'failed' }>;

export function proving(
  facts: Facts,
  memory: ReplaceMemory,
  upSinceMs: number,
  which: 'old' | 'young',
  failed: (reason: string, at: Failed['at']) => Act,
): Act {
  const { nowMs, fleet, watched, seen } = facts;
  const verdict = judgeProof({
    nowMs,
    fleet,
    watched,
    seen,
    found: memory.found,
    upSinceMs,
    inspectedAtMs: memory.inspectedAtMs,
  });
  switch (verdict.is) {
    case 'proved':
      return { do: 'prove', reason: verdict.reason };
    case 'waiting':
      return { do: 'wait', seconds: verdict.seconds, what: verdict.why };
    case 'silent':
      return (which === 'old' ? facts.old : facts.young)?.agentOnline
        ? { do: 'inspect', which }
        : { do: 'wait', seconds: 60, what: 'neither its client nor its agent answers' };
    case 'failed':
      return failed(verdict.reason, verdict.at);
    case 'unknown':
      // Nothing is climbed and nothing put back without a reading; the next attempt goes on from here.
      return refuse('observation-stale', verdict.reason, { page: true });
  }
}
