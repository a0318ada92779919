import { describe, expect, it } from '@jest/globals';
import { heightsOfReferences } from '../../../functions/watch-fleet/chain.ts';
import { judgeFleet } from '../../../functions/watch-fleet/fleet-health.ts';
import type { NodeStatus } from '../../../shared/chains/client.ts';
import { chainClients } from '../../../shared/chains/clients.ts';
import { answered, failed, readAll } from '../../fixtures/chain-answers.ts';
import * as samples from '../../fixtures/chain-samples.ts';
import { dead, fleetOf, hashOn, MINUTE, type Said, type Sweep, T0, Watched } from '../../fixtures/sights.ts';

const starting = { kind: 'starting', reason: 'Verifying blocks...' } as const;
const down = (more = {}) => ({ kind: 'error', code: 'unreachable', reason: 'nothing listens', ...more }) as never;

describe('a node at the tip', () => {
  it('is synced, also a little behind, and says where', () => {
    const watched = new Watched().sweep({ node1: 100, node2: 100, node3: 98 });
    expect(watched.health).toEqual({ node1: 'synced', node2: 'synced', node3: 'synced' });
    expect(watched.node('node1')).toMatchObject({ height: 100, lagBlocks: 0, reason: 'at the tip, 100' });
    expect(watched.node('node3')).toMatchObject({ lagBlocks: 2, reason: '2 blocks behind the tip, 100' });
  });

  it('is judged by what it tells, and what it does not tell is said', () => {
    const reticent = { height: 100, more: { missing: ['peers: net_peerCount answered error -32004: not allowed'] } };
    expect(new Watched().sweep({ node1: 100, node2: reticent }).node('node2')).toMatchObject({
      health: 'synced',
      peerCount: null,
      reason: 'at the tip, 100; it does not tell its peers: net_peerCount answered error -32004: not allowed',
    });
  });

  it('that is alone is its own tip: there is nothing to compare it with', () => {
    expect(new Watched().sweep({ node1: 100 }).node('node1')).toMatchObject({ health: 'synced', lagBlocks: 0 });
  });
});

describe('an instance with the type of its first sync', () => {
  // Nodes of these tests are m6i.large.
  const fleet = { ...fleetOf(), typeBoost: { from: 'm6i.large', to: 't3.large' } };
  const all = (height: number) => ({ node1: height, node2: height });

  it('has no need of it once its node has been synced for a quarter of an hour, however often that is down later', () => {
    const watched = new Watched(fleet).sweeps(15, (nth) => all(1_000 + nth));
    expect(watched.node('node1')?.boosted).toEqual({ type: 'm6i.large' });
    watched.sweep(all(1_100));
    const since = { type: 'm6i.large', idleSinceMs: watched.nowMs };
    expect(watched.node('node1')?.boosted).toEqual(since);
    watched.sweeps(3, () => ({ node1: dead, node2: 1_100 })).sweeps(30, (nth) => all(1_101 + nth));
    expect(watched.node('node1')?.boosted).toEqual(since);
  });

  it('is none where the fleet file says no such type', () => {
    expect(new Watched().sweep(all(1_000)).node('node1')).not.toHaveProperty('boosted');
    const other = { ...fleet, typeBoost: { from: 'm6i.8xlarge', to: 'm6i.large' } };
    expect(new Watched(other).sweep(all(1_000)).node('node1')).not.toHaveProperty('boosted');
  });
});

describe('a dead RPC', () => {
  it('is unreachable, with no height and no lag, and never at lag 0', () => {
    const watched = new Watched().sweeps(3, () => ({ node1: 100, node2: 100, node3: dead }));
    expect(watched.node('node3')).toMatchObject({
      health: 'unreachable',
      height: null,
      lagBlocks: null,
      blockAgeSeconds: null,
      reason: '10.0.0.1:8332 refuses connections: nothing listens there',
      sinceMs: T0,
    });
    expect(watched.codes.get('node3')).toBe('node-unreachable');
  });

  it('is one that answers nothing in time, too', () => {
    const said = { kind: 'error', code: 'slow', reason: 'it did not answer in time' } as never;
    expect(new Watched().sweep({ node1: 100, node2: said }).node('node2')).toMatchObject({
      health: 'unreachable',
      reason: 'it did not answer in time',
    });
  });

  it('of two leaves the third, which is far behind, far behind for as long as it stands there', () => {
    const watched = new Watched().sweeps(3, () => ({ node1: 1000, node2: 1000, node3: 500 }));
    watched.sweeps(29, () => ({ node1: dead, node2: dead, node3: 500 }));
    expect(watched.node('node3')).toMatchObject({ health: 'behind', lagBlocks: 500 });
    expect(watched.result?.tipConfirmed).toBe(false);
    watched.sweeps(90, () => ({ node1: dead, node2: dead, node3: 500 }));
    expect(watched.node('node3')).toMatchObject({ health: 'behind', lagBlocks: 500 });
  });

  it('of two is no tip any more after half an hour, where the third goes on: its network may have been rolled back', () => {
    const watched = new Watched().sweeps(3, () => ({ node1: 1000, node2: 1000, node3: 500 }));
    watched.sweeps(29, (n) => ({ node1: dead, node2: dead, node3: 500 + n }));
    expect(watched.node('node3')).toMatchObject({ health: 'behind' });
    watched.sweeps(3, (n) => ({ node1: dead, node2: dead, node3: 529 + n }));
    expect(watched.node('node3')).toMatchObject({ health: 'synced' });
  });

  it('of two is no tip any more after half an hour, where the third had nearly reached it', () => {
    const watched = new Watched().sweeps(3, () => ({ node1: 1000, node2: 1000, node3: 999 }));
    watched.sweeps(32, () => ({ node1: dead, node2: dead, node3: 999 }));
    expect(watched.watch?.tip).toBe(999);
  });
});

describe('an answer that shows life', () => {
  const busy = (code: string) => ({ kind: 'error', code, reason: `it answered ${code}` }) as never;

  it.each([
    ['too many requests, or not available', 'busy'],
    ['a redirection', 'redirected'],
    ['an error of its own', 'refused'],
    ['garbage', 'malformed'],
    ['10 MB', 'too-large'],
  ])('is no silence: %s', (_, code) => {
    expect(new Watched().sweep({ node1: 100, node2: busy(code) }).node('node2')).toMatchObject({
      health: 'busy',
      height: null,
      lagBlocks: null,
      reason: `it is alive, but does not tell its height: it answered ${code}`,
    });
  });

  it('is told when it has lasted for as long as a node may stand still, and not before', () => {
    const watched = new Watched().sweeps(5, () => ({ node1: 100, node2: 100, node3: busy('busy') }));
    expect(watched.codes.get('node3')).toBeNull();
    watched.sweep({ node1: 100, node2: 100, node3: busy('redirected') });
    expect(watched.codes.get('node3')).toBe('node-busy');
    expect(watched.node('node3')).toMatchObject({ health: 'busy', sinceMs: T0 });
  });

  it('says neither that a client was restarted, nor that it was not', () => {
    const watched = new Watched().sweeps(3, () => ({ node1: 100, node2: 100, node3: 100 }));
    const before = watched.node('node3');
    watched.sweeps(3, () => ({ node1: 100, node2: 100, node3: busy('busy') }));
    watched.sweep({ node1: 100, node2: 100, node3: 100 });
    expect(watched.node('node3')).toMatchObject({ health: 'synced', startedAtMs: before.startedAtMs });
  });
});

