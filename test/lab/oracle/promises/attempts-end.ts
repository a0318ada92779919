// Every durable execution ends: none sleeps past every wait that the documents allow.
import type { MakeRule } from '../rule.ts';

/** Nothing waits longer between two steps than a person's yes (the fleet file says how long), a poll a minute at most; an hour of slack. */
const SLACK_MS = 3_600_000;
/** Two days for its blocks (docs/decisions.md), "four days at most" of catching up (docs/architecture.md), and a day for everything else. */
const LASTS_MS_MAX = 7 * 86_400_000;

export const attemptsEnd: MakeRule = (scene, say) => ({
  look() {
    if (scene.region.lambda.executions().some(({ status }) => status === 'RUNNING')) say.matters();
  },
  end(atMs) {
    const patience = Math.max(
      4 * 3_600_000,
      ...[...scene.fleets.keys()].map((name) => scene.ceilings(name)?.askMs ?? 0),
    );
    for (const { name, status, startedAtMs, lastCheckpoint, invocation } of scene.region.lambda.executions()) {
      if (status !== 'RUNNING') continue;
      const lastMs = Math.max(startedAtMs, lastCheckpoint?.atMs ?? 0, invocation?.startedAtMs ?? 0);
      if (atMs - lastMs > patience + SLACK_MS)
        say.broken(name, `It runs, and has done nothing since ${new Date(lastMs).toISOString()}.`, atMs);
      else if (atMs - startedAtMs > LASTS_MS_MAX)
        say.broken(name, `It runs since ${new Date(startedAtMs).toISOString()}.`, atMs);
    }
  },
});
