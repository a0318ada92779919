// The table of all acts of the ladder. Each act is defined, with all of its parts, in the file of its group.
import type { LadderState } from '../../../shared/heal/memory.ts';
import type { NodeStatus } from '../state.ts';
import {
  type ActParts,
  afterAct,
  hasEndedUnspent,
  intended,
  type LadderActContext,
  type Outcome,
  type Performed,
  perform,
  recovers,
  statusAfter,
} from './act.ts';
import { BESIDE_ACTS } from './beside.ts';
import { CLEANUP_ACTS } from './cleanup.ts';
import { DECISIONS } from './decisions.ts';
import { INSTANCE_ACTS } from './instances.ts';
import { NODE_COMMANDS } from './node-commands.ts';
import { VOLUME_ACTS } from './volumes.ts';

type Definition =
  | (typeof DECISIONS)[number]
  | (typeof NODE_COMMANDS)[number]
  | (typeof CLEANUP_ACTS)[number]
  | (typeof VOLUME_ACTS)[number]
  | (typeof INSTANCE_ACTS)[number]
  | (typeof BESIDE_ACTS)[number];
type Table = Readonly<Record<string, Definition>>;

const tableOf = (definitions: readonly Definition[]): Table =>
  Object.fromEntries(definitions.map((definition) => [definition.kind, definition]));

/** A restart needs no others. */
const COMMON = tableOf([...DECISIONS, ...NODE_COMMANDS, ...CLEANUP_ACTS]);

let rare: Table | undefined;
/** They are in the second file of the asset (lazy.ts), which nothing may touch while the function starts. */
const rareActs = (): Table => {
  rare ??= tableOf([...VOLUME_ACTS, ...INSTANCE_ACTS, ...BESIDE_ACTS]);
  return rare;
};

/** One act with its parameters, as a decision makes it and a durable step keeps it. */
export type Act = ReturnType<Definition>;

/** The parts of an act are those of its own parameters: the tables pair them by the kind, and one of them has each kind of `Act`. */
export const partsOf = ({ do: kind }: Act): ActParts<Act> =>
  (COMMON[kind] ?? rareActs()[kind]) as unknown as ActParts<Act>;

export const performAct = (context: Omit<LadderActContext, 'recovers' | 'ran'>, act: Act): Promise<Performed> =>
  perform(context, partsOf(act), act);

/** As `ActParts.retryKey` defines it. */
export const retryKeyOf = (act: Act): string | null => partsOf(act).retryKey?.(act) ?? null;

/** Whether the act is made under a pause, and after the mode has changed. */
export const doesRecover = (act: Act, state: LadderState | null): boolean => recovers(partsOf(act), state, act);

/** The state after an act that does nothing but note that a rung is of no use; null for any other. */
export const notedBy = (state: LadderState, act: Act, atMs: number): LadderState | null =>
  partsOf(act).onlyNotes ? reduceAct(state, act, { is: 'done', atMs }) : null;

/** The state that is written before the act. */
export const intendAct = (state: LadderState, act: Act, atMs: number, commandId = ''): LadderState =>
  intended(partsOf(act), state, act, atMs, commandId) ?? state;

/** The state after the act; `found`: the one before its intent was written. */
export const reduceAct = (
  before: LadderState,
  act: Act,
  outcome: Outcome,
  found: LadderState | null = null,
): LadderState => afterAct(partsOf(act), found, before, act, outcome);

export const statusAfterAct = (act: Act, before: NodeStatus, outcome: Outcome): NodeStatus =>
  statusAfter(partsOf(act), before, outcome);

/** Whether it is a command that takes the clients of the original down, or up. */
export const commandsClients = (act: Act): boolean => partsOf(act).tellsOfOriginal === true;

/** Whether the act has ended a rung that did nothing. */
export const endsUnspent = (before: LadderState, act: Act, outcome: Pick<Outcome, 'is'>, after: LadderState): boolean =>
  hasEndedUnspent(partsOf(act), before, outcome, after);