describe('not being able to ask', () => {
  it('says nothing of the node: unknown, which is not sick', () => {
    const watched = new Watched().sweeps(3, () => ({
      node1: 100,
      node2: { unasked: 'the command was not answered' },
      node3: down({ code: 'unauthorized', reason: 'the credentials are not accepted' }),
      node4: down({ code: 'misconfigured', reason: 'the credentials cannot be read' }),
    }));
    expect(watched.health).toEqual({ node1: 'synced', node2: 'unknown', node3: 'unknown', node4: 'unknown' });
    expect(watched.node('node2').reason).toBe('the command was not answered');
    expect(watched.conditions).toEqual(['cannot-ask']);
    expect(watched.watch?.conditions['cannot-ask']).toEqual({
      status: 'holds',
      sinceMs: T0,
      seenAtMs: T0 + 2 * MINUTE,
      reason: 'node2, node3, node4: the command was not answered',
    });
  });

  describe('a machine that is silent', () => {
    const silent = { unasked: 'its SSM agent is ConnectionLost', silent: true } as const;
    const node2After = (said: Sweep['nodes'][string], impaired: readonly string[] | undefined, startedAgoMs = 0) => {
      const watched = new Watched().sweeps(2, () => ({ node1: 100, node2: 100 }));
      const as = { node2: { launchedAtMs: startedAgoMs === 0 ? 0 : watched.nowMs - startedAgoMs } };
      return watched.sweep({ nodes: { node1: 101, node2: said }, as, ...(impaired && { impaired }) });
    };

    it('is cut off where EC2’s check of it has failed, too: what its client is like is unknown still, and people are told of the node', () => {
      const watched = node2After(silent, ['node2']);
      expect(watched.node('node2')).toMatchObject({
        health: 'unknown',
        cutOff: true,
        reason: 'its SSM agent is ConnectionLost, and EC2’s status check of its instance has failed: nobody reaches it',
      });
      expect([watched.codes.get('node2'), watched.conditions]).toEqual(['node-unreachable', []]);
    });

    it.each<[string, Sweep['nodes'][string], readonly string[] | undefined]>([
      ['whose check has not failed', silent, ['node1']],
      ['of which EC2 could not be asked', silent, undefined],
      ['that AWS would not ask, whatever its check says', { unasked: 'asking it failed' }, ['node2']],
    ])('%s is only unknown', (_, said, impaired) => {
      const watched = node2After(said, impaired);
      expect(watched.node('node2').cutOff).toBeUndefined();
      expect([watched.health['node2'], watched.conditions]).toEqual(['unknown', ['cannot-ask']]);
    });

    it('that answers has the health that it tells, whatever EC2 says', () => {
      expect(node2After(101, ['node2']).health['node2']).toBe('synced');
    });

    it('that was just launched is told to nobody yet', () => {
      const watched = node2After(silent, ['node2'], 2 * MINUTE);
      expect([watched.node('node2').cutOff, watched.codes.get('node2')]).toEqual([true, null]);
    });

    it('that boots is told to nobody before its agent has had the time of a start, as in the middle of a heal', () => {
      const boots = node2After(silent, ['node1'], 2 * MINUTE);
      expect([boots.health['node2'], boots.conditions]).toEqual(['unknown', []]);
      expect(node2After(silent, ['node1'], 11 * MINUTE).conditions).toEqual(['cannot-ask']);
    });
  });

  it('is so for every node of a fleet that nobody asks', () => {
    const watched = new Watched(fleetOf({}, { probe: 'none' })).sweep({
      nodes: { node1: 100, node2: dead },
      as: { node2: { state: 'stopped' } },
    });
    expect(watched.health).toEqual({ node1: 'unknown', node2: 'unknown' });
    expect(watched.conditions).toEqual(['nobody-watches']);
  });
});

describe('an instance that does not run', () => {
  it('serves nobody, whoever stopped it: that is known, and said', () => {
    const watched = new Watched().sweep({ nodes: { node1: 100, node2: 100 }, as: { node2: { state: 'stopped' } } });
    expect(watched.node('node2')).toMatchObject({
      health: 'unreachable',
      reason: 'its instance is stopped',
      height: null,
    });
  });

  it('is starting while it is launched', () => {
    const as = { node2: { state: 'pending', launchedAtMs: T0 - 5_000 } } as const;
    expect(new Watched().sweep({ nodes: { node1: 100, node2: dead }, as }).node('node2')).toMatchObject({
      health: 'starting',
      reason: 'its instance is starting',
    });
  });
});

