// What is known of a node whose instance is said to be terminated: EC2's word, what is written down of it, and who is there.
import type { InstanceDescription } from '../../shared/aws/instances.ts';
import type { VolumeDescription } from '../../shared/aws/volumes.ts';
import type { Fleet, Role } from '../../shared/fleet/model.ts';
import { discoverNodes } from '../../shared/fleet/nodes.ts';
import { type FleetWatch, type GoneNode, missedOf } from '../../shared/fleet/observation.ts';
import { judgeTerminated, namesakeOf } from '../../shared/guardrails/terminated.ts';
import type { MachineRecord } from '../../shared/heal/machine.ts';
import type { LadderState } from '../../shared/heal/memory.ts';
import type { Refusal } from '../../shared/model/guardrail-codes.ts';
import type { ReplaceContext } from './state.ts';

/** What is known of a node whose instance is said to be terminated. */
export interface Gone {
  /** As it was while it lived; null where nobody has written it down. */
  readonly machine: Pick<MachineRecord, 'instance' | 'clientVersion'> | null;
  /** The volumes that it had; empty where nobody has written them down, or it was too long ago. */
  readonly volumes: readonly VolumeDescription[];
  /** What EC2 says of the instance now; null where EC2 does not know it. */
  readonly power: InstanceDescription['state'] | null;
  /** The nodes of the fleet that are there, without the instance that this heal has launched. */
  readonly present: readonly { readonly instanceId: string; readonly name: string }[];
  readonly missed: readonly GoneNode[];
}

/** The states of an instance from which it never comes back. */
export const ENDED: readonly string[] = ['terminated', 'shutting-down'];

/** What EC2 shows of the fleet now, and what is written down of the node. What a heal has in its memory does not change any more. */
export async function readGone(
  { clients, payload, store }: ReplaceContext,
  {
    fleet,
    state,
    watch,
    power,
    replacementId,
  }: Pick<Gone, 'power'> & {
    readonly fleet: Fleet;
    readonly state: LadderState | null;
    readonly watch: FleetWatch | undefined;
    readonly replacementId: string;
  },
): Promise<Gone> {
  const known = state?.found.machine;
  const [record, nodes] = await Promise.all([
    store.readMachine(payload.fleet, payload.instanceId),
    discoverNodes(clients.ec2, fleet, store),
  ]);
  return {
    power,
    machine: known ?? record ?? null,
    volumes: record?.volumes ?? [],
    present: nodes.flatMap(({ instanceId, name }) => (instanceId === replacementId ? [] : [{ instanceId, name }])),
    missed: missedOf(watch?.gone ?? []),
  };
}

/** The guardrails of making a node again; null also where nothing was terminated. */
export function judgeGone({ nowMs, fleet, gone, node, role, instanceId }: GoneSubject): Refusal | null {
  if (gone === null) return null;
  const { machine, present, missed } = gone;
  return judgeTerminated({
    ...{ nowMs, fleet, present, gone: missed, node: { instanceId, name: node, role } },
    machine: machine?.instance ?? null,
  });
}

export interface GoneSubject {
  readonly nowMs: number;
  readonly fleet: Fleet;
  /** null: nothing was terminated. */
  readonly gone: Gone | null;
  /** By its name in the fleet. */
  readonly node: string;
  readonly role: Role;
  readonly instanceId: string;
}

/** An instance that a person has launched under the node's name: then this heal yields. null: none. */
export const namesakeIn = ({
  gone,
  node,
  instanceId,
}: Pick<GoneSubject, 'gone' | 'node' | 'instanceId'>): string | null =>
  gone && namesakeOf({ node: { instanceId, name: node }, present: gone.present });
