// Devices and mounts of a simulated node, and how its client reads data from another volume.
import { beforeEach, describe, expect, it } from '@jest/globals';
import type { SimulatedChain } from '../../../local/nodes/chain.ts';
import { contentAt, type VolumeContent } from '../../../local/nodes/content.ts';
import { deviceById, FSTAB } from '../../../local/nodes/disks.ts';
import type { SimulatedNode } from '../../../local/nodes/node.ts';
import type { NodeSpec } from '../../../local/nodes/spec.ts';
import { DATA_VOLUME } from '../../fixtures/builders/node.ts';
import { chainOf, dataVolume, nodeOf } from '../../fixtures/builders/simulated-node.ts';
import { type TestKernel, testKernel } from '../../fixtures/kernel.ts';

const GIB = 2 ** 30;
const NEW = 'vol-0fedcba9876543210';
const HOUR_MS = 3_600_000;

let kernel: TestKernel;
let chain: SimulatedChain;

beforeEach(() => {
  kernel = testKernel();
  chain = chainOf(kernel, { bytesPerBlock: 2 ** 20 });
});

const node = (spec: Partial<NodeSpec> = {}): SimulatedNode =>
  nodeOf(kernel, chain, { volumes: [dataVolume({ usedBytes: 200 * GIB })], ...spec });

/** A copy of the node's data volume, with this change. */
function copyOf(machine: SimulatedNode, change: Parameters<typeof contentAt>[1] = {}): VolumeContent {
  const content = machine.contentOf(DATA_VOLUME);
  if (!content) throw new Error('the node has no data volume');
  return contentAt(content, change);
}

function attach(
  machine: SimulatedNode,
  content: VolumeContent | undefined,
  more: { initializedAtMs?: number } = {},
): void {
  machine.volumeAttached(NEW, '/dev/sdg', 500, { content, initializedAtMs: more.initializedAtMs });
}

/** Stops the client, puts the new volume in the old one's place, and starts the client. */
function swapped(machine: SimulatedNode): boolean {
  machine.stopClient();
  expect(machine.unmount('/data')).toBeUndefined();
  expect(machine.mount(deviceById(NEW), '/data', { nouuid: true })).toBeUndefined();
  return machine.startClient();
}

describe('what a copy of a volume holds', () => {
  it('is crash-consistent while the client runs, clean when it was stopped, and at the height of its moment', () => {
    const machine = node();
    const running = copyOf(machine);
    const heightThen = machine.client.height();
    expect(running).toMatchObject({ filesystem: 'xfs', usedBytes: 200 * GIB });
    expect(running.data).toMatchObject({
      chain: 'bitcoin',
      chainId: chain.chainId,
      height: heightThen,
      blockHash: chain.main.hash(heightThen),
      condition: 'crash-consistent',
    });
    kernel.advance(HOUR_MS);
    expect(running.data?.height).toBe(heightThen);
    machine.stopClient();
    expect(copyOf(machine).data).toMatchObject({ height: heightThen + 360, condition: 'clean', opening: 'opens' });
    machine.startClient();
    machine.killClient();
    expect(copyOf(machine).data?.condition).toBe('crash-consistent');
  });

  it('opens, refuses or starts over by a chance that is the same for all volumes of one moment, and that a scenario can force', () => {
    const machine = node({
      volumes: [dataVolume({ share: 0.7 }), dataVolume({ volumeId: NEW, role: 'index', path: '/index', share: 0.3 })],
    });
    const openings = Array.from({ length: 200 }, () => {
      kernel.advance(60_000);
      const [data, index] = [machine.contentOf(DATA_VOLUME)?.data?.opening, machine.contentOf(NEW)?.data?.opening];
      expect(index).toBe(data);
      return data;
    });
    expect(new Set(openings)).toEqual(new Set(['opens', 'refuses', 'starts-over']));
    expect(openings.filter((opening) => opening === 'opens').length).toBeGreaterThan(100);
    machine.disks.data.copiesOpen = 'refuses';
    expect(copyOf(machine).data?.opening).toBe('refuses');
    machine.stopClient();
    expect(copyOf(machine).data?.opening).toBe('opens');
  });

  it('is corrupt when its data were broken before, and no restart helps', () => {
    const machine = node();
    machine.disks.data.corrupt();
    expect(machine.client.state).toBe('failed');
    expect(machine.restartClient()).toBe(false);
    expect(machine.clientLastLine()).toContain('Corrupted block database detected');
    expect(machine.clientExitStatus()).toBe(1);
    expect(copyOf(machine).data).toMatchObject({ condition: 'corrupt', opening: 'refuses' });
  });

  it('holds the keys that make the node itself, and the height up to which a validator has signed', () => {
    chain = chainOf(kernel, { name: 'cosmos', protocol: 'cometbft', bytesPerBlock: 2 ** 10 });
    const [first, second] = [
      node({ validatorPower: 10 }),
      node({ instanceId: 'i-0aaaaaaaaaaaaaaaa', name: 'node2', privateIp: '10.0.0.12' }),
    ];
    const key = (machine: SimulatedNode) => machine.contentOf(DATA_VOLUME)?.files.get('config/node_key.json')?.make();
    expect(key(first)).toContain('PrivKeyEd25519');
    expect(key(second)).not.toBe(key(first));
    const signed = (content: VolumeContent) => content.files.get('data/priv_validator_state.json')?.make();
    const copy = copyOf(first);
    const before = signed(copy);
    kernel.advance(HOUR_MS);
    expect(signed(copy)).toBe(before);
    expect(signed(copyOf(first))).toContain(`"${first.client.height()}"`);
    expect(signed(copyOf(second))).toContain('"height":"0"');
  });
});

