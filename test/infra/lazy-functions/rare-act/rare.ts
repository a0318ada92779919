// A module that is loaded when it is first used.
import { Kept } from './common.ts';

export const rareAct = (given: Kept) => ({
  kept: new Kept(`a rare act, after ${given.text}`),
  sees: given instanceof Kept,
});
