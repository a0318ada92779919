// `chainmend` as a person uses it: a process of its own for each command, with only the variables that `npm start -- --serve` has printed.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { GetParametersByPathCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type LocalRegion, serveLocally } from '../../../infra/commands/local-region.ts';
import { VERBS } from '../../../infra/commands/verb-table.ts';
import type { ReportFacts } from '../../../infra/report/facts.ts';
import { sampled } from '../../fixtures/asked.ts';
import { long } from '../../fixtures/long.ts';
import { WRONG_WORDS } from '../../fixtures/wrong-words.ts';

const ROOT = join(import.meta.dirname, '../../..');
const BOOT_MS = 180_000;
const HEALED_MS = 90_000;

let served: LocalRegion;
let environment: Record<string, string>;

beforeAll(async () => {
  served = await serveLocally('manual-restore@0');
  environment = { ...served.environment };
}, BOOT_MS);

afterAll(async () => {
  await served.end();
});

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param words separated by blanks; `'` holds several together */
async function chainmend(words: string, more: Record<string, string> = environment): Promise<Ended> {
  const typed = words.match(/'[^']*'|\S+/g)?.map((word) => word.replaceAll("'", '')) ?? [];
  const args = ['--disable-warning=ExperimentalWarning', 'infra/commands/chainmend-cli.ts', ...typed];
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

const configOf = (variables: Readonly<Record<string, string>>) => ({
  region: variables['AWS_REGION'] ?? '',
  endpoint: variables['AWS_ENDPOINT_URL'] ?? '',
  credentials: {
    accessKeyId: variables['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: variables['AWS_SECRET_ACCESS_KEY'] ?? '',
  },
});

const objectOf = ({ stdout }: Ended): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>;

describe('a node', () => {
  long('verbs')(
    'is planned for, with its data, its cost and its time, and nothing is done',
    async () => {
      const { status, stdout } = await chainmend('plan bitcoin/node3');
      expect(status).toBe(0);
      expect(stdout).toMatch(/^plan +swap: a person asked for it/m);
      expect(stdout).toMatch(/^data +.*(verified|clean), height \d+/m);
      expect(stdout).toMatch(/^guard swap +may be done$/m);
      expect(stdout).toMatch(/^cost +\$\d+\.\d\d a month/m);
      expect(stdout).toMatch(/^time +\d+ min at most/m);
      expect((await chainmend('status bitcoin/node3')).stdout).not.toContain('at work');
      expect(objectOf(await chainmend('restore bitcoin/node3 --plan --json'))).toMatchObject({
        status: 0,
        isPossible: true,
      });
    },
    HEALED_MS,
  );

  it(
    'is restored, proves itself, is explained, and is put back when asked',
    async () => {
      const restored = await chainmend('restore bitcoin/node3 --yes --wait');
      expect(restored).toMatchObject({ status: 0, stderr: '' });
      expect(restored.stdout).toMatch(/^restore bitcoin\/node3: incident \w{8}, attempt \d+$/m);
      expect(restored.stdout).toMatch(/ intent +exchange the volumes/);
      expect(restored.stdout).toMatch(/^Done\. height \d+/m);
      const explained = await chainmend('explain bitcoin/node3');
      expect(explained.stdout).toMatch(/^done +.*make a data volume/m);
      expect(explained.stdout).toMatch(/^ +npm run chainmend -- undo bitcoin\/node3$/m);
      const undone = await chainmend('undo bitcoin/node3 --yes --wait');
      expect(undone).toMatchObject({ status: 0, stderr: '' });
      expect(undone.stdout).toMatch(/^Done\. /m);
    },
    HEALED_MS,
  );

  it(
    'is told at once what no waiting changes: one sentence, no incident, no page, and nothing that is tried again',
    async () => {
      for (const words of ['undo bitcoin/node4 --yes', 'undo bitcoin/node4 --plan']) {
        const { status, stdout, stderr } = await chainmend(words);
        expect([words, status, stdout]).toEqual([words, 1, '']);
        expect(stderr).toMatch(
          /^Refused \(nothing-to-undo\): no heal has kept volumes of this node; .*says how\. Nothing was begun\.\s*$/,
        );
      }
      const REFUSED: readonly (readonly [words: string, why: RegExp])[] = [
        [
          'restore bitcoin/node4 --snapshot snap-0123456789abcdef0',
          /^Refused \(snapshot-unfit\): .*snap-0123456789abcdef0.* Nothing was begun\.$/,
        ],
        ['shrink bitcoin/node4 --to 60000', /^Refused \(shrink-unfit\): .* Nothing was begun\.$/],
        ['drill bitcoin', /^Refused: the file of bitcoin has no drills\. Add drills: /],
        ['upgrade bitcoin --to 28.1', /^Refused: the file of bitcoin names no client\.versions/],
        ['scale bitcoin 5', /^bitcoin has no group that may be scaled\. /],
      ];
      await Promise.all(
        REFUSED.map(async ([words, why]) => {
          const { status, stdout, stderr } = await chainmend(`${words} --yes`);
          expect([words, status, stdout, stderr.trim()]).toEqual([words, 1, '', expect.stringMatching(why)]);
        }),
      );
      const { stdout } = await chainmend('status bitcoin');
      expect(stdout).not.toMatch(/node4 +\w+:|drill|upgrade|shrink/);
      expect(await chainmend('ack')).toMatchObject({ status: 0, stdout: 'No page is open: nobody is waited for.\n' });
    },
    2 * HEALED_MS,
  );

  it('is paused by its tag at once, which status says, and goes on', async () => {
    expect(await chainmend("pause bitcoin/node4 --why 'mine for now'")).toMatchObject({ status: 0 });
    const pausedStatus = await chainmend('status bitcoin/node4');
    expect(pausedStatus.stdout).toMatch(
      /^PAUSED +bitcoin\/node4: the node is paused by its tag chainmend:pause: mine for now\. Go on with: npm run chainmend -- resume bitcoin\/i-\w+$/m,
    );
    const refused = await chainmend('restore bitcoin/node4 --yes');
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('mine for now') });
    expect(await chainmend('resume bitcoin/node4')).toMatchObject({ status: 0 });
    expect((await chainmend('status bitcoin/node4')).stdout).not.toContain('PAUSED');
  });

  long('verbs')('is snapshotted by hand, and the journal has every line of it', async () => {
    expect(await chainmend('snapshot bitcoin --yes')).toMatchObject({ status: 0 });
    expect(objectOf(await chainmend('journal bitcoin --lines 5 --json'))).toMatchObject({ lines: expect.any(Array) });
    const { lines } = objectOf(await chainmend('journal bitcoin --by snapshot-node --json'));
    expect(new Set((lines as { by: string }[]).map(({ by }) => by))).toEqual(new Set(['snapshot-node']));
    const few = await chainmend('journal bitcoin --lines 1');
    expect(few.stdout).toMatch(/^Older lines of .*dispatch-heal.* are not shown: --by FUNCTION, or --lines NUMBER\.$/m);
  });
});

