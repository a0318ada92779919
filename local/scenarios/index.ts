// All scenarios, in the order in which a newcomer should meet them.
import { allDisksFull } from './all-disks-full.ts';
import { chainHalt } from './chain-halt.ts';
import { diskFull } from './disk-full.ts';
import { diskFullAsk } from './disk-full-ask.ts';
import { diskFullBudgetSpent } from './disk-full-budget-spent.ts';
import { diskFullGrownBefore } from './disk-full-grown-before.ts';
import { diskFullPaused } from './disk-full-paused.ts';
import { diskFullPlan } from './disk-full-plan.ts';
import { dnsDrift } from './dns-drift.ts';
import { minorityFork } from './minority-fork.ts';
import { newFleet } from './new-fleet.ts';
import { peersLost } from './peers-lost.ts';
import { referenceLies } from './reference-lies.ts';
import { rpcDead } from './rpc-dead.ts';
import type { Scenario } from './scenario.ts';
import { slowStart } from './slow-start.ts';

export const SCENARIOS: readonly Scenario[] = [
  diskFull,
  allDisksFull,
  diskFullGrownBefore,
  diskFullBudgetSpent,
  diskFullPaused,
  diskFullPlan,
  diskFullAsk,
  rpcDead,
  minorityFork,
  chainHalt,
  referenceLies,
  slowStart,
  dnsDrift,
  peersLost,
  newFleet,
];

export const findScenario = (name: string): Scenario | undefined =>
  SCENARIOS.find((scenario) => scenario.name === name);
