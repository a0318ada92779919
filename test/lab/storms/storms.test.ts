// Storms: drawn from a seed, played and judged, and shrunk when they break a promise.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { repositoryRoot } from '../../../infra/paths.ts';
import { worldIn } from '../../../local/scenarios/world-file/read.ts';
import { isAsked, sampled } from '../../fixtures/asked.ts';
import { runLabJob } from '../jobs.ts';
import { AT_ACT_NAMES, isAtAct, KINDS } from './at-acts.ts';
import { FAULT_TYPE_NAMES, FAULT_TYPES } from './faults.ts';
import { generateStorm, LATER_TYPES } from './generate.ts';
import { GENERATORS } from './generators.ts';
import type { Ending } from './play.ts';
import { ROLLOUT_NAMES, ROLLOUTS } from './rollouts.ts';
import { shrink } from './shrink.ts';
import { documentOf, refOf, type Storm, worldFileOf } from './storm.ts';

const PATIENCE_MS = 60 * 60_000;
const seeds = (last: number): readonly number[] => Array.from({ length: last }, (_, at) => at + 1);
/** Of two nodes. */
const SMALL = [12];
const storms = seeds(300).map((seed) => generateStorm(seed, { hours: 3 }));

describe('a storm is drawn', () => {
  it('the same from the same seed, and another one from another', () => {
    expect(seeds(300).map((seed) => generateStorm(seed, { hours: 3 }))).toEqual(storms);
    expect(new Set(storms.map((storm) => JSON.stringify({ ...storm, seed: 0 }))).size).toBe(300);
  });

  it('with 1 to 30 nodes in 1 to 4 fleets, and small ones more often', () => {
    const sizes = storms.map(({ nodes }) => nodes.length);
    expect(Math.min(...sizes)).toBe(1);
    expect(Math.max(...sizes)).toBeGreaterThan(20);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(30);
    expect(sizes.filter((size) => size <= 8).length).toBeGreaterThan(150);
    expect(new Set(storms.map(({ fleets }) => fleets.length))).toEqual(new Set([1, 2, 3, 4]));
  });

  it('of which a sixth have owners who protect an instance or what a template makes', () => {
    const some = storms.filter(
      ({ nodes, past }) => nodes.some((node) => node.protected) || past?.protectedTemplates !== undefined,
    );
    expect(some.length).toBeGreaterThan(25);
    expect(some.length).toBeLessThan(75);
  });

  it.each(Object.entries(GENERATORS))('with names in zones that the suite may change, by generator %s', (_, drawer) => {
    const files = readdirSync(drawer.fleets).filter((name) => name.endsWith('.yaml'));
    const zoneIn = (document: unknown): unknown => (document as { dns?: { zone?: string } | null }).dns?.zone;
    const deployed = files.map((name) => zoneIn(parse(readFileSync(join(drawer.fleets, name), 'utf8'))));
    const drawn = seeds(100).flatMap((seed) => drawer.draw(seed, { hours: 3 }).fleets.map(({ but }) => zoneIn(but)));
    expect(drawn.filter((zone) => zone !== undefined && !deployed.includes(zone))).toEqual([]);
  });

  it('of at least 40 types of faults in four hands, each of which is drawn', () => {
    const drawn = new Set(storms.flatMap(({ faults }) => faults.map(({ type }) => type)));
    expect(FAULT_TYPE_NAMES.length).toBeGreaterThanOrEqual(40);
    expect(FAULT_TYPE_NAMES.filter((type) => !drawn.has(type))).toEqual([]);
    expect(new Set(Object.values(FAULT_TYPES).map(({ hand }) => hand)).size).toBe(4);
  });

  it('with upgrades and drills in one of five or more, each type of which is drawn', () => {
    const rolled = storms.filter(({ faults }) => faults.some(({ type }) => Object.hasOwn(ROLLOUTS, type)));
    expect(rolled.length).toBeGreaterThan(60);
    const drawn = new Set(rolled.flatMap(({ faults }) => faults.map(({ type }) => type)));
    expect(ROLLOUT_NAMES.filter((type) => !drawn.has(type))).toEqual([]);
  });

  it('with something that goes wrong exactly at an act of ours, of each kind, and a split along versions, in a third or so', () => {
    const types = storms.flatMap(({ faults }) => faults.map(({ type }) => type));
    expect([...AT_ACT_NAMES, 'splits-along-versions'].filter((type) => !types.includes(type))).toEqual([]);
    const moments = storms.flatMap(({ faults }) =>
      faults.filter(({ type }) => isAtAct(type)).flatMap(({ entries }) => entries.map(({ at }) => at)),
    );
    const met = new Set(moments.flatMap((at) => (typeof at === 'number' ? [] : [at['called'] ?? at['commanded']])));
    expect(Object.keys(KINDS).filter((kind) => !met.has(kind))).toEqual([]);
    expect(storms.filter(({ faults }) => faults.some(({ type }) => isAtAct(type))).length).toBeGreaterThan(80);
  });

  it('with what its seed gave before there were upgrades and drills, and those behind it', () => {
    // Of the code before them: the first 300 storms of three hours.
    const isLater = (type: string) =>
      Object.hasOwn(ROLLOUTS, type) || isAtAct(type) || LATER_TYPES.some((later) => later === type);
    const before = storms.map(({ faults }) => faults.filter(({ type }) => !isLater(type)));
    expect(createHash('sha256').update(JSON.stringify(before)).digest('hex').slice(0, 16)).toBe('7d53f7dc2971eed8');
  });

  it('with an upgrade first and what the seed draws besides, where that is asked for', () => {
    for (const seed of seeds(20)) {
      const { faults } = GENERATORS.a.draw(seed, { hours: 3, first: 'version-migrates' });
      expect(faults.some(({ type }) => type === 'version-migrates')).toBe(true);
      expect(faults.length).toBeGreaterThan(1);
    }
    expect(() => GENERATORS.a.draw(1, { hours: 3, first: 'nothing-of-the-kind' })).toThrow(RangeError);
    expect(() => GENERATORS.a.draw(1, { hours: 3, first: 'hangs+nothing-of-the-kind' })).toThrow(RangeError);
    for (let seed = 1; seed <= 20; seed++) {
      const { faults } = GENERATORS.a.draw(seed, { hours: 3, only: 'hangs+asks-upgrade+disk-fills' });
      expect(faults.map(({ type }) => type)).toEqual(['hangs', 'disk-fills', 'asks-upgrade']);
    }
  });

  it('with faults that end while there is time to heal', () => {
    for (const { faults, faultsEndMinutes, hours } of storms) {
      expect(faultsEndMinutes).toBeLessThan(hours * 30);
      for (const { at } of faults.flatMap(({ entries }) => entries))
        if (typeof at === 'number') expect(at).toBeLessThanOrEqual(faultsEndMinutes + 1);
    }
  });

  it('as a world file that plays with the command that plays any other', () => {
    const rolled = storms.filter(({ faults }) => faults.some(({ type }) => Object.hasOwn(ROLLOUTS, type)));
    for (const storm of [...sampled('storms', storms, 10), ...sampled('storms', rolled, 5)])
      expect(worldIn('storm.yaml', worldFileOf(storm, GENERATORS.a, repositoryRoot), repositoryRoot).name).toBe(
        `storm-${storm.seed}`,
      );
  });
});

