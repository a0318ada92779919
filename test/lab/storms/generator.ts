// The seam between a run of storms and who draws them.
import type { Drawer, Storm } from './storm.ts';

/** A type of fault: its name is counted, and what it says is told. */
export interface DrawnType {
  /** Whose hand it is: of AWS, nodes, chains, people. */
  readonly hand: string;
  readonly says: string;
  /**
   * What shows that it had an effect, where its entries alone do not: a fault of the region by its name, `outage SERVICE`, `approve`, `broken file` (one of ours read it), `throw-away refuses`; or
   * `reference`, `outage`, `misbehaves` for whatever its entries name. Without it one of its entries was carried out and changed something.
   */
  readonly met?: string | undefined;
  /** Words of the timeline that must all have had an effect: a story of several steps did not happen with the first one. */
  readonly words?: readonly string[];
}

export interface Generator extends Drawer {
  readonly types: Readonly<Record<string, DrawnType>>;
  /**
   * The same seed gives the same storm, to the byte. `only`: this type of fault and no other, in a world where it can happen; `first`:
   * this one in any case, where the generator can, and what the seed draws besides. Where a generator can, several joined by + come in one world.
   * @throws RangeError where `only` or `first` is none of its types
   */
  draw(seed: number, how: { readonly hours: number; readonly only?: string; readonly first?: string }): Storm;
}
