// The plan for a whole fleet: whose client takes peers at all, how much of each list changes, what cannot be done, and the words of each plan.
import { describe, expect, it } from '@jest/globals';
import type { PeersClient } from '../../../functions/rotate-peers/commands.ts';
import type { PeeredFleet } from '../../../functions/rotate-peers/context.ts';
import type { FleetFacts, ReadList } from '../../../functions/rotate-peers/facts.ts';
import type { DroppedPeer, PeerCandidate } from '../../../functions/rotate-peers/peer-selection.ts';
import {
  CHURN_WINDOW_MS,
  clientOf,
  type FleetPlan,
  fileOf,
  hashOf,
  judgePeers,
  type ListProposal,
  limitChanges,
  type NodePlan,
  planFleet,
  planNode,
  refreshPlan,
  wordsOf,
} from '../../../functions/rotate-peers/plan.ts';
import type { NodePeers, Reading } from '../../../shared/chains/client.ts';
import { chainClients } from '../../../shared/chains/clients.ts';
import type { Fleet } from '../../../shared/fleet/model.ts';
import { parseFleet } from '../../../shared/fleet/resolve.ts';
import { newRotation, type RotationRecord } from '../../../shared/guardrails/rotation.ts';
import { fleetNode } from '../../fixtures/builders/node.ts';
import { MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { entryOf, idOf, member } from '../../fixtures/peer-facts.ts';
import { TOMLS } from '../../fixtures/structures.ts';

const CONFIG = '/data/config.toml';
const { bitcoin, stacks } = chainClients;
const cometbft = chainClients.cometbft as PeersClient;

const fleetOf = (chain: string, peers: object = {}, more: object = {}): Fleet =>
  parseFleet({ fleet: 'f', chain, mode: 'act', role: 'follower', nodes: { tag: { A: 'b' } }, peers, ...more });

/** Its file has a default path; an owner's own place of it is not known. */
const atRunTimeAlone: Fleet = {
  ...fleetOf('cometbft'),
  peers: { ...(fleetOf('cometbft') as PeeredFleet).peers, configPath: undefined },
};

describe('whose peers can be changed', () => {
  it.each([
    ['bitcoin', fleetOf('bitcoin')],
    ['one that takes peers at run time alone', atRunTimeAlone],
    ['one that takes them from its file alone', fleetOf('stacks', { config: CONFIG })],
  ])('those of %s', (_, fleet) => {
    expect(clientOf(fleet)).toEqual({ client: chainClients[fleet.chain as keyof typeof chainClients] });
  });

  it.each([
    ['a fleet whose file leaves them alone', fleetOf('bitcoin', { rotate: false }), 'its file leaves its peers alone'],
    ['a fleet with no policy of peers', { ...fleetOf('bitcoin'), peers: undefined }, 'its file leaves its peers alone'],
    ['a chain that nobody knows', { ...fleetOf('bitcoin'), chain: 'other' }, 'its client is not known'],
    ['a chain of a later version', { ...fleetOf('bitcoin'), chain: 'toString' }, 'its client is not known'],
    ['zcash', { ...fleetOf('bitcoin'), chain: 'zcash' }, 'its client does not tell its peers'],
    [
      'stacks without the path of its file',
      {
        ...fleetOf('stacks', { config: CONFIG }),
        peers: { ...fleetOf('stacks', { config: CONFIG }).peers, configPath: undefined },
      },
      'its client takes peers neither at run time nor from a file',
    ],
  ])('not those of %s', (_, fleet, none) => {
    expect(clientOf(fleet as Fleet)).toEqual({ none });
  });

  it('are in the file that the fleet names, unless its client reads them as a flag', () => {
    expect(fileOf(fleetOf('cometbft', { config: CONFIG }), cometbft)).toMatchObject({ key: 'persistent_peers' });
    expect(fileOf(atRunTimeAlone, cometbft)).toBeUndefined();
    expect(fileOf({ ...fleetOf('cometbft'), peers: undefined } as Fleet, cometbft)).toBeUndefined();
    const solana = chainClients.solana as PeersClient;
    expect(fileOf(fleetOf('cometbft', { config: CONFIG }), solana)).toBeUndefined();
  });
});

const list = (from: number, to: number): string[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, at) => `10.0.0.${from + at}:8333`);

