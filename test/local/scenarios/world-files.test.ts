// World files: what is wrong in one is told with its place, and the page that describes them is true. `UPDATE=1 npm test -- world-files` writes the
// schema for editors and the tables of the page.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { repositoryRoot } from '../../../infra/paths.ts';
import { START_MS } from '../../../local/region.ts';
import { allScenarios } from '../../../local/scenarios/catalog/index.ts';
import { NotThereError } from '../../../local/scenarios/world/world.ts';
import { expectationOf } from '../../../local/scenarios/world-file/expect.ts';
import { MomentError } from '../../../local/scenarios/world-file/moment-error.ts';
import { readWorld, WorldFileError, worldIn } from '../../../local/scenarios/world-file/read.ts';
import {
  rehearsePath,
  withWords,
  worldJsonSchemaPath,
  worldJsonSchemaText,
} from '../../../local/scenarios/world-file/reference.ts';
import { carryOutOrSay, type Moment, type Stage } from '../../../local/scenarios/world-file/timeline.ts';
import { AwsError } from '../../../local/simulator/service.ts';
import { sampled } from '../../fixtures/asked.ts';
import { runJob } from '../../fixtures/jobs.ts';

const PATIENCE_MS = 30 * 60_000;

const HEAD = `world: mine
says: A client hangs.
fleets: [{ file: local/scenarios/fleets/bitcoin.yaml }]
`;
const NODES = 'nodes: [{ fleet: bitcoin, names: [node1, node2] }]\n';
const END = 'expect: [{ heals: {}, count: none }]\n';

function problemsOf(text: string): readonly string[] {
  try {
    worldIn('mine.yaml', text, repositoryRoot);
  } catch (error) {
    if (error instanceof WorldFileError) return error.message.split('\n');
    throw error;
  }
  return [];
}

