// What owners do most, by hand elsewhere: another version on each node, one after the other, and a restore that is tried. Calls, minutes and outage.
import { drillDaily } from '../../../local/scenarios/catalog/drills.ts';
import { upgradeRolling } from '../../../local/scenarios/catalog/upgrades.ts';
import type { HealReport } from '../../../local/scenarios/report/heals.ts';
import { run } from '../../../local/scenarios/run.ts';
import type { Scenario } from '../../../local/scenarios/scenario.ts';
import { type Measurement, median } from './measurement.ts';
import type { Input } from './part.ts';

const SEEDS = { full: 5, least: 1 };
/** Of both heals of a node's turn: the clean snapshot of before, and the new version. */
const UPGRADE_API_CALLS = 40;
const DRILL_API_CALLS = 50;
/** Each of the two stops, as a swap's. */
const BEYOND_CLIENT_SECONDS = 20;

/** One node's turn in a rolling upgrade. */
interface Turn {
  readonly apiCalls: number;
  /** From its clean snapshot to the proof of its version. */
  readonly seconds: number;
  readonly outageSeconds: number;
  readonly beyondClientSeconds: number;
}

export async function* measureDayTwo(input: Input): AsyncGenerator<Measurement> {
  const turns: Turn[] = [];
  const drills: HealReport[] = [];
  for (let seed = 1; seed <= SEEDS[input]; seed++) {
    // The first one is watched for as long as the fleet file says, and the others are not.
    turns.push(...turnsOf(await healsOf(upgradeRolling, seed)).slice(1));
    drills.push(...(await healsOf(drillDaily, seed)));
  }
  const ofTurns = (of: (turn: Turn) => number) => turns.map(of);
  const upgrade = { subject: 'an upgrade of a node' };
  const drill = { subject: 'a drill' };
  yield* [
    {
      ...{ ...upgrade, measure: 'API calls, at worst', unit: '' },
      ...{ value: Math.max(...ofTurns(({ apiCalls }) => apiCalls)), atMost: UPGRADE_API_CALLS },
    },
    {
      ...{ ...upgrade, measure: 'from its clean snapshot to its proof', unit: 'min' },
      value: median(ofTurns(({ seconds }) => seconds)) / 60,
    },
    {
      ...{ ...upgrade, measure: 'outage, both stops', unit: 's' },
      value: median(ofTurns(({ outageSeconds }) => outageSeconds)),
    },
    {
      ...{ ...upgrade, measure: "outage beyond the client's own, at worst", unit: 's' },
      ...{ value: Math.max(...ofTurns((turn) => turn.beyondClientSeconds)), atMost: BEYOND_CLIENT_SECONDS },
    },
    {
      ...{ ...drill, measure: 'API calls, at worst', unit: '' },
      ...{ value: Math.max(...drills.map(({ apiCalls }) => apiCalls)), atMost: DRILL_API_CALLS },
    },
    {
      ...{ ...drill, measure: 'from its order to its removal', unit: 'min' },
      value: median(drills.map(({ alarmToHealedSeconds }) => alarmToHealedSeconds ?? 0)) / 60,
    },
  ];
}

/** @throws Error where a seed does not end as its story says, or a heal of it has not healed */
async function healsOf(scenario: Scenario, seed: number): Promise<readonly HealReport[]> {
  const { report, unmet } = await run(scenario, { seed, lane: 'sweep' });
  const failed = report.heals.find(({ alarmToHealedSeconds }) => alarmToHealedSeconds === null);
  if (unmet.length === 0 && failed === undefined && report.heals.length > 0) return report.heals;
  throw new Error(`${scenario.name}, seed ${seed}: ${[...unmet, failed?.reason ?? 'no heal'].join('; ')}`);
}

/** In the order of the nodes. @throws Error where a node has not one heal of each kind */
function turnsOf(heals: readonly HealReport[]): readonly Turn[] {
  const ofNodes = Map.groupBy(heals, ({ node }) => node);
  return [...ofNodes].map(([node, its]) => {
    const snapshot = its.find(({ kind }) => kind === 'snapshot-node');
    const upgrade = its.find(({ kind }) => kind === 'replace-node');
    if (!snapshot || !upgrade || its.length !== 2)
      throw new Error(`${node}: expected a snapshot and an upgrade; ${its.map(({ kind }) => kind).join()}`);
    const sum = (of: (heal: HealReport) => number) => of(snapshot) + of(upgrade);
    return {
      apiCalls: sum(({ apiCalls }) => apiCalls),
      seconds: upgrade.startedAtSeconds + (upgrade.alarmToHealedSeconds ?? 0) - snapshot.startedAtSeconds,
      outageSeconds: sum(({ outageSeconds }) => outageSeconds),
      beyondClientSeconds: sum(({ outageSeconds, clientSeconds }) => outageSeconds - clientSeconds),
    };
  });
}
