// An instance is lost permanently, and what its owner's launch template has a new one do at its first boot fails: the new instance is given up before
// anything of the old one is touched.
import { DATA_PATH } from '../../chains/geth.ts';
import { hasJournalLine, type RealStory } from '../../story.ts';
import { changeUserData } from '../fleet.ts';
import { anotherBoots } from './goes-on.ts';
import { movedBetween, ranTwice } from './keys.ts';
import { TOKEN, USER_DATA_FLEET } from './own-user-data.ts';

const NAME = 'client2';
/** It prints its token, as scripts do that say what they execute. */
const FAILING = `#!/bin/sh
echo 'RPC_TOKEN=${TOKEN}'
sleep 30
echo 'the packages of RPC_TOKEN=${TOKEN} cannot be had' >&2
exit 3
`;

export const ownUserDataFails: RealStory = {
  name: 'own-user-data-fails',
  sentence:
    'A client’s instance dies for good, and its template’s user data fail on a new one: people are told why, and its data stay where they are.',
  run: async (telling, world) => {
    const { say, becomes, holds } = telling;
    const old = world.find(NAME);
    const sinceMs = Date.now();
    const { ec2 } = world.region;
    const volumeId = old.machine.mountedAt(DATA_PATH);
    await changeUserData(world, USER_DATA_FLEET, FAILING);
    say(NAME, 'its owner makes a version of the launch template, whose user data cannot succeed');
    old.machine.break();
    ec2.impair(old.instanceId, 'instance', 'nothing');
    say(NAME, 'its operating system is gone, and nothing brings it back');
    const young = await anotherBoots(telling, world, old, 600);
    await becomes(
      'people are told that its user data have failed, and where they find why',
      420,
      () =>
        hasJournalLine(world, sinceMs, {
          node: NAME,
          kind: 'page',
          code: 'ladder-spent',
          text: /its user data have failed: \/var\/log\/cloud-init-output\.log on it says why/,
        }),
      () => world.journal().filter(({ atMs, node }) => atMs >= sinceMs && node === NAME),
    );
    const volume = ec2.volumes().find((each) => each.volumeId === volumeId);
    holds('its data volume is attached to the old instance', volume?.attachment?.instanceId === old.instanceId, volume);
    await becomes(
      'the new instance is stopped, and its machine has no power',
      300,
      () => ec2.instance(young.instanceId).state === 'stopped' && young.machine.pid === undefined,
      () => ec2.instance(young.instanceId).state,
    );
    const told = JSON.stringify([world.journal(), world.scripts]);
    holds('the token is in no line of the journal, and in no answer of a command', !told.includes(TOKEN));
    holds('its node key never ran on the new one', !movedBetween(world, old, young));
    holds('no node key ever ran twice at once', ranTwice(world).length === 0, ranTwice(world));
  },
};
