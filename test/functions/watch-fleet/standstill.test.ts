// A node that stands still is called so by evidence: what others have, and not only how long it has been.
import { describe, expect, it } from '@jest/globals';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { dead, fleetOf, MINUTE, type Sweep, Watched } from '../../fixtures/sights.ts';

/** Limits as they are where the fleet file gives none; bitcoin's own number of blocks. */
const bitcoin = bitcoinFleet({ mode: 'plan', dns: undefined });
const SEVEN_SECONDS = 7_000;

/** node3 stands at 1000 from now on; the others are at these heights, in one sweep after the other. */
const frozen = (watched: Watched, ...heights: readonly number[]): Watched => {
  for (const height of heights) watched.sweep({ node1: height, node2: height, node3: 1000 });
  return watched;
};
const well = (fleet = bitcoin): Watched => frozen(new Watched(fleet), 999 + 1, 1000, 1000);

describe('a node of a slow chain that does not get the next block', () => {
  it('leaves the pool when others have had the block for a minute', () => {
    const watched = frozen(well(), 1001);
    expect(watched.health['node3']).toBe('synced');
    frozen(watched, 1001);
    expect(watched.node('node3')).toMatchObject({ health: 'behind', lagBlocks: 1 });
    expect(watched.node('node3').reason).toBe('1 block behind, at 1000; others have had the next block for 60 s');
  });

  it('leaves it within the sweep that sees it, when it still lacks the block twenty seconds later', () => {
    const watched = frozen(well(), 1001);
    expect(watched.late).toEqual(['node3']);
    watched.lookAgain({ node3: 1000 });
    expect(watched.node('node3')).toMatchObject({ health: 'behind', lagBlocks: 1 });
    expect(watched.node('node3').reason).toBe('1 block behind, at 1000; others have had the next block for 20 s');
    expect([watched.health['node1'], watched.conditions]).toEqual(['synced', []]);
    // It goes on from there as after any sweep.
    expect(frozen(watched, 1002, 1003).health['node3']).toBe('stuck');
  });

  it('stays where it has the block at the second look, or another one, or gives no answer', () => {
    const second = (said: Sweep['nodes']) => frozen(well(), 1001).lookAgain(said);
    for (const said of [{ node3: 1001 }, { node3: 1002 }, { node3: dead }, {}])
      expect(second(said).node('node3')).toMatchObject({ health: 'synced', height: 1000 });
    expect(second({ node3: 1001 }).sweep({ node1: 1001, node2: 1001, node3: 1001 }).health['node3']).toBe('synced');
  });

  it('is not asked again where many are late at once, or where only a script tells its height', () => {
    const many = Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`node${at + 10}`, 1000]));
    const ahead = Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`node${at + 40}`, 1000]));
    const later = Object.fromEntries(Object.keys(ahead).map((name) => [name, 1001]));
    const watched = new Watched(bitcoin).sweep({ ...many, ...ahead }).sweep({ ...many, ...ahead });
    expect(watched.sweep({ ...many, ...later }).late).toEqual([]);
    const posted = bitcoinFleet({
      ...{ mode: 'plan', dns: undefined },
      probe: { metric: { namespace: 'Bitcoin', height: 'Height' } },
    });
    expect(frozen(well(posted), 1001).late).toEqual([]);
  });

  it('is not behind while the block is on its way', () => {
    const watched = frozen(well(), 1001).sweep({ node1: 1001, node2: 1001, node3: 1001 });
    expect(watched.health['node3']).toBe('synced');
    // The next block is another one: its time begins anew.
    watched.sweep({ node1: 1002, node2: 1002, node3: 1001 });
    expect(watched.health['node3']).toBe('synced');
  });

  it('is stuck with the third block of the others, after 40 minutes or after three', () => {
    const slowly = frozen(well(), ...Array.from({ length: 30 }, (_, at) => 1001 + Math.floor(at / 15)));
    expect(slowly.health['node3']).toBe('behind');
    expect(frozen(slowly, 1003).node('node3')).toMatchObject({ health: 'stuck', lagBlocks: 3 });
    expect(frozen(well(), 1001, 1002, 1003).health['node3']).toBe('stuck');
  });

  it('is not stuck in the first minute and a half, however many blocks there are', () => {
    const watched = frozen(new Watched(bitcoin), 1000, 1009);
    expect(watched.health['node3']).toBe('behind');
    frozen(watched, 1010);
    expect(watched.health['node3']).toBe('stuck');
  });

  it('is not stuck where many blocks come at once after a long gap, before it had the time to get them', () => {
    const watched = frozen(well(), ...Array.from({ length: 50 }, () => 1000));
    frozen(watched, 1005);
    expect(watched.health['node3']).toBe('behind');
    watched.sweep({ node1: 1005, node2: 1005, node3: 1005 }, MINUTE);
    expect(watched.health['node3']).toBe('synced');
  });

  it('is nobody’s page while its chain had paused, or sweeps were late, and others are ahead only now', () => {
    const { patienceSeconds } = bitcoin.health;
    const paused = frozen(well(), ...Array.from({ length: Math.ceil(patienceSeconds / 60) }, () => 1000));
    expect(frozen(paused, 1005).health['node3']).toBe('behind');
    expect(paused.conditions).toEqual([]);
    const late = well().sweep({ node1: 1005, node2: 1005, node3: 1000 }, patienceSeconds * 1_000);
    expect([late.health['node3'], late.conditions]).toEqual(['behind', []]);
  });

  it('is nobody’s page until it shows whether it is stuck', () => {
    const watched = frozen(well(), ...Array.from({ length: 30 }, () => 1001));
    expect(watched.conditions).toEqual([]);
  });
});

it('what the fleet file says of the time is kept', () => {
  const watched = frozen(
    well(fleetOf({ behindBlocks: 3, stuckSeconds: 600, haltSeconds: 10_800 })),
    1001,
    1002,
    1003,
    1004,
    1005,
  );
  expect(watched.health['node3']).toBe('behind');
  frozen(watched, 1006, 1007, 1008);
  expect(watched.health['node3']).toBe('stuck');
});

it('a node of a fast chain that has moved since the last sweep is asked again where it lacks two blocks, and not for one', () => {
  const ethereum = bitcoinFleet({ chain: 'ethereum', mode: 'plan', dns: undefined, rpc: { port: 8545 } });
  const moving = (own: number) =>
    new Watched(ethereum)
      .sweep({ node1: 1000, node2: 1000, node3: 1000 })
      .sweep({ node1: 1005, node2: 1005, node3: own });
  expect([moving(1004).late, moving(1003).late]).toEqual([[], ['node3']]);
  expect(moving(1003).lookAgain({ node3: 1003 }).health['node3']).toBe('behind');
  expect(moving(1003).lookAgain({ node3: 1006 }).health['node3']).toBe('synced');
});

it('a height that a script posts every few minutes is no reason to call a node late', () => {
  const posted = bitcoinFleet({
    ...{ mode: 'plan', dns: undefined, health: { behindBlocks: 30 } },
    probe: { metric: { namespace: 'Stacks', height: 'Height' } },
  });
  expect(posted.health.stuckSeconds).toBe(posted.health.patienceSeconds);
  const watched = frozen(well(posted), 1004, 1006, 1008, 1010);
  expect(watched.health['node3']).toBe('synced');
});

it('two looks within seconds do not make a node late', () => {
  const watched = frozen(well(), 1001).sweep({ node1: 1001, node2: 1001, node3: 1000 }, SEVEN_SECONDS);
  expect(watched.health['node3']).toBe('synced');
});
