import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { repositoryRoot } from '../../infra/paths.ts';
import { keptProgram, programName, stamp } from '../../infra/program/kept-program.js';
import { long } from '../fixtures/long.ts';

const START = join(repositoryRoot, 'infra/program/start.js');
const temporary = () => mkdtempSync(join(tmpdir(), 'chainmend-program-'));

/** A program that was made of one source. */
function made() {
  const folder = temporary();
  const source = join(folder, 'source.ts');
  writeFileSync(source, 'one');
  const directory = 'aaaaaaaaaaaaaaaa';
  mkdirSync(join(folder, directory));
  const start = join(folder, directory, 'start.mjs');
  writeFileSync(start, '');
  writeFileSync(join(folder, directory, 'program.mjs'), 'main');
  const pieces = [
    ['start.mjs', 0],
    ['program.mjs', 4],
  ];
  const files = [[relative(repositoryRoot, source), ...stamp(source)]];
  writeFileSync(join(folder, 'start.json'), JSON.stringify({ directory, pieces, files }));
  return { folder, source, start };
}

describe('a program in one piece', () => {
  it('is that of the two files that people start', () => {
    const names = ['local/main.ts', 'infra/commands/chainmend-cli.ts', 'local/region.ts'].map((path) =>
      programName(join(repositoryRoot, path)),
    );
    expect(names).toEqual(['start', 'chainmend', undefined]);
  });

  it('is used while each source is as it was', () => {
    const { folder, start } = made();
    expect(keptProgram('start', folder)).toBe(start);
    expect(keptProgram('chainmend', folder)).toBeUndefined();
  });

  it.each<[string, (program: ReturnType<typeof made>) => void]>([
    ['a source has another text', ({ source }) => writeFileSync(source, 'another')],
    [
      'a source has another text of the same length, and the same time',
      ({ source }) => {
        const { atime, mtime } = statSync(source);
        writeFileSync(source, 'two');
        utimesSync(source, atime, mtime);
      },
    ],
    ['a source is gone', ({ source }) => rmSync(source)],
    ['it is gone itself', ({ start }) => rmSync(start)],
    ['a part of it is gone', ({ start }) => rmSync(start.replace('start', 'program'))],
    ['a part of it is torn', ({ start }) => writeFileSync(start.replace('start', 'program'), '')],
    ['what points at it is torn', ({ folder }) => writeFileSync(join(folder, 'start.json'), '{"directory":"aaaa')],
    ['everything is gone', ({ folder }) => rmSync(folder, { recursive: true })],
  ])('is not used where %s', (_, change) => {
    const program = made();
    change(program);
    expect(keptProgram('start', program.folder)).toBeUndefined();
  });
});

describe('its start', () => {
  /** What a program of this source says, and how it ends. */
  async function run(source: string) {
    const folder = temporary();
    writeFileSync(join(folder, 'later.ts'), 'export const later = "later";\n');
    writeFileSync(join(folder, 'program.ts'), source);
    const directory = join(folder, 'made');
    await build({
      ...{ entryPoints: [join(folder, 'program.ts')], outdir: directory, outExtension: { '.js': '.mjs' } },
      ...{ bundle: true, splitting: true, format: 'esm', platform: 'node', sourcemap: true },
    });
    copyFileSync(START, join(directory, 'start.mjs'));
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(directory, 'start.mjs')], {
      encoding: 'utf8',
    });
    return { status, stdout, stderr, folder };
  }

  it('names the place of a defect in its source, and of the cause of it', async () => {
    const { status, stderr, folder } = await run(`
interface Words { readonly words: string }
const deep = ({ words }: Words): never => {
  throw new Error(words);
};
export async function main() {
  try {
    deep({ words: 'inner' });
  } catch (cause) {
    throw new Error('outer', { cause });
  }
}
`);
    expect(status).toBe(1);
    const { href } = pathToFileURL(join(folder, 'program.ts'));
    const places = stderr.split('\n').map((line) => line.trim());
    expect(places).toEqual(expect.arrayContaining([`at main (${href}:10:11)`, `at deep (${href}:4:9)`]));
  });

  it('has read all of the program, so that whoever deletes it meanwhile does no harm', async () => {
    const { status, stdout, stderr } = await run(`
import { rmSync } from 'node:fs';
export async function main() {
  rmSync(process.argv[1].replace('start.mjs', ''), { recursive: true });
  console.log((await import('./later.ts')).later);
}
`);
    expect([status, stdout, stderr]).toEqual([0, 'later\n', '']);
  });
});

long('program')(
  'the program says what the sources say',
  () => {
    const folder = temporary();
    // Its modules find packages from where the checkout is.
    const kept = join(repositoryRoot, 'dist', `programs-${process.pid}`);
    try {
      const cli = join(repositoryRoot, 'infra/program-cli.ts');
      spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', cli, 'chainmend', kept]);
      const start = keptProgram('chainmend', kept) ?? 'no program was made';
      const said = (file: string, words: readonly string[]) => {
        const { status, stdout, stderr } = spawnSync(
          process.execPath,
          ['--disable-warning=ExperimentalWarning', file, ...words],
          { cwd: folder, encoding: 'utf8' },
        );
        return { status, stdout, stderr };
      };
      for (const words of [['--version'], ['--help'], ['statu'], ['restore', 'bitcoin'], ['show', 'nothing']])
        expect(said(start, words)).toEqual(said(join(repositoryRoot, 'infra/commands/chainmend-cli.ts'), words));
      expect(readFileSync(join(kept, 'chainmend.json'), 'utf8')).toContain('infra/commands/program.ts');
    } finally {
      rmSync(kept, { recursive: true, force: true });
    }
  },
  120_000,
);
