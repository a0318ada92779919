// Plays the ladder's own decisions in the small world, turn by turn as functions/replace-node/heal.ts does, with faults at chosen turns.

import { leavesUnspent, type Result } from '../../../functions/replace-node/acts/act.ts';
import {
  type Act,
  doesRecover,
  endsUnspent,
  intendAct,
  reduceAct,
  statusAfterAct,
} from '../../../functions/replace-node/acts/table.ts';
import { decide } from '../../../functions/replace-node/decide.ts';
import { giveBackInstead } from '../../../functions/replace-node/give-back.ts';
import type { Decision, End } from '../../../functions/replace-node/rungs/rung.ts';
import { commandIdOf, type NodeStatus, phaseOf } from '../../../functions/replace-node/state.ts';
import { newNode, unsettled } from '../../../shared/heal/lease.ts';
import type { LadderState } from '../../../shared/heal/memory.ts';
import { leavesStops } from '../../../shared/model/payload.ts';
import type { NodeState } from '../../../shared/node-commands/node-answer.ts';
import { carryOut, hasHappened, hearLaunch, isCommand, isGuarded, lastsMs, type Made } from './ladder-acts.ts';
import { lookUnderPause } from './ladder-beside.ts';
import { factsOf } from './ladder-facts.ts';
import { look, lookAtEnd, lookBefore, NEVER } from './ladder-never.ts';
import { AROUND, type Around, BLIND, isMeddling, meddle } from './ladder-people.ts';
import { LADDER_FULL, type LadderRules } from './ladder-rules.ts';
import type { LadderSetting } from './ladder-setting.ts';
import { viewOf } from './ladder-view.ts';
import { wordsOf } from './ladder-words.ts';
import { LadderWorld, OLD } from './ladder-world.ts';

/** The fault at one act. */
export type Fault =
  | 'dies before it'
  | 'dies behind it'
  | 'dies, it happens later'
  | 'dies, its command outlives its moment'
  | 'no answer, done'
  | 'no answer, not done'
  | 'no answer, done later'
  | 'done, Describe is stale'
  | 'refused'
  | Around;

const DIES: readonly Fault[] = ['dies before it', 'dies behind it'];
const UNANSWERED: readonly Fault[] = ['no answer, done', 'no answer, not done'];

/** The possible faults of an act: none where the act is only a decision. */
export function faultsAt(act: Decision): readonly Fault[] {
  switch (act.do) {
    case 'attach':
    case 'detach':
    case 'stop-instance':
    case 'start-instance':
      return [
        ...DIES,
        'dies, it happens later',
        ...UNANSWERED,
        'no answer, done later',
        'done, Describe is stale',
        'refused',
        ...AROUND,
      ];
    // The call has a token, or is safe to repeat: a failed step is repeated until it gets an answer.
    case 'create':
    case 'launch':
    case 'join':
    case 'leave':
    case 'keep-volumes':
    case 'standby':
    case 'drop-volumes':
    case 'drop-replacement':
    case 'clean-up':
      return [...DIES, 'refused', ...AROUND];
    // Best effort: the result is unknown, or a refusal, and the ladder continues.
    case 'hold-snapshots':
      return [...DIES, ...UNANSWERED, 'refused', ...AROUND];
    case 'leave-pool':
    case 'look-beside':
      return [...DIES, 'refused', ...AROUND];
    case 'wait':
      return AROUND;
    default:
      return act.do !== 'end' && isCommand(act)
        ? [...DIES, 'dies, its command outlives its moment', ...UNANSWERED, 'refused', ...AROUND]
        : [];
  }
}

export interface Story {
  setting: LadderSetting;
  readonly rules: LadderRules;
  world: LadderWorld;
  memory: LadderState | null;
  seen: NodeState | null;
  open: NodeStatus['unanswered'];
  /** The fence of the attempt: each attempt has a higher one. */
  fence: number;
  /** Of the commands of this attempt. */
  ordinal: number;
  turns: number;
  attempts: number;
  words: string[];
  meddled: boolean;
  /** Calls that are still on their way. */
  late: Made[];
  end: End | null;
  /** The times when calls without a token got no answer, by their action and resource. */
  unanswered: Map<string, number>;
  /** The previous act, so that many waits count as one. */
  last: string;
}

const MAX_TURNS = 900;
const MAX_ATTEMPTS = 60;
/** Later than the last request of a dead heal and its last command. */
const SUCCEEDED_AFTER_MS = 3 * 60_000;
const UNANSWERED_MS = 240_000;

