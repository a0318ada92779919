// Asks nodes through the function in their VPC: one synchronous call for up to 250 nodes.

import type { Clients } from '../../../shared/aws/clients.ts';
import { invokeForText } from '../../../shared/aws/invoke.ts';
import type { FleetNode } from '../../../shared/fleet/nodes.ts';
import { parseProbeAnswer } from '../../../shared/probe/answer.ts';
import {
  PROBE_REQUEST_TIMEOUT_MS,
  type ProbeQuestion,
  type ProbeRequest,
  TARGETS_A_REQUEST,
} from '../../../shared/probe/protocol.ts';
import type { NodeReading } from '../context.ts';
import { type ProbeResult, probeInBatches, runningNodes } from './probe.ts';

/** Enough for all 5,000 nodes of the largest fleet that was measured: another round of silent nodes would not fit into the minute. */
const CALLS_AT_ONCE = 20;

/**
 * @param functionPrefix the probes' names without the VPC's id
 * @param untilMs when all must be over
 */
export async function probeVpc(
  clients: Pick<Clients, 'lambdaOnce'>,
  functionPrefix: string,
  vpcId: string,
  question: ProbeQuestion,
  nodes: readonly FleetNode[],
  untilMs: number,
): Promise<ProbeResult> {
  const inside = runningNodes(nodes).filter((node) => node.vpcId === vpcId && node.privateIp !== '');
  const beginUntilMs = untilMs - PROBE_REQUEST_TIMEOUT_MS;
  const probed = await probeInBatches(
    inside,
    { size: TARGETS_A_REQUEST, atOnce: CALLS_AT_ONCE, beginUntilMs },
    (portion) => invoke(clients, `${functionPrefix}${vpcId}`, question, portion, beginUntilMs),
  );
  const outside = runningNodes(nodes).filter((node) => !inside.includes(node));
  const elsewhere = outside.map(({ instanceId, vpcId: own }): [string, NodeReading] => [
    instanceId,
    {
      kind: 'unasked',
      reason:
        own === vpcId
          ? 'it has no private IPv4 address to ask it at'
          : `it is in ${own || 'no VPC'}, the fleet’s probe in ${vpcId}`,
    },
  ]);
  return { ...probed, readings: new Map([...probed.readings, ...elsewhere]) };
}

async function invoke(
  clients: Pick<Clients, 'lambdaOnce'>,
  FunctionName: string,
  question: ProbeQuestion,
  portion: readonly FleetNode[],
  untilMs: number,
): Promise<ReadonlyMap<string, NodeReading>> {
  const targets = portion.map(({ instanceId, privateIp }) => ({ instanceId, host: privateIp }));
  const request: ProbeRequest = { kind: 'probe', ...question, targets };
  const text = await invokeForText(clients, FunctionName, request, untilMs);
  const readings = new Map<string, NodeReading>(
    portion.map(({ instanceId }) => [
      instanceId,
      { kind: 'unasked', reason: 'the probe did not come to it in its time' },
    ]),
  );
  for (const reading of parseProbeAnswer(FunctionName, text).statuses) {
    if (readings.has(reading.instanceId)) readings.set(reading.instanceId, { kind: 'read', reading });
  }
  return readings;
}
