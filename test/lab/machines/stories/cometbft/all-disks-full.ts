// The disks of the four validators fill up together, and the chain halts. All four are grown online, and the chain continues.
import { blockAt, CONTAINER, container, DATA_PATH, heightOf } from '../../chains/cometbft.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';
import type { RealWorld } from '../../world.ts';
import { FILL } from '../fill.ts';
import { nobodySignedTwice } from './honest.ts';

const NAMES = ['validator1', 'validator2', 'validator3', 'validator4'] as const;
const STILL_MS = 10_000;
const ASK_AGAIN_MS = 20_000;

export const allDisksFull: RealStory = {
  name: 'all-disks-full',
  sentence: 'The disks of all validators are full and the chain halts: all are grown online, and it goes on.',
  run: async (telling, world) => {
    const { say, becomes, holds } = telling;
    const nodes = NAMES.map((name) => world.find(name));
    const sinceMs = world.region.clock.now();
    await becomes('chainmend has an alarm on each of their disks', 240, async () => {
      if ((await diskAlarms(world)) === NAMES.length) return true;
      // register-nodes makes the alarms when the metrics are there, every five minutes or on request.
      await world.send({ kind: 'reconcile', fleet: 'cometbft' }, 'chainmend-register-nodes');
      await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
      return (await diskAlarms(world)) === NAMES.length;
    });
    const blocks = async (node: (typeof nodes)[number]) =>
      Number(await runOnNode(node, 'stat -f -c %b "$1"', DATA_PATH));
    const mount = (node: (typeof nodes)[number]) =>
      runOnNode(node, 'findmnt --noheadings --output ID,SOURCE "$1"', DATA_PATH);
    const before = await Promise.all(
      nodes.map(async (node) => ({
        node,
        blocks: await blocks(node),
        mount: await mount(node),
        container: await container(node),
      })),
    );
    await Promise.all(nodes.map((node) => runOnNode(node, FILL, DATA_PATH)));
    say('cometbft', `the data disks of all four validators fill up, to the last block`);
    let seen = { height: -2, sinceMs: Date.now() };
    await becomes('the chain stands still', 120, async () => {
      const heights = await Promise.all(nodes.map(heightOf));
      const height = Math.max(...heights);
      if (height !== seen.height) seen = { height, sinceMs: Date.now() };
      return Date.now() - seen.sinceMs > STILL_MS;
    });
    for (const { node, container: was } of before) {
      const said = await runOnNode(
        node,
        `docker logs ${CONTAINER} 2>&1 | grep -c "CONSENSUS FAILURE.*no space left" || true`,
      );
      const now = await container(node);
      // One of the clients may only be waiting for the others.
      say(node.name, `${now.split(' ')[0]}, ${said === '0' ? 'and waits for votes' : 'and its consensus has ended'}`);
      holds(`the process of ${node.name} runs on as if nothing were`, now === was, now);
    }
    for (const { node, blocks: had } of before)
      await becomes(
        `the filesystem of ${node.name} is larger than it was`,
        480,
        async () => (await blocks(node)) > had,
      );
    for (const { node, mount: was } of before)
      holds(`that of ${node.name} was never unmounted`, (await mount(node)) === was, [was, await mount(node)]);
    await becomes(
      'the chain goes on',
      300,
      async () => (await heightOf(world.find('follower1'))) > seen.height + 5,
      async () => [
        seen,
        await Promise.all([...before.map(({ node }) => container(node))]),
        await Promise.all(nodes.map(heightOf)),
      ],
    );
    await becomes('all four sign its blocks', 120, async () => {
      const follower = world.find('follower1');
      const { block } = await blockAt(follower, await heightOf(follower));
      return (
        block.last_commit.signatures.filter(({ validator_address }) => validator_address !== '').length === NAMES.length
      );
    });
    for (const name of NAMES)
      await becomes(`chainmend says that ${name} is healed`, 180, () =>
        hasJournalLine(world, sinceMs, { node: name, heal: 'resize-volume', text: /healed|filesystem \d+ GiB/i }),
      );
    await Promise.all(nodes.map((node) => runOnNode(node, 'rm -f -- "$1"/core*', DATA_PATH)));
    await nobodySignedTwice(telling, world, 'follower1');
  },
};

async function diskAlarms({ region }: RealWorld): Promise<number> {
  const { MetricAlarms = [] } = (await region.call('monitoring', 'DescribeAlarms', {
    AlarmNamePrefix: 'chainmend-cometbft-validator',
    AlarmTypes: ['MetricAlarm'],
  })) as { readonly MetricAlarms?: readonly { readonly AlarmName: string }[] };
  return MetricAlarms.filter(({ AlarmName }) => AlarmName.endsWith('-disk')).length;
}
