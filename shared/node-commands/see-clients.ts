// The parameters of watch-fleet's SendCommand for `see-clients`: the same for all nodes of a fleet.
import type { Fleet } from '../fleet/model.ts';
import { checkedParameter, runLimitsSeconds, startBySeconds } from './command.ts';
import { clientLines, clientsOf } from './node-command.ts';

/** It has no fence: the node neither compares nor remembers this number. */
const NUMBER = '0.0';

/** Throws a `TypeError` naming parameter, value and pattern: no other value is ever sent. @param sentAtMs ms since the epoch */
export const seeClientsParameters = (fleet: Pick<Fleet, 'units'>, sentAtMs: number): Record<string, string[]> => ({
  OperationId: [NUMBER],
  StartBy: [String(Math.floor(sentAtMs / 1000) + startBySeconds)],
  RunLimitSeconds: [checkedParameter('RunLimitSeconds', String(runLimitsSeconds['see-clients']))],
  Clients: [checkedParameter('Clients', clientLines(clientsOf(fleet)))],
});
