// Text that strangers wrote (nodes, tags, AWS, a command line), made safe for a person to read: in a terminal, the journal, a page or a tag.

declare const isPlain: unique symbol;

/** One line of bounded length without anything that a terminal obeys or an eye does not see. Only `plainText` makes it. */
export type PlainText = string & { readonly [isPlain]: true };

/** What a sentence of the journal or of a page may have at most. */
export const SENTENCE_CHARACTERS = 4_000;

/**
 * Control characters (C0, C1, DEL), format characters (bidirectional overrides, zero-width, tags), lone surrogates, unassigned and private
 * ones, line and paragraph separators, and what is drawn as nothing: "Default_Ignorable_Code_Point" (Unicode, DerivedCoreProperties.txt).
 */
export const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]+/gu;
/** Marks pile up above and below a letter, and over the lines around it; no language needs more than three. */
const PILE = /(\p{M}{3})\p{M}+/gu;
/** What is cut off before anything else looks at it: a run that becomes one blank may be long. */
const READ_FACTOR = 8;

/**
 * The text as one line. Whatever is not seen becomes a blank, and what is too long ends with an ellipsis.
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

/** The words of an error that somebody else made. */
export const errorText = (error: unknown, maximumCharacters?: number): PlainText =>
  plainText(error instanceof Error ? error.message : String(error), maximumCharacters);

/**
 * JSON that reads back as the same value, and shows as one line: what JSON leaves as it is (DEL, C1, format characters, line separators) is
 * escaped as well.
 *
 * @param maximumCharacters cuts it, after which it is no JSON any more
 */
export function plainJson(value: unknown, maximumCharacters: number = Number.POSITIVE_INFINITY): string | undefined {
  // Outside of texts JSON has none of these.
  return JSON.stringify(value)?.slice(0, maximumCharacters).replace(UNSEEN, escaped).slice(0, maximumCharacters);
}

const escaped = (unseen: string): string =>
  Array.from({ length: unseen.length }, (_, at) => `\\u${unseen.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
    '',
  );
