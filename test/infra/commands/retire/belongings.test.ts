// What a run knows of the resources that heals make and keep, in a region without the suite.
import { beforeEach, describe, expect, it } from '@jest/globals';
import { everySeconds } from '../../../../local/nodes/rhythm.ts';
import { createRegion, type Region, START_MS } from '../../../../local/region.ts';
import { MachineChecker } from '../../../../local/scenarios/checks/machines.ts';
import { NodeBaselines } from '../../../../local/scenarios/checks/node-baselines.ts';
import { isAccountedFor, KnownResources, leftStopped } from '../../../../local/scenarios/checks/resources.ts';
import type { Mutation } from '../../../../local/scenarios/report/calls.ts';
import { snapshotsOf } from '../../../../local/scenarios/world/fixtures.ts';
import { type PlacedNode, World } from '../../../../local/scenarios/world/world.ts';
import { bitcoinChain, consortium, followers } from '../../../../local/scenarios/world/worlds.ts';
import { resolveFleet } from '../../../../shared/fleet/resolve.ts';
import type { HealPayload } from '../../../../shared/model/payload.ts';

const base = { mode: 'act', unit: 'node@*' } as const;
const fleets = new Map([
  [
    'bitcoin',
    resolveFleet({
      ...{ ...base, fleet: 'bitcoin', chain: 'bitcoin', role: 'follower', volumes: { data: '/node-data' } },
      nodes: { tag: { Component: 'nodes/bitcoin' } },
    }),
  ],
  [
    'irita',
    resolveFleet({
      ...{ ...base, fleet: 'irita', chain: 'cometbft', role: 'validator', volumes: { data: '/data' } },
      nodes: { tag: { Project: 'irita' } },
      // The same as in scenarios/fleets/irita.yaml: below the node's home on its data volume.
      identity: ['config/priv_validator_key.json', 'data/priv_validator_state.json'].map(
        (path) => `/data/node/irita/${path}`,
      ),
    }),
  ],
]);
const DAY_MS = 86_400_000;
const NEW = 'vol-0aaaaaaaaaaaaaaaa';
let region: Region;
let world: World;
let node: PlacedNode;

beforeEach(async () => {
  region = await createRegion({ seed: 1, lane: 'sweep', guard: false });
  world = new World(region, 'table', fleets);
  bitcoinChain(world, 1, { clock: everySeconds(30) });
  followers(world, 3);
  node = world.find('bitcoin', 'node2');
});

const iso = (days: number): string => new Date(region.clock.now() + days * DAY_MS).toISOString();
const newVolume = (tags: Record<string, string> = {}): string =>
  region.ec2.addVolume({ volumeId: NEW, sizeGiB: 100, tags });

describe('a volume that a heal has made', () => {
  it('is accounted for by the node that has it mounted, by a tag, or by what people were told', () => {
    newVolume();
    expect(isAccountedFor(world, [], NEW)).toBe(false);
    expect(isAccountedFor(world, [], node.volumeIds.get('data') ?? '')).toBe(true);
    region.ec2.setTag(NEW, 'chainmend:keep-until', iso(7));
    expect(isAccountedFor(world, [], NEW)).toBe(true);
  });

  it('is not by hanging on a node that does not use it', () => {
    region.ec2.addVolume({
      volumeId: NEW,
      sizeGiB: 100,
      attachedTo: { instanceId: node.instanceId, device: '/dev/sdg' },
    });
    expect(isAccountedFor(world, [], NEW)).toBe(false);
  });
});

describe('pruning may take away', () => {
  it.each([
    ['a volume past its date', { 'chainmend:keep-until': -1 }, true],
    ['no volume before it', { 'chainmend:keep-until': 1 }, false],
    ['nothing that nobody has kept', {}, false],
  ] as const)('%s', (_, tags: { readonly 'chainmend:keep-until'?: number }, may) => {
    const days = tags['chainmend:keep-until'];
    newVolume(days === undefined ? {} : { 'chainmend:keep-until': iso(days) });
    const belongings = new KnownResources();
    belongings.see(world);
    expect(belongings.mayGo(NEW, region.clock.now())).toBe(may);
  });

  it('of two clean snapshots of a fleet one, never both', () => {
    const [first = ''] = snapshotsOf(world, node, { hoursAgo: 24 });
    const belongings = new KnownResources();
    belongings.see(world);
    expect(belongings.mayGo(first, region.clock.now())).toBe(false);
    snapshotsOf(world, node, { hoursAgo: 48 });
    belongings.see(world);
    expect(belongings.mayGo(first, region.clock.now())).toBe(true);
    region.ec2.setTag(first, 'chainmend:held-by', '7f3a0000');
    belongings.see(world);
    expect(belongings.mayGo(first, region.clock.now())).toBe(false);
  });
});

