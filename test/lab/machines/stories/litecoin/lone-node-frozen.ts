// A node without siblings hangs at its height, and still answers. One reference, whose blocks follow on the node's own newest one, shows that the chain
// goes on: that is enough for a restart, and for nothing else.
import { cli, heightOf, UNIT } from '../../chains/litecoin.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';

export const LONE = { fleet: 'litecoin-lone', name: 'lone1', reference: 'litecoin.example' } as const;
/** What a restart takes, and what only looks. */
const OF_A_RESTART = ['ask-node', 'see-clients', 'inspect-node', 'observe-node', 'restart-client'];

export const loneNodeFrozen: RealStory = {
  name: 'lone-node-frozen',
  sentence:
    'A node without siblings hangs while its only reference goes on: its client is restarted, and nothing else is done.',
  run: async ({ say, becomes, holds }, world) => {
    const node = world.find(LONE.name);
    const miner = world.find('miner');
    const seen = () => world.observed(LONE.fleet)[0];
    const mainPid = () => runOnNode(node, `systemctl show -p MainPID --value ${UNIT}`);
    await becomes('chainmend sees it synced', 240, () => seen()?.health === 'synced', seen);
    const sinceMs = Date.now();
    const since = () => world.journal().filter(({ atMs, fleet }) => atMs >= sinceMs && fleet === LONE.fleet);
    const before = await mainPid();
    const volumeId = node.machine.mountedAt('/node-data');
    // Its own call for that: it takes no block from anybody until it is started again.
    await cli(node, 'setnetworkactive', 'false');
    const height = await heightOf(node);
    say(LONE.name, `its client hangs at height ${height}: it answers, and hears nobody`);
    await becomes('the network goes on without it', 120, async () => (await heightOf(miner)) >= height + 5);
    await becomes(
      'chainmend calls it stuck, by the word of the reference, whose blocks follow on its own',
      300,
      () => {
        const { health, evidence, reason = '' } = seen() ?? {};
        return health === 'stuck' && evidence === 'one-reference' && reason.includes(`while ${LONE.reference} went on`);
      },
      seen,
    );
    holds('it has stood at that height all the time', (await heightOf(node)) === height, await heightOf(node));
    await becomes(
      'another process of the client runs',
      420,
      async () => !['0', before].includes(await mainPid()),
      since,
    );
    await becomes('the node has caught up with the network', 120, async () => {
      const tip = await heightOf(miner);
      return tip > 0 && (await heightOf(node)) >= tip - 1;
    });
    await becomes(
      'chainmend says that it healed',
      240,
      () => hasJournalLine(world, sinceMs, { node: LONE.name, heal: 'replace-node', kind: 'outcome', act: 'healed' }),
      since,
    );
    holds('it is on the data that it had', node.machine.mountedAt('/node-data') === volumeId);
    holds('it is the same instance', world.find(LONE.name).instanceId === node.instanceId);
    const others = world.scripts
      .filter(({ instanceId }) => instanceId === node.instanceId)
      .map(({ operation }) => operation)
      .filter((operation) => !OF_A_RESTART.includes(operation));
    holds('nothing but a restart was carried out on it', others.length === 0, others);
    const pages = since().filter(({ kind }) => kind === 'page');
    holds('nobody was paged, for the node or for the reference', pages.length === 0, pages);
  },
};
