// The licences of the packages whose code is handed out: compiled into the construct, into the command, or into a function's bundle.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../paths.ts';

/** @param sources paths of source files; what lies in no `node_modules` is ours */
export function noticesOf(sources: readonly string[]): string {
  const packages = new Set(sources.flatMap((source) => packageOf(source) ?? []));
  const byText = new Map<string, string[]>();
  for (const name of [...packages].sort()) {
    const { title, text } = noticeOf(name);
    byText.set(text, [...(byText.get(text) ?? []), title]);
  }
  const parts = [...byText].map(([text, titles]) => `${titles.join('\n')}\n\n${text}`);
  return `The files of this package contain code of these packages.\n\n${parts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

/** The sources of the functions, by their source maps. @param maps the folder of them */
export const sourcesIn = (maps: string): string[] =>
  readdirSync(maps).flatMap((name) => {
    const { sources } = JSON.parse(readFileSync(join(maps, name), 'utf8')) as { readonly sources: readonly string[] };
    return [...sources];
  });

const MODULES = 'node_modules/';

/** "@smithy/core" of "../node_modules/@smithy/core/dist/index.js"; of nested packages the inner one. */
function packageOf(source: string): string | null {
  const at = source.lastIndexOf(MODULES);
  if (at < 0) return null;
  const [scope = '', name = ''] = source.slice(at + MODULES.length).split('/');
  return scope.startsWith('@') ? `${scope}/${name}` : scope;
}

function noticeOf(name: string): { readonly title: string; readonly text: string } {
  const folder = join(repositoryRoot, 'node_modules', name);
  const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly version: string;
    readonly license?: string;
  };
  if (license === undefined) throw new Error(`${name} does not say its licence`);
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|notice)(\.(md|txt))?$/i.test(file));
  const texts = files.sort().map((file) => readFileSync(join(folder, file), 'utf8').trim());
  return { title: `${name} ${version} (${license})`, text: texts.join('\n\n') || `${license}.` };
}
