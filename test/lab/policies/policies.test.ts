// The policies that chainmend is compared with: what each decides, the words of a program of anybody, and how a comparison is told.
import { describe, expect, it } from '@jest/globals';
import type { OwnAlarm } from './alarms.ts';
import { type BuiltInName, builtIn, running } from './index.ts';
import { pictureOf } from './picture.ts';
import type { Scored } from './play.ts';
import type { PolicyAct } from './policy.ts';
import type { Sight } from './sight.ts';
import { tableLines, totals } from './table.ts';
import { wordsOf } from './words.ts';

const MINUTE_MS = 60_000;

const sight = (at: number, but: Partial<Sight> = {}): Sight => ({
  ...{ instanceId: `i-${at}`, fleet: 'bitcoin', name: `node${at}`, role: 'follower', launchedMs: 0, isRunning: true },
  ...{ statusFailed: false, clientRuns: true, askedToEnd: false, height: 100, best: 100, standsStill: false },
  volumes: [{ volumeId: `vol-${at}`, sizeGiB: 100, usedPercent: 50 }],
  ...{ snapshotId: 'snap-1', diskPercent: 85, largestGiB: 150, behindBlocks: 3 },
  ...but,
});
const fleet = (count: number, but: Partial<Sight> = {}): readonly Sight[] =>
  Array.from({ length: count }, (_, at) => sight(at + 1, but));
const ring = (at: number): OwnAlarm => ({ name: `owner-answers-${at}`, kind: 'answers', instanceId: `i-${at}` });

interface Minute {
  readonly sights: readonly Sight[];
  readonly ringing?: readonly OwnAlarm[];
}

/** What a policy does, minute by minute. */
function played(name: BuiltInName, minutes: readonly Minute[]): readonly (readonly PolicyAct[])[] {
  const { decide } = running(builtIn(name));
  return minutes.map(({ sights, ringing = [] }, at) => decide({ nowMs: at * MINUTE_MS, sights, ringing }));
}
const words = (acts: readonly PolicyAct[]): string =>
  acts.map((act) => `${act.do} ${'instanceId' in act ? act.instanceId : act.subject}`).join(', ');
const told = (name: BuiltInName, minutes: readonly Minute[]): readonly string[] => played(name, minutes).map(words);

describe('naive', () => {
  it('replaces what an alarm rings for, once while it rings, and again when it rings again', () => {
    const rings: Minute = { sights: fleet(3), ringing: [ring(2)] };
    expect(told('naive', [rings, rings, { sights: fleet(3) }, rings])).toEqual(['replace i-2', '', '', 'replace i-2']);
  });

  it('replaces an instance once for two alarms of one minute', () => {
    const two = [ring(2), { ...ring(2), name: 'owner-disk-2', kind: 'disk' as const }];
    expect(told('naive', [{ sights: fleet(3), ringing: two }])).toEqual(['replace i-2']);
  });

  it('tells people where there is no snapshot', () => {
    const sights = fleet(3, { snapshotId: undefined });
    expect(told('naive', [{ sights, ringing: [ring(2)] }])).toEqual(['page bitcoin/node2']);
  });

  it('replaces the whole fleet where all of it is sick', () => {
    const all: Minute = { sights: fleet(5), ringing: [1, 2, 3, 4, 5].map(ring) };
    expect(played('naive', [all])[0]).toHaveLength(5);
  });
});

describe('the fixed breaker', () => {
  it('stops above a fifth of a fleet, tells it once, and goes on when it is less', () => {
    const two: Minute = { sights: fleet(5), ringing: [ring(1), ring(2)] };
    const one: Minute = { sights: fleet(5), ringing: [ring(1)] };
    expect(told('fixed-breaker', [two, two, one, two])).toEqual(['page bitcoin', '', 'replace i-1', 'page bitcoin']);
  });

  it('counts each fleet for itself', () => {
    const sights = [...fleet(5), sight(6, { fleet: 'stacks' })];
    expect(told('fixed-breaker', [{ sights, ringing: [ring(1), ring(2), ring(6)] }])).toEqual([
      'page bitcoin, replace i-6',
    ]);
  });
});

describe('pvc-autoresizer', () => {
  it('grows by a tenth from 90 % used on, and never above the ceiling', () => {
    const used = (usedPercent: number, sizeGiB = 100): Minute => ({
      sights: fleet(1, { volumes: [{ volumeId: 'vol-1', sizeGiB, usedPercent }] }),
    });
    const [below, at] = played('pvc-autoresizer', [used(89.9), used(90)]);
    expect(below).toEqual([]);
    expect(at).toEqual([{ do: 'grow', instanceId: 'i-1', volumeId: 'vol-1', toGiB: 110 }]);
    expect(played('pvc-autoresizer', [used(95, 145)])[0]).toMatchObject([{ toGiB: 150 }]);
    expect(played('pvc-autoresizer', [used(95, 150)])[0]).toEqual([]);
  });

  it('asks again for what has not come, after 1, 2, 4 and then each 5 minutes, and does nothing else', () => {
    const sights = fleet(1, {
      clientRuns: false,
      height: undefined,
      volumes: [{ volumeId: 'vol-1', sizeGiB: 100, usedPercent: 99 }],
    });
    const asked = played(
      'pvc-autoresizer',
      Array.from({ length: 14 }, () => ({ sights })),
    );
    expect(asked.flatMap((acts, at) => (acts.length > 0 ? [at] : []))).toEqual([0, 1, 3, 7, 12]);
  });
});

