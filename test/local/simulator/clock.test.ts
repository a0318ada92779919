import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { VirtualClock } from '../../../local/simulator/clock.ts';
import { START_MS } from '../../fixtures/kernel.ts';

// Jest's own timers and handles would be foreign work to the guard; another test runs it in its own process.
const newClock = () => new VirtualClock({ startMs: START_MS, guard: false });

describe('virtual time', () => {
  it('jumps from event to event and stands where it was told to stop', async () => {
    const clock = newClock();
    const seen: string[] = [];
    clock.after(3_600_000, () => seen.push(`hour ${clock.now() - START_MS}`));
    clock.after(1000, () => {
      seen.push(`second ${clock.now() - START_MS}`);
      clock.after(500, () => seen.push(`and a half ${clock.now() - START_MS}`));
    });
    expect(await clock.run({ untilMs: START_MS + 2000 })).toEqual({ ended: 'time', events: 2 });
    expect(clock.now()).toBe(START_MS + 2000);
    expect(await clock.run()).toEqual({ ended: 'idle', events: 1 });
    expect(seen).toEqual(['second 1000', 'and a half 1500', 'hour 3600000']);
  });

  it('never runs work before now', async () => {
    const clock = newClock();
    clock.at(START_MS - 5000, () => expect(clock.now()).toBe(START_MS));
    expect(await clock.run()).toEqual({ ended: 'idle', events: 1 });
  });

  it('lets everything that follows from an event happen before the next one', async () => {
    const clock = newClock();
    const seen: string[] = [];
    clock.after(1, async () => {
      for (let depth = 0; depth < 100; depth++) await undefined;
      process.nextTick(() => seen.push('consequence'));
    });
    clock.after(1, () => seen.push('next'));
    await clock.run();
    expect(seen).toEqual(['consequence', 'next']);
  });

  it('stands still while somebody outside holds it, and admits what arrives meanwhile', async () => {
    const clock = newClock();
    const seen: string[] = [];
    const [release, releaseOther] = [clock.hold(), clock.hold()];
    clock.after(1000, () => seen.push('second'));
    const ran = clock.run();
    for (const step of [
      release,
      release,
      () =>
        clock.arrive(
          () => 'key',
          () => seen.push('arrived'),
        ),
      releaseOther,
    ]) {
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
      expect(clock.now()).toBe(START_MS);
      step();
    }
    await ran;
    expect(seen).toEqual(['arrived', 'second']);
  });

  it('is held by nobody under its guard, which allows no outside', () => {
    expect(() => new VirtualClock({ startMs: START_MS }).hold()).toThrow('hold: expected a clock without its guard');
  });

  it('does not run what was cancelled', async () => {
    const clock = newClock();
    const timer = clock.after(5, () => expect('this').toBe('never called'));
    timer.cancel();
    timer.cancel();
    expect((await clock.run()).events).toBe(0);
  });

  it('takes turns at one moment: the region first, then actors by name, each in its own order', async () => {
    const clock = newClock();
    const seen: string[] = [];
    for (const [actor, what] of [
      ['b', 'b1'],
      ['a', 'a1'],
      ['b', 'b2'],
      ['a', 'a2'],
    ] as const) {
      clock.afterFor(actor, 10, () => seen.push(what));
    }
    clock.after(10, () => seen.push('region'));
    await clock.run();
    expect(seen).toEqual(['region', 'a1', 'a2', 'b1', 'b2']);
  });

  it('runs any schedule in order, whatever is cancelled', async () => {
    const plan = fc.array(
      fc.record({ delayMs: fc.nat(20), actor: fc.constantFrom('', 'a', 'b'), cancelled: fc.boolean() }),
    );
    await fc.assert(
      fc.asyncProperty(plan, async (items) => {
        const clock = newClock();
        const ran: number[] = [];
        const timers = items.map(({ delayMs, actor }, i) => clock.afterFor(actor, delayMs, () => ran.push(i)));
        for (const [i, { cancelled }] of items.entries()) if (cancelled) timers[i]?.cancel();
        await clock.run();
        const order = (i: number) => items[i] ?? { delayMs: 0, actor: '' };
        const expected = [...items.keys()]
          .filter((i) => !items[i]?.cancelled)
          .sort((a, b) => order(a).delayMs - order(b).delayMs || compare(order(a).actor, order(b).actor) || a - b);
        expect(ran).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('ends with an error where events never end', async () => {
    const clock = newClock();
    const again = () => void clock.after(0, again);
    again();
    await expect(clock.run({ maxEvents: 500 })).rejects.toThrow('more than 500 events at 2026-01-01T12:00:00.000Z');
  });

  it('ends with the error of an event, and can go on', async () => {
    const clock = newClock();
    clock.after(1, () => {
      throw new Error('a defect');
    });
    clock.fail(new Error('a defect elsewhere'));
    await expect(clock.run()).rejects.toThrow('a defect elsewhere');
    await expect(clock.run()).rejects.toThrow('a defect');
    expect((await clock.run()).ended).toBe('idle');
  });
});

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

describe('canonical arrival', () => {
  it('admits the requests of one instant one by one, sorted by key, each with what follows from it', async () => {
    const clock = newClock();
    const seen: string[] = [];
    const arrive = (key: string) =>
      clock.arrive(
        () => key,
        () => {
          seen.push(`admitted ${key}`);
          Promise.resolve().then(() => seen.push(`done ${key}`));
        },
      );
    for (const key of ['c', 'a', 'b']) clock.after(5, () => arrive(key));
    await clock.run();
    // Three events of one moment: each is quiescent before the next, so each request is admitted immediately …
    expect(seen).toEqual(['c', 'a', 'b'].flatMap((key) => [`admitted ${key}`, `done ${key}`]));
    seen.length = 0;
    // … but from one event they arrive together.
    clock.after(5, () => ['c', 'a', 'b'].forEach(arrive));
    await clock.run();
    expect(seen).toEqual(['a', 'b', 'c'].flatMap((key) => [`admitted ${key}`, `done ${key}`]));
  });
});

describe('following wall time', () => {
  it('advances many times faster, answers arrivals at once, and stops', async () => {
    const clock = newClock();
    const following = clock.follow({ speed: 100_000 });
    await clock.sleep(60_000);
    expect(clock.now()).toBeGreaterThanOrEqual(START_MS + 60_000);
    await new Promise<void>((resolve) => clock.arrive(() => 'a person', resolve));
    await following.stop();
    const stoodAt = clock.now();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(clock.now()).toBe(stoodAt);
  });

  it('refuses a speed that is none', () => {
    expect(() => newClock().follow({ speed: 0 })).toThrow('speed: expected a number above 0, found 0');
  });
});

describe('the guard', () => {
  const run = (code: string) => {
    const script = `
      import { readFile } from 'node:fs/promises';
      import { VirtualClock } from './local/simulator/clock.ts';
      const clock = new VirtualClock({ startMs: 0 });
      clock.after(1000, () => { ${code} });
      await clock.run().then(() => console.log('ended well'), (error) => console.log(error.message));`;
    const options = { encoding: 'utf8', timeout: 20_000 } as const;
    return spawnSync(process.execPath, ['--input-type=module', '-e', script], options).stdout;
  };

  it.each([
    ['setTimeout(() => {}, 5)', 'Timeout: a real setTimeout or setInterval'],
    ['setImmediate(() => {})', 'Immediate: a real setImmediate'],
    ["readFile('package.json')", 'a file operation'],
    ["fetch('http://127.0.0.1:40009').catch(() => {})", 'foreign asynchronous work'],
    ["process.getBuiltinModule('node:crypto').scrypt('a', 'b', 32, () => {})", 'a key of scrypt on the thread pool'],
  ])('names the foreign work of %s', (code, message) => {
    expect(run(code)).toContain(message);
  });

  it.each([
    'Promise.resolve().then(() => process.nextTick(() => {}))',
    "console.log('a line')",
    'queueMicrotask(() => {})',
    "process.getBuiltinModule('node:crypto').scryptSync('a', 'b', 32, { N: 2 })",
  ])('has nothing against %s', (code) => {
    expect(run(code)).toContain('ended well');
  });
});
