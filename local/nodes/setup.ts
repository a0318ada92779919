// The files of a simulated node and what its client makes of its configuration when it starts.
import { ConfigurationError, readConfig, usualConfigPath, writtenConfig } from './config/peers.ts';
import { NodeFiles } from './files.ts';
import type { SimulatedNode } from './node.ts';

export class NodeSetup {
  readonly files = new NodeFiles();
  /** Of the client's configuration; undefined where its protocol is not known. */
  readonly configPath: string | undefined;
  private readonly node: SimulatedNode;
  /** Why the client did not start, in its own words; undefined when it did. */
  refusal: string | undefined;

  constructor(node: SimulatedNode) {
    this.node = node;
    const { chain, spec, peers } = node;
    const { protocol } = chain;
    if (spec.rpc?.credentialsFile !== undefined && spec.rpc.credentials && 'user' in spec.rpc.credentials) {
      const { user, password } = spec.rpc.credentials;
      this.files.provide(spec.rpc.credentialsFile, () => `${user}:${password}`);
    }
    if (protocol === undefined) return;
    this.configPath = spec.configPath ?? usualConfigPath(protocol, spec.volumes[0]?.path ?? '');
    this.files.provide(this.configPath, () =>
      writtenConfig(protocol, peers.setUpWith(), {
        moniker: spec.name,
        rpcUnsafe: spec.rpc?.unsafe ?? false,
        metricsNamespace: spec.rpc?.metrics === 'tendermint' ? 'tendermint' : 'cometbft',
        strictAddresses: chain.spec.consensus === 'elsewhere',
      }),
    );
  }

  /** The client reads its configuration; false: it exits because of it. */
  load(): boolean {
    const { chain, peers, rpc } = this.node;
    this.refusal = undefined;
    if (chain.protocol === undefined || this.configPath === undefined || !this.files.changed(this.configPath)) {
      peers.restart(undefined);
      return true;
    }
    try {
      const { peers: configured, rpcUnsafe } = readConfig(chain.protocol, this.files.get(this.configPath) ?? '');
      peers.restart(configured);
      rpc.configure(rpcUnsafe);
      return true;
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      this.refusal = error.message;
      return false;
    }
  }
}
