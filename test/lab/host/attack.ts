// A process of the client's user that swaps files, folders, links, hard links and pipes, over and over, while a script runs. Meanwhile the files that
// belong to root alone must stay as they are.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { expect } from '@jest/globals';
import { Machine, type MachineOptions } from './machine.ts';
import { ROUNDS } from './share.ts';

/** "nobody", on every distribution. */
export const USER = 65_534;
export const LIMIT_SECONDS = 60;
export const FOUND = 'vol-0a1b2c3d4e5f60718';
export const NEW = 'vol-0fedcba9876543210';
export const CONFIG = 'moniker = "node"\npersistent_peers = "a@10.0.0.1:26656"\n';
/** Ten seconds at most: a thread in the middle of a system call stops when that has ended. */
const STOP_LOOKS = 1_000;
const STOP_LOOK_MS = 10;
/** Rounds of a plan that has swapped nothing yet. */
const IDLE_ROUNDS_MAX = 30;
const PASSES_MAX = 10;
const SECRET = 'root:TOPSECRET';

export const machineOf = (more: Partial<MachineOptions> = {}): MachineOptions => ({
  ...{ volumeId: FOUND, path: '/data', mounted: true, filesystem: 'xfs', partitioned: false, deviceMiB: 320 },
  ...{ filesystemMiB: 320, full: false, runtime: 'docker', unit: 'node', client: 'stopped' },
  ...more,
});

/** Files of root alone, next to the user's folders. They have the names that the scripts look for, so that a link to them is worth an attack. */
const VICTIMS = `
set -eu
umask 077
mkdir -p /srv/secret/config /srv/secret/keys /srv/open/config
for folder in /srv/secret /srv/secret/config /srv/open/config; do
  printf %s '${SECRET}' >"$folder/.cookie"
  printf %s '${CONFIG}' >"$folder/config.toml"
  printf '{"height":"999"}' >"$folder/state.json"
  printf %s '${SECRET}' >"$folder/node_key"
done
printf %s '${SECRET}' >/srv/secret/keys/one
printf %s '${SECRET}' >/etc/victim
chmod 755 /srv/open /srv/open/config
`;

/** Prints the content of root's files, and the mounts on them. */
const LOOK = `
find /srv /etc/victim -type f -exec sha256sum {} + | sort -k 2
grep -E ' /(srv|etc|root)' /proc/self/mountinfo || true
ls -d /run/owned 2>/dev/null || true
`;

export interface Plan {
  readonly flips?: readonly { readonly path: string; readonly by: unknown }[];
  readonly watched?: readonly string[];
  readonly by?: readonly unknown[];
  readonly inotify?: boolean;
}

export const link = (to: string) => ({ link: to });
export const EVERY_KIND = [
  link('/etc/victim'),
  link('/srv/secret/new'),
  'fifo',
  link('/srv/secret/config.toml'),
  'folder',
];
/** One file in a folder in a folder, all of them the user's. The attacker swaps each of the three for anything that the user can make. */
export const plansFor = (parent: string, folder: string, file: string): readonly Plan[] => {
  const path = `${parent}/${folder}/${file}`;
  return [
    { flips: [{ path, by: link(`/srv/secret/${file}`) }] },
    {
      flips: [
        { path, by: 'fifo' },
        { path, by: 'folder' },
      ],
    },
    {
      flips: [
        { path, by: { hardLink: `${parent}/other` } },
        { path, by: link('/dev/zero') },
      ],
    },
    { flips: [{ path: `${parent}/${folder}`, by: link('/srv/secret') }] },
    {
      flips: [
        { path: parent, by: link('/srv/open') },
        { path: `${parent}/${folder}`, by: 'folder' },
      ],
    },
    { watched: [`${parent}/${folder}`], by: EVERY_KIND },
    { watched: [`${parent}/${folder}`], by: EVERY_KIND, inotify: true },
    {
      flips: [{ path, by: link(`/srv/secret/${file}`) }],
      watched: [`${parent}/${folder}`],
      by: [link('/etc/victim'), 'fifo'],
    },
  ];
};

export interface Attack {
  readonly machine: Machine;
  readonly plans: readonly Plan[];
  /** Run as root before each round: everything of the user's is as it should be. */
  readonly repair: string;
  readonly round: (round: number) => Promise<{ readonly stdout: string; readonly stderr: string }>;
  /** A folder of the user's on the attacked filesystem. */
  readonly pool: string;
  /** A result that some round must have, so that the attack is not on the first check alone: all plans are played until it has come, PASSES_MAX times. */
  readonly reaches?: 'done';
  /** The attacker's user: the client's, or root in a container, which is root on the container's mounts. */
  readonly uid?: number;
}

