// A node of the deployed clique network, as its fleet file sets it up, and what its client says where it may be asked about itself: on its own machine.
import { runOnNode } from '../../story.ts';
import type { RealNode } from '../../world.ts';

/** The client's home: the volume itself. */
export const HOME = '/var/lib/geth';
export const UNIT = 'geth.service';

/** A line of its console, whose value is JSON. Rejects while it does not answer. */
const answerTo = async <T>(node: RealNode, line: string): Promise<T> =>
  JSON.parse(
    JSON.parse(
      await runOnNode(node, 'timeout 20 geth attach --exec "JSON.stringify($2)" "$1/geth.ipc"', HOME, line),
    ) as string,
  ) as T;

/** Its own public key, as its peers know it. */
export const idOf = async (node: RealNode): Promise<string> =>
  (await answerTo<string>(node, 'admin.nodeInfo.enode')).slice('enode://'.length).split('@')[0] ?? '';

/** Public keys of those that it is connected to; none while it does not answer. */
export const peersOf = (node: RealNode): Promise<readonly string[]> =>
  answerTo<readonly string[]>(node, 'admin.peers.map(function (peer) { return peer.enode })').then(
    (enodes) => enodes.map((enode) => enode.slice('enode://'.length).split('@')[0] ?? ''),
    () => [],
  );

/** How many of the last blocks each sealer has sealed, by its address. */
export const sealed = async (node: RealNode): Promise<Readonly<Record<string, number>>> =>
  (await answerTo<{ readonly sealerActivity: Readonly<Record<string, number>> }>(node, 'clique.status()'))
    .sealerActivity;

export const accountOn = async (node: RealNode): Promise<string> =>
  (await runOnNode(node, 'cat "$1/keystore/.address"', HOME)).trim().toLowerCase();
