// The environment of a heal in the model: Invokes and ends of executions, EC2, the node's agent, other heals, people, and time.

import type { Acts } from '../../../functions/resize-volume/state.ts';
import { DAY_MS, INTENT_COUNTS_MS } from '../../../shared/model/execution.ts';
import { answerOf, deliverAnswer, isStale, MODIFICATIONS_PER_DAY, modifyVolume, takeCommand } from './aws.ts';
import type { Emit } from './check.ts';
import { type Act, NEVER, type Protocol, type Setting } from './protocol.ts';
import {
  type Age,
  ATTEMPT_NUMBERS,
  type Heal,
  healOf,
  isSick,
  type Life,
  LONG_AGO_MS,
  modificationsToday,
  NOW_MS,
  nameOf,
  OTHER,
  type QueuedCommand,
  spendAct,
  spendFault,
  statusOf,
  type World,
  withAround,
  withHeal,
  withIncident,
  workers,
} from './world.ts';

/** Invoke by name starts a new execution, or returns the existing one in any state. And executions end in ways that our code does not see. */
export function executionSteps(world: World, { protocol: { functions } }: Setting, emit: Emit<World>): void {
  const faulty = world.around.faultsLeft > 0;
  for (const attempt of ATTEMPT_NUMBERS) {
    const heal = healOf(world, attempt);
    const { execution, invokes } = heal;
    const begun: Partial<Heal> = { execution: { life: 'running' }, program: functions.start };
    if (invokes > 0) {
      const served = withHeal(world, attempt, { invokes: invokes - 1 });
      if (execution.life === 'unborn') {
        emit(`execution of attempt ${attempt} starts`, withHeal(served, attempt, begun));
        if (faulty) {
          const doubled = spendFault(withHeal(world, attempt, begun));
          emit(`execution of attempt ${attempt} starts; its Invoke will come again`, doubled, { fault: true });
        }
      } else {
        emit(`Invoke of attempt ${attempt} is answered with the execution that exists`, served);
      }
      if (faulty && heal.incarnation === 0 && isForgotten(world, attempt)) {
        const again = withHeal(served, attempt, { ...begun, incarnation: 1 });
        const words = `a late Invoke, its name forgotten by now: attempt ${attempt} runs a second time`;
        emit(words, spendFault(again), { fault: true });
      }
    }
    if (faulty && execution.life === 'running') end(world, attempt, heal, functions, emit);
  }
}

/** Lambda keeps a name for days after the end: nothing of such an execution is still running. */
const isForgotten = (world: World, attempt: number): boolean => {
  const { execution } = healOf(world, attempt);
  const queued = world.queue.some((command) => command.attempt === attempt);
  return (
    execution.life === 'ended' && execution.age === 'all-over' && !queued && world.around.flight?.attempt !== attempt
  );
};

function end(world: World, attempt: number, heal: Heal, functions: Protocol['functions'], emit: Emit<World>): void {
  const ended = spendFault(withHeal(world, attempt, { execution: { life: 'ended', age: 'now' }, program: null }));
  const words = `execution of attempt ${attempt} ends without our code (time-out or stop)`;
  emit(words, ended, { fault: true });
  const { program } = heal;
  const { flight, paused } = world.around;
  if (program?.do === 'modify' && !flight && !paused && functions.holds(world.node, program.held.holder)) {
    const sent = withAround(ended, { flight: { attempt, toGiB: program.plan.toGiB } });
    emit(`${words}, its ModifyVolume on its way`, sent, { fault: true });
  }
}

export function ec2Steps(world: World, { mode }: Setting, emit: Emit<World>): void {
  const { volume, around } = world;
  const { flight } = around;
  if (flight) {
    const landed = withAround(world, { flight: null });
    const modified = modifyVolume(landed, flight.attempt, flight.toGiB, mode);
    const words = `EC2: the ModifyVolume of attempt ${flight.attempt} that was on its way`;
    if (modified) emit(`${words} takes effect`, modified.world, { broken: modified.broken });
    emit(`${words} is never served`, landed);
  }
  const becomes = (words: string, change: Partial<World['volume']>, fault = false) =>
    emit(`EC2: ${words}`, { ...(fault ? spendFault(world) : world), volume: { ...volume, ...change } }, { fault });
  if (volume.phase === 'modifying') {
    becomes('the new size is usable', { phase: 'optimizing', sizeGiB: volume.targetGiB });
    if (around.faultsLeft > 0) becomes('the modification fails', { phase: 'failed' }, true);
  }
  // The other cases matter only to a reader or a writer of the volume: they may happen right before that step.
  if (!flight && !actsNow(world).some((act) => READS_VOLUME.has(act))) return;
  if (volume.phase === 'optimizing') becomes('the modification is completed', { phase: 'completed' });
  if (volume.stale) becomes('Describe is consistent again', { stale: null });
}

const READS_VOLUME: ReadonlySet<keyof Acts> = new Set<keyof Acts>([
  'survey',
  'observe',
  'modify',
  'reconcile',
  'await-modification',
]);

