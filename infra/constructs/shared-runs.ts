// Texts of a template share most of their parts. Each run of parts that several texts have stands once in the template, as a value of a CloudFormation
// mapping, and a text is a join of such runs and of text of its own.
import { CfnMapping } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/** "Mapping attributes: 200" for each mapping (CloudFormation quotas). What would be more stays in each text. */
const RUNS_MAX = 200;

/** Bytes that a run adds to the mapping besides its text: `"key":"",`. */
const KEY_BYTES = 12;
/** Bytes of one `{"Fn::FindInMap":["R","r","key"]},` with a key of usual length, and of the quotes that end the text before it. */
const REFERENCE_BYTES = 43;

/** More different parts than all texts have. */
const PARTS_MAX = 2 ** 20;
/** Each round joins many pairs: the scripts of all documents need far fewer rounds. */
const ROUNDS_MAX = 1_000;

/** A part of a text: its own, or the key of a run. */
export type Piece = string | { readonly run: string };

/**
 * Writes the runs of all texts into a mapping of this id. The id stands in every reference to a run: it should be short.
 * @returns what CloudFormation makes one of these texts of
 */
export function writeOnce(
  scope: Construct,
  id: string,
  texts: readonly string[],
  partsOf: (text: string) => readonly string[],
): (text: string) => unknown {
  const { runs, pieces } = shareRuns(texts, partsOf);
  if (Object.keys(runs).length === 0) return (text) => text;
  const { logicalId } = new CfnMapping(scope, id, { mapping: { r: runs } });
  const written = (piece: Piece): unknown =>
    typeof piece === 'string' ? piece : { 'Fn::FindInMap': [logicalId, 'r', piece.run] };
  const joined = pieces.map((own) => (own.length === 1 ? own.map(written)[0] : { 'Fn::Join': ['', own.map(written)] }));
  const byText = new Map(texts.map((text, at) => [text, joined[at]]));
  return (text) => byText.get(text);
}

/** The pieces of each text, joined, are the text to the byte. @param partsOf where a text may be cut */
export function shareRuns(
  texts: readonly string[],
  partsOf: (text: string) => readonly string[],
): {
  readonly runs: Readonly<Record<string, string>>;
  readonly pieces: readonly (readonly Piece[])[];
} {
  const parts = new Parts();
  let sequences: readonly (readonly number[])[] = texts.map((text) => partsOf(text).map((part) => parts.idOf(part)));
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const pairs = pairsToJoin(sequences, parts);
    if (pairs.size === 0) break;
    sequences = sequences.map((sequence) => joinPairs(sequence, pairs, parts));
  }
  const counts = countsOf(sequences.flat());
  const keys = new Map<number, string>();
  const taken = new Set<string>();
  for (const [part, count] of counts) {
    if (keys.size === RUNS_MAX || !parts.isCheaperOnce(part, count)) continue;
    const key = keyOf(parts.textOf(part), taken);
    taken.add(key);
    keys.set(part, key);
  }
  return {
    runs: Object.fromEntries([...keys].map(([part, key]) => [key, parts.textOf(part)])),
    pieces: sequences.map((sequence) =>
      joinOwn(
        sequence.map((part) => {
          const run = keys.get(part);
          return run === undefined ? parts.textOf(part) : { run };
        }),
      ),
    ),
  };
}

/** Different parts by number, and what they take in a template. */
class Parts {
  readonly #ids = new Map<string, number>();
  readonly #texts: string[] = [];
  readonly #bytes: number[] = [];

  idOf(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = this.#texts.push(text) - 1;
    if (id >= PARTS_MAX) throw new Error(`the texts of a template have more than ${PARTS_MAX} different parts`);
    this.#ids.set(text, id);
    this.#bytes.push(Buffer.byteLength(JSON.stringify(text)) - '""'.length);
    return id;
  }

  textOf(id: number): string {
    return this.#texts[id] ?? '';
  }

  bytesOf(id: number): number {
    return this.#bytes[id] ?? 0;
  }

  isCheaperOnce(id: number, count: number): boolean {
    return costOf(this.bytesOf(id), count) < this.bytesOf(id) * count;
  }
}

/** Bytes of a text that stands in so many places: written out in each, or once with a reference in each. */
const costOf = (bytes: number, count: number): number =>
  count === 0 ? 0 : Math.min(count * bytes, bytes + KEY_BYTES + count * REFERENCE_BYTES);

/** Neighbours that cost less as one part, those that save most first; a part is in one pair at most. By the first of each. */
function pairsToJoin(sequences: readonly (readonly number[])[], parts: Parts): ReadonlyMap<number, number> {
  const counts = countsOf(sequences.flat());
  const pairs = countsOf(
    sequences.flatMap((sequence) =>
      sequence.flatMap((second, at) => {
        const first = sequence[at - 1];
        return first === undefined || first === second ? [] : [first * PARTS_MAX + second];
      }),
    ),
  );
  const cost = (part: number, fewer: number) => costOf(parts.bytesOf(part), (counts.get(part) ?? 0) - fewer);
  const saving = [...pairs]
    .map(([pair, count]) => {
      const [first, second] = [Math.floor(pair / PARTS_MAX), pair % PARTS_MAX];
      const apart = cost(first, 0) + cost(second, 0);
      const joined = costOf(parts.bytesOf(first) + parts.bytesOf(second), count);
      return { first, second, count, bytes: apart - joined - cost(first, count) - cost(second, count) };
    })
    // What saves nothing yet may be the beginning of a run that does.
    .filter(({ bytes, count }) => bytes > 0 || (bytes === 0 && count > 1))
    .sort((one, other) => other.bytes - one.bytes);
  const joined = new Map<number, number>();
  const used = new Set<number>();
  for (const { first, second } of saving) {
    if (used.has(first) || used.has(second)) continue;
    used.add(first).add(second);
    joined.set(first, second);
  }
  return joined;
}

function joinPairs(sequence: readonly number[], pairs: ReadonlyMap<number, number>, parts: Parts): readonly number[] {
  const joined: number[] = [];
  for (let at = 0; at < sequence.length; at++) {
    const [first, second] = [sequence[at] as number, sequence[at + 1]];
    const isPair = second !== undefined && pairs.get(first) === second;
    joined.push(isPair ? parts.idOf(parts.textOf(first) + parts.textOf(second)) : first);
    if (isPair) at++;
  }
  return joined;
}

function countsOf(ids: readonly number[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

/** The name of its first shell function, or `text`, as CloudFormation takes it: letters and digits ("Mappings", CloudFormation guide). */
function keyOf(run: string, taken: ReadonlySet<string>): string {
  const [, name = 'text'] = /(?:^|[\n;])([a-z_]+)\(\) /.exec(run) ?? [];
  const key = name.replace(/_+([a-z]?)/g, (_, letter: string) => letter.toUpperCase());
  for (let count = 2; taken.has(key); count++) if (!taken.has(`${key}${count}`)) return `${key}${count}`;
  return key;
}

/** Neighbours of own text are one text. */
function joinOwn(pieces: readonly Piece[]): readonly Piece[] {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    const last = joined.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') joined[joined.length - 1] = last + piece;
    else joined.push(piece);
  }
  return joined;
}
