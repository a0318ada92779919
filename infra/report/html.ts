// HTML in which text is text: whatever stands between the tags of a template is escaped, unless it is HTML of the same making.
import { plainText } from '../../shared/text/plain-text.ts';

declare const isHtml: unique symbol;

/** Only `html`, `join` and `verbatim` make it. */
export interface Html {
  readonly [isHtml]: true;
  readonly text: string;
}

type Inner = Html | string | number | readonly Html[];

const made = (text: string): Html => ({ text }) as Html;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

/** No text is longer: what may be longer is cut by whoever prints it, with a word of it. */
const TEXT_MOST = 20_000;

/**
 * A text is one line without invisible characters, and can neither end an attribute in double quotes nor begin a tag.
 * Attributes are written in double quotes.
 */
export function html(parts: TemplateStringsArray, ...inner: readonly Inner[]): Html {
  return made(parts.reduce((text, part, at) => text + textOf(inner[at - 1] ?? '') + part));
}

function textOf(one: Inner): string {
  if (typeof one === 'string') return escaped(keepingBlanks(one));
  if (typeof one === 'number') return Number.isFinite(one) ? String(one) : '';
  return 'text' in one ? one.text : one.map(({ text }) => text).join('');
}

/** `plainText` trims: a text between two others keeps the blanks at its ends. */
const keepingBlanks = (text: string): string => {
  const plain = plainText(text, TEXT_MOST);
  const before = text.startsWith(' ') ? ' ' : '';
  return plain === '' ? before : `${before}${plain}${text.endsWith(' ') ? ' ' : ''}`;
};

/** Several lines as they are: a runbook, JSON with its indents. */
export const linesHtml = (text: string): Html =>
  made(
    text
      .split('\n')
      .map((line) => textOf(line))
      .join('\n'),
  );

export const nothing: Html = made('');

/** Our own style or script, as it stands in this repository. A text that could end its element is refused. @throws Error */
export function verbatim(ours: string): Html {
  if (/<\/(script|style)|<!--/i.test(ours)) throw new Error('a style or script that ends its own element');
  return made(ours);
}

/** JSON for a data block: no character of it can end its element, begin a comment, or break a line of a script. */
export const jsonHtml = (value: unknown): Html =>
  made(
    JSON.stringify(value).replace(
      /[<>&\u2028\u2029]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  );
