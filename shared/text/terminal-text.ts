// The last filter for a command line's output to a terminal or a pipe. Fields from strangers are already one line each (plain-text.ts); this filter
// makes a forgotten one harmless.
import { UNSEEN } from './plain-text.ts';

/** ESC [ … m: the colours that our own command lines paint with (ECMA-48, SGR). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the one control sequence that may be written.
const PAINT = /(\x1b\[\d{1,3}(?:;\d{1,3}){0,4}m)/;

/** Line breaks and colours stay; every other control or invisible character becomes a blank. */
export const terminalText = (text: string): string =>
  text
    .split(PAINT)
    .map((part, at) => (at % 2 === 1 ? part : plainLines(part)))
    .join('');

/** The same without colours: strangers' text in lines of ours. */
export const plainLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.replace(UNSEEN, ' '))
    .join('\n');
