import { describe, expect, it } from '@jest/globals';
import { rateOf } from '../../../local/services/ec2/wire.ts';
import { type GatewayOptions, LATENCY_MS } from '../../../local/simulator/gateway/gateway.ts';
import { TokenBuckets } from '../../../local/simulator/gateway/rate-limits.ts';
import { programmed } from '../../../local/simulator/request-faults.ts';
import { AwsError, type Service } from '../../../local/simulator/service.ts';
import { wasCarriedOut } from '../../../local/simulator/trace.ts';
import { gatewayRegion } from '../../fixtures/gateway-region.ts';
import { START_MS } from '../../fixtures/kernel.ts';

const PERSON = { actor: 'person' };
const Tags = [{ Key: 'k', Value: 'v' }];

/** EC2 and Parameter Store, as far as these tests need them. */
async function region(options: Partial<GatewayOptions> = {}) {
  const seen: { what: string; at: number; input: unknown }[] = [];
  const see = (what: string) => (input: unknown, call: { at: number }) => {
    seen.push({ what, at: call.at, input });
    return {};
  };
  const services: Service[] = [
    {
      name: 'ec2',
      operations: {
        CreateTags: see('CreateTags'),
        DescribeVolumes: () => ({ Volumes: [{ VolumeId: 'vol-1' }] }),
        ModifyVolume: see('ModifyVolume'),
        StartInstances: see('StartInstances'),
      },
    },
    {
      name: 'ssm',
      operations: {
        GetParameter: ({ Name }) => {
          throw new AwsError('ParameterNotFound', `no ${Name}`);
        },
        // A deliberate defect: an instance id is a string.
        SendCommand: () => ({ Command: { InstanceIds: [5] } }),
      },
    },
    {
      name: 'lambda',
      operations: {
        Invoke: async () => new Promise((resolve) => clock.after(5000, () => resolve({ StatusCode: 200 }))),
      },
    },
  ];
  const { clock, gateway } = await gatewayRegion(services, options);
  /** Sends a request and runs the clock until its answer, or until no work is left. */
  const request = async (name: string, input: object = {}, caller: { actor: string; roleArn?: string } = PERSON) => {
    const [service = '', operation = ''] = name.split('.');
    let answer: { output?: object; error?: unknown; atMs?: number } = {};
    gateway.request({ service, operation, input, ...caller }).then(
      (output) => {
        answer = { output, atMs: clock.now() - START_MS };
      },
      (error: unknown) => {
        answer = { error, atMs: clock.now() - START_MS };
      },
    );
    await clock.run();
    return answer;
  };
  return { clock, gateway, request, seen };
}

