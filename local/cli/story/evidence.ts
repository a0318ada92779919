// What `--explain` prints under a line: the values that were read and sent. Also finds the run that wrote an entry of watch-fleet, register-nodes and
// rotate-peers.
import { evidenceIn, type JournalLine } from '../../scenarios/report/journal.ts';
import { clockTime, gibOf, grouped } from '../format.ts';
import type { Requested, StoryFacts } from './facts.ts';
import { entryKey } from './facts.ts';
import type { StorySubject } from './lines.ts';

/** One paragraph for each part of the evidence: "after  volumeId vol-… · sizeBytes 900 GiB · client running". */
export function paragraphs(evidence: unknown): string[] {
  if (evidence === null || typeof evidence !== 'object') return [String(evidence)];
  const entries = Object.entries(evidence);
  const isGroup = ([, value]: readonly [string, unknown]): boolean => value !== null && typeof value === 'object';
  const plain = entries.filter((entry) => !isGroup(entry)).flatMap(([key, value]) => leaves(key, value));
  const groups = entries
    .filter(isGroup)
    .map(([key, value]) => `${key}: ${isList(value) ? listed(value) : joined(leaves('', value))}`);
  return [...(plain.length > 0 ? [joined(plain)] : []), ...groups];
}

/** "ec2.ModifyVolume  VolumeId vol-… · Size 900" */
export const requestEvidence = ({ service, operation, input }: Requested): string =>
  `${service}.${operation}: ${joined(leaves('', input))}`;

/** The read requests since the entry before: "ssm.GetParameters · ec2.DescribeVolumes · dynamodb.GetItem ×3" */
export function questionEvidence(requests: readonly Requested[]): string[] {
  const counts = new Map<string, number>();
  for (const { service, operation, outcome } of requests) {
    const name = `${service}.${operation}`;
    const key = outcome === 'ok' ? name : `${name} (${outcome})`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  if (counts.size === 0) return [];
  return [`asked: ${joined([...counts].map(([name, count]) => (count === 1 ? name : `${name} ×${count}`)))}`];
}

/** A list of plain values is printed without indexes. */
const isList = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) && value.every((item) => item === null || typeof item !== 'object');

const listed = (values: readonly unknown[]): string =>
  values.length === 0 ? 'none' : joined(values.map((value) => valueText('', value)));

const joined = (parts: readonly string[]): string => parts.join(' · ');

function leaves(path: string, value: unknown): string[] {
  if (value instanceof Uint8Array) return [`${path} ${Buffer.from(value).toString()}`];
  if (value === null || typeof value !== 'object') return [`${path} ${valueText(path, value)}`];
  return Object.entries(value).flatMap(([key, inner]) => leaves(path === '' ? key : `${path}.${key}`, inner));
}

const GROUPED_FROM = 10_000;
/** The year 2001: a larger number is a moment, not a duration. */
const EPOCH_MS_FROM = 1e12;
/** "a time value … is … ±8,640,000,000,000,000" (ECMA-262): a larger number is not a moment. */
const EPOCH_MS_TO = 8.64e15;

function valueText(path: string, value: unknown): string {
  if (typeof value !== 'number') return String(value).trim().replace(/\n/g, ' ↵ ');
  if (path.endsWith('Bytes')) return `${gibOf(value)} GiB`;
  if (path.endsWith('Ms') && value >= EPOCH_MS_FROM && value <= EPOCH_MS_TO) return clockTime(value);
  return Number.isInteger(value) && value >= GROUPED_FROM ? grouped(value) : String(value);
}

/** Requests for records and checkpoints are the suite's own bookkeeping. */
export const isState = ({ service, operation }: Requested): boolean =>
  service === 'dynamodb' || (service === 'lambda' && operation !== 'Invoke');

/** An entry about a fleet as a whole names no instance. */
export const isWhole = ({ instanceId }: Pick<JournalLine, 'instanceId'>): boolean => !instanceId.startsWith('i-');

export const aboutOf = (line: JournalLine): StorySubject => (isWhole(line) ? line.fleet : `${line.fleet}/${line.node}`);

/** The invocation that wrote an entry: by its writer, or by the beginning of `place` if the writer is the same for all. */
export const runOf = ({ fleet, heal, writer, place }: JournalLine): string =>
  writer === heal ? `${fleet} ${heal} ${place.replace(/-[^-]*$/, '')}` : `${fleet} ${writer}`;

/**
 * The values that were read and sent, and the AWS requests from the entry before them up to the last of them.
 * @param shown the entries whose own evidence is printed; all entries unless given
 */
export function evidenceOf(
  { runs }: StoryFacts,
  entries: readonly JournalLine[],
  shown: readonly JournalLine[] = entries,
): string[] {
  const [first, last] = [entries[0], entries.at(-1)];
  const run = last && runs.find(({ wrote }) => wrote.has(entryKey(last)));
  if (!first || !last || !run) return shown.flatMap(valuesOf);
  const places = [...run.wrote.values()];
  const from = places[[...run.wrote.keys()].indexOf(entryKey(first)) - 1] ?? -1;
  const asked = run.requests.slice(from + 1, run.wrote.get(entryKey(last))).filter((request) => !isState(request));
  return [...shown.flatMap(valuesOf), ...questionEvidence(asked)];
}

/** Leaves out null values. */
function valuesOf(line: JournalLine): string[] {
  const known = withoutNulls(evidenceIn<unknown>(line) ?? {});
  return paragraphs(known).filter((text) => text !== '');
}

function withoutNulls(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(withoutNulls);
  const known = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(known.map(([key, inner]) => [key, withoutNulls(inner)]));
}
