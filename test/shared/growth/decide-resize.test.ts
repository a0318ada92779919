import { describe, expect, it } from '@jest/globals';
import { proofOf } from '../../../functions/resize-volume/plan.ts';
import { decideResize, type GrowPlan, type ResizeDecision, type ResizeFacts } from '../../../shared/growth/decide.ts';
import type { Refusal } from '../../../shared/model/guardrail-codes.ts';
import { OBSTACLES, type Obstacle } from '../../../shared/node-commands/answer.ts';
import { bitcoinFleet, NODE_TAGS } from '../../fixtures/builders/fleet.ts';
import { DATA_VOLUME } from '../../fixtures/builders/node.ts';
import { observation } from '../../fixtures/builders/observation.ts';
import { HOUR_MS, MINUTE_MS, NOON_MS } from '../../fixtures/builders/time.ts';
import { GIB } from '../../fixtures/builders/volume.ts';
import { dataVolume, resizeFacts, STACK_TAGS, steadyHistory } from '../../fixtures/resize-facts.ts';

const decide = (more: Partial<ResizeFacts> = {}): ResizeDecision => decideResize(resizeFacts(more));
const OTHER_VOLUME = 'vol-0b1b2c3d4e5f60718';
const intents = (...hoursAgo: number[]) =>
  hoursAgo.map((hours) => ({ volumeId: DATA_VOLUME, toGiB: 500, atMs: NOON_MS - hours * HOUR_MS }));

describe('a full disk', () => {
  it('grows so far that it lasts the horizon, and the reason says how long', () => {
    expect(decide({ history: steadyHistory(455, 14) })).toMatchObject({
      do: 'modify',
      volumeId: DATA_VOLUME,
      fromGiB: 500,
      toGiB: 900,
      iops: 3000,
      throughputMiBps: 125,
      addedUsd: 32,
      reason: expect.stringMatching(/^data volume 91 % of 500 GiB; 900 GiB lasts 32 h at today’s 14\.0 GiB\/h/),
    });
  });

  it('is not grown for a sync from the first block that no heal could spare; what was paid for is finished', () => {
    expect(decide({ syncsFromZero: true })).toMatchObject({
      ...{ refuse: 'sync-from-zero', page: true, retryAfterMs: HOUR_MS },
      reason: expect.stringMatching(/^data volume 91 % of 500 GiB, and its client syncs from the first block/),
    });
    const grown = dataVolume({ sizeGiB: 600 });
    const seen = observation({ deviceBytes: 600 * GIB });
    expect(decide({ syncsFromZero: true, volumes: [grown], seen })).toMatchObject({ do: 'grow-filesystem' });
  });

  it('grows by the minimum step where it hardly fills', () => {
    expect(decide({ history: steadyHistory(455, 0) })).toMatchObject({
      do: 'modify',
      toGiB: 600,
      reason: 'data volume 91 % of 500 GiB; 600 GiB leaves 24 % free, and it hardly fills',
    });
  });

  it.each([
    ['no history at all', []],
    // aws/amazon-cloudwatch-agent#545: a device with another name begins another series.
    ['one value since its device got another name', steadyHistory(455, 14).slice(-1)],
    ['an hour in which nothing was written', steadyHistory(455, 0).slice(-3)],
  ])('grows by the minimum step and does not say how fast it fills with %s (E4)', (_, history) => {
    expect(decide({ history })).toMatchObject({
      ...{ do: 'modify', toGiB: 600, gibPerHour: null, numbers: { gibPerHour: null } },
      reason:
        'data volume 91 % of 500 GiB; 600 GiB leaves 24 % free; how fast it fills is not known: its history in CloudWatch is too short',
    });
  });

  it('grows by the minimum step where CloudWatch does not tell of the past, and says so', () => {
    expect(decide({ history: [], historyUnread: 'AccessDenied: no' })).toMatchObject({
      ...{ do: 'modify', toGiB: 600 },
      reason: expect.stringContaining('; how fast it fills is not known: AccessDenied: no'),
    });
    // Without the node's own answer nothing is known then, and a person gets a page.
    const blind = { seen: null, history: [], reportedPercent: null } as const;
    expect(decide({ ...blind, historyUnread: 'AccessDenied: no' })).toMatchObject({ refuse: 'unreadable', page: true });
    expect(decide(blind)).toMatchObject({ refuse: 'not-confirmed', page: false });
  });

  it('has room again below the threshold, however small the minimum step', () => {
    const fleet = bitcoinFleet({ disk: { growAtPercent: 50, minimumStepPercent: 1 } });
    // 455 GiB are half of 910, plus a tenth in reserve.
    expect(decide({ fleet, history: [] })).toMatchObject({ do: 'modify', toGiB: 1050 });
  });

  it('has room again below the threshold in inodes too', () => {
    const fleet = bitcoinFleet({ disk: { minimumStepPercent: 1 } });
    const seen = observation({ usedBytes: 200 * GIB, inodesTotal: 1_000_000, inodesUsed: 1_000_000 });
    // 500 GiB carry a million: 85 % of what 589 GiB carry, plus a tenth in reserve.
    expect(decide({ fleet, seen, history: [] })).toMatchObject({ do: 'modify', toGiB: 650 });
  });

  it('tells of inodes when they are what is short', () => {
    const seen = observation({ usedBytes: 200 * GIB, inodesTotal: 1_000_000, inodesUsed: 970_000 });
    expect(decide({ seen })).toMatchObject({ reason: expect.stringContaining('40 % of 500 GiB, 97 % of its inodes') });
  });

  it('tells of no inodes where they are as short as the bytes', () => {
    const seen = observation({ usedBytes: 450 * GIB, inodesTotal: 1_000_000, inodesUsed: 900_000 });
    expect(decide({ seen })).toMatchObject({ reason: expect.stringMatching(/^data volume 90 % of 500 GiB; /) });
  });

  it('is told of in sizes that people can say', () => {
    const small = { volumes: [dataVolume({ sizeGiB: 20 })], history: [] };
    const seen = observation({ deviceBytes: 20 * GIB, sizeBytes: 20 * GIB, usedBytes: 19 * GIB });
    expect(decide({ ...small, seen })).toMatchObject({ toGiB: 25 });
    expect(decide({ history: steadyHistory(455, 12) })).toMatchObject({ toGiB: 850 });
  });

  it('stops at the fleet’s ceiling, and says that it lasts no longer because of it', () => {
    const fleet = bitcoinFleet({ disk: { maximumSizeGiB: 700 } });
    expect(decide({ fleet, history: steadyHistory(455, 14) })).toMatchObject({
      toGiB: 700,
      reason: expect.stringMatching(/lasts 18 h at today’s 14\.0 GiB\/h, as far as the ceilings let it$/),
    });
  });

  it('says "less than an hour" where the ceiling leaves less', () => {
    const fleet = bitcoinFleet({ disk: { maximumSizeGiB: 510 } });
    const seen = observation({ usedBytes: 499 * GIB });
    expect(decide({ fleet, seen, history: steadyHistory(499, 40) })).toMatchObject({
      toGiB: 510,
      reason: expect.stringContaining('510 GiB lasts less than an hour at'),
    });
  });

  it('keeps the IOPS and the throughput that it has, and sends none where the type has none to set', () => {
    expect(decide({ volumes: [dataVolume({ iops: 6000, throughputMiBps: 400 })] })).toMatchObject({
      iops: 6000,
      throughputMiBps: 400,
    });
    expect(decide({ volumes: [dataVolume({ type: 'gp2', iops: null, throughputMiBps: null })] })).toMatchObject({
      iops: null,
      throughputMiBps: null,
    });
  });

  it('grows again after a modification that failed or is completed', () => {
    for (const state of ['failed', 'completed'] as const) {
      const latestModification = { volumeId: DATA_VOLUME, state, targetGiB: 500 };
      expect(decide({ latestModification })).toMatchObject({ do: 'modify' });
    }
  });
});