describe('what is wrong in a world file is told with its place and the nearest right word', () => {
  it.each([
    [
      'a key',
      `${HEAD}${NODES}tmieline: []\n${END}`,
      /^mine.yaml:5:1 unknown key "tmieline"; did you mean "timeline"\?/,
    ],
    [
      'a word of the timeline',
      `${HEAD}${NODES}timeline: [{ at: 3, do: hagn, node: bitcoin/node2 }]\n${END}`,
      /^mine.yaml:5:25 timeline.0.do is "hagn"; did you mean "hang"\?/,
    ],
    [
      'a key of that word',
      `${HEAD}${NODES}timeline: [{ at: 3, do: hang, nodes: bitcoin/node2 }]\n${END}`,
      /unknown key "timeline.0.nodes"; did you mean "node"\?/,
    ],
    [
      'a node that there is not',
      `${HEAD}${NODES}timeline: [{ at: 3, do: hang, node: bitcoin/nod2 }]\n${END}`,
      /^mine.yaml:5:37 timeline.0.node is "bitcoin\/nod2"; did you mean "bitcoin\/node2"\? Expected a node of this world/,
    ],
    [
      'a client that never catches up',
      `${HEAD}nodes: [{ fleet: bitcoin, name: a, client: { catchUpBlocksPerSecond: 0.001 } }]\n${END}`,
      /^mine.yaml:4:\d+ nodes.0.client.catchUpBlocksPerSecond is 0.001; expected more than 0.00\d+: its chain has a block each \d+ s/,
    ],
    [
      'an obstacle that its layout cannot have',
      `${HEAD}nodes: [{ fleet: bitcoin, name: a, volumes: [{ role: data, obstacle: partition-behind }] }]\n${END}`,
      /^mine.yaml:4:\d+ nodes.0.volumes.0.obstacle is "partition-behind"; expected partitioned: true beside it/,
    ],
    ['a fleet that there is not', `${HEAD}nodes: [{ fleet: bitconi, name: a }]\n${END}`, /did you mean "bitcoin"\?/],
    [
      'a unit behind a number',
      `${HEAD}${NODES}hours: 6h\n${END}`,
      /^mine.yaml:5:8 hours is "6h"; expected a number of hours/,
    ],
    [
      'a time that never comes',
      `${HEAD}${NODES}timeline: [{ at: -1, do: thaw, node: bitcoin/node2 }]\n${END}`,
      /timeline.0.at is -1/,
    ],
    [
      'an answer to no page',
      `${HEAD}${NODES}timeline: [{ at: 1, do: approve }]\n${END}`,
      /timeline.0.at is 1; expected a page/,
    ],
    [
      'a moment of a node that there is not',
      `${HEAD}${NODES}timeline: [{ at: { commanded: restart-client, node: bitcoin/nod2 }, do: thaw, node: bitcoin/node2 }]\n${END}`,
      /^mine.yaml:5:\d+ timeline.0.at.node is "bitcoin\/nod2"; did you mean "bitcoin\/node2"\?/,
    ],
    [
      'a moment of a call that nobody makes',
      `${HEAD}${NODES}timeline: [{ at: { called: CreateVpc }, do: thaw, node: bitcoin/node2 }]\n${END}`,
      /^mine.yaml:5:\d+ timeline.0.at/,
    ],
    [
      'a snapshot of nobody knows which volume',
      `${HEAD}nodes: [{ fleet: bitcoin, name: a, volumes: [{ role: data, lvm: true }] }]\nsnapshots: [{ of: bitcoin/a, hoursAgo: 8 }]\n${END}`,
      /^mine.yaml:5:\d+ snapshots.0.of is "bitcoin\/a"; expected a node of this world whose volumes are not on LVM/,
    ],
    [
      'an expectation of two lists',
      `${HEAD}${NODES}expect: [{ heals: {}, pages: {} }]\n`,
      /^mine.yaml:5:10 expect.0 is \["heals","pages"\]; expected one of heals, plans/,
    ],
    [
      'a word of the JSON',
      `${HEAD}${NODES}expect: [{ heals: { outcome: heald } }]\n`,
      /expect.0.heals.outcome is "heald"; (did you mean "healed"|expected)/,
    ],
    [
      'a fleet file that is not there',
      HEAD.replace('bitcoin.yaml', 'bitcoi.yaml') + NODES + END,
      /^mine.yaml:3:18 local\/scenarios\/fleets\/bitcoi.yaml cannot be read \(ENOENT\); expected a fleet file$/,
    ],
    [
      'a key of the fleet file',
      `${HEAD.replace(' }]', ', but: { mode: acts } }]')}${NODES}${END}`,
      /^mine.yaml:3:\d+ fleets.0.but.mode is "acts"; expected a mode: plan, ask, act$/,
    ],
    [
      'a node twice',
      `${HEAD}nodes: [{ fleet: bitcoin, names: [a, a] }]\n${END}`,
      /nodes is "bitcoin\/a"; expected each name once/,
    ],
  ])('%s', (_, text, line) => {
    expect(problemsOf(text).join('\n')).toMatch(line);
  });

  it('and nothing is wrong in a plain one', () => {
    expect(problemsOf(HEAD + NODES + END)).toEqual([]);
  });

  it('null takes a key out of the fleet file, and the file is checked without it', () => {
    const but = (change: string): string => `${HEAD.replace(' }]', `, but: ${change} }]`)}${NODES}${END}`;
    expect(problemsOf(but('{ unit: null, docker: bitcoind }'))).toEqual([]);
    expect(problemsOf(but('{ nodes: null }')).join('\n')).toMatch(/fleets.0.but.*nodes/);
  });
});