describe('the gateway', () => {
  it('lets a request take effect when it arrives and answers 50 ms later', async () => {
    const { request, seen } = await region();
    expect(await request('ec2.CreateTags', { Resources: ['i-1'], Tags })).toEqual({ output: {}, atMs: LATENCY_MS });
    expect(seen).toEqual([{ what: 'CreateTags', at: START_MS, input: { Resources: ['i-1'], Tags } }]);
  });

  it('answers an operation that waits when it has ended', async () => {
    const { request } = await region();
    expect(await request('lambda.Invoke', { FunctionName: 'f' })).toMatchObject({
      output: { StatusCode: 200 },
      atMs: 5000,
    });
  });

  it.each([
    ['ec2.ModifyVolume', { Size: 5 }, 'MissingParameter', 'The request must contain the parameter VolumeId'],
    ['ec2.ModifyVolume', { VolumeId: 'v', Size: '5' }, 'InvalidParameterValue', 'Size: expected a number, found "5"'],
    [
      'ec2.CreateTags',
      { Resources: ['i-1', 7], Tags },
      'InvalidParameterValue',
      'Resources.1: expected a string, found number',
    ],
    [
      'ssm.GetParameter',
      {},
      'ValidationException',
      "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
    ],
    ['ssm.GetParameter', { Name: '/a' }, 'ParameterNotFound', 'no /a'],
    [
      'ec2.CreateVpc',
      {},
      'NotImplemented',
      'ec2.CreateVpc is not emulated by the local region; it knows CreateTags, DescribeVolumes, ModifyVolume, StartInstances.',
    ],

    [
      'ec2.GrowVolume',
      {},
      'InvalidAction',
      'The service "ec2" of AWS has no operation GrowVolume that this region knows of.',
    ],
  ])('refuses %s %j with %s', async (name, input, code, message) => {
    const { request, seen } = await region();
    const { error, atMs } = await request(name, input);
    expect(error).toMatchObject({ name: code, message });
    expect(atMs).toBe(LATENCY_MS);
    expect(seen).toEqual([]);
  });

  it('ends the run where a service answers what its own schema does not allow', async () => {
    const { request } = await region();
    await expect(request('ssm.SendCommand', { DocumentName: 'doc' })).rejects.toThrow(
      'expected a string, found number',
    );
  });

  it('refuses a member that AWS does not have: the SDK would leave it out in silence', async () => {
    const { gateway } = await gatewayRegion([], {}, ['ec2']);
    const refused = (input: object) => gateway.prepare('ec2', 'ModifyVolume', input).refusal?.message;
    expect(refused({ VolumeId: 'vol-1', Size: 10 })).toBeUndefined();
    expect(refused({ VolumeId: 'vol-1', SizeGiB: 10 })).toBe('SizeGiB: expected no such member, found number');
    const tagged = { TagSpecifications: [{ ResourceType: 'volume', Tag: [] }] };
    expect(gateway.prepare('ec2', 'CreateVolume', tagged).refusal?.message).toContain('TagSpecifications.0.Tag');
  });

  it('serves no operation that AWS does not have', async () => {
    await expect(gatewayRegion([{ name: 'ec2', operations: { GrowVolume: () => ({}) } }])).rejects.toThrow(
      'ec2.GrowVolume: AWS has no such operation',
    );
  });

  it('shares no object with its callers', async () => {
    const { gateway, clock, seen } = await region();
    const Resources = ['i-1'];
    const answer = gateway.request({
      service: 'ec2',
      operation: 'CreateTags',
      input: { Resources, Tags },
      ...PERSON,
    });
    Resources.push('i-2');
    await clock.run();
    await answer;
    const served = seen[0]?.input as { Resources: string[] };
    expect(served.Resources).toEqual(['i-1']);
    served.Resources.push('i-3');
    expect(gateway.trace.calls[0]?.input).toEqual({ Resources: ['i-1'], Tags });
  });

  it('asks whether the caller may, and refuses what it may not', async () => {
    const { request, seen } = await region({
      authorize: ({ roleArn }, service, operation) => {
        if (roleArn !== undefined)
          throw new AwsError('UnauthorizedOperation', `${service}:${operation}`, { statusCode: 403 });
      },
    });
    const tags = { Resources: ['i-1'], Tags };
    expect((await request('ec2.CreateTags', tags, { actor: 'f/1', roleArn: 'arn:role' })).error).toMatchObject({
      name: 'UnauthorizedOperation',
      message: 'ec2:CreateTags',
    });
    expect((await request('ec2.CreateTags', tags)).output).toEqual({});
    expect(seen).toHaveLength(1);
  });
});

describe('API rates', () => {
  it('throttle when the burst is used up, and recover with time', async () => {
    const { request, clock } = await region({ limits: new TokenBuckets() });
    const start = () => request('ec2.StartInstances', { InstanceIds: ['i-1'] });
    // RunInstances and StartInstances: a burst of 5, then 2 a second.
    const codes: unknown[] = [];
    for (let i = 0; i < 7; i++) codes.push(((await start()).error as Error | undefined)?.name);
    expect(codes).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      'RequestLimitExceeded',
      'RequestLimitExceeded',
    ]);
    expect((await start()).error).toMatchObject({ name: 'RequestLimitExceeded', statusCode: 503 });
    await clock.run({ untilMs: clock.now() + 1000 });
    expect((await start()).error).toBeUndefined();
  });

  it('are lower for reads that neither filter nor paginate', () => {
    const buckets = new TokenBuckets();
    const takeAll = (input: object): number => {
      for (let taken = 0; ; taken++) {
        if (!buckets.take('ec2', 'DescribeVolumes', rateOf('DescribeVolumes', input), START_MS)) return taken;
      }
    };
    expect(takeAll({})).toBe(50);
    expect(takeAll({ VolumeIds: ['vol-1'] })).toBe(100);
  });
});

