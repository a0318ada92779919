// geth in a private clique network: a bootnode, sealers with unlocked accounts, and clients. Each has a unit, a TOML configuration on the data
// volume, and RPC on its own loopback.
import { execFileSync } from 'node:child_process';
import { createECDH } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageFiles } from '../machine/system.ts';
import type { RealNode, RealNodeSpec, RealWorld } from '../world.ts';

export const DATA_PATH = '/data';
export const CONFIG = `${DATA_PATH}/config.toml`;
export const UNIT = 'geth.service';
/** The unit's environment, without which it does not start. */
export const ENVIRONMENT = '/etc/sysconfig/geth';
/** Its content on a node that does not seal. */
export const PLAIN_ENVIRONMENT = 'MORE=\n';
export const NETWORK_ID = 18;
/** Seconds between two blocks, by any of the sealers. */
const PERIOD_SECONDS = 2;
const P2P_PORT = 30_303;
const RPC_PORT = 8_545;
const PROGRAM = '/usr/local/bin/geth';
/** An empty chain takes 0.6 GiB of it: XFS's log, and pebble's first files. */
const SIZE_GIB = 1;
/**
 * geth stops by itself, as if asked, with less free space than this. The default is twice its cache of dirty state: 2 GiB on a mainnet disk, more
 * than a small disk has (`--datadir.minfreedisk`, cmd/utils/flags.go).
 */
export const LEAST_FREE_MIB = 20;
const TOOL_TIMEOUT_MS = 60_000;
const CURL_SECONDS = 5;

/** A block's extra data begins with a sealer's free text and ends with its signature (EIP-225). */
const VANITY = '0'.repeat(64);
const NO_SIGNATURE = '0'.repeat(130);

const unitFile = (program: string): string => `[Unit]
Description=geth of the private network ${NETWORK_ID}
After=network.target mount-fstab.service
Requires=mount-fstab.service
StartLimitIntervalSec=0
[Service]
EnvironmentFile=${ENVIRONMENT}
Environment=HOME=/root
ExecStart=${program} --config ${CONFIG} --nat none --cache 64 --datadir.minfreedisk ${LEAST_FREE_MIB} $MORE
Restart=on-failure
RestartSec=5
TimeoutStopSec=300
[Install]
WantedBy=multi-user.target
`;

export interface Settings {
  /** Enode URLs that discovery begins with. */
  readonly bootnodes: readonly string[];
  /** Enode URLs that it always dials. */
  readonly staticNodes: readonly string[];
}

const listed = (enodes: readonly string[]): string => enodes.map((enode) => JSON.stringify(enode)).join(', ');

/** The file on the data volume, with its comments. */
const configuration = ({ bootnodes, staticNodes }: Settings): string => `# geth --config of our private network
[Eth]
NetworkId = ${NETWORK_ID}
SyncMode = "full"
DatabaseCache = 32 # MiB: a young chain of small blocks

[Node]
DataDir = "${DATA_PATH}"
# whoever may call admin_* comes from the node itself
HTTPHost = "127.0.0.1"
HTTPPort = ${RPC_PORT}
HTTPModules = ["net", "web3", "eth", "admin", "clique"]

[Node.P2P]
MaxPeers = 25
NoDiscovery = false
DiscoveryV4 = true
BootstrapNodes = [${listed(bootnodes)}]
BootstrapNodesV5 = []
# dialled again whenever they are lost
StaticNodes = [${listed(staticNodes)}]
ListenAddr = ":${P2P_PORT}"
`;

/** Test keys: they are public. Each node has a different one. */
const nodeKeyOf = (name: string): string => Buffer.from(`chainmend ${name}`.padEnd(32, '.')).toString('hex');

/** A node's id for its peers, independent of its address: its public key. */
export function peerIdOf(name: string): string {
  const pair = createECDH('secp256k1');
  pair.setPrivateKey(nodeKeyOf(name), 'hex');
  return pair.getPublicKey('hex').slice('04'.length);
}

