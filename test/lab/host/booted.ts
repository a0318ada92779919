// A machine that runs a first boot, verbatim, for its host tests.
import { expect } from '@jest/globals';
import {
  type FirstBoot,
  firstBootUserData,
  type GroupBoot,
  type NetworkBoot,
} from '../../../shared/node-commands/first-boot.ts';
import { firstBootScripts } from '../../../shared/node-commands/index.ts';
import { machineOf } from './attack.ts';
import { Machine, type Ran } from './machine.ts';

export const PATH = '/data';

/** The node's own volume. Its filesystem's UUID comes from its id, and the kernel mounts no second one: each process of the tests has its own. */
export const NEW = `vol-0fedcba987${process.pid.toString(16).padStart(7, '0')}`;

export const BOOT: FirstBoot = {
  ...{ volumeId: NEW, mountPath: PATH, filesystem: 'xfs', waitSeconds: 1, unit: 'client' },
  ...{ install: { lines: ['echo installed >>/run/lines'] }, agentConfig: '{"agent":{}}' },
  journalConfig: '{"logs":{}}',
};

export const GROUP: GroupBoot = {
  identity: [`${PATH}/wallet.dat`, `${PATH}/keys/node_key.json`, '/elsewhere/kept'],
  healthPort: 8099,
  asks: {
    url: 'http://127.0.0.1:8332/',
    body: '{"method":"getblockchaininfo"}',
    pattern: '"caught_up": ?true',
    most: 3,
  },
  credentials: `${PATH}/.cookie`,
};

export const NETWORK: NetworkBoot = {
  ...{ region: 'eu-west-1', chain: 'cometbft', node: 'validator1', role: 'validator' },
  ...{ secret: 'chainmend/networks/irita/validator1', record: 'chainmend/networks/irita' },
  ...{ home: `${PATH}/node`, configPath: `${PATH}/node/config/config.toml`, zone: 'irita.internal', port: 26_656 },
  ...{ peers: ['validator2', 'later', 'sentry1'], begins: [], hides: [] },
};

/** A sealer of geth. */
export const CLIQUE: NetworkBoot = {
  ...{ ...NETWORK, chain: 'clique', node: 'sealer1' },
  ...{ secret: 'chainmend/networks/clique/sealer1', record: 'chainmend/networks/clique' },
  ...{ home: `${PATH}/node`, configPath: `${PATH}/node/config.toml`, zone: 'clique.internal', port: 30_303 },
  ...{ peers: ['sealer2', 'later', 'bootnode1'], begins: ['bootnode1'] },
};

/** A machine with another volume than the node's, which has a filesystem, and, unless it is to be absent, the node's own, which is empty. */
export async function withNode(use: (machine: Machine) => Promise<void>, { second = true } = {}): Promise<void> {
  const machine = await Machine.start(
    machineOf({
      ...{ mounted: false, runtime: 'systemd', unit: 'client', files: { theirs: 'kept' } },
      ...(second && { second: { volumeId: NEW, content: 'nothing', files: {} } as const }),
    }),
  );
  try {
    await machine.shell('rmdir /data; printf "# fstab\\n" >/etc/fstab; rm -rf /var/lib/chainmend /etc/chainmend');
    // The agent that the image has, and what it was told.
    await machine.shell('mkdir -p /opt/aws/amazon-cloudwatch-agent/bin /opt/aws/amazon-cloudwatch-agent/etc');
    await machine.shell(
      'printf "#!/bin/sh\\necho \\"\\$*\\" >>/run/agent\\n" >"$1" && chmod +x "$1"',
      '/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl',
    );
    await use(machine);
  } finally {
    await machine.stop();
  }
}

export async function bootOn(machine: Machine, more: Partial<FirstBoot> = {}): Promise<Ran> {
  const text = firstBootUserData({ ...BOOT, ...more }, firstBootScripts());
  await machine.shell('printf %s "$1" >/run/user-data && chmod +x /run/user-data', text);
  const line =
    'PATH=/run/fakes:/usr/sbin:/usr/bin:/sbin:/bin /run/user-data >/run/out 2>&1; printf %s "$?" >/run/status';
  await machine.shell(line);
  return {
    stdout: '',
    stderr: await machine.shell('cat /run/out'),
    status: Number(await machine.shell('cat /run/status')),
  };
}

/** It came to its end; what it said is told where it did not. */
export function booted({ status, stderr }: Ran): void {
  if (status !== 0) throw new Error(`the first boot ended with ${String(status)}: ${stderr}`);
}

/** It has ended before the client was installed. */
export async function nothingStarted(machine: Machine): Promise<void> {
  expect(await machine.started()).toEqual([]);
  expect(await machine.shell('cat /run/lines 2>/dev/null || true')).toBe('');
}
