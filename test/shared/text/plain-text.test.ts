import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { errorText, plainJson, plainText } from '../../../shared/text/plain-text.ts';
import { terminalText } from '../../../shared/text/terminal-text.ts';
import { anyText, tries } from '../../fixtures/any.ts';
import { HOSTILE, unseenIn } from '../../fixtures/hostile-text.ts';

describe('text that strangers wrote', () => {
  it.each([
    ['all is well', 'all is well'],
    ['two\nlines\r\nand a third', 'two lines and a third'],
    ['\u001b[31mred\u001b[0m', '[31mred [0m'],
    ['\u202eevil\u202c', 'evil'],
    ['null\u0000and\ttab', 'null and tab'],
    ['a\u200bb', 'a b'],
    ['Größe 5 µs – “ok” 你好 😀', 'Größe 5 µs – “ok” 你好 😀'],
    [`e${'\u0301'.repeat(9)}`, `e${'\u0301'.repeat(3)}`],
    ['\ud83d', ''],
    ['', ''],
  ])('%j becomes %j', (text, plain) => {
    expect(plainText(text)).toBe(plain);
  });

  it('is cut where it is too long, and never in the middle of a character', () => {
    expect(plainText('abcdef', 5)).toBe('abcd…');
    expect(plainText('abc😀def', 5)).toBe('abc…');
    expect(plainText('abcde', 5)).toBe('abcde');
    expect(plainText(`a${' '.repeat(100)}b`, 5)).toBe('a…');
  });

  it('is one line of bounded length without anything unseen, whatever it was', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 300 }), fc.integer({ min: 1, max: 200 }), (text, maximum) => {
        const plain = plainText(text, maximum);
        expect(plain.length).toBeLessThanOrEqual(maximum);
        expect(unseenIn(plain)).toEqual([]);
        expect(plainText(plain, maximum)).toBe(plain);
      }),
      tries('plain-text', 2_000),
    );
  });

  it('megabytes of it are cut before they are looked at', () => {
    expect(plainText('\n'.repeat(20_000_000), 100)).toBe('…');
    expect(plainText('\u0301'.repeat(5_000_000), 100).length).toBeLessThanOrEqual(100);
  });

  it('the words of an error, or of whatever was thrown', () => {
    expect(errorText(new Error('a\nb'))).toBe('a b');
    expect(errorText('\u001bx')).toBe('x');
    expect(errorText(undefined)).toBe('undefined');
  });
});

describe('JSON that a person reads', () => {
  it('reads back as the same value, and shows nothing unseen', () => {
    const value = fc.oneof(fc.jsonValue(), fc.record({ text: anyText(), [HOSTILE]: anyText() }));
    fc.assert(
      fc.property(value, (one) => {
        const json = plainJson(one) ?? '';
        expect(unseenIn(json)).toEqual([]);
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(one)));
      }),
      tries('plain-text', 1_000),
    );
    expect(plainJson(undefined)).toBeUndefined();
  });
});

describe('what a terminal gets', () => {
  it('keeps line breaks and our own colours, and nothing else', () => {
    const painted = '\u001b[1mbold\u001b[22m\n\u001b[38;5;1mred\u001b[0m';
    expect(terminalText(painted)).toBe(painted);
    expect(terminalText('a\u001b[2Jb\u001b]0;t\u0007c\u009b31md\re\tf')).toBe('a [2Jb ]0;t c 31md e f');
  });

  it('whatever is written', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 200 }), (text) => {
        const paint = new RegExp(`${String.fromCharCode(27)}\\[\\d{1,3}(;\\d{1,3}){0,4}m`, 'g');
        expect(unseenIn(terminalText(text).replace(paint, '').replaceAll('\n', ''))).toEqual([]);
      }),
      tries('plain-text', 1_000),
    );
  });
});
