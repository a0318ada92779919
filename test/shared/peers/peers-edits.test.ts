// A change of a file as bytes: the command to the node, and the node's result.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ConfigError, withPeers } from '../../../shared/peers/config.ts';
import { applyEdits, editsBetween } from '../../../shared/peers/edits.ts';
import { tries } from '../../fixtures/any.ts';
import { configured, peerConfig } from '../../fixtures/peer-configs.ts';

describe('the edits of a file', () => {
  it('of the consortium’s configuration are two lines, wherever they stand', () => {
    const before = `# ümläut\n${peerConfig('cometbft.toml')}`;
    const [cometbft] = configured;
    if (!cometbft) throw new Error('there is a sample of cometbft');
    const after = withPeers(before, cometbft.file, { peers: [`${'a'.repeat(40)}@10.0.0.1:26656`], hiddenIds: [] });
    const edits = editsBetween(before, after);
    expect(edits.map(({ text }) => text)).toEqual([
      `persistent_peers = "${'a'.repeat(40)}@10.0.0.1:26656"\n`,
      'addr_book_strict = false\n',
    ]);
    expect(applyEdits(before, edits)).toBe(after);
    expect(applyEdits(after, editsBetween(after, before))).toBe(before);
  });

  it('make one text of another, whatever the two are, and nothing of nothing', () => {
    const line = fc.constantFrom('a\n', 'b\n', 'c\r\n', 'ü\n', '\n', 'a');
    const text = fc.array(line, { maxLength: 30 }).map((lines) => lines.join(''));
    fc.assert(
      fc.property(text, text, (before, after) => applyEdits(before, editsBetween(before, after)) === after),
      tries('peers-edits', 2_000),
    );
    fc.assert(fc.property(text, (same) => editsBetween(same, same).length === 0));
  });

  it('touch no line in which a secret is hidden', () => {
    expect(() => editsBetween('a\nseed = "***"\nb\n', 'a\nb\n')).toThrow(ConfigError);
    expect(editsBetween('a\nseed = "***"\nb\n', 'a2\nseed = "***"\nb2\n')).toEqual([
      { start: 0, length: 2, text: 'a2\n' },
      { start: 15, length: 2, text: 'b2\n' },
    ]);
  });

  it('that do not fit are refused', () => {
    expect(() => applyEdits('abc', [{ start: 2, length: 2, text: '' }])).toThrow(ConfigError);
    expect(() =>
      applyEdits('abc', [
        { start: 1, length: 1, text: '' },
        { start: 0, length: 1, text: '' },
      ]),
    ).toThrow(ConfigError);
  });
});
