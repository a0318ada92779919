// The guard of a plan: pauses, mode and fleet file, which people may have changed, read again right before each mutation.
import type { Fleet } from '../fleet/model.ts';
import type { SubjectRefusal } from '../guardrails/names.ts';
import { readSwitches } from '../guardrails/switches.ts';
import type { Refusal } from '../model/guardrail-codes.ts';
import type { FleetContext } from './context.ts';
import { subjectRefusal } from './notification.ts';

const RETRY_AFTER_MS = 5 * 60_000;

/** @returns the fleet as its file is now, or why nothing may be done to it: a pause, or a file that cannot be read */
export async function readUnpaused(
  context: Pick<FleetContext, 'clients' | 'environment' | 'store' | 'fleet'>,
): Promise<{ readonly fleet: Fleet } | Refusal> {
  const switches = await readSwitches(context, context.fleet.name);
  if ('refuse' in switches) return switches;
  return switches.refusal ?? { fleet: switches.fleet };
}

export interface Decided {
  /** The fleet file of the plan. */
  readonly fleet: Fleet;
  /** A person has approved the plan. */
  readonly approved: boolean;
  /** It only puts back what was begun: no mode keeps that from happening. */
  readonly putsBack?: boolean;
  /** The part of the file that the plan depends on; `parts` names it for a person: "another dns". */
  readonly by: (fleet: Fleet) => unknown;
  readonly parts: string;
}

/**
 * Why nothing may be changed at this moment, by the pauses and the fleet file as they are now; undefined where it may.
 *
 * @param approved a person said yes, which mode ask waits for
 */
export async function readGuard(
  context: Pick<FleetContext, 'clients' | 'environment' | 'store' | 'fleet'>,
  approved: boolean,
  depends: Pick<Decided, 'by' | 'parts'>,
): Promise<SubjectRefusal | undefined> {
  const { fleet } = context;
  const now = await readUnpaused(context);
  const refusal = 'refuse' in now ? now : judgeFile(now.fleet, { fleet, approved, ...depends });
  return refusal ? subjectRefusal(refusal, fleet.name) : undefined;
}

/** Pure. @param now the file as it is now. @returns why the plan is no longer carried out; the next run makes another */
export function judgeFile(now: Fleet, { fleet, approved, putsBack, by, parts }: Decided): Refusal | null {
  const changed = (reason: string): Refusal => ({
    refuse: 'mode-changed',
    reason,
    page: false,
    retryAfterMs: RETRY_AFTER_MS,
  });
  if (!putsBack && now.mode !== 'act' && !(now.mode === 'ask' && approved))
    return changed(`the fleet file says mode: ${now.mode} now`);
  return JSON.stringify(by(now)) === JSON.stringify(by(fleet)) ? null : changed(`the fleet file says ${parts} now`);
}
