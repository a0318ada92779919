// `chainmend adopt` as words of a person: what it writes, what it never overwrites, and what a wrong word gives.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ReadOptions } from '../../../../infra/commands/adopt/account.ts';
import { type ReadOut, readOutText } from '../../../../infra/commands/adopt/read-out.ts';
import type { TwinInput, TwinLine } from '../../../../infra/commands/adopt/twin-form.ts';
import { addAdoptVerb } from '../../../../infra/commands/adopt/verbs.ts';
import type { StoredFleet } from '../../../../infra/commands/fleets/stored-fleet.ts';
import { type JsonResult, runProgram } from '../../../../infra/commands/program.ts';
import { readFleetFiles } from '../../../../infra/fleets.ts';
import { parseFleetDocument } from '../../../../shared/fleet/whole.ts';
import { nodesNamed, someReadOut } from '../../../fixtures/builders/read-out.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chainmend-adopt-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const ACCOUNT = someReadOut(nodesNamed(['acme1', 'acme2'], { Component: 'nodes/bitcoin' }));

async function adopt(
  words: string,
  account: ReadOut = ACCOUNT,
  twin: readonly TwinLine[] = [],
  stored: readonly StoredFleet[] = [],
) {
  const said: string[] = [];
  const wrong: string[] = [];
  const asked: ReadOptions[] = [];
  const played: TwinInput[] = [];
  let json: JsonResult | undefined;
  const output = {
    say: (text: string) => void said.push(text),
    complain: (text: string) => void wrong.push(text),
    write: (result: JsonResult) => {
      json = result;
    },
  };
  const status = await runProgram(
    ['adopt', ...words.split(' ').filter((word) => word !== '')],
    output,
    (program, ended) =>
      addAdoptVerb(
        program,
        async () => ({
          ...{ say: output.say, status: () => {} },
          read: async (options) => {
            asked.push(options);
            return account;
          },
          stored: async () => stored,
          playTwin: async (input, heard) => {
            played.push(input);
            for (const line of twin) heard(line);
            return { lines: twin };
          },
        }),
        ended,
      ),
  );
  return { status, said: said.join('\n'), wrong: wrong.join('\n'), asked, played, json };
}

