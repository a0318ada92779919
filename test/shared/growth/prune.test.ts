// Whether a full disk is pruned by its owner's command before it grows: when, on which nodes, and what is done in its place.
import { describe, expect, it } from '@jest/globals';
import { decideResize, type ResizeDecision, type ResizeFacts } from '../../../shared/growth/decide.ts';
import { isNear, prunedText } from '../../../shared/growth/prune.ts';
import type { PruneTrial } from '../../../shared/heal/drill.ts';
import type { PruneNote } from '../../../shared/heal/records.ts';
import { bitcoinFleet } from '../../fixtures/builders/fleet.ts';
import { DATA_VOLUME } from '../../fixtures/builders/node.ts';
import { observation, observedNode } from '../../fixtures/builders/observation.ts';
import { HOUR_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { GIB } from '../../fixtures/builders/volume.ts';
import { PRUNE_COMMAND, pruneFacts, pruningFleet, resizeFacts, steadyHistory } from '../../fixtures/resize-facts.ts';

type Known = Partial<NonNullable<ResizeFacts['prune']>>;

/** 455 of 500 GiB, which hardly fills: the step is to 600 GiB, the next one to 720. */
const decide = (known: Known = {}, more: Partial<ResizeFacts> = {}): ResizeDecision =>
  decideResize(
    resizeFacts({ fleet: pruningFleet(), history: steadyHistory(455, 0), prune: pruneFacts(known), ...more }),
  );
const sentence = (decision: ResizeDecision): string => decision.reason;

const note = (more: Partial<PruneNote> = {}): PruneNote => ({
  ...{ key: '7f3a0c1d/1', command: PRUNE_COMMAND, volumeId: DATA_VOLUME, atMs: NOON_MS - 3 * HOUR_MS },
  ...{ usedBytesBefore: 455 * GIB, usedBytesAfter: 450 * GIB, ended: { as: 'done' } },
  ...more,
});

describe('a full disk whose ceiling is near', () => {
  it('is pruned first, by what came through on a copy, and keeps its size', () => {
    expect(decide()).toMatchObject({
      ...{ do: 'prune', volumeId: DATA_VOLUME, toGiB: 500, command: PRUNE_COMMAND, seconds: 3_600 },
      ...{ usedBytes: 455 * GIB, height: 900_000 },
      reason:
        'data volume 91 % of 500 GiB; to 600 GiB and one more step it would pass the ceiling of 600 GiB; /opt/node/prune on a copy of set-0: its client was at the tip again 31 min after its stop, and it has freed 120 GiB',
      instead: { do: 'modify', toGiB: 600 },
    });
  });

  it('is near where this growth, and one more least step after it, do not fit under it', () => {
    const fits = (ceilingGiB: number) => !isNear({ minimumStepPercent: 20 }, { wishGiB: 600, ceilingGiB });
    expect([719, 720].map(fits)).toEqual([false, true]);
    const at = (maximumSizeGiB: number) => decide({}, { fleet: pruningFleet({}, { maximumSizeGiB }) });
    expect(at(719)).toMatchObject({ do: 'prune' });
    expect(at(720)).toMatchObject({ do: 'modify', toGiB: 600 });
    expect(sentence(at(720))).not.toContain('prune');
  });

  it('counts what EBS lets a volume become as well as the file', () => {
    const volumes = [{ ...resizeFacts().volumes[0], type: 'gp2' as const, sizeGiB: 16_000, iops: null }];
    const seen = observation({ deviceBytes: 16_000 * GIB, sizeBytes: 16_000 * GIB, usedBytes: 15_000 * GIB });
    const fleet = pruningFleet({}, { maximumSizeGiB: 65_536, maximumMonthlyIncreaseUsd: 10_000 });
    const facts = { fleet, seen, history: [], volumes } as unknown as Partial<ResizeFacts>;
    expect(decide({}, facts)).toMatchObject({ do: 'prune', instead: { do: 'modify', toGiB: 16_384 } });
  });

  it('at the ceiling is pruned as well, and only then is a person asked', () => {
    const fleet = pruningFleet({}, { maximumSizeGiB: 500 });
    expect(decide({}, { fleet })).toMatchObject({ do: 'prune', instead: { refuse: 'size-ceiling', page: true } });
    expect(decide({ last: note() }, { fleet })).toMatchObject({
      ...{ refuse: 'size-ceiling', page: true, retryAfterMs: HOUR_MS },
      reason:
        'data volume 91 % of 500 GiB, and the fleet file allows no more than 500 GiB; not pruned: /opt/node/prune has freed 5 GiB 3 h ago, and once a day is all',
    });
  });

  it('is grown to the ceiling where its pruning has freed too little, and the plan says how much', () => {
    expect(decide({ last: note() })).toMatchObject({
      ...{ do: 'modify', toGiB: 600 },
      reason: expect.stringMatching(/; not pruned: \/opt\/node\/prune has freed 5 GiB 3 h ago, and once a day is all$/),
    });
  });

  it('is not pruned where its file has no command, or the question is not a heal’s', () => {
    const fleet = bitcoinFleet({ disk: { maximumSizeGiB: 600 } });
    expect(decide({}, { fleet })).toMatchObject({ do: 'modify', toGiB: 600 });
    const { prune: _, ...unknown } = resizeFacts({ fleet: pruningFleet(), history: [] });
    expect(decideResize(unknown)).toMatchObject({ do: 'modify', toGiB: 600 });
  });
});

describe('the decision to prune', () => {
  it('carries the numbers of the growth that it stands for, twice, and one to grow only once', () => {
    const pruned = decide();
    expect(pruned).toMatchObject({ do: 'prune', numbers: { volumeId: DATA_VOLUME } });
    expect('instead' in pruned && pruned.instead).toMatchObject({
      numbers: 'numbers' in pruned ? pruned.numbers : undefined,
    });
    const grown = decide({}, { fleet: pruningFleet({}, { maximumSizeGiB: 720 }) });
    expect(grown).toMatchObject({ do: 'modify', numbers: { volumeId: DATA_VOLUME } });
    expect(grown).not.toHaveProperty('instead');
    expect(decide({ last: note() }, { fleet: pruningFleet({}, { maximumSizeGiB: 500 }) })).not.toHaveProperty(
      'instead',
    );
  });

  it('knows where the client of this node stood, and of nobody else’s', () => {
    const [own] = pruneFacts().nodes;
    const other = observedNode({ instanceId: 'i-0aaaaaaaaaaaaaaaa', name: 'other', height: 7 });
    expect(decide({ nodes: [other, ...pruneFacts().nodes] })).toMatchObject({ do: 'prune', height: own?.height });
  });

  it('goes by what was reported where the node was not asked yet', () => {
    const unasked = decide({}, { seen: null, reportedPercent: 91 });
    expect(unasked).toMatchObject({ do: 'prune', usedBytes: expect.closeTo(455 * GIB, -9) });
  });

  it('says nothing of a pruning below the threshold where there was none', () => {
    const seen = observation({ usedBytes: 300 * GIB });
    expect(sentence(decide({ last: null, isOurs: true }, { seen }))).toBe(
      'data volume 60 % of 500 GiB, below the 85 % from which it is grown',
    );
  });
});

describe('a node is pruned', () => {
  const not = (known: Known, more: Partial<ResizeFacts> = {}): string => {
    const decision = decide(known, more);
    expect(decision).toMatchObject({ do: 'modify' });
    return /not pruned: (.*)$/.exec(sentence(decision))?.[1] ?? '';
  };

  it('only as a follower: never a validator, nor what may be one', () => {
    for (const role of ['validator', 'sentry', 'bootnode', 'unknown'] as const)
      expect(not({ role })).toBe(`only a follower is pruned, and its role is ${role}`);
  });

  it('only by what came through on a copy: this very command, and not too long ago', () => {
    const { trial } = pruneFacts();
    const by = (more: Partial<PruneTrial> | null) => not({ trial: more && trial && { ...trial, ...more } });
    expect(by(null)).toBe('no drill has tried /opt/node/prune on a copy yet');
    expect(by({ command: '/opt/node/other' })).toBe('no drill has tried /opt/node/prune on a copy yet');
    expect(by({ is: 'unproved', reason: 'it exits with 1' })).toBe(
      'it did not come through: /opt/node/prune on a copy of set-0: it exits with 1',
    );
    expect(by({ atMs: NOON_MS - 49 * HOUR_MS })).toContain('49 h ago, and that counts for 48 h');
    expect(decide({ trial: null }, { fleet: pruningFleet({ rehearse: false }) })).toMatchObject({
      do: 'prune',
      reason: expect.stringContaining('/opt/node/prune, which was tried on no copy (rehearse: false)'),
    });
  });

  it('once a day, whatever came of it', () => {
    const ago = (hours: number, more: Partial<PruneNote> = {}) =>
      decide({ last: note({ atMs: NOON_MS - hours * HOUR_MS, ...more }) });
    expect(ago(23)).toMatchObject({ do: 'modify' });
    expect(ago(24)).toMatchObject({ do: 'prune' });
    const { ended: _, ...open } = note({ usedBytesAfter: null });
    expect(not({ last: open })).toBe('/opt/node/prune was to be run 3 h ago, and once a day is all');
  });

  it('only with a client that runs, on a node that is well and that its fleet can spare', () => {
    const unwell = ['node1', 'node2', 'node3', 'node4'].map((name) =>
      observedNode({ name, ...(name === 'node2' && { health: 'stuck' }) }),
    );
    expect(not({}, { seen: observation({ client: 'failed' }) })).toContain('its client is failed');
    expect(not({ nodes: unwell })).toContain('node2 is stuck itself');
    expect(not({ nodes: [] })).toContain('node2 was not observed for 3 min');
    expect(not({ haltedSinceMs: NOON_MS - HOUR_MS })).toContain('it is the chain, and');
    expect(not({ breaker: { open: true, sentence: '3 of 4 nodes unhealthy' } })).toContain('3 of 4 nodes unhealthy');
  });

  it('only while so many others stay in the pool as the file says', () => {
    const beside = (count: number, poolFloor = 2) => {
      const nodes = ['node2', 'node1', 'node3', 'node4'].slice(0, count + 1).map((name) => observedNode({ name }));
      return decide({ nodes }, { fleet: pruningFleet({ poolFloor }) });
    };
    expect(beside(2)).toMatchObject({ do: 'prune' });
    expect(sentence(beside(1))).toContain('1 synced nodes would stay in the pool while it is pruned, floor 2');
    expect(beside(0, 0)).toMatchObject({ do: 'prune' });
    const validator = [observedNode(), observedNode({ name: 'node1', role: 'validator' })];
    expect(decide({ nodes: validator }, { fleet: pruningFleet({ poolFloor: 1 }) })).toMatchObject({ do: 'modify' });
  });

  it('soon again, where it is at its ceiling and only its fleet cannot spare it now', () => {
    const fleet = pruningFleet({}, { maximumSizeGiB: 500 });
    expect(decide({ nodes: [] }, { fleet })).toMatchObject({ refuse: 'size-ceiling', retryAfterMs: HOUR_MS / 4 });
    expect(decide({ role: 'validator' }, { fleet })).toMatchObject({ refuse: 'size-ceiling', retryAfterMs: HOUR_MS });
  });
});

describe('what came of a pruning', () => {
  it('is told with the proof of the disk that has room again, where it was of this incident', () => {
    const seen = observation({ usedBytes: 300 * GIB });
    const last = note({ usedBytesAfter: 300 * GIB });
    expect(decide({ last, isOurs: true }, { seen })).toEqual({
      do: 'nothing',
      reason: 'data volume 60 % of 500 GiB, below the 85 % from which it is grown; /opt/node/prune has freed 155 GiB',
    });
    expect(sentence(decide({ last }, { seen }))).not.toContain('prune');
  });

  it.each<[string, Partial<PruneNote>, string]>([
    ['is measured by the node', {}, '/opt/node/prune has freed 5 GiB'],
    ['may be little', { usedBytesAfter: 455 * GIB - 1 }, '/opt/node/prune has freed less than 1 GiB'],
    ['may be less than nothing', { usedBytesAfter: 460 * GIB }, '/opt/node/prune has freed less than 1 GiB'],
    ['need not be known', { usedBytesAfter: null }, '/opt/node/prune was run, and what it has freed nobody knows'],
    [
      'may be a failure',
      { ended: { as: 'failed', reason: 'it exits with 1' }, usedBytesAfter: 455 * GIB },
      '/opt/node/prune has failed (it exits with 1), and it has freed less than 1 GiB',
    ],
    [
      'is never taken for done where nobody has answered',
      { ended: { as: 'unknown', reason: 'no answer' } },
      'what became of /opt/node/prune nobody knows (no answer), and it has freed 5 GiB',
    ],
  ])('%s', (_, more, words) => {
    expect(prunedText(note(more))).toBe(words);
  });
});
