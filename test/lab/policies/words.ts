// The words of a command that a person writes as one argument: `--policy "python3 policy.py --quiet"`. No shell reads it.

/** Longer ones are no command. */
const CHARACTERS_MAX = 4_000;

/**
 * Splits at spaces; what stands in single or double quotes is one word or a part of one. Nothing else has a meaning: no variables, no escapes, no pipes.
 * @returns undefined for no word at all, a quote that does not end, or a control character
 */
export function wordsOf(command: string): readonly [string, ...string[]] | undefined {
  if (command.length > CHARACTERS_MAX || /\p{Cc}/u.test(command)) return undefined;
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (const character of command) {
    if (character === quote) quote = undefined;
    else if (quote === undefined && (character === '"' || character === "'")) {
      quote = character;
      word ??= '';
    } else if (quote === undefined && character === ' ') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + character;
  }
  if (word !== undefined) words.push(word);
  const [first = '', ...rest] = words;
  return quote !== undefined || first === '' ? undefined : [first, ...rest];
}
