// When a fleet's lists are checked, what is planned for a node, what a person may approve, and what counts as proof.
import { describe, expect, it } from '@jest/globals';
import { questionsOf } from '../../../functions/rotate-peers/client-changes.ts';
import { parseRotateEvent } from '../../../functions/rotate-peers/event.ts';
import {
  hashOf,
  hashOfNode,
  judgePeers,
  type ListChange,
  type NodePlan,
  type PlanFacts,
  planNode,
  refreshPlan,
  sentenceOf,
} from '../../../functions/rotate-peers/plan.ts';
import { judgeApproval } from '../../../functions/rotate-peers/rotate.ts';
import { NODES_A_RUN, namesWithPeers, planRotationRun, ROUTINE_MS } from '../../../functions/rotate-peers/schedule.ts';
import type { NodePeers } from '../../../shared/chains/client.ts';
import { chainClients } from '../../../shared/chains/clients.ts';
import type { NodeMemory, ObservedNode } from '../../../shared/fleet/observation.ts';
import { parseFleet } from '../../../shared/fleet/resolve.ts';
import {
  afterAttempt,
  afterRestart,
  beginRun,
  changedLately,
  claimRestart,
  endRun,
  newRotation,
  type RotationRecord,
  type UnprovedRestart,
  withPendingPlan,
} from '../../../shared/guardrails/rotation.ts';
import { observedNode } from '../../fixtures/builders/observation.ts';

const NOW = Date.UTC(2026, 0, 15);
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const observed = (name: string, more: Partial<ObservedNode> = {}) =>
  observedNode({ name, sinceMs: NOW, heightSinceMs: NOW, seenSinceMs: NOW, ...more });

const memory = (heard: NodeMemory['heard'], progress: number | null = null): NodeMemory => ({
  track: { progress, sinceMs: NOW, readAtMs: NOW, advancedAtMs: null },
  heard,
  starts: 1,
  doubted: null,
});

const record = (more: Partial<RotationRecord> = {}): RotationRecord => ({
  ...newRotation,
  routineAtMs: NOW - HOUR,
  ...more,
});
const act = { minimum: 3, mode: 'act' } as const;
const sweep = { kind: 'sweep' } as const;

