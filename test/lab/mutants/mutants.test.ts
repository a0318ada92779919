// The list behind `npm run mutants` fits the code: each rule is still in its place, and can still be broken.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { GENERATORS } from '../storms/generators.ts';
import { MUTANTS, mutated, suiteFile } from './mutants.ts';
import { SEEN_BY_STORMS } from './storm-rules.ts';

const ROOT = join(import.meta.dirname, '../../..');

describe('a rule of the list', () => {
  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
    'is in its file, and can be broken: %s',
    (_, mutant) => {
      const broken = mutated(mutant, readFileSync(join(ROOT, mutant.file), 'utf8'));
      expect(broken).toEqual({ text: expect.any(String) });
      if (!('text' in broken)) return;
      if (mutant.file.endsWith('.ts')) expect(stripTypeScriptTypes(broken.text)).not.toBe('');
      else execFileSync('bash', ['-n'], { input: broken.text });
    },
  );

  it('has a name of its own', () => {
    const names = MUTANTS.map(({ name }) => name);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  it('that storms must notice is one of these', () => {
    const named = SEEN_BY_STORMS.flatMap(({ name, with: others = [] }) => [name, ...others]);
    expect(named.filter((name) => !MUTANTS.some((mutant) => mutant.name === name))).toEqual([]);
    expect(new Set(SEEN_BY_STORMS.map(({ name }) => name)).size).toBe(SEEN_BY_STORMS.length);
    for (const { a, b, found } of SEEN_BY_STORMS) {
      expect([...a, ...b, ...(found ? [found] : [])]).not.toHaveLength(0);
      const { generator = 'a', only, first } = found ?? {};
      expect(Object.keys(GENERATORS[generator].types)).toEqual(
        expect.arrayContaining([only ?? [], first ?? []].flat()),
      );
      expect(Object.keys(GENERATORS.a.types)).toEqual(expect.arrayContaining(a.flatMap((type) => type.split('+'))));
      expect(Object.keys(GENERATORS.b.types)).toEqual(expect.arrayContaining([...b]));
    }
  });

  it('is held by suites that npm test plays', () => {
    for (const { caughtBy } of MUTANTS) expect(caughtBy).not.toHaveLength(0);
    const jest = [join(ROOT, 'node_modules/jest/bin/jest.js'), '--listTests', '--json'];
    const played = new Set(
      JSON.parse(execFileSync(process.execPath, jest, { cwd: ROOT, encoding: 'utf8' })) as string[],
    );
    const suites = new Set(MUTANTS.flatMap(({ caughtBy }) => caughtBy));
    expect([...suites].filter((suite) => !played.has(join(ROOT, suiteFile(suite))))).toEqual([]);
  });

  it('is not found where it stands twice, or no more, or would not change', () => {
    const mutant = { name: '', file: 'a.ts', find: 'one', replace: 'two', caughtBy: [] };
    expect(mutated(mutant, 'one two')).toEqual({ text: 'two two' });
    expect(mutated(mutant, 'two')).toEqual({ fault: 'its text does not stand there, expected once in a.ts: one' });
    expect(mutated(mutant, 'one one')).toEqual({ fault: 'its text stands there 2 times, expected once in a.ts: one' });
    expect(mutated({ ...mutant, replace: 'one' }, 'one')).toEqual({ fault: 'it changes nothing' });
  });
});