export const enodeOf = (name: string, address: string): string => `enode://${peerIdOf(name)}@${address}:${P2P_PORT}`;

/** What all nodes of a network share at the start. */
export interface Network {
  readonly genesisPath: string;
  /** By a sealer's name. */
  readonly accounts: ReadonlyMap<string, { readonly address: string; readonly keystore: string }>;
  readonly program: string;
}

/** The versions that a template unit could start, each in a directory of its own, and the one that it starts. */
export interface Installed {
  readonly runs: string;
  /** The programs by version. */
  readonly programs: Readonly<Record<string, string>>;
}

const TEMPLATE = 'geth@.service';
const VERSIONS = '/opt/geth';

export const unitOf = (version: string): string => `geth@${version}.service`;

/** Where it is installed, and where its process says that it runs from. */
export const programOf = (version: string): string => `${VERSIONS}/${version}/geth`;

/** Makes accounts for the sealers, and a genesis that names them. */
export function makeNetwork({ ground }: RealWorld, sealers: readonly string[], installed?: Installed): Network {
  const program = installed ? installed.programs[installed.runs] : ground.software.geth;
  if (program === undefined) throw new Error('there is no geth here');
  const directory = join(ground.runDirectory, 'clique');
  mkdirSync(directory);
  const password = join(directory, 'password');
  writeFileSync(password, PASSWORD);
  const accounts = new Map(
    sealers.map((name) => {
      const home = join(directory, name);
      const key = join(directory, `${name}.key`);
      writeFileSync(key, Buffer.from(`sealing ${name}`.padEnd(32, '.')).toString('hex'));
      const told = run(program, ['--datadir', home, '--lightkdf', 'account', 'import', '--password', password, key]);
      const address = /\{([0-9a-f]{40})\}/.exec(told)?.[1];
      if (address === undefined) throw new Error(`geth account import: ${told}`);
      return [name, { address, keystore: join(home, 'keystore') }];
    }),
  );
  const signers = [...accounts.values()].map(({ address }) => address).toSorted();
  const blocks = ['homestead', 'eip150', 'eip155', 'eip158', 'byzantium', 'constantinople', 'petersburg', 'istanbul'];
  const genesis = {
    config: {
      chainId: NETWORK_ID,
      ...Object.fromEntries([...blocks, 'berlin', 'london'].map((fork) => [`${fork}Block`, 0])),
      clique: { period: PERIOD_SECONDS, epoch: 30_000 },
    },
    difficulty: '1',
    gasLimit: '8000000',
    extradata: `0x${VANITY}${signers.join('')}${NO_SIGNATURE}`,
    alloc: {},
  };
  const genesisPath = join(directory, 'genesis.json');
  writeFileSync(genesisPath, JSON.stringify(genesis));
  return { genesisPath, accounts, program };
}

const PASSWORD = 'of nobody’s money\n';

const run = (program: string, operands: readonly string[]): string =>
  execFileSync(program, [...operands], {
    encoding: 'utf8',
    timeout: TOOL_TIMEOUT_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });

export interface GethOptions extends Settings {
  readonly fleet: string;
  readonly name: string;
  /** As its tag says. */
  readonly role: 'bootnode' | 'sealer' | 'client';
  /** Whether user data set up a new instance: its image has geth and its unit, neither enabled nor with its environment. */
  readonly setUpByUserData: boolean;
  /** Undefined: one version, without a template unit. */
  readonly installed?: Installed;
}

/** The image's unit, with what it executes. */
const unitFiles = ({ program }: Network, installed: Installed | undefined): ImageFiles =>
  installed === undefined
    ? { [`/etc/systemd/system/${UNIT}`]: unitFile(PROGRAM), [PROGRAM]: { from: program, mode: 0o755 } }
    : {
        [`/etc/systemd/system/${TEMPLATE}`]: unitFile(`${VERSIONS}/%i/geth`),
        ...Object.fromEntries(
          Object.entries(installed.programs).map(([version, from]) => [programOf(version), { from, mode: 0o755 }]),
        ),
      };

