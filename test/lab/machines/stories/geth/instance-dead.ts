// An instance is lost permanently, and no person is there: its node continues on another instance, and the old instance cannot start its client by
// accident.
import { DATA_PATH } from '../../chains/geth.ts';
import { hasJournalLine, type RealStory } from '../../story.ts';
import { anotherBoots, goesOnThere } from './goes-on.ts';
import { movedBetween, ranTwice } from './keys.ts';

export const instanceDead: RealStory = {
  name: 'instance-dead',
  sentence: 'A client’s instance dies for good: without anybody’s word the same node goes on on another one.',
  run: async (telling, world) => {
    const { say, becomes, holds } = telling;
    const old = world.find('client2');
    const sinceMs = Date.now();
    const { ec2 } = world.region;
    const volumeId = old.machine.mountedAt(DATA_PATH);
    old.machine.break();
    ec2.impair(old.instanceId, 'instance', 'nothing');
    say('client2', 'its operating system is gone, and nothing brings it back');
    const young = await anotherBoots(telling, world, old, 600);
    await goesOnThere(telling, world, young, { volumeId, withinSeconds: 420 });
    await becomes('chainmend says that it healed', 300, () =>
      hasJournalLine(world, sinceMs, { node: 'client2', heal: 'replace-node', kind: 'outcome', act: 'healed' }),
    );
    holds(
      'the old instance is stopped, and its machine has no power',
      ec2.instance(old.instanceId).state === 'stopped' && old.machine.pid === undefined,
    );
    const attached = ec2.volumes().filter(({ attachment }) => attachment?.instanceId === old.instanceId);
    holds('nobody can start it by accident: no root volume is attached to it', attached.length === 0, attached);
    holds('its node key was seen to run on the old one, then on the new one', movedBetween(world, old, young));
    holds('no node key ever ran twice at once', ranTwice(world).length === 0, ranTwice(world));
  },
};
