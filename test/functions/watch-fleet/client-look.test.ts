// A fleet of which nothing is asked but whether its clients run (`probe: unit`).
import { describe, expect, it } from '@jest/globals';
import { looksDue } from '../../../functions/watch-fleet/client-look.ts';
import type { LookReading } from '../../../functions/watch-fleet/context.ts';
import { duePages } from '../../../functions/watch-fleet/pages.ts';
import { probeClients } from '../../../functions/watch-fleet/probes/clients.ts';
import type { ObservedNode } from '../../../shared/fleet/observation.ts';
import { fleetOf, instanceId, MINUTE, nodeNamed, T0, Watched } from '../../fixtures/sights.ts';

const fleet = fleetOf({}, { probe: 'unit' });
const client = (state: 'running' | 'stopped' | 'failed' | 'unknown', more = {}) =>
  ({ state, exitStatus: null, asked: null, lastLine: '', masked: false, ...more }) as const;
const says = (...clients: ReturnType<typeof client>[]): LookReading => ({
  kind: 'seen',
  state: { clients, volumes: [], devices: [], rootUsedPercent: 40 },
});
const runs = says(client('running'));
const failed = says(client('failed', { exitStatus: 137, lastLine: 'out of memory' }));
const silent: LookReading = { kind: 'unasked', reason: 'the command that asks it was not answered in time' };
const unasked = { unasked: 'nobody asks it where it stands' };

/** One node beside one that runs, looked at every three minutes. */
function seenAs(...looks: (LookReading | undefined)[]): Watched {
  const watched = new Watched(fleet);
  for (const look of looks)
    watched.sweep(
      { nodes: { node1: unasked, node2: unasked }, looks: { node1: runs, ...(look && { node2: look }) } },
      3 * MINUTE,
    );
  return watched;
}
const healthAfter = (...looks: Parameters<typeof seenAs>): [string, boolean] => {
  const { health, runs: isUp } = seenAs(...looks).node('node2');
  return [health, isUp === true];
};

