import { beforeAll, describe, expect, it } from '@jest/globals';
import { lasting, within } from '../../../local/cli/format.ts';
import { diskText } from '../../../local/cli/story/events.ts';
import { wrap } from '../../../local/cli/story/lines.ts';
import type { Simulated } from '../../fixtures/jobs/simulation.ts';
import { runJob } from '../../fixtures/jobs.ts';

const GIB = 2 ** 30;
type Eleven<T> = [T, T, T, T, T, T, T, T, T, T, T];
let diskFull: Simulated;
let paused: Simulated;
let siblings: Simulated;
let timedOut: Simulated;
let asked: Simulated;
let drifted: Simulated;
let dead: Simulated;
let halted: Simulated;
let lonely: Simulated;
let fresh: Simulated;
let swapped: Simulated;

beforeAll(async () => {
  const runs = await runJob('simulation', [
    { scenario: 'disk-full' },
    { scenario: 'disk-full-paused' },
    { scenario: 'all-disks-full' },
    { scenario: 'disk-full', faults: ['execution-timeout'] },
    { scenario: 'disk-full-ask' },
    { scenario: 'dns-drift' },
    { scenario: 'rpc-dead' },
    { scenario: 'chain-halt' },
    { scenario: 'peers-lost' },
    { scenario: 'new-fleet' },
    { scenario: 'corrupt-data' },
  ]);
  [diskFull, paused, siblings, timedOut, asked, drifted, dead, halted, lonely, fresh, swapped] =
    runs as Eleven<Simulated>;
}, 600_000);

/** Lines without their moments: "label  text". */
const lines = ({ story }: Simulated): string[] => story.map((line) => line.slice(10).replace(/ {2,}/g, '  '));

describe('the story of a heal', () => {
  it('says what, about whom, and why, in the order in which it happened', () => {
    const [heal] = diskFull.report.heals;
    expect(lines(diskFull)).toEqual([
      'bitcoin/node2  data volume 91 % of 500 GiB, filling at 14 GiB/h: full in 3.2 h',
      'alarm  chainmend-bitcoin-node2-disk  OK → ALARM',
      `incident ${heal?.incident.slice(0, 4)}  attempt 1 → resize-volume`,
      'node fenced  fence 1 acknowledged; seen: XFS on a bare volume, 455 of 500 GiB, client running',
      'decided  grow 500 → 900 GiB: lasts 32 h at today’s 14 GiB/h, past EBS’s 24 h budget; ceiling 2,000',
      'guardrails  pause off · lease taken · modification 1 of 3 today · +$32.00 a month, limit $100',
      `ModifyVolume  ${diskFull.report.nodes[1]?.volumes[0]?.volumeId}`,
      'AWS  optimizing: the new size is usable',
      'grow-filesystem  XFS, 500 → 900 GiB, client untouched',
      'proved  filesystem 900 GiB, 50 % used; client running',
      `healed  ${Math.round(heal?.alarmToHealedSeconds ?? 0)} s after the alarm, ${Math.round(heal?.awsSeconds ?? 0)} s of them AWS’s own`,
      'alarm  chainmend-bitcoin-node2-disk  ALARM → OK',
    ]);
  });

  it('gives each line its moment, and moments only ever go on', () => {
    const moments = diskFull.story.flatMap((line) => /^\d\d:\d\d:\d\d/.exec(line)?.[0] ?? []);
    expect(moments).toHaveLength(diskFull.story.length - 1);
    expect(moments).toEqual([...moments].sort());
  });
});

