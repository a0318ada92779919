// docs/storms.md has each promise with its sentence. `UPDATE=1 npm test -- oracle/page` writes the list.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { repositoryRoot } from '../../../infra/paths.ts';
import { PROMISES } from './index.ts';

const PAGE = join(repositoryRoot, 'docs/storms.md');
const LIST = Object.entries(PROMISES)
  .map(([name, sentence]) => `- \`${name}\`: ${sentence}`)
  .join('\n');

function withList(page: string): string {
  const [before, rest = ''] = page.split(/(?<=<!-- promises: .* -->\n)/);
  const end = rest.indexOf('<!-- /promises -->');
  if (end < 0) throw new Error('docs/storms.md: expected a place for the promises');
  return `${before}\n${LIST}\n\n${rest.slice(end)}`;
}

it('the page on storms has every promise (UPDATE=1 npm test -- oracle/page writes it)', () => {
  const page = readFileSync(PAGE, 'utf8');
  if (process.env['UPDATE'] === '1') writeFileSync(PAGE, withList(page));
  else expect(page).toBe(withList(page));
});

it('a promise is one sentence', () => {
  for (const sentence of Object.values(PROMISES)) expect(sentence).toMatch(/^[A-Z][^|]{20,150}\.$/);
});
