import { describe, expect, it } from '@jest/globals';
import { type MetricProbe, probeMetric } from '../../../functions/watch-fleet/probes/metric.ts';
import { questionOf } from '../../../functions/watch-fleet/probes/probe.ts';
import { probeVpc } from '../../../functions/watch-fleet/probes/vpc.ts';
import type { ProbeQuestion, ProbeRequest } from '../../../shared/probe/protocol.ts';
import { fleetOf, instanceId, nodeNamed, T0 } from '../../fixtures/sights.ts';

const LATER = Number.POSITIVE_INFINITY;
const nodes = (count: number) =>
  Array.from({ length: count }, (_, at) => nodeNamed(`node${at}`, { instanceId: `i-${at}` }));

describe('a height that a metric tells', () => {
  const probe: MetricProbe = {
    by: 'metric',
    namespace: 'Stacks',
    heightMetric: 'stacks_tip_height',
    instanceDimension: 'InstanceId',
    dimensions: { Network: 'mainnet' },
    periodSeconds: 300,
  };

  interface Input {
    readonly MetricDataQueries: readonly {
      Id: string;
      MetricStat: { Metric: { Dimensions: object[] }; Period: number };
    }[];
    readonly StartTime: Date;
  }
  /** Answers with these values by the instance's number; an undefined one was not written lately. */
  const cloudwatch = (values: Readonly<Record<number, number>>) => {
    const asked: Input[] = [];
    const send = async ({ input }: { input: Input }) => {
      asked.push(input);
      const MetricDataResults = input.MetricDataQueries.flatMap(({ Id, MetricStat }) => {
        const [, { Value = '' } = {}] = MetricStat.Metric.Dimensions as { Value?: string }[];
        const value = values[Number(Value.slice(2))];
        return value === undefined ? [] : [{ Id, Timestamps: [new Date(T0 - 120_000)], Values: [value] }];
      });
      return { MetricDataResults };
    };
    return { asked, client: { send } as never };
  };

  it('is read as a height and nothing else; one that is not written any more is unknown', async () => {
    const { asked, client } = cloudwatch({ 0: 930_000, 2: -1 });
    const { readings, failures } = await probeMetric(client, probe, nodes(3), T0, LATER);
    expect(failures).toEqual([]);
    expect(readings.get('i-0')).toMatchObject({
      kind: 'read',
      reading: { status: { kind: 'ok', facts: { height: 930_000, hashes: [] } } },
    });
    expect(readings.get('i-1')).toEqual({
      kind: 'unasked',
      reason:
        'its metric stacks_tip_height has not been written for 11 min with exactly the dimensions Network, InstanceId',
      silent: true,
    });
    expect(readings.get('i-2')).toEqual({
      kind: 'unasked',
      reason: 'its metric stacks_tip_height is -1, expected a height',
    });
    expect(asked[0]?.MetricDataQueries[0]?.MetricStat).toMatchObject({
      Period: 300,
      Metric: {
        Dimensions: [
          { Name: 'Network', Value: 'mainnet' },
          { Name: 'InstanceId', Value: 'i-0' },
        ],
      },
    });
    expect(asked[0]?.StartTime).toEqual(new Date(T0 - 660_000));
  });

  it('is asked for 500 nodes at a time, and of those that run', async () => {
    const { asked, client } = cloudwatch({});
    await probeMetric(client, probe, [...nodes(1_001), nodeNamed('off', { state: 'stopped' })], T0, LATER);
    expect(asked.map(({ MetricDataQueries }) => MetricDataQueries.length)).toEqual([500, 500, 1]);
  });
});

describe('a probe in the VPC', () => {
  const question = questionOf(fleetOf(), [100]) as ProbeQuestion;
  const invoke = (answer: (request: ProbeRequest) => { Payload?: string; FunctionError?: string }) => {
    const asked: { FunctionName: string; request: ProbeRequest }[] = [];
    const send = async ({ input }: { input: { FunctionName: string; Payload: string } }) => {
      const request = JSON.parse(input.Payload) as ProbeRequest;
      asked.push({ FunctionName: input.FunctionName, request });
      const { Payload, FunctionError } = answer(request);
      return {
        ...(Payload !== undefined && { Payload: { transformToString: () => Payload } }),
        ...(FunctionError && { FunctionError }),
      };
    };
    return { asked, client: { lambdaOnce: { send } } as never };
  };
  const dead = { kind: 'error', code: 'slow', reason: 'silent' };
  const answered = ({ targets }: Pick<ProbeRequest, 'targets'>) => ({
    Payload: JSON.stringify({ statuses: targets.map(({ instanceId }) => ({ instanceId, status: dead })), peers: [] }),
  });

  it('is asked for 250 nodes at a time, about those that run in its VPC', async () => {
    const { asked, client } = invoke(answered);
    const others = [nodeNamed('far', { vpcId: 'vpc-2' }), nodeNamed('off', { state: 'stopped' })];
    const { readings, failures } = await probeVpc(
      client,
      'chainmend-probe-nodes-',
      'vpc-1',
      question,
      [...nodes(600), ...others],
      LATER,
    );
    expect(failures).toEqual([]);
    expect(asked.map(({ FunctionName, request }) => [FunctionName, request.targets.length])).toEqual([
      ['chainmend-probe-nodes-vpc-1', 250],
      ['chainmend-probe-nodes-vpc-1', 250],
      ['chainmend-probe-nodes-vpc-1', 100],
    ]);
    expect(asked[0]?.request).toMatchObject({
      kind: 'probe',
      fleet: 'bitcoin',
      ask: { what: 'status', heights: [100] },
    });
    expect(readings.size).toBe(601);
    expect(readings.get(instanceId('far'))).toEqual({
      kind: 'unasked',
      reason: 'it is in vpc-2, the fleet’s probe in vpc-1',
    });
  });

  it('that fails says nothing of its nodes, and of the others it says what it said', async () => {
    let calls = 0;
    const { client } = invoke((request) => {
      calls += 1;
      return calls === 1
        ? { FunctionError: 'Unhandled', Payload: '{"errorMessage":"out of memory"}' }
        : answered(request);
    });
    const { readings, failures } = await probeVpc(client, 'p-', 'vpc-1', question, nodes(300), LATER);
    expect(failures.map(String)).toEqual(['Error: p-vpc-1 failed (Unhandled): {"errorMessage":"out of memory"}']);
    expect([...readings.values()].filter(({ kind }) => kind === 'unasked')).toHaveLength(250);
    expect([...readings.values()].filter(({ kind }) => kind === 'read')).toHaveLength(50);
  });

  it('that answers nothing that it should is a failure by name', async () => {
    for (const Payload of ['null', '{"statuses":1}', '[]']) {
      const { failures } = await probeVpc(invoke(() => ({ Payload })).client, 'p-', 'vpc-1', question, nodes(1), LATER);
      expect(String(failures[0])).toContain(`p-vpc-1 answered ${Payload}, expected statuses`);
    }
  });

  it('did not come to everybody in its time: those are unknown', async () => {
    const { client } = invoke(({ targets }) => answered({ targets: targets.slice(0, 2) }));
    const { readings } = await probeVpc(client, 'p-', 'vpc-1', question, nodes(3), LATER);
    expect(readings.get('i-2')).toEqual({ kind: 'unasked', reason: 'the probe did not come to it in its time' });
  });
});
