// Chains that a person may name and chainmend has no code for: what to write instead, or why their nodes cannot be watched.

/** Chains whose clients tell their height over HTTP in JSON, with the sample in infra/fleet-samples that reads it. */
const SAMPLES: Readonly<Record<string, string>> = {
  ...{ polkadot: 'polkadot', kusama: 'polkadot', substrate: 'polkadot' },
  ...{ stellar: 'stellar', ripple: 'ripple', xrp: 'ripple', xrpl: 'ripple' },
  ...{ tron: 'tron', tezos: 'tezos', near: 'near', monero: 'monero' },
};

/** What cannot be read of the others, as the rest of a sentence that begins with the chain's name. */
const UNWATCHED: Readonly<Record<string, string>> = {
  // docs.cardano.org, "cardano-cli query tip" and "node metrics": CARDANO_NODE_SOCKET_PATH; hasPrometheus, port 12798.
  cardano: 'cannot be asked: cardano-node tells its tip on a Unix socket, and its block number to Prometheus only',
  // docs.ton.org, "Liteserver" and "validator-engine-console": both speak ADNL.
  ton: 'cannot be asked: its validator engine speaks ADNL, and no HTTP',
  // docs.hedera.com, "Networks": consensus nodes are the council's; a mirror node is a database that reads records.
  hedera: 'cannot be asked: a consensus node speaks gRPC, and a mirror node is a database beside the network',
  // hyperledger-fabric.readthedocs.io, "The Operations Service": /healthz has no height, /metrics is Prometheus's.
  fabric: 'cannot be asked: a peer speaks gRPC, and tells its height to Prometheus only',
};

/** What to write instead of a chain's name that is none of ours; undefined where nothing is known about it. */
export function elsewhere(chain: string): string | undefined {
  const name = chain.toLowerCase();
  if (Object.hasOwn(SAMPLES, name))
    return `expected other, for which there is a sample that watches it: infra/fleet-samples/${SAMPLES[name]}.yaml`;
  const why = unwatched(name);
  if (why === undefined) return undefined;
  return `${name} ${why}. Expected other: with probe: { metric: … } a metric that a script of yours publishes is watched, with rpc.paths a service beside the node that answers JSON (for cardano, Ogmios), and with neither only disks are grown`;
}

/** Why the nodes of a chain cannot be asked; undefined where they can be, or nothing is known. @param name of a chain or of a fleet */
export function unwatched(name: string): string | undefined {
  return Object.hasOwn(UNWATCHED, name) ? UNWATCHED[name] : undefined;
}
