// What pauses and modes let the heals of an upgrade do: at the dispatcher's door, at a question to a person, and right before an act. Each by the
// deployed decision, over what the node's record would say.
import { decideDispatch } from '../../../functions/dispatch-heal/decide.ts';
import { join, launch } from '../../../functions/replace-node/acts/instances.ts';
import { swap, switchVersion } from '../../../functions/replace-node/acts/node-commands.ts';
import { doesRecover } from '../../../functions/replace-node/acts/table.ts';
import { giveBackInstead } from '../../../functions/replace-node/give-back.ts';
import { keepsTurn, settlesWith } from '../../../functions/replace-node/permission.ts';
import { newState, phaseOf, takenDown } from '../../../functions/replace-node/state.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { pauseParameterName } from '../../../shared/fleet/parameter.ts';
import { judgePauses } from '../../../shared/guardrails/switches.ts';
import { judgeGuards } from '../../../shared/heal/guard.ts';
import { newNode, unsettled } from '../../../shared/heal/lease.ts';
import type { LadderState, Replacement } from '../../../shared/heal/memory.ts';
import type { IncidentRecord, NodeRecord } from '../../../shared/heal/records.ts';
import type { Refusal } from '../../../shared/model/guardrail-codes.ts';
import type { Mode } from '../../../shared/model/mode.ts';
import { openIncidentRecord } from '../../fixtures/builders/incident.ts';
import { clientState } from '../../fixtures/builders/observation.ts';
import { HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { besideNode, newReplacement } from '../../fixtures/replace-facts.ts';

/** What people have set. */
export interface Switches {
  readonly isPaused: boolean;
  readonly mode: Mode;
}

/** The attempt at a node. `asks`: a person is asked. `asked`: a person has said yes. `settles`: it only finishes what is begun, without a question. */
export const ATTEMPTS = ['none', 'act', 'asks', 'asked', 'settles', 'plans'] as const;
export type Attempt = (typeof ATTEMPTS)[number];

/** What a heal has begun on a node, as its record has it. */
export type Begun = 'nothing' | 'stopped' | 'taken' | 'cut' | 'switched' | 'back' | 'swapping' | 'beside' | 'placed';

/** What is done to a node that a switch of people may forbid. */
export type Deed = 'stop' | 'take' | 'switch' | 'swap' | 'launch' | 'join';

const PREFIX = '/chainmend';
const VERSIONS = { from: '28.0', to: '28.1', at: 0, cleanSinceMs: NOON_MS } as const;

const SWITCH = switchVersion({ ...VERSIONS, goes: 'to', reason: '' });
const LAUNCH = launch({ reason: '' });
const JOIN = join({});
const SWAP = swap({ to: 'restored', reason: '' });

const TAKEN: LadderState = {
  ...newState(NOON_MS, 'upgrade', {
    ...{ instanceId: '', availabilityZone: 'a', volumes: [], height: 0, lagBlocks: 0, client: 'running' },
  }),
  rung: 'upgrade',
};
const GIVEN_UP = 'it does not go on';

const BESIDE: Omit<LadderState, 'replacement'> & { readonly replacement: Replacement } = {
  ...TAKEN,
  rung: 'replace',
  replacement: newReplacement(),
  beside: besideNode(),
};

const MEMORIES: Readonly<Record<Exclude<Begun, 'nothing' | 'stopped'>, LadderState>> = {
  taken: TAKEN,
  // As the intent of the switch leaves it: nobody has seen its client run since.
  cut: { ...takenDown(TAKEN), upgrade: { ...VERSIONS, is: 'unknown', mayHaveRun: false, givenUp: null } },
  switched: { ...TAKEN, client: 'mayBeDown', upgrade: { ...VERSIONS, is: 'to', mayHaveRun: true, givenUp: null } },
  back: {
    ...TAKEN,
    ...{ rung: null, failed: [{ rung: 'upgrade', reason: GIVEN_UP }], client: 'mayBeDown' },
    upgrade: { ...VERSIONS, is: 'from', mayHaveRun: true, givenUp: GIVEN_UP },
  },
  beside: BESIDE,
  placed: { ...BESIDE, replacement: { ...BESIDE.replacement, membership: 'joined' }, upSinceMs: NOON_MS },
  swapping: {
    ...TAKEN,
    ...{ rung: 'swap', failed: [{ rung: 'upgrade', reason: GIVEN_UP }], client: 'mayBeDown' },
    upgrade: { ...VERSIONS, is: 'from', mayHaveRun: true, givenUp: GIVEN_UP },
  },
};

function operationOf(begun: Begun): NodeRecord['operation'] {
  if (begun === 'nothing') return null;
  if (begun === 'stopped')
    return { kind: 'snapshot', phase: 'down', incidentId: INCIDENT_ID, memory: {} } as NodeRecord['operation'];
  const memory = MEMORIES[begun];
  return { kind: 'replace', phase: phaseOf(memory), incidentId: INCIDENT_ID, memory };
}

const INCIDENT_ID = openIncidentRecord().incidentId;
const recordOf = (begun: Begun): NodeRecord => ({ ...newNode('bitcoin', 'i-0'), operation: operationOf(begun) });

/** Whether another attempt has to settle the node, so that its turn is in flight without one. */
export const isUnsettled = (begun: Begun): boolean => unsettled(recordOf(begun));

/** Whether an attempt that ends there leaves the fleet's turn to the next one. */
export const leavesTurn = (begun: Begun): boolean => begun === 'stopped' || keepsTurn(recordOf(begun));

/** Why people's pauses let nothing be begun; null where they do. */
export const pauseOf = (fleet: Fleet, isPaused: boolean): Refusal | null =>
  judgePauses(
    PREFIX,
    fleet.name,
    new Map([
      [pauseParameterName(PREFIX), 'off'],
      [pauseParameterName(PREFIX, fleet.name), isPaused ? 'a person has said so' : 'off'],
    ]),
  );

/**
 * The attempt that the dispatcher starts at an open incident; `none` where it starts none.
 *
 * @param isKnown whether the door knows what is begun on the node
 */
export function attemptAt(
  fleet: Fleet,
  { isPaused, mode }: Switches,
  trigger: 'snapshot:clean' | 'request:upgrade',
  begun: Begun,
  isKnown: boolean,
): Attempt {
  const incident = openIncidentRecord({ trigger, want: { do: 'heal' } }) as IncidentRecord;
  const { alarm, instanceId, onsetMs, fleet: name, node } = incident;
  const dispatch = decideDispatch({
    ...{ nowMs: NOON_MS + HOUR_MS, fleet: { ...fleet, mode }, node, incident },
    candidate: { alarm, instanceId, onsetMs, suppressedBy: null, fleet: name },
    trigger:
      trigger === 'snapshot:clean' ? { kind: 'snapshot', subject: 'clean' } : { kind: 'request', subject: 'upgrade' },
    ...{ paused: pauseOf(fleet, isPaused), waits: null, guarded: null },
    nodeRecord: recordOf(isKnown ? begun : 'nothing'),
    owner: { state: 'unknown' },
  });
  if (dispatch.do !== 'start') return 'none';
  const { payload } = dispatch;
  if (payload.mode === 'act') return 'act';
  const record = recordOf(begun);
  const isFinished =
    begun === 'stopped' || settlesWith(record, { incidentId: INCIDENT_ID, mode: payload.mode }) !== undefined;
  if (isFinished) return payload.mode === 'ask' ? 'settles' : 'plans';
  return payload.mode === 'ask' ? 'asks' : 'none';
}

/** Why the deed is not done now; null where it is. The snapshot's stop and a taken rung put nothing back. */
export function deedRefused(fleet: Fleet, { isPaused, mode }: Switches, attempt: Attempt, deed: Deed): Refusal | null {
  const began: Mode = attempt === 'act' ? 'act' : attempt === 'plans' ? 'plan' : 'ask';
  const act = { stop: null, take: null, switch: SWITCH, swap: SWAP, launch: LAUNCH, join: JOIN }[deed];
  const puts = act !== null && doesRecover(act, deed === 'join' ? BESIDE : TAKEN);
  return judgeGuards({ fleet: { mode }, refusal: pauseOf(fleet, isPaused) }, [], began, puts ? true : undefined);
}

/** Whether an attempt that may not switch a client again, which a cut-off switch keeps down, starts it in its version of before. */
export function startsAsBefore(fleet: Fleet, switches: Switches, attempt: Attempt, refusal: Refusal): boolean {
  const seen = { clients: [clientState({ state: 'stopped' })], volumes: [], devices: [], rootUsedPercent: 0 };
  const instead = giveBackInstead({ refused: SWITCH, why: refusal.refuse }, MEMORIES.cut, { seen, unanswered: null });
  if (instead === null) return false;
  const puts = doesRecover(instead, MEMORIES.cut);
  const { mode } = switches;
  const guarded = { fleet: { mode }, refusal: pauseOf(fleet, switches.isPaused) };
  return judgeGuards(guarded, [], attempt === 'act' ? 'act' : 'ask', puts ? true : undefined) === null;
}
