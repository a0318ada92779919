// How long AWS, a client or an outage took, as the report counts it.
import type { World } from './world.ts';

/** The union of the stretches in which AWS was at work on these resources: overlapping ones count once. */
export function awsWorkMs({ region }: World, resources: ReadonlySet<string>, fromMs: number, toMs: number): number {
  const stretches = region.kernel.works
    .filter((work) => work.resources.some((id) => resources.has(id)))
    .map(({ from, to }) => [Math.max(from, fromMs), Math.min(to, toMs)] as const)
    .filter(([from, to]) => to > from)
    .sort(([a], [b]) => a - b);
  let total = 0;
  let coveredToMs = fromMs;
  for (const [from, to] of stretches) {
    total += Math.max(0, to - Math.max(from, coveredToMs));
    coveredToMs = Math.max(coveredToMs, to);
  }
  return total;
}

/** Only what a heal stopped counts: a client that the full disk had stopped was not stopped by us. */
export const outageMs = ({ machine }: World['nodes'][number], fromMs: number, toMs: number): number =>
  machine.client.outages
    .filter(({ cause, fromMs: began }) => cause === 'stopped' && began >= fromMs && began <= toMs)
    .reduce((sum, outage) => sum + ((outage.toMs ?? toMs) - outage.fromMs), 0);

export const seconds = (ms: number): number => Math.round(ms / 10) / 100;
