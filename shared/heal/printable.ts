// Text from outside as one line that a terminal, a mail and a page can show: nothing in it moves a cursor, breaks a line or turns the
// direction of what follows.

/** Control characters; line and paragraph separators; marks that reorder text (Unicode Bidirectional Algorithm, UAX #9) or cannot be seen. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu;

/** @param maxCharacters UTF-16 units that are kept; what is cut ends in "…" */
export function printable(text: string, maxCharacters: number): string {
  // Cut first: a megabyte is not read to the end for a hundred characters, and half a surrogate pair is not printable.
  const isCut = text.length > maxCharacters;
  const line = (isCut ? text.slice(0, maxCharacters - 1) : text).replace(UNPRINTABLE, ' ').trim();
  return isCut ? `${line}…` : line;
}
