// Makes text from strangers (nodes, tags, AWS, a command line) safe for a person to read: in a terminal, the journal, a page or a tag.

declare const isPlain: unique symbol;

/** One line of bounded length without terminal control sequences or invisible characters. Only `plainText` makes it. */
export type PlainText = string & { readonly [isPlain]: true };

/** Maximum length of a sentence of the journal or of a page. */
export const SENTENCE_CHARACTERS = 4_000;

/**
 * Control characters (C0, C1, DEL), format characters (bidirectional overrides, zero-width, tags), lone surrogates, unassigned and private ones, line
 * and paragraph separators, and characters without a visible form: "Default_Ignorable_Code_Point" (Unicode, DerivedCoreProperties.txt).
 */
export const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]+/gu;
/** Combining marks pile up above and below a letter, and over the lines around it; no language needs more than three. */
const PILE = /(\p{M}{3})\p{M}+/gu;
/** The text is cut to this multiple before any other work: a long run may become one blank. */
const READ_FACTOR = 8;

/**
 * The text as one line. An invisible character becomes a blank, and a text that is too long ends with an ellipsis.
 *
 * @param maximumCharacters UTF-16 code units of the result
 */
export function plainText(text: string, maximumCharacters: number = SENTENCE_CHARACTERS): PlainText {
  const read = text.slice(0, maximumCharacters * READ_FACTOR);
  const line = read.replace(UNSEEN, ' ').replace(PILE, '$1').trim();
  if (line.length <= maximumCharacters && read.length === text.length) return line as PlainText;
  // Half of a surrogate pair is no character.
  const cut = line.slice(0, maximumCharacters - 1).replace(/\p{Cs}$/u, '');
  return `${cut}…` as PlainText;
}

/** The message of a foreign error as plain text. */
export const errorText = (error: unknown, maximumCharacters?: number): PlainText =>
  plainText(error instanceof Error ? error.message : String(error), maximumCharacters);

/**
 * JSON that reads back as the same value, and shows as one line: characters that JSON leaves as they are (DEL, C1, format characters, line
 * separators) are escaped as well.
 *
 * @param maximumCharacters cuts it, after which it is no JSON any more
 */
export function plainJson(value: unknown, maximumCharacters: number = Number.POSITIVE_INFINITY): string | undefined {
  // Outside of strings JSON has none of these.
  return JSON.stringify(value)?.slice(0, maximumCharacters).replace(UNSEEN, escaped).slice(0, maximumCharacters);
}

const escaped = (unseen: string): string =>
  Array.from({ length: unseen.length }, (_, at) => `\\u${unseen.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
    '',
  );
