// An instance that is gone for good: a person asks for another one, and the node is the same one there, with its key and its data.
import { DATA_PATH, hashAt, heightOf, ownIdOf, peerIdOf, peersOf, UNIT } from '../../chains/geth.ts';
import { journalled, on, type RealStory } from '../../story.ts';
import { ranTwice } from './keys.ts';

export const nodeReplaced: RealStory = {
  name: 'node-replaced',
  sentence:
    'A client’s instance dies for good and a person wants another: the same node goes on there, by its name and with its key.',
  run: async ({ say, becomes, holds }, world) => {
    const old = world.find('client1');
    const sibling = world.find('sealer1');
    const sinceMs = Date.now();
    holds('it tells the key that it was made with', (await ownIdOf(old)) === peerIdOf('client1'));
    const volumeId = old.machine.mountedAt(DATA_PATH);
    const { ec2 } = world.region;
    old.machine.break();
    ec2.impair(old.instanceId, 'instance', 'nothing');
    say('client1', 'its operating system is gone, and no stop and start brings it back');
    await world.send({ kind: 'replace-instance', fleet: 'geth', node: 'client1' });
    say('client1', 'a person asks for another instance');
    await becomes('another machine boots', 180, () => world.find('client1').instanceId !== old.instanceId);
    const young = world.find('client1');
    await young.machine.booted();
    say('client1', `it is ${young.instanceId} at ${young.privateIp}`);
    const masked = await young.machine.shell(`systemctl is-active ${UNIT}`);
    holds('geth does not run there by itself', masked.exitCode !== 0, masked);
    await becomes(
      'the old one’s volume is mounted in it',
      480,
      () => young.machine.mountedAt(DATA_PATH) === volumeId,
      () => on(young, 'findmnt; cat /etc/fstab; ls -l /dev/disk/by-id'),
    );
    await becomes(
      'its name leads there, as a sibling hears it from the resolver',
      240,
      async () => (await on(sibling, 'getent hosts client1.geth.internal || true')).startsWith(`${young.privateIp} `),
      () => on(sibling, 'getent hosts client1.geth.internal || true'),
    );
    await becomes('it follows the chain', 240, async () => (await heightOf(young)) >= (await heightOf(sibling)) - 3);
    holds('it is the same node to its peers: the same key', (await ownIdOf(young)) === peerIdOf('client1'));
    const height = await heightOf(sibling);
    await becomes(
      'it has the same blocks as they',
      60,
      async () => (await hashAt(young, height)) === (await hashAt(sibling, height)),
    );
    await becomes('chainmend says that it healed', 300, () =>
      journalled(world, sinceMs, { node: 'client1', heal: 'replace-node', kind: 'outcome', act: 'healed' }),
    );
    await becomes('a sibling reaches its port by its name, and is connected to it', 120, async () => {
      await on(sibling, 'timeout 5 bash -c "exec 3<>/dev/tcp/client1.geth.internal/30303"');
      return (await peersOf(sibling)).includes(peerIdOf('client1'));
    });
    holds(
      'the old instance is stopped and its machine has no power',
      ec2.instance(old.instanceId).state === 'stopped' && old.machine.pid === undefined,
    );
    const root = ec2.volumes().filter(({ attachment }) => attachment?.instanceId === old.instanceId);
    holds('nobody can start it by accident: no root volume is attached to it', root.length === 0, root);
    await world.region.call('ec2', 'RebootInstances', { InstanceIds: [young.instanceId] }, 'person');
    say('client1', 'a person reboots the new instance');
    await becomes('it has gone down', 60, () => young.machine.pid === undefined);
    await becomes('it comes up by itself, with its volume mounted and geth at work', 120, async () => {
      await young.machine.booted();
      return (
        young.machine.mountedAt(DATA_PATH) === volumeId && (await heightOf(young)) >= (await heightOf(sibling)) - 3
      );
    });
    holds('no node key ever ran twice at once', ranTwice(world).length === 0, ranTwice(world));
  },
};
