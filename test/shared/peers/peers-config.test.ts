// The text that rotate-peers writes into a client's own configuration, on real files.
import { describe, expect, it } from '@jest/globals';
import { chainClients } from '../../../shared/chains/clients.ts';
import { ConfigError, decodeConfig, peersIn, withPeers } from '../../../shared/peers/config.ts';
import { isUnroutable, parseEntry } from '../../../shared/peers/entry.ts';
import { configured, fileOf, peerConfig } from '../../fixtures/peer-configs.ts';

const cometbft = fileOf(chainClients.cometbft);
const bitcoin = fileOf(chainClients.bitcoin);
const geth = fileOf(chainClients.ethereum);

const ids = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(40));
const consortium = ids.map((id, index) => `${id}@10.0.${index}.10:26656`);
const keep = (peers: readonly string[], hiddenIds: readonly string[] = []) => ({ peers, hiddenIds, network: 'main' });
/** The client runs on that network, as it says itself. */
const keepOn = (network: string, peers: readonly string[]) => ({ ...keep(peers), network });
const main = { network: 'main' };

/** Lines that differ, as diff prints them. */
function changes(before: string, after: string): string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  expect(now).toHaveLength(old.length);
  return old.flatMap((line, index) => (line === now[index] ? [] : [`- ${line}`, `+ ${now[index]}`]));
}

describe('the consortium chain', () => {
  it.each(ids.map((_, index) => index))(
    'node %# names the other three, and nothing else in the file changes',
    (self) => {
      const before = peerConfig('cometbft.toml');
      const others = consortium.filter((_, index) => index !== self);
      const after = withPeers(before, cometbft, keep(others));
      expect(changes(before, after)).toEqual([
        '- persistent_peers = ""',
        `+ persistent_peers = "${others.join(',')}"`,
        '- addr_book_strict = true',
        '+ addr_book_strict = false',
      ]);
      expect(peersIn(after, cometbft).peers).toEqual(others);
      expect(withPeers(after, cometbft, keep(others))).toBe(after);
    },
  );

  it('has this very file afterwards', () => {
    const after = withPeers(peerConfig('cometbft.toml'), cometbft, keep(consortium.slice(1)));
    expect(after).toMatchSnapshot();
  });

  it('keeps a strict address book among peers that the world can reach', () => {
    const before = peerConfig('cometbft.toml');
    const after = withPeers(before, cometbft, keep([`${ids[0]}@52.16.188.185:26656`]));
    expect(changes(before, after)).toHaveLength(2);
  });

  it('hides its validators on a sentry, beside those that were hidden before', () => {
    const before = peerConfig('cometbft.toml').replace('private_peer_ids = ""', `private_peer_ids = "${ids[3]}"`);
    const after = withPeers(before, cometbft, keep([consortium[0] ?? ''], [ids[0] ?? '']));
    expect(after).toContain(`\nprivate_peer_ids = "${ids[3]},${ids[0]}"\n`);
    expect(after).toContain(`\nunconditional_peer_ids = "${ids[0]}"\n`);
    expect(after).toContain('\npex = true\n');
  });
});

const BLOCK = `# chainmend: begin (peers that chainmend keeps; lines outside of this block are yours)\naddnode=10.0.0.1:8333\n# chainmend: end\n`;

