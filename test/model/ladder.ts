// Plays the ladder's own decisions in the small world, turn by turn as functions/replace-node/run.ts does, with faults at chosen turns.
import { decideNext, needsOf } from '../../functions/replace-node/decide.ts';
import { intending, phaseOf, takesDown } from '../../functions/replace-node/intending.ts';
import { learn } from '../../functions/replace-node/learn.ts';
import type { Act, End, Facts, Machine, Result, Sources } from '../../functions/replace-node/model.ts';
import { putsBack } from '../../functions/replace-node/putting-back.ts';
import type { NodeState } from '../../shared/documents/node-answer.ts';
import { newNode, unsettled } from '../../shared/heal/lease.ts';
import type { ReplaceMemory } from '../../shared/heal/memory.ts';
import type { SnapshotFact, SnapshotSet } from '../../shared/snapshots/model.ts';
import { carryOut, hasHappened, isCommand, lastsMs, type Made } from './ladder-acts.ts';
import { look, lookAtEnd, lookBefore, NEVER } from './ladder-never.ts';
import { meddle, PEOPLE, type Person } from './ladder-people.ts';
import { LADDER_FULL, type LadderRules } from './ladder-rules.ts';
import { type LadderSetting, ZONES } from './ladder-setting.ts';
import { LadderWorld, NODE, OLD, SIBLING_ID, START_MS, STOPPED_AT } from './ladder-world.ts';

/** What goes wrong at one act. */
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
  | Person;

const DIES: readonly Fault[] = ['dies before it', 'dies behind it'];
const UNANSWERED: readonly Fault[] = ['no answer, done', 'no answer, not done'];

/** What can go wrong at an act: nothing where it is only decided. */
export function faultsAt(act: Act): readonly Fault[] {
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
        ...PEOPLE,
      ];
    // Made with a token, or safe to repeat: a step that fails is repeated until it is answered.
    case 'create':
    case 'launch':
    case 'join':
    case 'leave':
    case 'keep-volumes':
    case 'standby':
    case 'drop-copy':
    case 'drop-machine':
    case 'clear':
      return [...DIES, 'refused', ...PEOPLE];
    case 'wait':
      return PEOPLE;
    default:
      return isCommand(act)
        ? [...DIES, 'dies, its command outlives its moment', ...UNANSWERED, 'refused', ...PEOPLE]
        : [];
  }
}

export interface Story {
  readonly setting: LadderSetting;
  readonly rules: LadderRules;
  world: LadderWorld;
  memory: ReplaceMemory | null;
  seen: NodeState | null;
  silent: boolean;
  /** Of the attempt: each has a higher one. */
  fence: number;
  turns: number;
  attempts: number;
  words: string[];
  meddled: boolean;
  /** Calls that are on their way. */
  late: Made[];
  end: End | null;
  /** When calls without a token went unanswered, by what they do and to what. */
  unanswered: Map<string, number>;
  /** Of the act before, so that many waits are one. */
  last: string;
}

const MAX_TURNS = 900;
const MAX_ATTEMPTS = 60;
/** After the last request of a dead heal and its last command. */
const SUCCEEDED_AFTER_MS = 3 * 60_000;
const UNANSWERED_MS = 240_000;

export function begin(setting: LadderSetting, rules: LadderRules = LADDER_FULL): Story {
  const world = new LadderWorld(setting);
  const nothing = { memory: null, seen: null, silent: false, turns: 0, attempts: 1, late: [], end: null, last: '' };
  return { setting, rules, world, fence: 1, words: [], meddled: false, unanswered: new Map(), ...nothing };
}

export const fork = (story: Story): Story => ({
  ...story,
  world: story.world.clone(),
  words: [...story.words],
  late: [...story.late],
  unanswered: new Map(story.unanswered),
});

/** What would be done now. */
export function next(story: Story): Act {
  const { world, seen, silent, rules } = story;
  const facts = factsOf(world, story.memory, seen, silent);
  const [sees, memory] = rules.sees(facts, story.memory, story.attempts);
  story.memory = memory;
  return decideNext(sees, memory);
}

