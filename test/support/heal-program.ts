// Runs the program of a heal on what a test tells it at each step, and remembers what it asked for.
import { ACTS, RESIZE } from '../../functions/resize-volume/acts.ts';
import type { Act, Acts, State } from '../../functions/resize-volume/state.ts';
import type { Ending } from '../../shared/heal/outcome.ts';
import type { Mode } from '../../shared/model/mode.ts';
import type { Answer, Observation } from '../../shared/node-commands/answer.ts';
import { bitcoinFleet } from './builders/fleet.ts';
import { ME } from './builders/incident.ts';
import { observation } from './builders/observation.ts';
import { NOON_MS } from './builders/time.ts';
import { GIB } from './builders/volume.ts';
import { resizeFacts, steadyHistory } from './resize-facts.ts';

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
  const fleet = bitcoinFleet({ disk: { maximumMonthlyIncreaseUsd: 10_000 } });
  const [unit] = fleet.units;
  return { ...fleet, units: Array.from({ length: count }, (_, i) => ({ ...unit, name: `unit${i}` })) } as typeof fleet;
};

/** A result for an act, or a step that keeps failing. */
export type Told<Name extends keyof Acts = keyof Acts> = Acts[Name]['result'] | Error;
export interface Run {
  readonly acts: readonly Act[];
  readonly told: readonly Told[];
  readonly ending: Ending | null;
}

/** What each act comes to. `told`: what those before it came to. */
export type Replies = {
  readonly [Name in keyof Acts]: (act: Act<Name>, told: readonly Told[]) => Told<Name>;
};

/** One act: what is told of it is reduced into the next state, by the act's own entry. */
function turn<Name extends keyof Acts>(
  replies: Replies,
  state: State,
  act: Act<Name>,
  told: readonly Told[],
  mode: Mode,
): { readonly result: Told<Name>; readonly next: State | null } {
  const { reduce, abandon } = ACTS[act.do];
  const result = replies[act.do](act, told);
  const next =
    result instanceof Error
      ? abandon(state, act, { message: result.message, throttled: false })
      : reduce(state, act, result, { mode });
  return { result, next };
}

export function runProgram(mode: Mode, replies: Replies): Run {
  const acts: Act[] = [];
  const told: Told[] = [];
  let state = RESIZE.start;
  for (let count = 0; count <= RESIZE.turnLimit; count++) {
    if (state.do === 'end') return { acts, told, ending: state.ending };
    const { result, next } = turn(replies, state, state, told, mode);
    acts.push(state);
    told.push(result);
    state = next ?? { do: 'end', ending: null };
  }
  throw new Error(`no end after ${RESIZE.turnLimit} acts: ${acts.map((act) => act.do).join(' ')}`);
}

/** An undisturbed heal of a node of some units; tests replace what they are about. */
export function heal(mode: Mode, replies: Partial<Replies> = {}, { units = 1, seen = observation() } = {}): Run {
  return runProgram(mode, {
    claim: () => ({ mine: true }),
    survey: () => full(null, units),
    ask: () => ({ approved: true }),
    lease: () => ({ holder }),
    send: ({ command, held }) => ({ commandId: `${command.operation}.${held.ordinal}` }),
    'await-command': ({ commandId }) =>
      answer(
        commandId === 'observe-node.1' ? seen : grown({ client: seen.client === 'unknown' ? 'unknown' : 'running' }),
      ),
    observe: (act) => full(act.seen, units),
    reserve: () => ({ reserved: true, atMs: NOON_MS }),
    intend: () => ({ written: true }),
    modify: () => ({ accepted: true }),
    reconcile: () => ({ happened: true }),
    'await-modification': () => ({ usable: true }),
    prove: () => ({ written: true }),
    conclude: () => ({ written: true }),
    release: () => ({ done: true }),
    ...replies,
  });
}