describe('the last days', () => {
  long('verbs')('are read from the region as from an account, and judged', async () => {
    const told = objectOf(await chainmend('backtest bitcoin --days 1 --json'));
    expect(told).toMatchObject({ status: 0, days: 1, fleets: [{ fleet: 'bitcoin', beside: [], notes: [] }] });
    expect(await chainmend('backtest bitcion')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('did you mean bitcoin?'),
    });
    expect(await chainmend('backtest --days 91')).toMatchObject({ status: 2 });
  });
});

describe('a report', () => {
  it('has the nodes, the journal and the snapshots of the fleet, each from the region as from an account', async () => {
    const out = join(mkdtempSync(join(tmpdir(), 'chainmend-report-')), 'report.html');
    const told = objectOf(await chainmend(`report bitcoin --since 1d --out ${out} --json`));
    expect(told).toMatchObject({ status: 0, file: out });
    const { nodes, journal, fleets, notes } = told['report'] as ReportFacts;
    expect(notes).toEqual([]);
    expect(nodes.map(({ node }) => node).sort()).toEqual(['node1', 'node2', 'node3', 'node4']);
    for (const { health, lag, disk } of nodes)
      expect(Math.min(health.length, lag.length, disk.length)).toBeGreaterThan(2);
    expect(journal.length).toBeGreaterThan(0);
    expect(fleets).toMatchObject([
      { fleet: 'bitcoin', recovery: { is: 'known', newest: { height: expect.any(Number) } } },
    ]);
    expect(readFileSync(out, 'utf8')).toContain('<h1>Account ');
    rmSync(dirname(out), { recursive: true });
  });

  long('verbs')('of a fleet that is not there, and of a time that is none, is wrong use', async () => {
    expect(await chainmend('report bitcion')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('did you mean bitcoin?'),
    });
    expect(await chainmend('report --since 7w')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('such as 7d or 36h'),
    });
  });
});

