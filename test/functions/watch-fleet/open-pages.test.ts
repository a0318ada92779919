// Whether the cause of a page that watch-fleet has sent lasts, from sweep to sweep.
import { describe, expect, it } from '@jest/globals';
import type { FleetFacts } from '../../../functions/watch-fleet/context.ts';
import { followPages } from '../../../functions/watch-fleet/open-pages.ts';
import { type DuePage, duePages, recordPaging } from '../../../functions/watch-fleet/pages.ts';
import type { WatchPage } from '../../../shared/fleet/observation.ts';
import { dead, MINUTE, type Sweep, Watched } from '../../fixtures/sights.ts';

/** A watched fleet that pages, and keeps what it has sent, as the function does. */
class Following extends Watched {
  sent: readonly DuePage[] = [];
  shared = false;

  override sweep(said: Sweep | Sweep['nodes'], afterMs = MINUTE): this {
    const before: FleetFacts['before'] = { nodes: this.nodes, watch: this.watch };
    super.sweep(said, afterMs);
    if (this.result === undefined) throw new Error('no result');
    const sight = { ...this.sight('nodes' in said ? (said as Sweep) : { nodes: said as Sweep['nodes'] }), before };
    this.sent = duePages(sight, this.result).map((due) => ({ ...due, ...(this.shared && { shared: true as const }) }));
    const paged = recordPaging(this.result, this.sent, this.nowMs);
    const pages = followPages(sight, paged, this.sent);
    this.nodes = new Map(paged.nodes.map(({ node }) => [node.instanceId, node]));
    this.watch = { ...paged.watch, pages, version: paged.watch.version + 1 };
    return this;
  }

  #height = 1000;