describe('what a size was decided by', () => {
  it('is written down in the numbers that another fleet file would ask for', () => {
    const seen = observation({ usedBytes: 455.123_456_789 * GIB, inodesTotal: 3, inodesUsed: 1 });
    expect(decide({ seen, intents: intents(30, 5), addedUsd: 12, history: steadyHistory(455, 14) })).toMatchObject({
      do: 'modify',
      usedGiB: 455.1,
      gibPerHour: 14,
      numbers: {
        ...{ role: 'data', volumeId: DATA_VOLUME, sizeGiB: 500, type: 'gp3' },
        ...{ percent: 91.024_691, inodesPercent: 33.333_333, usedGiB: 455.123_457, gibPerHour: 14 },
        ...{ modifications: 1, addedUsd: 12, ownerBy: null },
      },
    });
  });

  it.each<[string, Partial<ResizeFacts>, 'stack-tag' | 'guess' | null]>([
    ['the stack of its volume', { volumes: [dataVolume({ tags: STACK_TAGS })] }, 'stack-tag'],
    ['the stack of its instance', { instanceTags: STACK_TAGS }, 'stack-tag'],
    ['a tag that lets one guess', { instanceTags: { ManagedBy: 'terraform' } }, 'guess'],
    ['nobody', {}, null],
    [
      'nobody that a tag knows: the word of the file is the file’s',
      { fleet: bitcoinFleet({ owner: { by: 'cdk' } }) },
      null,
    ],
  ])('has the owner whom tags tell of: %s', (_, more, ownerBy) => {
    expect(decide(more)).toMatchObject({ numbers: { ownerBy } });
  });

  it('has what the file said of the owner, which is asked again right before the call', () => {
    const fleet = bitcoinFleet({ owner: { by: 'pulumi', acceptDrift: true } });
    expect(decide({ fleet })).toMatchObject({ ownerWords: { by: 'pulumi', acceptDrift: true } });
  });

  it.each<[number, RegExp]>([
    [0.01, / 600 GiB lasts \d+ days at today’s 0\.0 GiB\/h$/],
    [10 / 1024, / 600 GiB lasts \d+ days at today’s 0\.0 GiB\/h$/],
    [0.009, / 600 GiB leaves 24 % free, and it hardly fills$/],
    [2, / 600 GiB lasts 3 days at today’s 2\.0 GiB\/h$/],
    [2.1, / 600 GiB lasts 69 h at today’s 2\.1 GiB\/h$/],
  ])('is said with how long it lasts: at %f GiB/h', (gibPerHour, words) => {
    // 145 GiB are left of 600.
    expect(decide({ history: steadyHistory(455, gibPerHour) })).toMatchObject({
      reason: expect.stringMatching(words),
    });
  });

  it.each([
    [40, 48],
    [45, 60],
    [400, 480],
    [410, 500],
    [450, 550],
  ])('is a whole ten from 50 GiB on, and a whole fifty from 500 GiB on: %i GiB become %i', (sizeGiB, toGiB) => {
    const bytes = sizeGiB * GIB;
    const seen = observation({ deviceBytes: bytes, sizeBytes: bytes, usedBytes: 0.9 * bytes });
    expect(decide({ volumes: [dataVolume({ sizeGiB })], seen, history: [] })).toMatchObject({ do: 'modify', toGiB });
  });
});

