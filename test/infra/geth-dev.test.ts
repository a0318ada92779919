// A private chain of one current geth with its simulated beacon: what the example of it says, and that geth itself makes blocks by its lines and goes on
// with them after each end.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { readFleets } from '../../infra/fleets.ts';
import { repositoryRoot } from '../../infra/paths.ts';

const run = promisify(execFile);
const [file] = readFleets(join(repositoryRoot, 'examples/deploy')).filter(({ fleet: { name } }) => name === 'geth-dev');
const lines = file?.document.deploy?.install?.lines ?? [];

/** Built by `npm run test:nodes`. */
const GETH = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'chainmend/software/geth-v1.14.13/geth');
const real = existsSync(GETH) ? describe : describe.skip;
if (!existsSync(GETH)) console.warn(`no ${GETH}: whether geth makes blocks by the lines of the example was not tried`);

it('no heal puts a snapshot in the place of the only copy of its chain', () => {
  expect(file?.fleet.replace.rungs).toEqual(['restart', 'stop-start', 'replace']);
  expect(file?.fleet.nodes.expected).toBe(1);
});

real('geth itself', () => {
  it('makes blocks, and goes on with the same chain and the same account after a clean stop and after a kill', async () => {
    const home = mkdtempSync(join(tmpdir(), 'chainmend-geth-dev-'));
    const start = join(home, 'start-geth');
    const script = lines.filter((line) => line.includes('>/usr/local/bin/start-geth'));
    expect(script).toHaveLength(1);
    // On the loopback, with a block a second.
    const [made = ''] = script.map((line) =>
      line
        .replaceAll('/usr/local/bin/start-geth', start)
        .replaceAll('/usr/local/bin/geth', GETH)
        .replaceAll('/var/lib/geth', join(home, 'data'))
        .replace('--dev.period 5', '--dev.period 1')
        .replace('--http.addr 0.0.0.0', `--http.port ${port(0)} --authrpc.port ${port(1)} --port 0`),
    );
    await run('bash', ['-eu', '-c', `${made}; chmod 0755 ${start}`]);
    const ask = (what: string): Promise<string> =>
      run(GETH, ['--exec', what, 'attach', join(home, 'data/geth.ipc')]).then(
        ({ stdout }) => stdout.trim(),
        () => '',
      );
    const seen: { readonly height: number; readonly account: string; readonly third: string }[] = [];
    try {
      for (const signal of ['SIGTERM', 'SIGKILL', 'SIGTERM'] as const) {
        const client = spawn(start, [], { stdio: 'ignore' });
        const before = seen.at(-1)?.height ?? 3;
        for (let tries = 0; tries < 60 && !(Number(await ask('eth.blockNumber')) > before); tries++)
          await new Promise((done) => setTimeout(done, 500));
        const [height, account, third] = JSON.parse(
          JSON.parse(await ask('JSON.stringify([eth.blockNumber, eth.accounts[0], eth.getBlock(3).hash])')),
        ) as [number, string, string];
        seen.push({ height, account, third });
        await ended(client, signal);
      }
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
    expect(new Set(seen.map(({ account }) => account)).size).toBe(1);
    expect(new Set(seen.map(({ third }) => third)).size).toBe(1);
    expect(seen[1]?.height).toBeGreaterThan(seen[0]?.height ?? Number.POSITIVE_INFINITY);
    expect(seen[2]?.height).toBeGreaterThan(seen[1]?.height ?? Number.POSITIVE_INFINITY);
  }, 120_000);
});

/** Of this process, on the loopback. */
const port = (kind: 0 | 1): number => 30_000 + (process.pid % 1_000) * 2 + kind;

async function ended(client: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const over = new Promise((done) => client.on('close', done));
  client.kill(signal);
  await over;
}
