// A simulated chain's protocol, and the identity of its main network, as the product's chain clients read it.
import { chainDefaults, type KnownChain, type Family as KnownFamily } from '../../shared/chains/defaults.ts';

/** All protocols that the product has a client for, except solana, whose RPC is not simulated. */
export type Protocol = Exclude<KnownChain, 'solana'>;

/** What identifies a network. */
export interface NetworkSpec {
  readonly name: string;
  /** `here`: our own validators make the blocks (CometBFT). `elsewhere`: others do, even if all our nodes stop. */
  readonly consensus: 'here' | 'elsewhere';
  /** The protocol of its clients. By default it is taken from its name; cometbft if consensus is `here`. */
  readonly protocol?: Protocol;
  /** The network's id, as the product's chain client reads it; that of the main network by default. */
  readonly chainId?: string;
}

/** Protocols with the same kind of answers. */
export type Family = Exclude<KnownFamily, 'solana'>;

/** Block 0 of the main networks (chainparams.cpp of each client; params/config.go of go-ethereum and bsc). */
export const GENESIS_HASHES: Readonly<Partial<Record<Protocol, string>>> = {
  bitcoin: '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
  litecoin: '12a765e31ffd4059bada1e25190f6e98c99d9714d334efa41a195a7e7e04bfe2',
  // Bitcoin cash left bitcoin's chain at block 478559.
  'bitcoin-cash': '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
  dash: '00000ffd590b1485b3caadc19b22e6379c733355108f107a430458cdf3407ab6',
  zcash: '00040fe8ec8471911baa1db1266ea15dd06b4a8a5c453883c000b031973dce08',
  dogecoin: '1a91e3dace36e2be3bf030a65679fe821aa1d6ef92e7c9902eb318182c355691',
  ethereum: 'd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3',
  bsc: '0d21840abff46b96c84b2ac9e10e4f5cdaeb5693cb665db62a2f3b02d2d57b5b',
};

/** The clients' version strings, for the versions whose answers are simulated. */
const VERSIONS: Readonly<Partial<Record<Protocol, string>> & Record<Family, string>> = {
  bitcoin: '/Satoshi:29.0.0/',
  litecoin: '/LitecoinCore:0.21.2.1/',
  dogecoin: '/Shibetoshi:1.14.9/',
  ethereum: 'Geth/v1.16.5-stable/linux-amd64/go1.26.8',
  bsc: 'Geth/v1.6.2-stable/linux-amd64/go1.26.8',
  cometbft: '0.38.17',
  stacks: 'stacks-node 3.1.0.0.12 (release/3.1.0.0.12:ae969ca+, release build, linux [x86_64])',
};

/** The given protocol; else a name that is a protocol's; else CometBFT if our validators make the blocks. */
export function protocolOf({ protocol, name, consensus }: NetworkSpec): Protocol | undefined {
  if (protocol !== undefined) return protocol;
  if (Object.hasOwn(chainDefaults, name) && name !== 'solana') return name as Protocol;
  return consensus === 'here' ? 'cometbft' : undefined;
}

export const familyOf = (protocol: Protocol): Family => chainDefaults[protocol].family;

export const versionOf = (protocol: Protocol): string => VERSIONS[protocol] ?? VERSIONS[familyOf(protocol)];

export const portsOf = (protocol: Protocol): { readonly rpc: number; readonly p2p: number } =>
  chainDefaults[protocol].ports;

/** CometBFT's `prometheus_listen_addr`, geth's `--metrics.port`, the beacon API's usual port. */
export const METRICS_PORTS: Readonly<Partial<Record<Family, number>>> = { cometbft: 26_660, ethereum: 6_060 };
export const BEACON_PORT = 5_052;

/** github.com/ethereum-lists/chains. */
const CHAIN_IDS: Readonly<Partial<Record<string, number>>> = {
  ...{ bsc: 56, polygon: 137, avalanche: 43_114, optimism: 10, base: 8453, arbitrum: 42_161 },
};

/** The network's id, as the product's client reads it. */
export function chainIdOf(spec: NetworkSpec, genesisHash: string): string {
  if (spec.chainId !== undefined) return spec.chainId;
  const protocol = protocolOf(spec);
  const family = protocol && familyOf(protocol);
  if (protocol === 'stacks') return '1';
  if (family === 'ethereum') return String(CHAIN_IDS[protocol ?? ''] ?? 1);
  return family === 'cometbft' ? `${spec.name}-1` : genesisHash;
}
