// A person asks to replace a node: it continues on a new instance. The old instance, started again by mistake, runs no client.
import { DATA_PATH, heightOf, UNIT } from '../../chains/geth.ts';
import { asked, hasJournalLine, type RealStory, runOnNode } from '../../story.ts';
import { anotherBoots, follows, goesOnThere } from './goes-on.ts';
import { movedBetween, ranTwice } from './keys.ts';

export const nodeReplaced: RealStory = {
  name: 'node-replaced',
  sentence:
    'A person wants a client on another instance: the same node goes on there, and the old one runs no more, even when it is started.',
  run: async (telling, world) => {
    const { say, becomes, holds } = telling;
    const old = world.find('client1');
    const sinceMs = Date.now();
    const { ec2 } = world.region;
    const volumeId = old.machine.mountedAt(DATA_PATH);
    const isMade = () => world.nodes.some(({ name, instanceId }) => name === old.name && instanceId !== old.instanceId);
    say('client1', 'a person asks for another instance');
    await becomes(
      'chainmend makes one',
      300,
      asked(world, { kind: 'replace-instance', fleet: 'geth', node: 'client1' }, isMade),
    );
    const young = await anotherBoots(telling, world, old, 240);
    await goesOnThere(telling, world, young, { volumeId, withinSeconds: 300 });
    await becomes('chainmend says that it healed', 300, () =>
      hasJournalLine(world, sinceMs, { node: 'client1', heal: 'replace-node', kind: 'outcome', act: 'healed' }),
    );
    await becomes(
      'the old instance is stopped, and its machine has no power',
      300,
      () => ec2.instance(old.instanceId).state === 'stopped' && old.machine.pid === undefined,
      () => ec2.instance(old.instanceId).state,
    );

    await world.region.call('ec2', 'StartInstances', { InstanceIds: [old.instanceId] }, 'person');
    say('client1', 'a person starts the old instance by mistake');
    await becomes('its system is up', 120, async () =>
      /running|degraded/.test((await old.machine.shell('systemctl is-system-running')).stdout),
    );
    const state = await runOnNode(old, `systemctl show --property ActiveState,ConditionResult ${UNIT} | sort`);
    holds(
      'geth does not run there: it is masked over every boot',
      state === 'ActiveState=inactive\nConditionResult=no',
      state,
    );
    await runOnNode(old, `systemctl start ${UNIT}`);
    const again = await runOnNode(old, `systemctl is-active ${UNIT} || true; pidof geth || true`);
    holds('nor does it when that person starts its unit', again === 'inactive', again);
    await world.region.call('ec2', 'StopInstances', { InstanceIds: [old.instanceId] }, 'person');

    await world.region.call('ec2', 'RebootInstances', { InstanceIds: [young.instanceId] }, 'person');
    say('client1', 'a person reboots the new instance');
    await becomes('it has gone down', 60, () => young.machine.pid === undefined);
    await becomes(
      'it comes up by itself, with its volume mounted and geth at work',
      180,
      async () => young.machine.mountedAt(DATA_PATH) === volumeId && (await follows(world, young)),
      async () => [young.machine.mountedAt(DATA_PATH), await heightOf(young)],
    );
    holds('its node key was seen to run on the old one, then on the new one', movedBetween(world, old, young));
    holds('no node key ever ran twice at once', ranTwice(world).length === 0, ranTwice(world));
  },
};