describe('a node that is behind', () => {
  it('and advances is behind', () => {
    const watched = new Watched().sweeps(20, (n) => ({ node1: 1000 + n, node2: 1000 + n, node3: 500 + n }));
    expect(watched.node('node3')).toMatchObject({
      health: 'behind',
      lagBlocks: 500,
      reason: '500 blocks behind, at 519',
    });
  });

  it('and stands still while others go on is stuck, when it has stood long enough and not before', () => {
    const watched = new Watched().sweep({ node1: 1000, node2: 1000, node3: 500 });
    watched.sweeps(4, (n) => ({ node1: 1001 + n, node2: 1001 + n, node3: 500 }));
    expect(watched.health['node3']).toBe('behind');
    watched.sweep({ node1: 1010, node2: 1010, node3: 500 });
    expect(watched.node('node3')).toMatchObject({
      health: 'stuck',
      reason: '510 blocks behind, at 500 for 5 min while node1, node2 went on',
      heightSinceMs: T0,
    });
    expect(watched.codes.get('node3')).toBe('node-stuck');
  });

  it('says that it is not (eth_syncing=false, catching_up=false), and is not believed', () => {
    const liar = { height: 500, more: { syncing: false, claimedTip: 500 } };
    const watched = new Watched().sweeps(7, (n) => ({ node1: 1000 + n, node2: 1000 + n, node3: liar }));
    expect(watched.health['node3']).toBe('stuck');
  });

  it('and syncs what shows in no height yet (snap sync) makes progress', () => {
    const watched = new Watched().sweeps(20, (n) => ({
      node1: 1000 + n,
      node2: 1000 + n,
      node3: { height: 0, more: { syncing: true, syncHeight: 10 * n, claimedTip: 1000 + n } },
    }));
    expect(watched.health['node3']).toBe('behind');
  });

  it.each<[string, (sweep: number) => object, string]>([
    [
      'while a stage moves is behind',
      (n) => ({ counters: { Execution: 5 * n, Finish: 0 }, works: 'stage Execution' }),
      'behind',
    ],
    ['while its state is healed is behind', (n) => ({ counters: { healedTrienodes: 1000 + n } }), 'behind'],
    [
      'while it says that it works is behind',
      () => ({ counters: { Execution: 7 }, works: 'stage MerkleExecute' }),
      'behind',
    ],
    ['and counts nothing more is stuck', () => ({ counters: { healedTrienodes: 1000 } }), 'stuck'],
    ['and has taken a stage back is stuck', (n) => ({ counters: { Execution: 9 - n } }), 'stuck'],
  ])('and stands still %s', (_, more, health) => {
    const fleet = new Watched(fleetOf({ patienceSeconds: 3600 }));
    fleet.sweeps(9, (n) => ({
      ...{ node1: 1000 + 5 * n, node2: 1000 + 5 * n },
      node3: { height: 500, more: { syncing: true, claimedTip: 1000 + 5 * n, ...more(n) } },
    }));
    expect(fleet.node('node3').health).toBe(health);
  });

  it('and says that it works, though nothing of it moves, is told after the patience of its chain, and never stuck', () => {
    const fleet = new Watched(fleetOf({ patienceSeconds: 1800 }));
    const codes = Array.from({ length: 60 }, (_, n) => {
      const more = { syncing: true, counters: { Execution: 7 }, works: 'stage MerkleExecute' };
      fleet.sweep({ node1: 1000 + 5 * n, node2: 1000 + 5 * n, node3: { height: 500, more } });
      return `${fleet.node('node3').health} ${fleet.codes.get('node3')}`;
    });
    expect([...new Set(codes)]).toEqual(['behind null', 'busy node-busy']);
    expect(fleet.conditions).toEqual([]);
    expect(codes.indexOf('busy node-busy')).toBe(30);
    expect(fleet.node('node3').reason).toMatch(
      /it says that it works \(stage MerkleExecute\), and nothing of it has moved for 59 min/,
    );
  });

  it.each<[string, (n: number) => number, RegExp]>([
    ['nobody is told while that grows', (n) => n, /^busy null$/],
    ['a person is told once it stands', () => 37, /^busy node-busy$/],
  ])('and counts what it does before it tells its height: %s', (_, percent, last) => {
    const fleet = new Watched(fleetOf({ startGraceSeconds: 60, patienceSeconds: 600 }));
    fleet.sweeps(60, (n) => ({
      ...{ node1: 1000 + n, node2: 1000 + n },
      node3: { kind: 'starting', reason: 'Verifying blocks', counters: { Verifying_blocks: percent(n) } } as const,
    }));
    expect(`${fleet.node('node3').health} ${fleet.codes.get('node3')}`).toMatch(last);
  });

  it('admits it: what it says of the tip counts against itself, where nobody else is there to say', () => {
    const syncing = (height: number) => ({ height, more: { syncing: true, claimedTip: 5000 } });
    const watched = new Watched().sweep({ node1: syncing(100), node2: syncing(100) });
    expect(watched.health).toEqual({ node1: 'behind', node2: 'behind' });
  });

  it('says that it lacks blocks, where most others stand at its own: they are believed, and its word is told (solana#27737)', () => {
    const claims = (n: number) => ({ height: 1000 + n, more: { syncing: true, claimedTip: 2906 + n } });
    const watched = new Watched().sweeps(90, (n) => ({ node1: 1000 + n, node2: 1000 + n, node3: claims(n) }));
    expect(watched.node('node3')).toMatchObject({
      health: 'synced',
      reason: 'at the tip, 1089, as most others are; it says itself that it lacks 1906 blocks',
    });
    expect(watched.health).toMatchObject({ node1: 'synced', node2: 'synced' });
  });

  it('says that it lacks blocks, as all its siblings do: two references know better', () => {
    const claims = (n: number) => ({ height: 1000 + n, more: { syncing: true, claimedTip: 2906 + n } });
    const all = new Watched().sweeps(9, (n) => ({
      nodes: { node1: claims(n), node2: claims(n) },
      references: [1000 + n, 1000 + n],
    }));
    expect(all.health).toEqual({ node1: 'synced', node2: 'synced' });
    const one = new Watched().sweeps(9, (n) => ({
      nodes: { node1: claims(n), node2: claims(n) },
      references: [1000 + n],
    }));
    expect(one.health).toEqual({ node1: 'behind', node2: 'behind' });
  });

  it('was not watched for an hour: what it did meanwhile nobody knows, and its clock begins anew', () => {
    const watched = new Watched().sweeps(3, (n) => ({ node1: 1000 + n, node2: 1000 + n, node3: 500 }));
    watched.sweep({ node1: 2000, node2: 2000, node3: 500 }, 60 * MINUTE);
    expect(watched.health['node3']).toBe('behind');
    watched.sweeps(5, (n) => ({ node1: 2001 + n, node2: 2001 + n, node3: 500 }));
    expect(watched.health['node3']).toBe('stuck');
  });

  it('with half of the fleet is stuck: the other half goes on', () => {
    const watched = new Watched().sweeps(7, (n) => ({ node1: 1000 + n, node2: 1000 + n, node3: 500, node4: 500 }));
    expect(watched.health).toMatchObject({ node3: 'stuck', node4: 'stuck' });
  });

  it('with most of the fleet is not called stuck on the word of a few: a person is told', () => {
    const watched = new Watched().sweeps(8, (n) => ({
      node1: 1000 + n,
      node2: 1000 + n,
      node3: 500,
      node4: 500,
      node5: 500,
    }));
    expect(watched.health).toMatchObject({ node3: 'behind', node4: 'behind', node5: 'behind' });
    expect(watched.node('node3').reason).toContain('only node1, node2 advanced, too few to blame it');
    expect(watched.conditions).toEqual(['fleet-standing']);
  });
});

