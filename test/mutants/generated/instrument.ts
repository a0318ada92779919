// Makes mutants of source files by Stryker's instrumenter: all of them stand in the code at once, each behind a switch, and a test run turns one on.
// Sentences are left as they are: a mutant of their words says nothing of a decision.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Instrumenter } from '@stryker-mutator/instrumenter';

export interface GeneratedMutant {
  /** Stryker's number, unique in one call. */
  readonly id: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The line's whole text: it finds the mutant again when code above it moves. */
  readonly lineText: string;
  readonly mutator: string;
  readonly original: string;
  readonly replacement: string;
}

export interface Instrumented {
  /** File from the root of the checkout → its code with the switches. */
  readonly code: Readonly<Record<string, string>>;
  readonly mutants: readonly GeneratedMutant[];
  /** Mutants of sentences, which nobody tries. */
  readonly sentences: number;
}

const SILENT = {
  isTraceEnabled: () => false,
  isDebugEnabled: () => false,
  isInfoEnabled: () => false,
  isWarnEnabled: () => false,
  isErrorEnabled: () => false,
  isFatalEnabled: () => false,
  trace: () => {},
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  fatal: () => {},
};

export async function instrument(root: string, files: readonly string[]): Promise<Instrumented> {
  const texts = new Map<string, string>();
  for (const file of files) texts.set(file, await readFile(join(root, file), 'utf8'));
  const { files: written, mutants: made } = await new Instrumenter(SILENT).instrument(
    [...texts].map(([name, content]) => ({ name, content, mutate: true })),
    { plugins: null, excludedMutations: [], ignorers: [] },
  );
  const all = made.map(({ id, fileName, location: { start, end }, mutatorName, replacement }): GeneratedMutant => {
    const lines = (texts.get(fileName) ?? '').split('\n');
    const taken = lines.slice(start.line, end.line + 1);
    taken[taken.length - 1] = (taken.at(-1) ?? '').slice(0, end.column);
    taken[0] = (taken[0] ?? '').slice(start.column);
    const lineText = (lines[start.line] ?? '').trim();
    const original = taken.join('\n');
    return { id, file: fileName, line: start.line + 1, lineText, mutator: mutatorName, original, replacement };
  });
  const mutants = all.filter((mutant) => !isSentence(mutant));
  return {
    code: Object.fromEntries(written.map(({ name, content }) => [name, content])),
    mutants,
    sentences: all.length - mutants.length,
  };
}

/** Codes, kinds and keys are one word. What has a space is said to people. */
const isSentence = ({ mutator, original }: GeneratedMutant): boolean =>
  mutator === 'StringLiteral' && /\s/.test(original.replaceAll(/\$\{[^}]*\}/g, ''));
