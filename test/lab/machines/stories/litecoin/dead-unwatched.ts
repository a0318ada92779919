// The RPC of a node may not be asked, and systemd does not start its client again when that is killed. Two looks at the unit find that.
import { heightOf, UNIT } from '../../chains/litecoin.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';

export const UNWATCHED = { fleet: 'litecoin-unwatched', name: 'unwatched1' } as const;
/** Until the next boot, as `systemctl edit --runtime` writes it. */
const KEEPS_DEAD = `
mkdir -p "/run/systemd/system/$1.d" && printf '[Service]\\nRestart=no\\n' >"/run/systemd/system/$1.d/override.conf" &&
systemctl daemon-reload`;

export const deadUnwatched: RealStory = {
  name: 'dead-unwatched',
  sentence: 'The client of a node whose RPC nobody may ask is killed, and systemd leaves it dead: it is started again.',
  run: async ({ say, becomes, holds }, world) => {
    const node = world.find(UNWATCHED.name);
    const seen = () => world.observed(UNWATCHED.fleet)[0];
    const stateOf = () => runOnNode(node, `systemctl show -p ActiveState --value ${UNIT}`);
    await runOnNode(node, KEEPS_DEAD, UNIT);
    const wasSeen = () =>
      world.scripts.some((script) => script.instanceId === node.instanceId && script.operation === 'see-clients');
    await becomes('chainmend has looked whether it runs', 300, wasSeen, seen);
    const sinceMs = Date.now();
    const since = () => world.journal().filter(({ atMs, fleet }) => atMs >= sinceMs && fleet === UNWATCHED.fleet);
    const volumeId = node.machine.mountedAt('/node-data');
    await runOnNode(node, `systemctl kill --signal=KILL ${UNIT}`);
    await becomes(
      'its client is dead, and systemd leaves it so',
      60,
      async () => (await stateOf()) === 'failed',
      stateOf,
    );
    say(UNWATCHED.name, 'its client was killed: SIGKILL');
    await becomes('its client runs again', 1_200, async () => (await stateOf()) === 'active', since);
    await becomes('it has caught up with the miner', 120, async () => {
      const tip = await heightOf(world.find('miner'));
      return tip > 0 && (await heightOf(node)) >= tip - 1;
    });
    // It counts as healed when it has run for ten minutes: longer than a story lasts.
    await becomes(
      'chainmend sees that it runs',
      420,
      () => hasJournalLine(world, sinceMs, { node: UNWATCHED.name, text: /unreachable → unknown: its client ran/ }),
      since,
    );
    holds('it is on the data that it had', node.machine.mountedAt('/node-data') === volumeId);
    const asked = world.scripts
      .filter((script) => script.instanceId === node.instanceId)
      .map(({ operation }) => operation);
    holds('its RPC was never asked', !asked.includes('ask-node'), asked);
    const pages = since().filter(({ kind }) => kind === 'page');
    holds('nobody was paged', pages.length === 0, pages);
  },
};
