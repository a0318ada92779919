// One table: items by partition and in the order of their sort keys, and for a while their earlier versions.

import { ownValue } from '../../simulator/own-properties.ts';
import { type AttributeValue, compareValues, copyItem, type Item, typeOf, validation } from './values.ts';

export interface KeyAttribute {
  readonly name: string;
  readonly type: 'S' | 'N' | 'B';
}

export interface Row {
  readonly sortKey: AttributeValue | undefined;
  readonly item: Item;
}

interface PastRow {
  readonly sortKey: AttributeValue | undefined;
  /** Undefined: the item did not exist then. */
  readonly item: Item | undefined;
  readonly untilMs: number;
}

interface Partition {
  rows: Row[];
  past: PastRow[];
}

export interface Write {
  readonly atMs: number;
  /** How long reads may still return earlier versions; 0: never. */
  readonly pastMs: number;
}

// "Service, account, and table quotas": 2,048 bytes a partition key value, 1,024 a sort key value.
const PARTITION_KEY_BYTES_MAX = 2_048;
const SORT_KEY_BYTES_MAX = 1_024;

export class Table {
  readonly partitionKey: KeyAttribute;
  readonly sortKey: KeyAttribute | undefined;
  readonly #partitions = new Map<string, Partition>();

  constructor(partitionKey: KeyAttribute, sortKey: KeyAttribute | undefined) {
    this.partitionKey = partitionKey;
    this.sortKey = sortKey;
  }

  get keyNames(): string[] {
    return this.sortKey ? [this.partitionKey.name, this.sortKey.name] : [this.partitionKey.name];
  }

  get itemCount(): number {
    let count = 0;
    for (const { rows } of this.#partitions.values()) count += rows.length;
    return count;
  }

  /** Refuses a `Key` that does not have exactly the key attributes, with their types. */
  checkKey(key: Item): void {
    const names = Object.keys(key);
    const fits =
      names.length === this.keyNames.length &&
      this.#keyAttributes().every(({ name, type }) => {
        const value = ownValue(key, name);
        return value !== undefined && typeOf(value) === type;
      });
    if (!fits) throw validation('The provided key element does not match the schema');
    this.#refuseEmptyKeys(key);
    this.#refuseLargeKeys(key);
  }

  checkItem(item: Item): void {
    for (const { name, type } of this.#keyAttributes()) {
      const value = ownValue(item, name);
      if (value === undefined)
        throw validation(`One or more parameter values were invalid: Missing the key ${name} in the item`);
      if (typeOf(value) !== type) {
        throw validation(
          `One or more parameter values were invalid: Type mismatch for key ${name} expected: ${type} actual: ${typeOf(value)}`,
        );
      }
    }
    this.#refuseEmptyKeys(item);
    this.#refuseLargeKeys(item);
  }

  keyOf(item: Item): Item {
    return copyItem(Object.fromEntries(Object.entries(item).filter(([name]) => this.keyNames.includes(name))));
  }

  /** `asOfMs`: reads the state at an earlier moment, as far back as versions are kept. */
  get(key: Item, asOfMs = Number.POSITIVE_INFINITY): Item | undefined {
    const partition = this.#partitions.get(this.#partitionName(key));
    if (!partition) return undefined;
    const sortKey = this.#sortKeyOf(key);
    const past = earlier(partition, sortKey, asOfMs);
    if (past) return past.item;
    const { at, found } = search(partition.rows, sortKey);
    return found ? partition.rows[at]?.item : undefined;
  }

  put(item: Item, write: Write): void {
    const name = this.#partitionName(item);
    const partition = this.#partitions.get(name) ?? { rows: [], past: [] };
    this.#partitions.set(name, partition);
    const sortKey = this.#sortKeyOf(item);
    const { at, found } = search(partition.rows, sortKey);
    remember(partition, sortKey, found ? partition.rows[at]?.item : undefined, write);
    partition.rows.splice(at, found ? 1 : 0, { sortKey, item });
  }

  delete(key: Item, write: Write): void {
    const partition = this.#partitions.get(this.#partitionName(key));
    if (!partition) return;
    const sortKey = this.#sortKeyOf(key);
    const { at, found } = search(partition.rows, sortKey);
    if (!found) return;
    remember(partition, sortKey, partition.rows[at]?.item, write);
    partition.rows.splice(at, 1);
  }

  /** The rows of one partition in ascending order of the sort key. */
  partition(key: Item, asOfMs = Number.POSITIVE_INFINITY): readonly Row[] {
    const partition = this.#partitions.get(this.#partitionName(key));
    return partition ? rowsAsOf(partition, asOfMs) : [];
  }

  /** All rows; partitions in the order of their creation. */
  *all(): Generator<Row> {
    for (const { rows } of this.#partitions.values()) yield* rows;
  }

  #keyAttributes(): KeyAttribute[] {
    return this.sortKey ? [this.partitionKey, this.sortKey] : [this.partitionKey];
  }

  #refuseEmptyKeys(item: Item): void {
    for (const { name } of this.#keyAttributes()) {
      const value = ownValue(item, name);
      if (value !== undefined && (('S' in value && value.S === '') || ('B' in value && value.B.byteLength === 0))) {
        throw validation(
          'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ' +
            `${'S' in value ? 'string' : 'binary'} value. Key: ${name}`,
        );
      }
    }
  }

  #refuseLargeKeys(item: Item): void {
    if (keyBytes(ownValue(item, this.partitionKey.name)) > PARTITION_KEY_BYTES_MAX) {
      throw validation(
        `One or more parameter values were invalid: Size of hashkey has exceeded the maximum size limit of${PARTITION_KEY_BYTES_MAX} bytes`,
      );
    }
    if (keyBytes(this.#sortKeyOf(item)) > SORT_KEY_BYTES_MAX) {
      throw validation(
        `One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size limit of ${SORT_KEY_BYTES_MAX} bytes`,
      );
    }
  }

  #partitionName(item: Item): string {
    const value = ownValue(item, this.partitionKey.name);
    if (value === undefined) throw validation('The provided key element does not match the schema');
    return 'B' in value ? Buffer.from(value.B).toString('base64') : String(Object.values(value)[0]);
  }

  #sortKeyOf(item: Item): AttributeValue | undefined {
    return this.sortKey && ownValue(item, this.sortKey.name);
  }
}

