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

/** What none of it may leave: written down here once more, character by character, and not taken from the code that is tested. */
export function unseenIn(text: string): string[] {
  const found: string[] = [];
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const isControl = code < 0x20 || (code >= 0x7f && code <= 0x9f);
    const isSurrogate = code >= 0xd800 && code <= 0xdfff;
    const isFormat =
      [0xad, 0x34f, 0x61c, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x2800, 0x3164, 0xfeff, 0xffa0].includes(code) ||
      (code >= 0x180b && code <= 0x180f) ||
      (code >= 0x200b && code <= 0x200f) ||
      (code >= 0x2028 && code <= 0x202e) ||
      (code >= 0x2060 && code <= 0x206f) ||
      (code >= 0xfe00 && code <= 0xfe0f) ||
      (code >= 0xfff9 && code <= 0xfffb) ||
      (code >= 0xe0000 && code <= 0xe0fff);
    if (isControl || isSurrogate || isFormat) found.push(`U+${code.toString(16).padStart(4, '0')}`);
  }
  return found;
}

/** Every text in a value, keys included, with where it stands. */
export function textsIn(value: unknown, path = ''): readonly (readonly [path: string, text: string])[] {
  if (typeof value === 'string') return [[path, value]];
  if (value instanceof Map || value instanceof Set) return textsIn([...value], path);
  if (value instanceof Error) return textsIn({ name: value.name, message: value.message }, path);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    [`${path} (key)`, key] as const,
    ...textsIn(inner, path === '' ? key : `${path}.${key}`),
  ]);
}

/** Where a value has what no terminal should get: "reason: U+001b U+202e". */
export const hostileIn = (value: unknown): string[] =>
  textsIn(value).flatMap(([path, text]) => {
    const found = unseenIn(text);
    return found.length === 0 ? [] : [`${path}: ${[...new Set(found)].slice(0, 5).join(' ')}`];
  });
