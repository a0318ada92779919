// The shipped scripts, verbatim, on real filesystems: the contract's stories, then the cases that only a real machine can show.
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { type Answer, type Obstacle, parseAnswer } from '../../../shared/node-commands/answer.ts';
import { script } from '../../../shared/node-commands/index.ts';
import type { Operation } from '../../../shared/node-commands/parameters.ts';
import {
  type ContractNode,
  type ContractStep,
  contractCases,
  contractParameters,
  expectOutcome,
} from '../../fixtures/contract/contract.ts';
import { lacking, lackingForBtrfs, lackingForExt4, lackingForExt4Tools, lackingForShellcheck } from './lacking.ts';
import { Machine, type MachineOptions } from './machine.ts';

const node: ContractNode = {
  volumeId: 'vol-0a1b2c3d4e5f60718',
  path: '/data',
  mounted: true,
  filesystem: 'xfs',
  partitioned: false,
  deviceMiB: 448,
  filesystemMiB: 320,
  full: false,
  runtime: 'systemd',
  unit: 'node.service',
  client: 'running',
};

const onMachine = lacking === undefined ? describe : describe.skip;

onMachine('the shipped scripts keep the contract', () => {
  it.each(contractCases())('$name', async ({ node, steps }) => {
    const machine = await Machine.start(node);
    const answers: string[] = [];
    try {
      for (const step of steps) answers.push(await take(machine, step, answers));
    } finally {
      await machine.stop();
    }
  });
});

