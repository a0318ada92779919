// What watch-fleet keeps of a fleet's troubles for those who act: since when, until when, and about whom.
import { describe, expect, it } from '@jest/globals';
import { darkZonesOf } from '../../../functions/watch-fleet/fleet-health.ts';
import { duePages } from '../../../functions/watch-fleet/pages.ts';
import { dead, fleetOf, instanceId, MINUTE, T0, Watched } from '../../fixtures/sights.ts';

const ZONES: Readonly<Record<string, string>> = {
  node1: 'a',
  node4: 'a',
  node2: 'b',
  node5: 'b',
  node3: 'c',
  node6: 'c',
};
const as = Object.fromEntries(Object.entries(ZONES).map(([name, availabilityZone]) => [name, { availabilityZone }]));
const dark = (watched: Watched, height: number, more: object = {}): Watched =>
  watched.sweep({
    nodes: { node1: dead, node4: dead, node2: height, node5: height, node3: height, node6: height, ...more },
    as,
  });
const well = (): Watched =>
  new Watched(fleetOf()).sweep({ nodes: Object.fromEntries(Object.keys(ZONES).map((name) => [name, 1000])), as });
const zone = ({ watch }: Watched) => watch?.conditions['zone-down'];
const told = (watched: Watched): readonly string[] =>
  watched.result === undefined
    ? []
    : duePages({ ...watched.sight({ nodes: {} }), nowMs: watched.nowMs + 1 }, { ...watched.result, nodes: [] }).map(
        ({ code }) => code,
      );

describe('a zone that is dark', () => {
  it('is kept with its nodes, and people are told by the heal that it holds', () => {
    const watched = dark(well(), 1001);
    expect(zone(watched)).toEqual({
      status: 'holds',
      sinceMs: T0 + MINUTE,
      seenAtMs: T0 + MINUTE,
      reason: '2 of 2 nodes in a in trouble, 0 of 4 elsewhere',
      zone: 'a',
      instanceIds: [instanceId('node1'), instanceId('node4')],
    });
    expect(told(watched)).toEqual([]);
  });

  it('stays so although nodes elsewhere lag, hang or go', () => {
    const watched = dark(dark(dark(well(), 1001), 1003, { node2: 1001 }), 1004, { node2: dead, node3: dead });
    expect(zone(watched)).toMatchObject({
      status: 'holds',
      sinceMs: T0 + MINUTE,
      reason: '2 of 2 nodes in a in trouble, 2 of 4 elsewhere',
    });
  });

  it('is over when its own nodes have answered in three sweeps', () => {
    const back = (watched: Watched, height: number) => dark(watched, height, { node1: height, node4: height });
    const watched = back(dark(well(), 1001), 1002);
    expect(zone(watched)).toMatchObject({ status: 'ending', seenAtMs: T0 + MINUTE });
    expect(zone(back(watched, 1003))?.status).toBe('ending');
    expect(zone(back(watched, 1004))).toBeUndefined();
  });
});

describe('a zone that another fleet shows to be dark', () => {
  const bitcoin = dark(well(), 1001).watch;
  const darkZones = darkZonesOf([{ fleet: 'bitcoin', watch: bitcoin }], T0 + 2 * MINUTE);
  const three = { node1: ZONES['node1'], node2: ZONES['node2'], node3: ZONES['node3'] };
  const places = Object.fromEntries(
    Object.entries(three).map(([name, availabilityZone]) => [name, { availabilityZone }]),
  );
  const litecoin = (nodes: object, zones = darkZones, watched = new Watched(fleetOf())): Watched =>
    watched.sweep({
      nodes: { node1: 1000, node2: 1000, node3: 1000, ...nodes },
      as: places as never,
      darkZones: zones,
    });

  it('is dark for a fleet with one node there that is silent, and says whose nodes show it', () => {
    expect(zone(litecoin({ node1: dead }))).toMatchObject({
      ...{ status: 'holds', zone: 'a', instanceIds: [instanceId('node1')], shownBy: 'bitcoin' },
      reason:
        '1 of 1 nodes in a in trouble, 0 of 2 elsewhere, and of bitcoin 2 of 2 nodes in a in trouble, 0 of 4 elsewhere',
    });
  });

  it('is none for a fleet whose node there answers, or whose silent node is in another zone', () => {
    expect(zone(litecoin({}))).toBeUndefined();
    expect(zone(litecoin({ node2: dead }))).toBeUndefined();
  });

  it('is over when it is over for those who show it, though its own node is still silent: that one is healed', () => {
    const watched = litecoin({ node1: dead });
    expect(zone(litecoin({ node1: dead }, [], watched))).toMatchObject({ status: 'ending' });
    expect(zone(litecoin({ node1: dead }, [], litecoin({ node1: dead }, [], watched)))).toBeUndefined();
  });

  it('is passed on by nobody who has it from another, when it is ending, or when nobody has watched for three minutes', () => {
    const second = litecoin({ node1: dead });
    expect(darkZonesOf([{ fleet: 'litecoin', watch: second.watch }], second.nowMs)).toEqual([]);
    const ending = dark(dark(well(), 1001), 1002, { node1: 1002, node4: 1002 }).watch;
    expect(darkZonesOf([{ fleet: 'bitcoin', watch: ending }], T0 + 2 * MINUTE)).toEqual([]);
    expect(darkZonesOf([{ fleet: 'bitcoin', watch: bitcoin }], T0 + 5 * MINUTE)).toEqual([]);
    expect(darkZonesOf([{ fleet: 'bitcoin', watch: undefined }], T0)).toEqual([]);
  });
});

describe('a machine that EC2 finds dead', () => {
  it('is said to be so where its node answers nobody, and not where it answers', () => {
    const nodes = { node1: dead, node2: 1000, node3: 1000 };
    const watched = new Watched(fleetOf()).sweeps(12, () => ({ nodes, impaired: ['node1', 'node2'] }));
    expect(watched.node('node1')).toMatchObject({ health: 'unreachable', downBy: 'dead' });
    expect(watched.node('node2').downBy).toBeUndefined();
  });

  it('is one that does not run, too', () => {
    const nodes = { node1: dead, node2: 1000, node3: 1000 };
    const watched = new Watched(fleetOf()).sweep({ nodes, as: { node1: { state: 'stopped' } } });
    expect(watched.node('node1')).toMatchObject({ health: 'unreachable', downBy: 'dead' });
  });
});

it('a client that a person has stopped is marked for as long as it answers nobody', () => {
  const watched = new Watched(fleetOf()).sweeps(12, () => ({ node1: dead, node2: 1000, node3: 1000 }));
  const look = (node1: typeof dead | number): string | undefined => {
    watched.nowMs += MINUTE;
    const facts = watched.sight({ nodes: { node1, node2: 1001, node3: 1001 } });
    return watched.keep({ ...facts, stopped: new Set([instanceId('node1')]) }).node('node1').downBy;
  };
  expect([look(dead), look(1001)]).toEqual(['stopped', undefined]);
});