describe('whose turn it is', () => {
  it('what people were told of too few peers is over for a node that is seen with enough, and for no other', () => {
    const nodes = [
      ['a', 3],
      ['b', 2],
      ['c', null],
    ].map(([name, peerCount]) => observed(String(name), { peerCount: peerCount as number | null }));
    expect([...namesWithPeers(nodes, 3)]).toEqual(['a']);
  });

  it('is nobody’s, as long as all have peers and six hours are not over', () => {
    expect(planRotationRun(act, [observed('a')], record(), sweep, NOW)).toBeNull();
    expect(planRotationRun(act, [], undefined, sweep, NOW)).toBeNull();
  });

  it('is that of nodes below their floor, the worst first', () => {
    const nodes = [
      observed('a', { peerCount: 2 }),
      observed('b', { peerCount: 0 }),
      observed('c'),
      observed('d', { peerCount: 2 }),
    ];
    expect(planRotationRun(act, nodes, record(), sweep, NOW)).toMatchObject({
      why: 'floor',
      nodes: ['i-b', 'i-a', 'i-d'],
    });
  });

  it.each<[string, Partial<ObservedNode>, boolean]>([
    ['forked', { health: 'forked', peerCount: 0 }, false],
    ['unreachable', { health: 'unreachable', peerCount: null }, false],
    ['stuck', { health: 'stuck', peerCount: 0 }, true],
    ['starting, without a block', { health: 'starting', peerCount: null, height: null }, true],
    ['starting, with blocks', { health: 'starting', peerCount: null, height: 7 }, false],
    ['one of which nothing is known', { health: 'unknown', peerCount: null, height: null }, false],
  ])('a node without peers that is %s: %s', (_, more, due) => {
    expect(planRotationRun(act, [observed('a', more), observed('b')], record(), sweep, NOW) !== null).toBe(due);
  });

  it('is not that of a node for which something was just tried in vain', () => {
    const backoff = afterAttempt(newRotation, 'i-a', false, NOW);
    const nodes = [observed('a', { peerCount: 0 })];
    expect(planRotationRun(act, nodes, record({ backoff }), sweep, NOW + 14 * MINUTE)).toBeNull();
    expect(planRotationRun(act, nodes, record({ backoff }), sweep, NOW + 16 * MINUTE)).toMatchObject({ why: 'floor' });
  });

  it('is not, in mode plan, that of a node whose plan was just written', () => {
    const nodes = [observed('a', { peerCount: 0 })];
    const plans = { 'i-a': { hash: 'x', atMs: NOW - HOUR } };
    expect(planRotationRun({ minimum: 3, mode: 'plan' }, nodes, record({ plans }), sweep, NOW)).toBeNull();
    expect(planRotationRun(act, nodes, record({ plans }), sweep, NOW)).toMatchObject({ why: 'floor' });
  });

  it.each<[string, Partial<ObservedNode>, boolean]>([
    ['says that it has no block yet', {}, true],
    ['had blocks before', { memory: memory('starting', 815) }, false],
    ['is silent', { memory: memory('nothing') }, false],
  ])('a node whose grace is over and that %s is due: %s', (_, more, due) => {
    const late = { health: 'busy', peerCount: null, height: null, memory: memory('starting'), ...more } as const;
    expect(planRotationRun(act, [observed('a', late), observed('b')], record(), sweep, NOW) !== null).toBe(due);
  });

  it('those who cannot be helped do not keep the others from theirs', () => {
    const hopeless = Array.from({ length: 3 * NODES_A_RUN }, (_, index) =>
      observed(`h${String(index).padStart(3, '0')}`, { peerCount: 0 }),
    );
    const well = Array.from({ length: 15 }, (_, index) => observed(`w${String(index).padStart(3, '0')}`));
    const nodes = [...hopeless, ...well];
    const had = new Set<string>();
    let late = record({ routineAtMs: NOW - ROUTINE_MS });
    for (let run = 0; run < 12; run++) {
      const due = planRotationRun(act, nodes, late, sweep, NOW + run * 5 * MINUTE);
      expect(due?.nodes).not.toHaveLength(0);
      for (const id of due?.nodes ?? []) had.add(id);
      late = { ...late, cursor: due?.cursor ?? null };
    }
    expect(had.size).toBe(nodes.length);
  });

  it('where more lack peers than fit, nobody is left out for ever', () => {
    const nodes = Array.from({ length: 3 * NODES_A_RUN }, (_, index) => observed(`n${index}`, { peerCount: 0 }));
    const had = new Set(
      Array.from({ length: 10 }, (_, run) =>
        planRotationRun(act, nodes, record(), sweep, NOW + run * 5 * MINUTE),
      ).flatMap((due) => due?.nodes ?? []),
    );
    expect(had.size).toBe(nodes.length);
  });

  it('comes round in six hours, some at a time, on from where it was', () => {
    const nodes = Array.from({ length: NODES_A_RUN + 5 }, (_, index) => observed(`n${String(index).padStart(3, '0')}`));
    const late = record({ routineAtMs: NOW - ROUTINE_MS });
    const first = planRotationRun(act, nodes, late, sweep, NOW);
    expect(first?.nodes).toHaveLength(NODES_A_RUN);
    const second = planRotationRun(act, nodes, { ...late, cursor: first?.cursor ?? null }, sweep, NOW);
    expect(second).toMatchObject({ why: 'routine', cursor: null });
    expect(new Set([...(first?.nodes ?? []), ...(second?.nodes ?? [])]).size).toBe(nodes.length);
  });

  it('is everybody’s when a person asks, and that of the asked ones when one says yes', () => {
    const nodes = [observed('a'), observed('b', { peerCount: 0 })];
    expect(planRotationRun(act, nodes, record(), { kind: 'rotate', fleet: 'f' }, NOW)?.nodes).toEqual(['i-b', 'i-a']);
    const asked = [
      { hash: 'g', atMs: NOW, nodes: { 'i-b': 'x' } },
      { hash: 'h', atMs: NOW, nodes: { 'i-a': 'x' } },
    ];
    expect(
      planRotationRun(act, nodes, record({ asked }), { kind: 'approve', fleet: 'f', plan: 'h' }, NOW)?.nodes,
    ).toEqual(['i-a']);
  });
});