onMachine('grow-filesystem on a real machine', () => {
  unless(lackingForBtrfs)('grows a full btrfs, which has no inodes to count', async () => {
    await withMachine({ ...node, filesystem: 'btrfs', full: true }, async (machine) => {
      const answer = await send(machine, 'grow-filesystem', '1.1');
      expect(answer).toMatchObject({
        result: 'done',
        after: { filesystem: 'btrfs', inodesTotal: 0, sizeBytes: 448 * 2 ** 20 },
      });
    });
  });

  unless(lackingForExt4)('grows a full ext4', async () => {
    await withMachine({ ...node, filesystem: 'ext4', full: true }, async (machine) => {
      const answer = await send(machine, 'grow-filesystem', '1.1');
      expect(answer).toMatchObject({ result: 'done', after: { filesystem: 'ext4', sizeBytes: 448 * 2 ** 20 } });
    });
  });

  unless(lackingForExt4Tools)('says what resize2fs said where ext4 cannot be grown, and starts nothing', async () => {
    await withMachine({ ...node, filesystem: 'ext4', client: 'failed' }, async (machine) => {
      await machine.replace('resize2fs', 'echo "resize2fs: Permission denied to resize filesystem" >&2; exit 1');
      const answer = await send(machine, 'grow-filesystem', '1.1', { StartClient: 'yes' });
      expect(answer).toMatchObject({ result: 'failed', reason: expect.stringContaining('Permission denied') });
      expect(answer.after?.sizeBytes).toBe(320 * 2 ** 20);
      expect(await machine.started()).toEqual([]);
    });
  });

  it('tells with which status its client has ended, and none while it runs', async () => {
    await withMachine({ ...node, client: 'failed' }, async (machine) => {
      // CLD_KILLED by SIGTERM (waitid(2)).
      await machine.shell(
        'for unit in /run/client/units/*; do printf "ExecMainCode=2\\nExecMainStatus=15\\n" >>"$unit"; done',
      );
      expect(await send(machine, 'observe-node', '1.1')).toMatchObject({
        after: { client: 'failed', clientStatus: 143 },
      });
    });
    await withMachine({ ...node, client: 'running' }, async (machine) => {
      expect(await send(machine, 'observe-node', '1.1')).toMatchObject({ after: { clientStatus: null } });
    });
  });

  it('knows that a GPT has no end, and that an MBR ends at 2 TiB', async () => {
    await withMachine({ ...node, partitioned: true }, async (machine) => {
      expect(await send(machine, 'observe-node', '1.1')).toMatchObject({ after: { growthLimit: null } });
    });
    await withMachine({ ...node, partitioned: true, table: 'dos' }, async (machine) => {
      const growthLimit = { bytes: 2 * 2 ** 40, by: 'partition-table' };
      expect(await send(machine, 'observe-node', '1.1')).toMatchObject({ after: { growthLimit } });
      expect(await send(machine, 'grow-filesystem', '1.2')).toMatchObject({ result: 'done', after: { growthLimit } });
    });
  });

  unless(lackingForExt4Tools)('knows that ext4 without 64bit ends at 2³² blocks, and with it does not', async () => {
    await withMachine({ ...node, filesystem: 'ext4' }, async (machine) => {
      expect(await send(machine, 'observe-node', '1.1')).toMatchObject({ after: { growthLimit: null } });
    });
    const craft = (device: string): void => {
      execFileSync('mkfs.ext4', ['-q', '-F', '-O', '^64bit,^metadata_csum', '-b', '4096', device]);
    };
    await withMachine({ ...node, filesystem: 'ext4', craft }, async (machine) => {
      const growthLimit = { bytes: 16 * 2 ** 40, by: 'filesystem' };
      expect(await send(machine, 'observe-node', '1.1')).toMatchObject({ after: { growthLimit } });
    });
  });

  it('grows a partition with sfdisk where growpart is not installed', async () => {
    await withMachine({ ...node, partitioned: true }, async (machine) => {
      await machine.shell('rm /usr/bin/growpart');
      const answer = await send(machine, 'grow-filesystem', '1.1');
      expect(answer).toMatchObject({ result: 'done', after: { partitioned: true } });
      expect(answer.after?.sizeBytes).toBeGreaterThan(444 * 2 ** 20);
    });
  });

  it('says so where nothing that grows a partition is installed', async () => {
    await withMachine({ ...node, partitioned: true }, async (machine) => {
      await machine.shell('rm /usr/bin/growpart /usr/sbin/sfdisk');
      const answer = await send(machine, 'grow-filesystem', '1.1');
      expect(answer).toMatchObject({
        result: 'failed',
        reason: expect.stringContaining('neither growpart nor sfdisk'),
      });
    });
  });

  it('works with a full root volume: it remembers in /run and grows the partition all the same', async () => {
    await withMachine({ ...node, partitioned: true, full: true, rootMiB: 8 }, async (machine) => {
      await machine.fill('/');
      const answer = await send(machine, 'grow-filesystem', '3.1');
      expect(answer).toMatchObject({ result: 'done', fence: 3, after: { rootUsedPercent: 100 } });
      expect(answer.after?.sizeBytes).toBeGreaterThan(444 * 2 ** 20);
      expect(await machine.shell('cat /run/chainmend/last-command')).toContain('"operationId":"3.1"');
      expect(await send(machine, 'grow-filesystem', '3.1')).toEqual(answer);
      expect(await send(machine, 'grow-filesystem', '2.9')).toMatchObject({ result: 'stale', fence: 3 });
    });
  });

  it('takes the higher of two memories once the root volume has room again', async () => {
    await withMachine({ ...node, rootMiB: 8 }, async (machine) => {
      await send(machine, 'observe-node', '2.1');
      await machine.fill('/');
      await send(machine, 'observe-node', '3.1');
      await machine.shell('rm /fill*');
      expect(await send(machine, 'observe-node', '2.2')).toMatchObject({ result: 'stale', fence: 3 });
      expect(await send(machine, 'observe-node', '3.2')).toMatchObject({ result: 'done', fence: 3 });
      expect(await machine.shell('cat /var/lib/chainmend/last-command')).toContain('"operationId":"3.2"');
    });
  });

  it('ends at its own run limit, and the same command then finishes the work', async () => {
    await withMachine({ ...node, partitioned: true }, async (machine) => {
      await machine.replace('xfs_growfs', 'case $1 in -n) exec /usr/sbin/xfs_growfs "$@" ;; esac; sleep 1000');
      const stopped = await send(machine, 'grow-filesystem', '1.1', { RunLimitSeconds: '2' });
      expect(stopped).toMatchObject({
        result: 'failed',
        fence: 1,
        reason: expect.stringContaining('run limit of 2 s'),
      });
      await machine.shell('rm /run/fakes/xfs_growfs');
      expect(await send(machine, 'grow-filesystem', '1.1')).toMatchObject({ result: 'done', fence: 1 });
    });
  });

  it('killed half-way, between partition and filesystem, is finished by the same command', async () => {
    await withMachine({ ...node, partitioned: true, full: true, client: 'failed' }, async (machine) => {
      const killer = 'case $1 in -n) exec /usr/sbin/xfs_growfs "$@" ;; esac; kill -9 0';
      await machine.replace('xfs_growfs', killer);
      const killed = await send(machine, 'grow-filesystem', '1.1', { StartClient: 'yes' });
      expect(killed).toMatchObject({ result: 'failed', fence: 1, reason: expect.stringContaining('or killed') });
      expect(await machine.shell('cat /var/lib/chainmend/last-command')).toBe('1.1\n');
      await machine.shell('rm /run/fakes/xfs_growfs');
      const answer = await send(machine, 'grow-filesystem', '1.1', { StartClient: 'yes' });
      expect(answer).toMatchObject({ result: 'done', after: { client: 'running' } });
      expect(answer.after?.sizeBytes).toBeGreaterThan(444 * 2 ** 20);
      expect(await machine.started()).toEqual(['node.service']);
    });
  });

  it('lets one command at a time through, and a command that waited past its start-by is late', async () => {
    await withMachine(node, async (machine) => {
      const slow =
        'case $1 in -n) exec /usr/sbin/xfs_growfs "$@" ;; esac; echo begin >>/run/log; sleep 4; echo end >>/run/log';
      await machine.replace('xfs_growfs', slow);
      const first = send(machine, 'grow-filesystem', '1.1');
      await machine.shell('until [ -s /run/log ]; do sleep 0.05; done');
      const second = send(machine, 'grow-filesystem', '1.2');
      const third = send(machine, 'grow-filesystem', '1.3', { startInSeconds: 1 });
      expect(await third).toMatchObject({ result: 'late', fence: 1 });
      expect(await first).toMatchObject({ result: 'done', operationId: '1.1' });
      expect(await second).toMatchObject({ result: 'done', operationId: '1.2' });
      expect(await machine.shell('cat /run/log')).toBe('begin\nend\nbegin\nend\n');
    });
  });

  it('never lets a shell see a parameter, whoever sent it', async () => {
    await withMachine(node, async (machine) => {
      const hostile = [
        '/data; touch /run/owned',
        '/data$(touch /run/owned)',
        '/data\n/etc',
        '/../data',
        '-o',
        "/data'",
      ];
      for (const [ordinal, Path] of hostile.entries()) {
        const answer = await send(machine, 'grow-filesystem', `1.${ordinal}`, { Path });
        expect(answer).toMatchObject({ result: 'failed', fence: 0, reason: expect.stringContaining('parameter Path') });
      }
      expect(await machine.shell('ls /run')).not.toContain('owned');
      expect((await run(machine, 'grow-filesystem', '1.1; touch /run/owned')).stdout).toBe('');
    });
  });

  it('tells an agent that is too old to hand parameters over in the environment', async () => {
    await withMachine(node, async (machine) => {
      const ran = await machine.send('observe-node', {});
      expect(ran).toMatchObject({
        status: 2,
        stdout: '',
        stderr: expect.stringContaining('SSM Agent 3.3.2746.0 or later'),
      });
    });
  });
});

