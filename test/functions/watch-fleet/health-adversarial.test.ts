// Sightings that attack watch-fleet: nodes that lie, flap, go back or begin in the middle. They must neither make a well node sick nor a sick one
// well.
import { describe, expect, it } from '@jest/globals';
import type { NodeStatus } from '../../../shared/chains/client.ts';
import { chainClients } from '../../../shared/chains/clients.ts';
import { answered, readAll } from '../../fixtures/chain-answers.ts';
import * as samples from '../../fixtures/chain-samples.ts';
import { dead, fleetOf, hashOn, MINUTE, type Said, statusAt, T0, Watched } from '../../fixtures/sights.ts';

const starting = { kind: 'starting', reason: 'Verifying blocks...' } as const;

/** A node whose client reports only its newest block, as stacks does. */
const tip = (height: number, branch = 'c'): Said => ({
  status: {
    kind: 'ok',
    facts: { ...statusAt({ height }, []), hashes: [{ height, hash: hashOn(branch, height) }] } satisfies NodeStatus,
  },
});

describe('two blocks at one height, for a moment', () => {
  it('make no fork where clients tell their newest block only: the next ones are the same again', () => {
    const watched = new Watched().sweep({ node1: tip(1000), node2: tip(1000), node3: tip(1000, 'x') });
    watched.sweeps(20, (n) => ({ node1: tip(1001 + n), node2: tip(1001 + n), node3: tip(1001 + n) }));
    expect(watched.health['node3']).toBe('synced');
  });

  it('make none while nothing more can be compared', () => {
    const watched = new Watched().sweep({ node1: tip(1000), node2: tip(1000), node3: tip(1000, 'x') });
    watched.sweep({ node1: tip(1002), node2: tip(1002), node3: tip(1001, 'x') });
    expect(watched.health['node3']).toBe('synced');
  });

  it('make none while no block follows, however long that takes', () => {
    const watched = new Watched().sweeps(20, () => ({ node1: tip(1000), node2: tip(1000), node3: tip(1000, 'x') }));
    expect(watched.health['node3']).toBe('synced');
  });

  it('are a fork when they still differ as many blocks later as are compared elsewhere, until they are the same', () => {
    const both = (n: number) => ({ node1: tip(1000 + n), node2: tip(1000 + n) });
    const watched = new Watched().sweeps(4, (n) => ({ ...both(n), node3: tip(1000 + n, 'x') }));
    expect(watched.node('node3')).toMatchObject({
      health: 'forked',
      reason: 'its newest blocks have not been those of most others for 3 min',
    });
    watched.sweep({ ...both(4), node3: tip(1003, 'x') });
    expect(watched.health['node3']).toBe('forked');
    watched.sweep({ ...both(5), node3: tip(1005) });
    expect(watched.health['node3']).toBe('synced');
  });
});

describe('a chain that is still being fetched', () => {
  const snap = (n: number) => ({ height: 0, more: { syncing: true, syncHeight: 1000 * n, claimedTip: 900_000 } });

  it('is not halted: geth’s snap sync shows in no height, and is progress', () => {
    for (const nodes of [(n: number) => ({ node1: snap(n) }), (n: number) => ({ node1: snap(n), node2: snap(n) })]) {
      const watched = new Watched().sweeps(120, nodes);
      expect(watched.watch?.haltedSinceMs).toBeNull();
      expect(watched.conditions).toEqual([]);
    }
  });

  it('is halted, or is as good as that, when it makes no progress either', () => {
    const watched = new Watched().sweeps(30, () => ({ node1: snap(1), node2: snap(1) }));
    expect(watched.conditions).toEqual(['chain-halted']);
    // Alone it is restarted once.
    const alone = new Watched().sweeps(30, () => ({ node1: snap(1) }));
    expect(alone.node('node1')).toMatchObject({ health: 'stuck', evidence: 'no-reference' });
  });
});

