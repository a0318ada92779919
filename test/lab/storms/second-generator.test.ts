// The second generator of storms: what it draws, and that each of its stories can happen. `npm test -- second-generator` draws all of the seeds.
import { describe, expect, it } from '@jest/globals';
import * as v from 'valibot';
import { repositoryRoot } from '../../../infra/paths.ts';
import { worldIn } from '../../../local/scenarios/world-file/read.ts';
import { worldDocumentSchema } from '../../../local/scenarios/world-file/schema.ts';
import { isAsked, sampled } from '../../fixtures/asked.ts';
import { runLabJob } from '../jobs.ts';
import { ACTS, AT_ONE_ACT } from './b/acts.ts';
import { secondGenerator } from './b/index.ts';
import { GENERATORS } from './generators.ts';
import { documentOf, type Storm, type StormNode, worldFileOf } from './storm.ts';

const PATIENCE_MS = 60 * 60_000;
const TYPES = Object.keys(secondGenerator.types);
const seeds = (last: number): readonly number[] => Array.from({ length: last }, (_, at) => at + 1);
const drawn = (seed: number): Storm => secondGenerator.draw(seed, { hours: 8 });
const storms = seeds(500).map(drawn);

describe('the second generator draws a storm', () => {
  it('the same from the same seed, to the byte, and another one from another', () => {
    const textOf = (storm: Storm): string => worldFileOf(storm, secondGenerator, repositoryRoot);
    for (const storm of sampled('second-generator', storms, 20)) expect(textOf(drawn(storm.seed))).toBe(textOf(storm));
    expect(new Set(storms.map((storm) => JSON.stringify({ ...storm, seed: 0 }))).size).toBe(storms.length);
  });

  it('with 1 to 30 nodes in 1 to 4 fleets of all five kinds of owners, and small ones more often', () => {
    const sizes = storms.map(({ nodes }) => nodes.length);
    expect(Math.min(...sizes)).toBe(1);
    expect(Math.max(...sizes)).toBe(30);
    expect(sizes.filter((size) => size <= 8).length).toBeGreaterThan(300);
    expect(new Set(storms.map(({ fleets }) => fleets.length))).toEqual(new Set([1, 2, 3, 4]));
    const fleets = new Set(storms.flatMap((storm) => storm.fleets.map(({ name }) => name)));
    expect([...fleets].toSorted()).toEqual([
      'coin',
      'composed',
      'council',
      'lone',
      'pair',
      'ring',
      'the-fleet-with-the-longest-name1',
      'tips',
    ]);
  });

  it('of at least 40 types of faults in four hands, each of which is drawn', () => {
    const all = new Set(storms.flatMap(({ faults }) => faults.map(({ type }) => type)));
    expect(TYPES.length).toBeGreaterThanOrEqual(40);
    expect(TYPES.filter((type) => !all.has(type))).toEqual([]);
    expect(new Set(Object.values(secondGenerator.types).map(({ hand }) => hand)).size).toBe(4);
  });

  it('with something that happens in the second of an act of ours, of each kind', () => {
    const moments = storms.flatMap(({ faults }) =>
      faults
        .filter(({ type }) => Object.hasOwn(AT_ONE_ACT, type))
        .flatMap(({ entries }) => entries.map(({ at }) => at)),
    );
    const met = new Set(moments.flatMap((at) => (typeof at === 'number' ? [] : [at['called'] ?? at['commanded']])));
    const kinds = ACTS.map(({ does }) => ('called' in does ? does.called : does.commanded));
    expect(kinds.filter((kind) => !met.has(kind))).toEqual([]);
  });

  it('with types of which none is one of the first generator’s', () => {
    expect(TYPES.filter((type) => Object.hasOwn(GENERATORS.a.types, type))).toEqual([]);
  });

  it('whose faults end while there is time to heal: no trigger waits longer, and no clock strikes later', () => {
    for (const { faults, faultsEndMinutes, hours } of storms) {
      expect(faultsEndMinutes).toBeLessThanOrEqual(hours * 60 * 0.3);
      for (const { at, every = 0, times = 1 } of faults.flatMap(({ entries }) => entries)) {
        if (typeof at === 'number')
          expect(at + Number(every) * (Number(times) - 1)).toBeLessThanOrEqual(faultsEndMinutes + 12);
        else if (!('paged' in at)) expect(at['until']).toBe(faultsEndMinutes);
      }
    }
  });

  it('that is a valid world file, whatever the seed', () => {
    for (const seed of sampled('second-generator', seeds(2_000), 20)) {
      const document = documentOf(drawn(seed), secondGenerator, repositoryRoot);
      expect(v.safeParse(worldDocumentSchema, document).issues).toBeUndefined();
    }
  });

  it('whose fleets, names and references fit together', () => {
    for (const storm of sampled('second-generator', storms, 25))
      expect(worldIn('storm.yaml', worldFileOf(storm, secondGenerator, repositoryRoot), repositoryRoot).name).toBe(
        `storm-b-${storm.seed}`,
      );
  });

  it('of one type alone, where that is asked for', () => {
    for (const only of TYPES)
      expect(secondGenerator.draw(1, { hours: 3, only }).faults.map(({ type }) => type)).toEqual([only]);
    expect(() => secondGenerator.draw(1, { hours: 3, only: 'nothing' })).toThrow(RangeError);
  });
});

