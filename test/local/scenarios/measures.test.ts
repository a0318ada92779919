import { describe, expect, it } from '@jest/globals';
import {
  awsTime,
  downtimeByHeals,
  nodeOutageMs,
  nodeOutages,
  timeOfAll,
} from '../../../local/scenarios/report/measures.ts';
import type { PlacedNode } from '../../../local/scenarios/world/nodes.ts';
import type { World } from '../../../local/scenarios/world/world.ts';
import { NOON_MS } from '../../fixtures/builders/time.ts';

type Outage = PlacedNode['machine']['client']['outages'][number];

const at = (seconds: number): number => NOON_MS + seconds * 1_000;
const machine = (...outages: Outage[]): PlacedNode => ({ machine: { client: { outages } } }) as unknown as PlacedNode;
const launched = (seconds: number, ...outages: Outage[]): PlacedNode => ({
  ...machine(...outages),
  madeAtMs: at(seconds),
});
const down = (...machines: PlacedNode[]) => downtimeByHeals(machines, [[at(0), at(600)]]);

describe('the outage that a heal is to blame for', () => {
  it('is that of a client that was stopped, its own end and start told apart', () => {
    const outage = { cause: 'stopped', fromMs: at(10), toMs: at(52), stopSeconds: 12, startSeconds: 20 } as const;
    expect(down(machine(outage))).toEqual({ outageMs: 42_000, clientMs: 32_000 });
  });

  it('is not that of a client that stopped by itself, or before', () => {
    const full = { cause: 'disk-full', fromMs: at(10), toMs: at(20) } as const;
    const broken = { cause: 'corrupt-data', fromMs: at(10) } as const;
    const before = { cause: 'stopped', fromMs: at(-1), toMs: at(20) } as const;
    expect(down(machine(full, before), machine(broken))).toEqual({ outageMs: 0, clientMs: 0 });
  });

  it('is that of an instance that was stopped, too, and of a client that had to be killed', () => {
    const outages = [
      { cause: 'instance-down', fromMs: at(10), toMs: at(70), startSeconds: 15 },
      { cause: 'killed', fromMs: at(100), toMs: at(130) },
    ] as const;
    expect(down(machine(...outages))).toEqual({ outageMs: 90_000, clientMs: 15_000 });
  });

  it('ends where another instance serves in its place', () => {
    const old = machine({ cause: 'stopped', fromMs: at(10), stopSeconds: 5 });
    const fresh = launched(2, { cause: 'stopped', fromMs: at(2), toMs: at(40), startSeconds: 15 });
    expect(down(old, fresh)).toEqual({ outageMs: 30_000, clientMs: 20_000 });
  });

  it('is none where what is new takes the place of what was dead before', () => {
    const old = machine({ cause: 'instance-down', fromMs: at(-60) });
    const fresh = launched(30, { cause: 'stopped', fromMs: at(30), toMs: at(200), startSeconds: 15 });
    expect(down(old, fresh)).toEqual({ outageMs: 0, clientMs: 0 });
  });

  it('is that of an earlier attempt, where it lasts into this one, and of nobody who stopped it between the two', () => {
    const attempts = [
      [at(0), at(30)],
      [at(500), at(600)],
    ] as const;
    const ours = machine({ cause: 'stopped', fromMs: at(10), toMs: at(540), startSeconds: 15 });
    expect(downtimeByHeals([ours], attempts)).toEqual({ outageMs: 530_000, clientMs: 15_000 });
    const over = machine({ cause: 'stopped', fromMs: at(10), toMs: at(40) });
    const theirs = machine({ cause: 'stopped', fromMs: at(100), toMs: at(540) });
    expect(downtimeByHeals([over, theirs], attempts)).toEqual({ outageMs: 0, clientMs: 0 });
  });

  it('lasts to the end where nobody serves', () => {
    expect(down(machine({ cause: 'stopped', fromMs: at(10) }))).toEqual({ outageMs: 590_000, clientMs: 0 });
  });
});

describe('the outage of a node', () => {
  const whole = (...machines: PlacedNode[]) => nodeOutageMs(machines, at(0), at(600)) / 1_000;

  it('of one that has never run counts from its launch', () => {
    const never = launched(100, { cause: 'stopped', fromMs: at(100), toMs: at(400) });
    expect(whole(never)).toBe(300);
  });

  it('counts from its beginning, whatever the reason, to where another instance serves', () => {
    const dead = machine({ cause: 'instance-down', fromMs: at(-120) });
    const fresh = launched(300, { cause: 'stopped', fromMs: at(300), toMs: at(480), startSeconds: 15 });
    expect(whole(dead, fresh)).toBe(600);
    expect(down(dead, fresh)).toEqual({ outageMs: 0, clientMs: 0 });
  });

  it('is what the heal caused where the node served before', () => {
    const outage = { cause: 'stopped', fromMs: at(10), toMs: at(52), stopSeconds: 12, startSeconds: 20 } as const;
    expect(whole(machine(outage))).toBe(42);
  });

  it('counts once, however many attempts and incidents have met it', () => {
    const node = machine({ cause: 'instance-down', fromMs: at(-120), toMs: at(600) });
    const attempts = [
      [0, 200],
      [100, 300],
      [450, 600],
    ] as const;
    const spans = attempts.flatMap(([from, to]) => nodeOutages([node], at(from), at(to)));
    expect(timeOfAll(spans)).toBe(720_000);
  });

  it('is none where it served all the time, or had been down before and was up again', () => {
    expect(whole(machine())).toBe(0);
    expect(whole(machine({ cause: 'disk-full', fromMs: at(-60), toMs: at(-10) }))).toBe(0);
  });

  it('lasts to the end where nobody serves', () => {
    expect(whole(machine({ cause: 'corrupt-data', fromMs: at(-10) }))).toBe(610);
  });
});

describe('what AWS took', () => {
  const world = {
    region: {
      kernel: {
        works: [
          { what: 'volume creation', resources: ['vol-1'], from: at(0), to: at(20) },
          { what: 'volume initialization', resources: ['vol-1'], from: at(20), to: at(320) },
          { what: 'volume creation', resources: ['vol-2'], from: at(0), to: at(600) },
        ],
      },
    },
  } as unknown as World;
  const took = (...outages: (readonly [number, number])[]) =>
    awsTime(world, new Set(['vol-1']), { fromMs: at(0), toMs: at(400), down: outages });

  it('is no time in which the node served already: loading blocks goes on in the background', () => {
    expect(took([at(10), at(50)])).toEqual({ awsMs: 50_000, backgroundMs: 270_000 });
  });

  it('is all of it where the node served nothing', () => {
    expect(took([at(0), at(400)])).toEqual({ awsMs: 320_000, backgroundMs: 0 });
  });
});