/** Plays all plans, and looks after each round whether anything else was written, read or said. */
export async function attack({ machine, plans, repair, round, pool, reaches, uid = USER }: Attack): Promise<void> {
  await machine.shell(VICTIMS);
  await machine.shell(repair);
  // A script may write only its memory of commands there; a swap may also write what the next boot mounts.
  const look = async () => {
    const written = (await machine.written())
      .split('\n')
      .filter((line) => !/^\.(\/(var(\/lib(\/chainmend.*)?)?|etc|etc\/fstab))? /.test(line));
    return { written, is: await machine.shell(LOOK) };
  };
  const before = await look();
  const results = new Set<string>();
  const each = Math.ceil(ROUNDS / plans.length);
  let rounds = 0;
  const play = async (plan: Plan): Promise<void> => {
    await machine.shell(repair);
    const program = new URL('fakes/attacker.mjs', import.meta.url).pathname;
    const attackers = await Promise.all(
      [plan, ...(plan.inotify ? [{ ...plan, inotify: false, flips: [] }] : [])].map(async (one) => {
        return ready(await machine.startAs(uid, program, [JSON.stringify(one), pool]));
      }),
    );
    try {
      // An attacker pauses now and then: a plan that has swapped nothing in few rounds gets more.
      const isIdle = () => plan.flips !== undefined && !attackers.some(({ said }) => said.includes('swapped'));
      for (let n = 0; n < each || (n < IDLE_ROUNDS_MAX && isIdle()); n++) {
        await Promise.all(attackers.map(({ child }) => stopped(child)));
        await machine.shell(repair);
        for (const { child } of attackers) child.kill('SIGCONT');
        const began = performance.now();
        const { stdout, stderr } = await round(rounds++);
        const seconds = (performance.now() - began) / 1_000;
        expect({ plan, seconds: seconds < LIMIT_SECONDS }).toEqual({ plan, seconds: true });
        const told = `${unpacked(stdout)}${stderr}`;
        expect(told).not.toContain('TOPSECRET');
        const result = /"result":"(\w+)"/.exec(stdout)?.[1] ?? (stdout === '' ? 'nothing' : 'told');
        results.add(result);
        expect({ plan, ...(await look()) }).toEqual({ plan, ...before });
      }
    } finally {
      const swaps = await Promise.all(attackers.map(end));
      // Where no file ever appears there is nothing to swap.
      if (plan.flips !== undefined)
        expect({ plan, swaps: swaps.some((one) => one > 0) }).toEqual({ plan, swaps: true });
    }
  };
  const isDue = (pass: number) => pass === 0 || (reaches !== undefined && !results.has(reaches) && pass < PASSES_MAX);
  for (let pass = 0; isDue(pass); pass++) for (const plan of plans) await play(plan);
  if (reaches !== undefined) expect([...results]).toContain(reaches);
}

/** The unpacked text of an answer, as far as it is packed. */
function unpacked(stdout: string): string {
  const packed = /"(?:gzip|answers)":"([^"]*)"/.exec(stdout)?.[1] ?? (stdout.startsWith('H4s') ? stdout.trim() : '');
  return packed === '' ? stdout : `${stdout}${gunzipSync(Buffer.from(packed, 'base64')).toString('latin1')}`;
}

/** An attacker, and what it has printed so far. */
interface Attacker {
  readonly child: ChildProcess;
  said: string;
}

async function ready(child: ChildProcess): Promise<Attacker> {
  const attacker: Attacker = { child, said: '' };
  let errors = '';
  child.stderr?.on('data', (data) => {
    errors += data;
  });
  child.stdout?.on('data', (data) => {
    attacker.said += data;
  });
  await Promise.race([once(child.stdout as NodeJS.ReadableStream, 'data'), once(child, 'exit')]);
  if (!attacker.said.startsWith('ready')) throw new Error(`no attacker: ${attacker.said}${errors}`);
  return attacker;
}

/** Stops an attacker. On a busy machine a thread is in its last swap for a while after the signal, and would undo the repair. */
async function stopped(child: ChildProcess): Promise<void> {
  child.kill('SIGSTOP');
  const tasks = `/proc/${child.pid}/task`;
  for (let look = 0; look < STOP_LOOKS; look++) {
    const threads = (await readdir(tasks)).map((task) => readFile(`${tasks}/${task}/status`, 'utf8'));
    // One that has ended meanwhile swaps nothing.
    const states = (await Promise.allSettled(threads)).map((read) => ('value' in read ? read.value : 'State: T'));
    if (states.every((state) => /^State:\s+T/m.test(state))) return;
    await sleep(STOP_LOOK_MS);
  }
  throw new Error('an attacker does not stop');
}

/** Ends an attacker; returns its number of swaps. */
async function end(attacker: Attacker): Promise<number> {
  const { child } = attacker;
  const closed = once(child, 'close');
  child.kill('SIGCONT');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await closed;
  clearTimeout(timer);
  return Number(attacker.said.trim().split('\n').at(-1));
}

/** A machine with a clock that nobody waits for. */
export async function withMachine(options: MachineOptions, story: (machine: Machine) => Promise<void>): Promise<void> {
  const machine = await Machine.start(options);
  try {
    await machine.replace('sleep', 'exec /bin/sleep 0.02');
    await story(machine);
  } finally {
    await machine.stop();
  }
}