describe('a storm that breaks a promise is shrunk', () => {
  const ending = (storm: Storm, promise: string | undefined): Ending => ({
    seed: storm.seed,
    broken: promise === undefined ? [] : [{ promise, atMs: 0, subject: 'x', sentence: 'x' }],
    ...{ mattered: [], idle: [], drawn: [], fired: [], virtualHours: 1, traceHash: '', around: [], leftOut: 0 },
  });
  const large = storms.find(
    ({ nodes, faults, fleets }) => nodes.length > 9 && faults.length > 5 && fleets.length > 1,
  ) as Storm;
  /** Broken where a fault of this type meets a fleet with this node. */
  const culprit = large.faults[3]?.type;
  const victim = refOf(large.nodes.at(-1) as Storm['nodes'][number]);
  const isBroken = ({ faults, nodes }: Storm): boolean =>
    faults.some(({ type }) => type === culprit) && nodes.some((node) => refOf(node) === victim);
  const play = async (storm: Storm): Promise<Ending> =>
    ending(storm, isBroken(storm) ? 'kept' : storm.faults.length % 2 === 0 ? 'another' : undefined);

  it('to the fault and the nodes that are needed, and it breaks the same promise', async () => {
    const shrunk = await shrink(large, ending(large, 'kept'), play);
    expect(shrunk.ending.broken[0]?.promise).toBe('kept');
    expect(isBroken(shrunk.storm)).toBe(true);
    expect(new Set(shrunk.storm.faults.map(({ type }) => type))).toEqual(new Set([culprit]));
    expect(shrunk.storm.nodes.length).toBeLessThanOrEqual(2);
    expect(shrunk.played).toBeLessThanOrEqual(60);
  });

  it('and names nothing any more that is not in it', async () => {
    const { storm } = await shrink(large, ending(large, 'kept'), play);
    const text = worldFileOf(storm, GENERATORS.a, repositoryRoot);
    expect(() => worldIn('storm.yaml', text, repositoryRoot)).not.toThrow();
    expect(documentOf(storm, GENERATORS.a, repositoryRoot).nodes).toHaveLength(storm.nodes.length);
  });

  it('is refused where no promise was broken', async () => {
    await expect(shrink(large, ending(large, undefined), play)).rejects.toThrow(RangeError);
  });
});

describe('a storm is played', () => {
  it(
    'to the same end from the same seed, to the byte',
    async () => {
      const orders = (isAsked('storms') ? [7, 12, 14] : SMALL).map((seed) => ({
        generator: 'a' as const,
        seed,
        hours: 1,
      }));
      const [first, again] = await Promise.all([runLabJob('storms', orders), runLabJob('storms', orders)]);
      expect(first).toEqual(again);
      expect(first.map(({ broken }) => broken)).toEqual(orders.map(() => []));
      expect(new Set(first.map(({ traceHash }) => traceHash)).size).toBe(orders.length);
    },
    PATIENCE_MS,
  );

  it.each([
    ...sampled('storms', FAULT_TYPE_NAMES, 1_000),
    ...(isAsked('storms') ? [...ROLLOUT_NAMES, ...AT_ACT_NAMES, 'splits-along-versions'] : []),
  ])(
    '%s has its effect',
    async (type) => {
      const played = [];
      // A restore needs a snapshot, a page somebody who asks: the first world need not have them.
      for (const seed of isAsked('storms') ? seeds(8) : [3]) {
        played.push(
          ...(await runLabJob('storms', [{ generator: 'a', seed, hours: isAsked('storms') ? 3 : 1, only: type }])),
        );
        if (played.some(({ fired }) => fired.includes(type))) return;
      }
      expect(played.flatMap(({ fired }) => fired)).toContain(type);
    },
    PATIENCE_MS,
  );
});
