// Checks the words of a command line: a script may have inserted text from a stranger.
import { plainText, UNSEEN } from './plain-text.ts';

const SHOWN_CHARACTERS = 100;
/** A reason for a pause has 500 characters at most, a path a few more. */
const WORD_CHARACTERS = 2_000;

/** Why these cannot be words of a command line, in a sentence; undefined where they can. They are quoted in messages, and reach AWS. */
export function unfitWord(words: readonly string[]): string | undefined {
  for (const word of words) {
    if (word.length > WORD_CHARACTERS)
      return `a word of ${word.length} characters: ${quoted(word)}; expected at most ${WORD_CHARACTERS}`;
    if (word.search(UNSEEN) >= 0) return `${quoted(word)} has characters that cannot be seen; expected plain text`;
  }
  return undefined;
}

/** A typed word, quoted for a message. */
export const quoted = (word: string): string => JSON.stringify(plainText(word, SHOWN_CHARACTERS));