onMachine('the client', () => {
  const full = { ...node, full: true } as const;
  const grow = (machine: Machine) => send(machine, 'grow-filesystem', '1.1', { StartClient: 'yes', Unit: 'node@*' });

  it('of a template that has nothing loaded is the one instance that is enabled', async () => {
    await withMachine({ ...full, unit: 'node@*', client: 'stopped' }, async (machine) => {
      const enabled = '/etc/systemd/system/multi-user.target.wants/node@0.21.0.service';
      await machine.shell(`mkdir -p "$(dirname ${enabled})"; ln -s ../node@.service ${enabled}`);
      await machine.replace('systemctl', '[ "$1" = list-units ] || exec /run/systemctl "$@"');
      await machine.shell('rm /run/client/units/node@0.20.0.service');
      expect(await grow(machine)).toMatchObject({ before: { client: 'stopped' }, after: { client: 'running' } });
      expect(await machine.started()).toEqual(['node@0.21.0.service']);
    });
  });

  it('is not started while another instance of its template runs', async () => {
    await withMachine({ ...full, unit: 'node@*', client: 'running' }, async (machine) => {
      expect(await grow(machine)).toMatchObject({ result: 'done', after: { client: 'running' } });
      expect(await machine.started()).toEqual([]);
    });
  });

  it('is unknown, and not started, where two instances stopped at the same moment', async () => {
    await withMachine({ ...full, unit: 'node@*', client: 'failed' }, async (machine) => {
      await machine.shell('sed -i s/Monotonic=.*/Monotonic=0/ /run/client/units/*');
      const answer = await grow(machine);
      expect(answer).toMatchObject({
        result: 'done',
        after: { client: 'unknown' },
        reason: expect.stringContaining('ran last'),
      });
      expect(await machine.started()).toEqual([]);
    });
  });

  it('that is masked is unknown, and not started', async () => {
    await withMachine({ ...full, client: 'stopped' }, async (machine) => {
      await machine.shell('sed -i s/LoadState=.*/LoadState=masked/ /run/client/units/*');
      const answer = await send(machine, 'grow-filesystem', '1.1', { StartClient: 'yes' });
      expect(answer).toMatchObject({
        result: 'done',
        after: { client: 'unknown' },
        reason: expect.stringContaining('masked'),
      });
      expect(await machine.started()).toEqual([]);
    });
  });

  it('that dies again right after its start is said to have done so', async () => {
    await withMachine({ ...full, client: 'failed' }, async (machine) => {
      await machine.replace('systemctl', "case $1 in show) printf 'LoadState=loaded\\nActiveState=failed\\n' ;; esac");
      const answer = await send(machine, 'grow-filesystem', '1.1', { StartClient: 'yes' });
      expect(answer).toMatchObject({
        result: 'done',
        after: { client: 'failed' },
        reason: expect.stringContaining('started and is failed'),
      });
    });
  });
});

