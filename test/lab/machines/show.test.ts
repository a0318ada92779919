import { describe, expect, it } from '@jest/globals';
import { renderLine } from '../../../local/cli/story/lines.ts';
import type { RunEvent } from './run-events.ts';
import { linesOf, requestOf } from './show-real.ts';
import { STORIES } from './stories/index.ts';

const shown = (told: RunEvent): string[] => linesOf(told, 61_000).flatMap((line) => renderLine(line, 8));

describe('what a person sees of real machines', () => {
  it.each<[RunEvent, string[]]>([
    [{ event: 'story', name: 'disk-full', sentence: 'A disk is full.' }, ['00:01:01  disk-full  A disk is full.']],
    [{ event: 'told', atSeconds: 2.4, subject: 'node1', text: 'is full' }, ['00:00:02  node1     is full']],
    [{ event: 'told', atSeconds: -1, subject: 'node1', text: 'is full' }, ['00:00:00  node1     is full']],
    [{ event: 'held', story: 'disk-full', sentence: 'it runs again' }, ['00:01:01  holds     it runs again']],
    [
      { event: 'broken', story: 'disk-full', sentence: 'it runs again', why: 'it is dead' },
      ['00:01:01  broken    it runs again', '                    it is dead'],
    ],
    [
      { event: 'skipped', story: 'disk-full', sentence: 'It is an ext4.', why: 'This kernel has none.' },
      ['00:01:01  skipped   It is an ext4. This kernel has none.'],
    ],
    [{ event: 'script', name: 'grow-filesystem' }, []],
    [{ event: 'ended', story: 'disk-full', seconds: 2 }, []],
  ])('%j', (told, lines) => {
    expect(shown(told)).toEqual(lines);
  });
});

describe('the words of npm start -- --real', () => {
  it('choose the stories of litecoin, or the one that is named', () => {
    const stories = STORIES.filter(({ group }) => group === 'litecoin');
    expect(requestOf([])).toEqual({ group: 'litecoin', stories, isOnlyOne: false });
    for (const story of STORIES)
      expect(requestOf(['--story', story.name])).toEqual({ group: story.group, stories: [story], isOnlyOne: true });
  });

  it.each([[['--story', 'zzzzzz']], [['--story']], [['zzzzzz']]])('%j is no story, and all names are said', (words) => {
    const names = STORIES.map(({ name }) => name).join(', ');
    expect(() => requestOf(words)).toThrow(
      `--story: expected a known name, found "${words[1] ?? words[0]}"; there are ${names}`,
    );
  });
});
