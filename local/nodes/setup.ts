// The files of a simulated node, and how its client reads its configuration when it starts.

import { createECDH, createHash } from 'node:crypto';
import type { SimulatedChain } from './chain.ts';
import { ConfigurationError, type ConfiguredPeer, readConfig, usualConfigPath, writtenConfig } from './config/peers.ts';
import type { StoredFile } from './content.ts';
import type { NodePeers } from './peers.ts';
import { type Family, familyOf } from './protocol.ts';
import type { NodeSpec } from './spec.ts';

interface SetupContext {
  readonly chain: SimulatedChain;
  readonly spec: NodeSpec;
  readonly peers: NodePeers;
  /** Sets from the configuration whether the RPC port answers unsafe requests. */
  readonly rpc: { configure(rpcUnsafe: boolean): void };
}

export class NodeSetup {
  readonly files = new NodeFiles();
  /** Path of the client's configuration; undefined if its protocol is unknown. */
  readonly configPath: string | undefined;
  private readonly node: SetupContext;
  /** Why the client did not start, in its own words; undefined if it did. */
  refusal: string | undefined;

  constructor(node: SetupContext) {
    this.node = node;
    const { chain, spec, peers } = node;
    const { protocol } = chain;
    if (spec.rpc?.credentialsFile !== undefined && spec.rpc.credentials && 'user' in spec.rpc.credentials) {
      const { user, password } = spec.rpc.credentials;
      this.files.provide(spec.rpc.credentialsFile, () => `${user}:${password}`);
    }
    if (protocol === undefined) return;
    this.configPath = spec.configPath ?? usualConfigPath(protocol, spec.volumes[0]?.path ?? '');
    this.files.provide(this.configPath, () =>
      writtenConfig(protocol, peers.setUpWith(), {
        moniker: spec.name,
        rpcUnsafe: spec.rpc?.unsafe ?? false,
        metricsNamespace: spec.rpc?.metrics === 'tendermint' ? 'tendermint' : 'cometbft',
        strictAddresses: chain.spec.consensus === 'elsewhere',
      }),
    );
  }

  private address: ((host: string) => string | undefined) | undefined;

  /** Its names are looked up from now on. */
  resolveWith(address: (host: string) => string | undefined): void {
    this.address = address;
  }

  /** CometBFT looks names up when it starts, and leaves out what it does not find (p2p/switch.go, AddPersistentPeers). */
  private resolved(configured: readonly ConfiguredPeer[]): readonly ConfiguredPeer[] {
    const { address } = this;
    if (!address) return configured;
    return configured.flatMap((peer) => {
      const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(peer.address) ?? [];
      const ip = /^[0-9.]+$/.test(host) ? host : address(host);
      return ip === undefined ? [] : [{ ...peer, address: `${ip}:${port}` }];
    });
  }

  /** The client reads its configuration; false: it exits because of it. */
  load(): boolean {
    const { chain, peers, rpc } = this.node;
    this.refusal = undefined;
    if (chain.protocol === undefined || this.configPath === undefined || !this.files.changed(this.configPath)) {
      peers.restart(undefined);
      return true;
    }
    try {
      const { peers: configured, rpcUnsafe } = readConfig(chain.protocol, this.files.get(this.configPath) ?? '');
      const keyFile = KEY_FILES[familyOf(chain.protocol)];
      if (keyFile)
        peers.takeKey(keyFile.idOf(this.files.get(this.configPath.replace(/config\.toml$/, keyFile.path)) ?? ''));
      peers.restart(this.resolved(configured));
      rpc.configure(rpcUnsafe);
      return true;
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      this.refusal = error.message;
      return false;
    }
  }
}

/** Where a client keeps its own key beside its configuration, and the id of it where that is a whole one: others are made up by data.ts. */
const KEY_FILES: Readonly<
  Partial<Record<Family, { readonly path: string; readonly idOf: (text: string) => string | undefined }>>
> = {
  cometbft: {
    path: 'node_key.json',
    idOf: (text) => {
      const [, value = ''] = /"value":"([A-Za-z0-9+/]{86}==)"/.exec(text) ?? [];
      const key = Buffer.from(value, 'base64');
      return key.length === 64 ? createHash('sha256').update(key.subarray(32)).digest('hex').slice(0, 40) : undefined;
    },
  },
  ethereum: {
    path: 'geth/nodekey',
    idOf: (text) => {
      if (!/^[0-9a-f]{64}$/.test(text)) return undefined;
      const pair = createECDH('secp256k1');
      pair.setPrivateKey(text, 'hex');
      return pair.getPublicKey('hex').slice('04'.length);
    },
  },
};

/** Largest file that commands write: configurations have some kilobytes. */
const FILE_BYTES_MAX = 1_048_576;
const FILES_MAX = 100;

class NodeFiles {
  private readonly texts = new Map<string, string>();
  private readonly unmade = new Map<string, () => string>();
  /** Files that a running client keeps writing: made again at each read. */
  private readonly live = new Map<string, () => string>();

  /** A file that exists from the beginning; `make` is called at the first read. */
  provide(path: string, make: () => string): void {
    this.unmade.set(path, make);
  }

  /** A file that the client keeps up to date, until another writer changes it. */
  keepUp(path: string, make: () => string): void {
    this.delete(path);
    this.live.set(path, make);
  }

  has(path: string): boolean {
    return this.texts.has(path) || this.unmade.has(path) || this.live.has(path);
  }

  /** Undefined: no such file. */
  get(path: string): string | undefined {
    const known = this.texts.get(path);
    if (known !== undefined) return known;
    const kept = this.live.get(path);
    if (kept !== undefined) return kept();
    const text = this.unmade.get(path)?.();
    if (text !== undefined) this.texts.set(path, text);
    return text;
  }

  set(path: string, text: string): void {
    if (!path.startsWith('/')) throw new RangeError(`file "${path}": expected an absolute path`);
    if (Buffer.byteLength(text) > FILE_BYTES_MAX)
      throw new RangeError(`file ${path}: ${Buffer.byteLength(text)} bytes, expected at most ${FILE_BYTES_MAX}`);
    if (!this.has(path) && this.texts.size >= FILES_MAX) throw new RangeError(`more than ${FILES_MAX} files`);
    this.delete(path);
    this.texts.set(path, text);
  }

  /**
   * The files below a directory by their paths in it, without those of other filesystems mounted there (`except`). Reading changes nothing; files
   * that are kept up to date are copied as they are now.
   */
  below(directory: string, except: readonly string[] = []): Map<string, StoredFile> {
    const prefix = `${directory.replace(/\/$/, '')}/`;
    const isOwn = (path: string): boolean =>
      path.startsWith(prefix) && !except.some((other) => other.startsWith(prefix) && path.startsWith(`${other}/`));
    const files = new Map<string, StoredFile>();
    const add = (path: string, file: StoredFile): void => void files.set(path.slice(prefix.length), file);
    for (const [path, make] of this.unmade) if (isOwn(path)) add(path, { make, written: false });
    for (const [path, text] of this.texts) if (isOwn(path)) add(path, { make: () => text, written: true });
    for (const [path, make] of this.live) {
      if (!isOwn(path)) continue;
      const text = make();
      add(path, { make: () => text, written: true });
    }
    return files;
  }

  delete(path: string): void {
    this.live.delete(path);
    this.unmade.delete(path);
    this.texts.delete(path);
  }

  /** Whether it was written or removed since the beginning. */
  changed(path: string): boolean {
    return !this.unmade.has(path) && !this.live.has(path);
  }
}
