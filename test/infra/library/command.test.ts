// The packed command, as a person has it: from the tarball alone, in an empty folder, with Node.js and npm.
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LocalRegion, serveLocally } from '../../../infra/commands/local-region.ts';
import { packLibrary } from '../../../infra/library/pack.ts';
import { repositoryRoot } from '../../../infra/paths.ts';

import { OLDER_NODE, temporary, tried } from './app.ts';

/** Of which the functions' bundles are two thirds. */
const TARBALL_BYTES_MAX = 4.5 * 2 ** 20;

/** What npm starts has its own Node.js first in its path: here it is the machine's. */
const PATH = (process.env['PATH'] ?? '')
  .split(delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .join(delimiter);

let tarball: string;
let folder: string;
let program: string;

beforeAll(async () => {
  tarball = await packLibrary(join(temporary(), 'library'));
  folder = join(temporary(), 'empty');
  const unpacked = temporary();
  mkdirSync(join(folder, 'fleets'), { recursive: true });
  cpSync(join(repositoryRoot, 'examples/fleets/bitcoin.yaml'), join(folder, 'fleets/bitcoin.yaml'));
  writeFileSync(join(folder, 'accounts.yaml'), 'accounts: [{ name: here }]\n');
  execFileSync('tar', ['-xzf', tarball, '-C', unpacked]);
  program = join(unpacked, 'package/command/chainmend.mjs');
});

/** With other variables of the environment, on a Node.js that is older. */
const said = (words: string, environment: Readonly<Record<string, string>> = {}, head: readonly string[] = []) =>
  tried(folder, process.execPath, [...head, '--import', OLDER_NODE, program, ...words.split(' ')], environment);

describe('the tarball', () => {
  it('runs by npx with nothing beside it, and without a network', () => {
    const { version } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'));
    const cache = temporary();
    const words = ['--yes', '--offline', '--package', tarball, 'chainmend', '--version'];
    const env = { PATH, HOME: cache, npm_config_cache: cache };
    expect(execFileSync('npx', words, { cwd: temporary(), env, encoding: 'utf8', timeout: 120_000 })).toBe(
      `${version}\n`,
    );
    expect(globSync('_npx/*/node_modules/*', { cwd: cache }).map((path) => path.split('/').at(-1))).toEqual([
      'chainmend',
    ]);
  });

  it('is small, and has neither tests nor packages nor the region', () => {
    expect(statSync(tarball).size).toBeLessThan(TARBALL_BYTES_MAX);
    const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n');
    expect(files.length).toBeGreaterThan(100);
    expect(
      files.filter((file) => /node_modules|\btests?\/|\.test\.|\/local\/|\.ts$/.test(file.replace('.d.ts', ''))),
    ).toEqual([]);
  });
});

describe('the packed command', () => {
  it.each([
    ['--help', 'Usage: chainmend [options] [command]'],
    ['restore --help', 'Begins something on nodes.'],
    ['check', 'It is right. Every default: chainmend show NAME'],
    ['check --help', 'of fleet files; fleets unless given'],
    ['show bitcoin', 'nodes.tag.Component'],
  ])('needs neither a clone nor an account: %s', async (words, sentence) => {
    expect(await said(words)).toEqual({ ok: true, output: expect.stringContaining(sentence) });
  });

  it.each([
    'smoke --plan --subnet subnet-01234567 --instance-profile x',
    'diff a b',
    'adopt --twin',
    'status --local disk-full',
  ])('says that it needs a clone, before it does anything: %s', async (words) => {
    expect(await said(words)).toEqual({
      ok: false,
      output: expect.stringMatching(
        /^(smoke|diff|adopt --twin|--local) needs a clone of the repository, with npm install/,
      ),
    });
  });

  it('says what it needs where Node.js is too old', async () => {
    const old = 'data:text/javascript,Object.defineProperty(process.versions,"node",{value:"18.20.0"})';
    expect(await said('--version', {}, ['--import', old])).toEqual({
      ok: false,
      output: 'chainmend needs Node 20.11 or newer, and this is Node 18.20.0: install it.\n',
    });
  });
});

describe('in a region', () => {
  let region: LocalRegion;

  beforeAll(async () => {
    region = await serveLocally('disk-full');
  });
  afterAll(() => region.end());

  it.each([
    ['status bitcoin', 'node2'],
    ['status --json', '"fleets":['],
    ['status --accounts accounts.yaml', 'here   bitcoin'],
    ['doctor', 'bitcoin: 3 nodes'],
    ['journal bitcoin', 'grow the filesystem to 900 GiB'],
    ['check --account', 'chainmend is deployed'],
    ['report bitcoin --out report.html', 'report.html'],
    ['backtest --days 1', 'bitcoin'],
  ])('%s asks the account', async (words, sentence) => {
    expect((await said(words, region.environment)).output).toContain(sentence);
  });
});
