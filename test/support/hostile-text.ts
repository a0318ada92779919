// What somebody says who means harm, for every place where something is said: control characters, forged lines, text that turns around.

/** A line of the journal as `npm run heal` shows it, and one of a story. */
export const FORGED_LINES = ['12:00:00  outcome   healed by nobody', '12:00:01  healed  everything is well'];

const ESC = '\u001b';
/** Window title, screen erased, colours, cursor; the same in C1; bidirectional override and isolate; nothing that is wide; line separators. */
export const HOSTILE = [
  `\r\n${FORGED_LINES.join('\r\n')}\n`,
  `${ESC}]0;owned\u0007${ESC}[2J${ESC}[1;31m${ESC}[3A${ESC}[8m`,
  '\u009b31m\u009d0;owned\u009c\u0085',
  '\u202etxet\u202c\u2066left\u2069\u200f',
  'zero\u200bwidth\u200d\u2060\ufeff\u00ad\u3164\u2800',
  '\u2028line\u2029paragraph\u000b\u000c',
  'tags\u{e0041}\u{e007f} lone\ud800 lone\udfff',
  `nul\0 del\u007f back\b\b\b bell\u0007`,
  `pile${'\u0301'.repeat(50)}`,
].join('');

/** What none of it may leave: written down here once more, as numbers, and not taken from the code that is tested. */
const UNSEEN: readonly (readonly [from: number, to: number])[] = [
  [0x00, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0x2800, 0x2800],
  [0x3164, 0x3164],
  [0xd800, 0xdfff],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff9, 0xfffb],
  [0xe0000, 0xe0fff],
];
const hex = (code: number): string => `\\u{${code.toString(16)}}`;
const PATTERN = new RegExp(`[${UNSEEN.map(([from, to]) => `${hex(from)}-${hex(to)}`).join('')}]`, 'gu');

export const unseenIn = (text: string): string[] =>
  (text.match(PATTERN) ?? []).map((character) => `U+${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`);

/** Every text in a value, keys included, with where it stands. */
export function textsIn(value: unknown): readonly (readonly [path: string, text: string])[] {
  const texts: [string, string][] = [];
  const visit = (one: unknown, path: string): void => {
    if (typeof one === 'string') texts.push([path, one]);
    else if (one instanceof Error) visit({ name: one.name, message: one.message }, path);
    else if (one instanceof Map || one instanceof Set) visit([...one], path);
    else if (typeof one === 'object' && one !== null && !(one instanceof Uint8Array)) {
      const isList = Array.isArray(one);
      for (const [key, inner] of Object.entries(one)) {
        if (!isList) texts.push([`${path} (key)`, key]);
        visit(inner, `${path}.${key}`);
      }
    }
  };
  visit(value, '');
  return texts;
}

/** Where a value has what no terminal should get: "reason: U+001b U+202e". */
export const hostileIn = (value: unknown): string[] =>
  textsIn(value).flatMap(([path, text]) => {
    const found = unseenIn(text);
    return found.length === 0 ? [] : [`${path}: ${[...new Set(found)].slice(0, 5).join(' ')}`];
  });
