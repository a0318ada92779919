// `chainmend diff`: what it compares, what it says, and what it finds in the local region.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { History } from '../../../../infra/commands/backtest/history.ts';
import { checkoutOf, PLAYER } from '../../../../infra/commands/diff/checkout.ts';
import { differencesOf } from '../../../../infra/commands/diff/differences.ts';
import type { DrawInput, DrawnLine, PlayedLine, PlayedStory, PlayInput } from '../../../../infra/commands/diff/form.ts';
import { pastDifferencesOf } from '../../../../infra/commands/diff/past.ts';
import { addDiffVerb } from '../../../../infra/commands/diff/verbs.ts';
import { playLocally } from '../../../../infra/commands/local-process.ts';
import { runProgram } from '../../../../infra/commands/program.ts';
import { bitcoinFleet } from '../../../fixtures/builders/fleet.ts';
import { diskHistory, history, nodeHistory } from '../../../fixtures/builders/history.ts';
import { DAY_MS, NOON_MS } from '../../../fixtures/builders/time.ts';
import { long } from '../../../fixtures/long.ts';

const FILE = `fleet: bitcoin
chain: bitcoin
mode: act
nodes: { tag: { Component: nodes/bitcoin } }
role: follower
unit: node@*
volumes: { data: /node-data }
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chainmend-diff-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The path of a version: each lies in a folder of its own, since a file is called after its fleet. */
function version(name: string, text: string, file = 'bitcoin.yaml'): string {
  mkdirSync(join(folder, name), { recursive: true });
  const path = join(folder, name, file);
  writeFileSync(path, text);
  return path;
}

const story = (name: string, by: PlayedStory['by'], ...acts: string[]): PlayedStory => ({ story: name, by, acts });
const PLAYED = [
  story('drill loss', 'before', 'node1: replace, healed'),
  story('drill loss', 'after', 'node1: refused restart-forbidden', 'node1: paged restart-forbidden'),
  story('drill stuck', 'before', 'node1: restart, healed'),
  story('drill stuck', 'after', 'node1: restart, healed'),
];

interface Region {
  readonly draw: (input: DrawInput) => Promise<readonly DrawnLine[]>;
  readonly play: (input: PlayInput, root: string | undefined) => Promise<readonly PlayedLine[]>;
}

/** Each world is its own name, so that what was played is known by it. */
const drawn =
  (...stories: string[]): Region['draw'] =>
  async () =>
    stories.map((name) => ({
      ...{ story: name, seed: 1 },
      ...{ before: { file: `${name} before` }, after: { file: `${name} after` } },
    }));

/** Plays what was played before, by the world that it is given. */
const playing =
  (played: readonly PlayedStory[]): Region['play'] =>
  async ({ stories }) =>
    stories.map(({ story: name, world }) => {
      const wanted = 'file' in world ? world.file : '';
      return { story: name, acts: played.find(({ story, by }) => `${story} ${by}` === wanted)?.acts ?? [] };
    });

const TWO: Region = { draw: drawn('drill loss', 'drill stuck'), play: playing(PLAYED) };
const REAL: Region = {
  draw: (input) => playLocally<DrawnLine>('test/lab/twin/stories.ts', input, () => {}),
  play: (input, root) => playLocally<PlayedLine>(PLAYER, input, () => {}, root),
};

async function run(words: readonly string[], region: Region = TWO, past: History | undefined = undefined) {
  const said: string[] = [];
  const complained: string[] = [];
  const say = (text: string) => void said.push(text);
  const inputs: DrawInput[] = [];
  const roots: (string | undefined)[] = [];
  const context = {
    ...{ say, status: () => {}, checkout: checkoutOf, past: async () => past },
    journal: async () => ({ lines: [], notes: [], fromMs: 0, toMs: 0 }),
    draw: (input: DrawInput) => {
      inputs.push(input);
      return region.draw(input);
    },
    play: (input: PlayInput, _heard: unknown, root: string | undefined) => {
      roots.push(root);
      return region.play(input, root);
    },
  };
  const output = { say, complain: (text: string) => void complained.push(text) };
  const status = await runProgram(['diff', ...words], output, (program, ended) =>
    addDiffVerb(program, async () => context, ended),
  );
  return { status, said: said.join('\n'), complained: complained.join('\n'), inputs, roots };
}

describe('two versions of a fleet file', () => {
  it('differ in what only one of them does, however often', () => {
    expect(
      differencesOf([
        story('storm 1', 'before', 'node1: grow, healed', 'node1: grow, healed', 'node2: paged stuck'),
        story('storm 1', 'after', 'node1: grow, healed', 'node2: paged stuck'),
        story('storm 2', 'before', 'node1: grow, healed'),
        story('storm 2', 'after', 'node1: grow, healed'),
      ]),
    ).toEqual({
      stories: 2,
      different: [{ story: 'storm 1', lost: ['node1: grow, healed'], gained: [] }],
      counts: [{ act: 'grow, healed', before: 3, after: 2 }],
      sums: '1 fewer “grow, healed”',
    });
  });

  it('are told with the changed fields, what there is more and less of, and which stories end otherwise', async () => {
    const after = version('after', `${FILE}replace: { rungs: [restart] }\n`);
    const { status, said, inputs } = await run([version('before', FILE), after, '--storms', '0']);
    expect(status).toBe(0);
    expect(inputs).toMatchObject([{ seed: 1, storms: 0, fleet: { nodes: 5, before: { fleet: 'bitcoin' } } }]);
    expect(said).toMatch(/^replace.rungs +added: restart$/m);
    expect(said).toContain('In 1 of 2 stories they do not do the same: 1 more “paged restart-forbidden”');
    expect(said).toMatch(/^replace, healed +1 +0$/m);
    expect(said).toContain('drill loss\n  − node1: replace, healed\n  + node1: refused restart-forbidden');
  });

  it('are a comment for a pull request, in which each word of the file is code', async () => {
    const after = version('after', FILE.replace('nodes/bitcoin', 'nodes/btc'));
    const { said } = await run([version('before', FILE), after, '--markdown']);
    expect(said).toMatch(/^### chainmend diff: `bitcoin`$/m);
    expect(said).toContain('| `nodes.tag.Component` | `nodes/bitcoin → nodes/btc` |');
    expect(said).toContain('- `drill loss`: − `node1: replace, healed`, + `node1: refused restart-forbidden`');
  });

  it('are asked about the last days, too, where an account has kept them', async () => {
    const disks = [diskHistory(NOON_MS - 2 * DAY_MS, [80, 92, 93, 93])];
    const past = history({ nodes: [nodeHistory({ disks })] });
    const after = version('after', `${FILE}disk: { maximumSizeGiB: 500 }\n`);
    const files = [version('before', FILE), after, '--days', '30'];
    const { status, said } = await run(files, TWO, past);
    expect(status).toBe(0);
    expect(said).toContain('by what AWS has kept: 1 of 1 incidents are decided otherwise.');
    expect(said).toMatch(/^25-12-30 12:02 +node2 +full disk +grow to 600 GiB +refused size-ceiling$/m);
    const { said: comment } = await run([...files, '--markdown'], TWO, past);
    expect(comment).toContain('| `node2` | `full disk` | `grow to 600 GiB` | `refused size-ceiling` |');
  });

  it('that find an incident at another threshold say so, and what is not knowable stays so', () => {
    const disks = [diskHistory(NOON_MS - 2 * DAY_MS, [80, 92, 93, 93])];
    const past = history({ nodes: [nodeHistory({ disks })] });
    const later = bitcoinFleet({ alarms: { diskPercent: 95 } });
    expect(pastDifferencesOf(past, later).different).toMatchObject([
      { before: 'grow to 600 GiB', after: 'no incident' },
    ]);
    expect(pastDifferencesOf({ ...past, switches: null }, past.fleet)).toMatchObject({
      incidents: 1,
      unknown: 1,
      different: [],
    });
  });

  it('that are the same are not played', async () => {
    const path = version('before', FILE);
    const { status, said, inputs } = await run([path, path]);
    expect([status, inputs]).toEqual([0, []]);
    expect(said).toBe('bitcoin: no field differs, so nothing was played.');
  });

  it.each([
    [
      'a file that is not there',
      () => [version('before', FILE), join(folder, 'gone.yaml')],
      2,
      'expected two versions of a fleet file',
    ],
    [
      'another fleet',
      () => [version('before', FILE), version('after', FILE.replace('fleet: bitcoin', 'fleet: other'), 'other.yaml')],
      2,
      'expected two versions of one fleet’s file',
    ],
    [
      'a typo in one of them',
      () => [version('before', FILE), version('after', FILE.replace('volumes', 'voulmes'))],
      1,
      'did you mean "volumes"?',
    ],
    [
      'a number that is none',
      () => [version('before', FILE), version('after', FILE), '--storms', 'many'],
      2,
      'Expected a whole number from 0 to 500.',
    ],
  ])('are refused where there is %s', async (_, words, exit, sentence) => {
    const { status, complained, inputs } = await run(words());
    expect([status, inputs]).toEqual([exit, []]);
    expect(complained).toContain(sentence);
  });

  long('diff-region')(
    'are played in the local region: without the rung a lost node is not healed, and a full disk is grown by both',
    async () => {
      const after = version('after', `${FILE}replace: { rungs: [restart] }\n`);
      const { said } = await run([version('before', FILE), after, '--storms', '1'], REAL);
      expect(said).toContain('  − node1: replace, healed\n');
      expect(said).not.toContain('drill full-disk');
    },
    300_000,
  );
});

/** A folder that passes for another version. */
function anotherVersion(): string {
  const root = join(folder, 'code');
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  mkdirSync(join(root, 'local/twin'), { recursive: true });
  writeFileSync(join(root, PLAYER), '');
  return root;
}

describe('two versions of chainmend', () => {
  it('meet the same stories, each in its own folder, and nothing is asked of a fleet file', async () => {
    const root = anotherVersion();
    const { status, said, inputs, roots } = await run(['--code', root, '--scenarios', 'disk-full,stuck-node']);
    expect([status, roots]).toEqual([0, [root, undefined]]);
    expect(inputs).toEqual([{ seed: 1, storms: 0, scenarios: ['disk-full', 'stuck-node'] }]);
    expect(said).toContain(`${root} → this checkout:`);
    expect(said).toContain('In 1 of 2 stories they do not do the same');
  });

  it('are put to the test by directed storms', async () => {
    const { inputs } = await run(['--code', anotherVersion(), '--only', 'disk-fills, hangs', '--storms', '4']);
    expect(inputs).toEqual([{ seed: 1, storms: 4, scenarios: [], only: ['disk-fills', 'hangs'] }]);
  });

  it('play the fleet of a file, where there is one', async () => {
    const { inputs } = await run([version('before', FILE), '--code', anotherVersion()]);
    expect(inputs).toMatchObject([{ storms: 3, fleet: { before: { fleet: 'bitcoin' }, after: { fleet: 'bitcoin' } } }]);
  });

  it('may be a commit: it is written into a folder of its own, which is removed', async () => {
    const git = (...words: string[]) =>
      execFileSync('git', ['-C', join(folder, 'code'), ...words], { encoding: 'utf8' });
    anotherVersion();
    git('init', '--quiet');
    git('add', PLAYER);
    git('-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '--quiet', '-m', 'a version');
    const head = git('rev-parse', 'HEAD').trim();
    const { root, name, end } = await checkoutOf('HEAD', join(folder, 'code'));
    expect(name).toBe(`HEAD (${head.slice(0, 10)})`);
    expect(existsSync(join(root, 'node_modules', 'commander'))).toBe(true);
    end();
    expect(existsSync(root)).toBe(false);
  });

  it.each([
    ['a word that is neither', ['--code', 'nowhere'], '"nowhere" is neither a folder nor a commit'],
    ['a word that git would take for an option', ['--code', '--all'], 'neither a folder nor a commit'],
    ['a folder without chainmend', () => ['--code', emptyVersion()], `has no ${PLAYER}`],
    ['a folder without its packages', () => ['--code', folder], 'run npm ci there first'],
    ['two fleet files', () => [version('a', FILE), version('b', FILE), '--code', anotherVersion()], 'one fleet file'],
    ['scenarios of fleets of their own', () => [version('a', FILE), version('b', FILE), '--scenarios', 'x'], '--code'],
    ['a past of its own', ['--code', 'x', '--days', '9'], '--days: expected two fleet files'],
    ['nothing at all', [], 'expected two versions of a fleet file'],
  ])('are refused where there is %s', async (_, words, sentence) => {
    const { status, complained, roots } = await run(typeof words === 'function' ? words() : words);
    expect([status, roots]).toEqual([2, []]);
    expect(complained).toContain(sentence);
  });

  it('are refused where the region knows no such story', async () => {
    const region: Region = {
      ...TWO,
      draw: async () => [{ wrong: 'no scenario "disc-full"; did you mean disk-full?' }],
    };
    const { status, complained } = await run(['--code', anotherVersion(), '--scenarios', 'disc-full'], region);
    expect([status, complained]).toEqual([2, expect.stringContaining('did you mean disk-full?')]);
  });
});

function emptyVersion(): string {
  const root = join(folder, 'empty');
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  return root;
}
