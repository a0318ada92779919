// litecoind, a fork of Bitcoin Core, from Debian's packages, in a regtest network of our own: how an image runs it, and how it is asked.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageFiles } from '../machine/system.ts';
import type { Identity, RealNode, RealNodeSpec } from '../world.ts';

export const DATA_PATH = '/node-data';
export const VERSION = '0.21';
export const UNIT = `node@${VERSION}.service`;
const RPC_PORT = 19_443;

/** The exchange's template unit: it gives the client no more time to stop than systemd does by itself. */
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

/** As it lies on the data volume: comments and all. `peers`: addresses with ports. */
export const configuration = (peers: readonly string[]): string => `# litecoin.conf of this fleet
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

export const files = (_: Identity): ImageFiles => ({
  '/etc/systemd/system/node@.service': NODE_UNIT,
  '/etc/sysconfig/node': `COIN=litecoin\nDATA_VOLUME=${DATA_PATH}\n`,
});

export const ENABLED = [{ unit: UNIT, of: 'node@.service' }] as const;

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

/** A call of litecoin-cli on the node. Rejects with what the client says. */
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

/** −1 while it does not answer. */
export const heightOf = (node: RealNode): Promise<number> => cli(node, 'getblockcount').then(Number, () => -1);

export const hashAt = (node: RealNode, height: number): Promise<string> => cli(node, 'getblockhash', String(height));

/** Addresses of those that it is connected to, both ways; none while it does not answer. */
export const peersOf = async (node: RealNode): Promise<readonly string[]> => {
  const text = await cli(node, 'getpeerinfo').catch(() => '[]');
  return (JSON.parse(text) as readonly { readonly addr: string }[]).map(({ addr }) => addr.replace(/:\d+$/, ''));
};

/** So many blocks, at once. */
export const mine = async (node: RealNode, blocks: number): Promise<void> => {
  await cli(node, 'generatetodescriptor', String(blocks), SINK_DESCRIPTOR);
};
/** To anybody: OP_TRUE. Blocks of a regtest network are worth nothing. */
const SINK_DESCRIPTOR = 'raw(51)';

/** Runs a client of its own over a copy of somebody's volume, offline, until it has loaded it. The volume's place is ended with it. */
const OPEN = `
set -u
mkdir -p /mnt/copy
mount -o nouuid "$1" /mnt/copy || exit 9
rm -f /mnt/copy/regtest/debug.log
timeout 40 /usr/bin/litecoind -datadir=/mnt/copy -conf=/mnt/copy/litecoin.conf -connect=0 -listen=0 -server=0 >/tmp/copy.log 2>&1 &
client=$!
n=0
until grep -q 'Done loading\\|Shutdown: done' /mnt/copy/regtest/debug.log 2>/dev/null || ! kill -0 "$client" || [ "$n" -ge 70 ]; do n=$((n + 1)); sleep 0.5; done
kill "$client" 2>/dev/null
wait "$client"
grep -h 'Loaded best chain\\|rror' /mnt/copy/regtest/debug.log | head -n 5
umount /mnt/copy
`;

export interface Opened {
  /** Null: it does not open. */
  readonly height: number | null;
  readonly hash: string | null;
  readonly said: string;
}

/** @param device of a copy that is mounted nowhere */
export async function openedAt({ machine }: RealNode, device: string): Promise<Opened> {
  const { stdout, stderr } = await machine.runs({
    command: ['bash', '-c', OPEN, 'bash', device],
    environment: { HOME: '/root' },
    timeoutMs: 60_000,
  });
  const [, hash = null, height] = /Loaded best chain: hashBestChain=([0-9a-f]{64}) height=(\d+)/.exec(stdout) ?? [];
  return { height: height === undefined ? null : Number(height), hash, said: `${stdout}${stderr}`.slice(0, 500) };
}
