// Keys and genesis of a clique network: what they are made of, and that geth itself takes them.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createDecipheriv, createECDH, randomBytes, scryptSync } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { clique } from '../../../functions/make-network/clique/chain.ts';
import { genesisFile } from '../../../functions/make-network/clique/genesis.ts';
import { addressOf, enodeIdOf, keccak256, publicKeyOf } from '../../../functions/make-network/clique/keys.ts';
import { keystoreFile } from '../../../functions/make-network/clique/keystore.ts';
import { makeIdentity, randomBytesOf } from '../../../functions/make-network/identity.ts';
import type { Network } from '../../../functions/make-network/request.ts';
import { readFleets } from '../../../infra/fleets.ts';
import { repositoryRoot } from '../../../infra/paths.ts';
import { dialledBy, introducersOf } from '../../../shared/fleet/schema-network.ts';
import { networkFiles, networkValues } from '../../../shared/node-commands/first-boot.ts';

const run = promisify(execFile);
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

/** "wikipage_test_vector_scrypt" of accounts/keystore/testdata/v3_test_vector.json of go-ethereum. */
const PRIVATE_KEY = bytes('7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d');

/** accounts/keystore/testdata/very-light-scrypt.json of go-ethereum. */
const OF_GETH = {
  address: '45dea0fb0bba44f4fcf290bba71fd57d7117cbb8',
  crypto: {
    cipher: 'aes-128-ctr',
    ciphertext: 'b87781948a1befd247bff51ef4063f716cf6c2d3481163e9a8f42e1f9bb74145',
    cipherparams: { iv: 'dc4926b48a105133d2f16b96833abf1e' },
    kdf: 'scrypt',
    kdfparams: {
      ...{ dklen: 32, n: 2, p: 1, r: 8 },
      salt: '004244bbdc51cadda545b1cfa43cff9ed2ae88e08c61f1479dbb45410722f8f0',
    },
    mac: '39990c1684557447940d4c69e06b1b82b2aceacb43f284df65c956daf3046b85',
  },
  id: 'ce541d8d-c79b-40f8-9f8c-20f59616faba',
  version: 3,
} as const;

