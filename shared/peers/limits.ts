// The limits of a client's configuration. A node sends it, so it is measured before it is parsed.
import { linesOf } from '../text/lines.ts';
import { ConfigError } from './config-error.ts';

/** A larger file is no client's configuration; config-file.sh has the same number. CometBFT's own template has 20 KiB. */
export const MAXIMUM_CONFIG_BYTES = 256 * 1024;
/** CometBFT's template has 500 lines, bitcoind's example 700. */
const MAXIMUM_LINES = 5_000;
/** A list of 400 peers of CometBFT in one text. */
const MAXIMUM_LINE_CHARACTERS = 32 * 1024;
/** No client has this many connections, and a list is compared with itself. */
const MAXIMUM_PEERS = 1_000;

/** Validators of one sentry, including those that are gone. */
const MAXIMUM_HIDDEN_IDS = 100;

/**
 * The ids plus the missing ones. Throws a `ConfigError` where there would be too many: a list that grows for ever is a sign of an attack or a bug.
 */
export function withHiddenIds(now: readonly string[], lacking: readonly string[], key: string): readonly string[] {
  const all = [...now, ...lacking];
  if (all.length <= MAXIMUM_HIDDEN_IDS) return all;
  throw new ConfigError(
    `${key} would name ${all.length} ids, expected at most ${MAXIMUM_HIDDEN_IDS}: take out those of validators that are gone`,
  );
}

/** The lines of a file, each with its line break. Throws a `ConfigError` that names the place of an excess. */
export function checkedLines(text: string): readonly string[] {
  // A character takes at least one byte.
  if (text.length > MAXIMUM_CONFIG_BYTES)
    throw new ConfigError(`it has ${text.length} characters, expected at most ${MAXIMUM_CONFIG_BYTES}`);
  const lines = linesOf(text);
  if (lines.length > MAXIMUM_LINES)
    throw new ConfigError(`it has ${lines.length} lines, expected at most ${MAXIMUM_LINES}`);
  const long = lines.findIndex((line) => line.length > MAXIMUM_LINE_CHARACTERS);
  if (long >= 0)
    throw new ConfigError(
      `line ${long + 1} has ${lines[long]?.length} characters, expected at most ${MAXIMUM_LINE_CHARACTERS}`,
    );
  return lines;
}

/** The list unchanged. Throws a `ConfigError` where it is longer than the limit. */
export function checkedPeers(peers: readonly string[], key: string): readonly string[] {
  if (peers.length <= MAXIMUM_PEERS) return peers;
  throw new ConfigError(`${key} names ${peers.length} peers, expected at most ${MAXIMUM_PEERS}`);
}