describe.each(['observe-node', 'grow-filesystem'] as const)('the composed script of %s', (operation) => {
  unless(lackingForShellcheck)('has no finding of shellcheck', () => {
    expect(() => execFileSync('shellcheck', ['-'], { input: script(operation), encoding: 'utf8' })).not.toThrow();
  });
});

function unless(why: string | undefined) {
  return why === undefined ? it : it.skip;
}

onMachine('what keeps a filesystem from following a larger device is seen before the device grows', () => {
  const obstacleOf = async (machine: Machine, path = '/data'): Promise<unknown> => {
    const seen = await send(machine, 'observe-node', '1.1', { Path: path });
    expect(seen).toMatchObject({ result: 'done' });
    return seen.after?.obstacle;
  };
  const sees = (obstacle: Obstacle, options: Partial<MachineOptions>, line?: string) => async (): Promise<void> => {
    await withMachine({ ...node, ...options }, async (machine) => {
      if (line !== undefined) await machine.shell(line);
      expect(await obstacleOf(machine)).toBe(obstacle);
    });
  };
  const layout = (text: string, after: string) => (device: string) => {
    const line = `partx --delete "$1" || true; printf '${text}' | sfdisk --quiet --wipe always --no-reread --no-tell-kernel "$1" && partx --add "$1" && ${after}`;
    execFileSync('bash', ['-c', line, 'bash', device.replace(/p1$/, '')], { stdio: ['ignore', 'ignore', 'inherit'] });
  };

  it('nothing, where partition, filesystem and tools are as they should be', sees('none', { partitioned: true }));
  it(
    'a partition behind it',
    sees('partition-behind', {
      partitioned: true,
      craft: layout('label: gpt\\nsize=300M\\n,\\n', 'mkfs.xfs -q -f "$1p1"'),
    }),
  );
  it('an extended partition around it', async () => {
    const craft = layout(
      'label: dos\\nsize=8M\\nstart=10M, type=5\\nstart=12M\\n',
      'mkfs.xfs -q -f "$1p5" && mkfs.ext4 -q -F "$1p1"',
    );
    await withMachine({ ...node, partitioned: true, mounted: false, table: 'dos', craft }, async (machine) => {
      await machine.shell(
        'p=$(ls -d /sys/class/block/loop*p5 | head -n 1); mknod "/dev/$(basename "$p")" b $(tr : " " <"$p/dev"); mkdir /srv/logical && mount "/dev/$(basename "$p")" /srv/logical',
      );
      expect(await obstacleOf(machine, '/srv/logical')).toBe('logical-partition');
    });
  });
  it('a mount that is read-only', sees('read-only', {}, 'mount -o remount,ro /data'));
  it('a filesystem that has shut itself down', sees('shut-down', {}, 'xfs_io -x -c shutdown /data'));
  it.each(['xfs', ...(lackingForExt4Tools === undefined ? (['ext4'] as const) : [])] as const)(
    'writes to %s that somebody holds back',
    async (filesystem) => {
      await withMachine({ ...node, filesystem }, async (machine) => {
        await machine.shell('fsfreeze -f /data');
        try {
          expect(await obstacleOf(machine)).toBe('frozen');
        } finally {
          await machine.shell('fsfreeze -u /data');
        }
      });
    },
  );
  it(
    'no tool for its partition',
    sees('no-partition-tool', { partitioned: true }, 'rm /usr/bin/growpart /usr/sbin/sfdisk'),
  );
  it(
    'growpart without the program that it calls',
    sees('no-partition-tool', { partitioned: true }, 'rm -f /usr/sbin/sfdisk /usr/sbin/sgdisk'),
  );
  it('no tool for its filesystem', sees('no-filesystem-tool', {}, 'rm /usr/sbin/xfs_growfs'));
  unless(lackingForExt4Tools)(
    'errors that ext4 has found',
    sees(
      'errors',
      { filesystem: 'ext4' },
      'd=$(findmnt -n -o SOURCE /data); echo trigger >"/sys/fs/ext4/$(basename "$d")/trigger_fs_error"',
    ),
  );
  unless(lackingForBtrfs)(
    'btrfs on two devices',
    sees(
      'several-devices',
      { filesystem: 'btrfs', second: { volumeId: 'vol-0fedcba9876543210', content: 'nothing', files: {} } },
      'd=$(readlink -f /dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0fedcba9876543210); btrfs device add -f "$d" /data',
    ),
  );

  unless(lackingForExt4Tools)('what is kept for root is no room for a client', async () => {
    const craft = (device: string): void => void execFileSync('mkfs.ext4', ['-q', '-F', '-m', '20', device]);
    await withMachine({ ...node, filesystem: 'ext4', craft }, async (machine) => {
      await machine.shell('fallocate -l "$(stat -f -c "%a * %S" /data | xargs expr)" /data/fill');
      const { after } = await send(machine, 'observe-node', '1.1');
      expect(after).toMatchObject({ obstacle: 'none' });
      expect(after?.availableBytes).toBeLessThan(2 ** 20);
      expect((after?.sizeBytes ?? 0) - (after?.usedBytes ?? 0)).toBeGreaterThan(0.15 * (after?.sizeBytes ?? 0));
    });
  });

  it('a tool that sleeps in the kernel, and cannot be killed, ends no command later than its limit', async () => {
    await withMachine(node, async (machine) => {
      await machine.shell('fsfreeze -f /data');
      try {
        const ended = await send(machine, 'grow-filesystem', '1.1', { RunLimitSeconds: '3' });
        expect(ended).toMatchObject({
          result: 'failed',
          reason: expect.stringMatching(/run limit of 3 s.*xfs_growfs cannot be killed: its disk does not answer/),
        });
      } finally {
        await machine.shell('fsfreeze -u /data');
      }
    });
  });
});