describe('files', () => {
  it('are written in mode plan, and pass the check as they are', async () => {
    expect(await adopt(`--out ${folder}`)).toMatchObject({ status: 0, wrong: '' });
    expect(readdirSync(folder)).toEqual(['bitcoin.yaml']);
    expect(readFleetFiles([join(folder, 'bitcoin.yaml')]).map(({ fleet }) => fleet.mode)).toEqual(['plan']);
  });

  it('that are there stay as they are, and the exit status says that not all is done', async () => {
    writeFileSync(join(folder, 'bitcoin.yaml'), 'mine\n');
    const { status, said } = await adopt(`--out ${folder}`);
    expect(status).toBe(1);
    expect(said).toMatch(/kept as it is: .*bitcoin.yaml was there before/);
    expect(readFileSync(join(folder, 'bitcoin.yaml'), 'utf8')).toBe('mine\n');
  });

  it('of fleets that are deployed are those that are stored: no poorer proposal, and no second fleet of the same nodes', async () => {
    const document = parseFleetDocument({
      ...{ fleet: 'mine', chain: 'bitcoin', mode: 'act', role: 'follower', unit: 'node@*' },
      ...{ nodes: { tag: { Component: 'nodes/bitcoin' } }, volumes: { data: '/node-data' } },
    });
    const { status, said } = await adopt(`--out ${folder}`, ACCOUNT, [], [{ fleet: 'mine', document }]);
    expect(status).toBe(0);
    expect(said).toContain(
      'bitcoin is deployed already, as mine, in mode act: its file is the one that is stored, and not this proposal.',
    );
    expect(readdirSync(folder)).toEqual(['mine.yaml']);
    expect(readFleetFiles([join(folder, 'mine.yaml')]).map((one) => one.document)).toEqual([document]);
  });

  it('of other names that have these nodes already stay alone: two fleets with one node would be refused', async () => {
    const mine = 'fleet: mine\nchain: bitcoin\nmode: act\nnodes: { tag: { Component: nodes/bitcoin } }\n';
    writeFileSync(join(folder, 'mine.yaml'), mine);
    const { status, said } = await adopt(`--out ${folder}`);
    expect(status).toBe(1);
    expect(said).toMatch(/kept as it is: .*mine.yaml was there before/);
    expect(readdirSync(folder)).toEqual(['mine.yaml']);
  });

  it.each(['', '--plan', '--plan --out FOLDER'])('are not written with "%s"', async (words) => {
    expect((await adopt(words.replace('FOLDER', folder))).status).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a read-out', () => {
  it('is masked, and only its owner may read it', async () => {
    const path = join(folder, 'account.json');
    const { status, said } = await adopt(`--read-out ${path}`);
    expect({ status, told: /Not masked: words that name nobody/.test(said) }).toEqual({ status: 0, told: true });
    expect(readFileSync(path, 'utf8')).not.toMatch(/acme|210987654321/);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('keeps names where that is said', async () => {
    await adopt(`--read-out ${join(folder, 'account.json')} --no-mask`);
    expect(readFileSync(join(folder, 'account.json'), 'utf8')).toContain('acme1');
  });

  it('takes the place of the account: nothing is asked of AWS', async () => {
    const path = join(folder, 'account.json');
    writeFileSync(path, readOutText(ACCOUNT));
    const { status, said, asked } = await adopt(`--from ${path}`);
    expect({ status, asked }).toEqual({ status: 0, asked: [] });
    expect(said).toMatch(/^bitcoin {2}bitcoin +2 {2}follower {2}grow watch restart$/m);
  });
});

describe('the twin', () => {
  const drill: TwinLine = {
    ...{
      kind: 'drill',
      fleet: 'bitcoin',
      node: 'acme1',
      role: 'follower',
      drill: 'full-disk',
      healed: true,
      by: 'grow',
    },
    ...{ seconds: 41, codes: [], why: '', broken: [] },
  };

  it('plays what is proposed, and says what came of it', async () => {
    const { status, said, played } = await adopt('--twin --storms 2 --seed 7', ACCOUNT, [drill]);
    expect(status).toBe(0);
    expect(said).toContain('bitcoin: a full disk on acme1 (follower): healed in 41 s, the volume is grown');
    expect(played).toMatchObject([{ seed: 7, storms: 2, fleets: [{ fleet: 'bitcoin', mode: 'plan' }] }]);
  });

  it('plays the file that a person has completed', async () => {
    await adopt(`--out ${folder}`);
    const path = join(folder, 'bitcoin.yaml');
    writeFileSync(path, `${readFileSync(path, 'utf8')}unit: node@*\n`);
    expect((await adopt(`--out ${folder} --twin`)).played).toMatchObject([{ fleets: [{ unit: 'node@*' }] }]);
  });

  it('refuses a file that is not right, with its place', async () => {
    writeFileSync(join(folder, 'bitcoin.yaml'), 'fleet: bitcoin\nchian: bitcoin\n');
    expect(await adopt(`--out ${folder} --twin`)).toMatchObject({
      status: 2,
      wrong: expect.stringMatching(/bitcoin.yaml:2:1 unknown key "chian"; did you mean "chain"\?/),
    });
  });

  it('ends with 1 where a promise was broken', async () => {
    const { status, said } = await adopt('--twin', ACCOUNT, [{ ...drill, broken: ['one writer for each volume'] }]);
    expect(status).toBe(1);
    expect(said).toContain('  broken: one writer for each volume');
  });
});

describe('words', () => {
  it('--tag narrows what is read', async () => {
    expect((await adopt('--tag Environment=prod')).asked).toMatchObject([
      { tag: { key: 'Environment', value: 'prod' } },
    ]);
  });

  it.each<[string, RegExp]>([
    ['--tag prod', /--tag: "prod" given; expected KEY=VALUE/],
    ['--tag Name=a*', /--tag: "Name=a\*" given; expected KEY=VALUE/],
    ['--from missing.json', /no file missing.json; expected one that chainmend adopt --read-out wrote/],
    ['--from package.json', /package.json: readOut is missing/],
    ['--from x --tag a=b', /do not go together/],
    ['--from x --read-out y', /do not go together/],
    ['--read-out x --out y', /--read-out writes a read-out and nothing else/],
    ['--read-out package.json', /package.json is there already/],
    ['--storms 3', /--storms and --seed: only with --twin/],
    ['--twin --storms 0', /Expected a whole number from 1 to 100/],
    ['--twni', /unknown option '--twni'.*\n?.*--twin/],
  ])('%s is wrong use', async (words, message) => {
    expect(await adopt(words)).toMatchObject({ status: 2, said: '', wrong: expect.stringMatching(message) });
  });

  it('an account without a node ends with 1', async () => {
    expect(await adopt('', someReadOut([{ tags: { Name: 'web' }, path: null }]))).toMatchObject({
      status: 1,
      said: expect.stringContaining('No fleet is found.'),
    });
  });

  it('--json has each fleet with its document', async () => {
    const { json } = await adopt('--json');
    expect(json).toMatchObject({
      status: 0,
      facts: { fleets: [{ fleet: 'bitcoin', document: { mode: 'plan' } }], files: [] },
    });
  });
});
