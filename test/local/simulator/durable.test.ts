import {
  createRetryStrategy,
  type DurableContext,
  type DurableExecutionHandler,
  JitterStrategy,
  StepSemantics,
  withDurableExecution,
} from '@aws/durable-execution-sdk-js';
import { describe, expect, it } from '@jest/globals';
import type { LambdaHooks } from '../../../local/simulator/lambda-runtime/environment.ts';
import { FUTURE_MS, type Handler, lambdaRegion } from '../../fixtures/lambda.ts';

const durable =
  <Event>(handler: DurableExecutionHandler<Event, unknown>): Handler =>
  (event, context, { client }) =>
    withDurableExecution(handler, { durableExecutionClient: client as never })(event as never, context as never);

const DURABLE = { DurableConfig: { ExecutionTimeout: 86_400, RetentionPeriodInDays: 1 } };
const HEAL = { FunctionName: 'heal', Qualifier: 'live', InvocationType: 'Event' };

/** A heal with everything that the suite uses: steps, a step that must not repeat, polling, a wait, a child context. */
function healing(effects: string[], attempts = { poll: 0 }) {
  return durable<{ volume: string }>(async ({ volume }, context: DurableContext) => {
    const seen = await context.step('observe', async () => ({ sizeGiB: 500 }));
    await context
      .step('modify', async () => void effects.push(`modify ${volume}`), {
        semantics: StepSemantics.AtMostOncePerRetry,
        retryStrategy: () => ({ shouldRetry: false }),
      })
      .catch((error) => effects.push(`interrupted: ${String(error)}`));
    const polls = await context.waitForCondition(
      'optimizing',
      async (n: number) => {
        attempts.poll += 1;
        return n + 1;
      },
      {
        initialState: 0,
        waitStrategy: (n) => (n < 3 ? { shouldContinue: true, delay: { seconds: n } } : { shouldContinue: false }),
      },
    );
    await context.wait('settle', { hours: 2 });
    const grown = await context.runInChildContext('grow', async (child) => {
      await child.step('fence', async () => void effects.push('fence'));
      await child.wait({ seconds: 5 });
      return child.step('filesystem', async () => seen.sizeGiB + 400);
    });
    return { polls, grown };
  });
}

async function heal(observe: LambdaHooks = {}) {
  const region = lambdaRegion({ observe });
  const effects: string[] = [];
  region.deploy('heal', healing(effects), DURABLE);
  const { DurableExecutionArn: arn } = await region.invoke(HEAL, { volume: 'vol-1' });
  await region.drain();
  const [execution] = region.lambda.executions();
  return { region, effects, arn, execution, checkpoints: execution?.checkpoints ?? 0 };
}

describe('A durable execution', () => {
  it('runs steps, polls, waits for hours and ends with the result of its handler', async () => {
    const { region, arn, effects } = await heal();
    const ended = region.get(arn);
    expect(ended.Status).toBe('SUCCEEDED');
    expect(JSON.parse(ended.Result ?? '')).toEqual({ polls: 3, grown: 900 });
    expect(effects).toEqual(['modify vol-1', 'fence']);
    const seconds = ((ended.EndTimestamp?.getTime() ?? 0) - FUTURE_MS) / 1000;
    // cold start, polls after 1 and 2 s, two hours, a cold start again, five seconds
    expect(seconds).toBe(0.5 + 1 + 2 + 7200 + 0.5 + 5);
    expect(region.counted('DurableExecutionSucceeded')).toBe(1);
  });

  it('has an ARN with function, version, name and an id of its own', async () => {
    const { arn } = await heal();
    expect(arn).toMatch(
      /^arn:aws:lambda:eu-west-1:111122223333:function:heal:1\/durable-execution\/[0-9a-f-]{36}\/[0-9a-f-]{36}$/,
    );
  });

  it('ends the same when its sandbox is killed before or after any checkpoint, and modifies at most once', async () => {
    const { checkpoints } = await heal();
    expect(checkpoints).toBeGreaterThan(8);
    for (let n = 1; n <= checkpoints; n++) {
      for (const crash of ['crash-before', 'crash-after'] as const) {
        const { region, arn, effects } = await heal({ checkpoint: (at) => (at === n ? crash : undefined) });
        const ended = region.get(arn);
        expect([n, crash, ended.Status, ended.Result]).toEqual([n, crash, 'SUCCEEDED', '{"polls":3,"grown":900}']);
        const modified = effects.filter((effect) => effect === 'modify vol-1').length;
        const interrupted = effects.some((effect) => effect.startsWith('interrupted'));
        expect([n, crash, modified <= 1, modified === 1 || interrupted]).toEqual([n, crash, true, true]);
      }
    }
  });

  it('takes twice the same way: the same ids, times and history', async () => {
    const [first, second] = [await heal(), await heal()];
    expect(JSON.stringify(second.execution?.history)).toBe(JSON.stringify(first.execution?.history));
  });

  it('tells its history, one event a change, oldest first', async () => {
    const { region, arn } = await heal();
    const { Events } = region.call('GetDurableExecutionHistory', { DurableExecutionArn: arn, MaxItems: 1000 }) as {
      Events: { EventType: string; Name?: string }[];
    };
    const told = Events.map(({ EventType, Name }) => (Name ? `${EventType} ${Name}` : EventType));
    expect(told[0]).toMatch(/^ExecutionStarted/);
    expect(told).toContain('StepStarted modify');
    expect(told).toContain('WaitSucceeded settle');
    expect(told).toContain('ContextSucceeded grow');
    expect(told.at(-1)).toMatch(/^ExecutionSucceeded/);
  });
});

