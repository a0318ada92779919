// What was made of a text, kept while the text stays the same: a warm function reads the same fleet files every minute, and parsing them is most of its
// own work. The text itself is always read again.

interface Reading<T> {
  readonly text: string;
  readonly made: T;
}

/**
 * Makes something of a text, unless the last text of that name was the same. What throws is not kept, and is made again.
 *
 * @param namesMax with more names all are forgotten
 */
export function lastReadings<T>(namesMax: number): (name: string, text: string, make: () => T) => T {
  const readings = new Map<string, Reading<T>>();
  return (name, text, make) => {
    const last = readings.get(name);
    if (last?.text === text) return last.made;
    const made = make();
    if (readings.size >= namesMax) readings.clear();
    readings.set(name, { text, made });
    return made;
  };
}
