// The record of all requests that a region admitted: what a run did, in one comparable form, and its hash.
import { createHash } from 'node:crypto';

/** What became of a request: "ok", an error code, or how its answer was lost. */
export type Outcome = 'ok' | 'answer lost' | 'caller killed before' | 'caller killed after' | (string & {});

export interface CallRecord {
  /** Virtual time at which the request was admitted, ms since the epoch. */
  readonly at: number;
  readonly actor: string;
  readonly service: string;
  readonly operation: string;
  readonly input: unknown;
  /** Undefined while the operation itself waits (a synchronous Invoke). */
  outcome: Outcome | undefined;
}

export class Trace {
  readonly #hash = createHash('sha256');
  readonly #retain: number;
  readonly #counts = new Map<string, number>();
  /** Requests in the order of their admission; only the last `retain` of a long run. */
  readonly calls: CallRecord[] = [];

  constructor(retain = Number.POSITIVE_INFINITY) {
    this.#retain = retain;
  }

  admitted(record: CallRecord): void {
    this.calls.push(record);
    // Cut in batches: shifting one by one would make each call cost the length of the list.
    if (this.calls.length > 2 * this.#retain) this.calls.splice(0, this.calls.length - this.#retain);
    const name = `${record.service}.${record.operation}`;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** @param input the canonical form of the record's input */
  ended(record: CallRecord, outcome: Outcome, endedAtMs: number, input: string): void {
    record.outcome = outcome;
    const { at, actor, service, operation } = record;
    this.#hash.update(`${at} ${endedAtMs} ${actor} ${service}.${operation} ${input} ${outcome}\n`);
  }

  /** SHA-256 over one line a request: time, actor, operation, canonical input, outcome. The same in both lanes. */
  hash(): string {
    return this.#hash.copy().digest('hex');
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
  const members: string[] = [];
  for (const key of Object.keys(source).sort()) {
    const item = source[key];
    if (item === undefined || item === null || (Array.isArray(item) && item.length === 0)) continue;
    members.push(`${JSON.stringify(key)}:${canonical(item)}`);
  }
  return `{${members.join(',')}}`;
}
