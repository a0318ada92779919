// For any new peers of a node and any text of its owner around them: only the list changes, and it has the intended meaning.

import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'smol-toml';
import type { DialablePeer } from '../../../shared/chains/client.ts';
import { ConfigError, peersIn, withPeers } from '../../../shared/peers/config.ts';
import { parseEntry } from '../../../shared/peers/entry.ts';
import { anyText, tries } from '../../fixtures/any.ts';
import { configured, idDigits } from '../../fixtures/peer-configs.ts';

/** Each try parses a file of hundreds of lines. */
const TRIES = tries('peers-config', 100);

const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('seed.example.com', 'node1.bitcoin.internal'));
const peers = (chain: string) =>
  fc
    .uniqueArray(
      fc.record({ host, port: fc.integer({ min: 1, max: 65_535 }), id: fc.bigInt({ min: 1n, max: 2n ** 150n }) }),
      { maxLength: 12, selector: ({ host: address, port }) => `${address}:${port}` },
    )
    .map((drawn): DialablePeer[] =>
      drawn.map(({ id, ...address }) => {
        const digits = idDigits[chain] ?? 0;
        return digits === 0 ? address : { ...address, id: id.toString(16).padStart(digits, '0').slice(-digits) };
      }),
    );

describe.each(configured)('the configuration of $chain', ({ chain, text, client, file }) => {
  const lists = peers(chain).map((list) => list.map(client.operations.formatPeer));
  const hiddenIds = fc.uniqueArray(
    fc.constantFrom('a', 'b', 'c').map((letter) => letter.repeat(40)),
    { maxLength: 3 },
  );

  it('reads back what was written, whatever stood there before', () => {
    fc.assert(
      fc.property(lists, lists, hiddenIds, (first, second, ids) => {
        const once = withPeers(text, file, { peers: first, hiddenIds: [], network: 'main' });
        const twice = withPeers(once, file, { peers: second, hiddenIds: ids, network: 'main' });
        const found = peersIn(twice, file, { network: 'main' }).peers;
        return (
          JSON.stringify(found) === JSON.stringify(second) && found.every((peer) => parseEntry(peer) !== undefined)
        );
      }),
      TRIES,
    );
  });

  it('is written once: the same wish changes nothing more', () => {
    fc.assert(
      fc.property(lists, hiddenIds, (list, ids) => {
        const wish = { peers: list, hiddenIds: ids, network: 'main' };
        const once = withPeers(text, file, wish);
        return withPeers(once, file, wish) === once;
      }),
      TRIES,
    );
  });

  it('keeps every line that is not about peers, to the byte and in its place', () => {
    const aboutPeers =
      /^(persistent_peers|addr_book_strict|private_peer_ids|unconditional_peer_ids|StaticNodes|static-nodes|bootstrap_node) =|^addnode=|^# chainmend: /;
    const rest = (content: string) =>
      content
        .split('\n')
        .filter((line) => !aboutPeers.test(line))
        .join('\n');
    fc.assert(
      fc.property(
        lists,
        hiddenIds,
        (list, ids) => rest(withPeers(text, file, { peers: list, hiddenIds: ids, network: 'main' })) === rest(text),
      ),
      TRIES,
    );
  });

  it('an entry is taken apart as it was put together', () => {
    fc.assert(
      fc.property(peers(chain), (list) =>
        list.every((peer) => {
          const entry = parseEntry(client.operations.formatPeer(peer));
          return entry?.host === peer.host && entry.port === peer.port && entry.id === peer.id;
        }),
      ),
      TRIES,
    );
  });

  it('garbage is refused with a reason or edited, and never throws anything else', () => {
    const scrambled = fc
      .tuple(fc.nat(text.length), fc.nat(200), anyText({ maxLength: 40 }))
      .map(([at, length, piece]) => text.slice(0, at) + piece + text.slice(at + length));
    fc.assert(
      fc.property(fc.oneof(scrambled, anyText()), lists, (garbage, list) => {
        try {
          const after = withPeers(garbage, file, { peers: list, hiddenIds: [], network: 'main' });
          if (file.in === 'toml') parse(after, { integersAsBigInt: 'asNeeded' });
          return (
            JSON.stringify(new Set(peersIn(after, file, { network: 'main' }).peers)) ===
              JSON.stringify(new Set(list)) || file.in === 'lines'
          );
        } catch (error) {
          return error instanceof ConfigError && error.message.length > 10;
        }
      }),
      TRIES,
    );
  });
});
