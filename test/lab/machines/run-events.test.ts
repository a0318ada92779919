import { describe, expect, it } from '@jest/globals';
import { parseRunEvent, parseTask, type RunEvent, runEventLine, type Task } from './run-events.ts';

const events: readonly RunEvent[] = [
  { event: 'story', name: 'full-disk', sentence: 'A full disk is grown.' },
  { event: 'told', atSeconds: 1.5, subject: 'node1', text: 'dies: the disk is full' },
  { event: 'held', story: 'full-disk', sentence: 'the client runs again' },
  { event: 'broken', story: 'full-disk', sentence: 'no block is lost', why: 'height 7, and it was 9' },
  { event: 'skipped', story: 'full-disk', sentence: 'a validator signs', why: 'no Go' },
  { event: 'script', name: 'grow-filesystem' },
  { event: 'ended', story: 'full-disk', seconds: 12 },
];

describe('what a run of real machines tells', () => {
  it.each(events)('$event is read as it was written', (told) => {
    const line = runEventLine(told);
    expect(line).toMatch(/^[^\n]+\n$/);
    expect(parseRunEvent(line)).toEqual(told);
  });

  it.each([
    ['', 'no event of a run, since it is not JSON: '],
    ['hello', 'no event of a run, since it is not JSON: hello'],
    ['null', /^no event of a run: Invalid type: Expected Object but received null: null$/],
    ['{"event":"cheer"}', /^no event of a run: event: Invalid type: .* but received "cheer": /],
    ['{"event":"script"}', /^no event of a run: name: /],
    ['{"event":"script","name":"../x"}', /^no event of a run: name: /],
    ['{"event":"ended","story":"a","seconds":-1}', /^no event of a run: seconds: /],
    ['{"event":"script","name":"a","more":1}', /^no event of a run: more: /],
  ])('refuses %j with a sentence', (line, sentence) => {
    expect(() => parseRunEvent(line)).toThrow(sentence);
  });

  it('repeats no more than the beginning of what it refuses', () => {
    expect(() => parseRunEvent('x'.repeat(9_000))).toThrow(
      `no event of a run, since it is not JSON: ${'x'.repeat(200)}…`,
    );
  });
});

describe('what a run of real machines is given', () => {
  const task: Task = { baseDirectory: '/b', software: { geth: '/g' }, runDirectory: '/r', machines: 'containers' };

  it('is one word of JSON', () => {
    expect(parseTask(JSON.stringify(task))).toEqual(task);
    expect(parseTask(JSON.stringify({ ...task, software: {} }))).toEqual({ ...task, software: {} });
  });

  it.each([
    undefined,
    '',
    '{}',
    JSON.stringify({ ...task, machines: 'cows' }),
    JSON.stringify({ ...task, runDirectory: 'r' }),
  ])('and %j is none', (word) => {
    expect(() => parseTask(word)).toThrow(/^no task/);
  });
});
