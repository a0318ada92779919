// What a scenario is: a world, what people do in it, and what must have come of it.
import type { FleetDocument } from '../../shared/fleet/schema.ts';
import type { Report } from './report/report.ts';
import type { World } from './world/world.ts';

export interface Scenario {
  readonly name: string;
  /** One sentence for `--list`. */
  readonly sentence: string;
  /** Changes to the fleet files of `local/scenarios/fleets`, pushed by a person before anything happens. */
  readonly fleets?: Readonly<Record<string, Partial<FleetDocument>>>;
  /** Folder of the fleet files that the stack is deployed with; `local/scenarios/fleets` unless given. */
  readonly deployedWith?: string;
  /** What else `npm run deploy` was told: `-c NAME=…`. */
  readonly context?: Readonly<Record<string, string>>;
  /** Nobody has made the zones of the fleets' names; they are there unless it is said. */
  readonly zones?: 'none';
  /** Puts chains, nodes and their pasts there. */
  readonly build: (world: World) => void;
  /** What people do, and when. */
  readonly people?: (world: World) => void;
  /** What must hold on the way. */
  readonly meanwhile?: readonly MidwayCheck[];
  /** The run ends when this holds and nothing is under way any more, or after `hours`. */
  readonly done: (world: World) => boolean;
  readonly hours: number;
  /** What must hold at the end; the sentence is told when it does not. */
  readonly expect: readonly Expectation[];
}

export interface MidwayCheck {
  readonly atMinutes: number;
  readonly sentence: string;
  readonly holds: (world: World) => boolean;
  readonly undisturbed?: true;
}

export interface Expectation {
  readonly sentence: string;
  /** @param world for what no report tells, such as the order of things */
  readonly holds: (report: Report, world: World) => boolean;
  /** Expected only when no fault was switched on: under faults a heal may need another attempt, and a page is right. */
  readonly undisturbed?: true;
}
