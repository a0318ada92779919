// `status --accounts FILE`: one view of several accounts and regions, each of which is asked by itself.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Place } from '../../../../infra/commands/heal/accounts-file.ts';
import type { HealCommandContext } from '../../../../infra/commands/heal/context.ts';
import type { FleetFacts } from '../../../../infra/commands/heal/fleet-facts.ts';
import { answerOf, environmentOf } from '../../../../infra/commands/heal/place-process.ts';
import type { PlaceAnswer } from '../../../../infra/commands/heal/status-accounts.ts';
import { type LocalRegion, serveLocally } from '../../../../infra/commands/local-region.ts';
import { isAsked } from '../../../fixtures/asked.ts';
import { runHealVerb } from '../../../fixtures/verbs.ts';

const ROOT = join(import.meta.dirname, '../../../..');
const STORIES_MS = 180_000;
const folder = mkdtempSync(join(tmpdir(), 'chainmend-accounts-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const AT = '2026-11-26T08:00:00.000Z';
const node = (name: string, health: FleetFacts['nodes'][number]['health']): FleetFacts['nodes'][number] => ({
  ...{ node: name, instanceId: 'i-0123456789abcdef0', role: 'follower', health, reason: '', height: 7, lagBlocks: 0 },
  ...{ since: AT, seen: '2026-11-26T07:59:30.000Z' },
});
const fleet = (name: string, more: Partial<FleetFacts> = {}): FleetFacts => ({
  ...{ fleet: name, mode: 'act', broken: null, paused: null, incidents: [], asks: [] },
  nodes: [node('node1', 'synced'), node('node2', 'stuck')],
  ...more,
});
const well = (...fleets: readonly FleetFacts[]): PlaceAnswer => ({ status: 0, at: AT, fleets, wrong: [] });

const TWO = `accounts:
  - name: production
    profile: prod
    region: eu-west-1
    suite: payments
  - name: staging
    profile: stage
`;

async function run(file: string, answers: Readonly<Record<string, PlaceAnswer>> = {}, more: readonly string[] = []) {
  const path = join(folder, 'accounts.yaml');
  writeFileSync(path, file);
  const out = { said: [] as string[], complained: [] as string[], asked: [] as Place[] };
  const nobody = (): never => {
    throw new Error('nothing is asked of this account');
  };
  const context: HealCommandContext = {
    suite: nobody,
    say: (text) => void out.said.push(text),
    complain: (text) => void out.complained.push(text),
    status: () => {},
    confirm: undefined,
    sleep: async () => {},
  };
  const exit = await runHealVerb(['status', '--accounts', path, ...more], {
    ...context,
    askPlace: async (place) => {
      out.asked.push(place);
      return answers[place.name] ?? nobody();
    },
  });
  return { exit, asked: out.asked, text: out.said.join('\n'), complaint: out.complained.join('\n') };
}

describe('whoever runs several accounts', () => {
  it('sees the fleets of all of them in one table, and how to look further there', async () => {
    const { exit, text, asked } = await run(TWO, {
      production: well(
        fleet('bitcoin'),
        fleet('irita', { asks: [{ by: 'rotate-peers', plan: 'ab12cd34', until: AT }] }),
      ),
      staging: well(fleet('bitcoin', { mode: 'plan', nodes: [node('node1', 'synced')] })),
    });
    expect(exit).toBe(0);
    expect(asked.map(({ name }) => name)).toEqual(['production', 'staging']);
    const rows = text.split('\n').map((line) => line.trim().split(/ {2,}/));
    expect(rows[0]).toEqual(['WHERE', 'FLEET', 'MODE', 'NODES', 'WELL', 'SICK', 'ELSE', 'OPEN', 'ASKS', 'SEEN']);
    expect(rows[1]).toEqual(['production', 'bitcoin', 'act', '2', '1', '1', '0', '0', '0', '30 s ago']);
    expect(rows[2]).toEqual(['production', 'irita', 'act', '2', '1', '1', '0', '0', '1', '30 s ago']);
    expect(rows[3]).toEqual(['staging', 'bitcoin', 'plan', '1', '1', '0', '0', '0', '0', '30 s ago']);
    expect(text).toContain('npm run chainmend -- status FLEET --profile prod --region eu-west-1 --name payments');
  });

  it('is told what is paused and where, with the words that end it there', async () => {
    const paused = 'fleet bitcoin is paused: looking';
    const { text } = await run(TWO, { production: well(), staging: well(fleet('bitcoin', { paused })) });
    expect(text).toContain(
      'PAUSED    staging: fleet bitcoin is paused: looking. Go on with: npm run chainmend -- resume bitcoin --profile stage',
    );
    expect(text).toContain(
      'production (--profile prod --region eu-west-1 --name payments): no fleet file is stored there',
    );
  });

  it('sees the others where one does not answer, and the exit status says that it is not all', async () => {
    const { exit, text, complaint } = await run(TWO, {
      production: { status: 1, at: null, fleets: [], wrong: ['The security token is expired'] },
      staging: well(fleet('bitcoin')),
    });
    expect(exit).toBe(1);
    expect(text).toMatch(/^staging +bitcoin/m);
    expect(complaint).toBe(
      'production (--profile prod --region eu-west-1 --name payments) was not read: The security token is expired',
    );
  });

  it('hears where nothing is done for a fleet, or pages have no reader, in the words of that place', async () => {
    const wrong = ['bitcoin: nothing is done for it: disk.growAtPercent is 120'];
    const { exit, complaint } = await run(TWO, { production: { ...well(fleet('irita')), wrong }, staging: well() });
    expect([exit, complaint]).toEqual([0, `production: ${wrong[0]}`]);
  });

  it.each([
    ['accounts: []\n', [], 1, 'accounts.yaml:1:11 accounts is []; expected one place at least'],
    ['acounts: []\n', [], 1, 'unknown key "acounts"; did you mean "accounts"?'],
    [
      'accounts:\n  - name: prod\n    regoin: eu-west-1\n',
      [],
      1,
      ':3:5 unknown key "accounts.0.regoin"; did you mean "region"?',
    ],
    ['accounts:\n  - profile: prod\n', [], 1, 'accounts.0.name is missing; expected name, and what leads there'],
    ['accounts:\n  - name: a\n    region: europe\n', [], 1, 'expected a region, for example eu-west-1'],
    ['accounts:\n  - name: a\n    profile: "x; rm -rf"\n', [], 1, 'expected a profile of your AWS configuration'],
    ['accounts:\n  - name: a\n    suite: aws-x\n', [], 1, 'expected a name that does not begin with "aws"'],
    ['accounts:\n  - name: a\n  - name: b\n', [], 1, ':3:11 accounts.1.name is "b"; expected another place than "a"'],
    ['accounts:\n  - name: a\n  - name: a\n    region: eu-west-1\n', [], 1, 'expected a name of its own'],
    [TWO, ['bitcoin'], 2, 'bitcoin with --accounts, which shows every fleet; expected --profile and --region for one'],
    [TWO, ['--profile', 'prod'], 2, '--profile with --accounts: the file says where each of them is'],
    [TWO, ['--local', 'disk-full'], 2, '--local with --accounts: the file says where each of them is'],
  ])('is told what is wrong with the file, or beside it: %j %j', async (file, words, status, sentence) => {
    const { exit, complaint, asked } = await run(file, {}, words);
    expect(complaint).toContain(sentence);
    expect([exit, asked]).toEqual([status, []]);
  });

  it('is told that there is no such file', async () => {
    const heard: string[] = [];
    const complain = (text: string) => void heard.push(text);
    const context = { suite: () => undefined as never, say: () => {}, complain, status: () => {}, confirm: undefined };
    const exit = await runHealVerb(['status', '--accounts', join(folder, 'none.yaml')], {
      ...context,
      sleep: async () => {},
    });
    expect([exit, heard.join()]).toEqual([2, expect.stringMatching(/^no file ".*none\.yaml"$/)]);
  });
});

describe('a place is asked', () => {
  it('with its own profile, which no keys of the environment overrule', () => {
    const own = {
      PATH: '/bin',
      AWS_ACCESS_KEY_ID: 'A',
      AWS_SECRET_ACCESS_KEY: 'S',
      AWS_REGION: 'r',
      CHAINMEND_NAME: 'x',
    };
    expect(environmentOf({ name: 'a', profile: 'prod' }, own)).toEqual({ PATH: '/bin' });
    expect(environmentOf({ name: 'a', profile: 'prod', region: 'eu-west-1' }, own)).toEqual({
      PATH: '/bin',
      AWS_REGION: 'r',
    });
    const { CHAINMEND_NAME: _, ...rest } = own;
    expect(environmentOf({ name: 'a' }, own)).toEqual(rest);
  });

  it.each(['', 'Bus error', 'null', '[]', '{"fleets": []}', '{"status": 0, "fleets": 7}'])(
    'and an answer that is none counts as none: %j',
    (stdout) => expect(answerOf(stdout)).toBeUndefined(),
  );

  // Two regions that are served take both cores for a while.
  const leftOut = isAsked('accounts') ? it : it.skip;
  leftOut(
    'each a process and a region of its own: two stories at once, and a third place where nobody is',
    async () => {
      const regions: LocalRegion[] = [];
      try {
        regions.push(...(await Promise.all(['disk-full-ask@20', 'manual-restore@0'].map(serveLocally))));
        const config = join(folder, 'config');
        const profiles = [
          ...regions.map(({ environment }) => environment),
          { ...regions[0]?.environment, AWS_ENDPOINT_URL: 'http://127.0.0.1:9' },
        ];
        writeFileSync(config, profiles.map(profileOf).join('\n'));
        const file = join(folder, 'three.yaml');
        const places = profiles.map((_, at) => `  - { name: place${at}, profile: p${at} }\n`);
        writeFileSync(file, `accounts:\n${places.join('')}`);
        const words = ['--disable-warning=ExperimentalWarning', 'infra/commands/chainmend-cli.ts', 'status', '--json'];
        const env = {
          ...{ PATH: process.env['PATH'], AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: join(folder, 'none') },
          AWS_MAX_ATTEMPTS: '1',
        };
        const asked = promisify(execFile)(process.execPath, [...words, '--accounts', file], { cwd: ROOT, env });
        const { stdout, code } = await asked.then(
          ({ stdout }) => ({ stdout, code: 0 }),
          (error) => ({ stdout: error.stdout as string, code: error.code as number }),
        );
        const told = JSON.parse(stdout);
        expect(told.accounts).toMatchObject([
          { name: 'place0', fleets: [{ fleet: 'bitcoin', mode: 'ask', incidents: [{ asks: true }] }] },
          { name: 'place1', fleets: [{ fleet: 'bitcoin', mode: 'act' }] },
          { name: 'place2', at: null, fleets: [], wrong: [expect.stringMatching(/ECONNREFUSED/)] },
        ]);
        expect(code).toBe(1);
        expect(told.accounts[0].wrong).toEqual([expect.stringMatching(/^Nobody gets the pages/)]);
        expect(told.wrong.join('\n')).toContain('place2 (--profile p2) was not read: ');
      } finally {
        await Promise.all(regions.map(({ end }) => end()));
      }
    },
    STORIES_MS,
  );
});

const profileOf = (environment: Readonly<Record<string, string>>, at: number): string =>
  [
    `[profile p${at}]`,
    `endpoint_url = ${environment['AWS_ENDPOINT_URL']}`,
    `region = ${environment['AWS_REGION']}`,
    `aws_access_key_id = ${environment['AWS_ACCESS_KEY_ID']}`,
    `aws_secret_access_key = ${environment['AWS_SECRET_ACCESS_KEY']}`,
    '',
  ].join('\n');