describe('a client that nobody asks more than whether it runs', () => {
  it.each<[string, Parameters<typeof seenAs>, [string, boolean]]>([
    ['that runs has no health, and is in no trouble', [runs], ['unknown', true]],
    ['is not dead in one look', [runs, failed], ['unknown', false]],
    ['is dead in two looks', [runs, failed, failed], ['unreachable', false]],
    ['is dead in two looks that came first', [failed, failed], ['unreachable', false]],
    ['that came up in between is not', [failed, runs, failed], ['unknown', false]],
    ['runs again once one look says so', [failed, failed, runs], ['unknown', true]],
    [
      'that was stopped is dead, too: who did that its heal finds out',
      [says(client('stopped')), says(client('stopped'))],
      ['unreachable', false],
    ],
    ['of two is enough', [0, 1].map(() => says(client('running'), client('failed'))), ['unreachable', false]],
    ['whose agent is silent is no more than unknown', [failed, silent, silent, silent, silent], ['unknown', false]],
    [
      'whose agent was silent between the two looks is dead all the same',
      [failed, silent, failed],
      ['unreachable', false],
    ],
    [
      'is not dead in two looks with a quarter of an hour between them',
      [failed, silent, silent, silent, silent, failed],
      ['unknown', false],
    ],
    [
      'that its node cannot tell of is no more than unknown',
      [0, 1].map(() => says(client('unknown'))),
      ['unknown', false],
    ],
    ['that ran, and was not looked at in this sweep, runs still', [runs, undefined], ['unknown', true]],
    [
      'that nobody has seen for ten minutes is not known to run',
      [runs, ...Array.from({ length: 4 }, () => silent)],
      ['unknown', false],
    ],
  ])('%s', (_, looks, expected) => {
    expect(healthAfter(...looks)).toEqual(expected);
  });

  it('is cut off where its machine is silent and EC2’s check has failed, also in the sweeps that do not look at it', () => {
    const cutOff: LookReading = { kind: 'unasked', reason: 'its SSM agent is ConnectionLost', silent: true };
    const watched = seenAs(runs, cutOff);
    expect(watched.node('node2')).toMatchObject({ health: 'unknown', runs: true });
    const nodes = { node1: unasked, node2: unasked };
    expect(watched.sweep({ nodes, looks: { node1: runs }, impaired: ['node2'] }).node('node2')).toMatchObject({
      health: 'unknown',
      cutOff: true,
      reason: 'its SSM agent is ConnectionLost, and EC2’s status check of its instance has failed: nobody reaches it',
    });
    expect(watched.node('node2').runs).toBeUndefined();
    const back = watched.sweep({ nodes, looks: { node2: runs }, impaired: ['node2'] }).node('node2');
    expect([back.cutOff, back.runs]).toEqual([undefined, true]);
  });

  it('is not judged by what was looked at once its fleet has another probe', () => {
    const before = seenAs(runs, { kind: 'unasked', reason: 'its SSM agent is ConnectionLost', silent: true });
    const asked = new Watched(fleetOf());
    asked.nodes = before.nodes;
    asked.nowMs = before.nowMs;
    const { node2 } = asked.sweep({ nodes: { node1: 100, node2: 100 }, impaired: ['node2'] }).health;
    expect([node2, asked.node('node2').memory?.look]).toEqual(['synced', undefined]);
  });

  it('is told once, with what it said last', () => {
    const watched = seenAs(runs, failed, failed);
    const facts = watched.sight({ nodes: { node1: unasked, node2: unasked } });
    watched.sweep({ nodes: { node1: unasked, node2: unasked } });
    expect(watched.result && duePages(facts, watched.result)).toMatchObject([
      {
        code: 'node-unreachable',
        reason: 'node2: its client does not run, in two looks: failed, exit status 137, "out of memory"',
      },
    ]);
  });

  it('may take its time where its instance has only just come up', () => {
    const watched = new Watched(fleet);
    for (let look = 0; look < 3; look++)
      watched.sweep(
        { nodes: { node1: unasked }, looks: { node1: failed }, as: { node1: { launchedAtMs: T0 } } },
        MINUTE,
      );
    expect(watched.health).toEqual({ node1: 'starting' });
  });

  it('of a stopped instance serves nobody', () => {
    const watched = new Watched(fleet).sweep({ nodes: { node1: unasked }, as: { node1: { state: 'stopped' } } });
    expect(watched.node('node1')).toMatchObject({ health: 'unreachable', reason: 'its instance is stopped' });
  });
});

describe('people', () => {
  it('are not told that nobody watches, and are told of a node that says nothing for ten minutes', () => {
    expect(seenAs(runs).conditions).toEqual([]);
    expect(seenAs(runs, silent, silent, silent).conditions).toEqual([]);
    const watched = seenAs(runs, ...Array.from({ length: 4 }, () => silent));
    expect(watched.conditions).toEqual(['cannot-ask']);
    expect(watched.watch?.conditions['cannot-ask']?.reason).toBe(
      'node2: nobody knows whether its client runs: the command that asks it was not answered in time',
    );
  });

  it('are told of a root volume that fills', () => {
    const full = says(client('running'));
    if (full.kind === 'seen') Object.assign(full.state, { rootUsedPercent: 95 });
    const watched = seenAs(full, undefined);
    const [, node2] = watched.result?.nodes ?? [];
    expect(node2?.lasting).toMatchObject([{ code: 'root-filling' }]);
  });
});

