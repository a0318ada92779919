// Look-ups by words of a caller: "constructor" and "__proto__" are names like any other, and no object has them unless somebody put them there.

/** The record's own value under this word. */
export const ownValue = <T>(record: Readonly<Record<string, T>>, word: string): T | undefined =>
  Object.hasOwn(record, word) ? record[word] : undefined;

/** Makes a value the record's own, also under "__proto__", where an assignment would change what the record is made from. */
export function setOwnValue<T>(record: Record<string, T>, word: string, value: T): void {
  if (word !== '__proto__') record[word] = value;
  else Object.defineProperty(record, word, { value, enumerable: true, configurable: true, writable: true });
}
