// Every verb once, as a process of its own against a served region, in a story where it has something to say; it and the functions of that region ask nothing
// outside this machine; and no verb is forgotten here or among the wrong words of verbs-region.
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { addVerbs, type Desk } from '../../../infra/commands/chainmend-cli.ts';
import { leavesOf } from '../../../infra/commands/program.ts';
import { ANSWERED, REPORT } from '../../fixtures/answered.ts';
import { sampled } from '../../fixtures/asked.ts';
import { loopbackOnly, outsideIn } from '../../fixtures/loopback.ts';
import { WRONG_WORDS } from '../../fixtures/wrong-words.ts';

const ROOT = join(import.meta.dirname, '../../..');
// `diff` plays eight stories.
const STORY_MS = 600_000;
const OUTSIDE = `${REPORT}.outside`;
const SEEN = `${REPORT}.seen`;

afterAll(() => {
  for (const file of [REPORT, OUTSIDE, SEEN]) rmSync(file, { force: true });
});

describe('every verb', () => {
  it.each(sampled('verbs', ANSWERED, 100))(
    '%s in %s ends with %d',
    async (words, story, status, says) => {
      const args = ['--disable-warning=ExperimentalWarning', 'infra/commands/chainmend-cli.ts', ...words.split(' ')];
      const { PATH, NODE_COMPILE_CACHE } = process.env;
      const options = { cwd: ROOT, env: { PATH, NODE_COMPILE_CACHE, ...loopbackOnly(OUTSIDE) } };
      const ended = await promisify(execFile)(process.execPath, [...args, '--local', story], options).then(
        ({ stdout, stderr }) => ({ status: 0, told: `${stdout}${stderr}` }),
        ({ code, stdout, stderr }) => ({ status: code as number, told: `${stdout}${stderr}` }),
      );
      expect(ended.told).toMatch(says);
      expect(ended.status).toBe(status);
      expect(ended.told).not.toMatch(/^ {4}at /m);
      // Of the verb, and of the functions of its region.
      expect(outsideIn(OUTSIDE)).toEqual([]);
    },
    STORY_MS,
  );

  it.each(['https://monitoring.eu-west-1.amazonaws.com/', 'http://192.0.2.1/'])(
    'would be seen asking %s',
    async (url) => {
      const env = { PATH: process.env['PATH'], ...loopbackOnly(SEEN) };
      const line = `await fetch(${JSON.stringify(url)}).catch((error) => process.stdout.write(String(error.cause?.code)))`;
      const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', line], { env });
      expect([stdout, outsideIn(SEEN)]).toEqual(['ENETUNREACH', expect.arrayContaining([new URL(url).hostname])]);
    },
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
    expect(without(ANSWERED.map(([words]) => words))).toEqual([]);
    expect(without(WRONG_WORDS.map(([words]) => words))).toEqual([]);
  });
});
