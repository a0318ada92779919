// A run of real machines leaves nothing on this host when it ends, is ended, or its owner is killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type EnclosureResult, enclose } from '../machines/host/enclosure.ts';
import { allRuns, beginRun, enclosedFile, ownerFile } from '../machines/host/runs.ts';
import { sweepDeadRuns } from '../machines/host/sweep.ts';
import type { RunEvent } from '../machines/run-events.ts';
import { lacking } from './lacking.ts';

const onMachine = lacking === undefined ? describe : describe.skip;
const fake = (name: string): string => new URL(`fakes/${name}.ts`, import.meta.url).pathname;
const read = (path: string): string => readFileSync(path, 'utf8');

/** These tests have their own cache: the cleanup at the beginning and end touches only their files. */
const cache = mkdtempSync(join(tmpdir(), 'chainmend-enclosure-'));
const before = process.env['XDG_CACHE_HOME'];

beforeAll(() => {
  process.env['XDG_CACHE_HOME'] = cache;
});

afterAll(() => {
  if (before === undefined) delete process.env['XDG_CACHE_HOME'];
  else process.env['XDG_CACHE_HOME'] = before;
  rmSync(cache, { recursive: true });
});

interface Litter {
  readonly loops: readonly string[];
  /** Events in the order of their arrival. */
  readonly told: readonly RunEvent[];
  readonly ended: EnclosureResult;
}

async function littered(way: string, options: { readonly memoryMiB?: number; readonly limitSeconds?: number } = {}) {
  const told: RunEvent[] = [];
  const enclosure = await enclose({
    entry: fake('inside'),
    words: (runDirectory) => [way, runDirectory],
    onEvent: (event) => {
      told.push(event);
      if (event.event === 'ended' && options.limitSeconds === undefined) void enclosure.end();
    },
    limitSeconds: 40,
    ...options,
  });
  ours.add(enclosure.runDirectory.slice(-6));
  const ended = await enclosure.ended;
  return { loops: loopsOf(told), told, ended } satisfies Litter;
}

const loopsOf = (told: readonly RunEvent[]): string[] =>
  told.flatMap((event) => (event.event === 'told' && event.subject === 'loops' ? event.text.split(' ') : []));

/** Parts of this machine's state that name one of our directories, or belong to one of our processes. */
function traces(loops: readonly string[]): string[] {
  const cgroups = ['.', ...directoriesOf('/sys/fs/cgroup')]
    .flatMap((name) => directoriesOf(join('/sys/fs/cgroup', name)))
    .filter((name) => ours.has(name.replace('chainmend-', '')));
  return [
    ...cgroups,
    ...loops
      .map((loop) => `/sys/block/${loop.slice('/dev/'.length)}/loop/backing_file`)
      .flatMap((backing) => (existsSync(backing) ? [`${backing}: ${read(backing).trim()}`] : []))
      // Other processes take the loop numbers that we have released.
      .filter((backing) => backing.includes('litter')),
    ...read('/proc/mounts')
      .split('\n')
      .filter((line) => line.includes(cache)),
    ...readdirSync(join(cache, 'chainmend', 'runs')),
    ...readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .flatMap((pid) => {
        try {
          return read(`/proc/${pid}/environ`).includes(`TMPDIR=${cache}`) ? [`process ${pid}`] : [];
        } catch {
          return [];
        }
      }),
  ];
}

const directoriesOf = (path: string): string[] =>
  readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []));

/** Ids of runs that this suite has begun, taken from their directory. */
const ours = new Set<string>();