describe('every layout that owners have is drawn', () => {
  const someNode = (is: (node: StormNode) => unknown) => (storm: Storm) => storm.nodes.some(is);
  const someVolume = (is: (volume: NonNullable<StormNode['volumes']>[number]) => unknown) =>
    someNode(({ volumes = [] }) => volumes.some(is));
  const says = (key: string, is: (value: never) => unknown) => (storm: Storm) =>
    storm.fleets.some(({ but }) => but[key] !== undefined && is(but[key] as never));
  const inFleet = (name: string) => (storm: Storm) => storm.fleets.some((fleet) => fleet.name === name);

  it.each<readonly [string, (storm: Storm) => unknown]>([
    [
      'a group whose members have one name',
      (storm) => Object.keys(storm.scalingGroups).length > 0 && someNode(({ tags }) => tags?.['Name'])(storm),
    ],
    [
      'a group whose members have names of their own',
      (storm) => Object.keys(storm.scalingGroups).length > 0 && !someNode(({ tags }) => tags?.['Name'])(storm),
    ],
    ['a public address', someNode(({ publicIp }) => publicIp)],
    ['an elastic address', someNode(({ elasticAddress }) => elasticAddress)],
    ['Terraform’s tag', someNode(({ tags }) => tags?.['ManagedBy'] === 'terraform')],
    ['CloudFormation’s tag', someNode(({ tags }) => tags?.['aws:cloudformation:stack-name'])],
    ['no launch template', ({ templates }) => templates.length === 0],
    ['a launch template', ({ templates }) => templates.length > 0],
    ['target groups', ({ targetGroups }) => Object.keys(targetGroups).length > 0],
    ['docker', inFleet('council')],
    ['compose', inFleet('composed')],
    ['two clients a node, on several volumes, in a zone of one label', inFleet('pair')],
    ['names as long as they may be', inFleet('the-fleet-with-the-longest-name1')],
    ['a node’s name of 63 characters', someNode(({ name }) => name.length === 63)],
    ['LVM', someVolume(({ lvm }) => lvm)],
    ['btrfs', someVolume(({ filesystem }) => filesystem === 'btrfs')],
    ['a partition', someVolume(({ partitioned }) => partitioned)],
    ['a filesystem that nobody grew', someVolume(({ filesystemGiB }) => filesystemGiB)],
    ['a volume without the fleet’s tags', someVolume(({ tags }) => tags)],
    [
      'data that are unmounted',
      ({ faults }) => faults.some(({ entries }) => entries.some((entry) => entry.do === 'unmount')),
    ],
    ['snapshots without tags', ({ snapshots }) => snapshots.some(({ by }) => by === 'console')],
    ['snapshots of a lifecycle policy', ({ snapshots }) => snapshots.some(({ by }) => by === 'policy')],
    ['no snapshot', ({ snapshots }) => snapshots.length === 0],
    ['a lone node', ({ nodes }) => nodes.length === 1],
    ['no reference', says('health', ({ references }: { references?: readonly string[] }) => references?.length === 0)],
    ['one reference', says('health', ({ references }: { references?: readonly string[] }) => references?.length === 1)],
    ['a probe by a command that only looks', says('probe', (probe) => probe === 'unit')],
    ['a probe by a command that asks', says('probe', (probe) => probe === 'ssm')],
    ['no probe', says('probe', (probe) => probe === 'none')],
    ['a probe by a metric', inFleet('tips')],
    ['mode plan', says('mode', (mode) => mode === 'plan')],
    ['mode ask', says('mode', (mode) => mode === 'ask')],
    ['a ceiling that is near', says('disk', ({ maximumSizeGiB }: { maximumSizeGiB?: number }) => maximumSizeGiB)],
    ['no rung at all', says('replace', ({ rungs }: { rungs?: readonly string[] }) => rungs?.length === 0)],
    ['a clock that is a day off', someNode(({ clockSkewSeconds }) => Math.abs(clockSkewSeconds ?? 0) === 86_400)],
    ['an agent that is too old', someNode(({ agentVersion }) => agentVersion === '3.1.0.0')],
    ['growths of a day ago', ({ past }) => (past?.grown ?? []).some(({ hoursAgo }) => hoursAgo > 23 && hoursAgo < 25)],
  ])('%s', (_, is) => {
    expect(storms.filter(is).length).toBeGreaterThan(1);
  });
});

describe('a storm of the second generator is played', () => {
  it(
    'to the same end from the same seed, to the byte',
    async () => {
      // Of one node.
      const order = { generator: 'b', seed: 38, hours: 1 } as const;
      const [first, again] = await Promise.all([runLabJob('storms', [order]), runLabJob('storms', [order])]);
      expect(first).toEqual(again);
      expect(first[0]?.broken.map(({ promise }) => promise)).not.toContain('plays-to-its-end');
    },
    PATIENCE_MS,
  );

  it.each(sampled('second-generator', TYPES, 1_000))(
    '%s has its effect',
    async (type) => {
      const played = [];
      // What follows a heal needs one: a world in which nothing is healed says nothing of it.
      for (const seed of seeds(isAsked('second-generator') ? 12 : 3)) {
        played.push(
          ...(await runLabJob('storms', [
            { generator: 'b', seed, hours: isAsked('second-generator') ? 3 : 1, only: type },
          ])),
        );
        if (played.some(({ fired }) => fired.includes(type))) return;
      }
      expect(played.flatMap(({ fired }) => fired)).toContain(type);
    },
    PATIENCE_MS,
  );
});
