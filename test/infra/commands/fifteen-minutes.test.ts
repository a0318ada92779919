// The first fifteen minutes, as docs/quick-start.md says them: each line is typed into a process of its own, against a served account of forty bitcoin nodes
// and three of Stacks. The stack is deployed there already; everything else is as on the first day.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { long } from '../../fixtures/long.ts';

const ROOT = join(import.meta.dirname, '../../..');
const WORLD = 'examples/worlds/fifteen-minutes.yaml';
/** Virtual seconds a second: a heal takes some seconds, and nothing happens faster than a person reads. */
const SPEED = 10;
const ALL_MS = 20 * 60_000;
const WAIT_MS = 5 * 60_000;

/** In the order of the page. */
const STEPS = [
  'adopt --plan',
  'adopt --out infra/fleets',
  'check',
  'adopt --out infra/fleets --twin',
  'doctor --files',
  'status',
  'journal bitcoin --by resize-volume',
  'plan bitcoin/node2',
  'push bitcoin',
  'approve',
  'report --since 1d',
] as const;

it('docs/quick-start.md has the steps in the order in which they are played', () => {
  const page = readFileSync(join(ROOT, 'docs/quick-start.md'), 'utf8');
  const places = STEPS.map((step) => page.indexOf(`npm run chainmend -- ${step}`));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});

class Served {
  readonly #child: ChildProcess;
  readonly folder = mkdtempSync(join(tmpdir(), 'chainmend-'));
  environment: Record<string, string> = {};
  /** Everything that it printed: its variables, and the pages as mails. */
  said = '';
  /** What was typed, when, and how long it took, in seconds: whoever runs this reads it. */
  readonly typed: string[] = [];
  readonly #begunMs = performance.now();

  constructor() {
    const words = ['local/main.ts', '--serve', '--world', WORLD, '--speed', String(SPEED)];
    this.#child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...words], { cwd: ROOT });
    const hear = (text: Buffer): void => {
      this.said += text.toString();
    };
    this.#child.stdout?.on('data', hear);
    this.#child.stderr?.on('data', hear);
  }

