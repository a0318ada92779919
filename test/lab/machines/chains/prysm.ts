// geth and prysm in a network of our own, after the merge: one machine with a validator makes the blocks, the others follow. A beacon node gives its geth
// each block; without it geth stands still.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageFiles } from '../machine/system.ts';
import type { RealNode, RealNodeSpec, RealWorld } from '../world.ts';

const DATA_PATH = '/data';
export const GETH_UNIT = 'geth.service';
export const BEACON_UNIT = 'beacon.service';
const VALIDATOR_UNIT = 'validator.service';
const NETWORK_ID = 19;
/** A third of the main network's time would take a third of a core for each node. */
const SLOT_SECONDS = 6;
/** prysm's least for a network of this size: some slots of an epoch have a committee of one. */
const VALIDATORS = 8;
/** The machines boot before the first slot. */
const GENESIS_AFTER_SECONDS = 30;
const BEACON_P2P_PORT = 13_000;
const SIZE_GIB = 1;
const TOOL_TIMEOUT_MS = 60_000;

/** Each fork's version differs from those of all public networks. */
const CHAIN_CONFIG = `CONFIG_NAME: chainmend
PRESET_BASE: mainnet
GENESIS_FORK_VERSION: 0x20000089
ALTAIR_FORK_EPOCH: 0
ALTAIR_FORK_VERSION: 0x20000090
BELLATRIX_FORK_EPOCH: 0
BELLATRIX_FORK_VERSION: 0x20000091
TERMINAL_TOTAL_DIFFICULTY: 0
CAPELLA_FORK_EPOCH: 0
CAPELLA_FORK_VERSION: 0x20000092
DENEB_FORK_EPOCH: 18446744073709551615
DENEB_FORK_VERSION: 0x20000093
SECONDS_PER_SLOT: ${SLOT_SECONDS}
SLOTS_PER_EPOCH: 6
DEPOSIT_CONTRACT_ADDRESS: 0x4242424242424242424242424242424242424242
DEPOSIT_CHAIN_ID: ${NETWORK_ID}
DEPOSIT_NETWORK_ID: ${NETWORK_ID}
`;

const GENESIS_FORKS = ['homestead', 'eip150', 'eip155', 'eip158', 'byzantium', 'constantinople', 'petersburg'];
const LATER_FORKS = ['istanbul', 'berlin', 'london', 'mergeNetsplit'];
const GENESIS = {
  config: {
    chainId: NETWORK_ID,
    ...Object.fromEntries([...GENESIS_FORKS, ...LATER_FORKS].map((fork) => [`${fork}Block`, 0])),
    shanghaiTime: 0,
    terminalTotalDifficulty: 0,
    terminalTotalDifficultyPassed: true,
  },
  difficulty: '0x0',
  gasLimit: '0x1c9c380',
  baseFeePerGas: '0x3b9aca00',
  timestamp: '0x0',
  extraData: `0x${'0'.repeat(64)}`,
  alloc: {},
};

const unitOf = (description: string, command: readonly string[]): string => `[Unit]
Description=${description}
After=network.target mount-fstab.service
Requires=mount-fstab.service
StartLimitIntervalSec=0
[Service]
Environment=HOME=/root
EnvironmentFile=/etc/sysconfig/beacon
ExecStart=${command.join(' ')}
Restart=on-failure
RestartSec=5
TimeoutStopSec=30
[Install]
WantedBy=multi-user.target
`;

const GETH = [
  ...['/usr/local/bin/geth', '--datadir', `${DATA_PATH}/geth`, '--networkid', String(NETWORK_ID), '--syncmode full'],
  ...['--nodiscover', '--maxpeers 0', '--cache 64', '--ipcdisable', '--datadir.minfreedisk 20'],
  ...['--http', '--http.addr 127.0.0.1', '--http.api eth,net,web3', `--authrpc.jwtsecret ${DATA_PATH}/jwt`],
];

const BEACON = [
  ...['/usr/local/bin/beacon-chain', '--accept-terms-of-use', '--datadir', `${DATA_PATH}/beacon`],
  ...[`--genesis-state ${DATA_PATH}/genesis.ssz`, `--chain-config-file ${DATA_PATH}/chain.yaml`],
  ...[
    `--chain-id ${NETWORK_ID}`,
    '--contract-deployment-block 0',
    '--min-sync-peers 0',
    '--minimum-peers-per-subnet 0',
  ],
  ...['--bootstrap-node=', `--p2p-tcp-port ${BEACON_P2P_PORT}`, '--p2p-host-ip $OWN_ADDRESS'],
  ...['--execution-endpoint http://127.0.0.1:8551', `--jwt-secret ${DATA_PATH}/jwt`],
  ...['--suggested-fee-recipient 0x0000000000000000000000000000000000000001', '$PEERS'],
];

