// CometBFT as a consortium runs it: validators and full nodes, each a plain container without a unit, keys and chain together on the data disk. Also
// queries such a node over the network.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageFiles } from '../machine/system.ts';
import { runOnNode } from '../story.ts';
import type { Identity, RealNode, RealNodeSpec, RealWorld } from '../world.ts';

export const DATA_PATH = '/data';
/** The client's home, on the data disk. */
export const HOME = `${DATA_PATH}/node`;
export const CONFIG = `${HOME}/config/config.toml`;
export const CONTAINER = 'node';
const IMAGE = 'irita:1';
const P2P_PORT = 26_656;
export const RPC_PORT = 26_657;
const ASK_TIMEOUT_MS = 3_000;
const TOOL_TIMEOUT_MS = 60_000;

/** Files of the image: the client's binary is on it, and a person makes the container image from it. */
const files =
  (program: string) =>
  (_: Identity): ImageFiles => ({ '/usr/local/bin/cometbft': { from: program, mode: 0o755 } });

export interface Member {
  readonly name: string;
  readonly role: 'validator' | 'follower';
}

function programOf({ ground }: RealWorld): string {
  const { cometbft } = ground.software;
  if (cometbft === undefined) throw new Error('there is no cometbft here');
  return cometbft;
}

/** Makes one directory for each member, with keys, genesis and configuration that belong together. @returns their paths */
export function generate(
  world: RealWorld,
  members: readonly Member[],
  program = programOf(world),
): ReadonlyMap<string, string> {
  const out = join(world.ground.runDirectory, 'testnet');
  const count = (role: Member['role']) => members.filter((member) => member.role === role).length;
  execFileSync(
    program,
    [
      ...['testnet', '--v', String(count('validator')), '--n', String(count('follower')), '--o', out],
      ...['--node-dir-prefix', '', '--populate-persistent-peers=false', '--home', join(out, 'none')],
    ],
    { stdio: 'pipe', timeout: TOOL_TIMEOUT_MS },
  );
  // Validators come first, as `testnet` numbers them.
  const ordered = [
    ...members.filter(({ role }) => role === 'validator'),
    ...members.filter(({ role }) => role === 'follower'),
  ];
  return new Map(
    ordered.map(({ name, role }, at) => {
      const directory = join(out, String(at));
      edit(join(directory, 'config/config.toml'), {
        moniker: `"${name}"`,
        prometheus: 'true',
        // A consortium's validators do not announce each other, and dial only the peers in their configuration.
        pex: role === 'validator' ? 'false' : 'true',
      });
      edit(join(directory, 'config/config.toml'), { laddr: `"tcp://0.0.0.0:${RPC_PORT}"` }, '[rpc]');
      return [name, directory];
    }),
  );
}

/** Sets the first occurrence of each key below a heading. */
function edit(path: string, values: Readonly<Record<string, string>>, below = ''): void {
  let text = readFileSync(path, 'utf8');
  const from = text.indexOf(below);
  for (const [key, value] of Object.entries(values)) {
    const rest = text.slice(from);
    const changed = rest.replace(new RegExp(`^${key} = .*$`, 'm'), `${key} = ${value}`);
    if (changed === rest && !rest.includes(`${key} = ${value}`)) throw new Error(`${path} has no key ${key}`);
    text = text.slice(0, from) + changed;
  }
  writeFileSync(path, text);
}

/** A node's id: the first 20 bytes of its public key's hash. The public key is the second half of the key in node_key.json. */
export function idIn(directory: string): string {
  const { priv_key: key } = JSON.parse(readFileSync(join(directory, 'config/node_key.json'), 'utf8')) as {
    readonly priv_key: { readonly value: string };
  };
  const publicKey = Buffer.from(key.value, 'base64').subarray(32);
  return createHash('sha256').update(publicKey).digest('hex').slice(0, 40);
}

