// After its consensus has ended on a full disk, a CometBFT process still runs, and never signs again: growing its disk must restart it. The line is
// what cometbft 0.38.17 wrote on a full XFS.
import { describe, expect, it } from '@jest/globals';
import { type Answer, parseAnswer } from '../../../shared/node-commands/answer.ts';
import { type ContractNode, contractParameters } from '../../fixtures/contract/contract.ts';
import { lacking } from './lacking.ts';
import { Machine } from './machine.ts';

const FAILURE =
  'E[2026-11-20|17:11:47.824] CONSENSUS FAILURE!!!                         module=consensus err="open /root/.cometbft/data/write-file-atomic-7918041440251419270: no space left on device" stack="goroutine 168 [running]:"';

const validator: ContractNode = {
  volumeId: 'vol-0a1b2c3d4e5f60718',
  path: '/data',
  mounted: true,
  filesystem: 'xfs',
  partitioned: false,
  deviceMiB: 448,
  filesystemMiB: 320,
  full: true,
  runtime: 'docker',
  unit: 'node',
  client: 'running',
};

(lacking === undefined ? describe : describe.skip)('a client whose consensus has ended', () => {
  it.each([
    ['docker', '2026-11-20T17:11:33.027707142Z'],
    ['podman', '2026-11-20 17:11:33.027707142 +0000 UTC'],
  ])('is stopped and started when its disk has grown (%s)', async (_, startedAt) => {
    const { answer, calls } = await grow(startedAt, [FAILURE, 'I[2026-11-20|17:11:47.826] service stop']);
    expect(answer).toMatchObject({ result: 'done', before: { client: 'running' }, after: { client: 'running' } });
    expect(calls.filter((call) => /^docker (stop|start) /.test(call))).toEqual([
      'docker stop -t 60 node',
      'docker start node',
    ]);
  });

  it('is asked for what it has said since its last start, and for nothing before', async () => {
    const { calls } = await grow('2026-11-20T17:11:33Z', []);
    expect(calls).toContain('docker logs --tail 100000 --since 1795194693 node');
    expect(calls.filter((call) => /^docker (stop|start) /.test(call))).toEqual([]);
  });

  it('for another reason than a full disk is left alone: a start would not help', async () => {
    const { calls } = await grow('2026-11-20T17:11:33Z', [
      'E[…] CONSENSUS FAILURE!!! module=consensus err="+2/3 committed an invalid block: wrong Block.Header.AppHash"',
    ]);
    expect(calls.filter((call) => /^docker (stop|start) /.test(call))).toEqual([]);
  });

  it('and whose start nobody knows is left alone', async () => {
    const { calls } = await grow('', [FAILURE]);
    expect(calls.filter((call) => /^docker (stop|start) /.test(call))).toEqual([]);
  });
});

async function grow(
  startedAt: string,
  log: readonly string[],
): Promise<{ readonly answer: Answer; readonly calls: readonly string[] }> {
  const machine = await Machine.start(validator);
  try {
    await machine.shell('printf "running 0 %s\\n" "$1" >/run/client/containers/node', startedAt);
    await machine.shell('printf "%s\\n" "$1" >/run/client/log', log.join('\n'));
    const { volumeId, path: Path, unit: Unit } = validator;
    const { stdout } = await machine.send(
      'grow-filesystem',
      contractParameters(
        {
          ...{ operation: 'grow-filesystem', OperationId: '1.1', Path, VolumeId: volumeId, Runtime: 'docker', Unit },
          ...{ RunLimitSeconds: '60', MinimumSizeBytes: '0', StartClient: 'yes', startInSeconds: 120 },
        },
        Math.floor(Date.now() / 1000),
      ),
    );
    return { answer: parseAnswer(stdout), calls: (await machine.shell('cat /run/client/calls')).split('\n') };
  } finally {
    await machine.stop();
  }
}
