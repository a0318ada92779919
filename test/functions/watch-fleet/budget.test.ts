// A sweep has a minute: what remains of it when a call takes longer, fails, or comes twice.
import { CloudWatchServiceException } from '@aws-sdk/client-cloudwatch';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SweepPages } from '../../../functions/watch-fleet/aws-outage.ts';
import type { WatchContext } from '../../../functions/watch-fleet/context.ts';
import { ASK_FOR_MS } from '../../../functions/watch-fleet/handler.ts';
import { metricsOf } from '../../../functions/watch-fleet/metrics.ts';
import { notifyPeople } from '../../../functions/watch-fleet/notify.ts';
import { storeObservations } from '../../../functions/watch-fleet/observations.ts';
import { questionOf } from '../../../functions/watch-fleet/probes/probe.ts';
import { probeSsm } from '../../../functions/watch-fleet/probes/ssm.ts';
import { probeVpc } from '../../../functions/watch-fleet/probes/vpc.ts';
import { UNSAID } from '../../../shared/chains/client.ts';
import type { FleetWatch, ObservedNode } from '../../../shared/fleet/observation.ts';
import { createStore } from '../../../shared/heal/store.ts';
import type { ProbeQuestion } from '../../../shared/probe/protocol.ts';
import { dead, fleetOf, nodeNamed, T0, Watched } from '../../fixtures/sights.ts';

const named = (count: number) =>
  Array.from({ length: count }, (_, at) => nodeNamed(`node${at}`, { instanceId: `i-${at}` }));
const question = questionOf(fleetOf(), [100]) as ProbeQuestion;
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('asking', () => {
  beforeEach(() => void jest.useFakeTimers({ now: T0 }));
  afterEach(() => void jest.useRealTimers());

  /** The duration of some work by the given clock. */
  async function timed<T>(work: Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
    let ms = 0;
    let over = false;
    const done = work.then((result) => {
      over = true;
      ms = Date.now() - T0;
      return result;
    });
    while (!over) await jest.advanceTimersByTimeAsync(250);
    return { result: await done, ms };
  }

  it('5,000 silent nodes through a VPC is over in time, and leaves none of them out', async () => {
    const send = async ({ input }: { input: { Payload: string } }) => {
      // Five groups of fifty silent nodes take 4 s each.
      await later(20_500);
      const { targets } = JSON.parse(input.Payload) as { targets: { instanceId: string }[] };
      const statuses = targets.map(({ instanceId }) => ({ instanceId, status: dead }));
      return { Payload: { transformToString: () => JSON.stringify({ statuses, peers: [] }) } };
    };
    const { result, ms } = await timed(
      probeVpc({ lambdaOnce: { send } } as never, 'p-', 'vpc-1', question, named(5_000), T0 + ASK_FOR_MS),
    );
    expect(ms).toBeLessThanOrEqual(ASK_FOR_MS);
    expect([...result.readings.values()].filter(({ kind }) => kind === 'read')).toHaveLength(5_000);
  });

  it('10,000 nodes through probes that take all of their time: who is not reached is unknown, and that is a failure', async () => {
    const send = async () => {
      await later(35_000);
      throw new Error('it did not answer');
    };
    const { result, ms } = await timed(
      probeVpc({ lambdaOnce: { send } } as never, 'p-', 'vpc-1', question, named(10_000), T0 + ASK_FOR_MS),
    );
    expect(ms).toBeLessThanOrEqual(ASK_FOR_MS);
    expect(result.readings.size).toBe(10_000);
    expect(new Set([...result.readings.values()].map(({ kind }) => kind))).toEqual(new Set(['unasked']));
    expect(result.failures.map(String)).toContain(
      'Error: 5000 of 10000 nodes were not asked: the sweep had no time left',
    );
  });

  const ssm = (status: string) => ({
    send: async ({
      input,
    }: {
      input: { InstanceIds?: string[]; CommandId?: string; Filters?: { Values: string[] }[] };
    }) => {
      await later(100);
      if (input.Filters)
        return {
          InstanceInformationList: input.Filters[0]?.Values.map((InstanceId) => ({
            ...{ InstanceId, PingStatus: 'Online', AgentVersion: '3.3.9999.0', PlatformType: 'Linux' },
          })),
        };
      if (input.InstanceIds) return { Command: { CommandId: input.InstanceIds.join() } };
      return {
        CommandInvocations: input.CommandId?.split(',').map((InstanceId) => ({ InstanceId, Status: status })),
      };
    },
  });

  it('5,000 nodes by commands that are never answered is over in time, too', async () => {
    const { result, ms } = await timed(
      probeSsm(
        ssm('InProgress') as never,
        'ask-node',
        fleetOf({}, { probe: 'ssm' }),
        question,
        named(5_000),
        T0 + ASK_FOR_MS,
      ),
    );
    expect(ms).toBeLessThanOrEqual(ASK_FOR_MS);
    expect(result.readings.size).toBe(5_000);
  });

  it('5,000 nodes by commands that are answered at once reaches all of them', async () => {
    const { result, ms } = await timed(
      probeSsm(
        ssm('Failed') as never,
        'ask-node',
        fleetOf({}, { probe: 'ssm' }),
        question,
        named(5_000),
        T0 + ASK_FOR_MS,
      ),
    );
    expect(ms).toBeLessThanOrEqual(ASK_FOR_MS);
    const reasons = new Set(
      [...result.readings.values()].map((reading) => (reading.kind === 'unasked' ? reading.reason : '')),
    );
    expect([...reasons]).toEqual(['the command that asks it was not answered: Failed']);
  });
});