it('a disk that fills by a part of a byte counts whole bytes: what a node tells of it is a number of bytes', () => {
  const here = testKernel();
  const node = nodeOf(here, chainOf(here));
  node.write(node.volumes[0]?.path ?? '', 6.9 * 2 ** 30);
  expect(node.volumes.map(({ usedBytes }) => Number.isInteger(usedBytes))).toEqual([true]);
});

describe('a volume that comes', () => {
  it('appears as a device under its own name, mounted nowhere, while the client runs on', () => {
    const machine = node();
    attach(machine, copyOf(machine));
    expect(machine.devices()).toMatchObject([
      { volumeId: DATA_VOLUME, name: 'nvme1n1', mountedAt: '/data' },
      {
        volumeId: NEW,
        name: 'nvme2n1',
        byId: '/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0fedcba9876543210',
        mountedAt: undefined,
      },
    ]);
    expect(machine.devices()[1]?.filesystem?.uuid).toBe(machine.devices()[0]?.filesystem?.uuid);
    expect(machine.isMounted(NEW)).toBe(false);
    kernel.advance(HOUR_MS);
    expect(machine.report().state).toBe('synced');
  });

  it('is looked at read-only beside its original only with nouuid, and takes no writes then', () => {
    const machine = node();
    attach(machine, copyOf(machine));
    const readOnly = { readOnly: true };
    expect(machine.mount(deviceById(NEW), '/mnt/new', readOnly)).toContain('Filesystem has duplicate UUID');
    expect(machine.mount(deviceById(NEW), '/mnt/new', { ...readOnly, nouuid: true })).toBeUndefined();
    expect(machine.readFile('/mnt/new/onion_v3_private_key')).toBe(machine.readFile('/data/onion_v3_private_key'));
    expect(() => machine.writeFile('/mnt/new/x', 'y')).toThrow(/EROFS/);
    expect(machine.mount(NEW, '/mnt/other')).toContain('already mounted on /mnt/new');
    expect(machine.unmount('/mnt/new')).toBeUndefined();
    expect(machine.readFile('/mnt/new/onion_v3_private_key')).toBeUndefined();
    expect(machine.unmount('/mnt/new')).toBe('umount: /mnt/new: not mounted.');
  });

  it('cannot be mounted when it is empty, is not there, or the place is taken', () => {
    const machine = node();
    expect(machine.mount(deviceById(NEW), '/mnt/new')).toContain('special device');
    attach(machine, undefined);
    expect(machine.mount(deviceById(NEW), '/mnt/new')).toContain('wrong fs type');
    machine.stopClient();
    expect(machine.mount(DATA_VOLUME, '/data')).toContain('already mounted');
  });

  it('cannot take the place of one that the client uses', () => {
    const machine = node();
    expect(machine.unmount('/data')).toBe('umount: /data: target is busy.');
    machine.stopClient();
    expect(machine.unmount('/data')).toBeUndefined();
    expect(machine.startClient()).toBe(false);
    expect(machine.mount(DATA_VOLUME, '/data')).toBeUndefined();
    expect(machine.startClient()).toBe(true);
  });
});

