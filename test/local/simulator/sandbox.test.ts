import { describe, expect, it } from '@jest/globals';
import { VirtualClock } from '../../../local/simulator/clock.ts';
import { Gateway } from '../../../local/simulator/gateway/gateway.ts';
import { compileBundle, createSandbox } from '../../../local/simulator/lambda-runtime/sandbox.ts';
import { randomStream } from '../../../local/simulator/random.ts';
import { START_MS } from '../../fixtures/kernel.ts';

/** Runs the body of an async handler `(event, context)` in its own sandbox. */
function sandbox(
  body: string,
  { actor = 'f/1', seed = 1, environment = {}, others = {} as Readonly<Record<string, string>> } = {},
) {
  const clock = new VirtualClock({ startMs: START_MS, guard: false });
  const gateway = new Gateway({ clock, models: new Map(), random: randomStream(seed, 'gateway') });
  const log: string[] = [];
  const guest = createSandbox({
    script: compileBundle(`exports.handler = async (event, context) => { ${body} };`, 'test.cjs'),
    others: new Map(Object.entries(others).map(([name, source]) => [name, compileBundle(source, name)])),
    environment,
    clock,
    random: randomStream(seed, actor),
    actor,
    roleArn: 'arn:aws:iam::111122223333:role/f',
    gateway,
    lane: 'fidelity',
    log: (line) => log.push(line),
  });
  const run = async (event: unknown = null): Promise<unknown> => {
    let ended: { result?: unknown; error?: unknown } = { result: 'still pending' };
    guest.invoke(event, { functionName: 'f' }).then(
      (result) => {
        ended = { result };
      },
      (error: unknown) => {
        ended = { error };
      },
    );
    await clock.run();
    if ('error' in ended) throw ended.error;
    return ended.result;
  };
  return { clock, gateway, guest, log, run };
}

describe('time in a sandbox', () => {
  it('is virtual wherever code may look', async () => {
    const { run } = sandbox(`
      const start = process.hrtime();
      await new Promise((resolve) => setTimeout(resolve, 90061.9));
      await require('timers/promises').setTimeout(38.5);
      const { performance: own } = require('node:perf_hooks');
      return [Date.now(), new Date(), Date().length > 10, performance.now(), own.now(), process.hrtime(start), process.uptime(),
        String(process.hrtime.bigint()), new Date(0) instanceof Date, new Date(2026, 0).constructor === Date, Date.UTC(1970, 0, 2)];`);
    const at = START_MS + 90_099;
    expect(await run()).toEqual([
      at,
      new Date(at).toISOString(),
      true,
      90_099,
      90_099,
      [90, 99_000_000],
      90.099,
      '90099000000',
      true,
      true,
      86_400_000,
    ]);
  });

  it('drives intervals, immediates and aborts', async () => {
    const { run } = sandbox(`
      const seen = [];
      setImmediate(() => seen.push('immediate ' + performance.now()));
      const interval = setInterval(() => seen.push('interval ' + performance.now()), 10);
      setTimeout(() => clearInterval(+interval), 35);
      const signal = AbortSignal.timeout(50);
      seen.push(signal instanceof AbortSignal);
      await require('timers/promises').setTimeout(1000, undefined, { signal }).catch((e) => seen.push(e.name, e instanceof Error));
      return seen.concat(performance.now());`);
    expect(await run()).toEqual([
      true,
      'immediate 0',
      'interval 10',
      'interval 20',
      'interval 30',
      'TimeoutError',
      true,
      50,
    ]);
  });

  it('keeps the AsyncLocalStorage of whoever set a timer', async () => {
    const { run } = sandbox(`
      const storage = new (require('node:async_hooks').AsyncLocalStorage)();
      return storage.run('mine', () => new Promise((resolve) => setTimeout(() => resolve(storage.getStore()), 5)));`);
    expect(await run()).toBe('mine');
  });
});

