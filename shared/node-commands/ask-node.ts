// The parameters of watch-fleet's SendCommand for `ask-node`: the same for all nodes of a fleet.
import type { Fleet } from '../fleet/model.ts';
import { questionsParameter, volumesParameter } from '../probe/node-probe.ts';
import type { ProbeQuestion } from '../probe/protocol.ts';
import { checkedParameter, runLimitsSeconds } from './command.ts';

/** Throws a `TypeError` naming parameter, value and pattern: no other value is ever sent. */
export function askNodeParameters(fleet: Fleet, question: ProbeQuestion): Record<string, string[]> {
  const { credentials } = question.rpc;
  const heights = question.ask.what === 'status' ? question.ask.heights : [];
  return {
    RunLimitSeconds: [checkedParameter('RunLimitSeconds', String(runLimitsSeconds['ask-node']))],
    Questions: [checkedParameter('Questions', questionsParameter(question, heights))],
    CredentialsFile: [checkedParameter('CredentialsFile', credentials?.kind === 'file' ? credentials.path : '')],
    Volumes: [checkedParameter('Volumes', volumesParameter(fleet.volumes))],
  };
}
