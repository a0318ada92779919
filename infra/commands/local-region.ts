// `--local SCENARIO`: a region of its own for one command. It is `npm start -- --serve` in a process beside this one; the command talks to it as to an
// account, with the same code.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { repositoryRoot } from '../paths.ts';
import { UsageError } from './errors.ts';

/** A heal of a quarter of an hour takes three seconds. */
const SPEED = 300;
const MAX_HEARD = 20_000;

export interface LocalRegion {
  /** What an SDK needs to reach it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly end: () => Promise<void>;
}

/**
 * @param written NAME: after its story has ended; NAME@30: after 30 minutes of it
 * @throws UsageError where there is no such scenario
 */
export async function serveLocally(written: string): Promise<LocalRegion> {
  const [, name = '', minutes] = /^([^@]*)(?:@(\d{1,5}))?$/.exec(written) ?? [];
  if (name === '')
    throw new UsageError(
      `--local: expected SCENARIO or SCENARIO@MINUTES, found ${JSON.stringify(written)}; npm start -- --list names them`,
    );
  const words = ['--serve', '--speed', String(SPEED), '--after', minutes ?? 'end', '--scenario', name];
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--import', './infra/engine.js', 'local/main.ts', ...words],
    {
      cwd: repositoryRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let remarks = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (remarks.length < MAX_HEARD) remarks += text;
  });
  const exited = once(child, 'exit');
  const environment = await environmentOf(child);
  if (environment['AWS_SECRET_ACCESS_KEY'] !== undefined) return { environment, end: () => ended(child, exited) };
  const [status] = (await exited) as [number | null];
  const said = remarks.trim().replaceAll('--scenario', '--local');
  if (status === 2) throw new UsageError(said);
  throw new Error(`the local region ended with ${status} before it was there: ${said}`);
}

async function environmentOf(child: ChildProcessByStdio<null, Readable, Readable>): Promise<Record<string, string>> {
  const environment: Record<string, string> = {};
  for await (const line of createInterface({ input: child.stdout })) {
    const [, name = '', value = ''] = /^export (\w+)=(.*)$/.exec(line) ?? [];
    if (name !== '') environment[name] = value;
    if (name === 'AWS_SECRET_ACCESS_KEY') break;
  }
  // Nobody reads on, and the region may go on writing.
  child.stdout.resume();
  return environment;
}

async function ended(child: ChildProcessByStdio<null, Readable, Readable>, exited: Promise<unknown>): Promise<void> {
  child.kill('SIGINT');
  await exited;
}