describe('an execution client that is stuck', () => {
  const ethereum = () => fleetOf({}, { chain: 'ethereum', fleet: 'ethereum' });
  const status = (height: number) => ({ kind: 'ok', facts: { ...UNKNOWN, height } }) as const;
  const UNKNOWN: NodeStatus = {
    ...{ height: 0, hashes: [], blockTimeMs: undefined, syncing: undefined, claimedTip: undefined },
    ...{ syncHeight: undefined, peerCount: undefined, chainId: 'main', clientVersion: undefined },
    ...{
      anchorHeight: undefined,
      inValidatorSet: undefined,
      votingPower: undefined,
      hamperedBy: undefined,
      missing: [],
    },
  };
  const stuckWith = (beacon: object) =>
    new Watched(ethereum())
      .sweeps(7, (n) => ({ node1: 1000 + n, node2: 1000 + n, node3: { status: status(500), ...beacon } }))
      .node('node3');

  const slot = (height: number, more: object = {}) => ({ kind: 'ok', facts: { ...UNKNOWN, height, ...more } });
  /** What its consensus client answers in each of eight sweeps, while it stands. */
  const besideOf = (beacon: (sweep: number) => object) =>
    new Watched(ethereum())
      .sweeps(8, (n) => ({
        ...{ node1: 1000 + n, node2: 1000 + n },
        node3: { status: status(500), beacon: beacon(n) } as never,
      }))
      .node('node3');

  it('because its consensus client, heard before, is silent, is said to be so', () => {
    expect(besideOf((n) => (n === 0 ? slot(10_000) : dead))).toMatchObject({
      health: 'stuck',
      cause: 'consensus-client',
      reason: expect.stringContaining('its consensus client is the cause, which does not answer'),
    });
  });

  it('because its consensus client stands is said to be so, whatever that client believes', () => {
    const node = besideOf(() => slot(10_000, { claimedTip: 10_000, syncing: false }));
    expect(node).toMatchObject({ health: 'stuck', cause: 'consensus-client' });
    expect(node.reason).toContain('its consensus client is the cause: it has stood at slot 10000 for 7 min');
  });

  it('only waits for a consensus client that is behind and goes on: neither is stuck', () => {
    const node = besideOf((n) => slot(10_000 + n, { claimedTip: 10_500, syncing: true }));
    expect(node).toMatchObject({ health: 'behind' });
    expect(node.cause).toBeUndefined();
    expect(node.reason).toContain('its consensus client is 493 slots behind itself, and goes on');
  });

  it('only waits for a heimdall that catches up, and does not say how far it has to', () => {
    const node = besideOf((n) => slot(10_000 + n, { syncing: true }));
    expect(node).toMatchObject({ health: 'behind', reason: expect.stringContaining('catches up itself, at 10007') });
  });

  it.each([
    ['a port where nobody was ever heard', dead, 'was never heard on that port'],
    ['a malformed answer', { kind: 'error', code: 'malformed', reason: 'no JSON' }, 'is not known: no JSON'],
    ['a refusal', { kind: 'error', code: 'refused', reason: 'HTTP 404' }, 'is not known: HTTP 404'],
    ['a redirection', { kind: 'error', code: 'redirected', reason: 'HTTP 301' }, 'is not known: HTTP 301'],
    ['credentials of ours', { kind: 'error', code: 'unauthorized', reason: 'HTTP 401' }, 'is not known: HTTP 401'],
  ])('is not blamed on its consensus client for %s', (_, beacon, said) => {
    const node = besideOf(() => beacon);
    expect(node.health).toBe('stuck');
    expect(node.cause).toBeUndefined();
    expect(node.reason).toContain(said);
  });

  it.each([
    ['at the tip', (n: number) => slot(10_000 + n, { claimedTip: 10_000 + n }), 'synced', 10_007, 0],
    ['an epoch behind', (n: number) => slot(10_000 + n, { claimedTip: 10_500 }), 'syncing', 10_007, 493],
    ['where it says itself that it syncs', (n: number) => slot(10 + n, { syncing: true }), 'syncing', 17, null],
    ['it has stood there for 7 min', () => slot(10_000, { claimedTip: 10_000 }), 'stuck', 10_000, 0],
    ['silent, heard before', (n: number) => (n === 0 ? slot(10_000) : dead), 'unreachable', null, null],
    ['silent, never heard', () => dead, 'unknown', null, null],
    ['refusing', () => ({ kind: 'error', code: 'refused', reason: 'HTTP 404' }), 'unknown', null, null],
    ['loading its data', () => ({ kind: 'starting', reason: 'not ready' }), 'starting', null, null],
    [
      'in need of its execution client',
      () => slot(10_000, { claimedTip: 10_000, hamperedBy: 'execution-offline' }),
      'waiting',
      ...([10_000, 0] as const),
    ],
  ] as const)(
    'has a consensus client beside it that is seen %s, with its slot or none',
    (...[, beacon, health, at, behind]) => {
      expect(besideOf(beacon).consensusClient).toMatchObject({ health, slot: at, slotsBehind: behind });
    },
  );

  it('while its consensus client hears of blocks and makes nothing of them, is at fault or not: nobody knows (optimism#6851)', () => {
    const derives = (sweep: number) => ({ current_l1: 500 + sweep, unsafe_l2: 500 });
    const standing = besideOf((n) => slot(10_000 + n, { counters: derives(0) }));
    expect(standing).toMatchObject({ health: 'stuck', evidence: 'beside-stands' });
    expect(standing.cause).toBeUndefined();
    expect(standing.reason).toContain(
      'its consensus client hears of blocks, at 10007, and has made nothing of them for 7 min',
    );
    const deriving = besideOf((n) => slot(10_000 + n, { counters: derives(n) }));
    expect(deriving).toMatchObject({ health: 'stuck' });
    expect(deriving.evidence).toBeUndefined();
  });

  it('without a question to a consensus client shows none', () => {
    expect(stuckWith({}).consensusClient).toBeUndefined();
  });

  it('while its consensus client stands and calls it offline, though it answers, is at fault or not: nobody knows (lighthouse#6121)', () => {
    const node = besideOf(() => slot(10_000, { claimedTip: 10_100, hamperedBy: 'execution-offline' }));
    expect(node).toMatchObject({ health: 'stuck', evidence: 'beside-stands' });
    expect(node.cause).toBeUndefined();
    expect(node.reason).toContain(
      'its consensus client has stood at slot 10000 for 7 min, and calls this client offline',
    );
    const goingOn = besideOf((n) => slot(10_000 + n, { claimedTip: 10_100, hamperedBy: 'execution-offline' }));
    expect(goingOn.evidence).toBeUndefined();
  });

  it('whose machine has a clock that is behind is told so: its consensus client refuses what is newer (nimbus-eth2#6673)', () => {
    const firstMs = T0 - MINUTE;
    const at = (n: number, agoMs: number, missing = 0) =>
      slot(10_000 + n, { claimedTip: 10_000 + n + missing, blockTimeMs: firstMs + n * MINUTE - agoMs });
    const behind = besideOf((n) => at(n, 10 * MINUTE));
    expect(behind).toMatchObject({ health: 'stuck', evidence: 'beside-stands' });
    expect(behind.reason).toContain('the clock of its machine is behind, and it refuses what is newer');
    for (const well of [besideOf((n) => at(n, MINUTE)), besideOf((n) => at(n, 10 * MINUTE, 50))])
      expect(well.reason).not.toContain('the clock');
  });

  it('while its consensus client waits for it has itself to blame', () => {
    const node = besideOf((n) => slot(10_000 + n, { claimedTip: 10_000 + n, hamperedBy: 'execution-behind' }));
    expect(node.health).toBe('stuck');
    expect(node.cause).toBeUndefined();
  });

  it('is told with what its own metrics say', () => {
    const geth = { kind: 'ok', facts: { headBlock: 500, peers: 7, inserts: undefined } };
    const node = stuckWith({ geth });
    expect(node.reason).toMatch(/went on; it has inserted no block since it was last asked$/);
    expect(node.peerCount).toBe(7);
  });
});

describe('where a fleet has no nodes', () => {
  const seen = (...references: number[]) => {
    const watched = new Watched();
    return [0, 1, 2].map(() => judgeFleet(watched.sight({ nodes: {}, references })).watch).at(-1);
  };

  it('two references tell how high its chain is, and one alone does not', () => {
    expect(seen(1000, 1001)?.tip).toBe(1000);
    expect(seen(1000)?.tip).toBeNull();
  });
});

describe('a chain that halts', () => {
  const halted = () =>
    new Watched().sweeps(40, (n) => ({ node1: 1000 + Math.min(n, 5), node2: 1000 + Math.min(n, 5), node3: 500 }));

  it('is told apart from nodes that are stuck: those at the tip stay synced, nobody is stuck', () => {
    const watched = halted();
    expect(watched.health).toEqual({ node1: 'synced', node2: 'synced', node3: 'behind' });
    expect(watched.watch?.haltedSinceMs).toBe(T0 + 5 * MINUTE);
    expect(watched.conditions).toEqual(['chain-halted']);
    expect(watched.node('node1').reason).toBe('at the tip, 1005; the chain stands still for 34 min');
  });

  it('is not told where its fleet has copies alone: the region of its nodes tells it', () => {
    const watched = halted();
    const facts = watched.sight({ nodes: { node1: 1005, node2: 1005, node3: 500 } });
    const fleet = { ...facts.fleet, copiesFrom: { region: 'eu-west-1', maxAgeHours: 48 } };
    const { conditions, haltedSinceMs } = judgeFleet({ ...facts, fleet }).watch;
    expect(Object.keys(conditions)).toEqual([]);
    expect(haltedSinceMs).toBe(T0 + 5 * MINUTE);
  });

  it('is not told where it stops for an upgrade that is under way, and only there', () => {
    const watched = halted();
    const facts = watched.sight({ nodes: { node1: 1005, node2: 1005, node3: 500 } });
    const told = (upgradeHeight: number) => Object.keys(judgeFleet({ ...facts, upgradeHeight }).watch.conditions);
    // The block of the height is stored, and not executed.
    expect([told(1006), told(1005)]).toEqual([[], []]);
    expect([told(1004), told(1007)]).toEqual([['chain-halted'], ['chain-halted']]);
    expect(judgeFleet({ ...facts, upgradeHeight: 1006 }).watch.haltedSinceMs).toBe(T0 + 5 * MINUTE);
  });

  it('goes on with the next block', () => {
    const watched = halted().sweep({ node1: 1006, node2: 1006, node3: 500 });
    expect(watched.watch?.haltedSinceMs).toBeNull();
    expect(watched.conditions).toEqual([]);
  });

  it('is not told from the age of a block: slow chains have old ones', () => {
    const old = { height: 1000, more: { blockTimeMs: T0 - 24 * 60 * MINUTE } };
    const watched = new Watched().sweep({ node1: old, node2: old });
    expect(watched.watch?.haltedSinceMs).toBeNull();
    expect(watched.node('node1').blockAgeSeconds).toBe(86_400);
  });

  it('is still halted when the nodes then die: nobody saw it go on', () => {
    const watched = halted().sweeps(2, () => ({ node1: dead, node2: dead, node3: dead }));
    expect(watched.watch?.haltedSinceMs).toBe(T0 + 5 * MINUTE);
  });

  it('where a reference alone claims that it goes on is told with that claim', () => {
    const watched = new Watched().sweeps(20, (n) => ({ nodes: { node1: 1000, node2: 1000 }, references: [1000 + n] }));
    expect(watched.health).toEqual({ node1: 'synced', node2: 'synced' });
    expect(watched.conditions).toEqual(['chain-halted', 'reference-disagrees']);
    expect(watched.watch?.conditions['chain-halted']?.reason).toContain('not everybody agrees (reference1.example');
  });
});