describe('the story of a node that is restored', () => {
  const toldBy = (label: string): string[] =>
    lines(swapped)
      .filter((line) => line.startsWith(`${label}  `))
      .map((line) => line.slice(label.length + 2));

  it('says of each rung why it is climbed, and of the restart that it did not help', () => {
    const [found, restart, swap, copy] = toldBy('decided');
    expect(found).toMatch(/^found: data vol-\w+ of 100 GiB; client running; height 931006/);
    expect(restart).toMatch(/^restart: \d+ blocks behind, at 931006 for \d+ min while node1, /);
    expect(swap).toMatch(
      /^swap: restart did not help: it stands still at height 931006, where it had stopped before: /,
    );
    expect(copy).toMatch(/^copy set-\S+ of node2: clean, height 930040, taken 2026-01-01T04:00/);
    expect(toldBy('decided')).toHaveLength(4);
  });

  it('says what each command did to the client, in its own words', () => {
    const evidence = /^stopped in \d+ s, cleanly \("Shutdown: done"\); started in \d+ s; client running$/;
    expect(toldBy('restart-client')).toEqual([expect.stringMatching(evidence)]);
    expect(toldBy('swap-volumes')).toEqual([expect.stringMatching(evidence)]);
  });

  it('says what became of the old volume and of the snapshot, and nothing of what was only held meanwhile', () => {
    expect(toldBy('noted')).toEqual([
      expect.stringMatching(/^snap-\w+ proved good: /),
      expect.stringMatching(/^keep vol-\w+, and note how to put it back$/),
    ]);
  });

  it('ends with the rung that helped, and whose the time was', () => {
    expect(lines(swapped).filter((line) => line.startsWith('healed'))).toEqual([
      expect.stringMatching(
        /^healed {2}by swap, \d+ min after it was reported, \d+ (?:s|min) of them AWS’s own; outage \d+ s, \d+ s of them its client’s own; synced \d+ min after its start; AWS loaded its volume for \d+ min meanwhile$/,
      ),
    ]);
  });
});

describe('the story of a refusal', () => {
  it('names the guardrail and its reason, that nothing was touched, and when it is looked at again', () => {
    expect(lines(paused)).toContainEqual(
      expect.stringMatching(
        /^refused {2}paused: fleet bitcoin is paused: .*\. Nothing was touched\. Looks again within a minute\.$/,
      ),
    );
  });

  it('tells it once, however often it was looked at', () => {
    expect(lines(paused).filter((line) => line.startsWith('refused'))).toHaveLength(1);
  });

  it('says what people did', () => {
    expect(lines(paused).filter((line) => line.startsWith('a person'))).toEqual([
      expect.stringMatching(/^a person {2}pauses the fleet bitcoin: ./),
      'a person  ends the pause of the fleet bitcoin',
    ]);
  });
});

describe('the story of a question', () => {
  it('says what a person was asked, and what the answer was', () => {
    const told = lines(asked);
    const question = told.findIndex((line) => /^asks a person {2}grow 500 → 900 GiB: .*; page sent$/.test(line));
    expect(question).toBeGreaterThan(0);
    expect(told[question + 1]).toBe('a person  approves the plan');
  });
});

describe('the story of several nodes', () => {
  it('puts each line under the node that it is about, after what concerns them all', () => {
    const headings = siblings.story
      .filter((line) => /^ {10}\S/.test(line) && line.includes('/'))
      .map((line) => line.trim());
    expect(headings).toEqual(['irita/validator1', 'irita/validator2', 'irita/validator3', 'irita/validator4']);
    expect(lines(siblings)[0]).toBe('chain irita  halts: too few of its validators are there');
    for (const volume of siblings.report.nodes.flatMap(({ volumes }) => volumes)) {
      const at = siblings.story.findIndex((line) => line.includes(`ModifyVolume     ${volume.volumeId}`));
      const above = siblings.story.slice(0, at).findLast((line) => headings.includes(line.trim()));
      const { node } = siblings.report.nodes.find(({ volumes }) => volumes.includes(volume)) ?? {};
      expect(above?.trim()).toBe(`irita/${node}`);
    }
  });
});

describe('the story of a heal that was cut off', () => {
  it('says so, and what came after it', () => {
    const told = lines(timedOut).map((line) => line.split('  ')[0]?.replace(/ [0-9a-f]{4}$/, ''));
    expect(told.filter((label) => label !== 'suite alarm').slice(0, 6)).toEqual([
      ...['bitcoin/node2', 'alarm', 'incident', 'unfinished', 'incident', 'node fenced'],
    ]);
    expect(lines(timedOut)).toContainEqual(expect.stringMatching(/ended TIMED_OUT without a word of ours$/));
  });
});