describe('an event', () => {
  it.each([
    [{ kind: 'sweep' }],
    [{ kind: 'rotate', fleet: 'irita' }],
    [{ kind: 'approve', fleet: 'irita', plan: '0123456789ab' }],
  ])('%j is taken', (event) => expect(parseRotateEvent(event)).toEqual(event));

  it.each([
    [{}, 'field kind'],
    [{ kind: 'rotate' }, 'field fleet'],
    [{ kind: 'rotate', fleet: 'Irita' }, 'field fleet'],
    [{ kind: 'sweep', fleet: 'irita' }, 'field fleet'],
    [{ kind: 'approve', fleet: 'irita', plan: 'yes' }, 'field plan'],
    [null, 'field event'],
  ])('%j is refused by its field', (event, field) => expect(() => parseRotateEvent(event)).toThrow(field));
});

const change = (more: Partial<ListChange> = {}): ListChange => ({
  instanceId: 'i-a',
  node: 'a',
  before: ['10.0.0.2:1'],
  after: ['10.0.0.2:1', '10.0.0.3:1', '10.0.0.4:1'],
  added: ['10.0.0.3:1', '10.0.0.4:1'],
  removed: [],
  hiddenIds: [],
  reachable: 3,
  reasons: [],
  entries: 2,
  waiting: 0,
  ...more,
});

const facts = (more: Partial<PlanFacts> = {}): PlanFacts => ({
  change: change(),
  text: { before: 'x', after: 'y', sha256: 's' },
  atRunTime: chainClients.bitcoin.operations.peersAtRunTime,
  connected: new Set(['10.0.0.2']),
  aliases: new Map(),
  peersBefore: 5,
  minimum: 3,
  ...more,
});

const planned = (more: Partial<PlanFacts> = {}): NodePlan => {
  const plan = planNode(facts(more));
  if (!plan) throw new Error('something is to be done');
  return plan;
};