const proposal = (
  before: readonly string[],
  after: readonly string[],
  dropped: readonly DroppedPeer[] = [],
  more: { readonly instanceId?: string; readonly node?: string; readonly exist?: number } = {},
): ListProposal => {
  const { instanceId = 'i-a', node = 'node1', exist = 100 } = more;
  return {
    node,
    now: { instanceId, peers: before, owned: [], connected: new Set() },
    choice: { instanceId, peers: after, dropped, exist, reachable: after.length, hiddenIds: [] },
    belowFloor: false,
  };
};
const drop = (peer: string, more: Partial<DroppedPeer> = {}): DroppedPeer => ({
  ...{ peer, why: `${peer} is stuck`, forbidden: false, badness: 1 },
  ...more,
});
const changes = (wanted: readonly ListProposal[], entries = 1_000, changed = 0) =>
  limitChanges(wanted, { entries, changed });

describe('how much of the lists changes', () => {
  it('is decided node by node, in the order of their names and then of their ids, whatever order they come in', () => {
    const of = (node: string, instanceId: string) => proposal(list(0, 10), list(5, 15), [], { node, instanceId });
    const wanted = [of('b', 'i-1'), of('a', 'i-2'), of('c', 'i-0'), of('a', 'i-1'), of('a', 'i-1')];
    const told = changes(wanted, 40).map(({ node, instanceId, entries }) => [node, instanceId, entries]);
    expect(told).toEqual([
      ['a', 'i-1', 5],
      ['a', 'i-1', 5],
      ['a', 'i-2', 2],
      ['b', 'i-1', 0],
      ['c', 'i-0', 0],
    ]);
  });

  it('is all of it where just as many may change, and forbidden entries go first where fewer may', () => {
    const [all] = changes([proposal(list(0, 10), list(3, 10))], 10);
    expect(all).toMatchObject({ entries: 3, waiting: 0, after: list(3, 10) });
    const dropped = list(0, 4).map((peer, at) => drop(peer, { forbidden: at === 2 }));
    const [some] = changes([proposal(list(0, 10), list(4, 10), dropped)], 4);
    expect(some).toMatchObject({ removed: ['10.0.0.2:8333'], entries: 1, waiting: 3 });
    expect(some?.after).toEqual([...list(4, 10), '10.0.0.0:8333', '10.0.0.1:8333', '10.0.0.3:8333']);
  });

  it('counts the greater of what comes and what goes, and says why each goes', () => {
    const dropped = [drop('10.0.0.0:8333'), drop('10.0.0.1:8333', { why: 'it is forked' })];
    const [one] = changes([proposal(list(0, 8), list(3, 12), dropped)]);
    expect(one).toMatchObject({ entries: 4, added: list(8, 12), removed: list(0, 3) });
    expect(one?.reasons).toEqual(['10.0.0.0:8333 is stuck', 'it is forked', 'others are better']);
  });

  it('leaves the least bad where too few would be left, in the order of how bad they are', () => {
    const dropped = list(0, 6).map((peer, at) => drop(peer, { badness: [5, 1, 4, 2, 6, 3][at] ?? 0 }));
    const [one] = changes([proposal(list(0, 6), [], dropped)]);
    expect(one?.after).toEqual(['10.0.0.1:8333', '10.0.0.3:8333', '10.0.0.5:8333']);
    // Of an entry that nobody has judged nothing bad is known.
    const [other] = changes([proposal(list(0, 6), [], dropped.slice(1))]);
    expect(other?.after[0]).toBe('10.0.0.0:8333');
  });

  it('does not count entries twice that stand twice in a list', () => {
    const [one] = changes([proposal([...list(0, 4), ...list(0, 4)], list(0, 4))]);
    expect(one).toMatchObject({ entries: 0, added: [], removed: [] });
  });
});

const peersOf = (...hosts: readonly string[]): Reading<NodePeers> => ({
  kind: 'ok',
  facts: {
    ownPeerId: undefined,
    peers: hosts.map((host) => ({ id: undefined, address: { host, port: 1 }, inbound: false, connectedSeconds: 1 })),
  },
});

const toml = (peers: readonly string[]): string =>
  `[p2p]\naddr_book_strict = false\npersistent_peers = "${peers.join(',')}"\n`;

interface Node {
  readonly index: number;
  readonly peers?: readonly string[];
  /** null: it keeps its list at run time alone. */
  readonly text?: string | null;
  readonly reading?: Reading<NodePeers>;
  readonly member?: Partial<PeerCandidate>;
}

