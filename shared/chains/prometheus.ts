// Parses Prometheus' text format strictly: one wrong line makes the whole page invalid. Clients' metrics are read with it. Source: "Exposition
// formats", prometheus.io, version 0.0.4.

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** May be NaN or infinite: the format allows it. */
  readonly value: number;
}

/** A page that is not in the format; `line` counts from 1. */
export class MetricsError extends Error {
  override readonly name = 'MetricsError';
  readonly line: number;

  constructor(line: number, expectation: string) {
    super(`metrics, line ${line}: expected ${expectation}`);
    this.line = line;
  }
}

/** CometBFT has some hundreds of series, geth two thousand, a large cosmos application ten thousand. */
export const MAXIMUM_SAMPLES = 50_000;
const MAXIMUM_LABELS = 64;

/** The samples of the `wanted` metrics (all of them unless given), by name. Throws a `MetricsError`. */
export function parseMetrics(
  page: string,
  wanted: (name: string) => boolean = () => true,
): ReadonlyMap<string, readonly Sample[]> {
  const byName = new Map<string, Sample[]>();
  const lines = page.split('\n');
  // A truncated page ends in the middle of a line, where a number may have lost its last digits.
  if (lines.pop() !== '') throw new MetricsError(lines.length + 1, 'a line feed at the end');
  let count = 0;
  for (const [at, line] of lines.entries()) {
    if (/^[ \t]*(#|\r?$)/.test(line)) continue;
    count += 1;
    if (count > MAXIMUM_SAMPLES) throw new MetricsError(at + 1, `at most ${MAXIMUM_SAMPLES} samples`);
    const sample = parseSample(line, at + 1);
    if (!wanted(sample.name)) continue;
    const known = byName.get(sample.name);
    if (known === undefined) byName.set(sample.name, [sample]);
    else known.push(sample);
  }
  return byName;
}

/** `name{label="value",…} value [timestamp]`; geth writes a space before the brace. */
function parseSample(line: string, lineNumber: number): Sample {
  const [head = '', name] = /^[ \t]*([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t]*/.exec(line) ?? [];
  if (name === undefined) throw new MetricsError(lineNumber, 'the name of a metric');
  const { labels, end } = parseLabels(line, head.length, lineNumber);
  const [, value, timestamp] = /^[ \t]*(\S{1,64})(?:[ \t]+(\S{1,64}))?[ \t]*\r?$/.exec(line.slice(end)) ?? [];
  if (value === undefined) throw new MetricsError(lineNumber, 'one value');
  if (timestamp !== undefined && !/^-?\d{1,16}$/.test(timestamp))
    throw new MetricsError(lineNumber, 'a timestamp in ms');
  return { name, labels, value: parseValue(value, lineNumber) };
}

/** As Go's ParseFloat reads them, in decimal. */
function parseValue(text: string, lineNumber: number): number {
  if (/^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$/.test(text)) return Number(text);
  const [, sign, special] = /^([+-]?)(NaN|Inf)$/i.exec(text) ?? [];
  if (special === undefined) throw new MetricsError(lineNumber, 'a number');
  if (special.toLowerCase() === 'nan') return Number.NaN;
  return sign === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function parseLabels(line: string, from: number, lineNumber: number) {
  const labels: Record<string, string> = {};
  if (line[from] !== '{') return { labels, end: from };
  let end = from + 1;
  for (let count = 0; count <= MAXIMUM_LABELS; count += 1) {
    CLOSING.lastIndex = end;
    const closing = CLOSING.exec(line);
    if (closing !== null) return { labels, end: CLOSING.lastIndex };
    LABEL.lastIndex = end;
    const [, name, value] = LABEL.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new MetricsError(lineNumber, 'label="value" or }');
    if (Object.hasOwn(labels, name)) throw new MetricsError(lineNumber, 'each label once');
    Object.defineProperty(labels, name, { value: unescaped(value), enumerable: true });
    end = LABEL.lastIndex;
  }
  throw new MetricsError(lineNumber, `at most ${MAXIMUM_LABELS} labels`);
}

const CLOSING = /[ \t]*\}/y;
// A comma follows a label unless the list ends; a last comma before the end is allowed.
const LABEL = /[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\.){0,4096})"[ \t]*(?:,|(?=\}))/y;

function unescaped(value: string): string {
  return value.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
}
