// The files that a client reads at its start and as it catches up, by its chain and by what drills have seen: what is read from a restored volume before its
// client is stopped for it.
import type { KnownChain } from './defaults.ts';

/** Files of one folder, the newest first, and no more than so many MiB of them. */
export interface StartFiles {
  readonly mib: number;
  /** Relative to the client's data; "." is that folder itself. Its own folders are not entered. */
  readonly folder: string;
  /** With * for any characters. */
  readonly name: string;
}

// doc/files.md of Bitcoin Core: "blocks/index/: LevelDB database; contains block index", which a start reads as a whole; "chainstate/: … the UTXO set", of
// which each new block reads at random places, and which is some 12 GB; the newest blocks and their undo data are checked at each start (-checkblocks=6).
const bitcoin: readonly StartFiles[] = [
  { mib: 2_048, folder: 'blocks/index', name: '*' },
  { mib: 256, folder: 'blocks', name: 'blk*.dat' },
  { mib: 64, folder: 'blocks', name: 'rev*.dat' },
  { mib: 16_384, folder: 'chainstate', name: '*' },
];

// geth's key-value store (node/node.go: "chaindata" below the instance's folder), whose newest tables have what was written last; the freezer's index
// files (core/rawdb/freezer_table.go) are looked through when it opens.
const geth = (folder: string): readonly StartFiles[] => [
  { mib: 256, folder: `${folder}/chaindata/ancient/chain`, name: '*.*idx' },
  { mib: 256, folder: `${folder}/chaindata/ancient/state`, name: '*.*idx' },
  { mib: 8_192, folder: `${folder}/chaindata`, name: '*' },
];

// Databases of CometBFT (config/db.go: each is "<name>.db" below `db_dir`, data) and of the application, and the write-ahead log that a start replays.
const cometbft: readonly StartFiles[] = [
  { mib: 256, folder: 'data/cs.wal', name: '*' },
  { mib: 256, folder: 'data/state.db', name: '*' },
  { mib: 512, folder: 'data/blockstore.db', name: '*' },
  { mib: 8_192, folder: 'data/application.db', name: '*' },
];

/** Chains whose clients keep their data in one file, or in folders that are named by a version, have none: of the latter a drill tells. */
const START_FILES: Readonly<Partial<Record<KnownChain, readonly StartFiles[]>>> = {
  bitcoin,
  litecoin: bitcoin,
  dogecoin: bitcoin,
  'bitcoin-cash': bitcoin,
  dash: bitcoin,
  ethereum: geth('geth'),
  bsc: geth('geth'),
  optimism: geth('geth'),
  polygon: [...geth('bor'), ...geth('data/bor')],
  cometbft,
  cosmoshub: cometbft,
  osmosis: cometbft,
  celestia: cometbft,
};

/** What a client had read of a folder when a drill had proved it, in MiB. */
export interface ReadFolder {
  /** Where the volume is mounted. */
  readonly path: string;
  /** Relative to that path; "." is the volume's own folder. */
  readonly folder: string;
  readonly mib: number;
}

/** Another start on other data reads a little more. */
const MARGIN = 1.25;
const MIB_MOST = 99_999;
/** As many lines as one command takes. */
const LINES_MOST = 16;

/**
 * Those on one volume of a node, relative to where it is mounted: the client's data are below the path of the volume `data`, or of the first one, and parts
 * of them may be volumes of their own. What a drill has seen takes the place of the limits by chain, folder by folder, and names the folders of chains that
 * have no list.
 *
 * @param read of the newest drill that could tell; empty where none could
 */
export function startFilesOn(fleet: Owned, path: string, read: readonly ReadFolder[] = []): readonly StartFiles[] {
  const known = knownOn(fleet, path);
  const here = read.filter((one) => one.path === path);
  const sized = known.map((files) => {
    const seen = here.find(({ folder }) => folder === files.folder);
    return seen === undefined ? files : { ...files, mib: withMargin(seen.mib) };
  });
  const more = here
    .filter(({ folder }) => !known.some((files) => files.folder === folder))
    .toSorted((a, b) => b.mib - a.mib || (a.folder < b.folder ? -1 : 1))
    .map(({ folder, mib }) => ({ mib: withMargin(mib), folder, name: '*' }));
  return [...sized, ...more].slice(0, LINES_MOST);
}

const withMargin = (mib: number): number => Math.min(MIB_MOST, Math.ceil(mib * MARGIN));

interface Owned {
  readonly chain: string;
  readonly volumes: readonly { readonly role: string; readonly path: string }[];
}

function knownOn({ chain, volumes }: Owned, path: string): readonly StartFiles[] {
  const data = (volumes.find(({ role }) => role === 'data') ?? volumes[0])?.path;
  if (data === undefined || !Object.hasOwn(START_FILES, chain)) return [];
  return (START_FILES[chain as KnownChain] ?? []).flatMap((files) => {
    const place = files.folder === '.' ? data : `${data}/${files.folder}`;
    const at = volumes
      .map((volume) => volume.path)
      .filter((one) => place === one || place.startsWith(`${one}/`))
      .toSorted((a, b) => b.length - a.length)[0];
    return at === path ? [{ ...files, folder: place === at ? '.' : place.slice(at.length + 1) }] : [];
  });
}
