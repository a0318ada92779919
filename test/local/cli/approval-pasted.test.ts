// A page's command is pasted, not parsed: the text of the mail, a real shell, the real AWS CLI (both versions), and a region behind a socket.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { DescribeVolumesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isAsked } from '../../fixtures/asked.ts';
import { type AwsCli, ensureVersion1, type Found, findVersion2 } from '../../fixtures/aws-cli.ts';
import type { Pasted, Pasting } from '../../fixtures/jobs/pasted.ts';
import { runJob } from '../../fixtures/jobs.ts';

const ROOT = join(import.meta.dirname, '../../..');
const PATIENCE_MS = 8 * 60_000;
const models = mkdtempSync(join(tmpdir(), 'chainmend-models-'));
afterAll(() => rmSync(models, { recursive: true }));

/** Shells, the CLI's Python and a region for each way take a minute: `npm test -- approval-pasted` runs them. */
const ASKED = isAsked('approval-pasted');
const unasked: Found = { lacks: 'it is asked for by name: npm test -- approval-pasted' };
const first = ASKED ? await ensureVersion1() : unasked;
const second = ASKED ? await findVersion2(models) : unasked;

const has = (found: Found): found is AwsCli => !('lacks' in found);
const hasShell = (name: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsIn(folder, name));
const existsIn = (folder: string, name: string): boolean => existsSync(join(folder, name));
/** The commands for npm do not need the CLI. */
const NO_CLI: AwsCli = { version: 'none', folder: '/usr/bin', environment: {}, needsEndpoint: false };

const warned = new Set<string>();
/** Loud where a tool is missing, because skipped tests test nothing. */
function where(found: Found, what: string, lacks = has(found) ? undefined : found.lacks) {
  if (lacks === undefined) return { run: describe, name: what };
  if (!warned.has(lacks)) console.warn(`approval-pasted: left out: ${lacks}`);
  warned.add(lacks);
  return { run: describe.skip, name: `${what} (left out: ${lacks})` };
}

interface Case extends Pasting {
  readonly name: string;
}
const cases: Case[] = [];
const results = new Map<string, Pasted>();
const add = (way: Pasting['way'], shell: Pasting['shell'], cli: Found): string => {
  const name = `${way} ${shell} ${has(cli) ? cli.version : ''}`;
  if (has(cli) && hasShell(shell)) cases.push({ name, way, shell, cli });
  return name;
};
const of = (name: string): Pasted => {
  const found = results.get(name);
  if (!found) throw new Error(`${name} was not played`);
  return found;
};

beforeAll(async () => {
  const played = await runJob('pasted', cases);
  for (const [at, { name }] of cases.entries()) results.set(name, played[at] as Pasted);
}, PATIENCE_MS);

for (const [cli, what, shells] of [
  [first, 'version 1 of the AWS CLI', ['bash', 'zsh', 'fish']],
  [second, 'version 2 of the AWS CLI', ['bash', 'zsh']],
] as const) {
  for (const shell of shells) {
    const { run, name } = where(cli, `${what} in ${shell}`, has(cli) && !hasShell(shell) ? shell : undefined);
    const key = add('approve', shell, cli);
    run(name, () => {
      it('approves with the line of the mail, and the heal goes on', () => {
        const { status, output, sizeGiB, modifications, journal } = of(key);
        expect({ status, output }).toEqual({ status: 0, output: '' });
        expect({ sizeGiB, modifications }).toEqual({ sizeGiB: 900, modifications: 1 });
        expect(journal[0]).toMatch(/^decision plan [0-9a-f]{16} is approved, by whom was not told$/);
      });

      it('cannot approve a second time', () => {
        const { again, modifications } = of(key);
        expect(again.status).not.toBe(0);
        expect(again.output).toContain('CallbackTimeoutException');
        expect(modifications).toBe(1);
      });
    });
  }

  const { run, name } = where(cli, what);
  const keys = { reject: add('reject', 'bash', cli), wrong: add('wrong', 'bash', cli), late: add('late', 'bash', cli) };
  run(`${name}, where it is no yes`, () => {
    const untouched = { sizeGiB: 500, modifications: 0 };

    it('refuses: nothing is done, and the journal says that a person said no', () => {
      const { status, output, journal, ...rest } = of(keys.reject);
      expect({ status, output, ...rest }).toMatchObject({ status: 0, output: '', ...untouched, questions: 1 });
      expect(journal).toEqual(['refusal approval-denied: a person said no, by whom was not told']);
    });

    it('a yes to another plan is none, and people are asked again', () => {
      const { status, journal, ...rest } = of(keys.wrong);
      expect({ status, ...rest }).toMatchObject({ status: 0, ...untouched, questions: 2 });
      expect(journal[0]).toMatch(
        /^refusal approval-denied: the answer is for plan 0000[0-9a-f]{12}, this one is [0-9a-f]{16}$/,
      );
    });

    it('a yes that comes too late is refused by AWS', () => {
      const { status, output, journal, ...rest } = of(keys.late);
      expect(rest).toMatchObject(untouched);
      expect(status).not.toBe(0);
      expect(output).toContain('CallbackTimeoutException');
      expect(journal[0]).toBe('refusal approval-expired: nobody approved the plan within 4 h');
    });
  });
}

