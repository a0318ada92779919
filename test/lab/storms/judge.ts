// Who judges a storm: the seam between storms and judges, with the scenarios' own invariants and the judge of the promises behind it.

import type { Checker } from '../../../local/scenarios/checks/checker.ts';
import { INVARIANTS, type InvariantName } from '../../../local/scenarios/checks/invariants.ts';
import type { World } from '../../../local/scenarios/world/world.ts';
import type { Moment } from '../../../local/scenarios/world-file/timeline.ts';
import type { CallRecord } from '../../../local/simulator/trace.ts';
import { fleetParameterName } from '../../../shared/fleet/parameter.ts';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { Judge, type PersonAct, type Told } from '../oracle/index.ts';

/** A promise that a storm saw broken. */
export interface Broken {
  readonly promise: string;
  /** ms since the epoch */
  readonly atMs: number;
  readonly subject: string;
  readonly sentence: string;
}

export interface Judgement {
  readonly broken: readonly Broken[];
  /** Promises whose situation arose, and all others. */
  readonly mattered: readonly string[];
  readonly idle: readonly string[];
}

export interface StormJudge {
  /** Each request to AWS, right after its effect. */
  readonly onCall: (record: CallRecord) => void;
  /** At every mutation, and at least every ten simulated seconds. */
  look(): void;
  /** Before each act of a person. */
  person(act: PersonAct): void;
  /** Nothing new goes wrong from here on. */
  faultsEnd(atMs: number): void;
  end(atMs: number): Judgement;
}

/**
 * Invariants of a story of an hour or two, which ends well. In many hours something comes back every half hour, and people stop clients: the judge of the
 * promises has `one-page-a-cause`, `nothing-half-done` and `stopped-stays-stopped` for that.
 */
const OF_SHORT_STORIES: ReadonlySet<InvariantName> = new Set<InvariantName>([
  'told-once',
  'client-left-stopped',
  'modifications-per-day',
]);

/** Attempts that an incident may have before it waits an hour for each further one (docs/decisions.md, waits). */
const FIRST_ATTEMPTS_MAX = 8;

/**
 * The invariants of every scenario. They do not tell when their situation arose.
 * @param hours of the storm: a trouble that is refused is tried again each hour, as long as it lasts
 */
export const invariantsAsJudge = (checker: Checker, hours: number): StormJudge => ({
  onCall: checker.onCall,
  look: () => {},
  person: () => {},
  faultsEnd: () => {},
  end: () => ({
    // As in every disturbed run: only our own pages count, each cause for itself.
    broken: checker
      // That every wait ends, `attempts-end` says.
      .end({ attemptsAtMost: FIRST_ATTEMPTS_MAX + Math.ceil(hours), pagesAtMost: undefined, mayRunOn: true })
      .filter(({ invariant }) => !OF_SHORT_STORIES.has(invariant))
      .map(({ invariant, at, detail }) => ({
        promise: invariant,
        atMs: Date.parse(at),
        subject: detail.split(/[: ]/, 1)[0] ?? '',
        sentence: `${INVARIANTS[invariant]} ${detail}`,
      })),
    mattered: [],
    idle: [],
  }),
});

/** What people type on nodes: no request to AWS shows it to a judge. What they say to chainmend is one. */
const TOLD = {
  'stop-client': 'stop-client',
  'remove-container': 'stop-client',
  'detach-volume': 'stop-client',
  'start-client': 'start-client',
  'restart-client': 'start-client',
  'make-container': 'start-client',
  'restore-table': 'restore-table',
} as const satisfies Partial<Record<Moment['do'], string>>;

/** Undefined: nobody has to be told of it. */
export function personActOf(
  moment: Moment & { readonly node?: string; readonly fleet?: string; readonly minutes?: number },
  atMs: number,
): PersonAct | undefined {
  const kind = (TOLD as Readonly<Partial<Record<string, string>>>)[moment.do];
  if (kind === undefined) return undefined;
  const [fleet, node] = moment.node?.split('/') ?? [moment.fleet];
  const untilMs = kind === 'restore-table' && moment.minutes ? atMs + moment.minutes * 60_000 : undefined;
  return {
    atMs,
    kind,
    ...(untilMs !== undefined && { untilMs }),
    ...(fleet !== undefined && { fleet }),
    ...(node !== undefined && { node }),
  };
}

/** The judge that knows the promises alone. It is told what owners say, when the story has begun. */
export function promisesAsJudge(world: World): { readonly judge: StormJudge; readonly troubles: () => string } {
  const judge = new Judge(world.region, toldOf(world));
  return { judge, troubles: () => judge.troubles };
}

/** Fleet files as they are stored now, and the nodes under the names that they have. */
export function toldOf({ region, fleets, nodes }: World): Told {
  const documents = [...fleets.keys()].flatMap((name) => {
    const text = region.ssm.parameter(fleetParameterName('/chainmend', name));
    return text === undefined ? [] : [[name, JSON.parse(text) as FleetDocument] as const];
  });
  const said = nodes.map(({ fleet, instanceId, role, tags }) => ({
    ...{ fleet: fleet.name, instanceId, role },
    name: tags[fleet.nodes.nameTag] ?? instanceId,
  }));
  return { fleets: new Map(documents), nodes: said.map((node) => ({ ...node, name: nameAmong(said, node) })) };
}

/** Members of a group that share a name have the end of their instance's id behind it (docs/fleet-files.md, `nodes.nameTag`). */
function nameAmong(
  all: readonly { readonly fleet: string; readonly name: string }[],
  { fleet, name, instanceId }: { readonly fleet: string; readonly name: string; readonly instanceId: string },
): string {
  const alike = all.filter((other) => other.fleet === fleet && other.name === name);
  return alike.length > 1 ? `${name}-${instanceId.slice(-8)}` : name;
}
