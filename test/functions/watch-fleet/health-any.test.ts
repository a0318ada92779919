// Rules of health that hold for any fleet and any liar in it.
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FleetFacts } from '../../../functions/watch-fleet/context.ts';
import { judgeFleet } from '../../../functions/watch-fleet/fleet-health.ts';
import { tries } from '../../fixtures/any.ts';
import { dead, fleetOf, type Said, type Sweep, Watched, type Word } from '../../fixtures/sights.ts';

const SWEEPS = 14;

/** What a liar may report in a sweep: any height, any branch, any claim, any network, or nothing. */
const lie: fc.Arbitrary<Said> = fc.oneof(
  fc.record({
    height: fc.oneof(fc.integer({ min: 0, max: 2 ** 40 }), fc.integer({ min: 900, max: 1200 })),
    branch: fc.constantFrom('x', 'y', 'c'),
    more: fc.record(
      {
        syncing: fc.boolean(),
        claimedTip: fc.integer({ min: 0, max: 2 ** 40 }),
        chainId: fc.constantFrom('main', 'other'),
        blockTimeMs: fc.integer({ min: 0, max: 2 ** 42 }),
      },
      { requiredKeys: [] },
    ),
  }) as fc.Arbitrary<Word>,
  fc.constant(dead),
  fc.constant({ unasked: 'the command was lost' }),
);

const liar = fc.array(lie, { minLength: SWEEPS, maxLength: SWEEPS });

/** The growth of the chain: blocks of each minute; 0 for a halted chain. */
const chain = fc.oneof(
  fc.array(fc.integer({ min: 0, max: 3 }), { minLength: SWEEPS, maxLength: SWEEPS }),
  fc.constant(Array.from({ length: SWEEPS }, () => 0)),
);

/** Well nodes are at the tip, or at times a block or two below it, but never below the tip of a minute ago. */
const jitter = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: SWEEPS, maxLength: SWEEPS });

const heights = (blocks: readonly number[], jitters: readonly number[]): number[] => {
  let tip = 1000;
  let own = 0;
  return blocks.map((more, sweep) => {
    const aMinuteAgo = tip;
    tip += more;
    // No well node goes back.
    own = Math.max(own, sweep === 0 ? 0 : aMinuteAgo, tip - (jitters[sweep] ?? 0));
    return own;
  });
};

interface Drawn {
  readonly blocks: readonly number[];
  readonly honest: readonly { readonly kind: 'node' | 'reference'; readonly jitters: readonly number[] }[];
  readonly liars: readonly { readonly kind: 'node' | 'reference'; readonly says: readonly Said[] }[];
}

/** Liars who agree on their claims are worse than those who do not. */
const colluding = (drawn: Drawn): Drawn => ({
  ...drawn,
  liars: drawn.liars.map(({ kind }) => ({ kind, says: drawn.liars[0]?.says ?? [] })),
});

const kind = fc.constantFrom('node' as const, 'reference' as const);
const drawn: fc.Arbitrary<Drawn> = fc.integer({ min: 2, max: 6 }).chain((count) =>
  fc.record({
    blocks: chain,
    honest: fc.array(fc.record({ kind, jitters: jitter }), { minLength: count, maxLength: count }),
    liars: fc.array(fc.record({ kind, says: liar }), { maxLength: count - 1 }),
  }),
);

function sweepOf({ blocks, honest, liars }: Drawn, sweep: number): Sweep {
  const said: [string, 'node' | 'reference', Said][] = [
    ...liars.map(({ kind, says }, at) => [`liar${at}`, kind, says[sweep] ?? dead] as [string, typeof kind, Said]),
    ...honest.map(
      ({ kind, jitters }, at) =>
        [`honest${at}`, kind, heights(blocks, jitters)[sweep] ?? 0] as [string, typeof kind, Said],
    ),
  ];
  return {
    nodes: Object.fromEntries(said.filter(([, kind]) => kind === 'node').map(([name, , word]) => [name, word])),
    references: said
      .filter(([, kind, word]) => kind === 'reference' && !(typeof word === 'object' && 'unasked' in word))
      .map(([, , word]) => word),
  };
}

/** Sources that keep their place in every sweep: a reference that cannot be reached is silent. */
const steady = (drawn: Drawn): Drawn => ({
  ...drawn,
  liars: drawn.liars.map((one) => ({
    kind: one.kind,
    says:
      one.kind === 'reference'
        ? one.says.map((word) => (typeof word === 'object' && 'unasked' in word ? dead : word))
        : one.says,
  })),
});