describe('what is not full', () => {
  it('is left alone, one byte below the threshold as well', () => {
    const edge = 425 * GIB; // 85 % of 500
    expect(decide({ seen: observation({ usedBytes: edge - 1 }) })).toEqual({
      do: 'nothing',
      reason: 'data volume 84 % of 500 GiB, below the 85 % from which it is grown',
    });
    expect(decide({ seen: observation({ usedBytes: edge }) })).toMatchObject({ do: 'modify' });
  });

  it('is left alone whatever the alarm says: the node’s own numbers decide', () => {
    expect(decide({ seen: observation({ usedBytes: 10 * GIB }), reportedPercent: 99 })).toMatchObject({
      do: 'nothing',
    });
  });

  it('has no inodes to run out of where the filesystem has no fixed number', () => {
    const seen = observation({ filesystem: 'btrfs', usedBytes: 10 * GIB, inodesTotal: 0, inodesUsed: 0 });
    expect(decide({ seen })).toMatchObject({ do: 'nothing' });
  });

  it('counts as `df` and the agent do on ext4, whose last twentieth is root’s', () => {
    // 405 of 475 GiB that a client may use: 85.3 %, at which the alarm has fired.
    const seen = observation({ filesystem: 'ext4', usedBytes: 405 * GIB });
    expect(decide({ seen })).toMatchObject({ do: 'modify', reason: expect.stringContaining('85 % of 500 GiB') });
    expect(decide({ seen: observation({ filesystem: 'ext4', usedBytes: 403 * GIB }) })).toMatchObject({
      do: 'nothing',
    });
  });
});

describe('a reading that is missing', () => {
  it.each([
    ['no history and nobody asked the node', { seen: null, history: [], reportedPercent: null }],
    ['only a percentage without bytes', { seen: null, history: [], reportedPercent: 99 }],
    ['a filesystem that says it has no size', { seen: observation({ sizeBytes: 0, usedBytes: 0 }) }],
    ['a history that ended hours ago', { seen: null, history: steadyHistory(490, 4, NOON_MS - 3 * HOUR_MS) }],
  ])('justifies nothing: %s', (_, facts: Partial<ResizeFacts>) => {
    expect(decide(facts)).toMatchObject({ refuse: 'not-confirmed', page: false, retryAfterMs: 5 * MINUTE_MS });
  });

  it('counts for an hour and a half, to the millisecond', () => {
    const ended = (agoMs: number) => decide({ seen: null, history: steadyHistory(455, 4, NOON_MS - agoMs) });
    expect(ended(90 * MINUTE_MS)).toMatchObject({ do: 'modify' });
    expect(ended(90 * MINUTE_MS + 1)).toMatchObject({ refuse: 'not-confirmed' });
  });

  it('of the percentage alone is made of the bytes and the volume’s size', () => {
    const of = (usedGiB: number) => decide({ seen: null, history: steadyHistory(usedGiB, 0), reportedPercent: null });
    expect(of(455)).toMatchObject({ do: 'modify', reason: expect.stringMatching(/^data volume 91 % of 500 GiB/) });
    expect(of(400)).toMatchObject({ do: 'nothing', reason: expect.stringMatching(/^data volume 80 % of 500 GiB/) });
  });

  it('of inodes is taken from CloudWatch where nobody asked the node', () => {
    const inodes = { seen: null, history: steadyHistory(200, 0), reportedPercent: 40, reportedInodesPercent: 97 };
    expect(decide(inodes)).toMatchObject({
      do: 'modify',
      reason: expect.stringContaining('40 % of 500 GiB, 97 % of its inodes'),
    });
    expect(decide({ ...inodes, reportedInodesPercent: 20 })).toMatchObject({
      do: 'nothing',
      reason: expect.stringMatching(/^data volume 40 % of 500 GiB, below/),
    });
  });

  it('is not missing where only the latest half hour is', () => {
    expect(decide({ seen: null, history: steadyHistory(455, 4, NOON_MS - HOUR_MS) })).toMatchObject({ do: 'modify' });
  });
});

