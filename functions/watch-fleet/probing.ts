// What every way of asking a fleet's nodes has in common: who is asked, in which portions, and what came of it.
import { isThrottling } from '../../shared/aws/refused.ts';
import type { Fleet } from '../../shared/fleet/model.ts';
import type { FleetNode } from '../../shared/fleet/nodes.ts';
import type { ProbeQuestion } from '../../shared/probe/protocol.ts';
import type { NodeReading } from './sight.ts';
import { sentenceOf } from './words.ts';

export interface Probed {
  /** By instance id. */
  readonly readings: ReadonlyMap<string, NodeReading>;
  /** Why asking failed for many at once: they are unknown, and somebody has to know. */
  readonly failures: readonly unknown[];
}

export interface Portions {
  /** Nodes that are asked together. */
  readonly size: number;
  /** So many portions of a fleet are asked at the same moment. */
  readonly atOnce: number;
  /** No portion is begun later, ms since the epoch: it would not be over when the sweep has to be. */
  readonly beginUntilMs: number;
}

/** Asks `nodes` in portions; one that fails says nothing of its nodes, and nothing of the others. */
export async function inPortions(
  nodes: readonly FleetNode[],
  { size, atOnce, beginUntilMs }: Portions,
  ask: (portion: readonly FleetNode[]) => Promise<ReadonlyMap<string, NodeReading>>,
): Promise<Probed> {
  const readings = new Map<string, NodeReading>();
  const failures: unknown[] = [];
  let left = 0;
  const portions = Array.from({ length: Math.ceil(nodes.length / size) }, (_, at) =>
    nodes.slice(at * size, (at + 1) * size),
  );
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let portion = portions[next]; portion !== undefined; portion = portions[next]) {
      next++;
      if (Date.now() > beginUntilMs) {
        left += portion.length;
        for (const { instanceId } of portion) readings.set(instanceId, { kind: 'unasked', reason: NO_TIME });
        continue;
      }
      try {
        for (const [instanceId, reading] of await ask(portion)) readings.set(instanceId, reading);
      } catch (error) {
        // Its nodes are unknown, and people hear of that when the next sweep cannot ask them either.
        if (!isThrottling(error)) failures.push(error);
        const reason = `asking it failed: ${sentenceOf(error)}`;
        for (const { instanceId } of portion) readings.set(instanceId, { kind: 'unasked', reason });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, portions.length) }, worker));
  if (left > 0) failures.push(new Error(`${left} of ${nodes.length} nodes were not asked: ${NO_TIME}`));
  return { readings, failures };
}

const NO_TIME = 'the sweep had no time left';

/** Only what runs is asked. */
export const running = (nodes: readonly FleetNode[]): readonly FleetNode[] =>
  nodes.filter(({ state }) => state === 'running');

export const nobody = (nodes: readonly FleetNode[], reason: string): Probed => ({
  readings: new Map(nodes.map(({ instanceId }) => [instanceId, { kind: 'unasked', reason }])),
  failures: [],
});

/** What all nodes of a fleet are asked; null where its file does not say how. */
export function questionOf(fleet: Fleet, heights: readonly number[]): ProbeQuestion | null {
  if (fleet.rpc === undefined) return null;
  const stopGraceSeconds = fleet.units[0]?.stopGraceSeconds ?? 0;
  return { fleet: fleet.name, chain: fleet.chain, stopGraceSeconds, rpc: fleet.rpc, ask: { what: 'status', heights } };
}
