// The instance of a sentry is lost: another one boots from the same launch template, behind the mask, and gets its volume and with it its keys.
import { heightOf, peersOf } from '../../chains/cometbft.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';
import { nobodySignedTwice } from '../cometbft/honest.ts';
import { HOME, idOf } from './node.ts';

const NAME = 'sentry1';

export const sentryDead: RealStory = {
  name: 'deployed-sentry-dead',
  sentence:
    'The instance of a deployed sentry dies for good: the first boot sets up another one, which gets its volume and no new keys.',
  run: async (telling, world) => {
    const { say, becomes, holds } = telling;
    const old = world.find(NAME);
    const sinceMs = world.region.clock.now();
    const { ec2 } = world.region;
    const volumeId = old.machine.mountedAt(HOME);
    const id = await idOf(old);
    const secretsRead = () => callsOf('GetSecretValue');
    const callsOf = (operation: string) =>
      world.region.gateway.trace.calls.filter((call) => call.operation === operation && call.outcome === 'ok').length;
    const before = secretsRead();
    old.machine.break();
    ec2.impair(old.instanceId, 'instance', 'nothing');
    say(NAME, 'its operating system is gone, and nothing brings it back');
    const another = () => world.find(NAME).instanceId !== old.instanceId;
    await becomes('another instance is launched in its place', 600, another);
    const young = world.find(NAME);
    await young.machine.booted();
    say(NAME, 'its system answers');
    await becomes(
      'the volume of the old one is mounted there',
      420,
      () => young.machine.mountedAt(HOME) === volumeId,
      async () => [
        world.journal().slice(-5),
        (await young.machine.shell('tail -n 5 /var/log/chainmend-first-boot.log /var/log/cloud-init-output.log'))
          .stdout,
      ],
    );
    await becomes('it follows the chain', 240, async () => {
      const tip = await heightOf(world.find('validator1'));
      return tip > 0 && (await heightOf(young)) >= tip - 1;
    });
    await becomes('chainmend says that it healed', 300, () =>
      hasJournalLine(world, sinceMs, { node: NAME, heal: 'replace-node', kind: 'outcome', act: 'healed' }),
    );
    holds('it is the same to its peers as before', (await idOf(young)) === id);
    holds('and has three of them or more', (await peersOf(young)).length >= 3);
    const given = await young.machine.shell('test -e /var/lib/chainmend/identity');
    holds(
      'it was given no keys a second time',
      given.exitCode !== 0 && secretsRead() === before,
      secretsRead() - before,
    );
    const unit = await runOnNode(young, 'systemctl is-enabled cometbft.service');
    holds('its unit is enabled, for the next boot', unit === 'enabled', unit);
    holds(
      'the old instance is stopped, and its machine has no power',
      ec2.instance(old.instanceId).state === 'stopped' && old.machine.pid === undefined,
    );
    await nobodySignedTwice(telling, world, 'sentry2');
  },
};
