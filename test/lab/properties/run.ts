// `npm run properties`: every suite with properties, under a seed that nobody chose. What it finds is told and fails no build: it is mended as a named
// test, with the seed that showed it.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { repositoryRoot } from '../../../infra/paths.ts';

const FOLDER = join(repositoryRoot, 'test');

/** Suites that draw cases. */
const suitesWithProperties = (): readonly string[] =>
  readdirSync(FOLDER, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => /\bfc\.assert\(/.test(readFileSync(path, 'utf8')))
    .map((path) => relative(repositoryRoot, path))
    .sort();

const seed = Number(process.env['CHAINMEND_SEED'] ?? randomInt(2 ** 31));
console.log(`Properties with the seed ${seed}.`);
const { status } = spawnSync('npm', ['test', '--silent', '--', ...suitesWithProperties()], {
  cwd: repositoryRoot,
  stdio: 'inherit',
  env: { ...process.env, CHAINMEND_SEED: String(seed), CHAINMEND_ASKED: 'none' },
});
if (status !== 0)
  console.log(
    `\nA property fell with the seed ${seed}: CHAINMEND_SEED=${seed} npm test -- SUITE shows it. Write it down as a named test.`,
  );
