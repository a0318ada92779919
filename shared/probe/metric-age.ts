// How old the height may be that a metric tells of a node: who reads it, and who proves a heal by it, count alike.
import type { Probe } from '../fleet/model.ts';

/** Valid periods: one that is not over yet, and one that is late. */
const PERIODS_VALID = 2;
const LATE_MS = 60_000;

/** @returns the age in ms beyond which a datum is none */
export const metricValidMs = ({
  periodSeconds,
}: Pick<Extract<Probe, { readonly by: 'metric' }>, 'periodSeconds'>): number =>
  PERIODS_VALID * periodSeconds * 1_000 + LATE_MS;
