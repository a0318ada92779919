// The executions of resize-volume: the program's next effect, each possible result of it, and the program's reaction.
import type { Act, Acts, State } from '../../../functions/resize-volume/state.ts';
import type { Outcome } from '../../../shared/heal/incident.ts';
import type { Ending } from '../../../shared/heal/outcome.ts';
import type { PageNote } from '../../../shared/heal/records.ts';
import type { Refusal } from '../../../shared/model/guardrail-codes.ts';
import type { HealPayload } from '../../../shared/model/payload.ts';
import type { Observation } from '../../../shared/node-commands/answer.ts';
import { MODIFICATIONS_PER_DAY, modifyVolume } from './aws.ts';
import type { Emit } from './check.ts';
import { factsOf } from './facts.ts';
import { NEVER, type Protocol, type Setting } from './protocol.ts';
import {
  ATTEMPT_NUMBERS,
  healOf,
  intentAtMs,
  isSick,
  NOW_MS,
  nameOf,
  spendAct,
  spendFault,
  statusOf,
  VOLUME_ID,
  type VolumeView,
  viewsOf,
  type World,
  withAround,
  withHeal,
  withIncident,
} from './world.ts';

/** One possible result of an effect: the change of the world, and the answer of the step. */
interface Turn<Name extends keyof Acts> {
  readonly words: string;
  /** The world after it; absent where nothing was changed. */
  readonly world?: World;
  readonly result: Acts[Name]['result'];
  readonly fault?: boolean;
  readonly broken?: string | undefined;
  /** Only in a naive version: the step simply begins again. */
  readonly again?: boolean;
}

/** At most this many commands at the same time: a replay of a replay of a send shows nothing new. */
const MAX_QUEUED = 3;

/** One step of every running execution. */
export function healSteps(world: World, setting: Setting, emit: Emit<World>): void {
  for (const attempt of ATTEMPT_NUMBERS) {
    const { execution, program } = healOf(world, attempt);
    if (execution.life !== 'running' || program === null) continue;
    step(world, attempt, program, setting, emit);
  }
}

function step<Name extends keyof Acts>(
  world: World,
  attempt: number,
  act: Act<Name>,
  setting: Setting,
  emit: Emit<World>,
): void {
  const { mode, protocol } = setting;
  const { reduce, abandon } = protocol.functions.acts[act.do];
  const state = healOf(world, attempt).program ?? protocol.functions.start;
  const faulty = world.around.faultsLeft > 0;
  const tell = (words: string) => `attempt ${attempt}: ${words}`;
  const failure = { message: 'it kept failing', throttled: false, isAws: false };
  const gaveUp = (after: World) => spendFault(goOn(after, attempt, abandon(state, act, failure)));

  for (const turn of TURNS[act.do](world, attempt, act, setting)) {
    const after = turn.world ?? world;
    const next = turn.again ? state : reduce(state, act, turn.result, { mode });
    emit(tell(turn.words), goOn(after, attempt, next), { fault: turn.fault ?? false, broken: turn.broken });
    if (!faulty || turn.fault || turn.broken || act.do === 'modify' || after === world) continue;
    emit(tell(`${turn.words}; answer or checkpoint lost, replayed`), spendFault(after), { fault: true });
    emit(tell(`${turn.words}; the step fails all the same, and again`), gaveUp(after), { fault: true });
  }
  if (faulty && act.do !== 'ask' && act.do !== 'modify') {
    emit(tell(`${String(act.do)} fails, and fails again`), gaveUp(world), { fault: true });
  }
}

/** An execution ends when its program has ended. */
const goOn = (world: World, attempt: number, program: State | null): World =>
  program === null || program.do === 'end'
    ? withHeal(world, attempt, { execution: { life: 'ended', age: 'now' }, program: null })
    : withHeal(world, attempt, { program, answer: null });