describe('the plan for a node', () => {
  it('dials what is new, and where it lacks peers all that it is not connected to', () => {
    const all = change({ added: [] });
    expect(planned()).toMatchObject({ belowFloor: false, dial: ['10.0.0.3:1', '10.0.0.4:1'] });
    expect(planned({ peersBefore: 1, change: all })).toMatchObject({
      belowFloor: true,
      dial: ['10.0.0.3:1', '10.0.0.4:1'],
    });
  });

  it('is none where nothing changes and nobody lacks anything', () => {
    const same = change({ before: change().after, added: [] });
    expect(planNode(facts({ change: same, text: { before: 'x', after: 'x', sha256: 's' } }))).toBeUndefined();
  });

  it('has a client that dials eight of thirteen take others of the list for those that it drops, whoever dialled the present connection', () => {
    const peers = Array.from({ length: 13 }, (_, at) => `10.0.0.${at + 2}:1`);
    const long = change({ before: peers, after: peers.slice(5), added: [], removed: peers.slice(0, 5) });
    const plan = planned({ change: long, connected: new Set(['10.0.0.7']) });
    expect([plan.leave, plan.instead]).toEqual([peers.slice(0, 5), peers.slice(5)]);
    expect(refreshPlan(plan, { peers: [] } as unknown as NodePeers, new Set()).instead).toEqual(plan.instead);
  });

  it('has nobody take others where the client dials all of its list, or new ones come for those that go', () => {
    const short = change({
      before: change().after,
      after: ['10.0.0.2:1', '10.0.0.3:1'],
      added: [],
      removed: ['10.0.0.4:1'],
    });
    expect(planned({ change: short }).instead).toEqual([]);
    const peers = Array.from({ length: 9 }, (_, at) => `10.0.0.${at + 2}:1`);
    const swapped = change({
      before: peers,
      after: [...peers.slice(1), '10.0.0.99:1'],
      added: ['10.0.0.99:1'],
      removed: peers.slice(0, 1),
    });
    expect(planned({ change: swapped }).instead).toEqual([]);
  });

  it('asks for no more connections than there are peers that answer', () => {
    expect(planned({ change: change({ reachable: 2 }), peersBefore: 2 })).toMatchObject({
      floor: 2,
      belowFloor: false,
    });
  });

  it('tells a client nothing that it has no call for', () => {
    const { peersAtRunTime } = chainClients.cometbft.operations;
    expect(planned({ atRunTime: peersAtRunTime, change: change({ removed: ['10.0.0.9:1'] }) }).leave).toEqual([]);
    expect(planned({ atRunTime: chainClients.stacks.operations.peersAtRunTime, peersBefore: 0 }).dial).toEqual([]);
  });

  it('does not have a node left that is named by its DNS name still: the connection is to stay', () => {
    const aliases = new Map([
      ['10.0.0.9', 'node9.bitcoin.internal'],
      ['node9.bitcoin.internal', '10.0.0.9'],
    ]);
    const removed = ['10.0.0.8:1', '10.0.0.9:1'];
    const after = ['Node9.bitcoin.internal:1', '10.0.0.2:1'];
    expect(planned({ aliases, change: change({ removed, after }) }).leave).toEqual(['10.0.0.8:1']);
  });

  it('leaves it to the client to dial an owner’s line that has no port', () => {
    const after = ['node9.bitcoin.internal', 'node8.bitcoin.internal:1'];
    expect(planned({ peersBefore: 0, change: change({ after }) }).dial).toEqual(['node8.bitcoin.internal:1']);
  });

  it('has a sentry dial its validator so that nobody hears of it', () => {
    const { peersAtRunTime } = chainClients.cometbft.operations;
    if (peersAtRunTime.by !== 'rpc') throw new Error('cometbft dials');
    const [validator, other] = ['a'.repeat(40), 'b'.repeat(40)];
    const add = [`${validator}@10.0.0.1:26656`, `${other}@10.0.0.2:26656`];
    const paths = questionsOf(peersAtRunTime, { add, remove: [] }, [validator ?? '']).map(
      ({ requests }) => requests[0]?.path,
    );
    expect(paths[0]).toMatch(/^\/dial_peers\?persistent=true&unconditional=true&private=true&peers=/);
    expect(paths[1]).toMatch(/^\/dial_peers\?persistent=true&peers=/);
  });

  it('is looked at again when it is the node’s turn', () => {
    const peers = (...hosts: readonly string[]): NodePeers => ({
      ownPeerId: undefined,
      peers: hosts.map((host) => ({ id: undefined, address: { host, port: 1 }, inbound: false, connectedSeconds: 1 })),
    });
    const now = peers('10.0.0.2', '10.0.0.3', '10.0.0.4');
    const again = refreshPlan(planned({ peersBefore: 0 }), now, new Set(['10.0.0.2', '10.0.0.3', '10.0.0.4']));
    expect(again).toMatchObject({ peersBefore: 3, belowFloor: false, dial: [], knownBefore: true });
  });

  it('says what and why', () => {
    const names = new Map([
      ['10.0.0.3:1', 'node3'],
      ['10.0.0.4:1', 'node4'],
    ]);
    expect(sentenceOf(planned({ peersBefore: 1 }), names)).toBe(
      'name node3, node4 (3 in all): it has 1 connection, expected 3 at least',
    );
    const dropped = change({ removed: ['10.0.0.9:1'], reasons: ['nobody is there'], waiting: 2 });
    expect(sentenceOf(planned({ change: dropped }), names)).toBe(
      'name node3, node4, name 10.0.0.9:1 no more (3 in all): nobody is there; 2 more wait for the next hour',
    );
  });
});

