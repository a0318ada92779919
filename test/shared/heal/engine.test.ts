// The engine of durable heals, on a heal of two acts; and the compiler's errors for a table of acts.
import { describe, expect, it } from '@jest/globals';
import type { ActContext, HealContext } from '../../../shared/heal/context.ts';
import { type ActOf, type ActTable, type End, type Heal, runHeal } from '../../../shared/heal/engine.ts';
import { callOnce, callUnderGuard, reconcileCall } from '../../../shared/heal/mutation.ts';
import type { Ending } from '../../../shared/heal/outcome.ts';
import type { HealPayload } from '../../../shared/model/payload.ts';
import { ME } from '../../fixtures/builders/incident.ts';
import { nodeRecord } from '../../fixtures/builders/records.ts';
import { patientContext, shell } from '../../fixtures/heal-shell.ts';

interface Acts {
  readonly count: { readonly args: { readonly from: number }; readonly result: { readonly next: number } };
  readonly say: { readonly args: object; readonly result: string };
}
type State = ActOf<Acts> | End;
type Table = ActTable<ActContext<HealContext>, HealPayload, State, Acts>;

const healed = (reason: string): Ending => ({ outcome: 'healed', reason });
const ended = (ending: Ending | null): End => ({ do: 'end', ending });

const acts: Table = {
  count: {
    execute: ({ step }, _state, { from }) => step('count', async () => ({ next: from + 1 })),
    reduce: (_state, _act, { next }) => (next < 3 ? { do: 'count', from: next } : { do: 'say' }),
    abandon: (_state, act, { message, throttled }) => ended(healed(`${act.do}: ${message}, ${throttled}`)),
  },
  say: {
    execute: async ({ place }) => place,
    reduce: (_state, _act, said, { node }) => ended(healed(`${node} ${said}`)),
    abandon: () => null,
  },
};

const heal: Heal<HealContext, HealPayload, State, Acts> = {
  start: { do: 'count', from: 0 },
  turnLimit: 10,
  acts,
  decide: (state) => state,
};

const failing = (message: string) => async (): Promise<never> => {
  throw new Error(message);
};

describe('a heal', () => {
  const run = (more: Partial<typeof heal> = {}) => runHeal({ ...heal, ...more }, patientContext().ctx, shell().tools);

  it('takes act after act, each in a place of its own, until it ends', async () => {
    expect(await run()).toEqual(healed('node2 03'));
  });

  it('goes on from what an act says of its own failure', async () => {
    const broken: Table = { ...acts, count: { ...acts.count, execute: failing('no answer') } };
    expect(await run({ acts: broken })).toEqual(healed('count: no answer, false'));
  });

  it('fails as an execution where not even that can be recorded', async () => {
    const broken: Table = { ...acts, say: { ...acts.say, execute: failing('no table') } };
    await expect(run({ acts: broken })).rejects.toThrow('no table');
  });

  it('ends within its turns, whatever its acts say', async () => {
    const endless: Table = { ...acts, count: { ...acts.count, reduce: () => ({ do: 'count', from: 0 }) } };
    await expect(run({ acts: endless })).rejects.toThrow('no end after 10 turns');
  });

  it('may read facts in a step of its turn, and says what follows when that keeps failing', async () => {
    const reading = (state: State, { step }: ActContext<HealContext>) => step('decide', async () => state);
    expect(await run({ decide: reading })).toEqual(healed('node2 03'));
    const blind = { decide: failing('AWS is away') };
    await expect(run(blind)).rejects.toThrow('AWS is away');
    expect(
      await run({
        decide: (state) => (state.do === 'end' ? state : failing('AWS is away')()),
        undecided: (_, { message }) => ended(healed(message)),
      }),
    ).toEqual(healed('AWS is away'));
  });
});