describe('a filesystem that could not follow a larger volume', () => {
  const refused = { refuse: 'filesystem-unsupported', page: true };

  it('is refused before one is paid for', () => {
    expect(decide({ seen: observation({ filesystem: 'other' }) })).toMatchObject(refused);
  });

  it.each(Object.entries(OBSTACLES).filter(([, why]) => why !== null))('%s: its reason is told', (obstacle, why) => {
    const { reason, ...rest } = decide({ seen: observation({ obstacle: obstacle as Obstacle }) }) as Refusal;
    expect(rest).toMatchObject(refused);
    expect(reason).toContain(why);
  });

  it('is not tried again and again on a volume that is larger already', () => {
    const seen = observation({ deviceBytes: 700 * GIB, obstacle: 'partition-behind' });
    expect(decide({ volumes: [dataVolume({ sizeGiB: 700 })], seen })).toMatchObject(refused);
  });

  it('is nobody’s trouble as long as there is room', () => {
    expect(decide({ seen: observation({ usedBytes: 200 * GIB, obstacle: 'errors' }) })).toMatchObject({
      do: 'nothing',
    });
  });
});

describe('full', () => {
  it('is what a client can no longer write, whatever root could', () => {
    const seen = observation({ filesystem: 'ext4', usedBytes: 390 * GIB, availableBytes: 10 * GIB });
    const { do: what, toGiB, reason } = decide({ seen }) as GrowPlan;
    expect({ what, reason }).toEqual({
      what: 'modify',
      reason: expect.stringContaining('data volume 97 % of 500 GiB'),
    });
    // A fifth of a larger one is reserved as well, and a client needs less than 80 % of the rest.
    expect((100 * 390) / (toGiB * 0.8)).toBeLessThan(80);
    expect(decide({ seen, history: [] })).toMatchObject({ toGiB: 650 });
    expect(decide({ seen, history: steadyHistory(390, 14) })).toMatchObject({ toGiB: 1050 });
  });

  it('is no filesystem of which half is free', () => {
    expect(decide({ seen: observation({ usedBytes: 250 * GIB, availableBytes: 250 * GIB }) })).toMatchObject({
      ...{ do: 'nothing', reason: expect.stringContaining('data volume 50 % of 500 GiB') },
    });
  });

  it('is btrfs without room for metadata, though blocks are free', () => {
    const seen = observation({ filesystem: 'btrfs', usedBytes: 300 * GIB, availableBytes: 0 });
    expect(decide({ seen })).toMatchObject({ do: 'modify' });
  });

  it('buys no endless volume where a node tells that it can write nothing', () => {
    const seen = observation({ usedBytes: 0, availableBytes: 0 });
    const { toGiB, reason } = decide({ seen }) as GrowPlan;
    expect(toGiB).toBeLessThanOrEqual(1_500);
    expect(reason).toContain('data volume 100 % of 500 GiB');
  });
});

describe('a volume that another fleet claims, too', () => {
  it('is not grown', () => {
    const name = { ...NODE_TAGS, Name: 'data' };
    const neighbours = [{ name: 'ethereum', tags: {}, volumes: [{ Name: 'data' }] }];
    const fleet = { ...bitcoinFleet(), neighbours };
    expect(decide({ fleet })).toMatchObject({ do: 'modify' });
    expect(decide({ fleet, volumes: [dataVolume({ tags: name })] })).toMatchObject({
      ...{ refuse: 'node-unknown', reason: expect.stringContaining('ethereum') },
    });
  });
});

