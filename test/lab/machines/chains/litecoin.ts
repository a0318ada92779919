// litecoind, a fork of Bitcoin Core, from Debian's packages, in a regtest network of our own: its image, its configuration and its RPC.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RealHost } from '../../../../local/simulator/network/network.ts';
import type { ImageFiles } from '../machine/system.ts';
import type { Identity, RealNode, RealNodeSpec } from '../world.ts';

export const DATA_PATH = '/node-data';
const VERSION = '0.21';
export const UNIT = `node@${VERSION}.service`;
const RPC_PORT = 19_443;

/** The exchange's template unit: the client has only systemd's default time to stop. */
const NODE_UNIT = `[Unit]
Description=litecoin node %i
After=network.target mount-fstab.service
Requires=mount-fstab.service
RequiresMountsFor=${DATA_PATH}
StartLimitIntervalSec=0
[Service]
EnvironmentFile=/etc/sysconfig/node
Environment=HOME=/root
ExecStart=/usr/bin/litecoind -datadir=\${DATA_VOLUME} -conf=\${DATA_VOLUME}/litecoin.conf
Restart=on-failure
RestartSec=5
[Install]
WantedBy=multi-user.target
`;

/** The file on the data volume, with its comments. `peers`: addresses with ports. */
const configuration = (peers: readonly string[]): string => `# litecoin.conf of this fleet
regtest=1
server=1
listen=1
fallbackfee=0.001
dbcache=16
par=1
# what is not ours finds no way in
dnsseed=0
upnp=0
[regtest]
rpcbind=0.0.0.0
rpcallowip=127.0.0.1
port=19444
# the siblings
${peers.map((peer) => `addnode=${peer}\n`).join('')}`;

const files = (_: Identity): ImageFiles => ({
  '/etc/systemd/system/node@.service': NODE_UNIT,
  '/etc/sysconfig/node': `COIN=litecoin\nDATA_VOLUME=${DATA_PATH}\n`,
});

const ENABLED = [{ unit: UNIT, of: 'node@.service' }] as const;

export interface LitecoinOptions {
  readonly fleet?: string;
  readonly name: string;
  readonly peers: readonly string[];
  readonly sizeGiB?: number;
}

export function litecoinNode({ fleet, name, peers, sizeGiB = 1 }: LitecoinOptions): RealNodeSpec {
  return {
    ...(fleet !== undefined && { fleet }),
    name,
    files,
    enabled: ENABLED,
    volumes: [
      {
        role: 'data',
        path: DATA_PATH,
        sizeGiB,
        fill: (directory) => {
          mkdirSync(join(directory, 'regtest'));
          writeFileSync(join(directory, 'litecoin.conf'), configuration(peers));
        },
      },
    ],
  };
}

/** A call of litecoin-cli on the node. Rejects with the client's message. */
export async function cli({ machine, name }: RealNode, ...words: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await machine.runs({
    command: [
      ...['/usr/bin/litecoin-cli', `-datadir=${DATA_PATH}`, `-conf=${DATA_PATH}/litecoin.conf`, '-rpcclienttimeout=10'],
      ...[`-rpcport=${RPC_PORT}`, ...words],
    ],
    environment: { HOME: '/root' },
    timeoutMs: 20_000,
  });
  if (exitCode !== 0) throw new Error(`litecoin-cli ${words.join(' ')} on ${name}: ${stderr.trim()}`);
  return stdout.trim();
}

/** The body, and its status on a line of its own. */
const RELAY = `curl --silent --max-time "$1" --user "$(cat ${DATA_PATH}/regtest/.cookie)" --header 'Content-Type: application/json' \\
  --data-binary @- --write-out '\\n%{http_code}' "http://127.0.0.1:${RPC_PORT}$2"`;
const RELAY_SECONDS = 5;
const COULD_NOT_CONNECT = 7;

/** A public endpoint in front of a node: it passes each request on to the client, and answers what the client answers. */
export const endpointOf =
  ({ machine }: RealNode): RealHost =>
  async (_port, { path, body }) => {
    const { exitCode, stdout } = await machine.runs({
      command: ['sh', '-c', RELAY, 'sh', String(RELAY_SECONDS), path],
      input: Buffer.from(body).toString(),
      timeoutMs: 2 * RELAY_SECONDS * 1_000,
    });
    if (exitCode !== 0) return { kind: exitCode === COULD_NOT_CONNECT ? 'refused' : 'silent' };
    const end = stdout.lastIndexOf('\n');
    // The real request has already taken its time.
    return { kind: 'response', statusCode: Number(stdout.slice(end)), body: stdout.slice(0, end), afterMs: 0 };
  };