describe('a client that is down at the end', () => {
  const touched = (atMs: number, input: object = {}): Mutation[] => [
    {
      ...{ by: 'us', resource: node.instanceId, instanceId: node.instanceId },
      record: { at: atMs, input } as Mutation['record'],
    },
  ];

  it('was left stopped where a heal had to do with it, and by a person where none had, or a person stopped it for good', () => {
    node.machine.client.stop('stopped', 'stopped');
    expect(leftStopped(world, touched(region.clock.now()))).toEqual(['bitcoin/node2']);
    expect(leftStopped(world, [])).toEqual([]);
    node.machine.startClient();
    node.machine.stopClient();
    expect(leftStopped(world, touched(region.clock.now()))).toEqual([]);
  });

  it('was not left stopped by a command that writes a file and leaves the client running', () => {
    node.machine.killClient();
    const written = (Restart: string) =>
      leftStopped(world, touched(region.clock.now(), { Parameters: { Restart: [Restart] } }));
    expect(written('no')).toEqual([]);
    expect(written('yes')).toEqual(['bitcoin/node2']);
  });

  it('is nobody’s fault where its node has left the fleet, or its data are broken', () => {
    node.machine.disks.data.corrupt();
    expect(leftStopped(world, touched(region.clock.now()))).toEqual([]);
    const other = world.find('bitcoin', 'node3');
    other.machine.stopClient();
    region.ec2.setTag(other.instanceId, 'chainmend:retired', iso(0));
    expect(leftStopped(world, [{ ...touched(0)[0], instanceId: other.instanceId } as Mutation])).toEqual([]);
  });
});

describe('a client that is down at the end, on a node without its fleet’s tags', () => {
  const call = async (operation: string, input: object): Promise<Readonly<Record<string, unknown>>> => {
    const work = region.call('sns', operation, input, 'chainmend-dispatch-heal/1');
    let isOver = false;
    const end = (): void => {
      isOver = true;
    };
    work.then(end, end);
    await region.clock.run({ until: () => isOver, maxEvents: 10_000 });
    return work;
  };
  // Pages count from the moment in which a story begins.
  beforeEach(() => region.clock.run({ untilMs: START_MS }));
  const page = async (sentence: string): Promise<void> => {
    const { TopicArn } = await call('CreateTopic', { Name: 'chainmend-pages' });
    const said = { fleet: 'bitcoin', node: 'node2', code: 'tags-missing', sentence, severity: 'page' };
    await call('Publish', { TopicArn, Message: JSON.stringify(said) });
  };
  const left = (): readonly string[] => {
    const { instanceId, machine } = node;
    const record = { at: machine.client.outages.at(-1)?.fromMs, input: {} } as Mutation['record'];
    return leftStopped(world, [{ record, by: 'us', resource: instanceId, instanceId }]);
  };
  const stop = (): void => node.machine.client.stop('stopped', 'stopped');
  const takeTags = (): void => region.ec2.setTag(node.instanceId, 'Component', undefined);

  it('was left stopped as long as nobody knows that it is down', async () => {
    stop();
    takeTags();
    expect(left()).toEqual(['bitcoin/node2']);
    await page('its tags are gone');
    expect(left()).toEqual(['bitcoin/node2']);
  });

  it('is for people to start who were told of it: nobody else may send it a command', async () => {
    stop();
    takeTags();
    await page('its tags are gone, and its client may be stopped');
    expect(left()).toEqual([]);
  });

  it('was left stopped where the tags are there, whatever people were told', async () => {
    stop();
    await page('its tags are gone, and its client is stopped');
    expect(left()).toEqual(['bitcoin/node2']);
  });
});