export function cometbftNode(world: RealWorld, { name, role }: Member, directory: string): RealNodeSpec {
  return {
    fleet: 'cometbft',
    name,
    files: files(programOf(world)),
    tags: { Role: role },
    volumes: [
      {
        role: 'data',
        path: DATA_PATH,
        sizeGiB: 1,
        fill: (root) => cpSync(directory, join(root, 'node'), { recursive: true }),
      },
    ],
  };
}

/** The container image has only the client and the libraries that it is linked against. */
const MAKE_IMAGE = `
program=/usr/local/bin/cometbft
tar --create --dereference --absolute-names "$program" $(ldd "$program" | grep -o '/[^ ]*') | docker import - "$1"`;

/** What a person does once on a new instance: writes its peers, makes the image, and runs the container. */
export async function install(node: RealNode, peers: readonly string[]): Promise<void> {
  await writePeers(node, peers);
  await runOnNode(node, MAKE_IMAGE, IMAGE);
  await runContainer(node);
}

export async function writePeers(node: RealNode, peers: readonly string[]): Promise<void> {
  // After the boot the disk is mounted a moment later.
  await runOnNode(
    node,
    'n=0; until mountpoint -q "$1"; do n=$((n + 1)); [ $n -lt 300 ] || exit 1; sleep 0.1; done',
    DATA_PATH,
  );
  await runOnNode(
    node,
    'sed -i "s/^persistent_peers = .*/persistent_peers = \\"$2\\"/" "$1" && grep -q "^persistent_peers = \\"$2\\"$" "$1"',
    CONFIG,
    peers.join(','),
  );
}

/** A person's own command: the container is all that says how the client is run. */
export async function runContainer(node: RealNode): Promise<void> {
  await runOnNode(
    node,
    `docker run -d --name ${CONTAINER} --network host -v ${HOME}:/root/.cometbft ${IMAGE} \
       /usr/local/bin/cometbft start --home /root/.cometbft --proxy_app=persistent_kvstore`,
  );
}

export const peerEntry = (id: string, { privateIp }: RealNode): string => `${id}@${privateIp}:${P2P_PORT}`;

/** Asks a node's RPC. Rejects if it does not answer in three seconds, or answers with an error. */
export async function ask<T>({ privateIp, name }: RealNode, path: string): Promise<T> {
  const answer = await fetch(`http://${privateIp}:${RPC_PORT}${path}`, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
  const { result, error } = (await answer.json()) as { readonly result?: T; readonly error?: unknown };
  if (result === undefined) throw new Error(`${name}${path}: ${JSON.stringify(error)}`);
  return result;
}

interface Status {
  readonly sync_info: { readonly latest_block_height: string };
  readonly validator_info: { readonly address: string };
}

/** −1 while it does not answer. */
export const heightOf = (node: RealNode): Promise<number> =>
  ask<Status>(node, '/status').then(
    ({ sync_info }) => Number(sync_info.latest_block_height),
    () => -1,
  );

/** Ids of its connected peers, inbound and outbound; none while it does not answer. */
export const peersOf = (node: RealNode): Promise<readonly string[]> =>
  ask<{ readonly peers: readonly { readonly node_info: { readonly id: string } }[] }>(node, '/net_info').then(
    ({ peers }) => peers.map(({ node_info }) => node_info.id),
    () => [],
  );

interface Block {
  readonly block_id: { readonly hash: string };
  readonly block: {
    readonly header: { readonly app_hash: string };
    readonly evidence: { readonly evidence: readonly unknown[] | null };
    readonly last_commit: { readonly signatures: readonly { readonly validator_address: string }[] };
  };
}

export const blockAt = (node: RealNode, height: number): Promise<Block> => ask<Block>(node, `/block?height=${height}`);

/** "running", "exited 0": docker's state of the node's container, and its start time. */
export const container = (node: RealNode): Promise<string> =>
  runOnNode(
    node,
    `docker inspect --type container --format '{{.State.Status}} {{.State.ExitCode}} {{.State.StartedAt}}' ${CONTAINER}`,
  );

/** Freezes the client: the process exists but does nothing, and does not react to signals. */
export const freeze = (node: RealNode): Promise<string> => runOnNode(node, 'pkill -STOP -x cometbft');