describe('a partition table or a filesystem that ends somewhere', () => {
  const TIB = 2 ** 40;
  const mbr = (sizeGiB: number, filesystemGiB: number) => ({
    fleet: bitcoinFleet({ disk: { maximumSizeGiB: 60_000, maximumMonthlyIncreaseUsd: 10_000 } }),
    volumes: [dataVolume({ sizeGiB })],
    seen: observation({
      deviceBytes: sizeGiB * GIB,
      sizeBytes: filesystemGiB * GIB,
      usedBytes: filesystemGiB * 0.92 * GIB,
      growthLimit: { bytes: 2 * TIB, by: 'partition-table' },
    }),
  });

  it('is grown as far as that, and no further', () => {
    expect(decide(mbr(1_900, 1_900))).toMatchObject({ do: 'modify', toGiB: 2048 });
  });

  it('is told where it ends, before anything is paid for', () => {
    const { refuse, page, reason } = decide(mbr(2_048, 2_048)) as Refusal;
    expect({ refuse, page }).toEqual({ refuse: 'format-limit', page: true });
    expect(reason).toMatch(
      /the partition table of nvme1n1 is an MBR, which ends at 2048 GiB: .* be paid for and not be used$/,
    );
  });

  it('is not asked to grow into a volume that somebody made larger than it can use', () => {
    expect(decide(mbr(4_096, 2_048))).toMatchObject({ refuse: 'format-limit' });
    expect(decide(mbr(4_096, 1_000))).toMatchObject({ do: 'grow-filesystem', toGiB: 2048 });
  });

  it('of ext4 without 64bit is 16 TiB', () => {
    const { fleet } = mbr(1, 1);
    const seen = observation({
      ...{ filesystem: 'ext4', deviceBytes: 16 * TIB, sizeBytes: 16 * TIB, usedBytes: 15 * TIB },
      growthLimit: { bytes: 16 * TIB, by: 'filesystem' },
    });
    const { reason } = decide({ fleet, seen, volumes: [dataVolume({ sizeGiB: 16_384 })] }) as Refusal;
    expect(reason).toMatch(/ext4 without the feature 64bit ends at 16384 GiB/);
  });
});

describe('a volume larger than its filesystem', () => {
  it('is not modified: only the filesystem grows', () => {
    const volumes = [dataVolume({ sizeGiB: 900 })];
    expect(decide({ volumes, seen: observation({ deviceBytes: 900 * GIB }) })).toEqual({
      do: 'grow-filesystem',
      volumeId: DATA_VOLUME,
      toGiB: 900,
      reason: 'data volume 91 % of 500 GiB, on a volume of 900 GiB: only the filesystem is missing',
    });
  });

  it('is told by CloudWatch only where the difference is clear: a tenth', () => {
    const of = (filesystemGiB: number) =>
      decide({
        volumes: [dataVolume({ sizeGiB: 1000 })],
        ...{ seen: null, history: steadyHistory(filesystemGiB * 0.9, 0), reportedPercent: 90 },
      });
    expect(of(880)).toMatchObject({ do: 'grow-filesystem', toGiB: 1000 });
    expect(of(920)).toMatchObject({ do: 'modify', reason: expect.stringContaining('90 % of 1000 GiB') });
  });

  it('was grown already, and the client that the full disk had stopped is still down: it is started', () => {
    const seen = (client: 'running' | 'stopped') =>
      observation({ ...{ deviceBytes: 900 * GIB, sizeBytes: 900 * GIB, usedBytes: 455 * GIB }, client });
    const grown = { volumes: [dataVolume({ sizeGiB: 900 })], intents: intents(1) };
    const fleet = bitcoinFleet({ owner: { by: 'terraform' } });
    expect(decide({ ...grown, fleet, seen: seen('stopped'), clientOwed: true })).toEqual({
      ...{ do: 'grow-filesystem', volumeId: DATA_VOLUME, toGiB: 900 },
      ownerChange: expect.stringContaining('aws_ebs_volume size = 900'),
      reason: expect.stringMatching(/^data volume 50 % of 900 GiB, grown already; the client .* still to be started$/),
    });
    expect(decide({ ...grown, seen: seen('running'), clientOwed: true })).toMatchObject({ do: 'nothing' });
    expect(decide({ ...grown, seen: seen('stopped') })).toMatchObject({ do: 'nothing' });
    const unseen = { seen: null, history: steadyHistory(455, 0), reportedPercent: null };
    expect(decide({ ...grown, ...unseen, clientOwed: true })).toMatchObject({ do: 'grow-filesystem' });
  });

  it('takes no place in any budget', () => {
    const volumes = [dataVolume({ sizeGiB: 900 })];
    const seen = observation({ deviceBytes: 900 * GIB });
    expect(decide({ volumes, seen, intents: intents(1, 2, 3), addedUsd: 1e6 })).toMatchObject({
      do: 'grow-filesystem',
    });
  });

  it('is recognized without the node, by bytes and percentage', () => {
    const volumes = [dataVolume({ sizeGiB: 900 })];
    expect(decide({ volumes, seen: null })).toMatchObject({ do: 'grow-filesystem', toGiB: 900 });
  });

  it('is not suspected for the blocks that ext4 reserves', () => {
    // 455 GiB are 95.8 % of the 475 that ext4 lets a client use, of a volume of 500.
    expect(decide({ seen: null, reportedPercent: 95.8 })).toMatchObject({ do: 'modify', fromGiB: 500 });
  });

  it('may have a partition table, which takes a few MiB', () => {
    const seen = observation({ partitioned: true, sizeBytes: 500 * GIB - 2 * 2 ** 20 });
    expect(decide({ seen })).toMatchObject({ do: 'modify' });
  });
});