describe('a reference', () => {
  it('far ahead alone is a lie until another confirms it, and no node’s health changes', () => {
    const watched = new Watched().sweeps(10, (n) => ({
      nodes: { node1: 1000 + n, node2: 1000 + n },
      references: [5000 + n, 1000 + n],
    }));
    expect(watched.health).toEqual({ node1: 'synced', node2: 'synced' });
    expect(watched.watch?.references.map(({ state }) => state)).toEqual(['lying', 'good']);
    expect(watched.conditions).toEqual(['reference-disagrees']);
  });

  it('confirmed by another says that the whole fleet is behind', () => {
    const watched = new Watched().sweeps(10, (n) => ({
      nodes: { node1: 1000, node2: 1000 },
      references: [5000 + n, 5000 + n],
    }));
    expect(watched.health).toEqual({ node1: 'stuck', node2: 'stuck' });
    expect(watched.watch?.references.map(({ state }) => state)).toEqual(['good', 'good']);
  });

  it.each<[string, Parameters<Watched['sweep']>[0], string]>([
    ['both have corrected themselves', { nodes: { node1: 1010, node2: 1010 }, references: [1010, 1010] }, 'synced'],
    ['one has, and one is silent', { nodes: { node1: 1010, node2: 1010 }, references: [1010, dead] }, 'synced'],
    ['both are silent', { nodes: { node1: 1010, node2: 1010 }, references: [dead, dead] }, 'behind'],
    ['one is some blocks lower', { nodes: { node1: 1010, node2: 1010 }, references: [1409, 1410] }, 'behind'],
  ])(
    'that has confirmed a tip keeps it for half an hour only while nobody has corrected it: %s',
    (_, later, health) => {
      const fleet = new Watched();
      fleet.sweeps(5, (n) => ({ nodes: { node1: 1000 + n, node2: 1000 + n }, references: [1400 + n, 1400 + n] }));
      expect(fleet.health).toEqual({ node1: 'behind', node2: 'behind' });
      expect(fleet.sweep(later).health).toEqual({ node1: health, node2: health });
    },
  );

  it('that has corrected itself takes no tip away that a node had confirmed, and that is silent now', () => {
    const fleet = new Watched();
    fleet.sweeps(5, () => ({ nodes: { node1: 1400, node2: 1000, node3: 1000 }, references: [1400] }));
    fleet.sweep({ nodes: { node1: dead, node2: 1000, node3: 1000 }, references: [1000] });
    expect(fleet.watch?.tip).toBe(1400);
  });

  it('that only claims a height is not believed alone, even by a node without siblings', () => {
    const claims = (n: number): Said[] => [
      // Its answers come from several servers: one claims a height, and another one has no block there.
      { height: 5000 + n, tellsHashes: false },
      { height: 5000 + n, more: { hashes: [{ height: 1000, hash: hashOn('c', 1000) }] } },
      { height: 5000 + n, branch: 'x' },
    ];
    for (const place of [0, 1, 2]) {
      const watched = new Watched().sweeps(10, (n) => ({
        nodes: { node1: 1000 },
        references: claims(n).slice(place, place + 1),
      }));
      expect(watched.health).toEqual({ node1: 'synced' });
      expect(watched.watch?.references.map(({ state }) => state)).toEqual(['lying']);
    }
  });

  it('whose blocks follow on those of a node without siblings shows that the node stands', () => {
    const watched = new Watched().sweeps(10, (n) => ({ nodes: { node1: 1000 }, references: [1000 + n] }));
    expect(watched.node('node1')).toMatchObject({ health: 'stuck', evidence: 'one-reference' });
    expect(watched.node('node1').reason).toContain('whose blocks follow on its own newest one');
    expect(watched.watch?.references.map(({ state }) => state)).toEqual(['good']);
    expect(watched.conditions).toEqual([]);
  });

  it('whose blocks follow does so after a look at which the node was not asked, on a chain of quick blocks, too', () => {
    const notAsked = { unasked: 'the command that asks it was not answered: Failed' };
    const watched = new Watched().sweeps(3, (n) => ({ nodes: { node1: 1000 }, references: [1000 + 30 * n] }));
    for (let n = 3; n < 9; n++) {
      watched.sweep({ nodes: { node1: n === 3 ? notAsked : 1000 }, references: [1000 + 30 * n] });
      expect(watched.watch?.references.map(({ state }) => state)).toEqual(['good']);
      expect(watched.conditions).toEqual(n === 3 ? ['cannot-ask'] : []);
    }
    expect(watched.node('node1')).toMatchObject({ health: 'stuck', evidence: 'one-reference' });
  });

  it.each(['one', 'three'])('that goes on while nobody says where the nodes are is no liar: %s', (many) => {
    const names = many === 'one' ? ['node1'] : ['node1', 'node2', 'node3'];
    const all = (said: Said) => Object.fromEntries(names.map((name) => [name, said]));
    const watched = new Watched().sweeps(3, (n) => ({ nodes: all(1000 + n), references: [1000 + n] }));
    for (let n = 3; n < 60; n++) {
      watched.sweep({ nodes: all({ unasked: 'Systems Manager answers with server faults' }), references: [1000 + n] });
      expect(watched.watch?.references.map(({ state }) => state)).toEqual(['good']);
    }
    expect(watched.conditions).not.toContain('reference-disagrees');
    watched.sweep({ nodes: all(1060), references: [1060] });
    expect(watched.watch?.references[0]?.reason).toBe('it is at height 1060');
  });

  it.each([
    ['the first does not follow on the node’s own', { unlinkedAt: 1001 }],
    ['the second does not follow on the first', { unlinkedAt: 1002 }],
    ['the third does not follow on the second', { unlinkedAt: 1003 }],
    ['all are of another chain from the first on', { branch: 'x', branchFrom: 1001, unlinkedAt: 1001 }],
    ['it has them, and says of none what is below', { tellsHashes: true, more: {} }],
  ])('whose next blocks are there, and do not link, is no evidence: %s', (_, lie) => {
    const watched = new Watched();
    for (let n = 0; n < 10; n++) {
      watched.nowMs += MINUTE;
      const facts = watched.sight({ nodes: { node1: 1000 }, references: [{ height: 1000 + n, ...lie }] });
      const told = facts.references.map((reference) => {
        const { status } = reference;
        if ('unlinkedAt' in lie || status.kind !== 'ok') return reference;
        const hashes = status.facts.hashes.map(({ height, hash }) => ({ height, hash }));
        return { ...reference, status: { ...status, facts: { ...status.facts, hashes } } };
      });
      watched.keep({ ...facts, references: told });
    }
    expect(watched.health).toEqual({ node1: 'synced' });
  });

  it('of a chain that tells no parents is compared at the node’s newest block and at the third above', () => {
    const solana = fleetOf({}, { chain: 'solana' });
    const go = (lie: object) =>
      new Watched(solana).sweeps(10, (n) => ({ nodes: { node1: 1000 }, references: [{ height: 1000 + n, ...lie }] }));
    expect(go({ unlinkedAt: 1002 }).node('node1')).toMatchObject({ health: 'stuck', evidence: 'one-reference' });
    expect(go({ branch: 'x' }).health).toEqual({ node1: 'synced' });
    // It claims a height, and has no block three above the node's.
    expect(go({ more: { hashes: [{ height: 1000, hash: hashOn('c', 1000) }] } }).health).toEqual({ node1: 'synced' });
  });

  it('is asked for its three next blocks and what is below them where one node stands, and for nothing more', () => {
    const nodes = (...heights: number[]) =>
      heights.map((height, at) => ({ ...new Watched().sweep({ node1: height }).node('node1'), name: `node${at}` }));
    const asked = (chain: 'bitcoin' | 'solana', ...heights: number[]) =>
      heightsOfReferences({ chain }, [990, 985], nodes(...heights));
    expect(asked('bitcoin', 1000)).toEqual({ heights: [990, 985, 1001, 1002, 1003], parents: true });
    expect(heightsOfReferences({ chain: 'bitcoin' }, [990], nodes(1000)).heights).toEqual([
      990, 1001, 1002, 1003, 1000,
    ]);
    expect(asked('solana', 1000)).toEqual({ heights: [990, 985, 1000, 1003], parents: false });
    expect(asked('bitcoin', 1000, 1000)).toEqual({ heights: [990, 985], parents: false });
    const unheard = new Watched().sweep({ node1: 1000 }).sweep({ node1: dead });
    expect(unheard.node('node1').height).toBeNull();
    expect(heightsOfReferences({ chain: 'bitcoin' }, [990], [unheard.node('node1')])).toEqual({
      heights: [990, 1001, 1002, 1003, 1000],
      parents: true,
    });
  });

  it('is one of two witnesses where the node itself knows of later blocks', () => {
    const knows = { syncing: true, claimedTip: 1006 };
    const watched = new Watched().sweeps(10, (n) => ({
      nodes: { node1: { height: 1000, more: knows } },
      references: [1000 + n],
    }));
    expect(watched.node('node1')).toMatchObject({ health: 'stuck' });
    expect(watched.node('node1').evidence).toBeUndefined();
    expect(watched.node('node1').reason).toContain('knows itself of a block 1006');
  });

  it('says nothing against a node that goes on, or of which it is two blocks ahead', () => {
    const slow = new Watched().sweeps(30, (n) => ({ nodes: { node1: 1000 + n }, references: [1005 + n] }));
    expect(slow.health).toEqual({ node1: 'synced' });
    const near = new Watched().sweeps(30, () => ({ nodes: { node1: 1000 }, references: [1002] }));
    expect(near.health).toEqual({ node1: 'synced' });
  });

  it('that stands still while others go on lags, and pages nobody', () => {
    const watched = new Watched().sweeps(10, (n) => ({
      nodes: { node1: 1000 + n, node2: 1000 + n },
      references: [1000],
    }));
    expect(watched.watch?.references).toMatchObject([
      { state: 'lagging', reason: 'it is at height 1000, 9 blocks behind' },
    ]);
    expect(watched.conditions).toEqual([]);
  });

  it('with another block than fleet and second reference lies', () => {
    const watched = new Watched().sweeps(3, (n) => ({
      nodes: { node1: 1000 + n, node2: 1000 + n },
      references: [{ height: 1000 + n, branch: 'x' }, 1000 + n],
    }));
    expect(watched.watch?.references.map(({ state }) => state)).toEqual(['lying', 'good']);
    expect(watched.health).toEqual({ node1: 'synced', node2: 'synced' });
  });

  it('of another network lies', () => {
    const watched = new Watched().sweep({
      nodes: { node1: 1000, node2: 1000 },
      references: [{ height: 9_000_000, more: { chainId: 'other' } }],
    });
    expect(watched.watch?.references).toMatchObject([
      { state: 'lying', reason: 'it answers for another network than main' },
    ]);
  });

  it('that does not answer is silent, and nothing follows from it', () => {
    const watched = new Watched().sweeps(3, () => ({ nodes: { node1: 1000, node2: 1000 }, references: [dead] }));
    expect(watched.watch?.references).toMatchObject([{ state: 'silent', height: null, sinceMs: T0 }]);
    expect(watched.conditions).toEqual([]);
  });
});