/** One turn: the act, and what goes wrong with it. */
export function turn(story: Story, act: Act, fault: Fault | null): void {
  const { world } = story;
  story.turns++;
  const words = wordsOf(act);
  if (fault !== null || words !== 'wait' || story.last !== 'wait')
    story.words.push(`${words}${fault ? ` (${fault})` : ''}`);
  story.last = words;
  if (fault !== null && isPerson(fault)) {
    story.meddled ||= fault !== 'a pause';
    meddle(world, fault, story.memory);
  }
  lookBefore(world, act, story.memory);
  if (act.do === 'end') ends(story, act.end);
  else if (isGuarded(act) && world.nowMs < world.pausedUntilMs && !putsBack(act, story.memory)) ends(story, PAUSED);
  else perform(story, act, fault);
  look(world);
  if (story.turns > MAX_TURNS * 2 || story.attempts > MAX_ATTEMPTS) {
    world.broken.add(NEVER.ends);
    story.end ??= PAUSED;
  }
}

function perform(story: Story, act: Act, fault: Fault | null): void {
  const { world, rules } = story;
  const before = story.memory && intended(story.memory, act, world.nowMs);
  if (rules.writtenBefore) story.memory = before;
  lookForRepeat(story, act, fault);
  if (fault === 'dies before it') {
    dies(story);
    return;
  }
  const made: Made = { act, memory: act.do === 'begin' ? act.memory : before, fence: story.fence };
  const passes = (ms: number) => world.pass(ms, (number) => void carryOut(world, story.late[number] ?? made, rules));
  if (fault === 'dies, it happens later' || fault === 'dies, its command outlives its moment') {
    const lateMs = fault === 'dies, it happens later' ? 50_000 : SUCCEEDED_AFTER_MS + 7_000;
    story.late.push(made);
    world.later.push({ atMs: world.nowMs + lateMs, is: 'act', number: story.late.length - 1 });
    dies(story);
    return;
  }
  const stale = fault === 'done, Describe is stale' ? world.view() : null;
  if (fault === 'no answer, done later') {
    story.late.push(made);
    world.later.push({ atMs: world.nowMs + 50_000, is: 'act', number: story.late.length - 1 });
  }
  passes(lastsMs(act));
  const refused = fault === 'refused' && !hasHappened(world, made, rules);
  const happens = fault !== 'no answer, not done' && fault !== 'no answer, done later' && !refused;
  const result: Result = happens
    ? carryOut(world, made, rules)
    : { is: 'failed', atMs: world.nowMs, reason: 'refused', fault: 'none' };
  if (stale) world.stale = { untilMs: world.nowMs + 4 * 60_000, view: stale };
  look(world);
  if (fault === 'dies behind it') {
    dies(story);
    return;
  }
  const unanswered = result.is === 'unknown' || fault?.startsWith('no answer');
  if (unanswered) passes(isCommand(act) ? UNANSWERED_MS : 10_000);
  hear(story, act, before, unanswered ? { is: 'unknown', atMs: world.nowMs, reason: 'no answer came' } : result);
}

/** How long the request of a call may be served after nobody waits for it any more. */
const SERVED_MS = 60_000;

function lookForRepeat({ world, unanswered, meddled }: Story, act: Act, fault: Fault | null): void {
  if (!['attach', 'detach', 'stop-instance', 'start-instance'].includes(act.do)) return;
  const name = wordsOf(act);
  // What a person has undone is done again.
  if (world.nowMs - (unanswered.get(name) ?? 0) < SERVED_MS && !meddled) world.broken.add(NEVER.repeated);
  if (fault?.startsWith('no answer')) unanswered.set(name, world.nowMs);
  else unanswered.delete(name);
}

/** As run.ts notes what came of an act. */
function hear(story: Story, act: Act, before: ReplaceMemory | null, heard: Result): void {
  if (heard.is === 'refused' || heard.is === 'lost') throw new Error(`${act.do} was ${heard.is}`);
  story.memory = act.do === 'begin' ? act.memory : before && learn(before, act, heard);
  const told = heard.is === 'done' || heard.is === 'failed' ? heard.seen : undefined;
  const forgets =
    (isCommand(act) && heard.is === 'unknown') || ['launch', 'drop-machine', 'stop-instance'].includes(act.do);
  story.seen = act.do === 'check' ? story.seen : told !== undefined ? told : forgets ? null : story.seen;
  story.silent =
    act.do === 'inspect' ? heard.is !== 'done' : story.silent && act.do !== 'launch' && act.do !== 'start-instance';
}

