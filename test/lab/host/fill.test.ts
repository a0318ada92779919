// Filling a smaller volume on a real machine: the files of a copy come onto an empty volume beside the one that is mounted, whatever kinds of files there
// are, and wherever an earlier command was cut off.
import { afterEach, describe, expect, it } from '@jest/globals';
import { parseNodeAnswer } from '../../../shared/node-commands/node-answer.ts';
import { nodeCommandParameters } from '../../../shared/node-commands/node-command.ts';
import { FOUND, NEW, PLACE } from '../../fixtures/contract/node-contract.ts';
import { lacking, lackingForExt4Tools } from './lacking.ts';
import { Machine } from './machine.ts';

const onMachine = lacking === undefined ? describe : describe.skip;
const EMPTY = 'vol-0c0ffee0c0ffee0c0';
const LIMIT_SECONDS = 3_600;
const deviceOf = (volumeId: string): string =>
  `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volumeId.replace('-', '')}`;

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

async function begin(filesystem: 'xfs' | 'ext4' = 'xfs', emptyMiB = 320): Promise<void> {
  ordinal = 0;
  machine = await Machine.start({
    ...{ volumeId: FOUND, path: PLACE, mounted: true, filesystem, partitioned: false, full: false },
    ...{ deviceMiB: 400, filesystemMiB: 400, runtime: 'systemd', unit: 'node.service', client: 'running' },
    files: { 'blocks/x': 'later', LOCK: '' },
    second: { volumeId: NEW, content: 'copy', files: { 'blocks/x': 'at the snapshot', LOCK: '' } },
    empty: { volumeId: EMPTY, mib: emptyMiB },
  });
}

/** Runs a line of shell with a volume at /mnt. */
const on = (volumeId: string, line: string): Promise<string> =>
  here().shell(
    `mount $([ "$(blkid -p -s TYPE -o value ${deviceOf(volumeId)})" != xfs ] || echo -o nouuid) ${deviceOf(volumeId)} /mnt; (cd /mnt && ${line}); status=$?; umount /mnt; exit $status`,
  );

async function fill({ secondsPassed = 0, volumeId = EMPTY, source = NEW } = {}) {
  ordinal += 1;
  const parameters = nodeCommandParameters(
    { fence: 4, ordinal },
    { operation: 'fill-volume', volumeId, source, like: PLACE },
    Date.now(),
  );
  const flat = Object.fromEntries(Object.entries(parameters).map(([name, [value = '']]) => [name, value]));
  const sent = { ...flat, RunLimitSeconds: `${LIMIT_SECONDS}` };
  const { stdout, stderr } = await here().send('fill-volume', sent, secondsPassed);
  if (stdout === '') throw new Error(stderr);
  return parseNodeAnswer(stdout);
}

/** Everything of a volume but times of folders: kind, owner, mode, size, time, name, and what is in it. */
const contentOf = (volumeId: string): Promise<string> =>
  on(
    volumeId,
    String.raw`find . -mindepth 1 ! -path ./lost+found ! -type s ! -type p \( -type d -printf 'd %m %U %G %p\n' -o -printf '%y %m %U %G %s %T@ %p %l\n' \) | LC_ALL=C sort; find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum`,
  );

const MANY_KINDS = `
mkdir -p chainstate 'a folder/of many' state/empty
for n in $(seq 1 450); do echo "$n" >"chainstate/$n.ldb"; done
echo word >'a folder/of many/ -n leading and trailing '
ln -s ../chainstate/1.ldb state/link; ln -s /etc/passwd state/away; ln -s nowhere ./-dangling
mkfifo state/pipe
touch -d '2020-02-03 04:05:06.789' chainstate/7.ldb
chmod 0600 chainstate/8.ldb; chmod 0750 chainstate; chown -R 1234:4321 chainstate state
truncate -s 1100M huge.mdb; printf begin | dd of=huge.mdb conv=notrunc status=none
printf middle | dd of=huge.mdb bs=1M seek=600 conv=notrunc status=none; printf end | dd of=huge.mdb bs=1M seek=1099 conv=notrunc status=none
touch -d '2021-01-01 00:00:00' huge.mdb; chown 1234:4321 huge.mdb
`;

