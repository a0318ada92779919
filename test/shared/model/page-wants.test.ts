import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { CONDITIONS, FAILURES, GUARDRAILS } from '../../../shared/model/guardrail-codes.ts';
import { PAGE_WANTS, type Urgency } from '../../../shared/model/page-wants.ts';

const runbooks = readdirSync(join(import.meta.dirname, '../../../docs/runbooks')).map((name) =>
  name.replace('.md', ''),
);

/** By the heading of its part. */
const URGENCIES: Readonly<Record<string, Urgency>> = { Now: 'now', Soon: 'soon', 'To know': 'know' };

describe('what a page wants', () => {
  it('is known of every code, and of no other', () => {
    const codes = Object.keys({ ...GUARDRAILS, ...FAILURES, ...CONDITIONS, 'approval-wanted': '' });
    expect(Object.keys(PAGE_WANTS).sort()).toEqual(codes.sort());
  });

  it.each(Object.entries(PAGE_WANTS))('of %s fits into a subject, and leads to a runbook that is there', (_, want) => {
    expect(want.wants).toMatch(/^[a-zA-Z][^.:]{4,43}$/);
    if (want.runbook !== undefined) expect(runbooks).toContain(want.runbook);
  });

  it('is what docs/pages.md says, with the runbook or with what is wanted, and in the mail (npm run pages writes it)', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/pages.md'), 'utf8');
    const rows = page.split(/^## /m).flatMap((part) => {
      const urgency = URGENCIES[part.split('\n', 1)[0] ?? ''];
      const ofRunbooks = [...part.matchAll(/^- \[([\w-]+)\]\(runbooks\/\1\.md\): (.+)$/gm)].flatMap(
        ([, runbook, codes = '']) =>
          [...codes.matchAll(/`([\w-]+)`/g)].map(([, code = '']) => [code, { urgency, runbook }]),
      );
      const others = [...part.matchAll(/^- `([\w-]+)`: (.+)$/gm)].map(([, code = '', wants]) => [
        code,
        { urgency, wants },
      ]);
      return [...ofRunbooks, ...others];
    });
    const expected = Object.entries(PAGE_WANTS).map(([code, { wants, urgency, runbook }]) => [
      code,
      runbook === undefined ? { urgency, wants } : { urgency, runbook },
    ]);
    expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(expected));
    expect(rows).toHaveLength(expected.length);
    const [, mail = ''] = page.split('\n## A mail\n');
    const [, code = ''] = /^`([\w-]+)`/m.exec(mail) ?? [];
    expect(mail).toContain(`: ${PAGE_WANTS[code as keyof typeof PAGE_WANTS].wants}\n`);
  });
});
