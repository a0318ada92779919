// What was made of a text is used again for the same text alone.
import { describe, expect, it } from '@jest/globals';
import { lastReadings } from '../../../shared/text/last-reading.ts';

describe('what was made of a text', () => {
  const counted = (namesMax: number) => {
    let made = 0;
    const reading = lastReadings<string>(namesMax);
    const read = (name: string, text: string): string => reading(name, text, () => `${text} ${++made}`);
    return read;
  };

  it('is used again while the text stays the same', () => {
    const read = counted(2);
    expect([read('a', 'one'), read('b', 'one'), read('a', 'one')]).toEqual(['one 1', 'one 2', 'one 1']);
  });

  it('is made again of another text, and of the first one when it comes back', () => {
    const read = counted(2);
    expect([read('a', 'one'), read('a', 'two'), read('a', 'one')]).toEqual(['one 1', 'two 2', 'one 3']);
  });

  it('is not kept where making it fails', () => {
    const reading = lastReadings<string>(2);
    const fail = (): string => {
      throw new Error('no fleet file');
    };
    reading('a', 'one', () => 'made');
    expect(() => reading('a', 'two', fail)).toThrow('no fleet file');
    expect(() => reading('a', 'two', fail)).toThrow('no fleet file');
    expect(reading('a', 'one', fail)).toBe('made');
  });

  it('is forgotten when more names come than there may be', () => {
    const read = counted(2);
    for (const name of ['a', 'b', 'c']) read(name, 'one');
    expect([read('c', 'one'), read('a', 'one')]).toEqual(['one 3', 'one 4']);
  });
});
