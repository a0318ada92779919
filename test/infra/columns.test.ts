import { describe, expect, it } from '@jest/globals';
import { columnsOf } from '../../infra/commands/columns.ts';
import { HOSTILE, unseenIn } from '../fixtures/hostile-text.ts';

describe('columns of a terminal', () => {
  it('stand below each other, and end without blanks', () => {
    const rows = [
      ['node', 'height', ''],
      ['validator-1', '9', 'x'],
      ['', '1200', ''],
    ];
    expect(columnsOf(rows, 2, ['left', 'right'])).toEqual([
      'node         height',
      'validator-1       9  x',
      '               1200',
    ]);
  });

  it('count what a terminal draws: wide letters, emoji and marks', () => {
    expect(
      columnsOf(
        [
          ['区块链', 'a'],
          ['e\u0301', 'b'],
          ['👩', 'c'],
          ['123456', 'd'],
        ],
        1,
      ),
    ).toEqual(['区块链 a', 'e\u0301      b', '👩     c', '123456 d']);
  });

  it('have cells of several lines, and rows with fewer cells than others', () => {
    expect(columnsOf([['a', ['one', 'two']], ['b', 'three', 'four'], ['c', []], []], 2)).toEqual([
      'a  one',
      '   two',
      'b  three  four',
      'c',
      '',
    ]);
    expect(columnsOf([], 2)).toEqual([]);
  });

  it('give a row one line, whatever a node says', () => {
    const lines = columnsOf([[HOSTILE, 'x'], ['y']], 2);
    expect(lines).toHaveLength(2);
    expect(lines.flatMap(unseenIn)).toEqual([]);
  });
});
