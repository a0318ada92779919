// Every verb once, as a process of its own against a served region, in a story where it has something to say; and no verb is forgotten here or among the
// wrong words of verbs-region.
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { addVerbs, type Desk } from '../../../infra/commands/chainmend-cli.ts';
import { leavesOf } from '../../../infra/commands/program.ts';
import { sampled } from '../../fixtures/asked.ts';
import { WRONG_WORDS } from '../../fixtures/wrong-words.ts';

const ROOT = join(import.meta.dirname, '../../..');
const REPORT = join(tmpdir(), `chainmend-answered-${process.pid}.html`);
const STORY_MS = 120_000;

/** What is typed, the story that the region is in, the exit status, and what a person must be able to read of it. */
const ANSWERED: readonly (readonly [words: string, story: string, status: 0 | 1, says: RegExp])[] = [
  ['status', 'disk-full-ask@20', 0, /^bitcoin +ask +3 +3 /m],
  ['explain bitcoin/node2', 'disk-full', 0, /grow 500 → 900 GiB/],
  ['plan bitcoin/node3', 'manual-restore@0', 0, /^guard swap +may be done$/m],
  ['journal bitcoin', 'disk-full', 0, /resize-volume/],
  ['doctor bitcoin', 'manual-restore@0', 1, /^bitcoin: \d+ nodes: /m],
  ['backtest bitcoin --days 1', 'disk-full', 0, /bitcoin/],
  ['restore bitcoin/node3 --plan', 'manual-restore@0', 0, /^plan +swap: a person asked for it/m],
  ['replace bitcoin/node3 --plan', 'manual-restore@0', 1, /names a launch template/],
  ['undo bitcoin/node3 --plan', 'manual-restore@0', 1, /nothing-to-undo/],
  ['shrink bitcoin/node2 --to 700 --plan', 'shrink@1', 0, /2000 → 700 GiB, of which 525 may be used/],
  ['snapshot bitcoin --plan', 'manual-restore@0', 0, /stop the client of node\d cleanly/],
  ['upgrade bitcoin --to 0.22.0 --plan', 'upgrade-rolling@0', 0, /^plan +upgrade/m],
  ['drill bitcoin --plan', 'drill-daily@30', 0, /on a throw-away m6i\.large/],
  [
    'drill bitcoin --plan',
    'drill-daily@5',
    1,
    /^Refused: no drill of bitcoin begins now: a drill is under way: [0-9a-f]{8}$/m,
  ],
  ['scale bitcoin 5 --plan', 'scale-up@30', 1, /bitcoin: 4 → 5 nodes/],
  [
    'endpoints irita',
    'deploy-consortium@60',
    0,
    /^validator1\.irita\.internal:26657 +10\.0\.\d+\.\d+:26657 +validator +synced$/m,
  ],
  [
    'endpoints clique --role follower',
    'deploy-clique@60',
    0,
    /^client1\.clique\.internal:8545 [\s\S]*^enode:\/\/[0-9a-f]{128}@client2\.clique\.internal:30303$/m,
  ],
  ['approve f9d56f08 --yes', 'disk-full-ask@20', 0, /node2/],
  ['reject f9d56f08 --yes', 'disk-full-ask@20', 0, /node2/],
  ['ack', 'minority-fork', 0, /^bitcoin\/node2\/node-forked$/m],
  ['ack bitcoin/node2/node-forked', 'minority-fork', 0, /node-forked/],
  [`report bitcoin --since 2h --out ${REPORT}`, 'disk-full', 0, /chainmend-answered/],
  ['check examples/fleets/bitcoin.yaml', 'disk-full', 0, /bitcoin/],
  ['show bitcoin --fleets examples/fleets', 'disk-full', 0, /^ *mode/m],
  ['push bitcoin --yes --fleets examples/fleets', 'disk-full', 0, /^bitcoin: pushed$/m],
  ['pause bitcoin --why looking', 'disk-full', 0, /bitcoin/],
  ['resume bitcoin', 'disk-full', 0, /bitcoin/],
  ['retire bitcoin --yes', 'disk-full', 1, /Nothing was removed/],
  ['left bitcoin', 'disk-full', 0, /when the stack is destroyed/],
  ['names adopt bitcoin --yes', 'disk-full', 0, /bitcoin/],
  ['names release bitcoin --yes', 'disk-full', 1, /Nothing was changed/],
  ['adopt --plan', 'disk-full', 0, /bitcoin/],
  ['smoke --plan --subnet subnet-0123456789abcdef0 --instance-profile nodes', 'smoke-ground@0', 0, /cdk deploy/],
  ['completion bash', 'disk-full', 0, /complete/],
];

afterAll(() => rmSync(REPORT, { force: true }));

describe('every verb', () => {
  it.each(sampled('verbs', ANSWERED, 17))(
    '%s in %s ends with %d',
    async (words, story, status, says) => {
      const args = ['--disable-warning=ExperimentalWarning', 'infra/commands/chainmend-cli.ts', ...words.split(' ')];
      const { PATH, NODE_COMPILE_CACHE } = process.env;
      const options = { cwd: ROOT, env: { PATH, NODE_COMPILE_CACHE } };
      const ended = await promisify(execFile)(process.execPath, [...args, '--local', story], options).then(
        ({ stdout, stderr }) => ({ status: 0, told: `${stdout}${stderr}` }),
        ({ code, stdout, stderr }) => ({ status: code as number, told: `${stdout}${stderr}` }),
      );
      expect(ended.told).toMatch(says);
      expect(ended.status).toBe(status);
      expect(ended.told).not.toMatch(/^ {4}at /m);
    },
    STORY_MS,
  );

  it('ends in silence where whoever reads it goes away: `chainmend … | head`', async () => {
    const line =
      '{ "$0" --disable-warning=ExperimentalWarning infra/commands/chainmend-cli.ts --help; echo "$?" >&2; } | true';
    const { stdout, stderr } = await promisify(execFile)('sh', ['-c', line, process.execPath], { cwd: ROOT });
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '0\n' });
  });

  it('has an answer here, and a wrong word', () => {
    const made = new Command('chainmend').helpCommand(false);
    addVerbs(made, {} as Desk, { status: 0, facts: undefined });
    const verbs = leavesOf(made).map((verb) => (verb.parent?.parent ? `${verb.parent.name()} ` : '') + verb.name());
    const without = (words: readonly string[]) =>
      verbs.filter((verb) => !words.some((typed) => typed === verb || typed.startsWith(`${verb} `)));
    expect(verbs.length).toBeGreaterThan(25);
    expect(without(ANSWERED.map(([words]) => words))).toEqual(['diff']);
    expect(without(WRONG_WORDS.map(([words]) => words))).toEqual([]);
  });
});
