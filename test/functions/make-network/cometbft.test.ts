// Keys and genesis of a network: what they are made of, and that CometBFT itself takes them.
import { execFile, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { genesisFile } from '../../../functions/make-network/cometbft/genesis.ts';
import { keyPair, nodeIdOf, nodeKeyFile, validatorKeyFile } from '../../../functions/make-network/cometbft/keys.ts';

const run = promisify(execFile);
const seedOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

it('a key is that of RFC 8032', () => {
  // Section 7.1, TEST 1.
  const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
  expect(Buffer.from(keyPair(seed).publicKey).toString('hex')).toBe(
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
  );
});

it('a key is what Node.js makes of the same seed', () => {
  fc.assert(
    fc.property(fc.constant(undefined), () => {
      const { d = '', x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
      return Buffer.from(keyPair(Buffer.from(d, 'base64url')).publicKey).toString('base64url') === x;
    }),
    { numRuns: 20 },
  );
});

it('a seed of another length makes no key', () => {
  expect(() => keyPair(new Uint8Array(31))).toThrow('a seed of 31 bytes, expected 32');
});

it('the same validators make the same genesis, in whatever order they are named', () => {
  const [a, b] = [1, 2].map((byte) => ({ name: `validator${byte}`, publicKey: keyPair(seedOf(byte)).publicKey }));
  if (!a || !b) throw new Error('two validators');
  const chain = { chainId: 'consortium-1', atMs: 0 };
  expect(genesisFile({ ...chain, validators: [b, a] })).toBe(genesisFile({ ...chain, validators: [a, b] }));
  expect(JSON.parse(genesisFile({ ...chain, validators: [a] }))).toEqual({
    genesis_time: '1970-01-01T00:00:00.000Z',
    chain_id: 'consortium-1',
    initial_height: '1',
    validators: [
      {
        address: expect.stringMatching(/^[0-9A-F]{40}$/),
        pub_key: { type: 'tendermint/PubKeyEd25519', value: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/) },
        power: '10',
        name: 'validator1',
      },
    ],
    app_hash: '',
  });
});

/** Built by `npm run test:nodes`. */
const COMETBFT = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'chainmend/software/cometbft-v0.38.17/cometbft',
);
const real = existsSync(COMETBFT) ? it : it.skip;

real(
  'CometBFT itself starts with these files, keeps them, has the ids that they say, and makes blocks',
  async () => {
    const home = mkdtempSync(join(tmpdir(), 'chainmend-comet-'));
    try {
      const [node, validator] = [keyPair(seedOf(7)), keyPair(seedOf(8))];
      const files = {
        'config/node_key.json': nodeKeyFile(node),
        'config/priv_validator_key.json': validatorKeyFile(validator),
        'config/genesis.json': genesisFile({
          ...{ chainId: 'consortium-1', atMs: Date.parse('2026-01-01T00:00:00Z') },
          validators: [{ name: 'validator1', publicKey: validator.publicKey }],
        }),
        'data/priv_validator_state.json': '{"height":"0","round":0,"step":0}',
      };
      for (const folder of ['config', 'data']) mkdirSync(join(home, folder));
      for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text);
      // What `install` does behind them.
      await run(COMETBFT, ['init', '--home', home]);
      for (const [name, text] of Object.entries(files)) expect(readFileSync(join(home, name), 'utf8')).toBe(text);
      expect((await run(COMETBFT, ['show-node-id', '--home', home])).stdout.trim()).toBe(nodeIdOf(node.publicKey));
      const client = spawn(COMETBFT, [
        ...['start', '--home', home, '--proxy_app=kvstore', '--rpc.laddr=', '--p2p.laddr=tcp://127.0.0.1:0'],
      ]);
      let said = '';
      for (const stream of [client.stdout, client.stderr]) stream.on('data', (text) => (said += String(text)));
      try {
        for (let tries = 0; tries < 100 && !/committed state.*height=2/i.test(said); tries++)
          await new Promise((done) => setTimeout(done, 200));
        expect(said).toMatch(/committed state.*height=2/i);
      } finally {
        client.kill('SIGKILL');
      }
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  },
  60_000,
);

if (!existsSync(COMETBFT)) console.warn(`no ${COMETBFT}: whether CometBFT takes the made keys was not tried`);
