// The pages for people: what they name is there.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '../infra/paths.ts';

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