describe('an approval', () => {
  const fleet = parseFleet({ fleet: 'f', chain: 'bitcoin', mode: 'ask', nodes: { tag: { A: 'b' } }, role: 'follower' });
  const plan = planned();
  const hash = hashOf([plan]);
  const question = { hash, atMs: NOW, nodes: { 'i-a': hashOfNode(plan) } };
  // A large fleet is asked about in parts: another question does not withdraw this one.
  const asked = [{ hash: 'abcdef012345', atMs: NOW, nodes: { 'i-c': 'y' } }, question];

  it('is for the very plan that was asked for, node by node', () => {
    expect(judgeApproval(fleet, record({ asked }), hash, [plan], NOW)).toEqual([plan]);
    const other = planned({ change: change({ instanceId: 'i-b' }) });
    expect(judgeApproval(fleet, record({ asked }), hash, [plan, other], NOW)).toEqual([plan]);
    const changed = planned({ text: { before: 'x2', after: 'y', sha256: 's2' } });
    expect(judgeApproval(fleet, record({ asked }), hash, [changed], NOW)).toMatchObject({
      refuse: 'approval-exceeded',
    });
  });

  it.each<[string, Partial<RotationRecord>, string, number, string]>([
    ['another plan', { asked }, '0123456789ab', NOW, 'approval-exceeded'],
    ['none that was asked for', {}, hash, NOW, 'approval-exceeded'],
    ['one of five hours ago', { asked }, hash, NOW + 5 * HOUR, 'approval-expired'],
  ])('of %s is none', (_, more, given, atMs, code) => {
    expect(judgeApproval(fleet, record(more), given, [plan], atMs)).toMatchObject({ refuse: code });
  });

  it('that nobody gave in time is asked for again, and not before', () => {
    const again = { ...question, atMs: NOW + HOUR };
    expect(withPendingPlan({ asked }, again, 4 * HOUR).asked).toEqual(asked);
    const late = { ...question, atMs: NOW + 6 * HOUR };
    const { asked: anew } = withPendingPlan({ asked }, late, 4 * HOUR);
    expect(anew).toEqual([late, asked[0]]);
    expect(judgeApproval(fleet, record({ asked: anew }), hash, [plan], NOW + 7 * HOUR)).toEqual([plan]);
  });

  it('is none in mode plan', () => {
    expect(judgeApproval({ ...fleet, mode: 'plan' }, record({ asked }), hash, [plan], NOW)).toMatchObject({
      refuse: 'mode-changed',
    });
  });

  it('does not depend on how many connections there are by then', () => {
    expect(hashOfNode(planned({ peersBefore: 0 }))).toBe(hashOfNode(plan));
  });
});

describe('what became of a node', () => {
  const reading = (count: number) =>
    ({
      kind: 'ok',
      facts: {
        ownPeerId: undefined,
        peers: Array.from({ length: count }, () => ({
          id: undefined,
          address: undefined,
          inbound: true,
          connectedSeconds: 1,
        })),
      },
    }) as const;

  it.each([
    [3, 0, 3, 'proved'],
    [3, 5, 3, 'proved'],
    [2, 3, 3, 'fallen'],
    [2, 2, 3, 'short'],
    [2, 1, 3, 'short'],
  ])('%i peers, %i before, %i expected: %s', (now, before, floor, is) => {
    expect(judgePeers(reading(now), { before, floor })).toMatchObject({ is });
  });

  it('who does not answer has no number of peers', () => {
    expect(judgePeers({ kind: 'starting', reason: 'loading' }, { before: 3, floor: 3 })).toMatchObject({
      is: 'unknown',
    });
  });
});

