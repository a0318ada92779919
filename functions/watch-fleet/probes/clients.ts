// Asks nodes by a command on each whether their clients run, and nothing else (`probe: unit`).
import type { SSMClient } from '@aws-sdk/client-ssm';
import type { Fleet } from '../../../shared/fleet/model.ts';
import type { FleetNode } from '../../../shared/fleet/nodes.ts';
import { parseNodeAnswer } from '../../../shared/node-commands/node-answer.ts';
import { seeClientsParameters } from '../../../shared/node-commands/see-clients.ts';
import type { LookReading } from '../context.ts';
import type { ProbeResult } from './probe.ts';
import { probeBySsm } from './ssm.ts';

/** @param untilMs when all must be over */
export function probeClients(
  ssm: SSMClient,
  document: string,
  fleet: Fleet,
  nodes: readonly FleetNode[],
  untilMs: number,
): Promise<ProbeResult<LookReading>> {
  const Parameters = seeClientsParameters(fleet, Date.now());
  return probeBySsm<LookReading>(ssm, { document, fleet: fleet.name, Parameters }, nodes, untilMs, (_, output) => {
    // One line; what tools said on standard error comes after it.
    const { result, after, reason } = parseNodeAnswer(output.split('\n', 1)[0] ?? '');
    if (result !== 'done' || after === null)
      return { kind: 'unasked', reason: `its node cannot look: ${reason ?? result}` };
    return { kind: 'seen', state: after };
  });
}
