// Reads the peers in a client's own configuration, and writes the same file with other peers. Pure; every byte that is not about peers stays.
import type { PeersThatPersist } from '../chains/client.ts';
import { type ConfPeers, readConf, setConf } from './conf-lines.ts';
import { ConfigError, excerpt } from './config-error.ts';
import { isUnroutable, parseEntry } from './entry.ts';
import { checkedPeers, MAXIMUM_CONFIG_BYTES, withHiddenIds } from './limits.ts';
import { hasPath, openToml, setToml, type TomlSetting, type TomlText, valueIn } from './toml.ts';

export { ConfigError } from './config-error.ts';

/** A file that contains peers: the flag of a unit is none. */
export type PeersFile = Exclude<PeersThatPersist, { readonly in: 'flag' }>;

/** What the running client says of itself, by which its file is told from another one. */
export interface RunningClient {
  /** undefined: it has not said. A file that needs it is refused. */
  readonly network?: string | undefined;
}

export interface DesiredPeers extends RunningClient {
  /** The whole list, in this order. */
  readonly peers: readonly string[];
  /**
   * Ids that the node must not tell to others, and whose connections it must always accept: the validators behind a sentry. Empty for any other node.
   */
  readonly hiddenIds: readonly string[];
}

/** The file as a text. Throws a `ConfigError`. */
export function decodeConfig(bytes: Uint8Array): string {
  if (bytes.length > MAXIMUM_CONFIG_BYTES) {
    throw new ConfigError(`it has ${bytes.length} bytes, expected at most ${MAXIMUM_CONFIG_BYTES}`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ConfigError('it is not UTF-8');
  }
}

/** Throws a `ConfigError` that says what is wrong with the file. */
export function peersIn(text: string, file: PeersFile, client: RunningClient = {}): ConfPeers {
  return file.in === 'lines'
    ? readConf(text, { ...file, ...client })
    : { peers: peersOf(openOwn(text, file), file), owned: [] };
}

/** The text with these peers in it; the same text where they are already there. Throws a `ConfigError`. */
export function withPeers(text: string, file: PeersFile, { peers, hiddenIds, network }: DesiredPeers): string {
  for (const peer of peers) {
    if (parseEntry(peer) === undefined) throw new ConfigError(`${excerpt(peer)} is no peer`);
  }
  if (file.in === 'lines') return setConf(text, { ...file, network }, peers);
  const toml = openOwn(text, file);
  const { table, key } = file;
  const now = peersOf(toml, file);
  const stands = now.length === peers.length && peers.every((peer, index) => now[index] === peer);
  const list: TomlSetting = { table, key, to: file.as === 'list' ? peers : peers.join(',') };
  return setToml(toml, [...(stands ? [] : [list]), ...cometbftSettings(toml, file, { peers, hiddenIds })]);
}

type TomlFile = PeersFile & { in: 'toml' };

/** The file, which is certainly that client's own. Throws a `ConfigError` for any other. */
function openOwn(text: string, { signs, foreign }: TomlFile): TomlText {
  const toml = openToml(text);
  const other = foreign.find((path) => hasPath(toml, path));
  if (other !== undefined) throw new ConfigError(`it has ${other}: it is another program's file`);
  if (!signs.some((path) => hasPath(toml, path)))
    throw new ConfigError(`it has none of ${signs.join(', ')}: it is not this client's file, or not all of it`);
  return toml;
}

function peersOf(toml: TomlText, file: TomlFile): readonly string[] {
  const value = valueIn(toml, file);
  return checkedPeers(file.as === 'list' ? listOf(value, file.key) : commaSeparated(value, file.key), file.key);
}

/** The settings that a CometBFT node needs next to its list; pex, seeds and all others are the owner's. */
function cometbftSettings(
  toml: TomlText,
  file: TomlFile,
  wish: Pick<DesiredPeers, 'peers' | 'hiddenIds'>,
): readonly TomlSetting[] {
  if (file.key !== 'persistent_peers') return [];
  const { table } = file;
  const settings: TomlSetting[] = [];
  // A strict address book refuses private addresses, so that such peers would be forgotten at a restart (p2p/pex/addrbook.go).
  const unroutable = wish.peers.some((peer) => isUnroutable(parseEntry(peer)?.host ?? ''));
  if (unroutable) settings.push({ table, key: 'addr_book_strict', to: false });
  // Not gossiped, and accepted beyond any limit ("Validators", CometBFT documentation: settings of a sentry).
  for (const key of ['private_peer_ids', 'unconditional_peer_ids']) {
    const now = commaSeparated(valueIn(toml, { table, key }), key);
    const lacking = wish.hiddenIds.filter((id) => !now.includes(id));
    // Ids of nodes that are gone stay: removing a validator's id would let the node gossip it.
    if (lacking.length > 0) settings.push({ table, key, to: withHiddenIds(now, lacking, key).join(',') });
  }
  return settings;
}

function commaSeparated(value: unknown, key: string): readonly string[] {
  if (value === undefined) return [];
  if (typeof value !== 'string') throw new ConfigError(`${key} is ${excerpt(value)}, expected a text with commas`);
  return value
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}

function listOf(value: unknown, key: string): readonly string[] {
  if (value === undefined) return [];
  const isList = Array.isArray(value) && value.every((entry) => typeof entry === 'string');
  if (!isList) throw new ConfigError(`${key} is ${excerpt(value)}, expected a list of texts`);
  return value;
}