export function begin(setting: LadderSetting, rules: LadderRules = LADDER_FULL): Story {
  const world = new LadderWorld(setting);
  const nothing = {
    memory: null,
    seen: null,
    open: null,
    ordinal: 0,
    turns: 0,
    attempts: 1,
    late: [],
    end: null,
    last: '',
  };
  return { setting, rules, world, fence: 1, words: [], meddled: false, unanswered: new Map(), ...nothing };
}

export const fork = (story: Story): Story => ({
  ...story,
  world: story.world.clone(),
  words: [...story.words],
  late: [...story.late],
  unanswered: new Map(story.unanswered),
});

/** The next decision. */
export function next(story: Story): Decision {
  const { world, seen, open, rules } = story;
  if (world.isEc2Away) {
    const why = { refused: null, why: 'AWS does not answer' } as const;
    const instead = rules.givesBackBlind ? giveBackInstead(why, story.memory, { seen, unanswered: open }) : null;
    if (instead !== null) return instead;
    untilEc2Answers(story);
  }
  const facts = factsOf(world, story.memory, seen, open);
  const [sees, memory] = rules.sees(facts, story.memory, story.attempts);
  story.memory = memory;
  return decide(sees, memory);
}

/** One turn: the act, and its fault. */
export function turn(story: Story, act: Decision, fault: Fault | null): void {
  const { world } = story;
  story.turns++;
  const words = wordsOf(act);
  if (fault !== null || words !== 'wait' || story.last !== 'wait')
    story.words.push(`${words}${fault ? ` (${fault})` : ''}`);
  story.last = words;
  // Decided before anybody knew of it: what the watch sees no more, it had still seen.
  if (fault === BLIND) lookBefore(world, act, story.memory);
  if (fault !== null && isAround(fault)) {
    story.meddled ||= isMeddling(fault);
    meddle(world, fault, story.memory);
  } else world.hurt ||= fault !== null;
  if (fault !== BLIND) lookBefore(world, act, story.memory);
  if (act.do === 'end') ends(story, act.end);
  else if (isGuarded(act) && world.isHeld && !doesRecover(act, story.memory)) forbidden(story, act);
  else perform(story, act, fault);
  look(world);
  if (story.turns > MAX_TURNS * 2 || story.attempts > MAX_ATTEMPTS) {
    world.broken.add(NEVER.ends);
    story.end ??= PAUSED;
  }
}

/** A guard forbids the act after its intent was written: what the heal does then, as the step `climb` of heal.ts. */
function forbidden(story: Story, act: Act): void {
  const { world, rules, memory: before } = story;
  // A command that was not sent is withdrawn.
  if (before !== null && rules.writtenBefore && !isCommand(act)) story.memory = intendAct(before, act, world.nowMs);
  const status = { seen: story.seen, unanswered: story.open };
  const refusal = world.nowMs < world.pausedUntilMs ? PAUSED_REFUSAL : BROKEN_REFUSAL;
  const takesBack = act.do !== 'join' || rules.takesJoinBack;
  const instead = takesBack ? giveBackInstead({ refused: act, why: refusal.refuse }, before, status) : null;
  if (instead === null) ends(story, { as: 'refused', refusal });
  else {
    story.words.push(`${wordsOf(instead)} instead`);
    perform(story, instead, null);
  }
}