describe('a key', () => {
  it('is hashed by Keccak, and not by SHA-3', () => {
    // The hash of nothing, as in core/types (EmptyCodeHash).
    expect(keccak256(new Uint8Array()).toString('hex')).toBe(
      'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
    );
  });

  it('has the address that geth gives it', () => {
    // crypto/crypto_test.go of go-ethereum: testAddrHex, testPrivHex.
    const key = bytes('289c2857d4598e37fb9647507e47a309d6133539bf21a8b9cb6df88fd5232032');
    expect(addressOf(publicKeyOf(key))).toBe('970e8128ab834e8eac17ab8e3812f010678cf791');
    expect(addressOf(publicKeyOf(PRIVATE_KEY))).toBe('008aeeda4d805471df9b2a5b0f38a0c3bcba786b');
  });

  it('has 64 public bytes, which are its id', () => {
    fc.assert(
      fc.property(fc.constant(undefined), () => {
        const pair = createECDH('secp256k1');
        const key = pair.generateKeys('hex');
        // OpenSSL leaves out zeros in front.
        const privateKey = bytes(pair.getPrivateKey('hex').padStart(64, '0'));
        return enodeIdOf(publicKeyOf(privateKey)) === key.slice(2);
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ['is too short', new Uint8Array(31), 'a private key of 31 bytes, expected 32'],
    ['is none of the curve', new Uint8Array(32), 'not valid'],
    ['is greater than the curve’s order', new Uint8Array(32).fill(255), 'not valid'],
  ])('that %s makes nothing', (_, key, told) => {
    expect(() => publicKeyOf(key)).toThrow(told);
  });
});

describe('an account', () => {
  it('is kept to the byte as geth keeps it', () => {
    const { crypto, id, address } = OF_GETH;
    const { n, r, p, salt } = crypto.kdfparams;
    const derived = scryptSync('', bytes(salt), 32, { N: n, r, p });
    const opens = createDecipheriv('aes-128-ctr', derived.subarray(0, 16), bytes(crypto.cipherparams.iv));
    const privateKey = opens.update(bytes(crypto.ciphertext));
    expect(addressOf(publicKeyOf(privateKey))).toBe(address);
    const random = bytes(`${salt}${crypto.cipherparams.iv}${id.replaceAll('-', '')}`);
    expect(keystoreFile({ privateKey, password: '', random, scrypt: { n, r, p } })).toBe(JSON.stringify(OF_GETH));
  });

  it('has a password that no other one has, and an address beside it', () => {
    const [one, other] = [1, 2].map(() => clique.makerKey(randomBytes(clique.makerKeyBytes)).files);
    expect(one?.['sealer_password']).toMatch(/^[0-9a-f]{64}\n$/);
    expect(one?.['sealer_password']).not.toBe(other?.['sealer_password']);
    expect(one?.['sealer_address']).toBe(`0x${JSON.parse(one?.['sealer_key'] ?? '').address}\n`);
  });
});

describe('the genesis', () => {
  const [a, b] = ['0a', 'f1'].map((digits) => digits.repeat(20)) as [string, string];
  const chain = { chainId: '1337', periodSeconds: 5, epochBlocks: 30_000, alloc: {} };

  it('names the sealers in ascending order, between 32 bytes of nothing and 65 of no signature', () => {
    const text = genesisFile({ ...chain, sealers: [b, a] });
    expect(text).toBe(genesisFile({ ...chain, sealers: [a, b] }));
    const { extraData, config } = JSON.parse(text);
    expect(extraData).toBe(`0x${'00'.repeat(32)}${a}${b}${'00'.repeat(65)}`);
    expect(config).toMatchObject({ chainId: 1337, clique: { period: 5, epoch: 30_000 }, londonBlock: 0 });
    expect(config).not.toHaveProperty('terminalTotalDifficulty');
  });

  it('gives accounts what the file says', () => {
    const alloc = { [`0x${b}`]: '7', [`0x${a}`]: '1000000000000000000000' };
    expect(JSON.parse(genesisFile({ ...chain, alloc, sealers: [a] })).alloc).toEqual({
      [`0x${a}`]: { balance: '1000000000000000000000' },
      [`0x${b}`]: { balance: '7' },
    });
  });
});

/** Built by `npm run test:nodes`. */
const GETH = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'chainmend/software/geth-v1.13.15/geth');
const real = existsSync(GETH) ? describe : describe.skip;

const NODES: Network['Nodes'] = [
  { Name: 'bootnode1', Volume: 'vol-0000000a', Role: 'bootnode' },
  { Name: 'sealer1', Volume: 'vol-0000000b', Role: 'validator' },
  { Name: 'sealer2', Volume: 'vol-0000000c', Role: 'validator' },
  { Name: 'client1', Volume: 'vol-0000000d', Role: 'follower' },
];
const ACCOUNT = `0x${'1'.repeat(40)}`;
const NETWORK: Network = {
  ...{ Secrets: 'chainmend/networks/clique', Fleet: 'clique', ChainId: '1337', Nodes: NODES },
  Clique: {
    ...{ PeriodSeconds: '1', EpochBlocks: '30000', Introducers: ['bootnode1'], Zone: 'clique.internal', Port: '30399' },
    Alloc: [{ Address: ACCOUNT, Wei: '12345' }],
  },
};

/** A node on this host: its home, and what it says. */
interface Running {
  readonly name: string;
  readonly home: string;
  /** What its console answers; empty while it does not. */
  ask(script: string): Promise<string>;
}

/** Of this process: P2P, RPC and the engine's API of each node on the loopback. */
const portOf = (at: number, kind: 0 | 1 | 2): number => 20_000 + (process.pid % 800) * 12 + 3 * at + kind;

/** Each as the first boot and the lines of examples/deploy/clique.yaml make it, on the loopback. */
async function withNetwork(
  use: (nodes: readonly Running[], addresses: readonly string[]) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'chainmend-geth-'));
  const identities = NODES.map((node) => ({ node, ...makeIdentity(clique, node, randomBytes(randomBytesOf(clique))) }));
  const sealers = identities.flatMap(({ node, known: { makerKey } }) =>
    makerKey ? [{ name: node.Name, publicKey: makerKey }] : [],
  );
  const record = clique.record(NETWORK, sealers, 0);
  const ids = identities.map(({ node, known }) => `${enodeIdOf(known.nodeKey)} ${node.Name}\n`).join('');
  const ended: Promise<unknown>[] = [];
  const clients: ChildProcess[] = [];
  try {
    const nodes: Running[] = [];
    for (const [at, { node, secret }] of identities.entries()) {
      const home = join(folder, node.Name);
      const kept = JSON.parse(secret) as Readonly<Record<string, string>>;
      const files = networkFiles({ chain: 'clique', role: node.Role });
      for (const [key, path] of files.own) write(join(home, path), Buffer.from(kept[key] ?? '', 'base64').toString());
      for (const [, path] of files.all) write(join(home, path), record.genesis);
      write(join(home, `${node.Volume}.ids`), ids);
      await run('bash', ['-eu', '-c', ownersLines(home, at)]);
      await run('bash', ['-u', '-c', joining(home, node)]);
      const client = spawn(join(home, 'start-geth'), [], { stdio: 'ignore' });
      clients.push(client);
      ended.push(new Promise((done) => client.on('close', done)));
      const ask = (script: string): Promise<string> =>
        run(GETH, ['--exec', script, 'attach', join(home, 'geth.ipc')]).then(
          ({ stdout }) => stdout.trim(),
          () => '',
        );
      nodes.push({ name: node.Name, home, ask });
    }
    await use(nodes, Object.values(record.makers ?? {}));
  } finally {
    for (const client of clients) client.kill('SIGKILL');
    await Promise.all(ended);
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Those of the example that need no root, in a folder of this test. */
function ownersLines(home: string, at: number): string {
  const [file] = readFleets(join(repositoryRoot, 'examples/deploy')).filter(({ fleet: { name } }) => name === 'clique');
  const lines = file?.document.deploy?.install?.lines ?? [];
  const ours = lines.filter((line) => / --datadir |start-geth/.test(line) && !line.includes('systemd'));
  expect(ours.length).toBeGreaterThan(5);
  const config = join(home, 'config.toml');
  return [
    `geth() { ${GETH} "$@"; }`,
    ...ours.map((line) =>
      line
        .replaceAll('/var/lib/geth', home)
        .replaceAll('/usr/local/bin/start-geth', join(home, 'start-geth'))
        .replaceAll('/usr/local/bin/geth', GETH)
        .replaceAll(/mountpoint -q \S+(?=;| &&)/g, 'true'),
    ),
    `sed -i 's/^ListenAddr = .*/ListenAddr = "127.0.0.1:${portOf(at, 0)}"/; s/^HTTPPort = .*/HTTPPort = ${portOf(at, 1)}/; s/^AuthPort = .*/AuthPort = ${portOf(at, 2)}/' ${config}`,
    // No node of the test is asked from outside.
    `sed -i 's/0\\.0\\.0\\.0/127.0.0.1/' ${join(home, 'start-geth')}`,
  ].join('\n');
}

/** What the first boot does behind them. */
function joining(home: string, { Name, Role, Volume }: Network['Nodes'][number]): string {
  const network = { chainId: '1337', sealers: ['sealer1', 'sealer2'], bootnodes: ['bootnode1'] };
  const values = networkValues({
    ...{ region: 'eu-west-1', chain: 'clique', node: Name, role: Role, secret: 's', record: 'r', home },
    ...{ configPath: join(home, 'config.toml'), zone: 'clique.internal', port: 30_399 },
    ...{ peers: dialledBy(network, Name), begins: introducersOf(network), hides: [] },
  });
  const scripts = ['volume', 'network', 'clique'].map((part) =>
    readFileSync(join(repositoryRoot, `shared/node-commands/first-boot-${part}.sh`), 'utf8').replace(
      /^readonly MARKS=.*$/m,
      '',
    ),
  );
  return [
    `MOUNT_PATH=${home} MARKS=${home} VOLUME=${Volume}`,
    'say() { echo "$*" >&2; }; refuse() { echo "$1" >&2; return 1; }',
    `getent() { case $2 in ${NODES.map(({ Name: name }, at) => `${name}.*) echo "10.0.0.${at + 1} STREAM" ;;`).join(' ')} esac; }`,
    ...[...values, ...scripts, 'write_peers'],
    // They are on one machine here.
    ...NODES.map((_, at) => `sed -i 's/10\\.0\\.0\\.${at + 1}:30399/127.0.0.1:${portOf(at, 0)}/g' ${home}/config.toml`),
  ].join('\n');
}

real('geth itself', () => {
  it('takes these files and the lines of the example: sealers seal in turn, all follow, and an account has what it is given', async () => {
    await withNetwork(async (nodes, sealers) => {
      const all = (script: string): Promise<readonly string[]> => Promise.all(nodes.map((node) => node.ask(script)));
      const follow = async (): Promise<boolean> =>
        (await all('eth.blockNumber')).every((height) => Number(height) >= 6);
      for (let tries = 0; tries < 60 && !(await follow()); tries++)
        await new Promise((done) => setTimeout(done, 1_000));
      const script = [
        ...['net.version', 'admin.peers.length', 'eth.getBlock(5).hash', `eth.getBalance("${ACCOUNT}")`],
        'admin.nodeInfo.enode.split("@")[0]',
      ].join(', ');
      const told = (await all(`JSON.stringify([${script}])`)).map((text) => JSON.parse(JSON.parse(text)) as unknown[]);
      const [first = []] = told;
      const ids = readFileSync(join(nodes[0]?.home ?? '', `${NODES[0]?.Volume}.ids`), 'utf8')
        .split('\n')
        .slice(0, -1);
      expect(told).toEqual(ids.map((line) => ['1337', 3, first[2], '12345', `enode://${line.split(' ')[0]}`]));
      const makers = await nodes[3]?.ask(
        'JSON.stringify([1, 2, 3, 4, 5].map(function (at) { return clique.getSigner(eth.getBlock(at).hash) }))',
      );
      expect(new Set(JSON.parse(JSON.parse(makers ?? '')) as string[])).toEqual(new Set(sealers));
      expect(await nodes[3]?.ask('eth.mining')).toBe('false');
      // Neither the password nor the address beside it is taken for another one.
      const listed = await run(GETH, ['--datadir', nodes[1]?.home ?? '', 'account', 'list']);
      expect(listed.stdout.match(/Account #/g)).toHaveLength(1);
      expect(listed.stderr).not.toMatch(/ERROR|WARN/);
    });
  }, 120_000);
});

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o600 });
}

if (!existsSync(GETH)) console.warn(`no ${GETH}: whether geth takes the made keys was not tried`);
