import { ConditionalCheckFailedException, type PutItemCommand } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { describe, expect, it, jest } from '@jest/globals';
import { heightsToAsk } from '../../../functions/watch-fleet/chain.ts';
import type { FleetFacts, WatchContext } from '../../../functions/watch-fleet/context.ts';
import { sweep } from '../../../functions/watch-fleet/handler.ts';
import { gaugesOf, metricsOf } from '../../../functions/watch-fleet/metrics.ts';
import { partsOf, storeObservations } from '../../../functions/watch-fleet/observations.ts';
import { alarmsOf, type DuePage, duePages, recordPaging, withoutMuted } from '../../../functions/watch-fleet/pages.ts';
import { UNSAID } from '../../../shared/chains/client.ts';
import type { ConsensusMetrics } from '../../../shared/chains/metrics.ts';
import type { FleetObservation, FleetWatch, ObservedNode } from '../../../shared/fleet/observation.ts';
import { HEALTH_VALUE } from '../../../shared/fleet/resource-names.ts';
import { PAUSE_TAG } from '../../../shared/guardrails/switches.ts';
import { createStore } from '../../../shared/heal/store.ts';
import { DEPLOYED, deployedOf } from '../../fixtures/builders/fleet.ts';
import { dead, fleetOf, MINUTE, type Sweep, statusAt, T0, Watched } from '../../fixtures/sights.ts';

const names = (count: number) => Array.from({ length: count }, (_, at) => `node${at + 1}`);

const QUIET: ConsensusMetrics = {
  ...{ namespace: 'tendermint', latestBlockHeight: 1000, rounds: 0 },
  ...{ validatorsPower: 40, missingValidatorsPower: 0, byzantineValidators: 0, byzantineValidatorsPower: 0 },
};

/** A watched fleet that pages as the function does. */
class Paging extends Watched {
  readonly sent: DuePage[][] = [];

  override sweep(said: Sweep | Sweep['nodes'], afterMs = MINUTE, quiet: ReadonlySet<string> = new Set()): this {
    const before: FleetFacts['before'] = { nodes: this.nodes, watch: this.watch };
    super.sweep(said, afterMs);
    if (this.result === undefined) throw new Error('no result');
    const sight = { ...this.sight('nodes' in said ? (said as Sweep) : { nodes: said as Sweep['nodes'] }), before };
    const due = duePages(sight, this.result).flatMap(
      (page) => withoutMuted(this.fleet, this.nodes.size, page, quiet) ?? [],
    );
    this.sent.push(due);
    const { nodes, watch } = recordPaging(this.result, due, this.nowMs);
    this.nodes = new Map(nodes.map(({ node }) => [node.instanceId, node]));
    this.watch = { ...watch, version: watch.version + 1 };
    return this;
  }

  /** Codes and names of the pages of each sweep. */
  get pages(): string[][] {
    return this.sent.map((pages) => pages.map(({ code, nodes }) => [code, ...nodes.map(({ name }) => name)].join(' ')));
  }
}