describe('a node without siblings and references', () => {
  const fleet = () => fleetOf({ haltSeconds: 3600, startGraceSeconds: 300 });
  /** Sixty-two sweeps at one height: an hour and a minute. */
  const stood = () => new Watched(fleet()).sweeps(62, () => ({ node1: 100 }));

  it('is at the tip while its chain may pause', () => {
    expect(new Watched(fleet()).sweeps(60, () => ({ node1: 100 })).health['node1']).toBe('synced');
  });

  it('is stuck for one restart where it stands for longer than its chain pauses, and the chain is not called halted', () => {
    const watched = stood();
    expect(watched.node('node1')).toMatchObject({ health: 'stuck', evidence: 'no-reference' });
    expect(watched.node('node1').reason).toMatch(/no sibling and no reference/);
    expect(watched.watch?.haltedSinceMs).toBeNull();
  });

  it('has stood through a look that came late: its height is what it was', () => {
    const watched = new Watched(fleet())
      .sweeps(58, () => ({ node1: 100 }))
      .sweep({ node1: 100 }, 4 * MINUTE)
      .sweeps(3, () => ({ node1: 100 }));
    expect(watched.health['node1']).toBe('synced');
    watched.sweeps(2, () => ({ node1: 100 }));
    expect(watched.node('node1')).toMatchObject({ health: 'stuck', evidence: 'no-reference' });
    expect(watched.node('node1').reason).toMatch(/^it has stood at 100 for 66 min/);
  });

  it('is watched again for a while after nobody has looked at it: a person may have been at work', () => {
    const watched = new Watched(fleet()).sweep({ node1: 100 }).sweep({ node1: 100 }, 120 * MINUTE);
    expect(watched.sweeps(4, () => ({ node1: 100 })).health['node1']).toBe('synced');
    expect(watched.sweep({ node1: 100 }).health['node1']).toBe('stuck');
  });

  it('is not stuck again at that height: after a restart it is the chain that stands', () => {
    const watched = stood()
      .sweep({ node1: dead })
      .sweeps(4, () => ({ node1: 100 }));
    expect(watched.health['node1']).toBe('synced');
    expect(watched.watch?.haltedSinceMs).toBeNull();
    watched.sweeps(3, () => ({ node1: 100 }));
    expect(watched.watch?.haltedSinceMs).not.toBeNull();
  });

  it('may be restarted again once it has moved', () => {
    const watched = stood()
      .sweep({ node1: dead })
      .sweeps(62, () => ({ node1: 110 }));
    expect(watched.health['node1']).toBe('stuck');
  });

  it('with a reference that is silent is not alone: what the reference says is unknown', () => {
    const watched = new Watched(fleet()).sweeps(62, () => ({ nodes: { node1: 100 }, references: [dead] }));
    expect(watched.health['node1']).toBe('synced');
  });
});