/** The node's agent runs a queued command: now, late, twice, cut off, never. */
export function nodeSteps(world: World, { protocol }: Setting, emit: Emit<World>): void {
  for (const [at, command] of world.queue.entries()) {
    const same = ({ fence, ordinal }: QueuedCommand) => fence === command.fence && ordinal === command.ordinal;
    // Copies of one command are equal: the model tries only the first.
    if (world.queue.findIndex(same) < at) continue;
    const rest = { ...world, queue: world.queue.toSpliced(at, 1) };
    const words = `node: ${command.operation} ${command.fence}.${command.ordinal}`;
    agentSteps(world, rest, command, words, protocol, emit);

    const faulty = world.around.faultsLeft > 0;
    // A command may stay unrun at no cost if nobody waits for it. If a heal waits for it, or for its copy, that costs a fault.
    const missed = deliverAnswer(rest, command, 'over');
    if (missed === rest || rest.queue.some(same)) emit(`${words} passes its start-by`, rest);
    if (missed !== rest && faulty) emit(`${words}: SSM gives it up`, spendFault(missed), { fault: true });
  }
}

function agentSteps(
  world: World,
  rest: World,
  command: QueuedCommand,
  words: string,
  protocol: Protocol,
  emit: Emit<World>,
): void {
  const faulty = world.around.faultsLeft > 0;
  const { host } = world;
  const ran = takeCommand(host, command, protocol);
  if (ran.verdict === 'stale') {
    emit(`${words} is refused as stale`, deliverAnswer(rest, command, answerOf(host, world, command, 'stale')));
    return;
  }
  if (ran.verdict === 'recorded') {
    emit(`${words} is answered from memory`, deliverAnswer(rest, command, ran.answer));
    return;
  }
  const grows = command.operation === 'grow-filesystem';
  const changed = { ...ran.noted, filesystemGiB: grows ? world.volume.sizeGiB : host.filesystemGiB };
  const broken =
    changed.filesystemGiB < host.filesystemGiB
      ? NEVER.sizeDown
      : changed.filesystemGiB !== host.filesystemGiB && isStale(world, command)
        ? NEVER.stale
        : undefined;
  const remembers = ran.noted !== host;
  const done = answerOf(changed, world, command, 'done');
  const after = { ...changed, answer: remembers ? done : host.answer };
  emit(`${words} is done`, deliverAnswer({ ...rest, host: after }, command, done), { broken });
  if (!faulty) return;

  const fault = (what: string, to: World) => emit(`${words} ${what}`, spendFault(to), { fault: true, broken });
  fault('is done, and stays queued', deliverAnswer({ ...world, host: after }, command, done));
  fault('is done, its answer is lost', deliverAnswer({ ...rest, host: after }, command, 'over'));
  if (!grows || !remembers) return;
  const failed = answerOf(ran.noted, world, command, 'failed');
  const noted = { ...ran.noted, answer: failed };
  const harmless = (what: string, to: World) => emit(`${words} ${what}`, spendFault(to), { fault: true });
  harmless('fails', deliverAnswer({ ...rest, host: noted }, command, failed));
  harmless('is cut off before it changes anything', deliverAnswer({ ...rest, host: ran.noted }, command, 'over'));
  harmless('is cut off, and stays queued', deliverAnswer({ ...world, host: ran.noted }, command, 'over'));
}

/** A pause, approvals, a disk that fills again, a heal of another kind on the same node. */
export function peopleSteps(world: World, { protocol, acts }: Setting, emit: Emit<World>): void {
  const { around, incident, node, host } = world;
  const may = (act: Act) => around.actsLeft > 0 && acts.includes(act);
  const { functions, approvalOfExecution } = protocol;
  if (around.paused) emit('a person lifts the pause', withAround(world, { paused: false }));
  else if (may('pause') && somebodyReadsPause(world)) {
    emit('a person sets the pause', spendAct(withAround(world, { paused: true })), { fault: true });
  }
  if (may('refill') && incident?.state === 'healed' && !isSick(world)) {
    const refilled = spendAct(withAround(world, { refilled: true }));
    const usedGiB = Math.floor(host.filesystemGiB * 0.95);
    emit('the disk fills again', { ...refilled, host: { ...host, usedGiB } }, { fault: true });
  }
  for (const attempt of ATTEMPT_NUMBERS) approve(world, attempt, approvalOfExecution, emit);

  const granted = functions.grant(node, OTHER, statusOf(world, node.owner), NOW_MS);
  if (may('other heal') && world.other.life !== 'running' && 'next' in granted && !functions.unsettled(node)) {
    const broken = workers(world).length > 0 ? NEVER.twoHeals : undefined;
    const to = { ...spendAct(world), node: granted.next, other: { life: 'running' } as const };
    emit('another heal takes the node', to, { fault: true, broken });
  }
  if (world.other.life !== 'running') return;
  const over = { life: 'ended', age: 'now' } as const;
  const released = functions.release(node, { execution: OTHER, fence: node.fence }, true, NOW_MS);
  if ('next' in released) emit('the other heal releases the node', { ...world, node: released.next, other: over });
  if (around.faultsLeft > 0) {
    emit('the other heal ends without its code', spendFault({ ...world, other: over }), { fault: true });
  }
}

