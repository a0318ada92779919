// The chain data of a simulated client: what a copy of them holds, what a client does with restored ones, and the files of the node's identity.
import { createHash } from 'node:crypto';
import { wordsOf } from './client-log.ts';
import { type ChainData, discord, type Opening, openingOf } from './content.ts';
import type { NodeContext } from './context.ts';
import { familyOf } from './protocol.ts';
import type { Damage, InstalledVersion, OwnPrune, OwnReindex, OwnRollBack } from './spec.ts';
import type { Growth, SimulatedVolume } from './volume.ts';

/**
 * How often data that were copied under a running client cannot be opened, or start over. No such number is published; it was observed with a
 * snapshot of a running node. Scenarios set `copiesOpen` if it matters.
 */
const REFUSES_CHANCE = 0.2;
const STARTS_OVER_CHANCE = 0.1;
/** Of the Cosmos SDK (osmosis-labs/osmosis#877); LevelDB and RocksDB say the same. */
const HELD = 'Error: failed to initialize database: resource temporarily unavailable';
/** CometBFT, types/priv_validator.go: the file that must never go back. */
export const SIGNING_STATE = 'data/priv_validator_state.json';

export class CopiedData {
  readonly growth: Growth;
  /** Why the client could not open its data, in its own words; undefined if it could. */
  refusal: string | undefined;
  /** How copies open that were taken while the client ran: by chance unless a scenario sets it. */
  copiesOpen: Opening | 'by chance' = 'by chance';
  private readonly node: NodeContext;
  private readonly places: readonly SimulatedVolume[];
  private unreadable = false;
  private isHeld = false;
  /** Of data that cannot be opened; undefined where nobody has said which, and nothing mends them. */
  private damage: Damage | undefined;
  /** Of the data that the client has opened last. */
  private format = 0;
  private stopsAtHeight: number | undefined;
  /** One result for all copies of one moment: volumes that are copied together open together. */
  private drawn: { readonly atMs: number; readonly opening: Opening } | undefined;

  constructor(node: NodeContext, places: readonly SimulatedVolume[]) {
    const { bytesPerBlock, inodesPerBlock } = node.chain.spec;
    this.node = node;
    this.places = places;
    const [first] = places;
    this.growth = { bytesPerBlock, inodesPerBlock, phase: first?.growth.phase ?? 0 };
    if (first) this.provideIdentity(first.path);
  }

  /** The chain data on a mounted volume. */
  on(volume: SimulatedVolume): ChainData | undefined {
    // A volume outside the client's paths, and one that the client has not opened yet, keep their content.
    if (volume.kept || !this.places.includes(volume)) return volume.kept?.data;
    return volume.share > 0 ? this.underClient() : undefined;
  }

  /** The client opens its data; false: it cannot. */
  open(): boolean {
    this.refusal = this.isHeld ? HELD : undefined;
    if (this.isHeld) return false;
    const places = this.places.filter(({ share }) => share > 0);
    if (places.some(({ kept }) => kept !== undefined)) this.adopt(places);
    if (places.some(({ readOnly }) => readOnly)) this.refusal = `${this.words.unreadable} (read-only file system)`;
    if (this.refusal === undefined && this.unreadable) this.refusal = this.words.unreadable;
    this.refusal ??= this.openedBy(this.node.version);
    if (this.refusal !== undefined) return false;
    for (const volume of this.places) volume.kept = undefined;
    return true;
  }

  /** A version migrates what it opens, and cannot open what a newer one has migrated. @returns why it ends; undefined where it does not */
  private openedBy({ format = 0, fault }: InstalledVersion): string | undefined {
    if (this.format > format) {
      this.node.kernel.met('data of a newer version');
      return `${this.words.unreadable} (database format ${this.format}, this version knows ${format})`;
    }
    this.format = format;
    return fault === 'ends' ? 'fatal: unsupported configuration' : undefined;
  }