describe('a hostile world file', () => {
  it.each([
    ['a path out of the disk’s root', `${HEAD.replace('local/', '/etc/')}${NODES}${END}`],
    ['a command as a name', `${HEAD}nodes: [{ fleet: bitcoin, name: "$(reboot)" }]\n${END}`],
    ['a sequence for the terminal', `${HEAD.replace('A client hangs.', '"\\e]0;title\\a hangs"')}${NODES}${END}`],
    ['a prototype', `${HEAD}${NODES}chains: { __proto__: { height: 1 } }\n${END}`],
    [
      'more nodes than there may be',
      `${HEAD}nodes: [{ fleet: bitcoin, names: [${Array.from({ length: 201 }, (__, at) => `n${at}`)}] }]\n${END}`,
    ],
    ['more text than there may be', `${HEAD}${NODES}${END}#${'x'.repeat(100_000)}`],
    ['a file that contains itself', `${HEAD}${NODES}x: &a [*a]\n${END}`],
    ['nesting', `${HEAD}${NODES}x: ${'['.repeat(10_000)}`],
  ])('is refused: %s', (_, text) => {
    const problems = problemsOf(text);
    expect(problems.length).toBeGreaterThan(0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none may reach a terminal.
    for (const line of problems) expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
  });

  it('is refused where it cannot be read', () => {
    expect(() => readWorld(join(repositoryRoot, 'nowhere.yaml'))).toThrow('nowhere.yaml: cannot be read (ENOENT)');
  });
});

describe('a file of posted answers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'posted-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'worlds'));
  const beside = (file: string, text: string): void => writeFileSync(join(folder, 'worlds', file), text);
  beside('right.json', '{ "getblockchaininfo": [{ "error": { "code": -28, "message": "Loading…" } }, "refused"] }');
  beside('no-json.json', '{ "getblockchaininfo": ');
  beside('no-answer.json', '{ "getblockchaininfo": { "says": 7 } }');
  beside('long.json', JSON.stringify({ getblockchaininfo: { result: 'x'.repeat(100_000) } }));
  writeFileSync(join(folder, 'outside.json'), '{}');
  symlinkSync(join(folder, 'outside.json'), join(folder, 'worlds', 'link.json'));
  const problems = (file: string): string => {
    const here = join(folder, 'worlds');
    const head = HEAD.replace('local/', `${relative(here, repositoryRoot)}/local/`);
    const text = `${head}${NODES}timeline: [{ at: 3, do: rpc, node: bitcoin/node2, answers: ${file} }]\n${END}`;
    try {
      worldIn('mine.yaml', text, here);
    } catch (error) {
      if (error instanceof WorldFileError) return error.message;
      throw error;
    }
    return '';
  };

  it('is read with the world that names it', () => expect(problems('right.json')).toBe(''));

  it.each([
    [
      'is not there',
      'none.json',
      /^mine.yaml:5:\d+ .*none.json cannot be read \(ENOENT\); expected a file of answers$/,
    ],
    ['is outside the folder', '../outside.json', /timeline.0.answers is "..\/outside.json"; expected/],
    ['is a link to elsewhere', 'link.json', /link.json is a link to elsewhere; expected a file beside the world file$/],
    ['is no JSON', 'no-json.json', /no-json.json is no JSON/],
    ['has something else than answers', 'no-answer.json', /no-answer.json.*getblockchaininfo.*expected/],
    ['is too long', 'long.json', /long.json has \d+ bytes; expected at most 100000$/],
  ])('is refused with its place where it %s', (_, file, line) => expect(problems(file)).toMatch(line));
});

describe('an expectation', () => {
  const holds = (document: Parameters<typeof expectationOf>[0], lists: object): boolean =>
    expectationOf(document).holds({ heals: [], pages: [], nodes: [], ...lists } as never, undefined as never);
  const nodes = [
    { node: 'a', state: 'synced', heightLag: 0, volumes: [{ role: 'data', sizeGiB: 900 }] },
    { node: 'b', state: 'stuck', heightLag: 40, volumes: [{ role: 'data', sizeGiB: 500 }] },
  ];

  it('holds for one item at least, for all, for none, or for a number of them', () => {
    expect(holds({ nodes: { state: 'synced' } }, { nodes })).toBe(true);
    expect(holds({ nodes: { state: 'synced' }, count: 'all' }, { nodes })).toBe(false);
    expect(holds({ nodes: { state: ['synced', 'stuck'] }, count: 'all' }, { nodes })).toBe(true);
    expect(holds({ nodes: { state: 'forked' }, count: 'none' }, { nodes })).toBe(true);
    expect(holds({ nodes: {}, count: 2 }, { nodes })).toBe(true);
    expect(holds({ nodes: {}, count: { most: 1 } }, { nodes })).toBe(false);
  });

  it('compares texts, parts of texts, limits, and what one of a node’s volumes is like', () => {
    expect(holds({ nodes: { heightLag: { least: 30, most: 50 } }, count: 1 }, { nodes })).toBe(true);
    expect(holds({ nodes: { node: { has: 'a' } }, count: 1 }, { nodes })).toBe(true);
    expect(holds({ nodes: { node: 'a', volumes: { sizeGiB: { least: 900 } } } }, { nodes })).toBe(true);
    expect(holds({ nodes: { node: 'b', volumes: { sizeGiB: { least: 900 } } } }, { nodes })).toBe(false);
  });

  it('finds a word among those of a list', () => {
    const seen = [{ node: 'a', seen: ['synced', 'busy'] }];
    expect(holds({ nodes: { seen: 'busy' } }, { nodes: seen })).toBe(true);
    expect(holds({ nodes: { seen: 'stuck' } }, { nodes: seen })).toBe(false);
  });

  it('of all items does not hold where there is none', () => {
    expect(holds({ nodes: { state: 'synced' }, count: 'all' }, {})).toBe(false);
  });
});