async function withMachine(options: MachineOptions, story: (machine: Machine) => Promise<void>): Promise<void> {
  const machine = await Machine.start(options);
  try {
    await story(machine);
  } finally {
    await machine.stop();
  }
}

type Overrides = Readonly<Record<string, string>> | { readonly startInSeconds: number };

async function run(machine: Machine, operation: Operation, OperationId: string, overrides: Overrides = {}) {
  const { runtime, unit, path, volumeId } = node;
  const defaults = { Path: path, VolumeId: volumeId, Runtime: runtime, Unit: unit, RunLimitSeconds: '60' };
  const rest = { MinimumSizeBytes: '0', StartClient: 'no', startInSeconds: 120, ...overrides };
  return await machine.send(
    operation,
    contractParameters({ operation, OperationId, ...defaults, ...rest }, nowSeconds()),
  );
}

async function send(...command: Parameters<typeof run>): Promise<Answer> {
  return parseAnswer((await run(...command)).stdout);
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** Takes one step and returns its answer, or nothing. */
async function take(machine: Machine, step: ContractStep, answers: readonly string[]): Promise<string> {
  if (!('send' in step)) {
    if (step.do === 'grow the device') await machine.growDevice(step.deviceMiB);
    if (step.do === 'forget everything') await machine.shell('rm -rf /var/lib/chainmend /run/chainmend');
    if (step.do === 'forget the last answer') await machine.shell('sed -i 2d /var/lib/chainmend/last-command');
    return '';
  }
  const sizeBytesBefore = await machine.filesystemBytes();
  const ran = await machine.send(step.send.operation, contractParameters(step.send, nowSeconds()));
  const answer = parseAnswer(ran.stdout);
  expectOutcome(step.send, step.expect, {
    answer,
    sizeBytesBefore,
    sizeBytesAfter: await machine.filesystemBytes(),
    deviceBytes: await machine.deviceBytes(),
    started: await machine.started(),
  });
  if (step.expect.sameAnswerAsStep !== undefined) expect(ran.stdout).toBe(answers[step.expect.sameAnswerAsStep]);
  else if (answer.after) expect(answer.after.sizeBytes).toBe(await machine.filesystemBytes());
  return ran.stdout;
}