  /** A process that somebody has started by hand opens them in place of the client: nothing is wrong with them. */
  hold(): void {
    this.isHeld = true;
    this.node.client.stop('failed', 'corrupt-data');
    this.refusal = HELD;
  }

  /** No process outlives a boot. */
  boot(): void {
    this.isHeld = false;
  }

  /** A scenario breaks the data: they cannot be opened any more, or one block cannot be passed with them. */
  corrupt({ stopsAtHeight, damage }: { stopsAtHeight?: number; damage?: Damage } = {}): void {
    if (stopsAtHeight === undefined) {
      this.unreadable = true;
      this.damage = damage;
      this.node.client.stop('failed', 'corrupt-data');
      return;
    }
    this.stopsAtHeight = stopsAtHeight;
    this.node.client.blockAt(stopsAtHeight);
  }

  /** The owner's own command has taken them back, while the client does not run. */
  rollBack({ blocks, effect }: Pick<OwnRollBack, 'blocks' | 'effect'>): void {
    const { client, chain } = this.node;
    if (effect === 'fails') return;
    if (effect === 'spoils') this.unreadable = true;
    const isRight = effect === 'passes';
    if (isRight) this.stopsAtHeight = undefined;
    const branch = isRight ? chain.main : client.branch;
    client.load({ height: client.height() - blocks, branch, barrier: this.stopsAtHeight });
  }

  /** The owner's own command has its client build them again from its blocks, while the client does not run. */
  reindex({ buildsSeconds, effect }: Pick<OwnReindex, 'buildsSeconds' | 'effect'>): void {
    if (effect === 'fails') return;
    if (effect === 'spoils') {
      this.unreadable = true;
      this.damage = 'blocks';
      return;
    }
    if (this.unreadable && this.damage !== 'chainstate') return;
    this.unreadable = false;
    this.damage = undefined;
    this.node.client.buildAgain(buildsSeconds);
  }

  /** The owner's own command has pruned them, while the client does not run: on the volume that most of each block is written to. */
  prune({ freesBytes, effect }: Pick<OwnPrune, 'freesBytes' | 'effect'>): void {
    if (effect === 'fails') return;
    if (effect === 'spoils') this.unreadable = true;
    const [volume] = this.places.toSorted((a, b) => b.share - a.share);
    if (volume) volume.usedBytes = Math.max(0, volume.usedBytes - freesBytes);
  }

  private underClient(): ChainData {
    const { chain, client } = this.node;
    const height = client.height();
    const what = {
      chain: chain.spec.name,
      chainId: chain.chainId,
      branch: client.branch,
      height,
      blockHash: client.branch.hash(height),
      ...(this.stopsAtHeight !== undefined && { stopsAtHeight: this.stopsAtHeight }),
      ...(this.format > 0 && { format: this.format }),
    };
    if (this.unreadable) return { ...what, condition: 'corrupt', opening: 'refuses' };
    if (client.endedCleanly) return { ...what, condition: 'clean', opening: 'opens' };
    return { ...what, condition: 'crash-consistent', opening: this.draw() };
  }

  private adopt(places: readonly SimulatedVolume[]): void {
    const { chain } = this.node;
    const parts = places.flatMap((volume) => (volume.kept ? volume.kept.data : this.underClient()) ?? []);
    const [first] = parts;
    if (!first) {
      this.format = 0;
      this.become({ height: 0, branch: chain.main, stopsAtHeight: undefined });
      return;
    }
    const wrong = parts.length < places.length ? 'a part of the data is missing' : discord(parts, chain.spec.name);
    const opening = openingOf(parts);
    if (wrong !== undefined || opening === 'refuses') {
      this.refusal = wrong === undefined ? this.words.unreadable : `${this.words.unreadable} (${wrong})`;
      return;
    }
    this.format = Math.max(...parts.map(({ format = 0 }) => format));
    const barriers = parts.flatMap(({ stopsAtHeight = [] }) => stopsAtHeight);
    const stopsAtHeight = barriers.length > 0 ? Math.min(...barriers) : undefined;
    // Data that start over follow the main branch; other data stay on their branch.
    if (opening === 'starts-over') this.become({ height: 0, branch: chain.main, stopsAtHeight: undefined });
    else this.become({ height: Math.min(first.height, first.branch.height()), branch: first.branch, stopsAtHeight });
  }