it('what follows a request or a command happens again, too, where it has `every`', async () => {
  const text = `${HEAD}nodes: [{ fleet: bitcoin, names: [node1, node2, node3], volumes: [{ role: data, sizeGiB: 100 }] }]
timeline:
  - { at: 1, do: stop-client, node: bitcoin/node3 }
  - { at: { called: ChangeResourceRecordSets }, do: fill-disk, node: bitcoin/node2, path: /node-data, gib: 4, every: 2, times: 4 }
until: { minutes: 15 }
hours: 1
expect: [{ nodes: { node: node2, volumes: { usedPercent: { least: 61, most: 63 } } }, count: 1 }]
`;
  const [played] = await runJob('worlds', { texts: [text], folder: '.' });
  expect(played?.unmet).toEqual([]);
});

function generated(path: string, make: (now: string) => string): void {
  const now = readFileSync(path, 'utf8');
  if (process.env['UPDATE'] === '1') writeFileSync(path, make(now));
  else expect(now).toBe(make(now));
}

describe('an entry of the timeline that cannot be done', () => {
  const moment: Moment = { at: 3, do: 'untag', node: 'bitcoin/node1', key: 'Part' } as Moment;
  const stageWhere = (call: () => Promise<unknown>): Stage =>
    ({
      node: () => ({ instanceId: 'i-1' }),
      world: { region: { call, clock: { now: () => START_MS + 3 * 60_000 } } },
    }) as unknown as Stage;

  it.each([
    ['AWS refuses it', new AwsError('InvalidID', 'there is no i-1'), 'there is no i-1'],
    [
      'its node is gone',
      new NotThereError('the world has no node bitcoin/node1'),
      'the world has no node bitcoin/node1',
    ],
  ])('is told with its place: %s', async (_, error, why) => {
    const done = carryOutOrSay(
      stageWhere(() => Promise.reject(error)),
      moment,
      4,
    );
    await expect(done).rejects.toEqual(new MomentError(`timeline.4: untag cannot be done in minute 3: ${why}`));
  });

  it('is not made of a defect of the region', async () => {
    const defect = new Error('a defect');
    await expect(
      carryOutOrSay(
        stageWhere(() => Promise.reject(defect)),
        moment,
        4,
      ),
    ).rejects.toBe(defect);
  });
});

it('the schema for editors is up to date', () => generated(worldJsonSchemaPath, worldJsonSchemaText));
it('the page has every word', () => generated(rehearsePath, withWords));

it('a world of ours is in the list of scenarios, once', () => {
  const names = allScenarios().map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

describe('the ten examples of the page', () => {
  const folder = join(repositoryRoot, 'examples/worlds');
  const page = readFileSync(rehearsePath, 'utf8');
  const names = [...page.matchAll(/\[([\w-]+)\]\(\.\.\/examples\/worlds\/\1\.yaml\)/g)].map(([, name = '']) => name);
  const texts = names.map((name) => readFileSync(join(folder, `${name}.yaml`), 'utf8'));

  it('are ten, and right', () => {
    expect(texts).toHaveLength(10);
    for (const text of texts) expect(() => worldIn('mine.yaml', text, folder)).not.toThrow();
  });

  it(
    'hold, each as it says',
    async () => {
      const chosen = sampled('world-files', texts, 10);
      const runs = await runJob('worlds', { texts: chosen, folder: 'examples/worlds' });
      expect(runs.map(({ name, unmet }) => ({ name, unmet }))).toEqual(runs.map(({ name }) => ({ name, unmet: [] })));
      expect(runs).toHaveLength(chosen.length);
    },
    PATIENCE_MS,
  );
});
