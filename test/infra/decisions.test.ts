// docs/decisions.md says what each decision rests on, from the code's own tables. `npm run decisions` writes it again, so that a review shows a changed
// rule as a change of that page.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { repositoryRoot } from '../../infra/paths.ts';
import { postedTables } from './decisions/posted.ts';
import { ruleTables } from './decisions/words.ts';

const PAGE = join(repositoryRoot, 'docs/decisions.md');
const tables = { ...ruleTables(), ...postedTables() };

/** Each table is between `<!-- NAME: … -->` and `<!-- /NAME -->`. */
const withTables = (page: string): string =>
  Object.entries(tables).reduce((text, [name, lines]) => {
    const begin = text.indexOf(`<!-- ${name}: `);
    const end = text.indexOf(`<!-- /${name} -->`);
    const from = text.indexOf('\n', begin) + 1;
    if (begin < 0 || end < from) throw new Error(`docs/decisions.md: expected a place for the table ${name}`);
    return `${text.slice(0, from)}\n${lines.join('\n')}\n\n${text.slice(end)}`;
  }, page);

it('the page on decisions has the tables that the code makes (npm run decisions writes them)', () => {
  const page = readFileSync(PAGE, 'utf8');
  if (process.env['UPDATE'] === '1') writeFileSync(PAGE, withTables(page));
  else expect(page).toBe(withTables(page));
});

it('no table is empty', () => {
  for (const [name, lines] of Object.entries(tables))
    expect({ name, rows: lines.length > 2 }).toEqual({ name, rows: true });
});