/** As acts/perform.ts writes down what is about to happen. */
function intended(memory: ReplaceMemory, act: Act, nowMs: number): ReplaceMemory {
  const probe = intending(memory, act, 0);
  return act.do === 'wait' || (probe.intent === memory.intent && !takesDown(act))
    ? memory
    : intending(memory, act, nowMs);
}

/** The execution ends without our code; the next attempt begins when nothing of it can take effect any more. */
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
  [story.seen, story.silent, story.turns, story.last] = [null, false, 0, ''];
  const { memory } = story;
  // Its lease of the new instance is taken as well.
  if (memory?.machine && memory.machine.instanceId !== '')
    story.memory = { ...memory, machine: { ...memory.machine, fence: story.fence } };
  story.words.push('— the next attempt');
}

/** A refusal in the middle ends an attempt, not the ladder. */
function ends(story: Story, end: End): void {
  const { world, memory } = story;
  const operation = memory && { kind: 'replace' as const, phase: phaseOf(memory), incidentId: '', memory };
  const open = unsettled({ ...newNode('', OLD), operation });
  if (end.as !== 'refused' || (!open && world.nowMs >= world.pausedUntilMs)) {
    story.end = end;
    lookAtEnd(world, end, memory, story.meddled);
    return;
  }
  // The door starts no attempt under a pause, but where only putting back is left.
  const paused = world.nowMs < world.pausedUntilMs && (memory === null || phaseOf(memory) !== 'down');
  nextAttempt(story, paused ? world.pausedUntilMs - world.nowMs : end.refusal.lookAgainMs);
}

const PAUSED: End = {
  as: 'refused',
  refusal: { refuse: 'paused', reason: 'a person has said so', page: false, lookAgainMs: 5 * 60_000 },
};

const DECIDED: readonly Act['do'][] = [
  'wait',
  'end',
  'begin',
  'fail-rung',
  'choose',
  'give-up-copy',
  'plan-machine',
  'masked',
  'fenced',
  'give-up-machine',
  'prove',
];
const isGuarded = ({ do: what }: Act): boolean => !DECIDED.includes(what);
const isPerson = (fault: Fault): fault is Person => (PEOPLE as readonly Fault[]).includes(fault);

/** As facts.ts reads them. */
function factsOf(world: LadderWorld, memory: ReplaceMemory | null, seen: NodeState | null, silent: boolean): Facts {
  const { setting, nowMs, stale } = world;
  const { boxes, volumes } = stale && nowMs < stale.untilMs ? stale.view : world.view();
  const youngId = memory?.machine?.instanceId ?? '';
  const old = boxes.get(OLD) ?? null;
  const young = boxes.get(youngId) ?? null;
  const isSilent = (machine: Machine | null): Machine | null =>
    machine && silent ? { ...machine, agentOnline: false } : machine;
  const known = new Set([OLD, youngId].filter((id) => id !== ''));
  const ids = new Set(
    [...(memory?.found.volumes ?? []), ...(memory?.copy?.volumes ?? [])].map(({ volumeId }) => volumeId),
  );
  return {
    nowMs,
    fleet: setting.fleet,
    want: setting.want,
    role: setting.role,
    node: NODE,
    incidentId: '7f3a0c1d',
    onsetMs: START_MS - 60_000,
    old: youngId === '' ? isSilent(old) : old,
    young: youngId === '' ? null : isSilent(young),
    volumes: volumes.filter(({ volumeId, attachment }) => ids.has(volumeId) || known.has(attachment?.instanceId ?? '')),
    seen,
    watched: world.watched(memory?.machine?.joined ? youngId : OLD),
    breaker: { open: false, sentence: '1 of 5 nodes unhealthy or unknown, limit 1' },
    haltedSinceMs: null,
    sources: needsOf(memory).sources ? sourcesOf(world, memory) : null,
    initialization: needsOf(memory).initialization ? initialized(world, memory) : null,
  };
}

