// Inputs that are nearly right: real ones with a part missing, doubled, of another kind, too deep, too large or hostile.
import fc from 'fast-check';
import { anyText } from '../../fixtures/any.ts';
import { HOSTILE } from '../../fixtures/hostile-text.ts';

/** Keys that have a meaning in JavaScript, or none anywhere. */
const KEYS = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'hasOwnProperty', 'then', 'length', 'toJSON'],
  ...['', '0', '-1', ' ', '\u0000', HOSTILE, 'a.b', '$ref', 'x'.repeat(5_000)],
];

/** Values as JSON may hold them; larger ones are rare. */
const nastyText = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('', ' ', '0', '-0', '1e400', 'NaN', 'Infinity', '0x', '0xg', 'null', 'true'),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom(HOSTILE, '\ufeff', '\u0000', '\ud800', '__proto__', '../../etc', '$(id)', '`id`'),
  },
  {
    weight: 3,
    arbitrary: fc.constantFrom('9'.repeat(400), '1'.repeat(16), '9007199254740993', '1e309', '-1', '1_000'),
  },
  { weight: 3, arbitrary: anyText({ maxLength: 60 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...['a', ' ', '\n', '=', '.', '"', '\\', '[', '{', ',', 'é', '😀'].map((one) => one.repeat(3_000)),
    ),
  },
);

const nastyNumber = fc.oneof(
  fc.constantFrom(0, -0, -1, 0.5, 1e21, 1e308, -1e308, 5e-324, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 53 + 2, 2 ** 63, 1e15),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
);

const nested = fc
  .tuple(fc.constantFrom('list', 'map', 'both'), fc.constantFrom(5, 31, 33, 100, 1_000))
  .map(([how, depth]) => {
    let value: unknown = 1;
    for (let at = 0; at < depth; at++)
      value = how === 'list' || (how === 'both' && at % 2 === 0) ? [value] : { a: value };
    return value;
  });

const leaf = fc.oneof(
  { weight: 8, arbitrary: nastyText },
  { weight: 5, arbitrary: nastyNumber },
  { weight: 3, arbitrary: fc.constantFrom(null, true, false, [], {}, [[]], [null], { a: null }, [{}]) },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: nested },
  { weight: 1, arbitrary: fc.constantFrom(...KEYS).map((key) => withOwn({}, key, { toString: 1, a: [] })) },
  { weight: 1, arbitrary: fc.nat(2_000).map((count) => Array.from({ length: count }, (_, at) => at)) },
);

type Change = {
  readonly at: number;
  readonly how: 'replace' | 'remove' | 'double' | 'many' | 'rename' | 'wrap' | 'add' | 'swap';
  readonly key: string;
  readonly value: unknown;
};

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(10_000),
  how: fc.oneof(
    { weight: 6, arbitrary: fc.constant('replace' as const) },
    { weight: 3, arbitrary: fc.constant('remove' as const) },
    fc.constantFrom('double', 'many', 'rename', 'wrap', 'add', 'swap'),
  ),
  key: fc.constantFrom(...KEYS),
  value: leaf,
});

/** One of the samples with up to four changes, or any value. */
export const mutated = (samples: readonly unknown[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc
        .tuple(fc.constantFrom(...samples.map(jsonOf)), fc.array(change, { maxLength: 4 }))
        .map(([sample, changes]) => changes.reduce(changed, JSON.parse(sample) as unknown)),
    },
    { weight: 1, arbitrary: leaf },
  );

/** The same as JSON text, with changes that JSON cannot hold. */
export const mutatedJson = (samples: readonly unknown[]): fc.Arbitrary<string> =>
  fc
    .tuple(mutated(samples), fc.option(textChange, { freq: 2, nil: undefined }))
    .map(([value, edit]) => (edit === undefined ? jsonOf(value) : edited(jsonOf(value), edit)));

/** Any text: one of the samples with up to three changes, or noise. */
export const mutatedText = (samples: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc
        .tuple(fc.constantFrom(...samples), fc.array(textChange, { maxLength: 3 }))
        .map(([sample, edits]) => edits.reduce(edited, sample)),
    },
    { weight: 1, arbitrary: nastyText },
    { weight: 1, arbitrary: anyText({ maxLength: 300 }) },
  );

interface TextChange {
  /** Fractions of the whole, from 0 to 1. */
  readonly from: number;
  readonly length: number;
  readonly how: 'cut' | 'put' | 'double' | 'end' | 'begin' | 'line' | 'fill';
  readonly text: string;
}