describe('a node that is alone and stuck', () => {
  it('is not at the tip where its own headers are beyond it (bitcoind past its initial download)', () => {
    const answers = samples.litecoinStatus as { result: object }[];
    const said = (headers: number) => {
      const [first, ...others] = answers.slice(0, 3);
      const status = [{ ...first, result: { ...first?.result, headers } }, ...others];
      return readAll(chainClients.litecoin.status(), [answered(status)], [answered(samples.litecoinHeader)]);
    };
    const watched = new Watched(fleetOf({}, { chain: 'litecoin', fleet: 'litecoin' }));
    watched.sweep({ node1: said(301) });
    expect(watched.health['node1']).toBe('synced');
    watched.sweeps(7, (n) => ({ node1: said(310 + n) }));
    expect(watched.node('node1').health).toBe('behind');
    expect(watched.conditions).toEqual(['fleet-standing']);
  });
});

describe('a deployment on the minute in which a client starts', () => {
  it('gives it its grace: it says itself that it starts', () => {
    const watched = new Watched().sweep({ node1: 1000, node2: starting });
    expect(watched.health['node2']).toBe('starting');
    watched.sweeps(9, () => ({ node1: 1000, node2: starting }));
    expect(watched.health['node2']).toBe('starting');
    watched.sweep({ node1: 1000, node2: starting });
    expect(watched.health['node2']).toBe('busy');
  });

  it('whose first sweep could ask nobody does not take the second for a start', () => {
    const unasked = { unasked: 'asking it failed' };
    const watched = new Watched().sweep({ node1: unasked, node2: unasked, node3: unasked });
    watched.sweeps(6, (n) => ({ node1: 1000 + n, node2: 1000 + n, node3: 500 }));
    expect(watched.health['node3']).toBe('stuck');
  });
});

describe('a height that goes back', () => {
  it('has not stood where it is now: a node that rolled back is given its time to come forward', () => {
    // node1 and node2 have the newest block a minute later than node3, and no block follows for a while.
    const watched = new Watched().sweep({ node1: 999, node2: 999, node3: 1000 });
    watched.sweeps(9, () => ({ node1: 1000, node2: 1000, node3: 1000 }));
    watched.sweep({ node1: 1000, node2: 1000, node3: 990 });
    expect(watched.node('node3')).toMatchObject({ health: 'behind', heightSinceMs: watched.nowMs });
  });
});

describe('voices of another chain or branch', () => {
  it('do not outvote the nodes: two references of another network are told of, and nobody is stuck', () => {
    const watched = new Watched().sweeps(10, (n) => ({
      nodes: { node1: 1000, node2: 1000 },
      references: [
        { height: 9_000_000 + n, more: { chainId: 'testnet' } },
        { height: 9_000_000 + n, more: { chainId: 'testnet' } },
      ],
    }));
    expect(watched.health).toEqual({ node1: 'synced', node2: 'synced' });
    expect(watched.watch?.references.map(({ state }) => state)).toEqual(['lying', 'lying']);
    expect(watched.conditions).toEqual(['reference-disagrees']);
  });

  it('of one against one blame nobody, and a person is told which networks there are', () => {
    const watched = new Watched().sweeps(10, (n) => ({
      node1: 1000,
      node2: { height: 9_000_000 + n, more: { chainId: 'testnet' } },
    }));
    expect(watched.health['node1']).not.toBe('stuck');
    expect(watched.conditions).toContain('no-majority');
    expect(watched.watch?.conditions['no-majority']?.reason).toBe(
      'nodes and references are on different networks: node1 on main; node2 on testnet',
    );
  });

  it('do not make the other branch stuck: two against two is nobody’s fault, whoever goes on', () => {
    const watched = new Watched().sweeps(3, (n) => ({
      node1: 1000 + n,
      node2: 1000 + n,
      node3: { height: 1000 + n, branch: 'x' },
      node4: { height: 1000 + n, branch: 'x' },
    }));
    watched.sweeps(10, (n) => ({
      node1: 1003 + n,
      node2: 1003 + n,
      node3: { height: 1002, branch: 'x' },
      node4: { height: 1002, branch: 'x' },
    }));
    expect(Object.values(watched.health)).not.toContain('stuck');
    expect(watched.conditions).toContain('no-majority');
  });

  // Cardano, November 2025; Holesky, February 2025, where the right side made one block of four.
  it('do not put the slower side behind: of two against two nobody knows which is right', () => {
    const watched = new Watched().sweeps(60, (n) => ({
      node1: 1000 + 4 * n,
      node2: 1000 + 4 * n,
      node3: { height: 1000 + n, branch: 'x' },
      node4: { height: 1000 + n, branch: 'x' },
    }));
    expect(watched.health).toEqual({ node1: 'synced', node2: 'synced', node3: 'unknown', node4: 'unknown' });
    expect(watched.conditions).toEqual(['no-majority']);
    expect(watched.node('node3')?.reason).toMatch(/behind, at 1059, and goes on\. .*it is unknown which are right/);
  });

  it('do not hide a node that stands, or is behind its own side', () => {
    const watched = new Watched().sweeps(60, (n) => ({
      node1: 1000 + 4 * n,
      node2: 1000 + 4 * n,
      node3: { height: 1000 + 2 * n, branch: 'x' },
      node4: { height: 1000 + n, branch: 'x' },
    }));
    expect(watched.health).toMatchObject({ node3: 'unknown', node4: 'behind' });
    watched.sweeps(60, (n) => ({
      node1: 1240 + 4 * n,
      node2: 1240 + 4 * n,
      node3: { height: 1120, branch: 'x' },
      node4: { height: 1120, branch: 'x' },
    }));
    expect(watched.health).toMatchObject({ node3: 'behind', node4: 'behind' });
  });
});