function keyBytes(value: AttributeValue | undefined): number {
  if (value === undefined) return 0;
  return 'S' in value ? Buffer.byteLength(value.S) : 'B' in value ? value.B.byteLength : 0;
}

function search(rows: readonly Row[], sortKey: AttributeValue | undefined): { at: number; found: boolean } {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareKeys(rows[middle]?.sortKey, sortKey);
    if (order === 0) return { at: middle, found: true };
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return { at: low, found: false };
}

function remember(
  partition: Partition,
  sortKey: AttributeValue | undefined,
  item: Item | undefined,
  write: Write,
): void {
  if (write.pastMs === 0) return;
  partition.past = partition.past.filter(({ untilMs }) => untilMs > write.atMs - write.pastMs);
  partition.past.push({ sortKey, item, untilMs: write.atMs });
}

/** The oldest kept version that was still current at that moment. */
function earlier(partition: Partition, sortKey: AttributeValue | undefined, asOfMs: number): PastRow | undefined {
  return partition.past.find((past) => past.untilMs > asOfMs && compareKeys(past.sortKey, sortKey) === 0);
}

function rowsAsOf(partition: Partition, asOfMs: number): readonly Row[] {
  if (!partition.past.some(({ untilMs }) => untilMs > asOfMs)) return partition.rows;
  const rows = partition.rows.filter(({ sortKey }) => earlier(partition, sortKey, asOfMs) === undefined);
  for (const past of partition.past) {
    if (past.item !== undefined && earlier(partition, past.sortKey, asOfMs) === past) {
      rows.push({ sortKey: past.sortKey, item: past.item });
    }
  }
  return rows.sort((a, b) => compareKeys(a.sortKey, b.sortKey));
}

export function compareKeys(left: AttributeValue | undefined, right: AttributeValue | undefined): number {
  return (left && right && compareValues(left, right)) ?? 0;
}
