// Generated mutants: which are made, what notices them, and that the list of survivors fits the code.
import { globSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { AREAS } from './areas.ts';
import { instrument } from './instrument.ts';
import { SURVIVORS } from './survivors.ts';

const ROOT = join(import.meta.dirname, '../../../..');

const made = async (text: string) => {
  const root = await mkdtemp(join(tmpdir(), 'generated-'));
  try {
    await mkdir(join(root, 'shared'));
    await writeFile(join(root, 'shared/a.ts'), text);
    const { mutants, code, untried } = await instrument(root, ['shared/a.ts']);
    const changes = mutants.map(({ line, original, replacement }) => `${line}: ${original} → ${replacement}`);
    return { changes, code: code['shared/a.ts'] ?? '', untried };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
};

describe('a mutant', () => {
  it('is made of each expression, and stands in the code behind a switch', async () => {
    const { changes, code } = await made('export const over = (a: number, b: number): boolean =>\n  a > b;\n');
    expect(changes).toContain('2: a > b → a >= b');
    expect(changes).toContain('2: a > b → false');
    expect(code).toContain('a >= b');
    expect(code).toContain('a: number');
  });

  it('is tried of a code, and not of a sentence', async () => {
    const { changes, untried } = await made("export const told = ['paused', 'it is paused', 'two of them'];\n");
    expect(changes).toContain(`1: 'paused' → ""`);
    expect(changes.join()).not.toContain('it is paused →');
    expect(changes.join()).not.toContain('two of them →');
    expect(untried).toBeGreaterThanOrEqual(2);
  });

  it('is not tried in a function that asks AWS', async () => {
    const text = 'export async function read(): Promise<number> {\n  return 1 + 2;\n}\nexport const sum = 1 + 2;\n';
    expect((await made(text)).changes).toEqual(['4: 1 + 2 → 1 - 2']);
  });
});

describe('an area', () => {
  it.each(AREAS)('$name has sources and suites', ({ sources, suites }) => {
    for (const glob of [...sources, ...suites]) expect(globSync(glob, { cwd: ROOT })).not.toEqual([]);
  });

  it('shares no file with another one', () => {
    const files = AREAS.flatMap(({ sources }) => globSync([...sources], { cwd: ROOT }));
    expect(files.filter((file, at) => files.indexOf(file) !== at)).toEqual([]);
  });
});

describe('a survivor of the list', () => {
  const held = new Set(AREAS.flatMap(({ sources }) => globSync([...sources], { cwd: ROOT })));

  it.each(Object.entries(SURVIVORS))('of %s is of a line that is there, and has its reason', (file, survivors) => {
    expect(held.has(file)).toBe(true);
    const lines = new Set(
      readFileSync(join(ROOT, file), 'utf8')
        .split('\n')
        .map((line) => line.trim()),
    );
    expect(survivors.filter(({ line, why }) => !lines.has(line) || why.length < 10)).toEqual([]);
  });
});
