// One machine for the host tests: this machine's files under an overlay, in its own mount namespace, with a real filesystem on a loop device at the
// real paths. Outside of the namespace only the loop device changes, and it is released at the end.
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { script, shipped } from '../../../shared/node-commands/index.ts';
import { type Operation, operationParameters } from '../../../shared/node-commands/parameters.ts';
import type { ContractNode } from '../../fixtures/contract/contract.ts';

const run = promisify(execFile);
const mebibyte = 2 ** 20;

export interface MachineOptions extends ContractNode {
  /** Size of the root volume's free part. */
  readonly rootMiB?: number;
  /** Files on the volume from the beginning, by their paths on it. */
  readonly files?: Readonly<Record<string, string>>;
  /** Attached next to it, and not mounted. */
  readonly second?: SecondVolume;
  /** A third one, attached and empty to the byte. */
  readonly empty?: { readonly volumeId: string; readonly mib: number };
  /** Called with the device of the volume, and with that of the second one, when each has a filesystem that is not mounted. */
  /** The partition table, where it has one; a GPT by default. */
  readonly table?: 'gpt' | 'dos';
  readonly craft?: (device: string) => void | Promise<void>;
}

export interface SecondVolume {
  readonly volumeId: string;
  /** copy: of the first volume, with its UUID, and these files in place of the first one's. */
  readonly content: 'copy' | 'new filesystem' | 'nothing';
  readonly files: Readonly<Record<string, string>>;
}

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
}

/**
 * The namespace has the overlay at $root/merged, with its own /run and /dev, where the volume's by-id names are.
 * Its /tmp is empty: the character device 0/0 in the upper folder hides what lies in the host's (kernel.org, "overlayfs", whiteouts).
 */
const build = `
set -eu
mount -t tmpfs -o size="$ROOT_MIB"m upper "$root"
mkdir "$root/upper" "$root/work" "$root/merged"
mknod "$root/upper/tmp" c 0 0
mount -t overlay overlay -o "lowerdir=/,upperdir=$root/upper,workdir=$root/work" "$root/merged"
cd "$root/merged"
mkdir -m 1777 tmp
mkdir -p data srv/node proc sys dev run
: >srv/node/compose.yaml
mount --bind /proc proc
mount --bind /sys sys
mount -t tmpfs -o mode=755 run run
mkdir -p run/lock run/client/units run/client/containers run/fakes
mount -t tmpfs -o mode=755 dev dev
mkdir -p dev/shm dev/disk/by-id
mount -t tmpfs shm dev/shm
ln -s /proc/self/fd dev/fd
mknod dev/null c 1 3; mknod dev/zero c 1 5; mknod dev/urandom c 1 9; mknod dev/loop-control c 10 237
mknod "dev/$DISK" b $(tr : ' ' <"/sys/class/block/$DISK/dev")
[ "$DEVICE" = "$DISK" ] || mknod "dev/$DEVICE" b $(tr : ' ' <"/sys/class/block/$DEVICE/dev")
if [ -n "$SERIAL" ]; then
  by_id=dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_$SERIAL
  ln -s "../../$DISK" "$by_id"
  ln -s "../../$DISK" "\${by_id}_1"
  [ "$DEVICE" = "$DISK" ] || ln -s "../../$DEVICE" "$by_id-part1"
fi
ln -s ../../loop-control dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol00000000000000000
if [ -n "$DISK2" ]; then
  mknod "dev/$DISK2" b $(tr : ' ' <"/sys/class/block/$DISK2/dev")
  [ "$DEVICE2" = "$DISK2" ] || mknod "dev/$DEVICE2" b $(tr : ' ' <"/sys/class/block/$DEVICE2/dev")
  by_id=dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_$SERIAL2
  ln -s "../../$DISK2" "$by_id"
  [ "$DEVICE2" = "$DISK2" ] || ln -s "../../$DEVICE2" "$by_id-part1"
fi
if [ -n "$DISK3" ]; then
  mknod "dev/$DISK3" b $(tr : ' ' <"/sys/class/block/$DISK3/dev")
  ln -s "../../$DISK3" "dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_$SERIAL3"
fi
[ "$MOUNTED" = no ] || chroot . mount "/dev/$DEVICE" /data
echo ready
exec sleep infinity
`;