describe('whatever is said', () => {
  it('a well node is never forked, stuck or of another network while most sources are honest', () => {
    fc.assert(
      fc.property(fc.oneof(drawn.map(steady), drawn.map(colluding).map(steady)), (fleet) => {
        const watched = new Watched(fleetOf({ haltSeconds: 300, stuckSeconds: 120 }));
        for (let sweep = 0; sweep < SWEEPS; sweep++) {
          watched.sweep(sweepOf(fleet, sweep));
          for (const [name, health] of Object.entries(watched.health)) {
            if (name.startsWith('honest')) expect(['synced', 'behind', 'unknown']).toContain(health);
          }
        }
      }),
      tries('health', 400),
    );
  });

  it('one liar changes nothing of the others: among three and more honest nodes all stay synced', () => {
    const single = fc.record({
      blocks: chain,
      honest: fc.array(fc.record({ kind: fc.constant('node' as const), jitters: jitter }), {
        minLength: 3,
        maxLength: 6,
      }),
      liars: fc.array(fc.record({ kind, says: liar }), { minLength: 1, maxLength: 1 }),
    });
    fc.assert(
      fc.property(single.map(steady), (fleet) => {
        const watched = new Watched();
        for (let sweep = 0; sweep < SWEEPS; sweep++) {
          watched.sweep(sweepOf(fleet, sweep));
          for (const [name, health] of Object.entries(watched.health)) {
            if (name.startsWith('honest')) expect(`${name} ${health}`).toBe(`${name} synced`);
          }
        }
      }),
      tries('health', 300),
    );
  });

  it('what did not answer has no height and no lag, and what could not be asked is never sick', () => {
    fc.assert(
      fc.property(fc.array(fc.array(lie, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 8 }), (sweeps) => {
        const watched = new Watched(fleetOf({ stuckSeconds: 60 }));
        for (const said of sweeps) {
          const nodes = Object.fromEntries(said.map((word, at) => [`node${at}`, word]));
          watched.sweep({ nodes });
          for (const [name, word] of Object.entries(nodes)) {
            const node = watched.node(name);
            if (word === dead)
              expect([node.height, node.lagBlocks, node.health]).toEqual([
                null,
                null,
                expect.stringMatching(/unreachable|starting/),
              ]);
            if (typeof word === 'object' && 'unasked' in word)
              expect([node.health, node.lagBlocks]).toEqual(['unknown', null]);
            expect(node.reason).not.toBe('');
          }
        }
      }),
      tries('health', 300),
    );
  });

  it('while a chain is halted nobody is stuck, whoever stood still before it halted', () => {
    const stopped = fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 3 });
    const haltsAfter = fc.integer({ min: 1, max: 6 });
    let halted = 0;
    fc.assert(
      fc.property(stopped, haltsAfter, fc.integer({ min: 2, max: 4 }), (stopped, haltsAfter, well) => {
        const watched = new Watched(fleetOf({ haltSeconds: 300, stuckSeconds: 120 }));
        for (let sweep = 0; sweep < SWEEPS; sweep++) {
          const tip = 1000 + 5 * Math.min(sweep, haltsAfter);
          const heights = [...stopped, ...Array.from({ length: well }, () => tip)];
          watched.sweep({ nodes: Object.fromEntries(heights.map((height, at) => [`node${at}`, height])) });
          if (watched.watch?.haltedSinceMs == null) continue;
          halted += 1;
          expect(Object.values(watched.health)).not.toContain('stuck');
        }
      }),
    );
    expect(halted).toBeGreaterThan(0);
  });

  it('the order of nodes does not matter, and the same sight is judged the same', () => {
    fc.assert(
      fc.property(drawn.map(steady), fc.nat(), (fleet, turn) => {
        const watched = new Watched();
        for (let sweep = 0; sweep < 4; sweep++) {
          const sight = watched.sight(sweepOf(fleet, sweep));
          const turned: FleetFacts = { ...sight, nodes: rotated(sight.nodes, turn) };
          const judged = judgeFleet(sight);
          expect(judgeFleet(sight)).toEqual(judged);
          const again = judgeFleet(turned);
          const byName = ({ nodes }: typeof judged) =>
            Object.fromEntries(
              nodes.map(({ node, code }) => [node.name, [node.health, node.lagBlocks, code, node.sinceMs]]),
            );
          expect(byName(again)).toEqual(byName(judged));
          expect({ ...again.watch, conditions: Object.keys(again.watch.conditions).sort() }).toEqual({
            ...judged.watch,
            conditions: Object.keys(judged.watch.conditions).sort(),
          });
          watched.sweep(sweepOf(fleet, sweep));
        }
      }),
      tries('health', 200),
    );
  });
});

function rotated<T>(items: readonly T[], by: number): T[] {
  const at = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(at), ...items.slice(0, at)].reverse();
}