describe('a modification under way', () => {
  const modification = (state: 'modifying' | 'optimizing', targetGiB = 900, volumeId = DATA_VOLUME) => ({
    latestModification: { volumeId, state, targetGiB },
  });

  it('to a larger size is waited for', () => {
    expect(decide(modification('modifying'))).toEqual({
      do: 'await-modification',
      volumeId: DATA_VOLUME,
      toGiB: 900,
      reason: 'data volume 91 % of 500 GiB; a modification to 900 GiB is under way',
    });
  });

  it('is waited for although EC2 tells the new size already', () => {
    expect(decide({ ...modification('modifying'), volumes: [dataVolume({ sizeGiB: 900 })] })).toMatchObject({
      do: 'await-modification',
      toGiB: 900,
    });
  });

  it('of its type or speed alone leaves no room for another', () => {
    expect(decide(modification('modifying', 500))).toMatchObject({
      refuse: 'modification-in-progress',
      page: true,
      retryAfterMs: 10 * MINUTE_MS,
    });
  });

  it('that is being optimized is full again: a person must know', () => {
    const facts = {
      volumes: [dataVolume({ sizeGiB: 900 })],
      seen: observation({ deviceBytes: 900 * GIB, sizeBytes: 900 * GIB, usedBytes: 850 * GIB }),
    };
    expect(decide({ ...modification('optimizing'), ...facts })).toMatchObject({
      refuse: 'modification-in-progress',
      reason: 'data volume 94 % of 900 GiB, and EBS is still optimizing the volume to 900 GiB',
      page: true,
    });
  });

  it('of the node’s other volume is none of this one’s business', () => {
    const facts = { volumes: [dataVolume(), dataVolume({ volumeId: OTHER_VOLUME, tags: {} })], seen: null };
    expect(decide({ ...facts, ...modification('modifying', 2000, OTHER_VOLUME) })).toMatchObject({
      do: 'modify',
      volumeId: DATA_VOLUME,
    });
    expect(decide({ ...facts, ...modification('optimizing', 2000, OTHER_VOLUME) })).toMatchObject({ do: 'modify' });
  });
});

describe('the ceilings', () => {
  it.each([
    ['gp3', 65_536],
    ['gp2', 16_384],
    ['io1', 16_384],
    ['io2', 65_536],
    ['st1', 16_384],
  ] as const)('%s at its largest pages a person', (type, sizeGiB) => {
    const fleet = bitcoinFleet({ disk: { maximumSizeGiB: 65_536 } });
    const bytes = sizeGiB * GIB;
    const seen = observation({ deviceBytes: bytes, sizeBytes: bytes, usedBytes: bytes });
    expect(decide({ fleet, volumes: [dataVolume({ type, sizeGiB })], seen })).toMatchObject({
      refuse: 'type-maximum',
      page: true,
      reason: expect.stringContaining(`${sizeGiB} GiB is the most that ${type} has`),
    });
  });

  it('a magnetic volume cannot be modified at all, and the sentence says so', () => {
    expect(decide({ volumes: [dataVolume({ type: 'standard' })] })).toMatchObject({
      refuse: 'type-maximum',
      reason: 'data volume 91 % of 500 GiB, and EBS cannot grow a volume of the type standard',
    });
  });

  it('the fleet’s size ceiling pages a person', () => {
    expect(decide({ fleet: bitcoinFleet({ disk: { maximumSizeGiB: 500 } }) })).toMatchObject({
      refuse: 'size-ceiling',
      page: true,
      reason: 'data volume 91 % of 500 GiB, and the fleet file allows no more than 500 GiB',
    });
    expect(decide({ fleet: bitcoinFleet({ disk: { maximumSizeGiB: 501 } }) })).toMatchObject({
      do: 'modify',
      toGiB: 501,
    });
  });

  it('the monthly ceiling may be reached and not exceeded', () => {
    const facts = { fleet: bitcoinFleet({ disk: { maximumMonthlyIncreaseUsd: 100 } }), history: [] };
    // 100 GiB more of gp3.
    expect(decide({ ...facts, addedUsd: 92 })).toMatchObject({ do: 'modify', addedUsd: 8 });
    expect(decide({ ...facts, addedUsd: 92.01 })).toMatchObject({
      refuse: 'cost-ceiling',
      reason: 'growing 500 → 600 GiB adds $8.00 a month; growth of this month has added $92.01 already, limit $100.00',
      page: true,
      retryAfterMs: HOUR_MS,
    });
  });

  it('the monthly ceiling is not exceeded by what floating point adds', () => {
    const fleet = bitcoinFleet({ disk: { maximumMonthlyIncreaseUsd: 24 } });
    // Twice $8.00, as the sum of 0.08 × 100 in ten parts.
    const addedUsd = Array.from({ length: 20 }, () => 0.8).reduce((sum, usd) => sum + usd, 0);
    expect(addedUsd + 8).toBeGreaterThan(24);
    expect(decide({ fleet, history: [], addedUsd })).toMatchObject({ do: 'modify' });
  });
});

