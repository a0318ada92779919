// A client without peers: its list was emptied by mistake. It gets new peers while it runs, and for its next start.
import { CONFIG, DATA_PATH, heightOf, peersOf, UNIT } from '../../chains/geth.ts';
import { hasJournalLine, type RealStory, runOnNode } from '../../story.ts';

/** A bad rollout: no list, no discovery, and no node can dial it. */
const FORGET = `
set -e
systemctl stop ${UNIT}
sed -i -e 's/^StaticNodes = .*/StaticNodes = []/' -e 's/^BootstrapNodes = .*/BootstrapNodes = []/' -e 's/^NoDiscovery = .*/NoDiscovery = true/' \
  -e 's/^ListenAddr = .*/ListenAddr = "127.0.0.1:30303"/' "$1"
rm -rf -- "$2/geth/nodes"
systemctl start ${UNIT}`;

/** A person asks again until the fleet is observed and its turn is free: a node that was never observed gets no peers. */
const ASKED_EVERY_MS = 30_000;
const COMMENT = '# dialled again whenever they are lost';

export const peersEmptied: RealStory = {
  name: 'peers-emptied',
  sentence:
    'A client’s list of peers is emptied and nobody can find it: it gets peers while it runs, and its list names them again.',
  run: async ({ say, becomes, holds }, world) => {
    const node = world.find('client1');
    const sinceMs = Date.now();
    await runOnNode(node, FORGET, CONFIG, DATA_PATH);
    say('client1', 'a person empties StaticNodes, turns discovery off and restarts geth');
    await becomes(
      'geth runs and has not one peer',
      60,
      async () => (await heightOf(node)) >= 0 && (await peersOf(node)).length === 0,
    );
    const started = await startedAt();
    let askedMs = 0;
    await becomes('it is connected to two peers at least', 400, async () => {
      if (Date.now() - askedMs > ASKED_EVERY_MS) {
        askedMs = Date.now();
        await world.send({ kind: 'rotate', fleet: 'geth' }, 'chainmend-rotate-peers');
      }
      return (await peersOf(node)).length >= 2;
    });
    await becomes(
      'its configuration names two peers at least',
      120,
      async () => (await listed()) >= 2,
      () => runOnNode(node, 'cat "$1"', CONFIG),
    );
    const text = await runOnNode(node, 'cat "$1"', CONFIG);
    holds('its owner’s comment stands where it stood', text.includes(`${COMMENT}\nStaticNodes = [`), text);
    holds(
      'nothing else in its configuration was changed',
      text.includes('ListenAddr = "127.0.0.1:30303"') && text.includes('NoDiscovery = true'),
      text,
    );
    holds('geth was not restarted for it', (await startedAt()) === started);
    await becomes(
      'it follows the chain again',
      120,
      async () => (await heightOf(node)) >= (await heightOf(world.find('sealer1'))) - 3,
    );
    await becomes('chainmend says that its list was healed', 120, () =>
      hasJournalLine(world, sinceMs, { node: 'client1', heal: 'rotate-peers', kind: 'proof' }),
    );
    await runOnNode(node, `systemctl restart ${UNIT}`);
    say('client1', 'a person restarts geth once more');
    await becomes('it finds them by its own list', 90, async () => (await peersOf(node)).length >= 2);
    await runOnNode(
      node,
      `sed -i -e 's/^ListenAddr = .*/ListenAddr = ":30303"/' "$1" && systemctl restart ${UNIT}`,
      CONFIG,
    );
    await becomes(
      'it listens to others again, and follows',
      90,
      async () => (await heightOf(node)) >= (await heightOf(world.find('sealer1'))) - 3,
    );

    async function listed(): Promise<number> {
      return ((await runOnNode(node, 'grep ^StaticNodes "$1"', CONFIG)).match(/enode:/g) ?? []).length;
    }
    async function startedAt(): Promise<string> {
      return runOnNode(node, `systemctl show -p ExecMainStartTimestampMonotonic ${UNIT}`);
    }
  },
};
