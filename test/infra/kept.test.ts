import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { hashOf, hashOfMany, keep, keepBytes, keepNow, keptBytes, type Shelf } from '../../infra/kept.ts';

const HOUR_MS = 60 * 60_000;
const place = (most = 2, inUseMs = 0): Shelf => ({
  folder: mkdtempSync(join(tmpdir(), 'chainmend-kept-')),
  most,
  inUseMs,
});
/** A path below a file cannot be made, not even by root. */
const unwritable = (): Shelf => {
  const { folder } = place();
  writeFileSync(join(folder, 'file'), '');
  return { folder: join(folder, 'file', 'shelf'), most: 2, inUseMs: 0 };
};
const HASHES = Array.from({ length: 5 }, (_, at) => `${at}`.repeat(16));
const [ONE = '', ANOTHER = ''] = HASHES;
const writes = (text: string) => async (path: string) => writeFileSync(path, text);
const text = (path: string) => readFileSync(path, 'utf8');
const old = (path: string) => utimesSync(path, new Date(0), new Date(0));

describe('what is kept', () => {
  it('has another hash where a file, its name or the context is another one', () => {
    const { folder } = place();
    const file = join(folder, 'a.ts');
    writeFileSync(file, 'one');
    const first = hashOf([folder], '');
    expect(first).toMatch(/^[0-9a-f]{16}$/);
    expect(hashOf([folder], '')).toBe(first);
    expect(hashOf([folder], 'more')).not.toBe(first);
    writeFileSync(file, 'two');
    const second = hashOf([folder], '');
    expect(second).not.toBe(first);
    writeFileSync(join(folder, 'b.ts'), '');
    expect(hashOf([folder], '')).not.toBe(second);
  });

  it('has the same hash where many files are only looked at, and another one however a file was written', () => {
    const here = place(8);
    const { folder } = place();
    const file = join(folder, 'a.ts');
    writeFileSync(file, 'one');
    utimesSync(file, new Date(0), new Date(0));
    const first = hashOfMany([folder], '', here);
    expect(first).toBe(hashOf([folder], ''));
    // What was written a moment ago may be written again in the same moment.
    expect(readdirSync(here.folder)).toEqual([]);
    writeFileSync(file, 'two');
    utimesSync(file, new Date(0), new Date(0));
    expect(hashOfMany([folder], '', here)).not.toBe(first);
  });

  it('is looked at alone where its files are old enough', async () => {
    const here = place(8);
    const { folder } = place();
    writeFileSync(join(folder, 'a.ts'), 'one');
    await setTimeout(2_200);
    const first = hashOfMany([folder], '', here);
    expect(readdirSync(here.folder)).toHaveLength(1);
    expect(hashOfMany([folder], '', here)).toBe(first);
    writeFileSync(join(folder, 'a.ts'), 'two');
    expect(hashOfMany([folder], '', here)).not.toBe(first);
  });

  it('is made once, and made again for another hash', async () => {
    const here = place();
    expect(text(await keep(here, ONE, writes('first')))).toBe('first');
    expect(text(await keep(here, ONE, writes('second')))).toBe('first');
    expect(text(await keep(here, ANOTHER, writes('second')))).toBe('second');
  });

  it('is made once for all who ask at once', async () => {
    const here = place();
    let times = 0;
    const slowly = async (path: string) => {
      times++;
      await setTimeout(200);
      writeFileSync(path, 'made');
    };
    const made = await Promise.all(Array.from({ length: 5 }, () => keep(here, ONE, slowly)));
    expect(new Set(made).size).toBe(1);
    expect(times).toBe(1);
    expect(readdirSync(here.folder)).toEqual([ONE]);
  });

  it('is not there where its making failed, and the next one makes it', async () => {
    const here = place();
    const failing = keep(here, ONE, async (path) => {
      writeFileSync(path, 'half');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(readdirSync(here.folder)).toEqual([]);
    expect(text(await keep(here, ONE, writes('whole')))).toBe('whole');
  });

  it('is made by the next one where the process that was at it has died', async () => {
    const here = place();
    writeFileSync(join(here.folder, `${ONE}.turn`), '999999999');
    expect(text(await keep(here, ONE, writes('made')))).toBe('made');
  });

  it('is made again where it was deleted, with all that is below it', async () => {
    const here = place();
    await keep(here, ONE, writes('first'));
    rmSync(here.folder, { recursive: true });
    expect(text(await keep(here, ONE, writes('second')))).toBe('second');
    rmSync(here.folder, { recursive: true });
    expect(text(keepNow(here, ONE, (path) => writeFileSync(path, 'third')))).toBe('third');
  });

  it('is of use for the run where it cannot be kept', async () => {
    const here = unwritable();
    const made = await keep(here, ONE, writes('made'));
    expect(text(made)).toBe('made');
    expect(await keep(here, ONE, writes('again'))).toBe(made);
    expect(text(keepNow(here, ONE, (path) => writeFileSync(path, 'now')))).toBe('now');
    keepBytes(here, ONE, Buffer.from('bytes'));
    expect(keptBytes(here, ONE)).toBeUndefined();
  });

  it('is as many as its shelf holds, the latest used ones', async () => {
    const here = place(2);
    for (const hash of HASHES.slice(0, 2)) old(await keep(here, hash, writes(hash)));
    await keep(here, ONE, writes('used again'));
    await keep(here, HASHES[2] ?? '', writes('third'));
    expect(readdirSync(here.folder).sort()).toEqual([ONE, HASHES[2]]);
  });

  it('stays while it is in use, and what dead processes have left goes', async () => {
    const here = place(1, HOUR_MS);
    const left = join(here.folder, 'new-left');
    mkdirSync(left);
    old(left);
    for (const hash of HASHES) await keep(here, hash, writes(hash));
    expect(readdirSync(here.folder).sort()).toEqual(HASHES);
  });
});

describe('kept bytes', () => {
  it('are the same again', () => {
    const here = place();
    expect(keptBytes(here, ONE)).toBeUndefined();
    keepBytes(here, ONE, Buffer.from('bytes'));
    expect(keptBytes(here, ONE)?.toString()).toBe('bytes');
    expect(keptBytes(here, ANOTHER)).toBeUndefined();
  });

  it.each([
    ['empty', () => Buffer.alloc(0)],
    ['cut', (whole: Buffer) => whole.subarray(0, -1)],
    ['zero', (whole: Buffer) => Buffer.alloc(whole.length)],
  ])('are not believed where their file is %s', (_, torn) => {
    const here = place();
    keepBytes(here, ONE, Buffer.from('bytes'));
    const file = join(here.folder, ONE);
    writeFileSync(file, torn(readFileSync(file)));
    expect(keptBytes(here, ONE)).toBeUndefined();
    expect(existsSync(file)).toBe(false);
  });

  it('are as many as their shelf holds', () => {
    const here = place(2);
    for (const hash of HASHES) keepBytes(here, hash, Buffer.from(hash));
    expect(readdirSync(here.folder)).toHaveLength(2);
  });
});
