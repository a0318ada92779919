// What people were told of a fleet as a whole, what that forbids by docs/decisions.md ("What a condition forbids"), and whether it is so, as somebody sees
// it who knows everything.
import type { SimulatedChain } from '../../../local/nodes/chain.ts';
import type { Scene } from './scene.ts';
import type { SeenNode } from './seen-nodes.ts';
import { isSick } from './troubles.ts';

export type HeldAct = 'restart' | 'stop' | 'swap' | 'replace' | 'move' | 'upgrade' | 'snapshot' | 'drill' | 'peers';

const SPARES: readonly HeldAct[] = ['move', 'upgrade', 'snapshot', 'peers'];
const OF_A_HALT: readonly HeldAct[] = ['restart', 'swap', 'replace', 'drill', 'move', 'upgrade', 'snapshot'];

/** Every condition that forbids something. */
export const FORBIDDEN: Readonly<Record<string, readonly HeldAct[]>> = {
  'zone-down': ['stop', 'swap', 'replace'],
  'no-majority': ['swap', 'drill', ...SPARES],
  'chain-halted': OF_A_HALT,
  'own-chain-halted': OF_A_HALT,
  'consensus-halted': ['swap', 'drill', ...SPARES],
  'voting-power-low': SPARES,
  'byzantine-validators': ['swap', 'replace', ...SPARES],
  'crash-loop': ['swap', 'replace'],
  'fleet-standing': SPARES,
};

type IsSo = (scene: Scene, of: { readonly fleet: string; readonly node: SeenNode | undefined }) => boolean;

const isHalted: IsSo = (scene, { fleet }) =>
  nodesOf(scene, fleet).some((node) => machineOf(scene, node)?.chain.halted === true);

/** Whether what was told is so. Absent: the judge cannot see it, and does not judge by it. */
export const IS_SO: Readonly<Record<string, IsSo>> = {
  'zone-down': (scene, { node }) => node !== undefined && isDark(scene, node),
  'no-majority': (scene, { fleet }) => {
    const followed = nodesOf(scene, fleet).flatMap((node) => {
      const client = machineOf(scene, node)?.client;
      return client?.state === 'running' ? [client.branch.name] : [];
    });
    const sides = [...Map.groupBy(followed, (name) => name).values()].map(({ length }) => length);
    return sides.length > 1 && Math.max(...sides) * 2 <= followed.length;
  },
  'chain-halted': isHalted,
  'own-chain-halted': isHalted,
  'consensus-halted': isHalted,
  'voting-power-low': (scene, { fleet }) =>
    consensusOf(scene, fleet).some(
      ({ validatorsPower: all, missingValidatorsPower: missing, byzantineValidatorsPower: byzantine }) =>
        (all - missing - byzantine) * 10 <= all * 7,
    ),
  'byzantine-validators': (scene, { fleet }) =>
    consensusOf(scene, fleet).some(({ byzantineValidators }) => byzantineValidators > 0),
  // "Too few others go on to say whose fault it is": not more than half of the fleet.
  'fleet-standing': (scene, { fleet, node }) => {
    if (isHalted(scene, { fleet, node })) return false;
    const all = nodesOf(scene, fleet);
    const goOn = all.filter(({ trouble }) => !isSick(trouble) || trouble === 'disk');
    return all.some(({ trouble }) => trouble === 'held') && goOn.length * 2 <= all.length;
  },
};

const consensusOf = (scene: Scene, fleet: string): readonly ReturnType<SimulatedChain['consensus']>[] =>
  [...new Set(nodesOf(scene, fleet).flatMap((node) => machineOf(scene, node)?.chain ?? []))].map((chain) =>
    chain.consensus(),
  );

/** Most nodes of its fleet in its zone have no power, and EC2 says that they run. */
function isDark(scene: Scene, node: SeenNode): boolean {
  const zone = scene.present(node)?.availabilityZone;
  if (zone === undefined) return false;
  const there = nodesOf(scene, node.fleet).filter((one) => scene.present(one)?.availabilityZone === zone);
  const dark = there.filter((one) => {
    const instance = scene.present(one);
    return instance?.checks.system === 'impaired' && machineOf(scene, one)?.isPowered === false;
  });
  return there.length > 1 && dark.length * 2 > there.length;
}

const nodesOf = ({ nodes }: Scene, fleet: string): readonly SeenNode[] => nodes.filter((node) => node.fleet === fleet);
const machineOf = (scene: Scene, node: SeenNode) => scene.machine(scene.present(node)?.instanceId);
