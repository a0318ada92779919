import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '../../infra/paths.ts';
import { sampled } from '../fixtures/asked.ts';

const hook = join(mkdtempSync(join(tmpdir(), 'chainmend-startup-')), 'hook.mjs');
writeFileSync(
  hook,
  `import { registerHooks } from 'node:module';
import { writeFileSync } from 'node:fs';
const urls = new Set();
registerHooks({ load: (url, context, next) => { urls.add(url); return next(url, context); } });
process.on('exit', () => writeFileSync(process.env.LOADED, JSON.stringify([...urls])));
`,
);

/** What is loaded for these words: packages by their names, sources by their paths. */
function loaded(file: string, ...words: readonly string[]) {
  const to = join(mkdtempSync(join(tmpdir(), 'chainmend-startup-')), 'loaded.json');
  const flags = ['--disable-warning=ExperimentalWarning', '--import', hook];
  // Nothing listens there.
  const env = { LOADED: to, AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_MAX_ATTEMPTS: '1' };
  const { status, stderr } = spawnSync(process.execPath, [...flags, file, ...words], {
    cwd: repositoryRoot,
    encoding: 'utf8',
    env: { ...env, AWS_ACCESS_KEY_ID: 'none', AWS_SECRET_ACCESS_KEY: 'none' },
  });
  const urls = JSON.parse(readFileSync(to, 'utf8')) as string[];
  const packages = urls.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []);
  return { status, stderr, packages: [...new Set(packages)], urls };
}

const CLI = 'infra/commands/chainmend-cli.ts';
const MAIN = 'local/main.ts';
/** What takes long to load. */
const LARGE = /^(aws-cdk-lib|constructs|esbuild|yaml|valibot|@valibot\/|@aws-sdk\/|@smithy\/|@aws\/)/;

describe('what is loaded', () => {
  const QUESTIONS: readonly (readonly [file: string, words: string, status: number])[] = [
    [CLI, '--version', 0],
    [CLI, '--help', 0],
    [CLI, 'restore --help', 0],
    [CLI, 'statu', 2],
    [MAIN, '--version', 0],
    [MAIN, '--help', 0],
    [MAIN, '--list-faults', 0],
  ];
  it.each(sampled('startup', QUESTIONS, 3))(
    '%s %s loads neither the SDK nor CDK nor schemas',
    (file, words, status) => {
      const { packages, ...ended } = loaded(file, ...words.split(' '));
      expect([ended.status, packages.filter((name) => LARGE.test(name))]).toEqual([status, []]);
    },
  );

  it('a list that was made before loads no scenario', () => {
    loaded(MAIN, '--list');
    const { status, packages, urls } = loaded(MAIN, '--list');
    expect([status, packages.filter((name) => LARGE.test(name))]).toEqual([0, []]);
    expect(urls.filter((url) => url.includes('/scenarios/')).sort()).toEqual([
      expect.stringContaining('catalog/entries.ts'),
      expect.stringContaining('world-file/moment-error.ts'),
    ]);
  });

  it('a pause loads of the SDK what stores a parameter', () => {
    const { packages } = loaded(CLI, 'pause', '--why', 'looking');
    expect(packages.filter((name) => name.startsWith('@aws-sdk/client-'))).toEqual(['@aws-sdk/client-ssm']);
  });

  it('no verb loads CDK', () => {
    const all = [['status'], ['check', 'examples/fleets/bitcoin.yaml'], ['doctor'], ['left', 'bitcoin']];
    for (const words of sampled('startup', all, 2))
      expect([words, loaded(CLI, ...words).packages.filter((name) => /^(aws-cdk-lib|constructs)$/.test(name))]).toEqual(
        [words, []],
      );
  });
});

describe('the local region of one command', () => {
  it('begins when the work of every verb is read: its clock runs quickly', () => {
    const folder = join(repositoryRoot, 'infra/commands');
    const read = (file: string, pattern: RegExp) =>
      [...readFileSync(file, 'utf8').matchAll(pattern)].map(([, path = '']) => join(dirname(file), path));
    const choosing = [join(folder, 'chainmend-cli.ts'), join(folder, 'heal/aws-suite.ts')];
    const chosen = [...globSync(join(folder, '*/verbs.ts')), ...choosing].flatMap((file) =>
      read(file, /import\('(\.[^']*)'\)/g),
    );
    const beforehand = read(join(folder, 'work.ts'), /^import '(\.[^']*)';$/gm);
    const itself = ['work.ts', 'local-region.ts'].map((file) => join(folder, file));
    expect(beforehand.length).toBeGreaterThan(30);
    expect([...beforehand, ...itself].sort()).toEqual([...new Set(chosen)].sort());
  });
});