describe('a client on other data', () => {
  it('goes on at their height, and again at its own when the old volume is put back', () => {
    const machine = node();
    const height = machine.client.height();
    attach(machine, copyOf(machine, { height: height - 1_000, condition: 'clean', opening: 'opens' }));
    expect(swapped(machine)).toBe(true);
    expect(machine.client.height()).toBe(height - 1_000);
    expect(machine.report().volumes).toMatchObject([{ volumeId: NEW, role: 'data', path: '/data' }]);
    kernel.advance(HOUR_MS);
    expect(machine.report().state).toBe('synced');
    machine.stopClient();
    expect(machine.clientLastLine()).toBe('Shutdown: done');
    expect(machine.unmount('/data')).toBeUndefined();
    expect(machine.mount(DATA_VOLUME, '/data', { nouuid: true })).toBeUndefined();
    expect(machine.startClient()).toBe(true);
    expect(machine.client.height()).toBe(height);
    expect(machine.contentOf(NEW)?.data).toMatchObject({ height: height + 360, condition: 'clean' });
  });

  it('exits with its own words where they do not open, and the old volume still does', () => {
    const machine = node();
    attach(machine, copyOf(machine, { opening: 'refuses' }));
    expect(swapped(machine)).toBe(false);
    expect(machine.clientLastLine()).toContain('Corrupted block database detected');
    expect(machine.unmount('/data')).toBeUndefined();
    expect(machine.mount(DATA_VOLUME, '/data', { nouuid: true })).toBeUndefined();
    expect(machine.startClient()).toBe(true);
    expect(machine.contentOf(NEW)?.data?.opening).toBe('refuses');
  });

  it('begins at height 0 where a crash has left nothing that it knows', () => {
    const machine = node();
    attach(machine, copyOf(machine, { opening: 'starts-over' }));
    expect(swapped(machine)).toBe(true);
    expect(machine.client.height()).toBe(0);
    expect(machine.report().state).toBe('behind');
  });

  it('follows the wrong branch where they are of one', () => {
    const machine = node();
    const branch = chain.fork(chain.height() - 50);
    attach(machine, copyOf(machine, { branch, height: chain.height() - 10, condition: 'clean', opening: 'opens' }));
    expect(swapped(machine)).toBe(true);
    expect(machine.report().state).toBe('forked');
  });

  it('gets stuck again where they were taken after the fault, and not where they are older', () => {
    const machine = node();
    const badBlock = machine.client.height() + 100;
    machine.disks.data.corrupt({ stopsAtHeight: badBlock });
    const before = copyOf(machine, { condition: 'clean', opening: 'opens' });
    kernel.advance(HOUR_MS);
    expect(machine.client.height()).toBe(badBlock);
    expect(machine.report().state).toBe('stuck');
    expect(machine.clientLastLine()).toContain(String(badBlock + 1));
    expect(machine.restartClient()).toBe(true);
    kernel.advance(HOUR_MS);
    expect(machine.client.height()).toBe(badBlock);
    attach(machine, before);
    expect(swapped(machine)).toBe(true);
    expect(machine.client.height()).toBe(badBlock - 100);
    kernel.advance(HOUR_MS);
    expect(machine.client.height()).toBe(badBlock);

    machine.stopClient();
    machine.unmount('/data');
    machine.volumeDetached(NEW);
    const { stopsAtHeight: _, ...healthy } = before.data ?? {};
    attach(machine, { ...before, data: healthy as NonNullable<VolumeContent['data']> });
    expect(machine.mount(NEW, '/data', { nouuid: true })).toBeUndefined();
    expect(machine.startClient()).toBe(true);
    kernel.advance(HOUR_MS);
    expect(machine.report().state).toBe('synced');
  });

  it('does not open volumes that are not of one moment, nor those of another chain', () => {
    const index = dataVolume({ volumeId: 'vol-0aaaaaaaaaaaaaaaa', role: 'index', path: '/index', share: 0.3 });
    const machine = node({ volumes: [dataVolume({ share: 0.7, usedBytes: 200 * GIB }), index] });
    attach(machine, copyOf(machine, { height: machine.client.height() - 5, condition: 'clean', opening: 'opens' }));
    expect(swapped(machine)).toBe(false);
    expect(machine.clientLastLine()).toContain('different moments');

    const other = node({ instanceId: 'i-0aaaaaaaaaaaaaaaa', privateIp: '10.0.0.12' });
    const content = copyOf(other, { opening: 'opens' });
    attach(other, { ...content, data: content.data && { ...content.data, chain: 'litecoin' } });
    expect(swapped(other)).toBe(false);
    expect(other.clientLastLine()).toContain('data of litecoin where bitcoin was expected');
  });

  it('follows more slowly until all blocks of its volume are there', () => {
    const catchUp = { catchUpBlocksPerSecond: 10 };
    const [slow, fast] = [
      node(catchUp),
      node({ ...catchUp, instanceId: 'i-0aaaaaaaaaaaaaaaa', privateIp: '10.0.0.12' }),
    ];
    for (const [machine, initializedAtMs] of [
      [slow, kernel.clock.now() + HOUR_MS],
      [fast, kernel.clock.now() - 1],
    ] as const) {
      const height = machine.client.height() - 100_000;
      attach(machine, copyOf(machine, { height, condition: 'clean', opening: 'opens' }), { initializedAtMs });
      expect(swapped(machine)).toBe(true);
    }
    const begun = slow.client.height();
    kernel.advance(600_000);
    expect(fast.client.height() - begun).toBe(6_000);
    expect(slow.client.height() - begun).toBe(1_500);
    kernel.advance(HOUR_MS);
    expect(slow.client.height() - begun).toBe(1_500 + 7_500 + 6_000);
  });

  it('keeps another node’s keys until somebody carries its own over', () => {
    chain = chainOf(kernel, { name: 'cosmos', protocol: 'cometbft', bytesPerBlock: 2 ** 10 });
    const donor = node();
    const machine = node({ instanceId: 'i-0aaaaaaaaaaaaaaaa', name: 'node2', privateIp: '10.0.0.12' });
    const path = '/data/config/node_key.json';
    const own = machine.readFile(path) ?? '';
    attach(machine, copyOf(donor, { opening: 'opens' }));
    expect(swapped(machine)).toBe(true);
    expect(machine.readFile(path)).toBe(donor.readFile(path));
    machine.writeFile(path, own);
    expect(machine.contentOf(NEW)?.files.get('config/node_key.json')?.make()).toBe(own);
    expect(donor.readFile(path)).not.toBe(own);
  });

  it('never brings a validator’s signing state back in time by running', () => {
    chain = chainOf(kernel, { name: 'cosmos', protocol: 'cometbft', bytesPerBlock: 2 ** 10 });
    const machine = node({ validatorPower: 10 });
    const path = '/data/data/priv_validator_state.json';
    const height = machine.client.height();
    attach(machine, copyOf(machine, { height: height - 500, condition: 'clean', opening: 'opens' }));
    machine.stopClient();
    const newer = machine.readFile(path) ?? '';
    expect(newer).toContain(`"${height}"`);
    machine.unmount('/data');
    machine.mount(NEW, '/data', { nouuid: true });
    machine.writeFile(path, newer);
    machine.startClient();
    expect(machine.readFile(path)).toContain(`"${height}"`);
  });
});

