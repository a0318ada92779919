// `npm run release -- WORDS`: everything that a release hands out, in dist/release, with checksums. The words are those of `npm run deploy`: -c NAME=VALUE.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
    rmSync(out, { recursive: true, force: true });
    const tarball = await packLibrary(join(working, 'library'));
    const archive = await writeArchive(out, join(working, 'assembly'), context);
    const name = tarball.slice(tarball.lastIndexOf('/') + 1);
    writeFileSync(join(out, name), readFileSync(tarball));
    const files = readdirSync(out).map((file) => [file, readFileSync(join(out, file))] as const);
    writeFileSync(join(out, 'SHA256SUMS'), checksumsOf(Object.fromEntries(files)));
    for (const path of [archive, join(out, name), join(out, 'SHA256SUMS')])
      console.log(`${shortPath(path)} is written.`);
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