describe('a fork', () => {
  const forked = (node3: number) => (n: number) => ({
    node1: 1000 + n,
    node2: 1000 + n,
    node3: { height: node3 + n, branch: 'x' },
  });

  it('of a minority is a fork, behind, at the tip and ahead of everybody', () => {
    for (const height of [998, 1000, 1002]) {
      const watched = new Watched().sweeps(3, forked(height));
      expect(watched.health).toEqual({ node1: 'synced', node2: 'synced', node3: 'forked' });
      expect(watched.codes.get('node3')).toBe('node-forked');
      expect(watched.node('node3').reason).toBe(`its block at height 998 is ${hashOn('x', 998)}, most have another`);
      expect(watched.watch?.canonical).toEqual({ height: 998, hash: hashOn('c', 998) });
    }
  });

  it('that is not deep yet, and slow, is no node that stands: its block is not the others’', () => {
    const watched = new Watched(fleetOf({ confirmations: 6, stuckSeconds: 90 }));
    // A block of its own in four minutes, and one of the others each minute.
    watched.sweeps(7, (n) => ({
      node1: 1000 + n,
      node2: 1000 + n,
      node3: { height: 1000 + Math.floor(n / 4), branch: 'x', branchFrom: 1000 },
    }));
    expect(watched.node('node3')).toMatchObject({ health: 'behind', lagBlocks: 5 });
    expect(watched.node('node3').reason).toMatch(/others have another block at its height/);
    watched.sweeps(40, (n) => ({
      node1: 1006 + n,
      node2: 1006 + n,
      node3: { height: 1001 + Math.floor(n / 4), branch: 'x', branchFrom: 1000 },
    }));
    expect(watched.health['node3']).toBe('forked');
  });

  it('that is ahead on slow blocks is told once, as a fork: not before as a claim that nobody confirms', () => {
    const watched = new Watched(fleetOf({ confirmations: 6, patienceSeconds: 600 }));
    // The others make a block in ten minutes, the minority four.
    const said = (minute: number) => ({
      node1: 1000 + Math.floor(minute / 10),
      node2: 1000 + Math.floor(minute / 10),
      node3: { height: 1000 + Math.floor((4 * minute) / 10), branch: 'x', branchFrom: 1001 },
    });
    const told = new Set<string>();
    for (let minute = 0; minute < 90; minute++)
      for (const code of watched.sweep(said(minute)).conditions) told.add(code);
    expect(watched.health).toEqual({ node1: 'synced', node2: 'synced', node3: 'forked' });
    expect([...told]).toEqual([]);
  });

  it('is not what a node is on that goes on alone, with the blocks of the others: people are told', () => {
    const watched = new Watched(fleetOf({ confirmations: 6, haltSeconds: 10_800 }));
    watched.sweeps(80, (minute) => ({
      node1: 1001,
      node2: 1001,
      node3: { height: 1001 + Math.floor(minute / 10), branch: 'c' },
    }));
    expect(watched.health['node3']).toBe('unknown');
    expect(watched.conditions).toEqual(['no-majority']);
  });

  it('moves no tip, however far ahead', () => {
    const watched = new Watched().sweeps(3, forked(1000)).sweeps(3, (n) => forked(5000)(n + 3));
    expect(watched.watch?.tip).toBe(1005);
  });

  it('on which a node has stopped long ago is seen at its own height', () => {
    const watched = new Watched().sweeps(3, (n) => ({
      node1: 1000 + n,
      node2: 1000 + n,
      node3: { height: 500, branch: 'x' },
    }));
    expect(watched.health['node3']).toBe('forked');
  });

  it('of two against two is nobody’s fault: a person is told, and nobody is called forked or stuck', () => {
    const watched = new Watched().sweeps(4, (n) => ({
      node1: 1000 + n,
      node2: 1000 + n,
      node3: { height: 1000 + n, branch: 'x' },
      node4: { height: 1000 + n, branch: 'x' },
    }));
    expect(Object.values(watched.health)).toEqual(['synced', 'synced', 'synced', 'synced']);
    expect(watched.conditions).toEqual(['no-majority']);
    expect(watched.watch?.conditions['no-majority']?.reason).toBe(
      'at height 999 there are 2 different blocks: node1, node2 against node3, node4',
    );
  });

  it('of two against two is decided by a reference', () => {
    const watched = new Watched().sweeps(3, (n) => ({
      nodes: {
        node1: 1000 + n,
        node2: 1000 + n,
        node3: { height: 1000 + n, branch: 'x' },
        node4: { height: 1000 + n, branch: 'x' },
      },
      references: [1000 + n],
    }));
    expect(watched.health).toMatchObject({ node1: 'synced', node3: 'forked', node4: 'forked' });
  });

  it('is over when the node has the blocks that most have, and not because nothing can be compared', () => {
    const watched = new Watched().sweeps(3, forked(1000));
    watched.sweep({ node1: 1003, node2: 1003, node3: { height: 1003, tellsHashes: false } });
    expect(watched.health['node3']).toBe('forked');
    watched.sweep({ node1: 1004, node2: 1004, node3: 1004 });
    expect(watched.health['node3']).toBe('synced');
  });

  it('takes as many blocks where a client tells its newest one only, as for a moment both may be right', () => {
    const tip = (height: number, branch: string) => ({
      status: {
        kind: 'ok' as const,
        facts: { ...BARE, height, hashes: [{ height, hash: hashOn(branch, height) }] },
      },
    });
    const watched = new Watched().sweep({ node1: tip(1000, 'c'), node2: tip(1000, 'c'), node3: tip(1000, 'x') });
    expect(watched.health['node3']).toBe('synced');
    watched.sweep({ node1: tip(1002, 'c'), node2: tip(1002, 'c'), node3: tip(1002, 'x') });
    expect(watched.health['node3']).toBe('synced');
    watched.sweep({ node1: tip(1003, 'c'), node2: tip(1003, 'c'), node3: tip(1003, 'x') });
    expect(watched.health['node3']).toBe('forked');
  });
});

const BARE: NodeStatus = {
  ...{ height: 0, hashes: [], blockTimeMs: undefined, syncing: undefined, claimedTip: undefined },
  ...{ syncHeight: undefined, peerCount: undefined, chainId: 'main', clientVersion: undefined },
  ...{ anchorHeight: undefined, inValidatorSet: undefined, votingPower: undefined, hamperedBy: undefined, missing: [] },
};

describe('a node of another network', () => {
  const stranger = { height: 9_000_000, more: { chainId: 'testnet' } };

  it('is forked for that reason, and its height moves nothing', () => {
    const watched = new Watched().sweep({ node1: 1000, node2: 1000, node3: stranger });
    expect(watched.node('node3')).toMatchObject({
      health: 'forked',
      reason: 'it is on network testnet, the fleet on main',
      height: null,
      lagBlocks: null,
    });
    expect(watched.codes.get('node3')).toBe('wrong-chain');
    expect(watched.watch).toMatchObject({ tip: 1000, chainId: 'main' });
  });

  it('is known by the fleet file where it says which network is meant, whatever most of them say', () => {
    const watched = new Watched(fleetOf({ chainId: 'main' })).sweep({ node1: stranger, node2: stranger, node3: 1000 });
    expect(watched.health).toEqual({ node1: 'forked', node2: 'forked', node3: 'synced' });
  });

  it('of two is not told: one against one is no majority', () => {
    const watched = new Watched().sweep({ node1: 1000, node2: { height: 1000, more: { chainId: 'testnet' } } });
    expect(watched.health).toEqual({ node1: 'synced', node2: 'synced' });
  });
});

describe('a liar', () => {
  it('far ahead moves nothing: nobody knows what to think of it, and the others are well', () => {
    const watched = new Watched().sweeps(10, (n) => ({ node1: 1000 + n, node2: 1000 + n, node3: 2 ** 40 + n }));
    expect(watched.health).toEqual({ node1: 'synced', node2: 'synced', node3: 'unknown' });
    expect(watched.watch?.tip).toBe(1009);
    expect(watched.conditions).toEqual(['no-majority']);
  });

  it('is not told of before a fork would have shown itself', () => {
    const watched = new Watched().sweeps(5, (n) => ({ node1: 1000 + n, node2: 1000 + n, node3: 2 ** 40 + n }));
    expect([watched.health['node3'], watched.conditions]).toEqual(['unknown', []]);
  });

  it('far ahead on a halted chain makes nobody stuck', () => {
    const watched = new Watched().sweeps(30, (n) => ({ node1: 1000, node2: 1000, node3: 5000 + n }));
    expect(watched.health).toMatchObject({ node1: 'synced', node2: 'synced' });
  });
});

