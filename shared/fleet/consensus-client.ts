// The unit of a fleet file that is the consensus client beside an execution client, if the file names one.
import type { Fleet } from './model.ts';

/** Names of `units` that mean the consensus client. */
export const CONSENSUS_UNITS: readonly string[] = ['beacon', 'consensus'];

/** undefined: the consensus client is not ours to restart. */
export const consensusUnitOf = ({ units }: Pick<Fleet, 'units'>): Fleet['units'][number] | undefined =>
  units.find(({ name }) => CONSENSUS_UNITS.includes(name));
