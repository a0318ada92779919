// Drives the ladder's own decisions through a small world, with faults at chosen places: the heal dies before or behind an act, or an answer is lost.
import { decideNext } from '../../functions/replace-node/decide.ts';
import { intending, learn, phaseOf } from '../../functions/replace-node/learn.ts';
import type { Act, End, Result } from '../../functions/replace-node/model.ts';
import type { NodeState } from '../../shared/documents/node-answer.ts';
import type { ReplaceMemory } from '../../shared/heal/memory.ts';
import { type LadderSetting, LadderWorld } from './ladder-world.ts';

/** At a turn: the heal dies when its intent is written, when the act is done and not yet noted, or nobody hears what came of the act (it was done, or not). */
export type Fault = 'dies-before' | 'dies-behind' | 'lost-done' | 'lost-not-done';
export const FAULTS: readonly Fault[] = ['dies-before', 'dies-behind', 'lost-done', 'lost-not-done'];
export type Placed = ReadonlyMap<number, Fault>;

export interface Story {
  readonly end: End;
  readonly acts: readonly string[];
  readonly world: LadderWorld;
  readonly memory: ReplaceMemory | null;
}

const MAX_TURNS = 400;
/** What is only decided cannot be lost. */
const CALLS: ReadonlySet<Act['do']> = new Set<Act['do']>([
  'inspect',
  'restart',
  'stop-instance',
  'start-instance',
  'create',
  'attach',
  'detach',
  'check',
  'swap',
  'launch',
  'mask-old',
  'mask-young',
  'take-over',
  'start-old',
  'join',
  'leave',
]);
/** Made with a token, or safe to repeat: a step that fails is repeated until it is answered. */
const REPEATED: ReadonlySet<Act['do']> = new Set<Act['do']>(['create', 'launch', 'join', 'leave']);

export function play(setting: LadderSetting, faults: Placed = new Map()): Story {
  const world = new LadderWorld(setting);
  const acts: string[] = [];
  let memory: ReplaceMemory | null = null;
  let seen: NodeState | null = null;
  let silent = false;
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const facts = world.facts(memory, seen);
    const quiet =
      silent && facts.old
        ? {
            ...facts,
            old: { ...facts.old, agentOnline: facts.young ? facts.old.agentOnline : false },
            young: facts.young && { ...facts.young, agentOnline: false },
          }
        : facts;
    const act = decideNext(quiet, memory);
    acts.push(wordsOf(act));
    if (act.do === 'end') {
      const again = resumes(act.end, memory);
      if (!again) return { end: act.end, acts, world, memory };
      world.nowMs += 5 * 60_000;
      [seen, silent] = [null, false];
      continue;
    }
    if (act.do === 'begin') {
      memory = act.memory;
      continue;
    }
    const fault = CALLS.has(act.do) ? faults.get(turn) : undefined;
    if (memory) memory = intending(memory, act, world.nowMs);
    if (fault === 'dies-before') {
      world.nowMs += 3 * 60_000;
      [seen, silent] = [null, false];
      continue;
    }
    const result: Result =
      fault === 'lost-not-done' && !REPEATED.has(act.do)
        ? { is: 'unknown', atMs: (world.nowMs += 240_000), reason: 'no answer came' }
        : world.apply(act, memory);
    if (fault === 'dies-behind') {
      world.nowMs += 3 * 60_000;
      [seen, silent] = [null, false];
      continue;
    }
    const heard: Result =
      fault === 'lost-done' && !REPEATED.has(act.do)
        ? { is: 'unknown', atMs: (world.nowMs += 240_000), reason: 'no answer came' }
        : result;
    if (heard.is === 'refused' || heard.is === 'lost') throw new Error(`${act.do} was ${heard.is}`);
    if (memory) memory = learn(memory, act, heard);
    const told = heard.is === 'done' || heard.is === 'failed' ? heard.seen : undefined;
    if (act.do === 'inspect') silent = heard.is !== 'done';
    else if (act.do === 'launch' || act.do === 'start-instance') silent = false;
    if (act.do !== 'check') {
      const forgets =
        heard.is === 'unknown' || act.do === 'launch' || act.do === 'drop-machine' || act.do === 'stop-instance';
      seen = told !== undefined ? told : forgets ? null : seen;
    }
  }
  throw new Error(`no end after ${MAX_TURNS} turns: … ${acts.slice(-12).join(' → ')}`);
}

/** A refusal in the middle ends an attempt, not the ladder: the next attempt goes on. */
const resumes = (end: End, memory: ReplaceMemory | null): boolean =>
  end.as === 'refused' &&
  memory !== null &&
  (phaseOf(memory) !== 'preparing' || memory.copy !== null || memory.machine !== null);

export const wordsOf = (act: Act): string => {
  switch (act.do) {
    case 'take-rung':
      return `take ${act.rung}`;
    case 'swap':
      return `swap to ${act.to}`;
    case 'attach':
    case 'detach':
      return `${act.do} ${act.which}`;
    case 'clear':
      return `clear ${act.what}`;
    case 'end':
      return `end ${act.end.as}`;
    case 'stop-instance':
      return `stop ${act.which}`;
    default:
      return act.do;
  }
};
