// The ticket of a node: what a heal has taken of it, and what giving that back needs. It is read from the node's record, which is written before each act
// that takes something (docs/model.md, "The ticket"). Pure.
import type { LadderState } from './memory.ts';
import type { Operation } from './records.ts';

/** ssm: commands are sent through Systems Manager. node: its agent carries them out. ec2: EC2, and for a group Auto Scaling. */
export type Need = 'node' | 'ssm' | 'ec2';

export interface TicketLine {
  /** clients: stopped, or perhaps. data: those of before an upgrade. power: the instance is stopped. standby: it is set aside in its group. */
  readonly taken: 'clients' | 'data' | 'power' | 'standby';
  readonly needs: readonly Need[];
}

const BY_COMMAND: readonly Need[] = ['node', 'ssm'];
const BY_EC2: readonly Need[] = ['ec2'];
const BY_BOTH: readonly Need[] = ['node', 'ssm', 'ec2'];

/** What is to be given back on a node by the heal that has begun something on it. */
export function ticketOf(operation: Operation | null): readonly TicketLine[] {
  if (operation === null) return [];
  if (operation.kind === 'replace') return takenBy(operation.memory);
  // A stop for a snapshot or a pruning takes nothing but the clients. A growth takes nothing.
  const takes = operation.phase === 'down' && (operation.kind === 'snapshot' || operation.prune !== undefined);
  return takes ? [{ taken: 'clients', needs: BY_COMMAND }] : [];
}

/** What a ladder has taken of its node, or may have: an intent counts. */
export function takenBy(state: LadderState): readonly TicketLine[] {
  const standby: TicketLine = { taken: 'standby', needs: BY_EC2 };
  // An instance on standby serves nobody, however well it is. A replaced one stays there.
  if (state.proved !== null) return state.rung !== 'replace' && mayBeOnStandby(state) ? [standby] : [];
  return [
    ...(state.client === 'mayBeDown' ? [{ taken: 'clients', needs: needsOfClients(state) } as const] : []),
    ...(owesData(state) ? [{ taken: 'data', needs: BY_BOTH } as const] : []),
    ...(isStopOwed(state) ? [{ taken: 'power', needs: BY_EC2 } as const] : []),
    ...(mayBeOnStandby(state) ? [standby] : []),
  ];
}

/** With a volume or the root off the original, with its instance stopped, or with its identity elsewhere, no command brings its clients up. */
function needsOfClients({ original, replacement, beside, found }: LadderState): readonly Need[] {
  const isElsewhere =
    beside !== undefined || found.machine !== undefined || (replacement?.membership ?? 'apart') !== 'apart';
  const isOff = replacement !== null && (replacement.mayBeUnplugged === true || replacement.originalRoot !== null);
  const mayRunThere = replacement !== null && replacement.takeOver !== 'none';
  return original === 'stopRequested' || isElsewhere || isOff || mayRunThere ? BY_BOTH : BY_COMMAND;
}

/** Whether a command brings the clients back, whatever EC2 says meanwhile. */
export const givesClientsBack = (ticket: readonly TicketLine[]): boolean =>
  ticket.some(({ taken, needs }) => taken === 'clients' && !needs.includes('ec2'));

/** A stop of the original was at least intended, and it was not started since. */
export const isStopOwed = ({ original }: Pick<LadderState, 'original'>): boolean =>
  original === 'stopIntended' || original === 'stopRequested';

/** The original may be on standby. */
export const mayBeOnStandby = ({ standby }: Pick<LadderState, 'standby'>): boolean =>
  standby === 'entering' || standby === 'entered';

/** Whether the data of before have to come back: the new version was on the node, and has not proved itself. */
export const owesData = ({ upgrade, proved }: Pick<LadderState, 'upgrade' | 'proved'>): boolean =>
  upgrade?.mayHaveRun === true && proved === null;