function perform(story: Story, act: Act, fault: Fault | null): void {
  const { world, rules } = story;
  lookUnderPause(world, act);
  const found = story.memory;
  const ordinal = isCommand(act) ? ++story.ordinal : story.ordinal;
  const before = found && intendAct(found, act, world.nowMs, commandIdOf(story.fence, ordinal));
  if (act.do === 'take-rung') world.felt = false;
  if (rules.writtenBefore) story.memory = before;
  lookForRepeat(story, act, fault);
  if (act.do === 'mask-original' && fault !== null && !isAround(fault)) perhapsOurs(world);
  if (fault === 'dies before it') {
    dies(story);
    return;
  }
  const ran = found?.ran === true && leavesStops(story.setting.want);
  const made: Made = { act, memory: act.do === 'begin' ? act.state : before, fence: story.fence, ordinal, ran };
  const passes = (ms: number) => world.pass(ms, (number) => void carryOut(world, story.late[number] ?? made, rules));
  if (fault === 'dies, it happens later' || fault === 'dies, its command outlives its moment') {
    const lateMs = fault === 'dies, it happens later' ? 50_000 : SUCCEEDED_AFTER_MS + 7_000;
    story.late.push(made);
    world.later.push({ atMs: world.nowMs + lateMs, is: 'act', number: story.late.length - 1 });
    dies(story);
    return;
  }
  if (isUnsentTo(story, act, found)) {
    const result = { is: 'unknown', atMs: world.nowMs, reason: 'EC2 is away', isFault: true, isUnsent: true } as const;
    hear(story, act, { found, before }, result);
    return;
  }
  const stale = fault === 'done, Describe is stale' ? viewOf(world) : null;
  if (fault === 'no answer, done later') {
    story.late.push(made);
    world.later.push({ atMs: world.nowMs + 50_000, is: 'act', number: story.late.length - 1 });
  }
  passes(lastsMs(act));
  const refused = fault === 'refused' && !hasHappened(world, made, rules);
  if (refused && (act.do === 'create' || act.do === 'attach')) world.copiesRefused++;
  const happens = fault !== 'no answer, not done' && fault !== 'no answer, done later' && !refused;
  const result: Result = happens
    ? carryOut(world, made, rules)
    : { is: 'failed', atMs: world.nowMs, reason: 'refused', fault: 'none' };
  // The node is well: a copy that AWS does not let be put away is in the journal, and left (cleanup.ts).
  if (refused && act.do === 'clean-up' && act.piece.kind === 'drop-copy') carryOut(world, made, rules);
  if (stale) world.stale = { untilMs: world.nowMs + 4 * 60_000, view: stale };
  look(world);
  const unanswered = result.is === 'unknown' || fault?.startsWith('no answer');
  // Nobody knows by now whether it was the command that has stopped the client, where the node has begun it.
  const isBegun = happens && result.is !== 'unknown';
  if (isCommand(act) && isBegun && (unanswered || fault === 'dies behind it')) world.box(OLD).left = false;
  if (fault === 'dies behind it') {
    dies(story);
    return;
  }
  if (act.do === 'mask-original' && unanswered) perhapsOurs(world);
  if (unanswered) passes(isCommand(act) ? UNANSWERED_MS : 10_000);
  hear(
    story,
    act,
    { found, before },
    unanswered ? { is: 'unknown', atMs: world.nowMs, reason: 'no answer came' } : result,
  );
}

/** Where another instance takes its place its node is not asked what it has begun: who has stopped its client before is not known then either. */
const perhapsOurs = (world: LadderWorld): void => void Object.assign(world.box(OLD), { ours: true, left: false });

/** Time passes until EC2 answers: a step is repeated until then. */
function untilEc2Answers(story: Story): void {
  const { world, rules } = story;
  world.pass(Math.max(0, world.ec2AwayUntilMs - world.nowMs), (number) => {
    const late = story.late[number];
    if (late) carryOut(world, late, rules);
  });
  look(world);
}

/** A call that may be made at most once is given up after ten minutes (PATIENT_WAITS_SECONDS). */
const PATIENT_MS = 10 * 60_000;
const ONCE: readonly Act['do'][] = ['attach', 'detach', 'stop-instance', 'start-instance'];
/** Neither asks EC2. */
const ELSEWHERE: readonly Act['do'][] = ['leave-pool', 'look-beside'];

/** What asks EC2, or whose guards do, waits for it. @returns whether it was given up without having been sent */
function isUnsentTo(story: Story, act: Act, found: LadderState | null): boolean {
  const { world } = story;
  if (!world.isEc2Away || !isGuarded(act) || ELSEWHERE.includes(act.do)) return false;
  if (isCommand(act) && doesRecover(act, found)) return false;
  if (act.do === 'hold-snapshots') return true;
  if (ONCE.includes(act.do) && world.ec2AwayUntilMs - world.nowMs > PATIENT_MS) {
    world.pass(PATIENT_MS, (number) => {
      const late = story.late[number];
      if (late) carryOut(world, late, story.rules);
    });
    return true;
  }
  untilEc2Answers(story);
  return false;
}

/** How long the request of a call may still be served after its caller has gone. */
const SERVED_MS = 60_000;

