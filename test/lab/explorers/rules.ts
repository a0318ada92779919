// The rules of the protocol that can be switched off, each by its naive version, and the smallest world that shows the failure.
import { ACTS } from '../../../functions/resize-volume/acts.ts';
import type { ResizeFacts } from '../../../shared/growth/decide.ts';
import type { IncidentRecord, ModificationIntent, NodeRecord } from '../../../shared/heal/records.ts';
import { DAY_MS, type ExecutionStatus } from '../../../shared/model/execution.ts';
import type { Refusal } from '../../../shared/model/guardrail-codes.ts';
import type { WorldName } from './healing.ts';
import { FULL, PRODUCT, type Protocol, type Ways } from './protocol.ts';
import { NOW_MS, payloadOf, type Supply } from './world.ts';

export interface Rule {
  /** The rule of the protocol. */
  readonly sentence: string;
  /** The naive version. */
  readonly naive: string;
  readonly without: Protocol;
  readonly world: WorldName;
  readonly supply: Supply;
}

const without = (functions: Partial<typeof PRODUCT>, ways: Partial<Ways> = {}): Protocol => ({
  ...FULL,
  ...ways,
  functions: { ...PRODUCT, ...functions },
});

const ENDED_LONG_AGO: ExecutionStatus = { state: 'ended', endedAtMs: 0 };
const endedLongAgo = (status: ExecutionStatus): ExecutionStatus => (status.state === 'ended' ? ENDED_LONG_AGO : status);
const silent = (read: NodeRecord): NodeRecord => ({ ...read, quietAfterMs: 0 });
const countingToday = <F extends ResizeFacts | Refusal>(facts: F): F =>
  'intents' in facts ? { ...facts, intents: ofToday(facts.intents) } : facts;
const ofToday = (intents: readonly ModificationIntent[]) => intents.filter(({ atMs }) => NOW_MS - atMs < DAY_MS);

