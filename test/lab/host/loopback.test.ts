// Every verb against a served region in a network namespace that has loopback alone: nothing else is asked for, whatever endpoints, profiles and proxies say.
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ANSWERED, REPORT } from '../../fixtures/answered.ts';
import { lacking } from './lacking.ts';
import { few } from './share.ts';

const onHost = lacking === undefined ? describe : describe.skip;
const ROOT = join(import.meta.dirname, '../../..');
// `diff` plays eight stories.
const STORY_MS = 600_000;

afterAll(() => rmSync(REPORT, { force: true }));

/** In a namespace of its own, without any interface but loopback. */
const alone = (line: string, ...words: readonly string[]) =>
  promisify(execFile)('unshare', ['--net', 'sh', '-c', `ip link set lo up && ${line}`, ...words], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] },
  }).then(
    ({ stdout, stderr }) => ({ status: 0, told: `${stdout}${stderr}` }),
    ({ code, stdout, stderr }) => ({ status: code as number, told: `${stdout}${stderr}` }),
  );

onHost('with no network but loopback', () => {
  it('there is no way out', async () => {
    const { told } = await alone('ip -o link && ip route');
    expect(told.trim().split('\n')).toEqual([expect.stringMatching(/^1: lo: <LOOPBACK,UP/)]);
  });

  it.each(few(ANSWERED))(
    '%s in %s ends with %d',
    async (words, story, status, says) => {
      const args = ['--disable-warning=ExperimentalWarning', 'infra/commands/chainmend-cli.ts', ...words.split(' ')];
      const ended = await alone('exec "$0" "$@"', process.execPath, ...args, '--local', story);
      expect(ended.told).toMatch(says);
      expect(ended.status).toBe(status);
    },
    STORY_MS,
  );
});