describe('a page', () => {
  it('comes when a trouble was seen in two sweeps in a row, once', () => {
    const paging = new Paging();
    for (let n = 0; n < 4; n++) paging.sweep({ node1: 1000, node2: dead });
    expect(paging.pages).toEqual([[], ['node-unreachable node2'], [], []]);
  });

  it('of a CometBFT chain that stands comes once, by the first sign of it, however the two signs come and go', () => {
    const paging = new Paging(fleetOf({}, { fleet: 'irita', chain: 'cometbft' }));
    const stands = (rounds: number) => {
      const consensus = { kind: 'ok' as const, facts: { ...QUIET, rounds } };
      const status = { kind: 'ok' as const, facts: statusAt({ height: 1000 }, []) };
      paging.sweep({ node1: { status, consensus }, node2: { status, consensus } });
    };
    for (let n = 0; n < 60; n++) stands(n < 30 ? n : n % 12);
    expect(paging.pages.flat()).toEqual(['consensus-halted']);
  });

  it('does not come for a single failed reading', () => {
    const paging = new Paging();
    for (let n = 0; n < 6; n++) paging.sweep({ node1: 1000, node2: n % 2 ? dead : 1000 });
    expect(paging.pages.flat()).toEqual([]);
  });

  it('does not come for a node that a person has paused by its tag, and comes when the pause ends', () => {
    const paging = new Paging();
    const as = { node2: { tags: { [PAUSE_TAG]: 'mine' } } };
    for (let n = 0; n < 3; n++) paging.sweep({ nodes: { node1: 1000, node2: dead }, as });
    const unasked = { node1: 1000, node2: { unasked: 'its agent is offline' } };
    for (let n = 0; n < 3; n++) paging.sweep({ nodes: unasked, as });
    expect(paging.pages.flat()).toEqual([]);
    for (let n = 0; n < 3; n++) paging.sweep({ node1: 1000, node2: dead });
    expect(paging.pages.flat()).toEqual(['node-unreachable node2']);
  });

  it('comes once for a client that ends again and again, however well it is in between, and again after a day', () => {
    const paging = new Paging(fleetOf({ haltSeconds: 86_400 * 3 }));
    const loop = (hours: number) => {
      for (let n = 0; n < hours * 60; n++) paging.sweep({ node1: 1000, node2: n % 12 === 5 ? dead : 1000 });
    };
    loop(2);
    expect(paging.pages.flat()).toEqual(['crash-loop node2']);
    expect(paging.sent.flat()[0]?.reason).toContain(
      'node2: its client has ended 5 times in 48 min, and was started again each time',
    );
    loop(12);
    expect(paging.pages.flat()).toEqual(['crash-loop node2']);
    loop(12);
    expect(paging.pages.flat()).toEqual(['crash-loop node2', 'crash-loop node2']);
  });

  it('does not come for a client that is slow again and again: it has not ended', () => {
    const paging = new Paging();
    const slow = { kind: 'error', code: 'slow', reason: 'it did not answer in time' } as const;
    for (let n = 0; n < 180; n++) paging.sweep({ node1: 1000 + n, node2: n % 12 === 5 ? slow : 1000 + n });
    expect(paging.pages.flat()).toEqual([]);
  });

  it('comes once for a root volume that fills, of a node that is well', () => {
    const paging = new Paging();
    const status = (height: number) => ({ kind: 'ok', facts: { ...UNSAID, height, hashes: [] } }) as const;
    for (let n = 0; n < 14; n++)
      paging.sweep({ node1: 1000, node2: { status: status(1000), rootUsedPercent: n < 5 ? 89.9 : 90 } });
    expect(paging.pages.flat()).toEqual(['root-filling node2']);
    expect(paging.pages[5]).toEqual(['root-filling node2']);
  });

  it('comes once for each event that EC2 schedules, and again when its time has changed', () => {
    const paging = new Paging();
    const event = (id: string, hours: number) =>
      ({
        id,
        code: 'instance-retirement',
        notBeforeMs: T0 + hours * 60 * MINUTE,
        description: 'degraded hardware',
      }) as const;
    const sweep = (scheduled: NonNullable<Sweep['scheduled']>) =>
      paging.sweep({ nodes: { node1: 1000, node2: 1000, node3: dead }, scheduled });
    for (let n = 0; n < 3; n++) sweep({ node2: [event('e1', 72)] });
    expect(paging.pages.flat()).toEqual(['event-scheduled node2', 'node-unreachable node3']);
    expect(paging.sent.flat()[0]?.reason).toBe(
      'node2: EC2 retires its instance at 2026-11-23T10:00Z or later (instance-retirement): degraded hardware',
    );
    // Nothing is scheduled, then nothing is known, then the same: no news.
    sweep({});
    for (let n = 0; n < 60 * 25; n++) sweep(n % 10 === 0 ? 'unknown' : { node2: [event('e1', 72)] });
    expect(paging.pages.flat().filter((page) => page.startsWith('event-scheduled'))).toHaveLength(1);
    sweep({ node2: [event('e1', 96)] });
    sweep({ node1: [event('e2', 48)], node2: [event('e1', 96)], node3: [event('e3', 24)] });
    expect(paging.pages.flat().filter((page) => page.startsWith('event-scheduled'))).toEqual([
      'event-scheduled node2',
      'event-scheduled node2',
      'event-scheduled node1 node3',
    ]);
    expect(paging.sent.at(-1)?.[0]?.reason).toMatch(
      /^node1: EC2 .* at 2026-11-22T10:00Z .*; node3: EC2 .* at 2026-11-21T10:00Z /,
    );
  });

  it('comes once where a fleet has no probe, since nobody sees its clients', () => {
    const { probe: _, ...fleet } = fleetOf({});
    const paging = new Paging({ ...fleet, probe: undefined });
    for (let n = 0; n < 60 * 26; n++) paging.sweep({});
    expect(paging.sent.flat().map(({ code }) => code)).toEqual(['nobody-watches']);
  });

  it('comes once more six hours before the time of an event, while the node is where it was', () => {
    const told = (launched?: 'since') => {
      const paging = new Paging();
      const event = { id: 'e1', code: 'system-reboot', notBeforeMs: T0 + 24 * 60 * MINUTE, description: '' } as const;
      const scheduled = { node2: [event] };
      const as = launched && { as: { node2: { launchedAtMs: T0 + 10 * 60 * MINUTE } } };
      for (let n = 0; n < 23 * 60; n++)
        paging.sweep({ nodes: { node1: 1000 + n, node2: 1000 + n }, scheduled, ...(n > 10 * 60 && as) });
      return paging.sent.flat();
    };
    expect(told().map(({ code }) => code)).toEqual(['event-scheduled', 'event-near']);
    expect(told()[1]?.reason).toMatch(/^node2: EC2 reboots the host .*, and it is on that hardware still$/);
    expect(told('since').map(({ code }) => code)).toEqual(['event-scheduled']);
  });

  it('comes once for a fleet that stays as far behind its references for an hour, and not for one that comes nearer', () => {
    const references = (n: number) => [10_400 + n, 10_400 + n];
    const staying = new Paging();
    staying.sweep({ nodes: { node1: 10_000, node2: 10_000 }, references: [10_000, 10_000] });
    for (let n = 0; n < 300; n++)
      staying.sweep({ nodes: { node1: 10_000 + n, node2: 10_000 + n - (n % 3) }, references: references(n) });
    expect(staying.pages.flat()).toEqual(['falling-behind node1 node2']);
    expect(staying.pages.findIndex(({ length }) => length > 0)).toBeLessThan(75);
    expect(staying.sent.flat()[0]?.reason).toMatch(
      /^node1, node2: it does not catch up with its chain: it was 400 blocks behind 60 min ago, and is 400 blocks behind now/,
    );
    const never = new Paging();
    for (let n = 0; n < 90; n++)
      never.sweep({ nodes: { node1: 10_000 + n, node2: 10_000 + n }, references: references(n) });
    expect(never.pages.flat()).toEqual(['falling-behind node1 node2']);
    const nearing = new Paging();
    for (let n = 0; n < 300; n++)
      nearing.sweep({ nodes: { node1: 9_000 + 2 * n, node2: 9_000 + 2 * n }, references: references(n) });
    expect(nearing.pages.flat()).toEqual([]);
  });

  it('does not come for nodes that sync side by side, with nobody at the tip', () => {
    const syncing = (height: number) => ({ height, more: { syncing: true, claimedTip: 900_000 } });
    const paging = new Paging();
    for (let n = 1; n < 150; n++) paging.sweep({ node1: syncing(100 * n), node2: syncing(100 * n - 60) });
    expect(paging.pages.flat()).toEqual([]);
  });

  it('comes for a node whose lag has grown for an hour, and not for one that catches up', () => {
    const paging = new Paging();
    for (let n = 0; n < 90; n++)
      paging.sweep({ node1: 10_000 + 10 * n, node2: 10_000 + 10 * n, node3: 9_900 + 5 * n, node4: 8_000 + 12 * n });
    expect(paging.pages.flat()).toEqual(['falling-behind node3']);
    expect(paging.sent.flat()[0]?.reason).toMatch(
      /^node3: it advances more slowly than its chain: it was \d+ blocks behind 60 min ago, and is \d+ blocks behind now$/,
    );
  });

  it('comes again only after the node was well for half an hour', () => {
    const paging = new Paging(fleetOf({ haltSeconds: 86_400 }));
    const twice = () => paging.sweep({ node1: 1000, node2: dead }).sweep({ node1: 1000, node2: dead });
    twice();
    for (let n = 0; n < 10; n++) paging.sweep({ node1: 1000, node2: 1000 });
    twice();
    for (let n = 0; n < 32; n++) paging.sweep({ node1: 1000, node2: 1000 });
    twice();
    expect(paging.pages.flat()).toEqual(['node-unreachable node2', 'node-unreachable node2']);
  });

  it('of many nodes is one, and names five of them', () => {
    const paging = new Paging();
    const nodes = Object.fromEntries(names(42).map((name) => [name, dead]));
    paging.sweep({ ...nodes, well: 1000 }).sweep({ ...nodes, well: 1000 });
    const [page, ...more] = paging.sent[1] ?? [];
    expect(more).toEqual([]);
    expect(page?.nodes).toHaveLength(42);
    expect(page?.reason).toMatch(
      /^node1, node2, node3, node4, node5 and 37 more: .*nothing listens there \(this is node1\)$/,
    );
  });

  it('of another trouble of the same node is another page', () => {
    const paging = new Paging();
    const stranger = { height: 1, more: { chainId: 'other' } };
    for (const node3 of [dead, dead, stranger, stranger, stranger]) paging.sweep({ node1: 1000, node2: 1000, node3 });
    expect(paging.pages.flat()).toEqual(['node-unreachable node3', 'wrong-chain node3']);
  });

  it('about the fleet comes once, too, and again half an hour after it was over', () => {
    const paging = new Paging(fleetOf({ haltSeconds: 86_400 }));
    const liar = { nodes: { node1: 1000, node2: 1000 }, references: [9_000] };
    const honest = { nodes: { node1: 1000, node2: 1000 }, references: [1_000] };
    for (const said of [liar, liar, liar, honest, liar, liar]) paging.sweep(said);
    expect(paging.pages.flat()).toEqual(['reference-disagrees']);
    for (let n = 0; n < 29; n++) paging.sweep(honest);
    paging.sweep(liar);
    expect(paging.pages.flat()).toEqual(['reference-disagrees']);
    paging
      .sweep(honest, 31 * MINUTE)
      .sweep(liar)
      .sweep(liar);
    expect(paging.pages.flat()).toEqual(['reference-disagrees', 'reference-disagrees']);
  });

  it('is kept back while the alarm of its kind is muted, and comes when it no longer is', () => {
    const paging = new Paging();
    const muted = new Set(['chainmend-bitcoin-node2-unreachable']);
    for (let n = 0; n < 3; n++) paging.sweep({ node1: 1000, node2: dead, node3: dead, node4: 1000 }, MINUTE, muted);
    paging.sweep({ node1: 1000, node2: dead, node3: dead, node4: 1000 });
    expect(paging.pages).toEqual([[], ['node-unreachable node3'], [], ['node-unreachable node2']]);
  });

  it('is about the alarms that there are: a node’s own, or the fleet’s where it is large', () => {
    const paging = new Paging();
    paging.sweep({ node1: 1000, node2: dead }).sweep({ node1: 1000, node2: dead });
    const page = paging.sent[1]?.[0] as DuePage;
    const alarms = (fleet = fleetOf(), size = 2) => [...alarmsOf(fleet, size, page).keys()];
    expect(alarms()).toEqual(['chainmend-bitcoin-node2-unreachable']);
    expect(alarms(fleetOf(), 51)).toEqual(['chainmend-bitcoin-unwell']);
    expect(alarms(fleetOf({}, { alarms: { per: 'fleet' } }))).toEqual(['chainmend-bitcoin-unwell']);
    expect(alarms(fleetOf({}, { alarms: { per: 'node' } }), 51)).toEqual(['chainmend-bitcoin-node2-unreachable']);
    expect(alarms(fleetOf({}, { probe: 'ssm', metrics: 'otlp' }))).toEqual(['chainmend-bitcoin-unwell']);
    expect([...alarmsOf(fleetOf(), 2, { ...page, nodes: [], kind: 'halted' }).keys()]).toEqual([
      'chainmend-bitcoin-halted',
    ]);
  });
});