describe('a client that starts', () => {
  it('is starting within its grace, and busy after it, for as long as it says what it does: nobody kills it', () => {
    const watched = new Watched().sweeps(2, () => ({ node1: 1000, node2: 1000 }));
    watched.sweeps(10, () => ({ node1: 1000, node2: starting }));
    expect(watched.node('node2')).toMatchObject({ health: 'starting', reason: 'Verifying blocks...', height: null });
    watched.sweep({ node1: 1000, node2: starting });
    expect(watched.node('node2')).toMatchObject({
      health: 'busy',
      reason: 'it is still starting 10 min after its start: Verifying blocks...',
    });
    expect(watched.codes.get('node2')).toBeNull();
    watched.sweeps(120, () => ({ node1: 1000, node2: starting }));
    expect([watched.health['node2'], watched.codes.get('node2')]).toEqual(['busy', 'node-busy']);
    watched.sweeps(3, () => ({ node1: 1000, node2: dead }));
    expect(watched.health['node2']).toBe('unreachable');
  });

  it('was silent, came up and is behind: starting until its grace is over', () => {
    const watched = new Watched().sweeps(2, (n) => ({ node1: 1000 + n, node2: 1000 + n, node3: dead }));
    watched.sweeps(10, (n) => ({ node1: 1002 + n, node2: 1002 + n, node3: 500 }));
    expect(watched.node('node3')).toMatchObject({ health: 'starting', startedAtMs: T0 + 2 * MINUTE });
    expect(watched.node('node3').reason).toBe('511 blocks behind, at 500; it has answered for 9 min');
    watched.sweep({ node1: 1012, node2: 1012, node3: 500 });
    expect(watched.health['node3']).toBe('stuck');
  });

  it('on an instance that was just launched may be silent', () => {
    const as = { node2: { launchedAtMs: T0 - MINUTE } };
    const watched = new Watched().sweeps(9, () => ({ nodes: { node1: 1000, node2: dead }, as }));
    expect(watched.health['node2']).toBe('starting');
    watched.sweep({ nodes: { node1: 1000, node2: dead }, as });
    expect(watched.health['node2']).toBe('unreachable');
  });

  it('again and again has no grace for ever: one that flaps does not start, it fails', () => {
    const watched = new Watched().sweeps(2, () => ({ node1: 1000, node2: 1000, node3: 500 }));
    const healths = new Set<string>();
    watched.sweeps(40, (n) => {
      if (n > 18) healths.add(watched.health['node3'] ?? '');
      return { node1: 1001 + n, node2: 1001 + n, node3: n % 2 ? dead : 500 };
    });
    expect(healths).toEqual(new Set(['unreachable', 'stuck']));
  });

  it('that was well in between has its grace again', () => {
    const watched = new Watched().sweeps(20, (n) => ({ node1: 1000, node2: 1000, node3: n % 2 ? dead : 1000 }));
    watched.sweep({ node1: 1000, node2: 1000, node3: 1000 });
    expect(watched.node('node3').memory?.starts).toBe(0);
    watched.sweep({ node1: 1000, node2: 1000, node3: starting });
    expect(watched.health['node3']).toBe('starting');
  });

  it('on the first look at a fleet has not just come up, as nobody looked before', () => {
    const watched = new Watched().sweeps(6, (n) => ({ node1: 1000 + n, node2: 1000 + n, node3: 500 }));
    expect(watched.health['node3']).toBe('stuck');
  });

  it('that joins a watched fleet is given its grace', () => {
    const watched = new Watched().sweep({ node1: 1000, node2: 1000 });
    watched.sweeps(6, (n) => ({ node1: 1001 + n, node2: 1001 + n, node3: 500 }));
    expect(watched.health['node3']).toBe('starting');
  });
});

describe('a node that syncs', () => {
  const others = (n: number) => ({ node1: 1000 + n, node2: 1000 + n });
  const isSyncing = (watched: Watched): boolean => watched.node('node3').syncing === true;

  it('is one that is new and has not been at the tip yet, as long as it advances', () => {
    const watched = new Watched().sweeps(3, (n) => ({ ...others(n), node3: 100 + 5 * n }));
    expect([watched.health['node3'], isSyncing(watched)]).toEqual(['behind', true]);
    watched.sweeps(4, (n) => ({ ...others(3 + n), node3: 110 }));
    expect([watched.health['node3'], isSyncing(watched)]).toEqual(['behind', true]);
    watched.sweeps(4, (n) => ({ ...others(7 + n), node3: 110 }));
    expect([watched.health['node3'], isSyncing(watched)]).toEqual(['stuck', false]);
  });

  it('is no longer one once it was at the tip: who falls behind then is not well', () => {
    const watched = new Watched().sweeps(3, (n) => ({ ...others(n), node3: 1000 + n }));
    watched.sweeps(3, (n) => ({ ...others(20 + 5 * n), node3: 1003 + n }));
    expect([watched.health['node3'], isSyncing(watched)]).toEqual(['behind', false]);
  });

  it('that was well, and was started again, has to show first that it gets there', () => {
    const watched = new Watched().sweeps(3, (n) => ({ ...others(n), node3: 1000 + n }));
    watched.sweep({ ...others(4), node3: dead });
    watched.sweep({ ...others(5), node3: starting });
    expect([watched.health['node3'], isSyncing(watched)]).toEqual(['starting', false]);
    watched.sweeps(2, (n) => ({ ...others(6 + n), node3: 500 + 20 * n }));
    expect([watched.health['node3'], isSyncing(watched)]).toEqual(['starting', true]);
  });

  it('is none that ends again and again, although it advances each time', () => {
    const watched = new Watched().sweeps(3, (n) => ({ ...others(n), node3: 1000 + n }));
    watched.sweeps(30, (n) => ({ ...others(40 + n), node3: n % 2 ? dead : 500 + 5 * n }));
    watched.sweeps(2, (n) => ({ ...others(70 + n), node3: 700 + 5 * n }));
    expect([watched.health['node3'], isSyncing(watched)]).toEqual(['behind', false]);
  });

  it('that was just launched may say nothing at first', () => {
    const as = { node3: { launchedAtMs: T0 + 2 * MINUTE } };
    const watched = new Watched().sweeps(2, (n) => ({ nodes: others(n) }));
    watched.sweep({ nodes: { ...others(2), node3: dead }, as });
    expect([watched.health['node3'], isSyncing(watched)]).toEqual(['starting', true]);
  });
});

describe('two nodes with the same name', () => {
  it('are both observed, by instance; a person is told, and the rest of the fleet is unaffected', () => {
    const watched = new Watched();
    watched.sweep({ nodes: { node1: 1000, node2: 1000, node3: 1000 }, as: { node2: { name: 'node1' } } });
    expect([...watched.nodes.values()].map(({ health }) => health)).toEqual(['synced', 'synced', 'synced']);
    expect(watched.conditions).toEqual(['name-taken']);
  });

  it('are told of by who refuses the name, where the fleet has a zone', () => {
    const watched = new Watched(fleetOf({}, { dns: { zone: 'bitcoin.internal' } }));
    watched.sweep({ nodes: { node1: 1000, node2: 1000 }, as: { node2: { name: 'node1' } } });
    expect(watched.conditions).toEqual([]);
  });
});

describe('what real clients answered', () => {
  it('is judged as it is: a litecoind, one that starts, and one that is dead', () => {
    const { litecoin } = chainClients;
    const watched = new Watched(fleetOf({}, { chain: 'litecoin', fleet: 'litecoin' }));
    const loaded = readAll(
      litecoin.status(),
      [answered((samples.litecoinStatus as unknown[]).slice(0, 3))],
      [answered(samples.litecoinHeader)],
    );
    const warming = readAll(litecoin.status(), [answered(samples.litecoinWarmingUp)]);
    watched.sweep({ node1: loaded, node2: loaded, node3: loaded });
    watched.sweep({ node1: loaded, node2: warming, node3: readAll(litecoin.status(), [failed()]) });
    expect(watched.health).toEqual({ node1: 'synced', node2: 'starting', node3: 'unreachable' });
    expect(watched.watch).toMatchObject({
      tip: 300,
      chainId: '530827f38f93b43ed12af0b3ad25a288dc02ed74d6d7857862df51fc56c416f9',
    });
  });
});
