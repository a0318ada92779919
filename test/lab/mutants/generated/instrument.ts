// Makes mutants of source files by Stryker's instrumenter: all of them stand in the code at once, each behind a switch, and a test run turns one on.
// Two kinds are not tried. A mutant of a sentence's words says nothing of a decision. A function that asks AWS is tested in the region.
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
  /** Mutants that nobody tries. */
  readonly untried: number;
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
  const asking = new Map([...texts].map(([file, text]) => [file, linesThatAsk(text)]));
  const mutants = all.filter((mutant) => !isSentence(mutant) && !asking.get(mutant.file)?.has(mutant.line));
  return {
    code: Object.fromEntries(written.map(({ name, content }) => [name, content])),
    mutants,
    untried: all.length - mutants.length,
  };
}

/** Codes, kinds and keys are one word. What has a space is said to people. */
const isSentence = ({ mutator, original }: GeneratedMutant): boolean =>
  mutator === 'StringLiteral' && /\s/.test(original.replaceAll(/\$\{[^}]*\}/g, ''));

/** The lines of the async functions of a file, as its formatter leaves them. */
function linesThatAsk(text: string): ReadonlySet<number> {
  const lines = new Set<number>();
  let isWithin = false;
  for (const [at, line] of text.split('\n').entries()) {
    if (/^(export )?async function/.test(line)) isWithin = true;
    if (isWithin) lines.add(at + 1);
    if (line === '}') isWithin = false;
  }
  return lines;
}