describe('The name of a durable execution', () => {
  const start = async (region: ReturnType<typeof lambdaRegion>, payload: unknown, name = 'attempt-1') =>
    await region.invoke({ ...HEAL, DurableExecutionName: name }, payload);

  it('stands for one execution, while it runs and after it has ended', async () => {
    const region = lambdaRegion();
    const effects: string[] = [];
    region.deploy('heal', healing(effects), DURABLE);
    const first = await start(region, { volume: 'vol-1' });
    expect((await start(region, { volume: 'vol-1' })).DurableExecutionArn).toBe(first.DurableExecutionArn);
    await region.drain();
    expect((await start(region, { volume: 'vol-1' })).DurableExecutionArn).toBe(first.DurableExecutionArn);
    await region.drain();
    expect(effects).toEqual(['modify vol-1', 'fence']);
  });

  it('is refused with another payload', async () => {
    const region = lambdaRegion();
    region.deploy('heal', healing([]), DURABLE);
    await start(region, { volume: 'vol-1' });
    await expect(start(region, { volume: 'vol-2' })).rejects.toMatchObject({
      name: 'DurableExecutionAlreadyStartedException',
    });
  });

  it('is free again when the retention is over', async () => {
    const region = lambdaRegion();
    region.deploy('heal', healing([]), DURABLE);
    const first = await start(region, { volume: 'vol-1' });
    await region.drain(2 * 86_400_000);
    expect(() => region.get(first.DurableExecutionArn)).toThrow(/not found/);
    expect((await start(region, { volume: 'vol-2' })).DurableExecutionArn).not.toBe(first.DurableExecutionArn);
  });

  it('must be letters, digits, hyphens and underscores, and goes with a qualified function only', async () => {
    const region = lambdaRegion();
    region.deploy('heal', healing([]), DURABLE);
    await expect(start(region, {}, 'a b')).rejects.toThrow(/DurableExecutionName/);
    expect(() => region.invoke({ FunctionName: 'heal', InvocationType: 'Event' })).toThrow(/unqualified ARN/);
  });
});