describe('looks', () => {
  const named = (count: number) => Array.from({ length: count }, (_, at) => nodeNamed(`node${at}`));
  const known = (entries: Readonly<Record<string, object>>): ReadonlyMap<string, ObservedNode> =>
    new Map(Object.entries(entries).map(([name, look]) => [instanceId(name), { memory: { look } } as never]));
  const due = (...args: Parameters<typeof looksDue>): string[] => looksDue(...args).map(({ name }) => name);

  it('come every three minutes, and at once where a client was seen to have ended once', () => {
    const before = known({
      node0: { askedAtMs: T0 - 2 * MINUTE },
      node1: { askedAtMs: T0 - 3 * MINUTE },
      node2: { askedAtMs: T0 - MINUTE, told: { is: 'ended', times: 1 } },
      node3: { askedAtMs: T0 - MINUTE, told: { is: 'ended', times: 2 } },
    });
    expect(due(named(5), before, T0)).toEqual(['node2', 'node4', 'node1']);
    expect(due([nodeNamed('off', { state: 'stopped' })], new Map(), T0)).toEqual([]);
  });

  it('of 500 nodes are spread over three sweeps, and each node has its turn', () => {
    const nodes = named(500);
    const asked = new Map<string, number[]>();
    for (let sweep = 0; sweep < 9; sweep++) {
      const nowMs = T0 + sweep * MINUTE;
      const before = known(
        Object.fromEntries([...asked].map(([name, times]) => [name, { askedAtMs: times.at(-1) ?? 0 }])),
      );
      const now = due(nodes, before, nowMs);
      expect(now.length).toBeLessThanOrEqual(167);
      for (const name of now) asked.set(name, [...(asked.get(name) ?? []), nowMs]);
    }
    expect(asked.size).toBe(500);
    for (const times of asked.values()) expect(times).toHaveLength(3);
  });

  it('are one command for fifty nodes; what is no answer says nothing of a client', async () => {
    const sent: { InstanceIds: string[]; Parameters: Record<string, string[]> }[] = [];
    const answer = (state: string) =>
      JSON.stringify({
        ...{ operationId: '0.0', fence: 0, result: 'done', before: null },
        after: { clients: [client(state as never)], volumes: [], devices: [], rootUsedPercent: 40 },
      });
    const outputs: Readonly<Record<string, string>> = {
      'i-node0': `${answer('running')}\n----------ERROR-------\nWarning: a unit file changed on disk\n`,
      'i-node1': answer('failed').slice(0, 60),
    };
    interface Input {
      readonly Filters?: readonly { readonly Values: readonly string[] }[];
      readonly InstanceIds?: string[];
      readonly Parameters?: Record<string, string[]>;
      readonly CommandId?: string;
    }
    const send = async ({ input }: { input: Input }) => {
      const { Filters, InstanceIds, Parameters = {}, CommandId = '' } = input;
      if (Filters)
        return {
          InstanceInformationList: Filters[0]?.Values.map((InstanceId) => ({
            ...{ InstanceId, PingStatus: 'Online', AgentVersion: '3.3.9999.0', PlatformType: 'Linux' },
          })),
        };
      if (InstanceIds) {
        sent.push({ InstanceIds, Parameters });
        return { Command: { CommandId: InstanceIds.join() } };
      }
      return {
        CommandInvocations: CommandId.split(',').map((InstanceId) => ({
          ...{ InstanceId, Status: outputs[InstanceId] === undefined ? 'Undeliverable' : 'Success' },
          CommandPlugins: [{ Output: outputs[InstanceId] ?? '' }],
        })),
      };
    };
    const { readings } = await probeClients(
      { send } as never,
      'see-clients',
      fleet,
      named(51),
      Number.POSITIVE_INFINITY,
    );
    expect(sent.map(({ InstanceIds }) => InstanceIds.length)).toEqual([50, 1]);
    expect(Object.keys(sent[0]?.Parameters ?? {})).toEqual(['OperationId', 'StartBy', 'RunLimitSeconds', 'Clients']);
    expect(readings.get('i-node0')).toMatchObject({ kind: 'seen', state: { clients: [{ state: 'running' }] } });
    expect(readings.get('i-node1')).toMatchObject({ kind: 'unasked', reason: expect.stringContaining('is not JSON') });
    expect(readings.get('i-node2')).toEqual({
      kind: 'unasked',
      reason: 'the command that asks it was not answered: Undeliverable',
    });
  });
});