/** Each act, with every possible result. */
const TURNS: {
  readonly [Name in keyof Acts]: (
    world: World,
    attempt: number,
    act: Act<Name>,
    setting: Setting,
  ) => readonly Turn<Name>[];
} = {
  claim: (world, attempt, _act, { protocol: { functions } }) => {
    const claimed = functions.claim(world.incident ?? undefined, attempt, meOf(world, attempt));
    if ('end' in claimed) return [{ words: 'may not claim its attempt: ends', result: claimed }];
    const result = { mine: true } as const;
    return 'mine' in claimed
      ? [{ words: 'has claimed its attempt already', result }]
      : [{ words: 'claims its attempt', world: withIncident(world, claimed.next), result }];
  },
  survey: (world, _attempt, _act, { mode }) => surveyTurns(world, null, mode),
  ask: (world, attempt, _act, { acts, protocol }) => {
    const approvedGiB = protocol.approvalOfExecution
      ? healOf(world, attempt).approvedGiB
      : world.around.looseApprovalGiB;
    if (approvedGiB > 0) return [{ words: 'is approved', result: { approved: true } }];
    const silent = world.around.actsLeft > 0 && acts.includes('silence');
    const refused = guarded('approval-expired');
    return silent ? [{ words: 'nobody approves in time', world: spendAct(world), result: refused, fault: true }] : [];
  },
  lease: (world, attempt, _act, { protocol: { functions } }) => {
    const me = meOf(world, attempt);
    const { node } = world;
    const granted = functions.grant(node, me, statusOf(world, node.owner), NOW_MS);
    if ('refused' in granted) {
      const broken = granted.refused === me ? NEVER.selfRefused : undefined;
      return [{ words: `the node is held by ${granted.refused}`, result: { busy: granted.refused }, broken }];
    }
    if ('held' in granted)
      return [{ words: 'holds the node already', result: { holder: granted.held, openUntilMs: null } }];
    const holder = { execution: me, fence: granted.next.fence };
    return [
      {
        words: `takes the node, fence ${holder.fence}`,
        world: { ...world, node: granted.next },
        result: { holder, openUntilMs: null },
      },
    ];
  },
  send: (world, attempt, act, { protocol }) => sendTurns(world, attempt, act, protocol),
  'await-command': (world, attempt) => {
    const { answer } = healOf(world, attempt);
    if (answer === null) return [];
    return answer === 'over'
      ? [{ words: 'its command ended without an answer', result: { over: 'no answer' } }]
      : [{ words: `its command answers ${answer.result}`, result: answer }];
  },
  observe: (world, _attempt, { seen }, { mode }) => surveyTurns(world, seen, mode),
  reserve: (_world, attempt) => [
    { words: 'reserves the growth', result: { reserved: true, atMs: intentAtMs(attempt) } },
  ],
  intend: (world, _attempt, act, { protocol }) => intendTurns(world, act, protocol),
  modify: (world, attempt, act, { mode, protocol }) => modifyTurns(world, attempt, act, mode, protocol),
  reconcile: (world, attempt, act, { protocol }) => reconcileTurns(world, attempt, act, protocol),
  'await-modification': (world, _attempt, act) => awaitTurns(world, act),
  // No fleet file of these worlds has a pruning: test/functions/resize-volume/prune.test.ts has its order, scenarios play it under faults.
  'begin-prune': () => [],
  prune: () => [],
  wake: () => [],
  'prove-back': () => [],
  'settle-prune': () => [],
  prove: (world, _attempt, { held }, { protocol: { functions } }) => {
    const proved = functions.prove(world.node, held.holder);
    if ('lost' in proved) return [{ words: 'has lost the node', result: proved }];
    const after = 'next' in proved ? { world: { ...world, node: proved.next } } : {};
    return [{ words: 'notes the proof', ...after, result: { written: true } }];
  },
  conclude: (world, attempt, { ending }, { protocol }) => [
    concludeTurn(world, attempt, meOf(world, attempt), ending, protocol),
  ],
  release: (world, _attempt, { held, commandsOver }, { protocol: { functions } }) => {
    const released = functions.release(world.node, held.holder, commandsOver, NOW_MS);
    if ('waitUntilMs' in released) return [];
    const result = { done: true } as const;
    return 'lost' in released
      ? [{ words: 'has no node to release', result }]
      : [{ words: 'releases the node, ends', world: { ...world, node: released.next }, result }];
  },
};

const meOf = (world: World, attempt: number): string => nameOf(attempt, healOf(world, attempt));

const surveyTurns = <Name extends 'survey' | 'observe'>(
  world: World,
  seen: Observation | null,
  mode: HealPayload['mode'],
): readonly Turn<Name>[] =>
  viewsOf(world.volume).map((view) => ({
    words: `reads the volume: ${sentenceOf(view)}`,
    result: factsOf(world, view, seen, mode),
  }));