/** −1 while it does not answer. */
export const heightOf = (node: RealNode): Promise<number> => cli(node, 'getblockcount').then(Number, () => -1);

/** Addresses of its connected peers, inbound and outbound; none while it does not answer. */
export const peersOf = async (node: RealNode): Promise<readonly string[]> => {
  const text = await cli(node, 'getpeerinfo').catch(() => '[]');
  return (JSON.parse(text) as readonly { readonly addr: string }[]).map(({ addr }) => addr.replace(/:\d+$/, ''));
};

/** Makes so many blocks immediately. */
export const mine = async (node: RealNode, blocks: number): Promise<void> => {
  await cli(node, 'generatetodescriptor', String(blocks), SINK_DESCRIPTOR);
};
/** Anybody can spend it: OP_TRUE. Blocks of a regtest network have no value. */
const SINK_DESCRIPTOR = 'raw(51)';

/**
 * Mounts a copy of a volume and starts a separate client on it, offline: `-connect=0` alone would still call the `addnode` peers of its configuration.
 * Prints the client's height and a block's hash, then ends the client and unmounts the copy.
 */
const OPEN = `
set -u
mkdir -p /mnt/copy
mount -o nouuid "$1" /mnt/copy || exit 9
cli() { /usr/bin/litecoin-cli -datadir=/mnt/copy -conf=/mnt/copy/litecoin.conf -rpcport=19555 "$@"; }
timeout 50 /usr/bin/litecoind -datadir=/mnt/copy -conf=/mnt/copy/litecoin.conf -networkactive=0 -listen=0 -rpcport=19555 >/tmp/copy.log 2>&1 &
client=$!
n=0
until cli getblockcount >/dev/null 2>&1 || ! kill -0 "$client" || [ "$n" -ge 90 ]; do n=$((n + 1)); sleep 0.5; done
printf 'height %s\n' "$(cli getblockcount 2>/dev/null)"
printf 'hash %s\n' "$(cli getblockhash "$2" 2>/dev/null)"
grep -h 'rror' /tmp/copy.log | head -n 5
kill "$client" 2>/dev/null
wait "$client"
umount /mnt/copy
`;

export interface OpenedCopy {
  /** The client's height after its start; null: it does not open the data. */
  readonly height: number | null;
  /** The hash of the requested block; null: the client has no such block. */
  readonly hash: string | null;
  readonly said: string;
}

/** @param device a copy of a volume that is not mounted @param height of the requested block */
export async function openedAt({ machine }: RealNode, device: string, height: number): Promise<OpenedCopy> {
  const { stdout, stderr } = await machine.runs({
    command: ['bash', '-c', OPEN, 'bash', device, String(height)],
    environment: { HOME: '/root' },
    timeoutMs: 90_000,
  });
  const [, begins] = /^height (\d+)$/m.exec(stdout) ?? [];
  const [, hash = null] = /^hash ([0-9a-f]{64})$/m.exec(stdout) ?? [];
  return { height: begins === undefined ? null : Number(begins), hash, said: `${stdout}${stderr}`.slice(0, 500) };
}

/** How long the height of a miner that rests has to stay the same, and how often that is tried. */
const STILL_MS = 5_000;
const MOST_LOOKS = 12;

/** The miner of a network: makes a block at each interval, unless it rests. */
export class Mining {
  #rests = false;
  /** The block in progress. */
  #mining: Promise<void> | undefined;
  readonly #miner: RealNode;
  readonly #timer: NodeJS.Timeout;

  constructor(miner: RealNode, everyMs: number) {
    this.#miner = miner;
    this.#timer = setInterval(() => {
      // On a slow machine making a block takes longer than the interval.
      if (this.#rests || this.#mining) return;
      this.#mining = mine(miner, 1)
        .catch(() => {
          // The next interval tries again. If the miner's node stays away, the chain halts, and the stories show it.
        })
        .finally(() => {
          this.#mining = undefined;
        });
    }, everyMs);
    this.#timer.unref();
  }

  /**
   * Resolves when the last block is there; no block follows it. On a slow machine a request times out and its block still comes, so the miner's
   * height has to stay the same for some seconds.
   */
  async rest(): Promise<void> {
    this.#rests = true;
    await this.#mining;
    for (let look = 0; look < MOST_LOOKS; look++) {
      const before = await heightOf(this.#miner);
      await sleep(STILL_MS);
      if (before >= 0 && (await heightOf(this.#miner)) === before) return;
    }
    throw new Error(`blocks still come ${(MOST_LOOKS * STILL_MS) / 1_000} s after the miner was told to rest`);
  }

  goOn(): void {
    this.#rests = false;
  }
}
