// Every script that looks at a filesystem, on volumes of strangers. Superblocks, labels and partition names hold every possible byte. They also hold
// hostile text. It would run, forge a size or control a terminal if a script used it as more than bytes.
import { describe, expect, it } from '@jest/globals';
import { parseAnswer } from '../../../shared/node-commands/answer.ts';
import { parseNodeAnswer } from '../../../shared/node-commands/node-answer.ts';
import { type NodeCommand, nodeCommandParameters } from '../../../shared/node-commands/node-command.ts';
import type { Operation } from '../../../shared/node-commands/parameters.ts';
import { FOUND, machineOf, NEW, withMachine } from './attack.ts';
import { lacking, lackingForBtrfs, lackingForExt4Tools } from './lacking.ts';
import type { Machine } from './machine.ts';
import { few } from './share.ts';
import { craft, everyByte, HOSTILE_TEXTS, type Kind, longestText } from './superblocks.ts';

const onMachine = lacking === undefined ? describe : describe.skip;
const LACKING: Readonly<Record<Kind, string | undefined>> = {
  xfs: lacking,
  ext4: lackingForExt4Tools,
  btrfs: lackingForBtrfs,
};
const SIZE_MIB = 320;
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const by = (volumeId: string): string => `/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${volumeId.replace('-', '')}`;

const at = (volumeId: string) => [{ path: '/data', volumeId }];
const NODE_COMMANDS: readonly NodeCommand[] = [
  { operation: 'inspect-node', clients: [], paths: ['/data'] },
  { operation: 'restart-client', clients: [], paths: ['/data'], only: 'restart' },
  {
    operation: 'check-volume',
    place: { path: '/data', volumeId: NEW },
    like: '/data',
    warm: [{ mib: 64, folder: '.', name: '*' }],
  },
];
/** Scripts that mount and unmount: only for the first texts, which contain shell code. */
const MOUNTING: readonly NodeCommand[] = [
  {
    ...{
      operation: 'swap-volumes',
      clients: [],
      from: at(FOUND),
      to: at(NEW),
      identity: ['/data/node_key'],
      carry: 'ours',
    },
    keepNewest: ['/data/state.json'],
  },
  {
    ...{ operation: 'swap-volumes', clients: [], from: at(NEW), to: at(FOUND), identity: [], carry: 'theirs' },
    keepNewest: ['/data/state.json'],
  },
  { operation: 'stop-client', clients: [], places: at(FOUND), unmount: true, mask: false, requireClean: false },
  { operation: 'start-client', clients: [], places: at(FOUND), unmask: false, scrub: ['/data/other_key'] },
];

describe.each<Kind>(['ext4', 'xfs', 'btrfs'])('a volume with a crafted %s', (kind) => {
  (LACKING[kind] === undefined ? it : it.skip)(
    'makes no script run anything, take it for larger, or print a control character',
    async () => {
      const devices: string[] = [];
      const files = { node_key: 'ours', 'state.json': '{"height":"100"}', 'blocks/x': '' };
      const options = machineOf({
        ...{ filesystem: kind, files, craft: (device: string) => void devices.push(device) },
        second: { volumeId: NEW, content: kind === 'btrfs' ? 'new filesystem' : 'copy', files },
      });
      await withMachine(options, async (machine) => {
        const truth = (await machine.shell('stat -f -c "%S %b" /data')).split(' ').map(Number);
        const least = (truth[0] ?? 0) * (truth[1] ?? 0);
        let ordinal = 0;
        const hostile = few(HOSTILE_TEXTS).map((text) => Buffer.from(text));
        const texts = [...hostile, ...few(everyByte(longestText(kind)))];
        for (const [index, text] of texts.entries()) {
          await machine.shell('umount /data');
          for (const device of devices) craft(device, kind, text);
          await machine.shell(`mount ${kind === 'xfs' ? '-o nouuid' : ''} ${by(FOUND)} /data`);
          // For any bytes, two scripts print the part that they see.
          const isByte = index >= hostile.length;
          const commands = [
            ...NODE_COMMANDS.filter(({ operation }) => !isByte || operation === 'inspect-node'),
            ...(index < 6 && kind !== 'btrfs' ? MOUNTING : []),
          ];
          for (const command of commands) {
            const answer = parseNodeAnswer(await sent(machine, command.operation, parametersOf(command, ++ordinal)));
            // With a stranger's volume attached the script must still answer, and, where the volume is ours, still do its work.
            if (kind !== 'btrfs')
              expect({ text, command, reason: answer.reason ?? '' }).toEqual({ text, command, reason: '' });
            for (const { sizeBytes } of answer.after?.volumes ?? []) expectSize(sizeBytes, least);
          }
          const common = { StartBy: '9999999999', RunLimitSeconds: '60', Path: '/data', VolumeId: FOUND };
          const client = { Runtime: 'none', Unit: '' };
          for (const operation of isByte
            ? (['observe-node'] as const)
            : (['observe-node', 'grow-filesystem'] as const)) {
            const grow = operation === 'grow-filesystem' ? { MinimumSizeBytes: '0', StartClient: 'no' } : {};
            const sent_ = { ...common, ...client, ...grow, OperationId: `4.${++ordinal}` };
            const { result, after, reason } = parseAnswer(await sent(machine, operation, sent_));
            // Growing ext4 while it is mounted needs a capability that not every machine has.
            if (kind !== 'ext4' || operation === 'observe-node')
              expect({ text, result, reason }).toEqual({ text, result: 'done', reason });
            expectSize(after?.sizeBytes ?? 0, least);
          }
          if (isByte) continue;
          await sent(machine, 'ask-node', {
            ...{ RunLimitSeconds: '15', Questions: base64('facts 100 GET http 9 /status -\n') },
            ...{ CredentialsFile: '', Volumes: 'data:/data' },
          });
        }
      });
    },
    600_000,
  );
});