export function gethNode(network: Network, options: GethOptions): RealNodeSpec {
  const { fleet, name, role, setUpByUserData, installed, ...settings } = options;
  const account = network.accounts.get(name);
  // geth refuses to unlock an account while it serves RPC, on loopback too.
  const sealing = `--mine --miner.etherbase 0x${account?.address} --unlock 0x${account?.address} --password ${DATA_PATH}/password --allow-insecure-unlock`;
  const bareFiles = (): ImageFiles => unitFiles(network, installed);
  return {
    fleet,
    name,
    files: () => ({ ...bareFiles(), [ENVIRONMENT]: account ? `MORE=${sealing}\n` : PLAIN_ENVIRONMENT }),
    enabled: [installed ? { unit: unitOf(installed.runs), of: TEMPLATE } : { unit: UNIT, of: UNIT }],
    ...(setUpByUserData && { bare: { files: bareFiles, enabled: [] } }),
    tags: { Role: role },
    volumes: [
      {
        role: 'data',
        path: DATA_PATH,
        sizeGiB: SIZE_GIB,
        fill: (directory) => {
          run(network.program, ['--datadir', directory, 'init', network.genesisPath]);
          writeFileSync(join(directory, 'geth/nodekey'), nodeKeyOf(name), { mode: 0o600 });
          writeFileSync(join(directory, 'config.toml'), configuration(settings));
          if (!account) return;
          writeFileSync(join(directory, 'password'), PASSWORD, { mode: 0o600 });
          mkdirSync(join(directory, 'keystore'), { recursive: true });
          for (const key of readdirSync(account.keystore))
            cpSync(join(account.keystore, key), join(directory, 'keystore', key));
        },
      },
    ],
  };
}

/** A call of the node's RPC, on its loopback. Rejects with the client's message. */
export async function ask<T>({ machine, name }: RealNode, method: string, ...params: readonly unknown[]): Promise<T> {
  const { exitCode, stdout } = await machine.runs({
    command: [
      ...['curl', '--silent', '--max-time', String(CURL_SECONDS), '--header', 'Content-Type: application/json'],
      ...['--data', JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }), `http://127.0.0.1:${RPC_PORT}`],
    ],
    timeoutMs: 2 * CURL_SECONDS * 1_000,
  });
  if (exitCode !== 0) throw new Error(`${method} of ${name}: curl ends with ${exitCode}`);
  const { result, error } = JSON.parse(stdout) as { readonly result?: T; readonly error?: unknown };
  if (result === undefined) throw new Error(`${method} of ${name}: ${JSON.stringify(error)}`);
  return result;
}

/** −1 while it does not answer. */
export const heightOf = (node: RealNode): Promise<number> =>
  ask<string>(node, 'eth_blockNumber').then(Number, () => -1);

/** In chainmend's form of a hash, without 0x; undefined: the node has no such block. */
export const hashAt = async (node: RealNode, height: number): Promise<string | undefined> =>
  (
    await ask<{ readonly hash: string } | null>(node, 'eth_getBlockByNumber', `0x${height.toString(16)}`, false)
  )?.hash.slice('0x'.length);

/** "1.13.15", as the process itself says; undefined while it does not answer. */
export const versionOf = (node: RealNode): Promise<string | undefined> =>
  ask<string>(node, 'web3_clientVersion').then(
    (told) => /^Geth\/v(\d+\.\d+\.\d+)-/.exec(told)?.[1],
    () => undefined,
  );

/** Public keys of its connected peers, inbound and outbound; none while it does not answer. */
export const peersOf = (node: RealNode): Promise<readonly string[]> =>
  ask<readonly { readonly enode: string }[]>(node, 'admin_peers').then(
    (peers) => peers.map(({ enode }) => enode.slice('enode://'.length).split('@')[0] ?? ''),
    () => [],
  );

/** Its own public key, as its client reports it. */
export const ownIdOf = async (node: RealNode): Promise<string> =>
  (await ask<{ readonly enode: string }>(node, 'admin_nodeInfo')).enode.slice('enode://'.length).split('@')[0] ?? '';