  /** So many sweeps in which the chain advances, and these nodes are down; the others are well. */
  minutes(count: number, ...down: readonly string[]): this {
    for (let sweep = 0; sweep < count; sweep++) {
      this.#height++;
      const nodes = ['node1', 'node2', 'node3'].map((name) => [name, down.includes(name) ? dead : this.#height]);
      this.sweep(Object.fromEntries(nodes) as Sweep['nodes']);
    }
    return this;
  }

  get pages(): readonly WatchPage[] {
    return this.watch?.pages ?? [];
  }

  get states(): readonly string[] {
    return this.pages.map(({ key, state }) => `${key} ${state}`);
  }
}

describe('a client that ends again and again', () => {
  it('is repeated while it does so, and not while it is well: its page is over later', () => {
    const following = new Following().minutes(3);
    for (let end = 0; end < 5; end++) following.minutes(1, 'node2').minutes(3);
    const LOOP = 'bitcoin/node2/crash-loop';
    expect(following.states).toEqual([`${LOOP} lasts`]);
    expect(following.minutes(2).states).toEqual([`${LOOP} lasts`]);
    expect(following.minutes(2).states).toEqual([`${LOOP} eased`]);
    expect(following.minutes(1, 'node2').states).toEqual([`${LOOP} lasts`]);
    expect(following.minutes(60).states).toEqual([`${LOOP} ended`]);
  });
});

describe('a broken fleet file', () => {
  const nodes = (height: number) => ({ node1: height, node2: height, node3: height });
  const broken = (height: number): Sweep => ({ nodes: nodes(height), fileProblem: 'it is no JSON' });
  const FILE = 'bitcoin/fleet/fleet-file-invalid';

  it('is told in the sweep that meets it, and once', () => {
    const following = new Following().minutes(2).sweep(broken(1003));
    expect(following.sent).toMatchObject([{ code: 'fleet-file-invalid', reason: expect.stringContaining('no JSON') }]);
    expect(following.sweep(broken(1004)).sent).toEqual([]);
    expect(following.states).toEqual([`${FILE} lasts`]);
  });

  it('is over in the sweep that reads it again, and told again where it breaks again', () => {
    const following = new Following().minutes(2).sweep(broken(1003)).sweep(nodes(1004));
    expect(following.states).toEqual([`${FILE} ended`]);
    expect(following.sweep(broken(1005)).sent).toHaveLength(1);
  });

  it('blinds nobody: a node that goes down meanwhile is told', () => {
    const following = new Following().minutes(2);
    for (let n = 3; n < 6; n++) following.sweep({ ...broken(1000 + n), nodes: { ...nodes(1000 + n), node2: dead } });
    expect(following.states).toContain(`${KEY} lasts`);
  });
});

/** As its heal calls it. */
const KEY = 'bitcoin/node2/node:health';
const paged = (): Following => new Following().minutes(2, 'node2');

describe('the cause of a page about a node', () => {
  it('lasts while the node is down', () => {
    expect(paged().minutes(1, 'node2').states).toEqual([`${KEY} lasts`]);
  });

  it('is eased while the node is well, and over after half an hour of it, for good', () => {
    const following = paged().minutes(2);
    expect(following.states).toEqual([`${KEY} eased`]);
    following.minutes(40);
    expect(following.states).toEqual([`${KEY} ended`]);
    expect(following.pages[0]?.endedAtMs).toBeLessThan(following.nowMs);
  });

  it('lasts again where the node goes down before that, and nobody is paged anew', () => {
    const following = paged().minutes(20).minutes(2, 'node2');
    expect(following.states).toEqual([`${KEY} lasts`]);
    expect(following.sent).toEqual([]);
  });

  it('rests while the node is gone, of which a page of its own tells, and is not over', () => {
    const following = paged();
    for (let n = 0; n < 40; n++) following.sweep({ node1: 2000 + n, node3: 2000 + n });
    expect(following.states).toContain(`${KEY} eased`);
    expect(following.states).toContain('bitcoin/fleet/node-missing lasts');
  });

  it('lasts where its group has made another node in its place, which has another name: nobody sees that it is well', () => {
    const following = paged();
    following.nodes = new Map([...following.nodes].map(([id, node]) => [id, { ...node, inGroup: true as const }]));
    for (let n = 0; n < 5; n++) following.sweep({ node1: 2000 + n, node3: 2000 + n });
    expect(following.states).toEqual([`${KEY} lasts`]);
  });

  it('lasts again where the node comes back as it was', () => {
    const following = paged();
    for (let n = 0; n < 40; n++) following.sweep({ node1: 2000 + n, node3: 2000 + n });
    expect(following.minutes(2, 'node2').states).toContain(`${KEY} lasts`);
  });

  it('is forgotten with the node', () => {
    const following = paged();
    for (let hour = 0; hour < 26; hour++) following.sweep({ node1: 2000 + hour, node3: 2000 + hour }, 60 * MINUTE);
    expect(following.states).not.toContain(`${KEY} lasts`);
    expect(following.states).not.toContain(`${KEY} eased`);
  });

  it('is forgotten a day after it was over', () => {
    const following = paged().minutes(40);
    following.sweep({ node1: 2000, node2: 2000, node3: 2000 }, 25 * 60 * MINUTE);
    expect(following.states).toEqual([]);
  });

  it('is one for several nodes of one page, and over when all of them are well', () => {
    const following = new Following().minutes(2, 'node2', 'node3');
    expect(following.states).toEqual(['bitcoin/nodes/node-unreachable lasts']);
    following.minutes(40, 'node3');
    expect(following.states).toContain('bitcoin/nodes/node-unreachable lasts');
    following.minutes(40);
    expect(following.states).toContain('bitcoin/nodes/node-unreachable ended');
  });
});

it('a page that another fleet’s has told is not followed', () => {
  const following = new Following();
  following.shared = true;
  following.minutes(2, 'node2');
  expect([following.sent.length, following.states]).toEqual([1, []]);
});

it('a condition of the fleet is over half an hour after it was seen last', () => {
  const following = new Following().minutes(1);
  following.watch = following.watch && {
    ...following.watch,
    paged: { 'chain-halted': following.nowMs },
    pages: [
      {
        ...{ key: 'bitcoin/fleet/chain-halted', code: 'chain-halted', node: 'fleet', sentence: 'nobody has advanced' },
        ...{ atMs: following.nowMs, alarm: '', nodes: [], state: 'lasts' },
      },
    ],
  };
  expect(following.minutes(1).states).toEqual(['bitcoin/fleet/chain-halted eased']);
  expect(following.minutes(31).states).toEqual(['bitcoin/fleet/chain-halted ended']);
});
