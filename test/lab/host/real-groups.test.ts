// The groups of real stories from outside: with fakes inside real enclosures.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ReadyHost } from '../machines/host/readiness.ts';
import { play } from '../machines/play.ts';
import type { RunEvent } from '../machines/run-events.ts';
import type { Group, StoryEntry } from '../machines/stories/plan.ts';
import { lacking } from './lacking.ts';
import { playGroups } from './real-groups.ts';

const cache = mkdtempSync(join(tmpdir(), 'chainmend-groups-'));
const before = process.env['XDG_CACHE_HOME'];
beforeAll(() => {
  process.env['XDG_CACHE_HOME'] = cache;
});
afterAll(() => {
  if (before === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = before;
  rmSync(cache, { recursive: true });
});

const entry = new URL('fakes/group.ts', import.meta.url).pathname;
const ready: ReadyHost = { ready: true, baseDirectory: '/', software: {}, machines: 'containers', whyPlain: undefined };
const story = (group: Group, name: string): StoryEntry => ({ group, name, sentence: `The ${name}.`, needs: [] });
const inOrder = <T extends { readonly story: string }>(told: readonly T[]): readonly T[] =>
  told.toSorted((one, other) => one.story.localeCompare(other.story));
const own = 'The run ends by itself, tells what it does in events, and leaves nothing on this host.';

(lacking === undefined ? describe : describe.skip)('the groups of real stories', () => {
  it('are judged each by itself: one that holds, one that dies, one that hangs, and what was never tried', async () => {
    const played = (['litecoin', 'cometbft', 'geth'] as const).flatMap((group) => [
      story(group, `${group}-first`),
      story(group, `${group}-second`),
    ]);
    const told: string[] = [];
    const remarks: string[] = [];
    const tally = await playGroups(
      ready,
      { played, skipped: [{ story: story('geth', 'geth-third'), why: 'no Go' }] },
      {
        limitSeconds: 10,
        onEvent: (group, event) => told.push(`${group} ${event.event}`),
        onRemarks: (group, said) => remarks.push(`${group}: ${said}`),
        entry,
      },
    );
    // In any order: the groups that take longest go first, whichever those are.
    expect(inOrder(tally.held)).toEqual([
      { story: 'cometbft-first', sentence: 'cometbft-first holds' },
      { story: 'geth', sentence: own },
      { story: 'geth-first', sentence: 'geth-first holds' },
      { story: 'litecoin', sentence: own },
      { story: 'litecoin-first', sentence: 'litecoin-first holds' },
      { story: 'litecoin-second', sentence: 'litecoin-second holds' },
    ]);
    expect(inOrder(tally.broken)).toEqual([
      { story: 'cometbft', sentence: own, why: 'it ended with 1' },
      {
        story: 'cometbft-second',
        sentence: 'The cometbft-second.',
        why: expect.stringMatching(/^it had begun and did not end when its run died with 1: .*the chain has halted/),
      },
      {
        story: 'geth-second',
        sentence: 'The geth-second.',
        why: 'it was never begun before the time for all of them was over',
      },
    ]);
    expect(tally.skipped).toEqual([{ story: 'geth-third', sentence: 'The geth-third.', why: 'no Go' }]);
    expect(tally.scripts).toEqual(['grow-filesystem']);
    expect(told.filter((line) => line === 'litecoin held')).toHaveLength(2);
    expect(remarks.join('\n')).toMatch(/cometbft: .*the chain has halted/s);
  });

  it('are played one story alone where somebody wants just that', async () => {
    const told: RunEvent[] = [];
    const { tally } = await play(
      ready,
      {
        group: 'litecoin',
        played: [story('litecoin', 'litecoin-second')],
        isOnlyOne: true,
        limitSeconds: 20,
        memoryMiB: undefined,
        onEvent: (event) => told.push(event),
      },
      entry,
    );
    expect(tally).toMatchObject({ broken: [], seconds: { 'litecoin-second': 1 } });
    expect(told.filter(({ event }) => event === 'story')).toHaveLength(1);
  });
});
