// What all probes have in common: which nodes are asked, in which portions, and the result. References are asked here.
import pMap from 'p-map';
import { isThrottling } from '../../../shared/aws/refusals.ts';
import { askQuestion } from '../../../shared/chains/client.ts';
import { httpFetcher } from '../../../shared/chains/fetch.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import type { FleetNode } from '../../../shared/fleet/nodes.ts';
import type { ProbeQuestion } from '../../../shared/probe/protocol.ts';
import { clientOf } from '../../../shared/probe/questions.ts';
import type { ReferenceHeights } from '../chain.ts';
import type { NodeReading, ReferenceReading, Unasked } from '../context.ts';
import { sentenceOf } from '../phrases.ts';

export interface ProbeResult<R = NodeReading> {
  /** By instance id. */
  readonly readings: ReadonlyMap<string, R>;
  /** Why asking failed for many nodes together: they are unknown, and somebody has to know. */
  readonly failures: readonly unknown[];
}

export interface BatchSettings {
  /** Nodes that are asked together. */
  readonly size: number;
  /** Number of portions of a fleet that are asked at the same time. */
  readonly atOnce: number;
  /** No portion begins later, ms since the epoch: it would not be over when the sweep must end. */
  readonly beginUntilMs: number;
}

/** Asks `nodes` in portions. A portion that fails says nothing about its nodes or about the others. */
export async function probeInBatches<R>(
  nodes: readonly FleetNode[],
  { size, atOnce, beginUntilMs }: BatchSettings,
  askPortion: (portion: readonly FleetNode[]) => Promise<ReadonlyMap<string, R | Unasked>>,
): Promise<ProbeResult<R | Unasked>> {
  const readings = new Map<string, R | Unasked>();
  const failures: unknown[] = [];
  let left = 0;
  const portions = Array.from({ length: Math.ceil(nodes.length / size) }, (_, at) =>
    nodes.slice(at * size, (at + 1) * size),
  );
  const unasked = (portion: readonly FleetNode[], reason: string): void => {
    for (const { instanceId } of portion) readings.set(instanceId, { kind: 'unasked', reason });
  };
  const askOrGiveUp = async (portion: readonly FleetNode[]): Promise<void> => {
    if (Date.now() > beginUntilMs) {
      left += portion.length;
      return unasked(portion, NO_TIME);
    }
    try {
      for (const [instanceId, reading] of await askPortion(portion)) readings.set(instanceId, reading);
    } catch (error) {
      // Its nodes are unknown. People are paged when the next sweep cannot ask them either.
      if (!isThrottling(error)) failures.push(error);
      unasked(portion, `asking it failed: ${sentenceOf(error)}`);
    }
  };
  await pMap(portions, askOrGiveUp, { concurrency: atOnce });
  if (left > 0) failures.push(new Error(`${left} of ${nodes.length} nodes were not asked: ${NO_TIME}`));
  return { readings, failures };
}

const NO_TIME = 'the sweep had no time left';

/** Only running instances are asked. */
export const runningNodes = (nodes: readonly FleetNode[]): readonly FleetNode[] =>
  nodes.filter(({ state }) => state === 'running');

export const unprobed = (nodes: readonly FleetNode[], reason: string): ProbeResult => ({
  readings: new Map(nodes.map(({ instanceId }) => [instanceId, { kind: 'unasked', reason }])),
  failures: [],
});

/** The question for all nodes of a fleet; null where its file does not say how to ask. @param votes whose votes they have, too */
export function questionOf(fleet: Fleet, heights: readonly number[], votes = false): ProbeQuestion | null {
  if (fleet.rpc === undefined) return null;
  const stopGraceSeconds = fleet.units[0]?.stopGraceSeconds ?? 0;
  const ask = { what: 'status' as const, heights, ...(votes && { votes }) };
  return { fleet: fleet.name, chain: fleet.chain, stopGraceSeconds, rpc: fleet.rpc, ask };
}

/**
 * Asks the independent references of a fleet, over the internet: they are compared with the nodes, never believed alone. Never rejects. A reference
 * has no credentials: messages show only the host of its URL.
 */
export function askReferences(fleet: Fleet, asked: ReferenceHeights): Promise<readonly ReferenceReading[]> {
  return Promise.all(fleet.health.references.map((url) => askReference(fleet, url, asked)));
}

async function askReference(
  fleet: Fleet,
  url: string,
  { heights, parents }: ReferenceHeights,
): Promise<ReferenceReading> {
  const host = URL.parse(url)?.host ?? 'a reference';
  const question = questionOf(fleet, heights);
  if (question === null)
    return {
      host,
      status: { kind: 'error', code: 'misconfigured', reason: 'its fleet file does not say how the chain is asked' },
    };
  try {
    return {
      host,
      status: await askQuestion(
        clientOf(question).status(heights, { parents }),
        httpFetcher({ url, certificate: 'trusted' }),
      ),
    };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { host, status: { kind: 'error', code: 'misconfigured', reason: error.message } };
  }
}
