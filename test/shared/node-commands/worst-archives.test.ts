// What tar reads on a new node of a bundle and of a client's archive, built to cost much, in three sizes: the work grows with the size, and no faster; and nothing gets
// outside the folder that it is unpacked into.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ARCHIVES } from '../../fixtures/archives.ts';
import { sampled } from '../../fixtures/asked.ts';

const FOLDER = mkdtempSync(join(tmpdir(), 'chainmend-archives-'));
afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

/** How tar is started by a script of a first boot: its options, without the file and the folder. */
function optionsIn(script: string): string {
  const text = readFileSync(new URL(`../../../shared/node-commands/${script}`, import.meta.url), 'utf8');
  const found = [...text.matchAll(/\btar (-.*?) -f /g)].map(([, options = '']) => options);
  if (found.length !== 1) throw new Error(`${script} starts tar ${found.length} times, expected once`);
  return found[0] ?? '';
}
const OPTIONS = new Set(['first-boot-bundle.sh', 'first-boot.sh'].map(optionsIn));

/** Seconds of CPU that tar itself takes; what the kernel takes for the files is the disk's. */
function secondsOf(options: string, archive: Buffer): number {
  const data = join(FOLDER, 'data');
  rmSync(data, { recursive: true, force: true });
  mkdirSync(data);
  writeFileSync(join(FOLDER, 'file'), archive);
  const script = `TIMEFORMAT=%U; { time timeout 60 tar ${options} -f "$1/file" -C "$1/data" >/dev/null 2>&1; } 2>&1; true`;
  const seconds = Number(execFileSync('bash', ['-c', script, 'bash', FOLDER], { encoding: 'utf8' }).trim());
  expect(readdirSync(FOLDER).sort()).toEqual(['data', 'file']);
  return seconds;
}

const SIZES = [100_000, 200_000, 400_000] as const;

describe.each([...OPTIONS])('tar %s', (options) => {
  it.each(sampled('worst-archives', Object.entries(ARCHIVES), 6))(
    'takes no longer for %s than its size says',
    (_, make) => {
      const [small = Number.NaN, , large] = SIZES.map((size) => secondsOf(options, make(size)));
      expect(large).toBeLessThan(Math.max(0.3, 8 * small));
    },
  );

  // With --delay-directory-restore tar looks for each folder among all before: 0.4 s for these, and four times as long for twice as many.
  it('keeps no list of folders that it goes through for each', () => {
    const folders = ARCHIVES['the most folders, each twice']?.(8_000_000) ?? Buffer.alloc(0);
    expect(secondsOf(options, folders)).toBeLessThan(0.2);
  });
});
