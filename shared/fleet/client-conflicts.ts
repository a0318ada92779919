// What only a chain's own client can say of a fleet file: whether seeds are written as it writes them, and whether paths can be followed.
// Whoever stores a file asks here. Functions do not: they would carry every client in their bundle; those that use a seed or a path
// refuse it by themselves.
import { chainClients } from '../chains/clients.ts';
import { defaultsOf, otherChain } from '../chains/defaults.ts';
import { httpJsonClient, PathsError } from '../chains/http-json.ts';
import { type Complaints, complaintsOf } from './conflicts.ts';
import { FleetFileError } from './parse.ts';
import { httpJsonPathsOf } from './resolve-watch.ts';
import type { FleetDocument } from './schema.ts';
import { parseSeed } from './seeds.ts';

/**
 * @param document one that `parseFleetDocument` let through
 * @throws FleetFileError with every problem
 */
export function checkWithClient(document: FleetDocument): void {
  const problems = complaintsOf((complaints) => {
    paths(document, complaints);
    peers(document, complaints);
  });
  if (problems.length > 0) throw new FleetFileError(problems, `fleet file "${document.fleet}"`);
}

function paths({ rpc }: FleetDocument, { conflict }: Complaints): void {
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

function peers({ chain, peers }: FleetDocument, { conflict }: Complaints): void {
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