function lookForRepeat({ world, unanswered, meddled }: Story, act: Act, fault: Fault | null): void {
  if (!['attach', 'detach', 'stop-instance', 'start-instance'].includes(act.do)) return;
  // For a running instance the call does nothing.
  if (act.do === 'start-instance' && world.box(OLD).power === 'running') return;
  const name = 'volumeId' in act ? `${act.do} ${act.volumeId}` : wordsOf(act);
  // The act is repeated after a person has undone it.
  if (world.nowMs - (unanswered.get(name) ?? 0) < SERVED_MS && !meddled) world.broken.add(NEVER.repeated);
  if (fault?.startsWith('no answer')) unanswered.set(name, world.nowMs);
  else unanswered.delete(name);
}

/** Records the result of an act as run.ts does. */
function hear(
  story: Story,
  act: Act,
  { found, before }: { readonly found: LadderState | null; readonly before: LadderState | null },
  heard: Result,
): void {
  if (heard.is === 'refused' || heard.is === 'lost') throw new Error(`${act.do} was ${heard.is}`);
  const isOriginal = !('which' in act) || act.which === 'original';
  if ('seen' in heard && heard.seen && isOriginal && isCommand(act)) {
    const box = story.world.box(OLD);
    box.ours &&= heard.seen.clients.some(({ state }) => state !== 'running');
  }
  if (act.do === 'launch') hearLaunch(story.world, before, heard);
  story.memory = act.do === 'begin' ? act.state : before && reduceAct(before, act, heard, found);
  const isReserved = story.setting.want.do !== 'undo' && story.setting.want.do !== 'upgrade';
  if (isReserved && found && story.memory && endsUnspent(found, act, heard, story.memory) && story.world.felt)
    story.world.broken.add(NEVER.spent);
  const status = statusAfterAct(act, { seen: story.seen, unanswered: story.open }, heard);
  [story.seen, story.open] = [status.seen, status.unanswered];
}

/** The execution ends without our code. The next attempt begins when nothing of it can take effect any more. */
function dies(story: Story): void {
  nextAttempt(story, SUCCEEDED_AFTER_MS);
}

function nextAttempt(story: Story, afterMs: number): void {
  const { world, rules } = story;
  world.pass(afterMs, (number) => {
    const late = story.late[number];
    if (late) carryOut(world, late, rules);
    look(world);
  });
  story.attempts++;
  story.fence++;
  [story.seen, story.open, story.ordinal, story.turns, story.last] = [null, null, 0, 0, ''];
  const { memory } = story;
  // It takes the lease of the replacement instance too.
  if (memory?.replacement && memory.replacement.instanceId !== '')
    story.memory = { ...memory, replacement: { ...memory.replacement, fence: story.fence } };
  story.words.push('— the next attempt');
}

/** A refusal in the middle ends an attempt, not the ladder. */
function ends(story: Story, end: End): void {
  const { world, memory } = story;
  const operation = memory && { kind: 'replace' as const, phase: phaseOf(memory), incidentId: '', memory };
  const open = unsettled({ ...newNode('', OLD), operation });
  if (end.as !== 'refused' || (!open && !world.isHeld)) {
    story.end = end;
    lookAtEnd(world, end, memory, story.meddled);
    return;
  }
  // The next attempt is that of the later word, and settles what this one has left.
  if (world.word === 'heard' && memory?.client === 'untouched' && end.refusal.refuse === 'busy') {
    world.setting = { ...world.setting, want: { do: 'undo' } };
    world.touch();
    story.setting = world.setting;
  }
  // A rung that did nothing is handed back at the end of an attempt.
  if (leavesUnspent(memory)) story.memory = { ...memory, rung: null, setback: null };
  // The dispatcher starts no attempt under a pause or a broken file, except where the heal must only put things back.
  const waits = world.isHeld && (memory === null || phaseOf(memory) !== 'down');
  nextAttempt(story, waits ? world.heldUntilMs - world.nowMs : end.refusal.retryAfterMs);
}

const PAUSED_REFUSAL = {
  refuse: 'paused',
  reason: 'a person has said so',
  page: false,
  retryAfterMs: 5 * 60_000,
} as const;
const PAUSED: End = { as: 'refused', refusal: PAUSED_REFUSAL };
const BROKEN_REFUSAL = {
  refuse: 'fleet-file-invalid',
  reason: 'the fleet file cannot be read',
  page: false,
  retryAfterMs: 5 * 60_000,
} as const;

const AROUND_IT: ReadonlySet<Fault> = new Set(AROUND);
const isAround = (fault: Fault): fault is Around => AROUND_IT.has(fault);