describe('cosmos-operator', () => {
  it('starts a client that has ended, with a longer wait each time, and leaves one alone that a person stopped', () => {
    const ended = Array.from({ length: 14 }, () => ({ sights: fleet(1, { clientRuns: false, height: undefined }) }));
    const starts = told('cosmos-operator', ended).flatMap((act, at) => (act === 'start-client i-1' ? [at] : []));
    expect(starts).toEqual([0, 1, 3, 7, 12]);
    const stopped = { sights: fleet(1, { clientRuns: false, askedToEnd: true, height: undefined }) };
    expect(told('cosmos-operator', [stopped, stopped])).toEqual(['', '']);
  });

  it('restarts what stands behind its siblings, once, and not what catches up or what its reference alone is ahead of', () => {
    const at = (height: number): Minute => ({ sights: [sight(1, { height }), sight(2), sight(3), sight(4)] });
    expect(told('cosmos-operator', [at(90), at(90), at(90)])).toEqual(['', 'restart-client i-1', '']);
    expect(told('cosmos-operator', [at(80), at(85), at(90)])).toEqual(['', '', '']);
    const behindReference = { sights: fleet(3, { height: 50, best: 100 }) };
    expect(told('cosmos-operator', [behindReference, behindReference])).toEqual(['', '']);
  });

  it('takes no more than a quarter of a fleet down at once', () => {
    const sights = [
      ...Array.from({ length: 5 }, (_, at) => sight(at + 1, { height: 50 })),
      ...[6, 7, 8].map((at) => sight(at)),
    ];
    expect(told('cosmos-operator', [{ sights }, { sights }])[1]).toBe('restart-client i-1, restart-client i-2');
  });

  it('grows a volume by a fifth from 80 % used on', () => {
    const sights = fleet(1, { volumes: [{ volumeId: 'vol-1', sizeGiB: 100, usedPercent: 80 }] });
    expect(played('cosmos-operator', [{ sights }])[0]).toMatchObject([{ do: 'grow', toGiB: 120 }]);
  });
});

describe('a command of --policy', () => {
  it.each<readonly [string, readonly string[] | undefined]>([
    ['python3 policy.py', ['python3', 'policy.py']],
    ['  node  "my policy.mjs" --mode=\'a "b"\' ""', ['node', 'my policy.mjs', '--mode=a "b"', '']],
    ['echo $HOME; rm -rf / | cat `id` \\n', ['echo', '$HOME;', 'rm', '-rf', '/', '|', 'cat', '`id`', '\\n']],
    ['', undefined],
    ['   ', undefined],
    ['"" x', undefined],
    ['node "policy', undefined],
    ['node\u0000policy', undefined],
    [`node ${'x'.repeat(4_000)}`, undefined],
  ])('%# is taken apart, and nothing in it is a shell’s', (command, expected) => {
    expect(wordsOf(command)).toEqual(expected);
  });
});

const scored = (policy: Scored['policy'], but: Partial<Scored['score']> = {}): Scored => ({
  policy,
  score: {
    ...{
      nodeHoursLost: 1.25,
      acts: 4,
      wrongfulActs: 1,
      dataLost: 0,
      doubleSigning: 0,
      pages: 2,
      refusedModifications: 0,
    },
    ...{
      usdAMonth: 100,
      minutes: [
        { down: 1, acts: 4, wrongful: 1 },
        { down: 2, acts: 0, wrongful: 0 },
      ],
      against: [],
    },
    ...but,
  },
});

describe('a comparison', () => {
  const storms = [
    [scored('nobody', { usdAMonth: 90 }), scored('naive')],
    [scored('nobody', { usdAMonth: 50 }), scored('naive', { usdAMonth: 70 })],
  ];

  it('adds up the storms of each policy, and its bill is what it adds to that of nobody', () => {
    const [nobody, naive] = totals(storms);
    expect(naive).toMatchObject({
      policy: 'naive',
      storms: 2,
      nodeHoursLost: 2.5,
      acts: 8,
      wrongfulActs: 2,
      usdAMonth: 30,
    });
    expect(nobody?.usdAMonth).toBe(0);
    expect(naive?.minutes[1]).toEqual({ down: 4, acts: 0, wrongful: 0 });
  });

  it('fits into 100 columns, also with numbers of five digits', () => {
    const lines = tableLines(
      totals([[scored('cosmos-operator', { nodeHoursLost: 12_345.6, acts: 99_999, usdAMonth: 12_345 })]]),
    );
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
    expect(lines.at(-1)).toMatch(/^cosmos-operator +12345\.6 +99999/);
  });

  it('is drawn as a picture that reads in the dark, too, and takes no text as markup', () => {
    const picture = pictureOf(totals(storms), '2 storms <b>&');
    expect(picture).toMatch(/^<svg /);
    expect(picture).toContain('prefers-color-scheme:dark');
    expect(picture).not.toContain('<b>');
    expect(picture).toContain('2.5 node-hours');
    expect(picture.match(/class="wrong" d=/g)).toHaveLength(2);
  });
});