describe('a fleet', () => {
  it('is shown with each node, to people and to machines', async () => {
    const { stdout } = await chainmend('status');
    expect(stdout).toMatch(/^bitcoin +act +4 +/m);
    const told = objectOf(await chainmend('status bitcoin --json'));
    expect(told).toMatchObject({ status: 0, fleets: [{ fleet: 'bitcoin', mode: 'act', paused: null }] });
    const [{ nodes }] = told['fleets'] as [{ nodes: { node: string }[] }];
    expect(nodes.map(({ node }) => node)).toEqual(['node1', 'node2', 'node3', 'node4']);
    const endpoints = objectOf(await chainmend('endpoints bitcoin --json'));
    expect(endpoints).toMatchObject({
      status: 0,
      address: expect.arrayContaining([expect.stringMatching(/^10\..*:8332$/)]),
    });
    expect(endpoints['dns']).toHaveLength(4);
  });

  it('is paused and resumed, and says so first', async () => {
    expect(await chainmend("pause bitcoin --why 'looking at it myself'")).toMatchObject({ status: 0 });
    expect((await chainmend('status bitcoin')).stdout.split('\n')[1]).toContain(
      'fleet bitcoin is paused: looking at it myself',
    );
    const refused = await chainmend('restore bitcoin/node2 --yes');
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('looking at it myself') });
    expect(await chainmend('resume bitcoin')).toMatchObject({ status: 0 });
  });

  it('has a file that is checked, shown and pushed', async () => {
    expect(objectOf(await chainmend('check --fleets examples/fleets --json'))).toMatchObject({
      files: expect.arrayContaining([expect.objectContaining({ fleet: 'bitcoin' })]),
    });
    expect(objectOf(await chainmend('show bitcoin --fleets examples/fleets --json'))).toMatchObject({
      fleet: 'bitcoin',
      fields: expect.any(Array),
    });
    expect(await chainmend('push irita --fleets examples/fleets')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('not deployed'),
    });
  });

  long('verbs')('is not retired while it is looked after, and what it would leave is counted', async () => {
    const refused = await chainmend('retire bitcoin --yes');
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('Nothing was removed') });
    expect(await chainmend('left bitcoin')).toMatchObject({ status: 0, stderr: '' });
  });

  long('verbs')('keeps the records that its owner made, unless they are handed over', async () => {
    expect(await chainmend('names adopt bitcoin --yes')).toMatchObject({ stderr: expect.not.stringContaining('at ') });
    expect(await chainmend('names release bitcoin --yes')).toMatchObject({
      stderr: expect.not.stringContaining('at '),
    });
  });
});