onMachine('a run in an enclosure', () => {
  it.each([
    ['on disk', {}],
    ['in memory', { memoryMiB: 600 }],
  ])('%s leaves nothing when it ends in peace', async (_, options) => {
    const { loops, told, ended } = await littered('polite', options);
    expect(ended).toEqual({ status: 0, endedBy: 'request', remarks: '', malformed: [], left: [] });
    expect(told.map(({ event }) => event)).toEqual(['story', 'told', 'told', 'held', 'ended']);
    expect(loops.join(' ')).toMatch(/^\/dev\/loop\d+ \/dev\/loop\d+$/);
    expect(traces(loops)).toEqual([]);
  });

  it('sees no process but its own', async () => {
    const { told } = await littered('polite');
    const [count] = told.flatMap((event) =>
      event.event === 'told' && event.subject === 'processes' ? event.text : [],
    );
    expect(Number(count)).toBeLessThan(12);
  });

  it('leaves nothing when it does not end and is ended', async () => {
    const { loops, ended } = await littered('stubborn', { memoryMiB: 600 });
    expect(ended).toMatchObject({ status: null, endedBy: 'request', left: [] });
    expect(traces(loops)).toEqual([]);
  });

  it('is ended at its limit', async () => {
    const { loops, ended } = await littered('polite', { limitSeconds: 3 });
    expect(ended).toMatchObject({ status: 0, endedBy: 'limit', left: [] });
    expect(traces(loops)).toEqual([]);
  });

  it('says which of its lines was no event, and its exit status', async () => {
    const { loops, ended } = await littered('garbage');
    expect(ended).toMatchObject({
      status: 3,
      malformed: ['no event of a run, since it is not JSON: no event'],
      left: [],
    });
    expect(traces(loops)).toEqual([]);
  });

  it.each([
    ['SIGKILL', 'stubborn'],
    ['SIGTERM', 'polite'],
    ['SIGINT', 'polite'],
  ] as const)('leaves nothing when its owner gets %s', async (signal, way) => {
    const { owner, loops } = await owned(way);
    const gone = new Promise<NodeJS.Signals | null>((resolve) => {
      owner.once('exit', (_, by) => resolve(by));
    });
    owner.kill(signal);
    expect(await gone).toBe(signal);
    const deadline = performance.now() + 30_000;
    while (traces(loops).length > 0 && performance.now() < deadline) await sleep(100);
    expect(traces(loops)).toEqual([]);
  });
});

onMachine('a run whose owner is dead', () => {
  it('is swept by the next one, and one whose owner lives is not', async () => {
    const [dead, live] = [beginRun(), beginRun()];
    writeFileSync(ownerFile(dead), read(ownerFile(live)).replace(/\d+\n$/, '1\n'));
    // A process with that id that began at another time does not belong to the run.
    const bystander = spawn('sleep', ['60']);
    const stat = read(`/proc/${bystander.pid}/stat`).split(' ');
    stat[21] = '1';
    writeFileSync(enclosedFile(dead), `${read('/proc/sys/kernel/random/boot_id')}${stat.join(' ')}`);
    expect(await sweepDeadRuns()).toEqual([]);
    expect(allRuns()).toEqual([live]);
    expect(existsSync(live.directory)).toBe(true);
    expect(existsSync(`/proc/${bystander.pid}`)).toBe(true);
    bystander.kill('SIGKILL');
    writeFileSync(ownerFile(live), read(ownerFile(live)).replace(/\d+\n$/, '1\n'));
    expect(await sweepDeadRuns()).toEqual([]);
    expect(allRuns()).toEqual([]);
  });
});

/** A process that owns an enclosed one, after the enclosed one has made all of its litter. */
async function owned(way: string): Promise<{ readonly owner: ChildProcess; readonly loops: readonly string[] }> {
  const owner = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', fake('owner'), way], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const told: RunEvent[] = [];
  for await (const line of createInterface({ input: owner.stdout })) {
    const said = JSON.parse(line) as RunEvent | { readonly runDirectory: string };
    if ('event' in said) told.push(said);
    else ours.add(said.runDirectory.slice(-6));
    if ('event' in said && said.event === 'ended') break;
  }
  return { owner, loops: loopsOf(told) };
}
