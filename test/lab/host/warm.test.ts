// Reading what a client reads at its start, on a real machine: from a volume that is mounted aside, as far as the limits go, and nothing that a link leads to.
import { afterEach, describe, expect, it } from '@jest/globals';
import type { StartFiles } from '../../../shared/chains/start-files.ts';
import { parseNodeAnswer } from '../../../shared/node-commands/node-answer.ts';
import { nodeCommandParameters } from '../../../shared/node-commands/node-command.ts';
import { FOUND, NEW, PLACE } from '../../fixtures/contract/node-contract.ts';
import { lacking, lackingForExt4Tools } from './lacking.ts';
import { Machine } from './machine.ts';

const onMachine = lacking === undefined ? describe : describe.skip;
const LIMIT_SECONDS = 900;
const MIB = 2 ** 20;
const device = `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${NEW.replace('-', '')}`;

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

/** `fills`: lines of shell on the new volume. Each dd of the command leaves its operands in /run/read, by one write: parts are read side by side. */
async function begin(fills: string, filesystem: 'xfs' | 'ext4' = 'xfs'): Promise<void> {
  ordinal = 0;
  machine = await Machine.start({
    ...{ volumeId: FOUND, path: PLACE, mounted: true, filesystem, partitioned: false, full: false },
    ...{ deviceMiB: 400, filesystemMiB: 400, runtime: 'systemd', unit: 'node.service', client: 'running' },
    files: { 'chainstate/x': 'later', LOCK: '' },
    second: { volumeId: NEW, content: 'copy', files: { 'chainstate/x': 'at the snapshot', LOCK: '' } },
  });
  const option = filesystem === 'xfs' ? '-o nouuid' : '';
  await here().shell(`mount ${option} ${device} /mnt; (cd /mnt && ${fills}); status=$?; umount /mnt; exit $status`);
  await here().replace('dd', 'case "$*" in *of=/dev/null*) printf "%s\\n" "$*" >>/run/read ;; esac; exec /bin/dd "$@"');
}

async function warm(files: readonly StartFiles[], secondsPassed = 0) {
  ordinal += 1;
  const place = { path: PLACE, volumeId: NEW };
  const parameters = nodeCommandParameters(
    { fence: 4, ordinal },
    { operation: 'check-volume', place, like: PLACE, warm: files },
    Date.now(),
  );
  const flat = Object.fromEntries(Object.entries(parameters).map(([name, [value = '']]) => [name, value]));
  const { stdout, stderr } = await here().send(
    'check-volume',
    { ...flat, RunLimitSeconds: `${LIMIT_SECONDS}` },
    secondsPassed,
  );
  if (stdout === '') throw new Error(stderr);
  return parseNodeAnswer(stdout);
}

/** Name, first MiB and number of MiB of each read, in no order. */
const reads = async (): Promise<readonly string[]> =>
  (await here().shell('cat /run/read 2>/dev/null || true'))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replace(/^.*if=\S*\/check\/(.*) of=\S+ bs=1048576 skip=(\d+) count=(\d+) .*$/, '$1 $2 $3'))
    .toSorted();

const asideIsEmpty = async (): Promise<void> => {
  expect(await here().shell('grep -c chainmend.*/check /proc/self/mountinfo || true')).toBe('0\n');
};

const FILES = `
mkdir -p blocks/index chainstate
for n in 1 2 3; do head -c 3M /dev/urandom >"blocks/blk0000$n.dat"; touch -d "2024-01-0$n" "blocks/blk0000$n.dat"; done
head -c 1M /dev/urandom >blocks/rev00003.dat
head -c 70M /dev/urandom >chainstate/large.ldb
`;