onMachine('a partition with a crafted name', () => {
  it.each([
    ['growpart', ''],
    ['sfdisk', 'rm /usr/bin/growpart'],
  ])(
    'makes %s run nothing',
    async (_, without) => {
      for (const name of ['$(>/run/owned)', '`>/run/owned`;>/run/owned', `'">/run/owned"'\\n`, 'UID[$(>/run/owned)]']) {
        let device = '';
        const craftName = async (crafted: string): Promise<void> => {
          device = crafted;
        };
        await withMachine(
          machineOf({ partitioned: true, filesystemMiB: 320, deviceMiB: 448, craft: craftName }),
          async (machine) => {
            const disk = device.replace(/p1$/, '');
            await machine.shell(
              `sfdisk --quiet --no-reread --no-tell-kernel --part-label "$1" 1 "$2"; ${without || ':'}`,
              disk,
              name,
            );
            const { result } = parseAnswer(
              await sent(machine, 'grow-filesystem', {
                ...{ OperationId: '4.1', StartBy: '9999999999', RunLimitSeconds: '60', Path: '/data', VolumeId: FOUND },
                ...{ Runtime: 'none', Unit: '', MinimumSizeBytes: `${440 * 2 ** 20}`, StartClient: 'no' },
              }),
            );
            expect({ name, result }).toEqual({ name, result: 'done' });
          },
        );
      }
    },
    120_000,
  );
});

onMachine('what is mounted at a place under a crafted name', () => {
  it.each(['UID[$(>/run/owned)]', '$(>/run/owned) y\nz', '/dev/../run/x'])('is no volume: %j', async (source) => {
    await withMachine(machineOf(), async (machine) => {
      await machine.shell('mount -t tmpfs -o size=1m "$1" /data', source);
      const common = { OperationId: '4.1', StartBy: '9999999999', RunLimitSeconds: '60', Path: '/data', VolumeId: '' };
      const observed = parseAnswer(await sent(machine, 'observe-node', { ...common, Runtime: 'none', Unit: '' }));
      expect(observed).toMatchObject({ result: 'failed', reason: '/data (tmpfs) is not on a block device' });
      for (const [index, command] of NODE_COMMANDS.entries())
        parseNodeAnswer(await sent(machine, command.operation, parametersOf(command, index + 2)));
    });
  });
});

/** The answer, after a check that nothing has run and no terminal control was printed. */
async function sent(
  machine: Machine,
  operation: Operation,
  parameters: Readonly<Record<string, string>>,
): Promise<string> {
  const began = performance.now();
  const { stdout, stderr } = await machine.send(operation, parameters);
  expect(performance.now() - began).toBeLessThan(60_000);
  expect(await machine.shell('ls -d /run/owned /data/owned 2>/dev/null || :')).toBe('');
  expect(stdout).toMatch(/^[ -~]+\n$/);
  expect(stderr).toMatch(/^[ -~\n]*$/);
  return stdout;
}

function parametersOf(command: NodeCommand, ordinal: number): Record<string, string> {
  const parameters = nodeCommandParameters({ fence: 4, ordinal }, command, Date.now());
  return Object.fromEntries(Object.entries(parameters).map(([name, [value = '']]) => [name, value]));
}

/** The size by the filesystem's own account is between its usable size and its device's size. */
function expectSize(sizeBytes: number, least: number): void {
  expect(sizeBytes).toBeGreaterThanOrEqual(least);
  expect(sizeBytes).toBeLessThanOrEqual(SIZE_MIB * 2 ** 20);
}
