// A scenario: a world, people's actions in it, and the expected result.
import type { FleetDocument } from '../../shared/fleet/schema.ts';
import type { Report } from './report/report.ts';
import type { World } from './world/world.ts';

/** What is undefined is taken out of the file: another runtime in place of the unit. */
export type FleetChange = { readonly [Key in keyof FleetDocument]?: FleetDocument[Key] | undefined };

export interface Scenario {
  readonly name: string;
  /** One sentence for `--list`. */
  readonly sentence: string;
  /** The public incident that it plays. */
  readonly happened?: PublicIncident;
  /** Changes to the fleet files of `local/scenarios/fleets`, pushed by a person before the story. */
  readonly fleets?: Readonly<Record<string, FleetChange>>;
  /** Folder of the fleet files that the stack is deployed with; `local/scenarios/fleets` by default. */
  readonly deployedWith?: string;
  /** Other options of `npm run deploy`: `-c NAME=…`. */
  readonly context?: Readonly<Record<string, string>>;
  /**
   * The suite is in the second region (`SECOND_REGION_NAME`), where its fleets have copies alone; their nodes are in the first one, which is deployed with
   * the fleet files of this folder. Of the stack there only the lifecycle policies are deployed.
   */
  readonly copiedFrom?: string;
  /** The same where its fleets have snapshots that a second account (`SECOND_ACCOUNT_ID`) shares with it: their nodes are there, in the same region. */
  readonly sharedFrom?: string;
  /** `none`: the zones of the fleets' names do not exist. They do by default. */
  readonly zones?: 'none';
  /** Makes chains, nodes and their history. */
  readonly build: (world: World) => void;
  /** What people do, and when. */
  readonly people?: (world: World) => void;
  /** What must hold during the run. */
  readonly meanwhile?: readonly MidwayCheck[];
  /** The run ends when this holds and nothing is in progress any more, or after `hours`. */
  readonly done: (world: World) => boolean;
  readonly hours: number;
  /** How many pages its sentence promises, questions left out; two by default. */
  readonly pagesAtMost?: number;
  /** How many attempts of one incident its sentence promises; five and one an hour by default. */
  readonly attemptsAtMost?: number;
  /** What must hold at the end; the sentence is printed if it does not. */
  readonly expect: readonly Expectation[];
}

export interface PublicIncident {
  /** The day on which it began: YYYY-MM-DD. */
  readonly on: string;
  /** The address of its post-mortem, or of where it was reported. */
  readonly source: string;
}

export interface MidwayCheck {
  readonly atMinutes: number;
  readonly sentence: string;
  readonly holds: (world: World) => boolean;
  readonly undisturbed?: true;
}

export interface Expectation {
  readonly sentence: string;
  /** @param world for facts that no report has, such as the order of events */
  readonly holds: (report: Report, world: World) => boolean;
  /** Expected only without a fault: under faults a heal may need another attempt, and a page is right. */
  readonly undisturbed?: true;
}