export const RULES = {
  monotone: {
    sentence: 'attempts of (node, trigger) are numbered on and on, whatever becomes of their incident',
    naive: 'a new onset starts again at attempt 1',
    without: without({
      openIncident: (read, onset, nowMs) => {
        const opened = PRODUCT.openIncident(read, onset, nowMs);
        return 'next' in opened ? { next: { ...opened.next, attempt: 0 } } : opened;
      },
    }),
    world: 'resizing',
    supply: { faults: 0, acts: 1 },
  },
  claim: {
    sentence: 'an execution first claims its attempt by its ARN; refused, it ends and touches nothing',
    naive: 'an execution that was invoked is the one to work',
    without: without({
      claim: (read, _attempt, execution) =>
        read && (read.state === 'claimed' || read.state === 'allocated')
          ? { next: { ...read, state: 'claimed', execution } }
          : { mine: true },
    }),
    world: 'resizing',
    supply: { faults: 3, acts: 0 },
  },
  outcome: {
    sentence: 'an outcome is written only by the execution that claimed the incident’s current attempt',
    naive: 'who has come to an end writes it',
    without: without({
      conclude: (read, attempt, execution, outcome, nowMs, asked) => {
        if (!read) return { notMine: true };
        const payload = payloadOf(attempt, 'act', read.incidentId);
        const mine: IncidentRecord = { ...read, state: 'claimed', payload, execution };
        return PRODUCT.conclude(mine, read.attempt, execution, outcome, nowMs, asked);
      },
    }),
    world: 'resizing',
    supply: { faults: 1, acts: 0 },
  },
  dead: {
    sentence: 'only GetDurableExecution says that an attempt is dead',
    naive: 'an attempt that has been silent for long is dead',
    without: without({ judgeAttempt: (read, _, nowMs) => PRODUCT.judgeAttempt(read, ENDED_LONG_AGO, nowMs) }),
    world: 'resizing',
    supply: { faults: 0, acts: 0 },
  },
  again: {
    sentence: 'the sweep invokes again what was allocated and never started',
    naive: 'an Invoke that was sent has arrived',
    without: without({}, { invokesAgain: false }),
    world: 'resizing',
    supply: { faults: 1, acts: 0 },
  },
  takeover: {
    sentence: 'a lease is taken only from nobody, from oneself, or from an execution that has ended',
    naive: 'an expired clock takes the lease from its holder',
    without: without({
      leaseFree: (read, _, nowMs) => PRODUCT.leaseFree(read, ENDED_LONG_AGO, nowMs),
      grant: (read, execution, _, nowMs) => PRODUCT.grant(read, execution, ENDED_LONG_AGO, nowMs),
    }),
    world: 'resizing',
    supply: { faults: 0, acts: 1 },
  },
  lastRequest: {
    sentence: 'a dead holder is succeeded only after its last request can no longer be served',
    naive: 'the end of an execution is the end of its requests',
    without: without({
      leaseFree: (read, owner, nowMs) => PRODUCT.leaseFree(read, endedLongAgo(owner), nowMs),
      grant: (read, execution, owner, nowMs) => PRODUCT.grant(read, execution, endedLongAgo(owner), nowMs),
      freeDead: (read, owner, nowMs) => PRODUCT.freeDead(read, endedLongAgo(owner), nowMs),
    }),
    world: 'resizing',
    supply: { faults: 1, acts: 0 },
  },
  waitOut: {
    sentence: 'a dead holder is succeeded only when no command that was sent can run any more',
    naive: 'the commands of a dead holder die with it',
    without: without({
      leaseFree: (read, owner, nowMs) => PRODUCT.leaseFree(silent(read), owner, nowMs),
      grant: (read, execution, owner, nowMs) => PRODUCT.grant(silent(read), execution, owner, nowMs),
      freeDead: (read, owner, nowMs) => PRODUCT.freeDead(silent(read), owner, nowMs),
    }),
    world: 'resizing',
    supply: { faults: 1, acts: 0 },
  },
  quiet: {
    sentence: 'before a command is sent, the record says how long it may run',
    naive: 'a command is sent, and its sender remembers it',
    without: without({
      raiseQuiet: (read, holder) => (PRODUCT.holds(read, holder) ? { enough: true } : { lost: true }),
    }),
    world: 'resizing',
    supply: { faults: 1, acts: 0 },
  },
  drain: {
    sentence: 'the node is given back only when every command was answered or can no longer run',
    naive: 'who gives up releases the node',
    without: without({ release: (read, holder, _, nowMs) => PRODUCT.release(read, holder, true, nowMs) }),
    world: 'resizing',
    supply: { faults: 1, acts: 0 },
  },
  reentrant: {
    sentence: 'a replayed grant to the same execution succeeds and keeps its fence',
    naive: 'a lease that is held is refused',
    without: without({
      grant: (read, execution, owner, nowMs) =>
        read.owner === execution ? { refused: execution } : PRODUCT.grant(read, execution, owner, nowMs),
    }),
    world: 'resizing',
    supply: { faults: 1, acts: 0 },
  },
  once: {
    sentence: 'ModifyVolume is called at most once; unknown is reconciled, never repeated',
    naive: 'an interrupted call is repeated unless Describe shows the new size',
    without: without({}, { modifyOnce: false }),
    world: 'resizing',
    supply: { faults: 1, acts: 0 },
  },
  reconcile: {
    sentence: 'that a call did not happen is believed only when it no longer can, and reads are consistent',
    naive: 'the first Describe is believed',
    without: without({}, { reconcileWaits: false }),
    world: 'resizing',
    supply: { faults: 1, acts: 0 },
  },
  count: {
    sentence: 'budgets count intents, before the call',
    naive: 'a modification is counted when it has succeeded',
    without: without({}, { countsIntents: false }),
    world: 'resizing',
    supply: { faults: 1, acts: 1 },
  },
  withdraw: {
    sentence: 'an intent is withdrawn only where its call was certainly without effect',
    naive: 'an intent whose call was not answered is withdrawn',
    without: without({}, { withdrawsRefused: false }),
    world: 'resizing',
    supply: { faults: 1, acts: 1 },
  },
  day: {
    sentence: 'an intent counts longer than 24 h, since its call takes effect later',
    naive: 'an intent counts for 24 h',
    without: without({
      intend: (read, holder, operation, limit) =>
        PRODUCT.intend({ ...read, modifications: ofToday(read.modifications) }, holder, operation, limit),
      acts: {
        ...ACTS,
        survey: {
          ...ACTS.survey,
          reduce: (state, act, facts, payload) => ACTS.survey.reduce(state, act, countingToday(facts), payload),
        },
        observe: {
          ...ACTS.observe,
          reduce: (state, act, facts, payload) => ACTS.observe.reduce(state, act, countingToday(facts), payload),
        },
      },
    }),
    world: 'resizing',
    supply: { faults: 0, acts: 2 },
  },
  inStep: {
    sentence: 'pause is read inside the body of the step that mutates',
    naive: 'pause is read in a step of its own',
    without: without({}, { pauseInStep: false }),
    world: 'resizing',
    supply: { faults: 0, acts: 1 },
  },
  approval: {
    sentence: 'an approval is a callback of one execution, and dies with it',
    naive: 'an approval is noted on the incident',
    without: without({}, { approvalOfExecution: false }),
    world: 'ask',
    supply: { faults: 1, acts: 0 },
  },
  seq: {
    sentence: 'the node orders commands by (fence, ordinal), and answers one that it knows from memory',
    naive: 'the node orders commands by their fence',
    without: without({}, { nodeOrders: 'fence' }),
    world: 'resizing',
    supply: { faults: 2, acts: 0 },
  },
} as const satisfies Readonly<Record<string, Rule>>;

/** Rules of the protocol whose need these worlds cannot show. */
export const LATER_RULES: Readonly<Record<string, string>> = {
  lock: 'one lock on the node from the check to the recorded result: here each command is one step (the scripts’ own tests hold it)',
};
