// Each count of a score is made to happen on purpose by a healer that is not chainmend, and is not counted where what looks alike is nobody's fault.
import { describe, expect, it } from '@jest/globals';
import { type Court, type CourtOptions, courtOf, HOUR_MS, MINUTE_MS } from './court.ts';
import type { Score } from './score/score.ts';

async function scoreOf(story: (court: Court) => unknown, options: CourtOptions = {}): Promise<Score> {
  const court = await courtOf({ ...options, scored: true });
  await court.pass(MINUTE_MS);
  await story(court);
  await court.pass(2 * MINUTE_MS);
  return court.score();
}

const machine = (court: Court, node: string) => court.world.nodes.find(({ name }) => name === node)?.machine;
const like = (court: Court, node: string) => {
  const of = court.region.ec2.instances().find(({ instanceId }) => instanceId === court.id(node));
  return { ImageId: 'ami-0123456789abcdef0', InstanceType: 'm6i.large', MinCount: 1, MaxCount: 1, tags: of?.tags };
};
const launchLike = (court: Court, node: string) => {
  const { tags: Tags, ...launch } = like(court, node);
  return court.policy('RunInstances', { ...launch, TagSpecifications: [{ ResourceType: 'instance', Tags }] });
};

describe('node-hours that are lost', () => {
  it('are counted while a node that should serve does not', async () => {
    const score = await scoreOf(async (court) => {
      machine(court, 'node2')?.killClient();
      await court.pass(HOUR_MS);
    });
    expect(score.nodeHoursLost).toBeGreaterThan(1);
    expect(score.nodeHoursLost).toBeLessThan(1.1);
    expect(score.minutes.reduce((sum, { down }) => sum + down, 0) / 60).toBeCloseTo(score.nodeHoursLost, 6);
  });

  it('are none where a person has stopped the client, the instance, or ended it', async () => {
    const score = await scoreOf(async (court) => {
      court.says({ kind: 'stop-client', fleet: 'bitcoin', node: 'node1' });
      machine(court, 'node1')?.stopClient();
      await court.person('StopInstances', { InstanceIds: [court.id('node2')] });
      await court.person('TerminateInstances', { InstanceIds: [court.id('node3')] });
      await court.pass(HOUR_MS);
    });
    expect(score.nodeHoursLost).toBeLessThan(0.05);
  });
});

describe('a wrongful act', () => {
  it.each<readonly [string, (court: Court) => unknown]>([
    [
      'is a machine ended that serves',
      (court) => court.policy('TerminateInstances', { InstanceIds: [court.id('node2')] }),
    ],
    [
      'is a machine rebooted while its chain stands still',
      async (court) => {
        machine(court, 'node2')?.chain.halt();
        await court.pass(10 * MINUTE_MS);
        await court.policy('RebootInstances', { InstanceIds: [court.id('node2')] });
      },
    ],
    ['is a client restarted that serves', (court) => court.kubelet('node2')],
    [
      'is a machine ended whose client a person has stopped',
      async (court) => {
        court.says({ kind: 'stop-client', fleet: 'bitcoin', node: 'node2' });
        machine(court, 'node2')?.stopClient();
        await court.pass(HOUR_MS);
        await court.policy('TerminateInstances', { InstanceIds: [court.id('node2')] });
      },
    ],
    [
      'is a client started that a person has stopped',
      async (court) => {
        court.says({ kind: 'stop-client', fleet: 'bitcoin', node: 'node2' });
        machine(court, 'node2')?.stopClient();
        await court.pass(HOUR_MS);
        court.kubelet('node2');
      },
    ],
  ])('%s', async (_, story) => {
    const score = await scoreOf(story);
    expect(score.wrongfulActs).toBe(1);
    expect(score.acts).toBeGreaterThanOrEqual(1);
    expect(score.minutes.reduce((sum, { wrongful }) => sum + wrongful, 0)).toBe(1);
  });

  it('is none of: a hanging client restarted, a dead machine replaced, and what a person does', async () => {
    const score = await scoreOf(async (court) => {
      machine(court, 'node1')?.client.freeze({ untilRestart: true });
      machine(court, 'node2')?.killClient();
      await court.pass(5 * MINUTE_MS);
      court.kubelet('node1');
      await court.policy('TerminateInstances', { InstanceIds: [court.id('node2')] });
      await court.person('RebootInstances', { InstanceIds: [court.id('node3')] });
    });
    expect(score.wrongfulActs).toBe(0);
    expect(score.acts).toBe(2);
  });
});

