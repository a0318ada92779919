import { execFile, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DescribeVolumesCommand, EC2Client } from '@aws-sdk/client-ec2';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Report } from '../../../local/scenarios/report/report.ts';

const MAIN = join(import.meta.dirname, '../../../local/main.ts');
const README = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8');
const FLAGS = ['--disable-warning=ExperimentalWarning', MAIN];
/** A CI host outside of UTC, and a working directory outside of the project. */
const { PATH, NODE_COMPILE_CACHE } = process.env;
const ELSEWHERE = { cwd: '/', env: { PATH, NODE_COMPILE_CACHE, TZ: 'Pacific/Kiritimati', CI: 'true' } };

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function npmStart(...words: string[]): Promise<Ended> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [...FLAGS, ...words], ELSEWHERE);
    return { status: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { status: code, stdout, stderr };
  }
}

describe('npm start', () => {
  let runs: readonly [Ended, Ended];
  beforeAll(async () => {
    runs = await Promise.all([npmStart('--json', '--scenario', 'disk-full'), npmStart()]);
  }, 120_000);

  it('prints one JSON object on stdout and nothing else', () => {
    const [{ status, stdout, stderr }] = runs;
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout.endsWith('}\n')).toBe(true);
    const report = JSON.parse(stdout) as Report;
    expect(Object.keys(report)).toEqual([
      ...['scenario', 'seed', 'lane', 'virtualSeconds', 'traceHash', 'heals', 'nodeOutageSeconds', 'plans'],
      ...['refusals', 'pages', 'nodes', 'dns', 'snapshots', 'fencedCommands', 'violations'],
    ]);
    expect(Object.keys(report.heals[0] ?? {})).toEqual([
      ...['kind', 'fleet', 'node', 'incident', 'attempt', 'outcome', 'reason', 'startedAtSeconds'],
      ...[
        'alarmToHealedSeconds',
        'awsSeconds',
        'backgroundSeconds',
        'nodeOutageSeconds',
        'outageSeconds',
        'clientSeconds',
        'caughtUpSeconds',
      ],
      ...['apiCalls', 'guardCalls', 'pollCalls', 'stateCalls'],
    ]);
    expect(Object.keys(report.nodes[0] ?? {})).toEqual([
      ...['fleet', 'node', 'role', 'state', 'height', 'heightLag', 'peers', 'instanceId', 'availabilityZone'],
      ...['privateIp', 'clientStarts', 'seen', 'volumes'],
    ]);
  });

  it('tells a person at once where there is no terminal, without colour, and where to look next', () => {
    const { status, stdout, stderr } = runs[1];
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).not.toContain('\x1b');
    const lines = stdout.trimEnd().split('\n');
    expect(lines[0]).toBe('chainmend · local region, seed 1 · nothing leaves this machine');
    expect(lines.slice(-3)).toEqual([
      expect.stringMatching(/^1 healed · 0 refused · 0 paged · 0 invariants broken · outage 0 s · \d+ API calls$/),
      'Step by step with evidence:  npm start -- --scenario disk-full --explain',
      'Other scenarios:             npm start -- --list',
    ]);
  });

  it('prints what the README says that one just saw', () => {
    const shown = /^```\n(chainmend · local region, seed 1 .*?)^```$/ms.exec(README)?.[1] ?? 'no such block';
    expect(runs[1].stdout.slice(0, shown.length)).toBe(shown);
  });
});

describe('wrong use', () => {
  it('ends with 2, says so on stderr, and shows no stack', async () => {
    expect(await npmStart('--scenario', 'disk-ful')).toEqual({
      status: 2,
      stdout: '',
      stderr: '--scenario: expected a known name, found "disk-ful"; did you mean disk-full?\n',
    });
  });
});

describe('npm start -- --serve', () => {
  it('prints what points an SDK at it, answers, and ends on Ctrl-C', async () => {
    const region = spawn(process.execPath, [...FLAGS, '--serve', '--speed', '1'], ELSEWHERE);
    try {
      let printed = '';
      const environment = await new Promise<Record<string, string>>((resolve, reject) => {
        region.stdout.setEncoding('utf8').on('data', (text: string) => {
          printed += text;
          const pairs = [...printed.matchAll(/^export (\w+)=(\S+)$/gm)].map(([, name = '', value = '']) => [
            name,
            value,
          ]);
          if (pairs.length === 5) resolve(Object.fromEntries(pairs));
        });
        region.once('exit', (status) => reject(new Error(`ended with ${status}: ${printed}`)));
      });
      const ec2 = new EC2Client({
        endpoint: environment['AWS_ENDPOINT_URL'] ?? '',
        region: environment['AWS_REGION'] ?? '',
        credentials: {
          accessKeyId: environment['AWS_ACCESS_KEY_ID'] ?? '',
          secretAccessKey: environment['AWS_SECRET_ACCESS_KEY'] ?? '',
        },
      });
      const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({}));
      expect(Volumes.map(({ Size }) => Size).sort()).toEqual([1000, 1000, 16, 16, 16, 500]);
      ec2.destroy();
      const ended = new Promise((resolve) => region.once('exit', resolve));
      region.kill('SIGINT');
      expect(await ended).toBe(0);
    } finally {
      region.kill('SIGKILL');
    }
  }, 300_000);
});