/** One step body: it raises the quiet moment, reads the guards, and then sends the command. */
function sendTurns(
  world: World,
  attempt: number,
  { command, held: { holder, ordinal } }: Act<'send'>,
  { functions, pauseInStep }: Protocol,
): readonly Turn<'send'>[] {
  if (world.queue.length >= MAX_QUEUED) return [];
  const name = `${command.operation} ${holder.fence}.${ordinal}`;
  const raised = functions.raiseQuiet(world.node, holder, COMMAND_OVER_MS);
  if ('lost' in raised) return [{ words: `may not send ${name}: the node is lost`, result: raised }];
  const quiet = 'next' in raised ? { ...world, node: raised.next } : world;
  const { paused } = world.around;
  if (paused && pauseInStep) return [{ words: `paused: ${name} is not sent`, world: quiet, result: guarded('paused') }];
  const queued = { attempt, fence: holder.fence, ordinal, operation: command.operation };
  const queue = [...quiet.queue, queued].sort((a, b) => a.fence - b.fence || a.ordinal - b.ordinal);
  return [
    {
      words: `sends ${name}`,
      world: { ...quiet, queue },
      result: { commandId: name, overAtMs: COMMAND_OVER_MS },
      broken: paused && command.operation === 'grow-filesystem' ? NEVER.paused : undefined,
    },
  ];
}

/** The time when no copy of a command can run any more. It is far enough away for every command of a world. */
const COMMAND_OVER_MS = NOW_MS + 10 * 60_000;

function intendTurns(
  world: World,
  { plan, held: { holder }, atMs }: Act<'intend'>,
  { functions, countsIntents }: Protocol,
): readonly Turn<'intend'>[] {
  if (world.around.paused) return [{ words: 'paused: intends nothing', result: guarded('paused') }];
  const operation = {
    kind: 'grow',
    phase: 'preparing',
    incidentId: world.incident?.incidentId ?? '',
    volumeId: plan.volumeId,
    found: { sizeGiB: plan.fromGiB },
    toGiB: plan.toGiB,
    intentAtMs: atMs,
  } as const;
  const intended = functions.intend(world.node, holder, operation, MODIFICATIONS_PER_DAY);
  if ('lost' in intended) return [{ words: 'has lost the node: intends nothing', result: intended }];
  if ('spent' in intended) return [{ words: 'the budget of 24 h is spent', result: guarded('budget-spent') }];
  if ('written' in intended) return [{ words: 'has written its intent already', result: intended }];
  const node = countsIntents ? intended.next : { ...intended.next, modifications: world.node.modifications };
  return [
    {
      words: `writes its intent: ${plan.fromGiB} → ${plan.toGiB} GiB`,
      world: { ...world, node },
      result: { written: true },
    },
  ];
}

/** Guards and call in one step body that is never repeated: an interruption makes it `interrupted`. */
function modifyTurns(
  world: World,
  attempt: number,
  { plan, held: { holder }, atMs }: Act<'modify'>,
  mode: HealPayload['mode'],
  { functions, pauseInStep, modifyOnce, countsIntents, withdrawsRefused }: Protocol,
): readonly Turn<'modify'>[] {
  const { paused, faultsLeft, flight } = world.around;
  if (!functions.holds(world.node, holder))
    return [{ words: 'has lost the node: modifies nothing', result: { lost: true } }];
  const withdrawn = (from: World): World => {
    const left = functions.withdraw(from.node, holder, { volumeId: plan.volumeId, atMs });
    return 'next' in left ? { ...from, node: left.next } : from;
  };
  if (paused && pauseInStep)
    return [{ words: 'paused: modifies nothing', world: withdrawn(world), result: guarded('paused') }];

  // The naive version calls again after an interruption, unless Describe already shows the wanted size.
  const again = !modifyOnce;
  const seen = again ? viewsOf(world.volume).map(({ targetGiB }) => targetGiB >= plan.toGiB) : [false];
  const turns: Turn<'modify'>[] = seen.includes(true)
    ? [{ words: 'sees it done already', result: { accepted: true } }]
    : [];
  if (!seen.includes(false)) return turns;

  const call = `calls ModifyVolume, ${plan.toGiB} GiB`;
  const cut = { result: { interrupted: 'nobody saw its end' }, fault: true, again };
  const unanswered = (from: World): World => (withdrawsRefused ? from : withdrawn(from));
  const modified = modifyVolume(world, attempt, plan.toGiB, mode);
  if (modified) {
    const broken = modified.broken ?? (paused ? NEVER.paused : undefined);
    const counted = countsIntents ? modified.world : countNow(modified.world, attempt, plan.toGiB);
    turns.push({ words: call, world: counted, result: { accepted: true }, broken });
    if (faultsLeft > 0)
      turns.push({
        words: `${call}; its answer is lost`,
        world: unanswered(spendFault(modified.world)),
        broken,
        ...cut,
      });
  } else turns.push({ words: `${call}: AWS refuses`, world: withdrawn(world), result: guarded('aws-refused') });
  if (faultsLeft > 0) {
    turns.push({ words: 'its sandbox dies before the call', world: unanswered(spendFault(world)), ...cut });
    const sent = unanswered(spendFault(withAround(world, { flight: { attempt, toGiB: plan.toGiB } })));
    if (!flight) turns.push({ words: 'its sandbox dies with ModifyVolume on its way', world: sent, ...cut });
  }
  return turns;
}