onMachine('what a client reads at its start', () => {
  for (const filesystem of ['xfs', 'ext4'] as const) {
    const runs = filesystem === 'ext4' && lackingForExt4Tools !== undefined ? it.skip : it;
    runs(`is read from a volume with ${filesystem}, the newest files first, and no more than was said`, async () => {
      await begin(FILES, filesystem);
      const answer = await warm([{ mib: 4, folder: 'blocks', name: 'blk*.dat' }]);
      expect(answer).toMatchObject({
        result: 'done',
        fault: 'none',
        warmed: { files: 2, bytes: 6 * MIB, isAll: true },
      });
      expect(await reads()).toEqual(['blocks/blk00002.dat 0 32', 'blocks/blk00003.dat 0 32']);
      await asideIsEmpty();
    });
  }

  it('is read in parts, and of a file that is too large its end', async () => {
    await begin(FILES);
    const whole = await warm([{ mib: 1_000, folder: 'chainstate', name: 'large.ldb' }]);
    expect(whole.warmed).toEqual({ files: 1, bytes: 70 * MIB, isAll: true });
    const end = await warm([{ mib: 5, folder: 'chainstate', name: 'large.ldb' }]);
    expect(end.warmed).toEqual({ files: 1, bytes: 6 * MIB, isAll: true });
    const parts = [0, 32, 64, 64].map((from) => `chainstate/large.ldb ${from} 32`);
    expect(await reads()).toEqual(parts);
  });

  it('may not be there: nothing is read, and the volume is as good', async () => {
    await begin(FILES);
    const answer = await warm([
      { mib: 10, folder: 'geth/chaindata', name: '*' },
      { mib: 10, folder: 'blocks', name: '*.sst' },
    ]);
    expect(answer).toMatchObject({ result: 'done', fault: 'none', warmed: { files: 0, bytes: 0, isAll: true } });
  });

  it('is no word on the data where it cannot be read', async () => {
    await begin(FILES);
    await here().replace('dd', 'case "$*" in *of=/dev/null*) exit 1 ;; esac; exec /bin/dd "$@"');
    const answer = await warm([{ mib: 10, folder: 'blocks', name: 'blk*.dat' }]);
    expect(answer).toMatchObject({ result: 'done', fault: 'none', warmed: { files: 0, bytes: 0, isAll: false } });
    await asideIsEmpty();
  });

  it('is left where its time is over', async () => {
    await begin(FILES);
    const answer = await warm([{ mib: 10, folder: 'blocks', name: 'blk*.dat' }], (LIMIT_SECONDS * 3) / 4 + 1);
    expect(answer).toMatchObject({ result: 'done', warmed: { files: 0, bytes: 0, isAll: false } });
    expect(await reads()).toEqual([]);
  });

  it('is left where a read takes longer than its time', async () => {
    await begin(FILES);
    await here().replace('dd', 'case "$*" in *of=/dev/null*) exec sleep 600 ;; esac; exec /bin/dd "$@"');
    const answer = await warm([{ mib: 10, folder: 'blocks', name: 'blk*.dat' }], (LIMIT_SECONDS * 3) / 4 - 20);
    expect(answer).toMatchObject({ result: 'done', fault: 'none', warmed: { files: 0, isAll: false } });
    await asideIsEmpty();
  });

  it('is only on the volume: no link is followed, no pipe is opened, and no name is a word of a program', async () => {
    await begin(`
rm -r chainstate; ln -s /etc chainstate; mkdir blocks
ln -s /etc/passwd blocks/passwd; mkfifo blocks/pipe; mkdir blocks/of=
printf a >'blocks/ $(touch stolen) of=x -n'; printf b >"blocks/two
lines"`);
    const answer = await warm([
      { mib: 10, folder: 'chainstate', name: '*' },
      { mib: 10, folder: 'blocks', name: '*' },
    ]);
    expect(answer).toMatchObject({ result: 'done', warmed: { files: 2, bytes: 2, isAll: true } });
    expect(await here().shell('ls / /run | grep -c stolen || true')).toBe('0\n');
  });

  it('is not read from a volume that is refused', async () => {
    await begin(FILES);
    await here().shell(`dd if=/dev/zero of=${device} bs=1M count=4 conv=notrunc status=none`);
    const answer = await warm([{ mib: 10, folder: 'blocks', name: '*' }]);
    expect(answer).toMatchObject({ result: 'failed', fault: 'data' });
    expect(answer.warmed).toBeUndefined();
  });
});