const STRANGE_NAMES = String.raw`
echo 1 >'a -> b'; ln -s 'a -> b' 'x -> y'; ln -s 'y -> z//w/' plain
echo 3 >"$(printf 'two\nlines')"; mkdir "$(printf 'a\nfolder')"; echo 4 >"$(printf 'a\nfolder/b\nc')"
ln -s "$(printf 'to\nnowhere')" "$(printf 'a\nlink')"
echo 5 >./-rf; mkdir ./--help; echo 6 >./--help/--; ln -s -- --target ./--reference=x
echo 7 >"$(printf '\377\376')"; echo 8 >"$(printf 'tab\tin')"; echo 9 >"$(printf 'at the end\t')"; echo 10 >' '
echo 11 >'back\slash\0'; echo 12 >'$(id)'; echo 13 >"'\"*?[]"; echo 14 >"$(printf '\033[2J')"
mkdir .chainmend-fill .chainmend-bundle; echo 15 >.chainmend-fill/source; echo 16 >.chainmend-bundle/whole; ln -s /etc .chainmend-volume
`;

onMachine('a smaller volume beside the client', () => {
  for (const filesystem of ['xfs', 'ext4'] as const) {
    const runs = filesystem === 'ext4' && lackingForExt4Tools !== undefined ? it.skip : it;
    runs(`gets ${filesystem} and all files, byte by byte, and nothing that is mounted feels it`, async () => {
      await begin(filesystem);
      await on(NEW, MANY_KINDS);
      const mounts = await here().shell('cat /proc/self/mountinfo | sort');
      const answer = await fill();
      expect(answer).toMatchObject({ result: 'done', fault: 'none', filled: { leftFiles: 0, leftBytes: 0 } });
      expect(answer.filled?.files).toBe(454);
      expect(await contentOf(EMPTY)).toBe(await contentOf(NEW));
      expect(await on(EMPTY, 'find . -type s -o -type p')).toBe('');
      expect((await here().shell('cat /proc/self/mountinfo | sort')).split('\n').length).toBe(
        mounts.split('\n').length,
      );
      expect(await here().shell(`cat ${PLACE}/blocks/x`)).toBe('later');
    });
  }

  it('gets files of any name that a filesystem takes, ours among them, and every link where it leads', async () => {
    await begin();
    await on(NEW, STRANGE_NAMES);
    const answer = await fill();
    expect(answer).toMatchObject({ result: 'done', fault: 'none', filled: { files: 17, leftFiles: 0 } });
    expect(await contentOf(EMPTY)).toBe(await contentOf(NEW));
    expect(await on(EMPTY, String.raw`readlink 'x -> y'; readlink "$(printf 'a\nlink')" | od -An -c`)).toBe(
      await on(NEW, String.raw`readlink 'x -> y'; readlink "$(printf 'a\nlink')" | od -An -c`),
    );
    // The same command again finds all of it in its place.
    expect(await fill()).toMatchObject({ result: 'done', filled: { leftFiles: 0, leftBytes: 0 } });
    expect(await here().shell('ls -d /var/lib/chainmend/fill 2>/dev/null || true')).toBe('');
  });

  it('gets no program that is another user’s, and is told full without the bits', async () => {
    await begin();
    await on(
      NEW,
      'cp /usr/bin/id suid; cp /usr/bin/id both; cp /usr/bin/id plain; mkdir shared; chmod 2775 shared; chown 1234:4321 suid; chmod 4755 suid; chmod 7711 both',
    );
    expect(await fill()).toMatchObject({ result: 'done', filled: { leftFiles: 0 } });
    expect(await on(EMPTY, 'stat -c "%n %a %u" suid both plain shared')).toBe(
      'suid 755 1234\nboth 1711 0\nplain 755 0\nshared 2775 0\n',
    );
    expect(await fill()).toMatchObject({ result: 'done', filled: { leftFiles: 0 } });
  });

  it('begins nothing where the root disk has no room for its lists', async () => {
    await begin();
    await here().shell('head -c 61M /dev/zero >/var/lib/filler');
    expect(await fill()).toMatchObject({
      result: 'failed',
      reason: expect.stringMatching(/the root disk has no \d+ MiB left for lists of \d+ files/),
    });
    expect(await on(EMPTY, 'ls -A')).toBe('');
  });

  it('takes no more room for a file with holes than its original', async () => {
    await begin();
    await on(NEW, MANY_KINDS);
    await fill();
    const kib = async (volumeId: string) => Number((await on(volumeId, 'du -k huge.mdb')).split('\t')[0]);
    expect(await kib(EMPTY)).toBeLessThanOrEqual((await kib(NEW)) + 4_096);
  });

  it('tells what is left when its time is over, and the same command goes on', async () => {
    await begin();
    await on(NEW, 'for n in $(seq 1 450); do echo "$n" >"$n.ldb"; done');
    // It begins no other file after three quarters of its limit: the first batch may be copied, on a slow host not even that.
    const lateSeconds = 20;
    await here().replace('cp', `case "$*" in *--parents*) sleep ${lateSeconds} ;; esac; exec /bin/cp "$@"`);
    const first = await fill({ secondsPassed: (LIMIT_SECONDS * 3) / 4 - lateSeconds });
    expect(first.reason ?? first.result).toBe('done');
    expect(first.filled?.leftFiles).toBeGreaterThan(0);
    await here().replace('cp', 'exec /bin/cp "$@"');
    const rest = await fill();
    expect(rest).toMatchObject({ result: 'done', filled: { leftFiles: 0 } });
    expect(await contentOf(EMPTY)).toBe(await contentOf(NEW));
  });

  it('takes no file that was cut off for a whole one', async () => {
    await begin();
    await on(NEW, MANY_KINDS);
    await fill();
    // As a cut-off copy leaves them: as long as the original or shorter, with the time of the copying.
    await on(EMPTY, 'printf x >chainstate/7.ldb; printf y >chainstate/8.ldb; truncate -s 1050M huge.mdb');
    expect(await fill()).toMatchObject({ result: 'done', filled: { leftFiles: 0 } });
    expect(await contentOf(EMPTY)).toBe(await contentOf(NEW));
  });

  it('is only filled, and told full, once its bytes are those of the copy', async () => {
    await begin();
    await fill();
    await on(EMPTY, 'touch -r blocks/x ../run/time; printf "at the s-apshot" >blocks/x; touch -r ../run/time blocks/x');
    expect(await fill()).toMatchObject({
      result: 'failed',
      fault: 'node',
      reason: expect.stringContaining('other bytes'),
    });
  });
});