  async ready(): Promise<void> {
    await this.until(/^export AWS_SECRET_ACCESS_KEY=/m);
    this.environment = Object.fromEntries(
      [...this.said.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
    );
  }

  async until(pattern: RegExp): Promise<RegExpExecArray> {
    const endMs = Date.now() + WAIT_MS;
    for (;;) {
      const found = pattern.exec(this.said);
      if (found !== null) return found;
      if (Date.now() > endMs) throw new Error(`nothing like ${pattern} was said: ${this.said.slice(-2_000)}`);
      await setTimeout(500);
    }
  }

  /** What happens by itself is waited for. @returns what a person reads then */
  async typedUntil(pattern: RegExp, ...words: readonly string[]): Promise<string> {
    const endMs = Date.now() + WAIT_MS;
    for (;;) {
      const { text } = await this.chainmend(...words);
      if (pattern.test(text)) return text;
      if (Date.now() > endMs) throw new Error(`nothing like ${pattern} was said: ${text}`);
      await setTimeout(5_000);
    }
  }

  async end(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGINT');
    await exited;
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** @returns what a person reads, and the exit status */
  async chainmend(...words: readonly string[]): Promise<{ readonly status: number; readonly text: string }> {
    const args = ['--disable-warning=ExperimentalWarning', 'infra/commands/chainmend-cli.ts', ...words];
    const { PATH, NODE_COMPILE_CACHE } = process.env;
    const options = { cwd: ROOT, env: { PATH, NODE_COMPILE_CACHE, ...this.environment } };
    const atMs = performance.now();
    const line = (): string =>
      `  ${((atMs - this.#begunMs) / 1_000).toFixed(0).padStart(4)} s  ${words.join(' ').replaceAll(this.folder, 'infra')} (${((performance.now() - atMs) / 1_000).toFixed(1)} s)\n`;
    try {
      const { stdout } = await promisify(execFile)(process.execPath, args, options);
      return { status: 0, text: stdout };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { status: code, text: stdout + stderr };
    } finally {
      this.typed.push(line());
    }
  }
}

describe('the first fifteen minutes', () => {
  long('fifteen-minutes')(
    'go from an account that nobody looks after to a fleet that heals by itself',
    async () => {
      const served = new Served();
      const type = (...words: readonly string[]) => served.chainmend(...words);
      const fleets = join(served.folder, 'fleets');
      const file = join(fleets, 'bitcoin.yaml');
      const write = (change: (text: string) => string): void => writeFileSync(file, change(readFileSync(file, 'utf8')));
      const push = (...more: readonly string[]) => type('push', 'bitcoin', '--fleets', fleets, ...more);
      try {
        await served.ready();
        const planned = await type('adopt', '--plan');
        expect(planned).toMatchObject({ status: 0, text: expect.stringMatching(/^bitcoin +bitcoin +40 +follower/m) });
        expect(planned.text).toMatch(/Nothing is written\. --out DIR writes the files\./);
        const adopted = await type('adopt', '--out', fleets);
        expect(adopted.text).toContain(`written: ${file}`);
        expect(adopted.text).toMatch(/not known: unit: what starts the client/);
        expect(adopted.text).toMatch(/not known: rpc\.credentials/);
        expect(adopted.text).toMatch(/metrics: CloudWatch bills it by the gigabyte/);
        // What it could not know, a person completes.
        write((text) => `${text}unit: node@*\nrpc: { credentials: file:/node-data/.cookie }\n`);
        expect(await type('check', '--fleets', fleets)).toMatchObject({
          status: 0,
          text: expect.stringContaining('All 2 are right.'),
        });

        const twin = await type('adopt', '--out', fleets, '--twin');
        expect(twin.text).toMatch(
          /^bitcoin: a full disk on node1 \(follower\): healed in \d+ s, the volume is grown$/m,
        );
        expect(twin.text).toMatch(/^bitcoin: the loss of node1 \(follower\): not healed\. .*drift-refused/m);
        expect(twin.text).toMatch(
          /^stacks-follower: broken data on stacks1 \(follower\): not healed\. .*no-good-snapshot/m,
        );

        const asked = await type('doctor', 'bitcoin', '--fleets', fleets);
        expect(asked.status).toBe(1);
        expect(asked.text).toMatch(/^bitcoin: 40 nodes: 40 of 40 cannot be restored/m);
        expect(asked.text).toMatch(/^ {2}no, no-good-snapshot: swap of 40 of 40 nodes/m);
        expect(asked.text).toMatch(/^ {2}no, no-template: replace of 40 of 40 nodes/m);

        // In place of the deployment, which stores the files.
        expect(await push()).toMatchObject({ status: 0, text: expect.stringContaining('bitcoin: pushed') });
        expect((await type('status')).text).toMatch(/^bitcoin +plan +40 +40 +0 +0/m);
        await served.typedUntil(
          /resize-volume +node2 +plan +grow 500 → 600 GiB/,
          'journal',
          'bitcoin',
          '--by',
          'resize-volume',
        );
        expect((await type('plan', 'bitcoin/node2')).text).toMatch(
          /^Nothing would be done\. drift-refused: Terraform owns/m,
        );

        write((text) => text.replace('mode: plan', 'mode: ask'));
        expect((await push()).text).toMatch(/^mode +plan → ask$/m);
        const [, incident = '', plan = ''] = await served.until(
          /^bitcoin\/node2: approve or reject a plan$[\s\S]*?^npm run chainmend -- approve (\w+) --plan (\w+)/m,
        );
        const approved = await type('approve', incident, '--plan', plan, '--yes');
        expect(approved).toMatchObject({ status: 0, text: expect.stringMatching(/^size +500 → 600 GiB at most$/m) });
        await served.typedUntil(/grow the filesystem to 600 GiB → done/, 'explain', incident);

        write((text) => text.replace('mode: ask', 'mode: act'));
        expect(await push()).toMatchObject({
          status: 2,
          text: expect.stringContaining('would heal by itself from now on'),
        });
        expect(await push('--yes')).toMatchObject({ status: 0, text: expect.stringContaining('bitcoin: pushed') });
        // A quarter of an hour after the first growth node7 fills up, and nobody is asked.
        const healed = await served.typedUntil(/resize-volume +node7 +outcome/, 'journal', 'bitcoin/node7');
        expect(healed).toMatch(/resize-volume +node7 +proof +filesystem \S+ GiB/);

        const report = join(served.folder, 'report.html');
        expect((await type('report', '--since', '1d', '--out', report)).text).toMatch(
          /nothing in it is loaded from elsewhere/,
        );
        expect(readFileSync(report, 'utf8')).toContain('node7');
      } finally {
        process.stdout.write(`the first fifteen minutes, as they were typed:\n${served.typed.join('')}`);
        await served.end();
      }
    },
    ALL_MS,
  );
});