/** The content of a volume before the story begins: its top entries, then "<path> <text in base64>" on standard input. */
const put = `
set -eu
mount -o "$2" "$0" "$1"
find "$1" -mindepth 1 -delete
while read -r path text; do
  mkdir -p "$(dirname "$1/$path")"
  printf %s "$text" | base64 -d >"$1/$path"
done
umount "$1"
`;

/** Uses the space up to the last block, whoever owns the files. */
const fill = `
for size in 64M 16M 4M 1M 64K 4K; do
  n=0
  while [ "$n" -lt 100 ] && fallocate -l "$size" "$1/fill.$size.$n" 2>/dev/null; do n=$((n + 1)); done
  rm -f "$1/fill.$size.$n"
done
dd if=/dev/zero of="$1/fill" bs=4K 2>/dev/null
dd if=/dev/zero of="$1/last" bs=1 count=1 2>/dev/null && exit 1
df "$1" >&2
`;

/** The overlay's upper folder has the differences from the root: everything on root that a command has written or deleted. */
const look = `
set -eu
cd "$0/upper"
files() { find "$1" '(' "\${@:2}" ')' -prune -o -type f -exec sha256sum {} + -o ! -type d -printf '%y %p %l\n' | sort -k 2; }
files . -path ./var/lib/chainmend -o -path ./etc/chainmend
cd "$0/merged"
files run -path run/chainmend -o -path run/client/calls -o -path run/fakes -o -path run/blkid
for place in data srv/real; do if [ -d "$place" ] && [ ! -L "$place" ]; then files "$place" -false; fi; done
find dev -printf '%y %p %l\n' | sort
sed 's/^[0-9]* [0-9]* //' /proc/self/mountinfo | grep "$0/merged"
`;

export class Machine {
  readonly #directory: string;
  readonly #loop: string;
  readonly #keeper: ChildProcess;
  readonly #second: string | undefined;
  readonly #third: string | undefined;

  private constructor(directory: string, loop: string, keeper: ChildProcess, second?: string, third?: string) {
    this.#directory = directory;
    this.#loop = loop;
    this.#keeper = keeper;
    this.#second = second;
    this.#third = third;
  }

  static async start(options: MachineOptions): Promise<Machine> {
    const directory = mkdtempSync(join(tmpdir(), 'chainmend-machine-'));
    const image = join(directory, 'volume');
    writeFileSync(image, '');
    truncateSync(image, options.filesystemMiB * mebibyte);
    const loop = await attach(image);
    const device = options.partitioned ? `${loop}p1` : loop;
    if (options.partitioned) {
      await shell(
        'printf "label: %s\\n,\\n" "$1" | sfdisk --quiet --no-reread --no-tell-kernel "$0" && partx --add "$0"',
        loop,
        options.table ?? 'gpt',
      );
    }
    await run(`mkfs.${options.filesystem}`, ['-q', device]);
    if (options.files) putFiles(directory, device, options.files);
    await options.craft?.(device);
    const second = options.second && (await secondVolume(directory, image, options, options.second));
    const third = options.empty && (await emptyVolume(directory, options.empty.mib));
    truncateSync(image, options.deviceMiB * mebibyte);
    await run('losetup', ['--set-capacity', loop]);

    const keeper = await keepNamespace(directory, {
      root: join(directory, 'root'),
      ROOT_MIB: String(options.rootMiB ?? 64),
      DISK: name(loop),
      DEVICE: name(device),
      SERIAL: options.volumeId.replace('-', ''),
      MOUNTED: options.mounted ? 'yes' : 'no',
      DISK2: second ? name(second) : '',
      DEVICE2: second ? `${name(second)}${options.partitioned ? 'p1' : ''}` : '',
      SERIAL2: options.second?.volumeId.replace('-', '') ?? '',
      DISK3: third ? name(third) : '',
      SERIAL3: options.empty?.volumeId.replace('-', '') ?? '',
    });
    const machine = new Machine(directory, loop, keeper, second, third);
    for (const fake of ['systemctl', 'docker', 'journalctl']) {
      cpSync(new URL(`../../fixtures/fakes/${fake}`, import.meta.url), join(directory, fake));
      await machine.copy(join(directory, fake), `/run/${fake}`);
      await machine.shell('ln -s "/run/$1" /run/fakes', fake);
    }
    for (const operation of Object.keys(operationParameters) as Operation[]) {
      writeFileSync(join(directory, operation), shipped(script(operation)));
      await machine.copy(join(directory, operation), `/run/${operation}`);
    }
    await machine.setClient(options);
    if (options.full) await machine.fill('/data');
    return machine;
  }