const VALIDATOR = [
  ...['/usr/local/bin/validator', '--accept-terms-of-use', '--datadir', `${DATA_PATH}/validator`],
  ...[`--interop-num-validators ${VALIDATORS}`, `--chain-config-file ${DATA_PATH}/chain.yaml`],
];

/** What all nodes of a network share at the start. */
export interface BeaconNetwork {
  readonly directory: string;
  readonly geth: string;
  readonly prysm: string;
}

/** A genesis for both clients: each names the other's. */
export function makeBeaconNetwork({ ground }: RealWorld): BeaconNetwork {
  const { geth, prysm } = ground.software;
  if (geth === undefined || prysm === undefined) throw new Error('there is no geth, or no prysm, here');
  const directory = join(ground.runDirectory, 'beacon-network');
  mkdirSync(directory);
  const at = (name: string): string => join(directory, name);
  writeFileSync(at('chain.yaml'), CHAIN_CONFIG);
  writeFileSync(at('genesis.json'), JSON.stringify(GENESIS));
  // For both clients of a node, on its loopback.
  writeFileSync(at('jwt'), '18'.repeat(32));
  run(join(prysm, 'prysmctl'), [
    ...['testnet', 'generate-genesis', '--fork', 'capella', '--num-validators', String(VALIDATORS)],
    ...['--genesis-time-delay', String(GENESIS_AFTER_SECONDS), '--chain-config-file', at('chain.yaml')],
    ...['--geth-genesis-json-in', at('genesis.json'), '--geth-genesis-json-out', at('genesis.json')],
    ...['--output-ssz', at('genesis.ssz')],
  ]);
  return { directory, geth, prysm };
}

function run(program: string, operands: readonly string[]): void {
  execFileSync(program, [...operands], { timeout: TOOL_TIMEOUT_MS, stdio: ['ignore', 'ignore', 'pipe'] });
}

export interface BeaconOptions {
  readonly fleet?: string;
  readonly name: string;
  /** Multiaddresses of beacon nodes that it dials. */
  readonly peers: readonly string[];
  readonly makesBlocks?: true;
}

export function beaconNode(network: BeaconNetwork, { fleet, name, peers, makesBlocks }: BeaconOptions): RealNodeSpec {
  const program = (from: string) => ({ from, mode: 0o755 });
  const units = [GETH_UNIT, BEACON_UNIT, ...(makesBlocks ? [VALIDATOR_UNIT] : [])];
  return {
    ...(fleet !== undefined && { fleet }),
    name,
    enabled: units.map((unit) => ({ unit, of: unit })),
    files: ({ privateIp }): ImageFiles => ({
      [`/etc/systemd/system/${GETH_UNIT}`]: unitOf(`geth of network ${NETWORK_ID}`, GETH),
      [`/etc/systemd/system/${BEACON_UNIT}`]: unitOf('the beacon node beside geth', BEACON),
      '/etc/sysconfig/beacon': `OWN_ADDRESS=${privateIp}\nPEERS=${peers.map((peer) => `--peer=${peer}`).join(' ')}\n`,
      '/usr/local/bin/geth': program(network.geth),
      '/usr/local/bin/beacon-chain': program(join(network.prysm, 'beacon-chain')),
      ...(makesBlocks && {
        [`/etc/systemd/system/${VALIDATOR_UNIT}`]: unitOf('validators of this network', VALIDATOR),
        '/usr/local/bin/validator': program(join(network.prysm, 'validator')),
      }),
    }),
    volumes: [
      {
        role: 'data',
        path: DATA_PATH,
        sizeGiB: SIZE_GIB,
        fill: (directory) => {
          run(network.geth, ['--datadir', join(directory, 'geth'), 'init', join(network.directory, 'genesis.json')]);
          for (const file of ['chain.yaml', 'genesis.ssz', 'jwt'])
            cpSync(join(network.directory, file), join(directory, file));
        },
      },
    ],
  };
}

/** Where other beacon nodes dial it; undefined before it listens. Its log has its id. */
export async function dialableOf({ machine, privateIp }: RealNode): Promise<string | undefined> {
  const { stdout } = await machine.shell(
    `journalctl --unit ${BEACON_UNIT} --no-pager --output cat | grep -o '16Uiu2[A-Za-z0-9]*' | tail -n 1`,
  );
  const id = stdout.trim();
  return id === '' ? undefined : `/ip4/${privateIp}/tcp/${BEACON_P2P_PORT}/p2p/${id}`;
}
