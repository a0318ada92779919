// `npm run release -- WORDS`: everything that a release hands out, in dist/release, with checksums. The words are those of `npm run deploy`: -c NAME=VALUE.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { terminalText } from '../shared/text/terminal-text.ts';
import { shortPath } from './fleets.ts';
import { packLibrary } from './library/pack.ts';
import { repositoryRoot } from './paths.ts';
import { checksumsOf, writeArchive } from './release/archive.ts';

const out = join(repositoryRoot, 'dist/release');

/** @returns what `-c` gives; undefined where the words are other ones */
function contextOf(words: readonly string[]): Readonly<Record<string, string>> | undefined {
  const context: Record<string, string> = {};
  for (let at = 0; at < words.length; at += 2) {
    const [, name, value] = /^(\w+)=(.*)$/s.exec(words[at + 1] ?? '') ?? [];
    if (words[at] !== '-c' || name === undefined || value === undefined) return undefined;
    context[name] = value;
  }
  return context;
}

async function release(context: Readonly<Record<string, string>>): Promise<void> {
  const working = mkdtempSync(join(tmpdir(), 'chainmend-release-'));
  try {
    const made = [
      await writeArchive(working, join(working, 'assembly'), context),
      await packLibrary(join(working, 'library')),
    ].map((path) => [basename(path), readFileSync(path)] as const);
    const files = [...made, ['SHA256SUMS', Buffer.from(checksumsOf(Object.fromEntries(made)))] as const];
    rmSync(out, { recursive: true, force: true });
    mkdirSync(out, { recursive: true });
    for (const [name, bytes] of files) {
      writeFileSync(join(out, name), bytes);
      console.log(`${shortPath(join(out, name))} is written.`);
    }
  } finally {
    rmSync(working, { recursive: true, force: true });
  }
}

const context = contextOf(process.argv.slice(2));
if (context === undefined) {
  console.error('usage: npm run release -- [-c NAME=VALUE …], with the names that npm run deploy takes');
  process.exitCode = 2;
} else
  await release(context).catch((error: Error) => {
    console.error(terminalText(error.message));
    process.exitCode = 1;
  });
