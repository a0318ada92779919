// What lists say of the scenarios: their names and sentences, without the scenarios themselves.
import type { PublicIncident } from '../scenario.ts';

export interface ScenarioEntry {
  readonly name: string;
  readonly sentence: string;
}

export interface ScenarioEntries {
  readonly all: readonly ScenarioEntry[];
  /** Public incidents, the oldest first. */
  readonly museum: readonly (ScenarioEntry & { readonly happened: PublicIncident })[];
}

export async function scenarioEntries(): Promise<ScenarioEntries> {
  const { allScenarios, museum } = await import('./index.ts');
  return {
    all: allScenarios().map(({ name, sentence }) => ({ name, sentence })),
    museum: museum().map(({ name, sentence, happened }) => ({ name, sentence, happened })),
  };
}