describe('telling', () => {
  const silent = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`node${at}`, dead]));

  function watchContext(more: { journal?: () => void; mutes?: number; muteRules?: () => void } = {}) {
    const calls: string[] = [];
    const cloudwatch = {
      send: async (command: {
        constructor: { name: string };
        input: { AlarmNames?: string[]; AlarmName?: string };
      }) => {
        calls.push(command.constructor.name);
        more.muteRules?.();
        if (command.input.AlarmNames)
          return { MetricAlarms: command.input.AlarmNames.map((AlarmName) => ({ AlarmName })) };
        const isMuted =
          command.input.AlarmName === undefined ? more.mutes : command.input.AlarmName.includes('-node0-');
        return { AlarmMuteRuleSummaries: isMuted ? [{}] : [] };
      },
    };
    const published: string[] = [];
    const sns = { send: async ({ input }: { input: { Message: string } }) => void published.push(input.Message) };
    const store = {
      writeOnce: async () => more.journal?.(),
      readIncidents: async () => [],
    };
    return {
      calls,
      published,
      context: {
        clients: { cloudwatch, sns },
        store,
        environment: { TOPIC_ARN: 'arn:aws:sns:eu-west-1:111122223333:chainmend-pages' },
      } as unknown as WatchContext,
    };
  }

  async function tell(fleet: ReturnType<typeof fleetOf>, count: number, at: ReturnType<typeof watchContext>) {
    // Long enough for a full disk's alarm.
    const watched = new Watched(fleet).sweep(silent(count)).sweep(silent(count));
    const before = { nodes: watched.nodes, watch: watched.watch };
    watched.sweep(silent(count));
    if (watched.result === undefined) throw new Error('no result');
    const failures: unknown[] = [];
    const sent = await notifyPeople(
      at.context,
      { ...watched.sight({ nodes: silent(count) }), before },
      watched.result,
      async (work) => {
        try {
          await work();
        } catch (error) {
          failures.push(error);
        }
      },
    );
    return { sent, failures };
  }

  it('of an outage of AWS is one for all fleets that it hits in a sweep, and each fleet counts as told', async () => {
    const unasked = { node1: { unasked: 'asking it failed' }, node2: { unasked: 'asking it failed' } };
    const told = async (at: ReturnType<typeof watchContext>, pages: SweepPages, awsFailure?: string) => {
      const watched = new Watched(fleetOf()).sweep(unasked);
      const before = { nodes: watched.nodes, watch: watched.watch };
      watched.sweep(unasked);
      if (watched.result === undefined) throw new Error('no result');
      const facts = { ...watched.sight({ nodes: unasked }), before, ...(awsFailure && { awsFailure }) };
      return notifyPeople(at.context, facts, watched.result, async (work) => void (await work()), pages);
    };
    const at = watchContext({});
    const pages = new SweepPages();
    const sent = await Promise.all([1, 2, 3].map(() => told(at, pages, 'InternalServerError')));
    expect(sent.map(([page]) => page?.code)).toEqual(['cannot-ask', 'cannot-ask', 'cannot-ask']);
    expect(at.published).toHaveLength(1);
    expect(at.published[0]).toContain('AWS fails in this region (InternalServerError)');
    await told(at, new SweepPages());
    expect(at.published).toHaveLength(2);
  });

  it('of 5,000 silent nodes with alarms of their own takes a bounded number of calls', async () => {
    for (const mutes of [0, 1]) {
      const at = watchContext({ mutes });
      const { sent } = await tell(fleetOf({}, { alarms: { per: 'node' } }), 5_000, at);
      expect(sent).toHaveLength(1);
      expect(at.calls.length).toBeLessThan(mutes === 0 ? 10 : 400);
    }
  });

  it('asks for mutes alarm by alarm only while there are any', async () => {
    const none = watchContext({ mutes: 0 });
    expect((await tell(fleetOf(), 3, none)).sent[0]?.nodes).toHaveLength(3);
    expect(none.calls).toEqual(['DescribeAlarmsCommand', 'ListAlarmMuteRulesCommand']);
    const some = watchContext({ mutes: 1 });
    expect((await tell(fleetOf(), 3, some)).sent[0]?.nodes.map(({ name }) => name)).toEqual(['node1', 'node2']);
  });

  it('is not kept from people by a refusal to say whether an alarm is muted', async () => {
    const muteRules = (name: string, httpStatusCode: number) => () => {
      throw new CloudWatchServiceException({ name, message: 'no', $fault: 'client', $metadata: { httpStatusCode } });
    };
    const refused = watchContext({ muteRules: muteRules('AccessDenied', 403) });
    expect((await tell(fleetOf(), 2, refused)).sent).toHaveLength(1);
    expect(refused.published).toHaveLength(1);
    // The state is unknown: the next sweep, a minute later, looks again.
    const unknown = watchContext({ muteRules: muteRules('InternalServiceFault', 500) });
    expect(await tell(fleetOf(), 2, unknown)).toMatchObject({ sent: [], failures: [expect.anything()] });
  });

  it('counts as told what was published, though the journal could not be written: nobody is paged again for that', async () => {
    const at = watchContext({
      journal: () => {
        throw new Error('the table is throttled');
      },
    });
    const { sent, failures } = await tell(fleetOf(), 2, at);
    expect(at.published).toHaveLength(1);
    expect(sent).toHaveLength(1);
    expect(failures.map(String)).toEqual(['Error: the table is throttled']);
  });
});

