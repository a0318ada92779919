// Clients' own configurations, as nodes report them, and the lists that are made from them.
import fc from 'fast-check';
import { judgeIds } from '../../../../functions/rotate-peers/ids.ts';
import {
  type ChooseFacts,
  choosePeers,
  type NodeList,
  type PeerCandidate,
} from '../../../../functions/rotate-peers/peer-selection.ts';
import { limitChanges } from '../../../../functions/rotate-peers/plan.ts';
import type { ChainClient } from '../../../../shared/chains/client.ts';
import { type Family, familyOf } from '../../../../shared/chains/defaults.ts';
import { ConfigError, decodeConfig, type PeersFile, peersIn, withPeers } from '../../../../shared/peers/config.ts';
import { applyEdits, editsBetween } from '../../../../shared/peers/edits.ts';
import { anyText } from '../../../fixtures/any.ts';
import { HOSTILE } from '../../../fixtures/hostile-text.ts';
import { configured } from '../../../fixtures/peer-configs.ts';
import { CONFS, TEXTS, TOMLS } from '../../../fixtures/structures.ts';
import { mutatedText } from '../mutate.ts';
import { type Target, target } from '../target.ts';

const KIB = 1024;
const lines = (count: number, line: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => line(at)).join('\n');
const blanks = ' '.repeat(250 * KIB);

/** Each of these took seconds, minutes, or all the memory; or might. */
const CONF: readonly string[] = [
  blanks,
  `server=1${blanks}x`,
  `a=1${' '.repeat(30 * KIB)}x\n`,
  `a=1${' '.repeat(30 * KIB)}#\n`.repeat(8),
  `${' '.repeat(50)}\n`.repeat(4_900),
  '#'.repeat(30 * KIB),
  '='.repeat(30 * KIB),
  lines(4_900, () => 'addnode=10.0.0.1'),
  lines(1_000, () => 'addnode=10.0.0.1'),
  `# chainmend: begin\n${lines(4_900, (at) => `addnode=10.0.${at % 255}.1`)}\n# chainmend: end\n`,
  lines(4_999, (at) => `[s${at}]`),
  lines(30_000, () => ''),
  `regtest=1\n${lines(900, (at) => `[regtest]\naddnode=10.0.0.${at % 255}`)}`,
  '\r'.repeat(30 * KIB),
  '\u2028'.repeat(8 * KIB),
];
const TOML: readonly string[] = [
  blanks,
  `a${'.a'.repeat(16_000)} = 1`,
  `[a${'.a'.repeat(16_000)}]`,
  `x = { a${'.a'.repeat(9_999)} = 1 }`,
  `${`a${'.a'.repeat(9_000)} = 1\n`.repeat(2)}`,
  `a = ${'['.repeat(16_000)}`,
  `a = ${'['.repeat(40)}${']'.repeat(40)}`,
  `a = ${'{a='.repeat(8_000)}`,
  lines(9_999, (at) => `[t${at}]`),
  lines(4_999, (at) => `[t${at}]`),
  lines(4_999, () => '[[t]]'),
  lines(2_499, (at) => `[[t]]\n[t.a${at}]`),
  lines(4_999, (at) => `k${at} = ${at}`),
  lines(160, (at) => `[${lines(15, (part) => `q${'q'.repeat(60)}${at}_${part}`).replaceAll('\n', '.')}]\na = 1\nb = 1`),
  lines(8, (at) => `a${at} = [${'{},'.repeat(10_000)}]`),
  lines(8, (at) => `a${at} = [${'{},'.repeat(600)}]`),
  lines(8, (at) => `a${at} = [${'"x",'.repeat(8_000)}]`),
  lines(9, (at) => `a${at} = "${'x'.repeat(28 * KIB)}"`),
  lines(300, (at) => `[${lines(30, (part) => `q${'q'.repeat(20)}${at}_${part}`).replaceAll('\n', '.')}]\na = 1\nb = 1`),
  `a = ${'"'.repeat(30 * KIB)}`,
  `a = """${'\\\n'.repeat(9_000)}"""`,
  `a = ${'9'.repeat(30 * KIB)}`,
  `a = 1979-05-27T07:32:00.${'9'.repeat(30 * KIB)}Z`,
  `[p2p]\npersistent_peers = [9007199254740993]`,
  `[p2p]\npersistent_peers = "${`${'a'.repeat(40)}@10.0.0.1:26656,`.repeat(500)}"`,
  `[p2p]\npersistent_peers = "${',x'.repeat(15 * KIB)}"`,
  '__proto__ = 1\n[constructor]\nprototype = 2',
  '[p2p]\n__proto__.persistent_peers = "x"',
  'p2p = 1979-05-27',
  `#${HOSTILE}`,
];
const samplesOf = ({ in: where }: PeersFile): readonly string[] => (where === 'lines' ? CONF : TOML);

