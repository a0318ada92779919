// Records all requests that a region admitted: a run's effects in one comparable form, with its hash.
import { createHash } from 'node:crypto';

/** The result of a request: "ok", an error code, or how its response was lost. */
export type Outcome = 'ok' | 'answer lost' | 'caller killed before' | 'caller killed after' | (string & {});

/** Whether the service carried the request out, whatever its caller heard of it. */
export const wasCarriedOut = ({ outcome, refused }: Pick<CallRecord, 'outcome' | 'refused'>): boolean =>
  refused === undefined && (outcome === 'ok' || outcome === 'answer lost' || outcome === 'caller killed after');

export interface CallRecord {
  /** Virtual time at which the request was admitted, ms since the epoch. */
  readonly at: number;
  readonly actor: string;
  readonly service: string;
  readonly operation: string;
  readonly input: unknown;
  /** Undefined while the operation itself waits (a synchronous Invoke). */
  outcome: Outcome | undefined;
  /** The code of the refusal that its caller never heard. */
  refused?: string;
}

/** Lines are hashed in blocks of so many characters: a call of the hash costs more than a line. */
const HASHED_CHARACTERS = 65_536;

export class Trace {
  readonly #hash = createHash('sha256');
  #unhashed = '';
  readonly #retain: number;
  readonly #counts = new Map<string, number>();
  /** Requests in the order of their admission; only the last `retain` of a long run. */
  readonly calls: CallRecord[] = [];
  /** Requests that have no answer yet, in the same order. */
  readonly waiting = new Set<CallRecord>();

  constructor(retain = Number.POSITIVE_INFINITY) {
    this.#retain = retain;
  }

  admitted(record: CallRecord): void {
    this.calls.push(record);
    this.waiting.add(record);
    // Cut in batches: shifting one by one would make each call cost the length of the list.
    if (this.calls.length > 2 * this.#retain) this.calls.splice(0, this.calls.length - this.#retain);
    const name = `${record.service}.${record.operation}`;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** @param input the canonical form of the record's input */
  ended(record: CallRecord, outcome: Outcome, endedAtMs: number, input: string): void {
    record.outcome = outcome;
    this.waiting.delete(record);
    const { at, actor, service, operation } = record;
    this.note(`${at} ${endedAtMs} ${actor} ${service}.${operation} ${input} ${outcome}`);
  }

  /** An event that is not a request to AWS, as a line of its own. */
  note(line: string): void {
    this.#unhashed += `${line}\n`;
    if (this.#unhashed.length >= HASHED_CHARACTERS) this.#flush();
  }

  /** SHA-256 over one line a request: time, actor, operation, canonical input, outcome. Both lanes give the same. */
  hash(): string {
    this.#flush();
    return this.#hash.copy().digest('hex');
  }

  #flush(): void {
    this.#hash.update(this.#unhashed);
    this.#unhashed = '';
  }

  /** Requests by "service.operation", of the whole run. */
  counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }
}

/** One text for equal values: keys sorted, absent members and empty lists left out (EC2's protocol cannot write those). */
export function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (value instanceof Date) return JSON.stringify(value);
  if (ArrayBuffer.isView(value)) {
    return JSON.stringify(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'));
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const source = value as Readonly<Record<string, unknown>>;
  let members = '';
  for (const key of Object.keys(source).sort()) {
    const item = source[key];
    if (item === undefined || item === null || (Array.isArray(item) && item.length === 0)) continue;
    if (members !== '') members += ',';
    members += `${quoted(key)}:${canonical(item)}`;
  }
  return `{${members}}`;
}

const quotedKeys = new Map<string, string>();
/** More names than the members of all requests have; tags and similar maps can make new ones without end. */
const QUOTED_KEYS_MAX = 10_000;

function quoted(key: string): string {
  const known = quotedKeys.get(key);
  if (known !== undefined) return known;
  const text = JSON.stringify(key);
  if (quotedKeys.size >= QUOTED_KEYS_MAX) quotedKeys.clear();
  quotedKeys.set(key, text);
  return text;
}
