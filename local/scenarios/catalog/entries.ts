// What lists say of the scenarios: their names and sentences. They are kept, so that a list need not read 126 world files again.
import { join } from 'node:path';
import { hashOf, hashOfCode, keepBytes, keptBytes, shelf } from '../../../infra/kept.ts';
import { repositoryRoot } from '../../../infra/paths.ts';
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

const LISTS = shelf('lists', 4);
const WORLDS = ['local/scenarios/worlds', 'local/scenarios/museum'].map((path) => join(repositoryRoot, path));
/** Whatever a sentence may be made of. */
const CODE = ['local', 'shared', 'infra', 'functions', 'package-lock.json'].map((path) => join(repositoryRoot, path));

/** @throws WorldFileError where a world file of the catalog is wrong */
export async function scenarioEntries(): Promise<ScenarioEntries> {
  const hash = hashOf(WORLDS, hashOfCode(CODE));
  const kept = keptBytes(LISTS, hash);
  if (kept !== undefined) return JSON.parse(kept.toString());
  const made = await readEntries();
  keepBytes(LISTS, hash, Buffer.from(JSON.stringify(made)));
  return made;
}

async function readEntries(): Promise<ScenarioEntries> {
  const { allScenarios, museum } = await import('./index.ts');
  return {
    all: allScenarios().map(({ name, sentence }) => ({ name, sentence })),
    museum: museum().map(({ name, sentence, happened }) => ({ name, sentence, happened })),
  };
}
