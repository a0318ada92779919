// The contributors of a PromQL alarm: every series that its query returns is breaching. It is in ALARM once it was returned for the whole pending period,
// and OK again once it was absent for the whole recovery period ("PromQL alarms", user guide). Pure.
import { createHash } from 'node:crypto';
import type { Contributor, ContributorChange, Evaluation } from './contributors.ts';
import { type InstantVector, keyOf } from './promql.ts';

export interface Patience {
  readonly pendingMs: number;
  readonly recoveryMs: number;
}

export function evaluatePromql(
  before: ReadonlyMap<string, Contributor>,
  returned: InstantVector,
  { pendingMs, recoveryMs }: Patience,
  nowMs: number,
): Evaluation {
  const contributors = new Map<string, Contributor>();
  const changes: ContributorChange[] = [];
  for (const { labels, value } of returned) {
    const id = idOf(labels);
    const known = before.get(id);
    const breachingSinceMs = known?.breachingSinceMs ?? nowMs;
    const isNew = known?.state.value !== 'ALARM' && nowMs - breachingSinceMs >= pendingMs;
    const reason = `The query has returned it, with ${value}, since ${new Date(breachingSinceMs).toISOString()}`;
    const state = isNew
      ? ({ value: 'ALARM', reason, atMs: nowMs } as const)
      : (known?.state ?? ({ value: 'OK', reason: 'Pending', atMs: nowMs } as const));
    const contributor = { id, attributes: labels, state, breachingSinceMs };
    contributors.set(id, contributor);
    if (isNew) changes.push({ contributor, previous: 'OK' });
  }
  for (const [id, known] of before) {
    // One that was only pending begins from the start when it comes back.
    if (contributors.has(id) || known.state.value !== 'ALARM') continue;
    const absentSinceMs = known.absentSinceMs ?? nowMs;
    if (nowMs - absentSinceMs < recoveryMs) {
      contributors.set(id, { ...known, absentSinceMs });
      continue;
    }
    const reason = `The query has not returned it since ${new Date(absentSinceMs).toISOString()}`;
    const contributor = { ...known, state: { value: 'OK', reason, atMs: nowMs } as const };
    changes.push({ contributor, previous: 'ALARM' });
  }
  const inAlarm = [...contributors.values()].filter(({ state }) => state.value === 'ALARM').length;
  const whole = {
    value: inAlarm > 0 ? ('ALARM' as const) : ('OK' as const),
    reason: `${inAlarm} time series in ALARM`,
  };
  return { contributors, changes, whole };
}

const idOf = (labels: Readonly<Record<string, string>>): string =>
  createHash('sha256').update(keyOf(labels)).digest('hex').slice(0, 16);