describe('lost data', () => {
  const isTheOnlyCopy = async (court: Court): Promise<void> => {
    await court.policy('TerminateInstances', { InstanceIds: [court.id('node2')] });
    await court.pass(2 * MINUTE_MS);
    await court.policy('DeleteVolume', { VolumeId: court.data('node2') });
  };

  it('are a volume deleted of which there is no copy as new', async () => {
    expect((await scoreOf(isTheOnlyCopy)).dataLost).toBe(1);
  });

  it('are none where a snapshot is as new', async () => {
    const score = await scoreOf(async (court) => {
      court.region.ec2.takeSnapshots([court.data('node2')]);
      await isTheOnlyCopy(court);
    });
    expect(score.dataLost).toBe(0);
  });

  it('are none where a person has deleted it', async () => {
    const score = await scoreOf(async (court) => {
      await court.person('TerminateInstances', { InstanceIds: [court.id('node2')] });
      await court.pass(2 * MINUTE_MS);
      await court.person('DeleteVolume', { VolumeId: court.data('node2') });
    });
    expect(score.dataLost).toBe(0);
  });

  it('are a signing state that goes back', async () => {
    const score = await scoreOf(
      async (court) => {
        await court.pass(10 * MINUTE_MS);
        const validator = machine(court, 'validator1');
        validator?.killClient();
        const { chain } = validator ?? {};
        if (chain) validator?.client.load({ height: chain.height() - 5_000, branch: chain.main, barrier: undefined });
        validator?.writeFile('/data/node/irita/data/priv_validator_state.json', '{"height": "1"}');
        court.kubelet('validator1');
      },
      { validators: true },
    );
    expect(score.dataLost).toBe(1);
    expect(score.wrongfulActs).toBe(0);
  });
});

describe('one identity that runs twice', () => {
  it('is a client started with the key of a sibling that runs, counted once for each start', async () => {
    const score = await scoreOf((court) => {
      machine(court, 'node3')?.killClient();
      const key = machine(court, 'node2')?.readFile('/node-data/onion_v3_private_key') ?? '';
      for (const node of ['node3', 'node1']) machine(court, node)?.writeFile('/node-data/onion_v3_private_key', key);
      court.kubelet('node3');
    });
    expect(score.doubleSigning).toBe(1);
  });

  it('is none where each has its own', async () => {
    const score = await scoreOf((court) => {
      machine(court, 'node3')?.killClient();
      court.kubelet('node3');
    });
    expect(score.doubleSigning).toBe(0);
  });
});

it('pages are the messages that people get', async () => {
  const score = await scoreOf(async (court) => {
    const { TopicArn } = await court.person('CreateTopic', { Name: 'pages' });
    for (const Message of ['node2 is sick', 'node3 is sick']) await court.policy('Publish', { TopicArn, Message });
  });
  expect(score.pages).toBe(2);
});

it('a resize that EC2 refuses is counted, and one that it takes is an act', async () => {
  const score = await scoreOf(async (court) => {
    await court.policy('ModifyVolume', { VolumeId: court.data('node2'), Size: 1_200 });
    await expect(court.policy('ModifyVolume', { VolumeId: court.data('node2'), Size: 1_400 })).rejects.toThrow();
  });
  expect(score.refusedModifications).toBe(1);
  expect(score.acts).toBe(1);
});

it('the bill is a month of what stands at the end: volumes that were left behind, instances that run', async () => {
  const before = await scoreOf(() => {});
  const grown = await scoreOf((court) => court.policy('ModifyVolume', { VolumeId: court.data('node2'), Size: 1_200 }));
  // 200 GiB of gp3 at $0.08.
  expect(grown.usdAMonth - before.usdAMonth).toBeCloseTo(16, 6);
  const launched = await scoreOf((court) => launchLike(court, 'node2'));
  // 730 hours of an m6i.large at $0.096, and its root volume.
  expect(launched.usdAMonth - before.usdAMonth).toBeGreaterThan(70);
  expect(launched.usdAMonth - before.usdAMonth).toBeLessThan(73);
});