describe('the story of a watched fleet', () => {
  it('tells how a node is seen, before its heal and after it, and what becomes of its names', () => {
    expect(lines(dead).filter((line) => /^(bitcoin\/node2|health|names|alarm)( |$)/.test(line))).toEqual([
      'bitcoin/node2',
      expect.stringMatching(/^health {2}synced → unreachable: .*nothing listens there$/),
      'names  pool.bitcoin.internal A loses 10.0.64.10 (3 in all): 3 of 4 nodes are synced',
      'alarm  chainmend-bitcoin-node2-unreachable  OK → ALARM',
      expect.stringMatching(/^health {2}unreachable → synced: at the tip, \d+$/),
      'names  pool.bitcoin.internal A gains 10.0.64.10 (4 in all): 4 of 4 nodes are synced',
      'alarm  chainmend-bitcoin-node2-unreachable  ALARM → OK',
    ]);
  });

  it('says of a chain that stands still what the suite says of the fleet, and of no node anything', () => {
    expect(lines(halted)).toEqual([
      'chain bitcoin  halts: nobody anywhere makes a block',
      expect.stringMatching(/^bitcoin {2}chain-halted: nobody has advanced for \d+ min; page sent$/),
      'alarm  chainmend-bitcoin-halted  OK → ALARM',
      expect.stringMatching(/^chain bitcoin {2}goes on, \d+ min later$/),
      'alarm  chainmend-bitcoin-halted  ALARM → OK',
    ]);
  });

  it('tells what people did to names, and what was made right again', () => {
    const told = lines(drifted);
    expect(told).toContain('names  node2.bitcoin.internal A 10.9.9.9 → 10.0.64.10');
    expect(told).toContain('alarms  7 alarms of node3 are deleted');
    expect(told).toContainEqual(expect.stringMatching(/^alarms {2}\d+ alarms are made: \d of node5, \d of node6$/));
    expect(told).toContainEqual(
      expect.stringMatching(
        /^a person {2}edits records by hand: node2\.bitcoin\.internal A 10\.0\.64\.10 → 10\.9\.9\.9; /,
      ),
    );
    expect(told).toContainEqual(expect.stringMatching(/^a person {2}terminates i-/));
    const refusal = told.findIndex((line) => line.startsWith('refused  record-foreign: '));
    expect(told.slice(0, refusal)).toContain('bitcoin/node5');
    expect(told[refusal]).toMatch(/; page sent\.$/);
  });

  it('tells a rotation as a heal', () => {
    // Without peers it gets no block, and is out of the pool meanwhile.
    const told = lines(lonely).filter((line) => !/^(health|names) /.test(line));
    const labels = told.map((line) => line.split('  ')[0]);
    expect(labels.slice(0, 6)).toEqual(['bitcoin/node2', 'peers', 'peers', 'peers', 'proved', 'healed']);
    expect(told[3]).toMatch(/^peers {2}\/node-data\/bitcoin\.conf: \d peers written; client untouched$/);
    expect(told[5]).toMatch(/^healed {2}\d+ (s|min) after it was seen, \d+ peers$/);
  });

  it('tells how a fresh fleet becomes a network', () => {
    const told = lines(fresh);
    expect(told[0]).toBe('chain irita  has no block yet: too few of its validators reach each other');
    expect(told).toContainEqual(expect.stringMatching(/^chain irita {2}makes its first blocks, /));
    expect(told.filter((line) => line.startsWith('healed'))).toHaveLength(4);
  });

  it('begins when the story begins, and says nothing that only a machine would say', () => {
    for (const run of [diskFull, drifted, dead, halted, lonely, fresh]) {
      for (const line of run.story) {
        expect(line).not.toMatch(/^11:|bitcoin\/-|incident (name|watc|peer)| {2}node +done/);
      }
    }
  });
});

describe('words', () => {
  it('tell how long something lasts as one would say it', () => {
    expect(
      [0, 29_400, 119_000, 119_600, 3_600_000, 7_199_999, 11_520_000, 115_200_000, 300_000_000].map(lasting),
    ).toEqual(['0 s', '29 s', '119 s', '2 min', '60 min', '2 h', '3.2 h', '32 h', '3 days']);
    expect([50_000, 60_000, 300_000].map(within)).toEqual(['within a minute', 'in a minute or two', 'in 5 min']);
  });

  it('tell of a disk what is known of it', () => {
    const disk = { role: 'data', usedPercent: 91.9, sizeBytes: 500 * GIB, usedBytes: 455 * GIB, bytesPerHour: 0 };
    expect(diskText(disk)).toBe('data volume 91 % of 500 GiB');
    expect(diskText({ ...disk, usedBytes: 500 * GIB, usedPercent: 100 })).toBe('data volume 100 % of 500 GiB: full');
  });

  it('break at spaces, and nowhere else unless they must', () => {
    expect(wrap('pause off · lease taken', 12)).toEqual(['pause off ·', 'lease taken']);
    expect(wrap('lasts 32 h at 14 GiB/h', 18)).toEqual(['lasts 32 h at', '14 GiB/h']);
    expect(wrap('vol-0a1b2c3d', 5)).toEqual(['vol-0', 'a1b2c', '3d']);
    expect(wrap('short', Number.POSITIVE_INFINITY)).toEqual(['short']);
  });
});