describe('what is measured', () => {
  const data = (watched: Watched, sweep: Sweep, doubled: ReadonlySet<string> = new Set()) => {
    watched.sweep(sweep);
    if (watched.result === undefined) throw new Error('no result');
    return metricsOf(watched.sight(sweep), watched.result, doubled);
  };
  const values = (all: ReturnType<typeof data>, node?: string) =>
    Object.fromEntries(
      all
        .filter(({ Dimensions = [] }) => Dimensions.find(({ Name }) => Name === 'Node')?.Value === node)
        .map(({ MetricName, Value }) => [MetricName, Value]),
    );

  it('is health always, and the rest where it is known: a dead node has no lag', () => {
    const all = data(new Watched(), {
      nodes: {
        node1: { height: 100, more: { peerCount: 8, blockTimeMs: T0 - 5_000 } },
        node2: 90,
        node3: dead,
        node4: 100,
      },
    });
    expect(values(all, 'node1')).toEqual({ HeightLag: 0, BlockAgeSeconds: 5, Peers: 8, Health: 0 });
    expect(values(all, 'node2')).toEqual({ HeightLag: 10, Health: 1 });
    expect(values(all, 'node3')).toEqual({ Health: HEALTH_VALUE.unreachable });
    expect(values(all)).toEqual({ Nodes: 4, Unhealthy: 1, Unknown: 0, Forked: 0, Tip: 100, Halted: 0 });
  });

  it('is the fullest disk where a probe on the node tells them', () => {
    const ok = { kind: 'error', code: 'refused', reason: 'busy' } as const;
    const node1 = { status: ok, diskUsedPercent: { data: 71.2, ancient: 88.5 } };
    expect(values(data(new Watched(), { nodes: { node1 } }), 'node1')).toEqual({
      Health: HEALTH_VALUE.busy,
      DiskUsedPercent: 88.5,
    });
  });

  it('says nothing under a name that two nodes have, and nothing of a fleet that nobody asks', () => {
    const doubled = data(new Watched(), { nodes: { node1: 100, node2: 100 } }, new Set(['node2']));
    expect(values(doubled, 'node2')).toEqual({});
    expect(data(new Watched(fleetOf({}, { probe: 'none' })), { nodes: { node1: 100 } })).toEqual([]);
  });

  it('over OTLP says nothing of a disk that the node itself does not see, which is kept for who makes the alarms', () => {
    const volumes = { data: '/data', ancient: '/ancient' };
    const unseen = (metrics: 'otlp' | 'classic', node1: Sweep['nodes'][string]) =>
      new Watched(fleetOf({}, { probe: 'ssm', metrics, volumes })).sweep({ node1 }).result?.nodes[0]?.node.unseenPaths;
    const status = { kind: 'error', code: 'refused', reason: 'busy' } as const;
    const one = { status, diskUsedPercent: { data: 71.2 } };
    expect(unseen('otlp', one)).toEqual(['/ancient']);
    expect(unseen('otlp', { status, diskUsedPercent: { data: 71.2, ancient: 5 } })).toBeUndefined();
    expect(unseen('classic', one)).toBeUndefined();
  });

  it('over OTLP is each volume of each node by its instance, beside what its health is', () => {
    const fleet = fleetOf({}, { probe: 'ssm', metrics: 'otlp', volumes: { data: '/data', ancient: '/ancient' } });
    const ok = { kind: 'error', code: 'refused', reason: 'busy' } as const;
    const node1 = {
      status: ok,
      diskUsedPercent: { data: 71.2, other: 5 },
      inodesUsedPercent: { data: 3, ancient: 88.5 },
    };
    const sweep = { nodes: { node1, node2: 1000 } };
    const watched = new Watched(fleet).sweep(sweep.nodes);
    if (watched.result === undefined) throw new Error('no result');
    const facts = watched.sight(sweep);
    const [first] = facts.nodes;
    const failedChecks = { instances: new Set<string>(), volumes: new Set([first?.instanceId ?? '']) };
    const told = gaugesOf({ ...facts, failedChecks }, watched.result, new Set(['node1', 'node2']));
    const of = { Fleet: fleet.name, InstanceId: first?.instanceId };
    // Both nodes have names of others: nothing is told under these, and of the disks everything.
    expect(told.filter(({ labels }) => 'Node' in labels)).toEqual([]);
    expect(
      told.filter(({ labels }) => 'InstanceId' in labels).map(({ name, value, labels }) => [name, value, labels]),
    ).toEqual([
      ['chainmend_disk_used_percent', 71.2, { ...of, path: '/data' }],
      ['chainmend_inodes_used_percent', 3, { ...of, path: '/data' }],
      ['chainmend_inodes_used_percent', 88.5, { ...of, path: '/ancient' }],
      ['chainmend_attached_ebs_failed', 1, of],
    ]);
    const named = gaugesOf(facts, watched.result, new Set());
    // Nobody could ask EC2: that is no failed check.
    expect(named.filter(({ name }) => /_failed$/.test(name))).toEqual([]);
    expect(named.find(({ name, labels }) => name === 'chainmend_health' && labels['Node'] === 'node1')?.value).toBe(
      HEALTH_VALUE.busy,
    );
    expect(named.find(({ name }) => name === 'chainmend_nodes')).toMatchObject({
      value: 2,
      unit: '{Count}',
      labels: { Fleet: fleet.name },
    });
  });

  it('says nothing anew of a tip that nobody confirms any more', () => {
    const watched = new Watched().sweep({ node1: 1000, node2: 1000, node3: 10 });
    const all = values(data(watched, { nodes: { node1: dead, node2: dead, node3: 10 } }));
    expect(all).toEqual({ Nodes: 3, Unhealthy: 2, Unknown: 0, Forked: 0 });
  });

  it('counts the references that are not good', () => {
    const all = values(data(new Watched(), { nodes: { node1: 1000, node2: 1000 }, references: [1000, 9_000, dead] }));
    expect(all['ReferencesBad']).toBe(2);
  });
});