onMachine('nothing is written to', () => {
  const refused = (reason: string) => ({ result: 'failed', reason: expect.stringContaining(reason) });

  it('a volume that has a filesystem of somebody else', async () => {
    await begin();
    await here().shell(`mkfs.xfs -q ${deviceOf(EMPTY)}`);
    await on(EMPTY, 'echo mine >file');
    expect(await fill()).toMatchObject({ ...refused('has not made there'), fault: 'node' });
    expect(await on(EMPTY, 'cat file')).toBe('mine\n');
  });

  it('a volume without a filesystem that is not empty to the byte', async () => {
    await begin();
    await here().shell(`printf secret | dd of=${deviceOf(EMPTY)} bs=1M seek=319 conv=notrunc status=none`);
    expect(await fill()).toMatchObject(refused('not empty'));
    expect(await here().shell(`dd if=${deviceOf(EMPTY)} bs=1M skip=319 count=1 status=none | head -c 6`)).toBe(
      'secret',
    );
  });

  it('the volume that is mounted, and the copy itself', async () => {
    await begin();
    expect(await fill({ volumeId: FOUND })).toMatchObject(refused('neither filled nor copied'));
    expect(await fill({ volumeId: EMPTY, source: FOUND })).toMatchObject(refused('neither filled nor copied'));
  });

  it('a volume on which the files would leave no room', async () => {
    await begin();
    await on(NEW, 'fallocate -l 280M large');
    expect(await fill()).toMatchObject({ ...refused('more than 80 %'), fault: 'node' });
  });

  it('a volume whose files would not come back as they are: several names of one file', async () => {
    await begin();
    await on(NEW, 'ln LOCK another');
    expect(await fill()).toMatchObject(refused('hard links'));
  });

  it('files of a kind that the copy does not have stay, and the volume is refused', async () => {
    await begin();
    await fill();
    await on(EMPTY, 'echo mine >stranger');
    expect(await fill()).toMatchObject(refused('does not have'));
    expect(await on(EMPTY, 'cat stranger')).toBe('mine\n');
  });

  it('a copy without a filesystem lies in the data', async () => {
    await begin();
    await here().shell(`dd if=/dev/zero of=${deviceOf(NEW)} bs=1M count=4 conv=notrunc status=none`);
    expect(await fill()).toMatchObject({ result: 'failed', fault: 'data' });
  });
});
