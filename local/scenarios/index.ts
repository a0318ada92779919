// All scenarios, in the order in which a newcomer should meet them.
import { allDisksFull } from './all-disks-full.ts';
import { diskFull } from './disk-full.ts';
import { diskFullAsk } from './disk-full-ask.ts';
import { diskFullBudgetSpent } from './disk-full-budget-spent.ts';
import { diskFullGrownBefore } from './disk-full-grown-before.ts';
import { diskFullPaused } from './disk-full-paused.ts';
import { diskFullPlan } from './disk-full-plan.ts';
import type { Scenario } from './scenario.ts';

export const SCENARIOS: readonly Scenario[] = [
  diskFull,
  allDisksFull,
  diskFullGrownBefore,
  diskFullBudgetSpent,
  diskFullPaused,
  diskFullPlan,
  diskFullAsk,
];

export const findScenario = (name: string): Scenario | undefined =>
  SCENARIOS.find((scenario) => scenario.name === name);
