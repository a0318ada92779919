// A world in a region without the suite: the resources behind a launch, and the parts of a history.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { everySeconds } from '../../../local/nodes/rhythm.ts';
import { createRegion, type Region } from '../../../local/region.ts';
import { snapshotsIn } from '../../../local/scenarios/report/snapshots.ts';
import { launchTemplate, lifecyclePolicy, snapshotsOf } from '../../../local/scenarios/world/fixtures.ts';
import { World } from '../../../local/scenarios/world/world.ts';
import { bitcoinChain, followers } from '../../../local/scenarios/world/worlds.ts';
import { resolveFleet } from '../../../shared/fleet/resolve.ts';

const fleet = resolveFleet({
  fleet: 'bitcoin',
  chain: 'bitcoin',
  mode: 'act',
  nodes: { tag: { Component: 'nodes/bitcoin' } },
  role: 'follower',
  unit: 'node@*',
  volumes: { data: '/node-data' },
});
const HOUR_MS = 3_600_000;
let region: Region;
let world: World;

beforeEach(async () => {
  region = await createRegion({ seed: 1, lane: 'sweep', guard: false });
  world = new World(region, 'table', new Map([['bitcoin', fleet]]));
  bitcoinChain(world, 1, { clock: everySeconds(30) });
  followers(world, 3);
});

async function settled<T>(work: Promise<T>): Promise<T> {
  let isSettled = false;
  const settle = (): void => {
    isSettled = true;
  };
  work.then(settle, settle);
  await region.clock.run({ until: () => isSettled, maxEvents: 100_000 });
  return work;
}

const pass = (ms: number): Promise<unknown> =>
  region.clock.run({ untilMs: region.clock.now() + ms, maxEvents: 1_000_000 });

const TAGS = [
  { Key: 'Component', Value: 'nodes/bitcoin' },
  { Key: 'Name', Value: 'node2' },
];

async function launch(UserData: string, tags: readonly object[] = TAGS): Promise<string> {
  const { Instances } = (await settled(
    region.call('ec2', 'RunInstances', {
      ImageId: 'ami-0123456789abcdef0',
      InstanceType: 'm6i.large',
      MinCount: 1,
      MaxCount: 1,
      UserData: Buffer.from(UserData).toString('base64'),
      TagSpecifications: [{ ResourceType: 'instance', Tags: tags }],
    }),
  )) as { readonly Instances: readonly { readonly InstanceId: string }[] };
  return Instances[0]?.InstanceId ?? '';
}

describe('behind an instance that is launched with a fleet’s tags', () => {
  it('stands a machine of the name that it carries, with nothing mounted, whose client cannot start', async () => {
    const instanceId = await launch('#!/bin/sh');
    const placed = world.nodes.find((node) => node.instanceId === instanceId);
    expect(placed).toMatchObject({ name: 'node2', role: 'follower' });
    expect(placed?.volumeIds.size).toBe(0);
    await pass(HOUR_MS);
    expect(placed?.machine.isPowered).toBe(true);
    expect(placed?.machine.client.state).not.toBe('running');
    expect(placed?.machine.devices()).toEqual([]);
  });

  it('its client is masked where its user data says so, and follows when it has data and is unmasked', async () => {
    const instanceId = await launch('#cloud-config\nwrite_files: [{ path: /etc/chainmend/client-masked }]');
    const { machine } = world.nodes.find((node) => node.instanceId === instanceId) ?? {};
    if (!machine) throw new Error('there is no machine');
    await pass(HOUR_MS);
    expect(machine.isClientMasked).toBe(true);
    world.find('bitcoin', 'node3').machine.disks.data.copiesOpen = 'opens';
    const content = region.ec2.contentOf(world.find('bitcoin', 'node3').volumeIds.get('data') ?? '');
    machine.volumeAttached('vol-0aaaaaaaaaaaaaaaa', '/dev/sdf', 1_000, { content, initializedAtMs: undefined });
    expect(machine.mount('vol-0aaaaaaaaaaaaaaaa', '/node-data')).toBeUndefined();
    machine.unmaskClient();
    expect(machine.startClient()).toBe(true);
    expect(machine.client.height()).toBeGreaterThan(930_000);
  });

  it('is none of the fleet’s nodes until it has joined, and the one that has left is none any more', async () => {
    const old = world.find('bitcoin', 'node2').instanceId;
    const fresh = await launch('', [...TAGS, { Key: 'chainmend:joining', Value: '7f3a0000' }]);
    expect(world.find('bitcoin', 'node2').instanceId).toBe(old);
    expect(world.current).toHaveLength(3);
    region.ec2.setTag(fresh, 'chainmend:joining', undefined);
    region.ec2.setTag(old, 'chainmend:retired', '2026-01-01T12:00:00Z');
    expect(world.find('bitcoin', 'node2').instanceId).toBe(fresh);
    expect(world.current.map(({ instanceId }) => instanceId)).not.toContain(old);
  });

  it('a stranger’s instance has no machine here', async () => {
    await launch('', [{ Key: 'Component', Value: 'nodes/litecoin' }]);
    expect(world.nodes).toHaveLength(3);
  });
});

describe('a past', () => {
  it('of clean snapshots: at the height of their hour, by their ledger', () => {
    const [id = ''] = snapshotsOf(world, world.find('bitcoin', 'node2'), { hoursAgo: 8 });
    const told = snapshotsIn(world);
    expect(told).toEqual([
      { snapshotId: id, fleet: 'bitcoin', height: expect.any(Number), rank: 'clean', held: false, quarantined: false },
    ]);
    expect(told[0]?.height).toBe(931_000 - 8 * 120);
    expect(region.ec2.snapshot(id).content?.data).toMatchObject({ condition: 'clean', opening: 'opens' });
  });

  it('of a lifecycle policy’s: crash-consistent, whatever they hold, with the tags of AWS and of the volume', async () => {
    const snapshotId = 'snap-0000000000000bad0';
    lifecyclePolicy(world, 'bitcoin', [{ node: 'node2', hoursAgo: 9, opening: 'refuses', snapshotId }]);
    await settled(world.open());
    expect(snapshotsIn(world)).toMatchObject([{ snapshotId, fleet: 'bitcoin', rank: 'crash-consistent' }]);
    expect(region.ec2.tags(snapshotId)).toMatchObject({
      Component: 'nodes/bitcoin',
      'aws:dlm:lifecycle-policy-id': expect.stringMatching(/^policy-/),
    });
    expect(region.ec2.snapshot(snapshotId).content?.data?.opening).toBe('refuses');
  });

  it('of a launch template: each instance says that it was launched from it', async () => {
    launchTemplate(world, 'bitcoin');
    await settled(world.open());
    const [template] = region.ec2.launchTemplates();
    for (const { instanceId } of world.nodes)
      expect(region.ec2.tags(instanceId)['aws:ec2launchtemplate:id']).toBe(template?.launchTemplateId);
  });
});
