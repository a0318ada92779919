// `npm run heal` as a person uses it: a separate process that has only the variables that `npm start -- --serve` has printed.
import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { long } from '../../../fixtures/long.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const BOOT_MS = 180_000;
const HEALED_MS = 90_000;
/** Virtual seconds a second: a restore takes a quarter of an hour, mostly to see that the node keeps following. */
const SPEED = '300';

let served: ChildProcessByStdio<null, Readable, Readable>;
let ended: Promise<unknown>;
let environment: Record<string, string>;

beforeAll(async () => {
  const words = ['local/main.ts', '--serve', '--speed', SPEED, '--scenario', 'manual-restore'];
  served = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...words], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  ended = new Promise((resolve) => served.once('exit', resolve));
  let remarks = '';
  served.stderr.setEncoding('utf8').on('data', (text: string) => {
    remarks += text;
  });
  environment = {};
  for await (const line of createInterface({ input: served.stdout })) {
    const [, name = '', value = ''] = /^export (\w+)=(.*)$/.exec(line) ?? [];
    if (name) environment[name] = value;
    if (name === 'AWS_SECRET_ACCESS_KEY') break;
  }
  if (!environment['AWS_ENDPOINT_URL']) throw new Error(`--serve ended with ${await ended}: ${remarks}`);
}, BOOT_MS);

afterAll(async () => {
  served.kill('SIGINT');
  expect(await ended).toBe(0);
});

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function npmRunHeal(words: string, more: Record<string, string> = environment): Promise<Ended> {
  const args = ['--disable-warning=ExperimentalWarning', 'infra/commands/heal-cli.ts', ...words.split(' ')];
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const options = { cwd: ROOT, env: { PATH, NODE_COMPILE_CACHE, ...more } };
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, options);
    return { status: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, stdout, stderr };
  }
}

describe('npm run heal', () => {
  long('heal-cli')(
    'tells what a restore would do, with its data, its cost and its time, and does nothing',
    async () => {
      const { status, stdout, stderr } = await npmRunHeal('restore bitcoin/node3 --plan');
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(stdout).toMatch(/^plan +swap: a person asked for it/m);
      expect(stdout).toMatch(/^data +.*(verified|clean), height \d+/m);
      expect(stdout).toMatch(/^guard swap +may be done$/m);
      expect(stdout).toMatch(/^cost +\$\d+\.\d\d a month/m);
      expect(stdout).toMatch(/^time +\d+ min at most/m);
      expect((await npmRunHeal('status bitcoin/node3')).stdout).not.toContain('at work');
    },
    HEALED_MS,
  );

  it(
    'restores a node, stays until it has proved itself, and puts it back when asked',
    async () => {
      const restored = await npmRunHeal('restore bitcoin/node3 --yes --wait');
      expect(restored).toMatchObject({ status: 0, stderr: '' });
      expect(restored.stdout).toMatch(/^restore bitcoin\/node3: incident \w{8}, attempt \d+$/m);
      expect(restored.stdout).toMatch(/ intent +exchange the volumes/);
      expect(restored.stdout).toMatch(/^Done\. height \d+/m);
      const undone = await npmRunHeal('undo bitcoin/node3 --yes --wait');
      expect(undone).toMatchObject({ status: 0, stderr: '' });
      expect(undone.stdout).toMatch(/^Done\. /m);
    },
    2 * HEALED_MS,
  );

  it('says what is wrong in one line, and exits with 2', async () => {
    const none = await npmRunHeal('restore bitcoin/node9 --plan');
    expect(none).toMatchObject({ status: 2, stdout: '' });
    expect(none.stderr).toMatch(
      /^event, field node: "node9" given, expected the name of exactly one node; none has it\n$/,
    );
    const fleet = await npmRunHeal('replace bitcion/node3 --plan');
    expect(fleet.stderr).toMatch(/^event, field fleet: "bitcion" given, expected one of bitcoin.*\n$/);
    expect(await npmRunHeal('restore bitcoin/node3')).toMatchObject({ status: 2, stdout: '' });
  });

  it('says where it looked when nobody told it which account or region', async () => {
    const lost = await npmRunHeal('status bitcoin', { AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nonexistent' });
    expect(lost).toMatchObject({ status: 1, stdout: '' });
    expect(lost.stderr).toMatch(/^the fleet: .*your environment says which account and region/);
  });
});
