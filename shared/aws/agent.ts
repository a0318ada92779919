// Whether a node's SSM agent can be sent anything: a pure reading of what Systems Manager says of it.
import type { Refusal } from '../model/guardrail-codes.ts';
import { plainText } from '../text/plain-text.ts';

/** ENV_VAR interpolation of parameters needs this agent: "Writing SSM documents", AWS Systems Manager User Guide. */
const AGENT_MINIMUM: readonly [number, number, number] = [3, 3, 2746];
const LOOK_AGAIN_MS = 5 * 60_000;

export function judgeAgent(
  agent: { PingStatus?: string | undefined; AgentVersion?: string | undefined } | undefined,
): Refusal | null {
  const refuse = (code: 'node-silent' | 'agent-too-old', reason: string): Refusal => ({
    refuse: code,
    reason,
    page: true,
    lookAgainMs: LOOK_AGAIN_MS,
  });
  if (!agent) return refuse('node-silent', 'the instance is not known to Systems Manager');
  if (agent.PingStatus !== 'Online')
    return refuse('node-silent', `its SSM agent is ${plainText(agent.PingStatus ?? 'silent', 50)}`);
  const version = (agent.AgentVersion ?? '').split('.').map(Number);
  for (const [i, least] of AGENT_MINIMUM.entries()) {
    const part = version[i] ?? 0;
    if (part > least) return null;
    if (!(part === least))
      return refuse(
        'agent-too-old',
        `its SSM agent is ${plainText(agent.AgentVersion ?? '', 50) || 'of unknown version'}`,
      );
  }
  return null;
}
