// A node of the deployed consortium, as its fleet file sets it up.
import { ask } from '../../chains/cometbft.ts';
import type { RealNode } from '../../world.ts';

/** The client's home: the volume itself. */
export const HOME = '/var/lib/cometbft';

/** Its id, as its client says. */
export const idOf = async (node: RealNode): Promise<string> =>
  (await ask<{ readonly node_info: { readonly id: string } }>(node, '/status')).node_info.id;