  private become(data: Pick<ChainData, 'height' | 'branch'> & { stopsAtHeight: number | undefined }): void {
    this.unreadable = false;
    this.damage = undefined;
    this.stopsAtHeight = data.stopsAtHeight;
    this.node.client.load({ height: data.height, branch: data.branch, barrier: data.stopsAtHeight });
  }

  private draw(): Opening {
    if (this.copiesOpen !== 'by chance') return this.copiesOpen;
    const atMs = this.node.kernel.clock.now();
    if (this.drawn?.atMs !== atMs) {
      const drawn = this.node.kernel.random(`copies/${this.node.instanceId}`).next();
      const opening =
        drawn < REFUSES_CHANCE ? 'refuses' : drawn < REFUSES_CHANCE + STARTS_OVER_CHANCE ? 'starts-over' : 'opens';
      this.drawn = { atMs, opening };
    }
    return this.drawn?.opening ?? 'opens';
  }

  private get words() {
    return wordsOf(this.node.chain.protocol);
  }

  /** Keys below the data path, at each client's own paths (shared/chains/defaults.ts names them for the product). */
  private provideIdentity(path: string): void {
    const { chain, instanceId, setup, spec, client } = this.node;
    const { files } = setup;
    if (chain.protocol === undefined) return;
    const family = familyOf(chain.protocol);
    const key = (name: string): string => createHash('sha256').update(`${instanceId}/${name}`).digest('hex');
    if (family === 'bitcoin') files.provide(`${path}/onion_v3_private_key`, () => key('onion'));
    if (family === 'ethereum') files.provide(`${path}/geth/nodekey`, () => key('nodekey'));
    if (family !== 'cometbft') return;
    const json = (name: string): string =>
      JSON.stringify({
        priv_key: { type: 'tendermint/PrivKeyEd25519', value: Buffer.from(key(name), 'hex').toString('base64') },
      });
    // The directory of its configuration is its home: --home of `cometbft start`.
    const home = CONFIG_OF_HOME.exec(setup.configPath ?? '')?.[1] ?? path;
    files.provide(`${home}/config/node_key.json`, () => json('node'));
    files.provide(`${home}/config/priv_validator_key.json`, () => json('validator'));
    const statePath = `${home}/${SIGNING_STATE}`;
    if (spec.validatorPower === undefined) {
      files.provide(statePath, () => signingState(0));
      return;
    }
    const keepUp = (atLeast: number): void =>
      files.keepUp(statePath, () => signingState(Math.max(atLeast, client.height())));
    keepUp(0);
    client.onStart(() => keepUp(signedHeight(files.get(statePath))));
  }
}

const CONFIG_OF_HOME = /^(.+)\/config\/config\.toml$/;

const signingState = (height: number): string =>
  JSON.stringify({ height: String(height), round: 0, step: height === 0 ? 0 : 3 });

/** The position of a signing state, for comparison with another; -1 without one, undefined if it cannot be read. */
export function signingRank(text: string | undefined): number | undefined {
  if (text === undefined) return -1;
  const [, height] = /"height" *: *"(\d{1,15})"/.exec(text) ?? [];
  const [, round = '0'] = /"round" *: *(\d{1,3})\b/.exec(text) ?? [];
  const [, step = '0'] = /"step" *: *(\d)\b/.exec(text) ?? [];
  return height === undefined ? undefined : Number(height) + Number(round) / 1e4 + Number(step) / 1e6;
}

/** 0 without such a file, or if it has no height. */
function signedHeight(text: string | undefined): number {
  const height = /"height" *: *"(\d{1,15})"/.exec(text ?? '')?.[1];
  return Number(height ?? '0');
}