describe('a node is as it was found', () => {
  const heal = () => ({ incidentId: '7f3a0000', instanceId: node.instanceId }) as HealPayload;

  it('when the same volumes hang on it and its client runs; not with one more, nor without its client', () => {
    const pictures = new NodeBaselines();
    pictures.take(world, heal(), 'first');
    expect(pictures.isAsFound('7f3a0000', 'first')).toBe(true);
    node.machine.stopClient();
    pictures.take(world, heal(), 'second');
    expect(pictures.isAsFound('7f3a0000', 'second')).toBe(false);
    node.machine.startClient();
    region.ec2.addVolume({ sizeGiB: 100, attachedTo: { instanceId: node.instanceId, device: '/dev/sdg' } });
    pictures.take(world, heal(), 'third');
    expect(pictures.isAsFound('7f3a0000', 'third')).toBe(false);
  });
});

describe('the machines of a run', () => {
  it('break nothing as they are', () => {
    consortium(world);
    expect(new MachineChecker().look(world, [])).toEqual([]);
  });

  it('show a key that runs twice, whatever the nodes are called', () => {
    const key = '/node-data/onion_v3_private_key';
    const other = world.find('bitcoin', 'node3');
    other.machine.writeFile(key, node.machine.readFile(key) ?? '');
    expect(new MachineChecker().look(world, [])).toMatchObject([
      { invariant: 'one-identity', detail: expect.stringMatching(/^onion_v3_private_key \w+ runs on /) },
    ]);
    other.machine.stopClient();
    expect(new MachineChecker().look(world, [])).toEqual([]);
  });

  it('show a validator that forgets what it has signed', () => {
    const [validator] = consortium(world, {}, {});
    const path =
      validator?.fleet.identityPaths.find((candidate) => candidate.endsWith('priv_validator_state.json')) ?? '';
    const watch = new MachineChecker();
    watch.look(world, []);
    validator?.machine.writeFile(path, '{"height":"7","round":0,"step":3}');
    expect(watch.look(world, [])).toMatchObject([
      { invariant: 'signing-state-only-up', detail: expect.stringMatching(/^irita\/validator1: \d+ → 7$/) },
    ]);
  });

  /** In the place of the node's data: of a snapshot from before its growth. */
  const putInPlace = (sizeGiB: number): void => {
    const { machine, volumeIds } = node;
    const content = region.ec2.contentOf(volumeIds.get('data') ?? '');
    machine.client.stop('stopped', 'stopped');
    machine.unmount('/node-data');
    region.ec2.addVolume({ volumeId: NEW, sizeGiB });
    machine.volumeAttached(NEW, '/dev/sdg', sizeGiB, { content, initializedAtMs: undefined });
    expect(machine.mount(NEW, '/node-data', { nouuid: true })).toBeUndefined();
  };

  it('show a smaller volume in the place of a larger one', () => {
    const watch = new MachineChecker();
    watch.look(world, []);
    putInPlace(100);
    expect(watch.look(world, [])).toMatchObject([
      { invariant: 'size-only-up', detail: 'bitcoin/node2 /node-data: 1000 → 100 GiB' },
    ]);
  });

  it('show no smaller volume where a person has launched another instance with its own', async () => {
    const watch = new MachineChecker();
    watch.look(world, []);
    const ended = world.terminate(node);
    await region.clock.run({ untilMs: region.clock.now() + 60_000, maxEvents: 100_000 });
    await ended;
    const again = world.launchAgain('bitcoin', 'node2');
    const sized = (sizeGiB: number) =>
      Object.assign(
        region.ec2.volumes().find(({ volumeId }) => volumeId === again.volumeIds.get('data'))?.performance ?? {},
        { sizeGiB },
      );
    sized(100);
    expect(watch.look(world, [])).toEqual([]);
    sized(50);
    expect(watch.look(world, [])).toMatchObject([{ detail: 'bitcoin/node2 /node-data: 100 → 50 GiB' }]);
  });

  it.each([
    ['no smaller one where EBS has failed the growth', true, []],
    ['a smaller one where it was grown', false, [{ detail: 'bitcoin/node2 /node-data: 1400 → 1000 GiB' }]],
  ])('show %s', async (_, fails, expected) => {
    const watch = new MachineChecker();
    const data = node.volumeIds.get('data') ?? '';
    const { ec2, clock } = region;
    if (fails) ec2.failNextModification(data);
    ec2.operations['ModifyVolume']?.({ VolumeId: data, Size: 1_400 }, { at: clock.now(), actor: 'person' });
    watch.look(world, []);
    await clock.run({ untilMs: clock.now() + 5 * 60_000, maxEvents: 100_000 });
    watch.look(world, []);
    putInPlace(1_000);
    expect(watch.look(world, [])).toMatchObject(expected);
  });
});
