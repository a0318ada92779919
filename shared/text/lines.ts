// Splits a text into its lines, each with its line break.

/** Linear in the length of the text. The joined parts are the text. */
export function linesOf(text: string): readonly string[] {
  const lines: string[] = [];
  for (let from = 0; from < text.length; ) {
    const found = text.indexOf('\n', from);
    const end = found < 0 ? text.length : found + 1;
    lines.push(text.slice(from, end));
    from = end;
  }
  return lines;
}