/** A fleet of these nodes, all of which have been asked, and whose lists have been read. */
function planOf(
  nodes: readonly Node[],
  {
    rotation = {},
    peers = {},
    facts = {},
    client = cometbft,
  }: {
    readonly rotation?: Partial<RotationRecord>;
    readonly peers?: object;
    readonly facts?: Partial<FleetFacts>;
    readonly client?: PeersClient;
  } = {},
): FleetPlan {
  const fleet = fleetOf('cometbft', { config: CONFIG, minimum: 3, ...peers }) as PeeredFleet;
  const lists = new Map(
    nodes.map(({ index, peers: present = [], text = toml(present) }): [string, ReadList] => [
      `i-${index}`,
      {
        now: { instanceId: `i-${index}`, peers: present, owned: [], connected: new Set() },
        file: text === null ? undefined : { text, sha256: `sha-${index}` },
      },
    ]),
  );
  const all: FleetFacts = {
    nodes: new Map(
      nodes.map(({ index, member: more }) => [
        `i-${index}`,
        fleetNode({ instanceId: `i-${index}`, name: `node${index}`, role: more?.role ?? 'follower' }),
      ]),
    ),
    observed: new Map(),
    members: nodes.map(({ index, member: more }) => member(index, more)),
    absent: [],
    readings: new Map(nodes.map(({ index, reading = peersOf() }) => [`i-${index}`, reading])),
    refusals: [],
    names: new Map(),
    aliases: new Map(),
    ids: {},
    ...facts,
  };
  return planFleet(fleet, client, { facts: all, lists, rotation: { ...newRotation, ...rotation }, nowMs: NOON_MS });
}

const FOUR: readonly Node[] = [1, 2, 3, 4].map((index) => ({ index }));
const others = (index: number): string[] => [1, 2, 3, 4].filter((one) => one !== index).map(entryOf);

