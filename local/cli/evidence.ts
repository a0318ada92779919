// What `--explain` puts under a line: the values that were read and sent, as somebody would note them down.
import type { JournalLine } from '../scenarios/report/journal.ts';
import type { Requested } from './facts.ts';
import { clockTime, gibOf, grouped } from './words.ts';

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
export const requestEvidence = ({ name, input }: Requested): string => `${name}: ${joined(leaves('', input))}`;

/** What was asked meanwhile: "ssm.GetParameters · ec2.DescribeVolumes · dynamodb.GetItem ×3" */
export function askedEvidence(requests: readonly Requested[]): string[] {
  const counts = new Map<string, number>();
  for (const { name, outcome } of requests) {
    const key = outcome === 'ok' ? name : `${name} (${outcome})`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  if (counts.size === 0) return [];
  return [`asked: ${joined([...counts].map(([name, count]) => (count === 1 ? name : `${name} ×${count}`)))}`];
}

/** Plain values, one after the other: their places tell nothing. */
const isList = (value: unknown): value is readonly unknown[] =>
  Array.isArray(value) && value.every((item) => item === null || typeof item !== 'object');

const listed = (values: readonly unknown[]): string =>
  values.length === 0 ? 'none' : joined(values.map((value) => said('', value)));

const joined = (parts: readonly string[]): string => parts.join(' · ');

function leaves(path: string, value: unknown): string[] {
  if (value instanceof Uint8Array) return [`${path} ${Buffer.from(value).toString()}`];
  if (value === null || typeof value !== 'object') return [`${path} ${said(path, value)}`];
  return Object.entries(value).flatMap(([key, inner]) => leaves(path === '' ? key : `${path}.${key}`, inner));
}

const GROUPED_FROM = 10_000;
/** The year 2001: what is above it is a moment, and no duration. */
const EPOCH_MS_FROM = 1e12;
/** "a time value … is … ±8,640,000,000,000,000" (ECMA-262): beyond it there is no moment. */
const EPOCH_MS_TO = 8.64e15;

function said(path: string, value: unknown): string {
  if (typeof value !== 'number') return String(value).trim().replace(/\n/g, ' ↵ ');
  if (path.endsWith('Bytes')) return `${gibOf(value)} GiB`;
  if (path.endsWith('Ms') && value >= EPOCH_MS_FROM && value <= EPOCH_MS_TO) return clockTime(value);
  return Number.isInteger(value) && value >= GROUPED_FROM ? grouped(value) : String(value);
}

/** Records and checkpoints are the suite's own housekeeping. */
export const isState = ({ name }: Requested): boolean =>
  name.startsWith('dynamodb.') || (name.startsWith('lambda.') && name !== 'lambda.Invoke');

/** Evidence is cut at a length in the journal; what was cut is no JSON any more and tells nothing. */
export function parsed<T>({ evidence }: JournalLine): T | undefined {
  if (evidence === undefined) return undefined;
  try {
    return JSON.parse(evidence) as T;
  } catch {
    return undefined;
  }
}