describe('what is asked for in the next sweep', () => {
  it('is the hash of a block below the tip, and as deep below those that are behind', () => {
    const watched = new Watched().sweeps(2, () => ({
      node1: 1000,
      node2: 1000,
      node3: 500,
      node4: 500,
      node5: 700,
      node6: 1,
    }));
    expect(heightsToAsk(watched.fleet, watched.watch, [...watched.nodes.values()])).toEqual([997, 497, 697, 0]);
    expect(heightsToAsk(watched.fleet, undefined, [])).toEqual([]);
  });
});

describe('what is kept', () => {
  const nodesOf = (count: number): ObservedNode[] => {
    const watched = new Watched().sweep(Object.fromEntries(names(count).map((name) => [name, 1000])));
    return [...watched.nodes.values()];
  };
  const watch = new Watched().sweep({ node1: 1000 }).result?.watch as FleetWatch;
  const stored = (count: number): FleetObservation => ({ observedAtMs: T0 - MINUTE, nodes: nodesOf(count) });

  it('is a hundred nodes in each part', () => {
    const parts = partsOf({ nodes: nodesOf(250), watch, before: [] });
    expect([...parts].map(([part, { nodes }]) => [part, nodes.length])).toEqual([
      [0, 100],
      [1, 100],
      [2, 50],
    ]);
  });

  it('of a fleet that shrank is emptied where nobody is left, once', () => {
    const parts = partsOf({
      nodes: nodesOf(20),
      watch,
      before: [stored(100), stored(30), { observedAtMs: T0, nodes: [] }],
    });
    expect([...parts].map(([part, { nodes }]) => [part, nodes.length])).toEqual([
      [0, 20],
      [1, 0],
    ]);
  });

  it('is never older than what is there', async () => {
    const items = new Map<string, { observedAtMs: { N: string } }>();
    const send = jest.fn(async ({ input }: PutItemCommand) => {
      const { Item = {}, ExpressionAttributeValues = {} } = input;
      const key = Item['sk']?.S ?? '';
      const now = Number(ExpressionAttributeValues[':now']?.N ?? Number.POSITIVE_INFINITY);
      if (Number(items.get(key)?.observedAtMs.N ?? 0) > now)
        throw new ConditionalCheckFailedException({ $metadata: {}, message: 'no' });
      items.set(key, Item as never);
      return {};
    });
    const dynamodb = { send } as never;
    const store = createStore(dynamodb, 'chainmend');
    const context = {
      clients: { dynamodb },
      environment: { TABLE_NAME: 'chainmend' },
      store,
    } as unknown as WatchContext;
    const kept = (observedAtMs: number) =>
      storeObservations(context, {
        fleet: 'bitcoin',
        nodes: nodesOf(2),
        watch: { ...watch, observedAtMs },
        before: [],
      });
    expect(await kept(T0 + MINUTE)).toBe(true);
    expect(await kept(T0)).toBe(false);
    expect(items.get('OBSERVATION#000')?.observedAtMs.N).toBe(String(T0 + MINUTE));
  });
});