describe('the plan for a fleet', () => {
  it('names the others to each, in its file and to its running client', () => {
    const { plans, refusals } = planOf(FOUR);
    expect(refusals).toEqual([]);
    expect(plans.map(({ node, change }) => [node, change.after])).toEqual(
      [1, 2, 3, 4].map((index) => [`node${index}`, others(index)]),
    );
    expect(plans[0]).toMatchObject({
      ...{ instanceId: 'i-1', floor: 3, belowFloor: true, peersBefore: 0, knownBefore: false },
      ...{ dial: others(1), leave: [], instead: [] },
      text: { before: toml([]), after: toml(others(1)), sha256: 'sha-1' },
    });
  });

  it('is none for a node that has the list and its connections', () => {
    const well = FOUR.map(({ index }) => ({
      index,
      peers: others(index),
      reading: peersOf('10.0.0.1', '10.0.0.2', '10.0.0.3'),
    }));
    expect(planOf(well).plans).toEqual([]);
    // Its file is another one than it should be: only that is written.
    const [first, ...rest] = well;
    const stale = { ...first, index: 1, text: toml([...others(1)].reverse()) };
    const { plans } = planOf([stale, ...rest]);
    expect(plans.map(({ node, dial }) => [node, dial])).toEqual([['node1', []]]);
  });

  it('changes nothing for a node that the fleet has no more', () => {
    const nodes = new Map([['i-1', fleetNode({ instanceId: 'i-1', name: 'node1' })]]);
    expect(planOf(FOUR, { facts: { nodes } }).plans.map(({ node }) => node)).toEqual(['node1']);
  });

  it('keeps validators behind their sentries', () => {
    const roles = { 1: 'validator', 2: 'sentry', 3: 'sentry', 4: 'follower' } as const;
    const nodes = FOUR.map(({ index }) => ({ index, member: { role: roles[index as 1 | 2 | 3 | 4] } }));
    const { plans } = planOf(nodes);
    expect(plans.map(({ change }) => change.after)).toEqual([
      [entryOf(2), entryOf(3)],
      [entryOf(1), entryOf(3), entryOf(4)],
      [entryOf(1), entryOf(2), entryOf(4)],
      [entryOf(2), entryOf(3)],
    ]);
    expect(plans[1]?.text?.after).toContain(`private_peer_ids = "${idOf(1)}"`);
    expect(plans[0]?.text?.after).not.toContain('private_peer_ids = "1');
    // Without sentries they name each other.
    const open = planOf(FOUR.map(({ index }) => ({ index, member: { role: 'validator' } })));
    expect(open.plans.map(({ change }) => change.after)).toEqual([1, 2, 3, 4].map(others));
  });

  it('changes at most 30 % of the fleet’s entries in an hour, and knows those of lists that were not read', () => {
    // Each names where the others were before, and all have connections enough: 4 × 3 × 30 %.
    const nodes = FOUR.map(({ index }) => ({
      index,
      peers: others(index).map((entry) => entry.replace('@10.0.0.', '@192.168.0.')),
      reading: peersOf('10.0.0.7', '10.0.0.8', '10.0.0.9'),
    }));
    const entriesOf = ({ plans }: FleetPlan) => plans.reduce((sum, { change }) => sum + change.entries, 0);
    expect(entriesOf(planOf(nodes))).toBe(3);
    expect(CHURN_WINDOW_MS).toBe(60 * MINUTE_MS);
    const eight = [1, 2, 3, 4, 5, 6, 7, 8].map((index) =>
      fleetNode({ instanceId: `i-${index}`, name: `node${index}` }),
    );
    const facts = { nodes: new Map(eight.map((node) => [node.instanceId, node])) };
    expect(entriesOf(planOf(nodes, { facts }))).toBe(7);
    const changed = [{ atMs: NOON_MS - 30 * MINUTE_MS, entries: 2 }];
    expect(entriesOf(planOf(nodes, { rotation: { changed } as Partial<RotationRecord> }))).toBe(1);
  });

  it('tells of a file with which the client did not start before, and does not write it again', () => {
    const rejected = { 'i-2': { sha256: 'sha-2', atMs: NOON_MS } };
    const { plans, refusals } = planOf(FOUR, { rotation: { rejected } as Partial<RotationRecord> });
    expect(plans.map(({ node }) => node)).toEqual(['node1', 'node3', 'node4']);
    expect(refusals).toMatchObject([
      {
        ...{ refuse: 'config-unfit', page: false, subject: 'node2', node: { name: 'node2', instanceId: 'i-2' } },
        reason: `node2: its client did not start with what was written into ${CONFIG} before, and the file is still the same`,
      },
    ]);
    // Somebody has changed the file since.
    const other = { 'i-2': { sha256: 'another', atMs: NOON_MS } };
    expect(planOf(FOUR, { rotation: { rejected: other } as Partial<RotationRecord> }).refusals).toEqual([]);
  });

  it('tells of one bad file or list, pages for it, and goes on with the others', () => {
    const bad = FOUR.map(({ index }) => (index === 3 ? { index, text: '[p2p\nbroken' } : { index }));
    const { plans, refusals } = planOf(bad);
    expect(plans.map(({ node }) => node)).toEqual(['node1', 'node2', 'node4']);
    expect(refusals).toMatchObject([
      { refuse: 'config-unfit', page: true, reason: expect.stringContaining(`node3: ${CONFIG}`) },
    ]);
    // A secret on the line that would change is never sent anywhere: the line stays.
    const secret = FOUR.map(({ index }) =>
      index === 3 ? { index, text: `[p2p]\npersistent_peers = "" # token *****\n` } : { index },
    );
    expect(planOf(secret).refusals).toMatchObject([{ refuse: 'config-unfit', page: true, subject: 'node3' }]);
    const lost = FOUR.map(({ index }) =>
      index === 3 ? { index, peers: null as unknown as string[], text: '' } : { index },
    );
    const told = planOf(lost).refusals;
    expect(told).toMatchObject([
      { refuse: 'config-unfit', page: true, subject: 'node3', node: { name: 'node3', instanceId: 'i-3' } },
    ]);
    expect(told[0]?.reason).toMatch(/^node3: /);
  });

  it.each(Object.entries(TOMLS))('goes on with the others where the worst file of a node has %s', (_, worst) => {
    const { plans, refusals } = planOf(
      FOUR.map(({ index }) => (index === 3 ? { index, text: worst(200_000) } : { index })),
    );
    expect(plans.map(({ node }) => node).filter((node) => node !== 'node3')).toEqual(['node1', 'node2', 'node4']);
    expect(refusals.filter(({ subject }) => subject !== 'node3')).toEqual([]);
  });

  it('writes no file where the list is kept at run time alone', () => {
    const { plans } = planOf(FOUR.map(({ index }) => ({ index, text: null })));
    expect(plans.map(({ text }) => text)).toEqual([undefined, undefined, undefined, undefined]);
    expect(plans[0]?.dial).toEqual(others(1));
  });

  it('says of who does not answer that nobody knows its connections', () => {
    const silent: Reading<NodePeers> = { kind: 'starting', reason: 'it loads its blocks' };
    const [one] = planOf(FOUR.map(({ index }) => ({ index, reading: silent }))).plans;
    expect(one).toMatchObject({ peersBefore: null, belowFloor: true });
    const unread = planOf(FOUR, { facts: { readings: new Map() } }).plans;
    expect(unread[0]).toMatchObject({ peersBefore: null, belowFloor: true });
  });
});

