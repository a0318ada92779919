// The signing state of a validator never goes back.
import { SIGNING_STATE, signingRank } from '../../../../local/nodes/data.ts';
import type { SimulatedNode } from '../../../../local/nodes/node.ts';
import type { MakeRule } from '../rule.ts';

interface Signer {
  readonly key: string;
  readonly rank: number;
}

export const signingStateForward: MakeRule = (scene, say) => {
  const highest = new Map<string, number>();
  const note = ({ key, rank }: Signer): void => void highest.set(key, Math.max(highest.get(key) ?? -1, rank));

  return {
    started({ instanceId, node, by, operation }) {
      const signer = signerOf(scene.machine(instanceId));
      if (!signer) return;
      say.matters();
      const before = highest.get(signer.key) ?? -1;
      if (by === 'ours' && signer.rank < before)
        say.broken(node.subject, `${operation ?? 'A boot'} started it at ${signer.rank}; it had signed ${before}.`);
      note(signer);
    },
    look() {
      for (const { role, instanceIds } of scene.nodes) {
        if (role !== 'validator') continue;
        for (const id of instanceIds) {
          const machine = scene.machine(id);
          const signer = machine?.client.state === 'running' ? signerOf(machine) : undefined;
          if (signer) note(signer);
        }
      }
    },
  };
};

/** Who a machine signs as, and how far it has signed; undefined: it is no validator. */
function signerOf(machine: SimulatedNode | undefined): Signer | undefined {
  if (!machine) return undefined;
  const home = /^(.+)\/config\/config\.toml$/.exec(machine.setup.configPath ?? '')?.[1] ?? machine.volumes[0]?.path;
  const key = machine.readFile(`${home}/config/priv_validator_key.json`);
  const rank = signingRank(machine.readFile(`${home}/${SIGNING_STATE}`));
  return key === undefined || rank === undefined || rank <= 0 ? undefined : { key, rank };
}
