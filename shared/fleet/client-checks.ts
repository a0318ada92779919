// Checks of a fleet file that only a chain's own client can make: whether seeds are in its form, and whether paths can be followed. A file is checked
// here before it is stored. Functions do not use this: they would carry every client in their bundle. Functions that use a seed or a path refuse a
// wrong one when they use it.
import type { DialablePeer } from '../chains/client.ts';
import { chainClients } from '../chains/clients.ts';
import { defaultsOf, type KnownChain, otherChain } from '../chains/defaults.ts';
import { httpJsonClient, PathsError } from '../chains/http-json.ts';
import { parsePeerAddress } from '../chains/peer-address.ts';
import { httpJsonPathsOf } from './model.ts';
import { type Complaints, complaintsOf, FleetFileError } from './problems.ts';
import type { FleetDocument } from './schema.ts';

/**
 * @param document as `parseFleetDocument` returned it
 * @throws FleetFileError with every problem
 */
export function checkWithClient(document: FleetDocument): void {
  const problems = complaintsOf((complaints) => {
    checkPaths(document, complaints);
    checkPeers(document, complaints);
  });
  if (problems.length > 0) throw new FleetFileError(problems, `fleet file "${document.fleet}"`);
}

function checkPaths({ rpc }: FleetDocument, { conflict }: Complaints): void {
  const paths = rpc?.paths;
  if (paths === undefined) return;
  try {
    httpJsonClient('other', httpJsonPathsOf(paths), 1);
  } catch (error) {
    if (!(error instanceof PathsError)) throw error;
    const { key, found, expected } = error;
    const value = Object.entries(paths).find(([name]) => name === key)?.[1];
    conflict(['rpc', 'paths', key], value ?? paths, `expected ${expected} (${found})`);
  }
}

function checkPeers({ chain, peers }: FleetDocument, { conflict }: Complaints): void {
  const defaults = defaultsOf(chain);
  if (chain === otherChain || !defaults || typeof peers !== 'object') return;
  const { seeds = [], maximum = defaults.peers.maximum } = peers;
  const run = chainClients[chain].operations.peersAtRunTime;
  const limit = run.by === 'rpc' ? run.maximum : undefined;
  if (limit !== undefined && maximum > limit)
    conflict(['peers', 'maximum'], maximum, `expected at most ${limit}, which is what a ${chain} client takes`);
  for (const [index, seed] of seeds.entries()) {
    if (parseSeed(chain, seed) === undefined)
      conflict(
        ['peers', 'seeds', String(index)],
        seed,
        `expected a peer as a ${chain} client writes it, for example ${defaults.peers.form}`,
      );
  }
}

/** A seed of a fleet file, parsed; undefined if that client would write it in other words. */
export function parseSeed(chain: KnownChain, text: string): DialablePeer | undefined {
  const [, id, rest = ''] = /^(?:enode:\/\/)?(?:([0-9a-f]{1,130})@)?(.+)$/.exec(text) ?? [];
  const address = parsePeerAddress(rest);
  if (address === undefined) return undefined;
  const peer = id === undefined ? address : { ...address, id };
  return written(chain, peer) === text ? peer : undefined;
}

function written(chain: KnownChain, peer: DialablePeer): string | undefined {
  try {
    return chainClients[chain].operations.formatPeer(peer);
  } catch (error) {
    // An id that is too short, or none at all.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
