// A client at the tip has no thread left for its RPC and answers HTTP 500: somebody else's long requests take it up. It is alive, and nothing is done.
import { cli, DATA_PATH, heightOf, UNIT } from '../../chains/litecoin.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';

const CONFIG = `${DATA_PATH}/litecoin.conf`;
/** Longer than `stuckSeconds` and the four minutes after which a sick node gets a heal. */
const BUSY_SECONDS = 330;

/** The first request waits for a block that never comes, and takes the only thread; the second one takes the only place in the queue, and then ends. */
const OCCUPY = `
for time in "$1" 1; do
  setsid /usr/bin/litecoin-cli -datadir=${DATA_PATH} -conf=${CONFIG} -rpcport=19443 -rpcclienttimeout=0 \\
    waitforblockheight 99999999 "$time" </dev/null >/dev/null 2>&1 &
  sleep 1
done`;

export const busyRpc: RealStory = {
  name: 'busy-rpc',
  sentence:
    'A client at the tip answers every request with HTTP 500, its queue is full: it is alive, and nothing is done to it.',
  run: async ({ say, becomes, holds }, world) => {
    const node = world.find('node1');
    const mainPid = () => runOnNode(node, `systemctl show -p MainPID --value ${UNIT}`);
    await runOnNode(
      node,
      `printf '[regtest]\\nrpcthreads=1\\nrpcworkqueue=1\\n' >>${CONFIG} && systemctl restart ${UNIT}`,
    );
    await becomes('it runs with one thread for its RPC', 120, async () => (await heightOf(node)) >= 0);
    const sinceMs = Date.now();
    const before = await mainPid();
    await runOnNode(node, `export HOME=/root; ${OCCUPY}`, String(BUSY_SECONDS * 1_000));
    say('node1', 'long requests take up its RPC');
    await becomes(
      'it answers that its queue is full',
      60,
      async () =>
        cli(node, 'getblockcount').then(
          () => false,
          // litecoin-cli cannot read the text beside the status.
          (error: Error) => /queue|50[03]|parse reply/i.test(error.message),
        ),
      async () => [
        await cli(node, 'getblockcount').catch((error: Error) => error.message),
        await runOnNode(node, 'pgrep -af litecoin || true'),
        await runOnNode(node, `tail -n 5 ${CONFIG}`),
      ],
    );
    await becomes('chainmend says that it is alive', 240, () =>
      hasJournalLine(world, sinceMs, { node: 'node1', text: /it is alive/ }),
    );
    await becomes('people are told', 240, () => hasJournalLine(world, sinceMs, { node: 'node1', code: 'node-busy' }));
    await becomes('its RPC is free again', BUSY_SECONDS + 60, async () => (await heightOf(node)) >= 0);
    await becomes('it has followed the chain all the time', 120, async () => {
      const tip = await heightOf(world.find('miner'));
      return tip > 0 && (await heightOf(node)) >= tip - 1;
    });
    holds('its client is the process that it was', (await mainPid()) === before);
    holds('no heal began', !hasJournalLine(world, sinceMs, { node: 'node1', heal: 'replace-node' }));
    holds(
      'it was never called unreachable or stuck',
      !hasJournalLine(world, sinceMs, { node: 'node1', heal: 'watch-fleet', text: /\b(unreachable|stuck)\b/ }),
    );
  },
};
