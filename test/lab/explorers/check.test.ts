import { describe, expect, it } from '@jest/globals';
import { check, type Emit, type Model } from './check.ts';

/** The whole state is one small number. */
const counting = (next: (n: number, emit: Emit<number>) => void, goal: (n: number) => boolean): Model<number> => ({
  width: 1,
  initial: [0],
  encode: (n, row) => void row.fill(n),
  decode: ([n = 0]) => n,
  next,
  goal,
});

describe('the checker', () => {
  it('visits every state once, and finds nothing where nothing is wrong', () => {
    const ring = counting(
      (n, emit) => emit('on', (n + 1) % 10_000),
      (n) => n === 0,
    );
    expect(check(ring, { maxStates: 20_000 })).toEqual({
      states: 10_000,
      transitions: 10_000,
      goals: 1,
      complete: true,
      broken: new Map(),
      stuck: null,
    });
  });

  it('shows a violation by its shortest trace', () => {
    const steps = counting(
      (n, emit) => {
        for (const by of [1, 3]) emit(`+${by}`, n + by, { broken: n + by === 7 ? 'never seven' : undefined });
      },
      () => true,
    );
    const { broken } = check({ ...steps, nearTheEnd: () => true }, { maxStates: 100 });
    expect(broken.get('never seven')).toHaveLength(3);
  });

  it('finds a deadlock', () => {
    const trap = counting(
      (n, emit) => {
        if (n < 3) emit('on', n + 1);
        if (n === 1) emit('into the trap', 9);
      },
      (n) => n === 3,
    );
    expect(check(trap, { maxStates: 100 }).stuck).toEqual(['on', 'into the trap']);
  });

  it('finds a loop that only a fault could leave', () => {
    const loop = counting(
      (n, emit) => {
        emit('round and round', n === 0 ? 1 : 0);
        emit('somebody pulls the plug', 2, { fault: true });
      },
      (n) => n === 2,
    );
    expect(check(loop, { maxStates: 100 }).stuck).toEqual([]);
  });

  it('does not ask the end of the model to converge', () => {
    const endless = counting(
      (n, emit) => {
        if (n < 50) emit('on', n + 1);
      },
      () => false,
    );
    expect(check({ ...endless, nearTheEnd: (n) => n >= 0 }, { maxStates: 100 }).stuck).toBeNull();
    expect(check({ ...endless, nearTheEnd: (n) => n > 5 }, { maxStates: 100 }).stuck).toEqual([]);
  });

  it('says when the bound has cut something off', () => {
    const endless = counting(
      (n, emit) => emit('on', n + 1),
      () => true,
    );
    expect(check(endless, { maxStates: 100 })).toMatchObject({ states: 100, complete: false });
  });

  it('stops at the first violation when asked to', () => {
    const many = counting(
      (n, emit) => emit('on', n + 1, { broken: n % 5 === 4 ? `multiple ${n + 1}` : undefined }),
      () => true,
    );
    const { broken } = check(many, { maxStates: 100, untilFirst: true });
    expect([...broken.keys()]).toEqual(['multiple 5']);
  });
});
