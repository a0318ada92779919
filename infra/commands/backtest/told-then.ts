// What a node itself told chainmend at the time, where SSM still has it. Pure.
import type { Refusal } from '../../../shared/model/guardrail-codes.ts';
import type { NodeHistory, Told } from './history.ts';
import type { Incident } from './incidents.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A heal asks the node first of all; one that waited for its turn, or for an agent, does so within this. */
const ASKED_WITHIN_MS = 30 * MINUTE_MS;

/** From when to when a node's answer is about this incident, in ms since the epoch. */
export const toldBetween = ({ fromMs, onsetMs }: Incident): { readonly fromMs: number; readonly toMs: number } => ({
  ...{ fromMs, toMs: onsetMs + ASKED_WITHIN_MS },
});

/** Whoever does not say how it is is left alone, as in functions/resize-volume and in the ladder. */
export const refusedToSay = ({ reason }: Extract<Told, { readonly reason: string }>): Refusal => ({
  ...{ refuse: 'node-silent', page: true, retryAfterMs: HOUR_MS },
  reason: `the node refused to say how it is: ${reason}`,
});

/** The first answer: what comes later has the heal's own work in it. */
export function toldThen<About extends Told['about']>(
  { told }: NodeHistory,
  incident: Incident,
  about: About,
  path: string | null = null,
): (Told & { readonly about: About }) | undefined {
  const { fromMs, toMs } = toldBetween(incident);
  return told.find(
    (one): one is Told & { readonly about: About } =>
      one.about === about &&
      one.atMs >= fromMs &&
      one.atMs <= toMs &&
      (path === null || (one.about === 'disk' && one.seen.path === path)),
  );
}