describe('chance in a sandbox', () => {
  const DRAW = `const c = require('crypto');
    return [Math.random(), crypto.randomUUID(), c.randomUUID(), c.randomBytes(4).toString('hex'), c.randomInt(5, 9),
      [...crypto.getRandomValues(new Uint8Array(2))], c.createHash('sha256').update('a').digest('hex').slice(0, 8)];`;

  it('is the same for the same seed and actor, and another for another', async () => {
    const first = await sandbox(DRAW).run();
    expect(await sandbox(DRAW).run()).toEqual(first);
    expect(await sandbox(DRAW, { actor: 'f/2' }).run()).not.toEqual(first);
    expect(first).toContain('ca978112');
  });
});

describe('the world of a sandbox', () => {
  it('has its own variables, those of Lambda, and no files', async () => {
    const { run, log } = sandbox(
      `console.log('hello %s', event.name); process.stdout.write('raw\\n');
      const missing = await require('fs/promises').readFile('/etc/passwd').catch((e) => e.code);
      return [process.env.TABLE_NAME, process.env.AWS_REGION, missing, context.functionName];`,
      { environment: { TABLE_NAME: 'table' } },
    );
    expect(await run({ name: 'fleet' })).toEqual(['table', 'eu-west-1', 'ENOENT', 'f']);
    expect(log).toEqual(['hello fleet', 'raw']);
  });

  it('names what a function cannot use', async () => {
    await expect(sandbox(`require('net').connect(80)`).run()).rejects.toThrow('cannot use net.connect');
    await expect(sandbox(`require('left-pad')`).run()).rejects.toThrow('cannot require "left-pad"');
  });

  it('has the other files of its asset, each run once and when it is first required', async () => {
    const { run } = sandbox(
      `const before = typeof globalThis.runs;
      const [one, other] = [require('./lazy.js'), require('./lazy.js')];
      const there = require.resolve('./lazy.js');
      const gone = (() => { try { return require.resolve('./gone.js'); } catch (error) { return error.code; } })();
      return [before, one.says(), one === other, globalThis.runs, one.made instanceof Date, there, gone];`,
      {
        others: {
          './lazy.js':
            'globalThis.runs = (globalThis.runs ?? 0) + 1; exports.made = new Date(); exports.says = () => "here";',
        },
      },
    );
    expect(await run()).toEqual(['undefined', 'here', true, 1, true, './lazy.js', 'MODULE_NOT_FOUND']);
  });

  it('is a realm of its own, in which events and errors are its own', async () => {
    const { run } = sandbox(`
      let thrown; try { new URL('nowhere'); } catch (error) { thrown = error; }
      class Mine extends Error {}
      return [event.list instanceof Array, Buffer.from('a') instanceof Uint8Array, thrown instanceof Error, thrown instanceof Mine,
        new Mine() instanceof Mine, new Mine() instanceof Error, {} instanceof Error];`);
    expect(await run({ list: [] })).toEqual([true, true, true, false, true, true, false]);
  });

  it('hands errors out with name, message and stack', async () => {
    const error = await sandbox(`throw Object.assign(new TypeError('wrong'), { name: 'Odd' })`)
      .run()
      .catch((e) => e);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'Odd', message: 'wrong', stack: expect.stringContaining('test.cjs') });
  });
});

describe('the end of a sandbox', () => {
  it('is final: no timer, no line, no answer after it was killed', async () => {
    const { clock, gateway, guest, log, run } = sandbox(`
      console.log('begins');
      await new Promise((resolve) => setTimeout(resolve, 1000));
      console.log('goes on');
      return 'done';`);
    clock.after(500, () => gateway.kill('f/1'));
    expect(await run()).toBe('still pending');
    expect({ log, dead: guest.dead }).toEqual({ log: ['begins'], dead: true });
    expect(await run()).toBe('still pending');
  });

  it('comes by an exception that nobody catches, as on Lambda', async () => {
    const { guest, run } = sandbox(
      `setTimeout(() => { throw new Error('out of the blue') }, 5); await new Promise(() => {});`,
    );
    await expect(run()).rejects.toThrow('out of the blue');
    expect(guest.dead).toBe(true);
  });
});
