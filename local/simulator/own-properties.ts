// Look-ups by a caller's words: "constructor" and "__proto__" are ordinary names, which no object has unless they were set.

export const ownValue = <T>(record: Readonly<Record<string, T>>, word: string): T | undefined =>
  Object.hasOwn(record, word) ? record[word] : undefined;

/** Sets a record's own value, also under "__proto__", where an assignment would change the record's prototype. */
export function setOwnValue<T>(record: Record<string, T>, word: string, value: T): void {
  if (word !== '__proto__') record[word] = value;
  else Object.defineProperty(record, word, { value, enumerable: true, configurable: true, writable: true });
}