function sourcesOf(world: LadderWorld, memory: ReplaceMemory | null): Sources {
  const { sets, kept, want, fleet } = { ...world.setting, want: world.setting.want };
  if (want.do === 'undo') {
    const volumes = [...world.disks.values()].flatMap(({ origin, part, id, at }) =>
      origin === 'kept' && at === null ? [[fleet.volumes[part]?.role ?? '', id]] : [],
    );
    const there = kept !== null && volumes.length === fleet.volumes.length;
    const source = { incidentId: 'before', availabilityZone: ZONES[0], volumes: Object.fromEntries(volumes) };
    return { good: [], refused: [], sibling: null, kept: there ? source : null };
  }
  const tried = new Set(memory?.tried.map(({ source }) => source));
  const good = sets.map((_, at) => setOf(world.setting, at)).filter(({ setId }) => !tried.has(setId));
  const parts = fleet.volumes.map(({ role }, part) => [role, `vol-0d0000000000000${part}d`]);
  const volumes = {
    instanceId: SIBLING_ID,
    node: 'node1',
    height: STOPPED_AT + 50,
    volumes: Object.fromEntries(parts),
  };
  return { good, refused: [], sibling: world.setting.sibling === null ? null : volumes, kept: null };
}

/** Their blocks come within twenty minutes, where that is asked for. */
function initialized(world: LadderWorld, memory: ReplaceMemory | null): Facts['initialization'] {
  if (world.setting.fleet.replace.initializationMiBps === undefined) return null;
  const made = memory?.copy?.volumes.flatMap(({ volumeId }) => world.disks.get(volumeId)?.madeAtMs ?? []) ?? [];
  if (made.length === 0) return null;
  const percent = Math.min(100, (world.nowMs - Math.max(...made)) / (20 * 600));
  return { percent, etaSeconds: null, done: percent === 100 };
}

/** As much of a set as the ladder asks about. */
const setOf = ({ fleet, donor }: LadderSetting, at: number): SnapshotSet => ({
  setId: `set-${at}`,
  node: donor === 'itself' ? NODE : 'node1',
  takenAtMs: START_MS - (at + 1) * 3_600_000,
  untilMs: START_MS - (at + 1) * 3_600_000,
  parts: Object.fromEntries(fleet.volumes.map(({ role }, part) => [role, partOf(at, part)])),
  rank: 'clean',
  height: STOPPED_AT - 100,
});

const partOf = (at: number, part: number): SnapshotFact => ({
  snapshotId: `snap-0${at}${part}`,
  volumeId: '',
  sizeGiB: 500,
  startedAtMs: 0,
  state: 'completed',
  encrypted: true,
  kmsKeyId: null,
  ownerId: '111122223333',
  tags: {},
  policyId: null,
  locked: false,
  archived: false,
  ledger: {
    fleet: null,
    node: null,
    role: null,
    setId: null,
    parts: null,
    height: null,
    blockHash: null,
    chainId: null,
    client: null,
    clientVersion: null,
    mode: null,
    cleanStop: true,
    verifiedAtMs: null,
    quarantined: null,
    heldBy: null,
  },
});

export const wordsOf = (act: Act): string => {
  switch (act.do) {
    case 'take-rung':
      return `take ${act.rung}`;
    case 'swap':
      return `swap to ${act.to}`;
    case 'attach':
    case 'detach':
      return `${act.do} ${act.volumeId.slice(-3)} ${act.which}`;
    case 'inspect':
      return `inspect ${act.which}`;
    case 'clear':
      return `clear ${act.what}`;
    case 'fail-rung':
      return `fail (${act.reason})`;
    case 'give-up-copy':
      return `give up the copy (${act.blame.fault}: ${act.blame.reason})`;
    case 'give-up-machine':
      return `give up the new instance (${act.reason})`;
    case 'end':
      return `end ${act.end.as} (${act.end.as === 'refused' ? `${act.end.refusal.refuse}: ${act.end.refusal.reason}` : act.end.reason})`;
    case 'stop-instance':
      return `stop ${act.which}`;
    default:
      return act.do;
  }
};
