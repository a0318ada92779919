// What is wrong with a node, as somebody sees it who knows everything: its instance, its client, its blocks, its port, its disks.
import type { SimulatedNode } from '../../../local/nodes/node.ts';
import type { Instance, Volume } from '../../../local/services/ec2/model.ts';
import type { Ceilings } from './ceilings.ts';

/**
 * `instance`: it does not run. `checks`: a status check fails. `ebs`: a volume is impaired. `agent`: Systems Manager cannot reach it. `down`: no
 * client runs. `held`: it runs and does not advance, or is behind and slower than its chain. `forked`: it follows a minority. `port`: its RPC does not
 * answer as it should. `beacon`: its consensus client does not work. `disk`: a volume is nearly full. `starting`, `behind`: it gets there by itself.
 */
export type Trouble =
  | 'instance'
  | 'checks'
  | 'ebs'
  | 'agent'
  | 'down'
  | 'held'
  | 'forked'
  | 'port'
  | 'beacon'
  | 'disk'
  | 'starting'
  | 'behind';

/** Troubles that a restart, a swap or another instance may be for. */
const SICK: ReadonlySet<Trouble> = new Set([
  ...(['instance', 'checks', 'ebs', 'agent', 'down', 'held', 'forked', 'port', 'beacon', 'disk'] as const),
]);

export const isSick = (trouble: Trouble | undefined): boolean => trouble !== undefined && SICK.has(trouble);

const LAG_BLOCKS = 2;

/** The worst of its troubles; undefined: it serves its chain. */
export function troubleOf(
  instance: Instance | undefined,
  machine: SimulatedNode | undefined,
  volumes: readonly Volume[],
  { diskPercent }: Ceilings,
): Trouble | undefined {
  if (instance?.state !== 'running' || !machine?.isPowered) return 'instance';
  const { system, instance: own, attachedEbs } = instance.checks;
  if (system === 'impaired' || own === 'impaired') return 'checks';
  if (attachedEbs === 'impaired' || volumes.some(({ impaired }) => impaired !== undefined)) return 'ebs';
  const { client, beacon } = machine;
  if (client.state !== 'running') return 'down';
  if (machine.volumes.some(({ mounted, broken }) => broken !== undefined && mounted)) return 'held';
  if (client.branch !== machine.chain.main) return 'forked';
  if (client.heldBy.size > 0) return 'held';
  if (beacon && beacon.state !== 'running') return 'beacon';
  if (machine.rpc.misbehaves !== undefined) return 'port';
  if (!machine.reachable()) return 'agent';
  if (machine.volumes.some((volume) => volume.usedPercent >= diskPercent || volume.inodesPercent >= diskPercent))
    return 'disk';
  if (client.starting) return 'starting';
  if (client.heightLag() <= LAG_BLOCKS) return undefined;
  return client.keepsUp ? 'behind' : 'held';
}

/** Whether its answers are of use to somebody who asks the pool. */
export const serves = (
  instance: Instance | undefined,
  machine: SimulatedNode | undefined,
  behindBlocks: number,
): boolean =>
  instance?.state === 'running' &&
  machine?.isPowered === true &&
  machine.client.state === 'running' &&
  !machine.client.starting &&
  machine.client.branch === machine.chain.main &&
  machine.client.heightLag() <= behindBlocks &&
  machine.rpc.misbehaves === undefined;
