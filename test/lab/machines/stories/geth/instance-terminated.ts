// A person terminates an instance, and the fleet file says that such a node is made again: it continues on another instance, with the volume that was
// left and with its name.
import { DATA_PATH } from '../../chains/geth.ts';
import { hasJournalLine, type RealStory } from '../../story.ts';
import { anotherBoots, goesOnThere } from './goes-on.ts';
import { movedBetween, ranTwice } from './keys.ts';

const NAME = 'client3';

export const instanceTerminated: RealStory = {
  name: 'instance-terminated',
  sentence: 'A person terminates a client’s instance: people are told, and the same node goes on on another one.',
  run: async (telling, world) => {
    const { say, becomes, holds } = telling;
    const old = world.find(NAME);
    const { ec2 } = world.region;
    const volumeId = old.machine.mountedAt(DATA_PATH);
    const isKnown = () => world.observed('geth').some(({ name, machine }) => name === NAME && machine !== undefined);
    await becomes('chainmend has written down what its machine is like', 180, isKnown);
    const sinceMs = Date.now();
    const since = () => world.journal().filter(({ atMs, sentence }) => atMs >= sinceMs && sentence.includes(NAME));
    await world.region.call('ec2', 'TerminateInstances', { InstanceIds: [old.instanceId] }, 'person');
    say(NAME, 'a person terminates its instance');
    await becomes(
      'people are told that it is gone',
      240,
      () => hasJournalLine(world, sinceMs, { kind: 'page', code: 'node-missing', text: /client3/ }),
      since,
    );
    // Another node of the fleet may have its turn.
    const young = await anotherBoots(telling, world, old, 900);
    await goesOnThere(telling, world, young, { volumeId, withinSeconds: 420 });
    await becomes(
      'chainmend says that it healed',
      300,
      () => hasJournalLine(world, sinceMs, { node: NAME, heal: 'replace-node', kind: 'outcome', act: 'healed' }),
      since,
    );
    holds(
      'the old instance is gone for good',
      ec2.instance(old.instanceId).state === 'terminated' && old.machine.pid === undefined,
      ec2.instance(old.instanceId).state,
    );
    const named = ec2
      .instances()
      .filter(({ state, tags }) => state !== 'terminated' && tags.some(({ Value }) => Value === NAME));
    holds('one instance has its name', named.length === 1 && named[0]?.instanceId === young.instanceId, named);
    holds('its node key was seen to run on the old one, then on the new one', movedBetween(world, old, young));
    holds('no node key ever ran twice at once', ranTwice(world).length === 0, ranTwice(world));
  },
};
