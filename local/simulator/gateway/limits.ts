// Lengths, sizes, ranges and patterns of request members, from the file limits.txt of each service.
//
// The form of a file: a rule on a line of its own, and below it, indented, the members that it holds for.
//
//   length 1..255              of a text in characters, of bytes in bytes; either bound may be absent
//   size ..50                  elements of a list, entries of a map
//   value 60..86400            of a number
//   length 1..64 matching …    and the whole text matches this pattern, to the end of the line
//   text matching …            any length
//
// A member is Structure.Member, as in the API reference; [] is an element of a list, {key} a key of a map, {} its value; # begins a comment.
import { readFileSync } from 'node:fs';

export interface Limit {
  readonly of: 'length' | 'size' | 'value';
  readonly least: number | undefined;
  readonly most: number | undefined;
  /** As AWS writes it. */
  readonly pattern: string | undefined;
}

/** By "Structure.Member". */
export type Limits = ReadonlyMap<string, Limit>;

const RULE = /^(length|size|value|text)(?: (-?\d+)?\.\.(\d+)?)?(?: matching (.+))?$/;

/** The limits in a file. Throws an Error if the file does not have the form. */
export const readLimits = (file: string): Limits => parseLimits(readFileSync(file, 'utf8'), file);

export function parseLimits(text: string, file: string): Limits {
  const limits = new Map<string, Limit>();
  let limit: Limit | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const place = `${file}:${index + 1}`;
    if (line === '' || line.startsWith('#')) continue;
    if (!line.startsWith(' ')) {
      limit = readRule(line, place);
      continue;
    }
    if (limit === undefined) throw new Error(`${place}: expected a rule before its members`);
    for (const member of line.trim().split(/ +/)) {
      if (limits.has(member)) throw new Error(`${place}: ${member} has a limit already`);
      limits.set(member, limit);
    }
  }
  return limits;
}

function readRule(line: string, place: string): Limit {
  const [found, of, least, most, pattern] = RULE.exec(line) ?? [];
  if (found === undefined || (least ?? most ?? pattern) === undefined) {
    throw new Error(`${place}: expected a rule such as "length 1..255", found "${line}"`);
  }
  return {
    of: of === 'text' ? 'length' : (of as Limit['of']),
    least: least === undefined ? undefined : Number(least),
    most: most === undefined ? undefined : Number(most),
    pattern,
  };
}

/** AWS writes its patterns for Java: syntax with another meaning in JavaScript is translated. */
export function javaPattern(source: string): RegExp {
  const translated = source
    .replaceAll('\\p{all}', '\\s\\S')
    .replaceAll('\\uD800\\uDC00-\\uDBFF\\uDFFF', '\\u{10000}-\\u{10FFFF}');
  // With the flag a stray hyphen in a class is an error; without it there are no properties and no code points.
  return new RegExp(`^(?:${translated})$`, /\\[pu]\{/.test(translated) ? 'u' : '');
}