const IDS: Readonly<Partial<Record<Family, string>>> = {
  cometbft: 'a'.repeat(40),
  ethereum: 'b'.repeat(128),
  stacks: 'c'.repeat(66),
};
const idOf = ({ name }: ChainClient): string => IDS[familyOf(name) ?? 'bitcoin'] ?? '';
function wishFor(client: ChainClient): readonly string[] {
  const id = idOf(client);
  return [1, 2, 3].map((at) =>
    client.operations.formatPeer({ host: `10.0.0.${at}`, port: 1_000 + at, ...(id !== '' && { id }) }),
  );
}

const NOW = Date.UTC(2026, 0, 15);
const member = (at: number, entry: string): PeerCandidate => ({
  ...{
    instanceId: `i-${at}`,
    name: `node${at}`,
    role: (['follower', 'sentry', 'validator', 'bootnode'] as const)[at % 4] ?? 'unknown',
  },
  ...{
    availabilityZone: 'abc'[at % 3] ?? 'a',
    health: (['synced', 'behind', 'forked'] as const)[at % 3] ?? 'unknown',
    upSinceMs: at,
    entry,
  },
});
const entry = fc.oneof(
  fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(255)).map(([id, at]) => `${id.repeat(40)}@10.0.0.${at}:26656`),
  fc.constantFrom('', ',', 'x', '@', '10.0.0.1', '10.0.0.1:8333', HOSTILE, '__proto__', 'a.b:1'),
  anyText({ maxLength: 30 }),
);
const fleet = fc.record({
  members: fc.array(
    entry.filter((text) => text !== ''),
    { maxLength: 12 },
  ),
  peers: fc.array(entry, { maxLength: 40 }),
  owned: fc.array(entry, { maxLength: 4 }),
  seeds: fc.array(entry, { maxLength: 4 }),
  connected: fc.array(entry, { maxLength: 10 }),
  maximum: fc.integer({ min: 1, max: 20 }),
});
const thousand = Array.from(
  { length: 1_000 },
  (_, at) => `${at.toString(16).padStart(40, '0')}@10.${at % 255}.${at >> 8}.1:26656`,
);

const claims = fc.array(
  fc.record({
    instanceId: fc.constantFrom('i-1', 'i-2', '__proto__', 'toString'),
    id: fc.constantFrom('a', '', '__proto__', HOSTILE),
  }),
  { maxLength: 8 },
);

export const TARGETS: readonly Target[] = [
  ...configured.map(({ chain, text, client, file }) =>
    target({
      name: `the configuration of ${chain}`,
      input: mutatedText([text, ...samplesOf(file).filter((one) => one.length < 60 * KIB)]),
      samples: samplesOf(file),
      structures: { ...TEXTS, ...(file.in === 'lines' ? CONFS : TOMLS) },
      // More lines are refused.
      largest: 16 * KIB,
      parse: (before) => {
        const hiddenIds = chain === 'cometbft' ? ['d'.repeat(40)] : [];
        const found = peersIn(before, file, { network: 'main' });
        const after = withPeers(before, file, { peers: wishFor(client), hiddenIds, network: 'main' });
        const edits = editsBetween(before, after);
        // A lone surrogate is no UTF-8, and no file contains one.
        if (before.isWellFormed() && applyEdits(before, edits) !== after)
          throw new Error('the edits do not lead there');
        return [found, edits.length];
      },
      errors: [ConfigError],
    }),
  ),
  target({
    name: 'bytes of a file',
    input: fc.uint8Array({ maxLength: 3_000 }),
    samples: [
      new Uint8Array(5_000_000),
      Buffer.from('\ufeffx'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from([0xed, 0xa0, 0x80]),
    ],
    parse: decodeConfig,
    errors: [ConfigError],
  }),
  target({
    name: 'lists of peers',
    input: fleet,
    samples: [
      {
        members: thousand.slice(0, 250),
        peers: thousand,
        owned: [],
        seeds: thousand.slice(0, 5),
        connected: thousand,
        maximum: 10,
      },
      {
        members: thousand.slice(0, 250),
        peers: [...thousand].reverse(),
        owned: thousand,
        seeds: [],
        connected: [],
        maximum: 50,
      },
    ],
    parse: ({ members: entries, peers, owned, seeds, connected, maximum }) => {
      const members = entries.map((one, at) => member(at, one));
      const facts: ChooseFacts = {
        nowMs: NOW,
        members,
        absent: [],
        hasSentries: entries.length % 2 === 0,
        seeds,
        maximum,
      };
      const now: NodeList = { instanceId: 'i-0', peers, owned, connected: new Set(connected) };
      const choice = choosePeers(facts, { role: 'follower' }, now);
      return limitChanges([{ node: 'node0', now, choice, belowFloor: false }], { entries: 100, changed: 0 }).length;
    },
    errors: [],
  }),
  target({
    name: 'claims of ids',
    input: fc.tuple(claims, claims),
    samples: [],
    parse: ([first, second]) => {
      const present = new Set([...first, ...second].map(({ instanceId }) => instanceId));
      const facts = { present, running: present, nowMs: NOW };
      const { next } = judgeIds({}, first, facts);
      return judgeIds(next, second, facts).verdicts.size;
    },
    errors: [],
  }),
];
