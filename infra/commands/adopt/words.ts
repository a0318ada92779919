// Words in names, tags, paths and metrics of people: which chain they speak of, and which are so common that they name nobody. Pure.
import { chainDefaults, type KnownChain } from '../../../shared/chains/defaults.ts';

/** What people call a chain, its coin and its clients. A client's own name in the place of a program says more than a chain's name. */
const WORDS: Readonly<Record<KnownChain, readonly string[]>> = {
  bitcoin: ['bitcoin', 'btc', 'bitcoind', 'bitcoin-core'],
  litecoin: ['litecoin', 'ltc', 'litecoind'],
  dogecoin: ['dogecoin', 'doge', 'dogecoind'],
  'bitcoin-cash': ['bitcoin-cash', 'bitcoincash', 'bch', 'bchn'],
  dash: ['dashd', 'dashcore', 'dashpay'],
  zcash: ['zcash', 'zec', 'zcashd', 'zebra', 'zebrad'],
  ethereum: [
    ...[
      'ethereum',
      'eth',
      'geth',
      'reth',
      'erigon',
      'nethermind',
      'besu',
      'clique',
      'sepolia',
      'holesky',
      'hoodi',
      'parity',
    ],
    ...['openethereum', 'quorum', 'lighthouse', 'prysm', 'teku', 'nimbus', 'lodestar', 'evm'],
  ],
  bsc: ['bsc', 'bnb', 'binance-smart-chain'],
  polygon: ['polygon', 'matic', 'bor', 'heimdall', 'amoy', 'mumbai'],
  avalanche: ['avalanche', 'avax', 'avalanchego', 'fuji'],
  optimism: ['optimism', 'op-geth', 'op-node', 'op-mainnet', 'op-reth'],
  base: ['base-reth', 'base-mainnet', 'base-sepolia', 'base-node', 'base-consensus'],
  arbitrum: ['arbitrum', 'arbitrum-one', 'arb1', 'nitro-node'],
  cometbft: [
    ...[
      'cometbft',
      'tendermint',
      'cosmos',
      'irita',
      'irishub',
      'iris',
      'juno',
      'kava',
      'evmos',
      'injective',
      'dydx',
      'akash',
      'axelar',
    ],
    ...['neutron', 'stride', 'provenance', 'cronos', 'sei', 'terra', 'persistence', 'regen', 'dymension'],
  ],
  cosmoshub: ['cosmoshub', 'cosmos-hub', 'gaia', 'gaiad', 'atom'],
  osmosis: ['osmosis', 'osmosisd', 'osmo'],
  celestia: ['celestia', 'celestia-app', 'celestia-appd', 'tia'],
  stacks: ['stacks', 'stx', 'stacks-node', 'hiro'],
  solana: ['solana', 'sol', 'agave', 'jito', 'firedancer', 'solana-validator', 'agave-validator'],
};

/** The programs of a chain: where a metric names a process, it is none of another chain's. */
const PROGRAMS: Readonly<Record<string, KnownChain>> = {
  ...{ bitcoind: 'bitcoin', litecoind: 'litecoin', dogecoind: 'dogecoin', bchn: 'bitcoin-cash', dashd: 'dash' },
  ...{
    zcashd: 'zcash',
    zebrad: 'zcash',
    geth: 'ethereum',
    reth: 'ethereum',
    erigon: 'ethereum',
    nethermind: 'ethereum',
  },
  ...{ besu: 'ethereum', bor: 'polygon', avalanchego: 'avalanche', 'op-geth': 'optimism', 'op-reth': 'optimism' },
  ...{ 'base-reth': 'base', nitro: 'arbitrum', cometbft: 'cometbft', tendermint: 'cometbft', gaiad: 'cosmoshub' },
  ...{ osmosisd: 'osmosis', 'celestia-appd': 'celestia', irita: 'cometbft', 'stacks-node': 'stacks', stacks: 'stacks' },
  ...{ 'solana-validator': 'solana', 'agave-validator': 'solana', solana: 'solana' },
};

/** Clients that give an execution client its blocks. */
export const BEACON_CLIENTS: readonly string[] = ['lighthouse', 'prysm', 'teku', 'nimbus', 'lodestar', 'beacon'];

/** Chains that chainmend has no code for, by a word of theirs; `chain: other` watches some (infra/fleet-samples). */
const OTHER_CHAINS: readonly string[] = [
  ...[
    'monero',
    'ripple',
    'xrpl',
    'stellar',
    'polkadot',
    'kusama',
    'tron',
    'tezos',
    'near',
    'cardano',
    'ton',
    'hedera',
    'fabric',
    'aptos',
    'sui',
  ],
  ...['algorand', 'eos', 'filecoin', 'cardano-node', 'starknet'],
];