describe('without a terminal and --yes', () => {
  const WIDER = mkdtempSync(join(tmpdir(), 'chainmend-wider-'));
  const text = readFileSync(join(ROOT, 'examples/fleets/bitcoin.yaml'), 'utf8');
  writeFileSync(join(WIDER, 'bitcoin.yaml'), `${text}\ndisk: { maximumSizeGiB: 60000 }\n`);
  afterAll(() => rmSync(WIDER, { recursive: true }));

  /** One line for each verb that asks. */
  const ASKING: Readonly<Record<string, string>> = {
    restore: 'restore bitcoin/node2',
    replace: 'replace bitcoin/node2',
    undo: 'undo bitcoin/node2',
    shrink: 'shrink bitcoin/node2 --to 100',
    snapshot: 'snapshot bitcoin',
    upgrade: 'upgrade bitcoin --to 28.1',
    drill: 'drill bitcoin',
    scale: 'scale bitcoin 5',
    approve: 'approve 7f3a',
    reject: 'reject 7f3a',
    push: `push bitcoin --fleets ${WIDER}`,
    retire: 'retire bitcoin',
    'names adopt': 'names adopt bitcoin',
    'names release': 'names release bitcoin',
    smoke: 'smoke --remove',
  };

  it('every verb that asks is here', () => {
    const asking = Object.entries(VERBS).flatMap(([verb, { asks }]) => (asks === 'never' ? [] : [verb]));
    expect(Object.keys(ASKING).sort()).toEqual(asking.sort());
  });

  it(
    'no verb changes anything that wants a yes',
    async () => {
      const client = new SSMClient({ ...configOf(environment) });
      const stored = async () => {
        const { Parameters = [] } = await client.send(
          new GetParametersByPathCommand({ Path: '/chainmend', Recursive: true }),
        );
        return Parameters.map(({ Name, Version }) => `${Name} ${Version}`).sort();
      };
      // Those that are over leave the list after an hour.
      const incidents = async (): Promise<readonly string[]> =>
        [...(await chainmend('status bitcoin/node2')).stdout.matchAll(/ ([0-9a-f]{8}) +\d/g)].map(([, id = '']) => id);
      const before = await stored();
      const known = await incidents();
      for (const [verb, words] of Object.entries(ASKING)) {
        const { status, stderr } = await chainmend(words);
        // Nothing waits for an approval here, which is told first.
        const isNone = verb === 'approve' || verb === 'reject';
        expect([verb, status]).toEqual([verb, isNone ? 2 : 1]);
        if (!isNone) expect(stderr.trim()).toMatch(/Nothing was changed\. With a yes[\s\S]* --yes$/);
      }
      expect(await stored()).toEqual(before);
      expect(known).toEqual(expect.arrayContaining([...(await incidents())]));
    },
    HEALED_MS,
  );
});

describe('a wrong word', () => {
  it.each(sampled('verbs', WRONG_WORDS, 12))(
    '%s: says what is wrong and what was probably meant, and exits with 2',
    async (words, sentence) => {
      const { status, stdout, stderr } = await chainmend(words);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toContain(sentence);
      expect(stderr).not.toMatch(/^ {4}at /m);
    },
  );

  it('is an object, too, where a machine asks', async () => {
    const told = await chainmend('status bitcion --json');
    expect(objectOf(told)).toEqual({ status: 2, said: [], wrong: ['no fleet "bitcion"; did you mean bitcoin?'] });
  });

  it('does not hide where the account was looked for', async () => {
    const lost = await chainmend('status bitcoin', { AWS_EC2_METADATA_DISABLED: 'true', HOME: '/nonexistent' });
    expect(lost).toMatchObject({ status: 1, stdout: '' });
    expect(lost.stderr).toMatch(/^the fleet files: .*your environment says which account and region/);
  });
});

describe('--local', () => {
  long('verbs')(
    'is a region of its own for one command, after its story or in the middle of it',
    async () => {
      const { PATH = '' } = process.env;
      const told = await chainmend('explain bitcoin/node2 --local disk-full --json', { PATH });
      expect(objectOf(told)).toMatchObject({
        state: 'healed',
        done: [expect.stringContaining('grow 500 → 900 GiB'), expect.anything()],
      });
      const early = await chainmend('status bitcoin --local disk-full@1', { PATH });
      expect(early.stdout).toContain('Nothing is open in bitcoin');
    },
    HEALED_MS,
  );

  long('verbs')(
    'says which decisions of its journal another version of the fleet file would change',
    async () => {
      const { PATH = '' } = process.env;
      const folder = mkdtempSync(join(tmpdir(), 'chainmend-diff-'));
      const [before, after] = [join(folder, 'before/bitcoin.yaml'), join(folder, 'after/bitcoin.yaml')];
      const text = readFileSync(join(ROOT, 'examples/fleets/bitcoin.yaml'), 'utf8').replace(
        /^mode: plan/m,
        'mode: act',
      );
      for (const path of [before, after]) mkdirSync(dirname(path), { recursive: true });
      writeFileSync(before, text);
      writeFileSync(after, `${text}\ndisk: { maximumSizeGiB: 600 }\n`);
      const told = await chainmend(`diff ${before} ${after} --journal --storms 0 --nodes 1 --local disk-full --json`, {
        PATH,
      });
      rmSync(folder, { recursive: true });
      expect(objectOf(told)).toMatchObject({
        status: 0,
        journal: {
          decisions: 1,
          different: [{ node: 'node2', trouble: 'full disk', before: 'grow to 900 GiB', after: 'grow to 600 GiB' }],
          undecidable: [],
        },
      });
    },
    4 * HEALED_MS,
  );
});