const contextOf = (dynamodb: never) =>
  ({
    clients: { dynamodb },
    environment: { TABLE_NAME: 'chainmend' },
    store: createStore(dynamodb, 'chainmend'),
  }) as unknown as WatchContext;

describe('keeping', () => {
  it('a part that cannot be written keeps back neither the other parts nor the fleet as a whole', async () => {
    const watched = new Watched().sweep(Object.fromEntries(named(250).map(({ name }) => [name, 1000])));
    const written: string[] = [];
    const dynamodb = {
      send: async ({ input }: { input: { Item: { sk: { S: string } } } }) => {
        const { S: sk } = input.Item.sk;
        if (sk === 'OBSERVATION#000') throw new Error('item size has exceeded the maximum allowed size');
        written.push(sk);
        return {};
      },
    } as never;
    const nodes: ObservedNode[] = [...watched.nodes.values()];
    const kept = storeObservations(contextOf(dynamodb), {
      ...{ fleet: 'bitcoin', nodes, watch: { ...(watched.watch as FleetWatch), version: 0 }, before: [] },
    });
    await expect(kept).rejects.toThrow('item size has exceeded');
    expect(written).toEqual(['OBSERVATION#001', 'OBSERVATION#002', 'WATCH']);
  });
});

describe('measuring', () => {
  it('a consensus client shows how far it says that it is behind, and nothing where it says nothing', () => {
    const facts = { ...UNSAID, hashes: [], height: 10_000, claimedTip: 10_004 };
    const status = { kind: 'ok', facts: { ...UNSAID, hashes: [], height: 1000 } } as const;
    const sweep = {
      nodes: {
        node1: { status, beacon: { kind: 'ok', facts } },
        node2: { status, beacon: { kind: 'starting', reason: 'not ready' } },
        node3: 1000,
      },
    } as const;
    const watched = new Watched(fleetOf({}, { chain: 'ethereum', fleet: 'ethereum' })).sweep(sweep as never);
    if (watched.result === undefined) throw new Error('no result');
    const data = metricsOf(watched.sight(sweep as never), watched.result, new Set());
    const told = data.filter(({ MetricName }) => MetricName === 'ConsensusSlotsBehind');
    expect(told.map(({ Value, Dimensions }) => [Dimensions?.at(-1)?.Value, Value])).toEqual([['node1', 4]]);
  });

  it('is not stopped by a node that tells of more volumes than there can be', () => {
    const disks = Object.fromEntries(Array.from({ length: 300_000 }, (_, at) => [`v${at}`, 10]));
    const sweep = { nodes: { node1: { status: dead, diskUsedPercent: disks }, node2: 1000 } };
    const watched = new Watched().sweep(sweep);
    if (watched.result === undefined) throw new Error('no result');
    const data = metricsOf(watched.sight(sweep), watched.result, new Set());
    expect(data.find(({ MetricName }) => MetricName === 'DiskUsedPercent')?.Value).toBe(10);
  });
});
