// What a code means, and the runbook that it leads to.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FLEET_ALARM_KINDS, NODE_ALARM_KINDS } from '../../shared/fleet/resource-names.ts';
import { CONDITIONS, FAILURES, GUARDRAILS } from '../../shared/model/guardrail-codes.ts';
import { PAGE_WANTS } from '../../shared/model/page-wants.ts';
import { repositoryRoot } from '../paths.ts';

export interface Runbook {
  /** "docs/runbooks/disk.md" */
  readonly path: string;
  readonly text: string;
}

export interface CodeBook {
  /** The sentence of a code; undefined for a word that is none of ours. */
  readonly sentence: (code: string) => string | undefined;
  readonly runbook: (code: string) => Runbook | undefined;
}

const SENTENCES: Readonly<Record<string, string>> = { ...GUARDRAILS, ...FAILURES, ...CONDITIONS };
const KINDS: readonly string[] = [...NODE_ALARM_KINDS, ...FLEET_ALARM_KINDS];
const RUNBOOKS = 'docs/runbooks';

/** The runbook of a page's code, or of an alarm's kind. */
function runbookFor(code: string): string | undefined {
  if (Object.hasOwn(PAGE_WANTS, code)) return PAGE_WANTS[code as keyof typeof PAGE_WANTS].runbook;
  return KINDS.includes(code) ? code : undefined;
}

/** Pure. @param read the text of a page of docs/runbooks; undefined where it is not there */
export function codeBookOf(read: (file: string) => string | undefined): CodeBook {
  return {
    sentence: (code) => (Object.hasOwn(SENTENCES, code) ? SENTENCES[code] : undefined),
    runbook: (code) => {
      const name = runbookFor(code);
      const text = name === undefined ? undefined : read(`${name}.md`);
      return text === undefined ? undefined : { path: `${RUNBOOKS}/${name}.md`, text };
    },
  };
}

/** From this checkout. Without its docs a code has its sentence alone. */
export function readCodeBook(): CodeBook {
  return codeBookOf((file) => {
    try {
      return readFileSync(join(repositoryRoot, RUNBOOKS, file), 'utf8');
    } catch {
      return undefined;
    }
  });
}