describe('other clients', () => {
  it('geth gets its static nodes', () => {
    const before = peerConfig('geth.toml');
    const peers = [`enode://${'1'.repeat(128)}@10.0.0.1:30303`, `enode://${'2'.repeat(128)}@10.0.1.1:30303`];
    const after = withPeers(before, geth, keep(peers));
    expect(changes(before, after)).toEqual(['- StaticNodes = []', `+ StaticNodes = ["${peers.join('", "')}"]`]);
  });

  it('stacks keeps the comment behind another value', () => {
    const stacks = fileOf(chainClients.stacks);
    const before = peerConfig('stacks.toml');
    const [seed = ''] = peersIn(before, stacks).peers;
    const mine = `${'02'.repeat(33)}@10.0.0.1:20444`;
    const after = withPeers(before, stacks, keep([seed, mine]));
    expect(changes(before, after)).toEqual([`- bootstrap_node = "${seed}"`, `+ bootstrap_node = "${seed},${mine}"`]);
  });

  it('litecoin gets a block of its own above the sections, and loses it again without a trace', () => {
    const before = `${peerConfig('litecoin.conf')}addnode=69.164.218.197\n[regtest]\nrpcport=19443\n`;
    const after = withPeers(before, bitcoin, keepOn('main', ['10.0.0.1:9333', '69.164.218.197']));
    expect(after).toBe(
      before.replace(
        '[regtest]\n',
        '# chainmend: begin (peers that chainmend keeps; lines outside of this block are yours)\naddnode=10.0.0.1:9333\n# chainmend: end\n[regtest]\n',
      ),
    );
    expect(peersIn(after, bitcoin, main)).toEqual({
      peers: ['69.164.218.197', '10.0.0.1:9333'],
      owned: ['69.164.218.197'],
    });
    expect(withPeers(after, bitcoin, keepOn('main', ['69.164.218.197']))).toBe(before);
  });

  it.each([
    ['testnet=1\n', 'test'],
    ['regtest=1\n[main]\naddnode=1.2.3.4\n', 'regtest'],
    ['chain=signet\n', 'signet'],
    ['chain=regtest\nregtest=0\n', 'regtest'],
    ['testnet=\n', 'test'],
    // The network is chosen on the command line, as with `bitcoind -regtest`: the file says nothing of it.
    ['server=1\n', 'regtest'],
    ['testnet=false\n', 'testnet4'],
    ['main.addnode=1.2.3.4\n', 'test'],
  ])('a node of another network gets it in that section, where bitcoind wants it: %j of %s', (before, network) => {
    const wanted = keepOn(network, ['10.0.0.1:18444']);
    const after = withPeers(before, bitcoin, wanted);
    expect(after.startsWith(`${before}[${network}]\n# chainmend: begin`)).toBe(true);
    expect(peersIn(after, bitcoin, { network }).peers).toEqual(['10.0.0.1:18444']);
    expect(withPeers(after, bitcoin, wanted)).toBe(after);
  });

  it.each(['testnet=false\n', 'testnet=0\nregtest=no\n', 'notestnet=1\n', 'notestnet=\n', ''])(
    'a node of the main network gets it above the sections: %j chooses no other one',
    (before) => {
      const after = withPeers(before, bitcoin, keepOn('main', ['10.0.0.1:8333']));
      expect(after).toBe(`${before}${BLOCK}`);
    },
  );

  it('an entry that names its section is that section’s: it is not added twice', () => {
    const before = 'main.addnode=10.0.0.1:8333\n';
    expect(peersIn(before, bitcoin, main)).toEqual({ peers: ['10.0.0.1:8333'], owned: ['10.0.0.1:8333'] });
    expect(withPeers(before, bitcoin, keepOn('main', ['10.0.0.1:8333']))).toBe(before);
  });

  it('dogecoin knows no sections: its entries stand above what looks like one', () => {
    const dogecoin = fileOf(chainClients.dogecoin);
    const after = withPeers('testnet=1\n[test]\nrpcport=1\n', dogecoin, keepOn('test', ['10.0.0.1:8333']));
    expect(after).toBe(`testnet=1\n${BLOCK}[test]\nrpcport=1\n`);
  });

  it.each([
    ['its client has not said on which network it runs', 'server=1\n', undefined],
    ['it chooses the network test, and its client runs on main', 'testnet=1\n', 'main'],
    ['it chooses the network main, and its client runs on regtest', 'chain=main\n', 'regtest'],
  ])('a file that is not certainly the running client’s is left as it is: %s', (why, before, network) => {
    expect(() => withPeers(before, bitcoin, { ...keep(['10.0.0.1:8333']), network })).toThrow(why);
    expect(() => peersIn(before, bitcoin, { network })).toThrow(ConfigError);
  });

  it('moves its block when the node is put on another network', () => {
    const before = withPeers('server=1\n', bitcoin, keepOn('main', ['10.0.0.1:18444']));
    const after = withPeers(`regtest=1\n${before}`, bitcoin, keepOn('regtest', ['10.0.0.1:18444']));
    expect(after.match(/chainmend: begin/g)).toHaveLength(1);
    expect(after.indexOf('[regtest]')).toBeLessThan(after.indexOf('chainmend: begin'));
  });
});

