// Plays scenarios before the judge, who hears what people do on nodes in world files, and elsewhere of their calls alone. Returns what it says of each.
import pMap from 'p-map';
import { findScenario } from '../../../local/scenarios/catalog/index.ts';
import { run, type Witness } from '../../../local/scenarios/run.ts';
import type { World } from '../../../local/scenarios/world/world.ts';
import type { TimelineObserver } from '../../../local/scenarios/world-file/build.ts';
import { readWorld } from '../../../local/scenarios/world-file/read.ts';
import type { FaultName } from '../../../local/simulator/faults.ts';
import type { FleetDocument } from '../../../shared/fleet/schema.ts';
import { type Hold, holdsIn } from '../holds.ts';
import { Judge, type Judgement } from '../oracle/index.ts';
import { letAsk, type Owner } from '../owner.ts';
import { personActOf } from '../storms/judge.ts';

export interface Trial {
  /** The name of a scenario, or the path of a world file. */
  readonly scenario: string;
  /** 1 unless given. */
  readonly seed?: number;
  readonly faults?: readonly FaultName[];
  /** False: nobody judges, to compare how long it takes. */
  readonly judged?: false;
  /** Its fleets ask, and a person answers so; as their files say otherwise. */
  readonly owner?: Owner;
  /** It ends after so many hours, although its story does not. */
  readonly hoursAtMost?: number;
}

export interface Tried extends Judgement {
  readonly scenario: string;
  readonly seed: number;
  readonly traceHash: string;
  /** The scenario's own expectations that did not hold, and invariants. */
  readonly unmet: readonly string[];
  /** Invariants that were broken. */
  readonly violations: readonly string[];
  /** What conditions of its fleets have held. */
  readonly holds: readonly Hold[];
  /** How many questions were asked. */
  readonly asked: number;
  /** What functions of the suite have sent: "chainmend-watch-fleet monitoring:PutMetricData". */
  readonly sent: readonly string[];
  /** Of this process, in seconds. */
  readonly cpuSeconds: number;
}

const LOOK_EVERY_MS = 10_000;
const NOTHING: Judgement = { broken: [], mattered: [], idle: [] };

/** One run after another; results are in the order of `trials`. */
export const job = (trials: readonly Trial[]): Promise<Tried[]> => pMap(trials, tried, { concurrency: 1 });

async function tried({
  scenario: name,
  seed = 1,
  faults = [],
  judged,
  owner,
  hoursAtMost = Number.POSITIVE_INFINITY,
}: Trial): Promise<Tried> {
  let judge: Judge | undefined;
  const observer: TimelineObserver = {
    before: ({ world }, moment) => {
      const act = personActOf(moment, world.region.clock.now());
      if (act) judge?.person(act);
    },
    after: () => {},
    failed: (_stage, _moment, error) => {
      throw error;
    },
  };
  const scenario = name.endsWith('.yaml') ? readWorld(name, observer) : findScenario(name, observer);
  if (!scenario) throw new Error(`there is no scenario ${name}`);
  const sent = new Set<string>();
  const witness: Witness = {
    begin: (world) => {
      if (owner) letAsk(world, owner);
      judge = judgeOf(world, faults.length > 0);
    },
    onCall: (record) => {
      judge?.onCall(record);
      sent.add(`${record.actor.split('/')[0]} ${record.service}:${record.operation}`);
    },
  };
  const before = process.cpuUsage();
  const { report, unmet, world } = await run(
    { ...scenario, hours: Math.min(scenario.hours, hoursAtMost) },
    {
      seed,
      lane: 'sweep',
      faults,
      ...(judged !== false && { witness }),
      // With another mode than its file's a story ends otherwise: what it expects of itself does not count.
      ...(owner && { disturbed: true }),
    },
  );
  const judgement = judge?.end(world.region.clock.now()) ?? NOTHING;
  const { user, system } = process.cpuUsage(before);
  const cpuSeconds = (user + system) / 1e6;
  return {
    ...{ scenario: name, seed, traceHash: report.traceHash, unmet, cpuSeconds },
    violations: report.violations.map((violation) => JSON.stringify(violation)),
    holds: holdsIn(world),
    sent: [...sent].filter((one) => one.startsWith('chainmend-')),
    asked: report.pages.filter(({ code }) => code === 'approval-wanted').length,
    ...judgement,
  };
}

/** Scenarios have no end of their faults: liveness is counted from their beginning, and not at all where AWS is disturbed all the time. */
function judgeOf(world: World, disturbed: boolean): Judge {
  const { clock, ssm } = world.region;
  const documents = [...world.fleets.keys()].flatMap((name) => {
    const text = ssm.parameter(`/chainmend/fleets/${name}`);
    return text === undefined ? [] : [[name, JSON.parse(text) as FleetDocument] as const];
  });
  const nodes = world.nodes.map(({ fleet, name, instanceId, role }) => ({ fleet: fleet.name, name, instanceId, role }));
  const judge = new Judge(world.region, { fleets: new Map(documents), nodes });
  if (!disturbed) judge.faultsEnd(clock.now());
  const look = (): void => {
    judge.look();
    clock.after(LOOK_EVERY_MS, look);
  };
  look();
  return judge;
}