/** The network of a chain: two networks of one chain are never one fleet. */
const NETWORKS: readonly string[] = [
  ...[
    'mainnet',
    'testnet',
    'testnet3',
    'testnet4',
    'signet',
    'regtest',
    'devnet',
    'sepolia',
    'holesky',
    'hoodi',
    'goerli',
    'ropsten',
  ],
  ...['rinkeby', 'mumbai', 'amoy', 'fuji', 'chapel'],
];

export type NodeRole = 'follower' | 'validator' | 'sentry' | 'bootnode';

/** Words that say a role wherever they stand in a name. */
const ROLE_NAMES: Readonly<Record<string, NodeRole>> = {
  ...{ validator: 'validator', validators: 'validator', sealer: 'validator', signer: 'validator', staker: 'validator' },
  ...{ sequencer: 'validator', sentry: 'sentry', sentries: 'sentry', bootnode: 'bootnode', bootnodes: 'bootnode' },
  ...{ follower: 'follower', followers: 'follower', rpc: 'follower', fullnode: 'follower', fullnodes: 'follower' },
};

/** Words that say a role as the value of a tag that is made for it. In a name they may mean anything: a full disk, a boot image. */
const ROLE_VALUES: Readonly<Record<string, NodeRole>> = {
  ...ROLE_NAMES,
  ...{ val: 'validator', miner: 'validator', staking: 'validator', producer: 'validator', boot: 'bootnode' },
  ...{ bootstrap: 'bootnode', seed: 'bootnode', client: 'follower', clients: 'follower', full: 'follower' },
  ...{ archive: 'follower', reader: 'follower', api: 'follower' },
};

const CLIENT_WORDS = new Set(Object.values(WORDS).flat());
/** Of two parts first: op-geth is no geth. */
const CHAIN_OF = new Map<string, KnownChain>(
  Object.entries(WORDS).flatMap(([chain, words]) =>
    words.map((word): [string, KnownChain] => [word, chain as KnownChain]),
  ),
);

/** Lower-case words of a name: prodEth-2 is prod, eth, 2. A number is a word of its own where it follows letters with a mark between. */
export function wordsIn(name: string): readonly string[] {
  return name
    .slice(0, 1_024)
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

/** Without the digits at its end. A loop: an expression for it would look from each digit on. */
export function withoutDigits(word: string): string {
  let end = word.length;
  while (end > 0 && /\d/.test(word.charAt(end - 1))) end--;
  return word.slice(0, end);
}

/** Without a number at the end: node2 is node. Words that end in a number by themselves stay: arb1, testnet4. */
const withoutNumber = (word: string): string =>
  CHAIN_OF.has(word) || NETWORKS.includes(word) ? word : withoutDigits(word) || word;

/** The chains that a name speaks of, in the order of their words, each with the word. */
export function chainsIn(name: string): readonly { readonly chain: KnownChain; readonly word: string }[] {
  const words = wordsIn(name).map(withoutNumber);
  const found: { chain: KnownChain; word: string }[] = [];
  for (let at = 0; at < words.length; at++) {
    const long = [3, 2].find(
      (length) => CHAIN_OF.has(words.slice(at, at + length).join('-')) && at + length <= words.length,
    );
    const word = words.slice(at, at + (long ?? 1)).join('-');
    const chain = CHAIN_OF.get(word);
    if (chain !== undefined) found.push({ chain, word });
    at += (long ?? 1) - 1;
  }
  return found;
}

/** The chain whose program this is, by the last part of a path or of a container's name; undefined for any other program. */
export function chainOfProgram(program: string): KnownChain | undefined {
  const name = program.split('/').at(-1)?.toLowerCase() ?? '';
  return Object.hasOwn(PROGRAMS, name) ? PROGRAMS[name] : undefined;
}

export const networkIn = (name: string): string | undefined => wordsIn(name).find((word) => NETWORKS.includes(word));
export const otherChainIn = (name: string): string | undefined =>
  wordsIn(name).find((word) => OTHER_CHAINS.includes(word));

/** The role that a name speaks of. Signing is heard before anything else. */
export const roleInName = (name: string): NodeRole | undefined => roleBy(ROLE_NAMES, name);
/** The role that the value of a tag for roles means. */
export const roleInValue = (value: string): NodeRole | undefined => roleBy(ROLE_VALUES, value);

function roleBy(known: Readonly<Record<string, NodeRole>>, text: string): NodeRole | undefined {
  const found = wordsIn(text)
    .map(withoutNumber)
    .flatMap((word) => (Object.hasOwn(known, word) ? (known[word] ?? []) : []));
  return found.find((role) => role === 'validator') ?? found[0];
}

/** Every word of this file: of chains, clients, networks and roles. */
export const SPOKEN_WORDS: readonly string[] = [
  ...[...CLIENT_WORDS, ...Object.keys(chainDefaults), ...Object.keys(PROGRAMS)].flatMap((word) => word.split('-')),
  ...[...BEACON_CLIENTS, ...OTHER_CHAINS, ...NETWORKS, ...Object.keys(ROLE_VALUES)],
];