describe('whatever the file looks like', () => {
  const peer = `${ids[0]}@52.16.188.185:26656`;
  it.each([
    ['[p2p]', `[p2p]\npersistent_peers = "${peer}"\n`],
    ['[p2p]\r\npex = true\r\n', `[p2p]\r\npersistent_peers = "${peer}"\r\npex = true\r\n`],
    ["p2p.persistent_peers = '' # why\n", `p2p.persistent_peers = "${peer}" # why\n`],
    [
      '[p2p]\npersistent_peers = """\n"""\n#persistent_peers=1\n',
      `[p2p]\npersistent_peers = "${peer}"\n#persistent_peers=1\n`,
    ],
    [
      'a = """\n[p2p]\npersistent_peers = "no"\n"""\n[p2p]\n',
      `a = """\n[p2p]\npersistent_peers = "no"\n"""\n[p2p]\npersistent_peers = "${peer}"\n`,
    ],
    [
      '[[other]]\n[other.p2p]\npersistent_peers = 1\n[p2p] # here\n',
      `[[other]]\n[other.p2p]\npersistent_peers = 1\n[p2p] # here\npersistent_peers = "${peer}"\n`,
    ],
    ['\uFEFF[p2p]\nx = [1, # ]\n 2]\n', `\uFEFF[p2p]\npersistent_peers = "${peer}"\nx = [1, # ]\n 2]\n`],
  ])('%j', (before, after) => {
    expect(withPeers(before, cometbft, keep([peer]))).toBe(after);
  });

  it.each([
    ['nothing', '', cometbft],
    ['app.toml of a Cosmos SDK application', 'minimum-gas-prices = "0"\n[api]\nenable = true\n', cometbft],
    ['the file of Sei, whose keys have hyphens', '[p2p]\npersistent-peers = ""\n', cometbft],
    ['a list of static nodes in JSON', `["enode://${'43'.repeat(64)}@10.0.0.1:30303"]\n`, geth],
    ['reth.toml', '[stages.headers]\ncommit_threshold = 10000\n[peers]\ntrusted_nodes = []\n', geth],
    ['the file of CometBFT', '[p2p]\nladdr = ""\n', geth],
  ])('what parses and is not this client’s file is left as it is: %s', (_, text, file) => {
    const peers = file === geth ? [`enode://${'01'.repeat(64)}@10.0.1.1:30303`] : [peer];
    expect(() => withPeers(text, file, keep(peers))).toThrow(/it is (not this client's|another program's) file/);
    expect(() => peersIn(text, file)).toThrow(ConfigError);
  });

  it('a list that stands there with blanks is left as it is', () => {
    const before = `[p2p]\npersistent_peers = " ${peer} , "\n`;
    expect(withPeers(before, cometbft, keep([peer]))).toBe(before);
  });
});

