import { describe, expect, it } from '@jest/globals';
import { AWS_AGAIN_MS, awaitedOf, excludedOf } from '../../../functions/replace-node/tried.ts';
import type { Blame, Tried } from '../../../shared/heal/memory.ts';
import type { Door } from '../../../shared/model/doors.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';

const SOURCE = { source: 'set 1', rank: 'clean', snapshotIds: ['snap-0a1b2c3d4e5f60718'] } as const;
const BLAMES = {
  data: { door: 'data', fault: 'open', reason: 'its client names its data' },
  node: { door: 'node', fault: 'same-stop', reason: 'it stops where the other data did' },
  aws: { door: 'aws', fault: 'other', reason: 'a quota' },
  person: { door: 'person', fault: 'other', reason: 'it was detached' },
  'nobody-knows': { door: 'nobody-knows', fault: 'other', reason: 'no answer' },
} as const satisfies Readonly<Record<Door, Blame>>;
const tried = (door: Door): Tried => ({ ...SOURCE, ...BLAMES[door], rung: 'swap', atMs: NOON_MS });
const isUsed = (one: Tried, rung: 'swap' | 'replace', afterMs = 0): boolean =>
  excludedOf({ tried: [one], rung }, NOON_MS + afterMs).length === 0;

describe('data that were tried and given up', () => {
  it('are used no more in the incident where they themselves are at fault', () => {
    for (const rung of ['swap', 'replace'] as const) expect(isUsed(tried('data'), rung, 2 * AWS_AGAIN_MS)).toBe(false);
  });

  it.each<Door>(['node', 'person', 'nobody-knows'])(
    'are passed over by the rung under way alone where %s is',
    (door) => {
      expect(isUsed(tried(door), 'swap', 2 * AWS_AGAIN_MS)).toBe(false);
      expect(isUsed(tried(door), 'replace')).toBe(true);
    },
  );

  it('are as good as before where a person had only asked for something else', () => {
    const unwanted: Tried = { ...tried('person'), door: 'person', fault: 'unwanted' };
    for (const rung of ['swap', 'replace'] as const) expect(isUsed(unwanted, rung)).toBe(true);
  });

  it('are tried again after an hour where AWS refused, and that is waited for', () => {
    const refused = tried('aws');
    expect(isUsed(refused, 'swap')).toBe(false);
    expect(awaitedOf({ tried: [refused] }, NOON_MS)).toEqual(refused);
    expect(isUsed(refused, 'swap', AWS_AGAIN_MS)).toBe(true);
    expect(awaitedOf({ tried: [refused] }, NOON_MS + AWS_AGAIN_MS)).toBeNull();
  });

  it('are not asked for again where a key denies them', () => {
    const deniedKey = 'arn:aws:kms:eu-central-1:123456789012:key/1';
    const denied: Tried = { ...SOURCE, ...BLAMES.aws, deniedKey, rung: 'swap', atMs: NOON_MS };
    expect(isUsed(denied, 'replace', 2 * AWS_AGAIN_MS)).toBe(false);
    expect(awaitedOf({ tried: [denied] }, NOON_MS)).toBeNull();
  });
});