const planFor = (
  more: Partial<NodePlan['change']>,
  rest: Partial<Parameters<typeof planNode>[0]> = {},
): NodePlan | undefined =>
  planNode({
    change: {
      ...{ instanceId: 'i-a', node: 'a', before: [], after: [], added: [], removed: [], hiddenIds: [], reachable: 3 },
      ...{ reasons: [], entries: 0, waiting: 0 },
      ...more,
    },
    ...{ text: undefined, atRunTime: bitcoin.operations.peersAtRunTime, connected: new Set(), aliases: new Map() },
    ...{ peersBefore: 5, minimum: 3 },
    ...rest,
  });
const wordsOfPlan = (more: Partial<NodePlan['change']>, rest = {}) => {
  const plan = planFor(more, rest);
  if (plan === undefined) throw new Error('something is to be done');
  return wordsOf(plan, new Map());
};

describe('a node has something to do', () => {
  const same = { before: list(0, 3), after: list(0, 3) };
  it.each([
    ['its file is another one', planFor(same, { text: { before: 'x', after: 'y', sha256: 's' } }), true],
    ['its file is right', planFor(same, { text: { before: 'x', after: 'x', sha256: 's' } }), false],
    ['it has too few connections', planFor(same, { peersBefore: 1 }), true],
    ['nobody knows its connections', planFor(same, { peersBefore: null }), true],
    ['it has just as many as it should', planFor(same, { peersBefore: 3 }), false],
    ['there is a new one to dial', planFor({ after: list(0, 1), added: list(0, 1) }), true],
    ['there is one to drop', planFor({ before: list(0, 1), removed: list(0, 1) }), true],
  ])('where %s', (_, plan, is) => {
    expect(plan !== undefined).toBe(is);
  });

  it('does nothing at run time where its client takes nothing there', () => {
    const plan = planFor(
      { before: list(0, 9), after: list(5, 14), added: list(9, 14), removed: list(0, 5) },
      { atRunTime: stacks.operations.peersAtRunTime, text: { before: 'x', after: 'y', sha256: 's' } },
    );
    expect(plan).toMatchObject({ dial: [], leave: [], instead: [], knownBefore: false });
  });

  it('takes others of a list that is longer than what its client dials, as many as are not dialled anew', () => {
    const nine = {
      before: list(0, 9),
      after: [...list(3, 9), '10.1.0.1:8333'],
      added: ['10.1.0.1:8333'],
      removed: list(0, 3),
    };
    expect(planFor(nine)?.instead).toEqual(list(3, 9));
    const twelve = {
      before: list(0, 13),
      after: [...list(3, 13), '10.1.0.1:8333'],
      added: ['10.1.0.1:8333'],
      removed: list(0, 3),
    };
    expect(planFor(twelve)?.instead).toEqual(list(3, 10));
    // All of eight are dialled.
    expect(planFor({ before: list(0, 8), after: list(3, 8), removed: list(0, 3) })?.instead).toEqual([]);
    const unlimited = { atRunTime: chainClients.ethereum.operations.peersAtRunTime };
    expect(planFor(nine, unlimited)?.instead).toEqual([]);
  });

  it('does not drop by a host what no address is', () => {
    expect(planFor({ before: ['not a peer'], removed: ['not a peer'] })?.leave).toEqual(['not a peer']);
    expect(planFor({ after: ['not a peer'] }, { peersBefore: 0 })?.dial).toEqual([]);
  });
});