describe('what is refused', () => {
  it.each([
    [cometbft, '[p2p', 'it is not TOML'],
    [cometbft, '[p2p]\npersistent_peers = 5\n', 'persistent_peers is 5, expected a text with commas'],
    [cometbft, '[p2p]\npersistent_peers = ""\nprivate_peer_ids = []\n', 'private_peer_ids is []'],
    [cometbft, 'p2p = 1\n', 'persistent_peers is inside 1, expected a table'],
    [cometbft, 'p2p = { pex = true }\n', 'expected the table under a header of its own'],
    [cometbft, '[p2p]\npersistent_peers = ""\npersistent_peers = ""\n', 'it is not TOML'],
    [geth, '[Node.P2P]\nStaticNodes = "x"\n', 'StaticNodes is "x", expected a list of texts'],
    [cometbft, 'p2p.laddr = "x"\n', 'expected the table under a header of its own'],
    [geth, '[Node]\nP2P.MaxPeers = 1\n', 'expected the table under a header of its own'],
    [bitcoin, 'server=1\nwhat is this\n', 'line 2: "what is this" found, expected option=value'],
    [bitcoin, '# chainmend: begin\naddnode=1.2.3.4\n', 'has no end'],
    [bitcoin, '# chainmend: end\n', 'without the mark that begins the block'],
    [bitcoin, '# chainmend: begin\n# chainmend: end\n# chainmend: begin\n# chainmend: end\n', 'a second'],
    [bitcoin, '\0', 'NUL'],
  ])('%# %j', (file, text, reason) => {
    const write = () => withPeers(text, file, keep(['10.0.0.1:1'], [ids[0] ?? '']));
    expect(write).toThrow(ConfigError);
    expect(write).toThrow(reason);
  });

  it.each([
    ['lines', bitcoin, 'x=1\n'.repeat(5_001), 'it has 5001 lines, expected at most 5000'],
    ['lines', cometbft, '\n'.repeat(5_001), 'it has 5001 lines, expected at most 5000'],
    [
      'blanks in a line',
      bitcoin,
      `x=1\nserver=1${' '.repeat(40_000)}#\n`,
      'line 2 has 40010 characters, expected at most 32768',
    ],
    ['blanks in a line', geth, `x = 1${' '.repeat(40_000)}`, 'line 1 has 40005 characters, expected at most 32768'],
    ['parts of a key', cometbft, `a${'.a'.repeat(40)} = 1\n`, 'it is nested more than 16 deep'],
    ['parts of an inline key', cometbft, `x = { a${'.a'.repeat(40)} = 1 }\n`, 'it is nested more than 16 deep'],
    ['brackets', geth, `a = ${'['.repeat(20)}${']'.repeat(20)}\n`, 'it is not TOML'],
    ['tables', cometbft, `${'a.b.c.d = 1\n'.repeat(1_700)}`, 'it has 5100 dots and brackets, expected at most 5000'],
    ['peers', bitcoin, 'addnode=10.0.0.1\n'.repeat(1_001), 'addnode names 1001 peers, expected at most 1000'],
    ['peers', cometbft, `[p2p]\npersistent_peers = "${'a,'.repeat(1_001)}"\n`, 'persistent_peers names 1001 peers'],
    ['a prototype', cometbft, '[__proto__]\npersistent_peers = "x"\n', 'it is not TOML'],
    ['characters in all', cometbft, `${'#'.repeat(30_000)}\n`.repeat(9), 'characters, expected at most 262144'],
  ])('too many %s', (_, file, text, reason) => {
    const write = () => withPeers(text, file, keep(['10.0.0.1:1']));
    expect(write).toThrow(ConfigError);
    expect(write).toThrow(reason);
  });

  it('a line that is told is told as one line', () => {
    const write = () => withPeers('\u001b[2Joops\u202e\n', bitcoin, keep([]));
    expect(write).toThrow('line 1: "\\u001b[2Joops " found, expected option=value');
  });

  it('bytes that are no text, or too many', () => {
    expect(() => decodeConfig(new Uint8Array([0xff, 0xfe]))).toThrow('it is not UTF-8');
    expect(() => decodeConfig(new Uint8Array(300_000))).toThrow('expected at most');
  });

  it('a peer that is none', () => {
    for (const { text, file } of configured) {
      for (const peer of ['', 'x y', 'id@', '999.1.1.1:1', 'a"b:1', '10.0.0.1:1\naddnode=6.6.6.6']) {
        expect(() => withPeers(text, file, keep([peer]))).toThrow('is no peer');
      }
    }
  });
});

describe('addresses', () => {
  it.each([
    ['10.0.0.1', true],
    ['172.15.0.1', false],
    ['172.16.0.1', true],
    ['172.31.255.1', true],
    ['172.32.0.1', false],
    ['192.168.1.1', true],
    ['169.254.1.1', true],
    ['127.0.0.1', true],
    ['100.64.0.1', false],
    ['52.16.188.185', false],
    ['fd00::1', true],
    ['fe80::1', true],
    ['::1', true],
    ['2001:10::1', true],
    ['2001:db8::1', false],
    ['node1.irita.internal', false],
  ])('%s is one that nobody outside can reach: %s', (host, unroutable) => {
    expect(isUnroutable(host)).toBe(unroutable);
  });

  it.each([
    ['10.0.0.2', { id: undefined, host: '10.0.0.2', port: undefined }],
    ['[fd00::1]:8333', { id: undefined, host: 'fd00::1', port: 8333 }],
    [`enode://${'A'.repeat(128)}@10.0.0.1:30303?discport=0`, { id: 'a'.repeat(128), host: '10.0.0.1', port: 30303 }],
    [`${'a'.repeat(40)}@seed.example.com:26656`, { id: 'a'.repeat(40), host: 'seed.example.com', port: 26656 }],
    ['Node2.bitcoin.internal.:8333', { id: undefined, host: 'Node2.bitcoin.internal.', port: 8333 }],
  ])('%s is taken apart', (text, entry) => {
    expect(parseEntry(text)).toEqual({ text, ...entry });
  });
});
