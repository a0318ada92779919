// The waits of a run: for an answer from AWS, and for the end of an incident. Every wait has a time limit, and ends at an interrupt.
import type { IncidentRecord } from '../../../shared/heal/records.ts';
import { SmokeError } from '../errors.ts';
import type { StoryLine } from '../heal/context.ts';
import { lineText } from '../heal/show.ts';
import type { SmokeContext } from './context.ts';
import type { HealStatus } from './proof.ts';

const POLL_MS = 2_000;
const MINUTE_MS = 60_000;

/** Polls until the value is there. Throws a `SmokeError` at the time limit, or at an interrupt. */
export async function waitUntil<T>(
  context: SmokeContext,
  minutes: number,
  otherwise: string | (() => string),
  look: () => Promise<T | undefined>,
): Promise<T> {
  const untilMs = context.nowMs() + minutes * MINUTE_MS;
  for (;;) {
    if (context.interrupted.aborted) throw new SmokeError('interrupted');
    const found = await look();
    if (found !== undefined) return found;
    if (context.nowMs() >= untilMs)
      throw new SmokeError(typeof otherwise === 'string' ? `${otherwise}, after ${minutes} min` : otherwise());
    await context.sleep(POLL_MS);
  }
}

export interface IncidentWatch {
  /** "disk:", "node:", "request:restore": the wait follows the newest incident of these on this node. */
  readonly trigger: string;
  readonly fleet: string;
  readonly instanceId: string;
  readonly minutes: number;
  /** Judges the newest such incident and its journal, oldest line first. */
  readonly judge: (incident: IncidentRecord | undefined, story: readonly StoryLine[]) => Promise<HealStatus>;
}

/** Prints each new line of its journal. @returns the proof of the end. Throws a `SmokeError` where it is not healed. */
export function followIncident(context: SmokeContext, watch: IncidentWatch): Promise<string> {
  const { trigger, fleet, instanceId, minutes, judge } = watch;
  const suite = context.suite();
  const shown = new Set<string>();
  let words = '';
  return waitUntil(
    context,
    minutes,
    () => `not healed within ${minutes} min: ${words}`,
    async () => {
      const { incidents } = await suite.fleet(fleet);
      const incident = incidents
        .filter((one) => one.instanceId === instanceId && one.trigger.startsWith(trigger))
        .sort((a, b) => b.onsetMs - a.onsetMs)[0];
      const story = incident ? await suite.story(incident) : [];
      for (const line of story) {
        const key = `${line.attempt} ${line.place}`;
        if (!shown.has(key)) context.say(`  ${lineText(line)}`);
        shown.add(key);
      }
      const verdict = await judge(incident, story);
      words = verdict.words;
      if (verdict.is === 'over') throw new SmokeError(words);
      return verdict.is === 'healed' ? words : undefined;
    },
  );
}