  /**
   * Runs a document's script as the agent does, by its path, with its parameters in the environment. For it to be late, its bash begins to count at
   * `secondsPassed` (Bash Reference Manual, Bash Variables, SECONDS); its run limit is not reached by that.
   */
  async send(operation: Operation, parameters: Readonly<Record<string, string>>, secondsPassed = 0): Promise<Ran> {
    const variables = Object.entries(parameters).map(([parameter, value]) => `SSM_${parameter}=${value}`);
    return await this.#enter([
      'env',
      '-i',
      'PATH=/run/fakes:/usr/bin:/bin',
      ...variables,
      `SECONDS=${secondsPassed}`,
      'sh',
      '-c',
      `/run/${operation}`,
    ]);
  }

  /** Runs a line of shell on the machine; throws unless it succeeds. */
  async shell(line: string, ...operands: string[]): Promise<string> {
    const { stdout, stderr, status } = await this.#enter(['sh', '-c', line, 'sh', ...operands]);
    if (status !== 0) throw new Error(`on the machine: ${line}: ${stderr}`);
    return stdout;
  }

  /**
   * Starts this Node.js with a program and its words as another user of the machine. The child is that process itself, so a signal reaches it; it
   * ends with this process.
   */
  async startAs(uid: number, program: string, words: readonly string[]): Promise<ChildProcess> {
    await this.#bind(process.execPath, '/run/node');
    await this.copy(program, '/run/program.mjs');
    const user = ['setpriv', '--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups', '--pdeathsig', 'KILL'];
    const into = ['-t', `${this.#keeper.pid}`, '-m', 'chroot', this.#root()];
    return spawn('nsenter', [...into, ...user, '/run/node', '/run/program.mjs', ...words], {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** A file of this host, at a path of the machine. */
  async #bind(from: string, to: string): Promise<void> {
    const line = '[ -e "$2" ] || { : >"$2"; mount --bind "$1" "$2"; }';
    const seen = await this.#enterWith([], ['bash', '-c', line, 'bash', from, join(this.#root(), to)]);
    if (seen.status !== 0) throw new Error(`the machine gets no ${to}: ${seen.stderr}`);
  }

  async copy(from: string, to: string): Promise<void> {
    await run('install', ['-m', '0755', from, join(`/proc/${this.#keeper.pid}/root`, this.#root(), to)]);
  }

  /** An executable that the script finds before the real one. */
  async replace(tool: string, body: string): Promise<void> {
    const write =
      'rm -f "/run/fakes/$2"; printf "#!/bin/bash\\n%s\\n" "$1" >"/run/fakes/$2" && chmod +x "/run/fakes/$2"';
    await this.shell(write, body, tool);
  }

  async fill(path: string): Promise<void> {
    await this.shell(fill, path);
  }

  /**
   * What a command could have changed, as comparable lines: the files of the volume at /data, of the root volume and of /run, devices' names and
   * mounts. Left out are the files of chainmend and blkid themselves, and the fakes' list of calls.
   */
  async world(): Promise<readonly string[]> {
    const seen = await this.#enterWith([], ['bash', '-c', look, join(this.#directory, 'root')]);
    if (seen.status !== 0) throw new Error(`the machine cannot be looked at: ${seen.stderr}`);
    return seen.stdout.trim().split('\n');
  }

  /** The changes on the root volume since the beginning: files, folders and links, with their owners and times. */
  async written(): Promise<string> {
    const look = 'cd "$0/upper" && find . -path ./home -prune -o -printf "%p %y %U:%G %m %s %n %T@ %l\\n" | sort';
    const seen = await this.#enterWith([], ['bash', '-c', look, join(this.#directory, 'root')]);
    if (seen.status !== 0) throw new Error(`the machine cannot be looked at: ${seen.stderr}`);
    return seen.stdout;
  }

  /** A hash of the second volume's bytes, as they would be after a power failure now. */
  async secondHash(): Promise<string> {
    await run('sync', ['-f', this.#directory]);
    return createHash('sha256')
      .update(readFileSync(join(this.#directory, 'second')))
      .digest('hex');
  }

  /** The effect of ModifyVolume. */
  async growDevice(deviceMiB: number): Promise<void> {
    truncateSync(join(this.#directory, 'volume'), deviceMiB * mebibyte);
    await run('losetup', ['--set-capacity', this.#loop]);
  }

  /** The size by the filesystem's own account; 0 where none is mounted. */
  async filesystemBytes(): Promise<number> {
    const tell = 'mountpoint -q /data || exit 0; xfs_info /data 2>/dev/null || stat -f -c "bsize=%S blocks=%b" /data';
    const data = (await this.shell(tell))
      .split('\n')
      .find((line) => line.startsWith('data') || line.startsWith('bsize'));
    const [, size = 0, blocks = 0] = data?.match(/bsize=(\d+) +blocks=(\d+)/) ?? [];
    return Number(size) * Number(blocks);
  }

  async deviceBytes(): Promise<number> {
    return Number(await this.shell('cat "/sys/class/block/$1/size"', name(this.#loop))) * 512;
  }

  async started(): Promise<string[]> {
    const lines = await this.shell('cat /run/client/started 2>/dev/null; : >/run/client/started');
    return lines.split('\n').filter((line) => line !== '');
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#keeper.once('exit', resolve));
    this.#keeper.kill('SIGKILL');
    await ended;
    for (const loop of [this.#loop, this.#second, this.#third]) if (loop) await detach(loop);
    rmSync(this.#directory, { recursive: true });
  }

  /** The fakes' state of the client: see their first lines. */
  async setClient({ runtime, unit, client }: ContractNode): Promise<void> {
    const active = { running: 'active', stopped: 'inactive', failed: 'failed' }[client];
    const units =
      unit === 'node@*' ? { 'node@0.20.0.service': 'failed', 'node@0.21.0.service': active } : { [unit]: active };
    if (runtime === 'systemd') {
      let stoppedAt = 1_000;
      for (const [id, state] of Object.entries(units)) {
        stoppedAt += 9_000;
        const properties = `LoadState=loaded\nActiveState=${state}\nSubState=dead\nInactiveEnterTimestampMonotonic=${stoppedAt}\n`;
        await this.shell('printf %s "$1" >"/run/client/units/$2"', properties, id);
      }
    }
    const status = { running: 'running 0', stopped: 'exited 0', failed: 'exited 1' }[client];
    if (runtime === 'docker') await this.shell('echo "$1" >"/run/client/containers/$2"', status, unit);
    if (runtime === 'compose') await this.shell('echo "$1" >/run/client/containers/node', status);
  }

  #root(): string {
    return join(this.#directory, 'root', 'merged');
  }

  async #enter(command: readonly string[]): Promise<Ran> {
    return await this.#enterWith(['chroot', this.#root()], command);
  }

  async #enterWith(into: readonly string[], command: readonly string[]): Promise<Ran> {
    const child = spawn('nsenter', ['-t', String(this.#keeper.pid), '-m', ...into, ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return await finished(child);
  }
}

/** The attached devices: this process holds each of them open, with its image. */
const holds = new Map<string, { readonly descriptor: number; readonly image: string }>();
/** Another process that looks for a free device at this moment finds the same one. */
const LOOP_TRIES_MAX = 20;
const RELEASE_WAIT_MS = 100;
const RELEASE_TRIES_MAX = 1_200;

/** A loop device that the kernel releases when this process and its machine have ended in any way. */
async function attach(image: string): Promise<string> {
  const loop = await freeLoop(image);
  holds.set(loop, { descriptor: openSync(loop, 'r'), image });
  // For an open device this is only a request: the kernel detaches it after its last user.
  await run('losetup', ['--detach', loop]);
  return loop;
}

async function freeLoop(image: string): Promise<string> {
  for (let tries = 1; ; tries++) {
    try {
      return (await run('losetup', ['--find', '--show', image])).stdout.trim();
    } catch (error) {
      if (tries === LOOP_TRIES_MAX) throw error;
    }
  }
}

/**
 * Until the kernel has let go of it, for it does so after the last process of the namespace has ended: what is still mounted keeps the UUID of its
 * filesystem, and the next machine cannot mount another one with it.
 */
async function detach(loop: string): Promise<void> {
  const held = holds.get(loop);
  if (held === undefined) return;
  await shell('partx --delete "$0" 2>/dev/null || true', loop);
  closeSync(held.descriptor);
  holds.delete(loop);
  const backing = `/sys/block/${name(loop)}/loop/backing_file`;
  for (let tries = 0; tries < RELEASE_TRIES_MAX; tries++) {
    if (imageOf(backing) !== held.image) return;
    await sleep(RELEASE_WAIT_MS);
  }
  throw new Error(`${loop} is still in use: a process of its machine, or a mount, has outlived it`);
}

/** "/dir/image": the file that is behind a loop device, or undefined where it has none. */
function imageOf(backing: string): string | undefined {
  try {
    return readFileSync(backing, 'utf8').trim();
  } catch {
    return undefined;
  }
}

async function keepNamespace(directory: string, environment: Readonly<Record<string, string>>): Promise<ChildProcess> {
  await run('mkdir', [join(directory, 'root')]);
  const keeper = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'unshare', '-m', '--propagation', 'private', 'bash', '-c', build],
    {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let errors = '';
  keeper.stderr.on('data', (data) => {
    errors += data;
  });
  await new Promise<void>((resolve, reject) => {
    keeper.stdout.once('data', () => resolve());
    keeper.once('exit', () => reject(new Error(`no machine: ${errors}`)));
  });
  return keeper;
}

function putFiles(directory: string, device: string, files: Readonly<Record<string, string>>, options = 'rw'): void {
  const lines = Object.entries(files).map(([path, text]) => `${path} ${Buffer.from(text).toString('base64')}\n`);
  const place = join(directory, 'put');
  mkdirSync(place, { recursive: true });
  execFileSync('unshare', ['-m', '--propagation', 'private', 'bash', '-c', put, device, place, options], {
    input: lines.join(''),
  });
}

async function secondVolume(
  directory: string,
  image: string,
  { filesystem, partitioned, filesystemMiB, craft }: MachineOptions,
  { content, files }: SecondVolume,
): Promise<string> {
  const own = join(directory, 'second');
  if (content === 'copy') await run('cp', ['--sparse=always', image, own]);
  else {
    writeFileSync(own, '');
    truncateSync(own, filesystemMiB * mebibyte);
  }
  const loop = await attach(own);
  if (content === 'nothing') return loop;
  if (partitioned) await run('partx', ['--add', loop]);
  const device = partitioned ? `${loop}p1` : loop;
  if (content === 'new filesystem') await run(`mkfs.${filesystem}`, ['-q', device]);
  putFiles(directory, device, files, filesystem === 'xfs' ? 'nouuid' : 'rw');
  await craft?.(device);
  return loop;
}

async function emptyVolume(directory: string, mib: number): Promise<string> {
  const own = join(directory, 'third');
  writeFileSync(own, '');
  truncateSync(own, mib * mebibyte);
  return await attach(own);
}

async function shell(line: string, ...operands: readonly string[]): Promise<void> {
  await run('sh', ['-c', line, ...operands]);
}

async function finished(child: ChildProcess): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (data) => {
    stdout += data;
  });
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { stdout, stderr, status };
}

function name(device: string): string {
  return device.slice(device.lastIndexOf('/') + 1);
}