describe('what is said of a node', () => {
  it('is one line of bounded length, whatever it or AWS answered', () => {
    const watched = new Watched().sweep({
      node1: { unasked: `asking it failed: ${'ä'.repeat(50_000)}` },
      node2: { kind: 'error', code: 'refused', reason: 'red\u001b[31m alert\nroot: all is well\u2028' },
    });
    expect(watched.node('node1').reason.length).toBeLessThanOrEqual(600);
    expect(watched.node('node2').reason).toBe(
      'it is alive, but does not tell its height: red [31m alert root: all is well',
    );
    expect(watched.conditions).toEqual(['cannot-ask']);
    expect(watched.watch?.conditions['cannot-ask']?.reason.length).toBeLessThanOrEqual(700);
  });

  it('is so of references, too', () => {
    const reference = { kind: 'error', code: 'refused', reason: `\u001b[2J${'x'.repeat(10_000)}` } as const;
    const watched = new Watched().sweep({ nodes: { node1: 1000 }, references: [reference] });
    expect(watched.watch?.references[0]?.reason).toMatch(/^\[2Jx+…$/);
  });
});

describe('everybody silent', () => {
  it('is unreachable, and neither halted nor forked nor stuck, for as long as it lasts', () => {
    const watched = new Watched().sweeps(3, (n) => ({ node1: 1000 + n, node2: 1000 + n, node3: 1000 + n }));
    watched.sweeps(60, () => ({ node1: dead, node2: dead, node3: dead }));
    expect(new Set(Object.values(watched.health))).toEqual(new Set(['unreachable']));
    expect(watched.conditions).toEqual([]);
    watched.sweeps(2, (n) => ({ node1: 1100 + n, node2: 1100 + n, node3: 1100 + n }));
    expect(new Set(Object.values(watched.health))).toEqual(new Set(['synced']));
  });

  it('an hour without a sweep blames nobody for what was not seen', () => {
    const watched = new Watched().sweeps(3, () => ({ node1: 1000, node2: 1000, node3: 1000 }));
    watched.sweep({ node1: 1100, node2: 1100, node3: 1000 }, 60 * MINUTE);
    expect(watched.health['node3']).toBe('behind');
    expect(watched.node('node3').heightSinceMs).toBe(T0 + 62 * MINUTE);
  });
});