/** The model sets a pause at the last moment before a read: all earlier moments are equal to it. */
const somebodyReadsPause = (world: World): boolean =>
  world.incident?.state === 'open' || actsNow(world).some((act) => READS_PAUSE.has(act));
const READS_PAUSE: ReadonlySet<keyof Acts> = new Set<keyof Acts>(['send', 'reserve', 'intend', 'modify']);

const actsNow = ({ heals }: World): readonly (keyof Acts)[] => heals.flatMap(({ program }) => program?.do ?? []);

/** A person approves while the execution waits; or late, or twice, when it no longer waits. */
function approve(world: World, attempt: number, approvalOfExecution: boolean, emit: Emit<World>): void {
  const { execution, program } = healOf(world, attempt);
  const asked = program?.do === 'ask' ? program.plan.toGiB : 0;
  const words = `a person approves the request of attempt ${attempt}`;
  // The callback has no effect where the execution has ended or no longer waits.
  const own = asked > 0 ? withHeal(world, attempt, { approvedGiB: asked }) : world;
  if (approvalOfExecution) {
    if (own !== world) emit(words, own);
  } else if (execution.life !== 'unborn') {
    const looseApprovalGiB = asked || world.volume.sizeGiB + 40;
    emit(words, withAround(own, { looseApprovalGiB }), { fault: asked === 0 });
  }
}

const OLDER: Readonly<Record<Age, Age | null>> = { now: 'request-over', 'request-over': 'all-over', 'all-over': null };

/** Moves a stamp to the past where nothing that its span bounds is still running. */
export function timeSteps(world: World, emit: Emit<World>): void {
  const { incident, node, queue } = world;
  for (const attempt of ATTEMPT_NUMBERS) {
    const heal = healOf(world, attempt);
    const older = olderOf(heal.execution);
    // The last request of a dead sandbox is served before this bound or never.
    if (!older || (older === 'all-over' && world.around.flight?.attempt === attempt)) continue;
    const name = nameOf(attempt, heal);
    emit(
      `time passes: ${name} ended long enough ago (${older})`,
      withHeal(world, attempt, { execution: { life: 'ended', age: older } }),
    );
  }
  const older = olderOf(world.other);
  if (older && node.owner === OTHER) {
    emit('time passes since the other heal ended', { ...world, other: { life: 'ended', age: older } });
  }
  // A command starts before its start-by or never. So this moment waits only for an empty queue.
  if (node.quietAfterMs > NOW_MS && queue.length === 0) {
    emit('time passes: no command can run any more', { ...world, node: { ...node, quietAfterMs: LONG_AGO_MS } });
  }
  if (incident && 'endedAtMs' in incident && incident.endedAtMs >= NOW_MS && isSick(world)) {
    emit(
      'time passes: the end of the incident is long ago',
      withIncident(world, { ...incident, endedAtMs: LONG_AGO_MS }),
    );
  }
  // Before that, a day that passes changes no decision.
  const counted = Math.max(modificationsToday(world.volume), node.modifications.length);
  if (isQuiet(world) && counted >= MODIFICATIONS_PER_DAY) daySteps(world, emit);
}

const olderOf = (life: Life): Age | null => (life.life === 'ended' ? OLDER[life.age] : null);

/** Nothing runs, nothing is queued, no request is on its way. */
const isQuiet = (world: World): boolean =>
  world.queue.length === 0 &&
  world.around.flight === null &&
  world.other.life !== 'running' &&
  world.node.quietAfterMs <= NOW_MS &&
  world.heals.every(
    ({ execution }) => execution.life === 'unborn' || (olderOf(execution) === null && execution.life === 'ended'),
  );

const A_DAY_AGO_MS = NOW_MS - DAY_MS;
const NO_LONGER_COUNTED_MS = NOW_MS - INTENT_COUNTS_MS;

/** A call takes effect up to minutes after its intent, so the intent's 24 h end first, then those of the effect. */
function daySteps(world: World, emit: Emit<World>): void {
  const { node, volume } = world;
  const intents = node.modifications;
  const effects = modificationsToday(volume) > 0;
  const aged = (atMs: number): World => ({
    ...world,
    node: { ...node, modifications: intents.map((intent) => ({ ...intent, atMs })) },
  });
  if (intents.some(({ atMs }) => atMs > A_DAY_AGO_MS)) emit('time passes: 24 h since every intent', aged(A_DAY_AGO_MS));
  else if (effects) {
    emit('time passes: 24 h since every modification took effect', {
      ...world,
      volume: { ...volume, effects: volume.effects.map(() => 0) },
    });
  } else if (intents.some(({ atMs }) => atMs === A_DAY_AGO_MS)) {
    emit('time passes: an hour more', aged(NO_LONGER_COUNTED_MS));
  }
}