describe('faults on requests', () => {
  it('throttle without an effect', async () => {
    const { request, seen } = await region({ faults: programmed({ nth: 1, fate: 'throttled' }) });
    const { error } = await request('ec2.CreateTags', { Resources: ['i-1'], Tags });
    expect(error).toMatchObject({ name: 'RequestLimitExceeded' });
    expect(seen).toEqual([]);
  });

  it('lose an answer after the effect', async () => {
    const { request, seen, gateway } = await region({
      faults: programmed({ nth: 1, match: ({ mutating }) => mutating, fate: 'answer lost' }),
    });
    expect((await request('ec2.DescribeVolumes')).output).toEqual({ Volumes: [{ VolumeId: 'vol-1' }] });
    expect(await request('ec2.CreateTags', { Resources: ['i-1'], Tags })).toEqual({});
    expect(seen).toHaveLength(1);
    expect(gateway.trace.calls.map(({ outcome }) => outcome)).toEqual(['ok', 'answer lost']);
  });

  it('lose the refusal of what nobody carried out', async () => {
    const { request, gateway } = await region({ faults: programmed({ nth: 1, fate: 'answer lost' }) });
    for (let again = 0; again < 2; again++) await request('ssm.GetParameter', { Name: 'x' });
    const { calls } = gateway.trace;
    expect(calls.map(({ outcome, refused }) => [outcome, refused])).toEqual([
      ['answer lost', 'ParameterNotFound'],
      ['ParameterNotFound', undefined],
    ]);
    expect(calls.filter(wasCarriedOut)).toEqual([]);
  });

  it('kill a sandbox and tell who keeps sandboxes; a person they cannot kill', async () => {
    const told: string[] = [];
    const { request, gateway, seen } = await region({
      faults: programmed({ nth: 1, fate: 'caller killed before' }, { nth: 2, fate: 'caller killed before' }),
      onSandboxKilled: (actor) => told.push(actor),
    });
    let killed = 0;
    gateway.attach('f/1', () => killed++);
    expect(() => gateway.attach('f/1', () => {})).toThrow('actor "f/1"');
    const tags = { Resources: ['i-1'], Tags };
    expect(await request('ec2.CreateTags', tags, { actor: 'f/1' })).toEqual({});
    expect({ killed, told, effects: seen.length }).toEqual({ killed: 1, told: ['f/1'], effects: 0 });
    expect((await request('ec2.CreateTags', tags)).output).toEqual({});
    expect(gateway.kill('f/1')).toBe(false);
  });
});

describe('the trace', () => {
  it('counts calls, keeps the last of a long run, and hashes all of them', async () => {
    const [long, short] = [await region(), await region({ retain: 3 })];
    for (const { request } of [long, short]) {
      for (let i = 0; i < 20; i++) await request('ec2.DescribeVolumes', { MaxResults: i });
    }
    expect(short.gateway.trace.calls.length).toBeLessThanOrEqual(6);
    expect(short.gateway.trace.calls.at(-1)?.input).toEqual({ MaxResults: 19 });
    expect(short.gateway.trace.counts()).toEqual(new Map([['ec2.DescribeVolumes', 20]]));
    expect(short.gateway.trace.hash()).toBe(long.gateway.trace.hash());
    await short.request('ec2.DescribeVolumes');
    expect(short.gateway.trace.hash()).not.toBe(long.gateway.trace.hash());
  });
});