describe('a table of acts that lacks something does not compile', () => {
  it('an act, a part of an act, or a result that is not what execute comes to', () => {
    const { say, count } = acts;
    // @ts-expect-error the act "count" is missing
    const withoutAct: Table = { say };
    const { abandon: _, ...withoutAbandon } = say;
    // @ts-expect-error "say" does not say what follows when it keeps failing
    const withoutPart: Table = { count, say: withoutAbandon };
    // @ts-expect-error "count" comes to a number, and not to its result
    const wrongResult: Table = { say, count: { ...count, execute: async () => 3 } };
    // @ts-expect-error "count" reduces the result of "say"
    const crossed: Table = { say, count: { ...count, reduce: say.reduce } };
    expect([withoutAct, withoutPart, wrongResult, crossed]).toHaveLength(4);
  });
});

describe('a call without a token', () => {
  const holder = { execution: ME, fence: 4 };
  const contextOf = (here = shell()) => {
    const { ctx, waited, step } = patientContext();
    return { turn: { durable: ctx, step, place: '07' }, waited, here };
  };
  const throttled = () => Object.assign(new Error('slow down'), { name: 'RequestLimitExceeded' });

  it('is made for the holder of the lease only, and while no guard refuses', async () => {
    const calls: string[] = [];
    const call = async () => {
      calls.push('call');
      return { made: true };
    };
    const { here } = contextOf();
    expect(await callUnderGuard(here.tools, holder, call)).toEqual({ made: true });
    here.parameters.set('/chainmend/pause', 'maintenance');
    expect(await callUnderGuard(here.tools, holder, call)).toMatchObject({ refuse: 'paused' });
    const lost = shell({}, nodeRecord({ owner: ME, fence: 5 }));
    expect(await callUnderGuard(lost.tools, holder, call)).toEqual({ lost: true });
    expect(calls).toEqual(['call']);
  });

  it('whose guards cannot be read was not sent', async () => {
    const { here } = contextOf();
    here.answers['GetParametersCommand'] = () => {
      throw new Error('no answer');
    };
    const never = () => Promise.reject(new Error('it was called'));
    expect(await callUnderGuard(here.tools, holder, never)).toEqual({
      notSent: 'its guards cannot be read: no answer',
    });
  });

  it('is made again only where it certainly had no effect, and so often as there are waits', async () => {
    const { here, turn, waited } = contextOf();
    let made = 0;
    const call = (outcomes: readonly (() => object)[]) =>
      callOnce(turn, 'call', [2, 4], () =>
        callUnderGuard(here.tools, holder, async () => outcomes[made++ % outcomes.length]?.() ?? {}),
      );
    const slow = (): never => {
      throw throttled();
    };
    expect(await call([slow, () => ({ done: 1 })])).toEqual({ done: 1 });
    expect(waited).toEqual([2]);
    made = 0;
    expect(await call([slow])).toEqual({ notSent: 'slow down' });
    expect([made, waited]).toEqual([3, [2, 2, 4]]);
    made = 0;
    const cut = (): never => {
      throw new Error('socket hang up');
    };
    expect(await call([cut])).toEqual({ interrupted: 'socket hang up' });
    expect(made).toBe(1);
  });

  it('is on its way no more where AWS has answered it with a fault: it is looked for a minute and a half', async () => {
    const { here, turn, waited } = contextOf();
    const fault = Object.assign(new Error('unavailable'), { $metadata: { httpStatusCode: 503 } });
    const call = () => callUnderGuard(here.tools, holder, () => Promise.reject(fault));
    expect(await callOnce(turn, 'call', [2], call)).toEqual({ interrupted: 'unavailable', isFault: true });
    expect(
      await reconcileCall(
        turn,
        async () => 'nothing',
        () => false,
        true,
      ),
    ).toBeNull();
    expect(waited).toEqual([5, 30, 60]);
  });

  it('is believed to have happened at once, and not to have only after the last look', async () => {
    const { turn, waited } = contextOf();
    expect(
      await reconcileCall(
        turn,
        async () => 'seen',
        (found) => found === 'seen',
      ),
    ).toBe('seen');
    expect(waited).toHaveLength(1);
    const looks: boolean[] = [];
    const never = (_: string, isLast: boolean) => {
      looks.push(isLast);
      return false;
    };
    expect(await reconcileCall(turn, async () => 'nothing', never)).toBeNull();
    expect(looks).toEqual([false, false, false, true]);
  });
});
