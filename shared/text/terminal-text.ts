// What a command line writes to a terminal or a pipe, as the last thing before it is written. Fields that strangers wrote have been made one
// line each by then (plain-text.ts); this keeps what was forgotten there from doing anything.
import { UNSEEN } from './plain-text.ts';

/** ESC [ … m: the colours that our own command lines paint with (ECMA-48, SGR). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the one control sequence that may be written.
const PAINT = /(\x1b\[\d{1,3}(?:;\d{1,3}){0,4}m)/;

/** Line breaks and colours stay; every other control or unseen character becomes a blank. */
export const terminalText = (text: string): string =>
  text
    .split(PAINT)
    .map((part, at) => (at % 2 === 1 ? part : plainLines(part)))
    .join('');

/** The same without colours: what others have said, in lines of ours. */
export const plainLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.replace(UNSEEN, ' '))
    .join('\n');
