// What a code means, and the runbook that it leads to. The runbooks' own index says which code has which page.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CONDITIONS, FAILURES, GUARDRAILS } from '../../shared/model/guardrail-codes.ts';
import { repositoryRoot } from '../paths.ts';

export interface Runbook {
  /** "docs/runbooks/disk.md" */
  readonly path: string;
  readonly text: string;
}

export interface CodeBook {
  /** The sentence of a code; undefined for a word that is none of ours. */
  readonly sentence: (code: string) => string | undefined;
  readonly runbooks: (code: string) => readonly Runbook[];
}

const SENTENCES: Readonly<Record<string, string>> = { ...GUARDRAILS, ...FAILURES, ...CONDITIONS };
const RUNBOOKS = 'docs/runbooks';

/** Pure. @param index the table of docs/runbooks/README.md @param read the text of a page; undefined where it is not there */
export function codeBookOf(index: string, read: (file: string) => string | undefined): CodeBook {
  const files = new Map<string, string[]>();
  for (const row of index.split('\n').filter((line) => line.startsWith('|'))) {
    const [, codes = '', pages = ''] = row.split('|');
    const paths = [...pages.matchAll(/\(([a-z-]+\.md)\)/g)].map(([, file = '']) => file);
    const named = [...codes.matchAll(/`([a-z-]+)`/g)].map(([, code = '']) => code);
    // "disk, inodes, …": a code that has a page of its own name has that one alone.
    for (const code of named)
      files.set(code, paths.includes(`${code}.md`) ? [`${code}.md`] : [...(files.get(code) ?? []), ...paths]);
  }
  return {
    sentence: (code) => (Object.hasOwn(SENTENCES, code) ? SENTENCES[code] : undefined),
    runbooks: (code) =>
      (files.get(code) ?? []).flatMap((file) => {
        const text = read(file);
        return text === undefined ? [] : [{ path: `${RUNBOOKS}/${file}`, text }];
      }),
  };
}

/** From this checkout. Without its docs a code has its sentence alone. */
export function readCodeBook(): CodeBook {
  const read = (file: string): string | undefined => {
    try {
      return readFileSync(join(repositoryRoot, RUNBOOKS, file), 'utf8');
    } catch {
      return undefined;
    }
  };
  return codeBookOf(read('README.md') ?? '', read);
}