describe('Failures', () => {
  it('a failed invocation is repeated after 1, 2, 4 … seconds, until there is progress', async () => {
    const region = lambdaRegion();
    const startedAt: number[] = [];
    region.deploy(
      'heal',
      async (event, context, tools) => {
        startedAt.push((region.kernel.clock.now() - FUTURE_MS) / 1000);
        if (startedAt.length <= 3) throw new Error('Runtime is not well');
        return durable(async () => 'done')(event, context, tools);
      },
      DURABLE,
    );
    const { DurableExecutionArn: arn } = await region.invoke(HEAL);
    await region.drain();
    expect(startedAt).toEqual([0.5, 1.5, 3.5, 7.5]);
    expect(region.get(arn)).toMatchObject({ Status: 'SUCCEEDED', Result: '"done"' });
    expect(region.counted('Errors')).toBe(3);
  });

  it('an error of the handler ends the execution, and its event goes to the dead-letter queue', async () => {
    const region = lambdaRegion();
    const dead: string[] = [];
    region.kernel.receive('arn:aws:sqs:', (_, payload) => void dead.push(payload));
    const failing = durable(async () => {
      throw new TypeError('no such volume');
    });
    region.deploy('heal', failing, {
      ...DURABLE,
      DeadLetterConfig: { TargetArn: 'arn:aws:sqs:eu-west-1:111122223333:dlq' },
    });
    const { DurableExecutionArn: arn } = await region.invoke(HEAL, { volume: 'vol-1' });
    await region.drain();
    expect(region.get(arn)).toMatchObject({ Status: 'FAILED', Error: { ErrorMessage: 'no such volume' } });
    expect(dead).toEqual(['{"volume":"vol-1"}']);
    expect(region.counted('DurableExecutionFailed')).toBe(1);
  });

  it('a step is retried when its strategy says so', async () => {
    const region = lambdaRegion();
    const at: number[] = [];
    const retryStrategy = createRetryStrategy({
      maxAttempts: 3,
      initialDelay: { seconds: 10 },
      backoffRate: 2,
      jitter: JitterStrategy.NONE,
    });
    region.deploy(
      'heal',
      durable(async (_, context: DurableContext) =>
        context.step(
          'flaky',
          async () => {
            at.push((region.kernel.clock.now() - FUTURE_MS) / 1000);
            if (at.length < 3) throw new Error('throttled');
            return at.length;
          },
          { retryStrategy },
        ),
      ),
      DURABLE,
    );
    const { DurableExecutionArn: arn } = await region.invoke(HEAL);
    await region.drain();
    expect(at).toEqual([0.5, 10.5, 30.5]);
    expect(region.get(arn).Result).toBe('3');
  });

  it('times out, whatever it is waiting for', async () => {
    const region = lambdaRegion();
    const effects: string[] = [];
    region.deploy('heal', healing(effects), { DurableConfig: { ExecutionTimeout: 3600 } });
    const { DurableExecutionArn: arn } = await region.invoke(HEAL, { volume: 'vol-1' });
    await region.drain();
    expect(region.get(arn).Status).toBe('TIMED_OUT');
    expect(region.get(arn).EndTimestamp?.getTime()).toBe(FUTURE_MS + 3_600_000);
    expect(effects).not.toContain('fence');
    expect(region.counted('DurableExecutionTimedOut')).toBe(1);
  });

  it('with the fault "execution-timeout" the first execution dies in mid-flight, and the second does not', async () => {
    const region = lambdaRegion();
    region.kernel.faults.add('execution-timeout');
    region.deploy('heal', healing([]), DURABLE);
    const first = await region.invoke({ ...HEAL, DurableExecutionName: 'one' }, { volume: 'vol-1' });
    await region.drain();
    const second = await region.invoke({ ...HEAL, DurableExecutionName: 'two' }, { volume: 'vol-1' });
    await region.drain();
    expect([region.get(first.DurableExecutionArn).Status, region.get(second.DurableExecutionArn).Status]).toEqual([
      'TIMED_OUT',
      'SUCCEEDED',
    ]);
  });

  it('is stopped by a person for good', async () => {
    const region = lambdaRegion();
    const effects: string[] = [];
    region.deploy('heal', healing(effects), DURABLE);
    const { DurableExecutionArn: arn } = await region.invoke(HEAL, { volume: 'vol-1' });
    await region.drain(60_000);
    const enough = { ErrorType: 'Person', ErrorMessage: 'enough' };
    expect(region.call('StopDurableExecution', { DurableExecutionArn: arn, Error: enough })).toEqual({
      StopTimestamp: new Date(FUTURE_MS + 60_000),
    });
    await region.drain();
    expect(region.get(arn)).toMatchObject({ Status: 'STOPPED', Error: enough });
    expect(effects).toEqual(['modify vol-1']);
  });

  it('chained invokes are refused with a sentence, and end the execution', async () => {
    const region = lambdaRegion();
    region.deploy(
      'heal',
      durable(async (_, context: DurableContext) => context.invoke('other:1', {})),
      DURABLE,
    );
    const { DurableExecutionArn: arn } = await region.invoke(HEAL);
    await region.drain(600_000);
    expect(region.get(arn)).toMatchObject({ Status: 'FAILED' });
    expect(region.get(arn).Error?.ErrorMessage).toMatch(/Chained invokes are not emulated/);
  });
});

describe('Callbacks', () => {
  const asking = (ids: string[]): Handler =>
    durable(async (_, context: DurableContext) =>
      context
        .waitForCallback('approval', async (id) => void ids.push(id), {
          timeout: { hours: 4 },
          heartbeatTimeout: { minutes: 10 },
        })
        .catch((error) => String(error)),
    );

  const ask = async () => {
    const region = lambdaRegion();
    const ids: string[] = [];
    region.deploy('heal', asking(ids), DURABLE);
    const { DurableExecutionArn: arn } = await region.invoke(HEAL);
    await region.drain(60_000);
    return { region, arn, CallbackId: ids[0] };
  };

  it('are answered once, from outside', async () => {
    const { region, arn, CallbackId } = await ask();
    expect(region.get(arn).Status).toBe('RUNNING');
    region.call('SendDurableExecutionCallbackSuccess', { CallbackId, Result: Buffer.from('approved by kim') });
    await region.drain();
    expect(region.get(arn).Result).toBe('"approved by kim"');
    expect(() => region.call('SendDurableExecutionCallbackSuccess', { CallbackId })).toThrow(/already been closed/);
  });

  it('may be refused', async () => {
    const { region, arn, CallbackId } = await ask();
    region.call('SendDurableExecutionCallbackFailure', { CallbackId, Error: { ErrorMessage: 'not tonight' } });
    await region.drain();
    expect(region.get(arn).Result).toMatch(/not tonight/);
  });

  it('time out without a heartbeat, and live on with one', async () => {
    const { region, arn, CallbackId } = await ask();
    await region.drain(500_000);
    region.call('SendDurableExecutionCallbackHeartbeat', { CallbackId });
    await region.drain(500_000);
    expect(region.get(arn).Status).toBe('RUNNING');
    await region.drain(200_000);
    expect(region.get(arn).Result).toMatch(/timed out on heartbeat/);
  });

  it('are known by their id only', () => {
    const region = lambdaRegion();
    expect(() => region.call('SendDurableExecutionCallbackHeartbeat', { CallbackId: 'nonsense' })).toThrow(
      /CallbackId/,
    );
  });
});
