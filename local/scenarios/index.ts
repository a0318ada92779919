// All scenarios, in the order in which a newcomer should meet them.
import { diskFull } from './disk-full.ts';
import type { Scenario } from './scenario.ts';

export const SCENARIOS: readonly Scenario[] = [diskFull];

export const findScenario = (name: string): Scenario | undefined =>
  SCENARIOS.find((scenario) => scenario.name === name);