describe('the budget of modifications', () => {
  it('is three in a day, and says when the next is possible', () => {
    expect(decide({ intents: intents(20, 10, 5) })).toMatchObject({
      refuse: 'budget-spent',
      reason:
        'data volume 91 % of 500 GiB, and the volume was modified 3 times in 24 h, limit 3; the next is possible at 2026-01-01 17:00 UTC',
      page: true,
      retryAfterMs: 5 * HOUR_MS,
      untilMs: NOON_MS + 5 * HOUR_MS,
    });
    expect(decide({ intents: intents(10, 5) })).toMatchObject({ do: 'modify' });
  });

  it('counts an intent until the very end of its hour over a day', () => {
    expect(decide({ intents: intents(24.999, 10, 5) })).toMatchObject({
      refuse: 'budget-spent',
      retryAfterMs: MINUTE_MS,
    });
    expect(decide({ intents: intents(25, 10, 5) })).toMatchObject({ do: 'modify' });
  });

  it('counts that a boost was taken back from the volume, and from no other', () => {
    const times = [NOON_MS - 5 * HOUR_MS];
    expect(decide({ intents: intents(20, 10), takenBackAtMs: { [DATA_VOLUME]: times } })).toMatchObject({
      refuse: 'budget-spent',
      retryAfterMs: 5 * HOUR_MS,
    });
    expect(decide({ intents: intents(20, 10), takenBackAtMs: { [OTHER_VOLUME]: times } })).toMatchObject({
      do: 'modify',
    });
  });

  it('that was lowered waits until enough intents are old, not only the first', () => {
    const fleet = bitcoinFleet({ disk: { modificationsPerDay: 1 } });
    expect(decide({ fleet, intents: intents(10, 5, 20) })).toMatchObject({
      reason: expect.stringContaining('limit 1; the next is possible at 2026-01-02 08:00 UTC'),
      retryAfterMs: 20 * HOUR_MS,
    });
  });

  it('is each volume’s own', () => {
    const others = intents(1, 2, 3).map((intent) => ({ ...intent, volumeId: OTHER_VOLUME }));
    expect(decide({ intents: others })).toMatchObject({ do: 'modify' });
  });
});

describe('which volume', () => {
  it.each<[string, Partial<ResizeFacts>, string, string]>([
    [
      'a role that the fleet file does not know',
      { volumeRole: 'ancient' },
      'volume-not-found',
      'the fleet file knows no volume with the role ancient',
    ],
    [
      'no data volume attached',
      { seen: null, volumes: [] },
      'volume-not-found',
      'no data volume is attached to the instance',
    ],
    [
      'two that match, and the node was not asked',
      { seen: null, volumes: [dataVolume(), dataVolume({ volumeId: OTHER_VOLUME })] },
      'volume-ambiguous',
      `2 attached volumes carry Component=nodes/bitcoin: ${DATA_VOLUME}, ${OTHER_VOLUME}`,
    ],
    [
      'one without the fleet’s tags',
      { seen: null, volumes: [dataVolume({ tags: {} })] },
      'volume-tag-missing',
      `none of the attached volumes ${DATA_VOLUME} carries Component=nodes/bitcoin`,
    ],
    [
      'the node’s own, which has no tags',
      { volumes: [dataVolume({ tags: {} }), dataVolume({ volumeId: OTHER_VOLUME })] },
      'volume-tag-missing',
      `${DATA_VOLUME} under /var/lib/bitcoind does not carry Component=nodes/bitcoin`,
    ],
    [
      'a path on the root volume, which is never among them',
      { volumes: [dataVolume({ volumeId: OTHER_VOLUME })] },
      'volume-not-found',
      `/var/lib/bitcoind is on ${DATA_VOLUME}, which is not a data volume attached to the instance`,
    ],
    [
      'a path on no EBS volume',
      { seen: observation({ volumeId: '', device: 'dm-0' }) },
      'volume-not-found',
      '/var/lib/bitcoind is on dm-0: which EBS volume is below it cannot be told, as with LVM, RAID and instance stores. Grow it yourself',
    ],
  ])('is refused: %s', (_, facts, code, reason) => {
    expect(decide(facts)).toEqual({ refuse: code, reason, page: true, retryAfterMs: HOUR_MS });
  });

  it('is the node’s own word where several match', () => {
    const volumes = [dataVolume({ volumeId: OTHER_VOLUME }), dataVolume()];
    expect(decide({ volumes })).toMatchObject({ do: 'modify', volumeId: DATA_VOLUME });
  });

  it('carries all tags that it must, and not only some', () => {
    const tags = { Component: 'nodes/bitcoin', Chain: 'bitcoin' };
    const fleet = bitcoinFleet({ volumes: { data: { path: '/var/lib/bitcoind', tag: tags } } });
    expect(
      decide({ fleet, seen: null, volumes: [dataVolume({ tags: { Component: 'nodes/bitcoin' } })] }),
    ).toMatchObject({
      refuse: 'volume-tag-missing',
    });
    expect(decide({ fleet, seen: null, volumes: [dataVolume({ tags })] })).toMatchObject({ do: 'modify' });
  });

  it('may carry more tags than it must', () => {
    expect(decide({ seen: null, volumes: [dataVolume({ tags: { ...NODE_TAGS, Name: 'x' } })] })).toMatchObject({
      do: 'modify',
    });
  });
});