const npm = where(ASKED ? NO_CLI : unasked, 'npm run chainmend, from the mail');
const healApproves = add('heal-approve', 'bash', ASKED ? NO_CLI : unasked);
const healRejects = add('heal-reject', 'bash', ASKED ? NO_CLI : unasked);
npm.run(npm.name, () => {
  it('approves, says what will be done before it does, and the journal has the name that STS told', () => {
    const { status, output, again, sizeGiB, journal } = of(healApproves);
    expect({ status, sizeGiB }).toEqual({ status: 0, sizeGiB: 900 });
    expect(output).toMatch(/^size +500 → 900 GiB at most$/m);
    expect(output).toContain('Approved, as arn:aws:iam::111122223333:user/person.');
    expect(journal[0]).toMatch(
      /^decision plan [0-9a-f]{16} is approved, by arn:aws:iam::111122223333:user\/person as the answer claims$/,
    );
    expect(again.status).toBe(1);
    expect(again.output).toMatch(/Already answered: plan [0-9a-f]{16} was approved/);
  });

  it('rejects', () => {
    const { status, output, sizeGiB, modifications, journal } = of(healRejects);
    expect({ status, sizeGiB, modifications }).toEqual({ status: 0, sizeGiB: 500, modifications: 0 });
    expect(output).toContain('Rejected, as arn:aws:iam::111122223333:user/person.');
    expect(journal).toEqual([
      'refusal approval-denied: a person said no, by arn:aws:iam::111122223333:user/person as the answer claims',
    ]);
  });
});

const serving = where(first, 'npm start -- --serve shows the mail, and');
serving.run(serving.name, () => {
  it(
    'its line, pasted into another shell, is all that the heal has waited for',
    async () => {
      const words = ['local/main.ts', '--serve', '--speed', '60', '--scenario', 'disk-full-ask'];
      const served = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...words], { cwd: ROOT });
      const ended = new Promise((resolve) => served.once('exit', resolve));
      let exports = '';
      let mails = '';
      served.stdout.setEncoding('utf8').on('data', (some: string) => {
        exports += some;
      });
      served.stderr.setEncoding('utf8').on('data', (some: string) => {
        mails += some;
      });
      try {
        const line = await eventually(() => /^echo '\{"approve":true.*$/m.exec(mails)?.[0]);
        const { folder } = has(first) ? first : NO_CLI;
        const shell = spawn('bash', { cwd: ROOT, stdio: ['pipe', 'inherit', 'inherit'] });
        // A shell can evaluate what --serve prints on its standard output.
        shell.stdin.end(`export PATH='${folder}':"$PATH"\n${exports}\n${line}\n`);
        expect(await new Promise((resolve) => shell.once('close', resolve))).toBe(0);
        const endpoint = /AWS_ENDPOINT_URL=(\S+)/.exec(exports)?.[1] ?? '';
        const said = (name: string) => new RegExp(`${name}=(\\S+)`).exec(exports)?.[1] ?? '';
        const credentials = { accessKeyId: said('AWS_ACCESS_KEY_ID'), secretAccessKey: said('AWS_SECRET_ACCESS_KEY') };
        const how = { endpoint, region: 'eu-west-1', credentials };
        const ec2 = new EC2Client(how);
        const grown = { Filters: [{ Name: 'size', Values: ['900'] }] };
        await eventually(async () => (await ec2.send(new DescribeVolumesCommand(grown))).Volumes?.[0]);
      } finally {
        served.kill('SIGINT');
        await ended;
      }
    },
    PATIENCE_MS,
  );
});

async function eventually<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 600; tries++) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('it did not come within two minutes');
}
