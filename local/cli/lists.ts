// What `--list`, `--list-faults` and `--list-codes` print: one name a line, two spaces, a sentence.
import { CONDITIONS, FAILURES, GUARDRAILS } from '../../shared/model/guardrail-codes.ts';
import { scenarioEntries } from '../scenarios/catalog/entries.ts';
import { FAULTS } from '../simulator/faults.ts';
import type { ListName } from './arguments.ts';

/** Codes of pages that are not about a refusal, a failure or an observation of watch-fleet. */
const PAGES = {
  'approval-wanted': 'In mode ask: a person is asked whether the plan may be carried out.',
  'suite-alarm': 'An alarm on the suite itself went off: a heal, a queue, a function or the sweep needs a person.',
} as const satisfies Record<string, string>;

export async function listLines(what: ListName): Promise<readonly string[]> {
  switch (what) {
    case 'scenarios':
      return (await scenarioEntries()).all.map(({ name, sentence }) => `${name}  ${sentence}`);
    case 'museum':
      return (await scenarioEntries()).museum.map(
        ({ name, sentence, happened }) => `${happened.on}  ${name}  ${sentence}  ${happened.source}`,
      );
    case 'systems': {
      const { systems } = await import('../scenarios/world-file/systems.ts');
      return systems().map(({ world, scenario }) => `${world}  ${scenario.sentence}`);
    }
    case 'faults':
      return linesOf(FAULTS);
    case 'codes': {
      const { INVARIANTS } = await import('../scenarios/checks/invariants.ts');
      return [GUARDRAILS, FAILURES, CONDITIONS, PAGES, INVARIANTS].flatMap(linesOf);
    }
  }
}

const linesOf = (sentences: Readonly<Record<string, string>>): string[] =>
  Object.entries(sentences).map(([name, sentence]) => `${name}  ${sentence}`);