describe('a boot', () => {
  const boot = (machine: SimulatedNode): void => {
    machine.powerOff();
    kernel.advance(60_000);
    machine.powerOn();
    kernel.advance(120_000);
  };

  it('mounts what /etc/fstab says: by UUID the first of two alike, by id the one that is meant', () => {
    const machine = node();
    attach(machine, copyOf(machine, { condition: 'clean', opening: 'opens' }));
    expect(swapped(machine)).toBe(true);
    expect(machine.readFile(FSTAB)).toMatch(/^UUID=[0-9a-f-]{36} \/data xfs defaults,nofail 0 2\n$/);
    boot(machine);
    // The trap: the old volume is mounted again.
    expect(machine.isMounted(DATA_VOLUME)).toBe(true);
    expect(machine.isMounted(NEW)).toBe(false);
    machine.writeFile(FSTAB, `# moved\n${deviceById(NEW)} /data xfs defaults,nofail,nosuid,nodev,nouuid 0 2\n`);
    boot(machine);
    expect(machine.isMounted(NEW)).toBe(true);
    expect(machine.client.state).toBe('running');
    machine.volumeDetached(DATA_VOLUME);
    boot(machine);
    expect(machine.isMounted(NEW)).toBe(true);
  });

  it('after a power cut finds data that were being written, and a copy of them is no clean one', () => {
    const machine = node();
    machine.powerOff('hard');
    expect(copyOf(machine).data?.condition).toBe('crash-consistent');
    machine.powerOn();
    kernel.advance(120_000);
    expect(machine.client.state).toBe('running');
    machine.powerOff();
    expect(copyOf(machine).data?.condition).toBe('clean');
  });

  it('goes on without a volume that is gone (nofail), and its client does not start', () => {
    const machine = node();
    machine.powerOff();
    machine.volumeDetached(DATA_VOLUME);
    machine.powerOn();
    kernel.advance(120_000);
    expect(machine.reachable()).toBe(true);
    expect(machine.client.state).toBe('failed');
  });

  it('leaves everything as it was where nobody has moved anything', () => {
    const machine = node();
    boot(machine);
    expect(machine.isMounted(DATA_VOLUME)).toBe(true);
    expect(machine.report().state).toBe('synced');
  });
});

describe('a volume that is taken away', () => {
  it('by force takes the client with it, and what is left on it is crash-consistent', () => {
    const machine = node();
    machine.disks.data.copiesOpen = 'refuses';
    const content = machine.contentOf(DATA_VOLUME);
    expect(content?.data).toMatchObject({ condition: 'crash-consistent', opening: 'refuses' });
    machine.volumeDetached(DATA_VOLUME);
    expect(machine.client.state).toBe('failed');
    expect(machine.client.outages.at(-1)?.cause).toBe('volume-gone');
    expect(machine.contentOf(DATA_VOLUME)).toBeUndefined();
    expect(machine.startClient()).toBe(false);
  });
});