const textChange: fc.Arbitrary<TextChange> = fc.record({
  from: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.oneof(fc.constantFrom(0, 0.001, 0.01), fc.double({ min: 0, max: 1, noNaN: true })),
  how: fc.constantFrom('cut', 'put', 'put', 'double', 'end', 'begin', 'line', 'fill'),
  text: fc.oneof(
    { weight: 8, arbitrary: nastyText },
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        '1e400',
        'NaN',
        '-Infinity',
        '\ufeff',
        '{"__proto__":',
        '[[',
        ']',
        '}',
        '"',
        "'",
        '"""',
        "'''",
      ),
    },
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        '\r',
        '\r\n',
        '\n\n',
        '#',
        '=',
        ' = ',
        '.',
        '[',
        '[[a]]\n',
        'a.b.c = 1\n',
        '\\',
        ',',
        ':',
        '- ',
        '&a',
        '*a',
        '!!js ',
      ),
    },
  ),
});

/** The most that a text grows by: the samples cover megabytes. */
const FILL_CHARACTERS = 200_000;

function edited(text: string, { from, length, how, text: piece }: TextChange): string {
  const at = Math.floor(from * text.length);
  const end = Math.min(text.length, at + Math.floor(length * text.length));
  const lineStart = text.lastIndexOf('\n', at) + 1;
  switch (how) {
    case 'cut':
      return text.slice(0, at) + text.slice(end);
    case 'put':
      return text.slice(0, at) + piece + text.slice(end);
    case 'double':
      return text.slice(0, end) + text.slice(at, end) + text.slice(end);
    case 'end':
      return text.slice(0, at);
    case 'begin':
      return piece + text;
    case 'line':
      return text.slice(0, lineStart) + piece + text.slice(lineStart);
    case 'fill': {
      const times = Math.floor((length * FILL_CHARACTERS) / Math.max(1, piece.length));
      return text.slice(0, at) + piece.repeat(times) + text.slice(at);
    }
  }
}

/** The JSON of any value; there are no cycles. */
const jsonOf = (value: unknown): string => JSON.stringify(value) ?? 'null';

function copyOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? JSON.parse(JSON.stringify(value)) : value;
}

/** Defines an own member of any name: an assignment to `__proto__` would set the prototype. */
function withOwn(holder: object, key: string, value: unknown): object {
  if (key === '__proto__')
    Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
  else Reflect.set(holder, key, value);
  return holder;
}

function without(holder: object, key: string): object {
  Reflect.deleteProperty(holder, key);
  return holder;
}

interface Place {
  readonly holder: object;
  readonly key: string;
}

/** More repetitions than any limit of a short list allows. */
const MANY = 70;

/** The first places of a large tree, which are those of the outer levels. */
const PLACES = 300;

function placesIn(tree: unknown): readonly Place[] {
  const places: Place[] = [];
  let level = [tree];
  while (level.length > 0 && places.length < PLACES) {
    const below: unknown[] = [];
    for (const holder of level) {
      if (typeof holder !== 'object' || holder === null) continue;
      for (const key of Object.keys(holder).slice(0, PLACES)) {
        places.push({ holder, key });
        below.push(Reflect.get(holder, key));
      }
    }
    level = below;
  }
  return places.slice(0, PLACES);
}

function changed(tree: unknown, { at, how, key, value: drawn }: Change): unknown {
  // Constants are drawn again and again, so a tree gets its own copy.
  const value = copyOf(drawn);
  const places = placesIn(tree);
  const place = places[at % Math.max(1, places.length)];
  if (place === undefined) return how === 'wrap' ? { [key === '__proto__' ? 'a' : key]: tree } : value;
  const { holder } = place;
  const old: unknown = Reflect.get(holder, place.key);
  const list = Array.isArray(holder) ? holder : undefined;
  switch (how) {
    case 'replace':
      withOwn(holder, place.key, value);
      break;
    case 'remove':
      if (list) list.splice(Number(place.key), 1);
      else Reflect.deleteProperty(holder, place.key);
      break;
    case 'double':
      if (list) list.splice(Number(place.key), 0, copyOf(old));
      else withOwn(holder, `${place.key}2`, copyOf(old));
      break;
    case 'many':
      if (list) list.push(...Array.from({ length: MANY }, () => old));
      else for (let many = 0; many < MANY; many++) withOwn(holder, `${place.key}${many}`, old);
      break;
    case 'rename':
      // A JSON list has no other members.
      if (list) list.reverse();
      else withOwn(without(holder, place.key), key, old);
      break;
    case 'wrap':
      withOwn(holder, place.key, at % 2 === 0 ? [old] : { [place.key]: old });
      break;
    case 'add':
      if (list) list.push(value);
      else withOwn(holder, key, value);
      break;
    case 'swap': {
      const other = places[(at * 7) % places.length];
      const theirs: unknown = other && Reflect.get(other.holder, other.key);
      withOwn(holder, place.key, copyOf(theirs));
      break;
    }
  }
  return tree;
}