describe('a plan that is looked at again', () => {
  const plan = planFor({ before: list(0, 1), after: list(0, 4), added: list(1, 4) }) as NodePlan;
  const now = (...hosts: readonly string[]): NodePeers => {
    const reading = peersOf(...hosts);
    if (reading.kind !== 'ok') throw new Error('it answers');
    return reading.facts;
  };

  it('dials what is new and not there yet, and below the floor all that is missing', () => {
    const three = now('10.0.0.1', '10.0.0.7', '10.0.0.8');
    expect(refreshPlan(plan, three, new Set(['10.0.0.1']))).toMatchObject({
      belowFloor: false,
      dial: list(2, 4),
      peersBefore: 3,
    });
    expect(refreshPlan(plan, now('10.0.0.1'), new Set(['10.0.0.1']))).toMatchObject({
      ...{ belowFloor: true, peersBefore: 1 },
      dial: ['10.0.0.0:8333', ...list(2, 4)],
    });
    // A client that has no call to dial has none now either.
    const mute = { ...plan, dial: [] };
    expect(refreshPlan(mute, now(), new Set())).toMatchObject({ belowFloor: true, dial: [] });
  });

  it('knows who was there before only where each connection says who it is', () => {
    const peer = { id: undefined, address: undefined, inbound: true, connectedSeconds: 1 };
    const of = (...peers: readonly object[]) =>
      refreshPlan(plan, { ownPeerId: undefined, peers } as unknown as NodePeers, new Set()).knownBefore;
    expect(of({ ...peer, id: 'x' }, { ...peer, address: { host: 'h', port: 1 } })).toBe(true);
    expect(of({ ...peer, id: 'x' }, peer)).toBe(false);
    expect(of()).toBe(true);
  });
});

it('the hash of plans is that of all of them, in any order, and another one for other lists', () => {
  const one = planFor({ after: list(0, 1), added: list(0, 1) }) as NodePlan;
  const two = planFor({ instanceId: 'i-b', after: list(0, 2), added: list(0, 2) }) as NodePlan;
  expect(hashOf([one, two])).toBe(hashOf([two, one]));
  expect(hashOf([one, two])).not.toBe(hashOf([one]));
  expect(hashOf([one])).not.toBe(hashOf([two]));
  expect(hashOf([one])).toMatch(/^[0-9a-f]{12}$/);
});

describe('the words of a plan', () => {
  it('name four peers, and count the others', () => {
    const five = list(0, 5);
    expect(wordsOfPlan({ after: five, added: five }).would).toBe(
      'name 10.0.0.0:8333, 10.0.0.1:8333, 10.0.0.2:8333, 10.0.0.3:8333, 1 more (5 in all)',
    );
    const four = list(0, 4);
    expect(wordsOfPlan({ after: four, added: four }).would).toBe(
      'name 10.0.0.0:8333, 10.0.0.1:8333, 10.0.0.2:8333, 10.0.0.3:8333 (4 in all)',
    );
  });

  it('say what goes, what is only dialled, and what is only written again', () => {
    expect(wordsOfPlan({ before: list(0, 2), after: list(0, 1), removed: list(1, 2) }).would).toBe(
      'name 10.0.0.1:8333 no more (1 in all)',
    );
    const same = { before: list(0, 1), after: list(0, 1) };
    expect(wordsOfPlan(same, { peersBefore: 0 }).would).toBe('dial 10.0.0.0:8333 (1 in all)');
    const file = { text: { before: 'x', after: 'y', sha256: 's' } };
    expect(wordsOfPlan(same, file)).toEqual({
      would: 'set the list again (1 in all)',
      because: 'better spread and longer lived',
    });
    expect(wordsOfPlan({ after: [] }, file).because).toBe('its list names nobody');
  });

  it('say how many connections it has, and each reason once, four of them', () => {
    const same = { before: list(0, 1), after: list(0, 1) };
    expect(wordsOfPlan(same, { peersBefore: 1 }).because).toBe('it has 1 connection, expected 3 at least');
    expect(wordsOfPlan(same, { peersBefore: 2 }).because).toBe('it has 2 connections, expected 3 at least');
    expect(wordsOfPlan(same, { peersBefore: null }).because).toBe(
      'it has an unknown number of connections, expected 3 at least',
    );
    const reasons = ['a', 'a', 'b', 'c', 'd', 'e'];
    expect(wordsOfPlan({ removed: list(0, 6), reasons }).because).toBe('a; b; c; d');
  });
});

it('what became of a node is told with both numbers', () => {
  const baseline = { before: null, floor: 3 };
  expect(judgePeers(peersOf('a'), baseline)).toEqual({
    is: 'short',
    peers: 1,
    sentence: '1 peer, an unknown number before, expected 3 at least',
  });
  expect(judgePeers(peersOf('a', 'b'), { before: 4, floor: 3 })).toEqual({
    is: 'fallen',
    sentence: '2 peers, 4 before, expected 3 at least',
  });
});
