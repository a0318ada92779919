// Reads one thing of AWS, or says why it could not be read: one denied read leaves all others.
import { plainText } from '../text/plain-text.ts';
import type { Read } from './verdict.ts';

const WORDS_MAX = 400;

/** @param what is read, as the subject of the sentence */
export async function attempt<T>(what: string, read: () => Promise<T>): Promise<Read<T>> {
  try {
    return { value: await read() };
  } catch (error) {
    return { unread: `${what} cannot be read: ${wordsOf(error)}` };
  }
}

/** AWS's own words, as one plain line. */
export const wordsOf = (error: unknown): string =>
  plainText(error instanceof Error ? `${error.name}: ${error.message}` : String(error), WORDS_MAX);

/** What follows from something that was read; why not, where it was not. */
export const mapped = <T, R>(read: Read<T>, change: (value: T) => R): Read<R> =>
  'unread' in read ? read : { value: change(read.value) };