describe('the record of a fleet’s rotations', () => {
  it('lets one run at a time work, and another when that one must be dead', () => {
    const begun = beginRun(undefined, 'one', NOW, NOW + 15 * MINUTE);
    if (!('next' in begun)) throw new Error('nobody was at work');
    expect(beginRun(begun.next, 'two', NOW + MINUTE, NOW)).toEqual({ busy: 'one' });
    expect(beginRun(begun.next, 'two', NOW + 16 * MINUTE, NOW)).toHaveProperty('next');
    expect(endRun(begun.next, 'two', NOW)).toEqual({ leave: true });
    expect(endRun(begun.next, 'one', NOW)).toMatchObject({ next: { run: null } });
  });

  it('keeps an invocation out that is delivered twice', () => {
    const begun = beginRun(undefined, 'one', NOW, NOW + 15 * MINUTE);
    if (!('next' in begun)) throw new Error('nobody was at work');
    expect(beginRun(begun.next, 'one', NOW + MINUTE, NOW)).toEqual({ busy: 'one' });
  });

  const restart = (name: string, more: Partial<UnprovedRestart> = {}): UnprovedRestart => ({
    instanceId: `i-${name}`,
    node: name,
    atMs: NOW,
    peersBefore: 1,
    floor: 3,
    overAtMs: NOW,
    ...more,
  });
  const turn = (more: Partial<RotationRecord> = {}): RotationRecord =>
    record({ run: { writer: 'one', untilMs: NOW }, ...more });

  it('lets one restart at a time begin, of the run whose turn it is', () => {
    expect(claimRestart(turn(), 'one', restart('a'))).toMatchObject({ next: { restart: restart('a') } });
    expect(claimRestart(turn({ restart: restart('b') }), 'one', restart('a'))).toHaveProperty('taken');
    expect(claimRestart(turn(), 'two', restart('a'))).toHaveProperty('taken');
    expect(claimRestart(record(), 'one', restart('a'))).toHaveProperty('taken');
    expect(claimRestart(undefined, 'one', restart('a'))).toHaveProperty('taken');
  });

  it('has a second restart of a node prove as much as the first', () => {
    const again = restart('a', { atMs: NOW + HOUR, peersBefore: 0 });
    const known = turn({ restart: restart('a', { peersBefore: 3 }) });
    expect(claimRestart(known, 'one', again)).toMatchObject({
      next: { restart: { atMs: NOW + HOUR, peersBefore: 3 } },
    });
  });

  it('ends the restart that is meant, and no other run’s', () => {
    const claim = { instanceId: 'i-a', atMs: NOW };
    expect(afterRestart(turn({ restart: restart('a') }), claim, null)).toEqual({ restart: null });
    for (const other of [restart('b'), restart('a', { atMs: NOW + 1 })])
      expect(afterRestart(turn({ restart: other }), claim, null)).toEqual({ restart: other });
    expect(afterRestart(turn({ restart: restart('a') }), claim, { overAtMs: NOW + 1 })).toEqual({
      restart: restart('a', { overAtMs: NOW + 1 }),
    });
  });

  it('gives every run a higher epoch, whatever the clock says', () => {
    const first = beginRun(undefined, 'one', NOW, NOW);
    if (!('next' in first)) throw new Error('nobody was at work');
    const second = beginRun({ ...first.next, run: null }, 'two', NOW - HOUR, NOW);
    expect(second).toMatchObject({ next: { epochSeconds: first.next.epochSeconds + 1 } });
  });

  it('counts what the last hour has changed', () => {
    const changed = [
      { atMs: NOW - 2 * HOUR, entries: 9 },
      { atMs: NOW - 10 * MINUTE, entries: 2 },
      { atMs: NOW, entries: 1 },
    ];
    expect(changedLately(record({ changed }), NOW)).toBe(3);
    expect(changedLately(undefined, NOW)).toBe(0);
  });

  it('waits twice as long after each attempt in vain, at most six hours, and not at all after one that helped', () => {
    let backoff: RotationRecord['backoff'] = {};
    const waits = Array.from({ length: 8 }, () => {
      backoff = afterAttempt({ backoff }, 'i-a', false, NOW);
      return ((backoff['i-a']?.notBeforeMs ?? 0) - NOW) / MINUTE;
    });
    expect(waits).toEqual([15, 30, 60, 120, 240, 360, 360, 360]);
    expect(afterAttempt({ backoff }, 'i-a', true, NOW)).toEqual({});
  });
});
