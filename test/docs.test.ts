// The pages for people: what they name is there, and their English is plain.
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '../infra/paths.ts';
import { CONDITIONS, FAILURES, GUARDRAILS } from '../shared/model/guardrail-codes.ts';
import { blocksOf, LONG_SENTENCES, notUsedIn, passiveChains, tooLong } from './fixtures/english.ts';
import { kindsOf, wordsIn } from './fixtures/kinds-of-pages.ts';

const pages = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...['docs', 'docs/adr', 'docs/runbooks'].flatMap((folder) =>
    readdirSync(join(repositoryRoot, folder)).flatMap((name) => (name.endsWith('.md') ? [`${folder}/${name}`] : [])),
  ),
];
const read = (page: string): string => readFileSync(join(repositoryRoot, page), 'utf8');
const isThere = (path: string): boolean => existsSync(join(repositoryRoot, path));

/** Files and folders of the checkout in code quotes; not those with a placeholder or a choice, such as `functions/<verb-noun>/`. */
const pathsIn = (text: string): readonly string[] =>
  [...text.matchAll(/`((?:functions|shared|infra|local|test|events|docs|examples)\/[\w./-]*)`/g)].map(
    ([, path = '']) => path,
  );

/** As GitHub makes an anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
const anchorsOf = (text: string): readonly string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchorOf(heading));

describe.each(pages.filter((page) => !page.startsWith('docs/adr/')))('%s', (page) => {
  it('names no file or folder that is gone', () => {
    expect(pathsIn(read(page)).filter((path) => !isThere(path))).toEqual([]);
  });
});

describe.each(pages)('%s', (page) => {
  it('links to pages and headings that are there', () => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)/g)];
    const broken = links.filter(([, file = '', anchor]) => {
      const target = file === '' ? page : join(dirname(page), file);
      return !isThere(target) || (anchor !== undefined && !anchorsOf(read(target)).includes(anchor));
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });
});

it('the tour has ten stops', () => {
  expect(read('docs/tour.md').match(/^### \d+\. /gm)).toHaveLength(10);
});

describe('the documentation', () => {
  const counted = pages.filter((page) => page !== 'SECURITY.md');
  const wordsOf = (chosen: readonly string[]): number => chosen.reduce((sum, page) => sum + wordsIn(read(page)), 0);

  it('has four kinds of pages, and each page is of one', () => {
    expect(counted.filter((page) => kindsOf(page).length !== 1)).toEqual([]);
  });

  it('has at most 40,000 words, and 3,000 on a page that explains', () => {
    expect(wordsIn('| a `b` | 3 |\n|---|---|\n- c')).toBe(4);
    expect(wordsOf(counted)).toBeGreaterThan(20_000);
    expect(wordsOf(counted)).toBeLessThanOrEqual(40_000);
    const long = counted.filter((page) => kindsOf(page).includes('understand') && wordsOf([page]) > 3_000);
    expect(long).toEqual([]);
  });
});

describe('the English of all pages, and of the sentences of codes', () => {
  const markdown = globSync(['*.md', '{docs,events,examples,infra,test}/**/*.md'], {
    cwd: repositoryRoot,
    exclude: ['**/node_modules/**', '**/cdk.out/**'],
  });
  const texts: readonly (readonly [place: string, blocks: readonly string[]])[] = [
    ...markdown.sort().map((page) => [page, blocksOf(read(page))] as const),
    ...Object.entries({ ...GUARDRAILS, ...FAILURES, ...CONDITIONS }).map(([code, text]) => [code, [text]] as const),
  ];

  it('has none of the words that readers stumble over', () => {
    expect(texts.length).toBeGreaterThan(200);
    const found = texts.flatMap(([place, blocks]) => blocks.flatMap(notUsedIn).map((line) => `${place}: ${line}`));
    expect(found).toEqual([]);
  });

  it('has sentences of at most 25 words, but for those that were longer before the limit: their list only gets shorter', () => {
    const long = texts.map(([place, blocks]) => [place, blocks.flatMap(tooLong)] as const);
    const more = long.filter(([place, { length }]) => length > (LONG_SENTENCES[place] ?? 0));
    expect(Object.fromEntries(more)).toEqual({});
    const gone = Object.keys(LONG_SENTENCES).filter((place) => !texts.some(([other]) => other === place));
    expect(gone).toEqual([]);
  });

  it('has no sentence in which two verbs hide who acts', () => {
    const chains = texts.flatMap(([place, blocks]) => blocks.flatMap(passiveChains).map((one) => `${place}: ${one}`));
    expect(chains).toEqual([]);
  });

  it('is read as it should be: sentences, cells and list items apart, code as one word', () => {
    const long = 'one '.repeat(26);
    expect(blocksOf(`# Head\n\nA b.\n- ${long}\n| c | d |\n\`\`\`\n${long}\n\`\`\`\n`)).toEqual([
      'Head',
      'A b.',
      long.trim(),
      'c',
      'd',
    ]);
    expect(tooLong(long)).toHaveLength(1);
    expect(tooLong(`${'one '.repeat(13)}. ${'one '.repeat(13)} \`${long}\``)).toEqual([]);
    expect(notUsedIn('Whoever is told of it')).toEqual(['"Whoever": write "who"', '"told of": write "paged, or said"']);
    expect(notUsedIn('`whoever`')).toEqual([]);
    expect(passiveChains('It is made. It was written by hand.')).toEqual([]);
    expect(passiveChains('What was begun is written down.')).toHaveLength(1);
  });
});
