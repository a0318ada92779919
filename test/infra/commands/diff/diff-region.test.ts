// `chainmend diff`: what it compares, what it says, and what it finds in the local region.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { differencesOf } from '../../../../infra/commands/diff/differences.ts';
import type { DiffInput, PlayedStory } from '../../../../infra/commands/diff/form.ts';
import { addDiffVerb } from '../../../../infra/commands/diff/verbs.ts';
import { playLocally } from '../../../../infra/commands/local-process.ts';
import { runProgram } from '../../../../infra/commands/program.ts';
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

async function run(words: readonly string[], play: (input: DiffInput) => Promise<readonly PlayedStory[]>) {
  const said: string[] = [];
  const complained: string[] = [];
  const say = (text: string) => void said.push(text);
  const inputs: DiffInput[] = [];
  const context = {
    ...{ say, status: () => {} },
    play: (input: DiffInput) => {
      inputs.push(input);
      return play(input);
    },
  };
  const output = { say, complain: (text: string) => void complained.push(text) };
  const status = await runProgram(['diff', ...words], output, (program, ended) => addDiffVerb(program, context, ended));
  return { status, said: said.join('\n'), complained: complained.join('\n'), inputs };
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
    });
  });

  it('are told with the changed fields, what there is more and less of, and which stories end otherwise', async () => {
    const after = version('after', `${FILE}replace: { rungs: [restart] }\n`);
    const { status, said, inputs } = await run([version('before', FILE), after, '--storms', '0'], async () => PLAYED);
    expect(status).toBe(0);
    expect(inputs).toMatchObject([{ nodes: 5, seed: 1, storms: 0, before: { fleet: 'bitcoin' } }]);
    expect(said).toMatch(/^replace.rungs +added: restart$/m);
    expect(said).toContain('In 1 of 2 stories they do not do the same.');
    expect(said).toMatch(/^replace, healed +1 +0$/m);
    expect(said).toContain('drill loss\n  − node1: replace, healed\n  + node1: refused restart-forbidden');
  });

  it('are a comment for a pull request, in which each word of the file is code', async () => {
    const after = version('after', FILE.replace('nodes/bitcoin', 'nodes/btc'));
    const { said } = await run([version('before', FILE), after, '--markdown'], async () => PLAYED);
    expect(said).toMatch(/^### chainmend diff: `bitcoin`$/m);
    expect(said).toContain('| `nodes.tag.Component` | `nodes/bitcoin → nodes/btc` |');
    expect(said).toContain('- `drill loss`: − `node1: replace, healed`, + `node1: refused restart-forbidden`');
  });

  it('that are the same are not played', async () => {
    const path = version('before', FILE);
    const { status, said, inputs } = await run([path, path], async () => []);
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
    const { status, complained, inputs } = await run(words(), async () => PLAYED);
    expect([status, inputs]).toEqual([exit, []]);
    expect(complained).toContain(sentence);
  });

  long('diff-region')(
    'are played in the local region: without the rung a lost node is not healed, and a full disk is grown by both',
    async () => {
      const after = version('after', `${FILE}replace: { rungs: [restart] }\n`);
      const { said } = await run([version('before', FILE), after, '--storms', '1'], (input) =>
        playLocally<PlayedStory>('local/twin/versions.ts', input, () => {}),
      );
      expect(said).toContain('  − node1: replace, healed\n');
      expect(said).not.toContain('drill full-disk');
    },
    300_000,
  );
});
