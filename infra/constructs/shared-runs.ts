// Scripts of the documents share most of their functions. Each run of functions that several scripts have stands once in the template, as a value of a
// CloudFormation mapping, and a script is a join of such runs and of text of its own.

/** "Mapping attributes: 200" for each mapping (CloudFormation quotas). What would be more stays in each script. */
const RUNS_MAX = 200;

/** Bytes of one `{"Fn::FindInMap":[…]},` with a key of usual length: a shorter run stays where it is. */
const REFERENCE_BYTES = 50;

/** A part of a script: its own text, or the key of a run. */
export type Piece = string | { readonly run: string };

/** The pieces of each script, joined, are the script to the byte; where a function begins is all that is read of it. */
export function shareRuns(scripts: readonly string[]): {
  readonly runs: Readonly<Record<string, string>>;
  readonly pieces: readonly (readonly Piece[])[];
} {
  const runsOf = mergeNeighbours(scripts.map(functionsOf));
  const counts = new Map<string, number>();
  for (const run of runsOf.flat()) counts.set(run, (counts.get(run) ?? 0) + 1);
  const shared = [...counts]
    .filter(([run, count]) => (count - 1) * run.length > count * REFERENCE_BYTES)
    .slice(0, RUNS_MAX)
    .map(([run]) => run);
  const keys = new Map<string, string>();
  for (const run of shared) keys.set(run, keyOf(run, new Set(keys.values())));
  return {
    runs: Object.fromEntries([...keys].map(([run, key]) => [key, run])),
    pieces: runsOf.map((runs) => joinOwn(runs.map((run) => pieceOf(run, keys.get(run))))),
  };
}

const pieceOf = (run: string, key: string | undefined): Piece => (key === undefined ? run : { run: key });

/** As the documents contain them, a function begins a line or follows a semicolon. */
const functionsOf = (script: string): readonly string[] => script.split(/(?<=[\n;])(?=[a-z_]+\(\) [{(])/);

/** What stands side by side wherever one of both stands is one run. */
function mergeNeighbours(scripts: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const after = neighbours(scripts, 1);
  const before = neighbours(scripts, -1);
  return scripts.map((parts) => {
    const runs: string[] = [];
    for (const [at, part] of parts.entries()) {
      const last = parts[at - 1];
      const isOne = last !== undefined && after.get(last)?.size === 1 && before.get(part)?.size === 1;
      if (isOne) runs.push(`${runs.pop()}${part}`);
      else runs.push(part);
    }
    return runs;
  });
}

/** All that stands `step` places from each part; the end of a script is undefined. */
function neighbours(
  scripts: readonly (readonly string[])[],
  step: 1 | -1,
): ReadonlyMap<string, ReadonlySet<string | undefined>> {
  const found = new Map<string, Set<string | undefined>>();
  for (const parts of scripts)
    for (const [at, part] of parts.entries()) found.set(part, (found.get(part) ?? new Set()).add(parts[at + step]));
  return found;
}

/** The name of its first function, as CloudFormation takes it: letters and digits ("Mappings", CloudFormation guide). */
function keyOf(run: string, taken: ReadonlySet<string>): string {
  const [, name = 'start'] = /^([a-z_]+)\(\) /.exec(run) ?? [];
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
