// What is told of the files in memory, on a real machine: what a client has read since its volume was mounted, and no more.
import { afterEach, describe, expect, it } from '@jest/globals';
import { parseNodeAnswer } from '../../../shared/node-commands/node-answer.ts';
import { nodeCommandParameters } from '../../../shared/node-commands/node-command.ts';
import { FOUND, PLACE } from '../../fixtures/contract/node-contract.ts';
import { lackingForMemory } from './lacking.ts';
import { Machine } from './machine.ts';

const onMachine = lackingForMemory === undefined ? describe : describe.skip;
const LIMIT_SECONDS = 300;

let machine: Machine | undefined;
let ordinal = 0;
afterEach(async () => {
  await machine?.stop();
  machine = undefined;
});

const here = (): Machine => {
  if (!machine) throw new Error('no machine was started');
  return machine;
};

/** `fills`: lines of shell on the volume, whose files are dropped from memory after them; then `reads`. */
async function begin(fills: string, reads: string): Promise<void> {
  ordinal = 0;
  machine = await Machine.start({
    ...{ volumeId: FOUND, path: PLACE, mounted: true, filesystem: 'xfs', partitioned: false, full: false },
    ...{ deviceMiB: 400, filesystemMiB: 400, runtime: 'systemd', unit: 'node.service', client: 'running' },
    files: { LOCK: '' },
  });
  const drop =
    'sync; find . -type f -print0 | xargs -0 -n 1 -I % dd of=% oflag=nocache conv=notrunc,fdatasync count=0 status=none';
  await here().shell(`cd ${PLACE} && ${fills} && ${drop} && ${reads}`);
}

async function told(cached?: true, secondsPassed = 0) {
  ordinal += 1;
  const parameters = nodeCommandParameters(
    { fence: 4, ordinal },
    { operation: 'inspect-node', clients: [], paths: [PLACE], ...(cached && { cached }) },
    Date.now(),
  );
  const flat = Object.fromEntries(Object.entries(parameters).map(([name, [value = '']]) => [name, value]));
  const { stdout, stderr } = await here().send(
    'inspect-node',
    { ...flat, RunLimitSeconds: `${LIMIT_SECONDS}` },
    secondsPassed,
  );
  if (stdout === '') throw new Error(stderr);
  const answer = parseNodeAnswer(stdout);
  expect(answer).toMatchObject({ result: 'done', after: { volumes: [{ path: PLACE }] } });
  return answer.read;
}

const FILES = `mkdir -p blocks/index chainstate wallets &&
for n in 1 2 3; do head -c 3M /dev/urandom >blocks/blk$n.dat; head -c 2M /dev/urandom >chainstate/$n.ldb; done &&
head -c 1M /dev/urandom >blocks/index/1.ldb; head -c 5M /dev/urandom >wallets/w.dat`;

onMachine('of the files in memory', () => {
  it('the folders are told that a client has read, with MiB, the largest first', async () => {
    await begin(FILES, 'cat chainstate/*.ldb blocks/blk3.dat blocks/index/1.ldb >/dev/null');
    expect(await told(true)).toEqual([
      { path: PLACE, folder: 'chainstate', mib: 6 },
      { path: PLACE, folder: 'blocks', mib: 3 },
      { path: PLACE, folder: 'blocks/index', mib: 1 },
    ]);
  });

  it('of a large file the part is told that was read', async () => {
    await begin(
      'mkdir -p db && head -c 100M /dev/urandom >db/large.sst',
      'dd if=db/large.sst of=/dev/null bs=1M skip=60 count=10 status=none',
    );
    const [one, ...others] = (await told(true)) ?? [];
    expect(others).toEqual([]);
    expect(one).toMatchObject({ folder: 'db' });
    // With what the kernel reads ahead.
    expect(one?.mib).toBeGreaterThanOrEqual(10);
    expect(one?.mib).toBeLessThan(30);
  });

  it('nothing is told where nobody asks, where the time is over, and where the host has forgotten what was read', async () => {
    await begin(FILES, 'cat chainstate/*.ldb >/dev/null');
    expect(await told()).toBeUndefined();
    expect(await told(true, (LIMIT_SECONDS * 3) / 4 + 1)).toBeUndefined();
    await here().replace('awk', 'case "$*" in *MemTotal*) echo 11; exit 0 ;; esac; exec /usr/bin/awk "$@"');
    expect(await told(true)).toBeUndefined();
  });

  it('a file of 4 GiB and more is not told: where in it was read its name does not say', async () => {
    await begin(
      'mkdir -p db && truncate -s 5G db/mdbx.dat && head -c 2M /dev/urandom >db/lock',
      'head -c 50M db/mdbx.dat >/dev/null; cat db/lock >/dev/null',
    );
    expect(await told(true)).toEqual([{ path: PLACE, folder: 'db', mib: 2 }]);
  });

  it('16 folders are told at most, and of more than 2,000 none: nothing takes long', async () => {
    await begin('for n in $(seq 20); do mkdir "f$n"; head -c "$n"K /dev/urandom >"f$n/x"; done', 'cat f*/x >/dev/null');
    expect(await told(true)).toHaveLength(16);
    await here().shell(`mkdir -p ${PLACE}/many && cd ${PLACE}/many && seq 2100 | xargs mkdir`);
    expect(await told(true)).toBeUndefined();
  });

  it('no name is a word of a program, no link is followed, and no pipe is opened', async () => {
    await begin(
      `mkdir 'a b' '$(touch stolen)' -- '-delete' 'ok' && mkdir -p ok/"two
lines" && head -c 1M /dev/urandom >ok/'-r; touch stolen' && cp ok/-r* 'a b/x' && cp ok/-r* '$(touch stolen)/x' && cp ok/-r* "ok/two
lines/x" && mkfifo ok/pipe && ln -s /etc ok/etc && ln -s /usr/bin ok/bin`,
      'cat ok/-r* "a b/x" >/dev/null',
    );
    expect(await told(true)).toEqual([{ path: PLACE, folder: 'ok', mib: 1 }]);
    expect(await here().shell(`ls / /run ${PLACE} | grep -c '^stolen' || true`)).toBe('0\n');
  });
});
