// Writes and reads peers in a client's configuration file: the file that a node was set up with, and what its client reads at a start. A client that
// does not understand its file does not start.
import { parse } from 'smol-toml';
import { familyOf, type Protocol, portsOf } from '../protocol.ts';
import { type CometbftSettings, cometbftConfig } from './cometbft.ts';
import { bitcoinConfig, borConfig, gethConfig, stacksConfig } from './texts.ts';

export interface ConfiguredPeer {
  /** "10.0.0.11:26656" */
  readonly address: string;
  readonly id: string | undefined;
}

/** A file's content, as far as it is about connections and RPC. */
export interface Configuration {
  readonly peers: readonly ConfiguredPeer[];
  readonly rpcUnsafe: boolean;
}

/** A client that reads such a file exits with this message. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** The path in the usual unit file; of cometbft in its home, which is on the data volume. */
export function usualConfigPath(protocol: Protocol, dataPath: string): string {
  switch (familyOf(protocol)) {
    case 'bitcoin':
      return `/etc/${protocol}/${protocol}.conf`;
    case 'ethereum':
      return protocol === 'ethereum' ? '/etc/geth/config.toml' : `/etc/${protocol}/config.toml`;
    case 'cometbft':
      return `${dataPath}/config/config.toml`;
    case 'stacks':
      return '/etc/stacks/config.toml';
  }
}

export function writtenConfig(
  protocol: Protocol,
  peers: readonly ConfiguredPeer[],
  settings: Omit<CometbftSettings, 'persistentPeers'>,
): string {
  const { rpc, p2p } = portsOf(protocol);
  const keyed = peers.map(({ id = '', address }) => `${id}@${address}`);
  switch (familyOf(protocol)) {
    case 'bitcoin':
      return bitcoinConfig(protocol, rpc, peers.map(({ address }) => address)); // biome-ignore format: one call
    case 'ethereum': {
      const enodes = keyed.map((peer) => `enode://${peer}`);
      return protocol === 'polygon' ? borConfig(p2p, enodes) : gethConfig(p2p, enodes);
    }
    case 'cometbft':
      return cometbftConfig({ ...settings, persistentPeers: keyed.join(',') });
    case 'stacks':
      return stacksConfig(keyed.join(','));
  }
}

/** Throws a `ConfigurationError` if the client would exit. */
export function readConfig(protocol: Protocol, text: string): Configuration {
  switch (familyOf(protocol)) {
    case 'bitcoin':
      return { peers: addnodes(text, portsOf(protocol).p2p), rpcUnsafe: false };
    case 'ethereum':
      return {
        peers: listIn(text, protocol === 'polygon' ? BOR_PEERS : GETH_PEERS).map((peer) => keyedPeer(peer, ENODE)),
        rpcUnsafe: false,
      };
    case 'cometbft': {
      const table = tomlOf(text);
      const peers = commaSeparated(valueAt(table, ['p2p', 'persistent_peers']), 'persistent_peers');
      const rpcUnsafe = valueAt(table, ['rpc', 'unsafe']) === true;
      return { peers: peers.map((peer) => keyedPeer(peer, NODE_ID)), rpcUnsafe };
    }
    case 'stacks': {
      const peers = commaSeparated(valueAt(tomlOf(text), ['node', 'bootstrap_node']), 'bootstrap_node');
      return { peers: peers.map((peer) => keyedPeer(peer, PUBLIC_KEY)), rpcUnsafe: false };
    }
  }
}

const GETH_PEERS = ['Node', 'P2P', 'StaticNodes'];
const BOR_PEERS = ['p2p', 'discovery', 'static-nodes'];

const ENODE = /^enode:\/\/([0-9a-f]{128})@([^@\s?]{3,300}:\d{1,5})(?:\?discport=\d{1,5})?$/;
const NODE_ID = /^([0-9a-f]{40})@(?:tcp:\/\/)?([^@\s]{3,300}:\d{1,5})$/;
const PUBLIC_KEY = /^([0-9a-f]{66})@([^@\s]{3,300}:\d{1,5})$/;

function keyedPeer(text: string, pattern: RegExp): ConfiguredPeer {
  const [, id, address] = pattern.exec(text) ?? [];
  if (id === undefined || address === undefined) throw new ConfigurationError(`invalid peer: ${text.slice(0, 200)}`);
  return { id, address };
}

/** Sections and other keys are ignored. addnode takes any text; a text that is not an address is never reached. */
function addnodes(text: string, p2pPort: number): readonly ConfiguredPeer[] {
  return text.split('\n').flatMap((line) => {
    const [, peer] = /^\s*addnode\s*=\s*([^\s#]+)/.exec(line) ?? [];
    return peer === undefined ? [] : [{ id: undefined, address: withPort(peer, p2pPort) }];
  });
}

/** An address without a port has the chain's usual port. */
export const withPort = (address: string, port: number): string =>
  /(^[^:]*|\])$/.test(address) ? `${address}:${port}` : address;

function tomlOf(text: string): unknown {
  try {
    return parse(text, { integersAsBigInt: 'asNeeded' }) as unknown;
  } catch (error) {
    throw new ConfigurationError(error instanceof Error ? error.message : 'not TOML');
  }
}

function valueAt(table: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    table,
  );
}

function listIn(text: string, keys: readonly string[]): readonly string[] {
  const list = valueAt(tomlOf(text), keys) ?? [];
  if (Array.isArray(list) && list.every((entry) => typeof entry === 'string')) return list;
  throw new ConfigurationError(`${keys.join('.')}: expected a list of texts`);
}

function commaSeparated(value: unknown, key: string): readonly string[] {
  if (value !== undefined && typeof value !== 'string') throw new ConfigurationError(`${key}: expected a text`);
  return (value ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
