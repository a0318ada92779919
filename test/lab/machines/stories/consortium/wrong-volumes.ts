// The first boot of a deployed node, as its launch template has it, on a machine where something else lies under the id of its volume: it is left as it is,
// to the byte, no key is fetched, and no client is there. test/lab/host/strange-volumes.ts has more of them, on real filesystems without a machine around.
import { ownUuid } from '../../../../../local/nodes/first-boot.ts';
import { linkOf } from '../../machine/devices.ts';
import { type RealStory, runOnNode } from '../../story.ts';
import type { RealNode } from '../../world.ts';
import { secretsRead } from '../lost.ts';

/** XFS is made on no smaller one. */
const SIZE_GIB = 0.375;
const BOOT_LIMIT_MS = 120_000;

const withFiles = 'mkdir -p /seen && mount -t xfs -o nouuid "$1" /seen && echo key >/seen/wallet.dat && umount /seen';

/** What a person has on it, and what the script says. */
const WRONG: readonly (readonly [what: string, prepare: string, says: RegExp])[] = [
  ['another filesystem', 'mkfs.ext4 -q -F "$1"', /has ext4, which this script has not made there/],
  ['a filesystem with somebody’s label', 'mkfs.xfs -q -L postgres "$1"', /has xfs, which this script has not made/],
  [
    'the volume of a node of another fleet',
    `mkfs.xfs -q -m uuid=${ownUuid('vol-0123456789abcdef0')} "$1" && ${withFiles}`,
    /has xfs, which this script has not made/,
  ],
  ['a disk with somebody’s files', `mkfs.xfs -q "$1" && ${withFiles}`, /has xfs, which this script has not made/],
  [
    'a partition table',
    'printf "label: gpt\\n,\\n" | sfdisk --quiet --no-reread --no-tell-kernel "$1"',
    /a partition table: gpt|has PMBR|is not empty/,
  ],
  [
    'a physical volume of LVM',
    'printf "LABELONE\\001\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\000\\040\\000\\000\\000LVM2 001" | dd of="$1" bs=512 seek=1 conv=notrunc status=none',
    /has LVM2_member|has a signature that wipefs finds/,
  ],
  ['swap', 'mkswap "$1"', /has swap, which this script/],
  [
    'bytes of nobody knows what',
    'dd if=/dev/urandom of="$1" bs=1M seek=160 count=64 conv=notrunc status=none',
    /is not empty/,
  ],
];

export const wrongVolumes: RealStory = {
  name: 'deployed-wrong-volumes',
  sentence:
    'The first boot of a deployed node meets every wrong volume under the id of its own: it touches none, and starts nothing.',
  run: async ({ say, holds }, world) => {
    const like = world.find('sentry2');
    const script = Buffer.from(world.region.ec2.instance(like.instanceId).settings.userData ?? '', 'base64').toString();
    const own = /^readonly VOLUME='(vol-[0-9a-f]+)'$/m.exec(script)?.[1] ?? '';
    const spare = await world.spare('spare');
    say('spare', `it boots with the image of a deployed node, and runs the first boot of ${like.name}`);
    const read = secretsRead(world);
    const volumes: string[] = [];
    for (const [what, prepare, says] of WRONG) {
      const volumeId = world.attachEmpty(spare, SIZE_GIB);
      volumes.push(volumeId);
      await runOnNode(spare, `set -- "$(readlink -f "$1")" && ${prepare}`, linkOf(volumeId));
      const before = await bytesOf(spare, volumeId);
      const told = await boots(spare, script.replaceAll(own, volumeId));
      holds(`${what} is refused`, told.exitCode === 1 && says.test(told.last), told);
      const [after, left] = [await bytesOf(spare, volumeId), await traces(spare)];
      holds(`and left as it was, to the byte, with nothing installed`, after === before && left === '', [left, told]);
    }
    const before = await Promise.all(volumes.map((volumeId) => bytesOf(spare, volumeId)));
    const told = await boots(spare, script.replace("readonly WAIT_SECONDS='900'", "readonly WAIT_SECONDS='2'"));
    holds(
      'with all of them there and its own not, it waits for its own and looks at no other',
      told.exitCode === 1 && /is not attached after 2 s; no other volume is looked at/.test(told.last),
      told,
    );
    const after = await Promise.all(volumes.map((volumeId) => bytesOf(spare, volumeId)));
    holds('and leaves all of them as they were', after.join() === before.join() && (await traces(spare)) === '');
    holds('no key was fetched', secretsRead(world) === read);
  },
};

async function boots({ machine }: RealNode, script: string) {
  const path = '/root/first-boot';
  await machine.runs({
    command: ['sh', '-c', `cat >${path} && chmod 0700 ${path}`],
    input: script,
    timeoutMs: BOOT_LIMIT_MS,
  });
  const { exitCode } = await machine.runs({ command: [path], timeoutMs: BOOT_LIMIT_MS });
  const { stdout } = await machine.shell('tail -n 1 /var/log/chainmend-first-boot.log');
  return { exitCode, last: stdout.trim() };
}

const bytesOf = (node: RealNode, volumeId: string): Promise<string> =>
  runOnNode(node, 'sync; sha256sum "$(readlink -f "$1")" | cut -d " " -f 1', linkOf(volumeId));

/** What a first boot that goes on would have left; empty without any. */
const traces = (node: RealNode): Promise<string> =>
  runOnNode(
    node,
    'cat /etc/fstab; grep " /var/lib/cometbft " /proc/self/mountinfo; ls -d /opt/cometbft /var/lib/chainmend/[di]* /etc/systemd/system/cometbft.service 2>/dev/null; pidof cometbft; true',
  );