describe('a sweep', () => {
  const file = (fleet: string) =>
    JSON.stringify({ fleet, chain: 'bitcoin', mode: 'plan', nodes: { tag: { Component: fleet } }, probe: 'none' });
  const environment = {
    TABLE_NAME: 'chainmend',
    TOPIC_ARN: 'arn:aws:sns:eu-west-1:111122223333:chainmend-pages',
    PARAMETER_PREFIX: '/chainmend',
    PROBE_FUNCTION_PREFIX: 'chainmend-probe-nodes-',
    ASK_NODE_DOCUMENT: 'chainmend-ask-node-00000000',
    SEE_CLIENTS_DOCUMENT: 'chainmend-see-clients-00000000',
    REGISTER_FUNCTION_NAME: 'chainmend-register-nodes',
  };

  it('goes on where a fleet cannot be read, is counted, and tells all that failed at its end', async () => {
    const files = ['alpha', 'beta'].map((fleet) => ({ Name: `/chainmend/fleets/${fleet}`, Value: file(fleet) }));
    const Parameters = [
      ...files,
      { Name: DEPLOYED, Value: deployedOf(...files.map(({ Value }) => JSON.parse(Value))) },
    ];
    const written: string[] = [];
    const measured: unknown[] = [];
    const clients = {
      ssm: Object.assign(new SSMClient({ region: 'eu-west-1' }), { send: async () => ({ Parameters }) }),
      ec2: Object.assign(new EC2Client({ region: 'eu-west-1' }), {
        send: async ({ input }: { input: { Filters: { Values: string[] }[] } }) => {
          if (input.Filters[0]?.Values[0] === 'alpha') throw new Error('EC2 is not itself');
          const Tags = [{ Key: 'Component', Value: 'beta' }];
          return { Reservations: [{ Instances: [{ InstanceId: 'i-1', State: { Name: 'running' }, Tags }] }] };
        },
      }),
      dynamodb: {
        send: async ({ input }: { input: { Item?: { sk: { S: string }; pk: { S: string } } } }) => {
          if (input.Item) written.push(`${input.Item.pk.S} ${input.Item.sk.S}`);
          return {};
        },
      },
      cloudwatch: {
        send: async ({ input }: { input: { MetricData: { MetricName: string }[] } }) =>
          measured.push(...input.MetricData),
      },
    } as never;
    const context = {
      clients,
      environment,
      store: createStore((clients as { dynamodb: never }).dynamodb, 'chainmend'),
    };
    await expect(sweep(context)).rejects.toThrow('the sweep went on, but: fleet alpha: EC2 is not itself');
    expect(written).toContain('FLEET#beta#watch-fleet OBSERVATION#000');
    expect(written.filter((item) => item.includes('alpha'))).toEqual([]);
    expect(measured).toEqual([{ MetricName: 'Watches', Value: 1, Unit: 'Count' }]);
  });
});