describe('a volume that somebody owns', () => {
  const owned = (owner: { by?: 'terraform' | 'nobody'; acceptDrift?: boolean }) => ({ fleet: bitcoinFleet({ owner }) });
  const inStack = { volumes: [dataVolume({ tags: STACK_TAGS })] };
  const ofStack = { instanceTags: STACK_TAGS };

  it('is grown all the same, and what its owner has to change is told', () => {
    expect(decide(owned({ by: 'terraform' }))).toMatchObject({
      ...{ do: 'modify', toGiB: 600 },
      reason: expect.stringMatching(/; Terraform will find the new size, and what to change there is told$/),
      ownerChange: expect.stringContaining(`aws_ebs_volume size = 600 for ${DATA_VOLUME} (data)`),
    });
    expect(decide(inStack)).toMatchObject({ do: 'modify', ownerChange: expect.stringContaining('stack nodes: ') });
    expect(decide(ofStack)).toMatchObject({ do: 'modify', ownerChange: expect.stringContaining('stack nodes: ') });
    expect(decide(owned({ by: 'terraform', acceptDrift: true }))).toMatchObject({ do: 'modify' });
    expect(decide()).not.toHaveProperty('ownerChange');
  });

  it.each([
    ['by the file', owned({ by: 'terraform', acceptDrift: false })],
    ['by the volume’s tag', { ...owned({ acceptDrift: false }), ...inStack }],
    ['by the instance’s tag', { ...owned({ acceptDrift: false }), ...ofStack }],
    ['by a tag that lets one guess', { ...owned({ acceptDrift: false }), instanceTags: { ManagedBy: 'terraform' } }],
  ])('is not grown where the file says that its owner must not find it: owned %s', (_, facts) => {
    expect(decide(facts)).toMatchObject({ refuse: 'drift-refused', page: true, retryAfterMs: HOUR_MS });
  });

  it('is grown where nobody owns it, whatever the file says of drift', () => {
    expect(decide(owned({ by: 'nobody', acceptDrift: false }))).toMatchObject({ do: 'modify' });
    expect(decide(owned({ acceptDrift: false }))).toMatchObject({ do: 'modify' });
  });

  it('has its filesystem grown once its owner has made it larger, and then nothing is left to be changed', () => {
    const larger = { volumes: [dataVolume({ sizeGiB: 900 })], seen: observation({ deviceBytes: 900 * GIB }) };
    const decision = decide({ ...owned({ by: 'terraform', acceptDrift: false }), ...larger });
    expect(decision).toMatchObject({ do: 'grow-filesystem', toGiB: 900 });
    expect(decision).not.toHaveProperty('ownerChange');
  });

  it('is told of by the attempt that ends well, where an earlier one has grown it', () => {
    const larger = { volumes: [dataVolume({ sizeGiB: 900 })], intents: intents(1) };
    const half = { ...larger, seen: observation({ deviceBytes: 900 * GIB }) };
    const told = expect.stringContaining('aws_ebs_volume size = 900');
    expect(decide({ ...owned({ by: 'terraform' }), ...half })).toMatchObject({ ownerChange: told });
    const whole = { ...larger, seen: observation({ deviceBytes: 900 * GIB, sizeBytes: 900 * GIB }) };
    expect(decide({ ...owned({ by: 'terraform' }), ...whole })).toMatchObject({ do: 'nothing', reason: told });
  });

  it('is proved grown by a sentence that ends with what its owner has to change', () => {
    const plan = decide(owned({ by: 'terraform' }));
    if (!('do' in plan) || plan.do !== 'modify') throw new Error('it was to be grown');
    expect(proofOf(plan, observation({ sizeBytes: 600 * GIB }), true)).toEqual({
      reason: expect.stringMatching(/^filesystem 600 GiB, .*\. To be changed: Terraform: aws_ebs_volume size = 600 /),
    });
  });
});

describe('an instance that does not run', () => {
  it.each([
    [null, 'instance-gone', 'the instance is not there any more', HOUR_MS],
    ['terminated', 'instance-gone', 'the instance is terminated', HOUR_MS],
    ['shutting-down', 'instance-gone', 'the instance is shutting-down', HOUR_MS],
    ['stopped', 'instance-stopped', 'the instance is stopped; a filesystem grows only on a running one', 5 * MINUTE_MS],
    ['pending', 'instance-stopped', 'the instance is pending; a filesystem grows only on a running one', 5 * MINUTE_MS],
  ])('is left alone: %s', (instanceState, code, reason, retryAfterMs) => {
    expect(decide({ instanceState })).toEqual({ refuse: code, reason, page: false, retryAfterMs });
  });
});
