// The fleet files that real machines are deployed from: those that owners begin with, with the digest of what is really fetched.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { publish } from './deployed.ts';
import type { Task } from './run-events.ts';

const ROOT = join(import.meta.dirname, '../../..');

interface Deploying {
  readonly chain: string;
  readonly role: object;
  readonly deploy: {
    readonly nodes: object;
    readonly network: object;
    readonly install: { readonly url: string; readonly sha256: string; readonly lines: readonly string[] };
  };
}
const read = (path: string): Deploying => parse(readFileSync(join(ROOT, path), 'utf8')) as Deploying;

/** What geth needs for a disk of 1 GiB, and the seconds of a block: docs/fidelity.md tells it. */
const shaped = ({ install, network }: Deploying['deploy']) =>
  JSON.stringify([install, network])
    .replace(' --cache 64 --datadir.minfreedisk 20', '')
    .replace('"periodSeconds":3', '"periodSeconds":5');

it.each(['consortium', 'clique'])('%s is the example that owners begin with', (name) => {
  const [own, example] = [read(`test/lab/machines/fleets/${name}.yaml`), read(`examples/deploy/${name}.yaml`)];
  expect([own.chain, own.role, own.deploy.nodes]).toEqual([example.chain, example.role, example.deploy.nodes]);
  expect(shaped(own.deploy)).toBe(shaped(example.deploy));
});

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'deployed-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const taskWith = (program: string | undefined): Task => ({
  ...{ baseDirectory: '/nowhere', runDirectory: directory, machines: 'containers' },
  software: program === undefined ? {} : { geth: program },
});
const GETH = { geth: { program: 'geth', path: 'geth-1/geth' } } as const;

it('a fleet file is given the digest of the archive that is served under its address', () => {
  mkdirSync(join(directory, 'from'));
  const text = `deploy:\n  install:\n    url: https://example.org/geth.tar.gz\n    sha256: '${'0'.repeat(64)}'\n`;
  writeFileSync(join(directory, 'from/geth.yaml'), text);
  writeFileSync(join(directory, 'program'), 'a client');
  const { fleets, files } = publish(taskWith(join(directory, 'program')), join(directory, 'from'), GETH);
  const archive = files.get('https://example.org/geth.tar.gz') ?? '';
  const digest = createHash('sha256').update(readFileSync(archive)).digest('hex');
  expect(readFileSync(join(fleets, 'geth.yaml'), 'utf8')).toBe(text.replace('0'.repeat(64), digest));
  expect(execFileSync('tar', ['-xOf', archive, 'geth-1/geth'], { encoding: 'utf8' })).toBe('a client');
});

it.each([
  ['there is no client', `url: https://example.org/a\n    sha256: '${'0'.repeat(64)}'`, undefined],
  ['the file has another digest already', `url: https://example.org/a\n    sha256: '${'1'.repeat(64)}'`, '/bin/true'],
  ['the file fetches nothing', `lines: ['true ${'0'.repeat(64)}']`, '/bin/true'],
])('nothing is published where %s', (_, install, program) => {
  mkdirSync(join(directory, 'from'));
  writeFileSync(join(directory, 'from/geth.yaml'), `deploy:\n  install:\n    ${install}\n`);
  expect(() => publish(taskWith(program), join(directory, 'from'), GETH)).toThrow(/geth: expected deploy.install/);
});
