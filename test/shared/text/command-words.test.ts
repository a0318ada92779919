import { describe, expect, it } from '@jest/globals';
import { quoted, unfitWord } from '../../../shared/text/command-words.ts';
import { HOSTILE, unseenIn } from '../../fixtures/hostile-text.ts';

describe('words of a command line', () => {
  it.each([[[]], [['status', 'bitcoin/node2']], [['pause', '--why', 'moving to gp3 – “later”, 5 µs']]])(
    '%j are some',
    (words) => expect(unfitWord(words)).toBeUndefined(),
  );

  it.each([
    [['status', 'bitcoin/node2\n'], '"bitcoin/node2" has characters that cannot be seen; expected plain text'],
    [['\u001b[2J'], '"[2J" has characters that cannot be seen; expected plain text'],
    [['a\u202eb'], '"a b" has characters that cannot be seen; expected plain text'],
    [['x'.repeat(2_001)], /^a word of 2001 characters: "x{99}…"; expected at most 2000$/],
  ])('%j are none, and why is said plainly', (words, why) => {
    expect(unfitWord(words)).toMatch(why);
  });

  it('whatever they are, what is said of them is plain, and the same the second time', () => {
    for (let time = 0; time < 2; time++) {
      expect(unseenIn(unfitWord(['ok', HOSTILE]) ?? '\0')).toEqual([]);
      expect(unseenIn(quoted(HOSTILE))).toEqual([]);
    }
  });
});