const countNow = (world: World, attempt: number, toGiB: number): World => ({
  ...world,
  node: {
    ...world.node,
    modifications: [...world.node.modifications, { volumeId: VOLUME_ID, toGiB, atMs: intentAtMs(attempt) }],
  },
});

/**
 * A call that Describe shows is believed immediately. A call that it does not show is believed absent only after the window, when no request of ours
 * can still be served.
 */
function reconcileTurns(
  world: World,
  attempt: number,
  { plan, atMs }: Act<'reconcile'>,
  { reconcileWaits }: Protocol,
): readonly Turn<'reconcile'>[] {
  const conclusive = world.volume.stale === null && world.around.flight?.attempt !== attempt;
  return viewsOf(world.volume).flatMap((view): readonly Turn<'reconcile'>[] => {
    // A modification that began before the intent belongs to another attempt.
    const happened = view.targetGiB === plan.toGiB && view.startedAtMs >= atMs;
    if (!happened && !conclusive && reconcileWaits) return [];
    const words = happened ? 'finds that the modification happened' : 'finds that the modification did not happen';
    return [{ words, result: { happened } }];
  });
}

function awaitTurns(
  world: World,
  { plan: { toGiB } }: Act<'await-modification'>,
): readonly Turn<'await-modification'>[] {
  const turns = viewsOf(world.volume).flatMap((view): readonly Turn<'await-modification'>[] => {
    if (view.targetGiB !== toGiB || view.phase === 'modifying') return [];
    return view.phase === 'failed'
      ? [{ words: 'reads that the modification failed', result: { failed: 'AWS says so' } }]
      : [{ words: 'the new size is usable', result: { usable: true } }];
  });
  if (world.around.faultsLeft === 0) return turns;
  const impatient = { failed: 'it takes too long' };
  return [...turns, { words: 'has waited too long for AWS', world: spendFault(world), result: impatient, fault: true }];
}

function concludeTurn(
  world: World,
  attempt: number,
  me: string,
  ending: Ending,
  { functions }: Protocol,
): Turn<'conclude'> {
  const { incident } = world;
  const outcome = outcomeOf(ending);
  const concluded = functions.conclude(incident ?? undefined, attempt, me, outcome, NOW_MS, true);
  if ('notMine' in concluded) return { words: 'its outcome is not its own to write', result: { written: false } };
  const mine = incident?.state === 'claimed' && incident.attempt === attempt && incident.execution === me;
  return {
    words: `records: ${ending.outcome}${'code' in ending ? ` (${ending.code})` : ''}`,
    world: withIncident(world, concluded.next),
    result: { written: true },
    broken: !mine ? NEVER.outcome : outcome.outcome === 'healed' && isSick(world) ? NEVER.healedSick : undefined,
  };
}

const pageOf = ({ page, code }: Extract<Ending, { readonly outcome: 'failed' }>): PageNote | undefined =>
  page ? { code, sentence: '', atMs: 0 } : undefined;

const outcomeOf = (ending: Ending): Outcome => {
  switch (ending.outcome) {
    case 'healed':
      return { outcome: 'healed', proof: 'proved' };
    case 'planned':
      return { outcome: 'planned', sentence: '', notBeforeMs: NOW_MS };
    case 'refused':
      return { outcome: 'refused', code: ending.code, sentence: '', notBeforeMs: NOW_MS };
    case 'failed':
      return { outcome: 'failed', code: ending.code, sentence: '', notBeforeMs: NOW_MS, page: pageOf(ending) };
    case 'escalated':
      return {
        ...{ outcome: 'escalated', code: ending.code, sentence: '' },
        page: { code: ending.code, sentence: '', atMs: 0 },
      };
  }
};

const guarded = (refuse: Refusal['refuse']): Refusal => ({ refuse, reason: '', page: false, retryAfterMs: 60_000 });

const sentenceOf = ({ sizeGiB, targetGiB, phase }: VolumeView): string =>
  phase === 'completed' ? `${sizeGiB} GiB` : `${sizeGiB} GiB, ${phase} to ${targetGiB}`;
