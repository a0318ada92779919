// Runs the program of a heal on what a test tells it at each step, and remembers what it asked for.
import { abandon, advance, effectOf, start } from '../../functions/resize-volume/program.ts';
import type { Effect, Results, State } from '../../functions/resize-volume/stages.ts';
import type { Ending } from '../../shared/heal/outcome.ts';
import type { Mode } from '../../shared/model/mode.ts';
import type { Answer, Observation } from '../../shared/node-commands/answer.ts';
import { fleetWith, GIB, ME, NOON_MS, observation, resizeFacts, steadyHistory } from './heal-facts.ts';

/** What the handler allows a heal (functions/resize-volume/handler.ts). */
export const MOST_EFFECTS = 80;

export const holder = { execution: ME, fence: 4 };
export const filling = steadyHistory(455, 14);
export const full = (seen: Observation | null, units = 1) =>
  resizeFacts({ seen, history: filling, fleet: fleetOfUnits(units) });
export const grown = (more: Partial<Observation> = {}) =>
  observation({ deviceBytes: 1000 * GIB, sizeBytes: 1000 * GIB, usedBytes: 456 * GIB, ...more });
export const answer = (after: Observation | null, more: Partial<Answer> = {}): Answer => ({
  operationId: '4.1',
  fence: 4,
  result: 'done',
  before: null,
  after,
  ...more,
});

const fleetOfUnits = (count: number) => {
  const fleet = fleetWith({ maximumMonthlyIncreaseUsd: 10_000 });
  const [unit] = fleet.units;
  return { ...fleet, units: Array.from({ length: count }, (_, i) => ({ ...unit, name: `unit${i}` })) } as typeof fleet;
};

/** A result for an effect, or a step that keeps failing. */
export type Told = Results[keyof Results] | Error;
export interface Run {
  readonly effects: readonly Effect[];
  readonly told: readonly Told[];
  readonly ending: Ending | null;
}

export function runProgram(mode: Mode, tell: (effect: Effect, told: readonly Told[]) => Told): Run {
  const effects: Effect[] = [];
  const told: Told[] = [];
  let state: State = start;
  for (let count = 0; count <= MOST_EFFECTS; count++) {
    const effect = effectOf(state);
    if (effect.do === 'end') return { effects, told, ending: effect.ending };
    const result = tell(effect, told);
    effects.push(effect);
    told.push(result);
    state = result instanceof Error ? abandon(state, result.message) : advance(state, result, { mode });
  }
  throw new Error(`no end after ${MOST_EFFECTS} effects: ${effects.map((effect) => effect.do).join(' ')}`);
}

/** An undisturbed heal of a node of some units; tests replace what they are about. */
export type Replies = { readonly [D in keyof Results]?: (effect: Extract<Effect, { do: D }>) => Results[D] | Error };
export function heal(mode: Mode, replies: Replies = {}, { units = 1, seen = observation() } = {}): Run {
  const undisturbed: Required<Replies> = {
    claim: () => ({ mine: true }),
    survey: (effect) => full(effect.seen, units),
    ask: () => ({ approved: true }),
    lease: () => ({ holder }),
    send: ({ command, ordinal }) => ({ commandId: `${command.operation}.${ordinal}` }),
    'await-command': ({ commandId }) =>
      answer(
        commandId === 'observe-node.1' ? seen : grown({ client: seen.client === 'unknown' ? 'unknown' : 'running' }),
      ),
    reserve: () => ({ reserved: true, atMs: NOON_MS }),
    intend: () => ({ written: true }),
    modify: () => ({ accepted: true }),
    reconcile: () => ({ happened: true }),
    'await-modification': () => ({ usable: true }),
    prove: () => ({ written: true }),
    conclude: () => ({ written: true }),
    release: () => ({ done: true }),
  };
  return runProgram(mode, (effect) => {
    if (effect.do === 'end') throw new Error('the end is no effect to perform');
    const reply = (replies[effect.do] ?? undisturbed[effect.do]) as (effect: Effect) => Told;
    return reply(effect);
  });
}
